\echo 'Mode fill: from now on an area that is missing or no longer right is written. What stands'
\echo 'is written by reassign. The ledger keeps what stood there before.'
\echo

SELECT count(*) FILTER (WHERE given = '') AS "to be written", count(*) FILTER (WHERE given <> '') AS "to be replaced",
       count(*) FILTER (WHERE given IS NULL) AS "right already"
FROM msb_org.current_assignment WHERE unit IS NOT NULL;

SELECT msb_org.set_mode('sag', 'fill'), msb_org.set_mode('Jobsag', 'fill');

CALL msb_org.reassign('sag', 10000);
CALL msb_org.reassign('Jobsag', 20000);

\echo
\echo '"0 moved": responsibility was in the ledger already. Now the tables say the same:'
\echo

SELECT 'sag' AS case_table, count(*) AS open_cases, count(*) FILTER (WHERE omraade = unit) AS "area is the rule's",
       count(*) FILTER (WHERE unit IS NULL) AS "cannot be judged, left alone"
FROM sag JOIN msb_org.current_assignment AS l ON case_table = 'sag' AND case_key = sag_id::text
UNION ALL
SELECT 'Jobsag', count(*), count(*) FILTER (WHERE "Kode" = unit), count(*) FILTER (WHERE unit IS NULL)
FROM "Beskæftigelse"."Jobsag" JOIN msb_org.current_assignment AS l ON case_table = 'Jobsag' AND case_key = "Journalnr"
LEFT JOIN "Beskæftigelse"."Afdeling" ON "Id" = "Afdelings-id"
ORDER BY 1 DESC;

\echo 'Tomorrow the new structure comes into force. What it will do to the cases, foretold from'
\echo 'the tables as they stand:'
\echo

CREATE TEMP TABLE foretold AS
SELECT 'sag' AS case_table, i.* FROM msb_org.impact('sag', 'msb-2018#1', 'msb-2019#1', DATE '2019-08-01') AS i
UNION ALL
SELECT 'Jobsag', i.* FROM msb_org.impact('Jobsag', 'msb-2018#1', 'msb-2019#1', DATE '2019-08-01') AS i;

\echo
SELECT sum(cases) AS open_cases, sum(cases) FILTER (WHERE from_unit <> to_unit) AS "will move",
       sum(cases) FILTER (WHERE from_unit = to_unit) AS "will stay", sum(cases) FILTER (WHERE to_unit IS NULL) AS "cannot be judged"
FROM foretold;

\echo 'It is 1 August. The daily job moves what is due: today, that is nearly everything.'
\echo

ALTER DATABASE :"DBNAME" SET msb_org.today = '2019-08-01';
SET msb_org.today = '2019-08-01';

\echo
SELECT msb_org.reassign_due() AS moved;

\echo 'From the old units (down) to the new ones (across), as the ledger has it:'
\echo

SELECT was.unit AS "from", now.unit, count(*)
FROM msb_org.assignment_at(TIMESTAMPTZ '2019-08-01 00:00 Europe/Copenhagen') AS was
JOIN msb_org.current_assignment AS now USING (case_table, case_key)
WHERE was.unit <> now.unit
GROUP BY 1, 2 ORDER BY 1, 2
\crosstabview from unit

\set day 2019-08-01
\set structure msb-2019
\i demo/check_ledger.sql
\set ECHO none
DO $$
DECLARE
    different bigint;
BEGIN
    -- to_unit only: who has a birthday on the day may come from another unit than the day before
    SELECT count(*) INTO different
    FROM (SELECT case_table, to_unit, sum(cases) FROM foretold GROUP BY 1, 2
          EXCEPT
          SELECT case_table, unit, count(*) FROM msb_org.current_assignment GROUP BY 1, 2) AS d;
    IF different > 0 THEN
        RAISE 'impact foretold the cases of % units wrong', different;
    END IF;
    SELECT count(*) INTO different
    FROM sag JOIN msb_org.current_assignment AS l ON case_table = 'sag' AND case_key = sag_id::text
    WHERE unit <> omraade OR omraade IS NULL AND unit IS NOT NULL;
    IF different > 0 THEN
        RAISE '% areas in sag are not the rule''s', different;
    END IF;
    SELECT count(*) INTO different
    FROM "Beskæftigelse"."Jobsag" JOIN msb_org.current_assignment AS l ON case_table = 'Jobsag' AND case_key = "Journalnr"
    LEFT JOIN "Beskæftigelse"."Afdeling" ON "Id" = "Afdelings-id"
    WHERE unit IS NOT NULL AND "Kode" IS DISTINCT FROM unit;
    IF different > 0 THEN
        RAISE '% areas in Jobsag are not the rule''s', different;
    END IF;
END $$;
