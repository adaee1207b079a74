/*
 * unit_lookup.c: the inverse of area_of: the ages and labels for which a unit is the answer;
 * in_area, birth_from and the like.
 *
 * Labels and ages that the same rules take are one class, and the unit of each combination of
 * classes is decided once.  The result is made when it is first needed, by the planner
 * (planner.c) or by the functions on the right side of an index condition.  It is kept with the
 * compiled structure, as long as that, and cannot become stale.
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/bitset.h"
#include "base/msb_org.h"
#include "types/cpr_text.h"
#include "types/person.h"
#include "types/target_group_text.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/answers.h"
#include "structure/structure_cache.h"
#include "decide/area.h"
#include "decide/unit_lookup.h"

#define MOST_COMBINATIONS 20000 /* so many are decided one by one */

/* Check whether a rule takes a class. */
bool
msb_class_taken(const MsbStructure *s, const MsbClasses *axis, int class, int rule)
{
	const uint64 *rules;

	if (axis->facet >= 0)
		rules = &s->facets[axis->facet].takes[(size_t) axis->first[class] * s->nwords];
	else if (axis->first != NULL)
		rules = s->ages[axis->first[class] == MSB_AGE_NOT_KNOWN ? MSB_AGE_SLOTS - 1 : axis->first[class]];
	else
		return true;
	return MSB_HAS(rules, rule);
}

/* Find the classes of a facet's labels, and a label of each. */
static void
find_classes(const MsbStructure *s, MsbClasses *axis, int facet_no)
{
	const MsbFacet *facet = &s->facets[facet_no];

	axis->facet = facet_no;
	axis->first = palloc_array(int, Max(1, facet->nlabels));
	axis->class_of = palloc_array(int, Max(1, facet->nlabels));
	axis->n = msb_label_classes(s, facet, axis->class_of);
	for (int l = facet->nlabels - 1; l >= 0; l--)
		axis->first[axis->class_of[l]] = l;
}

/* Return the last age of a class of known ages. */
static int
oldest_of(const MsbClasses *ages, int class)
{
	return class + 2 == ages->n ? MSB_AGE_MAX : ages->first[class + 1] - 1;
}

/* Add a class of ages to those for which a unit can be the answer. */
static void
add_class(MsbUnitAges *unit, const MsbClasses *ages, int class)
{
	if (ages->first[class] == MSB_AGE_NOT_KNOWN)
		unit->unknown = true;
	else
	{
		unit->youngest = Min(unit->youngest, ages->first[class]);
		unit->oldest = Max(unit->oldest, oldest_of(ages, class));
	}
}

/*
 * Find the unit of each combination, and the ages of each unit.  Where there are too many
 * combinations, unit_of stays NULL, and a unit gets all ages that its rules take.
 */
static void
find_units(const MsbStructure *s, MsbUnitLookup *made, int *labels)
{
	const MsbClasses *axes = made->axes;
	double		combinations = 1;
	int			at[MSB_AXES] = {0};

	for (int x = 0; x < MSB_AXES; x++)
		combinations *= axes[x].n;
	if (combinations > MOST_COMBINATIONS)
	{
		for (int r = 0; r < s->nrules; r++)
			for (int class = 0; class < axes[0].n; class++)
				if (msb_class_taken(s, &axes[0], class, r))
					add_class(&made->units[s->rules[r].unit_no], &axes[0], class);
		return;
	}
	made->unit_of = palloc_array(int, Max(1, (int) combinations));
	for (int i = 0; i < combinations; i++)
	{
		const char *finding;
		int			rule;

		for (int x = 1; x < MSB_AXES; x++)
			if (axes[x].facet >= 0)
				labels[axes[x].facet] = axes[x].first[at[x]];
		rule = msb_decide(s, axes[0].first[at[0]], labels, &finding);
		made->unit_of[i] = rule < 0 ? -1 : s->rules[rule].unit_no;
		if (rule >= 0)
			add_class(&made->units[s->rules[rule].unit_no], &axes[0], at[0]);
		for (int x = MSB_AXES - 1; x >= 0 && ++at[x] == axes[x].n; x--)
			at[x] = 0;
	}
}

