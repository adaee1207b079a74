/*
 * structure_cache.h: the structure in force on a day, compiled.
 */
#ifndef MSB_STRUCTURE_CACHE_H
#define MSB_STRUCTURE_CACHE_H

#include "postgres.h"

#include "structure/structure.h"

extern const MsbStructure *msb_structure_on(DateADT on_date);
extern DateADT msb_structure_after(DateADT day);
extern const char *msb_unit_kind_on(DateADT on_date, const char *unit);

#endif							/* MSB_STRUCTURE_CACHE_H */
