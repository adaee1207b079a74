/*
 * trigger.h: whether a trigger function was called as its trigger.
 */
#ifndef MSB_TRIGGER_H
#define MSB_TRIGGER_H

#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"

#include "base/compat.h"

/* The events that a row trigger answers to; and whether it is one of a table of ours alone. */
#define MSB_ON_INSERT	1
#define MSB_ON_UPDATE	2
#define MSB_ON_DELETE	4
#define MSB_OWN_TABLE	8

extern TriggerData *msb_row_trigger(FunctionCallInfo fcinfo, const char *name, bool before, int allowed);
pg_noreturn extern void msb_not_its_trigger(const char *name);

#endif							/* MSB_TRIGGER_H */
