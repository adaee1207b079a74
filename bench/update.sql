-- An UPDATE of a column that nothing maps, against a table without triggers.  What is measured
-- is small beside what else an UPDATE does, so that all else must be alike: the tables hold
-- the same rows, areas too, and go through the same updates in the same order; before each
-- round both are vacuumed, so that both have the same free space in the same pages.  The
-- rounds are many and short, and the contenders take turns within them, whose order changes.

SET search_path = bench;
SET client_min_messages = warning;

CREATE TABLE updater (name text PRIMARY KEY, tab text NOT NULL);
INSERT INTO updater VALUES ('no trigger', 'u_none'), ('C trigger, nothing', 'u_nothing'), ('msb_org, everything on', 'u_all');
SELECT format('CREATE TABLE %I (case_id integer PRIMARY KEY, citizen_id integer NOT NULL, citizen text NOT NULL, birth date,'
              ' task text NOT NULL, challenge text, service text, opened date NOT NULL, closed date, area text, note text)', tab) FROM updater \gexec

SELECT msb_org.attach('bench.u_all', key => 'case_id', citizen => 'citizen', birth => 'birth',
         facets => '{"task": "task", "challenge": "challenge", "service": "service"}',
         opened => 'opened', closed => 'closed', area => 'area', mode => 'fill') \g /dev/null
INSERT INTO u_all (case_id, citizen_id, citizen, birth, task, challenge, service, opened) SELECT * FROM load_standard WHERE case_id <= :rows_write;
INSERT INTO u_none SELECT * FROM u_all ORDER BY case_id;
INSERT INTO u_nothing SELECT * FROM u_all ORDER BY case_id;
CREATE TRIGGER nothing BEFORE UPDATE ON u_nothing FOR EACH ROW EXECUTE FUNCTION trigger_nothing();

-- Rows all over the table, as an application comes to them: 7919 is prime.
SELECT format($make$
CREATE PROCEDURE bench.update_single_%1$s(first bigint, rows bigint, size bigint, value text) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN first .. first + rows - 1 LOOP
        UPDATE bench.%1$I SET note = value WHERE case_id = (1 + i::bigint * 7919 %% size)::integer;
    END LOOP;
END $$;
$make$, tab) FROM updater \gexec

VACUUM ANALYZE u_none, u_nothing, u_all;

-- One turn of each, after the other; four turns make a round of single rows.
CREATE FUNCTION update_rounds(size bigint, singles bigint, rounds integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    one record;
    turns CONSTANT integer := 4;
BEGIN
    FOR i IN 0 .. rounds LOOP
        IF i % 5 = 0 THEN
            RETURN NEXT format('SELECT %L', format('  round %s of %s', i, rounds));
        END IF;
        RETURN NEXT 'VACUUM bench.u_none, bench.u_nothing, bench.u_all';
        RETURN NEXT 'CHECKPOINT';
        FOR one IN SELECT name, tab, turn FROM bench.updater, generate_series(0, turns - 1) AS turn ORDER BY turn, hashint4extended(hashtext(name), i * turns + turn) LOOP
            RETURN NEXT format('CALL bench.timed(%L, %L, %s, %s, %s, %L)', 'update, not mapped, a row a statement', one.name, size, i * turns + one.turn - turns + 1,
                               singles / turns, format('CALL bench.update_single_%s(%s, %s, %s, %L)', one.tab, i * singles + one.turn * (singles / turns), singles / turns, size, 'a' || i));
        END LOOP;
        RETURN NEXT 'VACUUM bench.u_none, bench.u_nothing, bench.u_all';
        RETURN NEXT 'CHECKPOINT';
        FOR one IN SELECT * FROM bench.updater ORDER BY hashint4extended(hashtext(name), i) LOOP
            RETURN NEXT format('CALL bench.timed(%L, %L, %s, %s, %s, %L)', 'update, not mapped, bulk', one.name, size, i, size,
                               format('UPDATE bench.%I SET note = %L', one.tab, 'b' || i));
        END LOOP;
    END LOOP;
END $$;
SELECT update_rounds(:rows_write, :rows_update, 3 * :rounds) \gexec

-- What nothing changed is as it was, and of one size.
CALL same('SELECT case_id, area, note FROM bench.u_none', 'SELECT case_id, area, note FROM bench.u_all', 'the updated tables');
INSERT INTO figure SELECT 'size of the updated table, MB: ' || name, 1, pg_relation_size(('bench.' || tab)::regclass) / 1048576.0 FROM updater;
