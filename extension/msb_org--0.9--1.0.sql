/* msb_org--0.9--1.0.sql: what 1.0 has that 0.9 has not.
   t/101_upgrade.pl compares the result with a fresh installation. What is new is granted
   at the end, to the extension's owner: @extowner@ would be whoever runs the update. */
\echo Use "ALTER EXTENSION msb_org UPDATE TO '1.0'" to load this file. \quit

-- A target group has no room for a longer name: verify() failed on one.
ALTER TABLE msb_org.facet ADD CONSTRAINT facet_length CHECK (pg_catalog.octet_length(facet) OPERATOR(pg_catalog.<=) 255);
ALTER TABLE msb_org.label ADD CONSTRAINT label_length CHECK (pg_catalog.octet_length(label) OPERATOR(pg_catalog.<=) 255);
COMMENT ON COLUMN msb_org.facet.facet IS 'Name of the facet, as target groups write it; at most 255 bytes.';
COMMENT ON COLUMN msb_org.label.label IS 'Code of the value, as target groups write it; at most 255 bytes.';

-- Security: forged triggers, contacts, erasure.

-- Triggers that somebody makes by hand, with arguments of his own.

CREATE FUNCTION msb_org.map_roles(arguments text) RETURNS jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_map_roles';
COMMENT ON FUNCTION msb_org.map_roles(text) IS
'Used by column_map: the second argument of a map trigger, an object of positions by role; NULL for anything that attach() does not write. Never an error: anybody may make a trigger on a table of his own, with any arguments.';

CREATE OR REPLACE VIEW msb_org.column_map AS
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
     -- a trigger on another table says nothing of this one, whatever its arguments
     WHERE EXISTS (SELECT FROM msb_org.attached_table t
                    WHERE t.case_table = m.case_table
                      AND CASE WHEN m.in_parent
                               THEN EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = t.relation AND c.contype = 'f' AND c.confrelid = m.tgrelid)
                               ELSE t.relation = m.tgrelid END);

CREATE OR REPLACE FUNCTION msb_org.drop_map(case_table text, relation regclass) RETURNS void
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
                -- of a table that no foreign key leads to by now, if the caller can; somebody may have made one there himself
                AND (pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = t.tgrelid), 'USAGE')
                     OR EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = drop_map.relation AND c.contype = 'f' AND c.confrelid = t.tgrelid))
                OR t.tgrelid = drop_map.relation
                OR t.tgrelid IN (SELECT tree.relid FROM pg_partition_tree(drop_map.relation) tree)
                -- what a partition keeps that was detached
                OR t.tgname = 'msb_org_truncate'
                   AND NOT EXISTS (SELECT FROM pg_trigger m WHERE m.tgrelid = t.tgrelid AND m.tgname = 'msb_org_map')
                   AND pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = t.tgrelid), 'USAGE'))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', trigger.tgname, trigger.relation);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION msb_org.keep_revision() RETURNS trigger
    LANGUAGE plpgsql COST 100
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    was      jsonb;
    of_plan  record;
    at       timestamptz := msb_org.record_time();
