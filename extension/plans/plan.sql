-- Coordination: duties that are due, plans, participants, the unit that coordinates. Keys begin with
-- the citizen: a citizen's rows live where the citizen's cases do.

CREATE TABLE msb_org.plan (
    citizen      text COLLATE "C" NOT NULL CONSTRAINT plan_of_somebody CHECK (citizen OPERATOR(pg_catalog.<>) ''),
    plan         uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    kind         text COLLATE "C" NOT NULL DEFAULT 'coordination',
    status       text COLLATE "C" NOT NULL DEFAULT 'draft'
                 CONSTRAINT plan_status CHECK (status OPERATOR(pg_catalog.=) ANY
                 ('{draft,offered,consented,declined,active,under_review,closed,replaced,revoked,entered_in_error}'::pg_catalog.text[])),
    unit         text COLLATE "C",
    challenge    text COLLATE "C",
    coordinator  text,
    coordinator_since timestamptz,
    duty         text COLLATE "C",
    decided      date,
    due          date,
    wishes       text,
    opened_at    timestamptz NOT NULL DEFAULT msb_org.record_time(),
    opened_by    text NOT NULL,
    status_since timestamptz NOT NULL DEFAULT msb_org.record_time(),
    status_reason text,
    PRIMARY KEY (citizen, plan)
);
-- At most one open coordination plan per citizen. The code looks for it under the citizen's lock, so
-- that the index never fails on a citizen.
CREATE UNIQUE INDEX plan_open ON msb_org.plan (citizen)
    WHERE kind OPERATOR(pg_catalog.=) 'coordination'
      AND status OPERATOR(pg_catalog.=) ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[]);
-- A plan by its number alone, as applications name it.
CREATE INDEX plan_plan ON msb_org.plan (plan);
-- Plans that were to be ready by now.
CREATE INDEX plan_due_day ON msb_org.plan (due) WHERE due IS NOT NULL;

COMMENT ON TABLE msb_org.plan IS 'Coordination plans (koordineringsplaner) and the statutory plans beside them, one row per plan. Rows remain whatever status the plan gets; plan_revision has a row''s earlier contents.';
COMMENT ON COLUMN msb_org.plan.citizen IS 'The citizen''s key, as in the ledger. Personal data.';
COMMENT ON COLUMN msb_org.plan.plan IS 'Number of the plan, which reveals nothing about the citizen.';
COMMENT ON COLUMN msb_org.plan.kind IS 'coordination, or a statutory kind; see plan_kind.';
COMMENT ON COLUMN msb_org.plan.status IS 'draft, offered, consented, declined, active, under_review, closed, replaced, revoked (consent withdrawn) or entered_in_error; plan_step has which may follow which.';
COMMENT ON COLUMN msb_org.plan.unit IS 'The unit that coordinates; NULL if the structure names none.';
COMMENT ON COLUMN msb_org.plan.challenge IS 'The primary challenge by which the unit was found.';
COMMENT ON COLUMN msb_org.plan.coordinator IS 'The person who coordinates now, as the application names people; earlier ones are in plan_coordinator.';
COMMENT ON COLUMN msb_org.plan.coordinator_since IS 'The time since which this person coordinates.';
COMMENT ON COLUMN msb_org.plan.duty IS 'The duty that opened it; NULL: a person opened it.';
COMMENT ON COLUMN msb_org.plan.decided IS 'The day of the decision that the plan rests on, from which its intervals count.';
COMMENT ON COLUMN msb_org.plan.due IS 'The day on which it is to be ready, from the kind''s interval; NULL: none.';
COMMENT ON COLUMN msb_org.plan.wishes IS 'The citizen''s wishes, in the citizen''s own words.';
COMMENT ON COLUMN msb_org.plan.opened_at IS 'The time at which it was opened.';
COMMENT ON COLUMN msb_org.plan.opened_by IS 'The user who opened it: msb_org.actor, else session_user; for a plan that a duty opened, the user who wrote the case.';
COMMENT ON COLUMN msb_org.plan.status_since IS 'The time since which it has its status.';
COMMENT ON COLUMN msb_org.plan.status_reason IS 'The reason for its status, in words.';

-- The rows that the work at commit writes have no foreign key to the plan. A check under the
-- transaction's snapshot would not see a plan that another session has just opened, and its message
-- would show the citizen.
CREATE TABLE msb_org.plan_participant (
    citizen     text COLLATE "C" NOT NULL,
    plan        uuid NOT NULL,
    kind        text COLLATE "C" NOT NULL
                CONSTRAINT plan_participant_kind CHECK (kind OPERATOR(pg_catalog.=) ANY ('{unit,partner}'::pg_catalog.text[])),
    participant text COLLATE "C" NOT NULL,
    valid_from  timestamptz NOT NULL DEFAULT msb_org.record_time(),
    valid_to    timestamptz,
    actor       text NOT NULL,
    PRIMARY KEY (citizen, plan, kind, participant, valid_from),
    CONSTRAINT plan_participant_span CHECK (valid_to OPERATOR(pg_catalog.>=) valid_from)
);
COMMENT ON TABLE msb_org.plan_participant IS 'The units and partners that take part in a plan. For open coordination plans the extension keeps the coordinating unit and the units of all open cases of the citizen. Partners are outside, such as associations; without consent they see nothing.';
COMMENT ON COLUMN msb_org.plan_participant.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_participant.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_participant.kind IS 'unit or partner.';
COMMENT ON COLUMN msb_org.plan_participant.participant IS 'Code of the unit, or name of the partner.';
COMMENT ON COLUMN msb_org.plan_participant.valid_from IS 'The time from which on it takes part.';
COMMENT ON COLUMN msb_org.plan_participant.valid_to IS 'The time until which it took part; NULL while it does.';
COMMENT ON COLUMN msb_org.plan_participant.actor IS 'The user who added it.';

