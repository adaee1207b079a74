--
-- Deciding by random structures, against the rule in SQL (see decide_shipped_oracle): few
-- units with many rules, labels three deep, precedences that contradict each
-- other, that are not transitive, that stand between rules of one unit; more
-- rules than a word of a set has bits.
--
\set VERBOSITY terse
SET client_encoding = 'UTF8';
SET datestyle = iso;
SET search_path = msb_org, pg_catalog;
SET msb_org.today = '2000-01-01';
BEGIN;

-- Chance that is the same everywhere: a number below "below" for a key.
CREATE FUNCTION pg_temp.chance(key int, what int, below int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN (pg_catalog.hashint4extended(key, what) & 1073741823) % below;

-- The vocabulary: g can be left out, and no rule names its last label.
INSERT INTO facet VALUES ('task', 1, NULL), ('challenge', 2, NULL), ('service', 3, NULL), ('g "facet"', 4, 'g2');
INSERT INTO label (facet, label, parent, position)
SELECT facet, split_part(l, '<', 1), nullif(split_part(l, '<', 2), ''), k
FROM (VALUES ('task', ARRAY['t1', 't2']),
             ('challenge', ARRAY['c1', 'c2<c1', 'c3<c2', 'c4', 'c5<c4', 'c6']),
             ('service', ARRAY['s1', 's2', 's3<s1']),
             ('g "facet"', ARRAY['g1', 'g 2<g1', 'g2'])) AS f (facet, labels), unnest(labels) WITH ORDINALITY AS u (l, k);
CREATE TEMP TABLE below AS
WITH RECURSIVE below AS (
    SELECT facet, label AS top, label FROM label
    UNION
    SELECT l.facet, b.top, l.label FROM below AS b JOIN label AS l ON l.facet = b.facet AND l.parent = b.label)
SELECT * FROM below;

-- The structures: their numbers of rules and units, how often a rule names a
-- facet, how often one of two rules goes before the other (in percent).
CREATE TEMP TABLE kind AS
SELECT row_number() OVER (ORDER BY rules) AS k, 's' || row_number() OVER (ORDER BY rules) AS structure, rules, units, named, ordered
FROM (VALUES (1, 1, 0, 0), (2, 2, 0, 100), (5, 2, 30, 60), (6, 6, 30, 100), (12, 3, 60, 90), (20, 4, 70, 95),
             (40, 3, 75, 97), (63, 4, 80, 97), (64, 4, 80, 97), (65, 4, 80, 98), (100, 5, 85, 98),
             (127, 3, 85, 99), (128, 6, 90, 99), (129, 2, 90, 97), (200, 8, 92, 98)) AS v (rules, units, named, ordered);
CREATE TEMP TABLE made AS
SELECT k, structure, key, (ARRAY['a', 'B', 'ø', 'Z-'])[1 + pg_temp.chance(key, 1, 4)] || n AS rule,
       'u' || pg_temp.chance(key, 2, units) AS unit,
       -- 0: any age, 1: unknown, else a span
       CASE WHEN pg_temp.chance(key, 3, 100) < named THEN 1 + pg_temp.chance(key, 4, 8) ELSE 0 END AS age_form,
       (ARRAY[0, 10, 18, 67, 150])[1 + pg_temp.chance(key, 5, 5)] AS a, (ARRAY[0, 9, 17, 66, 150])[1 + pg_temp.chance(key, 6, 5)] AS b,
       CASE WHEN pg_temp.chance(key, 7, 100) < named THEN ARRAY['t' || 1 + pg_temp.chance(key, 8, 2)] END AS tasks,
       CASE WHEN pg_temp.chance(key, 9, 100) < named THEN ARRAY['c' || 1 + pg_temp.chance(key, 10, 6), 'c' || 1 + pg_temp.chance(key, 11, 6)] END AS challenges,
       CASE WHEN pg_temp.chance(key, 12, 100) < named THEN ARRAY['s' || 1 + pg_temp.chance(key, 13, 3), 's' || 1 + pg_temp.chance(key, 14, 3)] END AS services,
       CASE WHEN pg_temp.chance(key, 15, 100) < named THEN ARRAY[(ARRAY['g1', 'g 2'])[1 + pg_temp.chance(key, 16, 2)]] END AS gs
FROM (SELECT *, (k * 1000 + n)::int AS key FROM kind, generate_series(1, rules) AS n) AS keyed;
CREATE FUNCTION pg_temp.written(facet text, labels text[]) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN labels IS NOT NULL THEN format('%I ', facet) || (SELECT string_agg(DISTINCT format('%I', l), '|') FROM unnest(labels) AS l) END;

INSERT INTO structure (structure) SELECT structure FROM kind;
INSERT INTO unit (structure, unit, kind) SELECT DISTINCT structure, unit, 'operating_area' FROM made;
INSERT INTO rule (structure, rule, unit, target)
SELECT structure, rule, unit,
       coalesce(nullif(concat_ws('; ', pg_temp.written('service', services), pg_temp.written('g "facet"', gs),
           CASE WHEN age_form = 1 THEN 'age unknown' WHEN age_form > 1 THEN format('age %s-%s', least(a, b), greatest(a, b)) END,
           pg_temp.written('task', tasks), pg_temp.written('challenge', challenges)), ''), 'any')::target_group
FROM made;
INSERT INTO precedence (structure, rule, over)
SELECT one.structure, one.rule, other.rule
FROM kind JOIN made AS one USING (k) JOIN made AS other USING (k)
WHERE one.key <> other.key
  AND CASE pg_temp.chance(least(one.key, other.key) * 1000 + greatest(one.key, other.key) % 1000, 17, 12)
        WHEN 0 THEN true                                       -- each before the other
        WHEN 1 THEN one.key < other.key                        -- some against the order of the others
        ELSE one.key > other.key END
  AND pg_temp.chance(one.key * 1000 + other.key % 1000, 18, 100) < ordered;
SELECT count(DISTINCT structure) AS structures, count(*) AS rules,
       (SELECT count(*) FROM precedence) AS precedences,
       (SELECT count(*) FROM precedence AS p JOIN precedence AS q ON q.structure = p.structure AND q.rule = p.over AND q.over = p.rule) AS mutual
FROM rule;
SELECT structure, rule, unit, target FROM rule WHERE structure IN ('s3', 's5') ORDER BY structure, rule COLLATE "C";

-- Not by adopt(), which would refuse them.
INSERT INTO enactment (structure, revision, from_date, in_force, document, adopted_by)
SELECT structure, 1, on_date, daterange(on_date, on_date + 1), export_structure(structure), 'test'
FROM kind, LATERAL (SELECT '2000-01-01'::date + k::int AS on_date) AS day;

-- All situations, and who takes them.
CREATE TEMP TABLE situation AS
SELECT row_number() OVER (ORDER BY age, t.position, c.position, s.position, g.position) AS n, age, t.label AS task, c.label AS challenge, s.label AS service, g.label AS g,
       format('age %s; task %s; challenge %s; service %s%s', CASE WHEN age = -1 THEN 'unknown' ELSE age::text END,
              t.label, c.label, s.label, CASE WHEN g.label <> 'g2' THEN format('; %I %I', g.facet, g.label) END)::target_group AS point
FROM unnest(ARRAY[-1, 0, 9, 10, 17, 18, 66, 67, 149, 150]) AS age, label AS t, label AS c, label AS s, label AS g
WHERE t.facet = 'task' AND c.facet = 'challenge' AND s.facet = 'service' AND g.facet = 'g "facet"';
CREATE FUNCTION pg_temp.taken(of_facet text, tops text[]) RETURNS text[] LANGUAGE sql STABLE
RETURN (SELECT array_agg(DISTINCT label) FROM pg_temp.below WHERE facet = of_facet AND (tops IS NULL OR top = ANY (tops)));
CREATE TEMP TABLE taken AS
SELECT k, rule, unit, age_form, least(a, b) AS youngest, greatest(a, b) AS oldest,
       pg_temp.taken('task', tasks) AS tasks, pg_temp.taken('challenge', challenges) AS challenges,
       pg_temp.taken('service', services) AS services, pg_temp.taken('g "facet"', gs) AS gs
FROM made;
CREATE TEMP TABLE matching AS
SELECT k, n, rule, unit
FROM taken JOIN situation
     ON CASE age_form WHEN 0 THEN true WHEN 1 THEN age = -1 ELSE age BETWEEN youngest AND oldest END
        AND challenge = ANY (challenges) AND g = ANY (gs) AND service = ANY (services) AND task = ANY (tasks);
CREATE INDEX ON matching (k, n);
ANALYZE matching, precedence;
CREATE TEMP TABLE winning AS
SELECT k, n, rule, unit
FROM matching AS m JOIN kind USING (k)
WHERE NOT EXISTS (SELECT FROM matching AS o
                  WHERE o.k = m.k AND o.n = m.n AND o.unit <> m.unit
                    AND NOT EXISTS (SELECT FROM precedence AS p
                                    WHERE p.structure = kind.structure AND p.rule = m.rule AND p.over = o.rule));
CREATE TEMP TABLE expected AS
SELECT k, structure, n, age, task, challenge, service, g, point, winners, w.units AS won_units, coalesce(matching, 0) AS matching,
       CASE WHEN w.units = 1 THEN w.rule END AS rule, CASE WHEN w.units = 1 THEN unit END AS unit,
       CASE WHEN w.units = 1 THEN NULL WHEN matching IS NULL THEN 'gap' ELSE 'conflict' END AS finding
FROM kind CROSS JOIN situation
     LEFT JOIN (SELECT k, n, count(*) AS matching FROM matching GROUP BY k, n) AS m USING (k, n)
     LEFT JOIN (SELECT k, n, min(rule COLLATE "C") AS rule, min(unit) AS unit, count(*) AS winners, count(DISTINCT unit) AS units
                FROM winning GROUP BY k, n) AS w USING (k, n);

SELECT e.structure, kind.rules, count(*) AS situations, max(matching) AS most_rules_on_one,
       count(e.unit) AS decided, count(*) FILTER (WHERE e.finding = 'gap') AS gap,
       count(*) FILTER (WHERE e.finding = 'conflict') AS conflict,
       count(*) FILTER (WHERE won_units = 1 AND winners > 1) AS won_by_several, count(*) FILTER (WHERE won_units > 1) AS won_by_two_units,
       count(*) FILTER (WHERE (d.structure, d.rule, d.unit, d.finding) IS DISTINCT FROM (e.structure, e.rule, e.unit, e.finding)) AS decide_differs,
       count(*) FILTER (WHERE area_of(point, on_date) IS DISTINCT FROM e.unit) AS area_of_differs,
       count(*) FILTER (WHERE g = 'g2' AND area_of(CASE WHEN age >= 0 THEN (on_date - make_interval(years => age))::date END,
                                                   task, challenge, service, on_date) IS DISTINCT FROM e.unit) AS birth_differs
FROM (SELECT *, '2000-01-01'::date + k::int AS on_date FROM expected) AS e JOIN kind USING (k), decide(point, on_date) AS d
GROUP BY k, e.structure, kind.rules ORDER BY k;

-- The same, rule by rule, for every ninth situation.
CREATE TEMP TABLE told AS
SELECT k, n, x.rule, x.unit, unmatched, matches, wins, behind, e.unit AS decided
FROM expected AS e, explain_area(point, '2000-01-01'::date + k::int) AS x
WHERE n % 9 = 0;
ANALYZE told;
SELECT count(*) AS told,
       count(*) FILTER (WHERE t.matches IS DISTINCT FROM (m.n IS NOT NULL)) AS matches_differs,
       count(*) FILTER (WHERE t.wins IS DISTINCT FROM (w.n IS NOT NULL AND decided IS NOT NULL)) AS wins_differs,
       count(*) FILTER (WHERE (t.behind IS NULL) IS DISTINCT FROM (m.n IS NULL OR t.wins)) AS behind_differs
FROM told AS t LEFT JOIN matching AS m USING (k, n, rule) LEFT JOIN winning AS w USING (k, n, rule);
-- The rule that one stands behind takes the situation too and is another
-- unit's; it goes before this one if any rule does that this one is not before.
SELECT count(*) AS told, count(*) FILTER (WHERE first) AS goes_before, count(*) FILTER (WHERE first AND second) AS each_before_the_other,
       count(*) FILTER (WHERE o.rule IS NULL OR o.unit = t.unit) AS takes_it_not_or_same_unit,
       count(*) FILTER (WHERE second AND EXISTS (SELECT FROM winning AS w WHERE w.k = t.k AND w.n = t.n AND w.rule = t.rule) IS FALSE) AS wrong_one
FROM told AS t LEFT JOIN matching AS o ON o.k = t.k AND o.n = t.n AND o.rule = t.behind,
     LATERAL (SELECT EXISTS (SELECT FROM precedence AS p WHERE p.structure = 's' || t.k AND p.rule = t.behind AND p.over = t.rule) AS first,
                     EXISTS (SELECT FROM precedence AS p WHERE p.structure = 's' || t.k AND p.rule = t.rule AND p.over = t.behind) AS second) AS goes
WHERE behind IS NOT NULL;
SELECT count(*) AS unmatched_differs
FROM told AS t JOIN taken USING (k, rule) JOIN situation AS s USING (n)
WHERE coalesce(unmatched, '{}') IS DISTINCT FROM array_remove(ARRAY[
      CASE WHEN NOT CASE age_form WHEN 0 THEN true WHEN 1 THEN age = -1 ELSE age BETWEEN youngest AND oldest END THEN 'age' END,
      CASE WHEN task <> ALL (tasks) THEN 'task' END, CASE WHEN challenge <> ALL (challenges) THEN 'challenge' END,
      CASE WHEN service <> ALL (services) THEN 'service' END, CASE WHEN g <> ALL (gs) THEN 'g "facet"' END], NULL);

-- matches_document(), which compiles the document that it is given.
SELECT count(*) AS asked, count(*) FILTER (WHERE said) AS matching, count(*) FILTER (WHERE said IS DISTINCT FROM expected) AS matches_differs
FROM (SELECT matches_document(d.document, r.target, s.point) AS said,
             EXISTS (SELECT FROM matching AS m WHERE m.k = kind.k AND m.n = s.n AND m.rule = r.rule) AS expected
      FROM kind JOIN enactment AS d USING (structure) JOIN rule AS r USING (structure), situation AS s
      WHERE kind.k IN (5, 6) AND s.n % 7 = 0) AS asked;
ROLLBACK;
