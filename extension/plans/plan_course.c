/*
 * plan_course.c: the course that a coordination plan takes with the citizen's
 * cases: who takes part, whether somebody should look at it again, to whom it is
 * to be handed over; and how that ends with the plan.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "plans/plan_part.h"
#include "plans/plan_record.h"

#define EQ		MSB_EQ
#define IS_OPEN	MSB_PLAN_IS_OPEN
#define OPEN_PLAN	"p.citizen" EQ "$1 AND p.kind" EQ "'coordination' AND " IS_OPEN

/*
 * A handover that has neither moved nor become void, so written that the index of
 * all of those is not taken for one citizen's.
 */
#define HANDOVER_WAITS	"COALESCE(h.moved_at, h.void_at) IS NULL"

/* Columns of msb_org.plan_participant. */
enum
{
	PARTICIPANT_CITIZEN = 1,
	PARTICIPANT_PLAN,
	PARTICIPANT_KIND,
	PARTICIPANT_PARTICIPANT,
	PARTICIPANT_VALID_FROM,
	PARTICIPANT_VALID_TO,
	PARTICIPANT_ACTOR,
	PARTICIPANT_COLUMNS = PARTICIPANT_ACTOR
};

/* Those columns of msb_org.plan_review and msb_org.handover that are read here. */
#define REVIEW_PLAN				2
#define REVIEW_REVIEWED_AT		5
#define HANDOVER_CASE_TABLE		2
#define HANDOVER_CASE_KEY		3
#define HANDOVER_MOVED_AT		10
#define HANDOVER_VOID_AT		11

static const Oid text_types[6] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID};

/* Run a statement that brings no rows of interest; how many it found. */
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

static void
insert_participant(MsbRecords *r, const char *unit, TimestampTz now)
{
	Datum		values[PARTICIPANT_COLUMNS] = {0};
	bool		nulls[PARTICIPANT_COLUMNS] = {0};

	values[PARTICIPANT_CITIZEN - 1] = r->citizen;
	values[PARTICIPANT_PLAN - 1] = r->number;
	msb_set_text(values, nulls, PARTICIPANT_KIND, "unit");
	msb_set_text(values, nulls, PARTICIPANT_PARTICIPANT, unit);
	values[PARTICIPANT_VALID_FROM - 1] = TimestampTzGetDatum(now);
	nulls[PARTICIPANT_VALID_TO - 1] = true;
	values[PARTICIPANT_ACTOR - 1] = r->actor;
	msb_own_table_insert(msb_records_table(r, &r->participant_table, "plan_participant", PARTICIPANT_COLUMNS), values, nulls);
}

static void
end_participant(MsbRecords *r, HeapTuple row, TimestampTz end)
{
	Datum		values[PARTICIPANT_COLUMNS] = {0};
	bool		nulls[PARTICIPANT_COLUMNS] = {0};
	bool		replace[PARTICIPANT_COLUMNS] = {0};

	replace[PARTICIPANT_VALID_TO - 1] = true;
	values[PARTICIPANT_VALID_TO - 1] = TimestampTzGetDatum(end);
	nulls[PARTICIPANT_VALID_TO - 1] = end == DT_NOEND;
	msb_own_table_update(msb_records_table(r, &r->participant_table, "plan_participant", PARTICIPANT_COLUMNS),
						 row, values, nulls, replace);
}

/* A unit that takes part in the plan, or did. */
typedef struct Participant
{
	HeapTuple	row;
	char	   *unit;
	TimestampTz valid_from;
	bool		ended;
} Participant;

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

		if (memcmp(DatumGetUUIDP(slot_getattr(slot, PARTICIPANT_PLAN, &isnull)), DatumGetUUIDP(r->number), UUID_LEN) != 0 ||
			strcmp(TextDatumGetCString(slot_getattr(slot, PARTICIPANT_KIND, &isnull)), "unit") != 0)
			continue;
		p = palloc_object(Participant);
		p->unit = TextDatumGetCString(slot_getattr(slot, PARTICIPANT_PARTICIPANT, &isnull));
		p->valid_from = DatumGetTimestampTz(slot_getattr(slot, PARTICIPANT_VALID_FROM, &isnull));
		p->ended = !slot_attisnull(slot, PARTICIPANT_VALID_TO);
		p->row = ExecCopySlotHeapTuple(slot);
		participants = lappend(participants, p);
	}
	return participants;
}

