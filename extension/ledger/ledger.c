/*
 * ledger.c: reading and writing msb_org.assignment.
 *
 * Callers hold the citizen's lock, so that nobody else writes the case's rows
 * meanwhile; so the last rows of a case are read under no snapshot, which takes no
 * predicate locks: those on the index, where the keys of new cases lie side by
 * side, would make SERIALIZABLE transactions fail that have nothing to do with
 * each other.  New rows are written a set at a time; what is asked for again
 * before that is written first.
 *
 * Rows end and are not changed afterwards, but within one transaction only the
 * last answer counts: a row that this transaction inserted is replaced, and one
 * that it ended is opened again where the answer is back to what it was.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/snapshot.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/settings.h"
#include "base/text.h"
#include "base/catalog.h"
#include "base/key_scan.h"
#include "base/own_table.h"
#include "cases/judge.h"
#include "ledger/citizen_lock.h"
#include "ledger/ledger.h"

#define FEW_PENDING		16		/* cases that are looked through one by one */
#define LEAST_PENDING	1024	/* cases to be gathered in a bulk load, */
#define MOST_PENDING	16384
#define BULK_SHARE		16		/* and between these such a part of it */

struct MsbLedger
{
	MsbOwnTable *table;
	Relation	rel;
	MsbKeyScan *by_case;		/* NULL until asked for */
	bool		many;			/* cases are to be asked for */
	int			most_pending;
	uint32		places;			/* in the set of pending cases, a power of two */
	uint64		few[FEW_PENDING];	/* hashes of the cases with rows that are pending */
	uint64	   *pending;		/* the same as a set, once they are more; 0: no case */
	char	   *actor;
};

/*
 * Open the ledger for reading and writing, of about so many cases; close it in the
 * same function.  The more there are, the more are gathered before they are written:
 * the larger the ledger, the farther lie the places in its indexes from each other.
 */
MsbLedger *
msb_ledger_open(int64 cases)
{
	MsbLedger  *ledger = palloc0(sizeof(MsbLedger));

	ledger->many = cases > MSB_SMALL_BATCH;
	ledger->most_pending = Max(LEAST_PENDING, Min(MOST_PENDING, cases / BULK_SHARE));
	ledger->places = pg_nextpower2_32(4 * ledger->most_pending);
	ledger->table = msb_own_table_open("assignment", Natts_assignment, ledger->most_pending, NULL);
	ledger->rel = msb_own_table_relation(ledger->table);
	ledger->actor = msb_current_actor();
	return ledger;
}

/*
 * Open the ledger only to be told what would be written, of so many cases: for
 * that no lock is needed, since whoever writes asks once more under the citizen's.
 */
MsbLedger *
msb_ledger_open_dry(int64 cases)
{
	MsbLedger  *ledger = palloc0(sizeof(MsbLedger));

	ledger->many = cases > MSB_SMALL_BATCH;
	ledger->most_pending = LEAST_PENDING;
	ledger->table = msb_own_table_open_dry("assignment");
	ledger->rel = msb_own_table_relation(ledger->table);
	ledger->actor = msb_current_actor();
	return ledger;
}

/* Whether a ledger opened so would have been written since this was asked last. */
bool
msb_ledger_wanted(MsbLedger *ledger)
{
	return msb_own_table_wanted(ledger->table);
}

void
msb_ledger_close(MsbLedger *ledger)
{
	if (ledger->by_case != NULL)
		msb_key_scan_close(ledger->by_case);
	msb_own_table_close(ledger->table);
	if (ledger->pending != NULL)
		pfree(ledger->pending);
	pfree(ledger);
}

/* What was written is seen from now on, and what is read is read anew. */
void
msb_ledger_flush(MsbLedger *ledger)
{
	if (ledger->pending != NULL)
		memset(ledger->pending, 0, ledger->places * sizeof(uint64));
	msb_own_table_flush(ledger->table);
	if (ledger->by_case != NULL)
		msb_key_scan_restart(ledger->by_case);
}

