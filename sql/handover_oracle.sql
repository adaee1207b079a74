-- Handovers against brute force: random structures, with gaps and conflicts in their
-- rules and days without any, random citizens; who is responsible is asked for every
-- day, and each day on which it is another unit must be a handover, and no other day.
-- What is printed does not depend on the numbers.
SET client_min_messages = warning;
SET datestyle = ISO;
SET msb_org.today = '2020-01-01';
SELECT msb_org.load_structure('msb-2019');

CREATE FUNCTION draw(n integer) RETURNS integer LANGUAGE sql VOLATILE AS 'SELECT floor(random() * n)::integer';
CREATE FUNCTION several(labels text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT string_agg(l, '|') FROM (SELECT l, random() AS r FROM unnest(labels) l) s WHERE r < 0.6
$$;
-- The document of a structure with a dozen random rules.
CREATE FUNCTION random_document(name text) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    rules jsonb := '[]';
    precedences jsonb := '[]';
    first_age integer;
BEGIN
    FOR n IN 1 .. 12 LOOP
        first_age := draw(70);
        rules := rules || jsonb_build_object('rule', 'R' || n, 'unit', 'u' || draw(4), 'target', concat_ws('; ',
            CASE draw(6) WHEN 0 THEN 'age unknown' WHEN 1 THEN format('age %s-', first_age) WHEN 2 THEN 'subject citizen'
                         ELSE format('age %s-%s', first_age, first_age + draw(40)) END,
            'task ' || several('{provision,authority,benefit}'),
            'challenge ' || several('{homelessness,disability,social_exposure,unemployment,unknown}')));
    END LOOP;
    FOR n IN 1 .. 40 LOOP
        precedences := precedences || jsonb_build_object('rule', 'R' || 1 + draw(12), 'over', 'R' || 1 + draw(12));
    END LOOP;
    RETURN msb_org.export_structure('msb-2019') || jsonb_build_object('structure', name, 'rules', rules, 'precedences', precedences,
        'units', (SELECT jsonb_agg(jsonb_build_object('unit', 'u' || u, 'kind', 'operating_area')) FROM generate_series(0, 3) u));
END $$;
CREATE PROCEDURE enact(name text, from_date date, to_date date) LANGUAGE sql AS $$
    INSERT INTO msb_org.enactment (structure, revision, from_date, in_force, document, adopted_by)
    VALUES (name, 1, from_date, daterange(from_date, to_date), random_document(name), 'test');
$$;
-- Born in the last hundred years or the next five, some on a 29 February.
CREATE FUNCTION random_birth() RETURNS date LANGUAGE sql VOLATILE AS $$
    SELECT CASE draw(8) WHEN 0 THEN NULL WHEN 1 THEN make_date(1920 + 4 * draw(26), 2, 29) ELSE DATE '2025-01-01' - draw(38000) END
$$;
CREATE FUNCTION one(labels text[]) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT labels[1 + draw(cardinality(labels))]';

--
-- future_units() by itself, with a stated primary challenge at times.
--
CREATE PROCEDURE compare_future(seed float) LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
    handovers integer;
BEGIN
    PERFORM setseed(seed);
    SET LOCAL session_replication_role = replica;
    DELETE FROM msb_org.enactment;
    SET LOCAL session_replication_role = origin;
    CALL enact('a', '2020-01-01', '2023-05-01');
    CALL enact('b', '2023-05-01', '2026-02-28');
    CALL enact('c', '2026-04-01', '2030-01-01');
    CALL enact('d', '2030-01-01', NULL);
    CREATE TEMP TABLE facts ON COMMIT DROP AS
        SELECT n, random_birth() AS birth, one('{provision,authority,benefit}') AS task,
               one('{homelessness,disability,unemployment,unknown}') AS challenge, one('{disability,homelessness,NULL}') AS stated
          FROM generate_series(1, 60) n;
    CREATE TEMP TABLE brute ON COMMIT DROP AS
        SELECT * FROM (
            SELECT f.n, d.day::date AS planned, lag(a.unit) OVER w AS from_unit, a.unit AS to_unit, row_number() OVER w AS day_no
              FROM facts f, generate_series(timestamp '2020-01-01', '2034-12-31', '1 day') d (day),
           LATERAL (SELECT msb_org.area_of(f.birth, f.task,
                           CASE WHEN f.challenge IN ('unemployment', 'unknown') AND f.stated <> 'NULL' THEN f.stated ELSE f.challenge END,
                           NULL, d.day::date) AS unit) a
            WINDOW w AS (PARTITION BY f.n ORDER BY d.day)) s
         WHERE day_no > 1 AND from_unit IS DISTINCT FROM to_unit;
    CREATE TEMP TABLE computed ON COMMIT DROP AS
        SELECT f.n, u.*
          FROM facts f, LATERAL msb_org.future_units(NULL, NULL, NULL, NULL, '2020-01-01', NULL, f.birth,
                   format('task %s; challenge %s', f.task, f.challenge)::msb_org.target_group, nullif(f.stated, 'NULL'),
                   '2020-01-02', '2034-12-31') u;
    SELECT count(*) INTO handovers FROM brute;
    IF handovers < 100 THEN
        RAISE EXCEPTION 'only % handovers with seed %', handovers, seed;
    END IF;
    FOR wrong IN
        SELECT f.*, b.planned AS brute, b.from_unit, b.to_unit, c.planned AS computed, c.from_unit AS computed_from, c.to_unit AS computed_to
          FROM brute b FULL JOIN computed c ON c.n = b.n AND c.planned = b.planned
          JOIN facts f ON f.n = coalesce(b.n, c.n)
         WHERE b.from_unit IS DISTINCT FROM c.from_unit OR b.to_unit IS DISTINCT FROM c.to_unit OR b.n IS NULL OR c.n IS NULL
            OR (c.to_unit IS NULL) <> (c.to_finding IS NOT NULL)
            -- a structure moves nobody on another day than its first, or the one after its last
            OR (c.cause = 'structure') > (c.planned IN ('2023-05-01', '2026-02-28', '2026-04-01', '2030-01-01'))
         ORDER BY f.n LIMIT 3 LOOP
        RAISE WARNING 'seed %: %', seed, wrong;
    END LOOP;
END $$;
CALL compare_future(0.1);
CALL compare_future(0.2);
CALL compare_future(0.3);

--
-- The ledger: what is ahead of cases, among them overridden ones and such that will be
-- closed, and a structure that is adopted after they were judged; then the daily job,
-- day by day: what it records as moved is what brute force says.
--
SET session_replication_role = replica;
DELETE FROM msb_org.enactment;
RESET session_replication_role;
SELECT setseed(0.7);
CALL enact('e', '2019-01-01', NULL);
CREATE TABLE sag (sag_id integer PRIMARY KEY, borger text, foedt date, opgave text, udfordring text, afsluttet date);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'borger', birth => 'foedt',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'afsluttet', mode => 'observe');
INSERT INTO sag SELECT n, CASE WHEN n % 11 > 0 THEN 'b' || n / 3 END, random_birth(), one('{provision,authority,benefit}'),
                       one('{homelessness,disability,unemployment,unknown}'),
                       CASE draw(6) WHEN 0 THEN DATE '2020-01-01' + draw(600) END
                  FROM generate_series(1, 300) n;
