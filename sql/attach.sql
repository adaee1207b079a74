-- Attaching existing tables: what attach() maps, and what comes of it.
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'Europe/Copenhagen';
SET msb_org.today = '2019-09-02';
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', '2019-08-01');
RESET client_min_messages;

-- The ledger as a person reads it.
CREATE VIEW ledger AS
    SELECT case_table, case_key, citizen, unit, rule, finding, given, origin, valid_to IS NULL AS open
      FROM msb_org.assignment;

--
-- An application of one table: CPR numbers as text, its own codes
--
CREATE TABLE sag (
    sag_id     integer PRIMARY KEY,
    cpr        text,
    opgave     text,
    udfordring text,
    indsats    text,
    oprettet   date,
    afsluttet  date,
    afgjort    date,
    sagsbehandler text,
    omraade    text);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr',
         facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}',
         opened => 'oprettet', closed => 'afsluttet', area => 'omraade',
         decided => 'afgjort', caseworker => 'sagsbehandler', vocabulary => 'job', mode => 'fill');
\x
SELECT case_table, relation, mode, key, citizen, birth, facets, facet_values, opened, closed, closed_values,
       area, area_values, decided, caseworker, vocabulary FROM msb_org.attachment;
\x
SELECT role, facet, column_name, relation, in_parent FROM msb_org.column_map ORDER BY role, facet;
SELECT tgname, tgdeferrable, tginitdeferred FROM pg_trigger WHERE tgrelid = 'sag'::regclass ORDER BY tgname;
-- no column was added or changed
SELECT count(*) AS columns, count(*) FILTER (WHERE attnotnull) AS not_null, count(*) FILTER (WHERE atthasdef) AS defaults
  FROM pg_attribute WHERE attrelid = 'sag'::regclass AND attnum > 0;

-- Aliases: exact before the longest prefix, any of them before a label of the same name.
INSERT INTO msb_org.alias VALUES
    ('job', 'challenge', '27*', 'disability'),
    ('job', 'challenge', '27.51.*', 'mental_illness'),
    ('job', 'challenge', '27.51.08', 'substance_misuse'),
    ('job', 'challenge', '*', 'unknown'),
    ('job', 'challenge', 'sickness', 'unemployment'),
    ('job', 'task', 'M', 'authority'), ('job', 'task', 'U', 'provision'),
    ('andet', 'task', 'M', 'benefit');
INSERT INTO sag (sag_id, cpr, opgave, udfordring, oprettet) VALUES
    (1, '610180-1000', 'M', '27.1',        '2019-08-05'),
    (2, '610180-1000', 'U', '27.51.1',     '2019-08-05'),
    (3, '610180-1000', 'U', '27.51.08',    '2019-08-05'),
    (4, '610180-1000', 'U', 'disability',  '2019-08-05'),   -- a label, but the prefix * goes before it
    (5, '610180-1000', 'U', 'sickness',    '2019-08-05'),   -- a label, but the alias goes before it
    (6, '610180-1000', 'provision', NULL,  '2019-08-05'),   -- a label of the structure, and what stands for NULL
    (7, '610180-1000', 'Q', NULL,          '2019-08-05'),   -- neither
    (8, '610180-1000', NULL, NULL,         '2019-08-05');   -- nothing, and nothing stands for it
SELECT sag_id, opgave, udfordring, omraade, unit, rule, finding
  FROM sag JOIN ledger ON case_key = sag_id::text ORDER BY sag_id;
-- An alias is live: for what is written from then on.
INSERT INTO msb_org.alias VALUES ('job', 'task', 'Q', 'coordination');
UPDATE sag SET opgave = 'Q', indsats = 'general' WHERE sag_id IN (7, 8);
SELECT sag_id, omraade, unit, rule, finding FROM sag JOIN ledger ON case_key = sag_id::text AND open WHERE sag_id > 6 ORDER BY 1;
-- A column that only reports use is not judged; the closing date is.
UPDATE sag SET afgjort = '2019-09-01', sagsbehandler = 'x' WHERE sag_id = 1;
UPDATE sag SET afsluttet = '2019-09-02' WHERE sag_id = 2;
UPDATE sag SET afsluttet = '2019-09-03' WHERE sag_id = 3;
SELECT case_key, unit, open, closed, due, a.valid_from::date, a.valid_to::date
  FROM ledger JOIN msb_org.assignment a USING (case_key, unit) WHERE case_key IN ('1', '2', '3') ORDER BY case_key, a.valid_from;

