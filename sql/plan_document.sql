-- What a plan consists of: written and read as one document, its past kept, by
-- whoever may write the tables.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
\pset null -
\set SHOW_CONTEXT never
SELECT msb_org.load_structure('msb-2019');
CREATE FUNCTION n(number integer) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT ('00000000-0000-0000-0000-' || lpad(number::text, 12, '0'))::uuid $$;
CREATE FUNCTION past(number integer) RETURNS TABLE (of_table text, operation text, content jsonb) LANGUAGE sql
    AS $$ SELECT r.of_table, r.operation, jsonb_strip_nulls(r.content - '{opened_at,opened_by,status_since,coordinator_since,kind}'::text[])
            FROM msb_org.plan_revision r WHERE r.plan = n(number) ORDER BY r.of_table, r.revised_at $$;

-- The kinds that ship, and what each demands.
SELECT kind, title, legal_basis, source, min_age, max_age, needs_consent, consent_of FROM msb_org.plan_kind ORDER BY kind;
SELECT kind, mandatory_contents, due_interval, first_follow_up, follow_up, decision_age, decision_before, whole_person
  FROM msb_org.plan_kind ORDER BY kind;

-- One call to write a whole plan.
SELECT msb_org.write_plan($${
    "citizen": "6101980001", "plan": "00000000-0000-0000-0000-000000000001", "kind": "ungeplan",
    "unit": "unge", "challenge": "mental_vulnerability", "coordinator": "Koordinator 1", "decided": "2019-08-20",
    "wishes": "Jeg vil gerne have en læreplads og mit eget sted at bo.",
    "goals": [{"goal": "job", "description": "En læreplads", "until": "2020-08-01", "position": 1},
              {"goal": "bolig", "description": "Egen bolig", "position": 2}],
    "measures": [{"measure": "praktik", "goal": "job", "unit": "job", "service": "job_training", "valid_from": "2019-10-01", "valid_to": "2019-12-31"},
                 {"measure": "mentor", "goal": "job", "means": "partner", "partner": "En forening", "description": "Mentor to gange om ugen"},
                 {"measure": "kalender", "goal": "bolig", "means": "welfare_technology", "status": "running"}],
    "contents": [{"content": "support_after_18", "body": "Støtten fortsætter"}],
    "consents": [{"recipient": "unge", "given": "2019-09-01"},
                 {"recipient": "En forening", "recipient_kind": "partner", "scope": "task provision", "purpose": "mentor", "given": "2019-09-01", "until": "2020-08-31"}],
    "follow_ups": [{"due": "2019-12-01"}],
    "related": [{"related": "6202000002"}],
    "partners": ["En forening"]}$$);
SELECT jsonb_pretty(msb_org.read_plan(n(1)) - '{opened_at,status_since,coordinator_since,opened_by}'::text[]);
-- what is read and written again changes nothing
SELECT msb_org.write_plan(msb_org.read_plan(n(1)));
SELECT count(*) FROM past(1);
-- nor does a document that says less
SELECT msb_org.write_plan('{"plan": "00000000-0000-0000-0000-000000000001"}');
SELECT count(*) FROM past(1);

-- A list stands for all its rows; what it said before is kept.
SELECT msb_org.write_plan($${
    "plan": "00000000-0000-0000-0000-000000000001", "status": "offered", "wishes": "Jeg vil gerne have en læreplads.",
    "goals": [{"goal": "job", "description": "En læreplads som snedker", "until": "2020-08-01", "position": 1}],
    "measures": [{"measure": "praktik", "goal": "job", "unit": "job", "service": "job_training", "valid_from": "2019-10-01", "valid_to": "2019-12-31", "status": "planned"},
                 {"measure": "mentor", "goal": "job", "means": "partner", "partner": "En anden forening"}],
    "partners": ["En anden forening"]}$$);
