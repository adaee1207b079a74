/*
 * parse_map.h: the arguments of a map trigger, parsed.
 */
#ifndef MSB_PARSE_MAP_H
#define MSB_PARSE_MAP_H

#include "postgres.h"

#include "utils/rel.h"
#include "utils/reltrigger.h"

#include "base/compat.h"

/* A facet and its column. */
typedef struct MsbMapFacet
{
	char	   *facet;
	AttrNumber	attno;
} MsbMapFacet;

/*
 * The column of each role; InvalidAttrNumber if the role is not played.  The type of
 * closed is for the caller to check: a column of codes may have any.
 */
typedef struct MsbMap
{
	AttrNumber	key;
	AttrNumber	citizen;
	AttrNumber	birth;
	bool		parent_citizen; /* the parent row has the citizen, */
	bool		parent_birth;	/* ... the birth date */
	AttrNumber	parent;			/* the foreign key's column */
	AttrNumber	opened;
	AttrNumber	closed;
	bool		closed_is_day;	/* true also if there is no closing column */
	AttrNumber	decided;
	AttrNumber	caseworker;
	AttrNumber	area;
	AttrNumber	ref;			/* on a table that cases refer to: the column that they refer to */
	int			nfacets;
	MsbMapFacet *facets;
} MsbMap;

pg_noreturn extern void msb_damaged_map(const Trigger *trigger);
extern MsbMap *msb_parse_map(const Trigger *trigger, Relation rel);

#endif							/* MSB_PARSE_MAP_H */
