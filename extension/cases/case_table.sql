-- The attached tables, the application's own codes, and the functions of the triggers.

CREATE TABLE msb_org.attached_table (
    case_table    text COLLATE "C" PRIMARY KEY,
    relation      regclass NOT NULL UNIQUE,
    mode          text COLLATE "C" NOT NULL
                  CONSTRAINT attached_table_mode CHECK (mode OPERATOR(pg_catalog.=) ANY ('{observe,fill,enforce}'::pg_catalog.text[])),
    vocabulary    text COLLATE "C" NOT NULL,
    facet_values  jsonb,
    closed_values text[],
    area_values   jsonb,
    citizen_shape text,
    attached_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    attached_by   text NOT NULL
);
COMMENT ON TABLE msb_org.attached_table IS 'The tables that are attached, and whatever of an attachment is no column. Read the view attachment instead. Written by attach(), set_mode(), remap() and detach().';
COMMENT ON COLUMN msb_org.attached_table.case_table IS 'The table''s name in the ledger, fixed at attach().';
COMMENT ON COLUMN msb_org.attached_table.relation IS 'The table.';
COMMENT ON COLUMN msb_org.attached_table.mode IS 'observe, fill or enforce.';
COMMENT ON COLUMN msb_org.attached_table.vocabulary IS 'The aliases that apply.';
COMMENT ON COLUMN msb_org.attached_table.facet_values IS 'Facets that are the same for every case: an object of labels by facet.';
COMMENT ON COLUMN msb_org.attached_table.closed_values IS 'The codes that close a case, if no column holds the day of closing.';
COMMENT ON COLUMN msb_org.attached_table.area_values IS 'The values of the area column for each unit, if the column does not hold the unit''s code.';
COMMENT ON COLUMN msb_org.attached_table.citizen_shape IS 'The form of the citizens'' keys at attach(): cpr or other.';
COMMENT ON COLUMN msb_org.attached_table.attached_at IS 'The time at which it was attached.';
COMMENT ON COLUMN msb_org.attached_table.attached_by IS 'The user who attached it.';

CREATE TABLE msb_org.alias (
    vocabulary text COLLATE "C" NOT NULL DEFAULT 'default',
    facet      text COLLATE "C" NOT NULL,
    pattern    text COLLATE "C" NOT NULL
               CONSTRAINT alias_star_only_at_end CHECK (pg_catalog.strpos(pattern, '*') OPERATOR(pg_catalog.=) ANY
                                               (ARRAY[0, pg_catalog.length(pattern)])),
    label      text COLLATE "C" NOT NULL,
    PRIMARY KEY (vocabulary, facet, pattern)
);
COMMENT ON TABLE msb_org.alias IS 'The meaning of an application''s codes: a row translates a value of a mapped column into a label. An exact pattern takes precedence over a prefix, the longest prefix over a shorter one, and any of them over a label of the same name. A change applies at once to cases that are judged from then on; reassign() judges existing cases.';
COMMENT ON COLUMN msb_org.alias.vocabulary IS 'The set of codes, chosen at attach(): two applications may use the same code for different things.';
COMMENT ON COLUMN msb_org.alias.facet IS 'The facet that the code is a value of.';
COMMENT ON COLUMN msb_org.alias.pattern IS 'The value itself, or its beginning with a * at the end.';
COMMENT ON COLUMN msb_org.alias.label IS 'The label into which it is translated.';

CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON msb_org.attached_table
    FOR EACH ROW EXECUTE FUNCTION msb_org.invalidate();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON msb_org.attached_table
    FOR EACH STATEMENT EXECUTE FUNCTION msb_org.invalidate();
CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON msb_org.alias
    FOR EACH ROW EXECUTE FUNCTION msb_org.invalidate();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON msb_org.alias
    FOR EACH STATEMENT EXECUTE FUNCTION msb_org.invalidate();
ALTER TABLE msb_org.attached_table ENABLE ALWAYS TRIGGER invalidate;
ALTER TABLE msb_org.attached_table ENABLE ALWAYS TRIGGER invalidate_all;
ALTER TABLE msb_org.alias ENABLE ALWAYS TRIGGER invalidate;
ALTER TABLE msb_org.alias ENABLE ALWAYS TRIGGER invalidate_all;

-- Trigger functions. A user who may write an attached table needs no privilege on them. A user who
-- attaches a table does.
CREATE FUNCTION msb_org.fill_area() RETURNS trigger
    LANGUAGE c COST 10 AS 'MODULE_PATHNAME', 'msb_fill_area';
COMMENT ON FUNCTION msb_org.fill_area() IS
'Trigger zzzz_msb_org_fill, BEFORE INSERT, row: writes the area that is missing, in fill and enforce. An area that an UPDATE makes out of date is written at commit. attach() makes the trigger if there is an area column.';

