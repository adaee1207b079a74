/*
 * query.c: running SQL as the owner of a table, and under the newest snapshot; the parts of a
 * query's text.
 *
 * Plans are saved for the life of the backend, by the text of the query and the types of its
 * parameters.  The server replans one when a table, function or type that it uses changes.
 * There are a few per attached table.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/snapshot.h"

#include "base/compat.h"
#include "base/catalog.h"
#include "base/query.h"

#define MAX_ARGS 8

typedef struct PlanEntry
{
	uint32		hash;			/* hash key: of the query and the types */
	char	   *query;
	Oid			types[MAX_ARGS];
	SPIPlanPtr	plan;			/* NULL: not yet valid */
} PlanEntry;

static HTAB *plans = NULL;

/*
 * Return the saved plan of a query, made at the first call.  The caller is connected to SPI.
 *
 * The server makes an invalid plan anew from the same text.  It must not be freed here, since
 * it may be running further up: our UPDATE may have fired a trigger of the application's that
 * led to the same query.  For the same reason a query whose hash another one has is planned
 * each time, for this SPI connection alone.
 */
SPIPlanPtr
msb_plan(const char *query, int nargs, const Oid *types)
{
	Oid			key_types[MAX_ARGS] = {0};
	uint32		hash;
	PlanEntry  *entry;
	bool		found;

	Assert(nargs <= MAX_ARGS);
	for (int i = 0; i < nargs; i++)
		key_types[i] = types[i];
	hash = hash_combine(hash_bytes((const unsigned char *) query, strlen(query)),
						hash_bytes((const unsigned char *) key_types, sizeof(key_types)));
	if (plans == NULL)
	{
		HASHCTL		ctl = {.keysize = sizeof(uint32), .entrysize = sizeof(PlanEntry),
		.hcxt = CacheMemoryContext};

		plans = hash_create("msb_org plans", 32, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(plans, &hash, HASH_ENTER, &found);
	if (!found)
		entry->plan = NULL;
	if (entry->plan == NULL ||
		strcmp(entry->query, query) != 0 || memcmp(entry->types, key_types, sizeof(key_types)) != 0)
	{
		SPIPlanPtr	plan = SPI_prepare(query, nargs, key_types);

		if (plan == NULL)
			elog(ERROR, "could not prepare \"%s\": %s", query, SPI_result_code_string(SPI_result));
		if (entry->plan != NULL)
			return plan;
		SPI_keepplan(plan);
		entry->query = MemoryContextStrdup(CacheMemoryContext, query);
		memcpy(entry->types, key_types, sizeof(key_types));
		entry->plan = plan;
	}
	return entry->plan;
}

/*
 * Act as the owner of a table for one query, as the foreign-key triggers do.  Returns the
 * caller, for msb_become_again(); after an error the server restores the caller itself.
 */
MsbUser
msb_become(Oid owner)
{
	MsbUser		caller;

	GetUserIdAndSecContext(&caller.user, &caller.context);
	SetUserIdAndSecContext(owner, caller.context |
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	return caller;
}

/* Act as the caller of msb_become() again. */
void
msb_become_again(MsbUser user)
{
	SetUserIdAndSecContext(user.user, user.context);
}

/* Return a table's name as a query has it, qualified and quoted; palloc'd. */
char *
msb_table_name(Relation rel)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
									  RelationGetRelationName(rel));
}

/*
 * Return the name with ONLY before it, which leaves out tables that inherit from it.  A
 * partitioned table gets no ONLY, since its rows are in its partitions.
 */
char *
msb_table_only(Relation rel)
{
	return psprintf("%s%s", rel->rd_rel->relkind == RELKIND_RELATION ? "ONLY " : "", msb_table_name(rel));
}

/* Return a column's name as a query has it, quoted where it needs that. */
const char *
msb_column_name(Relation rel, AttrNumber attno)
{
	return quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(rel), attno - 1)->attname));
}

/* Return a text as a value of a type, by the type's input function; palloc'd. */
Datum
msb_text_datum(Oid type, int32 typmod, const char *text)
{
	Oid			input;
	Oid			param;

	/* no more bytes than characters are allowed: the input function could only copy it */
	if (type == TEXTOID ||
		(type == VARCHAROID && (typmod < (int32) VARHDRSZ || strlen(text) + VARHDRSZ <= (Size) typmod)))
		return CStringGetTextDatum(text);
	getTypeInputInfo(type, &input, &param);
	return OidInputFunctionCall(input, unconstify(char *, text), param, typmod);
}

/* Return a uuid as text, palloc'd. */
char *
msb_uuid_text(Datum value)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out, value));
}

/*
 * Run a query as the extension's owner, under the newest snapshot.  Returns the number of rows.
 * The caller is connected to SPI.
 *
 * Sequential scans are off while it is planned.  The plan is kept for the session.  The tables
 * may be almost empty when it is made, and hold the rows of 100,000 citizens of one transaction
 * when it runs.  Reading the whole table for each would cost the square of that.
 */
uint64
msb_run_as_owner(const char *query, int nargs, const Oid *types, Datum *args, const char *nulls)
{
	MsbUser		caller = msb_become(msb_extension_owner());
	int			guc_level = NewGUCNestLevel();
	int			result;

	(void) set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	result = SPI_execute_snapshot(msb_plan(query, nargs, types), args, nulls,
								  GetLatestSnapshot(), InvalidSnapshot, false, true, 0);
	if (result < 0)
		elog(ERROR, "a query on the extension's tables failed: %s", SPI_result_code_string(result));
	AtEOXact_GUC(true, guc_level);
	msb_become_again(caller);
	return SPI_processed;
}

/*
 * newest(query text, VARIADIC arguments text[]): the first value of the first row of a query,
 * as text.  The query reads and writes under the newest snapshot.  So after a citizen's lock it
 * sees, at every isolation level, what the session that held the lock before has done.  It runs
 * as the caller, with the caller's rights.
 */
PG_FUNCTION_INFO_V1(msb_newest);
Datum
msb_newest(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Datum	   *arguments;
	bool	   *isnull;
	int			count;
	Oid		   *types;
	char	   *nulls;
	SPIPlanPtr	plan;
	char	   *value = NULL;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &arguments, &isnull, &count);
	types = palloc_array(Oid, count + 1);
	nulls = palloc0(count + 1);
	for (int i = 0; i < count; i++)
	{
		types[i] = TEXTOID;
		nulls[i] = isnull[i] ? 'n' : ' ';
	}
	SPI_connect();
	plan = SPI_prepare(query, count, types);
	if (plan == NULL)
		elog(ERROR, "could not prepare a query: %s", SPI_result_code_string(SPI_result));
	if (SPI_execute_snapshot(plan, arguments, nulls, GetLatestSnapshot(), InvalidSnapshot,
							 false, true, 0) < 0)
		elog(ERROR, "could not run a query: %s", SPI_result_code_string(SPI_result));
	if (SPI_tuptable != NULL && SPI_processed > 0)
	{
		value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
		if (value != NULL)
			value = MemoryContextStrdup(caller, value);
	}
	SPI_finish();
	if (value == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(value));
}
