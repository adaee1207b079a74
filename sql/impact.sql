-- impact(): what a change of structure would do, foretold and then done.
SET client_min_messages = warning;
SET msb_org.today = '2019-07-31';
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
\set SHOW_CONTEXT never
\pset null -
SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2018', DATE '2018-01-01');

-- One table with its own columns, partitioned; one whose citizens stand elsewhere.
CREATE TABLE sag (sag_id integer, aar integer, cpr text, opgave text, udfordring text, indsats text, afsluttet date, PRIMARY KEY (sag_id, aar)) PARTITION BY LIST (aar);
CREATE TABLE sag_1 PARTITION OF sag FOR VALUES IN (1);
CREATE TABLE sag_2 PARTITION OF sag FOR VALUES IN (2);
CREATE TABLE borger (id integer PRIMARY KEY, cpr text, foedt date);
CREATE TABLE jobsag (t text PRIMARY KEY, borger integer REFERENCES borger, opgave text, udfordring text, lukkes date);
INSERT INTO borger SELECT n, to_char(date '1939-01-01' + n * 41, 'DD')::integer + 60 || to_char(date '1939-01-01' + n * 41, 'MMYY') || '-' || 1000 + n, date '1939-01-01' + n * 41 FROM generate_series(1, 700) n;
INSERT INTO jobsag SELECT 'j' || n, nullif(n % 701, 0), (ARRAY['authority', 'provision', 'benefit', 'coordination'])[1 + n % 4],
       (ARRAY['disability', 'homelessness', 'unemployment', 'ved ikke', NULL, 'sickness', 'brain_injury'])[1 + n % 7],
       CASE WHEN n % 11 = 0 THEN date '2019-07-28' + n % 9 END
FROM generate_series(1, 1000) n;
SELECT msb_org.attach('jobsag', key => 't', citizen => 'borger.cpr', birth => 'borger.foedt',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'lukkes', mode => 'observe');
CALL msb_org.reassign('jobsag', 300);
SELECT msb_org.override('jobsag', 'j5', 'mso', 'aftalt'), msb_org.override('jobsag', 'j6', 'mso', 'aftalt', '2019-07-31');

CREATE TEMP TABLE foretold AS SELECT * FROM msb_org.impact('jobsag', 'msb-2018#1', 'msb-2019', '2019-08-01');
SELECT from_unit, to_unit, from_finding, to_finding, overridden, cases FROM foretold;
SELECT count(*) AS with_detail FROM foretold WHERE case_key IS NOT NULL OR citizen IS NOT NULL OR from_rule IS NOT NULL OR to_rule IS NOT NULL;
CREATE TEMP TABLE behind AS SELECT * FROM msb_org.impact('jobsag', 'msb-2018', 'msb-2019', '2019-08-01', detail => true);
SELECT case_key, citizen, from_unit, from_rule, from_finding, to_unit, to_rule, to_finding, overridden, cases FROM behind WHERE overridden OR case_key IN ('j1', 'j6', 'j701', 'j4') ORDER BY case_key;
-- The cases behind are the counts.
SELECT count(*) AS differences FROM foretold f FULL JOIN
    (SELECT concat_ws(' ', coalesce(from_unit, from_finding), coalesce(to_unit, to_finding), overridden) AS k, sum(cases) AS cases FROM behind GROUP BY 1) b
    ON k = concat_ws(' ', coalesce(from_unit, from_finding), coalesce(to_unit, to_finding), f.overridden)
WHERE f.cases IS DISTINCT FROM b.cases;
-- A structure that is not named is the one in force on the day.
SELECT count(*) AS differences FROM behind b FULL JOIN msb_org.impact('jobsag', to_structure => 'msb-2019', on_date => '2019-08-01', detail => true) i ON i = b
WHERE b.case_key IS NULL OR i.case_key IS NULL;
-- The ledger of the day, by what is in force, says the same of each side.
BEGIN;
SET LOCAL msb_org.today = '2019-08-01';
SELECT msb_org.reassign_due() > 0 AS moved;
SELECT count(*) AS differences FROM behind b FULL JOIN msb_org.current_assignment n USING (case_key)
WHERE (b.from_unit, b.from_rule, b.from_finding, b.overridden) IS DISTINCT FROM (n.unit, n.rule, n.finding, n.origin = 'override');
ROLLBACK;
-- Then it is done.
CREATE TEMP TABLE was AS SELECT case_key, unit, finding FROM msb_org.current_assignment;
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');
SET msb_org.today = '2019-08-01';
SELECT msb_org.reassign_due() = sum(cases) AS moved_as_foretold FROM foretold WHERE from_unit IS DISTINCT FROM to_unit;
SELECT count(*) AS differences FROM behind b FULL JOIN msb_org.current_assignment n USING (case_key)
WHERE (b.to_unit, b.to_rule, b.to_finding, b.overridden) IS DISTINCT FROM (n.unit, n.rule, n.finding, n.origin = 'override');
-- (j6 stood elsewhere until the day before.)
SELECT count(*) AS differences FROM behind b FULL JOIN msb_org.current_assignment n USING (case_key) FULL JOIN was w USING (case_key)
WHERE case_key <> 'j6' AND n.case_key IS NOT NULL
  AND (coalesce(b.from_unit, b.from_finding), coalesce(b.to_unit, b.to_finding), b.overridden) IS DISTINCT FROM (coalesce(w.unit, w.finding), coalesce(n.unit, n.finding), n.origin = 'override');

