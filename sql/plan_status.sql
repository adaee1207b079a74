-- Which step a plan may take, and what must be there for it.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
\pset null -
\set SHOW_CONTEXT never

-- Before the kinds and steps are loaded a plan can be opened, and takes no step.
CREATE FUNCTION n(number integer) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT ('00000000-0000-0000-0000-' || lpad(number::text, 12, '0'))::uuid $$;
SELECT msb_org.open_plan('610198-0001', plan => n(1));
SELECT msb_org.set_plan_status(n(1), 'offered');
SELECT msb_org.open_plan('610198-0001', 'barnets_plan');

-- Loading adds what is missing and changes nothing that stands.
INSERT INTO msb_org.plan_kind (kind, title) VALUES ('min_plan', 'Kommunens egen');
SELECT msb_org.load_plan_kinds();
SELECT msb_org.load_plan_kinds();
SELECT title, needs_consent FROM msb_org.plan_kind WHERE kind = 'min_plan';
DELETE FROM msb_org.plan_kind WHERE kind = 'min_plan';
DELETE FROM msb_org.plan_step WHERE from_status = 'draft' AND to_status = 'closed';
SELECT msb_org.load_structure('msb-2019');
SELECT title, needs_consent FROM msb_org.plan_kind WHERE kind = 'min_plan';
SELECT count(*) FROM msb_org.plan_step WHERE from_status = 'draft' AND to_status = 'closed';
INSERT INTO msb_org.plan_step VALUES ('draft', 'closed');

