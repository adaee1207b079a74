-- The kinds of plans with the demands of each, and the steps from status to status. They are rows,
-- since the law and the municipality's own rules change. A plan's kind is no foreign key: a duty must
-- be able to open a draft before anybody has loaded the kinds.

CREATE TABLE msb_org.plan_kind (
    kind               text COLLATE "C" PRIMARY KEY CONSTRAINT plan_kind_kind CHECK (kind OPERATOR(pg_catalog.<>) ''),
    title              text NOT NULL,
    legal_basis        text,
    source             text,
    whole_person       boolean NOT NULL DEFAULT false,
    min_age            integer,
    max_age            integer,
    needs_consent      boolean NOT NULL DEFAULT true,
    consent_of         text COLLATE "C"
                       CONSTRAINT plan_kind_consent_of CHECK (consent_of OPERATOR(pg_catalog.=) ANY ('{citizen,parent}'::pg_catalog.text[])),
    mandatory_contents text[] COLLATE "C" NOT NULL DEFAULT '{}',
    due_interval       interval,
    first_follow_up    interval,
    follow_up          interval,
    decision_age       integer,
    decision_before    interval,
    decision_content   text COLLATE "C",
    basis              text,
    CONSTRAINT plan_kind_ages CHECK (max_age OPERATOR(pg_catalog.>=) min_age),
    CONSTRAINT plan_kind_decision CHECK ((decision_age IS NULL) OPERATOR(pg_catalog.=) (decision_before IS NULL)
        AND (decision_age IS NULL) OPERATOR(pg_catalog.=) (decision_content IS NULL))
);
COMMENT ON TABLE msb_org.plan_kind IS 'The kinds of plans with the demands of each. load_plan_kinds() adds those that ship; the rows are yours to edit. The municipality must check them against the law in force.';
COMMENT ON COLUMN msb_org.plan_kind.kind IS 'Code of the kind, as plan.kind names it.';
COMMENT ON COLUMN msb_org.plan_kind.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.plan_kind.legal_basis IS 'The provision that the kind rests on; NULL: none, or to be filled in by the municipality.';
COMMENT ON COLUMN msb_org.plan_kind.source IS 'The law that has the provision, in Danish; NULL: none, or to be filled in.';
COMMENT ON COLUMN msb_org.plan_kind.whole_person IS 'Whether a plan of the kind covers all that concerns the citizen, and may replace other plans; see plan_replaces.';
COMMENT ON COLUMN msb_org.plan_kind.min_age IS 'Youngest age in completed years at which such a plan is opened; NULL: no bound.';
COMMENT ON COLUMN msb_org.plan_kind.max_age IS 'Oldest age in completed years; NULL: no bound.';
COMMENT ON COLUMN msb_org.plan_kind.needs_consent IS 'Whether a consent must be in force for the plan to become and remain active. A draft needs none.';
COMMENT ON COLUMN msb_org.plan_kind.consent_of IS 'The side that must consent: citizen or parent; NULL: either.';
COMMENT ON COLUMN msb_org.plan_kind.mandatory_contents IS 'The contents that must be written before the plan is consented: codes of plan_content. wishes, goals, measures and follow_ups are met by the plan''s column and tables of that name too.';
COMMENT ON COLUMN msb_org.plan_kind.due_interval IS 'The longest time from the decision until the plan is ready; NULL: no time is set.';
COMMENT ON COLUMN msb_org.plan_kind.first_follow_up IS 'The longest time from the day on which it became active to the first follow-up; NULL: no time is set.';
COMMENT ON COLUMN msb_org.plan_kind.follow_up IS 'The time from a follow-up to the next one; NULL: decided individually, with a reason.';
COMMENT ON COLUMN msb_org.plan_kind.decision_age IS 'The age in completed years before which the next step must be decided; NULL: none.';
COMMENT ON COLUMN msb_org.plan_kind.decision_before IS 'The shortest time before that birthday at which it must be decided.';
COMMENT ON COLUMN msb_org.plan_kind.decision_content IS 'The code of plan_content under which the decision is written.';
COMMENT ON COLUMN msb_org.plan_kind.basis IS 'The basis of the row in words, in Danish.';

