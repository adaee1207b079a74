/*
 * query.c: running SQL as the owner of a table, and under the newest snapshot.
 *
 * Plans are saved for the life of the backend, by the text of the query and the
 * types of its parameters; the server makes them anew when what they rest on
 * changes.  There are a few per attached table.
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
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/snapshot.h"

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

/* The saved plan of a query.  Needs an SPI connection. */
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
	/*
	 * An invalid plan is made anew by the server from the same text; it must not
	 * be freed here, since it may be running further up (a trigger of the
	 * application's, fired by our UPDATE, may lead to the same query).  For the
	 * same reason another query with the same hash goes without a saved plan.
	 */
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
 * Act as the owner of a table for one query, as the foreign-key triggers do; an
 * error puts the caller back by itself.
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

void
msb_become_again(MsbUser user)
{
	SetUserIdAndSecContext(user.user, user.context);
}

/* A table as a query names it. */
char *
msb_table_name(Relation rel)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
									  RelationGetRelationName(rel));
}

/* The same, without tables that inherit from it; a partitioned one has its rows in those. */
char *
msb_table_only(Relation rel)
{
	return psprintf("%s%s", rel->rd_rel->relkind == RELKIND_RELATION ? "ONLY " : "", msb_table_name(rel));
}

/* A column as a query names it. */
const char *
msb_column_name(Relation rel, AttrNumber attno)
{
	return quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(rel), attno - 1)->attname));
}

/* A text as a value of a type. */
Datum
msb_text_datum(Oid type, int32 typmod, const char *text)
{
	Oid			input;
	Oid			param;

	/* as long in bytes as it may be in characters: nothing can be wrong with it */
	if (type == TEXTOID ||
		(type == VARCHAROID && (typmod < (int32) VARHDRSZ || strlen(text) + VARHDRSZ <= (Size) typmod)))
		return CStringGetTextDatum(text);
	getTypeInputInfo(type, &input, &param);
	return OidInputFunctionCall(input, unconstify(char *, text), param, typmod);
}

/*
 * newest(query text, VARIADIC arguments text[]): the first value of the first
 * row of a query, as text, read and written under the newest snapshot: after a
 * citizen's lock, what the one who held it before has done, at every isolation
 * level.  As the caller, with the caller's rights.
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

/* A plan's number, palloc'd. */
char *
msb_uuid_text(Datum value)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out, value));
}

/*
 * Run a query as the owner, under the newest snapshot, between SPI_connect and
 * SPI_finish of the caller's; how many rows.
 *
 * It goes by index: its plan is kept for the session, and the tables may be all but
 * empty when it is made and hold what one transaction brings of 100,000 citizens
 * when it runs; reading the whole table would then cost the square of that.
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
		elog(ERROR, "a query about a plan failed: %s", SPI_result_code_string(result));
	AtEOXact_GUC(true, guc_level);
	msb_become_again(caller);
	return SPI_processed;
}