/* Return the look-up of a structure, made at the first call; it lives as long as the structure. */
const MsbUnitLookup *
msb_unit_lookup(const MsbStructure *s)
{
	const int	facets[MSB_AXES] = {-1, s->task_no, s->challenge_no, s->service_no};
	MsbUnitLookup   *made;
	MemoryContext old;
	int		   *labels;

	if (s->unit_lookup != NULL)
		return s->unit_lookup;
	old = MemoryContextSwitchTo(GetMemoryChunkContext(unconstify(MsbStructure *, s)));
	made = palloc0(sizeof(MsbUnitLookup));
	made->uses_standard_facets = true;
	made->units = palloc_array(MsbUnitAges, Max(1, s->nrules));
	for (int r = 0; r < s->nrules; r++)
		made->units[r] = (MsbUnitAges) {MSB_AGE_MAX + 1, -1, false};

	for (int x = 0; x < MSB_AXES; x++)
	{
		made->axes[x] = (MsbClasses) {.facet = -1};
		if (facets[x] >= 0)
			find_classes(s, &made->axes[x], facets[x]);
		else if (x > 0)
			made->axes[x].n = 1;
	}
	made->axes[0].first = palloc_array(int, MSB_AGE_SLOTS);
	for (int age = 0; age <= MSB_AGE_MAX; age++)
		if (age == 0 || s->age_break[age])
			made->axes[0].first[made->axes[0].n++] = age;
	made->axes[0].first[made->axes[0].n++] = MSB_AGE_NOT_KNOWN;

	labels = palloc_array(int, Max(1, s->nfacets));
	for (int f = 0; f < s->nfacets; f++)
	{
		labels[f] = s->facets[f].if_null;
		if (labels[f] == MSB_NO_LABEL && f != s->task_no && f != s->challenge_no && f != s->service_no)
			made->uses_standard_facets = false;
	}
	if (made->uses_standard_facets)
		find_units(s, made, labels);
	pfree(labels);
	MemoryContextSwitchTo(old);
	unconstify(MsbStructure *, s)->unit_lookup = made;
	return made;
}

/* Return the number of a unit that has rules, or -1. */
int
msb_unit_no(const MsbStructure *s, const text *unit)
{
	for (int r = 0; r < s->nrules; r++)
		if (strlen(s->rules[r].unit) == VARSIZE_ANY_EXHDR(unit) &&
			memcmp(s->rules[r].unit, VARDATA_ANY(unit), VARSIZE_ANY_EXHDR(unit)) == 0)
			return s->rules[r].unit_no;
	return -1;
}

/* Return the ages for which a unit can be the answer; all ages where that is not known. */
MsbUnitAges
msb_unit_ages(const MsbStructure *s, const text *unit)
{
	const MsbUnitLookup *lookup = msb_unit_lookup(s);
	int			unit_no = msb_unit_no(s, unit);

	if (!lookup->uses_standard_facets)
		return (MsbUnitAges) {0, MSB_AGE_MAX, true};
	if (unit_no < 0)
		return (MsbUnitAges) {MSB_AGE_MAX + 1, -1, false};
	return lookup->units[unit_no];
}

/* Return the first birth date of people who are at most so old. */
static DateADT
first_birth(DateADT on_date, int age)
{
	DateADT		before = age >= MSB_AGE_MAX ? DATEVAL_NOBEGIN : msb_last_birth(on_date, age + 1);

	return DATE_IS_NOBEGIN(before) ? before : before + 1;
}

/* Return the first birth date of a class of known ages. */
DateADT
msb_class_first_birth(const MsbClasses *ages, int class, DateADT on_date)
{
	return first_birth(on_date, oldest_of(ages, class));
}

/* Return the last birth date of a class of known ages. */
DateADT
msb_class_last_birth(const MsbClasses *ages, int class, DateADT on_date)
{
	return msb_last_birth(on_date, ages->first[class]);
}

/*
 * Find the first and the last birth date of people for whom the unit in argument 0 can be the
 * answer on the day in argument 1; false where there are none.  Where people of unknown age are
 * among them, the span is all dates: a date that is infinite, or cannot be relied on, gives no
 * age.  If argument 2 is true, NULLs are left out by the plan, and that case throws 40001.
 */
static bool
births(FunctionCallInfo fcinfo, DateADT *from, DateADT *until)
{
	text	   *unit = PG_GETARG_TEXT_PP(0);
	DateADT		on_date = PG_GETARG_DATEADT(1);
	const MsbStructure *s = msb_structure_on(on_date);
	MsbUnitAges	ages;

	if (s == NULL)
		return false;
	ages = msb_unit_ages(s, unit);
	if (ages.unknown)
	{
		if (PG_NARGS() > 2 && PG_GETARG_BOOL(2))
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("unit \"%s\" takes people of unknown age by structure \"%s\"",
							text_to_cstring(unit), s->structure),
					 errdetail("The query was planned before that structure was adopted, and would leave these people out."),
					 errhint("Run the query again.")));
		*from = DATEVAL_NOBEGIN;
		*until = DATEVAL_NOEND;
		return true;
	}
	if (ages.youngest > ages.oldest || DATE_NOT_FINITE(on_date))
		return false;
	*from = first_birth(on_date, ages.oldest);
	*until = msb_last_birth(on_date, ages.youngest);
	return true;
}

