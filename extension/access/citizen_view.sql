-- The unit that a citizen meets, and all records of a citizen on one screen.

CREATE VIEW msb_org.unit_in_force AS
    SELECT u.unit, u.title, u.kind, u.contact, u.parent, e.structure, e.revision
      FROM msb_org.enactment e,
   LATERAL jsonb_to_recordset(e.document -> 'units') AS u (unit text, title text, kind text, contact text, parent text)
     WHERE e.in_force @> msb_org.today();
COMMENT ON VIEW msb_org.unit_in_force IS 'The units of the structure in force today.';
COMMENT ON COLUMN msb_org.unit_in_force.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.unit_in_force.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.unit_in_force.kind IS 'operating_area, entry, external and so on; see unit.';
COMMENT ON COLUMN msb_org.unit_in_force.contact IS 'How the unit is reached.';
COMMENT ON COLUMN msb_org.unit_in_force.parent IS 'The unit that it is part of.';
COMMENT ON COLUMN msb_org.unit_in_force.structure IS 'The structure in force.';
COMMENT ON COLUMN msb_org.unit_in_force.revision IS 'The revision of that structure.';

CREATE FUNCTION msb_org.entry_point(citizen text,
        OUT unit text, OUT title text, OUT contact text, OUT reason text, OUT plan uuid, OUT coordinator text)
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted text := msb_org.citizen_key(entry_point.citizen);
    units  text[];
BEGIN
    SELECT p.unit, p.plan, p.coordinator INTO unit, plan, coordinator
      FROM msb_org.plan p
     WHERE p.citizen = wanted AND p.kind = 'coordination'
       AND p.status = ANY ('{draft,offered,consented,active,under_review}');
    reason := 'plan';
    IF unit IS NULL THEN
        SELECT array_agg(DISTINCT a.unit) INTO units
          FROM msb_org.assignment a WHERE a.citizen = wanted AND a.valid_to IS NULL AND a.unit IS NOT NULL;
        IF cardinality(units) = 1 THEN
            unit := units[1];
            reason := 'only_unit';
        ELSIF cardinality(units) > 1 THEN
            SELECT c.unit INTO unit FROM msb_org.coordination_of(wanted) c;
            reason := 'coordination';
        END IF;
    END IF;
    IF unit IS NULL THEN
        SELECT min(u.unit) INTO unit FROM msb_org.unit_in_force u WHERE u.kind = 'entry';
        reason := CASE WHEN unit IS NOT NULL THEN 'entry' END;
    END IF;
    SELECT u.title, u.contact INTO title, contact FROM msb_org.unit_in_force u WHERE u.unit = entry_point.unit;
END $$;
COMMENT ON FUNCTION msb_org.entry_point(text) IS
'Returns the unit that a citizen meets. The key may be in any form. It is the unit that coordinates the open plan (reason plan); else the unit of all open cases (only_unit); else, if there are several, the one that coordinates by the rules (coordination); else the structure''s entry (entry). Title and contact are those of the structure in force. plan and coordinator are those of the open coordination plan. Reads as the caller.';

CREATE FUNCTION msb_org.citizen_view(citizen text)
    RETURNS TABLE (section text, "position" integer, what text, unit text, title text, since timestamptz, until date, detail text)
    LANGUAGE sql VOLATILE STRICT COST 10000 ROWS 20
