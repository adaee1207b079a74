-- Adopting and withdrawing: what is in force on which days, what is refused,
-- and that what was adopted stays as it was.
SET search_path = msb_org, pg_catalog;
SET datestyle = iso;
SET client_encoding = 'UTF8';
\set SHOW_CONTEXT never
SET msb_org.today = '2019-06-01';
SET msb_org.actor = 'byrådssekretariatet';
BEGIN;
\set ON_ERROR_ROLLBACK on

-- Structures in which everything is one unit's.
INSERT INTO facet (facet, if_null) VALUES ('task', 't');
INSERT INTO label (facet, label) VALUES ('task', 't');
INSERT INTO structure (structure) SELECT unnest(ARRAY['a', 'b', 'c']);
INSERT INTO unit (structure, unit, kind) SELECT structure, upper(structure), 'operating_area' FROM structure;
INSERT INTO rule (structure, rule, unit, target) SELECT structure, 'R1', upper(structure), 'any' FROM structure;
CREATE TEMP VIEW standing AS
SELECT structure, revision, from_date, in_force, decision, adopted_by, withdrawn_by
FROM enactment ORDER BY from_date, adopted_at;
-- Who decides, the days told from one change to the next.
CREATE TEMP VIEW days AS
SELECT min(day) AS from_day, max(day) AS to_day, structure, revision, unit
FROM (SELECT d.*, count(*) FILTER (WHERE changed) OVER (ORDER BY day) AS span
      FROM (SELECT day, d.structure, d.revision, d.unit,
                   row_number() OVER (ORDER BY day) = 1 OR concat(d.structure, '#', d.revision) <> lag(concat(d.structure, '#', d.revision)) OVER (ORDER BY day) AS changed
            FROM (SELECT '2018-12-01'::date + n AS day FROM generate_series(0, 800) AS n) AS days, decide('any', day) AS d) AS d) AS d
GROUP BY span, structure, revision, unit ORDER BY 1;

--
-- Spans
--
SELECT adopt('a', '2019-01-01', 'Byrådet, punkt 7');
SELECT adopt('b', '2019-08-01');
SELECT * FROM standing;
SELECT * FROM days;
-- In the middle of a span, and before all.
SELECT adopt('c', '2019-07-01'), adopt('b', '2018-12-15');
SELECT * FROM days;
-- Twice on one day: the later takes it all.
SELECT adopt('a', '2019-08-01');
SELECT * FROM days;
SELECT structure, revision, from_date, in_force FROM standing;
-- Withdrawn, the days go back: of one day to the one adopted before it, ...
SELECT withdraw_enactment('a', 2);
SELECT * FROM days;
-- ... to the one before it in time, ...
SELECT withdraw_enactment('c', 1);
SELECT * FROM days;
-- ... and past one that has been withdrawn itself.
SELECT adopt('c', '2019-07-01'), adopt('a', '2020-01-01'), adopt('c', '2020-03-01');
SELECT withdraw_enactment('a', 3), withdraw_enactment('b', 1), withdraw_enactment('c', 2);
SELECT * FROM days;
SELECT * FROM standing;
-- One that has no day of its own (a later one took them all) gives none back.
SELECT adopt('b', '2020-03-01'), adopt('a', '2020-03-01'), withdraw_enactment('b', 3);
SELECT structure, revision, from_date, in_force FROM standing WHERE from_date = '2020-03-01';
SELECT withdraw_enactment('a', 4);
SELECT * FROM days WHERE to_day > '2020-02-01';
-- The first of all, withdrawn before it begins, leaves its days to nobody.
SAVEPOINT first;
TRUNCATE enactment;
SELECT adopt('a', '2019-07-01'), adopt('b', '2019-08-01'), withdraw_enactment('a', 1);
SELECT * FROM days;
ROLLBACK TO first;

-- Any order of these: a day belongs to the one that begins last on it or
-- before, of those that stand; of one day's to the last adopted.
CREATE TEMP TABLE wrong (step int, day date, by text, expected text);
DO $$
DECLARE
    n int;
    chosen record;
