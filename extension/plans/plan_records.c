/*
 * plan_records.c: reads the records of a citizen's plans and duties; opens the tables into
 * which the work writes them a set at a time.
 *
 * Callers hold the citizen's lock, so that nobody else writes these rows meanwhile.
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/settings.h"
#include "base/text.h"
#include "base/catalog.h"
#include "base/query.h"
#include "base/key_scan.h"
#include "base/own_table.h"
#include "plans/plan.h"
#include "plans/plan_records.h"

#define MOST_PENDING 1024		/* rows to be written, of each table */

/* Move a scan by citizen to the one that is read, opening it at its first use. */
MsbKeyScan *
msb_records_scan(MsbRecords *r, MsbKeyScan **scan, const char *table, const char *index)
{
	if (*scan == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(r->context);

		*scan = msb_key_scan_open(table, index, r->many);
		MemoryContextSwitchTo(old);
	}
	(void) msb_key_scan_start(*scan, r->citizen_key);
	return *scan;
}

/* Return a table to write into, opening it at its first use. */
MsbOwnTable *
msb_records_table(MsbRecords *r, MsbOwnTable **table, const char *name, int ncolumns)
{
	if (*table == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(r->context);

		/*
		 * The trigger plan_guard may be skipped: the work at commit has checked what it
		 * checks on INSERT.
		 */
		*table = msb_own_table_open(name, ncolumns, MOST_PENDING, "plan_guard");
		MemoryContextSwitchTo(old);
	}
	return *table;
}

/*
 * Prepare for reading and writing the records of a few citizens or of many, in
 * CurrentMemoryContext.
 */
MsbRecords *
msb_records_open(bool many)
{
	MsbRecords *r = palloc0_object(MsbRecords);

	r->context = CurrentMemoryContext;
	r->many = many;
	r->actor_name = msb_current_actor();
	return r;
}

/* Write what is pending, so that SQL sees it too from now on. */
void
msb_records_write(MsbRecords *r)
{
	MsbOwnTable *tables[] = {r->plan_table, r->reason_table, r->participant_table};

	for (int i = 0; i < (int) lengthof(tables); i++)
		if (tables[i] != NULL)
			msb_own_table_flush(tables[i]);
}

/* Write what is pending and close the scans, so that later reads see it. */
void
msb_records_flush(MsbRecords *r)
{
	MsbKeyScan **scans[] = {&r->plans, &r->reasons, &r->participants, &r->reviews, &r->handovers, &r->former};

	msb_records_write(r);
	for (int i = 0; i < (int) lengthof(scans); i++)
		if (*scans[i] != NULL)
		{
			msb_key_scan_close(*scans[i]);
			*scans[i] = NULL;
		}
}

/* Write what is pending, and close everything. */
void
msb_records_close(MsbRecords *r)
{
	msb_records_flush(r);
	if (r->participant_table != NULL)
		msb_own_table_close(r->participant_table);
	if (r->reason_table != NULL)
		msb_own_table_close(r->reason_table);
	if (r->plan_table != NULL)
		msb_own_table_close(r->plan_table);
	pfree(r);
}

/* Take in one plan of the citizen. */
static void
read_plan(MsbRecords *r, TupleTableSlot *slot)
{
	bool		isnull;
	char	   *status = TextDatumGetCString(slot_getattr(slot, Anum_plan_status, &isnull));

	r->had_plans = true;
	if (strcmp(status, "entered_in_error") != 0)
	{
		TimestampTz opened = DatumGetTimestampTz(slot_getattr(slot, Anum_plan_opened_at, &isnull));

		r->last_opened = r->was_opened ? Max(r->last_opened, opened) : opened;
		r->was_opened = true;
	}
	if (msb_plan_openness(status) > 0 &&
		strcmp(TextDatumGetCString(slot_getattr(slot, Anum_plan_kind, &isnull)), MSB_KIND_COORDINATION) == 0)
	{
		Datum		unit = slot_getattr(slot, Anum_plan_unit, &isnull);

		r->has_plan = true;
		r->unit = isnull ? NULL : TextDatumGetCString(unit);
		r->number = datumCopy(slot_getattr(slot, Anum_plan_plan, &isnull), false, UUID_LEN);
		r->plan = CStringGetTextDatum(msb_uuid_text(r->number));
	}
}

/* Take in one duty of the citizen. */
static void
read_reason(MsbRecords *r, TupleTableSlot *slot)
{
	MsbReason  *reason = palloc0_object(MsbReason);
	Datum		values[Natts_plan_reason + 1];
	bool		nulls[Natts_plan_reason + 1];

	for (int i = 1; i <= Natts_plan_reason; i++)
		values[i] = slot_getattr(slot, i, &nulls[i]);
	reason->duty = TextDatumGetCString(values[Anum_plan_reason_duty]);
	reason->ended = !nulls[Anum_plan_reason_valid_to];
	reason->valid_from = DatumGetTimestampTz(values[Anum_plan_reason_valid_from]);
	if (reason->ended)
		reason->valid_to = DatumGetTimestampTz(values[Anum_plan_reason_valid_to]);
	else
	{
		reason->row = ExecCopySlotHeapTuple(slot);
		reason->units = msb_text_list(values[Anum_plan_reason_units]);
		reason->action = TextDatumGetCString(values[Anum_plan_reason_action]);
		reason->observed = DatumGetBool(values[Anum_plan_reason_observed]);
		reason->asks_since = DatumGetTimestampTz(values[Anum_plan_reason_asks_since]);
	}
	r->duties = lappend(r->duties, reason);
}

/*
 * Read the records of a citizen, in CurrentMemoryContext.  Duties are read if with_duties
 * is true or a coordination plan is open.  Returns whether there is such a plan, or a duty
 * that has not ended.
 */
bool
msb_records_read(MsbRecords *r, const char *citizen, bool with_duties)
{
	MsbKeyScan *scan;
	TupleTableSlot *slot;
	bool		recorded;

	r->citizen_key = citizen;
	r->has_plan = r->is_new = r->had_plans = r->was_opened = false;
	r->unit = NULL;
	r->duties = NIL;
	scan = msb_records_scan(r, &r->plans, "plan", "plan_pkey");
	while ((slot = msb_key_scan_next(scan)) != NULL)
		read_plan(r, slot);
	recorded = r->has_plan;
	if (!with_duties && !recorded)
		return false;
	scan = msb_records_scan(r, &r->reasons, "plan_reason", "plan_reason_pkey");
	while ((slot = msb_key_scan_next(scan)) != NULL)
	{
		read_reason(r, slot);
		recorded |= !((MsbReason *) llast(r->duties))->ended;
	}
	return recorded;
}

/* Return whether the citizen had another key before. */
bool
msb_has_former_key(MsbRecords *r)
{
	return msb_key_scan_next(msb_records_scan(r, &r->former, "renumbering", "renumbering_new")) != NULL;
}

/* Return the table plan_reason, to write into. */
MsbOwnTable *
msb_reason_table(MsbRecords *r)
{
	return msb_records_table(r, &r->reason_table, "plan_reason", Natts_plan_reason);
}
