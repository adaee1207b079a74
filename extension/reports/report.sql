-- The parts that reports share: days, structures and their units, and the columns of an
-- application's table that only reports use. Reports count as the extension's owner, and their
-- results hold no citizen's key. The planner knows little about how rows of the ledger follow each
-- other and estimates too few: reports that read all of it run without nested loops.
-- A COMMENT that begins with Report marks a report and names its columns: sql/report.sql checks that.

CREATE FUNCTION msb_org.small_cell(count bigint) RETURNS bigint
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_small_cell';
COMMENT ON FUNCTION msb_org.small_cell(bigint) IS
'Used by the reports: a count of people or cases as a report may show it. It is NULL from 1 to one less than the superuser setting msb_org.min_cell (5); else the count, 0 included, which identifies nobody.';

CREATE FUNCTION msb_org.day_start(day date) RETURNS timestamptz
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'msb_day_start';
COMMENT ON FUNCTION msb_org.day_start(date) IS 'Used by the reports: the instant at which a day begins in msb_org.timezone.';

CREATE FUNCTION msb_org.report_structure(structure text, on_date date)
    RETURNS TABLE (structure_name text, revision integer, document jsonb)
    LANGUAGE plpgsql STABLE COST 1000 ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name   text := split_part(report_structure.structure, '#', 1);
    number text := substr(report_structure.structure, length(split_part(report_structure.structure, '#', 1)) + 2);
BEGIN
    IF report_structure.structure IS NULL THEN
        RETURN QUERY SELECT e.structure, NULL::integer, e.document FROM msb_org.enactment e
                      WHERE e.in_force @> report_structure.on_date;
        RETURN;
    END IF;
    RETURN QUERY
        SELECT e.structure, CASE WHEN number <> '' THEN e.revision END, e.document FROM msb_org.enactment e
         WHERE e.structure = name AND (number = '' OR e.revision::text = number)
         ORDER BY e.withdrawn_at IS NULL DESC, e.from_date <= report_structure.on_date DESC,
               CASE WHEN e.from_date <= report_structure.on_date THEN e.from_date END DESC, e.from_date, e.revision DESC
         LIMIT 1;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('no structure "%s" was ever adopted'), msb_org.printable(report_structure.structure)),
            HINT = msb_org.gettext('SELECT structure, revision, in_force FROM msb_org.enactment shows what there is.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.report_structure(text, date) IS
'Used by the reports: the enacted structure that they are about: structure_name, its revision if one was named (as name#n), and the document with the titles. NULL: the one in force on on_date, no row if none is. Raises 42704 if it was never adopted.';

CREATE FUNCTION msb_org.report_units(document jsonb, kind text DEFAULT NULL)
    RETURNS TABLE (unit text, counted_as text, title text, unit_kind text)
    LANGUAGE plpgsql IMMUTABLE COST 1000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF kind <> ALL ('{department,administration,operating_area,staff,entry,external,political,executive}'::text[]) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('there is no kind of unit "%s"'), msb_org.printable(kind)),
            HINT = msb_org.gettext('The kinds are department, administration, operating_area, staff, entry, external, political and executive.');
    END IF;
    RETURN QUERY
        WITH RECURSIVE u AS (
            SELECT r.unit, r.parent, r.kind, r.title
              FROM jsonb_to_recordset(document -> 'units') AS r (unit text, parent text, kind text, title text)
        ), up AS (
            SELECT u.unit AS start, u.unit, u.parent, u.kind, u.title, ARRAY[u.unit] AS way FROM u
            UNION ALL
            -- upwards until a unit of the kind
            SELECT up.start, u.unit, u.parent, u.kind, u.title, up.way || u.unit
              FROM up JOIN u ON u.unit = up.parent
             WHERE up.kind <> report_units.kind AND u.unit <> ALL (up.way)
        )
        SELECT up.start, up.unit, up.title, up.kind FROM up
         WHERE report_units.kind IS NULL AND up.unit = up.start OR up.kind = report_units.kind;
END $$;
COMMENT ON FUNCTION msb_org.report_units(jsonb, text) IS
'Used by the reports: the units of a structure''s document, and the unit as which each is counted, with its title and kind. A unit is counted as itself. If a kind is given, it is counted as the nearest unit of that kind above it or itself; a unit without one is left out. Raises 22023 for an unknown kind.';

CREATE VIEW msb_org.unit_title AS
    SELECT DISTINCT ON (u.unit) u.unit, u.title, u.kind, e.structure
      FROM msb_org.enactment e,
   LATERAL jsonb_to_recordset(e.document -> 'units') AS u (unit text, title text, kind text)
     WHERE e.withdrawn_at IS NULL
     ORDER BY u.unit, e.from_date <= msb_org.today() DESC, e.from_date DESC, e.revision DESC;
