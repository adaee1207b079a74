-- Erasure: the records of one citizen are deleted or made anonymous, the counts remain.

CREATE TABLE msb_org.erasure (
    erasure     uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    legal_order text NOT NULL CONSTRAINT erasure_legal_order CHECK (legal_order OPERATOR(pg_catalog.<>) ''),
    actor       text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    changed     bigint NOT NULL
);
COMMENT ON TABLE msb_org.erasure IS 'The erasures of citizens'' records: by which order, by whom and when; see erase_citizen(). A row says neither whose records, nor which rows became anonymous.';
COMMENT ON COLUMN msb_org.erasure.erasure IS 'Number of the erasure, which reveals nothing about the citizen.';
COMMENT ON COLUMN msb_org.erasure.legal_order IS 'The order or decision on which it rests, as it was given, but with X for every digit of a CPR number in it.';
COMMENT ON COLUMN msb_org.erasure.actor IS 'The user who called it: the setting msb_org.actor, else session_user.';
COMMENT ON COLUMN msb_org.erasure.recorded_at IS 'The time at which it was recorded.';
COMMENT ON COLUMN msb_org.erasure.changed IS 'The number of rows that it deleted or made anonymous.';

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
'Used by erase_citizen(): the keys under which a citizen is recorded. keys: this one and the former ones, by renumbering, under which the ledger has no cases any more. others: the former ones under which it has cases, which may be somebody else''s by now.';

CREATE FUNCTION msb_org.without_key(value text, keys text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key text;
BEGIN
    FOREACH key IN ARRAY keys LOOP
        -- the characters of any other key may be part of a date or a number
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
    -- earlier contents of rows come last: changing the rows adds to them
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
'Used by erase_citizen(): writes X for these CPR numbers wherever a text of the ledger or of somebody''s plan mentions them, and a token if the text is part of a key. Returns in how many rows. Reads those tables from end to end.';

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
                              msb_org.gettext('With an older snapshot it would miss rows that others have just written.'));
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
        -- a key that was carried over while this session waited for the locks is locked now, too
        EXIT WHEN again <@ keys;
        keys := again;
    END LOOP;
    keys := again;
    others := (msb_org.erased_keys(wanted)).others;

    IF EXISTS (SELECT FROM msb_org.assignment a WHERE a.citizen = ANY (keys) AND a.valid_to IS NULL) THEN
        PERFORM msb_org.raise('55000', msb_org.gettext('the citizen has open cases'),
                              msb_org.gettext('Delete or close them in the application first. erase_citizen() erases nothing in the application''s tables.'));
    END IF;
    IF EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = ANY (keys)
                  AND p.status IN ('draft', 'offered', 'consented', 'active', 'under_review')) THEN
        PERFORM msb_org.raise('55000', msb_org.gettext('the citizen has an open plan'),
                              msb_org.gettext('End the plan first with set_plan_status(), for example to entered_in_error.'));
    END IF;
    IF NOT EXISTS (SELECT FROM msb_org.assignment a WHERE a.citizen = wanted)
       AND EXISTS (SELECT FROM msb_org.renumbering n WHERE n.old_citizen = wanted AND NOT n.new_citizen = ANY (keys)) THEN
        PERFORM msb_org.raise('55000', msb_org.gettext('the citizen has another key by now'),
                              msb_org.gettext('Erase by the new key, which is in msb_org.renumbering. Records under former keys are erased with it.'));
    END IF;

    -- The cases: every row that the ledger has of a case, also rows that purge_ended() has emptied. A
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

    -- Plans: a row under another number that counts as the former one did, and none of its contents.
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

    -- The present and earlier texts about the citizen in others' plans.
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
            DETAIL = msb_org.gettext('They may be another citizen''s, so they were not erased. The rows that are not erased have the key.'),
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
'Erases the records of one citizen, under this key (a CPR number in any form) and former ones, on a legal order. It returns what it deleted or made anonymous, by table.

- Rows of the ledger, of handovers and of plans that reports count remain, under a key that leads to nobody and is kept nowhere. They have no birth date, labels, reasons, texts or number of the plan any more, and another key of the case.
- All other records are deleted: duties, contents, consents, participants, revisions, the primary challenge, renumberings. In others'' plans the relation to the citizen is deleted, and the number wherever a text has it.
- The application''s own tables are not touched. docs/security.md#erasure has the records that remain, and the steps before an erasure.
- The citizen must have no open case in the ledger, no open plan and no newer key: 55000. For a newer key, renumbering says which.
- A former key under which the ledger has other cases may be somebody else''s: its records are left, with a warning, and it is listed with erased false.
- The table erasure records the order, and not whose records were erased.

Only a backup undoes it, which still holds all the records. Raises 22004 without citizen or legal order, 0A000 in a transaction that is not READ COMMITTED.';
