/*
 * impact.c: who answers for a case by each of two structures.
 *
 * Called once a row by the queries of impact() and impact_case(), in parallel
 * workers too: so it reads nothing but what it is given, the parent's row, and the
 * catalogs, all under the query's snapshot.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/pg_list.h"
#include "storage/itemptr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"
#include "utils/tuplestore.h"

#include "base/msb_org.h"
#include "base/messages.h"
#include "base/query.h"
#include "structure/structure.h"
#include "structure/document.h"
#include "structure/compile.h"
#include "cases/case_map.h"
#include "cases/read_map.h"
#include "cases/case_table.h"
#include "cases/judge.h"

/* Kept with the call, in its memory: made once for all rows of a query. */
typedef struct Impact
{
	Oid			relid;
	const MsbStructure *structures[2];
	Jsonb	   *overrides;		/* key of a case → the unit that holds it */
	TupleDesc	result;
	MemoryContext scratch;		/* for one row */
} Impact;

static void
overrides_error(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the overrides are not an object of case keys and units")));
}

static Impact *
impact_begin(FunctionCallInfo fcinfo)
{
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	Impact	   *impact = palloc0_object(Impact);
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));

	impact->relid = msb_case_table_relation(name);
	if (!OidIsValid(impact->relid))
		msb_not_attached(name);
	for (int i = 0; i < 2; i++)
	{
		Jsonb	   *document = PG_GETARG_JSONB_P_COPY(2 + i);

		impact->structures[i] = msb_structure_compile(document, msb_document_name(document), 0, DATEVAL_NOEND);
	}
	impact->overrides = PG_GETARG_JSONB_P_COPY(4);
	if (!JB_ROOT_IS_OBJECT(impact->overrides))
		overrides_error();
	if (get_call_result_type(fcinfo, NULL, &impact->result) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	impact->result = CreateTupleDescCopy(impact->result);
	impact->scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org impact", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(old);
	return impact;
}

/* The unit that an override makes responsible; NULL for none. */
static const char *
override_of(const Impact *impact, const char *case_key)
{
	JsonbValue	value;

	if (getKeyJsonValueFromContainer(&impact->overrides->root, case_key, strlen(case_key), &value) == NULL)
		return NULL;
	if (value.type != jbvString)
		overrides_error();
	return pnstrdup(value.val.string.val, value.val.string.len);
}

/*
 * judge_twice(case_row record, case_table text, from_document jsonb, to_document
 * jsonb, overrides jsonb, on_date date, with_case boolean): case_key, citizen,
 * from_unit, from_rule, from_finding, to_unit, to_rule, to_finding, overridden;
 * NULL for a case that is closed on the day.  The key, the citizen and the rules
 * only where they are asked for: without them the rows can be grouped.
 */
