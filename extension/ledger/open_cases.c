/*
 * open_cases.c: reads the open cases of a citizen from the ledger, by the index on citizens.
 */
#include "postgres.h"

#include "access/htup.h"
#include "access/htup_details.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"

#include "base/catalog.h"
#include "base/key_scan.h"
#include "structure/finding.h"
#include "ledger/ledger.h"
#include "ledger/open_cases.h"

/*
 * Open a scan of the ledger by citizen, of a few or of many citizens; close it with
 * msb_key_scan_close().
 */
MsbKeyScan *
msb_open_cases_scan(bool many)
{
	return msb_key_scan_open("assignment", "assignment_pkey", many);
}

/* Make an open case of a row of the ledger; texts are copies in CurrentMemoryContext. */
static MsbOpenCase *
open_case(HeapTuple row, TupleDesc desc)
{
	MsbOpenCase *open = palloc0_object(MsbOpenCase);
	Datum		values[Natts_assignment];
	bool		nulls[Natts_assignment];

#define TEXT(attno) (nulls[(attno) - 1] ? NULL : TextDatumGetCString(values[(attno) - 1]))
	heap_deform_tuple(row, desc, values, nulls);
	open->case_table = TEXT(Anum_assignment_case_table);
	open->case_key = TEXT(Anum_assignment_case_key);
	open->unit = TEXT(Anum_assignment_unit);
	open->structure = TEXT(Anum_assignment_structure);
	open->revision = nulls[Anum_assignment_revision - 1] ? 0 : DatumGetInt32(values[Anum_assignment_revision - 1]);
	open->is_override = strcmp(TextDatumGetCString(values[Anum_assignment_origin - 1]), MSB_ORIGIN_OVERRIDE) == 0;
	open->no_cpr = !nulls[Anum_assignment_finding - 1] &&
		strcmp(TextDatumGetCString(values[Anum_assignment_finding - 1]), MSB_FINDING_NO_CPR) == 0;
	open->has_due = !nulls[Anum_assignment_due - 1];
	open->due = open->has_due ? DatumGetDateADT(values[Anum_assignment_due - 1]) : 0;
	open->birth_known = !nulls[Anum_assignment_birth - 1];
	open->birth = open->birth_known ? DatumGetDateADT(values[Anum_assignment_birth - 1]) : 0;
	open->situation = nulls[Anum_assignment_situation - 1] ? (Datum) 0 :
		PointerGetDatum(PG_DETOAST_DATUM_COPY(values[Anum_assignment_situation - 1]));
#undef TEXT
	return open;
}

/*
 * Move the scan to a citizen.  Returns how many entries the index has for the citizen: at
 * least as many as there are rows, open or ended.
 */
int
msb_open_cases_start(MsbKeyScan *scan, const char *citizen)
{
	return msb_key_scan_start(scan, citizen);
}

/*
 * Read the open cases of the citizen that the scan was moved to, a list of MsbOpenCase in
 * CurrentMemoryContext; NIL if they are fewer than least.  *count is their number in any
 * case.  Call it once per citizen.
 */
List *
msb_open_cases(MsbKeyScan *scan, int least, int *count)
{
	List	   *cases = NIL;
	TupleTableSlot *slot;
	ListCell   *lc;
	TupleDesc	desc = NULL;

	while ((slot = msb_key_scan_next(scan)) != NULL)
		if (slot_attisnull(slot, Anum_assignment_valid_to))
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
