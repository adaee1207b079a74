-- Settings that SQL can ask for: the day, the actor, small cells; messages and records.

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

CREATE FUNCTION msb_org.printable(value text, length integer DEFAULT 100) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_printable_text';
COMMENT ON FUNCTION msb_org.printable(text, integer) IS
'Used by whatever raises an error: a value as a message may show it: its digits become X where it could hold a CPR number or most of one (six digits in a row and, after at most two other signs, three more letters or digits). Cut after so many bytes.';

CREATE FUNCTION msb_org.gettext(message text) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_gettext';
COMMENT ON FUNCTION msb_org.gettext(text) IS
'Used by the extension''s functions in SQL: one of their messages, or a template of format(), in the language of lc_messages; as it is where the catalogue has no translation.';

CREATE FUNCTION msb_org.ngettext(singular text, plural text, count bigint) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_ngettext';
COMMENT ON FUNCTION msb_org.ngettext(text, text, bigint) IS
'Used by the extension''s functions in SQL: as gettext(), of a message with a count: singular for 1, plural for any other.';

CREATE FUNCTION msb_org.raise(sqlstate text, message text, hint text DEFAULT NULL) RETURNS void
    LANGUAGE c VOLATILE COST 1
    AS 'MODULE_PATHNAME', 'msb_raise';
COMMENT ON FUNCTION msb_org.raise(text, text, text) IS
'Used by the extension''s functions in SQL: raises an error, with message and hint as they are given (translated), and keeps the statement, which holds the caller''s values, out of the server log.';

CREATE FUNCTION msb_org.record_time() RETURNS timestamptz
    LANGUAGE c VOLATILE COST 1
    AS 'MODULE_PATHNAME', 'msb_record_time';
COMMENT ON FUNCTION msb_org.record_time() IS
'Used by whatever writes a record: the instant that records are given: the clock, moved to msb_org.today at the same time of day where that is set.';

-- What reports show of small groups.
CREATE FUNCTION msb_org.small_cell(count bigint) RETURNS bigint
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_small_cell';
COMMENT ON FUNCTION msb_org.small_cell(bigint) IS
'Used by the reports: a count of people or cases as a report may show it: NULL from 1 to one less than the superuser setting msb_org.min_cell (5); else the count, 0 included, which points at nobody.';
