/*
 * open_plan.h: recording what a citizen's cases call for.
 */
#ifndef MSB_OPEN_PLAN_H
#define MSB_OPEN_PLAN_H

#include "postgres.h"

#include "plans/duties_due.h"
#include "plans/plan_records.h"

extern int64 msb_record_coordination(MsbRecords *r, const MsbCoordination *c, DateADT on_date, MsbOpening opening);

#endif							/* MSB_OPEN_PLAN_H */