-- A draft on trial: C3 to another unit, and a rule the less. Findings, no guesses.
SELECT msb_org.copy_structure('msb-2019#1', 'forslag');
UPDATE msb_org.rule SET unit = 'sundhed' WHERE structure = 'forslag' AND rule = 'C3';
DELETE FROM msb_org.rule WHERE structure = 'forslag' AND rule = 'N1';
INSERT INTO msb_org.rule (structure, rule, unit, target) VALUES ('forslag', 'Z1', 'stab1', 'subject citizen; age 30-; task benefit');
SELECT from_unit, to_unit, from_finding, to_finding, overridden, cases FROM msb_org.impact('jobsag', 'msb-2019#1', 'forslag') WHERE from_unit IS DISTINCT FROM to_unit;

-- A table in partitions, and one that nobody's columns are ambiguous in.
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', mode => 'observe',
                      facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}', closed => 'afsluttet');
INSERT INTO sag SELECT n, 1 + n % 2, '610170-1000', 'provision', 'disability', 'day_offer', CASE WHEN n > 90 THEN date '2019-07-01' END FROM generate_series(1, 100) n;
SELECT from_unit, to_unit, from_finding, to_finding, overridden, cases FROM msb_org.impact('sag', 'msb-2018', 'forslag');
CREATE TABLE t (t integer PRIMARY KEY, query text, judged text);
INSERT INTO t SELECT n, '6101' || 70 + n % 29 || '-1000', 'benefit' FROM generate_series(1, 100) n;
SELECT msb_org.attach('t', key => 't', citizen => 'query', birth => 'query', facets => '{"task": "judged"}');
SELECT from_unit, to_unit, from_finding, to_finding, overridden, cases FROM msb_org.impact('t', 'msb-2018', 'msb-2019');

-- In parallel, in one scan.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
CREATE FUNCTION plan_of(source text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
    SET LOCAL min_parallel_table_scan_size = 0;
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT j.judged, count(*) FROM ('
        || regexp_replace(regexp_replace(source, '\$[12]', '''{}''::jsonb', 'g'), '\$3, \$4', '''{}''::jsonb, DATE ''2019-08-01''') || ') j GROUP BY j.judged' LOOP
        RETURN NEXT regexp_replace(line, '\(msb_org.judge_twice\(.*', '...');
    END LOOP;
END $$;
SELECT plan_of(query) FROM msb_org.impact_query('jobsag', '2019-08-01', false);
RESET parallel_setup_cost;
RESET parallel_tuple_cost;

-- What is no table, no structure, no day; who may.
SELECT * FROM msb_org.impact('ukendt', 'msb-2018', 'msb-2019');
SELECT * FROM msb_org.impact('jobsag', 'msb-2018', 'msb-2020');
SELECT * FROM msb_org.impact('jobsag', 'msb-2018#7', 'msb-2019', detail => true);
SELECT * FROM msb_org.impact('jobsag', 'msb-2018', on_date => '2017-12-31');
SELECT count(*) FROM msb_org.impact(NULL, 'msb-2018', 'msb-2019');
SELECT count(*) FROM msb_org.impact('jobsag', 'msb-2018', 'msb-2019', NULL);
SELECT count(*) AS differences FROM msb_org.impact('jobsag', detail => NULL) WHERE from_unit IS DISTINCT FROM to_unit OR case_key IS NOT NULL;
SELECT (msb_org.judge_twice(b.*, 'jobsag', '{}', '{}', '{}', DATE '2019-08-01', true)).to_unit FROM borger b LIMIT 1;
SELECT (msb_org.judge_twice(j.*, 'jobsag', msb_org.shipped_structure('msb-2018'), msb_org.shipped_structure('msb-2019'), '[]', DATE '2019-08-01', true)).to_unit FROM ONLY jobsag j LIMIT 1;
SELECT (msb_org.judge_twice(j.*, 'jobsag', msb_org.shipped_structure('msb-2018'), msb_org.shipped_structure('msb-2019'), jsonb_build_object(t, 4711), DATE '2019-08-01', true)).to_unit FROM ONLY jobsag j LIMIT 1;
SELECT (msb_org.judge_twice(b.*, 'jobsag', msb_org.shipped_structure('msb-2018'), msb_org.shipped_structure('msb-2019'), '{}', DATE '2019-08-01', true)).to_unit FROM borger b LIMIT 1;
CREATE ROLE regress_msb_reader;
SET ROLE regress_msb_reader;
SELECT * FROM msb_org.impact('jobsag', 'msb-2018', 'msb-2019');
RESET ROLE;
DROP ROLE regress_msb_reader;
-- Of a table that was dropped.
BEGIN;
DROP TABLE jobsag CASCADE;
SELECT * FROM msb_org.impact('jobsag', 'msb-2018', 'msb-2019');
ROLLBACK;
DROP FUNCTION plan_of;
DROP TABLE sag, jobsag, borger, t CASCADE;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
