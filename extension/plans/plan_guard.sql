-- The guards of a plan, and the keeping of its past. Guards of steps are on UPDATE only: a restore inserts.

CREATE FUNCTION msb_org.plan_guard() RETURNS trigger
    LANGUAGE c COST 100 AS 'MODULE_PATHNAME', 'msb_plan_guard';
COMMENT ON FUNCTION msb_org.plan_guard() IS
'Trigger on plan: takes the citizen''s lock. On UPDATE it refuses a step that plan_step does not have or for which something is missing (23514, constraint msb_org_plan_status), and a change of number, kind or opening (55000). On DELETE it refuses (55000), except in a function of the tables'' owner that is SECURITY DEFINER: erasure. A second open coordination plan of a citizen is 23505, as the index plan_open would raise, without the citizen''s key.';

CREATE FUNCTION msb_org.plan_part_guard() RETURNS trigger
    LANGUAGE c COST 100 AS 'MODULE_PATHNAME', 'msb_plan_part_guard';
COMMENT ON FUNCTION msb_org.plan_part_guard() IS
'Trigger on the tables of a plan''s contents: locks the plan''s row, and raises the errors of the foreign key (23503) and the primary key (23505), without the citizen''s key.';

CREATE FUNCTION msb_org.key_birth(citizen text) RETURNS date
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_key_birth';
COMMENT ON FUNCTION msb_org.key_birth(text) IS
'Used by open_plan() and the guards of plans: the date of birth that a citizen''s key states; NULL if it is no CPR number, and for the letter form, whose date is not to be relied on. Raises no error.';

CREATE FUNCTION msb_org.plan_birth(citizen text) RETURNS date
    LANGUAGE sql STABLE STRICT COST 20
BEGIN ATOMIC
    SELECT COALESCE(msb_org.key_birth(plan_birth.citizen),
                    (SELECT a.birth FROM msb_org.assignment a
                      WHERE a.citizen OPERATOR(pg_catalog.=) plan_birth.citizen AND a.birth IS NOT NULL
                      ORDER BY a.valid_from DESC LIMIT 1));
END;
COMMENT ON FUNCTION msb_org.plan_birth(text) IS
'Used by open_plan() and the guards of plans: the date of birth of a citizen, from the key, else as the newest case in the ledger gives it; NULL if neither does. Raises no error.';

CREATE FUNCTION msb_org.consent_stands(citizen text, plan uuid, consent_of text, on_date date DEFAULT msb_org.today()) RETURNS boolean
    LANGUAGE sql STABLE COST 20
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM msb_org.plan_consent c
                    WHERE c.citizen OPERATOR(pg_catalog.=) consent_stands.citizen
                      AND c.plan OPERATOR(pg_catalog.=) consent_stands.plan
                      AND (consent_stands.consent_of IS NULL OR c.consent_of OPERATOR(pg_catalog.=) consent_stands.consent_of)
                      AND c.withdrawn IS NULL AND c.given OPERATOR(pg_catalog.<=) consent_stands.on_date
                      AND (c.until IS NULL OR c.until OPERATOR(pg_catalog.>=) consent_stands.on_date));
END;
COMMENT ON FUNCTION msb_org.consent_stands(text, uuid, text, date) IS
'Used by the guards of plans: whether a plan has a consent that is in force on a day. Such a consent was given by that day, is not past its last day, and has not been withdrawn, on whatever day. consent_of: the side that consents, citizen or parent; NULL: either. Raises no error.';

CREATE FUNCTION msb_org.missing_contents(citizen text, plan uuid, wanted text[], wishes text) RETURNS text[]
    LANGUAGE sql STABLE COST 100
