-- Asking: area_of in its three forms, decide, explain_area, matches; what they
-- refuse, and where they have no answer.
SET search_path = msb_org, pg_catalog;
SET datestyle = iso;
SET client_encoding = 'UTF8';
\set SHOW_CONTEXT never
SET msb_org.today = '2019-09-01';
BEGIN;
\set ON_ERROR_ROLLBACK on

-- The code of an error, with what it says.
CREATE FUNCTION pg_temp.refused(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
    detail text;
BEGIN
    EXECUTE 'SELECT (' || query || ')::text' INTO said;
    RETURN coalesce(said, 'NULL');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, said || '.', nullif(detail, ''));
END $$;

-- No structure is in force yet.
SELECT area_of('task authority') IS NULL AS situation, area_of(date '2000-01-01', 'authority', NULL, NULL) IS NULL AS birth,
       area_of('610100-4000'::cpr, 'authority', NULL, NULL) IS NULL AS cpr;
SELECT * FROM decide('task authority');
SELECT * FROM explain_area('task authority');
SELECT load_structure('msb-2018'), load_structure('msb-2019');
SELECT adopt('msb-2018', '2015-01-01'), adopt('msb-2019', '2019-08-01');

--
-- A man of 21, near homelessness, on benefit, in treatment for substance misuse
--
SELECT what, area_of(date '1998-03-05', task, challenge, service) AS birth,
       area_of('650398-1000'::cpr, task, challenge, service) AS cpr,
       area_of(format('age 21; task %s; challenge %s; service %s', task, challenge, service)::target_group) AS situation,
       area_of(date '1998-03-05', task, challenge, service, '2019-07-31') AS before_the_merger
FROM (VALUES ('authority', 'authority', 'homelessness', 'general'), ('support', 'provision', 'homelessness', 'general'),
             ('coordination', 'coordination', 'homelessness', 'general'), ('benefit', 'benefit', 'homelessness', 'general'),
             ('treatment', 'provision', 'substance_misuse', 'substance_treatment')) AS v (what, task, challenge, service);
SELECT d.* FROM unnest(ARRAY['age 21; task provision; challenge substance_misuse; service substance_treatment',
                             'age 21; task authority; challenge homelessness']::target_group[]) AS s, decide(s) AS d;

-- Why: of the rules that take the situation one goes first.
SELECT rule, unit, target, wins, behind, reason
FROM explain_area('age 21; task provision; challenge substance_misuse; service substance_treatment') WHERE matches;
-- Why not: what keeps a rule from it.
SELECT rule, unit, unmatched FROM explain_area('age 21; task provision; challenge substance_misuse; service substance_treatment') WHERE NOT matches;
-- A woman of 67 with a disability; a child with a brain injury; somebody of unknown age.
SELECT * FROM explain_area('age 67; task authority; challenge physical_disability') WHERE matches OR unmatched = '{age}';
SELECT rule, unit, wins, behind, reason FROM explain_area('age 9; task provision; challenge brain_injury') WHERE matches;
SELECT rule, unit, wins, behind, reason FROM explain_area('age unknown; task provision; challenge brain_injury; service family_support') WHERE matches;
-- Several rules of one unit may win: the first by code is told.
SELECT rule, unit, wins FROM explain_area('age 40; task provision; challenge disability; service residential') WHERE matches;
SELECT rule, unit FROM decide('age 40; task provision; challenge disability; service residential');

-- Findings: no rule, two rules of which neither goes before the other, two that
-- go before each other.
INSERT INTO enactment (structure, revision, from_date, in_force, document, adopted_by)
SELECT 'holes', 1, '2014-01-01', '[2014-01-01,2015-01-01)', jsonb_build_object('structure', 'holes', 'facets', doc -> 'facets', 'labels', doc -> 'labels', 'units', doc -> 'units',
       'rules', '[{"rule": "R1", "unit": "boern", "target": "age 0-17; subject citizen"}, {"rule": "R2", "unit": "unge", "target": "age 15-; subject citizen"},
                  {"rule": "R3", "unit": "voksne", "target": "age 18-29; subject citizen", "basis": "Om voksne"}, {"rule": "R4", "unit": "unge", "target": "age 20-29"}]'::jsonb,
       'precedences', '[{"rule": "R3", "over": "R2", "reason": "Voksne først"}, {"rule": "R2", "over": "R3", "reason": "Unge først"},
                        {"rule": "R3", "over": "R4"}, {"rule": "R4", "over": "R2", "reason": "Uden virkning inden for samme enhed"}]'::jsonb,
       'plan_duties', '[]'::jsonb), 'test'
FROM shipped_structure('msb-2019') AS doc;
SELECT age, d.*, area_of(situation, '2014-06-01')
FROM unnest(ARRAY['0', '15', '17', '18', '19', '20', '30', 'unknown']) AS age,
     LATERAL (SELECT ('task benefit; age ' || age)::target_group) AS s (situation), decide(situation, '2014-06-01') AS d;