/*
 * Cases of which a row is pending are known by their hashes; two with the same
 * hash cost a flush too many.
 */
uint64
msb_case_hash(const char *case_table, const char *case_key)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) case_table, strlen(case_table), 0);

	hash = hash_bytes_extended((const unsigned char *) case_key, strlen(case_key), hash);
	return Max(hash, 1);		/* 0 stands for no case */
}

/* The place of a case in the set, or where it would stand. */
static uint64 *
pending_place(MsbLedger *ledger, uint64 hash)
{
	uint32		n = hash & (ledger->places - 1);

	while (ledger->pending[n] != 0 && ledger->pending[n] != hash)
		n = (n + 1) & (ledger->places - 1);
	return &ledger->pending[n];
}

static bool
is_pending(MsbLedger *ledger, uint64 hash)
{
	int			n = msb_own_table_pending(ledger->table);

	if (n > FEW_PENDING)
		return *pending_place(ledger, hash) != 0;
	for (int i = 0; i < n; i++)
		if (ledger->few[i] == hash)
			return true;
	return false;
}

/* A row of a case is about to be inserted. */
static void
note_pending(MsbLedger *ledger, uint64 hash)
{
	int			n = msb_own_table_pending(ledger->table);

	if (n == ledger->most_pending)
	{
		msb_ledger_flush(ledger);
		n = 0;
	}
	if (n < FEW_PENDING)
	{
		ledger->few[n] = hash;
		return;
	}
	if (ledger->pending == NULL)
		ledger->pending = MemoryContextAllocZero(GetMemoryChunkContext(ledger), ledger->places * sizeof(uint64));
	if (n == FEW_PENDING)
		for (int i = 0; i < n; i++)
			*pending_place(ledger, ledger->few[i]) = ledger->few[i];
	*pending_place(ledger, hash) = hash;
}

/* Copies of the last rows of a case, latest first, at most two. */
static int
last_rows(MsbLedger *ledger, const char *case_table, const char *case_key, HeapTuple rows[2])
{
	int			n = 0;
	Size		len = strlen(case_table);
	TupleTableSlot *slot;

	if (msb_own_table_pending(ledger->table) > 0 && is_pending(ledger, msb_case_hash(case_table, case_key)))
		msb_ledger_flush(ledger);
	if (ledger->by_case == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(ledger));

		ledger->by_case = msb_key_scan_open("assignment", "assignment_case", ledger->many);
		MemoryContextSwitchTo(old);
	}
	msb_key_scan_start(ledger->by_case, case_key);
	while (n < 2 && (slot = msb_key_scan_previous(ledger->by_case)) != NULL)
	{
		bool		isnull;
		text	   *of_table = DatumGetTextPP(slot_getattr(slot, Anum_assignment_case_table, &isnull));

		/* other tables have cases of that key too */
		if (VARSIZE_ANY_EXHDR(of_table) == len && memcmp(VARDATA_ANY(of_table), case_table, len) == 0)
			rows[n++] = ExecCopySlotHeapTuple(slot);
	}
	return n;
}

