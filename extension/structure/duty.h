/*
 * duty.h: when a citizen's cases call for a plan.
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
	bool		opens;			/* else it is only reported */
	int			nparts;
} MsbDuty;

/* The duties of a structure in bytewise order of their codes, and what they count. */
struct MsbDuties
{
	int			nduties;
	MsbDuty    *duties;
	int			least;			/* cases that the least demanding takes */
	int			ncounted;		/* the target groups that are counted */
	int			nwords;			/* of a set of those */
	int		   *duty_of;		/* per counted, its duty */
	int		   *part_of;		/* and its part, a number within the duty */
	uint64	  **takes;			/* per facet, per label: the counted that take it */
	uint64	   *ages[MSB_AGE_SLOTS];
};

extern MsbDuties *msb_duties_compile(MsbStructure *s, Jsonb *document);
extern bool msb_counted(const MsbStructure *s, int age, const int *labels, uint64 *counted);

#endif							/* MSB_DUTY_H */
