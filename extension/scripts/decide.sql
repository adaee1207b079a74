-- Asking who is responsible. All decisions come from one function in C.

CREATE FUNCTION msb_org.area_of(birth date, task text, challenge text, service text,
                                on_date date DEFAULT msb_org.today()) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_area_of_birth';
COMMENT ON FUNCTION msb_org.area_of(date, text, text, text, date) IS
'The unit responsible for a person with this birth date, task, challenge and service on a day, by the structure in force on it. NULL birth: age unknown. A NULL label stands for the facet''s if_null; where there is none, and for a label that does not exist, 22023. NULL where no rule or no single rule decides, where the person is born after the day, where no structure is in force, and for a NULL day. Takes labels, not aliases.';

CREATE FUNCTION msb_org.area_of(person msb_org.cpr, task text, challenge text, service text,
                                on_date date DEFAULT msb_org.today()) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_area_of_cpr';
COMMENT ON FUNCTION msb_org.area_of(msb_org.cpr, text, text, text, date) IS
'As area_of(birth date, …), with the birth date of a CPR number; the letter form of a replacement number counts as age unknown.';

CREATE FUNCTION msb_org.area_of(situation msb_org.target_group,
                                on_date date DEFAULT msb_org.today()) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'msb_area_of_situation';
COMMENT ON FUNCTION msb_org.area_of(msb_org.target_group, date) IS
'The unit responsible for a situation (one age or unknown, one label per facet) on a day. A facet that it does not name stands for its if_null; no age is age unknown. 22023 for a span of ages, two labels of a facet, an unknown facet or label, and a facet that must be named.';

CREATE FUNCTION msb_org.decide(situation msb_org.target_group, on_date date DEFAULT msb_org.today(),
        OUT structure text, OUT revision integer, OUT rule text, OUT unit text,
        OUT origin text, OUT basis text, OUT finding text)
    LANGUAGE c STABLE PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_decide_situation';
COMMENT ON FUNCTION msb_org.decide(msb_org.target_group, date) IS
'The decision behind area_of(situation): structure and revision in force, the rule that decides, its unit, origin and basis; where none does, the finding: gap (no rule), conflict (several, and none goes before the others) or no_structure. Errors as area_of(situation).';

CREATE FUNCTION msb_org.explain_area(situation msb_org.target_group, on_date date DEFAULT msb_org.today())
    RETURNS TABLE (rule text, unit text, target msb_org.target_group, unmatched text[],
                   matches boolean, wins boolean, behind text, reason text)
    LANGUAGE c STABLE PARALLEL SAFE COST 100 ROWS 30
    AS 'MODULE_PATHNAME', 'msb_explain_area';
COMMENT ON FUNCTION msb_org.explain_area(msb_org.target_group, date) IS
'One row per rule of the structure in force: its unit and target group; the facets (age among them) that keep it from taking the situation; whether it matches and whether it wins; and where it matches and does not win, the rule it stands behind and why that one goes first (no reason: none is given, or neither goes before the other; where each goes before the other, both stand behind). Several rules of one unit may win; decide() reports the first by code. Errors as area_of(situation).';

CREATE FUNCTION msb_org.matches_document(document jsonb, target msb_org.target_group, situation msb_org.target_group)
    RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'msb_matches_document';
COMMENT ON FUNCTION msb_org.matches_document(jsonb, msb_org.target_group, msb_org.target_group) IS
'matches() by the labels of a structure''s document.';

CREATE FUNCTION msb_org.matches(structure text, target msb_org.target_group, situation msb_org.target_group)
    RETURNS boolean
    LANGUAGE sql STABLE STRICT COST 1000
RETURN msb_org.matches_document(msb_org.export_structure(structure), target, situation);
COMMENT ON FUNCTION msb_org.matches(text, msb_org.target_group, msb_org.target_group) IS
'Whether a target group contains a situation by the labels of a structure (a draft, or a revision as name#n): a label takes the labels below it too. 42704 where there is no such structure, 22023 for an unknown facet or label and for a situation that is not one point.';
