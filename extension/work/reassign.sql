-- reassign(): judging the existing rows of a table, a batch a transaction.

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
