-- The schema belongs to the extension. CREATE EXTENSION fails if a schema of that name
-- exists already, and that is intended.
CREATE SCHEMA msb_org;
COMMENT ON SCHEMA msb_org IS 'A municipality''s organisation: target groups, areas, the ledger of responsibility';
GRANT USAGE ON SCHEMA msb_org TO PUBLIC;
