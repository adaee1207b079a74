-- A citizen's records are erased on a legal order: nothing in any table leads to the
-- citizen any more, every report counts as before, and everybody else's are untouched.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
SET msb_org.min_cell = 1;
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
\pset null -
\set SHOW_CONTEXT never
SELECT msb_org.load_structure('msb-2019'), msb_org.load_structure('msb-2018');
SELECT msb_org.adopt('msb-2018', DATE '2018-01-01'), msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE FUNCTION n(number integer) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT ('00000000-0000-0000-0000-' || lpad(number::text, 12, '0'))::uuid $$;

-- Every table of the extension, whole rows as text: how many mention what a pattern finds.
CREATE FUNCTION mentions(pattern text) RETURNS TABLE (of_table text, rows bigint) LANGUAGE plpgsql AS $$
BEGIN
    FOR of_table IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'msb_org'::regnamespace AND c.relkind = 'r' ORDER BY c.relname COLLATE "C" LOOP
        EXECUTE format('SELECT count(*) FROM msb_org.%I t WHERE t::text ~ $1', of_table) INTO rows USING pattern;
        IF rows > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;
-- Every report there is, over the whole time, as text.
CREATE FUNCTION reports() RETURNS TABLE (report text, answer jsonb) LANGUAGE plpgsql AS $$
DECLARE
    call text;
BEGIN
    FOR report, call IN
        SELECT concat_ws(' ', p.proname, d.dimension), format('SELECT jsonb_agg(to_jsonb(r)) FROM msb_org.%I(%s) r', p.proname,
               (SELECT string_agg(format('%I => %s', a.name, CASE WHEN a.name = 'dimension' THEN quote_literal(d.dimension)
                                          WHEN d.dimension = 'number_of_caseworkers' AND a.name LIKE '%date' THEN 'msb_org.today()' ELSE
                                          CASE a.name WHEN 'from_date' THEN 'DATE ''2019-08-01''' WHEN 'to_date' THEN 'DATE ''2020-03-01'''
                                          WHEN 'from_structure' THEN '''msb-2018#1''' WHEN 'to_structure' THEN '''msb-2019#1''' WHEN 'days' THEN '30' ELSE 'NULL' END END), ', ')
                  FROM unnest(p.proargnames[1:p.pronargs]) a (name)))
          FROM pg_proc p
          LEFT JOIN unnest('{unit,number_of_units,case_tables,number_of_caseworkers}'::text[]) d (dimension) ON 'dimension' = ANY (p.proargnames)
         WHERE p.pronamespace = 'msb_org'::regnamespace AND p.prosecdef AND p.proretset AND p.proname <> 'erase_citizen' ORDER BY 1
    LOOP
        EXECUTE call INTO answer;
        RETURN NEXT;
    END LOOP;
END $$;

-- Two case tables, a table of contacts, and a citizen of whom there is everything.
CREATE TABLE sag (sag_id text PRIMARY KEY, cpr text, opgave text, udfordring text, oprettet date, afsluttet date, omraade text);
CREATE TABLE borger (id integer PRIMARY KEY, cpr text);
CREATE TABLE jobsag (nr integer PRIMARY KEY, borger integer REFERENCES borger, opgave text, afsluttet date);
CREATE INDEX ON jobsag (borger);
CREATE TABLE henvendelse (cpr text, dag date);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', opened => 'oprettet', closed => 'afsluttet', area => 'omraade',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill'),
       msb_org.attach('jobsag', key => 'nr', citizen => 'borger.cpr', birth => 'borger.cpr', closed => 'afsluttet', facets => '{"task": "opgave"}', mode => 'fill'),
       msb_org.attach_contacts('henvendelse', 'cpr', 'dag');
-- 1: the citizen, known by another number first; 2: the same number wrongly written on somebody's case; 3, 4: others
INSERT INTO borger VALUES (1, '720398-0120'), (2, '610180-0001'), (3, '620571-0026'), (4, '730398-0004');
INSERT INTO jobsag VALUES (1, 1, 'benefit'), (2, 2, 'benefit'), (3, 3, 'benefit'), (4, 4, 'provision');
INSERT INTO sag VALUES ('740398-0121/1', '720398-0120', 'provision', 'homelessness', '2019-08-15'), ('b', '620571-0026', 'provision', 'homelessness', '2019-08-15'),
                       ('c', '630398-0003', 'provision', 'homelessness', '2019-08-20');
