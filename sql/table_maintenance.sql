-- What an administrator does to a table under which cases live: rewritten, renamed, moved,
-- altered, emptied, written with the triggers off; and the extension dropped. After each
-- nothing differs, and the next write is judged.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-01';
SET datestyle = ISO;
\set VERBOSITY terse
\pset footer off
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE SCHEMA fag;
CREATE TABLE fag.sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, omraade text, note varchar(10), oprettet date DEFAULT '2019-08-15');
SELECT msb_org.attach('fag.sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade', opened => 'oprettet',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill');
-- What is in force now, however it came to be: a row a case, and what recheck() finds.
CREATE FUNCTION look() RETURNS TABLE (key text, area text, unit text, found text) LANGUAGE plpgsql AS $$
DECLARE
    relation regclass := (SELECT t.relation FROM msb_org.attached_table t WHERE t.case_table = 'sag');
BEGIN
    RETURN QUERY EXECUTE format('SELECT coalesce(s.sag_id::text, a.case_key), s.omraade, a.unit, r.what
       FROM %s s FULL JOIN (SELECT * FROM msb_org.current_assignment WHERE case_table = ''sag'') a ON a.case_key = s.sag_id::text
       LEFT JOIN msb_org.recheck() r ON r.case_key = coalesce(s.sag_id::text, a.case_key) AND r.case_table = ''sag'' ORDER BY coalesce(s.sag_id, a.case_key::integer)', relation);
END $$;
INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring) SELECT n, '610180-100' || n, 'provision', 'homelessness' FROM generate_series(1, 5) n;
SELECT * FROM look();

-- The rows go to other places: VACUUM FULL, CLUSTER, a rewrite, unlogged and logged.
DELETE FROM fag.sag WHERE sag_id = 1;
VACUUM FULL fag.sag;
UPDATE fag.sag SET opgave = 'benefit' WHERE sag_id = 2;
CLUSTER fag.sag USING sag_pkey;
UPDATE fag.sag SET opgave = 'benefit' WHERE sag_id = 3;
ALTER TABLE fag.sag ALTER COLUMN note TYPE text USING upper(note);
ALTER TABLE fag.sag SET UNLOGGED;
ALTER TABLE fag.sag SET LOGGED;
UPDATE fag.sag SET opgave = 'benefit' WHERE sag_id = 4;
INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring) VALUES (6, '610180-1006', 'provision', 'homelessness');
SELECT * FROM look();
-- In a transaction that has written, the server refuses, since work is pending ...
BEGIN;
UPDATE fag.sag SET opgave = 'provision' WHERE sag_id = 2;
ALTER TABLE fag.sag ALTER COLUMN note TYPE varchar(20);
ROLLBACK;
BEGIN;
UPDATE fag.sag SET opgave = 'provision' WHERE sag_id = 2;
CLUSTER fag.sag;
ROLLBACK;
-- ... and what has been done before does not mislead afterwards, where rows have gone to other places.
BEGIN;
INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring) SELECT n, '610180-10' || n, 'provision', 'homelessness' FROM generate_series(11, 20) n;
DELETE FROM fag.sag WHERE sag_id BETWEEN 12 AND 19;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE fag.sag ALTER COLUMN note TYPE varchar(30);
INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring) SELECT n, '610180-10' || n, 'benefit', NULL FROM generate_series(21, 32) n;
UPDATE fag.sag SET opgave = 'benefit' WHERE sag_id = 11;
DELETE FROM fag.sag WHERE sag_id = 20;
COMMIT;
SELECT area, unit, found, string_agg(key, ' ' ORDER BY key::integer) AS keys FROM look() GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
BEGIN;
UPDATE fag.sag SET opgave = 'provision', udfordring = 'homelessness' WHERE sag_id BETWEEN 21 AND 28;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
CLUSTER fag.sag;
UPDATE fag.sag SET opgave = 'benefit' WHERE sag_id BETWEEN 21 AND 24;
DELETE FROM fag.sag WHERE sag_id > 26;
COMMIT;
SELECT area, unit, found, string_agg(key, ' ' ORDER BY key::integer) AS keys FROM look() GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
DELETE FROM fag.sag WHERE sag_id > 6;

