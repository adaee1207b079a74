/*
 * space.h: the space of all situations of a structure, or of two.
 *
 * The space has one axis for age and one for each facet.  Values of an axis that the same rules
 * take are one class.  A box is a set of classes per axis, and each rule takes one box.  The
 * structures that share a space are its sides.
 */
#ifndef MSB_SPACE_H
#define MSB_SPACE_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "structure/structure.h"

#define MSB_MAX_SIDES	2		/* the structures that share a space */

typedef struct MsbAxis
{
	const char *facet;			/* NULL for age */
	int			nvalues;		/* ages or labels */
	const char **labels;		/* per value; NULL for age */
	int		   *by_name;		/* the values in bytewise order of their labels */
	int		   *class_of;		/* per value */
	int			nclasses;
	int			word;			/* the first word of its classes in a box */
	int			nwords;
} MsbAxis;

typedef struct MsbSpace
{
	int			nsides;
	const MsbStructure *sides[MSB_MAX_SIDES];
	int			nrules[MSB_MAX_SIDES];	/* boxes: of its rules, then of labels that it lacks */
	uint64	   *rules[MSB_MAX_SIDES];	/* those boxes */
	int			naxes;
	MsbAxis    *axes;
	int			nwords;			/* of a box */
	uint64	   *whole;			/* the box of everything */
	bool		empty;			/* a facet has no label, so there is no situation */
} MsbSpace;

/* The answer of a side to a situation is the number of a unit, or one of these. */
#define MSB_ANSWER_GAP			(-1)
#define MSB_ANSWER_CONFLICT		(-2)
#define MSB_ANSWER_UNKNOWN_LABEL (-3)

extern MsbSpace *msb_space(int nsides, const MsbStructure *const *sides);
extern bool msb_boxes_meet(const MsbSpace *space, const uint64 *a, const uint64 *b);
extern bool msb_box_is_empty(const MsbSpace *space, const uint64 *box);
extern List *msb_box_targets(const MsbSpace *space, const uint64 *box);
extern MsbTargetGroup *msb_box_example(const MsbSpace *space, const uint64 *box,
									   const MsbTargetGroup *target);
extern MsbTargetGroup *msb_short_target(const MsbStructure *s, const MsbTargetGroup *target,
										bool *exact);

#endif							/* MSB_SPACE_H */
