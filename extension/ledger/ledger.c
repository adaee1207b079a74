/*
 * ledger.c: opens msb_org.assignment, reads the last rows of a case, and inserts rows.
 *
 * Callers hold the citizen's lock, so that nobody else writes the case's rows meanwhile.
 * So the last rows of a case are read under no snapshot, which takes no predicate locks:
 * on the index, the keys of new cases lie side by side, and predicate locks there would
 * make SERIALIZABLE transactions fail that have nothing to do with each other.
 *
 * New rows are gathered and written a set at a time (own_table.c).  A reader of the index
 * does not see those that are pending.  So the cases of pending rows are remembered by
 * their hashes, and the rows are written before such a case is read again.
 */
#include "postgres.h"

#include "access/htup.h"
#include "access/htup_details.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/settings.h"
#include "base/catalog.h"
#include "base/key_scan.h"
#include "base/own_table.h"
#include "ledger/citizen_lock.h"
#include "ledger/ledger.h"

/* How many rows may be pending: a share of the load, but within these bounds. */
#define LEAST_PENDING	1024
#define MOST_PENDING	16384
#define BULK_SHARE		16

/*
 * Open the ledger for reading and writing about so many cases; close it in the same
 * function.  More cases let more rows be pending: in a larger ledger the places in its
 * indexes lie farther from each other, and a larger set still finds neighbours.
 */
MsbLedger *
msb_ledger_open(int64 cases)
{
	MsbLedger  *ledger = palloc0(sizeof(MsbLedger));

	ledger->many = cases > MSB_SMALL_BATCH;
	ledger->most_pending = Max(LEAST_PENDING, Min(MOST_PENDING, cases / BULK_SHARE));
	ledger->places = pg_nextpower2_32(4 * ledger->most_pending);
	ledger->table = msb_own_table_open("assignment", Natts_assignment, ledger->most_pending, NULL);
	ledger->rel = msb_own_table_relation(ledger->table);
	ledger->actor = msb_current_actor();
	return ledger;
}

/*
 * Open the ledger for a dry run over so many cases: writes only leave a mark, see
 * msb_ledger_wanted().  No lock is needed, since the cases that are marked are judged once
 * more under their citizens' locks.
 */
MsbLedger *
msb_ledger_open_dry(int64 cases)
{
	MsbLedger  *ledger = palloc0(sizeof(MsbLedger));

	ledger->many = cases > MSB_SMALL_BATCH;
	ledger->most_pending = LEAST_PENDING;
	ledger->table = msb_own_table_open_dry("assignment");
	ledger->rel = msb_own_table_relation(ledger->table);
	ledger->actor = msb_current_actor();
	return ledger;
}

/* Return whether the dry run would have written since the last call. */
bool
msb_ledger_wanted(MsbLedger *ledger)
{
	return msb_own_table_wanted(ledger->table);
}

/* Write what is pending, and close the ledger. */
void
msb_ledger_close(MsbLedger *ledger)
{
	if (ledger->by_case != NULL)
		msb_key_scan_close(ledger->by_case);
	msb_own_table_close(ledger->table);
	if (ledger->pending != NULL)
		pfree(ledger->pending);
	pfree(ledger);
}

/* Write what is pending; reads from now on see it, and what other sessions committed meanwhile. */
void
msb_ledger_flush(MsbLedger *ledger)
{
	if (ledger->pending != NULL)
		memset(ledger->pending, 0, ledger->places * sizeof(uint64));
	msb_own_table_flush(ledger->table);
	if (ledger->by_case != NULL)
		msb_key_scan_restart(ledger->by_case);
}

/*
 * Return the hash of a case, never 0, by which pending rows and notes know it.  Two cases
 * with the same hash cost a flush too many.
 */
uint64
msb_case_hash(const char *case_table, const char *case_key)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) case_table, strlen(case_table), 0);

	hash = hash_bytes_extended((const unsigned char *) case_key, strlen(case_key), hash);
	return Max(hash, 1);		/* 0 marks a free place in a set */
}

/* Return the place of a case in the set of pending cases, or the free one where it belongs. */
static uint64 *
pending_place(MsbLedger *ledger, uint64 hash)
{
	uint32		n = hash & (ledger->places - 1);

	while (ledger->pending[n] != 0 && ledger->pending[n] != hash)
		n = (n + 1) & (ledger->places - 1);
	return &ledger->pending[n];
}

/* Return whether a row of a case is pending. */
static bool
is_pending(MsbLedger *ledger, uint64 hash)
{
	int			n = msb_own_table_pending(ledger->table);

	if (n > MSB_SMALL_PENDING)
		return *pending_place(ledger, hash) != 0;
	for (int i = 0; i < n; i++)
		if (ledger->small[i] == hash)
			return true;
	return false;
}

