-- The coordination of a plan is handed over; whom the citizen meets; all on one screen.
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
-- The plans have numbers that nobody knows beforehand: they are shown by their citizens.
CREATE VIEW ahead AS
    SELECT citizen, planned, cause, from_unit, to_unit, accepted_by
      FROM msb_org.handovers('2019-09-02', '2099-12-31') WHERE case_table = '' AND moved_at IS NULL AND void_at IS NULL ORDER BY citizen, planned;
CREATE VIEW far AS
    SELECT citizen, planned, cause, from_unit, to_unit, status, days_late AS days, unaccepted, accepted_by,
           msb_org.local_day(moved_at) AS moved, msb_org.local_day(void_at) AS void
      FROM msb_org.handovers(NULL, NULL) WHERE case_table = '' AND (status <> 'ahead' OR planned <= msb_org.today() + 365) ORDER BY citizen, planned, to_unit;
CREATE VIEW plans AS
    SELECT p.citizen, p.status, p.unit, p.challenge,
           (SELECT string_agg(t.participant, ' ' ORDER BY t.participant) FROM msb_org.plan_participant t
             WHERE t.citizen = p.citizen AND t.plan = p.plan AND t.valid_to IS NULL) AS take_part
      FROM msb_org.plan p ORDER BY p.citizen, p.opened_at;
CREATE FUNCTION job(on_date date) RETURNS SETOF plans LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('msb_org.today', on_date::text, false);
    PERFORM msb_org.reassign_due();
    RETURN QUERY SELECT * FROM plans;
END $$;
CREATE FUNCTION accept(citizen text, planned date DEFAULT NULL) RETURNS date LANGUAGE sql AS $$
    SELECT msb_org.accept_handover('', p.plan::text, accept.planned) FROM msb_org.plan p WHERE p.citizen = accept.citizen
$$;
-- Nothing waits to be mended, ever.
CREATE VIEW differences AS SELECT what, case_key, citizen, recorded, expected FROM msb_org.recheck();

--
-- The man of 21: his plan opens by itself. At 30 its coordination goes to the area of his
-- primary challenge.
--
INSERT INTO sag VALUES (1, '740398-0121', '1998-03-14', 'provision', 'homelessness'), (2, '740398-0121', '1998-03-14', 'benefit', NULL);
SELECT * FROM plans;
SELECT * FROM ahead;
SELECT citizen, case_table, planned, status FROM msb_org.handovers(NULL, NULL) ORDER BY case_table;
-- Stated, it counts; so does what the cases are about by now.
SELECT msb_org.state_primary_challenge('740398-0121', 'brain_injury', 'udredning');
SELECT * FROM ahead;
SELECT msb_org.state_primary_challenge('740398-0121', NULL, 'alligevel ikke');
UPDATE sag SET udfordring = 'disability' WHERE sag_id = 1;
SELECT * FROM ahead;
UPDATE sag SET udfordring = 'homelessness' WHERE sag_id = 1;
SELECT * FROM ahead;
-- Accepted before, it is left alone until its day, and moves when the job runs.
SELECT accept('740398-0121');
UPDATE sag SET opgave = 'authority' WHERE sag_id = 1;
UPDATE sag SET opgave = 'provision' WHERE sag_id = 1;
SELECT * FROM ahead;
SELECT * FROM job('2028-03-13');
SELECT * FROM far;
SELECT * FROM job('2028-03-14');
SELECT * FROM far;
SELECT * FROM ahead;

