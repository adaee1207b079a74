/*
 * plan_record.c: records what a citizen's cases call for: duties that are due,
 * plans that open, who takes part, who should coordinate.
 *
 * Written as the extension's owner, read under the newest snapshot; the citizen's
 * lock is held, so that nobody else writes these rows meanwhile, and what an
 * index keeps unique is looked for before it is inserted.  A row of plan is never
 * updated here: whoever changes one by hand holds its row and waits for the
 * citizen, so that waiting for rows here could be a circle.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "commit_work.h"
#include "coordination.h"
#include "decision_table.h"
#include "query.h"

#define EQ		" OPERATOR(pg_catalog.=) "
#define IS_OPEN	"p.status" EQ "ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[])"
#define OPEN_PLAN_OF(citizen)	"p.citizen" EQ citizen " AND p.kind" EQ "'coordination' AND " IS_OPEN
#define OPEN_PLAN	OPEN_PLAN_OF("$1")

/* n.old_citizen is a key that the citizen had before, and was not given back since. */
#define FORMER_KEY	"n.new_citizen" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.renumbering b" \
	" WHERE b.old_citizen" EQ "$1 AND b.new_citizen" EQ "n.old_citizen" \
	" AND b.recorded_at OPERATOR(pg_catalog.>) n.recorded_at)"

/*
 * A handover that has neither moved nor become void, so written that the index of
 * all of those is not taken for one citizen's.
 */
#define HANDOVER_WAITS	"COALESCE(h.moved_at, h.void_at) IS NULL"

static const Oid text_types[6] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID};

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

/*
 * Plans that are made from now on go by index, to AtEOXact_GUC() of what is
 * returned.  A plan is kept for the session, and the tables may be all but empty
 * when it is made and hold what one transaction brings of 100,000 citizens when it
 * runs: reading the table would then cost the square of that.
 */
static int
by_index(void)
{
	int			guc_level = NewGUCNestLevel();

	(void) set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return guc_level;
}

/* Run one of the statements below; how many rows. */
static uint64
run(const char *query, int nargs, const Oid *types, Datum *args, const char *nulls)
{
	int			result = SPI_execute_snapshot(msb_plan(query, nargs, types), args, nulls,
											  GetLatestSnapshot(), InvalidSnapshot, false, true, 0);

	if (result < 0)
		elog(ERROR, "could not record a citizen's coordination: %s", SPI_result_code_string(result));
	return SPI_processed;
}

static char *
result_text(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

/* What stands for the citizen. */
typedef struct Reason
{
	char	   *duty;
	char	   *units;			/* as an array's text */
	int			nunits;
	char	   *action;
	bool		observed;
	TimestampTz asks_since;
	bool		still_due;
} Reason;

typedef struct Records
{
	Datum		citizen;
	Datum		actor;
	Datum		plan;			/* the open coordination plan, text */
	bool		has_plan;
	char	   *plan_unit;
	char	   *participants;	/* the units of it, an array's text, bytewise order; NULL: not read */
	bool		under_review;	/* somebody is to look at it */
	bool		handover_waits;
	int			nreasons;
	Reason	   *reasons;
} Records;

static void
read_records(Records *r)
{
	Datum		args[1] = {r->citizen};

	/* all that most citizens need: nothing is written where it stands already */
	if (run("SELECT p.plan::pg_catalog.text, p.unit, ARRAY(SELECT t.participant FROM msb_org.plan_participant t"
			" WHERE t.citizen" EQ "$1 AND t.plan" EQ "p.plan AND t.kind" EQ "'unit' AND t.valid_to IS NULL"
			" ORDER BY t.participant)::pg_catalog.text,"
			" EXISTS (SELECT 1 FROM msb_org.plan_review v WHERE v.citizen" EQ "$1 AND v.plan" EQ "p.plan AND v.reviewed_at IS NULL),"
			" EXISTS (SELECT 1 FROM msb_org.handover h WHERE h.citizen" EQ "$1 AND h.case_table" EQ "''"
			" AND h.case_key" EQ "p.plan::pg_catalog.text AND " HANDOVER_WAITS ")"
			" FROM msb_org.plan p WHERE " OPEN_PLAN, 1, text_types, args, NULL) > 0)
	{
		r->has_plan = true;
		r->plan = CStringGetTextDatum(result_text(0, 1));
		r->plan_unit = result_text(0, 2);
		r->participants = result_text(0, 3);
		r->under_review = strcmp(result_text(0, 4), "t") == 0;
		r->handover_waits = strcmp(result_text(0, 5), "t") == 0;
	}
	r->nreasons = run("SELECT r.duty, r.units::pg_catalog.text, pg_catalog.cardinality(r.units), r.action, r.observed, r.asks_since"
					  " FROM msb_org.plan_reason r WHERE r.citizen" EQ "$1 AND r.valid_to IS NULL",
					  1, text_types, args, NULL);
	r->reasons = palloc0_array(Reason, Max(1, r->nreasons));
	for (int i = 0; i < r->nreasons; i++)
	{
		Reason	   *reason = &r->reasons[i];
		bool		isnull;
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;

		reason->duty = result_text(i, 1);
		reason->units = result_text(i, 2);
		reason->nunits = DatumGetInt32(SPI_getbinval(tuple, desc, 3, &isnull));
		reason->action = result_text(i, 4);
		reason->observed = DatumGetBool(SPI_getbinval(tuple, desc, 5, &isnull));
		reason->asks_since = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 6, &isnull));
	}
}