CREATE FUNCTION msb_org.note_change() RETURNS trigger
    LANGUAGE c COST 1 AS 'MODULE_PATHNAME', 'msb_note_change';
COMMENT ON FUNCTION msb_org.note_change() IS
'Trigger msb_org_map, AFTER, row: notes the rows for the work at commit. Its column list is the map of the columns. Its arguments are the case table''s name and the role of each position. attach() makes the trigger.';

CREATE FUNCTION msb_org.commit_work() RETURNS trigger
    LANGUAGE c COST 100 AS 'MODULE_PATHNAME', 'msb_commit_work_trigger';
COMMENT ON FUNCTION msb_org.commit_work() IS
'Constraint trigger msb_org_area, AFTER, row, deferred: judges the rows that the transaction wrote, refuses in enforce (23514), and keeps the ledger. attach() makes the trigger.';

CREATE FUNCTION msb_org.truncate_cases() RETURNS trigger
    LANGUAGE c COST 100 AS 'MODULE_PATHNAME', 'msb_truncate_cases';
COMMENT ON FUNCTION msb_org.truncate_cases() IS
'Trigger msb_org_truncate, BEFORE TRUNCATE, on the table and each of its partitions: ends the cases in it. attach() makes the trigger. A partition that was added later has none until remap(). If such a partition is truncated by itself, reassign() ends its cases.';

-- Names below resolve in pg_catalog: the search path while the extension is made.

CREATE FUNCTION msb_org.map_roles(arguments text) RETURNS jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_map_roles';
COMMENT ON FUNCTION msb_org.map_roles(text) IS
'Used by column_map: the second argument of a map trigger, an object of positions by role; NULL for an argument that attach() does not write. It never raises an error: anybody may make a trigger on a table of his own, with any arguments.';

