/*
 * unit_lookup.h: the inverse of area_of: the ages and labels for which a unit is the answer.
 */
#ifndef MSB_UNIT_LOOKUP_H
#define MSB_UNIT_LOOKUP_H

#include "postgres.h"

#include "structure/structure.h"

#define MSB_AXES 4				/* age, task, challenge, service */

/* The classes of one of the arguments that in_area depends on: values that the same rules take. */
typedef struct MsbClasses
{
	int			facet;			/* -1 for ages, and where the structure lacks the facet */
	int			n;				/* classes */
	int		   *first;			/* per class its first label or age; unknown age is the last class */
	int		   *class_of;		/* per label its class */
} MsbClasses;

/* The ages for which a unit can be the answer. */
typedef struct MsbUnitAges
{
	int			youngest;		/* above oldest: nobody of known age */
	int			oldest;
	bool		unknown;		/* also people of unknown age */
} MsbUnitAges;

/* The units of all combinations of classes, by a structure. */
struct MsbUnitLookup
{
	bool		uses_standard_facets;	/* area_of's arguments are enough: others have an if_null */
	MsbClasses	axes[MSB_AXES];
	int		   *unit_of;		/* per combination, the last axis fastest, a unit_no or -1; NULL where
								 * they are too many */
	MsbUnitAges *units;			/* per unit_no */
};

extern bool msb_class_taken(const MsbStructure *s, const MsbClasses *axis, int class, int rule);
extern const MsbUnitLookup *msb_unit_lookup(const MsbStructure *s);
extern int	msb_unit_no(const MsbStructure *s, const text *unit);
extern MsbUnitAges msb_unit_ages(const MsbStructure *s, const text *unit);
extern DateADT msb_class_first_birth(const MsbClasses *ages, int class, DateADT on_date);
extern DateADT msb_class_last_birth(const MsbClasses *ages, int class, DateADT on_date);

#endif							/* MSB_UNIT_LOOKUP_H */
