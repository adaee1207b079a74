/*
 * case_table.h: the maps of attached tables and of their parents, cached.
 */
#ifndef MSB_CASE_TABLE_H
#define MSB_CASE_TABLE_H

#include "postgres.h"

#include "utils/rel.h"

#include "base/compat.h"
#include "cases/case_map.h"

extern bool msb_is_mapped(Relation rel);
extern const MsbCaseTable *msb_case_table(Relation rel);
extern const MsbParentTable *msb_parent_table(Relation rel, const char *case_table);
pg_noreturn extern void msb_not_attached(const char *name);
extern Relation msb_open_case_table(const char *name, LOCKMODE lock);
extern bool msb_can_be_key(Oid type, const char *key);

#endif							/* MSB_CASE_TABLE_H */
