-- Who sees which cases: unit_role, my_area, protect(), unprotect(), the views.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
SET timezone = 'Europe/Copenhagen';
SET datestyle = iso;
\pset footer off
\set SHOW_CONTEXT never
SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE ROLE regress_app;
CREATE ROLE regress_unge;
CREATE ROLE regress_voksne;
CREATE ROLE regress_sundhed;
CREATE ROLE regress_ydelse;
CREATE ROLE regress_indgang;
CREATE ROLE regress_nobody;
CREATE ROLE regress_hanne IN ROLE regress_unge, regress_voksne;
CREATE ROLE regress_noinherit NOINHERIT;
GRANT regress_unge TO regress_noinherit;
CREATE TABLE sag (nr integer PRIMARY KEY, cpr text, opgave text, udfordring text, indsats text, omraade varchar(20), note text UNIQUE);
SELECT msb_org.attach('sag', key => 'nr', citizen => 'cpr', birth => 'cpr', mode => 'fill', area => 'omraade',
                      facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}');
GRANT SELECT ON sag TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON sag TO regress_app, regress_unge;
GRANT SELECT ON msb_org.my_case, msb_org.my_plan TO regress_unge, regress_voksne, regress_sundhed, regress_ydelse, regress_indgang, regress_nobody;
INSERT INTO sag VALUES
    (1, '740398-0121', 'authority', 'homelessness', NULL, NULL, 'a'), (2, '740398-0121', 'benefit', 'homelessness', NULL, NULL, 'b'),
    (3, '620571-0026', 'authority', 'disability', NULL, NULL, 'c'), (4, '620571-0026', 'provision', 'sickness', NULL, NULL, 'd'),
    (5, '620571-0026', 'NOGET', NULL, NULL, NULL, 'e'), (6, '610190-0100', 'benefit', 'unemployment', NULL, NULL, 'f'),
    (7, '610153-0100', 'authority', 'disability', NULL, NULL, 'g');
SELECT nr, omraade FROM sag ORDER BY nr;

-- Roles: of the structure in force; absent ones, units and structures give nothing.
INSERT INTO msb_org.unit_role (structure, unit, role) VALUES
    ('msb-2019', 'unge', 'regress_unge'), ('msb-2019', 'voksne', 'regress_voksne'), ('msb-2019', 'sundhed', 'regress_sundhed'),
    ('msb-2019', 'indgang', 'regress_indgang'), ('msb-2019', 'job', 'regress_not_there'), ('msb-2018', 'ba', 'regress_nobody'),
    ('no such', 'unge', 'regress_nobody');
INSERT INTO msb_org.unit_role VALUES ('msb-2019', 'sundhed', 'regress_ydelse', 'age 25-; task benefit');
CREATE FUNCTION seen(who name, OUT areas text, OUT cases integer[]) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', who);
    SELECT string_agg(m.unit || ': ' || m.sees, ', ' ORDER BY m.unit, m.sees::text COLLATE "C") INTO areas FROM msb_org.my_area m;
    SELECT array_agg(s.nr ORDER BY s.nr) INTO cases FROM sag s;
    RESET ROLE;
END $$;
CREATE VIEW everybody AS SELECT r AS role, s.* FROM unnest('{regress_unge,regress_voksne,regress_sundhed,regress_ydelse,regress_indgang,regress_hanne,regress_noinherit,regress_nobody,regress_app}'::name[]) r, seen(r) s;

-- Not protected, everybody sees what was granted.
SELECT protected FROM msb_org.attachment;
TABLE everybody;
SELECT msb_org.protect('sag', '{regress_app}');
SELECT protected FROM msb_org.attachment;
TABLE everybody;
SELECT count(*) AS the_owner_and_superusers FROM sag;
-- Once more is the same.
SELECT msb_org.protect('public.sag', '{regress_app}');
SELECT polname, polcmd, polroles::regrole[] FROM pg_policy WHERE polrelid = 'sag'::regclass ORDER BY 1;
TABLE everybody;

