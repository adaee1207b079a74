/*
 * row_notes.c: notes of the rows that the work at commit has to look at.
 *
 * The triggers note rows as they are written, so that the first firing of the deferred
 * trigger can do a whole transaction's work.  A note only says that a row may need work.
 * A surplus note costs one look.  A missing note is caught when the row's own deferred
 * trigger fires.  The truth is read from the live row.  So after ROLLBACK TO SAVEPOINT it
 * is enough that rows that were worked on within the savepoint count as not yet done.
 * After TRUNCATE, or when a table is rewritten, other rows get the same places: all notes
 * of the table are forgotten.
 *
 * Beside them are the areas that the application gave, so that commit can distinguish an
 * area that was given from one that is stale: written by the extension, and made out of
 * date by a later change.
 *
 * Notes are a bitmap: an entry a page with a bit a row, two to three bytes a row in a bulk
 * load.  Everything lives in a context below TopTransactionContext.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "port/pg_bitutils.h"
#include "storage/itemptr.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "base/bitset.h"
#include "ledger/ledger.h"
#include "work/row_notes.h"

#define PAGE_WORDS MSB_WORDS(MaxHeapTuplesPerPage + 1)

/* A page of a relation, and the kind of the notes. */
typedef struct PageKey
{
	Oid			relid;
	BlockNumber block;
	uint32		kind;
} PageKey;

/* The notes of one page, by item number. */
typedef struct PageEntry
{
	PageKey		key;			/* hash key */
	uint64		noted[PAGE_WORDS];	/* rows that are to be looked at */
	uint64		done[PAGE_WORDS];	/* rows that were */
	SubTransactionId done_in;	/* the last subtransaction in which a row became done */
	bool		listed;			/* in the list noted_pages */
	struct PageEntry *next;		/* in that list */
} PageEntry;

/* An area that the application gave to a case, by the hash of both. */
typedef struct GivenEntry
{
	uint64		hash;			/* hash key, see given_hash() */
	SubTransactionId stale_in;	/* the subtransaction in which it became stale; Invalid: it is given */
} GivenEntry;

/* A relation with notes, and the file that they are about. */
typedef struct FileEntry
{
	Oid			relid;			/* hash key */
	Oid			file;
} FileEntry;

/*
 * All of it, for the transaction at hand: made by start_notes() at the first note, and set
 * back by forget() when the memory context goes with the transaction.
 */
static MemoryContext notes_context = NULL;	/* NULL: nothing is noted */

/*
 * The notes: a hash table by page, a list of the pages that may have rows to be looked
 * at, their number.
 */
static HTAB *pages = NULL;
static PageEntry *noted_pages = NULL;
static int64 noted_count = 0;

/* the file of each relation at its last note, and a cache of the last look-up */
static HTAB *files = NULL;
static Oid	last_relid = InvalidOid;
static Oid	last_file = InvalidOid;

/* areas that applications gave; NULL until there is one */
static HTAB *given = NULL;

/*
 * For savepoints: the last subtransactions in which a row became done, or an area stale;
 * whether one rolled back.
 */
static SubTransactionId last_done_in = InvalidSubTransactionId;
static SubTransactionId last_stale_in = InvalidSubTransactionId;
static bool rolled_back = false;

/* Memory context callback: the transaction ends, and everything was freed. */
static void
forget(void *arg)
{
	notes_context = NULL;
	pages = NULL;
	noted_pages = NULL;
	given = NULL;
	files = NULL;
	last_relid = InvalidOid;
	noted_count = 0;
	last_done_in = InvalidSubTransactionId;
	last_stale_in = InvalidSubTransactionId;
	rolled_back = false;
}

/* Put a page into the list of those that may have rows to be looked at. */
static void
list_page(PageEntry *page)
{
	if (page->listed)
		return;
	page->listed = true;
	page->next = noted_pages;
	noted_pages = page;
}

/*
 * Make areas given again that became stale in a subtransaction that rolled back, or in
 * one of its children.
 */
static void
restore_given(SubTransactionId mine)
{
	HASH_SEQ_STATUS status;
	GivenEntry *entry;

	if (last_stale_in < mine)
		return;
	hash_seq_init(&status, given);
	while ((entry = hash_seq_search(&status)) != NULL)
		if (entry->stale_in >= mine)
			entry->stale_in = InvalidSubTransactionId;
	last_stale_in = mine - 1;
}

/*
 * Subtransaction callback: note rows again that became done in a subtransaction that rolled
 * back, or in one of its children, so that the first event that fires does them again.
 * Numbers of subtransactions grow: a child's is higher than its parent's.
 */
