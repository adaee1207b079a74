-- What stands around a case table: triggers of the site's own, partitioned
-- parents, keys of two widths, and another session.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-01';
SET datestyle = ISO;
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, omraade text);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill');

-- The ledger may have an AFTER trigger, which fires at commit too.
CREATE TABLE told (case_key text, op text);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO told VALUES (new.case_key, tg_op); RETURN NULL; END$$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE ON msb_org.assignment FOR EACH ROW EXECUTE FUNCTION tell();
INSERT INTO sag VALUES (1, '610180-1001', 'provision', 'homelessness');
DELETE FROM sag;
TABLE told;
DROP TRIGGER tell ON msb_org.assignment;

-- One that names a column, and columns of the site's own with what stands in them.
TRUNCATE told;
CREATE TRIGGER tell AFTER UPDATE OF valid_to ON msb_org.assignment FOR EACH ROW EXECUTE FUNCTION tell();
ALTER TABLE msb_org.assignment ADD COLUMN sted text;
ALTER TABLE msb_org.assignment ALTER COLUMN sted SET DEFAULT 'Aarhus', ADD CONSTRAINT et_sted CHECK (sted IS NOT NULL) NOT VALID;
INSERT INTO sag VALUES (1, '610180-1001', 'provision', 'homelessness');
UPDATE sag SET cpr = '610130-1001';
SELECT case_key, unit, valid_to IS NULL AS stands, sted FROM msb_org.assignment WHERE sted IS NOT NULL ORDER BY valid_from;
TABLE told;
DROP TRIGGER tell ON msb_org.assignment;
ALTER TABLE msb_org.assignment DROP COLUMN sted;
DELETE FROM sag;

-- A last day of infinity is none.
INSERT INTO sag VALUES (2, '610130-1001', 'provision', 'homelessness');
SELECT msb_org.override('sag', '2', 'boern', 'aftalt', 'infinity');
SELECT case_key, unit, due FROM msb_org.current_assignment ORDER BY 1;

-- What a trigger of the application's writes in consequence of our UPDATE is
-- judged as anything else: a wrong area that it gives is a violation.
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN new.udfordring := lower(new.udfordring); RETURN new; END$$;
CREATE TRIGGER zzzzz_late BEFORE INSERT ON sag FOR EACH ROW EXECUTE FUNCTION late();
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.sag_id < 100 THEN
        INSERT INTO sag VALUES (new.sag_id + 100, new.cpr, 'provision', 'homelessness', 'boern');
    END IF;
    RETURN NULL;
END$$;
CREATE TRIGGER follow AFTER UPDATE ON sag FOR EACH ROW EXECUTE FUNCTION follow();
INSERT INTO sag VALUES (3, '610180-1001', 'provision', 'HOMELESSNESS');
SELECT case_key, given, expected FROM msb_org.violation;
-- nor does such a trigger pull a plan from under the one that runs
CREATE OR REPLACE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.sag_id < 100 THEN
        ANALYZE sag;
        INSERT INTO sag VALUES (new.sag_id + 100, new.cpr, 'provision', 'HOMELESSNESS');
    END IF;
    RETURN NULL;
END$$;
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO sag VALUES (4, '610180-1001', 'provision', 'HOMELESSNESS');
COMMIT;
SELECT sag_id, omraade FROM sag WHERE sag_id % 100 = 4 ORDER BY 1;

-- A partitioned parent is read as a whole, whatever its foreign key is called,
-- and its key may be wider than the column that refers to it.
CREATE TABLE borger (id bigint PRIMARY KEY, foedt date, cpr text) PARTITION BY RANGE (id);
CREATE TABLE borger_1 PARTITION OF borger FOR VALUES FROM (0) TO (100);
CREATE TABLE borger_2 PARTITION OF borger FOR VALUES FROM (100) TO (9000000000);
CREATE TABLE ydelse (id integer PRIMARY KEY, borger integer CONSTRAINT z_borger REFERENCES borger, opgave text, udfordring text);
CREATE INDEX ON ydelse (borger);
SELECT msb_org.attach('ydelse', key => 'id', citizen => 'borger.cpr', birth => 'borger.foedt',
                      facets => '{"task": "opgave", "challenge": "udfordring"}');
INSERT INTO borger VALUES (1, '1980-01-01', '610180-1001'), (150, '1980-01-01', '610180-1003'), (5000000000, '1980-01-01', '610180-1005');
INSERT INTO ydelse VALUES (1, 1, 'provision', 'homelessness'), (2, 150, 'provision', 'homelessness');
SELECT case_key, citizen, unit, finding FROM msb_org.current_assignment WHERE case_table = 'ydelse' ORDER BY 1;
UPDATE borger SET foedt = '2010-01-01';
SELECT case_key, citizen, unit, finding FROM msb_org.current_assignment WHERE case_table = 'ydelse' ORDER BY 1;

-- Whoever owns a table that the administrator attached can still make partitions of it.
CREATE ROLE regress_msb_owner;
CREATE SCHEMA fag AUTHORIZATION regress_msb_owner;
SET ROLE regress_msb_owner;
CREATE TABLE fag.maaned (id integer, aar integer, cpr text, omraade text, PRIMARY KEY (id, aar)) PARTITION BY LIST (aar);
RESET ROLE;
SELECT msb_org.attach('fag.maaned', key => 'id', citizen => 'cpr', birth => 'cpr', area => 'omraade', facet_values => '{"task": "provision"}');
SET ROLE regress_msb_owner;
CREATE TABLE fag.maaned_2019 PARTITION OF fag.maaned FOR VALUES IN (2019);
INSERT INTO fag.maaned VALUES (1, 2019, '610180-1001');
RESET ROLE;
SELECT case_key, citizen, finding FROM msb_org.current_assignment WHERE case_table = 'maaned';
DROP TABLE fag.maaned;
DROP SCHEMA fag;
DROP ROLE regress_msb_owner;

DROP TABLE sag, ydelse, borger, told;
DROP FUNCTION late, follow, tell;
DROP EXTENSION msb_org;
CREATE EXTENSION msb_org;