-- SET ROLE to a group: NOINHERIT means that it must be set.
SET SESSION AUTHORIZATION regress_noinherit;
SELECT count(*) FROM sag;
SET ROLE regress_unge;
SELECT nr FROM sag ORDER BY nr;
PREPARE mine AS SELECT nr FROM sag ORDER BY nr;
EXECUTE mine;
RESET ROLE;
EXECUTE mine;
RESET SESSION AUTHORIZATION;
SET ROLE regress_voksne;
EXECUTE mine;
RESET ROLE;
DEALLOCATE mine;

-- Writing is the application's.
SET ROLE regress_unge;
UPDATE sag SET note = 'x' RETURNING nr;
DELETE FROM sag RETURNING nr;
INSERT INTO sag VALUES (8, '740398-0121', 'authority', 'homelessness', NULL, NULL, 'h');
-- What hidden rows hold comes out in no message.
INSERT INTO sag VALUES (9, '740398-0121', 'authority', 'homelessness', NULL, 'unge', 'g');
INSERT INTO sag VALUES (7, '740398-0121', 'authority', 'homelessness', NULL, 'unge', 'h') ON CONFLICT DO NOTHING;
RESET ROLE;
SET ROLE regress_app;
UPDATE sag SET udfordring = 'disability' WHERE nr = 6;
INSERT INTO sag VALUES (8, '740398-0121', 'authority', 'homelessness', NULL, NULL, 'h') RETURNING nr, omraade;
RESET ROLE;
SET ROLE regress_unge;
SELECT nr FROM sag ORDER BY nr;
RESET ROLE;
DELETE FROM sag WHERE nr = 8;

-- Functions and errors of a reader come after the policy.
CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
SET client_min_messages = notice;
SET ROLE regress_unge;
SELECT nr FROM sag WHERE leak(note);
SELECT nr FROM sag WHERE 1 / (nr - 7) = 5;
SELECT nr FROM sag WHERE CASE WHEN nr = 7 THEN note::integer = 1 END;
SELECT s.nr FROM sag s JOIN (VALUES (7)) v (n) ON s.nr = v.n AND leak(s.note);
RESET ROLE;
SET client_min_messages = warning;
-- Ledger, plans and roles are not the reader's.
SET ROLE regress_unge;
SELECT count(*) FROM msb_org.assignment;
SELECT count(*) FROM msb_org.plan;
SELECT count(*) FROM msb_org.plan_consent;
SELECT count(*) FROM msb_org.unit_role;
SELECT count(*) FROM msb_org.attached_table;
SELECT * FROM msb_org.citizen_view('620571-0026');
SELECT * FROM msb_org.plan_readers('00000000-0000-0000-0000-000000000000');
SELECT msb_org.protect('sag');
SELECT msb_org.unprotect('sag');
RESET ROLE;

-- The views: from the ledger, by the same rules.
SET ROLE regress_unge;
SELECT case_key, citizen, unit, cause FROM msb_org.my_case ORDER BY 1, 4;
RESET ROLE;
SET ROLE regress_ydelse;
SELECT case_key, unit, cause FROM msb_org.my_case ORDER BY 1, 3;
RESET ROLE;
SET ROLE regress_indgang;
SELECT case_key, unit, cause FROM msb_org.my_case ORDER BY 1, 3;
RESET ROLE;
SET ROLE regress_nobody;
SELECT count(*) AS cases, (SELECT count(*) FROM msb_org.my_plan) AS plans FROM msb_org.my_case;
RESET ROLE;

