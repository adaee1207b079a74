-- Birth date and citizen in another table, reached through a foreign key.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-01';
SET timezone = 'Europe/Copenhagen';
SET datestyle = ISO;
\set VERBOSITY terse
\pset null -
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE borger (borger_id integer PRIMARY KEY, cpr text UNIQUE, foedt date, navn text);
CREATE TABLE sag (sag_id integer PRIMARY KEY, borger_id integer REFERENCES borger DEFERRABLE, opgave text, udfordring text, afsluttet date, omraade text);
CREATE INDEX ON sag (borger_id);
CREATE TABLE jobsag (nr text PRIMARY KEY, cpr text REFERENCES borger (cpr) ON UPDATE CASCADE ON DELETE SET NULL, opgave text);
CREATE INDEX ON jobsag (cpr);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'borger_id.cpr', birth => 'borger_id.foedt',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'afsluttet', area => 'omraade', mode => 'fill');
SELECT msb_org.attach('jobsag', key => 'nr', citizen => 'cpr.cpr', birth => 'cpr.cpr', facets => '{"task": "opgave"}', mode => 'fill');
CREATE VIEW ledger AS
    SELECT a.case_key AS key, a.citizen, a.unit, a.rule, a.origin, a.finding, a.valid_from::date AS begins, a.valid_to::date AS ends, s.omraade
      FROM msb_org.assignment a LEFT JOIN sag s ON a.case_table = 'sag' AND s.sag_id::text = a.case_key
     ORDER BY a.case_key, a.valid_from;

INSERT INTO borger VALUES (1, '610100-4001', '2000-01-01'), (2, '610180-1001', '1980-01-01'), (3, '610170-1001', '1970-01-01');
INSERT INTO sag VALUES (11, 1, 'provision', 'homelessness'), (12, 1, 'benefit', NULL), (21, 2, 'provision', 'homelessness');
INSERT INTO sag VALUES (13, 1, 'provision', 'homelessness', '2019-08-31');
INSERT INTO jobsag VALUES ('J1', '610100-4001', 'provision'), ('J2', '610180-1001', 'provision');
SELECT * FROM ledger;

-- A birth date is corrected: the open cases that refer to it are judged, the column follows.
SET msb_org.today = '2019-09-02';
UPDATE borger SET foedt = '1981-01-01' WHERE borger_id = 1;
SELECT * FROM ledger WHERE key IN ('11', '12', '13');
SELECT sag_id, omraade FROM sag ORDER BY sag_id;
-- Something else is: nothing happens.
UPDATE borger SET navn = 'Emil Åkjær';
UPDATE borger SET foedt = foedt;
SELECT count(*) FROM msb_org.assignment;
-- Several UPDATEs of it in one transaction: only the last answer counts.
BEGIN;
UPDATE borger SET foedt = '2010-01-01' WHERE borger_id = 1;
UPDATE borger SET foedt = '1950-01-01' WHERE borger_id = 1;
UPDATE borger SET foedt = '1981-01-01' WHERE borger_id = 1;
COMMIT;
SELECT count(*) FROM msb_org.assignment;
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE borger SET foedt = '2010-01-01' WHERE borger_id = 1;
SELECT key, unit, omraade FROM ledger WHERE key = '11' AND ends IS NULL;
SAVEPOINT a;
UPDATE borger SET foedt = '1999-01-01' WHERE borger_id = 1;
SELECT key, unit, omraade FROM ledger WHERE key = '11' AND ends IS NULL;
ROLLBACK TO a;
SELECT key, unit, omraade FROM ledger WHERE key = '11' AND ends IS NULL;
UPDATE borger SET foedt = '1981-01-01' WHERE borger_id = 1;
COMMIT;
SELECT count(*) FROM msb_org.assignment;
SELECT sag_id, omraade FROM sag ORDER BY sag_id;

