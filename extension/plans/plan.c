/*
 * plan.c: the statuses of a plan.
 */
#include "postgres.h"


#include "plans/plan.h"

/* The statuses in which a plan is open, in the order in which it gets on. */
int
msb_plan_openness(const char *status)
{
	static const char *const open[] = {"draft", "offered", "consented", "under_review", "active"};

	for (int i = 0; i < (int) lengthof(open); i++)
		if (strcmp(status, open[i]) == 0)
			return i + 1;
	return 0;
}
