-- attach(), remap(), detach(), set_mode(): in SQL, as the caller, who must own the table. They make
-- triggers on it, nothing else.

CREATE FUNCTION msb_org.attached_name(case_table text) RETURNS text
    LANGUAGE plpgsql STABLE COST 100
AS $$
#variable_conflict use_column
DECLARE
    wanted text := attached_name.case_table;
    found  text;
    target pg_catalog.regclass;
BEGIN
    IF wanted IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('case_table must be given');
    END IF;
    SELECT t.case_table INTO found FROM msb_org.attached_table t
     WHERE t.case_table OPERATOR(pg_catalog.=) wanted;
    IF found IS NULL THEN
        BEGIN
            target := pg_catalog.to_regclass(wanted);
        EXCEPTION WHEN invalid_name OR syntax_error OR feature_not_supported THEN
            target := NULL;
        END;
        SELECT t.case_table INTO found FROM msb_org.attached_table t
         WHERE t.relation OPERATOR(pg_catalog.=) target;
    END IF;
    -- the table's own name: callers in the extension have no search path to find it by
    IF found IS NULL THEN
        SELECT pg_catalog.min(t.case_table) INTO found
          FROM msb_org.attached_table t
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.relation
         WHERE c.relname OPERATOR(pg_catalog.=) wanted
        HAVING pg_catalog.count(*) OPERATOR(pg_catalog.=) 1;
    END IF;
    IF found IS NULL THEN
        RAISE undefined_object USING
            MESSAGE = pg_catalog.format(msb_org.gettext('no table is attached as "%s"'), msb_org.printable(wanted)),
            HINT = msb_org.gettext('SELECT case_table, relation FROM msb_org.attachment lists the attached tables.');
    END IF;
    RETURN found;
END $$;
COMMENT ON FUNCTION msb_org.attached_name(text) IS
'Used by the functions that take a case_table: the name under which a table is attached. The argument is that name or the table''s own name, with its schema if several attached tables have the same. Raises 42704 if no table is attached so, 22004 for NULL.';

