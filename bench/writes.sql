-- What a write costs with nothing, with one foreign key, with triggers in PL/pgSQL, and
-- with the extension.  Every contender has a table of its own, alike in all else; the
-- tables are emptied before each round.  The commit counts, since the work is done there.

SET search_path = bench;
SET client_min_messages = warning;

CREATE TABLE contender (name text PRIMARY KEY, place integer, tab text UNIQUE, bulk_rows integer);
INSERT INTO contender VALUES
    ('no trigger',                         1, 'w_plain', :rows_write),
    ('foreign key',                        2, 'w_fk',    :rows_write),
    ('C trigger, constant',                3, 'w_const', :rows_write),
    ('msb_org, fill trigger alone',        4, 'w_fill',  :rows_write),
    ('msb_org, everything on',             5, 'w_all',   :rows_write),
    ('PL/pgSQL, CASE',                     6, 'w_case',  :rows_write),
    ('PL/pgSQL, rule table',               7, 'w_table', :rows_write / 10),
    ('PL/pgSQL, CASE and a ledger',        8, 'w_ledger', :rows_write);

SELECT format('CREATE TABLE %I (case_id integer PRIMARY KEY, citizen_id integer NOT NULL, citizen text NOT NULL, birth date,'
              ' task text NOT NULL, challenge text, service text, opened date NOT NULL, closed date, area text, note text)', tab)
FROM contender \gexec

ALTER TABLE w_fk ADD FOREIGN KEY (citizen_id) REFERENCES citizen;
CREATE TRIGGER area BEFORE INSERT ON w_const FOR EACH ROW EXECUTE FUNCTION constant();

CREATE FUNCTION by_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.area := bench.area_by_case(NEW.birth, NEW.task, NEW.challenge, NEW.service, DATE '2019-07-15');
    RETURN NEW;
END $$;
CREATE FUNCTION by_table() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.area := bench.area_by_table(NEW.birth, NEW.task, NEW.challenge, NEW.service, DATE '2019-07-15');
    RETURN NEW;
END $$;
CREATE TRIGGER area BEFORE INSERT ON w_case FOR EACH ROW EXECUTE FUNCTION by_case();
CREATE TRIGGER area BEFORE INSERT ON w_table FOR EACH ROW EXECUTE FUNCTION by_table();
CREATE TRIGGER area BEFORE INSERT ON w_ledger FOR EACH ROW EXECUTE FUNCTION by_case();

-- a ledger like ours, a row for each case that is open, a set at a time
CREATE TABLE ledger (LIKE msb_org.assignment INCLUDING ALL);
CREATE FUNCTION write_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bench.ledger (case_table, case_key, citizen, unit, structure, revision, opened, valid_from, origin, actor, recorded_at)
    SELECT 'w_ledger', case_id::text, citizen, area, 'msb-2018', 1, opened, clock_timestamp(), 'write', session_user, now()
    FROM new_rows WHERE closed IS NULL OR closed > DATE '2019-07-15';
    RETURN NULL;
END $$;
CREATE TRIGGER ledger AFTER INSERT ON w_ledger REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION write_ledger();

SELECT msb_org.attach(tab, key => 'case_id', citizen => 'citizen', birth => 'birth',
         facets => '{"task": "task", "challenge": "challenge", "service": "service"}',
         opened => 'opened', closed => 'closed', area => 'area', mode => 'fill')
FROM unnest('{bench.w_fill,bench.w_all}'::regclass[]) AS tab \g /dev/null
ALTER TABLE w_fill DISABLE TRIGGER msb_org_area;
ALTER TABLE w_fill DISABLE TRIGGER msb_org_map;