BEGIN
    -- before a row is looked at: what a table of somebody's holds may have casts of his own
    IF TG_TABLE_SCHEMA <> 'msb_org' THEN
        RAISE trigger_protocol_violated USING MESSAGE = format(msb_org.gettext('function "%s" was not called as its trigger'), 'keep_revision');
    END IF;
    was := to_jsonb(OLD) - 'citizen' - 'plan';
    -- nothing but the citizen's key changed, or nothing at all
    IF TG_OP = 'UPDATE' THEN
        IF was = to_jsonb(NEW) - 'citizen' - 'plan' AND OLD.plan = NEW.plan THEN
            RETURN NULL;
        END IF;
        of_plan := NEW;
    ELSE
        of_plan := OLD;
    END IF;
    LOOP
        -- where the plan itself goes, so does its past
        INSERT INTO msb_org.plan_revision (citizen, plan, of_table, revised_at, operation, content, actor)
        SELECT p.citizen, p.plan, TG_TABLE_NAME, at, lower(TG_OP), was, msb_org.actor()
          FROM msb_org.plan p WHERE p.citizen = of_plan.citizen AND p.plan = of_plan.plan
            ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND OR NOT EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = of_plan.citizen AND p.plan = of_plan.plan);
        at := at + interval '1 microsecond';
    END LOOP;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION msb_org.plan_follows() RETURNS trigger
    LANGUAGE plpgsql COST 100
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_TABLE_SCHEMA <> 'msb_org' THEN
        RAISE trigger_protocol_violated USING MESSAGE = format(msb_org.gettext('function "%s" was not called as its trigger'), 'plan_follows');
    END IF;
    IF OLD.coordinator IS NOT NULL AND NEW.coordinator IS DISTINCT FROM OLD.coordinator THEN
        INSERT INTO msb_org.plan_coordinator (citizen, plan, coordinator, valid_from, valid_to, actor)
        VALUES (NEW.citizen, NEW.plan, OLD.coordinator, coalesce(OLD.coordinator_since, OLD.opened_at),
                coalesce(NEW.coordinator_since,
                         greatest(msb_org.record_time(), coalesce(OLD.coordinator_since, OLD.opened_at) + interval '1 microsecond')),
                msb_org.actor());
    END IF;
    IF NEW.kind = 'coordination' AND (NEW.status <> OLD.status OR NEW.unit IS DISTINCT FROM OLD.unit) THEN
        -- who takes part, and whether another unit should coordinate
        PERFORM msb_org.judge_citizens(ARRAY[NEW.citizen], 'none');
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NULL;
    END IF;
    IF NEW.status = 'active' THEN
        PERFORM msb_org.replace_plans(NEW.citizen, NEW.plan) FROM msb_org.plan_kind k WHERE k.kind = NEW.kind AND k.whole_person;
        INSERT INTO msb_org.plan_follow_up (citizen, plan, due)
        SELECT NEW.citizen, NEW.plan, (msb_org.today() + k.first_follow_up)::date
          FROM msb_org.plan_kind k
         WHERE k.kind = NEW.kind AND k.first_follow_up IS NOT NULL
           AND NOT EXISTS (SELECT FROM msb_org.plan_follow_up f WHERE f.citizen = NEW.citizen AND f.plan = NEW.plan);
    ELSIF NEW.status IN ('revoked', 'entered_in_error') THEN
        PERFORM msb_org.return_plans(NEW.citizen, NEW.plan);
    END IF;
    RETURN NULL;
END $$;

-- Reports read a table of contacts as its owner: only its owner may name it.

CREATE FUNCTION msb_org.contact_table_guard() RETURNS trigger
    LANGUAGE plpgsql COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_TABLE_SCHEMA <> 'msb_org' THEN
        RAISE trigger_protocol_violated USING MESSAGE = format(msb_org.gettext('function "%s" was not called as its trigger'), 'contact_table_guard');
    END IF;
    PERFORM msb_org.check_owner(NEW.relation);
    RETURN NEW;
END $$;
COMMENT ON FUNCTION msb_org.contact_table_guard() IS
'Trigger on contact_table: refuses a row whose table the writer does not own: 42501, as attach_contacts() does. A table that is gone may be named.';
CREATE TRIGGER contact_table_guard BEFORE INSERT OR UPDATE ON msb_org.contact_table
    FOR EACH ROW EXECUTE FUNCTION msb_org.contact_table_guard();

-- Erasure: what is recorded of one citizen goes, the counts stay.

