-- verify() and compare(): what is found, how it is told, and what bad input gives.
-- That the findings are right over many structures is shown by t/050_verify.pl.
SET search_path = msb_org, pg_catalog;
SET client_encoding = 'UTF8';
\set SHOW_CONTEXT never
SET msb_org.today = '2019-06-01';
BEGIN;
\set ON_ERROR_ROLLBACK on

--
-- The structures that ship
--
SELECT load_structure('msb-2018'), load_structure('msb-2019');
SELECT * FROM verify('msb-2018') UNION ALL SELECT * FROM verify('msb-2019');
-- Without its precedences, the pairs of rules of different units that are in conflict.
SAVEPOINT complete;
DELETE FROM precedence WHERE structure = 'msb-2019';
WITH pair AS (
    SELECT DISTINCT a.rule AS one, b.rule AS other
    FROM verify('msb-2019') v, unnest(v.rules) one, unnest(v.rules) other, rule a, rule b
    WHERE v.finding = 'conflict' AND (a.structure, a.rule, b.structure, b.rule) = ('msb-2019', one, 'msb-2019', other)
      AND one < other AND a.unit <> b.unit)
SELECT count(*) AS pairs, count(p.rule) AS that_the_shipped_precedences_settle
FROM pair LEFT JOIN jsonb_to_recordset(shipped_structure('msb-2019') -> 'precedences') AS p (rule text, over text)
     ON (p.rule, p.over) IN ((pair.one, pair.other), (pair.other, pair.one));
ROLLBACK TO complete;
-- What the public text says, and no more.
DELETE FROM rule WHERE structure = 'msb-2019' AND origin = 'default';
SELECT target FROM verify('msb-2019') WHERE finding = 'gap';
SELECT DISTINCT finding FROM verify('msb-2019');
ROLLBACK TO complete;
-- Nobody for those whose age is not known.
DELETE FROM rule WHERE structure = 'msb-2019' AND rule = 'N1';
SELECT severity, target, message FROM verify('msb-2019') WHERE finding = 'gap';
SELECT adopt('msb-2019', '2019-08-01');
ROLLBACK TO complete;
-- A rule given to another unit: the precedence that was not needed is missing now.
UPDATE rule SET unit = 'sundhed' WHERE structure = 'msb-2019' AND rule = 'C3';
\x
SELECT * FROM verify('msb-2019');
\x
SELECT target, from_unit, to_unit, from_finding, to_finding FROM compare_documents(shipped_structure('msb-2019'), export_structure('msb-2019'));
ROLLBACK TO complete;
-- From one to the other; the targets are disjoint.
SELECT count(*) AS targets, count(DISTINCT (from_unit, to_unit)) AS moves, bool_and(target @> example) AS real_examples
FROM compare('msb-2018', 'msb-2019');
SELECT count(*) AS overlapping
FROM compare('msb-2018', 'msb-2019') a, compare('msb-2018', 'msb-2019') b
WHERE a.target && b.target AND a.target <> b.target;
SELECT target, to_unit FROM compare('msb-2018', 'msb-2019') WHERE from_unit = 'mso';
SELECT count(*) AS nothing FROM compare('msb-2019', 'msb-2019');
SELECT adopt('msb-2018', '2018-01-01'), adopt('msb-2019', '2019-08-01'), adopt('msb-2019', '2020-01-01');
SELECT count(*) AS errors_of_a_revision FROM verify('msb-2019#2');
-- A label that only one of them knows.
INSERT INTO label (facet, label) VALUES ('service', 'velfærdsteknologi');
INSERT INTO rule (structure, rule, unit, target) VALUES ('msb-2019', 'Æ1', 'sundhed', 'subject citizen; age 18-; task provision; service velfærdsteknologi');
SELECT target, from_unit, to_unit, from_finding, to_finding FROM compare('msb-2019#1', 'msb-2019') ORDER BY to_unit, target;
ROLLBACK;

