/* msb_org--0.9.sql: assembled by make from extension/scripts/ */
\echo Use "CREATE EXTENSION msb_org" to load this file. \quit

-- The schema belongs to the extension: a schema of that name that stands
-- already makes CREATE EXTENSION fail, which is what we want.
CREATE SCHEMA msb_org;
COMMENT ON SCHEMA msb_org IS 'A municipality''s organisation: target groups, areas, the ledger of responsibility';
GRANT USAGE ON SCHEMA msb_org TO PUBLIC;

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
'A count of people or cases as a report may show it: NULL from 1 to one less than the superuser setting msb_org.min_cell (5); else the count, 0 included, which points at nobody.';

-- The type cpr: 64 bits ordered by date of birth.  Comparison, sort support and
-- sending are bigint's own; what a number is, cpr_text.c knows.

CREATE TYPE msb_org.cpr;
COMMENT ON TYPE msb_org.cpr IS
'A Danish civil registration number (personnummer). Reads DDMMYY-SSSS and DDMMYYSSSS amid white space, writes the first. Also replacement numbers (60 added to the day) and the letter form DDMMYYCAAG (C digit, AA letters, G digit). Ordered by date of birth, then form, then serial. The seventh digit names the century: 0-3: 19YY; 4 and 9: 20YY to YY = 36, else 19YY; 5-8: 20YY to YY = 57, else 18YY; in the letter form 0 and 1: 19YY, 6 and 7: 20YY, others none. The date must be in the calendar and may lie in the future. Source: the CPR Office, "Personnummeret i CPR". Its operators are in the schema msb_org. 22P02 for text that is none (soft from server version 16 on), 22P03 for a binary value: neither shows a digit of it. See docs/types.md.';

CREATE FUNCTION msb_org.cpr_in(cstring) RETURNS msb_org.cpr
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_in';
COMMENT ON FUNCTION msb_org.cpr_in(cstring) IS
'Input of type cpr, from text. Error 22P02 (soft, from server version 16) when it is no CPR number.';

CREATE FUNCTION msb_org.cpr_out(msb_org.cpr) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_out';
COMMENT ON FUNCTION msb_org.cpr_out(msb_org.cpr) IS
'Output of type cpr: DDMMYY-SSSS. No errors.';

CREATE FUNCTION msb_org.cpr_recv(internal) RETURNS msb_org.cpr
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_recv';
COMMENT ON FUNCTION msb_org.cpr_recv(internal) IS
'Binary input of type cpr: 8 bytes as cpr_send writes them. Error 22P03 when no CPR number stands behind them.';

CREATE FUNCTION msb_org.cpr_send(msb_org.cpr) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'int8send';
COMMENT ON FUNCTION msb_org.cpr_send(msb_org.cpr) IS
'Binary output of type cpr: 8 bytes, most significant first: date of birth (signed days since 2000-01-01) in the upper 4, form (0 ordinary, 1 replacement, 2 letters) in the next, serial in the last 3. No errors.';

CREATE TYPE msb_org.cpr (
    INPUT = msb_org.cpr_in,
    OUTPUT = msb_org.cpr_out,
    RECEIVE = msb_org.cpr_recv,
    SEND = msb_org.cpr_send,
    LIKE = pg_catalog.int8,
    CATEGORY = 'U'
);

-- Casts. To text the type's output serves; a number becomes a cpr unasked only
-- where it is stored (INSERT, UPDATE): drivers send varchar.

CREATE FUNCTION msb_org.cpr(value text) RETURNS msb_org.cpr
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_from_text';
COMMENT ON FUNCTION msb_org.cpr(text) IS
'The CPR number that value states. Error 22P02 when it is none.';

CREATE FUNCTION msb_org.cpr(value character) RETURNS msb_org.cpr
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_from_text';
COMMENT ON FUNCTION msb_org.cpr(character) IS
'The CPR number that value states. Error 22P02 when it is none.';

CREATE CAST (text AS msb_org.cpr) WITH FUNCTION msb_org.cpr(text) AS ASSIGNMENT;
COMMENT ON CAST (text AS msb_org.cpr) IS
'Reads a CPR number on assignment. Error 22P02 when it is none.';

CREATE CAST (varchar AS msb_org.cpr) WITH FUNCTION msb_org.cpr(text) AS ASSIGNMENT;
COMMENT ON CAST (varchar AS msb_org.cpr) IS
'Reads a CPR number on assignment. Error 22P02 when it is none.';

CREATE CAST (character AS msb_org.cpr) WITH FUNCTION msb_org.cpr(character) AS ASSIGNMENT;
COMMENT ON CAST (character AS msb_org.cpr) IS
'Reads a CPR number on assignment. Error 22P02 when it is none.';

-- What a number says.

CREATE FUNCTION msb_org.birth_date(citizen msb_org.cpr) RETURNS date
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_birth_date';
COMMENT ON FUNCTION msb_org.birth_date(msb_org.cpr) IS
'The date of birth that the number states, in every form: for a replacement number the day less 60. In the letter form it is often the day of issue: see birth_certain. No errors. Source: the CPR Office, "Personnummeret i CPR".';

CREATE FUNCTION msb_org.birth_certain(citizen msb_org.cpr) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_birth_is_certain';
COMMENT ON FUNCTION msb_org.birth_certain(msb_org.cpr) IS
'Whether birth_date is one to rely on: false for the letter form, whose date is often the day on which the number was issued, else true. No errors.';

CREATE FUNCTION msb_org.sex(citizen msb_org.cpr) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_sex';
COMMENT ON FUNCTION msb_org.sex(msb_org.cpr) IS
'male when the last digit is odd, female when it is even; in the letter form too. No errors. Source: the CPR Office, "Personnummeret i CPR".';

CREATE FUNCTION msb_org.age(citizen msb_org.cpr, on_date date) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_age';
COMMENT ON FUNCTION msb_org.age(msb_org.cpr, date) IS
'Age in completed years on on_date. A birthday on 29 February counts from 1 March in common years. NULL when on_date is before birth or infinite, and for the letter form, whose age is unknown (birth_certain). No errors.';

CREATE FUNCTION msb_org.mod11(citizen msb_org.cpr) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_mod11';
COMMENT ON FUNCTION msb_org.mod11(msb_org.cpr) IS
'Whether the digits times 4 3 2 7 6 5 4 3 2 1 sum to a multiple of 11; replacement numbers are calculated as written, with 60 in the day. NULL for the letter form, on which it is not defined. A question, never a condition: numbers without modulus 11 have been valid since 1 October 2007. No errors. Source: the CPR Office, "Personnummeret i CPR".';

CREATE FUNCTION msb_org.mask(citizen msb_org.cpr) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_mask';
COMMENT ON FUNCTION msb_org.mask(msb_org.cpr) IS
'The number with its last four characters hidden: DDMMYY-XXXX. The date still shows. No errors.';

CREATE FUNCTION msb_org.citizen_key(value text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_citizen_key_text';
COMMENT ON FUNCTION msb_org.citizen_key(text) IS
'The key by which a citizen is known in every table: a CPR number, however written (white space around it, no dash, lower-case letters), as DDMMYY-SSSS; anything else as it stands, without the white space around it. No errors.';

-- Comparison.

CREATE FUNCTION msb_org.cpr_eq(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8eq';
COMMENT ON FUNCTION msb_org.cpr_eq(msb_org.cpr, msb_org.cpr) IS
'Comparison of two CPR numbers by date of birth, then form, then serial: equal. No errors.';

CREATE FUNCTION msb_org.cpr_ne(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8ne';
COMMENT ON FUNCTION msb_org.cpr_ne(msb_org.cpr, msb_org.cpr) IS
'Comparison of two CPR numbers by date of birth, then form, then serial: not equal. No errors.';

CREATE FUNCTION msb_org.cpr_lt(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8lt';
COMMENT ON FUNCTION msb_org.cpr_lt(msb_org.cpr, msb_org.cpr) IS
'Comparison of two CPR numbers by date of birth, then form, then serial: less. No errors.';

CREATE FUNCTION msb_org.cpr_le(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8le';
COMMENT ON FUNCTION msb_org.cpr_le(msb_org.cpr, msb_org.cpr) IS
'Comparison of two CPR numbers by date of birth, then form, then serial: less or equal. No errors.';

CREATE FUNCTION msb_org.cpr_gt(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8gt';
COMMENT ON FUNCTION msb_org.cpr_gt(msb_org.cpr, msb_org.cpr) IS
'Comparison of two CPR numbers by date of birth, then form, then serial: greater. No errors.';

CREATE FUNCTION msb_org.cpr_ge(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8ge';
COMMENT ON FUNCTION msb_org.cpr_ge(msb_org.cpr, msb_org.cpr) IS
'Comparison of two CPR numbers by date of birth, then form, then serial: greater or equal. No errors.';

CREATE FUNCTION msb_org.cpr_cmp(msb_org.cpr, msb_org.cpr) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'btint8cmp';
COMMENT ON FUNCTION msb_org.cpr_cmp(msb_org.cpr, msb_org.cpr) IS
'Comparison of two CPR numbers by date of birth, then form, then serial: -1, 0 or 1. No errors.';

CREATE FUNCTION msb_org.cpr_sortsupport(internal) RETURNS void
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'btint8sortsupport';
COMMENT ON FUNCTION msb_org.cpr_sortsupport(internal) IS
'Sort support of CPR numbers. No errors.';

CREATE FUNCTION msb_org.cpr_hash(msb_org.cpr) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_hash';
COMMENT ON FUNCTION msb_org.cpr_hash(msb_org.cpr) IS
'Hash of a CPR number, the same on every machine and in every version. No errors.';

CREATE FUNCTION msb_org.cpr_hash_extended(msb_org.cpr, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_hash_extended';
COMMENT ON FUNCTION msb_org.cpr_hash_extended(msb_org.cpr, bigint) IS
'64-bit hash of a CPR number with a seed, the same on every machine and in every version. No errors.';

CREATE OPERATOR msb_org.= (
    FUNCTION = msb_org.cpr_eq, LEFTARG = msb_org.cpr, RIGHTARG = msb_org.cpr,
    COMMUTATOR = OPERATOR(msb_org.=), NEGATOR = OPERATOR(msb_org.<>),
    RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel,
    HASHES, MERGES
);
COMMENT ON OPERATOR msb_org.= (msb_org.cpr, msb_org.cpr) IS 'equal';

CREATE OPERATOR msb_org.<> (
    FUNCTION = msb_org.cpr_ne, LEFTARG = msb_org.cpr, RIGHTARG = msb_org.cpr,
    COMMUTATOR = OPERATOR(msb_org.<>), NEGATOR = OPERATOR(msb_org.=),
    RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR msb_org.<> (msb_org.cpr, msb_org.cpr) IS 'not equal';

CREATE OPERATOR msb_org.< (
    FUNCTION = msb_org.cpr_lt, LEFTARG = msb_org.cpr, RIGHTARG = msb_org.cpr,
    COMMUTATOR = OPERATOR(msb_org.>), NEGATOR = OPERATOR(msb_org.>=),
    RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR msb_org.< (msb_org.cpr, msb_org.cpr) IS 'less';

CREATE OPERATOR msb_org.<= (
    FUNCTION = msb_org.cpr_le, LEFTARG = msb_org.cpr, RIGHTARG = msb_org.cpr,
    COMMUTATOR = OPERATOR(msb_org.>=), NEGATOR = OPERATOR(msb_org.>),
    RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR msb_org.<= (msb_org.cpr, msb_org.cpr) IS 'less or equal';

CREATE OPERATOR msb_org.> (
    FUNCTION = msb_org.cpr_gt, LEFTARG = msb_org.cpr, RIGHTARG = msb_org.cpr,
    COMMUTATOR = OPERATOR(msb_org.<), NEGATOR = OPERATOR(msb_org.<=),
    RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR msb_org.> (msb_org.cpr, msb_org.cpr) IS 'greater';

CREATE OPERATOR msb_org.>= (
    FUNCTION = msb_org.cpr_ge, LEFTARG = msb_org.cpr, RIGHTARG = msb_org.cpr,
    COMMUTATOR = OPERATOR(msb_org.<=), NEGATOR = OPERATOR(msb_org.<),
    RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR msb_org.>= (msb_org.cpr, msb_org.cpr) IS 'greater or equal';

CREATE OPERATOR FAMILY msb_org.cpr_ops USING btree;
COMMENT ON OPERATOR FAMILY msb_org.cpr_ops USING btree IS 'CPR numbers by date of birth, then form, then serial';
CREATE OPERATOR CLASS msb_org.cpr_ops DEFAULT FOR TYPE msb_org.cpr USING btree FAMILY msb_org.cpr_ops AS
    OPERATOR 1 msb_org.<,
    OPERATOR 2 msb_org.<=,
    OPERATOR 3 msb_org.=,
    OPERATOR 4 msb_org.>=,
    OPERATOR 5 msb_org.>,
    FUNCTION 1 msb_org.cpr_cmp(msb_org.cpr, msb_org.cpr),
    FUNCTION 2 msb_org.cpr_sortsupport(internal),
    FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS msb_org.cpr_ops USING btree IS 'CPR numbers by date of birth, then form, then serial';

CREATE OPERATOR FAMILY msb_org.cpr_ops USING hash;
COMMENT ON OPERATOR FAMILY msb_org.cpr_ops USING hash IS 'CPR numbers by hash';
CREATE OPERATOR CLASS msb_org.cpr_ops DEFAULT FOR TYPE msb_org.cpr USING hash FAMILY msb_org.cpr_ops AS
    OPERATOR 1 msb_org.=,
    FUNCTION 1 msb_org.cpr_hash(msb_org.cpr),
    FUNCTION 2 msb_org.cpr_hash_extended(msb_org.cpr, bigint);
COMMENT ON OPERATOR CLASS msb_org.cpr_ops USING hash IS 'CPR numbers by hash';

-- The eldest and the youngest.

CREATE FUNCTION msb_org.cpr_smaller(msb_org.cpr, msb_org.cpr) RETURNS msb_org.cpr
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8smaller';
COMMENT ON FUNCTION msb_org.cpr_smaller(msb_org.cpr, msb_org.cpr) IS
'The smaller of two CPR numbers. No errors.';

CREATE AGGREGATE msb_org.min(msb_org.cpr) (
    SFUNC = msb_org.cpr_smaller, STYPE = msb_org.cpr,
    COMBINEFUNC = msb_org.cpr_smaller, SORTOP = OPERATOR(msb_org.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE msb_org.min(msb_org.cpr) IS
'The smallest CPR number, that of the earliest date of birth. NULL of no rows. No errors.';

CREATE FUNCTION msb_org.cpr_larger(msb_org.cpr, msb_org.cpr) RETURNS msb_org.cpr
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8larger';
COMMENT ON FUNCTION msb_org.cpr_larger(msb_org.cpr, msb_org.cpr) IS
'The larger of two CPR numbers. No errors.';

CREATE AGGREGATE msb_org.max(msb_org.cpr) (
    SFUNC = msb_org.cpr_larger, STYPE = msb_org.cpr,
    COMBINEFUNC = msb_org.cpr_larger, SORTOP = OPERATOR(msb_org.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE msb_org.max(msb_org.cpr) IS
'The largest CPR number, that of the latest date of birth. NULL of no rows. No errors.';

-- Type target_group: an age span and, per facet, the labels it takes.

CREATE TYPE msb_org.target_group;

CREATE FUNCTION msb_org.target_group_in(cstring) RETURNS msb_org.target_group
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'msb_target_group_in';
COMMENT ON FUNCTION msb_org.target_group_in(cstring) IS
'Reads a target group; 22P02 for a text that is none, which the message does not show.';

CREATE FUNCTION msb_org.target_group_out(msb_org.target_group) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'msb_target_group_out';
COMMENT ON FUNCTION msb_org.target_group_out(msb_org.target_group) IS
'Writes a target group: the age item, then the facets by name, labels sorted, all bytewise.';

CREATE FUNCTION msb_org.target_group_recv(internal) RETURNS msb_org.target_group
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'msb_target_group_recv';
COMMENT ON FUNCTION msb_org.target_group_recv(internal) IS
'Reads the binary form: a version byte, 1, and the text; 22P03 for anything else.';

CREATE FUNCTION msb_org.target_group_send(msb_org.target_group) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'msb_target_group_send';
COMMENT ON FUNCTION msb_org.target_group_send(msb_org.target_group) IS
'Writes the binary form: a version byte, 1, and the canonical text.';

CREATE TYPE msb_org.target_group (
    INPUT = msb_org.target_group_in,
    OUTPUT = msb_org.target_group_out,
    RECEIVE = msb_org.target_group_recv,
    SEND = msb_org.target_group_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE msb_org.target_group IS
'An age span in completed years (0 to 150) and, per facet, the labels it takes: age 15-17; task authority|provision. A facet that is not named takes every label; no age item takes every age, and unknown. Names and labels up to 255 bytes, the text up to 16 MB; nothing depends on locale, and labels are compared as written. 22P02 for text that is none, with the place and not the text; 22P03 for a binary value; 54000 for a result over 16 MB; XX001 for a stored version that is not known. See docs/deciding.md#target-groups.';

-- An application's driver sends text: assignment only, so that no operator is
-- found by way of a cast that nobody wrote.
CREATE CAST (text AS msb_org.target_group) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (text AS msb_org.target_group) IS
'Reads a target group on assignment. Error 22P02 when the text is none.';
CREATE CAST (varchar AS msb_org.target_group) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (varchar AS msb_org.target_group) IS
'Reads a target group on assignment. Error 22P02 when the text is none.';
CREATE CAST (bpchar AS msb_org.target_group) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (bpchar AS msb_org.target_group) IS
'Reads a target group on assignment. Error 22P02 when the text is none.';

-- Comparison.  None is LEAKPROOF: a stored version that the module does not
-- know is an error.

CREATE FUNCTION msb_org.target_group_eq(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_eq';
COMMENT ON FUNCTION msb_org.target_group_eq(msb_org.target_group, msb_org.target_group) IS
'Whether both are the same target group. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_ne(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_ne';
COMMENT ON FUNCTION msb_org.target_group_ne(msb_org.target_group, msb_org.target_group) IS
'Whether they are different target groups. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_lt(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_lt';
COMMENT ON FUNCTION msb_org.target_group_lt(msb_org.target_group, msb_org.target_group) IS
'Whether the first is before the second in the order: age item, then facets by name and labels, bytewise. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_le(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_le';
COMMENT ON FUNCTION msb_org.target_group_le(msb_org.target_group, msb_org.target_group) IS
'Whether the first is before or equal to the second in the order: age item, then facets by name and labels, bytewise. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_gt(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_gt';
COMMENT ON FUNCTION msb_org.target_group_gt(msb_org.target_group, msb_org.target_group) IS
'Whether the first is after the second in the order: age item, then facets by name and labels, bytewise. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_ge(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_ge';
COMMENT ON FUNCTION msb_org.target_group_ge(msb_org.target_group, msb_org.target_group) IS
'Whether the first is after or equal to the second in the order: age item, then facets by name and labels, bytewise. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_cmp(msb_org.target_group, msb_org.target_group) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_cmp';
COMMENT ON FUNCTION msb_org.target_group_cmp(msb_org.target_group, msb_org.target_group) IS
'Below, at or above zero, in the order: age item, then facets by name and labels, bytewise. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_hash(msb_org.target_group) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_hash';
COMMENT ON FUNCTION msb_org.target_group_hash(msb_org.target_group) IS
'Hash of a target group, for hash indexes, joins and partitions. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_hash_extended(msb_org.target_group, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_hash_extended';
COMMENT ON FUNCTION msb_org.target_group_hash_extended(msb_org.target_group, bigint) IS
'Hash of a target group with a seed. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_contains(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_contains';
COMMENT ON FUNCTION msb_org.target_group_contains(msb_org.target_group, msb_org.target_group) IS
'Whether every situation of the second is in the first. Labels are compared as written. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_contained(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_contained';
COMMENT ON FUNCTION msb_org.target_group_contained(msb_org.target_group, msb_org.target_group) IS
'Whether every situation of the first is in the second. Labels are compared as written. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_overlaps(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_overlaps';
COMMENT ON FUNCTION msb_org.target_group_overlaps(msb_org.target_group, msb_org.target_group) IS
'Whether some situation is in both. Labels are compared as written. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_intersect(msb_org.target_group, msb_org.target_group) RETURNS msb_org.target_group
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_intersect';
COMMENT ON FUNCTION msb_org.target_group_intersect(msb_org.target_group, msb_org.target_group) IS
'What is in both; NULL where nothing is. 54000 where its text would be longer than 16 MB. XX001 for a stored version that is not known.';

CREATE OPERATOR msb_org.= (
    LEFTARG = msb_org.target_group, RIGHTARG = msb_org.target_group, FUNCTION = msb_org.target_group_eq,
    COMMUTATOR = OPERATOR(msb_org.=),
    NEGATOR = OPERATOR(msb_org.<>),
    RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel,
    HASHES, MERGES
);
COMMENT ON OPERATOR msb_org.= (msb_org.target_group, msb_org.target_group) IS 'same target group';

CREATE OPERATOR msb_org.<> (
    LEFTARG = msb_org.target_group, RIGHTARG = msb_org.target_group, FUNCTION = msb_org.target_group_ne,
    COMMUTATOR = OPERATOR(msb_org.<>),
    NEGATOR = OPERATOR(msb_org.=),
    RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR msb_org.<> (msb_org.target_group, msb_org.target_group) IS 'different target group';

CREATE OPERATOR msb_org.< (
    LEFTARG = msb_org.target_group, RIGHTARG = msb_org.target_group, FUNCTION = msb_org.target_group_lt,
    COMMUTATOR = OPERATOR(msb_org.>),
    NEGATOR = OPERATOR(msb_org.>=),
    RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR msb_org.< (msb_org.target_group, msb_org.target_group) IS 'before, bytewise';

CREATE OPERATOR msb_org.<= (
    LEFTARG = msb_org.target_group, RIGHTARG = msb_org.target_group, FUNCTION = msb_org.target_group_le,
    COMMUTATOR = OPERATOR(msb_org.>=),
    NEGATOR = OPERATOR(msb_org.>),
    RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR msb_org.<= (msb_org.target_group, msb_org.target_group) IS 'before or equal, bytewise';

CREATE OPERATOR msb_org.> (
    LEFTARG = msb_org.target_group, RIGHTARG = msb_org.target_group, FUNCTION = msb_org.target_group_gt,
    COMMUTATOR = OPERATOR(msb_org.<),
    NEGATOR = OPERATOR(msb_org.<=),
    RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR msb_org.> (msb_org.target_group, msb_org.target_group) IS 'after, bytewise';

CREATE OPERATOR msb_org.>= (
    LEFTARG = msb_org.target_group, RIGHTARG = msb_org.target_group, FUNCTION = msb_org.target_group_ge,
    COMMUTATOR = OPERATOR(msb_org.<=),
    NEGATOR = OPERATOR(msb_org.<),
    RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR msb_org.>= (msb_org.target_group, msb_org.target_group) IS 'after or equal, bytewise';

CREATE OPERATOR msb_org.@> (
    LEFTARG = msb_org.target_group, RIGHTARG = msb_org.target_group, FUNCTION = msb_org.target_group_contains,
    COMMUTATOR = OPERATOR(msb_org.<@),
    RESTRICT = pg_catalog.contsel, JOIN = pg_catalog.contjoinsel
);
COMMENT ON OPERATOR msb_org.@> (msb_org.target_group, msb_org.target_group) IS 'contains';

CREATE OPERATOR msb_org.<@ (
    LEFTARG = msb_org.target_group, RIGHTARG = msb_org.target_group, FUNCTION = msb_org.target_group_contained,
    COMMUTATOR = OPERATOR(msb_org.@>),
    RESTRICT = pg_catalog.contsel, JOIN = pg_catalog.contjoinsel
);
COMMENT ON OPERATOR msb_org.<@ (msb_org.target_group, msb_org.target_group) IS 'is contained by';

CREATE OPERATOR msb_org.&& (
    LEFTARG = msb_org.target_group, RIGHTARG = msb_org.target_group, FUNCTION = msb_org.target_group_overlaps,
    COMMUTATOR = OPERATOR(msb_org.&&),
    RESTRICT = pg_catalog.areasel, JOIN = pg_catalog.areajoinsel
);
COMMENT ON OPERATOR msb_org.&& (msb_org.target_group, msb_org.target_group) IS 'overlaps';

CREATE OPERATOR msb_org.* (
    LEFTARG = msb_org.target_group, RIGHTARG = msb_org.target_group, FUNCTION = msb_org.target_group_intersect,
    COMMUTATOR = OPERATOR(msb_org.*)
);
COMMENT ON OPERATOR msb_org.* (msb_org.target_group, msb_org.target_group) IS 'intersection, NULL when empty';

CREATE OPERATOR FAMILY msb_org.target_group_btree_ops USING btree;
COMMENT ON OPERATOR FAMILY msb_org.target_group_btree_ops USING btree IS 'Order of target groups, independent of locale';
CREATE OPERATOR CLASS msb_org.target_group_btree_ops
    DEFAULT FOR TYPE msb_org.target_group USING btree FAMILY msb_org.target_group_btree_ops AS
    OPERATOR 1 msb_org.<,
    OPERATOR 2 msb_org.<=,
    OPERATOR 3 msb_org.=,
    OPERATOR 4 msb_org.>=,
    OPERATOR 5 msb_org.>,
    FUNCTION 1 msb_org.target_group_cmp(msb_org.target_group, msb_org.target_group);
COMMENT ON OPERATOR CLASS msb_org.target_group_btree_ops USING btree IS
'Order of target groups, independent of locale';

CREATE OPERATOR FAMILY msb_org.target_group_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY msb_org.target_group_hash_ops USING hash IS 'Hash of target groups';
CREATE OPERATOR CLASS msb_org.target_group_hash_ops
    DEFAULT FOR TYPE msb_org.target_group USING hash FAMILY msb_org.target_group_hash_ops AS
    OPERATOR 1 msb_org.=,
    FUNCTION 1 msb_org.target_group_hash(msb_org.target_group),
    FUNCTION 2 msb_org.target_group_hash_extended(msb_org.target_group, bigint);
COMMENT ON OPERATOR CLASS msb_org.target_group_hash_ops USING hash IS
'Hash of target groups; what it returns is stored by hash indexes and partitions and never changes';

-- GiST: a signature of bounded size, every answer rechecked.

CREATE FUNCTION msb_org.target_group_gist_consistent(internal, msb_org.target_group, smallint, oid, internal) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_target_group_gist_consistent';
COMMENT ON FUNCTION msb_org.target_group_gist_consistent(internal, msb_org.target_group, smallint, oid, internal) IS
'Support function of the GiST operator class.';

CREATE FUNCTION msb_org.target_group_gist_union(internal, internal) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_target_group_gist_union';
COMMENT ON FUNCTION msb_org.target_group_gist_union(internal, internal) IS
'Support function of the GiST operator class.';

CREATE FUNCTION msb_org.target_group_gist_compress(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_target_group_gist_compress';
COMMENT ON FUNCTION msb_org.target_group_gist_compress(internal) IS
'Support function of the GiST operator class.';

CREATE FUNCTION msb_org.target_group_gist_decompress(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_target_group_gist_decompress';
COMMENT ON FUNCTION msb_org.target_group_gist_decompress(internal) IS
'Support function of the GiST operator class.';

CREATE FUNCTION msb_org.target_group_gist_penalty(internal, internal, internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_target_group_gist_penalty';
COMMENT ON FUNCTION msb_org.target_group_gist_penalty(internal, internal, internal) IS
'Support function of the GiST operator class.';

CREATE FUNCTION msb_org.target_group_gist_picksplit(internal, internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_target_group_gist_picksplit';
COMMENT ON FUNCTION msb_org.target_group_gist_picksplit(internal, internal) IS
'Support function of the GiST operator class.';

CREATE FUNCTION msb_org.target_group_gist_same(bytea, bytea, internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_target_group_gist_same';
COMMENT ON FUNCTION msb_org.target_group_gist_same(bytea, bytea, internal) IS
'Support function of the GiST operator class.';

CREATE OPERATOR FAMILY msb_org.target_group_gist_ops USING gist;
COMMENT ON OPERATOR FAMILY msb_org.target_group_gist_ops USING gist IS 'Signatures of target groups';
CREATE OPERATOR CLASS msb_org.target_group_gist_ops
    DEFAULT FOR TYPE msb_org.target_group USING gist FAMILY msb_org.target_group_gist_ops AS
    OPERATOR 3 msb_org.&&,
    OPERATOR 6 msb_org.=,
    OPERATOR 7 msb_org.@>,
    OPERATOR 8 msb_org.<@,
    FUNCTION 1 msb_org.target_group_gist_consistent(internal, msb_org.target_group, smallint, oid, internal),
    FUNCTION 2 msb_org.target_group_gist_union(internal, internal),
    FUNCTION 3 msb_org.target_group_gist_compress(internal),
    FUNCTION 4 msb_org.target_group_gist_decompress(internal),
    FUNCTION 5 msb_org.target_group_gist_penalty(internal, internal, internal),
    FUNCTION 6 msb_org.target_group_gist_picksplit(internal, internal),
    FUNCTION 7 msb_org.target_group_gist_same(bytea, bytea, internal),
    STORAGE bytea;
COMMENT ON OPERATOR CLASS msb_org.target_group_gist_ops USING gist IS
'Signatures of target groups, for &&, @>, <@, = and exclusion constraints';

-- What reports ask of a target group.

CREATE FUNCTION msb_org.age_span(target msb_org.target_group) RETURNS int4range
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_age_span';
COMMENT ON FUNCTION msb_org.age_span(msb_org.target_group) IS
'The known ages it takes, in completed years: (,) for every age, unknown included; [18,) for 18 and above; NULL for age unknown only. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.facets(target msb_org.target_group) RETURNS text[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_facets';
COMMENT ON FUNCTION msb_org.facets(msb_org.target_group) IS
'The facets it names, sorted bytewise; an empty array where it names none. XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.labels(target msb_org.target_group, facet text) RETURNS text[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_labels';
COMMENT ON FUNCTION msb_org.labels(msb_org.target_group, text) IS
'The labels it takes of a facet, sorted bytewise; NULL where the facet is not named, which takes every label. XX001 for a stored version that is not known.';

-- The structure: drafts, edited freely, and the vocabulary that they share.
-- Natural keys, no sequences; a draft's units, rules and precedences refer to
-- the structure only, since a draft may be incomplete: adopt() proves it. So it
-- does a label's parent: a table that refers to itself makes pg_dump warn.

CREATE TABLE msb_org.facet (
    facet    text PRIMARY KEY
             CONSTRAINT facet_name CHECK (facet OPERATOR(pg_catalog.<>) ALL ('{"",age,any}'::pg_catalog.text[])),
    position integer NOT NULL DEFAULT 0,
    if_null  text,
    title    text
);
COMMENT ON TABLE msb_org.facet IS 'The axes of a case besides age: subject, task, challenge, service; more can be added as rows.';
COMMENT ON COLUMN msb_org.facet.facet IS 'Name of the facet, as target groups write it.';
COMMENT ON COLUMN msb_org.facet.position IS 'Order in lists and reports.';
COMMENT ON COLUMN msb_org.facet.if_null IS 'The label that stands in where a situation does not name the facet; NULL: it must be named.';
COMMENT ON COLUMN msb_org.facet.title IS 'Title for people, in Danish.';

CREATE TABLE msb_org.label (
    facet    text NOT NULL REFERENCES msb_org.facet ON UPDATE CASCADE,
    label    text NOT NULL CONSTRAINT label_name CHECK (label OPERATOR(pg_catalog.<>) ''),
    parent   text,
    position integer NOT NULL DEFAULT 0,
    priority integer,
    yields   boolean NOT NULL DEFAULT false,
    title    text,
    PRIMARY KEY (facet, label)
);
COMMENT ON TABLE msb_org.label IS 'The values of each facet. A rule that takes a label takes the labels below it too.';
COMMENT ON COLUMN msb_org.label.facet IS 'The facet that this is a value of.';
COMMENT ON COLUMN msb_org.label.label IS 'Code of the value, as target groups write it.';
COMMENT ON COLUMN msb_org.label.parent IS 'The wider label of the same facet that stands for this one too.';
COMMENT ON COLUMN msb_org.label.position IS 'Order in lists and reports.';
COMMENT ON COLUMN msb_org.label.priority IS 'For challenges: the lower one leads where a citizen has several and none is stated as primary.';
COMMENT ON COLUMN msb_org.label.yields IS 'Whether a stated primary challenge of the citizen decides instead of this one.';
COMMENT ON COLUMN msb_org.label.title IS 'Title for people, in Danish.';

CREATE TABLE msb_org.structure (
    structure   text PRIMARY KEY
                CONSTRAINT structure_name CHECK (structure OPERATOR(pg_catalog.~) '^[^#[:space:]]+$'),
    title       text,
    description text,
    status      text NOT NULL DEFAULT 'proposed'
                CONSTRAINT structure_status CHECK (status OPERATOR(pg_catalog.=) ANY ('{proposed,hearing,withdrawn,adopted}'::pg_catalog.text[])),
    hearing_from date,
    hearing_to   date,
    CONSTRAINT structure_hearing CHECK (hearing_to OPERATOR(pg_catalog.>=) hearing_from
        AND (status OPERATOR(pg_catalog.<>) 'hearing' OR (hearing_from IS NOT NULL AND hearing_to IS NOT NULL)))
);
COMMENT ON TABLE msb_org.structure IS 'The structures (organiseringer) as drafts. Decisions are made from enactments alone, so editing a draft changes nothing until adopt().';
COMMENT ON COLUMN msb_org.structure.structure IS 'Code of the structure; no space and no #, since name#n is a revision.';
COMMENT ON COLUMN msb_org.structure.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.structure.description IS 'What the structure is, and where its text comes from.';
COMMENT ON COLUMN msb_org.structure.status IS 'How far the proposal is: proposed; hearing (høring), between its dates; withdrawn, which adopt() refuses; adopted, set by adopt(). Yours to set; a new copy begins as proposed.';
COMMENT ON COLUMN msb_org.structure.hearing_from IS 'The first day of the hearing.';
COMMENT ON COLUMN msb_org.structure.hearing_to IS 'The last day of the hearing; adopt() waits until it is over.';

CREATE TABLE msb_org.unit (
    structure text NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    unit      text NOT NULL CONSTRAINT unit_name CHECK (unit OPERATOR(pg_catalog.<>) ''),
    parent    text,
    kind      text NOT NULL CONSTRAINT unit_kind CHECK (kind OPERATOR(pg_catalog.=) ANY
              ('{department,administration,operating_area,staff,entry,external,political,executive}'::pg_catalog.text[])),
    title     text,
    contact   text,
    origin    text NOT NULL DEFAULT 'default'
              CONSTRAINT unit_origin CHECK (origin OPERATOR(pg_catalog.=) ANY ('{source,extended,default}'::pg_catalog.text[])),
    PRIMARY KEY (structure, unit)
);
COMMENT ON TABLE msb_org.unit IS 'The units of a draft: department, administrations, operating areas, staffs, entry, external and political units.';
COMMENT ON COLUMN msb_org.unit.structure IS 'The structure that has the unit.';
COMMENT ON COLUMN msb_org.unit.unit IS 'Code of the unit, which is what a case''s area column holds.';
COMMENT ON COLUMN msb_org.unit.parent IS 'The unit above it.';
COMMENT ON COLUMN msb_org.unit.kind IS 'department, administration, operating_area, staff, entry, external, political or executive.';
COMMENT ON COLUMN msb_org.unit.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.unit.contact IS 'How to reach it.';
COMMENT ON COLUMN msb_org.unit.origin IS 'source: stands in the public text; extended: the text plus what is said beside it; default: added to make the structure whole.';

CREATE TABLE msb_org.rule (
    structure text NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    rule      text NOT NULL CONSTRAINT rule_name CHECK (rule OPERATOR(pg_catalog.<>) ''),
    unit      text NOT NULL,
    target    msb_org.target_group NOT NULL,
    origin    text NOT NULL DEFAULT 'default'
              CONSTRAINT rule_origin CHECK (origin OPERATOR(pg_catalog.=) ANY ('{source,extended,default}'::pg_catalog.text[])),
    basis     text,
    PRIMARY KEY (structure, rule)
);
COMMENT ON TABLE msb_org.rule IS 'The rules (ansvarsregler) of a draft: this target group belongs to this unit.';
COMMENT ON COLUMN msb_org.rule.structure IS 'The structure that has the rule.';
COMMENT ON COLUMN msb_org.rule.rule IS 'Code of the rule, which every decision names.';
COMMENT ON COLUMN msb_org.rule.unit IS 'The unit that is responsible.';
COMMENT ON COLUMN msb_org.rule.target IS 'The target group that it is responsible for.';
COMMENT ON COLUMN msb_org.rule.origin IS 'source: stands in the public text; extended: the text plus what basis names; default: added to make the table total.';
COMMENT ON COLUMN msb_org.rule.basis IS 'The words that the rule rests on, in Danish.';

CREATE TABLE msb_org.precedence (
    structure text NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    rule      text NOT NULL,
    over      text NOT NULL,
    origin    text NOT NULL DEFAULT 'default'
              CONSTRAINT precedence_origin CHECK (origin OPERATOR(pg_catalog.=) ANY ('{source,extended,default}'::pg_catalog.text[])),
    reason    text,
    PRIMARY KEY (structure, rule, over)
);
COMMENT ON TABLE msb_org.precedence IS 'Where two rules of a draft overlap: which one goes first (afgrænsning), and why. Not transitive; ignored between rules of one unit.';
COMMENT ON COLUMN msb_org.precedence.structure IS 'The structure that has both rules.';
COMMENT ON COLUMN msb_org.precedence.rule IS 'The rule that goes first.';
COMMENT ON COLUMN msb_org.precedence.over IS 'The rule that gives way.';
COMMENT ON COLUMN msb_org.precedence.origin IS 'source, extended or default, as for rules.';
COMMENT ON COLUMN msb_org.precedence.reason IS 'Why, in Danish.';

CREATE TABLE msb_org.plan_duty (
    structure text NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    duty      text NOT NULL,
    part      text NOT NULL,
    counted   msb_org.target_group NOT NULL,
    min_units integer NOT NULL DEFAULT 2 CONSTRAINT plan_duty_min_units CHECK (min_units OPERATOR(pg_catalog.>) 0),
    action    text NOT NULL DEFAULT 'open'
              CONSTRAINT plan_duty_action CHECK (action OPERATOR(pg_catalog.=) ANY ('{open,report}'::pg_catalog.text[])),
    basis     text,
    PRIMARY KEY (structure, duty, part, counted)
);
COMMENT ON TABLE msb_org.plan_duty IS 'When a draft calls for a coordination plan: every part of a duty has an open case (rows of one part are alternatives), in at least min_units units.';
COMMENT ON COLUMN msb_org.plan_duty.structure IS 'The structure that has the duty.';
COMMENT ON COLUMN msb_org.plan_duty.duty IS 'Code of the duty.';
COMMENT ON COLUMN msb_org.plan_duty.part IS 'Code of the part; rows of one part are alternatives.';
COMMENT ON COLUMN msb_org.plan_duty.counted IS 'The cases that count for the part.';
COMMENT ON COLUMN msb_org.plan_duty.min_units IS 'In how many units at least the counted cases lie.';
COMMENT ON COLUMN msb_org.plan_duty.action IS 'open: a plan is opened; report: the duty is only listed.';
COMMENT ON COLUMN msb_org.plan_duty.basis IS 'The words that the duty rests on, in Danish.';

CREATE TABLE msb_org.hearing_note (
    structure text NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    rule      text NOT NULL DEFAULT '',
    author    text NOT NULL CONSTRAINT hearing_note_author CHECK (author OPERATOR(pg_catalog.<>) ''),
    noted_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    note      text NOT NULL CONSTRAINT hearing_note_note CHECK (note OPERATOR(pg_catalog.<>) ''),
    answer    text,
    PRIMARY KEY (structure, rule, author, noted_at)
);
COMMENT ON TABLE msb_org.hearing_note IS 'What was said of a proposal in its hearing (høringssvar), rule by rule. A note stays where its rule goes, and is no part of the adopted text.';
COMMENT ON COLUMN msb_org.hearing_note.structure IS 'The proposal.';
COMMENT ON COLUMN msb_org.hearing_note.rule IS 'Code of the rule that it is about; empty: the proposal as a whole.';
COMMENT ON COLUMN msb_org.hearing_note.author IS 'Who says it: an organisation, a council, a person. May be personal data.';
COMMENT ON COLUMN msb_org.hearing_note.noted_at IS 'When it was written down.';
COMMENT ON COLUMN msb_org.hearing_note.note IS 'What is said.';
COMMENT ON COLUMN msb_org.hearing_note.answer IS 'What the administration answers; NULL: nothing yet.';

-- Enactments: structures as adopted, frozen, each in force for a span of days.

CREATE TABLE msb_org.enactment (
    structure    text NOT NULL,
    revision     integer NOT NULL,
    from_date    date NOT NULL,
    in_force     daterange NOT NULL,
    document     jsonb NOT NULL,
    decision     text,
    adopted_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    adopted_by   text NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text,
    PRIMARY KEY (structure, revision),
    CONSTRAINT enactment_in_force EXCLUDE USING gist (in_force WITH OPERATOR(pg_catalog.&&))
);
COMMENT ON TABLE msb_org.enactment IS 'Adopted structures (vedtagelser): the frozen document of each and the days on which it is in force. Every decision is made from here.';
COMMENT ON COLUMN msb_org.enactment.structure IS 'Code of the structure.';
COMMENT ON COLUMN msb_org.enactment.revision IS 'Number of the revision, from 1 for each structure; name#n names it.';
COMMENT ON COLUMN msb_org.enactment.from_date IS 'The day that it was adopted to come into force.';
COMMENT ON COLUMN msb_org.enactment.in_force IS 'The days on which it is in force; empty where a later enactment took all of them or it was withdrawn.';
COMMENT ON COLUMN msb_org.enactment.document IS 'The whole structure as it was adopted, facets and labels included; see export_structure().';
COMMENT ON COLUMN msb_org.enactment.decision IS 'The decision that it rests on: council, date, item.';
COMMENT ON COLUMN msb_org.enactment.adopted_at IS 'When adopt() was called.';
COMMENT ON COLUMN msb_org.enactment.adopted_by IS 'Who called it.';
COMMENT ON COLUMN msb_org.enactment.withdrawn_at IS 'When withdraw_enactment() was called, if it was.';
COMMENT ON COLUMN msb_org.enactment.withdrawn_by IS 'Who called it.';

-- What is enacted does not change, and every backend learns of a new enactment.
-- Row triggers, ALWAYS: logical replication fires no statement trigger for rows.
CREATE FUNCTION msb_org.enactment_guard() RETURNS trigger
    LANGUAGE c COST 1 AS 'MODULE_PATHNAME', 'msb_enactment_guard';
COMMENT ON FUNCTION msb_org.enactment_guard() IS
'Trigger: refuses (55000) to change or delete the text of an enactment. Fires on UPDATE and DELETE only, so that a restore goes through.';

CREATE FUNCTION msb_org.invalidate() RETURNS trigger
    LANGUAGE c COST 1 AS 'MODULE_PATHNAME', 'msb_invalidate';
COMMENT ON FUNCTION msb_org.invalidate() IS
'Trigger: tells every backend that what it has cached from this table is out of date.';

CREATE TRIGGER enactment_guard BEFORE UPDATE OR DELETE ON msb_org.enactment
    FOR EACH ROW EXECUTE FUNCTION msb_org.enactment_guard();
CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON msb_org.enactment
    FOR EACH ROW EXECUTE FUNCTION msb_org.invalidate();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON msb_org.enactment
    FOR EACH STATEMENT EXECUTE FUNCTION msb_org.invalidate();
ALTER TABLE msb_org.enactment ENABLE ALWAYS TRIGGER invalidate;
ALTER TABLE msb_org.enactment ENABLE ALWAYS TRIGGER invalidate_all;

-- The document of a structure: one form for drafts, revisions and exchange.
CREATE FUNCTION msb_org.export_structure(structure text) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted   text := export_structure.structure;
    document jsonb;
BEGIN
    IF wanted ~ '#[0-9]{1,9}$' THEN
        SELECT e.document INTO document FROM msb_org.enactment e
         WHERE e.structure = regexp_replace(wanted, '#[0-9]+$', '')
           AND e.revision = substring(wanted FROM '#([0-9]+)$')::integer;
    ELSE
        SELECT jsonb_strip_nulls(jsonb_build_object(
                   'format', 1, 'structure', s.structure, 'title', s.title, 'description', s.description,
                   'facets', coalesce((SELECT jsonb_agg(to_jsonb(f) ORDER BY f.position, f.facet COLLATE "C")
                                         FROM msb_org.facet f), '[]'),
                   'labels', coalesce((SELECT jsonb_agg(CASE WHEN l.yields THEN to_jsonb(l) ELSE to_jsonb(l) - 'yields' END
                                                        ORDER BY f.position, l.facet COLLATE "C", l.position, l.label COLLATE "C")
                                         FROM msb_org.label l JOIN msb_org.facet f USING (facet)), '[]'),
                   'units', coalesce((SELECT jsonb_agg(to_jsonb(u) - 'structure' ORDER BY u.unit COLLATE "C")
                                        FROM msb_org.unit u WHERE u.structure = s.structure), '[]'),
                   'rules', coalesce((SELECT jsonb_agg(to_jsonb(r) - 'structure' ORDER BY r.rule COLLATE "C")
                                        FROM msb_org.rule r WHERE r.structure = s.structure), '[]'),
                   'precedences', coalesce((SELECT jsonb_agg(to_jsonb(p) - 'structure'
                                                             ORDER BY p.rule COLLATE "C", p.over COLLATE "C")
                                              FROM msb_org.precedence p WHERE p.structure = s.structure), '[]'),
                   'plan_duties', coalesce((SELECT jsonb_agg(to_jsonb(d) - 'structure'
                                                             ORDER BY d.duty COLLATE "C", d.part COLLATE "C",
                                                                      d.counted USING OPERATOR(msb_org.<))
                                              FROM msb_org.plan_duty d WHERE d.structure = s.structure), '[]')))
          INTO document
          FROM msb_org.structure s WHERE s.structure = wanted;
    END IF;
    IF document IS NULL THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('structure "%s" does not exist'), msb_org.printable(wanted)),
            HINT = msb_org.gettext('A plain name is a draft in msb_org.structure, name#n a revision in msb_org.enactment.');
    END IF;
    RETURN document;
END $$;
COMMENT ON FUNCTION msb_org.export_structure(text) IS
'The whole structure as one document: a draft by its name, a revision as name#n. Facets and labels are part of it. import_structure() takes it. 42704 where there is none.';

CREATE FUNCTION msb_org.import_structure(document jsonb, structure text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    doc    jsonb := import_structure.document;
    name   text := coalesce(import_structure.structure, doc ->> 'structure');
    part   text;
    place  text;            -- the rule or duty whose target group is looked at
    place_part text;        -- the duty's part
    target text;
    wrong  text;
    detail text;
BEGIN
    IF doc IS NULL OR jsonb_typeof(doc) <> 'object' OR jsonb_typeof(doc -> 'structure') IS DISTINCT FROM 'string' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = msb_org.gettext('this is not the document of a structure'),
            DETAIL = msb_org.gettext('It must be an object with the structure''s name under "structure".');
    END IF;
    IF (doc -> 'format') IS DISTINCT FROM '1'::jsonb THEN
        RAISE invalid_parameter_value USING
            MESSAGE = msb_org.gettext('the document''s format is not one that this version reads'),
            HINT = msb_org.gettext('The key "format" must be 1.');
    END IF;
    FOREACH part IN ARRAY '{facets,labels,units,rules,precedences,plan_duties}'::text[] LOOP
        IF jsonb_typeof(doc -> part) IS DISTINCT FROM 'array'
           OR jsonb_path_exists(doc, format('strict $.%I[*] ? (@.type() != "object")', part)::jsonpath) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format(msb_org.gettext('the document''s "%s" must be a list of objects'), part);
        END IF;
    END LOOP;
    IF name !~ '^[^#[:space:]]+$' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('"%s" cannot be the name of a structure'), msb_org.printable(name)),
            DETAIL = msb_org.gettext('A name has neither spaces nor #, since name#n is a revision.');
    END IF;
    IF EXISTS (SELECT FROM msb_org.structure s WHERE s.structure = name) THEN
        RAISE duplicate_object USING
            MESSAGE = format(msb_org.gettext('structure "%s" exists already'), name),
            HINT = msb_org.gettext('import_structure(document, ''another-name'') brings it in beside it; shipped_structure() and export_structure() give the document. Or delete the draft that stands.');
    END IF;

    INSERT INTO msb_org.structure (structure, title, description)
    VALUES (name, doc ->> 'title', doc ->> 'description');
    BEGIN
        part := 'facets';
        INSERT INTO msb_org.facet (facet, position, if_null, title)
            SELECT facet, coalesce(position, 0), if_null, title
              FROM jsonb_to_recordset(doc -> 'facets') AS r (facet text, position integer, if_null text, title text)
            ON CONFLICT DO NOTHING;
        part := 'labels';
        INSERT INTO msb_org.label (facet, label, parent, position, priority, yields, title)
            SELECT facet, label, parent, coalesce(position, 0), priority, coalesce(yields, false), title
              FROM jsonb_to_recordset(doc -> 'labels') AS r (facet text, label text, parent text,
                   position integer, priority integer, yields boolean, title text)
            ON CONFLICT DO NOTHING;
        part := 'units';
        INSERT INTO msb_org.unit (structure, unit, parent, kind, title, contact, origin)
            SELECT name, unit, parent, kind, title, contact, coalesce(origin, 'default')
              FROM jsonb_to_recordset(doc -> 'units') AS r (unit text, parent text, kind text,
                   title text, contact text, origin text);
        -- target groups one by one, to be able to say which rule has a wrong one
        part := 'rules';
        FOR place, target IN SELECT coalesce(r ->> 'rule', ''), r ->> 'target'
                               FROM jsonb_array_elements(doc -> 'rules') r LOOP
            PERFORM target::msb_org.target_group;
        END LOOP;
        place := NULL;
        INSERT INTO msb_org.rule (structure, rule, unit, target, origin, basis)
            SELECT name, rule, unit, target, coalesce(origin, 'default'), basis
              FROM jsonb_to_recordset(doc -> 'rules') AS r (rule text, unit text,
                   target msb_org.target_group, origin text, basis text);
        part := 'precedences';
        INSERT INTO msb_org.precedence (structure, rule, over, origin, reason)
            SELECT name, rule, over, coalesce(origin, 'default'), reason
              FROM jsonb_to_recordset(doc -> 'precedences') AS r (rule text, over text, origin text, reason text);
        part := 'plan_duties';
        FOR place, place_part, target IN SELECT coalesce(r ->> 'duty', ''), coalesce(r ->> 'part', ''), r ->> 'counted'
                               FROM jsonb_array_elements(doc -> 'plan_duties') r LOOP
            PERFORM target::msb_org.target_group;
        END LOOP;
        place := NULL;
        INSERT INTO msb_org.plan_duty (structure, duty, part, counted, min_units, action, basis)
            SELECT name, duty, part, counted, coalesce(min_units, 2), coalesce(action, 'open'), basis
              FROM jsonb_to_recordset(doc -> 'plan_duties') AS r (duty text, part text,
                   counted msb_org.target_group, min_units integer, action text, basis text);
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
        GET STACKED DIAGNOSTICS wrong = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN place IS NULL
                               THEN format(msb_org.gettext('the document''s "%s" cannot be brought in: %s'), part, msb_org.printable(wrong))
                           WHEN part = 'rules'
                               THEN format(msb_org.gettext('the document''s "%s" cannot be brought in, rule "%s": %s'),
                                           part, msb_org.printable(place), msb_org.printable(wrong))
                           ELSE format(msb_org.gettext('the document''s "%s" cannot be brought in, duty "%s", part "%s": %s'),
                                       part, msb_org.printable(place), msb_org.printable(place_part), msb_org.printable(wrong)) END,
            DETAIL = coalesce(nullif(msb_org.printable(detail), ''), msb_org.gettext('Nothing was brought in.'));
    END;
    RETURN name;
END $$;
COMMENT ON FUNCTION msb_org.import_structure(jsonb, text) IS
'Brings a document of export_structure() in as a draft, under its own name or the one given, and returns the name. Adds missing facets and labels and changes none. 42710 where the draft exists, 22023 where it is no such document, or something in it cannot be brought in: then nothing is.';

CREATE FUNCTION msb_org.shipped_structure(structure text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE structure
WHEN 'msb-2018' THEN $json$
{
  "format": 1,
  "structure": "msb-2018",
  "title": "Organiseringen før 1. august 2019",
  "description": "Sociale Forhold og Beskæftigelse i to forvaltninger, så vidt offentlige kilder beskriver den",
  "facets": [
    {"facet": "subject", "position": 1, "if_null": "citizen", "title": "Part"},
    {"facet": "task", "position": 2, "title": "Opgave"},
    {"facet": "challenge", "position": 3, "if_null": "unknown", "title": "Primær udfordring"},
    {"facet": "service", "position": 4, "if_null": "unknown", "title": "Indsats"}
  ],
  "labels": [
    {"facet": "subject", "label": "citizen", "position": 1, "title": "Borger"},
    {"facet": "subject", "label": "company", "position": 2, "title": "Virksomhed"},
    {"facet": "task", "label": "authority", "position": 1, "title": "Myndighed"},
    {"facet": "task", "label": "provision", "position": 2, "title": "Indsats (udfører)"},
    {"facet": "task", "label": "benefit", "position": 3, "title": "Ydelse (forsørgelse)"},
    {"facet": "task", "label": "coordination", "position": 4, "title": "Koordinering"},
    {"facet": "challenge", "label": "vulnerable_child", "position": 1, "priority": 1, "title": "Udsat barn eller familie"},
    {"facet": "challenge", "label": "brain_injury", "position": 2, "priority": 2, "title": "(Sen)hjerneskade"},
    {"facet": "challenge", "label": "mental_illness", "position": 3, "priority": 3, "title": "Sindslidelse"},
    {"facet": "challenge", "label": "social_exposure", "position": 4, "priority": 4, "title": "Social udsathed"},
    {"facet": "challenge", "label": "homelessness", "parent": "social_exposure", "position": 5, "priority": 5, "title": "Hjemløshed"},
    {"facet": "challenge", "label": "substance_misuse", "parent": "social_exposure", "position": 6, "priority": 6, "title": "Misbrug"},
    {"facet": "challenge", "label": "disability", "position": 7, "priority": 7, "title": "Handicap"},
    {"facet": "challenge", "label": "physical_disability", "parent": "disability", "position": 8, "priority": 8, "title": "Fysisk handicap"},
    {"facet": "challenge", "label": "mental_disability", "parent": "disability", "position": 9, "priority": 9, "title": "Psykisk handicap"},
    {"facet": "challenge", "label": "integration", "position": 10, "priority": 10, "title": "Integrationsbehov"},
    {"facet": "challenge", "label": "sickness", "position": 11, "priority": 11, "title": "Sygemelding"},
    {"facet": "challenge", "label": "flexjob", "position": 12, "priority": 12, "title": "Fleksjob"},
    {"facet": "challenge", "label": "unemployment", "position": 13, "priority": 13, "yields": true, "title": "Ledighed"},
    {"facet": "challenge", "label": "unknown", "position": 14, "priority": 14, "yields": true, "title": "Ukendt"},
    {"facet": "service", "label": "unknown", "position": 1, "title": "Ukendt"},
    {"facet": "service", "label": "general", "position": 2, "title": "Øvrig indsats"},
    {"facet": "service", "label": "family_support", "position": 3, "title": "Familieindsats"},
    {"facet": "service", "label": "specialised_disability", "position": 4, "title": "Specialiseret handicapindsats"},
    {"facet": "service", "label": "aftercare", "position": 5, "title": "Efterværn"},
    {"facet": "service", "label": "education_coordination", "position": 6, "title": "Uddannelseskoordinering"},
    {"facet": "service", "label": "residential", "position": 7, "title": "Botilbud"},
    {"facet": "service", "label": "day_offer", "position": 8, "title": "Dagtilbud til voksne"},
    {"facet": "service", "label": "employment", "position": 9, "title": "Beskæftigelsesindsats"},
    {"facet": "service", "label": "substance_treatment", "position": 10, "title": "Rusmiddelbehandling"},
    {"facet": "service", "label": "social_medicine", "position": 11, "title": "Sociallægeindsats"},
    {"facet": "service", "label": "business_service", "position": 12, "title": "Virksomhedsservice"}
  ],
  "units": [
    {"unit": "msb", "kind": "department", "origin": "source", "title": "Sociale Forhold og Beskæftigelse"},
    {"unit": "raadmand", "parent": "msb", "kind": "political", "origin": "source", "title": "Rådmand"},
    {"unit": "social", "parent": "msb", "kind": "administration", "origin": "source", "title": "Socialforvaltningen"},
    {"unit": "beskaeftigelse", "parent": "msb", "kind": "administration", "origin": "source", "title": "Beskæftigelsesforvaltningen"},
    {"unit": "fbu", "parent": "social", "kind": "operating_area", "origin": "extended", "title": "Familie, Børn og Unge"},
    {"unit": "voksenhandicap", "parent": "social", "kind": "operating_area", "origin": "extended", "title": "Voksenhandicap"},
    {"unit": "sou", "parent": "social", "kind": "operating_area", "origin": "extended", "title": "Socialpsykiatri og Udsatte Voksne"},
    {"unit": "besk", "parent": "beskaeftigelse", "kind": "operating_area", "origin": "default", "title": "Jobcenter og ydelse"},
    {"unit": "indgang", "parent": "msb", "kind": "entry", "origin": "default", "title": "Fælles indgang"},
    {"unit": "mso", "kind": "external", "origin": "extended", "title": "Sundhed og Omsorg"}
  ],
  "rules": [
    {"rule": "S1", "unit": "fbu", "target": "subject citizen; age 0-17; task authority|provision|coordination; challenge vulnerable_child|disability|mental_illness|social_exposure|unknown|brain_injury|sickness|integration|unemployment|flexjob", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "S2", "unit": "fbu", "target": "subject citizen; age 18-22; task provision; service aftercare", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "S3", "unit": "fbu", "target": "subject citizen; task provision; service family_support", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "S4", "unit": "voksenhandicap", "target": "subject citizen; age 18-66; task authority|provision|coordination; challenge disability|brain_injury", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "S5", "unit": "voksenhandicap", "target": "subject citizen; age 67-; task provision; challenge disability|brain_injury", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "S6", "unit": "sou", "target": "subject citizen; age 18-66; task authority|provision|coordination; challenge mental_illness|social_exposure", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "S7", "unit": "sou", "target": "subject citizen; age 67-; task provision; challenge mental_illness|social_exposure", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "S8", "unit": "sou", "target": "subject citizen; task provision; service substance_treatment|social_medicine", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "S9", "unit": "fbu", "target": "subject citizen; age 18-; task authority|provision|coordination; challenge vulnerable_child", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "K1", "unit": "besk", "target": "subject citizen; task benefit", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "K2", "unit": "besk", "target": "subject citizen; age 18-; task authority|provision|coordination; challenge unemployment|flexjob|sickness|integration", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "K3", "unit": "besk", "target": "subject citizen; age 15-; task provision; service employment|education_coordination", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "K4", "unit": "besk", "target": "subject company", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "K5", "unit": "besk", "target": "subject citizen; age 18-66; task authority|provision|coordination; challenge unknown", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "X1", "unit": "mso", "target": "subject citizen; age 67-; task authority|coordination; challenge disability|mental_illness|social_exposure|brain_injury", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "X2", "unit": "mso", "target": "subject citizen; age 67-; task authority|provision|coordination; challenge unknown", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"},
    {"rule": "N1", "unit": "indgang", "target": "subject citizen; age unknown; task authority|provision|coordination", "origin": "default", "basis": "Organiseringen før 1. august 2019, så vidt offentlige kilder beskriver den"}
  ],
  "precedences": [
    {"rule": "K3", "over": "S1", "origin": "default", "reason": "Beskæftigelsesindsatser hører til Beskæftigelsesforvaltningen"},
    {"rule": "K3", "over": "S4", "origin": "default", "reason": "Beskæftigelsesindsatser hører til Beskæftigelsesforvaltningen"},
    {"rule": "K3", "over": "S5", "origin": "default", "reason": "Beskæftigelsesindsatser hører til Beskæftigelsesforvaltningen"},
    {"rule": "K3", "over": "S6", "origin": "default", "reason": "Beskæftigelsesindsatser hører til Beskæftigelsesforvaltningen"},
    {"rule": "K3", "over": "S7", "origin": "default", "reason": "Beskæftigelsesindsatser hører til Beskæftigelsesforvaltningen"},
    {"rule": "K3", "over": "S9", "origin": "default", "reason": "Beskæftigelsesindsatser hører til Beskæftigelsesforvaltningen"},
    {"rule": "K3", "over": "X2", "origin": "default", "reason": "Beskæftigelsesindsatser hører til Beskæftigelsesforvaltningen"},
    {"rule": "S2", "over": "K2", "origin": "default", "reason": "Efterværn bliver hos familieområdet"},
    {"rule": "S2", "over": "K5", "origin": "default", "reason": "Efterværn bliver hos familieområdet"},
    {"rule": "S2", "over": "S4", "origin": "default", "reason": "Efterværn bliver hos familieområdet"},
    {"rule": "S2", "over": "S6", "origin": "default", "reason": "Efterværn bliver hos familieområdet"},
    {"rule": "S3", "over": "K2", "origin": "default", "reason": "Familieindsatsen følger familien"},
    {"rule": "S3", "over": "K5", "origin": "default", "reason": "Familieindsatsen følger familien"},
    {"rule": "S3", "over": "N1", "origin": "default", "reason": "Familieindsatsen følger familien"},
    {"rule": "S3", "over": "S4", "origin": "default", "reason": "Familieindsatsen følger familien"},
    {"rule": "S3", "over": "S5", "origin": "default", "reason": "Familieindsatsen følger familien"},
    {"rule": "S3", "over": "S6", "origin": "default", "reason": "Familieindsatsen følger familien"},
    {"rule": "S3", "over": "S7", "origin": "default", "reason": "Familieindsatsen følger familien"},
    {"rule": "S3", "over": "X2", "origin": "default", "reason": "Familieindsatsen følger familien"},
    {"rule": "S8", "over": "K2", "origin": "default", "reason": "Behandling er udsatteområdets egen"},
    {"rule": "S8", "over": "K5", "origin": "default", "reason": "Behandling er udsatteområdets egen"},
    {"rule": "S8", "over": "N1", "origin": "default", "reason": "Behandling er udsatteområdets egen"},
    {"rule": "S8", "over": "S1", "origin": "default", "reason": "Behandling er udsatteområdets egen"},
    {"rule": "S8", "over": "S4", "origin": "default", "reason": "Behandling er udsatteområdets egen"},
    {"rule": "S8", "over": "S5", "origin": "default", "reason": "Behandling er udsatteområdets egen"},
    {"rule": "S8", "over": "S9", "origin": "default", "reason": "Behandling er udsatteområdets egen"},
    {"rule": "S8", "over": "X2", "origin": "default", "reason": "Behandling er udsatteområdets egen"}
  ],
  "plan_duties": [
    {"duty": "both", "part": "social", "counted": "subject citizen; task authority; challenge vulnerable_child|brain_injury|mental_illness|social_exposure|disability", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "social", "counted": "subject citizen; task provision; challenge vulnerable_child|brain_injury|mental_illness|social_exposure|disability; service unknown|general|specialised_disability|residential|day_offer|business_service", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "social", "counted": "subject citizen; task provision; service family_support|substance_treatment|social_medicine|aftercare", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "employment", "counted": "subject citizen; task benefit", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "employment", "counted": "subject citizen; task authority; challenge integration|sickness|flexjob|unemployment|unknown", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "employment", "counted": "subject citizen; task provision; challenge integration|sickness|flexjob|unemployment|unknown; service unknown|general|specialised_disability|residential|day_offer|business_service", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "employment", "counted": "subject citizen; task provision; service employment|education_coordination", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"}
  ]
}
$json$::pg_catalog.jsonb
WHEN 'msb-2019' THEN $json$
{
  "format": 1,
  "structure": "msb-2019",
  "title": "Borgernes MSB, fra 1. august 2019",
  "description": "Socialforvaltningen og Beskæftigelsesforvaltningen lagt sammen i seks driftsområder og fire stabe",
  "facets": [
    {"facet": "subject", "position": 1, "if_null": "citizen", "title": "Part"},
    {"facet": "task", "position": 2, "title": "Opgave"},
    {"facet": "challenge", "position": 3, "if_null": "unknown", "title": "Primær udfordring"},
    {"facet": "service", "position": 4, "if_null": "unknown", "title": "Indsats"}
  ],
  "labels": [
    {"facet": "subject", "label": "citizen", "position": 1, "title": "Borger"},
    {"facet": "subject", "label": "company", "position": 2, "title": "Virksomhed"},
    {"facet": "task", "label": "authority", "position": 1, "title": "Myndighed"},
    {"facet": "task", "label": "provision", "position": 2, "title": "Indsats (udfører)"},
    {"facet": "task", "label": "benefit", "position": 3, "title": "Ydelse (forsørgelse)"},
    {"facet": "task", "label": "coordination", "position": 4, "title": "Koordinering"},
    {"facet": "challenge", "label": "vulnerable_child", "position": 1, "priority": 1, "title": "Udsat barn eller familie"},
    {"facet": "challenge", "label": "brain_injury", "position": 2, "priority": 2, "title": "(Sen)hjerneskade"},
    {"facet": "challenge", "label": "mental_illness", "position": 3, "priority": 3, "title": "Sindslidelse"},
    {"facet": "challenge", "label": "social_exposure", "position": 4, "priority": 4, "title": "Social udsathed"},
    {"facet": "challenge", "label": "homelessness", "parent": "social_exposure", "position": 5, "priority": 5, "title": "Hjemløshed"},
    {"facet": "challenge", "label": "substance_misuse", "parent": "social_exposure", "position": 6, "priority": 6, "title": "Misbrug"},
    {"facet": "challenge", "label": "disability", "position": 7, "priority": 7, "title": "Handicap"},
    {"facet": "challenge", "label": "physical_disability", "parent": "disability", "position": 8, "priority": 8, "title": "Fysisk handicap"},
    {"facet": "challenge", "label": "mental_disability", "parent": "disability", "position": 9, "priority": 9, "title": "Psykisk handicap"},
    {"facet": "challenge", "label": "integration", "position": 10, "priority": 10, "title": "Integrationsbehov"},
    {"facet": "challenge", "label": "sickness", "position": 11, "priority": 11, "title": "Sygemelding"},
    {"facet": "challenge", "label": "flexjob", "position": 12, "priority": 12, "title": "Fleksjob"},
    {"facet": "challenge", "label": "unemployment", "position": 13, "priority": 13, "yields": true, "title": "Ledighed"},
    {"facet": "challenge", "label": "unknown", "position": 14, "priority": 14, "yields": true, "title": "Ukendt"},
    {"facet": "service", "label": "unknown", "position": 1, "title": "Ukendt"},
    {"facet": "service", "label": "general", "position": 2, "title": "Øvrig indsats"},
    {"facet": "service", "label": "family_support", "position": 3, "title": "Familieindsats"},
    {"facet": "service", "label": "specialised_disability", "position": 4, "title": "Specialiseret handicapindsats"},
    {"facet": "service", "label": "aftercare", "position": 5, "title": "Efterværn"},
    {"facet": "service", "label": "education_coordination", "position": 6, "title": "Uddannelseskoordinering"},
    {"facet": "service", "label": "residential", "position": 7, "title": "Botilbud"},
    {"facet": "service", "label": "day_offer", "position": 8, "title": "Dagtilbud til voksne"},
    {"facet": "service", "label": "employment", "position": 9, "title": "Beskæftigelsesindsats"},
    {"facet": "service", "label": "substance_treatment", "position": 10, "title": "Rusmiddelbehandling"},
    {"facet": "service", "label": "social_medicine", "position": 11, "title": "Sociallægeindsats"},
    {"facet": "service", "label": "business_service", "position": 12, "title": "Virksomhedsservice"}
  ],
  "units": [
    {"unit": "msb", "kind": "department", "origin": "source", "title": "Sociale Forhold og Beskæftigelse (Borgernes MSB)"},
    {"unit": "raadmand", "parent": "msb", "kind": "political", "origin": "source", "title": "Rådmand"},
    {"unit": "direktion", "parent": "msb", "kind": "executive", "origin": "source", "title": "Direktion"},
    {"unit": "boern", "parent": "msb", "kind": "operating_area", "origin": "extended", "title": "Børn 0-14 år og familier"},
    {"unit": "unge", "parent": "msb", "kind": "operating_area", "origin": "extended", "title": "Unge, Job og Uddannelse (15-29 år)"},
    {"unit": "voksne", "parent": "msb", "kind": "operating_area", "origin": "extended", "title": "Voksne 30-66 år: myndighed, bo- og dagtilbud"},
    {"unit": "udsatte", "parent": "msb", "kind": "operating_area", "origin": "extended", "title": "Voksne: sindslidelse, social udsathed, integration"},
    {"unit": "job", "parent": "msb", "kind": "operating_area", "origin": "extended", "title": "Ledighed, fleksjob og virksomheder"},
    {"unit": "sundhed", "parent": "msb", "kind": "operating_area", "origin": "extended", "title": "Job, Sundhed og Ydelse"},
    {"unit": "stab1", "parent": "msb", "kind": "staff", "origin": "source", "title": "Stab 1 (navnet står ikke i kilden)"},
    {"unit": "stab2", "parent": "msb", "kind": "staff", "origin": "source", "title": "Stab 2 (navnet står ikke i kilden)"},
    {"unit": "stab3", "parent": "msb", "kind": "staff", "origin": "source", "title": "Stab 3 (navnet står ikke i kilden)"},
    {"unit": "stab4", "parent": "msb", "kind": "staff", "origin": "source", "title": "Stab 4 (navnet står ikke i kilden)"},
    {"unit": "indgang", "parent": "msb", "kind": "entry", "origin": "default", "title": "Fælles indgang"},
    {"unit": "mso", "kind": "external", "origin": "extended", "title": "Sundhed og Omsorg"}
  ],
  "rules": [
    {"rule": "A1", "unit": "boern", "target": "subject citizen; age 0-14; task authority|provision|coordination", "origin": "extended", "basis": "Myndighed for 0-14-årige på tværs af udsatte- og handicapområdet og samlet udførerindsats for 0-14-årige; koordinering er tilføjet"},
    {"rule": "A2", "unit": "boern", "target": "subject citizen; age 15-17; task provision; service specialised_disability", "origin": "source", "basis": "Specialiserede handicapindsatser op til det 18. år"},
    {"rule": "A3", "unit": "boern", "target": "subject citizen; age 18-22; task provision; challenge disability; service aftercare", "origin": "extended", "basis": "Efterværn efter den specialiserede handicapindsats; aldersgrænsen 23 år er lovens"},
    {"rule": "A4", "unit": "boern", "target": "subject citizen; task provision; service family_support", "origin": "source", "basis": "Samlet udførerindsats for familier"},
    {"rule": "A5", "unit": "boern", "target": "subject citizen; age 30-; task authority|provision|coordination; challenge vulnerable_child", "origin": "default", "basis": "En sag om et udsat barn, ført på en voksen, følger familien"},
    {"rule": "B1", "unit": "unge", "target": "subject citizen; age 15-29; task authority|provision|coordination", "origin": "extended", "basis": "Hovedansvar for myndighed og indsatser for 15-29-årige på tværs af social- og beskæftigelsesområdet; koordinering følger hovedansvaret"},
    {"rule": "C1", "unit": "voksne", "target": "subject citizen; age 30-66; task authority; challenge disability|mental_illness|social_exposure|brain_injury", "origin": "extended", "basis": "Samlet myndighedsindsats for 30-66-årige på tværs af udsatte-, psykiatri- og handicapområdet; hjerneskade er regnet med til handicapområdet"},
    {"rule": "C2", "unit": "voksne", "target": "subject citizen; age 18-; task provision; challenge disability; service residential|day_offer", "origin": "source", "basis": "Bo- og dagtilbud til voksne med fysisk og psykisk handicap"},
    {"rule": "C3", "unit": "voksne", "target": "subject citizen; age 30-; task provision|coordination; challenge disability", "origin": "default", "basis": "Kilden nævner intet område for øvrige handicapindsatser og koordinering: lagt hos det område, der har bo- og dagtilbud; fra 67 år ligger myndigheden uden for MSB"},
    {"rule": "C4", "unit": "voksne", "target": "subject citizen; age 30-66; task authority|provision|coordination; challenge unknown", "origin": "default", "basis": "Kilden nævner intet område, når den primære udfordring ikke er kendt: lagt hos det område, der vurderer"},
    {"rule": "D1", "unit": "udsatte", "target": "subject citizen; age 18-; task provision|coordination; challenge mental_illness|social_exposure|integration", "origin": "extended", "basis": "Sociale og beskæftigelsesrettede indsatser for voksne, hvis primære udfordring ikke er ledighed, men sindslidelse, social udsathed eller integrationsbehov; koordinering er tilføjet"},
    {"rule": "D2", "unit": "udsatte", "target": "subject citizen; age 18-; task authority; challenge integration", "origin": "default", "basis": "Myndighed i integrationssager er ikke nævnt under 30-66 år: lagt ved indsatsen"},
    {"rule": "E1", "unit": "job", "target": "subject citizen; age 18-; task authority|provision|coordination; challenge unemployment|flexjob", "origin": "extended", "basis": "Indsatser for borgere, hvis primære udfordring er ledighed, og for borgere i eller visiteret til fleksjob; myndighed og koordinering er tilføjet"},
    {"rule": "E2", "unit": "job", "target": "subject company", "origin": "default", "basis": "Virksomheder i kontakt med jobcentret: kilden nævner dem, men intet område"},
    {"rule": "E3", "unit": "job", "target": "subject citizen; age 30-66; task authority|provision; challenge unknown; service employment|education_coordination", "origin": "default", "basis": "En beskæftigelsesindsats, hvor udfordringen ikke er angivet, hører til ledighed"},
    {"rule": "F1", "unit": "sundhed", "target": "subject citizen; task benefit", "origin": "source", "basis": "Behandling af ydelsessager"},
    {"rule": "F2", "unit": "sundhed", "target": "subject citizen; age 18-; task authority|provision|coordination; challenge sickness", "origin": "extended", "basis": "Indsatser for sygemeldte; myndighed og koordinering er tilføjet"},
    {"rule": "F3", "unit": "sundhed", "target": "subject citizen; task provision; challenge brain_injury", "origin": "source", "basis": "Samler alle indsatser for borgere med (sen)hjerneskade"},
    {"rule": "F4", "unit": "sundhed", "target": "subject citizen; task provision; service substance_treatment|social_medicine", "origin": "source", "basis": "Samler rusmiddelbehandling og indsatser i Sociallægeinstitutionen i et fælles, sundhedsfagligt miljø"},
    {"rule": "F5", "unit": "sundhed", "target": "subject citizen; age 18-; task coordination; challenge brain_injury", "origin": "default", "basis": "Koordinering ved hjerneskade følger indsatsen"},
    {"rule": "X1", "unit": "mso", "target": "subject citizen; age 67-; task authority; challenge disability|mental_illness|social_exposure|brain_injury", "origin": "default", "basis": "Kilden slutter ved 66 år: fra 67 år afgør Sundhed og Omsorg"},
    {"rule": "X2", "unit": "mso", "target": "subject citizen; age 67-; task authority|provision|coordination; challenge unknown", "origin": "default", "basis": "Som X1, når udfordringen ikke er kendt"},
    {"rule": "N1", "unit": "indgang", "target": "subject citizen; age unknown; task authority|provision|coordination", "origin": "default", "basis": "Fødselsdato ukendt: fælles indgang"}
  ],
  "precedences": [
    {"rule": "A1", "over": "F3", "origin": "default", "reason": "Under 15 år bliver alle indsatser hos børneområdet"},
    {"rule": "A1", "over": "F4", "origin": "default", "reason": "Under 15 år bliver alle indsatser hos børneområdet"},
    {"rule": "A2", "over": "B1", "origin": "default", "reason": "Den snævrere tekst: specialiserede handicapindsatser til 18 år; myndighed og koordinering bliver hos ungeområdet"},
    {"rule": "A3", "over": "B1", "origin": "default", "reason": "Den snævrere tekst: efterværn hører til den indsats, der gik forud"},
    {"rule": "A4", "over": "B1", "origin": "default", "reason": "Familieindsatsen følger familien, ikke den voksnes egen udfordring"},
    {"rule": "A4", "over": "C3", "origin": "default", "reason": "Familieindsatsen følger familien, ikke den voksnes egen udfordring"},
    {"rule": "A4", "over": "C4", "origin": "default", "reason": "Familieindsatsen følger familien, ikke den voksnes egen udfordring"},
    {"rule": "A4", "over": "D1", "origin": "default", "reason": "Familieindsatsen følger familien, ikke den voksnes egen udfordring"},
    {"rule": "A4", "over": "E1", "origin": "default", "reason": "Familieindsatsen følger familien, ikke den voksnes egen udfordring"},
    {"rule": "A4", "over": "F2", "origin": "default", "reason": "Familieindsatsen følger familien, ikke den voksnes egen udfordring"},
    {"rule": "A4", "over": "F3", "origin": "default", "reason": "Familieindsatsen følger familien, ikke den voksnes egen udfordring"},
    {"rule": "A4", "over": "N1", "origin": "default", "reason": "Familieindsatsen følger familien, ikke den voksnes egen udfordring"},
    {"rule": "A4", "over": "X2", "origin": "default", "reason": "Familieindsatsen følger familien, ikke den voksnes egen udfordring"},
    {"rule": "B1", "over": "C2", "origin": "source", "reason": "Hovedansvaret for 15-29-årige på tværs"},
    {"rule": "B1", "over": "D1", "origin": "source", "reason": "Hovedansvaret for 15-29-årige på tværs"},
    {"rule": "B1", "over": "D2", "origin": "source", "reason": "Hovedansvaret for 15-29-årige på tværs"},
    {"rule": "B1", "over": "E1", "origin": "source", "reason": "Hovedansvaret for 15-29-årige på tværs"},
    {"rule": "B1", "over": "F2", "origin": "source", "reason": "Hovedansvaret for 15-29-årige på tværs"},
    {"rule": "B1", "over": "F5", "origin": "source", "reason": "Hovedansvaret for 15-29-årige på tværs"},
    {"rule": "E3", "over": "C4", "origin": "default", "reason": "Beskæftigelsesindsatsen siger, hvor sagen hører til"},
    {"rule": "F3", "over": "A2", "origin": "default", "reason": "Alle indsatser ved hjerneskade er samlet ét sted"},
    {"rule": "F3", "over": "B1", "origin": "default", "reason": "Alle indsatser ved hjerneskade er samlet ét sted"},
    {"rule": "F3", "over": "N1", "origin": "default", "reason": "Alle indsatser ved hjerneskade er samlet ét sted"},
    {"rule": "F4", "over": "A5", "origin": "default", "reason": "Behandling er samlet ét sted, uanset udfordring"},
    {"rule": "F4", "over": "B1", "origin": "default", "reason": "Behandling er samlet ét sted, uanset udfordring"},
    {"rule": "F4", "over": "C3", "origin": "default", "reason": "Behandling er samlet ét sted, uanset udfordring"},
    {"rule": "F4", "over": "C4", "origin": "default", "reason": "Behandling er samlet ét sted, uanset udfordring"},
    {"rule": "F4", "over": "D1", "origin": "default", "reason": "Behandling er samlet ét sted, uanset udfordring"},
    {"rule": "F4", "over": "E1", "origin": "default", "reason": "Behandling er samlet ét sted, uanset udfordring"},
    {"rule": "F4", "over": "N1", "origin": "default", "reason": "Behandling er samlet ét sted, uanset udfordring"},
    {"rule": "F4", "over": "X2", "origin": "default", "reason": "Behandling er samlet ét sted, uanset udfordring"}
  ],
  "plan_duties": [
    {"duty": "both", "part": "social", "counted": "subject citizen; task authority; challenge vulnerable_child|brain_injury|mental_illness|social_exposure|disability", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "social", "counted": "subject citizen; task provision; challenge vulnerable_child|brain_injury|mental_illness|social_exposure|disability; service unknown|general|specialised_disability|residential|day_offer|business_service", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "social", "counted": "subject citizen; task provision; service family_support|substance_treatment|social_medicine|aftercare", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "employment", "counted": "subject citizen; task benefit", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "employment", "counted": "subject citizen; task authority; challenge integration|sickness|flexjob|unemployment|unknown", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "employment", "counted": "subject citizen; task provision; challenge integration|sickness|flexjob|unemployment|unknown; service unknown|general|specialised_disability|residential|day_offer|business_service", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"},
    {"duty": "both", "part": "employment", "counted": "subject citizen; task provision; service employment|education_coordination", "min_units": 2, "action": "open", "basis": "Borgere med forløb på både social- og beskæftigelsesområdet"}
  ]
}
$json$::pg_catalog.jsonb
END;
COMMENT ON FUNCTION msb_org.shipped_structure(text) IS
'The document of a structure that comes with the extension, which load_structure() brings in: msb-2018 (before 1 August 2019) and msb-2019 (after). NULL for any other name.';

CREATE FUNCTION msb_org.load_structure(structure text) RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    document jsonb := msb_org.shipped_structure(structure);
BEGIN
    IF structure IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('structure must be given');
    END IF;
    IF document IS NULL THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('no structure "%s" comes with the extension'), msb_org.printable(structure)),
            HINT = msb_org.gettext('msb-2018 and msb-2019 do; import_structure() brings in any other.');
    END IF;
    PERFORM msb_org.load_plan_kinds();
    RETURN msb_org.import_structure(document);
END $$;
COMMENT ON FUNCTION msb_org.load_structure(text) IS
'Brings a structure that ships (msb-2018, msb-2019) in as a draft; adds missing labels, and kinds of plans as load_plan_kinds() does, and changes none. Returns its name. 42704 for another name, 42710 where the draft exists, 22004 for NULL.';

CREATE FUNCTION msb_org.copy_structure(from_structure text, to_structure text) RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF from_structure IS NULL OR to_structure IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = msb_org.gettext('from_structure and to_structure must be given');
    END IF;
    RETURN msb_org.import_structure(msb_org.export_structure(from_structure), to_structure);
END $$;
COMMENT ON FUNCTION msb_org.copy_structure(text, text) IS
'Begins a proposal from a draft, or from a revision as name#n, and returns its name: units, rules, precedences and plan duties; no hearing notes. Labels that have gone since come back. 42704 where there is no such structure, 42710 where the new name is taken, 22023 where it is no name, 22004 for NULL.';

CREATE FUNCTION msb_org.adopt(structure text, from_date date, decision text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name       text := adopt.structure;
    first_day  date := adopt.from_date;
    proposal   msb_org.structure;
    seen       bigint;
    document   jsonb;
    findings   text[];
    revision   integer;
    next_start date;
BEGIN
    IF name IS NULL OR first_day IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = msb_org.gettext('structure and from_date must be given');
    END IF;
    IF NOT isfinite(first_day) THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('from_date must be a day');
    END IF;
    IF name ~ '#' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('"%s" is a revision, and only a draft can be adopted'), name),
            HINT = msb_org.gettext('To adopt an earlier text again, bring it in with import_structure(export_structure(...), ...).');
    END IF;
    -- Who waits for another decides anew: the structure in force is not what it was.
    SELECT count(*) + count(e.withdrawn_at) INTO seen FROM msb_org.enactment e;
    LOCK TABLE msb_org.enactment IN SHARE ROW EXCLUSIVE MODE;
    IF seen <> (SELECT count(*) + count(e.withdrawn_at) FROM msb_org.enactment e) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('structure "%s" is not adopted: another session has changed what is in force meanwhile'), name),
            DETAIL = (SELECT format(msb_org.gettext('Last adopted: %s#%s, from %s.'), e.structure, e.revision, e.from_date)
                        FROM msb_org.enactment e ORDER BY e.adopted_at DESC LIMIT 1),
            HINT = msb_org.gettext('Look at msb_org.enactment, and adopt it again if it is still to be.');
    END IF;

    document := msb_org.export_structure(name);
    SELECT s.* INTO proposal FROM msb_org.structure s WHERE s.structure = name FOR UPDATE;
    IF proposal.status = 'withdrawn' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('structure "%s" is withdrawn and cannot be adopted'), name),
            HINT = format(msb_org.gettext('To take it up again: UPDATE msb_org.structure SET status = ''proposed'' WHERE structure = %s;'), quote_literal(name));
    END IF;
    IF proposal.status = 'hearing' AND proposal.hearing_to >= msb_org.today() THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('structure "%s" is in hearing until %s and cannot be adopted before'), name, proposal.hearing_to),
            HINT = msb_org.gettext('Adopt it after that day, or change hearing_to or status in msb_org.structure.');
    END IF;
    SELECT array_agg(upper(left(f.message, 1)) || regexp_replace(msb_org.printable(substr(f.message, 2), 500) || '.', '\.{4}$', '...')) INTO findings
      FROM msb_org.verify_document(document) f WHERE f.severity = 'error';
    IF findings IS NOT NULL THEN
        RAISE check_violation USING
            MESSAGE = format(msb_org.ngettext('structure "%s" cannot be adopted: %s error',
                                              'structure "%s" cannot be adopted: %s errors', cardinality(findings)),
                             name, cardinality(findings)),
            DETAIL = array_to_string(findings[1:3], E'\n'),
            HINT = format(msb_org.gettext('To see them all: SELECT * FROM msb_org.verify(%s) WHERE severity = ''error'';'), quote_literal(name));
    END IF;
    PERFORM msb_org.check_area_units(t.relation, t.area, t.area_values, document)
       FROM msb_org.attachment t WHERE t.area IS NOT NULL;
    IF first_day < msb_org.today() AND EXISTS (
        SELECT FROM msb_org.assignment a
         WHERE a.valid_from >= first_day::timestamp AT TIME ZONE current_setting('msb_org.timezone')) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('structure "%s" cannot come into force on %s: cases have been judged on or after that day'),
                             name, first_day),
            HINT = msb_org.gettext('What has been decided stands. Adopt it from today or a later day.');
    END IF;

    SELECT coalesce(max(e.revision), 0) + 1 INTO revision FROM msb_org.enactment e WHERE e.structure = name;
    SELECT min(lower(e.in_force)) INTO next_start FROM msb_org.enactment e WHERE lower(e.in_force) > first_day;
    BEGIN
        UPDATE msb_org.enactment e
           SET in_force = daterange(lower(e.in_force), first_day)
         WHERE e.in_force @> first_day;
        INSERT INTO msb_org.enactment (structure, revision, from_date, in_force, document, decision, adopted_by)
        VALUES (name, revision, first_day, daterange(first_day, next_start), document, adopt.decision, msb_org.actor());
    EXCEPTION WHEN serialization_failure OR exclusion_violation OR unique_violation THEN
        -- what the other session wrote lies outside this transaction's snapshot
        RAISE serialization_failure USING
            MESSAGE = format(msb_org.gettext('structure "%s" is not adopted: another session has changed what is in force since this transaction began'), name),
            HINT = msb_org.gettext('Look at msb_org.enactment in a new transaction, and adopt it again if it is still to be.');
    END;
    UPDATE msb_org.structure s SET status = 'adopted' WHERE s.structure = name AND s.status <> 'adopted';
    RETURN format('%s#%s', name, revision);
END $$;
COMMENT ON FUNCTION msb_org.adopt(text, date, text) IS
'Freezes a draft as a new revision, in force from from_date until the next enacted structure begins, and returns its name (name#n). The one in force on that day ends the day before. Sets the draft''s status to adopted. Waits for another session that adopts (SHARE ROW EXCLUSIVE on enactment). 23514, the first three findings in DETAIL, where verify() finds an error; 55000 for a past day on or after which cases have been judged, for a proposal that is withdrawn or still in hearing, and where another session adopted meanwhile (40001 where that lies outside the transaction''s snapshot); 22023, 22001 or 42804 where the area column of an attached table cannot hold a unit; 22023 for an infinite day, or a revision instead of a draft; 42704 where there is no such draft; 22004 for NULL.';

CREATE FUNCTION msb_org.withdraw_enactment(structure text, revision integer) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    gone msb_org.enactment;
BEGIN
    IF withdraw_enactment.structure IS NULL OR withdraw_enactment.revision IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = msb_org.gettext('structure and revision must be given');
    END IF;
    LOCK TABLE msb_org.enactment IN SHARE ROW EXCLUSIVE MODE;
    SELECT e.* INTO gone FROM msb_org.enactment e
     WHERE e.structure = withdraw_enactment.structure AND e.revision = withdraw_enactment.revision;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('there is no enactment %s#%s'), msb_org.printable(withdraw_enactment.structure), withdraw_enactment.revision),
            HINT = msb_org.gettext('SELECT structure, revision, in_force FROM msb_org.enactment shows what there is.');
    END IF;
    IF gone.withdrawn_at IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('enactment %s#%s has been withdrawn already'), gone.structure, gone.revision);
    END IF;
    IF isempty(gone.in_force) AND gone.from_date <= msb_org.today() THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('enactment %s#%s is not in force on any day: a later one took its days'), gone.structure, gone.revision);
    END IF;
    IF gone.from_date <= msb_org.today() THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('enactment %s#%s came into force on %s and cannot be withdrawn'),
                             gone.structure, gone.revision, gone.from_date),
            HINT = msb_org.gettext('Adopt another structure from today or a later day.');
    END IF;
    UPDATE msb_org.enactment e
       SET in_force = 'empty', withdrawn_at = clock_timestamp(), withdrawn_by = msb_org.actor()
     WHERE e.structure = gone.structure AND e.revision = gone.revision;
    -- The span goes back to the enactment before it: the latest to begin on that day or earlier.
    IF NOT isempty(gone.in_force) THEN
        UPDATE msb_org.enactment e
           SET in_force = daterange(e.from_date, upper(gone.in_force))
         WHERE (e.structure, e.revision) = (
               SELECT b.structure, b.revision FROM msb_org.enactment b
                WHERE b.withdrawn_at IS NULL AND b.from_date <= gone.from_date
                ORDER BY b.from_date DESC, b.adopted_at DESC LIMIT 1);
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.withdraw_enactment(text, integer) IS
'Takes back an enactment that is not in force yet; its days go back to the one before it. The row stays, marked. The draft''s status stays as it is. 55000 where it came into force already or was withdrawn, 42704 where there is none, 22004 for NULL.';

-- Proving a structure, and comparing two.

CREATE FUNCTION msb_org.verify_document(document jsonb)
    RETURNS TABLE (finding text, severity text, target msb_org.target_group, rules text[], units text[],
                   example msb_org.target_group, message text)
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100000 ROWS 100
    AS 'MODULE_PATHNAME', 'msb_verify_document';
COMMENT ON FUNCTION msb_org.verify_document(jsonb) IS
'Used by verify() and adopt(): the findings of verify() for the document of a structure that export_structure() or shipped_structure() gives.';

CREATE FUNCTION msb_org.verify(structure text)
    RETURNS TABLE (finding text, severity text, target msb_org.target_group, rules text[], units text[],
                   example msb_org.target_group, message text)
    LANGUAGE sql STABLE STRICT COST 100000 ROWS 100
BEGIN ATOMIC
SELECT v.finding, v.severity, v.target, v.rules, v.units, v.example, v.message
  FROM msb_org.verify_document(msb_org.export_structure(structure)) AS v;
END;
COMMENT ON FUNCTION msb_org.verify(text) IS
'Everything that is wrong with a structure (a draft, or a revision as name#n), proved over every age (0 to 150, and unknown) and every label of every facet.

- Errors, which adopt() refuses: gap (no rule takes the target group; the message says which rule would), conflict (rules of several units take it and none goes before all others; the message names the pairs that lack a precedence), unknown_label, unknown_unit, empty_target (a rule that takes no situation, a facet without labels), cycle (a label or a unit below itself).
- Notices: shadowed (a rule that never decides and is in no conflict), redundant_precedence (one without which nothing changes), cycle (precedences that go round).

The targets of a gap are disjoint and cover exactly the situations that no rule takes, and so those of conflicts; they list every label, those below others too. rules and units are those that a finding names, in a conflict all that must be put in order, and empty for none; example is one situation of the target; message is in the language of lc_messages. 42704 where there is no such structure; 54000 where the findings need more than work_mem, or a facet''s labels more than a target group holds (16 MB). See docs/deciding.md#proof.';

CREATE FUNCTION msb_org.compare_documents(from_document jsonb, to_document jsonb)
    RETURNS TABLE (target msb_org.target_group, from_unit text, to_unit text,
                   from_finding text, to_finding text, example msb_org.target_group)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 100
    AS 'MODULE_PATHNAME', 'msb_compare_documents';
COMMENT ON FUNCTION msb_org.compare_documents(jsonb, jsonb) IS
'Used by compare(): the same for two documents that export_structure() or shipped_structure() gives.';

CREATE FUNCTION msb_org.compare(from_structure text, to_structure text)
    RETURNS TABLE (target msb_org.target_group, from_unit text, to_unit text,
                   from_finding text, to_finding text, example msb_org.target_group)
    LANGUAGE sql STABLE STRICT COST 100000 ROWS 100
BEGIN ATOMIC
SELECT c.target, c.from_unit, c.to_unit, c.from_finding, c.to_finding, c.example
  FROM msb_org.compare_documents(msb_org.export_structure(from_structure),
                                 msb_org.export_structure(to_structure)) AS c;
END;
COMMENT ON FUNCTION msb_org.compare(text, text) IS
'Every target group that two structures (drafts, or revisions as name#n) give to different units, proved as verify() does and never a sample. The targets are disjoint and cover exactly the situations whose unit differs; they list every label. Where a structure has no unit for a target the unit is NULL and the finding says why: gap, conflict, or unknown_label (a label that this structure does not have). example is one situation of the target. Where neither has a unit there is no row. 42704 where there is no such structure; 54000 where the differences need more than work_mem.';

-- Asking who is responsible. All decisions come from one function in C.
-- Costs are as measured, in additions of two integers.

CREATE FUNCTION msb_org.area_of(birth date, task text, challenge text, service text,
                                on_date date DEFAULT msb_org.today()) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_area_of_birth';
COMMENT ON FUNCTION msb_org.area_of(date, text, text, text, date) IS
'The unit responsible for a person with this birth date, task, challenge and service on a day, by the structure in force on it. NULL or infinite birth: age unknown; an age over 150 counts as 150. A NULL label stands for the facet''s if_null, and so do the facets that are not asked for (subject, and any of your own); where there is none, and for a label that does not exist, 22023. NULL where no rule or no single rule decides, where the person is born after the day, where no structure is in force, and for a NULL day. Takes labels, not aliases.';

CREATE FUNCTION msb_org.area_of(person msb_org.cpr, task text, challenge text, service text,
                                on_date date DEFAULT msb_org.today()) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_area_of_cpr';
COMMENT ON FUNCTION msb_org.area_of(msb_org.cpr, text, text, text, date) IS
'As area_of(birth date, ...), with the birth date of a CPR number; the letter form of a replacement number counts as age unknown.';

CREATE FUNCTION msb_org.area_of(situation msb_org.target_group,
                                on_date date DEFAULT msb_org.today()) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE COST 50
    AS 'MODULE_PATHNAME', 'msb_area_of_situation';
COMMENT ON FUNCTION msb_org.area_of(msb_org.target_group, date) IS
'The unit responsible for a situation (one age or unknown, one label per facet) on a day. A facet that it does not name stands for its if_null; no age is age unknown. 22023 for a span of ages, two labels of a facet, an unknown facet or label, and a facet that must be named.';

-- The same as a condition: what a query asks for, not one unit after the other.
-- The planner is told how many rows it takes, and which births they have.

CREATE FUNCTION msb_org.in_area_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_in_area_support';
COMMENT ON FUNCTION msb_org.in_area_support(internal) IS
'Used by the planner about in_area(): estimates, and conditions on indexes over birth dates and CPR numbers.';

CREATE FUNCTION msb_org.in_area(unit text, birth date, task text, challenge text, service text,
                                on_date date DEFAULT msb_org.today()) RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE COST 10 SUPPORT msb_org.in_area_support
    AS 'MODULE_PATHNAME', 'msb_in_area_birth';
COMMENT ON FUNCTION msb_org.in_area(text, date, text, text, text, date) IS
'The condition area_of(birth, task, challenge, service, on_date) = unit: true, false or NULL as that, and the same errors for the rows that are looked at. An index over the birth dates can serve it, and its rows are estimated by the structure in force. Rows that cannot be the unit''s by their age may be passed over without an error for an unknown label. See docs/deciding.md#all-cases-of-a-unit.';

CREATE FUNCTION msb_org.in_area(unit text, person msb_org.cpr, task text, challenge text, service text,
                                on_date date DEFAULT msb_org.today()) RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE COST 10 SUPPORT msb_org.in_area_support
    AS 'MODULE_PATHNAME', 'msb_in_area_cpr';
COMMENT ON FUNCTION msb_org.in_area(text, msb_org.cpr, text, text, text, date) IS
'As in_area(unit, birth date, ...), with a CPR number: area_of(person, task, challenge, service, on_date) = unit. An index over the CPR numbers can serve it.';

CREATE FUNCTION msb_org.birth_from(unit text, on_date date DEFAULT msb_org.today(), nulls_left_out boolean DEFAULT false) RETURNS date
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 15
    AS 'MODULE_PATHNAME', 'msb_birth_from';
COMMENT ON FUNCTION msb_org.birth_from(text, date, boolean) IS
'The first birth date with which a person can be in the unit on a day, by the structure in force on it; -infinity where the ages have no end, and where people of unknown age can be in it. NULL where nobody can, and where no structure is in force. nulls_left_out: the caller takes no person without a birth date; 40001 where such people can be in the unit. Where rules overlap in more than 20,000 combinations, by the ages that the unit''s rules take. That error is met by a plan that was made before a structure was adopted: run the query again.';

CREATE FUNCTION msb_org.birth_until(unit text, on_date date DEFAULT msb_org.today()) RETURNS date
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 15
    AS 'MODULE_PATHNAME', 'msb_birth_until';
COMMENT ON FUNCTION msb_org.birth_until(text, date) IS
'The last birth date with which a person can be in the unit on a day, by the structure in force on it; infinity where people of unknown age can be in it. NULL where nobody can, and where no structure is in force. See birth_from().';

CREATE FUNCTION msb_org.cpr_from(unit text, on_date date DEFAULT msb_org.today(), nulls_left_out boolean DEFAULT false) RETURNS msb_org.cpr
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 15
    AS 'MODULE_PATHNAME', 'msb_cpr_from';
COMMENT ON FUNCTION msb_org.cpr_from(text, date, boolean) IS
'As birth_from(): the first CPR number there can be of such a person.';

CREATE FUNCTION msb_org.cpr_until(unit text, on_date date DEFAULT msb_org.today()) RETURNS msb_org.cpr
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 15
    AS 'MODULE_PATHNAME', 'msb_cpr_until';
COMMENT ON FUNCTION msb_org.cpr_until(text, date) IS
'As birth_until(): the last CPR number there can be of such a person; of all numbers, where people of unknown age can be in the unit.';

CREATE FUNCTION msb_org.decide(situation msb_org.target_group, on_date date DEFAULT msb_org.today(),
        OUT structure text, OUT revision integer, OUT rule text, OUT unit text,
        OUT origin text, OUT basis text, OUT finding text)
    LANGUAGE c STABLE PARALLEL SAFE COST 200
    AS 'MODULE_PATHNAME', 'msb_decide_situation';
COMMENT ON FUNCTION msb_org.decide(msb_org.target_group, date) IS
'The decision behind area_of(situation): structure and revision in force, the rule that decides, its unit, origin and basis; where none does, the finding: gap (no rule), conflict (several, and none goes before the others) or no_structure. On a NULL day all are NULL. Errors as area_of(situation).';

CREATE FUNCTION msb_org.explain_area(situation msb_org.target_group, on_date date DEFAULT msb_org.today())
    RETURNS TABLE (rule text, unit text, target msb_org.target_group, unmatched text[],
                   matches boolean, wins boolean, behind text, reason text)
    LANGUAGE c STABLE PARALLEL SAFE COST 2000 ROWS 30
    AS 'MODULE_PATHNAME', 'msb_explain_area';
COMMENT ON FUNCTION msb_org.explain_area(msb_org.target_group, date) IS
'One row per rule of the structure in force: its unit and target group; the facets (age among them) that keep it from taking the situation; whether it matches and whether it wins; and where it matches and does not win, the rule it stands behind and why that one goes first (no reason: none is given, or neither goes before the other; where each goes before the other, both stand behind). Several rules of one unit may win; decide() reports the first by code. Errors as area_of(situation).';

CREATE FUNCTION msb_org.matches_document(document jsonb, target msb_org.target_group, situation msb_org.target_group)
    RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'msb_matches_document';
COMMENT ON FUNCTION msb_org.matches_document(jsonb, msb_org.target_group, msb_org.target_group) IS
'Used by matches(): the same by the labels of a structure''s document.';

CREATE FUNCTION msb_org.matches(structure text, target msb_org.target_group, situation msb_org.target_group)
    RETURNS boolean
    LANGUAGE sql STABLE STRICT COST 1000
RETURN msb_org.matches_document(msb_org.export_structure(structure), target, situation);
COMMENT ON FUNCTION msb_org.matches(text, msb_org.target_group, msb_org.target_group) IS
'Whether a target group contains a situation by the labels of a structure (a draft, or a revision as name#n): a label takes the labels below it too. 42704 where there is no such structure, 22023 for an unknown facet or label and for a situation that is not one point.';

-- Pictures of a structure: who is where, and who takes whom.

CREATE FUNCTION msb_org.chart_text(value text, width integer DEFAULT 200) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
-- Graphviz takes neither an empty text nor one that begins with ]
RETURN coalesce(nullif(replace(replace(replace(replace(replace(replace(
           rtrim(regexp_replace(btrim(regexp_replace(value, '[[:cntrl:][:space:]]+', ' ', 'g')),
                                '(.{1,' || width || '})(?: |$)', E'\\1\n', 'g'), E'\n'),
           '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), ']', '&#93;'),
           E'\n', '<BR ALIGN="LEFT"/>'), ''), '&#160;');
COMMENT ON FUNCTION msb_org.chart_text(text, integer) IS
'Used by org_chart(): a text as an HTML-like label of Graphviz takes it, broken at spaces into lines of so many characters, 255 at most.';

CREATE FUNCTION msb_org.target_in_words(document jsonb, target msb_org.target_group) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
    SET search_path = pg_catalog, pg_temp
RETURN (
    WITH facet AS (
        SELECT facet, position, if_null
          FROM jsonb_to_recordset(document -> 'facets') AS r (facet text, position integer, if_null text)),
    part (position, words) AS (
        SELECT NULL::integer,
               CASE WHEN a IS NULL THEN 'alder ukendt'
                    WHEN lower_inf(a) THEN NULL
                    WHEN upper_inf(a) AND lower(a) = 0 THEN 'alder kendt'
                    WHEN upper_inf(a) THEN format('fra %s år', lower(a))
                    WHEN lower(a) = upper(a) - 1 THEN format('%s år', lower(a))
                    ELSE format('%s-%s år', lower(a), upper(a) - 1) END
          FROM msb_org.age_span(target) AS a
        UNION ALL
        -- the label that stands in where nothing is said goes without saying
        SELECT f.position,
               (SELECT string_agg(coalesce(l.title, n.label), ', ' ORDER BY l.position, n.label COLLATE "C")
                  FROM unnest(msb_org.labels(target, f.facet)) AS n (label)
                  LEFT JOIN jsonb_to_recordset(document -> 'labels') AS l (facet text, label text, position integer, title text)
                    ON l.facet = f.facet AND l.label = n.label)
          FROM facet f
         WHERE msb_org.labels(target, f.facet) IS NOT NULL
           AND msb_org.labels(target, f.facet) <> ARRAY[coalesce(f.if_null, '')])
    SELECT coalesce(string_agg(words, ' · ' ORDER BY position NULLS FIRST), 'alle') FROM part WHERE words IS NOT NULL);
COMMENT ON FUNCTION msb_org.target_in_words(jsonb, msb_org.target_group) IS
'Used by org_chart(): a target group in Danish words, with the titles that the labels have in a document: ages, then the labels of each facet that it names, but not a facet''s if_null alone. "alle" for any.';

CREATE FUNCTION msb_org.org_chart(structure text) RETURNS text
    LANGUAGE sql STABLE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
RETURN (
    WITH doc AS MATERIALIZED (SELECT msb_org.export_structure(structure) AS document),
    rule AS (
        SELECT r.unit, min(r.rule COLLATE "C") AS first,
               string_agg(format('<FONT POINT-SIZE="5"> <BR ALIGN="LEFT"/></FONT><FONT POINT-SIZE="10"%s>%s<BR ALIGN="LEFT"/></FONT>',
                                 CASE r.origin WHEN 'default' THEN ' COLOR="#777777"' ELSE '' END,
                                 msb_org.chart_text(msb_org.target_in_words(document, r.target), 32)),
                          '' ORDER BY r.rule COLLATE "C") AS words
          FROM doc, jsonb_to_recordset(document -> 'rules') AS r (rule text, unit text, target msb_org.target_group, origin text)
         GROUP BY r.unit),
    given AS (
        SELECT u.*, row_number() OVER (ORDER BY u.unit COLLATE "C") AS n, r.first,
               format('<B>%s</B><BR ALIGN="LEFT"/><FONT POINT-SIZE="9" COLOR="#777777">%s<BR ALIGN="LEFT"/></FONT>%s',
                      msb_org.chart_text(coalesce(u.title, u.unit), 26), msb_org.chart_text(u.unit), r.words) AS label
          FROM doc, jsonb_to_recordset(document -> 'units') AS u (unit text, parent text, kind text, title text)
          LEFT JOIN rule r USING (unit)),
    -- Below one parent: its political head, its executive, and below them the others: each by
    -- itself if it has units below it, else in one row. Staffs stand beside, external units apart.
    unit AS (
        SELECT g.*, p.n AS above,
               CASE WHEN g.kind IN ('political', 'executive') AND p.n IS NOT NULL THEN g.kind
                    WHEN g.kind IN ('staff', 'external') THEN g.kind
                    WHEN p.n IS NULL OR EXISTS (SELECT FROM given c WHERE c.parent = g.unit) THEN 'node'
                    ELSE 'row' END AS place,
               array_position('{department,administration,operating_area,entry}', g.kind) AS rank
          FROM given g LEFT JOIN given p ON p.unit = g.parent),
    head AS (
        SELECT p.n AS above,
               coalesce((SELECT min(c.n) FROM unit c WHERE c.above = p.n AND c.place = 'political'), p.n) AS political,
               coalesce((SELECT min(c.n) FROM unit c WHERE c.above = p.n AND c.place = 'executive'),
                        (SELECT min(c.n) FROM unit c WHERE c.above = p.n AND c.place = 'political'), p.n) AS last
          FROM unit p),
    line (place, text) AS (
        SELECT 0, format(E'digraph org_chart {\n'
                         '  graph [charset="UTF-8", rankdir=TB, nodesep=0.4, ranksep=0.4, labelloc=t, fontsize=18, fontname="DejaVu Sans,Verdana,sans-serif", label=<%s>]\n'
                         '  node [shape=plain, fontsize=12, fontname="DejaVu Sans,Verdana,sans-serif"]\n'
                         '  edge [arrowhead=none, color="#777777", weight=8]',
                         msb_org.chart_text(coalesce(document ->> 'title', document ->> 'structure')))
          FROM doc
        UNION ALL
        -- by themselves; over the middle of what is below, whatever external units hang beside it: hence the weights
        SELECT 1, format('  n%s [label=<<TABLE BORDER="1" CELLBORDER="0" CELLPADDING="6" COLOR="#777777" BGCOLOR="%s"><TR><TD ALIGN="LEFT" BALIGN="LEFT">%s</TD></TR></TABLE>>]', u.n,
                         CASE WHEN u.place = 'node' THEN '#dfe7ef' ELSE '#f3e3d0' END, u.label)
          FROM unit u WHERE u.place IN ('node', 'political', 'executive')
        UNION ALL
        -- in a row under a line, staffs one under the other, external units dashed
        SELECT CASE u.place WHEN 'external' THEN 3 ELSE 2 END, format('  %s%s [label=<<TABLE %s COLOR="#777777" CELLBORDER="1" CELLSPACING="12" CELLPADDING="8">%s</TABLE>>]',
                         u.place, coalesce(u.above, 0),
                         CASE u.place WHEN 'row' THEN 'BORDER="1" SIDES="T"' WHEN 'staff' THEN 'BORDER="1" SIDES="L"' ELSE 'BORDER="0"' END,
                         CASE u.place WHEN 'row' THEN '<TR>' || string_agg(u.cell, '' ORDER BY u.rank, u.first COLLATE "C", u.unit COLLATE "C") || '</TR>'
                         ELSE string_agg('<TR>' || u.cell || '</TR>', '' ORDER BY u.unit COLLATE "C") END)
          FROM (SELECT w.*, format('<TD VALIGN="TOP" ALIGN="LEFT" BALIGN="LEFT" BGCOLOR="%s"%s>%s</TD>',
                                   CASE w.kind WHEN 'operating_area' THEN '#e2f0e0' WHEN 'entry' THEN '#fbf3c8' WHEN 'staff' THEN '#ececec'
                                   WHEN 'external' THEN '#ffffff' ELSE '#dfe7ef' END,
                                   CASE w.kind WHEN 'external' THEN ' STYLE="DASHED"' ELSE '' END, w.label) AS cell
                  FROM unit w WHERE w.place IN ('row', 'staff', 'external')) u
         GROUP BY u.place, u.above
        UNION ALL
        SELECT DISTINCT 4, CASE u.place WHEN 'political' THEN format('  n%s -> n%s', u.above, u.n)
                         WHEN 'executive' THEN format('  n%s -> n%s', h.political, u.n)
                         WHEN 'node' THEN format('  n%s -> n%s', h.last, u.n)
                         WHEN 'staff' THEN format(E'  { rank=same; n%1$s; staff%2$s }\n  n%1$s -> staff%2$s', h.last, u.above)
                         ELSE format('  n%s -> %s%s%s', h.last, u.place, u.above, CASE u.place WHEN 'external' THEN ' [style=dashed, weight=1]' ELSE '' END) END
          FROM unit u JOIN head h ON h.above = u.above
         WHERE u.unit IS DISTINCT FROM u.parent
        UNION ALL
        -- external units of nobody, beside what the department has
        SELECT 5, format('  n%s -> external0 [style=invis, weight=1]', min(h.last))
          FROM head h JOIN unit u ON u.n = h.above
         WHERE u.place = 'node' AND u.above IS NULL AND EXISTS (SELECT FROM unit e WHERE e.place = 'external' AND e.above IS NULL)
        HAVING min(h.last) IS NOT NULL
        UNION ALL
        SELECT 6, '}')
    SELECT string_agg(text, E'\n' ORDER BY place, text COLLATE "C") || E'\n' FROM line);
COMMENT ON FUNCTION msb_org.org_chart(text) IS
'The chart of a structure (a draft, or a revision as name#n) as Graphviz DOT, for dot -Tsvg: units by kind, each with the target groups of its rules in Danish words (grey: rules of origin default), staffs across, external units dashed. 42704 where there is no such structure.';

CREATE FUNCTION msb_org.responsibility_cells(document jsonb, task text, service text)
    RETURNS TABLE (age integer, challenge text, challenge_no integer, area text, by_service text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 500
    AS 'MODULE_PATHNAME', 'msb_responsibility_cells';
COMMENT ON FUNCTION msb_org.responsibility_cells(jsonb, text, text) IS
'Used by responsibility_map(): the area at every age from which on other rules apply, and at unknown age (NULL), for each challenge; by_service tells apart cells that differ in a service only.';

CREATE FUNCTION msb_org.responsibility_map(structure text, task text, service text DEFAULT NULL)
    RETURNS TABLE (age text, challenge text, area text)
    LANGUAGE sql STABLE COST 10000 ROWS 500
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH cell AS MATERIALIZED (
        SELECT c.* FROM msb_org.responsibility_cells(msb_org.export_structure(structure), task, service) c),
    line AS (
        SELECT c.age, array_agg(c.by_service ORDER BY c.challenge_no) AS areas FROM cell c GROUP BY c.age),
    start AS (
        SELECT l.age, l.age IS NULL OR l.areas IS DISTINCT FROM lag(l.areas) OVER (ORDER BY l.age) AS begins FROM line l),
    span AS (
        SELECT s.age, lead(s.age) OVER (ORDER BY s.age) AS next FROM start s WHERE s.begins)
    SELECT CASE WHEN s.age IS NULL THEN 'unknown' WHEN s.next IS NULL THEN s.age || '-'
                WHEN s.next = s.age + 1 THEN s.age::text ELSE s.age || '-' || s.next - 1 END,
           c.challenge, c.area
      FROM span s JOIN cell c ON c.age IS NOT DISTINCT FROM s.age
     ORDER BY s.age NULLS LAST, c.challenge_no
$$;
COMMENT ON FUNCTION msb_org.responsibility_map(text, text, text) IS
'Who answers for a task, by age and challenge, in a structure (a draft, or a revision as name#n): rows for psql''s \crosstabview. Where no service is given, the area is that of the service that stands in where none is named, and "+2" says that other services lie in two other areas; with a service the area is that of the service. (gap) and (conflict): no rule, or none that goes first. Ages are spans as target groups write them. Other facets stand at their if_null. 22023 for an unknown label, for a facet that has no if_null and is not asked for, and where the structure has no facet task or challenge; 42704 where there is no such structure.';

-- The ledger: who is responsible for which case, from when, to when, and why.
-- Codes and keys compare bytewise (COLLATE "C"): the same on every machine.

CREATE TABLE msb_org.assignment (
    case_table  text COLLATE "C" NOT NULL,
    case_key    text COLLATE "C" NOT NULL,
    citizen     text COLLATE "C" NOT NULL DEFAULT '',
    unit        text COLLATE "C",
    rule        text COLLATE "C",
    structure   text COLLATE "C",
    revision    integer,
    opened      date,
    closed      date,
    valid_from  timestamptz NOT NULL,
    valid_to    timestamptz,
    origin      text COLLATE "C" NOT NULL,
    given       text COLLATE "C",
    finding     text COLLATE "C",
    reason      text COLLATE "C",
    due         date,
    birth       date,
    situation   msb_org.target_group,
    actor       text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (citizen, case_table, case_key, valid_from),
    CONSTRAINT assignment_span CHECK (valid_to OPERATOR(pg_catalog.>) valid_from)
);
-- The last rows of a case, at every judging.
CREATE INDEX assignment_case ON msb_org.assignment (case_key, case_table, valid_from);
-- What the daily job has to look at.
CREATE INDEX assignment_due ON msb_org.assignment (due) WHERE valid_to IS NULL AND due IS NOT NULL;

COMMENT ON TABLE msb_org.assignment IS 'The ledger: one open row per open case from its first judging to its closing, ended rows before it. Rows end; they are not changed afterwards.';
COMMENT ON COLUMN msb_org.assignment.case_table IS 'Name of the case table, fixed at attach().';
COMMENT ON COLUMN msb_org.assignment.case_key IS 'The case''s key in its table, as text.';
COMMENT ON COLUMN msb_org.assignment.citizen IS 'The citizen''s key, a CPR number as DDMMYY-SSSS, anything else as its text; empty for a case without one, and after purge_ended(). Personal data.';
COMMENT ON COLUMN msb_org.assignment.unit IS 'The responsible unit; NULL where the case cannot be judged.';
COMMENT ON COLUMN msb_org.assignment.rule IS 'The rule that decided; NULL where none did.';
COMMENT ON COLUMN msb_org.assignment.structure IS 'The structure that was in force.';
COMMENT ON COLUMN msb_org.assignment.revision IS 'Its revision.';
COMMENT ON COLUMN msb_org.assignment.opened IS 'The day on which the case was opened, from the application''s column.';
COMMENT ON COLUMN msb_org.assignment.closed IS 'The day on which the case was or will be closed, from the application''s column.';
COMMENT ON COLUMN msb_org.assignment.valid_from IS 'From when the unit is responsible: the clock at the writing, on msb_org.today where that is set.';
COMMENT ON COLUMN msb_org.assignment.valid_to IS 'Until when; NULL while it is.';
COMMENT ON COLUMN msb_org.assignment.origin IS 'What made the row: write (an application''s statement), reassign, due (reassign_due), parent (a change in the table that the case refers to), override.';
COMMENT ON COLUMN msb_org.assignment.given IS 'What the area column held where it differed from unit, empty where it held nothing: kept where finding is set or the mode is observe, else replaced.';
COMMENT ON COLUMN msb_org.assignment.finding IS 'What is wrong: wrong_area (the application gave another area than the rule), gap, conflict, no_structure, missing_label, unknown_label, no_cpr, born_later, no_parent; NULL where nothing is.';
COMMENT ON COLUMN msb_org.assignment.reason IS 'The finding in words, or the reason of an override.';
COMMENT ON COLUMN msb_org.assignment.due IS 'The day on which reassign_due() judges the case again: a birthday at an age bound, a future closing, the end of an override or of the structure.';
COMMENT ON COLUMN msb_org.assignment.birth IS 'The citizen''s birth date as the case gives it; NULL where it is unknown, and after purge_ended(). Personal data. It follows the case.';
COMMENT ON COLUMN msb_org.assignment.situation IS 'The labels of the case, without its age, by which duties, handovers and consents are told; NULL where a label is unknown or missing. It follows the case.';
COMMENT ON COLUMN msb_org.assignment.actor IS 'Who made the change: the setting msb_org.actor, else session_user.';
COMMENT ON COLUMN msb_org.assignment.recorded_at IS 'When the transaction that wrote the row began, by the real clock.';

CREATE VIEW msb_org.current_assignment AS
    SELECT a.case_table, a.case_key, NULLIF(a.citizen, '') AS citizen, a.unit, a.rule, a.structure, a.revision,
           a.opened, a.valid_from, a.origin, a.given, a.finding, a.reason, a.due, a.actor
      FROM msb_org.assignment a
     WHERE a.valid_to IS NULL;
COMMENT ON VIEW msb_org.current_assignment IS 'The open row of every open case: who is responsible now.';
COMMENT ON COLUMN msb_org.current_assignment.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.current_assignment.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.current_assignment.citizen IS 'The citizen''s key; NULL for a case without one. Personal data.';
COMMENT ON COLUMN msb_org.current_assignment.unit IS 'The unit that is responsible now; NULL where the case cannot be judged.';
COMMENT ON COLUMN msb_org.current_assignment.rule IS 'The rule that decided.';
COMMENT ON COLUMN msb_org.current_assignment.structure IS 'The structure that was in force.';
COMMENT ON COLUMN msb_org.current_assignment.revision IS 'Its revision.';
COMMENT ON COLUMN msb_org.current_assignment.opened IS 'The day on which the case was opened.';
COMMENT ON COLUMN msb_org.current_assignment.valid_from IS 'Since when the unit is responsible.';
COMMENT ON COLUMN msb_org.current_assignment.origin IS 'What made the row; see assignment.';
COMMENT ON COLUMN msb_org.current_assignment.given IS 'What the area column held where it differed from unit.';
COMMENT ON COLUMN msb_org.current_assignment.finding IS 'What is wrong; NULL where nothing is.';
COMMENT ON COLUMN msb_org.current_assignment.reason IS 'The finding in words, or the reason of an override.';
COMMENT ON COLUMN msb_org.current_assignment.due IS 'The day on which the case is judged again.';
COMMENT ON COLUMN msb_org.current_assignment.actor IS 'Who made the change.';

CREATE VIEW msb_org.violation AS
    SELECT a.case_table, a.case_key, a.finding, NULLIF(a.given, '') AS given, a.unit AS expected, a.rule, a.reason, a.valid_from AS since
      FROM msb_org.assignment a
     WHERE a.valid_to IS NULL AND a.finding IS NOT NULL;
COMMENT ON VIEW msb_org.violation IS 'Open cases on which something is wrong: the application gave another area than the rule (wrong_area), or they cannot be judged.';
COMMENT ON COLUMN msb_org.violation.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.violation.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.violation.finding IS 'wrong_area, or why the case cannot be judged; see assignment.';
COMMENT ON COLUMN msb_org.violation.given IS 'The area that the column holds.';
COMMENT ON COLUMN msb_org.violation.expected IS 'The unit that is responsible by the rule; NULL where the case cannot be judged.';
COMMENT ON COLUMN msb_org.violation.rule IS 'The rule that says so.';
COMMENT ON COLUMN msb_org.violation.reason IS 'The finding in words.';
COMMENT ON COLUMN msb_org.violation.since IS 'Since when.';

CREATE VIEW msb_org.stranded_case AS
    WITH in_force AS MATERIALIZED (
        SELECT e.structure, e.revision, pg_catalog.lower(e.in_force) AS since,
               ARRAY(SELECT u OPERATOR(pg_catalog.->>) 'unit'
                       FROM pg_catalog.jsonb_array_elements(e.document OPERATOR(pg_catalog.->) 'units') AS u) AS units
          FROM msb_org.enactment e
         WHERE e.in_force OPERATOR(pg_catalog.@>) msb_org.today())
    SELECT c.case_table, c.case_key, c.citizen, c.unit, c.rule, c.structure, c.revision, c.cause, c.since,
           msb_org.today() OPERATOR(pg_catalog.-) c.since AS age_days
      FROM (SELECT a.case_table, a.case_key, NULLIF(a.citizen, '') AS citizen, a.unit, a.rule, a.structure, a.revision,
                   CASE WHEN a.unit OPERATOR(pg_catalog.<>) ALL (f.units) THEN 'unit' ELSE 'not_reassigned' END AS cause,
                   GREATEST(f.since, a.opened) AS since
              FROM msb_org.assignment a, in_force f
             WHERE a.valid_to IS NULL
               AND (a.unit OPERATOR(pg_catalog.<>) ALL (f.units)
                    OR (a.structure OPERATOR(pg_catalog.=) f.structure AND a.revision OPERATOR(pg_catalog.=) f.revision) IS NOT TRUE)) AS c;
COMMENT ON VIEW msb_org.stranded_case IS 'Open cases that the structure in force has left behind: their unit is none of its, or reassign() has not reached them since it came into force. Empty where no structure is in force.';
COMMENT ON COLUMN msb_org.stranded_case.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.stranded_case.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.stranded_case.citizen IS 'The citizen''s key; NULL for a case without one. Personal data.';
COMMENT ON COLUMN msb_org.stranded_case.unit IS 'The unit that holds the case; NULL where it could not be judged.';
COMMENT ON COLUMN msb_org.stranded_case.rule IS 'The rule that decided.';
COMMENT ON COLUMN msb_org.stranded_case.structure IS 'The structure that it was judged by.';
COMMENT ON COLUMN msb_org.stranded_case.revision IS 'Its revision.';
COMMENT ON COLUMN msb_org.stranded_case.cause IS 'unit: the structure in force has no such unit; not_reassigned: the unit exists, but the case was judged by another structure or revision.';
COMMENT ON COLUMN msb_org.stranded_case.since IS 'The day from which on it is stranded: the first day of the structure in force, or the day on which the case was opened where that is later.';
COMMENT ON COLUMN msb_org.stranded_case.age_days IS 'Days from then until today.';

CREATE FUNCTION msb_org.assignment_at(at timestamptz) RETURNS SETOF msb_org.assignment
    LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 10000
BEGIN ATOMIC
    SELECT a.* FROM msb_org.assignment a
     WHERE a.valid_from OPERATOR(pg_catalog.<=) assignment_at.at
       AND (a.valid_to IS NULL OR a.valid_to OPERATOR(pg_catalog.>) assignment_at.at);
END;
COMMENT ON FUNCTION msb_org.assignment_at(timestamptz) IS 'The rows of the ledger that were open at an instant. The rows are those of assignment. Holds personal data.';

CREATE FUNCTION msb_org.area_at(case_table text, case_key text, at timestamptz) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 20
BEGIN ATOMIC
    SELECT a.unit FROM msb_org.assignment a
     WHERE a.case_table OPERATOR(pg_catalog.=) area_at.case_table
       AND a.case_key OPERATOR(pg_catalog.=) area_at.case_key
       AND a.valid_from OPERATOR(pg_catalog.<=) area_at.at
       AND (a.valid_to IS NULL OR a.valid_to OPERATOR(pg_catalog.>) area_at.at);
END;
COMMENT ON FUNCTION msb_org.area_at(text, text, timestamptz) IS
'The unit that was responsible for a case at an instant, from the ledger; NULL where it had no row or could not be judged. case_table is the name in the ledger.';

CREATE FUNCTION msb_org.purge_ended(before timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    purged bigint;
BEGIN
    UPDATE msb_org.assignment a SET citizen = '', birth = NULL
     WHERE a.valid_to < purge_ended.before AND a.citizen <> '';
    GET DIAGNOSTICS purged = ROW_COUNT;
    -- of a case that went from one citizen to another one row is enough
    DELETE FROM msb_org.handover h
     WHERE coalesce(h.moved_at, h.void_at) < purge_ended.before AND h.citizen <> '' AND EXISTS (
           SELECT FROM msb_org.handover o
            WHERE o.case_table = h.case_table AND o.case_key = h.case_key AND o.planned = h.planned AND o.citizen < h.citizen);
    UPDATE msb_org.handover h SET citizen = ''
     WHERE coalesce(h.moved_at, h.void_at) < purge_ended.before AND h.citizen <> '';
    RETURN purged;
END $$;
COMMENT ON FUNCTION msb_org.purge_ended(timestamptz) IS
'Empties the citizen''s key and birth date in rows that ended before an instant, as the retention period demands, and says how many; from handovers that were made or became void before it too. Units, rules, dates and the case''s key stay. See docs/stored-data.md#retention.';

-- One case that stands elsewhere than the rule says.
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
COMMENT ON TABLE msb_org.case_override IS 'Cases that stand elsewhere than the rule says, and until when; see override(). Their history is in the ledger.';
COMMENT ON COLUMN msb_org.case_override.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.case_override.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.case_override.unit IS 'The unit that is responsible instead.';
COMMENT ON COLUMN msb_org.case_override.reason IS 'Why.';
COMMENT ON COLUMN msb_org.case_override.until IS 'The last day on which it holds; NULL: until the case is closed.';
COMMENT ON COLUMN msb_org.case_override.actor IS 'Who said so.';
COMMENT ON COLUMN msb_org.case_override.recorded_at IS 'When.';

-- A citizen who got another key.
CREATE TABLE msb_org.renumbering (
    old_citizen text COLLATE "C" NOT NULL,
    new_citizen text COLLATE "C" NOT NULL,
    reason      text NOT NULL,
    actor       text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (old_citizen, new_citizen, recorded_at)
);
-- What a citizen was called before.
CREATE INDEX renumbering_new ON msb_org.renumbering (new_citizen);
COMMENT ON TABLE msb_org.renumbering IS 'Citizens whose key changed; see renumber_citizen(). Personal data.';
COMMENT ON COLUMN msb_org.renumbering.old_citizen IS 'The key before.';
COMMENT ON COLUMN msb_org.renumbering.new_citizen IS 'The key after.';
COMMENT ON COLUMN msb_org.renumbering.reason IS 'Why.';
COMMENT ON COLUMN msb_org.renumbering.actor IS 'Who said so.';
COMMENT ON COLUMN msb_org.renumbering.recorded_at IS 'When.';

-- The kinds of plans and what each demands, and the steps from status to status: rows, since
-- the law and the municipality's own rules change. A plan's kind is no foreign key: a duty
-- must be able to open a draft before anybody has loaded the kinds.

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
COMMENT ON TABLE msb_org.plan_kind IS 'The kinds of plans and what each demands. load_plan_kinds() brings those that ship; the rows are yours to edit. The municipality must check them against the law in force.';
COMMENT ON COLUMN msb_org.plan_kind.kind IS 'Code of the kind, as plan.kind names it.';
COMMENT ON COLUMN msb_org.plan_kind.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.plan_kind.legal_basis IS 'The provision that the kind rests on; NULL: none, or to be filled in by the municipality.';
COMMENT ON COLUMN msb_org.plan_kind.source IS 'The law that the provision stands in, in Danish; NULL: none, or to be filled in.';
COMMENT ON COLUMN msb_org.plan_kind.whole_person IS 'Whether a plan of the kind covers all that concerns the citizen, and may replace other plans; see plan_replaces.';
COMMENT ON COLUMN msb_org.plan_kind.min_age IS 'Youngest age in completed years at which such a plan is opened; NULL: no bound.';
COMMENT ON COLUMN msb_org.plan_kind.max_age IS 'Oldest age in completed years; NULL: no bound.';
COMMENT ON COLUMN msb_org.plan_kind.needs_consent IS 'Whether a consent must stand for the plan to become and stay active. A draft needs none.';
COMMENT ON COLUMN msb_org.plan_kind.consent_of IS 'Whose: citizen or parent; NULL: either.';
COMMENT ON COLUMN msb_org.plan_kind.mandatory_contents IS 'What must be written before the plan is consented: codes of plan_content; wishes, goals, measures and follow_ups are met by the plan''s column and tables of that name too.';
COMMENT ON COLUMN msb_org.plan_kind.due_interval IS 'How long after the decision the plan is to be ready at latest; NULL: no time is set.';
COMMENT ON COLUMN msb_org.plan_kind.first_follow_up IS 'How long after it became active the first follow-up is to be held at latest; NULL: no time is set.';
COMMENT ON COLUMN msb_org.plan_kind.follow_up IS 'How long after a follow-up the next one is; NULL: decided individually, with a reason.';
COMMENT ON COLUMN msb_org.plan_kind.decision_age IS 'The age before which it must be decided what follows; NULL: none.';
COMMENT ON COLUMN msb_org.plan_kind.decision_before IS 'How long before that birthday at latest.';
COMMENT ON COLUMN msb_org.plan_kind.decision_content IS 'The code of plan_content that tells that it was decided, and what.';
COMMENT ON COLUMN msb_org.plan_kind.basis IS 'What the row rests on, in words, in Danish.';

CREATE TABLE msb_org.plan_step (
    from_status text COLLATE "C" NOT NULL,
    to_status   text COLLATE "C" NOT NULL,
    PRIMARY KEY (from_status, to_status),
    CONSTRAINT plan_step_forward CHECK (from_status OPERATOR(pg_catalog.<>) to_status)
);
COMMENT ON TABLE msb_org.plan_step IS 'Which status of a plan may follow which. load_plan_kinds() brings the steps that ship; the rows are yours to edit.';
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
    -- steps are brought only where there are none: one that was taken away stays away
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
'Adds the kinds of plans that ship and are missing, changing none, and, where plan_step is empty, the steps from status to status. Returns how many rows it added. load_structure() calls it. The municipality must check the rows against the law in force.';

-- Coordination: duties that are due, plans, who takes part, who coordinates.
-- Keys begin with the citizen: a citizen's rows live where the citizen's cases do.

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
-- At most one open coordination plan per citizen. Looked for under the citizen's lock, so
-- that it never fails on one.
CREATE UNIQUE INDEX plan_open ON msb_org.plan (citizen)
    WHERE kind OPERATOR(pg_catalog.=) 'coordination'
      AND status OPERATOR(pg_catalog.=) ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[]);
-- A plan by its number alone, as applications name it.
CREATE INDEX plan_plan ON msb_org.plan (plan);
-- What was to be ready by now.
CREATE INDEX plan_due_day ON msb_org.plan (due) WHERE due IS NOT NULL;

COMMENT ON TABLE msb_org.plan IS 'Coordination plans (koordineringsplaner) and the statutory plans beside them, one row a plan. Rows stay, whatever becomes of the plan; what a row said before is in plan_revision.';
COMMENT ON COLUMN msb_org.plan.citizen IS 'The citizen''s key, as in the ledger. Personal data.';
COMMENT ON COLUMN msb_org.plan.plan IS 'Number of the plan, which says nothing of the citizen.';
COMMENT ON COLUMN msb_org.plan.kind IS 'coordination, or a statutory kind; see plan_kind.';
COMMENT ON COLUMN msb_org.plan.status IS 'draft, offered, consented, declined, active, under_review, closed, replaced, revoked (consent withdrawn) or entered_in_error; which may follow which stands in plan_step.';
COMMENT ON COLUMN msb_org.plan.unit IS 'The unit that coordinates; NULL where the structure names none.';
COMMENT ON COLUMN msb_org.plan.challenge IS 'The primary challenge that the unit was found by.';
COMMENT ON COLUMN msb_org.plan.coordinator IS 'Who coordinates now, as the application names people; earlier ones are in plan_coordinator.';
COMMENT ON COLUMN msb_org.plan.coordinator_since IS 'Since when.';
COMMENT ON COLUMN msb_org.plan.duty IS 'The duty that opened it; NULL: somebody did.';
COMMENT ON COLUMN msb_org.plan.decided IS 'The day of the decision that the plan rests on, from which its intervals count.';
COMMENT ON COLUMN msb_org.plan.due IS 'The day on which it is to be ready, from the kind''s interval; NULL: none.';
COMMENT ON COLUMN msb_org.plan.wishes IS 'What the citizen wishes, in the citizen''s own words.';
COMMENT ON COLUMN msb_org.plan.opened_at IS 'When it was opened.';
COMMENT ON COLUMN msb_org.plan.opened_by IS 'By whom: msb_org.actor, else session_user; of a duty, whoever wrote the case.';
COMMENT ON COLUMN msb_org.plan.status_since IS 'Since when it has its status.';
COMMENT ON COLUMN msb_org.plan.status_reason IS 'Why it has it, in words.';

-- What the work at commit writes has no foreign key to the plan: a check under the
-- transaction's snapshot would not see a plan that another session has just opened, and
-- its message would show the citizen.
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
COMMENT ON TABLE msb_org.plan_participant IS 'Who takes part in a plan: the coordinating unit and the units of all open cases of the citizen, kept by the extension for open coordination plans; and partners outside, such as associations, who see nothing without consent.';
COMMENT ON COLUMN msb_org.plan_participant.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_participant.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_participant.kind IS 'unit or partner.';
COMMENT ON COLUMN msb_org.plan_participant.participant IS 'Code of the unit, or name of the partner.';
COMMENT ON COLUMN msb_org.plan_participant.valid_from IS 'From when.';
COMMENT ON COLUMN msb_org.plan_participant.valid_to IS 'Until when; NULL while it takes part.';
COMMENT ON COLUMN msb_org.plan_participant.actor IS 'Who brought it in.';

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
COMMENT ON TABLE msb_org.plan_reason IS 'The duties that are and were due for a citizen, kept as cases open, change and close: why there is to be a plan.';
COMMENT ON COLUMN msb_org.plan_reason.citizen IS 'The citizen''s key. Personal data.';
COMMENT ON COLUMN msb_org.plan_reason.duty IS 'The duty, of the structure in force; see plan_duty.';
COMMENT ON COLUMN msb_org.plan_reason.valid_from IS 'Since when it is due.';
COMMENT ON COLUMN msb_org.plan_reason.valid_to IS 'Until when it was; NULL while it is.';
COMMENT ON COLUMN msb_org.plan_reason.units IS 'The units of the counted cases, in bytewise order.';
COMMENT ON COLUMN msb_org.plan_reason.asks_since IS 'A plan opened since then meets the duty, whatever became of it: when the duty arose, or when the counted cases came to lie in more units while no plan was open.';
COMMENT ON COLUMN msb_org.plan_reason.action IS 'open or report, as the duty says.';
COMMENT ON COLUMN msb_org.plan_reason.observed IS 'Whether it is due only when cases of tables in observe are counted too: then no plan opens.';

CREATE TABLE msb_org.plan_review (
    citizen     text COLLATE "C" NOT NULL,
    plan        uuid NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT msb_org.record_time(),
    cause       text COLLATE "C" NOT NULL,
    reviewed_at timestamptz,
    reviewed_by text,
    PRIMARY KEY (citizen, plan, asked_at, cause)
);
COMMENT ON TABLE msb_org.plan_review IS 'Plans that somebody should look at again, and why. A plan is marked here, never closed by itself.';
COMMENT ON COLUMN msb_org.plan_review.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_review.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_review.asked_at IS 'When it was marked.';
COMMENT ON COLUMN msb_org.plan_review.cause IS 'no_reason: no duty is due any longer; replaced_by_revoked: a plan that replaced it was revoked.';
COMMENT ON COLUMN msb_org.plan_review.reviewed_at IS 'When it was looked at; NULL: not yet.';
COMMENT ON COLUMN msb_org.plan_review.reviewed_by IS 'By whom.';

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

COMMENT ON TABLE msb_org.handover IS 'Handovers (overdragelser) that were accepted or have happened: responsibility for a case, or the coordination of a plan, moves from one unit to another. Those ahead that nobody has accepted are computed; see upcoming_handovers().';
COMMENT ON COLUMN msb_org.handover.citizen IS 'The citizen''s key; empty for a case without one. Personal data.';
COMMENT ON COLUMN msb_org.handover.case_table IS 'Name of the case table; empty for the coordination of a plan.';
COMMENT ON COLUMN msb_org.handover.case_key IS 'The case''s key, or the number of the plan.';
COMMENT ON COLUMN msb_org.handover.planned IS 'The day on which it is to happen.';
COMMENT ON COLUMN msb_org.handover.cause IS 'birthday, structure, override_end; case: what the case says, or an alias, changed; for a plan, the citizen''s cases or primary challenge did.';
COMMENT ON COLUMN msb_org.handover.from_unit IS 'The unit that hands over.';
COMMENT ON COLUMN msb_org.handover.to_unit IS 'The unit that takes over; NULL where the case cannot be judged from then on.';
COMMENT ON COLUMN msb_org.handover.accepted_at IS 'When the unit that takes over accepted; NULL: it has not.';
COMMENT ON COLUMN msb_org.handover.accepted_by IS 'Who accepted.';
COMMENT ON COLUMN msb_org.handover.moved_at IS 'When responsibility moved; NULL: not yet. Later than planned is late.';
COMMENT ON COLUMN msb_org.handover.void_at IS 'When it turned out that it does not happen after all: the case was closed before, or belongs to another unit by now; NULL: it may.';
COMMENT ON COLUMN msb_org.handover.recorded_at IS 'When the row was made.';

CREATE FUNCTION msb_org.lock_citizens(citizens text[]) RETURNS void
    LANGUAGE c VOLATILE STRICT COST 100
    AS 'MODULE_PATHNAME', 'msb_lock_citizens';
COMMENT ON FUNCTION msb_org.lock_citizens(text[]) IS
'Used by the functions that write ledger, plans or handovers: takes the locks of these citizens in ascending order, to the end of the transaction. Rows of the case tables, and of plan, are to be locked before.';

CREATE FUNCTION msb_org.lock_all_citizens() RETURNS void
    LANGUAGE c VOLATILE COST 1000
    AS 'MODULE_PATHNAME', 'msb_lock_all_citizens';
COMMENT ON FUNCTION msb_org.lock_all_citizens() IS
'Used by set_mode(): takes all 1,024 locks, so that it sees what every transaction that was judging has recorded.';

-- What a plan consists of, and what it was before. Every key begins with the citizen, and
-- follows the plan's where the citizen gets another one.

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
COMMENT ON COLUMN msb_org.plan_goal.description IS 'What is to be reached, in words.';
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
-- What a unit has to do.
CREATE INDEX plan_measure_unit ON msb_org.plan_measure (unit) WHERE unit IS NOT NULL;
COMMENT ON TABLE msb_org.plan_measure IS 'The measures of a plan: who does what, from when, to when, and by what means.';
COMMENT ON COLUMN msb_org.plan_measure.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_measure.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_measure.measure IS 'Code of the measure within the plan.';
COMMENT ON COLUMN msb_org.plan_measure.goal IS 'The goal that it serves; NULL: the plan as a whole.';
COMMENT ON COLUMN msb_org.plan_measure.description IS 'What is done, in words.';
COMMENT ON COLUMN msb_org.plan_measure.unit IS 'The unit that does it.';
COMMENT ON COLUMN msb_org.plan_measure.service IS 'Which service it is: a label of the facet service.';
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
COMMENT ON TABLE msb_org.plan_content IS 'What a plan says in words under a heading, such as the contents that its kind demands.';
COMMENT ON COLUMN msb_org.plan_content.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_content.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_content.content IS 'Code of the heading: purpose, duration, other_matters and others; see plan_kind.mandatory_contents.';
COMMENT ON COLUMN msb_org.plan_content.body IS 'What is said.';

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
-- What is overdue.
CREATE INDEX plan_follow_up_due ON msb_org.plan_follow_up (due) WHERE held IS NULL;
COMMENT ON TABLE msb_org.plan_follow_up IS 'The follow-ups of a plan, planned and held. When a plan becomes active its first one is planned, if the kind sets a time for it.';
COMMENT ON COLUMN msb_org.plan_follow_up.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_follow_up.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_follow_up.due IS 'The day on which it is to be held at latest.';
COMMENT ON COLUMN msb_org.plan_follow_up.held IS 'The day on which it was held; NULL: not yet.';
COMMENT ON COLUMN msb_org.plan_follow_up.reason IS 'Why then: follow-ups after the first are decided individually, with a reason.';
COMMENT ON COLUMN msb_org.plan_follow_up.outcome IS 'What came of it.';

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
-- What a unit or a partner may see.
CREATE INDEX plan_consent_recipient ON msb_org.plan_consent (recipient_kind, recipient) WHERE withdrawn IS NULL;
COMMENT ON TABLE msb_org.plan_consent IS 'Consents (samtykker): which unit or partner may see which of the citizen''s cases, for the plan''s sake. When the last one that its kind needs is withdrawn, the plan is revoked.';
COMMENT ON COLUMN msb_org.plan_consent.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_consent.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_consent.consent_of IS 'Who consents: citizen or parent.';
COMMENT ON COLUMN msb_org.plan_consent.person IS 'Which parent, by key or name; empty for the citizen. Personal data.';
COMMENT ON COLUMN msb_org.plan_consent.recipient_kind IS 'unit or partner.';
COMMENT ON COLUMN msb_org.plan_consent.recipient IS 'Code of the unit, or name of the partner, that may see them.';
COMMENT ON COLUMN msb_org.plan_consent.scope IS 'Which cases: those whose situation this target group takes.';
COMMENT ON COLUMN msb_org.plan_consent.purpose IS 'What for.';
COMMENT ON COLUMN msb_org.plan_consent.given IS 'The day from which on it holds.';
COMMENT ON COLUMN msb_org.plan_consent.until IS 'The last day on which it holds; NULL: until it is withdrawn.';
COMMENT ON COLUMN msb_org.plan_consent.withdrawn IS 'When it was withdrawn; NULL: it was not.';

CREATE TABLE msb_org.plan_citizen (
    citizen  text COLLATE "C" NOT NULL,
    plan     uuid NOT NULL,
    related  text COLLATE "C" NOT NULL CONSTRAINT plan_citizen_related CHECK (related OPERATOR(pg_catalog.<>) ''),
    relation text COLLATE "C" NOT NULL DEFAULT 'sibling',
    PRIMARY KEY (citizen, plan, related),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE
);
-- The plans that name somebody.
CREATE INDEX plan_citizen_related ON msb_org.plan_citizen (related);
COMMENT ON TABLE msb_org.plan_citizen IS 'Other citizens that a plan concerns, such as siblings.';
COMMENT ON COLUMN msb_org.plan_citizen.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_citizen.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_citizen.related IS 'Key of the other citizen. Personal data.';
COMMENT ON COLUMN msb_org.plan_citizen.relation IS 'What the other is to the citizen: sibling, parent, partner, child or another word';

CREATE TABLE msb_org.plan_replaces (
    citizen  text COLLATE "C" NOT NULL,
    plan     uuid NOT NULL,
    replaced uuid NOT NULL,
    PRIMARY KEY (citizen, plan, replaced),
    FOREIGN KEY (citizen, plan) REFERENCES msb_org.plan ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT plan_replaces_other CHECK (plan OPERATOR(pg_catalog.<>) replaced)
);
COMMENT ON TABLE msb_org.plan_replaces IS 'The plans that a whole-person plan replaces: they become replaced when it becomes active, and return to under_review when it is revoked or proves entered in error.';
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
COMMENT ON TABLE msb_org.plan_coordinator IS 'The coordinators that a plan had before; the present one stands in plan. Written by the extension.';
COMMENT ON COLUMN msb_org.plan_coordinator.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_coordinator.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_coordinator.coordinator IS 'Who coordinated.';
COMMENT ON COLUMN msb_org.plan_coordinator.valid_from IS 'From when.';
COMMENT ON COLUMN msb_org.plan_coordinator.valid_to IS 'Until when.';
COMMENT ON COLUMN msb_org.plan_coordinator.actor IS 'Who made the change that ended it.';

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
COMMENT ON TABLE msb_org.plan_revision IS 'What the rows of a plan said before each UPDATE and DELETE. Written by the extension.';
COMMENT ON COLUMN msb_org.plan_revision.citizen IS 'The citizen whose plan it is.';
COMMENT ON COLUMN msb_org.plan_revision.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_revision.of_table IS 'The table whose row changed: plan, plan_goal, plan_measure, plan_content, plan_follow_up, plan_consent, plan_citizen or plan_replaces.';
COMMENT ON COLUMN msb_org.plan_revision.revised_at IS 'When.';
COMMENT ON COLUMN msb_org.plan_revision.operation IS 'update or delete.';
COMMENT ON COLUMN msb_org.plan_revision.content IS 'The row as it was before, without the keys of citizen and plan. Personal data.';
COMMENT ON COLUMN msb_org.plan_revision.actor IS 'Who changed it.';

-- What guards a plan and keeps its past. Guards of steps are on UPDATE only: a restore inserts.

CREATE FUNCTION msb_org.plan_guard() RETURNS trigger
    LANGUAGE c COST 100 AS 'MODULE_PATHNAME', 'msb_plan_guard';
COMMENT ON FUNCTION msb_org.plan_guard() IS
'Trigger on plan: takes the citizen''s lock; on UPDATE refuses a step that plan_step does not have or for which something is missing (23514, constraint msb_org_plan_status) and a change of number, kind or opening (55000); on DELETE refuses (55000), except in a function of the tables'' owner that is SECURITY DEFINER: erasure. A second open coordination plan of a citizen is 23505, as the index plan_open would have it, without the citizen''s key.';

CREATE FUNCTION msb_org.plan_part_guard() RETURNS trigger
    LANGUAGE c COST 100 AS 'MODULE_PATHNAME', 'msb_plan_part_guard';
COMMENT ON FUNCTION msb_org.plan_part_guard() IS
'Trigger on what a plan consists of: locks the plan''s row, and raises what the foreign key (23503) and the primary key (23505) would, without the citizen''s key.';

CREATE FUNCTION msb_org.key_birth(citizen text) RETURNS date
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_key_birth';
COMMENT ON FUNCTION msb_org.key_birth(text) IS
'Used by open_plan() and the guards of plans: the date of birth that a citizen''s key states; NULL where it is no CPR number, and for the letter form, whose date is not to be relied on. No errors.';

CREATE FUNCTION msb_org.plan_birth(citizen text) RETURNS date
    LANGUAGE sql STABLE STRICT COST 20
BEGIN ATOMIC
    SELECT COALESCE(msb_org.key_birth(plan_birth.citizen),
                    (SELECT a.birth FROM msb_org.assignment a
                      WHERE a.citizen OPERATOR(pg_catalog.=) plan_birth.citizen AND a.birth IS NOT NULL
                      ORDER BY a.valid_from DESC LIMIT 1));
END;
COMMENT ON FUNCTION msb_org.plan_birth(text) IS
'Used by open_plan() and the guards of plans: the date of birth of a citizen, from the key, else as the newest case in the ledger gives it; NULL where neither does. No errors.';

-- PUBLIC's, so that the planner of any caller can put its expression in its place.
CREATE FUNCTION msb_org.consent_holds(given date, until date, withdrawn timestamptz, on_date date) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
    RETURN withdrawn IS NULL AND given OPERATOR(pg_catalog.<=) on_date AND (until IS NULL OR until OPERATOR(pg_catalog.>=) on_date);
COMMENT ON FUNCTION msb_org.consent_holds(date, date, timestamptz, date) IS
'Used wherever it is asked: whether a consent with these days holds on a day: given by then, not past its last day (until, NULL: none), and not withdrawn (NULL), at whatever time it was.';

CREATE FUNCTION msb_org.consent_stands(citizen text, plan uuid, consent_of text, on_date date DEFAULT msb_org.today()) RETURNS boolean
    LANGUAGE sql STABLE COST 20
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM msb_org.plan_consent c
                    WHERE c.citizen OPERATOR(pg_catalog.=) consent_stands.citizen
                      AND c.plan OPERATOR(pg_catalog.=) consent_stands.plan
                      AND (consent_stands.consent_of IS NULL OR c.consent_of OPERATOR(pg_catalog.=) consent_stands.consent_of)
                      AND msb_org.consent_holds(c.given, c.until, c.withdrawn, consent_stands.on_date));
END;
COMMENT ON FUNCTION msb_org.consent_stands(text, uuid, text, date) IS
'Used by the guards of plans: whether a plan has a consent that is given, not withdrawn and not past its last day, of the citizen or a parent as consent_of says (NULL: either). No errors.';

CREATE FUNCTION msb_org.missing_contents(citizen text, plan uuid, wanted text[], wishes text) RETURNS text[]
    LANGUAGE sql STABLE COST 100
BEGIN ATOMIC
    SELECT ARRAY(
        SELECT w.content FROM pg_catalog.unnest(missing_contents.wanted) WITH ORDINALITY AS w (content, n)
         WHERE NOT EXISTS (SELECT FROM msb_org.plan_content c
                            WHERE c.citizen OPERATOR(pg_catalog.=) missing_contents.citizen
                              AND c.plan OPERATOR(pg_catalog.=) missing_contents.plan
                              AND c.content OPERATOR(pg_catalog.=) w.content
                              AND c.body OPERATOR(pg_catalog.~) '[^[:space:]]')
           AND NOT CASE w.content
                   WHEN 'wishes' THEN COALESCE(missing_contents.wishes OPERATOR(pg_catalog.~) '[^[:space:]]', false)
                   WHEN 'goals' THEN EXISTS (SELECT FROM msb_org.plan_goal g
                            WHERE g.citizen OPERATOR(pg_catalog.=) missing_contents.citizen
                              AND g.plan OPERATOR(pg_catalog.=) missing_contents.plan)
                   WHEN 'measures' THEN EXISTS (SELECT FROM msb_org.plan_measure m
                            WHERE m.citizen OPERATOR(pg_catalog.=) missing_contents.citizen
                              AND m.plan OPERATOR(pg_catalog.=) missing_contents.plan)
                   WHEN 'follow_ups' THEN EXISTS (SELECT FROM msb_org.plan_follow_up f
                            WHERE f.citizen OPERATOR(pg_catalog.=) missing_contents.citizen
                              AND f.plan OPERATOR(pg_catalog.=) missing_contents.plan)
                   ELSE false END
         ORDER BY w.n);
END;
COMMENT ON FUNCTION msb_org.missing_contents(text, uuid, text[], text) IS
'Used by the guards of plans: which of these mandatory contents a plan lacks, in their order; empty for none. See plan_kind.mandatory_contents. No errors.';

-- What a plan's rows said before. As the tables' owner: whoever may write a plan may not
-- write its past.
CREATE FUNCTION msb_org.keep_revision() RETURNS trigger
    LANGUAGE plpgsql COST 100
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    was      jsonb := to_jsonb(OLD) - 'citizen' - 'plan';
    of_plan  record;
    at       timestamptz := msb_org.record_time();
BEGIN
    -- nothing but the citizen's key changed, or nothing at all
    IF TG_OP = 'UPDATE' THEN
        IF was = to_jsonb(NEW) - 'citizen' - 'plan' AND OLD.plan = NEW.plan THEN
            RETURN NULL;
        END IF;
        of_plan := NEW;
    ELSE
        of_plan := OLD;
    END IF;
    LOOP
        -- where the plan itself goes, so does its past
        INSERT INTO msb_org.plan_revision (citizen, plan, of_table, revised_at, operation, content, actor)
        SELECT p.citizen, p.plan, TG_TABLE_NAME, at, lower(TG_OP), was, msb_org.actor()
          FROM msb_org.plan p WHERE p.citizen = of_plan.citizen AND p.plan = of_plan.plan
            ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND OR NOT EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = of_plan.citizen AND p.plan = of_plan.plan);
        at := at + interval '1 microsecond';
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION msb_org.keep_revision() IS
'Trigger on plan and what it consists of: writes what the row said before into plan_revision. The erasure of a plan takes its revisions along.';

CREATE FUNCTION msb_org.replace_plans(citizen text, plan uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE msb_org.plan p
       SET status = 'replaced', status_reason = format('replaced by plan %s', replace_plans.plan)
      FROM msb_org.plan_replaces r
     WHERE r.citizen = replace_plans.citizen AND r.plan = replace_plans.plan
       AND p.citizen = r.citizen AND p.plan = r.replaced
       AND p.status = ANY ('{draft,offered,consented,active,under_review}');
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
COMMENT ON FUNCTION msb_org.replace_plans(text, uuid) IS
'Used by plan_follows() and write_plan(): sets the open plans that a plan replaces to replaced, and says how many.';

CREATE FUNCTION msb_org.return_plans(citizen text, plan uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    back    msb_org.plan;
    changed bigint := 0;
BEGIN
    FOR back IN
        SELECT p.* FROM msb_org.plan_replaces r JOIN msb_org.plan p ON p.citizen = r.citizen AND p.plan = r.replaced
         WHERE r.citizen = return_plans.citizen AND r.plan = return_plans.plan AND p.status = 'replaced'
           AND NOT EXISTS (SELECT FROM msb_org.plan_replaces o JOIN msb_org.plan w ON w.citizen = o.citizen AND w.plan = o.plan
                            WHERE o.citizen = r.citizen AND o.replaced = r.replaced AND o.plan <> r.plan
                              AND w.status = ANY ('{active,under_review}'))
         ORDER BY p.opened_at DESC, p.plan
    LOOP
        -- another coordination plan may have been opened meanwhile: then that one stands
        BEGIN
            UPDATE msb_org.plan p
               SET status = 'under_review', status_reason = format('plan %s, which replaced it, no longer stands', return_plans.plan)
             WHERE p.citizen = back.citizen AND p.plan = back.plan;
            INSERT INTO msb_org.plan_review (citizen, plan, asked_at, cause)
            VALUES (back.citizen, back.plan, msb_org.record_time(), 'replaced_by_revoked');
            changed := changed + 1;
        EXCEPTION WHEN check_violation THEN
            NULL;
        END;
    END LOOP;
    RETURN changed;
END $$;
COMMENT ON FUNCTION msb_org.return_plans(text, uuid) IS
'Used by plan_follows(): sets the plans that a plan replaced to under_review, each with a row in plan_review, and says how many. One that another active plan replaces too, or in whose place the citizen has another open coordination plan, stays replaced.';

CREATE FUNCTION msb_org.plan_follows() RETURNS trigger
    LANGUAGE plpgsql COST 100
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.coordinator IS NOT NULL AND NEW.coordinator IS DISTINCT FROM OLD.coordinator THEN
        INSERT INTO msb_org.plan_coordinator (citizen, plan, coordinator, valid_from, valid_to, actor)
        VALUES (NEW.citizen, NEW.plan, OLD.coordinator, coalesce(OLD.coordinator_since, OLD.opened_at),
                coalesce(NEW.coordinator_since,
                         greatest(msb_org.record_time(), coalesce(OLD.coordinator_since, OLD.opened_at) + interval '1 microsecond')),
                msb_org.actor());
    END IF;
    IF NEW.kind = 'coordination' AND (NEW.status <> OLD.status OR NEW.unit IS DISTINCT FROM OLD.unit) THEN
        -- who takes part, and whether another unit should coordinate
        PERFORM msb_org.judge_citizens(ARRAY[NEW.citizen], 'none');
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NULL;
    END IF;
    IF NEW.status = 'active' THEN
        PERFORM msb_org.replace_plans(NEW.citizen, NEW.plan) FROM msb_org.plan_kind k WHERE k.kind = NEW.kind AND k.whole_person;
        INSERT INTO msb_org.plan_follow_up (citizen, plan, due)
        SELECT NEW.citizen, NEW.plan, (msb_org.today() + k.first_follow_up)::date
          FROM msb_org.plan_kind k
         WHERE k.kind = NEW.kind AND k.first_follow_up IS NOT NULL
           AND NOT EXISTS (SELECT FROM msb_org.plan_follow_up f WHERE f.citizen = NEW.citizen AND f.plan = NEW.plan);
    ELSIF NEW.status IN ('revoked', 'entered_in_error') THEN
        PERFORM msb_org.return_plans(NEW.citizen, NEW.plan);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION msb_org.plan_follows() IS
'Trigger on plan: what follows from a change. The former coordinator goes into plan_coordinator; a plan that becomes active replaces those that it names and has its first follow-up planned; one that is revoked or entered in error gives them back.';

CREATE FUNCTION msb_org.consent_follows() RETURNS trigger
    LANGUAGE c COST 100 AS 'MODULE_PATHNAME', 'msb_consent_follows';
COMMENT ON FUNCTION msb_org.consent_follows() IS
'Trigger on plan_consent: a plan whose kind needs a consent, and that has none left after this change, is revoked.';

CREATE TRIGGER plan_guard BEFORE INSERT OR UPDATE OR DELETE ON msb_org.plan
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_guard();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER plan_follows AFTER UPDATE ON msb_org.plan
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_follows();
CREATE TRIGGER consent_follows AFTER UPDATE OR DELETE ON msb_org.plan_consent
    FOR EACH ROW EXECUTE FUNCTION msb_org.consent_follows();

CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_goal
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_measure
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_content
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_follow_up
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_consent
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_citizen
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();
CREATE TRIGGER plan_part_guard BEFORE INSERT OR UPDATE ON msb_org.plan_replaces
    FOR EACH ROW EXECUTE FUNCTION msb_org.plan_part_guard();

CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_goal
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_measure
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_content
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_follow_up
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_consent
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_citizen
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();
CREATE TRIGGER keep_revision AFTER UPDATE OR DELETE ON msb_org.plan_replaces
    FOR EACH ROW EXECUTE FUNCTION msb_org.keep_revision();

-- Opening and writing plans: one call for each thing an application does, and a whole plan
-- as one document. Ordinary UPDATEs of the tables do the same, under the same guards.

CREATE FUNCTION msb_org.open_plan(citizen text, kind text DEFAULT 'coordination', unit text DEFAULT NULL,
                                  decided date DEFAULT NULL, reason text DEFAULT NULL, plan uuid DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    whose   text := msb_org.citizen_key(open_plan.citizen);
    number  uuid := coalesce(open_plan.plan, gen_random_uuid());
    of_kind msb_org.plan_kind;
    years   integer;
    stands  uuid;
BEGIN
    IF coalesce(whose, '') = '' OR open_plan.kind IS NULL THEN
        PERFORM msb_org.raise('22004', msb_org.gettext('citizen and kind must be given'));
    END IF;
    SELECT k.* INTO of_kind FROM msb_org.plan_kind k WHERE k.kind = open_plan.kind;
    IF NOT FOUND AND open_plan.kind <> 'coordination' THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('there is no kind "%s" of plans'), msb_org.printable(open_plan.kind)),
                              msb_org.gettext('The kinds stand in msb_org.plan_kind; msb_org.load_plan_kinds() brings those that ship.'));
    END IF;
    years := extract(year FROM age(msb_org.today()::timestamp, msb_org.plan_birth(whose)::timestamp));
    IF years < of_kind.min_age OR years > of_kind.max_age THEN
        PERFORM msb_org.raise('22023', CASE
            WHEN of_kind.min_age IS NULL
                THEN format(msb_org.gettext('a plan of kind %s is for ages up to %s, and the citizen is %s'), of_kind.kind, of_kind.max_age, years)
            WHEN of_kind.max_age IS NULL
                THEN format(msb_org.gettext('a plan of kind %s is for ages from %s, and the citizen is %s'), of_kind.kind, of_kind.min_age, years)
            ELSE format(msb_org.gettext('a plan of kind %s is for ages %s to %s, and the citizen is %s'),
                        of_kind.kind, of_kind.min_age, of_kind.max_age, years) END);
    END IF;
    PERFORM msb_org.lock_citizens(ARRAY[whose]);
    IF open_plan.kind = 'coordination' THEN
        SELECT p.plan INTO stands FROM msb_org.plan p
         WHERE p.citizen = whose AND p.kind = 'coordination'
           AND p.status = ANY ('{draft,offered,consented,active,under_review}');
        IF FOUND THEN
            PERFORM msb_org.raise('42710', format(msb_org.gettext('the citizen has an open coordination plan already, %s'), stands),
                                  msb_org.gettext('A citizen has one at most: go on with that one.'));
        END IF;
    END IF;
    IF open_plan.plan IS NOT NULL AND EXISTS (SELECT FROM msb_org.plan p WHERE p.plan = number) THEN
        PERFORM msb_org.raise('42710', format(msb_org.gettext('plan %s exists already'), number));
    END IF;
    INSERT INTO msb_org.plan (citizen, plan, kind, unit, challenge, decided, due, status_reason, opened_by)
    SELECT whose, number, open_plan.kind, coalesce(open_plan.unit, c.unit), c.challenge, open_plan.decided,
           (open_plan.decided + of_kind.due_interval)::date, open_plan.reason, msb_org.actor()
      FROM (SELECT) AS one LEFT JOIN msb_org.coordination_of(whose) c ON open_plan.kind = 'coordination';
    IF open_plan.kind = 'coordination' THEN
        PERFORM msb_org.judge_citizens(ARRAY[whose], 'none');
    END IF;
    RETURN number;
END $$;
COMMENT ON FUNCTION msb_org.open_plan(text, text, text, date, text, uuid) IS
'Opens a draft and returns its number, a new one or the one given: of a citizen, of a kind, coordinated by a unit, resting on the decision of a day (from which its due day counts). 42710 where the citizen has an open coordination plan, or the number is taken; 42704 for an unknown kind; 22023 where the citizen''s age, as far as it is known, is not the kind''s; 22004 without citizen or kind. A session that opened one at the same moment and is not seen yet leads to 23505, without the citizen''s key.';

CREATE FUNCTION msb_org.plan_citizen_of(plan uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    whose text;
BEGIN
    SELECT p.citizen INTO whose FROM msb_org.plan p WHERE p.plan = plan_citizen_of.plan FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM msb_org.raise(CASE WHEN plan_citizen_of.plan IS NULL THEN '22004' ELSE '42704' END,
                              CASE WHEN plan_citizen_of.plan IS NULL THEN msb_org.gettext('plan must be given')
                                   ELSE format(msb_org.gettext('there is no plan %s'), plan_citizen_of.plan) END);
    END IF;
    RETURN whose;
END $$;
COMMENT ON FUNCTION msb_org.plan_citizen_of(uuid) IS
'Used by the functions that write a plan: locks its row and returns the citizen. 42704 where there is no such plan, 22004 for NULL.';

CREATE FUNCTION msb_org.set_plan_status(plan uuid, status text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    whose text := msb_org.plan_citizen_of(set_plan_status.plan);
    why   text;
BEGIN
    IF set_plan_status.status IS NULL THEN
        PERFORM msb_org.raise('22004', msb_org.gettext('status must be given'));
    END IF;
    UPDATE msb_org.plan p SET status = set_plan_status.status, status_reason = set_plan_status.reason
     WHERE p.citizen = whose AND p.plan = set_plan_status.plan
    RETURNING p.status_reason INTO why;
    -- word for word the reason of the former status, which the guard took for a leftover
    IF why IS DISTINCT FROM set_plan_status.reason THEN
        UPDATE msb_org.plan p SET status_reason = set_plan_status.reason
         WHERE p.citizen = whose AND p.plan = set_plan_status.plan;
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.set_plan_status(uuid, text, text) IS
'Takes a step with a plan, as UPDATE of plan.status does, for a reason. 23514 (constraint msb_org_plan_status, what is missing in DETAIL) where plan_step does not have the step, where consent, contents or a coordinator are missing, or where the citizen has another open coordination plan; 42704 where there is no such plan, 22004 without plan or status.';

CREATE FUNCTION msb_org.set_coordinator(plan uuid, coordinator text) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    whose text := msb_org.plan_citizen_of(set_coordinator.plan);
BEGIN
    UPDATE msb_org.plan p SET coordinator = nullif(btrim(set_coordinator.coordinator), '')
     WHERE p.citizen = whose AND p.plan = set_coordinator.plan
       AND p.coordinator IS DISTINCT FROM nullif(btrim(set_coordinator.coordinator), '');
END $$;
COMMENT ON FUNCTION msb_org.set_coordinator(uuid, text) IS
'Names a plan''s coordinator, which ends the predecessor in the same statement; NULL names none. 23514 where the plan is not open, or is active and would be without one; 42704 where there is no such plan, 22004 for a NULL plan.';

CREATE FUNCTION msb_org.withdraw_consent(plan uuid, recipient text DEFAULT NULL, consent_of text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    whose   text := msb_org.plan_citizen_of(withdraw_consent.plan);
    changed bigint;
BEGIN
    UPDATE msb_org.plan_consent c SET withdrawn = msb_org.record_time()
     WHERE c.citizen = whose AND c.plan = withdraw_consent.plan AND c.withdrawn IS NULL
       AND (withdraw_consent.recipient IS NULL OR c.recipient = withdraw_consent.recipient)
       AND (withdraw_consent.consent_of IS NULL OR c.consent_of = withdraw_consent.consent_of);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
COMMENT ON FUNCTION msb_org.withdraw_consent(uuid, text, text) IS
'Withdraws the consents of a plan, all or those to one recipient or of one side, and says how many stood. Where none is left that the plan''s kind needs, a plan that is consented, active or under review is revoked. 42704 where there is no such plan, 22004 for a NULL plan.';

CREATE VIEW msb_org.standing_consent AS
    SELECT c.citizen, c.plan, c.recipient_kind, c.recipient, c.scope
      FROM msb_org.plan_consent c
      JOIN msb_org.plan p ON p.citizen OPERATOR(pg_catalog.=) c.citizen AND p.plan OPERATOR(pg_catalog.=) c.plan
     WHERE msb_org.consent_holds(c.given, c.until, c.withdrawn, msb_org.today())
       AND p.status OPERATOR(pg_catalog.=) ANY ('{consented,active,under_review}'::pg_catalog.text[]);
COMMENT ON VIEW msb_org.standing_consent IS 'Consents that let somebody see cases and a plan today: those that hold, of plans from consented until they end. What plan_readers(), my_shared_case and my_plan go by.';
COMMENT ON COLUMN msb_org.standing_consent.citizen IS 'The citizen whose plan it is. Personal data.';
COMMENT ON COLUMN msb_org.standing_consent.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.standing_consent.recipient_kind IS 'unit or partner.';
COMMENT ON COLUMN msb_org.standing_consent.recipient IS 'Code of the unit, or name of the partner.';
COMMENT ON COLUMN msb_org.standing_consent.scope IS 'Which cases: those whose situation this target group takes.';

CREATE FUNCTION msb_org.plan_readers(plan uuid) RETURNS TABLE (kind text, reader text, cause text, scope msb_org.target_group)
    LANGUAGE sql STABLE STRICT COST 100 ROWS 5
BEGIN ATOMIC
    WITH chosen AS (
        SELECT p.citizen, p.plan, p.unit,
               p.status OPERATOR(pg_catalog.=) ANY ('{consented,active,under_review}'::pg_catalog.text[]) AS shared
          FROM msb_org.plan p WHERE p.plan OPERATOR(pg_catalog.=) plan_readers.plan)
    SELECT 'unit', c.unit, 'coordinates', NULL::msb_org.target_group FROM chosen c WHERE c.unit IS NOT NULL
     UNION ALL
    SELECT 'unit', t.participant, 'takes_part', NULL
      FROM chosen c JOIN msb_org.plan_participant t
        ON t.citizen OPERATOR(pg_catalog.=) c.citizen AND t.plan OPERATOR(pg_catalog.=) c.plan
     WHERE c.shared AND t.valid_to IS NULL AND t.kind OPERATOR(pg_catalog.=) 'unit' AND t.participant IS DISTINCT FROM c.unit
     UNION ALL
    SELECT s.recipient_kind, s.recipient, 'consent', s.scope
      FROM chosen c JOIN msb_org.standing_consent s
        ON s.citizen OPERATOR(pg_catalog.=) c.citizen AND s.plan OPERATOR(pg_catalog.=) c.plan
     ORDER BY 1, 2, 3;
END;
COMMENT ON FUNCTION msb_org.plan_readers(uuid) IS
'Who may see a plan now, and why: the unit that coordinates it, always (coordinates); from consented until it ends also the units that take part (takes_part), and the units and partners to whom a consent that stands today lets see the citizen''s cases in its scope (consent: the plan itself, and cases whose situation scope takes). What access to plans and cases goes by; this function gives none. No rows for a number that no plan has.';

-- A part of the document: a list that stands for all rows of one table.
CREATE FUNCTION msb_org.write_plan_part(citizen text, plan uuid, part text, of_table text, defaults jsonb, items jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation regclass := format('msb_org.%I', of_table)::regclass;
    names    text[];    -- of the columns besides citizen and plan
    keys     text[];
    required text[];
    wrong    text;
    wrong_in text;
    match    text;
    rows     text;
BEGIN
    SELECT array_agg(a.attname::text ORDER BY a.attnum),
           array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum = ANY (i.indkey)),
           array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnotnull AND NOT defaults ? a.attname::text)
      INTO names, keys, required
      FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
     WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT IN ('citizen', 'plan');

    IF jsonb_typeof(items) <> 'array' OR EXISTS (SELECT FROM jsonb_array_elements(items) i WHERE jsonb_typeof(i) <> 'object') THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the plan''s "%s" must be a list of objects'), part));
    END IF;
    SELECT k INTO wrong FROM jsonb_array_elements(items) i, jsonb_object_keys(i) k WHERE k <> ALL (names) LIMIT 1;
    IF FOUND THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('an item of the plan''s "%s" has no "%s"'), part, msb_org.printable(wrong)),
                              format(msb_org.gettext('It can have: %s.'), array_to_string(names, ', ')));
    END IF;
    SELECT r INTO wrong FROM jsonb_array_elements(items) i, unnest(required) r WHERE i -> r IS NULL OR i -> r = 'null' LIMIT 1;
    IF FOUND THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('an item of the plan''s "%s" lacks "%s"'), part, wrong));
    END IF;
    SELECT coalesce(jsonb_agg(defaults || jsonb_strip_nulls(i) || jsonb_build_object('citizen', citizen, 'plan', plan)), '[]')
      INTO items FROM jsonb_array_elements(items) i;

    rows := format('jsonb_populate_recordset(NULL::%s, $3) AS d', relation);
    SELECT string_agg(format('t.%1$I::text = d.%1$I::text', k), ' AND ') INTO match FROM unnest(keys) k;
    BEGIN
        EXECUTE format('SELECT string_agg(d.%I::text, '', '') FROM %s GROUP BY %s HAVING count(*) > 1 LIMIT 1', keys[1], rows,
                       (SELECT string_agg(format('d.%I::text', k), ', ') FROM unnest(keys) k))
           INTO wrong USING citizen, plan, items;
        IF wrong IS NULL THEN
            -- new rows first: a consent that takes another's place leaves no moment without one
            EXECUTE format('INSERT INTO %s (citizen, plan, %s) SELECT $1, $2, %s FROM %s WHERE NOT EXISTS'
                           ' (SELECT FROM %1$s t WHERE t.citizen = $1 AND t.plan = $2 AND %5$s)', relation,
                           (SELECT string_agg(quote_ident(n), ', ') FROM unnest(names) n),
                           (SELECT string_agg('d.' || quote_ident(n), ', ') FROM unnest(names) n), rows, match)
              USING citizen, plan, items;
            IF cardinality(names) > cardinality(keys) THEN
                EXECUTE format('UPDATE %s t SET %s FROM %s WHERE t.citizen = $1 AND t.plan = $2 AND %s AND to_jsonb(t) <> to_jsonb(d)', relation,
                               (SELECT string_agg(format('%1$I = d.%1$I', n), ', ') FROM unnest(names) n WHERE n <> ALL (keys)), rows, match)
                  USING citizen, plan, items;
            END IF;
            EXECUTE format('DELETE FROM %s t WHERE t.citizen = $1 AND t.plan = $2 AND NOT EXISTS (SELECT FROM %s WHERE %s)',
                           relation, rows, match) USING citizen, plan, items;
            RETURN;
        END IF;
    EXCEPTION WHEN data_exception OR check_violation OR not_null_violation THEN
        GET STACKED DIAGNOSTICS wrong = MESSAGE_TEXT, wrong_in = CONSTRAINT_NAME;
        IF wrong_in = 'msb_org_plan_status' THEN
            RAISE;
        END IF;
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the plan''s "%s" cannot be written: %s'), part, msb_org.printable(wrong, 200)));
    END;
    PERFORM msb_org.raise('22023', format(msb_org.gettext('the plan''s "%s" has two items with the same %s'), part, array_to_string(keys, ', ')));
END $$;
COMMENT ON FUNCTION msb_org.write_plan_part(text, uuid, text, text, jsonb, jsonb) IS
'Used by write_plan(): brings the rows of one table to a list of objects; rows that are the same are not touched. 22023 with what is wrong.';

CREATE FUNCTION msb_org.write_plan(document jsonb) RETURNS uuid
    LANGUAGE plpgsql VOLATILE COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    doc     jsonb := write_plan.document;
    -- what is read back and not written: ignored
    ignored constant text[] := '{format,opened_at,opened_by,status_since,coordinator_since,duty,units,coordinators}';
    columns constant text[] := '{unit,challenge,coordinator,decided,due,wishes,status,status_reason}';
    parts   constant jsonb := '{
        "goals":      ["plan_goal",      {"position": 0, "status": "open"}],
        "measures":   ["plan_measure",   {"status": "planned", "means": "own_staff"}],
        "contents":   ["plan_content",   {}],
        "consents":   ["plan_consent",   {"consent_of": "citizen", "person": "", "recipient_kind": "unit", "scope": "any"}],
        "follow_ups": ["plan_follow_up", {}],
        "related":    ["plan_citizen",   {"relation": "sibling"}],
        "replaces":   ["plan_replaces",  {}]}';
    stands  msb_org.plan;
    wanted  msb_org.plan;
    whose   text;
    number  uuid;
    part    record;
    items   jsonb;
    wrong   text;
BEGIN
    IF jsonb_typeof(doc) IS DISTINCT FROM 'object' THEN
        PERFORM msb_org.raise('22023', msb_org.gettext('this is not the document of a plan'), msb_org.gettext('It must be an object; read_plan() gives one.'));
    END IF;
    SELECT k INTO wrong FROM jsonb_object_keys(doc) k
     WHERE k <> ALL (ignored || columns || '{citizen,plan,kind,partners}'::text[]) AND NOT parts ? k LIMIT 1;
    IF FOUND THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the document of a plan has no "%s"'), msb_org.printable(wrong)));
    END IF;
    BEGIN
        number := doc ->> 'plan';
        -- typed here, to say what is wrong
        wanted := jsonb_populate_record(NULL::msb_org.plan, (SELECT jsonb_object_agg(d.key, d.value) FROM jsonb_each(doc) d
                                                              WHERE d.key = ANY (columns)));
    EXCEPTION WHEN data_exception THEN
        GET STACKED DIAGNOSTICS wrong = MESSAGE_TEXT;
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the document of a plan cannot be read: %s'), msb_org.printable(wrong, 200)));
    END;

    whose := msb_org.citizen_key(doc ->> 'citizen');
    SELECT p.* INTO stands FROM msb_org.plan p WHERE p.plan = number FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        IF coalesce(whose, '') = '' OR doc ->> 'kind' IS NULL THEN
            PERFORM msb_org.raise('22023', msb_org.gettext('the document of a new plan lacks "citizen" or "kind"'));
        END IF;
        number := msb_org.open_plan(whose, doc ->> 'kind', wanted.unit, wanted.decided, NULL, number);
        SELECT p.* INTO stands FROM msb_org.plan p WHERE p.citizen = whose AND p.plan = number;
    ELSIF whose IS DISTINCT FROM stands.citizen AND doc ? 'citizen' THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('plan %s is another citizen''s'), number));
    ELSIF doc ->> 'kind' IS DISTINCT FROM stands.kind AND doc ? 'kind' THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('plan %s is of kind %s, not "%s"'), number, stands.kind, msb_org.printable(doc ->> 'kind')));
    END IF;
    whose := stands.citizen;

    FOR part IN SELECT p.key, p.value ->> 0 AS of_table, p.value -> 1 AS defaults
                  FROM jsonb_each(parts) p WHERE doc ? p.key ORDER BY p.key LOOP
        items := CASE WHEN doc -> part.key = 'null' THEN '[]' ELSE doc -> part.key END;
        -- numbers of plans, and keys of citizens in their one form
        IF part.key = 'replaces' AND jsonb_typeof(items) = 'array' THEN
            SELECT coalesce(jsonb_agg(jsonb_build_object('replaced', i)), '[]') INTO items FROM jsonb_array_elements(items) i;
        ELSIF part.key = 'related' AND jsonb_typeof(items) = 'array' THEN
            SELECT coalesce(jsonb_agg(CASE WHEN jsonb_typeof(i -> 'related') = 'string'
                                           THEN i || jsonb_build_object('related', msb_org.citizen_key(i ->> 'related')) ELSE i END), '[]')
              INTO items FROM jsonb_array_elements(items) i;
        END IF;
        PERFORM msb_org.write_plan_part(whose, number, part.key, part.of_table, part.defaults, items);
    END LOOP;
    IF EXISTS (SELECT FROM msb_org.plan_replaces r
                WHERE doc ? 'replaces' AND r.citizen = whose AND r.plan = number
                  AND NOT EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = r.citizen AND p.plan = r.replaced)) THEN
        PERFORM msb_org.raise('22023', msb_org.gettext('the plan''s "replaces" names a plan that the citizen does not have'));
    END IF;
    IF doc ? 'replaces' AND jsonb_typeof(doc -> 'replaces') = 'array' AND jsonb_array_length(doc -> 'replaces') > 0
       AND NOT EXISTS (SELECT FROM msb_org.plan_kind k WHERE k.kind = stands.kind AND k.whole_person) THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('a plan of kind %s replaces no other'), stands.kind));
    END IF;
    IF doc ? 'follow_ups' AND EXISTS (
        SELECT FROM msb_org.plan_kind k, msb_org.plan_follow_up f
         WHERE k.kind = stands.kind AND k.first_follow_up IS NOT NULL AND k.follow_up IS NULL
           AND f.citizen = whose AND f.plan = number AND coalesce(btrim(f.reason), '') = ''
           AND EXISTS (SELECT FROM msb_org.plan_follow_up e
                        WHERE e.citizen = f.citizen AND e.plan = f.plan AND e.due < f.due)) THEN
        PERFORM msb_org.raise('22023', msb_org.gettext('a follow-up after the first lacks "reason"'),
                              msb_org.gettext('When it is held is decided individually, with a reason.'));
    END IF;

    IF doc ? 'partners' THEN
        items := CASE WHEN doc -> 'partners' = 'null' THEN '[]' ELSE doc -> 'partners' END;
        IF jsonb_typeof(items) <> 'array' OR EXISTS (SELECT FROM jsonb_array_elements(items) i
                                                      WHERE jsonb_typeof(i) <> 'string' OR btrim(i #>> '{}') = '') THEN
            PERFORM msb_org.raise('22023', msb_org.gettext('the plan''s "partners" must be a list of names'));
        END IF;
        UPDATE msb_org.plan_participant t SET valid_to = greatest(msb_org.record_time(), t.valid_from)
         WHERE t.citizen = whose AND t.plan = number AND t.kind = 'partner' AND t.valid_to IS NULL
           AND NOT items ? t.participant;
        INSERT INTO msb_org.plan_participant (citizen, plan, kind, participant, valid_from, actor)
        SELECT DISTINCT whose, number, 'partner', i, msb_org.record_time(), msb_org.actor()
          FROM jsonb_array_elements_text(items) i
         WHERE NOT EXISTS (SELECT FROM msb_org.plan_participant t
                            WHERE t.citizen = whose AND t.plan = number AND t.kind = 'partner'
                              AND t.participant = i AND t.valid_to IS NULL);
    END IF;

    -- the rows that the step may change too: rows are locked before citizens
    PERFORM FROM msb_org.plan p
      WHERE p.citizen = whose AND p.plan IN (SELECT r.replaced FROM msb_org.plan_replaces r WHERE r.citizen = whose AND r.plan = number)
      ORDER BY p.plan FOR NO KEY UPDATE OF p;
    -- what has been said of the plan itself, in one step; a status that stood already asks for none
    IF doc ->> 'status' = stands.status THEN
        doc := doc - 'status';
        IF doc ->> 'status_reason' IS NOT DISTINCT FROM stands.status_reason THEN
            doc := doc - 'status_reason';
        END IF;
    END IF;
    UPDATE msb_org.plan p
       SET unit = CASE WHEN doc ? 'unit' THEN wanted.unit ELSE p.unit END,
           challenge = CASE WHEN doc ? 'challenge' THEN wanted.challenge ELSE p.challenge END,
           coordinator = CASE WHEN doc ? 'coordinator' AND p.status IN ('draft', 'offered', 'consented', 'active', 'under_review')
                              THEN wanted.coordinator ELSE p.coordinator END,
           decided = CASE WHEN doc ? 'decided' THEN wanted.decided ELSE p.decided END,
           due = CASE WHEN doc ? 'due' THEN wanted.due
                      WHEN doc ? 'decided' AND p.decided IS DISTINCT FROM wanted.decided
                      THEN (wanted.decided + (SELECT k.due_interval FROM msb_org.plan_kind k WHERE k.kind = p.kind))::date
                      ELSE p.due END,
           wishes = CASE WHEN doc ? 'wishes' THEN wanted.wishes ELSE p.wishes END,
           status = coalesce(CASE WHEN doc ? 'status' THEN wanted.status END, p.status),
           status_reason = CASE WHEN doc ? 'status_reason' THEN wanted.status_reason ELSE p.status_reason END
     WHERE p.citizen = whose AND p.plan = number
       AND jsonb_strip_nulls(to_jsonb(p)) <> jsonb_strip_nulls(to_jsonb(p) || (
           SELECT coalesce(jsonb_object_agg(w.key, w.value), '{}') FROM jsonb_each(to_jsonb(wanted)) w
            WHERE w.key = ANY (columns) AND doc ? w.key));
    PERFORM msb_org.replace_plans(p.citizen, p.plan) FROM msb_org.plan p
      WHERE doc ? 'replaces' AND p.citizen = whose AND p.plan = number AND p.status = 'active';
    RETURN number;
END $$;
COMMENT ON FUNCTION msb_org.write_plan(jsonb) IS
'Writes a whole plan from one document, as read_plan() gives it, and returns its number: opens it where there is none of that number, else brings it to the document. A key that is left out leaves what stands; a list that is given stands for all of its rows. Contents first, then the plan''s own columns with at most one step of its status. 22023 with what is wrong in the document; 23514, 42704, 42710 as open_plan() and set_plan_status(). See docs/plans.md#one-document.';

CREATE FUNCTION msb_org.read_plan(plan uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    p msb_org.plan;
BEGIN
    SELECT t.* INTO p FROM msb_org.plan t WHERE t.plan = read_plan.plan;
    IF NOT FOUND THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('there is no plan %s'), read_plan.plan));
    END IF;
    RETURN jsonb_strip_nulls(to_jsonb(p)) || jsonb_build_object(
        'goals', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(t) - 'citizen' - 'plan') ORDER BY t.position, t.goal), '[]')
                    FROM msb_org.plan_goal t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'measures', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(t) - 'citizen' - 'plan') ORDER BY t.valid_from, t.measure), '[]')
                       FROM msb_org.plan_measure t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'contents', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(t) - 'citizen' - 'plan') ORDER BY t.content), '[]')
                       FROM msb_org.plan_content t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'consents', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(t) - 'citizen' - 'plan')
                                               ORDER BY t.given, t.consent_of, t.person, t.recipient_kind, t.recipient, t.scope::text), '[]')
                       FROM msb_org.plan_consent t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'follow_ups', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(t) - 'citizen' - 'plan') ORDER BY t.due), '[]')
                         FROM msb_org.plan_follow_up t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'related', (SELECT coalesce(jsonb_agg(to_jsonb(t) - 'citizen' - 'plan' ORDER BY t.related), '[]')
                      FROM msb_org.plan_citizen t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'replaces', (SELECT coalesce(jsonb_agg(t.replaced ORDER BY t.replaced), '[]')
                       FROM msb_org.plan_replaces t WHERE t.citizen = p.citizen AND t.plan = p.plan),
        'partners', (SELECT coalesce(jsonb_agg(t.participant ORDER BY t.participant), '[]') FROM msb_org.plan_participant t
                      WHERE t.citizen = p.citizen AND t.plan = p.plan AND t.kind = 'partner' AND t.valid_to IS NULL),
        'units', (SELECT coalesce(jsonb_agg(t.participant ORDER BY t.participant), '[]') FROM msb_org.plan_participant t
                   WHERE t.citizen = p.citizen AND t.plan = p.plan AND t.kind = 'unit' AND t.valid_to IS NULL),
        'coordinators', (SELECT coalesce(jsonb_agg(to_jsonb(t) - 'citizen' - 'plan' ORDER BY t.valid_from), '[]')
                           FROM msb_org.plan_coordinator t WHERE t.citizen = p.citizen AND t.plan = p.plan));
END $$;
COMMENT ON FUNCTION msb_org.read_plan(uuid) IS
'A whole plan as one document; write_plan() of it changes nothing. opened_at, opened_by, status_since, coordinator_since, duty, units (of the citizen''s cases that take part) and coordinators (earlier ones) are for reading alone. 42704 where there is no such plan.';

CREATE VIEW msb_org.plan_overdue AS
    SELECT o.citizen, o.plan, o.kind, o.status, o.unit, o.coordinator, o.what, o.due,
           msb_org.today() OPERATOR(pg_catalog.-) o.due AS days
      FROM (SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.coordinator, 'plan' AS what, p.due
              FROM msb_org.plan p
             WHERE p.status OPERATOR(pg_catalog.=) ANY ('{draft,offered}'::pg_catalog.text[])
               AND p.due OPERATOR(pg_catalog.<) msb_org.today()
            UNION ALL
            SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.coordinator, 'follow_up', f.due
              FROM msb_org.plan_follow_up f
              JOIN msb_org.plan p ON p.citizen OPERATOR(pg_catalog.=) f.citizen AND p.plan OPERATOR(pg_catalog.=) f.plan
             WHERE f.held IS NULL AND f.due OPERATOR(pg_catalog.<) msb_org.today()
               AND p.status OPERATOR(pg_catalog.=) ANY ('{consented,active,under_review}'::pg_catalog.text[])
            UNION ALL
            SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.coordinator, 'no_follow_up',
                   (SELECT pg_catalog.max(f.held) FROM msb_org.plan_follow_up f
                     WHERE f.citizen OPERATOR(pg_catalog.=) p.citizen AND f.plan OPERATOR(pg_catalog.=) p.plan)
              FROM msb_org.plan p
              JOIN msb_org.plan_kind k ON k.kind OPERATOR(pg_catalog.=) p.kind AND k.first_follow_up IS NOT NULL
             WHERE p.status OPERATOR(pg_catalog.=) 'active'
               AND NOT EXISTS (SELECT FROM msb_org.plan_follow_up f
                                WHERE f.citizen OPERATOR(pg_catalog.=) p.citizen AND f.plan OPERATOR(pg_catalog.=) p.plan
                                  AND f.held IS NULL)
            UNION ALL
            SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.coordinator, 'consent',
                   (SELECT pg_catalog.max(c.until) FROM msb_org.plan_consent c
                     WHERE c.citizen OPERATOR(pg_catalog.=) p.citizen AND c.plan OPERATOR(pg_catalog.=) p.plan)
              FROM msb_org.plan p
              JOIN msb_org.plan_kind k ON k.kind OPERATOR(pg_catalog.=) p.kind AND k.needs_consent
             WHERE p.status OPERATOR(pg_catalog.=) ANY ('{active,under_review}'::pg_catalog.text[])
               AND NOT msb_org.consent_stands(p.citizen, p.plan, k.consent_of)
            UNION ALL
            SELECT d.citizen, d.plan, d.kind, d.status, d.unit, d.coordinator, 'decision', d.due
              FROM (SELECT p.*, k.decision_content,
                           msb_org.plan_birth(p.citizen) OPERATOR(pg_catalog.+) pg_catalog.make_interval(years => k.decision_age) AS birthday,
                           k.decision_before
                      FROM msb_org.plan p
                      JOIN msb_org.plan_kind k ON k.kind OPERATOR(pg_catalog.=) p.kind AND k.decision_age IS NOT NULL
                     WHERE p.status OPERATOR(pg_catalog.=) ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[])) AS p
                   CROSS JOIN LATERAL (SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.coordinator,
                                              (p.birthday OPERATOR(pg_catalog.-) p.decision_before)::date AS due) AS d
             WHERE d.due OPERATOR(pg_catalog.<) msb_org.today()
               AND p.birthday OPERATOR(pg_catalog.>) p.opened_at
               AND NOT EXISTS (SELECT FROM msb_org.plan_content c
                                WHERE c.citizen OPERATOR(pg_catalog.=) d.citizen AND c.plan OPERATOR(pg_catalog.=) d.plan
                                  AND c.content OPERATOR(pg_catalog.=) p.decision_content)) AS o;
COMMENT ON VIEW msb_org.plan_overdue IS 'Open plans of which something is late: a row for each thing. Days are counted to msb_org.today().';
COMMENT ON COLUMN msb_org.plan_overdue.citizen IS 'The citizen whose plan it is. Personal data.';
COMMENT ON COLUMN msb_org.plan_overdue.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.plan_overdue.kind IS 'Its kind.';
COMMENT ON COLUMN msb_org.plan_overdue.status IS 'Its status.';
COMMENT ON COLUMN msb_org.plan_overdue.unit IS 'The unit that coordinates.';
COMMENT ON COLUMN msb_org.plan_overdue.coordinator IS 'Who coordinates.';
COMMENT ON COLUMN msb_org.plan_overdue.what IS 'plan: it was to be ready; follow_up: one was to be held; no_follow_up: none is planned, and its kind has them; consent: none that its kind needs stands any longer; decision: what follows a birthday was to be decided.';
COMMENT ON COLUMN msb_org.plan_overdue.due IS 'The last day on which it would have been in time; of a consent the day on which the last one ended, of no_follow_up the day of the last follow-up; NULL where there is none.';
COMMENT ON COLUMN msb_org.plan_overdue.days IS 'Days since then.';

-- What a citizen's cases together call for: duties, coordination, primary challenge.

CREATE FUNCTION msb_org.judge_citizens(citizens text[], opening text DEFAULT 'arising') RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_judge_citizens';
COMMENT ON FUNCTION msb_org.judge_citizens(text[], text) IS
'Brings duties, participants and coordination of these citizens to what the ledger says, as the work at commit does, under their locks, and returns how many plans it opened. opening: arising (for duties that arise by this), due (also for those that are due and not met), none. Who may call it needs nothing else. 22023 for another opening.';

CREATE FUNCTION msb_org.citizen_duty(citizen text)
    RETURNS TABLE (duty text, action text, units text[], observed boolean)
    LANGUAGE c VOLATILE STRICT COST 1000 ROWS 2
    AS 'MODULE_PATHNAME', 'msb_citizen_duty';
COMMENT ON FUNCTION msb_org.citizen_duty(text) IS
'The duties that are due for a citizen, computed now from the ledger; see plan_reason for the columns. Changes nothing. By any form of the citizen''s key. Reads the ledger directly: who may call it needs nothing else.';

CREATE FUNCTION msb_org.coordination_of(citizen text, OUT unit text, OUT challenge text, OUT stated boolean)
    LANGUAGE c VOLATILE STRICT COST 1000
    AS 'MODULE_PATHNAME', 'msb_coordination_of';
COMMENT ON FUNCTION msb_org.coordination_of(text) IS
'Which unit coordinates for a citizen by the structure in force: the area of the task coordination for the citizen''s primary challenge, the stated one, else of the open cases'' challenges the first by priority. unit is NULL where there is no open case that could be judged, or the structure names none; stated: whether the challenge is. Changes nothing. By any form of the citizen''s key; who may call it needs nothing else.';

CREATE FUNCTION msb_org.state_primary_challenge(citizen text, challenge text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE c VOLATILE COST 10000
    AS 'MODULE_PATHNAME', 'msb_state_primary_challenge';
COMMENT ON FUNCTION msb_org.state_primary_challenge(text, text, text) IS
'States a citizen''s primary challenge from now on, in place of an earlier one; NULL takes it back. Open cases of the citizen whose own challenge yields are judged by it at once, and their area is written in fill and enforce. Who may call it needs nothing else. 22004 without citizen or reason, 22023 for a label that the structure in force does not have, 55000 where none with a facet challenge is.';

CREATE VIEW msb_org.plan_due AS
    SELECT r.citizen, r.duty, r.units, r.valid_from AS since, r.action, r.observed
      FROM msb_org.plan_reason r
     WHERE r.valid_to IS NULL
       AND NOT EXISTS (SELECT FROM msb_org.plan p
                        WHERE p.citizen OPERATOR(pg_catalog.=) r.citizen
                          AND ((p.kind OPERATOR(pg_catalog.=) 'coordination'
                                AND p.status OPERATOR(pg_catalog.=) ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[]))
                               OR (p.opened_at OPERATOR(pg_catalog.>=) r.asks_since
                                   AND p.status OPERATOR(pg_catalog.<>) 'entered_in_error')));
COMMENT ON VIEW msb_org.plan_due IS 'Duties that are due and have no plan: those that stood already when their tables were switched to fill (see open_due_plans()), those of tables in observe, and those that are only reported.';
COMMENT ON COLUMN msb_org.plan_due.citizen IS 'The citizen''s key. Personal data.';
COMMENT ON COLUMN msb_org.plan_due.duty IS 'The duty.';
COMMENT ON COLUMN msb_org.plan_due.units IS 'The units of the counted cases.';
COMMENT ON COLUMN msb_org.plan_due.since IS 'Since when it is due.';
COMMENT ON COLUMN msb_org.plan_due.action IS 'open, or report: listed here and no more.';
COMMENT ON COLUMN msb_org.plan_due.observed IS 'Whether it is due only when cases of tables in observe are counted: no plan opens.';

CREATE FUNCTION msb_org.open_due_plans(duty text DEFAULT NULL, unit text DEFAULT NULL, max integer DEFAULT 1000) RETURNS bigint
    LANGUAGE plpgsql VOLATILE COST 100000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF max IS NULL OR max < 1 THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('max must be 1 or more');
    END IF;
    IF duty IS NOT NULL AND NOT EXISTS (
        SELECT FROM msb_org.enactment e, jsonb_array_elements(e.document -> 'plan_duties') d
         WHERE e.in_force @> msb_org.today() AND d ->> 'duty' = duty AND coalesce(d ->> 'action', 'open') = 'open') THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('the structure in force has no duty "%s" that opens plans'), msb_org.printable(duty)),
            HINT = msb_org.gettext('SELECT DISTINCT duty, action FROM msb_org.plan_due shows what is due.');
    END IF;
    RETURN msb_org.judge_citizens(ARRAY(
        SELECT DISTINCT d.citizen FROM msb_org.plan_due d
         WHERE d.action = 'open' AND NOT d.observed
           AND (open_due_plans.duty IS NULL OR d.duty = open_due_plans.duty)
           AND (open_due_plans.unit IS NULL OR open_due_plans.unit = ANY (d.units))
         ORDER BY d.citizen LIMIT open_due_plans.max), 'due');
END $$;
COMMENT ON FUNCTION msb_org.open_due_plans(text, text, integer) IS
'Opens draft plans for citizens of whom a duty is due and who have none, at most max of them, and returns how many: in portions that the units can take, after set_mode(). Only of one duty, or where one unit is among those concerned, if these are given. Not for duties that are observed or only reported. Runs with the caller''s rights: SELECT on enactment and plan_due, EXECUTE on judge_citizens(). 22023 for max below 1, 42704 for a duty that the structure in force does not have or that opens no plans.';

CREATE VIEW msb_org.challenge_disagreement AS
    WITH own AS (
        SELECT a.citizen, a.case_table, a.case_key, a.unit, l.label AS challenge, l.parent, l.yields, l.priority
          FROM msb_org.assignment a
          JOIN msb_org.label l ON l.facet OPERATOR(pg_catalog.=) 'challenge'
           AND l.label OPERATOR(pg_catalog.=) (msb_org.labels(a.situation, 'challenge'))[1]
         WHERE a.valid_to IS NULL AND a.citizen OPERATOR(pg_catalog.<>) ''),
    primary_of AS (
        SELECT DISTINCT ON (o.citizen) o.citizen, coalesce(c.challenge, o.challenge) AS challenge, c.challenge IS NOT NULL AS stated
          FROM own o
          LEFT JOIN msb_org.primary_challenge c ON c.citizen OPERATOR(pg_catalog.=) o.citizen AND c.valid_to IS NULL
         ORDER BY o.citizen, o.priority, o.challenge COLLATE "C")
    SELECT o.citizen, o.case_table, o.case_key, o.unit, o.challenge, d.challenge AS primary_challenge, d.stated
      FROM own o
      JOIN primary_of d USING (citizen)
      JOIN msb_org.label p ON p.facet OPERATOR(pg_catalog.=) 'challenge' AND p.label OPERATOR(pg_catalog.=) d.challenge
     WHERE NOT o.yields AND o.challenge OPERATOR(pg_catalog.<>) d.challenge
       AND o.parent IS DISTINCT FROM d.challenge AND p.parent IS DISTINCT FROM o.challenge;
COMMENT ON VIEW msb_org.challenge_disagreement IS 'Open cases whose own challenge is another than the citizen''s primary challenge, and neither below the other: nothing is inferred from one case for another, somebody should look.';
COMMENT ON COLUMN msb_org.challenge_disagreement.citizen IS 'The citizen''s key. Personal data.';
COMMENT ON COLUMN msb_org.challenge_disagreement.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.challenge_disagreement.case_key IS 'The case''s key.';
COMMENT ON COLUMN msb_org.challenge_disagreement.unit IS 'The unit that is responsible for the case.';
COMMENT ON COLUMN msb_org.challenge_disagreement.challenge IS 'The case''s own challenge.';
COMMENT ON COLUMN msb_org.challenge_disagreement.primary_challenge IS 'The citizen''s: stated, or of the open cases'' the first by label.priority.';
COMMENT ON COLUMN msb_org.challenge_disagreement.stated IS 'Whether it is stated.';

-- What is attached, the application's own codes, and the triggers' functions.

CREATE TABLE msb_org.attached_table (
    case_table    text COLLATE "C" PRIMARY KEY,
    relation      regclass NOT NULL UNIQUE,
    mode          text COLLATE "C" NOT NULL
                  CONSTRAINT attached_table_mode CHECK (mode OPERATOR(pg_catalog.=) ANY ('{observe,fill,enforce}'::pg_catalog.text[])),
    vocabulary    text COLLATE "C" NOT NULL,
    facet_values  jsonb,
    closed_values text[],
    area_values   jsonb,
    citizen_shape text,
    attached_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    attached_by   text NOT NULL
);
COMMENT ON TABLE msb_org.attached_table IS 'The tables that are attached and what of it is no column; read the view attachment. Written by attach(), set_mode(), remap() and detach().';
COMMENT ON COLUMN msb_org.attached_table.case_table IS 'The name that stands in the ledger, fixed at attach().';
COMMENT ON COLUMN msb_org.attached_table.relation IS 'The table.';
COMMENT ON COLUMN msb_org.attached_table.mode IS 'observe, fill or enforce.';
COMMENT ON COLUMN msb_org.attached_table.vocabulary IS 'The aliases that apply.';
COMMENT ON COLUMN msb_org.attached_table.facet_values IS 'Facets that are the same for every case: an object of labels by facet.';
COMMENT ON COLUMN msb_org.attached_table.closed_values IS 'The codes that close a case, where no column dates the closing.';
COMMENT ON COLUMN msb_org.attached_table.area_values IS 'What the area column holds for each unit, where that is not the unit''s code.';
COMMENT ON COLUMN msb_org.attached_table.citizen_shape IS 'What the citizens'' keys looked like at attach(): cpr or other.';
COMMENT ON COLUMN msb_org.attached_table.attached_at IS 'When.';
COMMENT ON COLUMN msb_org.attached_table.attached_by IS 'By whom.';

CREATE TABLE msb_org.alias (
    vocabulary text COLLATE "C" NOT NULL DEFAULT 'default',
    facet      text COLLATE "C" NOT NULL,
    pattern    text COLLATE "C" NOT NULL
               CONSTRAINT alias_star_only_at_end CHECK (pg_catalog.strpos(pattern, '*') OPERATOR(pg_catalog.=) ANY
                                               (ARRAY[0, pg_catalog.length(pattern)])),
    label      text COLLATE "C" NOT NULL,
    PRIMARY KEY (vocabulary, facet, pattern)
);
COMMENT ON TABLE msb_org.alias IS 'What an application''s codes mean: turns a value of a mapped column into a label. An exact pattern goes before a prefix, the longest prefix before a shorter one, any of them before a label of the same name. Takes effect at once for what is judged from then on; reassign() judges what stands.';
COMMENT ON COLUMN msb_org.alias.vocabulary IS 'The set of codes, chosen at attach(): two applications may use the same code for different things.';
COMMENT ON COLUMN msb_org.alias.facet IS 'The facet that the code is a value of.';
COMMENT ON COLUMN msb_org.alias.pattern IS 'The value itself, or its beginning and a * at the end.';
COMMENT ON COLUMN msb_org.alias.label IS 'The label that it stands for.';

CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON msb_org.attached_table
    FOR EACH ROW EXECUTE FUNCTION msb_org.invalidate();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON msb_org.attached_table
    FOR EACH STATEMENT EXECUTE FUNCTION msb_org.invalidate();
CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON msb_org.alias
    FOR EACH ROW EXECUTE FUNCTION msb_org.invalidate();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON msb_org.alias
    FOR EACH STATEMENT EXECUTE FUNCTION msb_org.invalidate();
ALTER TABLE msb_org.attached_table ENABLE ALWAYS TRIGGER invalidate;
ALTER TABLE msb_org.attached_table ENABLE ALWAYS TRIGGER invalidate_all;
ALTER TABLE msb_org.alias ENABLE ALWAYS TRIGGER invalidate;
ALTER TABLE msb_org.alias ENABLE ALWAYS TRIGGER invalidate_all;

-- Trigger functions. Whoever may write an attached table needs no privilege on
-- them; whoever attaches one does.
CREATE FUNCTION msb_org.fill_area() RETURNS trigger
    LANGUAGE c COST 10 AS 'MODULE_PATHNAME', 'msb_fill_area';
COMMENT ON FUNCTION msb_org.fill_area() IS
'Trigger zzzz_msb_org_fill, BEFORE INSERT, row: writes the area that is missing, in fill and enforce; what an UPDATE leaves stale is written at commit. Made by attach() where there is an area column.';

CREATE FUNCTION msb_org.note_change() RETURNS trigger
    LANGUAGE c COST 1 AS 'MODULE_PATHNAME', 'msb_note_change';
COMMENT ON FUNCTION msb_org.note_change() IS
'Trigger msb_org_map, AFTER, row: notes what the work at commit has to look at. Its column list is the map of the columns, its arguments the case table''s name and the role of each position. Made by attach().';

CREATE FUNCTION msb_org.commit_work() RETURNS trigger
    LANGUAGE c COST 100 AS 'MODULE_PATHNAME', 'msb_commit_work_trigger';
COMMENT ON FUNCTION msb_org.commit_work() IS
'Constraint trigger msb_org_area, AFTER, row, deferred: judges what the transaction wrote, refuses in enforce (23514), and keeps the ledger. Made by attach().';

CREATE FUNCTION msb_org.truncate_cases() RETURNS trigger
    LANGUAGE c COST 100 AS 'MODULE_PATHNAME', 'msb_truncate_cases';
COMMENT ON FUNCTION msb_org.truncate_cases() IS
'Trigger msb_org_truncate, BEFORE TRUNCATE, on the table and each of its partitions: the cases in it end. Made by attach(). A partition that came later and is truncated by itself has none until remap(); reassign() then ends its cases.';

-- Names below resolve in pg_catalog: the search path while the extension is made.

CREATE VIEW msb_org.column_map AS
    WITH map AS (
        SELECT t.tgrelid, t.tgattr, t.tgname ~~ 'msb\_org\_parent\_map\_%' AS in_parent,
               convert_from(substring(t.tgargs, 1, z.n - 1), getdatabaseencoding()) AS case_table,
               convert_from(substring(t.tgargs, z.n + 1, length(t.tgargs) - z.n - 1), getdatabaseencoding())::jsonb AS roles
          FROM pg_trigger t
          JOIN pg_proc p ON p.oid = t.tgfoid AND p.proname = 'note_change'
          JOIN pg_namespace s ON s.oid = p.pronamespace AND s.nspname = 'msb_org',
       LATERAL (SELECT position('\x00'::bytea IN t.tgargs) AS n) z
         WHERE t.tgparentid = 0 AND t.tgnargs = 2)
    SELECT m.case_table, m.tgrelid::regclass AS relation, m.in_parent, r.role, r.facet,
           a.attname::text AS column_name
      FROM map m
     CROSS JOIN LATERAL (SELECT e.key AS role, NULL::text AS facet, e.value FROM jsonb_each(m.roles) e WHERE e.key <> 'facets'
            UNION ALL
            SELECT 'facet', f.key, f.value FROM jsonb_each(m.roles -> 'facets') f) r
      JOIN pg_attribute a ON a.attrelid = m.tgrelid AND jsonb_typeof(r.value) = 'number'
       AND a.attnum = m.tgattr[(r.value #>> '{}')::integer - 1];
COMMENT ON VIEW msb_org.column_map IS 'Which column of which table plays which role, by the names that the columns have now; one row a role.';
COMMENT ON COLUMN msb_org.column_map.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.column_map.relation IS 'The table that has the column.';
COMMENT ON COLUMN msb_org.column_map.in_parent IS 'Whether it is the table that the cases refer to.';
COMMENT ON COLUMN msb_org.column_map.role IS 'key, citizen, birth, parent (the foreign key), facet, opened, closed, area, decided, caseworker; in the parent ref, citizen, birth.';
COMMENT ON COLUMN msb_org.column_map.facet IS 'The facet, where the role is facet.';
COMMENT ON COLUMN msb_org.column_map.column_name IS 'The column.';

CREATE VIEW msb_org.attachment AS
    SELECT t.case_table, t.relation, t.mode, m.key,
           coalesce(m.citizen, quote_ident(m.parent) || '.' || quote_ident(p.citizen)) AS citizen,
           coalesce(m.birth, quote_ident(m.parent) || '.' || quote_ident(p.birth)) AS birth,
           m.facets, t.facet_values, m.opened, m.closed, t.closed_values, m.area, t.area_values,
           m.decided, m.caseworker, t.vocabulary, t.attached_at, t.attached_by, s.protected
      FROM msb_org.attached_table t
     CROSS JOIN LATERAL (
           SELECT bool_and(c.relrowsecurity AND EXISTS (SELECT FROM pg_policy y WHERE y.polrelid = c.oid AND y.polname = 'msb_org_area')) AS protected
             FROM pg_class c
            WHERE c.oid = t.relation OR c.oid IN (SELECT tree.relid FROM pg_partition_tree(t.relation) tree)) s
     CROSS JOIN LATERAL (
           SELECT max(c.column_name) FILTER (WHERE c.role = 'key') AS key,
                  max(c.column_name) FILTER (WHERE c.role = 'citizen') AS citizen,
                  max(c.column_name) FILTER (WHERE c.role = 'birth') AS birth,
                  max(c.column_name) FILTER (WHERE c.role = 'parent') AS parent,
                  max(c.column_name) FILTER (WHERE c.role = 'opened') AS opened,
                  max(c.column_name) FILTER (WHERE c.role = 'closed') AS closed,
                  max(c.column_name) FILTER (WHERE c.role = 'area') AS area,
                  max(c.column_name) FILTER (WHERE c.role = 'decided') AS decided,
                  max(c.column_name) FILTER (WHERE c.role = 'caseworker') AS caseworker,
                  jsonb_object_agg(c.facet, c.column_name) FILTER (WHERE c.role = 'facet') AS facets
             FROM msb_org.column_map c
            WHERE c.case_table = t.case_table AND c.relation = t.relation AND NOT c.in_parent) m
      LEFT JOIN LATERAL (
           SELECT max(c.column_name) FILTER (WHERE c.role = 'citizen') AS citizen,
                  max(c.column_name) FILTER (WHERE c.role = 'birth') AS birth
             FROM msb_org.column_map c
            WHERE c.case_table = t.case_table AND c.in_parent) p ON m.parent IS NOT NULL;
COMMENT ON VIEW msb_org.attachment IS 'The tables that are attached, and how: one row a table, the columns by the names that they have now; all NULL where the table was dropped or has lost its map.';
COMMENT ON COLUMN msb_org.attachment.case_table IS 'The name that stands in the ledger.';
COMMENT ON COLUMN msb_org.attachment.relation IS 'The table.';
COMMENT ON COLUMN msb_org.attachment.mode IS 'observe, fill or enforce.';
COMMENT ON COLUMN msb_org.attachment.key IS 'The column of the case''s key.';
COMMENT ON COLUMN msb_org.attachment.citizen IS 'The column of the citizen''s key, or foreign key column and column of the table that it points to.';
COMMENT ON COLUMN msb_org.attachment.birth IS 'The column of the birth date or CPR number, likewise.';
COMMENT ON COLUMN msb_org.attachment.facets IS 'The column of each facet: an object of columns by facet.';
COMMENT ON COLUMN msb_org.attachment.facet_values IS 'Facets that are the same for every case.';
COMMENT ON COLUMN msb_org.attachment.opened IS 'The column of the day of opening.';
COMMENT ON COLUMN msb_org.attachment.closed IS 'The column of the day of closing, or of the code that closed_values names.';
COMMENT ON COLUMN msb_org.attachment.closed_values IS 'The codes that close a case.';
COMMENT ON COLUMN msb_org.attachment.area IS 'The column of the area; NULL: nothing is written to the table.';
COMMENT ON COLUMN msb_org.attachment.area_values IS 'What the area column holds for each unit.';
COMMENT ON COLUMN msb_org.attachment.decided IS 'The column of the day of decision.';
COMMENT ON COLUMN msb_org.attachment.caseworker IS 'The column of the caseworker.';
COMMENT ON COLUMN msb_org.attachment.vocabulary IS 'The aliases that apply.';
COMMENT ON COLUMN msb_org.attachment.attached_at IS 'When it was attached.';
COMMENT ON COLUMN msb_org.attachment.attached_by IS 'By whom.';
COMMENT ON COLUMN msb_org.attachment.protected IS 'Whether protect() guards it and all its partitions; false where one came later.';

-- How the columns of a table are found, checked and mapped: what attach() and
-- remap() share. The map is the triggers that make_map() makes.

CREATE FUNCTION msb_org.find_column(relation regclass, spec text) RETURNS text
    LANGUAGE plpgsql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parts text[];
    found text;
BEGIN
    SELECT a.attname INTO found FROM pg_attribute a
     WHERE a.attrelid = relation AND a.attname = spec AND a.attnum > 0 AND NOT a.attisdropped;
    IF found IS NULL THEN
        BEGIN
            parts := parse_ident(spec);
        EXCEPTION WHEN invalid_parameter_value THEN
            parts := NULL;
        END;
        IF cardinality(parts) = 1 THEN
            SELECT a.attname INTO found FROM pg_attribute a
             WHERE a.attrelid = relation AND a.attname = parts[1] AND a.attnum > 0 AND NOT a.attisdropped;
        END IF;
    END IF;
    IF found IS NULL THEN
        RAISE undefined_column USING
            MESSAGE = format(msb_org.gettext('table %s has no column "%s"'), relation, msb_org.printable(spec)),
            HINT = CASE WHEN spec LIKE '%.%' THEN msb_org.gettext('For a column of the table behind a foreign key write fk_column.parent_column, each as an SQL identifier, in double quotes where it needs them.')
                        ELSE msb_org.gettext('Columns are named exactly, or as SQL identifiers.') END;
    END IF;
    RETURN found;
END $$;
COMMENT ON FUNCTION msb_org.find_column(regclass, text) IS
'Used by attach() to find a column of a table: by its exact name first, else by the name as an SQL identifier. 42703 where there is none.';

-- What attach() and remap() share: resolves the columns, checks them, makes the triggers.
CREATE FUNCTION msb_org.make_map(case_table text, relation regclass, key text, citizen text, birth text,
        facets jsonb, facet_values jsonb, opened text, closed text, closed_values text[],
        area text, area_values jsonb, decided text, caseworker text,
        OUT citizen_shape text)
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    columns        text[] := '{}';      -- the map: columns by position
    roles          jsonb := '{}';       -- the roles of the positions
    facet_roles    jsonb := '{}';
    parent         regclass;            -- the table behind a foreign key
    parent_key     text;                -- the foreign key's column
    parent_ref     text;                -- what it points to
    parent_columns text[] := '{}';
    parent_roles   jsonb := '{}';
    parent_number  integer;
    wanted         record;
    parts          text[];
    column_name    text;
    column_type    oid;
    allowed        text[];
    rel            pg_class;
    unit           text;
    value          text;
    sample         text;
    part           regclass;
    missing        text;
BEGIN
    SELECT * INTO rel FROM pg_class c WHERE c.oid = relation;
    IF closed_values IS NOT NULL AND closed IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('closed_values needs closed, the column that holds them');
    END IF;
    IF cardinality(closed_values) = 0 OR array_position(closed_values, NULL) IS NOT NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('closed_values must name codes, none of them null');
    END IF;
    IF area_values IS NOT NULL AND area IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('area_values needs area, the column that holds them');
    END IF;
    IF jsonb_typeof(coalesce(facets, '{}')) <> 'object' OR jsonb_typeof(coalesce(facet_values, '{}')) <> 'object'
       OR jsonb_typeof(coalesce(area_values, '{}')) <> 'object' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = msb_org.gettext('facets, facet_values and area_values are objects'),
            HINT = msb_org.gettext('For example facets => ''{"task": "opgave"}''.');
    END IF;

    -- Facets must exist, once each, and constants must be labels.
    FOR wanted IN
        SELECT e.key AS facet, 'facets' AS place FROM jsonb_each_text(coalesce(facets, '{}')) e
        UNION ALL
        SELECT e.key, 'facet_values' FROM jsonb_each_text(coalesce(facet_values, '{}')) e
    LOOP
        IF NOT EXISTS (SELECT FROM msb_org.facet f WHERE f.facet = wanted.facet) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format(msb_org.gettext('there is no facet "%s"'), msb_org.printable(wanted.facet)),
                HINT = msb_org.gettext('The facets are the rows of msb_org.facet; load_structure() brings those of a structure.');
        END IF;
        IF wanted.place = 'facet_values' AND facets ? wanted.facet THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format(msb_org.gettext('facet "%s" has both a column and a constant'), wanted.facet);
        END IF;
        IF wanted.place = 'facet_values' AND NOT EXISTS (
            SELECT FROM msb_org.label l WHERE l.facet = wanted.facet AND l.label = facet_values ->> wanted.facet) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format(msb_org.gettext('facet "%s" has no label "%s"'), wanted.facet,
                                 msb_org.printable(coalesce(facet_values ->> wanted.facet, '')));
        END IF;
    END LOOP;

    -- Each role's column, or the way to it through a foreign key.
    FOR wanted IN
        SELECT r.role, r.facet, r.spec
          FROM (VALUES (1, 'key', NULL, key), (2, 'citizen', NULL, citizen), (3, 'birth', NULL, birth),
                       (5, 'opened', NULL, opened), (6, 'closed', NULL, closed), (7, 'area', NULL, area),
                       (8, 'decided', NULL, decided), (9, 'caseworker', NULL, caseworker)) r (n, role, facet, spec)
         WHERE r.spec IS NOT NULL OR r.role = 'key'
        UNION ALL
        SELECT 'facet', f.key, f.value FROM jsonb_each_text(coalesce(facets, '{}')) f
    LOOP
        IF wanted.spec IS NULL THEN
            RAISE null_value_not_allowed USING
                MESSAGE = CASE WHEN wanted.facet IS NULL THEN format(msb_org.gettext('the column of %s must be given'), wanted.role)
                               ELSE format(msb_org.gettext('the column of facet "%s" must be given'), msb_org.printable(wanted.facet)) END;
        END IF;
        parts := NULL;
        IF wanted.role IN ('citizen', 'birth') AND NOT EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = wanted.spec
               AND a.attnum > 0 AND NOT a.attisdropped) THEN
            BEGIN
                parts := parse_ident(wanted.spec);
            EXCEPTION WHEN invalid_parameter_value THEN
                parts := NULL;
            END;
        END IF;
        IF cardinality(parts) = 2 THEN
            column_name := msb_org.find_column(relation, quote_ident(parts[1]));
            IF parent_key IS NOT NULL AND parent_key <> column_name THEN
                RAISE feature_not_supported USING
                    MESSAGE = msb_org.gettext('citizen and birth must go through the same foreign key'),
                    DETAIL = format(msb_org.gettext('One goes through "%s", the other through "%s".'), parent_key, column_name);
            END IF;
            IF parent_key IS NULL THEN
                parent_key := column_name;
                SELECT c.confrelid, a.attname INTO parent, parent_ref
                  FROM pg_constraint c
                  JOIN pg_attribute k ON k.attrelid = c.conrelid AND k.attname = parent_key
                  JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = c.confkey[1]
                 WHERE c.conrelid = relation AND c.contype = 'f' AND c.conkey = ARRAY[k.attnum]
                   AND c.conparentid = 0
                 ORDER BY c.conname LIMIT 1;
                IF parent IS NULL THEN
                    RAISE undefined_object USING
                        MESSAGE = format(msb_org.gettext('column "%s" of table %s has no foreign key'), parent_key, relation),
                        HINT = msb_org.gettext('A value in another table is reached through the foreign key of one column.');
                END IF;
                columns := columns || parent_key;
                roles := roles || jsonb_build_object('parent', cardinality(columns));
                parent_columns := ARRAY[parent_ref];
                parent_roles := '{"ref": 1}';
                IF NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = relation AND a.attname = parent_key
                                WHERE i.indrelid = relation AND i.indkey[0] = a.attnum AND i.indpred IS NULL AND i.indisvalid) THEN
                    RAISE WARNING USING
                        MESSAGE = format(msb_org.gettext('no index of table %s begins with column "%s"'), relation, parent_key),
                        DETAIL = format(msb_org.gettext('Each change of a birth date or key in %s reads the whole table.'), parent);
                END IF;
            END IF;
            column_name := msb_org.find_column(parent, quote_ident(parts[2]));
            -- the triggers will read it as the parent's owner; who attaches must be able to, too
            IF NOT has_column_privilege(parent, column_name, 'SELECT') THEN
                RAISE insufficient_privilege USING
                    MESSAGE = format(msb_org.gettext('permission denied for column "%s" of table %s'), column_name, parent);
            END IF;
            SELECT msb_org.base_type(a.atttypid) INTO column_type FROM pg_attribute a
             WHERE a.attrelid = parent AND a.attname = column_name;
            IF NOT parent_columns @> ARRAY[column_name] THEN
                parent_columns := parent_columns || column_name;
            END IF;
            parent_roles := parent_roles || jsonb_build_object(wanted.role, array_position(parent_columns, column_name));
            roles := roles || jsonb_build_object(wanted.role, 'parent');
        ELSE
            column_name := msb_org.find_column(relation, wanted.spec);
            SELECT msb_org.base_type(a.atttypid) INTO column_type FROM pg_attribute a
             WHERE a.attrelid = relation AND a.attname = column_name;
            IF NOT columns @> ARRAY[column_name] THEN
                columns := columns || column_name;
            END IF;
            IF wanted.role = 'facet' THEN
                facet_roles := facet_roles || jsonb_build_object(wanted.facet, array_position(columns, column_name));
            ELSE
                roles := roles || jsonb_build_object(wanted.role, array_position(columns, column_name));
            END IF;
        END IF;

        allowed := CASE wanted.role
            WHEN 'key' THEN '{int2,int4,int8,text,varchar,bpchar,uuid}'
            WHEN 'birth' THEN '{date,text,varchar,bpchar,cpr}'
            WHEN 'opened' THEN '{date,timestamp,timestamptz}'
            WHEN 'decided' THEN '{date,timestamp,timestamptz}'
            WHEN 'closed' THEN CASE WHEN closed_values IS NULL THEN '{date,timestamp,timestamptz}' END
        END;
        IF allowed IS NOT NULL AND NOT EXISTS (
            SELECT FROM pg_type t JOIN pg_namespace s ON s.oid = t.typnamespace
             WHERE t.oid = column_type AND t.typname = ANY (allowed)
               AND s.nspname = CASE t.typname WHEN 'cpr' THEN 'msb_org' ELSE 'pg_catalog' END) THEN
            RAISE datatype_mismatch USING
                MESSAGE = format(msb_org.gettext('column "%s" is of type %s, which %s does not take'), column_name,
                                 format_type(column_type, NULL), wanted.role),
                HINT = format(CASE wanted.role WHEN 'closed'
                                  THEN msb_org.gettext('It takes %s. Where the column holds codes, closed_values names those that close a case.')
                                  ELSE msb_org.gettext('It takes %s.') END, (
                    SELECT string_agg(CASE a WHEN 'cpr' THEN 'cpr' WHEN 'timestamptz' THEN a
                                      ELSE format_type(to_regtype('pg_catalog.' || a), NULL) END, ', ' ORDER BY n)
                      FROM unnest(allowed) WITH ORDINALITY AS u (a, n)));
        END IF;

        IF wanted.role = 'key' AND NOT EXISTS (
            SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = relation AND a.attname = column_name
             WHERE i.indrelid = relation AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
               AND (i.indkey[0] = a.attnum AND i.indnkeyatts = 1
                    OR rel.relkind = 'p' AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))) THEN
            RAISE invalid_foreign_key USING
                MESSAGE = format(msb_org.gettext('column "%s" of table %s is not unique'), column_name, relation),
                DETAIL = msb_org.gettext('The key tells the cases of the ledger apart.'),
                HINT = msb_org.gettext('Take the primary key, or make a unique index on the column.');
        END IF;
        IF wanted.role = 'area' THEN
            IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = column_name
                          AND (a.attgenerated <> '' OR a.attidentity = 'a')) THEN
                RAISE feature_not_supported USING
                    MESSAGE = format(msb_org.gettext('column "%s" is generated and cannot be the area'), column_name);
            END IF;
            IF EXISTS (
                SELECT FROM pg_partitioned_table p
                  JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attname = column_name
                 WHERE p.partrelid IN (SELECT t.relid FROM pg_partition_tree(relation) t)
                   AND (p.partattrs::int2[] @> ARRAY[a.attnum]
                        OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = p.partrelid
                                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = p.partrelid
                                      AND d.refobjsubid = a.attnum AND p.partexprs IS NOT NULL AND d.deptype = 'i'))) THEN
                RAISE feature_not_supported USING
                    MESSAGE = format(msb_org.gettext('column "%s" is part of the partition key and cannot be the area'), column_name);
            END IF;
            SELECT v.value INTO value FROM jsonb_each_text(area_values) v GROUP BY 1 HAVING count(*) > 1 LIMIT 1;
            IF FOUND THEN
                RAISE invalid_parameter_value USING
                    MESSAGE = format(msb_org.gettext('area_values gives "%s" to several units'), msb_org.printable(value));
            END IF;
            FOR unit, value IN SELECT v.key, v.value #>> '{}' FROM jsonb_each(area_values) v
                                WHERE jsonb_typeof(v.value) NOT IN ('string', 'number')
            LOOP
                RAISE invalid_parameter_value USING
                    MESSAGE = format(msb_org.gettext('area_values must give a text or a number for the unit "%s"'), unit);
            END LOOP;
            FOR value IN SELECT v.value FROM jsonb_each_text(area_values) v ORDER BY v.key
            LOOP
                PERFORM msb_org.check_area_value(relation, column_name, value);
            END LOOP;
            PERFORM msb_org.check_area_units(relation, column_name, area_values, e.document)
               FROM msb_org.enactment e WHERE NOT isempty(e.in_force) ORDER BY e.in_force;
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM jsonb_each(roles - 'area') r WHERE r.value = roles -> 'area')
       OR EXISTS (SELECT FROM jsonb_each(facet_roles) f WHERE f.value = roles -> 'area') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('column "%s" plays another role and cannot be the area'), columns[(roles ->> 'area')::integer]),
            DETAIL = msb_org.gettext('What is judged would be overwritten by the answer.');
    END IF;
    SELECT string_agg(format('"%s"', f.facet), ', ' ORDER BY f.position, f.facet) INTO missing
      FROM msb_org.facet f
     WHERE f.if_null IS NULL AND NOT coalesce(facets ? f.facet, false) AND NOT coalesce(facet_values ? f.facet, false);
    IF missing IS NOT NULL THEN
        RAISE WARNING USING
            MESSAGE = format(msb_org.gettext('no column and no constant is mapped to: %s'), missing),
            DETAIL = msb_org.gettext('A facet without an if_null needs a column or a constant: where a structure has this facet, no case of the table can be judged.');
    END IF;
    IF facet_roles <> '{}' THEN
        roles := roles || jsonb_build_object('facets', facet_roles);
    END IF;

    -- The triggers.
    EXECUTE format('CREATE TRIGGER msb_org_map AFTER INSERT OR DELETE OR UPDATE OF %s ON %s FOR EACH ROW '
                   'EXECUTE FUNCTION msb_org.note_change(%L, %L)',
                   (SELECT string_agg(quote_ident(c), ', ' ORDER BY n) FROM unnest(columns) WITH ORDINALITY u (c, n)),
                   relation, case_table, roles);
    EXECUTE format('CREATE CONSTRAINT TRIGGER msb_org_area AFTER INSERT OR UPDATE OR DELETE ON %s '
                   'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work(%L)',
                   relation, case_table);
    IF area IS NOT NULL THEN
        EXECUTE format('CREATE TRIGGER zzzz_msb_org_fill BEFORE INSERT ON %s FOR EACH ROW '
                       'EXECUTE FUNCTION msb_org.fill_area(%L)', relation, case_table);
    END IF;
    FOR part IN SELECT t.relid FROM pg_partition_tree(relation) t UNION SELECT relation
    LOOP
        EXECUTE format('CREATE TRIGGER msb_org_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT '
                       'EXECUTE FUNCTION msb_org.truncate_cases(%L)', part, case_table);
    END LOOP;
    IF parent IS NOT NULL THEN
        SELECT min(n) INTO parent_number
          FROM generate_series(1, (SELECT count(*) + 1 FROM pg_trigger t WHERE t.tgrelid = parent)::integer) n
         WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = parent
                              AND t.tgname IN ('msb_org_parent_' || n, 'msb_org_parent_map_' || n));
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE OF %s ON %s FOR EACH ROW '
                       'EXECUTE FUNCTION msb_org.note_change(%L, %L)',
                       'msb_org_parent_map_' || parent_number,
                       (SELECT string_agg(quote_ident(c), ', ' ORDER BY n) FROM unnest(parent_columns) WITH ORDINALITY u (c, n)),
                       parent, case_table, parent_roles);
        EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER UPDATE ON %s DEFERRABLE INITIALLY DEFERRED '
                       'FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work(%L)',
                       'msb_org_parent_' || parent_number, parent, case_table);
    END IF;

    -- What the citizens' keys look like.
    IF citizen IS NOT NULL THEN
        sample := CASE WHEN roles ->> 'citizen' = 'parent'
            THEN format('SELECT format(''%%s'', p.%I) AS v FROM %s p WHERE p.%I IS NOT NULL LIMIT 100',
                        parent_columns[(parent_roles ->> 'citizen')::integer], parent,
                        parent_columns[(parent_roles ->> 'citizen')::integer])
            ELSE format('SELECT format(''%%s'', t.%I) AS v FROM %s t WHERE t.%I IS NOT NULL LIMIT 100',
                        columns[(roles ->> 'citizen')::integer], relation, columns[(roles ->> 'citizen')::integer]) END;
        EXECUTE format('SELECT CASE WHEN count(*) = 0 THEN NULL'
                       ' WHEN 2 * count(*) FILTER (WHERE msb_org.citizen_key(s.v) ~ ''^[0-9]{6}-[0-9A-Z]{4}$'') > count(*)'
                       ' THEN ''cpr'' ELSE ''other'' END FROM (%s) s', sample)
           INTO citizen_shape;
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.make_map(text, regclass, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text) IS
'Used by attach() and remap(), whose parameters it takes: checks them, makes the triggers, and says what the citizens'' keys look like.';

CREATE FUNCTION msb_org.base_type(type oid) RETURNS oid
    LANGUAGE sql STABLE STRICT COST 50
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE t AS (
        SELECT p.oid, p.typtype, p.typbasetype FROM pg_type p WHERE p.oid = base_type.type
        UNION ALL
        SELECT p.oid, p.typtype, p.typbasetype FROM t JOIN pg_type p ON p.oid = t.typbasetype WHERE t.typtype = 'd')
    SELECT t.oid FROM t WHERE t.typtype <> 'd'
$$;
COMMENT ON FUNCTION msb_org.base_type(oid) IS 'Used by attach(): the type that a domain rests on; any other type itself.';

CREATE FUNCTION msb_org.check_area_value(relation regclass, column_name text, value text) RETURNS void
    LANGUAGE plpgsql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type   text;
    base   oid;
    shown  text;
BEGIN
    SELECT format_type(a.atttypid, a.atttypmod), msb_org.base_type(a.atttypid) INTO type, base
      FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = column_name;
    -- what the column shows of it: format() goes through the type's output, never through a cast
    BEGIN
        EXECUTE format('SELECT format(''%%s'', %L::%s)', value, type) INTO shown;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
        shown := NULL;
    END;
    IF base = 'bpchar'::regtype THEN
        shown := rtrim(shown, ' ');
    END IF;
    IF shown <> value AND base IN ('varchar'::regtype, 'bpchar'::regtype) THEN
        RAISE string_data_right_truncation USING
            MESSAGE = format(msb_org.gettext('column "%s" of table %s is too short for the area "%s"'), column_name, relation, value),
            HINT = msb_org.gettext('area_values says what the column holds for each unit.');
    ELSIF shown IS DISTINCT FROM value THEN
        RAISE datatype_mismatch USING
            MESSAGE = format(msb_org.gettext('column "%s" of table %s cannot hold the area "%s"'), column_name, relation, value),
            DETAIL = CASE WHEN shown IS NULL THEN format(msb_org.gettext('It is no value of type %s.'), type)
                          ELSE format(msb_org.gettext('Type %s shows it as "%s".'), type, shown) END,
            HINT = msb_org.gettext('area_values says what the column holds for each unit.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.check_area_value(regclass, text, text) IS
'Used by attach() and remap(): refuses an area that its column cannot hold, or shows otherwise than it was written: 22001 where it is too long, 42804 else.';

CREATE FUNCTION msb_org.check_area_units(relation regclass, column_name text, area_values jsonb, document jsonb) RETURNS void
    LANGUAGE plpgsql STABLE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unit text;
BEGIN
    FOR unit IN
        SELECT DISTINCT r ->> 'unit' FROM jsonb_array_elements(document -> 'rules') r ORDER BY 1
    LOOP
        IF area_values IS NULL THEN
            PERFORM msb_org.check_area_value(relation, column_name, unit);
        ELSIF NOT area_values ? unit THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format(msb_org.gettext('the area_values of table %s leave out the unit "%s"'), relation, unit),
                DETAIL = format(msb_org.gettext('A rule of the structure "%s" makes it responsible.'), document ->> 'structure'),
                HINT = msb_org.gettext('attach() and remap() take area_values for units to come as well.');
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION msb_org.check_area_units(regclass, text, jsonb, jsonb) IS
'Used by attach(), remap() and adopt(): refuses an area column that cannot hold every unit that a structure''s rules name: 22023 where area_values leaves one out, 22001 and 42804 as check_area_value().';

CREATE FUNCTION msb_org.drop_map(case_table text, relation regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trigger record;
BEGIN
    FOR trigger IN
        SELECT t.tgname, t.tgrelid::regclass AS relation
          FROM pg_trigger t
          JOIN pg_proc p ON p.oid = t.tgfoid
          JOIN pg_namespace s ON s.oid = p.pronamespace AND s.nspname = 'msb_org'
         WHERE t.tgparentid = 0 AND t.tgnargs > 0
           AND convert_from(substring(t.tgargs, 1, position('\x00'::bytea IN t.tgargs) - 1), getdatabaseencoding()) = drop_map.case_table
           AND (t.tgname LIKE 'msb\_org\_parent\_%' OR t.tgrelid = drop_map.relation
                OR t.tgrelid IN (SELECT tree.relid FROM pg_partition_tree(drop_map.relation) tree)
                -- what a partition keeps that was detached
                OR t.tgname = 'msb_org_truncate'
                   AND NOT EXISTS (SELECT FROM pg_trigger m WHERE m.tgrelid = t.tgrelid AND m.tgname = 'msb_org_map')
                   AND pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = t.tgrelid), 'USAGE'))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', trigger.tgname, trigger.relation);
    END LOOP;
END $$;
COMMENT ON FUNCTION msb_org.drop_map(text, regclass) IS 'Used by remap() and detach(): drops the triggers that attach() made.';

CREATE FUNCTION msb_org.check_owner(relation regclass, case_table text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rel pg_class;
BEGIN
    SELECT * INTO rel FROM pg_class c WHERE c.oid = relation;
    IF NOT FOUND AND case_table IS NOT NULL THEN
        RAISE undefined_table USING
            MESSAGE = format(msb_org.gettext('the table that was attached as "%s" has been dropped'), case_table),
            HINT = format(msb_org.gettext('SELECT msb_org.detach(%s); lets the name go, its history stays.'), quote_literal(case_table));
    END IF;
    IF FOUND AND NOT pg_has_role(rel.relowner, 'USAGE') THEN
        RAISE insufficient_privilege USING MESSAGE = format(msb_org.gettext('must be owner of table %s'), relation);
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.check_owner(regclass, text) IS
'Used by attach() and the like: refuses a caller who does not own the table: 42501; where the case table''s name is given, also one that was dropped: 42P01.';

CREATE FUNCTION msb_org.check_sees_all(relation regclass) RETURNS void
    LANGUAGE plpgsql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF row_security_active(relation) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format(msb_org.gettext('row-level security hides rows of table %s from you'), relation),
            DETAIL = msb_org.gettext('FORCE ROW LEVEL SECURITY applies to the owner too.'),
            HINT = msb_org.gettext('Let a superuser do it, or a role with BYPASSRLS.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.check_sees_all(regclass) IS
'Used by reassign() and detach(): refuses a caller from whom a policy may hide rows of the table: 42501.';

CREATE FUNCTION msb_org.warn_shape(case_table text, shape text) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    other text;
BEGIN
    SELECT string_agg(t.case_table, ', ' ORDER BY t.case_table) INTO other FROM msb_org.attached_table t
     WHERE t.case_table <> warn_shape.case_table AND t.citizen_shape <> shape;
    IF other IS NOT NULL THEN
        RAISE WARNING USING
            MESSAGE = format(msb_org.gettext('the citizens of "%s" have keys of another kind than those of: %s'), warn_shape.case_table, other),
            DETAIL = msb_org.gettext('A citizen is the same one in two tables only where the keys are the same text; CPR numbers are, in any form.'),
            HINT = msb_org.gettext('Map citizen to the CPR number in both.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.warn_shape(text, text) IS
'Used by attach() and remap(): warns where the keys of citizens look different from those of a table attached before.';

-- attach(), remap(), detach(), set_mode(): in SQL, as the caller, who must own
-- the table. What they do to it is triggers, nothing else.

CREATE FUNCTION msb_org.attached_name(case_table text) RETURNS text
    LANGUAGE plpgsql STABLE COST 100
AS $$
#variable_conflict use_column
DECLARE
    wanted text := attached_name.case_table;
    found  text;
    target pg_catalog.regclass;
BEGIN
    IF wanted IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('case_table must be given');
    END IF;
    SELECT t.case_table INTO found FROM msb_org.attached_table t
     WHERE t.case_table OPERATOR(pg_catalog.=) wanted;
    IF found IS NULL THEN
        BEGIN
            target := pg_catalog.to_regclass(wanted);
        EXCEPTION WHEN invalid_name OR syntax_error OR feature_not_supported THEN
            target := NULL;
        END;
        SELECT t.case_table INTO found FROM msb_org.attached_table t
         WHERE t.relation OPERATOR(pg_catalog.=) target;
    END IF;
    -- the table's own name: callers in the extension have no search path to find it by
    IF found IS NULL THEN
        SELECT pg_catalog.min(t.case_table) INTO found
          FROM msb_org.attached_table t
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.relation
         WHERE c.relname OPERATOR(pg_catalog.=) wanted
        HAVING pg_catalog.count(*) OPERATOR(pg_catalog.=) 1;
    END IF;
    IF found IS NULL THEN
        RAISE undefined_object USING
            MESSAGE = pg_catalog.format(msb_org.gettext('no table is attached as "%s"'), msb_org.printable(wanted)),
            HINT = msb_org.gettext('SELECT case_table, relation FROM msb_org.attachment lists those that are.');
    END IF;
    RETURN found;
END $$;
COMMENT ON FUNCTION msb_org.attached_name(text) IS
'Used by the functions that take a case_table: the name under which a table is attached, from that name or from the table''s own, with its schema where several attached tables are called so. 42704 where none is, 22004 for NULL.';

CREATE FUNCTION msb_org.attach(relation regclass, key text, citizen text DEFAULT NULL, birth text DEFAULT NULL,
        facets jsonb DEFAULT NULL, facet_values jsonb DEFAULT NULL, opened text DEFAULT NULL,
        closed text DEFAULT NULL, closed_values text[] DEFAULT NULL, area text DEFAULT NULL,
        area_values jsonb DEFAULT NULL, decided text DEFAULT NULL, caseworker text DEFAULT NULL,
        vocabulary text DEFAULT 'default', mode text DEFAULT 'observe', case_table text DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    target regclass := attach.relation;
    rel    pg_class;
    refusal text;
    name   text;
    shape  text;
    copied record;
BEGIN
    IF target IS NULL OR attach.mode IS NULL OR attach.vocabulary IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('relation, mode and vocabulary must not be null');
    END IF;
    SELECT * INTO rel FROM pg_class c WHERE c.oid = target;
    IF NOT FOUND THEN
        RAISE undefined_table USING MESSAGE = format(msb_org.gettext('there is no table with OID %s'), target::oid);
    END IF;
    IF attach.mode NOT IN ('observe', 'fill', 'enforce') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('there is no mode "%s"'), msb_org.printable(attach.mode)),
            HINT = msb_org.gettext('The modes are observe, fill and enforce.');
    END IF;
    refusal := CASE
        WHEN rel.relkind = 'v' THEN msb_org.gettext('%s cannot be attached: it is a view')
        WHEN rel.relkind = 'm' THEN msb_org.gettext('%s cannot be attached: it is a materialized view')
        WHEN rel.relkind = 'f' THEN msb_org.gettext('%s cannot be attached: it is a foreign table')
        WHEN rel.relkind NOT IN ('r', 'p') THEN msb_org.gettext('%s cannot be attached: it is not a table')
        WHEN rel.relnamespace::regnamespace::text IN ('pg_catalog', 'information_schema', 'pg_toast')
            THEN msb_org.gettext('%s cannot be attached: it is a system table')
        WHEN rel.relnamespace::regnamespace::text = 'msb_org' THEN msb_org.gettext('%s cannot be attached: it is a table of the extension')
        WHEN rel.relpersistence = 't' THEN msb_org.gettext('%s cannot be attached: it is a temporary table')
        WHEN rel.relispartition THEN msb_org.gettext('%s cannot be attached: it is a partition')
        WHEN rel.relkind = 'r' AND rel.relam <> (SELECT a.oid FROM pg_am a WHERE a.amname = 'heap')
            THEN msb_org.gettext('%s cannot be attached: it is not stored as a heap')
    END;
    IF refusal IS NOT NULL THEN
        RAISE wrong_object_type USING
            MESSAGE = format(refusal, target),
            HINT = CASE WHEN rel.relkind = 'v'
                            THEN msb_org.gettext('Attach the table behind it; what is written through the view is judged too.')
                        WHEN rel.relkind IN ('r', 'p') AND rel.relispartition AND rel.relpersistence <> 't'
                            THEN msb_org.gettext('Attach the table that it is a partition of.')
                        ELSE msb_org.gettext('Ordinary and partitioned tables can be attached.') END;
    END IF;
    PERFORM msb_org.check_owner(target);
    IF rel.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = target OR i.inhrelid = target) THEN
        RAISE feature_not_supported USING
            MESSAGE = format(msb_org.gettext('%s cannot be attached: it is part of an inheritance tree'), target);
    END IF;
    SELECT t.case_table INTO name FROM msb_org.attached_table t WHERE t.relation = target;
    IF FOUND THEN
        RAISE duplicate_object USING
            MESSAGE = format(msb_org.gettext('table %s is attached already, as "%s"'), target, name),
            HINT = msb_org.gettext('remap() changes its columns, set_mode() its mode, detach() lets it go.');
    END IF;
    name := coalesce(attach.case_table, rel.relname);
    IF name = '' OR name ~ '[[:cntrl:]]' THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('case_table must be a name');
    END IF;
    IF EXISTS (SELECT FROM msb_org.attached_table t WHERE t.case_table = name) THEN
        RAISE duplicate_object USING
            MESSAGE = format(msb_org.gettext('another table is attached as "%s"'), name),
            HINT = msb_org.gettext('Give this one another name in the ledger with case_table =>, or detach() the other, also where it was dropped.');
    END IF;

    -- a restored copy brings the triggers of the table that it is a copy of
    FOR copied IN
        SELECT t.tgname, t.tgrelid::regclass AS relation FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE p.pronamespace = 'msb_org'::regnamespace AND t.tgparentid = 0
           AND t.tgname IN ('msb_org_map', 'msb_org_area', 'msb_org_truncate', 'zzzz_msb_org_fill')
           AND (t.tgrelid = target OR t.tgrelid IN (SELECT tree.relid FROM pg_partition_tree(target) tree))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', copied.tgname, copied.relation);
    END LOOP;
    INSERT INTO msb_org.attached_table (case_table, relation, mode, vocabulary, facet_values, closed_values, area_values, attached_by)
    VALUES (name, target, attach.mode, attach.vocabulary, attach.facet_values, attach.closed_values,
            attach.area_values, msb_org.actor());
    shape := msb_org.make_map(name, target, attach.key, attach.citizen, attach.birth, attach.facets, attach.facet_values,
                              attach.opened, attach.closed, attach.closed_values, attach.area, attach.area_values,
                              attach.decided, attach.caseworker);
    UPDATE msb_org.attached_table t SET citizen_shape = shape WHERE t.case_table = name;
    PERFORM msb_org.warn_shape(name, shape);
    RETURN name;
END $$;
COMMENT ON FUNCTION msb_org.attach(regclass, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text, text, text, text) IS
'Attaches an existing table: makes triggers on it (and on the table that citizen and birth are read from), changes no column, and returns its name in the ledger. Rows that stand are judged by reassign(). See docs/attaching.md.

- key: the column that tells the cases apart, unique, of type smallint, integer, bigint, text, varchar, char or uuid.
- citizen, birth: the column of the citizen''s key, and of the birth date or CPR number; or fk_column.parent_column, the column of the table that a foreign key of one column points to. Without birth every age is unknown.
- facets: an object of columns by facet. facet_values: an object of labels by facet, the same for every case.
- opened, closed: columns of type date, timestamp or timestamptz. closed_values: the codes in closed that close a case, where it is no date.
- area: the column that holds the responsible unit; without it nothing is ever written. area_values: an object of what the column holds by unit, where that is not the unit''s code.
- decided, caseworker: columns that reports read.
- vocabulary: which aliases apply; see alias. mode: observe, fill or enforce. case_table: the name in the ledger; NULL: the table''s own.

Columns are named exactly or as SQL identifiers; in fk_column.parent_column as SQL identifiers.

Errors: 42501 not the owner; 42809 not a table that can be attached (a view, a partition); 42710 attached already, or the name is taken; 42703 no such column; 42704 a column without foreign key; 42804 a type that the role does not take, or that cannot hold an area; 42830 a key that is not unique; 22001 an area that does not fit its column; 22023 an unknown facet, label or mode, a unit that is missing in area_values or a value that is there twice, empty closed_values, an area column that plays another role too; 0A000 an inheritance tree, an area column that is generated or in a partition key, two foreign keys; 22004 NULL for relation, mode or vocabulary.';

CREATE FUNCTION msb_org.remap(case_table text, key text, citizen text DEFAULT NULL, birth text DEFAULT NULL,
        facets jsonb DEFAULT NULL, facet_values jsonb DEFAULT NULL, opened text DEFAULT NULL,
        closed text DEFAULT NULL, closed_values text[] DEFAULT NULL, area text DEFAULT NULL,
        area_values jsonb DEFAULT NULL, decided text DEFAULT NULL, caseworker text DEFAULT NULL,
        vocabulary text DEFAULT 'default')
    RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name   text := msb_org.attached_name(remap.case_table);
    target regclass;
    shape  text;
    guarded name[];
BEGIN
    IF remap.vocabulary IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('vocabulary must not be null');
    END IF;
    SELECT t.relation INTO target FROM msb_org.attached_table t WHERE t.case_table = name FOR UPDATE;
    PERFORM msb_org.check_owner(target, name);
    PERFORM msb_org.drop_map(name, target);
    shape := msb_org.make_map(name, target, remap.key, remap.citizen, remap.birth, remap.facets, remap.facet_values,
                              remap.opened, remap.closed, remap.closed_values, remap.area, remap.area_values,
                              remap.decided, remap.caseworker);
    UPDATE msb_org.attached_table t
       SET vocabulary = remap.vocabulary, facet_values = remap.facet_values, closed_values = remap.closed_values,
           area_values = remap.area_values, citizen_shape = shape
     WHERE t.case_table = name;
    PERFORM msb_org.warn_shape(name, shape);
    -- the policies name key, area and what the column holds
    SELECT ARRAY(SELECT r.rolname FROM pg_policy a JOIN pg_roles r ON r.oid = ANY (a.polroles)
                  WHERE a.polrelid = target AND a.polname = 'msb_org_application')
      INTO guarded FROM pg_policy p WHERE p.polrelid = target AND p.polname = 'msb_org_area';
    IF FOUND THEN
        PERFORM msb_org.protect(name, guarded);
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.remap(text, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text, text) IS
'Maps the columns of an attached table anew, all of them: what is not named is not mapped. Mode and ledger stay, and a protected table stays protected (which needs area); reassign() judges what stands. Also gives partitions that came later their TRUNCATE trigger. Parameters and errors as attach(); 42704 not attached, 42P01 the table was dropped.';

CREATE FUNCTION msb_org.set_mode(case_table text, mode text) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name     text := msb_org.attached_name(set_mode.case_table);
    target   regclass;
    findings text;
    refused  bigint;
    since    timestamptz;
    judged   boolean;
BEGIN
    IF set_mode.mode NOT IN ('observe', 'fill', 'enforce') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('there is no mode "%s"'), msb_org.printable(set_mode.mode)),
            HINT = msb_org.gettext('The modes are observe, fill and enforce.');
    END IF;
    SELECT t.relation, t.attached_at INTO target, since FROM msb_org.attached_table t WHERE t.case_table = name;
    PERFORM msb_org.check_owner(target, name);
    IF set_mode.mode = 'enforce' THEN
        SELECT sum(f.n), string_agg(format('%s %s', f.n, f.finding), ', ' ORDER BY f.n DESC, f.finding)
          INTO refused, findings
          FROM (SELECT v.finding, count(*) AS n FROM msb_org.violation v WHERE v.case_table = name GROUP BY 1) f;
        IF refused > 0 THEN
            RAISE NOTICE USING
                MESSAGE = format(msb_org.gettext('open cases of "%s" that would be refused if they were written as they stand: %s (%s)'), name, refused, findings),
                HINT = format(msb_org.gettext('SELECT * FROM msb_org.violation WHERE case_table = %s; lists them. Those that stand are left alone.'), quote_literal(name));
        ELSE
            RAISE NOTICE USING MESSAGE = format(msb_org.gettext('no open case of "%s" that has been judged would be refused'), name);
        END IF;
        SELECT EXISTS (SELECT FROM msb_org.assignment a WHERE a.case_table = name AND a.recorded_at >= since) INTO judged;
        IF NOT judged THEN
            RAISE WARNING USING
                MESSAGE = format(msb_org.gettext('the cases of "%s" that stand have not been judged yet'), name),
                HINT = format(msb_org.gettext('CALL msb_org.reassign(%s); judges them.'), quote_literal(name));
        END IF;
    END IF;
    UPDATE msb_org.attached_table t SET mode = set_mode.mode WHERE t.case_table = name;
    -- duties that are due already stay listed in plan_due: none opens by the change of mode;
    -- those that other transactions are just recording are waited for
    IF EXISTS (SELECT FROM msb_org.enactment e WHERE e.in_force @> msb_org.today()
                  AND e.document -> 'plan_duties' <> '[]') THEN
        PERFORM msb_org.lock_all_citizens();
    END IF;
    PERFORM msb_org.judge_citizens(ARRAY(
        SELECT DISTINCT r.citizen FROM msb_org.plan_reason r
          JOIN msb_org.assignment a ON a.citizen = r.citizen AND a.case_table = name AND a.valid_to IS NULL
         WHERE r.valid_to IS NULL), 'none');
END $$;
COMMENT ON FUNCTION msb_org.set_mode(text, text) IS
'Changes the mode of an attached table to observe, fill or enforce, for what is written from then on. To enforce it first says how many open cases would be refused, from the ledger. See docs/modes.md. 22023 for another mode, 42501 where the caller does not own the table, 42704 not attached, 42P01 the table was dropped.';

CREATE FUNCTION msb_org.detach(case_table text, restore_area boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name     text := msb_org.attached_name(detach.case_table);
    attached msb_org.attached_table;
    map      msb_org.attachment;
    restored bigint;
    key_type text;
    area_type text;
    concerned text[];
BEGIN
    SELECT t.* INTO attached FROM msb_org.attached_table t WHERE t.case_table = name FOR UPDATE;
    SELECT m.* INTO map FROM msb_org.attachment m WHERE m.case_table = name;
    PERFORM msb_org.check_owner(attached.relation);
    IF EXISTS (SELECT FROM pg_policy p WHERE p.polname = 'msb_org_area'
                  AND (p.polrelid = attached.relation OR p.polrelid IN (SELECT t.relid FROM pg_partition_tree(attached.relation) t))) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('"%s" is protected and cannot be detached'), name),
            DETAIL = msb_org.gettext('Nobody but the application roles would see its rows.'),
            HINT = format(msb_org.gettext('SELECT msb_org.unprotect(%s); lets everybody see them who has the privilege SELECT.'), quote_literal(name));
    END IF;
    IF detach.restore_area AND map.key IS NULL AND EXISTS (SELECT FROM pg_class c WHERE c.oid = attached.relation) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('the areas of "%s" cannot be put back: the map of its columns is lost'), name),
            HINT = msb_org.gettext('Map them anew with remap() first, or detach it without restore_area.');
    END IF;
    PERFORM msb_org.drop_map(name, attached.relation);
    IF detach.restore_area AND map.area IS NOT NULL THEN
        SELECT format_type(a.atttypid, a.atttypmod) INTO area_type FROM pg_attribute a
         WHERE a.attrelid = attached.relation AND a.attname = map.area;
        SELECT format_type(msb_org.base_type(a.atttypid), NULL) INTO key_type FROM pg_attribute a
         WHERE a.attrelid = attached.relation AND a.attname = map.key;
        PERFORM msb_org.check_sees_all(attached.relation);
        -- what reassign() found when it judged the case first, since attach(),
        -- except where the application has given another area since then
        EXECUTE format(
            'UPDATE %1$s t SET %2$I = f.area::%3$s'
            '  FROM (SELECT DISTINCT ON (a.case_key) a.case_key, a.origin, a.given,'
            '               CASE WHEN a.given <> '''' THEN coalesce($2 ->> a.given, a.given) END AS area'
            '          FROM msb_org.assignment a WHERE a.case_table = $1 AND a.recorded_at >= $3'
            '         ORDER BY a.case_key, a.valid_from) f'
            ' WHERE f.origin = ''reassign'' AND f.given IS NOT NULL AND t.%4$I = f.case_key::%5$s'
            '   AND rtrim(format(''%%s'', t.%2$I)) <> coalesce(f.area, '''')'
            '   AND NOT EXISTS (SELECT FROM msb_org.violation v'
            '                    WHERE v.case_table = $1 AND v.case_key = f.case_key AND v.finding = ''wrong_area'')',
            attached.relation, map.area, area_type, map.key,
            CASE key_type WHEN 'character' THEN 'bpchar' ELSE key_type END)
          USING name, attached.area_values, attached.attached_at;
        GET DIAGNOSTICS restored = ROW_COUNT;
        RAISE NOTICE USING
            MESSAGE = format(msb_org.ngettext('%s case of "%s" has the area again that it had',
                                              '%s cases of "%s" have the area again that they had', restored), restored, name);
    END IF;
    concerned := ARRAY(SELECT DISTINCT a.citizen FROM msb_org.assignment a
                        WHERE a.case_table = name AND a.valid_to IS NULL
                          AND (EXISTS (SELECT FROM msb_org.plan_reason r WHERE r.citizen = a.citizen AND r.valid_to IS NULL)
                               OR EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = a.citizen)));
    PERFORM msb_org.lock_citizens(concerned);
    UPDATE msb_org.assignment a
       SET valid_to = greatest(msb_org.record_time(), a.valid_from + interval '1 microsecond'), due = NULL
     WHERE a.case_table = name AND a.valid_to IS NULL;
    DELETE FROM msb_org.case_override o WHERE o.case_table = name;
    DELETE FROM msb_org.reassignment r WHERE r.case_table = name;
    DELETE FROM msb_org.attached_table t WHERE t.case_table = name;
    PERFORM msb_org.judge_citizens(concerned, 'none');
END $$;
COMMENT ON FUNCTION msb_org.detach(text, boolean) IS
'Lets a table go: drops the triggers, ends its open rows in the ledger, whose history stays, and deletes its overrides. restore_area puts back the areas that the column held when reassign() first judged the cases, where it held others or none and the application has given none since. Also for a table that was dropped. 55000 for one that is protected, 42704 where none is attached under the name, 42501 where the caller does not own it; with restore_area also where row-level security hides rows from the caller, and 55000 where the map of its columns is lost.';

-- Judging what stands: reassign(), the daily job, overrides, renumbering.

CREATE TABLE msb_org.reassignment (
    case_table  text COLLATE "C" PRIMARY KEY,
    started_at  timestamptz NOT NULL,
    started_by  text NOT NULL,
    cases       bigint NOT NULL,
    judged      bigint NOT NULL DEFAULT 0,
    moved       bigint NOT NULL DEFAULT 0,
    last_key    text,
    updated_at  timestamptz,
    finished_at timestamptz
);
COMMENT ON TABLE msb_org.reassignment IS 'How far reassign() is, or was, with each table; every session sees it after each batch.';
COMMENT ON COLUMN msb_org.reassignment.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.reassignment.started_at IS 'When it began.';
COMMENT ON COLUMN msb_org.reassignment.started_by IS 'Who began it.';
COMMENT ON COLUMN msb_org.reassignment.cases IS 'Rows in the table when it began.';
COMMENT ON COLUMN msb_org.reassignment.judged IS 'Rows judged so far.';
COMMENT ON COLUMN msb_org.reassignment.moved IS 'Of those, cases whose unit changed or that got their first.';
COMMENT ON COLUMN msb_org.reassignment.last_key IS 'The key it has come to, where it goes on after an interruption.';
COMMENT ON COLUMN msb_org.reassignment.updated_at IS 'When the last batch was done.';
COMMENT ON COLUMN msb_org.reassignment.finished_at IS 'When all were; NULL while it runs or after an interruption.';

CREATE FUNCTION msb_org.judge_cases(case_table text, keys text[], origin text) RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_judge_cases';
COMMENT ON FUNCTION msb_org.judge_cases(text, text[], text) IS
'Used by reassign(), reassign_due() and override(): judges these cases now, by their keys, as the table''s mode says; origin stands in the ledger. Cases that do not exist end. Returns how many got another unit. 42704 where no table is attached under the name.';

CREATE FUNCTION msb_org.note_cases(case_table text, keys text[]) RETURNS text[]
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_note_cases';
COMMENT ON FUNCTION msb_org.note_cases(text, text[]) IS
'Used by reassign_due(): the first half of judge_cases(), which locks the rows and notes them, so that those of all tables are locked before any citizen is. Returns the keys of which there is no case.';

CREATE FUNCTION msb_org.judge_noted(origin text) RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_judge_noted';
COMMENT ON FUNCTION msb_org.judge_noted(text) IS
'Used by reassign_due(): the second half of judge_cases(), for all that note_cases() noted in this transaction. Returns how many cases got another unit.';

CREATE FUNCTION msb_org.unsettled_cases(case_table text, after_key text, batch_size integer,
        OUT keys text[], OUT judged integer, OUT last_key text)
    LANGUAGE c VOLATILE COST 100000
    AS 'MODULE_PATHNAME', 'msb_unsettled_cases';
COMMENT ON FUNCTION msb_org.unsettled_cases(text, text, integer) IS
'Used by reassign(): looks at the next batch_size cases of a table after a key (NULL: the first), in the order of the keys, and finds those about which judge_cases() would do something: the ledger or the area column would change. Locks and writes nothing. judged: how many it looked at; last_key: the last of them. 42704 where no table is attached under the name.';

CREATE FUNCTION msb_org.judged_on(case_table text, on_date date)
    RETURNS TABLE (case_key text, unit text, rule text, structure text, revision integer, finding text, reason text)
    LANGUAGE c STABLE STRICT COST 100000 ROWS 10000
    AS 'MODULE_PATHNAME', 'msb_judged_on';
COMMENT ON FUNCTION msb_org.judged_on(text, date) IS
'Computes who is, was or would be responsible on a day, for every case that its dates leave open on it: by the structure in force on that day, but from what the row says today. History is in the ledger; this is not it. Overrides are not regarded. Reads the table as the caller. 42704 where no table is attached under the name.';

CREATE FUNCTION msb_org.case_key_query(case_table text, OUT source text, OUT key text)
    LANGUAGE sql STABLE STRICT COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || m.relation::text, m.column_name
      FROM msb_org.column_map m
      JOIN msb_org.attached_table t ON t.case_table = m.case_table AND t.relation = m.relation
      JOIN pg_class c ON c.oid = m.relation
     WHERE m.case_table = case_key_query.case_table AND m.role = 'key' AND NOT m.in_parent
$$;
COMMENT ON FUNCTION msb_org.case_key_query(text) IS 'Used by reassign(): the rows (without those of tables that inherit from it) and the key column of an attached table.';

CREATE FUNCTION msb_org.reassign_begin(case_table text) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name   text := msb_org.attached_name(reassign_begin.case_table);
    target regclass;
    source record;
    total  bigint;
    resume msb_org.reassignment;
BEGIN
    SELECT t.relation INTO target FROM msb_org.attached_table t WHERE t.case_table = name;
    PERFORM msb_org.check_owner(target, name);
    PERFORM msb_org.check_sees_all(target);
    SELECT * INTO source FROM msb_org.case_key_query(name);
    IF source.source IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('table %s has no trigger "msb_org_map", which says how its columns map'), target),
            HINT = msb_org.gettext('Use msb_org.remap() or msb_org.detach() on it.');
    END IF;
    SELECT r.* INTO resume FROM msb_org.reassignment r WHERE r.case_table = name AND r.finished_at IS NULL;
    IF FOUND THEN
        RAISE NOTICE USING MESSAGE = format(
            msb_org.ngettext('going on with "%s" where it was interrupted: %s of %s case judged',
                             'going on with "%s" where it was interrupted: %s of %s cases judged', resume.cases),
            name, resume.judged, resume.cases);
        RETURN;
    END IF;
    EXECUTE format('SELECT count(t.%I) FROM %s t', source.key, source.source) INTO total;
    INSERT INTO msb_org.reassignment AS r (case_table, started_at, started_by, cases)
    VALUES (name, clock_timestamp(), msb_org.actor(), total)
    ON CONFLICT (case_table) DO UPDATE
       SET started_at = excluded.started_at, started_by = excluded.started_by, cases = excluded.cases,
           judged = 0, moved = 0, last_key = NULL, updated_at = NULL, finished_at = NULL;
END $$;
COMMENT ON FUNCTION msb_org.reassign_begin(text) IS 'Used by reassign(): begins, or goes on where it was interrupted.';

CREATE FUNCTION msb_org.lost_cases(case_table text) RETURNS text[]
    LANGUAGE plpgsql VOLATILE STRICT COST 100000
    SET search_path = pg_catalog, pg_temp
    -- a hash join, whatever is estimated: the statistics may know nothing yet of what was just
    -- written, and nothing of the keys as text; a nested loop planned for one row would take hours
    SET enable_nestloop = off
    SET enable_mergejoin = off
AS $$
DECLARE
    source record;
    lost   text[];
BEGIN
    SELECT * INTO source FROM msb_org.case_key_query(lost_cases.case_table);
    EXECUTE format('SELECT array_agg(a.case_key) FROM msb_org.assignment a'
                   ' WHERE a.case_table = %L AND a.valid_to IS NULL'
                   ' AND NOT EXISTS (SELECT FROM %s t WHERE t.%I::text COLLATE "C" = a.case_key)',
                   lost_cases.case_table, source.source, source.key)
       INTO lost;
    RETURN lost;
END $$;
COMMENT ON FUNCTION msb_org.lost_cases(text) IS
'Used by reassign(): the open cases of the ledger that the table has no longer; NULL for none.';

CREATE FUNCTION msb_org.reassign_batch(case_table text, batch_size integer) RETURNS boolean
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name   text := msb_org.attached_name(reassign_batch.case_table);
    state  msb_org.reassignment;
    batch  record;
    lost   text[];
    went   bigint := 0;
BEGIN
    SELECT r.* INTO state FROM msb_org.reassignment r WHERE r.case_table = name FOR UPDATE;
    SELECT * INTO batch FROM msb_org.unsettled_cases(name, state.last_key, batch_size);
    IF batch.judged > 0 THEN
        IF batch.keys <> '{}' THEN
            went := msb_org.judge_cases(name, batch.keys, 'reassign');
        END IF;
        -- a handover is what a structure or a birthday moves, not what is judged for the first time
        IF went > 0 AND (SELECT count(*) > 1 FROM msb_org.enactment) THEN
            PERFORM msb_org.record_moves(name, batch.keys, false);
        END IF;
        UPDATE msb_org.reassignment r
           SET judged = r.judged + batch.judged, moved = r.moved + went,
               last_key = batch.last_key, updated_at = clock_timestamp()
         WHERE r.case_table = name
        RETURNING * INTO state;
        RAISE NOTICE USING MESSAGE = format(
            msb_org.ngettext('"%s": %s of %s case judged, %s moved', '"%s": %s of %s cases judged, %s moved', state.cases),
            name, state.judged, state.cases, state.moved);
        RETURN true;
    END IF;
    -- deleted while triggers were off
    lost := msb_org.lost_cases(name);
    IF lost IS NOT NULL THEN
        PERFORM msb_org.judge_cases(name, lost, 'reassign');
    END IF;
    UPDATE msb_org.reassignment r SET finished_at = clock_timestamp() WHERE r.case_table = name;
    RETURN false;
END $$;
COMMENT ON FUNCTION msb_org.reassign_batch(text, integer) IS 'Used by reassign(): judges the next batch; false where all are done.';

CREATE FUNCTION msb_org.refuse_block() RETURNS void
    LANGUAGE c VOLATILE COST 1
    AS 'MODULE_PATHNAME', 'msb_refuse_block';
COMMENT ON FUNCTION msb_org.refuse_block() IS 'Used by reassign(): refuses (25001) to run inside a transaction block.';

-- No SET and nothing that the search path finds: a procedure with SET cannot commit.
CREATE PROCEDURE msb_org.reassign(case_table text, batch_size integer DEFAULT 5000)
    LANGUAGE plpgsql
AS $$
BEGIN
    IF batch_size IS NULL OR batch_size OPERATOR(pg_catalog.<) 1 THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('batch_size must be 1 or more');
    END IF;
    PERFORM msb_org.refuse_block();
    PERFORM msb_org.reassign_begin(case_table);
    COMMIT;
    WHILE msb_org.reassign_batch(case_table, batch_size) LOOP
        COMMIT;
    END LOOP;
    COMMIT;
END $$;
COMMENT ON PROCEDURE msb_org.reassign(text, integer) IS
'Judges every row of an attached table, batch_size rows a transaction: the first time after attach(), after a new structure came into force, after aliases changed. In fill and enforce it writes the areas that are missing or stale; an area that was given and kept stays. Cases of the ledger that the table has no longer end. Progress stands in reassignment, where every session sees it; after an interruption the next call goes on. The caller must own the table. See docs/modes.md#reassign. 25001 inside a transaction block, 22023 for a batch size below 1, 42501 not the owner or row-level security hides rows, 42704 not attached, 42P01 the table was dropped, 55000 the map of its columns is lost.';

-- The daily job looks at what is due, which an index has. That a case was judged by another
-- structure than the one in force no index tells (every write would pay for it), and after
-- each change it is true of many; so the whole ledger is gone through then, until nothing
-- of before the change can turn up any more.
CREATE TABLE msb_org.due_scan (
    enacted    text COLLATE "C" PRIMARY KEY,
    known_from xid8 NOT NULL,
    complete   boolean NOT NULL
);
COMMENT ON TABLE msb_org.due_scan IS 'Whether reassign_due() has to go through the whole ledger for cases that another structure than the one in force decided, or has done so once and for all; one row at most.';
COMMENT ON COLUMN msb_org.due_scan.enacted IS 'The structure in force, all enactments and all attached tables, each with the transaction that wrote it: when anything of that changes, the ledger is gone through anew.';
COMMENT ON COLUMN msb_org.due_scan.known_from IS 'Transactions from this one on began when that was so.';
COMMENT ON COLUMN msb_org.due_scan.complete IS 'Whether the ledger was gone through after all earlier transactions had ended.';

CREATE FUNCTION msb_org.enacted_now() RETURNS text
    LANGUAGE sql STABLE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws('; ',
        coalesce((SELECT format('%s#%s', e.structure, e.revision) FROM msb_org.enactment e WHERE e.in_force @> msb_org.today()), '-'),
        (SELECT string_agg(format('%s#%s %s %s', e.structure, e.revision, e.in_force, e.xmin), ', ' ORDER BY e.structure, e.revision) FROM msb_org.enactment e),
        (SELECT string_agg(format('%s %s', t.case_table, t.xmin), ', ' ORDER BY t.case_table) FROM msb_org.attached_table t))
$$;
COMMENT ON FUNCTION msb_org.enacted_now() IS 'Used by reassign_due(): what due_scan.enacted would be now.';

-- By index, whatever the statistics say: they may be of before the load.
CREATE FUNCTION msb_org.cases_due(case_table text, on_date date) RETURNS TABLE (case_key text)
    LANGUAGE sql STABLE COST 100 ROWS 100
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
    SELECT a.case_key FROM msb_org.assignment a
     WHERE a.due <= cases_due.on_date AND a.valid_to IS NULL AND a.case_table = cases_due.case_table
     UNION ALL
    SELECT c.case_key FROM msb_org.cases_handed_over(cases_due.case_table, cases_due.on_date) c
$$;
COMMENT ON FUNCTION msb_org.cases_due(text, date) IS
'Used by reassign_due(): the open cases of a table that are due by a day, those of handovers that are among them.';

CREATE FUNCTION msb_org.reassign_due(on_date date DEFAULT msb_org.today()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT COST 100000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    source      record;
    keys        text[];
    moved       bigint;
    noted       jsonb := '{}';
    missing     jsonb := '{}';
    in_structure text;
    in_revision integer;
    scan        msb_org.due_scan;
    enacted_before text := msb_org.enacted_now();
    everything  boolean;
    running     pg_snapshot := pg_current_snapshot();
    passed_over boolean := false;
BEGIN
    IF on_date > msb_org.today() THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('the day %s has not come yet'), on_date),
            HINT = msb_org.gettext('A superuser can set msb_org.today for a dry run.');
    END IF;
    SELECT e.structure, e.revision INTO in_structure, in_revision
      FROM msb_org.enactment e WHERE e.in_force @> msb_org.today();
    SELECT d.* INTO scan FROM msb_org.due_scan d WHERE d.enacted = enacted_before;
    everything := scan.complete IS NOT TRUE;
    -- overrides that closing, deletion or a write after their last day has ended
    DELETE FROM msb_org.case_override o WHERE NOT EXISTS (
        SELECT FROM msb_org.assignment a WHERE a.case_table = o.case_table AND a.case_key = o.case_key
           AND a.valid_to IS NULL AND a.origin = 'override');
    FOR source IN
        SELECT t.case_table, t.key FROM msb_org.attachment t ORDER BY t.case_table
    LOOP
        IF source.key IS NULL THEN
            RAISE WARNING USING
                MESSAGE = format(msb_org.gettext('the cases of "%s" cannot be judged: the table, or the map of its columns, is gone'), source.case_table),
                HINT = msb_org.gettext('remap() maps the columns anew, detach() lets the table go.');
            passed_over := true;
            CONTINUE;
        END IF;
        SELECT array_agg(DISTINCT d.case_key) INTO keys
          FROM (SELECT c.case_key FROM msb_org.cases_due(source.case_table, on_date) c
                 UNION ALL
                SELECT a.case_key FROM msb_org.assignment a
                 WHERE everything AND a.case_table = source.case_table AND a.valid_to IS NULL
                   AND (a.structure, a.revision) IS DISTINCT FROM (in_structure, in_revision)) d;
        IF keys IS NOT NULL THEN
            noted := noted || jsonb_build_object(source.case_table, keys);
            missing := missing || jsonb_build_object(source.case_table, msb_org.note_cases(source.case_table, keys));
        END IF;
    END LOOP;
    IF noted <> '{}' THEN
        PERFORM msb_org.lock_plans_of(noted);
    END IF;
    -- every row is locked by now: first rows, then citizens, as the applications' transactions do
    moved := msb_org.judge_noted('due');
    IF moved > 0 THEN
        PERFORM msb_org.record_moves(n.key, ARRAY(SELECT jsonb_array_elements_text(n.value)), true)
           FROM jsonb_each(noted) n;
    END IF;
    FOR source IN SELECT m.key AS case_table, m.value AS keys FROM jsonb_each(missing) m ORDER BY m.key LOOP
        PERFORM msb_org.judge_cases(source.case_table,
                                    ARRAY(SELECT e.k FROM jsonb_array_elements_text(source.keys) AS e (k)), 'due');
    END LOOP;
    PERFORM msb_org.settle_handovers(on_date);
    PERFORM msb_org.move_coordination(on_date);
    IF scan.enacted IS NULL THEN
        DELETE FROM msb_org.due_scan d;
        INSERT INTO msb_org.due_scan (enacted, known_from, complete)
        VALUES (enacted_before, pg_snapshot_xmax(pg_current_snapshot()), false) ON CONFLICT DO NOTHING;
    ELSIF everything AND NOT passed_over AND scan.known_from <= pg_snapshot_xmin(running) THEN
        UPDATE msb_org.due_scan d SET complete = true WHERE d.enacted = enacted_before AND d.known_from = scan.known_from;
    END IF;
    RETURN moved;
END $$;
COMMENT ON FUNCTION msb_org.reassign_due(date) IS
'The daily job: judges the open cases that are due by a day (a birthday at an age bound, a future closing, the end of an override) and those that another structure than the one in force decided. Cases that move are recorded as handovers, accepted or not; coordination that is to move by then moves with them. Returns how many cases got another unit. Warns of a table whose map is lost and goes on. Run it once a day: docs/modes.md#the-daily-job. 22023 for a day that has not come.';

CREATE FUNCTION msb_org.override(case_table text, case_key text, unit text, reason text, until date DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name text := msb_org.attached_name(override.case_table);
    wanted text := override.unit;
BEGIN
    IF name IS NULL OR override.case_key IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('case_table and case_key must be given');
    END IF;
    IF wanted IS NULL THEN
        DELETE FROM msb_org.case_override o WHERE o.case_table = name AND o.case_key = override.case_key;
        IF NOT FOUND THEN
            PERFORM msb_org.raise('42704', format(msb_org.gettext('case %s of "%s" has no override'), msb_org.printable(override.case_key), name));
        END IF;
        PERFORM msb_org.judge_cases(name, ARRAY[override.case_key], 'reassign');
        RETURN;
    END IF;
    IF override.reason IS NULL OR btrim(override.reason) = '' THEN
        PERFORM msb_org.raise('22004', msb_org.gettext('an override needs a reason'));
    END IF;
    IF override.until < msb_org.today() THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the last day of the override, %s, has passed'), override.until));
    END IF;
    IF NOT EXISTS (SELECT FROM msb_org.enactment e, jsonb_array_elements(e.document -> 'units') u
                    WHERE e.in_force @> msb_org.today() AND u ->> 'unit' = wanted) THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('the structure in force has no unit "%s"'), msb_org.printable(wanted)));
    END IF;
    INSERT INTO msb_org.case_override AS o (case_table, case_key, unit, reason, until, actor)
    VALUES (name, override.case_key, wanted, override.reason, override.until, msb_org.actor())
    ON CONFLICT (case_table, case_key) DO UPDATE
       SET unit = excluded.unit, reason = excluded.reason, until = excluded.until,
           actor = excluded.actor, recorded_at = now();
    PERFORM msb_org.judge_cases(name, ARRAY[override.case_key], 'override');
    IF NOT EXISTS (SELECT FROM msb_org.assignment a
                    WHERE a.case_table = name AND a.case_key = override.case_key
                      AND a.valid_to IS NULL AND a.origin = 'override') THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('"%s" has no open case %s'), name, msb_org.printable(override.case_key)));
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.override(text, text, text, text, date) IS
'Lets one open case stand with another unit than the rule says, for a reason, until the end of a day or until it is closed; a NULL unit ends that. The ledger, and the area column in fill and enforce, follow at once. See docs/modes.md#overrides. 42704 where there is no such open case, table or unit, or no override to end; 22004 without a reason; 22023 for a day that has passed.';

CREATE FUNCTION msb_org.renumber_citizen(old_citizen text, new_citizen text, reason text) RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_renumber_citizen';
COMMENT ON FUNCTION msb_org.renumber_citizen(text, text, text) IS
'A citizen got another key: carries the rows of the ledger over to it, ended ones too, records it, and returns how many rows. Plans, duties, handovers and the primary challenge follow when no open case is left under the old key. A CPR number may be in any form. A change of the key in the table that cases refer to does the same by itself. 22023 where a key is empty, both are the same, or the old one is a CPR number and the new one is none; 22004 for an empty reason.';

-- Handovers (overdragelser): responsibility that moves on a day to come, who accepts
-- it, and what the daily job records. All is computed from the ledger.

CREATE FUNCTION msb_org.local_day(at timestamptz) RETURNS date
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_local_day';
COMMENT ON FUNCTION msb_org.local_day(timestamptz) IS 'Used by handovers and reports: the day of an instant, in msb_org.timezone.';

CREATE FUNCTION msb_org.newest(query text, VARIADIC arguments text[]) RETURNS text
    LANGUAGE c VOLATILE STRICT COST 1000
    AS 'MODULE_PATHNAME', 'msb_newest';
COMMENT ON FUNCTION msb_org.newest(text, text[]) IS
'Used by the extension''s functions in SQL: runs a query under the newest snapshot, as the caller, and returns the first value of its first row as text. After a citizen''s lock it reads, and writes over, what the one who held the lock before has done, also in a REPEATABLE READ transaction.';

CREATE FUNCTION msb_org.future_units(unit text, structure text, revision integer, due date, since date, override_end date,
        birth date, situation msb_org.target_group, stated text, from_date date, to_date date)
    RETURNS TABLE (planned date, cause text, from_unit text, to_unit text, to_finding text)
    LANGUAGE c STABLE PARALLEL SAFE COST 20 ROWS 1
    AS 'MODULE_PATHNAME', 'msb_future_units';
COMMENT ON FUNCTION msb_org.future_units(text, text, integer, date, date, date, date, msb_org.target_group, text, date, date) IS
'Used by upcoming_handovers(): the changes of unit between two days, both included, of a case with this birth date (NULL: unknown), labels, and stated primary challenge (for a label that yields), each day by the structure in force on it. unit is the answer of structure#revision on since, which holds until due (NULL: no birthday ahead) or the structure''s end; of an override, until override_end. Without a structure the answer on since is found first. No rows where the labels are NULL.';

CREATE FUNCTION msb_org.case_future(assigned msb_org.assignment, from_date date, to_date date)
    RETURNS TABLE (planned date, cause text, from_unit text, to_unit text, to_finding text)
    LANGUAGE sql STABLE COST 20 ROWS 1
BEGIN ATOMIC
    SELECT f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
      FROM msb_org.future_units((assigned).unit, (assigned).structure, (assigned).revision, (assigned).due,
               msb_org.local_day((assigned).valid_from),
               (SELECT o.until OPERATOR(pg_catalog.+) 1 FROM msb_org.case_override o
                 WHERE (assigned).origin OPERATOR(pg_catalog.=) 'override'
                   AND o.case_table OPERATOR(pg_catalog.=) (assigned).case_table
                   AND o.case_key OPERATOR(pg_catalog.=) (assigned).case_key),
               (assigned).birth, (assigned).situation,
               (SELECT c.challenge FROM msb_org.primary_challenge c
                 WHERE c.citizen OPERATOR(pg_catalog.=) (assigned).citizen AND c.valid_to IS NULL
                 ORDER BY c.valid_from DESC LIMIT 1),
               from_date, LEAST(to_date, (assigned).closed OPERATOR(pg_catalog.-) 1)) f
     WHERE to_date IS NOT NULL
       AND ((assigned).origin OPERATOR(pg_catalog.<>) 'override'
        OR EXISTS (SELECT FROM msb_org.case_override o
                    WHERE o.case_table OPERATOR(pg_catalog.=) (assigned).case_table
                      AND o.case_key OPERATOR(pg_catalog.=) (assigned).case_key AND o.until IS NOT NULL));
END;
COMMENT ON FUNCTION msb_org.case_future(msb_org.assignment, date, date) IS
'Used by upcoming_handovers() and others: the changes of unit ahead of a case, from its open row in the ledger, until it is closed. An overridden case stays until the override ends.';

CREATE FUNCTION msb_org.coordination_situation(challenge text) RETURNS msb_org.target_group
    LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 5
BEGIN ATOMIC
    SELECT ('task coordination; challenge "' OPERATOR(pg_catalog.||) pg_catalog.replace(coordination_situation.challenge, '"', '""')
            OPERATOR(pg_catalog.||) '"')::msb_org.target_group;
END;
COMMENT ON FUNCTION msb_org.coordination_situation(text) IS
'Used by coordination_future() and the work at commit: what the coordinating unit is decided by, for a primary challenge.';

CREATE FUNCTION msb_org.coordination_since(coordinated msb_org.plan) RETURNS date
    LANGUAGE sql STABLE COST 20
BEGIN ATOMIC
    SELECT GREATEST(msb_org.local_day((coordinated).opened_at),
                    (SELECT pg_catalog.max(h.planned) FROM msb_org.handover h
                      WHERE h.citizen OPERATOR(pg_catalog.=) (coordinated).citizen AND h.case_table OPERATOR(pg_catalog.=) ''
                        AND h.case_key OPERATOR(pg_catalog.=) (coordinated).plan::text AND h.moved_at IS NOT NULL));
END;
COMMENT ON FUNCTION msb_org.coordination_since(msb_org.plan) IS
'Used by coordination_future() and the work at commit: the day from which the unit that coordinates a plan does: of the last handover that has happened, else the one on which the plan was opened.';

CREATE FUNCTION msb_org.coordination_future(coordinated msb_org.plan, from_date date, to_date date)
    RETURNS TABLE (planned date, cause text, from_unit text, to_unit text, to_finding text)
    LANGUAGE sql STABLE COST 50 ROWS 1
BEGIN ATOMIC
    SELECT f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
      FROM (SELECT (pg_catalog.array_agg(a.birth ORDER BY a.valid_from DESC) FILTER (WHERE a.birth IS NOT NULL))[1] AS birth,
                   -- a birthday, or a structure, for which the cases have not been judged yet
                   LEAST(pg_catalog.min(a.due) OPERATOR(pg_catalog.-) 1,
                         CASE WHEN pg_catalog.bool_or(a.origin OPERATOR(pg_catalog.<>) 'override'
                                   AND (a.structure, a.revision) IS DISTINCT FROM (e.structure, e.revision))
                              THEN pg_catalog.min(pg_catalog.lower(e.in_force)) OPERATOR(pg_catalog.-) 1 END) AS judged_to
              FROM msb_org.assignment a
              LEFT JOIN msb_org.enactment e ON e.in_force OPERATOR(pg_catalog.@>) msb_org.today()
             WHERE a.citizen OPERATOR(pg_catalog.=) (coordinated).citizen AND a.valid_to IS NULL
            HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0) c,
   -- what waits already is in handover
   LATERAL (SELECT CASE WHEN c.judged_to OPERATOR(pg_catalog.<) msb_org.today()
                         AND NOT EXISTS (SELECT FROM msb_org.handover h
                              WHERE h.citizen OPERATOR(pg_catalog.=) (coordinated).citizen AND h.case_table OPERATOR(pg_catalog.=) ''
                                AND h.case_key OPERATOR(pg_catalog.=) (coordinated).plan::text
                                AND h.moved_at IS NULL AND h.void_at IS NULL AND h.planned OPERATOR(pg_catalog.<=) msb_org.today())
                        THEN GREATEST(c.judged_to, msb_org.coordination_since(coordinated)) ELSE msb_org.today() END AS since) s,
   LATERAL msb_org.future_units(NULL, NULL, NULL, NULL, s.since, NULL, c.birth,
               msb_org.coordination_situation(COALESCE((msb_org.coordination_of((coordinated).citizen)).challenge, (coordinated).challenge)),
               NULL, GREATEST(from_date, s.since OPERATOR(pg_catalog.+) 1), to_date) f
     WHERE from_date IS NOT NULL;
END;
COMMENT ON FUNCTION msb_org.coordination_future(msb_org.plan, date, date) IS
'Used by upcoming_handovers() and others: the changes of the coordinating unit ahead of a plan: the area of the task coordination for the citizen''s primary challenge, as coordination_of() finds it, and the birth date that the open cases give. After today, and days before for which the citizen''s cases have not been judged yet. No rows where the citizen has no open case, or a day is NULL.';

CREATE FUNCTION msb_org.upcoming_handovers(from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today() OPERATOR(pg_catalog.+) 365)
    RETURNS TABLE (citizen text, case_table text, case_key text, planned date, cause text,
                   from_unit text, to_unit text, to_finding text, accepted_at timestamptz, accepted_by text)
    LANGUAGE sql STABLE COST 10000 ROWS 1000
BEGIN ATOMIC
    SELECT NULLIF(u.citizen, ''), u.case_table, u.case_key, u.planned, u.cause, u.from_unit, u.to_unit, u.to_finding,
           h.accepted_at, h.accepted_by
      FROM (-- what the ledger says to be due, by index
            SELECT a.citizen, a.case_table, a.case_key, f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
              FROM msb_org.assignment a, LATERAL msb_org.case_future(a, upcoming_handovers.from_date, upcoming_handovers.to_date) f
             WHERE a.valid_to IS NULL AND a.due OPERATOR(pg_catalog.<=) upcoming_handovers.to_date
             UNION ALL
            -- a structure that begins concerns every case; its rows may have been judged before it was adopted
            SELECT a.citizen, a.case_table, a.case_key, f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
              FROM msb_org.assignment a, LATERAL msb_org.case_future(a, upcoming_handovers.from_date, upcoming_handovers.to_date) f
             WHERE a.valid_to IS NULL AND (a.due OPERATOR(pg_catalog.<=) upcoming_handovers.to_date) IS NOT TRUE
               AND (SELECT EXISTS (SELECT FROM msb_org.enactment e
                     WHERE (pg_catalog.lower(e.in_force) OPERATOR(pg_catalog.>) (msb_org.today() OPERATOR(pg_catalog.-) 31)
                            AND pg_catalog.lower(e.in_force) OPERATOR(pg_catalog.<=) upcoming_handovers.to_date)
                        OR (pg_catalog.upper(e.in_force) OPERATOR(pg_catalog.>) (msb_org.today() OPERATOR(pg_catalog.-) 31)
                            AND pg_catalog.upper(e.in_force) OPERATOR(pg_catalog.<=) upcoming_handovers.to_date)))
             UNION ALL
            -- coordination: what is to come, and what waits to be moved
            SELECT p.citizen, '', p.plan::text, f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
              FROM msb_org.plan p, LATERAL msb_org.coordination_future(p, upcoming_handovers.from_date, upcoming_handovers.to_date) f
             WHERE p.kind OPERATOR(pg_catalog.=) 'coordination'
               AND p.status OPERATOR(pg_catalog.=) ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[])
             UNION ALL
            SELECT w.citizen, w.case_table, w.case_key, w.planned, w.cause, w.from_unit, w.to_unit, NULL
              FROM msb_org.handover w
             WHERE w.case_table OPERATOR(pg_catalog.=) '' AND w.moved_at IS NULL AND w.void_at IS NULL
               AND w.planned OPERATOR(pg_catalog.<=) msb_org.today()
               AND w.planned OPERATOR(pg_catalog.>=) upcoming_handovers.from_date AND w.planned OPERATOR(pg_catalog.<=) upcoming_handovers.to_date) u
      LEFT JOIN msb_org.handover h
             ON h.citizen OPERATOR(pg_catalog.=) u.citizen AND h.case_table OPERATOR(pg_catalog.=) u.case_table
            AND h.case_key OPERATOR(pg_catalog.=) u.case_key AND h.planned OPERATOR(pg_catalog.=) u.planned
            AND h.to_unit OPERATOR(pg_catalog.=) u.to_unit AND h.void_at IS NULL;
END;
COMMENT ON FUNCTION msb_org.upcoming_handovers(date, date) IS
'The handovers ahead between two days, both included (default: a year from today): each change of the unit responsible for an open case that follows from birthdays, structures that are enacted and overrides that end, and each change of the unit that coordinates an open plan (case_table empty, case_key the plan''s number). to_unit is NULL where the case cannot be judged from then on, with to_finding. accepted_at and accepted_by: whether that unit has accepted. What was due before and has not moved yet is found too where from_date lies that far back. Computed from the ledger by its index on due; where a structure begins or ends in the span (or did within the last 31 days), from every open row. No rows for a NULL day. Citizens are personal data.';

CREATE VIEW msb_org.handover_status AS
    SELECT NULLIF(s.citizen, '') AS citizen, s.case_table, s.case_key, s.planned, s.cause, s.from_unit, s.to_unit,
           CASE WHEN s.void_at IS NOT NULL THEN 'void'
                WHEN s.days_late OPERATOR(pg_catalog.>) 0 THEN 'late'
                WHEN s.moved_at IS NOT NULL THEN 'moved'
                WHEN s.accepted_at IS NOT NULL THEN 'accepted'
                ELSE 'planned' END AS status,
           CASE WHEN s.void_at IS NULL THEN GREATEST(s.days_late, 0) END AS days_late,
           s.accepted_at IS NULL AND s.void_at IS NULL AS unaccepted,
           s.accepted_at, s.accepted_by, s.moved_at, s.void_at
      FROM (SELECT h.citizen, h.case_table, h.case_key, h.planned, h.cause, h.from_unit, h.to_unit,
                   h.accepted_at, h.accepted_by, h.moved_at, h.void_at,
                   COALESCE(msb_org.local_day(h.moved_at), msb_org.today()) OPERATOR(pg_catalog.-) h.planned AS days_late
              FROM msb_org.handover h
             UNION ALL
            SELECT COALESCE(u.citizen, ''), u.case_table, u.case_key, u.planned, u.cause, u.from_unit, u.to_unit,
                   NULL, NULL, NULL, NULL, msb_org.today() OPERATOR(pg_catalog.-) u.planned
              FROM msb_org.upcoming_handovers(msb_org.today() OPERATOR(pg_catalog.-) 365, msb_org.today() OPERATOR(pg_catalog.+) 365) u
             WHERE NOT EXISTS (
                   SELECT FROM msb_org.handover h
                    WHERE h.citizen OPERATOR(pg_catalog.=) COALESCE(u.citizen, '') AND h.case_table OPERATOR(pg_catalog.=) u.case_table
                      AND h.case_key OPERATOR(pg_catalog.=) u.case_key AND h.planned OPERATOR(pg_catalog.=) u.planned
                      AND h.to_unit IS NOT DISTINCT FROM u.to_unit)) s;
COMMENT ON VIEW msb_org.handover_status IS 'How far every handover is: those recorded, and those ahead within a year or overdue that nobody has accepted.';
COMMENT ON COLUMN msb_org.handover_status.citizen IS 'The citizen''s key; NULL for a case without one. Personal data.';
COMMENT ON COLUMN msb_org.handover_status.case_table IS 'Name of the case table; empty for the coordination of a plan.';
COMMENT ON COLUMN msb_org.handover_status.case_key IS 'The case''s key, or the number of the plan.';
COMMENT ON COLUMN msb_org.handover_status.planned IS 'The day on which it is to happen.';
COMMENT ON COLUMN msb_org.handover_status.cause IS 'birthday, structure, override_end or case; see handover.';
COMMENT ON COLUMN msb_org.handover_status.from_unit IS 'The unit that hands over.';
COMMENT ON COLUMN msb_org.handover_status.to_unit IS 'The unit that takes over; NULL where the case cannot be judged from then on.';
COMMENT ON COLUMN msb_org.handover_status.status IS 'planned; accepted, but not moved yet; moved; late: moved after the planned day, or that day has passed and it has not; void: it does not happen after all.';
COMMENT ON COLUMN msb_org.handover_status.days_late IS 'Days from the planned day to the one on which it moved, or to today; 0 where it is in time.';
COMMENT ON COLUMN msb_org.handover_status.unaccepted IS 'Whether nobody has accepted it.';
COMMENT ON COLUMN msb_org.handover_status.accepted_at IS 'When the unit that takes over accepted.';
COMMENT ON COLUMN msb_org.handover_status.accepted_by IS 'Who accepted.';
COMMENT ON COLUMN msb_org.handover_status.moved_at IS 'When responsibility moved.';
COMMENT ON COLUMN msb_org.handover_status.void_at IS 'When it turned out that it does not happen.';

-- Accepting. The locks: the plan's row (not its key, which the rows that refer to it hold),
-- then the citizen; then the newest of ledger and handovers.

CREATE FUNCTION msb_org.write_acceptance(citizen text, case_table text, case_key text, wanted jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM msb_org.newest(
        'INSERT INTO msb_org.handover AS h (citizen, case_table, case_key, planned, cause, from_unit, to_unit, accepted_at, accepted_by)'
        ' VALUES ($1, $2, $3, $4::date, $5, $6, $7, msb_org.record_time(), msb_org.actor())'
        ' ON CONFLICT (citizen, case_table, case_key, planned) DO UPDATE'
        '    SET cause = excluded.cause, from_unit = excluded.from_unit, to_unit = excluded.to_unit,'
        '        accepted_at = excluded.accepted_at, accepted_by = excluded.accepted_by, void_at = NULL'
        '  WHERE h.accepted_at IS NULL OR h.void_at IS NOT NULL OR h.to_unit IS DISTINCT FROM excluded.to_unit',
        write_acceptance.citizen, write_acceptance.case_table, write_acceptance.case_key,
        wanted ->> 'planned', wanted ->> 'cause', wanted ->> 'from_unit', wanted ->> 'to_unit');
END $$;
COMMENT ON FUNCTION msb_org.write_acceptance(text, text, text, jsonb) IS
'Used by accept_handover(): marks a handover accepted, or records it so. Who accepted first stands.';

CREATE FUNCTION msb_org.accept_coordination(plan text, planned date) RETURNS date
    LANGUAGE plpgsql VOLATILE COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    -- text that is no number of a plan is no number of this plan: the server's own error would show it
    number  text := substring(lower(plan) FROM '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$');
    citizen text;
    wanted   jsonb;
BEGIN
    citizen := msb_org.newest('SELECT p.citizen FROM msb_org.plan p WHERE p.plan = $1::uuid AND p.kind = ''coordination'' FOR NO KEY UPDATE', number);
    IF citizen IS NULL THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('there is no coordination plan %s'), msb_org.printable(plan)));
    END IF;
    PERFORM msb_org.lock_citizens(ARRAY[citizen]);
    wanted := msb_org.newest(
        'SELECT to_jsonb(w) FROM ('
        'SELECT h.planned, h.cause, h.from_unit, h.to_unit, h.moved_at IS NOT NULL AS moved'
        '  FROM msb_org.handover h'
        ' WHERE h.citizen = $1 AND h.case_table = '''' AND h.case_key = $2 AND h.void_at IS NULL'
        '   AND (h.planned = $3::date OR ($3 IS NULL AND h.accepted_at IS NULL AND NOT EXISTS ('
        '        SELECT FROM msb_org.handover l WHERE l.citizen = $1 AND l.case_table = '''' AND l.case_key = $2'
        '           AND l.moved_at IS NOT NULL AND l.planned > h.planned)))'
        ' UNION ALL '
        'SELECT f.planned, f.cause, f.from_unit, f.to_unit, false'
        '  FROM msb_org.plan p, LATERAL msb_org.coordination_future(p, coalesce($3::date, ''-infinity''), coalesce($3::date, ''infinity'')) f'
        ' WHERE p.citizen = $1 AND p.plan = $2::uuid AND f.to_unit IS NOT NULL'
        '   AND p.status = ANY (''{draft,offered,consented,active,under_review}'')'
        ') w ORDER BY w.planned, w.moved DESC LIMIT 1', citizen, number, planned::text);
    IF wanted IS NULL THEN
        PERFORM msb_org.raise('42704', CASE WHEN planned IS NULL
            THEN format(msb_org.gettext('no handover of the coordination of plan %s waits to be accepted'), number)
            ELSE format(msb_org.gettext('no handover of the coordination of plan %s is planned for %s'), number, planned) END,
            msb_org.gettext('msb_org.upcoming_handovers() shows what is ahead.'));
    END IF;
    PERFORM msb_org.write_acceptance(citizen, '', number, wanted);
    IF (wanted ->> 'planned')::date <= msb_org.today() AND NOT (wanted ->> 'moved')::boolean THEN
        -- first, since a plan's unit that changes has what waits for it looked at
        PERFORM msb_org.newest('UPDATE msb_org.handover h SET moved_at = msb_org.record_time()'
                               ' WHERE h.citizen = $1 AND h.case_table = '''' AND h.case_key = $2 AND h.planned = $3::date',
                               citizen, number, wanted ->> 'planned');
        PERFORM msb_org.newest('UPDATE msb_org.plan p SET unit = $3, challenge = (msb_org.coordination_of(p.citizen)).challenge'
                               ' WHERE p.citizen = $1 AND p.plan = $2::uuid AND p.unit IS DISTINCT FROM $3',
                               citizen, number, wanted ->> 'to_unit');
    END IF;
    RETURN (wanted ->> 'planned')::date;
END $$;
COMMENT ON FUNCTION msb_org.accept_coordination(text, date) IS 'Used by accept_handover(): the coordination of a plan.';

CREATE FUNCTION msb_org.accept_handover(case_table text, case_key text, planned date DEFAULT NULL) RETURNS date
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    of_case constant text := 'SELECT a.citizen FROM msb_org.assignment a WHERE a.case_table = $1 AND a.case_key = $2 ORDER BY a.valid_from DESC LIMIT 1';
    name    text;
    citizen text;
    wanted   jsonb;
BEGIN
    IF case_table IS NULL OR case_key IS NULL THEN
        PERFORM msb_org.raise('22004', msb_org.gettext('case_table and case_key must be given'));
    END IF;
    IF NOT isfinite(planned) THEN
        PERFORM msb_org.raise('22023', msb_org.gettext('planned must be a day'));
    END IF;
    IF case_table = '' THEN
        RETURN msb_org.accept_coordination(case_key, planned);
    END IF;
    name := msb_org.attached_name(case_table);
    LOOP
        citizen := msb_org.newest(of_case, name, case_key);
        IF citizen IS NULL THEN
            PERFORM msb_org.raise('42704', format(msb_org.gettext('"%s" has no case %s'), name, msb_org.printable(case_key)));
        END IF;
        PERFORM msb_org.lock_citizens(ARRAY[CASE citizen WHEN '' THEN name || E'\n' || case_key ELSE citizen END]);
        -- the citizen may have got another key while the lock was waited for
        EXIT WHEN msb_org.newest(of_case, name, case_key) = citizen;
    END LOOP;
    wanted := msb_org.newest(
        'SELECT to_jsonb(w) FROM ('
        'SELECT h.planned, h.cause, h.from_unit, h.to_unit'
        '  FROM msb_org.handover h'
        ' WHERE h.citizen = $1 AND h.case_table = $2 AND h.case_key = $3 AND h.moved_at IS NOT NULL'
        '   AND (h.planned = $4::date OR ($4 IS NULL AND h.accepted_at IS NULL AND NOT EXISTS ('
        '        SELECT FROM msb_org.handover l WHERE l.citizen = $1 AND l.case_table = $2 AND l.case_key = $3'
        '           AND l.moved_at IS NOT NULL AND l.planned > h.planned)))'
        ' UNION ALL '
        'SELECT f.planned, f.cause, f.from_unit, f.to_unit'
        '  FROM msb_org.assignment a, LATERAL msb_org.case_future(a, coalesce($4::date, ''-infinity''), coalesce($4::date, ''infinity'')) f'
        ' WHERE a.case_table = $2 AND a.case_key = $3 AND a.valid_to IS NULL AND f.to_unit IS NOT NULL'
        ') w ORDER BY w.planned LIMIT 1', citizen, name, case_key, planned::text);
    IF wanted IS NULL THEN
        PERFORM msb_org.raise('42704', CASE WHEN planned IS NULL
            THEN format(msb_org.gettext('no handover of case %s of "%s" waits to be accepted'), msb_org.printable(case_key), name)
            ELSE format(msb_org.gettext('no handover of case %s of "%s" is planned for %s'), msb_org.printable(case_key), name, planned) END,
            msb_org.gettext('msb_org.upcoming_handovers() shows what is ahead.'));
    END IF;
    PERFORM msb_org.write_acceptance(citizen, name, case_key, wanted);
    RETURN (wanted ->> 'planned')::date;
END $$;
COMMENT ON FUNCTION msb_org.accept_handover(text, text, date) IS
'The unit that takes over a case accepts, before the day or after it, and learns which day: the one given, else the last handover that has happened and nobody has accepted, else the next one ahead. Responsibility moves on the day, accepted or not. For the coordination of a plan case_table is empty and case_key the plan''s number; where the day has come the plan''s unit changes at once. Said twice, the first stands. Runs with the owner''s rights: whoever may call it may accept. 42704 where there is no such case, plan or handover, 22004 for NULL, 22023 for a day that is none.';

-- The daily job's part; called by reassign_due(), under the locks that it holds.

CREATE FUNCTION msb_org.cases_handed_over(case_table text, on_date date) RETURNS TABLE (case_key text)
    LANGUAGE sql STABLE COST 100 ROWS 10
BEGIN ATOMIC
    SELECT h.case_key FROM msb_org.handover h
     WHERE h.moved_at IS NULL AND h.void_at IS NULL AND h.planned OPERATOR(pg_catalog.<=) cases_handed_over.on_date
       AND h.case_table OPERATOR(pg_catalog.=) cases_handed_over.case_table
     UNION ALL
    SELECT a.case_key FROM msb_org.handover h
      JOIN msb_org.assignment a ON a.citizen OPERATOR(pg_catalog.=) h.citizen AND a.valid_to IS NULL
     WHERE h.moved_at IS NULL AND h.void_at IS NULL AND h.planned OPERATOR(pg_catalog.<=) cases_handed_over.on_date
       AND h.case_table OPERATOR(pg_catalog.=) '' AND a.case_table OPERATOR(pg_catalog.=) cases_handed_over.case_table;
END;
COMMENT ON FUNCTION msb_org.cases_handed_over(text, date) IS
'Used by reassign_due(): the cases of a table whose handover, or whose citizen''s, is planned for a day or before and is open; they are judged with those that are due, so that the locks are taken with theirs.';

CREATE FUNCTION msb_org.lock_plans_of(noted jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM msb_org.newest(
        'WITH locked AS (SELECT p.plan FROM msb_org.plan p'
        ' WHERE p.kind = ''coordination'' AND p.status = ANY (''{draft,offered,consented,active,under_review}'')'
        -- an array: a join would carry the whole document along with every row that is locked
        '   AND p.citizen = ANY (ARRAY(SELECT DISTINCT a.citizen FROM jsonb_each($1::jsonb) n, jsonb_array_elements_text(n.value) k,'
        '                                     msb_org.assignment a'
        '                               WHERE a.case_table = n.key AND a.case_key = k.value AND a.valid_to IS NULL))'
        ' ORDER BY p.citizen FOR NO KEY UPDATE)'
        'SELECT count(*) FROM locked', noted::text);
END $$;
COMMENT ON FUNCTION msb_org.lock_plans_of(jsonb) IS
'Used by reassign_due(): locks the open coordination plans of the citizens whose cases it is about to judge, an object of lists of keys by case table: rows come before citizens.';

CREATE FUNCTION msb_org.record_moves(case_table text, keys text[], all_moves boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- the row that this transaction made, and the one that it ended at the same instant
    PERFORM msb_org.newest(
        'INSERT INTO msb_org.handover AS h (citizen, case_table, case_key, planned, cause, from_unit, to_unit, moved_at)'
        ' SELECT a.citizen, a.case_table, a.case_key, coalesce(f.planned, msb_org.today()), c.cause, b.unit, a.unit, a.valid_from'
        '   FROM unnest($2::text[]) k (case_key)'
        '   JOIN msb_org.assignment a ON a.case_table = $1 AND a.case_key = k.case_key AND a.valid_to IS NULL'
        '    AND a.recorded_at = now() AND a.unit IS NOT NULL'
        '   JOIN msb_org.assignment b ON b.case_table = $1 AND b.case_key = k.case_key AND b.valid_to = a.valid_from AND b.unit <> a.unit'
        '   LEFT JOIN LATERAL ('
        '        SELECT u.planned, u.cause, u.to_unit'
        '          FROM msb_org.future_units(b.unit, NULL, NULL, NULL, msb_org.local_day(b.valid_from),'
        '               CASE WHEN b.origin = ''override'' THEN coalesce((SELECT o.until + 1 FROM msb_org.case_override o'
        '                     WHERE o.case_table = a.case_table AND o.case_key = a.case_key), msb_org.today()) END,'
        '               a.birth, a.situation,'
        '               (SELECT c.challenge FROM msb_org.primary_challenge c WHERE c.citizen = a.citizen AND c.valid_to IS NULL'
        '                 ORDER BY c.valid_from DESC LIMIT 1),'
        '               ''-infinity'', msb_org.today()) u'
        '         ORDER BY u.planned DESC LIMIT 1) f ON f.to_unit = a.unit,'
        '        LATERAL (SELECT coalesce(f.cause, CASE WHEN (a.structure, a.revision) IS DISTINCT FROM (b.structure, b.revision)'
        '                                               THEN ''structure'' ELSE ''case'' END) AS cause) c'
        '  WHERE $3::boolean OR c.cause <> ''case'''
        ' ON CONFLICT (citizen, case_table, case_key, planned) DO UPDATE'
        '    SET cause = excluded.cause, from_unit = excluded.from_unit, to_unit = excluded.to_unit,'
        '        moved_at = excluded.moved_at, void_at = NULL,'
        '        accepted_at = CASE WHEN h.to_unit = excluded.to_unit THEN h.accepted_at END,'
        '        accepted_by = CASE WHEN h.to_unit = excluded.to_unit THEN h.accepted_by END',
        record_moves.case_table, keys::text, all_moves::text);
END $$;
COMMENT ON FUNCTION msb_org.record_moves(text, text[], boolean) IS
'Used by reassign_due() and reassign(): records which of these cases this transaction has moved from one unit to another, with the cause and the day on which they were due. Without all_moves only what a birthday, a structure or the end of an override has moved.';

CREATE FUNCTION msb_org.settle_handovers(on_date date) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM msb_org.handover h WHERE h.moved_at IS NULL AND h.void_at IS NULL AND h.planned <= on_date) THEN
        RETURN;
    END IF;
    PERFORM msb_org.newest(
        'WITH pending AS MATERIALIZED ('
        '     SELECT h.citizen, h.case_table, h.case_key, h.planned, h.to_unit FROM msb_org.handover h'
        '      WHERE h.moved_at IS NULL AND h.void_at IS NULL AND h.planned <= $1::date AND h.case_table <> '''''
        '        AND NOT EXISTS (SELECT FROM msb_org.attachment t WHERE t.case_table = h.case_table AND t.key IS NULL)'
        '        FOR UPDATE OF h SKIP LOCKED)'
        'UPDATE msb_org.handover h'
        '   SET moved_at = s.since, void_at = CASE WHEN s.since IS NULL THEN msb_org.record_time() END'
        '  FROM pending p'
        '  LEFT JOIN LATERAL ('
        '       SELECT coalesce((SELECT max(b.valid_to) FROM msb_org.assignment b'
        '                         WHERE b.case_table = a.case_table AND b.case_key = a.case_key AND b.unit IS DISTINCT FROM a.unit),'
        '                       a.valid_from) AS since'
        '         FROM msb_org.assignment a'
        '        WHERE a.case_table = p.case_table AND a.case_key = p.case_key AND a.valid_to IS NULL'
        '          AND a.citizen = p.citizen AND a.unit = p.to_unit) s ON true'
        ' WHERE h.citizen = p.citizen AND h.case_table = p.case_table AND h.case_key = p.case_key AND h.planned = p.planned',
        on_date::text);
END $$;
COMMENT ON FUNCTION msb_org.settle_handovers(date) IS
'Used by reassign_due(): handovers planned for a day or before that it did not move itself: the case is where it was to go (something else moved it), or the handover is void (the case is closed, or another unit''s).';

CREATE FUNCTION msb_org.move_coordination(on_date date) RETURNS text[]
    LANGUAGE plpgsql VOLATILE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM msb_org.handover h
                    WHERE h.case_table = '' AND h.moved_at IS NULL AND h.void_at IS NULL AND h.planned <= on_date) THEN
        RETURN '{}';
    END IF;
    -- of several that wait for one plan, the last says where it goes
    RETURN msb_org.newest(
        'WITH pending AS MATERIALIZED ('
        '     SELECT h.citizen, h.case_key, h.planned, h.to_unit,'
        '            h.planned = max(h.planned) OVER (PARTITION BY h.citizen, h.case_key) AS is_last'
        '       FROM msb_org.handover h'
        '      WHERE h.case_table = '''' AND h.moved_at IS NULL AND h.void_at IS NULL AND h.planned <= $1::date),'
        ' locked AS MATERIALIZED ('
        '     SELECT e.citizen, p.plan, e.case_key, e.planned, e.to_unit,'
        '            e.is_last AND p.status = ANY (''{draft,offered,consented,active,under_review}'') AS moves'
        '       FROM pending e JOIN msb_org.plan p ON p.citizen = e.citizen AND p.plan = e.case_key::uuid'
        '        FOR NO KEY UPDATE OF p SKIP LOCKED),'
        -- each found by its key: how many there are nobody can tell beforehand
        ' moved AS ('
        '     UPDATE msb_org.plan p SET unit = l.to_unit, challenge = (msb_org.coordination_of(p.citizen)).challenge'
        '       FROM locked l WHERE l.moves AND p.citizen = l.citizen AND p.plan = l.plan AND p.unit IS DISTINCT FROM l.to_unit'
        '     RETURNING p.citizen),'
        ' marked AS ('
        '     UPDATE msb_org.handover h'
        '        SET moved_at = CASE WHEN l.moves THEN msb_org.record_time() END,'
        '            void_at = CASE WHEN NOT l.moves THEN msb_org.record_time() END'
        '       FROM locked l WHERE h.citizen = l.citizen AND h.case_table = '''' AND h.case_key = l.case_key AND h.planned = l.planned)'
        'SELECT coalesce(array_agg(m.citizen ORDER BY m.citizen), ''{}'') FROM moved m', on_date::text)::text[];
END $$;
COMMENT ON FUNCTION msb_org.move_coordination(date) IS
'Used by reassign_due(): moves the coordination of the open plans whose handover is planned for a day or before, accepted or not, and returns whose they are. A plan whose row another transaction holds is left for the next run.';

-- Whom a citizen meets, and all of a citizen on one screen.

CREATE VIEW msb_org.unit_in_force AS
    SELECT u.unit, u.title, u.kind, u.contact, u.parent, e.structure, e.revision
      FROM msb_org.enactment e,
   LATERAL jsonb_to_recordset(e.document -> 'units') AS u (unit text, title text, kind text, contact text, parent text)
     WHERE e.in_force @> msb_org.today();
COMMENT ON VIEW msb_org.unit_in_force IS 'The units of the structure in force today.';
COMMENT ON COLUMN msb_org.unit_in_force.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.unit_in_force.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.unit_in_force.kind IS 'operating_area, entry, external and so on; see unit.';
COMMENT ON COLUMN msb_org.unit_in_force.contact IS 'How to reach it.';
COMMENT ON COLUMN msb_org.unit_in_force.parent IS 'The unit that it is part of.';
COMMENT ON COLUMN msb_org.unit_in_force.structure IS 'The structure in force.';
COMMENT ON COLUMN msb_org.unit_in_force.revision IS 'Its revision.';

CREATE FUNCTION msb_org.entry_point(citizen text,
        OUT unit text, OUT title text, OUT contact text, OUT reason text, OUT plan uuid, OUT coordinator text)
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted text := msb_org.citizen_key(entry_point.citizen);
    units  text[];
BEGIN
    SELECT p.unit, p.plan, p.coordinator INTO unit, plan, coordinator
      FROM msb_org.plan p
     WHERE p.citizen = wanted AND p.kind = 'coordination'
       AND p.status = ANY ('{draft,offered,consented,active,under_review}');
    reason := 'plan';
    IF unit IS NULL THEN
        SELECT array_agg(DISTINCT a.unit) INTO units
          FROM msb_org.assignment a WHERE a.citizen = wanted AND a.valid_to IS NULL AND a.unit IS NOT NULL;
        IF cardinality(units) = 1 THEN
            unit := units[1];
            reason := 'only_unit';
        ELSIF cardinality(units) > 1 THEN
            SELECT c.unit INTO unit FROM msb_org.coordination_of(wanted) c;
            reason := 'coordination';
        END IF;
    END IF;
    IF unit IS NULL THEN
        SELECT min(u.unit) INTO unit FROM msb_org.unit_in_force u WHERE u.kind = 'entry';
        reason := CASE WHEN unit IS NOT NULL THEN 'entry' END;
    END IF;
    SELECT u.title, u.contact INTO title, contact FROM msb_org.unit_in_force u WHERE u.unit = entry_point.unit;
END $$;
COMMENT ON FUNCTION msb_org.entry_point(text) IS
'Whom a citizen meets, by any form of the citizen''s key: the unit that coordinates the open plan (reason plan); else the unit of all open cases (only_unit); else, of several, the one that coordinates by the rules (coordination); else the structure''s entry (entry). Title and contact are those of the structure in force; plan and coordinator those of the open coordination plan. Reads as the caller.';

CREATE FUNCTION msb_org.citizen_view(citizen text)
    RETURNS TABLE (section text, "position" integer, what text, unit text, title text, since timestamptz, until date, detail text)
    LANGUAGE sql VOLATILE STRICT COST 10000 ROWS 20
BEGIN ATOMIC
    WITH wanted AS MATERIALIZED (SELECT msb_org.citizen_key(citizen_view.citizen) AS citizen),
    plans AS MATERIALIZED (
        SELECT p.* FROM wanted w JOIN msb_org.plan p ON p.citizen = w.citizen
         WHERE p.status = ANY ('{draft,offered,consented,active,under_review}')),
    ahead AS (
        SELECT a.case_table || ' ' || a.case_key AS what, a.case_table, a.case_key, f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
          FROM wanted w JOIN msb_org.assignment a ON a.citizen = w.citizen AND a.valid_to IS NULL,
       LATERAL msb_org.case_future(a, '-infinity', msb_org.today() + 365) f
         UNION ALL
        SELECT 'coordination', '', p.plan::text, f.planned, f.cause, f.from_unit, f.to_unit, f.to_finding
          FROM plans p, LATERAL msb_org.coordination_future(p, '-infinity', msb_org.today() + 365) f
         WHERE p.kind = 'coordination'
         UNION ALL
        SELECT 'coordination', h.case_table, h.case_key, h.planned, h.cause, h.from_unit, h.to_unit, NULL
          FROM wanted w JOIN msb_org.handover h ON h.citizen = w.citizen
         WHERE h.case_table = '' AND h.moved_at IS NULL AND h.void_at IS NULL AND h.planned <= msb_org.today()),
    lines (rank, section, what, unit, since, until, detail) AS (
        SELECT 1, 'entry', e.reason, e.unit, NULL::timestamptz, NULL::date, e.contact
          FROM msb_org.entry_point(citizen_view.citizen) e WHERE e.unit IS NOT NULL
         UNION ALL
        SELECT 2, 'case', a.case_table || ' ' || a.case_key, a.unit, a.valid_from, a.closed,
               concat_ws('; ', CASE WHEN a.origin = 'override' THEN 'override' END, a.finding, a.reason, a.situation::text)
          FROM wanted w JOIN msb_org.assignment a ON a.citizen = w.citizen AND a.valid_to IS NULL
         UNION ALL
        SELECT 3, 'plan', p.kind || ' ' || p.status, p.unit, p.opened_at, p.due,
               concat_ws('; ', 'plan ' || p.plan::text, p.challenge, p.status_reason, p.wishes)
          FROM plans p
         UNION ALL
        SELECT 4, 'coordinator', p.coordinator, p.unit, p.coordinator_since, NULL, 'plan ' || p.plan::text
          FROM plans p WHERE p.coordinator IS NOT NULL
         UNION ALL
        SELECT 5, 'participant', t.participant, CASE t.kind WHEN 'unit' THEN t.participant END, t.valid_from, NULL,
               t.kind || ', plan ' || t.plan::text
          FROM plans p JOIN msb_org.plan_participant t ON t.citizen = p.citizen AND t.plan = p.plan AND t.valid_to IS NULL
         UNION ALL
        SELECT 6, 'duty', r.duty, NULL, r.valid_from, NULL,
               concat_ws('; ', array_to_string(r.units, ', '), r.action, CASE WHEN r.observed THEN 'observed' END)
          FROM wanted w JOIN msb_org.plan_reason r ON r.citizen = w.citizen AND r.valid_to IS NULL
         UNION ALL
        SELECT 7, 'handover', f.what, f.to_unit, NULL, f.planned,
               concat_ws('; ', f.cause, 'from ' || f.from_unit, f.to_finding,
                         'accepted ' || msb_org.local_day(h.accepted_at)::text || ' by ' || h.accepted_by)
          FROM wanted w CROSS JOIN ahead f
          LEFT JOIN msb_org.handover h ON h.citizen = w.citizen AND h.case_table = f.case_table AND h.case_key = f.case_key
                AND h.planned = f.planned AND h.to_unit = f.to_unit AND h.void_at IS NULL)
    SELECT l.section,
           (row_number() OVER (ORDER BY l.rank, l.until NULLS FIRST, l.since, l.what COLLATE "C"))::integer,
           l.what, l.unit, u.title, l.since, l.until, l.detail
      FROM lines l LEFT JOIN msb_org.unit_in_force u ON u.unit = l.unit
     ORDER BY 2;
END;
COMMENT ON FUNCTION msb_org.citizen_view(text) IS
'All of a citizen on one screen, a row a line, by any form of the citizen''s key. section:

- entry: whom to meet; what says why, detail the contact.
- case: open cases; until is the closing day, detail what is wrong and the labels.
- plan: open plans of every kind; until is the day on which it is due. coordinator, participant: those of open plans.
- duty: the duties that are due, and their units.
- handover: within a year; unit takes over, until is the day.

position orders the lines, title is the unit''s in the structure in force. Reads as the caller; personal data.';

-- What a change of structure would do to the live cases of a table.

-- A type with a name: from 19 on the server groups no rows of a record type without one.
CREATE TYPE msb_org.judged_twice AS (
    case_key text, citizen text, from_unit text, from_rule text, from_finding text,
    to_unit text, to_rule text, to_finding text, overridden boolean);
COMMENT ON TYPE msb_org.judged_twice IS
'What judge_twice() returns: where a case lies by each of two documents.';
COMMENT ON COLUMN msb_org.judged_twice.case_key IS 'Key of the case, as in the ledger.';
COMMENT ON COLUMN msb_org.judged_twice.citizen IS 'Key of the citizen; NULL where the case has none.';
COMMENT ON COLUMN msb_org.judged_twice.from_unit IS 'Unit by the first document; NULL where it has none for the case.';
COMMENT ON COLUMN msb_org.judged_twice.from_rule IS 'Its rule.';
COMMENT ON COLUMN msb_org.judged_twice.from_finding IS 'Why the first document gives no unit.';
COMMENT ON COLUMN msb_org.judged_twice.to_unit IS 'Unit by the second document; NULL where it has none for the case.';
COMMENT ON COLUMN msb_org.judged_twice.to_rule IS 'Its rule.';
COMMENT ON COLUMN msb_org.judged_twice.to_finding IS 'Why the second document gives no unit.';
COMMENT ON COLUMN msb_org.judged_twice.overridden IS 'The case stands where an override puts it: both units are that one.';

CREATE FUNCTION msb_org.judge_twice(case_row record, case_table text, from_document jsonb, to_document jsonb,
        overrides jsonb, on_date date, with_case boolean) RETURNS msb_org.judged_twice
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'msb_judge_twice_row';
COMMENT ON FUNCTION msb_org.judge_twice(record, text, jsonb, jsonb, jsonb, date, boolean) IS
'Used by impact() and impact_case(), once a row: who answers for the case by each of two documents; NULL where it is closed on the day. overrides is an object of units by case key. Without with_case the key, the citizen and the rules are left out.';

CREATE FUNCTION msb_org.impact_query(case_table text, on_date date, with_case boolean, OUT query text, OUT overrides jsonb)
    LANGUAGE plpgsql STABLE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name   text := msb_org.attached_name(impact_query.case_table);
    target regclass;
BEGIN
    SELECT t.relation INTO target FROM msb_org.attached_table t WHERE t.case_table = name;
    -- rows of tables that inherit from this one are no cases of it, those of partitions are
    query := format('SELECT msb_org.judge_twice(t.*, %L, $1, $2, $3, $4, %L) AS judged FROM %s %s AS t',
                    name, with_case,
                    CASE WHEN (SELECT c.relkind FROM pg_class c WHERE c.oid = target) = 'p' THEN '' ELSE 'ONLY' END, target);
    SELECT coalesce(jsonb_object_agg(o.case_key, o.unit), '{}') INTO overrides
      FROM msb_org.case_override o WHERE o.case_table = name AND (o.until IS NULL OR o.until >= on_date);
END $$;
COMMENT ON FUNCTION msb_org.impact_query(text, date, boolean) IS
'Used by impact() and impact_case(): the query that judges every row of an attached table, and the overrides that hold on the day. 42704 where no table is attached under the name.';

CREATE FUNCTION msb_org.impact(case_table text, from_structure text, to_structure text, on_date date DEFAULT msb_org.today())
    RETURNS TABLE (from_unit text, to_unit text, from_finding text, to_finding text, overridden boolean, cases bigint)
    LANGUAGE plpgsql STABLE STRICT COST 1000000 ROWS 100
    SET search_path = pg_catalog, pg_temp
    SET min_parallel_table_scan_size = 0
AS $$
DECLARE
    source record := msb_org.impact_query(case_table, on_date, false);
BEGIN
    -- the count in the condition keeps it above the grouping, so that a row is judged once
    RETURN QUERY EXECUTE
        'SELECT (c.judged).from_unit, (c.judged).to_unit, (c.judged).from_finding, (c.judged).to_finding, (c.judged).overridden, c.cases'
        '  FROM (SELECT j.judged, count(*) AS cases FROM (' || source.query || ') j GROUP BY j.judged) c'
        ' WHERE CASE WHEN c.cases > 0 THEN (c.judged).overridden IS NOT NULL END'
        ' ORDER BY 1, 2, 3, 4, 5'
        USING msb_org.export_structure(from_structure), msb_org.export_structure(to_structure), source.overrides, on_date;
END $$;
COMMENT ON FUNCTION msb_org.impact(text, text, text, date) IS
'What a change from one structure to another (drafts, or revisions as name#n) would do on a day to the cases of an attached table that are open on it: how many each unit would hand to each, itself among them. A unit is NULL where the structure has none for the case; the finding says why. overridden: the case stands where an override puts it, and stays. Judges as reassign() does, from what the rows say now and both sides at the ages of the day, in one scan, in parallel where the table is large. Reads the table as the caller. Changes nothing. 42704 where there is no such table or structure.';

CREATE FUNCTION msb_org.impact_case(case_table text, from_structure text, to_structure text, on_date date DEFAULT msb_org.today())
    RETURNS TABLE (case_key text, citizen text, from_unit text, from_rule text, from_finding text,
                   to_unit text, to_rule text, to_finding text, overridden boolean)
    LANGUAGE plpgsql STABLE STRICT COST 1000000 ROWS 10000
    SET search_path = pg_catalog, pg_temp
    SET min_parallel_table_scan_size = 0
AS $$
DECLARE
    source record := msb_org.impact_query(case_table, on_date, true);
BEGIN
    -- OFFSET 0, for the same reason
    RETURN QUERY EXECUTE
        'SELECT (j.judged).* FROM (' || source.query || ' OFFSET 0) j WHERE (j.judged).overridden IS NOT NULL'
        USING msb_org.export_structure(from_structure), msb_org.export_structure(to_structure), source.overrides, on_date;
END $$;
COMMENT ON FUNCTION msb_org.impact_case(text, text, text, date) IS
'The cases behind impact(), one row each, with the rule that decides on either side. citizen is personal data. Errors as impact().';

-- Does what is recorded still say what the case tables say? After work with triggers
-- disabled, a partition attached or detached, rows restored from elsewhere.

CREATE FUNCTION msb_org.recheck_cases(case_table text, structure text)
    RETURNS TABLE (what text, case_key text, citizen text, recorded text, expected text)
    LANGUAGE plpgsql STABLE STRICT COST 1000000 ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH ledger AS (
        SELECT a.case_key, a.citizen, a.unit, a.origin, a.structure || '#' || a.revision AS structure
          FROM msb_org.assignment a WHERE a.case_table = recheck_cases.case_table AND a.valid_to IS NULL),
    live AS (
        SELECT i.case_key COLLATE "C" AS case_key, coalesce(i.citizen, '') COLLATE "C" AS citizen,
               i.from_unit COLLATE "C" AS unit, i.overridden
          FROM msb_org.impact_case(recheck_cases.case_table, recheck_cases.structure, recheck_cases.structure) i)
    SELECT CASE WHEN l.case_key IS NULL THEN 'case_not_recorded'
                WHEN v.case_key IS NULL THEN 'recorded_not_open'
                WHEN l.citizen <> v.citizen THEN 'citizen'
                WHEN l.unit IS DISTINCT FROM v.unit THEN 'unit'
                ELSE 'structure' END,
           coalesce(l.case_key, v.case_key), coalesce(v.citizen, l.citizen),
           CASE WHEN l.case_key IS NULL OR v.case_key IS NULL THEN l.unit
                WHEN l.citizen <> v.citizen THEN l.citizen
                WHEN l.unit IS DISTINCT FROM v.unit THEN l.unit
                ELSE l.structure END,
           CASE WHEN l.case_key IS NULL OR v.case_key IS NULL THEN v.unit
                WHEN l.citizen <> v.citizen THEN v.citizen
                WHEN l.unit IS DISTINCT FROM v.unit THEN v.unit
                ELSE recheck_cases.structure END
      FROM ledger l FULL JOIN live v ON v.case_key = l.case_key
     WHERE l.case_key IS NULL OR v.case_key IS NULL OR l.citizen <> v.citizen
        OR l.unit IS DISTINCT FROM v.unit OR (l.structure IS DISTINCT FROM recheck_cases.structure AND l.origin <> 'override');
END $$;
COMMENT ON FUNCTION msb_org.recheck_cases(text, text) IS
'Used by recheck(): the cases of one table about which the ledger says something else than their rows do, by a structure (name#n).';

CREATE FUNCTION msb_org.recheck_citizens()
    RETURNS TABLE (what text, citizen text, recorded text, expected text)
    LANGUAGE plpgsql VOLATILE COST 1000000 ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH concerned AS MATERIALIZED (
        -- one case alone is enough where a duty asks for one unit
        SELECT a.citizen FROM msb_org.assignment a WHERE a.valid_to IS NULL AND a.citizen <> ''
         GROUP BY a.citizen
        HAVING count(*) >= (SELECT coalesce(min(coalesce((d ->> 'min_units')::integer, 2)), 2)
                              FROM msb_org.enactment e, jsonb_array_elements(e.document -> 'plan_duties') d
                             WHERE e.in_force @> msb_org.today())
        UNION SELECT r.citizen FROM msb_org.plan_reason r WHERE r.valid_to IS NULL
        UNION SELECT p.citizen FROM msb_org.plan p WHERE p.kind = 'coordination'),
    open_plan AS MATERIALIZED (
        SELECT p.citizen, p.plan, p.unit FROM msb_org.plan p
         WHERE p.kind = 'coordination' AND p.status IN ('draft', 'offered', 'consented', 'active', 'under_review')),
    due AS (
        SELECT c.citizen, d.duty, d.units, d.observed FROM concerned c, msb_org.citizen_duty(c.citizen) d),
    reason AS (
        SELECT r.citizen, r.duty, r.units, r.observed FROM msb_org.plan_reason r WHERE r.valid_to IS NULL),
    taking_part AS (
        SELECT t.citizen, t.plan, t.participant AS unit FROM msb_org.plan_participant t
         WHERE t.kind = 'unit' AND t.valid_to IS NULL
           -- who takes part in a plan of another kind is that plan's
           AND NOT EXISTS (SELECT FROM msb_org.plan p
                            WHERE p.citizen = t.citizen AND p.plan = t.plan AND p.kind <> 'coordination')),
    should_take_part AS (
        SELECT p.citizen, p.plan, a.unit FROM open_plan p
          JOIN msb_org.assignment a ON a.citizen = p.citizen AND a.valid_to IS NULL AND a.unit IS NOT NULL
        UNION SELECT p.citizen, p.plan, p.unit FROM open_plan p WHERE p.unit IS NOT NULL)
    SELECT 'duty', coalesce(r.citizen, d.citizen),
           r.duty || ' ' || r.units::text || CASE WHEN r.observed THEN ' observed' ELSE '' END,
           d.duty || ' ' || d.units::text || CASE WHEN d.observed THEN ' observed' ELSE '' END
      FROM reason r FULL JOIN due d ON d.citizen = r.citizen AND d.duty = r.duty
     WHERE r.duty IS NULL OR d.duty IS NULL OR r.units <> d.units OR r.observed <> d.observed
    UNION ALL
    SELECT 'participant', coalesce(t.citizen, s.citizen), t.unit, s.unit
      FROM taking_part t FULL JOIN should_take_part s ON s.citizen = t.citizen AND s.plan = t.plan AND s.unit = t.unit
     WHERE t.unit IS NULL OR s.unit IS NULL
    UNION ALL
    -- a handover that waits is the daily job's, or the units' to accept
    SELECT 'coordination', p.citizen, p.unit, c.unit
      FROM open_plan p CROSS JOIN LATERAL msb_org.coordination_of(p.citizen) c
     WHERE c.unit IS NOT NULL AND c.unit IS DISTINCT FROM p.unit
       AND NOT EXISTS (SELECT FROM msb_org.handover h WHERE h.citizen = p.citizen AND h.case_table = ''
                          AND h.case_key = p.plan::text AND h.moved_at IS NULL AND h.void_at IS NULL AND h.to_unit = c.unit);
END $$;
COMMENT ON FUNCTION msb_org.recheck_citizens() IS
'Used by recheck(): the citizens about whom duties, participants or coordination say something else than the ledger does.';

CREATE FUNCTION msb_org.recheck(mend boolean DEFAULT false)
    RETURNS TABLE (what text, case_table text, case_key text, citizen text, recorded text, expected text)
    LANGUAGE plpgsql VOLATILE STRICT COST 1000000 ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    in_force text;
    source   record;
    found    jsonb := '[]';
    part     jsonb;
    citizens jsonb;
BEGIN
    SELECT e.structure || '#' || e.revision INTO in_force FROM msb_org.enactment e WHERE e.in_force @> msb_org.today();
    IF in_force IS NULL THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = msb_org.gettext('no structure is in force');
    END IF;
    FOR source IN SELECT t.case_table, t.key, t.relation FROM msb_org.attachment t ORDER BY t.case_table LOOP
        IF source.key IS NULL THEN
            RAISE WARNING USING
                MESSAGE = format(msb_org.gettext('the cases of "%s" cannot be judged: the table, or the map of its columns, is gone'), source.case_table),
                HINT = msb_org.gettext('remap() maps the columns anew, detach() lets the table go.');
            CONTINUE;
        END IF;
        PERFORM msb_org.check_sees_all(source.relation);
        SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object('case_table', source.case_table)) INTO part
          FROM msb_org.recheck_cases(source.case_table, in_force) c;
        found := found || coalesce(part, '[]');
        IF mend AND part IS NOT NULL THEN
            PERFORM msb_org.judge_cases(source.case_table,
                                        ARRAY(SELECT e ->> 'case_key' FROM jsonb_array_elements(part) e), 'reassign');
        END IF;
    END LOOP;
    -- with the cases mended what is left is the citizens' own; without, what they lead to
    SELECT jsonb_agg(to_jsonb(c)) INTO citizens FROM msb_org.recheck_citizens() c;
    IF mend AND citizens IS NOT NULL THEN
        PERFORM msb_org.judge_citizens(ARRAY(SELECT DISTINCT e ->> 'citizen' FROM jsonb_array_elements(citizens) e), 'arising');
    END IF;
    RETURN QUERY
    SELECT r.what, r.case_table, r.case_key, nullif(r.citizen, ''), r.recorded, r.expected
      FROM jsonb_to_recordset(found || coalesce(citizens, '[]'))
        AS r (what text, case_table text, case_key text, citizen text, recorded text, expected text)
     ORDER BY r.case_table NULLS LAST, r.case_key, r.citizen, r.what, r.recorded, r.expected;
END $$;
COMMENT ON FUNCTION msb_org.recheck(boolean) IS
'Compares ledger, duties, participants and coordination with what the rows of all attached tables say now, and lists every difference; with mend it judges those cases and citizens anew, as their triggers would have done, and lists what it found. An administrator''s tool: it reads every case, with the caller''s rights on the case tables and the tables of the extension. what:

- case_not_recorded: an open case without an open row. recorded_not_open: an open row of a case that is closed or gone. citizen, unit: the row gives another. Mended by judging the case.
- structure: the same unit, by a structure or revision that is not in force. Mended likewise; of very many rather CALL reassign.
- duty: one that is not due, is not recorded, lies in other units, or is observed or not. participant: a unit that should take part in the open plan, or should not. Mended by judging the citizen.
- coordination: another unit should coordinate, and no handover waits. Mending records the handover.

Warns of a table whose map is lost and goes on. 55000 where no structure is in force, 42501 where row-level security hides cases from the caller.';

-- Who sees which cases: roles of units, row-level security on case tables, views for
-- caseworkers. The policies stand on the application's tables and call what is here; views
-- read with their owner's rights and ask for the current user. The functions that policies
-- call are in PL/pgSQL, which keeps its plans: those in SQL would be read by the planner and
-- planned anew for every query.

CREATE TABLE msb_org.unit_role (
    structure text COLLATE "C" NOT NULL,
    unit      text COLLATE "C" NOT NULL,
    role      name NOT NULL,
    sees      msb_org.target_group NOT NULL DEFAULT 'any',
    PRIMARY KEY (structure, unit, role)
);
COMMENT ON TABLE msb_org.unit_role IS 'Which role belongs to which unit, and which of the unit''s cases it sees. The rows of the structure in force apply, at once; they are no part of the enactment. A role, unit or structure that does not exist gives nothing.';
COMMENT ON COLUMN msb_org.unit_role.structure IS 'Code of the structure; its rows apply while a revision of it is in force.';
COMMENT ON COLUMN msb_org.unit_role.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.unit_role.role IS 'Name of a role of the server; whoever is a member of it and inherits from it counts.';
COMMENT ON COLUMN msb_org.unit_role.sees IS 'Of the unit''s cases those that this target group contains, labels as written; any: all of them.';

CREATE VIEW msb_org.my_area WITH (security_barrier) AS
    SELECT DISTINCT u.unit, u.sees, u.sees OPERATOR(msb_org.=) 'any'::msb_org.target_group AS every_case
      FROM msb_org.unit_role u
      JOIN msb_org.enactment e ON e.structure OPERATOR(pg_catalog.=) u.structure AND e.in_force OPERATOR(pg_catalog.@>) msb_org.today()
      JOIN pg_catalog.pg_roles r ON r.rolname OPERATOR(pg_catalog.=) u.role
     WHERE pg_catalog.pg_has_role(r.oid, 'USAGE');
COMMENT ON VIEW msb_org.my_area IS 'The units of the structure in force whose roles the current user is or inherits from, and what is seen of each; of a superuser, who counts as a member of every role, all units that have one.';
COMMENT ON COLUMN msb_org.my_area.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.my_area.sees IS 'Which of its cases.';
COMMENT ON COLUMN msb_org.my_area.every_case IS 'Whether sees is any.';

CREATE FUNCTION msb_org.my_areas() RETURNS TABLE (unit text, sees msb_org.target_group)
    LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 2
BEGIN ATOMIC
    SELECT m.unit, m.sees FROM msb_org.my_area m ORDER BY m.unit, m.sees USING OPERATOR(msb_org.<);
END;
COMMENT ON FUNCTION msb_org.my_areas() IS
'The units of the structure in force to which the current user belongs by unit_role (as a member that inherits; SET ROLE counts), and which of their cases are seen; a row for each unit and target group. Empty for anybody else. A superuser counts as a member of every role.';

CREATE FUNCTION msb_org.aged(situation msb_org.target_group, birth date) RETURNS msb_org.target_group
    LANGUAGE sql STABLE PARALLEL SAFE COST 30
    RETURN situation OPERATOR(msb_org.*) CASE WHEN pg_catalog.isfinite(birth)
        THEN ('age ' OPERATOR(pg_catalog.||) LEAST(150, GREATEST(0, pg_catalog.date_part('year',
                 pg_catalog.age(msb_org.today()::timestamp, birth::timestamp))))::integer::text)::msb_org.target_group
        ELSE 'age unknown'::msb_org.target_group END;
COMMENT ON FUNCTION msb_org.aged(msb_org.target_group, date) IS
'Used by access: the labels of a case, as the ledger keeps them, with the age today of somebody born then; unknown for NULL. NULL where the labels are.';

-- What the area column of a table holds for each of the units.
CREATE VIEW msb_org.my_area_value WITH (security_barrier) AS
    SELECT t.case_table, m.unit, m.sees, m.every_case,
           CASE WHEN t.area_values IS NULL THEN m.unit ELSE t.area_values OPERATOR(pg_catalog.->>) m.unit END AS area
      FROM msb_org.my_area m CROSS JOIN msb_org.attached_table t;
COMMENT ON VIEW msb_org.my_area_value IS 'Used by the policies: what the area columns of attached tables hold for the units of my_area.';
COMMENT ON COLUMN msb_org.my_area_value.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.my_area_value.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.my_area_value.sees IS 'Which of its cases are seen.';
COMMENT ON COLUMN msb_org.my_area_value.every_case IS 'Whether all are.';
COMMENT ON COLUMN msb_org.my_area_value.area IS 'What the column holds for the unit; NULL: nothing.';

CREATE FUNCTION msb_org.visible_areas(case_table text, narrow boolean DEFAULT false) RETURNS text[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000
AS $$
BEGIN
    RETURN (SELECT COALESCE(pg_catalog.array_agg(DISTINCT v.area) FILTER (WHERE v.area IS NOT NULL), '{}') FROM msb_org.my_area_value v
     WHERE v.case_table OPERATOR(pg_catalog.=) visible_areas.case_table AND v.every_case OPERATOR(pg_catalog.<>) visible_areas.narrow);
END $$;
COMMENT ON FUNCTION msb_org.visible_areas(text, boolean) IS
'Used by the policies of protect(), once a query: what the area column of a case table holds for the units whose cases the current user sees, all of them, or with narrow only some. Never NULL, in which a policy would look on.';

CREATE VIEW msb_org.my_narrow_case WITH (security_barrier) AS
    SELECT a.case_table, a.case_key, v.area
      FROM msb_org.my_area_value v
      JOIN msb_org.assignment a ON a.case_table OPERATOR(pg_catalog.=) v.case_table
     WHERE NOT v.every_case AND v.sees OPERATOR(msb_org.@>) msb_org.aged(a.situation, a.birth)
       AND NOT EXISTS (SELECT FROM msb_org.assignment l
                        WHERE l.case_table OPERATOR(pg_catalog.=) a.case_table AND l.case_key OPERATOR(pg_catalog.=) a.case_key
                          AND l.valid_from OPERATOR(pg_catalog.>) a.valid_from);
COMMENT ON VIEW msb_org.my_narrow_case IS 'Used by the policies: the cases that the current user sees if they lie in an area of which only some are seen.';
COMMENT ON COLUMN msb_org.my_narrow_case.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.my_narrow_case.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.my_narrow_case.area IS 'What the area column has to hold.';

CREATE FUNCTION msb_org.sees_case(case_table text, case_key text, area text) RETURNS boolean
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000
AS $$
BEGIN
    RETURN (SELECT EXISTS (SELECT FROM msb_org.my_narrow_case c
                    WHERE c.case_table OPERATOR(pg_catalog.=) sees_case.case_table AND c.case_key OPERATOR(pg_catalog.=) sees_case.case_key
                      AND c.area OPERATOR(pg_catalog.=) sees_case.area));
END $$;
COMMENT ON FUNCTION msb_org.sees_case(text, text, text) IS
'Used by the policies of protect(), for rows of areas of which the current user sees some cases only: whether this is one of them, from the ledger.';

CREATE VIEW msb_org.my_shared_case WITH (security_barrier) AS
    SELECT a.case_table, a.case_key, a.citizen, a.valid_from, m.unit AS my_unit, 'consent' AS cause
      FROM msb_org.my_area m
      JOIN msb_org.standing_consent s ON s.recipient_kind OPERATOR(pg_catalog.=) 'unit' AND s.recipient OPERATOR(pg_catalog.=) m.unit
      JOIN msb_org.assignment a ON a.citizen OPERATOR(pg_catalog.=) s.citizen AND a.valid_to IS NULL
     WHERE s.scope OPERATOR(msb_org.@>) msb_org.aged(a.situation, a.birth)
       AND (m.every_case OR m.sees OPERATOR(msb_org.@>) msb_org.aged(a.situation, a.birth))
     UNION
    SELECT a.case_table, a.case_key, a.citizen, a.valid_from, m.unit, 'handover'
      FROM msb_org.my_area m
      JOIN msb_org.handover h ON h.from_unit OPERATOR(pg_catalog.=) m.unit AND h.case_table OPERATOR(pg_catalog.<>) ''
       AND h.accepted_at IS NULL AND h.void_at IS NULL AND h.moved_at IS NOT NULL
      JOIN msb_org.unit_in_force u ON u.unit OPERATOR(pg_catalog.=) h.to_unit AND u.kind OPERATOR(pg_catalog.=) 'external'
      JOIN msb_org.assignment a ON a.citizen OPERATOR(pg_catalog.=) h.citizen AND a.case_table OPERATOR(pg_catalog.=) h.case_table
       AND a.case_key OPERATOR(pg_catalog.=) h.case_key AND a.valid_to IS NULL AND a.unit OPERATOR(pg_catalog.=) h.to_unit
     WHERE m.every_case OR m.sees OPERATOR(msb_org.@>) msb_org.aged(a.situation, a.birth);
COMMENT ON VIEW msb_org.my_shared_case IS 'Used by the policies and my_case: open cases of other units that the current user sees: by a consent that stands, in its scope, to a unit of my_area; and those that went from such a unit to an external one that has not accepted yet.';
COMMENT ON COLUMN msb_org.my_shared_case.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.my_shared_case.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.my_shared_case.citizen IS 'The citizen''s key. Personal data.';
COMMENT ON COLUMN msb_org.my_shared_case.valid_from IS 'Since when its unit is responsible.';
COMMENT ON COLUMN msb_org.my_shared_case.my_unit IS 'The unit of the current user that it is shared with.';
COMMENT ON COLUMN msb_org.my_shared_case.cause IS 'consent or handover.';

-- The former unit's cases that an external unit has not accepted.
CREATE INDEX handover_unaccepted ON msb_org.handover (from_unit, to_unit)
    WHERE accepted_at IS NULL AND void_at IS NULL AND moved_at IS NOT NULL;

CREATE FUNCTION msb_org.shared_keys(case_table text) RETURNS text[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000
AS $$
BEGIN
    RETURN (SELECT COALESCE(pg_catalog.array_agg(DISTINCT s.case_key), '{}') FROM msb_org.my_shared_case s
     WHERE s.case_table OPERATOR(pg_catalog.=) shared_keys.case_table);
END $$;
COMMENT ON FUNCTION msb_org.shared_keys(text) IS
'Used by the policies of protect(), once a query: the keys of the cases of a table in my_shared_case.';

CREATE FUNCTION msb_org.integer_keys(keys text[]) RETURNS bigint[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100
AS $$
BEGIN
    RETURN (SELECT COALESCE(pg_catalog.array_agg(n.n::pg_catalog.int8), '{}')
      FROM (SELECT CASE WHEN k OPERATOR(pg_catalog.~) '^-?[0-9]{1,19}$' THEN k::pg_catalog.numeric END AS n
              FROM pg_catalog.unnest(integer_keys.keys) AS k) n
     WHERE n.n OPERATOR(pg_catalog.>=) -9223372036854775808 AND n.n OPERATOR(pg_catalog.<=) 9223372036854775807);
END $$;
COMMENT ON FUNCTION msb_org.integer_keys(text[]) IS 'Used by the policies of protect(): those keys that are integers. Never an error.';

CREATE FUNCTION msb_org.uuid_keys(keys text[]) RETURNS uuid[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100
AS $$
BEGIN
    RETURN (SELECT COALESCE(pg_catalog.array_agg(u.u) FILTER (WHERE u.u IS NOT NULL), '{}')
      FROM (SELECT CASE WHEN k OPERATOR(pg_catalog.~) '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN k::pg_catalog.uuid END AS u
              FROM pg_catalog.unnest(uuid_keys.keys) AS k) u);
END $$;
COMMENT ON FUNCTION msb_org.uuid_keys(text[]) IS 'Used by the policies of protect(): those keys that are uuids. Never an error.';

-- What nobody can judge is the entry's.
CREATE FUNCTION msb_org.sees_unjudged() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
AS $$
BEGIN
    RETURN (SELECT EXISTS (SELECT FROM msb_org.my_area m JOIN msb_org.unit_in_force u ON u.unit OPERATOR(pg_catalog.=) m.unit
                    WHERE m.every_case AND u.kind OPERATOR(pg_catalog.=) 'entry'));
END $$;
COMMENT ON FUNCTION msb_org.sees_unjudged() IS
'Used by the policies of protect(), once a query: whether the current user sees all cases of a unit of kind entry, and so those that cannot be judged.';

CREATE VIEW msb_org.my_unjudged_case WITH (security_barrier) AS
    SELECT a.case_table, a.case_key FROM msb_org.assignment a
     WHERE a.valid_to IS NULL AND a.unit IS NULL AND (SELECT msb_org.sees_unjudged());
COMMENT ON VIEW msb_org.my_unjudged_case IS 'Used by the policies: open cases that cannot be judged; empty where sees_unjudged() says no.';
COMMENT ON COLUMN msb_org.my_unjudged_case.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.my_unjudged_case.case_key IS 'The case''s key, as text.';

CREATE FUNCTION msb_org.is_unjudged(case_table text, case_key text) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
AS $$
BEGIN
    RETURN (SELECT EXISTS (SELECT FROM msb_org.my_unjudged_case c
                    WHERE c.case_table OPERATOR(pg_catalog.=) is_unjudged.case_table AND c.case_key OPERATOR(pg_catalog.=) is_unjudged.case_key));
END $$;
COMMENT ON FUNCTION msb_org.is_unjudged(text, text) IS
'Used by the policies of protect(), for rows without an area and only where sees_unjudged() says yes: whether the case is in my_unjudged_case.';

CREATE VIEW msb_org.my_case WITH (security_barrier) AS
    SELECT a.case_table, a.case_key, NULLIF(a.citizen, '') AS citizen, a.unit, a.rule, a.opened, a.closed, a.valid_from, a.finding, a.reason, c.cause
      FROM (SELECT a.citizen, a.case_table, a.case_key, a.valid_from, 'area' AS cause
              FROM msb_org.my_area m JOIN msb_org.assignment a ON a.unit OPERATOR(pg_catalog.=) m.unit AND a.valid_to IS NULL
             WHERE m.every_case OR m.sees OPERATOR(msb_org.@>) msb_org.aged(a.situation, a.birth)
             UNION
            SELECT a.citizen, a.case_table, a.case_key, a.valid_from, 'entry'
              FROM msb_org.assignment a
             WHERE a.valid_to IS NULL AND a.unit IS NULL AND (SELECT msb_org.sees_unjudged())
             UNION
            SELECT s.citizen, s.case_table, s.case_key, s.valid_from, s.cause FROM msb_org.my_shared_case s) c
      JOIN msb_org.assignment a USING (citizen, case_table, case_key, valid_from);
COMMENT ON VIEW msb_org.my_case IS 'The open cases that the current user may read, from the ledger: a row for each case and cause.';
COMMENT ON COLUMN msb_org.my_case.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.my_case.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.my_case.citizen IS 'The citizen''s key; NULL for a case without one. Personal data.';
COMMENT ON COLUMN msb_org.my_case.unit IS 'The unit that is responsible; NULL where the case cannot be judged.';
COMMENT ON COLUMN msb_org.my_case.rule IS 'The rule that decided.';
COMMENT ON COLUMN msb_org.my_case.opened IS 'The day on which the case was opened.';
COMMENT ON COLUMN msb_org.my_case.closed IS 'The day on which it will be closed.';
COMMENT ON COLUMN msb_org.my_case.valid_from IS 'Since when the unit is responsible.';
COMMENT ON COLUMN msb_org.my_case.finding IS 'What is wrong; NULL where nothing is.';
COMMENT ON COLUMN msb_org.my_case.reason IS 'The finding in words, or the reason of an override.';
COMMENT ON COLUMN msb_org.my_case.cause IS 'Why it may be read: area; entry (it cannot be judged); consent; handover (an external unit has not accepted it yet).';

CREATE VIEW msb_org.my_plan WITH (security_barrier) AS
    SELECT p.citizen, p.plan, p.kind, p.status, p.unit, p.challenge, p.coordinator, p.decided, p.due, p.wishes, p.opened_at, p.status_since, p.status_reason, c.cause
      FROM (SELECT p.citizen, p.plan, 'coordinates' AS cause
              FROM (SELECT DISTINCT m.unit FROM msb_org.my_area m) m JOIN msb_org.plan p ON p.unit OPERATOR(pg_catalog.=) m.unit
             UNION
            SELECT t.citizen, t.plan, 'takes_part'
              FROM (SELECT DISTINCT m.unit FROM msb_org.my_area m) m
              JOIN msb_org.plan_participant t ON t.participant OPERATOR(pg_catalog.=) m.unit AND t.kind OPERATOR(pg_catalog.=) 'unit' AND t.valid_to IS NULL
              JOIN msb_org.plan p ON p.citizen OPERATOR(pg_catalog.=) t.citizen AND p.plan OPERATOR(pg_catalog.=) t.plan
             WHERE p.status OPERATOR(pg_catalog.=) ANY ('{consented,active,under_review}'::pg_catalog.text[]) AND p.unit IS DISTINCT FROM m.unit
             UNION
            SELECT s.citizen, s.plan, 'consent'
              FROM (SELECT DISTINCT m.unit FROM msb_org.my_area m) m
              JOIN msb_org.standing_consent s ON s.recipient OPERATOR(pg_catalog.=) m.unit AND s.recipient_kind OPERATOR(pg_catalog.=) 'unit') c
      JOIN msb_org.plan p USING (citizen, plan);
COMMENT ON VIEW msb_org.my_plan IS 'The plans that the current user may read now, as plan_readers() says of the units of my_area: a row for each plan and cause. A plan is seen whole: what a role sees of its unit''s cases does not matter.';
COMMENT ON COLUMN msb_org.my_plan.citizen IS 'The citizen whose plan it is. Personal data.';
COMMENT ON COLUMN msb_org.my_plan.plan IS 'The plan.';
COMMENT ON COLUMN msb_org.my_plan.kind IS 'Its kind.';
COMMENT ON COLUMN msb_org.my_plan.status IS 'Its status.';
COMMENT ON COLUMN msb_org.my_plan.unit IS 'The unit that coordinates.';
COMMENT ON COLUMN msb_org.my_plan.challenge IS 'The primary challenge that the unit was found by.';
COMMENT ON COLUMN msb_org.my_plan.coordinator IS 'Who coordinates.';
COMMENT ON COLUMN msb_org.my_plan.decided IS 'The day of the decision that it rests on.';
COMMENT ON COLUMN msb_org.my_plan.due IS 'The day on which it is to be ready.';
COMMENT ON COLUMN msb_org.my_plan.wishes IS 'What the citizen wishes, in the citizen''s own words.';
COMMENT ON COLUMN msb_org.my_plan.opened_at IS 'When it was opened.';
COMMENT ON COLUMN msb_org.my_plan.status_since IS 'Since when it has its status.';
COMMENT ON COLUMN msb_org.my_plan.status_reason IS 'Why it has it.';
COMMENT ON COLUMN msb_org.my_plan.cause IS 'coordinates, takes_part or consent; see plan_readers().';

-- protect(), unprotect(): row-level security on a case table. As the caller, who must own
-- the table. The policies are the table's own, and are dumped with it.

CREATE FUNCTION msb_org.drop_policies(relation regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    policy record;
BEGIN
    FOR policy IN
        SELECT p.polname, p.polrelid::regclass AS relation FROM pg_policy p
         WHERE p.polname IN ('msb_org_area', 'msb_org_application')
           AND p.polrelid IN (SELECT t.relid FROM pg_partition_tree(drop_policies.relation) t UNION SELECT drop_policies.relation)
         ORDER BY p.polrelid, p.polname
    LOOP
        EXECUTE format('DROP POLICY %I ON %s', policy.polname, policy.relation);
    END LOOP;
END $$;
COMMENT ON FUNCTION msb_org.drop_policies(regclass) IS
'Used by protect() and unprotect(): drops the policies that protect() made on a table and its partitions. Row-level security stays on.';

CREATE FUNCTION msb_org.protect(case_table text, application_roles name[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name       text := msb_org.attached_name(protect.case_table);
    map        msb_org.attachment;
    part       regclass;
    role       name;
    other      text;
    area_type  text;
    key_base   oid;
    keys       text;
    condition  text;
BEGIN
    IF protect.application_roles IS NULL OR array_position(protect.application_roles, NULL) IS NOT NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('application_roles must not be null, nor a role in it');
    END IF;
    SELECT m.* INTO map FROM msb_org.attachment m WHERE m.case_table = name;
    PERFORM msb_org.check_owner((SELECT t.relation FROM msb_org.attached_table t WHERE t.case_table = name), name);
    IF map.key IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('"%s" cannot be protected: the map of its columns is lost'), name),
            HINT = msb_org.gettext('Map them anew with remap() first.');
    END IF;
    IF map.area IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('"%s" cannot be protected: no column of it is mapped as area'), name),
            HINT = msb_org.gettext('What a role sees goes by the area that stands in the row. Map one with remap(..., area => ...).');
    END IF;
    FOREACH role IN ARRAY protect.application_roles LOOP
        IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role) THEN
            RAISE undefined_object USING MESSAGE = format(msb_org.gettext('role "%s" does not exist'), role);
        END IF;
    END LOOP;
    -- what others have made there is theirs
    FOR part IN SELECT t.relid FROM pg_partition_tree(map.relation) t UNION SELECT map.relation ORDER BY 1 LOOP
        SELECT string_agg(format('"%s"', p.polname), ', ' ORDER BY p.polname) INTO other FROM pg_policy p
         WHERE p.polrelid = part AND p.polname NOT IN ('msb_org_area', 'msb_org_application');
        IF other IS NOT NULL THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = format(msb_org.gettext('table %s has policies of its own: %s'), part, other),
                DETAIL = msb_org.gettext('A row would be seen by whoever any one of them lets see it.'),
                HINT = msb_org.gettext('Drop them first.');
        END IF;
        IF (SELECT c.relrowsecurity FROM pg_class c WHERE c.oid = part) AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = part) THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = format(msb_org.gettext('row-level security is enabled on table %s, without a policy'), part),
                DETAIL = msb_org.gettext('Somebody has closed it to all but its owner.'),
                HINT = msb_org.gettext('Disable it first.');
        END IF;
    END LOOP;

    SELECT CASE msb_org.base_type(a.atttypid) WHEN 'bpchar'::regtype THEN 'bpchar' ELSE format_type(a.atttypid, NULL) END
      INTO area_type FROM pg_attribute a WHERE a.attrelid = map.relation AND a.attname = map.area;
    SELECT msb_org.base_type(a.atttypid) INTO key_base FROM pg_attribute a WHERE a.attrelid = map.relation AND a.attname = map.key;
    -- the casts: ANY of a bare sub-select would compare with its rows
    keys := CASE WHEN key_base IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
                 THEN format('(SELECT msb_org.integer_keys(msb_org.shared_keys(%L)))::bigint[]', name)
                 WHEN key_base = 'uuid'::regtype THEN format('(SELECT msb_org.uuid_keys(msb_org.shared_keys(%L)))::uuid[]', name)
                 ELSE format('(SELECT msb_org.shared_keys(%L))::%s[]', name,
                             CASE key_base WHEN 'bpchar'::regtype THEN 'bpchar' ELSE 'text' END) END;
    PERFORM msb_org.drop_policies(map.relation);
    FOR part IN SELECT t.relid FROM pg_partition_tree(map.relation) t UNION SELECT map.relation ORDER BY 1 LOOP
        -- Every part of it can use an index, and is asked once a query; the ledger is looked at
        -- row by row only for areas of which a role sees some cases, and rows without an area.
        condition := format(
            '%1$I = ANY ((SELECT msb_org.visible_areas(%3$L))::%4$s[])'
            ' OR (%1$I = ANY ((SELECT msb_org.visible_areas(%3$L, true))::%4$s[])'
            '     AND msb_org.sees_case(%3$L, %2$I::text, %1$I::text))'
            ' OR (%1$I IS NULL AND (SELECT msb_org.sees_unjudged())'
            '     AND msb_org.is_unjudged(%3$L, %2$I::text))'
            -- by hash where the table is read through, by the key's index where it is not; from a
            -- FROM, since the server lets no worker run a sub-select without one
            ' OR (%2$I::text COLLATE "C" IN (SELECT k.k COLLATE "C" FROM unnest(msb_org.shared_keys(%3$L)) AS k (k))'
            '     AND %2$I = ANY (%5$s))',
            map.area, map.key, name, area_type, keys);
        EXECUTE format('CREATE POLICY msb_org_area ON %s FOR SELECT TO PUBLIC USING (%s)', part, condition);
        IF cardinality(protect.application_roles) > 0 THEN
            EXECUTE format('CREATE POLICY msb_org_application ON %s FOR ALL TO %s USING (true) WITH CHECK (true)', part,
                           (SELECT string_agg(DISTINCT quote_ident(r), ', ') FROM unnest(protect.application_roles) r));
        END IF;
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
    END LOOP;

    SELECT string_agg(DISTINCT quote_ident(u.role), ', ') INTO other
      FROM msb_org.unit_role u JOIN pg_roles r ON r.rolname = u.role
     WHERE EXISTS (SELECT FROM unnest(protect.application_roles) a WHERE pg_has_role(r.oid, a, 'USAGE'))
        OR pg_has_role(r.oid, (SELECT c.relowner FROM pg_class c WHERE c.oid = map.relation), 'USAGE') OR r.rolbypassrls OR r.rolsuper;
    IF other IS NOT NULL THEN
        RAISE WARNING USING
            MESSAGE = format(msb_org.gettext('these roles of units see every row of "%s": %s'), name, other),
            DETAIL = msb_org.gettext('They inherit from an application role or from the table''s owner, or row-level security does not apply to them.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.protect(text, name[]) IS
'Puts row-level security on an attached table and its partitions: SELECT goes by unit_role, consent and handover; the application roles may do everything that they are granted; everybody else but the owner and who bypasses row-level security sees nothing. Again after a change: it makes the policies anew, and protects partitions that came later. Takes an ACCESS EXCLUSIVE lock for a moment. 42501 not the owner, 55000 without an area column, with a lost map, or where others have made policies, 42704 no such role or table, 22004 NULL.';

CREATE FUNCTION msb_org.unprotect(case_table text) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name   text := msb_org.attached_name(unprotect.case_table);
    target regclass;
    part   record;
BEGIN
    SELECT t.relation INTO target FROM msb_org.attached_table t WHERE t.case_table = name;
    PERFORM msb_org.check_owner(target, name);
    FOR part IN
        SELECT t.relid::regclass AS relation, EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.relid
                                        AND p.polname NOT IN ('msb_org_area', 'msb_org_application')) AS others
          FROM (SELECT t.relid FROM pg_partition_tree(target) t UNION SELECT target) t
         WHERE EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.relid AND p.polname IN ('msb_org_area', 'msb_org_application'))
    LOOP
        PERFORM msb_org.drop_policies(part.relation);
        IF part.others THEN
            RAISE NOTICE USING MESSAGE = format(msb_org.gettext('row-level security stays enabled on table %s: it has other policies'), part.relation);
        ELSE
            EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', part.relation);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION msb_org.unprotect(text) IS
'Takes away what protect() made: whoever has the privilege SELECT then sees every row. Row-level security stays enabled where others have made policies. Nothing happens to a table that is not protected. 42501 not the owner, 42704 no such table.';

-- What the reports share: days, structures and their units, and the columns of an
-- application's table that only reports use. Reports count as the extension's owner;
-- what they return holds no citizen's key. The planner knows little of how rows of the
-- ledger follow each other and guesses few: reports that read all of it go without
-- nested loops.

CREATE FUNCTION msb_org.day_start(day date) RETURNS timestamptz
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'msb_day_start';
COMMENT ON FUNCTION msb_org.day_start(date) IS 'Used by the reports: the instant at which a day begins in msb_org.timezone.';

CREATE FUNCTION msb_org.report_structure(structure text, on_date date)
    RETURNS TABLE (structure_name text, revision integer, document jsonb)
    LANGUAGE plpgsql STABLE COST 1000 ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name   text := split_part(report_structure.structure, '#', 1);
    number text := substr(report_structure.structure, length(split_part(report_structure.structure, '#', 1)) + 2);
BEGIN
    IF report_structure.structure IS NULL THEN
        RETURN QUERY SELECT e.structure, NULL::integer, e.document FROM msb_org.enactment e
                      WHERE e.in_force @> report_structure.on_date;
        RETURN;
    END IF;
    RETURN QUERY
        SELECT e.structure, CASE WHEN number <> '' THEN e.revision END, e.document FROM msb_org.enactment e
         WHERE e.structure = name AND (number = '' OR e.revision::text = number)
         ORDER BY e.withdrawn_at IS NULL DESC, e.from_date <= report_structure.on_date DESC,
               CASE WHEN e.from_date <= report_structure.on_date THEN e.from_date END DESC, e.from_date, e.revision DESC
         LIMIT 1;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('no structure "%s" was ever adopted'), msb_org.printable(report_structure.structure)),
            HINT = msb_org.gettext('SELECT structure, revision, in_force FROM msb_org.enactment shows what there is.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.report_structure(text, date) IS
'Used by the reports: the enacted structure that they are about: structure_name, its revision where one was named (as name#n), and the document that titles come from. NULL: the one in force on on_date, no row where none is. 42704 where it was never adopted.';

CREATE FUNCTION msb_org.report_units(document jsonb, kind text DEFAULT NULL)
    RETURNS TABLE (unit text, counted_as text, title text, unit_kind text)
    LANGUAGE plpgsql IMMUTABLE COST 1000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF kind <> ALL ('{department,administration,operating_area,staff,entry,external,political,executive}'::text[]) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('there is no kind of unit "%s"'), msb_org.printable(kind)),
            HINT = msb_org.gettext('The kinds are department, administration, operating_area, staff, entry, external, political and executive.');
    END IF;
    RETURN QUERY
        WITH RECURSIVE u AS (
            SELECT r.unit, r.parent, r.kind, r.title
              FROM jsonb_to_recordset(document -> 'units') AS r (unit text, parent text, kind text, title text)
        ), up AS (
            SELECT u.unit AS start, u.unit, u.parent, u.kind, u.title, ARRAY[u.unit] AS way FROM u
            UNION ALL
            -- upwards until a unit of the kind
            SELECT up.start, u.unit, u.parent, u.kind, u.title, up.way || u.unit
              FROM up JOIN u ON u.unit = up.parent
             WHERE up.kind <> report_units.kind AND u.unit <> ALL (up.way)
        )
        SELECT up.start, up.unit, up.title, up.kind FROM up
         WHERE report_units.kind IS NULL AND up.unit = up.start OR up.kind = report_units.kind;
END $$;
COMMENT ON FUNCTION msb_org.report_units(jsonb, text) IS
'Used by the reports: the units of a structure''s document, and as which unit each is counted, with its title and kind: as itself, or where a kind is given as the nearest unit of that kind above it or itself; a unit without one is left out. 22023 for an unknown kind.';

CREATE VIEW msb_org.unit_title AS
    SELECT DISTINCT ON (u.unit) u.unit, u.title, u.kind, e.structure
      FROM msb_org.enactment e,
   LATERAL jsonb_to_recordset(e.document -> 'units') AS u (unit text, title text, kind text)
     WHERE e.withdrawn_at IS NULL
     ORDER BY u.unit, e.from_date <= msb_org.today() DESC, e.from_date DESC, e.revision DESC;
COMMENT ON VIEW msb_org.unit_title IS 'The title of every unit that an enacted structure has or had: as the newest of them that has begun calls it, else as the one to come does.';
COMMENT ON COLUMN msb_org.unit_title.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.unit_title.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.unit_title.kind IS 'operating_area, entry, external and so on; see unit.';
COMMENT ON COLUMN msb_org.unit_title.structure IS 'The structure that calls it so.';

CREATE FUNCTION msb_org.danish_title(code text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 5
RETURN CASE danish_title.code
    -- findings
    WHEN 'wrong_area' THEN 'Andet område angivet end reglens'
    WHEN 'gap' THEN 'Ingen regel dækker sagen'
    WHEN 'conflict' THEN 'Flere regler strides om sagen'
    WHEN 'no_structure' THEN 'Ingen organisering i kraft'
    WHEN 'missing_label' THEN 'Oplysning mangler'
    WHEN 'unknown_label' THEN 'Ukendt kode'
    WHEN 'no_cpr' THEN 'Intet gyldigt CPR-nummer'
    WHEN 'born_later' THEN 'Fødselsdato efter dagen'
    WHEN 'no_parent' THEN 'Borgeren findes ikke'
    -- statuses of plans
    WHEN 'draft' THEN 'Kladde'
    WHEN 'offered' THEN 'Tilbudt'
    WHEN 'consented' THEN 'Samtykke givet'
    WHEN 'declined' THEN 'Afslået af borgeren'
    WHEN 'active' THEN 'I gang'
    WHEN 'under_review' THEN 'Under revision'
    WHEN 'closed' THEN 'Afsluttet'
    WHEN 'replaced' THEN 'Erstattet af anden plan'
    WHEN 'revoked' THEN 'Samtykke trukket tilbage'
    WHEN 'entered_in_error' THEN 'Oprettet ved en fejl'
    -- causes of handovers
    WHEN 'birthday' THEN 'Fødselsdag'
    WHEN 'structure' THEN 'Ny organisering'
    WHEN 'override_end' THEN 'Undtagelse udløber'
    WHEN 'case' THEN 'Ændring i sagen'
    -- kinds of units
    WHEN 'department' THEN 'Magistratsafdeling'
    WHEN 'administration' THEN 'Forvaltning'
    WHEN 'operating_area' THEN 'Driftsområde'
    WHEN 'staff' THEN 'Stab'
    WHEN 'entry' THEN 'Indgang'
    WHEN 'external' THEN 'Uden for afdelingen'
    WHEN 'political' THEN 'Politisk ledelse'
    WHEN 'executive' THEN 'Direktion'
    -- causes of stranding
    WHEN 'unit' THEN 'Enheden findes ikke længere'
    WHEN 'not_reassigned' THEN 'Ikke vurderet efter den nye organisering'
END;
COMMENT ON FUNCTION msb_org.danish_title(text) IS
'Used by the reports: the Danish title of a finding, a status of a plan, a cause of a handover or of stranding, a kind of unit; NULL for another text.';

-- Rows of an application's table, read as its owner.
CREATE FUNCTION msb_org.case_facts(case_table text) RETURNS TABLE (case_key text, decided date, caseworker text)
    LANGUAGE c STABLE STRICT COST 100000 ROWS 100000
    AS 'MODULE_PATHNAME', 'msb_case_facts';
COMMENT ON FUNCTION msb_org.case_facts(text) IS
'Used by the reports: of every case in an attached table its case_key, the day on which it was decided and its caseworker, as attach() named the columns (NULL where it named none), read as the table''s owner. No rows where no such table is attached. Granted to nobody, the role that installs the extension included.';

CREATE FUNCTION msb_org.case_fact_rows() RETURNS TABLE (case_table text, case_key text, decided date, caseworker text)
    LANGUAGE plpgsql STABLE COST 100000 ROWS 100000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT t.case_table::text, f.case_key, f.decided, f.caseworker
                   FROM msb_org.attached_table t, LATERAL msb_org.case_facts(t.case_table) f;
END $$;
COMMENT ON FUNCTION msb_org.case_fact_rows() IS 'Used by the reports: case_facts() of all attached tables, with the case_table.';

-- Tables that reports need beside the ledger: figures of units, deadlines, contacts.
-- They are live rows, by the code of the structure, and no part of its document:
-- nothing is decided by them, figures come every year and deadlines are published
-- between two reorganisations. They have no foreign key to the draft, since an enacted
-- structure stays when its draft is deleted.

CREATE TABLE msb_org.unit_figure (
    structure  text COLLATE "C" NOT NULL,
    unit       text COLLATE "C" NOT NULL,
    year       integer NOT NULL CONSTRAINT unit_figure_year CHECK (year OPERATOR(pg_catalog.>=) 1900 AND year OPERATOR(pg_catalog.<=) 2999),
    staff      numeric CONSTRAINT unit_figure_staff CHECK (staff OPERATOR(pg_catalog.>=) 0),
    net_budget numeric,
    PRIMARY KEY (structure, unit, year)
);
COMMENT ON TABLE msb_org.unit_figure IS 'Key figures of units, one row a unit and year; yours to fill. Reports set them beside the load.';
COMMENT ON COLUMN msb_org.unit_figure.structure IS 'Code of the structure, since two structures may call different units by one code.';
COMMENT ON COLUMN msb_org.unit_figure.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.unit_figure.year IS 'The calendar year.';
COMMENT ON COLUMN msb_org.unit_figure.staff IS 'Full-time employees; NULL: not known.';
COMMENT ON COLUMN msb_org.unit_figure.net_budget IS 'Net budget of the year, in kroner; NULL: not known.';

CREATE TABLE msb_org.deadline (
    structure text COLLATE "C" NOT NULL,
    deadline  text COLLATE "C" NOT NULL CONSTRAINT deadline_code CHECK (deadline OPERATOR(pg_catalog.<>) ''),
    counted   msb_org.target_group NOT NULL,
    within    interval NOT NULL CONSTRAINT deadline_within CHECK (within OPERATOR(pg_catalog.>) '0'::interval),
    title     text,
    basis     text,
    PRIMARY KEY (structure, deadline, counted)
);
COMMENT ON TABLE msb_org.deadline IS 'The municipality''s own published deadlines: within which time from its opening a case is to be decided. Yours to fill; they count at once. A target group may stand in several deadlines; of several rows of one deadline the shortest counts.';
COMMENT ON COLUMN msb_org.deadline.structure IS 'Code of the structure whose cases it is for.';
COMMENT ON COLUMN msb_org.deadline.deadline IS 'Code of the deadline.';
COMMENT ON COLUMN msb_org.deadline.counted IS 'The cases that it is for, by labels and the citizen''s age today; a label stands for those below it.';
COMMENT ON COLUMN msb_org.deadline.within IS 'The time from the day on which the case was opened to the last day for its decision.';
COMMENT ON COLUMN msb_org.deadline.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.deadline.basis IS 'The words that it rests on, and where they were published.';

CREATE TABLE msb_org.contact_table (
    contacts    text COLLATE "C" PRIMARY KEY,
    relation    regclass NOT NULL UNIQUE,
    citizen     text NOT NULL,
    at          text NOT NULL,
    channel     text,
    attached_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    attached_by text NOT NULL
);
COMMENT ON TABLE msb_org.contact_table IS 'Tables of contacts with citizens that reports read: which column is what. Written by attach_contacts() and detach_contacts(); nothing is made on the table itself.';
COMMENT ON COLUMN msb_org.contact_table.contacts IS 'The name of the table in msb_org.';
COMMENT ON COLUMN msb_org.contact_table.relation IS 'The table.';
COMMENT ON COLUMN msb_org.contact_table.citizen IS 'The column of the citizen''s key, in any form that case tables may have it in.';
COMMENT ON COLUMN msb_org.contact_table.at IS 'The column of the day or instant of the contact.';
COMMENT ON COLUMN msb_org.contact_table.channel IS 'The column of the channel; NULL: there is none.';
COMMENT ON COLUMN msb_org.contact_table.attached_at IS 'When it was named.';
COMMENT ON COLUMN msb_org.contact_table.attached_by IS 'By whom.';

CREATE FUNCTION msb_org.attach_contacts(relation regclass, citizen text, at text, channel text DEFAULT NULL, contacts text DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    target regclass := attach_contacts.relation;
    rel    pg_class;
    name   text;
    named  text[];
    type   oid;
BEGIN
    IF target IS NULL OR attach_contacts.citizen IS NULL OR attach_contacts.at IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('relation, citizen and at must be given');
    END IF;
    SELECT * INTO rel FROM pg_class c WHERE c.oid = target;
    IF NOT FOUND THEN
        RAISE undefined_table USING MESSAGE = format(msb_org.gettext('relation with OID %s does not exist'), target::oid);
    END IF;
    IF rel.relkind NOT IN ('r', 'p') OR rel.relpersistence = 't' THEN
        RAISE wrong_object_type USING MESSAGE = format(msb_org.gettext('%s is not a permanent table'), target);
    END IF;
    -- reports will read it as its owner
    PERFORM msb_org.check_owner(target);
    named := ARRAY[msb_org.find_column(target, attach_contacts.citizen), msb_org.find_column(target, attach_contacts.at),
                   CASE WHEN attach_contacts.channel IS NOT NULL THEN msb_org.find_column(target, attach_contacts.channel) END];
    SELECT msb_org.base_type(a.atttypid) INTO type FROM pg_attribute a WHERE a.attrelid = target AND a.attname = named[2];
    IF type NOT IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN
        RAISE datatype_mismatch USING
            MESSAGE = format(msb_org.gettext('column "%s" is of type %s, which at does not take'), named[2], format_type(type, NULL)),
            HINT = msb_org.gettext('It takes date, timestamp without time zone, timestamptz.');
    END IF;
    name := coalesce(attach_contacts.contacts, (SELECT c.contacts FROM msb_org.contact_table c WHERE c.relation = target), rel.relname);
    IF EXISTS (SELECT FROM msb_org.contact_table c WHERE c.contacts = name AND c.relation <> target) THEN
        RAISE duplicate_object USING
            MESSAGE = format(msb_org.gettext('another table of contacts is called "%s"'), msb_org.printable(name)),
            HINT = msb_org.gettext('contacts => gives this one another name.');
    END IF;
    DELETE FROM msb_org.contact_table c WHERE c.relation = target;
    INSERT INTO msb_org.contact_table (contacts, relation, citizen, at, channel, attached_by)
    VALUES (name, target, named[1], named[2], named[3], msb_org.actor());
    RETURN name;
END $$;
COMMENT ON FUNCTION msb_org.attach_contacts(regclass, text, text, text, text) IS
'Names a table of contacts with citizens for the reports, or names its columns anew, and returns the name it has in msb_org (contacts, by default the table''s own). Makes nothing on the table: which column is what is all that is stored. Reports read it as its owner, so only its owner may name it. Columns are named as in attach(). 42501 for another caller, 42809 for what is no permanent table, 42703 for a missing column, 42804 where at is no date or timestamp, 42710 where the name is taken, 22004 for NULL.';

CREATE FUNCTION msb_org.detach_contacts(contacts text) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF detach_contacts.contacts IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('contacts must be given');
    END IF;
    PERFORM msb_org.check_owner(c.relation) FROM msb_org.contact_table c WHERE c.contacts = detach_contacts.contacts;
    DELETE FROM msb_org.contact_table c WHERE c.contacts = detach_contacts.contacts;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('no table of contacts is called "%s"'), msb_org.printable(detach_contacts.contacts)),
            HINT = msb_org.gettext('SELECT contacts, relation FROM msb_org.contact_table lists those that are named.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.detach_contacts(text) IS
'Forgets a table of contacts. 42704 where none is called so, 42501 for who does not own it, 22004 for NULL.';

CREATE FUNCTION msb_org.contact_facts(from_date date, to_date date)
    RETURNS TABLE (citizen text, at timestamptz, channel text)
    LANGUAGE c STABLE STRICT COST 100000 ROWS 1000000
    AS 'MODULE_PATHNAME', 'msb_contact_facts';
COMMENT ON FUNCTION msb_org.contact_facts(date, date) IS
'Used by the reports: citizen (as it stands), at (the instant; the last of the day where the column holds days) and channel of the contacts between two days, both included, in all tables that attach_contacts() named and that are still there, each read as its owner. 42703 where a column has been renamed. Granted to nobody, the role that installs the extension included.';

-- Reports on load: who has how many cases and citizens, and who shares them.

CREATE FUNCTION msb_org.load_by_area(structure text DEFAULT NULL, from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today())
    RETURNS TABLE (unit text, title text, kind text, open_cases bigint, citizens bigint, new_cases bigint, closed_cases bigint,
                   staff numeric, net_budget numeric, cases_per_employee numeric, citizens_per_employee numeric, cost_per_citizen numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
    first  timestamptz := msb_org.day_start(load_by_area.from_date);
    last   timestamptz := msb_org.day_start(load_by_area.to_date + 1);
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(load_by_area.structure, load_by_area.to_date);
    IF NOT FOUND OR first IS NULL OR last IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH rows AS (
            SELECT a.* FROM msb_org.assignment a
             WHERE a.structure = s.structure_name AND (s.revision IS NULL OR a.revision = s.revision)
               AND a.valid_from < last AND (a.valid_to IS NULL OR a.valid_to > first)
        ), standing AS (
            SELECT r.unit, count(*) AS cases, count(DISTINCT r.citizen) FILTER (WHERE r.citizen <> '' AND r.finding IS DISTINCT FROM 'no_cpr') AS citizens
              FROM rows r WHERE r.valid_to IS NULL OR r.valid_to >= last GROUP BY r.unit
        ), begun AS (
            SELECT o.unit, count(*) AS cases
              FROM (SELECT DISTINCT ON (r.case_table, r.case_key) r.unit
                      FROM rows r WHERE r.opened BETWEEN load_by_area.from_date AND load_by_area.to_date
                     ORDER BY r.case_table, r.case_key, r.valid_from DESC) o
             GROUP BY o.unit
        ), ended AS (
            SELECT r.unit, count(*) AS cases
              FROM rows r
             WHERE r.valid_to >= first AND r.valid_to < last AND r.closed <= msb_org.local_day(r.valid_to)
               AND NOT EXISTS (SELECT FROM msb_org.assignment n
                                WHERE n.case_key = r.case_key AND n.case_table = r.case_table AND n.valid_from = r.valid_to)
             GROUP BY r.unit
        ), shown AS (
            SELECT u.unit, u.title, u.unit_kind FROM msb_org.report_units(s.document) u
             WHERE u.unit_kind IN ('operating_area', 'entry', 'external')
                OR u.unit IN (SELECT r.unit FROM rows r)
            UNION ALL
            SELECT d.unit, NULL, NULL FROM (SELECT DISTINCT r.unit FROM rows r) d
             WHERE d.unit IS NULL OR d.unit NOT IN (SELECT u.unit FROM msb_org.report_units(s.document) u)
        ), counted AS (
            SELECT h.*, coalesce(c.cases, 0) AS open_cases, coalesce(c.citizens, 0) AS citizens,
                   coalesce(b.cases, 0) AS new_cases, coalesce(e.cases, 0) AS closed_cases, f.staff, f.net_budget
              FROM shown h
              LEFT JOIN standing c ON c.unit IS NOT DISTINCT FROM h.unit
              LEFT JOIN begun b ON b.unit IS NOT DISTINCT FROM h.unit
              LEFT JOIN ended e ON e.unit IS NOT DISTINCT FROM h.unit
              LEFT JOIN msb_org.unit_figure f ON f.structure = s.structure_name AND f.unit = h.unit
               AND f.year::numeric = extract(year FROM load_by_area.to_date)
        ), guarded AS (
            SELECT c.unit, coalesce(c.title, CASE WHEN c.unit IS NULL THEN 'Kan ikke vurderes' END) AS title, c.unit_kind,
                   msb_org.small_cell(c.open_cases) AS open_cases, msb_org.small_cell(c.citizens) AS citizens,
                   msb_org.small_cell(c.new_cases) AS new_cases, msb_org.small_cell(c.closed_cases) AS closed_cases,
                   c.staff, c.net_budget
              FROM counted c
        )
        SELECT g.unit::text, g.title, g.unit_kind, g.open_cases, g.citizens, g.new_cases, g.closed_cases, g.staff, g.net_budget,
               round(g.open_cases / nullif(g.staff, 0), 1), round(g.citizens / nullif(g.staff, 0), 1),
               round(g.net_budget / nullif(g.citizens, 0))
          FROM guarded g ORDER BY g.unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.load_by_area(text, date, date) IS
'Report: the load of each unit. unit, its title and kind; open_cases and citizens (with an open case) at the end of to_date; new_cases: cases whose day of opening lies in the period, with the unit that had them last in it; closed_cases: cases that were closed in the period; staff and net_budget of unit_figure in the year of to_date; cases_per_employee, citizens_per_employee, cost_per_citizen (net budget, in kroner). Cases that the structure judged (NULL: the one in force on to_date, or name#n for one revision). The row without a unit: cases that cannot be judged. Counts under min_cell are NULL, and what is reckoned from them. No rows for a NULL day or where no structure is in force. 42704 for a structure that was never adopted.';

-- Whose open cases lay with whom in a period; what the three reports after it count.
CREATE FUNCTION msb_org.citizen_units(structure text, kind text, from_date date, to_date date)
    RETURNS TABLE (citizen text, unit text, title text, unit_kind text, cases bigint)
    LANGUAGE plpgsql STABLE COST 100000 ROWS 100000
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
    first  timestamptz := msb_org.day_start(citizen_units.from_date);
    last   timestamptz := msb_org.day_start(citizen_units.to_date + 1);
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(citizen_units.structure, citizen_units.to_date);
    IF NOT FOUND OR first IS NULL OR last IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT a.citizen::text, u.counted_as, min(u.title), min(u.unit_kind), count(DISTINCT (a.case_table, a.case_key))
          FROM msb_org.assignment a
          JOIN msb_org.report_units(s.document, citizen_units.kind) u ON u.unit = a.unit
         WHERE a.structure = s.structure_name AND (s.revision IS NULL OR a.revision = s.revision)
           AND a.valid_from < last AND (a.valid_to IS NULL OR a.valid_to > first)
           AND a.citizen <> '' AND a.finding IS DISTINCT FROM 'no_cpr'
         GROUP BY a.citizen, u.counted_as;
END $$;
COMMENT ON FUNCTION msb_org.citizen_units(text, text, date, date) IS
'Used by the reports: citizen (personal data), unit, its title and unit_kind, and cases: for each citizen and unit with an open case in the period; see citizens_by_unit() for the arguments.';

CREATE FUNCTION msb_org.citizens_by_unit(structure text DEFAULT NULL, kind text DEFAULT NULL, from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today())
    RETURNS TABLE (unit text, title text, unit_kind text, kind_title text, citizens bigint, only_here bigint, cases bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT c.unit, min(c.title), min(c.unit_kind), msb_org.danish_title(min(c.unit_kind)), msb_org.small_cell(count(*)),
               msb_org.small_cell(count(*) FILTER (WHERE c.units = 1)), msb_org.small_cell(sum(c.cases)::bigint)
          FROM (SELECT w.*, count(*) OVER (PARTITION BY w.citizen) AS units
                  FROM msb_org.citizen_units(citizens_by_unit.structure, citizens_by_unit.kind, citizens_by_unit.from_date, citizens_by_unit.to_date) w) c
         GROUP BY c.unit ORDER BY c.unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.citizens_by_unit(text, text, date, date) IS
'Report: citizens with an open case in each unit at some time in the period. unit, its title, unit_kind and kind_title; citizens; only_here: those of them with no open case in another of the units shown; cases: their cases there. structure: see load_by_area(). kind: units are counted as the unit of that kind above them (administration, say), and left out where there is none; NULL: as they stand. Counts under min_cell are NULL. 42704 for a structure that was never adopted, 22023 for an unknown kind.';

CREATE FUNCTION msb_org.citizens_by_number(structure text DEFAULT NULL, kind text DEFAULT NULL, from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today())
    RETURNS TABLE (units bigint, citizens bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 10
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT c.units, msb_org.small_cell(count(*))
          FROM (SELECT count(*) AS units
                  FROM msb_org.citizen_units(citizens_by_number.structure, citizens_by_number.kind, citizens_by_number.from_date, citizens_by_number.to_date) w
                 GROUP BY w.citizen) c
         GROUP BY c.units ORDER BY c.units;
END $$;
COMMENT ON FUNCTION msb_org.citizens_by_number(text, text, date, date) IS
'Report: how many citizens have open cases in one unit, in two, and so on, at some time in the period: units, citizens. With kind administration, the row of 2 is the citizens in both administrations. Arguments, small counts and errors as citizens_by_unit().';

CREATE FUNCTION msb_org.area_overlap(structure text DEFAULT NULL, kind text DEFAULT NULL, from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today())
    RETURNS TABLE (unit text, title text, with_unit text, with_title text, citizens bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH w AS MATERIALIZED (
            SELECT * FROM msb_org.citizen_units(area_overlap.structure, area_overlap.kind, area_overlap.from_date, area_overlap.to_date)
        ), several AS (     -- who lies in one unit alone is on the diagonal only
            SELECT w.citizen, array_agg(w.unit) AS units FROM w GROUP BY w.citizen
        ), pair AS (
            SELECT a.unit, b.unit AS with_unit, count(*) AS citizens
              FROM several v, LATERAL unnest(v.units) AS a (unit), LATERAL unnest(v.units) AS b (unit)
             GROUP BY 1, 2
        ), titled AS (
            SELECT w.unit, min(w.title) AS title FROM w GROUP BY w.unit
        )
        SELECT p.unit, t.title, p.with_unit, o.title, msb_org.small_cell(p.citizens)
          FROM pair p JOIN titled t ON t.unit = p.unit JOIN titled o ON o.unit = p.with_unit
         ORDER BY p.unit COLLATE "C", p.with_unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.area_overlap(text, text, date, date) IS
'Report: for each two units the citizens with open cases in both in the period: unit, its title, with_unit, with_title, citizens. Each pair stands in both directions, for psql''s \crosstabview unit with_unit citizens; a unit with itself is its citizens. Pairs without citizens have no row. Arguments, small counts and errors as citizens_by_unit().';

CREATE FUNCTION msb_org.citizens_by_table(from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today())
    RETURNS TABLE (case_tables text, tables bigint, citizens bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 10
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    first  timestamptz := msb_org.day_start(citizens_by_table.from_date);
    last   timestamptz := msb_org.day_start(citizens_by_table.to_date + 1);
BEGIN
    IF first IS NULL OR last IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT c.names, c.tables, msb_org.small_cell(count(*))
          FROM (SELECT string_agg(o.case_table, ' + ' ORDER BY o.case_table COLLATE "C") AS names, count(*) AS tables
                  FROM (SELECT DISTINCT a.citizen, a.case_table FROM msb_org.assignment a
                         WHERE a.valid_from < last AND (a.valid_to IS NULL OR a.valid_to > first)
                           AND a.citizen <> '' AND a.finding IS DISTINCT FROM 'no_cpr') o
                 GROUP BY o.citizen) c
         GROUP BY c.names, c.tables ORDER BY c.tables, c.names COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.citizens_by_table(date, date) IS
'Report: in which applications the citizens'' open cases were in the period: case_tables (the case tables'' names, joined), tables (how many), citizens. Each citizen is in one row. A case that cannot be judged counts, one whose text is no CPR number does not. Counts under min_cell are NULL. No rows for a NULL day.';

CREATE FUNCTION msb_org.citizens_by_caseworkers()
    RETURNS TABLE (caseworkers bigint, citizens bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 10
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT c.people, msb_org.small_cell(count(*))
          FROM (SELECT count(DISTINCT (a.case_table, nullif(f.caseworker, ''))) FILTER (WHERE f.caseworker <> '') AS people
                  FROM msb_org.assignment a
                  LEFT JOIN msb_org.case_fact_rows() f ON f.case_table = a.case_table AND f.case_key = a.case_key
                 WHERE a.valid_to IS NULL AND a.citizen <> '' AND a.finding IS DISTINCT FROM 'no_cpr'
                 GROUP BY a.citizen) c
         GROUP BY c.people ORDER BY c.people;
END $$;
COMMENT ON FUNCTION msb_org.citizens_by_caseworkers() IS
'Report: how many caseworkers a citizen meets today: caseworkers, the different ones of the citizen''s open cases, as the columns named by attach(caseworker =>) say now (the same name in two tables is two), and citizens. Row 0: nobody is named. Counts under min_cell are NULL. For areas instead of caseworkers see citizens_by_number().';

CREATE FUNCTION msb_org.caseworkers_by_area(structure text DEFAULT NULL)
    RETURNS TABLE (unit text, title text, caseworkers bigint, open_cases bigint, cases_per_caseworker numeric, cases_p90 bigint, unnamed_cases bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(caseworkers_by_area.structure, msb_org.today());
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH person AS (
            SELECT a.unit, nullif(f.caseworker, '') AS caseworker, count(*) AS cases
              FROM msb_org.assignment a
              LEFT JOIN msb_org.case_fact_rows() f ON f.case_table = a.case_table AND f.case_key = a.case_key
             WHERE a.structure = s.structure_name AND (s.revision IS NULL OR a.revision = s.revision) AND a.valid_to IS NULL
             GROUP BY a.unit, a.case_table, nullif(f.caseworker, '')
        ), counted AS (
            SELECT p.unit, msb_org.small_cell(count(p.caseworker)) AS people,
                   coalesce(sum(p.cases) FILTER (WHERE p.caseworker IS NOT NULL), 0)::bigint AS named,
                   coalesce(sum(p.cases) FILTER (WHERE p.caseworker IS NULL), 0)::bigint AS unnamed,
                   percentile_disc(0.9) WITHIN GROUP (ORDER BY p.cases) FILTER (WHERE p.caseworker IS NOT NULL) AS p90
              FROM person p GROUP BY p.unit
        )
        SELECT c.unit::text, coalesce(u.title, CASE WHEN c.unit IS NULL THEN 'Kan ikke vurderes' END), c.people, msb_org.small_cell(c.named),
               round(msb_org.small_cell(c.named)::numeric / nullif(c.people, 0), 1), CASE WHEN c.people > 0 THEN c.p90 END, msb_org.small_cell(c.unnamed)
          FROM counted c LEFT JOIN msb_org.report_units(s.document) u ON u.unit = c.unit
         ORDER BY c.unit;
END $$;
COMMENT ON FUNCTION msb_org.caseworkers_by_area(text) IS
'Report: how many open cases the caseworkers of each unit have today, and nobody by name: unit, title; caseworkers, the different ones of the unit''s open cases, as the columns named by attach(caseworker =>) say now (the same name in two tables is two); open_cases, those with a caseworker; cases_per_caseworker, their mean; cases_p90: nine in ten caseworkers have so many there or fewer; unnamed_cases: open cases without a caseworker. structure: see load_by_area(). Counts under min_cell are NULL, and with fewer than min_cell caseworkers the load of each too. 42704 for a structure that was never adopted.';

-- Reports on the course of cases: moves, times, deadlines, contacts.

-- A row of the ledger, and the one of the same case that ended when it began.
CREATE FUNCTION msb_org.moves(from_date date, to_date date)
    RETURNS TABLE (citizen text, moved_at timestamptz, from_unit text, to_unit text)
    LANGUAGE plpgsql STABLE COST 100000 ROWS 10000
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    first  timestamptz := msb_org.day_start(moves.from_date);
    last   timestamptz := msb_org.day_start(moves.to_date + 1);
BEGIN
    RETURN QUERY
        SELECT n.citizen::text, n.valid_from, o.unit::text, n.unit::text
          FROM msb_org.assignment n
          JOIN msb_org.assignment o ON o.case_table = n.case_table AND o.case_key = n.case_key AND o.valid_to = n.valid_from
         WHERE n.valid_from >= first AND n.valid_from < last AND o.unit IS DISTINCT FROM n.unit;
END $$;
COMMENT ON FUNCTION msb_org.moves(date, date) IS
'Used by the reports: the moves in a period: citizen (personal data), moved_at, from_unit, to_unit (NULL: the case could not be judged).';

CREATE FUNCTION msb_org.moves_by_month(from_date date DEFAULT '-infinity', to_date date DEFAULT msb_org.today())
    RETURNS TABLE (month date, from_unit text, from_title text, to_unit text, to_title text, moves bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 100
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT m.month, m.from_unit, coalesce(f.title, CASE WHEN m.from_unit IS NULL THEN 'Kan ikke vurderes' END),
               m.to_unit, coalesce(t.title, CASE WHEN m.to_unit IS NULL THEN 'Kan ikke vurderes' END), msb_org.small_cell(m.moves)
          FROM (SELECT date_trunc('month', msb_org.local_day(v.moved_at)::timestamp)::date AS month, v.from_unit, v.to_unit, count(*) AS moves
                  FROM msb_org.moves(moves_by_month.from_date, moves_by_month.to_date) v
                 GROUP BY 1, 2, 3) m
          LEFT JOIN msb_org.unit_title f ON f.unit = m.from_unit
          LEFT JOIN msb_org.unit_title t ON t.unit = m.to_unit
         ORDER BY m.month, m.from_unit COLLATE "C", m.to_unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.moves_by_month(date, date) IS
'Report: moves of cases from one unit to another, whatever moved them: month (its first day), from_unit, from_title, to_unit, to_title, moves. A unit is NULL where the case could not be judged. Within one transaction only the last answer counts. Moves under min_cell are NULL. No rows for a NULL day.';

CREATE FUNCTION msb_org.moves_per_citizen(from_date date DEFAULT '-infinity', to_date date DEFAULT msb_org.today())
    RETURNS TABLE (year integer, citizens bigint, moved_citizens bigint, moves bigint, moves_per_citizen numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 10
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    first_day date;
    last_day  date;
BEGIN
    -- years that the ledger knows; both ends stay within the period
    SELECT greatest(moves_per_citizen.from_date, msb_org.local_day(min(a.valid_from))), least(moves_per_citizen.to_date, msb_org.today())
      INTO first_day, last_day FROM msb_org.assignment a HAVING count(*) > 0;
    IF moves_per_citizen.from_date IS NULL OR moves_per_citizen.to_date IS NULL OR first_day IS NULL OR last_day < first_day THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH years AS (
            SELECT y.year, greatest(make_date(y.year, 1, 1), first_day) AS from_day, least(make_date(y.year, 12, 31), last_day) AS to_day
              FROM generate_series(extract(year FROM first_day)::integer, extract(year FROM last_day)::integer) AS y (year)
        ), had AS (
            SELECT y.year, count(DISTINCT a.citizen) AS citizens
              FROM years y
              JOIN msb_org.assignment a ON a.valid_from < msb_org.day_start(y.to_day + 1)
               AND (a.valid_to IS NULL OR a.valid_to > msb_org.day_start(y.from_day))
             WHERE a.citizen <> '' AND a.finding IS DISTINCT FROM 'no_cpr'
             GROUP BY y.year
        ), moved AS (
            SELECT extract(year FROM msb_org.local_day(m.moved_at))::integer AS year, count(*) AS moves, count(DISTINCT m.citizen) AS citizens
              FROM msb_org.moves(first_day, last_day) m
             WHERE m.citizen <> '' GROUP BY 1
        )
        SELECT y.year, msb_org.small_cell(coalesce(h.citizens, 0)), msb_org.small_cell(coalesce(m.citizens, 0)),
               CASE WHEN msb_org.small_cell(coalesce(m.citizens, 0)) IS NOT NULL THEN msb_org.small_cell(coalesce(m.moves, 0)) END,
               CASE WHEN msb_org.small_cell(coalesce(m.citizens, 0)) IS NOT NULL AND msb_org.small_cell(h.citizens) IS NOT NULL
                    THEN round(coalesce(m.moves, 0) / nullif(h.citizens, 0)::numeric, 3) END
          FROM years y LEFT JOIN had h ON h.year = y.year LEFT JOIN moved m ON m.year = y.year
         ORDER BY y.year;
END $$;
COMMENT ON FUNCTION msb_org.moves_per_citizen(date, date) IS
'Report: how often citizens'' cases move, by year: year; citizens with an open case in the part of it that lies in the period; moved_citizens, those of whom a case moved from one unit to another; moves; moves_per_citizen, of all citizens. Counts under min_cell are NULL, and what is reckoned from them. No rows for a NULL day.';

CREATE FUNCTION msb_org.case_times(structure text DEFAULT NULL, from_date date DEFAULT '-infinity', to_date date DEFAULT msb_org.today())
    RETURNS TABLE (unit text, title text, decided_cases bigint, decision_days integer, decision_days_p90 integer,
                   closed_cases bigint, closing_days integer, closing_days_p90 integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(case_times.structure, case_times.to_date);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH last_row AS (
            SELECT a.case_table, a.case_key, a.unit, a.opened,
                   CASE WHEN a.valid_to IS NOT NULL AND a.closed <= msb_org.local_day(a.valid_to) THEN a.closed END AS closed
              FROM msb_org.assignment a
             WHERE a.structure = s.structure_name AND (s.revision IS NULL OR a.revision = s.revision)
               AND NOT EXISTS (SELECT FROM msb_org.assignment n
                                WHERE n.case_table = a.case_table AND n.case_key = a.case_key AND n.valid_from = a.valid_to)
        ), timed AS (
            SELECT l.unit, CASE WHEN f.decided BETWEEN case_times.from_date AND case_times.to_date AND f.decided >= l.opened THEN f.decided - l.opened END AS to_decision,
                   CASE WHEN l.closed BETWEEN case_times.from_date AND case_times.to_date AND l.closed >= l.opened THEN l.closed - l.opened END AS to_closing
              FROM last_row l
              LEFT JOIN msb_org.case_fact_rows() f ON f.case_table = l.case_table AND f.case_key = l.case_key
        ), counted AS (
            SELECT t.unit, msb_org.small_cell(count(t.to_decision)) AS decided, msb_org.small_cell(count(t.to_closing)) AS closed,
                   percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY t.to_decision) AS decision,
                   percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY t.to_closing) AS closing
              FROM timed t GROUP BY t.unit HAVING count(t.to_decision) + count(t.to_closing) > 0
        )
        SELECT c.unit::text, coalesce(u.title, CASE WHEN c.unit IS NULL THEN 'Kan ikke vurderes' END),
               c.decided, CASE WHEN c.decided > 0 THEN c.decision[1] END, CASE WHEN c.decided > 0 THEN c.decision[2] END,
               c.closed, CASE WHEN c.closed > 0 THEN c.closing[1] END, CASE WHEN c.closed > 0 THEN c.closing[2] END
          FROM counted c LEFT JOIN msb_org.report_units(s.document) u ON u.unit = c.unit
         ORDER BY c.unit;
END $$;
COMMENT ON FUNCTION msb_org.case_times(text, date, date) IS
'Report: the time from a case''s opening to its decision and to its closing, by the unit that has it, or had it last: unit, title; decided_cases: cases decided in the period; decision_days and decision_days_p90: half of them, and nine in ten, took so many days or fewer; closed_cases, closing_days, closing_days_p90 likewise for cases closed in it. Cases that the ledger knows and that the structure judged last; structure: see load_by_area(). The day of decision is that of the column named by attach(decided =>) now. Days before the opening are left out. Counts under min_cell are NULL, and the days with them. No rows for a NULL day. 42704 for a structure that was never adopted.';

CREATE FUNCTION msb_org.first_decision_times(structure text DEFAULT NULL, from_date date DEFAULT '-infinity', to_date date DEFAULT msb_org.today())
    RETURNS TABLE (unit text, title text, citizens bigint, days integer, days_p90 integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(first_decision_times.structure, first_decision_times.to_date);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH last_row AS (
            SELECT a.citizen, a.case_table, a.case_key, a.unit, a.opened, a.structure, a.revision
              FROM msb_org.assignment a
             WHERE a.citizen <> '' AND a.finding IS DISTINCT FROM 'no_cpr'
               AND NOT EXISTS (SELECT FROM msb_org.assignment n
                                WHERE n.case_table = a.case_table AND n.case_key = a.case_key AND n.valid_from = a.valid_to)
        ), first_decision AS (
            SELECT DISTINCT ON (l.citizen) l.citizen, l.unit, l.structure, l.revision, f.decided
              FROM last_row l JOIN msb_org.case_fact_rows() f ON f.case_table = l.case_table AND f.case_key = l.case_key
             WHERE f.decided IS NOT NULL
             ORDER BY l.citizen, f.decided, l.case_table, l.case_key
        ), first_contact AS (
            SELECT c.citizen, min(c.day) AS day
              FROM (SELECT l.citizen, l.opened AS day FROM last_row l
                    UNION ALL
                    SELECT msb_org.citizen_key(f.citizen), msb_org.local_day(f.first)
                      FROM (SELECT k.citizen COLLATE "C" AS citizen, min(k.at) AS first
                              FROM msb_org.contact_facts('-infinity', 'infinity') k GROUP BY 1) f) c
             GROUP BY c.citizen
        ), counted AS (
            SELECT d.unit, msb_org.small_cell(count(*)) AS citizens,
                   percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY d.decided - c.day) AS days
              FROM first_decision d JOIN first_contact c ON c.citizen = d.citizen
             WHERE d.decided BETWEEN first_decision_times.from_date AND first_decision_times.to_date AND d.decided >= c.day
               AND d.structure = s.structure_name AND (s.revision IS NULL OR d.revision = s.revision)
             GROUP BY d.unit
        )
        SELECT c.unit::text, coalesce(u.title, CASE WHEN c.unit IS NULL THEN 'Kan ikke vurderes' END), c.citizens,
               CASE WHEN c.citizens > 0 THEN c.days[1] END, CASE WHEN c.citizens > 0 THEN c.days[2] END
          FROM counted c LEFT JOIN msb_org.report_units(s.document) u ON u.unit = c.unit
         ORDER BY c.unit;
END $$;
COMMENT ON FUNCTION msb_org.first_decision_times(text, date, date) IS
'Report: the time from a citizen''s first contact to the first decision in any of the citizen''s cases, by the unit that has that case, or had it last: unit, title, citizens whose first decision lies in the period, days and days_p90 (half of them, and nine in ten, waited so many days or fewer). The first contact is the earliest in the tables of contacts, or the opening of the citizen''s first case where that is earlier. Cases that the ledger knows; structure, small counts and errors as case_times().';

CREATE FUNCTION msb_org.contacts_by_area(from_date date, to_date date DEFAULT msb_org.today(), on_date date DEFAULT NULL)
    RETURNS TABLE (month date, unit text, title text, channel text, contacts bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 100
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    fixed timestamptz := msb_org.day_start(contacts_by_area.on_date + 1) - interval '1 microsecond';
BEGIN
    RETURN QUERY
        WITH c AS (
            -- one row for the contacts that the same units are asked for
            SELECT msb_org.citizen_key(f.citizen) COLLATE "C" AS citizen, date_trunc('month', msb_org.local_day(f.at)::timestamp)::date AS month,
                   coalesce(fixed, f.at) AS at, f.channel COLLATE "C" AS channel, count(*) AS contacts
              FROM msb_org.contact_facts(contacts_by_area.from_date, contacts_by_area.to_date) f
             GROUP BY 1, 2, 3, 4
        ), responsible AS (
            SELECT a.citizen, a.unit, range_agg(tstzrange(a.valid_from, a.valid_to)) AS spans
              FROM msb_org.assignment a
             WHERE a.citizen <> '' AND a.unit IS NOT NULL
             GROUP BY a.citizen, a.unit
        ), counted AS (
            SELECT c.month, r.unit, c.channel, sum(c.contacts)::bigint AS contacts
              FROM c JOIN responsible r ON r.citizen = c.citizen AND r.spans @> c.at
             GROUP BY 1, 2, 3
             UNION ALL
            SELECT c.month, NULL, c.channel, sum(c.contacts)::bigint
              FROM c LEFT JOIN responsible r ON r.citizen = c.citizen AND r.spans @> c.at
             WHERE r.citizen IS NULL
             GROUP BY 1, 3
        )
        SELECT n.month, n.unit::text, coalesce(u.title, CASE WHEN n.unit IS NULL THEN 'Ingen sag' END), n.channel::text, msb_org.small_cell(n.contacts)
          FROM counted n LEFT JOIN msb_org.unit_title u ON u.unit = n.unit
         ORDER BY n.month, n.unit, n.channel;
END $$;
COMMENT ON FUNCTION msb_org.contacts_by_area(date, date, date) IS
'Report: contacts with citizens, of the tables named by attach_contacts(): month (its first day), unit, title, channel, contacts. A contact counts for each unit that was responsible for an open case of the citizen at that instant, or at the end of on_date where that is given; for none: unit is NULL. So a contact of a citizen with cases in two units is in two rows. Contacts before the ledger began have no unit without on_date. Counts under min_cell are NULL. No rows for a NULL first or last day; 42703 where a column of a table of contacts has been renamed.';

-- The report on a change of structure: where the cases came from and went.

CREATE FUNCTION msb_org.structure_flow(from_structure text DEFAULT NULL, to_structure text DEFAULT NULL)
    RETURNS TABLE (from_structure_name text, to_structure_name text, from_unit text, from_title text, to_unit text, to_title text, cases bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    source text := structure_flow.from_structure;
    f      record;
    t      record;
BEGIN
    SELECT * INTO t FROM msb_org.report_structure(structure_flow.to_structure, msb_org.today());
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF source IS NULL THEN
        -- the newest other one that began before it
        SELECT e.structure INTO source FROM msb_org.enactment e
         WHERE e.withdrawn_at IS NULL AND e.structure <> t.structure_name
           AND e.from_date < (SELECT min(n.from_date) FROM msb_org.enactment n
                               WHERE n.withdrawn_at IS NULL AND n.structure = t.structure_name AND (t.revision IS NULL OR n.revision = t.revision))
         ORDER BY e.from_date DESC, e.revision DESC LIMIT 1;
        IF NOT FOUND THEN
            RETURN;
        END IF;
    END IF;
    SELECT * INTO f FROM msb_org.report_structure(source, msb_org.today());
    RETURN QUERY
        SELECT f.structure_name, t.structure_name, c.from_unit::text, coalesce(o.title, CASE WHEN c.from_unit IS NULL THEN 'Kan ikke vurderes' END),
               c.to_unit::text, coalesce(n.title, CASE WHEN c.to_unit IS NULL THEN 'Kan ikke vurderes' END), msb_org.small_cell(c.cases)
          FROM (SELECT w.from_unit, w.to_unit, count(*) AS cases
                  FROM (SELECT DISTINCT ON (b.case_table, b.case_key) a.unit AS from_unit, b.unit AS to_unit
                          FROM msb_org.assignment b
                          JOIN msb_org.assignment a ON a.case_table = b.case_table AND a.case_key = b.case_key AND a.valid_to = b.valid_from
                         WHERE b.structure = t.structure_name AND (t.revision IS NULL OR b.revision = t.revision)
                           AND a.structure = f.structure_name AND (f.revision IS NULL OR a.revision = f.revision)
                         ORDER BY b.case_table, b.case_key, b.valid_from) w
                 GROUP BY w.from_unit, w.to_unit) c
          LEFT JOIN msb_org.report_units(f.document) o ON o.unit = c.from_unit
          LEFT JOIN msb_org.report_units(t.document) n ON n.unit = c.to_unit
         ORDER BY c.from_unit COLLATE "C", c.to_unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.structure_flow(text, text) IS
'Report: where a change of structure sent the open cases, those that stayed with a unit of the same code among them: from_structure_name, to_structure_name, from_unit, from_title, to_unit, to_title, cases: cases whose responsibility passed, without a day between, from a row of the ledger that from_structure judged to one that to_structure judged; each case once, as it passed first. from_structure NULL: the newest other structure that began before to_structure; to_structure NULL: the one in force today; name#n: one revision. A unit is NULL where the case could not be judged. Cases not yet judged anew are in stranded_by_unit(). Counts under min_cell are NULL. No rows where no structure is in force or none was before it. 42704 for a structure that was never adopted.';

-- Reports on what wants looking at: deadlines, handovers, violations, stranded cases,
-- overrides, uncertain birth dates. Those that show single cases are granted to nobody.

CREATE FUNCTION msb_org.case_deadline(structure text DEFAULT NULL)
    RETURNS TABLE (case_table text, case_key text, unit text, title text, deadline text, deadline_title text, opened date, due date, days_left integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 10000
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s      record;
BEGIN
    SELECT * INTO s FROM msb_org.report_structure(case_deadline.structure, msb_org.today());
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH open_case AS (
            SELECT a.case_table, a.case_key, a.unit, a.opened, a.situation::text AS labels,
                   -- least() alone would make 150 of an age that is not known
                   CASE WHEN isfinite(a.birth) THEN least(150, extract(year FROM age(msb_org.today(), a.birth)))::integer END AS age
              FROM msb_org.assignment a
             WHERE a.structure = s.structure_name AND (s.revision IS NULL OR a.revision = s.revision)
               AND a.valid_to IS NULL AND a.opened IS NOT NULL AND a.situation IS NOT NULL
               AND (a.birth IS NULL OR a.birth <= msb_org.today())
        ), counted AS (     -- each combination of labels once, at an age that the deadline takes
            SELECT k.labels, d.deadline, d.title, d.within, msb_org.age_span(d.counted) AS ages
              FROM (SELECT DISTINCT o.labels FROM open_case o) k
              JOIN msb_org.deadline d ON d.structure = s.structure_name
               AND msb_org.matches_document(s.document, d.counted,
                       (format('age %s', coalesce(lower(msb_org.age_span(d.counted))::text, 'unknown'))
                        || CASE WHEN k.labels = 'any' THEN '' ELSE '; ' || k.labels END)::msb_org.target_group)
        ), due AS (
            SELECT o.case_table, o.case_key, min(o.unit) AS unit, c.deadline, min(c.title) AS title, min(o.opened) AS opened,
                   min((o.opened + c.within)::date) AS due
              FROM open_case o JOIN counted c ON c.labels = o.labels
               AND CASE WHEN o.age IS NULL THEN c.ages IS NULL OR lower_inf(c.ages) AND upper_inf(c.ages) ELSE c.ages @> o.age END
             GROUP BY o.case_table, o.case_key, c.deadline
        )
        SELECT d.case_table::text, d.case_key::text, d.unit::text, u.title, d.deadline::text, d.title, d.opened, d.due, d.due - msb_org.today()
          FROM due d
          JOIN msb_org.attachment t ON t.case_table = d.case_table AND t.decided IS NOT NULL
          JOIN msb_org.case_fact_rows() f ON f.case_table = d.case_table AND f.case_key = d.case_key AND f.decided IS NULL
          LEFT JOIN msb_org.report_units(s.document) u ON u.unit = d.unit
         ORDER BY d.due, d.case_table, d.case_key, d.deadline;
END $$;
COMMENT ON FUNCTION msb_org.case_deadline(text) IS
'Report, case by case: open cases that are not decided and have a deadline: case_table, case_key, unit, title, deadline, deadline_title, opened, due (the last day for the decision), days_left (negative: overdue). Cases that the structure judged, of tables whose column of the decision attach(decided =>) named; structure: see load_by_area(). 42704 for a structure that was never adopted, 22023 for a deadline with a label that the structure does not have. Granted to nobody.';

CREATE FUNCTION msb_org.deadlines_by_area(structure text DEFAULT NULL, soon integer DEFAULT 14)
    RETURNS TABLE (unit text, title text, deadline text, deadline_title text, undecided bigint, due_soon bigint, overdue bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT c.unit, coalesce(min(c.title), CASE WHEN c.unit IS NULL THEN 'Kan ikke vurderes' END), c.deadline, min(c.deadline_title), msb_org.small_cell(count(*)),
               msb_org.small_cell(count(*) FILTER (WHERE c.days_left BETWEEN 0 AND soon)),
               msb_org.small_cell(count(*) FILTER (WHERE c.days_left < 0))
          FROM msb_org.case_deadline(deadlines_by_area.structure) c
         GROUP BY c.unit, c.deadline ORDER BY c.unit COLLATE "C", c.deadline COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.deadlines_by_area(text, integer) IS
'Report: how each unit stands with the deadlines: unit, title, deadline, deadline_title; undecided: open cases under the deadline that are not decided; due_soon: those of them whose last day is today or within so many days (soon; NULL: none counts); overdue: those whose last day has passed. See case_deadline() for which cases and for errors. Counts under min_cell are NULL.';

CREATE FUNCTION msb_org.handovers_by_cause(from_date date DEFAULT msb_org.today(), to_date date DEFAULT msb_org.today() OPERATOR(pg_catalog.+) 365)
    RETURNS TABLE (moves text, moves_title text, cause text, cause_title text, to_unit text, to_title text, handovers bigint, accepted bigint, moved bigint, late bigint, void bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH handover AS (
            SELECT h.case_table, h.cause, h.to_unit, h.accepted_at, h.moved_at, h.void_at, h.planned
              FROM msb_org.handover h
             WHERE h.planned BETWEEN handovers_by_cause.from_date AND handovers_by_cause.to_date
             UNION ALL
            SELECT u.case_table, u.cause, u.to_unit, NULL, NULL, NULL, u.planned
              FROM msb_org.upcoming_handovers(handovers_by_cause.from_date, handovers_by_cause.to_date) u
             WHERE NOT EXISTS (
                   SELECT FROM msb_org.handover h
                    WHERE h.citizen = coalesce(u.citizen, '') AND h.case_table = u.case_table AND h.case_key = u.case_key
                      AND h.planned = u.planned AND h.to_unit IS NOT DISTINCT FROM u.to_unit)
        )
        SELECT c.moves, CASE c.moves WHEN 'plan' THEN 'Koordinering' ELSE 'Sag' END, c.cause::text, msb_org.danish_title(c.cause), c.to_unit::text,
               coalesce(t.title, CASE WHEN c.to_unit IS NULL THEN 'Kan ikke vurderes' END),
               msb_org.small_cell(c.handovers), msb_org.small_cell(c.accepted), msb_org.small_cell(c.moved),
               msb_org.small_cell(c.late), msb_org.small_cell(c.void)
          FROM (SELECT CASE h.case_table WHEN '' THEN 'plan' ELSE 'case' END AS moves, h.cause, h.to_unit, count(*) AS handovers,
                       count(h.accepted_at) AS accepted, count(h.moved_at) AS moved,
                       count(*) FILTER (WHERE h.void_at IS NULL AND coalesce(msb_org.local_day(h.moved_at), msb_org.today()) > h.planned) AS late,
                       count(h.void_at) AS void
                  FROM handover h GROUP BY 1, 2, 3) c
          LEFT JOIN msb_org.unit_title t ON t.unit = c.to_unit
         ORDER BY c.moves, c.cause, c.to_unit;
END $$;
COMMENT ON FUNCTION msb_org.handovers_by_cause(date, date) IS
'Report: handovers planned in a period (default: a year from today), recorded and ahead: moves (case, or plan for its coordination), moves_title, cause, cause_title, to_unit, to_title; handovers; accepted: those somebody has accepted; moved: those that have happened; late: those that happened after their day, or whose day has passed; void: those that do not happen after all. Counts under min_cell are NULL. No rows for a NULL day. See upcoming_handovers().';

CREATE FUNCTION msb_org.violations_by_area()
    RETURNS TABLE (case_table text, unit text, title text, finding text, finding_title text, cases bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT v.case_table::text, v.expected::text, coalesce(t.title, CASE WHEN v.expected IS NULL THEN 'Kan ikke vurderes' END),
               v.finding::text, msb_org.danish_title(v.finding), msb_org.small_cell(v.cases)
          FROM (SELECT v.case_table, v.expected, v.finding, count(*) AS cases FROM msb_org.violation v GROUP BY 1, 2, 3) v
          LEFT JOIN msb_org.unit_title t ON t.unit = v.expected
         ORDER BY v.case_table, v.expected, v.finding;
END $$;
COMMENT ON FUNCTION msb_org.violations_by_area() IS
'Report: open cases on which something is wrong: case_table, unit (the one that is responsible by the rule; NULL: nobody can be found), title, finding, finding_title, cases. Counts under min_cell are NULL. The cases themselves are in the view violation.';

CREATE FUNCTION msb_org.stranded_by_unit()
    RETURNS TABLE (unit text, title text, structure text, structure_title text, cause text, cause_title text, cases bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT s.unit::text, coalesce(t.title, CASE WHEN s.unit IS NULL THEN 'Kan ikke vurderes' END), s.structure::text,
               (SELECT e.document ->> 'title' FROM msb_org.enactment e WHERE e.structure = s.structure ORDER BY e.revision DESC LIMIT 1),
               s.cause, msb_org.danish_title(s.cause), msb_org.small_cell(s.cases)
          FROM (SELECT c.unit, c.structure, c.cause, count(*) AS cases FROM msb_org.stranded_case c GROUP BY 1, 2, 3) s
          LEFT JOIN msb_org.unit_title t ON t.unit = s.unit
         ORDER BY s.unit, s.structure, s.cause;
END $$;
COMMENT ON FUNCTION msb_org.stranded_by_unit() IS
'Report: open cases that the structure in force has left behind: unit that holds them (NULL: none), title, structure that judged them, structure_title, cause, cause_title, cases. Counts under min_cell are NULL. The cases themselves are in the view stranded_case. No rows where no structure is in force.';

CREATE FUNCTION msb_org.overrides_ending(to_date date DEFAULT msb_org.today() OPERATOR(pg_catalog.+) 30)
    RETURNS TABLE (case_table text, case_key text, unit text, title text, reason text, until date, days_left integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 1000 ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT o.case_table::text, o.case_key::text, o.unit::text, t.title, o.reason, o.until, o.until - msb_org.today()
          FROM msb_org.case_override o
          JOIN msb_org.assignment a ON a.case_table = o.case_table AND a.case_key = o.case_key AND a.valid_to IS NULL AND a.origin = 'override'
          LEFT JOIN msb_org.unit_title t ON t.unit = o.unit
         WHERE o.until <= overrides_ending.to_date
         ORDER BY o.until, o.case_table, o.case_key;
END $$;
COMMENT ON FUNCTION msb_org.overrides_ending(date) IS
'Report, case by case: overrides of open cases whose last day is to_date (default: 30 days from today) or earlier: case_table, case_key, unit, title, reason, until, days_left (negative: the daily job has not run). An override without an end is not there. Granted to nobody.';

CREATE VIEW msb_org.uncertain_birth AS
    SELECT a.case_table, a.case_key, a.unit, t.title, a.finding, msb_org.danish_title(a.finding) AS finding_title, a.opened
      FROM msb_org.assignment a
      LEFT JOIN msb_org.unit_title t ON t.unit = a.unit
     WHERE a.valid_to IS NULL AND a.citizen <> '' AND a.birth IS NULL;
COMMENT ON VIEW msb_org.uncertain_birth IS 'Report, case by case: open cases of citizens whose birth date is not known, or not one to rely on: their age is unknown, so rules for an age span do not take them, and no birthday moves them. Granted to nobody.';
COMMENT ON COLUMN msb_org.uncertain_birth.case_table IS 'Name of the case table.';
COMMENT ON COLUMN msb_org.uncertain_birth.case_key IS 'The case''s key, as text.';
COMMENT ON COLUMN msb_org.uncertain_birth.unit IS 'The unit that is responsible meanwhile; NULL where the case cannot be judged.';
COMMENT ON COLUMN msb_org.uncertain_birth.title IS 'Title of the unit, in Danish.';
COMMENT ON COLUMN msb_org.uncertain_birth.finding IS 'What else is wrong with the case; no_cpr: what stands instead of a CPR number is none.';
COMMENT ON COLUMN msb_org.uncertain_birth.finding_title IS 'The finding in Danish.';
COMMENT ON COLUMN msb_org.uncertain_birth.opened IS 'The day on which the case was opened.';

-- Reports on plans.

CREATE FUNCTION msb_org.plan_counts()
    RETURNS TABLE (kind text, status text, unit text, open boolean, overdue boolean, without_consent boolean, with_wishes boolean)
    LANGUAGE sql STABLE COST 100000 ROWS 1000
BEGIN ATOMIC
    SELECT p.kind, p.status, p.unit, s.open,
           o.plan IS NOT NULL,
           s.open AND coalesce(k.needs_consent, true) AND NOT msb_org.consent_stands(p.citizen, p.plan, k.consent_of),
           coalesce(btrim(p.wishes) <> '', false)
      FROM msb_org.plan p
      LEFT JOIN msb_org.plan_kind k ON k.kind = p.kind
      LEFT JOIN (SELECT DISTINCT v.citizen, v.plan FROM msb_org.plan_overdue v) o ON o.citizen = p.citizen AND o.plan = p.plan,
   LATERAL (SELECT p.status IN ('draft', 'offered', 'consented', 'active', 'under_review') AS open) s;
END;
COMMENT ON FUNCTION msb_org.plan_counts() IS
'Used by the reports: one row a plan, without its citizen: kind, status, unit that coordinates, open (not yet ended), overdue (plan_overdue has it), without_consent, with_wishes.';

CREATE FUNCTION msb_org.plans_by_status(unit text DEFAULT NULL)
    RETURNS TABLE (kind text, kind_title text, status text, status_title text, plans bigint, overdue bigint, without_consent bigint,
                   with_wishes bigint, wishes_percent numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH c AS (
            SELECT p.kind, p.status, msb_org.small_cell(count(*)) AS plans, msb_org.small_cell(count(*) FILTER (WHERE p.overdue)) AS overdue,
                   msb_org.small_cell(count(*) FILTER (WHERE p.without_consent)) AS without_consent,
                   msb_org.small_cell(count(*) FILTER (WHERE p.with_wishes)) AS with_wishes
              FROM msb_org.plan_counts() p
             WHERE plans_by_status.unit IS NULL OR p.unit = plans_by_status.unit
             GROUP BY p.kind, p.status
        )
        SELECT c.kind, k.title, c.status, msb_org.danish_title(c.status), c.plans, c.overdue, c.without_consent, c.with_wishes,
               round(100.0 * c.with_wishes / nullif(c.plans, 0), 1)
          FROM c LEFT JOIN msb_org.plan_kind k ON k.kind = c.kind
         ORDER BY c.kind COLLATE "C",
               array_position('{draft,offered,consented,active,under_review,closed,declined,replaced,revoked,entered_in_error}'::text[], c.status);
END $$;
COMMENT ON FUNCTION msb_org.plans_by_status(text) IS
'Report: plans by kind and status, of all units or of the one that coordinates them: kind, kind_title, status, status_title, plans; overdue: open plans of which something is late, as the view plan_overdue says (the plan itself, a follow-up, a consent that ran out, a decision); without_consent: open plans of kinds that need a consent and have none that stands; with_wishes: plans in which the citizen''s wishes are filled in; wishes_percent, their share. Counts under min_cell are NULL, and the share with them.';

CREATE FUNCTION msb_org.plans_by_unit()
    RETURNS TABLE (unit text, title text, plans bigint, overdue bigint, without_consent bigint, with_wishes bigint, wishes_percent numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH c AS (
            SELECT p.unit, msb_org.small_cell(count(*)) AS plans, msb_org.small_cell(count(*) FILTER (WHERE p.overdue)) AS overdue,
                   msb_org.small_cell(count(*) FILTER (WHERE p.without_consent)) AS without_consent,
                   msb_org.small_cell(count(*) FILTER (WHERE p.with_wishes)) AS with_wishes
              FROM msb_org.plan_counts() p WHERE p.open
             GROUP BY p.unit
        )
        SELECT c.unit, coalesce(t.title, CASE WHEN c.unit IS NULL THEN 'Ingen enhed' END), c.plans, c.overdue, c.without_consent, c.with_wishes,
               round(100.0 * c.with_wishes / nullif(c.plans, 0), 1)
          FROM c LEFT JOIN msb_org.unit_title t ON t.unit = c.unit
         ORDER BY c.unit COLLATE "C";
END $$;
COMMENT ON FUNCTION msb_org.plans_by_unit() IS
'Report: open plans, of all kinds, by the unit that coordinates them: unit (NULL: none), title, plans, overdue, without_consent, with_wishes, wishes_percent; see plans_by_status().';

-- What a dump carries: the rows of every table. None is inserted here.
SELECT pg_catalog.pg_extension_config_dump('msb_org.facet', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.label', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.structure', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.unit', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.rule', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.precedence', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_duty', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.hearing_note', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.enactment', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.attached_table', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.alias', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.assignment', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.case_override', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.renumbering', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.reassignment', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.due_scan', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_kind', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_step', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_goal', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_measure', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_content', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_follow_up', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_consent', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_citizen', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_replaces', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_coordinator', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_revision', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_participant', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_reason', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_review', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.primary_challenge', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.handover', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.unit_role', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.unit_figure', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.deadline', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.contact_table', '');

-- The role that installs the extension administers it; a restore by that role
-- needs the rows to be writable.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA msb_org TO @extowner@ WITH GRANT OPTION;

-- Structures are public documents.
GRANT SELECT ON msb_org.facet, msb_org.label, msb_org.structure, msb_org.unit, msb_org.rule,
    msb_org.precedence, msb_org.plan_duty, msb_org.enactment, msb_org.unit_in_force, msb_org.plan_kind, msb_org.plan_step,
    msb_org.unit_title, msb_org.deadline TO PUBLIC;

-- What policies ask is asked as whoever reads the table; the answer is about that user alone.
GRANT SELECT ON msb_org.my_area, msb_org.my_narrow_case, msb_org.my_area_value, msb_org.my_shared_case, msb_org.my_unjudged_case TO PUBLIC;

-- The triggers' functions stay PUBLIC's, as the foreign keys' are: the server asks for the
-- privilege when the owner of an attached table makes or attaches a partition. On a table
-- that is not attached they refuse to work.
-- Everything else that changes something, or reads the ledger, is the administrator's to give.
REVOKE EXECUTE ON FUNCTION
    msb_org.import_structure(jsonb, text), msb_org.load_structure(text), msb_org.copy_structure(text, text), msb_org.adopt(text, date, text),
    msb_org.withdraw_enactment(text, integer),
    msb_org.enactment_guard(), msb_org.invalidate(),
    msb_org.raise(text, text, text), msb_org.attached_name(text), msb_org.drop_map(text, regclass),
    msb_org.make_map(text, regclass, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text),
    msb_org.warn_shape(text, text),
    msb_org.attach(regclass, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text, text, text, text),
    msb_org.remap(text, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text, text),
    msb_org.set_mode(text, text), msb_org.detach(text, boolean),
    msb_org.judge_cases(text, text[], text), msb_org.note_cases(text, text[]), msb_org.judge_noted(text), msb_org.unsettled_cases(text, text, integer), msb_org.lost_cases(text), msb_org.refuse_block(), msb_org.case_key_query(text),
    msb_org.reassign_begin(text), msb_org.reassign_batch(text, integer), msb_org.reassign_due(date), msb_org.enacted_now(), msb_org.cases_due(text, date),
    msb_org.override(text, text, text, text, date), msb_org.renumber_citizen(text, text, text),
    msb_org.purge_ended(timestamptz), msb_org.judged_on(text, date),
    msb_org.judge_twice(record, text, jsonb, jsonb, jsonb, date, boolean), msb_org.impact_query(text, date, boolean),
    msb_org.impact(text, text, text, date), msb_org.impact_case(text, text, text, date),
    msb_org.assignment_at(timestamptz), msb_org.area_at(text, text, timestamptz),
    msb_org.lock_citizens(text[]), msb_org.lock_all_citizens(), msb_org.judge_citizens(text[], text), msb_org.citizen_duty(text), msb_org.coordination_of(text),
    msb_org.state_primary_challenge(text, text, text), msb_org.open_due_plans(text, text, integer),
    msb_org.recheck_cases(text, text), msb_org.recheck_citizens(), msb_org.recheck(boolean),
    msb_org.newest(text, text[]),
    msb_org.case_future(msb_org.assignment, date, date), msb_org.coordination_future(msb_org.plan, date, date),
    msb_org.coordination_since(msb_org.plan), msb_org.coordination_situation(text),
    msb_org.upcoming_handovers(date, date), msb_org.write_acceptance(text, text, text, jsonb),
    msb_org.accept_coordination(text, date), msb_org.accept_handover(text, text, date),
    msb_org.cases_handed_over(text, date), msb_org.lock_plans_of(jsonb), msb_org.record_moves(text, text[], boolean),
    msb_org.settle_handovers(date), msb_org.move_coordination(date),
    msb_org.entry_point(text), msb_org.citizen_view(text),
    msb_org.load_plan_kinds(), msb_org.plan_guard(), msb_org.plan_part_guard(), msb_org.keep_revision(), msb_org.plan_follows(),
    msb_org.consent_follows(), msb_org.plan_birth(text), msb_org.consent_stands(text, uuid, text, date),
    msb_org.missing_contents(text, uuid, text[], text), msb_org.replace_plans(text, uuid), msb_org.return_plans(text, uuid),
    msb_org.open_plan(text, text, text, date, text, uuid), msb_org.plan_citizen_of(uuid), msb_org.set_plan_status(uuid, text, text),
    msb_org.set_coordinator(uuid, text), msb_org.withdraw_consent(uuid, text, text),
    msb_org.write_plan_part(text, uuid, text, text, jsonb, jsonb), msb_org.write_plan(jsonb), msb_org.read_plan(uuid), msb_org.plan_readers(uuid),
    msb_org.drop_policies(regclass), msb_org.protect(text, name[]), msb_org.unprotect(text),
    msb_org.attach_contacts(regclass, text, text, text, text), msb_org.detach_contacts(text),
    msb_org.case_fact_rows(), msb_org.citizen_units(text, text, date, date), msb_org.moves(date, date), msb_org.plan_counts(),
    msb_org.load_by_area(text, date, date), msb_org.citizens_by_unit(text, text, date, date), msb_org.citizens_by_number(text, text, date, date),
    msb_org.area_overlap(text, text, date, date), msb_org.citizens_by_table(date, date), msb_org.citizens_by_caseworkers(), msb_org.caseworkers_by_area(text),
    msb_org.moves_by_month(date, date), msb_org.moves_per_citizen(date, date), msb_org.case_times(text, date, date),
    msb_org.first_decision_times(text, date, date), msb_org.contacts_by_area(date, date, date),
    msb_org.structure_flow(text, text),
    msb_org.case_deadline(text), msb_org.deadlines_by_area(text, integer), msb_org.handovers_by_cause(date, date),
    msb_org.violations_by_area(), msb_org.stranded_by_unit(), msb_org.overrides_ending(date),
    msb_org.plans_by_status(text), msb_org.plans_by_unit()
    FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE msb_org.reassign(text, integer) FROM PUBLIC;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA msb_org TO @extowner@ WITH GRANT OPTION;
-- These read an application's table as its owner, for reports that show counts; nobody calls them directly.
REVOKE EXECUTE ON FUNCTION msb_org.case_facts(text), msb_org.contact_facts(date, date) FROM PUBLIC, @extowner@;
