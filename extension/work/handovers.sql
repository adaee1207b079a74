-- Handovers (overdragelser): the moves of responsibility on a future day, their acceptance, and the
-- records of the daily job. All are computed from the ledger.

CREATE FUNCTION msb_org.local_day(at timestamptz) RETURNS date
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_local_day';
COMMENT ON FUNCTION msb_org.local_day(timestamptz) IS 'Used by handovers and reports: the day of an instant, in msb_org.timezone.';

CREATE FUNCTION msb_org.newest(query text, VARIADIC arguments text[]) RETURNS text
    LANGUAGE c VOLATILE STRICT COST 1000
    AS 'MODULE_PATHNAME', 'msb_newest';
COMMENT ON FUNCTION msb_org.newest(text, text[]) IS
'Used by the extension''s functions in SQL: runs a query under the newest snapshot, as the caller, and returns the first value of its first row as text. After a citizen''s lock it reads and overwrites the rows of the session that held the lock before, also in a REPEATABLE READ transaction.';

CREATE FUNCTION msb_org.future_units(unit text, structure text, revision integer, due date, since date, override_end date,
        birth date, situation msb_org.target_group, stated text, from_date date, to_date date)
    RETURNS TABLE (planned date, cause text, from_unit text, to_unit text, to_finding text)
    LANGUAGE c STABLE PARALLEL SAFE COST 20 ROWS 1
    AS 'MODULE_PATHNAME', 'msb_future_units';
COMMENT ON FUNCTION msb_org.future_units(text, text, integer, date, date, date, date, msb_org.target_group, text, date, date) IS
'Used by handovers(): the changes of unit between two days, both included, of a case with this birth date (NULL: unknown), labels, and stated primary challenge (for a label that yields), each day by the structure in force on it. unit is the answer of structure#revision on since. It is valid until due (NULL: no birthday ahead) or until the structure''s end; for an override, until override_end. Without a structure the answer on since is found first. No rows if the labels, since, from_date or to_date are NULL.';

CREATE FUNCTION msb_org.case_future(assigned msb_org.assignment, from_date date, to_date date)
    RETURNS TABLE (planned date, cause text, from_unit text, to_unit text, to_finding text)
    LANGUAGE sql STABLE COST 20 ROWS 1
BEGIN ATOMIC
    SELECT f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
      FROM msb_org.future_units((assigned).unit, (assigned).structure, (assigned).revision, (assigned).due,
               msb_org.local_day((assigned).valid_from),
               (SELECT o.until OPERATOR(pg_catalog.+) 1 FROM msb_org.case_override o
                 WHERE (assigned).origin OPERATOR(pg_catalog.=) 'override'
                   AND o.case_table OPERATOR(pg_catalog.=) (assigned).case_table
                   AND o.case_key OPERATOR(pg_catalog.=) (assigned).case_key),
               (assigned).birth, (assigned).situation,
               (SELECT c.challenge FROM msb_org.primary_challenge c
                 WHERE c.citizen OPERATOR(pg_catalog.=) (assigned).citizen AND c.valid_to IS NULL
                 ORDER BY c.valid_from DESC LIMIT 1),
               from_date, LEAST(to_date, (assigned).closed OPERATOR(pg_catalog.-) 1)) f
     -- a number that is none has no age, whatever structure begins
     WHERE to_date IS NOT NULL AND (assigned).finding IS DISTINCT FROM 'no_cpr'
       AND ((assigned).origin OPERATOR(pg_catalog.<>) 'override'
        OR EXISTS (SELECT FROM msb_org.case_override o
                    WHERE o.case_table OPERATOR(pg_catalog.=) (assigned).case_table
                      AND o.case_key OPERATOR(pg_catalog.=) (assigned).case_key AND o.until IS NOT NULL));
END;
COMMENT ON FUNCTION msb_org.case_future(msb_org.assignment, date, date) IS
'Used by handovers() and others: the changes of unit ahead of a case, from its open row in the ledger, until it is closed. A case with an override does not change until the override ends.';

CREATE FUNCTION msb_org.coordination_situation(challenge text) RETURNS msb_org.target_group
    LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 5
BEGIN ATOMIC
    SELECT ('task coordination; challenge "' OPERATOR(pg_catalog.||) pg_catalog.replace(coordination_situation.challenge, '"', '""')
            OPERATOR(pg_catalog.||) '"')::msb_org.target_group;
