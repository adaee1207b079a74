-- The type cpr.  Numbers stand here only as replacement numbers (day + 60) or
-- with dates of birth so old that no living person has them.
SET search_path = msb_org, pg_catalog;
SET datestyle = iso;

--
-- What it reads and what it writes
--
SELECT '010158-5000'::cpr AS dash,
       '0101585000'::cpr AS no_dash,
       E' \t\n\x0b\f\r010158-5000 \t\n\x0b\f\r'::cpr AS amid_white_space,
       '670158-5000'::cpr AS replacement,
       '010101-0ab1'::cpr AS letters,
       '0101010Zz1'::cpr AS letters_no_dash;

-- The seventh digit names the century.
CREATE FUNCTION pg_temp.born(number text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN extract(year FROM msb_org.birth_date(number::msb_org.cpr));
EXCEPTION WHEN invalid_text_representation THEN
  RETURN 'invalid';
END $$;
SELECT d AS seventh,
       pg_temp.born('610100-' || d || '000') AS "00",
       pg_temp.born('610136-' || d || '000') AS "36",
       pg_temp.born('610137-' || d || '000') AS "37",
       pg_temp.born('610157-' || d || '000') AS "57",
       pg_temp.born('610158-' || d || '000') AS "58",
       pg_temp.born('610199-' || d || '000') AS "99",
       pg_temp.born('010100-' || d || 'AA0') AS "letters 00",
       pg_temp.born('010199-' || d || 'AA0') AS "letters 99"
FROM generate_series(0, 9) AS d;

-- The date must be in the calendar, in the century that was named: 1900 had no
-- 29 February, 2000 had one; 1860 had one, and 1960.
SELECT v AS number, pg_temp.born(v) AS year
FROM unnest(ARRAY['000100-1000', '320101-1000', '310401-1000', '010001-1000', '011301-1000',
                  '290200-1000', '890200-1000', '890200-4000', '300204-1000',
                  '290260-5000', '290261-5000', '290201-0AA0', '290200-0AA0', '290296-6AA0',
                  '600101-1000', '610101-1000', '910101-1000', '920101-1000', '410101-1000',
                  '900201-1000', '610101-0AA0']) AS v;

--
-- What a number says
--
SELECT v AS number, birth_date(v), birth_certain(v), sex(v), mod11(v), mask(v),
       age(v, '1950-01-01')
FROM unnest(ARRAY['010158-5000', '010158-5301', '610158-5301', '610158-5210', '300905-0003', '900905-0003',
                  '650158-5001', '661299-9999', '010101-0AA0', '010199-6ZZ9']::cpr[]) AS v;

-- Completed years; who is born on 29 February is older on 1 March.
SELECT on_date, age('290204-1000', on_date) AS "29 Feb", age('280204-1000', on_date) AS "28 Feb",
       age('010304-1000', on_date) AS "1 Mar"
FROM unnest(ARRAY['1904-02-27', '1904-02-28', '1904-02-29', '1904-03-01', '1905-02-28', '1905-03-01',
                  '1908-02-28', '1908-02-29', '2104-02-28', '2104-02-29', '-infinity', 'infinity']::date[]) AS on_date;
SELECT age('610104-1000', date '4713-01-01 BC') AS unborn, age('610104-1000', date '5874897-12-31') AS far,
       age('010104-0AA0', date '1950-01-01') AS letters, age(NULL::cpr, '1950-01-01') AS nobody;

-- Against the server's age(), over many pairs of days.
WITH births AS (
  SELECT d::date FROM generate_series(timestamp '1858-01-01', '2057-12-31', '163 days') AS d
  UNION
  SELECT (date '1860-02-29' + 1461 * n + o) FROM generate_series(0, 49) AS n, generate_series(-2, 2) AS o
), days AS (
  SELECT d::date FROM generate_series(timestamp '1857-01-01', '2110-12-31', '211 days') AS d
  UNION
  SELECT make_date(y, 3, 1) + o FROM generate_series(1858, 2108, 3) AS y, generate_series(-3, 1) AS o
), pairs AS (
  SELECT b.d AS born, o.d AS on_date, x.number::cpr
  FROM births b
  CROSS JOIN days o
  CROSS JOIN LATERAL (SELECT extract(day FROM b.d) + 60 || to_char(b.d, 'MMYY') || '-' ||
                             CASE WHEN b.d < '1900-01-01' THEN '5' WHEN b.d < '2000-01-01' THEN '1' ELSE '6' END || '000') AS x(number)
)
SELECT count(*) > 400000 AS enough, count(*) FILTER (WHERE birth_date(number) <> born) AS wrong_birth,
       count(*) FILTER (WHERE age(number, on_date) IS DISTINCT FROM
                        CASE WHEN on_date >= born THEN date_part('year', pg_catalog.age(on_date, born))::int END) AS wrong_age
FROM pairs;

-- A citizen's key
SELECT v, citizen_key(v) FROM unnest(ARRAY['010158-5000', ' 0101585000 ', '0101010ab1', '320101-1000', '  b 17  ',
  E'\tb17\n', '', '   ']) AS v;
SELECT citizen_key(NULL) IS NULL AS nobody, citizen_key(' æøå ') = 'æøå' AS other_letters;

--
-- Errors: SQLSTATE, message, DETAIL, HINT.  None holds a digit of the value.
--
CREATE FUNCTION pg_temp.refusal(statement text, OUT state text, OUT message text, OUT detail text, OUT hint text, OUT context text)
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'accepted';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
END $$;
SELECT v AS number, r.state, r.message, r.detail, r.hint, r.context = '' AS context_is_empty
FROM unnest(ARRAY['', '   ', '-', '610158-500', '610158-50000', '61015 8-5000', '610158 5000', '610158_5000', '61015x-5000',
                  '610158-x000', '610158-500x', '610158-5A00', '610158-50A0', '010158-1A[0', '010158-1@z0',
                  '010158-2AA0', '320158-5000', '610158-', '6101585000-']) AS v,
     pg_temp.refusal(format('SELECT %L::msb_org.cpr', v)) AS r;

SELECT detail FROM pg_temp.refusal($$SELECT '010158-1Æ0'::msb_org.cpr$$);

-- As psql shows them: no LINE, no CONTEXT.
SELECT '320158-5000'::cpr;
SELECT cpr '320158-5000';
SELECT '320158-5000'::text::cpr;
SELECT '320158-5000'::varchar::cpr;
SELECT '320158-5000'::char(20)::cpr;
CREATE TEMP TABLE person (citizen cpr, name text);
INSERT INTO person VALUES ('320158-5000', 'A');
PREPARE add_person(varchar) AS INSERT INTO person VALUES ($1, 'A');
EXECUTE add_person('320158-5000');
COPY person FROM stdin;
320158-5000	A
\.
DO $$ BEGIN PERFORM '320158-5000'::msb_org.cpr; END $$;
CREATE FUNCTION pg_temp.as_cpr(v text) RETURNS cpr LANGUAGE plpgsql AS $$ BEGIN RETURN v::msb_org.cpr; END $$;
SELECT pg_temp.as_cpr('320158-5000');
CREATE TEMP TABLE bad_default (citizen cpr DEFAULT '320158-5000');
-- The session goes on as before; context is back for other errors.
DO $$ BEGIN PERFORM 1 / 0; END $$;
SELECT count(*) FROM person;

-- Binary input is read again, not believed.
CREATE FUNCTION pg_temp.received(bits bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  file text := current_setting('data_directory') || '/cpr_received';
  message text;
  state text;
  number text;
BEGIN
  EXECUTE format('COPY (SELECT %L::bigint) TO %L (FORMAT binary)', bits, file);
  CREATE TEMP TABLE received (citizen msb_org.cpr);
  EXECUTE format('COPY received FROM %L (FORMAT binary)', file);
  SELECT citizen INTO number FROM received;
  DROP TABLE received;
  RETURN number;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
  RETURN state || ': ' || message;
END $$;
SELECT days, form, serial, pg_temp.received((days::bigint << 32) + (form << 24) + serial)
FROM (VALUES (-51864, 0, 5000), (-51864, 1, 5000), (-51864, 2, 5000), (-51865, 0, 5000), (-51864, 0, 15000), (-51864, 0, 1000),
             (-51864, 0, -1), (-36159, 0, 0), (-36159, 2, 0), (-36159, 2, 13519), (-36159, 2, 13520), (-36159, 2, 67599),
             (-36159, 3, 0), (-36159, 4, 0), (-36159, 127, 0), (21184, 0, 5000), (21185, 0, 5000),
             (2147483647, 0, 0), (-2147483648, 0, 0)) AS v(days, form, serial);
SELECT cpr_send('010158-5000'), cpr_send('610158-5000'), cpr_send('010199-6AB1');

--
-- Order: by birth, then form, then serial
--
TRUNCATE person;
INSERT INTO person
  SELECT to_char(d, 'DDMMYY-') || CASE WHEN d < '1900-01-01' THEN '5' ELSE '0' END || to_char(n, 'FM000'), 'ordinary'
  FROM generate_series(timestamp '1858-01-01', '1909-12-31', '11 days') AS d, generate_series(1, 2) AS n;
INSERT INTO person
  SELECT extract(day FROM d) + 60 || to_char(d, 'MMYY-') || CASE WHEN d < '2000-01-01' THEN '3' ELSE '5' END || '007', 'replacement'
  FROM generate_series(timestamp '1900-01-01', '2057-12-31', '50 days') AS d;
INSERT INTO person
  SELECT to_char(d, 'DDMMYY-') || CASE WHEN d < '2000-01-01' THEN '1' ELSE '7' END || 'KB7', 'letters'
  FROM generate_series(timestamp '1900-01-01', '2057-12-31', '50 days') AS d;
ANALYZE person;
SELECT name, count(*), min(citizen), max(citizen) FROM person GROUP BY name ORDER BY name;
WITH ranked AS (
  SELECT row_number() OVER (ORDER BY citizen) AS by_value,
         row_number() OVER (ORDER BY birth_date(citizen), array_position('{ordinary,replacement,letters}', name), citizen::text COLLATE "C") AS by_birth
  FROM person)
SELECT count(*) AS numbers, count(*) FILTER (WHERE by_value <> by_birth) AS out_of_order FROM ranked;
SELECT min(citizen), max(citizen) FROM person WHERE false;

-- Each operator, on three dates of birth
SELECT a, b, a = b AS "=", a <> b AS "<>", a < b AS "<", a <= b AS "<=", a > b AS ">", a >= b AS ">=", cpr_cmp(a, b) AS cmp
FROM unnest(ARRAY['311299-5000', '010101-0000', '610136-4000']::cpr[]) AS a,
     unnest(ARRAY['311299-5000', '010101-0000', '610136-4000']::cpr[]) AS b;

-- The scans of a plan, whose other lines differ between server versions
CREATE FUNCTION pg_temp.scans(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
    IF line LIKE '%Scan%' THEN
      RETURN NEXT trim(line);
    END IF;
  END LOOP;
END $$;

-- btree, as a key and for an interval of births; min and max by it
CREATE INDEX person_citizen ON person (citizen);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM person WHERE citizen = '010158-5001';
SELECT * FROM person WHERE citizen = '0101585001';
EXPLAIN (COSTS OFF) SELECT count(*) FROM person WHERE citizen >= '010101-0000' AND citizen < '010105-0000';
SELECT count(*), min(birth_date(citizen)), max(birth_date(citizen)) FROM person WHERE citizen >= '010101-0000' AND citizen < '010105-0000';
SELECT * FROM pg_temp.scans('SELECT min(citizen) FROM person');
SELECT min(citizen), max(citizen) FROM person;
EXPLAIN (COSTS OFF) SELECT citizen FROM person ORDER BY citizen DESC LIMIT 1;
-- equal values are equal images: duplicates may share one index tuple
SELECT bt.amproc FROM pg_amproc bt JOIN pg_opfamily f ON f.oid = bt.amprocfamily JOIN pg_am ON pg_am.oid = f.opfmethod
WHERE f.opfname = 'cpr_ops' AND amname = 'btree' ORDER BY bt.amprocnum;
DROP INDEX person_citizen;

-- hash: index, join, grouping, partition
CREATE INDEX person_citizen ON person USING hash (citizen);
EXPLAIN (COSTS OFF) SELECT * FROM person WHERE citizen = '010158-5001';
SELECT * FROM person WHERE citizen = '010158-5001';
RESET enable_seqscan;
RESET enable_bitmapscan;
DROP INDEX person_citizen;
SET enable_mergejoin = off;
SET enable_nestloop = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM person a JOIN person b USING (citizen);
SELECT count(*) FROM person a JOIN person b USING (citizen);
SET enable_hashjoin = off;
SET enable_mergejoin = on;
EXPLAIN (COSTS OFF) SELECT count(*) FROM person a JOIN person b USING (citizen);
SELECT count(*) FROM person a JOIN person b USING (citizen);
RESET enable_hashjoin;
RESET enable_nestloop;
SELECT count(*), count(DISTINCT citizen), count(DISTINCT cpr_hash(citizen)) AS hashes FROM person;
-- The hash is on disk: these numbers never change.
SELECT v, cpr_hash(v), cpr_hash_extended(v, 0), cpr_hash_extended(v, 17),
       (cpr_hash_extended(v, 0) & 4294967295) = (cpr_hash(v)::bigint & 4294967295) AS agree
FROM unnest(ARRAY['010158-5000', '610136-4000', '010101-0AA0']::cpr[]) AS v;
CREATE TEMP TABLE part (citizen cpr PRIMARY KEY) PARTITION BY HASH (citizen);
CREATE TEMP TABLE part0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE part1 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO part SELECT citizen FROM person;
SELECT tableoid::regclass AS partition, count(*) FROM part GROUP BY 1 ORDER BY 1;

--
-- Casts: on assignment from the text types, never unasked in an expression
--
SELECT castsource::regtype, casttarget::regtype, castcontext FROM pg_cast
WHERE casttarget = 'cpr'::regtype OR castsource = 'cpr'::regtype ORDER BY 1;
TRUNCATE person;
INSERT INTO person VALUES ('010158-5000'::text), ('010158-5001'::varchar), ('010158-5002'::char(30));
UPDATE person SET name = citizen;
SELECT * FROM person ORDER BY citizen;
\set VERBOSITY terse
SELECT 1 FROM person WHERE citizen = '010158-5000'::text;
SELECT 1 FROM person WHERE citizen = 5;
\set VERBOSITY default
SELECT cpr('010158-5000'), '010158-5000'::cpr::text, '010158-5000'::cpr::varchar(6);

--
-- Binary COPY, there and back
--
SELECT current_setting('data_directory') || '/cpr.bin' AS file \gset
COPY person (citizen) TO :'file' (FORMAT binary);
CREATE TEMP TABLE copied (citizen cpr);
COPY copied FROM :'file' (FORMAT binary);
SELECT citizen FROM copied ORDER BY citizen;

--
-- Every function says what the planner may do with it
--
SELECT p.oid::regprocedure, provolatile AS vol, proisstrict AS strict, proparallel AS par, proleakproof AS leakproof, procost AS cost
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
WHERE ('cpr'::regtype = ANY (proargtypes::oid[] || prorettype) OR proname IN ('cpr_sortsupport', 'citizen_key'))
  AND proname NOT IN ('area_of', 'in_area', 'cpr_from', 'cpr_until')
ORDER BY p.oid::regprocedure::text COLLATE "C";
-- and everything is described
SELECT pg_describe_object(d.classid, d.objid, 0) AS undescribed
FROM pg_depend d
WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'msb_org')
  AND pg_describe_object(d.classid, d.objid, 0) LIKE '%cpr%'
  AND obj_description(d.objid, (SELECT relname FROM pg_class WHERE oid = d.classid)) IS NULL
  AND pg_describe_object(d.classid, d.objid, 0) NOT LIKE 'type %[]'
ORDER BY 1;
