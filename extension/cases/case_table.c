/*
 * case_table.c: caches the maps of attached tables and of their parents, per backend; opens
 * an attached table by its name.
 *
 * An entry is valid until a relcache invalidation of its relation, of a table that it
 * refers to, of attached_table or of alias.  Any change of a schema makes all entries stale
 * too: a map holds queries that name schemas, and a schema's rename invalidates no relation.
 * A stale entry is made anew when it is asked for.  The old one lives to the end of the
 * transaction, so a pointer to it is valid that long.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/reltrigger.h"
#include "utils/syscache.h"

#include "base/msb_org.h"
#include "base/messages.h"
#include "base/catalog.h"
#include "cases/case_map.h"
#include "cases/read_map.h"
#include "cases/case_table.h"

/* An attached relation, and its map. */
typedef struct CaseTableEntry
{
	Oid			relid;			/* hash key */
	MsbCaseTable *ct;			/* NULL until it is made */
} CaseTableEntry;

/* A map trigger on a table that cases refer to, and its map. */
typedef struct ParentEntry
{
	Oid			trigger;		/* hash key */
	MsbParentTable *parent;
} ParentEntry;

static HTAB *case_tables = NULL;
static HTAB *parent_tables = NULL;
static HTAB *watched = NULL;	/* tables that case tables refer to */
static Oid	attached_relid = InvalidOid;	/* msb_org.attached_table, known once a map was made */
static Oid	alias_relid = InvalidOid;	/* msb_org.alias, likewise */
static uint64 invalidations = 0;	/* counts the callbacks, to see one while a map is made */

/* Mark every entry stale. */
static void
invalidate_all(void)
{
	HASH_SEQ_STATUS status;
	CaseTableEntry *entry;
	ParentEntry *parent;

	hash_seq_init(&status, case_tables);
	while ((entry = hash_seq_search(&status)) != NULL)
		if (entry->ct != NULL)
			entry->ct->valid = false;
	hash_seq_init(&status, parent_tables);
	while ((parent = hash_seq_search(&status)) != NULL)
		if (parent->parent != NULL)
			parent->parent->valid = false;
}

/* Relcache callback: mark stale what rests on a relation (InvalidOid: on any). */
static void
invalidate_callback(Datum arg, Oid relid)
{
	CaseTableEntry *entry;

	invalidations++;
	if (relid == InvalidOid || relid == attached_relid || relid == alias_relid ||
		hash_search(watched, &relid, HASH_FIND, NULL) != NULL)
	{
		invalidate_all();
		return;
	}
	entry = hash_search(case_tables, &relid, HASH_FIND, NULL);
	if (entry != NULL && entry->ct != NULL)
		entry->ct->valid = false;
}

/* Syscache callback for schemas: any may have been renamed. */
static void
schema_callback(Datum arg, int cacheid, uint32 hashvalue)
{
	invalidations++;
	invalidate_all();
}

