-- Judging what stands: reassign(), and the daily job.
SET msb_org.today = '2019-09-01';
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
SET client_min_messages = warning;
\set VERBOSITY terse
\pset null -
SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE sag (sag_id integer UNIQUE, cpr text, opgave text, udfordring text, afsluttet date, omraade text);
INSERT INTO sag VALUES
    (1, '610100-4001', 'provision', 'homelessness', NULL, NULL),
    (2, '610100-4001', 'provision', 'homelessness', NULL, 'unge'),
    (3, '610100-4001', 'provision', 'homelessness', NULL, 'udsatte'),
    (4, '610100-4001', 'provision', 'hjemløs', NULL, 'udsatte'),
    (5, '610100-4001', 'provision', 'homelessness', '2019-08-01', 'udsatte'),
    (6, 'x', 'provision', 'homelessness', NULL, NULL),
    (NULL, '610100-4001', 'provision', 'homelessness', NULL, NULL);
CREATE VIEW stands AS
    SELECT coalesce(s.sag_id::text, a.case_key) AS key, s.omraade, a.unit, a.rule, a.structure, a.valid_from::date AS begins, a.valid_to::date AS ends,
           a.origin, a.given, a.finding, a.due
      FROM sag s FULL JOIN msb_org.assignment a ON a.case_key = s.sag_id::text ORDER BY coalesce(s.sag_id, a.case_key::integer), a.valid_from;
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'afsluttet', mode => 'observe');
SET client_min_messages = notice;

-- Batches of two; in observe nothing is written; what it finds is no violation, since
-- nobody is known to have given it. A row without a key is no case.
CALL msb_org.reassign('sag', 2);
SELECT * FROM stands;
SELECT case_table, started_by = session_user AS by_me, cases, judged, moved, last_key, finished_at IS NOT NULL AS finished FROM msb_org.reassignment;
-- Again: nothing new.
CALL msb_org.reassign('public.sag');
SELECT count(*) FROM msb_org.assignment;

-- In fill the areas follow. A given area that is wrong is kept, by it too.
SELECT msb_org.set_mode('sag', 'fill');
CALL msb_org.reassign('sag', 100);
UPDATE sag SET omraade = 'job' WHERE sag_id = 1;
SET msb_org.today = '2019-09-02';
CALL msb_org.reassign('sag', 100);
SELECT * FROM stands;

-- What was deleted while triggers were off has ended; what was written is judged.
SET session_replication_role = replica;
DELETE FROM sag WHERE sag_id = 2;
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 3;
INSERT INTO sag VALUES (7, '610180-1001', 'benefit');
RESET session_replication_role;
CALL msb_org.reassign('sag');
SELECT key, omraade, unit, ends, origin FROM stands WHERE key IN ('2', '3', '7');

-- Not where it could not commit; not for who does not own the table; not for nothing.
BEGIN;
CALL msb_org.reassign('sag');
ROLLBACK;
CALL msb_org.reassign('ingen');
CALL msb_org.reassign('sag', 0);
CALL msb_org.reassign('sag', NULL);
CALL msb_org.reassign('sag');
CREATE ROLE regress_msb_other;
GRANT USAGE ON SCHEMA msb_org TO regress_msb_other;
SET ROLE regress_msb_other;
\set VERBOSITY sqlstate
CALL msb_org.reassign('sag');
\set VERBOSITY terse
RESET ROLE;
REVOKE USAGE ON SCHEMA msb_org FROM regress_msb_other;
DROP ROLE regress_msb_other;

-- Keys of every type go in the order of their own type.
CREATE TABLE tekst (nr text COLLATE "C" PRIMARY KEY, opgave text);
INSERT INTO tekst SELECT n::text, 'benefit' FROM generate_series(1, 25) n UNION ALL SELECT v, 'benefit' FROM unnest('{"a b", "''", "\"", "æ", ""}'::text[]) v;
CREATE TABLE fast (nr char(5) PRIMARY KEY, opgave text);
INSERT INTO fast SELECT n::text, 'benefit' FROM generate_series(1, 25) n;
CREATE TABLE uuider (nr uuid PRIMARY KEY, opgave text);
INSERT INTO uuider SELECT md5(n::text)::uuid, 'benefit' FROM generate_series(1, 25) n;
SET client_min_messages = warning;
SELECT msb_org.attach(t, key => 'nr', facets => '{"task": "opgave"}') FROM unnest('{tekst,fast,uuider}'::regclass[]) t;
CALL msb_org.reassign('tekst', 4);
CALL msb_org.reassign('fast', 4);
CALL msb_org.reassign('uuider', 4);
SELECT case_table, cases, judged, moved FROM msb_org.reassignment ORDER BY 1;
SELECT case_table, unit, count(*) FROM msb_org.current_assignment WHERE case_table <> 'sag' GROUP BY 1, 2 ORDER BY 1;
DROP TABLE tekst, fast, uuider;
SELECT msb_org.detach(t) FROM unnest('{tekst,fast,uuider}'::text[]) t;

