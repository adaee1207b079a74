/*
 * space.c: the space of situations: its axes and their classes, the boxes of rules, and from
 * boxes back to target groups.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "port/pg_bitutils.h"
#include "utils/hsearch.h"

#include "base/bitset.h"
#include "types/target_group_text.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "proof/space.h"

/* The classes of one axis while they are being found. */
typedef struct Classes
{
	HTAB	   *known;			/* key → number of the class */
	Size		keysize;
	uint64	   *key;			/* of the value that is looked up, see find_classes() */
	List	   *keys;			/* per class its key, in the hash table */
} Classes;

/* Return the number of the class with classes->key; a new key makes a new class. */
static int
class_of_key(Classes *classes)
{
	bool		found;
	char	   *entry = hash_search(classes->known, classes->key, HASH_ENTER, &found);
	int		   *class_no = (int *) (entry + classes->keysize);

	if (!found)
	{
		*class_no = list_length(classes->keys);
		classes->keys = lappend(classes->keys, entry);
	}
	return *class_no;
}

/* Return the index that a side has for a value of an axis; -1 where the side lacks it. */
static int
value_of_side(const MsbAxis *axis, const MsbFacet *facet, int value)
{
	if (axis->facet == NULL)
		return value;
	return msb_label_no(facet, axis->labels[value], strlen(axis->labels[value]));
}

/*
 * Join the values of an axis into classes.  The key of a value is, per side, the
 * set of rules that take it, and one more word that says which sides lack it.
 */
