-- The three modes: what becomes of an area that is missing, stale, given, or that
-- cannot be judged.  Every scenario is played on three tables, one in each mode.
\set VERBOSITY terse
SET client_min_messages = warning;
SET msb_org.today = '2019-09-01';
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');

CREATE TABLE sag_observe (
    sag_id     integer PRIMARY KEY,
    cpr        text,
    opgave     text,
    udfordring text,
    indsats    text,
    oprettet   date,
    afsluttet  date,
    omraade    varchar(20),
    note       text);
CREATE TABLE sag_fill (LIKE sag_observe INCLUDING ALL);
CREATE TABLE sag_enforce (LIKE sag_observe INCLUDING ALL);
SELECT msb_org.attach(('sag_' || mode)::regclass, key => 'sag_id', citizen => 'cpr', birth => 'cpr',
         facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}',
         opened => 'oprettet', closed => 'afsluttet', area => 'omraade', mode => mode)
  FROM unnest('{observe,fill,enforce}'::text[]) mode;

-- Plays statements on each table (@ is its name) and shows what stands then: the
-- area in the column, the ledger's open row, and whether it is a violation; or the
-- refusal.  SET CONSTRAINTS stands for the commit; section "At COMMIT" has real ones.
CREATE FUNCTION play(VARIADIC statements text[])
    RETURNS TABLE (mode text, omraade text, unit text, rule text, given text, finding text, violation boolean, refused text)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    statement text;
BEGIN
    FOREACH mode IN ARRAY '{observe,fill,enforce}'::text[] LOOP
        omraade := NULL; unit := NULL; rule := NULL; given := NULL; finding := NULL; violation := NULL; refused := NULL;
        BEGIN
            SET CONSTRAINTS ALL DEFERRED;
            FOREACH statement IN ARRAY statements LOOP
                EXECUTE replace(statement, '@', 'sag_' || mode);
            END LOOP;
            SET CONSTRAINTS ALL IMMEDIATE;
            EXECUTE format('SELECT omraade FROM sag_%s WHERE sag_id = 1', mode) INTO omraade;
            SELECT a.unit, a.rule, a.given, a.finding INTO unit, rule, given, finding
              FROM msb_org.current_assignment a WHERE a.case_table = 'sag_' || mode AND a.case_key = '1';
            violation := EXISTS (SELECT FROM msb_org.violation v WHERE v.case_table = 'sag_' || mode AND v.case_key = '1');
            RAISE SQLSTATE 'UNDO0';
        EXCEPTION
            WHEN check_violation THEN refused := sqlerrm;
            WHEN SQLSTATE 'UNDO0' THEN NULL;
        END;
        RETURN NEXT;
    END LOOP;
END $$;
\pset null -

-- Missing: left, or written.
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01')$$);
SELECT * FROM play($$INSERT INTO @ (sag_id, cpr, opgave, omraade) VALUES (1, '610180-1001', 'benefit', '')$$);

-- Stale after an UPDATE of a facet, of the birth date, and of nothing that is judged.
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'unge')$$,
                   $$UPDATE @ SET indsats = 'family_support' WHERE sag_id = 1$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'unge')$$,
                   $$UPDATE @ SET cpr = '610180-1001'$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'unge')$$,
                   $$UPDATE @ SET note = 'ringet op'$$);
-- Emptied by the application.
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'unge')$$,
                   $$UPDATE @ SET omraade = NULL$$);

-- Given: right, wrong, and no unit at all.
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'unge')$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'udsatte')$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01')$$,
                   $$UPDATE @ SET omraade = 'udsatte'$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'teamet')$$);

-- Wrong first and right by commit: by the facets, by the area.
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610180-1001', 'benefit', 'homelessness', NULL, '2019-09-01', NULL, 'udsatte')$$,
                   $$UPDATE @ SET opgave = 'provision', omraade = 'udsatte'$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'udsatte')$$,
                   $$UPDATE @ SET omraade = 'unge'$$);
