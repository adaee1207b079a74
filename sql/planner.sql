-- in_area: area_of as a condition, and what the planner makes of it.
SET search_path = msb_org, pg_catalog;
SET datestyle = iso;
SET client_encoding = 'UTF8';
SET msb_org.today = '2019-09-02';
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET max_parallel_workers_per_gather = 0;
SET jit = off;
BEGIN;
SELECT load_structure('msb-2018'), load_structure('msb-2019');

-- The first and the last number of a day, in every century.
SAVEPOINT one;
INSERT INTO enactment (structure, revision, from_date, in_force, document, adopted_by)
SELECT 'one', 1, '1850-01-01', '[1850-01-01,2060-01-01)', jsonb_set(shipped_structure('msb-2019'), '{rules}', '[{"rule": "R1", "unit": "one", "target": "age 0"}]'), 'test';
SELECT birth, mask(least) AS least, least >= first AS not_before, birth_date(first) = birth AS that_day, mask(most) AS most, most <= last AS not_after, birth_date(last) = birth AS this_day
FROM (VALUES ('1858-01-01'::date, '610158-5000', '610158-8999'), ('1899-12-31', '911299-5000', '911299-8999'), ('1900-01-01', '610100-0000', '610100-3999'), ('1937-01-01', '610137-0000', '610137-9999'),
             ('1999-12-31', '911299-0000', '911299-9999'), ('2000-01-01', '610100-4000', '610100-9999'), ('2036-12-31', '911236-4000', '911236-9999'), ('2037-01-01', '610137-5000', '610137-8999'), ('2057-12-31', '911257-5000', '911257-8999')) AS v (birth, a, b),
     LATERAL (SELECT a::cpr AS least, b::cpr AS most, cpr_from('one', (birth + interval '1 year')::date - 1) AS first, cpr_until('one', birth) AS last) AS c;
-- No number is of an earlier day than 1858, and none of a later one than 2057 has a date to rely on.
SELECT birth_date(cpr_from('one', '1858-06-01')), cpr_until('one', '1857-12-31'), birth_date(cpr_until('one', '2058-06-01')), cpr_from('one', '2059-12-31');
ROLLBACK TO one;
SELECT adopt('msb-2018', '2015-01-01'), adopt('msb-2019', '2019-08-01');