CREATE TABLE msb_org.erasure (
    erasure     uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    legal_order text NOT NULL CONSTRAINT erasure_legal_order CHECK (legal_order OPERATOR(pg_catalog.<>) ''),
    actor       text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    changed     bigint NOT NULL
);
COMMENT ON TABLE msb_org.erasure IS 'That a citizen''s records were erased, by which order, by whom and when; see erase_citizen(). It does not say whose, nor which rows became anonymous.';
COMMENT ON COLUMN msb_org.erasure.erasure IS 'Number of the erasure, which says nothing of the citizen.';
COMMENT ON COLUMN msb_org.erasure.legal_order IS 'The order or decision that it rests on, as it was given, but a CPR number in it with X for every digit.';
COMMENT ON COLUMN msb_org.erasure.actor IS 'Who called it: the setting msb_org.actor, else session_user.';
COMMENT ON COLUMN msb_org.erasure.recorded_at IS 'When.';
COMMENT ON COLUMN msb_org.erasure.changed IS 'How many rows it took away or made anonymous.';

CREATE FUNCTION msb_org.erased_keys(citizen text, OUT keys text[], OUT others text[])
    LANGUAGE sql STABLE COST 1000
BEGIN ATOMIC
    -- a former key under which the ledger has cases may be somebody else's: a number that was corrected
    WITH RECURSIVE former AS (
        SELECT erased_keys.citizen COLLATE "C" AS key, true AS is_same
         UNION
        SELECT n.old_citizen, NOT EXISTS (SELECT FROM msb_org.assignment a WHERE a.citizen OPERATOR(pg_catalog.=) n.old_citizen)
          FROM former f JOIN msb_org.renumbering n ON n.new_citizen OPERATOR(pg_catalog.=) f.key
         WHERE f.is_same AND n.old_citizen OPERATOR(pg_catalog.<>) erased_keys.citizen)
    SELECT pg_catalog.array_agg(f.key ORDER BY f.key) FILTER (WHERE f.is_same),
           COALESCE(pg_catalog.array_agg(f.key ORDER BY f.key) FILTER (WHERE NOT f.is_same), '{}')
      FROM former f;
END;
COMMENT ON FUNCTION msb_org.erased_keys(text) IS
'Used by erase_citizen(): the keys under which a citizen is recorded: this one and former ones, by renumbering, under which the ledger has no cases any more (keys); and former ones under which it has, which may be somebody else''s by now (others).';

CREATE FUNCTION msb_org.without_key(value text, keys text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key text;
BEGIN
    FOREACH key IN ARRAY keys LOOP
        -- of another key the same signs may stand anywhere, in a date or a number
        CONTINUE WHEN key !~ '^[0-9]{6}-[0-9A-Z]{4}$';
        value := replace(replace(value, key, 'XXXXXX-XXXX'), replace(key, '-', ''), 'XXXXXXXXXX');
    END LOOP;
    RETURN value;
END $$;
COMMENT ON FUNCTION msb_org.without_key(text, text[]) IS
'Used by erase_citizen(): a text with X for those of these keys that are CPR numbers, with or without the hyphen.';

CREATE FUNCTION msb_org.mask_key(keys text[], token text) RETURNS TABLE (of_table text, rows bigint)
    LANGUAGE plpgsql VOLATILE COST 1000000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    part    record;
    changed bigint;
BEGIN
    -- what rows said before comes last: changing them makes more of it
    FOR part IN
        SELECT c.oid::regclass AS relation, c.relname::text AS name,
               string_agg(format('%I = %s', a.attname, CASE
                   WHEN a.attnum = ANY (i.indkey) THEN format('CASE WHEN msb_org.without_key(t.%1$I, $1) <> t.%1$I THEN $2 ELSE t.%1$I END', a.attname)
                   ELSE format('msb_org.without_key(t.%I::text, $1)::%s', a.attname, format_type(a.atttypid, NULL)) END), ', ') AS sets,
               string_agg(format('msb_org.without_key(t.%1$I::text, $1) <> t.%1$I::text', a.attname), ' OR ') AS found
          FROM unnest('{assignment,case_override,handover,primary_challenge,renumbering,plan,plan_participant,plan_goal,plan_measure,plan_content,plan_follow_up,plan_consent,plan_citizen,plan_coordinator,plan_reason,plan_review,plan_revision}'::text[])
               WITH ORDINALITY w (name, n)
          JOIN pg_class c ON c.relnamespace = 'msb_org'::regnamespace AND c.relname = w.name
          JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype)
           AND a.attname NOT IN ('citizen', 'case_table', 'old_citizen', 'new_citizen', 'opened_by')
         GROUP BY c.oid, c.relname, w.n ORDER BY w.n
    LOOP
        EXECUTE format('UPDATE %s t SET %s WHERE %s', part.relation, part.sets, part.found) USING keys, token;
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed > 0 THEN
            RETURN QUERY SELECT part.name, changed;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION msb_org.mask_key(text[], text) IS
