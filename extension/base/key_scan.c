/*
 * key_scan.c: the rows of one key after the other, from a table of ours: the text
 * in the first column of an index, a citizen or the key of a case.
 *
 * What a bulk load does for every row and every citizen must cost little.  So keys
 * are asked for in bytewise order where there are many, as far as that goes, and
 * the scan goes on from one to the next while that is near, and is started again
 * where it is not.  It sees what is committed at that moment, and all that this
 * transaction wrote before it started.  That is no snapshot, but the caller holds
 * the citizen's lock, so that nobody writes the citizen's rows meanwhile; and it
 * takes no predicate locks, with which SERIALIZABLE transactions that the lock has
 * put one after the other would seem to depend on each other.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/catalog.h"
#include "base/key_scan.h"

#define NEAR_ENTRIES	8		/* to pass over before a new descent is the cheaper way */
#define MOST_MISSES		4		/* before keys are looked for one by one, */
#define TRY_AGAIN		64		/* and how often it is tried whether they are near by now */

struct MsbKeyScan
{
	Relation	rel;
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *slot;		/* NULL until a row is fetched */
	bool		large_batch;	/* go on from one key to the next */
	int			misses;			/* how often that has been in vain, one after the other */
	bool		exact;			/* the scan is of one key alone */
	bool		started;
	bool		at_entry;		/* stands on an entry of the index, not looked at in the table */
	char	   *key;			/* whose rows are asked for */
	Size		len;
	Size		size;
	text	   *start;			/* where the scan began */
	int			nentries;		/* of the key, and their places in the table */
	int			next;
	int			room;
	ItemPointerData *entries;
};

/*
 * The index's first column is a text in bytewise order.  Where many keys are to be
 * asked for, they are read from the index, which takes two pages of memory more.
 */
MsbKeyScan *
msb_key_scan_open(const char *table, const char *index, bool large_batch)
{
	MsbKeyScan *scan = palloc0_object(MsbKeyScan);

	scan->rel = table_open(msb_extension_table(table), AccessShareLock);
	scan->index = index_open(msb_extension_table(index), AccessShareLock);
	scan->scan = msb_index_beginscan(scan->rel, scan->index, SnapshotSelf, 1);
	scan->scan->xs_want_itup = large_batch;
	scan->large_batch = large_batch;
	scan->room = 8;
	scan->entries = palloc_array(ItemPointerData, scan->room);
	scan->size = 64;
	scan->key = palloc(scan->size);
	return scan;
}

/* The key of the entry that the scan stands on, compared with what is asked for. */
static int
compare_key(MsbKeyScan *scan)
{
	bool		isnull;
	text	   *key = DatumGetTextPP(index_getattr(scan->scan->xs_itup, 1, RelationGetDescr(scan->index), &isnull));
	Size		len = VARSIZE_ANY_EXHDR(key);
	int			c = memcmp(VARDATA_ANY(key), scan->key, Min(len, scan->len));

	return c != 0 ? c : (len > scan->len) - (len < scan->len);
}

static void
step(MsbKeyScan *scan)
{
	/* what the index keeps from one call to the next */
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));

	scan->at_entry = index_getnext_tid(scan->scan, ForwardScanDirection) != NULL;
	MemoryContextSwitchTo(old);
}

/*
 * A scan that is to go on reads the rest of its page, which is more than a key is
 * worth where the next one lies elsewhere.
 */
static void
descend(MsbKeyScan *scan)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));
	ScanKeyData begin;

	scan->exact = !scan->large_batch || (scan->misses > MOST_MISSES && scan->misses % TRY_AGAIN != 0);
	if (scan->start != NULL)
		pfree(scan->start);
	scan->start = cstring_to_text_with_len(scan->key, scan->len);
	ScanKeyInit(&begin, 1, scan->exact ? BTEqualStrategyNumber : BTGreaterEqualStrategyNumber,
				scan->exact ? F_TEXTEQ : F_TEXT_GE, PointerGetDatum(scan->start));
	index_rescan(scan->scan, &begin, 1, NULL, 0);
	MemoryContextSwitchTo(old);
	scan->started = !scan->exact;
	scan->misses++;
	step(scan);
}

/* Begin anew at the next key: rows have been written meanwhile. */
void
msb_key_scan_restart(MsbKeyScan *scan)
{
	scan->started = false;
}

/*
 * Ask for the rows of a key.  Returns how many entries the index has: at least
 * as many as there are rows, which a caller may find too few to look at.
 */
int
msb_key_scan_start(MsbKeyScan *scan, const char *key)
{
	Size		len = strlen(key);
	bool		forward = scan->started && strcmp(scan->key, key) < 0;

	if (len + 1 > scan->size)
	{
		scan->size = len + 1;
		scan->key = repalloc(scan->key, scan->size);
	}
	memcpy(scan->key, key, len + 1);
	scan->len = len;
	scan->nentries = scan->next = 0;
	for (int n = 0; forward && scan->at_entry && compare_key(scan) < 0; n++)
	{
		if (n == NEAR_ENTRIES)
			forward = false;
		else
			step(scan);
	}
	if (forward)
		scan->misses = 0;
	else
		descend(scan);
	for (; scan->at_entry && (scan->exact || compare_key(scan) == 0); step(scan))
	{
		if (scan->nentries == scan->room)
			scan->entries = repalloc_array(scan->entries, ItemPointerData, scan->room *= 2);
		scan->entries[scan->nentries++] = scan->scan->xs_heaptid;
	}
	return scan->nentries;
}

/*
 * Whether the row has the key still: the place of one that was dead may have
 * been given to another since its entry was read.
 */
static bool
has_key(MsbKeyScan *scan)
{
	bool		isnull;
	text	   *key = DatumGetTextPP(slot_getattr(scan->slot, scan->index->rd_index->indkey.values[0], &isnull));

	return VARSIZE_ANY_EXHDR(key) == scan->len && memcmp(VARDATA_ANY(key), scan->key, scan->len) == 0;
}

/* Fetch the row of an entry; false where it is not there any more. */
static bool
fetch(MsbKeyScan *scan, ItemPointer tid)
{
	bool		again = false;
	bool		all_dead;

	if (scan->slot == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));

		scan->slot = table_slot_create(scan->rel, NULL);
		MemoryContextSwitchTo(old);
	}
	/* of an entry's versions of a row SnapshotSelf sees one at most */
	return table_index_fetch_tuple(scan->scan->xs_heapfetch, tid, SnapshotSelf, scan->slot, &again, &all_dead) &&
		has_key(scan);
}

/* The next row of the key, in the index's order, good until the next call; NULL at the end. */
TupleTableSlot *
msb_key_scan_next(MsbKeyScan *scan)
{
	while (scan->next < scan->nentries)
		if (fetch(scan, &scan->entries[scan->next++]))
			return scan->slot;
	return NULL;
}

/* The same from the last one backwards. */
TupleTableSlot *
msb_key_scan_previous(MsbKeyScan *scan)
{
	while (scan->next < scan->nentries)
		if (fetch(scan, &scan->entries[--scan->nentries]))
			return scan->slot;
	return NULL;
}

void
msb_key_scan_close(MsbKeyScan *scan)
{
	if (scan->slot != NULL)
		ExecDropSingleTupleTableSlot(scan->slot);
	index_endscan(scan->scan);
	index_close(scan->index, AccessShareLock);
	table_close(scan->rel, AccessShareLock);
	pfree(scan->key);
	pfree(scan->entries);
	if (scan->start != NULL)
		pfree(scan->start);
	pfree(scan);
}
