-- The type cpr: 64 bits, ordered by date of birth. Comparison, sort support and sending are
-- bigint's own. cpr_text.c knows the forms of a number.

CREATE TYPE msb_org.cpr;
COMMENT ON TYPE msb_org.cpr IS
'A Danish civil registration number (personnummer). Reads DDMMYY-SSSS and DDMMYYSSSS amid white space, writes the first form. It also reads replacement numbers (60 added to the day) and the letter form DDMMYYCAAG (C digit, AA letters, G digit). Numbers are ordered by date of birth, then form, then serial. The seventh digit names the century: 0-3: 19YY; 4 and 9: 20YY to YY = 36, else 19YY; 5-8: 20YY to YY = 57, else 18YY; in the letter form 0 and 1: 19YY, 6 and 7: 20YY, others none. The date must be in the calendar and may lie in the future. Its operators are in the schema msb_org. Raises 22P02 for text that is no CPR number (soft from server version 16 on) and 22P03 for such a binary value; neither message shows a digit of it. Source: the CPR Office, "Personnummeret i CPR". See docs/types.md.';

CREATE FUNCTION msb_org.cpr_in(cstring) RETURNS msb_org.cpr
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_in';
COMMENT ON FUNCTION msb_org.cpr_in(cstring) IS
'Input of type cpr, from text. Raises 22P02 (soft, from server version 16 on) if the text is no CPR number.';

CREATE FUNCTION msb_org.cpr_out(msb_org.cpr) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_out';
COMMENT ON FUNCTION msb_org.cpr_out(msb_org.cpr) IS
'Output of type cpr: DDMMYY-SSSS. Raises no error.';

CREATE FUNCTION msb_org.cpr_recv(internal) RETURNS msb_org.cpr
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_recv';
COMMENT ON FUNCTION msb_org.cpr_recv(internal) IS
'Binary input of type cpr: 8 bytes as cpr_send writes them. Raises 22P03 if they are no CPR number.';

CREATE FUNCTION msb_org.cpr_send(msb_org.cpr) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'int8send';
COMMENT ON FUNCTION msb_org.cpr_send(msb_org.cpr) IS
'Binary output of type cpr: 8 bytes, most significant first. The upper 4 hold the date of birth (signed days since 2000-01-01), the next the form (0 ordinary, 1 replacement, 2 letters), the last 3 the serial. Raises no error.';

CREATE TYPE msb_org.cpr (
    INPUT = msb_org.cpr_in,
    OUTPUT = msb_org.cpr_out,
    RECEIVE = msb_org.cpr_recv,
    SEND = msb_org.cpr_send,
    LIKE = pg_catalog.int8,
    CATEGORY = 'U'
);

-- Casts. To text the type's output serves. Text becomes a cpr by itself only when it is stored
-- (INSERT, UPDATE): drivers send varchar.

CREATE FUNCTION msb_org.cpr(value text) RETURNS msb_org.cpr
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_from_text';
COMMENT ON FUNCTION msb_org.cpr(text) IS
'Reads a CPR number from text. Raises 22P02 if value is none.';

CREATE FUNCTION msb_org.cpr(value character) RETURNS msb_org.cpr
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_from_text';
COMMENT ON FUNCTION msb_org.cpr(character) IS
'Reads a CPR number from text. Raises 22P02 if value is none.';

CREATE CAST (text AS msb_org.cpr) WITH FUNCTION msb_org.cpr(text) AS ASSIGNMENT;
COMMENT ON CAST (text AS msb_org.cpr) IS
'Reads a CPR number on assignment. Raises 22P02 if the text is none.';

CREATE CAST (varchar AS msb_org.cpr) WITH FUNCTION msb_org.cpr(text) AS ASSIGNMENT;
COMMENT ON CAST (varchar AS msb_org.cpr) IS
'Reads a CPR number on assignment. Raises 22P02 if the text is none.';

CREATE CAST (character AS msb_org.cpr) WITH FUNCTION msb_org.cpr(character) AS ASSIGNMENT;
COMMENT ON CAST (character AS msb_org.cpr) IS
'Reads a CPR number on assignment. Raises 22P02 if the text is none.';

-- Questions about a number.

CREATE FUNCTION msb_org.birth_date(citizen msb_org.cpr) RETURNS date
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_birth_date';
COMMENT ON FUNCTION msb_org.birth_date(msb_org.cpr) IS
'Returns the date of birth that the number states, in every form. For a replacement number it is the day less 60. In the letter form it is often the day of issue: see birth_certain(). Raises no error. Source: the CPR Office, "Personnummeret i CPR".';

CREATE FUNCTION msb_org.birth_certain(citizen msb_org.cpr) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_birth_is_certain';
COMMENT ON FUNCTION msb_org.birth_certain(msb_org.cpr) IS
'Returns whether birth_date() is one to rely on: false for the letter form, whose date is often the day on which the number was issued, else true. Raises no error.';

CREATE FUNCTION msb_org.sex(citizen msb_org.cpr) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_sex';
COMMENT ON FUNCTION msb_org.sex(msb_org.cpr) IS
'Returns male if the last digit is odd, female if it is even; in the letter form too. Raises no error. Source: the CPR Office, "Personnummeret i CPR".';

CREATE FUNCTION msb_org.age(citizen msb_org.cpr, on_date date) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_age';
COMMENT ON FUNCTION msb_org.age(msb_org.cpr, date) IS
'Returns the age in completed years on on_date. A birthday on 29 February counts from 1 March in common years. NULL if on_date is before birth or infinite, and for the letter form, whose age is unknown: see birth_certain(). Raises no error.';

