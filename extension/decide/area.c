/*
 * area.c: the functions area_of, decide, explain_area and matches in SQL.
 *
 * They differ in how they get a point, which is an age and one label per facet.  area_of and
 * decide then call msb_decide().  explain_area calls msb_decide_plainly(), since it needs the
 * rules that matched, which msb_decide() does not remember.
 *
 * area_of keeps what it knows of its arguments with the call site, in fn_extra: as long as the
 * query, and for one structure, which it recognises by its serial number.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/primnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "base/msb_org.h"
#include "base/messages.h"
#include "types/cpr_text.h"
#include "types/person.h"
#include "types/target_group_text.h"
#include "types/target_group.h"
#include "structure/finding.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/document.h"
#include "structure/decision_table.h"
#include "structure/answers.h"
#include "structure/situation.h"
#include "structure/compile.h"
#include "structure/structure_cache.h"
#include "decide/area.h"

/* Return the label in an argument, or the facet's if_null for NULL; 22023 where there is none. */
static int
argument_label(FunctionCallInfo fcinfo, int argno, const MsbStructure *s, int facet_no,
			   const char *facet)
{
	text	   *given;
	int			label;

	if (PG_ARGISNULL(argno))
		return facet_no < 0 ? MSB_NO_LABEL : msb_label_if_null(s, facet_no);
	given = PG_GETARG_TEXT_PP(argno);
	label = facet_no < 0 ? MSB_NO_LABEL :
		msb_label_no(&s->facets[facet_no], VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given));
	if (label == MSB_NO_LABEL)
		msb_unknown_label(s, facet, text_to_cstring(given));
	return label;
}

/*
 * Find the labels of a call, one by one; 22023 where one is missing or unknown.  Arguments 1 to 3
 * are task, challenge and service.
 */
static void
argument_labels(FunctionCallInfo fcinfo, const MsbStructure *s, int *labels)
{
	for (int f = 0; f < s->nfacets; f++)
	{
		if (f == s->task_no)
			labels[f] = argument_label(fcinfo, 1, s, f, "task");
		else if (f == s->challenge_no)
			labels[f] = argument_label(fcinfo, 2, s, f, "challenge");
		else if (f == s->service_no)
			labels[f] = argument_label(fcinfo, 3, s, f, "service");
		else
			labels[f] = msb_label_if_null(s, f);
	}
	/* a label of a facet that the structure lacks is an error too */
	if (s->task_no < 0)
		argument_label(fcinfo, 1, s, -1, "task");
	if (s->challenge_no < 0)
		argument_label(fcinfo, 2, s, -1, "challenge");
	if (s->service_no < 0)
		argument_label(fcinfo, 3, s, -1, "service");
}

/*
 * A call of area_of in a query, by one structure: the labels that are the same in every row, and
 * the arguments that vary.  It may outlive the structure, so it has the serial number, no pointer.
 */
typedef struct CallSite
{
	uint64		serial;
	int			nvarying;
	int			argument[3];	/* the numbers of the arguments that vary, */
	int			facet[3];		/* and the facets that they are labels of */
	int			labels[FLEXIBLE_ARRAY_MEMBER];	/* one per facet of the structure */
} CallSite;

/*
 * Check whether an argument is a constant of the query.  get_fn_expr_arg_stable() will not do,
 * since it also accepts a parameter.  A variable of PL/pgSQL is a parameter, and its expressions
 * keep fn_extra while it changes.
 */
static bool
argument_is_constant(FunctionCallInfo fcinfo, int argno)
{
	Node	   *call = fcinfo->flinfo->fn_expr;

	return call != NULL && IsA(call, FuncExpr) &&
		IsA(list_nth(((FuncExpr *) call)->args, argno), Const);
}

/*
 * Make the call site for a structure, in fn_extra.  A label that is missing or unknown becomes
 * MSB_NO_LABEL: the first row throws, if there is one.
 */
