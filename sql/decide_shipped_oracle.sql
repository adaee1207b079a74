--
-- Every situation of both structures that ship: what area_of(), decide() and
-- explain_area() say, against the rule written out in SQL.
--
-- The rule: a rule takes a situation if its target group contains it, a label
-- standing for the labels below it; a rule that takes it wins if it goes before
-- every other unit's rule that takes it; of several the first code is told.  No
-- rule is a gap, no winner or winners of two units a conflict.
--
-- The target groups are taken apart here by string functions, so that nothing
-- below rests on what the type thinks of them.
--
\set VERBOSITY terse
SET search_path = msb_org, pg_catalog;
SET datestyle = iso;
SET msb_org.today = '2019-09-01';
BEGIN;
SELECT load_structure('msb-2018'), load_structure('msb-2019');
SELECT adopt('msb-2018', '2015-01-01'), adopt('msb-2019', '2019-08-01');

-- The rules, taken apart.  Age -1 is unknown.
CREATE TEMP TABLE part AS
SELECT r.structure, r.rule, split_part(item, ' ', 1) AS facet, split_part(item, ' ', 2) AS taken
FROM rule AS r, regexp_split_to_table(r.target::text, '; ') AS item;
CREATE TEMP TABLE ages AS
SELECT unnest(ARRAY[-1, 0, 14, 15, 17, 18, 22, 23, 29, 30, 66, 67, 90]) AS age;
CREATE TEMP TABLE takes_age AS
SELECT r.structure, r.rule, a.age
FROM rule AS r CROSS JOIN ages AS a LEFT JOIN part AS p
     ON p.structure = r.structure AND p.rule = r.rule AND p.facet = 'age'
WHERE CASE WHEN p.taken IS NULL THEN true
           WHEN p.taken = 'unknown' THEN a.age = -1
           WHEN p.taken LIKE '%-' THEN a.age >= rtrim(p.taken, '-')::int
           WHEN p.taken LIKE '%-%' THEN a.age BETWEEN split_part(p.taken, '-', 1)::int AND split_part(p.taken, '-', 2)::int
           ELSE a.age = p.taken::int END;
CREATE TEMP TABLE takes_label AS
WITH RECURSIVE below AS (
    SELECT facet, label AS top, label FROM label
    UNION
    SELECT l.facet, b.top, l.label FROM below AS b JOIN label AS l ON l.facet = b.facet AND l.parent = b.label)
SELECT DISTINCT r.structure, r.rule, b.facet, b.label
FROM rule AS r CROSS JOIN below AS b LEFT JOIN part AS p
     ON p.structure = r.structure AND p.rule = r.rule AND p.facet = b.facet
WHERE p.taken IS NULL OR b.top = ANY (string_to_array(p.taken, '|'));
SELECT facet, count(*) AS labels, count(parent) AS below_another FROM label GROUP BY facet ORDER BY facet COLLATE "C";
SELECT structure, count(*) AS rules, count(DISTINCT unit) AS units,
       (SELECT count(*) FROM precedence AS p WHERE p.structure = r.structure) AS precedences
FROM rule AS r GROUP BY structure ORDER BY structure;

-- All situations, and the rules that take each.
CREATE TEMP TABLE situation AS
SELECT row_number() OVER (ORDER BY age, su.position, t.position, c.position, se.position) AS n, age, su.label AS subject, t.label AS task, c.label AS challenge, se.label AS service,
       format('age %s; subject %s; task %s; challenge %s; service %s', CASE WHEN age = -1 THEN 'unknown' ELSE age::text END,
              su.label, t.label, c.label, se.label)::target_group AS point
FROM ages, label AS su, label AS t, label AS c, label AS se
WHERE su.facet = 'subject' AND t.facet = 'task' AND c.facet = 'challenge' AND se.facet = 'service';
CREATE TEMP TABLE taken AS
SELECT structure, rule, unit, ages,
       (SELECT array_agg(label) FROM takes_label AS t WHERE t.structure = r.structure AND t.rule = r.rule AND facet = 'subject') AS subjects,
       (SELECT array_agg(label) FROM takes_label AS t WHERE t.structure = r.structure AND t.rule = r.rule AND facet = 'task') AS tasks,
       (SELECT array_agg(label) FROM takes_label AS t WHERE t.structure = r.structure AND t.rule = r.rule AND facet = 'challenge') AS challenges,
       (SELECT array_agg(label) FROM takes_label AS t WHERE t.structure = r.structure AND t.rule = r.rule AND facet = 'service') AS services
