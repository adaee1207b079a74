/*
 * case_triggers.c: the trigger functions on attached tables and on those that cases refer
 * to: fill in the area, note rows, start the work at commit, end the cases of a truncated
 * table.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "storage/itemptr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/snapshot.h"

#include "base/trigger.h"
#include "base/settings.h"
#include "base/query.h"
#include "cases/case_map.h"
#include "cases/case_table.h"
#include "cases/judge.h"
#include "ledger/ledger.h"
#include "work/row_notes.h"
#include "work/noted_rows.h"
#include "work/area_update.h"
#include "work/parent_work.h"
#include "work/commit_work.h"
#include "work/judge_cases.h"

/*
 * fill_area(): BEFORE INSERT, row.  If the statement gives an area, that one stays, and is
 * remembered if the rule gives another.  If it gives none, the area is filled in, in modes
 * fill and enforce.
 *
 * There is no such trigger on UPDATE: the server locks each row before it calls a BEFORE
 * UPDATE trigger, and every UPDATE of the table would pay for that.  An area that an UPDATE
 * makes out of date is written at commit.
 */
PG_FUNCTION_INFO_V1(msb_fill_area);
Datum
msb_fill_area(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = msb_row_trigger(fcinfo, "fill_area", true, MSB_ON_INSERT);
	Relation	rel;
	const MsbCaseTable *ct;
	TupleTableSlot *slot;
	HeapTuple	tuple;
	char	   *area;
	const char *given = NULL;	/* the area that the statement gives, as a unit */
	const char *unit;

	slot = trigdata->tg_trigslot;
	tuple = trigdata->tg_trigtuple;
	rel = trigdata->tg_relation;
	ct = msb_case_table(rel);
	if (ct->area.attno == InvalidAttrNumber)
		return PointerGetDatum(tuple);

	/* CurrentMemoryContext is the executor's, for one row: nothing need be freed */
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
		/*
		 * An area that is right now may be wrong at commit, if later triggers change what
		 * judging reads.
		 */
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

/*
 * Return whether a later statement changed a mapped column of a row: one that a trigger
 * ran which fired before ours, so that the area was noted by that statement's event.
 */
static bool
changed_since(Relation rel, const MsbCaseTable *ct, TupleTableSlot *version)
{
	ItemPointerData newest;
	TupleTableSlot *slot;
	bool		changed;

	if (msb_version_lives(rel, &version->tts_tid))
		return false;
	newest = msb_newest_version(rel, &version->tts_tid);
	slot = table_slot_create(rel, NULL);
	changed = table_tuple_fetch_row_version(rel, &newest, SnapshotSelf, slot) &&
		msb_mapped_changed(ct, version, slot);
	ExecDropSingleTupleTableSlot(slot);
	return changed;
}

/*
 * Note what an UPDATE of the application did to the area: gave one, or left it as it was,
 * so that it is stale.  is_last: the row is known not to have been updated since.
 */
static void
note_area(Relation rel, const MsbCaseTable *ct, TupleTableSlot *old, TupleTableSlot *new, bool is_last)
{
	char	   *area = msb_slot_text(&ct->area, new);
	char	   *key = area == NULL || area[0] == '\0' ? NULL : msb_slot_text(&ct->key, new);

	if (key == NULL)
		return;
	if (!msb_column_changed(&ct->area, old, new))
		msb_note_stale(ct->name, key, msb_unit_of_area(ct, area));
	else if (is_last || !changed_since(rel, ct, new))
		msb_note_given(ct->name, key, msb_unit_of_area(ct, area));
}

/*
 * Note the row of an event, and whether its area was given; returns false if there is
 * nothing to judge.
 *
 * It is called twice for a row.  By the map trigger, right after the write.  And by the
 * deferred trigger, at commit: by then the row may have been updated again.  So the
 * deferred trigger notes the area only if the map trigger did not run (it was disabled, say)
 * and the row is the newest version.
 */
static bool
note_event(TriggerData *trigdata, bool deferred)
{
	Relation	rel = trigdata->tg_relation;
	Oid			relid = RelationGetRelid(rel);
	TupleTableSlot *old = trigdata->tg_trigslot;
	TupleTableSlot *new = trigdata->tg_newslot;

	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
	{
		const MsbCaseTable *ct = msb_case_table(rel);
		bool		noted;

		if (!msb_mapped_changed(ct, old, new))
			return false;
		msb_notes_about(rel);
		if (ct->area.attno != InvalidAttrNumber && !msb_writes_area() &&
			(!deferred || (!msb_note_known(relid, &new->tts_tid, MSB_NOTE_ROW) &&
						   msb_version_lives(rel, &new->tts_tid))))
			note_area(rel, ct, old, new, deferred);
		noted = msb_note_row(relid, &new->tts_tid, MSB_NOTE_ROW);
		if (msb_column_changed(&ct->key, old, new) || msb_column_changed(&ct->citizen, old, new) ||
			(ct->parent_citizen && msb_column_changed(&ct->parent, old, new)))
			noted |= msb_note_row(relid, &old->tts_tid, MSB_NOTE_OLD_ROW);
		return noted;
	}
	msb_notes_about(rel);
	return msb_note_row(relid, &old->tts_tid,
						TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? MSB_NOTE_ROW : MSB_NOTE_OLD_ROW);
}

/*
 * Return the event of a row trigger on an ordinary table: the rows of others cannot be
 * found again by their place.
 */
static TriggerData *
case_trigger(FunctionCallInfo fcinfo, const char *name)
{
	TriggerData *trigdata = msb_row_trigger(fcinfo, name, false, MSB_ON_INSERT | MSB_ON_UPDATE | MSB_ON_DELETE);

	if (trigdata->tg_trigger->tgnargs < 1 || trigdata->tg_relation->rd_rel->relkind != RELKIND_RELATION)
		msb_not_its_trigger(name);
	return trigdata;
}

/*
 * note_change(case_table, roles): AFTER, row, immediate, on case tables and parent
 * tables: note the row.
 */
PG_FUNCTION_INFO_V1(msb_note_change);
Datum
msb_note_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = case_trigger(fcinfo, "note_change");

	if (msb_is_parent_trigger(trigdata->tg_trigger))
		(void) msb_note_parent_event(trigdata);
	else
		(void) note_event(trigdata, false);
	return PointerGetDatum(NULL);
}