PG_FUNCTION_INFO_V1(msb_judge_twice_row);
Datum
msb_judge_twice_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};
	Impact	   *impact = fcinfo->flinfo->fn_extra;
	DateADT		on_date = PG_GETARG_DATEADT(5);
	bool		with_case = PG_GETARG_BOOL(6);
	Relation	rel;
	TupleTableSlot *slot;
	MsbAnswer	answers[2];
	MemoryContext old;
	Datum		values[9] = {0};
	bool		nulls[9];
	HeapTuple	result = NULL;

	if (impact == NULL)
		impact = fcinfo->flinfo->fn_extra = impact_begin(fcinfo);
	/* the query that the row comes from holds a lock */
	rel = RelationIdGetRelation(impact->relid);
	if (!RelationIsValid(rel) || HeapTupleHeaderGetTypeId(row) != rel->rd_rel->reltype)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the row is not one of the attached table")));

	old = MemoryContextSwitchTo(impact->scratch);
	slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsHeapTuple);
	ItemPointerSetInvalid(&tuple.t_self);
	ExecStoreHeapTuple(&tuple, slot, false);
	msb_judge_twice(msb_case_table(rel), slot, on_date, InvalidSnapshot, impact->structures, answers);
	if (answers[0].case_key != NULL && answers[0].open)
	{
		const char *unit = override_of(impact, answers[0].case_key);
		const char *texts[8] = {0};

		texts[2] = texts[5] = unit;
		for (int i = 0; i < 2 && unit == NULL; i++)
		{
			texts[2 + 3 * i] = answers[i].unit;
			texts[3 + 3 * i] = with_case ? answers[i].rule : NULL;
			texts[4 + 3 * i] = answers[i].finding;
		}
		if (with_case)
		{
			texts[0] = answers[0].case_key;
			texts[1] = answers[0].citizen[0] != '\0' ? answers[0].citizen : NULL;
		}
		for (int i = 0; i < 8; i++)
		{
			nulls[i] = texts[i] == NULL;
			if (texts[i] != NULL)
				values[i] = CStringGetTextDatum(texts[i]);
		}
		nulls[8] = false;
		values[8] = BoolGetDatum(unit != NULL);
		MemoryContextSwitchTo(old);
		result = heap_form_tuple(impact->result, values, nulls);
		MemoryContextSwitchTo(impact->scratch);
	}
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextSwitchTo(old);
	MemoryContextReset(impact->scratch);
	RelationClose(rel);
	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(HeapTupleGetDatum(result));
}

/*
 * judged_on(case_table text, on_date date): every case that is open on that day
 * by its dates, judged as of the day from what the row says now.  Reads the
 * table as the caller, so that the caller sees the cases that it may.
 */
PG_FUNCTION_INFO_V1(msb_judged_on);
Datum
msb_judged_on(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *name;
	DateADT		on_date;
	Relation	rel;
	TupleTableSlot *slot;
	Portal		portal;
	SPIPlanPtr	plan;
	char	   *alias;
	MemoryContext scratch;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	on_date = PG_GETARG_DATEADT(1);
	rel = msb_open_case_table(name, AccessShareLock);

	SPI_connect();
	alias = msb_row_alias(rel);
	plan = SPI_prepare(psprintf("SELECT %s FROM %s %s", alias,
								msb_table_only(rel), alias),
					   0, NULL);
	if (plan == NULL)
		elog(ERROR, "could not read case table \"%s\"", name);
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsHeapTuple);
	scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org judged_on", ALLOCSET_DEFAULT_SIZES);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, 1000);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			MemoryContext old = MemoryContextSwitchTo(scratch);
			const MsbCaseTable *ct = msb_case_table(rel);
			bool		isnull;
			HeapTupleHeader row = DatumGetHeapTupleHeader(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
			HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};
			MsbAnswer	answer;

			ItemPointerSetInvalid(&tuple.t_self);
			ExecStoreHeapTuple(&tuple, slot, false);
			msb_judge(ct, slot, on_date, InvalidSnapshot, &answer);
			if (answer.case_key != NULL && answer.open &&
				!(answer.has_opened && answer.opened > on_date))
			{
				const char *texts[6] = {answer.case_key, answer.unit, answer.rule,
				answer.structure, answer.finding, answer.reason};
				static const int columns[6] = {0, 1, 2, 3, 5, 6};
				Datum		values[7] = {0};
				bool		nulls[7] = {0};

				for (int c = 0; c < 6; c++)
				{
					nulls[columns[c]] = texts[c] == NULL;
					if (texts[c] != NULL)
						values[columns[c]] = CStringGetTextDatum(texts[c]);
				}
				nulls[4] = answer.structure == NULL;
				values[4] = Int32GetDatum(answer.revision);
				tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
			}
			ExecClearTuple(slot);
			MemoryContextSwitchTo(old);
			MemoryContextReset(scratch);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	ExecDropSingleTupleTableSlot(slot);
	SPI_cursor_close(portal);
	SPI_finish();
	relation_close(rel, NoLock);
	return (Datum) 0;
}
