/*
 * regroup.h: the same situations in fewer target groups.
 */
#ifndef MSB_REGROUP_H
#define MSB_REGROUP_H

#include "postgres.h"

#include "proof/space.h"

extern List *msb_regroup(const MsbSpace *space, List *boxes);

#endif							/* MSB_REGROUP_H */
