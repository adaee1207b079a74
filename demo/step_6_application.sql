\echo 'A working day of both applications (demo/application.sql): plain INSERT, UPDATE and DELETE,'
\echo 'by a role that has no privilege in msb_org and has never heard of it.'
\echo

CREATE ROLE fagsystem;
GRANT USAGE ON SCHEMA "Beskæftigelse" TO fagsystem;
GRANT SELECT, INSERT, UPDATE, DELETE ON borger, sag, "Beskæftigelse"."Jobsag" TO fagsystem;
SET ROLE fagsystem;

\set ECHO none
\i demo/application.sql
SELECT sag_id AS brain_injury FROM sag WHERE bemaerkning = 'Ringet op, møde aftalt' \gset
\set ECHO queries
RESET ROLE;

\echo
\echo 'The man of the example has five cases. The application gave no area; the areas are there.'
\echo

SELECT sag_id::text AS case, opgave, udfordring, indsats, omraade AS area, unit, rule
FROM sag JOIN msb_org.current_assignment ON case_table = 'sag' AND case_key = sag_id::text
WHERE borger_id = :emil ORDER BY sag_id;

SELECT "Journalnr" AS case, "KLE nr", "Målgruppe", "Afdelings-id"::text AS area, unit, rule
FROM "Beskæftigelse"."Jobsag" JOIN msb_org.current_assignment ON case_table = 'Jobsag' AND case_key = "Journalnr"
WHERE "Journalnr" LIKE 'JS-2019-90000_' ORDER BY 1;

\echo 'The last one is nobody''s: "ukendt" is no CPR number, so the case waits at the entry unit. The'
\echo 'first was saved in four statements and looked like another matter at the first of them: of one'
\echo 'transaction only the last answer counts. The rules that decided, in the words they rest on:'
\echo

SELECT DISTINCT r.rule, r.unit, r.basis
FROM msb_org.current_assignment AS l JOIN msb_org.enactment AS e USING (structure, revision),
     jsonb_to_recordset(document -> 'rules') AS r (rule text, unit text, basis text)
WHERE l.citizen = '720398-3391' AND r.rule = l.rule ORDER BY 1;

\echo 'What the day did to the ledger:'
\echo

SELECT origin, case_table, count(*) FILTER (WHERE valid_to IS NULL) AS "rows that stand",
       count(*) FILTER (WHERE finding IS NOT NULL AND valid_to IS NULL) AS "with a finding"
FROM msb_org.assignment WHERE origin IN ('write', 'parent') GROUP BY 1, 2 ORDER BY 1, 2;

\echo 'One case from the start: another challenge was found, an exposed citizen has a brain injury.'
\echo 'Rows of the ledger end and are not changed, so the case can be asked for as it stood on any day.'
\echo

SELECT to_char(valid_from AT TIME ZONE 'Europe/Copenhagen', 'DD Mon') AS "from",
       to_char(valid_to AT TIME ZONE 'Europe/Copenhagen', 'DD Mon') AS "to",
       unit, rule, structure, origin, actor
FROM msb_org.assignment WHERE case_table = 'sag' AND case_key = :'brain_injury' ORDER BY valid_from;

SELECT unit AS "at midnight" FROM msb_org.assignment_at(TIMESTAMPTZ '2019-08-01 00:00 Europe/Copenhagen', 'sag', :'brain_injury');

\echo 'And the old habit: an area given by hand that is gone since this morning. Fill keeps what is'
\echo 'given, and says so; the ledger holds the rule''s answer.'
\echo

SELECT case_key, finding, given, expected, rule, reason FROM msb_org.violation WHERE finding = 'wrong_area';

\set structure msb-2019
\set day 2019-08-01
\i demo/check_ledger.sql
\set ECHO none
SELECT (SELECT string_agg(omraade, ' ' ORDER BY sag_id) FROM sag WHERE borger_id = :emil) IS DISTINCT FROM 'unge unge unge sundhed'
    OR (SELECT count(*) FROM msb_org.violation WHERE finding = 'wrong_area') <> 1
    OR (SELECT "Afdelings-id" FROM "Beskæftigelse"."Jobsag" WHERE "Journalnr" = 'JS-2019-900001') IS DISTINCT FROM 4715 AS failed \gset
\if :failed
DO $$ BEGIN RAISE 'the areas of the day are not what they should be'; END $$;
\endif