SELECT * FROM explain_area('task benefit; age 16', '2014-06-01');
SELECT * FROM explain_area('task benefit; age 19', '2014-06-01');
SELECT * FROM explain_area('task benefit; age 25', '2014-06-01');
SELECT * FROM decide('task benefit; subject company; age 10', '2014-06-01');

--
-- What stands in where nothing is said, and what must be said
--
SELECT area_of('task benefit') AS no_age, area_of('task authority') AS no_age_authority, area_of('age 40; task authority') AS unknown_challenge,
       area_of('subject company; task authority') AS company,
       area_of(NULL::date, 'authority', NULL, NULL) AS no_birth, area_of(NULL::cpr, 'authority', NULL, NULL) AS no_cpr,
       area_of('010101-0AA0'::cpr, 'authority', NULL, NULL) AS letters;
SELECT query, pg_temp.refused(query) AS answer FROM unnest(ARRAY[
    $$area_of('any')$$,
    $$area_of('age 40')$$,
    $$area_of(date '1979-01-01', NULL, NULL, NULL)$$,
    $$area_of('610179-1000'::cpr, NULL, NULL, NULL)$$,
    $$decide('age 40')$$,
    $$(SELECT count(*) FROM explain_area('age 40'))$$,
    $$area_of('task authority; age 15-17')$$,
    $$area_of('task authority; age 15-')$$,
    $$area_of('task authority; age 150-')$$,
    $$area_of('task authority|benefit')$$,
    $$area_of('task authority; challenge disability|sickness')$$,
    $$decide('task authority|benefit')$$,
    $$area_of('task Myndighed')$$,
    $$area_of('task authority; challenge hjemløs')$$,
    $$area_of('task authority; kvarter vest')$$,
    $$area_of('task authority; "kvarter 8000aa" vest')$$,
    $$area_of('task "610179-1000"')$$,
    $$area_of('task authority; "610179-1000" x')$$,
    $$area_of(date '1979-01-01', 'Myndighed', NULL, NULL)$$,
    $$area_of(date '1979-01-01', 'authority', 'hjemløs', NULL)$$,
    $$area_of(date '1979-01-01', 'authority', NULL, 'støtte')$$,
    $$area_of(date '1979-01-01', 'authority', '', '')$$,
    $$area_of(date '1979-01-01', 'Authority', NULL, NULL)$$,
    $$area_of(date '1979-01-01', 'authority ', NULL, NULL)$$,
    $$area_of(date '1979-01-01', 'authority', '6101791000', NULL)$$,
    $$area_of(date '1979-01-01', 'authority', 'citizen 610179-1000', NULL)$$,
    $$area_of(date '2020-01-01', 'Myndighed', NULL, NULL)$$]) AS query;

-- Days: none, before the first structure, the first and last of each, far away.
SELECT on_date, area_of('age 40; task authority; challenge sickness', on_date) AS situation,
       area_of(NULL::date, 'benefit', NULL, NULL, on_date) AS birth, area_of(NULL::cpr, 'benefit', NULL, NULL, on_date) AS cpr,
       (decide('age 40; task authority; challenge sickness', on_date)).*
FROM unnest(ARRAY[NULL, '-infinity', '0001-01-01 BC', '2013-12-31', '2015-01-01', '2019-07-31', '2019-08-01', '5874897-12-31', 'infinity']::date[]) AS on_date;
SELECT count(*) AS no_day FROM explain_area('task authority', NULL);
SELECT area_of(NULL::target_group) IS NULL AS no_situation, decide(NULL) IS NULL AS no_decision, (SELECT count(*) FROM explain_area(NULL)) AS nothing_to_explain;
-- An unknown label is an error only where there is a structure to know labels.
SELECT area_of('task Myndighed', '2013-12-31') IS NULL AS no_structure, area_of('task Myndighed', NULL) IS NULL AS no_day;

-- Ages: the day before birth and the day of it; 149 years and more; a birth
-- date of no day is none.
SELECT birth, area_of(birth, 'authority', 'disability', NULL) AS area
FROM unnest(ARRAY['2019-09-02', '2019-09-01', '2004-09-02', '2004-09-01', '1989-09-02', '1989-09-01', '1952-09-02', '1952-09-01',
                  '1870-01-01', '1869-09-01', '1719-09-01', '0001-01-01', '4713-01-01 BC', '-infinity', 'infinity', NULL]::date[]) AS birth;

-- Today is what counts where no day is given.
SET msb_org.today = '2019-07-31';
SELECT area_of('age 21; task authority; challenge homelessness'), (decide('age 21; task authority; challenge homelessness')).structure,
       area_of(date '1998-03-05', 'authority', 'homelessness', NULL) AS birth, area_of('650398-1000'::cpr, 'authority', 'homelessness', NULL) AS cpr,
       (SELECT count(*) FROM explain_area('task authority')) AS rules;
