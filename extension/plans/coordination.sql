-- The demands of a citizen's cases together: duties, coordination, primary challenge.

CREATE FUNCTION msb_org.judge_citizens(citizens text[], opening text DEFAULT 'arising') RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_judge_citizens';
COMMENT ON FUNCTION msb_org.judge_citizens(text[], text) IS
'Used by open_due_plans(), recheck(), set_mode(), detach() and the functions that write plans: brings duties, participants and coordination of these citizens into line with the ledger, as the work at commit does, under their locks. Returns how many plans it opened. opening: arising (a plan opens for duties that become due by this), due (also for those that are due and not met), none. The caller needs no other privilege. Raises 22023 for another opening.';

CREATE FUNCTION msb_org.citizen_duty(citizen text)
    RETURNS TABLE (duty text, action text, units text[], observed boolean)
    LANGUAGE c VOLATILE STRICT COST 1000 ROWS 2
    AS 'MODULE_PATHNAME', 'msb_citizen_duty';
COMMENT ON FUNCTION msb_org.citizen_duty(text) IS
'Returns the duties that are due for a citizen, computed now from the ledger; see plan_reason for the columns. Changes nothing. The key may be in any form. The function reads the ledger directly: its caller needs no privilege on the tables.';

CREATE FUNCTION msb_org.coordination_of(citizen text, OUT unit text, OUT challenge text, OUT stated boolean)
    LANGUAGE c VOLATILE STRICT COST 1000
    AS 'MODULE_PATHNAME', 'msb_coordination_of';
COMMENT ON FUNCTION msb_org.coordination_of(text) IS
'Returns the unit that coordinates for a citizen by the structure in force. It is the area of the task coordination for the citizen''s primary challenge. The primary challenge is the stated one, else the first by priority among the open cases'' challenges. unit is NULL if there is no open case that could be judged, or if the structure names none. stated: whether the challenge is the stated one. Changes nothing. The key may be in any form; the caller needs no privilege on the tables.';

CREATE FUNCTION msb_org.state_primary_challenge(citizen text, challenge text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE c VOLATILE COST 10000
    AS 'MODULE_PATHNAME', 'msb_state_primary_challenge';
COMMENT ON FUNCTION msb_org.state_primary_challenge(text, text, text) IS
'States a citizen''s primary challenge from now on, in place of an earlier one; NULL withdraws it. Open cases of the citizen whose own challenge yields are judged by it at once, and in fill and enforce their area is written. The caller needs no privilege on the tables. Raises 22004 without citizen or reason, 22023 for a label that the structure in force does not have, 55000 if no structure with a facet challenge is in force.';

CREATE VIEW msb_org.plan_due AS
    SELECT r.citizen, r.duty, r.units, r.valid_from AS since, r.action, r.observed
      FROM msb_org.plan_reason r
     WHERE r.valid_to IS NULL
       AND NOT EXISTS (SELECT FROM msb_org.plan p
                        WHERE p.citizen OPERATOR(pg_catalog.=) r.citizen
                          AND ((p.kind OPERATOR(pg_catalog.=) 'coordination'
                                AND p.status OPERATOR(pg_catalog.=) ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[]))
                               OR (p.opened_at OPERATOR(pg_catalog.>=) r.asks_since
                                   AND p.status OPERATOR(pg_catalog.<>) 'entered_in_error')));
COMMENT ON VIEW msb_org.plan_due IS 'Duties that are due and have no plan: those that were due already when their tables were switched to fill (see open_due_plans()), those of tables in observe, and those that are only reported.';
COMMENT ON COLUMN msb_org.plan_due.citizen IS 'The citizen''s key. Personal data.';
COMMENT ON COLUMN msb_org.plan_due.duty IS 'The duty.';
COMMENT ON COLUMN msb_org.plan_due.units IS 'The units in which the counted cases lie.';
COMMENT ON COLUMN msb_org.plan_due.since IS 'The time since which it is due.';
COMMENT ON COLUMN msb_org.plan_due.action IS 'open; or report: the duty is listed here only.';
COMMENT ON COLUMN msb_org.plan_due.observed IS 'Whether it is due only if cases of tables in observe are counted: then no plan opens.';

CREATE FUNCTION msb_org.open_due_plans(duty text DEFAULT NULL, unit text DEFAULT NULL, max integer DEFAULT 1000, dry_run boolean DEFAULT false)
    RETURNS SETOF msb_org.plan_due
    LANGUAGE plpgsql VOLATILE COST 100000 ROWS 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    open_status constant text[] := '{draft,offered,consented,active,under_review}';
    changed     text[] := '{}';     -- citizens whose duties are recorded by another structure than the one in force
    citizens    text[];
    opened      msb_org.plan_due[];
