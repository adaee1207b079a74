/*
 * target_group_type.h: the type target_group as the server sees it.
 */
#ifndef MSB_TARGET_GROUP_TYPE_H
#define MSB_TARGET_GROUP_TYPE_H

#include "postgres.h"

#include "types/target_group.h"

/* target_group.c; results are palloc'd in CurrentMemoryContext */
extern MsbTargetGroup *msb_target_group_decode(Datum value);
extern Datum msb_target_group_encode(const MsbTargetGroup *group);
extern char *msb_target_group_print(const MsbTargetGroup *group);
extern const MsbFacetLabels *msb_target_group_facet(const MsbTargetGroup *group,
													const char *facet);
extern bool msb_target_group_covers(const MsbTargetGroup *a, const MsbTargetGroup *b);
extern bool msb_target_group_meets(const MsbTargetGroup *a, const MsbTargetGroup *b);
extern MsbTargetGroup *msb_target_group_common(const MsbTargetGroup *a,
											   const MsbTargetGroup *b);

#endif							/* MSB_TARGET_GROUP_TYPE_H */
