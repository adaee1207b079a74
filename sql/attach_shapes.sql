-- Tables that nobody designed for us: partitions, generated and dropped columns,
-- other triggers, row-level security, altered, copied and dropped tables.
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'Europe/Copenhagen';
SET msb_org.today = '2019-09-02';
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', '2019-08-01');
\set SHOW_CONTEXT never
CREATE VIEW ledger AS
    SELECT case_table, case_key, unit, rule, finding, given, origin, valid_to IS NULL AS open, count(*) OVER (PARTITION BY case_table, case_key) AS rows
      FROM msb_org.assignment;
RESET client_min_messages;

--
-- Partitions: range, below it list; one for what is left; one that comes later
--
CREATE TABLE delt (id integer, aar integer, by text, task text DEFAULT 'benefit', omraade text, PRIMARY KEY (id, aar, by)) PARTITION BY RANGE (aar);
CREATE TABLE delt_18 PARTITION OF delt FOR VALUES FROM (2018) TO (2019);
CREATE TABLE delt_19 PARTITION OF delt FOR VALUES FROM (2019) TO (2020) PARTITION BY LIST (by);
CREATE TABLE delt_19_a PARTITION OF delt_19 FOR VALUES IN ('a');
-- columns in another order, and one dropped
CREATE TABLE delt_19_b (omraade text, by text NOT NULL, gammel text, task text, aar integer NOT NULL, id integer NOT NULL);
ALTER TABLE delt_19_b DROP gammel;
ALTER TABLE delt_19 ATTACH PARTITION delt_19_b FOR VALUES IN ('b');
CREATE TABLE delt_rest PARTITION OF delt DEFAULT;
SELECT msb_org.attach('delt', key => 'id', facets => '{"task": "task"}', area => 'omraade', mode => 'fill');
SELECT tgrelid::regclass, string_agg(tgname, ', ' ORDER BY tgname) AS triggers FROM pg_trigger WHERE tgrelid IN (SELECT relid FROM pg_partition_tree('delt')) GROUP BY tgrelid ORDER BY tgrelid::regclass::text;
INSERT INTO delt (id, aar, by) VALUES (1, 2018, 'a'), (2, 2019, 'a'), (3, 2019, 'b'), (4, 1999, 'a');
INSERT INTO delt_19_b (omraade, by, task, aar, id) VALUES (NULL, 'b', 'coordination', 2019, 5), ('job', 'b', 'benefit', 2019, 6);
CREATE TABLE delt_20 PARTITION OF delt FOR VALUES FROM (2020) TO (2021);
INSERT INTO delt (id, aar, by) VALUES (7, 2020, 'a');
SELECT delt.tableoid::regclass, id, omraade, unit, rule, finding, given FROM delt JOIN ledger ON case_table = 'delt' AND case_key = id::text ORDER BY id;
-- A row that moves goes on: one row in the ledger, still open.
UPDATE delt SET aar = 2019 WHERE id = 1;
UPDATE delt SET by = 'a' WHERE id = 3;
UPDATE delt SET aar = 2025 WHERE id = 2;
-- moved and judged anew at once
UPDATE delt SET aar = 2018, task = 'coordination' WHERE id = 3;
SELECT delt.tableoid::regclass, id, omraade, unit, rule, open, rows FROM delt JOIN ledger ON case_table = 'delt' AND case_key = id::text WHERE id < 4 ORDER BY id, open;
-- a change of the key in a partition
UPDATE delt SET id = 40, aar = 2018 WHERE id = 4;
SELECT case_key, unit, open FROM ledger WHERE case_key IN ('4', '40') ORDER BY 1;
-- TRUNCATE of a leaf, of one that came later, of a branch, of the whole
TRUNCATE delt_18;
SELECT case_key FROM ledger WHERE open ORDER BY case_key::integer;
TRUNCATE delt_20;  -- only reassign() finds that
SELECT case_key FROM ledger WHERE open ORDER BY case_key::integer;
TRUNCATE delt_19;
SELECT case_key FROM ledger WHERE open ORDER BY case_key::integer;
INSERT INTO delt (id, aar, by) VALUES (11, 2018, 'a'), (12, 2019, 'a'), (13, 2019, 'b'), (14, 1999, 'a'), (15, 2020, 'a');
TRUNCATE delt;
SELECT case_key FROM ledger WHERE open ORDER BY case_key::integer;
-- ... and one in a transaction with rows written before and after
BEGIN;
INSERT INTO delt (id, aar, by) VALUES (16, 2020, 'a');
SET CONSTRAINTS ALL IMMEDIATE;
TRUNCATE delt;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO delt (id, aar, by) VALUES (17, 2020, 'a');
COMMIT;
SELECT case_key FROM ledger WHERE open ORDER BY case_key::integer;
-- DETACH: the cases stay in the ledger until reassign() looks; the partition is a table without us.
INSERT INTO delt (id, aar, by) VALUES (21, 2018, 'a'), (22, 2019, 'a'), (23, 2019, 'b'), (24, 1999, 'a');
ALTER TABLE delt DETACH PARTITION delt_18;
ALTER TABLE delt_19 DETACH PARTITION delt_19_b;
INSERT INTO delt_18 VALUES (25, 2018, 'x');
UPDATE delt_18 SET task = 'authority', omraade = 'job';
DELETE FROM delt_18 WHERE id = 25;
SELECT case_key FROM ledger WHERE open ORDER BY case_key::integer;
SET client_min_messages = warning;
CALL msb_org.reassign('delt');
RESET client_min_messages;
SELECT case_key FROM ledger WHERE open ORDER BY case_key::integer;
TRUNCATE delt_18;
-- ATTACH: likewise, and what is written from then on is judged
INSERT INTO delt_18 VALUES (26, 2018, 'x'), (27, 2018, 'x');
ALTER TABLE delt ATTACH PARTITION delt_18 FOR VALUES FROM (2018) TO (2019);
UPDATE delt SET task = 'coordination' WHERE id = 26;
SELECT case_key, unit FROM ledger WHERE open ORDER BY case_key::integer;
SET client_min_messages = warning;
CALL msb_org.reassign('delt');
RESET client_min_messages;
SELECT case_key, unit FROM ledger WHERE open ORDER BY case_key::integer;
-- a partition that was attached with rows, then truncated
TRUNCATE delt_18;
SELECT case_key, unit FROM ledger WHERE open ORDER BY case_key::integer;
-- detach() takes the triggers from partitions too, from those that left as well
SELECT msb_org.detach('delt');
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname ~ 'msb_org' AND tgrelid IN ('delt'::regclass, 'delt_18'::regclass, 'delt_19_b'::regclass, 'delt_20'::regclass, 'delt_rest'::regclass);
SELECT count(*) FROM ledger WHERE open;
TRUNCATE delt_19_b;
DROP TABLE delt, delt_19_b;