--
-- A second application: citizens in a table of their own, reached by a foreign key
--
CREATE TABLE borger (borger_id integer PRIMARY KEY, cpr char(10) UNIQUE, foedt date);
CREATE TABLE ydelse (
    nr         varchar(12) PRIMARY KEY,
    borger_id  integer REFERENCES borger,
    status     char(4) NOT NULL DEFAULT 'ny',
    enhed      integer);
CREATE INDEX ON ydelse (borger_id);
INSERT INTO msb_org.alias VALUES ('kmd', 'task', 'M', 'benefit');
SELECT msb_org.attach('ydelse', key => 'nr', citizen => 'borger_id.cpr', birth => 'borger_id.foedt',
         facet_values => '{"task": "benefit"}', closed => 'status', closed_values => '{luk,afv}',
         area => 'enhed', vocabulary => 'kmd', mode => 'fill',
         area_values => '{"boern": 4710, "unge": "4711", "voksne": 4712, "udsatte": 4713, "job": 4714, "sundhed": 4715, "mso": 4716, "indgang": 4717}');
SELECT key, citizen, birth, facets, facet_values, closed, closed_values, area, area_values FROM msb_org.attachment WHERE case_table = 'ydelse';
SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE tgname LIKE 'msb%' AND tgrelid = 'borger'::regclass ORDER BY tgname;
INSERT INTO borger VALUES (1, '6101801000', '1980-01-01'), (2, '6102101111', '2010-01-02'), (3, NULL, NULL);
INSERT INTO ydelse (nr, borger_id) VALUES ('Y-1', 1), ('Y-2', 2), ('Y-3', 3), ('Y-4', NULL);
-- the citizen of both tables is one
SELECT case_table, case_key, citizen, unit, rule FROM ledger WHERE citizen = '610180-1000' AND open ORDER BY 1, 2;
SELECT nr, enhed, citizen, unit, rule, finding FROM ydelse JOIN ledger ON case_key = nr ORDER BY nr;
UPDATE ydelse SET status = 'luk' WHERE nr = 'Y-1';
UPDATE ydelse SET status = 'afvx' WHERE nr = 'Y-2';
SELECT case_key, open FROM ledger WHERE case_table = 'ydelse' ORDER BY 1;
-- an area that the application gives in its own keys
INSERT INTO ydelse (nr, borger_id, enhed) VALUES ('Y-5', 2, 4712), ('Y-6', 2, 4715), ('Y-7', 2, 99);
SELECT case_key, given, expected, finding FROM msb_org.violation WHERE case_table = 'ydelse' ORDER BY 1;

--
-- Companies: neither citizen nor birth date
--
CREATE TABLE virksomhedssag (id bigint PRIMARY KEY, emne text);
SELECT msb_org.attach('virksomhedssag', key => 'id', facet_values => '{"subject": "company", "task": "provision"}');
SELECT citizen, birth, facets, mode, area FROM msb_org.attachment WHERE case_table = 'virksomhedssag';
INSERT INTO virksomhedssag VALUES (9000000000, 'løntilskud');
SELECT * FROM ledger WHERE case_table = 'virksomhedssag';

--
-- Birth dates and citizens of every type
--
CREATE DOMAIN cprtekst AS varchar(11);
CREATE TABLE person (n integer PRIMARY KEY, d date, c msb_org.cpr, t text, v varchar(11), b char(11), x cprtekst, i bigint,
                     task text DEFAULT 'authority', challenge text DEFAULT 'unemployment');
INSERT INTO person VALUES
    (1, '2000-01-01', '610100-4000', '610100-4000', '6101004000', '6101004000', ' 6101004000', 6101004000),
    (2, NULL, NULL, NULL, '', '', ' ', NULL),
    (3, '1960-02-29', '890260-0000', '890260-0000', '8902600000', '890260-0000', '890260-0000', 17),
    (4, 'infinity', '010101-0ab1', '010101-0ab1', '0101010AB1', 'ingen', '9999999999', 610101);
DO $$
DECLARE col text;
BEGIN
    FOREACH col IN ARRAY '{d,c,t,v,b,x}'::text[] LOOP
        EXECUTE format('CREATE TABLE birth_%s AS TABLE person', col);
        EXECUTE format('ALTER TABLE birth_%s ADD PRIMARY KEY (n)', col);
        PERFORM msb_org.attach(format('birth_%s', col)::regclass, key => 'n', birth => col, citizen => col,
                               facets => '{"task": "task", "challenge": "challenge"}');
    END LOOP;
    CREATE TABLE citizen_i AS TABLE person;
    ALTER TABLE citizen_i ADD PRIMARY KEY (n);
    PERFORM msb_org.attach('citizen_i', key => 'n', birth => 'd', citizen => 'i', facets => '{"task": "task", "challenge": "challenge"}');
