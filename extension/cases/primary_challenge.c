/*
 * primary_challenge.c: looks up the stated primary challenge of a citizen.
 *
 * Every case whose own challenge yields asks for it, and most citizens have none.  So a
 * backend that asks often keeps a filter: one bit for each hash of a citizen with a stated
 * challenge.  The filter is valid until a relcache invalidation of
 * msb_org.primary_challenge, which that table's row triggers send.  msb_lock_take()
 * receives invalidations, so under a citizen's lock the filter knows all that was stated
 * of the citizen.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/bitset.h"
#include "base/catalog.h"
#include "cases/primary_challenge.h"

#define FILTER_BITS		65536
#define DIRECT_LOOKUPS	64		/* by index, before a filter is made */

static uint64 filter[MSB_WORDS(FILTER_BITS)];
static bool filter_valid = false;
static Oid	filter_relid = InvalidOid;
static int	lookups = 0;		/* by index, since the filter became stale */

/* Relcache callback: the filter is stale. */
static void
invalidate_callback(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == filter_relid)
	{
		filter_valid = false;
		lookups = 0;
	}
}

/* Return the bit of a citizen in the filter. */
static inline uint32
filter_bit(const char *citizen, int len)
{
	return hash_bytes((const unsigned char *) citizen, len) % FILTER_BITS;
}

/* Return whether a row is current, rather than an earlier statement. */
static bool
is_current(HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;

	(void) heap_getattr(tuple, Anum_primary_challenge_valid_to, desc, &isnull);
	return isnull;
}

/*
 * Fill the filter from the table.  SnapshotSelf, here and below, sees what is committed
 * now and our own changes, and takes no predicate locks.  A statement that commits
 * meanwhile sends its invalidation.
 */
static void
fill_filter(Relation rel)
{
	SysScanDesc scan;
	HeapTuple	tuple;

	memset(filter, 0, sizeof(filter));
	scan = systable_beginscan(rel, InvalidOid, false, SnapshotSelf, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		text	   *citizen = DatumGetTextPP(heap_getattr(tuple, Anum_primary_challenge_citizen, RelationGetDescr(rel), &isnull));
		uint32		bit = filter_bit(VARDATA_ANY(citizen), VARSIZE_ANY_EXHDR(citizen));

		if (is_current(tuple, RelationGetDescr(rel)))
			filter[MSB_WORD(bit)] |= MSB_BIT(bit);
	}
	systable_endscan(scan);
}

/* Make the filter; after an error it stays invalid, since it was not filled to the end. */
static void
make_filter(Relation rel)
{
	/* set before reading, so that an invalidation that arrives meanwhile makes it stale again */
	filter_valid = true;
	PG_TRY();
	{
		fill_filter(rel);
	}
	PG_CATCH();
	{
		filter_valid = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
}

/* Return the stated primary challenge of a citizen, palloc'd; NULL if there is none. */
char *
msb_stated_challenge(const char *citizen)
{
	static bool registered = false;
	uint32		bit = filter_bit(citizen, strlen(citizen));
	Relation	rel;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	char	   *challenge = NULL;

	if (filter_valid && !MSB_HAS(filter, bit))
		return NULL;
	if (!registered)
	{
		CacheRegisterRelcacheCallback(invalidate_callback, (Datum) 0);
		registered = true;
	}
	filter_relid = msb_extension_table("primary_challenge");
	rel = table_open(filter_relid, AccessShareLock);
	if (!filter_valid && lookups++ >= DIRECT_LOOKUPS)
		make_filter(rel);
	ScanKeyInit(&key, Anum_primary_challenge_citizen, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(citizen));
	scan = systable_beginscan(rel, msb_primary_key(rel), true, SnapshotSelf, 1, &key);
	while (challenge == NULL && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;

		if (is_current(tuple, RelationGetDescr(rel)))
			challenge = TextDatumGetCString(heap_getattr(tuple, Anum_primary_challenge_challenge, RelationGetDescr(rel), &isnull));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return challenge;
}
