/*
 * carry_over.h: moving what is recorded of a citizen from one key to another.
 */
#ifndef MSB_CARRY_OVER_H
#define MSB_CARRY_OVER_H

#include "postgres.h"

#include "nodes/pg_list.h"

extern bool msb_former_plan_open(const char *citizen);
extern List *msb_former_keys(const char *citizen);
extern char *msb_carry_over(const char *citizen);

#endif							/* MSB_CARRY_OVER_H */