/*
 * commit_work(case_table): AFTER, row, a deferred constraint trigger on both: do the work
 * at commit.
 */
PG_FUNCTION_INFO_V1(msb_commit_work_trigger);
Datum
msb_commit_work_trigger(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = case_trigger(fcinfo, "commit_work");
	bool		noted;

	if (msb_is_parent_trigger(trigdata->tg_trigger))
		noted = msb_note_parent_event(trigdata);
	else
		noted = note_event(trigdata, true);
	if (noted)
		(void) msb_commit_work(MSB_ORIGIN_WRITE);
	return PointerGetDatum(NULL);
}

#define TRUNCATE_TRIGGER "msb_org_truncate"

/* End the cases of one ordinary table that is about to be truncated. */
static void
truncate_one(Relation rel)
{
	const MsbCaseTable *ct = msb_case_table(rel);
	const char *key = msb_column_name(rel, ct->key.attno);
	MsbUser		caller;
	char	  **keys;
	uint64		count;

	SPI_connect();
	caller = msb_become(rel->rd_rel->relowner);
	/* TRUNCATE also removes rows that were committed after the transaction's snapshot */
	if (SPI_execute_snapshot(msb_plan(psprintf("SELECT t.%s FROM %s t WHERE t.%s IS NOT NULL",
											   key, msb_table_only(rel), key), 0, NULL),
							 NULL, NULL, GetLatestSnapshot(), InvalidSnapshot, false, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read case table \"%s\"", ct->name);
	msb_become_again(caller);
	count = SPI_processed;
	keys = palloc_array(char *, Max(count, 1));
	for (uint64 i = 0; i < count; i++)
	{
		bool		isnull;

		keys[i] = msb_column_text(&ct->key, SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	}

	msb_end_cases(ct->name, keys, count);
	SPI_finish();
	msb_notes_forget(RelationGetRelid(rel));
}

/*
 * truncate_cases(case_table): BEFORE TRUNCATE, statement: end the cases in the table.  On
 * a partitioned table it ends those of partitions that were added after attach(), and so
 * have no such trigger.  A partition that was detached keeps its trigger, which then does
 * nothing.
 */
PG_FUNCTION_INFO_V1(msb_truncate_cases);
Datum
msb_truncate_cases(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	Relation	rel;
	ListCell   *lc;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_BY_TRUNCATE(trigdata->tg_event))
		msb_not_its_trigger("truncate_cases");
	rel = trigdata->tg_relation;
	if (!msb_is_mapped(rel))
		return PointerGetDatum(NULL);
	if (rel->rd_rel->relkind == RELKIND_RELATION)
	{
		truncate_one(rel);
		return PointerGetDatum(NULL);
	}
	/* the server holds locks on all tables that it truncates */
	foreach(lc, find_all_inheritors(RelationGetRelid(rel), NoLock, NULL))
	{
		Relation	part = table_open(lfirst_oid(lc), NoLock);

		if (part->rd_rel->relkind == RELKIND_RELATION &&
			!OidIsValid(get_trigger_oid(RelationGetRelid(part), TRUNCATE_TRIGGER, true)))
			truncate_one(part);
		table_close(part, NoLock);
	}
	return PointerGetDatum(NULL);
}
