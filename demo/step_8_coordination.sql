\echo 'The point of the reform: 8,000 citizens were in both administrations at once, and are to meet one'
\echo 'coherent course. Under the old structure all of them lay in two units; the new one brings cases'
\echo 'of one citizen together, so that fewer need a plan. Due today, with cases in at least two units:'
\echo

SELECT duty, count(*) AS citizens FROM msb_org.plan_reason WHERE valid_to IS NULL GROUP BY duty;

\set day 2019-08-01
\set structure msb-2019
\set min_units 2
\i demo/check_duties.sql

\echo 'And how many have cases of both kinds, wherever they lie? That is the same duty with min_units 1. A'
\echo 'dry run, in a transaction that is rolled back: the draft is edited and adopted, every duty computed.'
\echo '(The last row is all of them: the 8,000, and the man of the example.)'
\echo

BEGIN;
UPDATE msb_org.plan_duty SET min_units = 1 WHERE structure = 'msb-2019';
SELECT msb_org.adopt('msb-2019', msb_org.today());
CREATE TEMP TABLE due AS
    SELECT c.citizen, d.duty, d.units
    FROM (SELECT DISTINCT citizen FROM msb_org.current_assignment WHERE citizen IS NOT NULL) AS c, msb_org.citizen_duty(c.citizen) AS d;
SELECT cardinality(units) AS units, count(*) AS citizens FROM due GROUP BY ROLLUP (1) ORDER BY 1;
\echo 'So many plans would open, for those who have none:'
\echo
SELECT duty, count(*) AS plans FROM msb_org.open_due_plans(max => 100000, dry_run => true) GROUP BY 1;
\set min_units 1
\set duties due
\i demo/check_duties.sql
ROLLBACK;
\unset duties

\echo
\echo 'Nobody is due with social cases alone, or with employment cases alone:'
\echo

SELECT count(*) AS due, count(*) FILTER (WHERE has_social AND has_employment) AS "with both",
       count(*) FILTER (WHERE NOT has_employment) AS "social cases alone", count(*) FILTER (WHERE NOT has_social) AS "employment cases alone"
FROM (SELECT bool_or(case_table = 'sag') AS has_social, bool_or(case_table = 'Jobsag') AS has_employment
      FROM msb_org.plan_reason AS r JOIN msb_org.current_assignment AS a USING (citizen)
      WHERE r.valid_to IS NULL GROUP BY citizen) AS citizen;

\echo 'Which plans are there? The change of mode opened none: those who were due already wait in plan_due.'
\echo 'Drafts opened by themselves where on 1 August a citizen''s cases came to lie in more units than'
\echo 'before, and where an application has brought a case in another unit since.'
\echo

SELECT p.status, p.after_a_write AS "an application wrote a case", count(*) AS plans
FROM (SELECT status, EXISTS (SELECT FROM msb_org.assignment AS a WHERE a.citizen = plan.citizen AND a.origin = 'write') AS after_a_write
      FROM msb_org.plan) AS p GROUP BY 1, 2 ORDER BY 2;

\echo 'The man of the example has one of them. Nobody asked for it:'
\echo

SELECT msb_org.mask(p.citizen::msb_org.cpr) AS citizen, p.status, p.duty, p.unit AS coordinates, p.challenge,
       string_agg(t.participant, ', ' ORDER BY t.participant) AS participants
FROM msb_org.plan AS p JOIN msb_org.plan_participant AS t USING (citizen, plan)
WHERE p.citizen = '720398-3391' AND t.valid_to IS NULL GROUP BY p.citizen, p.plan;

\echo 'Once more, from the start: somebody who has a social case alone comes to the job centre. The'
\echo 'application knows as little of plans as of areas.'
\echo

