/*
 * unit_lookup.h: whom each unit is the answer to, by classes of ages and labels.
 */
#ifndef MSB_UNIT_LOOKUP_H
#define MSB_UNIT_LOOKUP_H

#include "postgres.h"

#include "structure/structure.h"

#define MSB_AXES 4				/* age, task, challenge, service */

/* An axis of in_area's space, in classes that the same rules take. */
typedef struct MsbClasses
{
	int			facet;			/* -1 for ages, and where the structure lacks it */
	int			n;
	int		   *first;			/* per class a label of it; the first age of it, last the unknown */
	int		   *class_of;		/* per label */
} MsbClasses;

typedef struct MsbUnitAges
{
	int			youngest;		/* above oldest: nobody of known age */
	int			oldest;
	bool		unknown;
} MsbUnitAges;

struct MsbUnitLookup
{
	bool		uses_standard_facets;		/* no facet must be named but those that area_of names */
	MsbClasses		axes[MSB_AXES];
	int		   *unit_of;		/* per combination, the last axis fastest, a unit_no or -1; NULL: too many */
	MsbUnitAges *units;			/* per unit_no */
};

extern bool msb_class_taken(const MsbStructure *s, const MsbClasses *axis, int class, int rule);
extern const MsbUnitLookup *msb_unit_lookup(const MsbStructure *s);
extern int	msb_unit_no(const MsbStructure *s, const text *unit);
extern MsbUnitAges msb_unit_ages(const MsbStructure *s, const text *unit);
extern DateADT msb_class_first_birth(const MsbClasses *ages, int class, DateADT on_date);
extern DateADT msb_class_last_birth(const MsbClasses *ages, int class, DateADT on_date);

#endif							/* MSB_UNIT_LOOKUP_H */
