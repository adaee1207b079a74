/*
 * plan_participants.c: records what changes about a coordination plan with the citizen's cases:
 * its participants, a review that is due, a handover to another unit; and ends all that
 * with the plan.
 *
 * Participants are read and written directly.  Reviews and handovers, which few citizens
 * have, are written by SQL in string literals, since each statement must see the newest
 * rows: see the head of carry_over.c.
 */
#include "postgres.h"

#include "access/htup.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/settings.h"
#include "base/text.h"
#include "base/catalog.h"
#include "base/query.h"
#include "base/key_scan.h"
#include "base/own_table.h"
#include "structure/structure_cache.h"
#include "plans/plan.h"
#include "plans/duties_due.h"
#include "plans/plan_records.h"
#include "plans/plan_participants.h"

#define EQ		MSB_EQ
#define IS_OPEN	MSB_PLAN_IS_OPEN
#define OPEN_PLAN	"p.citizen" EQ "$1 AND p.kind" EQ "'coordination' AND " IS_OPEN

/*
 * Condition: the handover has neither moved nor become void.  It is written so that the
 * planner takes the index by citizen, rather than the partial index of all such handovers.
 */
#define HANDOVER_WAITS	"COALESCE(h.moved_at, h.void_at) IS NULL"

static const Oid text_types[6] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID};

/*
 * Run a statement whose rows are not of interest, after pending records are written;
 * returns how many rows it had.
 */
static uint64
run(MsbRecords *r, const char *query, int nargs, const Oid *types, Datum *args, const char *nulls)
{
	uint64		count;

	msb_records_write(r);
	SPI_connect();
	count = msb_run_as_owner(query, nargs, types, args, nulls);
	SPI_finish();
	return count;
}

/* Insert a unit that takes part from now on. */
static void
insert_participant(MsbRecords *r, const char *unit, TimestampTz now)
{
	Datum		values[Natts_plan_participant] = {0};
	bool		nulls[Natts_plan_participant] = {0};

	values[Anum_plan_participant_citizen - 1] = r->citizen;
	values[Anum_plan_participant_plan - 1] = r->number;
	msb_set_text(values, nulls, Anum_plan_participant_kind, "unit");
	msb_set_text(values, nulls, Anum_plan_participant_participant, unit);
	values[Anum_plan_participant_valid_from - 1] = TimestampTzGetDatum(now);
	nulls[Anum_plan_participant_valid_to - 1] = true;
	values[Anum_plan_participant_actor - 1] = r->actor;
	msb_own_table_insert(msb_records_table(r, &r->participant_table, "plan_participant", Natts_plan_participant), values, nulls);
}

/* Set the end of a unit's participation; DT_NOEND for none. */
static void
end_participant(MsbRecords *r, HeapTuple row, TimestampTz end)
{
	Datum		values[Natts_plan_participant] = {0};
	bool		nulls[Natts_plan_participant] = {0};
	bool		replace[Natts_plan_participant] = {0};

	replace[Anum_plan_participant_valid_to - 1] = true;
	values[Anum_plan_participant_valid_to - 1] = TimestampTzGetDatum(end);
	nulls[Anum_plan_participant_valid_to - 1] = end == DT_NOEND;
	msb_own_table_update(msb_records_table(r, &r->participant_table, "plan_participant", Natts_plan_participant),
						 row, values, nulls, replace);
}

/* A row of plan_participant: a unit takes part in the plan, or did. */
typedef struct Participant
{
	HeapTuple	row;
	char	   *unit;
	TimestampTz valid_from;
	bool		ended;
} Participant;

/* Read the units that take part in the open plan, or did. */
static List *
read_participants(MsbRecords *r)
{
	MsbKeyScan *scan = msb_records_scan(r, &r->participants, "plan_participant", "plan_participant_pkey");
	List	   *participants = NIL;
	TupleTableSlot *slot;

	while ((slot = msb_key_scan_next(scan)) != NULL)
	{
		bool		isnull;
		Participant *p;

		if (memcmp(DatumGetUUIDP(slot_getattr(slot, Anum_plan_participant_plan, &isnull)), DatumGetUUIDP(r->number), UUID_LEN) != 0 ||
			strcmp(TextDatumGetCString(slot_getattr(slot, Anum_plan_participant_kind, &isnull)), "unit") != 0)
			continue;
		p = palloc_object(Participant);
		p->unit = TextDatumGetCString(slot_getattr(slot, Anum_plan_participant_participant, &isnull));
		p->valid_from = DatumGetTimestampTz(slot_getattr(slot, Anum_plan_participant_valid_from, &isnull));
		p->ended = !slot_attisnull(slot, Anum_plan_participant_valid_to);
		p->row = ExecCopySlotHeapTuple(slot);
		participants = lappend(participants, p);
	}
	return participants;
}

