/*
 * own_table.c: writing the extension's own tables directly.
 *
 * No SQL is run, so no privilege of the caller's is needed and no snapshot is taken.  The
 * executor's own functions write, which keep constraints, indexes and replication right.
 * Callers hold the locks that keep other sessions from these rows.
 *
 * Rows to be inserted are gathered and written a set at a time.  Pages are filled in one go,
 * and each index gets its entries in its own order, so that neighbours are written while their
 * page is at hand.  Gathered rows are not seen before msb_own_table_flush(), which closing does
 * too.  A table with INSERT triggers of the site's own gets its rows one by one, and the
 * triggers fire.
 *
 * A dry table (for dry runs) is never written.  It remembers that it would have been.
 *
 * Everything is done as the owner of the table.  A site's triggers and constraints must not run
 * as the user who writes a case, whose rights may exceed the owner's.
 */
#include "postgres.h"

#include "access/htup.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "rewrite/rewriteHandler.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "base/compat.h"
#include "base/catalog.h"
#include "base/query.h"
#include "base/own_table.h"

#define ROWS_PER_CALL	256		/* rows that go to the table in one call */
#define MOST_SINGLE_INSERTS 3	/* up to so many rows a set is not worth its preparation */

struct MsbOwnTable
{
	MemoryContext context;
	Relation	rel;
	int			ncolumns;		/* columns that we know; a site may have added others */
	ExprState **defaults;		/* of those others, by attribute number - 1; NULL for none */
	EState	   *estate;
	ResultRelInfo *result;
	EPQState	epqstate;
	TupleTableSlot *slot;		/* the new version of a row */
	TupleTableSlot *search;		/* the old one */
	bool		has_triggers;	/* any, whatever they fire on */
	bool		one_by_one;		/* rows are inserted singly */
	bool		written;		/* since the last command counter increment */
	bool		dry;
	bool		wanted;			/* a dry table: it would have been written */
	MemoryContext pending_context;	/* the rows to be inserted */
	HeapTuple  *pending;
	int			npending;
	int			most_pending;
	int			room;			/* room in pending */
	TupleTableSlot **slots;		/* for ROWS_PER_CALL rows, made when needed */
	int			nslots;
};

/*
 * Check whether a row trigger fires on INSERT, so that rows must be inserted one by one.
 * The trigger "checked" (NULL for none) does not count: it is one of ours, and the caller has
 * made its checks already.
 */
static bool
has_insert_triggers(Relation rel, const char *checked)
{
	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		Trigger    *trigger = &rel->trigdesc->triggers[i];

		if (TRIGGER_FOR_ROW(trigger->tgtype) && TRIGGER_FOR_INSERT(trigger->tgtype) &&
			trigger->tgenabled != TRIGGER_DISABLED && (checked == NULL || strcmp(trigger->tgname, checked) != 0))
			return true;
	}
	return false;
}

/*
 * Name the columns of an UPDATE, all that we know, for triggers of a site that ask for them
 * (UPDATE OF).  Returns the table's number in the range table that is made for this; 0, for no
 * range table, where there are no triggers.
 */
static Index
name_columns(MsbOwnTable *table)
{
	RangeTblEntry *rte;
	Bitmapset  *columns = NULL;

	if (!table->has_triggers)
		return 0;
	rte = makeNode(RangeTblEntry);
	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(table->rel);
	rte->relkind = table->rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	for (int attno = 1; attno <= table->ncolumns; attno++)
		columns = bms_add_member(columns, attno - FirstLowInvalidHeapAttributeNumber);
	msb_range_table(table->estate, rte, columns);
	return 1;
}

/* Prepare the defaults of the columns that a site has added. */
static void
prepare_defaults(MsbOwnTable *table)
{
	TupleDesc	desc = RelationGetDescr(table->rel);

	if (desc->natts == table->ncolumns)
		return;
	table->defaults = palloc0_array(ExprState *, desc->natts);
	for (int i = table->ncolumns; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		Node	   *expr = att->attisdropped || att->attgenerated != '\0' ? NULL : build_column_default(table->rel, i + 1);

		if (expr != NULL)
			table->defaults[i] = ExecPrepareExpr((Expr *) expr, table->estate);
	}
}

/*
 * Open a table for writing, in CurrentMemoryContext; it stays locked to the end of the
 * transaction.  The caller closes it.  At most most_pending rows are gathered.  The caller gives
 * the first ncolumns columns of a row; in a new row those that a site has added get their
 * defaults.  For checked see has_insert_triggers().
 */
