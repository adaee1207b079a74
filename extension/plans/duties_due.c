/*
 * duties_due.c: finds what a citizen's open cases call for: the duties that are due, the units
 * that take part, the unit that coordinates.
 *
 * A unit in the ledger may be out of date: another structure has come into force, or the
 * citizen had a birthday, and reassign() or reassign_due() has not judged the case yet.
 * Such a case counts for the unit that it will have.  Otherwise a citizen whose cases are
 * judged one after the other would seem to be in two units meanwhile.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "base/bitset.h"
#include "base/settings.h"
#include "base/text.h"
#include "base/key_scan.h"
#include "types/person.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/answers.h"
#include "structure/situation.h"
#include "structure/duty.h"
#include "structure/structure_cache.h"
#include "cases/case_map.h"
#include "cases/read_map.h"
#include "cases/primary_challenge.h"
#include "cases/judge.h"
#include "ledger/open_cases.h"
#include "plans/duties_due.h"

#define AGE_NOT_BORN	(-2)	/* beside MSB_AGE_NOT_KNOWN */

/*
 * A case table, and whether its cases are only observed; those of a table that is not
 * attached any more are.
 */
typedef struct TableMode
{
	char	   *case_table;
	bool		observed;
} TableMode;

/* Return whether the cases of a table are only observed. */
static bool
is_observed(MsbNeeds *c, const char *case_table)
{
	ListCell   *lc;
	TableMode  *mode;
	MemoryContext old;

	foreach(lc, c->modes)
	{
		mode = lfirst(lc);
		if (strcmp(mode->case_table, case_table) == 0)
			return mode->observed;
	}
	old = MemoryContextSwitchTo(GetMemoryChunkContext(c));
	mode = palloc_object(TableMode);
	mode->case_table = pstrdup(case_table);
	mode->observed = msb_case_table_mode(case_table) == MSB_OBSERVE;
	c->modes = lappend(c->modes, mode);
	MemoryContextSwitchTo(old);
	return mode->observed;
}

/* Return the unit of a case as of today, see the head of this file; NULL if it cannot be judged. */
static char *
unit_today(const MsbNeeds *c, const MsbOpenCase *open, const char *citizen, int age)
{
	const MsbStructure *s = c->s;
	bool		current = s != NULL && open->structure != NULL &&
	strcmp(open->structure, s->structure) == 0 && open->revision == s->revision &&
	!(open->has_due && open->due <= c->on_date);
	const char *finding;
	int			rule;

	/* a case whose labels are not known can only be judged by its row */
	if (current || open->is_override || open->no_cpr || s == NULL || open->situation == (Datum) 0)
		return open->unit;
	if (!msb_situation_labels(s, open->situation, c->labels) || age == AGE_NOT_BORN)
		return NULL;
	msb_yield(s, c->labels, citizen);
	rule = msb_decide(s, age, c->labels, &finding);
	return rule < 0 ? NULL : s->rules[rule].unit;
}

/*
 * Find the counted target groups that a case is in, into c->counted; returns whether
 * there are any.
 */
static bool
count_case(MsbNeeds *c, const MsbOpenCase *open, int age)
{
	return c->s != NULL && open->situation != (Datum) 0 && age != AGE_NOT_BORN &&
		msb_situation_labels(c->s, open->situation, c->labels) &&
		msb_counted(c->s, age, c->labels, c->counted);
}

/* Return the age of a case's person today, MSB_AGE_NOT_KNOWN or AGE_NOT_BORN. */
static int
age_of(const MsbNeeds *c, const MsbOpenCase *open)
{
	int			age = open->birth_known ? msb_age_on(open->birth, c->on_date) : MSB_AGE_NOT_KNOWN;

	return open->birth_known && age < 0 ? AGE_NOT_BORN : age;
}

/*
 * Return whether a duty is due by these cases, with or without those of tables in
 * observe; in *units the distinct units of the cases that it counts.
 */
