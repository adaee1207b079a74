/*
 * verify.c: what is wrong with a structure, as rows.
 *
 * First what can be read off its document, then what the proof of all situations
 * says.  adopt() refuses a structure while one of the rows is an error.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "structure/document.h"
#include "proof/prove.h"
#include "types/target_group_type.h"

#define GAP				"gap"
#define CONFLICT		"conflict"
#define SHADOWED		"shadowed"
#define REDUNDANT		"redundant_precedence"
#define CYCLE			"cycle"
#define UNKNOWN_LABEL	"unknown_label"
#define UNKNOWN_UNIT	"unknown_unit"
#define EMPTY_TARGET	"empty_target"

#define PAIRS_TOLD		5		/* a message names so many pairs of rules */

/* Where the rows go; what a row holds besides finding and message. */
typedef struct Report
{
	ReturnSetInfo *rsinfo;
	const MsbStructure *s;
	const MsbTargetGroup *target;	/* NULL for none */
	const MsbTargetGroup *example;
	List	   *rules;			/* of char * */
	List	   *units;
	MemoryContext scratch;		/* for the rows of a loop, reset by it */
} Report;

static Datum
text_array(List *texts)
{
	Datum	   *values = palloc_array(Datum, Max(1, list_length(texts)));
	int			n = 0;
	ListCell   *cell;

	foreach(cell, texts)
		values[n++] = CStringGetTextDatum(lfirst(cell));
	return PointerGetDatum(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Put out a row, its message in the language of lc_messages, and forget what it held. */
static void put(Report *report, const char *finding, bool error, const char *fmt,...) pg_attribute_printf(4, 5);

static void
put(Report *report, const char *finding, bool error, const char *fmt,...)
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
	values[3] = text_array(report->rules);
	values[4] = text_array(report->units);
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

/* The row is about this rule. */
static void
about_rule(Report *report, int rule)
{
	const MsbRule *r = &report->s->rules[rule];
	ListCell   *cell;

	report->rules = lappend(report->rules, r->code);
	foreach(cell, report->units)
		if (strcmp(lfirst(cell), r->unit) == 0)
			return;
	report->units = lappend(report->units, r->unit);
}

/*
 * What the document says by itself
 */

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The number of a text in a sorted array, or -1. */
static int
text_no(char **texts, int n, const char *wanted)
{
	char	  **found = bsearch(&wanted, texts, n, sizeof(char *), compare_texts);

	return found == NULL ? -1 : found - texts;
}

/* Whether one comes back to where one began, going from each to its parent. */
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

/* Units: what rules and units name, and that none stands below itself. */
static void
check_units(Report *report, Jsonb *document)
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
			about_rule(report, r);
			report->target = s->rules[r].target;
			put(report, UNKNOWN_UNIT, true, "rule %s names the unit \"%s\", which the structure does not have",
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
		put(report, UNKNOWN_UNIT, true, "unit %s stands below \"%s\", which the structure does not have",
			s->units[u].unit, over);
	}
	for (int u = 0; u < n; u++)
		if (below_itself(parent, n, u))
		{
			report->units = list_make1(names[u]);
			put(report, CYCLE, true, "unit %s stands below itself", names[u]);
		}
}

/*
 * A target group names facets and labels that there are: that of a rule, or of a part
 * of a plan duty.
 */
static void
check_target(Report *report, int rule, const char *duty, const char *part, const MsbTargetGroup *target)
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
				about_rule(report, rule);
			report->target = target;
			if (f < 0 && rule >= 0)
				put(report, UNKNOWN_LABEL, true, "rule %s names the facet \"%s\", which does not exist",
					s->rules[rule].code, named->facet);
			else if (f < 0)
				put(report, UNKNOWN_LABEL, true, "plan duty %s, part %s names the facet \"%s\", which does not exist",
					duty, part, named->facet);
			else if (rule >= 0)
				put(report, UNKNOWN_LABEL, true, "rule %s names the label \"%s\", which facet \"%s\" does not have",
					s->rules[rule].code, named->labels[l], named->facet);
			else
				put(report, UNKNOWN_LABEL, true, "plan duty %s, part %s names the label \"%s\", which facet \"%s\" does not have",
					duty, part, named->labels[l], named->facet);
			if (f < 0)
				break;
		}
	}
}

/* Labels: what rules, plan duties, facets and labels name, and that none stands below itself. */
static void
check_labels(Report *report, Jsonb *document)
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
			put(report, UNKNOWN_LABEL, true, "facet \"%s\" has \"%s\" as its if_null, which is none of its labels",
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
		put(report, UNKNOWN_LABEL, true, "label \"%s\" of facet \"%s\" stands below \"%s\", which is none of its labels",
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
				put(report, CYCLE, true, "label \"%s\" of facet \"%s\" stands below itself",
					facet->labels[l].label, facet->facet);
		pfree(parent);
	}
}