static bool
has_text(List *texts, const char *text)
{
	ListCell   *lc;

	foreach(lc, texts)
		if (strcmp(lfirst(lc), text) == 0)
			return true;
	return false;
}

/* The coordinating unit and the units of all open cases take part. */
void
msb_record_participants(MsbRecords *r, const MsbCoordination *c)
{
	List	   *units = list_copy(c->units);
	List	   *participants = r->is_new ? NIL : read_participants(r);
	TimestampTz now = msb_clock();
	ListCell   *lc;
	ListCell   *lp;

	if (r->unit != NULL && !has_text(units, r->unit))
		units = lappend(units, r->unit);
	list_sort(units, msb_compare_texts);
	foreach(lp, participants)
	{
		Participant *p = lfirst(lp);

		if (!p->ended && !has_text(units, p->unit))
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
		/* it came, went and comes again at one moment of a clock that stands still */
		if (at_once != NULL)
			end_participant(r, at_once->row, DT_NOEND);
		else
			insert_participant(r, unit, now);
	}
}

/*
 * Of a coordination plan that is open no longer nobody takes part by having a case
 * (who takes part in another plan is that plan's), whoever ended it has looked at
 * it, and it hands nothing over.
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

/* Whether somebody is to look at the plan. */
static bool
is_under_review(MsbRecords *r)
{
	MsbKeyScan *scan = msb_records_scan(r, &r->reviews, "plan_review", "plan_review_pkey");
	TupleTableSlot *slot;
	bool		isnull;

	while ((slot = msb_key_scan_next(scan)) != NULL)
		if (slot_attisnull(slot, REVIEW_REVIEWED_AT) &&
			memcmp(DatumGetUUIDP(slot_getattr(slot, REVIEW_PLAN, &isnull)), DatumGetUUIDP(r->number), UUID_LEN) == 0)
			return true;
	return false;
}

/* The last reason went, or one is there again: whether somebody should look at the plan. */
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

/* Whether a handover of the plan has neither happened nor become void. */
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
		if (slot_attisnull(slot, HANDOVER_MOVED_AT) && slot_attisnull(slot, HANDOVER_VOID_AT) &&
			strcmp(TextDatumGetCString(slot_getattr(slot, HANDOVER_CASE_TABLE, &isnull)), "") == 0 &&
			strcmp(TextDatumGetCString(slot_getattr(slot, HANDOVER_CASE_KEY, &isnull)), number) == 0)
			return true;
	return false;
}

#define PENDING	"h.citizen" EQ "$1 AND h.case_table" EQ "'' AND h.case_key" EQ "$2 AND " HANDOVER_WAITS \
	" AND (h.planned OPERATOR(pg_catalog.<=) $3 OR h.accepted_at IS NULL)"

/*
 * The day on which the coordination was to move, and why, where a birthday or a
 * structure moves it: as coordination_future() has announced it.  Otherwise it is
 * the cases', or what somebody did to the plan, and it is today.
 */
static DateADT
planned_for(MsbRecords *r, const MsbCoordination *c, DateADT on_date, const char **cause)
{
	static const Oid types[5] = {TEXTOID, TEXTOID, DATEOID, TEXTOID, DATEOID};
	Datum		args[5] = {r->citizen, r->plan, DateADTGetDatum(on_date)};
	char		nulls[6] = "     ";
	MemoryContext memory = CurrentMemoryContext;
	DateADT		planned = on_date;

	*cause = r->unit != NULL && msb_unit_kind(on_date, r->unit) == NULL ? "structure" : "case";
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
 * Another unit should coordinate than does: a handover, to be accepted, or moved
 * by reassign_due(); none, where the coordination is back where it was.  One that
 * is ahead and accepted beforehand is left alone until its day; what has happened
 * on a day stands, and a further one is planned for the day after.
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
