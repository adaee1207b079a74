-- The rows and rules that every contender gets.

SET client_min_messages = warning;
CREATE EXTENSION msb_org;
CREATE SCHEMA bench;
SET search_path = bench;

SELECT msb_org.load_structure('msb-2018'), msb_org.adopt('msb-2018', DATE '2015-01-01') \g /dev/null

CREATE TABLE result (suite text, contender text, round integer, rows integer, us float8);

-- One run of a contender: microseconds a row.
CREATE PROCEDURE note(suite text, contender text, round integer, rows integer, began timestamptz)
    LANGUAGE sql
    AS $$ INSERT INTO bench.result VALUES
          (suite, contender, round, rows, 1e6 * extract(epoch FROM clock_timestamp() - began) / rows) $$;

-- A number from 0 to limit - 1, always the same for a row and a purpose.
CREATE FUNCTION dice(n integer, purpose integer, range integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    RETURN (hashint4extended(n, purpose) & 1073741823)::integer % range;

CREATE FUNCTION pick(list text[], n integer, purpose integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN list[1 + bench.dice(n, purpose, cardinality(list))];

-- 500,000 cases: any age, of every fiftieth none known; any task, challenge, service,
-- of some none said.
CREATE TABLE source AS
SELECT n, 1 + dice(n, 1, 80000) AS citizen_id,
       CASE WHEN dice(n, 2, 50) > 0 THEN DATE '2019-07-15' - dice(n, 3, 36000) END AS birth,
       pick('{authority,provision,provision,benefit,coordination}', n, 4) AS task,
       CASE WHEN dice(n, 5, 20) > 0 THEN pick('{vulnerable_child,brain_injury,mental_illness,social_exposure,homelessness,substance_misuse,disability,physical_disability,mental_disability,integration,sickness,flexjob,unemployment,unknown}', n, 6) END AS challenge,
       CASE WHEN dice(n, 7, 5) > 0 THEN pick('{unknown,general,family_support,specialised_disability,aftercare,education_coordination,residential,day_offer,employment,substance_treatment,social_medicine}', n, 8) END AS service
FROM generate_series(1, :rows_read) AS n;
ALTER TABLE source ADD PRIMARY KEY (n);
CREATE TABLE citizen (citizen_id integer PRIMARY KEY, cpr text);
-- replacement numbers, which nobody is born with
INSERT INTO citizen SELECT n, to_char(61 + n % 28, 'FM00') || to_char(1 + n / 28 % 12, 'FM00') || to_char(n / 336 % 100, 'FM00')
                              || '-' || to_char(n / 33600 + 1, 'FM0000') FROM generate_series(1, 80000) AS n;
VACUUM ANALYZE source, citizen;

-- The rules of msb-2018 as a table, read by a function in PL/pgSQL.
CREATE TABLE rule (rule text PRIMARY KEY, unit text NOT NULL, age_from integer, age_to integer, age_unknown boolean NOT NULL,
                   tasks text[], challenges text[], services text[]);
INSERT INTO rule
SELECT rule, unit, lower(s), CASE WHEN upper(s) <= 150 THEN upper(s) - 1 END, target::text ~ 'age unknown',
       (SELECT array_agg(l.label) FROM msb_org.label AS l WHERE facet = 'task' AND label = ANY (msb_org.labels(target, 'task'))),
       (SELECT array_agg(l.label) FROM msb_org.label AS l WHERE facet = 'challenge'
           AND (label = ANY (msb_org.labels(target, 'challenge')) OR parent = ANY (msb_org.labels(target, 'challenge')))),
       (SELECT array_agg(l.label) FROM msb_org.label AS l WHERE facet = 'service' AND label = ANY (msb_org.labels(target, 'service')))
FROM msb_org.rule, LATERAL (SELECT CASE WHEN target::text !~ 'age unknown' THEN msb_org.age_span(target) END AS s) AS span
WHERE structure = 'msb-2018' AND msb_org.labels(target, 'subject') IS DISTINCT FROM '{company}';
CREATE TABLE precedence AS SELECT rule, over FROM msb_org.precedence WHERE structure = 'msb-2018';
ALTER TABLE precedence ADD PRIMARY KEY (rule, over);
ANALYZE rule, precedence;

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

-- The same as one expression, as somebody who tunes it would write it: the days at the
-- age bounds are constants where the day is, the commonest matters come first. An SQL
-- function of one expression is inlined: it costs what the expression costs.
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

CREATE FUNCTION nothing(birth date, task text, challenge text, service text, on_date date) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS :'yardstick', 'yardstick_nothing';
CREATE FUNCTION constant() RETURNS trigger LANGUAGE c AS :'yardstick', 'yardstick_constant';

-- They must give the same answers before anything is timed.
DO $$
DECLARE
    different bigint;
    gaps      bigint;
BEGIN
    SELECT count(*) FILTER (WHERE msb_org.area_of(birth, task, challenge, service, DATE '2019-07-15')
                                  IS DISTINCT FROM bench.area_by_case(birth, task, challenge, service, DATE '2019-07-15')),
           count(*) FILTER (WHERE msb_org.area_of(birth, task, challenge, service, DATE '2019-07-15') IS NULL)
      INTO different, gaps FROM bench.source;
    IF different > 0 OR gaps > 0 THEN
        RAISE 'area_of and the CASE differ on % rows, % have no answer', different, gaps;
    END IF;
    SELECT count(*) INTO different FROM bench.source
    WHERE n <= 25000 AND bench.area_by_case(birth, task, challenge, service, DATE '2019-07-15')
          IS DISTINCT FROM bench.area_by_table(birth, task, challenge, service, DATE '2019-07-15');
    IF different > 0 THEN
        RAISE 'the rule table and the CASE differ on % rows', different;
    END IF;
END $$;
