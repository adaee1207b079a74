-- Coordination: which duties are due, when a plan opens and when not, who takes
-- part, who coordinates, and what becomes of all that as cases and citizens change.
\getenv srcdir PG_ABS_SRCDIR
\set fixture :srcdir '/sql/fixtures/coordination.sql'
\ir :fixture

-- The man of 21, near homelessness. A social case alone is no duty, nor are two of
-- them in two units; with benefit it is one, and a draft opens by itself.
INSERT INTO borger VALUES (1, '7403980121', DATE '1998-03-14');
INSERT INTO sag VALUES (1, 1, 'authority', 'homelessness', NULL), (2, 1, 'provision', 'homelessness', 'substance_treatment');
SELECT * FROM look('740398-0121');
SET msb_org.today = '2019-09-09';
INSERT INTO jobsag VALUES ('J1', '740398-0121', 'benefit', 'homelessness');
SELECT * FROM look('740398-0121');
SELECT citizen, kind, status, unit, challenge, coordinator, duty, decided, due, opened_at::date, opened_by = session_user AS by_us FROM msb_org.plan;
-- Another case opens none beside it; its unit takes part.
SET msb_org.today = '2019-09-10';
INSERT INTO sag VALUES (3, 1, 'provision', 'homelessness', 'family_support');
SELECT * FROM look('740398-0121');
-- An override counts: where a case lies is what the ledger says.
SELECT msb_org.override('sag', '3', 'voksne', 'prøve');
SELECT * FROM look('740398-0121');
SELECT msb_org.override('sag', '3', NULL, NULL);
UPDATE sag SET afsluttet = '2019-09-10' WHERE sag_id = 3;
SELECT participant, valid_from::date, valid_to::date FROM msb_org.plan_participant ORDER BY valid_from, participant;
-- All of it undone, in savepoints and at the end.
BEGIN;
SAVEPOINT a;
UPDATE jobsag SET lukket = '2019-09-10';
SET CONSTRAINTS ALL IMMEDIATE;
SELECT * FROM look('740398-0121') WHERE what IN ('duty', 'review');
ROLLBACK TO a;
SELECT * FROM look('740398-0121') WHERE what IN ('duty', 'review');
INSERT INTO sag VALUES (3000, 1, 'provision', 'homelessness', 'family_support');
SAVEPOINT b;
INSERT INTO sag VALUES (3001, 1, 'authority', 'homelessness');
ROLLBACK TO b;
COMMIT;
DELETE FROM sag WHERE sag_id = 3000;
BEGIN;
DELETE FROM jobsag;
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
SELECT * FROM look('740398-0121');
SELECT * FROM wrong;

-- The last reason goes: somebody is asked to look at the plan, which stays as it is.
SET msb_org.today = '2019-10-01';
UPDATE jobsag SET lukket = '2019-10-01' WHERE nr = 'J1';
SELECT * FROM look('740398-0121');
-- It comes back (a case reopened): the same plan, and nothing to look at.
SET msb_org.today = '2019-10-05';
UPDATE jobsag SET lukket = NULL WHERE nr = 'J1';
SELECT * FROM look('740398-0121');
-- Within one transaction there and back: nothing happened.
BEGIN;
UPDATE jobsag SET lukket = '2019-10-05' WHERE nr = 'J1';
UPDATE jobsag SET lukket = NULL WHERE nr = 'J1';
COMMIT;
SELECT count(*) FROM msb_org.plan_reason;

