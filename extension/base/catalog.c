/*
 * catalog.c: the extension's own tables: finding one, their owner, their primary keys; and the
 * trigger that tells every session that one of them changed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "base/msb_org.h"
#include "base/catalog.h"

/* Find a table of the extension by name; 42P01 where the extension is not installed. */
Oid
msb_extension_table(const char *name)
{
	Oid			schema = get_namespace_oid(MSB_SCHEMA, true);
	Oid			relid = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table %s.%s does not exist", MSB_SCHEMA, name),
				 errhint("Use CREATE EXTENSION msb_org in this database.")));
	return relid;
}

/*
 * Check whether a table is the extension's own: nobody else makes tables in its schema.
 * Our trigger functions rely on the columns of our tables, so they refuse other tables.
 */
bool
msb_is_own_table(Relation rel)
{
	return RelationGetNamespace(rel) == get_namespace_oid(MSB_SCHEMA, true);
}

/*
 * Return the index of a table's primary key.  Callers ask each time: an invalidation
 * of the relcache entry takes the answer away.
 */
Oid
msb_primary_key(Relation rel)
{
	list_free(RelationGetIndexList(rel));
	return rel->rd_pkindex;
}

/* Return the owner of the extension's tables, the role that may write them. */
Oid
msb_extension_owner(void)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(msb_extension_table("assignment")));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for the ledger");
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Trigger on a table that backends cache: send an invalidation of the table's
 * relcache entry, which reaches every backend (and every standby) when the
 * transaction commits, and this one at the next command or at rollback.
 */
PG_FUNCTION_INFO_V1(msb_invalidate);
Datum
msb_invalidate(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "invalidate")));
	CacheInvalidateRelcache(trigdata->tg_relation);
	PG_RETURN_POINTER(NULL);
}
