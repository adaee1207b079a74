-- The contents of a dump, and the privileges. Both loops read the list of objects that the extension
-- owns: a new table is dumped, and a new function is closed, without a line here.

-- A dump carries the rows of every table; the script inserts none. An application's table that was
-- dropped is left out: it would be restored as a number, which may be another table's there.
DO $$
DECLARE
    existing CONSTANT text := 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) relation)';
    r record;
BEGIN
    FOR r IN
        SELECT c.oid::regclass AS relation, CASE WHEN c.relname IN ('attached_table', 'contact_table') THEN existing ELSE '' END AS condition
          FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
          JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid AND e.extname = 'msb_org'
         WHERE c.relkind = 'r' ORDER BY c.oid
    LOOP
        PERFORM pg_extension_config_dump(r.relation, r.condition);
    END LOOP;
END $$;

-- The role that installs the extension administers it; a restore by that role needs the rows to be writable.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA msb_org TO @extowner@ WITH GRANT OPTION;

-- Structures are public documents.
GRANT SELECT ON msb_org.facet, msb_org.label, msb_org.structure, msb_org.unit, msb_org.rule,
    msb_org.precedence, msb_org.plan_duty, msb_org.enactment, msb_org.unit_in_force, msb_org.plan_kind, msb_org.plan_step,
    msb_org.unit_title, msb_org.deadline TO PUBLIC;

-- The functions of policies run as the user who reads the table; their answers are about that user alone.
GRANT SELECT ON msb_org.my_area, msb_org.my_narrow_case, msb_org.my_area_value, msb_org.my_shared_case, msb_org.my_unjudged_case TO PUBLIC;

-- The functions that PUBLIC may execute. Everything else changes something or reads the ledger: the
-- administrator may grant it. A name covers all functions of that name. The functions behind a type,
-- an operator, an operator class, a cast or an aggregate are PUBLIC's as well: the server calls them.
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN
        WITH allowed (why, names) AS (VALUES
            ('it tells of its arguments alone', '{birth_date,birth_certain,sex,age,mod11,mask,citizen_key,key_birth,age_span,facets,labels,check_statuses}'::text[]),
            ('it asks structures, which are public documents', '{area_of,in_area,decide,explain_area,matches,matches_document,
                verify,verify_document,compare,compare_documents,export_structure,shipped_structure,org_chart,chart_text,target_in_words,
                responsibility_map,responsibility_cells,report_structure,report_units,future_units}'),
            ('the planner asks it, as whoever uses in_area()', '{birth_from,birth_until,cpr_from,cpr_until}'),
            ('it tells a setting or the clock, or words a text', '{today,actor,record_time,local_day,day_start,small_cell,danish_title,gettext,ngettext,printable}'),
            ('attach() and the like check their caller by it, with the caller''s rights', '{find_column,base_type,map_roles,check_owner,raise_dropped,check_sees_all,check_area_value,check_area_units}'),
            ('policies ask it, as whoever reads the table; the answer is about that user alone', '{aged,visible_areas,sees_case,shared_keys,integer_keys,uuid_keys,sees_unjudged,is_unjudged}'),
            -- as the foreign keys' functions are; on a table that is not attached they refuse to work
            ('the server demands it of an attached table''s owner who makes or attaches a partition', '{fill_area,note_change,commit_work,truncate_cases}')
        ), by_name AS (
            SELECT unnest(a.names)::name AS name FROM allowed a
        ), made_of AS (
            SELECT unnest(ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend])::oid AS oid FROM pg_type t
             UNION SELECT o.oprcode FROM pg_operator o
             UNION SELECT a.amproc FROM pg_amproc a
             UNION SELECT c.castfunc FROM pg_cast c
             UNION SELECT unnest(ARRAY[a.aggfnoid, a.aggtransfn, a.aggcombinefn]) FROM pg_aggregate a
             UNION SELECT s.prosupport FROM pg_proc s
        ), owned AS (
            SELECT p.oid, p.proname FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
              JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid AND e.extname = 'msb_org'
        )
        SELECT o.oid::regprocedure AS routine, n.name AS not_there
          FROM owned o FULL JOIN by_name n ON n.name = o.proname
         WHERE n.name IS NULL AND o.oid NOT IN (SELECT m.oid FROM made_of m) OR o.oid IS NULL
         ORDER BY o.oid
    LOOP
        ASSERT r.not_there IS NULL, format('there is no function msb_org.%I that PUBLIC could execute', r.not_there);
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', r.routine);
    END LOOP;
END $$;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA msb_org TO @extowner@ WITH GRANT OPTION;
-- These read an application's table as its owner, for reports that show counts; nobody calls them directly.
REVOKE EXECUTE ON FUNCTION msb_org.case_facts(text), msb_org.contact_facts(date, date) FROM @extowner@;