/*
 * What the proof says
 */

/* The pairs of rules of a conflict between which something is missing, in words. */
static char *
missing_pairs(const MsbStructure *s, const MsbPiece *piece)
{
	StringInfoData text;
	int			pairs = 0;
	bool	   *top = palloc_array(bool, piece->nfound);

	for (int i = 0; i < piece->nfound; i++)
	{
		CHECK_FOR_INTERRUPTS();
		top[i] = true;
		for (int j = 0; j < piece->nfound && top[i]; j++)
			top[i] = s->rules[piece->found[i]].unit_no == s->rules[piece->found[j]].unit_no ||
				!msb_rule_beats(s, piece->found[j], piece->found[i]) ||
				msb_rule_beats(s, piece->found[i], piece->found[j]);
	}
	initStringInfo(&text);
	for (int i = 0; i < piece->nfound; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int j = i + 1; j < piece->nfound; j++)
		{
			const MsbRule *a = &s->rules[piece->found[i]];
			const MsbRule *b = &s->rules[piece->found[j]];
			bool		a_first = msb_rule_beats(s, piece->found[i], piece->found[j]);

			if (!(top[i] || top[j]) || a->unit_no == b->unit_no ||
				a_first != msb_rule_beats(s, piece->found[j], piece->found[i]) ||
				pairs++ >= PAIRS_TOLD)
				continue;
			if (pairs > 1)
				appendStringInfoString(&text, "; ");
			appendStringInfo(&text, a_first ? _("%s (%s) and %s (%s) each go before the other") :
							 _("no precedence says whether %s (%s) or %s (%s) goes first"),
							 a->code, a->unit, b->code, b->unit);
		}
	}
	if (pairs == 0)
		appendStringInfoString(&text, _("the precedences between these rules go round in a circle, so that none goes before all others"));
	else if (pairs > PAIRS_TOLD)
		appendStringInfo(&text, dngettext(TEXTDOMAIN, "; and so for %d more pair", "; and so for %d more pairs", pairs - PAIRS_TOLD),
						 pairs - PAIRS_TOLD);
	return text.data;
}

