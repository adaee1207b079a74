-- The cases that are read and written.  Every choice is a hash of a number: the same rows
-- come out every time.

SET search_path = bench;
SET client_min_messages = warning;

-- Makes load_NAME, numbered by case_id and stored in that order, and citizen_NAME, its
-- citizens.  Three kinds of load:
--
-- realistic  As in the department: of 82,000 citizens 70,000 have employment cases, 20,000
--            social ones, 8,000 both.  A citizen has one to three cases, about 1.8 as in
--            the demonstration; they lie at random over the load.
-- single     The same cases, each of another citizen: no plan is due for anybody.
-- heavy      Any labels on anybody, five cases for four citizens, so that twice as many rows
--            open a plan; and no branch of a CASE comes first for most.
--
-- All cases are open, so that each has a row in the ledger.  Of every fiftieth citizen no
-- birth date is known.
CREATE PROCEDURE make_load(name text, kind text, rows bigint) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($make$
        CREATE TABLE bench.load_%1$I (case_id integer, citizen_id integer, citizen text, birth date,
                                      task text, challenge text, service text, opened date)
        $make$, name);
    IF kind = 'heavy' THEN
        EXECUTE format($make$
            INSERT INTO bench.load_%1$I
            SELECT n, c, bench.replacement_number(c), CASE WHEN bench.dice(c, 2, 50) > 0 THEN DATE '2019-07-15' - bench.dice(c, 3, 36000) END,
                   bench.pick('{authority,provision,provision,benefit,coordination}', n, 4),
                   CASE WHEN bench.dice(n, 5, 20) > 0 THEN bench.pick('{vulnerable_child,brain_injury,mental_illness,social_exposure,homelessness,substance_misuse,disability,physical_disability,mental_disability,integration,sickness,flexjob,unemployment,unknown}', n, 6) END,
                   CASE WHEN bench.dice(n, 7, 5) > 0 THEN bench.pick('{unknown,general,family_support,specialised_disability,aftercare,education_coordination,residential,day_offer,employment,substance_treatment,social_medicine}', n, 8) END,
                   DATE '2019-07-15' - n %% 1000
            FROM generate_series(1, %2$s) AS n, LATERAL (SELECT 1 + bench.dice(n, 1, (%2$s * 0.8)::integer) AS c) AS who
            $make$, name, rows);
    ELSE
        EXECUTE format($make$
            INSERT INTO bench.load_%1$I
            SELECT n, who, bench.replacement_number(who), birth, task,
                   CASE WHEN challenge <> '' THEN challenge END, CASE WHEN service <> '' THEN service END, DATE '2019-07-15' - n %% 1000
            FROM (SELECT row_number() OVER (ORDER BY hashint4extended(k, 10))::integer AS n, * FROM bench.realistic_cases(%2$s)) AS c,
                 LATERAL (SELECT CASE WHEN %3$L = 'single' THEN n ELSE citizen_id END AS who) AS w
            WHERE n <= %2$s ORDER BY n
            $make$, name, rows, kind);
    END IF;
    EXECUTE format('ALTER TABLE bench.load_%1$I ADD PRIMARY KEY (case_id)', name);
    EXECUTE format('CREATE TABLE bench.citizen_%1$I AS SELECT DISTINCT citizen_id, citizen FROM bench.load_%1$I ORDER BY citizen_id', name);
    EXECUTE format('ALTER TABLE bench.citizen_%1$I ADD PRIMARY KEY (citizen_id)', name);
END $$;

-- A number that nobody is born with: 60 added to the day.
CREATE FUNCTION replacement_number(n integer) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN to_char(61 + n % 28, 'FM00') || to_char(1 + n / 28 % 12, 'FM00') || to_char(n / 336 % 100, 'FM00')
           || '-' || to_char(n / 33600, 'FM0000');

-- Some more than so many cases; k numbers them by citizen.
CREATE FUNCTION realistic_cases(rows bigint)
    RETURNS TABLE (k integer, citizen_id integer, birth date, task text, challenge text, service text)
    LANGUAGE sql STABLE AS $$
    WITH citizen AS (
        SELECT c, CASE WHEN bench.dice(c, 1, 82) < 8 THEN 'both' WHEN bench.dice(c, 1, 82) < 20 THEN 'social' ELSE 'job' END AS kind
        FROM generate_series(1, (rows / 1.7)::integer + 20) AS c
    ), person AS (
        SELECT c, kind,
               CASE WHEN kind = 'both' THEN 2 + bench.dice(c, 2, 2) WHEN bench.dice(c, 2, 100) < 48 THEN 1
                    WHEN bench.dice(c, 2, 100) < 83 THEN 2 ELSE 3 END AS cases,
               CASE WHEN kind = 'social' THEN bench.dice(c, 3, 95 * 365) ELSE 16 * 365 + bench.dice(c, 3, 51 * 365) END AS days
        FROM citizen
    ), cases AS (
        SELECT c * 4 + i AS k, c, days, CASE WHEN bench.dice(c, 4, 50) > 0 THEN DATE '2019-07-15' - days END AS birth,
               CASE WHEN kind <> 'both' THEN kind WHEN i = 1 THEN 'job' WHEN i = 2 THEN 'social'
                    ELSE bench.pick('{job,social}', c, 5) END AS side,
               -- coordination is the task of no first case
               i > CASE kind WHEN 'both' THEN 2 ELSE 1 END AS further
        FROM person, generate_series(1, cases) AS i
    ), tasks AS (
        SELECT *, CASE WHEN side = 'job' THEN bench.pick('{benefit,benefit,benefit,provision,provision,authority}', k, 6)
                       WHEN further THEN bench.pick('{authority,provision,provision,provision,coordination}', k, 6)
                       ELSE bench.pick('{authority,authority,provision}', k, 6) END AS task
        FROM cases
    )
    SELECT k, c, birth, task,
           CASE WHEN side = 'job' THEN bench.pick('{unemployment,unemployment,unemployment,unemployment,sickness,sickness,flexjob,integration,unknown,""}', k, 7)
                WHEN days < 18 * 365 THEN bench.pick('{vulnerable_child,vulnerable_child,vulnerable_child,vulnerable_child,disability,mental_disability,mental_illness,physical_disability}', k, 7)
                ELSE bench.pick('{mental_illness,mental_illness,mental_illness,social_exposure,homelessness,substance_misuse,substance_misuse,disability,physical_disability,mental_disability,brain_injury,vulnerable_child}', k, 7) END,
           CASE WHEN task <> 'provision' THEN ''
                WHEN side = 'job' THEN bench.pick('{employment,employment,employment,education_coordination,""}', k, 8)
                WHEN days < 18 * 365 THEN bench.pick('{family_support,family_support,general,specialised_disability,""}', k, 8)
                ELSE bench.pick('{general,specialised_disability,residential,day_offer,substance_treatment,substance_treatment,social_medicine,aftercare,""}', k, 8) END
    FROM tasks $$;

-- standard has further rows, which are inserted one at a time.
CALL make_load('standard', 'realistic', :rows_write + 2 * :rows_single);
CALL make_load('single', 'single', :rows_write + :rows_single);
CALL make_load('heavy', 'heavy', :rows_write + :rows_single);
CALL make_load('small', 'realistic', :rows_write / 10);
CALL make_load('large', 'realistic', greatest(:rows_read, :rows_write * 10));
VACUUM ANALYZE;
