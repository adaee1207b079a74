/*
 * primary_challenge.c: what has been stated to be a citizen's primary challenge.
 *
 * Asked for every case whose own challenge yields, and for most citizens nothing
 * is stated: so a backend that asks often keeps a filter, one bit for each hash
 * of a citizen of whom something may be stated.  The filter lives until a
 * relcache invalidation of msb_org.primary_challenge, which that table's row
 * triggers send.  Who holds a citizen's lock has heard of all that was stated of
 * the citizen: msb_lock_take() receives the invalidations.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/bitset.h"
#include "base/catalog.h"
#include "cases/primary_challenge.h"

#define FILTER_BITS		65536
#define ASKED_DIRECTLY	64		/* before a filter is made */

static uint64 filter[MSB_WORDS(FILTER_BITS)];
static bool filter_valid = false;
static Oid	filter_relid = InvalidOid;
static int	asked = 0;			/* since the filter became stale */

static void
invalidate_callback(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == filter_relid)
	{
		filter_valid = false;
		asked = 0;
	}
}

static inline uint32
filter_bit(const char *citizen, int len)
{
	return hash_bytes((const unsigned char *) citizen, len) % FILTER_BITS;
}

/* Whether a row stands, and is not an earlier statement. */
static bool
stands(HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;

	(void) heap_getattr(tuple, Anum_primary_challenge_valid_to, desc, &isnull);
	return isnull;
}

/*
 * Reads what is committed now, and our own changes, here as below: under no
 * snapshot, which takes no predicate locks.  What is being stated meanwhile sends
 * its invalidation.
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

		if (stands(tuple, RelationGetDescr(rel)))
			filter[MSB_WORD(bit)] |= MSB_BIT(bit);
	}
	systable_endscan(scan);
}

/* A filter that was not filled to the end is none. */
static void
make_filter(Relation rel)
{
	/* before reading: what comes in meanwhile makes it stale again */
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

/* The challenge that is stated of a citizen, palloc'd; NULL where none is. */
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
	if (!filter_valid && asked++ >= ASKED_DIRECTLY)
		make_filter(rel);
	ScanKeyInit(&key, Anum_primary_challenge_citizen, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(citizen));
	scan = systable_beginscan(rel, msb_primary_key(rel), true, SnapshotSelf, 1, &key);
	while (challenge == NULL && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;

		if (stands(tuple, RelationGetDescr(rel)))
			challenge = TextDatumGetCString(heap_getattr(tuple, Anum_primary_challenge_challenge, RelationGetDescr(rel), &isnull));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return challenge;
}