'Used by erase_citizen(): puts X for these CPR numbers wherever a text of the ledger or of somebody''s plan mentions them, and a token where the text is part of a key; and says in how many rows. Reads those tables from end to end.';

CREATE FUNCTION msb_org.erase_citizen(citizen text, legal_order text) RETURNS TABLE (citizen_key text, of_table text, rows bigint, erased boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER COST 1000000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted  text := msb_org.citizen_key(erase_citizen.citizen);
    token   text := 'erased:' || gen_random_uuid();
    keys    text[];
    others  text[];
    locked  text[];
    again   text[];
    numbers jsonb;
    counted bigint;
    done    jsonb := '[]';
    part    record;
BEGIN
    IF coalesce(wanted, '') = '' OR coalesce(btrim(erase_citizen.legal_order), '') = '' THEN
        PERFORM msb_org.raise('22004', msb_org.gettext('citizen and legal_order must be given'));
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM msb_org.raise('0A000', msb_org.gettext('erase_citizen() works in READ COMMITTED transactions only'),
                              msb_org.gettext('Under an older snapshot it would leave what others have just written.'));
    END IF;

    -- Rows of plans first, then citizens: the citizen's own plans, and those that name the citizen.
    keys := (msb_org.erased_keys(wanted)).keys;
    LOOP
        PERFORM FROM msb_org.plan p
          WHERE p.citizen = ANY (keys)
             OR EXISTS (SELECT FROM msb_org.plan_citizen r WHERE r.related = ANY (keys) AND r.citizen = p.citizen AND r.plan = p.plan)
             OR EXISTS (SELECT FROM msb_org.plan_consent c WHERE c.person = ANY (keys) AND c.citizen = p.citizen AND c.plan = p.plan)
          ORDER BY p.citizen, p.plan FOR UPDATE;
        locked := keys || token || ARRAY(
            SELECT r.citizen FROM msb_org.plan_citizen r WHERE r.related = ANY (keys)
            UNION SELECT c.citizen FROM msb_org.plan_consent c WHERE c.person = ANY (keys));
        PERFORM msb_org.lock_citizens(locked);
        again := (msb_org.erased_keys(wanted)).keys;
        -- a key that was carried over while the locks were waited for is locked now, too
        EXIT WHEN again <@ keys;
        keys := again;
    END LOOP;
    keys := again;
    others := (msb_org.erased_keys(wanted)).others;

    IF EXISTS (SELECT FROM msb_org.assignment a WHERE a.citizen = ANY (keys) AND a.valid_to IS NULL) THEN
        PERFORM msb_org.raise('55000', msb_org.gettext('the citizen has open cases'),
                              msb_org.gettext('Delete or close them in the application first. Of what the application holds nothing is erased here.'));
    END IF;
    IF EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = ANY (keys)
                  AND p.status IN ('draft', 'offered', 'consented', 'active', 'under_review')) THEN
        PERFORM msb_org.raise('55000', msb_org.gettext('the citizen has an open plan'),
                              msb_org.gettext('End it first: set_plan_status(), for example to entered_in_error.'));
    END IF;
    IF NOT EXISTS (SELECT FROM msb_org.assignment a WHERE a.citizen = wanted)
       AND EXISTS (SELECT FROM msb_org.renumbering n WHERE n.old_citizen = wanted AND NOT n.new_citizen = ANY (keys)) THEN
        PERFORM msb_org.raise('55000', msb_org.gettext('the citizen has another key by now'),
                              msb_org.gettext('Erase by that one: msb_org.renumbering has it. What is left under former keys goes with it.'));
    END IF;

    -- The cases: every row that the ledger has of one, also rows that purge_ended() has emptied. A
    -- case that was also somebody else's keeps its key, which leads to that citizen.
    FOR part IN
        SELECT m.case_table, m.case_key, 'erased:' || gen_random_uuid() AS new_key
          FROM (SELECT DISTINCT a.case_table, a.case_key FROM msb_org.assignment a WHERE a.citizen = ANY (keys)
                UNION SELECT h.case_table, h.case_key FROM msb_org.handover h WHERE h.citizen = ANY (keys) AND h.case_table <> '') m
         WHERE NOT EXISTS (SELECT FROM msb_org.assignment o WHERE o.case_key = m.case_key AND o.case_table = m.case_table
                              AND o.citizen <> '' AND NOT o.citizen = ANY (keys))
           AND NOT EXISTS (SELECT FROM msb_org.handover o WHERE o.case_key = m.case_key AND o.case_table = m.case_table
                              AND o.citizen <> '' AND NOT o.citizen = ANY (keys))
    LOOP
        UPDATE msb_org.assignment a SET case_key = part.new_key WHERE a.case_key = part.case_key AND a.case_table = part.case_table;
        UPDATE msb_org.handover h SET case_key = part.new_key
         WHERE h.case_key = part.case_key AND h.case_table = part.case_table AND (h.citizen = '' OR h.citizen = ANY (keys));
        DELETE FROM msb_org.case_override o WHERE o.case_key = part.case_key AND o.case_table = part.case_table;
        GET DIAGNOSTICS counted = ROW_COUNT;
        done := done || jsonb_build_object('t', 'case_override', 'n', counted);
        UPDATE msb_org.reassignment r SET last_key = NULL WHERE r.case_table = part.case_table AND r.last_key = part.case_key;
    END LOOP;
    UPDATE msb_org.assignment a
       SET citizen = token, birth = NULL, situation = NULL, due = NULL,
           given = CASE WHEN a.given IS NOT NULL THEN '' END, reason = NULL
     WHERE a.citizen = ANY (keys);
    GET DIAGNOSTICS counted = ROW_COUNT;
    done := done || jsonb_build_object('t', 'assignment', 'n', counted);

    -- Plans: a row of another number that counts as the former did, and nothing that belonged to it.
    numbers := (SELECT coalesce(jsonb_object_agg(p.plan, gen_random_uuid()), '{}') FROM msb_org.plan p WHERE p.citizen = ANY (keys));
    INSERT INTO msb_org.plan (citizen, plan, kind, status, unit, duty, decided, due, wishes, opened_at, opened_by, status_since)
    SELECT token, (numbers ->> p.plan::text)::uuid, p.kind, p.status, p.unit, p.duty, p.decided, p.due,
           CASE WHEN btrim(p.wishes) <> '' THEN 'erased' END, p.opened_at, 'erased', p.status_since
      FROM msb_org.plan p WHERE p.citizen = ANY (keys);
    UPDATE msb_org.handover h
       SET citizen = token, case_key = CASE WHEN h.case_table = '' THEN coalesce(numbers ->> h.case_key, h.case_key) ELSE h.case_key END
     WHERE h.citizen = ANY (keys);
    GET DIAGNOSTICS counted = ROW_COUNT;
    done := done || jsonb_build_object('t', 'handover', 'n', counted);
    FOR part IN
        SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'citizen'
         WHERE c.relnamespace = 'msb_org'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('assignment', 'handover', 'contact_table')
         -- the plan itself last, so that each part is counted
         ORDER BY c.relname = 'plan', c.relname = 'plan_revision', c.relname
    LOOP
        EXECUTE format('DELETE FROM msb_org.%I t WHERE t.citizen = ANY ($1)', part.name) USING keys;
        GET DIAGNOSTICS counted = ROW_COUNT;
        done := done || jsonb_build_object('t', part.name, 'n', counted);
    END LOOP;
    DELETE FROM msb_org.renumbering n WHERE n.old_citizen = ANY (keys) OR n.new_citizen = ANY (keys);
    GET DIAGNOSTICS counted = ROW_COUNT;
    done := done || jsonb_build_object('t', 'renumbering', 'n', counted);

    -- What others' plans say of the citizen, and have said.
    DELETE FROM msb_org.plan_citizen r WHERE r.related = ANY (keys);
    GET DIAGNOSTICS counted = ROW_COUNT;
    done := done || jsonb_build_object('t', 'plan_citizen', 'n', counted);
    UPDATE msb_org.plan_consent c SET person = token WHERE c.person = ANY (keys);
    GET DIAGNOSTICS counted = ROW_COUNT;
    done := done || jsonb_build_object('t', 'plan_consent', 'n', counted);
    DELETE FROM msb_org.plan_revision v
     WHERE v.content ->> 'related' = ANY (keys) OR v.content ->> 'person' = ANY (keys);
    GET DIAGNOSTICS counted = ROW_COUNT;
    done := done || jsonb_build_object('t', 'plan_revision', 'n', counted);
    done := done || coalesce((SELECT jsonb_agg(jsonb_build_object('t', m.of_table, 'n', m.rows)) FROM msb_org.mask_key(keys, token) m), '[]');

    SELECT coalesce(sum((d ->> 'n')::bigint), 0) INTO counted FROM jsonb_array_elements(done) d;
    IF counted > 0 THEN
        INSERT INTO msb_org.erasure (legal_order, actor, changed)
        VALUES (msb_org.without_key(erase_citizen.legal_order, keys), msb_org.without_key(msb_org.actor(), keys), counted);
    END IF;
    IF others <> '{}' THEN
        RAISE WARNING USING
            MESSAGE = msb_org.gettext('the citizen has had a key under which the ledger has other cases'),
            DETAIL = msb_org.gettext('They may be somebody else''s and were left; the rows that are not erased say which key it is.'),
            HINT = msb_org.gettext('If they are the same citizen''s, erase by that key as well.');
    END IF;
    RETURN QUERY
    SELECT wanted, d ->> 't', sum((d ->> 'n')::bigint)::bigint, true FROM jsonb_array_elements(done) d
     GROUP BY 2 HAVING sum((d ->> 'n')::bigint) > 0
     UNION ALL
    SELECT a.citizen::text, 'assignment', count(*), false FROM msb_org.assignment a WHERE a.citizen = ANY (others) GROUP BY 1
     ORDER BY 4 DESC, 1, 2;
