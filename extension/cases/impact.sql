-- The effect that a change of structure would have on the live cases of a table.

-- A type with a name: from 19 on the server groups no rows of a record type without one.
CREATE TYPE msb_org.judged_twice AS (
    case_key text, citizen text, from_unit text, from_rule text, from_finding text,
    to_unit text, to_rule text, to_finding text, overridden boolean);
COMMENT ON TYPE msb_org.judged_twice IS
'Used by impact(), as the result of judge_twice(): the unit of a case by each of two documents.';
COMMENT ON COLUMN msb_org.judged_twice.case_key IS 'Key of the case, as in the ledger.';
COMMENT ON COLUMN msb_org.judged_twice.citizen IS 'Key of the citizen; NULL where the case has none.';
COMMENT ON COLUMN msb_org.judged_twice.from_unit IS 'Unit by the first document; NULL if it has none for the case.';
COMMENT ON COLUMN msb_org.judged_twice.from_rule IS 'Rule of the first document that decides.';
COMMENT ON COLUMN msb_org.judged_twice.from_finding IS 'The reason for which the first document has no unit for the case.';
COMMENT ON COLUMN msb_org.judged_twice.to_unit IS 'Unit by the second document; NULL if it has none for the case.';
COMMENT ON COLUMN msb_org.judged_twice.to_rule IS 'Rule of the second document that decides.';
COMMENT ON COLUMN msb_org.judged_twice.to_finding IS 'The reason for which the second document has no unit for the case.';
COMMENT ON COLUMN msb_org.judged_twice.overridden IS 'Whether the case has an override: both units are then the override''s.';

CREATE FUNCTION msb_org.judge_twice(case_row record, case_table text, from_document jsonb, to_document jsonb,
        overrides jsonb, on_date date, with_case boolean) RETURNS msb_org.judged_twice
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'msb_judge_twice_row';
COMMENT ON FUNCTION msb_org.judge_twice(record, text, jsonb, jsonb, jsonb, date, boolean) IS
'Used by impact(), once per row: the unit that is responsible for the case by each of two documents. NULL if the case is closed on the day. For a past day it is NULL also if the case was opened later. overrides is an object of units by case key. Without with_case the key, the citizen and the rules are left out.';

CREATE FUNCTION msb_org.impact_query(case_table text, on_date date, with_case boolean, OUT query text, OUT overrides jsonb)
    LANGUAGE plpgsql STABLE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name   text := msb_org.attached_name(impact_query.case_table);
    target regclass;
BEGIN
    SELECT t.relation INTO target FROM msb_org.attached_table t WHERE t.case_table = name;
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = target) THEN
        PERFORM msb_org.raise_dropped(name);
    END IF;
    -- rows of tables that inherit from this one are no cases of it, rows of its partitions are
    query := format('SELECT msb_org.judge_twice(t.*, %L, $1, $2, $3, $4, %L) AS judged FROM %s %s AS t',
                    name, with_case,
                    CASE WHEN (SELECT c.relkind FROM pg_class c WHERE c.oid = target) = 'p' THEN '' ELSE 'ONLY' END, target);
    SELECT coalesce(jsonb_object_agg(o.case_key, o.unit), '{}') INTO overrides
      FROM msb_org.case_override o WHERE o.case_table = name AND (o.until IS NULL OR o.until >= on_date);
END $$;
COMMENT ON FUNCTION msb_org.impact_query(text, date, boolean) IS
'Used by impact(): the query that judges every row of an attached table, and the overrides that apply on the day. Raises 42704 if no table is attached under the name, 42P01 if the table was dropped.';

CREATE FUNCTION msb_org.impact(case_table text, from_structure text DEFAULT NULL, to_structure text DEFAULT NULL,
                               on_date date DEFAULT msb_org.today(), detail boolean DEFAULT false)
    RETURNS TABLE (from_unit text, to_unit text, from_finding text, to_finding text, overridden boolean, cases bigint,
                   case_key text, citizen text, from_rule text, to_rule text)
    LANGUAGE plpgsql STABLE COST 1000000 ROWS 1000
    SET search_path = pg_catalog, pg_temp
    SET min_parallel_table_scan_size = 0
AS $$
DECLARE
    single   boolean := coalesce(detail, false);
    source   record;
    in_force text;
BEGIN
    IF case_table IS NULL OR on_date IS NULL THEN
        RETURN;
    END IF;
    source := msb_org.impact_query(case_table, on_date, single);
    IF from_structure IS NULL OR to_structure IS NULL THEN
        SELECT e.structure || '#' || e.revision INTO in_force FROM msb_org.enactment e WHERE e.in_force @> on_date;
        IF in_force IS NULL THEN
            RAISE object_not_in_prerequisite_state USING MESSAGE = format(msb_org.gettext('no structure is in force on %s'), on_date),
                HINT = msb_org.gettext('Name two structures, or another day. SELECT structure, revision, in_force FROM msb_org.enactment lists the days.');
        END IF;
    END IF;
    -- A row must be judged once only. The count in the condition and OFFSET 0 keep the condition above
    -- the grouping, or above the scan.
    RETURN QUERY EXECUTE
        'SELECT (c.judged).from_unit, (c.judged).to_unit, (c.judged).from_finding, (c.judged).to_finding, (c.judged).overridden, c.cases,'
        ' (c.judged).case_key, (c.judged).citizen, (c.judged).from_rule, (c.judged).to_rule FROM '
        || CASE WHEN single
                THEN '(SELECT j.judged, 1::bigint AS cases FROM (' || source.query || ' OFFSET 0) j) c WHERE (c.judged).overridden IS NOT NULL'
                ELSE '(SELECT j.judged, count(*) AS cases FROM (' || source.query || ') j GROUP BY j.judged) c'
                     ' WHERE CASE WHEN c.cases > 0 THEN (c.judged).overridden IS NOT NULL END ORDER BY 1, 2, 3, 4, 5' END
        USING msb_org.export_structure(coalesce(from_structure, in_force)), msb_org.export_structure(coalesce(to_structure, in_force)),
              source.overrides, on_date;
END $$;
COMMENT ON FUNCTION msb_org.impact(text, text, text, date, boolean) IS
'Computes the effect that a change from one structure to another (drafts, or revisions as name#n; NULL: the one in force on the day) would have on a day. It takes the cases of an attached table that are open on it, and counts how many each unit would hand to each, itself among them.

- A unit is NULL if the structure has none for the case; the finding says why. overridden: the case has an override, and its unit does not change.
- detail: a row for each case, with its key, its citizen (personal data) and the rule that decides on either side; cases is 1. Without it these columns are NULL.
- It judges as reassign() does, from the present rows and with the ages of the day, in one scan, in parallel if the table is large. For a day that has passed, cases that were opened after it are left out. So with neither structure named it reports to which unit the cases of today would belong on another day. The ledger has the past: assignment_at().

Reads the table as the caller. Changes nothing. Returns no rows for a NULL table or day. Raises 42704 if there is no such table or structure, 42P01 if the table was dropped, 55000 if a structure is to be the one in force and none is.';