--
-- Generated, dropped and identity columns
--
CREATE TABLE gen (vaek integer, id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kode text,
    task text GENERATED ALWAYS AS (CASE kode WHEN 'Y' THEN 'benefit' WHEN 'M' THEN 'coordination' END) STORED,
    vaek2 text, omraade text);
ALTER TABLE gen DROP vaek, DROP vaek2;
SELECT msb_org.attach('gen', key => 'id', facets => '{"task": "task"}', area => 'omraade', mode => 'fill');
INSERT INTO gen (kode, omraade) VALUES ('Y', NULL), ('M', NULL), ('x', NULL), ('Y', 'sundhed'), ('M', 'job');
SELECT id, omraade, unit, rule, finding, given FROM gen JOIN ledger ON case_table = 'gen' AND case_key = id::text ORDER BY id;
UPDATE gen SET kode = 'Y' WHERE id IN (2, 3);
SELECT id, omraade, unit, rule, finding, given FROM gen JOIN ledger ON case_table = 'gen' AND case_key = id::text AND open ORDER BY id;
SELECT msb_org.set_mode('gen', 'enforce');
INSERT INTO gen (kode, omraade) VALUES ('Y', 'sundhed');
INSERT INTO gen (kode, omraade) VALUES ('Y', 'job');
SELECT msb_org.detach('gen');
DROP TABLE gen;
-- An area that is right by what the BEFORE trigger can see, and wrong by what is computed after it, was given all the same.
CREATE TABLE gen (id integer PRIMARY KEY, kode text, omraade text, foedt date DEFAULT '1980-01-01',
    challenge text GENERATED ALWAYS AS (CASE kode WHEN 'L' THEN 'unemployment' END) STORED);
