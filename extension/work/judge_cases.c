/*
 * judge_cases.c: judges cases that a function names: judge_cases(), which reassign,
 * reassign_due and override call; ends cases that are gone.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/msb_org.h"
#include "base/messages.h"
#include "base/settings.h"
#include "ledger/citizen_lock.h"
#include "ledger/ledger.h"
#include "ledger/ledger_write.h"
#include "plans/duties_due.h"
#include "plans/changed_citizens.h"
#include "work/noted_rows.h"
#include "work/commit_work.h"
#include "work/judge_cases.h"

/* End the open rows of cases that are gone, under their citizens' locks. */
void
msb_end_cases(const char *case_table, char **keys, uint64 count)
{
	MsbLedger  *ledger = msb_ledger_open(count);
	MsbLockSet	locks = {0};
	MsbChangedCitizens *changed = msb_changed_citizens();
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org ended cases",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);

	for (uint64 i = 0; i < count; i++)
	{
		msb_ledger_add_lock(ledger, case_table, keys[i], &locks);
		MemoryContextReset(scratch);
	}
	msb_lock_take(MSB_LOCK_CITIZEN, &locks);
	for (uint64 i = 0; i < count; i++)
	{
		msb_citizen_changed(changed, msb_ledger_end(ledger, case_table, keys[i]), false);
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	msb_ledger_close(ledger);
	msb_coordinate_and_judge(changed, msb_current_date(), MSB_OPEN_NEW, false);
}

/* Check an origin that a function gives: only statements have the origin write. */
static char *
asked_origin(text *given)
{
	char	   *origin = text_to_cstring(given);

	if (strcmp(origin, MSB_ORIGIN_REASSIGN) != 0 && strcmp(origin, MSB_ORIGIN_DUE) != 0 &&
		strcmp(origin, MSB_ORIGIN_OVERRIDE) != 0)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("origin must be reassign, due or override")));
	return origin;
}

/*
 * judge_cases(case_table text, keys text[], origin text): judge these cases now.
 * Cases that do not exist end.  Returns how many moved to another unit.
 */
PG_FUNCTION_INFO_V1(msb_judge_cases);
Datum
msb_judge_cases(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *origin = asked_origin(PG_GETARG_TEXT_PP(2));
	uint64		count;
	char	  **gone;
	int64		moved;

	/* the ledger is written without SQL, so nothing else checks this */
	PreventCommandIfReadOnly("judge_cases()");
	gone = msb_note_keys(name, PG_GETARG_ARRAYTYPE_P(1), &count);
	moved = msb_commit_work(origin);
	msb_end_cases(name, gone, count);
	PG_RETURN_INT64(moved);
}

/*
 * note_cases(case_table text, keys text[]): the first half of judge_cases.  Work on
 * several tables needs it, so that all rows are locked before any citizen.  Returns the
 * keys without a case.
 */
PG_FUNCTION_INFO_V1(msb_note_cases);
Datum
msb_note_cases(PG_FUNCTION_ARGS)
{
	uint64		count;
	char	  **gone = msb_note_keys(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_ARRAYTYPE_P(1), &count);
	Datum	   *keys = palloc_array(Datum, Max(count, 1));

	for (uint64 i = 0; i < count; i++)
		keys[i] = CStringGetTextDatum(gone[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(keys, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * judge_noted(origin text): the second half of judge_cases: judge the cases that
 * note_cases() noted.
 */
PG_FUNCTION_INFO_V1(msb_judge_noted);
Datum
msb_judge_noted(PG_FUNCTION_ARGS)
{
	PreventCommandIfReadOnly("judge_noted()");
	PG_RETURN_INT64(msb_commit_work(asked_origin(PG_GETARG_TEXT_PP(0))));
}

/* refuse_block(): report an error inside a transaction block, where a procedure cannot commit. */
PG_FUNCTION_INFO_V1(msb_refuse_block);
Datum
msb_refuse_block(PG_FUNCTION_ARGS)
{
	if (IsTransactionBlock())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("reassign() commits after each batch and cannot run inside a transaction block")));
	PG_RETURN_VOID();
}