--
-- The daily job.
--
TRUNCATE sag;
-- Turns 15, 30 and 67; one born on 29 February turns 15 on the day in leap years, else on 1 March.
INSERT INTO sag VALUES
    (11, '620905-5001', 'provision', 'homelessness', NULL, NULL),
    (12, '620990-1001', 'provision', 'homelessness', NULL, NULL),
    (13, '620953-1001', 'authority', 'disability', NULL, NULL),
    (14, '890204-5002', 'provision', 'homelessness', NULL, NULL),
    (15, '890208-5003', 'provision', 'homelessness', NULL, NULL),
    (16, '610100-4001', 'benefit', 'homelessness', NULL, NULL),
    (17, '610100-4001', 'provision', 'homelessness', '2019-12-24', NULL),
    (18, '610130-4001', 'provision', 'homelessness', NULL, NULL);
SELECT key, omraade, unit, due FROM stands WHERE ends IS NULL AND key > '1';
CREATE FUNCTION job(on_date text) RETURNS TABLE (moved bigint, key text, omraade text, unit text, begins date, origin text, due date)
    LANGUAGE plpgsql AS $$
DECLARE
    moved bigint;
BEGIN
    PERFORM set_config('msb_org.today', on_date, false);
    moved := msb_org.reassign_due();
    RETURN QUERY SELECT moved, s.key, s.omraade, s.unit, s.begins, s.origin, s.due FROM stands s WHERE s.begins = on_date::date AND s.ends IS NULL;
    IF NOT FOUND THEN
        RETURN QUERY SELECT moved, NULL, NULL, NULL, NULL::date, NULL, NULL::date;
    END IF;
END $$;
SELECT * FROM job('2019-09-03');
-- Nothing due: nothing is written, no transaction id is taken. (The second run since the
-- structure was adopted notes that no case is left that another one decided.)
SELECT complete FROM msb_org.due_scan;
DO $$
BEGIN
    WHILE EXISTS (SELECT FROM msb_org.due_scan WHERE known_from > pg_snapshot_xmin(pg_current_snapshot())) LOOP
        COMMIT;
        PERFORM pg_sleep(0.01);
    END LOOP;
END $$;
SELECT msb_org.reassign_due();
SELECT complete FROM msb_org.due_scan;
BEGIN;
SELECT msb_org.reassign_due();
SELECT pg_current_xact_id_if_assigned() IS NULL AS nothing_written;
COMMIT;
SELECT msb_org.reassign_due('2019-09-04');
SELECT msb_org.reassign_due(NULL);
SELECT * FROM job('2020-02-28');
SELECT * FROM job('2020-09-01');
SELECT * FROM job('2020-09-02');
SELECT * FROM job('2020-09-03');
SELECT * FROM job('2023-02-28');
SELECT * FROM job('2023-03-01');
SELECT * FROM job('2034-02-28');
SELECT * FROM job('2034-03-01');
SELECT * FROM job('2038-02-28');
SELECT * FROM job('2038-03-01');
SELECT key, unit, ends FROM stands WHERE key = '17';
-- A table that is attached is looked for anew, and so is whatever is switched.
SELECT msb_org.set_mode('sag', 'observe'), msb_org.set_mode('sag', 'fill');
SELECT count(*) FROM msb_org.due_scan d WHERE d.enacted = msb_org.enacted_now();
-- A structure comes into force on a day, and is withdrawn before another.
SELECT msb_org.adopt('msb-2018', DATE '2040-01-01');
SELECT DISTINCT due FROM stands WHERE ends IS NULL;
CALL msb_org.reassign('sag');
SELECT DISTINCT due FROM stands WHERE ends IS NULL;
SELECT * FROM job('2039-12-31');
SELECT * FROM job('2040-01-01');
SELECT * FROM job('2040-01-02');
DROP TABLE sag CASCADE;
DROP FUNCTION job(text);
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