-- Every step there could be, tried: those of the table are taken, all others refused.
CREATE TABLE status (status text, position int);
INSERT INTO status SELECT * FROM unnest('{draft,offered,consented,declined,active,under_review,closed,replaced,revoked,entered_in_error}'::text[]) WITH ORDINALITY;
CREATE FUNCTION try_step(from_status text, to_status text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    number uuid := gen_random_uuid();
    failed text;
BEGIN
    -- a restore inserts plans of any status; nobody guards that
    INSERT INTO msb_org.plan (citizen, plan, kind, status, coordinator, opened_by)
    VALUES ('620190-0002', number, 'min_plan', from_status,
            CASE WHEN from_status IN ('consented', 'under_review') THEN 'Koordinator 1' END, 'test');
    BEGIN
        UPDATE msb_org.plan SET status = to_status WHERE plan = number;
    EXCEPTION WHEN check_violation THEN
        GET STACKED DIAGNOSTICS failed = CONSTRAINT_NAME;
        RETURN failed;
    END;
    RETURN (SELECT CASE WHEN status = to_status THEN 'x' END FROM msb_org.plan WHERE plan = number);
END $$;
SELECT f.status AS "from", t.status AS "to", replace(try_step(f.status, t.status), 'msb_org_plan_status', '') AS step, t.position AS "order"
  FROM status f, status t WHERE f.status <> t.status ORDER BY f.position, t.position
\crosstabview "from" "to" step "order"
SELECT f.status AS "from", t.status AS "to", try_step(f.status, t.status),
       EXISTS (SELECT FROM msb_org.plan_step s WHERE s.from_status = f.status AND s.to_status = t.status) AS in_table
  FROM status f, status t
 WHERE f.status <> t.status
   AND (try_step(f.status, t.status) = 'x') <> EXISTS (SELECT FROM msb_org.plan_step s WHERE s.from_status = f.status AND s.to_status = t.status);
-- a status that is none is a step that the table does not have
UPDATE msb_org.plan SET status = 'godkendt' WHERE plan = n(1);
-- what an application is told besides
DO $$
DECLARE
    state text; of_schema text; of_table text; of_constraint text;
BEGIN
    UPDATE msb_org.plan SET status = 'active' WHERE plan = n(1);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, of_schema = SCHEMA_NAME, of_table = TABLE_NAME, of_constraint = CONSTRAINT_NAME;
    RAISE WARNING '% %.% %', state, of_schema, of_table, of_constraint;
END $$;
SELECT msb_org.set_plan_status(n(1), 'active');
INSERT INTO msb_org.plan (citizen, plan, kind, status, opened_by) VALUES ('620190-0002', n(2), 'min_plan', 'entered_in_error', 'test');
SELECT msb_org.set_plan_status(n(2), 'draft');

-- Contents before consented, consent and a coordinator before active.
SELECT msb_org.open_plan('630180-0003', 'handleplan_141', unit => 'voksne', plan => n(3));
SELECT msb_org.set_plan_status(n(3), 'offered');
SELECT msb_org.set_plan_status(n(3), 'consented');
INSERT INTO msb_org.plan_content VALUES ('630180-0003', n(3), 'purpose', 'Egen bolig'), ('630180-0003', n(3), 'duration', E' \n'),
    ('630180-0003', n(3), 'other_matters', 'Ingen');
SELECT msb_org.set_plan_status(n(3), 'consented');
UPDATE msb_org.plan_content SET body = 'Et år' WHERE content = 'duration';
INSERT INTO msb_org.plan_measure (citizen, plan, measure, unit) VALUES ('630180-0003', n(3), 'støtte', 'voksne');
SELECT msb_org.set_plan_status(n(3), 'consented');
SELECT msb_org.set_plan_status(n(3), 'active');
-- a consent that is over, withdrawn or still to come, or somebody else's, is none
INSERT INTO msb_org.plan_consent (citizen, plan, recipient, given, until, withdrawn, consent_of) VALUES
    ('630180-0003', n(3), 'voksne', '2019-08-01', '2019-09-01', NULL, 'citizen'),
    ('630180-0003', n(3), 'sundhed', '2019-08-01', NULL, '2019-08-15 12:00', 'citizen'),
    ('630180-0003', n(3), 'unge', '2019-09-03', NULL, NULL, 'citizen'),
    ('630180-0003', n(3), 'unge', '2019-09-01', NULL, NULL, 'parent');
SELECT msb_org.set_coordinator(n(3), ' Koordinator 1 ');
SELECT msb_org.set_plan_status(n(3), 'active');
INSERT INTO msb_org.plan_consent (citizen, plan, recipient, given, until) VALUES ('630180-0003', n(3), 'voksne', '2019-09-02', '2019-09-02');
SELECT msb_org.set_plan_status(n(3), 'active', 'alt er på plads');
SELECT status, status_since::date, status_reason, coordinator, coordinator_since::date FROM msb_org.plan WHERE plan = n(3);
-- what every mandatory content can be met by
UPDATE msb_org.plan_kind SET mandatory_contents = '{wishes,goals,measures,follow_ups,support_after_18}' WHERE kind = 'min_plan';
INSERT INTO msb_org.plan (citizen, plan, kind, status, opened_by) VALUES ('630180-0003', n(4), 'min_plan', 'offered', 'test');
SELECT msb_org.set_plan_status(n(4), 'consented');
UPDATE msb_org.plan SET wishes = 'Arbejde med dyr' WHERE plan = n(4);
INSERT INTO msb_org.plan_goal (citizen, plan, goal, description) VALUES ('630180-0003', n(4), 'job', 'Fast job');
INSERT INTO msb_org.plan_measure (citizen, plan, measure) VALUES ('630180-0003', n(4), 'praktik');
SELECT msb_org.set_plan_status(n(4), 'consented');
INSERT INTO msb_org.plan_follow_up (citizen, plan, due) VALUES ('630180-0003', n(4), '2019-12-02');
INSERT INTO msb_org.plan_content VALUES ('630180-0003', n(4), 'support_after_18', 'Nej');
SELECT msb_org.set_plan_status(n(4), 'consented');
-- demands of a kind that nobody knows
INSERT INTO msb_org.plan (citizen, plan, kind, status, opened_by) VALUES ('630180-0003', n(5), 'ukendt', 'offered', 'test');
SELECT msb_org.set_plan_status(n(5), 'consented');
-- a step of the municipality's own that passes consented by still meets the contents
INSERT INTO msb_org.plan_step VALUES ('draft', 'active');
SELECT msb_org.open_plan('630180-0003', 'handleplan_141', plan => n(6));
SELECT msb_org.set_plan_status(n(6), 'active');
DELETE FROM msb_org.plan_step WHERE from_status = 'draft' AND to_status = 'active';
-- so does the way over closed
SELECT msb_org.set_plan_status(n(6), 'closed'), msb_org.set_plan_status(n(6), 'under_review'), msb_org.set_coordinator(n(6), 'Koordinator 1');
SELECT msb_org.set_plan_status(n(6), 'active');

-- A reason belongs to its status.
SELECT msb_org.set_plan_status(n(3), 'under_review', 'møde');
SELECT msb_org.set_plan_status(n(3), 'active', 'møde');
SELECT status, status_reason FROM msb_org.plan WHERE plan = n(3);
UPDATE msb_org.plan SET status = 'under_review' WHERE plan = n(3);
SELECT status, status_reason FROM msb_org.plan WHERE plan = n(3);

-- What never changes, and who never goes.
UPDATE msb_org.plan SET plan = n(99) WHERE plan = n(3);
UPDATE msb_org.plan SET kind = 'min_plan' WHERE plan = n(3);
UPDATE msb_org.plan SET opened_at = '2019-01-01' WHERE plan = n(3);
UPDATE msb_org.plan SET opened_by = 'en anden' WHERE plan = n(3);
UPDATE msb_org.plan SET citizen = '640170-0004', wishes = 'andet' WHERE plan = n(3);
DELETE FROM msb_org.plan WHERE plan = n(3);
-- what the guard keeps is not the writer's to set
UPDATE msb_org.plan SET status_since = '2000-01-01', coordinator_since = '2000-01-01' WHERE plan = n(3)
    RETURNING status_since::date, coordinator_since::date;

-- One coordinator at any instant. A successor ends the predecessor in the same
-- statement, a former one can come back, and reopening brings no ghost back.
SELECT msb_org.set_plan_status(n(3), 'active');
SELECT msb_org.set_coordinator(n(3), 'Koordinator 2');
SELECT msb_org.set_coordinator(n(3), 'Koordinator 1');
SELECT msb_org.set_coordinator(n(3), 'Koordinator 1');
SELECT msb_org.set_coordinator(n(3), NULL);
SELECT msb_org.set_plan_status(n(3), 'under_review');
SELECT msb_org.set_plan_status(n(3), 'closed', 'målet er nået');
SELECT msb_org.set_coordinator(n(3), 'Koordinator 2');
SELECT status, coordinator, coordinator_since FROM msb_org.plan WHERE plan = n(3);
-- the clock set back: spans still follow each other
SET msb_org.today = '2019-08-31';
SELECT msb_org.set_plan_status(n(3), 'under_review', 'flyttet tilbage');
SELECT status, coordinator FROM msb_org.plan WHERE plan = n(3);
UPDATE msb_org.plan SET coordinator = 'Koordinator 3' WHERE plan = n(3);
UPDATE msb_org.plan SET coordinator = 'Koordinator 4' WHERE plan = n(3);
UPDATE msb_org.plan SET coordinator = NULL WHERE plan = n(3);
SET msb_org.today = '2019-09-02';
SELECT coordinator, valid_from >= lag(valid_to) OVER w AS after_the_former, lead(valid_from) OVER w = valid_to AS up_to_the_next
  FROM msb_org.plan_coordinator WHERE plan = n(3) WINDOW w AS (ORDER BY valid_from) ORDER BY valid_from;
-- in one transaction, in one statement
BEGIN;
UPDATE msb_org.plan SET coordinator = 'A' WHERE plan = n(3);
UPDATE msb_org.plan SET coordinator = 'B' WHERE plan = n(3);
UPDATE msb_org.plan SET coordinator = 'A' WHERE plan = n(3);
SELECT coordinator, valid_from >= lag(valid_to) OVER w AS after_the_former, lead(valid_from) OVER w = valid_to AS up_to_the_next
  FROM msb_org.plan_coordinator WHERE plan = n(3) AND length(coordinator) = 1 WINDOW w AS (ORDER BY valid_from) ORDER BY valid_from;
ROLLBACK;
UPDATE msb_org.plan SET coordinator = 'C', status = 'active' WHERE plan = n(3);
INSERT INTO msb_org.plan_consent (citizen, plan, recipient) VALUES ('630180-0003', n(3), 'hele');
UPDATE msb_org.plan SET coordinator = 'C', status = 'active' WHERE plan = n(3);
UPDATE msb_org.plan SET status = 'under_review', coordinator = NULL WHERE plan = n(3);
SELECT count(*) FROM msb_org.plan_coordinator WHERE plan = n(3);

-- At most one open coordination plan, also of those that are opened again.
INSERT INTO msb_org.plan (citizen, plan, opened_by) VALUES ('610198-0001', n(7), 'test');
INSERT INTO msb_org.plan (citizen, plan, opened_by) VALUES (' 6101980001 ', n(7), 'test');
SELECT msb_org.set_plan_status(n(1), 'closed');
INSERT INTO msb_org.plan (citizen, plan, opened_by) VALUES (' 6101980001 ', n(7), 'test') RETURNING citizen;
INSERT INTO msb_org.plan (citizen, plan, status, opened_by) VALUES ('610198-0001', n(7), 'closed', 'test');
SELECT msb_org.set_plan_status(n(1), 'under_review');
SELECT msb_org.set_plan_status(n(7), 'closed');
-- two of one statement
UPDATE msb_org.plan SET status = 'under_review' WHERE plan IN (n(1), n(7));
SELECT msb_org.set_plan_status(n(1), 'under_review');

-- Withdrawal: the last consent that counts takes the plan along, in the same statement.
SELECT msb_org.set_plan_status(n(3), 'active');
UPDATE msb_org.plan SET coordinator = 'C', status = 'active' WHERE plan = n(3);
SELECT recipient, given, until, withdrawn::date FROM msb_org.plan_consent
 WHERE plan = n(3) AND consent_of = 'citizen' AND withdrawn IS NULL ORDER BY given, recipient;
BEGIN;
UPDATE msb_org.plan_consent SET withdrawn = msb_org.record_time() WHERE plan = n(3) AND recipient = 'hele';
SELECT status FROM msb_org.plan WHERE plan = n(3);
UPDATE msb_org.plan_consent SET withdrawn = msb_org.record_time() WHERE plan = n(3) AND recipient = 'voksne' AND given = '2019-09-02';
SELECT status, coordinator, status_reason FROM msb_org.plan WHERE plan = n(3);
ROLLBACK;
BEGIN;
DELETE FROM msb_org.plan_consent WHERE plan = n(3);
SELECT status, status_reason FROM msb_org.plan WHERE plan = n(3);
ROLLBACK;
BEGIN;
UPDATE msb_org.plan_consent SET until = '2019-09-01' WHERE plan = n(3) AND given < '2019-09-02';
UPDATE msb_org.plan_consent SET given = '2019-08-01', until = '2019-09-01' WHERE plan = n(3) AND given = '2019-09-02' AND recipient <> 'voksne';
SELECT status FROM msb_org.plan WHERE plan = n(3);
ROLLBACK;
SELECT msb_org.withdraw_consent(n(3), 'hele');
SELECT status FROM msb_org.plan WHERE plan = n(3);
SELECT msb_org.withdraw_consent(n(3), consent_of => 'parent');
SELECT msb_org.withdraw_consent(n(3));
SELECT status FROM msb_org.plan WHERE plan = n(3);
SELECT msb_org.withdraw_consent(n(3));
-- asked again
SELECT msb_org.set_plan_status(n(3), 'offered');
SELECT msb_org.set_plan_status(n(3), 'consented');
SELECT msb_org.set_plan_status(n(3), 'active');
-- a kind that needs none goes on
SELECT msb_org.set_coordinator(n(4), 'Koordinator 1'), msb_org.set_plan_status(n(4), 'active');
INSERT INTO msb_org.plan_consent (citizen, plan, recipient) VALUES ('630180-0003', n(4), 'unge');
SELECT msb_org.withdraw_consent(n(4));
SELECT status FROM msb_org.plan WHERE plan = n(4);

-- The other arguments that are none.
SELECT msb_org.set_plan_status(n(98), 'offered');
SELECT msb_org.set_plan_status(NULL, 'offered');
SELECT msb_org.set_plan_status(n(3), NULL);
SELECT msb_org.set_coordinator(n(98), 'A');
SELECT msb_org.withdraw_consent(n(98));
SELECT msb_org.plan_guard();
SELECT msb_org.plan_part_guard();
SELECT msb_org.consent_follows();

-- A citizen who gets another key takes the plans along; where both keys have an
-- open coordination plan, the one that has got further stays.
INSERT INTO msb_org.plan (citizen, plan, status, coordinator, opened_by) VALUES
    ('650165-0005', n(10), 'active', 'Koordinator 1', 'test'), ('660165-0006', n(11), 'offered', 'Koordinator 2', 'test'),
    ('670165-0007', n(12), 'draft', 'Koordinator 3', 'test');
INSERT INTO msb_org.plan_goal (citizen, plan, goal, description) VALUES ('650165-0005', n(10), 'job', 'Fast job');
INSERT INTO msb_org.plan_consent (citizen, plan, recipient) VALUES ('650165-0005', n(10), 'unge');
INSERT INTO msb_org.plan_replaces (citizen, plan, replaced) VALUES ('650165-0005', n(10), n(1));
UPDATE msb_org.plan_goal SET until = '2020-01-01' WHERE plan = n(10);
SELECT msb_org.set_coordinator(n(10), 'Koordinator 4');
UPDATE msb_org.plan SET citizen = '660165-0006' WHERE citizen = '650165-0005';
UPDATE msb_org.plan SET citizen = '660165-0006' WHERE citizen = '670165-0007';
SELECT citizen, plan, status, coordinator, status_reason FROM msb_org.plan WHERE plan BETWEEN n(10) AND n(12) ORDER BY plan;
SELECT citizen, plan, coordinator FROM msb_org.plan_coordinator WHERE plan BETWEEN n(10) AND n(12) ORDER BY plan, valid_from;
SELECT citizen, plan, of_table, operation FROM msb_org.plan_revision WHERE plan BETWEEN n(10) AND n(12) ORDER BY plan, revised_at, of_table;
SELECT (SELECT count(*) FROM msb_org.plan_goal WHERE citizen = '660165-0006') AS goals,
       (SELECT count(*) FROM msb_org.plan_consent WHERE citizen = '660165-0006') AS consents,
       (SELECT count(*) FROM msb_org.plan_replaces WHERE citizen = '660165-0006') AS replaces;

-- A whole-person plan: what it names becomes replaced when it becomes active, and
-- returns for review when it is revoked.
SELECT msb_org.open_plan('610175-0008', plan => n(20)), msb_org.open_plan('610175-0008', 'handleplan_141', plan => n(21)),
       msb_org.open_plan('610175-0008', 'min_plan', plan => n(22)), msb_org.open_plan('610175-0008', 'whole_person', plan => n(23));
SELECT msb_org.set_plan_status(n(20), 'offered'), msb_org.set_plan_status(n(20), 'consented'), msb_org.set_coordinator(n(20), 'Koordinator 1');
SELECT msb_org.set_plan_status(n(22), 'closed');
INSERT INTO msb_org.plan_replaces SELECT '610175-0008', n(23), n(r) FROM unnest('{20,21,22}'::int[]) r;
INSERT INTO msb_org.plan_consent (citizen, plan, recipient) VALUES ('610175-0008', n(23), 'unge');
SELECT msb_org.set_coordinator(n(23), 'Koordinator 2'), msb_org.set_plan_status(n(23), 'offered'), msb_org.set_plan_status(n(23), 'consented');
SELECT plan, status FROM msb_org.plan WHERE citizen = '610175-0008' ORDER BY plan;
SELECT msb_org.set_plan_status(n(23), 'active');
SELECT plan, status, coordinator, status_reason FROM msb_org.plan WHERE citizen = '610175-0008' ORDER BY plan;
SELECT msb_org.withdraw_consent(n(23));
SELECT plan, status, coordinator, status_reason FROM msb_org.plan WHERE citizen = '610175-0008' ORDER BY plan;
SELECT plan, cause, reviewed_at FROM msb_org.plan_review WHERE citizen = '610175-0008' ORDER BY plan;
-- a coordination plan that was opened meanwhile stands, and the replaced one stays replaced
SELECT msb_org.set_plan_status(n(23), 'offered'), msb_org.set_plan_status(n(23), 'consented');
INSERT INTO msb_org.plan_consent (citizen, plan, recipient) VALUES ('610175-0008', n(23), 'sundhed');
SELECT msb_org.set_coordinator(n(23), 'Koordinator 2'), msb_org.set_plan_status(n(23), 'active');
SELECT msb_org.open_plan('610175-0008', plan => n(24));
SELECT msb_org.set_plan_status(n(23), 'entered_in_error');
SELECT plan, status FROM msb_org.plan WHERE citizen = '610175-0008' ORDER BY plan;

-- A citizen who gets another key withdraws no consent, though the last one is past its day.
SELECT msb_org.open_plan('620175-0009', 'whole_person', plan => n(30));
INSERT INTO msb_org.plan_consent (citizen, plan, recipient, given, until) VALUES ('620175-0009', n(30), 'unge', '2019-09-01', '2019-09-30');
SELECT msb_org.set_coordinator(n(30), 'Koordinator 1'), msb_org.set_plan_status(n(30), 'offered'), msb_org.set_plan_status(n(30), 'consented');
SELECT msb_org.set_plan_status(n(30), 'active');
BEGIN;
SET LOCAL msb_org.today = '2019-11-01';
UPDATE msb_org.plan SET citizen = '620175-0010' WHERE plan = n(30);
SELECT citizen, status, coordinator, status_reason FROM msb_org.plan WHERE plan = n(30);
UPDATE msb_org.plan_consent SET purpose = 'møde' WHERE plan = n(30);
SELECT citizen, status, coordinator, status_reason FROM msb_org.plan WHERE plan = n(30);
COMMIT;

-- Every row of the past was written once for each change, and none says whose it was.
SELECT count(*) FROM msb_org.plan_revision WHERE content::text ~ '\m[0-9]{6}-[0-9]{4}\M';
SELECT of_table, operation, count(*) FROM msb_org.plan_revision WHERE citizen = '630180-0003' GROUP BY 1, 2 ORDER BY 1, 2;

DROP FUNCTION try_step(text, text), n(integer);
DROP TABLE status;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
