-- What attach(), remap(), set_mode() and detach() refuse, and with which SQLSTATE.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', '2019-08-01');
RESET client_min_messages;

-- An error as one line, and its DETAIL and HINT.
CREATE FUNCTION lines(text) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(E'\n    ' || nullif($1, ''), '') $$;
CREATE PROCEDURE try(statement text) LANGUAGE plpgsql AS $$
DECLARE detail text; hint text;
BEGIN
    EXECUTE statement;
    RAISE INFO 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RAISE INFO '%: %', sqlstate, sqlerrm || lines(detail) || lines(hint);
END $$;
\set VERBOSITY terse

CREATE TABLE borger (id integer PRIMARY KEY, cpr text UNIQUE, foedt date, andet numeric);
CREATE TABLE sag (id integer PRIMARY KEY, cpr text, foedt date, borger_id integer REFERENCES borger (id), ven_id integer REFERENCES borger,
    opgave text, status text, oprettet date, belob numeric, dobbelt integer, par_a integer, par_b integer,
    kort varchar(4), helt char(3), tal integer, omraade text, slags text DEFAULT 'x', tid time, bool boolean,
    gen text GENERATED ALWAYS AS (slags || 'y') STORED, ident integer GENERATED ALWAYS AS IDENTITY,
    smaa text CHECK (smaa <> ''), json_col jsonb,
    UNIQUE (par_a, par_b), UNIQUE (belob));
CREATE UNIQUE INDEX ON sag (dobbelt) WHERE dobbelt > 0;
CREATE UNIQUE INDEX ON sag (par_a) INCLUDE (tal);
CREATE UNIQUE INDEX ON sag (lower(status));
CREATE UNIQUE INDEX ON sag (tid);

--
-- What is no table that can be attached
--
CREATE VIEW et_view AS SELECT * FROM sag;
CREATE MATERIALIZED VIEW et_matview AS SELECT * FROM sag;
CREATE FOREIGN DATA WRAPPER tom;
CREATE SERVER tom FOREIGN DATA WRAPPER tom;
CREATE FOREIGN TABLE fremmed (id integer) SERVER tom;
CREATE SEQUENCE et_nummer;
CREATE TYPE en_type AS (id integer);
CREATE TEMP TABLE midlertidig (id integer PRIMARY KEY);
CREATE UNLOGGED TABLE uden_log (id integer PRIMARY KEY);
CREATE TABLE delt (id integer PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE delt_1 PARTITION OF delt FOR VALUES FROM (0) TO (10);
CREATE TABLE arv (id integer PRIMARY KEY);
CREATE TABLE arving () INHERITS (arv);
CALL try($$ SELECT msb_org.attach('et_view', key => 'id') $$);
CALL try($$ SELECT msb_org.attach('et_matview', key => 'id') $$);
CALL try($$ SELECT msb_org.attach('fremmed', key => 'id') $$);
CALL try($$ SELECT msb_org.attach('et_nummer', key => 'last_value') $$);
CALL try($$ SELECT msb_org.attach('en_type', key => 'id') $$);
CALL try($$ SELECT msb_org.attach('sag_pkey', key => 'id') $$);
CALL try($$ SELECT msb_org.attach('pg_catalog.pg_class', key => 'oid') $$);
CALL try($$ SELECT msb_org.attach('information_schema.sql_features', key => 'feature_id') $$);
CALL try($$ SELECT msb_org.attach('msb_org.assignment', key => 'case_key') $$);
CALL try($$ SELECT msb_org.attach('midlertidig', key => 'id') $$);
CALL try($$ SELECT msb_org.attach('delt_1', key => 'id') $$);
CALL try($$ SELECT msb_org.attach('arv', key => 'id') $$);
CALL try($$ SELECT msb_org.attach('arving', key => 'id') $$);
CALL try($$ SELECT msb_org.attach('findes_ikke', key => 'id') $$);
CALL try($$ SELECT msb_org.attach(0, key => 'id') $$);
CALL try($$ SELECT msb_org.attach(NULL, key => 'id') $$);
CALL try($$ SELECT msb_org.attach('uden_log', key => 'id') $$);
SELECT msb_org.detach('uden_log');

--
-- Roles of columns
--
CALL try($$ SELECT msb_org.attach('sag', key => NULL) $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'nr') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'omr') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', citizen => '') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', citizen => 'ctid') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', citizen => '6101801000') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id, cpr') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'par_a, par_b') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'par_b') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'dobbelt') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'tal') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'status') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'belob') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'foedt') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'tid') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', birth => 'tal') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', birth => 'borger_id.andet') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', opened => 'cpr') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', decided => 'tid') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', closed => 'status') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', closed_values => '{luk}') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', closed => 'status', closed_values => '{}') $$);

-- paths
CALL try($$ SELECT msb_org.attach('sag', key => 'id', citizen => 'tal.cpr') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', citizen => 'nix.cpr') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', citizen => 'borger_id.nix') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', citizen => 'borger_id.cpr', birth => 'ven_id.foedt') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', citizen => 'public.borger.cpr') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'borger_id.cpr') $$);

