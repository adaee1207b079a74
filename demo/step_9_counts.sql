\echo 'Citizens with an open case, counted in the ledger and in the applications'' tables. A citizen'
\echo 'is one key in both, however the number was typed: DDMMYY-SSSS. Cases of companies have no'
\echo 'citizen, and what stands instead of a number (ukendt, afventer, 000000-0000) is nobody: those'
\echo 'have the finding no_cpr and are not counted. (The queries are in demo/counted.sql.)'
\echo

\set ECHO none
\i demo/counted.sql
\set ECHO queries
SELECT counted, citizens, employment, social, "both" FROM counted ORDER BY nr;

\echo 'The day opened and closed some. Open cases, likewise:'
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