/*
 * Bring the row of a duty to what is due; since when a plan is asked for, and
 * whether that is new: the duty arose, came to lie in more units, or came to be
 * due by cases that are not observed only.
 */
static TimestampTz
record_due(Records *r, const MsbDue *due, bool *arises)
{
	static const Oid types[6] = {TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTARRAYOID, TEXTOID, BOOLOID};
	TimestampTz now = msb_clock();
	const char *action = due->opens ? "open" : "report";
	Datum		args[6] = {r->citizen, CStringGetTextDatum(due->duty), TimestampTzGetDatum(now),
	msb_text_list(due->units), CStringGetTextDatum(action), BoolGetDatum(due->observed)};
	Reason	   *stands = NULL;

	for (int i = 0; i < r->nreasons; i++)
		if (strcmp(r->reasons[i].duty, due->duty) == 0)
			stands = &r->reasons[i];
	if (stands == NULL)
	{
		*arises = true;
		/* later than the duty ended before, whatever the clock says */
		run("INSERT INTO msb_org.plan_reason (citizen, duty, valid_from, units, asks_since, action, observed)"
			" SELECT $1, $2, s.at, $4, s.at, $5, $6 FROM (SELECT GREATEST($3, (SELECT pg_catalog.max(r.valid_to)"
			" FROM msb_org.plan_reason r WHERE r.citizen" EQ "$1 AND r.duty" EQ "$2)) AS at) s",
			6, types, args, NULL);
		return now;
	}
	stands->still_due = true;
	*arises = list_length(due->units) > stands->nunits;
	/* a plan that is open takes the further unit in, and meets the duty whatever becomes of it */
	if (*arises && !r->has_plan)
		stands->asks_since = Max(now, stands->asks_since);
	if (*arises || stands->observed != due->observed || strcmp(stands->action, action) != 0 ||
		strcmp(stands->units, OidOutputFunctionCall(F_ARRAY_OUT, args[3])) != 0)
	{
		args[2] = TimestampTzGetDatum(stands->asks_since);
		run("UPDATE msb_org.plan_reason r SET asks_since = $3, units = $4, action = $5, observed = $6"
			" WHERE r.citizen" EQ "$1 AND r.duty" EQ "$2 AND r.valid_to IS NULL", 6, types, args, NULL);
	}
	*arises |= stands->observed && !due->observed;
	return stands->asks_since;
}

