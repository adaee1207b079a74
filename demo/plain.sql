-- What the demonstration is checked against: the two structures written out once
-- more by hand, as one CASE each, and the applications' codes joined to
-- aliases.sql. Views and functions that are gone with the session.

\set ECHO none
SET client_min_messages = warning;

CREATE OR REPLACE FUNCTION pg_temp.plain_2018(subject text, age integer, task text, challenge text, service text) RETURNS text
    LANGUAGE sql IMMUTABLE RETURN CASE
    WHEN subject = 'company' OR task = 'benefit' THEN 'besk'
    WHEN task = 'provision' AND service = 'family_support' THEN 'fbu'
    WHEN task = 'provision' AND service IN ('substance_treatment', 'social_medicine') THEN 'sou'
    WHEN task = 'provision' AND service = 'aftercare' AND age BETWEEN 18 AND 22 THEN 'fbu'
    WHEN task = 'provision' AND service IN ('employment', 'education_coordination') AND age >= 15 THEN 'besk'
    WHEN age IS NULL THEN 'indgang'
    WHEN age < 18 OR challenge = 'vulnerable_child' THEN 'fbu'
    WHEN challenge IN ('unemployment', 'flexjob', 'sickness', 'integration') THEN 'besk'
    WHEN challenge = 'unknown' THEN CASE WHEN age < 67 THEN 'besk' ELSE 'mso' END
    WHEN age >= 67 AND task <> 'provision' THEN 'mso'
    WHEN challenge IN ('disability', 'physical_disability', 'mental_disability', 'brain_injury') THEN 'voksenhandicap'
    ELSE 'sou' END;

CREATE OR REPLACE FUNCTION pg_temp.plain_2019(subject text, age integer, task text, challenge text, service text) RETURNS text
    LANGUAGE sql IMMUTABLE RETURN CASE
    WHEN subject = 'company' THEN 'job'
    WHEN task = 'benefit' THEN 'sundhed'
    WHEN age < 15 OR task = 'provision' AND service = 'family_support' THEN 'boern'
    WHEN task = 'provision' AND service IN ('substance_treatment', 'social_medicine') THEN 'sundhed'
    WHEN task = 'provision' AND challenge = 'brain_injury' THEN 'sundhed'
    WHEN task = 'provision' AND service = 'specialised_disability' AND age BETWEEN 15 AND 17 THEN 'boern'
    WHEN task = 'provision' AND service = 'aftercare' AND age BETWEEN 18 AND 22
         AND challenge IN ('disability', 'physical_disability', 'mental_disability') THEN 'boern'
    WHEN age IS NULL THEN 'indgang'
    WHEN age < 30 THEN 'unge'
    WHEN challenge = 'vulnerable_child' THEN 'boern'
    WHEN challenge IN ('unemployment', 'flexjob') THEN 'job'
    WHEN challenge = 'sickness' THEN 'sundhed'
    WHEN challenge = 'integration' THEN 'udsatte'
    WHEN challenge = 'unknown' AND age >= 67 THEN 'mso'
    WHEN challenge = 'unknown' AND task IN ('authority', 'provision')
         AND service IN ('employment', 'education_coordination') THEN 'job'
    WHEN challenge = 'unknown' THEN 'voksne'
    WHEN task = 'authority' THEN CASE WHEN age < 67 THEN 'voksne' ELSE 'mso' END
    WHEN challenge IN ('disability', 'physical_disability', 'mental_disability') THEN 'voksne'
    WHEN challenge = 'brain_injury' THEN 'sundhed'
    ELSE 'udsatte' END;

-- The birth date in a CPR number of this database: all have 60 added to the day.
CREATE OR REPLACE FUNCTION pg_temp.born(cpr text) RETURNS date
    LANGUAGE sql IMMUTABLE RETURN make_date(
        substr(cpr, 5, 2)::integer + CASE WHEN substr(cpr, 7, 1) < '4' THEN 1900
                                          WHEN substr(cpr, 7, 1) IN ('4', '9') THEN CASE WHEN substr(cpr, 5, 2) <= '36' THEN 2000 ELSE 1900 END
                                          ELSE CASE WHEN substr(cpr, 5, 2) <= '57' THEN 2000 ELSE 1800 END END,
        substr(cpr, 3, 2)::integer, substr(cpr, 1, 2)::integer - 60);

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
