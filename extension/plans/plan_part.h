/*
 * plan_part.h: what all that read or write plans and their parts share.
 */
#ifndef MSB_PLAN_PART_H
#define MSB_PLAN_PART_H

#include "base/msb_org.h"

/* Columns of msb_org.plan, in the order of its definition. */
enum
{
	MSB_PLAN_CITIZEN = 1,
	MSB_PLAN_PLAN,
	MSB_PLAN_KIND,
	MSB_PLAN_STATUS,
	MSB_PLAN_UNIT,
	MSB_PLAN_CHALLENGE,
	MSB_PLAN_COORDINATOR,
	MSB_PLAN_COORDINATOR_SINCE,
	MSB_PLAN_DUTY,
	MSB_PLAN_DECIDED,
	MSB_PLAN_DUE,
	MSB_PLAN_WISHES,
	MSB_PLAN_OPENED_AT,
	MSB_PLAN_OPENED_BY,
	MSB_PLAN_STATUS_SINCE,
	MSB_PLAN_STATUS_REASON,
	MSB_PLAN_COLUMNS = MSB_PLAN_STATUS_REASON
};

#define MSB_KIND_COORDINATION "coordination"

/* For queries: equality, and whether p, a row of plan, is open (msb_plan_openness). */
#define MSB_EQ		" OPERATOR(pg_catalog.=) "
#define MSB_PLAN_IS_OPEN	"p.status" MSB_EQ "ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[])"

extern int	msb_plan_openness(const char *status);
extern char *msb_uuid_text(Datum value);
extern uint64 msb_run_as_owner(const char *query, int nargs, const Oid *types, Datum *args, const char *nulls);

#endif							/* MSB_PLAN_PART_H */
