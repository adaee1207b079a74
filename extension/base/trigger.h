/*
 * trigger.h: checking that a trigger function was called as its trigger.
 */
#ifndef MSB_TRIGGER_H
#define MSB_TRIGGER_H

#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"

#include "base/compat.h"

/* The events for which a row trigger may be called; MSB_OWN_TABLE: and on our own tables only. */
#define MSB_ON_INSERT	1
#define MSB_ON_UPDATE	2
#define MSB_ON_DELETE	4
#define MSB_OWN_TABLE	8

extern TriggerData *msb_row_trigger(FunctionCallInfo fcinfo, const char *name, bool before, int allowed);
pg_noreturn extern void msb_not_its_trigger(const char *name);

#endif							/* MSB_TRIGGER_H */
