-- Compares the ledger with plain SQL, case by case; stops where they differ.
-- :day is the day, :structure which of the two was in force on it.

\set ECHO none
\i demo/plain.sql
SELECT count(*) AS cases, count(*) FILTER (WHERE p.unit IS DISTINCT FROM l.unit OR p.case_key IS NULL OR l.case_key IS NULL) AS different
FROM (SELECT case_table, case_key, CASE :'structure' WHEN 'msb-2018' THEN unit_2018 ELSE unit_2019 END AS unit FROM plain) AS p
FULL JOIN msb_org.current_assignment AS l USING (case_table, case_key) \gset
\echo 'Checked against the same rules in plain SQL (demo/plain.sql):' :cases 'open cases,' :different 'different.'
\echo
SELECT :different > 0 OR :cases = 0 AS failed \gset
\if :failed
DO $$ BEGIN RAISE 'the ledger is not what plain SQL says'; END $$;
\endif
DROP TABLE plain;
\set ECHO queries