-- Columns come and go; one that is mapped is renamed.
ALTER TABLE fag.sag ADD COLUMN haster boolean NOT NULL DEFAULT false, ADD COLUMN tilfaeldig float DEFAULT random();
ALTER TABLE fag.sag DROP COLUMN note;
ALTER TABLE fag.sag RENAME COLUMN opgave TO art;
ALTER TABLE fag.sag RENAME COLUMN sag_id TO nr;
ALTER TABLE fag.sag RENAME COLUMN nr TO sag_id;
UPDATE fag.sag SET art = 'coordination' WHERE sag_id = 2;
SELECT * FROM look();
SELECT facets FROM msb_org.attachment;

-- The table gets another name and goes to another schema, and another one takes its place.
PREPARE change(integer, text) AS UPDATE fag.sag SET art = $2 WHERE sag_id = $1;
EXECUTE change(3, 'provision');
CREATE SCHEMA "Arkiv 2";
ALTER TABLE fag.sag RENAME TO "Sager";
ALTER TABLE fag."Sager" SET SCHEMA "Arkiv 2";
CREATE TABLE fag.sag (sag_id integer, cpr text, art text, udfordring text, omraade text, oprettet date);
CREATE TABLE public.sag (LIKE fag.sag);
INSERT INTO fag.sag VALUES (99, '610180-1099', 'provision', 'homelessness');
INSERT INTO "Arkiv 2"."Sager" (sag_id, cpr, art, udfordring) VALUES (7, '610180-1007', 'provision', 'homelessness');
SET search_path = fag, public;
UPDATE "Arkiv 2"."Sager" SET art = 'benefit' WHERE sag_id = 3;
SELECT case_table, relation, key, area FROM msb_org.attachment;
SELECT * FROM public.look();
-- judged by whatever name it is called, whatever the caller's search path finds
SET session_replication_role = replica;
UPDATE "Arkiv 2"."Sager" SET art = 'provision', omraade = NULL;
DELETE FROM "Arkiv 2"."Sager" WHERE sag_id = 7;
RESET session_replication_role;
CALL msb_org.reassign('sag', 2);
SELECT * FROM public.look();
UPDATE "Arkiv 2"."Sager" SET art = 'benefit' WHERE sag_id = 3;
CALL msb_org.reassign('"Arkiv 2"."Sager"');
CALL msb_org.reassign('Sager');
CALL msb_org.reassign('fag.sag');
CREATE TEMPORARY TABLE "Sager" (sag_id integer);
CALL msb_org.reassign('sag');
SELECT msb_org.override('sag', '4', 'job', 'aftalt');
SELECT msb_org.override('Sager', '4', NULL, NULL);
SELECT sum(cases) FROM msb_org.impact('sag', on_date => '2019-09-01');
SELECT count(*) FROM msb_org.impact('sag', 'msb-2019', 'msb-2019', detail => true);
SELECT msb_org.set_mode('sag', 'enforce');
INSERT INTO "Arkiv 2"."Sager" (sag_id, cpr, art, udfordring, omraade) VALUES (8, '610180-1008', 'provision', 'homelessness', 'boern');
SELECT msb_org.set_mode('sag', 'fill');
SELECT * FROM public.look();
DROP TABLE pg_temp."Sager", fag.sag, public.sag;
RESET search_path;
ALTER TABLE "Arkiv 2"."Sager" RENAME TO sag;
ALTER TABLE "Arkiv 2".sag SET SCHEMA fag;
DROP SCHEMA "Arkiv 2";
EXECUTE change(3, 'provision');
SELECT * FROM look();

-- The triggers are off: recheck() finds what was written, mends it; the next write is judged.
CREATE PROCEDURE unseen() LANGUAGE plpgsql AS $$
BEGIN
    UPDATE fag.sag SET art = 'benefit', udfordring = NULL WHERE sag_id = 2;
    DELETE FROM fag.sag WHERE sag_id = 3;
    INSERT INTO fag.sag (sag_id, cpr, art) VALUES (9, '610180-1009', 'benefit');
    UPDATE fag.sag SET cpr = '610180-1010' WHERE sag_id = 4;
END $$;
CREATE PROCEDURE restore() LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM fag.sag;
    INSERT INTO fag.sag (sag_id, cpr, art, udfordring) SELECT n, '610180-100' || n, 'provision', 'homelessness' FROM generate_series(2, 5) n;
