-- The settings: the day, the time zone in which it begins, the actor.
SET search_path = msb_org, pg_catalog;
SET datestyle = iso;
SET client_encoding = 'UTF8';
\set SHOW_CONTEXT never

-- As they are without anybody's doing.
SELECT today() = (now() AT TIME ZONE 'Europe/Copenhagen')::date AS the_date_in_copenhagen, actor() = session_user AS the_session_user;
SELECT name, setting, context, short_desc FROM pg_settings WHERE name LIKE 'msb\_org.%' ORDER BY name COLLATE "C";

--
-- Today
--
SET msb_org.today = '2020-02-29';
SELECT today();
BEGIN;
SET LOCAL msb_org.today = '1900-01-01';
SELECT today();
ROLLBACK;
SELECT today();
SET msb_org.today = '9999-12-31';
SELECT today();
SET msb_org.today = '';
SELECT today() = (now() AT TIME ZONE 'Europe/Copenhagen')::date AS the_real_one;
-- What is no day.
SET msb_org.today = '2019-02-29';
SET msb_org.today = '1900-02-29';
SET msb_org.today = '2019-13-01';
SET msb_org.today = '2019-00-10';
SET msb_org.today = '2019-06-00';
SET msb_org.today = '2019-06-31';
SET msb_org.today = '1899-12-31';
SET msb_org.today = '01-08-2019';
SET msb_org.today = '2019-8-1';
SET msb_org.today = '2019- 8- 1';
SET msb_org.today = '2019--8--1';
SET msb_org.today = '+201-08-01';
SET msb_org.today = '2019/08/01';
SET msb_org.today = '2019-08-01 ';
SET msb_org.today = ' 2019-08-01';
SET msb_org.today = '2019-08-01T12';
SET msb_org.today = 'i morgen';
SET msb_org.today = 'infinity';
SELECT today() = (now() AT TIME ZONE 'Europe/Copenhagen')::date AS still_the_real_one;

--
-- The time zone: of these two it is never the same day
--
SET msb_org.timezone = 'Pacific/Kiritimati';
SELECT today() - (now() AT TIME ZONE 'Pacific/Kiritimati')::date AS difference;
BEGIN;
SET LOCAL msb_org.timezone = 'Etc/GMT+10';
SELECT (now() AT TIME ZONE 'Pacific/Kiritimati')::date - today() AS days_behind;
SET LOCAL msb_org.timezone = 'Pacific/Kiritimati';
SELECT (now() AT TIME ZONE 'Pacific/Kiritimati')::date - today() AS days_behind;
ROLLBACK;
-- In every zone, one after the other in one transaction.
BEGIN;
CREATE TEMP TABLE seen (zone text, today date, expected date);
DO $$
DECLARE
    zone text;
BEGIN
    FOR zone IN SELECT name FROM pg_timezone_names WHERE name !~ '^(posix|right)/' AND name ~ '/' LOOP
        PERFORM set_config('msb_org.timezone', zone, true);
        INSERT INTO pg_temp.seen VALUES (zone, msb_org.today(), (now() AT TIME ZONE zone)::date);
    END LOOP;
END $$;
SELECT count(*) > 300 AS many_zones, count(DISTINCT today) >= 2 AS days, count(*) FILTER (WHERE today <> expected) AS wrong FROM seen;
-- The server's own zone does not matter.
SET LOCAL timezone = 'Etc/GMT+12';
SET LOCAL msb_org.timezone = 'Pacific/Kiritimati';
SELECT today() - current_date > 0 AS another_day;

-- An instant for the records is the clock, moved to today at the same time of
-- day by the clock of the zone, summer or winter.
CREATE TEMP TABLE moved (zone text, today date, at timestamptz);
DO $$
DECLARE
    zone text;
    day text;
BEGIN
    FOREACH day IN ARRAY '{1901-01-01,2019-01-15,2019-07-15,2019-03-31,2019-10-27}'::text[] LOOP
        PERFORM set_config('msb_org.today', day, true);
        FOR zone IN SELECT name FROM pg_timezone_names WHERE name !~ '^(posix|right)/' AND name ~ '/' LOOP
            PERFORM set_config('msb_org.timezone', zone, true);
            INSERT INTO pg_temp.moved VALUES (zone, msb_org.today(), msb_org.record_time());
        END LOOP;
    END LOOP;
