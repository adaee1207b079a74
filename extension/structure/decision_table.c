/*
 * decision_table.c: the sets of rules per label and per age, and the decision.
 *
 * One AND per facet and one for the age give the set of the rules that match.  The first of them
 * that takes precedence over every matching rule of another unit wins.  area_of, decide and the
 * triggers call answers.c, which remembers what is decided here.  explain_area decides here
 * directly, since it also needs the rules that matched.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "base/bitset.h"
#include "types/target_group_text.h"
#include "types/target_group.h"
#include "structure/finding.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/decision_table.h"

/*
 * Return, per label of a facet, the set of those of n target groups that take it, palloc'd.  A
 * target group that names a label takes the labels below it too.
 */
uint64 *
msb_label_sets(const MsbFacet *facet, MsbTargetGroup *const *targets, int n, int nwords)
{
	uint64	   *takes = palloc0(mul_size(mul_size(sizeof(uint64), nwords), Max(1, facet->nlabels)));

	for (int t = 0; t < n; t++)
	{
		const MsbFacetLabels *named = msb_target_group_facet(targets[t], facet->facet);
		bool	   *taken;

		if (named == NULL)
		{
			for (int l = 0; l < facet->nlabels; l++)
				takes[(size_t) l * nwords + MSB_WORD(t)] |= MSB_BIT(t);
			continue;
		}
		taken = palloc0_array(bool, facet->nlabels);
		for (int i = 0; i < named->nlabels; i++)
		{
			int			l = msb_label_no(facet, named->labels[i], strlen(named->labels[i]));

			if (l != MSB_NO_LABEL)
				taken[l] = true;
		}
		for (int l = 0; l < facet->nlabels; l++)
		{
			int			up = l;

			/* the counter ends a circle of parents, which a document may hold */
			for (int depth = 0; up != MSB_NO_LABEL && depth <= facet->nlabels; depth++)
			{
				if (taken[up])
				{
					takes[(size_t) l * nwords + MSB_WORD(t)] |= MSB_BIT(t);
					break;
				}
				up = facet->labels[up].parent;
			}
		}
		pfree(taken);
		CHECK_FOR_INTERRUPTS();
	}
	return takes;
}

/*
 * Find, per age, the set of those of n target groups that take it, palloc'd.  Ages between two
 * bounds share one set.  age_break becomes true for each age at which another set begins, and is
 * left alone for the others.
 */
void
msb_age_sets(uint64 **ages, bool *age_break, MsbTargetGroup *const *targets, int n, int nwords)
{
	for (int age = 0; age < MSB_AGE_SLOTS; age++)
	{
		uint64	   *set = palloc0_array(uint64, nwords);

		for (int t = 0; t < n; t++)
		{
			const MsbTargetGroup *target = targets[t];
			bool		known = age <= MSB_AGE_MAX;

			if (target->age_kind == MSB_AGE_ANY ||
				(target->age_kind == MSB_AGE_UNKNOWN && !known) ||
				(target->age_kind == MSB_AGE_SPAN && known &&
				 age >= target->age_min && age <= target->age_max))
				set[MSB_WORD(t)] |= MSB_BIT(t);
		}
		if (age > 0 && memcmp(set, ages[age - 1], nwords * sizeof(uint64)) == 0)
		{
			pfree(set);
			ages[age] = ages[age - 1];
		}
		else
		{
			ages[age] = set;
			if (age > 0 && age <= MSB_AGE_MAX)
				age_break[age] = true;
		}
	}
}

/*
 * Decide, without remembering.  labels holds one index per facet of the structure, all valid;
 * age is completed years or MSB_AGE_NOT_KNOWN.  Returns the index of the rule that wins, or -1
 * with the finding.
 *
 * A matching rule wins if it takes precedence over every matching rule of another unit.  Of
 * several winners of one unit the first by code is returned.  Winners of two units can only be
 * rules that take precedence over each other, which is a conflict.
 *
 * The set of matching rules stays in s->matching, for msb_rule_matched().  Throws nothing.
 */
int
msb_decide_plainly(const MsbStructure *s, int age, const int *labels, const char **finding)
{
	uint64	   *m = s->matching;
	const int	nwords = s->nwords;
	bool		any = false;
	int			winner = -1;

	if (age == MSB_AGE_NOT_KNOWN)
		memcpy(m, s->ages[MSB_AGE_SLOTS - 1], nwords * sizeof(uint64));
	else
		memcpy(m, s->ages[Min(age, MSB_AGE_MAX)], nwords * sizeof(uint64));
	for (int f = 0; f < s->nfacets; f++)
	{
		const uint64 *takes = &s->facets[f].takes[labels[f] * nwords];

		for (int w = 0; w < nwords; w++)
			m[w] &= takes[w];
	}

	for (int w = 0; w < nwords; w++)
	{
		for (uint64 left = m[w]; left != 0; left &= left - 1)
		{
			int			r = w * 64 + pg_rightmost_one_pos64(left);
			const uint64 *beats = &s->beats[(size_t) r * nwords];
			uint64		unbeaten = 0;

			any = true;
			for (int v = 0; v < nwords; v++)
				unbeaten |= m[v] & ~beats[v];
			if (unbeaten != 0)
				continue;
			if (winner < 0)
			{
				winner = r;
				if (!s->mutual)
				{
					*finding = NULL;
					return winner;
				}
			}
			else if (s->rules[winner].unit_no != s->rules[r].unit_no)
			{
				*finding = MSB_FINDING_CONFLICT;
				return -1;
			}
		}
	}
	*finding = winner >= 0 ? NULL : any ? MSB_FINDING_CONFLICT : MSB_FINDING_GAP;
	return winner;
}

/* Check whether a rule matched in the last msb_decide_plainly() of the structure. */
bool
msb_rule_matched(const MsbStructure *s, int rule)
{
	return MSB_HAS(s->matching, rule);
}

/* Check whether a rule takes precedence over another, or is of the same unit. */
bool
msb_rule_beats(const MsbStructure *s, int rule, int other)
{
	return MSB_HAS(&s->beats[(size_t) rule * s->nwords], other);
}