-- Chance that is the same everywhere: a number below "below" for a key.
CREATE FUNCTION pg_temp.chance(key int, what int, below int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN (pg_catalog.hashint4extended(key, what) & 1073741823) % below;
CREATE FUNCTION pg_temp.pick(key int, what int, list text[]) RETURNS text LANGUAGE sql IMMUTABLE
RETURN list[1 + pg_temp.chance(key, what, pg_catalog.cardinality(list))];

--
-- Cases: births in the future, more than 150 years ago, on 29 February, infinite,
-- none; numbers with letters, none.  "born" is never NULL.
--
CREATE TABLE sag (nr int PRIMARY KEY, birth date, born date NOT NULL, person cpr, number varchar(11), task text, challenge varchar(30), service text);
INSERT INTO sag
SELECT nr, CASE pg_temp.chance(nr, 1, 40) WHEN 0 THEN NULL ELSE born END, born,
       number::cpr, number, task, challenge, service
FROM (SELECT nr,
             CASE WHEN nr % 150 = 0 THEN pg_temp.pick(nr, 2, '{infinity,-infinity,2020-02-29,2031-05-05,1850-01-01,0500-01-01 BC,1860-02-29,1858-01-01,2056-02-29}')::date
                  WHEN nr % 50 = 0 THEN pg_temp.pick(nr, 3, '{1988-02-29,1988-02-28,1988-03-01,2004-02-29,2004-02-28,2004-03-01,1952-02-29,1989-09-02,1989-09-03,2004-09-02,2004-09-03}')::date
                  ELSE '2019-12-01'::date - pg_temp.chance(nr, 4, 36500) * pg_temp.chance(nr, 5, 1000) / 1000 END AS born,
             pg_temp.pick(nr, 6, '{authority,provision,provision,benefit,coordination}') AS task,
             pg_temp.pick(nr, 7, '{unknown,unemployment,unemployment,unemployment,sickness,mental_illness,homelessness,substance_misuse,physical_disability,mental_disability,vulnerable_child,flexjob,integration,brain_injury}') AS challenge,
             nullif(pg_temp.pick(nr, 8, '{NULL,general,general,family_support,specialised_disability,aftercare,residential,day_offer,employment,employment,substance_treatment,social_medicine}'), 'NULL') AS service
      FROM generate_series(1, 20000) AS nr) AS v,
     LATERAL (SELECT CASE WHEN nr % 29 = 0 THEN NULL
                          WHEN NOT isfinite(born) OR born NOT BETWEEN '1858-01-01' AND '2057-12-31' THEN NULL
                          WHEN nr % 31 = 0 AND born >= '1900-01-01' THEN to_char(born, 'DDMMYY-') || CASE WHEN born < '2000-01-01' THEN '0AB1' ELSE '6AB1' END
                          ELSE format('%s%s-%s%s', 60 + extract(day FROM born), to_char(born, 'MMYY'),
                                      CASE WHEN born < '1900-01-01' THEN 5 WHEN born < '2000-01-01' THEN 0 WHEN born < '2037-01-01' THEN 4 ELSE 8 END,
                                      lpad((nr % 1000)::text, 3, '0')) END AS number) AS n;
CREATE INDEX sag_birth ON sag (birth);
CREATE INDEX sag_born ON sag (born);
CREATE INDEX sag_person ON sag (person);
CREATE INDEX sag_number ON sag ((number::cpr));
ANALYZE sag;
SELECT count(*), count(birth) AS birth, count(*) FILTER (WHERE NOT isfinite(birth)) AS infinite, count(*) FILTER (WHERE birth > today()) AS unborn,
       count(person) AS person, count(*) FILTER (WHERE NOT birth_certain(person)) AS letters FROM sag;

--
-- The same as area_of(…) = unit: true, false, NULL, and the same errors
--
SELECT unit, birth, in_area(unit, birth, 'authority', 'homelessness', NULL) AS in_area, area_of(birth, 'authority', 'homelessness', NULL) = unit AS area_of
FROM unnest(ARRAY['unge', 'job', 'nobody', NULL]) AS unit, unnest(ARRAY['1998-03-14', '2020-01-01', '-infinity', NULL]::date[]) AS birth;
SELECT in_area('unge', '740398-0121'::cpr, 'authority', 'homelessness', NULL) AS number, in_area('indgang', '010101-0AA0'::cpr, 'authority', 'homelessness', NULL) AS letters,
       in_area('indgang', NULL::cpr, 'authority', 'homelessness', NULL) AS none, in_area('sou', '1998-03-14'::date, 'authority', 'homelessness', NULL, '2019-07-31') AS before_the_merger,
       in_area('unge', '1998-03-14'::date, 'authority', 'homelessness', NULL, '2014-12-31') AS no_structure, in_area('unge', '1998-03-14'::date, 'authority', 'homelessness', NULL, NULL) AS no_day;
SELECT in_area('unge', '1998-03-14'::date, 'Myndighed', NULL, NULL);
SELECT in_area('unge', '740398-0121'::cpr, NULL, NULL, NULL);
-- For every case and every unit.
SELECT count(*) AS compared, count(*) FILTER (WHERE in_area(unit, birth, task, challenge, service) IS DISTINCT FROM (area_of(birth, task, challenge, service) = unit)) AS by_birth,
       count(*) FILTER (WHERE in_area(unit, person, task, challenge, service) IS DISTINCT FROM (area_of(person, task, challenge, service) = unit)) AS by_number
FROM sag, unit WHERE structure = 'msb-2019' AND kind IN ('operating_area', 'entry', 'external');

--
-- Which births a unit can have
--
SELECT unit, birth_from(unit), birth_until(unit), birth_date(cpr_from(unit)) AS cpr_from, birth_date(cpr_until(unit)) AS cpr_until
FROM unnest('{boern,unge,voksne,udsatte,job,sundhed,indgang,mso,stab1,nobody}'::text[]) AS unit;
-- Whoever was born on 29 February has their birthday on 1 March in common years.
SELECT day AS on_date, birth_from('unge', day), birth_until('unge', day), birth_date(cpr_from('unge', day)) AS cpr_from, birth_date(cpr_until('unge', day)) AS cpr_until
FROM unnest('{2020-02-28,2020-02-29,2020-03-01,2021-02-28,2021-03-01,2033-02-28,2033-03-01,2080-01-01,2019-07-31,2014-12-31,infinity,NULL}'::date[]) AS day;
SELECT day AS on_date, birth_from('mso', day), birth_until('mso', day), birth_date(cpr_from('mso', day)) AS cpr_from, birth_date(cpr_until('mso', day)) AS cpr_until FROM unnest('{2019-09-02,5874897-12-31}'::date[]) AS day;
-- Each is a number that can be written and read.
SELECT count(*) AS numbers, count(*) FILTER (WHERE number::text::cpr <> number) AS wrong
FROM generate_series('1874-01-01'::date, '2085-01-01'::date, interval '97 days') AS day, LATERAL (VALUES (cpr_from('unge', day::date)), (cpr_until('unge', day::date))) AS v (number) WHERE number IS NOT NULL;
SELECT birth_from(NULL), birth_until('unge', NULL), cpr_from('unge', '2019-09-02', NULL);
SELECT birth_from('unge', '2019-09-02', true), birth_from('boern', '2019-09-02', true);
SELECT cpr_from('boern', '2019-09-02', true);
\echo :LAST_ERROR_SQLSTATE

-- A plan as every version shows it: from 18 on what is disabled is marked.
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line !~ '^ *Disabled: true$' THEN RETURN NEXT line; END IF;
    END LOOP;
END $$;

--
-- Index conditions
--
SET LOCAL enable_seqscan = off;
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('unge', birth, task, challenge, service)$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('unge', born, task, challenge, service, '2019-10-01')$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('mso', person, 'authority', challenge, NULL)$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('mso', number::cpr, task, challenge, service)$$);
-- Two units.
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('unge', birth, task, challenge, service) OR in_area('mso', birth, task, challenge, service)$$);
-- The day from another table.
CREATE TEMP TABLE day AS SELECT '2019-09-01'::date + n AS day FROM generate_series(0, 2) AS n;
ANALYZE day;
SELECT pg_temp.plan($$SELECT FROM day, sag WHERE in_area('unge', birth, task, challenge, service, day)$$);
-- By another access method.
CREATE TABLE by_block AS SELECT * FROM sag ORDER BY birth;
CREATE INDEX ON by_block USING brin (birth);
SELECT pg_temp.plan($$SELECT FROM by_block WHERE in_area('unge', birth, task, challenge, service)$$);
-- None: the unit takes people of any age, or it or the day is not known beforehand.
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('boern', born, task, challenge, service)$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area(task, born, task, challenge, service)$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('unge', born, task, challenge, service, born)$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('unge', born, task, challenge, service, NULL)$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE NOT in_area('unge', born, task, challenge, service)$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE area_of(born, task, challenge, service) = 'unge'$$);
-- Where another structure gives the unit people of unknown age, only where there is no NULL.
INSERT INTO enactment (structure, revision, from_date, in_force, document, adopted_by)
SELECT 'early', 1, '2014-01-01', '[2014-01-01,2014-07-01)', jsonb_set(shipped_structure('msb-2019'), '{rules}',
           '[{"rule": "R1", "unit": "unge", "target": "age 0-20"}, {"rule": "R2", "unit": "unge", "target": "age unknown"}]'), 'test';
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('unge', birth, task, challenge, service)$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('unge', birth, task, challenge, service, '2019-09-02')$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('unge', birth, task, challenge, service) AND birth IS NOT NULL$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('unge', birth, task, challenge, service) AND birth < '2000-01-01'$$);
SELECT pg_temp.plan($$SELECT FROM sag WHERE in_area('unge', born, task, challenge, service)$$);