FROM rule AS r JOIN (SELECT structure, rule, array_agg(age) AS ages FROM takes_age GROUP BY structure, rule) AS a USING (structure, rule);
CREATE TEMP TABLE matching AS
SELECT t.structure, s.n, t.rule, t.unit
FROM taken AS t JOIN situation AS s
     ON s.age = ANY (ages) AND s.subject = ANY (subjects) AND s.task = ANY (tasks)
        AND s.challenge = ANY (challenges) AND s.service = ANY (services);
ANALYZE matching;

-- The answer by the rule.
CREATE TEMP TABLE blocked AS
SELECT DISTINCT m.structure, m.n, m.rule
FROM matching AS m JOIN matching AS o ON o.structure = m.structure AND o.n = m.n AND o.unit <> m.unit
WHERE NOT EXISTS (SELECT FROM precedence AS p WHERE p.structure = m.structure AND p.rule = m.rule AND p.over = o.rule);
CREATE TEMP TABLE expected AS
SELECT s.structure, n, point, task, challenge, service, age, subject,
       CASE WHEN won.units = 1 THEN won.rule END AS rule, CASE WHEN won.units = 1 THEN won.unit END AS unit,
       CASE WHEN won.units = 1 THEN NULL WHEN m.n IS NULL THEN 'gap' ELSE 'conflict' END AS finding
FROM (SELECT structure, situation.* FROM structure, situation) AS s
     LEFT JOIN (SELECT DISTINCT structure, n FROM matching) AS m USING (structure, n)
     LEFT JOIN (SELECT structure, n, min(rule COLLATE "C") AS rule, min(unit) AS unit, count(DISTINCT unit) AS units
                FROM matching AS m LEFT JOIN blocked AS b USING (structure, n, rule)
                WHERE b.n IS NULL
                GROUP BY structure, n) AS won USING (structure, n);

CREATE TEMP TABLE day AS SELECT * FROM (VALUES ('msb-2018', date '2019-07-31'), ('msb-2019', '2019-08-01')) AS d (structure, on_date);
CREATE TEMP TABLE answer AS
SELECT e.*, d.structure AS by_structure, d.revision, d.rule AS by_rule, d.unit AS by_unit, d.finding AS by_finding,
       d.origin, d.basis, area_of(e.point, day.on_date) AS area
FROM expected AS e JOIN day USING (structure), decide(e.point, day.on_date) AS d;
SELECT structure, count(*) AS situations, count(unit) AS decided,
       count(*) FILTER (WHERE by_structure = structure AND revision = 1) AS by_this_structure,
       count(*) FILTER (WHERE (by_rule, by_unit, by_finding) IS DISTINCT FROM (rule, unit, finding)) AS decide_differs,
       count(*) FILTER (WHERE area IS DISTINCT FROM unit) AS area_of_differs
FROM answer GROUP BY structure ORDER BY structure;
SELECT structure, by_finding AS finding, count(*) FROM answer GROUP BY structure, by_finding ORDER BY structure, by_finding;
-- Origin and basis are the rule's.
SELECT count(*) AS origin_or_basis_differs
FROM answer AS a JOIN rule AS r ON r.structure = a.structure AND r.rule = a.by_rule
WHERE (a.origin, a.basis) IS DISTINCT FROM (r.origin, r.basis);

-- Who has how many, and by which rules.
SELECT structure, unit, count(*) AS situations, string_agg(DISTINCT rule COLLATE "C", ' ' ORDER BY rule COLLATE "C") AS rules
FROM answer GROUP BY structure, unit ORDER BY structure, unit COLLATE "C";

-- The rules that take each situation, and those that win, as explain_area() tells them.
CREATE TEMP TABLE told AS
SELECT structure, n, x.rule, unmatched, matches, wins, behind, reason
FROM answer JOIN day USING (structure), explain_area(point, on_date) AS x 
WHERE n % 5 = 0;
ANALYZE blocked, answer, told;
SELECT a.structure, count(*) AS told,
       count(*) FILTER (WHERE x.matches) AS matching,
       count(*) FILTER (WHERE x.matches IS DISTINCT FROM (m.n IS NOT NULL)) AS matches_differs,
       count(*) FILTER (WHERE x.wins IS DISTINCT FROM (m.n IS NOT NULL AND b.n IS NULL AND a.unit IS NOT NULL)) AS wins_differs,
       count(*) FILTER (WHERE x.matches IS DISTINCT FROM (x.unmatched IS NULL)) AS unmatched_differs,
       count(*) FILTER (WHERE (x.behind IS NULL) IS DISTINCT FROM (m.n IS NULL OR b.n IS NULL)) AS behind_differs,
       count(*) FILTER (WHERE x.reason IS DISTINCT FROM p.reason) AS reason_differs
