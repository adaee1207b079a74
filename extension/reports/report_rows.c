/*
 * report_rows.c: reads columns of an application's table for the reports, as that table's
 * owner: the reader needs no privilege, and nothing of the table's (casts, output
 * functions) runs as the owner of the extension.
 *
 * case_facts() and contact_facts() read columns that the table's owner has named.  They
 * return rows, so only the reports call them; the reports return counts.
 */
#include "postgres.h"

#include "access/relation.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/tuplestore.h"

#include "base/settings.h"
#include "base/msb_org.h"
#include "base/query.h"
#include "cases/read_map.h"

/*
 * Return the column that a field of row n of one of our tables names, as a query names
 * it; NULL for none.
 */
static char *
named_column(SPITupleTable *table, uint64 n, int field)
{
	char	   *name = SPI_getvalue(table->vals[n], table->tupdesc, field);

	return name == NULL ? NULL : pstrdup(quote_identifier(name));
}

/*
 * Return the type of the column that a field names, of a domain the base type; 42703 if
 * the column was dropped.
 */
static Oid
column_type(Relation rel, SPITupleTable *table, uint64 n, int field)
{
	char	   *name = SPI_getvalue(table->vals[n], table->tupdesc, field);
	AttrNumber	attno = get_attnum(RelationGetRelid(rel), name);

	if (attno == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table \"%s\" has no column \"%s\" any longer", RelationGetRelationName(rel), name),
				 errhint("Name its columns again with attach_contacts().")));
	return getBaseType(get_atttype(RelationGetRelid(rel), attno));
}

/* Return the time zone in which days begin, as a literal. */
static char *
time_zone(void)
{
	return quote_literal_cstr(GetConfigOption("msb_org.timezone", false, false));
}

/*
 * Run a query on a table as its owner, and put all its rows into the result, whose types
 * the query casts to.
 */
static void
fill_result(ReturnSetInfo *rsinfo, Relation rel, const char *query)
{
	MsbUser		caller = msb_become(rel->rd_rel->relowner);
	SPIPlanPtr	plan = SPI_prepare(query, 0, NULL);
	Portal		portal;

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", query, SPI_result_code_string(SPI_result));
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, 1000);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
			tuplestore_puttuple(rsinfo->setResult, SPI_tuptable->vals[i]);
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	msb_become_again(caller);
}

/*
 * case_facts(case_table text): key, day of decision and caseworker of every case in an
 * attached table; no rows if the table or its map is gone.
 */
