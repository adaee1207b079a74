/*
 * override.h: the override of a case.
 */
#ifndef MSB_OVERRIDE_H
#define MSB_OVERRIDE_H

#include "postgres.h"

#include "cases/judge.h"

extern bool msb_apply_override(const MsbCaseTable *ct, MsbAnswer *answer, DateADT on_date);

#endif							/* MSB_OVERRIDE_H */