CREATE FUNCTION msb_org.mod11(citizen msb_org.cpr) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_mod11';
COMMENT ON FUNCTION msb_org.mod11(msb_org.cpr) IS
'Returns whether the digits times 4 3 2 7 6 5 4 3 2 1 sum to a multiple of 11. Replacement numbers are calculated as written, with 60 in the day. NULL for the letter form, for which it is not defined. The extension never makes it a condition: numbers without modulus 11 have been valid since 1 October 2007. Raises no error. Source: the CPR Office, "Personnummeret i CPR".';

CREATE FUNCTION msb_org.mask(citizen msb_org.cpr) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_mask';
COMMENT ON FUNCTION msb_org.mask(msb_org.cpr) IS
'Returns the number with its last four characters hidden: DDMMYY-XXXX. The date is still visible. Raises no error.';

CREATE FUNCTION msb_org.citizen_key(value text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'msb_citizen_key_text';
COMMENT ON FUNCTION msb_org.citizen_key(text) IS
'Returns the key by which a citizen is known in every table. A CPR number, however written (white space around it, no dash, lower-case letters), becomes DDMMYY-SSSS. Anything else is unchanged, without the white space around it. Raises no error.';

-- Comparison.

CREATE FUNCTION msb_org.cpr_eq(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8eq';
COMMENT ON FUNCTION msb_org.cpr_eq(msb_org.cpr, msb_org.cpr) IS
'Compares two CPR numbers by date of birth, then form, then serial: equal. Raises no error.';

CREATE FUNCTION msb_org.cpr_ne(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8ne';
COMMENT ON FUNCTION msb_org.cpr_ne(msb_org.cpr, msb_org.cpr) IS
'Compares two CPR numbers by date of birth, then form, then serial: not equal. Raises no error.';

CREATE FUNCTION msb_org.cpr_lt(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8lt';
COMMENT ON FUNCTION msb_org.cpr_lt(msb_org.cpr, msb_org.cpr) IS
'Compares two CPR numbers by date of birth, then form, then serial: less. Raises no error.';

CREATE FUNCTION msb_org.cpr_le(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8le';
COMMENT ON FUNCTION msb_org.cpr_le(msb_org.cpr, msb_org.cpr) IS
'Compares two CPR numbers by date of birth, then form, then serial: less or equal. Raises no error.';

CREATE FUNCTION msb_org.cpr_gt(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8gt';
COMMENT ON FUNCTION msb_org.cpr_gt(msb_org.cpr, msb_org.cpr) IS
'Compares two CPR numbers by date of birth, then form, then serial: greater. Raises no error.';

CREATE FUNCTION msb_org.cpr_ge(msb_org.cpr, msb_org.cpr) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8ge';
COMMENT ON FUNCTION msb_org.cpr_ge(msb_org.cpr, msb_org.cpr) IS
'Compares two CPR numbers by date of birth, then form, then serial: greater or equal. Raises no error.';

CREATE FUNCTION msb_org.cpr_cmp(msb_org.cpr, msb_org.cpr) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'btint8cmp';
COMMENT ON FUNCTION msb_org.cpr_cmp(msb_org.cpr, msb_org.cpr) IS
'Compares two CPR numbers by date of birth, then form, then serial: -1, 0 or 1. Raises no error.';

CREATE FUNCTION msb_org.cpr_sortsupport(internal) RETURNS void
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'btint8sortsupport';
COMMENT ON FUNCTION msb_org.cpr_sortsupport(internal) IS
'Sort support of CPR numbers. Raises no error.';

CREATE FUNCTION msb_org.cpr_hash(msb_org.cpr) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_hash';
COMMENT ON FUNCTION msb_org.cpr_hash(msb_org.cpr) IS
'Hash of a CPR number, the same on every machine and in every version. Raises no error.';

CREATE FUNCTION msb_org.cpr_hash_extended(msb_org.cpr, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'MODULE_PATHNAME', 'msb_cpr_hash_extended';
COMMENT ON FUNCTION msb_org.cpr_hash_extended(msb_org.cpr, bigint) IS
'64-bit hash of a CPR number with a seed, the same on every machine and in every version. Raises no error.';

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
'Returns the smaller of two CPR numbers. Raises no error.';

CREATE AGGREGATE msb_org.min(msb_org.cpr) (
    SFUNC = msb_org.cpr_smaller, STYPE = msb_org.cpr,
    COMBINEFUNC = msb_org.cpr_smaller, SORTOP = OPERATOR(msb_org.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE msb_org.min(msb_org.cpr) IS
'Returns the smallest CPR number, which has the earliest date of birth. NULL if there are no rows. Raises no error.';

CREATE FUNCTION msb_org.cpr_larger(msb_org.cpr, msb_org.cpr) RETURNS msb_org.cpr
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 1
    AS 'int8larger';
COMMENT ON FUNCTION msb_org.cpr_larger(msb_org.cpr, msb_org.cpr) IS
'Returns the larger of two CPR numbers. Raises no error.';

CREATE AGGREGATE msb_org.max(msb_org.cpr) (
    SFUNC = msb_org.cpr_larger, STYPE = msb_org.cpr,
    COMBINEFUNC = msb_org.cpr_larger, SORTOP = OPERATOR(msb_org.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE msb_org.max(msb_org.cpr) IS
'Returns the largest CPR number, which has the latest date of birth. NULL if there are no rows. Raises no error.';
