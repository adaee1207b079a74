/*
 * plan.h: shared by all files that read or write plans: a kind, the statuses, conditions of queries.
 */
#ifndef MSB_PLAN_H
#define MSB_PLAN_H

#include "postgres.h"

#define MSB_KIND_COORDINATION "coordination"

/*
 * For queries: equality, and the condition that p, a row of plan, is open;
 * msb_plan_openness() is the same in C.
 */
#define MSB_EQ		" OPERATOR(pg_catalog.=) "
#define MSB_PLAN_IS_OPEN	"p.status" MSB_EQ "ANY ('{draft,offered,consented,active,under_review}'::pg_catalog.text[])"

extern int	msb_plan_openness(const char *status);

#endif							/* MSB_PLAN_H */
