/* msb_org--0.9--1.0.sql: what 1.0 has that 0.9 has not.
   t/101_upgrade.pl compares the result with a fresh installation. What is new is granted
   at the end, to the extension's owner: @extowner@ would be whoever runs the update. */
\echo Use "ALTER EXTENSION msb_org UPDATE TO '1.0'" to load this file. \quit

-- A target group has no room for a longer name: verify() failed on one.
ALTER TABLE msb_org.facet ADD CONSTRAINT facet_length CHECK (pg_catalog.octet_length(facet) OPERATOR(pg_catalog.<=) 255);
ALTER TABLE msb_org.label ADD CONSTRAINT label_length CHECK (pg_catalog.octet_length(label) OPERATOR(pg_catalog.<=) 255);
COMMENT ON COLUMN msb_org.facet.facet IS 'Name of the facet, as target groups write it; at most 255 bytes.';
COMMENT ON COLUMN msb_org.label.label IS 'Code of the value, as target groups write it; at most 255 bytes.';

-- A table that was dropped is left out of a dump, and can be let go after it.
CREATE OR REPLACE FUNCTION msb_org.detach(case_table text, restore_area boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name     text;
    attached msb_org.attached_table;
    map      msb_org.attachment;
    restored bigint;
    key_type text;
    area_type text;
    concerned text[];
BEGIN
    -- a dump leaves out a table that was dropped before it, but not its open rows
    SELECT a.case_table INTO name FROM msb_org.assignment a
     WHERE a.case_table = detach.case_table AND a.valid_to IS NULL LIMIT 1;
    name := coalesce(name, msb_org.attached_name(detach.case_table));
    SELECT t.* INTO attached FROM msb_org.attached_table t WHERE t.case_table = name FOR UPDATE;
    SELECT m.* INTO map FROM msb_org.attachment m WHERE m.case_table = name;
    PERFORM msb_org.check_owner(attached.relation);
    IF EXISTS (SELECT FROM pg_policy p WHERE p.polname = 'msb_org_area'
                  AND (p.polrelid = attached.relation OR p.polrelid IN (SELECT t.relid FROM pg_partition_tree(attached.relation) t))) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('"%s" is protected and cannot be detached'), name),
            DETAIL = msb_org.gettext('Nobody but the application roles would see its rows.'),
            HINT = format(msb_org.gettext('SELECT msb_org.unprotect(%s); lets everybody see them who has the privilege SELECT.'), quote_literal(name));
    END IF;
    IF detach.restore_area AND map.key IS NULL AND EXISTS (SELECT FROM pg_class c WHERE c.oid = attached.relation) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('the areas of "%s" cannot be put back: the map of its columns is lost'), name),
            HINT = msb_org.gettext('Map them anew with remap() first, or detach it without restore_area.');
    END IF;
    PERFORM msb_org.drop_map(name, attached.relation);
    IF detach.restore_area AND map.area IS NOT NULL THEN
        SELECT format_type(a.atttypid, a.atttypmod) INTO area_type FROM pg_attribute a
         WHERE a.attrelid = attached.relation AND a.attname = map.area;
        SELECT format_type(msb_org.base_type(a.atttypid), NULL) INTO key_type FROM pg_attribute a
         WHERE a.attrelid = attached.relation AND a.attname = map.key;
        PERFORM msb_org.check_sees_all(attached.relation);
        -- what reassign() found when it judged the case first, since attach(),
        -- except where the application has given another area since then
        EXECUTE format(
            'UPDATE %1$s t SET %2$I = f.area::%3$s'
            '  FROM (SELECT DISTINCT ON (a.case_key) a.case_key, a.origin, a.given,'
            '               CASE WHEN a.given <> '''' THEN coalesce($2 ->> a.given, a.given) END AS area'
            '          FROM msb_org.assignment a WHERE a.case_table = $1 AND a.recorded_at >= $3'
            '         ORDER BY a.case_key, a.valid_from) f'
            ' WHERE f.origin = ''reassign'' AND f.given IS NOT NULL AND t.%4$I = f.case_key::%5$s'
            '   AND rtrim(format(''%%s'', t.%2$I)) <> coalesce(f.area, '''')'
            '   AND NOT EXISTS (SELECT FROM msb_org.violation v'
            '                    WHERE v.case_table = $1 AND v.case_key = f.case_key AND v.finding = ''wrong_area'')',
            attached.relation, map.area, area_type, map.key,
            CASE key_type WHEN 'character' THEN 'bpchar' ELSE key_type END)
          USING name, attached.area_values, attached.attached_at;
        GET DIAGNOSTICS restored = ROW_COUNT;
        RAISE NOTICE USING
            MESSAGE = format(msb_org.ngettext('%s case of "%s" has the area again that it had',
                                              '%s cases of "%s" have the area again that they had', restored), restored, name);
    END IF;
    concerned := ARRAY(SELECT DISTINCT a.citizen FROM msb_org.assignment a
                        WHERE a.case_table = name AND a.valid_to IS NULL
                          AND (EXISTS (SELECT FROM msb_org.plan_reason r WHERE r.citizen = a.citizen AND r.valid_to IS NULL)
                               OR EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = a.citizen)));
    PERFORM msb_org.lock_citizens(concerned);
    UPDATE msb_org.assignment a
       SET valid_to = greatest(msb_org.record_time(), a.valid_from + interval '1 microsecond'), due = NULL
     WHERE a.case_table = name AND a.valid_to IS NULL;
    DELETE FROM msb_org.case_override o WHERE o.case_table = name;
    DELETE FROM msb_org.reassignment r WHERE r.case_table = name;
    DELETE FROM msb_org.attached_table t WHERE t.case_table = name;
    PERFORM msb_org.judge_citizens(concerned, 'none');
END $$;
COMMENT ON FUNCTION msb_org.detach(text, boolean) IS
'Lets a table go: drops the triggers, ends its open rows in the ledger, whose history stays, and deletes its overrides. restore_area puts back the areas that the column held when reassign() first judged the cases, where it held others or none and the application has given none since. Also for a table that was dropped, and, after a restore, for one that was dropped before the dump. 55000 for one that is protected, 42704 where none is attached under the name, 42501 where the caller does not own it; with restore_area also where row-level security hides rows from the caller, and 55000 where the map of its columns is lost.';

SELECT pg_catalog.pg_extension_config_dump('msb_org.attached_table', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) relation)');
SELECT pg_catalog.pg_extension_config_dump('msb_org.contact_table', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) relation)');

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

-- Who may do what with what is new: as in grants.sql, but to the owner of the extension, who need
-- not be the one that updates it.
REVOKE EXECUTE ON FUNCTION
    msb_org.check_reference()
    FROM PUBLIC;
DO $$
DECLARE
    owner text := (SELECT quote_ident(pg_get_userbyid(e.extowner)) FROM pg_extension e WHERE e.extname = 'msb_org');
BEGIN
    EXECUTE 'GRANT EXECUTE ON FUNCTION
        msb_org.check_reference()
        TO ' || owner || ' WITH GRANT OPTION';
END $$;