/* Make the caches and register the callbacks, once per backend. */
static void
start_cache(void)
{
	HASHCTL		ctl = {.keysize = sizeof(Oid), .hcxt = CacheMemoryContext};

	if (case_tables != NULL)
		return;
	ctl.entrysize = sizeof(CaseTableEntry);
	case_tables = hash_create("msb_org case tables", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ctl.entrysize = sizeof(ParentEntry);
	parent_tables = hash_create("msb_org parent tables", 16, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ctl.entrysize = sizeof(Oid);
	watched = hash_create("msb_org watched tables", 16, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	CacheRegisterRelcacheCallback(invalidate_callback, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, schema_callback, (Datum) 0);
}

/* Return whether a relation carries the map trigger; a partition that was detached does not. */
bool
msb_is_mapped(Relation rel)
{
	return msb_find_trigger(rel, MSB_MAP_TRIGGER, false, NULL) != NULL;
}

/*
 * Return the map of a relation, valid to the end of the transaction.  The caller holds a
 * lock on the relation.
 */
const MsbCaseTable *
msb_case_table(Relation rel)
{
	static CaseTableEntry *last = NULL; /* stays valid: no entry is ever removed */
	Oid			relid = RelationGetRelid(rel);
	CaseTableEntry *entry;
	bool		found;
	int			attempts = 0;

	/* most calls ask for the same table as the one before */
	if (last != NULL && last->relid == relid && last->ct != NULL && last->ct->valid)
		return last->ct;
	start_cache();
	entry = hash_search(case_tables, &relid, HASH_ENTER, &found);
	if (!found)
		entry->ct = NULL;
	last = entry;
	while (entry->ct == NULL || !entry->ct->valid)
	{
		MsbCaseTable *ct;
		MsbCaseTable *old = entry->ct;
		uint64		before;
		ListCell   *lc;

		attached_relid = msb_extension_table("attached_table");
		alias_relid = msb_extension_table("alias");
		before = invalidations;
		ct = msb_make_case_table(rel);
		foreach(lc, ct->watched)
			hash_search(watched, &lfirst_oid(lc), HASH_ENTER, NULL);
		MemoryContextSetParent(ct->context, CacheMemoryContext);
		/*
		 * An invalidation that arrived meanwhile may be about this map: make it
		 * once more, but give up in the end (debug_discard_caches sends one each time).
		 */
		ct->valid = invalidations == before || ++attempts == 3;
		entry->ct = ct;
		if (old != NULL)
			MemoryContextSetParent(old->context, TopTransactionContext);
	}
	return entry->ct;
}

/* Return the map of a parent table for one case table, valid to the end of the transaction. */
const MsbParentTable *
msb_parent_table(Relation rel, const char *case_table)
{
	Trigger    *trigger = msb_find_trigger(rel, MSB_PARENT_MAP_TRIGGER, true, case_table);
	Oid			oid = trigger == NULL ? InvalidOid : trigger->tgoid;
	ParentEntry *entry;
	bool		found;

	if (trigger == NULL)
		msb_lost_parent_map(rel, case_table);
	start_cache();
	entry = hash_search(parent_tables, &oid, HASH_ENTER, &found);
	if (!found)
		entry->parent = NULL;
	if (entry->parent == NULL || !entry->parent->valid)
	{
		MsbParentTable *old = entry->parent;
		MsbParentTable *parent = msb_make_parent_table(rel, trigger, case_table);
		Oid			relid = RelationGetRelid(rel);

		hash_search(watched, &relid, HASH_ENTER, NULL);
		MemoryContextSetParent(parent->context, CacheMemoryContext);
		parent->valid = true;
		entry->parent = parent;
		if (old != NULL)
			MemoryContextSetParent(old->context, TopTransactionContext);
	}
	return entry->parent;
}

/* Report that no table is attached under a name: 42704. */
void
msb_not_attached(const char *name)
{
	ereport(ERROR,
			(msb_hide_values(NULL),
			 errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("no table is attached as \"%s\"", msb_printable(name))));
}

/* Open the relation attached under a name; 42704 if there is none. */
Relation
msb_open_case_table(const char *name, LOCKMODE lock)
{
	Oid			relid = msb_case_table_relation(name);
	Relation	rel = OidIsValid(relid) ? try_relation_open(relid, lock) : NULL;

	if (rel == NULL)
		msb_not_attached(name);
	return rel;
}

/*
 * Return whether a text can be a key of a type.  The type's input function would show one
 * that cannot in its message, and it may be anything, a CPR number too.
 */
bool
msb_can_be_key(Oid type, const char *key)
{
	int64		max = type == INT2OID ? PG_INT16_MAX : type == INT4OID ? PG_INT32_MAX : PG_INT64_MAX;
	int64		value;
	char	   *end;

	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			errno = 0;
			value = strtoll(key, &end, 10);
			return end != key && *end == '\0' && errno == 0 && value <= max && value >= -max - 1;
		case UUIDOID:
			return strlen(key) == 36 && strspn(key, "0123456789abcdefABCDEF-") == 36 &&
				key[8] == '-' && key[13] == '-' && key[18] == '-' && key[23] == '-';
		default:
			return true;
	}
}