--
-- The cases change. What waits can be accepted: then the coordination moves at once.
--
SET msb_org.today = '2028-04-01';
INSERT INTO sag VALUES (3, '740398-0121', '1998-03-14', 'authority', 'disability');
SELECT * FROM plans;
UPDATE sag SET afsluttet = '2028-04-01' WHERE sag_id = 1;
SELECT * FROM plans;
SELECT * FROM ahead;
SELECT count(*) FROM differences;
SET msb_org.actor = 'voksne 17';
SELECT accept('740398-0121');
SET msb_org.actor = 'prøve';
SELECT * FROM plans;
SELECT * FROM far WHERE planned = '2028-04-01';
SELECT * FROM ahead;
-- Nobody accepts: the job moves it all the same; whoever took over may accept afterwards.
SET msb_org.today = '2028-05-01';
SELECT msb_org.state_primary_challenge('740398-0121', 'mental_illness', 'udredning');
SELECT * FROM plans;
SELECT * FROM far WHERE planned = '2028-05-01';
SELECT * FROM job('2028-05-02');
SELECT * FROM far WHERE planned = '2028-05-01';
SELECT accept('740398-0121', '2028-05-01');
\set VERBOSITY sqlstate
SELECT accept('740398-0121', '2028-05-02');
\set VERBOSITY terse
SELECT * FROM far WHERE planned = '2028-05-01';
-- Back before it has moved: there is none.
SELECT msb_org.state_primary_challenge('740398-0121', NULL, 'ny udredning');
SELECT * FROM ahead;
SELECT msb_org.state_primary_challenge('740398-0121', 'mental_illness', 'klage');
SELECT * FROM ahead;
-- A unit that somebody gives the plan, and that the rules do not, comes back as a handover.
UPDATE msb_org.plan SET unit = 'job';
SELECT * FROM plans;
SELECT * FROM ahead;
SELECT * FROM job('2028-05-02');
-- A case closes on a day that was known: it is the cases that move the coordination, not a birthday.
SELECT msb_org.state_primary_challenge('740398-0121', NULL, 'ny udredning');
INSERT INTO sag VALUES (4, '740398-0121', '1998-03-14', 'provision', 'homelessness', '2028-07-01');
SELECT * FROM ahead;
SELECT * FROM job('2028-07-01');
SELECT * FROM far WHERE planned = '2028-07-01';

--
-- A structure moves it; accepted, and then withdrawn; adopted again.
--
SELECT msb_org.adopt('msb-2018', DATE '2029-01-01');
SELECT * FROM ahead;
SELECT accept('740398-0121', '2029-01-01');
SELECT msb_org.withdraw_enactment('msb-2018', 1);
SELECT * FROM ahead;
SELECT * FROM job('2029-01-01');
SELECT * FROM far WHERE planned >= '2029-01-01';
SELECT msb_org.adopt('msb-2018', DATE '2029-02-01'), msb_org.adopt('msb-2019', DATE '2030-01-01');
SELECT * FROM job('2029-02-01');
SELECT * FROM job('2030-01-02');
SELECT * FROM far WHERE planned >= '2029-01-01';
SELECT count(*) FROM differences;

--
-- The job did not run on the day. She was born on 29 February.
--
INSERT INTO sag VALUES (5, '890200-4001', '2000-02-29', 'provision', 'homelessness'), (6, '890200-4001', '2000-02-29', 'benefit', NULL),
    (7, '610500-4005', '2000-05-01', 'provision', 'homelessness'), (8, '610500-4005', '2000-05-01', 'benefit', NULL);
SELECT * FROM plans;
SET msb_org.today = '2030-03-01';
SELECT * FROM ahead WHERE citizen <> '740398-0121';
SET msb_org.today = '2030-03-04';
SELECT * FROM ahead WHERE citizen = '890200-4001';
SELECT * FROM far WHERE citizen = '890200-4001';
-- Accepted then, it moves without the job; the cases wait for that.
SELECT accept('890200-4001');
SELECT * FROM plans WHERE citizen = '890200-4001';
SELECT * FROM ahead WHERE citizen = '890200-4001';
SELECT * FROM job('2030-03-05');
SELECT * FROM far WHERE citizen = '890200-4001';
-- Not accepted: late, and on the day that was announced; a case written meanwhile changes nothing of that.
SET msb_org.today = '2030-05-03';
UPDATE sag SET udfordring = 'social_exposure' WHERE sag_id = 7;
SELECT * FROM far WHERE citizen = '610500-4005';
SELECT * FROM job('2030-05-04');
SELECT * FROM far WHERE citizen = '610500-4005';
SELECT count(*) FROM differences;

