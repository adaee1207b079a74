-- The extension in use: every table of it has rows, by the functions that an administrator,
-- an application and a caseworker call. Run by the installing role, which owns the schema
-- fag; the roles fagsystem and unge are there.
SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2018', DATE '2018-01-01', 'budget 2018'), msb_org.adopt('msb-2019', DATE '2019-08-01');
SELECT msb_org.copy_structure('msb-2019', 'msb-2020');
UPDATE msb_org.structure SET status = 'hearing', hearing_from = '2019-09-01', hearing_to = '2019-10-01' WHERE structure = 'msb-2020';
INSERT INTO msb_org.hearing_note (structure, rule, author, note) VALUES ('msb-2020', 'B1', 'Ældrerådet', 'en indvending');
INSERT INTO msb_org.alias VALUES ('default', 'task', 'M*', 'coordination'), ('default', 'task', 'KONTANT', 'benefit');

-- An application: cases that know their citizen through a foreign key, a partitioned table,
-- one whose area column holds numbers, and one that the application gives up.
CREATE TABLE fag.borger (id integer PRIMARY KEY, cpr text);
CREATE TABLE fag.sag (sag_id integer PRIMARY KEY, borger integer REFERENCES fag.borger, opgave text, udfordring text, omraade text,
    oprettet date, afsluttet date);
CREATE INDEX ON fag.sag (borger);
CREATE TABLE fag.delt (nr uuid, aar integer, cpr text, opgave text, omraade text, PRIMARY KEY (nr, aar)) PARTITION BY LIST (aar);
CREATE TABLE fag.delt_2018 PARTITION OF fag.delt FOR VALUES IN (2018);
CREATE TABLE fag.delt_2019 PARTITION OF fag.delt FOR VALUES IN (2019);
CREATE TABLE fag.ydelse (nr text PRIMARY KEY, cpr text, kode text, omraade integer, lukket text);
CREATE TABLE fag.nedlagt (nr integer PRIMARY KEY, cpr text, opgave text);
CREATE TABLE fag.kontakt (cpr text, kl timestamptz, kanal text);
SELECT msb_org.attach('fag.sag', key => 'sag_id', citizen => 'borger.cpr', birth => 'borger.cpr', area => 'omraade',
    facets => '{"task": "opgave", "challenge": "udfordring"}', opened => 'oprettet', closed => 'afsluttet', mode => 'fill');
SELECT msb_org.attach('fag.delt', key => 'nr', citizen => 'cpr', birth => 'cpr', area => 'omraade', facets => '{"task": "opgave"}', mode => 'enforce');
SELECT msb_org.attach('fag.ydelse', key => 'nr', citizen => 'cpr', birth => 'cpr', area => 'omraade', facets => '{"task": "kode"}', closed => 'lukket',
    closed_values => '{L}', 
    area_values => (SELECT jsonb_object_agg(u.unit, u.n) FROM (SELECT r.unit, row_number() OVER (ORDER BY r.unit) AS n FROM msb_org.rule r GROUP BY r.unit) u), mode => 'observe');
SELECT msb_org.attach('fag.nedlagt', key => 'nr', citizen => 'cpr', birth => 'cpr', facets => '{"task": "opgave"}', case_table => 'nedlagt', mode => 'fill');
SELECT msb_org.attach_contacts('fag.kontakt', 'cpr', 'kl', 'kanal');
INSERT INTO fag.borger SELECT n, to_char(61 + n % 28, 'FM00') || to_char(1 + n % 12, 'FM00') || to_char(50 + n % 49, 'FM00') || '-' || to_char(1000 + n, 'FM0000')
  FROM generate_series(1, 40) n;
INSERT INTO fag.sag SELECT n, n, (ARRAY['authority', 'benefit', 'M7', 'NOGET'])[1 + n % 4], (ARRAY['homelessness', 'sickness', NULL])[1 + n % 3], NULL,
       DATE '2019-08-05' + n % 20 FROM generate_series(1, 40) n;
INSERT INTO fag.delt SELECT ('00000000-0000-0000-0000-0000000000' || to_char(n, 'FM00'))::uuid, 2018 + n % 2, b.cpr, 'benefit', NULL
  FROM generate_series(1, 20) n JOIN fag.borger b ON b.id = n;
INSERT INTO fag.ydelse SELECT 'Y' || n, b.cpr, 'KONTANT', 30, NULL FROM generate_series(1, 10) n JOIN fag.borger b ON b.id = n;
INSERT INTO fag.nedlagt SELECT n, b.cpr, 'authority' FROM generate_series(1, 5) n JOIN fag.borger b ON b.id = n;
INSERT INTO fag.kontakt SELECT b.cpr, timestamptz '2019-08-20 10:00+02' + n * interval '1 hour', 'telefon' FROM generate_series(1, 10) n JOIN fag.borger b ON b.id = n;
UPDATE fag.sag SET udfordring = 'disability' WHERE sag_id IN (1, 2, 3);
UPDATE fag.sag SET omraade = 'voksne' WHERE sag_id IN (9, 10);
UPDATE fag.sag SET afsluttet = '2019-09-01' WHERE sag_id = 12;
DELETE FROM fag.sag WHERE sag_id = 40;
UPDATE fag.borger SET cpr = '610198-0042' WHERE id = 38;
CALL msb_org.reassign('sag', 10);
SELECT msb_org.override('sag', '5', 'unge', 'aftalt', '2019-12-31');
SELECT msb_org.renumber_citizen('610198-0042', '610198-0043', 'nyt nummer');
UPDATE fag.borger SET cpr = '610198-0043' WHERE id = 38;
SELECT msb_org.state_primary_challenge((SELECT cpr FROM fag.borger WHERE id = 6), 'homelessness', 'samtale');
-- what this day decides; and a handover that a unit has accepted
SELECT msb_org.reassign_due();
SELECT msb_org.accept_handover('sag', u.case_key, u.planned)
  FROM msb_org.handovers('2019-09-03', '2039-09-03') u WHERE u.case_table = 'sag' ORDER BY u.planned, u.case_key LIMIT 1;

