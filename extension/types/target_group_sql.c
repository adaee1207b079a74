/*
 * target_group_sql.c: the type target_group in SQL: input, output, operators, its parts.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "base/compat.h"
#include "base/msb_org.h"
#include "base/messages.h"
#include "types/target_group_text.h"
#include "types/target_group.h"

#define WIRE_VERSION 1			/* of the binary form that clients see */

/*
 * Return the DETAIL about a text that is no target group, palloc'd: the fault, and at which
 * character, but nothing of the text.
 */
static char *
error_detail(const char *text, size_t len, const MsbParseError *error)
{
	if (!error->has_position)
		return psprintf("%s.", _(error->why));
	if (error->at >= len)
		return psprintf(_("%s, at the end."), _(error->why));
	return psprintf(_("%s, at character %d."), _(error->why),
					pg_mbstrlen_with_len(text, (int) error->at) + 1);
}

/* Input function of target_group. */
PG_FUNCTION_INFO_V1(msb_target_group_in);
Datum
msb_target_group_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	size_t		len = strlen(text);
	MsbTargetGroup *group;
	MsbParseError error;

	if (!msb_target_group_parse(text, len, palloc, &group, &error))
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s", "target_group"),
				 errdetail_internal("%s", error_detail(text, len, &error)),
				 msb_hide_values(fcinfo->context)));
	PG_RETURN_DATUM(msb_target_group_encode(group));
}

/* Output function of target_group: the canonical text. */
PG_FUNCTION_INFO_V1(msb_target_group_out);
Datum
msb_target_group_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(msb_target_group_print(msb_target_group_decode(PG_GETARG_DATUM(0))));
}

/* Receive function of target_group: a version byte, and the text, read like any text. */
PG_FUNCTION_INFO_V1(msb_target_group_recv);
Datum
msb_target_group_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	char	   *text;
	int			len;
	MsbTargetGroup *group;
	MsbParseError error;

	if (version != WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("unknown version %d of a target_group in binary form", version),
				 msb_hide_values(NULL)));
	text = pq_getmsgtext(buf, buf->len - buf->cursor, &len);
	if (!msb_target_group_parse(text, len, palloc, &group, &error))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid target_group in binary form"),
				 errdetail_internal("%s", error_detail(text, len, &error)),
				 msb_hide_values(NULL)));
	PG_RETURN_DATUM(msb_target_group_encode(group));
}

/* Send function of target_group: what msb_target_group_recv() reads. */
PG_FUNCTION_INFO_V1(msb_target_group_send);
Datum
msb_target_group_send(PG_FUNCTION_ARGS)
{
	char	   *text = msb_target_group_print(msb_target_group_decode(PG_GETARG_DATUM(0)));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WIRE_VERSION);
	pq_sendtext(&buf, text, strlen(text));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*
 * Compare the two arguments of a btree operator.  Detoasted copies are freed, as index code
 * requires of an operator.
 */
static int
compare_args(FunctionCallInfo fcinfo)
{
	struct varlena *a = PG_GETARG_VARLENA_PP(0);
	struct varlena *b = PG_GETARG_VARLENA_PP(1);
	int			order = msb_target_group_compare(a, b);

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order;
}

/* Comparison function of the btree operator class. */
PG_FUNCTION_INFO_V1(msb_target_group_cmp);
Datum
msb_target_group_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_args(fcinfo));
}

/* target_group = target_group */
PG_FUNCTION_INFO_V1(msb_target_group_eq);
Datum
msb_target_group_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) == 0);
}

/* target_group <> target_group */
PG_FUNCTION_INFO_V1(msb_target_group_ne);
Datum
msb_target_group_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) != 0);
}

/* target_group < target_group */
PG_FUNCTION_INFO_V1(msb_target_group_lt);
Datum
msb_target_group_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) < 0);
}

/* target_group <= target_group */
PG_FUNCTION_INFO_V1(msb_target_group_le);
Datum
msb_target_group_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) <= 0);
}

/* target_group > target_group */
PG_FUNCTION_INFO_V1(msb_target_group_gt);
Datum
msb_target_group_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) > 0);
}

/* target_group >= target_group */
PG_FUNCTION_INFO_V1(msb_target_group_ge);
Datum
msb_target_group_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_args(fcinfo) >= 0);
}

/* Hash function of target_group: of the stored bytes after the version. */
PG_FUNCTION_INFO_V1(msb_target_group_hash);
Datum
msb_target_group_hash(PG_FUNCTION_ARGS)
{
	struct varlena *a = PG_GETARG_VARLENA_PP(0);
	const uint8 *data = (const uint8 *) VARDATA_ANY(a);
	Size		len = VARSIZE_ANY_EXHDR(a);
	uint32		hash;

	msb_target_group_check_head(data, len);
	hash = hash_bytes(data + 1, (int) len - 1);
	PG_FREE_IF_COPY(a, 0);
	PG_RETURN_UINT32(hash);
}

