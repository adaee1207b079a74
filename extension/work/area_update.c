/*
 * area_update.c: where the area proves stale only at commit (or reassign finds
 * it so), the work writes it into the application's row.
 *
 * Updates are gathered and run set at a time, one relation at a time, as the
 * table's owner.  The row that comes of one is not looked at again, unless a trigger
 * of the application's put another area into it: then that is what the application
 * gave, and it is judged as such.  Where such a trigger changed what the area goes by,
 * the row is judged once more, and the area written that this gives; if that does not
 * come to an end, the last one counts as given.  A row that a trigger wrote before its
 * turn came is looked at again too.
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

#define PORTION 1000

typedef struct AreaUpdate
{
	ItemPointerData tid;
	char	   *case_key;
	char	   *unit;
	bool		found;			/* the UPDATE met the row */
} AreaUpdate;

struct MsbAreaUpdates
{
	MemoryContext context;
	MsbNoteKind kind;			/* of the notes that are worked on */
	int			round;			/* of judging the same row, because of such triggers */
	const MsbCaseTable *ct;		/* of all that are gathered */
	bool		again;			/* some of them are to be judged once more */
	int			n;
	AreaUpdate *updates;		/* PORTION of them; NULL until there is one */
};

static int	writes_at_depth = -1;	/* of triggers; -1: no UPDATE of ours runs */

static int
trigger_depth(void)
{
	return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0));
}

/*
 * Whether the statement that a trigger is called for is this file's UPDATE, not
 * one that a trigger of the application's runs in consequence.
 */
bool
msb_writes_area(void)
{
	return writes_at_depth >= 0 && trigger_depth() == writes_at_depth + 1;
}

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

/* Whether what is gathered must run before one of a relation is added: it is enough, or of another. */
bool
msb_area_updates_full(const MsbAreaUpdates *updates, const MsbCaseTable *ct)
{
	return updates->n == PORTION || (updates->n > 0 && updates->ct != ct);
}

/* Gather one; see msb_area_updates_full(). */
void
msb_area_update(MsbAreaUpdates *updates, const MsbCaseTable *ct, ItemPointer tid,
				const char *case_key, const char *unit)
{
	AreaUpdate *update;

	Assert(!msb_area_updates_full(updates, ct));
	updates->ct = ct;
	if (updates->updates == NULL)
		updates->updates = MemoryContextAlloc(GetMemoryChunkContext(updates), PORTION * sizeof(AreaUpdate));
	update = &updates->updates[updates->n++];
	update->tid = *tid;
	update->case_key = MemoryContextStrdup(updates->context, case_key);
	update->unit = MemoryContextStrdup(updates->context, unit);
	update->found = false;
}

/*
 * Whether a trigger of the application's, or a generated column, changed what is judged
 * of a row by the way.  A key that is another, or another citizen, leaves a case behind.
 */
static bool
changed_by_the_way(Relation rel, const MsbCaseTable *ct, ItemPointer old_tid, ItemPointer new_tid)
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

/* What came of the updates: rows to leave alone or to judge again, and areas that a trigger gave. */
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
		bool		changed = as_written && changed_by_the_way(rel, ct, &update->tid, tid);

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
			/* the row may be as it was before, so that no event will have it looked at */
			msb_note_given(ct->name, update->case_key, msb_unit_of_area(ct, area));
			msb_note_again(ct->relid, tid, updates->kind);
			updates->again = true;
		}
	}
}

/* Run one UPDATE, as the table's owner; the notes know it as ours. */
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

/* One row by its place, which no plan can turn into a scan of the table. */
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
 * A trigger that the UPDATE of one row fired may have written another before its
 * turn came, so that its place held an old version by then.  What it wrote may be
 * nothing that is judged, so that no event will have the row looked at.
 */
static void
note_missed(MsbAreaUpdates *updates, Relation rel)
{
	for (int i = 0; i < updates->n; i++)
	{
		AreaUpdate *update = &updates->updates[i];

		/* one that lives was kept as it is by a BEFORE trigger */
		if (update->found || msb_version_lives(rel, &update->tid))
			continue;
		msb_note_again(RelationGetRelid(rel), &update->tid, updates->kind);
		updates->again = true;
	}
}

/*
 * Run what is gathered.  Returns whether any of all that was ever gathered is to be
 * judged again, because a trigger put another area into the row, or wrote it before
 * its turn came: those are noted.
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