static char *
row_text(MsbLedger *ledger, HeapTuple row, AttrNumber attno)
{
	bool		isnull;
	Datum		value = heap_getattr(row, attno, RelationGetDescr(ledger->rel), &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static Datum
row_value(MsbLedger *ledger, HeapTuple row, AttrNumber attno, bool *isnull)
{
	return heap_getattr(row, attno, RelationGetDescr(ledger->rel), isnull);
}

/* All columns of a row, which costs no more than two or three of them one by one. */
static void
take_apart(MsbLedger *ledger, HeapTuple row, Datum **values, bool **nulls)
{
	TupleDesc	desc = RelationGetDescr(ledger->rel);

	*values = palloc_array(Datum, desc->natts);
	*nulls = palloc_array(bool, desc->natts);
	heap_deform_tuple(row, desc, *values, *nulls);
}

static bool
is_override(Datum origin)
{
	text	   *t = DatumGetTextPP(origin);

	return VARSIZE_ANY_EXHDR(t) == strlen(MSB_ORIGIN_OVERRIDE) &&
		memcmp(VARDATA_ANY(t), MSB_ORIGIN_OVERRIDE, strlen(MSB_ORIGIN_OVERRIDE)) == 0;
}

/* What stands in the ledger for a case; palloc'd in CurrentMemoryContext. */
void
msb_ledger_read(MsbLedger *ledger, const char *case_table, const char *case_key, MsbLedgerCase *stands)
{
	memset(stands, 0, sizeof(MsbLedgerCase));
	stands->nrows = last_rows(ledger, case_table, case_key, stands->rows);
	if (stands->nrows == 0)
		return;
	take_apart(ledger, stands->rows[0], &stands->values, &stands->nulls);
#define TEXT(attno) (stands->nulls[(attno) - 1] ? NULL : TextDatumGetCString(stands->values[(attno) - 1]))
	stands->open = stands->nulls[Anum_assignment_valid_to - 1];
	stands->is_override = stands->open && is_override(stands->values[Anum_assignment_origin - 1]);
	stands->citizen = TEXT(Anum_assignment_citizen);
	stands->unit = TEXT(Anum_assignment_unit);
	stands->given = TEXT(Anum_assignment_given);
	stands->finding = TEXT(Anum_assignment_finding);
#undef TEXT
}

/* Add the lock that ending a case takes: that of the citizen whom its open row names. */
void
msb_ledger_add_lock(MsbLedger *ledger, const char *case_table, const char *case_key, MsbLockSet *set)
{
	MsbLedgerCase stands;

	msb_ledger_read(ledger, case_table, case_key, &stands);
	/* what comes next is read under the lock */
	msb_key_scan_restart(ledger->by_case);
	if (stands.open)
		msb_lock_add_case(set, stands.citizen, case_table, case_key);
}

static void
set_date(Datum *values, bool *nulls, AttrNumber attno, bool has, DateADT date)
{
	nulls[attno - 1] = !has;
	values[attno - 1] = DateADTGetDatum(date);
}

/* The columns that make an answer; a row ends when one of them changes. */
static const AttrNumber answer_columns[] = {
	Anum_assignment_citizen, Anum_assignment_unit, Anum_assignment_rule, Anum_assignment_structure, Anum_assignment_revision, Anum_assignment_finding, Anum_assignment_reason
};

/* The columns that follow the case in place. */
static const AttrNumber follow_columns[] = {Anum_assignment_opened, Anum_assignment_closed, Anum_assignment_due, Anum_assignment_birth, Anum_assignment_situation, Anum_assignment_given};

static bool
column_equal(MsbLedger *ledger, AttrNumber attno, const Datum *row_values, const bool *row_nulls,
			 const Datum *values, const bool *nulls)
{
	Datum		value = row_values[attno - 1];
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(ledger->rel), attno - 1);

	if (row_nulls[attno - 1] || nulls[attno - 1])
		return row_nulls[attno - 1] == nulls[attno - 1];
	if (att->attlen == -1)
	{
		text	   *a = DatumGetTextPP(value);
		text	   *b = DatumGetTextPP(values[attno - 1]);

		return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
			memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
	}
	return value == values[attno - 1];
}

/* Whether a row holds an answer; an override is another answer than a rule's. */
static bool
same_answer(MsbLedger *ledger, const Datum *row_values, const bool *row_nulls, const Datum *values, const bool *nulls)
{
	if (is_override(row_values[Anum_assignment_origin - 1]) != is_override(values[Anum_assignment_origin - 1]))
		return false;
	for (int i = 0; i < (int) lengthof(answer_columns); i++)
		if (!column_equal(ledger, answer_columns[i], row_values, row_nulls, values, nulls))
			return false;
	/* another wrong area is another violation; else it only follows the case */
	return nulls[Anum_assignment_finding - 1] || column_equal(ledger, Anum_assignment_given, row_values, row_nulls, values, nulls);
}

/* Whether this transaction inserted a row: its version is ours, and so is its beginning. */
static bool
inserted_here(MsbLedger *ledger, HeapTuple row)
{
	bool		isnull;

	return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data)) &&
		DatumGetTimestampTz(row_value(ledger, row, Anum_assignment_recorded_at, &isnull)) == GetCurrentTransactionStartTimestamp();
}