-- the area
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'gen') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'ident') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'kort') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'helt') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'tal') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'json_col') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area_values => '{"unge": 1}') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'tal', area_values => '{"unge": 1}') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'tal', area_values => '[1, 2]') $$);
CREATE FUNCTION alle(skift jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT '{"boern": 1, "unge": 2, "voksne": 3, "udsatte": 4, "job": 5, "sundhed": 6, "mso": 7, "indgang": 8}' || skift $$;
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'tal', area_values => alle('{"mso": "x"}')) $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'tal', area_values => alle('{"mso": 5000000000}')) $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'tal', area_values => alle('{"mso": 6}')) $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'tal', area_values => alle('{"mso": "007"}')) $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'tal', area_values => alle('{"mso": null}')) $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', area => 'omraade', area_values => alle('{"mso": [7]}')) $$);
CREATE DOMAIN omraadekode AS text CHECK (VALUE IN ('boern', 'unge', 'voksne', 'udsatte', 'job', 'sundhed', 'mso'));
CREATE DOMAIN kortkode AS varchar(5);
CREATE TYPE omraadevalg AS ENUM ('boern', 'unge', 'voksne', 'udsatte', 'job', 'sundhed', 'mso');
CREATE TABLE domaene (id integer PRIMARY KEY, a omraadekode, b kortkode, c omraadevalg);
CALL try($$ SELECT msb_org.attach('domaene', key => 'id', area => 'a') $$);
CALL try($$ SELECT msb_org.attach('domaene', key => 'id', area => 'b') $$);
CALL try($$ SELECT msb_org.attach('domaene', key => 'id', area => 'c') $$);

-- facets
CALL try($$ SELECT msb_org.attach('sag', key => 'id', facets => '{"opgave": "opgave"}') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', facets => '{"task": "nix"}') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', facets => '{"task": null}') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', facets => '["task"]') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', facet_values => '{"opgave": "x"}') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', facet_values => '{"task": "myndighed"}') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', facet_values => '{"task": null}') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', facet_values => '{"task": "6101801000"}') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', facets => '{"task": "opgave"}', facet_values => '{"task": "benefit"}') $$);

-- mode and name
CALL try($$ SELECT msb_org.attach('sag', key => 'id', mode => 'on') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', mode => NULL) $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', vocabulary => NULL) $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', case_table => '') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', case_table => E'to\nlinjer') $$);

-- Nothing of all that left anything behind.
SELECT count(*) FROM msb_org.attached_table;
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname ~ 'msb_org' AND NOT tgisinternal AND tgrelid IN ('sag'::regclass, 'borger'::regclass);

--
-- Partitioned tables
--
CREATE TABLE delt_omr (id integer, omraade text, PRIMARY KEY (id, omraade)) PARTITION BY LIST (omraade);
CREATE TABLE delt_udtryk (id integer, omraade text) PARTITION BY RANGE (lower(omraade), id);
CREATE TABLE delt_to (id integer, aar integer, omraade text, PRIMARY KEY (id, aar, omraade)) PARTITION BY LIST (aar);
CREATE TABLE delt_to_1 PARTITION OF delt_to FOR VALUES IN (1) PARTITION BY LIST (omraade);
CALL try($$ SELECT msb_org.attach('delt_omr', key => 'id', area => 'omraade') $$);
CALL try($$ SELECT msb_org.attach('delt_udtryk', key => 'id', area => 'omraade') $$);
CALL try($$ SELECT msb_org.attach('delt_to', key => 'id', area => 'omraade') $$);

--
-- Attached already; another of the same name
--
CREATE SCHEMA andet;
CREATE TABLE andet.sag (id integer PRIMARY KEY);
SELECT msb_org.attach('sag', key => 'id', area => 'omraade');
CALL try($$ SELECT msb_org.attach('sag', key => 'id') $$);
CALL try($$ SELECT msb_org.attach('sag', key => 'id', case_table => 'sag2') $$);
CALL try($$ SELECT msb_org.attach('andet.sag', key => 'id') $$);
SELECT msb_org.attach('andet.sag', key => 'id', case_table => 'andet_sag');
SELECT case_table, relation FROM msb_org.attachment ORDER BY 1;
-- a name is looked for among the case tables first, then among the tables
SELECT msb_org.attached_name('sag'), msb_org.attached_name('andet.sag'), msb_org.attached_name('andet_sag');
SELECT msb_org.detach('andet.sag');
CALL try($$ SELECT msb_org.detach('andet.sag') $$);
CALL try($$ SELECT msb_org.detach('andet_sag') $$);
CALL try($$ SELECT msb_org.detach('610180-1000') $$);
CALL try($$ SELECT msb_org.detach('"') $$);
CALL try($$ SELECT msb_org.detach('a.b.c.d') $$);
CALL try($$ SELECT msb_org.detach('') $$);
CALL try($$ SELECT msb_org.detach(NULL) $$);