END $$;
SELECT today, count(*) FILTER (WHERE (at AT TIME ZONE zone)::date <> today) AS other_day FROM moved GROUP BY today ORDER BY today;
-- But for hours that the clock leaps over, the time of day is the clock's.
SELECT count(*) AS other_time FROM moved
WHERE today IN ('2019-01-15', '2019-07-15')
  AND (at AT TIME ZONE zone)::time NOT BETWEEN (now() AT TIME ZONE zone)::time AND (clock_timestamp() AT TIME ZONE zone)::time
  AND (now() AT TIME ZONE zone)::time < (clock_timestamp() AT TIME ZONE zone)::time;
ROLLBACK;
SET msb_org.timezone = 'Aarhus';
SET msb_org.timezone = '';
SET msb_org.timezone = 'right/Europe/Copenhagen';
SHOW msb_org.timezone;
RESET msb_org.timezone;
SHOW msb_org.timezone;

--
-- The actor
--
SET msb_org.actor = 'æøå@example.dk';
SELECT actor();
SET msb_org.actor = '';
SELECT actor() = session_user AS the_session_user;

--
-- Small cells
--
SELECT n, small_cell(n) FROM (VALUES (-1), (0), (1), (4), (5), (6), (9223372036854775807), (NULL)) v (n);
SET msb_org.min_cell = 3;
SELECT small_cell(2), small_cell(3);
SET msb_org.min_cell = 0;
SET msb_org.min_cell = 1001;
RESET msb_org.min_cell;

-- A setting of no such name.
SET msb_org.todya = '2019-08-01';

--
-- Who may set them
--
CREATE ROLE regress_msb_clerk;
SET ROLE regress_msb_clerk;
SET msb_org.today = '2019-08-01';
SET msb_org.timezone = 'Pacific/Kiritimati';
SET msb_org.min_cell = 1;
SET msb_org.actor = 'clerk';
SELECT actor();
RESET msb_org.actor;
SELECT actor() = session_user AS the_session_user, actor() = current_user AS the_current_user;
RESET ROLE;
DROP ROLE regress_msb_clerk;

--
-- Of the database, where the module is first called within a PL/pgSQL function of a parallel query
--
RESET search_path;
SELECT format('ALTER DATABASE %I SET %s', current_database(), s)
  FROM unnest('{msb_org.today = ''2019-08-01'', msb_org.min_cell = 7, msb_org.timezone = ''Pacific/Kiritimati'', msb_org.actor = ''night job''}'::text[]) s \gexec
CREATE FUNCTION day_of(n integer) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS
$$ BEGIN RETURN concat_ws(' ', msb_org.today(), coalesce(msb_org.small_cell(6), -1)); END $$;
CREATE TABLE many AS SELECT n FROM generate_series(1, 1000) n;
ALTER TABLE many SET (parallel_workers = 2);
\c -
SET datestyle = iso;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT day_of(n), count(*) FROM many GROUP BY 1;
SELECT day_of(n), count(*) FROM many GROUP BY 1;
SELECT msb_org.today(), msb_org.small_cell(6), msb_org.actor(), msb_org.day_start('2019-08-01') AT TIME ZONE 'UTC' AS day_start;
-- leaders that take no part load it afterwards
\c -
SET datestyle = iso;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT day_of(n), count(*) FROM many GROUP BY 1;
-- SET stays what it was
CREATE FUNCTION set_in(n integer) RETURNS text LANGUAGE plpgsql PARALLEL SAFE AS $$ BEGIN SET LOCAL msb_org.actor = 'x'; RETURN msb_org.today(); END $$;
SELECT set_in(n), count(*) FROM many GROUP BY 1;
SELECT format('ALTER DATABASE %I RESET %s', current_database(), s) FROM unnest('{msb_org.today,msb_org.min_cell,msb_org.timezone,msb_org.actor}'::text[]) s \gexec
DROP FUNCTION day_of(integer), set_in(integer);
DROP TABLE many;
\c -
SELECT msb_org.small_cell(6);
