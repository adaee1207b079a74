-- The ledger: one open row per open case, from its first judging to its closing.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-01';
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
\pset null -
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');

CREATE TABLE sag (
    sag_id     integer PRIMARY KEY,
    cpr        text,
    opgave     text,
    udfordring text,
    oprettet   date,
    afsluttet  date,
    note       text);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr',
                      facets => '{"task": "opgave", "challenge": "udfordring"}',
                      opened => 'oprettet', closed => 'afsluttet', mode => 'fill');

-- The ledger of a case, to the day; "gap" is time that no row covers.
CREATE FUNCTION ledger(key text)
    RETURNS TABLE (citizen text, unit text, rule text, opened date, closed date, begins date, ends date, gap boolean,
                   origin text, finding text, due date)
    LANGUAGE sql AS $$
    SELECT a.citizen, a.unit, a.rule, a.opened, a.closed, a.valid_from::date, a.valid_to::date,
           lag(a.valid_to) OVER w < a.valid_from, a.origin, a.finding, a.due
      FROM msb_org.assignment a WHERE a.case_table = 'sag' AND a.case_key = key
    WINDOW w AS (ORDER BY a.valid_from) ORDER BY a.valid_from
$$;

-- Opened, moved on, closed, reopened, deleted: rows end, and are contiguous while the case is open.
INSERT INTO sag VALUES (1, '610100-4001', 'provision', 'homelessness', '2019-08-20');
SELECT * FROM ledger('1');
SET msb_org.today = '2019-09-05';
UPDATE sag SET note = 'intet nyt' WHERE sag_id = 1;
UPDATE sag SET oprettet = '2019-08-21' WHERE sag_id = 1;
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 1;
SET msb_org.today = '2019-09-10';
UPDATE sag SET opgave = 'provision' WHERE sag_id = 1;
SELECT * FROM ledger('1');
SET msb_org.today = '2019-09-12';
UPDATE sag SET afsluttet = '2019-09-11' WHERE sag_id = 1;
SET msb_org.today = '2019-09-20';
UPDATE sag SET afsluttet = NULL WHERE sag_id = 1;
SET msb_org.today = '2019-09-25';
UPDATE sag SET afsluttet = '2019-09-25' WHERE sag_id = 1;
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 1;
SELECT * FROM ledger('1');
DELETE FROM sag WHERE sag_id = 1;
INSERT INTO sag VALUES (1, '610100-4001', 'provision', 'homelessness', '2019-09-25');
SET msb_org.today = '2019-09-26';
DELETE FROM sag WHERE sag_id = 1;
SELECT begins, ends, gap, unit FROM ledger('1');
SET msb_org.today = '2019-09-01';

-- A closing date in the future leaves the case open, and is due.
INSERT INTO sag VALUES (2, '610100-4001', 'provision', 'homelessness', '2019-09-01', '2019-09-15');
SELECT * FROM ledger('2');
SET msb_org.today = '2019-09-14';
SELECT msb_org.reassign_due();
SET msb_org.today = '2019-09-15';
SELECT msb_org.reassign_due();
SELECT * FROM ledger('2');
-- Put off while open; inserted closed already; opened on a later day.
INSERT INTO sag VALUES (3, '610100-4001', 'provision', 'homelessness', '2019-09-01', '2019-09-20');
UPDATE sag SET afsluttet = '2019-10-20' WHERE sag_id = 3;
SELECT * FROM ledger('3');
INSERT INTO sag VALUES (4, '610100-4001', 'provision', 'homelessness', '2019-09-01', '2019-09-02'),
                       (5, '610100-4001', 'provision', 'homelessness', '2019-09-30', NULL);
SELECT * FROM ledger('4');
SELECT * FROM ledger('5');

-- Another key, another citizen, no citizen.
UPDATE sag SET sag_id = 6 WHERE sag_id = 5;
SELECT * FROM ledger('5');
SELECT * FROM ledger('6');
UPDATE sag SET sag_id = 7 WHERE sag_id = 6;
SELECT unit, begins, ends FROM ledger('7');
UPDATE sag SET cpr = '6101004002' WHERE sag_id = 7;
UPDATE sag SET cpr = '610100-4002' WHERE sag_id = 7;
UPDATE sag SET cpr = NULL WHERE sag_id = 7;
SELECT citizen, unit, gap, ends IS NULL AS open FROM ledger('7');

