-- area_of, row by row, against what else could say the same.  Each round runs every
-- contender once; the slow one on a twentieth of the rows.

SET search_path = bench;
SET max_parallel_workers_per_gather = 0;

CREATE PROCEDURE run_area_of(rounds integer) LANGUAGE plpgsql AS $$
DECLARE
    contender record;
    began     timestamptz;
    total     integer := (SELECT count(*) FROM bench.source);
BEGIN
    FOR i IN 0 .. rounds LOOP              -- round 0 warms up and is not counted
        FOR contender IN SELECT * FROM (VALUES
            -- the last column, so that it reads as much of a row as the others
            (1, 'the scan alone',        total,      'service'),
            (2, 'C function, nothing',   total,      'bench.nothing(birth, task, challenge, service, DATE ''2019-07-15'')'),
            (3, 'area_of',               total,      'msb_org.area_of(birth, task, challenge, service, DATE ''2019-07-15'')'),
            (4, 'inline CASE',           total,      'bench.area_by_case(birth, task, challenge, service, DATE ''2019-07-15'')'),
            (5, 'rule table, PL/pgSQL',  total / 20, 'bench.area_by_table(birth, task, challenge, service, DATE ''2019-07-15'')'))
            AS c (place, name, rows, expression) ORDER BY (place + i) % 5
        LOOP
            began := clock_timestamp();
            EXECUTE format('SELECT count(%s) FROM (SELECT * FROM bench.source LIMIT %s) AS s', contender.expression, contender.rows);
            IF i > 0 THEN
                CALL bench.note('area_of', contender.name, i, contender.rows, began);
            END IF;
        END LOOP;
    END LOOP;
END $$;

CALL run_area_of(:rounds);