static bool
is_due(MsbNeeds *c, int duty_no, List *cases, bool observed_too, List **units)
{
	const MsbDuties *d = c->s->duties;
	const MsbDuty *duty = &d->duties[duty_no];
	bool	   *parts = palloc0_array(bool, duty->nparts);
	int			nparts = 0;
	ListCell   *lc;

	*units = NIL;
	foreach(lc, cases)
	{
		MsbOpenCase *open = lfirst(lc);
		bool		counts = false;
		const char *kind;

		if ((!observed_too && is_observed(c, open->case_table)) || !count_case(c, open, age_of(c, open)))
			continue;
		for (int i = 0; i < d->ncounted; i++)
			if (d->duty_of[i] == duty_no && MSB_HAS(c->counted, i))
			{
				counts = true;
				nparts += !parts[d->part_of[i]];
				parts[d->part_of[i]] = true;
			}
		if (!counts || open->unit == NULL)
			continue;
		kind = msb_unit_kind(c->s, open->unit);
		if (kind == NULL || (strcmp(kind, "external") != 0 && strcmp(kind, "entry") != 0))
			*units = msb_add_text(*units, open->unit);
	}
	pfree(parts);
	list_sort(*units, msb_compare_texts);
	return nparts == duty->nparts && list_length(*units) >= duty->min_units;
}

/* Find the duties that are due, into result->dues. */
static void
find_dues(MsbNeeds *c, MsbCoordination *result)
{
	for (int n = 0; n < c->s->duties->nduties; n++)
	{
		const MsbDuty *duty = &c->s->duties->duties[n];
		List	   *units;
		List	   *acting;
		MsbDue	   *due;

		/* a quick test that spares most citizens the rest: their cases lie in one unit */
		if (list_length(result->units) < duty->min_units || !is_due(c, n, result->cases, true, &units))
			continue;
		due = palloc_object(MsbDue);
		due->duty = duty->duty;
		due->opens = duty->opens;
		due->units = units;
		due->observed = !is_due(c, n, result->cases, false, &acting);
		result->dues = lappend(result->dues, due);
	}
}

/*
 * Find the unit that coordinates: the one responsible for the task coordination and the
 * citizen's primary challenge.  That is the stated one, else the first of the cases' own
 * by priority, then by code.  Other facets have their if_null; one without takes the label
 * of the case that the challenge is from.  The birth date is the first that a case knows.
 */
void
msb_find_coordinator(const MsbNeeds *c, MsbCoordination *result)
{
	const MsbStructure *s = c->s;
	const MsbFacet *challenges = s->challenge_no < 0 ? NULL : &s->facets[s->challenge_no];
	int			task = s->task_no < 0 ? MSB_NO_LABEL :
	msb_label_no(&s->facets[s->task_no], "coordination", strlen("coordination"));
	char	   *stated = msb_stated_challenge(result->citizen);
	int			leading = MSB_NO_LABEL;
	int			stated_no = stated == NULL || challenges == NULL ? MSB_NO_LABEL :
	msb_label_no(challenges, stated, strlen(stated));
	int		   *labels = palloc_array(int, Max(1, s->nfacets));
	bool		found = false;
	int			age = MSB_AGE_NOT_KNOWN;
	ListCell   *lc;
	const char *finding;
	int			rule;

	foreach(lc, result->cases)
	{
		MsbOpenCase *open = lfirst(lc);

		if (!result->birth_known && open->birth_known)
		{
			result->birth_known = true;
			result->birth = open->birth;
			age = age_of(c, open);
		}
		if (open->situation == (Datum) 0 || !msb_situation_labels(s, open->situation, c->labels))
			continue;
		if (challenges != NULL)
		{
			const MsbLabel *own = &challenges->labels[c->labels[s->challenge_no]];
			const MsbLabel *best = leading == MSB_NO_LABEL ? NULL : &challenges->labels[leading];

			if (best != NULL && (own->priority > best->priority ||
								 (own->priority == best->priority && strcmp(own->label, best->label) >= 0)))
				continue;
			leading = c->labels[s->challenge_no];
		}
		else if (found)
			continue;
		memcpy(labels, c->labels, s->nfacets * sizeof(int));
		found = true;
	}
	result->stated = stated_no != MSB_NO_LABEL;
	if (result->stated)
		leading = stated_no;
	if (leading != MSB_NO_LABEL)
		result->challenge = challenges->labels[leading].label;
	if (!found || task == MSB_NO_LABEL || age == AGE_NOT_BORN)
		return;
	for (int f = 0; f < s->nfacets; f++)
		if (s->facets[f].if_null != MSB_NO_LABEL)
			labels[f] = s->facets[f].if_null;
	labels[s->task_no] = task;
	if (challenges != NULL)
		labels[s->challenge_no] = leading;
	rule = msb_decide(s, age, labels, &finding);
	if (rule >= 0)
		result->unit = s->rules[rule].unit;
}

