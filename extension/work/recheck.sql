-- The comparison of the records with the case tables: after work with triggers disabled, after a
-- partition was attached or detached, after rows were restored from elsewhere.

CREATE FUNCTION msb_org.recheck_cases(case_table text, structure text)
    RETURNS TABLE (what text, case_key text, citizen text, recorded text, expected text)
    LANGUAGE plpgsql STABLE STRICT COST 1000000 ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH ledger AS (
        SELECT a.case_key, a.citizen, a.unit, a.origin, a.structure || '#' || a.revision AS structure
          FROM msb_org.assignment a WHERE a.case_table = recheck_cases.case_table AND a.valid_to IS NULL),
    live AS (
        SELECT i.case_key COLLATE "C" AS case_key, coalesce(i.citizen, '') COLLATE "C" AS citizen,
               i.from_unit COLLATE "C" AS unit, i.overridden
          FROM msb_org.impact(recheck_cases.case_table, recheck_cases.structure, recheck_cases.structure, detail => true) i)
    SELECT CASE WHEN l.case_key IS NULL THEN 'case_not_recorded'
                WHEN v.case_key IS NULL THEN 'recorded_not_open'
                WHEN l.citizen <> v.citizen THEN 'citizen'
                WHEN l.unit IS DISTINCT FROM v.unit THEN 'unit'
                ELSE 'structure' END,
           coalesce(l.case_key, v.case_key), coalesce(v.citizen, l.citizen),
           CASE WHEN l.case_key IS NULL OR v.case_key IS NULL THEN l.unit
                WHEN l.citizen <> v.citizen THEN l.citizen
                WHEN l.unit IS DISTINCT FROM v.unit THEN l.unit
                ELSE l.structure END,
           CASE WHEN l.case_key IS NULL OR v.case_key IS NULL THEN v.unit
                WHEN l.citizen <> v.citizen THEN v.citizen
                WHEN l.unit IS DISTINCT FROM v.unit THEN v.unit
                ELSE recheck_cases.structure END
      FROM ledger l FULL JOIN live v ON v.case_key = l.case_key
     WHERE l.case_key IS NULL OR v.case_key IS NULL OR l.citizen <> v.citizen
        OR l.unit IS DISTINCT FROM v.unit OR (l.structure IS DISTINCT FROM recheck_cases.structure AND l.origin <> 'override');
END $$;
COMMENT ON FUNCTION msb_org.recheck_cases(text, text) IS
'Used by recheck(): the cases of one table whose record in the ledger differs from their rows, by a structure (name#n).';

CREATE FUNCTION msb_org.recheck_citizens()
    RETURNS TABLE (what text, citizen text, recorded text, expected text)
    LANGUAGE plpgsql VOLATILE COST 1000000 ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH concerned AS MATERIALIZED (
        -- one case alone is enough for a duty that asks for one unit
        SELECT a.citizen FROM msb_org.assignment a WHERE a.valid_to IS NULL AND a.citizen <> ''
         GROUP BY a.citizen
        HAVING count(*) >= (SELECT coalesce(min(coalesce((d ->> 'min_units')::integer, 2)), 2)
                              FROM msb_org.enactment e, jsonb_array_elements(e.document -> 'plan_duties') d
                             WHERE e.in_force @> msb_org.today())
        UNION SELECT r.citizen FROM msb_org.plan_reason r WHERE r.valid_to IS NULL
        UNION SELECT p.citizen FROM msb_org.plan p WHERE p.kind = 'coordination'),
    open_plan AS MATERIALIZED (
        SELECT p.citizen, p.plan, p.unit FROM msb_org.plan p
         WHERE p.kind = 'coordination' AND p.status IN ('draft', 'offered', 'consented', 'active', 'under_review')),
    due AS (
        SELECT c.citizen, d.duty, d.units, d.observed FROM concerned c, msb_org.citizen_duty(c.citizen) d),
    reason AS (
        SELECT r.citizen, r.duty, r.units, r.observed FROM msb_org.plan_reason r WHERE r.valid_to IS NULL),
    taking_part AS (
        SELECT t.citizen, t.plan, t.participant AS unit FROM msb_org.plan_participant t
         WHERE t.kind = 'unit' AND t.valid_to IS NULL
           -- participants of plans of another kind are not kept by the extension
           AND NOT EXISTS (SELECT FROM msb_org.plan p
                            WHERE p.citizen = t.citizen AND p.plan = t.plan AND p.kind <> 'coordination')),
    should_take_part AS (
        SELECT p.citizen, p.plan, a.unit FROM open_plan p
          JOIN msb_org.assignment a ON a.citizen = p.citizen AND a.valid_to IS NULL AND a.unit IS NOT NULL
        UNION SELECT p.citizen, p.plan, p.unit FROM open_plan p WHERE p.unit IS NOT NULL)
    SELECT 'duty', coalesce(r.citizen, d.citizen),
           r.duty || ' ' || r.units::text || CASE WHEN r.observed THEN ' observed' ELSE '' END,
           d.duty || ' ' || d.units::text || CASE WHEN d.observed THEN ' observed' ELSE '' END
      FROM reason r FULL JOIN due d ON d.citizen = r.citizen AND d.duty = r.duty
     WHERE r.duty IS NULL OR d.duty IS NULL OR r.units <> d.units OR r.observed <> d.observed
    UNION ALL
    SELECT 'participant', coalesce(t.citizen, s.citizen), t.unit, s.unit
      FROM taking_part t FULL JOIN should_take_part s ON s.citizen = t.citizen AND s.plan = t.plan AND s.unit = t.unit
     WHERE t.unit IS NULL OR s.unit IS NULL
    UNION ALL
    -- a handover that waits is for the daily job to move, or for the units to accept
    SELECT 'coordination', p.citizen, p.unit, c.unit
      FROM open_plan p CROSS JOIN LATERAL msb_org.coordination_of(p.citizen) c
     WHERE c.unit IS NOT NULL AND c.unit IS DISTINCT FROM p.unit
       AND NOT EXISTS (SELECT FROM msb_org.handover h WHERE h.citizen = p.citizen AND h.case_table = ''
                          AND h.case_key = p.plan::text AND h.moved_at IS NULL AND h.void_at IS NULL AND h.to_unit = c.unit);
