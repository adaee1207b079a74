-- What row-level security by area costs a reader: the application's role, for whom it says yes
-- to every row, and a caseworker's, beside the same query with the condition on the area that
-- an application would have written itself. One of the tables is protected, the others hold
-- the same rows. Point queries go by the key to rows of the area.

SET search_path = bench;
SET client_min_messages = warning;

-- made by bench/update.sql: the same rows, with areas
SELECT area AS area FROM u_all WHERE area IS NOT NULL GROUP BY area ORDER BY count(*) DESC LIMIT 1 \gset
CREATE ROLE bench_caseworker;
CREATE ROLE bench_application;
GRANT USAGE ON SCHEMA bench TO bench_caseworker, bench_application;
GRANT SELECT ON u_none, u_all TO bench_caseworker, bench_application;
INSERT INTO msb_org.unit_role (structure, unit, role) VALUES ('msb-2018', :'area', 'bench_caseworker');
CREATE INDEX ON u_none (area);
CREATE INDEX ON u_all (area);
VACUUM ANALYZE u_none, u_all;
SELECT msb_org.protect('u_all', '{bench_application}') \g /dev/null
CREATE TABLE reader_key AS SELECT case_id, row_number() OVER (ORDER BY hashint4(case_id)) AS n FROM u_all WHERE area = :'area';
ALTER TABLE reader_key ADD PRIMARY KEY (n);
SELECT count(*) AS keys FROM reader_key \gset
GRANT SELECT ON reader_key TO PUBLIC;
CREATE PROCEDURE read_points(tab text, first integer, rows integer, keys integer, condition text) LANGUAGE plpgsql AS $$
DECLARE
    found text;
    one integer;
BEGIN
    FOR i IN first .. first + rows - 1 LOOP
        SELECT case_id INTO one FROM bench.reader_key WHERE n = 1 + i % keys;
        EXECUTE format('SELECT note FROM bench.%I WHERE case_id = $1 %s', tab, condition) INTO found USING one;
    END LOOP;
END $$;

-- All see the same.
CREATE TABLE area_reader (name text, tab text, role name, condition text, points boolean);
INSERT INTO area_reader VALUES
    ('no row-level security, area in the condition', 'u_none', NULL, format('area = %L', :'area'), true),
    ('protected, caseworker', 'u_all', 'bench_caseworker', NULL, true),
    ('no row-level security, every row', 'u_none', NULL, NULL, false),
    ('protected, application', 'u_all', 'bench_application', NULL, false);
SET ROLE bench_caseworker;
SELECT count(*) AS seen FROM u_all \gset
RESET ROLE;
SELECT 1 / (:seen = :keys)::integer AS the_same \g /dev/null

-- The role is set outside of what is timed; the results are noted by the owner.
CREATE PROCEDURE read_as(suite text, contender text, who name, rows bigint, round integer, timed_rows bigint, statement text) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    us float8;
BEGIN
    IF who IS NOT NULL THEN
        EXECUTE format('SET ROLE %I', who);
    END IF;
    began := clock_timestamp();
    EXECUTE statement;
    us := 1e6 * extract(epoch FROM clock_timestamp() - began) / timed_rows;
    RESET ROLE;
    INSERT INTO bench.result SELECT suite, contender, rows, NULL, round, us WHERE round > 0;
END $$;
GRANT EXECUTE ON PROCEDURE read_points(text, integer, integer, integer, text) TO PUBLIC;
CREATE FUNCTION read_rounds(rounds integer, size bigint, keys integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR i IN 0 .. rounds LOOP
        FOR one IN SELECT * FROM bench.area_reader ORDER BY hashint4extended(hashtext(name), i) LOOP
            RETURN NEXT format('CALL bench.read_as(%L, %L, %L, %s, %s, %s, %L)', 'read by area, scan', one.name, one.role, size, i, size,
                               format('SELECT count(note) FROM bench.%I %s', one.tab, 'WHERE ' || one.condition));
            IF one.points THEN
                RETURN NEXT format('CALL bench.read_as(%L, %L, %L, %s, %s, %s, %L)', 'read by area, point query, planned each time', one.name, one.role, size, i, 200,
                                   format('CALL bench.read_points(%L, %s, 200, %s, %L)', one.tab, i * 200, keys, coalesce('AND ' || one.condition, '')));
            END IF;
        END LOOP;
    END LOOP;
END $$;
SELECT read_rounds(:rounds, :rows_write, :keys) \gexec

SELECT msb_org.unprotect('u_all') \g /dev/null
DELETE FROM msb_org.unit_role WHERE role = 'bench_caseworker';
DROP INDEX u_none_area_idx, u_all_area_idx;