-- Parent and case in one transaction, in either order.
SET msb_org.today = '2019-09-03';
BEGIN;
UPDATE borger SET foedt = '2000-01-01' WHERE borger_id = 1;
INSERT INTO sag VALUES (14, 1, 'provision', 'homelessness');
UPDATE sag SET udfordring = 'disability' WHERE sag_id = 11;
COMMIT;
BEGIN;
INSERT INTO sag VALUES (15, 1, 'provision', 'homelessness');
UPDATE sag SET udfordring = 'homelessness' WHERE sag_id = 11;
UPDATE borger SET foedt = '1981-01-01' WHERE borger_id = 1;
COMMIT;
SELECT key, unit, origin, begins, ends, omraade FROM ledger WHERE key IN ('11', '14', '15');
-- A given area that the birth date makes wrong is stale; one that was given wrong is kept.
BEGIN;
INSERT INTO sag VALUES (16, 1, 'provision', 'homelessness', NULL, 'udsatte'), (17, 1, 'provision', 'homelessness', NULL, 'job');
UPDATE borger SET foedt = '2000-01-01' WHERE borger_id = 1;
COMMIT;
SELECT key, unit, finding, omraade FROM ledger WHERE key IN ('16', '17');
UPDATE borger SET foedt = '1981-01-01' WHERE borger_id = 1;
SELECT key, unit, finding, omraade FROM ledger WHERE key IN ('16', '17') AND ends IS NULL;

-- The citizen gets another number: the ledger goes over to it, ended rows too, and it is recorded.
-- For sag the key of the row stays, for jobsag it is the number itself and the change cascades.
SET msb_org.today = '2019-09-04';
SELECT case_table, citizen, count(*) FROM msb_org.assignment GROUP BY 1, 2 ORDER BY 1, 2;
UPDATE borger SET cpr = '610100-4002' WHERE borger_id = 1;
SELECT case_table, citizen, count(*) FROM msb_org.assignment GROUP BY 1, 2 ORDER BY 1, 2;
SELECT old_citizen, new_citizen, reason FROM msb_org.renumbering;
SELECT key, citizen, unit, origin, begins, ends FROM ledger WHERE key LIKE 'J%';
-- The same text in another form is the same number; several changes in one transaction are one.
UPDATE borger SET cpr = '6101004002' WHERE borger_id = 1;
BEGIN;
UPDATE borger SET cpr = '610100-4003' WHERE borger_id = 1;
UPDATE borger SET cpr = '610100-4001' WHERE borger_id = 1;
COMMIT;
SELECT old_citizen, new_citizen FROM msb_org.renumbering ORDER BY recorded_at;
SELECT case_table, citizen, count(*) FROM msb_org.assignment GROUP BY 1, 2 ORDER BY 1, 2;
-- With the birth date in the number the cases are judged too.
UPDATE borger SET cpr = '610181-1001' WHERE borger_id = 1;
SELECT key, citizen, unit, origin, begins, ends FROM ledger WHERE key LIKE 'J%';
-- Stated by somebody.
SELECT msb_org.renumber_citizen('6101801001', '610180-1002', 'nyt personnummer');
SELECT old_citizen, new_citizen, reason FROM msb_org.renumbering ORDER BY recorded_at DESC LIMIT 1;
SELECT msb_org.renumber_citizen('610180-1002', '6101801002', 'samme');
SELECT msb_org.renumber_citizen('', '6101801002', 'ingen');
SELECT msb_org.renumber_citizen('610180-1002', '610180-1001', 'tilbage');
-- What the server keeps of the ledger's definition goes while several are carried over,
-- as it does when ANALYZE or a GRANT is done at that moment.
BEGIN;
CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    GRANT SELECT ON msb_org.assignment TO PUBLIC;
    RETURN NULL;
END $$;
CREATE TRIGGER meanwhile AFTER INSERT ON msb_org.renumbering FOR EACH ROW EXECUTE FUNCTION meanwhile();
UPDATE borger SET cpr = '610190-100' || borger_id WHERE borger_id IN (1, 2);
SET CONSTRAINTS ALL IMMEDIATE;
SELECT new_citizen, count(*) FROM msb_org.renumbering JOIN msb_org.assignment ON citizen = new_citizen WHERE new_citizen LIKE '610190-%' GROUP BY 1 ORDER BY 1;
ROLLBACK;

-- The case goes to another citizen, to none; the citizen's row goes.
UPDATE sag SET borger_id = 3 WHERE sag_id = 16;
UPDATE sag SET borger_id = NULL WHERE sag_id = 17;
SELECT key, citizen, unit, rule, finding, omraade FROM ledger WHERE key IN ('16', '17') AND ends IS NULL;
DELETE FROM borger WHERE borger_id = 2;
DELETE FROM sag WHERE borger_id = 2;
DELETE FROM borger WHERE borger_id = 2;
SELECT key, citizen, unit, rule, begins, ends FROM ledger WHERE key IN ('21', 'J2');