FROM told AS x JOIN answer AS a USING (structure, n)
     LEFT JOIN matching AS m ON m.structure = a.structure AND m.n = a.n AND m.rule = x.rule
     LEFT JOIN blocked AS b ON b.structure = a.structure AND b.n = a.n AND b.rule = x.rule
     LEFT JOIN precedence AS p ON p.structure = a.structure AND p.rule = x.behind AND p.over = x.rule
GROUP BY a.structure ORDER BY a.structure;

-- The forms with a birth date and with a CPR number, on the days around the
-- birthdays that count, against the situation with the age that the server's
-- age() gives.  Who is born on 29 February is older on 1 March; who is older
-- than 150 counts as 150; who is not born yet belongs nowhere.
SELECT adopt('msb-2018', '1900-01-01', 'so that every birthday falls on a day with a structure');
CREATE TEMP TABLE life AS
SELECT birth, on_date, task, challenge, service, years,
       CASE WHEN on_date >= birth
            THEN format('age %s; task %s; challenge %s; service %s', least(years, 150), task, challenge, service)::target_group
       END AS point,
       -- every other one a replacement number, with 60 added to the day
       (to_char(extract(day FROM birth) + abs(years) % 2 * 60, 'FM00') || to_char(birth, 'MMYY')
        || CASE WHEN birth < '2000-01-01' THEN '-1000' ELSE '-4000' END)::cpr AS number
FROM (SELECT b AS birth, b + make_interval(years => y) + make_interval(days => d) AS at,
             row_number() OVER (ORDER BY b, y, d) AS n
      FROM unnest(ARRAY['1904-02-28', '1904-02-29', '1904-03-01', '1952-02-29', '1952-07-31', '1952-08-01',
                        '1989-08-02', '2000-02-29', '2003-03-01', '2004-02-28', '2004-02-29', '2004-12-31']::date[]) AS b,
           unnest(ARRAY[0, 1, 14, 15, 16, 17, 18, 19, 22, 23, 24, 29, 30, 31, 66, 67, 68, 90, 150, 151, 170]) AS y,
           generate_series(-2, 2) AS d) AS days
     JOIN (SELECT row_number() OVER (ORDER BY n) - 1 AS k, task, challenge, service
           FROM situation WHERE subject = 'citizen' AND age = 0) AS labels
     ON labels.k IN (n * 131 % 672, n * 257 % 672, n * 13 % 672),
     LATERAL (SELECT at::date AS on_date, extract(year FROM age(at, birth))::int AS years) AS counted;
SELECT count(*) AS asked, count(DISTINCT (birth, on_date)) AS birthdays, count(unit) AS decided,
       count(*) FILTER (WHERE on_date < birth) AS unborn, count(*) FILTER (WHERE years > 150) AS very_old,
       count(*) FILTER (WHERE number::text ~ '^[6-9]') AS replacement_numbers,
       count(*) FILTER (WHERE by_birth IS DISTINCT FROM unit) AS birth_differs,
       count(*) FILTER (WHERE by_cpr IS DISTINCT FROM unit) AS cpr_differs
FROM (SELECT life.*, area_of(point, on_date) AS unit,
             area_of(birth, task, challenge, service, on_date) AS by_birth,
             area_of(number, task, challenge, service, on_date) AS by_cpr
      FROM life) AS answer;
-- A man born on 29 February turns 15 and 30 in common years.
SELECT on_date, area_of(date '2004-02-29', 'authority', 'homelessness', 'general', on_date),
       area_of('890204-4000'::cpr, 'authority', 'homelessness', 'general', on_date) AS by_cpr
FROM unnest(ARRAY['2018-02-28', '2018-03-01', '2019-02-28', '2019-08-01', '2034-02-28', '2034-03-01', '2034-03-02']::date[]) AS on_date;
ROLLBACK;