-- He declines: no draft opens for the same units, whatever the cases do.
SET msb_org.today = '2019-10-10';
CALL set_status('740398-0121', 'declined');
UPDATE sag SET udfordring = 'social_exposure' WHERE sag_id = 1;
INSERT INTO sag VALUES (4, 1, 'provision', 'homelessness', 'general');
SELECT * FROM look('740398-0121');
SELECT count(*) AS opened FROM msb_org.open_due_plans();
-- Another unit joins: now one does.
SET msb_org.today = '2019-10-20';
INSERT INTO sag VALUES (5, 1, 'provision', 'vulnerable_child', 'family_support');
SELECT * FROM look('740398-0121');
-- Declined again, and a unit fewer: none. The duty goes and comes again: one.
CALL set_status('740398-0121', 'declined');
SET msb_org.today = '2019-10-21';
UPDATE sag SET afsluttet = '2019-10-21' WHERE sag_id = 5;
SELECT count(*), count(*) FILTER (WHERE status = 'draft') AS open FROM msb_org.plan;
UPDATE jobsag SET lukket = '2019-10-21' WHERE nr = 'J1';
SET msb_org.today = '2019-10-22';
UPDATE jobsag SET lukket = NULL WHERE nr = 'J1';
SELECT * FROM look('740398-0121') WHERE what <> 'case';
SELECT * FROM wrong;
-- A plan that was entered in error meets nothing.
CALL set_status('740398-0121', 'entered_in_error');
SELECT duty, units, since::date, action, observed FROM msb_org.plan_due;
SELECT citizen, duty, units, since::date, action, observed FROM msb_org.open_due_plans('both', 'unge', 5);
SELECT count(*), count(*) FILTER (WHERE status = 'draft') AS open FROM msb_org.plan;
SELECT * FROM wrong;

-- Closed by hand while a duty is due: that meets it.
CALL set_status('740398-0121', 'closed');
SELECT count(*) AS due FROM msb_org.plan_due;
SELECT msb_org.judge_citizens(ARRAY['740398-0121'], 'due');
SELECT * FROM wrong;

-- Who counts. A citizen of 70: the authority case lies with another department,
-- which is not one of the units; the treatment case is a second unit of ours.
SET msb_org.today = '2019-11-01';
INSERT INTO borger VALUES (2, '6101494001', DATE '1949-01-01');
INSERT INTO sag VALUES (21, 2, 'authority', 'mental_illness', NULL);
INSERT INTO jobsag VALUES ('J2', '610149-4001', 'benefit', NULL);
SELECT * FROM look('610149-4001');
INSERT INTO sag VALUES (22, 2, 'provision', 'mental_illness', 'general');
SELECT * FROM look('610149-4001');
-- Without a birth date the entry unit has the case, which is none either.
INSERT INTO borger VALUES (3, '6101704001', NULL);
INSERT INTO sag VALUES (31, 3, 'authority', 'mental_illness', NULL);
INSERT INTO jobsag VALUES ('J3', '610170-4001', 'benefit', NULL);
SELECT * FROM look('610170-4001');
-- It is confirmed, and later corrected: what follows from the age follows.
SET msb_org.today = '2019-11-02';
UPDATE borger SET foedt = DATE '1970-01-01' WHERE borger_id = 3;
SELECT * FROM look('610170-4001');
SET msb_org.today = '2019-11-03';
UPDATE borger SET foedt = DATE '2000-01-01' WHERE borger_id = 3;
SELECT * FROM look('610170-4001');
UPDATE borger SET foedt = DATE '1970-01-01' WHERE borger_id = 3;
SELECT * FROM look('610170-4001');
-- Cases of companies, of nobody known, and of no citizen at all are never counted.
INSERT INTO borger VALUES (4, NULL, DATE '1970-01-01');
INSERT INTO sag VALUES (41, 4, 'authority', 'mental_illness', NULL), (42, NULL, 'authority', 'mental_illness', NULL);
INSERT INTO jobsag VALUES ('J41', NULL, 'benefit', NULL, 'citizen'), ('J42', 'ukendt', 'benefit', 'sickness', 'citizen'),
    ('J43', 'ukendt', 'authority', 'mental_illness', 'citizen'),
    ('V1', NULL, 'provision', 'unemployment', 'company'), ('V2', '610170-4001', 'provision', 'unemployment', 'company');
