/* msb_org--0.9--1.0.sql: what 1.0 has that 0.9 has not.
   t/101_upgrade.pl compares the result with a fresh installation. */
\echo Use "ALTER EXTENSION msb_org UPDATE TO '1.0'" to load this file. \quit

-- A target group has no room for a longer name: verify() failed on one.
ALTER TABLE msb_org.facet ADD CONSTRAINT facet_length CHECK (pg_catalog.octet_length(facet) OPERATOR(pg_catalog.<=) 255);
ALTER TABLE msb_org.label ADD CONSTRAINT label_length CHECK (pg_catalog.octet_length(label) OPERATOR(pg_catalog.<=) 255);
COMMENT ON COLUMN msb_org.facet.facet IS 'Name of the facet, as target groups write it; at most 255 bytes.';
COMMENT ON COLUMN msb_org.label.label IS 'Code of the value, as target groups write it; at most 255 bytes.';