END;
COMMENT ON FUNCTION msb_org.coordination_situation(text) IS
'Used by coordination_future() and the work at commit: the situation by which the coordinating unit is decided, for a primary challenge.';

CREATE FUNCTION msb_org.coordination_since(coordinated msb_org.plan) RETURNS date
    LANGUAGE sql STABLE COST 20
BEGIN ATOMIC
    SELECT GREATEST(msb_org.local_day((coordinated).opened_at),
                    (SELECT pg_catalog.max(h.planned) FROM msb_org.handover h
                      WHERE h.citizen OPERATOR(pg_catalog.=) (coordinated).citizen AND h.case_table OPERATOR(pg_catalog.=) ''
                        AND h.case_key OPERATOR(pg_catalog.=) (coordinated).plan::text AND h.moved_at IS NOT NULL));
END;
COMMENT ON FUNCTION msb_org.coordination_since(msb_org.plan) IS
'Used by coordination_future() and the work at commit: the day from which on a plan has the unit that coordinates it. It is the day of the last handover that has happened, or the day on which the plan was opened if that is later.';

CREATE FUNCTION msb_org.coordination_future(coordinated msb_org.plan, from_date date, to_date date)
    RETURNS TABLE (planned date, cause text, from_unit text, to_unit text, to_finding text)
    LANGUAGE sql STABLE COST 50 ROWS 1
BEGIN ATOMIC
    SELECT f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
      FROM (SELECT (pg_catalog.array_agg(a.birth ORDER BY a.valid_from DESC) FILTER (WHERE a.birth IS NOT NULL))[1] AS birth,
                   -- a birthday, or a structure, for which the cases have not been judged yet
                   LEAST(pg_catalog.min(a.due) OPERATOR(pg_catalog.-) 1,
                         CASE WHEN pg_catalog.bool_or(a.origin OPERATOR(pg_catalog.<>) 'override'
                                   AND (a.structure, a.revision) IS DISTINCT FROM (e.structure, e.revision))
                              THEN pg_catalog.min(pg_catalog.lower(e.in_force)) OPERATOR(pg_catalog.-) 1 END) AS judged_to
              FROM msb_org.assignment a
              LEFT JOIN msb_org.enactment e ON e.in_force OPERATOR(pg_catalog.@>) msb_org.today()
             WHERE a.citizen OPERATOR(pg_catalog.=) (coordinated).citizen AND a.valid_to IS NULL
            HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0) c,
   -- a handover that waits already is in the table handover
   LATERAL (SELECT CASE WHEN c.judged_to OPERATOR(pg_catalog.<) msb_org.today()
                         AND NOT EXISTS (SELECT FROM msb_org.handover h
                              WHERE h.citizen OPERATOR(pg_catalog.=) (coordinated).citizen AND h.case_table OPERATOR(pg_catalog.=) ''
                                AND h.case_key OPERATOR(pg_catalog.=) (coordinated).plan::text
                                AND h.moved_at IS NULL AND h.void_at IS NULL AND h.planned OPERATOR(pg_catalog.<=) msb_org.today())
                        THEN GREATEST(c.judged_to, msb_org.coordination_since(coordinated)) ELSE msb_org.today() END AS since) s,
   LATERAL msb_org.future_units(NULL, NULL, NULL, NULL, s.since, NULL, c.birth,
               msb_org.coordination_situation(COALESCE((msb_org.coordination_of((coordinated).citizen)).challenge, (coordinated).challenge)),
               NULL, GREATEST(from_date, s.since OPERATOR(pg_catalog.+) 1), to_date) f
     WHERE from_date IS NOT NULL;
END;
COMMENT ON FUNCTION msb_org.coordination_future(msb_org.plan, date, date) IS
'Used by handovers() and others: the changes of the coordinating unit ahead of a plan. The unit is the area of the task coordination for the citizen''s primary challenge, as coordination_of() finds it, and for the birth date that the open cases give. The changes are those after today, and on earlier days for which the citizen''s cases have not been judged yet. No rows if the citizen has no open case, or a day is NULL.';

