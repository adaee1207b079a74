-- Judging existing cases: reassign(), the daily job, overrides, renumbering.

CREATE TABLE msb_org.reassignment (
    case_table  text COLLATE "C" PRIMARY KEY,
    started_at  timestamptz NOT NULL,
    started_by  text NOT NULL,
    cases       bigint NOT NULL,
    judged      bigint NOT NULL DEFAULT 0,
    moved       bigint NOT NULL DEFAULT 0,
    last_key    text,
    updated_at  timestamptz,
    finished_at timestamptz
);
COMMENT ON TABLE msb_org.reassignment IS 'The progress of reassign() with each table, now or at its last run. Every session sees it after each batch.';
COMMENT ON COLUMN msb_org.reassignment.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.reassignment.started_at IS 'The time at which it began.';
COMMENT ON COLUMN msb_org.reassignment.started_by IS 'The user who began it.';
COMMENT ON COLUMN msb_org.reassignment.cases IS 'Rows in the table when it began.';
COMMENT ON COLUMN msb_org.reassignment.judged IS 'The number of rows judged so far.';
COMMENT ON COLUMN msb_org.reassignment.moved IS 'The number of judged cases whose unit changed or that got their first unit.';
COMMENT ON COLUMN msb_org.reassignment.last_key IS 'The last key that was judged, from which it continues after an interruption.';
COMMENT ON COLUMN msb_org.reassignment.updated_at IS 'The time at which the last batch was done.';
COMMENT ON COLUMN msb_org.reassignment.finished_at IS 'The time at which all rows were done; NULL while it runs or after an interruption.';

CREATE FUNCTION msb_org.judge_cases(case_table text, keys text[], origin text) RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_judge_cases';
COMMENT ON FUNCTION msb_org.judge_cases(text, text[], text) IS
'Used by reassign(), reassign_due() and override(): judges these cases now, by their keys, as the table''s mode says. origin is written into the ledger. Cases that do not exist end. Returns how many got another unit. Raises 42704 if no table is attached under the name.';

CREATE FUNCTION msb_org.note_cases(case_table text, keys text[]) RETURNS text[]
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_note_cases';
COMMENT ON FUNCTION msb_org.note_cases(text, text[]) IS
'Used by reassign_due(): the first half of judge_cases(). It locks the rows and notes them, so that the rows of all tables are locked before any citizen is. Returns the keys for which there is no case.';

CREATE FUNCTION msb_org.judge_noted(origin text) RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_judge_noted';
COMMENT ON FUNCTION msb_org.judge_noted(text) IS
'Used by reassign_due(): the second half of judge_cases(), for all rows that note_cases() noted in this transaction. Returns how many cases got another unit.';

CREATE FUNCTION msb_org.changed_cases(case_table text, after_key text, batch_size integer,
        OUT keys text[], OUT judged integer, OUT last_key text)
    LANGUAGE c VOLATILE COST 100000
    AS 'MODULE_PATHNAME', 'msb_changed_cases';
COMMENT ON FUNCTION msb_org.changed_cases(text, text, integer) IS
'Used by reassign(): reads the next batch_size cases of a table after a key (NULL: the first), in the order of the keys, and finds those for which judge_cases() would change the ledger or the area column. Locks and writes nothing. judged: the number of cases read; last_key: the last of them. Raises 42704 if no table is attached under the name.';

CREATE FUNCTION msb_org.case_key_query(case_table text, OUT source text, OUT key text)
    LANGUAGE sql STABLE STRICT COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || m.relation::text, m.column_name
      FROM msb_org.column_map m
      JOIN msb_org.attached_table t ON t.case_table = m.case_table AND t.relation = m.relation
      JOIN pg_class c ON c.oid = m.relation
     WHERE m.case_table = case_key_query.case_table AND m.role = 'key' AND NOT m.in_parent
$$;
COMMENT ON FUNCTION msb_org.case_key_query(text) IS 'Used by reassign(): the rows (without the rows of tables that inherit from it) and the key column of an attached table.';

CREATE FUNCTION msb_org.reassign_begin(case_table text) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name   text := msb_org.attached_name(reassign_begin.case_table);
    target regclass;
    source record;
    total  bigint;
    resume msb_org.reassignment;
