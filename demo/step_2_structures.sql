\echo 'One statement installs it; no preload, no restart, nothing in the tables changes.'
\echo

CREATE EXTENSION msb_org;

\echo
\echo 'It is the evening of 31 July 2019. (msb_org.today is a superuser''s setting for dry runs.)'
\echo

ALTER DATABASE :"DBNAME" SET msb_org.today = '2019-07-31';
SET msb_org.today = '2019-07-31';

\echo
\echo 'Both structures ship. A draft decides nothing until it is adopted; then it is frozen.'
\echo

SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2018', DATE '2015-01-01') AS before,
       msb_org.adopt('msb-2019', DATE '2019-08-01') AS after;

SELECT structure || '#' || revision AS revision, in_force, document ->> 'title' AS title,
       jsonb_array_length(document -> 'units') AS units,
       jsonb_array_length(document -> 'rules') AS rules,
       jsonb_array_length(document -> 'precedences') AS precedences
FROM msb_org.enactment ORDER BY in_force;

\echo 'The new department. origin says what stands in the public text and what was added.'
\echo

SELECT unit, kind, title, origin FROM msb_org.unit WHERE structure = 'msb-2019' AND kind <> 'staff'
ORDER BY array_position('{department,political,executive,operating_area,entry,external}', kind), unit;

\echo 'Is there anybody for whom nobody answers, or two? verify goes through every age and every label.'
\echo

SELECT structure, count(v.finding) AS findings
FROM msb_org.structure LEFT JOIN LATERAL msb_org.verify(structure) AS v ON true GROUP BY structure ORDER BY structure;

\echo 'Without two of its rules (in a copy, which decides nothing) it says what is missing.'
\echo

SELECT msb_org.copy_structure('msb-2019#1', 'forslag');
DELETE FROM msb_org.rule WHERE structure = 'forslag' AND rule IN ('X2', 'F5');
SELECT message FROM msb_org.verify('forslag') WHERE severity = 'error';
DELETE FROM msb_org.structure WHERE structure = 'forslag';

\echo 'Who has the authority, by age and challenge; "+1": with other services one other area.'
\echo

SELECT * FROM msb_org.responsibility_map('msb-2019', 'authority')
\crosstabview challenge age area
