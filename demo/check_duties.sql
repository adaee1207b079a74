-- Compares the citizens of whom the duty "both" is due with plain SQL, citizen by
-- citizen and unit by unit; stops where they differ.  :day and :structure as in
-- check_ledger.sql, :min_units is 1 or 2; :duties is a table of them, by default those
-- that are recorded.

\set ECHO none
\if :{?duties}
\else
\set duties '(SELECT citizen, duty, units FROM msb_org.plan_reason WHERE valid_to IS NULL)'
\endif
\i demo/plain.sql
SELECT count(*) FILTER (WHERE p.cpr IS NOT NULL) AS due,
       count(*) FILTER (WHERE p.units IS DISTINCT FROM r.units::text[]) AS different
FROM (SELECT cpr, array_agg(DISTINCT unit ORDER BY unit) FILTER (WHERE unit NOT IN ('mso', 'indgang')) AS units
      FROM (SELECT borger_id, social, employment, CASE :'structure' WHEN 'msb-2018' THEN unit_2018 ELSE unit_2019 END COLLATE "C" AS unit
            FROM plain WHERE social OR employment) AS counted
      JOIN borger USING (borger_id) GROUP BY cpr
      HAVING bool_or(social) AND bool_or(employment)
         AND count(DISTINCT unit) FILTER (WHERE unit NOT IN ('mso', 'indgang')) >= :min_units) AS p
FULL JOIN (SELECT replace(citizen, '-', '') AS cpr, units FROM :duties AS d WHERE duty = 'both') AS r
       ON r.cpr = p.cpr \gset
\echo 'Checked against plain SQL over the applications'' tables (demo/check_duties.sql):' :due 'citizens,' :different 'different.'
\echo
SELECT :different > 0 OR :due = 0 AS failed \gset
\if :failed
DO $$ BEGIN RAISE 'the duties are not what plain SQL says'; END $$;
\endif
DROP TABLE plain;
\set ECHO queries
