/*
 * carry_over.c: what is recorded of a citizen under one key goes over to another.
 *
 * The trigger on the table that cases refer to carries cases over, and says so in
 * renumbering; where the last open case has gone to another key of the same
 * person, plans, duties, a primary challenge and handovers go after it.  Both
 * citizens' locks are held.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "base/query.h"
#include "ledger/citizen_lock.h"
#include "plans/plan.h"
#include "plans/carry_over.h"

#define EQ		MSB_EQ

/* n.old_citizen is a key that the citizen had before, and was not given back since. */
#define FORMER_KEY	"n.new_citizen" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.renumbering b" \
	" WHERE b.old_citizen" EQ "$1 AND b.new_citizen" EQ "n.old_citizen" \
	" AND b.recorded_at OPERATOR(pg_catalog.>) n.recorded_at)"

static const Oid types[3] = {TEXTOID, TEXTOID, TIMESTAMPTZOID};

static char *
first_text(uint64 row)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1);
}

/* Whether a coordination plan stands open under a key that the citizen had: it comes over with the last case. */
bool
msb_former_plan_open(const char *citizen)
{
	Datum		args[1] = {CStringGetTextDatum(citizen)};
	bool		is_open;

	SPI_connect();
	/* no EXISTS, of which the planner may make a join that reads every plan */
	is_open = msb_run_as_owner("SELECT 1 FROM msb_org.renumbering n WHERE " FORMER_KEY " AND (SELECT true FROM msb_org.plan p"
							   " WHERE p.citizen" EQ "n.old_citizen AND p.kind" EQ "'coordination'"
							   " AND " MSB_PLAN_IS_OPEN " LIMIT 1)",
							   1, types, args, NULL) > 0;
	SPI_finish();
	return is_open;
}

/* The keys that a citizen had before and under which plans or duties stand.  In the caller's memory. */
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
	char	   *now_called = NULL;
	MsbLockSet	lock = {0};

	SPI_connect();
	args[0] = CStringGetTextDatum(citizen);
	/* not where it was changed back since */
	if (msb_run_as_owner("SELECT n.new_citizen FROM msb_org.renumbering n WHERE n.old_citizen" EQ "$1"
						 " AND NOT EXISTS (SELECT 1 FROM msb_org.renumbering b WHERE b.old_citizen" EQ "n.new_citizen"
						 " AND b.new_citizen" EQ "$1 AND b.recorded_at OPERATOR(pg_catalog.>) n.recorded_at)"
						 " ORDER BY n.recorded_at DESC LIMIT 1", 1, types, args, NULL) > 0)
	{
		now_called = MemoryContextStrdup(memory, first_text(0));
		/* held already where the last case has just gone there; out of order it is rare */
		msb_lock_add(&lock, now_called);
		msb_lock_take(MSB_LOCK_CITIZEN, &lock);
		args[1] = CStringGetTextDatum(now_called);
		args[2] = TimestampTzGetDatum(msb_clock());
		/* of two open coordination plans the guard of plan lets one stand */
		msb_run_as_owner("UPDATE msb_org.plan p SET citizen = $2 WHERE p.citizen" EQ "$1", 2, types, args, NULL);
		msb_run_as_owner("UPDATE msb_org.plan_participant t SET citizen = $2 WHERE t.citizen" EQ "$1", 2, types, args, NULL);
		msb_run_as_owner("UPDATE msb_org.plan_review v SET citizen = $2 WHERE v.citizen" EQ "$1", 2, types, args, NULL);
		msb_run_as_owner("UPDATE msb_org.plan_citizen t SET related = $2 WHERE t.related" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.plan_citizen o"
						 " WHERE o.citizen" EQ "t.citizen AND o.plan" EQ "t.plan AND o.related" EQ "$2)", 2, types, args, NULL);
		msb_run_as_owner("UPDATE msb_org.primary_challenge c SET valid_to = GREATEST($3, c.valid_from OPERATOR(pg_catalog.+)"
						 " pg_catalog.interval '1 microsecond') WHERE c.citizen" EQ "$1 AND c.valid_to IS NULL"
						 " AND EXISTS (SELECT 1 FROM msb_org.primary_challenge n WHERE n.citizen" EQ "$2 AND n.valid_to IS NULL)",
						 3, types, args, NULL);
		msb_run_as_owner("UPDATE msb_org.primary_challenge c SET citizen = $2 WHERE c.citizen" EQ "$1"
						 " AND NOT EXISTS (SELECT 1 FROM msb_org.primary_challenge n WHERE n.citizen" EQ "$2 AND n.valid_from" EQ "c.valid_from)",
						 2, types, args, NULL);
		msb_run_as_owner("UPDATE msb_org.plan_reason r SET valid_to = GREATEST($3, r.valid_from OPERATOR(pg_catalog.+)"
						 " pg_catalog.interval '1 microsecond') WHERE r.citizen" EQ "$1 AND r.valid_to IS NULL AND EXISTS"
						 " (SELECT 1 FROM msb_org.plan_reason n WHERE n.citizen" EQ "$2 AND n.duty" EQ "r.duty AND n.valid_to IS NULL)",
						 3, types, args, NULL);
		msb_run_as_owner("UPDATE msb_org.plan_reason r SET citizen = $2 WHERE r.citizen" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.plan_reason n"
						 " WHERE n.citizen" EQ "$2 AND n.duty" EQ "r.duty AND n.valid_from" EQ "r.valid_from)", 2, types, args, NULL);
		msb_run_as_owner("UPDATE msb_org.handover h SET citizen = $2 WHERE h.citizen" EQ "$1 AND NOT EXISTS (SELECT 1 FROM msb_org.handover n"
						 " WHERE n.citizen" EQ "$2 AND n.case_table" EQ "h.case_table AND n.case_key" EQ "h.case_key AND n.planned" EQ "h.planned)",
						 2, types, args, NULL);
	}
	SPI_finish();
	return now_called;
}