-- Plans: one in every status, and all that a plan consists of. The citizen '610198-0001' has no case.
SELECT msb_org.load_plan_kinds();
DELETE FROM msb_org.plan_step WHERE from_status = 'declined' AND to_status = 'offered';
SELECT msb_org.open_plan('610198-0001', unit => 'unge', plan => '00000000-0000-0000-0000-000000000001');
SELECT msb_org.write_plan($${
  "citizen": "610198-0001", "kind": "whole_person", "plan": "00000000-0000-0000-0000-000000000002", "unit": "sundhed", "coordinator": "Koordinator 1",
  "decided": "2019-08-20", "wishes": "At bo selv", "goals": [{"goal": "bolig", "description": "Egen bolig"}],
  "measures": [{"measure": "støtte", "goal": "bolig", "unit": "voksne", "means": "partner", "partner": "Foreningen"}],
  "contents": [{"content": "purpose", "body": "Formålet"}], "follow_ups": [{"due": "2019-11-01", "reason": "aftalt"}],
  "consents": [{"recipient": "sundhed", "purpose": "indsats", "given": "2019-08-21"}, {"recipient": "voksne", "scope": "task authority", "given": "2019-08-21"}],
  "related": [{"related": "610199-0001", "relation": "sibling"}], "replaces": ["00000000-0000-0000-0000-000000000001"],
  "partners": ["Foreningen"]}$$);
SELECT msb_org.set_plan_status('00000000-0000-0000-0000-000000000002', s) FROM unnest('{offered,consented,active}'::text[]) s;
SELECT msb_org.set_coordinator('00000000-0000-0000-0000-000000000002', 'Koordinator 2');
UPDATE msb_org.plan_goal SET status = 'reached' WHERE goal = 'bolig';
INSERT INTO msb_org.plan (citizen, plan, kind, status, opened_by)
SELECT '610198-0002', ('00000000-0000-0000-0000-00000000001' || n)::uuid, 'min_plan', s, 'overført'
  FROM unnest('{draft,offered,consented,declined,active,under_review,closed,replaced,revoked,entered_in_error}'::text[]) WITH ORDINALITY u (s, m),
       LATERAL (SELECT m - 1 AS n) x;
-- a plan whose last reason goes is marked for review
UPDATE fag.sag SET afsluttet = '2019-09-01' WHERE borger = (SELECT min(b.id) FROM msb_org.plan p JOIN fag.borger b ON b.cpr = p.citizen);

-- A citizen without an open case is erased.
SELECT * FROM msb_org.erase_citizen((SELECT cpr FROM fag.borger WHERE id = 40), 'afgørelse 1');

-- Who sees what, and what reports need. A role that does not exist gives nothing.
INSERT INTO msb_org.unit_role (structure, unit, role, sees) VALUES ('msb-2019', 'unge', 'unge', 'any'), ('msb-2019', 'voksne', 'en rolle, der ikke findes', 'task benefit');
SELECT msb_org.protect('fag.sag', '{fagsystem}');
INSERT INTO msb_org.unit_figure (structure, unit, year, staff, net_budget) VALUES ('msb-2019', 'voksne', 2019, 2.5, 900000);
INSERT INTO msb_org.deadline VALUES ('msb-2019', 'hjemloes', 'age 18-; challenge social_exposure', '22 days', 'Svar til hjemløse', 'Kvalitetsstandard 2019');
GRANT SELECT ON fag.sag TO unge;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA fag TO fagsystem;

-- What a site makes with our types and functions.
CREATE TABLE fag.klient (cpr msb_org.cpr PRIMARY KEY, gruppe msb_org.target_group);
CREATE INDEX ON fag.klient USING gist (gruppe);
CREATE INDEX ON fag.klient USING hash (gruppe);
INSERT INTO fag.klient SELECT cpr::msb_org.cpr, 'age 18-; challenge homelessness' FROM fag.borger;
CREATE VIEW fag.nu AS SELECT a.case_key, a.unit FROM msb_org.current_assignment a WHERE a.case_table = 'sag';
CREATE MATERIALIZED VIEW fag.pr_enhed AS SELECT a.unit, count(*) AS sager FROM msb_org.current_assignment a GROUP BY a.unit;
CREATE FUNCTION fag.enhed(cpr msb_org.cpr) RETURNS text LANGUAGE sql STABLE
    RETURN msb_org.area_of(cpr, 'authority', 'homelessness', 'general', DATE '2019-09-02');
