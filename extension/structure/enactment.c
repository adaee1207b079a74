/*
 * enactment.c: the trigger that keeps an enactment as it was adopted.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "base/catalog.h"
#include "base/msb_org.h"
#include "base/trigger.h"

/* Trigger, BEFORE UPDATE OR DELETE, row: refuse to change an enactment's text or to delete it. */
PG_FUNCTION_INFO_V1(msb_enactment_guard);
Datum
msb_enactment_guard(PG_FUNCTION_ARGS)
{
	static const int fixed[] = {Anum_enactment_structure, Anum_enactment_revision,
	Anum_enactment_from_date, Anum_enactment_document};
	TriggerData *trigdata = msb_row_trigger(fcinfo, "enactment_guard", true, MSB_ON_UPDATE | MSB_ON_DELETE | MSB_OWN_TABLE);
	TupleDesc	desc;

	if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("an enactment cannot be deleted"),
				 errhint("withdraw_enactment() withdraws one that is not in force yet.")));
	desc = RelationGetDescr(trigdata->tg_relation);
	for (int i = 0; i < (int) lengthof(fixed); i++)
	{
		bool		old_null,
					new_null;
		Datum		old_value = heap_getattr(trigdata->tg_trigtuple, fixed[i], desc, &old_null);
		Datum		new_value = heap_getattr(trigdata->tg_newtuple, fixed[i], desc, &new_null);
		Form_pg_attribute att = TupleDescAttr(desc, fixed[i] - 1);

		if (old_null != new_null ||
			(!old_null && !datum_image_eq(old_value, new_value, att->attbyval, att->attlen)))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the text of an enactment cannot change"),
					 errhint("Change the draft and adopt it as a new revision.")));
	}
	return PointerGetDatum(trigdata->tg_newtuple);
}
