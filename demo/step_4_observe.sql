\echo 'What the codes of the two applications mean is rows. Two applications use one code for'
\echo 'different things, so each has a vocabulary. A few codes are left out: nobody knows them.'
\echo

\set ECHO none
\i demo/aliases.sql
\set ECHO queries

SELECT vocabulary, facet, count(*) AS patterns, min(pattern || ' → ' || label) AS "for example"
FROM msb_org.alias GROUP BY 1, 2 ORDER BY 1 DESC, 2;

\echo 'Each column gets its role. The citizen of a social case stands in another table, behind a'
\echo 'foreign key. Mode observe: nothing in the tables is written, nothing refused.'
\echo

SELECT msb_org.attach('sag', vocabulary => 'social', mode => 'observe', key => 'sag_id',
         citizen => 'borger_id.cpr', birth => 'borger_id.fodselsdato',
         facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}',
         facet_values => '{"subject": "citizen"}',
         opened => 'oprettet', closed => 'afsluttet', decided => 'afgjort',
         caseworker => 'sagsbehandler', area => 'omraade');

SELECT msb_org.attach('"Beskæftigelse"."Jobsag"', vocabulary => 'job', mode => 'observe', key => 'Journalnr',
         citizen => 'CPR nr', birth => 'CPR nr',
         facets => '{"subject": "Part", "task": "KLE nr", "challenge": "Målgruppe", "service": "KLE nr"}',
         opened => 'Oprettet den', closed => 'Sagsstatus', closed_values => '{L}', decided => 'Afgjort den',
         caseworker => 'Ansvarlig medarbejder', area => 'Afdelings-id',
         area_values => '{"fbu": 4701, "voksenhandicap": 4702, "sou": 4703, "besk": 4704,
                          "boern": 4710, "unge": 4711, "voksne": 4712, "udsatte": 4713,
                          "job": 4714, "sundhed": 4715, "indgang": 4790, "mso": 4799}');

\echo 'The view attachment says how it was understood.'
\echo

\pset expanded on
SELECT case_table, relation, mode, key, citizen, birth, facets, facet_values, opened, closed, closed_values,
       area, left(area_values::text, 50) || ' ...' AS area_values, vocabulary
FROM msb_org.attachment;
\pset expanded off

\echo 'The cases that stand are judged in batches, each its own transaction.'
\echo

CALL msb_org.reassign('sag', 10000);
CALL msb_org.reassign('Jobsag', 20000);
ANALYZE msb_org.assignment;

\echo
\echo 'Every session can see how far it is, or was.'
\echo

SELECT case_table, cases, judged, moved, finished_at - started_at AS took FROM msb_org.reassignment ORDER BY started_at;

\echo 'Each open case has one open row in the ledger now, a closed one none: "moved" counts'
\echo 'those that got their first. Who is responsible on 31 July:'
\echo

SELECT coalesce(unit, '(cannot be judged)') AS unit,
       count(*) FILTER (WHERE case_table = 'sag') AS sag, count(*) FILTER (WHERE case_table = 'Jobsag') AS "Jobsag",
       count(*) AS open_cases
FROM msb_org.current_assignment GROUP BY ROLLUP (unit) HAVING grouping(unit) = 0
ORDER BY current_assignment.unit;

\set day 2019-07-31
\set structure msb-2018
\i demo/check_ledger.sql

\echo 'Who has cases in both administrations? The duty "both" of the structure says when the two must'
\echo 'be coordinated: an open social case, and an open case of employment or benefit, in at least two'
\echo 'units. From tables in observe no plan opens; the view plan_due lists who is concerned.'
\echo

SELECT part, counted, min_units FROM msb_org.plan_duty WHERE structure = 'msb-2018' AND duty = 'both'
ORDER BY part DESC, length(counted::text) LIMIT 3;

SELECT duty, observed, count(*) AS citizens, (SELECT count(*) FROM msb_org.plan) AS plans FROM msb_org.plan_due GROUP BY 1, 2;

\set min_units 2
\i demo/check_duties.sql

\echo 'That is everybody with cases of both kinds: as the two administrations shared no unit, min_units 1'
\echo 'finds nobody else. (Tried in a transaction that is rolled back; citizen_duty() computes, and writes nothing.)'
\echo

BEGIN;
UPDATE msb_org.plan_duty SET min_units = 1 WHERE structure = 'msb-2018';
SELECT msb_org.adopt('msb-2018', msb_org.today());
CREATE TEMP TABLE due AS
    SELECT c.citizen, d.duty, d.units, d.observed
    FROM (SELECT DISTINCT citizen FROM msb_org.current_assignment WHERE citizen IS NOT NULL) AS c, msb_org.citizen_duty(c.citizen) AS d;
SELECT duty, count(*) AS citizens, (SELECT count(*) FROM msb_org.open_due_plans(dry_run => true)) AS "plans that would open" FROM due GROUP BY 1;
\set ECHO none
DO $$
BEGIN
    IF (SELECT count(*) FROM due WHERE observed) <> 8000 OR EXISTS (SELECT FROM msb_org.open_due_plans()) OR EXISTS (SELECT FROM msb_org.plan) THEN
        RAISE 'the 8,000 in both administrations are not found, or a plan opened in observe';
    END IF;
END $$;
\set ECHO queries
ROLLBACK;

\echo
\echo 'What fill would change: the area that stands in the table (down), the rule''s (across).'
\echo

SELECT CASE given WHEN '' THEN '(none)' ELSE given END AS "stands", unit, count(*)
FROM msb_org.current_assignment WHERE given IS NOT NULL AND unit IS NOT NULL
GROUP BY given, unit ORDER BY given, unit
\crosstabview stands unit

\echo 'What cannot be judged, and why. These cases are for the entry unit to look at.'
\echo

SELECT case_table, finding, reason, count(*) AS cases
FROM msb_org.violation GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3;

\set ECHO none
-- Nothing in the tables has been written: the application's own timestamp says so.
DO $$
BEGIN
    IF EXISTS (SELECT FROM sag WHERE sidst_rettet > TIMESTAMPTZ '2019-08-01') THEN
        RAISE 'observe has written';
    END IF;
    IF (SELECT sum(moved) FROM msb_org.reassignment) <> (SELECT count(*) FROM msb_org.current_assignment) THEN
        RAISE 'reassign has not counted the cases that got a unit';
    END IF;
END $$;
