/*
 * coordination.c: what a citizen's cases together call for: duties that are due,
 * the units that take part, the unit that coordinates.
 *
 * The work at commit gathers the citizens whose rows in the ledger changed and
 * looks at each once, when the whole transaction's cases stand there.  The citizens'
 * locks are held, so the ledger is read as it is now (key_scan.c).
 *
 * A unit in the ledger may be of yesterday: another structure has come into
 * force, or a birthday, and reassign() or reassign_due() has not come to that
 * case.  So that a citizen whose cases are judged one after the other does not
 * seem to be in two units meanwhile, such a case counts where it will lie.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "cases/case_table.h"
#include "work/commit_work.h"
#include "plans/coordination.h"
#include "structure/duty.h"
#include "cases/primary_challenge.h"

#define MOST_CHANGES 8			/* of a citizen's key, one after the other */

/*
 * The touched citizens: texts one after the other, and of each its first eight
 * bytes to sort by.  Some 30 bytes a citizen.
 */
typedef struct Citizen
{
	uint64		prefix;			/* big endian */
	Size		at;
	bool		has_open;		/* a case of the citizen's is known to be open */
} Citizen;

struct MsbTouched
{
	MemoryContext context;
	char	   *texts;
	Size		used;
	Size		size;
	Citizen    *citizens;
	Size		count;
	Size		max;
};

/* A set to gather citizens in, in CurrentMemoryContext. */
MsbTouched *
msb_touched(void)
{
	MsbTouched *touched = palloc0_object(MsbTouched);

	touched->context = CurrentMemoryContext;
	touched->size = 1024;
	touched->max = 64;
	touched->texts = palloc(touched->size);
	touched->citizens = palloc_array(Citizen, touched->max);
	return touched;
}

/* Add a citizen, of whom a case is known to be open or not; nobody is passed over. */
void
msb_touch(MsbTouched *touched, const char *citizen, bool has_open)
{
	Size		len;
	Citizen    *c;

	if (citizen == NULL || citizen[0] == '\0')
		return;
	/* cases of one citizen often come one after the other */
	if (touched->count > 0 && strcmp(touched->texts + touched->citizens[touched->count - 1].at, citizen) == 0)
	{
		touched->citizens[touched->count - 1].has_open |= has_open;
		return;
	}
	len = strlen(citizen) + 1;
	if (touched->used + len > touched->size)
	{
		touched->size = Max(touched->size * 2, touched->used + len);
		touched->texts = repalloc_huge(touched->texts, touched->size);
	}
	if (touched->count == touched->max)
	{
		touched->max *= 2;
		touched->citizens = repalloc_huge(touched->citizens, mul_size(touched->max, sizeof(Citizen)));
	}
	c = &touched->citizens[touched->count++];
	c->at = touched->used;
	c->has_open = has_open;
	memcpy(touched->texts + touched->used, citizen, len);
	touched->used += len;
	c->prefix = 0;
	for (int i = 0; i < 8; i++)
		c->prefix = c->prefix << 8 | (i < (int) len ? (unsigned char) citizen[i] : 0);
}

static int
compare_citizens(const void *a, const void *b, void *texts)
{
	const Citizen *x = a;
	const Citizen *y = b;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	return strcmp((char *) texts + x->at, (char *) texts + y->at);
}

/* What one round of the work carries along. */
typedef struct Coordinating
{
	DateADT		on_date;
	bool		many;			/* citizens are looked at */
	bool		asked;			/* by a function, whatever seems to be recorded */
	const MsbStructure *s;		/* in force; NULL where none is */
	MsbKeyScan *cases;
	MsbRecords *records;
	MsbKeyScan *renumberings;	/* by the key before */
	uint64	   *counted;		/* what one case counts for */
	int		   *labels;
	List	   *modes;			/* of TableMode, by their names */
	List	   *to_judge;		/* citizens whose primary challenge came over from another key */
} Coordinating;

/* Whether the cases of a table are observed only; one that is not attached any more is. */
typedef struct TableMode
{
	char	   *case_table;
	bool		observed;
} TableMode;

static bool
is_observed(Coordinating *c, const char *case_table)
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

/* The kind of a unit in a structure, NULL where it has none of that code. */
static const char *
unit_kind(const MsbStructure *s, const char *unit)
{
	for (int u = 0; u < s->nunits; u++)
		if (strcmp(s->units[u].unit, unit) == 0)
			return s->units[u].kind;
	return NULL;
}

const char *
msb_unit_kind(DateADT on_date, const char *unit)
{
	const MsbStructure *s = msb_structure_on(on_date);

	return s == NULL ? NULL : unit_kind(s, unit);
}