SELECT case_key, citizen, unit, finding FROM msb_org.current_assignment WHERE case_key IN ('41', '42', 'J41', 'J42', 'J43', 'V1', 'V2') ORDER BY 1;
SELECT count(*) FROM msb_org.plan_reason WHERE citizen NOT IN ('740398-0121', '610149-4001', '610170-4001');
SELECT msb_org.judge_citizens(ARRAY['ukendt', '', NULL, '610170-4001'], 'due');
-- A company's case that names a citizen takes part and is not counted.
SELECT * FROM look('610170-4001');
DELETE FROM jobsag WHERE nr LIKE 'V%';
SELECT * FROM wrong;


-- Modes. A table in observe is seen and opens nothing, alone or with another in
-- fill; a plan that is open already goes on.
SET msb_org.today = '2020-01-06';
SELECT msb_org.set_mode('jobsag', 'observe');
SELECT * FROM look('610170-4001');
INSERT INTO borger SELECT n, '6101804' || lpad(n::text, 3, '0'), DATE '1980-01-01' FROM generate_series(11, 16) n;
INSERT INTO sag SELECT n, n, 'authority', 'mental_illness', NULL FROM generate_series(11, 16) n;
INSERT INTO jobsag SELECT 'J' || n, '610180-4' || lpad(n::text, 3, '0'), 'benefit', NULL FROM generate_series(11, 16) n;
SELECT citizen, duty, units, since::date, action, observed FROM msb_org.plan_due ORDER BY citizen;
SELECT count(*) AS opened FROM msb_org.open_due_plans();
-- A third table, in fill, brings what is due without those in observe: one opens.
-- Its citizens' keys are anything: a CPR number is one in any form.
CREATE TABLE kontakt (id uuid PRIMARY KEY, person text, foedt date, opgave text);
SELECT msb_org.attach('kontakt', key => 'id', citizen => 'person', birth => 'foedt', facets => '{"task": "opgave"}', mode => 'fill');
INSERT INTO kontakt VALUES ('00000000-0000-0000-0000-000000000011', '6101804011', DATE '1980-01-01', 'benefit');
SELECT * FROM look('610180-4011');
DELETE FROM kontakt;
SELECT * FROM look('610180-4011');
-- A key that is no CPR number is as good as one.
CREATE TABLE akt (nr integer PRIMARY KEY, person text, foedt date, opgave text, udfordring text);
SELECT msb_org.attach('akt', key => 'nr', citizen => 'person', birth => 'foedt', mode => 'fill',
                      facets => '{"task": "opgave", "challenge": "udfordring"}');
INSERT INTO akt VALUES (1, 'P-17', DATE '1970-01-01', 'authority', 'disability');
INSERT INTO akt VALUES (2, ' P-17 ', DATE '1970-01-01', 'benefit', NULL), (3, 'p-17', DATE '1970-01-01', 'benefit', NULL);
SELECT * FROM look('P-17');
SELECT * FROM look('p-17');
DROP TABLE akt;
SELECT msb_org.detach('akt');
SELECT * FROM look('P-17');
-- Switched to fill: what was due already opens nothing, not even when it is
-- written again; it is listed, and opened when somebody asks, in portions.
SET msb_org.today = '2020-02-03';
SELECT msb_org.set_mode('jobsag', 'fill');
SELECT citizen, duty, units, since::date, action, observed FROM msb_org.plan_due ORDER BY citizen;
UPDATE jobsag SET udfordring = 'sickness' WHERE nr = 'J12';
SELECT count(*) AS due FROM msb_org.plan_due;
SELECT unit, count(*) FROM msb_org.plan_due, unnest(units) unit GROUP BY unit ORDER BY unit;
SELECT count(*) AS opened FROM msb_org.open_due_plans('both', 'job');
-- A dry run returns what a real one does next, and leaves no row and no lock.
CREATE VIEW written AS
    SELECT (SELECT md5(string_agg(p::text, ' ' ORDER BY p::text)) FROM msb_org.plan p) AS plans,
           (SELECT md5(string_agg(r::text, ' ' ORDER BY r::text)) FROM msb_org.plan_reason r) AS reasons,
           (SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM msb_org.plan_participant t) AS participants;
