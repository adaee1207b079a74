/*
 * target_group.h: an age span and, per facet, the labels it takes.
 *
 * Needs no server header but the allocation that it is given, so that the
 * parser can be tried on its own.
 */
#ifndef MSB_TARGET_GROUP_H
#define MSB_TARGET_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#define MSB_AGE_MAX 150			/* completed years; older counts as this */

typedef enum MsbAgeKind
{
	MSB_AGE_ANY,				/* every age, and unknown */
	MSB_AGE_SPAN,				/* min..max inclusive, not unknown */
	MSB_AGE_UNKNOWN				/* unknown only */
} MsbAgeKind;

typedef struct MsbFacetLabels
{
	char	   *facet;
	int			nlabels;		/* at least one */
	char	  **labels;			/* sorted bytewise, distinct */
} MsbFacetLabels;

/* A target group in memory: facets sorted bytewise, distinct. */
typedef struct MsbTargetGroup
{
	MsbAgeKind	age_kind;
	int			age_min;		/* for MSB_AGE_SPAN */
	int			age_max;
	int			nfacets;
	MsbFacetLabels *facets;
} MsbTargetGroup;

#endif							/* MSB_TARGET_GROUP_H */
