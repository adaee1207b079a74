-- Handovers: what is ahead, who accepts, what the daily job does.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
SET msb_org.actor = 'prøve';
\set VERBOSITY terse
\pset null -
SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, foedt date, opgave text, udfordring text, afsluttet date, omraade text);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'foedt', facets => '{"task": "opgave", "challenge": "udfordring"}',
                      closed => 'afsluttet', area => 'omraade', mode => 'fill');
CREATE VIEW ahead AS
    SELECT citizen, case_table, case_key, planned, cause, from_unit, to_unit, to_finding, accepted_by
      FROM msb_org.handovers('2019-09-02', '2099-12-31') WHERE case_table <> '' AND moved_at IS NULL AND void_at IS NULL ORDER BY case_table, case_key, planned;
CREATE VIEW far AS
    SELECT case_key, planned, cause, from_unit, to_unit, status, days_late AS days, unaccepted, accepted_by,
           msb_org.local_day(moved_at) AS moved, msb_org.local_day(void_at) AS void
      FROM msb_org.handovers(NULL, NULL) WHERE case_table <> '' AND (status <> 'ahead' OR planned <= msb_org.today() + 365) ORDER BY case_table, case_key, planned, to_unit;
CREATE FUNCTION job(on_date date) RETURNS SETOF far LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('msb_org.today', on_date::text, false);
    PERFORM msb_org.reassign_due();
    RETURN QUERY SELECT * FROM far;
END $$;

-- The man of 21: his benefit stays with its area, his social cases leave the young at 30, and
-- the authority leaves the city's department at 67. One born on 29 February turns 30 on 1 March.
INSERT INTO sag VALUES
    (1, '740398-0121', '1998-03-14', 'provision', 'homelessness'),
    (2, '740398-0121', '1998-03-14', 'benefit', NULL),
    (3, '740398-0121', '1998-03-14', 'authority', 'disability'),
    (4, '890200-4001', '2000-02-29', 'provision', 'homelessness'),
    (5, NULL, NULL, 'provision', 'homelessness');
SELECT * FROM ahead;
-- A year, by default; both days count; NULL is no bound.
SELECT count(*) FROM msb_org.handovers() WHERE case_table = 'sag';
SELECT case_key, planned FROM msb_org.handovers('2028-03-14', '2028-03-14') WHERE case_table = 'sag' ORDER BY 1;
SELECT count(*) FROM msb_org.handovers('2028-03-15', '2030-02-28') WHERE case_table = 'sag';
SELECT case_key, planned FROM msb_org.handovers(NULL, '2030-02-28') WHERE case_table = 'sag' ORDER BY 1;
SELECT case_key, planned FROM msb_org.handovers('2030-03-01', NULL) WHERE case_table = 'sag' ORDER BY 1;
SELECT count(*) FROM msb_org.handovers(NULL, NULL) HAVING count(*) = count(DISTINCT (case_key, planned));

-- A birth date corrected later moves it; a day of closing ends it; a label without which it cannot be judged.
UPDATE sag SET foedt = '1999-03-14' WHERE cpr = '740398-0121';
SELECT case_key, planned FROM ahead WHERE case_key < '4';
UPDATE sag SET afsluttet = '2029-03-14' WHERE sag_id = 1;
UPDATE sag SET afsluttet = '2029-03-15' WHERE sag_id = 3;
SELECT case_key, planned FROM ahead WHERE case_key < '4';
UPDATE sag SET foedt = '1998-03-14', afsluttet = NULL, udfordring = CASE sag_id WHEN 3 THEN 'hvad' ELSE udfordring END WHERE cpr = '740398-0121';
SELECT case_key, planned FROM ahead WHERE case_key < '4';
UPDATE sag SET udfordring = 'disability' WHERE sag_id = 3;

