-- Drafts: loading, exporting and importing structures, and what keeps a
-- document from being adopted.
SET search_path = msb_org, pg_catalog;
SET datestyle = iso;
SET client_encoding = 'UTF8';
\set SHOW_CONTEXT never
BEGIN;
\set ON_ERROR_ROLLBACK on

--
-- The structures that ship
--
SELECT load_structure('msb-2018'), load_structure('msb-2019');
SELECT s.structure, s.title,
       (SELECT count(*) FROM unit AS x WHERE x.structure = s.structure) AS units,
       (SELECT count(*) FROM rule AS x WHERE x.structure = s.structure) AS rules,
       (SELECT count(*) FROM precedence AS x WHERE x.structure = s.structure) AS precedences,
       (SELECT count(*) FROM plan_duty AS x WHERE x.structure = s.structure) AS plan_duties
FROM structure AS s ORDER BY 1;
SELECT facet, position, if_null, title, (SELECT count(*) FROM label AS l WHERE l.facet = f.facet) AS labels FROM facet AS f ORDER BY position;
SELECT facet, label, parent, priority, yields, title FROM label WHERE priority > 0 OR parent IS NOT NULL OR yields ORDER BY facet, position;
SELECT structure, unit, parent, kind, origin, title FROM unit ORDER BY structure, unit COLLATE "C";
SELECT structure, rule, unit, target, origin FROM rule ORDER BY structure, rule COLLATE "C";
-- The words on which they rest, as they stand in the public text or are said to be added.
SELECT structure, origin, basis, count(*), min(rule COLLATE "C") AS first FROM rule GROUP BY structure, origin, basis ORDER BY structure, first;

-- What is stored is what the documents say, in its canonical form: age first,
-- then the facets by name, the labels sorted.
WITH said AS (
    SELECT doc ->> 'structure' AS structure, r ->> 'rule' AS rule, r ->> 'target' AS target
    FROM (VALUES (shipped_structure('msb-2018')), (shipped_structure('msb-2019'))) AS d (doc), jsonb_array_elements(doc -> 'rules') AS r
    UNION ALL
    SELECT doc ->> 'structure', concat(d ->> 'part', ordinality), d ->> 'counted'
    FROM (VALUES (shipped_structure('msb-2018')), (shipped_structure('msb-2019'))) AS x (doc), jsonb_array_elements(doc -> 'plan_duties') WITH ORDINALITY AS d (d)),
canonical AS (
    SELECT structure, rule, target, string_agg(concat(facet, ' ', labels), '; ' ORDER BY facet <> 'age', facet COLLATE "C") AS sorted
    FROM said, regexp_split_to_table(target, '; ') AS item,
         LATERAL (SELECT split_part(item, ' ', 1) AS facet,
                         (SELECT string_agg(l, '|' ORDER BY l COLLATE "C") FROM regexp_split_to_table(split_part(item, ' ', 2), '\|') AS l) AS labels) AS parts
    GROUP BY structure, rule, target)
SELECT count(*) AS target_groups, count(*) FILTER (WHERE s.target <> sorted) AS not_written_so,
       count(*) FILTER (WHERE s.target::target_group::text <> sorted) AS canonical_differs,
       count(r.rule) AS rules, count(r.rule) FILTER (WHERE r.target::text <> sorted) AS stored_differs
FROM canonical AS s LEFT JOIN rule AS r USING (structure, rule);
-- A fingerprint of every field, line by line, to tell when one changes.
SELECT 'facet' AS what, NULL AS structure, md5(string_agg(concat_ws(E'\t', facet, position, coalesce(if_null, ''), title), E'\n' ORDER BY facet COLLATE "C")) FROM facet
UNION ALL
SELECT 'label', NULL, md5(string_agg(concat_ws(E'\t', facet, label, coalesce(parent, ''), position, coalesce(priority::text, ''), CASE WHEN yields THEN 't' ELSE 'f' END, title), E'\n'
                          ORDER BY facet COLLATE "C", label COLLATE "C")) FROM label