/* Whether this transaction ended a row that it did not insert. */
static bool
ended_here(MsbLedger *ledger, HeapTuple row)
{
	bool		isnull;
	TimestampTz end = DatumGetTimestampTz(row_value(ledger, row, Anum_assignment_valid_to, &isnull));
	TimestampTz begun = GetCurrentTransactionStartTimestamp() + (msb_clock() - GetCurrentTimestamp());

	return !isnull && end >= begun &&
		TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data));
}

/* An instant for a row that follows another: the clock, but later than it. */
static TimestampTz
instant_after(MsbLedger *ledger, HeapTuple row)
{
	TimestampTz now = msb_clock();
	bool		isnull;

	if (row != NULL)
	{
		TimestampTz begun = DatumGetTimestampTz(row_value(ledger, row, Anum_assignment_valid_from, &isnull));
		Datum		ended = row_value(ledger, row, Anum_assignment_valid_to, &isnull);

		now = Max(now, begun + 1);
		if (!isnull)
			now = Max(now, DatumGetTimestampTz(ended));
	}
	return now;
}

/* End an open row. */
static void
end_row(MsbLedger *ledger, HeapTuple row, TimestampTz at, bool has_closed, DateADT closed)
{
	Datum		values[Natts_assignment] = {0};
	bool		nulls[Natts_assignment] = {0};
	bool		replace[Natts_assignment] = {0};

	values[Anum_assignment_valid_to - 1] = TimestampTzGetDatum(at);
	replace[Anum_assignment_valid_to - 1] = true;
	nulls[Anum_assignment_due - 1] = true;
	replace[Anum_assignment_due - 1] = true;
	if (has_closed)
	{
		values[Anum_assignment_closed - 1] = DateADTGetDatum(closed);
		replace[Anum_assignment_closed - 1] = true;
	}
	msb_own_table_update(ledger->table, row, values, nulls, replace);
}

/*
 * The case has no open row any more: it is closed, or gone.  One that this
 * transaction alone made leaves nothing.
 */
static void
close_case(MsbLedger *ledger, const MsbLedgerCase *stands, bool has_closed, DateADT closed)
{
	const HeapTuple *rows = stands->rows;

	if (!stands->open)
		return;
	if (inserted_here(ledger, rows[0]))
	{
		msb_own_table_delete(ledger->table, rows[0]);
		if (stands->nrows > 1 && ended_here(ledger, rows[1]) && has_closed)
		{
			Datum		values[Natts_assignment] = {0};
			bool		nulls[Natts_assignment] = {0};
			bool		replace[Natts_assignment] = {0};

			values[Anum_assignment_closed - 1] = DateADTGetDatum(closed);
			replace[Anum_assignment_closed - 1] = true;
			msb_own_table_update(ledger->table, rows[1], values, nulls, replace);
		}
		return;
	}
	end_row(ledger, rows[0], instant_after(ledger, rows[0]), has_closed, closed);
}

/* End the open row of a case that is gone; whose it was, NULL where there was none. */
char *
msb_ledger_end(MsbLedger *ledger, const char *case_table, const char *case_key)
{
	MsbLedgerCase stands;

	msb_ledger_read(ledger, case_table, case_key, &stands);
	close_case(ledger, &stands, false, 0);
	return stands.open ? stands.citizen : NULL;
}