SELECT * FROM past(1);
SELECT kind, participant, valid_to IS NULL AS takes_part FROM msb_org.plan_participant WHERE plan = n(1) ORDER BY participant;
SELECT measure, means, partner, description, status FROM msb_org.plan_measure WHERE plan = n(1) ORDER BY measure;
-- null empties, as does an empty list
SELECT msb_org.write_plan('{"plan": "00000000-0000-0000-0000-000000000001", "wishes": null, "coordinator": null, "goals": [], "measures": null, "related": null}');
SELECT wishes, coordinator, coordinator_since FROM msb_org.plan WHERE plan = n(1);
SELECT (SELECT count(*) FROM msb_org.plan_goal) AS goals, (SELECT count(*) FROM msb_org.plan_measure) AS measures, (SELECT count(*) FROM msb_org.plan_citizen) AS related;
-- a status that stands is no step; a consent withdrawn in the document moves the plan by itself
SELECT msb_org.write_plan('{"plan": "00000000-0000-0000-0000-000000000001", "status": "consented", "coordinator": "Koordinator 2"}');
SELECT msb_org.write_plan('{"plan": "00000000-0000-0000-0000-000000000001", "status": "active", "status_reason": "alle er enige"}');
SELECT msb_org.write_plan(jsonb_set(msb_org.read_plan(n(1)), '{consents}',
    (SELECT jsonb_agg(c || '{"withdrawn": "2019-09-02 12:00"}') FROM jsonb_array_elements(msb_org.read_plan(n(1)) -> 'consents') c)));
SELECT status, status_reason, coordinator FROM msb_org.plan WHERE plan = n(1);
SELECT coordinator FROM msb_org.plan_coordinator WHERE plan = n(1) ORDER BY valid_from;
SELECT msb_org.write_plan(msb_org.read_plan(n(1))) = n(1) AS again;

-- A new plan under a number of our own choice; the day it is due counts from the decision.
SELECT msb_org.write_plan('{"citizen": "630110-5003", "kind": "barnets_plan", "decided": "2019-08-20"}') IS NOT NULL AS written;
SELECT citizen, kind, status, decided, due, opened_by = current_user AS by_me FROM msb_org.plan WHERE citizen = '630110-5003';
SELECT msb_org.write_plan(jsonb_build_object('plan', plan, 'decided', '2019-08-31')) = plan AS written FROM msb_org.plan WHERE citizen = '630110-5003';
SELECT decided, due FROM msb_org.plan WHERE citizen = '630110-5003';

-- What is wrong with a document is said, and nothing of it is written.
SELECT msb_org.write_plan(NULL);
SELECT msb_org.write_plan('[]');
SELECT msb_org.write_plan('{"kind": "coordination"}');
SELECT msb_org.write_plan('{"citizen": "640170-0004"}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "målsætning": 1}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "plan": "6401700004"}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "decided": "640170-0004"}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "ukendt"}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "ungeplan"}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "goals": "job"}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "goals": ["job"]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "goals": [{"goal": "job"}]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "goals": [{"goal": "job", "description": "x", "cpr": "640170-0004"}]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "goals": [{"goal": "job", "description": "x", "status": "nået"}]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "goals": [{"goal": "job", "description": "x", "until": "640170-0004"}]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "goals": [{"goal": "job", "description": "x"}, {"goal": "job", "description": "y"}]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "measures": [{"measure": "mentor", "means": "partner"}]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "consents": [{"recipient": "unge"}]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "consents": [{"recipient": "unge", "given": "2019-09-02", "scope": "age 640170-0004"}]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "partners": [1]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "replaces": ["00000000-0000-0000-0000-000000000001"]}');
SELECT msb_org.write_plan('{"citizen": "610198-0001", "kind": "coordination", "replaces": ["00000000-0000-0000-0000-000000000001"]}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "plan": "00000000-0000-0000-0000-000000000001"}');
SELECT msb_org.write_plan('{"kind": "min_plan", "plan": "00000000-0000-0000-0000-000000000001"}');
SELECT msb_org.write_plan('{"citizen": "640170-0004", "kind": "coordination", "status": "active", "plan": "00000000-0000-0000-0000-000000000030"}');
SELECT msb_org.write_plan('{"citizen": "630110-5004", "kind": "barnets_plan", "follow_ups": [{"due": "2019-12-01"}, {"due": "2020-03-01"}]}');
SELECT msb_org.read_plan(n(98));
SELECT count(*) FROM msb_org.plan WHERE citizen IN ('640170-0004', '630110-5004');

