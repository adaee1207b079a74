/*
 * situation.c: the labels of a case as the ledger keeps them, a target_group without an age, and
 * back; the point that a situation in a query names.
 *
 * Few combinations of labels occur, so each structure caches their stored form, the latest ones:
 * 1,024 slots, two of them for each hash.  The cache lives in the structure's own memory context,
 * as long as the structure, and cannot become stale.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/msb_org.h"
#include "base/messages.h"
#include "types/target_group_text.h"
#include "types/target_group.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/situation.h"

#define SLOT_BITS 10			/* of a hash */

/* A slot of the cache. */
struct MsbSituation
{
	struct varlena *stored;		/* NULL: empty */
	int		   *labels;
};

/* Compare facets by name; for qsort(). */
static int
compare_facets(const void *a, const void *b)
{
	return strcmp(((const MsbFacetLabels *) a)->facet, ((const MsbFacetLabels *) b)->facet);
}

/* Make the stored form of labels, palloc'd. */
static struct varlena *
encode(const MsbStructure *s, const int *labels)
{
	MsbTargetGroup group = {.age_kind = MSB_AGE_ANY, .nfacets = s->nfacets};
	char	  **names = palloc_array(char *, Max(1, s->nfacets));
	struct varlena *stored;

	group.facets = palloc_array(MsbFacetLabels, Max(1, s->nfacets));
	for (int f = 0; f < s->nfacets; f++)
	{
		names[f] = s->facets[f].labels[labels[f]].label;
		group.facets[f] = (MsbFacetLabels) {s->facets[f].facet, 1, &names[f]};
	}
	qsort(group.facets, s->nfacets, sizeof(MsbFacetLabels), compare_facets);
	stored = (struct varlena *) DatumGetPointer(msb_target_group_encode(&group));
	pfree(group.facets);
	pfree(names);
	return stored;
}

/* Return one label per facet as the ledger keeps them; good until the next call for the structure. */
const struct varlena *
msb_situation(const MsbStructure *s, const int *labels)
{
	Size		size = s->nfacets * sizeof(int);
	MsbSituation *slot;
	MemoryContext old;
	uint32		hash = 0;

	for (int f = 0; f < s->nfacets; f++)
		hash = (hash + labels[f]) * 0x9E3779B1;
	slot = &s->situations[hash >> (32 - SLOT_BITS)];
	if (slot->stored != NULL && memcmp(slot->labels, labels, size) == 0)
		return slot->stored;
	/* the slot beside it, which new labels take if the first is taken */
	if (slot->stored != NULL)
		slot = &s->situations[hash >> (32 - SLOT_BITS) ^ 1];
	if (slot->stored != NULL && memcmp(slot->labels, labels, size) == 0)
		return slot->stored;
	old = MemoryContextSwitchTo(GetMemoryChunkContext(s->situations));
	if (slot->stored != NULL)
	{
		struct varlena *gone = slot->stored;

		slot->stored = NULL;
		pfree(gone);
	}
	if (slot->labels == NULL)
		slot->labels = palloc_array(int, Max(1, s->nfacets));
	memcpy(slot->labels, labels, size);
	slot->stored = encode(s, labels);
	MemoryContextSwitchTo(old);
	return slot->stored;
}

/* Make the empty cache of a new structure, in CurrentMemoryContext. */
MsbSituation *
msb_situations(void)
{
	return palloc0_array(MsbSituation, 1 << SLOT_BITS);
}

/*
 * Find the labels of a situation that the ledger kept, perhaps by another structure.  Returns
 * false where this structure lacks one of them, or a facet gets none.
 */
bool
msb_situation_labels(const MsbStructure *s, Datum situation, int *labels)
{
	MsbTargetGroup *group = msb_target_group_decode(situation);

	for (int f = 0; f < s->nfacets; f++)
	{
		const MsbFacet *facet = &s->facets[f];
		const MsbFacetLabels *named = msb_target_group_facet(group, facet->facet);

		labels[f] = named == NULL ? facet->if_null :
			named->nlabels != 1 ? MSB_NO_LABEL :
			msb_label_no(facet, named->labels[0], strlen(named->labels[0]));
		if (labels[f] == MSB_NO_LABEL)
			return false;
	}
	return true;
}

/* Check whether the challenge among these labels yields to a stated primary challenge. */
bool
msb_yields(const MsbStructure *s, const int *labels)
{
	int			challenge = s->challenge_no < 0 ? MSB_NO_LABEL : labels[s->challenge_no];

	return challenge != MSB_NO_LABEL && s->facets[s->challenge_no].labels[challenge].yields;
}

/* Put a stated primary challenge in place of one that yields, if the structure has it. */
void
msb_yield_to(const MsbStructure *s, int *labels, const char *stated, int len)
{
	int			no = msb_yields(s, labels) ? msb_label_no(&s->facets[s->challenge_no], stated, len) : MSB_NO_LABEL;

	if (no != MSB_NO_LABEL)
		labels[s->challenge_no] = no;
}

/*
 * Find the point (an age, and one label per facet) that a situation names.  A facet that it does
 * not name gets its if_null.  22023 where it is not one point, or names what the structure lacks.
 */
void
msb_situation_point(const MsbStructure *s, const MsbTargetGroup *situation, int *age, int *labels)
{
	if (situation->age_kind != MSB_AGE_SPAN)
		*age = MSB_AGE_NOT_KNOWN;
	else if (situation->age_min == situation->age_max)
		*age = situation->age_min;
	else
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a situation has one age, not a span of ages")));

	for (int f = 0; f < situation->nfacets; f++)
		if (msb_facet_no(s, situation->facets[f].facet) < 0)
			ereport(ERROR,
					(msb_hide_values(NULL),
					 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("structure \"%s\" has no facet \"%s\"",
							s->structure, msb_printable(situation->facets[f].facet))));
	for (int f = 0; f < s->nfacets; f++)
	{
		const MsbFacet *facet = &s->facets[f];
		const MsbFacetLabels *named = msb_target_group_facet(situation, facet->facet);

		if (named == NULL)
			labels[f] = msb_label_if_null(s, f);
		else if (named->nlabels != 1)
			ereport(ERROR,
					(msb_hide_values(NULL),
					 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a situation has one label of facet \"%s\", not several", facet->facet)));
		else
		{
			labels[f] = msb_label_no(facet, named->labels[0], strlen(named->labels[0]));
			if (labels[f] == MSB_NO_LABEL)
				msb_unknown_label(s, facet->facet, named->labels[0]);
		}
	}
}
