-- Opening and writing plans: one call for each thing an application does, and a whole plan
-- as one document. Ordinary UPDATEs of the tables do the same, under the same guards.

CREATE FUNCTION msb_org.open_plan(citizen text, kind text DEFAULT 'coordination', unit text DEFAULT NULL,
                                  decided date DEFAULT NULL, reason text DEFAULT NULL, plan uuid DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    whose   text := msb_org.citizen_key(open_plan.citizen);
    number  uuid := coalesce(open_plan.plan, gen_random_uuid());
    of_kind msb_org.plan_kind;
    years   integer;
    stands  uuid;
BEGIN
    IF coalesce(whose, '') = '' OR open_plan.kind IS NULL THEN
        PERFORM msb_org.raise('22004', msb_org.gettext('citizen and kind must be given'));
    END IF;
    SELECT k.* INTO of_kind FROM msb_org.plan_kind k WHERE k.kind = open_plan.kind;
    IF NOT FOUND AND open_plan.kind <> 'coordination' THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('there is no kind "%s" of plans'), msb_org.printable(open_plan.kind)),
                              msb_org.gettext('The kinds are the rows of msb_org.plan_kind; msb_org.load_plan_kinds() loads those that ship.'));
    END IF;
    years := extract(year FROM age(msb_org.today()::timestamp, msb_org.plan_birth(whose)::timestamp));
    IF years < of_kind.min_age OR years > of_kind.max_age THEN
        PERFORM msb_org.raise('22023', CASE
            WHEN of_kind.min_age IS NULL
                THEN format(msb_org.gettext('a plan of kind %s is for ages up to %s, and the citizen is %s'), of_kind.kind, of_kind.max_age, years)
            WHEN of_kind.max_age IS NULL
                THEN format(msb_org.gettext('a plan of kind %s is for ages from %s, and the citizen is %s'), of_kind.kind, of_kind.min_age, years)
            ELSE format(msb_org.gettext('a plan of kind %s is for ages %s to %s, and the citizen is %s'),
                        of_kind.kind, of_kind.min_age, of_kind.max_age, years) END);
    END IF;
    PERFORM msb_org.lock_citizens(ARRAY[whose]);
    IF open_plan.kind = 'coordination' THEN
        SELECT p.plan INTO stands FROM msb_org.plan p
         WHERE p.citizen = whose AND p.kind = 'coordination'
           AND p.status = ANY ('{draft,offered,consented,active,under_review}');
        IF FOUND THEN
            PERFORM msb_org.raise('42710', format(msb_org.gettext('the citizen has an open coordination plan already, %s'), stands),
                                  msb_org.gettext('A citizen has one at most: go on with that one.'));
        END IF;
    END IF;
    IF open_plan.plan IS NOT NULL AND EXISTS (SELECT FROM msb_org.plan p WHERE p.plan = number) THEN
        PERFORM msb_org.raise('42710', format(msb_org.gettext('plan %s exists already'), number));
    END IF;
    INSERT INTO msb_org.plan (citizen, plan, kind, unit, challenge, decided, due, status_reason, opened_by)
    SELECT whose, number, open_plan.kind, coalesce(open_plan.unit, c.unit), c.challenge, open_plan.decided,
           (open_plan.decided + of_kind.due_interval)::date, open_plan.reason, msb_org.actor()
      FROM (SELECT) AS one LEFT JOIN msb_org.coordination_of(whose) c ON open_plan.kind = 'coordination';
    IF open_plan.kind = 'coordination' THEN
        PERFORM msb_org.judge_citizens(ARRAY[whose], 'none');
    END IF;
    RETURN number;
END $$;
COMMENT ON FUNCTION msb_org.open_plan(text, text, text, date, text, uuid) IS
'Opens a draft and returns its number, a new one or the one given. The arguments are the citizen, the kind, the unit that coordinates, the day of the decision on which it rests (from which its due day counts), and the reason. Raises 42710 if the citizen has an open coordination plan, or the number is taken; 42704 for an unknown kind; 22023 if the citizen''s age, as far as it is known, is not the kind''s; 22004 without citizen or kind. If another session opened a plan at the same moment and is not seen yet, the error is 23505, without the citizen''s key.';