--
-- The rows are the same with the index and without, by many structures: random
-- rules, ages that are unknown among them, each in force for two years.
--
CREATE TEMP TABLE made AS
SELECT k, key, 'r' || n AS rule, 'u' || pg_temp.chance(key, 2, 4) AS unit,
       concat_ws('; ', CASE WHEN form = 0 THEN 'age unknown' WHEN form = 1 AND k % 3 > 0 THEN 'age 90-'
                            WHEN form > 1 THEN format('age %s-%s', least(a, b), greatest(a, b)) END,
                 CASE pg_temp.chance(key, 4, 3) WHEN 0 THEN NULL ELSE 'task ' || (SELECT string_agg(DISTINCT t, '|') FROM unnest(ARRAY[
                     pg_temp.pick(key, 5, '{authority,provision,benefit,coordination}'), pg_temp.pick(key, 6, '{authority,provision,benefit,coordination}')]) AS t) END,
                 CASE pg_temp.chance(key, 7, 2) WHEN 0 THEN NULL ELSE 'challenge ' || (SELECT string_agg(DISTINCT c, '|') FROM unnest(ARRAY[
                     pg_temp.pick(key, 8, '{unknown,unemployment,disability,social_exposure}'), pg_temp.pick(key, 9, '{sickness,homelessness,flexjob,integration}')]) AS c) END,
                 CASE pg_temp.chance(key, 10, 3) WHEN 0 THEN 'service residential|employment' END) AS target
