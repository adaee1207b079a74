/*
 * trigger.c: checking that a trigger function was called as its trigger.
 *
 * The owner of any table may make a trigger on it with any function that PUBLIC may execute,
 * for any event.  So each of our trigger functions checks first how it was called.
 */
#include "postgres.h"

#include "base/catalog.h"
#include "base/msb_org.h"
#include "base/trigger.h"

/* Refuse a call that does not come from the function's own trigger: 39P01. */
void
msb_not_its_trigger(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("function \"%s\" was not called as its trigger", name)));
}

/*
 * Return the context of a row trigger's call.  Throws unless it was called BEFORE (or else
 * AFTER) one of the allowed events, and on a table of ours where MSB_OWN_TABLE is among them.
 */
TriggerData *
msb_row_trigger(FunctionCallInfo fcinfo, const char *name, bool before, int allowed)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	int			event;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) ||
		before != (TRIGGER_FIRED_BEFORE(trigdata->tg_event) != 0) ||
		(!before && !TRIGGER_FIRED_AFTER(trigdata->tg_event)))
		msb_not_its_trigger(name);
	event = TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? MSB_ON_INSERT :
		TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? MSB_ON_UPDATE : MSB_ON_DELETE;
	if ((allowed & event) == 0 || ((allowed & MSB_OWN_TABLE) != 0 && !msb_is_own_table(trigdata->tg_relation)))
		msb_not_its_trigger(name);
	return trigdata;
}
