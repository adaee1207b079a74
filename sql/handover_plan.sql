-- The coordination of a plan is handed over; whom the citizen meets; all on one screen.
SET client_min_messages = warning;
SET msb_org.today = '2031-06-01';
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
SET msb_org.actor = 'prøve';
\set VERBOSITY terse
\pset null -
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2031-01-01');
CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, foedt date, opgave text, udfordring text, afsluttet date);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'foedt', facets => '{"task": "opgave", "challenge": "udfordring"}',
                      closed => 'afsluttet', mode => 'observe');
CREATE VIEW far AS
    SELECT case_key, planned, cause, from_unit, to_unit, status, days_late AS days, unaccepted, accepted_by,
           msb_org.local_day(moved_at) AS moved, msb_org.local_day(void_at) AS void
      FROM msb_org.handover_status ORDER BY case_table, case_key, planned, to_unit;
CREATE FUNCTION job(on_date date) RETURNS SETOF far LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('msb_org.today', on_date::text, false);
    PERFORM msb_org.reassign_due();
    RETURN QUERY SELECT * FROM far;
END $$;

INSERT INTO sag VALUES (1, '740398-0121', '2002-03-14', 'provision', 'homelessness'), (2, '740398-0121', '2002-03-14', 'benefit', NULL);
INSERT INTO msb_org.plan (citizen, plan, unit, challenge, opened_at, opened_by)
VALUES ('740398-0121', '00000000-0000-0000-0000-00000000000a', 'unge', 'homelessness', '2031-06-01 12:00', 'test');
SELECT * FROM msb_org.upcoming_handovers('2031-06-01', '2040-01-01') WHERE case_table = '';
-- A stated primary challenge counts.
INSERT INTO msb_org.primary_challenge VALUES ('740398-0121', 'brain_injury', 'udredning', 'test', now());
SELECT planned, cause, from_unit, to_unit FROM msb_org.upcoming_handovers('2031-06-01', '2040-01-01') WHERE case_table = '';
DELETE FROM msb_org.primary_challenge;
-- Accepted before, it moves when the job runs on the day.
SELECT msb_org.accept_handover('', '00000000-0000-0000-0000-00000000000A');
SELECT planned, to_unit, accepted_by FROM msb_org.upcoming_handovers('2031-06-01', '2040-01-01') WHERE case_table = '';
SELECT unit FROM msb_org.plan;
SELECT * FROM job('2032-03-14');
SELECT unit FROM msb_org.plan;
-- One that waits, accepted: at once. Not accepted: with the job.
INSERT INTO msb_org.handover (citizen, case_table, case_key, planned, cause, from_unit, to_unit)
VALUES ('740398-0121', '', '00000000-0000-0000-0000-00000000000a', '2032-04-01', 'case', 'udsatte', 'voksne');
SET msb_org.today = '2032-04-01';
SELECT case_key, planned, cause, from_unit, to_unit FROM msb_org.upcoming_handovers() WHERE case_table = '';
SELECT msb_org.accept_handover('', '00000000-0000-0000-0000-00000000000a');
SELECT unit FROM msb_org.plan;
INSERT INTO msb_org.handover (citizen, case_table, case_key, planned, cause, from_unit, to_unit)
VALUES ('740398-0121', '', '00000000-0000-0000-0000-00000000000a', '2032-04-02', 'case', 'voksne', 'unge'),
       ('740398-0121', '', '00000000-0000-0000-0000-00000000000a', '2032-04-03', 'case', 'unge', 'job');