END $$;
CALL restore();
SET session_replication_role = replica;
CALL unseen();
RESET session_replication_role;
SELECT what, case_key, citizen, recorded, expected FROM msb_org.recheck();
SELECT count(*) FROM msb_org.recheck(true);
SELECT * FROM look();
CALL restore();
ALTER TABLE fag.sag DISABLE TRIGGER USER;
CALL unseen();
ALTER TABLE fag.sag ENABLE TRIGGER USER;
SELECT what, case_key, citizen, recorded, expected FROM msb_org.recheck();
SELECT count(*) FROM msb_org.recheck(true);
SELECT * FROM look();
UPDATE fag.sag SET art = 'provision', udfordring = 'homelessness' WHERE sag_id = 2;
SELECT * FROM look() WHERE key = '2';
-- One of the three triggers alone is off: what the others still do is no harm.
CALL restore();
ALTER TABLE fag.sag DISABLE TRIGGER msb_org_map;
CALL unseen();
ALTER TABLE fag.sag ENABLE TRIGGER msb_org_map;
SELECT * FROM look();
CALL restore();
ALTER TABLE fag.sag DISABLE TRIGGER zzzz_msb_org_fill;
CALL unseen();
ALTER TABLE fag.sag ENABLE TRIGGER zzzz_msb_org_fill;
SELECT * FROM look();
CALL restore();
ALTER TABLE fag.sag DISABLE TRIGGER msb_org_area;
CALL unseen();
ALTER TABLE fag.sag ENABLE TRIGGER msb_org_area;
SELECT * FROM look();
SELECT count(*) FROM msb_org.recheck(true);
SELECT * FROM look() WHERE found IS NOT NULL;
CALL restore();
-- TRUNCATE, seen and unseen
ALTER TABLE fag.sag DISABLE TRIGGER msb_org_truncate;
TRUNCATE fag.sag;
ALTER TABLE fag.sag ENABLE TRIGGER msb_org_truncate;
SELECT * FROM look();
SELECT count(*) FROM msb_org.recheck(true);
SELECT count(*) FROM look();
CALL restore();
TRUNCATE fag.sag;
SELECT count(*) FROM look();
BEGIN;
CALL restore();
TRUNCATE fag.sag;
ROLLBACK;
BEGIN;
CALL restore();
SET CONSTRAINTS ALL IMMEDIATE;
TRUNCATE fag.sag;
SET CONSTRAINTS ALL DEFERRED;
CALL restore();
COMMIT;
SELECT * FROM look();

-- What ENABLE says of a trigger outlasts remap().
ALTER TABLE fag.sag ENABLE ALWAYS TRIGGER msb_org_map;
ALTER TABLE fag.sag ENABLE ALWAYS TRIGGER msb_org_area;
ALTER TABLE fag.sag ENABLE REPLICA TRIGGER zzzz_msb_org_fill;
ALTER TABLE fag.sag DISABLE TRIGGER msb_org_truncate;
SELECT msb_org.remap('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
                     facets => '{"task": "art", "challenge": "udfordring"}');
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'fag.sag'::regclass AND tgname ~ 'msb_org' ORDER BY 1;
ALTER TABLE fag.sag ENABLE TRIGGER USER;

-- DROP EXTENSION is refused while a table is attached; CASCADE takes the triggers, and no row.
DROP EXTENSION msb_org;
\set VERBOSITY default
SELECT count(*), count(omraade) FROM fag.sag;
SET client_min_messages = error;
DROP EXTENSION msb_org CASCADE;
SET client_min_messages = warning;
SELECT count(*), count(omraade) FROM fag.sag;
SELECT tgname FROM pg_trigger WHERE tgrelid = 'fag.sag'::regclass;
INSERT INTO fag.sag (sag_id, cpr, art) VALUES (10, '610180-1010', 'benefit');
CREATE EXTENSION msb_org;
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');
SELECT msb_org.attach('fag.sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
                      facets => '{"task": "art", "challenge": "udfordring"}', mode => 'fill');
CALL msb_org.reassign('sag');
SELECT * FROM look();
-- The table is dropped: its history stays, the others go on.
DROP TABLE fag.sag;
SELECT what, case_key FROM msb_org.recheck();
SELECT count(*) FROM msb_org.current_assignment;
SELECT msb_org.detach('sag');
SELECT count(*), count(valid_to) FROM msb_org.assignment;

DROP PROCEDURE restore, unseen;
DROP FUNCTION look;
DROP SCHEMA fag;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