/* The gaps and the conflicts: a row for each target group. */
static void
put_pieces(Report *report, const MsbSpace *space, const MsbProof *proof, bool gaps)
{
	for (int p = 0; p < proof->npieces; p++)
	{
		const MsbPiece *piece = &proof->pieces[p];
		MemoryContext old;
		ListCell   *cell;

		if (gaps != (piece->nfound == 0))
			continue;
		old = MemoryContextSwitchTo(report->scratch);
		foreach(cell, msb_box_targets(space, piece->box))
		{
			const MsbTargetGroup *target = lfirst(cell);

			for (int i = 0; i < piece->nfound; i++)
				about_rule(report, piece->found[i]);
			report->target = target;
			report->example = msb_box_example(space, piece->box, target);
			if (gaps)
			{
				bool		exact;
				char	   *rule = msb_target_group_print(msb_short_target(report->s, target, &exact));

				if (exact)
					put(report, GAP, true, "no rule takes this target group; give it to a unit with a rule for: %s", rule);
				else
					put(report, GAP, true, "no rule takes this target group; give it to a unit with a rule for: %s (that takes the labels below these too: say by a precedence which rule goes first there)",
						rule);
			}
			else
				put(report, CONFLICT, true, "%s", missing_pairs(report->s, piece));
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(report->scratch);
	}
}

/* Rules that take no situation, and facets without a label. */
static void
put_empty(Report *report, const MsbSpace *space)
{
	const MsbStructure *s = report->s;
	MsbTargetGroup any = {.age_kind = MSB_AGE_ANY};

	for (int f = 0; f < s->nfacets; f++)
		if (s->facets[f].nlabels == 0)
		{
			report->target = &any;
			put(report, EMPTY_TARGET, true, "facet \"%s\" has no label, so that there is no situation at all",
				s->facets[f].facet);
		}
	for (int r = 0; r < s->nrules; r++)
		if (!space->empty && msb_box_is_empty(space, space->rules[0] + (Size) r * space->nwords))
		{
			about_rule(report, r);
			report->target = s->rules[r].target;
			put(report, EMPTY_TARGET, true, "rule %s takes no situation", s->rules[r].code);
		}
}

/* Rules that take situations but never decide, nor would if a conflict were settled. */
static void
put_shadowed(Report *report, const MsbSpace *space, const MsbProof *proof)
{
	const MsbStructure *s = report->s;
	bool	   *in_conflict = palloc0_array(bool, Max(1, s->nrules));

	for (int p = 0; p < proof->npieces; p++)
		for (int i = 0; i < proof->pieces[p].nfound; i++)
			in_conflict[proof->pieces[p].found[i]] = true;
	for (int r = 0; r < s->nrules; r++)
		if (!proof->decides[r] && !in_conflict[r] && !msb_box_is_empty(space, space->rules[0] + (Size) r * space->nwords))
		{
			about_rule(report, r);
			report->target = s->rules[r].target;
			put(report, SHADOWED, false, "rule %s never decides: wherever it takes a situation, another one goes first",
				s->rules[r].code);
		}
}

/* Precedences without which every situation would be decided as it is. */
static void
put_redundant(Report *report, Jsonb *document, const MsbSpace *space, const MsbProof *proof)
{
	const MsbStructure *s = report->s;
	int			n;
	JsonbContainer *list = msb_document_list(document, "precedences", &n);
	MemoryContext old = MemoryContextSwitchTo(report->scratch);

	for (int p = 0; p < n; p++, MemoryContextReset(report->scratch))
	{
		JsonbContainer *object = msb_document_object(list, "precedences", p);
		char	   *code = msb_document_text(object, "rule", true);
		char	   *over_code = msb_document_text(object, "over", true);
		int			rule = msb_rule_no(s, code);
		int			over = msb_rule_no(s, over_code);

		if (rule < 0 || over < 0)
		{
			report->rules = list_make2(code, over_code);
			put(report, REDUNDANT, false, "the precedence of %s over %s names a rule that the structure does not have",
				code, over_code);
			continue;
		}
		if ((proof->needed[(Size) rule * s->nwords + over / 64] >> (over % 64)) & 1)
			continue;
		about_rule(report, rule);
		about_rule(report, over);
		if (s->rules[rule].unit_no == s->rules[over].unit_no)
			put(report, REDUNDANT, false, "the precedence of %s over %s decides nothing: both are rules of one unit",
				code, over_code);
		else if (!msb_boxes_meet(space, space->rules[0] + (Size) rule * space->nwords,
								 space->rules[0] + (Size) over * space->nwords))
			put(report, REDUNDANT, false, "the precedence of %s over %s decides nothing: no situation is taken by both",
				code, over_code);
		else
		{
			report->target = msb_target_group_common(s->rules[rule].target, s->rules[over].target);
			put(report, REDUNDANT, false, "the precedence of %s over %s decides nothing: without it every situation is decided in the same way",
				code, over_code);
		}
	}
	MemoryContextSwitchTo(old);
}

static int
compare_numbers(const void *a, const void *b)
{
	return *(const int *) a - *(const int *) b;
}

static void
put_circle(Report *report, int *members, int n)
{
	StringInfoData text;

	initStringInfo(&text);
	qsort(members, n, sizeof(int), compare_numbers);
	for (int i = 0; i < n; i++)
	{
		about_rule(report, members[i]);
		appendStringInfo(&text, "%s%s", i == 0 ? "" : ", ", report->s->rules[members[i]].code);
	}
	put(report, CYCLE, false, "the precedences between %s go round in a circle: where all of them meet, none goes first", text.data);
	pfree(text.data);
}

/*
 * Rules whose precedences go round in a circle: those that can be reached from
 * each other (Tarjan's algorithm; the way there is kept here, not on the C stack).
 */
static void
put_circles(Report *report)
{
	const MsbStructure *s = report->s;
	int		   *first = palloc0_array(int, s->nrules + 2);
	int		   *over = palloc_array(int, Max(1, s->nprecedences));
	int		   *number = palloc0_array(int, s->nrules + 1);
	int		   *lowest = palloc0_array(int, s->nrules + 1);
	int		   *next = palloc_array(int, s->nrules + 1);
	int		   *path = palloc_array(int, s->nrules + 1);	/* from the start to here */
	int		   *stack = palloc_array(int, s->nrules + 1);	/* seen, and of no circle yet */
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
					put_circle(report, &stack[nstack], n);
			}
		}
	}
}

/*
 * verify_document(document jsonb): finding, severity, target, rules, units,
 * example, message.
 */
PG_FUNCTION_INFO_V1(msb_verify_document);
Datum
msb_verify_document(PG_FUNCTION_ARGS)
{
	Jsonb	   *document = PG_GETARG_JSONB_P(0);
	Report		report = {.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo};
	const MsbStructure *s;
	MsbSpace   *space;
	MsbProof   *proof;

	InitMaterializedSRF(fcinfo, 0);
	s = msb_structure_compile(document, msb_document_name(document), 0, DATEVAL_NOEND);
	report.s = s;
	report.scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org verify rows", ALLOCSET_DEFAULT_SIZES);
	space = msb_space(1, &s);
	proof = msb_prove(space);

	check_labels(&report, document);
	check_units(&report, document);
	put_empty(&report, space);
	put_pieces(&report, space, proof, true);
	put_pieces(&report, space, proof, false);
	put_circles(&report);
	if (!space->empty)
	{
		put_shadowed(&report, space, proof);
		put_redundant(&report, document, space, proof);
	}
	return (Datum) 0;
}