--
-- A plan that is closed hands nothing over; opened again it does.
--
SELECT msb_org.state_primary_challenge('610500-4005', 'disability', 'udredning');
SELECT * FROM ahead WHERE citizen = '610500-4005';
SELECT msb_org.set_plan_status(plan, 'closed') FROM msb_org.plan WHERE citizen = '610500-4005';
SELECT * FROM plans WHERE citizen = '610500-4005';
SELECT * FROM ahead WHERE citizen = '610500-4005';
\set VERBOSITY sqlstate
SELECT accept('610500-4005', '2030-05-04');
\set VERBOSITY terse
SELECT * FROM job('2030-05-05') WHERE citizen = '610500-4005';
SELECT * FROM far WHERE citizen = '610500-4005';
SELECT msb_org.set_plan_status(plan, 'under_review') FROM msb_org.plan WHERE citizen = '610500-4005';
SELECT * FROM plans WHERE citizen = '610500-4005';
SELECT * FROM ahead WHERE citizen = '610500-4005';
SELECT * FROM job('2030-05-06') WHERE citizen = '610500-4005';
-- Accepted beforehand, void when the plan was closed, and ahead again.
SELECT msb_org.state_primary_challenge('610500-4005', 'homelessness', 'udredning');
SELECT * FROM job('2030-05-06') WHERE citizen = '610500-4005';
SELECT msb_org.adopt('msb-2018', DATE '2030-05-20'), msb_org.adopt('msb-2019', DATE '2030-05-21');
SELECT accept('610500-4005', '2030-05-20');
SELECT planned, to_unit, status, unaccepted FROM far WHERE citizen = '610500-4005' AND planned > '2030-05-06';
SELECT msb_org.set_plan_status(plan, 'closed') FROM msb_org.plan WHERE citizen = '610500-4005';
SELECT planned, to_unit, status, unaccepted FROM far WHERE citizen = '610500-4005' AND planned > '2030-05-06';
SELECT msb_org.set_plan_status(plan, 'under_review') FROM msb_org.plan WHERE citizen = '610500-4005';
SELECT planned, to_unit, status, unaccepted FROM far WHERE citizen = '610500-4005' AND planned > '2030-05-06';
SELECT accept('610500-4005', '2030-05-20');
SELECT planned, to_unit, status, unaccepted FROM far WHERE citizen = '610500-4005' AND planned > '2030-05-06';
SELECT msb_org.withdraw_enactment('msb-2018', 3), msb_org.withdraw_enactment('msb-2019', 3);
SELECT * FROM job('2030-05-21') WHERE citizen = '610500-4005';
SELECT count(*) FROM differences;

-- A plan that somebody opened, of a citizen without cases: nothing is ahead.
SELECT msb_org.open_plan('x9', unit => 'unge', plan => '00000000-0000-0000-0000-00000000000a');
SELECT msb_org.accept_handover('', '00000000-0000-0000-0000-00000000000A');
SELECT msb_org.accept_handover('', '00000000-0000-0000-0000-00000000000a', '2030-05-06');
SELECT count(*) FROM msb_org.handovers('2019-09-02', '2099-12-31') WHERE citizen = 'x9';

--
-- A citizen who gets another key: handovers of cases and plans, waiting, accepted and moved, go along.
--
SET msb_org.today = '2030-06-01';
INSERT INTO sag VALUES (11, '610101-4009', '2001-06-02', 'provision', 'homelessness'), (12, '610101-4009', '2001-06-02', 'benefit', NULL);
SELECT msb_org.state_primary_challenge('610101-4009', 'brain_injury', 'udredning');
SELECT msb_org.accept_handover('sag', '11'), accept('610101-4009');
SELECT * FROM job('2031-06-02') WHERE citizen = '610101-4009';
SET msb_org.today = '2031-06-10';
SELECT msb_org.override('sag', '11', 'boern', 'kender ham', '2031-07-31');
SELECT msb_org.accept_handover('sag', '11');
SELECT msb_org.state_primary_challenge('610101-4009', 'disability', 'ny udredning');
CREATE VIEW carried AS
    SELECT h.citizen, h.case_table, h.planned, h.cause, h.from_unit, h.to_unit, h.accepted_by, msb_org.local_day(h.moved_at) AS moved, msb_org.local_day(h.void_at) AS void
      FROM msb_org.handover h WHERE h.citizen IN ('610101-4009', '630101-4010', '640101-4011') ORDER BY 1, 2, 3;
