-- Random operations, random transactions and savepoints, on three tables at once:
-- one with an area column, whose constraint is at times immediate; one without,
-- always judged at commit; one in observe.  After each round the open rows of the
-- ledger must be what a plain query over the tables says, for all three, and so
-- must the areas in the column.  What is printed does not depend on the numbers.
SET client_min_messages = warning;
SET datestyle = ISO;
SET msb_org.today = '2019-09-01';
SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2018', DATE '2019-01-01'), msb_org.adopt('msb-2019', DATE '2019-10-01');
CREATE SCHEMA s1;
CREATE SCHEMA s2;
CREATE SCHEMA s3;
CREATE TABLE borger (borger_id integer PRIMARY KEY, foedt date);
CREATE TABLE s1.sag (sag_id integer PRIMARY KEY, borger_id integer REFERENCES borger ON UPDATE CASCADE ON DELETE SET NULL,
                     opgave text, udfordring text, afsluttet date, omraade text);
CREATE TABLE s2.sag (LIKE s1.sag INCLUDING ALL, FOREIGN KEY (borger_id) REFERENCES borger ON UPDATE CASCADE ON DELETE SET NULL);
CREATE TABLE s3.sag (LIKE s1.sag INCLUDING ALL, FOREIGN KEY (borger_id) REFERENCES borger ON UPDATE CASCADE ON DELETE SET NULL);
CREATE INDEX ON s1.sag (borger_id);
CREATE INDEX ON s2.sag (borger_id);
CREATE INDEX ON s3.sag (borger_id);
INSERT INTO borger SELECT n, DATE '2019-09-01' - n * 700 FROM generate_series(1, 50) n;
INSERT INTO msb_org.alias (facet, pattern, label) VALUES ('task', 'MYN*', 'authority'), ('challenge', 'Q1', 'homelessness');
SELECT msb_org.attach('s1.sag', key => 'sag_id', citizen => 'borger_id.borger_id', birth => 'borger_id.foedt', area => 'omraade',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'afsluttet', mode => 'fill', case_table => 's1'),
       msb_org.attach('s2.sag', key => 'sag_id', citizen => 'borger_id.borger_id', birth => 'borger_id.foedt',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'afsluttet', mode => 'fill', case_table => 's2'),
       msb_org.attach('s3.sag', key => 'sag_id', citizen => 'borger_id.borger_id', birth => 'borger_id.foedt', area => 'omraade',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'afsluttet', mode => 'observe', case_table => 's3');

CREATE FUNCTION draw(n integer) RETURNS integer LANGUAGE sql VOLATILE AS 'SELECT floor(random() * n)::integer';

-- One operation, as a statement with @ for the schema; mostly one row, at times many.
CREATE FUNCTION operation() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    tasks      text[] := '{provision,authority,benefit,coordination,MYN7,MYN,ukendt,NULL}';
    challenges text[] := '{homelessness,disability,unemployment,brain_injury,Q1,Q2,NULL}';
    task       text := quote_nullable(nullif(tasks[1 + draw(8)], 'NULL'));
    challenge  text := quote_nullable(nullif(challenges[1 + draw(7)], 'NULL'));
    few        text := CASE WHEN draw(5) = 0 THEN format('sag_id %% %s = %s', 7, draw(7)) ELSE format('sag_id = %s', 1 + draw(120)) END;
    today      date := msb_org.today();
