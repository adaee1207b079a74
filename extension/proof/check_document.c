/*
 * check_document.c: the rows of a report, and the findings that need no proof: units, labels and
 * facets that do not exist, units and labels that are below themselves, circular precedences.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

#include "base/msb_org.h"
#include "base/text.h"
#include "types/target_group_text.h"
#include "types/target_group.h"
#include "structure/finding.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/document.h"
#include "proof/check_document.h"

#define MSB_FINDING_CYCLE	"cycle"
#define MSB_FINDING_UNKNOWN_UNIT	"unknown_unit"

/*
 * Add a row to the result, its message in the language of lc_messages.  Target, rules, units and
 * example come from the report, and are cleared for the next row.
 */
void
msb_report_row(MsbReport *report, const char *finding, bool error, const char *fmt,...)
{
	Datum		values[7] = {0};
	bool		nulls[7] = {0};
	StringInfoData message;
	int			needed;

	initStringInfo(&message);
	fmt = _(fmt);
	for (;;)
	{
		va_list		args;

		va_start(args, fmt);
		needed = appendStringInfoVA(&message, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&message, needed);
	}
	values[0] = CStringGetTextDatum(finding);
	values[1] = CStringGetTextDatum(error ? "error" : "notice");
	nulls[2] = report->target == NULL;
	if (report->target != NULL)
		values[2] = msb_target_group_encode(report->target);
	values[3] = msb_text_array(report->rules);
	values[4] = msb_text_array(report->units);
	nulls[5] = report->example == NULL;
	if (report->example != NULL)
		values[5] = msb_target_group_encode(report->example);
	values[6] = CStringGetTextDatum(message.data);
	tuplestore_putvalues(report->rsinfo->setResult, report->rsinfo->setDesc, values, nulls);

	pfree(message.data);
	report->target = report->example = NULL;
	report->rules = report->units = NIL;
	CHECK_FOR_INTERRUPTS();
}

/* Add a rule, and its unit, to the next row. */
void
msb_about_rule(MsbReport *report, int rule)
{
	const MsbRule *r = &report->s->rules[rule];
	ListCell   *cell;

	report->rules = lappend(report->rules, r->code);
	foreach(cell, report->units)
		if (strcmp(lfirst(cell), r->unit) == 0)
			return;
	report->units = lappend(report->units, r->unit);
}

/* Compare texts bytewise; for qsort() and bsearch(). */
static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Return the index of a text in a sorted array, or -1. */
static int
text_no(char **texts, int n, const char *wanted)
{
	char	  **found = bsearch(&wanted, texts, n, sizeof(char *), compare_texts);

	return found == NULL ? -1 : found - texts;
}

/* Check whether the way from parent to parent leads back to its start.  parent is -1 for none. */
static bool
below_itself(const int *parent, int n, int start)
{
	int			up = parent[start];

	for (int depth = 0; up >= 0 && depth < n; depth++)
	{
		if (up == start)
			return true;
		up = parent[up];
	}
	return false;
}

/* Report units that rules or units name and that do not exist, and units below themselves. */
void
msb_check_units(MsbReport *report, Jsonb *document)
{
	const MsbStructure *s = report->s;
	int			n = s->nunits;
	JsonbContainer *list = msb_document_list(document, "units", &n);
	char	  **names = palloc_array(char *, Max(1, n));
	int		   *parent = palloc_array(int, Max(1, n));

	for (int u = 0; u < n; u++)
		names[u] = s->units[u].unit;
	qsort(names, n, sizeof(char *), compare_texts);

	for (int r = 0; r < s->nrules; r++)
		if (text_no(names, n, s->rules[r].unit) < 0)
		{
			msb_about_rule(report, r);
			report->target = s->rules[r].target;
			msb_report_row(report, MSB_FINDING_UNKNOWN_UNIT, true, "rule %s names the unit \"%s\", which the structure does not have",
				s->rules[r].code, s->rules[r].unit);
		}
	for (int u = 0; u < n; u++)
	{
		char	   *over = msb_document_text(msb_document_object(list, "units", u), "parent", false);
		int			unit = text_no(names, n, s->units[u].unit);

		parent[unit] = over == NULL ? -1 : text_no(names, n, over);
		if (over == NULL || parent[unit] >= 0)
			continue;
		report->units = list_make2(s->units[u].unit, over);
		msb_report_row(report, MSB_FINDING_UNKNOWN_UNIT, true, "unit %s has the parent \"%s\", which the structure does not have",
			s->units[u].unit, over);
	}
	for (int u = 0; u < n; u++)
		if (below_itself(parent, n, u))
		{
			report->units = list_make1(names[u]);
			msb_report_row(report, MSB_FINDING_CYCLE, true, "unit %s is below itself", names[u]);
		}
}

