/*
 * yardstick.c: what a C function costs that does nothing, a trigger that does nothing,
 * and one that sets a constant.  Built by bench.sh, measured beside the extension, part
 * of nothing.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;

/* nothing(birth, task, challenge, service, on_date): its second argument, or NULL */
PG_FUNCTION_INFO_V1(yardstick_nothing);
Datum
yardstick_nothing(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(1));
}

/* trigger_nothing(): BEFORE, row: the row as it is */
PG_FUNCTION_INFO_V1(yardstick_trigger_nothing);
Datum
yardstick_trigger_nothing(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : trigdata->tg_trigtuple);
}

/* trigger_constant(): BEFORE, row: the column "area" becomes 'besk' */
PG_FUNCTION_INFO_V1(yardstick_constant);
Datum
yardstick_constant(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	HeapTuple	tuple = trigdata->tg_trigtuple;
	TupleDesc	desc = RelationGetDescr(trigdata->tg_relation);
	int			attno = SPI_fnumber(desc, "area");
	Datum		value = CStringGetTextDatum("besk");
	bool		isnull = false;

	return PointerGetDatum(heap_modify_tuple_by_cols(tuple, desc, 1, &attno, &value, &isnull));
}