-- Opening a plan.
SELECT msb_org.open_plan('650198-0005', plan => n(2));
SELECT msb_org.open_plan('6501980005');
SELECT msb_org.open_plan('660198-0006', plan => n(2));
SELECT msb_org.open_plan('650198-0005', 'barnets_plan');
SELECT msb_org.open_plan(NULL);
SELECT msb_org.open_plan('650198-0005', NULL);
SELECT msb_org.open_plan(' ');
-- after a plan was declined, somebody may ask for another
SELECT msb_org.set_plan_status(n(2), 'offered'), msb_org.set_plan_status(n(2), 'declined', 'ønsker ingen plan');
SELECT msb_org.open_plan('650198-0005', reason => 'ny henvendelse', plan => n(3));
SELECT plan, status, status_reason FROM msb_org.plan WHERE citizen = '650198-0005' ORDER BY plan;
-- a citizen without a number, whose age the ledger knows, or nobody
SELECT msb_org.open_plan('borger 7', 'ungeplan') IS NOT NULL AS opened;
INSERT INTO msb_org.assignment (case_table, case_key, citizen, valid_from, origin, actor, recorded_at, birth)
VALUES ('sag', '1', 'borger 8', '2019-09-01', 'write', 'test', '2019-09-01', '1970-05-01');
SELECT msb_org.open_plan('borger 8', 'ungeplan');
SELECT msb_org.key_birth('610198-0001'), msb_org.key_birth('borger 7'), msb_org.key_birth('010100-1AB1'), msb_org.plan_birth('borger 8'), msb_org.plan_birth('borger 7');

-- The tables by hand: the same guards, no key in a message.
INSERT INTO msb_org.plan_goal (citizen, plan, goal, description) VALUES ('6501980005', n(3), 'job', 'Job') RETURNING citizen;
INSERT INTO msb_org.plan_goal (citizen, plan, goal, description) VALUES ('6501980005', n(3), 'job', 'Job');
INSERT INTO msb_org.plan_goal (citizen, plan, goal, description) VALUES ('650198-0005', n(97), 'job', 'Job');
INSERT INTO msb_org.plan_goal (citizen, plan, goal, description) VALUES ('650198-0005', n(1), 'job', 'Job');
INSERT INTO msb_org.plan_goal (citizen, plan, goal, description) VALUES ('650198-0005', n(3), 'bolig', 'Bolig');
UPDATE msb_org.plan_goal SET goal = 'bolig' WHERE plan = n(3) AND goal = 'job';
UPDATE msb_org.plan_goal SET goal = 'arbejde' WHERE plan = n(3) AND goal = 'job';
UPDATE msb_org.plan_goal SET plan = n(2) WHERE plan = n(3);
UPDATE msb_org.plan_goal SET description = description;
DELETE FROM msb_org.plan_goal WHERE goal = 'bolig';
SELECT * FROM past(3);
-- the guard comes before ON CONFLICT; MERGE looks first
INSERT INTO msb_org.plan_goal (citizen, plan, goal, description) VALUES ('650198-0005', n(3), 'arbejde', 'Arbejde')
    ON CONFLICT (citizen, plan, goal) DO UPDATE SET description = excluded.description;