-- An override: it stays until it ends; one without an end stays.
SELECT msb_org.override('sag', '1', 'udsatte', 'kender ham', '2019-09-30'), msb_org.override('sag', '3', 'udsatte', 'kender ham');
SELECT case_key, planned, cause, from_unit, to_unit FROM ahead WHERE case_key < '4';
-- Past the birthday at which the rule says what the override said.
SELECT msb_org.override('sag', '1', 'udsatte', 'kender ham', '2028-03-13'), msb_org.override('sag', '3', 'udsatte', 'kender ham', '2030-12-31');
SELECT case_key, planned, cause, from_unit, to_unit FROM ahead WHERE case_key < '4';
SELECT msb_org.override('sag', '1', NULL, NULL), msb_org.override('sag', '3', NULL, NULL);

-- A structure that is adopted counts from its first day, with the ages of that day; until it is withdrawn.
SELECT msb_org.adopt('msb-2018', DATE '2028-03-14');
SELECT * FROM ahead;
SELECT count(*) FROM msb_org.handovers('2019-09-02', '2028-03-13') WHERE case_table = 'sag';
-- The cases were judged before; judged after, it is the same.
CREATE TABLE before AS SELECT * FROM ahead;
CALL msb_org.reassign('sag');
(SELECT * FROM before EXCEPT SELECT * FROM ahead) UNION ALL (SELECT * FROM ahead EXCEPT SELECT * FROM before);
SELECT DISTINCT due FROM msb_org.assignment WHERE valid_to IS NULL AND due < '2029-01-01' ORDER BY 1;
SELECT msb_org.withdraw_enactment('msb-2018', 1);
SELECT case_key, planned, cause, from_unit, to_unit FROM ahead WHERE case_key < '5';

--
-- Accepting, before the day and after it.
--
SELECT * FROM far;
SET msb_org.actor = 'voksne 17';
SELECT msb_org.accept_handover('sag', '3', '2028-03-14');
SELECT case_key, planned, to_unit, accepted_by FROM ahead WHERE case_key = '3';
-- Said twice, the first stands.
SET msb_org.actor = 'voksne 18';
SELECT msb_org.accept_handover('public.sag', '3');
SET msb_org.actor = 'prøve';
SELECT * FROM far;
-- The day comes, and the job: both cases move, the one that nobody accepted too.
SELECT * FROM job('2028-03-13');
SELECT * FROM job('2028-03-14');
SELECT sag_id, omraade FROM sag WHERE sag_id < 4 ORDER BY 1;
SELECT case_key, planned FROM ahead WHERE case_key < '4';
-- Whoever took over accepts afterwards: the last handover that nobody has accepted, then the next.
SET msb_org.today = '2028-03-20';
SELECT msb_org.accept_handover('sag', '1');
SELECT * FROM far WHERE case_key = '1';
SELECT msb_org.accept_handover('sag', '1');
SELECT msb_org.accept_handover('sag', '3');
SELECT msb_org.accept_handover('sag', '3', '2028-03-14');
SELECT * FROM far;
-- The job did not run: late, and known to be; then late and moved.
SET msb_org.today = '2030-03-04';
SELECT * FROM far WHERE case_key = '4';
SELECT case_key, planned FROM msb_org.handovers('2030-01-01', '2030-12-31') WHERE case_table = 'sag';
SELECT * FROM job('2030-03-05') WHERE case_key = '4';

-- By status: what is asked for, each once.
SELECT case_key, planned, status, moved_at IS NOT NULL AS moved FROM msb_org.handovers(NULL, NULL) WHERE case_table = 'sag' ORDER BY case_key, planned;
CREATE FUNCTION of_status(statuses text[]) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM ((SELECT * FROM msb_org.handovers(NULL, NULL, of_status.statuses)
                           EXCEPT ALL SELECT * FROM msb_org.handovers(NULL, NULL) h WHERE h.status = ANY (of_status.statuses))
                          UNION ALL
                          (SELECT * FROM msb_org.handovers(NULL, NULL) h WHERE h.status = ANY (of_status.statuses)
                           EXCEPT ALL SELECT * FROM msb_org.handovers(NULL, NULL, of_status.statuses))) d $$;