FROM generate_series(1, 15) AS k, generate_series(1, 6) AS n,
     LATERAL (SELECT k * 100 + n AS key) AS keyed,
     -- u3 has nobody of unknown age by any of them
     LATERAL (SELECT CASE pg_temp.chance(key, 2, 4) WHEN 3 THEN 2 ELSE pg_temp.chance(key, 3, 12) END AS form) AS formed,
     LATERAL (SELECT pg_temp.pick(key, 11, '{0,14,15,18,30,66,67,150}')::int AS a, pg_temp.pick(key, 12, '{0,14,17,29,31,66,100,149}')::int AS b) AS ages;
UPDATE made SET target = 'any' WHERE target = '';
INSERT INTO enactment (structure, revision, from_date, in_force, document, adopted_by)
SELECT 'k' || k, 1, day, daterange(day, (day + interval '2 years')::date),
       shipped_structure('msb-2019') || jsonb_build_object('structure', 'k' || k,
           'rules', (SELECT jsonb_agg(jsonb_build_object('rule', rule, 'unit', unit, 'target', target)) FROM made AS m WHERE m.k = v.k),
           'precedences', (SELECT jsonb_agg(jsonb_build_object('rule', one.rule, 'over', other.rule)) FROM made AS one JOIN made AS other USING (k)
                           WHERE k = v.k AND one.key < other.key AND pg_temp.chance(one.key * 7 + other.key, 13, 10) < 8)), 'test'
FROM generate_series(1, 15) AS v (k), LATERAL (SELECT make_date(1970 + 2 * k, 1, 1) AS day) AS day;
CREATE TEMP TABLE asked AS
SELECT make_date(1970 + 2 * k + y, m, d) AS day, k FROM generate_series(1, 15) AS k, generate_series(0, 1) AS y,
       (VALUES (1, 1), (2, 28), (3, 1), (7, 7)) AS v (m, d)
