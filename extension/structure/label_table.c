/*
 * label_table.c: the labels of a facet, found by their text.
 *
 * Each facet has a hash table with open addressing.  A label of up to 16 bytes is compared
 * as two numbers, so that most look-ups compare no text.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "structure/label_table.h"

#define SEEDED_LABELS	64
#define SEEDS_TRIED	16

/* Whether a label is the ancestor or stands below it. */
bool
msb_label_within(const MsbFacet *facet, int label, const char *ancestor)
{
	/* the counter ends a circle of parents, which a document may hold */
	for (int depth = 0; label != MSB_NO_LABEL && depth <= facet->nlabels; depth++)
	{
		if (strcmp(facet->labels[label].label, ancestor) == 0)
			return true;
		label = facet->labels[label].parent;
	}
	return false;
}

/*
 * Put the labels of a facet into a table with 2^bits slots.  Returns how many of
 * them do not stand where their hash says.
 */
static int
fill_slots(MsbFacet *facet, int bits, uint64 seed)
{
	int			displaced = 0;

	facet->slot_seed = seed;
	facet->slot_mask = (1 << bits) - 1;
	facet->slot_shift = 64 - bits;
	memset(facet->slots, 0, sizeof(MsbLabelSlot) << bits);
	for (int l = 0; l < facet->nlabels; l++)
	{
		const MsbLabel *label = &facet->labels[l];
		MsbLabelSlot slot = {.len = label->len, .number = l + 1};
		uint32		at;

		msb_label_ends(label->label, label->len, &slot.head, &slot.tail);
		at = msb_label_slot(facet, slot.head, slot.tail);
		displaced += facet->slots[at].number != 0;
		while (facet->slots[at].number != 0)
			at = (at + 1) & facet->slot_mask;
		facet->slots[at] = slot;
	}
	return displaced;
}

/*
 * Where the labels of a facet stand, in CurrentMemoryContext.  Of a few labels it takes few seeds to find
 * one that gives each a slot of its own, so that one look finds it.
 */
void
msb_label_slots(MsbFacet *facet)
{
	int			bits = pg_leftmost_one_pos32(Max(facet->nlabels, 1)) + 2;	/* 2 to 4 slots a label */
	int			tries = facet->nlabels <= SEEDED_LABELS ? SEEDS_TRIED : 1;
	uint64		best = 0;
	int			least = PG_INT32_MAX;

	facet->slots = palloc(mul_size(sizeof(MsbLabelSlot), (Size) 1 << bits));
	for (int i = 0; i < tries && least > 0; i++)
	{
		uint64		seed = UINT64CONST(0xA0761D6478BD642F) * (i + 1);
		int			displaced = fill_slots(facet, bits, seed);

		if (displaced < least)
		{
			least = displaced;
			best = seed;
		}
	}
	if (facet->slot_seed != best)
		fill_slots(facet, bits, best);
}