SELECT * FROM job('2032-04-05') WHERE case_key LIKE '0%';
SELECT unit FROM msb_org.plan;
SELECT msb_org.accept_handover('', '00000000-0000-0000-0000-00000000000a', '2032-04-03');
SELECT msb_org.accept_handover('', '00000000-0000-0000-0000-00000000000a', '2032-04-04');
SELECT planned, status, accepted_by FROM msb_org.handover_status WHERE case_table = '' ORDER BY 1;
-- A plan that is closed hands nothing over.
INSERT INTO msb_org.handover (citizen, case_table, case_key, planned, cause, from_unit, to_unit)
VALUES ('740398-0121', '', '00000000-0000-0000-0000-00000000000a', '2032-05-01', 'case', 'job', 'unge');
UPDATE msb_org.plan SET status = 'closed';
SELECT * FROM job('2032-05-01') WHERE case_key LIKE '0%' AND status = 'void';
SELECT unit FROM msb_org.plan;
UPDATE msb_org.plan SET status = 'active', coordinator = 'HN', coordinator_since = '2032-05-01 09:00';

--
-- Whom the citizen meets, and all on one screen.
--
INSERT INTO sag VALUES (4, 'x4', '2003-01-01', 'benefit', NULL), (5, 'x4', '2003-01-01', 'benefit', NULL), (6, 'x6', '2003-01-01', 'benefit', 'hvad');
SELECT * FROM msb_org.entry_point('7403980121');
SELECT * FROM msb_org.entry_point('x4');
SELECT * FROM msb_org.entry_point('x6');
SELECT * FROM msb_org.entry_point('ingen');
SELECT * FROM msb_org.entry_point(NULL);
SET msb_org.today = '2032-12-01';
INSERT INTO sag VALUES (7, '740398-0121', '2003-07-01', 'authority', 'disability', '2033-12-31');
SELECT msb_org.accept_handover('sag', '7');
INSERT INTO msb_org.plan_participant VALUES ('740398-0121', '00000000-0000-0000-0000-00000000000a', 'unit', 'job', '2032-05-01', NULL, 'test'),
    ('740398-0121', '00000000-0000-0000-0000-00000000000a', 'unit', 'boern', '2032-05-01', '2032-06-01', 'test'),
    ('740398-0121', '00000000-0000-0000-0000-00000000000a', 'partner', 'Værestedet', '2032-05-02', NULL, 'test');
INSERT INTO msb_org.plan_reason VALUES ('740398-0121', 'both', '2032-05-01', NULL, '{sundhed,udsatte}', '2032-05-01', 'open', false);
SELECT section, position, what, unit, title, since::date, until, detail FROM msb_org.citizen_view('7403980121');
SELECT section, position, what, unit FROM msb_org.citizen_view('ingen');


-- Read as the caller; what docs/handovers.md says is enough. Accepting needs EXECUTE alone.
CREATE ROLE regress_msb_screen;
GRANT USAGE ON SCHEMA msb_org TO regress_msb_screen;
GRANT EXECUTE ON FUNCTION msb_org.entry_point(text), msb_org.citizen_view(text),
    msb_org.case_future(msb_org.assignment, date, date), msb_org.coordination_future(msb_org.plan, date, date) TO regress_msb_screen;
SET ROLE regress_msb_screen;
SELECT count(*) FROM msb_org.citizen_view('7403980121');
SELECT msb_org.accept_handover('sag', '7');
RESET ROLE;
GRANT SELECT ON msb_org.assignment, msb_org.case_override, msb_org.primary_challenge, msb_org.plan,
    msb_org.plan_participant, msb_org.plan_reason, msb_org.handover TO regress_msb_screen;
SET ROLE regress_msb_screen;
SELECT count(*) FROM msb_org.citizen_view('7403980121');
SELECT unit, reason FROM msb_org.entry_point('x4');
RESET ROLE;
DROP OWNED BY regress_msb_screen;
GRANT USAGE ON SCHEMA msb_org TO regress_msb_screen;
GRANT EXECUTE ON FUNCTION msb_org.accept_handover TO regress_msb_screen;
SET ROLE regress_msb_screen;
SELECT msb_org.accept_handover('sag', '7');
RESET ROLE;
DROP OWNED BY regress_msb_screen;
DROP ROLE regress_msb_screen;

DROP FUNCTION job;
DROP VIEW far;
DROP TABLE sag;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
