-- Overrides: one case stands elsewhere than the rule says.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-01';
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
\set VERBOSITY terse
\pset null -
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, afsluttet date, omraade text);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'afsluttet', area => 'omraade', mode => 'fill');
CREATE FUNCTION stands(key text)
    RETURNS TABLE (omraade text, unit text, rule text, begins date, ends date, origin text, given text, finding text, reason text, due date)
    LANGUAGE sql AS $$
    SELECT (SELECT s.omraade FROM sag s WHERE s.sag_id::text = key), a.unit, a.rule, a.valid_from::date, a.valid_to::date,
           a.origin, a.given, a.finding, a.reason, a.due
      FROM msb_org.assignment a WHERE a.case_table = 'sag' AND a.case_key = key ORDER BY a.valid_from
$$;
INSERT INTO sag SELECT n, '610100-4001', 'provision', 'homelessness' FROM generate_series(1, 9) n;

-- The ledger and the column follow at once; ended by a NULL unit.
SET msb_org.today = '2019-09-05';
SELECT msb_org.override('sag', '1', 'udsatte', 'kender ham fra før');
SELECT * FROM stands('1');
SELECT case_table, case_key, unit, reason, until FROM msb_org.case_override;
-- Said again otherwise: the reason is another answer, the same said twice is not.
SELECT msb_org.override('sag', '1', 'udsatte', 'kender ham fra før');
SELECT msb_org.override('public.sag', '1', 'udsatte', 'aftalt med lederen', '2019-12-31');
SET msb_org.today = '2019-09-10';
SELECT msb_org.override('sag', '1', NULL, NULL);
SELECT * FROM stands('1');
SELECT count(*) FROM msb_org.case_override;

-- Until the end of a day.
SELECT msb_org.override('sag', '2', 'udsatte', 'ferieafløsning', '2019-09-30');
SET msb_org.today = '2019-09-30';
SELECT msb_org.reassign_due();
SELECT unit, due FROM stands('2');
SET msb_org.today = '2019-10-01';
SELECT msb_org.reassign_due();
SELECT * FROM stands('2');
SELECT msb_org.reassign_due();
SELECT count(*) FROM msb_org.case_override;
-- A write after the last day ends it too, before the job runs.
SELECT msb_org.override('sag', '2', 'udsatte', 'igen', '2019-10-05');
SET msb_org.today = '2019-10-06';
UPDATE sag SET udfordring = 'substance_misuse' WHERE sag_id = 2;
SELECT omraade, unit, ends, origin FROM stands('2');
SELECT msb_org.reassign_due();
SELECT count(*) FROM msb_org.case_override;

-- What the application writes meanwhile: a facet, the override's area, the rule's area, another one.
SET msb_org.today = '2019-09-05';
SELECT msb_org.override('sag', '3', 'udsatte', 'særligt forløb');
UPDATE sag SET udfordring = 'substance_misuse' WHERE sag_id = 3;
SELECT * FROM stands('3');
UPDATE sag SET omraade = 'job' WHERE sag_id = 3;
SELECT omraade, unit, given, finding, ends FROM stands('3');
UPDATE sag SET omraade = 'udsatte' WHERE sag_id = 3;
SELECT omraade, unit, given, finding, ends IS NULL AS open FROM stands('3');
UPDATE sag SET omraade = 'unge' WHERE sag_id = 3;
SELECT omraade, unit, given, finding, ends IS NULL AS open FROM stands('3');
SELECT msb_org.set_mode('sag', 'enforce');
UPDATE sag SET omraade = 'job' WHERE sag_id = 3;
UPDATE sag SET omraade = 'unge' WHERE sag_id = 3;
\set VERBOSITY default
UPDATE sag SET omraade = 'job' WHERE sag_id = 3;
\set VERBOSITY terse
BEGIN;
UPDATE sag SET omraade = 'unge' WHERE sag_id = 3;
UPDATE sag SET omraade = 'udsatte' WHERE sag_id = 3;
COMMIT;
SELECT omraade, unit, given, finding, ends IS NULL AS open FROM stands('3');
-- It makes a case stand that cannot be judged, too.
UPDATE sag SET udfordring = 'hjemløs' WHERE sag_id = 3;
UPDATE sag SET udfordring = 'hjemløs' WHERE sag_id = 4;
SELECT unit, rule, finding, ends IS NULL AS open FROM stands('3');
SELECT msb_org.set_mode('sag', 'observe');
-- In observe the column is left.
SELECT msb_org.override('sag', '5', 'udsatte', 'prøve');
SELECT omraade, unit, given, finding FROM stands('5');
SELECT msb_org.set_mode('sag', 'fill');

-- Closing ends it; a case that opens again stands where the rule says.
SELECT msb_org.override('sag', '6', 'udsatte', 'særligt forløb');
UPDATE sag SET afsluttet = '2019-09-05' WHERE sag_id = 6;
UPDATE sag SET afsluttet = NULL WHERE sag_id = 6;
SELECT omraade, unit, origin, ends FROM stands('6');
SELECT case_key FROM msb_org.case_override ORDER BY 1;
SELECT msb_org.override('sag', '6', 'voksne', 'ny grund');
SELECT omraade, unit, origin, ends FROM stands('6');
DELETE FROM sag WHERE sag_id = 6;
SELECT msb_org.reassign_due();
SELECT case_key FROM msb_org.case_override ORDER BY 1;
INSERT INTO sag VALUES (6, '610100-4001', 'provision', 'homelessness');
SELECT omraade, unit, origin, ends FROM stands('6');
-- A birthday at an age bound does not move it, nor does a new structure.
SELECT msb_org.override('sag', '7', 'voksne', 'særligt forløb', '2032-01-01');
SELECT msb_org.load_structure('msb-2018');
SET msb_org.today = '2030-01-02';
SELECT msb_org.reassign_due();
SELECT omraade, unit, origin, ends, due FROM stands('7');
CALL msb_org.reassign('sag');
SELECT omraade, unit, origin, ends, due FROM stands('7');

-- Errors.
SELECT msb_org.override('sag', '77', 'udsatte', 'findes ikke');
SELECT count(*) FROM msb_org.case_override WHERE case_key = '77';
SELECT msb_org.override('ingen', '1', 'udsatte', 'findes ikke');
SELECT msb_org.override('sag', '1', 'vores', 'findes ikke');
SELECT msb_org.override('sag', '1', 'udsatte', ' ');
SELECT msb_org.override('sag', '1', 'udsatte', NULL);
SELECT msb_org.override('sag', '1', 'udsatte', 'for sent', '2030-01-01');
SELECT msb_org.override('sag', '1', NULL, NULL);
SELECT msb_org.override('sag', NULL, 'udsatte', 'x');
SELECT msb_org.override('sag', 'x', 'udsatte', 'x');
UPDATE sag SET afsluttet = '2019-09-05' WHERE sag_id = 8;
SELECT msb_org.override('sag', '8', 'udsatte', 'er afsluttet');

DROP TABLE sag;
DROP FUNCTION stands(text);
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
