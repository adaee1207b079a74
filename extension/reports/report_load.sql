-- Reports on load: the cases and citizens of each unit, and the citizens that units share.

CREATE FUNCTION msb_org.load_by_area(structure text DEFAULT NULL, from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today())
    RETURNS TABLE (unit text, title text, kind text, open_cases bigint, citizens bigint, new_cases bigint, closed_cases bigint,
                   staff numeric, net_budget numeric, cases_per_employee numeric, citizens_per_employee numeric, cost_per_citizen numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
    first  timestamptz := msb_org.day_start(load_by_area.from_date);
    last   timestamptz := msb_org.day_start(load_by_area.to_date + 1);
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(load_by_area.structure, load_by_area.to_date);
    IF NOT FOUND OR first IS NULL OR last IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH rows AS (
            SELECT a.* FROM msb_org.assignment a
             WHERE a.structure = s.structure_name AND (s.revision IS NULL OR a.revision = s.revision)
               AND a.valid_from < last AND (a.valid_to IS NULL OR a.valid_to > first)
        ), standing AS (
            SELECT r.unit, count(*) AS cases, count(DISTINCT r.citizen) FILTER (WHERE r.citizen <> '' AND r.finding IS DISTINCT FROM 'no_cpr') AS citizens
              FROM rows r WHERE r.valid_to IS NULL OR r.valid_to >= last GROUP BY r.unit
        ), begun AS (
            SELECT o.unit, count(*) AS cases
              FROM (SELECT DISTINCT ON (r.case_table, r.case_key) r.unit
                      FROM rows r WHERE r.opened BETWEEN load_by_area.from_date AND load_by_area.to_date
                     ORDER BY r.case_table, r.case_key, r.valid_from DESC) o
             GROUP BY o.unit
        ), ended AS (
            SELECT r.unit, count(*) AS cases
              FROM rows r
             WHERE r.valid_to >= first AND r.valid_to < last AND r.closed <= msb_org.local_day(r.valid_to)
               AND NOT EXISTS (SELECT FROM msb_org.assignment n
                                WHERE n.case_key = r.case_key AND n.case_table = r.case_table AND n.valid_from = r.valid_to)
             GROUP BY r.unit
        ), shown AS (
            SELECT u.unit, u.title, u.unit_kind FROM msb_org.report_units(s.document) u
             WHERE u.unit_kind IN ('operating_area', 'entry', 'external')
                OR u.unit IN (SELECT r.unit FROM rows r)
            UNION ALL
            SELECT d.unit, NULL, NULL FROM (SELECT DISTINCT r.unit FROM rows r) d
             WHERE d.unit IS NULL OR d.unit NOT IN (SELECT u.unit FROM msb_org.report_units(s.document) u)
        ), counted AS (
            SELECT h.*, coalesce(c.cases, 0) AS open_cases, coalesce(c.citizens, 0) AS citizens,
                   coalesce(b.cases, 0) AS new_cases, coalesce(e.cases, 0) AS closed_cases, f.staff, f.net_budget
              FROM shown h
              LEFT JOIN standing c ON c.unit IS NOT DISTINCT FROM h.unit
              LEFT JOIN begun b ON b.unit IS NOT DISTINCT FROM h.unit
              LEFT JOIN ended e ON e.unit IS NOT DISTINCT FROM h.unit
              LEFT JOIN msb_org.unit_figure f ON f.structure = s.structure_name AND f.unit = h.unit
               AND f.year::numeric = extract(year FROM load_by_area.to_date)
        ), guarded AS (
            SELECT c.unit, coalesce(c.title, CASE WHEN c.unit IS NULL THEN 'Kan ikke vurderes' END) AS title, c.unit_kind,
                   msb_org.small_cell(c.open_cases) AS open_cases, msb_org.small_cell(c.citizens) AS citizens,
                   msb_org.small_cell(c.new_cases) AS new_cases, msb_org.small_cell(c.closed_cases) AS closed_cases,
                   c.staff, c.net_budget
              FROM counted c
        )
        SELECT g.unit::text, g.title, g.unit_kind, g.open_cases, g.citizens, g.new_cases, g.closed_cases, g.staff, g.net_budget,
               round(g.open_cases / nullif(g.staff, 0), 1), round(g.citizens / nullif(g.staff, 0), 1),
               round(g.net_budget / nullif(g.citizens, 0))
          FROM guarded g ORDER BY g.unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.load_by_area(text, date, date) IS
'Reports the load of each unit: unit, title, kind, and these columns.

- open_cases, citizens (with an open case): at the end of to_date. new_cases: cases whose day of opening is in the period, with the unit that had them last in it. closed_cases: cases that were closed in the period.
- staff, net_budget: those of unit_figure in the year of to_date. cases_per_employee, citizens_per_employee, cost_per_citizen (net budget, in kroner).
- structure: the cases that it judged are counted (NULL: the one in force on to_date; name#n: one revision).
- The row without a unit has the cases that cannot be judged.

Counts under min_cell are NULL, and so are the figures computed from them. Returns no rows for a NULL day or if no structure is in force. Raises 42704 for a structure that was never adopted.';

-- The units of each citizen's open cases in a period: the rows that citizens_by() and area_overlap() count.
CREATE FUNCTION msb_org.citizen_units(structure text, kind text, from_date date, to_date date)
    RETURNS TABLE (citizen text, unit text, title text, unit_kind text, cases bigint)
    LANGUAGE plpgsql STABLE COST 100000 ROWS 100000
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
    first  timestamptz := msb_org.day_start(citizen_units.from_date);
    last   timestamptz := msb_org.day_start(citizen_units.to_date + 1);
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(citizen_units.structure, citizen_units.to_date);
    IF NOT FOUND OR first IS NULL OR last IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT a.citizen::text, u.counted_as, min(u.title), min(u.unit_kind), count(DISTINCT (a.case_table, a.case_key))
          FROM msb_org.assignment a
          JOIN msb_org.report_units(s.document, citizen_units.kind) u ON u.unit = a.unit
         WHERE a.structure = s.structure_name AND (s.revision IS NULL OR a.revision = s.revision)
           AND a.valid_from < last AND (a.valid_to IS NULL OR a.valid_to > first)
           AND a.citizen <> '' AND a.finding IS DISTINCT FROM 'no_cpr'
         GROUP BY a.citizen, u.counted_as;
END $$;
COMMENT ON FUNCTION msb_org.citizen_units(text, text, date, date) IS
'Used by the reports: for each citizen and unit with an open case in the period citizen (personal data), unit, its title and unit_kind, and cases. See citizens_by() for the arguments.';

-- The one place where citizens are counted: a row for each citizen and bucket, and their number.
CREATE FUNCTION msb_org.citizens_by(dimension text DEFAULT 'unit', structure text DEFAULT NULL, kind text DEFAULT NULL, from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today())
    RETURNS TABLE (bucket text, title text, number bigint, citizens bigint, only_here bigint, cases bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    dimensions CONSTANT text[] := '{unit,number_of_units,case_tables,number_of_caseworkers}';
    first      timestamptz := msb_org.day_start(citizens_by.from_date);
    last       timestamptz := msb_org.day_start(citizens_by.to_date + 1);
BEGIN
    IF (dimension = ANY (dimensions)) IS NOT TRUE THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('there is no dimension "%s"'), coalesce(msb_org.printable(dimension), '')),
            HINT = msb_org.gettext('The dimensions are unit, number_of_units, case_tables and number_of_caseworkers.');
    END IF;
    IF dimension IN ('case_tables', 'number_of_caseworkers') AND (citizens_by.structure IS NOT NULL OR citizens_by.kind IS NOT NULL) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('dimension %s takes no structure and no kind'), dimension),
            HINT = msb_org.gettext('It counts the cases of all structures and units.');
    END IF;
    IF dimension = 'number_of_caseworkers' AND (citizens_by.from_date, citizens_by.to_date) IS DISTINCT FROM (msb_org.today(), msb_org.today()) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('dimension %s takes no from_date and no to_date'), dimension),
            HINT = msb_org.gettext('It counts the cases that are open today, by the caseworkers of today.');
    END IF;
    RETURN QUERY
        WITH counted AS (
            SELECT w.unit AS bucket, w.title, NULL::bigint AS number, count(*) OVER (PARTITION BY w.citizen) = 1 AS is_alone, w.cases
              FROM msb_org.citizen_units(citizens_by.structure, citizens_by.kind, citizens_by.from_date, citizens_by.to_date) w
             WHERE dimension = 'unit'
             UNION ALL
            SELECT NULL, NULL, count(*), NULL, NULL
              FROM msb_org.citizen_units(citizens_by.structure, citizens_by.kind, citizens_by.from_date, citizens_by.to_date) w
             WHERE dimension = 'number_of_units' GROUP BY w.citizen
             UNION ALL
            SELECT string_agg(o.case_table, ' + ' ORDER BY o.case_table COLLATE "C"), NULL, count(*), NULL, NULL
              FROM (SELECT DISTINCT a.citizen, a.case_table FROM msb_org.assignment a
                     WHERE a.valid_from < last AND (a.valid_to IS NULL OR a.valid_to > first)
                       AND a.citizen <> '' AND a.finding IS DISTINCT FROM 'no_cpr') o
             WHERE dimension = 'case_tables' AND first IS NOT NULL GROUP BY o.citizen
             UNION ALL
            SELECT NULL, NULL, count(DISTINCT (a.case_table, nullif(f.caseworker, ''))) FILTER (WHERE f.caseworker <> ''), NULL, NULL
              FROM msb_org.assignment a
              LEFT JOIN msb_org.case_fact_rows() f ON f.case_table = a.case_table AND f.case_key = a.case_key
             WHERE dimension = 'number_of_caseworkers' AND a.valid_to IS NULL AND a.citizen <> '' AND a.finding IS DISTINCT FROM 'no_cpr'
             GROUP BY a.citizen
        )
        SELECT coalesce(c.bucket, c.number::text),
               CASE dimension
                    WHEN 'unit' THEN min(c.title)
                    WHEN 'case_tables' THEN c.bucket
                    WHEN 'number_of_units' THEN c.number || CASE c.number WHEN 1 THEN ' enhed' ELSE ' enheder' END
                    ELSE CASE c.number WHEN 0 THEN 'Ingen sagsbehandler' WHEN 1 THEN '1 sagsbehandler' ELSE c.number || ' sagsbehandlere' END
               END,
               c.number, msb_org.small_cell(count(*)), msb_org.small_cell(sum(c.is_alone::integer)), msb_org.small_cell(sum(c.cases)::bigint)
          FROM counted c GROUP BY c.bucket, c.number ORDER BY c.number, c.bucket COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.citizens_by(text, text, text, date, date) IS
