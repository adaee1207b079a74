/*
 * ledger.c: reading and writing msb_org.assignment.
 *
 * The extension's own table is read and written directly, with no SQL and so no
 * privilege of the caller's: by index scan of what is committed now, and by
 * the executor's simple insert and update, which keep indexes, constraints and
 * replication right.  Callers hold the citizen's lock, so that nobody else
 * writes the case's rows meanwhile; so the last rows of a case are read under no
 * snapshot, which takes no predicate locks: those on the index, where the keys of
 * new cases lie side by side, would make SERIALIZABLE transactions fail that have
 * nothing to do with each other.
 *
 * Rows end and are not changed afterwards, but within one transaction only the
 * last answer counts: a row that this transaction inserted is replaced, and one
 * that it ended is opened again where the answer is back to what it was.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger.h"

/* Columns of msb_org.assignment, in the order of its definition. */
enum
{
	A_CASE_TABLE = 1,
	A_CASE_KEY,
	A_CITIZEN,
	A_UNIT,
	A_RULE,
	A_STRUCTURE,
	A_REVISION,
	A_OPENED,
	A_CLOSED,
	A_VALID_FROM,
	A_VALID_TO,
	A_ORIGIN,
	A_GIVEN,
	A_FINDING,
	A_REASON,
	A_DUE,
	A_BIRTH,
	A_SITUATION,
	A_ACTOR,
	A_RECORDED_AT,
	A_COUNT = A_RECORDED_AT
};

struct MsbLedger
{
	Relation	rel;
	Relation	by_case;
	EState	   *estate;
	ResultRelInfo *result;
	EPQState	epqstate;
	TupleTableSlot *slot;
	TupleTableSlot *search;
	bool		dirty;			/* written to since the last command counter */
	char	   *actor;
};

/* Open the ledger for reading and writing; close it in the same function. */
MsbLedger *
msb_ledger_open(void)
{
	MsbLedger  *ledger = palloc0(sizeof(MsbLedger));

	ledger->rel = table_open(msb_extension_table("assignment"), RowExclusiveLock);
	ledger->by_case = index_open(msb_extension_table("assignment_case"), RowExclusiveLock);
	ledger->estate = CreateExecutorState();
	ledger->result = makeNode(ResultRelInfo);
	/* 0: in no range table */
	InitResultRelInfo(ledger->result, ledger->rel, 0, NULL, 0);
	ExecOpenIndices(ledger->result, false);
	msb_epq_init(&ledger->epqstate, ledger->estate);
	ledger->slot = table_slot_create(ledger->rel, NULL);
	ledger->search = table_slot_create(ledger->rel, NULL);
	ledger->actor = msb_current_actor();
	/* simple updates look at it for concurrent ones, which the lock rules out */
	ledger->estate->es_snapshot = InvalidSnapshot;
	ledger->estate->es_output_cid = GetCurrentCommandId(true);
	/* a site may have AFTER triggers of its own on the ledger */
	AfterTriggerBeginQuery();
	return ledger;
}

/* What was written is seen from now on. */
static void
flush_ledger(MsbLedger *ledger)
{
	if (ledger->dirty)
		CommandCounterIncrement();
	ledger->dirty = false;
}

void
msb_ledger_close(MsbLedger *ledger)
{
	flush_ledger(ledger);
	AfterTriggerEndQuery(ledger->estate);
	ExecResetTupleTable(ledger->estate->es_tupleTable, false);
	ExecCloseResultRelations(ledger->estate);
	ExecDropSingleTupleTableSlot(ledger->slot);
	ExecDropSingleTupleTableSlot(ledger->search);
	ExecCloseIndices(ledger->result);
	FreeExecutorState(ledger->estate);
	index_close(ledger->by_case, NoLock);
	table_close(ledger->rel, NoLock);
	pfree(ledger);
}