\set ECHO none
SELECT min(borger_id) AS borger_id FROM borger WHERE fodselsdato BETWEEN DATE '1970-01-01' AND DATE '1980-01-01'
AND cpr IN (SELECT replace(citizen, '-', '') FROM msb_org.current_assignment GROUP BY citizen HAVING count(*) = 1 AND min(case_table) = 'sag' AND min(unit) = 'udsatte') \gset
SELECT left(cpr, 6) || '-' || right(cpr, 4) AS number FROM borger WHERE borger_id = :borger_id \gset
SELECT count(*) AS before FROM msb_org.plan WHERE citizen = :'number' \gset
\set ECHO queries
SELECT case_table, unit, rule FROM msb_org.current_assignment WHERE citizen = :'number';

SET ROLE fagsystem;
BEGIN;
INSERT INTO "Beskæftigelse"."Jobsag" ("Journalnr", "Part", "CPR nr", "KLE nr", "Oprettet den")
VALUES ('JS-2019-900010', 'B', :'number', '15.00.00G01', TIMESTAMPTZ '2019-08-01 13:20 Europe/Copenhagen');
UPDATE "Beskæftigelse"."Jobsag" SET "KLE nr" = '32.24.04G01' WHERE "Journalnr" = 'JS-2019-900010';
UPDATE "Beskæftigelse"."Jobsag" SET "Målgruppe" = '2.3' WHERE "Journalnr" = 'JS-2019-900010';
COMMIT;
RESET ROLE;

\echo
SELECT p.status, p.duty, p.unit AS coordinates, p.challenge, string_agg(t.participant, ', ' ORDER BY t.participant) AS participants
FROM msb_org.plan AS p JOIN msb_org.plan_participant AS t USING (citizen, plan)
WHERE p.citizen = :'number' AND t.valid_to IS NULL GROUP BY p.citizen, p.plan;

\echo 'The others wait. A report for the areas: how many citizens without a plan have cases with each?'
\echo '(Who has cases with two of them is counted by both.)'
\echo

SELECT unit, count(*) AS "citizens without a plan" FROM msb_org.plan_due, unnest(units) AS unit GROUP BY unit ORDER BY unit;

\echo 'Each unit opens them in the portions that it can take.'
\echo

SELECT count(*) AS "would open" FROM msb_org.open_due_plans('both', 'unge', 100, dry_run => true);
SELECT count(*) AS opened FROM msb_org.open_due_plans('both', 'unge', 100);
SELECT unit AS coordinates, count(*) AS plans FROM msb_org.plan
WHERE opened_at >= (SELECT max(opened_at) FROM msb_org.plan WHERE citizen = :'number') AND citizen <> :'number' GROUP BY 1 ORDER BY 1;

\set ECHO none
SELECT :before <> 0
    OR (SELECT count(*) FROM msb_org.plan WHERE citizen IN (:'number', '720398-3391') AND status = 'draft') <> 2
    OR (SELECT unit || ' ' || challenge FROM msb_org.plan WHERE citizen = '720398-3391') IS DISTINCT FROM 'unge social_exposure'
    OR (SELECT string_agg(participant, ' ' ORDER BY participant) FROM msb_org.plan_participant WHERE citizen = '720398-3391' AND valid_to IS NULL) IS DISTINCT FROM 'sundhed unge'
    OR EXISTS (SELECT FROM msb_org.plan_reason AS r JOIN msb_org.current_assignment AS a USING (citizen)
                WHERE r.valid_to IS NULL GROUP BY citizen HAVING count(DISTINCT case_table) < 2)
    OR EXISTS (SELECT FROM msb_org.plan GROUP BY citizen HAVING count(*) > 1)
    OR (SELECT count(*) FROM msb_org.plan) + (SELECT count(*) FROM msb_org.plan_due)
       <> (SELECT count(*) FROM msb_org.plan_reason WHERE valid_to IS NULL)
          + (SELECT count(*) FROM msb_org.plan AS p WHERE NOT EXISTS (SELECT FROM msb_org.plan_reason AS r WHERE r.citizen = p.citizen AND r.valid_to IS NULL)) AS failed \gset
\if :failed
DO $$ BEGIN RAISE 'the plans are not what they should be'; END $$;
\endif
