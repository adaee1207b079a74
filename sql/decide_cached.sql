--
-- Answers that are remembered, against the decision made anew: explain_area()
-- remembers nothing.  Structures whose combinations get a table, structures that
-- keep the last answers, and one with more combinations than 63 bits can number;
-- labels of all lengths, that differ at one byte only; ages on all kinds of days.
--
\set VERBOSITY terse
SET datestyle = iso;
SET search_path = msb_org, pg_catalog;
SET msb_org.today = '2000-01-01';
BEGIN;

-- Chance that is the same everywhere: a number below "below" for a key.
CREATE FUNCTION pg_temp.chance(key int, what int, below int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN (pg_catalog.hashint4extended(key, what) & 1073741823) % below;

-- One label per facet of a structure as chance has it, as they are written.
INSERT INTO facet VALUES ('task', 1, 't1'), ('challenge', 2, 'c1'), ('service', 3, 's1');
INSERT INTO facet SELECT 'f' || n, 3 + n, 'l1' FROM generate_series(1, 11) AS n;
INSERT INTO label (facet, label) SELECT 'task', 't' || n FROM generate_series(1, 6) AS n;
-- Lengths from 1 byte to 40, and of each length several labels that differ at one place.
INSERT INTO label (facet, label)
SELECT DISTINCT 'challenge', overlay(repeat('c', n) PLACING '1' FROM place)
FROM generate_series(1, 40) AS n, generate_series(1, n) AS place
WHERE n = 2 OR n <= 18 AND place IN (1, n / 2 + 1, n) OR place IN (1, 9, n / 2, n - 9, n);
INSERT INTO label (facet, label, parent)
SELECT 'service', 's' || n, CASE WHEN n > 30 THEN 's' || n % 30 + 1 END FROM generate_series(1, 90) AS n;
INSERT INTO label (facet, label) SELECT 'f' || f, 'l' || n FROM generate_series(1, 11) AS f, generate_series(1, 60) AS n;
UPDATE facet SET if_null = 'c1' WHERE facet = 'challenge';
SELECT facet, count(*), min(length(label)), max(length(label)) FROM label WHERE facet !~ '^f' GROUP BY facet ORDER BY facet;
CREATE TEMP TABLE numbered AS SELECT facet, label, row_number() OVER (PARTITION BY facet ORDER BY label COLLATE "C") - 1 AS n, count(*) OVER (PARTITION BY facet) AS count FROM label;
CREATE UNIQUE INDEX ON numbered (facet, n);
ANALYZE numbered;
CREATE FUNCTION pg_temp.any_label(facet text, key int, what int) RETURNS text LANGUAGE sql STABLE
RETURN (SELECT label FROM pg_temp.numbered AS x WHERE x.facet = any_label.facet AND x.n = pg_temp.chance(key, what, x.count::int));

-- The structures: rules, units, how many labels a rule names of challenge and service
-- (0: it names neither), how many of the facets f1 to f11 it may name.
CREATE TEMP TABLE kind AS
SELECT k, 'k' || k AS structure, '2000-01-01'::date + k AS on_date, rules, units, named, others
FROM (VALUES (1, 1, 1, 0, 0), (2, 10, 3, 0, 0), (3, 64, 4, 2, 0), (4, 65, 4, 2, 0), (5, 200, 5, 3, 0), (6, 1000, 2, 3, 0), (7, 200, 5, 3, 2), (8, 900, 9, 1, 11)) AS v (k, rules, units, named, others);
CREATE TEMP TABLE made AS
SELECT k, structure, 'r' || n AS rule, 'u' || pg_temp.chance(key, 1, units) AS unit,
       concat_ws('; ',
           CASE pg_temp.chance(key, 2, 4) WHEN 0 THEN format('age %s-%s', pg_temp.chance(key, 3, 60), 60 + pg_temp.chance(key, 4, 91)) WHEN 1 THEN 'age unknown' WHEN 2 THEN 'age 18-' END,
           CASE WHEN pg_temp.chance(key, 5, 2) = 0 THEN 'task ' || pg_temp.any_label('task', key, 6) END,
           CASE WHEN named > 0 AND (rules = 1000 OR pg_temp.chance(key, 7, 3) > 0) THEN
                (SELECT 'challenge ' || string_agg(DISTINCT pg_temp.any_label('challenge', key, 10 + i), '|') FROM generate_series(1, named) AS i) END,
           CASE WHEN named > 0 AND pg_temp.chance(key, 8, 3) > 0 THEN
                (SELECT 'service ' || string_agg(DISTINCT pg_temp.any_label('service', key, 20 + i), '|') FROM generate_series(1, named) AS i) END,
           CASE WHEN others > 0 THEN format('f%1$s %2$s', 1 + pg_temp.chance(key, 9, others), pg_temp.any_label('f1', key, 30)) END) AS target
FROM (SELECT *, k * 10000 + n AS key FROM kind, generate_series(1, rules) AS n) AS keyed;
INSERT INTO structure (structure) SELECT structure FROM kind;
INSERT INTO unit (structure, unit, kind) SELECT DISTINCT structure, unit, 'operating_area' FROM made;
INSERT INTO rule (structure, rule, unit, target) SELECT structure, rule, unit, coalesce(nullif(target, ''), 'any')::target_group FROM made;
INSERT INTO precedence (structure, rule, over)
SELECT structure, a.rule, b.rule FROM kind JOIN made AS a USING (structure) JOIN made AS b USING (structure)
WHERE a.rule < b.rule COLLATE "C" AND pg_temp.chance(hashtext(a.rule || b.rule), 40, 20) > CASE WHEN rules > 300 THEN 16 ELSE 0 END;
-- Not by adopt(), which would refuse them.
INSERT INTO enactment (structure, revision, from_date, in_force, document, adopted_by)
SELECT structure, 1, on_date, daterange(on_date, on_date + 1), export_structure(structure), 'test' FROM kind;

-- The combinations of what rules tell apart, at most: structures with few have a table.
SELECT structure, kind.rules, 153 * 6 * CASE WHEN named > 0 THEN 90 * (SELECT count(*) FROM label WHERE facet = 'challenge') ELSE 1 END * pow(61, others) AS combinations_at_most
FROM kind ORDER BY k;

-- Situations: every age with chance labels, then more by chance.
CREATE TEMP TABLE point AS
SELECT n, CASE WHEN n % 40 = 0 THEN -1 WHEN n <= 160 THEN n - 1 ELSE pg_temp.chance(n, 1, 155) END AS age,
       CASE WHEN pg_temp.chance(n, 2, 20) > 0 THEN pg_temp.any_label('task', n, 3) END AS task,
       CASE WHEN pg_temp.chance(n, 4, 20) > 0 THEN pg_temp.any_label('challenge', n, 5) END AS challenge,
       CASE WHEN pg_temp.chance(n, 6, 20) > 0 THEN pg_temp.any_label('service', n, 7) END AS service,
       pg_temp.any_label('f1', n, 8) AS f1, pg_temp.any_label('f2', n, 9) AS f2
FROM generate_series(1, 400) AS n;
CREATE TEMP TABLE asked AS
SELECT k, kind.structure, on_date, n, task, challenge, service, others,
       CASE WHEN age >= 0 THEN (on_date - make_interval(years => age))::date END AS birth,
       concat_ws('; ', 'age ' || CASE WHEN age < 0 THEN 'unknown' ELSE least(age, 150)::text END, 'task ' || task,
                 'challenge ' || challenge, 'service ' || service)::target_group AS point,
       concat_ws('; ', 'age ' || CASE WHEN age < 0 THEN 'unknown' ELSE least(age, 150)::text END, 'task ' || task,
                 'challenge ' || challenge, 'service ' || service, 'f1 ' || f1, 'f2 ' || f2)::target_group AS further
FROM kind, point;
CREATE TEMP TABLE plain AS
SELECT k, n, unit, rule, (SELECT min(unit) FROM explain_area(further, on_date) WHERE wins) AS further_unit
FROM asked, LATERAL (SELECT min(unit) AS unit, min(rule COLLATE "C") AS rule FROM explain_area(point, on_date) WHERE wins) AS e;

-- Twice, and the second time the other way round: first the answers are made, then found.
CREATE TEMP VIEW compared AS
SELECT k, a.structure, a.n,
       (d.unit, d.rule, d.finding IS NULL) IS DISTINCT FROM (p.unit, p.rule, p.unit IS NOT NULL) AS decide_differs,
       area_of(point, on_date) IS DISTINCT FROM p.unit AS situation_differs,
       area_of(further, on_date) IS DISTINCT FROM p.further_unit AS further_differs,
       area_of(birth, task, challenge, service, on_date) IS DISTINCT FROM p.unit AS area_of_differs,
       p.unit, d.finding
FROM asked AS a JOIN plain AS p USING (k, n), LATERAL decide(point, on_date) AS d;
SELECT structure, count(*) AS asked, count(DISTINCT unit) AS units, count(finding) AS findings,
       count(*) FILTER (WHERE decide_differs) AS decide_differs, count(*) FILTER (WHERE situation_differs) AS situation_differs,
       count(*) FILTER (WHERE further_differs) AS further_differs, count(*) FILTER (WHERE area_of_differs) AS area_of_differs
FROM (SELECT * FROM compared ORDER BY k, n) AS c GROUP BY structure ORDER BY structure;
SELECT count(*) AS asked,
       count(*) FILTER (WHERE decide_differs OR situation_differs OR further_differs OR area_of_differs) AS differing
FROM (SELECT * FROM compared ORDER BY n DESC, k DESC) AS c;
-- More combinations than are kept, so that answers make place for each other.
CREATE TEMP TABLE many AS
SELECT n, concat_ws('; ', 'age ' || pg_temp.chance(n, 1, 151), 'task ' || pg_temp.any_label('task', n, 3),
                    'challenge ' || pg_temp.any_label('challenge', n, 5), 'service ' || pg_temp.any_label('service', n, 7))::target_group AS point
FROM generate_series(1001, 9000) AS n;
CREATE TEMP TABLE many_plain AS
SELECT n, point, (SELECT min(unit) FROM explain_area(point, '2000-01-04') WHERE wins) AS unit FROM many;
SELECT count(*) AS asked, count(unit) AS decided, count(DISTINCT unit) AS units,
       count(*) FILTER (WHERE area_of(point, '2000-01-04') IS DISTINCT FROM unit) AS differing
FROM (SELECT * FROM many_plain UNION ALL SELECT * FROM many_plain ORDER BY n) AS twice;
SELECT count(*) FILTER (WHERE area_of(point, '2000-01-04') IS DISTINCT FROM unit) AS differing
FROM (SELECT * FROM many_plain ORDER BY n % 100, n) AS x;

-- Labels that are none: of every length, different at the first, the last or a middle byte.
DO $$
DECLARE
    one    record;
    wrong  text;
    passed int := 0;
BEGIN
    FOR one IN SELECT label, length(label) AS len FROM msb_org.label WHERE facet = 'challenge' LOOP
        FOREACH wrong IN ARRAY ARRAY[overlay(one.label PLACING '-' FROM 1), overlay(one.label PLACING '-' FROM one.len), overlay(one.label PLACING '-' FROM one.len / 2 + 1),
                                     overlay(one.label PLACING '-' FROM least(one.len, 9)), one.label || one.label, left(one.label, -1) || '-', one.label || ' ', ' ' || one.label, repeat('c', 41), repeat('c', 5000)] LOOP
            BEGIN
                PERFORM msb_org.area_of(NULL::date, 't1', wrong, 's1', '2000-01-04');
                RAISE 'taken for a label: %', wrong;
            EXCEPTION WHEN invalid_parameter_value THEN
                passed := passed + 1;
            END;
        END LOOP;
    END LOOP;
    IF passed <> 10 * (SELECT count(*) FROM msb_org.label WHERE facet = 'challenge') THEN
        RAISE '%', passed;
    END IF;
END $$;

-- Every way to write an argument: columns, constants, NULLs, variables of PL/pgSQL, whose
-- expressions live on while they change.
SELECT count(*) AS asked,
       count(*) FILTER (WHERE area_of(NULL::date, 't2', challenge, 's3', '2000-01-05') IS DISTINCT FROM area_of(birth, task, challenge, service, on_date)) AS constants_differ,
       count(*) FILTER (WHERE area_of(NULL::date, NULL, challenge, NULL, '2000-01-05') IS DISTINCT FROM area_of(birth, null_task, challenge, null_service, on_date)) AS nulls_differ
FROM (SELECT NULL::date AS birth, 't2'::text AS task, label AS challenge, 's3'::text AS service, NULL::text AS null_task, NULL::text AS null_service, '2000-01-05'::date AS on_date
      FROM label WHERE facet = 'challenge' OFFSET 0) AS rows;
DO $$
DECLARE
    one   record;
    area  text;
    other text;
    differing int := 0;
BEGIN
    FOR one IN SELECT a.*, p.unit FROM pg_temp.asked AS a JOIN pg_temp.plain AS p USING (k, n) ORDER BY n, k LOOP
        area := msb_org.area_of(one.birth, one.task, one.challenge, one.service, one.on_date);
        other := msb_org.area_of(one.birth, one.task, 'c1', one.service, one.on_date);
        IF area IS DISTINCT FROM one.unit
           OR one.challenge = 'c1' AND other IS DISTINCT FROM one.unit
           OR other IS DISTINCT FROM (SELECT msb_org.area_of(b, t, c, s, d) FROM (VALUES (one.birth, one.task, 'c1'::text, one.service, one.on_date)) AS v (b, t, c, s, d)) THEN
            differing := differing + 1;
        END IF;
    END LOOP;
    RAISE NOTICE '% differ in PL/pgSQL', differing;
END $$;

-- Ages: a unit for each, against age().  Days in a row, and days that take turns.
INSERT INTO structure VALUES ('ages');
INSERT INTO unit (structure, unit, kind) SELECT 'ages', 'a' || n, 'staff' FROM generate_series(0, 150) AS n;
INSERT INTO rule (structure, rule, unit, target) SELECT 'ages', 'r' || n, 'a' || n, format('age %s', n)::target_group FROM generate_series(0, 150) AS n;
INSERT INTO enactment (structure, revision, from_date, in_force, document, adopted_by)
SELECT 'ages', n, coalesce(lower(in_force), '1000-01-01'), in_force, export_structure('ages'), 'test'
FROM unnest('{"(,2000-01-01)","[2010-01-01,)"}'::daterange[]) WITH ORDINALITY AS u (in_force, n);
CREATE TEMP TABLE born AS
SELECT row_number() OVER (ORDER BY on_date, birth) AS n, on_date, birth, 'a' || least(150, extract(year FROM age(on_date, birth))) AS unit
FROM (SELECT DISTINCT on_date, (on_date - make_interval(years => years))::date + days AS birth
      FROM (SELECT make_date(y, m, d) AS on_date FROM unnest('{1701,1799,1896,1900,1999,2011,2012,2016,2019,2100,2499,2600,9999}'::int[]) AS y,
                   (VALUES (1, 1), (2, 28), (3, 1), (7, 15), (12, 31)) AS v (m, d)
            UNION SELECT make_date(y, 2, 29) FROM unnest('{1704,1896,1996,2012,2016,2020,2400,9996}'::int[]) AS y) AS on_dates,
           generate_series(0, 160) AS years, generate_series(-2, 2) AS days) AS births
WHERE birth <= on_date;
SELECT count(*) AS asked, count(DISTINCT on_date) AS days, count(DISTINCT unit) AS ages,
       count(*) FILTER (WHERE area_of(birth, NULL, NULL, NULL, on_date) IS DISTINCT FROM unit) AS differing
FROM (SELECT * FROM born ORDER BY on_date, birth) AS x;
SELECT count(*) AS asked, count(*) FILTER (WHERE area_of(birth, NULL, NULL, NULL, on_date) IS DISTINCT FROM unit) AS differing
FROM (SELECT * FROM born ORDER BY n % 1000, n) AS x;
SELECT on_date, area_of('2015-07-15'::date, NULL, NULL, NULL, on_date) AS not_born, area_of('1066-10-14'::date, NULL, NULL, NULL, on_date) AS very_old,
       area_of('infinity'::date, NULL, NULL, NULL, on_date) AS unknown, area_of('-infinity'::date, NULL, NULL, NULL, on_date) AS unknown
FROM unnest('{2015-07-14,2015-07-14,2015-07-15,2015-07-15,2015-07-15,1999-12-31,-infinity,-infinity,infinity,infinity}'::date[]) AS on_date;
ROLLBACK;