/* Copies of the last rows of a case, latest first, at most two. */
static int
last_rows(MsbLedger *ledger, const char *case_table, const char *case_key, HeapTuple rows[2])
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	int			n = 0;

	flush_ledger(ledger);
	ScanKeyInit(&keys[0], A_CASE_TABLE, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(case_table));
	ScanKeyInit(&keys[1], A_CASE_KEY, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(case_key));
	scan = systable_beginscan_ordered(ledger->rel, ledger->by_case, SnapshotSelf, 2, keys);
	while (n < 2 && HeapTupleIsValid(tuple = systable_getnext_ordered(scan, BackwardScanDirection)))
		rows[n++] = heap_copytuple(tuple);
	systable_endscan_ordered(scan);
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

static bool
row_is_open(MsbLedger *ledger, HeapTuple row)
{
	bool		isnull;

	(void) row_value(ledger, row, A_VALID_TO, &isnull);
	return isnull;
}

/* What stands in the ledger for a case; palloc'd in CurrentMemoryContext. */
void
msb_ledger_read(MsbLedger *ledger, const char *case_table, const char *case_key, MsbLedgerCase *stands)
{
	memset(stands, 0, sizeof(MsbLedgerCase));
	stands->nrows = last_rows(ledger, case_table, case_key, stands->rows);
	if (stands->nrows == 0)
		return;
	stands->open = row_is_open(ledger, stands->rows[0]);
	stands->is_override = stands->open &&
		strcmp(row_text(ledger, stands->rows[0], A_ORIGIN), "override") == 0;
	stands->citizen = row_text(ledger, stands->rows[0], A_CITIZEN);
	stands->given = row_text(ledger, stands->rows[0], A_GIVEN);
	stands->finding = row_text(ledger, stands->rows[0], A_FINDING);
}

/* Add the lock that ending a case takes: that of the citizen whom its open row names. */
void
msb_ledger_add_lock(MsbLedger *ledger, const char *case_table, const char *case_key, MsbLockSet *set)
{
	MsbLedgerCase stands;

	msb_ledger_read(ledger, case_table, case_key, &stands);
	if (stands.open)
		msb_lock_add(set, stands.citizen[0] != '\0' ? stands.citizen :
					 psprintf("%s\n%s", case_table, case_key));
}

static void
insert_row(MsbLedger *ledger, Datum *values, bool *nulls)
{
	HeapTuple	tuple = heap_form_tuple(RelationGetDescr(ledger->rel), values, nulls);

	ExecForceStoreHeapTuple(tuple, ledger->slot, false);
	ledger->slot->tts_tableOid = RelationGetRelid(ledger->rel);
	ExecSimpleRelationInsert(ledger->result, ledger->estate, ledger->slot);
	ExecClearTuple(ledger->slot);
	ResetPerTupleExprContext(ledger->estate);
	ledger->dirty = true;
}

static void
update_row(MsbLedger *ledger, HeapTuple row, Datum *values, bool *nulls, bool *replace)
{
	HeapTuple	tuple = heap_modify_tuple(row, RelationGetDescr(ledger->rel), values, nulls, replace);

	ExecForceStoreHeapTuple(row, ledger->search, false);
	ledger->search->tts_tid = row->t_self;
	ExecForceStoreHeapTuple(tuple, ledger->slot, false);
	ledger->slot->tts_tableOid = RelationGetRelid(ledger->rel);
	ExecSimpleRelationUpdate(ledger->result, ledger->estate, &ledger->epqstate,
							 ledger->search, ledger->slot);
	ExecClearTuple(ledger->slot);
	ExecClearTuple(ledger->search);
	ResetPerTupleExprContext(ledger->estate);
	ledger->dirty = true;
}

static void
delete_row(MsbLedger *ledger, HeapTuple row)
{
	ExecForceStoreHeapTuple(row, ledger->search, false);
	ledger->search->tts_tid = row->t_self;
	ExecSimpleRelationDelete(ledger->result, ledger->estate, &ledger->epqstate, ledger->search);
	ExecClearTuple(ledger->search);
	ledger->dirty = true;
}

