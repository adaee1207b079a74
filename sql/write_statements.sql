-- Every way to write a row gives the same answer.  After each the ledger and the
-- area column are compared with a plain query over the case table.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-01';
SET datestyle = ISO;
\pset null -
SELECT msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2019', DATE '2019-08-01');

CREATE ROLE regress_msb_app;
CREATE TABLE borger (borger_id integer PRIMARY KEY, foedt date);
CREATE TABLE sag (
    sag_id     integer NOT NULL,
    aar        integer NOT NULL DEFAULT 2019,
    borger_id  integer REFERENCES borger ON UPDATE CASCADE ON DELETE CASCADE,
    opgave     text,
    udfordring text,
    afsluttet  date,
    omraade    text,
    PRIMARY KEY (sag_id, aar)) PARTITION BY LIST (aar);
CREATE TABLE sag_2019 PARTITION OF sag FOR VALUES IN (2019);
CREATE TABLE sag_2020 (omraade text, slettet text, opgave text, udfordring text, aar integer NOT NULL, borger_id integer, afsluttet date, sag_id integer NOT NULL);
ALTER TABLE sag_2020 DROP COLUMN slettet;
ALTER TABLE sag ATTACH PARTITION sag_2020 FOR VALUES IN (2020);
CREATE INDEX ON sag (borger_id);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'borger_id.borger_id', birth => 'borger_id.foedt',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'afsluttet', area => 'omraade', mode => 'fill');
INSERT INTO borger SELECT n, DATE '1950-01-01' + n * 200 FROM generate_series(1, 130) n;
GRANT SELECT, INSERT, UPDATE, DELETE ON sag, sag_2019, sag_2020, borger TO regress_msb_app;

-- What differs from the plain query, and how many rows have been compared.
CREATE FUNCTION check_ledger() RETURNS TABLE (cases bigint, areas bigint, differ bigint) LANGUAGE sql AS $$
    SELECT count(s.sag_id), count(DISTINCT c.unit),
           count(*) FILTER (WHERE c.unit IS DISTINCT FROM s.area OR s.omraade IS DISTINCT FROM s.area
                               OR c.citizen IS DISTINCT FROM s.borger_id::text)
      FROM (SELECT s.*, msb_org.area_of(b.foedt, s.opgave, s.udfordring, NULL) AS area
              FROM sag s LEFT JOIN borger b USING (borger_id) WHERE s.afsluttet IS NULL) s
      FULL JOIN msb_org.current_assignment c ON c.case_key = s.sag_id::text
$$;
CREATE VIEW source AS
    SELECT n AS sag_id, 2019 + n % 2 AS aar, 1 + n % 120 AS borger_id,
           ('{authority,provision,benefit,coordination}'::text[])[1 + n % 4] AS opgave,
           ('{homelessness,disability,unemployment,sickness,brain_injury}'::text[])[1 + n % 5] AS udfordring
      FROM generate_series(1, 1000) n;
GRANT SELECT ON source TO regress_msb_app;

-- As a role with no right to anything of the extension's.
SET ROLE regress_msb_app;
SELECT has_schema_privilege('msb_org', 'USAGE') AS usage, has_table_privilege('msb_org.assignment', 'SELECT') AS ledger;

-- INSERT: a row, rows, from a query, COPY, into a partition, with RETURNING.
INSERT INTO sag VALUES (1, 2019, 1, 'provision', 'homelessness');
INSERT INTO sag VALUES (2, 2019, 2, 'benefit', 'homelessness'), (3, 2020, 120, 'authority', 'disability');
INSERT INTO sag SELECT * FROM source WHERE sag_id BETWEEN 4 AND 300;
COPY sag (sag_id, aar, borger_id, opgave, udfordring) FROM stdin;
301	2019	1	provision	homelessness
302	2020	120	benefit	\N
303	2019	60	coordination	sickness
\.
INSERT INTO sag_2019 SELECT * FROM source WHERE sag_id BETWEEN 304 AND 330 AND aar = 2019;
INSERT INTO sag_2020 (sag_id, aar, borger_id, opgave) VALUES (1304, 2020, 119, 'provision') RETURNING omraade;
WITH ny AS (INSERT INTO sag SELECT * FROM source WHERE sag_id BETWEEN 331 AND 360 RETURNING *)
SELECT count(*), count(omraade) FROM ny;
RESET ROLE;
SELECT * FROM check_ledger();
SET ROLE regress_msb_app;

