/*
 * coordination.h: the citizens whose cases changed, each looked at once.
 */
#ifndef MSB_COORDINATION_H
#define MSB_COORDINATION_H

#include "postgres.h"

#include "plans/need.h"

typedef struct MsbTouched MsbTouched;

extern MsbTouched *msb_touched(void);
extern void msb_touch(MsbTouched *touched, const char *citizen, bool has_open);
extern int64 msb_coordinate(MsbTouched *touched, DateADT on_date, MsbOpening opening, bool asked, List **to_judge);

#endif							/* MSB_COORDINATION_H */
