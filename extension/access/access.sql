-- Access to cases: roles of units, row-level security on case tables, views for caseworkers. The
-- policies are on the application's tables and call the functions here. Views read with their owner's
-- rights and ask for the current user. The functions that policies call are in PL/pgSQL, which keeps
-- its plans: the planner would read functions in SQL and plan them anew for every query.

CREATE TABLE msb_org.unit_role (
    structure text COLLATE "C" NOT NULL,
    unit      text COLLATE "C" NOT NULL,
    role      name NOT NULL,
    sees      msb_org.target_group NOT NULL DEFAULT 'any',
    PRIMARY KEY (structure, unit, role)
);
COMMENT ON TABLE msb_org.unit_role IS 'The roles of units: which role belongs to which unit, and which of the unit''s cases it sees. The rows of the structure in force apply, at once; they are no part of the enactment. A role, unit or structure that does not exist gives no access.';
COMMENT ON COLUMN msb_org.unit_role.structure IS 'Code of the structure; its rows apply while a revision of it is in force.';
COMMENT ON COLUMN msb_org.unit_role.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.unit_role.role IS 'Name of a role of the server; every user that is a member of it and inherits from it counts.';
COMMENT ON COLUMN msb_org.unit_role.sees IS 'The unit''s cases that the role sees: those that this target group contains, labels as written; any: all of them.';

CREATE VIEW msb_org.my_area WITH (security_barrier) AS
    -- as texts, which differ as the values do: pg_upgrade makes operator classes after this view
    SELECT DISTINCT ON (u.unit, u.sees::text) u.unit, u.sees, u.sees OPERATOR(msb_org.=) 'any'::msb_org.target_group AS every_case
      FROM msb_org.unit_role u
      JOIN msb_org.enactment e ON e.structure OPERATOR(pg_catalog.=) u.structure AND e.in_force OPERATOR(pg_catalog.@>) msb_org.today()
      JOIN pg_catalog.pg_roles r ON r.rolname OPERATOR(pg_catalog.=) u.role
     WHERE pg_catalog.pg_has_role(r.oid, 'USAGE');
COMMENT ON VIEW msb_org.my_area IS 'The units of the structure in force to which the current user belongs by unit_role, as a member that inherits (SET ROLE counts), and the cases of each that the user sees: a row for each unit and target group. Empty for any other user. A superuser counts as a member of every role.';
COMMENT ON COLUMN msb_org.my_area.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.my_area.sees IS 'The unit''s cases that the user sees, as a target group.';
COMMENT ON COLUMN msb_org.my_area.every_case IS 'Whether sees is any.';

CREATE FUNCTION msb_org.aged(situation msb_org.target_group, birth date) RETURNS msb_org.target_group
    LANGUAGE sql STABLE PARALLEL SAFE COST 30
    RETURN situation OPERATOR(msb_org.*) CASE WHEN pg_catalog.isfinite(birth)
        THEN ('age ' OPERATOR(pg_catalog.||) LEAST(150, GREATEST(0, pg_catalog.date_part('year',
                 pg_catalog.age(msb_org.today()::timestamp, birth::timestamp))))::integer::text)::msb_org.target_group
        ELSE 'age unknown'::msb_org.target_group END;
COMMENT ON FUNCTION msb_org.aged(msb_org.target_group, date) IS
'Used by access: the labels of a case, as the ledger keeps them, with the present age of a person born on that date; age unknown for NULL. NULL if the labels are.';

-- The values of a table's area column for each of the units.
CREATE VIEW msb_org.my_area_value WITH (security_barrier) AS
    SELECT t.case_table, m.unit, m.sees, m.every_case,
           CASE WHEN t.area_values IS NULL THEN m.unit ELSE t.area_values OPERATOR(pg_catalog.->>) m.unit END AS area
      FROM msb_org.my_area m CROSS JOIN msb_org.attached_table t;
COMMENT ON VIEW msb_org.my_area_value IS 'Used by the policies: the values of the area columns of attached tables for the units of my_area.';
COMMENT ON COLUMN msb_org.my_area_value.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.my_area_value.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.my_area_value.sees IS 'The unit''s cases that are seen, as a target group.';
COMMENT ON COLUMN msb_org.my_area_value.every_case IS 'Whether all cases are seen.';
COMMENT ON COLUMN msb_org.my_area_value.area IS 'The value of the column for the unit; NULL: it has none.';

