/*
 * map_trigger.h: what the arguments of a map trigger say.
 */
#ifndef MSB_MAP_TRIGGER_H
#define MSB_MAP_TRIGGER_H

#include "postgres.h"

#include "utils/rel.h"
#include "utils/reltrigger.h"

#include "base/compat.h"

/* The column that a facet comes from. */
typedef struct MsbMapFacet
{
	char	   *facet;
	AttrNumber	attno;
} MsbMapFacet;

/*
 * Which column plays which role; 0 where none does.  Of the types only that of closed
 * is left to the caller: a column of codes has any.
 */
typedef struct MsbMap
{
	AttrNumber	key;
	AttrNumber	citizen;
	AttrNumber	birth;
	bool		parent_citizen; /* the row that parent refers to has it instead */
	bool		parent_birth;
	AttrNumber	parent;			/* the foreign key's column */
	AttrNumber	opened;
	AttrNumber	closed;
	bool		closed_is_day;	/* or there is none */
	AttrNumber	decided;
	AttrNumber	caseworker;
	AttrNumber	area;
	AttrNumber	ref;			/* of a table that cases refer to: what they refer to */
	int			nfacets;
	MsbMapFacet *facets;
} MsbMap;

pg_noreturn extern void msb_damaged_map(const Trigger *trigger);
extern MsbMap *msb_parse_map(const Trigger *trigger, Relation rel);

#endif							/* MSB_MAP_TRIGGER_H */
