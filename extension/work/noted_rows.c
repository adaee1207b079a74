/*
 * noted_rows.c: walks over the rows behind the notes; notes the cases that a function names.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "storage/bufmgr.h"
#include "storage/itemptr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/snapshot.h"
#include "utils/syscache.h"

#include "base/query.h"
#include "base/key_scan.h"
#include "cases/case_map.h"
#include "cases/read_map.h"
#include "cases/case_table.h"
#include "ledger/open_cases.h"
#include "work/row_notes.h"
#include "work/noted_rows.h"

/* Return the place of the newest committed version of a row, or of our own. */
ItemPointerData
msb_newest_version(Relation rel, const ItemPointerData *tid)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan_tid(rel, snapshot);
	ItemPointerData newest = *tid;

	table_tuple_get_latest_tid(scan, &newest);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	return newest;
}

/*
 * Fetch the newest version of a row that a query found and another session updated since.
 * The other session does not look at it if the update changed nothing that judging reads.
 * Returns false if there is none, or if that version has a note of its own.
 */
static bool
fetch_newest(Relation rel, MsbNote *note, TupleTableSlot *slot)
{
	ItemPointerData newest = msb_newest_version(rel, &note->tid);
	bool		found;

	found = !ItemPointerEquals(&newest, &note->tid) &&
		!msb_note_known(RelationGetRelid(rel), &newest, note->kind) &&
		table_tuple_fetch_row_version(rel, &newest, SnapshotSelf, slot);
	if (found)
	{
		msb_note_done(RelationGetRelid(rel), &newest, note->kind);
		note->tid = newest;		/* for the next walk */
	}
	return found;
}

/*
 * Call a function for the row of each note of one kind, with the relation open and locked.
 * A row that is not live is passed over; of old versions, one that is not there any more.
 * If the function returns false, so are the other notes of its relation.  The function
 * runs in a memory context that is reset after each row.
 */
void
msb_walk_notes(MsbNote *notes, int count, MsbNoteKind kind, MsbNoteFunction function, void *arg)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org row",
												  ALLOCSET_DEFAULT_SIZES);
	bool		is_old = MSB_NOTE_IS_OLD(kind);

	for (int i = 0; i < count;)
	{
		Oid			relid = notes[i].relid;
		Relation	rel;
		TupleTableSlot *slot;
		BlockNumber blocks;
		bool		more = true;

		if (notes[i].kind != kind)
		{
			i++;
			continue;
		}
		/* the table may be gone with a savepoint that was rolled back */
		rel = try_relation_open(relid, RowExclusiveLock);
		if (rel == NULL)
		{
			while (i < count && notes[i].relid == relid)
				i++;
			continue;
		}
		blocks = RelationGetNumberOfBlocks(rel);
		slot = table_slot_create(rel, NULL);
		for (; i < count && notes[i].relid == relid && notes[i].kind == kind; i++)
		{
			ItemPointerData tid = notes[i].tid;

			CHECK_FOR_INTERRUPTS();
			if (more && ItemPointerGetBlockNumber(&tid) < blocks &&
				(table_tuple_fetch_row_version(rel, &tid, is_old ? SnapshotAny : SnapshotSelf, slot) ||
				 ((kind == MSB_NOTE_ROW || kind == MSB_NOTE_ASKED) && fetch_newest(rel, &notes[i], slot))))
			{
				MemoryContext old = MemoryContextSwitchTo(scratch);

				more = function(rel, slot, &notes[i], arg);
				MemoryContextSwitchTo(old);
				MemoryContextReset(scratch);
			}
		}
		ExecDropSingleTupleTableSlot(slot);
		relation_close(rel, NoLock);
	}
	MemoryContextDelete(scratch);
}

/*
 * Make notes count as not yet done that are about a row or a deletion that was rolled back
 * with a savepoint: another row may get the place, and the row may be deleted again.
 */
void
msb_undo_notes(const MsbNote *notes, int count)
{
	for (int i = 0; i < count;)
	{
		Oid			relid = notes[i].relid;
		Relation	rel = try_relation_open(relid, RowExclusiveLock);
		TupleTableSlot *slot = rel != NULL ? table_slot_create(rel, NULL) : NULL;
		BlockNumber blocks = rel != NULL ? RelationGetNumberOfBlocks(rel) : 0;

		for (; i < count && notes[i].relid == relid; i++)
		{
			ItemPointerData tid = notes[i].tid;
			bool		is_final = false;

			if (ItemPointerGetBlockNumber(&tid) < blocks &&
				table_tuple_fetch_row_version(rel, &tid, SnapshotAny, slot))
			{
				bool		isnull;
				TransactionId xmin = DatumGetTransactionId(slot_getsysattr(slot, MinTransactionIdAttributeNumber, &isnull));

				is_final = TransactionIdIsCurrentTransactionId(xmin) || TransactionIdDidCommit(xmin);
				if (is_final && MSB_NOTE_IS_OLD(notes[i].kind))
					is_final = !table_tuple_fetch_row_version(rel, &tid, SnapshotSelf, slot);
			}
			if (!is_final)
				msb_note_undo(relid, &tid, notes[i].kind);
		}
		if (rel != NULL)
		{
			ExecDropSingleTupleTableSlot(slot);
			relation_close(rel, NoLock);
		}
	}
}