BEGIN ATOMIC
    WITH wanted AS MATERIALIZED (SELECT msb_org.citizen_key(citizen_view.citizen) AS citizen),
    plans AS MATERIALIZED (
        SELECT p.* FROM wanted w JOIN msb_org.plan p ON p.citizen = w.citizen
         WHERE p.status = ANY ('{draft,offered,consented,active,under_review}')),
    ahead AS (
        SELECT a.case_table || ' ' || a.case_key AS what, a.case_table, a.case_key, f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
          FROM wanted w JOIN msb_org.assignment a ON a.citizen = w.citizen AND a.valid_to IS NULL,
       LATERAL msb_org.case_future(a, '-infinity', msb_org.today() + 365) f
         UNION ALL
        SELECT 'coordination', '', p.plan::text, f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
          FROM plans p, LATERAL msb_org.coordination_future(p, '-infinity', msb_org.today() + 365) f
         WHERE p.kind = 'coordination'
         UNION ALL
        SELECT 'coordination', h.case_table, h.case_key, h.planned, h.cause, h.from_unit, h.to_unit, NULL
          FROM wanted w JOIN msb_org.handover h ON h.citizen = w.citizen
         WHERE h.case_table = '' AND h.moved_at IS NULL AND h.void_at IS NULL AND h.planned <= msb_org.today()),
    lines (rank, section, what, unit, since, until, detail) AS (
        SELECT 1, 'entry', e.reason, e.unit, NULL::timestamptz, NULL::date, e.contact
          FROM msb_org.entry_point(citizen_view.citizen) e WHERE e.unit IS NOT NULL
         UNION ALL
        SELECT 2, 'case', a.case_table || ' ' || a.case_key, a.unit, a.valid_from, a.closed,
               concat_ws('; ', CASE WHEN a.origin = 'override' THEN 'override' END, a.finding, a.reason, a.situation::text)
          FROM wanted w JOIN msb_org.assignment a ON a.citizen = w.citizen AND a.valid_to IS NULL
         UNION ALL
        SELECT 3, 'plan', p.kind || ' ' || p.status, p.unit, p.opened_at, p.due,
               concat_ws('; ', 'plan ' || p.plan::text, p.challenge, p.status_reason, p.wishes)
          FROM plans p
         UNION ALL
        SELECT 4, 'coordinator', p.coordinator, p.unit, p.coordinator_since, NULL, 'plan ' || p.plan::text
          FROM plans p WHERE p.coordinator IS NOT NULL
         UNION ALL
        SELECT 5, 'participant', t.participant, CASE t.kind WHEN 'unit' THEN t.participant END, t.valid_from, NULL,
               t.kind || ', plan ' || t.plan::text
          FROM plans p JOIN msb_org.plan_participant t ON t.citizen = p.citizen AND t.plan = p.plan AND t.valid_to IS NULL
         UNION ALL
        SELECT 6, 'duty', r.duty, NULL, r.valid_from, NULL,
               concat_ws('; ', array_to_string(r.units, ', '), r.action, CASE WHEN r.observed THEN 'observed' END)
          FROM wanted w JOIN msb_org.plan_reason r ON r.citizen = w.citizen AND r.valid_to IS NULL
         UNION ALL
        SELECT 7, 'handover', f.what, f.to_unit, NULL, f.planned,
               concat_ws('; ', f.cause, 'from ' || f.from_unit, f.to_finding,
                         'accepted ' || msb_org.local_day(h.accepted_at)::text || ' by ' || h.accepted_by)
          FROM wanted w CROSS JOIN ahead f
          LEFT JOIN msb_org.handover h ON h.citizen = w.citizen AND h.case_table = f.case_table AND h.case_key = f.case_key
                AND h.planned = f.planned AND h.to_unit = f.to_unit AND h.void_at IS NULL)
    SELECT l.section,
           (row_number() OVER (ORDER BY l.rank, l.until NULLS FIRST, l.since, l.what COLLATE "C"))::integer,
           l.what, l.unit, u.title, l.since, l.until, l.detail
      FROM lines l LEFT JOIN msb_org.unit_in_force u ON u.unit = l.unit
     ORDER BY 2;
END;
COMMENT ON FUNCTION msb_org.citizen_view(text) IS
'Returns all records of a citizen on one screen, a row per line. The key may be in any form. section:

- entry: the unit to meet; what has the reason, detail the contact.
- case: open cases; until is the closing day, detail the finding and the labels.
- plan: open plans of every kind; until is the day on which it is due. coordinator, participant: those of open plans.
- duty: the duties that are due, and their units.
- handover: within a year; unit takes over, until is the day.

position orders the lines; title is the unit''s in the structure in force. Reads as the caller; personal data.';
