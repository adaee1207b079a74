-- The daily job, and judging all cases again where nothing changes.  Tables of cases whose
-- citizens all come of age within the year, one a day of it: on any day 1/365 of them is due,
-- and moves from the families' unit to that of the adults.

SET search_path = bench;
SET client_min_messages = warning;

CREATE TABLE daily (rows bigint PRIMARY KEY, tab text NOT NULL);
INSERT INTO daily SELECT rows, 'd_' || rows FROM unnest(ARRAY[:rows_write, :rows_write * 10]) AS rows;
SELECT format('CREATE TABLE %I (case_id integer PRIMARY KEY, citizen text NOT NULL, birth date NOT NULL,'
              ' task text NOT NULL, challenge text, service text, opened date NOT NULL, closed date, area text)', tab) FROM daily \gexec

CREATE FUNCTION daily_rounds(rounds integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    one    record;
    scan   text;
    passes integer;
BEGIN
    FOR one IN SELECT * FROM bench.daily ORDER BY rows LOOP
        RETURN NEXT 'CALL bench.clear()';
        RETURN NEXT format('CALL bench.quietly(%L)', format(
            'SELECT msb_org.attach(%L, key => ''case_id'', citizen => ''citizen'', birth => ''birth'','
            ' facets => ''{"task": "task", "challenge": "challenge", "service": "service"}'','
            ' opened => ''opened'', closed => ''closed'', area => ''area'', mode => ''fill'')', 'bench.' || one.tab));
        RETURN NEXT format('SELECT %L', format('  %s cases: judging them for the first time', to_char(one.rows, 'FM999,999,999')));
        RETURN NEXT format('INSERT INTO bench.%I SELECT n, bench.replacement_number(n), DATE ''2001-07-15'' + 1 + bench.dice(n, 1, 365), ''authority'','
                           ' bench.pick(''{disability,mental_illness,brain_injury}'', n, 2), NULL, DATE ''2019-07-15'' - n %% 1000 FROM generate_series(1, %s) AS n', one.tab, one.rows);
        RETURN NEXT format('VACUUM ANALYZE bench.%I, msb_org.assignment', one.tab);
        RETURN NEXT 'CHECKPOINT';

        -- all cases again, against a scan that asks who is responsible
        passes := CASE WHEN one.rows >= 1000000 THEN 1 ELSE least(rounds, 3) END;
        scan := format('SELECT count(msb_org.area_of(birth, task, challenge, service, DATE ''2019-07-15'')) FROM bench.%I', one.tab);
        FOR i IN 0 .. passes LOOP
            CONTINUE WHEN i = 0 AND one.rows >= 1000000;
            RETURN NEXT format('SELECT %L', format('  %s cases: reassign, round %s of %s', to_char(one.rows, 'FM999,999,999'), i, passes));
            RETURN NEXT format('CALL bench.timed(''reassign, nothing changes'', ''scan with area_of'', %s, %s, %s, %L)', one.rows, i, one.rows, scan);
            RETURN NEXT 'CALL bench.start_clock()';
            RETURN NEXT format('CALL msb_org.reassign(%L, 50000)', one.tab);
            RETURN NEXT format('CALL bench.stop_clock(''reassign, nothing changes'', ''reassign'', %s, %s)', one.rows, i);
        END LOOP;

        -- a day after the other; the figure is that of a case that is due
        passes := CASE WHEN one.rows >= 1000000 THEN 2 ELSE rounds END;
        RETURN NEXT format('SELECT %L', format('  %s cases: %s days of the daily job', to_char(one.rows, 'FM999,999,999'), passes));
        FOR i IN 0 .. passes LOOP
            RETURN NEXT format('CALL bench.one_day(%s, %L, %s)', one.rows, one.tab, i);
        END LOOP;
        RETURN NEXT format('CALL bench.quietly(%L)', format('SELECT msb_org.detach(%L)', one.tab));
    END LOOP;
END $$;

-- One day of the daily job, and once more, when nothing is due any longer.
CREATE PROCEDURE one_day(rows bigint, tab text, round integer) LANGUAGE plpgsql AS $$
DECLARE
    day   date := DATE '2019-07-16' + round;
    due   bigint;
    moved bigint;
    began timestamptz;
    ended timestamptz;
BEGIN
    PERFORM set_config('msb_org.today', day::text, false);
    SELECT count(*) INTO due FROM msb_org.assignment AS a WHERE a.case_table = tab AND a.valid_to IS NULL AND a.due = day;
    began := clock_timestamp();
    moved := msb_org.reassign_due(day);
    COMMIT;
    ended := clock_timestamp();
    IF moved <> due THEN
        RAISE '% of % cases that were due have moved', moved, due;
    END IF;
    CALL bench.note('reassign_due', 'reassign_due, a case that is due', rows, round, due, began);
    IF round > 0 THEN
        INSERT INTO bench.figure VALUES (format('reassign_due, a day on which 1/365 of %s cases is due, ms', rows), round, extract(epoch FROM ended - began) * 1000);
    END IF;
    COMMIT;
    began := clock_timestamp();
    moved := msb_org.reassign_due(day);
    COMMIT;
    IF round > 0 THEN
        INSERT INTO bench.figure VALUES (format('reassign_due, a day on which nothing of %s cases is due, ms', rows), round, extract(epoch FROM clock_timestamp() - began) * 1000);
    END IF;
    PERFORM set_config('msb_org.today', '2019-07-15', false);
END $$;

SELECT daily_rounds(:rounds) \gexec
CALL clear();
