-- Citizens with an open case, from the ledger and from the applications' tables.

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
          SELECT borger_id, false FROM sag WHERE afsluttet IS NULL OR afsluttet > DATE '2019-08-01')
         AS open_case (borger_id, job)
    GROUP BY borger_id
)
SELECT 1 AS nr, 'ledger, at midnight before the day' AS counted, count(*) AS citizens, count(*) FILTER (WHERE job) AS employment,
       count(*) FILTER (WHERE social) AS social, count(*) FILTER (WHERE job AND social) AS "both" FROM at_midnight
UNION ALL
SELECT 2, 'ledger, now', count(*), count(*) FILTER (WHERE job),
       count(*) FILTER (WHERE social), count(*) FILTER (WHERE job AND social) FROM ledger
UNION ALL
SELECT 3, 'the applications'' tables, now', count(*), count(*) FILTER (WHERE job),
       count(*) FILTER (WHERE social), count(*) FILTER (WHERE job AND social) FROM tables;
