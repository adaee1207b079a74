-- Settings that SQL can ask for: the day, the actor, the clock of the records.

CREATE FUNCTION msb_org.today() RETURNS date
    LANGUAGE c STABLE PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_today';
COMMENT ON FUNCTION msb_org.today() IS
'The date on which cases are judged: the date in msb_org.timezone (default Europe/Copenhagen), or msb_org.today where a superuser has set it for a dry run.';

CREATE FUNCTION msb_org.actor() RETURNS text
    LANGUAGE c STABLE PARALLEL RESTRICTED COST 1
    AS 'MODULE_PATHNAME', 'msb_actor';
COMMENT ON FUNCTION msb_org.actor() IS
'Who stands as actor in every record: the setting msb_org.actor, else session_user.';

-- What messages and records are given.

CREATE FUNCTION msb_org.record_time() RETURNS timestamptz
    LANGUAGE c VOLATILE COST 1
    AS 'MODULE_PATHNAME', 'msb_record_time';
COMMENT ON FUNCTION msb_org.record_time() IS
'Used by whatever writes a record: the instant that records are given: the clock, moved to msb_org.today at the same time of day where that is set.';

-- What reports show of small groups.