UNION ALL
SELECT 'unit', structure, md5(string_agg(concat_ws(E'\t', unit, coalesce(parent, ''), kind, origin, title), E'\n' ORDER BY unit COLLATE "C")) FROM unit GROUP BY structure
UNION ALL
SELECT 'rule', structure, md5(string_agg(concat_ws(E'\t', rule, unit, target, origin, basis), E'\n' ORDER BY rule COLLATE "C")) FROM rule GROUP BY structure
UNION ALL
SELECT 'precedence', structure, md5(string_agg(concat_ws(E'\t', rule, over, origin, reason), E'\n' ORDER BY rule COLLATE "C", over COLLATE "C")) FROM precedence GROUP BY structure
UNION ALL
SELECT 'plan_duty', structure, md5(string_agg(concat_ws(E'\t', duty, part, counted, min_units, action, basis), E'\n' ORDER BY duty COLLATE "C", part COLLATE "C", counted)) FROM plan_duty GROUP BY structure
ORDER BY 1, 2;

SELECT load_structure('msb-2019');
SELECT load_structure('msb-2017');
SELECT load_structure('610158-5000');
SELECT load_structure(NULL);
SELECT shipped_structure('msb-2017') IS NULL AS no_other;

--
-- Out and in again
--
SELECT import_structure(export_structure('msb-2018'), 'copy-2018'), import_structure(export_structure('msb-2019'), 'copy-2019');
SELECT s AS structure, length(export_structure(s)::text) > 5000 AS whole,
       export_structure('copy' || substr(s, 4)) = jsonb_set(export_structure(s), '{structure}', to_jsonb('copy' || substr(s, 4))) AS same_but_for_the_name,
       (SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(export_structure(s)) AS k) AS keys
FROM unnest(ARRAY['msb-2018', 'msb-2019']) AS s;
-- Through text as well, and what ships is what comes out.
SELECT s AS structure, export_structure(s)::text::jsonb = export_structure(s) AS through_text,
       import_structure(export_structure(s)::text::jsonb, s || '-again') AS again,
       (SELECT count(*) FROM jsonb_each(shipped_structure(s)) AS shipped JOIN jsonb_each(export_structure(s)) AS stored USING (key)
        WHERE key IN ('structure', 'title', 'description', 'facets', 'labels', 'format') AND shipped.value = stored.value) AS equal_parts
FROM unnest(ARRAY['msb-2018', 'msb-2019']) AS s;
SELECT s AS structure, part, jsonb_array_length(export_structure(s) -> part) AS stored,
       (SELECT count(*) FROM (SELECT jsonb_array_elements(shipped_structure(s) -> part) INTERSECT SELECT jsonb_array_elements(export_structure(s) -> part)) AS equal) AS as_shipped
FROM unnest(ARRAY['msb-2018', 'msb-2019']) AS s, unnest(ARRAY['units', 'precedences']) AS part;

-- A revision comes out as it was adopted; what is a draft's stays the draft's.
SET msb_org.today = '2019-09-01';
SELECT adopt('copy-2019', '2019-10-01');
SELECT export_structure('copy-2019#1') = export_structure('copy-2019') AS same;
UPDATE rule SET basis = 'ændret' WHERE structure = 'copy-2019' AND rule = 'A1';
INSERT INTO label (facet, label) VALUES ('service', 'ny');
SELECT jsonb_path_exists(export_structure(s), '$.rules[*] ? (@.basis == "ændret")') AS changed_rule,
       jsonb_path_exists(export_structure(s), '$.labels[*] ? (@.label == "ny")') AS new_label
FROM unnest(ARRAY['copy-2019', 'copy-2019#1']) AS s;
SELECT export_structure('copy-2019#2');
SELECT export_structure('copy-2019#99999999999999999999');
SELECT export_structure('msb-2017');
SELECT export_structure('610158-5000');
SELECT export_structure(NULL) IS NULL AS nothing;
-- Deleting a draft takes its rows along; the revision stands.
DELETE FROM structure WHERE structure = 'copy-2019';
SELECT count(*) AS rules FROM rule WHERE structure = 'copy-2019';
SELECT export_structure('copy-2019');
SELECT import_structure(export_structure('copy-2019#1'));

-- Missing labels are added, and none is changed.
UPDATE label SET title = 'Mit eget navn', priority = 99 WHERE facet = 'challenge' AND label = 'sickness';
DELETE FROM label WHERE facet = 'challenge' AND label = 'flexjob';
SELECT import_structure(shipped_structure('msb-2019'), 'third');
SELECT label, title, priority FROM label WHERE facet = 'challenge' AND label IN ('sickness', 'flexjob') ORDER BY label;