CREATE FUNCTION msb_org.visible_areas(case_table text, narrow boolean DEFAULT false) RETURNS text[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000
AS $$
BEGIN
    RETURN (SELECT COALESCE(pg_catalog.array_agg(DISTINCT v.area) FILTER (WHERE v.area IS NOT NULL), '{}') FROM msb_org.my_area_value v
     WHERE v.case_table OPERATOR(pg_catalog.=) visible_areas.case_table AND v.every_case OPERATOR(pg_catalog.<>) visible_areas.narrow);
END $$;
COMMENT ON FUNCTION msb_org.visible_areas(text, boolean) IS
'Used by the policies of protect(), once per query: the values of a case table''s area column for the units whose cases the current user sees, all of them, or with narrow only some. It is never NULL: with NULL a policy would go on to its next condition.';

CREATE VIEW msb_org.my_narrow_case WITH (security_barrier) AS
    SELECT a.case_table, a.case_key, v.area
      FROM msb_org.my_area_value v
      JOIN msb_org.assignment a ON a.case_table OPERATOR(pg_catalog.=) v.case_table
     WHERE NOT v.every_case AND v.sees OPERATOR(msb_org.@>) msb_org.aged(a.situation, a.birth)
       AND NOT EXISTS (SELECT FROM msb_org.assignment l
                        WHERE l.case_table OPERATOR(pg_catalog.=) a.case_table AND l.case_key OPERATOR(pg_catalog.=) a.case_key
                          AND l.valid_from OPERATOR(pg_catalog.>) a.valid_from);
COMMENT ON VIEW msb_org.my_narrow_case IS 'Used by the policies: the cases that the current user sees if they are in an area of which only some are seen.';
COMMENT ON COLUMN msb_org.my_narrow_case.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.my_narrow_case.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.my_narrow_case.area IS 'The value that the area column must have.';

CREATE FUNCTION msb_org.sees_case(case_table text, case_key text, area text) RETURNS boolean
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000
AS $$
BEGIN
    RETURN (SELECT EXISTS (SELECT FROM msb_org.my_narrow_case c
                    WHERE c.case_table OPERATOR(pg_catalog.=) sees_case.case_table AND c.case_key OPERATOR(pg_catalog.=) sees_case.case_key
                      AND c.area OPERATOR(pg_catalog.=) sees_case.area));
END $$;
COMMENT ON FUNCTION msb_org.sees_case(text, text, text) IS
'Used by the policies of protect(), for rows of areas of which the current user sees some cases only: whether this is one of them, from the ledger.';

CREATE VIEW msb_org.my_shared_case WITH (security_barrier) AS
    SELECT a.case_table, a.case_key, a.citizen, a.valid_from, m.unit AS my_unit, 'consent' AS cause
      FROM msb_org.my_area m
      JOIN msb_org.standing_consent s ON s.recipient_kind OPERATOR(pg_catalog.=) 'unit' AND s.recipient OPERATOR(pg_catalog.=) m.unit
      JOIN msb_org.assignment a ON a.citizen OPERATOR(pg_catalog.=) s.citizen AND a.valid_to IS NULL
     WHERE s.scope OPERATOR(msb_org.@>) msb_org.aged(a.situation, a.birth)
       AND (m.every_case OR m.sees OPERATOR(msb_org.@>) msb_org.aged(a.situation, a.birth))
     UNION
    SELECT a.case_table, a.case_key, a.citizen, a.valid_from, m.unit, 'handover'
      FROM msb_org.my_area m
      JOIN msb_org.handover h ON h.from_unit OPERATOR(pg_catalog.=) m.unit AND h.case_table OPERATOR(pg_catalog.<>) ''
       AND h.accepted_at IS NULL AND h.void_at IS NULL AND h.moved_at IS NOT NULL
      JOIN msb_org.unit_in_force u ON u.unit OPERATOR(pg_catalog.=) h.to_unit AND u.kind OPERATOR(pg_catalog.=) 'external'
      JOIN msb_org.assignment a ON a.citizen OPERATOR(pg_catalog.=) h.citizen AND a.case_table OPERATOR(pg_catalog.=) h.case_table
       AND a.case_key OPERATOR(pg_catalog.=) h.case_key AND a.valid_to IS NULL AND a.unit OPERATOR(pg_catalog.=) h.to_unit
     WHERE m.every_case OR m.sees OPERATOR(msb_org.@>) msb_org.aged(a.situation, a.birth);
COMMENT ON VIEW msb_org.my_shared_case IS 'Used by the policies and my_case: open cases of other units that the current user sees. A case is shared by a consent that is in force, in its scope, to a unit of my_area. A case is also here if it went from such a unit to an external one that has not accepted yet.';
COMMENT ON COLUMN msb_org.my_shared_case.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.my_shared_case.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.my_shared_case.citizen IS 'The citizen''s key. Personal data.';
COMMENT ON COLUMN msb_org.my_shared_case.valid_from IS 'The time since which its unit is responsible.';
COMMENT ON COLUMN msb_org.my_shared_case.my_unit IS 'The unit of the current user that it is shared with.';
COMMENT ON COLUMN msb_org.my_shared_case.cause IS 'consent or handover.';

-- The former unit's cases that an external unit has not accepted.
CREATE INDEX handover_unaccepted ON msb_org.handover (from_unit, to_unit)
    WHERE accepted_at IS NULL AND void_at IS NULL AND moved_at IS NOT NULL;

CREATE FUNCTION msb_org.shared_keys(case_table text) RETURNS text[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000
AS $$
BEGIN
    RETURN (SELECT COALESCE(pg_catalog.array_agg(DISTINCT s.case_key), '{}') FROM msb_org.my_shared_case s
     WHERE s.case_table OPERATOR(pg_catalog.=) shared_keys.case_table);
END $$;
COMMENT ON FUNCTION msb_org.shared_keys(text) IS
'Used by the policies of protect(), once per query: the keys of the cases of a table in my_shared_case.';

CREATE FUNCTION msb_org.integer_keys(keys text[]) RETURNS bigint[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100
AS $$
BEGIN
    RETURN (SELECT COALESCE(pg_catalog.array_agg(n.n::pg_catalog.int8), '{}')
      FROM (SELECT CASE WHEN k OPERATOR(pg_catalog.~) '^-?[0-9]{1,19}$' THEN k::pg_catalog.numeric END AS n
              FROM pg_catalog.unnest(integer_keys.keys) AS k) n
     WHERE n.n OPERATOR(pg_catalog.>=) -9223372036854775808 AND n.n OPERATOR(pg_catalog.<=) 9223372036854775807);
END $$;
COMMENT ON FUNCTION msb_org.integer_keys(text[]) IS 'Used by the policies of protect(): those keys that are integers. It never raises an error.';

CREATE FUNCTION msb_org.uuid_keys(keys text[]) RETURNS uuid[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100
AS $$
BEGIN
    RETURN (SELECT COALESCE(pg_catalog.array_agg(u.u) FILTER (WHERE u.u IS NOT NULL), '{}')
      FROM (SELECT CASE WHEN k OPERATOR(pg_catalog.~) '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN k::pg_catalog.uuid END AS u
              FROM pg_catalog.unnest(uuid_keys.keys) AS k) u);
END $$;
COMMENT ON FUNCTION msb_org.uuid_keys(text[]) IS 'Used by the policies of protect(): those keys that are uuids. It never raises an error.';

-- Cases that cannot be judged are the entry unit's.
CREATE FUNCTION msb_org.sees_unjudged() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
AS $$
BEGIN
    RETURN (SELECT EXISTS (SELECT FROM msb_org.my_area m JOIN msb_org.unit_in_force u ON u.unit OPERATOR(pg_catalog.=) m.unit
                    WHERE m.every_case AND u.kind OPERATOR(pg_catalog.=) 'entry'));
END $$;
COMMENT ON FUNCTION msb_org.sees_unjudged() IS
'Used by the policies of protect(), once per query: whether the current user sees all cases of a unit of kind entry, and so those that cannot be judged.';

CREATE VIEW msb_org.my_unjudged_case WITH (security_barrier) AS
    SELECT a.case_table, a.case_key FROM msb_org.assignment a
     WHERE a.valid_to IS NULL AND a.unit IS NULL AND (SELECT msb_org.sees_unjudged());
COMMENT ON VIEW msb_org.my_unjudged_case IS 'Used by the policies: open cases that cannot be judged; empty if sees_unjudged() says no.';
COMMENT ON COLUMN msb_org.my_unjudged_case.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.my_unjudged_case.case_key IS 'The case''s key, as text.';

CREATE FUNCTION msb_org.is_unjudged(case_table text, case_key text) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
AS $$
BEGIN
    RETURN (SELECT EXISTS (SELECT FROM msb_org.my_unjudged_case c
                    WHERE c.case_table OPERATOR(pg_catalog.=) is_unjudged.case_table AND c.case_key OPERATOR(pg_catalog.=) is_unjudged.case_key));
END $$;
COMMENT ON FUNCTION msb_org.is_unjudged(text, text) IS
'Used by the policies of protect(), for rows without an area and only if sees_unjudged() says yes: whether the case is in my_unjudged_case.';

CREATE VIEW msb_org.my_case WITH (security_barrier) AS
    SELECT a.case_table, a.case_key, NULLIF(a.citizen, '') AS citizen, a.unit, a.rule, a.opened, a.closed, a.valid_from, a.finding, a.reason, c.cause
      FROM (SELECT a.citizen, a.case_table, a.case_key, a.valid_from, 'area' AS cause
              FROM msb_org.my_area m JOIN msb_org.assignment a ON a.unit OPERATOR(pg_catalog.=) m.unit AND a.valid_to IS NULL
             WHERE m.every_case OR m.sees OPERATOR(msb_org.@>) msb_org.aged(a.situation, a.birth)
             UNION
            SELECT a.citizen, a.case_table, a.case_key, a.valid_from, 'entry'
              FROM msb_org.assignment a
             WHERE a.valid_to IS NULL AND a.unit IS NULL AND (SELECT msb_org.sees_unjudged())
             UNION
            SELECT s.citizen, s.case_table, s.case_key, s.valid_from, s.cause FROM msb_org.my_shared_case s) c
      JOIN msb_org.assignment a USING (citizen, case_table, case_key, valid_from);
COMMENT ON VIEW msb_org.my_case IS 'The open cases that the current user may read, from the ledger: a row for each case and cause.';
COMMENT ON COLUMN msb_org.my_case.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.my_case.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.my_case.citizen IS 'The citizen''s key; NULL for a case without one. Personal data.';
COMMENT ON COLUMN msb_org.my_case.unit IS 'The unit that is responsible; NULL if the case cannot be judged.';
COMMENT ON COLUMN msb_org.my_case.rule IS 'The rule that decided.';
COMMENT ON COLUMN msb_org.my_case.opened IS 'The day on which the case was opened.';
COMMENT ON COLUMN msb_org.my_case.closed IS 'The day on which it will be closed.';
COMMENT ON COLUMN msb_org.my_case.valid_from IS 'The time since which the unit is responsible.';
COMMENT ON COLUMN msb_org.my_case.finding IS 'The code for what is wrong; NULL if nothing is.';
COMMENT ON COLUMN msb_org.my_case.reason IS 'The finding in words, or the reason of an override.';
COMMENT ON COLUMN msb_org.my_case.cause IS 'The cause for which it may be read: area; entry (it cannot be judged); consent; handover (an external unit has not accepted it yet).';

CREATE VIEW msb_org.my_plan WITH (security_barrier) AS
    SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.challenge, p.coordinator, p.decided, p.due, p.wishes, p.opened_at, p.status_since, p.status_reason, c.cause
      FROM (SELECT p.citizen, p.plan, 'coordinates' AS cause
              FROM (SELECT DISTINCT m.unit FROM msb_org.my_area m) m JOIN msb_org.plan p ON p.unit OPERATOR(pg_catalog.=) m.unit
             UNION
            SELECT t.citizen, t.plan, 'takes_part'
              FROM (SELECT DISTINCT m.unit FROM msb_org.my_area m) m
              JOIN msb_org.plan_participant t ON t.participant OPERATOR(pg_catalog.=) m.unit AND t.kind OPERATOR(pg_catalog.=) 'unit' AND t.valid_to IS NULL
              JOIN msb_org.plan p ON p.citizen OPERATOR(pg_catalog.=) t.citizen AND p.plan OPERATOR(pg_catalog.=) t.plan
             WHERE p.status OPERATOR(pg_catalog.=) ANY ('{consented,active,under_review}'::pg_catalog.text[]) AND p.unit IS DISTINCT FROM m.unit
             UNION
            SELECT s.citizen, s.plan, 'consent'
              FROM (SELECT DISTINCT m.unit FROM msb_org.my_area m) m
              JOIN msb_org.standing_consent s ON s.recipient OPERATOR(pg_catalog.=) m.unit AND s.recipient_kind OPERATOR(pg_catalog.=) 'unit') c
      JOIN msb_org.plan p USING (citizen, plan);
COMMENT ON VIEW msb_org.my_plan IS 'The plans that the current user may read now, as plan_readers() says for the units of my_area: a row for each plan and cause. A plan is seen whole: the target group by which a role sees its unit''s cases does not matter.';
COMMENT ON COLUMN msb_org.my_plan.citizen IS 'The citizen whose plan it is. Personal data.';
COMMENT ON COLUMN msb_org.my_plan.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.my_plan.kind IS 'Its kind.';
COMMENT ON COLUMN msb_org.my_plan.status IS 'Its status.';
COMMENT ON COLUMN msb_org.my_plan.unit IS 'The unit that coordinates.';
COMMENT ON COLUMN msb_org.my_plan.challenge IS 'The primary challenge by which the unit was found.';
COMMENT ON COLUMN msb_org.my_plan.coordinator IS 'The person who coordinates.';
COMMENT ON COLUMN msb_org.my_plan.decided IS 'The day of the decision on which it rests.';
COMMENT ON COLUMN msb_org.my_plan.due IS 'The day on which it is to be ready.';
COMMENT ON COLUMN msb_org.my_plan.wishes IS 'The citizen''s wishes, in the citizen''s own words.';
COMMENT ON COLUMN msb_org.my_plan.opened_at IS 'The time at which it was opened.';
COMMENT ON COLUMN msb_org.my_plan.status_since IS 'The time since which it has its status.';
COMMENT ON COLUMN msb_org.my_plan.status_reason IS 'The reason for its status.';
COMMENT ON COLUMN msb_org.my_plan.cause IS 'coordinates, takes_part or consent; see plan_readers().';
