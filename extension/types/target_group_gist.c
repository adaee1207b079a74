/*
 * target_group_gist.c: GiST for target groups.
 *
 * A key is a signature of bounded size, however large the value is, and every
 * answer is rechecked.  A signature promises, of every value below it:
 *
 *	- its ages lie within age_min..age_max, and it takes unknown only if
 *	  "unknown" is set;
 *	- for each slot: it names that facet, and the hashes of the labels it takes
 *	  are all in the slot's bits;
 *	- unless "others" is set, it names no facet but those of the slots.
 *
 * So a missing slot means "anything" where "others" is set.  A value fills a
 * slot with each of its first SLOTS facets by name whose name fits.
 *
 * Stored as bytea: head and used slots.  It is an on-disk format: another one
 * takes another version, and a REINDEX.
 */
#include "postgres.h"

#include "access/gist.h"
#include "access/stratnum.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"
#include <math.h>

#include "base/compat.h"
#include "base/msb_org.h"
#include "types/target_group_text.h"
#include "types/target_group.h"

#define SIGNATURE_VERSION 1
#define SLOTS 8
#define SLOT_NAME 24			/* closing zero byte included */
#define SLOT_BITS 64
#define FLAG_UNKNOWN 0x01
#define FLAG_OTHERS 0x02

typedef struct Slot
{
	char		facet[SLOT_NAME];	/* padded with zero bytes */
	uint64		bits;
} Slot;

/* In memory.  No age but unknown: age_min 255, age_max 0. */
typedef struct Signature
{
	bool		unknown;
	bool		others;
	uint8		age_min;
	uint8		age_max;
	int			nslots;
	Slot		slots[SLOTS];	/* sorted by name */
} Signature;

/* On disk, and followed by the used slots, unaligned. */
typedef struct StoredSignature
{
	int32		vl_len_;
	uint8		version;
	uint8		flags;
	uint8		age_min;
	uint8		age_max;
	char		slots[FLEXIBLE_ARRAY_MEMBER];
} StoredSignature;

#define STORED_SLOT (SLOT_NAME + sizeof(uint64))

/*
 * A query, made ready for many comparisons.  Lives in the memory of the scan's
 * FmgrInfo; stale when the next query has other bytes.
 */
typedef struct GistQuery
{
	MemoryContext context;
	struct varlena *value;		/* what it was made from */
	MsbTargetGroup *group;
	uint64	   *bits;			/* per facet of group */
	Signature	signature;
} GistQuery;

static uint64
label_bits(const MsbFacetLabels *facet)
{
	uint64		bits = 0;

	for (int i = 0; i < facet->nlabels; i++)
	{
		const char *label = facet->labels[i];

		bits |= UINT64CONST(1) <<
			(hash_bytes((const unsigned char *) label, (int) strlen(label)) % SLOT_BITS);
	}
	return bits;
}

/* The signature of one value. */
static void
sign(const MsbTargetGroup *group, Signature *s)
{
	memset(s, 0, sizeof(*s));
	s->unknown = group->age_kind != MSB_AGE_SPAN;
	switch (group->age_kind)
	{
		case MSB_AGE_ANY:
			s->age_max = MSB_AGE_MAX;
			break;
		case MSB_AGE_SPAN:
			s->age_min = (uint8) group->age_min;
			s->age_max = (uint8) group->age_max;
			break;
		case MSB_AGE_UNKNOWN:
			s->age_min = PG_UINT8_MAX;
			break;
	}
	for (int i = 0; i < group->nfacets; i++)
	{
		const MsbFacetLabels *facet = &group->facets[i];
		Size		len = strlen(facet->facet);

		if (s->nslots == SLOTS || len >= SLOT_NAME)
			s->others = true;
		else
		{
			memcpy(s->slots[s->nslots].facet, facet->facet, len);
			s->slots[s->nslots++].bits = label_bits(facet);
		}
	}
}

