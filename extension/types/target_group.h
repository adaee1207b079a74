/*
 * target_group.h: the stored form of a target group, and its set algebra.
 */
#ifndef MSB_TARGET_GROUP_H
#define MSB_TARGET_GROUP_H

#include "postgres.h"

#include "types/target_group_text.h"

extern void msb_target_group_check_head(const uint8 *data, Size len);
extern MsbTargetGroup *msb_target_group_decode(Datum value);
extern Datum msb_target_group_encode(const MsbTargetGroup *group);
extern char *msb_target_group_print(const MsbTargetGroup *group);
extern const MsbFacetLabels *msb_target_group_facet(const MsbTargetGroup *group,
													const char *facet);
extern bool msb_target_group_covers(const MsbTargetGroup *a, const MsbTargetGroup *b);
extern bool msb_target_group_meets(const MsbTargetGroup *a, const MsbTargetGroup *b);
extern MsbTargetGroup *msb_target_group_common(const MsbTargetGroup *a,
											   const MsbTargetGroup *b);
extern int	msb_target_group_compare(const struct varlena *a, const struct varlena *b);

#endif							/* MSB_TARGET_GROUP_H */