END $$;
CALL msb_org.reassign('birth_d');
SELECT case_table, cases, judged, moved, last_key, finished_at IS NOT NULL AS finished FROM msb_org.reassignment;
SET client_min_messages = warning;
CALL msb_org.reassign('birth_c');
CALL msb_org.reassign('birth_t');
CALL msb_org.reassign('birth_v');
CALL msb_org.reassign('birth_b');
CALL msb_org.reassign('birth_x');
CALL msb_org.reassign('citizen_i');
RESET client_min_messages;
SELECT case_table, case_key, '|' || citizen || '|' AS citizen, unit, rule, finding
  FROM ledger WHERE case_table LIKE 'birth\_%' OR case_table = 'citizen_i' ORDER BY case_table, case_key;

--
-- Keys of every accepted type, through writing, reassign, judge_cases and an end
--
CREATE DOMAIN sagsnr AS char(6);
CREATE DOMAIN sagsnr2 AS sagsnr;
DO $$
DECLARE t text; i integer := 0;
BEGIN
    FOREACH t IN ARRAY '{smallint,integer,bigint,text,varchar,varchar(8),char(8),sagsnr2,uuid,"text COLLATE \"C\""}'::text[] LOOP
        i := i + 1;
        EXECUTE format('CREATE TABLE key_%s (k %s PRIMARY KEY, omraade text)', i, t);
        EXECUTE format('INSERT INTO key_%s VALUES (%L)', i, CASE t WHEN 'uuid' THEN '00000000-0000-0000-0000-000000000001' ELSE '1' END);
        PERFORM msb_org.attach(format('key_%s', i)::regclass, key => 'k', facet_values => '{"task": "benefit"}', area => 'omraade', mode => 'fill');
    END LOOP;
END $$;
SET client_min_messages = warning;
SELECT format('CALL msb_org.reassign(%L, 1)', case_table) FROM msb_org.attachment WHERE case_table LIKE 'key\_%' \gexec
RESET client_min_messages;
SELECT format('INSERT INTO %s VALUES (%L)', relation, CASE case_table WHEN 'key_9' THEN '00000000-0000-0000-0000-000000000002' ELSE '2' END)
  FROM msb_org.attachment WHERE case_table LIKE 'key\_%' \gexec
SELECT format('DELETE FROM %s WHERE k = %L', relation, CASE case_table WHEN 'key_9' THEN '00000000-0000-0000-0000-000000000001' ELSE '1' END)
  FROM msb_org.attachment WHERE case_table LIKE 'key\_%' \gexec
SELECT format('SELECT msb_org.override(%L, %L, %L, %L)', case_table, CASE case_table WHEN 'key_9' THEN '00000000-0000-0000-0000-000000000002' ELSE '2' END, 'unge', 'prøve')
  FROM msb_org.attachment WHERE case_table = 'key_7' \gexec
SELECT case_table, case_key, unit, origin, open FROM ledger WHERE case_table LIKE 'key\_%' ORDER BY 1, 2, open;
SELECT k, omraade, 'key_7' AS "table" FROM key_7 UNION ALL SELECT k::text, omraade, 'key_1' FROM key_1;

-- A key that is NULL is no case, in no mode.
CREATE TABLE uden (k integer UNIQUE, omraade text);
SELECT msb_org.attach('uden', key => 'k', facet_values => '{"task": "benefit"}', area => 'omraade', mode => 'enforce');
INSERT INTO uden VALUES (NULL, NULL), (1, NULL), (NULL, 'job');
UPDATE uden SET k = 2 WHERE omraade = 'job';
UPDATE uden SET k = NULL WHERE k = 1;
SELECT * FROM uden ORDER BY k;
SELECT case_key, unit, open FROM ledger WHERE case_table = 'uden' ORDER BY 1;

SET client_min_messages = warning;
DROP VIEW ledger;
DROP TABLE sag, ydelse, borger, virksomhedssag, person, birth_d, birth_c, birth_t, birth_v, birth_b, birth_x, citizen_i,
    key_1, key_2, key_3, key_4, key_5, key_6, key_7, key_8, key_9, key_10, uden;
DROP DOMAIN cprtekst, sagsnr2, sagsnr;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