UNION ALL SELECT make_date(1970 + 2 * k, 2, 29), k FROM generate_series(1, 15, 2) AS k;
-- A smaller table, in which the odd births are more.
CREATE TABLE few AS SELECT * FROM sag WHERE nr % 50 = 0 OR nr % 29 = 0 AND nr % 3 = 0 OR nr % 31 = 0 AND nr % 3 = 0 OR birth IS NULL AND nr % 2 = 0 OR nr % 19 = 0;
ALTER TABLE few ALTER born SET NOT NULL;
CREATE INDEX few_birth ON few (birth);
CREATE INDEX few_born ON few (born);
CREATE INDEX few_person ON few (person);
ANALYZE few;
CREATE TEMP TABLE plain AS
SELECT day, col, unit, array_agg(nr ORDER BY nr) AS nrs
FROM (SELECT day, nr, area_of(birth, task, challenge, service, day) AS birth, area_of(born, task, challenge, service, day) AS born,
             area_of(person, task, challenge, service, day) AS person FROM few, asked OFFSET 0) AS v,
     LATERAL (VALUES ('birth', birth), ('born', born), ('person', person)) AS c (col, unit)
GROUP BY 1, 2, 3;
CREATE FUNCTION pg_temp.rows_of(asked text, OUT nrs int[], OUT indexed bool) LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
    indexed := false;
    FOR line IN EXECUTE 'EXPLAIN ' || asked LOOP indexed := indexed OR line ~ 'Index Cond'; END LOOP;
    EXECUTE asked INTO nrs;
END $$;
CREATE TEMP TABLE compared (col text, day_is text, day date, unit text, indexed bool, rows int, wrong bool);
DO $$
DECLARE
    r record;
    found record;
    expected int[];
BEGIN
    FOR r IN SELECT * FROM asked, unnest('{u0,u1,u2,u3,nobody}'::text[]) AS unit, unnest('{birth,born,person}'::text[]) AS col, unnest('{const,prepared}'::text[]) AS day_is LOOP
        expected := (SELECT nrs FROM plain AS p WHERE p.day = r.day AND p.col = r.col AND p.unit = r.unit);
        IF r.day_is = 'const' THEN
            found := pg_temp.rows_of(format('SELECT array_agg(nr ORDER BY nr) FROM few WHERE in_area(%L, %I, task, challenge, service, %L)', r.unit, r.col, r.day));
        ELSE
            SET LOCAL plan_cache_mode = force_generic_plan;
            EXECUTE format('PREPARE q (date) AS SELECT array_agg(nr ORDER BY nr) FROM few WHERE in_area(%L, %I, task, challenge, service, $1)', r.unit, r.col);
            found := pg_temp.rows_of(format('EXECUTE q (%L)', r.day));
            DEALLOCATE q;
        END IF;
        INSERT INTO compared VALUES (r.col, r.day_is, r.day, r.unit, found.indexed, coalesce(cardinality(found.nrs), 0), found.nrs IS DISTINCT FROM expected);
    END LOOP;
END $$;
SELECT col, day_is, count(*) AS queries, count(*) FILTER (WHERE indexed) AS by_index, sum(rows) FILTER (WHERE indexed) AS rows_by_index, count(*) FILTER (WHERE wrong) AS wrong
FROM compared GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM compared WHERE wrong ORDER BY 1, 2, 3, 4;

--
-- Plans that are kept.  What is adopted later gives unge other ages, then people
-- of unknown age: the same question must have the new answer.
--
DELETE FROM few WHERE nr % 2 = 0;
SELECT copy_structure('msb-2019', 'wider'), copy_structure('msb-2019', 'open');
UPDATE rule SET target = 'subject citizen; age 13-40' WHERE structure = 'wider' AND rule = 'B1';
UPDATE rule SET target = 'subject citizen' WHERE structure = 'open' AND rule = 'B1';
DELETE FROM rule WHERE structure IN ('wider', 'open') AND rule <> 'B1' AND unit <> 'job';
DELETE FROM rule WHERE structure IN ('wider', 'open') AND unit = 'job' AND rule <> 'E2';
INSERT INTO rule (structure, rule, unit, target) VALUES ('wider', 'Z1', 'voksne', 'subject citizen; age 41-'), ('wider', 'Z2', 'boern', 'subject citizen; age 0-12'), ('wider', 'Z3', 'indgang', 'subject citizen; age unknown');
-- as if "early" and the random ones had never been
SET LOCAL session_replication_role = replica;
DELETE FROM enactment WHERE structure NOT LIKE 'msb-%';
SET LOCAL session_replication_role = origin;
CREATE FUNCTION pg_temp.asks(OUT birth bigint, OUT born bigint, OUT person bigint) LANGUAGE plpgsql AS $$
BEGIN
    SELECT count(*) INTO birth FROM few AS f WHERE in_area('unge', f.birth, task, challenge, service);
    SELECT count(*) INTO born FROM few AS f WHERE in_area('unge', f.born, task, challenge, service);
    SELECT count(*) INTO person FROM few AS f WHERE in_area('unge', f.person, task, challenge, service);
