/*
 * area.h: area_of(), for the functions that call it.
 */
#ifndef MSB_AREA_H
#define MSB_AREA_H

#include "postgres.h"

#include "fmgr.h"

extern Datum msb_area_of_birth(PG_FUNCTION_ARGS);
extern Datum msb_area_of_cpr(PG_FUNCTION_ARGS);

#endif							/* MSB_AREA_H */