-- Several changes in one transaction: only the last answer counts.
INSERT INTO sag VALUES (10, '610100-4001', 'provision', 'homelessness');
SET msb_org.today = '2019-09-16';
BEGIN;
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 10;
UPDATE sag SET opgave = 'provision' WHERE sag_id = 10;
COMMIT;
SELECT unit, begins, ends FROM ledger('10');
BEGIN;
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 10;
UPDATE sag SET cpr = '610140-1001', opgave = 'provision' WHERE sag_id = 10;
COMMIT;
SELECT citizen, unit, begins, ends, gap FROM ledger('10');
BEGIN;
DELETE FROM sag WHERE sag_id = 10;
INSERT INTO sag VALUES (10, '610140-1001', 'provision', 'homelessness');
COMMIT;
SELECT citizen, unit, begins, ends, gap FROM ledger('10');

-- The same with the constraint brought forward, so that each statement is judged.
SET msb_org.today = '2019-09-17';
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 10;
SELECT unit, begins, ends, gap FROM ledger('10');
UPDATE sag SET opgave = 'coordination', udfordring = 'sickness' WHERE sag_id = 10;
SELECT unit, rule, begins, ends, gap FROM ledger('10');
UPDATE sag SET opgave = 'provision', udfordring = 'homelessness' WHERE sag_id = 10;
SELECT unit, rule, begins, ends, gap FROM ledger('10');
UPDATE sag SET afsluttet = '2019-09-17' WHERE sag_id = 10;
SELECT unit, rule, closed, begins, ends, gap FROM ledger('10');
UPDATE sag SET afsluttet = NULL WHERE sag_id = 10;
SELECT unit, rule, closed, begins, ends, gap FROM ledger('10');
UPDATE sag SET afsluttet = '2019-09-17' WHERE sag_id = 10;
UPDATE sag SET afsluttet = NULL, opgave = 'benefit' WHERE sag_id = 10;
SELECT unit, rule, closed, begins, ends, gap FROM ledger('10');
DELETE FROM sag WHERE sag_id = 10;
SELECT unit, rule, closed, begins, ends, gap FROM ledger('10');
INSERT INTO sag VALUES (10, '610140-1001', 'benefit', 'homelessness');
SELECT unit, rule, closed, begins, ends, gap FROM ledger('10');
COMMIT;
-- Opened and closed again in one transaction: nothing; deferred and immediate.
BEGIN;
INSERT INTO sag VALUES (11, '610100-4001', 'provision', 'homelessness');
UPDATE sag SET afsluttet = '2019-09-17' WHERE sag_id = 11;
COMMIT;
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO sag VALUES (12, '610100-4001', 'provision', 'homelessness');
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 12;
UPDATE sag SET afsluttet = '2019-09-17' WHERE sag_id = 12;
INSERT INTO sag VALUES (13, '610100-4001', 'provision', 'homelessness');
DELETE FROM sag WHERE sag_id = 13;
COMMIT;
SELECT count(*) FROM msb_org.assignment WHERE case_key IN ('11', '12', '13');

-- Savepoints: what was judged within one that is rolled back is judged again.
BEGIN;
INSERT INTO sag VALUES (20, '610100-4001', 'provision', 'homelessness');
SAVEPOINT a;
INSERT INTO sag VALUES (21, '610100-4001', 'provision', 'homelessness');
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 20;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT case_key, unit FROM msb_org.current_assignment WHERE case_key IN ('20', '21') ORDER BY 1;
ROLLBACK TO a;
SELECT count(*) FROM msb_org.current_assignment WHERE case_key IN ('20', '21');
INSERT INTO sag VALUES (22, '610180-1001', 'provision', 'homelessness');
COMMIT;
SELECT case_key, unit FROM msb_org.current_assignment WHERE case_key IN ('20', '21', '22') ORDER BY 1;
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 20;
SAVEPOINT a;
UPDATE sag SET opgave = 'provision' WHERE sag_id = 20;
ROLLBACK TO a;
SAVEPOINT b;
DELETE FROM sag WHERE sag_id = 22;
UPDATE sag SET afsluttet = '2019-09-17' WHERE sag_id = 20;
ROLLBACK TO b;
COMMIT;
SELECT case_key, unit, valid_to IS NULL AS open FROM msb_org.assignment WHERE case_key IN ('20', '22') ORDER BY 1, valid_from;
-- An exception block of PL/pgSQL is a savepoint too.
DO $$
BEGIN
    UPDATE sag SET opgave = 'coordination' WHERE sag_id = 22;
    BEGIN
        SET CONSTRAINTS ALL IMMEDIATE;
        RAISE EXCEPTION 'tilbage';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