#define MSB_LEDGER_CHANGED	2	/* something that coordination goes by */

/*
 * Bring the ledger from what stands to an answer.  given is what the area column held where that
 * differs from the answer, and NULL where they agree; keep_given leaves what was
 * replaced earlier in the row.  Returns what it did, MSB_LEDGER_* bits.
 */
int
msb_ledger_write(MsbLedger *ledger, const char *case_table, const MsbLedgerCase *stands,
				 const MsbAnswer *answer, const char *origin, const char *given, bool keep_given)
{
	int			nrows = stands->nrows;
	HeapTuple	last = nrows > 0 ? stands->rows[0] : NULL;
	bool		is_open = stands->open;
	Datum		values[Natts_assignment] = {0};
	bool		nulls[Natts_assignment] = {0};
	bool		replace[Natts_assignment] = {0};
	int			did;
	TimestampTz at;

	if (!answer->open)
	{
		/* a closing that no column dates happened today */
		close_case(ledger, stands, true,
				   answer->has_closed ? answer->closed : msb_current_date());
		return is_open ? MSB_LEDGER_CHANGED : 0;
	}

	msb_set_text(values, nulls, Anum_assignment_case_table, case_table);
	msb_set_text(values, nulls, Anum_assignment_case_key, answer->case_key);
	msb_set_text(values, nulls, Anum_assignment_citizen, answer->citizen);
	msb_set_text(values, nulls, Anum_assignment_unit, answer->unit);
	msb_set_text(values, nulls, Anum_assignment_rule, answer->rule);
	msb_set_text(values, nulls, Anum_assignment_structure, answer->structure);
	nulls[Anum_assignment_revision - 1] = answer->structure == NULL;
	values[Anum_assignment_revision - 1] = Int32GetDatum(answer->revision);
	set_date(values, nulls, Anum_assignment_opened, answer->has_opened, answer->opened);
	set_date(values, nulls, Anum_assignment_closed, answer->has_closed, answer->closed);
	msb_set_text(values, nulls, Anum_assignment_origin, origin);
	msb_set_text(values, nulls, Anum_assignment_given, given);
	msb_set_text(values, nulls, Anum_assignment_finding, answer->finding);
	msb_set_text(values, nulls, Anum_assignment_reason, answer->reason);
	set_date(values, nulls, Anum_assignment_due, answer->has_due, answer->due);
	set_date(values, nulls, Anum_assignment_birth, answer->birth_known, answer->birth);
	nulls[Anum_assignment_situation - 1] = answer->situation == NULL;
	values[Anum_assignment_situation - 1] = PointerGetDatum(answer->situation);
	msb_set_text(values, nulls, Anum_assignment_actor, ledger->actor);
	values[Anum_assignment_recorded_at - 1] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	nulls[Anum_assignment_valid_to - 1] = true;

	did = MSB_LEDGER_CHANGED;
	if (!is_open || !column_equal(ledger, Anum_assignment_unit, stands->values, stands->nulls, values, nulls))
		did |= MSB_LEDGER_MOVED;

	if (is_open && same_answer(ledger, stands->values, stands->nulls, values, nulls))
	{
		bool		follow = false;

		for (int i = 0; i < (int) lengthof(follow_columns); i++)
			if (!(follow_columns[i] == Anum_assignment_given && keep_given) &&
				!column_equal(ledger, follow_columns[i], stands->values, stands->nulls, values, nulls))
				follow = replace[follow_columns[i] - 1] = true;
		if (follow)
			msb_own_table_update(ledger->table, last, values, nulls, replace);
		return replace[Anum_assignment_birth - 1] || replace[Anum_assignment_situation - 1] || replace[Anum_assignment_due - 1] ? MSB_LEDGER_CHANGED : 0;
	}

	/* back to what it was before this transaction */
	if (nrows > 0)
	{
		HeapTuple	before = is_open ? (nrows > 1 && inserted_here(ledger, last) ? stands->rows[1] : NULL) : last;
		Datum	   *before_values = stands->values;
		bool	   *before_nulls = stands->nulls;

		if (before != NULL && before != last)
			take_apart(ledger, before, &before_values, &before_nulls);
		if (before != NULL && ended_here(ledger, before) &&
			same_answer(ledger, before_values, before_nulls, values, nulls))
		{
			if (is_open)
				msb_own_table_delete(ledger->table, last);
			replace[Anum_assignment_valid_to - 1] = true;
			for (int i = 0; i < (int) lengthof(follow_columns); i++)
				replace[follow_columns[i] - 1] = true;
			msb_own_table_update(ledger->table, before, values, nulls, replace);
			return did;
		}
	}

	if (is_open && inserted_here(ledger, last))
	{
		for (int i = 0; i < (int) lengthof(answer_columns); i++)
			replace[answer_columns[i] - 1] = true;
		for (int i = 0; i < (int) lengthof(follow_columns); i++)
			replace[follow_columns[i] - 1] = true;
		replace[Anum_assignment_origin - 1] = replace[Anum_assignment_actor - 1] = true;
		msb_own_table_update(ledger->table, last, values, nulls, replace);
		return did;
	}

	at = instant_after(ledger, last);
	if (is_open)
		end_row(ledger, last, at, false, 0);
	else if (last != NULL && ended_here(ledger, last))
	{
		bool		isnull;

		/* closed and opened again within this transaction: it was open all the time */
		at = DatumGetTimestampTz(row_value(ledger, last, Anum_assignment_valid_to, &isnull));
		replace[Anum_assignment_closed - 1] = true;
		msb_own_table_update(ledger->table, last, values, nulls, replace);
	}
	values[Anum_assignment_valid_from - 1] = TimestampTzGetDatum(at);
	note_pending(ledger, msb_case_hash(case_table, answer->case_key));
	msb_own_table_insert(ledger->table, values, nulls);
	return did;
}

