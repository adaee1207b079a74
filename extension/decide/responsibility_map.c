/*
 * responsibility_map.c: the units that are responsible for a task, by age and challenge.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

#include "base/msb_org.h"
#include "types/target_group_text.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/document.h"
#include "structure/answers.h"
#include "structure/compile.h"

/* Throw where the structure lacks a facet: 22023. */
static void
need_facet(const MsbStructure *s, int facet_no, const char *name)
{
	if (facet_no < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("structure \"%s\" has no facet \"%s\"", s->structure, name)));
}

/* Return the label that is given for a facet, or its if_null; 22023 where there is none. */
static int
given_label(const MsbStructure *s, int facet_no, const char *given)
{
	const MsbFacet *facet = &s->facets[facet_no];
	int			label;

	if (given == NULL)
		return msb_label_if_null(s, facet_no);
	label = msb_label_no(facet, given, strlen(given));
	if (label == MSB_NO_LABEL)
		msb_unknown_label(s, facet->facet, given);
	return label;
}

/* Return the unit at a point, or the finding in parentheses. */
static const char *
area_at(const MsbStructure *s, int age, const int *labels)
{
	const char *finding;
	int			rule = msb_decide(s, age, labels, &finding);

	return rule >= 0 ? s->rules[rule].unit : psprintf("(%s)", finding);
}

/*
 * Return the text of the cell for an age and a challenge, palloc'd.  With every_service it says
 * how many other areas there are for other services, and *by_service has the area of each.
 */
static const char *
cell_text(const MsbStructure *s, int age, int *labels, bool every_service, StringInfo by_service)
{
	const char *area = area_at(s, age, labels);
	List	   *others = NIL;
	int			service = every_service ? labels[s->service_no] : 0;

	resetStringInfo(by_service);
	if (!every_service)
	{
		appendStringInfoString(by_service, area);
		return area;
	}
	for (int l = 0; l < s->facets[s->service_no].nlabels; l++)
	{
		const char *other;
		ListCell   *cell;
		bool		known;

		labels[s->service_no] = l;
		other = area_at(s, age, labels);
		appendStringInfo(by_service, "%s\n", other);
		known = strcmp(other, area) == 0;
		foreach(cell, others)
			known |= strcmp(other, lfirst(cell)) == 0;
		if (!known)
			others = lappend(others, unconstify(char *, other));
	}
	labels[s->service_no] = service;
	return others == NIL ? area : psprintf("%s +%d", area, list_length(others));
}

/*
 * responsibility_cells(document jsonb, task text, service text): age, challenge,
 * challenge_no, area, by_service; for each age at which other rules begin, and age unknown.
 */
PG_FUNCTION_INFO_V1(msb_responsibility_cells);
Datum
msb_responsibility_cells(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const char *service = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	Jsonb	   *document;
	const MsbStructure *s;
	const MsbFacet *challenge;
	int		   *labels;
	StringInfoData by_service;

	initStringInfo(&by_service);
	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	document = PG_GETARG_JSONB_P(0);
	s = msb_structure_compile(document, msb_document_name(document), 0, DATEVAL_NOEND);
	need_facet(s, s->challenge_no, "challenge");
	need_facet(s, s->task_no, "task");
	if (service != NULL)
		need_facet(s, s->service_no, "service");
	challenge = &s->facets[s->challenge_no];
	labels = palloc_array(int, s->nfacets);
	for (int f = 0; f < s->nfacets; f++)
	{
		const char *given = f == s->service_no ? service :
			f == s->task_no && !PG_ARGISNULL(1) ? text_to_cstring(PG_GETARG_TEXT_PP(1)) : NULL;

		if (f != s->challenge_no)
			labels[f] = given_label(s, f, given);
	}

	for (int slot = 0; slot < MSB_AGE_SLOTS; slot++)
	{
		int			age = slot > MSB_AGE_MAX ? MSB_AGE_NOT_KNOWN : slot;

		if (slot > 0 && slot <= MSB_AGE_MAX && !s->age_break[slot])
			continue;
		for (int l = 0; l < challenge->nlabels; l++)
		{
			Datum		values[5];
			bool		nulls[5] = {age == MSB_AGE_NOT_KNOWN, false, false, false, false};

			labels[s->challenge_no] = l;
			values[0] = Int32GetDatum(age);
			values[1] = CStringGetTextDatum(challenge->labels[l].label);
			values[2] = Int32GetDatum(l);
			values[3] = CStringGetTextDatum(cell_text(s, age, labels, service == NULL && s->service_no >= 0, &by_service));
			values[4] = CStringGetTextDatum(by_service.data);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}
