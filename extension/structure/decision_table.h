/*
 * decision_table.h: a structure compiled for deciding, and the decision.
 */
#ifndef MSB_DECISION_TABLE_H
#define MSB_DECISION_TABLE_H

#include "base/msb_org.h"
#include "types/target_group.h"
#include "utils/jsonb.h"
#include "utils/relcache.h"

#define MSB_AGE_NOT_KNOWN	(-1)	/* an age that no age span takes */
#define MSB_AGE_SLOTS		(MSB_AGE_MAX + 2)	/* 0..150 and unknown, last */
#define MSB_NO_LABEL		(-1)

typedef struct MsbRule
{
	char	   *code;
	char	   *unit;
	int			unit_no;		/* equal for rules of one unit */
	struct varlena *area;		/* the unit as area_of() returns it; NULL until it does */
	char	   *origin;
	char	   *basis;			/* NULL where none is given */
	MsbTargetGroup *target;
} MsbRule;

typedef struct MsbLabel
{
	char	   *label;
	int			len;
	int			parent;			/* index in the facet, or MSB_NO_LABEL */
	int			priority;		/* the lower one leads; PG_INT32_MAX where none is given */
	bool		yields;			/* a stated primary challenge decides instead */
} MsbLabel;

/* Where a label stands.  Most labels are known from here, see msb_label_ends(). */
typedef struct MsbLabelSlot
{
	uint64		head;
	uint64		tail;
	int			len;
	int			number;			/* index in the facet + 1; 0: nothing stands here */
} MsbLabelSlot;

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
	uint64	   *takes;			/* per label the rules that take it */
} MsbFacet;

typedef struct MsbPrecedence
{
	int			rule;
	int			over;
	char	   *reason;
} MsbPrecedence;

/* A unit whose cases count in no duty, and the entry, are told by their kind. */
typedef struct MsbUnit
{
	char	   *unit;
	char	   *kind;
} MsbUnit;

typedef struct MsbAnswers MsbAnswers;
typedef struct MsbSituation MsbSituation;
typedef struct MsbDuties MsbDuties;
typedef struct MsbReach MsbReach;

/*
 * One structure, compiled.  Rules stand in bytewise order of their codes; bit n
 * of every set is rule n.
 */
typedef struct MsbStructure
{
	char	   *structure;
	uint64		serial;			/* no other compiled structure of the session has it */
	int			revision;		/* 0 for a document that is not enacted */
	DateADT		until;			/* the day after its last, DATEVAL_NOEND if none */
	int			nfacets;
	MsbFacet   *facets;
	int			task_no;		/* index of the facets that area_of() names, */
	int			challenge_no;	/* or -1 */
	int			service_no;
	int			nunits;
	MsbUnit    *units;
	int			nrules;
	int			nwords;			/* words of a rule set */
	MsbRule    *rules;
	int			nprecedences;
	MsbPrecedence *precedences;
	bool		mutual;			/* two rules go before each other */
	uint64	   *ages[MSB_AGE_SLOTS];	/* per age the rules that take it */
	bool		age_break[MSB_AGE_MAX + 1]; /* other rules than a year before */
	uint8		next_break[MSB_AGE_MAX + 1];	/* per age the next that is one; 0 for none */
	uint64	   *beats;			/* per rule: those it goes before, and its unit's own */
	uint64	   *matching;		/* the set that the last msb_decide_plainly() matched */
	MsbAnswers *answers;		/* answers.c's */
	MsbDuties  *duties;			/* duty.h's */
	MsbSituation *situations;	/* situation.c's */
	MsbReach   *reach;			/* reach.h's; NULL until asked for */
} MsbStructure;

/* Why there is no unit, as it stands in the ledger and in decide(). */
#define MSB_FINDING_GAP			"gap"
#define MSB_FINDING_CONFLICT	"conflict"
#define MSB_FINDING_NO_STRUCTURE "no_structure"

/* compile */
extern MsbStructure *msb_structure_compile(Jsonb *document, const char *structure,
										   int revision, DateADT until);

extern void msb_label_slots(MsbFacet *facet);
extern uint64 *msb_label_sets(const MsbFacet *facet, MsbTargetGroup *const *targets, int n, int nwords);
extern void msb_age_sets(uint64 **ages, bool *age_break, MsbTargetGroup *const *targets, int n, int nwords);
extern MsbTargetGroup *msb_document_target(const char *text, const char *rule, const char *duty);
extern MsbDuties *msb_duties_compile(MsbStructure *s, Jsonb *document);

/* cache */
extern const MsbStructure *msb_structure_on(DateADT on_date);
extern DateADT msb_structure_after(DateADT day);
extern Oid	msb_extension_table(const char *name);
extern bool msb_is_own_table(Relation rel);
extern Oid	msb_primary_key(Relation rel);
extern Oid	msb_extension_owner(void);

/* decide */
extern int	msb_facet_no(const MsbStructure *s, const char *facet);
extern int	msb_rule_no(const MsbStructure *s, const char *code);
extern bool msb_label_within(const MsbFacet *facet, int label, const char *ancestor);
extern int	msb_decide_plainly(const MsbStructure *s, int age, const int *labels,
							   const char **finding);
extern bool msb_rule_matched(const MsbStructure *s, int rule);
extern bool msb_rule_beats(const MsbStructure *s, int rule, int other);

/* answers.c: what msb_decide_plainly() says, most often without asking it again */
extern int	msb_decide(const MsbStructure *s, int age, const int *labels,
					   const char **finding);
extern MsbAnswers *msb_answers(void);
extern int	msb_label_classes(const MsbStructure *s, const MsbFacet *facet, int *class_of);

/* situation.c */
extern const struct varlena *msb_situation(const MsbStructure *s, const int *labels);
extern bool msb_situation_labels(const MsbStructure *s, Datum situation, int *labels);
extern MsbSituation *msb_situations(void);

static inline uint64
msb_label_word(const char *label, int at)
{
	uint32		word;

	memcpy(&word, label + at, sizeof(word));
	return word;
}

/*
 * Two numbers for a label, which are all there is of one of up to sixteen bytes:
 * its ends, and what is next to them.  No byte beyond it is read, and labels of four
 * bytes and more, of whatever length, take the same way.
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

/* Whether longer labels are equal, whose ends are. */
static inline bool
msb_label_same(const char *a, const char *b, int len)
{
	if (len > 32)
		return memcmp(a, b, len) == 0;
	/* four words of fixed length, which the compiler compares itself */
	return memcmp(a, b, 8) == 0 && memcmp(a + 8, b + 8, 8) == 0 &&
		memcmp(a + len - 16, b + len - 16, 8) == 0 && memcmp(a + len - 8, b + len - 8, 8) == 0;
}

static inline uint32
msb_label_slot(const MsbFacet *facet, uint64 head, uint64 tail)
{
	uint64		mixed = (head ^ facet->slot_seed) * UINT64CONST(0x9E3779B97F4A7C15) ^ tail;

	mixed = (mixed ^ mixed >> 32) * UINT64CONST(0xD6E8FEB86659FD93);
	return mixed >> facet->slot_shift;
}

/* The index of a label in its facet, or MSB_NO_LABEL. */
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

/* area.c; 22023 */
extern int	msb_label_if_null(const MsbStructure *s, int facet_no);
extern void msb_unknown_label(const MsbStructure *s, const char *facet, const char *label);

#endif							/* MSB_DECISION_TABLE_H */
