/*
 * target_group_text.h: a target group in memory (an age span and, per facet, the labels that it
 * takes), from text and to text.
 *
 * It needs no server header, and allocates by the function that it is given, so that the parser
 * can be tested on its own.
 */
#ifndef MSB_TARGET_GROUP_TEXT_H
#define MSB_TARGET_GROUP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define MSB_AGE_MAX 150			/* completed years; older counts as this */
#define MSB_NAME_MAX 255		/* bytes of a facet name or a label */
#define MSB_TARGET_GROUP_TEXT_MAX (16 * 1024 * 1024)	/* bytes of text */

typedef enum MsbAgeKind
{
	MSB_AGE_ANY,				/* every age, and unknown */
	MSB_AGE_SPAN,				/* age_min..age_max inclusive, not unknown */
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

/* Allocates memory; may return NULL.  palloc() is one. */
typedef void *(*MsbAlloc) (size_t size);

/* The fault in a text that is no target group. */
typedef struct MsbParseError
{
	const char *why;			/* a constant; the beginning of a sentence, no full stop */
	bool		has_position;	/* false: the text as a whole */
	size_t		at;				/* bytes before the position; may be the length */
} MsbParseError;

extern bool msb_target_group_parse(const char *text, size_t len, MsbAlloc alloc,
								   MsbTargetGroup **result, MsbParseError *error);
extern size_t msb_target_group_text_len(const MsbTargetGroup *group);
extern void msb_target_group_write(const MsbTargetGroup *group, char *text);

#endif							/* MSB_TARGET_GROUP_TEXT_H */