CREATE FUNCTION msb_org.attach(relation regclass, key text, citizen text DEFAULT NULL, birth text DEFAULT NULL,
        facets jsonb DEFAULT NULL, facet_values jsonb DEFAULT NULL, opened text DEFAULT NULL,
        closed text DEFAULT NULL, closed_values text[] DEFAULT NULL, area text DEFAULT NULL,
        area_values jsonb DEFAULT NULL, decided text DEFAULT NULL, caseworker text DEFAULT NULL,
        vocabulary text DEFAULT 'default', mode text DEFAULT 'observe', case_table text DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    target regclass := attach.relation;
    rel    pg_class;
    refusal text;
    name   text;
    shape  text;
    copied record;
BEGIN
    IF target IS NULL OR attach.mode IS NULL OR attach.vocabulary IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('relation, mode and vocabulary must not be null');
    END IF;
    SELECT * INTO rel FROM pg_class c WHERE c.oid = target;
    IF NOT FOUND THEN
        RAISE undefined_table USING MESSAGE = format(msb_org.gettext('there is no table with OID %s'), target::oid);
    END IF;
    IF attach.mode NOT IN ('observe', 'fill', 'enforce') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('there is no mode "%s"'), msb_org.printable(attach.mode)),
            HINT = msb_org.gettext('The modes are observe, fill and enforce.');
    END IF;
    refusal := CASE
        WHEN rel.relkind = 'v' THEN msb_org.gettext('%s cannot be attached: it is a view')
        WHEN rel.relkind = 'm' THEN msb_org.gettext('%s cannot be attached: it is a materialized view')
        WHEN rel.relkind = 'f' THEN msb_org.gettext('%s cannot be attached: it is a foreign table')
        WHEN rel.relkind NOT IN ('r', 'p') THEN msb_org.gettext('%s cannot be attached: it is not a table')
        WHEN rel.relnamespace::regnamespace::text IN ('pg_catalog', 'information_schema', 'pg_toast')
            THEN msb_org.gettext('%s cannot be attached: it is a system table')
        WHEN rel.relnamespace::regnamespace::text = 'msb_org' THEN msb_org.gettext('%s cannot be attached: it is a table of the extension')
        WHEN rel.relpersistence = 't' THEN msb_org.gettext('%s cannot be attached: it is a temporary table')
        WHEN rel.relispartition THEN msb_org.gettext('%s cannot be attached: it is a partition')
        WHEN rel.relkind = 'r' AND rel.relam <> (SELECT a.oid FROM pg_am a WHERE a.amname = 'heap')
            THEN msb_org.gettext('%s cannot be attached: it is not stored as a heap')
    END;
    IF refusal IS NOT NULL THEN
        RAISE wrong_object_type USING
            MESSAGE = format(refusal, target),
            HINT = CASE WHEN rel.relkind = 'v'
                            THEN msb_org.gettext('Attach the table behind it; rows that are written through the view are judged too.')
                        WHEN rel.relkind IN ('r', 'p') AND rel.relispartition AND rel.relpersistence <> 't'
                            THEN msb_org.gettext('Attach the table that it is a partition of.')
                        ELSE msb_org.gettext('Ordinary and partitioned tables can be attached.') END;
    END IF;
    PERFORM msb_org.check_owner(target);
    IF rel.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = target OR i.inhrelid = target) THEN
        RAISE feature_not_supported USING
            MESSAGE = format(msb_org.gettext('%s cannot be attached: it is part of an inheritance tree'), target);
    END IF;
    SELECT t.case_table INTO name FROM msb_org.attached_table t WHERE t.relation = target;
    IF FOUND THEN
        RAISE duplicate_object USING
            MESSAGE = format(msb_org.gettext('table %s is attached already, as "%s"'), target, name),
            HINT = msb_org.gettext('remap() changes its columns, set_mode() its mode; detach() ends the attachment.');
    END IF;
    name := coalesce(attach.case_table, rel.relname);
    IF name = '' OR name ~ '[[:cntrl:]]' THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('case_table must be a name');
    END IF;
    IF EXISTS (SELECT FROM msb_org.attached_table t WHERE t.case_table = name) THEN
        RAISE duplicate_object USING
            MESSAGE = format(msb_org.gettext('another table is attached as "%s"'), name),
            HINT = msb_org.gettext('Give this table another name in the ledger with case_table =>, or detach() the other one. detach() works for a dropped table too.');
    END IF;

    -- a restored copy has the triggers of the table that it is a copy of
    FOR copied IN
        SELECT t.tgname, t.tgrelid::regclass AS relation FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE p.pronamespace = 'msb_org'::regnamespace AND t.tgparentid = 0
           AND t.tgname IN ('msb_org_map', 'msb_org_area', 'msb_org_truncate', 'zzzz_msb_org_fill')
           AND (t.tgrelid = target OR t.tgrelid IN (SELECT tree.relid FROM pg_partition_tree(target) tree))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', copied.tgname, copied.relation);
    END LOOP;
    INSERT INTO msb_org.attached_table (case_table, relation, mode, vocabulary, facet_values, closed_values, area_values, attached_by)
    VALUES (name, target, attach.mode, attach.vocabulary, attach.facet_values, attach.closed_values,
            attach.area_values, msb_org.actor());
    shape := msb_org.make_map(name, target, attach.key, attach.citizen, attach.birth, attach.facets, attach.facet_values,
                              attach.opened, attach.closed, attach.closed_values, attach.area, attach.area_values,
                              attach.decided, attach.caseworker);
    UPDATE msb_org.attached_table t SET citizen_shape = shape WHERE t.case_table = name;
    PERFORM msb_org.warn_shape(name, shape);
    RETURN name;
END $$;
COMMENT ON FUNCTION msb_org.attach(regclass, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text, text, text, text) IS
'Attaches an existing table, and returns its name in the ledger. It makes triggers on the table (and on the table that citizen and birth are read from) and changes no column. Existing rows are judged by reassign(). See docs/attaching.md.

