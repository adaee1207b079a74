-- The ledger: which unit is responsible for which case, from when, to when, and why.
-- Codes and keys compare bytewise (COLLATE "C"): the same on every machine.

CREATE TABLE msb_org.assignment (
    case_table  text COLLATE "C" NOT NULL,
    case_key    text COLLATE "C" NOT NULL,
    citizen     text COLLATE "C" NOT NULL DEFAULT '',
    unit        text COLLATE "C",
    rule        text COLLATE "C",
    structure   text COLLATE "C",
    revision    integer,
    opened      date,
    closed      date,
    valid_from  timestamptz NOT NULL,
    valid_to    timestamptz,
    origin      text COLLATE "C" NOT NULL,
    given       text COLLATE "C",
    finding     text COLLATE "C",
    reason      text COLLATE "C",
    due         date,
    birth       date,
    situation   msb_org.target_group,
    actor       text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (citizen, case_table, case_key, valid_from),
    CONSTRAINT assignment_span CHECK (valid_to OPERATOR(pg_catalog.>) valid_from)
);
-- The last rows of a case, read at every judging.
CREATE INDEX assignment_case ON msb_org.assignment (case_key, case_table, valid_from);
-- The rows that the daily job reads.
CREATE INDEX assignment_due ON msb_org.assignment (due) WHERE valid_to IS NULL AND due IS NOT NULL;

COMMENT ON TABLE msb_org.assignment IS 'The ledger: one open row per open case from its first judging to its closing, and ended rows before it. Rows end; they are not changed afterwards.';
COMMENT ON COLUMN msb_org.assignment.case_table IS 'Name of the case table, fixed at attach().';
COMMENT ON COLUMN msb_org.assignment.case_key IS 'The case''s key in its table, as text.';
COMMENT ON COLUMN msb_org.assignment.citizen IS 'The citizen''s key: a CPR number as DDMMYY-SSSS, anything else as its text; empty for a case without one, and after purge_ended(). Personal data.';
COMMENT ON COLUMN msb_org.assignment.unit IS 'The responsible unit; NULL if the case cannot be judged.';
COMMENT ON COLUMN msb_org.assignment.rule IS 'The rule that decided; NULL if none did.';
COMMENT ON COLUMN msb_org.assignment.structure IS 'The structure that was in force.';
COMMENT ON COLUMN msb_org.assignment.revision IS 'The revision of that structure.';
COMMENT ON COLUMN msb_org.assignment.opened IS 'The day on which the case was opened, from the application''s column.';
COMMENT ON COLUMN msb_org.assignment.closed IS 'The day on which the case was or will be closed, from the application''s column.';
COMMENT ON COLUMN msb_org.assignment.valid_from IS 'The time from which on the unit is responsible: the clock at the writing, on msb_org.today if that is set.';
COMMENT ON COLUMN msb_org.assignment.valid_to IS 'The time until which it was responsible; NULL while it is.';
COMMENT ON COLUMN msb_org.assignment.origin IS 'The cause of the row: write (an application''s statement), reassign, due (reassign_due), parent (a change in the table that the case refers to), override.';
COMMENT ON COLUMN msb_org.assignment.given IS 'The value of the area column if it differed from unit, empty if the column was empty. The column keeps the value if finding is set or the mode is observe; else the unit replaces it.';
COMMENT ON COLUMN msb_org.assignment.finding IS 'The code for what is wrong: wrong_area (the application gave another area than the rule), gap, conflict, no_structure, missing_label, unknown_label, no_cpr, born_later, no_parent; NULL if nothing is.';
COMMENT ON COLUMN msb_org.assignment.reason IS 'The finding in words, or the reason of an override.';
COMMENT ON COLUMN msb_org.assignment.due IS 'The day on which reassign_due() judges the case again: a birthday at an age bound, a future closing, the end of an override or of the structure.';
COMMENT ON COLUMN msb_org.assignment.birth IS 'The citizen''s birth date as the case gives it; NULL if it is unknown, and after purge_ended(). Personal data. It follows the case.';
COMMENT ON COLUMN msb_org.assignment.situation IS 'The labels of the case, without its age, by which duties, handovers and consents are found; NULL if a label is unknown or missing. It follows the case.';
COMMENT ON COLUMN msb_org.assignment.actor IS 'The user who made the change: the setting msb_org.actor, else session_user.';
COMMENT ON COLUMN msb_org.assignment.recorded_at IS 'The time at which the transaction that wrote the row began, by the real clock.';