END $$;
CREATE FUNCTION pg_temp.plainly(OUT birth bigint, OUT born bigint, OUT person bigint) LANGUAGE sql AS $$
    SELECT count(*) FILTER (WHERE area_of(birth, task, challenge, service) = 'unge'), count(*) FILTER (WHERE area_of(born, task, challenge, service) = 'unge'),
           count(*) FILTER (WHERE area_of(person, task, challenge, service) = 'unge') FROM few $$;
CREATE TYPE pg_temp.answers AS (birth bigint, born bigint, person bigint);
PREPARE by_birth (date) AS SELECT count(*) FROM few WHERE in_area('unge', birth, task, challenge, service, $1);
PREPARE by_today AS SELECT count(*) FROM few WHERE in_area('unge', birth, task, challenge, service);
PREPARE by_born (date) AS SELECT count(*) FROM few WHERE in_area('unge', born, task, challenge, service, $1);
PREPARE by_person (date) AS SELECT count(*) FROM few WHERE in_area('unge', person, task, challenge, service, $1);
PREPARE by_unit (text) AS SELECT count(*) FROM few WHERE in_area($1, born, task, challenge, service);
CREATE FUNCTION pg_temp.all_forms() RETURNS TABLE (form text, answer bigint[]) LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    q text;
BEGIN
    form := 'area_of'; answer := (SELECT ARRAY[birth, born, person] FROM pg_temp.plainly()); RETURN NEXT;
    form := 'function'; answer := (SELECT ARRAY[birth, born, person] FROM pg_temp.asks()); RETURN NEXT;
    form := 'prepared'; answer := '{}';
    FOREACH q IN ARRAY '{by_birth (today()),by_born (today()),by_person (today()),by_today,by_unit (''unge'')}'::text[] LOOP
        EXECUTE 'EXECUTE ' || q INTO n;
        answer := answer || n;
    END LOOP;
    RETURN NEXT;
END $$;
SET LOCAL plan_cache_mode = force_custom_plan;
SELECT * FROM pg_temp.all_forms();
SELECT pg_temp.plan($$EXECUTE by_birth ('2019-09-02')$$);
SELECT pg_temp.plan($$EXECUTE by_unit ('unge')$$);
SAVEPOINT before;
SELECT adopt('wider', '2019-09-01'); SELECT * FROM pg_temp.all_forms();
SELECT pg_temp.plan($$EXECUTE by_today$$);
SELECT adopt('open', '2019-09-01'); SELECT * FROM pg_temp.all_forms();
SELECT pg_temp.plan($$EXECUTE by_today$$);
ROLLBACK TO before; SELECT * FROM pg_temp.all_forms();
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT * FROM pg_temp.all_forms();
SELECT pg_temp.plan($$EXECUTE by_birth ('2019-09-02')$$);
SELECT pg_temp.plan($$EXECUTE by_born ('2019-09-02')$$);
SELECT pg_temp.plan($$EXECUTE by_today$$);
SELECT pg_temp.plan($$EXECUTE by_unit ('unge')$$);
SAVEPOINT before;
SELECT adopt('wider', '2019-09-01'); SELECT * FROM pg_temp.all_forms();
SELECT pg_temp.plan($$EXECUTE by_today$$);
SELECT adopt('open', '2019-09-01'); SELECT * FROM pg_temp.all_forms();
-- no longer where NULL could be; and where the column has none, by what birth_from() says now
SELECT pg_temp.plan($$EXECUTE by_today$$);
SELECT pg_temp.plan($$EXECUTE by_birth ('2019-09-02')$$);
ROLLBACK TO before; SELECT * FROM pg_temp.all_forms();
SELECT pg_temp.plan($$EXECUTE by_today$$);
-- The day moves on, to another structure: the plan stays, the answer is that day's.
SAVEPOINT before;
SELECT adopt('wider', '2020-01-01'); SELECT * FROM pg_temp.all_forms();
SET LOCAL msb_org.today = '2020-01-01'; SELECT * FROM pg_temp.all_forms();
ROLLBACK TO before;
-- A column that comes to have NULL.
SELECT pg_temp.plan($$EXECUTE by_born ('2019-09-02')$$);
ALTER TABLE few ALTER born DROP NOT NULL;
SELECT pg_temp.plan($$EXECUTE by_born ('2019-09-02')$$);
SET LOCAL plan_cache_mode = auto;
SET LOCAL enable_seqscan = on;