-- The list: recorded handovers, and those ahead.
CREATE FUNCTION msb_org.check_statuses(statuses text[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known   CONSTANT text[] := '{ahead,planned,accepted,moved,late,void}';
    unknown text;
BEGIN
    IF NOT statuses <@ known THEN
        SELECT s.status INTO unknown FROM unnest(statuses) AS s (status) WHERE (s.status = ANY (known)) IS NOT TRUE LIMIT 1;
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('a handover has no status "%s"'), coalesce(msb_org.printable(unknown), 'NULL')),
            HINT = format(msb_org.gettext('The statuses are %s.'), array_to_string(known, ', '));
    END IF;
    RETURN true;
END $$;
COMMENT ON FUNCTION msb_org.check_statuses(text[]) IS
'Used by handovers(): true, also for NULL; raises 22023 if one of the texts is not a status of a handover.';

CREATE FUNCTION msb_org.handovers(from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today() OPERATOR(pg_catalog.+) 365,
        statuses text[] DEFAULT NULL)
    RETURNS TABLE (citizen text, case_table text, case_key text, planned date, cause text, from_unit text, to_unit text, to_finding text,
                   status text, days_late integer, unaccepted boolean,
                   accepted_at timestamptz, accepted_by text, moved_at timestamptz, void_at timestamptz)
    LANGUAGE sql STABLE COST 10000 ROWS 1000
BEGIN ATOMIC
    SELECT NULLIF(s.citizen, ''), s.case_table, s.case_key, s.planned, s.cause, s.from_unit, s.to_unit, s.to_finding, s.status,
           CASE WHEN s.void_at IS NULL THEN GREATEST(s.days_late, 0) END, s.accepted_at IS NULL AND s.void_at IS NULL,
           s.accepted_at, s.accepted_by, s.moved_at, s.void_at
      FROM (SELECT COALESCE(handovers.from_date, '-infinity') AS first_day, COALESCE(handovers.to_date, 'infinity') AS last_day
             WHERE msb_org.check_statuses(handovers.statuses)) span,
   LATERAL (SELECT d.citizen, d.case_table, d.case_key, d.planned, d.cause, d.from_unit, d.to_unit, NULL::text AS to_finding,
                   CASE WHEN d.void_at IS NOT NULL THEN 'void'
                        WHEN d.days_late OPERATOR(pg_catalog.>) 0 THEN 'late'
                        WHEN d.moved_at IS NOT NULL THEN 'moved'
                        WHEN d.accepted_at IS NOT NULL THEN 'accepted'
                        ELSE 'planned' END AS status,
                   d.days_late, d.accepted_at, d.accepted_by, d.moved_at, d.void_at
              FROM (SELECT h.citizen, h.case_table, h.case_key, h.planned, h.cause, h.from_unit, h.to_unit,
                           h.accepted_at, h.accepted_by, h.moved_at, h.void_at,
                           COALESCE(msb_org.local_day(h.moved_at), msb_org.today()) OPERATOR(pg_catalog.-) h.planned AS days_late
                      FROM msb_org.handover h
                     WHERE h.planned OPERATOR(pg_catalog.>=) span.first_day
                       AND h.planned OPERATOR(pg_catalog.<=) span.last_day) d
             WHERE handovers.statuses IS NULL OR handovers.statuses OPERATOR(pg_catalog.&&) '{planned,accepted,moved,late,void}'::pg_catalog.text[]
             UNION ALL
            SELECT u.citizen, u.case_table, u.case_key, u.planned, u.cause, u.from_unit, u.to_unit, u.to_finding,
                   CASE WHEN u.planned OPERATOR(pg_catalog.<) msb_org.today() THEN 'late' ELSE 'ahead' END,
                   msb_org.today() OPERATOR(pg_catalog.-) u.planned, NULL, NULL, NULL, NULL
              FROM (-- due cases by the ledger, by index
                    SELECT a.citizen, a.case_table, a.case_key, f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
                      FROM msb_org.assignment a, LATERAL msb_org.case_future(a, span.first_day, span.last_day) f
                     WHERE a.valid_to IS NULL AND a.due OPERATOR(pg_catalog.<=) span.last_day
                     UNION ALL
                    -- a structure that begins concerns every case; its rows may have been judged before it was adopted
                    SELECT a.citizen, a.case_table, a.case_key, f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
                      FROM msb_org.assignment a, LATERAL msb_org.case_future(a, span.first_day, span.last_day) f
                     WHERE a.valid_to IS NULL AND (a.due OPERATOR(pg_catalog.<=) span.last_day) IS NOT TRUE
                       AND (SELECT EXISTS (SELECT FROM msb_org.enactment e
                             WHERE (pg_catalog.lower(e.in_force) OPERATOR(pg_catalog.>) (msb_org.today() OPERATOR(pg_catalog.-) 31)
                                    AND pg_catalog.lower(e.in_force) OPERATOR(pg_catalog.<=) span.last_day)
                                OR (pg_catalog.upper(e.in_force) OPERATOR(pg_catalog.>) (msb_org.today() OPERATOR(pg_catalog.-) 31)
                                    AND pg_catalog.upper(e.in_force) OPERATOR(pg_catalog.<=) span.last_day)))
                     UNION ALL
                    SELECT p.citizen, '', p.plan::text, f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
                      FROM msb_org.plan p, LATERAL msb_org.coordination_future(p, span.first_day, span.last_day) f
                     WHERE p.kind OPERATOR(pg_catalog.=) 'coordination'
                       AND p.status OPERATOR(pg_catalog.=) ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[])) u
             WHERE (handovers.statuses IS NULL OR handovers.statuses OPERATOR(pg_catalog.&&) '{ahead,late}'::pg_catalog.text[])
               -- a sub-select of one value, not NOT EXISTS: without statistics, as after a restore, the planner makes
               -- of that a join that reads the stored handovers for each of those ahead
               AND (SELECT true FROM msb_org.handover h
                    WHERE h.citizen OPERATOR(pg_catalog.=) u.citizen AND h.case_table OPERATOR(pg_catalog.=) u.case_table
                      AND h.case_key OPERATOR(pg_catalog.=) u.case_key AND h.planned OPERATOR(pg_catalog.=) u.planned
                      AND h.to_unit IS NOT DISTINCT FROM u.to_unit AND h.void_at IS NULL LIMIT 1) IS NULL) s
     WHERE handovers.statuses IS NULL OR s.status OPERATOR(pg_catalog.=) ANY (handovers.statuses);
