/*
 * plan_participants.h: participants, reviews and handovers of a coordination plan.
 */
#ifndef MSB_PLAN_PARTICIPANTS_H
#define MSB_PLAN_PARTICIPANTS_H

#include "postgres.h"

#include "plans/duties_due.h"
#include "plans/plan_records.h"

extern void msb_record_participants(MsbRecords *r, const MsbCoordination *c);
extern void msb_end_course(MsbRecords *r);
extern void msb_record_review(MsbRecords *r, bool gone, bool any_due);
extern void msb_record_handover(MsbRecords *r, const MsbCoordination *c, DateADT on_date);

#endif							/* MSB_PLAN_PARTICIPANTS_H */
