/*
 * override.c: applies an override, which gives one case to another unit than the rule does.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/snapshot.h"

#include "base/catalog.h"
#include "cases/case_map.h"
#include "cases/judge.h"
#include "cases/override.h"

/*
 * Replace the rule's answer by the override of a case, if one is in force on a day; returns
 * whether one is.  The override's last day bounds the answer.  Reads under the newest
 * snapshot; texts are palloc'd.
 */
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

	ScanKeyInit(&keys[0], Anum_case_override_case_table, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(ct->name));
	ScanKeyInit(&keys[1], Anum_case_override_case_key, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(answer->case_key));
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = systable_beginscan(rel, msb_primary_key(rel), true, snapshot, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		forever;
		bool		isnull;
		DateADT		until = DatumGetDateADT(heap_getattr(tuple, Anum_case_override_until, desc, &forever));

		if (forever || until >= on_date)
		{
			found = true;
			answer->unit = TextDatumGetCString(heap_getattr(tuple, Anum_case_override_unit, desc, &isnull));
			answer->reason = TextDatumGetCString(heap_getattr(tuple, Anum_case_override_reason, desc, &isnull));
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
