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
 * fill_area(): BEFORE INSERT, row.  The area is given if the statement brings one;
 * then it stays, and is noted where the rule says another.  Else it is missing, and
 * written in fill and enforce.
 *
 * There is none on UPDATE: a BEFORE UPDATE trigger, whatever it does, has the server
 * lock each row before it writes it, which every UPDATE of the table would pay.  An
 * area that an UPDATE leaves stale is written at commit.
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
		!TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called as its trigger", "fill_area")));
	slot = trigdata->tg_trigslot;
	tuple = trigdata->tg_trigtuple;
	rel = trigdata->tg_relation;
	ct = msb_case_table(rel);
	if (ct->area.attno == InvalidAttrNumber)
		return PointerGetDatum(tuple);

	/* what is allocated goes with the row: the executor's per-tuple context */
	area = msb_slot_text(&ct->area, slot);
	given = area != NULL && area[0] != '\0';
	if (ct->mode == MSB_OBSERVE)
	{
		char	   *key = given ? msb_slot_text(&ct->key, slot) : NULL;

		if (key != NULL)
			msb_note_given(ct->name, key, msb_unit_of_area(ct, area));
		return PointerGetDatum(tuple);
	}

	msb_judge(ct, slot, msb_current_date(), InvalidSnapshot, &answer);
	if (answer.case_key == NULL || !answer.open)
		return PointerGetDatum(tuple);
	right = answer.unit != NULL && answer.area != NULL && strcmp(answer.unit, answer.area) == 0;
	/* right by the rule, but what the rule goes by may change yet */
	if (right && !ct->changes_after_fill)
		return PointerGetDatum(tuple);
	if (given)
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
		tuple = heap_modify_tuple_by_cols(tuple, RelationGetDescr(rel), 1, &attno, &value, &isnull);
	}
	return PointerGetDatum(tuple);
}