BEGIN
    IF max IS NULL OR max < 1 THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('max must be 1 or more');
    END IF;
    IF duty IS NOT NULL AND NOT EXISTS (
        SELECT FROM msb_org.enactment e, jsonb_array_elements(e.document -> 'plan_duties') d
         WHERE e.in_force @> msb_org.today() AND d ->> 'duty' = duty AND coalesce(d ->> 'action', 'open') = 'open') THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('the structure in force has no duty "%s" that opens plans'), msb_org.printable(duty)),
            HINT = msb_org.gettext('SELECT DISTINCT duty, action FROM msb_org.plan_due shows what is due.');
    END IF;
    IF NOT EXISTS (SELECT FROM msb_org.due_scan s WHERE s.complete AND s.enacted = msb_org.enacted_now()) THEN
        changed := ARRAY(
            SELECT DISTINCT a.citizen FROM msb_org.assignment a, msb_org.enactment e
             WHERE e.in_force @> msb_org.today() AND a.valid_to IS NULL AND a.citizen <> ''
               AND (a.structure, a.revision) IS DISTINCT FROM (e.structure, e.revision));
    END IF;
    citizens := ARRAY(
        SELECT DISTINCT c.citizen
          FROM (SELECT d.citizen, d.duty, d.units FROM msb_org.plan_due d
                 WHERE d.action = 'open' AND NOT d.observed AND NOT EXISTS (SELECT FROM unnest(changed) u WHERE u = d.citizen)
                 UNION ALL
                SELECT u.citizen, d.duty, d.units
                  FROM unnest(changed) AS u (citizen), msb_org.citizen_duty(u.citizen) d
                 WHERE d.action = 'open' AND NOT d.observed
                   AND NOT EXISTS (SELECT FROM msb_org.plan p
                                    WHERE p.citizen = u.citizen AND p.kind = 'coordination' AND p.status = ANY (open_status))
                   AND NOT EXISTS (SELECT FROM msb_org.plan_reason r
                                     JOIN msb_org.plan p ON p.citizen = r.citizen AND p.opened_at >= r.asks_since AND p.status <> 'entered_in_error'
                                    WHERE r.citizen = u.citizen AND r.duty = d.duty AND r.valid_to IS NULL
                                      AND cardinality(r.units) >= cardinality(d.units))) c
         WHERE (open_due_plans.duty IS NULL OR c.duty = open_due_plans.duty)
           AND (open_due_plans.unit IS NULL OR open_due_plans.unit = ANY (c.units))
         ORDER BY c.citizen LIMIT open_due_plans.max);
    -- a dry run is a real one that is rolled back
    BEGIN
        PERFORM msb_org.lock_citizens(citizens);
        citizens := ARRAY(
            SELECT c FROM unnest(citizens) c
             WHERE NOT EXISTS (SELECT FROM msb_org.plan p
                                WHERE p.citizen = c AND p.kind = 'coordination' AND p.status = ANY (open_status)));
        PERFORM msb_org.judge_citizens(citizens, 'due');
        opened := ARRAY(
            SELECT ROW (r.citizen, r.duty, r.units, r.valid_from, r.action, r.observed)::msb_org.plan_due
              FROM msb_org.plan p JOIN msb_org.plan_reason r ON r.citizen = p.citizen AND r.duty = p.duty AND r.valid_to IS NULL
             WHERE p.citizen = ANY (citizens) AND p.kind = 'coordination' AND p.status = ANY (open_status)
             ORDER BY r.citizen);
        IF dry_run IS DISTINCT FROM false THEN
            RAISE SQLSTATE 'MSB01';
        END IF;
    EXCEPTION WHEN SQLSTATE 'MSB01' THEN
        NULL;
    END;
    RETURN QUERY SELECT o.* FROM unnest(opened) AS o;
END $$;
COMMENT ON FUNCTION msb_org.open_due_plans(text, text, integer, boolean) IS
'Opens draft plans for citizens for whom a duty is due and who have no plan, after set_mode(), in portions that the units can handle. Returns a row for each plan that it opened, as plan_due had it: citizen, the duty that the plan is for, and the units of the counted cases.

- duty, unit: only citizens for whom this duty is due, or among whose units this one is. max: at most so many citizens.
- Duties that are observed or only reported open no plan.
- After a change of structure the duties are those of the structure in force, and the units are those that the ledger has for the cases: reassign_due() moves the cases.
- dry_run: the rows are those that a real run would return now; nothing is written, and no lock is kept. A dry run is refused if a real run would be: on a standby and in a read-only transaction (25006).

Runs with the caller''s rights: SELECT on assignment, due_scan, enactment, plan, plan_due and plan_reason; EXECUTE on enacted_now(), citizen_duty(), lock_citizens() and judge_citizens(). Raises 22023 for max below 1, 42704 for a duty that the structure in force does not have or that opens no plans.';
