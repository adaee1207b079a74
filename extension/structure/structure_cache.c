/*
 * structure_cache.c: the enactments of this database, compiled, per backend.
 *
 * One memory context holds the spans of all enactments and each structure that was needed,
 * compiled.  It becomes stale by a relcache invalidation of msb_org.enactment, which the table's
 * row triggers send (msb_invalidate()).  The callback sets a flag and nothing else.  The next
 * call builds a new cache beside the old one and swaps them.  The old one lives to the end of the
 * transaction, so that a pointer into it stays good that long.
 *
 * The table is read with a catalog snapshot, which sees all that is committed now and our own
 * changes, whatever snapshot the transaction has.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/inval.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rangetypes.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

#include "base/catalog.h"
#include "structure/structure.h"
#include "structure/compile.h"
#include "structure/structure_cache.h"

/* An enactment, and the days on which it is in force. */
typedef struct Span
{
	char	   *structure;
	int			revision;
	DateADT		begin;
	DateADT		until;			/* the day after the last */
	MsbStructure *compiled;		/* NULL until needed */
} Span;

typedef struct Cache
{
	MemoryContext context;
	int			nspans;
	Span	   *spans;			/* in the order of days */
} Cache;

static Cache *cache = NULL;
static Oid	cache_relid = InvalidOid;	/* msb_org.enactment */
static bool cache_stale = true;
static const Span *last_used = NULL;	/* in the cache, compiled; most callers ask about one day */
static TimestampTz messages_read_in = 0;	/* start of the last statement that read messages */

/* Mark the cache as stale: relcache callback. */
static void
invalidate_callback(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == cache_relid)
		cache_stale = true;
}

/* Compare spans by their first day; for qsort(). */
static int
compare_spans(const void *a, const void *b)
{
	DateADT		x = ((const Span *) a)->begin;
	DateADT		y = ((const Span *) b)->begin;

	return (x > y) - (x < y);
}

/*
 * Push a snapshot if none is active: detoasting jsonb and ranges needs one.  Returns whether the
 * caller must pop it.
 */
static bool
push_snapshot_if_none(void)
{
	if (ActiveSnapshotSet())
		return false;
	PushActiveSnapshot(GetTransactionSnapshot());
	return true;
}

