/*
 * citizen_scan.c: the rows of one citizen after the other, from a table of ours.
 *
 * What a bulk load does for every citizen must cost little.  So citizens are asked
 * for in bytewise order where there are many, and the scan goes on from one to the
 * next while that is near, and is started again where it is not.  It sees what is committed at that moment, and
 * all that this transaction wrote.  That is no snapshot, but the caller holds the
 * citizen's lock, so that nobody writes the citizen's rows meanwhile; and it takes
 * no predicate locks, with which SERIALIZABLE transactions that the lock has put
 * one after the other would seem to depend on each other.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "citizen_scan.h"
#include "decision_table.h"

#define NEAR_ENTRIES 8			/* to pass over before a new descent is the cheaper way */

struct MsbCitizenScan
{
	Relation	rel;
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *slot;		/* NULL until a row is fetched */
	bool		many;			/* go on from one citizen to the next */
	bool		started;
	bool		at_entry;		/* stands on an entry of the index, not looked at in the table */
	char	   *citizen;		/* whose rows are asked for */
	Size		len;
	Size		size;
	text	   *from;			/* key of the scan */
	int			nentries;		/* of the citizen, and their places in the table */
	int			next;
	int			room;
	ItemPointerData *entries;
};

/*
 * The index's first column is the citizen.  Where many citizens are to be asked for,
 * keys are read from the index, which takes two pages of memory more.
 */
MsbCitizenScan *
msb_citizen_scan_open(const char *table, const char *index, bool many)
{
	MsbCitizenScan *scan = palloc0_object(MsbCitizenScan);

	scan->rel = table_open(msb_extension_table(table), AccessShareLock);
	scan->index = index_open(msb_extension_table(index), AccessShareLock);
	scan->scan = msb_index_beginscan(scan->rel, scan->index, SnapshotSelf, 1);
	scan->scan->xs_want_itup = many;
	scan->many = many;
	scan->room = 8;
	scan->entries = palloc_array(ItemPointerData, scan->room);
	scan->size = 64;
	scan->citizen = palloc(scan->size);
	return scan;
}

/* Whose entry the scan stands on, compared with whose is asked for. */
static int
compare_citizen(MsbCitizenScan *scan)
{
	bool		isnull;
	text	   *citizen = DatumGetTextPP(index_getattr(scan->scan->xs_itup, 1, RelationGetDescr(scan->index), &isnull));
	Size		len = VARSIZE_ANY_EXHDR(citizen);
	int			c = memcmp(VARDATA_ANY(citizen), scan->citizen, Min(len, scan->len));

	return c != 0 ? c : (len > scan->len) - (len < scan->len);
}

static void
step(MsbCitizenScan *scan)
{
	/* what the index keeps from one call to the next */
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));

	scan->at_entry = index_getnext_tid(scan->scan, ForwardScanDirection) != NULL;
	MemoryContextSwitchTo(old);
}

static void
descend(MsbCitizenScan *scan)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));
	ScanKeyData key;

	if (scan->from != NULL)
		pfree(scan->from);
	scan->from = cstring_to_text_with_len(scan->citizen, scan->len);
	ScanKeyInit(&key, 1, scan->many ? BTGreaterEqualStrategyNumber : BTEqualStrategyNumber,
				scan->many ? F_TEXT_GE : F_TEXTEQ, PointerGetDatum(scan->from));
	index_rescan(scan->scan, &key, 1, NULL, 0);
	MemoryContextSwitchTo(old);
	scan->started = true;
	step(scan);
}

/*
 * Ask for the rows of a citizen.  Returns how many entries the index has: at least
 * as many as there are rows, which a caller may find too few to look at.
 */
int
msb_citizen_scan_start(MsbCitizenScan *scan, const char *citizen)
{
	Size		len = strlen(citizen);
	bool		forward = scan->many && scan->started && strcmp(scan->citizen, citizen) < 0;

	if (len + 1 > scan->size)
	{
		scan->size = len + 1;
		scan->citizen = repalloc(scan->citizen, scan->size);
	}
	memcpy(scan->citizen, citizen, len + 1);
	scan->len = len;
	scan->nentries = scan->next = 0;
	if (!forward)
		descend(scan);
	for (int n = 0; forward && scan->at_entry && compare_citizen(scan) < 0; n++)
	{
		if (n == NEAR_ENTRIES)
			descend(scan);
		else
			step(scan);
	}
	for (; scan->at_entry && (!scan->many || compare_citizen(scan) == 0); step(scan))
	{
		if (scan->nentries == scan->room)
			scan->entries = repalloc_array(scan->entries, ItemPointerData, scan->room *= 2);
		scan->entries[scan->nentries++] = scan->scan->xs_heaptid;
	}
	return scan->nentries;
}

/*
 * Whether the row is still the citizen's: the place of one that was dead may have
 * been given to another since its entry was read.
 */
static bool
is_the_citizens(MsbCitizenScan *scan)
{
	bool		isnull;
	text	   *citizen = DatumGetTextPP(slot_getattr(scan->slot, scan->index->rd_index->indkey.values[0], &isnull));

	return VARSIZE_ANY_EXHDR(citizen) == scan->len && memcmp(VARDATA_ANY(citizen), scan->citizen, scan->len) == 0;
}

/* The next row of the citizen, in the index's order, good until the next call; NULL at the end. */
TupleTableSlot *
msb_citizen_scan_next(MsbCitizenScan *scan)
{
	if (scan->slot == NULL && scan->next < scan->nentries)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));

		scan->slot = table_slot_create(scan->rel, NULL);
		MemoryContextSwitchTo(old);
	}
	while (scan->next < scan->nentries)
	{
		bool		again = false;
		bool		all_dead;

		/* of an entry's versions of a row SnapshotSelf sees one at most */
		if (table_index_fetch_tuple(scan->scan->xs_heapfetch, &scan->entries[scan->next++], SnapshotSelf,
									scan->slot, &again, &all_dead) && is_the_citizens(scan))
			return scan->slot;
	}
	return NULL;
}

void
msb_citizen_scan_close(MsbCitizenScan *scan)
{
	if (scan->slot != NULL)
		ExecDropSingleTupleTableSlot(scan->slot);
	index_endscan(scan->scan);
	index_close(scan->index, AccessShareLock);
	table_close(scan->rel, AccessShareLock);
	pfree(scan->citizen);
	pfree(scan->entries);
	if (scan->from != NULL)
		pfree(scan->from);
	pfree(scan);
}