END $$;
SELECT case_key, unit, rule, valid_to IS NULL AS open FROM msb_org.assignment WHERE case_key = '22' ORDER BY valid_from;

-- TRUNCATE ends; rolled back it does not.  Rows written afterwards in the same
-- transaction stand where the old ones stood and are judged all the same.
BEGIN;
TRUNCATE sag;
ROLLBACK;
SELECT count(*) FROM msb_org.current_assignment;
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO sag SELECT n, '610100-4001', 'provision', 'homelessness' FROM generate_series(101, 140) n;
TRUNCATE sag;
SELECT count(*) FROM msb_org.current_assignment;
INSERT INTO sag SELECT n, '610180-1001', 'benefit', 'homelessness' FROM generate_series(101, 140) n;
COMMIT;
SELECT unit, count(*), min(case_key), max(case_key) FROM msb_org.current_assignment GROUP BY unit;
BEGIN;
TRUNCATE sag;
INSERT INTO sag VALUES (101, '610180-1001', 'benefit', 'homelessness');
COMMIT;
SELECT case_key, unit FROM msb_org.current_assignment;
TRUNCATE sag;
SELECT count(*) FROM msb_org.current_assignment;

-- The same on a table of its own, where every place is taken twice, by TRUNCATE
-- and by a table that is written anew.
CREATE TABLE ny (sag_id integer PRIMARY KEY, cpr text, opgave text, antal integer);
SELECT msb_org.attach('ny', key => 'sag_id', citizen => 'cpr', birth => 'cpr', facets => '{"task": "opgave"}', mode => 'fill');
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO ny SELECT n, '610100-4001', 'provision' FROM generate_series(1, 40) n;
TRUNCATE ny;
INSERT INTO ny SELECT n, '610180-1001', 'benefit' FROM generate_series(1, 40) n;
UPDATE ny SET opgave = 'authority';
DELETE FROM ny WHERE sag_id <= 40;
ALTER TABLE ny ALTER antal TYPE bigint;
INSERT INTO ny SELECT n, '610100-4001', 'provision' FROM generate_series(51, 90) n;
COMMIT;
SELECT unit, count(*), min(case_key), max(case_key) FROM msb_org.current_assignment WHERE case_table = 'ny' GROUP BY unit;

-- valid_from grows strictly, also when the day is set back and within a transaction.
SET msb_org.today = '2019-10-01';
INSERT INTO sag VALUES (30, '610100-4001', 'provision', 'homelessness');
SET msb_org.today = '2019-09-01';
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 30;
UPDATE sag SET opgave = 'provision' WHERE sag_id = 30;
BEGIN;
SET msb_org.today = '2019-10-05';
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 30;
SET CONSTRAINTS ALL IMMEDIATE;
SET LOCAL msb_org.today = '2019-09-02';
UPDATE sag SET opgave = 'provision' WHERE sag_id = 30;
COMMIT;
SELECT unit, begins, ends, gap FROM ledger('30');
SELECT count(*) AS rows_that_do_not_follow
  FROM (SELECT a.valid_from, lag(a.valid_to) OVER (PARTITION BY a.case_table, a.case_key ORDER BY a.valid_from) AS before
          FROM msb_org.assignment a) s
 WHERE before > valid_from;

