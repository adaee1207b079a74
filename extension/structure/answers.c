/*
 * answers.c: the decisions of a structure, each made once.
 *
 * Labels of a facet that the same rules take are one class, and so are ages that the same rules
 * take.  A combination of one class per axis (age, and each facet) has a number in mixed radix:
 * each axis has a weight, and a class adds its index times that weight, its term.  Up to
 * TABLE_LIMIT combinations there is a table with the answer to each number.  With more there is
 * a cache of 4,096 answers, one for each hash of a number.  So a decision is a sum and one
 * look-up, however many rules there are.  msb_decide_plainly() makes an answer when it is needed
 * first.
 *
 * Table and cache live in the structure's own memory context, as long as the structure.  They
 * cannot become stale, since a compiled structure does not change.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "types/target_group_text.h"
#include "structure/finding.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/decision_table.h"
#include "structure/answers.h"

#define TABLE_LIMIT		65536	/* combinations that get a table of answers: 128 kB */
#define CACHE_BITS		12		/* of the hash; with more combinations, a cache: 64 kB */
#define MOST_RULES		(PG_INT16_MAX - 1)	/* with more rules no answer is kept */

/* An answer is 0 while it is not known; else the index of a rule + 1, or one of these. */
#define ANSWER_GAP		(-1)
#define ANSWER_CONFLICT (-2)

typedef struct CachedAnswer
{
	uint64		number;			/* of the combination */
	int			answer;
} CachedAnswer;

struct MsbAnswers
{
	bool		ready;			/* all below is made at the first decision */
	uint64		age_terms[MSB_AGE_SLOTS];	/* per age the term of its class */
	uint64	  **label_terms;	/* per facet, per label the term of its class */
	int16	   *table;			/* NULL where there are too many combinations */
	CachedAnswer *cache;		/* NULL where there is a table, or no answer is kept */
};

/* Make room for the answers of a new structure, in CurrentMemoryContext; nothing is computed yet. */
MsbAnswers *
msb_answers(void)
{
	return palloc0_object(MsbAnswers);
}

/*
 * Number the classes of a facet's labels, from 0, in the order of their first labels, into
 * class_of, per label.  Returns the number of classes.
 */
int
msb_label_classes(const MsbStructure *s, const MsbFacet *facet, int *class_of)
{
	Size		size = s->nwords * sizeof(uint64);
	uint32		mask = pg_nextpower2_32(Max(facet->nlabels, 1) * 2) - 1;
	int		   *first = palloc0_array(int, mask + 1);	/* hash → a label of the class, + 1 */
	int			nclasses = 0;

	for (int l = 0; l < facet->nlabels; l++)
	{
		const uint64 *set = &facet->takes[(size_t) l * s->nwords];
		uint32		at = hash_bytes((const unsigned char *) set, size) & mask;

		while (first[at] != 0 &&
			   memcmp(&facet->takes[(size_t) (first[at] - 1) * s->nwords], set, size) != 0)
			at = (at + 1) & mask;
		if (first[at] == 0)
		{
			first[at] = l + 1;
			class_of[l] = nclasses++;
		}
		else
			class_of[l] = class_of[first[at] - 1];
	}
	pfree(first);
	return nclasses;
}

/* Number the classes of ages in the same way; ages between two bounds share one set of rules. */
static int
age_classes(const MsbStructure *s, int *class_of)
{
	int			nclasses = 0;

	for (int age = 0; age < MSB_AGE_SLOTS; age++)
		class_of[age] = age > 0 && s->ages[age] == s->ages[age - 1] ? nclasses - 1 : nclasses++;
	return nclasses;
}

/*
 * Compute the terms of an axis, per age or label.  *combinations, the combinations of the axes
 * before, is this axis's weight; it is multiplied by the number of classes.  Returns false where
 * a number would have more than 63 bits.
 */
static bool
fill_terms(const int *class_of, uint64 *terms, int n, int nclasses, uint64 *combinations)
{
	for (int i = 0; i < n; i++)
		terms[i] = class_of[i] * *combinations;
	if (*combinations > (uint64) PG_INT64_MAX / Max(nclasses, 1))
		return false;
	*combinations *= Max(nclasses, 1);
	return true;
}

/*
 * Number the combinations, and allocate the table or the cache.  A structure with too many
 * rules or combinations gets neither.
 */
static pg_noinline void
make_ready(const MsbStructure *s)
{
	MsbAnswers *a = s->answers;
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(a));
	uint64		combinations = 1;
	bool		fits = s->nrules <= MOST_RULES;
	int			age_class[MSB_AGE_SLOTS];
	int			nclasses = age_classes(s, age_class);

	fits &= fill_terms(age_class, a->age_terms, MSB_AGE_SLOTS, nclasses, &combinations);
	a->label_terms = palloc_array(uint64 *, Max(1, s->nfacets));
	for (int f = 0; f < s->nfacets; f++)
	{
		const MsbFacet *facet = &s->facets[f];
		int		   *class_of = palloc_array(int, Max(1, facet->nlabels));

		nclasses = msb_label_classes(s, facet, class_of);
		a->label_terms[f] = palloc_array(uint64, Max(1, facet->nlabels));
		fits &= fill_terms(class_of, a->label_terms[f], facet->nlabels, nclasses, &combinations);
		pfree(class_of);
	}
	if (fits && combinations <= TABLE_LIMIT)
		a->table = palloc0_array(int16, combinations);
	else if (fits)
		a->cache = palloc0_array(CachedAnswer, 1 << CACHE_BITS);
	MemoryContextSwitchTo(old);
	a->ready = true;
}

/* Decide without the table or cache, and return the answer as they keep it. */
static pg_noinline int
make_answer(const MsbStructure *s, int age, const int *labels)
{
	const char *finding;
	int			rule = msb_decide_plainly(s, age, labels, &finding);

	return rule >= 0 ? rule + 1 :
		strcmp(finding, MSB_FINDING_GAP) == 0 ? ANSWER_GAP : ANSWER_CONFLICT;
}

/*
 * Decide: return the index of the rule that wins, or -1 with the finding.  labels holds one
 * index per facet of the structure, all valid; age is completed years or MSB_AGE_NOT_KNOWN.
 * Throws nothing but out of memory, at the first decision of a structure.
 */
int
msb_decide(const MsbStructure *s, int age, const int *labels, const char **finding)
{
	MsbAnswers *a = s->answers;
	uint64		number;
	int			answer;

	if (unlikely(!a->ready))
		make_ready(s);
	number = a->age_terms[age == MSB_AGE_NOT_KNOWN ? MSB_AGE_SLOTS - 1 : Min(age, MSB_AGE_MAX)];
	for (int f = 0; f < s->nfacets; f++)
		number += a->label_terms[f][labels[f]];

	if (likely(a->table != NULL))
	{
		answer = a->table[number];
		if (unlikely(answer == 0))
			answer = a->table[number] = make_answer(s, age, labels);
	}
	else if (a->cache == NULL)
		answer = make_answer(s, age, labels);
	else
	{
		CachedAnswer *entry = &a->cache[number * UINT64CONST(0x9E3779B97F4A7C15) >> (64 - CACHE_BITS)];

		if (entry->number != number || entry->answer == 0)
		{
			entry->number = number;
			entry->answer = make_answer(s, age, labels);
		}
		answer = entry->answer;
	}
	*finding = answer > 0 ? NULL : answer == ANSWER_GAP ? MSB_FINDING_GAP : MSB_FINDING_CONFLICT;
	return answer > 0 ? answer - 1 : -1;
}
