-- What the programs of all clients find: the structure of 2019 in force, a case table of an
-- existing application in enforce, cases in four areas, and five roles.
CREATE EXTENSION msb_org;
SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');

-- The application: its role may write its tables, and knows nothing of msb_org.
CREATE ROLE fagsystem LOGIN;
CREATE ROLE unge LOGIN;
CREATE ROLE ingen LOGIN;
CREATE ROLE rapport LOGIN;
CREATE ROLE dba LOGIN SUPERUSER;
ALTER ROLE rapport SET search_path = msb_org, public;
CREATE SCHEMA fag;
GRANT USAGE ON SCHEMA fag TO PUBLIC;
CREATE TABLE fag.sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, omraade text,
    oprettet date, afgjort date, afsluttet date, sagsbehandler text);
GRANT SELECT, INSERT, UPDATE, DELETE ON fag.sag TO fagsystem;
GRANT SELECT ON fag.sag TO unge, ingen;
SELECT msb_org.attach('fag.sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
    facets => '{"task": "opgave", "challenge": "udfordring"}', opened => 'oprettet', closed => 'afsluttet',
    decided => 'afgjort', caseworker => 'sagsbehandler', mode => 'fill');
INSERT INTO fag.sag SELECT n, '610180-40' || to_char(n, 'FM00'), 'authority', 'homelessness', NULL, DATE '2019-08-04' + n,
       CASE WHEN n > 12 THEN DATE '2019-08-12' + n END, NULL, 'K' || n % 3 FROM generate_series(1, 20) n;
INSERT INTO fag.sag SELECT 100 + n, '610180-40' || to_char(n, 'FM00'), 'benefit', NULL, NULL, DATE '2019-08-30', NULL, NULL, 'Y1' FROM generate_series(1, 7) n;
INSERT INTO fag.sag SELECT 200 + n, '610101-50' || to_char(n, 'FM00'), 'authority', 'homelessness', NULL, DATE '2019-07-01', NULL, NULL, 'B1' FROM generate_series(1, 3) n;
UPDATE fag.sag SET udfordring = 'unemployment' WHERE sag_id <= 6;
-- one whose area is wrong: a violation
INSERT INTO fag.sag VALUES (300, '740398-0121', 'authority', 'homelessness', 'voksne', DATE '2019-09-01');
SELECT msb_org.set_mode('fag.sag', 'enforce');
-- and one that is attached only while programs have prepared their statements
CREATE TABLE fag.ydelse (ydelse_id integer PRIMARY KEY, cpr text, kode text, omraade text);
GRANT SELECT, INSERT, UPDATE ON fag.ydelse TO fagsystem;
INSERT INTO msb_org.alias (facet, pattern, label) VALUES ('task', 'KONTANT', 'benefit');

-- A table with the types of msb_org, as a new application would make it.
CREATE TABLE fag.klient (klient_id integer PRIMARY KEY, cpr msb_org.cpr, gruppe msb_org.target_group);
GRANT SELECT, INSERT, UPDATE, DELETE ON fag.klient TO fagsystem;

-- Caseworkers of one area, and a reader of reports.
INSERT INTO msb_org.unit_role (structure, unit, role) VALUES ('msb-2019', 'unge', 'unge');
SELECT msb_org.protect('fag.sag', '{fagsystem}');
INSERT INTO msb_org.unit_figure (structure, unit, year, staff, net_budget) VALUES ('msb-2019', 'voksne', 2019, 2.5, 900000);
INSERT INTO msb_org.deadline VALUES ('msb-2019', 'hjemloes', 'age 18-; challenge social_exposure', '22 days', 'Svar til hjemløse', 'Kvalitetsstandard 2019');
CREATE SCHEMA ledelse;
CREATE VIEW ledelse.belastning AS SELECT * FROM msb_org.load_by_area();
GRANT USAGE ON SCHEMA ledelse TO rapport, ingen;
GRANT SELECT ON ledelse.belastning TO rapport, ingen;
GRANT SELECT ON msb_org.violation, msb_org.attachment TO rapport;
GRANT EXECUTE ON FUNCTION msb_org.load_by_area(text, date, date), msb_org.moves_by_month(date, date),
    msb_org.plans_by_status(text), msb_org.case_times(text, date, date) TO rapport;
