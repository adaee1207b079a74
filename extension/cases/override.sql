-- Overrides: single cases with another unit than the rule's.

CREATE TABLE msb_org.case_override (
    case_table  text COLLATE "C" NOT NULL,
    case_key    text COLLATE "C" NOT NULL,
    unit        text COLLATE "C" NOT NULL,
    reason      text NOT NULL CONSTRAINT case_override_reason CHECK (reason OPERATOR(pg_catalog.<>) ''),
    until       date,
    actor       text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (case_table, case_key)
);
COMMENT ON TABLE msb_org.case_override IS 'Open cases that another unit has than the rule says, and until when; see override(). Their history is in the ledger.';
COMMENT ON COLUMN msb_org.case_override.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.case_override.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.case_override.unit IS 'The unit that is responsible instead.';
COMMENT ON COLUMN msb_org.case_override.reason IS 'The reason.';
COMMENT ON COLUMN msb_org.case_override.until IS 'The last day on which it applies; NULL: until the case is closed.';
COMMENT ON COLUMN msb_org.case_override.actor IS 'The user who made the override: msb_org.actor, else session_user.';
COMMENT ON COLUMN msb_org.case_override.recorded_at IS 'The time at which it was recorded.';