MsbOwnTable *
msb_own_table_open(const char *name, int ncolumns, int most_pending, const char *checked)
{
	MsbOwnTable *table = palloc0_object(MsbOwnTable);
	Relation	rel = table_open(msb_extension_table(name), RowExclusiveLock);

	table->context = CurrentMemoryContext;
	table->rel = rel;
	table->ncolumns = ncolumns;
	table->most_pending = most_pending;
	if (RelationGetDescr(rel)->natts < ncolumns)
		elog(ERROR, "table \"%s\" has lost a column", name);
	table->has_triggers = rel->trigdesc != NULL;
	table->one_by_one = has_insert_triggers(rel, checked) || rel->rd_rel->relispartition ||
		(rel->rd_att->constr != NULL && rel->rd_att->constr->has_generated_stored);
	table->estate = CreateExecutorState();
	table->result = makeNode(ResultRelInfo);
	InitResultRelInfo(table->result, rel, name_columns(table), NULL, 0);
	ExecOpenIndices(table->result, false);
	msb_epq_init(&table->epqstate, table->estate);
	table->slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsHeapTuple);
	table->search = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsHeapTuple);
	/* a simple update needs a snapshot against concurrent ones, which the locks rule out */
	table->estate->es_snapshot = InvalidSnapshot;
	prepare_defaults(table);
	if (table->has_triggers)
		AfterTriggerBeginQuery();
	return table;
}

/* Open a table for a dry run: only its description is read. */
MsbOwnTable *
msb_own_table_open_dry(const char *name)
{
	MsbOwnTable *table = palloc0_object(MsbOwnTable);

	table->rel = table_open(msb_extension_table(name), AccessShareLock);
	table->dry = true;
	return table;
}

/* Return whether a dry table would have been written since the last call. */
bool
msb_own_table_wanted(MsbOwnTable *table)
{
	bool		wanted = table->wanted;

	table->wanted = false;
	return wanted;
}

/* Return the relation of an open table. */
Relation
msb_own_table_relation(const MsbOwnTable *table)
{
	return table->rel;
}

/* Return how many rows wait to be inserted. */
int
msb_own_table_pending(const MsbOwnTable *table)
{
	return table->npending;
}

/* Put a tuple into a slot.  The tuple stays the caller's. */
static void
put_in_slot(MsbOwnTable *table, HeapTuple tuple, TupleTableSlot *slot)
{
	ExecStoreHeapTuple(tuple, slot, false);
	slot->tts_tid = tuple->t_self;
	slot->tts_tableOid = RelationGetRelid(table->rel);
}

/* Insert a row now, and fire the row triggers. */
static void
insert_one(MsbOwnTable *table, HeapTuple tuple)
{
	put_in_slot(table, tuple, table->slot);
	ExecSimpleRelationInsert(table->result, table->estate, table->slot);
	ExecClearTuple(table->slot);
	ResetPerTupleExprContext(table->estate);
}

/* A pending row, with its place in the order of an index. */
typedef struct Place
{
	uint64		prefix;			/* see prefix_of(); of the index's first column */
	int			n;				/* in pending */
} Place;

/* Compare by place in the index, then by the order in which the rows came; for qsort(). */
static int
compare_places(const void *a, const void *b)
{
	const Place *x = a;
	const Place *y = b;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	return x->n - y->n;
}

/*
 * Return the beginning of a value as a number in the order of its type; 0 where that order is
 * not known here.  Only the speed depends on it.
 */
static uint64
prefix_of(Form_pg_attribute att, Datum value)
{
	uint64		prefix = 0;

	if (att->atttypid == TEXTOID && att->attcollation == C_COLLATION_OID)
	{
		text	   *t = DatumGetTextPP(value);
		int			len = VARSIZE_ANY_EXHDR(t);

		for (int i = 0; i < 8; i++)
			prefix = prefix << 8 | (i < len ? (unsigned char) VARDATA_ANY(t)[i] : 0);
	}
	else if (att->atttypid == DATEOID)
		prefix = (uint64) ((int64) DatumGetDateADT(value) - PG_INT32_MIN);
	return prefix;
}

/* Give one index the entries of all pending rows, which are in the table by now. */
static void
fill_index(MsbOwnTable *table, int index_no, Place *places)
{
	ResultRelInfo one = *table->result;
	AttrNumber	attno = table->result->ri_IndexRelationInfo[index_no]->ii_IndexAttrNumbers[0];
	TupleDesc	desc = RelationGetDescr(table->rel);

	/* as if the table had this index alone */
	one.ri_NumIndices = 1;
	one.ri_IndexRelationDescs = &table->result->ri_IndexRelationDescs[index_no];
	one.ri_IndexRelationInfo = &table->result->ri_IndexRelationInfo[index_no];
	for (int i = 0; i < table->npending; i++)
	{
		bool		isnull = true;
		Datum		value = attno <= 0 ? (Datum) 0 : heap_getattr(table->pending[i], attno, desc, &isnull);

		places[i].prefix = isnull ? PG_UINT64_MAX : prefix_of(TupleDescAttr(desc, attno - 1), value);
		places[i].n = i;
	}
	qsort(places, table->npending, sizeof(Place), compare_places);
	for (int i = 0; i < table->npending; i++)
	{
		put_in_slot(table, table->pending[places[i].n], table->slot);
		(void) msb_insert_index_tuples(&one, table->slot, table->estate);
		ResetPerTupleExprContext(table->estate);
	}
	ExecClearTuple(table->slot);
}

