-- protect(), unprotect(): row-level security on a case table. As the caller, who must own
-- the table. The policies are the table's own, and are dumped with it.

CREATE FUNCTION msb_org.drop_policies(relation regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    policy record;
BEGIN
    FOR policy IN
        SELECT p.polname, p.polrelid::regclass AS relation FROM pg_policy p
         WHERE p.polname IN ('msb_org_area', 'msb_org_application')
           AND p.polrelid IN (SELECT t.relid FROM pg_partition_tree(drop_policies.relation) t UNION SELECT drop_policies.relation)
         ORDER BY p.polrelid, p.polname
    LOOP
        EXECUTE format('DROP POLICY %I ON %s', policy.polname, policy.relation);
    END LOOP;
END $$;
COMMENT ON FUNCTION msb_org.drop_policies(regclass) IS
'Used by protect() and unprotect(): drops the policies that protect() made on a table and its partitions. Row-level security remains on.';

CREATE FUNCTION msb_org.protect(case_table text, application_roles name[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name       text := msb_org.attached_name(protect.case_table);
    map        msb_org.attachment;
    part       regclass;
    role       name;
    other      text;
    area_type  text;
    key_base   oid;
    keys       text;
    condition  text;
BEGIN
    IF protect.application_roles IS NULL OR array_position(protect.application_roles, NULL) IS NOT NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('application_roles must not be null, nor a role in it');
    END IF;
    SELECT m.* INTO map FROM msb_org.attachment m WHERE m.case_table = name;
    PERFORM msb_org.check_owner((SELECT t.relation FROM msb_org.attached_table t WHERE t.case_table = name), name);
    IF map.key IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('"%s" cannot be protected: its column map is lost'), name),
            HINT = msb_org.gettext('Map the columns again with remap() first.');
    END IF;
    IF map.area IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('"%s" cannot be protected: no column of it is mapped as area'), name),
            HINT = msb_org.gettext('The area column decides which roles see a row. Name it with remap(..., area => ...).');
    END IF;
    FOREACH role IN ARRAY protect.application_roles LOOP
        IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role) THEN
            RAISE undefined_object USING MESSAGE = format(msb_org.gettext('role "%s" does not exist'), role);
        END IF;
    END LOOP;
    -- policies that others have made there are theirs
    FOR part IN SELECT t.relid FROM pg_partition_tree(map.relation) t UNION SELECT map.relation ORDER BY 1 LOOP
        SELECT string_agg(format('"%s"', p.polname), ', ' ORDER BY p.polname) INTO other FROM pg_policy p
         WHERE p.polrelid = part AND p.polname NOT IN ('msb_org_area', 'msb_org_application');
        IF other IS NOT NULL THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = format(msb_org.gettext('table %s has policies of its own: %s'), part, other),
                DETAIL = msb_org.gettext('A role would see every row that one of these policies lets it see.'),
                HINT = msb_org.gettext('Drop these policies first.');
        END IF;
        IF (SELECT c.relrowsecurity FROM pg_class c WHERE c.oid = part) AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = part) THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = format(msb_org.gettext('row-level security is enabled on table %s, without a policy'), part),
                DETAIL = msb_org.gettext('Without a policy only the table''s owner sees its rows.'),
                HINT = msb_org.gettext('Disable row-level security on the table first.');
        END IF;
    END LOOP;

    SELECT CASE msb_org.base_type(a.atttypid) WHEN 'bpchar'::regtype THEN 'bpchar' ELSE format_type(a.atttypid, NULL) END
      INTO area_type FROM pg_attribute a WHERE a.attrelid = map.relation AND a.attname = map.area;
    SELECT msb_org.base_type(a.atttypid) INTO key_base FROM pg_attribute a WHERE a.attrelid = map.relation AND a.attname = map.key;
    -- the casts: ANY of a bare sub-select would compare with its rows
    keys := CASE WHEN key_base IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
                 THEN format('(SELECT msb_org.integer_keys(msb_org.shared_keys(%L)))::bigint[]', name)
                 WHEN key_base = 'uuid'::regtype THEN format('(SELECT msb_org.uuid_keys(msb_org.shared_keys(%L)))::uuid[]', name)
                 ELSE format('(SELECT msb_org.shared_keys(%L))::%s[]', name,
                             CASE key_base WHEN 'bpchar'::regtype THEN 'bpchar' ELSE 'text' END) END;
    PERFORM msb_org.drop_policies(map.relation);
    FOR part IN SELECT t.relid FROM pg_partition_tree(map.relation) t UNION SELECT map.relation ORDER BY 1 LOOP
        -- Every part of it can use an index, and runs once per query. The ledger is read row by row only for
        -- areas of which a role sees some cases, and for rows without an area.
        condition := format(
            '%1$I = ANY ((SELECT msb_org.visible_areas(%3$L))::%4$s[])'
            ' OR (%1$I = ANY ((SELECT msb_org.visible_areas(%3$L, true))::%4$s[])'
            '     AND msb_org.sees_case(%3$L, %2$I::text, %1$I::text))'
            ' OR (%1$I IS NULL AND (SELECT msb_org.sees_unjudged())'
            '     AND msb_org.is_unjudged(%3$L, %2$I::text))'
            -- By hash if the table is read from end to end, by the key's index if it is not. From a FROM, since
            -- the server lets no worker run a sub-select without one.
            ' OR (%2$I::text COLLATE "C" IN (SELECT k.k COLLATE "C" FROM unnest(msb_org.shared_keys(%3$L)) AS k (k))'
            '     AND %2$I = ANY (%5$s))',
            map.area, map.key, name, area_type, keys);
        EXECUTE format('CREATE POLICY msb_org_area ON %s FOR SELECT TO PUBLIC USING (%s)', part, condition);
        IF cardinality(protect.application_roles) > 0 THEN
            EXECUTE format('CREATE POLICY msb_org_application ON %s FOR ALL TO %s USING (true) WITH CHECK (true)', part,
                           (SELECT string_agg(DISTINCT quote_ident(r), ', ') FROM unnest(protect.application_roles) r));
        END IF;
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
    END LOOP;

    SELECT string_agg(DISTINCT quote_ident(u.role), ', ') INTO other
      FROM msb_org.unit_role u JOIN pg_roles r ON r.rolname = u.role
     WHERE EXISTS (SELECT FROM unnest(protect.application_roles) a WHERE pg_has_role(r.oid, a, 'USAGE'))
        OR pg_has_role(r.oid, (SELECT c.relowner FROM pg_class c WHERE c.oid = map.relation), 'USAGE') OR r.rolbypassrls OR r.rolsuper;
    IF other IS NOT NULL THEN
        RAISE WARNING USING
            MESSAGE = format(msb_org.gettext('these roles of units see every row of "%s": %s'), name, other),
            DETAIL = msb_org.gettext('They inherit from an application role or from the table''s owner, or row-level security does not apply to them.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.protect(text, name[]) IS
'Puts row-level security on an attached table and its partitions. SELECT is allowed by unit_role, consent and handover. The application roles may do everything that they are granted. All other users see nothing, except the owner and users that bypass row-level security. Call it again after a change: it makes the policies anew, and protects partitions that were added later. It takes an ACCESS EXCLUSIVE lock for a moment. Raises 42501 if the caller is not the owner; 55000 without an area column, with a lost map, or if others have made policies; 42704 for no such role or table; 22004 for NULL.';

CREATE FUNCTION msb_org.unprotect(case_table text) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name   text := msb_org.attached_name(unprotect.case_table);
    target regclass;
    part   record;
BEGIN
    SELECT t.relation INTO target FROM msb_org.attached_table t WHERE t.case_table = name;
    PERFORM msb_org.check_owner(target, name);
    FOR part IN
        SELECT t.relid::regclass AS relation, EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.relid
                                        AND p.polname NOT IN ('msb_org_area', 'msb_org_application')) AS others
          FROM (SELECT t.relid FROM pg_partition_tree(target) t UNION SELECT target) t
         WHERE EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.relid AND p.polname IN ('msb_org_area', 'msb_org_application'))
    LOOP
        PERFORM msb_org.drop_policies(part.relation);
        IF part.others THEN
            RAISE NOTICE USING MESSAGE = format(msb_org.gettext('row-level security stays enabled on table %s: it has other policies'), part.relation);
        ELSE
            EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', part.relation);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION msb_org.unprotect(text) IS
'Removes the policies that protect() made: every user with the privilege SELECT then sees every row. Row-level security remains enabled if others have made policies. A table that is not protected does not change. Raises 42501 if the caller is not the owner, 42704 if there is no such table.';
