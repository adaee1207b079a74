/*
 * compile.h: compiling the document of a structure.
 */
#ifndef MSB_COMPILE_H
#define MSB_COMPILE_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "structure/structure.h"

extern MsbStructure *msb_structure_compile(Jsonb *document, const char *structure,
										   int revision, DateADT until);

#endif							/* MSB_COMPILE_H */