-- Right first and made wrong: by the area, by the facets (the area is stale then).
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'unge')$$,
                   $$UPDATE @ SET omraade = 'job'$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'unge')$$,
                   $$UPDATE @ SET opgave = 'benefit'$$);
-- A given area that a later statement does not touch is stale when the facets change.
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'job')$$,
                   $$UPDATE @ SET opgave = 'benefit'$$);

-- Cannot be judged.  An area that stands is kept.
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'hjemløs', 'general', '2019-09-01', NULL, 'unge')$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', NULL, 'homelessness', 'general')$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, 'ukendt', 'provision', 'homelessness', 'general')$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610130-4001', 'provision', 'homelessness', 'general')$$);
-- A text of blanks, like none, is age unknown, which rule N1 takes.
SELECT * FROM play($$INSERT INTO @ VALUES (1, ' ', 'provision', 'disability', 'general')$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, NULL, 'provision', 'disability', 'general')$$);
-- No structure in force.
SET msb_org.today = '2019-07-31';
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-07-01', NULL, 'unge')$$);
SET msb_org.today = '2019-09-01';
-- Unjudgeable first and right by commit; a closed case is not judged.
SELECT * FROM play($$INSERT INTO @ (sag_id) VALUES (1)$$,
                   $$UPDATE @ SET cpr = '610100-4001'$$,
                   $$UPDATE @ SET opgave = 'provision'$$,
                   $$UPDATE @ SET udfordring = 'homelessness', indsats = 'general'$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, 'ukendt', 'provision', 'hjemløs', 'general', '2019-09-01', '2019-09-01', 'x')$$);
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'job')$$,
                   $$UPDATE @ SET afsluttet = '2019-09-01'$$);

-- adopt() lets no gap and no conflict through; a document that has them anyway:
-- without B1 and D1 nobody takes a homeless youth's support, and without the
-- precedence of B1 over D1 both do.
INSERT INTO msb_org.enactment (structure, revision, from_date, in_force, document, adopted_by)
SELECT 'gap', 1, DATE '2018-01-01', daterange '[2018-01-01,2018-07-01)',
       jsonb_set(jsonb_set(document, '{rules}', (SELECT jsonb_agg(r) FROM jsonb_array_elements(document -> 'rules') r WHERE r ->> 'rule' NOT IN ('B1', 'D1'))),
                 '{precedences}', (SELECT jsonb_agg(p) FROM jsonb_array_elements(document -> 'precedences') p
                                    WHERE p ->> 'rule' NOT IN ('B1', 'D1') AND p ->> 'over' NOT IN ('B1', 'D1'))), 'test'
  FROM msb_org.enactment WHERE structure = 'msb-2019'
UNION ALL
SELECT 'conflict', 1, DATE '2018-07-01', daterange '[2018-07-01,2019-01-01)',
       jsonb_set(document, '{precedences}', (SELECT jsonb_agg(p) FROM jsonb_array_elements(document -> 'precedences') p
                                              WHERE NOT (p ->> 'rule' = 'B1' AND p ->> 'over' = 'D1'))), 'test'
  FROM msb_org.enactment WHERE structure = 'msb-2019';