--
-- What stands in the document
--
BEGIN;
INSERT INTO facet (facet, position, if_null) VALUES ('task', 1, 'none'), ('kvarter', 2, NULL), ('tom', 3, NULL);
INSERT INTO label (facet, label, parent) VALUES ('task', 'benefit', NULL), ('kvarter', 'vest', 'by'), ('kvarter', 'a', 'b'), ('kvarter', 'b', 'a'), ('kvarter', 'c', 'b');
INSERT INTO structure (structure) VALUES ('forkert');
INSERT INTO unit (structure, unit, kind, parent) VALUES ('forkert', 'u', 'staff', NULL), ('forkert', 'v', 'staff', 'w'), ('forkert', 'x', 'staff', 'y'), ('forkert', 'y', 'staff', 'x');
INSERT INTO rule (structure, rule, unit, target) VALUES
    ('forkert', 'R1', 'u', 'task benefit|ydelse'), ('forkert', 'R2', 'ukendt', 'opgave ydelse'), ('forkert', 'R3', 'v', 'any'), ('forkert', 'R4', 'v', 'task ydelse');
INSERT INTO precedence (structure, rule, over) VALUES ('forkert', 'R1', 'R9'), ('forkert', 'R3', 'R4'), ('forkert', 'R1', 'R2');
INSERT INTO plan_duty (structure, duty, part, counted) VALUES ('forkert', 'begge', 'social', 'task omsorg; bydel nord');
SELECT finding, severity, target, rules, units, message FROM verify('forkert');
DELETE FROM facet WHERE facet = 'tom';
SELECT finding, target, rules, units, message FROM verify('forkert') WHERE finding IN ('empty_target', 'gap', 'conflict', 'shadowed', 'redundant_precedence');
SELECT adopt('forkert', '2019-08-01');
ROLLBACK;

--
-- What the proof finds
--
BEGIN;
INSERT INTO facet (facet, position, if_null) VALUES ('task', 1, 'råd'), ('kvarter', 2, 'øst');
INSERT INTO label (facet, label, parent, position) VALUES ('task', 'råd', NULL, 1), ('task', 'dåd', NULL, 2),
    ('kvarter', 'øst', NULL, 1), ('kvarter', 'Æblegården', 'øst', 2), ('kvarter', 'vest "ny"', NULL, 3);
INSERT INTO structure (structure) VALUES ('t');
INSERT INTO unit (structure, unit, kind) SELECT 't', u, 'operating_area' FROM unnest('{a,b,c}'::text[]) u;
CREATE FUNCTION pg_temp.verified(VARIADIC lines text[]) RETURNS TABLE (finding text, target target_group, rules text[], example target_group, message text)
LANGUAGE plpgsql AS $$
-- each argument: rule, unit, target; or rule > rule
BEGIN
    DELETE FROM rule; DELETE FROM precedence;
    INSERT INTO rule (structure, rule, unit, target)
        SELECT 't', split_part(r, ' ', 1), split_part(r, ' ', 2), substr(r, 6)::target_group FROM unnest(lines) r WHERE r !~ '>';
    INSERT INTO precedence (structure, rule, over)
        SELECT 't', split_part(r, ' > ', 1), split_part(r, ' > ', 2) FROM unnest(lines) r WHERE r ~ '>';
    RETURN QUERY SELECT v.finding, v.target, v.rules, v.example, v.message FROM verify('t') v;
