/*
 * structure.c: look-ups in a compiled structure: its facets, rules, units and labels.
 */
#include "postgres.h"


#include "base/msb_org.h"
#include "base/messages.h"
#include "structure/label_table.h"
#include "structure/structure.h"

/* Throw for a label that a structure does not have: 22023. */
void
msb_unknown_label(const MsbStructure *s, const char *facet, const char *label)
{
	ereport(ERROR,
			(msb_hide_values(NULL),
			 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("facet \"%s\" has no label \"%s\" in structure \"%s\"",
					facet, msb_printable(label), s->structure)));
}

/* Return the label of a facet that is not named, its if_null; 22023 where it has none. */
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

/* Return the kind of a unit; NULL where the structure has no unit of that code. */
const char *
msb_unit_kind(const MsbStructure *s, const char *unit)
{
	for (int u = 0; u < s->nunits; u++)
		if (strcmp(s->units[u].unit, unit) == 0)
			return s->units[u].kind;
	return NULL;
}

/* Return the index of a facet, or -1. */
int
msb_facet_no(const MsbStructure *s, const char *facet)
{
	for (int f = 0; f < s->nfacets; f++)
		if (strcmp(s->facets[f].facet, facet) == 0)
			return f;
	return -1;
}

/* Compare rules by code; for qsort() and bsearch(). */
int
msb_compare_rules(const void *a, const void *b)
{
	return strcmp(((const MsbRule *) a)->code, ((const MsbRule *) b)->code);
}

/* Return the index of a rule, or -1. */
int
msb_rule_no(const MsbStructure *s, const char *code)
{
	MsbRule		key = {.code = unconstify(char *, code)};
	MsbRule    *found = bsearch(&key, s->rules, s->nrules, sizeof(MsbRule), msb_compare_rules);

	return found == NULL ? -1 : found - s->rules;
}
