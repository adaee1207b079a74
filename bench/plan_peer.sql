-- The work of everything on, done by a statement trigger in PL/pgSQL with a transition table:
-- ledger, and the duty of the structure (an open social case and an open employment or
-- benefit case, in two units: a draft plan with its reason and its participants), a set at a
-- time.  The area is filled by a row trigger before.
--
-- As a careful administrator would write it, so:
-- * tables and indexes like ours, since the same questions are asked of them; beside the row
--   stand the side that the case is on and the rank of its challenge, instead of its labels;
-- * the citizens are locked before anything of them is read, 1,024 locks by hash in ascending
--   order, so that two sessions do not both open a plan and a large load does not fill the
--   lock table.  Each statement of the function then sees what others have committed;
-- * who needs a plan is found once, and most statements end there.
--
-- What it does not do: rules as rows (they are the code), the rule that decided, modes,
-- aliases, overrides, corrections of a citizen's number, isolation above READ COMMITTED, locks
-- only at the commit.  For UPDATE and DELETE it would need two more functions.

SET search_path = bench;
SET client_min_messages = warning;

CREATE TABLE ledger (LIKE msb_org.assignment INCLUDING ALL);
ALTER TABLE ledger DROP COLUMN situation, ADD COLUMN side text, ADD COLUMN rank integer;
CREATE TABLE plan (LIKE msb_org.plan INCLUDING ALL);
CREATE TABLE plan_reason (LIKE msb_org.plan_reason INCLUDING ALL);
CREATE TABLE plan_participant (LIKE msb_org.plan_participant INCLUDING ALL);

-- The next birthday at which a rule begins or ends.  Who was born on 29 February has it on
-- 1 March in common years.
CREATE FUNCTION birthday(birth date, years integer) RETURNS date LANGUAGE sql IMMUTABLE
    RETURN (birth + make_interval(years => years))::date
         + CASE WHEN extract(day FROM birth) = 29 AND extract(month FROM birth) = 2 AND years % 4 <> 0 THEN 1 ELSE 0 END;
CREATE FUNCTION next_birthday(birth date, on_date date) RETURNS date LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN birth IS NULL THEN NULL
                WHEN birth <= (on_date - INTERVAL '67 years')::date THEN NULL
                WHEN birth <= (on_date - INTERVAL '23 years')::date THEN bench.birthday(birth, 67)
                WHEN birth <= (on_date - INTERVAL '18 years')::date THEN bench.birthday(birth, 23)
                WHEN birth <= (on_date - INTERVAL '15 years')::date THEN bench.birthday(birth, 18)
                ELSE bench.birthday(birth, 15) END;

CREATE FUNCTION side_of(task text, challenge text, service text) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN task = 'benefit' THEN 'employment'
                WHEN task = 'coordination' THEN NULL
                WHEN task = 'provision' AND service IN ('employment', 'education_coordination') THEN 'employment'
                WHEN task = 'provision' AND service IN ('family_support', 'substance_treatment', 'social_medicine', 'aftercare') THEN 'social'
                WHEN challenge IN ('unemployment', 'sickness', 'flexjob', 'integration', 'unknown') OR challenge IS NULL THEN 'employment'
                ELSE 'social' END;

-- Which of a citizen's challenges leads: the first of these.
CREATE FUNCTION challenges() RETURNS text[] LANGUAGE sql IMMUTABLE
    RETURN '{vulnerable_child,brain_injury,mental_illness,social_exposure,homelessness,substance_misuse,disability,physical_disability,mental_disability,integration,sickness,flexjob,unemployment,unknown}'::text[];

CREATE FUNCTION write_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bench.ledger (case_table, case_key, citizen, unit, structure, revision, opened, valid_from, origin, actor, recorded_at)
    SELECT 'w_ledger', case_id::text, citizen, area, 'msb-2018', 1, opened, clock_timestamp(), 'write', session_user, now()
    FROM new_rows WHERE closed IS NULL OR closed > DATE '2019-07-15';
    RETURN NULL;
END $$;
CREATE TRIGGER ledger AFTER INSERT ON w_ledger REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION write_ledger();

CREATE TYPE due AS (citizen text, counted text[], units text[], coordinates text, challenge text);