BEGIN
    CASE draw(16)
        WHEN 0, 1, 2 THEN
            RETURN format('INSERT INTO @.sag SELECT n, 1 + n %% 50, %s, %s FROM generate_series(%s, %s) n WHERE 1 + n %% 50 IN (SELECT borger_id FROM borger) ON CONFLICT DO NOTHING',
                          task, challenge, draw(120), draw(125));
        WHEN 3 THEN
            RETURN format('INSERT INTO @.sag VALUES (%s, %s, %s, %s, %s, ''unge'') ON CONFLICT (sag_id) DO UPDATE SET opgave = excluded.opgave, afsluttet = NULL',
                          1 + draw(120), (SELECT b.borger_id FROM borger b ORDER BY random() LIMIT 1), task, challenge,
                          quote_nullable(CASE draw(3) WHEN 0 THEN today - draw(5) WHEN 1 THEN today + draw(20) END));
        WHEN 4, 5 THEN RETURN format('UPDATE @.sag SET opgave = %s WHERE %s', task, few);
        WHEN 6 THEN RETURN format('UPDATE @.sag SET udfordring = %s WHERE %s', challenge, few);
        WHEN 7 THEN RETURN format('UPDATE @.sag SET afsluttet = %L WHERE %s', today - draw(5), few);
        WHEN 8 THEN RETURN format('UPDATE @.sag SET afsluttet = %L WHERE %s', today + draw(20), few);
        WHEN 9 THEN RETURN format('UPDATE @.sag SET afsluttet = NULL WHERE %s', few);
        WHEN 10 THEN RETURN format('DELETE FROM @.sag WHERE %s', few);
        WHEN 11 THEN RETURN format('UPDATE borger SET foedt = %L WHERE borger_id %% 50 = %s', today - draw(30000), draw(50));
        WHEN 12 THEN RETURN format('UPDATE @.sag SET borger_id = (SELECT max(b.borger_id) FROM borger b WHERE b.borger_id <= %s) WHERE %s', draw(60), few);
        WHEN 13 THEN
            RETURN format('UPDATE @.sag s SET sag_id = sag_id + 500 - 2 * 500 * (sag_id / 500) WHERE %s AND NOT EXISTS'
                          ' (SELECT FROM @.sag o WHERE o.sag_id = s.sag_id + 500 - 2 * 500 * (s.sag_id / 500))', few);
        WHEN 14 THEN
            CASE draw(6)
                WHEN 0 THEN RETURN format('UPDATE borger b SET borger_id = 100 - borger_id WHERE borger_id = %s AND NOT EXISTS'
                                          ' (SELECT FROM borger o WHERE o.borger_id = 100 - b.borger_id)', draw(100));
                WHEN 1 THEN RETURN format('DELETE FROM borger WHERE borger_id = %s', 1 + draw(200));
                WHEN 2 THEN RETURN 'DELETE FROM @.sag WHERE sag_id > 400';
                ELSE RETURN format('UPDATE @.sag SET omraade = %L WHERE %s', ('{unge,job,sundhed}'::text[])[1 + draw(3)], few);
            END CASE;
        ELSE RETURN format('UPDATE @.sag SET opgave = opgave, omraade = NULL WHERE %s', few);
    END CASE;
END $$;

CREATE PROCEDURE play(statement text) LANGUAGE plpgsql AS $$
BEGIN
    IF statement NOT LIKE '%@%' THEN
        EXECUTE statement;
    ELSE
        EXECUTE replace(statement, '@', 's1');
        EXECUTE replace(statement, '@', 's2');
        EXECUTE replace(statement, '@', 's3');
    END IF;
END $$;

-- What the tables say and what the ledger says; whatever is in one only.
CREATE VIEW plain AS
    SELECT s.schema AS case_table, s.sag_id::text AS case_key, coalesce(s.borger_id::text, '') AS citizen, s.omraade,
           CASE WHEN l.task IS NOT NULL AND (s.udfordring IS NULL OR l.challenge IS NOT NULL) AND b.foedt <= msb_org.today() IS NOT FALSE
                THEN msb_org.area_of(b.foedt, l.task, l.challenge, NULL) END AS unit
      FROM (SELECT 's1' AS schema, * FROM s1.sag UNION ALL SELECT 's2', * FROM s2.sag UNION ALL SELECT 's3', * FROM s3.sag) s
      LEFT JOIN borger b USING (borger_id),
   LATERAL (SELECT (SELECT f.label FROM msb_org.label f WHERE f.facet = 'task' AND f.label =
                           coalesce((SELECT a.label FROM msb_org.alias a WHERE a.facet = 'task' AND
                                            s.opgave LIKE replace(a.pattern, '*', '%')
                                      ORDER BY a.pattern LIKE '%*', length(a.pattern) DESC LIMIT 1), s.opgave)) AS task,
                   (SELECT f.label FROM msb_org.label f WHERE f.facet = 'challenge' AND f.label =
                           coalesce((SELECT a.label FROM msb_org.alias a WHERE a.facet = 'challenge' AND a.pattern = s.udfordring), s.udfordring)) AS challenge) l
     WHERE s.afsluttet IS NULL OR s.afsluttet > msb_org.today();
CREATE VIEW difference AS
    SELECT coalesce(p.case_table, a.case_table) AS case_table, coalesce(p.case_key, a.case_key) AS case_key,
           p.unit AS plain, a.unit AS ledger, p.citizen AS plain_citizen, a.citizen AS ledger_citizen, p.omraade, a.given, a.finding
      FROM plain p
      FULL JOIN (SELECT * FROM msb_org.assignment WHERE valid_to IS NULL) a ON a.case_table = p.case_table AND a.case_key = p.case_key
     WHERE p.case_key IS NULL OR a.case_key IS NULL OR p.unit IS DISTINCT FROM a.unit OR p.citizen <> a.citizen
        OR (a.unit IS NULL) <> (a.finding IS NOT NULL AND a.finding <> 'wrong_area')
        OR (p.case_table = 's1' AND p.unit IS NOT NULL AND p.omraade IS DISTINCT FROM p.unit AND a.finding IS DISTINCT FROM 'wrong_area')
        OR (p.case_table = 's1' AND a.finding = 'wrong_area' AND p.omraade = p.unit)
        OR (p.case_table = 's3' AND a.finding = 'wrong_area' AND p.omraade IS NOT DISTINCT FROM p.unit);