BEGIN
    TRUNCATE msb_org.enactment;
    FOR step IN 1 .. 120 LOOP
        -- chance that is the same everywhere
        n := hashint4extended(step, 7) & 1073741823;
        SELECT structure, revision INTO chosen FROM msb_org.enactment
         WHERE withdrawn_at IS NULL AND from_date > '2019-06-01'
         ORDER BY (hashint4extended(step, 11) & 1073741823) % (revision * 7 + ascii(structure)), structure, revision LIMIT 1;
        IF n % 5 < 2 AND FOUND THEN
            PERFORM msb_org.withdraw_enactment(chosen.structure, chosen.revision);
        ELSE
            PERFORM msb_org.adopt(substr('abc', 1 + n % 3, 1), '2019-05-20'::date + (n / 8) % 40);
        END IF;
        INSERT INTO pg_temp.wrong
        SELECT step, day, concat(d.structure, '#' || d.revision), concat(e.structure, '#' || e.revision)
        FROM (SELECT '2019-05-15'::date + k AS day FROM generate_series(0, 50) AS k) AS days
             LEFT JOIN LATERAL (SELECT structure, revision FROM msb_org.enactment
                                WHERE withdrawn_at IS NULL AND from_date <= day
                                ORDER BY from_date DESC, adopted_at DESC LIMIT 1) AS e ON true,
             msb_org.decide('any', day) AS d
        WHERE (d.structure, d.revision) IS DISTINCT FROM (e.structure, e.revision);
    END LOOP;
END $$;
SELECT count(*) AS enactments, count(withdrawn_at) AS withdrawn, count(*) FILTER (WHERE isempty(in_force)) AS without_a_day,
       (SELECT count(*) FROM wrong) AS wrong_days
FROM enactment;
TRUNCATE enactment;

--
-- A draft is a draft
--
SELECT adopt('a', '2019-01-01', 'Byrådet');
UPDATE rule SET unit = 'X' WHERE structure = 'a';
UPDATE unit SET unit = 'X' WHERE structure = 'a';
INSERT INTO label (facet, label) VALUES ('task', 'u');
UPDATE facet SET if_null = 'u';
SELECT area_of('any') AS as_adopted;
SELECT area_of('task u');
DELETE FROM structure WHERE structure = 'a';
SELECT area_of('task t') AS still_as_adopted;
INSERT INTO structure VALUES ('a');
INSERT INTO unit (structure, unit, kind) VALUES ('a', 'X', 'staff');
INSERT INTO rule (structure, rule, unit, target) VALUES ('a', 'R1', 'X', 'any');
SELECT adopt('a', '2019-06-01'), area_of('task u') AS as_adopted_again, area_of('task t', '2019-05-31') AS the_day_before;

--
-- Who, when, by what decision
--
RESET msb_org.actor;
SELECT adopt('b', '2019-06-02', 'Udvalget, 4. juni 2019'), withdraw_enactment('b', 1);
SELECT structure, revision, decision, adopted_by = session_user AS by_session_user, withdrawn_by = session_user AS withdrawn_so,
       adopted_at BETWEEN now() AND clock_timestamp() AS adopted_now, withdrawn_at BETWEEN adopted_at AND clock_timestamp() AS withdrawn_now
FROM enactment WHERE structure = 'b';

--
-- What adopt() refuses
--
SELECT adopt(NULL, '2020-01-01');
SELECT adopt('a', NULL);
SELECT adopt('a', 'infinity');
SELECT adopt('a', '-infinity');
SELECT adopt('a#1', '2020-01-01');
SELECT adopt('ukendt', '2020-01-01');
SELECT adopt('', '2020-01-01');
SELECT adopt('sag 010158-5000', '2020-01-01');
INSERT INTO structure VALUES ('tom'), ('forkert');
SELECT adopt('tom', '2020-01-01');
INSERT INTO unit (structure, unit, kind, parent) VALUES ('forkert', 'under', 'staff', 'over');
INSERT INTO rule (structure, rule, unit, target) VALUES ('forkert', 'R1', 'ukendt', 'task Myndighed; kvarter vest'), ('forkert', 'R2', 'under', 'task "010158-5000"');
INSERT INTO precedence (structure, rule, over) VALUES ('forkert', 'R1', 'R3');
INSERT INTO plan_duty (structure, duty, part, counted) VALUES ('forkert', 'både', 'social', 'task "010158-5000"');
SELECT adopt('forkert', '2020-01-01');
SELECT finding, message FROM verify('forkert') WHERE severity = 'error';

