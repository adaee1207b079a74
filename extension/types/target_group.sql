-- Type target_group: an age span and, per facet, the labels it takes.

CREATE TYPE msb_org.target_group;

CREATE FUNCTION msb_org.target_group_in(cstring) RETURNS msb_org.target_group
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'msb_target_group_in';
COMMENT ON FUNCTION msb_org.target_group_in(cstring) IS
'Reads a target group. Raises 22P02 if the text is none; the message does not show the text.';

CREATE FUNCTION msb_org.target_group_out(msb_org.target_group) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'msb_target_group_out';
COMMENT ON FUNCTION msb_org.target_group_out(msb_org.target_group) IS
'Writes a target group: the age item, then the facets by name, labels sorted, all bytewise.';

CREATE FUNCTION msb_org.target_group_recv(internal) RETURNS msb_org.target_group
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'msb_target_group_recv';
COMMENT ON FUNCTION msb_org.target_group_recv(internal) IS
'Reads the binary form: a version byte, 1, and the text. Raises 22P03 for anything else.';

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
'An age span in completed years (0 to 150) and, per facet, the labels it takes: age 15-17; task authority|provision. A facet that is not named takes every label. Without an age item the target group takes every age, and unknown. Names and labels have up to 255 bytes, the text up to 16 MB. Nothing depends on locale, and labels are compared as written. Raises 22P02 for text that is no target group, with the place and not the text; 22P03 for such a binary value; 54000 for a result over 16 MB; XX001 for a stored version that is not known. See docs/deciding.md#target-groups.';

-- An application's driver sends text. The casts are for assignment only, so that no operator is
-- found by way of a cast that nobody wrote.
CREATE CAST (text AS msb_org.target_group) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (text AS msb_org.target_group) IS
'Reads a target group on assignment. Raises 22P02 if the text is none.';
CREATE CAST (varchar AS msb_org.target_group) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (varchar AS msb_org.target_group) IS
'Reads a target group on assignment. Raises 22P02 if the text is none.';
CREATE CAST (bpchar AS msb_org.target_group) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (bpchar AS msb_org.target_group) IS
'Reads a target group on assignment. Raises 22P02 if the text is none.';

-- Comparison. None is LEAKPROOF: a stored version that the module does not know is an error.

CREATE FUNCTION msb_org.target_group_eq(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_eq';
COMMENT ON FUNCTION msb_org.target_group_eq(msb_org.target_group, msb_org.target_group) IS
'Returns whether both are the same target group. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_ne(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_ne';
COMMENT ON FUNCTION msb_org.target_group_ne(msb_org.target_group, msb_org.target_group) IS
'Returns whether they are different target groups. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_lt(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_lt';
COMMENT ON FUNCTION msb_org.target_group_lt(msb_org.target_group, msb_org.target_group) IS
'Returns whether the first is before the second in the order: age item, then facets by name and labels, bytewise. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_le(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_le';
COMMENT ON FUNCTION msb_org.target_group_le(msb_org.target_group, msb_org.target_group) IS
'Returns whether the first is before or equal to the second in the order: age item, then facets by name and labels, bytewise. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_gt(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_gt';
COMMENT ON FUNCTION msb_org.target_group_gt(msb_org.target_group, msb_org.target_group) IS
'Returns whether the first is after the second in the order: age item, then facets by name and labels, bytewise. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_ge(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_ge';
COMMENT ON FUNCTION msb_org.target_group_ge(msb_org.target_group, msb_org.target_group) IS
'Returns whether the first is after or equal to the second in the order: age item, then facets by name and labels, bytewise. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_cmp(msb_org.target_group, msb_org.target_group) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_cmp';
COMMENT ON FUNCTION msb_org.target_group_cmp(msb_org.target_group, msb_org.target_group) IS
'Returns a number below, at or above zero, by the order: age item, then facets by name and labels, bytewise. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_hash(msb_org.target_group) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_hash';
COMMENT ON FUNCTION msb_org.target_group_hash(msb_org.target_group) IS
'Hash of a target group, for hash indexes, joins and partitions. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_hash_extended(msb_org.target_group, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'msb_target_group_hash_extended';
COMMENT ON FUNCTION msb_org.target_group_hash_extended(msb_org.target_group, bigint) IS
'Hash of a target group with a seed. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_contains(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_contains';
COMMENT ON FUNCTION msb_org.target_group_contains(msb_org.target_group, msb_org.target_group) IS
'Returns whether every situation of the second is in the first. Labels are compared as written. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_contained(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_contained';
COMMENT ON FUNCTION msb_org.target_group_contained(msb_org.target_group, msb_org.target_group) IS
'Returns whether every situation of the first is in the second. Labels are compared as written. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_overlaps(msb_org.target_group, msb_org.target_group) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_overlaps';
COMMENT ON FUNCTION msb_org.target_group_overlaps(msb_org.target_group, msb_org.target_group) IS
'Returns whether some situation is in both. Labels are compared as written. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.target_group_intersect(msb_org.target_group, msb_org.target_group) RETURNS msb_org.target_group
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_intersect';
COMMENT ON FUNCTION msb_org.target_group_intersect(msb_org.target_group, msb_org.target_group) IS
'Returns the target group of the situations that are in both; NULL if there are none. Raises 54000 if its text would be longer than 16 MB, XX001 for a stored version that is not known.';

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
'Hash of target groups. Its results are stored by hash indexes and partitions and never change';

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

-- A target group's parts, for reports.

CREATE FUNCTION msb_org.age_span(target msb_org.target_group) RETURNS int4range
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_age_span';
COMMENT ON FUNCTION msb_org.age_span(msb_org.target_group) IS
'Returns the known ages that the target group takes, in completed years: (,) for every age, unknown included; [18,) for 18 and above; NULL for age unknown only. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.facets(target msb_org.target_group) RETURNS text[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_facets';
COMMENT ON FUNCTION msb_org.facets(msb_org.target_group) IS
'Returns the facets that the target group names, sorted bytewise; an empty array if it names none. Raises XX001 for a stored version that is not known.';

CREATE FUNCTION msb_org.labels(target msb_org.target_group, facet text) RETURNS text[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'msb_target_group_labels';
COMMENT ON FUNCTION msb_org.labels(msb_org.target_group, text) IS
'Returns the labels that the target group takes of a facet, sorted bytewise. NULL if the facet is not named, and so takes every label. Raises XX001 for a stored version that is not known.';
