/*
 * area_update.c: writes areas that are stale into the application's rows, at commit or for
 * reassign.
 *
 * Updates are gathered and run a set at a time, of one relation at a time, as the table's
 * owner.  The new version of a row is not looked at again, with three exceptions, which
 * all come from triggers of the application:
 *
 * - A trigger put another area into the row.  That one counts as given by the application,
 *   and is judged as such.
 * - A trigger changed a column that judging reads.  The row is judged once more, and gets
 *   the area that this gives.  If that has no end, the last area counts as given.
 * - A trigger wrote the row before its turn came.  It is looked at again.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "storage/itemptr.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "base/query.h"
#include "base/key_scan.h"
#include "cases/case_map.h"
#include "work/row_notes.h"
#include "work/noted_rows.h"
#include "work/area_update.h"

#define BATCH 1000

/* An area that is to be written into a row. */
typedef struct AreaUpdate
{
	ItemPointerData tid;
	char	   *case_key;
	char	   *unit;
	bool		found;			/* the UPDATE found the row */
} AreaUpdate;

/* The updates that were gathered, all of one relation. */
struct MsbAreaUpdates
{
	MemoryContext context;		/* for the texts, reset after each flush */
	MsbNoteKind kind;			/* the kind of the notes that are worked on */
	int			round;			/* how often the same rows were judged, see the head of this file */
	const MsbCaseTable *ct;		/* the relation's */
	bool		again;			/* some rows are to be judged once more */
	int			n;
	AreaUpdate *updates;		/* room for BATCH; NULL until there is one */
};

/* The depth of triggers at which an UPDATE of this file runs; -1: none runs. */
static int	writes_at_depth = -1;

/* Return how deep triggers are nested at the moment. */
static int
trigger_depth(void)
{
	return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0));
}

/*
 * Return whether the statement that a trigger is called for is an UPDATE of this file,
 * rather than one that a trigger of the application runs because of it.
 */
bool
msb_writes_area(void)
{
	return writes_at_depth >= 0 && trigger_depth() == writes_at_depth + 1;
}

/* Prepare for gathering updates, in CurrentMemoryContext. */
MsbAreaUpdates *
msb_area_updates(MsbNoteKind kind, int round)
{
	MsbAreaUpdates *updates = palloc0(sizeof(MsbAreaUpdates));

	updates->kind = kind;
	updates->round = round;
	updates->context = AllocSetContextCreate(CurrentMemoryContext, "msb_org area updates",
											 ALLOCSET_DEFAULT_SIZES);
	return updates;
}

/*
 * Return whether the batch must be flushed before an update for ct can be added: it is
 * full, or for another table.
 */
bool
msb_area_updates_must_flush(const MsbAreaUpdates *updates, const MsbCaseTable *ct)
{
	return updates->n == BATCH || (updates->n > 0 && updates->ct != ct);
}

/* Add an update to the batch; see msb_area_updates_must_flush(). */
void
msb_area_update(MsbAreaUpdates *updates, const MsbCaseTable *ct, ItemPointer tid,
				const char *case_key, const char *unit)
{
	AreaUpdate *update;

	Assert(!msb_area_updates_must_flush(updates, ct));
	updates->ct = ct;
	if (updates->updates == NULL)
		updates->updates = MemoryContextAlloc(GetMemoryChunkContext(updates), BATCH * sizeof(AreaUpdate));
	update = &updates->updates[updates->n++];
	update->tid = *tid;
	update->case_key = MemoryContextStrdup(updates->context, case_key);
	update->unit = MemoryContextStrdup(updates->context, unit);
	update->found = false;
}

/*
 * Return whether a trigger of the application, or a generated column, changed a column that
 * judging reads when the area was written.  If the key or the citizen changed, the old
 * version is noted: its case may have to end.
 */
static bool
changed_on_update(Relation rel, const MsbCaseTable *ct, ItemPointer old_tid, ItemPointer new_tid)
{
	TupleTableSlot *old;
	TupleTableSlot *new;
	bool		changed;

	if (!(rel->trigdesc != NULL && rel->trigdesc->trig_update_before_row) &&
		!(rel->rd_att->constr != NULL && rel->rd_att->constr->has_generated_stored))
		return false;
	old = table_slot_create(rel, NULL);
	new = table_slot_create(rel, NULL);
	changed = table_tuple_fetch_row_version(rel, old_tid, SnapshotAny, old) &&
		table_tuple_fetch_row_version(rel, new_tid, SnapshotAny, new) &&
		msb_judged_changed(ct, old, new);
	if (changed && (msb_column_changed(&ct->key, old, new) || msb_column_changed(&ct->citizen, old, new) ||
					(ct->parent_citizen && msb_column_changed(&ct->parent, old, new))))
		(void) msb_note_row(RelationGetRelid(rel), old_tid, MSB_NOTE_OLD_ROW);
	ExecDropSingleTupleTableSlot(old);
	ExecDropSingleTupleTableSlot(new);
	return changed;
}

/*
 * Take the result of an UPDATE: note which rows are done, which are to be judged again,
 * and which area a trigger gave.
 */
