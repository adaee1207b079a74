-- What a decision costs with 1, 10, 100 and 1,000 rules: structures that divide everybody
-- into a grid of ages, challenges and services, a rule for each field, adopted for years
-- ahead so that nothing else in the database is concerned.

SET search_path = bench;
SET client_min_messages = warning;

-- Ten spans of ages and of each facet ten groups of labels; where there are less than a
-- thousand rules, "any" stands for the last ones.
CREATE PROCEDURE make_grid(rules integer, first_day date) LANGUAGE plpgsql AS $$
DECLARE
    ages       text[] := CASE WHEN rules < 10 THEN '{any}' ELSE '{age 0-9,age 10-17,age 18-24,age 25-29,age 30-39,age 40-49,age 50-66,age 67-79,age 80-,age unknown}' END;
    challenges text[] := CASE WHEN rules < 100 THEN '{""}' ELSE ARRAY(
        SELECT '; challenge ' || label FROM msb_org.label WHERE facet = 'challenge' AND parent IS NULL ORDER BY label) END;
    -- of twelve services, four in two groups
    services   text[] := CASE WHEN rules < 1000 THEN '{""}' ELSE ARRAY(
        SELECT '; service ' || string_agg(label, '|') FROM msb_org.label WHERE facet = 'service'
        GROUP BY CASE WHEN label IN ('residential', 'day_offer') THEN 'a' WHEN label IN ('general', 'unknown') THEN 'b' ELSE label END) END;
BEGIN
    INSERT INTO msb_org.structure (structure) VALUES ('grid-' || rules);
    INSERT INTO msb_org.unit (structure, unit, kind) SELECT 'grid-' || rules, 'u' || n, 'operating_area' FROM generate_series(0, 9) AS n;
    INSERT INTO msb_org.rule (structure, rule, unit, target)
    SELECT 'grid-' || rules, format('r%s-%s-%s', a.n, c.n, s.n), 'u' || (a.n * 7 + c.n * 3 + s.n) % 10, (a.age || c.label || s.label)::msb_org.target_group
    FROM unnest(ages) WITH ORDINALITY AS a (age, n), unnest(challenges) WITH ORDINALITY AS c (label, n), unnest(services) WITH ORDINALITY AS s (label, n);
    IF (SELECT count(*) <> rules FROM msb_org.rule WHERE structure = 'grid-' || rules) THEN
        RAISE 'the grid has not % rules', rules;
    END IF;
    PERFORM msb_org.adopt('grid-' || rules, first_day);
END $$;

CREATE TABLE grid AS SELECT * FROM (VALUES (1, DATE '2031-01-01'), (10, DATE '2032-01-01'), (100, DATE '2033-01-01'), (1000, DATE '2034-01-01')) AS v (rules, first_day);
SELECT format('CALL bench.make_grid(%s, %L)', rules, first_day) FROM grid ORDER BY rules \gexec

CREATE PROCEDURE read_grid(rules integer, on_date date, contender text, expression text, joined text, timed_rows bigint, round integer) LANGUAGE plpgsql AS $$
DECLARE
    size  bigint := (SELECT count(*) FROM bench.load_standard);
    part  bigint := least(timed_rows, size);
    began timestamptz := clock_timestamp();
BEGIN
    EXECUTE format('SELECT count(%s) FROM (SELECT * FROM bench.load_standard LIMIT %s) AS s %s',
                   replace(expression, 'ON_DATE', format('DATE %L', on_date)), part, replace(joined, 'ON_DATE', format('DATE %L', on_date)));
    CALL bench.note('rules', contender, size, round, part, began, rules);
END $$;

-- The answers of the two that are compared are the same.
CREATE PROCEDURE compare_grid(rules integer, on_date date) LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT count(*) INTO wrong FROM (SELECT * FROM bench.load_standard LIMIT 2000) AS s
    WHERE msb_org.area_of(birth, task, challenge, service, on_date) IS DISTINCT FROM bench.area_by_table(birth, task, challenge, service, on_date);
    IF wrong > 0 THEN
        RAISE 'with % rules, area_of and the rule table differ on % rows', rules, wrong;
    END IF;
END $$;

-- The rule table holds one grid after the other; so the rounds are taken within one.
SELECT statement FROM (
    SELECT g.rules, -1 AS round, 1 AS step, 0 AS shuffled, format('SELECT %L', format('  %s rules', to_char(g.rules, 'FM9,999'))) AS statement FROM grid AS g
    UNION ALL
    SELECT g.rules, -1, 2, 0, format('CALL bench.take_rules(%L)', 'grid-' || g.rules) FROM grid AS g
    UNION ALL
    SELECT g.rules, -1, 3, 0, format('CALL bench.compare_grid(%s, %L)', g.rules, g.first_day + 100) FROM grid AS g
    UNION ALL
    SELECT g.rules, round, 4, hashint4extended(hashtext(c.name), round),
           format('CALL bench.read_grid(%s, %L, %L, %L, %L, %s, %s)', g.rules, g.first_day + 100, c.name, c.expression, c.joined,
                  CASE WHEN c.slow THEN greatest(100, :rows_read / 100 / CASE WHEN g.rules > 10 THEN g.rules / 10 ELSE 1 END) ELSE :rows_write END, round)
    FROM grid AS g, generate_series(0, :rounds) AS round, (VALUES
        ('the scan alone', 'service', '', false),
        ('area_of', 'msb_org.area_of(birth, task, challenge, service, ON_DATE)', '', false),
        ('rule table, PL/pgSQL', 'bench.area_by_table(birth, task, challenge, service, ON_DATE)', '', true),
        ('rule table, SQL, inlined', 'r.area', 'LEFT JOIN LATERAL bench.area_rows(birth, task, challenge, service, ON_DATE) AS r ON true', true)
    ) AS c (name, expression, joined, slow)
) AS s ORDER BY rules, round, step, shuffled \gexec