-- UPDATE: all, FROM another table, one that moves rows, through a cursor.
UPDATE sag SET udfordring = 'mental_illness' WHERE udfordring = 'homelessness';
UPDATE sag SET opgave = 'benefit' FROM borger b WHERE b.borger_id = sag.borger_id AND b.foedt < '1955-01-01';
UPDATE sag SET aar = 4039 - aar WHERE sag_id % 3 = 0 AND sag_id < 331;
UPDATE sag SET aar = 4039 - aar, opgave = 'provision' WHERE sag_id % 5 = 0 AND sag_id < 331;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM sag_2019 ORDER BY sag_id FOR UPDATE;
MOVE 3 FROM c;
UPDATE sag_2019 SET opgave = 'benefit', udfordring = NULL WHERE CURRENT OF c;
MOVE 2 FROM c;
DELETE FROM sag_2019 WHERE CURRENT OF c;
COMMIT;
RESET ROLE;
SELECT * FROM check_ledger();
SET ROLE regress_msb_app;

-- ON CONFLICT and MERGE.
INSERT INTO sag SELECT * FROM source WHERE sag_id BETWEEN 350 AND 400
    ON CONFLICT (sag_id, aar) DO NOTHING;
INSERT INTO sag SELECT sag_id, aar, borger_id, 'benefit', udfordring FROM source WHERE sag_id BETWEEN 380 AND 420
    ON CONFLICT (sag_id, aar) DO UPDATE SET opgave = excluded.opgave, borger_id = 1 + excluded.borger_id;
INSERT INTO sag SELECT sag_id, aar, borger_id, 'provision', udfordring FROM source WHERE sag_id BETWEEN 380 AND 390
    ON CONFLICT (sag_id, aar) DO UPDATE SET opgave = excluded.opgave, omraade = excluded.omraade;
MERGE INTO sag s USING (SELECT * FROM source WHERE sag_id BETWEEN 400 AND 450) q ON s.sag_id = q.sag_id AND s.aar = q.aar
    WHEN MATCHED AND q.sag_id % 4 = 0 THEN DELETE
    WHEN MATCHED THEN UPDATE SET opgave = 'provision', udfordring = 'substance_misuse'
    WHEN NOT MATCHED THEN INSERT (sag_id, aar, borger_id, opgave, udfordring) VALUES (q.sag_id, q.aar, q.borger_id, q.opgave, q.udfordring);
RESET ROLE;
SELECT * FROM check_ledger();

-- Views: one that can be written to as it is, one with an INSTEAD OF trigger.
CREATE VIEW sager AS SELECT sag_id AS nr, borger_id, opgave, udfordring FROM sag WHERE aar = 2019;
ALTER VIEW sager ALTER COLUMN udfordring SET DEFAULT 'unknown';
CREATE VIEW oversigt AS SELECT s.sag_id, s.opgave, b.foedt FROM sag s JOIN borger b USING (borger_id);
CREATE FUNCTION skriv() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sag SET opgave = NEW.opgave WHERE sag_id = NEW.sag_id;
    UPDATE borger SET foedt = NEW.foedt FROM sag WHERE sag.sag_id = NEW.sag_id AND borger.borger_id = sag.borger_id;
    RETURN NEW;