/* Record who takes part in the open plan: the coordinating unit and the units of all open cases. */
void
msb_record_participants(MsbRecords *r, const MsbCoordination *c)
{
	List	   *units = list_copy(c->units);
	List	   *participants = r->is_new ? NIL : read_participants(r);
	TimestampTz now = msb_clock();
	ListCell   *lc;
	ListCell   *lp;

	if (r->unit != NULL && !msb_has_text(units, r->unit))
		units = lappend(units, r->unit);
	list_sort(units, msb_compare_texts);
	foreach(lp, participants)
	{
		Participant *p = lfirst(lp);

		if (!p->ended && !msb_has_text(units, p->unit))
			end_participant(r, p->row, Max(now, p->valid_from));
	}
	foreach(lc, units)
	{
		const char *unit = lfirst(lc);
		Participant *at_once = NULL;
		bool		takes_part = false;

		foreach(lp, participants)
		{
			Participant *p = lfirst(lp);

			if (strcmp(p->unit, unit) != 0)
				continue;
			takes_part |= !p->ended;
			if (p->valid_from == now)
				at_once = p;
		}
		if (takes_part)
			continue;
		/* the key has valid_from: a row that began at this very instant is opened again */
		if (at_once != NULL)
			end_participant(r, at_once->row, DT_NOEND);
		else
			insert_participant(r, unit, now);
	}
}

/*
 * End what belongs to coordination plans of the citizen that are not open any more: the
 * units' participation ends, reviews count as done, and a handover that waits becomes
 * void.  Participants of other kinds of plan stay.
 */
void
msb_end_course(MsbRecords *r)
{
	static const Oid types[3] = {TEXTOID, TIMESTAMPTZOID, TEXTOID};
	Datum		args[3] = {r->citizen, TimestampTzGetDatum(msb_clock()), r->actor};

	run(r, "UPDATE msb_org.plan_participant t SET valid_to = GREATEST($2, t.valid_from)"
		" WHERE t.citizen" EQ "$1 AND t.kind" EQ "'unit' AND t.valid_to IS NULL AND NOT EXISTS"
		" (SELECT 1 FROM msb_org.plan p WHERE p.citizen" EQ "$1 AND p.plan" EQ "t.plan"
		" AND (p.kind OPERATOR(pg_catalog.<>) 'coordination' OR " IS_OPEN "))", 2, types, args, NULL);
	run(r, "UPDATE msb_org.plan_review v SET reviewed_at = GREATEST($2, v.asked_at), reviewed_by = $3"
		" WHERE v.citizen" EQ "$1 AND v.reviewed_at IS NULL AND EXISTS (SELECT 1 FROM msb_org.plan p"
		" WHERE p.citizen" EQ "$1 AND p.plan" EQ "v.plan AND NOT " IS_OPEN ")", 3, types, args, NULL);
	run(r, "UPDATE msb_org.handover h SET void_at = msb_org.record_time()"
		" WHERE h.citizen" EQ "$1 AND h.case_table" EQ "'' AND " HANDOVER_WAITS " AND NOT EXISTS"
		" (SELECT 1 FROM msb_org.plan p WHERE " OPEN_PLAN " AND p.plan::pg_catalog.text" EQ "h.case_key)", 1, text_types, args, NULL);
}

/* Return whether a review of the open plan is due. */
static bool
is_under_review(MsbRecords *r)
{
	MsbKeyScan *scan = msb_records_scan(r, &r->reviews, "plan_review", "plan_review_pkey");
	TupleTableSlot *slot;
	bool		isnull;

	while ((slot = msb_key_scan_next(scan)) != NULL)
		if (slot_attisnull(slot, Anum_plan_review_reviewed_at) &&
			memcmp(DatumGetUUIDP(slot_getattr(slot, Anum_plan_review_plan, &isnull)), DatumGetUUIDP(r->number), UUID_LEN) == 0)
			return true;
	return false;
}