-- One procedure a contender, so that every statement is prepared like an application's.
SELECT format($make$
CREATE PROCEDURE bench.insert_bulk_%1$s(rows integer) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bench.%1$I SELECT n, s.citizen_id, c.cpr, birth, task, challenge, service, DATE '2019-07-15' - n %% 1000, NULL, NULL, NULL
    FROM bench.source AS s JOIN bench.citizen AS c USING (citizen_id) WHERE n <= rows;
END $$;
CREATE PROCEDURE bench.insert_single_%1$s(first integer, rows integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN first .. first + rows - 1 LOOP
        INSERT INTO bench.%1$I SELECT n, s.citizen_id, c.cpr, birth, task, challenge, service, DATE '2019-07-15' - n %% 1000, NULL, NULL, NULL
        FROM bench.source AS s JOIN bench.citizen AS c USING (citizen_id) WHERE n = i;
    END LOOP;
END $$;
CREATE PROCEDURE bench.insert_committed_%1$s(round integer, first integer, rows integer) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
BEGIN
    FOR i IN first .. first + rows - 1 LOOP
        INSERT INTO bench.%1$I SELECT n, s.citizen_id, c.cpr, birth, task, challenge, service, DATE '2019-07-15' - n %% 1000, NULL, NULL, NULL
        FROM bench.source AS s JOIN bench.citizen AS c USING (citizen_id) WHERE n = i;
        COMMIT;
    END LOOP;
    CALL bench.note('insert, a row a transaction', %2$L, round, rows, began);
END $$;
CREATE PROCEDURE bench.update_single_%1$s(first integer, rows integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN first .. first + rows - 1 LOOP
        UPDATE bench.%1$I SET note = 'x' WHERE case_id = i;
    END LOOP;
END $$;
$make$, tab, name) FROM contender \gexec

-- Empty again, without the work of ending the cases one by one.
CREATE PROCEDURE clear() LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT * FROM bench.contender LOOP
        EXECUTE format('TRUNCATE bench.%I', one.tab);
    END LOOP;
    TRUNCATE msb_org.assignment, bench.ledger, msb_org.plan_reason, msb_org.plan_participant, msb_org.plan_review, msb_org.handover;
    TRUNCATE msb_org.plan CASCADE;
    COMMIT;
    SET session_replication_role = origin;
END $$;

CREATE PROCEDURE run_writes(rounds integer, single integer) LANGUAGE plpgsql AS $$
DECLARE
    one   record;
    began timestamptz;
BEGIN
    FOR i IN 0 .. rounds LOOP              -- round 0 warms up and is not counted
        CALL bench.clear();
        FOR one IN SELECT * FROM bench.contender ORDER BY (place + i) % 8 LOOP
            began := clock_timestamp();
            EXECUTE format('CALL bench.insert_bulk_%s(%s)', one.tab, one.bulk_rows);
            COMMIT;
            CALL bench.note('insert, bulk', one.name, i, one.bulk_rows, began);
            COMMIT;
        END LOOP;
        FOR one IN SELECT * FROM bench.contender WHERE tab IN ('w_plain', 'w_all') ORDER BY (place + i) % 8 LOOP
            began := clock_timestamp();
            EXECUTE format('UPDATE bench.%I SET note = ''y''', one.tab);
            COMMIT;
            CALL bench.note('update of a column that is not mapped, bulk', one.name, i, one.bulk_rows, began);
            began := clock_timestamp();
            EXECUTE format('CALL bench.update_single_%s(1, %s)', one.tab, single);
            COMMIT;
            CALL bench.note('update of a column that is not mapped, a row a statement', one.name, i, single, began);
            COMMIT;
        END LOOP;
        FOR one IN SELECT * FROM bench.contender ORDER BY (place + i) % 8 LOOP
            began := clock_timestamp();
            EXECUTE format('CALL bench.insert_single_%s(%s, %s)', one.tab, one.bulk_rows + 1, single);
            COMMIT;
            CALL bench.note('insert, a row a statement', one.name, i, single, began);
            COMMIT;
        END LOOP;
    END LOOP;
END $$;

CALL run_writes(:rounds, :rows_single);

-- Only a procedure that is called for itself can commit; further rows, in the same tables.
SELECT format('CALL bench.insert_committed_%s(%s, %s, %s)', tab, round, bulk_rows + (1 + round) * :rows_single + 1, :rows_single)
FROM contender, generate_series(0, :rounds) AS round
ORDER BY round, (place + round) % 8 \gexec

DELETE FROM result WHERE round = 0;

-- Nothing counts if the areas are not the same, or a case has no row in the ledger.
DO $$
DECLARE
    one   text;
    wrong bigint;
BEGIN
    FOREACH one IN ARRAY '{w_fill,w_all,w_table,w_ledger}'::text[] LOOP
        EXECUTE format('SELECT count(*) FROM bench.%I AS t FULL JOIN bench.w_case AS c USING (case_id)'
                       ' WHERE t.area IS DISTINCT FROM c.area AND t.case_id IS NOT NULL OR t.area IS NULL AND t.case_id IS NOT NULL', one) INTO wrong;
        IF wrong > 0 THEN
            RAISE '% rows of % have another area than the CASE says', wrong, one;
        END IF;
    END LOOP;
    SELECT count(*) INTO wrong FROM bench.w_all AS t FULL JOIN (
        SELECT * FROM msb_org.current_assignment WHERE case_table = 'w_all') AS l ON l.case_key = t.case_id::text
    WHERE l.unit IS DISTINCT FROM t.area OR l.citizen IS DISTINCT FROM t.citizen;
    IF wrong > 0 THEN
        RAISE '% rows of the ledger are not what the table says', wrong;
    END IF;
    SELECT count(*) INTO wrong FROM bench.w_ledger AS t FULL JOIN bench.ledger AS l ON l.case_key = t.case_id::text
    WHERE l.unit IS DISTINCT FROM t.area;
    IF wrong > 0 THEN
        RAISE '% rows of the other ledger are not what the table says', wrong;
    END IF;
END $$;
