-- Reports at their edges: nothing there, NULL arguments, unknown structures and kinds,
-- small counts, whose rights, tables of contacts. The numbers themselves: t/080_reports.pl.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
SET datestyle = ISO;

-- No structure in force, nothing attached.
SELECT * FROM msb_org.load_by_area();
SELECT number, citizens FROM msb_org.citizens_by('number_of_units');
SELECT * FROM msb_org.moves_by_month();
SELECT * FROM msb_org.moves_per_citizen();
SELECT * FROM msb_org.case_times();
SELECT * FROM msb_org.contacts_by_area('2019-01-01');
SELECT * FROM msb_org.plans_by_status();
SELECT number, citizens FROM msb_org.citizens_by('number_of_caseworkers');
SELECT * FROM msb_org.caseworkers_by_area();
SELECT * FROM msb_org.load_by_area('msb-2019');

SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2018', '2015-01-01'), msb_org.adopt('msb-2019', '2019-08-01');
CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text, oprettet date, afsluttet date, afgjort timestamptz, hvem char(5));
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', facets => '{"task": "opgave"}', facet_values => '{"challenge": "homelessness"}',
    opened => 'oprettet', closed => 'afsluttet', decided => 'afgjort', caseworker => 'hvem', mode => 'fill');
INSERT INTO sag SELECT n, '610180-40' || to_char(n, 'FM00'), 'authority', DATE '2019-08-20', NULL, '2019-08-30 23:30 Europe/Copenhagen', 'A' FROM generate_series(1, 5) n;
INSERT INTO sag SELECT 100 + n, '610180-40' || to_char(n, 'FM00'), 'benefit', DATE '2019-08-20' FROM generate_series(1, 4) n;

-- From 1 to 4 nothing is shown; 0 and 5 are.
SELECT n, msb_org.small_cell(n) FROM generate_series(0, 6) n;
SELECT unit, open_cases, citizens, new_cases, closed_cases FROM msb_org.load_by_area();
SELECT bucket, citizens, only_here, cases FROM msb_org.citizens_by('unit');
SELECT unit, decided_cases, decision_days, closed_cases FROM msb_org.case_times();
SELECT number, citizens FROM msb_org.citizens_by('number_of_caseworkers');
SELECT * FROM msb_org.caseworkers_by_area();
SELECT unit, with_unit, citizens FROM msb_org.area_overlap();

-- An empty period, a period the wrong way round, the ends of time, NULL.
SELECT unit, open_cases, new_cases FROM msb_org.load_by_area('msb-2019', '2019-08-01', '2019-08-02') WHERE unit = 'voksne';
SELECT count(*) FROM msb_org.citizens_by('unit', 'msb-2019', NULL, '2019-08-01', '2019-08-02');
SELECT count(*) FROM msb_org.citizens_by('unit', 'msb-2018');
SELECT count(*) FROM msb_org.moves_by_month('2019-09-03', '2019-09-01');
SELECT year, citizens, moves FROM msb_org.moves_per_citizen('-infinity', 'infinity');
SELECT count(*) FROM msb_org.moves_per_citizen('2019-09-03', '2019-09-01');
SELECT bucket, citizens FROM msb_org.citizens_by('unit', 'msb-2019', 'department', '-infinity', 'infinity');
SELECT count(*) FROM msb_org.load_by_area('msb-2019', NULL, '2019-09-02');
SELECT count(*) FROM msb_org.load_by_area('msb-2019', '2019-09-02', NULL);
SELECT count(*) FROM msb_org.citizens_by('case_tables', from_date => NULL);
SELECT count(*) FROM msb_org.citizens_by('unit', 'msb-2019', NULL, NULL);
SELECT count(*) FROM msb_org.area_overlap('msb-2019', NULL, '2019-09-02', NULL);
SELECT count(*) FROM msb_org.first_decision_times(NULL, NULL);
SELECT count(*) FROM msb_org.moves_by_month(NULL);
SELECT count(*) FROM msb_org.moves_per_citizen(NULL);
SELECT count(*) FROM msb_org.case_times(NULL, NULL);
SELECT count(*) FROM msb_org.contacts_by_area(NULL);
SELECT count(*) FROM msb_org.handovers_by_cause(NULL);