SELECT msb_org.attach('gen', key => 'id', birth => 'foedt', facets => '{"challenge": "challenge"}', facet_values => '{"task": "authority"}', area => 'omraade', mode => 'fill');
INSERT INTO gen VALUES (1, 'L', 'voksne'), (2, 'L', 'job'), (3, 'L', NULL), (4, NULL, 'voksne');
SELECT id, omraade, unit, rule, finding, given FROM gen JOIN ledger ON case_table = 'gen' AND case_key = id::text AND open ORDER BY id;
SET client_min_messages = warning;
SELECT msb_org.set_mode('gen', 'enforce');
RESET client_min_messages;
INSERT INTO gen VALUES (5, 'L', 'voksne');
INSERT INTO gen VALUES (6, 'L', 'job');
SELECT msb_org.detach('gen');
DROP TABLE gen;

--
-- Domains with a condition as the area: what we write is checked too.
--
CREATE DOMAIN omraadekode AS text CHECK (VALUE <> 'nyt');
CREATE TABLE domaene (id integer PRIMARY KEY, omraade omraadekode);
SELECT msb_org.attach('domaene', key => 'id', facet_values => '{"task": "benefit"}', area => 'omraade', mode => 'fill');
INSERT INTO domaene VALUES (1);
SELECT * FROM domaene;
-- A structure with a unit that an area column cannot hold is not adopted ...
INSERT INTO msb_org.unit (structure, unit, title, kind, origin) VALUES ('msb-2019', 'nyt', 'Nyt område', 'operating_area', 'source');
UPDATE msb_org.rule SET unit = 'nyt' WHERE structure = 'msb-2019' AND rule = 'F1';
SELECT msb_org.adopt('msb-2019', '2020-01-01');
-- ... and a condition that comes later is kept.
ALTER DOMAIN omraadekode ADD CHECK (VALUE <> 'sundhed') NOT VALID;
INSERT INTO domaene VALUES (2);
UPDATE msb_org.rule SET unit = 'sundhed' WHERE structure = 'msb-2019' AND rule = 'F1';
DELETE FROM msb_org.unit WHERE unit = 'nyt';
SELECT msb_org.detach('domaene');
DROP TABLE domaene;
DROP DOMAIN omraadekode;

--
-- Other triggers on the table
--
CREATE TABLE andre (id integer PRIMARY KEY, task text, omraade text, note text);
SELECT msb_org.attach('andre', key => 'id', facets => '{"task": "task"}', area => 'omraade', mode => 'fill');
CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE NEW.note
        WHEN 'facet' THEN NEW.task := 'benefit';
        WHEN 'area' THEN NEW.omraade := 'job';
        WHEN 'key' THEN NEW.id := NEW.id + 100; NEW.note := 'key done';
        WHEN 'no area' THEN NEW.omraade := NULL;
        WHEN 'no row' THEN RETURN NULL;
        ELSE NULL;
    END CASE;
    RETURN NEW;