static void
set_text(Datum *values, bool *nulls, AttrNumber attno, const char *text)
{
	nulls[attno - 1] = text == NULL;
	values[attno - 1] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

static void
set_date(Datum *values, bool *nulls, AttrNumber attno, bool has, DateADT date)
{
	nulls[attno - 1] = !has;
	values[attno - 1] = DateADTGetDatum(date);
}

/* The columns that make an answer; a row ends when one of them changes. */
static const AttrNumber answer_columns[] = {
	A_CITIZEN, A_UNIT, A_RULE, A_STRUCTURE, A_REVISION, A_FINDING, A_REASON
};

/* The columns that follow the case in place. */
static const AttrNumber follow_columns[] = {A_OPENED, A_CLOSED, A_DUE, A_BIRTH, A_SITUATION, A_GIVEN};

static bool
column_equal(MsbLedger *ledger, HeapTuple row, AttrNumber attno, Datum *values, bool *nulls)
{
	bool		isnull;
	Datum		value = row_value(ledger, row, attno, &isnull);
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(ledger->rel), attno - 1);

	if (isnull || nulls[attno - 1])
		return isnull == nulls[attno - 1];
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
same_answer(MsbLedger *ledger, HeapTuple row, Datum *values, bool *nulls)
{
	char	   *origin = row_text(ledger, row, A_ORIGIN);
	char	   *wanted = TextDatumGetCString(values[A_ORIGIN - 1]);

	if ((strcmp(origin, "override") == 0) != (strcmp(wanted, "override") == 0))
		return false;
	for (int i = 0; i < (int) lengthof(answer_columns); i++)
		if (!column_equal(ledger, row, answer_columns[i], values, nulls))
			return false;
	/* another wrong area is another violation; else it only follows the case */
	return nulls[A_FINDING - 1] || column_equal(ledger, row, A_GIVEN, values, nulls);
}

/* Whether this transaction inserted a row: its version is ours, and so is its beginning. */
static bool
inserted_here(MsbLedger *ledger, HeapTuple row)
{
	bool		isnull;

	return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data)) &&
		DatumGetTimestampTz(row_value(ledger, row, A_RECORDED_AT, &isnull)) == GetCurrentTransactionStartTimestamp();
}