/* The unit of a case as of today; see the head of this file. */
static char *
unit_today(const Coordinating *c, const MsbOpenCase *open, const char *citizen, int age)
{
	const MsbStructure *s = c->s;
	bool		current = s != NULL && open->structure != NULL &&
	strcmp(open->structure, s->structure) == 0 && open->revision == s->revision &&
	!(open->has_due && open->due <= c->on_date);
	const char *finding;
	int			rule;

	/* the labels of a case that could not be judged may be known by now, but from its row only */
	if (current || open->is_override || open->no_cpr || s == NULL || open->situation == (Datum) 0)
		return open->unit;
	if (!msb_situation_labels(s, open->situation, c->labels) || age < -1)
		return NULL;
	msb_yield(s, c->labels, citizen);
	rule = msb_decide(s, age, c->labels, &finding);
	return rule < 0 ? NULL : s->rules[rule].unit;
}

int
msb_compare_texts(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static List *
add_text(List *texts, char *text)
{
	ListCell   *lc;

	foreach(lc, texts)
		if (strcmp(lfirst(lc), text) == 0)
			return texts;
	return lappend(texts, text);
}

/* Which counted target groups a case is in, into c->counted; -2 as the age: not born yet. */
static bool
count_case(Coordinating *c, const MsbOpenCase *open, int age)
{
	return c->s != NULL && open->situation != (Datum) 0 && age >= -1 &&
		msb_situation_labels(c->s, open->situation, c->labels) &&
		msb_counted(c->s, age, c->labels, c->counted);
}

static int
age_of(const Coordinating *c, const MsbOpenCase *open)
{
	int			age = open->birth_known ? msb_age_on(open->birth, c->on_date) : MSB_AGE_NOT_KNOWN;

	return open->birth_known && age < 0 ? -2 : age;
}

#define HAS(set, bit)	(((set)[(bit) / 64] & (UINT64CONST(1) << ((bit) % 64))) != 0)

/*
 * Whether a duty is due by these cases, of tables in observe too or not; the
 * units of the cases that it counts, where it is.
 */
static bool
is_due(Coordinating *c, int duty_no, List *cases, bool observed_too, List **units)
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
			if (d->duty_of[i] == duty_no && HAS(c->counted, i))
			{
				counts = true;
				nparts += !parts[d->part_of[i]];
				parts[d->part_of[i]] = true;
			}
		if (!counts || open->unit == NULL)
			continue;
		kind = unit_kind(c->s, open->unit);
		if (kind == NULL || (strcmp(kind, "external") != 0 && strcmp(kind, "entry") != 0))
			*units = add_text(*units, open->unit);
	}
	pfree(parts);
	list_sort(*units, msb_compare_texts);
	return nparts == duty->nparts && list_length(*units) >= duty->min_units;
}

static void
find_dues(Coordinating *c, MsbCoordination *result)
{
	for (int n = 0; n < c->s->duties->nduties; n++)
	{
		const MsbDuty *duty = &c->s->duties->duties[n];
		List	   *units;
		List	   *acting;
		MsbDue	   *due;

		/* most citizens have cases in one unit */
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
 * Who coordinates: the area of the task coordination for the primary challenge,
 * the stated one, else of the cases' own the first by priority (of equal ones the
 * first by code).  Other facets stand at their if_null, or where nothing stands in
 * as in the case that the challenge was found in.  The birth date is the first
 * that a case knows.
 */
static void
find_coordinator(const Coordinating *c, MsbCoordination *result)
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
	if (!found || task == MSB_NO_LABEL || age < -1)
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

/* Whether the citizen got another key at some time. */
static bool
was_renumbered(Coordinating *c, const char *citizen)
{
	if (c->renumberings == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(c));

		c->renumberings = msb_key_scan_open("renumbering", "renumbering_pkey", c->many);
		MemoryContextSwitchTo(old);
	}
	msb_key_scan_start(c->renumberings, citizen);
	return msb_key_scan_next(c->renumberings) != NULL;
}

/* How many open cases a citizen needs to be looked at. */
static int
least_cases(const Coordinating *c)
{
	return c->s == NULL ? PG_INT32_MAX : c->s->duties->least;
}

/*
 * What the open cases of the citizen asked for say, where there are enough for a
 * duty or anyway; how many there are.
 */
static int
look_at(Coordinating *c, const char *citizen, bool anyway, MsbCoordination *result)
{
	ListCell   *lc;
	int			count;

	memset(result, 0, sizeof(MsbCoordination));
	result->citizen = citizen;
	result->cases = msb_open_cases(c->cases, anyway ? 0 : least_cases(c), &count);
	foreach(lc, result->cases)
	{
		MsbOpenCase *open = lfirst(lc);

		open->unit = unit_today(c, open, citizen, age_of(c, open));
		if (open->unit != NULL)
			result->units = add_text(result->units, open->unit);
	}
	if (c->s != NULL && result->cases != NIL)
		find_dues(c, result);
	return count;
}