-- A structure, a revision of it, and what is none.
SELECT bucket, citizens FROM msb_org.citizens_by('unit', 'msb-2019#1') WHERE bucket = 'voksne';
SELECT * FROM msb_org.load_by_area('msb-2019#2');
SELECT * FROM msb_org.citizens_by('unit', 'nej');
SELECT * FROM msb_org.citizens_by('number_of_units', '610180-4001');
SELECT * FROM msb_org.case_times('nej');
SELECT * FROM msb_org.caseworkers_by_area('nej');
SELECT * FROM msb_org.case_deadline('nej');
SELECT * FROM msb_org.citizens_by('unit', NULL, 'afdeling');
-- Dimensions: an unknown one, none, and what one does not take.
SELECT * FROM msb_org.citizens_by('units');
SELECT * FROM msb_org.citizens_by(NULL);
SELECT * FROM msb_org.citizens_by('case_tables', 'msb-2019');
SELECT * FROM msb_org.citizens_by('number_of_caseworkers', kind => 'administration');
SELECT * FROM msb_org.citizens_by('number_of_caseworkers', from_date => '2019-09-01');
SELECT * FROM msb_org.citizens_by('number_of_caseworkers', to_date => NULL);
-- Every dimension has its Danish titles; the rows come in order.
SET msb_org.min_cell = 1;
SELECT d.*, c.* FROM unnest('{unit,number_of_units,case_tables,number_of_caseworkers}'::text[]) WITH ORDINALITY AS d (dimension, n), msb_org.citizens_by(d.dimension) c;
RESET msb_org.min_cell;

-- Deadlines: the shorter of two rows of one deadline; decided cases are done; a label that is none.
INSERT INTO msb_org.deadline VALUES ('msb-2019', 'ydelse', 'task benefit', '1 month', NULL), ('msb-2019', 'ydelse', 'age 30-; task benefit', '2 weeks', 'Ydelse'), ('msb-2019', 'alt', 'any', '1 day', NULL);
SELECT case_key, deadline, deadline_title, due, days_left FROM msb_org.case_deadline();
INSERT INTO msb_org.deadline VALUES ('msb-2019', 'nej', 'challenge nej', '1 day');
SELECT * FROM msb_org.deadlines_by_area();
DELETE FROM msb_org.deadline WHERE deadline = 'nej';
INSERT INTO msb_org.deadline VALUES ('msb-2019', 'x', 'any', '0 days');

-- Overrides and uncertain birth dates, case by case.
SELECT msb_org.override('sag', '1', 'udsatte', 'Flytter', '2019-09-10'), msb_org.override('sag', '2', 'udsatte', 'Bliver');
SELECT * FROM msb_org.overrides_ending();
SELECT count(*) FROM msb_org.overrides_ending('2019-09-09');
INSERT INTO sag (sag_id, cpr, opgave) VALUES (300, NULL, 'authority'), (301, 'ukendt', 'authority');
SELECT kind, msb_org.danish_title(kind), case_table, case_key, unit, since, message FROM msb_org.finding WHERE kind IN ('uncertain_birth', 'no_cpr') ORDER BY kind, case_key;
-- an age that is not known is none of an age span
INSERT INTO msb_org.deadline VALUES ('msb-2019', 'voksen', 'age 18-', '1 day'), ('msb-2019', 'ukendt', 'age unknown', '1 day');
UPDATE sag SET oprettet = '2019-08-25' WHERE sag_id IN (300, 301);
SELECT case_key, string_agg(deadline, ' ' ORDER BY deadline) AS deadlines FROM msb_org.case_deadline() GROUP BY 1 ORDER BY 1;