/* End the duties that are due no longer; whether that was the last. */
static bool
end_reasons(Records *r, bool any_due)
{
	static const Oid types[3] = {TEXTOID, TEXTOID, TIMESTAMPTZOID};
	bool		ended = false;

	for (int i = 0; i < r->nreasons; i++)
	{
		Datum		args[3] = {r->citizen, CStringGetTextDatum(r->reasons[i].duty), TimestampTzGetDatum(msb_clock())};

		if (r->reasons[i].still_due)
			continue;
		ended = true;
		run("UPDATE msb_org.plan_reason r SET valid_to = GREATEST($3, r.valid_from OPERATOR(pg_catalog.+)"
			" pg_catalog.interval '1 microsecond')"
			" WHERE r.citizen" EQ "$1 AND r.duty" EQ "$2 AND r.valid_to IS NULL", 3, types, args, NULL);
	}
	return ended && !any_due;
}

/*
 * Whether a plan was opened since then, whatever became of it; or stands open under
 * a key that the citizen had, and comes over with the last case.
 */
static bool
is_met(Records *r, TimestampTz since)
{
	static const Oid types[2] = {TEXTOID, TIMESTAMPTZOID};
	Datum		args[2] = {r->citizen, TimestampTzGetDatum(since)};

	return r->has_plan ||
		run("SELECT 1 FROM msb_org.plan p WHERE p.citizen" EQ "$1 AND p.opened_at OPERATOR(pg_catalog.>=) $2"
			" AND p.status OPERATOR(pg_catalog.<>) 'entered_in_error'", 2, types, args, NULL) > 0 ||
		/* no EXISTS, of which the planner may make a join that reads every plan */
		run("SELECT 1 FROM msb_org.renumbering n WHERE " FORMER_KEY " AND (SELECT true FROM msb_org.plan p WHERE "
			OPEN_PLAN_OF("n.old_citizen") " LIMIT 1)", 1, types, args, NULL) > 0;
}

static void
open_plan(Records *r, const MsbCoordination *c, const char *duty)
{
	static const Oid types[6] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum		args[6] = {r->citizen, 0, 0, CStringGetTextDatum(duty), r->actor, TimestampTzGetDatum(msb_clock())};
	char		nulls[7] = "      ";

	if (c->unit != NULL)
		args[1] = CStringGetTextDatum(c->unit);
	else
		nulls[1] = 'n';
	if (c->challenge != NULL)
		args[2] = CStringGetTextDatum(c->challenge);
	else
		nulls[2] = 'n';
	run("INSERT INTO msb_org.plan (citizen, unit, challenge, duty, opened_by, opened_at, status_since)"
		" VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING plan::pg_catalog.text", 6, types, args, nulls);
	r->has_plan = true;
	r->plan = CStringGetTextDatum(result_text(0, 1));
	r->plan_unit = c->unit;
}

/* The coordinating unit and the units of all open cases take part. */
static void
record_participants(Records *r, const MsbCoordination *c)
{
	static const Oid types[5] = {TEXTOID, TEXTOID, TEXTARRAYOID, TIMESTAMPTZOID, TEXTOID};
	List	   *units = list_copy(c->units);
	Datum		args[5] = {r->citizen, r->plan, 0, TimestampTzGetDatum(msb_clock()), r->actor};
	ListCell   *lc;
	bool		known = r->plan_unit == NULL;

	foreach(lc, units)
		known |= r->plan_unit != NULL && strcmp(lfirst(lc), r->plan_unit) == 0;
	if (!known)
		units = lappend(units, r->plan_unit);
	list_sort(units, msb_compare_texts);
	args[2] = msb_text_list(units);
	if (r->participants != NULL && strcmp(r->participants, OidOutputFunctionCall(F_ARRAY_OUT, args[2])) == 0)
		return;
	run("UPDATE msb_org.plan_participant t SET valid_to = GREATEST($4, t.valid_from)"
		" WHERE t.citizen" EQ "$1 AND t.plan" EQ "$2::pg_catalog.uuid AND t.kind" EQ "'unit' AND t.valid_to IS NULL"
		" AND t.participant OPERATOR(pg_catalog.<>) ALL ($3)", 4, types, args, NULL);
	run("INSERT INTO msb_org.plan_participant (citizen, plan, kind, participant, valid_from, actor)"
		" SELECT $1, $2::pg_catalog.uuid, 'unit', u.unit, $4, $5 FROM pg_catalog.unnest($3) AS u (unit)"
		" WHERE NOT EXISTS (SELECT 1 FROM msb_org.plan_participant t WHERE t.citizen" EQ "$1"
		" AND t.plan" EQ "$2::pg_catalog.uuid AND t.kind" EQ "'unit' AND t.participant" EQ "u.unit AND t.valid_to IS NULL)"
		" ON CONFLICT (citizen, plan, kind, participant, valid_from) DO UPDATE SET valid_to = NULL",
		5, types, args, NULL);
}

