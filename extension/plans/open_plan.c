/*
 * open_plan.c: records what a citizen's cases call for: duties that are due, a plan that
 * opens.
 *
 * Callers hold the citizen's lock, so that nobody else writes these rows meanwhile; a row
 * whose key an index keeps unique is looked for before it is inserted.  Records that most
 * citizens have are read and written directly, those that few have by SQL.  A row of plan
 * is never updated here.  A session that changes one by hand holds its row and waits for
 * the citizen's lock; if this one, which has the lock, waited for the row, they would
 * deadlock.
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "base/text.h"
#include "base/catalog.h"
#include "base/query.h"
#include "base/own_table.h"
#include "plans/plan.h"
#include "plans/carry_over.h"
#include "plans/duties_due.h"
#include "plans/plan_records.h"
#include "plans/plan_participants.h"
#include "plans/open_plan.h"

/*
 * Record a duty that is due.  Returns the instant since which it asks for a plan
 * (plan_reason.asks_since).  *is_new: the duty was not due before, or its cases lie in
 * more units now, or it was due only with cases of tables in observe.
 */
static TimestampTz
record_due(MsbRecords *r, const MsbDue *due, bool *is_new)
{
	TimestampTz now = msb_clock();
	TimestampTz begin = now;
	const char *action = due->opens ? "open" : "report";
	MsbReason  *current = NULL;
	Datum		values[Natts_plan_reason] = {0};
	bool		nulls[Natts_plan_reason] = {0};
	bool		replace[Natts_plan_reason] = {0};
	ListCell   *lc;

	foreach(lc, r->duties)
	{
		MsbReason  *reason = lfirst(lc);

		if (strcmp(reason->duty, due->duty) != 0)
			continue;
		if (!reason->ended)
			current = reason;
		else
			begin = Max(begin, reason->valid_to);	/* not before the duty ended last */
	}
	msb_set_text(values, nulls, Anum_plan_reason_action, action);
	values[Anum_plan_reason_observed - 1] = BoolGetDatum(due->observed);
	if (current == NULL)
	{
		*is_new = true;
		values[Anum_plan_reason_citizen - 1] = r->citizen;
		msb_set_text(values, nulls, Anum_plan_reason_duty, due->duty);
		values[Anum_plan_reason_valid_from - 1] = values[Anum_plan_reason_asks_since - 1] = TimestampTzGetDatum(begin);
		nulls[Anum_plan_reason_valid_to - 1] = true;
		values[Anum_plan_reason_units - 1] = msb_text_array(due->units);
		msb_own_table_insert(msb_reason_table(r), values, nulls);
		return now;
	}
	current->still_due = true;
	*is_new = list_length(due->units) > list_length(current->units);
	/* an open plan takes in the further unit, and so meets the duty even if it is declined later */
	if (*is_new && !r->has_plan)
		current->asks_since = Max(now, current->asks_since);
	if (*is_new || current->observed != due->observed || strcmp(current->action, action) != 0 ||
		!msb_same_texts(current->units, due->units))
	{
		values[Anum_plan_reason_units - 1] = msb_text_array(due->units);
		values[Anum_plan_reason_asks_since - 1] = TimestampTzGetDatum(current->asks_since);
		replace[Anum_plan_reason_units - 1] = replace[Anum_plan_reason_asks_since - 1] = true;
		replace[Anum_plan_reason_action - 1] = replace[Anum_plan_reason_observed - 1] = true;
		msb_own_table_update(msb_reason_table(r), current->row, values, nulls, replace);
	}
	*is_new |= current->observed && !due->observed;
	return current->asks_since;
}

/* End the duties that are due no longer; returns whether one ended and none is left. */
static bool
end_reasons(MsbRecords *r, bool any_due)
{
	Datum		values[Natts_plan_reason] = {0};
	bool		nulls[Natts_plan_reason] = {0};
	bool		replace[Natts_plan_reason] = {0};
	bool		ended = false;
	ListCell   *lc;

	replace[Anum_plan_reason_valid_to - 1] = true;
	foreach(lc, r->duties)
	{
		MsbReason  *reason = lfirst(lc);

		if (reason->ended || reason->still_due)
			continue;
		ended = true;
		values[Anum_plan_reason_valid_to - 1] = TimestampTzGetDatum(Max(msb_clock(), reason->valid_from + 1));
		msb_own_table_update(msb_reason_table(r), reason->row, values, nulls, replace);
	}
	return ended && !any_due;
}