BEGIN ATOMIC
    SELECT ARRAY(
        SELECT w.content FROM pg_catalog.unnest(missing_contents.wanted) WITH ORDINALITY AS w (content, n)
         WHERE NOT EXISTS (SELECT FROM msb_org.plan_content c
                            WHERE c.citizen OPERATOR(pg_catalog.=) missing_contents.citizen
                              AND c.plan OPERATOR(pg_catalog.=) missing_contents.plan
                              AND c.content OPERATOR(pg_catalog.=) w.content
                              AND c.body OPERATOR(pg_catalog.~) '[^[:space:]]')
           AND NOT CASE w.content
                   WHEN 'wishes' THEN COALESCE(missing_contents.wishes OPERATOR(pg_catalog.~) '[^[:space:]]', false)
                   WHEN 'goals' THEN EXISTS (SELECT FROM msb_org.plan_goal g
                            WHERE g.citizen OPERATOR(pg_catalog.=) missing_contents.citizen
                              AND g.plan OPERATOR(pg_catalog.=) missing_contents.plan)
                   WHEN 'measures' THEN EXISTS (SELECT FROM msb_org.plan_measure m
                            WHERE m.citizen OPERATOR(pg_catalog.=) missing_contents.citizen
                              AND m.plan OPERATOR(pg_catalog.=) missing_contents.plan)
                   WHEN 'follow_ups' THEN EXISTS (SELECT FROM msb_org.plan_follow_up f
                            WHERE f.citizen OPERATOR(pg_catalog.=) missing_contents.citizen
                              AND f.plan OPERATOR(pg_catalog.=) missing_contents.plan)
                   ELSE false END
         ORDER BY w.n);
END;
COMMENT ON FUNCTION msb_org.missing_contents(text, uuid, text[], text) IS
'Used by the guards of plans: the codes among these mandatory contents that a plan lacks, in their order; empty for none. See plan_kind.mandatory_contents. Raises no error.';

-- The earlier contents of a plan's rows. The function runs as the tables' owner: a user who may write
-- a plan may not write its past.
CREATE FUNCTION msb_org.keep_revision() RETURNS trigger
    LANGUAGE plpgsql COST 100
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    was      jsonb;
    of_plan  record;
    at       timestamptz := msb_org.record_time();
BEGIN
    -- before a row is read: a table of somebody else's may hold types with casts of his own
    IF TG_TABLE_SCHEMA <> 'msb_org' THEN
        RAISE trigger_protocol_violated USING MESSAGE = format(msb_org.gettext('function "%s" was not called as its trigger'), 'keep_revision');
    END IF;
    was := to_jsonb(OLD) - 'citizen' - 'plan';
    -- nothing but the citizen's key changed, or nothing at all
    IF TG_OP = 'UPDATE' THEN
        IF was = to_jsonb(NEW) - 'citizen' - 'plan' AND OLD.plan = NEW.plan THEN
            RETURN NULL;
        END IF;
        of_plan := NEW;
    ELSE
        of_plan := OLD;
    END IF;
    LOOP
        -- the past of a plan that is deleted is deleted with it
        INSERT INTO msb_org.plan_revision (citizen, plan, of_table, revised_at, operation, content, actor)
        SELECT p.citizen, p.plan, TG_TABLE_NAME, at, lower(TG_OP), was, msb_org.actor()
          FROM msb_org.plan p WHERE p.citizen = of_plan.citizen AND p.plan = of_plan.plan
            ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND OR NOT EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = of_plan.citizen AND p.plan = of_plan.plan);
        at := at + interval '1 microsecond';
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION msb_org.keep_revision() IS
'Trigger on plan and the tables of its contents: writes the row as it was before into plan_revision. The erasure of a plan deletes its revisions too.';

