/*
 * read_map.h: the map of an attached table, read from its triggers and from attached_table.
 */
#ifndef MSB_READ_MAP_H
#define MSB_READ_MAP_H

#include "postgres.h"

#include "utils/relcache.h"
#include "utils/reltrigger.h"

#include "base/compat.h"
#include "cases/case_map.h"

#define MSB_MAP_TRIGGER "msb_org_map"

extern Trigger *msb_find_trigger(Relation rel, const char *name, bool prefix, const char *first_argument);
extern bool msb_belongs_to(Relation rel, Oid root);
extern Oid	msb_case_table_relation(const char *name);
extern MsbMode msb_case_table_mode(const char *name);
extern MsbCaseTable *msb_make_case_table(Relation rel);
extern MsbParentTable *msb_make_parent_table(Relation rel, Trigger *trigger, const char *case_table);
pg_noreturn extern void msb_lost_parent_map(Relation rel, const char *case_table);

#endif							/* MSB_READ_MAP_H */
