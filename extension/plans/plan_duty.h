/*
 * plan_duty.h: recording what a citizen's cases call for.
 */
#ifndef MSB_PLAN_DUTY_H
#define MSB_PLAN_DUTY_H

#include "postgres.h"

#include "plans/need.h"
#include "plans/plan_records.h"

extern int64 msb_record_coordination(MsbRecords *r, const MsbCoordination *c, DateADT on_date, MsbOpening opening);

#endif							/* MSB_PLAN_DUTY_H */