SELECT * FROM carried;
-- the case table first, then the word that it is the same person; and the other way round
SELECT * FROM plans WHERE citizen = '610101-4009';
UPDATE sag SET cpr = '630101-4010' WHERE cpr = '610101-4009';
SELECT msb_org.renumber_citizen('610101-4009', '630101-4010', 'nyt nummer');
SELECT * FROM carried;
SELECT * FROM plans WHERE citizen IN ('610101-4009', '630101-4010', '640101-4011');
SELECT msb_org.renumber_citizen('630101-4010', '640101-4011', 'nyt nummer');
SELECT * FROM carried;
UPDATE sag SET cpr = '640101-4011' WHERE cpr = '630101-4010';
SELECT * FROM carried;
SELECT * FROM plans WHERE citizen IN ('610101-4009', '630101-4010', '640101-4011');
SELECT * FROM job('2031-08-01') WHERE citizen IN ('610101-4009', '630101-4010', '640101-4011');
SELECT * FROM carried;
SELECT count(*) FROM differences;
-- In the table that cases refer to: all at once.
CREATE TABLE borger (borger_id integer PRIMARY KEY, cpr text, foedt date);
CREATE TABLE ydelse (ydelse_id integer PRIMARY KEY, borger_id integer REFERENCES borger, opgave text, udfordring text);
CREATE INDEX ON ydelse (borger_id);
SELECT msb_org.attach('ydelse', key => 'ydelse_id', citizen => 'borger_id.cpr', birth => 'borger_id.foedt',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill');
INSERT INTO borger VALUES (1, '650901-4013', '2001-09-05');
INSERT INTO ydelse VALUES (1, 1, 'provision', 'homelessness'), (2, 1, 'benefit', NULL);
SELECT msb_org.accept_handover('ydelse', '1'), accept('650901-4013');
SELECT * FROM job('2031-09-05') WHERE citizen = '650901-4013';
SELECT msb_org.adopt('msb-2018', DATE '2031-10-01'), msb_org.adopt('msb-2019', DATE '2031-10-02');
SELECT msb_org.accept_handover('ydelse', '1', '2031-10-01'), accept('650901-4013', '2031-10-01');
UPDATE borger SET cpr = '660901-4014';
SELECT * FROM plans WHERE citizen IN ('650901-4013', '660901-4014');
SELECT citizen, case_table, planned, cause, from_unit, to_unit, accepted_by, moved_at IS NOT NULL AS moved
  FROM msb_org.handover WHERE citizen IN ('650901-4013', '660901-4014') ORDER BY 1, 2, 3;
SELECT msb_org.withdraw_enactment('msb-2018', 4), msb_org.withdraw_enactment('msb-2019', 4);
SELECT count(*) FROM job('2031-10-01');
SELECT count(*) FROM differences;

--
-- Whom the citizen meets, and all on one screen.
--
SET msb_org.today = '2031-11-01';
INSERT INTO sag VALUES (21, '610702-4015', '2002-07-01', 'provision', 'homelessness', NULL), (22, '610702-4015', '2002-07-01', 'benefit', NULL, NULL),
    (23, '610702-4015', '2002-07-01', 'authority', 'disability', '2032-12-31'),
    (24, 'x4', '2003-01-01', 'benefit', NULL, NULL), (25, 'x4', '2003-01-01', 'benefit', NULL, NULL), (26, 'x6', '2003-01-01', 'benefit', 'hvad', NULL);
-- A man of 30 with cases in two areas and no plan, since the table is only observed.
CREATE TABLE bolig (bolig_id integer PRIMARY KEY, cpr text, opgave text, udfordring text);
SELECT msb_org.attach('bolig', key => 'bolig_id', citizen => 'cpr', birth => 'cpr', facets => '{"task": "opgave", "challenge": "udfordring"}',
                      mode => 'observe');
INSERT INTO bolig VALUES (1, '610601-4016', 'provision', 'homelessness'), (2, '610601-4016', 'authority', 'disability');
CREATE VIEW met AS
    SELECT k.citizen, e.unit, e.title, e.contact, e.reason, e.plan = p.plan AS plan, e.coordinator
      FROM unnest('{6107024015,x4,x6,610601-4016,ingen}'::text[]) k (citizen), msb_org.entry_point(k.citizen) e
      LEFT JOIN msb_org.plan p ON p.plan = e.plan ORDER BY 1;
SELECT * FROM met;
SELECT unit, reason FROM msb_org.entry_point(NULL);
-- Active: consent, a coordinator, a partner.
SELECT set_config('a.plan', plan::text, false) IS NULL AS plan FROM msb_org.plan WHERE citizen = '610702-4015';
CREATE VIEW wanted AS SELECT current_setting('a.plan')::uuid AS plan;
INSERT INTO msb_org.plan_consent (citizen, plan, recipient, given) SELECT '610702-4015', plan, 'sundhed', '2031-11-01' FROM wanted;
SELECT msb_org.set_coordinator(plan, 'HN'), msb_org.set_plan_status(plan, 'offered'), msb_org.set_plan_status(plan, 'consented'),
       msb_org.set_plan_status(plan, 'active') FROM wanted;
SELECT msb_org.write_plan(jsonb_build_object('plan', plan, 'partners', '["Værestedet"]'::jsonb)) = plan AS written FROM wanted;
SELECT msb_org.accept_handover('sag', '23'), accept('610702-4015');
CREATE VIEW screen AS
    SELECT section, position, what, unit, title, since::date, until, replace(detail, current_setting('a.plan'), '(number)') AS detail
      FROM msb_org.citizen_view('6107024015');
SELECT * FROM screen;
-- On the day, before the job has run, what was accepted and what was not are still there.
SET msb_org.today = '2032-07-01';
SELECT section, what, unit, until, detail FROM screen WHERE section = 'handover';
SELECT msb_org.reassign_due();
SELECT section, what, unit, detail FROM screen WHERE section IN ('entry', 'plan', 'participant', 'handover');
SELECT section, position, what, unit FROM msb_org.citizen_view('ingen');

-- Read as the caller; what docs/handovers.md says is enough. Accepting needs EXECUTE alone.
CREATE ROLE regress_msb_screen;
GRANT USAGE ON SCHEMA msb_org TO regress_msb_screen;
GRANT EXECUTE ON FUNCTION msb_org.entry_point(text), msb_org.citizen_view(text), msb_org.case_future(msb_org.assignment, date, date),
    msb_org.coordination_of(text), msb_org.coordination_future(msb_org.plan, date, date),
    msb_org.coordination_since(msb_org.plan), msb_org.coordination_situation(text) TO regress_msb_screen;
SET ROLE regress_msb_screen;
SELECT count(*) FROM msb_org.citizen_view('6107024015');
SELECT msb_org.accept_handover('sag', '23');
RESET ROLE;
GRANT SELECT ON msb_org.assignment, msb_org.case_override, msb_org.primary_challenge, msb_org.plan,
    msb_org.plan_participant, msb_org.plan_reason, msb_org.handover TO regress_msb_screen;
SET ROLE regress_msb_screen;
SELECT count(*) FROM msb_org.citizen_view('6107024015');
SELECT unit, reason FROM msb_org.entry_point('x4');
SELECT unit, reason FROM msb_org.entry_point('610601-4016');
RESET ROLE;
-- The one function that the rules' answer needs.
REVOKE EXECUTE ON FUNCTION msb_org.coordination_of(text) FROM regress_msb_screen;
SET ROLE regress_msb_screen;
SELECT unit, reason FROM msb_org.entry_point('610601-4016');
RESET ROLE;
DROP OWNED BY regress_msb_screen;
GRANT USAGE ON SCHEMA msb_org TO regress_msb_screen;
GRANT EXECUTE ON FUNCTION msb_org.accept_handover TO regress_msb_screen;
SET ROLE regress_msb_screen;
SELECT msb_org.accept_handover('sag', '23', '2032-07-01');
RESET ROLE;
DROP OWNED BY regress_msb_screen;
-- And whoever reads the list: what docs/handovers.md says is enough, and needed.
GRANT USAGE ON SCHEMA msb_org TO regress_msb_screen;
GRANT SELECT ON msb_org.assignment, msb_org.case_override, msb_org.primary_challenge, msb_org.plan, msb_org.handover TO regress_msb_screen;
GRANT EXECUTE ON FUNCTION msb_org.handovers(date, date, text[]), msb_org.case_future(msb_org.assignment, date, date),
    msb_org.coordination_of(text), msb_org.coordination_future(msb_org.plan, date, date),
    msb_org.coordination_since(msb_org.plan), msb_org.coordination_situation(text) TO regress_msb_screen;
SET ROLE regress_msb_screen;
SELECT count(*) > 5 AS some FROM msb_org.handovers(NULL, NULL);
RESET ROLE;
REVOKE SELECT ON msb_org.handover FROM regress_msb_screen;
SET ROLE regress_msb_screen;
SELECT count(*) FROM msb_org.handovers(NULL, NULL);
RESET ROLE;
DROP OWNED BY regress_msb_screen;
DROP ROLE regress_msb_screen;

DROP VIEW screen, wanted, met, carried, differences, far, ahead;
DROP FUNCTION job, accept;
DROP VIEW plans;
DROP TABLE sag, bolig, ydelse, borger;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
