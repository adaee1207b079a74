/* msb_org--0.9--1.0.sql: what 1.0 has that 0.9 has not.
   t/101_upgrade.pl compares the result with a fresh installation. */
\echo Use "ALTER EXTENSION msb_org UPDATE TO '1.0'" to load this file. \quit

-- A target group has no room for a longer name: verify() failed on one.
ALTER TABLE msb_org.facet ADD CONSTRAINT facet_length CHECK (pg_catalog.octet_length(facet) OPERATOR(pg_catalog.<=) 255);
ALTER TABLE msb_org.label ADD CONSTRAINT label_length CHECK (pg_catalog.octet_length(label) OPERATOR(pg_catalog.<=) 255);
COMMENT ON COLUMN msb_org.facet.facet IS 'Name of the facet, as target groups write it; at most 255 bytes.';
COMMENT ON COLUMN msb_org.label.label IS 'Code of the value, as target groups write it; at most 255 bytes.';

-- The daily job failed where the names of all attached tables together were too long for an
-- index, and the list of attachments took the square of their number.
CREATE OR REPLACE FUNCTION msb_org.enacted_now() RETURNS text
    LANGUAGE sql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws('; ',
        coalesce((SELECT format('%s#%s', e.structure, e.revision) FROM msb_org.enactment e WHERE e.in_force @> msb_org.today()), '-'),
        -- digests: an index takes no text as long as the list of some hundred tables
        encode(sha256(convert_to((SELECT string_agg(format('%s#%s %s %s', e.structure, e.revision, e.in_force, e.xmin), ', ' ORDER BY e.structure, e.revision) FROM msb_org.enactment e), getdatabaseencoding())), 'hex'),
        encode(sha256(convert_to((SELECT string_agg(format('%s %s', t.case_table, t.xmin), ', ' ORDER BY t.case_table) FROM msb_org.attached_table t), getdatabaseencoding())), 'hex'))
$$;
COMMENT ON COLUMN msb_org.due_scan.enacted IS 'The structure in force, and digests of all enactments and of all attached tables, each with the transaction that wrote it: when anything of that changes, the ledger is gone through anew.';
CREATE OR REPLACE VIEW msb_org.attachment AS
    SELECT t.case_table, t.relation, t.mode, m.key,
           coalesce(m.citizen, quote_ident(m.parent) || '.' || quote_ident(p.citizen)) AS citizen,
           coalesce(m.birth, quote_ident(m.parent) || '.' || quote_ident(p.birth)) AS birth,
           m.facets, t.facet_values, m.opened, m.closed, t.closed_values, m.area, t.area_values,
           m.decided, m.caseworker, t.vocabulary, t.attached_at, t.attached_by, s.protected
      FROM msb_org.attached_table t
     CROSS JOIN LATERAL (
           -- one look a table: a join would read all of pg_class for each, of 10,000 tables for minutes
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

-- A trigger that was enabled ALWAYS, or disabled, was an ordinary one after remap().
CREATE OR REPLACE FUNCTION msb_org.remap(case_table text, key text, citizen text DEFAULT NULL, birth text DEFAULT NULL,
        facets jsonb DEFAULT NULL, facet_values jsonb DEFAULT NULL, opened text DEFAULT NULL,
        closed text DEFAULT NULL, closed_values text[] DEFAULT NULL, area text DEFAULT NULL,
        area_values jsonb DEFAULT NULL, decided text DEFAULT NULL, caseworker text DEFAULT NULL,
        vocabulary text DEFAULT 'default')
    RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name   text := msb_org.attached_name(remap.case_table);
    target regclass;
    shape  text;
    guarded name[];
    states jsonb;
    kept   record;
BEGIN
    IF remap.vocabulary IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('vocabulary must not be null');
    END IF;
    SELECT t.relation INTO target FROM msb_org.attached_table t WHERE t.case_table = name FOR UPDATE;
    PERFORM msb_org.check_owner(target, name);
    -- what ALTER TABLE said of the triggers (ENABLE ALWAYS, DISABLE) is said of the new ones
    SELECT jsonb_agg(jsonb_build_object('relation', t.tgrelid, 'trigger', t.tgname, 'state', t.tgenabled)) INTO states
      FROM pg_trigger t
      JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = 'msb_org'::regnamespace
     CROSS JOIN LATERAL (SELECT convert_to(name, getdatabaseencoding()) || '\x00'::bytea AS first_argument) n
     WHERE t.tgenabled <> 'O' AND substring(t.tgargs, 1, length(n.first_argument)) = n.first_argument;
    PERFORM msb_org.drop_map(name, target);
    shape := msb_org.make_map(name, target, remap.key, remap.citizen, remap.birth, remap.facets, remap.facet_values,
                              remap.opened, remap.closed, remap.closed_values, remap.area, remap.area_values,
                              remap.decided, remap.caseworker);
    UPDATE msb_org.attached_table t
       SET vocabulary = remap.vocabulary, facet_values = remap.facet_values, closed_values = remap.closed_values,
           area_values = remap.area_values, citizen_shape = shape
     WHERE t.case_table = name;
    FOR kept IN
        SELECT k.* FROM jsonb_to_recordset(states) AS k (relation oid, trigger name, state "char")
          JOIN pg_trigger t ON t.tgrelid = k.relation AND t.tgname = k.trigger
    LOOP
        EXECUTE format('ALTER TABLE %s %s TRIGGER %I', kept.relation::regclass,
                       CASE kept.state WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END, kept.trigger);
    END LOOP;
    PERFORM msb_org.warn_shape(name, shape);
    -- the policies name key, area and what the column holds
    SELECT ARRAY(SELECT r.rolname FROM pg_policy a JOIN pg_roles r ON r.oid = ANY (a.polroles)
                  WHERE a.polrelid = target AND a.polname = 'msb_org_application')
      INTO guarded FROM pg_policy p WHERE p.polrelid = target AND p.polname = 'msb_org_area';
    IF FOUND THEN
        PERFORM msb_org.protect(name, guarded);
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.remap(text, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text, text) IS
'Maps the columns of an attached table anew, all of them: what is not named is not mapped. Mode and ledger stay, and a protected table stays protected (which needs area), triggers that ALTER TABLE disabled or enabled ALWAYS stay so; reassign() judges what stands. Also gives partitions that came later their TRUNCATE trigger. Parameters and errors as attach(); 42704 not attached, 42P01 the table was dropped.';