SELECT count(msb_org.override('sag', sag_id::text, 'u' || draw(4), 'prøve', CASE draw(4) WHEN 0 THEN NULL ELSE DATE '2020-01-01' + draw(300) END))
  FROM sag WHERE sag_id % 17 = 0 AND (afsluttet IS NULL OR afsluttet > '2020-01-01');
-- The structure in force ends by another that is adopted now.
UPDATE msb_org.enactment SET in_force = daterange('2019-01-01', '2020-09-15');
CALL enact('f', '2020-09-15', NULL);
CREATE VIEW brute AS
    SELECT * FROM (
        SELECT s.sag_id, d.day::date AS planned, lag(a.unit) OVER w AS from_unit, a.unit AS to_unit, row_number() OVER w AS day_no
          FROM sag s LEFT JOIN msb_org.case_override o ON o.case_key = s.sag_id::text,
               generate_series(timestamp '2020-01-01', '2021-04-01', '1 day') d (day),
       LATERAL (SELECT CASE WHEN o.unit IS NOT NULL AND (o.until IS NULL OR o.until >= d.day) THEN o.unit
                            ELSE msb_org.area_of(s.foedt, s.opgave, s.udfordring, NULL, d.day::date) END AS unit) a
         WHERE s.afsluttet IS NULL OR s.afsluttet > d.day
        WINDOW w AS (PARTITION BY s.sag_id ORDER BY d.day)) b
     WHERE day_no > 1 AND from_unit IS DISTINCT FROM to_unit;
