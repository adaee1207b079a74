/*
 * ledger_write.c: brings the ledger's rows of a case to an answer.
 *
 * Callers hold the citizen's lock.  Rows end and are not changed afterwards, with one
 * exception: within a transaction only the last answer counts.  A row that the transaction
 * inserted is replaced, and one that it ended is opened again if the answer is back to
 * what it was.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/settings.h"
#include "base/text.h"
#include "base/catalog.h"
#include "base/own_table.h"
#include "cases/judge.h"
#include "ledger/ledger.h"
#include "ledger/ledger_write.h"

/* A row of the ledger as an answer makes it, all columns but valid_from. */
typedef struct Row
{
	Datum		values[Natts_assignment];
	bool		nulls[Natts_assignment];
} Row;

/* The columns that make an answer; a row ends when one of them changes. */
static const AttrNumber answer_columns[] = {
	Anum_assignment_citizen, Anum_assignment_unit, Anum_assignment_rule, Anum_assignment_structure,
	Anum_assignment_revision, Anum_assignment_finding, Anum_assignment_reason
};

/* The columns that follow the case: they change in place. */
static const AttrNumber follow_columns[] = {
	Anum_assignment_opened, Anum_assignment_closed, Anum_assignment_due, Anum_assignment_birth,
	Anum_assignment_situation, Anum_assignment_given
};

/* Return a column of a row as text, palloc'd; NULL for NULL. */
static char *
row_text(MsbLedger *ledger, HeapTuple row, AttrNumber attno)
{
	bool		isnull;
	Datum		value = heap_getattr(row, attno, RelationGetDescr(ledger->rel), &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* Return a column of a row. */
static Datum
row_value(MsbLedger *ledger, HeapTuple row, AttrNumber attno, bool *isnull)
{
	return heap_getattr(row, attno, RelationGetDescr(ledger->rel), isnull);
}

/* Set a date column, or NULL. */
static void
set_date(Datum *values, bool *nulls, AttrNumber attno, bool has, DateADT date)
{
	nulls[attno - 1] = !has;
	values[attno - 1] = DateADTGetDatum(date);
}

/* Return whether two rows hold the same value in a column; texts are compared bytewise. */
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

/* Return whether two rows hold the same answer; an override is another answer than a rule's. */
static bool
same_answer(MsbLedger *ledger, const Datum *row_values, const bool *row_nulls, const Datum *values, const bool *nulls)
{
	if (msb_origin_is_override(row_values[Anum_assignment_origin - 1]) != msb_origin_is_override(values[Anum_assignment_origin - 1]))
		return false;
	for (int i = 0; i < (int) lengthof(answer_columns); i++)
		if (!column_equal(ledger, answer_columns[i], row_values, row_nulls, values, nulls))
			return false;
	/*
	 * A case with a finding and another area is another violation; else the area only
	 * follows the case.
	 */
	return nulls[Anum_assignment_finding - 1] || column_equal(ledger, Anum_assignment_given, row_values, row_nulls, values, nulls);
}

/*
 * Return whether this transaction inserted a row: it wrote the version, and recorded_at
 * is its start.
 */
static bool
inserted_here(MsbLedger *ledger, HeapTuple row)
{
	bool		isnull;

	return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data)) &&
		DatumGetTimestampTz(row_value(ledger, row, Anum_assignment_recorded_at, &isnull)) == GetCurrentTransactionStartTimestamp();
}

/*
 * Return whether this transaction ended a row: it wrote the version, and the end is not
 * before its start.
 */
static bool
ended_here(MsbLedger *ledger, HeapTuple row)
{
	bool		isnull;
	TimestampTz end = DatumGetTimestampTz(row_value(ledger, row, Anum_assignment_valid_to, &isnull));
	/* valid_to is by msb_clock(), which may differ from the server's clock */
	TimestampTz begun = GetCurrentTransactionStartTimestamp() + (msb_clock() - GetCurrentTimestamp());

	return !isnull && end >= begun &&
		TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data));
}

/* Return the instant at which a row can follow another: now, but later than the other. */
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

/* End an open row at an instant; a closing date is recorded with it. */
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
 * End the open row of a case that was closed, or that is gone.  A row that this
 * transaction inserted is deleted instead; the closing date goes to the row that it had
 * replaced.
 */