-- The least that is a document: what is left out takes its default.
SELECT import_structure('{"format": 1, "structure": "least", "facets": [{"facet": "kvarter"}],
  "labels": [{"facet": "kvarter", "label": "vest", "parent": "by"}, {"facet": "kvarter", "label": "by"}], "units": [{"unit": "u", "kind": "staff"}],
  "rules": [{"rule": "R1", "unit": "u", "target": "kvarter by;age 15-"}], "precedences": [{"rule": "R1", "over": "R2"}],
  "plan_duties": [{"duty": "d", "part": "p", "counted": "any"}], "unknown key": 1}');
SELECT jsonb_pretty(export_structure('least') - 'labels' - 'facets');
SELECT facet, label, parent, position, priority, yields, title FROM label WHERE facet = 'kvarter' ORDER BY label;
SELECT import_structure('{"format": 1, "structure": "bare", "facets": [], "labels": [], "units": [], "rules": [], "precedences": [], "plan_duties": []}');

--
-- What is no document
--
SELECT import_structure(NULL);
SELECT import_structure('[]');
SELECT import_structure('{}', 'x');
SELECT import_structure('{"structure": 7, "format": 1}');
SELECT import_structure('{"structure": "x"}');
SELECT import_structure('{"structure": "x", "format": 2}');
SELECT import_structure('{"structure": "x", "format": "1"}');
CREATE FUNCTION pg_temp.document(part text, value jsonb) RETURNS jsonb LANGUAGE sql
RETURN jsonb_set('{"format": 1, "structure": "x", "facets": [], "labels": [], "units": [], "rules": [], "precedences": [], "plan_duties": []}',
                 ARRAY[part], value);
SELECT import_structure(pg_temp.document('facets', '{"facet": "f"}'));
SELECT import_structure(pg_temp.document('rules', 'null'));
SELECT import_structure(pg_temp.document('labels', '[1]'));
SELECT import_structure(pg_temp.document('units', '[[]]'));
SELECT import_structure(pg_temp.document('rules', '[]') - 'plan_duties');
SELECT import_structure(pg_temp.document('rules', '[]'), 'x#1');
SELECT import_structure(pg_temp.document('rules', '[]'), '');
SELECT import_structure(pg_temp.document('rules', '[]'), 'sag 610158-5000');
SELECT import_structure(pg_temp.document('rules', '[]'), 'msb-2019');
SELECT import_structure(pg_temp.document('facets', '[{"facet": "age"}]'));
SELECT import_structure(pg_temp.document('facets', '[{"facet": "f", "position": "first"}]'));
SELECT import_structure(pg_temp.document('labels', '[{"facet": "f", "label": "l"}]'));
SELECT import_structure(pg_temp.document('labels', '[{"facet": "task"}]'));
SELECT import_structure(pg_temp.document('facets', jsonb_build_array(jsonb_build_object('facet', repeat('f', 256)))));
SELECT import_structure(pg_temp.document('labels', jsonb_build_array(jsonb_build_object('facet', 'task', 'label', repeat('l', 256)))));
SELECT import_structure(pg_temp.document('units', '[{"unit": "u"}]'));
SELECT import_structure(pg_temp.document('units', '[{"unit": "u", "kind": "afdeling"}]'));
SELECT import_structure(pg_temp.document('rules', '[{"rule": "R1", "unit": "u"}]'));
SELECT import_structure(pg_temp.document('rules', '[{"rule": "R1", "unit": "u", "target": "age 15 til 17"}]'));
SELECT import_structure(pg_temp.document('rules', '[{"rule": "R1", "unit": "u", "target": "age 15-12"}]'));
SELECT import_structure(pg_temp.document('rules', '[{"rule": "R1", "unit": "u", "target": "any"}, {"rule": "R1", "unit": "v", "target": "any"}]'));
SELECT import_structure(pg_temp.document('rules', '[{"rule": "610158-5000", "target": "any"}]'));
SELECT import_structure(pg_temp.document('precedences', '[{"rule": "R1"}]'));
SELECT import_structure(pg_temp.document('plan_duties', '[{"duty": "d", "part": "p", "counted": "any", "min_units": 0}]'));
SELECT import_structure(pg_temp.document('plan_duties', '[{"duty": "d", "part": "p", "counted": "any"}, {"duty": "d", "part": "q", "counted": "task; task"}]'));
SELECT count(*) AS left_behind FROM structure WHERE structure = 'x';

ROLLBACK;

-- Nothing is left.
SELECT (SELECT count(*) FROM structure) AS structures, (SELECT count(*) FROM facet) AS facets, (SELECT count(*) FROM enactment) AS enactments;