/* Put the pending rows into the table, ROWS_PER_CALL at a time. */
static void
fill_pages(MsbOwnTable *table)
{
	CommandId	command = GetCurrentCommandId(true);
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org rows", ALLOCSET_DEFAULT_SIZES);

	if (table->slots == NULL)
		table->slots = MemoryContextAllocZero(table->context, ROWS_PER_CALL * sizeof(TupleTableSlot *));
	for (int begin = 0; begin < table->npending; begin += ROWS_PER_CALL)
	{
		int			n = Min(ROWS_PER_CALL, table->npending - begin);
		MemoryContext old;

		old = MemoryContextSwitchTo(table->context);
		for (; table->nslots < n; table->nslots++)
			table->slots[table->nslots] = MakeSingleTupleTableSlot(RelationGetDescr(table->rel), &TTSOpsHeapTuple);
		MemoryContextSwitchTo(scratch);
		for (int i = 0; i < n; i++)
		{
			put_in_slot(table, table->pending[begin + i], table->slots[i]);
			if (table->rel->rd_att->constr != NULL)
				ExecConstraints(table->result, table->slots[i], table->estate);
			ResetPerTupleExprContext(table->estate);
		}
		table_multi_insert(table->rel, table->slots, n, command, 0, NULL);
		for (int i = 0; i < n; i++)
		{
			table->pending[begin + i]->t_self = table->slots[i]->tts_tid;
			ExecClearTuple(table->slots[i]);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(scratch);
	}
	MemoryContextDelete(scratch);
}

/*
 * Write what is gathered.  Reads under no snapshot (SnapshotSelf) see it from then on; others
 * only after next_command().
 */
static void
write_pending(MsbOwnTable *table)
{
	MsbUser		caller;

	if (table->npending == 0)
		return;
	caller = msb_become(table->rel->rd_rel->relowner);
	if (table->npending <= MOST_SINGLE_INSERTS)
		for (int i = 0; i < table->npending; i++)
			insert_one(table, table->pending[i]);
	else
	{
		Place	   *places = palloc_array(Place, table->npending);

		fill_pages(table);
		for (int i = 0; i < table->result->ri_NumIndices; i++)
			if (table->result->ri_IndexRelationDescs[i] != NULL)
				fill_index(table, i, places);
		pfree(places);
	}
	msb_become_again(caller);
	table->npending = 0;
	MemoryContextReset(table->pending_context);
	table->written = true;
}

/* Form a row from the columns that we know, in CurrentMemoryContext. */
static HeapTuple
form_row(MsbOwnTable *table, const Datum *values, const bool *nulls)
{
	TupleDesc	desc = RelationGetDescr(table->rel);
	Datum	   *all_values;
	bool	   *all_nulls;
	HeapTuple	tuple;

	/* at most sites nobody has added a column */
	if (desc->natts == table->ncolumns)
		return heap_form_tuple(desc, unconstify(Datum *, values), unconstify(bool *, nulls));

	all_values = palloc_array(Datum, desc->natts);
	all_nulls = palloc_array(bool, desc->natts);
	memcpy(all_values, values, table->ncolumns * sizeof(Datum));
	memcpy(all_nulls, nulls, table->ncolumns * sizeof(bool));
	for (int i = table->ncolumns; i < desc->natts; i++)
	{
		all_nulls[i] = true;
		if (table->defaults[i] != NULL)
			all_values[i] = ExecEvalExprSwitchContext(table->defaults[i], GetPerTupleExprContext(table->estate),
													  &all_nulls[i]);
	}
	tuple = heap_form_tuple(desc, all_values, all_nulls);
	ResetPerTupleExprContext(table->estate);
	pfree(all_values);
	pfree(all_nulls);
	return tuple;
}

/* Insert a row: at once, or with those that are gathered; see the head of this file. */
void
msb_own_table_insert(MsbOwnTable *table, const Datum *values, const bool *nulls)
{
	MemoryContext old;
	MsbUser		caller;

	if (table->dry)
	{
		table->wanted = true;
		return;
	}
	if (table->one_by_one)
	{
		caller = msb_become(table->rel->rd_rel->relowner);
		insert_one(table, form_row(table, values, nulls));
		msb_become_again(caller);
		table->written = true;
		return;
	}
	if (table->npending == table->most_pending)
		write_pending(table);
	if (table->npending == table->room)
	{
		table->room = table->room == 0 ? 16 : table->room * 2;
		table->pending = table->pending == NULL ?
			MemoryContextAlloc(table->context, table->room * sizeof(HeapTuple)) :
			repalloc(table->pending, table->room * sizeof(HeapTuple));
	}
	if (table->pending_context == NULL)
		table->pending_context = AllocSetContextCreate(table->context, "msb_org rows to insert",
													   ALLOCSET_DEFAULT_SIZES);
	caller = msb_become(table->rel->rd_rel->relowner);
	old = MemoryContextSwitchTo(table->pending_context);
	table->pending[table->npending++] = form_row(table, values, nulls);
	MemoryContextSwitchTo(old);
	msb_become_again(caller);
}

/* Begin a new command, if this one wrote: only a later command can change the rows written. */
static void
next_command(MsbOwnTable *table)
{
	if (table->written)
		CommandCounterIncrement();
	table->written = false;
	table->estate->es_output_cid = GetCurrentCommandId(true);
}

/* Replace columns of a row.  "row" is the tuple as it was read, with its place. */
void
msb_own_table_update(MsbOwnTable *table, HeapTuple row, const Datum *values, const bool *nulls,
					 const bool *replace)
{
	int		   *columns;
	Datum	   *new_values;
	bool	   *new_nulls;
	int			n = 0;
	HeapTuple	tuple;
	MsbUser		caller;

	if (table->dry)
	{
		table->wanted = true;
		return;
	}
	columns = palloc_array(int, table->ncolumns);
	new_values = palloc_array(Datum, table->ncolumns);
	new_nulls = palloc_array(bool, table->ncolumns);
	caller = msb_become(table->rel->rd_rel->relowner);
	for (int i = 0; i < table->ncolumns; i++)
		if (replace[i])
		{
			columns[n] = i + 1;
			new_values[n] = values[i];
			new_nulls[n++] = nulls[i];
		}
	tuple = heap_modify_tuple_by_cols(row, RelationGetDescr(table->rel), n, columns, new_values, new_nulls);

	next_command(table);
	put_in_slot(table, row, table->search);
	put_in_slot(table, tuple, table->slot);
	ExecSimpleRelationUpdate(table->result, table->estate, &table->epqstate, table->search, table->slot);
	ExecClearTuple(table->slot);
	ExecClearTuple(table->search);
	ResetPerTupleExprContext(table->estate);
	msb_become_again(caller);
	table->written = true;
}

/* Delete a row.  "row" is the tuple as it was read, with its place. */
void
msb_own_table_delete(MsbOwnTable *table, HeapTuple row)
{
	MsbUser		caller;

	if (table->dry)
	{
		table->wanted = true;
		return;
	}
	caller = msb_become(table->rel->rd_rel->relowner);
	next_command(table);
	put_in_slot(table, row, table->search);
	ExecSimpleRelationDelete(table->result, table->estate, &table->epqstate, table->search);
	ExecClearTuple(table->search);
	msb_become_again(caller);
	table->written = true;
}

/* Write what is gathered.  Snapshots that are taken from now on see it. */
void
msb_own_table_flush(MsbOwnTable *table)
{
	if (table->dry)
		return;
	write_pending(table);
	next_command(table);
}

/*
 * Write what is gathered, fire the AFTER triggers, and free the table.  The lock stays to the
 * end of the transaction.
 */
void
msb_own_table_close(MsbOwnTable *table)
{
	if (table->dry)
	{
		table_close(table->rel, NoLock);
		pfree(table);
		return;
	}
	msb_own_table_flush(table);
	if (table->has_triggers)
	{
		MsbUser		caller = msb_become(table->rel->rd_rel->relowner);

		AfterTriggerEndQuery(table->estate);
		msb_become_again(caller);
	}
	ExecResetTupleTable(table->estate->es_tupleTable, false);
	ExecCloseResultRelations(table->estate);
	for (int i = 0; i < table->nslots; i++)
		ExecDropSingleTupleTableSlot(table->slots[i]);
	ExecDropSingleTupleTableSlot(table->slot);
	ExecDropSingleTupleTableSlot(table->search);
	ExecCloseIndices(table->result);
	FreeExecutorState(table->estate);
	if (table->pending_context != NULL)
		MemoryContextDelete(table->pending_context);
	table_close(table->rel, NoLock);
	pfree(table);
}