/* Whether a row is of one of these cases. */
static bool
row_is_of(MsbLedger *ledger, HeapTuple row, List *cases)
{
	char	   *case_table = row_text(ledger, row, Anum_assignment_case_table);
	char	   *case_key = row_text(ledger, row, Anum_assignment_case_key);
	ListCell   *lc;

	foreach(lc, cases)
	{
		MsbCaseRef *ref = lfirst(lc);

		if (strcmp(ref->case_table, case_table) == 0 && strcmp(ref->case_key, case_key) == 0)
			return true;
	}
	return false;
}

/* Carry a citizen's rows, ended ones too, all or those of some cases, over to another key; how many. */
int64
msb_ledger_renumber(MsbLedger *ledger, const char *old_citizen, const char *new_citizen,
					bool all, List *cases)
{
	Relation	by_citizen = index_open(msb_primary_key(ledger->rel), AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	Snapshot	snapshot;
	HeapTuple	tuple;
	List	   *rows = NIL;
	ListCell   *lc;
	Datum		values[Natts_assignment] = {0};
	bool		nulls[Natts_assignment] = {0};
	bool		replace[Natts_assignment] = {0};

	msb_ledger_flush(ledger);
	ScanKeyInit(&key, Anum_assignment_citizen, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(old_citizen));
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = systable_beginscan_ordered(ledger->rel, by_citizen, snapshot, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
		if (all || row_is_of(ledger, tuple, cases))
			rows = lappend(rows, heap_copytuple(tuple));
	systable_endscan_ordered(scan);
	UnregisterSnapshot(snapshot);
	index_close(by_citizen, NoLock);

	values[Anum_assignment_citizen - 1] = CStringGetTextDatum(new_citizen);
	replace[Anum_assignment_citizen - 1] = true;
	foreach(lc, rows)
		msb_own_table_update(ledger->table, lfirst(lc), values, nulls, replace);
	return list_length(rows);
}
