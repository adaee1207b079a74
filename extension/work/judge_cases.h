/*
 * case_sql.h: what functions that are asked about cases share.
 */
#ifndef MSB_CASE_SQL_H
#define MSB_CASE_SQL_H

#include "cases/case_table.h"

extern Relation msb_open_case_table(const char *name, LOCKMODE lock);
extern bool msb_can_be_key(Oid type, const char *key);

#endif							/* MSB_CASE_SQL_H */
