-- What the application's own tables say: to be set beside the ledger.
--
-- A social case is open without a closing date or with one still to come; an
-- employment case with any status but L.  A text that is no citizen's CPR
-- number is nobody.  Right after data.sql the first four numbers are
-- 82,000, 70,000, 20,000 and 8,000.

\encoding UTF8

-- Citizens with an open case
WITH job AS (
    SELECT DISTINCT borger_id
    FROM "Beskæftigelse"."Jobsag" JOIN borger ON cpr = replace("CPR nr", '-', '')
    WHERE "Part" = 'B' AND "Sagsstatus" <> 'L'
), social AS (
    SELECT DISTINCT borger_id FROM sag
    WHERE afsluttet IS NULL OR afsluttet > DATE '2019-08-01'
)
SELECT count(*)                                                             AS "citizens",
       count(job.borger_id)                                                 AS "employment",
       count(social.borger_id)                                              AS "social",
       count(*) FILTER (WHERE job.borger_id = social.borger_id)             AS "both"
FROM job FULL JOIN social USING (borger_id);

-- Cases
SELECT 'sag' AS "table", count(*) AS "cases",
       count(*) FILTER (WHERE afsluttet IS NULL OR afsluttet > DATE '2019-08-01') AS "open",
       count(omraade) AS "with an area"
FROM sag
UNION ALL
SELECT CASE "Part" WHEN 'B' THEN 'Jobsag, citizens' ELSE 'Jobsag, companies' END, count(*),
       count(*) FILTER (WHERE "Sagsstatus" <> 'L'),
       count("Afdelings-id")
FROM "Beskæftigelse"."Jobsag"
GROUP BY "Part"
ORDER BY 1 DESC;

-- Companies
SELECT count(*) AS "companies",
       count(*) FILTER (WHERE EXISTS (SELECT FROM "Beskæftigelse"."Jobsag" AS j
                                      WHERE j."CVR nr" = v."CVR nr" AND "Sagsstatus" <> 'L')) AS "with an open case"
FROM "Beskæftigelse"."Virksomhed" AS v;

-- Open cases that cannot be judged, or only as age unknown
SELECT 'sag: code nobody knows' AS "what", count(*) AS "open cases"
FROM sag
WHERE (afsluttet IS NULL OR afsluttet > DATE '2019-08-01') AND (udfordring = 'KONV' OR indsats = 'SÆRL-7')
UNION ALL
SELECT 'sag: birth date unknown', count(*)
FROM sag JOIN borger USING (borger_id)
WHERE (afsluttet IS NULL OR afsluttet > DATE '2019-08-01') AND fodselsdato IS NULL
UNION ALL
SELECT 'Jobsag: code nobody knows', count(*)
FROM "Beskæftigelse"."Jobsag"
WHERE "Sagsstatus" <> 'L' AND ("KLE nr" = '54.15.00A00' OR "Målgruppe" = '9.9')
UNION ALL
SELECT 'Jobsag: no CPR number', count(*)
FROM "Beskæftigelse"."Jobsag"
WHERE "Sagsstatus" <> 'L' AND "Part" = 'B'
  AND NOT EXISTS (SELECT FROM borger WHERE cpr = replace("CPR nr", '-', ''));