END $$;
COMMENT ON FUNCTION msb_org.recheck_citizens() IS
'Used by recheck(): the citizens whose duties, participants or coordination differ from the ledger.';

CREATE FUNCTION msb_org.recheck(mend boolean DEFAULT false)
    RETURNS TABLE (what text, case_table text, case_key text, citizen text, recorded text, expected text)
    LANGUAGE plpgsql VOLATILE STRICT COST 1000000 ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    in_force text;
    source   record;
    found    jsonb := '[]';
    part     jsonb;
    citizens jsonb;
BEGIN
    SELECT e.structure || '#' || e.revision INTO in_force FROM msb_org.enactment e WHERE e.in_force @> msb_org.today();
    IF in_force IS NULL THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = msb_org.gettext('no structure is in force');
    END IF;
    FOR source IN SELECT t.case_table, t.key, t.relation FROM msb_org.attachment t ORDER BY t.case_table LOOP
        IF source.key IS NULL THEN
            RAISE WARNING USING
                MESSAGE = format(msb_org.gettext('the cases of "%s" cannot be judged: the table or its column map is gone'), source.case_table),
                HINT = msb_org.gettext('Map the columns again with remap(), or end the attachment with detach().');
            CONTINUE;
        END IF;
        PERFORM msb_org.check_sees_all(source.relation);
        SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object('case_table', source.case_table)) INTO part
          FROM msb_org.recheck_cases(source.case_table, in_force) c;
        found := found || coalesce(part, '[]');
        IF mend AND part IS NOT NULL THEN
            PERFORM msb_org.judge_cases(source.case_table,
                                        ARRAY(SELECT e ->> 'case_key' FROM jsonb_array_elements(part) e), 'reassign');
        END IF;
    END LOOP;
    -- after the cases are mended, only the citizens' own differences are left; without mend, also those
    -- that follow from the cases
    SELECT jsonb_agg(to_jsonb(c)) INTO citizens FROM msb_org.recheck_citizens() c;
    IF mend AND citizens IS NOT NULL THEN
        PERFORM msb_org.judge_citizens(ARRAY(SELECT DISTINCT e ->> 'citizen' FROM jsonb_array_elements(citizens) e), 'arising');
    END IF;
    RETURN QUERY
    SELECT r.what, r.case_table, r.case_key, nullif(r.citizen, ''), r.recorded, r.expected
      FROM jsonb_to_recordset(found || coalesce(citizens, '[]'))
        AS r (what text, case_table text, case_key text, citizen text, recorded text, expected text)
     ORDER BY r.case_table NULLS LAST, r.case_key, r.citizen, r.what, r.recorded, r.expected;
END $$;
COMMENT ON FUNCTION msb_org.recheck(boolean) IS
'Compares ledger, duties, participants and coordination with the present rows of all attached tables, and lists every difference. With mend it judges those cases and citizens anew, as their triggers would have done, and lists the differences that it found. It is an administrator''s tool: it reads every case, with the caller''s rights on the case tables and the tables of the extension. what:

- case_not_recorded: an open case without an open row. recorded_not_open: an open row for a case that is closed or does not exist. citizen, unit: the row has another. Mended by judging the case.
- structure: the same unit, by a structure or revision that is not in force. Mended likewise; for very many cases use CALL reassign.
- duty: one that is not due, is not recorded, lies in other units, or is observed or not. participant: a unit that should take part in the open plan, or should not. Mended by judging the citizen.
- coordination: another unit should coordinate, and no handover waits. Mending records the handover.

It warns about a table whose map is lost, and continues. Raises 55000 if no structure is in force, 42501 if row-level security hides cases from the caller.';