UPDATE borger SET cpr = '740398-0121' WHERE id = 1;
SELECT msb_org.renumber_citizen('720398-0120', '740398-0121', 'erstatningsnummer') > 0 AS renumbered;
UPDATE sag SET cpr = '7403980121' WHERE cpr = '720398-0120';
SELECT msb_org.override('sag', '740398-0121/1', 'udsatte', 'aftalt med 7403980121');
SELECT msb_org.state_primary_challenge('740398-0121', 'homelessness', 'oplyst af 740398-0121');
-- a case that was first somebody else's, and one of the citizen's that is somebody else's now
UPDATE sag SET cpr = '740398-0121' WHERE sag_id = 'c';
SET msb_org.today = '2019-09-20';
UPDATE sag SET cpr = '620571-0026' WHERE sag_id = 'c';
UPDATE sag SET udfordring = 'mental_illness' WHERE sag_id LIKE '740398%';
INSERT INTO henvendelse VALUES ('7403980121', '2019-09-10');
SELECT citizen, status, unit FROM msb_org.plan ORDER BY citizen;
SELECT msb_org.write_plan(jsonb_build_object('plan', p.plan, 'wishes', 'Jeg vil bo i Aarhus', 'coordinator', 'Koordinator 1',
           'goals', '[{"goal": "bolig", "description": "Bolig til 740398-0121"}]'::jsonb, 'measures', '[{"measure": "x", "means": "partner", "partner": "En forening"}]'::jsonb,
           'contents', '[{"content": "purpose", "body": "x"}]'::jsonb, 'follow_ups', '[{"due": "2019-12-01", "outcome": "7403980121 mødte"}]'::jsonb,
           'consents', '[{"recipient": "job", "given": "2019-09-01"}]'::jsonb, 'related', '[{"related": "620571-0026"}]'::jsonb, 'partners', '["En forening"]'::jsonb)) IS NOT NULL AS written
  FROM msb_org.plan p WHERE p.citizen = '740398-0121';
SELECT msb_org.write_plan(jsonb_build_object('plan', p.plan, 'wishes', 'noget andet')) IS NOT NULL AS revised FROM msb_org.plan p WHERE p.citizen = '740398-0121';
-- others' plans that speak of the citizen
SELECT msb_org.write_plan($${"citizen": "630110-5003", "plan": "00000000-0000-0000-0000-000000000003", "kind": "barnets_plan", "decided": "2019-08-20",
    "related": [{"related": "7403980121", "relation": "parent"}, {"related": "620571-0026", "relation": "parent"}],
    "consents": [{"consent_of": "parent", "person": "740398-0121", "recipient": "boern", "given": "2019-09-01"}],
    "contents": [{"content": "purpose", "body": "Moderen, 740398-0121, og 7403980121; ikke 620571-0026"}]}$$) IS NOT NULL AS written;
SELECT msb_org.write_plan($${"plan": "00000000-0000-0000-0000-000000000003", "wishes": "mere tid med 740398-0121"}$$) IS NOT NULL AS written;
SELECT msb_org.write_plan($${"plan": "00000000-0000-0000-0000-000000000003", "wishes": "mere tid"}$$) IS NOT NULL AS written;
SELECT * FROM mentions('740398-?0121|720398-?0120');

-- Refused while anything is open, in a transaction with an older snapshot, without an order; no message shows the number.
SELECT * FROM msb_org.erase_citizen('7403980121', 'Datatilsynets påbud');
UPDATE sag SET afsluttet = '2019-09-20' WHERE cpr LIKE '740398%';
DELETE FROM jobsag WHERE nr = 1;
SELECT * FROM msb_org.erase_citizen('7403980121', 'Datatilsynets påbud');
SELECT msb_org.set_plan_status(p.plan, 'entered_in_error') FROM msb_org.plan p WHERE p.citizen = '740398-0121';
SELECT * FROM msb_org.erase_citizen('7403980121', ' ');
SELECT * FROM msb_org.erase_citizen(NULL, 'x');
SELECT * FROM msb_org.erase_citizen('', 'x');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM msb_org.erase_citizen('7403980121', 'x');
ROLLBACK;
-- by a former key: the one in use is asked for
SELECT * FROM msb_org.erase_citizen('720398-0120', 'x');
-- in the application first
DELETE FROM sag WHERE cpr LIKE '740398%';
DELETE FROM henvendelse WHERE cpr LIKE '740398%';
DELETE FROM borger WHERE id = 1;

