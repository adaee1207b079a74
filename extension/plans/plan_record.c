/*
 * plan_record.c: records what a citizen's cases call for: duties that are due,
 * plans that open, who takes part, who should coordinate.
 *
 * The citizen's lock is held, so that nobody else writes these rows meanwhile, and
 * what an index keeps unique is looked for before it is inserted.  What most
 * citizens need is read and written directly, what few need by SQL.  A row of plan
 * is never updated here: whoever changes one by hand holds its row and waits for
 * the citizen, so that waiting for rows here could be a circle.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "plans/plan_part.h"
#include "plans/plan_record.h"

/* Columns of msb_org.plan_reason, in the order of its definition. */
enum
{
	REASON_CITIZEN = 1,
	REASON_DUTY,
	REASON_VALID_FROM,
	REASON_VALID_TO,
	REASON_UNITS,
	REASON_ASKS_SINCE,
	REASON_ACTION,
	REASON_OBSERVED,
	REASON_COLUMNS = REASON_OBSERVED
};

#define MOST_PENDING 1024		/* rows to be written, of each table */

/* A duty that is recorded; one that has ended too. */
typedef struct Reason
{
	HeapTuple	row;
	char	   *duty;
	bool		ended;
	TimestampTz valid_from;
	TimestampTz valid_to;
	List	   *units;			/* of char *, bytewise order */
	char	   *action;
	bool		observed;
	TimestampTz asks_since;
	bool		still_due;
} Reason;

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

MsbOwnTable *
msb_records_table(MsbRecords *r, MsbOwnTable **table, const char *name, int ncolumns)
{
	if (*table == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(r->context);

		*table = msb_own_table_open(name, ncolumns, MOST_PENDING);
		MemoryContextSwitchTo(old);
	}
	return *table;
}

MsbRecords *
msb_records_open(bool many)
{
	MsbRecords *r = palloc0_object(MsbRecords);

	r->context = CurrentMemoryContext;
	r->many = many;
	r->actor_name = msb_current_actor();
	return r;
}

/* What was recorded is seen by SQL too from now on. */
void
msb_records_write(MsbRecords *r)
{
	MsbOwnTable *tables[] = {r->plan_table, r->reason_table, r->participant_table};

	for (int i = 0; i < (int) lengthof(tables); i++)
		if (tables[i] != NULL)
			msb_own_table_flush(tables[i]);
}

/* The same, and what is read is read anew. */
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

/* A list of texts as an array. */
Datum
msb_text_list(List *texts)
{
	Datum	   *values = palloc_array(Datum, Max(1, list_length(texts)));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, texts)
		values[n++] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static List *
text_array_list(Datum array)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	List	   *texts = NIL;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
		texts = lappend(texts, TextDatumGetCString(elements[i]));
	return texts;
}

static bool
same_texts(List *a, List *b)
{
	ListCell   *la;
	ListCell   *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
		if (strcmp(lfirst(la), lfirst(lb)) != 0)
			return false;
	return true;
}

static void
read_plan(MsbRecords *r, TupleTableSlot *slot)
{
	bool		isnull;
	char	   *status = TextDatumGetCString(slot_getattr(slot, MSB_PLAN_STATUS, &isnull));

	r->had_plans = true;
	if (strcmp(status, "entered_in_error") != 0)
	{
		TimestampTz opened = DatumGetTimestampTz(slot_getattr(slot, MSB_PLAN_OPENED_AT, &isnull));

		r->last_opened = r->was_asked ? Max(r->last_opened, opened) : opened;
		r->was_asked = true;
	}
	if (msb_plan_openness(status) > 0 &&
		strcmp(TextDatumGetCString(slot_getattr(slot, MSB_PLAN_KIND, &isnull)), MSB_KIND_COORDINATION) == 0)
	{
		Datum		unit = slot_getattr(slot, MSB_PLAN_UNIT, &isnull);

		r->has_plan = true;
		r->unit = isnull ? NULL : TextDatumGetCString(unit);
		r->number = datumCopy(slot_getattr(slot, MSB_PLAN_PLAN, &isnull), false, UUID_LEN);
		r->plan = CStringGetTextDatum(msb_uuid_text(r->number));
	}
}

static void
read_reason(MsbRecords *r, TupleTableSlot *slot)
{
	Reason	   *reason = palloc0_object(Reason);
	Datum		values[REASON_COLUMNS + 1];
	bool		nulls[REASON_COLUMNS + 1];

	for (int i = 1; i <= REASON_COLUMNS; i++)
		values[i] = slot_getattr(slot, i, &nulls[i]);
	reason->duty = TextDatumGetCString(values[REASON_DUTY]);
	reason->ended = !nulls[REASON_VALID_TO];
	reason->valid_from = DatumGetTimestampTz(values[REASON_VALID_FROM]);
	if (reason->ended)
		reason->valid_to = DatumGetTimestampTz(values[REASON_VALID_TO]);
	else
	{
		reason->row = ExecCopySlotHeapTuple(slot);
		reason->units = text_array_list(values[REASON_UNITS]);
		reason->action = TextDatumGetCString(values[REASON_ACTION]);
		reason->observed = DatumGetBool(values[REASON_OBSERVED]);
		reason->asks_since = DatumGetTimestampTz(values[REASON_ASKS_SINCE]);
	}
	r->duties = lappend(r->duties, reason);
}

/*
 * Read what stands for a citizen, in CurrentMemoryContext; whether the citizen has
 * an open coordination plan, or duties that were due.  Those are read where there
 * can be any, or a plan makes it worth a look.
 */