-- A deferred foreign key: the case first, the citizen afterwards.
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO sag VALUES (41, 4, 'provision', 'homelessness');
INSERT INTO borger VALUES (4, '610104-5001', '2004-01-01');
COMMIT;
SELECT key, citizen, unit, rule, finding, omraade FROM ledger WHERE key = '41';
-- Judged before the citizen is there: corrected when something changes, or by reassign().
BEGIN;
SET CONSTRAINTS msb_org_area IMMEDIATE;
SET CONSTRAINTS sag_borger_id_fkey DEFERRED;
INSERT INTO sag VALUES (51, 5, 'provision', 'homelessness');
SELECT key, citizen, unit, finding, omraade FROM ledger WHERE key = '51';
INSERT INTO borger VALUES (5, '610105-5001', '2005-01-01');
UPDATE borger SET foedt = '1980-01-01' WHERE borger_id = 5;
COMMIT;
SELECT key, citizen, unit, finding, omraade FROM ledger WHERE key = '51';

-- TRUNCATE of the citizens empties the cases, and ends them.
BEGIN;
TRUNCATE borger CASCADE;
SELECT count(*) FROM msb_org.current_assignment;
ROLLBACK;

-- A role that may write citizens, and nothing else.
CREATE ROLE regress_msb_register;
GRANT SELECT, UPDATE ON borger TO regress_msb_register;
SET ROLE regress_msb_register;
UPDATE borger SET foedt = '2003-01-01', cpr = '610103-5001' WHERE borger_id = 4;
RESET ROLE;
SELECT key, citizen, unit, rule, omraade FROM ledger WHERE key = '41';
REVOKE ALL ON borger FROM regress_msb_register;
DROP ROLE regress_msb_register;

-- In enforce a changed birth date refuses no citizen's correction; the case is a finding.
SELECT msb_org.set_mode('sag', 'enforce');
UPDATE borger SET foedt = '2030-01-01' WHERE borger_id = 4;
SELECT key, unit, finding, omraade FROM ledger WHERE key = '41' AND ends IS NULL;
UPDATE sag SET udfordring = 'disability' WHERE sag_id = 41;
UPDATE borger SET foedt = '2004-01-01' WHERE borger_id = 4;
SELECT key, unit, finding, omraade FROM ledger WHERE key = '41' AND ends IS NULL;
SELECT msb_org.set_mode('sag', 'fill');

-- The foreign key is dropped, or its target's column renamed.
ALTER TABLE borger RENAME COLUMN foedt TO "født";
UPDATE borger SET "født" = '1980-01-01' WHERE borger_id = 4;
SELECT key, unit, finding, omraade FROM ledger WHERE key = '41' AND ends IS NULL;
ALTER TABLE sag DROP CONSTRAINT sag_borger_id_fkey;
INSERT INTO sag VALUES (61, 1, 'provision', 'homelessness');
UPDATE sag SET udfordring = 'disability' WHERE sag_id = 41;
UPDATE borger SET "født" = '1981-01-01' WHERE borger_id = 4;
SELECT key, citizen, unit, finding, omraade FROM ledger WHERE key IN ('41', '61') AND ends IS NULL;
SELECT DISTINCT reason FROM msb_org.violation WHERE finding = 'no_parent';
INSERT INTO sag VALUES (62, NULL, 'provision', 'homelessness');
DELETE FROM sag WHERE sag_id = 61;
SELECT key, citizen, unit, finding, omraade FROM ledger WHERE key IN ('61', '62');
ALTER TABLE sag ADD CONSTRAINT sag_borger_id_fkey FOREIGN KEY (borger_id) REFERENCES borger;
CALL msb_org.reassign('sag');
SELECT key, citizen, unit, finding, omraade FROM ledger WHERE key IN ('41', '62') AND ends IS NULL;

-- The sum of it: the ledger says what a plain query over the tables says.
SELECT count(*) AS open, count(*) FILTER (WHERE c.unit IS DISTINCT FROM msb_org.area_of(b."født", s.opgave, s.udfordring, NULL)
                                    OR c.citizen IS DISTINCT FROM msb_org.citizen_key(b.cpr)
                                    OR (s.omraade IS DISTINCT FROM c.unit AND c.finding IS NULL)) AS differ
  FROM sag s LEFT JOIN borger b USING (borger_id)
  FULL JOIN (SELECT * FROM msb_org.current_assignment WHERE case_table = 'sag') c ON c.case_key = s.sag_id::text
 WHERE s.afsluttet IS NULL;

DROP VIEW ledger;
DROP TABLE sag, jobsag, borger;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
