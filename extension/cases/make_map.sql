-- The search for the columns of a table, their check and their map: the part that attach() and
-- remap() share. The map is the triggers that make_map() makes.

CREATE FUNCTION msb_org.find_column(relation regclass, spec text) RETURNS text
    LANGUAGE plpgsql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parts text[];
    found text;
BEGIN
    SELECT a.attname INTO found FROM pg_attribute a
     WHERE a.attrelid = relation AND a.attname = spec AND a.attnum > 0 AND NOT a.attisdropped;
    IF found IS NULL THEN
        BEGIN
            parts := parse_ident(spec);
        EXCEPTION WHEN invalid_parameter_value THEN
            parts := NULL;
        END;
        IF cardinality(parts) = 1 THEN
            SELECT a.attname INTO found FROM pg_attribute a
             WHERE a.attrelid = relation AND a.attname = parts[1] AND a.attnum > 0 AND NOT a.attisdropped;
        END IF;
    END IF;
    IF found IS NULL THEN
        RAISE undefined_column USING
            MESSAGE = format(msb_org.gettext('table %s has no column "%s"'), relation, msb_org.printable(spec)),
            HINT = CASE WHEN spec LIKE '%.%' THEN msb_org.gettext('For a column of the table behind a foreign key write fk_column.parent_column, each as an SQL identifier, in double quotes where it needs them.')
                        ELSE msb_org.gettext('Columns are named exactly, or as SQL identifiers.') END;
    END IF;
    RETURN found;
END $$;
COMMENT ON FUNCTION msb_org.find_column(regclass, text) IS
'Used by attach() to find a column of a table: by its exact name first, else by the name as an SQL identifier. Raises 42703 if there is none.';

-- The part that attach() and remap() share: it resolves the columns, checks them, makes the triggers.
CREATE FUNCTION msb_org.make_map(case_table text, relation regclass, key text, citizen text, birth text,
        facets jsonb, facet_values jsonb, opened text, closed text, closed_values text[],
        area text, area_values jsonb, decided text, caseworker text,
        OUT citizen_shape text)
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    columns        text[] := '{}';      -- the map: columns by position
    roles          jsonb := '{}';       -- the roles of the positions
    facet_roles    jsonb := '{}';
    parent         regclass;            -- the table behind a foreign key
    parent_key     text;                -- the foreign key's column
    parent_ref     text;                -- the column that it points to
    parent_columns text[] := '{}';
    parent_roles   jsonb := '{}';
    parent_number  integer;
    wanted         record;
    parts          text[];
    column_name    text;
    column_type    oid;
    allowed        text[];
    rel            pg_class;
    unit           text;
    value          text;
    sample         text;
    part           regclass;
    missing        text;