/* Read the spans of all enactments that have one into a new cache. */
static Cache *
read_spans(Oid relid)
{
	/* the caller's context owns it until it is whole, so that an error leaves nothing behind */
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "msb_org structures",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Cache	   *fresh = palloc0(sizeof(Cache));
	bool		pushed = push_snapshot_if_none();
	Relation	rel = table_open(relid, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	int			room = 8;
	HeapTuple	tuple;

	fresh->context = context;
	fresh->spans = palloc_array(Span, room);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		TupleDesc	desc = RelationGetDescr(rel);
		RangeType  *range = DatumGetRangeTypeP(heap_getattr(tuple, Anum_enactment_in_force, desc, &isnull));
		TypeCacheEntry *typcache = lookup_type_cache(RangeTypeGetOid(range), TYPECACHE_RANGE_INFO);
		RangeBound	lower,
					upper;
		bool		empty;
		Span	   *span;

		range_deserialize(typcache, range, &lower, &upper, &empty);
		if (empty)
			continue;
		if (fresh->nspans == room)
			fresh->spans = repalloc_array(fresh->spans, Span, room *= 2);
		span = &fresh->spans[fresh->nspans++];
		span->structure = TextDatumGetCString(heap_getattr(tuple, Anum_enactment_structure, desc, &isnull));
		span->revision = DatumGetInt32(heap_getattr(tuple, Anum_enactment_revision, desc, &isnull));
		span->begin = lower.infinite ? DATEVAL_NOBEGIN : DatumGetDateADT(lower.val);
		span->until = upper.infinite ? DATEVAL_NOEND : DatumGetDateADT(upper.val);
		span->compiled = NULL;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	if (pushed)
		PopActiveSnapshot();
	if (fresh->nspans > 1)
		qsort(fresh->spans, fresh->nspans, sizeof(Span), compare_spans);
	MemoryContextSwitchTo(old);
	MemoryContextSetParent(context, CacheMemoryContext);
	return fresh;
}

/* Compile the document of a span into the cache; false where its row is gone. */
static bool
compile_span(Cache *into, Span *span)
{
	bool		pushed = push_snapshot_if_none();
	Relation	rel = table_open(cache_relid, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	MemoryContext made = NULL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		TupleDesc	desc = RelationGetDescr(rel);
		MemoryContext old;
		Datum		stored;
		Jsonb	   *document;
		MsbStructure *compiled;

		if (DatumGetInt32(heap_getattr(tuple, Anum_enactment_revision, desc, &isnull)) != span->revision ||
			strcmp(TextDatumGetCString(heap_getattr(tuple, Anum_enactment_structure, desc, &isnull)),
				   span->structure) != 0)
			continue;
		/* in a context of its own, so that an error leaves nothing behind in the cache */
		made = AllocSetContextCreate(CurrentMemoryContext, "msb_org structure",
									 ALLOCSET_SMALL_SIZES);
		stored = heap_getattr(tuple, Anum_enactment_document, desc, &isnull);
		document = DatumGetJsonbP(stored);
		old = MemoryContextSwitchTo(made);
		compiled = msb_structure_compile(document, span->structure, span->revision, span->until);
		MemoryContextSwitchTo(old);
		MemoryContextSetParent(made, into->context);
		span->compiled = compiled;
		/* the document may be large, and the caller's context may live long */
		if (PointerGetDatum(document) != stored)
			pfree(document);
		break;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	if (pushed)
		PopActiveSnapshot();
	return made != NULL;
}

/*
 * Find the structure in force on a day among the spans.
 *
 * Each statement reads the invalidation messages once.  A backend reads them by itself only when
 * it locks a table for the first time in a transaction.  So a long transaction that works on the
 * same tables all the time would not notice an enactment.
 */
static pg_noinline const MsbStructure *
find_structure(DateADT on_date)
{
	static bool registered = false;
	int			low,
				high;
	Span	   *span;

	if (!registered)
	{
		CacheRegisterRelcacheCallback(invalidate_callback, (Datum) 0);
		registered = true;
	}
	if (messages_read_in != GetCurrentStatementStartTimestamp())
	{
		messages_read_in = GetCurrentStatementStartTimestamp();
		AcceptInvalidationMessages();
	}
retry:
	if (cache_stale)
	{
		Cache	   *fresh;

		/* before reading: a message that arrives meanwhile makes it stale again */
		cache_relid = msb_extension_table("enactment");
		cache_stale = false;
		PG_TRY();
		{
			fresh = read_spans(cache_relid);
		}
		PG_CATCH();
		{
			cache_stale = true;
			PG_RE_THROW();
		}
		PG_END_TRY();
		last_used = NULL;
		if (cache != NULL)
			MemoryContextSetParent(cache->context, TopTransactionContext);
		cache = fresh;
	}

	/* the last span that begins on that day or before */
	low = 0;
	high = cache->nspans;
	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (cache->spans[middle].begin <= on_date)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	span = &cache->spans[low - 1];
	if (span->until <= on_date)
		return NULL;
	if (span->compiled == NULL && !compile_span(cache, span))
	{
		/* withdrawn between the two readings; the message about it is on its way */
		cache_stale = true;
		goto retry;
	}
	last_used = span;
	return span->compiled;
}

/*
 * Return the structure in force on a day, compiled; NULL where there is none.  The result is
 * good until the end of the transaction.
 */
const MsbStructure *
msb_structure_on(DateADT on_date)
{
	if (likely(last_used != NULL && last_used->begin <= on_date && on_date < last_used->until &&
			   !cache_stale && messages_read_in == GetCurrentStatementStartTimestamp()))
		return last_used->compiled;
	return find_structure(on_date);
}

/* Return the first day after another on which a structure takes effect; DATEVAL_NOEND for none. */
DateADT
msb_structure_after(DateADT day)
{
	(void) msb_structure_on(day);	/* so that the cache is there, and fresh */
	for (int i = 0; i < cache->nspans; i++)
		if (cache->spans[i].begin > day)
			return cache->spans[i].begin;
	return DATEVAL_NOEND;
}

/*
 * Return the kind of a unit by the structure in force on a day; NULL where there is no structure,
 * or it has no such unit.
 */
const char *
msb_unit_kind_on(DateADT on_date, const char *unit)
{
	const MsbStructure *s = msb_structure_on(on_date);

	return s == NULL ? NULL : msb_unit_kind(s, unit);
}
