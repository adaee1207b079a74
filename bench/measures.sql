-- The measures: what against what, which way round, and what design and reader may expect.
--
--   slower   our time by the other's, wanted at most so high
--   faster   the other's time by ours, wanted at least so high
--   more     our time less the other's, microseconds a row, wanted less than
--
-- The ratio is taken within each round, where both met the same machine; shown is the median
-- of the rounds, beside it what lies between the lowest and the highest tenth of them.

SET search_path = bench;
SET client_min_messages = warning;

CREATE VIEW median AS
SELECT suite, contender, rows, rules, count(*) AS rounds,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY us) AS us, min(us) AS min_us, max(us) AS max_us
FROM result GROUP BY suite, contender, rows, rules;

CREATE VIEW median_figure AS
SELECT name, count(*) AS rounds, percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS value, percentile_cont(0.1) WITHIN GROUP (ORDER BY value) AS low, percentile_cont(0.9) WITHIN GROUP (ORDER BY value) AS high
FROM figure GROUP BY name;

CREATE TABLE wanted (nr numeric PRIMARY KEY, what text, against text, suite text, ours text, theirs text, rows bigint, way text, must numeric, aim numeric);
INSERT INTO wanted VALUES
    (1,    'area_of', 'a C function that does nothing', 'read', 'area_of', 'C function, nothing', :rows_read, 'slower', 2.5, 1.5),
    (2,    'area_of', 'the rules as a tuned CASE',      'read', 'area_of', 'CASE, tuned', :rows_read, 'faster', 1.5, 3),
    (2.1,  'area_of, any labels on anybody', 'the rules as a tuned CASE', 'read, any labels', 'area_of', 'CASE, tuned', :rows_write, 'faster', NULL, NULL),
    (3,    'area_of', 'rule table, PL/pgSQL function',  'read', 'area_of', 'rule table, PL/pgSQL', :rows_read, 'faster', 40, 80),
    (3.1,  'area_of', 'rule table, SQL function, not inlined', 'read', 'area_of', 'rule table, SQL, not inlined', :rows_read, 'faster', NULL, NULL),
    (3.2,  'area_of', 'rule table, SQL function, inlined', 'read', 'area_of', 'rule table, SQL, inlined', :rows_read, 'faster', NULL, NULL),
    (4,    'fill trigger alone, bulk', 'a C trigger that sets a constant', 'insert, bulk', 'msb_org, fill trigger alone', 'C trigger, constant', :rows_write, 'slower', 1.6, 1.2),
    (5,    'everything on, bulk', 'one foreign key', 'insert, bulk', 'msb_org, everything on', 'foreign key', :rows_write, 'slower', 2.5, 1.2),
    (5.1,  'everything on, bulk, no plan is due', 'one foreign key', 'insert, bulk, no plan is due', 'msb_org, everything on', 'foreign key', :rows_write, 'slower', NULL, NULL),
    (5.2,  'everything on, bulk, plan-heavy', 'one foreign key', 'insert, bulk, plan-heavy', 'msb_org, everything on', 'foreign key', :rows_write, 'slower', NULL, NULL),
    (6,    'everything on, bulk', 'the same by PL/pgSQL statement triggers', 'insert, bulk', 'msb_org, everything on', 'PL/pgSQL, the same as everything on', :rows_write, 'faster', 1.5, 3),
    (6.1,  'everything on, bulk', 'PL/pgSQL, area and ledger only', 'insert, bulk', 'msb_org, everything on', 'PL/pgSQL, area and ledger', :rows_write, 'faster', NULL, NULL),
    (7,    'everything on, a row a statement', 'one foreign key', 'insert, a row a statement', 'msb_org, everything on', 'foreign key', :rows_write, 'slower', 3, 1.5),
    (7.1,  'everything on, a row a statement, no plan is due', 'one foreign key', 'insert, a row a statement, no plan is due', 'msb_org, everything on', 'foreign key', :rows_write, 'slower', NULL, NULL),
    (7.2,  'everything on, a row a statement', 'the same by PL/pgSQL statement triggers', 'insert, a row a statement', 'msb_org, everything on', 'PL/pgSQL, the same as everything on', :rows_write, 'faster', NULL, NULL),
    (8,    'everything on, a row a transaction, from a client', 'one foreign key', 'insert, a row a transaction, from a client', 'msb_org, everything on', 'foreign key', :rows_write, 'slower', 3, 1.5),
    (8.05, 'everything on, a row a transaction, from a client', 'the same by PL/pgSQL statement triggers', 'insert, a row a transaction, from a client', 'msb_org, everything on', 'PL/pgSQL, the same as everything on', :rows_write, 'faster', NULL, NULL),
    (8.1,  'everything on, a row a transaction', 'one foreign key', 'insert, a row a transaction', 'msb_org, everything on', 'foreign key', :rows_write, 'slower', NULL, NULL),
    (8.2,  'everything on, a row a transaction', 'the same by PL/pgSQL statement triggers', 'insert, a row a transaction', 'msb_org, everything on', 'PL/pgSQL, the same as everything on', :rows_write, 'faster', NULL, NULL),
    (9,    'UPDATE, no mapped column, a row a statement, from a client', 'no trigger', 'update, not mapped, a row a statement, from a client', 'msb_org, everything on', 'no trigger', :rows_write, 'slower', 1.10, 1.05),
    (9.1,  'UPDATE, no mapped column, a row a statement', 'no trigger', 'update, not mapped, a row a statement', 'msb_org, everything on', 'no trigger', :rows_write, 'slower', NULL, NULL),
    (9.2,  'UPDATE, no mapped column, a row a statement', 'a C trigger that does nothing', 'update, not mapped, a row a statement', 'msb_org, everything on', 'C trigger, nothing', :rows_write, 'slower', NULL, NULL),
    (10,   'UPDATE, no mapped column, bulk', 'no trigger', 'update, not mapped, bulk', 'msb_org, everything on', 'no trigger', :rows_write, 'slower', 1.6, 1.3),
    (10.1, 'UPDATE, no mapped column, bulk', 'no trigger', 'update, not mapped, bulk', 'msb_org, everything on', 'no trigger', :rows_write, 'more', 0.7, NULL),
    (18,   'protect, a scan as a caseworker', 'the area in the condition', 'read by area, scan', 'protected, caseworker', 'no row-level security, area in the condition', :rows_write, 'slower', NULL, NULL),
    (18.1, 'protect, a scan as the application', 'no row-level security', 'read by area, scan', 'protected, application', 'no row-level security, every row', :rows_write, 'slower', NULL, NULL),
    (18.2, 'protect, a point query as a caseworker', 'the area in the condition', 'read by area, point query, planned each time', 'protected, caseworker', 'no row-level security, area in the condition', :rows_write, 'slower', NULL, NULL),
    (20,   'reassign, nothing changes', 'a scan that calls area_of', 'reassign, nothing changes', 'reassign', 'scan with area_of', :rows_write, 'slower', NULL, NULL);

