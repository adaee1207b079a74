/*
 * citizen_scan.c: the rows of one citizen after the other, from a table of ours.
 *
 * One index scan that is started again for each citizen: what a bulk load does for
 * every citizen must cost little.  It sees what is committed at that moment, and
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

struct MsbCitizenScan
{
	Relation	rel;
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *slot;
	text	   *citizen;
};

/* The index's first column is the citizen. */
MsbCitizenScan *
msb_citizen_scan_open(const char *table, const char *index)
{
	MsbCitizenScan *scan = palloc0_object(MsbCitizenScan);

	scan->rel = table_open(msb_extension_table(table), AccessShareLock);
	scan->index = index_open(msb_extension_table(index), AccessShareLock);
	scan->scan = msb_index_beginscan(scan->rel, scan->index, SnapshotSelf, 1);
	scan->slot = table_slot_create(scan->rel, NULL);
	return scan;
}

void
msb_citizen_scan_start(MsbCitizenScan *scan, const char *citizen)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));
	ScanKeyData key;

	if (scan->citizen != NULL)
		pfree(scan->citizen);
	scan->citizen = cstring_to_text(citizen);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_TEXTEQ, PointerGetDatum(scan->citizen));
	index_rescan(scan->scan, &key, 1, NULL, 0);
	MemoryContextSwitchTo(old);
}

/* The next row of the citizen, in the index's order, good until the next call; NULL at the end. */
TupleTableSlot *
msb_citizen_scan_next(MsbCitizenScan *scan)
{
	/* what the index keeps from one call to the next */
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));
	bool		found = index_getnext_slot(scan->scan, ForwardScanDirection, scan->slot);

	MemoryContextSwitchTo(old);
	return found ? scan->slot : NULL;
}

void
msb_citizen_scan_close(MsbCitizenScan *scan)
{
	ExecDropSingleTupleTableSlot(scan->slot);
	index_endscan(scan->scan);
	index_close(scan->index, AccessShareLock);
	table_close(scan->rel, AccessShareLock);
	if (scan->citizen != NULL)
		pfree(scan->citizen);
	pfree(scan);
}