static void
find_classes(const MsbSpace *space, MsbAxis *axis, Classes *classes)
{
	HASHCTL		ctl = {0};
	int			nwords = 1;

	for (int i = 0; i < space->nsides; i++)
		nwords += space->sides[i]->nwords;
	classes->keysize = nwords * sizeof(uint64);
	classes->key = palloc(classes->keysize);
	classes->keys = NIL;
	ctl.keysize = classes->keysize;
	ctl.entrysize = classes->keysize + sizeof(uint64);
	ctl.hcxt = CurrentMemoryContext;
	classes->known = hash_create("msb_org classes", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	axis->class_of = palloc_array(int, axis->nvalues);
	for (int v = 0; v < axis->nvalues; v++)
	{
		uint64	   *key = classes->key;
		uint64		lacking = 0;

		for (int i = 0; i < space->nsides; i++)
		{
			const MsbStructure *s = space->sides[i];
			int			f = axis->facet == NULL ? -1 : msb_facet_no(s, axis->facet);
			int			value = axis->facet != NULL && f < 0 ? -1 :
				value_of_side(axis, f < 0 ? NULL : &s->facets[f], v);

			if (axis->facet == NULL)
				memcpy(key, s->ages[value], s->nwords * sizeof(uint64));
			else if (f < 0)
			{
				/* a facet that the structure lacks excludes none of its rules */
				memset(key, 0, s->nwords * sizeof(uint64));
				for (int r = 0; r < s->nrules; r++)
					key[MSB_WORD(r)] |= MSB_BIT(r);
			}
			else if (value < 0)
			{
				memset(key, 0, s->nwords * sizeof(uint64));
				lacking |= MSB_BIT(i);
			}
			else
				memcpy(key, &s->facets[f].takes[(size_t) value * s->nwords],
					   s->nwords * sizeof(uint64));
			key += s->nwords;
		}
		*key = lacking;
		axis->class_of[v] = class_of_key(classes);
		CHECK_FOR_INTERRUPTS();
	}
	axis->nclasses = list_length(classes->keys);
	axis->nwords = Max(1, MSB_WORDS(axis->nclasses));
}

/* Compare values by their labels; for qsort_arg(). */
static int
compare_labels(const void *a, const void *b, void *labels)
{
	return strcmp(((const char **) labels)[*(const int *) a],
				  ((const char **) labels)[*(const int *) b]);
}

/* Gather the labels of a facet from all sides, each once, even if a document lists it twice. */
static void
gather_labels(const MsbSpace *space, MsbAxis *axis)
{
	int			most = 0;

	for (int i = 0; i < space->nsides; i++)
	{
		int			f = msb_facet_no(space->sides[i], axis->facet);

		most += f < 0 ? 0 : space->sides[i]->facets[f].nlabels;
	}
	axis->labels = palloc_array(const char *, most);
	for (int i = 0; i < space->nsides; i++)
	{
		int			f = msb_facet_no(space->sides[i], axis->facet);
		const MsbFacet *facet = &space->sides[i]->facets[f];
		int			first = i == 0 ? -1 : msb_facet_no(space->sides[0], axis->facet);

		for (int l = 0; f >= 0 && l < facet->nlabels; l++)
			if (msb_label_no(facet, facet->labels[l].label, facet->labels[l].len) == l &&
				(first < 0 || msb_label_no(&space->sides[0]->facets[first], facet->labels[l].label,
										   facet->labels[l].len) == MSB_NO_LABEL))
				axis->labels[axis->nvalues++] = facet->labels[l].label;
	}
	axis->by_name = palloc_array(int, axis->nvalues);
	for (int v = 0; v < axis->nvalues; v++)
		axis->by_name[v] = v;
	qsort_arg(axis->by_name, axis->nvalues, sizeof(int), compare_labels, axis->labels);
}

/* Make the axes: age first, then the facets of the sides in their order. */
static void
make_axes(MsbSpace *space)
{
	int			most = 1;

	for (int i = 0; i < space->nsides; i++)
		most += space->sides[i]->nfacets;
	space->axes = palloc0_array(MsbAxis, most);
	space->axes[0].nvalues = MSB_AGE_SLOTS;
	space->naxes = 1;
	for (int i = 0; i < space->nsides; i++)
		for (int f = 0; f < space->sides[i]->nfacets; f++)
		{
			MsbAxis    *axis = &space->axes[space->naxes];

			if (msb_facet_no(space->sides[i], space->sides[i]->facets[f].facet) != f ||
				(i > 0 && msb_facet_no(space->sides[0], space->sides[i]->facets[f].facet) >= 0))
				continue;
			axis->facet = space->sides[i]->facets[f].facet;
			gather_labels(space, axis);
			space->empty |= axis->nvalues == 0;
			space->naxes++;
		}
}

/* Check whether a side lacks a label of an axis. */
static bool
lacks_labels(const Classes *classes, int side)
{
	ListCell   *cell;

	foreach(cell, classes->keys)
	{
		const uint64 *key = lfirst(cell);

		if (MSB_HAS(&key[classes->keysize / sizeof(uint64) - 1], side))
			return true;
	}
	return false;
}

/* Make the boxes of a side's rules, and, for each axis, of the labels that the side lacks. */
static void
make_boxes(MsbSpace *space, const Classes *classes, int side)
{
	const MsbStructure *s = space->sides[side];
	int			before = 0;		/* words of the sides before it in a key */
	int			nboxes = s->nrules;

	for (int i = 0; i < side; i++)
		before += space->sides[i]->nwords;
	for (int a = 0; a < space->naxes; a++)
		nboxes += lacks_labels(&classes[a], side);
	space->rules[side] = palloc_extended(mul_size(mul_size(space->nwords, sizeof(uint64)), Max(1, nboxes)),
										 MCXT_ALLOC_ZERO | MCXT_ALLOC_HUGE);
	for (int a = 0; a < space->naxes; a++)
	{
		uint64	   *at = space->rules[side] + space->axes[a].word;

		for (int c = 0; c < space->axes[a].nclasses; c++)
		{
			const uint64 *key = (const uint64 *) list_nth(classes[a].keys, c) + before;

			for (int w = 0; w < s->nwords; w++)
				for (uint64 left = key[w]; left != 0; left &= left - 1)
				{
					size_t		r = w * 64 + pg_rightmost_one_pos64(left);

					at[r * space->nwords + MSB_WORD(c)] |= MSB_BIT(c);
				}
		}
	}

	space->nrules[side] = s->nrules;
	for (int a = 0; a < space->naxes; a++)
	{
		uint64	   *box;

		if (!lacks_labels(&classes[a], side))
			continue;
		box = space->rules[side] + (size_t) space->nrules[side]++ * space->nwords;
		memcpy(box, space->whole, space->nwords * sizeof(uint64));
		for (int c = 0; c < space->axes[a].nclasses; c++)
		{
			const uint64 *key = list_nth(classes[a].keys, c);

			if (!MSB_HAS(&key[classes[a].keysize / sizeof(uint64) - 1], side))
				box[space->axes[a].word + MSB_WORD(c)] &= ~MSB_BIT(c);
		}
	}
}

/* Make the space that the sides share, in CurrentMemoryContext. */
MsbSpace *
msb_space(int nsides, const MsbStructure *const *sides)
{
	MsbSpace   *space = palloc0_object(MsbSpace);
	Classes    *classes;

	space->nsides = nsides;
	for (int i = 0; i < nsides; i++)
		space->sides[i] = sides[i];
	make_axes(space);
	classes = palloc_array(Classes, space->naxes);
	for (int a = 0; a < space->naxes; a++)
	{
		find_classes(space, &space->axes[a], &classes[a]);
		space->axes[a].word = space->nwords;
		space->nwords += space->axes[a].nwords;
	}
	space->whole = palloc0_array(uint64, space->nwords);
	for (int a = 0; a < space->naxes; a++)
		for (int c = 0; c < space->axes[a].nclasses; c++)
			space->whole[space->axes[a].word + MSB_WORD(c)] |= MSB_BIT(c);
	for (int i = 0; i < nsides; i++)
		make_boxes(space, classes, i);
	return space;
}

/* Check whether two boxes have a class in common on one axis. */
static bool
meet_on(const MsbAxis *axis, const uint64 *a, const uint64 *b)
{
	for (int w = axis->word; w < axis->word + axis->nwords; w++)
		if ((a[w] & b[w]) != 0)
			return true;
	return false;
}

/* Check whether two boxes have a situation in common. */
bool
msb_boxes_meet(const MsbSpace *space, const uint64 *a, const uint64 *b)
{
	for (int x = 0; x < space->naxes; x++)
		if (!meet_on(&space->axes[x], a, b))
			return false;
	return true;
}

/* Check whether a box takes no situation. */
bool
msb_box_is_empty(const MsbSpace *space, const uint64 *box)
{
	return !msb_boxes_meet(space, box, space->whole);
}

/* Find the labels that a box takes of a facet; false where they are all of them. */
static bool
box_labels(const MsbAxis *axis, const uint64 *box, MsbFacetLabels *labels)
{
	labels->facet = unconstify(char *, axis->facet);
	labels->nlabels = 0;
	labels->labels = palloc_array(char *, axis->nvalues);
	for (int n = 0; n < axis->nvalues; n++)
	{
		int			v = axis->by_name[n];

		if (MSB_HAS(&box[axis->word], axis->class_of[v]))
			labels->labels[labels->nlabels++] = unconstify(char *, axis->labels[v]);
	}
	return labels->nlabels < axis->nvalues;
}

/* Compare facets by name; for qsort(). */
static int
compare_facets(const void *a, const void *b)
{
	return strcmp(((const MsbFacetLabels *) a)->facet, ((const MsbFacetLabels *) b)->facet);
}

/*
 * Return a box as target groups, palloc'd: one for each span of its ages, since a target group
 * has one span.  Labels are listed in full, those below others too.
 */
List *
msb_box_targets(const MsbSpace *space, const uint64 *box)
{
	const MsbAxis *ages = &space->axes[0];
	MsbTargetGroup group = {0};
	List	   *targets = NIL;
	int			count = 0;

	group.facets = palloc_array(MsbFacetLabels, space->naxes);
	for (int a = 1; a < space->naxes; a++)
		if (box_labels(&space->axes[a], box, &group.facets[group.nfacets]))
			group.nfacets++;
	qsort(group.facets, group.nfacets, sizeof(MsbFacetLabels), compare_facets);

	for (int age = 0; age < MSB_AGE_SLOTS; age++)
		count += MSB_HAS(&box[ages->word], ages->class_of[age]);
	for (int age = 0; age < MSB_AGE_SLOTS; age++)
	{
		MsbTargetGroup *target;

		if (!MSB_HAS(&box[ages->word], ages->class_of[age]))
			continue;
		target = palloc_object(MsbTargetGroup);
		*target = group;
		if (count == MSB_AGE_SLOTS)
			target->age_kind = MSB_AGE_ANY;
		else if (age > MSB_AGE_MAX)
			target->age_kind = MSB_AGE_UNKNOWN;
		else
		{
			target->age_kind = MSB_AGE_SPAN;
			target->age_min = age;
			while (age < MSB_AGE_MAX && MSB_HAS(&box[ages->word], ages->class_of[age + 1]))
				age++;
			target->age_max = age;
		}
		targets = lappend(targets, target);
		if (count == MSB_AGE_SLOTS)
			break;
	}
	return targets;
}

/* Return one situation of a box, of an age of one of its target groups, palloc'd. */
MsbTargetGroup *
msb_box_example(const MsbSpace *space, const uint64 *box, const MsbTargetGroup *target)
{
	MsbTargetGroup *example = palloc0_object(MsbTargetGroup);

	/* where every age is taken, one that the reader can see */
	example->age_kind = target->age_kind == MSB_AGE_UNKNOWN ? MSB_AGE_UNKNOWN : MSB_AGE_SPAN;
	example->age_min = example->age_max = target->age_kind == MSB_AGE_SPAN ? target->age_min : 0;
	example->facets = palloc0_array(MsbFacetLabels, space->naxes);
	for (int a = 1; a < space->naxes; a++)
	{
		const MsbAxis *axis = &space->axes[a];
		MsbFacetLabels *facet = &example->facets[example->nfacets++];
		int			v = 0;

		while (!MSB_HAS(&box[axis->word], axis->class_of[v]))
			v++;
		facet->facet = unconstify(char *, axis->facet);
		facet->nlabels = 1;
		facet->labels = palloc_array(char *, 1);
		facet->labels[0] = unconstify(char *, axis->labels[v]);
	}
	qsort(example->facets, example->nfacets, sizeof(MsbFacetLabels), compare_facets);
	return example;
}

/*
 * Return a target group as a rule would have it, palloc'd: without the labels below another of
 * its labels.  *exact is false where a rule for that takes more than the target group.
 */
MsbTargetGroup *
msb_short_target(const MsbStructure *s, const MsbTargetGroup *target, bool *exact)
{
	MsbTargetGroup *result = palloc_object(MsbTargetGroup);

	*result = *target;
	result->facets = palloc_array(MsbFacetLabels, Max(1, target->nfacets));
	*exact = true;
	for (int i = 0; i < target->nfacets; i++)
	{
		const MsbFacetLabels *named = &target->facets[i];
		MsbFacetLabels *kept = &result->facets[i];
		int			f = msb_facet_no(s, named->facet);
		const MsbFacet *facet = f < 0 ? NULL : &s->facets[f];
		bool	   *in = palloc0_array(bool, facet == NULL ? 1 : facet->nlabels);

		*kept = *named;
		if (facet == NULL)
			continue;
		for (int n = 0; n < named->nlabels; n++)
		{
			int			l = msb_label_no(facet, named->labels[n], strlen(named->labels[n]));

			if (l != MSB_NO_LABEL)
				in[l] = true;
		}
		/* direct parents are enough: below a label that is in, the first that is not in is found */
		for (int l = 0; l < facet->nlabels; l++)
			if (!in[l] && facet->labels[l].parent != MSB_NO_LABEL && in[facet->labels[l].parent])
				*exact = false;
		kept->nlabels = 0;
		kept->labels = palloc_array(char *, named->nlabels);
		for (int n = 0; n < named->nlabels; n++)
		{
			int			l = msb_label_no(facet, named->labels[n], strlen(named->labels[n]));
			int			parent = l == MSB_NO_LABEL ? MSB_NO_LABEL : facet->labels[l].parent;

			if (parent == MSB_NO_LABEL || !in[parent])
				kept->labels[kept->nlabels++] = named->labels[n];
		}
		/* labels below themselves would leave none */
		if (kept->nlabels == 0)
			*kept = *named;
		pfree(in);
	}
	return result;
}