/* The same of a citizen not asked for yet, however few the cases. */
static void
look_at_now(Coordinating *c, const char *citizen, MsbCoordination *result)
{
	(void) msb_open_cases_start(c->cases, citizen);
	(void) look_at(c, citizen, true, result);
}

static void
close_scans(Coordinating *c)
{
	if (c->cases == NULL)
		return;
	msb_key_scan_close(c->cases);
	c->cases = NULL;
	if (c->renumberings != NULL)
		msb_key_scan_close(c->renumberings);
	c->renumberings = NULL;
}

/* Scans that see what was written up to now. */
static void
reopen_scans(Coordinating *c)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(c));

	msb_records_flush(c->records);
	close_scans(c);
	c->cases = msb_open_cases_scan(c->many);
	MemoryContextSwitchTo(old);
}

static Coordinating *
begin_coordinating(DateADT on_date, bool many)
{
	Coordinating *c = palloc0_object(Coordinating);

	c->on_date = on_date;
	c->many = many;
	c->s = msb_structure_on(on_date);
	c->records = msb_records_open(many);
	c->cases = msb_open_cases_scan(many);
	if (c->s != NULL)
	{
		c->counted = palloc_array(uint64, c->s->duties->nwords);
		c->labels = palloc_array(int, Max(1, c->s->nfacets));
	}
	return c;
}

static void
end_coordinating(Coordinating *c)
{
	close_scans(c);
	msb_records_close(c->records);
}

/* What is recorded under one key of a person goes over to the key that the last case went to. */
static char *
carry_over(Coordinating *c, const char *citizen)
{
	bool		stated = msb_stated_challenge(citizen) != NULL;
	char	   *now_called;

	msb_records_flush(c->records);
	now_called = msb_carry_over(citizen);
	if (now_called != NULL)
	{
		if (stated)
		{
			MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(c));

			c->to_judge = lappend(c->to_judge, pstrdup(now_called));
			MemoryContextSwitchTo(old);
		}
		reopen_scans(c);
	}
	return now_called;
}

/*
 * A duty arises under a key that a citizen got: whose cases have all come over from
 * the former one had that duty, and perhaps a plan, before.  Whether anything came.
 * Somebody may be opening a case under the former key, so its lock is taken too: out of
 * order, but such keys are rare.
 */
static bool
carry_former(Coordinating *c, const char *citizen)
{
	bool		carried = false;
	ListCell   *lc;

	foreach(lc, msb_former_keys(citizen))
	{
		MsbLockSet	lock = {0};
		int			count;

		msb_lock_add(&lock, lfirst(lc));
		msb_lock_take(MSB_LOCK_CITIZEN, &lock);
		(void) msb_open_cases_start(c->cases, lfirst(lc));
		(void) msb_open_cases(c->cases, 0, &count);
		if (count == 0)
			carried |= carry_over(c, lfirst(lc)) != NULL;
	}
	return carried;
}

/*
 * Look at one citizen, of whom a case is known to be open or not, and record what
 * follows; how many plans opened.  changes: of the key that have been followed,
 * which may go round.
 */
static int64
coordinate(Coordinating *c, const char *citizen, bool has_open, MsbOpening opening, int changes)
{
	MsbCoordination result;
	char	   *now_called;
	bool		recorded;
	bool		goes_along;		/* something else is recorded, which follows the cases */
	int			entries;
	int			count;
	int64		opened;

	/*
	 * Of whom the ledger has one row, which is open, no duty of several cases can be
	 * recorded; a plan can, which somebody opened.
	 */
	entries = msb_open_cases_start(c->cases, citizen);
	recorded = msb_records_read(c->records, citizen, entries != 1 || !has_open || least_cases(c) <= 1);
	goes_along = !has_open && (was_renumbered(c, citizen) || msb_stated_challenge(citizen) != NULL);
	count = look_at(c, citizen, recorded || goes_along || c->asked, &result);
	if (result.dues == NIL && !recorded && !c->asked && !(goes_along && count == 0))
		return 0;
	/* the last case went to another key of the same person: so do the plans */
	if (count == 0 && changes < MOST_CHANGES && (now_called = carry_over(c, citizen)) != NULL)
		return coordinate(c, now_called, false, opening, changes + 1);
	if (result.dues != NIL && !recorded && msb_has_former_key(c->records) && carry_former(c, citizen))
	{
		result.carried = true;
		(void) msb_records_read(c->records, citizen, true);
	}
	if (c->s != NULL && result.cases != NIL)
		find_coordinator(c, &result);
	result.asked = c->asked;
	result.carried |= changes > 0;
	opened = msb_record_coordination(c->records, &result, c->on_date, opening);
	/* whom another's cases went to may be looked at once more */
	if (changes > 0)
		reopen_scans(c);
	return opened;
}