--
-- Estimates: within a factor of two of the truth for every unit
--
CREATE FUNCTION pg_temp.estimated(query text) RETURNS float LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END $$;
CREATE FUNCTION pg_temp.true_rows(query text) RETURNS float LANGUAGE plpgsql AS $$
DECLARE n float;
BEGIN
    EXECUTE 'SELECT count(*) FROM (' || query || ') AS v' INTO n;
    RETURN n;
END $$;
CREATE TEMP TABLE condition AS
SELECT form, unit, 'SELECT FROM sag WHERE ' || format(condition, unit) AS query
FROM unnest('{boern,unge,voksne,udsatte,job,sundhed,indgang,mso,nobody}'::text[]) AS unit,
     (VALUES ('date', 'in_area(%L, birth, task, challenge, service)'),
             ('never NULL', 'in_area(%L, born, task, challenge, service)'),
             ('cpr', 'in_area(%L, person, task, challenge, service)'),
             ('indexed expression', 'in_area(%L, number::cpr, task, challenge, service)'),
             ('constants', 'in_area(%L, birth, ''provision'', ''unknown'', service)'),
             ('another day', 'in_area(%L, birth, task, challenge, service, ''2021-05-05'')'),
             ('with unge', 'in_area(%L, birth, task, challenge, service) OR in_area(''unge'', birth, task, challenge, service)'),
             ('not', 'NOT in_area(%L, birth, task, challenge, service)'),
             ('area_of', 'area_of(birth, task, challenge, service) = %L')) AS v (form, condition);
SELECT form, count(*) FILTER (WHERE NOT far) AS near, string_agg(unit, ' ') FILTER (WHERE far) AS too_far
FROM (SELECT form, unit, greatest(estimate, 1) / greatest(truth, 1) NOT BETWEEN 0.5 AND 2 AND abs(estimate - truth) > 10 AS far
      FROM condition, LATERAL (SELECT pg_temp.estimated(query) AS estimate, pg_temp.true_rows(query) AS truth) AS r) AS v
GROUP BY form ORDER BY form;
--
-- A structure of so many combinations that not every one is decided: its rules say
-- which ages a unit can have, and how many people.
--
INSERT INTO enactment (structure, revision, from_date, in_force, document, adopted_by)
SELECT 'large', 1, '1960-01-01', '[1960-01-01,1960-02-01)', doc || jsonb_build_object('structure', 'large',
           'labels', (SELECT jsonb_agg(l) FROM jsonb_array_elements(doc -> 'labels') AS l WHERE l ->> 'facet' IN ('subject', 'task')) ||
                     (SELECT jsonb_agg(jsonb_build_object('facet', f, 'label', f || n)) FROM unnest('{challenge,service}'::text[]) AS f, generate_series(1, 60) AS n),
           'facets', (SELECT jsonb_agg(CASE WHEN f ->> 'facet' IN ('challenge', 'service') THEN f || jsonb_build_object('if_null', (f ->> 'facet') || 1) ELSE f END) FROM jsonb_array_elements(doc -> 'facets') AS f),
           'precedences', '[]'::jsonb,
           'rules', (SELECT jsonb_agg(jsonb_build_object('rule', 'r' || n, 'unit', CASE n % 4 WHEN 0 THEN 'young' ELSE 'old' END,
                        'target', format('age %s; challenge challenge%s|challenge%s; service service%s|service%s', CASE n % 4 WHEN 0 THEN (10 + n / 25) || '-' || (20 + n / 25) ELSE (37 + n / 10) || '-' END,
                                         1 + n % 60, 1 + n % 7, 1 + n % 59, 1 + n % 11))) FROM generate_series(0, 399) AS n)), 'test'