END;
COMMENT ON FUNCTION msb_org.handovers(date, date, text[]) IS
'Lists the handovers planned between two days, both included (default: a year from today; NULL: no bound on that side), recorded and ahead. statuses: only handovers with these (NULL: all). Raises 22023 for any other status.

- citizen (personal data; NULL for a case without one); case_table and case_key, for the coordination of a plan empty and the plan''s number.
- planned: the day on which it is to happen; cause: birthday, structure, override_end, or case (a value of the case or an alias changed; for a plan, the citizen''s cases or primary challenge did).
- from_unit hands over, to_unit takes over. to_unit is NULL if the case cannot be judged from then on; to_finding says why.
- days_late: days from the planned day to the day on which it moved, or to today; 0 if it is in time. unaccepted: nobody has accepted it.
- accepted_at, accepted_by: the time of the acceptance, and the user. moved_at: the time at which responsibility moved. void_at: the time at which it became void.

status:

- ahead: computed. An open case will change its unit, or an open plan the unit that coordinates, by a birthday, a structure that is enacted, or an override that ends. Nobody has accepted it.
- planned: recorded, and waits to be accepted or moved.
- accepted: the unit that takes over has accepted it; it has not moved yet.
- moved: responsibility moved on the planned day or before it.
- late: it moved after the planned day, or that day has passed and it has not moved (moved_at is NULL).
- void: it was recorded, and does not happen after all. If it is ahead again since then, it has a row of its own.

The ledger is read only if statuses is NULL or has ahead or late. Handovers ahead are found by the ledger''s index on due. If a structure begins or ends before to_date (or did within the last 31 days), every open row is read.';

-- Accepting. The locks: the plan's row (not its key, which the rows that refer to it hold),
-- then the citizen; then the newest rows of ledger and handovers.

