/*
 * query.h: running SQL as the owner of a table, and under the newest snapshot.
 */
#ifndef MSB_QUERY_H
#define MSB_QUERY_H

#include "postgres.h"

#include "executor/spi.h"

typedef struct MsbUser
{
	Oid			user;
	int			context;
} MsbUser;

extern SPIPlanPtr msb_plan(const char *query, int nargs, const Oid *types);
extern MsbUser msb_become(Oid owner);
extern void msb_become_again(MsbUser user);
extern char *msb_table_name(Relation rel);
extern char *msb_table_only(Relation rel);
extern const char *msb_column_name(Relation rel, AttrNumber attno);
extern Datum msb_text_datum(Oid type, int32 typmod, const char *text);
extern char *msb_uuid_text(Datum value);
extern uint64 msb_run_as_owner(const char *query, int nargs, const Oid *types, Datum *args, const char *nulls);

#endif							/* MSB_QUERY_H */
