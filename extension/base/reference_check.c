/*
 * reference_check.c: foreign keys between the extension's own tables while a dump is loaded.
 *
 * pg_restore -j loads tables in any order, each in a transaction of its own, while the foreign
 * keys of an extension's tables are there from the start.  So the server's check of inserted
 * rows is off (reference_check.sql), and the trigger here calls it instead, except for rows
 * that a dump brings: they were checked when they were first written.  The server does the rest
 * of a foreign key's work itself.
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
 * Check whether a dump is being loaded: the scripts of pg_dump and pg_restore set search_path to
 * '' and check_function_bodies to off.  Nobody else does both.
 */
bool
msb_loading(void)
{
	return !check_function_bodies && namespace_search_path != NULL && namespace_search_path[0] == '\0';
}

/*
 * Trigger, AFTER INSERT, row: check each foreign key of the table as RI_ConstraintTrigger_c
 * would, by the server's own function and with its messages.
 */
PG_FUNCTION_INFO_V1(msb_check_reference);
Datum
msb_check_reference(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = msb_row_trigger(fcinfo, "check_reference", false, MSB_ON_INSERT);
	TriggerDesc *triggers;

	if (msb_loading())
		return PointerGetDatum(NULL);

	/* a copy: the look-ups of a check may rebuild the relcache entry that holds the original */
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