static CallSite *
call_site(FunctionCallInfo fcinfo, const MsbStructure *s)
{
	const int	facets[3] = {s->task_no, s->challenge_no, s->service_no};
	CallSite   *site;

	if (fcinfo->flinfo->fn_extra != NULL)
		pfree(fcinfo->flinfo->fn_extra);
	fcinfo->flinfo->fn_extra = NULL;
	site = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
								  offsetof(CallSite, labels) + sizeof(int) * Max(1, s->nfacets));
	fcinfo->flinfo->fn_extra = site;
	for (int f = 0; f < s->nfacets; f++)
		site->labels[f] = s->facets[f].if_null;
	for (int i = 0; i < 3; i++)
	{
		if (!argument_is_constant(fcinfo, i + 1) || (facets[i] < 0 && !PG_ARGISNULL(i + 1)))
		{
			site->argument[site->nvarying] = i + 1;
			site->facet[site->nvarying++] = facets[i];
		}
		else if (!PG_ARGISNULL(i + 1))
		{
			text	   *given = PG_GETARG_TEXT_PP(i + 1);

			site->labels[facets[i]] = msb_label_no(&s->facets[facets[i]], VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given));
		}
	}
	site->serial = s->serial;
	return site;
}

/*
 * Find the labels of a call as argument_labels() does, by the call site.  Returns NULL where one
 * is missing or unknown: argument_labels() throws the error.
 */
static pg_attribute_always_inline int *
known_labels(FunctionCallInfo fcinfo, const MsbStructure *s)
{
	CallSite   *site = fcinfo->flinfo->fn_extra;

	if (unlikely(site == NULL || site->serial != s->serial))
		site = call_site(fcinfo, s);
	for (int i = 0; i < site->nvarying; i++)
	{
		int			argno = site->argument[i];
		int			facet_no = site->facet[i];

		if (unlikely(facet_no < 0))
			return NULL;		/* the structure lacks the facet */
		if (PG_ARGISNULL(argno))
			site->labels[facet_no] = s->facets[facet_no].if_null;
		else
		{
			struct varlena *given = (struct varlena *) PG_GETARG_POINTER(argno);

			if (VARATT_IS_EXTERNAL(given) || VARATT_IS_COMPRESSED(given))
				given = PG_DETOAST_DATUM_PACKED(PointerGetDatum(given));
			site->labels[facet_no] = msb_label_no(&s->facets[facet_no], VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given));
		}
	}
	for (int f = 0; f < s->nfacets; f++)
		if (unlikely(site->labels[f] == MSB_NO_LABEL))
			return NULL;
	return site->labels;
}

/*
 * Return the unit of a rule as a result, and keep it with the rule.  It lives as long as the
 * session, since a result may be needed after the structure is gone: as an argument of a procedure
 * that commits.  There is one for each unit.
 */
static struct varlena *
unit_text(MsbRule *rule)
{
	static List *units = NIL;
	ListCell   *lc;
	MemoryContext old;
	Size		len = strlen(rule->unit);

	foreach(lc, units)
	{
		struct varlena *unit = lfirst(lc);

		if (VARSIZE_ANY_EXHDR(unit) == len && memcmp(VARDATA_ANY(unit), rule->unit, len) == 0)
			return rule->area = unit;
	}
	old = MemoryContextSwitchTo(TopMemoryContext);
	rule->area = cstring_to_text_with_len(rule->unit, len);
	units = lappend(units, rule->area);
	MemoryContextSwitchTo(old);
	return rule->area;
}

/* Return the result of area_of for a rule; -1 gives NULL. */
static inline Datum
area_datum(FunctionCallInfo fcinfo, const MsbStructure *s, int rule)
{
	if (rule < 0)
		PG_RETURN_NULL();
	if (unlikely(s->rules[rule].area == NULL))
		unit_text(&s->rules[rule]);
	PG_RETURN_POINTER(s->rules[rule].area);
}

/*
 * Return the result of area_of for a birth date, if it is known.  Arguments 1 to 4 are task,
 * challenge, service and the day.
 */
static pg_attribute_always_inline Datum
area_of_labels(FunctionCallInfo fcinfo, bool birth_known, DateADT birth)
{
	const MsbStructure *s;
	DateADT		on_date;
	int			age = MSB_AGE_NOT_KNOWN;
	int		   *labels;
	const char *finding;

	if (PG_ARGISNULL(4))
		PG_RETURN_NULL();
	on_date = PG_GETARG_DATEADT(4);
	s = msb_structure_on(on_date);
	if (s == NULL)
		PG_RETURN_NULL();
	labels = known_labels(fcinfo, s);
	if (unlikely(labels == NULL))
	{
		labels = palloc_array(int, Max(1, s->nfacets));
		argument_labels(fcinfo, s, labels);
	}
	if (birth_known && !DATE_NOT_FINITE(birth))
	{
		age = msb_age_on(birth, on_date);
		if (age < 0)
			PG_RETURN_NULL();
	}
	return area_datum(fcinfo, s, msb_decide(s, age, labels, &finding));
}

