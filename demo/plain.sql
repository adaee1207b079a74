-- What the demonstration is checked against: the structures as plain_rules.sql has them,
-- and the applications' codes joined to aliases.sql. Views that are gone with the session.

\set ECHO none
SET client_min_messages = warning;
\i demo/plain_rules.sql

-- The label of a code: the longest pattern that takes it, an exact one first.
-- NULL for a code that none takes; what an empty field stands for is the caller's.
CREATE OR REPLACE TEMP VIEW code AS
WITH used (vocabulary, facet, value) AS (
    SELECT 'social', 'task', opgave FROM sag UNION SELECT 'social', 'challenge', udfordring FROM sag
    UNION SELECT 'social', 'service', indsats FROM sag
    UNION SELECT 'job', 'subject', "Part" FROM "Beskæftigelse"."Jobsag"
    UNION SELECT 'job', 'task', "KLE nr" FROM "Beskæftigelse"."Jobsag"
    UNION SELECT 'job', 'challenge', "Målgruppe" FROM "Beskæftigelse"."Jobsag"
    UNION SELECT 'job', 'service', "KLE nr" FROM "Beskæftigelse"."Jobsag")
SELECT DISTINCT ON (vocabulary, facet, value) vocabulary, facet, value, label
FROM used JOIN msb_org.alias AS a USING (vocabulary, facet)
WHERE value = pattern OR pattern LIKE '%*' AND starts_with(value, rtrim(pattern, '*'))
ORDER BY vocabulary, facet, value, value = pattern DESC, length(pattern) DESC;

-- Every open case: whose it is, who is responsible by both structures on the day :day,
-- its challenge, and whether it is a social case, or one of employment or benefit.
CREATE TEMP TABLE plain AS
WITH labels AS (
    SELECT 'sag' AS case_table, sag_id::text AS case_key, borger_id, fodselsdato AS birth, true AS readable, 'citizen' AS subject,
           t.label AS task, CASE WHEN udfordring IS NULL THEN 'unknown' ELSE c.label END AS challenge,
           CASE WHEN indsats IS NULL THEN 'unknown' ELSE s.label END AS service
    FROM sag JOIN borger USING (borger_id)
    LEFT JOIN code AS t ON (t.vocabulary, t.facet, t.value) = ('social', 'task', opgave)
    LEFT JOIN code AS c ON (c.vocabulary, c.facet, c.value) = ('social', 'challenge', udfordring)
    LEFT JOIN code AS s ON (s.vocabulary, s.facet, s.value) = ('social', 'service', indsats)
    WHERE afsluttet IS NULL OR afsluttet > :'day'
    UNION ALL
    SELECT 'Jobsag', "Journalnr", borger_id, pg_temp.born(cpr), borger_id IS NOT NULL OR "Part" = 'V', p.label,
           t.label, CASE WHEN "Målgruppe" IS NULL THEN 'unknown' ELSE c.label END,
           CASE WHEN "KLE nr" IS NULL THEN 'unknown' ELSE s.label END
    FROM "Beskæftigelse"."Jobsag"
    LEFT JOIN borger ON cpr = replace("CPR nr", '-', '')
    LEFT JOIN code AS p ON (p.vocabulary, p.facet, p.value) = ('job', 'subject', "Part")
    LEFT JOIN code AS t ON (t.vocabulary, t.facet, t.value) = ('job', 'task', "KLE nr")
    LEFT JOIN code AS c ON (c.vocabulary, c.facet, c.value) = ('job', 'challenge', "Målgruppe")
    LEFT JOIN code AS s ON (s.vocabulary, s.facet, s.value) = ('job', 'service', "KLE nr")
    WHERE "Sagsstatus" <> 'L'
), aged AS (
    SELECT *, extract(year FROM age(:'day', birth))::integer AS age,
           readable AND subject IS NOT NULL AND task IS NOT NULL AND challenge IS NOT NULL AND service IS NOT NULL AS judged,
           challenge IN ('unemployment', 'flexjob', 'sickness', 'integration', 'unknown') AS about_work,
           service IN ('employment', 'education_coordination') AS work_service,
           service IN ('family_support', 'substance_treatment', 'social_medicine', 'aftercare') AS social_service
    FROM labels
)
SELECT case_table, case_key, borger_id,
       judged AND (task = 'authority' AND NOT about_work
                   OR task = 'provision' AND (social_service OR NOT work_service AND NOT about_work)) AS social,
       judged AND (task = 'benefit' OR task = 'authority' AND about_work
                   OR task = 'provision' AND (work_service OR NOT social_service AND about_work)) AS employment,
       CASE WHEN judged THEN pg_temp.plain_2018(subject, age, task, challenge, service) END AS unit_2018,
       CASE WHEN judged THEN pg_temp.plain_2019(subject, age, task, challenge, service) END AS unit_2019,
       CASE WHEN judged THEN challenge END AS challenge
FROM aged;

RESET client_min_messages;