/* Reads a key, which may have a short header. */
static void
unpack(Datum key, Signature *s)
{
	struct varlena *stored = PG_DETOAST_DATUM_PACKED(key);
	const char *data = VARDATA_ANY(stored);
	Size		size = VARSIZE_ANY_EXHDR(stored);
	Size		head = offsetof(StoredSignature, slots) - VARHDRSZ;
	uint8		bytes[4];

	StaticAssertStmt(offsetof(StoredSignature, slots) - VARHDRSZ == sizeof(bytes),
					 "head of a signature");
	if (size < head || (size - head) % STORED_SLOT != 0 ||
		(size - head) / STORED_SLOT > SLOTS || data[0] != SIGNATURE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("unknown form of a target_group key in a GiST index"),
				 errhint("Please REINDEX it.")));
	memcpy(bytes, data, sizeof(bytes));
	memset(s, 0, sizeof(*s));
	s->unknown = (bytes[1] & FLAG_UNKNOWN) != 0;
	s->others = (bytes[1] & FLAG_OTHERS) != 0;
	s->age_min = bytes[2];
	s->age_max = bytes[3];
	s->nslots = (int) ((size - head) / STORED_SLOT);
	data += head;
	for (int i = 0; i < s->nslots; i++, data += STORED_SLOT)
	{
		memcpy(s->slots[i].facet, data, SLOT_NAME);
		memcpy(&s->slots[i].bits, data + SLOT_NAME, sizeof(uint64));
	}
}

/* Writes a key, palloc'd. */
static StoredSignature *
pack(const Signature *s, int *size)
{
	StoredSignature *stored;
	char	   *to;

	*size = (int) (offsetof(StoredSignature, slots) + s->nslots * STORED_SLOT);
	stored = palloc(*size);
	SET_VARSIZE(stored, *size);
	stored->version = SIGNATURE_VERSION;
	stored->flags = (s->unknown ? FLAG_UNKNOWN : 0) | (s->others ? FLAG_OTHERS : 0);
	stored->age_min = s->age_min;
	stored->age_max = s->age_max;
	to = stored->slots;
	for (int i = 0; i < s->nslots; i++, to += STORED_SLOT)
	{
		memcpy(to, s->slots[i].facet, SLOT_NAME);
		memcpy(to + SLOT_NAME, &s->slots[i].bits, sizeof(uint64));
	}
	return stored;
}

/* Widens s so that it promises no more than "other" does. */
static void
widen(Signature *s, const Signature *other)
{
	int			kept = 0;

	s->unknown |= other->unknown;
	s->age_min = Min(s->age_min, other->age_min);
	s->age_max = Max(s->age_max, other->age_max);
	s->others |= other->others;
	for (int i = 0, j = 0; i < s->nslots || j < other->nslots;)
	{
		int			order = i >= s->nslots ? 1 : j >= other->nslots ? -1 :
			memcmp(s->slots[i].facet, other->slots[j].facet, SLOT_NAME);

		if (order == 0)
		{
			uint64		bits = s->slots[i].bits | other->slots[j].bits;

			/* kept <= i, so what is still to be read stays */
			memcpy(s->slots[kept].facet, other->slots[j].facet, SLOT_NAME);
			s->slots[kept++].bits = bits;
		}
		else
			s->others = true;
		i += order <= 0;
		j += order >= 0;
	}
	memset(&s->slots[kept], 0, sizeof(Slot) * (SLOTS - kept));
	s->nslots = kept;
}

/*
 * How much a signature lets through: the ages, and per slot that could be the
 * labels, each axis measured alike; a missing slot lets everything through.
 */
static float
looseness(const Signature *s)
{
	float		loose = SLOT_BITS * SLOTS;
	int			ages = s->unknown ? 1 : 0;

	if (s->age_min <= s->age_max)
		ages += s->age_max - s->age_min + 1;
	for (int i = 0; i < s->nslots; i++)
		loose -= SLOT_BITS - pg_popcount64(s->slots[i].bits);
	return loose + (float) SLOT_BITS * ages / (MSB_AGE_MAX + 2);
}