CREATE VIEW msb_org.current_assignment AS
    SELECT a.case_table, a.case_key, NULLIF(a.citizen, '') AS citizen, a.unit, a.rule, a.structure, a.revision,
           a.opened, a.valid_from, a.origin, a.given, a.finding, a.reason, a.due, a.actor
      FROM msb_org.assignment a
     WHERE a.valid_to IS NULL;
COMMENT ON VIEW msb_org.current_assignment IS 'The open row of every open case: the unit that is responsible now.';
COMMENT ON COLUMN msb_org.current_assignment.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.current_assignment.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.current_assignment.citizen IS 'The citizen''s key; NULL for a case without one. Personal data.';
COMMENT ON COLUMN msb_org.current_assignment.unit IS 'The unit that is responsible now; NULL if the case cannot be judged.';
COMMENT ON COLUMN msb_org.current_assignment.rule IS 'The rule that decided.';
COMMENT ON COLUMN msb_org.current_assignment.structure IS 'The structure that was in force.';
COMMENT ON COLUMN msb_org.current_assignment.revision IS 'The revision of that structure.';
COMMENT ON COLUMN msb_org.current_assignment.opened IS 'The day on which the case was opened.';
COMMENT ON COLUMN msb_org.current_assignment.valid_from IS 'The time from which on the unit is responsible.';
COMMENT ON COLUMN msb_org.current_assignment.origin IS 'The cause of the row; see assignment.';
COMMENT ON COLUMN msb_org.current_assignment.given IS 'The value of the area column if it differed from unit.';
COMMENT ON COLUMN msb_org.current_assignment.finding IS 'The code for what is wrong; NULL if nothing is.';
COMMENT ON COLUMN msb_org.current_assignment.reason IS 'The finding in words, or the reason of an override.';
COMMENT ON COLUMN msb_org.current_assignment.due IS 'The day on which the case is judged again.';
COMMENT ON COLUMN msb_org.current_assignment.actor IS 'The user who made the change.';

CREATE VIEW msb_org.violation AS
    SELECT a.case_table, a.case_key, a.finding, NULLIF(a.given, '') AS given, a.unit AS expected, a.rule, a.reason, a.valid_from AS since
      FROM msb_org.assignment a
     WHERE a.valid_to IS NULL AND a.finding IS NOT NULL;
COMMENT ON VIEW msb_org.violation IS 'Open cases with a finding: the application gave another area than the rule (wrong_area), or the case cannot be judged.';
COMMENT ON COLUMN msb_org.violation.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.violation.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.violation.finding IS 'wrong_area, or why the case cannot be judged; see assignment.';
COMMENT ON COLUMN msb_org.violation.given IS 'The area that the column holds.';
COMMENT ON COLUMN msb_org.violation.expected IS 'The unit that is responsible by the rule; NULL if the case cannot be judged.';
COMMENT ON COLUMN msb_org.violation.rule IS 'The rule that decides.';
COMMENT ON COLUMN msb_org.violation.reason IS 'The finding in words.';
COMMENT ON COLUMN msb_org.violation.since IS 'The time since which the case has the finding.';

CREATE VIEW msb_org.stranded_case AS
    WITH in_force AS MATERIALIZED (
        SELECT e.structure, e.revision, pg_catalog.lower(e.in_force) AS since,
               ARRAY(SELECT u OPERATOR(pg_catalog.->>) 'unit'
                       FROM pg_catalog.jsonb_array_elements(e.document OPERATOR(pg_catalog.->) 'units') AS u) AS units
          FROM msb_org.enactment e
         WHERE e.in_force OPERATOR(pg_catalog.@>) msb_org.today())
    SELECT a.case_table, a.case_key, a.unit, a.structure, a.revision,
           CASE WHEN a.unit OPERATOR(pg_catalog.<>) ALL (f.units) THEN 'unit_gone' ELSE 'not_reassigned' END AS cause,
           GREATEST(f.since, a.opened) AS since
      FROM msb_org.assignment a, in_force f
     WHERE a.valid_to IS NULL
       AND (a.unit OPERATOR(pg_catalog.<>) ALL (f.units)
            OR (a.structure OPERATOR(pg_catalog.=) f.structure AND a.revision OPERATOR(pg_catalog.=) f.revision) IS NOT TRUE);