END $$;
CREATE TRIGGER skriv INSTEAD OF UPDATE ON oversigt FOR EACH ROW EXECUTE FUNCTION skriv();
GRANT ALL ON sager, oversigt TO regress_msb_app;
SET ROLE regress_msb_app;
INSERT INTO sager SELECT 500 + sag_id, borger_id, opgave, udfordring FROM source WHERE sag_id <= 20;
INSERT INTO sager (nr, borger_id, opgave) VALUES (521, 4, 'provision');
UPDATE sager SET opgave = 'authority' WHERE nr BETWEEN 505 AND 512;
DELETE FROM sager WHERE nr = 506;
UPDATE oversigt SET opgave = 'coordination', foedt = '2008-01-01' WHERE sag_id IN (7, 9, 511);
RESET ROLE;
SELECT * FROM check_ledger();

-- PL/pgSQL, prepared statements (more often than a plan is made anew), SECURITY DEFINER.
CREATE FUNCTION opret(antal integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT * FROM source WHERE sag_id BETWEEN 601 AND 600 + antal LOOP
        INSERT INTO sag (sag_id, borger_id) VALUES (r.sag_id, r.borger_id);
        UPDATE sag SET opgave = r.opgave WHERE sag_id = r.sag_id;
        BEGIN
            UPDATE sag SET udfordring = r.udfordring WHERE sag_id = r.sag_id;
            IF r.sag_id % 2 = 0 THEN
                RAISE EXCEPTION 'fortryd';
            END IF;
        EXCEPTION WHEN raise_exception THEN
            NULL;
        END;
    END LOOP;
END $$;
SET ROLE regress_msb_app;
SELECT opret(40);
PREPARE ny (integer, text) AS INSERT INTO sag (sag_id, borger_id, opgave) VALUES ($1, $1 % 120 + 1, $2);
PREPARE om (integer, text) AS UPDATE sag SET opgave = $2 WHERE sag_id = $1;
EXECUTE ny (701, 'provision');
EXECUTE ny (702, 'benefit');
EXECUTE ny (703, 'authority');
EXECUTE ny (704, 'provision');
EXECUTE ny (705, 'coordination');
EXECUTE ny (706, 'provision');
EXECUTE ny (707, 'benefit');
EXECUTE om (701, 'benefit');
EXECUTE om (707, 'provision');
RESET ROLE;
SELECT * FROM check_ledger();
-- The plans go on after the mode and the columns' names have changed.
SELECT msb_org.set_mode('sag', 'observe');
EXECUTE ny (708, 'benefit');
SELECT omraade FROM sag WHERE sag_id = 708;
SELECT msb_org.set_mode('sag', 'fill');
EXECUTE om (708, 'provision');
ALTER TABLE borger RENAME COLUMN foedt TO "født";
ALTER TABLE sag RENAME COLUMN udfordring TO "Udfordringens art";
EXECUTE ny (709, 'benefit');
EXECUTE om (708, 'authority');
ALTER TABLE borger RENAME COLUMN "født" TO foedt;
ALTER TABLE sag RENAME COLUMN "Udfordringens art" TO udfordring;
SELECT * FROM check_ledger();

-- Cascades from the citizen: another key, a deletion, in bulk.
SET ROLE regress_msb_app;
UPDATE borger SET borger_id = borger_id + 1000 WHERE borger_id BETWEEN 10 AND 20;
UPDATE borger SET borger_id = 21 + 1000, foedt = '1930-01-01' WHERE borger_id = 21;
DELETE FROM borger WHERE borger_id BETWEEN 30 AND 35;
UPDATE borger SET foedt = foedt - 3000;
RESET ROLE;
SELECT * FROM check_ledger();
SELECT count(*) FROM msb_org.renumbering;

-- Closed and opened again; deleted; and the ledger's history has no hole.
UPDATE sag SET afsluttet = '2019-09-01' WHERE sag_id % 2 = 0;
SELECT * FROM check_ledger();
UPDATE sag SET afsluttet = NULL WHERE sag_id % 4 = 0;
DELETE FROM sag WHERE sag_id % 7 = 0;
SELECT * FROM check_ledger();
SELECT count(*) > 1000 AS many, count(*) FILTER (WHERE overlapping) AS overlap, count(*) FILTER (WHERE valid_to IS NULL AND NOT last) AS open_but_not_last
  FROM (SELECT valid_to, lag(valid_to) OVER w > valid_from AS overlapping, lead(valid_from) OVER w IS NULL AS last
          FROM msb_org.assignment WINDOW w AS (PARTITION BY case_table, case_key ORDER BY valid_from)) s;

-- Areas of several partitions, written within a statement, whose rows are judged at once again.
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE sag SET opgave = CASE opgave WHEN 'benefit' THEN 'provision' ELSE 'benefit' END;
COMMIT;
SELECT * FROM check_ledger();

-- An application's own triggers: one that changes a facet after ours has run, one
-- that insists on an area, one that writes another case.
CREATE TABLE egen (nr integer PRIMARY KEY, foedt date, opgave text, omraade text, omraade_ved_skrivning text);
SELECT msb_org.attach('egen', key => 'nr', birth => 'foedt', facets => '{"task": "opgave"}', area => 'omraade', mode => 'fill');
CREATE FUNCTION egen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.omraade_ved_skrivning := NEW.omraade;
    IF NEW.nr = 1 THEN NEW.opgave := 'benefit'; END IF;
    IF NEW.nr = 2 THEN NEW.omraade := 'stab1'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER zzzzz BEFORE INSERT OR UPDATE ON egen FOR EACH ROW EXECUTE FUNCTION egen();
CREATE FUNCTION foelg() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.nr < 10 THEN
        INSERT INTO egen VALUES (NEW.nr + 10, NEW.foedt, NEW.opgave) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER foelg AFTER INSERT OR UPDATE ON egen FOR EACH ROW EXECUTE FUNCTION foelg();
INSERT INTO egen VALUES (1, '2000-01-01', 'provision'), (2, '2000-01-01', 'provision'), (3, '2000-01-01', 'provision');
SELECT e.*, a.unit, a.given, a.finding FROM egen e LEFT JOIN msb_org.current_assignment a ON a.case_table = 'egen' AND a.case_key = e.nr::text ORDER BY nr;

-- One that writes the citizen's other cases, whose areas were to be written next.
CREATE TABLE soeskende (nr integer PRIMARY KEY, foedt date, omraade text, andre integer DEFAULT 0);
SELECT msb_org.attach('soeskende', key => 'nr', birth => 'foedt', facet_values => '{"task": "provision", "challenge": "homelessness"}',
                      area => 'omraade', mode => 'fill');
CREATE FUNCTION andre() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE soeskende SET andre = andre + 1 WHERE nr <> NEW.nr;
    RETURN NULL;
END $$;
CREATE TRIGGER andre AFTER UPDATE OF omraade ON soeskende FOR EACH ROW EXECUTE FUNCTION andre();
INSERT INTO soeskende VALUES (1, '2000-01-01'), (2, '2000-01-01'), (3, '2000-01-01');
UPDATE soeskende SET foedt = '1970-01-01';
SELECT s.*, a.unit, a.given, a.finding FROM soeskende s LEFT JOIN msb_org.current_assignment a ON a.case_table = 'soeskende' AND a.case_key = s.nr::text ORDER BY nr;

-- One that changes the case after an area was given, before ours hears of that: it is stale.
CREATE OR REPLACE FUNCTION andre() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE soeskende SET foedt = '2000-01-01' WHERE nr = NEW.nr;
    RETURN NULL;
END $$;
UPDATE soeskende SET omraade = 'job' WHERE nr = 1;
SELECT s.*, a.unit, a.given, a.finding FROM soeskende s LEFT JOIN msb_org.current_assignment a ON a.case_table = 'soeskende' AND a.case_key = s.nr::text ORDER BY nr;

DROP VIEW source, sager, oversigt;
DROP TABLE sag, borger, egen, soeskende;
DROP FUNCTION check_ledger(), skriv(), opret(integer), egen(), foelg(), andre();
DROP ROLE regress_msb_app;
DEALLOCATE ALL;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