CREATE FUNCTION msb_org.plan_citizen_of(plan uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    whose text;
BEGIN
    SELECT p.citizen INTO whose FROM msb_org.plan p WHERE p.plan = plan_citizen_of.plan FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM msb_org.raise(CASE WHEN plan_citizen_of.plan IS NULL THEN '22004' ELSE '42704' END,
                              CASE WHEN plan_citizen_of.plan IS NULL THEN msb_org.gettext('plan must be given')
                                   ELSE format(msb_org.gettext('there is no plan %s'), plan_citizen_of.plan) END);
    END IF;
    RETURN whose;
END $$;
COMMENT ON FUNCTION msb_org.plan_citizen_of(uuid) IS
'Used by the functions that write a plan: locks its row and returns the citizen. Raises 42704 if there is no such plan, 22004 for NULL.';

CREATE FUNCTION msb_org.set_plan_status(plan uuid, status text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    whose text := msb_org.plan_citizen_of(set_plan_status.plan);
    why   text;
BEGIN
    IF set_plan_status.status IS NULL THEN
        PERFORM msb_org.raise('22004', msb_org.gettext('status must be given'));
    END IF;
    UPDATE msb_org.plan p SET status = set_plan_status.status, status_reason = set_plan_status.reason
     WHERE p.citizen = whose AND p.plan = set_plan_status.plan
    RETURNING p.status_reason INTO why;
    -- word for word the reason of the former status, which the guard took for a leftover
    IF why IS DISTINCT FROM set_plan_status.reason THEN
        UPDATE msb_org.plan p SET status_reason = set_plan_status.reason
         WHERE p.citizen = whose AND p.plan = set_plan_status.plan;
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.set_plan_status(uuid, text, text) IS
'Changes the status of a plan by one step, as UPDATE of plan.status does, for a reason. Raises 23514 (constraint msb_org_plan_status, with what is missing in DETAIL) if plan_step does not have the step, if consent, contents or a coordinator are missing, or if the citizen has another open coordination plan; 42704 if there is no such plan, 22004 without plan or status.';

CREATE FUNCTION msb_org.set_coordinator(plan uuid, coordinator text) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    whose text := msb_org.plan_citizen_of(set_coordinator.plan);
BEGIN
    UPDATE msb_org.plan p SET coordinator = nullif(btrim(set_coordinator.coordinator), '')
     WHERE p.citizen = whose AND p.plan = set_coordinator.plan
       AND p.coordinator IS DISTINCT FROM nullif(btrim(set_coordinator.coordinator), '');
END $$;
COMMENT ON FUNCTION msb_org.set_coordinator(uuid, text) IS
'Names a plan''s coordinator, which ends the predecessor in the same statement; NULL names none. Raises 23514 if the plan is not open, or is active and would be without a coordinator; 42704 if there is no such plan, 22004 for a NULL plan.';

CREATE FUNCTION msb_org.withdraw_consent(plan uuid, recipient text DEFAULT NULL, consent_of text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    whose   text := msb_org.plan_citizen_of(withdraw_consent.plan);
    changed bigint;
BEGIN
    UPDATE msb_org.plan_consent c SET withdrawn = msb_org.record_time()
     WHERE c.citizen = whose AND c.plan = withdraw_consent.plan AND c.withdrawn IS NULL
       AND (withdraw_consent.recipient IS NULL OR c.recipient = withdraw_consent.recipient)
       AND (withdraw_consent.consent_of IS NULL OR c.consent_of = withdraw_consent.consent_of);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
COMMENT ON FUNCTION msb_org.withdraw_consent(uuid, text, text) IS
'Withdraws the consents of a plan, all or those to one recipient or of one side, and returns how many had not been withdrawn before. If none is left that the plan''s kind needs, a plan that is consented, active or under review is revoked. Raises 42704 if there is no such plan, 22004 for a NULL plan.';

CREATE VIEW msb_org.standing_consent AS
    SELECT c.citizen, c.plan, c.recipient_kind, c.recipient, c.scope
      FROM msb_org.plan_consent c
      JOIN msb_org.plan p ON p.citizen OPERATOR(pg_catalog.=) c.citizen AND p.plan OPERATOR(pg_catalog.=) c.plan
     -- the condition of consent_stands()
     WHERE c.withdrawn IS NULL AND c.given OPERATOR(pg_catalog.<=) msb_org.today()
       AND (c.until IS NULL OR c.until OPERATOR(pg_catalog.>=) msb_org.today())
       AND p.status OPERATOR(pg_catalog.=) ANY ('{consented,active,under_review}'::pg_catalog.text[]);
COMMENT ON VIEW msb_org.standing_consent IS 'Consents by which a unit or partner may see cases and a plan today: those in force, of plans from consented until they end. plan_readers(), my_shared_case and my_plan are based on it.';
COMMENT ON COLUMN msb_org.standing_consent.citizen IS 'The citizen whose plan it is. Personal data.';
COMMENT ON COLUMN msb_org.standing_consent.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.standing_consent.recipient_kind IS 'unit or partner.';
COMMENT ON COLUMN msb_org.standing_consent.recipient IS 'Code of the unit, or name of the partner.';
COMMENT ON COLUMN msb_org.standing_consent.scope IS 'The cases that may be seen: those whose situation this target group takes.';

CREATE FUNCTION msb_org.plan_readers(plan uuid) RETURNS TABLE (kind text, reader text, cause text, scope msb_org.target_group)
    LANGUAGE sql STABLE STRICT COST 100 ROWS 5
BEGIN ATOMIC
    WITH chosen AS (
        SELECT p.citizen, p.plan, p.unit,
               p.status OPERATOR(pg_catalog.=) ANY ('{consented,active,under_review}'::pg_catalog.text[]) AS shared
          FROM msb_org.plan p WHERE p.plan OPERATOR(pg_catalog.=) plan_readers.plan)
    SELECT 'unit', c.unit, 'coordinates', NULL::msb_org.target_group FROM chosen c WHERE c.unit IS NOT NULL
     UNION ALL
    SELECT 'unit', t.participant, 'takes_part', NULL
      FROM chosen c JOIN msb_org.plan_participant t
        ON t.citizen OPERATOR(pg_catalog.=) c.citizen AND t.plan OPERATOR(pg_catalog.=) c.plan
     WHERE c.shared AND t.valid_to IS NULL AND t.kind OPERATOR(pg_catalog.=) 'unit' AND t.participant IS DISTINCT FROM c.unit
     UNION ALL
    SELECT s.recipient_kind, s.recipient, 'consent', s.scope
      FROM chosen c JOIN msb_org.standing_consent s
        ON s.citizen OPERATOR(pg_catalog.=) c.citizen AND s.plan OPERATOR(pg_catalog.=) c.plan
     ORDER BY 1, 2, 3;
END;
COMMENT ON FUNCTION msb_org.plan_readers(uuid) IS
'Returns the units and partners that may see a plan now, and why. The unit that coordinates it always may (coordinates). From consented until the plan ends, the units that take part also may (takes_part). So may the units and partners to whom a consent that is in force today shows the citizen''s cases in its scope (consent: the plan itself, and cases whose situation scope takes). Access to plans and cases is based on this function, which gives none itself. Returns no rows for a number that no plan has.';

-- A part of the document: a list, which replaces all rows of one table.
CREATE FUNCTION msb_org.write_plan_part(citizen text, plan uuid, part text, of_table text, defaults jsonb, items jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation regclass := format('msb_org.%I', of_table)::regclass;
    names    text[];    -- of the columns besides citizen and plan
    keys     text[];
    required text[];
    wrong    text;
    wrong_in text;
    match    text;
    rows     text;
BEGIN
    SELECT array_agg(a.attname::text ORDER BY a.attnum),
           array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum = ANY (i.indkey)),
           array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnotnull AND NOT defaults ? a.attname::text)
      INTO names, keys, required
      FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
     WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT IN ('citizen', 'plan');

    IF jsonb_typeof(items) <> 'array' OR EXISTS (SELECT FROM jsonb_array_elements(items) i WHERE jsonb_typeof(i) <> 'object') THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the plan''s "%s" must be a list of objects'), part));
    END IF;
    SELECT k INTO wrong FROM jsonb_array_elements(items) i, jsonb_object_keys(i) k WHERE k <> ALL (names) LIMIT 1;
    IF FOUND THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('an item of the plan''s "%s" cannot have "%s"'), part, msb_org.printable(wrong)),
                              format(msb_org.gettext('It can have: %s.'), array_to_string(names, ', ')));
    END IF;
    SELECT r INTO wrong FROM jsonb_array_elements(items) i, unnest(required) r WHERE i -> r IS NULL OR i -> r = 'null' LIMIT 1;
    IF FOUND THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('an item of the plan''s "%s" lacks "%s"'), part, wrong));
    END IF;
    SELECT coalesce(jsonb_agg(defaults || jsonb_strip_nulls(i) || jsonb_build_object('citizen', citizen, 'plan', plan)), '[]')
      INTO items FROM jsonb_array_elements(items) i;

    rows := format('jsonb_populate_recordset(NULL::%s, $3) AS d', relation);
    SELECT string_agg(format('t.%1$I::text = d.%1$I::text', k), ' AND ') INTO match FROM unnest(keys) k;
    BEGIN
        EXECUTE format('SELECT string_agg(d.%I::text, '', '') FROM %s GROUP BY %s HAVING count(*) > 1 LIMIT 1', keys[1], rows,
                       (SELECT string_agg(format('d.%I::text', k), ', ') FROM unnest(keys) k))
           INTO wrong USING citizen, plan, items;
        IF wrong IS NULL THEN
            -- new rows first: a consent that replaces another leaves no moment without one
            EXECUTE format('INSERT INTO %s (citizen, plan, %s) SELECT $1, $2, %s FROM %s WHERE NOT EXISTS'
                           ' (SELECT FROM %1$s t WHERE t.citizen = $1 AND t.plan = $2 AND %5$s)', relation,
                           (SELECT string_agg(quote_ident(n), ', ') FROM unnest(names) n),
                           (SELECT string_agg('d.' || quote_ident(n), ', ') FROM unnest(names) n), rows, match)
              USING citizen, plan, items;
            IF cardinality(names) > cardinality(keys) THEN
                EXECUTE format('UPDATE %s t SET %s FROM %s WHERE t.citizen = $1 AND t.plan = $2 AND %s AND to_jsonb(t) <> to_jsonb(d)', relation,
                               (SELECT string_agg(format('%1$I = d.%1$I', n), ', ') FROM unnest(names) n WHERE n <> ALL (keys)), rows, match)
                  USING citizen, plan, items;
            END IF;
            EXECUTE format('DELETE FROM %s t WHERE t.citizen = $1 AND t.plan = $2 AND NOT EXISTS (SELECT FROM %s WHERE %s)',
                           relation, rows, match) USING citizen, plan, items;
            RETURN;
        END IF;
    EXCEPTION WHEN data_exception OR check_violation OR not_null_violation THEN
        GET STACKED DIAGNOSTICS wrong = MESSAGE_TEXT, wrong_in = CONSTRAINT_NAME;
        IF wrong_in = 'msb_org_plan_status' THEN
            RAISE;
        END IF;
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the plan''s "%s" cannot be written: %s'), part, msb_org.printable(wrong, 200)));
    END;
    PERFORM msb_org.raise('22023', format(msb_org.gettext('the plan''s "%s" has two items with the same %s'), part, array_to_string(keys, ', ')));