/* area_of(birth date, task text, challenge text, service text, on_date date) */
PG_FUNCTION_INFO_V1(msb_area_of_birth);
Datum
msb_area_of_birth(PG_FUNCTION_ARGS)
{
	return area_of_labels(fcinfo, !PG_ARGISNULL(0), PG_ARGISNULL(0) ? 0 : PG_GETARG_DATEADT(0));
}

/* area_of(person cpr, task text, challenge text, service text, on_date date) */
PG_FUNCTION_INFO_V1(msb_area_of_cpr);
Datum
msb_area_of_cpr(PG_FUNCTION_ARGS)
{
	int64		person = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0);
	bool		known = !PG_ARGISNULL(0) && msb_cpr_birth_certain(person);

	return area_of_labels(fcinfo, known, known ? msb_cpr_birth(person) : 0);
}

/* area_of(situation target_group, on_date date) */
PG_FUNCTION_INFO_V1(msb_area_of_situation);
Datum
msb_area_of_situation(PG_FUNCTION_ARGS)
{
	const MsbStructure *s;
	int			age;
	int		   *labels;
	const char *finding;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) ||
		(s = msb_structure_on(PG_GETARG_DATEADT(1))) == NULL)
		PG_RETURN_NULL();
	labels = palloc_array(int, s->nfacets);
	msb_situation_point(s, msb_target_group_decode(PG_GETARG_DATUM(0)), &age, labels);
	return area_datum(fcinfo, s, msb_decide(s, age, labels, &finding));
}