END $$;
CREATE TRIGGER zzzzz_late BEFORE INSERT OR UPDATE ON andre FOR EACH ROW EXECUTE FUNCTION other();
INSERT INTO andre VALUES (1, 'coordination', NULL, 'facet'), (2, 'coordination', NULL, 'area'), (3, 'coordination', NULL, 'key'),
    (4, 'coordination', NULL, 'no area'), (5, 'coordination', NULL, 'no row'), (6, 'coordination', NULL, NULL);
SELECT id, task, omraade, note, unit, rule, finding, given FROM andre LEFT JOIN ledger ON case_table = 'andre' AND case_key = id::text AND open ORDER BY id;
-- on UPDATE, of columns that the statement does not name
UPDATE andre SET note = 'facet' WHERE id = 6;
UPDATE andre SET note = 'key' WHERE id = 4;
UPDATE andre SET note = 'area' WHERE id = 104;
SELECT id, task, omraade, note, unit, rule, finding, given FROM andre LEFT JOIN ledger ON case_table = 'andre' AND case_key = id::text AND open ORDER BY id;
SELECT case_key, unit, open FROM ledger WHERE case_table = 'andre' AND NOT open ORDER BY 1, 2;
DROP TRIGGER zzzzz_late ON andre;
TRUNCATE andre;

-- BEFORE DELETE that keeps the row; AFTER that writes the row again; statement triggers
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN OLD.note = 'bliv' THEN NULL ELSE OLD END; END $$;
CREATE TRIGGER aaa_keep BEFORE DELETE ON andre FOR EACH ROW EXECUTE FUNCTION keep();
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE andre SET task = 'coordination', note = 'igen' WHERE id = NEW.id AND note = 'en gang';
    UPDATE andre SET note = note || '.' WHERE id = NEW.id AND note ~ '^tre' AND length(note) < 7;
    RETURN NULL;
END $$;
CREATE TRIGGER aaa_again AFTER INSERT OR UPDATE ON andre FOR EACH ROW EXECUTE FUNCTION again();
CREATE TRIGGER zzz_again AFTER INSERT OR UPDATE ON andre FOR EACH ROW EXECUTE FUNCTION again();
CREATE FUNCTION whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM andre WHERE note = 'sætning' AND task <> 'coordination') THEN
        UPDATE andre SET task = 'coordination' WHERE note = 'sætning';
        DELETE FROM andre WHERE note = 'væk med den';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER whole AFTER INSERT OR UPDATE ON andre FOR EACH STATEMENT EXECUTE FUNCTION whole();
INSERT INTO andre VALUES (1, 'benefit', NULL, 'bliv'), (2, 'benefit', NULL, 'en gang'), (3, 'benefit', NULL, 'tre'), (4, 'benefit', NULL, 'sætning'), (5, 'benefit', NULL, 'væk med den');
DELETE FROM andre WHERE id IN (1, 3);
SELECT id, task, omraade, note, unit, rule, finding, given, rows FROM andre FULL JOIN (SELECT * FROM ledger WHERE open AND case_table = 'andre') l ON case_key = id::text ORDER BY id;
SELECT msb_org.detach('andre');
DROP TABLE andre;

