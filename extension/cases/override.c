/*
 * override.c: one case that stands elsewhere than the rule says.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "cases/judge.h"

/* Columns of msb_org.case_override, in the order of its definition. */
enum
{
	OVERRIDE_CASE_TABLE = 1,
	OVERRIDE_CASE_KEY,
	OVERRIDE_UNIT,
	OVERRIDE_REASON,
	OVERRIDE_UNTIL
};

/* An override of a case that holds on a day takes the place of the rule's answer. */
bool
msb_apply_override(const MsbCaseTable *ct, MsbAnswer *answer, DateADT on_date)
{
	Relation	rel = table_open(msb_extension_table("case_override"), AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);
	ScanKeyData keys[2];
	SysScanDesc scan;
	Snapshot	snapshot;
	HeapTuple	tuple;
	bool		found = false;

	ScanKeyInit(&keys[0], OVERRIDE_CASE_TABLE, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(ct->name));
	ScanKeyInit(&keys[1], OVERRIDE_CASE_KEY, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(answer->case_key));
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = systable_beginscan(rel, msb_primary_key(rel), true, snapshot, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		forever;
		bool		isnull;
		DateADT		until = DatumGetDateADT(heap_getattr(tuple, OVERRIDE_UNTIL, desc, &forever));

		if (forever || until >= on_date)
		{
			found = true;
			answer->unit = TextDatumGetCString(heap_getattr(tuple, OVERRIDE_UNIT, desc, &isnull));
			answer->reason = TextDatumGetCString(heap_getattr(tuple, OVERRIDE_REASON, desc, &isnull));
			answer->rule = NULL;
			answer->finding = NULL;
			if (!forever && until != DATEVAL_NOEND &&
				(!answer->has_due || until < answer->due))
			{
				answer->has_due = true;
				answer->due = until + 1;
			}
		}
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return found;
}
