/*
 * changed_citizens.c: gathers the citizens whose cases changed, and looks at each once.
 *
 * The work at commit gathers the citizens whose rows in the ledger changed.  When all
 * cases of the transaction are in the ledger, it looks at each citizen: duties_due.c finds what
 * the cases call for, open_plan.c records it.  Callers hold the citizens' locks, so the
 * ledger is read as it is now (key_scan.c).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/date.h"
#include "utils/memutils.h"

#include "base/key_scan.h"
#include "cases/primary_challenge.h"
#include "ledger/citizen_lock.h"
#include "ledger/open_cases.h"
#include "plans/carry_over.h"
#include "plans/duties_due.h"
#include "plans/plan_records.h"
#include "plans/open_plan.h"
#include "plans/changed_citizens.h"

#define MOST_CHANGES 8			/* that are followed: changes of keys may form a circle */

/* A citizen who was gathered: some 30 bytes, with the key. */
typedef struct Citizen
{
	uint64		prefix;			/* the first eight bytes of the key, big endian, to sort by */
	Size		at;				/* offset of the key in the texts */
	bool		has_open;		/* a case of the citizen is known to be open */
} Citizen;

/*
 * The citizens who were gathered, some of them several times; keys lie one after the
 * other in texts.
 */

struct MsbChangedCitizens
{
	MemoryContext context;
	char	   *texts;
	Size		used;
	Size		size;
	Citizen    *citizens;
	Size		count;
	Size		max;
};

/* Make an empty set of citizens, in CurrentMemoryContext. */
MsbChangedCitizens *
msb_changed_citizens(void)
{
	MsbChangedCitizens *changed = palloc0_object(MsbChangedCitizens);

	changed->context = CurrentMemoryContext;
	changed->size = 1024;
	changed->max = 64;
	changed->texts = palloc(changed->size);
	changed->citizens = palloc_array(Citizen, changed->max);
	return changed;
}

/*
 * Add a citizen; has_open: a case of the citizen is known to be open.  No key (NULL or
 * "") adds nothing.
 */
void
msb_citizen_changed(MsbChangedCitizens *changed, const char *citizen, bool has_open)
{
	Size		len;
	Citizen    *c;

	if (citizen == NULL || citizen[0] == '\0')
		return;
	/* cases of one citizen often follow each other */
	if (changed->count > 0 && strcmp(changed->texts + changed->citizens[changed->count - 1].at, citizen) == 0)
	{
		changed->citizens[changed->count - 1].has_open |= has_open;
		return;
	}
	len = strlen(citizen) + 1;
	if (changed->used + len > changed->size)
	{
		changed->size = Max(changed->size * 2, changed->used + len);
		changed->texts = repalloc_huge(changed->texts, changed->size);
	}
	if (changed->count == changed->max)
	{
		changed->max *= 2;
		changed->citizens = repalloc_huge(changed->citizens, mul_size(changed->max, sizeof(Citizen)));
	}
	c = &changed->citizens[changed->count++];
	c->at = changed->used;
	c->has_open = has_open;
	memcpy(changed->texts + changed->used, citizen, len);
	changed->used += len;
	c->prefix = 0;
	for (int i = 0; i < 8; i++)
		c->prefix = c->prefix << 8 | (i < (int) len ? (unsigned char) citizen[i] : 0);
}

/* Order citizens bytewise by key. */
static int
compare_citizens(const void *a, const void *b, void *texts)
{
	const Citizen *x = a;
	const Citizen *y = b;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	return strcmp((char *) texts + x->at, (char *) texts + y->at);
}

/* The state of one call of msb_coordinate(). */
typedef struct Coordinating
{
	MsbNeeds   *needs;
	bool		asked;			/* a function asks: every citizen is looked at in full */
	MsbRecords *records;
	MsbKeyScan *renumberings;	/* by the old key; NULL until its first use */
	List	   *to_judge;		/* citizens to whom a primary challenge moved from another key */
} Coordinating;

/* Return whether a key was changed to another one at some time. */
static bool
was_renumbered(Coordinating *c, const char *citizen)
{
	if (c->renumberings == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(c));

		c->renumberings = msb_key_scan_open("renumbering", "renumbering_pkey", c->needs->many);
		MemoryContextSwitchTo(old);
	}
	msb_key_scan_start(c->renumberings, citizen);
	return msb_key_scan_next(c->renumberings) != NULL;
}

/* Open all scans anew, so that they see what was written meanwhile. */
static void
reopen_scans(Coordinating *c)
{
	msb_records_flush(c->records);
	if (c->renumberings != NULL)
		msb_key_scan_close(c->renumberings);
	c->renumberings = NULL;
	msb_needs_reopen(c->needs);
}

/*
 * Move everything that is recorded under a key without open cases to the key that the
 * last case moved to.  Returns that key; NULL if there is none.
 */
