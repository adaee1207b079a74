--
-- target_group against brute force, on generated values.
--
-- The universe is explicit and small: three facets with three labels each and
-- one more label, "other", that no value ever names (the vocabulary is open),
-- and the ages at which any generated span begins, ends, or lies beside.  A
-- target group is then the set of its situations; @> must be "superset of", &&
-- "meets", * "intersection".  The sets are built here from the parts of which
-- the text was made, not from anything that the type says.
--
SET client_encoding = 'UTF8';
CREATE SCHEMA tgr;
SET search_path = tgr, msb_org, pg_catalog;

-- Chance that is the same everywhere: a number below "below" for a key.
CREATE FUNCTION chance(key int, what int, below int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN (hashint4extended(key, what) & 1073741823) % below;

CREATE TABLE ages (age int);                -- -1: unknown
INSERT INTO ages VALUES (-1), (0), (1), (16), (17), (18), (19), (66), (67), (68), (149), (150);

-- 800 values by their parts.  A label set is three bits; 0: not named.
CREATE TABLE parts AS
SELECT id,
       CASE WHEN age_form = 0 THEN NULL ELSE LEAST(a, b) END AS age_min,
       CASE WHEN age_form = 0 THEN NULL ELSE GREATEST(a, b) END AS age_max,
       age_form = 1 AS age_unknown,
       CASE WHEN chance(id, 4, 3) = 0 THEN 0 ELSE chance(id, 5, 8) END AS f1,
       CASE WHEN chance(id, 6, 3) = 0 THEN 0 ELSE chance(id, 7, 8) END AS f2,
       CASE WHEN chance(id, 8, 3) < 2 THEN 0 ELSE chance(id, 9, 8) END AS f3
FROM (SELECT id, chance(id, 1, 4) AS age_form,
             (ARRAY[0, 17, 18, 67, 150])[1 + chance(id, 2, 5)] AS a,
             (ARRAY[0, 17, 18, 67, 150])[1 + chance(id, 3, 5)] AS b
      FROM generate_series(1, 800) AS id) AS raw;

CREATE FUNCTION written(facet text, bits int) RETURNS text LANGUAGE sql IMMUTABLE
RETURN (SELECT facet || ' ' || string_agg(label, '|' ORDER BY chance(bits, bit, 1000))
        FROM (VALUES (1, 'a'), (2, '"b c"'), (4, 'å')) AS l (bit, label)
        WHERE bits & bit > 0);

CREATE TABLE made AS
SELECT id, COALESCE(NULLIF(concat_ws('; ', written('"f 3"', f3), written('f1', f1),
           CASE WHEN age_unknown THEN 'age unknown'
                WHEN age_min IS NOT NULL AND age_max = 150 THEN format('age %s-', age_min)
                WHEN age_min IS NOT NULL THEN format('age %s-%s', age_min, age_max) END,
           written('f2', f2)), ''), 'any')::target_group AS target,
       f1, f2, f3, age_unknown, age_min, age_max
FROM parts;

-- Situations: an age and one bit per facet, 8 for the label nobody names.  All
-- 12 * 4 * 4 * 4 of them, numbered; a value's set is a bit string.
CREATE TABLE situations AS
SELECT row_number() OVER () - 1 AS n, age, x1, x2, x3
FROM ages, unnest(ARRAY[1, 2, 4, 8]) AS x1, unnest(ARRAY[1, 2, 4, 8]) AS x2, unnest(ARRAY[1, 2, 4, 8]) AS x3;
CREATE TABLE sets AS
SELECT id, target, string_agg(CASE WHEN
           CASE WHEN age_unknown THEN age = -1
                WHEN age_min IS NULL THEN true
                ELSE age BETWEEN age_min AND age_max END
           AND (f1 = 0 OR f1 & x1 > 0) AND (f2 = 0 OR f2 & x2 > 0) AND (f3 = 0 OR f3 & x3 > 0)
       THEN '1' ELSE '0' END, '' ORDER BY n)::bit(768) AS taken
FROM made, situations
GROUP BY id, target;
SELECT count(*) AS values, count(DISTINCT taken) AS sets, count(DISTINCT target) AS distinct_values,
       count(*) FILTER (WHERE taken = 0::bit(768)) AS empty
FROM sets;

-- The set that a printed value means, read by regular expressions, so that the
-- printer is judged too.
CREATE FUNCTION taken_by(shown text) RETURNS bit(768) LANGUAGE sql STABLE
RETURN (SELECT string_agg(CASE WHEN
            CASE WHEN item IS NULL THEN true
                 WHEN item = 'unknown' THEN age = -1
                 WHEN span[3] IS NOT NULL AND span[3] <> '' THEN age BETWEEN span[1]::int AND span[3]::int
                 WHEN span[2] = '-' THEN age >= span[1]::int
                 ELSE age = span[1]::int END
            AND (l1 IS NULL OR label[x1] = ANY (l1) IS TRUE)
            AND (l2 IS NULL OR label[x2] = ANY (l2) IS TRUE)
            AND (l3 IS NULL OR label[x3] = ANY (l3) IS TRUE)
        THEN '1' ELSE '0' END, '' ORDER BY n)::bit(768)
        FROM situations,
             (SELECT substring(shown FROM '^age ([^;]*)') AS item,
                     regexp_match(shown, '^age (\d+)(-?)(\d*)') AS span,
                     string_to_array(substring(shown FROM '(?:^|; )f1 ([^;]*)'), '|') AS l1,
                     string_to_array(substring(shown FROM '(?:^|; )f2 ([^;]*)'), '|') AS l2,
                     string_to_array(substring(shown FROM '(?:^|; )"f 3" ([^;]*)'), '|') AS l3,
                     ARRAY['a', '"b c"', NULL, 'å', NULL, NULL, NULL, 'other'] AS label
              OFFSET 0) AS means);
SELECT count(*) AS read_wrong FROM sets WHERE taken_by(target::text) <> taken;

-- 40,000 pairs.
CREATE TABLE pairs AS
SELECT a.id AS a_id, b.id AS b_id, a.target AS a, b.target AS b, a.taken AS a_taken, b.taken AS b_taken
FROM sets AS a JOIN sets AS b ON (a.id + b.id * 7) % 16 = 0;
SELECT count(*) AS pairs,
       count(*) FILTER (WHERE a_taken & b_taken = b_taken) AS contain,
       count(*) FILTER (WHERE a_taken & b_taken <> 0::bit(768)) AS overlap,
       count(*) FILTER (WHERE a_taken = b_taken) AS equal
FROM pairs;
SELECT a, b, 'differs' AS "@>" FROM pairs WHERE (a @> b) <> (a_taken & b_taken = b_taken);
SELECT a, b, 'differs' AS "<@" FROM pairs WHERE (a <@ b) <> (a_taken & b_taken = a_taken);
SELECT a, b, 'differs' AS "&&" FROM pairs WHERE (a && b) <> (a_taken & b_taken <> 0::bit(768));
SELECT a, b, 'differs' AS "=" FROM pairs WHERE (a = b) <> (a_taken = b_taken);
SELECT a, b, 'differs' AS "* NULL" FROM pairs WHERE (a * b IS NULL) <> (a_taken & b_taken = 0::bit(768));
CREATE TABLE met AS
SELECT shown, taken_by(shown) AS taken
FROM (SELECT DISTINCT (a * b)::text AS shown FROM pairs) AS d WHERE shown IS NOT NULL;
SELECT count(*) AS distinct_intersections FROM met;
SELECT a, b, a * b AS "*" FROM pairs JOIN met ON shown = (a * b)::text
WHERE taken <> (a_taken & b_taken);

-- The order is total and agrees with =, and so do the hashes.
SELECT a, b FROM pairs
WHERE (a < b)::int + (a = b)::int + (a > b)::int <> 1
   OR (a <= b) <> (a < b OR a = b) OR (a >= b) <> (a > b OR a = b) OR (a <> b) = (a = b)
   OR sign(target_group_cmp(a, b)) <> -sign(target_group_cmp(b, a))
   OR (a = b AND target_group_hash_extended(a, 9) <> target_group_hash_extended(b, 9));
SELECT count(*) AS out_of_order
FROM (SELECT target, lag(target, 1) OVER w AS before, lag(target, 7) OVER w AS long_before
      FROM sets WINDOW w AS (ORDER BY target)) AS s
WHERE before > target OR long_before > target;

--
-- GiST: the same rows as without, for every operator.  Up to twelve facets (a
-- signature has eight slots), names too long for a slot, 40 labels, ages.
--
CREATE TABLE stored AS
SELECT id, COALESCE(NULLIF(concat_ws('; ',
    CASE chance(id, 20, 5)
        WHEN 0 THEN 'age unknown'
        WHEN 1 THEN format('age %s-', chance(id, 21, 151))
        WHEN 2 THEN format('age %s-%s', chance(id, 21, 60), 60 + chance(id, 22, 91))
        WHEN 3 THEN format('age %s', chance(id, 21, 151)) END,
    (SELECT string_agg(format('%s %s', CASE WHEN f = 3 THEN repeat('long', 6) ELSE 'facet' || f END, labels), '; ')
     FROM (SELECT f, (SELECT string_agg('l' || chance(id * 16 + f, 30 + n, 40), '|')
                      FROM generate_series(0, chance(id * 16 + f, 24, CASE WHEN id % 5 = 0 THEN 40 ELSE 3 END)) AS n) AS labels
           FROM generate_series(1, 12) AS f
           WHERE chance(id * 16 + f, 23, CASE WHEN id % 10 = 0 THEN 2 ELSE 6 END) = 0) AS named)), ''), 'any')::target_group AS target
FROM generate_series(1, 3000) AS id;
SELECT count(*) AS rows, max(cardinality(facets(target))) AS most_facets,
       count(*) FILTER (WHERE cardinality(facets(target)) > 8) AS beyond_slots,
       count(*) FILTER (WHERE labels(target, repeat('long', 6)) IS NOT NULL) AS long_names
FROM stored;

-- Queries: values as they are, parts of them (with one facet more), and wider.
CREATE TABLE queries AS
SELECT id, target AS query FROM stored WHERE id % 50 = 0
UNION ALL
SELECT 10000 + a.id, COALESCE(a.target * b.target, b.target)
FROM stored AS a JOIN stored AS b ON b.id = a.id + 1 WHERE a.id % 80 = 0
UNION ALL
SELECT 20000 + id, format('%s; facet%s l1|l2|l3|l4|l5|l6|l7|l8|l9|l10|l11|l12', CASE id % 3 WHEN 0 THEN 'age unknown' WHEN 1 THEN 'age 10-100' ELSE 'age 0-' END, id)::target_group
FROM generate_series(1, 12) AS id
UNION ALL
SELECT 30000 + id, ('facet' || id || ' ' || (SELECT string_agg('l' || n, '|') FROM generate_series(0, 39) AS n))::target_group
FROM generate_series(1, 12) AS id
UNION ALL
SELECT 40000, 'any' UNION ALL SELECT 40001, 'age unknown' UNION ALL SELECT 40002, 'age 0-' UNION ALL SELECT 40003, 'nobody names';

SET enable_indexscan = off;
SET enable_bitmapscan = off;
CREATE TABLE plain AS
SELECT q.id AS query, op, s.id
FROM queries AS q CROSS JOIN stored AS s
CROSS JOIN LATERAL (VALUES ('&&', target && query), ('@>', target @> query), ('<@', target <@ query), ('=', target = query)) AS o (op, holds)
WHERE holds;
RESET enable_indexscan;
RESET enable_bitmapscan;

CREATE FUNCTION through_index() RETURNS TABLE (query int, op text, id int) LANGUAGE sql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    SELECT q.id, '&&', s.id FROM queries AS q JOIN stored AS s ON s.target && q.query
    UNION ALL
    SELECT q.id, '@>', s.id FROM queries AS q JOIN stored AS s ON s.target @> q.query
    UNION ALL
    SELECT q.id, '<@', s.id FROM queries AS q JOIN stored AS s ON s.target <@ q.query
    UNION ALL
    SELECT q.id, '=', s.id FROM queries AS q JOIN stored AS s ON s.target = q.query
$$;
CREATE INDEX stored_gist ON stored USING gist (target);
-- A plan as every version shows it: from 18 on what is disabled is marked.
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line !~ '^ *Disabled: true$' THEN RETURN NEXT line; END IF;
    END LOOP;
END $$;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_material = off;
SELECT pg_temp.plan($$SELECT q.id, s.id FROM stored AS s JOIN queries AS q ON s.target <@ q.query$$);
RESET enable_seqscan;
RESET enable_bitmapscan;
RESET enable_material;
CREATE TABLE indexed AS SELECT * FROM through_index();
SELECT op, count(*) AS found FROM plain GROUP BY op ORDER BY op COLLATE "C";
SELECT * FROM (TABLE plain EXCEPT ALL TABLE indexed) AS missed;
SELECT * FROM (TABLE indexed EXCEPT ALL TABLE plain) AS too_many;

-- Rows as rules are, so that the inner pages know something: one facet that all
-- of them name, others that many do; a few with a name too long for a slot.  They
-- go in row by row, with page splits; a third is taken out and put back elsewhere.
TRUNCATE stored;
INSERT INTO stored
SELECT id, concat_ws('; ',
    CASE chance(id, 40, 4)
        WHEN 0 THEN 'age unknown'
        WHEN 1 THEN format('age %s-', chance(id, 41, 151))
        WHEN 2 THEN format('age %s', chance(id, 41, 151)) END,
    format('subject s%s|s%s', chance(id, 42, 6), CASE chance(id, 43, 4) WHEN 0 THEN chance(id, 44, 6) ELSE chance(id, 42, 6) END),
    CASE WHEN chance(id, 45, 8) > 0 THEN format('task t%s', chance(id, 46, 20)) END,
    CASE WHEN chance(id, 47, 3) = 0 THEN format('zone z%s', chance(id, 48, 3)) END,
    CASE WHEN chance(id, 49, 200) = 0 THEN repeat('long', 6) || ' x' END)::target_group
FROM generate_series(1, 3000) AS id;
TRUNCATE queries;
INSERT INTO queries
SELECT id, target FROM stored WHERE id % 50 = 0
UNION ALL
SELECT 10000 + a.id, a.target * b.target
FROM stored AS a JOIN stored AS b ON b.id = a.id + 1 WHERE a.id % 7 = 0 AND a.target && b.target
UNION ALL
SELECT 20000 + n, wide::target_group
FROM unnest(ARRAY['any', 'age 0-', 'age unknown', 'age 30-60', 'subject s1', 'subject s1|s2|s3', 'subject s0|s5|s9',
    'zone z0|z1|z2', 'zone z1', 'task t1|t2|t3|t4', 'task t1|t2|t3|t4; zone z1|z2', 'subject s1|s2; zone z0|z1|z2',
    'age 0-; subject s1|s2|s3; task t5|t6|t7', 'nobody names', 'longlonglonglonglonglong x|y',
    'longlonglonglonglonglong x', 'longlonglonglonglonglong y',
    'age 5; subject s1|s2; task t1; zone z1; longlonglonglonglonglong x']) WITH ORDINALITY AS w (wide, n);
DELETE FROM stored WHERE id % 3 = 0;
VACUUM stored;
INSERT INTO stored SELECT id + 2, target FROM stored WHERE id % 3 = 1;
TRUNCATE indexed;
INSERT INTO indexed SELECT * FROM through_index();
DROP INDEX stored_gist;
TRUNCATE plain;
INSERT INTO plain
SELECT q.id AS query, op, s.id
FROM queries AS q CROSS JOIN stored AS s
CROSS JOIN LATERAL (VALUES ('&&', target && query), ('@>', target @> query), ('<@', target <@ query), ('=', target = query)) AS o (op, holds)
WHERE holds;
SELECT op, count(*) AS found FROM plain GROUP BY op ORDER BY op COLLATE "C";
SELECT * FROM (TABLE plain EXCEPT ALL TABLE indexed) AS missed;
SELECT * FROM (TABLE indexed EXCEPT ALL TABLE plain) AS too_many;

SET client_min_messages = warning;
DROP SCHEMA tgr CASCADE;
