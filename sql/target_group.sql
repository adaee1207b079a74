--
-- target_group: text forms, canonical output, errors, operators, indexes.
--
SET client_encoding = 'UTF8';
CREATE SCHEMA tg;
SET search_path = tg, msb_org, pg_catalog;
\pset null '(null)'

-- The forms that people write.
SELECT target_group 'subject citizen; age 15-17; task provision; challenge disability; service specialised_disability';
SELECT target_group 'age 18-; task authority|provision';
SELECT target_group 'age unknown';
SELECT target_group 'any';

-- Canonical output: the age item, then the facets by name, labels sorted and
-- merged, all bytewise (capitals before small letters, ASCII before the rest).
SELECT text AS written, text::target_group AS read
FROM (VALUES
    (1, 'task provision|authority|provision; age 67-'),
    (2, E'  task\t provision |\n authority;age\r\n18 - 66 '),
    (3, 'zone b|a|B|æ|ø|å|10|9'),
    (4, 'b x; B x; å x; a x'),
    (5, 'age 17'),
    (6, 'age 017-18'),
    (7, 'age 17-17'),
    (8, 'age 0-'),
    (9, 'age 0-150'),
    (10, 'age 18-150'),
    (11, 'age 150'),
    (12, 'age 150-150'),
    (13, 'age 0'),
    (14, 'age 0-17; any-other -|_|.|-.'),
    (15, 'ydelse støtte|aflastning; målgruppe børn|ældre'),
    (16, 'task any|age|unknown'),
    (17, 'Age 18; ANY thing'),
    (18, 'age unknown; task x'),
    (19, ' any ')
) AS t (n, text)
ORDER BY n;

-- Quotes: only where they are needed, doubled within.
SELECT text AS written, text::target_group AS read
FROM (VALUES
    (1, '"task" "provision"|"authority"'),
    (2, 'task "day care"|"a;b"|"a|b"|"say ""hi"""|""""'),
    (3, '"the task" x'),
    (4, '"Anbringelse, døgn" "Plejefamilie (§ 66)"|ja'),
    (5, 'task "Age"|"any"')
) AS t (n, text)
ORDER BY n;

-- Names and labels up to 255 bytes.
SELECT length((repeat('n', 255) || ' ' || repeat('l', 255))::target_group::text) AS longest;