/*
 * Of a coordination plan that is open no longer nobody takes part by having a case.
 * Who takes part in another plan is that plan's.
 */
static void
end_participants(Records *r)
{
	static const Oid types[2] = {TEXTOID, TIMESTAMPTZOID};
	Datum		args[2] = {r->citizen, TimestampTzGetDatum(msb_clock())};

	run("UPDATE msb_org.plan_participant t SET valid_to = GREATEST($2, t.valid_from)"
		" WHERE t.citizen" EQ "$1 AND t.kind" EQ "'unit' AND t.valid_to IS NULL AND NOT EXISTS"
		" (SELECT 1 FROM msb_org.plan p WHERE p.citizen" EQ "$1 AND p.plan" EQ "t.plan"
		" AND (p.kind OPERATOR(pg_catalog.<>) 'coordination' OR " IS_OPEN "))", 2, types, args, NULL);
}

/* Whoever ended a plan has looked at it. */
static void
end_reviews(Records *r)
{
	static const Oid types[3] = {TEXTOID, TIMESTAMPTZOID, TEXTOID};
	Datum		args[3] = {r->citizen, TimestampTzGetDatum(msb_clock()), r->actor};

	run("UPDATE msb_org.plan_review v SET reviewed_at = GREATEST($2, v.asked_at), reviewed_by = $3"
		" WHERE v.citizen" EQ "$1 AND v.reviewed_at IS NULL AND EXISTS (SELECT 1 FROM msb_org.plan p"
		" WHERE p.citizen" EQ "$1 AND p.plan" EQ "v.plan AND NOT " IS_OPEN ")", 3, types, args, NULL);
}

/* A plan that is open no longer hands nothing over. */
static void
end_handovers(Records *r)
{
	Datum		args[1] = {r->citizen};

	run("UPDATE msb_org.handover h SET void_at = msb_org.record_time()"
		" WHERE h.citizen" EQ "$1 AND h.case_table" EQ "'' AND " HANDOVER_WAITS " AND NOT EXISTS"
		" (SELECT 1 FROM msb_org.plan p WHERE " OPEN_PLAN " AND p.plan::pg_catalog.text" EQ "h.case_key)", 1, text_types, args, NULL);
}