/* Whether this transaction ended a row that it did not insert. */
static bool
ended_here(MsbLedger *ledger, HeapTuple row)
{
	bool		isnull;
	TimestampTz end = DatumGetTimestampTz(row_value(ledger, row, A_VALID_TO, &isnull));
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
		TimestampTz begun = DatumGetTimestampTz(row_value(ledger, row, A_VALID_FROM, &isnull));
		Datum		ended = row_value(ledger, row, A_VALID_TO, &isnull);

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
	Datum		values[A_COUNT] = {0};
	bool		nulls[A_COUNT] = {0};
	bool		replace[A_COUNT] = {0};

	values[A_VALID_TO - 1] = TimestampTzGetDatum(at);
	replace[A_VALID_TO - 1] = true;
	nulls[A_DUE - 1] = true;
	replace[A_DUE - 1] = true;
	if (has_closed)
	{
		values[A_CLOSED - 1] = DateADTGetDatum(closed);
		replace[A_CLOSED - 1] = true;
	}
	update_row(ledger, row, values, nulls, replace);
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
		delete_row(ledger, rows[0]);
		if (stands->nrows > 1 && ended_here(ledger, rows[1]) && has_closed)
		{
			Datum		values[A_COUNT] = {0};
			bool		nulls[A_COUNT] = {0};
			bool		replace[A_COUNT] = {0};

			values[A_CLOSED - 1] = DateADTGetDatum(closed);
			replace[A_CLOSED - 1] = true;
			update_row(ledger, rows[1], values, nulls, replace);
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
	Datum		values[A_COUNT] = {0};
	bool		nulls[A_COUNT] = {0};
	bool		replace[A_COUNT] = {0};
	int			did;
	TimestampTz at;

	if (!answer->open)
	{
		/* a closing that no column dates happened today */
		close_case(ledger, stands, true,
				   answer->has_closed ? answer->closed : msb_current_date());
		return is_open ? MSB_LEDGER_CHANGED : 0;
	}

	set_text(values, nulls, A_CASE_TABLE, case_table);
	set_text(values, nulls, A_CASE_KEY, answer->case_key);
	set_text(values, nulls, A_CITIZEN, answer->citizen);
	set_text(values, nulls, A_UNIT, answer->unit);
	set_text(values, nulls, A_RULE, answer->rule);
	set_text(values, nulls, A_STRUCTURE, answer->structure);
	nulls[A_REVISION - 1] = answer->structure == NULL;
	values[A_REVISION - 1] = Int32GetDatum(answer->revision);
	set_date(values, nulls, A_OPENED, answer->has_opened, answer->opened);
	set_date(values, nulls, A_CLOSED, answer->has_closed, answer->closed);
	set_text(values, nulls, A_ORIGIN, origin);
	set_text(values, nulls, A_GIVEN, given);
	set_text(values, nulls, A_FINDING, answer->finding);
	set_text(values, nulls, A_REASON, answer->reason);
	set_date(values, nulls, A_DUE, answer->has_due, answer->due);
	set_date(values, nulls, A_BIRTH, answer->birth_known, answer->birth);
	nulls[A_SITUATION - 1] = answer->situation == NULL;
	values[A_SITUATION - 1] = PointerGetDatum(answer->situation);
	set_text(values, nulls, A_ACTOR, ledger->actor);
	values[A_RECORDED_AT - 1] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	nulls[A_VALID_TO - 1] = true;

	did = MSB_LEDGER_CHANGED;
	if (!is_open || !column_equal(ledger, last, A_UNIT, values, nulls))
		did |= MSB_LEDGER_MOVED;

	if (is_open && same_answer(ledger, last, values, nulls))
	{
		bool		follow = false;

		for (int i = 0; i < (int) lengthof(follow_columns); i++)
			if (!(follow_columns[i] == A_GIVEN && keep_given) &&
				!column_equal(ledger, last, follow_columns[i], values, nulls))
				follow = replace[follow_columns[i] - 1] = true;
		if (follow)
			update_row(ledger, last, values, nulls, replace);
		return replace[A_BIRTH - 1] || replace[A_SITUATION - 1] || replace[A_DUE - 1] ? MSB_LEDGER_CHANGED : 0;
	}

	/* back to what it was before this transaction */
	if (nrows > 0)
	{
		HeapTuple	before = is_open ? (nrows > 1 && inserted_here(ledger, last) ? stands->rows[1] : NULL) : last;

		if (before != NULL && ended_here(ledger, before) && same_answer(ledger, before, values, nulls))
		{
			if (is_open)
				delete_row(ledger, last);
			replace[A_VALID_TO - 1] = true;
			for (int i = 0; i < (int) lengthof(follow_columns); i++)
				replace[follow_columns[i] - 1] = true;
			update_row(ledger, before, values, nulls, replace);
			return did;
		}
	}

	if (is_open && inserted_here(ledger, last))
	{
		for (int i = 0; i < (int) lengthof(answer_columns); i++)
			replace[answer_columns[i] - 1] = true;
		for (int i = 0; i < (int) lengthof(follow_columns); i++)
			replace[follow_columns[i] - 1] = true;
		replace[A_ORIGIN - 1] = replace[A_ACTOR - 1] = true;
		update_row(ledger, last, values, nulls, replace);
		return did;
	}

	at = instant_after(ledger, last);
	if (is_open)
		end_row(ledger, last, at, false, 0);
	else if (last != NULL && ended_here(ledger, last))
	{
		bool		isnull;

		/* closed and opened again within this transaction: it was open all the time */
		at = DatumGetTimestampTz(row_value(ledger, last, A_VALID_TO, &isnull));
		replace[A_CLOSED - 1] = true;
		update_row(ledger, last, values, nulls, replace);
	}
	values[A_VALID_FROM - 1] = TimestampTzGetDatum(at);
	insert_row(ledger, values, nulls);
	return did;
}

/* Whether a row is of one of these cases. */
static bool
row_is_of(MsbLedger *ledger, HeapTuple row, List *cases)
{
	char	   *case_table = row_text(ledger, row, A_CASE_TABLE);
	char	   *case_key = row_text(ledger, row, A_CASE_KEY);
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
	Relation	by_citizen = index_open(ledger->rel->rd_pkindex, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	Snapshot	snapshot;
	HeapTuple	tuple;
	List	   *rows = NIL;
	ListCell   *lc;
	Datum		values[A_COUNT] = {0};
	bool		nulls[A_COUNT] = {0};
	bool		replace[A_COUNT] = {0};

	flush_ledger(ledger);
	ScanKeyInit(&key, A_CITIZEN, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(old_citizen));
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = systable_beginscan_ordered(ledger->rel, by_citizen, snapshot, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
		if (all || row_is_of(ledger, tuple, cases))
			rows = lappend(rows, heap_copytuple(tuple));
	systable_endscan_ordered(scan);
	UnregisterSnapshot(snapshot);
	index_close(by_citizen, NoLock);

	values[A_CITIZEN - 1] = CStringGetTextDatum(new_citizen);
	replace[A_CITIZEN - 1] = true;
	foreach(lc, rows)
		update_row(ledger, lfirst(lc), values, nulls, replace);
	return list_length(rows);
}

/* A scan of the ledger by citizen, for msb_open_cases(). */
MsbCitizenScan *
msb_open_cases_scan(bool many)
{
	return msb_citizen_scan_open("assignment", "assignment_pkey", many);
}

/* Tuple of the ledger as an open case; texts are copies in CurrentMemoryContext. */
static MsbOpenCase *
open_case(HeapTuple row, TupleDesc desc)
{
	MsbOpenCase *open = palloc0_object(MsbOpenCase);
	Datum		values[A_COUNT];
	bool		nulls[A_COUNT];

#define TEXT(attno) (nulls[(attno) - 1] ? NULL : TextDatumGetCString(values[(attno) - 1]))
	heap_deform_tuple(row, desc, values, nulls);
	open->case_table = TEXT(A_CASE_TABLE);
	open->case_key = TEXT(A_CASE_KEY);
	open->unit = TEXT(A_UNIT);
	open->structure = TEXT(A_STRUCTURE);
	open->revision = nulls[A_REVISION - 1] ? 0 : DatumGetInt32(values[A_REVISION - 1]);
	open->is_override = strcmp(TextDatumGetCString(values[A_ORIGIN - 1]), "override") == 0;
	open->no_cpr = !nulls[A_FINDING - 1] &&
		strcmp(TextDatumGetCString(values[A_FINDING - 1]), MSB_FINDING_NO_CPR) == 0;
	open->has_due = !nulls[A_DUE - 1];
	open->due = open->has_due ? DatumGetDateADT(values[A_DUE - 1]) : 0;
	open->birth_known = !nulls[A_BIRTH - 1];
	open->birth = open->birth_known ? DatumGetDateADT(values[A_BIRTH - 1]) : 0;
	open->situation = nulls[A_SITUATION - 1] ? (Datum) 0 :
		PointerGetDatum(PG_DETOAST_DATUM_COPY(values[A_SITUATION - 1]));
#undef TEXT
	return open;
}

/*
 * The open cases of a citizen, a list of MsbOpenCase by table and key, where there
 * are so many at least, else NIL, with 0 in *count where there is none at all.  In
 * CurrentMemoryContext.
 */
List *
msb_open_cases(MsbCitizenScan *scan, const char *citizen, int least, int *count)
{
	List	   *cases = NIL;
	TupleTableSlot *slot;
	ListCell   *lc;
	TupleDesc	desc = NULL;

	*count = msb_citizen_scan_start(scan, citizen);
	/* ended rows and old versions have entries too */
	if (*count < least && *count > 0)
		return NIL;
	while ((slot = msb_citizen_scan_next(scan)) != NULL)
		if (slot_attisnull(slot, A_VALID_TO))
		{
			cases = lappend(cases, ExecCopySlotHeapTuple(slot));
			desc = slot->tts_tupleDescriptor;
		}
	*count = list_length(cases);
	if (*count < least)
		return NIL;
	foreach(lc, cases)
		lfirst(lc) = open_case(lfirst(lc), desc);
	return cases;
}
