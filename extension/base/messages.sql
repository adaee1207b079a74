-- Messages of the functions in SQL: in the user's language, without a number that could be a CPR number.

CREATE FUNCTION msb_org.printable(value text, length integer DEFAULT 100) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_printable_text';
COMMENT ON FUNCTION msb_org.printable(text, integer) IS
'Used by whatever raises an error: a value as a message may show it. Its digits become X where it could hold a CPR number or most of one: six digits in a row and, after at most two other signs, three more letters or digits. The result is cut after so many bytes.';

CREATE FUNCTION msb_org.gettext(message text) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_gettext';
COMMENT ON FUNCTION msb_org.gettext(text) IS
'Used by the extension''s functions in SQL: one of their messages, or a template of format(), in the language of lc_messages. A message without a translation is returned as it is.';

CREATE FUNCTION msb_org.ngettext(singular text, plural text, count bigint) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_ngettext';
COMMENT ON FUNCTION msb_org.ngettext(text, text, bigint) IS
'Used by the extension''s functions in SQL: as gettext(), for a message with a count. The singular is for 1, the plural for any other number.';

CREATE FUNCTION msb_org.raise(sqlstate text, message text, hint text DEFAULT NULL) RETURNS void
    LANGUAGE c VOLATILE COST 1
    AS 'MODULE_PATHNAME', 'msb_raise';
COMMENT ON FUNCTION msb_org.raise(text, text, text) IS
'Used by the extension''s functions in SQL: raises an error with this message and hint, which are translated already. It keeps the statement out of the server log, because the statement holds the caller''s values.';
