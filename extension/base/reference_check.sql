-- Foreign keys while a dump is loaded. Those of an extension's tables stand before the rows
-- come, and pg_restore -j brings the rows of the tables in any order. So the server's check of
-- inserted rows is off, and a trigger of ours calls it, except where a dump brings the row.

CREATE FUNCTION msb_org.check_reference() RETURNS trigger
    LANGUAGE c COST 10 AS 'MODULE_PATHNAME', 'msb_check_reference';
COMMENT ON FUNCTION msb_org.check_reference() IS
'Trigger on the tables with a foreign key to another of the extension''s: the server''s own check of inserted rows (23503), left out while a dump is loaded, that is with an empty search_path and check_function_bodies off, as pg_dump sets them: pg_restore -j brings the rows of the tables in any order.';

-- As DISABLE TRIGGER, which only a superuser may do to the trigger of a foreign key.
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