/* Return whether a version of a row is live. */
bool
msb_version_lives(Relation rel, ItemPointer tid)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	bool		lives = table_tuple_fetch_row_version(rel, tid, SnapshotSelf, slot);

	ExecDropSingleTupleTableSlot(slot);
	return lives;
}

/* Return the type of a key as a query names it; all such types are the server's own. */
static const char *
key_type_name(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	const char *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	name = psprintf("pg_catalog.%s", quote_identifier(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname)));
	ReleaseSysCache(tuple);
	return name;
}

/*
 * Note the cases with these keys, to be judged by msb_commit_work(), and lock those of
 * their rows that may have to be written.  Returns the keys without a case, palloc'd.
 */
char **
msb_note_keys(const char *name, ArrayType *keys, uint64 *gone_count)
{
	Relation	rel = msb_open_case_table(name, RowExclusiveLock);
	const MsbCaseTable *ct = msb_case_table(rel);
	Oid			types[1] = {TEXTARRAYOID};
	Datum		args[1];
	const char *key = msb_column_name(rel, ct->key.attno);
	char	   *query;
	MsbUser		caller;
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	int			nkeys = 0;
	char	  **gone;
	uint64		ngone = 0;

	/* a text that cannot be a key is not looked for */
	deconstruct_array(keys, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	gone = palloc_array(char *, Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		char	   *one = nulls[i] ? NULL : TextDatumGetCString(elements[i]);

		if (one != NULL && msb_can_be_key(ct->key.type, one))
			elements[nkeys++] = elements[i];
		else if (one != NULL)
			gone[ngone++] = one;
	}
	args[0] = PointerGetDatum(construct_array(elements, nkeys, TEXTOID, -1, false, TYPALIGN_INT));

	SPI_connect();
	caller = msb_become(rel->rd_rel->relowner);

	/* rows that may have to be written are locked before their citizens, and in one order */
	query = psprintf("SELECT t.tableoid, t.ctid FROM %s t"
					 " WHERE t.%s OPERATOR(pg_catalog.=) ANY ($1::%s[])%s",
					 msb_table_only(rel), key,
					 key_type_name(ct->key.type),
					 ct->area.attno != InvalidAttrNumber && ct->mode != MSB_OBSERVE ?
					 psprintf(" ORDER BY t.%s FOR NO KEY UPDATE", key) : "");
	if (SPI_execute_snapshot(msb_plan(query, 1, types), args, NULL,
							 GetLatestSnapshot(), InvalidSnapshot, false, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for cases of \"%s\"", name);
	msb_note_found(MSB_NOTE_ASKED);
	SPI_freetuptable(SPI_tuptable);

	query = psprintf("SELECT u.k FROM pg_catalog.unnest($1) u (k) WHERE NOT EXISTS"
					 " (SELECT 1 FROM %s t WHERE t.%s OPERATOR(pg_catalog.=) u.k::%s)",
					 msb_table_only(rel), key,
					 key_type_name(ct->key.type));
	if (SPI_execute_snapshot(msb_plan(query, 1, types), args, NULL,
							 GetLatestSnapshot(), InvalidSnapshot, false, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for cases of \"%s\"", name);
	msb_become_again(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char	   *one = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

		gone[ngone] = SPI_palloc(strlen(one) + 1);
		strcpy(gone[ngone++], one);
	}
	SPI_finish();

	relation_close(rel, NoLock);
	*gone_count = ngone;
	return gone;
}

/*
 * Note the open cases of a citizen, as the ledger has them now, to be judged by
 * msb_commit_work().
 */
void
msb_note_open_cases(const char *citizen)
{
	MsbKeyScan *scan = msb_open_cases_scan(false);
	int			count;
	List	   *cases;
	ListCell   *lc;

	(void) msb_open_cases_start(scan, citizen);
	cases = msb_open_cases(scan, 0, &count);
	msb_key_scan_close(scan);
	foreach(lc, cases)
	{
		MsbOpenCase *open = lfirst(lc);
		Datum		key = CStringGetTextDatum(open->case_key);
		uint64		gone;

		if (OidIsValid(msb_case_table_relation(open->case_table)))
			(void) msb_note_keys(open->case_table, construct_array(&key, 1, TEXTOID, -1, false, TYPALIGN_INT), &gone);
	}
}