-- The past: open as long as no case was judged then.
SELECT adopt('b', '2019-05-01');
INSERT INTO assignment (case_table, case_key, unit, valid_from, origin, actor, recorded_at)
VALUES ('sag', '1', 'B', '2019-05-20 23:30:00+02', 'write', 'test', now());
SELECT adopt('c', '2019-05-20');
SELECT adopt('c', '2019-05-21');
SELECT adopt('c', '2019-06-01');
SET msb_org.timezone = 'Asia/Tokyo';
SELECT adopt('c', '2019-05-21');
RESET msb_org.timezone;
TRUNCATE assignment;

--
-- What withdraw_enactment() refuses
--
SELECT withdraw_enactment('b', 1);
SELECT withdraw_enactment('c', 2);
SELECT withdraw_enactment('c', 99);
SELECT withdraw_enactment('sag 010158-5000', 1);
SELECT withdraw_enactment(NULL, 1);
SELECT withdraw_enactment('c', NULL);
-- Of today: it is in force.
SELECT structure, revision, from_date FROM standing WHERE structure = 'c';

--
-- What is enacted does not change
--
UPDATE enactment SET document = jsonb_set(document, '{title}', '"x"');
UPDATE enactment SET structure = 'z' WHERE structure = 'b';
UPDATE enactment SET revision = 7 WHERE structure = 'b' AND revision = 1;
UPDATE enactment SET from_date = from_date + 1;
DELETE FROM enactment;
UPDATE enactment SET decision = 'Byrådet, rettet' WHERE structure = 'c' RETURNING decision;
-- Written again as it is, it has not changed; not even where it is large.
UPDATE enactment SET document = document, structure = structure WHERE structure = 'c';
SELECT import_structure(shipped_structure('msb-2019'));
-- Labels that it does not know are nobody's.
SELECT adopt('msb-2019', '2019-09-01');
INSERT INTO rule (structure, rule, unit, target) VALUES ('msb-2019', 'T1', 'job', 'subject citizen; task t|u');
SELECT adopt('msb-2019', '2019-09-01');
UPDATE enactment SET document = document::text::jsonb WHERE structure = 'msb-2019';
UPDATE enactment SET document = document - 'title' WHERE structure = 'msb-2019';
-- Spans cannot overlap, whoever writes them.
INSERT INTO enactment (structure, revision, from_date, in_force, document, adopted_by)
VALUES ('z', 1, '2019-10-01', '[2019-10-01,2019-11-01)', '{}', 'test');
SELECT enactment_guard();
SELECT invalidate();
CREATE TEMP TABLE other (x int);
CREATE TRIGGER guard BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION enactment_guard();
INSERT INTO other VALUES (1);

-- Who may.
CREATE ROLE regress_msb_reader;
GRANT ALL ON other TO regress_msb_reader;
SET ROLE regress_msb_reader;
SELECT adopt('b', '2020-01-01');
SELECT withdraw_enactment('msb-2019', 1);
SELECT load_structure('msb-2018');
SELECT import_structure('{}');
INSERT INTO enactment (structure) VALUES ('x');
UPDATE enactment SET decision = '';
SELECT area_of('task t'), (SELECT count(*) FROM enactment) > 0 AS reads_enactments, export_structure('c') ->> 'structure' AS exports;
RESET ROLE;
ROLLBACK;
SELECT (SELECT count(*) FROM structure) AS structures, (SELECT count(*) FROM facet) AS facets, (SELECT count(*) FROM enactment) AS enactments;