--
-- Row-level security, forced, that hides the rows from whoever writes them
--
CREATE ROLE regress_msb_owner;
CREATE ROLE regress_msb_clerk;
CREATE TABLE rls (id integer PRIMARY KEY, cpr text, task text, omraade text);
ALTER TABLE rls OWNER TO regress_msb_owner;
GRANT INSERT, UPDATE (task), DELETE ON rls TO regress_msb_clerk;
GRANT SELECT (id) ON rls TO regress_msb_clerk;
ALTER TABLE rls ENABLE ROW LEVEL SECURITY;
ALTER TABLE rls FORCE ROW LEVEL SECURITY;
CREATE POLICY skriv ON rls FOR INSERT TO PUBLIC WITH CHECK (true);
CREATE POLICY ret ON rls FOR UPDATE TO PUBLIC USING (id < 3) WITH CHECK (true);
CREATE POLICY laes ON rls FOR SELECT TO PUBLIC USING (id < 3);
SELECT msb_org.attach('rls', key => 'id', citizen => 'cpr', facets => '{"task": "task"}', area => 'omraade', mode => 'fill');
SET ROLE regress_msb_clerk;
INSERT INTO rls (id, cpr, task) VALUES (1, '610180-1000', 'benefit'), (2, '610180-1000', 'coordination'), (3, '610180-1000', 'benefit'), (4, '610180-1000', 'nix');
UPDATE rls SET task = 'benefit' WHERE id = 2;
SELECT id FROM rls;
RESET ROLE;
SELECT id, omraade, unit, rule, finding FROM rls LEFT JOIN ledger ON case_table = 'rls' AND case_key = id::text AND open ORDER BY id;
INSERT INTO msb_org.alias VALUES ('default', 'task', 'nix', 'benefit');
-- the owner, whom FORCE makes blind, is told so; nothing is ended or left out unseen
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA msb_org TO regress_msb_owner;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA msb_org TO regress_msb_owner;
SET ROLE regress_msb_owner;
CALL msb_org.reassign('rls');
SELECT msb_org.judge_cases('rls', '{3,4}', 'reassign');
RESET ROLE;
SELECT id, omraade, unit, rule, finding FROM rls LEFT JOIN ledger ON case_table = 'rls' AND case_key = id::text AND open ORDER BY id;
SET client_min_messages = warning;
CALL msb_org.reassign('rls');
RESET client_min_messages;
-- a policy that refuses what we fill in refuses the write
CREATE POLICY ikke_job ON rls AS RESTRICTIVE FOR INSERT WITH CHECK (omraade IS DISTINCT FROM 'sundhed');
SET ROLE regress_msb_clerk;
INSERT INTO rls (id, task) VALUES (5, 'benefit');
RESET ROLE;
SELECT msb_org.detach('rls');
DROP TABLE rls;

--
-- A mapped column
--
CREATE TABLE kort (id integer PRIMARY KEY, task varchar(20), omraade text, andet varchar(10));
SELECT msb_org.attach('kort', key => 'id', facets => '{"task": "task"}', area => 'omraade', mode => 'fill');
INSERT INTO kort VALUES (1, 'benefit');
ALTER TABLE kort DROP COLUMN task;
\set VERBOSITY terse
ALTER TABLE kort ALTER COLUMN task TYPE varchar(40);
ALTER TABLE kort ALTER COLUMN id TYPE bigint;
\set VERBOSITY default
ALTER TABLE kort ALTER COLUMN andet TYPE text, ADD COLUMN ny text;
ALTER TABLE kort DROP COLUMN andet;
-- The way: let the column go, alter it, take it back; mode and ledger stay.
BEGIN;
SELECT msb_org.remap('kort', key => 'id', area => 'omraade');
ALTER TABLE kort ALTER COLUMN task TYPE varchar(40);
SELECT msb_org.remap('kort', key => 'id', facets => '{"task": "task"}', area => 'omraade');
COMMIT;
UPDATE kort SET task = 'coordination';
SELECT mode, facets FROM msb_org.attachment;
SELECT case_key, unit, open FROM ledger WHERE case_table = 'kort' ORDER BY open;
-- DROP ... CASCADE takes the map along, and the table says what to do.
ALTER TABLE kort DROP COLUMN task CASCADE;
INSERT INTO kort (id) VALUES (2);
CALL msb_org.reassign('kort');
SELECT case_table FROM msb_org.attachment;
SELECT msb_org.remap('kort', key => 'id', facet_values => '{"task": "benefit"}', area => 'omraade');
INSERT INTO kort (id) VALUES (2);
SELECT id, omraade, unit, rule FROM kort JOIN ledger ON case_table = 'kort' AND case_key = id::text AND open ORDER BY id;
DROP TABLE kort;