CREATE FUNCTION msb_org.write_acceptance(citizen text, case_table text, case_key text, wanted jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM msb_org.newest(
        'INSERT INTO msb_org.handover AS h (citizen, case_table, case_key, planned, cause, from_unit, to_unit, accepted_at, accepted_by)'
        ' VALUES ($1, $2, $3, $4::date, $5, $6, $7, msb_org.record_time(), msb_org.actor())'
        ' ON CONFLICT (citizen, case_table, case_key, planned) DO UPDATE'
        '    SET cause = excluded.cause, from_unit = excluded.from_unit, to_unit = excluded.to_unit,'
        '        accepted_at = excluded.accepted_at, accepted_by = excluded.accepted_by, void_at = NULL'
        '  WHERE h.accepted_at IS NULL OR h.void_at IS NOT NULL OR h.to_unit IS DISTINCT FROM excluded.to_unit',
        write_acceptance.citizen, write_acceptance.case_table, write_acceptance.case_key,
        wanted ->> 'planned', wanted ->> 'cause', wanted ->> 'from_unit', wanted ->> 'to_unit');
END $$;
COMMENT ON FUNCTION msb_org.write_acceptance(text, text, text, jsonb) IS
'Used by accept_handover(): marks a handover accepted, or records it as accepted. The first acceptance remains.';

CREATE FUNCTION msb_org.accept_coordination(plan text, planned date) RETURNS date
    LANGUAGE plpgsql VOLATILE COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    -- text that is no number of a plan is no number of this plan: the server's own error would show it
    number  text := substring(lower(plan) FROM '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$');
    citizen text;
    wanted   jsonb;
BEGIN
    citizen := msb_org.newest('SELECT p.citizen FROM msb_org.plan p WHERE p.plan = $1::uuid AND p.kind = ''coordination'' FOR NO KEY UPDATE', number);
    IF citizen IS NULL THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('there is no coordination plan %s'), msb_org.printable(plan)));
    END IF;
    PERFORM msb_org.lock_citizens(ARRAY[citizen]);
    wanted := msb_org.newest(
        'SELECT to_jsonb(w) FROM ('
        'SELECT h.planned, h.cause, h.from_unit, h.to_unit, h.moved_at IS NOT NULL AS moved'
        '  FROM msb_org.handover h'
        ' WHERE h.citizen = $1 AND h.case_table = '''' AND h.case_key = $2 AND h.void_at IS NULL'
        '   AND (h.planned = $3::date OR ($3 IS NULL AND h.accepted_at IS NULL AND NOT EXISTS ('
        '        SELECT FROM msb_org.handover l WHERE l.citizen = $1 AND l.case_table = '''' AND l.case_key = $2'
        '           AND l.moved_at IS NOT NULL AND l.planned > h.planned)))'
        ' UNION ALL '
        'SELECT f.planned, f.cause, f.from_unit, f.to_unit, false'
        '  FROM msb_org.plan p, LATERAL msb_org.coordination_future(p, coalesce($3::date, ''-infinity''), coalesce($3::date, ''infinity'')) f'
        ' WHERE p.citizen = $1 AND p.plan = $2::uuid AND f.to_unit IS NOT NULL'
        '   AND p.status = ANY (''{draft,offered,consented,active,under_review}'')'
        ') w ORDER BY w.planned, w.moved DESC LIMIT 1', citizen, number, planned::text);
    IF wanted IS NULL THEN
        PERFORM msb_org.raise('42704', CASE WHEN planned IS NULL
            THEN format(msb_org.gettext('no handover of the coordination of plan %s waits to be accepted'), number)
            ELSE format(msb_org.gettext('no handover of the coordination of plan %s is planned for %s'), number, planned) END,
            msb_org.gettext('msb_org.handovers() shows what is ahead.'));
    END IF;
    PERFORM msb_org.write_acceptance(citizen, '', number, wanted);
    IF (wanted ->> 'planned')::date <= msb_org.today() AND NOT (wanted ->> 'moved')::boolean THEN
        -- before the plan changes: a change of its unit updates the handovers that wait for it
        PERFORM msb_org.newest('UPDATE msb_org.handover h SET moved_at = msb_org.record_time()'
                               ' WHERE h.citizen = $1 AND h.case_table = '''' AND h.case_key = $2 AND h.planned = $3::date',
                               citizen, number, wanted ->> 'planned');
        PERFORM msb_org.newest('UPDATE msb_org.plan p SET unit = $3, challenge = (msb_org.coordination_of(p.citizen)).challenge'
                               ' WHERE p.citizen = $1 AND p.plan = $2::uuid AND p.unit IS DISTINCT FROM $3',
                               citizen, number, wanted ->> 'to_unit');
    END IF;
    RETURN (wanted ->> 'planned')::date;
END $$;
COMMENT ON FUNCTION msb_org.accept_coordination(text, date) IS 'Used by accept_handover(): accepts the coordination of a plan.';

CREATE FUNCTION msb_org.accept_handover(case_table text, case_key text, planned date DEFAULT NULL) RETURNS date
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    of_case constant text := 'SELECT a.citizen FROM msb_org.assignment a WHERE a.case_table = $1 AND a.case_key = $2 ORDER BY a.valid_from DESC LIMIT 1';
    name    text;
    citizen text;
    wanted   jsonb;
BEGIN
    IF case_table IS NULL OR case_key IS NULL THEN
        PERFORM msb_org.raise('22004', msb_org.gettext('case_table and case_key must be given'));
    END IF;
    IF NOT isfinite(planned) THEN
        PERFORM msb_org.raise('22023', msb_org.gettext('planned must be a day'));
    END IF;
    IF case_table = '' THEN
        RETURN msb_org.accept_coordination(case_key, planned);
    END IF;
    name := msb_org.attached_name(case_table);
    LOOP
        citizen := msb_org.newest(of_case, name, case_key);
        IF citizen IS NULL THEN
            PERFORM msb_org.raise('42704', format(msb_org.gettext('"%s" has no case %s'), name, msb_org.printable(case_key)));
        END IF;
        PERFORM msb_org.lock_case(citizen, name, case_key);
        -- the citizen may have got another key while this session waited for the lock
        EXIT WHEN msb_org.newest(of_case, name, case_key) = citizen;
    END LOOP;
    wanted := msb_org.newest(
        'SELECT to_jsonb(w) FROM ('
        'SELECT h.planned, h.cause, h.from_unit, h.to_unit'
        '  FROM msb_org.handover h'
        ' WHERE h.citizen = $1 AND h.case_table = $2 AND h.case_key = $3 AND h.moved_at IS NOT NULL'
        '   AND (h.planned = $4::date OR ($4 IS NULL AND h.accepted_at IS NULL AND NOT EXISTS ('
        '        SELECT FROM msb_org.handover l WHERE l.citizen = $1 AND l.case_table = $2 AND l.case_key = $3'
        '           AND l.moved_at IS NOT NULL AND l.planned > h.planned)))'
        ' UNION ALL '
        'SELECT f.planned, f.cause, f.from_unit, f.to_unit'
        '  FROM msb_org.assignment a, LATERAL msb_org.case_future(a, coalesce($4::date, ''-infinity''), coalesce($4::date, ''infinity'')) f'
        ' WHERE a.case_table = $2 AND a.case_key = $3 AND a.valid_to IS NULL AND f.to_unit IS NOT NULL'
        ') w ORDER BY w.planned LIMIT 1', citizen, name, case_key, planned::text);
    IF wanted IS NULL THEN
        PERFORM msb_org.raise('42704', CASE WHEN planned IS NULL
            THEN format(msb_org.gettext('no handover of case %s of "%s" waits to be accepted'), msb_org.printable(case_key), name)
            ELSE format(msb_org.gettext('no handover of case %s of "%s" is planned for %s'), msb_org.printable(case_key), name, planned) END,
            msb_org.gettext('msb_org.handovers() shows what is ahead.'));
    END IF;
    PERFORM msb_org.write_acceptance(citizen, name, case_key, wanted);
    RETURN (wanted ->> 'planned')::date;
END $$;
COMMENT ON FUNCTION msb_org.accept_handover(text, text, date) IS
'Accepts a handover for the unit that takes over a case, before the day or after it, and returns the day. planned is the day, if given. Otherwise it is the last handover that has happened and that nobody has accepted, else the next one ahead. Responsibility moves on the day, accepted or not. For the coordination of a plan case_table is empty and case_key the plan''s number; if the day has come, the plan''s unit changes at once. A second acceptance changes nothing. Runs with the owner''s rights: every role with EXECUTE may accept. Raises 42704 if there is no such case, plan or handover, 22004 for NULL, 22023 for an infinite day.';

-- The daily job's part; called by reassign_due(), under the locks that it holds.

CREATE FUNCTION msb_org.cases_handed_over(case_table text, on_date date) RETURNS TABLE (case_key text)
    LANGUAGE sql STABLE COST 100 ROWS 10
BEGIN ATOMIC
    SELECT h.case_key FROM msb_org.handover h
     WHERE h.moved_at IS NULL AND h.void_at IS NULL AND h.planned OPERATOR(pg_catalog.<=) cases_handed_over.on_date
       AND h.case_table OPERATOR(pg_catalog.=) cases_handed_over.case_table
     UNION ALL
    SELECT a.case_key FROM msb_org.handover h
      JOIN msb_org.assignment a ON a.citizen OPERATOR(pg_catalog.=) h.citizen AND a.valid_to IS NULL
     WHERE h.moved_at IS NULL AND h.void_at IS NULL AND h.planned OPERATOR(pg_catalog.<=) cases_handed_over.on_date
       AND h.case_table OPERATOR(pg_catalog.=) '' AND a.case_table OPERATOR(pg_catalog.=) cases_handed_over.case_table;
END;
COMMENT ON FUNCTION msb_org.cases_handed_over(text, date) IS
'Used by reassign_due(): the cases of a table that have an open handover planned for a day or before, and the cases of citizens whose plan has one. They are judged with the cases that are due, so that their locks are taken together.';

CREATE FUNCTION msb_org.lock_plans_of(noted jsonb) RETURNS void
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
        -- an array: a join would carry the noted cases along with every row that is locked
        '   AND p.citizen = ANY (ARRAY(SELECT DISTINCT a.citizen FROM noted n'
        '                                JOIN msb_org.assignment a ON a.case_table = n.case_table AND a.case_key = n.case_key'
        '                               WHERE a.valid_to IS NULL))'
        ' ORDER BY p.citizen FOR NO KEY UPDATE) '
        'SELECT count(*) FROM locked', noted::text);
END $$;
COMMENT ON FUNCTION msb_org.lock_plans_of(jsonb) IS
'Used by reassign_due(): locks the open coordination plans of the citizens whose cases it is about to judge: rows come before citizens. The argument is an object of lists of keys by case table.';

CREATE FUNCTION msb_org.record_moves(case_table text, keys text[], all_moves boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- the row that this transaction made, and the one that it ended at the same instant
    PERFORM msb_org.newest(
        'INSERT INTO msb_org.handover AS h (citizen, case_table, case_key, planned, cause, from_unit, to_unit, moved_at)'
        ' SELECT a.citizen, a.case_table, a.case_key, coalesce(f.planned, msb_org.today()), c.cause, b.unit, a.unit, a.valid_from'
        '   FROM unnest($2::text[]) k (case_key)'
        '   JOIN msb_org.assignment a ON a.case_table = $1 AND a.case_key = k.case_key AND a.valid_to IS NULL'
        '    AND a.recorded_at = now() AND a.unit IS NOT NULL'
        '   JOIN msb_org.assignment b ON b.case_table = $1 AND b.case_key = k.case_key AND b.valid_to = a.valid_from AND b.unit <> a.unit'
        '   LEFT JOIN LATERAL ('
        '        SELECT u.planned, u.cause, u.to_unit'
        '          FROM msb_org.future_units(b.unit, NULL, NULL, NULL, msb_org.local_day(b.valid_from),'
        '               CASE WHEN b.origin = ''override'' THEN coalesce((SELECT o.until + 1 FROM msb_org.case_override o'
        '                     WHERE o.case_table = a.case_table AND o.case_key = a.case_key), msb_org.today()) END,'
        '               a.birth, a.situation,'
        '               (SELECT c.challenge FROM msb_org.primary_challenge c WHERE c.citizen = a.citizen AND c.valid_to IS NULL'
        '                 ORDER BY c.valid_from DESC LIMIT 1),'
        '               ''-infinity'', msb_org.today()) u'
        '         ORDER BY u.planned DESC LIMIT 1) f ON f.to_unit = a.unit,'
        '        LATERAL (SELECT coalesce(f.cause, CASE WHEN (a.structure, a.revision) IS DISTINCT FROM (b.structure, b.revision)'
        '                                               THEN ''structure'' ELSE ''case'' END) AS cause) c'
        '  WHERE $3::boolean OR c.cause <> ''case'''
        ' ON CONFLICT (citizen, case_table, case_key, planned) DO UPDATE'
        '    SET cause = excluded.cause, from_unit = excluded.from_unit, to_unit = excluded.to_unit,'
        '        moved_at = excluded.moved_at, void_at = NULL,'
        '        accepted_at = CASE WHEN h.to_unit = excluded.to_unit THEN h.accepted_at END,'
        '        accepted_by = CASE WHEN h.to_unit = excluded.to_unit THEN h.accepted_by END',
        record_moves.case_table, keys::text, all_moves::text);