static void
close_case(MsbLedger *ledger, const MsbLedgerCase *recorded, bool has_closed, DateADT closed)
{
	const HeapTuple *rows = recorded->rows;

	if (!recorded->open)
		return;
	if (inserted_here(ledger, rows[0]))
	{
		msb_own_table_delete(ledger->table, rows[0]);
		if (recorded->nrows > 1 && ended_here(ledger, rows[1]) && has_closed)
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

/* End the open row of a case that is gone; returns its citizen, NULL if there was no open row. */
char *
msb_ledger_end(MsbLedger *ledger, const char *case_table, const char *case_key)
{
	MsbLedgerCase recorded;

	msb_ledger_read(ledger, case_table, case_key, &recorded);
	close_case(ledger, &recorded, false, 0);
	return recorded.open ? recorded.citizen : NULL;
}

/* Make the row that an answer wants. */
static void
row_of_answer(MsbLedger *ledger, const char *case_table, const MsbAnswer *answer, const char *origin,
			  const char *given, Row *row)
{
	Datum	   *values = row->values;
	bool	   *nulls = row->nulls;

	memset(row, 0, sizeof(Row));
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
}

/*
 * Bring the columns that follow the case up to date in an open row that holds the answer.
 * Returns MSB_LEDGER_CHANGED if coordination depends on one that changed, else 0.
 */
static int
follow_case(MsbLedger *ledger, const MsbLedgerCase *recorded, const Row *row, bool keep_given)
{
	bool		replace[Natts_assignment] = {0};
	bool		changed = false;

	for (int i = 0; i < (int) lengthof(follow_columns); i++)
		if (!(follow_columns[i] == Anum_assignment_given && keep_given) &&
			!column_equal(ledger, follow_columns[i], recorded->values, recorded->nulls, row->values, row->nulls))
			changed = replace[follow_columns[i] - 1] = true;
	if (changed)
		msb_own_table_update(ledger->table, recorded->rows[0], row->values, row->nulls, replace);
	return replace[Anum_assignment_birth - 1] || replace[Anum_assignment_situation - 1] ||
		replace[Anum_assignment_due - 1] ? MSB_LEDGER_CHANGED : 0;
}

/*
 * Open the row again that was the last one before this transaction, if this transaction
 * ended it and it holds the answer; returns whether it did.
 */
static bool
reopen_row(MsbLedger *ledger, const MsbLedgerCase *recorded, const Row *row)
{
	HeapTuple	before;
	Datum	   *values = recorded->values;
	bool	   *nulls = recorded->nulls;
	bool		replace[Natts_assignment] = {0};

	if (recorded->nrows == 0)
		return false;
	if (!recorded->open)
		before = recorded->rows[0];
	else if (recorded->nrows > 1 && inserted_here(ledger, recorded->rows[0]))
	{
		before = recorded->rows[1];
		msb_ledger_deform(ledger, before, &values, &nulls);
	}
	else
		return false;
	if (!ended_here(ledger, before) || !same_answer(ledger, values, nulls, row->values, row->nulls))
		return false;
	if (recorded->open)
		msb_own_table_delete(ledger->table, recorded->rows[0]);
	replace[Anum_assignment_valid_to - 1] = true;
	for (int i = 0; i < (int) lengthof(follow_columns); i++)
		replace[follow_columns[i] - 1] = true;
	msb_own_table_update(ledger->table, before, row->values, row->nulls, replace);
	return true;
}

/* Replace the answer in a row that this transaction inserted. */
static void
replace_row(MsbLedger *ledger, HeapTuple last, const Row *row)
{
	bool		replace[Natts_assignment] = {0};

	for (int i = 0; i < (int) lengthof(answer_columns); i++)
		replace[answer_columns[i] - 1] = true;
	for (int i = 0; i < (int) lengthof(follow_columns); i++)
		replace[follow_columns[i] - 1] = true;
	replace[Anum_assignment_origin - 1] = replace[Anum_assignment_actor - 1] = true;
	msb_own_table_update(ledger->table, last, row->values, row->nulls, replace);
}

/* Insert a row after the last one of the case, which ends if it is open. */
static void
append_row(MsbLedger *ledger, const MsbLedgerCase *recorded, const char *case_table, const char *case_key, Row *row)
{
	HeapTuple	last = recorded->nrows > 0 ? recorded->rows[0] : NULL;
	TimestampTz at = instant_after(ledger, last);

	if (recorded->open)
		end_row(ledger, last, at, false, 0);
	else if (last != NULL && ended_here(ledger, last))
	{
		bool		replace[Natts_assignment] = {0};
		bool		isnull;

		/* closed and opened again within this transaction: it was open all the time */
		at = DatumGetTimestampTz(row_value(ledger, last, Anum_assignment_valid_to, &isnull));
		replace[Anum_assignment_closed - 1] = true;
		msb_own_table_update(ledger->table, last, row->values, row->nulls, replace);
	}
	row->values[Anum_assignment_valid_from - 1] = TimestampTzGetDatum(at);
	msb_ledger_insert(ledger, case_table, case_key, row->values, row->nulls);
}

/*
 * Bring the ledger from what is recorded of a case to an answer.  given is the value of
 * the area column, as a unit, if it differs from the answer, and NULL if they agree;
 * keep_given leaves the one that is recorded in place.  Returns MSB_LEDGER_* bits.
 */
int
msb_ledger_write(MsbLedger *ledger, const char *case_table, const MsbLedgerCase *recorded,
				 const MsbAnswer *answer, const char *origin, const char *given, bool keep_given)
{
	bool		is_open = recorded->open;
	Row			row;
	int			did = MSB_LEDGER_CHANGED;

	if (!answer->open)
	{
		/* a closing that no column dates happened today */
		close_case(ledger, recorded, true,
				   answer->has_closed ? answer->closed : msb_current_date());
		return is_open ? MSB_LEDGER_CHANGED : 0;
	}

	row_of_answer(ledger, case_table, answer, origin, given, &row);
	if (!is_open || !column_equal(ledger, Anum_assignment_unit, recorded->values, recorded->nulls, row.values, row.nulls))
		did |= MSB_LEDGER_MOVED;
	if (is_open && same_answer(ledger, recorded->values, recorded->nulls, row.values, row.nulls))
		return follow_case(ledger, recorded, &row, keep_given);

	if (reopen_row(ledger, recorded, &row))
		return did;
	if (is_open && inserted_here(ledger, recorded->rows[0]))
		replace_row(ledger, recorded->rows[0], &row);
	else
		append_row(ledger, recorded, case_table, answer->case_key, &row);
	return did;
}

/* Return whether a row is of one of these cases. */
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

/*
 * Carry a citizen's rows over to another key, ended ones too: all, or those of some cases.
 * Returns how many.
 */
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