CREATE TABLE msb_org.plan_reason (
    citizen     text COLLATE "C" NOT NULL,
    duty        text COLLATE "C" NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_to    timestamptz,
    units       text[] COLLATE "C" NOT NULL,
    asks_since  timestamptz NOT NULL,
    action      text COLLATE "C" NOT NULL,
    observed    boolean NOT NULL,
    PRIMARY KEY (citizen, duty, valid_from)
);
COMMENT ON TABLE msb_org.plan_reason IS 'The duties that are and were due for a citizen, kept as cases open, change and close: the reasons for a plan.';
COMMENT ON COLUMN msb_org.plan_reason.citizen IS 'The citizen''s key. Personal data.';
COMMENT ON COLUMN msb_org.plan_reason.duty IS 'The duty, of the structure in force; see plan_duty.';
COMMENT ON COLUMN msb_org.plan_reason.valid_from IS 'The time since which it is due.';
COMMENT ON COLUMN msb_org.plan_reason.valid_to IS 'The time until which it was due; NULL while it is.';
COMMENT ON COLUMN msb_org.plan_reason.units IS 'The units in which the counted cases lie, in bytewise order.';
COMMENT ON COLUMN msb_org.plan_reason.asks_since IS 'The time since which a plan opened meets the duty, whatever its status became. It is the time at which the duty became due, or at which the counted cases came to lie in more units while no plan was open.';
COMMENT ON COLUMN msb_org.plan_reason.action IS 'open or report, as the duty says.';
COMMENT ON COLUMN msb_org.plan_reason.observed IS 'Whether it is due only if cases of tables in observe are counted too: then no plan opens.';

CREATE TABLE msb_org.plan_review (
    citizen     text COLLATE "C" NOT NULL,
    plan        uuid NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT msb_org.record_time(),
    cause       text COLLATE "C" NOT NULL,
    reviewed_at timestamptz,
    reviewed_by text,
    PRIMARY KEY (citizen, plan, asked_at, cause)
);
COMMENT ON TABLE msb_org.plan_review IS 'Plans that somebody should look at again, and why. The extension marks a plan here, and never closes it by itself.';
COMMENT ON COLUMN msb_org.plan_review.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_review.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_review.asked_at IS 'The time at which it was marked.';
COMMENT ON COLUMN msb_org.plan_review.cause IS 'no_reason: no duty is due any longer; replaced_by_revoked: a plan that replaced it was revoked.';
COMMENT ON COLUMN msb_org.plan_review.reviewed_at IS 'The time at which somebody looked at it; NULL: not yet.';
COMMENT ON COLUMN msb_org.plan_review.reviewed_by IS 'The user who looked at it.';

CREATE TABLE msb_org.handover (
    citizen     text COLLATE "C" NOT NULL DEFAULT '',
    case_table  text COLLATE "C" NOT NULL,
    case_key    text COLLATE "C" NOT NULL,
    planned     date NOT NULL,
    cause       text COLLATE "C" NOT NULL
                CONSTRAINT handover_cause CHECK (cause OPERATOR(pg_catalog.=) ANY ('{birthday,structure,override_end,case}'::pg_catalog.text[])),
    from_unit   text COLLATE "C",
    to_unit     text COLLATE "C",
    accepted_at timestamptz,
    accepted_by text,
    moved_at    timestamptz,
    void_at     timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (citizen, case_table, case_key, planned)
);
-- What the daily job has to settle.
CREATE INDEX handover_pending ON msb_org.handover (planned) WHERE moved_at IS NULL AND void_at IS NULL;

COMMENT ON TABLE msb_org.handover IS 'Used by handovers(), which lists handovers (overdragelser) with those ahead and with a status: those that somebody has accepted, that wait, that have happened, or that have become void.';
COMMENT ON COLUMN msb_org.handover.citizen IS 'The citizen''s key; empty for a case without one. Personal data.';
COMMENT ON COLUMN msb_org.handover.case_table IS 'Name of the case table; empty for the coordination of a plan.';
COMMENT ON COLUMN msb_org.handover.case_key IS 'The case''s key, or the number of the plan.';
COMMENT ON COLUMN msb_org.handover.planned IS 'The day on which it is to happen.';
COMMENT ON COLUMN msb_org.handover.cause IS 'birthday, structure, override_end; case: what the case says, or an alias, changed; for a plan, the citizen''s cases or primary challenge did.';
COMMENT ON COLUMN msb_org.handover.from_unit IS 'The unit that hands over.';
COMMENT ON COLUMN msb_org.handover.to_unit IS 'The unit that takes over; NULL where the case cannot be judged from then on.';
COMMENT ON COLUMN msb_org.handover.accepted_at IS 'When the unit that takes over accepted; NULL: it has not.';
COMMENT ON COLUMN msb_org.handover.accepted_by IS 'The actor who accepted.';
COMMENT ON COLUMN msb_org.handover.moved_at IS 'When responsibility moved; NULL: not yet. Later than planned is late.';
COMMENT ON COLUMN msb_org.handover.void_at IS 'When it turned out that it does not happen after all: the case was closed before, or belongs to another unit by now; NULL: it may.';
COMMENT ON COLUMN msb_org.handover.recorded_at IS 'When the row was made.';