END $$;
COMMENT ON FUNCTION msb_org.erase_citizen(text, text) IS
'Erases what is recorded of one citizen, under this key (a CPR number in any form) and former ones, on a legal order; what it took away or made anonymous, by table. Rows of the ledger, of handovers and of plans that reports count stay, under a key that leads to nobody and is kept nowhere; without birth date, labels, reasons, words and the number of the plan, and with another key of the case. All else goes: duties, contents, consents, participants, revisions, the primary challenge, renumberings; in others'' plans the relation to the citizen, and the number wherever a text has it. The application''s own tables are not touched. What stays, and what to do before: docs/security.md#erasure.

- The citizen must have no open case in the ledger and no open plan: 55000. Nor another key by now: 55000; renumbering says which.
- A former key under which the ledger has other cases may be somebody else''s: it is left, with a warning, and listed with erased false.
- erasure records the order, and not whose records went.

Not undone by anything but a backup, which still holds it all. 22004 without citizen or legal order, 0A000 in a transaction that is not READ COMMITTED.';

SELECT pg_catalog.pg_extension_config_dump('msb_org.erasure', '');

-- End of security.

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

-- What is planned in its own way has a cost for which the server would compile it, each time.
ALTER FUNCTION msb_org.lost_cases(text) SET jit = off;
ALTER FUNCTION msb_org.cases_due(text, date) SET jit = off;