/*
 * Report the facets and labels of a target group that do not exist.  The target group is a
 * rule's, or, where rule is -1, that of a part of a plan duty.
 */
static void
check_target(MsbReport *report, int rule, const char *duty, const char *part, const MsbTargetGroup *target)
{
	const MsbStructure *s = report->s;

	for (int i = 0; i < target->nfacets; i++)
	{
		const MsbFacetLabels *named = &target->facets[i];
		int			f = msb_facet_no(s, named->facet);

		for (int l = 0; l < named->nlabels; l++)
		{
			if (f >= 0 && msb_label_no(&s->facets[f], named->labels[l],
									   strlen(named->labels[l])) != MSB_NO_LABEL)
				continue;
			if (rule >= 0)
				msb_about_rule(report, rule);
			report->target = target;
			if (f < 0 && rule >= 0)
				msb_report_row(report, MSB_FINDING_UNKNOWN_LABEL, true, "rule %s names the facet \"%s\", which does not exist",
					s->rules[rule].code, named->facet);
			else if (f < 0)
				msb_report_row(report, MSB_FINDING_UNKNOWN_LABEL, true, "plan duty %s, part %s names the facet \"%s\", which does not exist",
					duty, part, named->facet);
			else if (rule >= 0)
				msb_report_row(report, MSB_FINDING_UNKNOWN_LABEL, true, "rule %s names the label \"%s\", which facet \"%s\" does not have",
					s->rules[rule].code, named->labels[l], named->facet);
			else
				msb_report_row(report, MSB_FINDING_UNKNOWN_LABEL, true, "plan duty %s, part %s names the label \"%s\", which facet \"%s\" does not have",
					duty, part, named->labels[l], named->facet);
			if (f < 0)
				break;
		}
	}
}

/*
 * Report facets and labels that rules, plan duties, facets or labels name and that do not exist,
 * and labels below themselves.
 */
void
msb_check_labels(MsbReport *report, Jsonb *document)
{
	const MsbStructure *s = report->s;
	int			n;
	JsonbContainer *list;

	for (int r = 0; r < s->nrules; r++)
		check_target(report, r, NULL, NULL, s->rules[r].target);

	list = msb_document_list(document, "plan_duties", &n);
	for (int d = 0; d < n; d++)
	{
		JsonbContainer *object = msb_document_object(list, "plan_duties", d);
		char	   *counted = msb_document_text(object, "counted", true);
		char	   *duty = msb_document_text(object, "duty", true);
		char	   *part = msb_document_text(object, "part", true);
		MsbTargetGroup *target;
		MsbParseError error;

		if (!msb_target_group_parse(counted, strlen(counted), palloc, &target, &error))
			msb_document_error("The counted target of plan duty %s, part %s, is not a target group.", duty, part);
		check_target(report, -1, duty, part, target);
	}

	list = msb_document_list(document, "facets", &n);
	for (int f = 0; f < n; f++)
	{
		char	   *if_null = msb_document_text(msb_document_object(list, "facets", f), "if_null", false);

		if (if_null != NULL && s->facets[f].if_null == MSB_NO_LABEL)
			msb_report_row(report, MSB_FINDING_UNKNOWN_LABEL, true, "facet \"%s\" has \"%s\" as its if_null, which is none of its labels",
				s->facets[f].facet, if_null);
	}

	list = msb_document_list(document, "labels", &n);
	for (int l = 0; l < n; l++)
	{
		JsonbContainer *object = msb_document_object(list, "labels", l);
		char	   *parent = msb_document_text(object, "parent", false);
		char	   *facet = msb_document_text(object, "facet", true);
		int			f = msb_facet_no(s, facet);

		if (parent == NULL || (f >= 0 && msb_label_no(&s->facets[f], parent, strlen(parent)) != MSB_NO_LABEL))
			continue;
		msb_report_row(report, MSB_FINDING_UNKNOWN_LABEL, true, "label \"%s\" of facet \"%s\" has the parent \"%s\", which is none of its labels",
			msb_document_text(object, "label", true), facet, parent);
	}
	for (int f = 0; f < s->nfacets; f++)
	{
		const MsbFacet *facet = &s->facets[f];
		int		   *parent = palloc_array(int, Max(1, facet->nlabels));

		for (int l = 0; l < facet->nlabels; l++)
			parent[l] = facet->labels[l].parent;
		for (int l = 0; l < facet->nlabels; l++)
			if (parent[l] != MSB_NO_LABEL && below_itself(parent, facet->nlabels, l))
				msb_report_row(report, MSB_FINDING_CYCLE, true, "label \"%s\" of facet \"%s\" is below itself",
					facet->labels[l].label, facet->facet);
		pfree(parent);
	}
}