/* By how much "s" would have to be widened for "other". */
static float
widening(const Signature *s, const Signature *other)
{
	Signature	both = *s;

	widen(&both, other);
	return looseness(&both) - looseness(s);
}

PG_FUNCTION_INFO_V1(msb_target_group_gist_compress);
Datum
msb_target_group_gist_compress(PG_FUNCTION_ARGS)
{
	GISTENTRY  *entry = (GISTENTRY *) PG_GETARG_POINTER(0);
	GISTENTRY  *result;
	Signature	s;
	int			size;

	if (!entry->leafkey)
		PG_RETURN_POINTER(entry);
	sign(msb_target_group_decode(entry->key), &s);
	result = palloc(sizeof(GISTENTRY));
	gistentryinit(*result, PointerGetDatum(pack(&s, &size)),
				  entry->rel, entry->page, entry->offset, false);
	PG_RETURN_POINTER(result);
}

/* Keys are read by unpack(), which takes them as they are stored. */
PG_FUNCTION_INFO_V1(msb_target_group_gist_decompress);
Datum
msb_target_group_gist_decompress(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(PG_GETARG_POINTER(0));
}

/*
 * The query of a scan, made once: consistent is called for every key of every
 * page that is read.
 */
static GistQuery *
prepare_query(FunctionCallInfo fcinfo, Datum value)
{
	struct varlena *given = PG_DETOAST_DATUM_PACKED(value);
	GistQuery	   *query = (GistQuery *) fcinfo->flinfo->fn_extra;
	MemoryContext context;
	MemoryContext old;

	if (query != NULL &&
		VARSIZE_ANY(query->value) == VARSIZE_ANY(given) &&
		memcmp(query->value, given, VARSIZE_ANY(given)) == 0)
		return query;

	context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt,
									"msb_org target_group query",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	query = palloc(sizeof(GistQuery));
	query->context = context;
	query->value = palloc(VARSIZE_ANY(given));
	memcpy(query->value, given, VARSIZE_ANY(given));
	query->group = msb_target_group_decode(PointerGetDatum(query->value));
	query->bits = palloc(sizeof(uint64) * Max(query->group->nfacets, 1));
	for (int i = 0; i < query->group->nfacets; i++)
		query->bits[i] = label_bits(&query->group->facets[i]);
	sign(query->group, &query->signature);
	MemoryContextSwitchTo(old);

	if (fcinfo->flinfo->fn_extra != NULL)
		MemoryContextDelete(((GistQuery *) fcinfo->flinfo->fn_extra)->context);
	fcinfo->flinfo->fn_extra = query;
	return query;
}

/* Whether ages of the key can be ages of the query. */
static bool
ages_meet(const Signature *key, const Signature *query)
{
	return (key->unknown && query->unknown) ||
		Max(key->age_min, query->age_min) <= Min(key->age_max, query->age_max);
}

/* Whether all ages of b are within a. */
static bool
ages_within(const Signature *a, const Signature *b)
{
	if (b->unknown && !a->unknown)
		return false;
	return b->age_min > b->age_max ||
		(a->age_min <= b->age_min && b->age_max <= a->age_max);
}

/*
 * Whether a value below the key can stand in the relation to the query.  A
 * facet of the query without a slot says nothing, except where the key knows
 * that no value below names it.
 */
