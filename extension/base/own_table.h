/*
 * own_table.h: writing the extension's own tables.
 */
#ifndef MSB_OWN_TABLE_H
#define MSB_OWN_TABLE_H

#include "postgres.h"

#include "access/htup.h"
#include "utils/relcache.h"

typedef struct MsbOwnTable MsbOwnTable;

extern MsbOwnTable *msb_own_table_open(const char *name, int ncolumns, int most_pending, const char *checked);
extern MsbOwnTable *msb_own_table_open_dry(const char *name);
extern bool msb_own_table_wanted(MsbOwnTable *table);
extern Relation msb_own_table_relation(const MsbOwnTable *table);
extern int	msb_own_table_pending(const MsbOwnTable *table);
extern void msb_own_table_insert(MsbOwnTable *table, const Datum *values, const bool *nulls);
extern void msb_own_table_update(MsbOwnTable *table, HeapTuple row, const Datum *values,
								 const bool *nulls, const bool *replace);
extern void msb_own_table_delete(MsbOwnTable *table, HeapTuple row);
extern void msb_own_table_flush(MsbOwnTable *table);
extern void msb_own_table_close(MsbOwnTable *table);

#endif							/* MSB_OWN_TABLE_H */
