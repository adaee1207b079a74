/*
 * catalog.c: what is asked about the extension's own tables: which they are, who owns them,
 * their primary keys; and the trigger that tells every session that one of them changed.
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

/* A table of the extension by name; an error where the extension is not there. */
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
 * Whether a table is the extension's own: nobody else makes tables in its schema.
 * The functions of the triggers there rely on the columns that those tables have.
 */
bool
msb_is_own_table(Relation rel)
{
	return RelationGetNamespace(rel) == get_namespace_oid(MSB_SCHEMA, true);
}

/*
 * The index of a table's primary key.  Asked for where it is needed: what the
 * relation's entry says of it goes with the next message about the table.
 */
Oid
msb_primary_key(Relation rel)
{
	list_free(RelationGetIndexList(rel));
	return rel->rd_pkindex;
}

/* Who owns the extension's tables, and so may write them. */
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
