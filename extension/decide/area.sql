-- The questions who is responsible. All decisions are made by one function in C.
-- Costs are as measured, in additions of two integers.

CREATE FUNCTION msb_org.area_of(birth date, task text, challenge text, service text,
                                on_date date DEFAULT msb_org.today()) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_area_of_birth';
COMMENT ON FUNCTION msb_org.area_of(date, text, text, text, date) IS
'Returns the unit responsible for a person with this birth date, task, challenge and service on a day, by the structure in force on it. A NULL or infinite birth is age unknown; an age over 150 counts as 150. For a NULL label the facet''s if_null is taken, and so it is for the facets that have no argument (subject, and any of your own). Returns NULL if no rule or no single rule decides, if the person is born after the day, if no structure is in force, and for a NULL day. It takes labels, not aliases. Raises 22023 for a label that does not exist, and for a NULL label whose facet has no if_null.';

CREATE FUNCTION msb_org.area_of(person msb_org.cpr, task text, challenge text, service text,
                                on_date date DEFAULT msb_org.today()) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_area_of_cpr';
COMMENT ON FUNCTION msb_org.area_of(msb_org.cpr, text, text, text, date) IS
'Returns the same as area_of(birth date, ...), with the birth date of a CPR number. The letter form of a replacement number counts as age unknown.';

CREATE FUNCTION msb_org.area_of(situation msb_org.target_group,
                                on_date date DEFAULT msb_org.today()) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 50
    AS 'MODULE_PATHNAME', 'msb_area_of_situation';
COMMENT ON FUNCTION msb_org.area_of(msb_org.target_group, date) IS
'Returns the unit responsible for a situation (one age or unknown, one label per facet) on a day. For a facet that the situation does not name, its if_null is taken; no age is age unknown. Returns NULL as area_of(birth date, ...) does. Raises 22023 for a span of ages, two labels of a facet, an unknown facet or label, and a facet that must be named.';

-- The same as a condition, for a query that asks for all cases of a unit. The planner is told how
-- many rows it takes, and which births they have.

CREATE FUNCTION msb_org.in_area_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_in_area_support';
COMMENT ON FUNCTION msb_org.in_area_support(internal) IS
'Used by the planner about in_area(): estimates, and conditions on indexes over birth dates and CPR numbers.';

CREATE FUNCTION msb_org.in_area(unit text, birth date, task text, challenge text, service text,
                                on_date date DEFAULT msb_org.today()) RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE COST 10 SUPPORT msb_org.in_area_support
    AS 'MODULE_PATHNAME', 'msb_in_area_birth';
COMMENT ON FUNCTION msb_org.in_area(text, date, text, text, text, date) IS
'Returns whether area_of(birth, task, challenge, service, on_date) = unit: true, false or NULL as that comparison, with the same errors for the rows that are read. An index over the birth dates can serve the condition, and its rows are estimated by the structure in force. Rows that by their age cannot be the unit''s may be skipped, without an error for an unknown label. See docs/deciding.md#all-cases-of-a-unit.';

CREATE FUNCTION msb_org.in_area(unit text, person msb_org.cpr, task text, challenge text, service text,
                                on_date date DEFAULT msb_org.today()) RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE COST 10 SUPPORT msb_org.in_area_support
    AS 'MODULE_PATHNAME', 'msb_in_area_cpr';
COMMENT ON FUNCTION msb_org.in_area(text, msb_org.cpr, text, text, text, date) IS
'Returns the same as in_area(unit, birth date, ...), with a CPR number: whether area_of(person, task, challenge, service, on_date) = unit. An index over the CPR numbers can serve the condition.';

CREATE FUNCTION msb_org.birth_from(unit text, on_date date DEFAULT msb_org.today(), nulls_left_out boolean DEFAULT false) RETURNS date
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 15
    AS 'MODULE_PATHNAME', 'msb_birth_from';
COMMENT ON FUNCTION msb_org.birth_from(text, date, boolean) IS
'Used by the planner about in_area(): the first birth date with which a person can be in the unit on a day, by the structure in force on that day. It is -infinity if the ages have no end, and if people of unknown age can be in the unit. NULL if nobody can be in it, and if no structure is in force. If rules overlap in more than 20,000 combinations, the ages of the unit''s rules count. nulls_left_out means that the caller takes no person without a birth date; then it raises 40001 if such people can be in the unit. A plan that was made before a structure was adopted can meet that error: run the query again.';