MERGE INTO msb_org.plan_goal g USING (VALUES ('650198-0005', n(3), 'arbejde', 'Arbejde'), ('650198-0005', n(3), 'bil', 'Kørekort')) AS v (citizen, plan, goal, description)
    ON g.citizen = v.citizen AND g.plan = v.plan AND g.goal = v.goal
    WHEN MATCHED THEN UPDATE SET description = v.description
    WHEN NOT MATCHED THEN INSERT (citizen, plan, goal, description) VALUES (v.citizen, v.plan, v.goal, v.description);
SELECT goal, description FROM msb_org.plan_goal WHERE plan = n(3) ORDER BY goal;
INSERT INTO msb_org.plan_consent (citizen, plan, recipient, scope) VALUES ('650198-0005', n(3), 'unge', 'any'), ('650198-0005', n(3), 'unge', 'age 0-17');
INSERT INTO msb_org.plan_consent (citizen, plan, recipient, scope) VALUES ('650198-0005', n(3), 'unge', 'age 0-17');

-- Children of a plan: the first follow-up is planned when it becomes active, later ones have a reason.
SELECT msb_org.open_plan('630110-5005', 'barnets_plan', decided => '2019-08-20', plan => n(10));
INSERT INTO msb_org.plan_consent (citizen, plan, consent_of, person, recipient) VALUES ('630110-5005', n(10), 'parent', 'Mor', 'familie');
SELECT msb_org.set_coordinator(n(10), 'Koordinator 1');
SELECT msb_org.set_plan_status(n(10), s) FROM unnest('{offered,consented,active}'::text[]) s;
SELECT due, held, reason FROM msb_org.plan_follow_up WHERE plan = n(10);
SELECT msb_org.write_plan('{"plan": "00000000-0000-0000-0000-000000000010", "follow_ups": [
    {"due": "2019-12-02", "held": "2019-11-20", "outcome": "Det går frem"}, {"due": "2020-04-01", "reason": "Skolestart"}]}');

-- a consent that takes another's place leaves no moment without one
SELECT msb_org.write_plan('{"plan": "00000000-0000-0000-0000-000000000010", "consents": [
    {"consent_of": "parent", "person": "Mor", "recipient": "familie", "given": "2019-09-01"}]}');
SELECT status, (SELECT array_agg(c.given) FROM msb_org.plan_consent c WHERE c.plan = p.plan) AS given FROM msb_org.plan p WHERE plan = n(10);

-- What is late.
SELECT msb_org.open_plan('610102-4006', 'ungeplan', decided => '2019-08-20', unit => 'unge', plan => n(11));
SELECT what, plan, status, due, days FROM msb_org.plan_overdue ORDER BY 1, 2;
-- of a plan that was opened after the birthday nothing had to be decided before it
SELECT msb_org.open_plan('610100-4007', 'ungeplan', plan => n(12));
SELECT what FROM msb_org.plan_overdue WHERE plan = n(12);
SET msb_org.today = '2020-06-01';
SELECT what, plan, kind, status, unit, coordinator, due, days FROM msb_org.plan_overdue WHERE plan IN (n(10), n(11)) ORDER BY 1, 2;
UPDATE msb_org.plan_follow_up SET held = '2020-05-30' WHERE plan = n(10) AND due = '2020-04-01';
UPDATE msb_org.plan_consent SET until = '2020-05-31' WHERE plan = n(10);
SELECT status FROM msb_org.plan WHERE plan = n(10);
SET msb_org.today = '2020-05-31';
SELECT msb_org.write_plan('{"plan": "00000000-0000-0000-0000-000000000010", "consents": [
    {"consent_of": "parent", "person": "Mor", "recipient": "familie", "given": "2019-09-01", "until": "2020-05-31"}]}');
SELECT msb_org.set_plan_status(n(10), s) FROM unnest('{offered,consented}'::text[]) s;
SELECT msb_org.set_coordinator(n(10), 'Koordinator 1'), msb_org.set_plan_status(n(10), 'active');
INSERT INTO msb_org.plan_content VALUES ('610102-4006', n(11), 'support_after_18', 'Ingen støtte derefter');
SET msb_org.today = '2020-06-01';
SELECT what, plan, kind, status, unit, coordinator, due, days FROM msb_org.plan_overdue WHERE plan IN (n(10), n(11)) ORDER BY 1, 2;
SET msb_org.today = '2019-09-02';