/* birth_from(unit text, on_date date, nulls_left_out boolean): the first birth date; strict. */
PG_FUNCTION_INFO_V1(msb_birth_from);
Datum
msb_birth_from(PG_FUNCTION_ARGS)
{
	DateADT		from,
				until;

	if (!births(fcinfo, &from, &until))
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(from);
}

/* birth_until(unit text, on_date date): the last birth date; strict. */
PG_FUNCTION_INFO_V1(msb_birth_until);
Datum
msb_birth_until(PG_FUNCTION_ARGS)
{
	DateADT		from,
				until;

	if (!births(fcinfo, &from, &until))
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(until);
}

/* cpr_from(unit text, on_date date, nulls_left_out boolean): the first number; strict. */
PG_FUNCTION_INFO_V1(msb_cpr_from);
Datum
msb_cpr_from(PG_FUNCTION_ARGS)
{
	DateADT		from,
				until;
	int64_t		cpr;

	if (!births(fcinfo, &from, &until) || !msb_cpr_from_day(from, &cpr))
		PG_RETURN_NULL();
	PG_RETURN_INT64(cpr);
}

/* cpr_until(unit text, on_date date): the last number; strict. */
PG_FUNCTION_INFO_V1(msb_cpr_until);
Datum
msb_cpr_until(PG_FUNCTION_ARGS)
{
	DateADT		from,
				until;
	int64_t		cpr;

	if (!births(fcinfo, &from, &until) || !msb_cpr_until_day(until, &cpr))
		PG_RETURN_NULL();
	PG_RETURN_INT64(cpr);
}

/*
 * Compare the unit in argument 0 with area_of() of the arguments that follow.  The inner call
 * has an FmgrInfo of its own, where area_of() keeps its call site.
 */
static Datum
in_area(FunctionCallInfo fcinfo, PGFunction area_of)
{
	LOCAL_FCINFO(inner, 5);
	FmgrInfo   *site = fcinfo->flinfo->fn_extra;
	Datum		result;
	text	   *area,
			   *unit;

	if (site == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		site = palloc(sizeof(FmgrInfo));
		fmgr_info_copy(site, fcinfo->flinfo, fcinfo->flinfo->fn_mcxt);
		site->fn_addr = area_of;
		site->fn_nargs = 5;
		if (site->fn_expr != NULL && IsA(site->fn_expr, FuncExpr))
		{
			FuncExpr   *call = makeNode(FuncExpr);

			*call = *(FuncExpr *) site->fn_expr;
			call->args = list_copy_tail(call->args, 1);
			site->fn_expr = (Node *) call;
		}
		MemoryContextSwitchTo(old);
		fcinfo->flinfo->fn_extra = site;
	}
	InitFunctionCallInfoData(*inner, site, 5, PG_GET_COLLATION(), NULL, NULL);
	for (int i = 0; i < 5; i++)
		inner->args[i] = fcinfo->args[i + 1];
	result = area_of(inner);
	if (inner->isnull || PG_ARGISNULL(0))
		PG_RETURN_NULL();
	area = DatumGetTextPP(result);
	unit = PG_GETARG_TEXT_PP(0);
	PG_RETURN_BOOL(VARSIZE_ANY_EXHDR(area) == VARSIZE_ANY_EXHDR(unit) &&
				   memcmp(VARDATA_ANY(area), VARDATA_ANY(unit), VARSIZE_ANY_EXHDR(unit)) == 0);
}

/* in_area(unit text, birth date, task text, challenge text, service text, on_date date) */
PG_FUNCTION_INFO_V1(msb_in_area_birth);
Datum
msb_in_area_birth(PG_FUNCTION_ARGS)
{
	return in_area(fcinfo, msb_area_of_birth);
}

/* in_area(unit text, person cpr, task text, challenge text, service text, on_date date) */
PG_FUNCTION_INFO_V1(msb_in_area_cpr);
Datum
msb_in_area_cpr(PG_FUNCTION_ARGS)
{
	return in_area(fcinfo, msb_area_of_cpr);
}