END $$;
SET search_path = msb_org, pg_catalog;
-- Nothing at all, and everything.
SELECT * FROM pg_temp.verified(VARIADIC '{}');
SELECT * FROM pg_temp.verified('R1 a any');
-- A gap of one label that stands above another: a rule for it takes the other too.
SELECT target, message FROM pg_temp.verified('R1 a kvarter Æblegården', 'R2 a kvarter "vest ""ny"""');
-- Ages: every year and unknown.
SELECT target, message FROM pg_temp.verified('R1 a age 0-17', 'R2 b age 19-');
-- Two, of one unit and of two.
SELECT * FROM pg_temp.verified('R1 a any', 'R2 a task råd');
SELECT * FROM pg_temp.verified('R1 a any', 'R2 b task råd');
SELECT * FROM pg_temp.verified('R1 a any', 'R2 b task råd', 'R2 > R1');
SELECT * FROM pg_temp.verified('R1 a any', 'R2 b task råd', 'R1 > R2');
SELECT * FROM pg_temp.verified('R1 a any', 'R2 b task råd', 'R1 > R2', 'R2 > R1');
-- Precedence is not transitive, and a circle has no first.
SELECT * FROM pg_temp.verified('R1 a any', 'R2 b any', 'R3 c any', 'R1 > R2', 'R2 > R3');
SELECT * FROM pg_temp.verified('R1 a any', 'R2 b any', 'R3 c any', 'R1 > R2', 'R2 > R3', 'R3 > R1');
-- Each of a unit's rules goes before one other, none before both.
SELECT * FROM pg_temp.verified('R1 a any', 'R2 a any', 'R3 b any', 'R4 c any', 'R1 > R3', 'R2 > R4');
-- Precedences that decide nothing.
SELECT * FROM pg_temp.verified('R1 a task råd', 'R2 b task dåd', 'R3 b task dåd; age 18-', 'R1 > R2', 'R2 > R3', 'R1 > R9');
-- Who may ask, and of what.
SELECT * FROM verify('ukendt');
SELECT * FROM verify('t#1');
SELECT * FROM compare('t', 'sag 610158-5000');
SELECT * FROM verify(NULL);
SELECT * FROM verify_document('{}');
CREATE ROLE regress_msb_reader;
SET ROLE regress_msb_reader;
SELECT finding FROM verify('t');
RESET ROLE;
ROLLBACK;

--
-- Large and odd
--
BEGIN;
-- A facet of 10,000 labels.
INSERT INTO facet (facet, position) VALUES ('adresse', 1), ('task', 2);
INSERT INTO label (facet, label) SELECT 'adresse', 'vej ' || n FROM generate_series(1, 10000) n UNION ALL VALUES ('task', 'a'), ('task', 'b');
INSERT INTO structure (structure) VALUES ('veje');
INSERT INTO unit (structure, unit, kind) VALUES ('veje', 'u', 'staff'), ('veje', 'v', 'staff');
INSERT INTO rule (structure, rule, unit, target) SELECT 'veje', rule, unit, target::target_group
FROM (VALUES ('R1', 'u', 'task a'),
             ('R2', 'v', (SELECT 'task b; adresse ' || string_agg('"vej ' || n || '"', '|') FROM generate_series(1, 9999) n)),
             ('R3', 'v', 'task b; adresse "vej 9999"')) r (rule, unit, target);
SELECT finding, left(target::text, 40) AS target, rules, left(message, 90) AS message FROM verify('veje');
DELETE FROM rule WHERE rule = 'R1';
SELECT adopt('veje', '2019-08-01');
-- 64 facets: each rule is one facet's, and the first goes first.
DELETE FROM structure; DELETE FROM label; DELETE FROM facet;
INSERT INTO facet (facet, position) SELECT 'f' || lpad(n::text, 2, '0'), n FROM generate_series(1, 64) n;
INSERT INTO label (facet, label) SELECT facet, unnest('{x,y}'::text[]) FROM facet;
INSERT INTO structure (structure) VALUES ('bred');
INSERT INTO unit (structure, unit, kind) SELECT 'bred', facet, 'staff' FROM facet;
INSERT INTO rule (structure, rule, unit, target) SELECT 'bred', facet, facet, (facet || ' x')::target_group FROM facet;
INSERT INTO precedence (structure, rule, over) SELECT 'bred', a.facet, b.facet FROM facet a, facet b WHERE a.facet < b.facet;
SELECT finding, left(target::text, 40) AS target, rules FROM verify('bred');
-- Without precedences there are more findings than anyone can hold.
DELETE FROM precedence WHERE rule > 'f10';
SET work_mem = '1MB';
SELECT count(*) FROM verify('bred');
SELECT adopt('bred', '2019-08-01');
ROLLBACK;

DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