static void
subtransaction_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	HASH_SEQ_STATUS status;
	PageEntry  *page;

	if (event != SUBXACT_EVENT_ABORT_SUB || pages == NULL)
		return;
	rolled_back = true;
	restore_given(mine);
	if (last_done_in < mine)
		return;
	hash_seq_init(&status, pages);
	while ((page = hash_seq_search(&status)) != NULL)
	{
		if (page->done_in < mine)
			continue;
		for (int w = 0; w < PAGE_WORDS; w++)
		{
			noted_count += pg_popcount64(page->done[w] & ~page->noted[w]);
			page->noted[w] |= page->done[w];
			page->done[w] = 0;
		}
		page->done_in = InvalidSubTransactionId;
		list_page(page);
	}
	last_done_in = mine - 1;
}

/* Make the memory context and the tables, at the first note of a transaction. */
static void
start_notes(void)
{
	static bool registered = false;
	HASHCTL		ctl = {0};
	MemoryContextCallback *callback;

	if (notes_context != NULL)
		return;
	if (!registered)
	{
		RegisterSubXactCallback(subtransaction_callback, NULL);
		registered = true;
	}
	notes_context = AllocSetContextCreate(TopTransactionContext, "msb_org commit work",
										  ALLOCSET_SMALL_SIZES);
	callback = MemoryContextAlloc(notes_context, sizeof(MemoryContextCallback));
	callback->func = forget;
	callback->arg = NULL;
	MemoryContextRegisterResetCallback(notes_context, callback);
	ctl.keysize = sizeof(PageKey);
	ctl.entrysize = sizeof(PageEntry);
	ctl.hcxt = notes_context;
	pages = hash_create("msb_org noted pages", 32, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(FileEntry);
	files = hash_create("msb_org noted files", 16, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Forget the notes of a relation that is truncated or was rewritten. */
void
msb_notes_forget(Oid relid)
{
	HASH_SEQ_STATUS status;
	PageEntry  *page;

	if (pages == NULL)
		return;
	hash_seq_init(&status, pages);
	while ((page = hash_seq_search(&status)) != NULL)
		if (page->key.relid == relid)
		{
			for (int w = 0; w < PAGE_WORDS; w++)
			{
				noted_count -= pg_popcount64(page->noted[w]);
				page->noted[w] = page->done[w] = 0;
			}
		}
}

/*
 * Prepare for notes of a relation: forget earlier ones if the relation was rewritten
 * since (it has another file).
 */
void
msb_notes_about(Relation rel)
{
	Oid			relid = RelationGetRelid(rel);
	Oid			file = rel->rd_rel->relfilenode;
	FileEntry  *entry;
	bool		found;

	if (relid == last_relid && file == last_file)
		return;
	start_notes();
	entry = hash_search(files, &relid, HASH_ENTER, &found);
	if (found && entry->file != file)
		msb_notes_forget(relid);
	entry->file = file;
	last_relid = relid;
	last_file = file;
}

/* Return the entry for the page of a row; a new one has no notes. */
static PageEntry *
page_of(Oid relid, ItemPointer tid, MsbNoteKind kind)
{
	PageKey		key = {.relid = relid, .block = ItemPointerGetBlockNumber(tid), .kind = kind};
	PageEntry  *page;
	bool		found;

	start_notes();
	page = hash_search(pages, &key, HASH_ENTER, &found);
	if (!found)
	{
		memset(page->noted, 0, sizeof(page->noted));
		memset(page->done, 0, sizeof(page->done));
		page->done_in = InvalidSubTransactionId;
		page->listed = false;
	}
	return page;
}

/* Note a row; returns false if its work is done already. */
bool
msb_note_row(Oid relid, ItemPointer tid, MsbNoteKind kind)
{
	PageEntry  *page = page_of(relid, tid, kind);
	int			n = ItemPointerGetOffsetNumber(tid);
	uint64		bit = MSB_BIT(n);

	if (page->done[MSB_WORD(n)] & bit)
		return false;
	if (!(page->noted[MSB_WORD(n)] & bit))
	{
		page->noted[MSB_WORD(n)] |= bit;
		noted_count++;
		list_page(page);
	}
	return true;
}

/* Return whether a row is noted, or its work done. */
bool
msb_note_known(Oid relid, ItemPointer tid, MsbNoteKind kind)
{
	PageEntry  *page = page_of(relid, tid, kind);
	int			n = ItemPointerGetOffsetNumber(tid);

	return ((page->noted[MSB_WORD(n)] | page->done[MSB_WORD(n)]) & MSB_BIT(n)) != 0;
}

/*
 * Return whether a savepoint was rolled back in this transaction.  Then notes may be about
 * rows that are not there, whose places others may get, or about deletions that were
 * undone.
 */
bool
msb_notes_rolled_back(void)
{
	return rolled_back;
}

/* Make a row count as not yet done. */
void
msb_note_undo(Oid relid, ItemPointer tid, MsbNoteKind kind)
{
	PageEntry  *page = page_of(relid, tid, kind);
	int			n = ItemPointerGetOffsetNumber(tid);

	page->done[MSB_WORD(n)] &= ~MSB_BIT(n);
}

/* Make a row count as done, without a look: the work itself wrote it. */
void
msb_note_done(Oid relid, ItemPointer tid, MsbNoteKind kind)
{
	PageEntry  *page = page_of(relid, tid, kind);
	int			n = ItemPointerGetOffsetNumber(tid);
	uint64		bit = MSB_BIT(n);

	if (page->noted[MSB_WORD(n)] & bit)
	{
		page->noted[MSB_WORD(n)] &= ~bit;
		noted_count--;
	}
	page->done[MSB_WORD(n)] |= bit;
	page->done_in = last_done_in = GetCurrentSubTransactionId();
}

/* Note a row, even if its work is done. */
void
msb_note_again(Oid relid, ItemPointer tid, MsbNoteKind kind)
{
	msb_note_undo(relid, tid, kind);
	(void) msb_note_row(relid, tid, kind);
}

/*
 * Note the rows that the last SPI query returned (tableoid, ctid), even if their work is
 * done: something else than the row, which judging reads too, may have changed.
 */
void
msb_note_found(MsbNoteKind kind)
{
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;

		msb_note_again(DatumGetObjectId(SPI_getbinval(tuple, desc, 1, &isnull)),
					   (ItemPointer) DatumGetPointer(SPI_getbinval(tuple, desc, 2, &isnull)), kind);
	}
}

/* Order notes by kind, relation and place. */
static int
compare_notes(const void *a, const void *b)
{
	const MsbNote *x = a;
	const MsbNote *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->relid != y->relid)
		return x->relid < y->relid ? -1 : 1;
	return ItemPointerCompare((ItemPointer) &x->tid, (ItemPointer) &y->tid);
}

/*
 * Take all noted rows, by kind, relation and place; they count as done from now on.
 * asked: those that a function noted (MSB_NOTE_ASKED), else those that the triggers did.
 * The notes are palloc'd; NULL if there is none.
 */
MsbNote *
msb_notes_take(bool asked, int *count)
{
	PageEntry  *page = noted_pages;
	PageEntry  *kept = NULL;
	MsbNote    *notes;
	int			n = 0;

	*count = 0;
	if (noted_count == 0)
		return NULL;
	notes = MemoryContextAllocHuge(CurrentMemoryContext, noted_count * sizeof(MsbNote));
	last_done_in = GetCurrentSubTransactionId();
	while (page != NULL)
	{
		PageEntry  *next = page->next;

		if ((page->key.kind == MSB_NOTE_ASKED) != asked)
		{
			page->next = kept;
			kept = page;
			page = next;
			continue;
		}
		page->listed = false;
		page->done_in = last_done_in;
		for (int w = 0; w < PAGE_WORDS; w++)
		{
			for (uint64 left = page->noted[w]; left != 0; left &= left - 1)
			{
				MsbNote    *note = &notes[n++];

				note->relid = page->key.relid;
				note->kind = page->key.kind;
				ItemPointerSet(&note->tid, page->key.block, w * 64 + pg_rightmost_one_pos64(left));
			}
			page->done[w] |= page->noted[w];
			page->noted[w] = 0;
		}
		page = next;
	}
	noted_pages = kept;
	noted_count -= n;
	if (n > 0)
		qsort(notes, n, sizeof(MsbNote), compare_notes);
	*count = n;
	return notes;
}

/* Return the hash by which an area that was given to a case is remembered. */
static uint64
given_hash(const char *case_table, const char *case_key, const char *area)
{
	return hash_bytes_extended((const unsigned char *) area, strlen(area), msb_case_hash(case_table, case_key));
}

/*
 * Remember that the application gave this area, a unit, to a case; commit finds whether
 * it is wrong.
 */
void
msb_note_given(const char *case_table, const char *case_key, const char *area)
{
	uint64		hash = given_hash(case_table, case_key, area);
	GivenEntry *entry;

	start_notes();
	if (given == NULL)
	{
		HASHCTL		ctl = {.keysize = sizeof(uint64), .entrysize = sizeof(GivenEntry), .hcxt = notes_context};

		given = hash_create("msb_org given areas", 16, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(given, &hash, HASH_ENTER, NULL);
	entry->stale_in = InvalidSubTransactionId;
}

/*
 * Remember that the application changed a case and left its area, given earlier, as it
 * was: it is stale.
 */
void
msb_note_stale(const char *case_table, const char *case_key, const char *area)
{
	uint64		hash;
	GivenEntry *entry;

	if (given == NULL)
		return;
	hash = given_hash(case_table, case_key, area);
	entry = hash_search(given, &hash, HASH_FIND, NULL);
	if (entry != NULL)
		entry->stale_in = last_stale_in = GetCurrentSubTransactionId();
}

/*
 * Return whether the application gave this area to a case and it did not become stale since.
 * Commit asks if the area is wrong.
 */
bool
msb_was_given(const char *case_table, const char *case_key, const char *area)
{
	uint64		hash;
	GivenEntry *entry;

	if (given == NULL)
		return false;
	hash = given_hash(case_table, case_key, area);
	entry = hash_search(given, &hash, HASH_FIND, NULL);
	return entry != NULL && entry->stale_in == InvalidSubTransactionId;
}