/* Read copies of the last rows of a case, latest first, at most two; returns how many. */
static int
last_rows(MsbLedger *ledger, const char *case_table, const char *case_key, HeapTuple rows[2])
{
	int			n = 0;
	Size		len = strlen(case_table);
	TupleTableSlot *slot;

	if (msb_own_table_pending(ledger->table) > 0 && is_pending(ledger, msb_case_hash(case_table, case_key)))
		msb_ledger_flush(ledger);
	if (ledger->by_case == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(ledger));

		ledger->by_case = msb_key_scan_open("assignment", "assignment_case", ledger->many);
		MemoryContextSwitchTo(old);
	}
	msb_key_scan_start(ledger->by_case, case_key);
	while (n < 2 && (slot = msb_key_scan_previous(ledger->by_case)) != NULL)
	{
		bool		isnull;
		text	   *of_table = DatumGetTextPP(slot_getattr(slot, Anum_assignment_case_table, &isnull));

		/* other tables may have a case with that key too */
		if (VARSIZE_ANY_EXHDR(of_table) == len && memcmp(VARDATA_ANY(of_table), case_table, len) == 0)
			rows[n++] = ExecCopySlotHeapTuple(slot);
	}
	return n;
}

/*
 * Deform a row into values and nulls, palloc'd; all columns cost no more than two or
 * three one by one.
 */
void
msb_ledger_deform(MsbLedger *ledger, HeapTuple row, Datum **values, bool **nulls)
{
	TupleDesc	desc = RelationGetDescr(ledger->rel);

	*values = palloc_array(Datum, desc->natts);
	*nulls = palloc_array(bool, desc->natts);
	heap_deform_tuple(row, desc, *values, *nulls);
}

/* Return whether an origin is that of an override. */
bool
msb_origin_is_override(Datum origin)
{
	text	   *t = DatumGetTextPP(origin);

	return VARSIZE_ANY_EXHDR(t) == strlen(MSB_ORIGIN_OVERRIDE) &&
		memcmp(VARDATA_ANY(t), MSB_ORIGIN_OVERRIDE, strlen(MSB_ORIGIN_OVERRIDE)) == 0;
}

/* Read what the ledger has of a case; palloc'd in CurrentMemoryContext. */
void
msb_ledger_read(MsbLedger *ledger, const char *case_table, const char *case_key, MsbLedgerCase *recorded)
{
	memset(recorded, 0, sizeof(MsbLedgerCase));
	recorded->nrows = last_rows(ledger, case_table, case_key, recorded->rows);
	if (recorded->nrows == 0)
		return;
	msb_ledger_deform(ledger, recorded->rows[0], &recorded->values, &recorded->nulls);
#define TEXT(attno) (recorded->nulls[(attno) - 1] ? NULL : TextDatumGetCString(recorded->values[(attno) - 1]))
	recorded->open = recorded->nulls[Anum_assignment_valid_to - 1];
	recorded->is_override = recorded->open && msb_origin_is_override(recorded->values[Anum_assignment_origin - 1]);
	recorded->citizen = TEXT(Anum_assignment_citizen);
	recorded->unit = TEXT(Anum_assignment_unit);
	recorded->given = TEXT(Anum_assignment_given);
	recorded->finding = TEXT(Anum_assignment_finding);
#undef TEXT
}

/* Add the lock that ending a case needs: that of the citizen whom its open row names. */
void
msb_ledger_add_lock(MsbLedger *ledger, const char *case_table, const char *case_key, MsbLockSet *set)
{
	MsbLedgerCase recorded;

	msb_ledger_read(ledger, case_table, case_key, &recorded);
	/* the index page at hand was read without the lock: later reads must not use it */
	msb_key_scan_restart(ledger->by_case);
	if (recorded.open)
		msb_lock_add_case(set, recorded.citizen, case_table, case_key);
}

/* Remember that a row of a case is about to be inserted; flush first if there are enough. */
static void
note_pending(MsbLedger *ledger, uint64 hash)
{
	int			n = msb_own_table_pending(ledger->table);

	if (n == ledger->most_pending)
	{
		msb_ledger_flush(ledger);
		n = 0;
	}
	if (n < MSB_SMALL_PENDING)
	{
		ledger->small[n] = hash;
		return;
	}
	if (ledger->pending == NULL)
		ledger->pending = MemoryContextAllocZero(GetMemoryChunkContext(ledger), ledger->places * sizeof(uint64));
	if (n == MSB_SMALL_PENDING)
		for (int i = 0; i < n; i++)
			*pending_place(ledger, ledger->small[i]) = ledger->small[i];
	*pending_place(ledger, hash) = hash;
}

/* Insert a row of a case, now or when the set is full. */
void
msb_ledger_insert(MsbLedger *ledger, const char *case_table, const char *case_key, const Datum *values, const bool *nulls)
{
	note_pending(ledger, msb_case_hash(case_table, case_key));
	msb_own_table_insert(ledger->table, values, nulls);
}
