-- The report on a change of structure: the units that handed over cases, and those that got them.

CREATE FUNCTION msb_org.structure_flow(from_structure text DEFAULT NULL, to_structure text DEFAULT NULL)
    RETURNS TABLE (from_structure_name text, to_structure_name text, from_unit text, from_title text, to_unit text, to_title text, cases bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    source text := structure_flow.from_structure;
    f      record;
    t      record;
BEGIN
    SELECT * INTO t FROM msb_org.report_structure(structure_flow.to_structure, msb_org.today());
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF source IS NULL THEN
        -- the newest other one that began before it
        SELECT e.structure INTO source FROM msb_org.enactment e
         WHERE e.withdrawn_at IS NULL AND e.structure <> t.structure_name
           AND e.from_date < (SELECT min(n.from_date) FROM msb_org.enactment n
                               WHERE n.withdrawn_at IS NULL AND n.structure = t.structure_name AND (t.revision IS NULL OR n.revision = t.revision))
         ORDER BY e.from_date DESC, e.revision DESC LIMIT 1;
        IF NOT FOUND THEN
            RETURN;
        END IF;
    END IF;
    SELECT * INTO f FROM msb_org.report_structure(source, msb_org.today());
    RETURN QUERY
        SELECT f.structure_name, t.structure_name, c.from_unit::text, coalesce(o.title, CASE WHEN c.from_unit IS NULL THEN 'Kan ikke vurderes' END),
               c.to_unit::text, coalesce(n.title, CASE WHEN c.to_unit IS NULL THEN 'Kan ikke vurderes' END), msb_org.small_cell(c.cases)
          FROM (SELECT w.from_unit, w.to_unit, count(*) AS cases
                  FROM (SELECT DISTINCT ON (b.case_table, b.case_key) a.unit AS from_unit, b.unit AS to_unit
                          FROM msb_org.assignment b
                          JOIN msb_org.assignment a ON a.case_table = b.case_table AND a.case_key = b.case_key AND a.valid_to = b.valid_from
                         WHERE b.structure = t.structure_name AND (t.revision IS NULL OR b.revision = t.revision)
                           AND a.structure = f.structure_name AND (f.revision IS NULL OR a.revision = f.revision)
                         ORDER BY b.case_table, b.case_key, b.valid_from) w
                 GROUP BY w.from_unit, w.to_unit) c
          LEFT JOIN msb_org.report_units(f.document) o ON o.unit = c.from_unit
          LEFT JOIN msb_org.report_units(t.document) n ON n.unit = c.to_unit
         ORDER BY c.from_unit COLLATE "C", c.to_unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.structure_flow(text, text) IS
'Reports to which units a change of structure moved the open cases, those that remained with a unit of the same code among them: from_structure_name, to_structure_name, from_unit, from_title, to_unit, to_title, cases.

- It counts cases whose responsibility passed, without a day between, from a row of the ledger that from_structure judged to one that to_structure judged. Each case counts once, by its first such passage.
- from_structure NULL: the newest other structure that began before to_structure. to_structure NULL: the one in force today. name#n: one revision.
- A unit is NULL if the case could not be judged. stranded_by_unit() has the cases that are not judged anew yet.

Counts under min_cell are NULL. Returns no rows if no structure is in force or none was before it. Raises 42704 for a structure that was never adopted.';
