/*
 * read_map.h: reads the map of an attached table from its triggers and from attached_table.
 */
#ifndef MSB_READ_MAP_H
#define MSB_READ_MAP_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/relcache.h"
#include "utils/reltrigger.h"

#include "cases/case_map.h"

#define MSB_MAP_TRIGGER "msb_org_map"

extern Trigger *msb_find_trigger(Relation rel, const char *name, bool prefix, const char *first_argument);
extern Trigger *msb_copy_map_trigger(Trigger *trigger);
extern void msb_role_column(MsbColumn *column, Relation rel, Trigger *trigger, JsonbContainer *roles, const char *role, MemoryContext context);
extern bool msb_belongs_to(Relation rel, Oid root);
extern Oid	msb_case_table_relation(const char *name);
extern MsbMode msb_case_table_mode(const char *name);
extern MsbCaseTable *msb_make_case_table(Relation rel);
extern void msb_lost_parent_map(Relation rel, const char *case_table);

#endif							/* MSB_READ_MAP_H */
