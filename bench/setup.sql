-- The extension, and what every suite uses.

SET client_min_messages = warning;
CREATE EXTENSION msb_org;
CREATE SCHEMA bench;
SET search_path = bench;

-- What a row cost, in each round: microseconds.  rows: of the table that is read or
-- written; rules: in the structure, where the suite is about that.
CREATE TABLE result (suite text NOT NULL, contender text NOT NULL, rows bigint NOT NULL, rules integer,
                     round integer NOT NULL, us float8 NOT NULL);
-- What is no time of a row: bytes, milliseconds.
CREATE TABLE figure (name text NOT NULL, round integer NOT NULL, value float8 NOT NULL);

-- Round 0 warms up and is not counted.
CREATE PROCEDURE note(suite text, contender text, rows bigint, round integer, timed_rows bigint, began timestamptz, rules integer DEFAULT NULL)
    LANGUAGE sql AS $$
    INSERT INTO bench.result
    SELECT suite, contender, rows, rules, round, 1e6 * extract(epoch FROM clock_timestamp() - began) / timed_rows WHERE round > 0 $$;

-- Runs a statement with its commit, since much of the work is done there, and notes what
-- one of timed_rows cost.
CREATE PROCEDURE timed(suite text, contender text, rows bigint, round integer, timed_rows bigint, statement text, rules integer DEFAULT NULL)
    LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
BEGIN
    EXECUTE statement;
    COMMIT;
    CALL bench.note(suite, contender, rows, round, timed_rows, began, rules);
    COMMIT;
END $$;

-- For what commits itself, and so can only be called for itself.
CREATE PROCEDURE start_clock() LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('bench.began', clock_timestamp()::text, false);
END $$;
CREATE PROCEDURE stop_clock(suite text, contender text, rows bigint, round integer) LANGUAGE plpgsql AS $$
BEGIN
    CALL bench.note(suite, contender, rows, round, rows, current_setting('bench.began')::timestamptz);
END $$;

-- A query whose result nobody wants to see.
CREATE PROCEDURE quietly(query text) LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; END $$;

-- A number from 0 to range - 1, always the same for n and a purpose.
CREATE FUNCTION dice(n integer, purpose integer, range integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    RETURN (hashint4extended(n, purpose) & 1073741823)::integer % range;

CREATE FUNCTION pick(list text[], n integer, purpose integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN list[1 + bench.dice(n, purpose, cardinality(list))];

-- The rules are those before the reform, since a CASE of them can still be read; the day
-- is msb_org.today, 15 July 2019, set for the database.
SELECT msb_org.load_structure('msb-2018'), msb_org.adopt('msb-2018', DATE '2015-01-01') \g /dev/null
