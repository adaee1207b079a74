/*
 * impact.c: judges a case by each of two structures.
 *
 * The queries of impact() call it once a row, in parallel workers too.  So it reads
 * nothing but its arguments, the parent row and the catalogs, all under the query's
 * snapshot.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "storage/itemptr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "base/settings.h"
#include "base/msb_org.h"
#include "structure/structure.h"
#include "structure/document.h"
#include "structure/compile.h"
#include "cases/read_map.h"
#include "cases/case_table.h"
#include "cases/judge.h"

/* Prepared once for all rows of a query, and kept in the call's memory (fn_extra). */
typedef struct Impact
{
	Oid			relid;
	const MsbStructure *structures[2];
	Jsonb	   *overrides;		/* unit by key of the case */
	TupleDesc	result;
	MemoryContext scratch;		/* reset after each row */
} Impact;

/* Report an argument overrides of the wrong form: 22023. */
static void
overrides_error(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the overrides are not an object of case keys and units")));
}

/* Compile the structures and copy the arguments that are the same for all rows. */
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

/* Return the unit that an override makes responsible for a case; NULL if it has no override. */
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
 * from_unit, from_rule, from_finding, to_unit, to_rule, to_finding, overridden.
 *
 * Returns NULL for a case that is closed on the day, or was opened after a day that has
 * passed.  The key, the citizen and the rules are NULL unless with_case is true: without
 * them the rows can be grouped.
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
	/* the query that reads the row holds a lock */
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
	if (answers[0].case_key != NULL && answers[0].open &&
		!(answers[0].has_opened && answers[0].opened > on_date && on_date < msb_current_date()))
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