CREATE TEMP TABLE before AS SELECT * FROM written;
BEGIN;
CREATE TEMP TABLE would AS SELECT * FROM msb_org.open_due_plans('both', 'voksne', 2, dry_run => true);
SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
COMMIT;
SELECT w = b AS nothing_written FROM written w, before b;
SELECT count(*) AS and_for_null FROM msb_org.open_due_plans('both', 'voksne', 2, NULL);
SELECT w = b AS nothing_written FROM written w, before b;
CREATE TEMP TABLE opened AS SELECT * FROM msb_org.open_due_plans('both', 'voksne', 2);
SELECT citizen, duty, units, since::date, action, observed FROM opened ORDER BY citizen;
SELECT count(*) AS differences FROM opened o FULL JOIN would w ON w = o WHERE o IS NULL OR w IS NULL;
DROP TABLE before, would, opened;
DROP VIEW written;
SELECT count(*) AS opened FROM msb_org.open_due_plans(max => 2);
SELECT citizen FROM msb_org.plan_due ORDER BY citizen;
SELECT count(*) AS opened FROM msb_org.open_due_plans(unit => 'sundhed');
SELECT count(*) AS opened FROM msb_org.open_due_plans();
SELECT citizen, status, unit, duty FROM msb_org.plan WHERE opened_at::date = '2020-02-03' ORDER BY citizen;
SELECT msb_org.open_due_plans('begge');
SELECT msb_org.open_due_plans(max => 0);
SELECT msb_org.open_due_plans(max => NULL);
SELECT msb_org.judge_citizens(ARRAY['610180-4011'], 'always');
SELECT * FROM wrong;
-- Nothing is due that only grew in a table in observe.
SELECT msb_org.set_mode('kontakt', 'observe');
CALL set_status('610180-4012', 'declined');
INSERT INTO kontakt VALUES ('00000000-0000-0000-0000-000000000012', '610180-4012', DATE '1970-01-01', 'authority');
SELECT * FROM look('610180-4012');
SELECT * FROM wrong;