-- Rows move between partitions: a change, not an end.
CREATE TABLE delt (sag_id integer, aar integer, cpr text, opgave text, omraade text, PRIMARY KEY (sag_id, aar)) PARTITION BY LIST (aar);
CREATE TABLE delt_2019 PARTITION OF delt FOR VALUES IN (2019);
CREATE TABLE delt_2020 PARTITION OF delt FOR VALUES IN (2020) PARTITION BY RANGE (sag_id);
CREATE TABLE delt_2020_1 PARTITION OF delt_2020 FOR VALUES FROM (1) TO (100);
CREATE TABLE delt_2020_2 PARTITION OF delt_2020 DEFAULT;
SELECT msb_org.attach('delt', key => 'sag_id', citizen => 'cpr', birth => 'cpr', facets => '{"task": "opgave"}',
                      area => 'omraade', mode => 'fill');
SET msb_org.today = '2019-09-01';
INSERT INTO delt SELECT n, 2019, '610100-4001', 'provision' FROM generate_series(1, 3) n;
UPDATE delt SET aar = 2020 WHERE sag_id = 1;
UPDATE delt SET aar = 2020, opgave = 'benefit' WHERE sag_id = 2;
UPDATE delt SET sag_id = 200 WHERE sag_id = 1;
SELECT tableoid::regclass, sag_id, omraade FROM delt ORDER BY sag_id;
SELECT case_key, unit, valid_to IS NULL AS open FROM msb_org.assignment WHERE case_table = 'delt' ORDER BY case_key, valid_from;
TRUNCATE delt_2020;
SELECT case_key, unit FROM msb_org.current_assignment WHERE case_table = 'delt';

-- Who: msb_org.actor, else session_user, whatever the role.
CREATE ROLE regress_msb_writer;
CREATE ROLE regress_msb_definer;
GRANT INSERT, UPDATE, SELECT ON sag TO regress_msb_writer, regress_msb_definer;
GRANT CREATE ON SCHEMA public TO regress_msb_definer;
SET SESSION AUTHORIZATION regress_msb_writer;
INSERT INTO sag VALUES (40, '610100-4001', 'provision', 'homelessness');
SET msb_org.actor = 'ak07';
INSERT INTO sag VALUES (41, '610100-4001', 'provision', 'homelessness');
RESET msb_org.actor;
RESET SESSION AUTHORIZATION;
SET ROLE regress_msb_definer;
CREATE FUNCTION opret(integer) RETURNS void LANGUAGE sql SECURITY DEFINER
    AS $$INSERT INTO public.sag VALUES ($1, '610100-4001', 'provision', 'homelessness')$$;
RESET ROLE;
SET SESSION AUTHORIZATION regress_msb_writer;
SELECT opret(42);
RESET SESSION AUTHORIZATION;
BEGIN;
SET LOCAL ROLE regress_msb_writer;
INSERT INTO sag VALUES (43, '610100-4001', 'provision', 'homelessness');
COMMIT;
SELECT case_key, CASE actor WHEN session_user THEN 'session_user' ELSE actor END AS actor
  FROM msb_org.current_assignment WHERE case_key BETWEEN '40' AND '43' ORDER BY 1;
DROP FUNCTION opret(integer);
REVOKE ALL ON SCHEMA public FROM regress_msb_definer;
REVOKE ALL ON sag FROM regress_msb_writer, regress_msb_definer;
DROP ROLE regress_msb_writer, regress_msb_definer;

-- Asking for a day that has passed.
SET msb_org.today = '2019-09-01';
INSERT INTO sag VALUES (50, '610190-1001', 'provision', 'homelessness', '2019-09-01');
SET msb_org.today = '2019-09-11';
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 50;
SET msb_org.today = '2019-09-21';
UPDATE sag SET afsluttet = '2019-09-21' WHERE sag_id = 50;
SELECT day, (SELECT string_agg(a.unit, ',') FROM msb_org.assignment_at(day, 'sag', '50') a) AS case_at,
       (SELECT string_agg(a.unit, ',') FROM msb_org.assignment_at(day, case_key => '50') a) AS key_at,
       (SELECT string_agg(a.unit, ',') FROM msb_org.assignment_at(day, 'sag') a WHERE a.case_key = '50') AS table_at,
       (SELECT string_agg(a.unit, ',') FROM msb_org.assignment_at(day) a WHERE a.case_key = '50') AS all_at
  FROM unnest('{2019-09-01 00:00, 2019-09-02 00:00, 2019-09-12 00:00, 2019-09-22 00:00}'::timestamptz[]) day;