/*
 * Look at the citizens that were touched, whose locks are held.  Nothing of it
 * is worth a look where a citizen has one case and no plan: that is all that most
 * cases pay.  How many plans opened.
 */
int64
msb_coordinate(MsbTouched *touched, DateADT on_date, MsbOpening opening, bool asked)
{
	Coordinating *c;
	MemoryContext scratch;
	MemoryContext old;
	int64		opened = 0;
	ListCell   *lc;

	if (touched->count == 0)
		return 0;
	qsort_arg(touched->citizens, touched->count, sizeof(Citizen), compare_citizens, touched->texts);
	c = begin_coordinating(on_date, touched->count > MSB_FEW);
	c->asked = asked;
	scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org citizen", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(scratch);
	for (Size i = 0; i < touched->count; i++)
	{
		const char *citizen = touched->texts + touched->citizens[i].at;
		bool		has_open = touched->citizens[i].has_open;

		CHECK_FOR_INTERRUPTS();
		while (i + 1 < touched->count && strcmp(touched->texts + touched->citizens[i + 1].at, citizen) == 0)
			has_open |= touched->citizens[++i].has_open;
		opened += coordinate(c, citizen, has_open, opening, 0);
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	end_coordinating(c);
	foreach(lc, c->to_judge)
		msb_judge_open_cases(lfirst(lc));
	return opened;
}

/*
 * judge_citizens(citizens text[], opening text): the same for citizens that are
 * named, under their locks.
 */
PG_FUNCTION_INFO_V1(msb_judge_citizens);
Datum
msb_judge_citizens(PG_FUNCTION_ARGS)
{
	char	   *given = text_to_cstring(PG_GETARG_TEXT_PP(1));
	MsbOpening	opening = strcmp(given, "none") == 0 ? MSB_OPEN_NONE :
	strcmp(given, "due") == 0 ? MSB_OPEN_DUE : MSB_OPEN_ARISING;
	MsbTouched *touched = msb_touched();
	MsbLockSet	locks = {0};
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	PreventCommandIfReadOnly("judge_citizens()");
	if (opening == MSB_OPEN_ARISING && strcmp(given, "arising") != 0)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("opening must be none, arising or due")));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
		{
			char	   *citizen = msb_citizen_key(TextDatumGetCString(elements[i]));

			msb_touch(touched, citizen, false);
			msb_lock_add(&locks, citizen);
		}
	msb_lock_take(MSB_LOCK_CITIZEN, &locks);
	PG_RETURN_INT64(msb_coordinate(touched, msb_current_date(), opening, true));
}

/* citizen_duty(citizen text): duty, action, units, observed; computed now, without the lock. */
PG_FUNCTION_INFO_V1(msb_citizen_duty);
Datum
msb_citizen_duty(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Coordinating *c;
	MsbCoordination result;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	c = begin_coordinating(msb_current_date(), false);
	look_at_now(c, msb_citizen_key(text_to_cstring(PG_GETARG_TEXT_PP(0))), &result);
	end_coordinating(c);
	foreach(lc, result.dues)
	{
		MsbDue	   *due = lfirst(lc);
		Datum		values[4];
		bool		nulls[4] = {0};

		values[0] = CStringGetTextDatum(due->duty);
		values[1] = CStringGetTextDatum(due->opens ? "open" : "report");
		values[2] = msb_text_list(due->units);
		values[3] = BoolGetDatum(due->observed);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* coordination_of(citizen text): unit, challenge, stated; computed now, without the lock. */
PG_FUNCTION_INFO_V1(msb_coordination_of);
Datum
msb_coordination_of(PG_FUNCTION_ARGS)
{
	Coordinating *c = begin_coordinating(msb_current_date(), false);
	MsbCoordination result;
	TupleDesc	desc;
	Datum		values[3] = {0};
	bool		nulls[3] = {true, true, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	look_at_now(c, msb_citizen_key(text_to_cstring(PG_GETARG_TEXT_PP(0))), &result);
	if (c->s != NULL && result.cases != NIL)
		find_coordinator(c, &result);
	end_coordinating(c);
	if (result.unit != NULL)
		values[0] = CStringGetTextDatum(result.unit);
	if (result.challenge != NULL)
		values[1] = CStringGetTextDatum(result.challenge);
	nulls[0] = result.unit == NULL;
	nulls[1] = result.challenge == NULL;
	values[2] = BoolGetDatum(result.stated);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