- key: the column that identifies a case, unique, of type smallint, integer, bigint, text, varchar, char or uuid.
- citizen, birth: the column of the citizen''s key, and of the birth date or CPR number; or fk_column.parent_column, the column of the table that a foreign key of one column points to. Without birth every age is unknown.
- facets: an object of columns by facet. facet_values: an object of labels by facet, the same for every case.
- opened, closed: columns of type date, timestamp or timestamptz. closed_values: the codes in closed that close a case, if closed is no date.
- area: the column that holds the responsible unit; without it nothing is ever written. area_values: an object of the column''s values by unit, if the column does not hold the unit''s code.
- decided, caseworker: columns that reports read.
- vocabulary: the aliases that apply; see alias. mode: observe, fill or enforce. case_table: the name in the ledger; NULL: the table''s own.

Columns are named exactly or as SQL identifiers; in fk_column.parent_column as SQL identifiers.

Errors: 42501 not the owner; 42809 not a table that can be attached (a view, a partition); 42710 attached already, or the name is taken; 42703 no such column; 42704 a column without foreign key; 42804 a type that the role does not take, or that cannot hold an area; 42830 a key that is not unique; 22001 an area that does not fit its column; 22023 an unknown facet, label or mode, a unit that is missing in area_values or a value that is there twice, empty closed_values, an area column that has another role too; 0A000 an inheritance tree, an area column that is generated or in a partition key, two foreign keys; 22004 NULL for relation, mode or vocabulary.';

CREATE FUNCTION msb_org.remap(case_table text, key text, citizen text DEFAULT NULL, birth text DEFAULT NULL,
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
    -- the new triggers get the state that ALTER TABLE gave the old ones (ENABLE ALWAYS, DISABLE)
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
    -- the policies name the key, the area and the values of its column
    SELECT ARRAY(SELECT r.rolname FROM pg_policy a JOIN pg_roles r ON r.oid = ANY (a.polroles)
                  WHERE a.polrelid = target AND a.polname = 'msb_org_application')
      INTO guarded FROM pg_policy p WHERE p.polrelid = target AND p.polname = 'msb_org_area';
    IF FOUND THEN
        PERFORM msb_org.protect(name, guarded);
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.remap(text, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text, text) IS
'Maps the columns of an attached table anew, all of them: a column that is not named is not mapped. Mode and ledger are unchanged. A protected table remains protected (which needs area). Triggers that ALTER TABLE disabled or enabled ALWAYS remain so. reassign() judges the existing rows. remap() also gives partitions that were added later their TRUNCATE trigger. Parameters and errors are those of attach(); it raises 42704 also if the table is not attached, 42P01 if it was dropped.';

CREATE FUNCTION msb_org.set_mode(case_table text, mode text) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name     text := msb_org.attached_name(set_mode.case_table);
    target   regclass;
    findings text;
    refused  bigint;
    since    timestamptz;
    judged   boolean;
BEGIN
    IF set_mode.mode NOT IN ('observe', 'fill', 'enforce') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('there is no mode "%s"'), msb_org.printable(set_mode.mode)),
            HINT = msb_org.gettext('The modes are observe, fill and enforce.');
    END IF;
    SELECT t.relation, t.attached_at INTO target, since FROM msb_org.attached_table t WHERE t.case_table = name;
    PERFORM msb_org.check_owner(target, name);
    IF set_mode.mode = 'enforce' THEN
        SELECT sum(f.n), string_agg(format('%s %s', f.n, f.finding), ', ' ORDER BY f.n DESC, f.finding)
          INTO refused, findings
          FROM (SELECT v.finding, count(*) AS n FROM msb_org.violation v WHERE v.case_table = name GROUP BY 1) f;
        IF refused > 0 THEN
            RAISE NOTICE USING
                MESSAGE = format(msb_org.gettext('open cases of "%s" that would be refused if they were written unchanged: %s (%s)'), name, refused, findings),
                HINT = format(msb_org.gettext('SELECT * FROM msb_org.violation WHERE case_table = %s; lists them. Existing rows stay as they are.'), quote_literal(name));
        ELSE
            RAISE NOTICE USING MESSAGE = format(msb_org.gettext('no open case of "%s" that has been judged would be refused'), name);
        END IF;
        SELECT EXISTS (SELECT FROM msb_org.assignment a WHERE a.case_table = name AND a.recorded_at >= since) INTO judged;
        IF NOT judged THEN
            RAISE WARNING USING
                MESSAGE = format(msb_org.gettext('the existing cases of "%s" have not been judged yet'), name),
                HINT = format(msb_org.gettext('CALL msb_org.reassign(%s); judges them.'), quote_literal(name));
        END IF;
    END IF;
    UPDATE msb_org.attached_table t SET mode = set_mode.mode WHERE t.case_table = name;
    -- Duties that are due already remain listed in plan_due: the change of mode opens no plan for them.
    -- Duties that other transactions are just recording are waited for.
    IF EXISTS (SELECT FROM msb_org.enactment e WHERE e.in_force @> msb_org.today()
                  AND e.document -> 'plan_duties' <> '[]') THEN
        PERFORM msb_org.lock_all_citizens();
    END IF;
    PERFORM msb_org.judge_citizens(ARRAY(
        SELECT DISTINCT r.citizen FROM msb_org.plan_reason r
          JOIN msb_org.assignment a ON a.citizen = r.citizen AND a.case_table = name AND a.valid_to IS NULL
         WHERE r.valid_to IS NULL), 'none');