/* Extended hash function: with seed 0 its low 32 bits are msb_target_group_hash's. */
PG_FUNCTION_INFO_V1(msb_target_group_hash_extended);
Datum
msb_target_group_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *a = PG_GETARG_VARLENA_PP(0);
	const uint8 *data = (const uint8 *) VARDATA_ANY(a);
	Size		len = VARSIZE_ANY_EXHDR(a);
	uint64		hash;

	msb_target_group_check_head(data, len);
	hash = hash_bytes_extended(data + 1, (int) len - 1, PG_GETARG_INT64(1));
	PG_FREE_IF_COPY(a, 0);
	PG_RETURN_INT64((int64) hash);
}

/* target_group @> target_group */
PG_FUNCTION_INFO_V1(msb_target_group_contains);
Datum
msb_target_group_contains(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(msb_target_group_covers(msb_target_group_decode(PG_GETARG_DATUM(0)),
										   msb_target_group_decode(PG_GETARG_DATUM(1))));
}

/* target_group <@ target_group */
PG_FUNCTION_INFO_V1(msb_target_group_contained);
Datum
msb_target_group_contained(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(msb_target_group_covers(msb_target_group_decode(PG_GETARG_DATUM(1)),
										   msb_target_group_decode(PG_GETARG_DATUM(0))));
}

/* target_group && target_group */
PG_FUNCTION_INFO_V1(msb_target_group_overlaps);
Datum
msb_target_group_overlaps(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(msb_target_group_meets(msb_target_group_decode(PG_GETARG_DATUM(0)),
										  msb_target_group_decode(PG_GETARG_DATUM(1))));
}

/* target_group * target_group: NULL where they share no situation. */
PG_FUNCTION_INFO_V1(msb_target_group_intersect);
Datum
msb_target_group_intersect(PG_FUNCTION_ARGS)
{
	MsbTargetGroup *common =
		msb_target_group_common(msb_target_group_decode(PG_GETARG_DATUM(0)),
								msb_target_group_decode(PG_GETARG_DATUM(1)));

	if (common == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(msb_target_group_encode(common));
}

/*
 * age_span(target_group): the ages, as int4range.  The range is read from its text, since the
 * arguments of make_range() differ by server version.
 */
PG_FUNCTION_INFO_V1(msb_target_group_age_span);
Datum
msb_target_group_age_span(PG_FUNCTION_ARGS)
{
	MsbTargetGroup *group = msb_target_group_decode(PG_GETARG_DATUM(0));
	char		text[32];

	if (group->age_kind == MSB_AGE_UNKNOWN)
		PG_RETURN_NULL();
	if (group->age_kind == MSB_AGE_ANY)
		strlcpy(text, "(,)", sizeof(text));
	else if (group->age_max >= MSB_AGE_MAX)
		snprintf(text, sizeof(text), "[%d,)", group->age_min);
	else
		snprintf(text, sizeof(text), "[%d,%d]", group->age_min, group->age_max);
	PG_RETURN_DATUM(OidInputFunctionCall(F_RANGE_IN, text, INT4RANGEOID, -1));
}

/* facets(target_group): the facets that it names. */
PG_FUNCTION_INFO_V1(msb_target_group_facets);
Datum
msb_target_group_facets(PG_FUNCTION_ARGS)
{
	MsbTargetGroup *group = msb_target_group_decode(PG_GETARG_DATUM(0));
	Datum	   *names = palloc(sizeof(Datum) * Max(group->nfacets, 1));

	for (int i = 0; i < group->nfacets; i++)
		names[i] = CStringGetTextDatum(group->facets[i].facet);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, group->nfacets, TEXTOID,
										  -1, false, TYPALIGN_INT));
}

/* labels(target_group, facet text): the labels that it takes of a facet; NULL where it takes all. */
PG_FUNCTION_INFO_V1(msb_target_group_labels);
Datum
msb_target_group_labels(PG_FUNCTION_ARGS)
{
	MsbTargetGroup *group = msb_target_group_decode(PG_GETARG_DATUM(0));
	const MsbFacetLabels *facet =
		msb_target_group_facet(group, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	Datum	   *labels;

	if (facet == NULL)
		PG_RETURN_NULL();
	labels = palloc(sizeof(Datum) * facet->nlabels);
	for (int i = 0; i < facet->nlabels; i++)
		labels[i] = CStringGetTextDatum(facet->labels[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(labels, facet->nlabels, TEXTOID,
										  -1, false, TYPALIGN_INT));
}