-- What stands for itself.
CREATE TABLE wanted_figure (nr numeric PRIMARY KEY, what text, name text, unit text, must numeric, aim numeric);
INSERT INTO wanted_figure VALUES
    (11,   'verify, 1,500 rules, five facets, no finding', 'verify, 1500-exact rules over five facets, ms', 'ms', 50, 10),
    (11.1, 'verify, 1,500 rules, a tenth of them moved', 'verify, 1500-moved rules over five facets, ms', 'ms', 50, 10),
    (11.2, 'verify, 5,000 rules, five facets, no finding', 'verify, 5000-exact rules over five facets, ms', 'ms', NULL, NULL),
    (12,   'memory: cache of msb-2019', 'cache of msb-2019, kB', 'kB', 256, NULL),
    (12.1, 'memory: cache of 1,500 rules over five facets', 'cache of 1,500 rules over five facets, kB', 'kB', NULL, NULL),
    (13,   'memory: deferred work, a row', 'deferred work, bytes a row', 'bytes', 64, NULL),
    (13.1, 'memory: of that after the commit', 'deferred work after the commit, bytes', 'bytes', 0, NULL),
    (13.2, 'memory: deciding for all rows once more', 'memory that deciding for all rows once more takes, bytes', 'bytes', NULL, NULL),
    (14,   'new connection: first decision, more than the second', 'first decision, ms', 'ms', NULL, 1),
    (14.1, '… a C function that does nothing', 'first call of a C function that does nothing, ms', 'ms', NULL, NULL),
    (15,   'new connection: first write to an attached table', 'first write, everything on, ms', 'ms', NULL, NULL),
    (15.1, '… to a table with a foreign key', 'first write, foreign key, ms', 'ms', NULL, NULL);