SET msb_org.today = '2019-08-01';
SELECT area_of('age 21; task authority; challenge homelessness'), (decide('age 21; task authority; challenge homelessness')).structure,
       area_of(date '1998-03-05', 'authority', 'homelessness', NULL) AS birth, area_of('650398-1000'::cpr, 'authority', 'homelessness', NULL) AS cpr,
       (SELECT count(*) FROM explain_area('task authority')) AS rules;

--
-- matches: by a structure's labels, in force or not
--
SELECT target, situation, matches('msb-2019', target, situation), target @> situation AS as_written
FROM (VALUES ('challenge disability', 'task authority; challenge physical_disability'),
             ('challenge physical_disability', 'task authority; challenge disability'),
             ('challenge disability|sickness', 'task authority; challenge mental_disability; age 3'),
             ('age 0-17', 'task authority'), ('age unknown', 'task authority'), ('age 18-', 'task authority; age 18'),
             ('subject citizen', 'task authority'), ('any', 'task benefit'), ('service unknown', 'task benefit')) AS v (t, s),
     LATERAL (SELECT t::target_group AS target, s::target_group AS situation) AS typed;
-- A revision keeps its labels.
UPDATE label SET parent = NULL WHERE label = 'physical_disability';
SELECT s AS structure, matches(s, 'challenge disability', 'task authority; challenge physical_disability') FROM unnest(ARRAY['msb-2019', 'msb-2019#1']) AS s;
SELECT matches(NULL, 'any', 'task authority') IS NULL AS no_structure, matches('msb-2019', NULL, 'task authority') IS NULL AS no_target,
       matches('msb-2019', 'any', NULL) IS NULL AS no_situation;
SELECT query, pg_temp.refused(query) AS answer FROM unnest(ARRAY[
    $$matches('msb-2017', 'any', 'task authority')$$,
    $$matches('msb-2019#9', 'any', 'task authority')$$,
    $$matches('msb-2019', 'opgave ydelse', 'task authority')$$,
    $$matches('msb-2019#1', 'task ydelse', 'task authority')$$,
    $$matches('msb-2019', 'task "610179-1000"', 'task authority')$$,
    $$matches('msb-2019', 'any', 'any')$$,
    $$matches('msb-2019', 'any', 'task ydelse')$$,
    $$matches('msb-2019', 'any', 'opgave ydelse; task authority')$$,
    $$matches('msb-2019', 'any', 'task authority|benefit')$$,
    $$matches('msb-2019', 'any', 'task authority; age 1-2')$$,
    $$matches_document('{}', 'any', 'task authority')$$,
    $$matches_document('[]', 'any', 'task authority')$$,
    $$matches_document('{"facets": [], "labels": [], "units": [], "rules": [], "precedences": []}', 'any', 'any')$$,
    $$matches_document('{"facets": [], "labels": [], "units": [], "rules": [], "precedences": []}', 'any', 'task authority')$$]) AS query;

--
-- A structure with facets of its own: area_of with task, challenge and service
-- needs those that it has, and one that it has not is no facet to name
--
INSERT INTO enactment (structure, revision, from_date, in_force, document, adopted_by)
VALUES ('kvarterer', 1, '2013-01-01', '[2013-01-01,2014-01-01)', '{"structure": "kvarterer",
  "facets": [{"facet": "task"}, {"facet": "kvarter", "if_null": "vest"}],
  "labels": [{"facet": "task", "label": "benefit"}, {"facet": "kvarter", "label": "vest"}, {"facet": "kvarter", "label": "øst"}],
  "units": [], "rules": [{"rule": "R1", "unit": "v", "target": "kvarter vest"}, {"rule": "R2", "unit": "ø", "target": "kvarter øst"}], "precedences": []}', 'test');
SELECT query, pg_temp.refused(query) AS answer FROM unnest(ARRAY[
    $$area_of(NULL::date, 'benefit', NULL, NULL, '2013-06-01')$$,
    $$area_of('task benefit; kvarter øst', '2013-06-01')$$,
    $$area_of('task benefit; kvarter nord', '2013-06-01')$$,
    $$area_of('task benefit; challenge sickness', '2013-06-01')$$,
    $$area_of(NULL::date, 'benefit', 'sickness', NULL, '2013-06-01')$$,
    $$area_of(NULL::date, 'benefit', NULL, 'general', '2013-06-01')$$]) AS query;

-- How the functions stand in plans.
SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments, provolatile, proparallel, proisstrict
FROM pg_proc AS p WHERE pronamespace = 'msb_org'::regnamespace AND proname IN ('area_of', 'decide', 'explain_area', 'today') ORDER BY p.proname, pg_get_function_identity_arguments(p.oid) COLLATE "C";
ROLLBACK;
