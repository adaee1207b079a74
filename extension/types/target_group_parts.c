/*
 * target_group_parts.c: what a target group is made of, for SQL: its ages, its
 * facets, the labels of one.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "types/target_group_type.h"

/* Bounds of the ages; the text of a range, since make_range differs by version. */
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