END $$;
COMMENT ON FUNCTION msb_org.record_moves(text, text[], boolean) IS
'Used by reassign_due() and reassign(): records which of these cases this transaction has moved from one unit to another, with the cause and the day on which they were due. Without all_moves it records only moves by a birthday, a structure or the end of an override.';

CREATE FUNCTION msb_org.settle_handovers(on_date date) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM msb_org.handover h WHERE h.moved_at IS NULL AND h.void_at IS NULL AND h.planned <= on_date) THEN
        RETURN;
    END IF;
    PERFORM msb_org.newest(
        'WITH pending AS MATERIALIZED ('
        '     SELECT h.citizen, h.case_table, h.case_key, h.planned, h.to_unit FROM msb_org.handover h'
        '      WHERE h.moved_at IS NULL AND h.void_at IS NULL AND h.planned <= $1::date AND h.case_table <> '''''
        '        AND NOT EXISTS (SELECT FROM msb_org.attachment t WHERE t.case_table = h.case_table AND t.key IS NULL)'
        '        FOR UPDATE OF h SKIP LOCKED)'
        'UPDATE msb_org.handover h'
        '   SET moved_at = s.since, void_at = CASE WHEN s.since IS NULL THEN msb_org.record_time() END'
        '  FROM pending p'
        '  LEFT JOIN LATERAL ('
        '       SELECT coalesce((SELECT max(b.valid_to) FROM msb_org.assignment b'
        '                         WHERE b.case_table = a.case_table AND b.case_key = a.case_key AND b.unit IS DISTINCT FROM a.unit),'
        '                       a.valid_from) AS since'
        '         FROM msb_org.assignment a'
        '        WHERE a.case_table = p.case_table AND a.case_key = p.case_key AND a.valid_to IS NULL'
        '          AND a.citizen = p.citizen AND a.unit = p.to_unit) s ON true'
        ' WHERE h.citizen = p.citizen AND h.case_table = p.case_table AND h.case_key = p.case_key AND h.planned = p.planned',
        on_date::text);
END $$;
COMMENT ON FUNCTION msb_org.settle_handovers(date) IS
'Used by reassign_due(): ends the handovers planned for a day or before that reassign_due() did not move itself. If the case has the unit that takes over (something else moved it), the handover has moved. If the case is closed or has another unit, the handover is void.';

CREATE FUNCTION msb_org.move_coordination(on_date date) RETURNS text[]
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM msb_org.handover h
                    WHERE h.case_table = '' AND h.moved_at IS NULL AND h.void_at IS NULL AND h.planned <= on_date) THEN
        RETURN '{}';
    END IF;
    -- if several wait for one plan, the last says to which unit it moves
    RETURN msb_org.newest(
        'WITH pending AS MATERIALIZED ('
        '     SELECT h.citizen, h.case_key, h.planned, h.to_unit,'
        '            h.planned = max(h.planned) OVER (PARTITION BY h.citizen, h.case_key) AS is_last'
        '       FROM msb_org.handover h'
        '      WHERE h.case_table = '''' AND h.moved_at IS NULL AND h.void_at IS NULL AND h.planned <= $1::date),'
        ' locked AS MATERIALIZED ('
        '     SELECT e.citizen, p.plan, e.case_key, e.planned, e.to_unit,'
        '            e.is_last AND p.status = ANY (''{draft,offered,consented,active,under_review}'') AS moves'
        '       FROM pending e JOIN msb_org.plan p ON p.citizen = e.citizen AND p.plan = e.case_key::uuid'
        '        FOR NO KEY UPDATE OF p SKIP LOCKED),'
        -- each found by its key: their number cannot be estimated
        ' moved AS ('
        '     UPDATE msb_org.plan p SET unit = l.to_unit, challenge = (msb_org.coordination_of(p.citizen)).challenge'
        '       FROM locked l WHERE l.moves AND p.citizen = l.citizen AND p.plan = l.plan AND p.unit IS DISTINCT FROM l.to_unit'
        '     RETURNING p.citizen),'
        ' marked AS ('
        '     UPDATE msb_org.handover h'
        '        SET moved_at = CASE WHEN l.moves THEN msb_org.record_time() END,'
        '            void_at = CASE WHEN NOT l.moves THEN msb_org.record_time() END'
        '       FROM locked l WHERE h.citizen = l.citizen AND h.case_table = '''' AND h.case_key = l.case_key AND h.planned = l.planned)'
        'SELECT coalesce(array_agg(m.citizen ORDER BY m.citizen), ''{}'') FROM moved m', on_date::text)::text[];
END $$;
COMMENT ON FUNCTION msb_org.move_coordination(date) IS
'Used by reassign_due(): moves the coordination of the open plans that have a handover planned for a day or before, accepted or not, and returns the citizens of the moved plans. A plan whose row another transaction has locked is left for the next run.';
