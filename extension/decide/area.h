/*
 * area.h: errors about a label that is missing or unknown.
 */
#ifndef MSB_AREA_H
#define MSB_AREA_H

#include "postgres.h"

#include "fmgr.h"

extern Datum msb_area_of_birth(PG_FUNCTION_ARGS);
extern Datum msb_area_of_cpr(PG_FUNCTION_ARGS);

#endif							/* MSB_AREA_H */
