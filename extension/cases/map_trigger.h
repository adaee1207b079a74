/*
 * map_trigger.h: what the arguments of a map trigger say.
 */
#ifndef MSB_MAP_TRIGGER_H
#define MSB_MAP_TRIGGER_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/reltrigger.h"

#include "base/compat.h"
#include "cases/case_map.h"

pg_noreturn extern void msb_damaged_map(const Trigger *trigger);
extern JsonbContainer *msb_trigger_roles(const Trigger *trigger);
extern AttrNumber msb_position_column(const Trigger *trigger, const JsonbValue *position);
extern void msb_check_key(const Trigger *trigger, const MsbColumn *column);
extern void msb_check_birth(const Trigger *trigger, const MsbColumn *column);
extern void msb_check_day(const Trigger *trigger, const MsbColumn *column);

#endif							/* MSB_MAP_TRIGGER_H */
