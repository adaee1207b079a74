/*
 * assign.c: the BEFORE trigger, which writes the area into the row and no more.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "access/htup_details.h"

#include "commit_work.h"
#include "judge.h"
#include "query.h"
#include "row_notes.h"

/*
 * fill_area(): BEFORE INSERT OR UPDATE, row.  The area is given if this
 * statement sets it to a new value that is not null; then it stays, and is
 * noted where the rule says another.  Else it is missing or stale, and written
 * in fill and enforce; an UPDATE that touches nothing that is judged leaves it.
 */
PG_FUNCTION_INFO_V1(msb_fill_area);
Datum
msb_fill_area(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	Relation	rel;
	const MsbCaseTable *ct;
	TupleTableSlot *slot;
	HeapTuple	tuple;
	MsbAnswer	answer;
	MemoryContext scratch;
	MemoryContext old;
	bool		given;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(trigdata->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) ||
		TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called as its trigger", "fill_area")));
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
	{
		slot = trigdata->tg_newslot;
		tuple = trigdata->tg_newtuple;
	}
	else
	{
		slot = trigdata->tg_trigslot;
		tuple = trigdata->tg_trigtuple;
	}
	/* the commit work's own UPDATE */
	if (msb_writes_area())
		return PointerGetDatum(tuple);

	rel = trigdata->tg_relation;
	ct = msb_case_table(rel);
	if (ct->area.attno == InvalidAttrNumber)
		return PointerGetDatum(tuple);
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) &&
		!msb_mapped_changed(ct, trigdata->tg_trigslot, slot))
		return PointerGetDatum(tuple);

	scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org fill", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(scratch);
	{
		char	   *area = msb_slot_text(&ct->area, slot);

		given = area != NULL && area[0] != '\0' &&
			(TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ||
			 msb_column_changed(&ct->area, trigdata->tg_trigslot, slot));
	}
	if (ct->mode == MSB_OBSERVE)
	{
		if (given)
		{
			char	   *key = msb_slot_text(&ct->key, slot);

			if (key != NULL)
				msb_note_given(ct->name, key, msb_unit_of_area(ct, msb_slot_text(&ct->area, slot)));
		}
		MemoryContextSwitchTo(old);
	}
	else
	{
		msb_judge(ct, slot, msb_current_date(), InvalidSnapshot, &answer);
		MemoryContextSwitchTo(old);
		if (answer.case_key != NULL && answer.open)
		{
			if (given && ct->changes_after_fill)
				msb_note_given(ct->name, answer.case_key, answer.area);
			else if (answer.unit != NULL && answer.area != NULL && strcmp(answer.unit, answer.area) == 0)
				;				/* right already */
			else if (given)
				msb_note_given(ct->name, answer.case_key, answer.area);
			else if (answer.unit != NULL && msb_area_of_unit(ct, answer.unit) != NULL)
			{
				int			attno = ct->area.attno;
				Datum		value = msb_text_datum(ct->area.type, ct->area.typmod,
												   msb_area_of_unit(ct, answer.unit));
				bool		isnull = false;
				Oid			type = TupleDescAttr(RelationGetDescr(rel), attno - 1)->atttypid;

				if (type != ct->area.type)
					domain_check(value, false, type, NULL, NULL);
				tuple = heap_modify_tuple_by_cols(tuple, RelationGetDescr(rel), 1,
												  &attno, &value, &isnull);
			}
		}
	}
	MemoryContextDelete(scratch);
	return PointerGetDatum(tuple);
}