CREATE FUNCTION msb_org.replace_plans(citizen text, plan uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE msb_org.plan p
       SET status = 'replaced', status_reason = format('replaced by plan %s', replace_plans.plan)
      FROM msb_org.plan_replaces r
     WHERE r.citizen = replace_plans.citizen AND r.plan = replace_plans.plan
       AND p.citizen = r.citizen AND p.plan = r.replaced
       AND p.status = ANY ('{draft,offered,consented,active,under_review}');
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
COMMENT ON FUNCTION msb_org.replace_plans(text, uuid) IS
'Used by plan_follows() and write_plan(): sets the open plans that a plan replaces to replaced, and returns how many.';

CREATE FUNCTION msb_org.return_plans(citizen text, plan uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    back    msb_org.plan;
    changed bigint := 0;
BEGIN
    FOR back IN
        SELECT p.* FROM msb_org.plan_replaces r JOIN msb_org.plan p ON p.citizen = r.citizen AND p.plan = r.replaced
         WHERE r.citizen = return_plans.citizen AND r.plan = return_plans.plan AND p.status = 'replaced'
           AND NOT EXISTS (SELECT FROM msb_org.plan_replaces o JOIN msb_org.plan w ON w.citizen = o.citizen AND w.plan = o.plan
                            WHERE o.citizen = r.citizen AND o.replaced = r.replaced AND o.plan <> r.plan
                              AND w.status = ANY ('{active,under_review}'))
         ORDER BY p.opened_at DESC, p.plan
    LOOP
        -- another coordination plan may have been opened meanwhile: then that one remains the open one
        BEGIN
            UPDATE msb_org.plan p
               SET status = 'under_review', status_reason = format('plan %s, which replaced it, no longer stands', return_plans.plan)
             WHERE p.citizen = back.citizen AND p.plan = back.plan;
            INSERT INTO msb_org.plan_review (citizen, plan, asked_at, cause)
            VALUES (back.citizen, back.plan, msb_org.record_time(), 'replaced_by_revoked');
            changed := changed + 1;
        EXCEPTION WHEN check_violation THEN
            NULL;
        END;
    END LOOP;
    RETURN changed;
END $$;
COMMENT ON FUNCTION msb_org.return_plans(text, uuid) IS
'Used by plan_follows(): sets the plans that a plan replaced to under_review, each with a row in plan_review, and returns how many. A plan that another active plan replaces too, or in whose place the citizen has another open coordination plan, remains replaced.';

CREATE FUNCTION msb_org.plan_follows() RETURNS trigger
    LANGUAGE plpgsql COST 100
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_TABLE_SCHEMA <> 'msb_org' THEN
        RAISE trigger_protocol_violated USING MESSAGE = format(msb_org.gettext('function "%s" was not called as its trigger'), 'plan_follows');
    END IF;
    IF OLD.coordinator IS NOT NULL AND NEW.coordinator IS DISTINCT FROM OLD.coordinator THEN
        INSERT INTO msb_org.plan_coordinator (citizen, plan, coordinator, valid_from, valid_to, actor)
        VALUES (NEW.citizen, NEW.plan, OLD.coordinator, coalesce(OLD.coordinator_since, OLD.opened_at),
                coalesce(NEW.coordinator_since,
                         greatest(msb_org.record_time(), coalesce(OLD.coordinator_since, OLD.opened_at) + interval '1 microsecond')),
                msb_org.actor());
    END IF;
    IF NEW.kind = 'coordination' AND (NEW.status <> OLD.status OR NEW.unit IS DISTINCT FROM OLD.unit) THEN
        -- the participants, and whether another unit should coordinate
        PERFORM msb_org.judge_citizens(ARRAY[NEW.citizen], 'none');
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NULL;
    END IF;
    IF NEW.status = 'active' THEN
        PERFORM msb_org.replace_plans(NEW.citizen, NEW.plan) FROM msb_org.plan_kind k WHERE k.kind = NEW.kind AND k.whole_person;
        INSERT INTO msb_org.plan_follow_up (citizen, plan, due)
        SELECT NEW.citizen, NEW.plan, (msb_org.today() + k.first_follow_up)::date
          FROM msb_org.plan_kind k
         WHERE k.kind = NEW.kind AND k.first_follow_up IS NOT NULL
           AND NOT EXISTS (SELECT FROM msb_org.plan_follow_up f WHERE f.citizen = NEW.citizen AND f.plan = NEW.plan);
    ELSIF NEW.status IN ('revoked', 'entered_in_error') THEN
        PERFORM msb_org.return_plans(NEW.citizen, NEW.plan);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION msb_org.plan_follows() IS
'Trigger on plan: makes the changes that follow from a change. The former coordinator is written into plan_coordinator. A plan that becomes active replaces the plans that it names, and its first follow-up is planned. If a plan is revoked or entered in error, the plans that it replaced return.';

CREATE FUNCTION msb_org.consent_follows() RETURNS trigger
    LANGUAGE c COST 100 AS 'MODULE_PATHNAME', 'msb_consent_follows';
COMMENT ON FUNCTION msb_org.consent_follows() IS
'Trigger on plan_consent: revokes a plan whose kind needs a consent and that has none left after this change.';

CREATE TRIGGER plan_guard BEFORE INSERT OR UPDATE OR DELETE ON msb_org.plan
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_guard();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER plan_follows AFTER UPDATE ON msb_org.plan
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_follows();
CREATE TRIGGER consent_follows AFTER UPDATE OR DELETE ON msb_org.plan_consent
    FOR EACH ROW EXECUTE FUNCTION msb_org.consent_follows();

CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_goal
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_measure
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_content
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_follow_up
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_consent
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_citizen
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_replaces
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();

CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_goal
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_measure
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_content
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_follow_up
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_consent
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_citizen
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_replaces
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
