-- Reports on the course of cases: moves, times, deadlines, contacts.

-- A row of the ledger, and the row of the same case that ended when it began.
CREATE FUNCTION msb_org.moves(from_date date, to_date date)
    RETURNS TABLE (citizen text, moved_at timestamptz, from_unit text, to_unit text)
    LANGUAGE plpgsql STABLE COST 100000 ROWS 10000
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    first  timestamptz := msb_org.day_start(moves.from_date);
    last   timestamptz := msb_org.day_start(moves.to_date + 1);
BEGIN
    RETURN QUERY
        SELECT n.citizen::text, n.valid_from, o.unit::text, n.unit::text
          FROM msb_org.assignment n
          JOIN msb_org.assignment o ON o.case_table = n.case_table AND o.case_key = n.case_key AND o.valid_to = n.valid_from
         WHERE n.valid_from >= first AND n.valid_from < last AND o.unit IS DISTINCT FROM n.unit;
END $$;
COMMENT ON FUNCTION msb_org.moves(date, date) IS
'Used by the reports: the moves in a period: citizen (personal data), moved_at, from_unit, to_unit (NULL: the case could not be judged).';

CREATE FUNCTION msb_org.moves_by_month(from_date date DEFAULT '-infinity', to_date date DEFAULT msb_org.today())
    RETURNS TABLE (month date, from_unit text, from_title text, to_unit text, to_title text, moves bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 100
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT m.month, m.from_unit, coalesce(f.title, CASE WHEN m.from_unit IS NULL THEN 'Kan ikke vurderes' END),
               m.to_unit, coalesce(t.title, CASE WHEN m.to_unit IS NULL THEN 'Kan ikke vurderes' END), msb_org.small_cell(m.moves)
          FROM (SELECT date_trunc('month', msb_org.local_day(v.moved_at)::timestamp)::date AS month, v.from_unit, v.to_unit, count(*) AS moves
                  FROM msb_org.moves(moves_by_month.from_date, moves_by_month.to_date) v
                 GROUP BY 1, 2, 3) m
          LEFT JOIN msb_org.unit_title f ON f.unit = m.from_unit
          LEFT JOIN msb_org.unit_title t ON t.unit = m.to_unit
         ORDER BY m.month, m.from_unit COLLATE "C", m.to_unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.moves_by_month(date, date) IS
'Reports moves of cases from one unit to another, whatever moved them: month (its first day), from_unit, from_title, to_unit, to_title, moves. A unit is NULL if the case could not be judged. Within one transaction only the last answer counts. Moves under min_cell are NULL. Returns no rows for a NULL day.';

CREATE FUNCTION msb_org.moves_per_citizen(from_date date DEFAULT '-infinity', to_date date DEFAULT msb_org.today())
    RETURNS TABLE (year integer, citizens bigint, moved_citizens bigint, moves bigint, moves_per_citizen numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 10
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    first_day date;
    last_day  date;
BEGIN
    -- years that the ledger knows; both ends remain within the period
    SELECT greatest(moves_per_citizen.from_date, msb_org.local_day(min(a.valid_from))), least(moves_per_citizen.to_date, msb_org.today())
      INTO first_day, last_day FROM msb_org.assignment a HAVING count(*) > 0;
    IF moves_per_citizen.from_date IS NULL OR moves_per_citizen.to_date IS NULL OR first_day IS NULL OR last_day < first_day THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH years AS (
            SELECT y.year, greatest(make_date(y.year, 1, 1), first_day) AS from_day, least(make_date(y.year, 12, 31), last_day) AS to_day
              FROM generate_series(extract(year FROM first_day)::integer, extract(year FROM last_day)::integer) AS y (year)
        ), had AS (
            SELECT y.year, count(DISTINCT a.citizen) AS citizens
              FROM years y
              JOIN msb_org.assignment a ON a.valid_from < msb_org.day_start(y.to_day + 1)
               AND (a.valid_to IS NULL OR a.valid_to > msb_org.day_start(y.from_day))
             WHERE a.citizen <> '' AND a.finding IS DISTINCT FROM 'no_cpr'
             GROUP BY y.year
        ), moved AS (
            SELECT extract(year FROM msb_org.local_day(m.moved_at))::integer AS year, count(*) AS moves, count(DISTINCT m.citizen) AS citizens
              FROM msb_org.moves(first_day, last_day) m
             WHERE m.citizen <> '' GROUP BY 1
        )
        SELECT y.year, msb_org.small_cell(coalesce(h.citizens, 0)), msb_org.small_cell(coalesce(m.citizens, 0)),
               CASE WHEN msb_org.small_cell(coalesce(m.citizens, 0)) IS NOT NULL THEN msb_org.small_cell(coalesce(m.moves, 0)) END,
               CASE WHEN msb_org.small_cell(coalesce(m.citizens, 0)) IS NOT NULL AND msb_org.small_cell(h.citizens) IS NOT NULL
                    THEN round(coalesce(m.moves, 0) / nullif(h.citizens, 0)::numeric, 3) END
          FROM years y LEFT JOIN had h ON h.year = y.year LEFT JOIN moved m ON m.year = y.year
         ORDER BY y.year;
END $$;
COMMENT ON FUNCTION msb_org.moves_per_citizen(date, date) IS
'Reports how often citizens'' cases move, by year: year; citizens with an open case in the part of it that is in the period; moved_citizens, those with a case that moved from one unit to another; moves; moves_per_citizen, of all citizens. Counts under min_cell are NULL, and so are the figures computed from them. Returns no rows for a NULL day.';

CREATE FUNCTION msb_org.case_times(structure text DEFAULT NULL, from_date date DEFAULT '-infinity', to_date date DEFAULT msb_org.today())
    RETURNS TABLE (unit text, title text, decided_cases bigint, decision_days integer, decision_days_p90 integer,
                   closed_cases bigint, closing_days integer, closing_days_p90 integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(case_times.structure, case_times.to_date);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH last_row AS (
            SELECT a.case_table, a.case_key, a.unit, a.opened,
                   CASE WHEN a.valid_to IS NOT NULL AND a.closed <= msb_org.local_day(a.valid_to) THEN a.closed END AS closed
              FROM msb_org.assignment a
             WHERE a.structure = s.structure_name AND (s.revision IS NULL OR a.revision = s.revision)
               AND NOT EXISTS (SELECT FROM msb_org.assignment n
                                WHERE n.case_table = a.case_table AND n.case_key = a.case_key AND n.valid_from = a.valid_to)
        ), timed AS (
            SELECT l.unit, CASE WHEN f.decided BETWEEN case_times.from_date AND case_times.to_date AND f.decided >= l.opened THEN f.decided - l.opened END AS to_decision,
                   CASE WHEN l.closed BETWEEN case_times.from_date AND case_times.to_date AND l.closed >= l.opened THEN l.closed - l.opened END AS to_closing
              FROM last_row l
              LEFT JOIN msb_org.case_fact_rows() f ON f.case_table = l.case_table AND f.case_key = l.case_key
        ), counted AS (
            SELECT t.unit, msb_org.small_cell(count(t.to_decision)) AS decided, msb_org.small_cell(count(t.to_closing)) AS closed,
                   percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY t.to_decision) AS decision,
                   percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY t.to_closing) AS closing
              FROM timed t GROUP BY t.unit HAVING count(t.to_decision) + count(t.to_closing) > 0
        )
        SELECT c.unit::text, coalesce(u.title, CASE WHEN c.unit IS NULL THEN 'Kan ikke vurderes' END),
               c.decided, CASE WHEN c.decided > 0 THEN c.decision[1] END, CASE WHEN c.decided > 0 THEN c.decision[2] END,
               c.closed, CASE WHEN c.closed > 0 THEN c.closing[1] END, CASE WHEN c.closed > 0 THEN c.closing[2] END
          FROM counted c LEFT JOIN msb_org.report_units(s.document) u ON u.unit = c.unit
         ORDER BY c.unit;
END $$;
COMMENT ON FUNCTION msb_org.case_times(text, date, date) IS
'Reports the time from a case''s opening to its decision and to its closing, by the unit that has the case, or had it last: unit, title, and these columns.

- decided_cases: cases decided in the period; decision_days and decision_days_p90: half of them, and nine in ten, took so many days or fewer. closed_cases, closing_days, closing_days_p90: the same for cases closed in it.
- It counts cases that the ledger knows and that the structure judged last; for structure see load_by_area().
- The day of decision is the present value of the column named by attach(decided =>). Days before the opening are left out.

Counts under min_cell are NULL, and so are the days with them. Returns no rows for a NULL day. Raises 42704 for a structure that was never adopted.';

CREATE FUNCTION msb_org.first_decision_times(structure text DEFAULT NULL, from_date date DEFAULT '-infinity', to_date date DEFAULT msb_org.today())
    RETURNS TABLE (unit text, title text, citizens bigint, days integer, days_p90 integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(first_decision_times.structure, first_decision_times.to_date);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH last_row AS (
            SELECT a.citizen, a.case_table, a.case_key, a.unit, a.opened, a.structure, a.revision
              FROM msb_org.assignment a
             WHERE a.citizen <> '' AND a.finding IS DISTINCT FROM 'no_cpr'
               AND NOT EXISTS (SELECT FROM msb_org.assignment n
                                WHERE n.case_table = a.case_table AND n.case_key = a.case_key AND n.valid_from = a.valid_to)
        ), first_decision AS (
            SELECT DISTINCT ON (l.citizen) l.citizen, l.unit, l.structure, l.revision, f.decided
              FROM last_row l JOIN msb_org.case_fact_rows() f ON f.case_table = l.case_table AND f.case_key = l.case_key
             WHERE f.decided IS NOT NULL
             ORDER BY l.citizen, f.decided, l.case_table, l.case_key
        ), first_contact AS (
            SELECT c.citizen, min(c.day) AS day
              FROM (SELECT l.citizen, l.opened AS day FROM last_row l
                    UNION ALL
                    SELECT msb_org.citizen_key(f.citizen), msb_org.local_day(f.first)
                      FROM (SELECT k.citizen COLLATE "C" AS citizen, min(k.at) AS first
                              FROM msb_org.contact_facts('-infinity', 'infinity') k GROUP BY 1) f) c
             GROUP BY c.citizen
        ), counted AS (
            SELECT d.unit, msb_org.small_cell(count(*)) AS citizens,
                   percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY d.decided - c.day) AS days
              FROM first_decision d JOIN first_contact c ON c.citizen = d.citizen
             WHERE d.decided BETWEEN first_decision_times.from_date AND first_decision_times.to_date AND d.decided >= c.day
               AND d.structure = s.structure_name AND (s.revision IS NULL OR d.revision = s.revision)
             GROUP BY d.unit
        )
        SELECT c.unit::text, coalesce(u.title, CASE WHEN c.unit IS NULL THEN 'Kan ikke vurderes' END), c.citizens,
               CASE WHEN c.citizens > 0 THEN c.days[1] END, CASE WHEN c.citizens > 0 THEN c.days[2] END
          FROM counted c LEFT JOIN msb_org.report_units(s.document) u ON u.unit = c.unit
         ORDER BY c.unit;
END $$;
COMMENT ON FUNCTION msb_org.first_decision_times(text, date, date) IS
'Reports the time from a citizen''s first contact to the first decision in any of the citizen''s cases, by the unit that has that case, or had it last: unit, title, citizens whose first decision is in the period, days and days_p90 (half of them, and nine in ten, waited so many days or fewer). The first contact is the earliest in the tables of contacts, or the opening of the citizen''s first case if that is earlier. It counts cases that the ledger knows; structure, small counts and errors are as in case_times().';

CREATE FUNCTION msb_org.contacts_by_area(from_date date, to_date date DEFAULT msb_org.today(), on_date date DEFAULT NULL)
    RETURNS TABLE (month date, unit text, title text, channel text, contacts bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 100
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    fixed timestamptz := msb_org.day_start(contacts_by_area.on_date + 1) - interval '1 microsecond';
BEGIN
    RETURN QUERY
        WITH c AS (
            -- one row for all contacts with the same units
            SELECT msb_org.citizen_key(f.citizen) COLLATE "C" AS citizen, date_trunc('month', msb_org.local_day(f.at)::timestamp)::date AS month,
                   coalesce(fixed, f.at) AS at, f.channel COLLATE "C" AS channel, count(*) AS contacts
              FROM msb_org.contact_facts(contacts_by_area.from_date, contacts_by_area.to_date) f
             GROUP BY 1, 2, 3, 4
        ), responsible AS (
            SELECT a.citizen, a.unit, range_agg(tstzrange(a.valid_from, a.valid_to)) AS spans
              FROM msb_org.assignment a
             WHERE a.citizen <> '' AND a.unit IS NOT NULL
             GROUP BY a.citizen, a.unit
        ), counted AS (
            SELECT c.month, r.unit, c.channel, sum(c.contacts)::bigint AS contacts
              FROM c JOIN responsible r ON r.citizen = c.citizen AND r.spans @> c.at
             GROUP BY 1, 2, 3
             UNION ALL
            SELECT c.month, NULL, c.channel, sum(c.contacts)::bigint
              FROM c LEFT JOIN responsible r ON r.citizen = c.citizen AND r.spans @> c.at
             WHERE r.citizen IS NULL
             GROUP BY 1, 3
        )
        SELECT n.month, n.unit::text, coalesce(u.title, CASE WHEN n.unit IS NULL THEN 'Ingen sag' END), n.channel::text, msb_org.small_cell(n.contacts)
          FROM counted n LEFT JOIN msb_org.unit_title u ON u.unit = n.unit
         ORDER BY n.month, n.unit, n.channel;
END $$;
COMMENT ON FUNCTION msb_org.contacts_by_area(date, date, date) IS
'Reports contacts with citizens, from the tables named by attach_contacts(): month (its first day), unit, title, channel, contacts. A contact counts for each unit that was responsible for an open case of the citizen at that instant, or at the end of on_date if that is given. If there is no such unit, unit is NULL. So a contact of a citizen with cases in two units is in two rows. Contacts before the ledger began have no unit without on_date. Counts under min_cell are NULL. Returns no rows for a NULL first or last day. Raises 42703 if a column of a table of contacts has been renamed.';