-- The statement's plan is to be kept for the session: the server would plan it anew for each
-- call, after a bulk load in the same session, which costs more than running it.  So it is
-- with every statement here that has a parameter; those of the trigger have none.  It goes by
-- index, whatever the tables held when it was planned, as the extension's own do.
CREATE FUNCTION open_plans(dues due[]) RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    WITH due AS MATERIALIZED (
        SELECT d.citizen, d.counted, d.units, d.challenge, r.citizen IS NOT NULL AS was_due, p.plan IS NOT NULL AS has_plan,
               coalesce(p.plan, gen_random_uuid()) AS plan, coalesce(p.unit, d.coordinates) AS coordinates
        FROM unnest(dues) AS d
        LEFT JOIN bench.plan_reason AS r ON r.citizen = d.citizen AND r.duty = 'both' AND r.valid_to IS NULL
        LEFT JOIN bench.plan AS p ON p.citizen = d.citizen AND p.kind = 'coordination'
                                 AND p.status = ANY ('{draft,offered,consented,active,under_review}'::text[])
    ), grown AS (
        UPDATE bench.plan_reason AS r SET units = d.counted
        FROM due AS d WHERE d.was_due AND r.citizen = d.citizen AND r.duty = 'both' AND r.valid_to IS NULL AND r.units <> d.counted
    ), arisen AS (
        INSERT INTO bench.plan_reason (citizen, duty, valid_from, units, asks_since, action, observed)
        SELECT citizen, 'both', at, counted, at, 'open', false FROM due WHERE NOT was_due
    ), opened AS (
        INSERT INTO bench.plan (citizen, plan, unit, challenge, duty, opened_by, opened_at, status_since)
        SELECT citizen, plan, coordinates, challenge, 'both', session_user, at, at FROM due WHERE NOT was_due AND NOT has_plan
    )
    INSERT INTO bench.plan_participant (citizen, plan, kind, participant, valid_from, actor)
    SELECT d.citizen, d.plan, 'unit', u, at, session_user
    FROM due AS d, LATERAL (SELECT unnest(d.units) UNION SELECT d.coordinates) AS takes_part (u)
    WHERE (d.has_plan OR NOT d.was_due) AND u IS NOT NULL
      AND NOT EXISTS (SELECT FROM bench.plan_participant AS t
                      WHERE t.citizen = d.citizen AND t.plan = d.plan AND t.kind = 'unit' AND t.participant = u AND t.valid_to IS NULL);
END $$;

CREATE FUNCTION write_everything() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    dues bench.due[];
BEGIN
    PERFORM pg_advisory_xact_lock(7, k)
       FROM (SELECT DISTINCT hashtext(citizen) & 1023 AS k FROM new_rows ORDER BY k) AS locks;

    INSERT INTO bench.ledger (case_table, case_key, citizen, unit, structure, revision, opened, closed, valid_from, origin, due, birth, side, rank, actor, recorded_at)
    SELECT 'w_same', case_id::text, citizen, area, 'msb-2018', 1, opened, closed, clock_timestamp(), 'write',
           bench.next_birthday(birth, DATE '2019-07-15'), birth, bench.side_of(task, challenge, service),
           array_position(bench.challenges(), coalesce(challenge, 'unknown')), session_user, now()
    FROM new_rows WHERE closed IS NULL OR closed > DATE '2019-07-15';

    -- of the citizens of these rows, who has both; external and entry units do not count
    SELECT array_agg(ROW(c.citizen, c.counted, c.units,
                         bench.area_by_case(c.birth, 'coordination', (bench.challenges())[c.rank], NULL, DATE '2019-07-15'),
                         (bench.challenges())[c.rank])::bench.due) INTO dues
    FROM (SELECT l.citizen, max(l.birth) AS birth, min(l.rank) AS rank, array_agg(DISTINCT l.unit) AS units,
                 array_agg(DISTINCT l.unit) FILTER (WHERE l.side IS NOT NULL AND l.unit NOT IN ('indgang', 'mso')) AS counted
          FROM bench.ledger AS l
          WHERE l.valid_to IS NULL AND l.citizen IN (SELECT n.citizen FROM new_rows AS n)
          GROUP BY l.citizen
          HAVING count(*) > 1 AND bool_or(l.side = 'social') AND bool_or(l.side = 'employment')) AS c
    WHERE cardinality(c.counted) >= 2;
    IF dues IS NOT NULL THEN
        PERFORM bench.open_plans(dues);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER everything AFTER INSERT ON w_same REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION write_everything();