CREATE TABLE brute_before AS SELECT * FROM brute;
SELECT count(*) > 50 AS enough, count(*) FILTER (WHERE planned = '2020-09-15') > 30 AS by_structure FROM brute_before;
CREATE VIEW ahead AS
    SELECT case_key::integer AS sag_id, planned, from_unit, to_unit FROM msb_org.handovers('2020-01-01', '2021-04-01') WHERE moved_at IS NULL AND void_at IS NULL;
SELECT count(*) AS missing FROM (SELECT sag_id, planned, from_unit, to_unit FROM brute_before EXCEPT SELECT * FROM ahead) s;
SELECT count(*) AS invented FROM (SELECT * FROM ahead EXCEPT SELECT sag_id, planned, from_unit, to_unit FROM brute_before) s;

-- Some are accepted before.
SELECT count(msb_org.accept_handover('sag', sag_id::text, planned)) > 10 AS accepted FROM ahead WHERE sag_id % 5 = 0 AND to_unit IS NOT NULL;
CREATE PROCEDURE days(from_date date, to_date date, step integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 0 .. (to_date - from_date) / step LOOP
        PERFORM set_config('msb_org.today', (from_date + n * step)::text, false);
        PERFORM msb_org.reassign_due();
        COMMIT;                 -- within one transaction only the last answer counts
        -- what is left is what lies ahead
        IF n % 50 = 0 AND EXISTS (
            (SELECT * FROM ahead EXCEPT SELECT sag_id, planned, from_unit, to_unit FROM brute_before WHERE planned > msb_org.today())
            UNION ALL
            (SELECT sag_id, planned, from_unit, to_unit FROM brute_before WHERE planned > msb_org.today() EXCEPT SELECT * FROM ahead)) THEN
            RAISE WARNING 'on % other handovers are ahead than brute force says', msb_org.today();
        END IF;
    END LOOP;
END $$;
-- Every day, then on every ninth.
CALL days('2020-01-02', '2020-07-01', 1);
CALL days('2020-07-10', '2021-04-01', 9);
CREATE VIEW recorded AS
    SELECT case_key::integer AS sag_id, planned, from_unit, to_unit FROM msb_org.handover WHERE moved_at IS NOT NULL;
SELECT count(*) AS missing FROM (SELECT sag_id, planned, from_unit, to_unit FROM brute_before WHERE from_unit IS NOT NULL AND to_unit IS NOT NULL
                                 EXCEPT SELECT * FROM recorded) s;
SELECT count(*) AS invented FROM (SELECT * FROM recorded EXCEPT SELECT sag_id, planned, from_unit, to_unit FROM brute_before) s;
SELECT status, unaccepted, count(*) > 0 AS some, max(days_late) BETWEEN 1 AND 8 AS days FROM msb_org.handovers(NULL, msb_org.today() + 365) GROUP BY 1, 2 ORDER BY 1, 2;
-- Accepted or not, all moved on the day, or when the job next came.
SELECT count(*) FROM msb_org.handover
 WHERE moved_at IS NULL OR void_at IS NOT NULL
    OR msb_org.local_day(moved_at) - planned NOT BETWEEN 0 AND CASE WHEN planned <= '2020-07-01' THEN 0 ELSE 8 END;
SELECT cause, count(*) > 0 AS some FROM msb_org.handover GROUP BY 1 ORDER BY 1;

DROP VIEW recorded, ahead, brute;
DROP TABLE sag, brute_before CASCADE;
DROP PROCEDURE days, compare_future, enact;
DROP FUNCTION random_document, random_birth, one, several, draw;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
