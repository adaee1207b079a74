/*
 * carry_over.c: moves what is recorded of a citizen from one key to another.
 *
 * The trigger on the table that cases refer to carries cases over, and records that in
 * renumbering.  Once the last open case has moved to another key of the same person,
 * plans, duties, a primary challenge and handovers follow.  Callers hold the locks of both
 * keys.
 *
 * The statements are SQL in string literals, since each must see the newest rows: under
 * the lock that means all that sessions committed that held it before, at every isolation
 * level.  A function in SQL would read under the transaction's snapshot, which may be
 * older than the lock; msb_run_as_owner() runs a statement under the newest one.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "base/query.h"
#include "ledger/citizen_lock.h"
#include "plans/plan.h"
#include "plans/carry_over.h"

#define EQ		MSB_EQ

/* Condition: n.old_citizen is a key that the citizen $1 had before, and did not get back since. */
#define FORMER_KEY	"n.new_citizen" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.renumbering b" \
	" WHERE b.old_citizen" EQ "$1 AND b.new_citizen" EQ "n.old_citizen" \
	" AND b.recorded_at OPERATOR(pg_catalog.>) n.recorded_at)"

/* An end for a row that is valid now: $3, but later than the row began. */
#define END_OF(row)	"GREATEST($3, " row ".valid_from OPERATOR(pg_catalog.+) pg_catalog.interval '1 microsecond')"

static const Oid types[3] = {TEXTOID, TEXTOID, TIMESTAMPTZOID};

/*
 * The statements that move everything from the key $1 to the key $2 at the instant $3, in
 * this order.  A row whose primary key the new citizen has already stays behind.  If both
 * keys have a current primary challenge, or the same current duty, the new key's is kept
 * and the other one ends before it moves.
 */
static const char *const moves[] = {
	/* if both keys have an open coordination plan, the trigger plan_guard replaces one */
	"UPDATE msb_org.plan p SET citizen = $2 WHERE p.citizen" EQ "$1",
	"UPDATE msb_org.plan_participant t SET citizen = $2 WHERE t.citizen" EQ "$1",
	"UPDATE msb_org.plan_review v SET citizen = $2 WHERE v.citizen" EQ "$1",
	"UPDATE msb_org.plan_citizen t SET related = $2 WHERE t.related" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.plan_citizen o"
	" WHERE o.citizen" EQ "t.citizen AND o.plan" EQ "t.plan AND o.related" EQ "$2)",
	"UPDATE msb_org.primary_challenge c SET valid_to = " END_OF("c") " WHERE c.citizen" EQ "$1 AND c.valid_to IS NULL"
	" AND EXISTS (SELECT 1 FROM msb_org.primary_challenge n WHERE n.citizen" EQ "$2 AND n.valid_to IS NULL)",
	"UPDATE msb_org.primary_challenge c SET citizen = $2 WHERE c.citizen" EQ "$1"
	" AND NOT EXISTS (SELECT 1 FROM msb_org.primary_challenge n WHERE n.citizen" EQ "$2 AND n.valid_from" EQ "c.valid_from)",
	"UPDATE msb_org.plan_reason r SET valid_to = " END_OF("r") " WHERE r.citizen" EQ "$1 AND r.valid_to IS NULL"
	" AND EXISTS (SELECT 1 FROM msb_org.plan_reason n WHERE n.citizen" EQ "$2 AND n.duty" EQ "r.duty AND n.valid_to IS NULL)",
	"UPDATE msb_org.plan_reason r SET citizen = $2 WHERE r.citizen" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.plan_reason n"
	" WHERE n.citizen" EQ "$2 AND n.duty" EQ "r.duty AND n.valid_from" EQ "r.valid_from)",
	"UPDATE msb_org.handover h SET citizen = $2 WHERE h.citizen" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.handover n"
	" WHERE n.citizen" EQ "$2 AND n.case_table" EQ "h.case_table AND n.case_key" EQ "h.case_key AND n.planned" EQ "h.planned)"
};

/* Return the first column of a row of the last query, as text. */
static char *
first_text(uint64 row)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1);
}

/*
 * Return whether an open coordination plan is recorded under a former key: it will follow
 * the last case.
 */
bool
msb_former_plan_open(const char *citizen)
{
	Datum		args[1] = {CStringGetTextDatum(citizen)};
	bool		is_open;

	SPI_connect();
	/* no EXISTS: the planner may turn it into a join that reads every plan */
	is_open = msb_run_as_owner("SELECT 1 FROM msb_org.renumbering n WHERE " FORMER_KEY " AND (SELECT true FROM msb_org.plan p"
							   " WHERE p.citizen" EQ "n.old_citizen AND p.kind" EQ "'coordination'"
							   " AND " MSB_PLAN_IS_OPEN " LIMIT 1)",
							   1, types, args, NULL) > 0;
	SPI_finish();
	return is_open;
}

/*
 * Return the former keys of a citizen that plans or duties are recorded under, in the
 * caller's memory.
 */
List *
msb_former_keys(const char *citizen)
{
	MemoryContext memory = CurrentMemoryContext;
	Datum		args[1] = {CStringGetTextDatum(citizen)};
	List	   *keys = NIL;
	uint64		count;

	SPI_connect();
	count = msb_run_as_owner("SELECT DISTINCT n.old_citizen FROM msb_org.renumbering n WHERE " FORMER_KEY
							 " AND (EXISTS (SELECT 1 FROM msb_org.plan p WHERE p.citizen" EQ "n.old_citizen)"
							 " OR EXISTS (SELECT 1 FROM msb_org.plan_reason r WHERE r.citizen" EQ "n.old_citizen))",
							 1, types, args, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(memory);

		keys = lappend(keys, first_text(i));
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return keys;
}

/*
 * Move everything that is recorded of a citizen without open cases to the key that
 * renumbering says the citizen got.  Returns that key, in the caller's memory; NULL if
 * none is known.
 */
char *
msb_carry_over(const char *citizen)
{
	MemoryContext memory = CurrentMemoryContext;
	Datum		args[3] = {CStringGetTextDatum(citizen)};
	char	   *new_key = NULL;

	SPI_connect();
	/* a change that was taken back since does not count */
	if (msb_run_as_owner("SELECT n.new_citizen FROM msb_org.renumbering n WHERE n.old_citizen" EQ "$1"
						 " AND NOT EXISTS (SELECT 1 FROM msb_org.renumbering b WHERE b.old_citizen" EQ "n.new_citizen"
						 " AND b.new_citizen" EQ "$1 AND b.recorded_at OPERATOR(pg_catalog.>) n.recorded_at)"
						 " ORDER BY n.recorded_at DESC LIMIT 1", 1, types, args, NULL) > 0)
	{
		MsbLockSet	lock = {0};

		new_key = MemoryContextStrdup(memory, first_text(0));
		/*
		 * Held already if the last case has just moved there; else it is taken out of
		 * order, which is rare.
		 */
		msb_lock_add(&lock, new_key);
		msb_lock_take(MSB_LOCK_CITIZEN, &lock);
		args[1] = CStringGetTextDatum(new_key);
		args[2] = TimestampTzGetDatum(msb_clock());
		for (int i = 0; i < (int) lengthof(moves); i++)
			msb_run_as_owner(moves[i], 3, types, args, NULL);
	}
	SPI_finish();
	return new_key;
}
