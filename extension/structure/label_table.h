/*
 * label_table.h: the labels of a facet, found by their text.
 */
#ifndef MSB_LABEL_TABLE_H
#define MSB_LABEL_TABLE_H

#include "postgres.h"

#define MSB_NO_LABEL		(-1)

typedef struct MsbLabel
{
	char	   *label;
	int			len;
	int			parent;			/* index in the facet, or MSB_NO_LABEL */
	int			priority;		/* the lowest leads; PG_INT32_MAX where none is given */
	bool		yields;			/* to a stated primary challenge, which decides instead */
} MsbLabel;

/* A slot of the hash table.  It identifies a label of up to 16 bytes, see msb_label_ends(). */
typedef struct MsbLabelSlot
{
	uint64		head;
	uint64		tail;
	int			len;
	int			number;			/* index in the facet + 1; 0: empty */
} MsbLabelSlot;

/* A facet of a compiled structure. */
typedef struct MsbFacet
{
	char	   *facet;
	int			if_null;		/* index in labels, or MSB_NO_LABEL */
	int			nlabels;
	MsbLabel   *labels;
	uint64		slot_seed;		/* open addressing: label → index */
	uint32		slot_mask;
	int			slot_shift;
	MsbLabelSlot *slots;
	uint64	   *takes;			/* per label the set of the rules that take it */
} MsbFacet;

/* Return four bytes of a label as a number. */
static inline uint64
msb_label_word(const char *label, int at)
{
	uint32		word;

	memcpy(&word, label + at, sizeof(word));
	return word;
}

/*
 * Compute two numbers from the ends of a label and the bytes next to them.  With the length they
 * identify a label of up to 16 bytes.  No byte beyond the label is read, and labels of four
 * bytes and more take the same path whatever their length.
 */
static inline void
msb_label_ends(const char *label, int len, uint64 *head, uint64 *tail)
{
	if (likely(len >= 4))
	{
		int			inward = (len >> 3) << 2;

		*head = msb_label_word(label, 0) << 32 | msb_label_word(label, inward);
		*tail = msb_label_word(label, len - 4) << 32 | msb_label_word(label, len - 4 - inward);
	}
	else
	{
		/* the first, the middle and the last byte */
		*head = len == 0 ? 0 : (uint64) (unsigned char) label[0] << 16 |
			(uint64) (unsigned char) label[len / 2] << 8 | (unsigned char) label[len - 1];
		*tail = 0;
	}
}

/* Check whether two labels of more than 16 bytes are equal. */
static inline bool
msb_label_same(const char *a, const char *b, int len)
{
	if (len > 32)
		return memcmp(a, b, len) == 0;
	/* four words of fixed length, which the compiler compares itself */
	return memcmp(a, b, 8) == 0 && memcmp(a + 8, b + 8, 8) == 0 &&
		memcmp(a + len - 16, b + len - 16, 8) == 0 && memcmp(a + len - 8, b + len - 8, 8) == 0;
}

/* Return the slot of a label by its hash. */
static inline uint32
msb_label_slot(const MsbFacet *facet, uint64 head, uint64 tail)
{
	uint64		mixed = (head ^ facet->slot_seed) * UINT64CONST(0x9E3779B97F4A7C15) ^ tail;

	mixed = (mixed ^ mixed >> 32) * UINT64CONST(0xD6E8FEB86659FD93);
	return mixed >> facet->slot_shift;
}

/* Return the index of a label in its facet, or MSB_NO_LABEL. */
static pg_attribute_always_inline int
msb_label_no(const MsbFacet *facet, const char *label, int len)
{
	uint64		head,
				tail;

	msb_label_ends(label, len, &head, &tail);
	for (uint32 at = msb_label_slot(facet, head, tail);; at = (at + 1) & facet->slot_mask)
	{
		const MsbLabelSlot *slot = &facet->slots[at];

		if (slot->number == 0)
			return MSB_NO_LABEL;
		if (slot->head == head && slot->tail == tail && slot->len == len &&
			(len <= 16 || msb_label_same(facet->labels[slot->number - 1].label, label, len)))
			return slot->number - 1;
	}
}

extern bool msb_label_within(const MsbFacet *facet, int label, const char *ancestor);
extern void msb_label_slots(MsbFacet *facet);

#endif							/* MSB_LABEL_TABLE_H */