/* Compare numbers; for qsort(). */
static int
compare_numbers(const void *a, const void *b)
{
	return *(const int *) a - *(const int *) b;
}

/* Report one circle of precedences. */
static void
report_circle(MsbReport *report, int *members, int n)
{
	StringInfoData text;

	initStringInfo(&text);
	qsort(members, n, sizeof(int), compare_numbers);
	for (int i = 0; i < n; i++)
	{
		msb_about_rule(report, members[i]);
		appendStringInfo(&text, "%s%s", i == 0 ? "" : ", ", report->s->rules[members[i]].code);
	}
	msb_report_row(report, MSB_FINDING_CYCLE, false, "the precedences between %s form a circle: where all these rules overlap, none takes precedence", text.data);
	pfree(text.data);
}

/*
 * Report circular precedences: rules that can be reached from each other.  This is Tarjan's
 * algorithm for strongly connected components, with the path in an array, not on the C stack,
 * which a document could exhaust.
 */
void
msb_report_circles(MsbReport *report)
{
	const MsbStructure *s = report->s;
	int		   *first = palloc0_array(int, s->nrules + 2);
	int		   *over = palloc_array(int, Max(1, s->nprecedences));
	int		   *number = palloc0_array(int, s->nrules + 1);
	int		   *lowest = palloc0_array(int, s->nrules + 1);
	int		   *next = palloc_array(int, s->nrules + 1);
	int		   *path = palloc_array(int, s->nrules + 1);	/* from the start to the current rule */
	int		   *stack = palloc_array(int, s->nrules + 1);	/* seen, and in no component yet */
	bool	   *stacked = palloc0_array(bool, s->nrules + 1);
	int			npath = 0;
	int			nstack = 0;
	int			seen = 0;

	for (int p = 0; p < s->nprecedences; p++)
		first[s->precedences[p].rule + 2]++;
	for (int r = 2; r < s->nrules + 2; r++)
		first[r] += first[r - 1];
	for (int p = 0; p < s->nprecedences; p++)
		over[first[s->precedences[p].rule + 1]++] = s->precedences[p].over;

	for (int start = 0; start < s->nrules; start++)
	{
		if (number[start] != 0)
			continue;
		path[npath++] = start;
		while (npath > 0)
		{
			int			rule = path[npath - 1];

			if (number[rule] == 0)
			{
				number[rule] = lowest[rule] = ++seen;
				next[rule] = first[rule];
				stack[nstack++] = rule;
				stacked[rule] = true;
			}
			else if (next[rule] > first[rule] && stacked[over[next[rule] - 1]])
				lowest[rule] = Min(lowest[rule], lowest[over[next[rule] - 1]]);
			if (next[rule] < first[rule + 1])
			{
				if (number[over[next[rule]++]] == 0)
					path[npath++] = over[next[rule] - 1];
				continue;
			}
			npath--;
			if (lowest[rule] == number[rule])
			{
				int			n = 0;

				do
					stacked[stack[nstack - ++n]] = false;
				while (stack[nstack - n] != rule);
				nstack -= n;
				if (n > 1)
					report_circle(report, &stack[nstack], n);
			}
		}
	}
}
