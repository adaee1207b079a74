/*
 * plan_part.h: what the guards of plans and of their parts share.
 */
#ifndef MSB_PLAN_PART_H
#define MSB_PLAN_PART_H

#include "msb_org.h"

extern char *msb_uuid_text(Datum value);
extern uint64 msb_run_as_owner(const char *query, int nargs, const Oid *types, Datum *args);

#endif							/* MSB_PLAN_PART_H */