/*
 * Mark the open plan for review if its last duty has ended (gone); take the mark back if a
 * duty is due again.
 */
void
msb_record_review(MsbRecords *r, bool gone, bool any_due)
{
	static const Oid types[3] = {TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum		args[3] = {r->citizen, r->plan, TimestampTzGetDatum(msb_clock())};

	if (gone)
		run(r, "INSERT INTO msb_org.plan_review (citizen, plan, asked_at, cause)"
			" SELECT $1, $2::pg_catalog.uuid, $3, 'no_reason' WHERE NOT EXISTS (SELECT 1 FROM msb_org.plan_review v"
			" WHERE v.citizen" EQ "$1 AND v.plan" EQ "$2::pg_catalog.uuid AND v.cause" EQ "'no_reason' AND v.reviewed_at IS NULL)"
			" ON CONFLICT (citizen, plan, asked_at, cause) DO NOTHING", 3, types, args, NULL);
	else if (any_due && !r->is_new && is_under_review(r))
		run(r, "UPDATE msb_org.plan_review v SET reviewed_at = GREATEST($3, v.asked_at)"
			" WHERE v.citizen" EQ "$1 AND v.plan" EQ "$2::pg_catalog.uuid AND v.cause" EQ "'no_reason' AND v.reviewed_at IS NULL",
			3, types, args, NULL);
}

/* Return whether a handover of the open plan has neither moved nor become void. */
static bool
handover_waits(MsbRecords *r)
{
	MsbKeyScan *scan;
	TupleTableSlot *slot;
	char	   *number = TextDatumGetCString(r->plan);
	bool		isnull;

	if (r->is_new)
		return false;
	scan = msb_records_scan(r, &r->handovers, "handover", "handover_pkey");
	while ((slot = msb_key_scan_next(scan)) != NULL)
		if (slot_attisnull(slot, Anum_handover_moved_at) && slot_attisnull(slot, Anum_handover_void_at) &&
			strcmp(TextDatumGetCString(slot_getattr(slot, Anum_handover_case_table, &isnull)), "") == 0 &&
			strcmp(TextDatumGetCString(slot_getattr(slot, Anum_handover_case_key, &isnull)), number) == 0)
			return true;
	return false;
}

/*
 * Condition: a handover of the plan that may still be changed; one that was accepted
 * beforehand waits for its day.
 */
#define PENDING	"h.citizen" EQ "$1 AND h.case_table" EQ "'' AND h.case_key" EQ "$2 AND " HANDOVER_WAITS \
	" AND (h.planned OPERATOR(pg_catalog.<=) $3 OR h.accepted_at IS NULL)"

/*
 * Find the day on which the coordination is to move, and the cause.  If a birthday or a
 * structure moves it, they are those that coordination_future() announced.  Otherwise the
 * cases moved it, or somebody changed the plan, and the day is today.
 */
static DateADT
planned_for(MsbRecords *r, const MsbCoordination *c, DateADT on_date, const char **cause)
{
	static const Oid types[5] = {TEXTOID, TEXTOID, DATEOID, TEXTOID, DATEOID};
	Datum		args[5] = {r->citizen, r->plan, DateADTGetDatum(on_date)};
	char		nulls[6] = "     ";
	MemoryContext memory = CurrentMemoryContext;
	DateADT		planned = on_date;

	*cause = r->unit != NULL && msb_unit_kind_on(on_date, r->unit) == NULL ? "structure" : "case";
	if (c->asked || r->unit == NULL || c->challenge == NULL)
		return on_date;
	args[3] = CStringGetTextDatum(c->challenge);
	if (c->birth_known)
		args[4] = DateADTGetDatum(c->birth);
	else
		nulls[4] = 'n';
	msb_records_write(r);
	SPI_connect();
	if (msb_run_as_owner("SELECT f.planned, f.cause, f.from_unit, f.to_unit FROM msb_org.plan p,"
						 " LATERAL msb_org.coordination_since(p) s,"
						 " LATERAL msb_org.future_units(NULL, NULL, NULL, NULL, s, NULL, $5, msb_org.coordination_situation($4), NULL,"
						 " s OPERATOR(pg_catalog.+) 1, $3) f WHERE p.citizen" EQ "$1 AND p.plan" EQ "$2::pg_catalog.uuid"
						 " ORDER BY f.planned DESC LIMIT 1", 5, types, args, nulls) > 0)
	{
		HeapTuple	row = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		char	   *from_unit = SPI_getvalue(row, desc, 3);
		char	   *to_unit = SPI_getvalue(row, desc, 4);
		bool		isnull;

		if (from_unit != NULL && strcmp(from_unit, r->unit) == 0 && to_unit != NULL && strcmp(to_unit, c->unit) == 0)
		{
			*cause = MemoryContextStrdup(memory, SPI_getvalue(row, desc, 2));
			planned = DatumGetDateADT(SPI_getbinval(row, desc, 1, &isnull));
		}
	}
	SPI_finish();
	return planned;
}

/*
 * Record a handover if another unit should coordinate than the one that does: it is to be
 * accepted, or reassign_due() moves it.  If the coordination is back where it was, a
 * handover that waits becomes void.  One that was accepted beforehand is left alone until
 * its day.  A handover that was completed on a day is kept, and a further one is planned
 * for the day after.
 */
void
msb_record_handover(MsbRecords *r, const MsbCoordination *c, DateADT on_date)
{
	static const Oid types[7] = {TEXTOID, TEXTOID, DATEOID, TEXTOID, TEXTOID, TEXTOID, DATEOID};
	const char *cause;
	Datum		args[7] = {r->citizen, r->plan, DateADTGetDatum(on_date)};
	char		nulls[8] = "       ";

	if (c->unit == NULL || (r->unit != NULL && strcmp(c->unit, r->unit) == 0))
	{
		if (!handover_waits(r))
			return;
		run(r, "DELETE FROM msb_org.handover h WHERE " PENDING " AND h.accepted_at IS NULL", 3, types, args, NULL);
		run(r, "UPDATE msb_org.handover h SET void_at = msb_org.record_time() WHERE " PENDING, 3, types, args, NULL);
		return;
	}
	args[6] = DateADTGetDatum(planned_for(r, c, on_date, &cause));
	args[3] = CStringGetTextDatum(c->unit);
	args[4] = CStringGetTextDatum(cause);
	if (r->unit != NULL)
		args[5] = CStringGetTextDatum(r->unit);
	else
		nulls[5] = 'n';
	if (run(r, "UPDATE msb_org.handover h SET to_unit = $4,"
			" cause = CASE WHEN h.to_unit" EQ "$4 THEN h.cause ELSE $5 END,"
			" accepted_at = CASE WHEN h.to_unit" EQ "$4 THEN h.accepted_at END,"
			" accepted_by = CASE WHEN h.to_unit" EQ "$4 THEN h.accepted_by END"
			" WHERE " PENDING, 5, types, args, NULL) == 0)
		run(r, "INSERT INTO msb_org.handover AS h (citizen, case_table, case_key, planned, cause, from_unit, to_unit)"
			" SELECT $1, '', $2, $7 OPERATOR(pg_catalog.+) d.later, $5, $6, $4 FROM pg_catalog.generate_series(0, 366) AS d (later)"
			" WHERE NOT EXISTS (SELECT 1 FROM msb_org.handover o WHERE o.citizen" EQ "$1 AND o.case_table" EQ "'' AND o.case_key" EQ "$2"
			" AND o.planned" EQ "($7 OPERATOR(pg_catalog.+) d.later) AND COALESCE(o.moved_at, o.void_at) IS NOT NULL)"
			" ORDER BY d.later LIMIT 1"
			" ON CONFLICT (citizen, case_table, case_key, planned) DO UPDATE"
			" SET cause = excluded.cause, from_unit = excluded.from_unit, to_unit = excluded.to_unit,"
			" accepted_at = CASE WHEN h.to_unit" EQ "excluded.to_unit THEN h.accepted_at END,"
			" accepted_by = CASE WHEN h.to_unit" EQ "excluded.to_unit THEN h.accepted_by END", 7, types, args, nulls);
}
