/*
 * duty.h: the plan duties of a structure, compiled: when a citizen's cases call for a plan.
 */
#ifndef MSB_DUTY_H
#define MSB_DUTY_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "structure/structure.h"

typedef struct MsbDuty
{
	char	   *duty;
	int			min_units;
	bool		opens;			/* a plan; else the duty is only reported */
	int			nparts;
} MsbDuty;

/* The duties of a structure, in bytewise order of their codes, and the target groups they count. */
struct MsbDuties
{
	int			nduties;
	MsbDuty    *duties;
	int			least;			/* the lowest min_units: with fewer cases no duty is due */
	int			ncounted;		/* target groups that count cases */
	int			nwords;			/* words of a set of those */
	int		   *duty_of;		/* per such target group its duty, */
	int		   *part_of;		/* and its part, a number within the duty */
	uint64	  **takes;			/* per facet, per label the target groups that take it */
	uint64	   *ages[MSB_AGE_SLOTS];	/* per age the target groups that take it */
};

extern MsbDuties *msb_duties_compile(MsbStructure *s, Jsonb *document);
extern bool msb_counted(const MsbStructure *s, int age, const int *labels, uint64 *counted);

#endif							/* MSB_DUTY_H */
