-- Reports on plans.

CREATE FUNCTION msb_org.plan_counts()
    RETURNS TABLE (kind text, status text, unit text, open boolean, overdue boolean, without_consent boolean, with_wishes boolean)
    LANGUAGE sql STABLE COST 100000 ROWS 1000
BEGIN ATOMIC
    SELECT p.kind, p.status, p.unit, s.open,
           o.plan IS NOT NULL,
           s.open AND coalesce(k.needs_consent, true) AND NOT msb_org.consent_stands(p.citizen, p.plan, k.consent_of),
           coalesce(btrim(p.wishes) <> '', false)
      FROM msb_org.plan p
      LEFT JOIN msb_org.plan_kind k ON k.kind = p.kind
      LEFT JOIN (SELECT DISTINCT v.citizen, v.plan FROM msb_org.plan_overdue v) o ON o.citizen = p.citizen AND o.plan = p.plan,
   LATERAL (SELECT p.status IN ('draft', 'offered', 'consented', 'active', 'under_review') AS open) s;
END;
COMMENT ON FUNCTION msb_org.plan_counts() IS
'Used by the reports: one row per plan, without its citizen: kind, status, unit that coordinates, open (not yet ended), overdue (plan_overdue has it), without_consent, with_wishes.';

CREATE FUNCTION msb_org.plans_by_status(unit text DEFAULT NULL)
    RETURNS TABLE (kind text, kind_title text, status text, status_title text, plans bigint, overdue bigint, without_consent bigint,
                   with_wishes bigint, wishes_percent numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH c AS (
            SELECT p.kind, p.status, msb_org.small_cell(count(*)) AS plans, msb_org.small_cell(count(*) FILTER (WHERE p.overdue)) AS overdue,
                   msb_org.small_cell(count(*) FILTER (WHERE p.without_consent)) AS without_consent,
                   msb_org.small_cell(count(*) FILTER (WHERE p.with_wishes)) AS with_wishes
              FROM msb_org.plan_counts() p
             WHERE plans_by_status.unit IS NULL OR p.unit = plans_by_status.unit
             GROUP BY p.kind, p.status
        )
        SELECT c.kind, k.title, c.status, msb_org.danish_title(c.status), c.plans, c.overdue, c.without_consent, c.with_wishes,
               round(100.0 * c.with_wishes / nullif(c.plans, 0), 1)
          FROM c LEFT JOIN msb_org.plan_kind k ON k.kind = c.kind
         ORDER BY c.kind COLLATE "C",
               array_position('{draft,offered,consented,active,under_review,closed,declined,replaced,revoked,entered_in_error}'::text[], c.status);
END $$;
COMMENT ON FUNCTION msb_org.plans_by_status(text) IS
'Reports plans by kind and status, of all units or of the one that coordinates them: kind, kind_title, status, status_title, plans, and these columns.

- overdue: open plans with something overdue, as the view plan_overdue says (the plan itself, a follow-up, a consent that ran out, a decision).
- without_consent: open plans of kinds that need a consent and have none in force.
- with_wishes: plans in which the citizen''s wishes are filled in; wishes_percent, their share.

Counts under min_cell are NULL, and so is the share with them.';

CREATE FUNCTION msb_org.plans_by_unit()
    RETURNS TABLE (unit text, title text, plans bigint, overdue bigint, without_consent bigint, with_wishes bigint, wishes_percent numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH c AS (
            SELECT p.unit, msb_org.small_cell(count(*)) AS plans, msb_org.small_cell(count(*) FILTER (WHERE p.overdue)) AS overdue,
                   msb_org.small_cell(count(*) FILTER (WHERE p.without_consent)) AS without_consent,
                   msb_org.small_cell(count(*) FILTER (WHERE p.with_wishes)) AS with_wishes
              FROM msb_org.plan_counts() p WHERE p.open
             GROUP BY p.unit
        )
        SELECT c.unit, coalesce(t.title, CASE WHEN c.unit IS NULL THEN 'Ingen enhed' END), c.plans, c.overdue, c.without_consent, c.with_wishes,
               round(100.0 * c.with_wishes / nullif(c.plans, 0), 1)
          FROM c LEFT JOIN msb_org.unit_title t ON t.unit = c.unit
         ORDER BY c.unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.plans_by_unit() IS
'Reports open plans, of all kinds, by the unit that coordinates them: unit (NULL: none), title, plans, overdue, without_consent, with_wishes, wishes_percent; see plans_by_status().';
