-- What else could say who is responsible, written as a good administrator would.

SET search_path = bench;

-- 1. The rules of msb-2018 as a table.  Labels below those that a rule names are written
-- out beside them.
CREATE TABLE rule (rule text PRIMARY KEY, unit text NOT NULL, age_from integer, age_to integer, age_unknown boolean NOT NULL,
                   tasks text[], challenges text[], services text[]);
CREATE TABLE precedence (rule text, over text, PRIMARY KEY (rule, over));

CREATE FUNCTION labels_below(target msb_org.target_group, facet text) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(l.label) FROM msb_org.label AS l
    WHERE l.facet = labels_below.facet AND (l.label = ANY (msb_org.labels(target, facet)) OR l.parent = ANY (msb_org.labels(target, facet))) $$;

-- Rules for companies are left out: there is none in the data.
CREATE PROCEDURE take_rules(structure text) LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE bench.rule, bench.precedence;
    INSERT INTO bench.rule
    SELECT r.rule, r.unit, lower(s), CASE WHEN upper(s) <= 150 THEN upper(s) - 1 END, target::text ~ 'age unknown',
           bench.labels_below(target, 'task'), bench.labels_below(target, 'challenge'), bench.labels_below(target, 'service')
    FROM msb_org.rule AS r, LATERAL (SELECT CASE WHEN target::text !~ 'age unknown' THEN msb_org.age_span(target) END AS s) AS span
    WHERE r.structure = take_rules.structure AND msb_org.labels(target, 'subject') IS DISTINCT FROM '{company}';
    INSERT INTO bench.precedence SELECT p.rule, p.over FROM msb_org.precedence AS p WHERE p.structure = take_rules.structure;
    ANALYZE bench.rule, bench.precedence;
END $$;
CALL take_rules('msb-2018');

-- Read by a function in PL/pgSQL, which keeps its plan.
CREATE FUNCTION area_by_table(birth date, task text, challenge text, service text, on_date date) RETURNS text
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    years integer := extract(year FROM age(on_date, birth));
    area  text;
BEGIN
    WITH matching AS (
        SELECT r.rule, r.unit FROM bench.rule AS r
        WHERE CASE WHEN r.age_unknown THEN years IS NULL
                   WHEN r.age_from IS NULL THEN true
                   ELSE years >= r.age_from AND (r.age_to IS NULL OR years <= r.age_to) END
          AND (r.tasks IS NULL OR area_by_table.task = ANY (r.tasks))
          AND (r.challenges IS NULL OR coalesce(area_by_table.challenge, 'unknown') = ANY (r.challenges))
          AND (r.services IS NULL OR coalesce(area_by_table.service, 'unknown') = ANY (r.services))
    )
    SELECT m.unit INTO area FROM matching AS m
    WHERE NOT EXISTS (SELECT FROM matching AS o WHERE o.unit <> m.unit
                      AND NOT EXISTS (SELECT FROM bench.precedence AS p WHERE p.rule = m.rule AND p.over = o.rule))
    LIMIT 1;
    RETURN area;
END $$;

-- Read by a function in SQL.  As an expression it is not inlined, since it has a FROM; in a
-- LATERAL join it is, and becomes a part of the query that calls it.
CREATE FUNCTION area_rows(birth date, task text, challenge text, service text, on_date date) RETURNS TABLE (area text)
    LANGUAGE sql STABLE AS $$
    WITH matching AS (
        SELECT r.rule, r.unit FROM (SELECT extract(year FROM age(on_date, birth))::integer AS years OFFSET 0) AS a, bench.rule AS r
        WHERE CASE WHEN r.age_unknown THEN years IS NULL
                   WHEN r.age_from IS NULL THEN true
                   ELSE years >= r.age_from AND (r.age_to IS NULL OR years <= r.age_to) END
          AND (r.tasks IS NULL OR area_rows.task = ANY (r.tasks))
          AND (r.challenges IS NULL OR coalesce(area_rows.challenge, 'unknown') = ANY (r.challenges))
          AND (r.services IS NULL OR coalesce(area_rows.service, 'unknown') = ANY (r.services))
    )
    SELECT m.unit FROM matching AS m
    WHERE NOT EXISTS (SELECT FROM matching AS o WHERE o.unit <> m.unit
                      AND NOT EXISTS (SELECT FROM bench.precedence AS p WHERE p.rule = m.rule AND p.over = o.rule))
    LIMIT 1 $$;
CREATE FUNCTION area_by_sql(birth date, task text, challenge text, service text, on_date date) RETURNS text
    LANGUAGE sql STABLE AS $$ SELECT r.area FROM bench.area_rows(birth, task, challenge, service, on_date) AS r $$;

