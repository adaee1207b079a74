-- Identifiers of any kind: schemas, tables, columns, facets and case tables that
-- nobody chose with us in mind, through attach, fill, reassign, override,
-- TRUNCATE, a foreign key, detach.
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'Europe/Copenhagen';
SET msb_org.today = '2019-09-02';
SELECT msb_org.load_structure('msb-2019');
INSERT INTO msb_org.facet (facet, position, if_null, title) VALUES ('Ær''en "%s" \1', 9, 'ja. %I', 'Underlig');
INSERT INTO msb_org.label (facet, label, title) VALUES ('Ær''en "%s" \1', 'ja. %I', 'Ja'), ('Ær''en "%s" \1', 'nej', 'Nej');
UPDATE msb_org.rule SET target = 'subject company; "Ær''en ""%s"" \1" "ja. %I"' WHERE structure = 'msb-2019' AND rule = 'E2';
-- A gap for companies that say no: written past adopt(), which refuses it.
INSERT INTO msb_org.enactment (structure, revision, from_date, in_force, document, adopted_by)
VALUES ('msb-2019', 1, '2019-08-01', '[2019-08-01,)', msb_org.export_structure('msb-2019'), 'test');
RESET client_min_messages;

-- One table for each name, which is the name of everything in it.
CREATE TABLE navn (n integer PRIMARY KEY, navn text);
INSERT INTO navn VALUES
    (1, 'med mellemrum'), (2, 'MedStore'), (3, 'æøåÆØÅ'), (4, 'dobbelt"citat'), (5, 'enkelt''citat'),
    (6, 'bag\skråstreg'), (7, 'punktum.i.navn'), (8, '100%s%I%L%%'), (9, 'from'), (10, 'table'),
    (11, repeat('l', 58)), (12, '$1'), (13, '$$krone$$'), (14, '--kommentar'), (15, '(SELECT 1)'), (16, ';'), (17, 'E''\n'),
    (18, '"'), (19, ''''), (20, '\'), (21, ' '), (22, '.'), (23, '1tal'), (24, 'a.b'), (25, '{"key": 1}'), (26, 'tableoid_'), (27, 't'), (28, 'p'), (29, 'k'), (30, 'u'), (31, 'a'), (32, 's');
SET client_min_messages = warning;
DO $do$
DECLARE r record; tab text; par text;
BEGIN
    FOR r IN SELECT * FROM navn ORDER BY n LOOP
        EXECUTE format('CREATE SCHEMA %I', r.navn || 's');
        tab := format('%I.%I', r.navn || 's', r.navn || 't');
        par := format('%I.%I', r.navn || 's', r.navn);
        EXECUTE format('CREATE TABLE %s (%I text PRIMARY KEY, %I text, %I date)', par, r.navn, r.navn || 'c', r.navn || 'f');
        EXECUTE format('CREATE TABLE %s (%I text PRIMARY KEY, %I text REFERENCES %s, %I text, %I text, %I text, %I text)',
                       tab, r.navn, r.navn || 'r', par, r.navn || 'o', r.navn || 'a', r.navn || 'u', r.navn || 'l');
        EXECUTE format('CREATE INDEX ON %s (%I)', tab, r.navn || 'r');
        PERFORM msb_org.attach(tab::regclass, key => r.navn, citizen => format('%I.%I', r.navn || 'r', r.navn || 'c'),
            birth => format('%I.%I', r.navn || 'r', r.navn || 'f'),
            facets => jsonb_build_object('task', r.navn || 'o', 'Ær''en "%s" \1', r.navn || 'u'),
            closed => r.navn || 'l', closed_values => ARRAY[r.navn], area => r.navn || 'a',
            vocabulary => r.navn, mode => 'fill', case_table => r.navn);
        INSERT INTO msb_org.alias VALUES (r.navn, 'task', r.navn, 'benefit'), (r.navn, 'task', r.navn || '.*', 'coordination');
        EXECUTE format('INSERT INTO %s VALUES ($1, %L, %L)', par, '610180-1000', '1980-01-01') USING r.navn;
        EXECUTE format('INSERT INTO %s VALUES ($1, $1, $1), ($1 || 1, $1, $1 || ''.1''), ($1 || 2, NULL, NULL)', tab) USING r.navn;
    END LOOP;
END $do$;
RESET client_min_messages;
SELECT navn, relation, key, citizen, birth, area, facets ->> 'task' AS task
  FROM navn JOIN msb_org.attachment ON case_table = navn WHERE n <> 11 ORDER BY n;
SELECT octet_length(relation::text), octet_length(key), octet_length(area) FROM msb_org.attachment JOIN navn ON case_table = navn WHERE n = 11;
-- all the same answer?
SELECT count(*) AS tables, unit, rule, finding, citizen, substr(case_key, length(case_table) + 1) AS which
  FROM msb_org.assignment GROUP BY 2, 3, 4, 5, 6 ORDER BY 6;

-- Rules look at the odd facet too
CREATE TABLE "virk" (id integer PRIMARY KEY, ja text);
SELECT msb_org.attach('virk', key => 'id', facets => '{"Ær''en \"%s\" \\1": "ja"}', facet_values => '{"subject": "company", "task": "provision"}');
INSERT INTO virk VALUES (1, NULL), (2, 'nej'), (3, 'ja. %I'), (4, 'måske');
SELECT case_key, unit, rule, finding, reason FROM msb_org.assignment WHERE case_table = 'virk' ORDER BY 1;

-- Changes: a birth date through the foreign key, a closing, an override, a batch, a TRUNCATE.
SET client_min_messages = warning;
DO $do$
DECLARE r record; tab text; par text;
BEGIN
    FOR r IN SELECT * FROM navn ORDER BY n LOOP
        tab := format('%I.%I', r.navn || 's', r.navn || 't');
        par := format('%I.%I', r.navn || 's', r.navn);
        EXECUTE format('UPDATE %s SET %I = %L', par, r.navn || 'f', '2010-01-01');
        EXECUTE format('UPDATE %s SET %I = $1 WHERE %I = $1', tab, r.navn || 'l', r.navn) USING r.navn;
        SET CONSTRAINTS ALL IMMEDIATE;
        SET CONSTRAINTS ALL DEFERRED;
        PERFORM msb_org.override(r.navn, r.navn || '1', 'unge', 'prøve');
        PERFORM msb_org.set_mode(r.navn, 'enforce');
    END LOOP;
END $do$;
\set ECHO none
SELECT format('CALL msb_org.reassign(%L, 1)', navn) FROM navn ORDER BY n \gexec
\set ECHO all
RESET client_min_messages;
SELECT count(*) AS tables, unit, rule, finding, origin, valid_to IS NULL AS open, substr(case_key, length(case_table) + 1) AS which
  FROM msb_org.assignment WHERE case_table <> 'virk' GROUP BY 2, 3, 4, 5, 6, 7 ORDER BY 7, 6, 2;
SELECT count(*), sum(judged) AS judged, bool_and(finished_at IS NOT NULL) AS finished FROM msb_org.reassignment;
SELECT count(*) AS tables, i.from_unit, i.from_rule, i.from_finding, i.overridden, substr(i.case_key, length(navn) + 1) AS which
  FROM navn, msb_org.impact(navn, on_date => '2019-09-02', detail => true) i GROUP BY 2, 3, 4, 5, 6 ORDER BY 6;
-- refusals name them rightly
CREATE FUNCTION refused(statement text) RETURNS TABLE (item text, value text) LANGUAGE plpgsql AS $$
DECLARE v1 text; v2 text; v3 text; v4 text; v5 text; v6 text; v7 text;
BEGIN
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v1 = RETURNED_SQLSTATE, v2 = MESSAGE_TEXT, v3 = PG_EXCEPTION_DETAIL,
        v4 = SCHEMA_NAME, v5 = TABLE_NAME, v6 = COLUMN_NAME, v7 = CONSTRAINT_NAME;
    RETURN QUERY SELECT u.i, u.t FROM unnest('{sqlstate,message,detail,schema,table,column,constraint}'::text[], ARRAY[v1, v2, v3, v4, v5, v6, v7]) u (i, t);
END $$;
SELECT * FROM refused($$ UPDATE "dobbelt""citats"."dobbelt""citatt" SET "dobbelt""citata" = 'job' WHERE "dobbelt""citat" = 'dobbelt"citat1' $$);
SELECT * FROM refused($$ UPDATE "100%s%I%L%%s"."100%s%I%L%%t" SET "100%s%I%L%%a" = 'job %s' WHERE "100%s%I%L%%" = '100%s%I%L%%1' $$);
SELECT * FROM refused($$ UPDATE "bag\skråstregs"."bag\skråstregt" SET "bag\skråstrego" = 'bag\skråstreg %s' $$);
-- a row that went unseen is found by reassign, however the columns are called
SET session_replication_role = replica;
DELETE FROM ks.kt WHERE k = 'k1';
DELETE FROM us.ut WHERE u = 'u1';
DELETE FROM ts.tt WHERE t = 't1';
DELETE FROM "as".at WHERE a = 'a1';
DELETE FROM ss.st WHERE s = 's1';
RESET session_replication_role;
SET client_min_messages = warning;
CALL msb_org.reassign('k');
CALL msb_org.reassign('u');
CALL msb_org.reassign('t');
CALL msb_org.reassign('a');
CALL msb_org.reassign('s');
RESET client_min_messages;
SELECT case_key FROM msb_org.assignment WHERE case_key ~ '^[kutas]1$' AND valid_to IS NULL;
DO $do$
DECLARE r record;
BEGIN
    FOR r IN SELECT * FROM navn ORDER BY n LOOP
        EXECUTE format('TRUNCATE %I.%I', r.navn || 's', r.navn || 't');
    END LOOP;
END $do$;
SELECT count(*) FROM msb_org.assignment WHERE valid_to IS NULL AND case_table <> 'virk';
DO $do$
DECLARE r record;
BEGIN
    FOR r IN SELECT * FROM navn ORDER BY n LOOP
        PERFORM msb_org.remap(r.navn, key => r.navn);
        PERFORM msb_org.detach(r.navn);
    END LOOP;
END $do$;
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname ~ 'msb_org' AND NOT tgisinternal
   AND tgrelid <> 'virk'::regclass AND tgrelid NOT IN (SELECT oid FROM pg_class WHERE relnamespace = 'msb_org'::regnamespace);

--
-- Which column is meant: the exact name first, then the SQL identifier
--
CREATE TABLE valg ("Nr" integer UNIQUE, nr integer UNIQUE, "NR" integer UNIQUE, """nr""" integer UNIQUE, "a.b" text, a integer, "c d" text);
CREATE TABLE valg2 (id integer PRIMARY KEY, b text, "B" text);
ALTER TABLE valg ADD FOREIGN KEY (a) REFERENCES valg2;
CREATE INDEX ON valg (a);
CREATE FUNCTION meant(spec text, citizen text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
    PERFORM msb_org.attach('valg', key => spec, citizen => meant.citizen);
    SELECT concat_ws(', ', m.key, m.citizen) INTO found FROM msb_org.attachment m WHERE m.case_table = 'valg';
    PERFORM msb_org.detach('valg');
    RETURN found;
EXCEPTION WHEN undefined_column THEN
    RETURN sqlerrm;
END $$;
SELECT spec, meant(spec) FROM unnest('{Nr,nr,NR,nR,"\"Nr\"","\"NR\"","\"nr\"","\"nR\"","  nr  "}'::text[]) spec;
SELECT spec, meant('nr', spec) FROM unnest('{a.b,A.B,"a.\"B\"","a . b","\"a\".\"B\"","\"a.b\"","c d","\"c d\"","C D","a.","a.b.c","a\"b"}'::text[]) spec;

--
-- Names that change
--
CREATE SCHEMA gl;
CREATE TABLE gl.borger (id integer PRIMARY KEY, cpr text, foedt date);
CREATE TABLE gl.sag (id integer PRIMARY KEY, borger integer REFERENCES gl.borger, opgave text, omraade text);
CREATE INDEX ON gl.sag (borger);
SELECT msb_org.attach('gl.sag', key => 'id', citizen => 'borger.cpr', birth => 'borger.foedt', facets => '{"task": "opgave"}', area => 'omraade', mode => 'fill');
INSERT INTO gl.borger VALUES (1, '610180-1000', '1980-01-01');
INSERT INTO gl.sag VALUES (1, 1, 'coordination');
ALTER TABLE gl.sag RENAME COLUMN opgave TO "Opgave, ny";
ALTER TABLE gl.sag RENAME COLUMN omraade TO enhed;
ALTER TABLE gl.sag RENAME COLUMN id TO sagsnr;
ALTER TABLE gl.sag RENAME COLUMN borger TO person;
INSERT INTO gl.sag VALUES (2, 1, 'coordination');
ALTER TABLE gl.borger RENAME COLUMN foedt TO "Født";
ALTER TABLE gl.borger RENAME COLUMN id TO "Id";
INSERT INTO gl.sag VALUES (3, 1, 'coordination');
ALTER TABLE gl.borger RENAME TO person;
INSERT INTO gl.sag VALUES (4, 1, 'coordination');
ALTER SCHEMA gl RENAME TO "Ny";
INSERT INTO "Ny".sag VALUES (5, 1, 'coordination');
UPDATE "Ny".person SET "Født" = '1990-01-01';
ALTER TABLE "Ny".sag RENAME TO sager;
INSERT INTO "Ny".sager VALUES (6, 1, 'coordination');
ALTER TABLE "Ny".person SET SCHEMA public;
INSERT INTO "Ny".sager VALUES (7, 1, 'coordination');
UPDATE person SET "Født" = '1970-01-01';
SELECT relation, key, citizen, birth, area, facets FROM msb_org.attachment WHERE case_table = 'sag';
SELECT * FROM "Ny".sager ORDER BY 1;
SELECT case_key, unit, rule, finding FROM msb_org.current_assignment WHERE case_table = 'sag' ORDER BY 1;
-- by the name in the ledger, or by the table's own
SELECT msb_org.attached_name('sag'), msb_org.attached_name('"Ny".sager');

SET client_min_messages = warning;
\set ECHO none
SELECT format('DROP SCHEMA %I CASCADE', navn || 's') FROM navn ORDER BY n \gexec
\set ECHO all
DROP SCHEMA "Ny" CASCADE;
DROP TABLE person, valg, valg2, navn, virk;
DROP FUNCTION meant, refused;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