BEGIN
    SELECT * INTO rel FROM pg_class c WHERE c.oid = relation;
    IF closed_values IS NOT NULL AND closed IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('closed_values needs closed, the column that holds them');
    END IF;
    IF cardinality(closed_values) = 0 OR array_position(closed_values, NULL) IS NOT NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('closed_values must name codes, none of them null');
    END IF;
    IF area_values IS NOT NULL AND area IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('area_values needs area, the column that holds them');
    END IF;
    IF jsonb_typeof(coalesce(facets, '{}')) <> 'object' OR jsonb_typeof(coalesce(facet_values, '{}')) <> 'object'
       OR jsonb_typeof(coalesce(area_values, '{}')) <> 'object' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = msb_org.gettext('facets, facet_values and area_values are objects'),
            HINT = msb_org.gettext('For example facets => ''{"task": "opgave"}''.');
    END IF;

    -- Facets must exist, once each, and constants must be labels.
    FOR wanted IN
        SELECT e.key AS facet, 'facets' AS place FROM jsonb_each_text(coalesce(facets, '{}')) e
        UNION ALL
        SELECT e.key, 'facet_values' FROM jsonb_each_text(coalesce(facet_values, '{}')) e
    LOOP
        IF NOT EXISTS (SELECT FROM msb_org.facet f WHERE f.facet = wanted.facet) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format(msb_org.gettext('there is no facet "%s"'), msb_org.printable(wanted.facet)),
                HINT = msb_org.gettext('The facets are the rows of msb_org.facet; load_structure() loads those of a structure.');
        END IF;
        IF wanted.place = 'facet_values' AND facets ? wanted.facet THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format(msb_org.gettext('facet "%s" has both a column and a constant'), wanted.facet);
        END IF;
        IF wanted.place = 'facet_values' AND NOT EXISTS (
            SELECT FROM msb_org.label l WHERE l.facet = wanted.facet AND l.label = facet_values ->> wanted.facet) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format(msb_org.gettext('facet "%s" has no label "%s"'), wanted.facet,
                                 msb_org.printable(coalesce(facet_values ->> wanted.facet, '')));
        END IF;
    END LOOP;

    -- Each role's column, or the way to it through a foreign key.
    FOR wanted IN
        SELECT r.role, r.facet, r.spec
          FROM (VALUES (1, 'key', NULL, key), (2, 'citizen', NULL, citizen), (3, 'birth', NULL, birth),
                       (5, 'opened', NULL, opened), (6, 'closed', NULL, closed), (7, 'area', NULL, area),
                       (8, 'decided', NULL, decided), (9, 'caseworker', NULL, caseworker)) r (n, role, facet, spec)
         WHERE r.spec IS NOT NULL OR r.role = 'key'
        UNION ALL
        SELECT 'facet', f.key, f.value FROM jsonb_each_text(coalesce(facets, '{}')) f
    LOOP
        IF wanted.spec IS NULL THEN
            RAISE null_value_not_allowed USING
                MESSAGE = CASE WHEN wanted.facet IS NULL THEN format(msb_org.gettext('the column of %s must be given'), wanted.role)
                               ELSE format(msb_org.gettext('the column of facet "%s" must be given'), msb_org.printable(wanted.facet)) END;
        END IF;
        parts := NULL;
        IF wanted.role IN ('citizen', 'birth') AND NOT EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = wanted.spec
               AND a.attnum > 0 AND NOT a.attisdropped) THEN
            BEGIN
                parts := parse_ident(wanted.spec);
            EXCEPTION WHEN invalid_parameter_value THEN
                parts := NULL;
            END;
        END IF;
        IF cardinality(parts) = 2 THEN
            column_name := msb_org.find_column(relation, quote_ident(parts[1]));
            IF parent_key IS NOT NULL AND parent_key <> column_name THEN
                RAISE feature_not_supported USING
                    MESSAGE = msb_org.gettext('citizen and birth must go through the same foreign key'),
                    DETAIL = format(msb_org.gettext('One goes through "%s", the other through "%s".'), parent_key, column_name);
            END IF;
            IF parent_key IS NULL THEN
                parent_key := column_name;
                SELECT c.confrelid, a.attname INTO parent, parent_ref
                  FROM pg_constraint c
                  JOIN pg_attribute k ON k.attrelid = c.conrelid AND k.attname = parent_key
                  JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = c.confkey[1]
                 WHERE c.conrelid = relation AND c.contype = 'f' AND c.conkey = ARRAY[k.attnum]
                   AND c.conparentid = 0
                 ORDER BY c.conname LIMIT 1;
                IF parent IS NULL THEN
                    RAISE undefined_object USING
                        MESSAGE = format(msb_org.gettext('column "%s" of table %s has no foreign key'), parent_key, relation),
                        HINT = msb_org.gettext('A value in another table is reached through the foreign key of one column.');
                END IF;
                columns := columns || parent_key;
                roles := roles || jsonb_build_object('parent', cardinality(columns));
                parent_columns := ARRAY[parent_ref];
                parent_roles := '{"ref": 1}';
                IF NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = relation AND a.attname = parent_key
                                WHERE i.indrelid = relation AND i.indkey[0] = a.attnum AND i.indpred IS NULL AND i.indisvalid) THEN
                    RAISE WARNING USING
                        MESSAGE = format(msb_org.gettext('no index of table %s begins with column "%s"'), relation, parent_key),
                        DETAIL = format(msb_org.gettext('Each change of a birth date or key in %s reads the whole table.'), parent);
                END IF;
            END IF;
            column_name := msb_org.find_column(parent, quote_ident(parts[2]));
            -- The triggers will read the column as the parent's owner; the caller must be able to read it, too.
            IF NOT has_column_privilege(parent, column_name, 'SELECT') THEN
                RAISE insufficient_privilege USING
                    MESSAGE = format(msb_org.gettext('permission denied for column "%s" of table %s'), column_name, parent);
            END IF;
            SELECT msb_org.base_type(a.atttypid) INTO column_type FROM pg_attribute a
             WHERE a.attrelid = parent AND a.attname = column_name;
            IF NOT parent_columns @> ARRAY[column_name] THEN
                parent_columns := parent_columns || column_name;
            END IF;
            parent_roles := parent_roles || jsonb_build_object(wanted.role, array_position(parent_columns, column_name));
            roles := roles || jsonb_build_object(wanted.role, 'parent');
        ELSE
            column_name := msb_org.find_column(relation, wanted.spec);
            SELECT msb_org.base_type(a.atttypid) INTO column_type FROM pg_attribute a
             WHERE a.attrelid = relation AND a.attname = column_name;
            IF NOT columns @> ARRAY[column_name] THEN
                columns := columns || column_name;
            END IF;
            IF wanted.role = 'facet' THEN
                facet_roles := facet_roles || jsonb_build_object(wanted.facet, array_position(columns, column_name));
            ELSE
                roles := roles || jsonb_build_object(wanted.role, array_position(columns, column_name));
            END IF;
        END IF;

        allowed := CASE wanted.role
            WHEN 'key' THEN '{int2,int4,int8,text,varchar,bpchar,uuid}'
            WHEN 'birth' THEN '{date,text,varchar,bpchar,cpr}'
            WHEN 'opened' THEN '{date,timestamp,timestamptz}'
            WHEN 'decided' THEN '{date,timestamp,timestamptz}'
            WHEN 'closed' THEN CASE WHEN closed_values IS NULL THEN '{date,timestamp,timestamptz}' END
        END;
        IF allowed IS NOT NULL AND NOT EXISTS (
            SELECT FROM pg_type t JOIN pg_namespace s ON s.oid = t.typnamespace
             WHERE t.oid = column_type AND t.typname = ANY (allowed)
               AND s.nspname = CASE t.typname WHEN 'cpr' THEN 'msb_org' ELSE 'pg_catalog' END) THEN
            RAISE datatype_mismatch USING
                MESSAGE = format(msb_org.gettext('column "%s" is of type %s, which %s does not take'), column_name,
                                 format_type(column_type, NULL), wanted.role),
                HINT = format(CASE wanted.role WHEN 'closed'
                                  THEN msb_org.gettext('Map a column of one of these types: %s. If the column holds codes, name those that close a case in closed_values.')
                                  ELSE msb_org.gettext('Map a column of one of these types: %s.') END, (
                    SELECT string_agg(CASE a WHEN 'cpr' THEN 'cpr' WHEN 'timestamptz' THEN a
                                      ELSE format_type(to_regtype('pg_catalog.' || a), NULL) END, ', ' ORDER BY n)
                      FROM unnest(allowed) WITH ORDINALITY AS u (a, n)));
        END IF;

        IF wanted.role = 'key' AND NOT EXISTS (
            SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = relation AND a.attname = column_name
             WHERE i.indrelid = relation AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
               AND (i.indkey[0] = a.attnum AND i.indnkeyatts = 1
                    OR rel.relkind = 'p' AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))) THEN
            RAISE invalid_foreign_key USING
                MESSAGE = format(msb_org.gettext('column "%s" of table %s is not unique'), column_name, relation),
                DETAIL = msb_org.gettext('The ledger identifies a case by its key.'),
                HINT = msb_org.gettext('Use the primary key, or create a unique index on the column.');
        END IF;
        IF wanted.role = 'area' THEN
            IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = column_name
                          AND (a.attgenerated <> '' OR a.attidentity = 'a')) THEN
                RAISE feature_not_supported USING
                    MESSAGE = format(msb_org.gettext('column "%s" is generated and cannot be the area'), column_name);
            END IF;
            IF EXISTS (
                SELECT FROM pg_partitioned_table p
                  JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attname = column_name
                 WHERE p.partrelid IN (SELECT t.relid FROM pg_partition_tree(relation) t)
                   AND (p.partattrs::int2[] @> ARRAY[a.attnum]
                        OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = p.partrelid
                                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = p.partrelid
                                      AND d.refobjsubid = a.attnum AND p.partexprs IS NOT NULL AND d.deptype = 'i'))) THEN
                RAISE feature_not_supported USING
                    MESSAGE = format(msb_org.gettext('column "%s" is part of the partition key and cannot be the area'), column_name);
            END IF;
            SELECT v.value INTO value FROM jsonb_each_text(area_values) v GROUP BY 1 HAVING count(*) > 1 LIMIT 1;
            IF FOUND THEN
                RAISE invalid_parameter_value USING
                    MESSAGE = format(msb_org.gettext('area_values gives "%s" to several units'), msb_org.printable(value));
            END IF;
            FOR unit, value IN SELECT v.key, v.value #>> '{}' FROM jsonb_each(area_values) v
                                WHERE jsonb_typeof(v.value) NOT IN ('string', 'number')
            LOOP
                RAISE invalid_parameter_value USING
                    MESSAGE = format(msb_org.gettext('area_values must give a text or a number for the unit "%s"'), unit);
            END LOOP;
            FOR value IN SELECT v.value FROM jsonb_each_text(area_values) v ORDER BY v.key
            LOOP
                PERFORM msb_org.check_area_value(relation, column_name, value);
            END LOOP;
            PERFORM msb_org.check_area_units(relation, column_name, area_values, e.document)
               FROM msb_org.enactment e WHERE NOT isempty(e.in_force) ORDER BY e.in_force;
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM jsonb_each(roles - 'area') r WHERE r.value = roles -> 'area')
       OR EXISTS (SELECT FROM jsonb_each(facet_roles) f WHERE f.value = roles -> 'area') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('column "%s" is mapped to something else and cannot be the area'), columns[(roles ->> 'area')::integer]),
            DETAIL = msb_org.gettext('The answer would overwrite a value that is judged.');
    END IF;
    SELECT string_agg(format('"%s"', f.facet), ', ' ORDER BY f.position, f.facet) INTO missing
      FROM msb_org.facet f
     WHERE f.if_null IS NULL AND NOT coalesce(facets ? f.facet, false) AND NOT coalesce(facet_values ? f.facet, false);
    IF missing IS NOT NULL THEN
        RAISE WARNING USING
            MESSAGE = format(msb_org.gettext('no column and no constant is mapped to: %s'), missing),
            DETAIL = msb_org.gettext('A facet without an if_null needs a column or a constant. Under a structure with such a facet, no case of the table can be judged.');
    END IF;
    IF facet_roles <> '{}' THEN
        roles := roles || jsonb_build_object('facets', facet_roles);
    END IF;

    -- The triggers.
    EXECUTE format('CREATE TRIGGER msb_org_map AFTER INSERT OR DELETE OR UPDATE OF %s ON %s FOR EACH ROW '
                   'EXECUTE FUNCTION msb_org.note_change(%L, %L)',
                   (SELECT string_agg(quote_ident(c), ', ' ORDER BY n) FROM unnest(columns) WITH ORDINALITY u (c, n)),
                   relation, case_table, roles);
    EXECUTE format('CREATE CONSTRAINT TRIGGER msb_org_area AFTER INSERT OR UPDATE OR DELETE ON %s '
                   'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work(%L)',
                   relation, case_table);
    IF area IS NOT NULL THEN
        EXECUTE format('CREATE TRIGGER zzzz_msb_org_fill BEFORE INSERT ON %s FOR EACH ROW '
                       'EXECUTE FUNCTION msb_org.fill_area(%L)', relation, case_table);
    END IF;
    FOR part IN SELECT t.relid FROM pg_partition_tree(relation) t UNION SELECT relation
    LOOP
        EXECUTE format('CREATE TRIGGER msb_org_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT '
                       'EXECUTE FUNCTION msb_org.truncate_cases(%L)', part, case_table);
    END LOOP;
    IF parent IS NOT NULL THEN
        SELECT min(n) INTO parent_number
          FROM generate_series(1, (SELECT count(*) + 1 FROM pg_trigger t WHERE t.tgrelid = parent)::integer) n
         WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = parent
                              AND t.tgname IN ('msb_org_parent_' || n, 'msb_org_parent_map_' || n));
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE OF %s ON %s FOR EACH ROW '
                       'EXECUTE FUNCTION msb_org.note_change(%L, %L)',
                       'msb_org_parent_map_' || parent_number,
                       (SELECT string_agg(quote_ident(c), ', ' ORDER BY n) FROM unnest(parent_columns) WITH ORDINALITY u (c, n)),
                       parent, case_table, parent_roles);
        EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER UPDATE ON %s DEFERRABLE INITIALLY DEFERRED '
                       'FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work(%L)',
                       'msb_org_parent_' || parent_number, parent, case_table);
    END IF;

    -- The form of the citizens' keys.
    IF citizen IS NOT NULL THEN
        sample := CASE WHEN roles ->> 'citizen' = 'parent'
            THEN format('SELECT format(''%%s'', p.%I) AS v FROM %s p WHERE p.%I IS NOT NULL LIMIT 100',
                        parent_columns[(parent_roles ->> 'citizen')::integer], parent,
                        parent_columns[(parent_roles ->> 'citizen')::integer])
            ELSE format('SELECT format(''%%s'', t.%I) AS v FROM %s t WHERE t.%I IS NOT NULL LIMIT 100',
                        columns[(roles ->> 'citizen')::integer], relation, columns[(roles ->> 'citizen')::integer]) END;
        EXECUTE format('SELECT CASE WHEN count(*) = 0 THEN NULL'
                       ' WHEN 2 * count(*) FILTER (WHERE msb_org.citizen_key(s.v) ~ ''^[0-9]{6}-[0-9A-Z]{4}$'') > count(*)'
                       ' THEN ''cpr'' ELSE ''other'' END FROM (%s) s', sample)
           INTO citizen_shape;
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.make_map(text, regclass, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text) IS
'Used by attach() and remap(), whose parameters it takes: checks them, makes the triggers, and returns the form of the citizens'' keys.';

