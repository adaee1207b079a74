-- What is stated to be a citizen's primary challenge. Sessions cache it (primary_challenge.c), so a
-- change tells them.

CREATE TABLE msb_org.primary_challenge (
    citizen    text COLLATE "C" NOT NULL CONSTRAINT primary_challenge_of_somebody CHECK (citizen OPERATOR(pg_catalog.<>) ''),
    challenge  text COLLATE "C" NOT NULL,
    reason     text NOT NULL CONSTRAINT primary_challenge_reason CHECK (reason OPERATOR(pg_catalog.<>) ''),
    actor      text NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to   timestamptz,
    PRIMARY KEY (citizen, valid_from)
);
COMMENT ON TABLE msb_org.primary_challenge IS 'What has been stated to be a citizen''s primary challenge; see state_primary_challenge(). It decides the cases whose own challenge yields.';
COMMENT ON COLUMN msb_org.primary_challenge.citizen IS 'The citizen''s key. Personal data.';
COMMENT ON COLUMN msb_org.primary_challenge.challenge IS 'A label of the facet challenge.';
COMMENT ON COLUMN msb_org.primary_challenge.reason IS 'What it rests on.';
COMMENT ON COLUMN msb_org.primary_challenge.actor IS 'Who stated it.';
COMMENT ON COLUMN msb_org.primary_challenge.valid_from IS 'From when.';
COMMENT ON COLUMN msb_org.primary_challenge.valid_to IS 'Until when; NULL while it stands.';

CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON msb_org.primary_challenge
    FOR EACH ROW EXECUTE FUNCTION msb_org.invalidate();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON msb_org.primary_challenge
    FOR EACH STATEMENT EXECUTE FUNCTION msb_org.invalidate();
ALTER TABLE msb_org.primary_challenge ENABLE ALWAYS TRIGGER invalidate;
ALTER TABLE msb_org.primary_challenge ENABLE ALWAYS TRIGGER invalidate_all;