static bool
consistent(const Signature *key, const GistQuery *query, StrategyNumber strategy, bool leaf)
{
	const Signature *q = &query->signature;
	const MsbTargetGroup *group = query->group;
	int			matched = 0;	/* slots whose facet the query names */
	int			i = 0;

	switch (strategy)
	{
		case RTOverlapStrategyNumber:
			if (!ages_meet(key, q))
				return false;
			break;
		case RTContainsStrategyNumber:
			if (!ages_within(key, q))
				return false;
			break;
		case RTContainedByStrategyNumber:
			if (leaf ? !ages_within(q, key) : !ages_meet(key, q))
				return false;
			break;
		case RTSameStrategyNumber:
			if (!ages_within(key, q) || (leaf && !ages_within(q, key)))
				return false;
			break;
		default:
			elog(ERROR, "unknown strategy %d of a target_group index", strategy);
	}

	for (int j = 0; j < group->nfacets; j++)
	{
		uint64		labels = query->bits[j];
		uint64		bits;
		int			order = 1;

		while (i < key->nslots &&
			   (order = strcmp(key->slots[i].facet, group->facets[j].facet)) < 0)
			i++;
		if (i >= key->nslots || order != 0)
		{
			/* A value that does not name the facet takes all of its labels. */
			if (!key->others &&
				(strategy == RTContainedByStrategyNumber ||
				 strategy == RTSameStrategyNumber))
				return false;
			continue;
		}
		matched++;
		bits = key->slots[i].bits;
		switch (strategy)
		{
			case RTOverlapStrategyNumber:
				if ((bits & labels) == 0)
					return false;
				break;
			case RTContainsStrategyNumber:
				if ((labels & ~bits) != 0)
					return false;
				break;
			case RTContainedByStrategyNumber:
				if (leaf ? (bits & ~labels) != 0 : (bits & labels) == 0)
					return false;
				break;
			case RTSameStrategyNumber:
				if (leaf ? bits != labels : (labels & ~bits) != 0)
					return false;
				break;
		}
	}

	/* Every value below names the facet of every slot. */
	if ((strategy == RTContainsStrategyNumber || strategy == RTSameStrategyNumber) &&
		matched < key->nslots)
		return false;
	return true;
}

PG_FUNCTION_INFO_V1(msb_target_group_gist_consistent);
Datum
msb_target_group_gist_consistent(PG_FUNCTION_ARGS)
{
	GISTENTRY  *entry = (GISTENTRY *) PG_GETARG_POINTER(0);
	StrategyNumber strategy = (StrategyNumber) PG_GETARG_UINT16(2);
	bool	   *recheck = (bool *) PG_GETARG_POINTER(4);
	GistQuery	   *query = prepare_query(fcinfo, PG_GETARG_DATUM(1));
	Signature	key;

	*recheck = true;
	unpack(entry->key, &key);
	PG_RETURN_BOOL(consistent(&key, query, strategy, GIST_LEAF(entry)));
}

PG_FUNCTION_INFO_V1(msb_target_group_gist_union);
Datum
msb_target_group_gist_union(PG_FUNCTION_ARGS)
{
	GistEntryVector *entries = (GistEntryVector *) PG_GETARG_POINTER(0);
	int		   *size = (int *) PG_GETARG_POINTER(1);
	Signature	all;

	unpack(entries->vector[0].key, &all);
	for (int i = 1; i < entries->n; i++)
	{
		Signature	one;

		unpack(entries->vector[i].key, &one);
		widen(&all, &one);
	}
	PG_RETURN_POINTER(pack(&all, size));
}

PG_FUNCTION_INFO_V1(msb_target_group_gist_penalty);
Datum
msb_target_group_gist_penalty(PG_FUNCTION_ARGS)
{
	GISTENTRY  *old = (GISTENTRY *) PG_GETARG_POINTER(0);
	GISTENTRY  *new = (GISTENTRY *) PG_GETARG_POINTER(1);
	float	   *penalty = (float *) PG_GETARG_POINTER(2);
	Signature	a;
	Signature	b;

	unpack(old->key, &a);
	unpack(new->key, &b);
	*penalty = widening(&a, &b);
	PG_RETURN_POINTER(penalty);
}

/* An entry of a page to split, and how clearly it belongs to one side. */
typedef struct SplitChoice
{
	OffsetNumber offset;
	float		clarity;
} SplitChoice;

static int
compare_choices(const void *a, const void *b)
{
	const SplitChoice *x = a;
	const SplitChoice *y = b;

	if (x->clarity != y->clarity)
		return x->clarity > y->clarity ? -1 : 1;
	return (int) x->offset - (int) y->offset;
}

/*
 * Guttman's quadratic split: the two entries that fit worst together begin the
 * sides, and the rest joins the side that widens less, clear cases first.  Each
 * side gets a third of the entries at least.
 */
