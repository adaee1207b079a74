/*
 * pieces.c: the boxes about which the proof found something, its pieces.
 *
 * The store is bounded by work_mem.  Pieces with the same finding that differ on one axis only
 * are joined.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"

#include "base/msb_org.h"
#include "base/messages.h"
#include "proof/space.h"
#include "proof/regroup.h"
#include "proof/pieces.h"

/* A list of numbers as a hash key: compared by content, not by pointer. */
typedef struct Found
{
	int			n;
	const int  *numbers;
} Found;

typedef struct FoundEntry
{
	Found		found;			/* hash key */
	int			order;			/* 1 for the list that was found first, and so on */
} FoundEntry;

struct MsbPieces
{
	const MsbSpace *space;
	HTAB	   *found;			/* of FoundEntry */
	Size		held;			/* bytes of its entries and lists */
	int			npieces;
	int			max_pieces;
	const FoundEntry **what;	/* per piece, its finding */
	uint64	   *boxes;			/* per piece, its box */
};

/* Hash a list by its content. */
static uint32
found_hash(const void *key, Size size)
{
	const Found *found = key;

	return hash_bytes((const unsigned char *) found->numbers, found->n * sizeof(int));
}

/* Compare two lists by their content; 0 where they are equal. */
static int
found_match(const void *a, const void *b, Size size)
{
	const Found *x = a;
	const Found *y = b;

	return x->n != y->n || memcmp(x->numbers, y->numbers, x->n * sizeof(int)) != 0;
}

/* Throw because the pieces exceed work_mem, and name the facets that divide the space: 54000. */
static void
too_large(const MsbPieces *store)
{
	StringInfoData facets;

	initStringInfo(&facets);
	for (int a = 0; a < store->space->naxes; a++)
		if (store->space->axes[a].nclasses > 1)
			appendStringInfo(&facets, "%s%s", facets.len > 0 ? ", " : "",
							 store->space->axes[a].facet == NULL ? "age" : msb_printable(store->space->axes[a].facet));
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("the proof of structure \"%s\" does not fit into work_mem",
					msb_printable(store->space->sides[store->space->nsides - 1]->structure)),
			 errdetail("The structure's rules divide the situations too finely, by: %s.", facets.data),
			 errhint("Raise work_mem (it is %d kB), or let each rule name fewer of these together.", work_mem)));
}