-- The primary challenge. Unstated it is the first by priority; stated it decides the
-- cases whose own challenge yields, at once and for those to come.
SET msb_org.today = '2020-03-02';
INSERT INTO borger VALUES (20, '6101714003', DATE '1971-01-01');
INSERT INTO sag VALUES (201, 20, 'authority', 'substance_misuse', NULL), (202, 20, 'provision', 'unemployment', 'employment');
INSERT INTO jobsag VALUES ('J20', '610171-4003', 'benefit', NULL);
SELECT * FROM look('610171-4003');
SELECT sag_id, omraade FROM sag WHERE borger_id = 20 ORDER BY 1;
SELECT * FROM msb_org.coordination_of('6101714003');
SET msb_org.today = '2020-03-03';
SET msb_org.actor = 'leder7';
SELECT msb_org.state_primary_challenge('6101714003', 'disability', 'udredning af 2. marts');
SELECT * FROM look('610171-4003');
INSERT INTO sag VALUES (203, 20, 'provision', NULL, 'general');
SELECT sag_id, omraade FROM sag WHERE borger_id = 20 ORDER BY 1;
SELECT * FROM msb_org.coordination_of('610171-4003');
-- Who differs: neither the same nor one above the other; what yields differs from nothing.
SELECT * FROM msb_org.finding WHERE kind = 'challenge_disagreement' AND case_key LIKE '20_';
UPDATE sag SET udfordring = 'mental_disability' WHERE sag_id = 201;
SELECT case_key, message FROM msb_org.finding WHERE kind = 'challenge_disagreement' AND case_key LIKE '20_' ORDER BY case_key;
UPDATE sag SET udfordring = 'substance_misuse' WHERE sag_id = 201;
-- Stated again otherwise (a wider label than the case's own), and taken back.
SET msb_org.today = '2020-03-04';
SELECT msb_org.state_primary_challenge('610171-4003', 'social_exposure', 'ny udredning');
SELECT case_key, message FROM msb_org.finding WHERE kind = 'challenge_disagreement' AND case_key LIKE '20_' ORDER BY case_key;
SELECT sag_id, omraade FROM sag WHERE borger_id = 20 ORDER BY 1;
SELECT * FROM look('610171-4003') WHERE what IN ('plan', 'handover');
SET msb_org.today = '2020-03-05';
SELECT msb_org.state_primary_challenge('610171-4003', NULL);
SELECT * FROM look('610171-4003');
SELECT challenge, reason, actor, valid_from::date, valid_to::date FROM msb_org.primary_challenge ORDER BY valid_from;
SELECT sag_id, omraade FROM sag WHERE borger_id = 20 ORDER BY 1;
RESET msb_org.actor;
-- Unstated: the cases' own differ among themselves.
UPDATE sag SET udfordring = 'brain_injury' WHERE sag_id = 203;
SELECT case_key, message FROM msb_org.finding WHERE kind = 'challenge_disagreement' AND case_key LIKE '20_' ORDER BY case_key;
-- Errors; none of them says who.
SELECT msb_org.state_primary_challenge(NULL, 'disability', 'grund');
SELECT msb_org.state_primary_challenge('  ', 'disability', 'grund');
SELECT msb_org.state_primary_challenge('610171-4003', 'disability');
SELECT msb_org.state_primary_challenge('610171-4003', 'disability', '  ');
\echo :SQLSTATE
SELECT msb_org.state_primary_challenge('610171-4003', 'handicap', 'grund');
\echo :SQLSTATE
SELECT a.*, b.* FROM msb_org.coordination_of('nobody') a, msb_org.coordination_of(NULL) b;
SELECT * FROM msb_org.citizen_duty('610171-4003');
SELECT * FROM wrong;

-- A birthday moves cases, and with them duties; the coordination is handed over, not
-- silently changed. Born on 29 February: 30 on 1 March.
SET msb_org.today = '2025-11-03';
SELECT msb_org.reassign_due() > 0 AS moved;
INSERT INTO borger VALUES (51, '890296-4017', DATE '1996-02-29'), (52, '680311-4052', DATE '2011-03-08');
INSERT INTO sag VALUES (511, 51, 'authority', 'mental_illness', NULL), (512, 51, 'provision', 'mental_illness', 'general');
INSERT INTO jobsag VALUES ('J51', '890296-4017', 'benefit', NULL);
-- A child of 14 has no duty while all its cases lie in one area; at 15 one of them moves.
INSERT INTO sag VALUES (521, 52, 'authority', 'vulnerable_child', NULL), (522, 52, 'provision', 'vulnerable_child', 'family_support');
INSERT INTO jobsag VALUES ('J52', '680311-4052', 'authority', 'unknown');
SELECT * FROM look('890296-4017');
SELECT * FROM look('680311-4052');
SET msb_org.today = '2026-02-28';
SELECT msb_org.reassign_due();
SELECT * FROM look('890296-4017') WHERE what IN ('case', 'plan');
SET msb_org.today = '2026-03-01';
SELECT msb_org.reassign_due();
SELECT * FROM look('890296-4017');
SET msb_org.today = '2026-03-08';
SELECT msb_org.reassign_due();
SELECT * FROM look('680311-4052');
SELECT msb_org.reassign_due();
SELECT * FROM wrong;

-- Another structure, with duties of its own: one unit is enough, three are needed,
-- listed only, parts that are alternatives, an age of its own. What it does not have
-- goes, what it has opens.
SET msb_org.today = '2026-06-01';
SELECT msb_org.copy_structure('msb-2019#1', 'proeve');
DELETE FROM msb_org.plan_duty WHERE structure = 'proeve';
INSERT INTO msb_org.plan_duty (structure, duty, part, counted, min_units, action) VALUES
    ('proeve', 'en', 'hjemløs', 'task authority; challenge homelessness', 1, 'open'),
    ('proeve', 'tre', 'alt', 'subject citizen', 3, 'open'),
    ('proeve', 'meldes', 'ydelse', 'task benefit', 1, 'report'),
    ('proeve', 'to dele', 'a', 'task benefit', 1, 'open'),
    ('proeve', 'to dele', 'a', 'task coordination', 1, 'open'),
    ('proeve', 'to dele', 'b', 'challenge social_exposure', 2, 'open'),
    ('proeve', 'fyrre', 'alt', 'age 40-; challenge integration', 1, 'open');
SELECT msb_org.adopt('proeve', DATE '2026-07-01');
INSERT INTO borger SELECT n, '6101964' || lpad(n::text, 3, '0'), DATE '1996-01-01' FROM generate_series(61, 66) n;
INSERT INTO borger VALUES (67, '610786-4067', DATE '1986-07-01');
-- 61 homeless with one case; 62 below homelessness is nothing, the wider label is not it;
INSERT INTO sag VALUES (61, 61, 'authority', 'homelessness', NULL), (62, 62, 'authority', 'social_exposure', NULL);
-- 63 in three units, 64 benefit alone, 65 and 66 two parts, by either alternative;
INSERT INTO sag VALUES (631, 63, 'authority', 'mental_illness', NULL), (632, 63, 'provision', 'mental_illness', 'general'), (633, 63, 'provision', 'mental_illness', 'substance_treatment'),
    (65, 65, 'authority', 'social_exposure', NULL), (661, 66, 'authority', 'substance_misuse', NULL), (662, 66, 'coordination', 'social_exposure', NULL);
INSERT INTO jobsag VALUES ('J64', '610196-4064', 'benefit', NULL), ('J65', '610196-4065', 'benefit', NULL);
-- 67 is 40 on the day.
INSERT INTO jobsag VALUES ('J67', '610786-4067', 'authority', 'integration');
SELECT citizen, duty FROM msb_org.plan_reason WHERE valid_to IS NULL AND citizen >= '610196' ORDER BY 1, 2;
SET msb_org.today = '2026-07-01';
-- Nobody known is due nothing, though benefit has a unit at any age.
SELECT * FROM msb_org.citizen_duty('ukendt'), msb_org.coordination_of('ukendt');
SELECT msb_org.judge_citizens('{ukendt}', 'due');
-- Before the daily job has come to them, the dry run foretells the plans that it opens.
SELECT duty, count(*) AS plans FROM msb_org.open_due_plans(dry_run => true) GROUP BY 1 ORDER BY 1;
SELECT duty FROM msb_org.open_due_plans('to dele', dry_run => true);
SELECT msb_org.reassign_due() AS moved;
SELECT duty, count(*) AS plans FROM msb_org.plan WHERE opened_at::date = '2026-07-01' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS due FROM msb_org.open_due_plans(dry_run => true);
SELECT r.citizen, r.duty, r.units, r.action, p.unit AS coordinates, p.duty AS plan_for, p.opened_at::date
  FROM msb_org.plan_reason r LEFT JOIN msb_org.plan p ON p.citizen = r.citizen AND p.status = 'draft'
 WHERE r.valid_to IS NULL AND r.citizen IN (SELECT msb_org.citizen_key(cpr) FROM borger WHERE borger_id BETWEEN 61 AND 67) ORDER BY 1, 2;
SELECT citizen, duty, action FROM msb_org.plan_due WHERE action = 'report' AND citizen > '610190' ORDER BY 1;
SELECT msb_org.open_due_plans('meldes');
SELECT msb_org.open_due_plans('both');
SELECT duty, count(*) FROM msb_org.plan_reason WHERE valid_to IS NULL GROUP BY 1 ORDER BY 1;
SELECT * FROM look('610170-4001');
-- A birthday that moves no case may be another duty's.
INSERT INTO jobsag VALUES ('J68', '610886-4068', 'authority', 'integration');
SELECT * FROM look('610886-4068');
SET msb_org.today = '2026-08-01';
SELECT msb_org.reassign_due() AS moved;
SELECT * FROM look('610886-4068');
SELECT * FROM wrong;

-- TRUNCATE, DELETE: what is left counts.
BEGIN;
TRUNCATE jobsag;
SELECT duty, count(*) FROM msb_org.plan_reason WHERE valid_to IS NULL GROUP BY 1 ORDER BY 1;
SELECT count(*) AS to_look_at FROM msb_org.plan_review WHERE reviewed_at IS NULL;
SELECT * FROM wrong;
ROLLBACK;
DELETE FROM sag WHERE borger_id IN (61, 63);
SELECT * FROM look('610196-4061');
SELECT * FROM look('610196-4063');
SELECT * FROM wrong;

-- Work with the triggers disabled: recheck() lists every difference, and mends it.
SET msb_org.today = '2026-09-01';
SET session_replication_role = replica;
INSERT INTO sag VALUES (620, 62, 'authority', 'homelessness', NULL);
DELETE FROM jobsag WHERE nr = 'J65';
UPDATE sag SET udfordring = 'disability', indsats = NULL WHERE sag_id = 512;
UPDATE jobsag SET cpr = '610196-4062' WHERE nr = 'J64';
DELETE FROM msb_org.plan_participant WHERE citizen = '610886-4068';
UPDATE msb_org.plan_reason SET valid_to = valid_from + interval '1 day' WHERE citizen = '610886-4068' AND valid_to IS NULL;
UPDATE msb_org.plan_reason SET units = '{job}', observed = true WHERE citizen = '610786-4067' AND valid_to IS NULL;
UPDATE msb_org.plan SET unit = 'job' WHERE citizen = '610786-4067';
UPDATE msb_org.assignment SET structure = 'msb-2019' WHERE case_key = 'J67' AND valid_to IS NULL;
RESET session_replication_role;
SELECT * FROM msb_org.recheck();
SELECT count(*) FROM msb_org.recheck(true);
SELECT * FROM msb_org.recheck();
SELECT * FROM look('610196-4062');
SELECT * FROM look('610196-4064');
SELECT * FROM look('610886-4068');
SELECT * FROM look('610786-4067');
SELECT count(*) FROM msb_org.recheck(NULL);

-- Who takes part in a plan of another kind is whoever writes it says, whatever cases do.
SELECT msb_org.open_plan('610786-4067', 'whole_person', plan => '00000000-0000-0000-0000-000000000067');
INSERT INTO msb_org.plan_participant (citizen, plan, kind, participant, actor)
SELECT p.citizen, p.plan, 'unit', 'sundhed', 'prøve' FROM msb_org.plan p WHERE p.kind = 'whole_person';
UPDATE jobsag SET opgave = 'authority' WHERE nr = 'J67';
SELECT t.participant, t.valid_to IS NULL AS takes_part FROM msb_org.plan_participant t JOIN msb_org.plan p USING (citizen, plan) WHERE p.kind = 'whole_person';
SELECT * FROM wrong;
UPDATE jobsag SET opgave = 'benefit' WHERE nr = 'J67';
SELECT msb_org.set_plan_status('00000000-0000-0000-0000-000000000067', 'entered_in_error');

-- A table is let go: its cases count no longer, and nothing opens.
SELECT count(*) FROM msb_org.plan;
SELECT msb_org.detach('jobsag');
SELECT duty, count(*) FROM msb_org.plan_reason WHERE valid_to IS NULL GROUP BY 1 ORDER BY 1;
SELECT * FROM look('610886-4068');
SELECT count(*) FROM msb_org.plan;
SELECT * FROM wrong;

-- No structure is in force: no case has an area and nothing is due; a plan that is
-- open goes on, with nobody to coordinate it anew.
SET msb_org.today = '2019-07-01';
UPDATE sag SET udfordring = 'social_exposure' WHERE borger_id = 51;
SELECT * FROM look('890296-4017');
SELECT * FROM msb_org.coordination_of('890296-4017');
SELECT * FROM msb_org.citizen_duty('890296-4017');
SELECT msb_org.judge_citizens(ARRAY['890296-4017'], 'due');
SELECT count(*) AS opened FROM msb_org.open_due_plans();
SELECT msb_org.state_primary_challenge('890296-4017', 'disability', 'grund');
SELECT * FROM msb_org.recheck();

DROP TABLE sag, jobsag, kontakt, borger CASCADE;
DROP FUNCTION look(text);
DROP PROCEDURE set_status(text, text);
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