SELECT sum(of_status(s::text[])) AS other FROM unnest('{"{}","{planned}","{accepted}","{moved}","{late}","{void}","{ahead}","{ahead,moved}","{accepted,ahead}","{void,late}","{nothing}","{NULL}"}'::text[]) s;
-- No look at the ledger for what is stored, none at what is stored but its key for what is ahead.
CREATE FUNCTION reads(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
        IF line ~ 'on (assignment|plan|handover) ' AND line !~ 'never executed' THEN
            RETURN NEXT substring(line FROM ' on (\w+)');
        END IF;
    END LOOP;
END $$;
SELECT DISTINCT reads($$SELECT * FROM msb_org.handovers(NULL, NULL, '{planned,accepted,moved,void}')$$);
SELECT r, count(*) FROM reads($$SELECT * FROM msb_org.handovers(NULL, NULL, '{ahead}')$$) r GROUP BY 1 ORDER BY 1;
DROP FUNCTION of_status, reads;

-- Errors.
\set VERBOSITY sqlstate
SELECT msb_org.accept_handover('sag', '1');
SELECT msb_org.accept_handover('sag', '99');
SELECT msb_org.accept_handover('', '740398-0121');
SELECT msb_org.accept_handover('sag', NULL);
SELECT msb_org.accept_handover('sag', '1', 'infinity');
\set VERBOSITY default
SELECT msb_org.accept_handover('sag', '5', '2020-01-01');
SELECT msb_org.accept_handover('sag', '99');
SELECT msb_org.accept_handover('sag', '740398-0121');
SELECT msb_org.accept_handover('ingen', '1');
SELECT msb_org.accept_handover(NULL, '1');
SELECT msb_org.accept_handover('sag', NULL);
SELECT msb_org.accept_handover('sag', '1', 'infinity');
SELECT msb_org.accept_handover('', '740398-0121');
SELECT msb_org.accept_handover('', '00000000-0000-0000-0000-000000000000');
\set VERBOSITY terse

--
-- Accepted, and then it comes otherwise.
--
TRUNCATE sag;
TRUNCATE msb_org.handover;
SET msb_org.today = '2030-01-01';
INSERT INTO sag SELECT n, 'x' || n, '2000-06-01', 'provision', 'homelessness' FROM generate_series(1, 7) n;
SELECT count(msb_org.accept_handover('sag', n::text)) FROM generate_series(1, 7) n;
-- closed before; the birth date corrected; moved by the application's write that day; gone;
-- moved before; another challenge, another unit
UPDATE sag SET afsluttet = '2030-01-01' WHERE sag_id = 1;
UPDATE sag SET foedt = '2000-08-01' WHERE sag_id = 2;
DELETE FROM sag WHERE sag_id = 4;
UPDATE sag SET opgave = 'authority', udfordring = 'disability' WHERE sag_id = 6;
SET msb_org.today = '2030-05-31';
UPDATE sag SET foedt = '2000-05-31' WHERE sag_id = 5;
SET msb_org.today = '2030-06-01';
UPDATE sag SET udfordring = 'substance_misuse' WHERE sag_id = 3;
SELECT * FROM job('2030-06-01');
-- The same day again changes nothing; the corrected one on its day, accepted anew.
SELECT count(*) FROM job('2030-06-01');
SELECT msb_org.accept_handover('sag', '2');
SELECT * FROM job('2030-08-01') WHERE case_key = '2';
-- What an alias has changed meanwhile moves too when the case is judged: 67 changes nothing by itself.
INSERT INTO msb_org.alias (facet, pattern, label) VALUES ('challenge', 'F00', 'homelessness');
INSERT INTO sag VALUES (8, 'x8', '1963-09-01', 'provision', 'F00');
UPDATE msb_org.alias SET label = 'sickness';
SELECT * FROM job('2030-09-01') WHERE case_key = '8';
-- A structure that comes into force: reassign() records what it moves, the job finds nothing left.
TRUNCATE msb_org.handover;
SELECT msb_org.adopt('msb-2018', DATE '2031-01-01');
SET msb_org.today = '2031-01-01';
CALL msb_org.reassign('sag', 3);
SELECT * FROM far;
SELECT msb_org.reassign_due();
-- The citizen's key goes with the retention period; a case that went from one citizen to another keeps one row.
INSERT INTO msb_org.handover (citizen, case_table, case_key, planned, cause, from_unit, to_unit, moved_at)
SELECT c, 'sag', '77', '2030-12-01', 'birthday', 'unge', 'job', '2030-12-01' FROM unnest('{a,b,c}'::text[]) c;
SELECT count(*), count(*) FILTER (WHERE citizen <> '') AS with_citizen FROM msb_org.handover WHERE case_table <> '';
SELECT msb_org.purge_ended('2031-01-02') > 0 AS purged;
SELECT count(*), count(*) FILTER (WHERE citizen <> '') AS with_citizen FROM msb_org.handover WHERE case_table <> '';
SELECT msb_org.purge_ended('2031-01-02');

-- Nobody may by default.
SELECT p.oid::regprocedure AS function FROM pg_proc p
 WHERE p.pronamespace = 'msb_org'::regnamespace AND p.proname ~ 'handover|coordination|_moves|entry_point|citizen_view|future$|newest|lock_plans'
   AND has_function_privilege('public', p.oid, 'EXECUTE') ORDER BY 1;

-- At REPEATABLE READ and SERIALIZABLE too, together with the job.
INSERT INTO sag VALUES (9, 'x9', '1964-06-01', 'authority', 'disability');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT msb_org.accept_handover('sag', '9');
SELECT msb_org.reassign_due();
COMMIT;
SET msb_org.today = '2031-06-01';
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT msb_org.accept_handover('sag', '9');
SELECT msb_org.reassign_due();
COMMIT;
SELECT * FROM far WHERE case_key = '9';

-- Found by the index on due; where a structure begins in the span, every open row.
INSERT INTO sag SELECT n, 'y' || n, DATE '1960-01-01' + n, 'provision', 'homelessness' FROM generate_series(100, 20000) n;
ANALYZE msb_org.assignment;
CREATE FUNCTION scans(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
        IF line ~ 'on assignment' THEN
            RETURN NEXT regexp_replace(regexp_replace(line, '^.*-> *', ''), 'actual rows=[\d.]+ loops=1', 'run');
        END IF;
    END LOOP;
END $$;
SELECT * FROM scans($$SELECT * FROM msb_org.handovers('2031-06-02', '2031-07-01')$$) WHERE scans !~ 'pkey';
SELECT msb_org.adopt('msb-2019', DATE '2031-07-01');
SELECT * FROM scans($$SELECT * FROM msb_org.handovers('2031-06-02', '2031-07-01')$$) WHERE scans !~ 'pkey';

-- What is ahead finds the handovers that are recorded by their key, also where statistics are missing, as after a restore.
DELETE FROM pg_statistic WHERE starelid = 'msb_org.handover'::regclass;
CREATE FUNCTION looks(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ ' on handover| Join' THEN
            RETURN NEXT regexp_replace(line, '^.*-> *', '');
        END IF;
    END LOOP;
END $$;
SELECT * FROM looks($$SELECT * FROM msb_org.handovers('2031-06-02', '2031-07-01', '{ahead}')$$);
-- A text that is no status is an error, so that no answer is taken for "none".
SELECT * FROM msb_org.handovers(statuses => '{late,Moved}');
SELECT * FROM msb_org.handovers(statuses => '{NULL}');
SELECT count(*) FROM msb_org.handovers(statuses => '{}');
-- A case whose number is none has no handover ahead, whatever structure begins.
CREATE TABLE uden_nummer (nr int PRIMARY KEY, cpr text, opgave text, udfordring text);
SELECT msb_org.attach('uden_nummer', key => 'nr', citizen => 'cpr', birth => 'cpr', facets => '{"task": "opgave", "challenge": "udfordring"}');
INSERT INTO uden_nummer VALUES (1, 'ukendt', 'authority', 'homelessness');
SELECT finding FROM msb_org.current_assignment WHERE case_table = 'uden_nummer';
SELECT count(*) FROM msb_org.handovers('2031-06-02', '2031-07-01') WHERE case_table = 'uden_nummer';
SELECT msb_org.detach('uden_nummer');
DROP TABLE uden_nummer;

DROP FUNCTION scans, looks, job;
DROP TABLE before;
DROP VIEW ahead, far;
DROP TABLE sag CASCADE;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