--
-- Errors say what is wrong and where, and show nothing of the text.
--
CREATE FUNCTION refused(written text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
BEGIN
    PERFORM written::msb_org.target_group;
    RETURN 'accepted';
EXCEPTION WHEN invalid_text_representation THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    IF message <> 'invalid input syntax for type target_group' THEN
        RETURN message;
    END IF;
    RETURN detail;
END $$;

SELECT CASE WHEN length(written) > 60 THEN left(written, 8) || '...' ELSE written END AS written,
       refused(written)
FROM unnest(ARRAY[
    '', E' \t\n',
    ';', 'task x;', 'task x;;zone y', '; task x',
    'any; task x', 'task x; any', 'any any', 'age 5; any', 'any;', '"any"',
    'task', 'task;', 'task ""', '"" x', '"task"', '"task x', 'task "x', 'task "x""',
    'task |x', 'task x|', 'task x||y', 'task x|;zone y', 'task x y', 'task x,y', 'task (x)',
    'task|x', 'task"x"', '"task"x', ',task x', 'task=x',
    'task x; zone y; task z', 'task x; "task" y', 'task x; zone y; task x',
    'age', 'age ;task x', 'age x', 'age -5', 'age 5-4', 'age 151', 'age 0-151',
    'age 99999999999999999999', 'age 5|6', 'age 5-6-7', 'age 5 6', 'age unknown|5',
    'age unknowns', 'age Unknown', 'age 5; age 6', 'age "5"', 'age 5.5', 'age any',
    'age18', '"age" 5', '"any" x',
    repeat('n', 256) || ' x', 'task ' || repeat('l', 256), 'task "' || repeat('"', 512) || '"',
    repeat('task x; ', 3000000)
]) WITH ORDINALITY AS t (written, n)
ORDER BY n;

-- From 16 on, the same without an error.
SELECT current_setting('server_version_num')::int >= 160000 AS soft_errors \gset
\if :soft_errors
SELECT pg_input_is_valid('age 5', 'msb_org.target_group') AS valid,
       pg_input_is_valid('age 5-4', 'msb_org.target_group') AS invalid \gset
\else
\set valid t
\set invalid f
\endif
\echo :valid :invalid

-- No LINE, no CONTEXT: somebody may have pasted a CPR number.
\set SHOW_CONTEXT always
SELECT target_group 'citizen 010203-1234 and more';
DO $$ BEGIN PERFORM 'citizen 010203-1234 and more'::msb_org.target_group; END $$;
CREATE TABLE pasted (id int, target target_group);
COPY pasted FROM stdin;
1	age 18-
2	citizen 010203-1234 and more
\.
\set SHOW_CONTEXT errors

--
-- Assignment: text, varchar and char on INSERT and UPDATE; no cast by itself.
--
INSERT INTO pasted VALUES (1, text 'age 5'), (2, text 'age 6');
INSERT INTO pasted VALUES (3, varchar(10) 'age 7');
INSERT INTO pasted VALUES (4, char(10) 'age 8');
PREPARE from_driver (varchar) AS INSERT INTO pasted VALUES (5, $1);
EXECUTE from_driver ('task b|a');
UPDATE pasted SET target = text 'age 9' WHERE id = 1;
INSERT INTO pasted VALUES (6, text 'age');
SELECT * FROM pasted ORDER BY id;
\set VERBOSITY terse
SELECT text 'age 5' && target_group 'age 5';
\set VERBOSITY default
SELECT target || '!' AS as_text FROM pasted WHERE id = 5;

--
-- Operators.
--
CREATE VIEW pairs AS
SELECT n, a::target_group, b::target_group
FROM (VALUES
    (1, 'any', 'any'),
    (2, 'any', 'age 0-'),
    (3, 'any', 'age unknown'),
    (4, 'age 0-', 'age unknown'),
    (5, 'age 0-17', 'age 17-66'),
    (6, 'age 0-17', 'age 18-66'),
    (7, 'age 0-66', 'age 18-25'),
    (8, 'any', 'task authority'),
    (9, 'task authority|provision', 'task provision'),
    (10, 'task authority|provision', 'task provision|coordination'),
    (11, 'task authority', 'task provision'),
    (12, 'task authority', 'zone north'),
    (13, 'task authority; age 18-', 'zone north; age 0-30'),
    (14, 'task a|b; zone x|y', 'age 5; task b|c; zone y|z'),
    (15, 'task a|b; zone x|y', 'age 5; task b|c; zone z'),
    (16, 'task a; zone x', 'task a; zone x; age 5; subject citizen')
) AS t (n, a, b);
SELECT n, a, b, a OPERATOR(msb_org.=) b AS "=", a @> b AS "@>", a <@ b AS "<@", a && b AS "&&", a * b AS "*"
FROM pairs ORDER BY n;

-- Both ways round.
SELECT count(*) AS wrong FROM pairs
WHERE (a && b) <> (b && a) OR (a @> b) <> (b <@ a) OR (a * b) <> (b * a)
   OR (a && b) <> ((a * b) IS NOT NULL);

-- The order: age item (none, spans, unknown), then facets and labels.
SELECT t FROM unnest(ARRAY['age unknown', 'task b', 'any', 'task a|b', 'age 5; task a', 'task a',
    'age 5', 'age 5-6', 'age 4-', 'zone a', 'task a; zone a', 'task aa', 'task a|c', 'Task z',
    'task å', 'age unknown; a b', 'age 0-']::target_group[]) AS t
ORDER BY t;
SELECT a, b, a < b AS "<", a <= b AS "<=", a = b AS "=", a <> b AS "<>", a >= b AS ">=", a > b AS ">", sign(target_group_cmp(a, b)) AS cmp
FROM (VALUES (target_group 'age 5', target_group 'age 6'), ('age 6', 'age 5'), ('task b|a', 'task a|b')) AS t (a, b);

-- Equal values hash alike, however they were written.
SELECT target_group_hash(a) = target_group_hash(b) AS hash,
       target_group_hash_extended(a, 42) = target_group_hash_extended(b, 42) AS extended,
       target_group_hash_extended(a, 42) <> target_group_hash_extended(a, 43) AS seeded,
       target_group_hash_extended(a, 0) & 4294967295 = target_group_hash(a)::bigint & 4294967295 AS low_half
FROM (VALUES (target_group 'task b|a|b; age 18-150', target_group 'age 18-; task a|b')) AS t (a, b);
-- What a hash index and a partition keep: these numbers never change.
SELECT t, target_group_hash(t), target_group_hash_extended(t, 1)
FROM unnest(ARRAY['any', 'age 18-; task authority|provision']::target_group[]) AS t;

--
-- What reports ask.
--
SELECT t, age_span(t), facets(t), labels(t, 'task')
FROM unnest(ARRAY['any', 'age 0-', 'age 18-', 'age 150', 'age 18', 'age 18-66; zone x',
    'age unknown', 'zone x; task b|a', 'task "x y"|"""q"""']::target_group[]) AS t;

--
-- Operator classes are complete, and every function of the type says what it is.
--
SELECT opcname, amname, opcdefault, amvalidate(c.oid)
FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
WHERE opcintype = 'msb_org.target_group'::regtype
ORDER BY amname;
SELECT p.oid::regprocedure AS unexplained
FROM pg_proc p
WHERE prosrc LIKE 'msb\_target\_group%'
  AND (obj_description(p.oid, 'pg_proc') IS NULL OR provolatile <> 'i' OR NOT proisstrict
       OR proparallel <> 's' OR proleakproof);

--
-- Indexes: used, and with the same answers.
--
CREATE TABLE rules AS
SELECT n AS id,
       format('age %s-%s; task t%s|t%s%s', n % 90, n % 90 + n % 7, n % 13, n % 11,
              CASE WHEN n % 3 = 0 THEN '; zone z' || n % 29 ELSE '' END)::target_group AS target
FROM generate_series(1, 3000) AS n;
ANALYZE rules;

CREATE FUNCTION found() RETURNS TABLE (operator text, rows bigint, ids bigint) LANGUAGE sql AS $$
    SELECT '&&', count(*), sum(id) FROM rules WHERE target && 'age 20-21; task t5; zone z7'
    UNION ALL
    SELECT '@>', count(*), sum(id) FROM rules WHERE target @> 'age 20; task t5; zone z7; subject s'
    UNION ALL
    SELECT '<@', count(*), sum(id) FROM rules WHERE target <@ 'age 18-25; task t1|t2|t3|t4'
    UNION ALL
    SELECT '=', count(*), sum(id) FROM rules WHERE target = 'age 64-66; task t12|t2'
    UNION ALL
    SELECT '<', count(*), sum(id) FROM rules WHERE target < 'age 1-5'
$$;
SELECT * FROM found() ORDER BY operator COLLATE "C";

SET enable_seqscan = off;
SET enable_bitmapscan = off;
CREATE INDEX rules_gist ON rules USING gist (target);
EXPLAIN (COSTS OFF) SELECT * FROM rules WHERE target && 'age 20-21; task t5; zone z7';
EXPLAIN (COSTS OFF) SELECT * FROM rules WHERE target @> 'age 20; task t5; zone z7; subject s';
EXPLAIN (COSTS OFF) SELECT * FROM rules WHERE target <@ 'age 18-25; task t1|t2|t3|t4';
EXPLAIN (COSTS OFF) SELECT * FROM rules WHERE target = 'age 64-66; task t12|t2';
SELECT * FROM found() ORDER BY operator COLLATE "C";
DROP INDEX rules_gist;

CREATE INDEX rules_btree ON rules (target);
EXPLAIN (COSTS OFF) SELECT * FROM rules WHERE target = 'age 64-66; task t12|t2';
EXPLAIN (COSTS OFF) SELECT * FROM rules WHERE target < 'age 1-5';
SELECT * FROM found() ORDER BY operator COLLATE "C";
DROP INDEX rules_btree;

CREATE INDEX rules_hash ON rules USING hash (target);
EXPLAIN (COSTS OFF) SELECT * FROM rules WHERE target = 'age 64-66; task t12|t2';
SELECT * FROM found() ORDER BY operator COLLATE "C";
DROP INDEX rules_hash;
RESET enable_bitmapscan;
RESET enable_seqscan;

-- Grouping and joins, by hash and by order.
SET enable_hashagg = off;
SELECT count(*) FROM (SELECT target FROM rules GROUP BY target) AS g;
SET enable_hashagg = on;
SET enable_sort = off;
SELECT count(*) FROM (SELECT target FROM rules GROUP BY target) AS g;
RESET enable_sort;
RESET enable_hashagg;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT count(*) FROM rules AS a JOIN rules AS b ON a.target = b.target;
SET enable_mergejoin = on;
SET enable_hashjoin = off;
SELECT count(*) FROM rules AS a JOIN rules AS b ON a.target = b.target;
RESET enable_hashjoin;
RESET enable_nestloop;

-- A primary key and hash partitions.
CREATE TABLE parts (target target_group PRIMARY KEY) PARTITION BY HASH (target);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT DISTINCT target FROM rules;
SELECT (SELECT count(*) FROM parts) = (SELECT count(DISTINCT target) FROM rules) AS complete,
       (SELECT count(*) FROM parts_0) > 100 AS spread_0, (SELECT count(*) FROM parts_1) > 100 AS spread_1;
INSERT INTO parts VALUES ('task t2|t12; age 064-66');

--
-- Exclusion constraints: no two rules for one situation.
--
CREATE TABLE disjoint (unit text, target target_group, EXCLUDE USING gist (target WITH &&));
INSERT INTO disjoint VALUES
    ('children', 'age 0-17; task authority'),
    ('adults', 'age 18-66; task authority'),
    ('elderly', 'age 67-; task authority'),
    ('nobody knows', 'age unknown; task authority'),
    ('homes', 'task provision');
\set VERBOSITY sqlstate
INSERT INTO disjoint VALUES ('young', 'age 0-10; subject citizen; task authority|advice');
\set VERBOSITY default
INSERT INTO disjoint VALUES ('young', 'age 0-10; subject citizen; task authority|advice');
INSERT INTO disjoint VALUES ('coordinators', 'task coordination|advice; subject citizen');
SELECT count(*) FROM disjoint;
CREATE TABLE same (target target_group, EXCLUDE USING gist (target WITH =));
INSERT INTO same VALUES ('age 5; zone a|b'), ('age 5; zone a'), ('age 5'), ('any');
INSERT INTO same VALUES ('zone b|a; age 5-5');

-- Together with a plain column.
SET client_min_messages = warning;
CREATE EXTENSION btree_gist SCHEMA tg;
RESET client_min_messages;
CREATE TABLE per_unit (unit text, target target_group,
    EXCLUDE USING gist (unit WITH OPERATOR(pg_catalog.=), target WITH OPERATOR(msb_org.&&)));
INSERT INTO per_unit
    SELECT 'u' || n % 40, format('age %s; task t%s', n / 40, n % 7)::target_group
    FROM generate_series(0, 3999) AS n;
INSERT INTO per_unit VALUES ('u5', 'age 7; zone z');
INSERT INTO per_unit VALUES ('u50', 'age 7; zone z');
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM per_unit WHERE unit = 'u5' AND target && 'age 7-9';
SELECT * FROM per_unit WHERE unit = 'u5' AND target && 'age 7-9' ORDER BY target;
RESET enable_seqscan;

--
-- Large values: a stored value of 100 kB, in an index a signature.
--
CREATE TABLE large (id int, target target_group);
INSERT INTO large
SELECT 1, ('task ' || string_agg('label_' || n, '|'))::target_group FROM generate_series(1, 10000) AS n;
INSERT INTO large
SELECT n, format('age %s; task %s', n % 100, (SELECT string_agg('label_' || m, '|') FROM generate_series(n, n + 999) AS m))::target_group
FROM generate_series(2, 60) AS n;
INSERT INTO large
SELECT 100, string_agg(format('facet_%s x|y', n), '; ')::target_group FROM generate_series(1, 1000) AS n;
INSERT INTO large
SELECT 200 + n, format('age %s; %s x', n, repeat('f', 20 + n))::target_group FROM generate_series(1, 10) AS n;
CREATE INDEX large_gist ON large USING gist (target);
CREATE INDEX large_hash ON large USING hash (target);
SELECT cardinality(labels(target, 'task')), length(target::text) FROM large WHERE id = 1;
SELECT cardinality(facets(target)) FROM large WHERE id = 100;
SELECT bool_and(target::text::target_group = target) AS read_back FROM large;
SET enable_seqscan = off;
SELECT id FROM large WHERE target @> 'task label_9999|label_1; age 30' ORDER BY id;
SELECT id FROM large WHERE target <@ (SELECT target FROM large WHERE id = 60) ORDER BY id;
SELECT id FROM large WHERE target && 'age 5-7; task label_7' ORDER BY id;
SELECT id FROM large WHERE target @> (SELECT target FROM large WHERE id = 100) ORDER BY id;
SELECT id FROM large WHERE target = (SELECT target FROM large WHERE id = 1) ORDER BY id;
SELECT id FROM large WHERE target <@ 'fffffffffffffffffffffffff x|y' ORDER BY id;
SELECT id FROM large WHERE target <@ 'facet_999 x|y|z' ORDER BY id;
RESET enable_seqscan;
-- A result that could not be read back is refused.
SELECT length(a::text) AS a, length(b::text) AS b, length((a * b)::text) AS a_and_b
FROM (SELECT ('a ' || string_agg('l' || n, '|'))::target_group AS a,
             ('b ' || string_agg('l' || n, '|'))::target_group AS b
      FROM generate_series(1, 400000) AS n) AS t;
SELECT length((a * b)::text)
FROM (SELECT ('a ' || string_agg('l' || n, '|'))::target_group AS a,
             ('b ' || string_agg('l' || n, '|'))::target_group AS b
      FROM generate_series(1, 1200000) AS n) AS t;

SET client_min_messages = warning;
DROP SCHEMA tg CASCADE;
