/*
 * assign.c: the BEFORE trigger, which writes the area into the row and no more.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "work/commit_work.h"
#include "cases/judge.h"
#include "base/query.h"
#include "work/row_notes.h"

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
	char	   *area;
	const char *given = NULL;	/* as a unit */
	const char *unit;

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
	if (area != NULL && area[0] != '\0')
		given = msb_unit_of_area(ct, area);
	if (ct->mode == MSB_OBSERVE)
	{
		char	   *key = given != NULL ? msb_slot_text(&ct->key, slot) : NULL;

		if (key != NULL)
			msb_note_given(ct->name, key, given);
		return PointerGetDatum(tuple);
	}

	if (!msb_judge_area(ct, slot, msb_current_date(), &unit))
		return PointerGetDatum(tuple);
	if (given != NULL)
	{
		/* what is right by the rule may be wrong yet where what the rule goes by changes */
		if (unit == NULL || strcmp(unit, given) != 0 || ct->changes_after_fill)
			msb_note_given(ct->name, msb_slot_text(&ct->key, slot), given);
	}
	else if (unit != NULL && (area = unconstify(char *, msb_area_of_unit(ct, unit))) != NULL)
	{
		int			attno = ct->area.attno;
		Datum		value = msb_text_datum(ct->area.type, ct->area.typmod, area);
		bool		isnull = false;
		Oid			type = TupleDescAttr(RelationGetDescr(rel), attno - 1)->atttypid;

		if (type != ct->area.type)
			domain_check(value, false, type, NULL, NULL);
		tuple = heap_modify_tuple_by_cols(tuple, RelationGetDescr(rel), 1, &attno, &value, &isnull);
	}
	return PointerGetDatum(tuple);
}