CREATE FUNCTION msb_org.birth_until(unit text, on_date date DEFAULT msb_org.today()) RETURNS date
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 15
    AS 'MODULE_PATHNAME', 'msb_birth_until';
COMMENT ON FUNCTION msb_org.birth_until(text, date) IS
'Used by the planner about in_area(): the last birth date with which a person can be in the unit on a day, by the structure in force on that day. It is infinity if people of unknown age can be in the unit. NULL as for birth_from().';

CREATE FUNCTION msb_org.cpr_from(unit text, on_date date DEFAULT msb_org.today(), nulls_left_out boolean DEFAULT false) RETURNS msb_org.cpr
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 15
    AS 'MODULE_PATHNAME', 'msb_cpr_from';
COMMENT ON FUNCTION msb_org.cpr_from(text, date, boolean) IS
'Used by the planner about in_area(): as birth_from(), the first CPR number that such a person can have.';

CREATE FUNCTION msb_org.cpr_until(unit text, on_date date DEFAULT msb_org.today()) RETURNS msb_org.cpr
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 15
    AS 'MODULE_PATHNAME', 'msb_cpr_until';
COMMENT ON FUNCTION msb_org.cpr_until(text, date) IS
'Used by the planner about in_area(): as birth_until(), the last CPR number that such a person can have. It is the last number of all if people of unknown age can be in the unit.';

CREATE FUNCTION msb_org.decide(situation msb_org.target_group, on_date date DEFAULT msb_org.today(),
        OUT structure text, OUT revision integer, OUT rule text, OUT unit text,
        OUT origin text, OUT basis text, OUT finding text)
    LANGUAGE c STABLE PARALLEL SAFE COST 200
    AS 'MODULE_PATHNAME', 'msb_decide_situation';
COMMENT ON FUNCTION msb_org.decide(msb_org.target_group, date) IS
'Returns the decision behind area_of(situation): the structure and revision in force, the rule that decides, its unit, origin and basis. If no rule decides, finding says why: gap (no rule), conflict (several, and none takes precedence over the others) or no_structure. On a NULL day all are NULL. Raises the errors of area_of(situation).';

CREATE FUNCTION msb_org.explain_area(situation msb_org.target_group, on_date date DEFAULT msb_org.today())
    RETURNS TABLE (rule text, unit text, target msb_org.target_group, unmatched text[],
                   matches boolean, wins boolean, behind text, reason text)
    LANGUAGE c STABLE PARALLEL SAFE COST 2000 ROWS 30
    AS 'MODULE_PATHNAME', 'msb_explain_area';
COMMENT ON FUNCTION msb_org.explain_area(msb_org.target_group, date) IS
'Returns one row per rule of the structure in force: its unit and target group; the facets (age among them) that keep it from taking the situation; whether it matches; and whether it wins. If it matches and does not win, behind is a rule that keeps it from winning, and reason says why that rule takes precedence. reason is NULL if none is given, or if neither of the two takes precedence. Two rules that each take precedence over the other keep each other from winning. Several rules of one unit may win; decide() reports the first by code. Raises the errors of area_of(situation).';

CREATE FUNCTION msb_org.matches_document(document jsonb, target msb_org.target_group, situation msb_org.target_group)
    RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'msb_matches_document';
COMMENT ON FUNCTION msb_org.matches_document(jsonb, msb_org.target_group, msb_org.target_group) IS
'Used by matches(): the same by the labels of a structure''s document.';

CREATE FUNCTION msb_org.matches(structure text, target msb_org.target_group, situation msb_org.target_group)
    RETURNS boolean
    LANGUAGE sql STABLE STRICT COST 1000
RETURN msb_org.matches_document(msb_org.export_structure(structure), target, situation);
COMMENT ON FUNCTION msb_org.matches(text, msb_org.target_group, msb_org.target_group) IS
'Returns whether a target group contains a situation by the labels of a structure (a draft, or a revision as name#n): a label takes the labels below it too. Raises 42704 if there is no such structure, 22023 for an unknown facet or label and for a situation that is not one point.';