/* The last reason went, or one is there again: whether somebody should look at the plan. */
static void
record_review(Records *r, bool gone, bool any_due)
{
	static const Oid types[3] = {TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum		args[3] = {r->citizen, r->plan, TimestampTzGetDatum(msb_clock())};

	if (gone)
		run("INSERT INTO msb_org.plan_review (citizen, plan, asked_at, cause)"
			" SELECT $1, $2::pg_catalog.uuid, $3, 'no_reason' WHERE NOT EXISTS (SELECT 1 FROM msb_org.plan_review v"
			" WHERE v.citizen" EQ "$1 AND v.plan" EQ "$2::pg_catalog.uuid AND v.cause" EQ "'no_reason' AND v.reviewed_at IS NULL)"
			" ON CONFLICT (citizen, plan, asked_at, cause) DO NOTHING", 3, types, args, NULL);
	else if (any_due && r->under_review)
		run("UPDATE msb_org.plan_review v SET reviewed_at = GREATEST($3, v.asked_at)"
			" WHERE v.citizen" EQ "$1 AND v.plan" EQ "$2::pg_catalog.uuid AND v.cause" EQ "'no_reason' AND v.reviewed_at IS NULL",
			3, types, args, NULL);
}

#define PENDING	"h.citizen" EQ "$1 AND h.case_table" EQ "'' AND h.case_key" EQ "$2 AND " HANDOVER_WAITS \
	" AND (h.planned OPERATOR(pg_catalog.<=) $3 OR h.accepted_at IS NULL)"

/*
 * The day on which the coordination was to move, and why, where a birthday or a
 * structure moves it: as coordination_future() has announced it.  Otherwise it is
 * the cases', or what somebody did to the plan, and it is today.
 */
static DateADT
planned_for(Records *r, const MsbCoordination *c, DateADT on_date, const char **cause)
{
	static const Oid types[5] = {TEXTOID, TEXTOID, DATEOID, TEXTOID, DATEOID};
	Datum		args[5] = {r->citizen, r->plan, DateADTGetDatum(on_date)};
	char		nulls[6] = "     ";
	char	   *from_unit;
	char	   *to_unit;
	bool		isnull;

	*cause = r->plan_unit != NULL && msb_unit_kind(on_date, r->plan_unit) == NULL ? "structure" : "case";
	if (c->asked || r->plan_unit == NULL || c->challenge == NULL)
		return on_date;
	args[3] = CStringGetTextDatum(c->challenge);
	if (c->birth_known)
		args[4] = DateADTGetDatum(c->birth);
	else
		nulls[4] = 'n';
	if (run("SELECT f.planned, f.cause, f.from_unit, f.to_unit FROM msb_org.plan p,"
			" LATERAL msb_org.coordination_since(p) s,"
			" LATERAL msb_org.future_units(NULL, NULL, NULL, NULL, s, NULL, $5, msb_org.coordination_situation($4), NULL,"
			" s OPERATOR(pg_catalog.+) 1, $3) f WHERE p.citizen" EQ "$1 AND p.plan" EQ "$2::pg_catalog.uuid"
			" ORDER BY f.planned DESC LIMIT 1", 5, types, args, nulls) == 0)
		return on_date;
	from_unit = result_text(0, 3);
	to_unit = result_text(0, 4);
	if (from_unit == NULL || strcmp(from_unit, r->plan_unit) != 0 || to_unit == NULL || strcmp(to_unit, c->unit) != 0)
		return on_date;
	*cause = result_text(0, 2);
	return DatumGetDateADT(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/*
 * Another unit should coordinate than does: a handover, to be accepted, or moved
 * by reassign_due(); none, where the coordination is back where it was.  One that
 * is ahead and accepted beforehand is left alone until its day; what has happened
 * on a day stands, and a further one is planned for the day after.
 */
static void
record_handover(Records *r, const MsbCoordination *c, DateADT on_date)
{
	static const Oid types[7] = {TEXTOID, TEXTOID, DATEOID, TEXTOID, TEXTOID, TEXTOID, DATEOID};
	const char *cause;
	Datum		args[7] = {r->citizen, r->plan, DateADTGetDatum(on_date)};
	char		nulls[8] = "       ";

	if (c->unit == NULL || (r->plan_unit != NULL && strcmp(c->unit, r->plan_unit) == 0))
	{
		if (!r->handover_waits)
			return;
		run("DELETE FROM msb_org.handover h WHERE " PENDING " AND h.accepted_at IS NULL", 3, types, args, NULL);
		run("UPDATE msb_org.handover h SET void_at = msb_org.record_time() WHERE " PENDING, 3, types, args, NULL);
		return;
	}
	args[6] = DateADTGetDatum(planned_for(r, c, on_date, &cause));
	args[3] = CStringGetTextDatum(c->unit);
	args[4] = CStringGetTextDatum(cause);
	if (r->plan_unit != NULL)
		args[5] = CStringGetTextDatum(r->plan_unit);
	else
		nulls[5] = 'n';
	if (run("UPDATE msb_org.handover h SET to_unit = $4,"
			" cause = CASE WHEN h.to_unit" EQ "$4 THEN h.cause ELSE $5 END,"
			" accepted_at = CASE WHEN h.to_unit" EQ "$4 THEN h.accepted_at END,"
			" accepted_by = CASE WHEN h.to_unit" EQ "$4 THEN h.accepted_by END"
			" WHERE " PENDING, 5, types, args, NULL) == 0)
		run("INSERT INTO msb_org.handover AS h (citizen, case_table, case_key, planned, cause, from_unit, to_unit)"
			" SELECT $1, '', $2, $7 OPERATOR(pg_catalog.+) d.later, $5, $6, $4 FROM pg_catalog.generate_series(0, 366) AS d (later)"
			" WHERE NOT EXISTS (SELECT 1 FROM msb_org.handover o WHERE o.citizen" EQ "$1 AND o.case_table" EQ "'' AND o.case_key" EQ "$2"
			" AND o.planned" EQ "($7 OPERATOR(pg_catalog.+) d.later) AND COALESCE(o.moved_at, o.void_at) IS NOT NULL)"
			" ORDER BY d.later LIMIT 1"
			" ON CONFLICT (citizen, case_table, case_key, planned) DO UPDATE"
			" SET cause = excluded.cause, from_unit = excluded.from_unit, to_unit = excluded.to_unit,"
			" accepted_at = CASE WHEN h.to_unit" EQ "excluded.to_unit THEN h.accepted_at END,"
			" accepted_by = CASE WHEN h.to_unit" EQ "excluded.to_unit THEN h.accepted_by END", 7, types, args, nulls);
}

/* Record what a citizen's cases call for; how many plans opened: one or none. */
int64
msb_record_coordination(const MsbCoordination *c, DateADT on_date, MsbOpening opening)
{
	Records		r = {0};
	const char *asking = NULL;
	bool		gone;
	int64		opened = 0;
	MsbUser		caller;
	int			guc_level;
	ListCell   *lc;

	SPI_connect();
	caller = msb_become(msb_extension_owner());
	guc_level = by_index();
	r.citizen = CStringGetTextDatum(c->citizen);
	r.actor = CStringGetTextDatum(msb_current_actor());
	read_records(&r);
	foreach(lc, c->dues)
	{
		MsbDue	   *due = lfirst(lc);
		bool		arises = false;
		TimestampTz since = record_due(&r, due, &arises);

		if (due->opens && !due->observed && (arises || opening == MSB_OPEN_DUE) &&
			opening != MSB_OPEN_NONE && asking == NULL && !is_met(&r, since))
			asking = due->duty;
	}
	gone = end_reasons(&r, c->dues != NIL);
	/* who has a plan that is open has no other that has just ended, but for these */
	if (!r.has_plan || c->asked || c->carried)
	{
		end_participants(&r);
		end_reviews(&r);
		end_handovers(&r);
	}
	if (asking != NULL)
	{
		open_plan(&r, c, asking);
		opened = 1;
	}
	if (r.has_plan)
	{
		record_participants(&r, c);
		record_review(&r, gone, c->dues != NIL);
		if (c->cases != NIL)
			record_handover(&r, c, on_date);
	}
	AtEOXact_GUC(true, guc_level);
	msb_become_again(caller);
	SPI_finish();
	return opened;
}

/* The keys that a citizen had before and under which plans or duties stand.  In the caller's memory. */
List *
msb_former_keys(const char *citizen)
{
	MemoryContext memory = CurrentMemoryContext;
	Datum		args[1] = {CStringGetTextDatum(citizen)};
	List	   *keys = NIL;
	MsbUser		caller;
	int			guc_level;
	uint64		count;

	SPI_connect();
	caller = msb_become(msb_extension_owner());
	guc_level = by_index();
	count = run("SELECT DISTINCT n.old_citizen FROM msb_org.renumbering n WHERE " FORMER_KEY
				" AND (EXISTS (SELECT 1 FROM msb_org.plan p WHERE p.citizen" EQ "n.old_citizen)"
				" OR EXISTS (SELECT 1 FROM msb_org.plan_reason r WHERE r.citizen" EQ "n.old_citizen))",
				1, text_types, args, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(memory);

		keys = lappend(keys, result_text(i, 1));
		MemoryContextSwitchTo(old);
	}
	AtEOXact_GUC(true, guc_level);
	msb_become_again(caller);
	SPI_finish();
	return keys;
}

/*
 * A citizen without open cases whose key changed, by what renumbering says: what
 * else is recorded goes over to the new key.  Returns that, in the caller's memory;
 * NULL where no other key is known.  Of two primary challenges the new key's own
 * stays.
 */
char *
msb_carry_over(const char *citizen)
{
	MemoryContext memory = CurrentMemoryContext;
	Datum		args[3];
	static const Oid types[3] = {TEXTOID, TEXTOID, TIMESTAMPTZOID};
	char	   *now_called = NULL;
	MsbUser		caller;
	int			guc_level;
	MsbLockSet	lock = {0};

	SPI_connect();
	caller = msb_become(msb_extension_owner());
	guc_level = by_index();
	args[0] = CStringGetTextDatum(citizen);
	/* not where it was changed back since */
	if (run("SELECT n.new_citizen FROM msb_org.renumbering n WHERE n.old_citizen" EQ "$1"
			" AND NOT EXISTS (SELECT 1 FROM msb_org.renumbering b WHERE b.old_citizen" EQ "n.new_citizen"
			" AND b.new_citizen" EQ "$1 AND b.recorded_at OPERATOR(pg_catalog.>) n.recorded_at)"
			" ORDER BY n.recorded_at DESC LIMIT 1", 1, text_types, args, NULL) > 0)
	{
		now_called = MemoryContextStrdup(memory, result_text(0, 1));
		/* held already where the last case has just gone there; out of order it is rare */
		msb_lock_add(&lock, now_called);
		msb_lock_take(MSB_LOCK_CITIZEN, &lock);
		args[1] = CStringGetTextDatum(now_called);
		args[2] = TimestampTzGetDatum(msb_clock());
		/* of two open coordination plans the guard of plan lets one stand */
		run("UPDATE msb_org.plan p SET citizen = $2 WHERE p.citizen" EQ "$1", 2, types, args, NULL);
		run("UPDATE msb_org.plan_participant t SET citizen = $2 WHERE t.citizen" EQ "$1", 2, types, args, NULL);
		run("UPDATE msb_org.plan_review v SET citizen = $2 WHERE v.citizen" EQ "$1", 2, types, args, NULL);
		run("UPDATE msb_org.plan_citizen t SET related = $2 WHERE t.related" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.plan_citizen o"
			" WHERE o.citizen" EQ "t.citizen AND o.plan" EQ "t.plan AND o.related" EQ "$2)", 2, types, args, NULL);
		run("UPDATE msb_org.primary_challenge c SET valid_to = GREATEST($3, c.valid_from OPERATOR(pg_catalog.+)"
			" pg_catalog.interval '1 microsecond') WHERE c.citizen" EQ "$1 AND c.valid_to IS NULL"
			" AND EXISTS (SELECT 1 FROM msb_org.primary_challenge n WHERE n.citizen" EQ "$2 AND n.valid_to IS NULL)",
			3, types, args, NULL);
		run("UPDATE msb_org.primary_challenge c SET citizen = $2 WHERE c.citizen" EQ "$1"
			" AND NOT EXISTS (SELECT 1 FROM msb_org.primary_challenge n WHERE n.citizen" EQ "$2 AND n.valid_from" EQ "c.valid_from)",
			2, types, args, NULL);
		run("UPDATE msb_org.plan_reason r SET valid_to = GREATEST($3, r.valid_from OPERATOR(pg_catalog.+)"
			" pg_catalog.interval '1 microsecond') WHERE r.citizen" EQ "$1 AND r.valid_to IS NULL AND EXISTS"
			" (SELECT 1 FROM msb_org.plan_reason n WHERE n.citizen" EQ "$2 AND n.duty" EQ "r.duty AND n.valid_to IS NULL)",
			3, types, args, NULL);
		run("UPDATE msb_org.plan_reason r SET citizen = $2 WHERE r.citizen" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.plan_reason n"
			" WHERE n.citizen" EQ "$2 AND n.duty" EQ "r.duty AND n.valid_from" EQ "r.valid_from)", 2, types, args, NULL);
		run("UPDATE msb_org.handover h SET citizen = $2 WHERE h.citizen" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.handover n"
			" WHERE n.citizen" EQ "$2 AND n.case_table" EQ "h.case_table AND n.case_key" EQ "h.case_key AND n.planned" EQ "h.planned)",
			2, types, args, NULL);
	}
	AtEOXact_GUC(true, guc_level);
	msb_become_again(caller);
	SPI_finish();
	return now_called;
}