FROM shipped_structure('msb-2019') AS doc;
CREATE TABLE wide AS SELECT birth - 22000 AS birth, task, 'challenge' || 1 + pg_temp.chance(nr, 20, 60) AS challenge, 'service' || 1 + pg_temp.chance(nr, 21, 60) AS service
FROM sag WHERE birth BETWEEN '1950-01-01' AND '2019-12-31';
CREATE INDEX ON wide (birth);
ANALYZE wide;
SELECT unit, birth_from(unit, '1960-01-15'), birth_until(unit, '1960-01-15') FROM unnest('{young,old}'::text[]) AS unit;
SET LOCAL enable_seqscan = off;
SELECT pg_temp.plan($$SELECT FROM wide WHERE in_area('young', birth, task, challenge, service, '1960-01-15')$$);
SELECT count(*) FILTER (WHERE area_of(birth, task, challenge, service, '1960-01-15') = 'young') AS young, count(*) FILTER (WHERE area_of(birth, task, challenge, service, '1960-01-15') = 'old') AS old FROM wide;
SELECT (SELECT count(*) FROM wide WHERE in_area('young', birth, task, challenge, service, '1960-01-15')) AS young, (SELECT count(*) FROM wide WHERE in_area('old', birth, task, challenge, service, '1960-01-15')) AS old;
SET LOCAL enable_seqscan = on;

-- Nothing is known: before ANALYZE, a label or a day that comes from an expression, a unit from a parameter.
CREATE TABLE fresh (birth date, person cpr, task text, challenge text, service text) WITH (autovacuum_enabled = off);
INSERT INTO fresh SELECT birth, person, task, challenge, service FROM sag WHERE nr <= 1000;
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE unit (text, date) AS SELECT FROM sag WHERE in_area($1, birth, task, challenge, service, $2);
SELECT what, round(pg_temp.estimated(query) / of_rows * 100) AS percent FROM (VALUES ('fresh', $$SELECT FROM fresh WHERE in_area('unge', birth, task, challenge, service)$$),
    ('fresh cpr', $$SELECT FROM fresh WHERE in_area('unge', person, task, challenge, service)$$),
    ('expression', $$SELECT FROM sag WHERE in_area('unge', birth + 1, lower(task), challenge || '', service, birth + 7000)$$),
    ('large structure', $$SELECT FROM wide WHERE in_area('young', birth, task, challenge, service, '1960-01-15')$$),
    ('no label', $$SELECT FROM sag WHERE in_area('unge', birth, 'Myndighed', challenge, service)$$),
    ('parameter', $$EXECUTE unit ('unge', '2019-09-02')$$),
    ('constant birth', $$SELECT FROM sag WHERE in_area('unge', '1998-03-14'::date, task, challenge, service)$$),
    ('constant number', $$SELECT FROM sag WHERE in_area('unge', '740398-0121'::cpr, task, challenge, service)$$),
    ('join', $$SELECT FROM sag, fresh WHERE in_area('unge', sag.birth, fresh.task, sag.challenge, fresh.service)$$)) AS v (what, query),
    LATERAL (SELECT CASE WHEN what LIKE 'fresh%' THEN pg_temp.estimated('SELECT FROM fresh') WHEN what LIKE 'large%' THEN pg_temp.estimated('SELECT FROM wide') WHEN what = 'join' THEN pg_temp.estimated('SELECT FROM sag, fresh') ELSE 20000 END AS of_rows) AS r;
ROLLBACK;