BEGIN
    SELECT t.relation INTO target FROM msb_org.attached_table t WHERE t.case_table = name;
    PERFORM msb_org.check_owner(target, name);
    PERFORM msb_org.check_sees_all(target);
    SELECT * INTO source FROM msb_org.case_key_query(name);
    IF source.source IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('table %s has no trigger "msb_org_map", which holds its column map'), target),
            HINT = msb_org.gettext('Map the columns again with msb_org.remap(), or end the attachment with msb_org.detach().');
    END IF;
    SELECT r.* INTO resume FROM msb_org.reassignment r WHERE r.case_table = name AND r.finished_at IS NULL;
    IF FOUND THEN
        RAISE NOTICE USING MESSAGE = format(
            msb_org.ngettext('going on with "%s" where it was interrupted: %s of %s case judged',
                             'going on with "%s" where it was interrupted: %s of %s cases judged', resume.cases),
            name, resume.judged, resume.cases);
        RETURN;
    END IF;
    EXECUTE format('SELECT count(t.%I) FROM %s t', source.key, source.source) INTO total;
    INSERT INTO msb_org.reassignment AS r (case_table, started_at, started_by, cases)
    VALUES (name, clock_timestamp(), msb_org.actor(), total)
    ON CONFLICT (case_table) DO UPDATE
       SET started_at = excluded.started_at, started_by = excluded.started_by, cases = excluded.cases,
           judged = 0, moved = 0, last_key = NULL, updated_at = NULL, finished_at = NULL;
END $$;
COMMENT ON FUNCTION msb_org.reassign_begin(text) IS 'Used by reassign(): begins a run, or continues one that was interrupted.';

CREATE FUNCTION msb_org.lost_cases(case_table text) RETURNS text[]
    LANGUAGE plpgsql VOLATILE STRICT COST 100000
    SET search_path = pg_catalog, pg_temp
    -- A hash join, whatever is estimated. The statistics may lack the rows that were just written, and they
    -- have nothing about the keys as text. A nested loop planned for one row would take hours.
    SET enable_nestloop = off
    SET enable_mergejoin = off
    -- such a plan's cost is so high that the server would compile it, each time
    SET jit = off
AS $$
DECLARE
    source record;
    lost   text[];
BEGIN
    SELECT * INTO source FROM msb_org.case_key_query(lost_cases.case_table);
    EXECUTE format('SELECT array_agg(a.case_key) FROM msb_org.assignment a'
                   ' WHERE a.case_table = %L AND a.valid_to IS NULL'
                   ' AND NOT EXISTS (SELECT FROM %s t WHERE t.%I::text COLLATE "C" = a.case_key)',
                   lost_cases.case_table, source.source, source.key)
       INTO lost;
    RETURN lost;
END $$;
COMMENT ON FUNCTION msb_org.lost_cases(text) IS
'Used by reassign(): the open cases of the ledger that the table does not have any more; NULL for none.';

CREATE FUNCTION msb_org.reassign_batch(case_table text, batch_size integer) RETURNS boolean
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name   text := msb_org.attached_name(reassign_batch.case_table);
    state  msb_org.reassignment;
    batch  record;
    lost   text[];
    went   bigint := 0;
BEGIN
    SELECT r.* INTO state FROM msb_org.reassignment r WHERE r.case_table = name FOR UPDATE;
    SELECT * INTO batch FROM msb_org.changed_cases(name, state.last_key, batch_size);
    IF batch.judged > 0 THEN
        IF batch.keys <> '{}' THEN
            went := msb_org.judge_cases(name, batch.keys, 'reassign');
        END IF;
        -- a handover is the move of a case by a structure or a birthday, not the first judging of a case
        IF went > 0 AND (SELECT count(*) > 1 FROM msb_org.enactment) THEN
            PERFORM msb_org.record_moves(name, batch.keys, false);
        END IF;
        UPDATE msb_org.reassignment r
           SET judged = r.judged + batch.judged, moved = r.moved + went,
               last_key = batch.last_key, updated_at = clock_timestamp()
         WHERE r.case_table = name
        RETURNING * INTO state;
        RAISE NOTICE USING MESSAGE = format(
            msb_org.ngettext('"%s": %s of %s case judged, %s moved', '"%s": %s of %s cases judged, %s moved', state.cases),
            name, state.judged, state.cases, state.moved);
        RETURN true;
    END IF;
    -- cases that were deleted while triggers were off
    lost := msb_org.lost_cases(name);
    IF lost IS NOT NULL THEN
        PERFORM msb_org.judge_cases(name, lost, 'reassign');
    END IF;
    UPDATE msb_org.reassignment r SET finished_at = clock_timestamp() WHERE r.case_table = name;
    RETURN false;
