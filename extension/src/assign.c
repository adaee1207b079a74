/*
 * assign.c: the BEFORE trigger, which writes the area into the row and no more.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/rel.h"

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
	char	   *area;
	bool		given;
	bool		right;

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

	/* what is allocated goes with the row: the executor's per-tuple context */
	area = msb_slot_text(&ct->area, slot);
	given = area != NULL && area[0] != '\0' &&
		(TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ||
		 msb_column_changed(&ct->area, trigdata->tg_trigslot, slot));
	if (ct->mode == MSB_OBSERVE)
	{
		char	   *key = area != NULL ? msb_slot_text(&ct->key, slot) : NULL;

		if (key == NULL)
			;
		else if (given)
			msb_note_given(ct->name, key, msb_unit_of_area(ct, area));
		else
			msb_note_stale(ct->name, key, msb_unit_of_area(ct, area));
		return PointerGetDatum(tuple);
	}

	msb_judge(ct, slot, msb_current_date(), InvalidSnapshot, &answer);
	if (answer.case_key == NULL || !answer.open)
		return PointerGetDatum(tuple);
	right = answer.unit != NULL && answer.area != NULL && strcmp(answer.unit, answer.area) == 0;
	/*
	 * Right by the rule is wrong under an override, which only a case that stands
	 * has, and where what the rule goes by changes yet.
	 */
	if (right && TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) && !ct->changes_after_fill)
		return PointerGetDatum(tuple);
	if (given)
		msb_note_given(ct->name, answer.case_key, answer.area);
	else if (right)
		return PointerGetDatum(tuple);
	else if (answer.unit != NULL && msb_area_of_unit(ct, answer.unit) != NULL)
	{
		int			attno = ct->area.attno;
		Datum		value = msb_text_datum(ct->area.type, ct->area.typmod,
										   msb_area_of_unit(ct, answer.unit));
		bool		isnull = false;
		Oid			type = TupleDescAttr(RelationGetDescr(rel), attno - 1)->atttypid;

		if (type != ct->area.type)
			domain_check(value, false, type, NULL, NULL);
		tuple = heap_modify_tuple_by_cols(tuple, RelationGetDescr(rel), 1, &attno, &value, &isnull);
	}
	return PointerGetDatum(tuple);
}
