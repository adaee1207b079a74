/*
 * coordination.c: the citizens whose cases changed, each looked at once.
 *
 * The work at commit gathers the citizens whose rows in the ledger changed and
 * looks at each once, when the whole transaction's cases are in the ledger.  The citizens'
 * locks are held, so the ledger is read as it is now (key_scan.c).
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "base/key_scan.h"
#include "cases/primary_challenge.h"
#include "ledger/citizen_lock.h"
#include "ledger/open_cases.h"
#include "plans/carry_over.h"
#include "plans/need.h"
#include "plans/plan_records.h"
#include "plans/plan_duty.h"
#include "plans/coordination.h"

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

/* A set to gather citizens in, in CurrentMemoryContext. */
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

/* Add a citizen, of whom a case is known to be open or not; nobody is passed over. */
void
msb_citizen_changed(MsbChangedCitizens *changed, const char *citizen, bool has_open)
{
	Size		len;
	Citizen    *c;

	if (citizen == NULL || citizen[0] == '\0')
		return;
	/* cases of one citizen often come one after the other */
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
	MsbNeeds   *needs;
	bool		asked;			/* by a function, whatever seems to be recorded */
	MsbRecords *records;
	MsbKeyScan *renumberings;	/* by the key before */
	List	   *to_judge;		/* citizens whose primary challenge came over from another key */
} Coordinating;

/* Whether the citizen got another key at some time. */
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

/* Scans that see what was written up to now. */
static void
reopen_scans(Coordinating *c)
{
	msb_records_flush(c->records);
	if (c->renumberings != NULL)
		msb_key_scan_close(c->renumberings);
	c->renumberings = NULL;
	msb_needs_reopen(c->needs);
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
		(void) msb_open_cases_start(c->needs->cases, lfirst(lc));
		(void) msb_open_cases(c->needs->cases, 0, &count);
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
	entries = msb_open_cases_start(c->needs->cases, citizen);
	recorded = msb_records_read(c->records, citizen, entries != 1 || !has_open || msb_least_cases(c->needs) <= 1);
	goes_along = !has_open && (was_renumbered(c, citizen) || msb_stated_challenge(citizen) != NULL);
	count = msb_look_at(c->needs, citizen, recorded || goes_along || c->asked, &result);
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
	if (c->needs->s != NULL && result.cases != NIL)
		msb_find_coordinator(c->needs, &result);
	result.asked = c->asked;
	result.carried |= changes > 0;
	opened = msb_record_coordination(c->records, &result, c->needs->on_date, opening);
	/* whom another's cases went to may be looked at once more */
	if (changes > 0)
		reopen_scans(c);
	return opened;
}

/*
 * Look at the citizens whose cases changed, whose locks are held.  Nothing of it
 * is worth a look where a citizen has one case and no plan: that is all that most
 * cases pay.  How many plans opened; in to_judge the citizens whose open cases are to
 * be judged again, since a primary challenge came to them from another key.
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