END $$;
COMMENT ON FUNCTION msb_org.reassign_batch(text, integer) IS 'Used by reassign(): judges the next batch; false if all are done.';

CREATE FUNCTION msb_org.refuse_block() RETURNS void
    LANGUAGE c VOLATILE COST 1
    AS 'MODULE_PATHNAME', 'msb_refuse_block';
COMMENT ON FUNCTION msb_org.refuse_block() IS 'Used by reassign(): refuses (25001) to run inside a transaction block.';

-- No SET, and no name that the search path resolves: a procedure with SET cannot commit.
CREATE PROCEDURE msb_org.reassign(case_table text, batch_size integer DEFAULT 5000)
    LANGUAGE plpgsql
AS $$
BEGIN
    IF batch_size IS NULL OR batch_size OPERATOR(pg_catalog.<) 1 THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('batch_size must be 1 or more');
    END IF;
    PERFORM msb_org.refuse_block();
    PERFORM msb_org.reassign_begin(case_table);
    COMMIT;
    WHILE msb_org.reassign_batch(case_table, batch_size) LOOP
        COMMIT;
    END LOOP;
    COMMIT;
END $$;
COMMENT ON PROCEDURE msb_org.reassign(text, integer) IS
'Judges every row of an attached table, batch_size rows per transaction: the first time after attach(), after a new structure came into force, after aliases changed. In fill and enforce it writes the areas that are missing or stale. An area that was given and kept remains. Cases of the ledger that the table does not have any more end. The table reassignment has its progress, for every session to see. After an interruption the next call continues. The caller must own the table. See docs/modes.md#reassign. Raises 25001 inside a transaction block, 22023 for a batch size below 1, 42501 if the caller is not the owner or row-level security hides rows, 42704 if the table is not attached, 42P01 if it was dropped, 55000 if the map of its columns is lost.';

-- The daily job reads the cases that are due, which an index has. No index shows that a case was
-- judged by another structure than the one in force: every write would pay for it, and after each
-- change of structure it is true of many cases. So the job then reads the whole ledger, until no
-- case that was judged before the change can appear any more.
CREATE TABLE msb_org.due_scan (
    enacted    text COLLATE "C" PRIMARY KEY,
    known_from xid8 NOT NULL,
    complete   boolean NOT NULL
);
COMMENT ON TABLE msb_org.due_scan IS 'The state of reassign_due()''s search for cases that another structure than the one in force decided: whether it must read the whole ledger, or has done so for good. It has one row at most.';
COMMENT ON COLUMN msb_org.due_scan.enacted IS 'The structure in force, and digests of all enactments and of all attached tables, each with the transaction that wrote it. If any of these changes, the ledger is read anew.';
COMMENT ON COLUMN msb_org.due_scan.known_from IS 'The id of a transaction: it and all later ones began when enacted had this value already.';
COMMENT ON COLUMN msb_org.due_scan.complete IS 'Whether the ledger was read after all earlier transactions had ended.';

CREATE FUNCTION msb_org.enacted_now() RETURNS text
    LANGUAGE sql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws('; ',
        coalesce((SELECT format('%s#%s', e.structure, e.revision) FROM msb_org.enactment e WHERE e.in_force @> msb_org.today()), '-'),
        -- digests: an index takes no text as long as the list of some hundred tables
        encode(sha256(convert_to((SELECT string_agg(format('%s#%s %s %s', e.structure, e.revision, e.in_force, e.xmin), ', ' ORDER BY e.structure, e.revision) FROM msb_org.enactment e), getdatabaseencoding())), 'hex'),
        encode(sha256(convert_to((SELECT string_agg(format('%s %s', t.case_table, t.xmin), ', ' ORDER BY t.case_table) FROM msb_org.attached_table t), getdatabaseencoding())), 'hex'))