-- What counts, before and after.
CREATE TABLE before AS SELECT * FROM reports();
CREATE TABLE others AS SELECT a.* FROM msb_org.assignment a WHERE a.citizen NOT IN ('740398-0121');
SELECT count(*) AS reports, count(*) FILTER (WHERE answer IS NOT NULL) AS with_rows FROM before;
SELECT * FROM msb_org.erase_citizen('7403980121', 'Datatilsynets påbud om 740398-0121');
SELECT * FROM mentions('740398-?0121|720398-?0120');
SELECT b.report, b.answer, a.answer AS now FROM before b FULL JOIN reports() a USING (report) WHERE a.answer IS DISTINCT FROM b.answer;
SELECT what, case_table, case_key, recorded, expected FROM msb_org.recheck();

-- What stays: rows that lead to nobody. The case that was another citizen's too keeps its key.
SELECT a.case_table, CASE WHEN a.case_key ~ '^erased:' THEN 'erased:' ELSE a.case_key END AS case_key, left(a.citizen, 7) AS citizen, a.unit, a.opened, a.valid_from::date, a.valid_to::date, a.given, a.reason, a.birth, a.situation
  FROM msb_org.assignment a WHERE a.citizen LIKE 'erased:%' ORDER BY a.case_table, 2, a.valid_from;
SELECT count(DISTINCT a.citizen) AS citizens, count(DISTINCT a.case_key) AS cases FROM msb_org.assignment a WHERE a.citizen LIKE 'erased:%';
SELECT left(p.citizen, 7) AS citizen, p.kind, p.status, p.unit, p.wishes, p.coordinator, p.opened_by, p.opened_at::date FROM msb_org.plan p WHERE p.citizen LIKE 'erased:%';
-- of others all is there
SELECT count(*) AS changed FROM (TABLE others EXCEPT TABLE msb_org.assignment) x;
SELECT content, body FROM msb_org.plan_content;
SELECT related, relation FROM msb_org.plan_citizen;
SELECT consent_of, left(person, 7) AS person, recipient, withdrawn FROM msb_org.plan_consent;
SELECT of_table, content ->> 'wishes' AS wishes FROM msb_org.plan_revision ORDER BY revised_at, of_table;
SELECT legal_order, actor = current_user AS by_me, changed > 0 AS changed FROM msb_org.erasure;
-- again: there is nothing
SELECT * FROM msb_org.erase_citizen('740398-0121', 'igen');
SELECT count(*) FROM msb_org.erasure;
-- purge_ended() goes on with what is anonymous
SELECT msb_org.purge_ended(timestamptz '2020-01-01') > 0 AS purged;
SELECT count(*) FROM msb_org.assignment a WHERE a.citizen LIKE 'erased:%';

-- A number that was wrong, and is somebody's: of that one nothing goes.
SET msb_org.today = '2019-09-21';
INSERT INTO sag VALUES ('x', '610180-0001', 'provision', 'disability', '2019-09-01');
INSERT INTO borger VALUES (5, '610180-0001');
INSERT INTO jobsag VALUES (5, 5, 'provision');
UPDATE borger SET cpr = '650180-0005' WHERE id = 5;
SELECT old_citizen, new_citizen FROM msb_org.renumbering ORDER BY 1;
DELETE FROM jobsag WHERE nr = 5;
SELECT msb_org.set_plan_status(p.plan, 'entered_in_error') FROM msb_org.plan p WHERE p.citizen = '650180-0005';
SET client_min_messages = notice;
SELECT citizen_key, of_table, erased FROM msb_org.erase_citizen('650180-0005', 'påbud');
SET client_min_messages = warning;
SELECT * FROM mentions('650180-?0005');
SELECT case_table, case_key, unit FROM msb_org.current_assignment WHERE citizen = '610180-0001' ORDER BY 1, 2;

-- A key that is no CPR number, and stands in other texts.
INSERT INTO sag VALUES ('k1', '4711', 'provision', 'disability', '2019-09-01', NULL), ('k2', '620571-0026', 'provision', 'disability', '2019-09-01', NULL);
SELECT msb_org.override('sag', 'k2', 'voksne', 'journal 4711 er en anden');
DELETE FROM sag WHERE sag_id = 'k1';
SELECT * FROM msb_org.erase_citizen('4711', 'påbud');
SELECT * FROM mentions('4711');

-- Whose it is to do.
CREATE ROLE regress_msb_plain;
SET ROLE regress_msb_plain;
SELECT * FROM msb_org.erase_citizen('620571-0026', 'x');
SELECT * FROM msb_org.erasure;
RESET ROLE;
DROP ROLE regress_msb_plain;

SET client_min_messages = warning;
DROP TABLE sag, jobsag, borger, henvendelse, before, others;
DROP FUNCTION n, mentions, reports;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