'Reports citizens with an open case at some time in the period, counted by a dimension (default: unit). bucket: the code under which they are counted; title: the same for people, in Danish; number: the number of units, case tables or caseworkers (NULL for unit), by which the rows are sorted; citizens. dimension:

- unit: the units that had their cases; a citizen may be in several rows. only_here: those of them with no open case in another of the units shown; cases: their cases there. Both are NULL for every other dimension.
- number_of_units: the number of units that had their cases. With kind administration, the row of 2 has the citizens in both administrations.
- case_tables: the case tables (applications) that had their cases; bucket is the names, joined. A case that cannot be judged counts too.
- number_of_caseworkers: the number of caseworkers that a citizen meets today: the different ones of the open cases, by the present values of the columns named by attach(caseworker =>) (the same name in two tables is two). The row of 0 has the citizens whose cases name nobody.

A case whose text is no CPR number is not counted. structure: see load_by_area(). kind: a unit is counted as the unit of that kind above it (such as administration), and left out if there is none; NULL: each by itself. The dimensions case_tables and number_of_caseworkers take neither, and number_of_caseworkers takes no days. Counts under min_cell are NULL. Returns no rows for a NULL day. Raises 22023 for an unknown dimension or kind and for a parameter that the dimension does not take, 42704 for a structure that was never adopted.';

