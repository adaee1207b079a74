/*
 * plan.c: the statuses of a plan.
 */
#include "postgres.h"

#include "plans/plan.h"

/*
 * Return how far an open plan has got, 1 for a draft to 5 for an active one; 0 if a
 * status is not open.
 */
int
msb_plan_openness(const char *status)
{
	static const char *const open[] = {"draft", "offered", "consented", "under_review", "active"};

	for (int i = 0; i < (int) lengthof(open); i++)
		if (strcmp(status, open[i]) == 0)
			return i + 1;
	return 0;
}
