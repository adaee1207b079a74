-- What stands in the case database on 31 July 2019: 82,000 citizens, 70,000
-- with an open employment case, 20,000 with an open social case, 8,000 in both.
--
-- Nobody in it exists.  The CPR numbers are replacement numbers (60 added to
-- the day), which no person is born with; company numbers begin with 0000,
-- which no company has.  The same rows come out every time: every choice is a
-- hash of the row's number, there is no random() and no clock.

\set ON_ERROR_STOP on
\encoding UTF8
SET client_min_messages = warning;

BEGIN;

---------------------------------------------------------------------------
-- The dice
---------------------------------------------------------------------------

-- A number from 0 to 9999 for row n; another purpose gives another throw.
CREATE FUNCTION pg_temp.dice(n integer, purpose integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    RETURN ((hashint4extended(n, purpose) % 10000 + 10000) % 10000)::integer;

-- One element of a list, picked by the same dice.
CREATE FUNCTION pg_temp.pick(list text[], n integer, purpose integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN list[1 + pg_temp.dice(n, purpose) % cardinality(list)];

---------------------------------------------------------------------------
-- Shares, in per cent: each is spread over so many of the points 0 to 99
---------------------------------------------------------------------------

-- How old the citizens of each group are on 1 August 2019: ages and their share.
CREATE TEMP TABLE age_share ON COMMIT DROP AS
WITH listed (grp, ages) AS (VALUES
    ('job',    '16-17 2, 18-24 15, 25-29 14, 30-39 22, 40-49 19, 50-59 19, 60-66 9'),
    ('both',   '16-17 1, 18-24 20, 25-29 16, 30-39 24, 40-49 20, 50-59 14, 60-66 5'),
    ('social', '0-2 4, 3-5 5, 6-9 9, 10-14 12, 15-17 8, 18-24 9, 25-29 6, 30-49 15, 50-66 14, 67-79 12, 80-95 6')
)
SELECT grp, part[1]::integer AS age_from, part[2]::integer AS age_to,
       (row_number() OVER (PARTITION BY grp ORDER BY place))::integer - 1 AS point
FROM listed, regexp_matches(ages, '(\d+)-(\d+) (\d+)', 'g') WITH ORDINALITY AS p (part, place),
     generate_series(1, part[3]::integer);

-- What the codes of a case are: by the thing they hang on, and by age.
-- A dash stands for an empty field.
CREATE TEMP TABLE share ON COMMIT DROP AS
WITH listed (kind, given, age_from, age_to, codes) AS (VALUES
    -- the challenge of a social case
    ('udfordring', '',             0,  17, 'BARN 58, HCP 14, HCP-F 5, HCP-P 9, PSYK 7, UDSAT 3, HJERNE 2, MISBR 2'),
    ('udfordring', '',            18,  29, 'BARN 6, HCP 9, HCP-F 7, HCP-P 11, PSYK 30, UDSAT 12, HJEML 7, MISBR 15, HJERNE 3'),
    ('udfordring', '',            30,  66, 'BARN 3, HCP 8, HCP-F 12, HCP-P 8, PSYK 29, UDSAT 13, HJEML 6, MISBR 15, HJERNE 6'),
    ('udfordring', '',            67, 150, 'BARN 1, HCP 15, HCP-F 27, HCP-P 10, PSYK 20, UDSAT 9, HJEML 2, MISBR 7, HJERNE 9'),

    -- its task: of a citizen's first case, of a further one, of a closed one
    ('opgave', 'first',            0, 150, 'MYN 64, UDF 36'),
    ('opgave', 'further',          0, 150, 'MYN 15, UDF 62, KOORD 23'),
    ('opgave', 'closed',           0, 150, 'MYN 50, UDF 44, KOORD 6'),

    -- the service that is carried out, by challenge
    ('indsats', 'BARN',            0,  17, '§52.3.3 45, §52.3.2 30, §11 25'),
    ('indsats', 'BARN',           18,  22, '§76.3.2 70, §52.3.3 30'),
    ('indsats', 'BARN',           23, 150, '§52.3.3 60, §11 30, ØVR 10'),
    ('indsats', 'HCP',             0,  17, '§36 50, §32a 30, §52.3.5 20'),
    ('indsats', 'HCP',            18,  22, '§76.3.1 40, §85 35, §107 25'),
    ('indsats', 'HCP',            23, 150, '§85 35, §108 25, §104 25, §107 15'),
    ('indsats', 'HCP-F',           0,  17, '§36 60, §32a 40'),
    ('indsats', 'HCP-F',          18,  22, '§85 65, §76.3.1 35'),
    ('indsats', 'HCP-F',          23, 150, '§85 55, §108 25, §103 20'),
    ('indsats', 'HCP-P',           0,  17, '§36 55, §32a 45'),
    ('indsats', 'HCP-P',          18,  22, '§76.3.1 35, §85 35, §107 30'),
    ('indsats', 'HCP-P',          23, 150, '§108 30, §85 25, §103 25, §104 20'),
    ('indsats', 'HJERNE',          0, 150, '§85 50, §104 20, §107 15, ØVR 15'),
    ('indsats', 'PSYK',            0,  17, 'ØVR 60, §52.3.3 40'),
    ('indsats', 'PSYK',           18, 150, '§85 50, §107 20, §104 20, SLI 10'),
    ('indsats', 'UDSAT',           0, 150, '§85 60, SLI 20, ØVR 20'),
    ('indsats', 'HJEML',           0, 150, '§110 55, §85 45'),
    ('indsats', 'MISBR',           0, 150, '§101 50, SUL141 35, §101a 15'),
    ('indsats', 'UAFKL',           0, 150, '§85 60, ØVR 40'),

    -- the number of an employment case, after the municipalities' filing plan (KLE)
    -- in form, simplified in meaning: 15.00 interviews, 15.17 sickness and
    -- rehabilitation, 15.20 measures, 15.21 companies, 32 benefits
    ('kle', '',                    0,  17, '15.20.20G01 60, 15.20.04G01 25, 32.24.32G01 15'),
    ('kle', '',                   18,  29, '32.24.32G01 18, 32.24.04G01 8, 32.24.48G01 4, 32.30.08G01 10, 15.00.00G01 14, 15.17.06G01 6, '
                                   '15.17.12G01 2, 15.20.04G01 18, 15.20.08G01 8, 15.20.20G01 12'),
    ('kle', '',                   30, 150, '32.24.04G01 18, 32.24.48G01 4, 32.30.08G01 18, 15.00.00G01 14, 15.17.06G01 10, '
                                   '15.17.12G01 3, 15.20.04G01 18, 15.20.08G01 10, 15.20.12G01 5'),

    -- and its target group in the Employment Act, by that number
    ('målgruppe', '32.24.04G01',   0, 150, '2.2 50, 2.3 28, 2.3 psyk 8, 2.3 udsat 8, 2.3 misbrug 3, 2.11 3'),
    ('målgruppe', '32.24.32G01',   0, 150, '2.12 50, 2.13 28, 2.13 psyk 12, 2.13 udsat 10'),
    ('målgruppe', '32.24.48G01',   0, 150, 'INT 100'),
    ('målgruppe', '32.30.08G01',   0, 150, '2.5 85, 2.14 15'),
    ('målgruppe', '15.00.00G01',   0, 150, '2.1 50, 2.2 20, 2.7 8, INT 12, - 10'),
    ('målgruppe', '15.17.06G01',   0, 150, '2.5 80, 2.14 20'),
    ('målgruppe', '15.17.12G01',   0, 150, '2.4 60, 2.11 40'),
    ('målgruppe', '15.20.04G01',   0,  17, '2.9 100'),
    ('målgruppe', '15.20.04G01',  18, 150, '2.1 30, 2.2 20, 2.3 11, 2.3 psyk 10, 2.3 udsat 8, 2.3 hjemløs 2, 2.3 hjerne 1, '
                                   '2.8 4, INT 8, - 6'),
    ('målgruppe', '15.20.08G01',   0, 150, '2.1 40, 2.2 25, 2.5 10, 2.3 10, 2.3 psyk 5, - 10'),
    ('målgruppe', '15.20.12G01',   0, 150, '2.7 100'),
    ('målgruppe', '15.20.20G01',   0,  17, '2.9 100'),
    ('målgruppe', '15.20.20G01',  18, 150, '2.12 55, 2.13 25, 2.13 psyk 12, - 8')
)
SELECT kind, given, age_from, age_to, NULLIF(part[1], '-') AS code,
       (row_number() OVER (PARTITION BY kind, given, age_from ORDER BY place))::integer - 1 AS point
FROM listed, regexp_matches(codes, '([^,]+) (\d+)(?:, |$)', 'g') WITH ORDINALITY AS p (part, place),
     generate_series(1, part[2]::integer);

ANALYZE age_share, share;

---------------------------------------------------------------------------
-- Citizens
---------------------------------------------------------------------------

-- Who they are.  7919 is a prime that does not divide 82,000, so place is the
-- numbers 0 to 81,999 shuffled: the groups have exactly their sizes.
CREATE TEMP TABLE person ON COMMIT DROP AS
WITH numbered AS (
    SELECT n AS id, (n - 1) * 7919 % 82000 AS place
    FROM generate_series(1, 82000) AS n
), grouped AS (
    SELECT id, CASE WHEN place < 62000 THEN 'job' WHEN place < 70000 THEN 'both' ELSE 'social' END AS grp
    FROM numbered
)
SELECT id, grp, age,
       -- some day of the year in which a person of that age on 1 August 2019 was born
       (DATE '2019-08-01' - make_interval(years => age))::date - pg_temp.dice(id, 3) % 365 AS born,
       -- of some adults known only to the social administration the birth date is not confirmed
       NOT (grp = 'social' AND age >= 18 AND pg_temp.dice(id, 4) < 500) AS born_known,
       -- and of some the challenge is not settled yet
       grp = 'social' AND pg_temp.dice(id, 12) < 500 AS undecided
FROM (
    SELECT id, grp, age_from + pg_temp.dice(id, 2) % (age_to - age_from + 1) AS age
    FROM grouped JOIN age_share USING (grp)
    WHERE point = pg_temp.dice(id, 1) / 100
) AS aged;
ANALYZE person;

-- Their CPR numbers.  The seventh digit tells the century: 4 to 9 for those
-- born since 2000, 0 to 4 or 9 for those born 1937 to 1999, 0 to 3 before that.
-- Those born on one day get different numbers, 1237 apart in the day's cycle.
-- The last digit is odd for men, even for women, and the names follow it.
INSERT INTO borger (borger_id, cpr, navn, fodselsdato, vejnavn, husnr, postnr, beskyttet)
WITH cycle AS (
    SELECT *, extract(year FROM born)::integer AS born_year,
           (pg_temp.dice(born - DATE '1900-01-01', 5)
            + 1237 * (row_number() OVER (PARTITION BY born ORDER BY id))::integer)
           % CASE WHEN born < DATE '1937-01-01' THEN 4000 ELSE 6000 END AS step
    FROM person
), serial AS (
    SELECT *, CASE WHEN born_year >= 2000 THEN step + 4000
                   WHEN step >= 5000 THEN step + 4000
                   ELSE step END AS serial
    FROM cycle
)
SELECT id,
       to_char(extract(day FROM born) + 60, 'FM00') || to_char(born, 'MMYY') || to_char(serial, 'FM0000'),
       CASE serial % 2
           WHEN 1 THEN pg_temp.pick('{Anders,Bjørn,Christian,Erik,Frederik,Hans,Jens,Jørgen,Karl,Lars,Mads,Mikkel,Niels,Oliver,Peter,Rasmus,Søren,Thomas,Ahmed,Yusuf}', id, 6)
           ELSE        pg_temp.pick('{Anna,Birgit,Camilla,Ditte,Emma,Freja,Gitte,Hanne,Ida,Karen,Laura,Mette,Nanna,Pernille,Rikke,Sofie,Tove,Åse,Fatima,Amina}', id, 6)
       END || ' ' ||
       pg_temp.pick('{Andersen,Bach,Christensen,Dahl,Eriksen,Frandsen,Gade,Hansen,Iversen,Jensen,Kjær,Larsen,Madsen,Nielsen,Olsen,Poulsen,Rasmussen,Skov,Sørensen,Thomsen,Vestergaard,Winther,Ørsted,Østergaard,Ali,Hussein}', id, 7),
       CASE WHEN born_known THEN born END,
       pg_temp.pick('{Bøgevej,Egevej,Engdraget,Granvej,Havnegade,Kirkegade,Lyngvej,Møllevej,Nørregade,Skolevej,Strandvejen,Søndergade,Vestergade,Østergade,Åvej}', id, 8),
       (1 + pg_temp.dice(id, 9) % 180)::text,
       pg_temp.pick('{8000,8200,8210,8220,8230,8240,8250,8260,8270,8310,8381,8520}', id, 10),
       pg_temp.dice(id, 11) < 80
FROM serial
ORDER BY id;
SELECT setval(pg_get_serial_sequence('borger', 'borger_id'), 82000) AS borger_id \gset last_

---------------------------------------------------------------------------
-- Social cases
---------------------------------------------------------------------------

-- Everybody known to the social administration has a first open case, some
-- have further ones (mostly about the same challenge), and there are closed
-- ones too, also of people who are only known to the job centre now.
INSERT INTO sag (borger_id, opgave, udfordring, indsats, omraade, sagsbehandler,
                 oprettet, afgjort, afsluttet, bemaerkning, sidst_rettet)
WITH wanted AS (
    SELECT id, 1 AS nr, 'first' AS place FROM person WHERE grp <> 'job'
    UNION ALL
    SELECT id, 2, 'further' FROM person WHERE grp <> 'job' AND pg_temp.dice(id, 20) < 3000
    UNION ALL
    SELECT id, 3, 'further' FROM person WHERE grp <> 'job' AND pg_temp.dice(id, 20) < 600
    UNION ALL
    SELECT id, 4, 'closed' FROM person WHERE pg_temp.dice(id, 21) < CASE grp WHEN 'job' THEN 450 ELSE 2000 END
), thrown AS (
    SELECT p.*, w.nr, w.place, p.id * 8 + w.nr AS n,
           -- a further case throws the first one's dice again, three times in four
           CASE WHEN place = 'further' AND pg_temp.dice(p.id * 8 + w.nr, 22) < 7500 THEN p.id * 8 + 1
                ELSE p.id * 8 + w.nr END AS n_challenge
    FROM wanted AS w JOIN person AS p USING (id)
), coded AS (
    SELECT t.*, o.code AS opgave, CASE WHEN t.undecided AND place <> 'closed' THEN 'UAFKL' ELSE u.code END AS udfordring
    FROM thrown AS t
    JOIN share AS o ON o.kind = 'opgave' AND o.given = t.place AND o.point = pg_temp.dice(n, 23) / 100
    JOIN share AS u ON u.kind = 'udfordring' AND u.point = pg_temp.dice(n_challenge, 24) / 100
                   AND t.age BETWEEN u.age_from AND u.age_to
), served AS (
    SELECT c.*, CASE WHEN c.opgave = 'UDF' THEN i.code END AS indsats,
           greatest(c.born, DATE '2019-07-31' - CASE place WHEN 'closed' THEN 300 ELSE 0 END
                            - (0.00002 * pg_temp.dice(n, 25) ^ 2)::integer) AS oprettet
    FROM coded AS c
    JOIN share AS i ON i.kind = 'indsats' AND i.given = c.udfordring AND i.point = pg_temp.dice(n, 26) / 100
                   AND c.age BETWEEN i.age_from AND i.age_to
), placed AS (
    -- where it belonged before the merger, as those who work there see it
    SELECT *,
           CASE WHEN indsats IN ('§101', '§101a', 'SUL141', 'SLI') THEN 'sou'
                WHEN indsats LIKE ANY ('{§52%,§76%,§11}') THEN 'fbu'
                WHEN NOT born_known THEN 'indgang'
                WHEN age < 18 OR udfordring = 'BARN' THEN 'fbu'
                WHEN age >= 67 AND (opgave <> 'UDF' OR udfordring = 'UAFKL') THEN 'mso'
                WHEN udfordring LIKE 'HCP%' OR udfordring = 'HJERNE' THEN 'voksenhandicap'
                ELSE 'sou' END AS omraade,
           CASE place WHEN 'closed' THEN oprettet + (DATE '2019-07-31' - oprettet) * pg_temp.dice(n, 27) / 10000
                      -- agreed to end later in the year
                      WHEN 'further' THEN CASE WHEN pg_temp.dice(n, 28) < 100 THEN DATE '2019-09-30' + pg_temp.dice(n, 27) % 90 END
           END AS afsluttet
    FROM served
)
SELECT id,
       CASE WHEN place = 'closed' AND pg_temp.dice(n, 29) < 300 THEN NULL ELSE opgave END,
       CASE WHEN place = 'further' AND pg_temp.dice(n, 30) < 60 THEN 'KONV'      -- left by an older system; nobody knows its meaning
            WHEN udfordring = 'UAFKL' AND id % 2 = 0 THEN NULL
            ELSE udfordring END,
       CASE WHEN place = 'further' AND indsats IS NOT NULL AND pg_temp.dice(n, 31) < 60 THEN 'SÆRL-7'  -- a local code, likewise
            ELSE indsats END,
       CASE WHEN pg_temp.dice(n, 32) >= 5000 THEN NULL
            WHEN pg_temp.dice(n, 33) < 500 THEN pg_temp.pick('{fbu,voksenhandicap,sou}', n, 34)        -- by habit, often wrong
            WHEN pg_temp.dice(n, 33) < 560 THEN pg_temp.pick('{VH,Soc.psyk.,FBU,?}', n, 34)            -- no area's code
            WHEN pg_temp.dice(n, 33) < 640 THEN CASE WHEN age < 15 THEN 'boern' WHEN age < 30 THEN 'unge' ELSE omraade END  -- ahead of time
            ELSE omraade END,
       pg_temp.pick('{ak,bl,cj,dm,eh,fn,gs,hp,ib,jk,kr,lt}', n, 35) || to_char(1 + pg_temp.dice(n, 36) % 40, 'FM00'),
       oprettet,
       CASE WHEN pg_temp.dice(n, 37) < 7000 THEN least(oprettet + 5 + pg_temp.dice(n, 38) % 80, DATE '2019-07-31', afsluttet) END,
       afsluttet,
       CASE WHEN place = 'closed' AND pg_temp.dice(n, 29) < 300 THEN 'Konverteret' END,
       (least(oprettet + 90, DATE '2019-07-31') + TIME '12:00') AT TIME ZONE 'Europe/Copenhagen'
FROM placed
ORDER BY oprettet, n;

---------------------------------------------------------------------------
-- Companies
---------------------------------------------------------------------------

INSERT INTO "Beskæftigelse"."Virksomhed" ("CVR nr", "Navn", "Postnr")
SELECT to_char(n, 'FM00000000'),
       pg_temp.pick('{Andersens,Bøgedals,Egelunds,Fjordens,Havnens,Kjærs,Møllens,Nørregades,Skovens,Sørensens,Østbyens,Ådalens}', n, 40) || ' ' ||
       pg_temp.pick('{Bageri,Byg,Cykler,El-service,Gartneri,Hotel,IT,Køkken,Lager,Maskinværksted,Rengøring,Transport,Tømrer,VVS}', n, 41) || ' ' ||
       pg_temp.pick('{ApS,A/S,I/S}', n, 42),
       pg_temp.pick('{8000,8200,8210,8220,8230,8240,8250,8260,8270,8310,8381,8520}', n, 43)
FROM generate_series(1, 1500) AS n;

---------------------------------------------------------------------------
-- Employment cases
---------------------------------------------------------------------------

INSERT INTO "Beskæftigelse"."Jobsag"
WITH wanted AS (
    SELECT id, 1 AS nr, true AS is_open FROM person WHERE grp <> 'social'
    UNION ALL
    SELECT id, 2, true FROM person WHERE grp <> 'social' AND pg_temp.dice(id, 50) < 2500
    UNION ALL
    SELECT id, 3, false FROM person
    WHERE age BETWEEN 18 AND 66 AND pg_temp.dice(id, 51) < CASE grp WHEN 'social' THEN 2000 ELSE 3000 END
), coded AS (
    SELECT p.*, w.nr, w.is_open, p.id * 8 + w.nr AS n, k.code AS kle
    FROM wanted AS w JOIN person AS p USING (id)
    JOIN share AS k ON k.kind = 'kle' AND k.point = pg_temp.dice(p.id * 8 + w.nr, 52) / 100
                   AND p.age BETWEEN k.age_from AND k.age_to
), about_citizens AS (
    SELECT 'B' AS part, c.n, c.nr, c.is_open,
           CASE WHEN pg_temp.dice(n, 53) < 1200 THEN b.cpr      -- typed without the dash
                ELSE left(b.cpr, 6) || '-' || right(b.cpr, 4) END AS cpr,
           NULL AS cvr, c.kle, m.code AS target,
           least(greatest((born + INTERVAL '16 years')::date,
                          DATE '2019-07-31' - CASE WHEN is_open THEN 0 ELSE 250 END - (0.000015 * pg_temp.dice(n, 54) ^ 2)::integer),
                 DATE '2019-07-31') AS opened
    FROM coded AS c
    JOIN borger AS b ON b.borger_id = c.id
    JOIN share AS m ON m.kind = 'målgruppe' AND m.given = c.kle AND m.point = pg_temp.dice(n, 55) / 100
                   AND c.age BETWEEN m.age_from AND m.age_to
), about_nobody_known AS (
    -- somebody wrote what they had where the CPR number should stand
    SELECT 'B', 1000000 + i, 1, true,
           pg_temp.pick('{ukendt,oplyses senere,000000-0000,afventer,"se notat",-}', i, 56),
           NULL, pg_temp.pick('{15.00.00G01,15.20.04G01,32.24.04G01}', i, 57), pg_temp.pick('{2.1,2.2,INT}', i, 58),
           DATE '2019-07-31' - pg_temp.dice(i, 59) % 400
    FROM generate_series(1, 48) AS i
), about_companies AS (
    SELECT 'V', 2000000 + i, 1, pg_temp.dice(i, 60) < 8500,
           NULL, to_char(1 + (i - 1) % 1500, 'FM00000000'),
           pg_temp.pick('{15.21.00G01,15.21.05G01,15.21.08G01}', i, 61), NULL,
           DATE '2019-07-31' - pg_temp.dice(i, 62) % 1500
    FROM generate_series(1, 2000) AS i
), every_case AS (
    SELECT * FROM about_citizens
    UNION ALL SELECT * FROM about_nobody_known
    UNION ALL SELECT * FROM about_companies
), numbered AS (
    SELECT *, extract(year FROM opened) AS opened_year,
           row_number() OVER (PARTITION BY extract(year FROM opened) ORDER BY opened, n) AS serial
    FROM every_case
)
SELECT 'JS-' || opened_year || '-' || to_char(serial, 'FM000000'),
       part, cpr, cvr,
       CASE WHEN part = 'B' AND nr > 1 AND pg_temp.dice(n, 63) < 15 THEN '54.15.00A00' ELSE kle END,   -- not a case of this department at all
       CASE WHEN part = 'B' AND nr > 1 AND pg_temp.dice(n, 64) < 15 THEN '9.9' ELSE target END,        -- a target group the law never had
       CASE WHEN NOT is_open THEN 'L' WHEN pg_temp.dice(n, 65) < 700 THEN 'B' WHEN pg_temp.dice(n, 65) < 1200 THEN 'P' ELSE 'A' END,
       CASE WHEN pg_temp.dice(n, 66) < 8500 THEN 4704 WHEN pg_temp.dice(n, 66) < 8600 THEN 4703 END,
       'JC' || to_char(1 + pg_temp.dice(n, 67) % 900, 'FM000'),
       (opened + TIME '08:00' + make_interval(mins => pg_temp.dice(n, 68) % 480)) AT TIME ZONE 'Europe/Copenhagen',
       CASE WHEN pg_temp.dice(n, 69) < 8000 THEN least(opened + 3 + pg_temp.dice(n, 70) % 60, DATE '2019-07-31') END
FROM numbered
ORDER BY opened, n;

COMMIT;

ANALYZE borger, sag, "Beskæftigelse"."Afdeling", "Beskæftigelse"."Virksomhed", "Beskæftigelse"."Jobsag";