CREATE FUNCTION msb_org.base_type(type oid) RETURNS oid
    LANGUAGE sql STABLE STRICT COST 50
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE t AS (
        SELECT p.oid, p.typtype, p.typbasetype FROM pg_type p WHERE p.oid = base_type.type
        UNION ALL
        SELECT p.oid, p.typtype, p.typbasetype FROM t JOIN pg_type p ON p.oid = t.typbasetype WHERE t.typtype = 'd')
    SELECT t.oid FROM t WHERE t.typtype <> 'd'
$$;
COMMENT ON FUNCTION msb_org.base_type(oid) IS 'Used by attach(): the type that a domain is based on; for any other type that type itself.';

CREATE FUNCTION msb_org.check_area_value(relation regclass, column_name text, value text) RETURNS void
    LANGUAGE plpgsql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type   text;
    base   oid;
    shown  text;
BEGIN
    SELECT format_type(a.atttypid, a.atttypmod), msb_org.base_type(a.atttypid) INTO type, base
      FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = column_name;
    -- the text that the column shows of it: format() uses the type's output, never a cast
    BEGIN
        EXECUTE format('SELECT format(''%%s'', %L::%s)', value, type) INTO shown;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
        shown := NULL;
    END;
    IF base = 'bpchar'::regtype THEN
        shown := rtrim(shown, ' ');
    END IF;
    IF shown <> value AND base IN ('varchar'::regtype, 'bpchar'::regtype) THEN
        RAISE string_data_right_truncation USING
            MESSAGE = format(msb_org.gettext('column "%s" of table %s is too short for the area "%s"'), column_name, relation, value),
            HINT = msb_org.gettext('Say with area_values what the column holds for each unit.');
    ELSIF shown IS DISTINCT FROM value THEN
        RAISE datatype_mismatch USING
            MESSAGE = format(msb_org.gettext('column "%s" of table %s cannot hold the area "%s"'), column_name, relation, value),
            DETAIL = CASE WHEN shown IS NULL THEN format(msb_org.gettext('The area is not a value of type %s.'), type)
                          ELSE format(msb_org.gettext('Type %s shows the area as "%s".'), type, shown) END,
            HINT = msb_org.gettext('Say with area_values what the column holds for each unit.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.check_area_value(regclass, text, text) IS
'Used by attach() and remap(): refuses an area that its column cannot hold, or shows otherwise than it was written. Raises 22001 if it is too long, else 42804.';

CREATE FUNCTION msb_org.check_area_units(relation regclass, column_name text, area_values jsonb, document jsonb) RETURNS void
    LANGUAGE plpgsql STABLE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unit text;
BEGIN
    FOR unit IN
        SELECT DISTINCT r ->> 'unit' FROM jsonb_array_elements(document -> 'rules') r ORDER BY 1
    LOOP
        IF area_values IS NULL THEN
            PERFORM msb_org.check_area_value(relation, column_name, unit);
        ELSIF NOT area_values ? unit THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format(msb_org.gettext('the area_values of table %s leave out the unit "%s"'), relation, unit),
                DETAIL = format(msb_org.gettext('A rule of the structure "%s" makes this unit responsible.'), document ->> 'structure'),
                HINT = msb_org.gettext('Give the unit a value in the area_values of attach() or remap(). They may name units of a future structure too.');
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION msb_org.check_area_units(regclass, text, jsonb, jsonb) IS
'Used by attach(), remap() and adopt(): refuses an area column that cannot hold every unit that a structure''s rules name. Raises 22023 if area_values leaves one out, 22001 and 42804 as check_area_value().';

CREATE FUNCTION msb_org.drop_map(case_table text, relation regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trigger record;
BEGIN
    FOR trigger IN
        SELECT t.tgname, t.tgrelid::regclass AS relation
          FROM pg_trigger t
          JOIN pg_proc p ON p.oid = t.tgfoid
          JOIN pg_namespace s ON s.oid = p.pronamespace AND s.nspname = 'msb_org'
         WHERE t.tgparentid = 0 AND t.tgnargs > 0
           AND convert_from(substring(t.tgargs, 1, position('\x00'::bytea IN t.tgargs) - 1), getdatabaseencoding()) = drop_map.case_table
           AND (t.tgname LIKE 'msb\_org\_parent\_%'
                -- on a table that no foreign key leads to any more, if the caller can drop it: somebody may have made
                -- one there himself
                AND (pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = t.tgrelid), 'USAGE')
                     OR EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = drop_map.relation AND c.contype = 'f' AND c.confrelid = t.tgrelid))
                OR t.tgrelid = drop_map.relation
                OR t.tgrelid IN (SELECT tree.relid FROM pg_partition_tree(drop_map.relation) tree)
                -- on a partition that was detached and kept its trigger
                OR t.tgname = 'msb_org_truncate'
                   AND NOT EXISTS (SELECT FROM pg_trigger m WHERE m.tgrelid = t.tgrelid AND m.tgname = 'msb_org_map')
                   AND pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = t.tgrelid), 'USAGE'))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', trigger.tgname, trigger.relation);
    END LOOP;
