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