END $$;
COMMENT ON FUNCTION msb_org.write_plan_part(text, uuid, text, text, jsonb, jsonb) IS
'Used by write_plan(): brings the rows of one table into line with a list of objects; rows that are the same are not touched. Raises 22023, with what is wrong.';

CREATE FUNCTION msb_org.write_plan(document jsonb) RETURNS uuid
    LANGUAGE plpgsql VOLATILE COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    doc     jsonb := write_plan.document;
    -- keys that read_plan() returns and nothing writes: ignored
    ignored constant text[] := '{format,opened_at,opened_by,status_since,coordinator_since,duty,units,coordinators}';
    columns constant text[] := '{unit,challenge,coordinator,decided,due,wishes,status,status_reason}';
    parts   constant jsonb := '{
        "goals":      ["plan_goal",      {"position": 0, "status": "open"}],
        "measures":   ["plan_measure",   {"status": "planned", "means": "own_staff"}],
        "contents":   ["plan_content",   {}],
        "consents":   ["plan_consent",   {"consent_of": "citizen", "person": "", "recipient_kind": "unit", "scope": "any"}],
        "follow_ups": ["plan_follow_up", {}],
        "related":    ["plan_citizen",   {"relation": "sibling"}],
        "replaces":   ["plan_replaces",  {}]}';
    stands  msb_org.plan;
    wanted  msb_org.plan;
    whose   text;
    number  uuid;
    part    record;
    items   jsonb;
    wrong   text;