CREATE TABLE counted (what text PRIMARY KEY, n integer NOT NULL);
CREATE PROCEDURE rounds(seed float, transactions integer) LANGUAGE plpgsql AS $$
DECLARE
    wrong  record;
    judged integer;
BEGIN
    PERFORM setseed(seed);
    FOR t IN 1 .. transactions LOOP
        CASE draw(4)
            WHEN 0 THEN SET CONSTRAINTS s1.msb_org_area IMMEDIATE;
            WHEN 1 THEN
                IF draw(3) = 0 THEN
                    SET CONSTRAINTS ALL IMMEDIATE;
                END IF;
            ELSE NULL;
        END CASE;
        FOR i IN 1 .. 1 + draw(6) LOOP
            IF draw(3) > 0 THEN
                CALL play(operation());
            ELSE
                BEGIN
                    FOR j IN 1 .. 1 + draw(4) LOOP
                        CALL play(operation());
                    END LOOP;
                    IF draw(4) = 0 THEN
                        SET CONSTRAINTS ALL IMMEDIATE;
                        SET CONSTRAINTS ALL DEFERRED;
                    END IF;
                    IF draw(2) = 0 THEN
                        RAISE SQLSTATE 'UNDO0';
                    END IF;
                EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
                    NULL;
                END;
            END IF;
        END LOOP;
        COMMIT;
        IF t % 12 = 0 THEN
            -- a day or a month later the daily job runs
            PERFORM set_config('msb_org.today', (msb_org.today() + 1 + draw(30))::text, false);
            PERFORM msb_org.reassign_due();
            COMMIT;
        END IF;
        IF t % 30 = 0 THEN
            -- the codes change their meaning, and everything is judged anew
            UPDATE msb_org.alias SET label = (ARRAY['authority', 'provision', 'benefit'])[1 + draw(3)] WHERE facet = 'task';
            INSERT INTO msb_org.alias (facet, pattern, label) VALUES ('challenge', 'Q2', 'disability')
                ON CONFLICT (vocabulary, facet, pattern) DO UPDATE SET label = 'unemployment';
            COMMIT;
            IF draw(4) = 0 THEN
                TRUNCATE s1.sag, s2.sag, s3.sag;
                CALL play(operation());
                COMMIT;
            END IF;
            CALL msb_org.reassign('s1', 1 + draw(50));
            CALL msb_org.reassign('s2', 7);
            CALL msb_org.reassign('s3');
        END IF;
        SELECT * INTO wrong FROM difference LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'seed %, transaction %: %', seed, t, wrong;
        END IF;
        SELECT count(*) INTO judged FROM plain;
        INSERT INTO counted VALUES ('transactions', 1), ('cases compared', judged)
            ON CONFLICT (what) DO UPDATE SET n = counted.n + excluded.n;
        COMMIT;
    END LOOP;
END $$;
CALL rounds(0.1, 90);
CALL rounds(0.2, 40);
CALL rounds(0.3, 40);

SELECT what, CASE what WHEN 'transactions' THEN n::text ELSE (n > 10000)::text END AS enough FROM counted ORDER BY what;
SELECT count(*) AS rows_that_overlap
  FROM (SELECT a.valid_from, lag(coalesce(a.valid_to, 'infinity')) OVER (PARTITION BY a.case_table, a.case_key ORDER BY a.valid_from) AS before
          FROM msb_org.assignment a) s
 WHERE before > valid_from;
SELECT count(*) AS cases_with_more_than_one_open_row
  FROM (SELECT FROM msb_org.assignment WHERE valid_to IS NULL GROUP BY case_table, case_key HAVING count(*) > 1) s;
SELECT count(*) > 1000 AS much_has_ended FROM msb_org.assignment WHERE valid_to IS NOT NULL;

DROP VIEW difference, plain;
DROP PROCEDURE rounds(float, integer), play(text);
DROP FUNCTION operation(), draw(integer);
DROP TABLE counted, s1.sag, s2.sag, s3.sag, borger;
DROP SCHEMA s1, s2, s3;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