/* decide(situation target_group, on_date date): one row */
PG_FUNCTION_INFO_V1(msb_decide_situation);
Datum
msb_decide_situation(PG_FUNCTION_ARGS)
{
	const MsbStructure *s;
	TupleDesc	desc;
	Datum		values[7] = {0};
	bool		nulls[7] = {true, true, true, true, true, true, true};
	const char *finding = MSB_FINDING_NO_STRUCTURE;
	int			rule = -1;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	s = msb_structure_on(PG_GETARG_DATEADT(1));
	if (s != NULL)
	{
		int			age;
		int		   *labels = palloc_array(int, s->nfacets);

		msb_situation_point(s, msb_target_group_decode(PG_GETARG_DATUM(0)), &age, labels);
		rule = msb_decide(s, age, labels, &finding);
		values[0] = CStringGetTextDatum(s->structure);
		values[1] = Int32GetDatum(s->revision);
		nulls[0] = nulls[1] = false;
	}
	if (rule >= 0)
	{
		const char *texts[4] = {s->rules[rule].code, s->rules[rule].unit,
		s->rules[rule].origin, s->rules[rule].basis};

		for (int i = 0; i < 4; i++)
			if (texts[i] != NULL)
			{
				values[2 + i] = CStringGetTextDatum(texts[i]);
				nulls[2 + i] = false;
			}
	}
	if (finding != NULL)
	{
		values[6] = CStringGetTextDatum(finding);
		nulls[6] = false;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* Return the facets, or age, by which a rule does not take a point; NULL where it does take it. */
static ArrayType *
unmatched_facets(const MsbStructure *s, const MsbRule *rule, int age, const int *labels)
{
	Datum	   *names = palloc_array(Datum, s->nfacets + 1);
	int			n = 0;
	const MsbTargetGroup *target = rule->target;

	if ((target->age_kind == MSB_AGE_UNKNOWN && age != MSB_AGE_NOT_KNOWN) ||
		(target->age_kind == MSB_AGE_SPAN && (age < target->age_min || age > target->age_max)))
		names[n++] = CStringGetTextDatum("age");
	for (int f = 0; f < s->nfacets; f++)
	{
		const MsbFacetLabels *named = msb_target_group_facet(target, s->facets[f].facet);
		bool		taken = named == NULL;

		for (int l = 0; !taken && l < named->nlabels; l++)
			taken = msb_label_within(&s->facets[f], labels[f], named->labels[l]);
		if (!taken)
			names[n++] = CStringGetTextDatum(s->facets[f].facet);
	}
	return n == 0 ? NULL : construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT);
}

/*
 * explain_area(situation target_group, on_date date): one row per rule of the structure in force:
 * rule, unit, target, unmatched facets, matches, wins.  For a rule that matches and does not win,
 * also the first rule that prevents it, and the reason of that one's precedence.
 */
PG_FUNCTION_INFO_V1(msb_explain_area);
Datum
msb_explain_area(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const MsbStructure *s;
	int			age;
	int		   *labels;
	int			winner;
	const char *finding;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) ||
		(s = msb_structure_on(PG_GETARG_DATEADT(1))) == NULL)
		return (Datum) 0;
	labels = palloc_array(int, s->nfacets);
	msb_situation_point(s, msb_target_group_decode(PG_GETARG_DATUM(0)), &age, labels);
	winner = msb_decide_plainly(s, age, labels, &finding);

	for (int r = 0; r < s->nrules; r++)
	{
		const MsbRule *rule = &s->rules[r];
		ArrayType  *unmatched = unmatched_facets(s, rule, age, labels);
		int			blocker = -1;
		bool		wins;
		const char *reason = NULL;
		Datum		values[8] = {0};
		bool		nulls[8] = {0};

		/* the first rule of another unit over which this one has no precedence */
		if (msb_rule_matched(s, r))
			for (int other = 0; other < s->nrules && blocker < 0; other++)
				if (msb_rule_matched(s, other) && !msb_rule_beats(s, r, other))
					blocker = other;
		/* rather one that has precedence than one that only overlaps */
		if (blocker >= 0)
			for (int other = 0; other < s->nrules; other++)
				if (msb_rule_matched(s, other) && !msb_rule_beats(s, r, other) &&
					msb_rule_beats(s, other, r))
				{
					blocker = other;
					break;
				}
		wins = winner >= 0 && msb_rule_matched(s, r) && blocker < 0;
		/* two rules that take precedence over each other prevent each other */
		if (msb_rule_matched(s, r) && blocker < 0 && !wins)
			for (int other = 0; other < s->nrules && blocker < 0; other++)
				if (msb_rule_matched(s, other) && s->rules[other].unit_no != rule->unit_no &&
					msb_rule_beats(s, other, r))
					blocker = other;
		for (int p = 0; blocker >= 0 && p < s->nprecedences; p++)
			if (s->precedences[p].rule == blocker && s->precedences[p].over == r)
				reason = s->precedences[p].reason;

		values[0] = CStringGetTextDatum(rule->code);
		values[1] = CStringGetTextDatum(rule->unit);
		values[2] = msb_target_group_encode(rule->target);
		nulls[3] = unmatched == NULL;
		values[3] = PointerGetDatum(unmatched);
		values[4] = BoolGetDatum(msb_rule_matched(s, r));
		values[5] = BoolGetDatum(wins);
		nulls[6] = blocker < 0;
		if (blocker >= 0)
			values[6] = CStringGetTextDatum(s->rules[blocker].code);
		nulls[7] = reason == NULL;
		if (reason != NULL)
			values[7] = CStringGetTextDatum(reason);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * matches_document(document jsonb, target target_group, situation target_group): whether the
 * target group contains the situation by the document's labels.  A label of the target includes
 * the labels below it.
 */
PG_FUNCTION_INFO_V1(msb_matches_document);
Datum
msb_matches_document(PG_FUNCTION_ARGS)
{
	Jsonb	   *document = PG_GETARG_JSONB_P(0);
	const MsbStructure *s = msb_structure_compile(document, msb_document_name(document), 0, DATEVAL_NOEND);
	MsbRule		rule = {.target = msb_target_group_decode(PG_GETARG_DATUM(1))};
	int		   *labels = palloc_array(int, s->nfacets);
	int			age;

	for (int f = 0; f < rule.target->nfacets; f++)
	{
		const MsbFacetLabels *named = &rule.target->facets[f];
		int			facet_no = msb_facet_no(s, named->facet);

		if (facet_no < 0)
			ereport(ERROR,
					(msb_hide_values(NULL),
					 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("structure \"%s\" has no facet \"%s\"",
							s->structure, msb_printable(named->facet))));
		for (int l = 0; l < named->nlabels; l++)
			if (msb_label_no(&s->facets[facet_no], named->labels[l],
							 strlen(named->labels[l])) == MSB_NO_LABEL)
				msb_unknown_label(s, named->facet, named->labels[l]);
	}
	msb_situation_point(s, msb_target_group_decode(PG_GETARG_DATUM(2)), &age, labels);
	PG_RETURN_BOOL(unmatched_facets(s, &rule, age, labels) == NULL);
}
