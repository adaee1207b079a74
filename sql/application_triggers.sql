-- Triggers of the application's that change what is judged: BEFORE triggers of names
-- before and after ours, on the application's statements and on the area that we write.
-- After each, ledger and area column must be what a plain query over the rows says.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-01';
\pset null -
SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, omraade text, kode text, rettet integer NOT NULL DEFAULT 0);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill');
CREATE VIEW stands AS
    SELECT s.sag_id, s.cpr, s.opgave, s.udfordring, s.omraade, a.unit, a.given, a.finding, s.rettet
      FROM sag s FULL JOIN msb_org.current_assignment a ON a.case_table = 'sag' AND a.case_key = s.sag_id::text;
CREATE VIEW wrong AS
    SELECT s.sag_id, s.omraade, a.unit, r.unit AS rule, a.citizen
      FROM sag s CROSS JOIN LATERAL (SELECT msb_org.area_of(msb_org.birth_date(s.cpr::msb_org.cpr), s.opgave, s.udfordring, NULL) AS unit) r
      FULL JOIN msb_org.current_assignment a ON a.case_table = 'sag' AND a.case_key = s.sag_id::text
     WHERE a.unit IS DISTINCT FROM r.unit OR a.citizen IS DISTINCT FROM s.cpr OR s.omraade IS DISTINCT FROM r.unit;

-- A code that stands for the challenge, in a column that is not mapped.
CREATE FUNCTION kode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.kode IS NOT NULL THEN new.udfordring := new.kode; END IF;
    RETURN new;
END $$;
CREATE TRIGGER a_kode BEFORE INSERT OR UPDATE ON sag FOR EACH ROW EXECUTE FUNCTION kode();
INSERT INTO sag (sag_id, cpr, opgave, udfordring) VALUES (1, '610180-1001', 'provision', 'homelessness');
INSERT INTO sag (sag_id, cpr, opgave, kode) VALUES (2, '610180-1001', 'provision', 'disability');
UPDATE sag SET kode = 'disability' WHERE sag_id = 1;
UPDATE sag SET kode = 'homelessness' WHERE sag_id = 2;
TABLE stands ORDER BY 1;
TABLE wrong;
-- the same in a name that comes after ours
ALTER TRIGGER a_kode ON sag RENAME TO zzzzz_kode;
INSERT INTO sag (sag_id, cpr, opgave, udfordring, kode) VALUES (3, '610180-1001', 'provision', 'homelessness', 'disability');
UPDATE sag SET kode = 'homelessness' WHERE sag_id = 1;
TABLE stands ORDER BY 1;
TABLE wrong;
-- the statement gives an area that was right before the trigger changed the challenge, and one that is right after it
UPDATE sag SET kode = 'disability', omraade = 'udsatte' WHERE sag_id = 1;
UPDATE sag SET kode = 'disability', omraade = 'voksne' WHERE sag_id = 2;
TABLE stands ORDER BY 1;
SELECT msb_org.set_mode('sag', 'enforce');
UPDATE sag SET kode = 'homelessness', omraade = 'job' WHERE sag_id = 2;
UPDATE sag SET kode = 'homelessness', omraade = 'udsatte' WHERE sag_id IN (1, 2);
TABLE wrong;
SELECT msb_org.set_mode('sag', 'fill');
DROP TRIGGER zzzzz_kode ON sag;

-- What changes with the area, when it is we who write it: few rows and many.
DELETE FROM sag;
CREATE FUNCTION med_omraadet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.omraade IS DISTINCT FROM old.omraade THEN
        new.opgave := 'benefit';
        new.rettet := new.rettet + 1;
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER med_omraadet BEFORE UPDATE ON sag FOR EACH ROW EXECUTE FUNCTION med_omraadet();
INSERT INTO sag (sag_id, cpr, opgave, udfordring) VALUES (4, '610180-1001', 'provision', 'homelessness');
UPDATE sag SET udfordring = 'disability' WHERE sag_id = 4;
TABLE stands;
INSERT INTO sag (sag_id, cpr, opgave, udfordring) SELECT n, '610180-1001', 'provision', 'homelessness' FROM generate_series(101, 140) n;
UPDATE sag SET udfordring = 'disability' WHERE sag_id > 100;
SELECT opgave, omraade, unit, finding, rettet, count(*) FROM stands WHERE sag_id > 100 GROUP BY 1, 2, 3, 4, 5;
TABLE wrong;
-- by reassign, by an override, and where constraints are immediate
UPDATE msb_org.attached_table SET mode = 'observe';
UPDATE sag SET opgave = 'provision', udfordring = 'homelessness';
UPDATE msb_org.attached_table SET mode = 'fill';
CALL msb_org.reassign('sag');
SELECT opgave, omraade, unit, finding, count(*) FROM stands GROUP BY 1, 2, 3, 4;
TABLE wrong;
UPDATE sag SET opgave = 'provision', udfordring = 'disability';
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE sag SET opgave = 'provision', udfordring = 'homelessness';
COMMIT;
TABLE wrong;
SELECT msb_org.override('sag', '4', 'unge', 'aftalt');
SELECT opgave, omraade, unit, finding FROM stands WHERE sag_id = 4;
SELECT msb_org.override('sag', '4', NULL, NULL);
TABLE wrong;
-- another citizen, and another key
CREATE OR REPLACE FUNCTION med_omraadet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.omraade IS DISTINCT FROM old.omraade AND new.sag_id < 1000 THEN
        new.cpr := '620281-1001';
        new.sag_id := new.sag_id + 1000;
    END IF;
    RETURN new;
END $$;
UPDATE sag SET opgave = 'provision', udfordring = 'disability' WHERE sag_id IN (4, 101, 102);
TABLE stands ORDER BY 1 LIMIT 3;
SELECT case_key, citizen, unit FROM msb_org.current_assignment WHERE case_key IN ('4', '101', '102', '1004', '1101', '1102') ORDER BY 1;
TABLE wrong;
UPDATE msb_org.attached_table SET mode = 'observe';
UPDATE sag SET opgave = 'authority', udfordring = 'homelessness' WHERE sag_id IN (103, 104);
UPDATE msb_org.attached_table SET mode = 'fill';
CALL msb_org.reassign('sag');
SELECT case_key, citizen, unit FROM msb_org.current_assignment WHERE case_key IN ('103', '104', '1103', '1104') ORDER BY 1;
TABLE wrong;

-- One that does not come to an end: the last area counts as given.
CREATE OR REPLACE FUNCTION med_omraadet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.omraade IS DISTINCT FROM old.omraade THEN
        new.udfordring := CASE old.udfordring WHEN 'disability' THEN 'homelessness' ELSE 'disability' END;
        new.rettet := new.rettet + 1;
    END IF;
    RETURN new;
END $$;
UPDATE sag SET rettet = 0;
UPDATE sag SET opgave = 'provision', udfordring = 'disability' WHERE sag_id = 105;
SELECT sag_id, udfordring, omraade, unit, given, finding, rettet FROM stands WHERE sag_id = 105;
UPDATE sag SET udfordring = 'homelessness' WHERE sag_id = 105;
SELECT sag_id, udfordring, omraade, unit, given, finding, rettet FROM stands WHERE sag_id = 105;
SELECT * FROM msb_org.recheck();
SELECT msb_org.set_mode('sag', 'enforce');
UPDATE sag SET udfordring = CASE udfordring WHEN 'homelessness' THEN 'disability' ELSE 'homelessness' END WHERE sag_id = 105;

DROP VIEW stands, wrong;
DROP TABLE sag;
DROP FUNCTION kode(), med_omraadet();
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
