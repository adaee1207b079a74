-- The stated primary challenges of citizens. Sessions cache them (primary_challenge.c), so a change
-- notifies the sessions.

CREATE TABLE msb_org.primary_challenge (
    citizen    text COLLATE "C" NOT NULL CONSTRAINT primary_challenge_of_somebody CHECK (citizen OPERATOR(pg_catalog.<>) ''),
    challenge  text COLLATE "C" NOT NULL,
    reason     text NOT NULL CONSTRAINT primary_challenge_reason CHECK (reason OPERATOR(pg_catalog.<>) ''),
    actor      text NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to   timestamptz,
    PRIMARY KEY (citizen, valid_from)
);
COMMENT ON TABLE msb_org.primary_challenge IS 'The primary challenges that have been stated for citizens; see state_primary_challenge(). A stated challenge decides the cases whose own challenge yields.';
COMMENT ON COLUMN msb_org.primary_challenge.citizen IS 'The citizen''s key. Personal data.';
COMMENT ON COLUMN msb_org.primary_challenge.challenge IS 'A label of the facet challenge.';
COMMENT ON COLUMN msb_org.primary_challenge.reason IS 'The reason.';
COMMENT ON COLUMN msb_org.primary_challenge.actor IS 'The user who stated it.';
COMMENT ON COLUMN msb_org.primary_challenge.valid_from IS 'The time from which on it applies.';
COMMENT ON COLUMN msb_org.primary_challenge.valid_to IS 'The time until which it applied; NULL while it is current.';

CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON msb_org.primary_challenge
    FOR EACH ROW EXECUTE FUNCTION msb_org.invalidate();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON msb_org.primary_challenge
    FOR EACH STATEMENT EXECUTE FUNCTION msb_org.invalidate();
ALTER TABLE msb_org.primary_challenge ENABLE ALWAYS TRIGGER invalidate;
ALTER TABLE msb_org.primary_challenge ENABLE ALWAYS TRIGGER invalidate_all;