CREATE VIEW msb_org.column_map AS
    WITH map AS (
        SELECT t.tgrelid, t.tgattr, t.tgname ~~ 'msb\_org\_parent\_map\_%' AS in_parent,
               convert_from(substring(t.tgargs, 1, z.n - 1), getdatabaseencoding()) AS case_table,
               msb_org.map_roles(convert_from(substring(t.tgargs, z.n + 1, length(t.tgargs) - z.n - 1), getdatabaseencoding())) AS roles
          FROM pg_trigger t
          JOIN pg_proc p ON p.oid = t.tgfoid AND p.proname = 'note_change'
          JOIN pg_namespace s ON s.oid = p.pronamespace AND s.nspname = 'msb_org',
       LATERAL (SELECT position('\x00'::bytea IN t.tgargs) AS n) z
         WHERE t.tgparentid = 0 AND t.tgnargs = 2)
    SELECT m.case_table, m.tgrelid::regclass AS relation, m.in_parent, r.role, r.facet,
           a.attname::text AS column_name
      FROM map m
     CROSS JOIN LATERAL (SELECT e.key AS role, NULL::text AS facet, e.value FROM jsonb_each(m.roles) e WHERE e.key <> 'facets'
            UNION ALL
            SELECT 'facet', f.key, f.value FROM jsonb_each(m.roles -> 'facets') f) r
      JOIN pg_attribute a ON a.attrelid = m.tgrelid AND jsonb_typeof(r.value) = 'number'
       AND a.attnum = m.tgattr[(r.value #>> '{}')::integer - 1]
     -- a trigger on another table says nothing about this one, whatever its arguments
     WHERE EXISTS (SELECT FROM msb_org.attached_table t
                    WHERE t.case_table = m.case_table
                      AND CASE WHEN m.in_parent
                               THEN EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = t.relation AND c.contype = 'f' AND c.confrelid = m.tgrelid)
                               ELSE t.relation = m.tgrelid END);
COMMENT ON VIEW msb_org.column_map IS 'The roles of columns: which column of which table has which role, by the names that the columns have now. It has one row per role.';
COMMENT ON COLUMN msb_org.column_map.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.column_map.relation IS 'The table that has the column.';
COMMENT ON COLUMN msb_org.column_map.in_parent IS 'Whether relation is the table that the cases refer to.';
COMMENT ON COLUMN msb_org.column_map.role IS 'key, citizen, birth, parent (the foreign key), facet, opened, closed, area, decided, caseworker; in the parent ref, citizen, birth.';
COMMENT ON COLUMN msb_org.column_map.facet IS 'The facet, where the role is facet.';
COMMENT ON COLUMN msb_org.column_map.column_name IS 'The column.';

CREATE VIEW msb_org.attachment AS
    SELECT t.case_table, t.relation, t.mode, m.key,
           coalesce(m.citizen, quote_ident(m.parent) || '.' || quote_ident(p.citizen)) AS citizen,
           coalesce(m.birth, quote_ident(m.parent) || '.' || quote_ident(p.birth)) AS birth,
           m.facets, t.facet_values, m.opened, m.closed, t.closed_values, m.area, t.area_values,
           m.decided, m.caseworker, t.vocabulary, t.attached_at, t.attached_by, s.protected
      FROM msb_org.attached_table t
     CROSS JOIN LATERAL (
           -- one look-up per table: a join would read all of pg_class for each, which for 10,000 tables takes minutes
           SELECT bool_and((SELECT c.relrowsecurity AND EXISTS (SELECT FROM pg_policy y WHERE y.polrelid = c.oid AND y.polname = 'msb_org_area')
                              FROM pg_class c WHERE c.oid = r.relid)) AS protected
             FROM (SELECT t.relation::oid AS relid UNION SELECT tree.relid::oid FROM pg_partition_tree(t.relation) tree) r) s
     CROSS JOIN LATERAL (
           SELECT max(c.column_name) FILTER (WHERE c.role = 'key') AS key,
                  max(c.column_name) FILTER (WHERE c.role = 'citizen') AS citizen,
                  max(c.column_name) FILTER (WHERE c.role = 'birth') AS birth,
                  max(c.column_name) FILTER (WHERE c.role = 'parent') AS parent,
                  max(c.column_name) FILTER (WHERE c.role = 'opened') AS opened,
                  max(c.column_name) FILTER (WHERE c.role = 'closed') AS closed,
                  max(c.column_name) FILTER (WHERE c.role = 'area') AS area,
                  max(c.column_name) FILTER (WHERE c.role = 'decided') AS decided,
                  max(c.column_name) FILTER (WHERE c.role = 'caseworker') AS caseworker,
                  jsonb_object_agg(c.facet, c.column_name) FILTER (WHERE c.role = 'facet') AS facets
             FROM msb_org.column_map c
            WHERE c.case_table = t.case_table AND c.relation = t.relation AND NOT c.in_parent) m
      LEFT JOIN LATERAL (
           SELECT max(c.column_name) FILTER (WHERE c.role = 'citizen') AS citizen,
                  max(c.column_name) FILTER (WHERE c.role = 'birth') AS birth
             FROM msb_org.column_map c
            WHERE c.case_table = t.case_table AND c.in_parent) p ON m.parent IS NOT NULL;
COMMENT ON VIEW msb_org.attachment IS 'The tables that are attached, and how: one row per table, the columns by the names that they have now. The columns are all NULL if the table was dropped or has lost its map.';
COMMENT ON COLUMN msb_org.attachment.case_table IS 'The table''s name in the ledger.';
COMMENT ON COLUMN msb_org.attachment.relation IS 'The table.';
COMMENT ON COLUMN msb_org.attachment.mode IS 'observe, fill or enforce.';
COMMENT ON COLUMN msb_org.attachment.key IS 'The column of the case''s key.';
COMMENT ON COLUMN msb_org.attachment.citizen IS 'The column of the citizen''s key, or the foreign key column and the column of the table that it points to.';
COMMENT ON COLUMN msb_org.attachment.birth IS 'The column of the birth date or CPR number, likewise.';
COMMENT ON COLUMN msb_org.attachment.facets IS 'The column of each facet: an object of columns by facet.';
COMMENT ON COLUMN msb_org.attachment.facet_values IS 'Facets that are the same for every case.';
COMMENT ON COLUMN msb_org.attachment.opened IS 'The column of the day of opening.';
COMMENT ON COLUMN msb_org.attachment.closed IS 'The column of the day of closing, or of the code that closed_values names.';
COMMENT ON COLUMN msb_org.attachment.closed_values IS 'The codes that close a case.';
COMMENT ON COLUMN msb_org.attachment.area IS 'The column of the area; NULL: nothing is written to the table.';
COMMENT ON COLUMN msb_org.attachment.area_values IS 'The values of the area column for each unit.';
COMMENT ON COLUMN msb_org.attachment.decided IS 'The column of the day of decision.';
COMMENT ON COLUMN msb_org.attachment.caseworker IS 'The column of the caseworker.';
COMMENT ON COLUMN msb_org.attachment.vocabulary IS 'The aliases that apply.';
COMMENT ON COLUMN msb_org.attachment.attached_at IS 'The time at which it was attached.';
COMMENT ON COLUMN msb_org.attachment.attached_by IS 'The user who attached it.';
COMMENT ON COLUMN msb_org.attachment.protected IS 'Whether protect() guards it and all its partitions; false if a partition was added later.';
