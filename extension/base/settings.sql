-- Settings that SQL can ask for: the day, the actor, the clock of the records.

CREATE FUNCTION msb_org.today() RETURNS date
    LANGUAGE c STABLE PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_today';
COMMENT ON FUNCTION msb_org.today() IS
'Returns the date on which cases are judged: the date in msb_org.timezone (default Europe/Copenhagen), or msb_org.today if a superuser has set it for a dry run.';

CREATE FUNCTION msb_org.actor() RETURNS text
    LANGUAGE c STABLE PARALLEL RESTRICTED COST 1
    AS 'MODULE_PATHNAME', 'msb_actor';
COMMENT ON FUNCTION msb_org.actor() IS
'Returns the name that is the actor of every record: the setting msb_org.actor, else session_user.';

-- Values that go into messages and records.

CREATE FUNCTION msb_org.record_time() RETURNS timestamptz
    LANGUAGE c VOLATILE COST 1
    AS 'MODULE_PATHNAME', 'msb_record_time';
COMMENT ON FUNCTION msb_org.record_time() IS
'Used by whatever writes a record: the instant that a record is given. This is the clock. If msb_org.today is set, it is the same time of day on that date.';

-- Small groups in reports.
