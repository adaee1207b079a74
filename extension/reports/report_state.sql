-- Reports on cases that somebody should look at: deadlines, handovers, violations, stranded cases,
-- overrides; and findings of all kinds, case by case. Reports that show single cases are granted to nobody.

CREATE FUNCTION msb_org.case_deadline(structure text DEFAULT NULL)
    RETURNS TABLE (case_table text, case_key text, unit text, title text, deadline text, deadline_title text, opened date, due date, days_left integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 10000
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(case_deadline.structure, msb_org.today());
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH open_case AS (
            SELECT a.case_table, a.case_key, a.unit, a.opened, a.situation::text AS labels,
                   -- least() alone would make 150 of an unknown age
                   CASE WHEN isfinite(a.birth) THEN least(150, extract(year FROM age(msb_org.today(), a.birth)))::integer END AS age
              FROM msb_org.assignment a
             WHERE a.structure = s.structure_name AND (s.revision IS NULL OR a.revision = s.revision)
               AND a.valid_to IS NULL AND a.opened IS NOT NULL AND a.situation IS NOT NULL
               AND (a.birth IS NULL OR a.birth <= msb_org.today())
        ), counted AS (     -- each combination of labels once, at an age that the deadline takes
            SELECT k.labels, d.deadline, d.title, d.within, msb_org.age_span(d.counted) AS ages
              FROM (SELECT DISTINCT o.labels FROM open_case o) k
              JOIN msb_org.deadline d ON d.structure = s.structure_name
               AND msb_org.matches_document(s.document, d.counted,
                       (format('age %s', coalesce(lower(msb_org.age_span(d.counted))::text, 'unknown'))
                        || CASE WHEN k.labels = 'any' THEN '' ELSE '; ' || k.labels END)::msb_org.target_group)
        ), due AS (
            SELECT o.case_table, o.case_key, min(o.unit) AS unit, c.deadline, min(c.title) AS title, min(o.opened) AS opened,
                   min((o.opened + c.within)::date) AS due
              FROM open_case o JOIN counted c ON c.labels = o.labels
               AND CASE WHEN o.age IS NULL THEN c.ages IS NULL OR lower_inf(c.ages) AND upper_inf(c.ages) ELSE c.ages @> o.age END
             GROUP BY o.case_table, o.case_key, c.deadline
        )
        SELECT d.case_table::text, d.case_key::text, d.unit::text, u.title, d.deadline::text, d.title, d.opened, d.due, d.due - msb_org.today()
          FROM due d
          JOIN msb_org.attachment t ON t.case_table = d.case_table AND t.decided IS NOT NULL
          JOIN msb_org.case_fact_rows() f ON f.case_table = d.case_table AND f.case_key = d.case_key AND f.decided IS NULL
          LEFT JOIN msb_org.report_units(s.document) u ON u.unit = d.unit
         ORDER BY d.due, d.case_table, d.case_key, d.deadline;
END $$;
COMMENT ON FUNCTION msb_org.case_deadline(text) IS
'Reports, case by case, open cases that are not decided and have a deadline: case_table, case_key, unit, title, deadline, deadline_title, opened, due (the last day for the decision), days_left (negative: overdue). It takes the cases that the structure judged, in tables for which attach(decided =>) named the column of the decision. structure: see load_by_area(). Raises 42704 for a structure that was never adopted, 22023 for a deadline with a label that the structure does not have. Granted to nobody.';

CREATE FUNCTION msb_org.deadlines_by_area(structure text DEFAULT NULL, soon integer DEFAULT 14)
    RETURNS TABLE (unit text, title text, deadline text, deadline_title text, undecided bigint, due_soon bigint, overdue bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT c.unit, coalesce(min(c.title), CASE WHEN c.unit IS NULL THEN 'Kan ikke vurderes' END), c.deadline, min(c.deadline_title), msb_org.small_cell(count(*)),
               msb_org.small_cell(count(*) FILTER (WHERE c.days_left BETWEEN 0 AND soon)),
               msb_org.small_cell(count(*) FILTER (WHERE c.days_left < 0))
          FROM msb_org.case_deadline(deadlines_by_area.structure) c
         GROUP BY c.unit, c.deadline ORDER BY c.unit COLLATE "C", c.deadline COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.deadlines_by_area(text, integer) IS
'Reports how each unit meets the deadlines: unit, title, deadline, deadline_title, and these columns.

- undecided: open cases under the deadline that are not decided.
- due_soon: those of them whose last day is today or within so many days (soon; NULL: none counts).
- overdue: those whose last day has passed.

case_deadline() has the cases that are counted, and the errors. Counts under min_cell are NULL.';

CREATE FUNCTION msb_org.handovers_by_cause(from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today() OPERATOR(pg_catalog.+) 365)
    RETURNS TABLE (moves text, moves_title text, cause text, cause_title text, to_unit text, to_title text, handovers bigint, accepted bigint, moved bigint, late bigint, void bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF handovers_by_cause.from_date IS NULL OR handovers_by_cause.to_date IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT c.moves, CASE c.moves WHEN 'plan' THEN 'Koordinering' ELSE 'Sag' END, c.cause::text, msb_org.danish_title(c.cause), c.to_unit::text,
               coalesce(t.title, CASE WHEN c.to_unit IS NULL THEN 'Kan ikke vurderes' END),
               msb_org.small_cell(c.handovers), msb_org.small_cell(c.accepted), msb_org.small_cell(c.moved),
               msb_org.small_cell(c.late), msb_org.small_cell(c.void)
          FROM (SELECT CASE h.case_table WHEN '' THEN 'plan' ELSE 'case' END AS moves, h.cause, h.to_unit, count(*) AS handovers,
                       count(h.accepted_at) AS accepted, count(h.moved_at) AS moved,
                       count(*) FILTER (WHERE h.status = 'late') AS late, count(*) FILTER (WHERE h.status = 'void') AS void
                  FROM msb_org.handovers(handovers_by_cause.from_date, handovers_by_cause.to_date) h GROUP BY 1, 2, 3) c
          LEFT JOIN msb_org.unit_title t ON t.unit = c.to_unit
         ORDER BY c.moves, c.cause, c.to_unit;
END $$;
COMMENT ON FUNCTION msb_org.handovers_by_cause(date, date) IS
'Reports handovers planned in a period (default: a year from today), recorded and ahead: moves (case, or plan for its coordination), moves_title, cause, cause_title, to_unit, to_title, and these columns.

- handovers: their number. accepted: those that somebody has accepted. moved: those that have happened.
- late: those that happened after their day, or whose day has passed. void: those that do not happen after all.

Counts under min_cell are NULL. Returns no rows for a NULL day. See handovers().';

CREATE FUNCTION msb_org.violations_by_area()
    RETURNS TABLE (case_table text, unit text, title text, finding text, finding_title text, cases bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT v.case_table::text, v.expected::text, coalesce(t.title, CASE WHEN v.expected IS NULL THEN 'Kan ikke vurderes' END),
               v.finding::text, msb_org.danish_title(v.finding), msb_org.small_cell(v.cases)
          FROM (SELECT v.case_table, v.expected, v.finding, count(*) AS cases FROM msb_org.violation v GROUP BY 1, 2, 3) v
          LEFT JOIN msb_org.unit_title t ON t.unit = v.expected
         ORDER BY v.case_table, v.expected, v.finding;
END $$;
COMMENT ON FUNCTION msb_org.violations_by_area() IS
'Reports open cases with a finding: case_table, unit (the one that is responsible by the rule; NULL: nobody can be found), title, finding, finding_title, cases. Counts under min_cell are NULL. The view violation has the cases themselves; the view finding has them too, with those of other kinds.';

CREATE FUNCTION msb_org.stranded_by_unit()
    RETURNS TABLE (unit text, title text, structure text, structure_title text, cause text, cause_title text, cases bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT s.unit::text, coalesce(t.title, CASE WHEN s.unit IS NULL THEN 'Kan ikke vurderes' END), s.structure::text,
               (SELECT e.document ->> 'title' FROM msb_org.enactment e WHERE e.structure = s.structure ORDER BY e.revision DESC LIMIT 1),
               s.cause, msb_org.danish_title(s.cause), msb_org.small_cell(s.cases)
          FROM (SELECT c.unit, c.structure, c.cause, count(*) AS cases FROM msb_org.stranded_case c GROUP BY 1, 2, 3) s
          LEFT JOIN msb_org.unit_title t ON t.unit = s.unit
         ORDER BY s.unit, s.structure, s.cause;
END $$;
COMMENT ON FUNCTION msb_org.stranded_by_unit() IS
'Reports open cases whose unit the structure in force does not have, or that it has not judged yet: unit that is responsible for them (NULL: none), title, structure that judged them, structure_title, cause (unit_gone: the structure in force has no such unit; not_reassigned: it has not judged the case yet), cause_title, cases. Counts under min_cell are NULL. The view finding has the cases themselves, by the cause as kind. Returns no rows if no structure is in force.';

CREATE FUNCTION msb_org.overrides_ending(to_date date DEFAULT msb_org.today() OPERATOR(pg_catalog.+) 30)
    RETURNS TABLE (case_table text, case_key text, unit text, title text, reason text, until date, days_left integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 1000 ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT o.case_table::text, o.case_key::text, o.unit::text, t.title, o.reason, o.until, o.until - msb_org.today()
          FROM msb_org.case_override o
          JOIN msb_org.assignment a ON a.case_table = o.case_table AND a.case_key = o.case_key AND a.valid_to IS NULL AND a.origin = 'override'
          LEFT JOIN msb_org.unit_title t ON t.unit = o.unit
         WHERE o.until <= overrides_ending.to_date
         ORDER BY o.until, o.case_table, o.case_key;
END $$;
COMMENT ON FUNCTION msb_org.overrides_ending(date) IS
'Reports, case by case, overrides of open cases whose last day is to_date (default: 30 days from today) or earlier: case_table, case_key, unit, title, reason, until, days_left (negative: the daily job has not run). An override without an end is not listed. Granted to nobody.';

CREATE VIEW msb_org.finding WITH (security_barrier) AS
    WITH own AS (       -- open cases with a challenge of their own
        SELECT a.citizen, a.case_table, a.case_key, a.unit, a.valid_from, l.label AS challenge, l.parent, l.yields, l.priority
          FROM msb_org.assignment a
          JOIN msb_org.label l ON l.facet = 'challenge' AND l.label = (msb_org.labels(a.situation, 'challenge'))[1]
         WHERE a.valid_to IS NULL AND a.citizen <> ''),
    primary_of AS (
        SELECT DISTINCT ON (o.citizen) o.citizen, coalesce(c.challenge, o.challenge) AS challenge, c.challenge IS NOT NULL AS stated
          FROM own o
          LEFT JOIN msb_org.primary_challenge c ON c.citizen = o.citizen AND c.valid_to IS NULL
         ORDER BY o.citizen, o.priority, o.challenge COLLATE "C")
    SELECT a.finding AS kind, a.case_table, a.case_key, a.unit, msb_org.local_day(a.valid_from) AS since, a.reason AS message
      FROM msb_org.assignment a
     WHERE a.valid_to IS NULL AND a.finding IS NOT NULL
     UNION ALL
    -- one arm per kind: arms of kinds that a query does not ask for are not read
    SELECT 'unit_gone', s.case_table, s.case_key, s.unit, s.since, format(msb_org.gettext('the structure in force has no unit "%s"'), s.unit)
      FROM msb_org.stranded_case s
     WHERE s.cause = 'unit_gone'
     UNION ALL
    SELECT 'not_reassigned', s.case_table, s.case_key, s.unit, s.since,
           CASE WHEN s.structure IS NULL THEN msb_org.gettext('the case was judged when no structure was in force, and not since')
                ELSE format(msb_org.gettext('the case was judged by structure %s#%s, and not by the one in force'), s.structure, s.revision) END
      FROM msb_org.stranded_case s
     WHERE s.cause = 'not_reassigned'
     UNION ALL
    SELECT 'uncertain_birth', a.case_table, a.case_key, a.unit, msb_org.local_day(a.valid_from),
           msb_org.gettext('the citizen''s birth date is not known, or not one to rely on: the age counts as unknown')
      FROM msb_org.assignment a
     WHERE a.valid_to IS NULL AND a.citizen <> '' AND a.birth IS NULL
     UNION ALL
    -- neither label is above the other, and a challenge that yields disagrees with nothing
    SELECT 'challenge_disagreement', o.case_table, o.case_key, o.unit, msb_org.local_day(o.valid_from),
           CASE WHEN d.stated
                THEN format(msb_org.gettext('the case''s challenge is "%s", the citizen''s stated primary challenge "%s"'), o.challenge, d.challenge)
                ELSE format(msb_org.gettext('the case''s challenge is "%s", the citizen''s primary challenge, by priority, "%s"'), o.challenge, d.challenge) END
      FROM own o
      JOIN primary_of d USING (citizen)
      JOIN msb_org.label p ON p.facet = 'challenge' AND p.label = d.challenge
     WHERE NOT o.yields AND o.challenge <> d.challenge
       AND o.parent IS DISTINCT FROM d.challenge AND p.parent IS DISTINCT FROM o.challenge;
COMMENT ON VIEW msb_org.finding IS 'Report, case by case: open cases that somebody should look at, and why; a row for each reason. violations_by_area() and stranded_by_unit() count them. Granted to nobody.

- wrong_area, gap, conflict, no_structure, missing_label, unknown_label, no_cpr, born_later, no_parent: the kinds of the view violation, which has the given area, the expected one and the rule.
- unit_gone, not_reassigned: the structure in force has no unit of that code, or reassign() and reassign_due() have not reached the case since it came into force. None if no structure is in force.
- uncertain_birth: the citizen''s birth date is not known, or not one to rely on. The age is unknown, so rules for an age span do not take the case, and no birthday moves it.
- challenge_disagreement: the case''s own challenge is another than the citizen''s primary challenge, and neither is above the other. The primary challenge is the stated one, else the first by label.priority among the open cases'' challenges. Nothing is inferred from one case for another.';
COMMENT ON COLUMN msb_org.finding.kind IS 'The kind of finding: one of those above.';
COMMENT ON COLUMN msb_org.finding.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.finding.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.finding.unit IS 'The unit that is responsible by the ledger; NULL if the case cannot be judged.';
COMMENT ON COLUMN msb_org.finding.since IS 'The day since which the case has the finding: the day of its open row in the ledger. For unit_gone and not_reassigned it is the first day of the structure in force, or the day on which the case was opened if that is later.';
COMMENT ON COLUMN msb_org.finding.message IS 'The reason in words: for a violation as the ledger has it, for the other kinds in the language of lc_messages.';