static void
take_results(MsbAreaUpdates *updates, Relation rel)
{
	const MsbCaseTable *ct = updates->ct;

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		int			n = DatumGetInt32(SPI_getbinval(tuple, desc, 1, &isnull)) - 1;
		ItemPointer tid = (ItemPointer) DatumGetPointer(SPI_getbinval(tuple, desc, 2, &isnull));
		AreaUpdate *update = &updates->updates[n];
		Datum		value = SPI_getbinval(tuple, desc, 3, &isnull);
		char	   *area = isnull ? NULL : msb_column_text(&ct->area, value);

		bool		as_written = area != NULL && strcmp(msb_unit_of_area(ct, area), update->unit) == 0;
		bool		changed = as_written && changed_on_update(rel, ct, &update->tid, tid);

		update->found = true;
		if (as_written)
			msb_note_done(ct->relid, tid, MSB_NOTE_ROW);
		if (changed && updates->round < MSB_MOST_ROUNDS)
		{
			msb_note_again(ct->relid, tid, updates->kind);
			updates->again = true;
		}
		else if (area != NULL && (!as_written || changed))
		{
			/* if the row is as it was before, no event will have it looked at */
			msb_note_given(ct->name, update->case_key, msb_unit_of_area(ct, area));
			msb_note_again(ct->relid, tid, updates->kind);
			updates->again = true;
		}
	}
}

/* Run one UPDATE as the table's owner, so that msb_writes_area() recognises it. */
static void
run_update(Relation rel, const char *query, int nargs, const Oid *types, Datum *args)
{
	int			outer_depth = writes_at_depth;
	MsbUser		caller = msb_become(rel->rd_rel->relowner);

	writes_at_depth = trigger_depth();
	PG_TRY();
	{
		if (SPI_execute_snapshot(msb_plan(query, nargs, types), args, NULL,
								 GetLatestSnapshot(), InvalidSnapshot, false, true, 0) != SPI_OK_UPDATE_RETURNING)
			elog(ERROR, "could not write areas into table \"%s\"", RelationGetRelationName(rel));
	}
	PG_FINALLY();
	{
		writes_at_depth = outer_depth;
	}
	PG_END_TRY();
	msb_become_again(caller);
}

/* Update one row by its place: no plan can turn that into a scan of the table. */
static void
update_one(MsbAreaUpdates *updates, Relation rel, const char *column, int n)
{
	const MsbCaseTable *ct = updates->ct;
	const Oid	types[3] = {TIDOID, ct->area.type, INT4OID};
	Datum		args[3] = {PointerGetDatum(&updates->updates[n].tid),
		msb_text_datum(ct->area.type, ct->area.typmod, msb_area_of_unit(ct, updates->updates[n].unit)),
	Int32GetDatum(n + 1)};

	run_update(rel, psprintf("UPDATE %s t SET %s = $2 WHERE t.ctid OPERATOR(pg_catalog.=) $1 RETURNING $3, t.ctid, t.%s",
							 msb_table_only(rel), column, column), 3, types, args);
	take_results(updates, rel);
}

/* Update all rows of the batch by one statement. */
static void
update_many(MsbAreaUpdates *updates, Relation rel, const char *column)
{
	const MsbCaseTable *ct = updates->ct;
	const Oid	types[2] = {TIDARRAYOID, get_array_type(ct->area.type)};
	Datum		args[2];
	Datum	   *tids = palloc_array(Datum, updates->n);
	Datum	   *areas = palloc_array(Datum, updates->n);
	int16		typlen;
	bool		typbyval;
	char		typalign;

	get_typlenbyvalalign(ct->area.type, &typlen, &typbyval, &typalign);
	for (int i = 0; i < updates->n; i++)
	{
		tids[i] = PointerGetDatum(&updates->updates[i].tid);
		areas[i] = msb_text_datum(ct->area.type, ct->area.typmod,
								  msb_area_of_unit(ct, updates->updates[i].unit));
	}
	args[0] = PointerGetDatum(construct_array(tids, updates->n, TIDOID,
											  sizeof(ItemPointerData), false, TYPALIGN_SHORT));
	args[1] = PointerGetDatum(construct_array(areas, updates->n, ct->area.type,
											  typlen, typbyval, typalign));
	run_update(rel, psprintf("UPDATE %s t SET %s = u.area"
							 " FROM (SELECT pg_catalog.generate_subscripts($1, 1) AS n,"
							 " pg_catalog.unnest($1) AS id, pg_catalog.unnest($2) AS area) u"
							 " WHERE t.ctid OPERATOR(pg_catalog.=) u.id"
							 " RETURNING u.n, t.ctid, t.%s",
							 msb_table_only(rel), column, column), 2, types, args);
	take_results(updates, rel);
}

/*
 * Note rows that the UPDATE did not find: a trigger fired by the UPDATE of another row had
 * written them before, so that their place held an old version.  If that changed nothing
 * that judging reads, no event will have the row looked at.
 */
static void
note_missed(MsbAreaUpdates *updates, Relation rel)
{
	for (int i = 0; i < updates->n; i++)
	{
		AreaUpdate *update = &updates->updates[i];

		/* if the version is live, a BEFORE trigger refused the update */
		if (update->found || msb_version_lives(rel, &update->tid))
			continue;
		msb_note_again(RelationGetRelid(rel), &update->tid, updates->kind);
		updates->again = true;
	}
}

/*
 * Run the updates that were gathered.  Returns whether any row, of earlier batches too, is
 * to be judged again, see the head of this file; such rows are noted.
 */
bool
msb_area_updates_flush(MsbAreaUpdates *updates)
{
	Relation	rel;
	const char *column;

	if (updates->n == 0)
		return updates->again;
	SPI_connect();
	rel = table_open(updates->ct->relid, RowExclusiveLock);
	column = msb_column_name(rel, updates->ct->area.attno);
	if (updates->n > MSB_SMALL_BATCH)
		update_many(updates, rel, column);
	else
		for (int i = 0; i < updates->n; i++)
			update_one(updates, rel, column, i);
	note_missed(updates, rel);
	table_close(rel, NoLock);
	SPI_finish();
	updates->n = 0;
	MemoryContextReset(updates->context);
	return updates->again;
}
