/*
 * proof.h: what a structure answers for every situation there is, without listing them.
 *
 * The space of all situations has one axis for age and one for each facet.  Values
 * of an axis that the same rules take are one class; a box is a set of classes per
 * axis, and a rule takes one box.
 */
#ifndef MSB_PROOF_H
#define MSB_PROOF_H

#include "nodes/pg_list.h"

#include "structure/decision_table.h"

#define MSB_MAX_SIDES	2		/* the structures that share a space */

typedef struct MsbAxis
{
	const char *facet;			/* NULL: age */
	int			nvalues;
	const char **labels;		/* per value; NULL for age */
	int		   *by_name;		/* the values in bytewise order of their labels */
	int		   *class_of;		/* per value */
	int			nclasses;
	int			word;			/* where its classes stand in a box */
	int			nwords;
} MsbAxis;

typedef struct MsbSpace
{
	int			nsides;
	const MsbStructure *sides[MSB_MAX_SIDES];
	int			nrules[MSB_MAX_SIDES];	/* and after them the boxes of labels that the side lacks */
	uint64	   *rules[MSB_MAX_SIDES];	/* their boxes */
	int			naxes;
	MsbAxis    *axes;
	int			nwords;			/* of a box */
	uint64	   *whole;			/* the box of everything */
	bool		empty;			/* a facet has no label: there is no situation */
} MsbSpace;

/* What a side answers: the number of a unit, or one of these. */
#define MSB_ANSWER_GAP			(-1)
#define MSB_ANSWER_CONFLICT		(-2)
#define MSB_ANSWER_UNKNOWN_LABEL (-3)

/*
 * Situations of which the same is found, as a box.  What is found is a list of
 * numbers: for one side the rules of a conflict, none for a gap; for two sides
 * both answers.
 */
typedef struct MsbPiece
{
	int			nfound;
	const int  *found;
	const uint64 *box;
} MsbPiece;

typedef struct MsbProof
{
	const char **units;			/* the numbers of answers */
	int			npieces;
	MsbPiece   *pieces;			/* disjoint, in the order of what was found */
	bool	   *decides;		/* one side: per rule, whether it ever decides */
	uint64	   *needed;			/* one side: per rule those that its precedence is needed over */
} MsbProof;

typedef struct MsbPieces MsbPieces;

/* proof_space.c */
extern MsbSpace *msb_space(int nsides, const MsbStructure *const *sides);
extern bool msb_boxes_meet(const MsbSpace *space, const uint64 *a, const uint64 *b);
extern bool msb_box_is_empty(const MsbSpace *space, const uint64 *box);
extern List *msb_box_targets(const MsbSpace *space, const uint64 *box);
extern MsbTargetGroup *msb_box_example(const MsbSpace *space, const uint64 *box,
									   const MsbTargetGroup *target);
extern MsbTargetGroup *msb_short_target(const MsbStructure *s, const MsbTargetGroup *target,
										bool *exact);

/* proof_pieces.c */
extern MsbPieces *msb_pieces(const MsbSpace *space);
extern void msb_add_piece(MsbPieces *store, const uint64 *box, int n, const int *numbers);
extern void msb_join_pieces(MsbPieces *store, MsbProof *proof);

/* proof_regroup.c */
extern List *msb_regroup(const MsbSpace *space, List *boxes);

/* proof.c */
extern MsbProof *msb_prove(const MsbSpace *space);

#endif							/* MSB_PROOF_H */
