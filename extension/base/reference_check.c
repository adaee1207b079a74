/*
 * reference_check.c: foreign keys between the extension's own tables while a dump is loaded.
 *
 * pg_restore -j loads tables in any order, each in a transaction of its own, while
 * the foreign keys of an extension's tables are there from the start.  So the server's
 * check of inserted rows is off (reference_check.sql), and this trigger calls it, except
 * for rows that a dump brings: they were checked when they were written.  All else that
 * a foreign key does is the server's own.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"

#include "base/trigger.h"
#include "base/reference_check.h"

/*
 * Whether what is inserted comes from a dump: pg_dump and pg_restore load with an
 * empty search path and without a look at the bodies of functions.  Nobody else does
 * both.
 */
bool
msb_loading(void)
{
	return !check_function_bodies && namespace_search_path != NULL && namespace_search_path[0] == '\0';
}

/*
 * Trigger, AFTER INSERT, row: what RI_ConstraintTrigger_c would do, for each foreign
 * key of the table, with the server's own function and messages.
 */
PG_FUNCTION_INFO_V1(msb_check_reference);
Datum
msb_check_reference(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = msb_row_trigger(fcinfo, "check_reference", false, MSB_ON_INSERT);
	TriggerDesc *triggers;

	if (msb_loading())
		return PointerGetDatum(NULL);

	/* the look-ups of a check may rebuild the relcache entry, under its own trigger */
	triggers = CopyTriggerDesc(trigdata->tg_relation->trigdesc);
	for (int i = 0; i < triggers->numtriggers; i++)
	{
		if (triggers->triggers[i].tgfoid == F_RI_FKEY_CHECK_INS &&
			triggers->triggers[i].tgenabled == TRIGGER_DISABLED)
		{
			LOCAL_FCINFO(call, 0);
			FmgrInfo	function;
			TriggerData check = *trigdata;

			check.tg_trigger = &triggers->triggers[i];
			fmgr_info(F_RI_FKEY_CHECK_INS, &function);
			InitFunctionCallInfoData(*call, &function, 0, InvalidOid, (Node *) &check, NULL);
			(void) FunctionCallInvoke(call);
		}
	}
	return PointerGetDatum(NULL);
}
