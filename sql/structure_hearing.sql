-- A proposal on its way: copied from what is in force, in hearing, withdrawn,
-- adopted; and the cases that the new structure leaves behind.
SET client_min_messages = warning;
SET msb_org.today = '2019-06-01';
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
\set SHOW_CONTEXT never
\pset null -
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-01-01');

--
-- A copy
--
SELECT msb_org.copy_structure('msb-2019', 'forslag');
SELECT msb_org.copy_structure('msb-2019#1', 'efter vedtagelsen');
SELECT msb_org.copy_structure('msb-2019#1', 'efter-vedtagelsen');
SELECT structure, title, status, hearing_from, hearing_to FROM msb_org.structure ORDER BY structure;
SELECT msb_org.export_structure('forslag') - 'structure' = msb_org.export_structure('msb-2019#1') - 'structure' AS the_same;
SELECT msb_org.copy_structure('msb-2019', 'forslag');
SELECT msb_org.copy_structure('msb-2018', 'x');
SELECT msb_org.copy_structure('msb-2019#2', 'x');
SELECT msb_org.copy_structure('msb-2019', '');
SELECT msb_org.copy_structure('msb-2019', NULL);
SELECT msb_org.copy_structure(NULL, 'x');

--
-- In hearing
--
UPDATE msb_org.structure SET status = 'hearing' WHERE structure = 'forslag';
UPDATE msb_org.structure SET status = 'hearing', hearing_from = '2019-05-20', hearing_to = '2019-05-10' WHERE structure = 'forslag';
UPDATE msb_org.structure SET status = 'afvist' WHERE structure = 'forslag';
UPDATE msb_org.structure SET status = 'hearing', hearing_from = '2019-05-10', hearing_to = '2019-06-14' WHERE structure = 'forslag';
INSERT INTO msb_org.hearing_note (structure, rule, author, noted_at, note, answer) VALUES
    ('forslag', 'C3', 'Handicaprådet', '2019-05-20 10:00+02', 'Bør følge bo- og dagtilbuddene.', NULL),
    ('forslag', '', 'Udsatterådet', '2019-05-21 10:00+02', 'Hvem har overblikket?', 'Den koordinerende enhed.');
INSERT INTO msb_org.hearing_note (structure, author, noted_at, note) VALUES ('forslag', 'Ældrerådet', '2019-05-22 10:00+02', '');
SELECT msb_org.adopt('forslag', DATE '2019-08-01');
-- A note outlives its rule, not its proposal; a copy has none.
DELETE FROM msb_org.rule WHERE structure = 'forslag' AND rule = 'C3';
INSERT INTO msb_org.rule (structure, rule, unit, target) VALUES ('forslag', 'C5', 'sundhed', 'subject citizen; age 30-; task provision|coordination; challenge disability');
SELECT n.rule, r.unit, n.author, n.note, n.answer FROM msb_org.hearing_note n LEFT JOIN msb_org.rule r USING (structure, rule) ORDER BY n.rule;
SELECT msb_org.copy_structure('forslag', 'forslag-2');
SELECT count(*) AS notes_of_the_copy, (SELECT status FROM msb_org.structure WHERE structure = 'forslag-2') FROM msb_org.hearing_note WHERE structure = 'forslag-2';

--
-- Withdrawn, taken up again, proved, adopted
--
UPDATE msb_org.structure SET status = 'withdrawn' WHERE structure = 'forslag-2';
SELECT msb_org.adopt('forslag-2', DATE '2019-08-01');
SET msb_org.today = '2019-06-15';
-- The hearing is over; but C5 and C2 overlap now, and A4 and F4 went before C3.
SELECT msb_org.adopt('forslag', DATE '2019-08-01');
SELECT message FROM msb_org.verify('forslag') WHERE severity = 'error';
INSERT INTO msb_org.precedence (structure, rule, over, reason) VALUES
    ('forslag', 'C2', 'C5', 'Bo- og dagtilbud er samlet'), ('forslag', 'A4', 'C5', 'Familieindsatsen følger familien');
SELECT * FROM msb_org.verify('forslag') WHERE severity = 'error';
SELECT msb_org.adopt('forslag', DATE '2019-08-01', 'byrådet 19/6 2019, pkt. 4');
SELECT structure, status FROM msb_org.structure ORDER BY structure;
SELECT msb_org.adopt('forslag', DATE '2019-08-01');

--
-- Cases that are left behind
--
CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, afsluttet date, omraade text);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'afsluttet', area => 'omraade', mode => 'fill');
INSERT INTO sag SELECT n, '610170-1000', 'provision', (ARRAY['disability', 'homelessness', 'unemployment', 'noget andet'])[n] FROM generate_series(1, 4) n;
SELECT msb_org.override('sag', '3', 'stab1', 'aftalt');
SELECT count(*) AS nothing_yet FROM msb_org.finding WHERE kind IN ('unit_gone', 'not_reassigned');
-- The new structure, without that staff and with another name for an area.
DELETE FROM msb_org.unit WHERE structure = 'forslag' AND unit = 'stab1';
UPDATE msb_org.unit SET unit = 'samlet' WHERE structure = 'forslag' AND unit = 'udsatte';
UPDATE msb_org.rule SET unit = 'samlet' WHERE structure = 'forslag' AND unit = 'udsatte';
SELECT msb_org.adopt('forslag', DATE '2019-08-01');
SELECT count(*) AS not_in_force_yet FROM msb_org.finding WHERE kind IN ('unit_gone', 'not_reassigned');
SET msb_org.today = '2019-08-04';
SELECT * FROM msb_org.finding WHERE kind IN ('unit_gone', 'not_reassigned') ORDER BY case_key;
SELECT msb_org.reassign_due();
SELECT * FROM msb_org.finding WHERE kind IN ('unit_gone', 'not_reassigned') ORDER BY case_key;
SET msb_org.today = '2019-08-14';
SELECT kind, case_key, unit, since, msb_org.today() - since AS days FROM msb_org.finding WHERE kind IN ('unit_gone', 'not_reassigned') ORDER BY case_key;
SELECT msb_org.override('sag', '3', NULL, NULL);
SELECT count(*) AS nothing_left FROM msb_org.finding WHERE kind IN ('unit_gone', 'not_reassigned');
SELECT case_key, unit, structure, revision, finding FROM msb_org.current_assignment ORDER BY case_key;

-- Who may.
CREATE ROLE regress_msb_reader;
SET ROLE regress_msb_reader;
SELECT count(*) FROM msb_org.hearing_note;
SELECT count(*) FROM msb_org.finding;
SELECT msb_org.copy_structure('msb-2019', 'x');
RESET ROLE;
DROP ROLE regress_msb_reader;
DELETE FROM msb_org.structure WHERE structure = 'forslag';
SELECT count(*) AS notes_left FROM msb_org.hearing_note;
DROP TABLE sag;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