$$;
COMMENT ON FUNCTION msb_org.enacted_now() IS 'Used by reassign_due(): the present value of due_scan.enacted.';

-- By index, whatever the statistics say: they may be older than the load.
CREATE FUNCTION msb_org.cases_due(case_table text, on_date date) RETURNS TABLE (case_key text)
    LANGUAGE sql STABLE COST 100 ROWS 100
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET jit = off
AS $$
    SELECT a.case_key FROM msb_org.assignment a
     WHERE a.due <= cases_due.on_date AND a.valid_to IS NULL AND a.case_table = cases_due.case_table
     UNION ALL
    SELECT c.case_key FROM msb_org.cases_handed_over(cases_due.case_table, cases_due.on_date) c
$$;
COMMENT ON FUNCTION msb_org.cases_due(text, date) IS
'Used by reassign_due(): the open cases of a table that are due by a day, and those among them that have a handover.';

CREATE FUNCTION msb_org.reassign_due(on_date date DEFAULT msb_org.today()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT COST 100000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    source      record;
    keys        text[];
    moved       bigint;
    noted       jsonb := '{}';
    missing     jsonb := '{}';
    in_structure text;
    in_revision integer;
    scan        msb_org.due_scan;
    enacted_before text := msb_org.enacted_now();
    everything  boolean;
    running     pg_snapshot := pg_current_snapshot();
    passed_over boolean := false;
BEGIN
    IF on_date > msb_org.today() THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('the day %s is in the future'), on_date),
            HINT = msb_org.gettext('A superuser can set msb_org.today for a dry run.');
    END IF;
    SELECT e.structure, e.revision INTO in_structure, in_revision
      FROM msb_org.enactment e WHERE e.in_force @> msb_org.today();
    SELECT d.* INTO scan FROM msb_org.due_scan d WHERE d.enacted = enacted_before;
    everything := scan.complete IS NOT TRUE;
    -- overrides that ended by a closing, a deletion, or a write after their last day
    DELETE FROM msb_org.case_override o WHERE NOT EXISTS (
        SELECT FROM msb_org.assignment a WHERE a.case_table = o.case_table AND a.case_key = o.case_key
           AND a.valid_to IS NULL AND a.origin = 'override');
    FOR source IN
        SELECT t.case_table, t.key FROM msb_org.attachment t ORDER BY t.case_table
    LOOP
        IF source.key IS NULL THEN
            RAISE WARNING USING
                MESSAGE = format(msb_org.gettext('the cases of "%s" cannot be judged: the table or its column map is gone'), source.case_table),
                HINT = msb_org.gettext('Map the columns again with remap(), or end the attachment with detach().');
            passed_over := true;
            CONTINUE;
        END IF;
        SELECT array_agg(DISTINCT d.case_key) INTO keys
          FROM (SELECT c.case_key FROM msb_org.cases_due(source.case_table, on_date) c
                 UNION ALL
                SELECT a.case_key FROM msb_org.assignment a
                 WHERE everything AND a.case_table = source.case_table AND a.valid_to IS NULL
                   AND (a.structure, a.revision) IS DISTINCT FROM (in_structure, in_revision)) d;
        IF keys IS NOT NULL THEN
            noted := noted || jsonb_build_object(source.case_table, keys);
            missing := missing || jsonb_build_object(source.case_table, msb_org.note_cases(source.case_table, keys));
        END IF;
    END LOOP;
    IF noted <> '{}' THEN
        PERFORM msb_org.lock_plans_of(noted);
    END IF;
    -- every row is locked by now: first rows, then citizens, as the applications' transactions do
    moved := msb_org.judge_noted('due');
    IF moved > 0 THEN
        PERFORM msb_org.record_moves(n.key, ARRAY(SELECT jsonb_array_elements_text(n.value)), true)
           FROM jsonb_each(noted) n;
    END IF;
    FOR source IN SELECT m.key AS case_table, m.value AS keys FROM jsonb_each(missing) m ORDER BY m.key LOOP
        PERFORM msb_org.judge_cases(source.case_table,
                                    ARRAY(SELECT e.k FROM jsonb_array_elements_text(source.keys) AS e (k)), 'due');
    END LOOP;
    PERFORM msb_org.settle_handovers(on_date);
    PERFORM msb_org.move_coordination(on_date);
    IF scan.enacted IS NULL THEN
        DELETE FROM msb_org.due_scan d;
        INSERT INTO msb_org.due_scan (enacted, known_from, complete)
        VALUES (enacted_before, pg_snapshot_xmax(pg_current_snapshot()), false) ON CONFLICT DO NOTHING;
    ELSIF everything AND NOT passed_over AND scan.known_from <= pg_snapshot_xmin(running) THEN
        UPDATE msb_org.due_scan d SET complete = true WHERE d.enacted = enacted_before AND d.known_from = scan.known_from;
    END IF;
    RETURN moved;
