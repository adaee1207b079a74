\echo 'Citizens with an open case, counted in the ledger and in the applications'' tables. A citizen'
\echo 'is one key in both, however the number was typed: DDMMYY-SSSS. Cases of companies have no'
\echo 'citizen, and what stands instead of a number (ukendt, afventer, 000000-0000) is nobody: those'
\echo 'have the finding no_cpr and are not counted.'
\echo

CREATE TEMP VIEW counted AS
WITH at_midnight AS (
    SELECT citizen, bool_or(case_table = 'Jobsag') AS job, bool_or(case_table = 'sag') AS social
    FROM msb_org.assignment_at(TIMESTAMPTZ '2019-08-01 00:00 Europe/Copenhagen')
    WHERE citizen <> '' AND finding IS DISTINCT FROM 'no_cpr' GROUP BY citizen
), ledger AS (
    SELECT citizen, bool_or(case_table = 'Jobsag') AS job, bool_or(case_table = 'sag') AS social
    FROM msb_org.current_assignment
    WHERE citizen IS NOT NULL AND finding IS DISTINCT FROM 'no_cpr' GROUP BY citizen
), tables AS (        -- as demo/counts.sql
    SELECT borger_id, bool_or(job) AS job, bool_or(NOT job) AS social
    FROM (SELECT borger_id, true FROM "Beskæftigelse"."Jobsag" JOIN borger ON cpr = replace("CPR nr", '-', '')
          WHERE "Part" = 'B' AND "Sagsstatus" <> 'L'
          UNION ALL
          SELECT borger_id, false FROM sag WHERE afsluttet IS NULL OR afsluttet > DATE '2019-08-01') AS open_case (borger_id, job)
    GROUP BY borger_id
)
SELECT 1 AS nr, 'ledger, at midnight before the day' AS counted, count(*) AS citizens, count(*) FILTER (WHERE job) AS employment,
       count(*) FILTER (WHERE social) AS social, count(*) FILTER (WHERE job AND social) AS both FROM at_midnight
UNION ALL
SELECT 2, 'ledger, now', count(*), count(*) FILTER (WHERE job), count(*) FILTER (WHERE social), count(*) FILTER (WHERE job AND social) FROM ledger
UNION ALL
SELECT 3, 'the applications'' tables, now', count(*), count(*) FILTER (WHERE job), count(*) FILTER (WHERE social), count(*) FILTER (WHERE job AND social) FROM tables;

\echo
SELECT counted, citizens, employment, social, "both" FROM counted ORDER BY nr;

\echo 'Open cases, likewise.'
\echo

SELECT case_table, count(*) AS "in the ledger",
       CASE case_table WHEN 'sag' THEN (SELECT count(*) FROM sag WHERE afsluttet IS NULL OR afsluttet > DATE '2019-08-01')
                       ELSE (SELECT count(*) FROM "Beskæftigelse"."Jobsag" WHERE "Sagsstatus" <> 'L') END AS "in the table",
       count(*) FILTER (WHERE citizen IS NULL) AS "of companies",
       count(*) FILTER (WHERE finding = 'no_cpr') AS "of nobody known"
FROM msb_org.current_assignment GROUP BY case_table ORDER BY 1 DESC;

\echo 'The 8,000 in both: in how many units do their open cases lie?'
\echo

SELECT units, count(*) AS citizens
FROM (SELECT count(DISTINCT unit) AS units FROM msb_org.current_assignment
      WHERE citizen IS NOT NULL AND finding IS DISTINCT FROM 'no_cpr'
      GROUP BY citizen HAVING count(DISTINCT case_table) = 2) AS citizen
GROUP BY units ORDER BY units;

\set ECHO none
SELECT count(DISTINCT (citizens, employment, social, "both")) > 1
    OR (SELECT (citizens, employment, social, "both") <> (82000::bigint, 70000::bigint, 20000::bigint, 8000::bigint) FROM counted WHERE nr = 1) AS failed
FROM counted WHERE nr > 1 \gset
\if :failed
DO $$ BEGIN RAISE 'the counts differ'; END $$;
\endif