--
-- set_mode, remap
--
CALL try($$ SELECT msb_org.set_mode('sag', 'on') $$);
CALL try($$ SELECT msb_org.set_mode('nix', 'fill') $$);
CALL try($$ SELECT msb_org.remap('nix', key => 'id') $$);
CALL try($$ SELECT msb_org.remap('sag', key => 'nr') $$);
CALL try($$ SELECT msb_org.remap('sag', key => 'id', vocabulary => NULL) $$);
-- a remap that was refused leaves the map as it was
SELECT key, area, vocabulary FROM msb_org.attachment;

--
-- Who does not own the table
--
CREATE ROLE regress_msb_dba;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA msb_org TO regress_msb_dba;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA msb_org TO regress_msb_dba;
GRANT ALL ON borger, sag TO regress_msb_dba;
GRANT CREATE ON SCHEMA public TO regress_msb_dba;
SET ROLE regress_msb_dba;
CALL try($$ SELECT msb_org.attach('borger', key => 'id') $$);
CALL try($$ SELECT msb_org.set_mode('sag', 'fill') $$);
CALL try($$ SELECT msb_org.remap('sag', key => 'id') $$);
CALL try($$ SELECT msb_org.detach('sag') $$);
CALL try($$ CALL msb_org.reassign('sag') $$);
-- The table that a path leads to needs triggers of ours too: its owner's leave, or TRIGGER on it.
CREATE TABLE egen (id integer PRIMARY KEY, borger_id integer REFERENCES borger);
REVOKE TRIGGER ON borger FROM regress_msb_dba;
RESET ROLE;
REVOKE TRIGGER ON borger FROM regress_msb_dba;
SET ROLE regress_msb_dba;
CALL try($$ SELECT msb_org.attach('egen', key => 'id', citizen => 'borger_id.cpr') $$);
RESET ROLE;

-- A role without any grant
CREATE ROLE regress_msb_plain;
GRANT ALL ON sag TO regress_msb_plain;
SET ROLE regress_msb_plain;
CALL try($$ SELECT msb_org.attach('sag', key => 'id') $$);
CALL try($$ SELECT msb_org.remap('sag', key => 'id') $$);
CALL try($$ SELECT msb_org.set_mode('sag', 'fill') $$);
CALL try($$ SELECT msb_org.detach('sag') $$);
CALL try($$ SELECT msb_org.adopt('msb-2019', '2020-01-01') $$);
CALL try($$ SELECT msb_org.load_structure('msb-2018') $$);
CALL try($$ SELECT msb_org.judge_cases('sag', '{1}', 'write') $$);
CALL try($$ SELECT * FROM msb_org.impact('sag', on_date => '2019-09-01') $$);
CALL try($$ SELECT msb_org.reassign_due() $$);
CALL try($$ SELECT msb_org.override('sag', '1', 'unge', 'x') $$);
CALL try($$ SELECT msb_org.renumber_citizen('a', 'b', 'c') $$);
CALL try($$ SELECT msb_org.purge_ended(now()) $$);
CALL try($$ CALL msb_org.reassign('sag') $$);
CALL try($$ SELECT * FROM msb_org.assignment $$);
CALL try($$ SELECT * FROM msb_org.current_assignment $$);
CALL try($$ SELECT * FROM msb_org.violation $$);
CALL try($$ SELECT * FROM msb_org.attachment $$);
CALL try($$ INSERT INTO msb_org.alias VALUES ('default', 'task', 'x', 'benefit') $$);
CALL try($$ CREATE TRIGGER x AFTER INSERT ON sag FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', '{}') $$);
CALL try($$ CREATE TRIGGER x AFTER INSERT ON sag FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag') $$);
CALL try($$ CREATE TRIGGER x BEFORE INSERT ON sag FOR EACH ROW EXECUTE FUNCTION msb_org.fill_area('sag') $$);
CALL try($$ CREATE TRIGGER x BEFORE TRUNCATE ON sag FOR EACH STATEMENT EXECUTE FUNCTION msb_org.truncate_cases('sag') $$);
RESET ROLE;
-- Is there a function that changes something, or reads the ledger, that PUBLIC may call?
SELECT p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = 'msb_org'::regnamespace AND p.provolatile = 'v' AND has_function_privilege('regress_msb_plain', p.oid, 'EXECUTE')
 ORDER BY p.oid::regprocedure::text;

SET client_min_messages = warning;
DROP TABLE egen, sag, andet.sag, delt_omr, delt_udtryk, delt_to, delt, arv, arving, borger, domaene, midlertidig, uden_log CASCADE;
DROP SERVER tom CASCADE;
DROP FOREIGN DATA WRAPPER tom;
DROP SEQUENCE et_nummer;
DROP TYPE en_type, omraadevalg;
DROP DOMAIN omraadekode, kortkode;
DROP FUNCTION alle, lines;
DROP PROCEDURE try;
DROP SCHEMA andet;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
REVOKE CREATE ON SCHEMA public FROM regress_msb_dba;
DROP ROLE regress_msb_dba, regress_msb_plain;