END $$;
COMMENT ON FUNCTION msb_org.drop_map(text, regclass) IS 'Used by remap() and detach(): drops the triggers that attach() made.';

CREATE FUNCTION msb_org.raise_dropped(case_table text) RETURNS void
    LANGUAGE plpgsql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE undefined_table USING
        MESSAGE = format(msb_org.gettext('the table that was attached as "%s" has been dropped'), case_table),
        HINT = format(msb_org.gettext('SELECT msb_org.detach(%s); frees the name. Its history stays.'), quote_literal(case_table));
END $$;
COMMENT ON FUNCTION msb_org.raise_dropped(text) IS
'Used by the functions that take a case_table: refuses a table that was dropped (42P01), with a hint to detach it.';

CREATE FUNCTION msb_org.check_owner(relation regclass, case_table text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rel pg_class;
BEGIN
    SELECT * INTO rel FROM pg_class c WHERE c.oid = relation;
    IF NOT FOUND AND case_table IS NOT NULL THEN
        PERFORM msb_org.raise_dropped(case_table);
    END IF;
    IF FOUND AND NOT pg_has_role(rel.relowner, 'USAGE') THEN
        RAISE insufficient_privilege USING MESSAGE = format(msb_org.gettext('must be owner of table %s'), relation);
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.check_owner(regclass, text) IS
'Used by attach() and the like: refuses a caller who does not own the table (42501). If the case table''s name is given, it also refuses a table that was dropped (42P01).';

CREATE FUNCTION msb_org.check_sees_all(relation regclass) RETURNS void
    LANGUAGE plpgsql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF row_security_active(relation) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format(msb_org.gettext('row-level security hides rows of table %s from you'), relation),
            DETAIL = msb_org.gettext('FORCE ROW LEVEL SECURITY applies to the owner too.'),
            HINT = msb_org.gettext('Let a superuser do it, or a role with BYPASSRLS.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.check_sees_all(regclass) IS
'Used by reassign() and detach(): refuses a caller from whom a policy may hide rows of the table (42501).';

CREATE FUNCTION msb_org.warn_shape(case_table text, shape text) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    other text;
BEGIN
    SELECT string_agg(t.case_table, ', ' ORDER BY t.case_table) INTO other FROM msb_org.attached_table t
     WHERE t.case_table <> warn_shape.case_table AND t.citizen_shape <> shape;
    IF other IS NOT NULL THEN
        RAISE WARNING USING
            MESSAGE = format(msb_org.gettext('the citizens of "%s" have keys of another kind than those of: %s'), warn_shape.case_table, other),
            DETAIL = msb_org.gettext('A citizen is the same one in two tables only if the keys are the same text. A CPR number is the same text in whatever form it is written.'),
            HINT = msb_org.gettext('Map citizen to the CPR number in both.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.warn_shape(text, text) IS
'Used by attach() and remap(): warns if the citizens'' keys have another form than those of a table attached before.';
