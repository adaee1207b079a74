/*
 * regroup.c: reports the same situations in fewer target groups.
 *
 * Two halves of the space may have been cut at different edges.  Then joining neighbours leaves
 * more pieces than needed.  So, for a finding with few pieces, the largest piece is widened along
 * each axis as far as the others cover it, and cut out of the others.  The next largest follows,
 * until none is left.  The result is used if it gives fewer target groups.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "base/bitset.h"
#include "proof/space.h"
#include "proof/regroup.h"

#define REGROUP_MAX		100		/* pieces; the work grows with their square, */
#define REGROUP_STEPS	100000	/* and faster where there are many facets */

/* The boxes of one finding that are left, disjoint. */
typedef struct Group
{
	const MsbSpace *space;
	List	   *boxes;
	int			steps;			/* taken by is_covered() */
} Group;

/* Copy a box, palloc'd. */
static uint64 *
copy_box(const MsbSpace *space, const uint64 *box)
{
	uint64	   *copy = palloc_array(uint64, space->nwords);

	memcpy(copy, box, space->nwords * sizeof(uint64));
	return copy;
}

/*
 * Subtract another box from a box that meets it, and add the parts that are left, disjoint, to
 * the list.
 */
static List *
box_without(const MsbSpace *space, const uint64 *box, const uint64 *other, List *rest)
{
	uint64	   *left = copy_box(space, box);

	for (int a = 0; a < space->naxes; a++)
	{
		const MsbAxis *axis = &space->axes[a];
		uint64	   *outside = copy_box(space, left);
		uint64		any = 0;

		for (int w = axis->word; w < axis->word + axis->nwords; w++)
		{
			outside[w] &= ~other[w];
			left[w] &= other[w];
			any |= outside[w];
		}
		if (any != 0)
			rest = lappend(rest, outside);
	}
	return rest;
}

/* Check whether the boxes of a group cover a box; false also where that takes too many steps. */
static bool
is_covered(Group *group, const uint64 *box)
{
	ListCell   *cell;

	CHECK_FOR_INTERRUPTS();
	if (group->steps++ > REGROUP_STEPS)
		return false;
	foreach(cell, group->boxes)
	{
		List	   *rest;
		ListCell   *part;

		if (!msb_boxes_meet(group->space, box, lfirst(cell)))
			continue;
		rest = box_without(group->space, box, lfirst(cell), NIL);
		foreach(part, rest)
			if (!is_covered(group, lfirst(part)))
				return false;
		return true;
	}
	return false;
}

/* Measure a box by its classes, for comparing sizes. */
static double
box_size(const MsbSpace *space, const uint64 *box)
{
	double		size = 1;

	for (int a = 0; a < space->naxes; a++)
		size *= pg_popcount((const char *) (box + space->axes[a].word),
							space->axes[a].nwords * sizeof(uint64));
	return size;
}

/* Widen a box along an axis by every class for which the group covers it. */
static void
widen(Group *group, const MsbAxis *axis, uint64 *box)
{
	uint64	   *slab = copy_box(group->space, box);

	for (int c = 0; c < axis->nclasses; c++)
	{
		uint64	   *word = &box[axis->word + MSB_WORD(c)];
		uint64		mask = MSB_BIT(c);

		if ((*word & mask) != 0)
			continue;
		memset(&slab[axis->word], 0, axis->nwords * sizeof(uint64));
		slab[axis->word + MSB_WORD(c)] = mask;
		if (is_covered(group, slab))
			*word |= mask;
	}
}

/*
 * Regroup boxes, widening each largest box along the axes from the last or from the first.
 * Returns the boxes as they were where that leads to more of them.
 */
static List *
regroup(const MsbSpace *space, List *boxes, bool from_last)
{
	Group		group = {space, list_copy(boxes), 0};
	List	   *result = NIL;

	while (group.boxes != NIL)
	{
		uint64	   *largest = NULL;
		List	   *rest = NIL;
		ListCell   *cell;

		/* the boxes are being cut into ever more pieces */
		if (list_length(group.boxes) > 2 * REGROUP_MAX)
			return boxes;
		foreach(cell, group.boxes)
			if (largest == NULL || box_size(space, lfirst(cell)) > box_size(space, largest))
				largest = lfirst(cell);
		largest = copy_box(space, largest);
		for (int a = 0; a < space->naxes; a++)
			widen(&group, &space->axes[from_last ? space->naxes - 1 - a : a], largest);
		foreach(cell, group.boxes)
		{
			if (msb_boxes_meet(space, lfirst(cell), largest))
				rest = box_without(space, lfirst(cell), largest, rest);
			else
				rest = lappend(rest, lfirst(cell));
		}
		group.boxes = rest;
		result = lappend(result, largest);
	}
	return result;
}

/* Return how many target groups report these boxes. */
static int
count_targets(const MsbSpace *space, List *boxes)
{
	int			count = 0;
	ListCell   *cell;

	foreach(cell, boxes)
		count += list_length(msb_box_targets(space, lfirst(cell)));
	return count;
}

/*
 * Return boxes that take the same situations as these, which have one finding and are disjoint:
 * as few as are found, and never more.  In CurrentMemoryContext.
 */
List *
msb_regroup(const MsbSpace *space, List *boxes)
{
	MemoryContext scratch;
	MemoryContext result;
	List	   *best = boxes;
	List	   *kept = NIL;
	ListCell   *cell;

	if (list_length(boxes) < 2 || list_length(boxes) > REGROUP_MAX)
		return boxes;
	scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org regroup", ALLOCSET_DEFAULT_SIZES);
	result = MemoryContextSwitchTo(scratch);
	for (int way = 0; way < 2; way++)
	{
		List	   *other = regroup(space, boxes, way == 0);

		if (list_length(other) <= list_length(boxes) && count_targets(space, other) < count_targets(space, best))
			best = other;
	}
	MemoryContextSwitchTo(result);
	foreach(cell, best)
		kept = lappend(kept, copy_box(space, lfirst(cell)));
	MemoryContextDelete(scratch);
	return kept;
}
