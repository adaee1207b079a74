-- One table: medians, what a row costs beside its yardsticks, and the measures of the
-- design (docs: at most, or at least; "aim" is where it should come to).

SET search_path = bench;

CREATE TEMP VIEW median AS
SELECT suite, contender, max(rows) AS rows, count(*) AS rounds,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY us) AS us, min(us) AS min_us, max(us) AS max_us
FROM result GROUP BY suite, contender;

CREATE TEMP TABLE report AS
SELECT m.suite, m.contender, m.rows, m.rounds, round(m.us::numeric, 3) AS us, round(m.min_us::numeric, 3) AS min_us,
       round(m.max_us::numeric, 3) AS max_us, round((m.us - base.us)::numeric, 3) AS extra_us,
       round((m.us / base.us)::numeric, 2) AS times_base
FROM median AS m
JOIN median AS base ON base.suite = m.suite AND base.contender IN ('the scan alone', 'no trigger');

\echo
\echo 'Microseconds a row (median of the rounds, least, most); beside the scan alone or no trigger: more by, times'
\echo '(here the quotient of the medians).'
\echo
SELECT contender, rows, us AS "µs a row", min_us AS least, max_us AS most, extra_us AS "more by", times_base AS times
FROM report WHERE suite = 'area_of' ORDER BY us;

SELECT contender, rows, us AS "µs a row", min_us AS least, max_us AS most, extra_us AS "more by", times_base AS times
FROM report WHERE suite = 'insert, bulk' ORDER BY us \g (title='insert, bulk')
SELECT contender, rows, us AS "µs a row", min_us AS least, max_us AS most, extra_us AS "more by", times_base AS times
FROM report WHERE suite = 'insert, a row a statement' ORDER BY us \g (title='insert, a row a statement, one transaction')
SELECT contender, rows, us AS "µs a row", min_us AS least, max_us AS most, extra_us AS "more by", times_base AS times
FROM report WHERE suite = 'insert, a row a transaction' ORDER BY us \g (title='insert, a row a transaction')
SELECT contender, rows, us AS "µs a row", min_us AS least, max_us AS most, extra_us AS "more by", times_base AS times
FROM report WHERE suite = 'update of a column that is not mapped, a row a statement' ORDER BY us \g (title='update of a column that is not mapped, a row a statement')
SELECT contender, rows, us AS "µs a row", min_us AS least, max_us AS most, extra_us AS "more by", times_base AS times
FROM report WHERE suite = 'update of a column that is not mapped, bulk' ORDER BY us \g (title='update of a column that is not mapped, bulk')

-- Each measure: what against what, in which direction, over whole statements.  The
-- ratio is taken within each round, where both met the same machine, and its median shown.
CREATE TEMP TABLE measure AS
WITH wanted (nr, what, against, suite, a, b, faster, must, aim) AS (VALUES
    (1, 'area_of', 'a C function that does nothing', 'area_of', 'area_of', 'C function, nothing', false, 2.5, 1.5),
    (2, 'area_of', 'inline CASE',                    'area_of', 'area_of', 'inline CASE', true, 1.5, 3),
    (3, 'area_of', 'rule table, PL/pgSQL',           'area_of', 'area_of', 'rule table, PL/pgSQL', true, 40, 80),
    (4, 'fill trigger alone', 'C trigger, constant', 'insert, bulk', 'msb_org, fill trigger alone', 'C trigger, constant', false, 1.6, 1.2),
    (5, 'everything on, bulk', 'foreign key',        'insert, bulk', 'msb_org, everything on', 'foreign key', false, 2.5, 1.2),
    (6, 'everything on, bulk', 'PL/pgSQL, CASE and a ledger', 'insert, bulk', 'msb_org, everything on', 'PL/pgSQL, CASE and a ledger', true, 1.5, 3),
    (7, 'everything on, a row a statement', 'foreign key', 'insert, a row a statement', 'msb_org, everything on', 'foreign key', false, 3, 1.5),
    (8, 'everything on, a row a transaction', 'foreign key', 'insert, a row a transaction', 'msb_org, everything on', 'foreign key', false, 3, 1.5),
    (9, 'update, column not mapped, a row a statement', 'no trigger', 'update of a column that is not mapped, a row a statement', 'msb_org, everything on', 'no trigger', false, 1.10, 1.05),
    (10, 'update, column not mapped, bulk', 'no trigger', 'update of a column that is not mapped, bulk', 'msb_org, everything on', 'no trigger', false, 1.6, 1.3)
)
SELECT nr, what, against, round(a.us::numeric, 3) AS us, round(b.us::numeric, 3) AS against_us,
       (SELECT round((percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN faster THEN y.us / x.us ELSE x.us / y.us END))::numeric, 2)
        FROM result AS x JOIN result AS y USING (suite, round)
        WHERE suite = w.suite AND x.contender = w.a AND y.contender = w.b) AS ratio,
       round((CASE WHEN faster THEN (b.us - base.us) / NULLIF(a.us - base.us, 0)
                   ELSE (a.us - base.us) / NULLIF(b.us - base.us, 0) END)::numeric, 2) AS less_base,
       faster, must, aim
FROM wanted AS w JOIN median AS a ON (a.suite, a.contender) = (w.suite, w.a) JOIN median AS b ON (b.suite, b.contender) = (w.suite, w.b)
JOIN median AS base ON base.suite = w.suite AND base.contender IN ('the scan alone', 'no trigger');

\echo 'The measures, over whole statements. The column "is" says which way round: "slower, times" is our time by'
\echo 'the other''s, wanted at most (≤) so high; "faster, times" the other''s by ours, wanted at least (≥) so high'
\echo '(below 1 we are slower). The ratio is the median of the ratios of the single rounds, so not quite the'
\echo 'quotient of the two medians beside it. "Less the scan": of those medians, with the scan taken off both.'
\echo
SELECT what, against, us AS "µs a row", against_us AS "the other", CASE WHEN faster THEN 'faster, times' ELSE 'slower, times' END AS "is", ratio,
       CASE WHEN what = 'area_of' AND faster THEN less_base END AS "less the scan",
       CASE WHEN faster THEN '≥ ' ELSE '≤ ' END || must AS must,
       CASE WHEN faster THEN '≥ ' ELSE '≤ ' END || aim AS aim,
       CASE WHEN ratio = aim OR (ratio < aim) <> faster THEN 'aim'
            WHEN ratio = must OR (ratio < must) <> faster THEN 'must'
            ELSE 'missed' END AS reached
FROM measure ORDER BY nr;

\if :{?out}
\set target :out '/bench.csv'
SELECT * FROM report ORDER BY suite, us \g (format=csv footer=off) :target
\set target :out '/measures.csv'
SELECT nr, what, against, us, against_us, ratio, less_base, faster, must, aim FROM measure ORDER BY nr \g (format=csv) :target
\set target :out '/rounds.csv'
SELECT * FROM result ORDER BY suite, contender, round \g (format=csv) :target
\endif