COMMENT ON VIEW msb_org.stranded_case IS 'Used by finding and stranded_by_unit(): open cases whose unit the structure in force does not have, or that have not been judged since it came into force. Empty if no structure is in force.';
COMMENT ON COLUMN msb_org.stranded_case.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.stranded_case.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.stranded_case.unit IS 'The unit that is responsible for the case; NULL if it could not be judged.';
COMMENT ON COLUMN msb_org.stranded_case.structure IS 'The structure that it was judged by.';
COMMENT ON COLUMN msb_org.stranded_case.revision IS 'The revision of that structure.';
COMMENT ON COLUMN msb_org.stranded_case.cause IS 'unit_gone: the structure in force has no such unit; not_reassigned: the unit exists, but the case was judged by another structure or revision.';
COMMENT ON COLUMN msb_org.stranded_case.since IS 'The first day of the structure in force, or the day on which the case was opened if that is later.';

-- Two arms, only one of which runs. So a case is found by the index whether its key is a constant,
-- a parameter or another table's column.
CREATE FUNCTION msb_org.assignment_at(at timestamptz, case_table text DEFAULT NULL, case_key text DEFAULT NULL) RETURNS SETOF msb_org.assignment
    LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 10000
BEGIN ATOMIC
    SELECT a.* FROM msb_org.assignment a
     WHERE a.case_key OPERATOR(pg_catalog.=) assignment_at.case_key
       AND (assignment_at.case_table IS NULL OR a.case_table OPERATOR(pg_catalog.=) assignment_at.case_table)
       AND a.valid_from OPERATOR(pg_catalog.<=) assignment_at.at
       AND (a.valid_to IS NULL OR a.valid_to OPERATOR(pg_catalog.>) assignment_at.at)
     UNION ALL
    SELECT a.* FROM msb_org.assignment a
     WHERE assignment_at.case_key IS NULL
       AND (assignment_at.case_table IS NULL OR a.case_table OPERATOR(pg_catalog.=) assignment_at.case_table)
       AND a.valid_from OPERATOR(pg_catalog.<=) assignment_at.at
       AND (a.valid_to IS NULL OR a.valid_to OPERATOR(pg_catalog.>) assignment_at.at);
END;
COMMENT ON FUNCTION msb_org.assignment_at(timestamptz, text, text) IS
'Returns the rows of the ledger that were open at an instant: all of them, those of one case table, or the row of one case (its key as text). case_table is the name in the ledger. The columns are those of assignment; unit is the unit that was responsible at the instant. A case that had no open row then has none in the result. Personal data.';

CREATE FUNCTION msb_org.purge_ended(before timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    purged bigint;
BEGIN
    UPDATE msb_org.assignment a SET citizen = '', birth = NULL
     WHERE a.valid_to < purge_ended.before AND a.citizen <> '';
    GET DIAGNOSTICS purged = ROW_COUNT;
    -- one row is enough of a case that went from one citizen to another
    DELETE FROM msb_org.handover h
     WHERE coalesce(h.moved_at, h.void_at) < purge_ended.before AND h.citizen <> '' AND EXISTS (
           SELECT FROM msb_org.handover o
            WHERE o.case_table = h.case_table AND o.case_key = h.case_key AND o.planned = h.planned AND o.citizen < h.citizen);
    UPDATE msb_org.handover h SET citizen = ''
     WHERE coalesce(h.moved_at, h.void_at) < purge_ended.before AND h.citizen <> '';
    RETURN purged;
END $$;
COMMENT ON FUNCTION msb_org.purge_ended(timestamptz) IS
'Empties the citizen''s key and birth date in rows that ended before an instant, as the retention period demands, and returns how many rows. It also empties them in handovers that were made or became void before it. Units, rules, dates and the case''s key remain. See docs/stored-data.md#retention.';

-- Citizens who got another key.
CREATE TABLE msb_org.renumbering (
    old_citizen text COLLATE "C" NOT NULL,
    new_citizen text COLLATE "C" NOT NULL,
    reason      text NOT NULL,
    actor       text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (old_citizen, new_citizen, recorded_at)
);
-- A citizen's former keys.
CREATE INDEX renumbering_new ON msb_org.renumbering (new_citizen);
COMMENT ON TABLE msb_org.renumbering IS 'Citizens whose key changed; see renumber_citizen(). Personal data.';
COMMENT ON COLUMN msb_org.renumbering.old_citizen IS 'The key before.';
COMMENT ON COLUMN msb_org.renumbering.new_citizen IS 'The key after.';
COMMENT ON COLUMN msb_org.renumbering.reason IS 'The reason.';
COMMENT ON COLUMN msb_org.renumbering.actor IS 'The user who recorded it.';
COMMENT ON COLUMN msb_org.renumbering.recorded_at IS 'The time at which it was recorded.';