bool
msb_records_read(MsbRecords *r, const char *citizen, bool with_duties)
{
	MsbKeyScan *scan;
	TupleTableSlot *slot;
	bool		recorded;

	r->citizen_key = citizen;
	r->has_plan = r->is_new = r->had_plans = r->was_asked = false;
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
		recorded |= !((Reason *) llast(r->duties))->ended;
	}
	return recorded;
}

/* Whether the citizen had another key before. */
bool
msb_has_former_key(MsbRecords *r)
{
	return msb_key_scan_next(msb_records_scan(r, &r->former, "renumbering", "renumbering_new")) != NULL;
}

static MsbOwnTable *
reason_table(MsbRecords *r)
{
	return msb_records_table(r, &r->reason_table, "plan_reason", REASON_COLUMNS);
}

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
	Reason	   *stands = NULL;
	Datum		values[REASON_COLUMNS] = {0};
	bool		nulls[REASON_COLUMNS] = {0};
	bool		replace[REASON_COLUMNS] = {0};
	ListCell   *lc;

	foreach(lc, r->duties)
	{
		Reason	   *reason = lfirst(lc);

		if (strcmp(reason->duty, due->duty) != 0)
			continue;
		if (!reason->ended)
			stands = reason;
		else					/* later than the duty ended before, whatever the clock says */
			begin = Max(begin, reason->valid_to);
	}
	msb_set_text(values, nulls, REASON_ACTION, action);
	values[REASON_OBSERVED - 1] = BoolGetDatum(due->observed);
	if (stands == NULL)
	{
		*arises = true;
		values[REASON_CITIZEN - 1] = r->citizen;
		msb_set_text(values, nulls, REASON_DUTY, due->duty);
		values[REASON_VALID_FROM - 1] = values[REASON_ASKS_SINCE - 1] = TimestampTzGetDatum(begin);
		nulls[REASON_VALID_TO - 1] = true;
		values[REASON_UNITS - 1] = msb_text_list(due->units);
		msb_own_table_insert(reason_table(r), values, nulls);
		return now;
	}
	stands->still_due = true;
	*arises = list_length(due->units) > list_length(stands->units);
	/* a plan that is open takes the further unit in, and meets the duty whatever becomes of it */
	if (*arises && !r->has_plan)
		stands->asks_since = Max(now, stands->asks_since);
	if (*arises || stands->observed != due->observed || strcmp(stands->action, action) != 0 ||
		!same_texts(stands->units, due->units))
	{
		values[REASON_UNITS - 1] = msb_text_list(due->units);
		values[REASON_ASKS_SINCE - 1] = TimestampTzGetDatum(stands->asks_since);
		replace[REASON_UNITS - 1] = replace[REASON_ASKS_SINCE - 1] = true;
		replace[REASON_ACTION - 1] = replace[REASON_OBSERVED - 1] = true;
		msb_own_table_update(reason_table(r), stands->row, values, nulls, replace);
	}
	*arises |= stands->observed && !due->observed;
	return stands->asks_since;
}

/* End the duties that are due no longer; whether that was the last. */
static bool
end_reasons(MsbRecords *r, bool any_due)
{
	Datum		values[REASON_COLUMNS] = {0};
	bool		nulls[REASON_COLUMNS] = {0};
	bool		replace[REASON_COLUMNS] = {0};
	bool		ended = false;
	ListCell   *lc;

	replace[REASON_VALID_TO - 1] = true;
	foreach(lc, r->duties)
	{
		Reason	   *reason = lfirst(lc);

		if (reason->ended || reason->still_due)
			continue;
		ended = true;
		values[REASON_VALID_TO - 1] = TimestampTzGetDatum(Max(msb_clock(), reason->valid_from + 1));
		msb_own_table_update(reason_table(r), reason->row, values, nulls, replace);
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
	Datum		values[MSB_PLAN_COLUMNS] = {0};
	bool		nulls[MSB_PLAN_COLUMNS];
	static const AttrNumber given[] = {MSB_PLAN_CITIZEN, MSB_PLAN_PLAN, MSB_PLAN_OPENED_AT,
	MSB_PLAN_OPENED_BY, MSB_PLAN_STATUS_SINCE};

	memset(nulls, true, sizeof(nulls));
	for (int i = 0; i < (int) lengthof(given); i++)
		nulls[given[i] - 1] = false;
	r->number = DirectFunctionCall1(gen_random_uuid, (Datum) 0);
	values[MSB_PLAN_CITIZEN - 1] = r->citizen;
	values[MSB_PLAN_PLAN - 1] = r->number;
	msb_set_text(values, nulls, MSB_PLAN_KIND, MSB_KIND_COORDINATION);
	msb_set_text(values, nulls, MSB_PLAN_STATUS, "draft");
	msb_set_text(values, nulls, MSB_PLAN_UNIT, c->unit);
	msb_set_text(values, nulls, MSB_PLAN_CHALLENGE, c->challenge);
	msb_set_text(values, nulls, MSB_PLAN_DUTY, duty);
	values[MSB_PLAN_OPENED_AT - 1] = values[MSB_PLAN_STATUS_SINCE - 1] = TimestampTzGetDatum(msb_clock());
	values[MSB_PLAN_OPENED_BY - 1] = r->actor;
	msb_own_table_insert(msb_records_table(r, &r->plan_table, "plan", MSB_PLAN_COLUMNS), values, nulls);
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