-- A writer who has privileges on tables alone, and an empty search path.
CREATE ROLE regress_msb_writer;
GRANT SELECT, UPDATE ON msb_org.plan TO regress_msb_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON msb_org.plan_goal TO regress_msb_writer;
GRANT UPDATE (withdrawn), SELECT (recipient, plan) ON msb_org.plan_consent TO regress_msb_writer;
SELECT msb_org.set_plan_status(n(3), 'offered'), msb_org.set_plan_status(n(3), 'consented');
SET ROLE regress_msb_writer;
SET search_path = '';
UPDATE msb_org.plan SET coordinator = 'Koordinator 1', status = 'active' WHERE plan = '00000000-0000-0000-0000-000000000003';
UPDATE msb_org.plan SET coordinator = 'Koordinator 2' WHERE plan = '00000000-0000-0000-0000-000000000003';
INSERT INTO msb_org.plan_goal (citizen, plan, goal, description) VALUES ('650198-0005', '00000000-0000-0000-0000-000000000003', 'kursus', 'Et kursus');
UPDATE msb_org.plan_goal SET description = 'To kurser' WHERE goal = 'kursus';
DELETE FROM msb_org.plan_goal WHERE goal = 'kursus';
UPDATE msb_org.plan_consent SET withdrawn = pg_catalog.now() WHERE plan = '00000000-0000-0000-0000-000000000003';
SELECT status, status_reason, coordinator FROM msb_org.plan WHERE plan = '00000000-0000-0000-0000-000000000003';
UPDATE msb_org.plan SET citizen = '660198-0006' WHERE plan = '00000000-0000-0000-0000-000000000003';
SELECT count(*) FROM msb_org.plan_revision;
SELECT msb_org.set_plan_status('00000000-0000-0000-0000-000000000003', 'offered');
SELECT msb_org.read_plan('00000000-0000-0000-0000-000000000003');
RESET ROLE;
RESET search_path;
SELECT of_table, operation, count(*) FROM past(3) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT DISTINCT actor = session_user AS the_session FROM msb_org.plan_revision WHERE plan = n(3);
SELECT coordinator FROM msb_org.plan_coordinator WHERE plan = n(3) ORDER BY valid_from;
REVOKE ALL ON ALL TABLES IN SCHEMA msb_org FROM regress_msb_writer;
DROP ROLE regress_msb_writer;

-- Erasure is not for hands, and not impossible: a function of the tables' owner, as its owner.
DELETE FROM msb_org.plan WHERE plan = n(3);
CREATE FUNCTION erase(number uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DELETE FROM msb_org.plan WHERE plan = number $$;
SELECT erase(n(3));
SELECT (SELECT count(*) FROM msb_org.plan WHERE plan = n(3)) AS plans, (SELECT count(*) FROM past(3)) AS revisions,
       (SELECT count(*) FROM msb_org.plan_coordinator WHERE plan = n(3)) AS coordinators;

-- At every isolation level.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT msb_org.open_plan('670198-0007', plan => n(20));
INSERT INTO msb_org.plan_consent (citizen, plan, recipient) VALUES ('670198-0007', n(20), 'unge');
SELECT msb_org.set_coordinator(n(20), 'Koordinator 1');
SELECT msb_org.set_plan_status(n(20), s) FROM unnest('{offered,consented,active}'::text[]) s;
SELECT msb_org.withdraw_consent(n(20));
SELECT status, coordinator FROM msb_org.plan WHERE plan = n(20);
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT msb_org.set_plan_status(n(20), 'offered');
INSERT INTO msb_org.plan (citizen, opened_by) VALUES ('670198-0007', 'test');
ROLLBACK;

DROP FUNCTION past(integer), n(integer), erase(uuid);
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
