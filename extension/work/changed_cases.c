/*
 * changed_cases.c: finds the cases about which reassign() has something to write.
 *
 * Most cases are as they should be.  So each is judged in a dry run first, by the same
 * code, without a lock.  Only a case for which something would be written is locked,
 * judged again and written.
 */
#include "postgres.h"

#include "access/relation.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "storage/itemptr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "base/query.h"
#include "cases/case_map.h"
#include "cases/case_table.h"
#include "work/row_notes.h"
#include "work/commit_work.h"

/* Order numbers of notes by the notes' relations, then by number. */
static int
compare_relations(const void *a, const void *b, void *arg)
{
	const MsbNote *notes = arg;
	int			x = *(const int *) a;
	int			y = *(const int *) b;

	if (notes[x].relid != notes[y].relid)
		return notes[x].relid < notes[y].relid ? -1 : 1;
	return x - y;
}

/* Sort notes by relation, and keep their order within one; returns the numbers that they had. */
static int *
sort_by_relation(MsbNote *notes, int count)
{
	int		   *order = palloc_array(int, count);
	bool		sorted = true;
	MsbNote    *as_given;

	for (int i = 0; i < count; i++)
	{
		order[i] = i;
		sorted &= notes[i].relid == notes[0].relid;
	}
	if (sorted)
		return order;
	qsort_arg(order, count, sizeof(int), compare_relations, notes);
	as_given = palloc_array(MsbNote, count);
	memcpy(as_given, notes, count * sizeof(MsbNote));
	for (int i = 0; i < count; i++)
		notes[i] = as_given[order[i]];
	return order;
}

/*
 * Read the next rows of a case table in the order of their keys, as its owner, and by an
 * index however large the batch is: a sort would sort the whole table for each batch.
 */
static void
read_batch(Relation rel, const MsbCaseTable *ct, text *after_key, int batch_size)
{
	char	   *after = after_key == NULL ? NULL : text_to_cstring(after_key);
	const char *key = msb_column_name(rel, ct->key.attno);
	bool		begun = after != NULL && msb_can_be_key(ct->key.type, after);
	char	   *query = psprintf("SELECT t.tableoid, t.ctid, t.%s FROM %s t WHERE t.%s %s ORDER BY t.%s LIMIT %d",
								 key, msb_table_only(rel), key,
								 begun ? "OPERATOR(pg_catalog.>) $1" : "IS NOT NULL", key, batch_size);
	Datum		args[1] = {begun ? msb_text_datum(ct->key.type, -1, after) : (Datum) 0};
	int			settings = NewGUCNestLevel();
	MsbUser		caller;

	(void) set_config_option("enable_sort", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	caller = msb_become(rel->rd_rel->relowner);
	if (SPI_execute_snapshot(msb_plan(query, begun ? 1 : 0, &ct->key.type), args, NULL,
							 GetLatestSnapshot(), InvalidSnapshot, false, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read case table \"%s\"", ct->name);
	msb_become_again(caller);
	AtEOXact_GUC(true, settings);
}

/*
 * changed_cases(case_table text, after_key text, batch_size integer): keys, judged,
 * last_key.  Looks at the next cases after a key (NULL: from the first on), and returns the
 * keys of those about which reassign would write something.  Locks neither rows nor
 * citizens, and writes nothing: judge_cases() judges the keys once more.
 */
PG_FUNCTION_INFO_V1(msb_changed_cases);
Datum
msb_changed_cases(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	TupleDesc	desc;
	Datum		values[3] = {0};
	bool		nulls[3] = {0};
	Relation	rel;
	const MsbCaseTable *ct;
	MsbNote    *notes;
	int		   *order;
	bool	   *unchanged;
	Datum	   *keys;
	char	   *last_key = NULL;
	int			count;
	int			nkeys = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	rel = msb_open_case_table(text_to_cstring(PG_GETARG_TEXT_PP(0)), AccessShareLock);
	ct = msb_case_table(rel);

	SPI_connect();
	read_batch(rel, ct, PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1), PG_GETARG_INT32(2));
	count = (int) SPI_processed;
	notes = palloc_array(MsbNote, count);
	for (int i = 0; i < count; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		bool		isnull;

		notes[i].relid = DatumGetObjectId(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
		notes[i].tid = *(ItemPointer) DatumGetPointer(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull));
		notes[i].kind = MSB_NOTE_ASKED;
	}
	order = sort_by_relation(notes, count);
	unchanged = palloc_array(bool, count);
	msb_find_unchanged(notes, count, unchanged);

	keys = palloc_array(Datum, Max(count, 1));
	for (int i = 0; i < count; i++)
		if (!unchanged[i])
		{
			bool		isnull;

			keys[nkeys++] = CStringGetTextDatum(msb_column_text(&ct->key, SPI_getbinval(SPI_tuptable->vals[order[i]], SPI_tuptable->tupdesc, 3, &isnull)));
		}
	if (count > 0)
	{
		bool		isnull;

		last_key = msb_column_text(&ct->key, SPI_getbinval(SPI_tuptable->vals[count - 1], SPI_tuptable->tupdesc, 3, &isnull));
	}
	nulls[2] = last_key == NULL;
	MemoryContextSwitchTo(context);
	values[0] = PointerGetDatum(construct_array(keys, nkeys, TEXTOID, -1, false, TYPALIGN_INT));
	values[1] = Int32GetDatum(count);
	if (last_key != NULL)
		values[2] = CStringGetTextDatum(last_key);
	SPI_finish();
	relation_close(rel, NoLock);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
