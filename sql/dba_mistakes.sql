-- What a careful DBA may do wrong, and what must not come of it.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
SET datestyle = ISO;
\pset null -
\set SHOW_CONTEXT never
SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');

-- A number is corrected in the table that cases refer to: only the cases that
-- refer to the row follow. The old number may be somebody else's.
CREATE TABLE borger (borger_id int PRIMARY KEY, cpr text);
CREATE TABLE sag (sag_id text PRIMARY KEY, borger_id int REFERENCES borger, opgave text);
CREATE INDEX ON sag (borger_id);
CREATE TABLE jobsag (nr int PRIMARY KEY, cpr text, opgave text);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'borger_id.cpr', birth => 'borger_id.cpr',
                      facets => '{"task": "opgave"}', mode => 'fill'),
       msb_org.attach('jobsag', key => 'nr', citizen => 'cpr', birth => 'cpr',
                      facets => '{"task": "opgave"}', mode => 'fill');
INSERT INTO borger VALUES (1, '610180-0001'), (2, '620190-0002'), (7, '610180-0001');
INSERT INTO jobsag VALUES (1, '610180-0001', 'authority');
INSERT INTO sag VALUES ('ret', 1, 'authority'), ('fejl', 7, 'authority'), ('anden', 2, 'benefit');
UPDATE sag SET opgave = 'benefit' WHERE sag_id = 'fejl';
UPDATE borger SET cpr = '630170-0003' WHERE borger_id = 7;
SELECT case_table, case_key, citizen, unit, valid_to IS NULL AS open FROM msb_org.assignment ORDER BY 1, 2, valid_from;
SELECT old_citizen, new_citizen FROM msb_org.renumbering;
-- two numbers that were swapped
UPDATE borger SET cpr = CASE borger_id WHEN 1 THEN '620190-0002' ELSE '610180-0001' END WHERE borger_id < 3;
SELECT case_table, case_key, citizen FROM msb_org.assignment WHERE case_table = 'sag' ORDER BY 1, 2, valid_from;

-- Somebody says so: all rows follow.
SELECT msb_org.renumber_citizen('6101800001', '640180-0004', 'nyt nummer') AS rows;
SELECT case_table, case_key, citizen FROM msb_org.assignment WHERE citizen = '640180-0004' ORDER BY 1, 2;
SELECT msb_org.renumber_citizen('640180-0004', '64018004', 'nyt nummer');
SELECT msb_org.renumber_citizen('640180-0004', '650180-0004', ' ');
SELECT msb_org.renumber_citizen('660180-0001', '660180-0002', 'kendes ikke') AS rows;
SELECT count(*) FROM msb_org.renumbering WHERE old_citizen = '660180-0001';

-- A citizen's key too long for an index refuses no write.
INSERT INTO jobsag VALUES (2, repeat('ukendt ', 1000), 'authority');
SELECT length(citizen), finding FROM msb_org.current_assignment WHERE case_key = '2';

-- An area that plays another role would be overwritten by the answer.
CREATE TABLE ens (a text PRIMARY KEY, t text, k text);
SELECT msb_org.attach('ens', key => 'a', facets => '{"task": "t"}', area => 'a');
SELECT msb_org.attach('ens', key => 'a', citizen => 'k', facets => '{"task": "t"}', area => 'k');
SELECT msb_org.attach('ens', key => 'a', facets => '{"task": "t"}', area => 't');
SELECT msb_org.attach('ens', key => 'a', facets => '{"task": "t"}', closed => 'k', closed_values => '{x}', area => 'k');

-- Rows are told by their place in a heap.
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE anden (a text PRIMARY KEY) USING heap2;
SELECT msb_org.attach('anden', key => 'a');
DROP TABLE anden;
DROP ACCESS METHOD heap2;

-- A table that has lost its map says so, and is mended by remap().
SELECT msb_org.attach('ens', key => 'a', facets => '{"task": "t"}', area => 'k', mode => 'fill');
INSERT INTO ens VALUES ('1', 'benefit');
ALTER TABLE ens DROP COLUMN t CASCADE;
SELECT case_table, relation, key FROM msb_org.attachment WHERE case_table = 'ens';
SELECT msb_org.reassign_due();
SELECT msb_org.detach('ens', true);
ALTER TABLE ens ADD t text;
SELECT msb_org.remap('ens', key => 'a', facets => '{"task": "t"}', area => 'k');
UPDATE ens SET t = 'authority';
SELECT case_key, unit FROM msb_org.current_assignment WHERE case_table = 'ens';
SELECT case_table, relation, key FROM msb_org.attachment WHERE case_table = 'ens';

-- A function that judges in between does not judge what the transaction has
-- written: that is refused in its own time.
SELECT msb_org.set_mode('ens', 'enforce');
INSERT INTO ens VALUES ('2', NULL, 'benefit'), ('3', NULL, 'benefit');
BEGIN;
UPDATE ens SET k = 'boern' WHERE a = '2';
SELECT msb_org.override('ens', '3', 'unge', 'prøve');
SELECT a, k FROM ens ORDER BY a;
COMMIT;
BEGIN;
UPDATE ens SET k = 'boern' WHERE a = '2';
SELECT msb_org.judge_cases('ens', '{2}', 'reassign');
COMMIT;
SELECT a, k FROM ens ORDER BY a;
SELECT msb_org.judge_cases('ens', '{2}', 'write');

DROP TABLE sag, jobsag, borger, ens;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
