-- Nothing counts if the contenders did not do the same.

SET search_path = bench;
SET client_min_messages = warning;

-- Plan duties as rows, with the labels below those that they name: for a plain query that
-- knows nothing of either side's code.
CREATE TABLE duty AS
SELECT part, labels_below(counted, 'task') AS tasks, labels_below(counted, 'challenge') AS challenges, labels_below(counted, 'service') AS services
FROM msb_org.plan_duty WHERE structure = 'msb-2018';

CREATE VIEW due_by_query AS
SELECT c.citizen, array_agg(DISTINCT c.area COLLATE "C" ORDER BY c.area COLLATE "C") FILTER (WHERE u.kind NOT IN ('external', 'entry')) AS units
FROM bench.w_plain AS p JOIN bench.w_all AS c USING (case_id)
JOIN bench.duty AS d ON (d.tasks IS NULL OR c.task = ANY (d.tasks)) AND (d.challenges IS NULL OR coalesce(c.challenge, 'unknown') = ANY (d.challenges))
                    AND (d.services IS NULL OR coalesce(c.service, 'unknown') = ANY (d.services))
JOIN msb_org.unit AS u ON u.structure = 'msb-2018' AND u.unit = c.area
GROUP BY c.citizen
HAVING count(DISTINCT d.part) = 2 AND count(DISTINCT c.area) FILTER (WHERE u.kind NOT IN ('external', 'entry')) >= 2;

-- How many rows opened a plan: what the reader has to know of a load.
CREATE TABLE share (load text PRIMARY KEY, rows bigint, citizens bigint, plans bigint);

CREATE PROCEDURE must_be_none(query text, what text) LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    EXECUTE 'SELECT count(*) FROM (' || query || ') AS q' INTO wrong;
    IF wrong > 0 THEN
        RAISE '%: %', what, wrong;
    END IF;
END $$;

-- The same rows, as often, in any order: by the sum of their hashes, since there may be
-- millions.
CREATE PROCEDURE same(a text, b text, what text) LANGUAGE plpgsql AS $$
DECLARE
    same boolean;
BEGIN
    EXECUTE format('SELECT (SELECT (count(*), sum(hash_record_extended(x, 0))) FROM (%s) AS x) IS NOT DISTINCT FROM'
                   ' (SELECT (count(*), sum(hash_record_extended(x, 0))) FROM (%s) AS x)', a, b) INTO same;
    IF NOT same THEN
        CALL bench.must_be_none(format('(%s EXCEPT ALL %s) UNION ALL (%s EXCEPT ALL %s)', a, b, b, a), what || ': rows that differ');
    END IF;
END $$;

-- in_bulk: all rows came in one transaction.  Where some came one a statement, the extension
-- looked at a citizen at the end of the transaction, PL/pgSQL after each statement: a plan
-- that had opened by then may name another coordinating unit.
CREATE PROCEDURE compare_writes(contenders text[], load text, in_bulk boolean) LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    ANALYZE bench.w_plain, bench.w_all, bench.w_same, bench.ledger, msb_org.assignment, msb_org.plan, msb_org.plan_reason;
    -- areas, against the CASE
    FOR one IN SELECT * FROM bench.contender WHERE name = ANY (contenders) AND tab NOT IN ('w_plain', 'w_fk', 'w_nothing', 'w_const') LOOP
        CALL bench.must_be_none(format('SELECT FROM bench.%I WHERE area IS DISTINCT FROM bench.area_by_case(birth, task, challenge, service, DATE ''2019-07-15'')', one.tab),
                                one.name || ': areas that are not what the CASE says');
        CALL bench.must_be_none(format('SELECT FROM (SELECT count(*) AS n FROM bench.%I) AS t, (SELECT count(*) AS n FROM bench.w_plain) AS p WHERE %s', one.tab,
                                       CASE WHEN one.part = 1 THEN 't.n <> p.n' ELSE 't.n = 0' END), one.name || ': another number of rows');
    END LOOP;
    -- the ledgers, against the tables and against each other
    CALL bench.same('SELECT case_id::text COLLATE "C", citizen COLLATE "C", area COLLATE "C", birth, opened FROM bench.w_all',
                    'SELECT case_key, citizen, unit, birth, opened FROM msb_org.assignment WHERE case_table = ''w_all'' AND valid_to IS NULL', 'the ledger and the table');
    CALL bench.same('SELECT case_key, citizen, unit, birth, opened, due FROM bench.ledger WHERE case_table = ''w_same''',
                    'SELECT case_key, citizen, unit, birth, opened, due FROM msb_org.assignment WHERE case_table = ''w_all''', 'the ledger and the one in PL/pgSQL');
    -- duties, plans, participants
    CALL bench.same('SELECT citizen COLLATE "C", units FROM bench.due_by_query',
                    'SELECT citizen, units FROM msb_org.plan_reason WHERE valid_to IS NULL AND NOT observed', 'who is due a plan, and a plain query');
    CALL bench.same('SELECT citizen COLLATE "C", units FROM bench.due_by_query',
                    'SELECT citizen, units FROM bench.plan_reason WHERE valid_to IS NULL', 'who is due a plan in PL/pgSQL, and a plain query');
    CALL bench.same('SELECT citizen COLLATE "C" FROM bench.due_by_query',
                    'SELECT citizen FROM msb_org.plan WHERE kind = ''coordination'' AND status = ''draft''', 'plans, and a plain query');
    CALL bench.same('SELECT citizen FROM bench.plan', 'SELECT citizen FROM msb_org.plan', 'who has a plan, and who has one in PL/pgSQL');
    CALL bench.must_be_none('SELECT FROM bench.due_by_query AS d, unnest(d.units) AS u WHERE NOT EXISTS (SELECT FROM msb_org.plan_participant AS t WHERE t.citizen = d.citizen AND t.participant = u AND t.valid_to IS NULL)',
                            'units of cases that count and do not take part');
    INSERT INTO bench.share
    SELECT load, (SELECT count(*) FROM bench.w_all), (SELECT count(DISTINCT citizen) FROM bench.w_all), (SELECT count(*) FROM msb_org.plan)
    ON CONFLICT DO NOTHING;
    IF NOT in_bulk THEN
        RETURN;
    END IF;
    CALL bench.same('SELECT citizen, unit, challenge FROM bench.plan', 'SELECT citizen, unit, challenge FROM msb_org.plan', 'plans, and those in PL/pgSQL');
    CALL bench.same('SELECT citizen, kind, participant FROM bench.plan_participant WHERE valid_to IS NULL',
                    'SELECT citizen, kind, participant FROM msb_org.plan_participant WHERE valid_to IS NULL', 'participants, and those in PL/pgSQL');
END $$;
