/*
 * row_notes.c: which rows the work at commit has to look at.
 *
 * Rows are noted by the triggers as they are written, so that the first firing
 * of the deferred trigger can do a whole transaction's work.  The notes are
 * hints: one too many costs a look at a row, one too few is made good when that
 * row's own event fires, and what is true is read from the live row.  So a
 * rolled-back savepoint needs no care but this: a row that was worked on within
 * it counts as not worked on.  Where a table is truncated or written anew, other
 * rows come to stand in the same places: what was noted of it is forgotten.
 *
 * One entry a page with a bit a row: a bulk load costs two to three bytes a
 * row.  Everything lives in a context below TopTransactionContext.
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

typedef struct PageKey
{
	Oid			relid;
	BlockNumber block;
	uint32		kind;
} PageKey;

typedef struct PageEntry
{
	PageKey		key;
	uint64		noted[PAGE_WORDS];
	uint64		done[PAGE_WORDS];
	SubTransactionId done_in;	/* the last one that did any */
	bool		listed;			/* among the pages with notes */
	struct PageEntry *next;
} PageEntry;

static MemoryContext notes_context = NULL;
static HTAB *pages = NULL;
static PageEntry *noted_pages = NULL;	/* those to be looked at, and maybe others */
static HTAB *given = NULL;		/* areas that applications gave */
static HTAB *files = NULL;		/* the file that each relation's notes are about */
static Oid	last_relid = InvalidOid;	/* of these the last looked at */
static Oid	last_file = InvalidOid;
static int64 noted_count = 0;
static SubTransactionId last_done_in = InvalidSubTransactionId;
static SubTransactionId last_stale_in = InvalidSubTransactionId;
static bool rolled_back = false;

/* An area that was given, by its hash. */
typedef struct GivenEntry
{
	uint64		hash;			/* hash key */
	SubTransactionId stale_in;	/* the one that left it as it was since; Invalid: none */
} GivenEntry;

typedef struct FileEntry
{
	Oid			relid;			/* hash key */
	Oid			file;
} FileEntry;

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

static void
list_page(PageEntry *page)
{
	if (page->listed)
		return;
	page->listed = true;
	page->next = noted_pages;
	noted_pages = page;
}

/* What became stale in a subtransaction that is rolled back, or within it, is given again. */
static void
give_again(SubTransactionId mine)
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
 * What was done in a subtransaction that is rolled back is to be done again, by
 * the first event that fires.  Their numbers grow, so those from its own on were
 * within it.
 */
static void
subtransaction_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	HASH_SEQ_STATUS status;
	PageEntry  *page;

	if (event != SUBXACT_EVENT_ABORT_SUB || pages == NULL)
		return;
	rolled_back = true;
	give_again(mine);
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

/* Forget what is noted of a relation whose rows go, or have gone, to other places. */
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

/* A relation about which notes come: forgets earlier ones where it was written anew since. */
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

/* Note a row; false where its work is done already. */
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

/* Whether a row is noted, or its work done. */
bool
msb_note_known(Oid relid, ItemPointer tid, MsbNoteKind kind)
{
	PageEntry  *page = page_of(relid, tid, kind);
	int			n = ItemPointerGetOffsetNumber(tid);

	return ((page->noted[MSB_WORD(n)] | page->done[MSB_WORD(n)]) & MSB_BIT(n)) != 0;
}

/*
 * Whether a savepoint was rolled back, so that notes may be about rows that are
 * not there, whose places others may take, or about deletions that were undone.
 */
bool
msb_notes_rolled_back(void)
{
	return rolled_back;
}

/* A row that is to be looked at again, whatever was done. */
void
msb_note_undo(Oid relid, ItemPointer tid, MsbNoteKind kind)
{
	PageEntry  *page = page_of(relid, tid, kind);
	int			n = ItemPointerGetOffsetNumber(tid);

	page->done[MSB_WORD(n)] &= ~MSB_BIT(n);
}

/* A row that needs no look: the work itself wrote it. */
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

/* Note a row whatever was done. */
void
msb_note_again(Oid relid, ItemPointer tid, MsbNoteKind kind)
{
	msb_note_undo(relid, tid, kind);
	(void) msb_note_row(relid, tid, kind);
}

/*
 * Note the rows that an SPI query found (tableoid, ctid), also those that were
 * judged already: what they are judged by may have changed since.
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
 * All noted rows, which count as done from now on, by kind, relation and place;
 * palloc'd, NULL where there is none.  Either what a function asks for, or what
 * the triggers noted.
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

static uint64
given_hash(const char *case_table, const char *case_key, const char *area)
{
	return hash_bytes_extended((const unsigned char *) area, strlen(area), msb_case_hash(case_table, case_key));
}

/* The application set this area; whether it is wrong turns out at commit. */
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

/* The application changed the case and left this area, given earlier, as it was. */
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
 * Whether an area that is wrong at commit was set by the application, rather
 * than written by us and made stale by what came after.
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
