-- Foreign keys while a dump is loaded. The foreign keys of an extension's tables exist before the
-- rows arrive, and pg_restore -j loads the tables in any order. So the server's own check of inserted
-- rows is switched off, and a trigger of ours calls it, except for rows that a dump loads.

CREATE FUNCTION msb_org.check_reference() RETURNS trigger
    LANGUAGE c COST 10 AS 'MODULE_PATHNAME', 'msb_check_reference';
COMMENT ON FUNCTION msb_org.check_reference() IS
'Trigger on the tables with a foreign key to another of the extension''s tables. It is the server''s own check of inserted rows (23503), left out while a dump is loaded. A load is recognised by an empty search_path and check_function_bodies off, as pg_dump sets them. pg_restore -j loads the tables in any order, so the row that is referred to may not be there yet.';

-- The effect of DISABLE TRIGGER, which only a superuser may use on the trigger of a foreign key.
DO $$
DECLARE
    key record;
BEGIN
    FOR key IN
        SELECT t.tgrelid::regclass AS relation, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE c.relnamespace = 'msb_org'::regnamespace AND t.tgfoid = '"RI_FKey_check_ins"'::regproc
         ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', key.relation, key.tgname);
        EXECUTE format('CREATE TRIGGER check_reference AFTER INSERT ON %s FOR EACH ROW EXECUTE FUNCTION msb_org.check_reference()', key.relation);
    END LOOP;
END $$;
