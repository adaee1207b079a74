-- What a write costs.  Each round begins with empty tables; the order of the contenders is
-- another in each.

SET search_path = bench;
SET client_min_messages = warning;

-- One procedure a contender, so that every statement is prepared like an application's.
SELECT format($make$
CREATE PROCEDURE bench.insert_single_%1$s(first bigint, rows bigint) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN first .. first + rows - 1 LOOP
        INSERT INTO bench.%1$I (case_id, citizen_id, citizen, birth, task, challenge, service, opened)
        SELECT * FROM bench.load WHERE case_id = i;
    END LOOP;
END $$;
CREATE PROCEDURE bench.insert_committed_%1$s(suite text, size bigint, round integer, first bigint, rows bigint) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
BEGIN
    FOR i IN first .. first + rows - 1 LOOP
        INSERT INTO bench.%1$I (case_id, citizen_id, citizen, birth, task, challenge, service, opened)
        SELECT * FROM bench.load WHERE case_id = i;
        COMMIT;
    END LOOP;
    CALL bench.note(suite, %2$L, size, round, rows, began);
END $$;
$make$, tab, name) FROM contender \gexec

-- Which load is written: its citizens are those that the foreign key leads to.
CREATE PROCEDURE take_load(load text) LANGUAGE plpgsql AS $$
BEGIN
    CALL bench.clear();
    EXECUTE format('CREATE OR REPLACE VIEW bench.load AS SELECT * FROM bench.load_%I', load);
    ALTER TABLE bench.w_fk DROP CONSTRAINT IF EXISTS who;
    EXECUTE format('ALTER TABLE bench.w_fk ADD CONSTRAINT who FOREIGN KEY (citizen_id) REFERENCES bench.citizen_%I', load);
END $$;

-- Empty again, without the work of ending the cases one by one.
CREATE PROCEDURE clear() LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT * FROM bench.contender LOOP
        EXECUTE format('TRUNCATE bench.%I', one.tab);
    END LOOP;
    TRUNCATE msb_org.assignment, msb_org.plan_reason, msb_org.plan_participant, msb_org.plan_review, msb_org.handover,
             bench.ledger, bench.plan, bench.plan_reason, bench.plan_participant;
    TRUNCATE msb_org.plan CASCADE;
END $$;

-- The statements that make up the rounds of a load: all at once, and with singles > 0 so
-- many rows one a statement and again one a transaction.  Between those all tables are
-- vacuumed, and statements are planned anew, for tables that are full now.
CREATE FUNCTION write_rounds(load text, suffix text, size bigint, singles bigint, committed boolean, first_round integer, last_round integer, contenders text[])
    RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    one    record;
    tables text := (SELECT string_agg('bench.' || tab, ', ') FROM bench.contender WHERE name = ANY (contenders))
                   || ', msb_org.assignment, msb_org.plan, msb_org.plan_reason, msb_org.plan_participant, bench.ledger, bench.plan, bench.plan_reason, bench.plan_participant';
    turn   refcursor;
BEGIN
    RETURN NEXT format('CALL bench.take_load(%L)', load);
    FOR i IN first_round .. last_round LOOP
        RETURN NEXT format('SELECT %L', format('  %s rows%s, round %s of %s', to_char(size, 'FM999,999,999'), suffix, i, last_round));
        RETURN NEXT 'CALL bench.clear()';
        RETURN NEXT 'CHECKPOINT';
        FOR one IN SELECT * FROM bench.contender WHERE name = ANY (contenders) ORDER BY hashint4extended(hashtext(name), i) LOOP
            RETURN NEXT format('CALL bench.timed(%L, %L, %s, %s, %s, %L)', 'insert, bulk' || suffix, one.name, size, i, size / one.part,
                               format('INSERT INTO bench.%I (case_id, citizen_id, citizen, birth, task, challenge, service, opened) SELECT * FROM bench.load WHERE case_id <= %s',
                                      one.tab, size / one.part));
        END LOOP;
        CONTINUE WHEN singles = 0;
        RETURN NEXT 'VACUUM (ANALYZE) ' || tables;
        RETURN NEXT 'CHECKPOINT';
        RETURN NEXT 'DISCARD PLANS';
        FOR one IN SELECT * FROM bench.contender WHERE name = ANY (contenders) ORDER BY hashint4extended(hashtext(name), i + 1000) LOOP
            RETURN NEXT format('CALL bench.timed(%L, %L, %s, %s, %s, %L)', 'insert, a row a statement' || suffix, one.name, size, i, singles,
                               format('CALL bench.insert_single_%s(%s, %s)', one.tab, size + 1, singles));
        END LOOP;
        CONTINUE WHEN NOT committed;
        FOR one IN SELECT * FROM bench.contender WHERE name = ANY (contenders) ORDER BY hashint4extended(hashtext(name), i + 2000) LOOP
            RETURN NEXT format('CALL bench.insert_committed_%s(%L, %s, %s, %s, %s)', one.tab, 'insert, a row a transaction' || suffix, size, i, size + singles + 1, singles);
        END LOOP;
    END LOOP;
    RETURN NEXT 'CALL bench.compare_writes(' || quote_literal(contenders) || ', ' || quote_literal(suffix) || ', ' || (singles = 0) || ')';
END $$;

SELECT array_agg(name) AS every, array_agg(name) FILTER (WHERE tab IN ('w_plain', 'w_fk', 'w_fill', 'w_all', 'w_same')) AS some FROM contender \gset

SELECT write_rounds('standard', '', :rows_write, :rows_single, true, 0, :rounds, :'every') \gexec
SELECT write_rounds('single', ', no plan is due', :rows_write, :rows_single, false, 1, greatest(2, :rounds / 2), :'some') \gexec
SELECT write_rounds('heavy', ', plan-heavy', :rows_write, :rows_single, false, 1, greatest(2, :rounds / 2), :'some') \gexec
-- growth in rows
SELECT write_rounds('small', '', :rows_write / 10, 0, false, 0, :rounds, :'some') \gexec
SELECT write_rounds('large', '', :rows_write * 10, 0, false, 1, CASE WHEN :full = 1 THEN 3 ELSE 1 END, :'some') \gexec
\if :full
\if :write_most
CALL make_load('most', 'realistic', :rows_write * 100);
SELECT write_rounds('most', '', :rows_write * 100, 0, false, 1, 1, :'some') \gexec
\endif
\endif
CALL clear();