COMMENT ON VIEW msb_org.unit_title IS 'The title of every unit that an enacted structure has or had, from the newest of them that has begun, else from the one that begins next.';
COMMENT ON COLUMN msb_org.unit_title.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.unit_title.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.unit_title.kind IS 'operating_area, entry, external and so on; see unit.';
COMMENT ON COLUMN msb_org.unit_title.structure IS 'The structure that has this title.';

CREATE FUNCTION msb_org.danish_title(code text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 5
RETURN CASE danish_title.code
    -- findings
    WHEN 'wrong_area' THEN 'Andet område angivet end reglens'
    WHEN 'gap' THEN 'Ingen regel dækker sagen'
    WHEN 'conflict' THEN 'Flere regler strides om sagen'
    WHEN 'no_structure' THEN 'Ingen organisering i kraft'
    WHEN 'missing_label' THEN 'Oplysning mangler'
    WHEN 'unknown_label' THEN 'Ukendt kode'
    WHEN 'no_cpr' THEN 'Intet gyldigt CPR-nummer'
    WHEN 'born_later' THEN 'Fødselsdato efter dagen'
    WHEN 'no_parent' THEN 'Borgeren findes ikke'
    -- statuses of plans
    WHEN 'draft' THEN 'Kladde'
    WHEN 'offered' THEN 'Tilbudt'
    WHEN 'consented' THEN 'Samtykke givet'
    WHEN 'declined' THEN 'Afslået af borgeren'
    WHEN 'active' THEN 'I gang'
    WHEN 'under_review' THEN 'Under revision'
    WHEN 'closed' THEN 'Afsluttet'
    WHEN 'replaced' THEN 'Erstattet af anden plan'
    WHEN 'revoked' THEN 'Samtykke trukket tilbage'
    WHEN 'entered_in_error' THEN 'Oprettet ved en fejl'
    -- causes of handovers
    WHEN 'birthday' THEN 'Fødselsdag'
    WHEN 'structure' THEN 'Ny organisering'
    WHEN 'override_end' THEN 'Undtagelse udløber'
    WHEN 'case' THEN 'Ændring i sagen'
    -- kinds of units
    WHEN 'department' THEN 'Magistratsafdeling'
    WHEN 'administration' THEN 'Forvaltning'
    WHEN 'operating_area' THEN 'Driftsområde'
    WHEN 'staff' THEN 'Stab'
    WHEN 'entry' THEN 'Indgang'
    WHEN 'external' THEN 'Uden for afdelingen'
    WHEN 'political' THEN 'Politisk ledelse'
    WHEN 'executive' THEN 'Direktion'
    -- other kinds of findings; the first two are causes of stranding
    WHEN 'unit_gone' THEN 'Enheden findes ikke længere'
    WHEN 'not_reassigned' THEN 'Ikke vurderet efter den nye organisering'
    WHEN 'uncertain_birth' THEN 'Fødselsdato usikker'
    WHEN 'challenge_disagreement' THEN 'Anden udfordring end borgerens primære'
END;
COMMENT ON FUNCTION msb_org.danish_title(text) IS
'Used by the reports: the Danish title of a finding''s kind, a status of a plan, a cause of a handover or of stranding, a kind of unit; NULL for another text.';

-- Rows of an application's table, read as its owner.
CREATE FUNCTION msb_org.case_facts(case_table text) RETURNS TABLE (case_key text, decided date, caseworker text)
    LANGUAGE c STABLE STRICT COST 100000 ROWS 100000
    AS 'MODULE_PATHNAME', 'msb_case_facts';
COMMENT ON FUNCTION msb_org.case_facts(text) IS
'Used by the reports: for every case in an attached table its case_key, the day on which it was decided and its caseworker, as attach() named the columns (NULL if it named none), read as the table''s owner. No rows if no such table is attached. Granted to nobody, the role that installs the extension included.';

CREATE FUNCTION msb_org.case_fact_rows() RETURNS TABLE (case_table text, case_key text, decided date, caseworker text)
    LANGUAGE plpgsql STABLE COST 100000 ROWS 100000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT t.case_table::text, f.case_key, f.decided, f.caseworker
                   FROM msb_org.attached_table t, LATERAL msb_org.case_facts(t.case_table) f;
END $$;
COMMENT ON FUNCTION msb_org.case_fact_rows() IS 'Used by the reports: case_facts() of all attached tables, with the case_table.';