static char *
carry_over(Coordinating *c, const char *citizen)
{
	bool		stated = msb_stated_challenge(citizen) != NULL;
	char	   *new_key;

	msb_records_flush(c->records);
	new_key = msb_carry_over(citizen);
	if (new_key != NULL)
	{
		if (stated)
		{
			MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(c));

			c->to_judge = lappend(c->to_judge, pstrdup(new_key));
			MemoryContextSwitchTo(old);
		}
		reopen_scans(c);
	}
	return new_key;
}

/*
 * Move duties and plans that are recorded under former keys of a citizen to the key that
 * all cases were renumbered to, so that a duty under the new key is not taken for a new
 * one.  Returns whether anything was moved.  The locks of the former keys are taken too,
 * since somebody may be opening a case under one: out of order, but such keys are rare.
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
		(void) msb_open_cases_start(c->needs->cases, lfirst(lc));
		(void) msb_open_cases(c->needs->cases, 0, &count);
		if (count == 0)
			carried |= carry_over(c, lfirst(lc)) != NULL;
	}
	return carried;
}

/*
 * Look at one citizen, and record what the cases call for; returns how many plans opened.
 * changes: how many changes of the key were followed to get here.
 */
static int64
coordinate(Coordinating *c, const char *citizen, bool has_open, MsbOpening opening, int changes)
{
	MsbCoordination result;
	char	   *new_key;
	bool		recorded;		/* an open plan, or a duty that has not ended */
	bool		goes_along;		/* records may have to follow the last case to another key */
	int			entries;
	int			count;
	int64		opened;

	/*
	 * A citizen with a single row in the ledger, an open one, cannot have a duty
	 * recorded, since a duty needs several cases.  There may still be a plan that
	 * somebody opened by hand, so plans are read all the same.
	 */
	entries = msb_open_cases_start(c->needs->cases, citizen);
	recorded = msb_records_read(c->records, citizen, entries != 1 || !has_open || msb_least_cases(c->needs) <= 1);
	goes_along = !has_open && (was_renumbered(c, citizen) || msb_stated_challenge(citizen) != NULL);
	count = msb_look_at(c->needs, citizen, recorded || goes_along || c->asked, &result);
	if (result.dues == NIL && !recorded && !c->asked && !(goes_along && count == 0))
		return 0;
	/* if the last case moved to another key of the same person, the plans follow it */
	if (count == 0 && changes < MOST_CHANGES && (new_key = carry_over(c, citizen)) != NULL)
		return coordinate(c, new_key, false, opening, changes + 1);
	if (result.dues != NIL && !recorded && msb_has_former_key(c->records) && carry_former(c, citizen))
	{
		result.carried = true;
		(void) msb_records_read(c->records, citizen, true);
	}
	if (c->needs->s != NULL && result.cases != NIL)
		msb_find_coordinator(c->needs, &result);
	result.asked = c->asked;
	result.carried |= changes > 0;
	opened = msb_record_coordination(c->records, &result, c->needs->on_date, opening);
	/* this citizen may be in the set too, and be looked at once more */
	if (changes > 0)
		reopen_scans(c);
	return opened;
}

/*
 * Look at the citizens whose cases changed; their locks are held.  For most of them, who
 * have one case and no plan, a few looks into indexes find that nothing is to be done.
 * asked: a function asks, so every citizen is looked at in full.  Returns how many plans
 * opened; in *to_judge the citizens whose open cases are to be judged again, since a
 * primary challenge moved to them from another key.
 */
int64
msb_coordinate(MsbChangedCitizens *changed, DateADT on_date, MsbOpening opening, bool asked, List **to_judge)
{
	Coordinating *c;
	MemoryContext scratch;
	MemoryContext old;
	int64		opened = 0;

	*to_judge = NIL;
	if (changed->count == 0)
		return 0;
	qsort_arg(changed->citizens, changed->count, sizeof(Citizen), compare_citizens, changed->texts);
	c = palloc0_object(Coordinating);
	c->asked = asked;
	c->needs = msb_needs_open(on_date, changed->count > MSB_SMALL_BATCH);
	c->records = msb_records_open(c->needs->many);
	scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org citizen", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(scratch);
	for (Size i = 0; i < changed->count; i++)
	{
		const char *citizen = changed->texts + changed->citizens[i].at;
		bool		has_open = changed->citizens[i].has_open;

		CHECK_FOR_INTERRUPTS();
		while (i + 1 < changed->count && strcmp(changed->texts + changed->citizens[i + 1].at, citizen) == 0)
			has_open |= changed->citizens[++i].has_open;
		opened += coordinate(c, citizen, has_open, opening, 0);
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	msb_needs_close(c->needs);
	if (c->renumberings != NULL)
		msb_key_scan_close(c->renumberings);
	msb_records_close(c->records);
	*to_judge = c->to_judge;
	return opened;
}