-- pg_upgrade makes operator classes after views that functions in SQL read, and failed on these.
CREATE OR REPLACE VIEW msb_org.my_area WITH (security_barrier) AS
    -- as texts, which are as different: pg_upgrade makes operator classes after this view
    SELECT DISTINCT ON (u.unit, u.sees::text) u.unit, u.sees, u.sees OPERATOR(msb_org.=) 'any'::msb_org.target_group AS every_case
      FROM msb_org.unit_role u
      JOIN msb_org.enactment e ON e.structure OPERATOR(pg_catalog.=) u.structure AND e.in_force OPERATOR(pg_catalog.@>) msb_org.today()
      JOIN pg_catalog.pg_roles r ON r.rolname OPERATOR(pg_catalog.=) u.role
     WHERE pg_catalog.pg_has_role(r.oid, 'USAGE');
CREATE OR REPLACE FUNCTION msb_org.my_areas() RETURNS TABLE (unit text, sees msb_org.target_group)
    LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 2
BEGIN ATOMIC
    SELECT m.unit, m.sees FROM msb_org.my_area m ORDER BY m.unit, m.sees::text COLLATE "C";
END;

-- Who may do what with what is new: as in grants.sql, but to the owner of the extension, who need
-- not be the one that updates it.
REVOKE EXECUTE ON FUNCTION
    msb_org.contact_table_guard(), msb_org.erase_citizen(text, text), msb_org.erased_keys(text),
    msb_org.without_key(text, text[]), msb_org.mask_key(text[], text), msb_org.check_reference()
    FROM PUBLIC;