-- Plan and consent: only as plan_readers() says.
CREATE FUNCTION plans_seen(who name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', who);
    SELECT string_agg(p.status || ' ' || p.cause, ', ' ORDER BY p.cause) INTO answer FROM msb_org.my_plan p;
    RESET ROLE;
    RETURN answer;
END $$;
CREATE VIEW sharing AS SELECT r AS role, plans_seen(r), (seen(r)).cases FROM unnest('{regress_unge,regress_sundhed,regress_voksne}'::name[]) r;
SELECT plan, citizen FROM msb_org.plan WHERE citizen = '740398-0121' \gset
TABLE sharing;
SELECT msb_org.set_plan_status(:'plan', 'offered');
INSERT INTO msb_org.plan_consent (citizen, plan, recipient, scope, until) VALUES
    (:'citizen', :'plan', 'voksne', 'task authority', '2019-12-31'), (:'citizen', :'plan', 'sundhed', 'age 30-', NULL);
TABLE sharing;
SELECT msb_org.set_plan_status(:'plan', 'consented');
TABLE sharing;
SET ROLE regress_voksne;
SELECT case_key, unit, cause FROM msb_org.my_case ORDER BY 1, 3;
RESET ROLE;
SET msb_org.today = '2020-01-01';
TABLE sharing;
SET msb_org.today = '2019-09-02';
SELECT msb_org.withdraw_consent(:'plan');
TABLE sharing;

-- A case that went to an external unit stays with the former one until that accepts.
SET msb_org.today = '2020-01-02';
SELECT msb_org.reassign_due(), omraade FROM sag WHERE nr = 7;
SELECT case_key, from_unit, to_unit, accepted_at FROM msb_org.handover WHERE case_table <> '';
SELECT (seen('regress_voksne')).*;
SELECT msb_org.accept_handover('sag', '7');
SELECT (seen('regress_voksne')).*;

-- remap() keeps the protection, and the application's own keys.
ALTER TABLE sag ADD COLUMN afdeling smallint;
SELECT msb_org.remap('sag', key => 'nr', citizen => 'cpr', birth => 'cpr');
SELECT msb_org.remap('sag', key => 'nr', citizen => 'cpr', birth => 'cpr', area => 'afdeling',
                     area_values => '{"boern": 1, "unge": 2, "voksne": 3, "udsatte": 4, "job": 5, "sundhed": 6, "indgang": 7, "mso": 8}',
                     facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}');
SET client_min_messages = error;
CALL msb_org.reassign('sag');
SET client_min_messages = warning;
SELECT nr, afdeling FROM sag ORDER BY nr;
SELECT role, cases FROM everybody;

-- What cannot be.
SELECT msb_org.detach('sag');
SELECT msb_org.protect('sag', NULL);
SELECT msb_org.protect('sag', '{regress_app,NULL}');
SELECT msb_org.protect('sag', '{regress_not_there}');
SELECT msb_org.protect('not there');
CREATE POLICY deres ON sag FOR SELECT TO regress_nobody USING (nr < 3);
SELECT msb_org.protect('sag', '{regress_app}');
SET client_min_messages = notice;
SELECT msb_org.unprotect('sag');
SET client_min_messages = warning;
DROP POLICY deres ON sag;
SELECT msb_org.protect('sag', '{regress_app}');
ALTER TABLE sag DISABLE ROW LEVEL SECURITY;
-- Roles that see everything all the same are named.
GRANT regress_app TO regress_hanne;
INSERT INTO msb_org.unit_role VALUES ('msb-2019', 'job', 'regress_hanne');
SELECT msb_org.protect('sag', '{regress_app}');
REVOKE regress_app FROM regress_hanne;
SELECT msb_org.protect('sag', '{regress_app}');
SELECT protected FROM msb_org.attachment;
SELECT msb_org.unprotect('sag');
SELECT msb_org.unprotect('sag');
SELECT relrowsecurity, (SELECT count(*) FROM pg_policy) AS policies FROM pg_class WHERE oid = 'sag'::regclass;
SELECT msb_org.detach('sag');
CREATE TABLE uden (nr integer PRIMARY KEY, opgave text);
SELECT msb_org.attach('uden', key => 'nr', facets => '{"task": "opgave"}');
SELECT msb_org.protect('uden');

-- Partitions: the whole through its own policies, each partition through its own.
CREATE TABLE delt (nr bigint, aar integer, opgave text, omraade char(12), PRIMARY KEY (nr, aar)) PARTITION BY LIST (aar);
CREATE TABLE delt_1 PARTITION OF delt FOR VALUES IN (1);
SELECT msb_org.attach('delt', key => 'nr', facets => '{"task": "opgave"}', area => 'omraade', mode => 'fill');
SELECT msb_org.protect('delt', '{regress_app}');
CREATE TABLE delt_2 PARTITION OF delt FOR VALUES IN (2);
SELECT case_table, protected FROM msb_org.attachment ORDER BY 1;
GRANT SELECT ON delt, delt_1, delt_2 TO regress_unge, regress_sundhed;
INSERT INTO delt VALUES (1, 1, 'benefit', NULL), (2, 2, 'benefit', NULL), (3, 1, 'authority', NULL);
SELECT nr, omraade FROM delt ORDER BY 1;
SET ROLE regress_sundhed;
SELECT (SELECT count(*) FROM delt) AS whole, (SELECT count(*) FROM delt_1) AS one, (SELECT count(*) FROM delt_2) AS other;
RESET ROLE;
SET ROLE regress_unge;
SELECT (SELECT count(*) FROM delt) AS whole, (SELECT count(*) FROM delt_1) AS one, (SELECT count(*) FROM delt_2) AS not_protected_yet;
RESET ROLE;
SELECT msb_org.protect('delt', '{regress_app}');
SET ROLE regress_unge;
SELECT (SELECT count(*) FROM delt) AS whole, (SELECT count(*) FROM delt_1) AS one, (SELECT count(*) FROM delt_2) AS other;
RESET ROLE;

-- Keys of other types, of which a policy makes none that is wrong.
SELECT msb_org.integer_keys('{1,-7,x,9223372036854775807,9223372036854775808,740398-0121,"",NULL}'), msb_org.integer_keys('{}');
SELECT msb_org.uuid_keys('{00000000-0000-0000-0000-000000000001,x,740398-0121,NULL}'), msb_org.uuid_keys('{x}');
CREATE TABLE u (nr uuid PRIMARY KEY, opgave text, omraade text);
CREATE TABLE t ("Nr." char(8) COLLATE "C" PRIMARY KEY, opgave text, "Område" text COLLATE "C");
SELECT msb_org.attach('u', key => 'nr', facets => '{"task": "opgave"}', area => 'omraade', mode => 'fill'), msb_org.attach('t', key => 'Nr.', facets => '{"task": "opgave"}', area => 'Område', mode => 'fill');
SELECT msb_org.protect('u'), msb_org.protect('t');
INSERT INTO u VALUES ('00000000-0000-0000-0000-000000000001', 'benefit', NULL), ('00000000-0000-0000-0000-000000000002', 'authority', NULL);
INSERT INTO t VALUES ('a', 'benefit', NULL), ('b', 'authority', NULL);
GRANT SELECT ON u, t TO regress_ydelse, regress_sundhed;
SET ROLE regress_sundhed;
SELECT nr FROM u;
SELECT "Nr." FROM t;
RESET ROLE;
UPDATE msb_org.unit_role SET sees = 'task benefit' WHERE role = 'regress_ydelse';
SET ROLE regress_ydelse;
SELECT nr FROM u;
SELECT "Nr." FROM t;
RESET ROLE;

DROP VIEW everybody, sharing;
DROP TABLE sag, uden, delt, u, t;
DROP FUNCTION seen, plans_seen, leak;
DROP EXTENSION msb_org CASCADE;
DROP ROLE regress_app, regress_unge, regress_voksne, regress_sundhed, regress_ydelse, regress_indgang, regress_nobody, regress_hanne, regress_noinherit;
CREATE EXTENSION msb_org;