PG_FUNCTION_INFO_V1(msb_case_facts);
Datum
msb_case_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {PG_GETARG_DATUM(0)};
	Oid			relid;
	Relation	rel;

	InitMaterializedSRF(fcinfo, 0);
	relid = msb_case_table_relation(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	rel = OidIsValid(relid) ? try_relation_open(relid, AccessShareLock) : NULL;
	if (rel == NULL)
		return (Datum) 0;
	SPI_connect();
	if (SPI_execute_with_args("SELECT t.key, t.decided, t.caseworker FROM msb_org.attachment t"
							  " WHERE t.case_table OPERATOR(pg_catalog.=) $1 AND t.key IS NOT NULL",
							  1, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read msb_org.attachment");
	if (SPI_processed == 1)
	{
		SPITupleTable *table = SPI_tuptable;
		char	   *key = named_column(table, 0, 1);
		char	   *decided = named_column(table, 0, 2);
		char	   *caseworker = named_column(table, 0, 3);

		if (decided != NULL && column_type(rel, table, 0, 2) == TIMESTAMPTZOID)
			decided = psprintf("pg_catalog.timezone(%s, t.%s)", time_zone(), decided);
		else if (decided != NULL)
			decided = psprintf("t.%s", decided);
		fill_result(rsinfo, rel,
					psprintf("SELECT t.%s::pg_catalog.text, %s::pg_catalog.date, %s%s::pg_catalog.text FROM %s t",
							 key, decided ? decided : "NULL", caseworker ? "t." : "", caseworker ? caseworker : "NULL",
							 msb_table_only(rel)));
	}
	SPI_finish();
	relation_close(rel, NoLock);
	return (Datum) 0;
}

/*
 * Put the contacts between two days, given as literals, into the result; row n of table
 * names the columns of the table of contacts.  A contact with a date alone counts at the
 * last instant of the day: for the unit that was responsible when the day ended.
 */
static void
fill_contacts(ReturnSetInfo *rsinfo, Relation rel, SPITupleTable *table, uint64 n, char *const days[2])
{
	char	   *citizen = named_column(table, n, 1);
	char	   *at = named_column(table, n, 2);
	char	   *channel = named_column(table, n, 3);
	Oid			type = column_type(rel, table, n, 2);
	char	   *bound[2];
	char	   *instant;

	/* an error if one of them was dropped */
	column_type(rel, table, n, 1);
	if (channel != NULL)
		column_type(rel, table, n, 3);
	for (int i = 0; i < 2; i++)
	{
		bound[i] = psprintf("(%s::pg_catalog.date OPERATOR(pg_catalog.+) %d)", days[i], i);
		if (type != DATEOID)
			bound[i] = psprintf("%s::pg_catalog.timestamp", bound[i]);
		if (type == TIMESTAMPTZOID)
			bound[i] = psprintf("pg_catalog.timezone(%s, %s)", time_zone(), bound[i]);
	}
	if (type == TIMESTAMPTZOID)
		instant = psprintf("t.%s", at);
	else if (type == TIMESTAMPOID)
		instant = psprintf("pg_catalog.timezone(%s, t.%s)", time_zone(), at);
	else
		instant = psprintf("pg_catalog.timezone(%s, (t.%s OPERATOR(pg_catalog.+) 1)::pg_catalog.timestamp"
						   " OPERATOR(pg_catalog.-) '1 microsecond'::pg_catalog.interval)", time_zone(), at);
	fill_result(rsinfo, rel,
				psprintf("SELECT t.%s::pg_catalog.text, %s::pg_catalog.timestamptz, %s%s::pg_catalog.text FROM %s t"
						 " WHERE t.%s OPERATOR(pg_catalog.>=) %s AND t.%s OPERATOR(pg_catalog.<) %s",
						 citizen, instant, channel ? "t." : "", channel ? channel : "NULL",
						 msb_table_only(rel), at, bound[0], at, bound[1]));
}

/*
 * contact_facts(from_date date, to_date date): citizen, instant and channel of every
 * contact on these days, from all tables of contacts that still exist.
 */
PG_FUNCTION_INFO_V1(msb_contact_facts);
Datum
msb_contact_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SPITupleTable *table;
	uint64		tables;
	char	   *days[2];

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < 2; i++)
		days[i] = quote_literal_cstr(OidOutputFunctionCall(F_DATE_OUT, PG_GETARG_DATUM(i)));
	SPI_connect();
	if (SPI_execute("SELECT c.citizen, c.at, c.channel, c.relation::pg_catalog.oid FROM msb_org.contact_table c"
					" ORDER BY c.contacts", true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read msb_org.contact_table");
	table = SPI_tuptable;
	tables = SPI_processed;
	for (uint64 n = 0; n < tables; n++)
	{
		bool		isnull;
		Oid			relid = DatumGetObjectId(SPI_getbinval(table->vals[n], table->tupdesc, 4, &isnull));
		Relation	rel = try_relation_open(relid, AccessShareLock);

		if (rel == NULL)
			continue;
		fill_contacts(rsinfo, rel, table, n, days);
		relation_close(rel, NoLock);
	}
	SPI_finish();
	return (Datum) 0;
}

/* small_cell(count bigint): the count; NULL if it is positive and below msb_org.min_cell. */
PG_FUNCTION_INFO_V1(msb_small_cell);
Datum
msb_small_cell(PG_FUNCTION_ARGS)
{
	int64		count = PG_GETARG_INT64(0);

	if (count > 0 && count < msb_min_cell)
		PG_RETURN_NULL();
	PG_RETURN_INT64(count);
}
