-- area_of, row by row, against what else could say the same.  Each round runs every
-- contender once, in another order; the slow ones on a part of the rows.

SET search_path = bench;
SET client_min_messages = warning;

-- What is counted, and from what; the scan alone counts the last column that the others
-- read, so that it takes as much of a row apart.
CREATE TABLE reader (name text PRIMARY KEY, expression text NOT NULL, joined text NOT NULL DEFAULT '', part integer NOT NULL, jit boolean NOT NULL DEFAULT false);
INSERT INTO reader (part, name, expression) VALUES
    (1,  'the scan alone',               'service'),
    (1,  'C function, nothing',          'bench.nothing(birth, task, challenge, service, DATE ''2019-07-15'')'),
    (1,  'area_of',                      'msb_org.area_of(birth, task, challenge, service, DATE ''2019-07-15'')'),
    (1,  'CASE, tuned',                  'bench.area_by_case(birth, task, challenge, service, DATE ''2019-07-15'')'),
    (20, 'CASE, with age()',             'bench.area_by_age(birth, task, challenge, service, DATE ''2019-07-15'')'),
    (20, 'rule table, PL/pgSQL',         'bench.area_by_table(birth, task, challenge, service, DATE ''2019-07-15'')'),
    (50, 'rule table, SQL, not inlined', 'bench.area_by_sql(birth, task, challenge, service, DATE ''2019-07-15'')');
INSERT INTO reader (part, name, expression, joined) VALUES
    (20, 'rule table, SQL, inlined',     'r.area', 'LEFT JOIN LATERAL bench.area_rows(birth, task, challenge, service, DATE ''2019-07-15'') AS r ON true'),
    (1,  'every situation, looked up',   'l.area', $$LEFT JOIN bench.situation AS l ON l.age = coalesce(extract(year FROM age(DATE '2019-07-15', birth))::integer, -1)
                                          AND l.task = s.task AND l.challenge = coalesce(s.challenge, 'unknown') AND l.service = coalesce(s.service, 'unknown')$$);
INSERT INTO reader (part, name, expression, jit)
    SELECT 1, 'CASE, tuned, compiled (jit)', expression, true FROM reader WHERE name = 'CASE, tuned' AND pg_jit_available();

-- Nothing counts if the answers are not the same.
DO $$
DECLARE
    one   record;
    wrong bigint;
BEGIN
    FOR one IN SELECT * FROM bench.reader WHERE name NOT IN ('the scan alone', 'C function, nothing', 'area_of') ORDER BY name LOOP
        EXECUTE format('SELECT count(*) FROM (SELECT * FROM bench.load_large LIMIT (SELECT count(*) FROM bench.load_large) / %s) AS s %s'
                       ' WHERE (%s) IS DISTINCT FROM msb_org.area_of(s.birth, s.task, s.challenge, s.service, DATE ''2019-07-15'')',
                       one.part, one.joined, one.expression) INTO wrong;
        IF wrong > 0 THEN
            RAISE '% and area_of differ on % rows', one.name, wrong;
        END IF;
    END LOOP;
    SELECT count(*) INTO wrong FROM bench.load_large WHERE msb_org.area_of(birth, task, challenge, service, DATE '2019-07-15') IS NULL;
    IF wrong > 0 THEN
        RAISE '% rows have no answer', wrong;
    END IF;
END $$;

-- Small tables are read so often that the clock does not matter.
CREATE PROCEDURE read_once(suite text, source text, contender text, size bigint, round integer, only_whole boolean) LANGUAGE plpgsql AS $$
DECLARE
    one   record;
    part  bigint;
    times bigint;
    began timestamptz;
BEGIN
    SELECT * INTO one FROM bench.reader WHERE name = contender;
    IF only_whole AND one.part > 1 THEN
        RETURN;
    END IF;
    part := greatest(size / one.part, 1);
    times := greatest(200000 / one.part / part, 1);
    PERFORM set_config('jit', one.jit::text, true), set_config('jit_above_cost', '0', true), set_config('jit_inline_above_cost', '0', true),
            set_config('jit_optimize_above_cost', '0', true);
    began := clock_timestamp();
    FOR i IN 1 .. times LOOP
        EXECUTE format('SELECT count(%s) FROM (SELECT * FROM bench.%I LIMIT %s) AS s %s', one.expression, source, part, one.joined);
    END LOOP;
    CALL bench.note(suite, contender, size, round, part * times, began);
END $$;

-- Growth in rows first, without the slowest.
SELECT statement FROM (
    SELECT size.place, round, 1 AS step, 0 AS shuffled, format('SELECT %L', format('  %s rows', to_char(rows, 'FM999,999,999'))) AS statement
    FROM (VALUES (1, :rows_read / 100), (2, :rows_read / 10)) AS size (place, rows), generate_series(0, 0) AS round
    UNION ALL
    SELECT size.place, round, 2, hashint4extended(hashtext(name), round), format('CALL bench.read_once(''read'', ''load_large'', %L, %s, %s, true)', name, rows, round)
    FROM (VALUES (1, :rows_read / 100), (2, :rows_read / 10)) AS size (place, rows), generate_series(0, :rounds) AS round, reader
    UNION ALL
    SELECT 3, round, 1, 0, format('SELECT %L', format('  %s rows, round %s of %s', to_char(:rows_read, 'FM999,999,999'), round, :rounds))
    FROM generate_series(0, :rounds) AS round
    UNION ALL
    SELECT 3, round, 2, hashint4extended(hashtext(name), round), format('CALL bench.read_once(''read'', ''load_large'', %L, %s, %s, false)', name, :rows_read, round)
    FROM generate_series(0, :rounds) AS round, reader
) AS s ORDER BY place, round, step, shuffled \gexec

-- Where any label may stand on any case, fewer are decided by the first branches of a CASE.
SELECT format('CALL bench.read_once(''read, any labels'', ''load_heavy'', %L, %s, %s, false)', name, :rows_write, round)
FROM generate_series(0, :rounds) AS round, reader ORDER BY round, hashint4extended(hashtext(name), round) \gexec

\if :full
\echo '  ten times as many rows ...'
CREATE TABLE load_huge AS SELECT case_id + i * :rows_read AS case_id, citizen_id, citizen, birth, task, challenge, service, opened
    FROM load_large, generate_series(0, 9) AS i WHERE case_id <= :rows_read;
VACUUM load_huge;
SELECT format('CALL bench.read_once(''read'', ''load_huge'', %L, %s, %s, true)', name, 10 * :rows_read, round)
FROM generate_series(0, 2) AS round, reader ORDER BY round, hashint4extended(hashtext(name), round) \gexec
DROP TABLE load_huge;
\endif