SET msb_org.today = '2018-03-01';
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2018-03-01')$$);
SET msb_org.today = '2018-09-01';
SELECT * FROM play($$INSERT INTO @ VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2018-09-01')$$);
SET msb_org.today = '2019-09-01';

--
-- At COMMIT: an application builds a case in one transaction, a column at a time.
--
\set VERBOSITY default
BEGIN;
INSERT INTO sag_enforce (sag_id, cpr, opgave) VALUES (1, '610100-4001', 'provision');
SELECT omraade FROM sag_enforce;
UPDATE sag_enforce SET udfordring = 'homelessness' WHERE sag_id = 1;
UPDATE sag_enforce SET indsats = 'general' WHERE sag_id = 1;
UPDATE sag_enforce SET omraade = 'udsatte' WHERE sag_id = 1;
COMMIT;
SELECT count(*) FROM sag_enforce;
BEGIN;
INSERT INTO sag_enforce (sag_id, omraade) VALUES (1, 'udsatte');
UPDATE sag_enforce SET cpr = '610180-1001' WHERE sag_id = 1;
UPDATE sag_enforce SET opgave = 'provision', omraade = 'job' WHERE sag_id = 1;
UPDATE sag_enforce SET udfordring = 'homelessness', omraade = 'udsatte' WHERE sag_id = 1;
COMMIT;
SELECT sag_id, omraade FROM sag_enforce;
-- What a savepoint made stale is as given as before once it is rolled back.
BEGIN;
INSERT INTO sag_fill VALUES (1, '610180-1001', 'provision', 'homelessness', NULL, NULL, NULL, 'job');
SAVEPOINT a;
UPDATE sag_fill SET udfordring = 'disability' WHERE sag_id = 1;
ROLLBACK TO a;
COMMIT;
SELECT s.omraade, c.unit, c.given, c.finding FROM sag_fill s JOIN msb_org.current_assignment c ON c.case_table = 'sag_fill' AND c.case_key = s.sag_id::text;
DELETE FROM sag_fill;
-- Brought forward, for one constraint or all, and refused there.
BEGIN;
UPDATE sag_enforce SET omraade = 'job' WHERE sag_id = 1;
SET CONSTRAINTS msb_org_area IMMEDIATE;
ROLLBACK;
BEGIN;
UPDATE sag_enforce SET udfordring = 'hjemløs' WHERE sag_id = 1;
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE sag_enforce SET note = 'uden betydning' WHERE sag_id = 1;
UPDATE sag_enforce SET omraade = 'job' WHERE sag_id = 1;
ROLLBACK;
-- What a program reads: code, names, words; and no CPR number, whatever the key.
CREATE TABLE "Sag med cpr" (cpr text PRIMARY KEY, opgave text, omraade text);
SELECT msb_org.attach('"Sag med cpr"', key => 'cpr', citizen => 'cpr', birth => 'cpr',
                      facets => '{"task": "opgave"}', area => 'omraade', mode => 'enforce');
CREATE FUNCTION refusal(statement text) RETURNS TABLE (field text, value text) LANGUAGE plpgsql AS $$
DECLARE
    state text; msg text; det text; hin text; con text; sch text; tab text; col text; ctx text;
BEGIN
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, msg = MESSAGE_TEXT, det = PG_EXCEPTION_DETAIL,
        hin = PG_EXCEPTION_HINT, con = CONSTRAINT_NAME, sch = SCHEMA_NAME, tab = TABLE_NAME, col = COLUMN_NAME,
        ctx = PG_EXCEPTION_CONTEXT;
    RETURN QUERY SELECT * FROM (VALUES ('sqlstate', state), ('message', msg), ('detail', det), ('hint', hin),
        ('constraint', con), ('schema', sch), ('table', tab), ('column', col), ('context', ctx)) f;
END $$;
SELECT * FROM refusal($$UPDATE sag_enforce SET omraade = 'job' WHERE sag_id = 1$$);
SELECT * FROM refusal($$INSERT INTO "Sag med cpr" VALUES ('610100-4001', 'provision', '610100-4002')$$);
SELECT * FROM refusal($$INSERT INTO "Sag med cpr" VALUES ('610100-4001', '610100-4002')$$);
-- Several rows: the first wrong one is named, all are refused.
BEGIN;
INSERT INTO sag_enforce SELECT n, '610100-4001', 'provision', 'homelessness', 'general', NULL, NULL, CASE WHEN n IN (15, 18) THEN 'job' END
  FROM generate_series(11, 20) n;
COMMIT;
SELECT count(*) FROM sag_enforce;
-- DDL on the table waits for the work, as with a deferred foreign key.
BEGIN;
INSERT INTO sag_fill (sag_id, cpr, opgave) VALUES (2, '610100-4001', 'provision');
ALTER TABLE sag_fill ADD COLUMN ny text;
ROLLBACK;

--
-- The ways from observe to enforce and back.
--
\set VERBOSITY terse
INSERT INTO sag_fill VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01', NULL, 'udsatte');
INSERT INTO sag_fill VALUES (2, '610100-4001', 'provision', 'hjemløs', 'general', '2019-09-01', NULL, 'udsatte');
INSERT INTO sag_fill VALUES (3, '610100-4001', 'provision', 'homelessness', 'general', '2019-09-01');
SELECT case_key, finding, given, expected, rule, reason FROM msb_org.violation ORDER BY case_key;
SET client_min_messages = notice;
SELECT msb_org.set_mode('sag_fill', 'enforce');
SET client_min_messages = warning;
-- What stands is left alone until it is written; then it is refused or put right.
UPDATE sag_fill SET note = 'x';
UPDATE sag_fill SET oprettet = '2019-09-02' WHERE sag_id = 1;
UPDATE sag_fill SET oprettet = '2019-09-02' WHERE sag_id = 2;
SELECT sag_id, omraade, note FROM sag_fill ORDER BY sag_id;
SELECT case_key, finding, given, expected FROM msb_org.violation ORDER BY case_key;
-- In observe nothing is written.
SELECT msb_org.set_mode('sag_fill', 'observe');
UPDATE sag_fill SET opgave = 'benefit', udfordring = 'homelessness';
SELECT sag_id, omraade FROM sag_fill ORDER BY sag_id;
SELECT case_key, unit, given, finding FROM msb_org.current_assignment WHERE case_table = 'sag_fill' ORDER BY case_key;

--
-- Without an area column nothing is ever written; enforce refuses what cannot be judged.
--
CREATE TABLE uden (sag_id bigint PRIMARY KEY, cpr text, opgave text, udfordring text);
SELECT msb_org.attach('uden', key => 'sag_id', citizen => 'cpr', birth => 'cpr',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'enforce');
INSERT INTO uden VALUES (1, '610100-4001', 'provision', 'homelessness');
INSERT INTO uden VALUES (2, '610100-4001', 'provision', 'hjemløs');
SELECT msb_org.set_mode('uden', 'fill');
INSERT INTO uden VALUES (2, '610100-4001', 'provision', 'hjemløs');
SELECT case_key, unit, rule, given, finding FROM msb_org.current_assignment WHERE case_table = 'uden' ORDER BY case_key;
SELECT case_key, finding, given, expected FROM msb_org.violation WHERE case_table = 'uden';

--
-- The application's own keys in the area column.
--
CREATE TABLE noegle (sag_id uuid PRIMARY KEY, cpr text, opgave text, omraade integer);
SELECT msb_org.attach('noegle', key => 'sag_id', citizen => 'cpr', birth => 'cpr', facets => '{"task": "opgave"}',
    area => 'omraade', mode => 'enforce',
    area_values => '{"boern": 10, "unge": 20, "voksne": 30, "udsatte": 40, "job": 50, "sundhed": 60, "mso": 70, "indgang": 80}');
INSERT INTO noegle VALUES ('00000000-0000-0000-0000-000000000001', '610100-4001', 'provision');
INSERT INTO noegle VALUES ('00000000-0000-0000-0000-000000000002', '610180-1001', 'benefit', 60);
INSERT INTO noegle VALUES ('00000000-0000-0000-0000-000000000003', '610180-1001', 'benefit', 50);
INSERT INTO noegle VALUES ('00000000-0000-0000-0000-000000000003', '610180-1001', 'benefit', 51);
SELECT n.sag_id, n.omraade, a.unit, a.given FROM noegle n JOIN msb_org.current_assignment a ON a.case_key = n.sag_id::text ORDER BY 1;

DROP TABLE sag_observe, sag_fill, sag_enforce, "Sag med cpr", uden, noegle;
DROP FUNCTION play, refusal;
SET client_min_messages = warning;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