/*
 * Return whether a plan meets a duty: one is open, one was opened since the duty asks for
 * it, whatever its status is now, or one is open under a former key of the citizen and
 * will follow the last case.
 */
static bool
is_met(MsbRecords *r, TimestampTz since)
{
	return r->has_plan || (r->was_opened && r->last_opened >= since) ||
		(msb_has_former_key(r) && msb_former_plan_open(r->citizen_key));
}

/* Open a coordination plan as a draft, for a duty. */
static void
open_plan(MsbRecords *r, const MsbCoordination *c, const char *duty)
{
	Datum		values[Natts_plan] = {0};
	bool		nulls[Natts_plan];
	static const AttrNumber not_null[] = {Anum_plan_citizen, Anum_plan_plan, Anum_plan_opened_at,
	Anum_plan_opened_by, Anum_plan_status_since};

	memset(nulls, true, sizeof(nulls));
	for (int i = 0; i < (int) lengthof(not_null); i++)
		nulls[not_null[i] - 1] = false;
	r->number = DirectFunctionCall1(gen_random_uuid, (Datum) 0);
	values[Anum_plan_citizen - 1] = r->citizen;
	values[Anum_plan_plan - 1] = r->number;
	msb_set_text(values, nulls, Anum_plan_kind, MSB_KIND_COORDINATION);
	msb_set_text(values, nulls, Anum_plan_status, "draft");
	msb_set_text(values, nulls, Anum_plan_unit, c->unit);
	msb_set_text(values, nulls, Anum_plan_challenge, c->challenge);
	msb_set_text(values, nulls, Anum_plan_duty, duty);
	values[Anum_plan_opened_at - 1] = values[Anum_plan_status_since - 1] = TimestampTzGetDatum(msb_clock());
	values[Anum_plan_opened_by - 1] = r->actor;
	msb_own_table_insert(msb_records_table(r, &r->plan_table, "plan", Natts_plan), values, nulls);
	r->has_plan = r->is_new = r->had_plans = true;
	r->plan = CStringGetTextDatum(msb_uuid_text(r->number));
	r->unit = c->unit;
}

/*
 * Record what the cases of a citizen call for, whose records were the last to be read.
 * Returns how many plans opened: one or none.
 */
int64
msb_record_coordination(MsbRecords *r, const MsbCoordination *c, DateADT on_date, MsbOpening opening)
{
	const char *asking = NULL;
	bool		gone;
	int64		opened = 0;
	ListCell   *lc;

	r->citizen = CStringGetTextDatum(c->citizen);
	r->actor = CStringGetTextDatum(r->actor_name);
	foreach(lc, c->dues)
	{
		MsbDue	   *due = lfirst(lc);
		bool		is_new = false;
		TimestampTz since = record_due(r, due, &is_new);

		if (due->opens && !due->observed && (is_new || opening == MSB_OPEN_DUE) &&
			opening != MSB_OPEN_NONE && asking == NULL && !is_met(r, since))
			asking = due->duty;
	}
	gone = end_reasons(r, c->dues != NIL);
	/*
	 * A citizen with an open plan cannot have one that ended in this transaction,
	 * except when a function asked or records were carried over.
	 */
	if (r->had_plans && (!r->has_plan || c->asked || c->carried))
		msb_end_course(r);
	if (asking != NULL)
	{
		open_plan(r, c, asking);
		opened = 1;
	}
	if (r->has_plan)
	{
		msb_record_participants(r, c);
		msb_record_review(r, gone, c->dues != NIL);
		if (c->cases != NIL)
			msb_record_handover(r, c, on_date);
	}
	return opened;
}