CREATE FUNCTION msb_org.area_overlap(structure text DEFAULT NULL, kind text DEFAULT NULL, from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today())
    RETURNS TABLE (unit text, title text, with_unit text, with_title text, citizens bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH w AS MATERIALIZED (
            SELECT * FROM msb_org.citizen_units(area_overlap.structure, area_overlap.kind, area_overlap.from_date, area_overlap.to_date)
        ), several AS (     -- a citizen in one unit alone is on the diagonal only
            SELECT w.citizen, array_agg(w.unit) AS units FROM w GROUP BY w.citizen
        ), pair AS (
            SELECT a.unit, b.unit AS with_unit, count(*) AS citizens
              FROM several v, LATERAL unnest(v.units) AS a (unit), LATERAL unnest(v.units) AS b (unit)
             GROUP BY 1, 2
        ), titled AS (
            SELECT w.unit, min(w.title) AS title FROM w GROUP BY w.unit
        )
        SELECT p.unit, t.title, p.with_unit, o.title, msb_org.small_cell(p.citizens)
          FROM pair p JOIN titled t ON t.unit = p.unit JOIN titled o ON o.unit = p.with_unit
         ORDER BY p.unit COLLATE "C", p.with_unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.area_overlap(text, text, date, date) IS
'Reports for each two units the citizens with open cases in both in the period: unit, its title, with_unit, with_title, citizens. Each pair is listed in both directions, for psql''s \crosstabview unit with_unit citizens; a unit paired with itself has its own citizens. Pairs without citizens have no row. Arguments, small counts and errors are those of citizens_by(''unit'').';

CREATE FUNCTION msb_org.caseworkers_by_area(structure text DEFAULT NULL)
    RETURNS TABLE (unit text, title text, caseworkers bigint, open_cases bigint, cases_per_caseworker numeric, cases_p90 bigint, unnamed_cases bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(caseworkers_by_area.structure, msb_org.today());
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH person AS (
            SELECT a.unit, nullif(f.caseworker, '') AS caseworker, count(*) AS cases
              FROM msb_org.assignment a
              LEFT JOIN msb_org.case_fact_rows() f ON f.case_table = a.case_table AND f.case_key = a.case_key
             WHERE a.structure = s.structure_name AND (s.revision IS NULL OR a.revision = s.revision) AND a.valid_to IS NULL
             GROUP BY a.unit, a.case_table, nullif(f.caseworker, '')
        ), counted AS (
            SELECT p.unit, msb_org.small_cell(count(p.caseworker)) AS people,
                   coalesce(sum(p.cases) FILTER (WHERE p.caseworker IS NOT NULL), 0)::bigint AS named,
                   coalesce(sum(p.cases) FILTER (WHERE p.caseworker IS NULL), 0)::bigint AS unnamed,
                   percentile_disc(0.9) WITHIN GROUP (ORDER BY p.cases) FILTER (WHERE p.caseworker IS NOT NULL) AS p90
              FROM person p GROUP BY p.unit
        )
        SELECT c.unit::text, coalesce(u.title, CASE WHEN c.unit IS NULL THEN 'Kan ikke vurderes' END), c.people, msb_org.small_cell(c.named),
               round(msb_org.small_cell(c.named)::numeric / nullif(c.people, 0), 1), CASE WHEN c.people > 0 THEN c.p90 END, msb_org.small_cell(c.unnamed)
          FROM counted c LEFT JOIN msb_org.report_units(s.document) u ON u.unit = c.unit
         ORDER BY c.unit;
END $$;
COMMENT ON FUNCTION msb_org.caseworkers_by_area(text) IS
'Reports how many open cases the caseworkers of each unit have today, and nobody by name: unit, title, and these columns.

- caseworkers: the different ones of the unit''s open cases, by the present values of the columns named by attach(caseworker =>) (the same name in two tables is two).
- open_cases: those with a caseworker. cases_per_caseworker: their mean. cases_p90: nine in ten caseworkers have so many there or fewer. unnamed_cases: open cases without a caseworker.

structure: see load_by_area(). Counts under min_cell are NULL. If there are fewer than min_cell caseworkers, so are the mean and cases_p90. Raises 42704 for a structure that was never adopted.';
