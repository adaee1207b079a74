-- The schema belongs to the extension: a schema of that name that stands
-- already makes CREATE EXTENSION fail, which is what we want.
CREATE SCHEMA msb_org;
COMMENT ON SCHEMA msb_org IS 'A municipality''s organisation: target groups, areas, the ledger of responsibility';
GRANT USAGE ON SCHEMA msb_org TO PUBLIC;
