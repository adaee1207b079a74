-- The contents of a plan, and its past. Every key begins with the citizen, and follows the plan's key
-- if the citizen gets another one.

CREATE TABLE msb_org.plan_goal (
    citizen     text COLLATE "C" NOT NULL,
    plan        uuid NOT NULL,
    goal        text COLLATE "C" NOT NULL CONSTRAINT plan_goal_code CHECK (goal OPERATOR(pg_catalog.<>) ''),
    position    integer NOT NULL DEFAULT 0,
    description text NOT NULL,
    status      text COLLATE "C" NOT NULL DEFAULT 'open'
                CONSTRAINT plan_goal_status CHECK (status OPERATOR(pg_catalog.=) ANY ('{open,reached,given_up}'::pg_catalog.text[])),
    until       date,
    PRIMARY KEY (citizen, plan, goal),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE msb_org.plan_goal IS 'The goals of a plan.';
COMMENT ON COLUMN msb_org.plan_goal.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_goal.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_goal.goal IS 'Code of the goal within the plan.';
COMMENT ON COLUMN msb_org.plan_goal.position IS 'Order in the plan.';
COMMENT ON COLUMN msb_org.plan_goal.description IS 'The goal in words.';
COMMENT ON COLUMN msb_org.plan_goal.status IS 'open, reached or given_up.';
COMMENT ON COLUMN msb_org.plan_goal.until IS 'The day by which it is to be reached; NULL: none.';

CREATE TABLE msb_org.plan_measure (
    citizen     text COLLATE "C" NOT NULL,
    plan        uuid NOT NULL,
    measure     text COLLATE "C" NOT NULL CONSTRAINT plan_measure_code CHECK (measure OPERATOR(pg_catalog.<>) ''),
    goal        text COLLATE "C",
    description text,
    unit        text COLLATE "C",
    service     text COLLATE "C",
    valid_from  date,
    valid_to    date,
    status      text COLLATE "C" NOT NULL DEFAULT 'planned'
                CONSTRAINT plan_measure_status CHECK (status OPERATOR(pg_catalog.=) ANY ('{planned,running,done,stopped}'::pg_catalog.text[])),
    means       text COLLATE "C" NOT NULL DEFAULT 'own_staff'
                CONSTRAINT plan_measure_means CHECK (means OPERATOR(pg_catalog.=) ANY ('{own_staff,partner,welfare_technology}'::pg_catalog.text[])),
    partner     text COLLATE "C",
    PRIMARY KEY (citizen, plan, measure),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT plan_measure_span CHECK (valid_to OPERATOR(pg_catalog.>=) valid_from),
    CONSTRAINT plan_measure_partner CHECK (means OPERATOR(pg_catalog.<>) 'partner' OR partner IS NOT NULL)
);
-- The measures of a unit.
CREATE INDEX plan_measure_unit ON msb_org.plan_measure (unit) WHERE unit IS NOT NULL;
COMMENT ON TABLE msb_org.plan_measure IS 'The measures of a plan: which unit does what, from when, to when, and by what means.';
COMMENT ON COLUMN msb_org.plan_measure.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_measure.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_measure.measure IS 'Code of the measure within the plan.';
COMMENT ON COLUMN msb_org.plan_measure.goal IS 'The goal that it serves; NULL: the plan as a whole.';
COMMENT ON COLUMN msb_org.plan_measure.description IS 'The measure in words.';
COMMENT ON COLUMN msb_org.plan_measure.unit IS 'The unit that does it.';
COMMENT ON COLUMN msb_org.plan_measure.service IS 'The service: a label of the facet service.';
COMMENT ON COLUMN msb_org.plan_measure.valid_from IS 'The first day.';
COMMENT ON COLUMN msb_org.plan_measure.valid_to IS 'The last day; NULL: none is set.';
COMMENT ON COLUMN msb_org.plan_measure.status IS 'planned, running, done or stopped.';
COMMENT ON COLUMN msb_org.plan_measure.means IS 'own_staff, partner (an association or other body outside) or welfare_technology.';
COMMENT ON COLUMN msb_org.plan_measure.partner IS 'Name of the partner, as in plan_participant.';

CREATE TABLE msb_org.plan_content (
    citizen text COLLATE "C" NOT NULL,
    plan    uuid NOT NULL,
    content text COLLATE "C" NOT NULL CONSTRAINT plan_content_code CHECK (content OPERATOR(pg_catalog.<>) ''),
    body    text NOT NULL,
    PRIMARY KEY (citizen, plan, content),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE msb_org.plan_content IS 'The texts of a plan under a heading, such as the contents that its kind demands.';
COMMENT ON COLUMN msb_org.plan_content.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_content.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_content.content IS 'Code of the heading: purpose, duration, other_matters and others; see plan_kind.mandatory_contents.';
COMMENT ON COLUMN msb_org.plan_content.body IS 'The text.';

CREATE TABLE msb_org.plan_follow_up (
    citizen text COLLATE "C" NOT NULL,
    plan    uuid NOT NULL,
    due     date NOT NULL,
    held    date,
    reason  text,
    outcome text,
    PRIMARY KEY (citizen, plan, due),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE
);
-- Follow-ups that are overdue.
CREATE INDEX plan_follow_up_due ON msb_org.plan_follow_up (due) WHERE held IS NULL;
COMMENT ON TABLE msb_org.plan_follow_up IS 'The follow-ups of a plan, planned and held. When a plan becomes active its first one is planned, if the kind sets a time for it.';
COMMENT ON COLUMN msb_org.plan_follow_up.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_follow_up.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_follow_up.due IS 'The last day on which it is to be held.';
COMMENT ON COLUMN msb_org.plan_follow_up.held IS 'The day on which it was held; NULL: not yet.';
COMMENT ON COLUMN msb_org.plan_follow_up.reason IS 'The reason for the day: follow-ups after the first are decided individually, with a reason.';
COMMENT ON COLUMN msb_org.plan_follow_up.outcome IS 'The result.';

CREATE TABLE msb_org.plan_consent (
    citizen        text COLLATE "C" NOT NULL,
    plan           uuid NOT NULL,
    consent_of     text COLLATE "C" NOT NULL DEFAULT 'citizen'
                   CONSTRAINT plan_consent_of CHECK (consent_of OPERATOR(pg_catalog.=) ANY ('{citizen,parent}'::pg_catalog.text[])),
    person         text COLLATE "C" NOT NULL DEFAULT '',
    recipient_kind text COLLATE "C" NOT NULL DEFAULT 'unit'
                   CONSTRAINT plan_consent_recipient_kind CHECK (recipient_kind OPERATOR(pg_catalog.=) ANY ('{unit,partner}'::pg_catalog.text[])),
    recipient      text COLLATE "C" NOT NULL,
    scope          msb_org.target_group NOT NULL DEFAULT 'any',
    purpose        text,
    given          date NOT NULL DEFAULT msb_org.today(),
    until          date,
    withdrawn      timestamptz,
    PRIMARY KEY (citizen, plan, consent_of, person, recipient_kind, recipient, scope, given),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT plan_consent_span CHECK (until OPERATOR(pg_catalog.>=) given)
);
-- The consents to a unit or a partner.
CREATE INDEX plan_consent_recipient ON msb_org.plan_consent (recipient_kind, recipient) WHERE withdrawn IS NULL;
COMMENT ON TABLE msb_org.plan_consent IS 'Consents (samtykker): which unit or partner may see which of the citizen''s cases, for the sake of the plan. If the last consent that its kind needs is withdrawn, the plan is revoked.';
COMMENT ON COLUMN msb_org.plan_consent.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_consent.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_consent.consent_of IS 'The side that consents: citizen or parent.';
COMMENT ON COLUMN msb_org.plan_consent.person IS 'The parent who consents, by key or name; empty for the citizen. Personal data.';
COMMENT ON COLUMN msb_org.plan_consent.recipient_kind IS 'unit or partner.';
COMMENT ON COLUMN msb_org.plan_consent.recipient IS 'Code of the unit, or name of the partner, that may see the cases.';
COMMENT ON COLUMN msb_org.plan_consent.scope IS 'The cases that may be seen: those whose situation this target group takes.';
COMMENT ON COLUMN msb_org.plan_consent.purpose IS 'The purpose.';
COMMENT ON COLUMN msb_org.plan_consent.given IS 'The day from which on it is in force.';
COMMENT ON COLUMN msb_org.plan_consent.until IS 'The last day on which it is in force; NULL: until it is withdrawn.';
COMMENT ON COLUMN msb_org.plan_consent.withdrawn IS 'The time at which it was withdrawn; NULL: it was not.';

CREATE TABLE msb_org.plan_citizen (
    citizen  text COLLATE "C" NOT NULL,
    plan     uuid NOT NULL,
    related  text COLLATE "C" NOT NULL CONSTRAINT plan_citizen_related CHECK (related OPERATOR(pg_catalog.<>) ''),
    relation text COLLATE "C" NOT NULL DEFAULT 'sibling',
    PRIMARY KEY (citizen, plan, related),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE
);
-- The plans that name another citizen.
CREATE INDEX plan_citizen_related ON msb_org.plan_citizen (related);
COMMENT ON TABLE msb_org.plan_citizen IS 'Other citizens that a plan concerns, such as siblings.';
COMMENT ON COLUMN msb_org.plan_citizen.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_citizen.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_citizen.related IS 'Key of the other citizen. Personal data.';
COMMENT ON COLUMN msb_org.plan_citizen.relation IS 'The relation of the other to the citizen: sibling, parent, partner, child or another word.';

CREATE TABLE msb_org.plan_replaces (
    citizen  text COLLATE "C" NOT NULL,
    plan     uuid NOT NULL,
    replaced uuid NOT NULL,
    PRIMARY KEY (citizen, plan, replaced),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT plan_replaces_other CHECK (plan OPERATOR(pg_catalog.<>) replaced)
);
COMMENT ON TABLE msb_org.plan_replaces IS 'The plans that a whole-person plan replaces. They become replaced when it becomes active, and return to under_review if it is revoked or proves entered in error.';
COMMENT ON COLUMN msb_org.plan_replaces.citizen IS 'The citizen whose plans they are.';
COMMENT ON COLUMN msb_org.plan_replaces.plan IS 'The whole-person plan.';
COMMENT ON COLUMN msb_org.plan_replaces.replaced IS 'A plan that it replaces, of the same citizen.';

CREATE TABLE msb_org.plan_coordinator (
    citizen     text COLLATE "C" NOT NULL,
    plan        uuid NOT NULL,
    coordinator text NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_to    timestamptz NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (citizen, plan, valid_from),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT plan_coordinator_span CHECK (valid_to OPERATOR(pg_catalog.>) valid_from)
);
COMMENT ON TABLE msb_org.plan_coordinator IS 'The coordinators that a plan had before; the present one is in plan. Written by the extension.';
COMMENT ON COLUMN msb_org.plan_coordinator.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_coordinator.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_coordinator.coordinator IS 'The person who coordinated.';
COMMENT ON COLUMN msb_org.plan_coordinator.valid_from IS 'The time from which on this person coordinated.';
COMMENT ON COLUMN msb_org.plan_coordinator.valid_to IS 'The time until which this person coordinated.';
COMMENT ON COLUMN msb_org.plan_coordinator.actor IS 'The user who made the change that ended it.';

CREATE TABLE msb_org.plan_revision (
    citizen    text COLLATE "C" NOT NULL,
    plan       uuid NOT NULL,
    of_table   text COLLATE "C" NOT NULL,
    revised_at timestamptz NOT NULL,
    operation  text COLLATE "C" NOT NULL
               CONSTRAINT plan_revision_operation CHECK (operation OPERATOR(pg_catalog.=) ANY ('{update,delete}'::pg_catalog.text[])),
    content    jsonb NOT NULL,
    actor      text NOT NULL,
    PRIMARY KEY (citizen, plan, of_table, revised_at),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE msb_org.plan_revision IS 'The rows of a plan as they were before each UPDATE and DELETE. Written by the extension.';
COMMENT ON COLUMN msb_org.plan_revision.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_revision.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_revision.of_table IS 'The table whose row changed: plan, plan_goal, plan_measure, plan_content, plan_follow_up, plan_consent, plan_citizen or plan_replaces.';
COMMENT ON COLUMN msb_org.plan_revision.revised_at IS 'The time of the change.';
COMMENT ON COLUMN msb_org.plan_revision.operation IS 'update or delete.';
COMMENT ON COLUMN msb_org.plan_revision.content IS 'The row as it was before, without the keys of citizen and plan. Personal data.';
COMMENT ON COLUMN msb_org.plan_revision.actor IS 'The user who changed it.';