/* Make an empty store, in CurrentMemoryContext. */
MsbPieces *
msb_pieces(const MsbSpace *space)
{
	MsbPieces  *store = palloc0_object(MsbPieces);
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(Found);
	ctl.entrysize = sizeof(FoundEntry);
	ctl.hash = found_hash;
	ctl.match = found_match;
	ctl.hcxt = CurrentMemoryContext;
	store->space = space;
	store->found = hash_create("msb_org found", 64, &ctl, HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	store->max_pieces = 64;
	store->boxes = palloc_array(uint64, (Size) store->max_pieces * space->nwords);
	store->what = palloc_array(const FoundEntry *, store->max_pieces);
	return store;
}

/* Add a piece: a box, and its finding, a list of n numbers.  Both are copied. */
void
msb_add_piece(MsbPieces *store, const uint64 *box, int n, const int *numbers)
{
	Found		key = {n, numbers};
	bool		known;
	FoundEntry *entry = hash_search(store->found, &key, HASH_ENTER, &known);
	if (!known)
	{
		int		   *kept = palloc_array(int, Max(1, n));

		if (n > 0)
			memcpy(kept, numbers, n * sizeof(int));
		entry->found.numbers = kept;
		entry->order = hash_get_num_entries(store->found);
		store->held += n * sizeof(int) + sizeof(FoundEntry);
	}
	if (store->npieces == store->max_pieces)
	{
		/* a piece in the arrays here, in msb_join_pieces(), and in the table of join_along() */
		Size		each = store->space->nwords * sizeof(uint64) + sizeof(FoundEntry *) + sizeof(MsbPiece) + 4 * sizeof(int);

		if (store->held + mul_size(each, (Size) store->max_pieces * 2) > (Size) work_mem * 1024)
			too_large(store);
		store->max_pieces *= 2;
		store->boxes = repalloc_huge(store->boxes, mul_size(store->space->nwords * sizeof(uint64), store->max_pieces));
		store->what = repalloc_huge(store->what, mul_size(sizeof(FoundEntry *), store->max_pieces));
	}
	memcpy(store->boxes + (Size) store->npieces * store->space->nwords, box, store->space->nwords * sizeof(uint64));
	store->what[store->npieces++] = entry;
}

/*
 * The axis along which pieces are joined.  Pieces that are equal on all other axes, and have the
 * same finding, become one.
 */
typedef struct Joining
{
	const MsbPieces *pieces;
	const MsbAxis *axis;
} Joining;

/* Hash a piece by its finding and all axes but the one of the join. */
static uint32
piece_hash(const Joining *j, int piece)
{
	const MsbSpace *space = j->pieces->space;
	const uint64 *box = j->pieces->boxes + (Size) piece * space->nwords;
	uint64		hash = j->pieces->what[piece]->order;

	for (int w = 0; w < space->nwords; w++)
		if (w < j->axis->word || w >= j->axis->word + j->axis->nwords)
			hash = hash_combine64(hash, box[w]);
	return hash_bytes((const unsigned char *) &hash, sizeof(hash));
}

/* Compare two pieces by their finding and all axes but the one of the join. */
static bool
piece_equal(const Joining *j, int a, int b)
{
	const MsbSpace *space = j->pieces->space;
	const uint64 *x = j->pieces->boxes + (Size) a * space->nwords;
	const uint64 *y = j->pieces->boxes + (Size) b * space->nwords;
	int			after = j->axis->word + j->axis->nwords;

	return j->pieces->what[a] == j->pieces->what[b] &&
		memcmp(x, y, j->axis->word * sizeof(uint64)) == 0 &&
		memcmp(x + after, y + after, (space->nwords - after) * sizeof(uint64)) == 0;
}

typedef struct PieceEntry
{
	int			piece;
	uint32		hash;
	char		status;
} PieceEntry;

#define SH_PREFIX joined
#define SH_ELEMENT_TYPE PieceEntry
#define SH_KEY_TYPE int
#define SH_KEY piece
#define SH_HASH_KEY(tb, key) piece_hash((const Joining *) (tb)->private_data, key)
#define SH_EQUAL(tb, a, b) piece_equal((const Joining *) (tb)->private_data, a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) (a)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Join pieces that differ on one axis only.  Returns whether there were any. */
static bool
join_along(MsbPieces *store, const MsbAxis *axis)
{
	Joining		joining = {store, axis};
	joined_hash *seen = joined_create(CurrentMemoryContext, store->npieces, &joining);
	int			kept = 0;
	bool		joined;

	for (int p = 0; p < store->npieces; p++)
	{
		uint64	   *box = store->boxes + (Size) p * store->space->nwords;
		bool		found;
		PieceEntry *entry;

		CHECK_FOR_INTERRUPTS();
		/* first to its new place, since the hash table knows a piece by its index */
		memmove(store->boxes + (Size) kept * store->space->nwords, box, store->space->nwords * sizeof(uint64));
		store->what[kept] = store->what[p];
		entry = joined_insert(seen, kept, &found);
		if (found)
			for (int w = axis->word; w < axis->word + axis->nwords; w++)
				store->boxes[(Size) entry->piece * store->space->nwords + w] |= store->boxes[(Size) kept * store->space->nwords + w];
		else
			kept++;
	}
	joined_destroy(seen);
	joined = kept < store->npieces;
	store->npieces = kept;
	return joined;
}

/*
 * Compare pieces for qsort_arg(): by the numbers of the finding, a list preceding longer ones
 * that begin with it, and then by the lowest classes of the box, axis by axis.
 */
static int
compare_pieces(const void *a, const void *b, void *arg)
{
	const MsbSpace *space = arg;
	const MsbPiece *x = a;
	const MsbPiece *y = b;

	for (int i = 0; i < Min(x->nfound, y->nfound); i++)
		if (x->found[i] != y->found[i])
			return x->found[i] < y->found[i] ? -1 : 1;
	if (x->nfound != y->nfound)
		return x->nfound < y->nfound ? -1 : 1;
	for (int w = 0; w < space->nwords; w++)
		if (x->box[w] != y->box[w])
		{
			/* the box with the lowest of the classes that are not in both is first */
			uint64		differ = x->box[w] ^ y->box[w];

			return (x->box[w] & differ & (~differ + 1)) != 0 ? -1 : 1;
		}
	return 0;
}

/* Join the pieces until no two can be joined, regroup them, and put them into the proof, sorted. */
void
msb_join_pieces(MsbPieces *store, MsbProof *proof)
{
	const MsbSpace *space = store->space;
	int			stable = 0;
	int			kept = 0;
	MsbPiece   *pieces;

	/* the facets first and age last, since a target group has one span of ages */
	for (int a = space->naxes - 1; stable < space->naxes; a = (a + space->naxes - 1) % space->naxes)
		stable = join_along(store, &space->axes[a]) ? 0 : stable + 1;

	pieces = palloc_array(MsbPiece, Max(1, store->npieces));
	for (int p = 0; p < store->npieces; p++)
		pieces[p] = (MsbPiece) {store->what[p]->found.n, store->what[p]->found.numbers,
			store->boxes + (Size) p * space->nwords};
	qsort_arg(pieces, store->npieces, sizeof(MsbPiece), compare_pieces, unconstify(MsbSpace *, space));

	for (int begin = 0, end; begin < store->npieces; begin = end)
	{
		List	   *boxes = NIL;
		ListCell   *cell;

		for (end = begin; end < store->npieces && pieces[end].found == pieces[begin].found; end++)
			boxes = lappend(boxes, unconstify(uint64 *, pieces[end].box));
		foreach(cell, msb_regroup(space, boxes))
		{
			pieces[kept] = pieces[begin];
			pieces[kept++].box = lfirst(cell);
		}
		list_free(boxes);
	}
	qsort_arg(pieces, kept, sizeof(MsbPiece), compare_pieces, unconstify(MsbSpace *, space));
	proof->pieces = pieces;
	proof->npieces = kept;
}