END $$;
COMMENT ON FUNCTION msb_org.set_mode(text, text) IS
'Changes the mode of an attached table to observe, fill or enforce, for rows written from then on. For enforce it first reports how many open cases would be refused, from the ledger. See docs/modes.md. Raises 22023 for another mode, 42501 if the caller does not own the table, 42704 if it is not attached, 42P01 if it was dropped.';

CREATE FUNCTION msb_org.detach(case_table text, restore_area boolean DEFAULT false) RETURNS void
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
            HINT = format(msb_org.gettext('Run SELECT msb_org.unprotect(%s); first: after that, every role with the privilege SELECT sees the rows.'), quote_literal(name));
    END IF;
    IF detach.restore_area AND map.key IS NULL AND EXISTS (SELECT FROM pg_class c WHERE c.oid = attached.relation) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('the areas of "%s" cannot be put back: its column map is lost'), name),
            HINT = msb_org.gettext('Map the columns again with remap() first, or call detach() without restore_area.');
    END IF;
    PERFORM msb_org.drop_map(name, attached.relation);
    IF detach.restore_area AND map.area IS NOT NULL THEN
        SELECT format_type(a.atttypid, a.atttypmod) INTO area_type FROM pg_attribute a
         WHERE a.attrelid = attached.relation AND a.attname = map.area;
        SELECT format_type(msb_org.base_type(a.atttypid), NULL) INTO key_type FROM pg_attribute a
         WHERE a.attrelid = attached.relation AND a.attname = map.key;
        PERFORM msb_org.check_sees_all(attached.relation);
        -- the area that reassign() found when it first judged the case, since attach(),
        -- unless the application has given another area since then
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
            MESSAGE = format(msb_org.ngettext('%s case of "%s" has its former area again',
                                              '%s cases of "%s" have their former areas again', restored), restored, name);
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
'Detaches a table: drops the triggers, ends its open rows in the ledger, and deletes its overrides. The history in the ledger remains. restore_area restores the areas that the column held when reassign() first judged the cases, if it held other areas or none then and the application has given none since. detach() is also for a table that was dropped, and, after a restore, for one that was dropped before the dump.

- 55000 if the table is protected, and with restore_area if the map of its columns is lost.
- 42704 if no table is attached under the name.
- 42501 if the caller does not own it, and with restore_area if row-level security hides rows from the caller.';
