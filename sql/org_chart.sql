-- The chart and the map of a structure.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-01';
SET search_path = msb_org, pg_catalog;
SET client_encoding = 'UTF8';
\set SHOW_CONTEXT never
\pset null -
SELECT load_structure('msb-2018'), load_structure('msb-2019');
SELECT adopt('msb-2018', DATE '2018-01-01'), adopt('msb-2019', DATE '2019-08-01');

--
-- Who answers for a task
--
SELECT * FROM responsibility_map('msb-2019#1', 'provision') \crosstabview challenge age area
SELECT * FROM responsibility_map('msb-2018', 'provision', 'employment') \crosstabview challenge age area
-- Every cell is what area_of says, at every age and for every service.
CREATE FUNCTION pg_temp.cells(structure text) RETURNS TABLE (task text, age text, challenge text, service text, area text)
LANGUAGE sql SET search_path = msb_org, pg_catalog AS $$
    SELECT t.label, m.age, m.challenge, s.label, m.area
    FROM label t, label s, LATERAL responsibility_map(cells.structure, t.label, s.label) m
    WHERE t.facet = 'task' AND s.facet = 'service'
$$;
SELECT structure, count(*) AS cells, count(*) FILTER (WHERE area IS DISTINCT FROM said) AS different, count(DISTINCT n) AS ages
FROM (SELECT v.structure, n, c.area, area_of(format('age %s; task %s; challenge %s; service %s', CASE n WHEN 151 THEN 'unknown' ELSE n::text END,
                                                c.task, c.challenge, c.service)::target_group, v.day) AS said
      FROM (VALUES ('msb-2018', DATE '2019-01-01'), ('msb-2019', DATE '2019-09-01')) v (structure, day),
           LATERAL pg_temp.cells(v.structure) c, generate_series(0, 151) n
      WHERE CASE n WHEN 151 THEN c.age = 'unknown' ELSE format('age %s', c.age)::target_group @> format('age %s', n)::target_group END) x
GROUP BY structure ORDER BY structure;
-- Without a service: the area where none is named, and in how many others services lie.
SELECT count(*) AS cells, count(*) FILTER (WHERE m.area <> o.area || CASE o.others WHEN 0 THEN '' ELSE ' +' || o.others END) AS different
FROM label t, LATERAL responsibility_map('msb-2019', t.label) m,
     LATERAL (SELECT min(c.area) FILTER (WHERE c.service = 'unknown') AS area, count(DISTINCT c.area) - 1 AS others
              FROM pg_temp.cells('msb-2019') c
              WHERE c.task = t.label AND c.challenge = m.challenge AND
                    CASE m.age WHEN 'unknown' THEN c.age = 'unknown'
                    ELSE c.age <> 'unknown' AND format('age %s', replace(c.age, 'unknown', '0'))::target_group @> format('age %s', m.age)::target_group END) o
WHERE t.facet = 'task';
-- Gaps and conflicts are told.
SELECT copy_structure('msb-2019', 'forslag');
DELETE FROM rule WHERE structure = 'forslag' AND rule = 'X1';
UPDATE rule SET target = 'subject citizen; task benefit|authority' WHERE structure = 'forslag' AND rule = 'F1';
UPDATE rule SET target = 'subject citizen; age 40-; task provision; challenge brain_injury' WHERE structure = 'forslag' AND rule = 'F3';
SELECT * FROM responsibility_map('forslag', 'authority', 'general') \crosstabview challenge age area
SELECT DISTINCT age, area FROM responsibility_map('forslag', 'provision', 'general') WHERE challenge = 'brain_injury' ORDER BY age;
-- What is missing.
SELECT * FROM responsibility_map('ukendt', 'authority');
SELECT * FROM responsibility_map('msb-2019', 'Myndighed');
SELECT * FROM responsibility_map('msb-2019', NULL);
SELECT * FROM responsibility_map('msb-2019', 'provision', '010158-5000');
SELECT * FROM responsibility_cells('{"facets": [{"facet": "task"}], "labels": [], "units": [], "rules": [], "precedences": [], "plan_duties": []}', 'x', NULL);

--
-- In words
--
SELECT rule, target_in_words(document, target::target_group) AS words
FROM shipped_structure('msb-2019') AS document, jsonb_to_recordset(document -> 'rules') AS r (rule text, target text) ORDER BY rule;
SELECT t, target_in_words('{"facets": [{"facet": "task", "position": 1, "if_null": "x"}], "labels": [{"facet": "task", "label": "y", "title": "Ypsilon"}]}', t::target_group) AS words
FROM unnest('{any,age 7,age 0-,"age 18-","age 150","task x","task x|y","age unknown; task y; other z"}'::text[]) t;

--
-- The chart
--
\pset format unaligned
SELECT org_chart('msb-2018');
SELECT org_chart('msb-2019#1') = org_chart('msb-2019') AS of_the_revision_too;
SELECT org_chart('ukendt');
-- Names of any kind; an unknown parent, one below itself, nothing at all.
INSERT INTO structure (structure, title) VALUES ('navne', 'A & B <"C"> \N {x|y}'), ('tom', NULL);
INSERT INTO unit (structure, unit, parent, kind, title) VALUES
    ('navne', 'a"b\', NULL, 'department', '<b>&amp;</b>'), ('navne', '</TABLE>>]', 'a"b\', 'operating_area', E'en\nto\ttre\x01'), ('navne', ' ', 'a"b\', 'staff', ''),
    ('navne', 'kreds', 'kreds', 'administration', NULL), ('navne', 'x', 'y', 'administration', NULL), ('navne', 'y', 'x', 'administration', NULL),
    ('navne', 'løs', 'findes ikke', 'executive', NULL), ('navne', 'ude', 'a"b\', 'external', NULL);
INSERT INTO rule (structure, rule, unit, target) VALUES ('navne', 'R1', '</TABLE>>]', 'task "<&>"; "a;b" "c""d"'), ('navne', 'R2', 'ukendt', 'any');
SELECT org_chart('navne');
SELECT org_chart('tom');
\pset format aligned
RESET search_path;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
