/*
 * changed_citizens.h: gathering citizens whose cases changed, and looking at each once.
 */
#ifndef MSB_CHANGED_CITIZENS_H
#define MSB_CHANGED_CITIZENS_H

#include "postgres.h"

#include "plans/duties_due.h"

typedef struct MsbChangedCitizens MsbChangedCitizens;

extern MsbChangedCitizens *msb_changed_citizens(void);
extern void msb_citizen_changed(MsbChangedCitizens *changed, const char *citizen, bool has_open);
extern int64 msb_coordinate(MsbChangedCitizens *changed, DateADT on_date, MsbOpening opening, bool asked, List **to_judge);

#endif							/* MSB_CHANGED_CITIZENS_H */