CREATE TABLE msb_org.plan_step (
    from_status text COLLATE "C" NOT NULL,
    to_status   text COLLATE "C" NOT NULL,
    PRIMARY KEY (from_status, to_status),
    CONSTRAINT plan_step_forward CHECK (from_status OPERATOR(pg_catalog.<>) to_status)
);
COMMENT ON TABLE msb_org.plan_step IS 'The steps of a plan: which status may follow which. load_plan_kinds() adds the steps that ship; the rows are yours to edit.';
COMMENT ON COLUMN msb_org.plan_step.from_status IS 'The status before.';
COMMENT ON COLUMN msb_org.plan_step.to_status IS 'The status after.';

CREATE FUNCTION msb_org.load_plan_kinds() RETURNS bigint
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kinds bigint;
    steps bigint := 0;
BEGIN
    INSERT INTO msb_org.plan_kind (kind, title, legal_basis, source, whole_person, min_age, max_age, needs_consent, consent_of,
                                   mandatory_contents, due_interval, first_follow_up, follow_up,
                                   decision_age, decision_before, decision_content, basis)
    VALUES
    ('coordination', 'Koordineringsplan', NULL, NULL, false, NULL, NULL, true, 'citizen',
     '{}', NULL, NULL, NULL, NULL, NULL, NULL,
     'Internt arbejdsredskab uden egen hjemmel: kladden findes uden samtykke; før den træder i kraft, gives der samtykke.'),
    ('whole_person', 'Helhedsorienteret plan', NULL, NULL, true, NULL, NULL, true, 'citizen',
     '{}', NULL, NULL, NULL, NULL, NULL, NULL,
     'Træder i stedet for de planer, den nævner. Hjemlen udfyldes af kommunen.'),
    ('barnets_plan', 'Barnets plan', NULL, 'Barnets lov', false, NULL, 17, true, 'parent',
     '{}', interval '3 months', interval '3 months', NULL, NULL, NULL, NULL,
     'Senest 3 måneder efter afgørelsen; første opfølgning senest 3 måneder efter iværksættelsen, de følgende efter individuel, begrundet vurdering.'),
    ('ungeplan', 'Ungeplan', NULL, 'Barnets lov', false, 16, 22, true, 'citizen',
     '{}', interval '3 months', NULL, NULL, 18, interval '6 months', 'support_after_18',
     'Senest 3 måneder efter afgørelsen; senest 6 måneder før det 18. år afgøres det, om der er støtte derefter.'),
    ('handleplan_141', 'Handleplan', '§ 141', 'Lov om social service', false, 18, NULL, true, 'citizen',
     '{purpose,measures,duration,other_matters}', NULL, NULL, NULL, NULL, NULL, NULL,
     'Et tilbud. Angiver formålet, indsatsen, den forventede varighed og andre særlige forhold.'),
    ('min_plan', 'Min Plan', NULL, 'Lov om en aktiv beskæftigelsesindsats', false, NULL, NULL, false, NULL,
     '{}', NULL, NULL, NULL, NULL, NULL, NULL,
     'Beskæftigelsesindsatsens plan; følger af loven, ikke af samtykke.')
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS kinds = ROW_COUNT;
    -- steps are added only to an empty table: one that was deleted is not added again
    IF NOT EXISTS (SELECT FROM msb_org.plan_step) THEN
        INSERT INTO msb_org.plan_step (from_status, to_status)
        SELECT s.from_status, unnest(s.to_statuses)
          FROM (VALUES
            ('draft',        '{offered,closed,replaced,entered_in_error}'::text[]),
            ('offered',      '{draft,consented,declined,closed,replaced,entered_in_error}'),
            ('consented',    '{active,closed,replaced,revoked,entered_in_error}'),
            ('active',       '{under_review,replaced,revoked,entered_in_error}'),
            ('under_review', '{active,closed,replaced,revoked,entered_in_error}'),
            ('declined',     '{offered,entered_in_error}'),
            ('revoked',      '{offered,entered_in_error}'),
            ('closed',       '{under_review,entered_in_error}'),
            ('replaced',     '{under_review,entered_in_error}')) AS s (from_status, to_statuses)
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS steps = ROW_COUNT;
    END IF;
    RETURN kinds + steps;
END $$;
COMMENT ON FUNCTION msb_org.load_plan_kinds() IS
'Adds the kinds of plans that ship and are missing, and changes none. If plan_step is empty, it also adds the steps from status to status. Returns how many rows it added. load_structure() calls it. The municipality must check the rows against the law in force.';