--
-- A table that was dropped leaves readable history; its name is let go by name.
--
SELECT case_table, case_key, unit, open FROM ledger WHERE case_table = 'kort' AND case_key = '2';
CREATE TABLE kort (id integer PRIMARY KEY, omraade text);
SELECT msb_org.attach('kort', key => 'id');
SELECT msb_org.set_mode('kort', 'fill');
SELECT msb_org.remap('kort', key => 'id');
CALL msb_org.reassign('kort');
SELECT msb_org.reassign_due();
SELECT msb_org.detach('kort', restore_area => true);
SELECT count(*) FILTER (WHERE open) AS open, count(*) FROM ledger WHERE case_table = 'kort' AND case_key = '2';
SELECT msb_org.attach('kort', key => 'id', facet_values => '{"task": "benefit"}');
INSERT INTO kort VALUES (2);
SELECT case_key, unit, open FROM ledger WHERE case_table = 'kort' AND case_key = '2' ORDER BY open;
SELECT msb_org.detach('kort');
DROP TABLE kort;

--
-- Area columns of any type: written by the fill trigger, and at commit where a later trigger changed the task
--
CREATE TYPE valg AS ENUM ('boern', 'unge', 'voksne', 'udsatte', 'job', 'sundhed', 'mso', 'indgang');
CREATE DOMAIN kort_kode AS varchar(8);
CREATE DOMAIN valg_kode AS valg;
CREATE FUNCTION coordination() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.task := 'coordination'; RETURN NEW; END $$;
CREATE FUNCTION areas(type text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE arter (id integer PRIMARY KEY, task text, omraade %s)', type);
    PERFORM msb_org.attach('arter', key => 'id', facets => '{"task": "task"}', area => 'omraade', mode => 'fill');
    INSERT INTO arter VALUES (1, 'benefit', NULL), (2, 'benefit', 'sundhed'), (3, 'benefit', 'job');
    CREATE TRIGGER zzzzz_late BEFORE INSERT ON arter FOR EACH ROW EXECUTE FUNCTION coordination();
    INSERT INTO arter VALUES (4, 'benefit', NULL);
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN QUERY SELECT format('%s: |%s|, %s', id, omraade, coalesce(finding, 'right'))
                   FROM arter JOIN ledger ON case_table = 'arter' AND case_key = id::text AND open ORDER BY id;
    PERFORM msb_org.detach('arter');
    DROP TABLE arter;
END $$;
SELECT type, array_to_string(ARRAY(SELECT areas(type)), '; ') AS areas FROM unnest('{text,varchar(7),char(10),name,valg,kort_kode,valg_kode}'::text[]) type;
DROP FUNCTION areas, coordination;
DROP DOMAIN kort_kode, valg_kode;
DROP TYPE valg;

--
-- A partitioned table that refers to a partitioned one, beside another that refers to it too
--
CREATE TABLE person (x integer, nr varchar(10) UNIQUE, cpr msb_org.cpr, foedt date) PARTITION BY HASH (nr);
CREATE TABLE person_0 (foedt date, cpr msb_org.cpr, nr varchar(10), x integer);
ALTER TABLE person ATTACH PARTITION person_0 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE person_1 PARTITION OF person FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE et (id integer, aar integer, p varchar(10) REFERENCES person (nr) ON UPDATE CASCADE, task text, omraade text, PRIMARY KEY (id, aar)) PARTITION BY LIST (aar);
CREATE TABLE et_1 PARTITION OF et FOR VALUES IN (1);
CREATE TABLE et_rest (omraade text, task text, p varchar(10), aar integer NOT NULL, id integer NOT NULL);
ALTER TABLE et ATTACH PARTITION et_rest DEFAULT;
CREATE INDEX ON et (p);
CREATE TABLE to_ (id integer PRIMARY KEY, p varchar(10) REFERENCES person (nr) ON UPDATE CASCADE ON DELETE SET NULL, task text);
CREATE INDEX ON to_ (p);
SELECT msb_org.attach('et', key => 'id', citizen => 'p.cpr', birth => 'p.foedt', facets => '{"task": "task"}', area => 'omraade', mode => 'fill');
SELECT msb_org.attach('to_', key => 'id', citizen => 'p.cpr', birth => 'p.cpr', facets => '{"task": "task"}');
INSERT INTO person VALUES (1, 'p1', '610180-1000', '1980-01-01'), (1, 'p2', '610110-4000', '2010-01-01');
INSERT INTO et VALUES (1, 1, 'p1', 'coordination'), (2, 2, 'p1', 'coordination'), (3, 2, 'p2', 'coordination');
INSERT INTO to_ VALUES (1, 'p1', 'coordination'), (2, 'p2', 'coordination');
SELECT case_table, case_key, citizen, unit FROM msb_org.current_assignment WHERE case_table IN ('et', 'to_') ORDER BY 1, 2;
-- birth date and number; the key that is referred to; both
UPDATE person SET foedt = '2000-01-01', cpr = '610100-4000' WHERE nr = 'p1';
UPDATE person SET nr = 'q1' WHERE nr = 'p1';
UPDATE person SET nr = 'q2', cpr = '610111-4000' WHERE nr = 'p2';
SELECT case_table, case_key, citizen, unit FROM msb_org.current_assignment WHERE case_table IN ('et', 'to_') ORDER BY 1, 2;
SELECT id, p, omraade FROM et ORDER BY id;
-- one goes, the other stays
SELECT msb_org.detach('et');
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname ~ 'msb_org' AND tgrelid IN ('person'::regclass, 'person_0'::regclass, 'et'::regclass, 'et_1'::regclass) ORDER BY tgname, tgrelid::regclass::text;
UPDATE person SET cpr = '610112-4000' WHERE nr = 'q2';
DELETE FROM et;
DELETE FROM person WHERE nr = 'q1';
SELECT case_table, case_key, citizen, unit FROM msb_org.current_assignment WHERE case_table IN ('et', 'to_') ORDER BY 1, 2;
SELECT msb_org.detach('to_');
DROP TABLE et, to_, person;

--
-- set_mode counts, detach gives back
--
CREATE TABLE borger (id integer PRIMARY KEY, cpr text);
CREATE TABLE sag (id integer PRIMARY KEY, borger integer REFERENCES borger, task text, omraade integer);
CREATE INDEX ON sag (borger);
INSERT INTO borger VALUES (1, '610180-1000');
INSERT INTO sag VALUES (1, 1, 'benefit', 9), (2, 1, 'coordination', NULL), (3, 1, 'benefit', 6), (4, 1, 'x', 9), (5, 1, NULL, 9);
SELECT msb_org.attach('sag', key => 'id', citizen => 'borger.cpr', birth => 'borger.cpr', facets => '{"task": "task"}', area => 'omraade',
    area_values => '{"boern": 1, "unge": 2, "voksne": 3, "udsatte": 4, "job": 5, "sundhed": 6, "mso": 7, "indgang": 8}');
SELECT msb_org.set_mode('sag', 'enforce');
SELECT msb_org.set_mode('sag', 'observe');
SET client_min_messages = warning;
CALL msb_org.reassign('sag');
RESET client_min_messages;
SELECT id, omraade, unit, finding, given FROM sag JOIN ledger ON case_table = 'sag' AND case_key = id::text AND open ORDER BY id;
SELECT msb_org.set_mode('sag', 'enforce');
SELECT msb_org.set_mode('sag', 'fill');
SET client_min_messages = warning;
CALL msb_org.reassign('sag');
RESET client_min_messages;
INSERT INTO sag VALUES (6, 1, 'benefit', 4);
SELECT id, omraade, unit, finding, given FROM sag JOIN ledger ON case_table = 'sag' AND case_key = id::text AND open ORDER BY id;
SELECT msb_org.set_mode('sag', 'enforce');
SELECT msb_org.detach('sag', restore_area => true);
SELECT * FROM sag ORDER BY id;
SELECT count(*) FILTER (WHERE open) AS open FROM ledger WHERE case_table = 'sag';
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname ~ 'msb_org' AND tgrelid IN ('sag'::regclass, 'borger'::regclass);

--
-- Copies
--
SELECT msb_org.attach('sag', key => 'id', citizen => 'borger.cpr', facets => '{"task": "task"}');
CREATE TABLE kopi (LIKE sag INCLUDING ALL);
INSERT INTO kopi SELECT * FROM sag;
CREATE TABLE gendannet AS TABLE sag;
SELECT replace(pg_get_triggerdef(oid), 'ON public.sag', 'ON public.gendannet') FROM pg_trigger WHERE tgrelid = 'sag'::regclass AND NOT tgisinternal ORDER BY tgname \gexec
INSERT INTO gendannet VALUES (100, 1, 'benefit');
UPDATE gendannet SET task = 'benefit';
DELETE FROM gendannet;
TRUNCATE gendannet;
SELECT count(*) FILTER (WHERE open) AS open FROM ledger WHERE case_table = 'sag';
-- the way out, one of two
ALTER TABLE gendannet ADD PRIMARY KEY (id);
SELECT msb_org.attach('gendannet', key => 'id', case_table => 'gendannet', facet_values => '{"task": "benefit"}');
INSERT INTO gendannet VALUES (100, 1, 'benefit');
SELECT case_table, case_key FROM ledger WHERE open ORDER BY 1, 2;

-- a copy of the table that cases refer to: whatever happens in it concerns no case
INSERT INTO sag VALUES (7, 1, 'benefit');
CREATE TABLE borger_kopi (LIKE borger INCLUDING ALL);
SELECT replace(pg_get_triggerdef(oid), 'ON public.borger', 'ON public.borger_kopi') FROM pg_trigger WHERE tgrelid = 'borger'::regclass AND NOT tgisinternal ORDER BY tgname \gexec
INSERT INTO borger_kopi VALUES (1, '610180-2000');
UPDATE borger_kopi SET cpr = '610180-3000';
UPDATE borger_kopi SET cpr = '610180-1000';
UPDATE borger_kopi SET cpr = '610180-4000';
SELECT old_citizen, new_citizen FROM msb_org.renumbering WHERE new_citizen ~ '^610180';
SELECT case_key, citizen FROM msb_org.current_assignment WHERE case_table = 'sag';
DROP TABLE borger_kopi;

--
-- Without the extension the application goes on.
--
SELECT msb_org.attach('kopi', key => 'id', area => 'omraade', mode => 'enforce', facets => '{"task": "task"}',
    area_values => '{"boern": 1, "unge": 2, "voksne": 3, "udsatte": 4, "job": 5, "sundhed": 6, "mso": 7, "indgang": 8}');
DROP VIEW ledger;
\set VERBOSITY terse
DROP EXTENSION msb_org;
\set VERBOSITY default
SET client_min_messages = warning;
DROP EXTENSION msb_org CASCADE;
RESET client_min_messages;
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal;
INSERT INTO sag VALUES (50, 1, 'hvad som helst', 99);
UPDATE borger SET cpr = '610180-1001';
UPDATE kopi SET task = 'y', omraade = 17;
DELETE FROM kopi;
TRUNCATE sag, borger;

DROP TABLE sag, borger, kopi, gendannet;
DROP FUNCTION other, keep, again, whole;
SET client_min_messages = warning;
CREATE EXTENSION msb_org;
DROP ROLE regress_msb_owner, regress_msb_clerk;
