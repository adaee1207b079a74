/*
 * key_scan.c: the rows of one key after the other, from a table of ours.  A key is the text in
 * the first column of an index: a citizen, or the key of a case.
 *
 * A bulk load reads this way for every row and every citizen, so it must cost little.  A caller
 * with many keys asks for them in bytewise order as far as it can.  The scan steps forward in the
 * index while the next key is near, and descends from the root again when it is not.
 *
 * The scan sees all that is committed at that moment, and all that this transaction wrote before
 * the scan started.  That is no snapshot, but the caller holds the citizen's lock, so nobody
 * else writes the citizen's rows meanwhile.  The scan takes no predicate locks.  With them, two
 * SERIALIZABLE transactions would seem to depend on each other although the lock has put one
 * after the other.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/catalog.h"
#include "base/key_scan.h"

#define NEAR_ENTRIES	8		/* entries to step over before a new descent is cheaper */
#define MOST_MISSES		4		/* keys in a row that were not near: exact scans from then on, */
#define TRY_AGAIN		64		/* but an open one again at every so many keys */

struct MsbKeyScan
{
	Relation	rel;
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *slot;		/* NULL until a row is fetched */
	bool		large_batch;	/* there are many keys, so open scans pay */
	int			misses;			/* keys in a row that were not near */
	bool		exact;			/* the scan is of one key alone, not open */
	bool		started;		/* an open scan is under way */
	bool		at_entry;		/* the scan is on an entry of the index */
	char	   *key;			/* the key that is asked for */
	Size		len;
	Size		size;			/* room in key */
	text	   *start;			/* the key at which the scan began */
	int			nentries;		/* entries of the key that are not fetched yet end here */
	int			next;			/* and begin here */
	int			room;			/* room in entries */
	ItemPointerData *entries;	/* their places in the table */
};

/*
 * Open a scan, in CurrentMemoryContext; the table stays locked.  The index's first column is a
 * text in bytewise order.  A large batch has more than MSB_SMALL_BATCH keys: for it the index
 * hands out its entries' keys, which takes two pages of memory more.
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

/* Compare the key of the entry that the scan is on with the key that is asked for. */
static int
compare_key(MsbKeyScan *scan)
{
	bool		isnull;
	text	   *key = DatumGetTextPP(index_getattr(scan->scan->xs_itup, 1, RelationGetDescr(scan->index), &isnull));
	Size		len = VARSIZE_ANY_EXHDR(key);
	int			c = memcmp(VARDATA_ANY(key), scan->key, Min(len, scan->len));

	return c != 0 ? c : (len > scan->len) - (len < scan->len);
}

/* Move the scan to the next entry. */
static void
step(MsbKeyScan *scan)
{
	/* the index keeps memory from one call to the next */
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));

	scan->at_entry = index_getnext_tid(scan->scan, ForwardScanDirection) != NULL;
	MemoryContextSwitchTo(old);
}

/*
 * Descend from the root to the first entry of the key that is asked for.
 *
 * There are two kinds of scan.  An exact one (=) ends with this key.  An open one (>=) stays in
 * the index, so that the keys that follow need no descent, but reads the rest of the leaf page
 * for that.  After more than MOST_MISSES keys in a row that were not near, scans are exact, and
 * every TRY_AGAIN-th one is open again, in case keys are near by now.
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

/* Make the next key begin with a descent, so that rows written meanwhile are seen. */
void
msb_key_scan_restart(MsbKeyScan *scan)
{
	scan->started = false;
}

/*
 * Ask for the rows of a key.  Returns how many entries the index has for it, at least as many
 * as there are rows: a caller that needs two rows need not fetch the only one.
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
 * Check whether the fetched row still has the key: the place of a dead row may have been
 * given to another row since the entry was read.
 */
static bool
has_key(MsbKeyScan *scan)
{
	bool		isnull;
	text	   *key = DatumGetTextPP(slot_getattr(scan->slot, scan->index->rd_index->indkey.values[0], &isnull));

	return VARSIZE_ANY_EXHDR(key) == scan->len && memcmp(VARDATA_ANY(key), scan->key, scan->len) == 0;
}

/* Fetch the row of an entry into the slot; false where it is not there any more. */
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
	/* one call is enough: SnapshotSelf sees one version of a row at most */
	return table_index_fetch_tuple(scan->scan->xs_heapfetch, tid, SnapshotSelf, scan->slot, &again, &all_dead) &&
		has_key(scan);
}

/* Fetch the next row of the key, in the index's order; good until the next call, NULL at the end. */
TupleTableSlot *
msb_key_scan_next(MsbKeyScan *scan)
{
	while (scan->next < scan->nentries)
		if (fetch(scan, &scan->entries[scan->next++]))
			return scan->slot;
	return NULL;
}

/* Fetch the rows of the key from the last one backwards, as msb_key_scan_next() does forwards. */
TupleTableSlot *
msb_key_scan_previous(MsbKeyScan *scan)
{
	while (scan->next < scan->nentries)
		if (fetch(scan, &scan->entries[--scan->nentries]))
			return scan->slot;
	return NULL;
}

/* Close a scan and free it; the lock on the table is released. */
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