-- Tables of contacts: days, no channel, another name, and what is refused.
CREATE TABLE brev (nr text, dag date, emne text);
INSERT INTO brev SELECT '61018040' || to_char(n % 5 + 1, 'FM00'), '2019-09-02', 'x' FROM generate_series(1, 30) n;
SELECT msb_org.attach_contacts('brev', 'nr', 'dag');
SELECT * FROM msb_org.contacts_by_area('2019-09-01');
SELECT contacts, relation, citizen, at, channel FROM msb_org.contact_table;
SELECT msb_org.attach_contacts('brev', 'nr', 'dag', 'emne', 'post');
ALTER TABLE brev RENAME emne TO titel;
SELECT * FROM msb_org.contacts_by_area('2019-09-01');
SELECT msb_org.attach_contacts('brev', 'nr', 'titel');
SELECT msb_org.attach_contacts('brev', 'nr', 'nej');
SELECT msb_org.attach_contacts('brev', NULL, 'dag');
SELECT msb_org.attach_contacts('msb_org.violation', 'case_key', 'since');
CREATE TABLE kald (LIKE brev);
SELECT msb_org.attach_contacts('kald', 'nr', 'dag', contacts => 'post');
SELECT msb_org.detach_contacts('nej');
SELECT msb_org.detach_contacts(NULL);
SELECT msb_org.detach_contacts('post');

-- A reader of counts needs nothing else, and sees no case; whoever does not own a table cannot name it.
CREATE ROLE report_reader;
GRANT USAGE ON SCHEMA msb_org TO report_reader;
GRANT EXECUTE ON FUNCTION msb_org.citizens_by(text, text, text, date, date), msb_org.case_times(text, date, date),
    msb_org.attach_contacts(regclass, text, text, text, text) TO report_reader;
SET ROLE report_reader;
SELECT number, citizens FROM msb_org.citizens_by('number_of_units');
SELECT unit, decided_cases FROM msb_org.case_times();
SELECT * FROM msb_org.load_by_area();
SELECT * FROM msb_org.case_deadline();
SELECT * FROM msb_org.case_facts('sag');
SELECT * FROM msb_org.citizen_units(NULL, NULL, '2019-09-02', '2019-09-02');
SELECT * FROM msb_org.finding;
SELECT msb_org.attach_contacts('brev', 'nr', 'dag');
RESET ROLE;
REVOKE ALL ON SCHEMA msb_org FROM report_reader;
DROP OWNED BY report_reader;
DROP ROLE report_reader;

-- Every report has columns of plain types, which Excel and every driver know, and says what each is;
-- a citizen's key is in the one list of handovers, for those who work on the cases.
CREATE TEMP VIEW report_column AS
    SELECT p.proname::text AS report, c.name AS col, c.type::regtype, d.description ~ ('\m' || c.name || '\M') AS explained
      FROM pg_proc p JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass,
           unnest(p.proargnames, p.proallargtypes, p.proargmodes) AS c (name, type, mode)
     WHERE p.pronamespace = 'msb_org'::regnamespace AND (d.description LIKE 'Report%' OR p.proname = 'handovers') AND c.mode IN ('t', 'o')
     UNION ALL
    SELECT r.relname, a.attname, a.atttypid, col_description(r.oid, a.attnum) > ''
      FROM pg_class r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
     WHERE r.relnamespace = 'msb_org'::regnamespace
       AND (obj_description(r.oid, 'pg_class') LIKE 'Report%' OR r.relname = 'violation');
SELECT report, string_agg(DISTINCT type::text, ', ' ORDER BY type::text) AS types FROM report_column GROUP BY report ORDER BY report;
SELECT * FROM report_column
 WHERE type <> ALL ('{text,date,integer,bigint,numeric,timestamptz,boolean}'::regtype[]) OR explained IS NOT TRUE;
SELECT DISTINCT report FROM report_column WHERE col = 'citizen' ORDER BY report;
-- Who may execute or read them: nobody.
SELECT c.report FROM (SELECT DISTINCT report FROM report_column) c
  LEFT JOIN pg_proc p ON p.proname = c.report AND p.pronamespace = 'msb_org'::regnamespace
  LEFT JOIN pg_class r ON r.relname = c.report AND r.relnamespace = 'msb_org'::regnamespace
 WHERE EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
    OR r.oid IS NOT NULL AND EXISTS (SELECT FROM aclexplode(r.relacl) a WHERE a.grantee = 0);
DROP VIEW report_column;

DROP TABLE sag, brev, kald;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
