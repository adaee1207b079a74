/*
 * plan_duty.c: records what a citizen's cases call for: duties that are due, plans that open.
 *
 * The citizen's lock is held, so that nobody else writes these rows meanwhile, and
 * what an index keeps unique is looked for before it is inserted.  What most
 * citizens need is read and written directly, what few need by SQL.  A row of plan
 * is never updated here: whoever changes one by hand holds its row and waits for
 * the citizen, so that waiting for rows here could be a circle.
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
#include "plans/need.h"
#include "plans/plan_records.h"
#include "plans/plan_course.h"
#include "plans/plan_duty.h"

/*
 * Bring the row of a duty to what is due; since when a plan is asked for, and
 * whether that is new: the duty arose, came to lie in more units, or came to be
 * due by cases that are not observed only.
 */
static TimestampTz
record_due(MsbRecords *r, const MsbDue *due, bool *arises)
{
	TimestampTz now = msb_clock();
	TimestampTz begin = now;
	const char *action = due->opens ? "open" : "report";
	MsbReason	   *stands = NULL;
	Datum		values[Natts_plan_reason] = {0};
	bool		nulls[Natts_plan_reason] = {0};
	bool		replace[Natts_plan_reason] = {0};
	ListCell   *lc;

	foreach(lc, r->duties)
	{
		MsbReason	   *reason = lfirst(lc);

		if (strcmp(reason->duty, due->duty) != 0)
			continue;
		if (!reason->ended)
			stands = reason;
		else					/* later than the duty ended before, whatever the clock says */
			begin = Max(begin, reason->valid_to);
	}
	msb_set_text(values, nulls, Anum_plan_reason_action, action);
	values[Anum_plan_reason_observed - 1] = BoolGetDatum(due->observed);
	if (stands == NULL)
	{
		*arises = true;
		values[Anum_plan_reason_citizen - 1] = r->citizen;
		msb_set_text(values, nulls, Anum_plan_reason_duty, due->duty);
		values[Anum_plan_reason_valid_from - 1] = values[Anum_plan_reason_asks_since - 1] = TimestampTzGetDatum(begin);
		nulls[Anum_plan_reason_valid_to - 1] = true;
		values[Anum_plan_reason_units - 1] = msb_text_array(due->units);
		msb_own_table_insert(msb_reason_table(r), values, nulls);
		return now;
	}
	stands->still_due = true;
	*arises = list_length(due->units) > list_length(stands->units);
	/* a plan that is open takes the further unit in, and meets the duty whatever becomes of it */
	if (*arises && !r->has_plan)
		stands->asks_since = Max(now, stands->asks_since);
	if (*arises || stands->observed != due->observed || strcmp(stands->action, action) != 0 ||
		!msb_same_texts(stands->units, due->units))
	{
		values[Anum_plan_reason_units - 1] = msb_text_array(due->units);
		values[Anum_plan_reason_asks_since - 1] = TimestampTzGetDatum(stands->asks_since);
		replace[Anum_plan_reason_units - 1] = replace[Anum_plan_reason_asks_since - 1] = true;
		replace[Anum_plan_reason_action - 1] = replace[Anum_plan_reason_observed - 1] = true;
		msb_own_table_update(msb_reason_table(r), stands->row, values, nulls, replace);
	}
	*arises |= stands->observed && !due->observed;
	return stands->asks_since;
}

/* End the duties that are due no longer; whether that was the last. */
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
		MsbReason	   *reason = lfirst(lc);

		if (reason->ended || reason->still_due)
			continue;
		ended = true;
		values[Anum_plan_reason_valid_to - 1] = TimestampTzGetDatum(Max(msb_clock(), reason->valid_from + 1));
		msb_own_table_update(msb_reason_table(r), reason->row, values, nulls, replace);
	}
	return ended && !any_due;
}

/*
 * Whether a plan was opened since then, whatever became of it; or stands open under
 * a key that the citizen had, and comes over with the last case.
 */
static bool
is_met(MsbRecords *r, TimestampTz since)
{
	return r->has_plan || (r->was_asked && r->last_opened >= since) ||
		(msb_has_former_key(r) && msb_former_plan_open(r->citizen_key));
}

static void
open_plan(MsbRecords *r, const MsbCoordination *c, const char *duty)
{
	Datum		values[Natts_plan] = {0};
	bool		nulls[Natts_plan];
	static const AttrNumber given[] = {Anum_plan_citizen, Anum_plan_plan, Anum_plan_opened_at,
	Anum_plan_opened_by, Anum_plan_status_since};

	memset(nulls, true, sizeof(nulls));
	for (int i = 0; i < (int) lengthof(given); i++)
		nulls[given[i] - 1] = false;
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
 * Record what the cases of the citizen call for whose records were read last; how
 * many plans opened: one or none.
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
		bool		arises = false;
		TimestampTz since = record_due(r, due, &arises);

		if (due->opens && !due->observed && (arises || opening == MSB_OPEN_DUE) &&
			opening != MSB_OPEN_NONE && asking == NULL && !is_met(r, since))
			asking = due->duty;
	}
	gone = end_reasons(r, c->dues != NIL);
	/* who has a plan that is open has no other that has just ended, but for these */
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