BEGIN
    IF jsonb_typeof(doc) IS DISTINCT FROM 'object' THEN
        PERFORM msb_org.raise('22023', msb_org.gettext('this is not the document of a plan'), msb_org.gettext('It must be an object; read_plan() returns one.'));
    END IF;
    SELECT k INTO wrong FROM jsonb_object_keys(doc) k
     WHERE k <> ALL (ignored || columns || '{citizen,plan,kind,partners}'::text[]) AND NOT parts ? k LIMIT 1;
    IF FOUND THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the document of a plan cannot have "%s"'), msb_org.printable(wrong)));
    END IF;
    BEGIN
        number := doc ->> 'plan';
        -- cast here, so that the message can say what is wrong
        wanted := jsonb_populate_record(NULL::msb_org.plan, (SELECT jsonb_object_agg(d.key, d.value) FROM jsonb_each(doc) d
                                                              WHERE d.key = ANY (columns)));
    EXCEPTION WHEN data_exception THEN
        GET STACKED DIAGNOSTICS wrong = MESSAGE_TEXT;
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the document of a plan cannot be read: %s'), msb_org.printable(wrong, 200)));
    END;

    whose := msb_org.citizen_key(doc ->> 'citizen');
    SELECT p.* INTO stands FROM msb_org.plan p WHERE p.plan = number FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        IF coalesce(whose, '') = '' OR doc ->> 'kind' IS NULL THEN
            PERFORM msb_org.raise('22023', msb_org.gettext('the document of a new plan lacks "citizen" or "kind"'));
        END IF;
        number := msb_org.open_plan(whose, doc ->> 'kind', wanted.unit, wanted.decided, NULL, number);
        SELECT p.* INTO stands FROM msb_org.plan p WHERE p.citizen = whose AND p.plan = number;
    ELSIF whose IS DISTINCT FROM stands.citizen AND doc ? 'citizen' THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('plan %s is another citizen''s'), number));
    ELSIF doc ->> 'kind' IS DISTINCT FROM stands.kind AND doc ? 'kind' THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('plan %s is of kind %s, not "%s"'), number, stands.kind, msb_org.printable(doc ->> 'kind')));
    END IF;
    whose := stands.citizen;

    FOR part IN SELECT p.key, p.value ->> 0 AS of_table, p.value -> 1 AS defaults
                  FROM jsonb_each(parts) p WHERE doc ? p.key ORDER BY p.key LOOP
        items := CASE WHEN doc -> part.key = 'null' THEN '[]' ELSE doc -> part.key END;
        -- numbers of plans, and keys of citizens in their one form
        IF part.key = 'replaces' AND jsonb_typeof(items) = 'array' THEN
            SELECT coalesce(jsonb_agg(jsonb_build_object('replaced', i)), '[]') INTO items FROM jsonb_array_elements(items) i;
        ELSIF part.key = 'related' AND jsonb_typeof(items) = 'array' THEN
            SELECT coalesce(jsonb_agg(CASE WHEN jsonb_typeof(i -> 'related') = 'string'
                                           THEN i || jsonb_build_object('related', msb_org.citizen_key(i ->> 'related')) ELSE i END), '[]')
              INTO items FROM jsonb_array_elements(items) i;
        END IF;
        PERFORM msb_org.write_plan_part(whose, number, part.key, part.of_table, part.defaults, items);
    END LOOP;
    IF EXISTS (SELECT FROM msb_org.plan_replaces r
                WHERE doc ? 'replaces' AND r.citizen = whose AND r.plan = number
                  AND NOT EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = r.citizen AND p.plan = r.replaced)) THEN
        PERFORM msb_org.raise('22023', msb_org.gettext('the plan''s "replaces" names a plan that the citizen does not have'));
    END IF;
    IF doc ? 'replaces' AND jsonb_typeof(doc -> 'replaces') = 'array' AND jsonb_array_length(doc -> 'replaces') > 0
       AND NOT EXISTS (SELECT FROM msb_org.plan_kind k WHERE k.kind = stands.kind AND k.whole_person) THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('a plan of kind %s replaces no other'), stands.kind));
    END IF;
    IF doc ? 'follow_ups' AND EXISTS (
        SELECT FROM msb_org.plan_kind k, msb_org.plan_follow_up f
         WHERE k.kind = stands.kind AND k.first_follow_up IS NOT NULL AND k.follow_up IS NULL
           AND f.citizen = whose AND f.plan = number AND coalesce(btrim(f.reason), '') = ''
           AND EXISTS (SELECT FROM msb_org.plan_follow_up e
                        WHERE e.citizen = f.citizen AND e.plan = f.plan AND e.due < f.due)) THEN
        PERFORM msb_org.raise('22023', msb_org.gettext('a follow-up after the first lacks "reason"'),
                              msb_org.gettext('The date of a later follow-up is decided individually, with a reason.'));
    END IF;

    IF doc ? 'partners' THEN
        items := CASE WHEN doc -> 'partners' = 'null' THEN '[]' ELSE doc -> 'partners' END;
        IF jsonb_typeof(items) <> 'array' OR EXISTS (SELECT FROM jsonb_array_elements(items) i
                                                      WHERE jsonb_typeof(i) <> 'string' OR btrim(i #>> '{}') = '') THEN
            PERFORM msb_org.raise('22023', msb_org.gettext('the plan''s "partners" must be a list of names'));
        END IF;
        UPDATE msb_org.plan_participant t SET valid_to = greatest(msb_org.record_time(), t.valid_from)
         WHERE t.citizen = whose AND t.plan = number AND t.kind = 'partner' AND t.valid_to IS NULL
           AND NOT items ? t.participant;
        INSERT INTO msb_org.plan_participant (citizen, plan, kind, participant, valid_from, actor)
        SELECT DISTINCT whose, number, 'partner', i, msb_org.record_time(), msb_org.actor()
          FROM jsonb_array_elements_text(items) i
         WHERE NOT EXISTS (SELECT FROM msb_org.plan_participant t
                            WHERE t.citizen = whose AND t.plan = number AND t.kind = 'partner'
                              AND t.participant = i AND t.valid_to IS NULL);
    END IF;

    -- the rows that the step may change too: rows are locked before citizens
    PERFORM FROM msb_org.plan p
      WHERE p.citizen = whose AND p.plan IN (SELECT r.replaced FROM msb_org.plan_replaces r WHERE r.citizen = whose AND r.plan = number)
      ORDER BY p.plan FOR NO KEY UPDATE OF p;
    -- the given columns of the plan itself, in one step; a status that is unchanged asks for no step
    IF doc ->> 'status' = stands.status THEN
        doc := doc - 'status';
        IF doc ->> 'status_reason' IS NOT DISTINCT FROM stands.status_reason THEN
            doc := doc - 'status_reason';
        END IF;
    END IF;
    UPDATE msb_org.plan p
       SET unit = CASE WHEN doc ? 'unit' THEN wanted.unit ELSE p.unit END,
           challenge = CASE WHEN doc ? 'challenge' THEN wanted.challenge ELSE p.challenge END,
           coordinator = CASE WHEN doc ? 'coordinator' AND p.status IN ('draft', 'offered', 'consented', 'active', 'under_review')
                              THEN wanted.coordinator ELSE p.coordinator END,
           decided = CASE WHEN doc ? 'decided' THEN wanted.decided ELSE p.decided END,
           due = CASE WHEN doc ? 'due' THEN wanted.due
                      WHEN doc ? 'decided' AND p.decided IS DISTINCT FROM wanted.decided
                      THEN (wanted.decided + (SELECT k.due_interval FROM msb_org.plan_kind k WHERE k.kind = p.kind))::date
                      ELSE p.due END,
           wishes = CASE WHEN doc ? 'wishes' THEN wanted.wishes ELSE p.wishes END,
           status = coalesce(CASE WHEN doc ? 'status' THEN wanted.status END, p.status),
           status_reason = CASE WHEN doc ? 'status_reason' THEN wanted.status_reason ELSE p.status_reason END
     WHERE p.citizen = whose AND p.plan = number
       AND jsonb_strip_nulls(to_jsonb(p)) <> jsonb_strip_nulls(to_jsonb(p) || (
           SELECT coalesce(jsonb_object_agg(w.key, w.value), '{}') FROM jsonb_each(to_jsonb(wanted)) w
            WHERE w.key = ANY (columns) AND doc ? w.key));
    PERFORM msb_org.replace_plans(p.citizen, p.plan) FROM msb_org.plan p
      WHERE doc ? 'replaces' AND p.citizen = whose AND p.plan = number AND p.status = 'active';
    RETURN number;
END $$;
COMMENT ON FUNCTION msb_org.write_plan(jsonb) IS
'Writes a whole plan from one document, as read_plan() returns it, and returns its number. It opens the plan if there is none of that number, else brings it into line with the document. A key that is left out changes nothing. A list that is given replaces all of its rows. The contents are written first, then the plan''s own columns with at most one step of its status. Raises 22023 with what is wrong in the document; 23514, 42704, 42710 as open_plan() and set_plan_status(). See docs/plans.md#one-document.';

CREATE FUNCTION msb_org.read_plan(plan uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    p msb_org.plan;
BEGIN
    SELECT t.* INTO p FROM msb_org.plan t WHERE t.plan = read_plan.plan;
    IF NOT FOUND THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('there is no plan %s'), read_plan.plan));
    END IF;
    RETURN jsonb_strip_nulls(to_jsonb(p)) || jsonb_build_object(
        'goals', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(t) - 'citizen' - 'plan') ORDER BY t.position, t.goal), '[]')
                    FROM msb_org.plan_goal t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'measures', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(t) - 'citizen' - 'plan') ORDER BY t.valid_from, t.measure), '[]')
                       FROM msb_org.plan_measure t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'contents', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(t) - 'citizen' - 'plan') ORDER BY t.content), '[]')
                       FROM msb_org.plan_content t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'consents', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(t) - 'citizen' - 'plan')
                                               ORDER BY t.given, t.consent_of, t.person, t.recipient_kind, t.recipient, t.scope::text), '[]')
                       FROM msb_org.plan_consent t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'follow_ups', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(t) - 'citizen' - 'plan') ORDER BY t.due), '[]')
                         FROM msb_org.plan_follow_up t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'related', (SELECT coalesce(jsonb_agg(to_jsonb(t) - 'citizen' - 'plan' ORDER BY t.related), '[]')
                      FROM msb_org.plan_citizen t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'replaces', (SELECT coalesce(jsonb_agg(t.replaced ORDER BY t.replaced), '[]')
                       FROM msb_org.plan_replaces t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'partners', (SELECT coalesce(jsonb_agg(t.participant ORDER BY t.participant), '[]') FROM msb_org.plan_participant t
                      WHERE t.citizen = p.citizen AND t.plan = p.plan AND t.kind = 'partner' AND t.valid_to IS NULL),
        'units', (SELECT coalesce(jsonb_agg(t.participant ORDER BY t.participant), '[]') FROM msb_org.plan_participant t
                   WHERE t.citizen = p.citizen AND t.plan = p.plan AND t.kind = 'unit' AND t.valid_to IS NULL),
        'coordinators', (SELECT coalesce(jsonb_agg(to_jsonb(t) - 'citizen' - 'plan' ORDER BY t.valid_from), '[]')
                           FROM msb_org.plan_coordinator t WHERE t.citizen = p.citizen AND t.plan = p.plan));
END $$;
COMMENT ON FUNCTION msb_org.read_plan(uuid) IS
'Returns a whole plan as one document; write_plan() of it changes nothing. opened_at, opened_by, status_since, coordinator_since, duty, units (of the citizen''s cases that take part) and coordinators (earlier ones) are for reading alone. Raises 42704 if there is no such plan.';

CREATE VIEW msb_org.plan_overdue AS
    SELECT o.citizen, o.plan, o.kind, o.status, o.unit, o.coordinator, o.what, o.due,
           msb_org.today() OPERATOR(pg_catalog.-) o.due AS days
      FROM (SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.coordinator, 'plan' AS what, p.due
              FROM msb_org.plan p
             WHERE p.status OPERATOR(pg_catalog.=) ANY ('{draft,offered}'::pg_catalog.text[])
               AND p.due OPERATOR(pg_catalog.<) msb_org.today()
            UNION ALL
            SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.coordinator, 'follow_up', f.due
              FROM msb_org.plan_follow_up f
              JOIN msb_org.plan p ON p.citizen OPERATOR(pg_catalog.=) f.citizen AND p.plan OPERATOR(pg_catalog.=) f.plan
             WHERE f.held IS NULL AND f.due OPERATOR(pg_catalog.<) msb_org.today()
               AND p.status OPERATOR(pg_catalog.=) ANY ('{consented,active,under_review}'::pg_catalog.text[])
            UNION ALL
            SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.coordinator, 'no_follow_up',
                   (SELECT pg_catalog.max(f.held) FROM msb_org.plan_follow_up f
                     WHERE f.citizen OPERATOR(pg_catalog.=) p.citizen AND f.plan OPERATOR(pg_catalog.=) p.plan)
              FROM msb_org.plan p
              JOIN msb_org.plan_kind k ON k.kind OPERATOR(pg_catalog.=) p.kind AND k.first_follow_up IS NOT NULL
             WHERE p.status OPERATOR(pg_catalog.=) 'active'
               AND NOT EXISTS (SELECT FROM msb_org.plan_follow_up f
                                WHERE f.citizen OPERATOR(pg_catalog.=) p.citizen AND f.plan OPERATOR(pg_catalog.=) p.plan
                                  AND f.held IS NULL)
            UNION ALL
            SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.coordinator, 'consent',
                   (SELECT pg_catalog.max(c.until) FROM msb_org.plan_consent c
                     WHERE c.citizen OPERATOR(pg_catalog.=) p.citizen AND c.plan OPERATOR(pg_catalog.=) p.plan)
              FROM msb_org.plan p
              JOIN msb_org.plan_kind k ON k.kind OPERATOR(pg_catalog.=) p.kind AND k.needs_consent
             WHERE p.status OPERATOR(pg_catalog.=) ANY ('{active,under_review}'::pg_catalog.text[])
               AND NOT msb_org.consent_stands(p.citizen, p.plan, k.consent_of)
            UNION ALL
            SELECT d.citizen, d.plan, d.kind, d.status, d.unit, d.coordinator, 'decision', d.due
              FROM (SELECT p.*, k.decision_content,
                           msb_org.plan_birth(p.citizen) OPERATOR(pg_catalog.+) pg_catalog.make_interval(years => k.decision_age) AS birthday,
                           k.decision_before
                      FROM msb_org.plan p
                      JOIN msb_org.plan_kind k ON k.kind OPERATOR(pg_catalog.=) p.kind AND k.decision_age IS NOT NULL
                     WHERE p.status OPERATOR(pg_catalog.=) ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[])) AS p
                   CROSS JOIN LATERAL (SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.coordinator,
                                              (p.birthday OPERATOR(pg_catalog.-) p.decision_before)::date AS due) AS d
             WHERE d.due OPERATOR(pg_catalog.<) msb_org.today()
               AND p.birthday OPERATOR(pg_catalog.>) p.opened_at
               AND NOT EXISTS (SELECT FROM msb_org.plan_content c
                                WHERE c.citizen OPERATOR(pg_catalog.=) d.citizen AND c.plan OPERATOR(pg_catalog.=) d.plan
                                  AND c.content OPERATOR(pg_catalog.=) p.decision_content)) AS o;
COMMENT ON VIEW msb_org.plan_overdue IS 'Open plans with something overdue: a row for each thing. Days are counted to msb_org.today().';
COMMENT ON COLUMN msb_org.plan_overdue.citizen IS 'The citizen whose plan it is. Personal data.';
COMMENT ON COLUMN msb_org.plan_overdue.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_overdue.kind IS 'Its kind.';
COMMENT ON COLUMN msb_org.plan_overdue.status IS 'Its status.';
COMMENT ON COLUMN msb_org.plan_overdue.unit IS 'The unit that coordinates.';
COMMENT ON COLUMN msb_org.plan_overdue.coordinator IS 'The person who coordinates.';
COMMENT ON COLUMN msb_org.plan_overdue.what IS 'plan: it was to be ready; follow_up: one was to be held; no_follow_up: none is planned, though its kind has them; consent: none that its kind needs is in force any longer; decision: the step after a birthday was to be decided.';
COMMENT ON COLUMN msb_org.plan_overdue.due IS 'The last day on which it would have been in time; for a consent the day on which the last one ended, for no_follow_up the day of the last follow-up; NULL if there is none.';
COMMENT ON COLUMN msb_org.plan_overdue.days IS 'The number of days since then.';