END $$;
COMMENT ON FUNCTION msb_org.reassign_due(date) IS
'The daily job: judges the open cases that are due by a day (a birthday at an age bound, a future closing, the end of an override) and those that another structure than the one in force decided. Cases that move are recorded as handovers, accepted or not. If the coordination of a plan is to move by that day, it moves with them. Returns how many cases got another unit. It warns about a table whose map is lost, and continues. Run it once a day: docs/modes.md#the-daily-job. Raises 22023 for a day in the future.';

CREATE FUNCTION msb_org.override(case_table text, case_key text, unit text, reason text, until date DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name text := msb_org.attached_name(override.case_table);
    wanted text := override.unit;
BEGIN
    IF name IS NULL OR override.case_key IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('case_table and case_key must be given');
    END IF;
    IF wanted IS NULL THEN
        DELETE FROM msb_org.case_override o WHERE o.case_table = name AND o.case_key = override.case_key;
        IF NOT FOUND THEN
            PERFORM msb_org.raise('42704', format(msb_org.gettext('case %s of "%s" has no override'), msb_org.printable(override.case_key), name));
        END IF;
        PERFORM msb_org.judge_cases(name, ARRAY[override.case_key], 'reassign');
        RETURN;
    END IF;
    IF override.reason IS NULL OR btrim(override.reason) = '' THEN
        PERFORM msb_org.raise('22004', msb_org.gettext('an override needs a reason'));
    END IF;
    IF override.until < msb_org.today() THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the last day of the override, %s, has passed'), override.until));
    END IF;
    IF NOT EXISTS (SELECT FROM msb_org.enactment e, jsonb_array_elements(e.document -> 'units') u
                    WHERE e.in_force @> msb_org.today() AND u ->> 'unit' = wanted) THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('the structure in force has no unit "%s"'), msb_org.printable(wanted)));
    END IF;
    INSERT INTO msb_org.case_override AS o (case_table, case_key, unit, reason, until, actor)
    VALUES (name, override.case_key, wanted, override.reason, override.until, msb_org.actor())
    ON CONFLICT (case_table, case_key) DO UPDATE
       SET unit = excluded.unit, reason = excluded.reason, until = excluded.until,
           actor = excluded.actor, recorded_at = now();
    PERFORM msb_org.judge_cases(name, ARRAY[override.case_key], 'override');
    IF NOT EXISTS (SELECT FROM msb_org.assignment a
                    WHERE a.case_table = name AND a.case_key = override.case_key
                      AND a.valid_to IS NULL AND a.origin = 'override') THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('"%s" has no open case %s'), name, msb_org.printable(override.case_key)));
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.override(text, text, text, text, date) IS
'Makes another unit than the rule''s responsible for one open case, for a reason, until the end of a day or until the case is closed; a NULL unit ends the override. The ledger changes at once, and so does the area column in fill and enforce. See docs/modes.md#overrides. Raises 42704 if there is no such open case, table or unit, or no override to end; 22004 without a reason; 22023 for a day that has passed.';

CREATE FUNCTION msb_org.renumber_citizen(old_citizen text, new_citizen text, reason text) RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_renumber_citizen';
COMMENT ON FUNCTION msb_org.renumber_citizen(text, text, text) IS
'Moves a citizen''s records to another key: changes the rows of the ledger, ended ones too, records the renumbering, and returns the number of rows. Plans, duties, handovers and the primary challenge follow if no open case is left under the old key. A CPR number may be in any form. A change of the key in the table that cases refer to has the same effect by itself. Raises 22023 if a key is empty, both are the same, or the old one is a CPR number and the new one is none; 22004 for an empty reason.';