DO $$
DECLARE
    owner text := (SELECT quote_ident(pg_get_userbyid(e.extowner)) FROM pg_extension e WHERE e.extname = 'msb_org');
BEGIN
    EXECUTE 'GRANT SELECT, INSERT, UPDATE, DELETE ON
        msb_org.erasure
        TO ' || owner || ' WITH GRANT OPTION';
    EXECUTE 'GRANT EXECUTE ON FUNCTION
        msb_org.map_roles(text), msb_org.contact_table_guard(), msb_org.erase_citizen(text, text), msb_org.erased_keys(text),
        msb_org.without_key(text, text[]), msb_org.mask_key(text[], text), msb_org.check_reference()
        TO ' || owner || ' WITH GRANT OPTION';
END $$;

-- Many attached tables: the daily job failed where their names together were too long for an
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

-- Where the ledger had not been analyzed the daily job took the square of the cases it moved.
CREATE OR REPLACE FUNCTION msb_org.lock_plans_of(noted jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM msb_org.newest(
        -- once: the lists would be unpacked for every row of a ledger that has not been analyzed
        'WITH noted AS MATERIALIZED (SELECT n.key AS case_table, k.value AS case_key'
        '                              FROM jsonb_each($1::jsonb) n, jsonb_array_elements_text(n.value) k), '
        'locked AS (SELECT p.plan FROM msb_org.plan p'
        ' WHERE p.kind = ''coordination'' AND p.status = ANY (''{draft,offered,consented,active,under_review}'')'
        -- an array: a join would carry what was noted along with every row that is locked
        '   AND p.citizen = ANY (ARRAY(SELECT DISTINCT a.citizen FROM noted n'
        '                                JOIN msb_org.assignment a ON a.case_table = n.case_table AND a.case_key = n.case_key'
        '                               WHERE a.valid_to IS NULL))'
        ' ORDER BY p.citizen FOR NO KEY UPDATE) '
        'SELECT count(*) FROM locked', noted::text);
END $$;

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