INSERT INTO wanted_figure
SELECT 16 + row_number() OVER (ORDER BY m.rows, i) / 10.0, i.what || ', ' || to_char(m.rows, 'FM999,999,999') || ' cases, ' || i.day, format(i.name, m.rows), 'ms', NULL, NULL
FROM daily AS m, (VALUES (1, 'reassign_due', '1/365 due', 'reassign_due, a day on which 1/365 of %s cases is due, ms'),
                         (2, 'reassign_due', 'none due', 'reassign_due, a day on which nothing of %s cases is due, ms')) AS i (i, what, day, name);

CREATE FUNCTION amount(value numeric) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN to_char(value, CASE WHEN abs(value) < 10 THEN 'FM9999990.00' WHEN abs(value) < 100 THEN 'FM9999990.0' ELSE 'FM99,999,990' END);

CREATE TABLE measure AS
SELECT w.nr, w.what, w.against, w.rows, a.us AS us, b.us AS against_us, w.way, '×' AS unit, r.value, r.low, r.high, r.rounds, w.must, w.aim
FROM wanted AS w
JOIN median AS a ON (a.suite, a.contender, a.rows) = (w.suite, w.ours, w.rows)
JOIN median AS b ON (b.suite, b.contender, b.rows) = (w.suite, w.theirs, w.rows),
LATERAL (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v) AS value, percentile_cont(0.1) WITHIN GROUP (ORDER BY v) AS low,
                percentile_cont(0.9) WITHIN GROUP (ORDER BY v) AS high, count(*) AS rounds
         FROM (SELECT CASE w.way WHEN 'faster' THEN y.us / x.us WHEN 'slower' THEN x.us / y.us ELSE x.us - y.us END AS v
               FROM result AS x JOIN result AS y USING (suite, rows, round)
               WHERE (x.suite, x.contender, x.rows) = (w.suite, w.ours, w.rows) AND y.contender = w.theirs) AS v) AS r
UNION ALL
SELECT w.nr, w.what, '', NULL, NULL, NULL, 'figure', w.unit, f.value, f.low, f.high, f.rounds, w.must, w.aim
FROM wanted_figure AS w JOIN median_figure AS f USING (name);
UPDATE measure SET unit = 'µs' WHERE way = 'more';

CREATE VIEW measure_text AS
SELECT nr, what, against, CASE WHEN us IS NOT NULL THEN amount(us::numeric) END AS ours, CASE WHEN us IS NOT NULL THEN amount(against_us::numeric) END AS theirs,
       amount(value::numeric) || ' ' || unit || CASE way WHEN 'more' THEN ' more' WHEN 'figure' THEN '' ELSE ' ' || way END AS measured,
       CASE WHEN rounds > 1 THEN amount(low::numeric) || ' – ' || amount(high::numeric) END AS spread,
       CASE WHEN way = 'faster' THEN '≥ ' ELSE '≤ ' END || must AS must, CASE WHEN way = 'faster' THEN '≥ ' ELSE '≤ ' END || aim AS aim,
       CASE WHEN must IS NULL AND aim IS NULL THEN ''
            WHEN value = aim OR (value < aim) <> (way = 'faster') THEN 'aim reached'
            WHEN value = must OR (value < must) <> (way = 'faster') THEN 'must reached'
            WHEN must IS NULL THEN 'aim missed'
            ELSE 'MUST MISSED' END AS reached
FROM measure;
