-- reassign_due(), the daily job: birthdays, closings, ended overrides, a structure that came into force.

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