PG_FUNCTION_INFO_V1(msb_target_group_gist_picksplit);
Datum
msb_target_group_gist_picksplit(PG_FUNCTION_ARGS)
{
	GistEntryVector *entries = (GistEntryVector *) PG_GETARG_POINTER(0);
	GIST_SPLITVEC *split = (GIST_SPLITVEC *) PG_GETARG_POINTER(1);
	int			n = entries->n - 1;
	int			most = n - n / 3;
	Signature  *keys = palloc(sizeof(Signature) * (n + 1));
	float	   *loose = palloc(sizeof(float) * (n + 1));
	SplitChoice *choices = palloc(sizeof(SplitChoice) * n);
	OffsetNumber seed_left = FirstOffsetNumber;
	OffsetNumber seed_right = OffsetNumberNext(FirstOffsetNumber);
	float		worst = -1;
	Signature	left;
	Signature	right;
	int			size;

	for (OffsetNumber i = FirstOffsetNumber; i <= n; i++)
	{
		unpack(entries->vector[i].key, &keys[i]);
		loose[i] = looseness(&keys[i]);
	}
	for (OffsetNumber i = FirstOffsetNumber; i < n; i++)
	{
		for (OffsetNumber j = i + 1; j <= n; j++)
		{
			Signature	both = keys[i];
			float		waste;

			widen(&both, &keys[j]);
			waste = 2 * looseness(&both) - loose[i] - loose[j];
			if (waste > worst)
			{
				worst = waste;
				seed_left = i;
				seed_right = j;
			}
		}
	}
	left = keys[seed_left];
	right = keys[seed_right];
	for (OffsetNumber i = FirstOffsetNumber; i <= n; i++)
	{
		choices[i - 1].offset = i;
		choices[i - 1].clarity = fabsf(widening(&left, &keys[i]) - widening(&right, &keys[i]));
	}
	qsort(choices, n, sizeof(SplitChoice), compare_choices);

	split->spl_left = palloc(sizeof(OffsetNumber) * (n + 1));
	split->spl_right = palloc(sizeof(OffsetNumber) * (n + 1));
	split->spl_nleft = 1;
	split->spl_nright = 1;
	split->spl_left[0] = seed_left;
	split->spl_right[0] = seed_right;
	for (int c = 0; c < n; c++)
	{
		OffsetNumber i = choices[c].offset;
		bool		go_left;

		if (i == seed_left || i == seed_right)
			continue;
		if (split->spl_nleft >= most)
			go_left = false;
		else if (split->spl_nright >= most)
			go_left = true;
		else
		{
			float		to_left = widening(&left, &keys[i]);
			float		to_right = widening(&right, &keys[i]);

			go_left = to_left != to_right ? to_left < to_right :
				split->spl_nleft <= split->spl_nright;
		}
		if (go_left)
		{
			widen(&left, &keys[i]);
			split->spl_left[split->spl_nleft++] = i;
		}
		else
		{
			widen(&right, &keys[i]);
			split->spl_right[split->spl_nright++] = i;
		}
	}
	split->spl_ldatum = PointerGetDatum(pack(&left, &size));
	split->spl_rdatum = PointerGetDatum(pack(&right, &size));
	PG_RETURN_POINTER(split);
}

PG_FUNCTION_INFO_V1(msb_target_group_gist_same);
Datum
msb_target_group_gist_same(PG_FUNCTION_ARGS)
{
	bool	   *result = (bool *) PG_GETARG_POINTER(2);
	Signature	a;
	Signature	b;

	unpack(PG_GETARG_DATUM(0), &a);
	unpack(PG_GETARG_DATUM(1), &b);
	*result = a.unknown == b.unknown && a.others == b.others &&
		a.age_min == b.age_min && a.age_max == b.age_max &&
		a.nslots == b.nslots &&
		memcmp(a.slots, b.slots, sizeof(Slot) * a.nslots) == 0;
	PG_RETURN_POINTER(result);
}