SELECT count(*) FROM msb_org.assignment_at(NULL);
-- One case is found by the index, whether its key is a constant, a parameter or a column.
CREATE FUNCTION index_conditions(query text) RETURNS SETOF text LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line LIKE '%Index Cond%case_key%' THEN RETURN NEXT btrim(line); END IF;
    END LOOP;
END $$;
PREPARE one(text, text) AS SELECT unit FROM msb_org.assignment_at('2019-09-02', $1, $2);
SELECT * FROM index_conditions($$ SELECT unit FROM msb_org.assignment_at('2019-09-02', 'sag', '50') $$);
SELECT * FROM index_conditions($$ EXECUTE one('sag', '50') $$);
SELECT * FROM index_conditions($$ SELECT a.unit FROM sag s, msb_org.assignment_at('2019-09-02', 'sag', s.sag_id::text) a $$);
DEALLOCATE one;
DROP FUNCTION index_conditions;
-- impact() with no structure named computes from what the row says today, by the structure of the day.
INSERT INTO sag VALUES (51, '610204-5001', 'provision', 'homelessness', '2019-09-05'), (52, 'x', 'provision', 'homelessness', '2019-09-10');
SELECT case_key, from_unit, from_rule, from_finding FROM msb_org.impact('sag', on_date => DATE '2019-09-07', detail => true) WHERE case_key IN ('50', '51', '52') ORDER BY case_key;
SELECT case_key, from_unit, from_rule, from_finding FROM msb_org.impact('sag', on_date => DATE '2019-09-12', detail => true) WHERE case_key IN ('50', '51', '52') ORDER BY case_key;
SELECT * FROM msb_org.impact('sag', on_date => DATE '2019-06-01');
SELECT case_key, from_unit, from_rule FROM msb_org.impact('public.sag', on_date => DATE '2035-01-01', detail => true) WHERE case_key = '51';
SELECT * FROM msb_org.impact('ingen', on_date => DATE '2019-09-07');

-- Views.
SET msb_org.today = '2019-09-12';
UPDATE sag SET opgave = 'ydelse' WHERE sag_id = 51;
SELECT case_table, case_key, citizen, unit, rule, structure, revision, opened, valid_from::date, origin, given, finding, reason, due
  FROM msb_org.current_assignment WHERE case_key IN ('50', '51', '52') ORDER BY case_key;
SELECT case_table, case_key, finding, given, expected, rule, reason, since::date FROM msb_org.violation ORDER BY case_key;

-- The citizen's key goes by retention period, the rest stays.
SELECT msb_org.purge_ended('2019-09-15');
SELECT citizen, unit, begins, ends FROM ledger('50');
SELECT msb_org.purge_ended('2019-09-15');
SELECT msb_org.purge_ended('2019-10-01');
SELECT citizen, unit, begins, ends FROM ledger('50');
SELECT citizen, unit FROM ledger('51');
SELECT msb_org.purge_ended(NULL);
-- A purged case that opens again follows its old rows.
UPDATE sag SET afsluttet = NULL WHERE sag_id = 50;
SELECT citizen, unit, begins, ends FROM ledger('50');

-- A case without a key is none.
CREATE TABLE loes (sag_id integer UNIQUE, cpr text, opgave text);
SELECT msb_org.attach('loes', key => 'sag_id', citizen => 'cpr', birth => 'cpr', facets => '{"task": "opgave"}', mode => 'fill');
INSERT INTO loes VALUES (NULL, '610100-4001', 'provision'), (1, '610100-4001', 'provision');
UPDATE loes SET sag_id = 2 WHERE sag_id IS NULL;
UPDATE loes SET sag_id = NULL WHERE sag_id = 1;
DELETE FROM loes WHERE sag_id IS NULL;
SELECT case_key, unit, valid_to IS NULL AS open FROM msb_org.assignment WHERE case_table = 'loes' ORDER BY case_key;

DROP TABLE sag, ny, delt, loes;
DROP FUNCTION ledger(text);
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
