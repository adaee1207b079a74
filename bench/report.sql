-- What was measured: each suite, growth, and one table of the measures.

SET search_path = bench;

\echo
\echo 'Shares: how many of the rows that were written opened a plan.'
\echo
SELECT CASE WHEN load = '' THEN 'realistic' ELSE substr(load, 3) END AS load, rows, citizens, plans,
       round(100.0 * plans / rows, 1) AS "% of rows", round(100.0 * plans / citizens, 1) AS "% of citizens" FROM share ORDER BY rows DESC, load;

\echo
\echo 'Microseconds a row: the median of the rounds, the least, the most; and beside the cheapest of the suite that'
\echo 'does nothing (the scan alone, no trigger) how much more.'

CREATE VIEW line AS
SELECT m.suite, m.contender, m.rows, m.rules, m.rounds, round(m.us::numeric, 3) AS us, round(m.min_us::numeric, 3) AS min_us,
       round(m.max_us::numeric, 3) AS max_us, round((m.us - base.us)::numeric, 3) AS more_us, round((m.us / base.us)::numeric, 2) AS times_base
FROM median AS m
LEFT JOIN median AS base ON (base.suite, base.rows) = (m.suite, m.rows) AND base.rules IS NOT DISTINCT FROM m.rules
                        AND base.contender IN ('the scan alone', 'no trigger', 'scan with area_of');

-- Of the sizes of a suite, the one that the measures are taken at.
CREATE TABLE shown AS
SELECT suite, max(rows) AS rows FROM line WHERE suite NOT IN ('rules', 'reassign_due')
 AND rows = CASE WHEN suite = 'read' THEN :rows_read ELSE :rows_write END GROUP BY suite;

SELECT format($q$SELECT contender AS %I, rounds, us AS "µs a row", min_us AS least, max_us AS most, more_us AS "more by", times_base AS times
                 FROM bench.line WHERE suite = %L AND rows = %s ORDER BY us$q$, suite || ' (' || to_char(rows, 'FM999,999,999') || ' rows)', suite, rows)
FROM shown ORDER BY suite <> 'read', suite \gexec

\echo
\echo 'Growth in rows: microseconds a row at each size.'
\echo
SELECT suite || ': ' || contender AS contender, to_char(rows, 'FM999,999,999') AS size, us::text, rows FROM line
WHERE (suite, contender) IN (SELECT suite, contender FROM line WHERE suite IN ('read', 'insert, bulk', 'reassign, nothing changes', 'reassign_due') GROUP BY 1, 2 HAVING count(*) > 1)
ORDER BY suite = 'read' DESC, suite, us \crosstabview contender size us rows

\echo
\echo 'Growth in rules: microseconds a row with so many.'
\echo
SELECT contender, to_char(rules, 'FM9,999') AS rules, us::text, rules AS place FROM line WHERE suite = 'rules' ORDER BY contender \crosstabview contender rules us place

\echo
\echo 'The measures. Ours and the other: microseconds a row. "× slower": our time by the other''s; "× faster": the'
\echo 'other''s by ours; of each the median of the ratios of the single rounds, beside it their spread without the lowest'
\echo 'and the highest tenth. Lines without "must" and "aim" are there for comparison.'
\echo
SELECT what, against, ours, theirs AS "the other", measured, spread AS "10 % – 90 %", must, aim, reached FROM measure_text ORDER BY nr;

SELECT format('%s of %s measures with a "must" reach it; %s of %s with an "aim" reach that.', count(*) FILTER (WHERE must IS NOT NULL AND reached <> 'MUST MISSED'), count(must),
              count(*) FILTER (WHERE reached = 'aim reached' AND aim IS NOT NULL), count(aim)) AS summary FROM measure_text \gset
\echo
\echo :summary

\if :{?out}
\set target :out '/bench.csv'
SELECT * FROM line ORDER BY suite, rows, rules, us \g (format=csv footer=off) :target
\set target :out '/measures.csv'
SELECT m.nr, m.what, m.against, m.rows, m.us, m.against_us, m.way, m.unit, m.value, m.low, m.high, m.rounds, m.must, m.aim, t.reached
FROM measure AS m JOIN measure_text AS t USING (nr) ORDER BY nr \g (format=csv) :target
\set target :out '/rounds.csv'
SELECT * FROM result ORDER BY suite, rows, rules, contender, round \g (format=csv) :target
\set target :out '/figures.csv'
SELECT * FROM figure ORDER BY name, round \g (format=csv) :target
-- the table of the measures as docs/performance.md has it
\set target :out '/measures.md'
SELECT line FROM (
    SELECT -2 AS nr, '| what | against | ours, µs | the other, µs | measured | 10 % – 90 % | must | aim | reached |' AS line
    UNION ALL SELECT -1, '|---|---|---|---|---|---|---|---|---|'
    UNION ALL SELECT nr, '| ' || array_to_string(ARRAY[what, against, ours, theirs, measured, spread, must, aim, reached], ' | ', '') || ' |' FROM measure_text
) AS t ORDER BY nr \g (format=unaligned tuples_only=on) :target
\endif