/* Return how many open cases a citizen needs at least for any duty to be due. */
int
msb_least_cases(const MsbNeeds *c)
{
	return c->s == NULL ? PG_INT32_MAX : c->s->duties->least;
}

/*
 * Find what a citizen's open cases call for, if they are enough for a duty; anyway: if
 * they are fewer too.  The scan of c was moved to the citizen.  Returns how many open
 * cases there are.  The coordinating unit is left to msb_find_coordinator().
 */
int
msb_look_at(MsbNeeds *c, const char *citizen, bool anyway, MsbCoordination *result)
{
	ListCell   *lc;
	int			count;

	memset(result, 0, sizeof(MsbCoordination));
	result->citizen = citizen;
	result->cases = msb_open_cases(c->cases, anyway ? 0 : msb_least_cases(c), &count);
	foreach(lc, result->cases)
	{
		MsbOpenCase *open = lfirst(lc);

		open->unit = unit_today(c, open, citizen, age_of(c, open));
		if (open->unit != NULL)
			result->units = msb_add_text(result->units, open->unit);
	}
	if (c->s != NULL && result->cases != NIL)
		find_dues(c, result);
	return count;
}

/* Move the scan to a citizen and look at the cases, however few they are. */
static void
look_at_now(MsbNeeds *c, const char *citizen, MsbCoordination *result)
{
	(void) msb_open_cases_start(c->cases, citizen);
	(void) msb_look_at(c, citizen, true, result);
}

/* Prepare for looking at a few citizens or at many; in CurrentMemoryContext. */
MsbNeeds *
msb_needs_open(DateADT on_date, bool many)
{
	MsbNeeds   *c = palloc0_object(MsbNeeds);

	c->on_date = on_date;
	c->many = many;
	c->s = msb_structure_on(on_date);
	c->cases = msb_open_cases_scan(many);
	if (c->s != NULL)
	{
		c->counted = palloc_array(uint64, c->s->duties->nwords);
		c->labels = palloc_array(int, Max(1, c->s->nfacets));
	}
	return c;
}

/* Open the scan of the ledger anew, so that it sees what was written meanwhile. */
void
msb_needs_reopen(MsbNeeds *c)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(c));

	msb_key_scan_close(c->cases);
	c->cases = msb_open_cases_scan(c->many);
	MemoryContextSwitchTo(old);
}

/* Close the scan of the ledger. */
void
msb_needs_close(MsbNeeds *c)
{
	msb_key_scan_close(c->cases);
}

/*
 * citizen_duty(citizen text): duty, action, units, observed of each duty that is due now;
 * reads without the lock.
 */
PG_FUNCTION_INFO_V1(msb_citizen_duty);
Datum
msb_citizen_duty(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MsbNeeds   *c;
	MsbCoordination result;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	c = msb_needs_open(msb_current_date(), false);
	look_at_now(c, msb_citizen_key(text_to_cstring(PG_GETARG_TEXT_PP(0))), &result);
	msb_needs_close(c);
	foreach(lc, result.dues)
	{
		MsbDue	   *due = lfirst(lc);
		Datum		values[4];
		bool		nulls[4] = {0};

		values[0] = CStringGetTextDatum(due->duty);
		values[1] = CStringGetTextDatum(due->opens ? "open" : "report");
		values[2] = msb_text_array(due->units);
		values[3] = BoolGetDatum(due->observed);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* coordination_of(citizen text): unit, challenge, stated as of now; reads without the lock. */
PG_FUNCTION_INFO_V1(msb_coordination_of);
Datum
msb_coordination_of(PG_FUNCTION_ARGS)
{
	MsbNeeds   *c = msb_needs_open(msb_current_date(), false);
	MsbCoordination result;
	TupleDesc	desc;
	Datum		values[3] = {0};
	bool		nulls[3] = {true, true, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	look_at_now(c, msb_citizen_key(text_to_cstring(PG_GETARG_TEXT_PP(0))), &result);
	if (c->s != NULL && result.cases != NIL)
		msb_find_coordinator(c, &result);
	msb_needs_close(c);
	if (result.unit != NULL)
		values[0] = CStringGetTextDatum(result.unit);
	if (result.challenge != NULL)
		values[1] = CStringGetTextDatum(result.challenge);
	nulls[0] = result.unit == NULL;
	nulls[1] = result.challenge == NULL;
	values[2] = BoolGetDatum(result.stated);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
