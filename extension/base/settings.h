/*
 * settings.h: the day, the clock and the actor, as the settings say.
 */
#ifndef MSB_SETTINGS_H
#define MSB_SETTINGS_H

#include "postgres.h"

#include "utils/date.h"

extern int	msb_min_cell;
extern void msb_define_settings(void);
extern DateADT msb_local_date(TimestampTz at);
extern DateADT msb_current_date(void);
extern TimestampTz msb_clock(void);
extern char *msb_current_actor(void);

#endif							/* MSB_SETTINGS_H */
