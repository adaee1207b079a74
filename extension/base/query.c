/*
 * query.c: running SQL on an application's table, as that table's owner.
 *
 * Plans are saved for the life of the backend, by the text of the query and the
 * types of its parameters; the server makes them anew when what they rest on
 * changes.  There are a few per attached table.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

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
	if (entry->plan != NULL &&
		(strcmp(entry->query, query) != 0 ||
		 memcmp(entry->types, key_types, sizeof(key_types)) != 0))
	{
		SPIPlanPtr	plan = SPI_prepare(query, nargs, key_types);

		if (plan == NULL)
			elog(ERROR, "could not prepare \"%s\": %s", query, SPI_result_code_string(SPI_result));
		return plan;
	}
	if (entry->plan == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare(query, nargs, key_types);

		if (plan == NULL)
			elog(ERROR, "could not prepare \"%s\": %s", query, SPI_result_code_string(SPI_result));
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
