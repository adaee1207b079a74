/*
 * structure.c: asking a compiled structure for its facets, rules, units and labels.
 */
#include "postgres.h"

#include "storage/shmem.h"
#include "utils/jsonb.h"

#include "base/msb_org.h"
#include "base/messages.h"
#include "structure/label_table.h"
#include "structure/structure.h"

/* 22023: a label that a structure does not have. */
void
msb_unknown_label(const MsbStructure *s, const char *facet, const char *label)
{
	ereport(ERROR,
			(msb_hide_values(NULL),
			 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("facet \"%s\" has no label \"%s\" in structure \"%s\"",
					facet, msb_printable(label), s->structure)));
}

/* The label that stands in where a facet is not named. */
int
msb_label_if_null(const MsbStructure *s, int facet_no)
{
	const MsbFacet *facet = &s->facets[facet_no];

	if (facet->if_null == MSB_NO_LABEL)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("facet \"%s\" needs a label", facet->facet),
				 errdetail("The facet has no if_null in structure \"%s\".", s->structure)));
	return facet->if_null;
}

/* The kind of a unit in a structure, NULL where it has none of that code. */
const char *
msb_unit_kind(const MsbStructure *s, const char *unit)
{
	for (int u = 0; u < s->nunits; u++)
		if (strcmp(s->units[u].unit, unit) == 0)
			return s->units[u].kind;
	return NULL;
}

/* The index of a facet, or -1. */
int
msb_facet_no(const MsbStructure *s, const char *facet)
{
	for (int f = 0; f < s->nfacets; f++)
		if (strcmp(s->facets[f].facet, facet) == 0)
			return f;
	return -1;
}

int
msb_compare_rules(const void *a, const void *b)
{
	return strcmp(((const MsbRule *) a)->code, ((const MsbRule *) b)->code);
}

/* The index of a rule, or -1. */
int
msb_rule_no(const MsbStructure *s, const char *code)
{
	MsbRule		key = {.code = unconstify(char *, code)};
	MsbRule    *found = bsearch(&key, s->rules, s->nrules, sizeof(MsbRule), msb_compare_rules);

	return found == NULL ? -1 : found - s->rules;
}