-- 2. The same rules as one expression, as somebody who tunes it would write it: the days at
-- the age bounds are constants where the day is one, the commonest matters come first.  An
-- SQL function of one expression is inlined: it costs what the expression costs.
CREATE FUNCTION area_by_case(birth date, task text, challenge text, service text, on_date date) RETURNS text
    LANGUAGE sql IMMUTABLE RETURN CASE
    WHEN task = 'benefit' THEN 'besk'
    WHEN task = 'provision' AND service = 'family_support' THEN 'fbu'
    WHEN task = 'provision' AND service IN ('substance_treatment', 'social_medicine') THEN 'sou'
    WHEN task = 'provision' AND service IN ('employment', 'education_coordination')
         AND birth <= (on_date - INTERVAL '15 years')::date THEN 'besk'
    WHEN task = 'provision' AND service = 'aftercare'
         AND birth <= (on_date - INTERVAL '18 years')::date AND birth > (on_date - INTERVAL '23 years')::date THEN 'fbu'
    WHEN birth IS NULL THEN 'indgang'
    WHEN birth > (on_date - INTERVAL '18 years')::date OR challenge = 'vulnerable_child' THEN 'fbu'
    WHEN challenge IN ('unemployment', 'flexjob', 'sickness', 'integration') THEN 'besk'
    WHEN challenge IS NULL OR challenge = 'unknown' THEN
         CASE WHEN birth > (on_date - INTERVAL '67 years')::date THEN 'besk' ELSE 'mso' END
    WHEN task <> 'provision' AND birth <= (on_date - INTERVAL '67 years')::date THEN 'mso'
    WHEN challenge IN ('disability', 'physical_disability', 'mental_disability', 'brain_injury') THEN 'voksenhandicap'
    ELSE 'sou' END;

-- And as it is written at first: ages by age(), wherever one is needed.
CREATE FUNCTION area_by_age(birth date, task text, challenge text, service text, on_date date) RETURNS text
    LANGUAGE sql STABLE RETURN CASE
    WHEN task = 'benefit' THEN 'besk'
    WHEN task = 'provision' AND service = 'family_support' THEN 'fbu'
    WHEN task = 'provision' AND service IN ('substance_treatment', 'social_medicine') THEN 'sou'
    WHEN task = 'provision' AND service IN ('employment', 'education_coordination')
         AND extract(year FROM age(on_date, birth)) >= 15 THEN 'besk'
    WHEN task = 'provision' AND service = 'aftercare'
         AND extract(year FROM age(on_date, birth)) BETWEEN 18 AND 22 THEN 'fbu'
    WHEN birth IS NULL THEN 'indgang'
    WHEN extract(year FROM age(on_date, birth)) < 18 OR challenge = 'vulnerable_child' THEN 'fbu'
    WHEN challenge IN ('unemployment', 'flexjob', 'sickness', 'integration') THEN 'besk'
    WHEN coalesce(challenge, 'unknown') = 'unknown' THEN
         CASE WHEN extract(year FROM age(on_date, birth)) < 67 THEN 'besk' ELSE 'mso' END
    WHEN task <> 'provision' AND extract(year FROM age(on_date, birth)) >= 67 THEN 'mso'
    WHEN challenge IN ('disability', 'physical_disability', 'mental_disability', 'brain_injury') THEN 'voksenhandicap'
    ELSE 'sou' END;

-- 3. The answer to every situation, looked up: fast, and to be made anew with each change of
-- a rule, a label or an age; a facet more multiplies it by the number of its labels.
CREATE TABLE situation AS
SELECT coalesce(age, -1) AS age, t.label AS task, c.label AS challenge, s.label AS service,
       area_by_case((DATE '2019-07-15' - make_interval(years => age))::date, t.label, c.label, s.label, DATE '2019-07-15') AS area
FROM (SELECT generate_series(0, 120) UNION ALL SELECT NULL) AS a (age), msb_org.label AS t, msb_org.label AS c, msb_org.label AS s
WHERE t.facet = 'task' AND c.facet = 'challenge' AND s.facet = 'service';
ALTER TABLE situation ADD PRIMARY KEY (age, task, challenge, service);
VACUUM ANALYZE situation;

-- 4. What is the least: a C function, and C triggers, that do nothing.
CREATE FUNCTION nothing(birth date, task text, challenge text, service text, on_date date) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS :'yardstick', 'yardstick_nothing';
CREATE FUNCTION trigger_nothing() RETURNS trigger LANGUAGE c AS :'yardstick', 'yardstick_trigger_nothing';
CREATE FUNCTION trigger_constant() RETURNS trigger LANGUAGE c AS :'yardstick', 'yardstick_constant';
