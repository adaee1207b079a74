/*
 * plan_part.c: the triggers on the tables whose rows belong to a plan: the plan must exist,
 * and a consent that is withdrawn may revoke it.
 *
 * Rows that a foreign key or a primary key would refuse are refused here before it, since
 * the server's messages show the key, which begins with the citizen's.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "nodes/bitmapset.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

#include "base/trigger.h"
#include "base/msb_org.h"
#include "base/messages.h"
#include "base/catalog.h"
#include "base/query.h"
#include "base/reference_check.h"
#include "types/person.h"

/* Return whether a live row of a table has the primary key of this tuple. */
static bool
key_exists(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);
	Oid			key = msb_primary_key(rel);
	Relation	index = index_open(key, AccessShareLock);
	ScanKeyData keys[INDEX_MAX_KEYS];
	int			nkeys = IndexRelationGetNumberOfKeyAttributes(index);
	SysScanDesc scan;
	bool		exists;

	for (int i = 0; i < nkeys; i++)
	{
		AttrNumber	attno = index->rd_index->indkey.values[i];
		TypeCacheEntry *type = lookup_type_cache(TupleDescAttr(desc, attno - 1)->atttypid, TYPECACHE_EQ_OPR);
		bool		isnull;
		Datum		value = heap_getattr(tuple, attno, desc, &isnull);

		if (isnull)
		{
			index_close(index, AccessShareLock);
			return false;		/* the NOT NULL constraint refuses the row */
		}
		ScanKeyInit(&keys[i], attno, BTEqualStrategyNumber, get_opcode(type->eq_opr), value);
	}
	index_close(index, AccessShareLock);
	scan = systable_beginscan(rel, key, true, SnapshotSelf, nkeys, keys);
	exists = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	return exists;
}

/* Return whether two versions of a row have the same primary key, bytewise. */
static bool
same_key(Relation rel, HeapTuple old, HeapTuple new)
{
	TupleDesc	desc = RelationGetDescr(rel);
	Bitmapset  *key = RelationGetIndexAttrBitmap(rel, INDEX_ATTR_BITMAP_PRIMARY_KEY);
	bool		same = true;
	int			x = -1;

	while (same && (x = bms_next_member(key, x)) >= 0)
	{
		AttrNumber	attno = x + FirstLowInvalidHeapAttributeNumber;
		Form_pg_attribute att = TupleDescAttr(desc, attno - 1);
		bool		isnull;

		same = datum_image_eq(heap_getattr(old, attno, desc, &isnull),
							  heap_getattr(new, attno, desc, &isnull), att->attbyval, att->attlen);
	}
	bms_free(key);
	return same;
}

/*
 * Return whether the transaction's snapshot, which may be an old one, sees a plan
 * (citizen, number).
 */
static bool
plan_in_snapshot(Datum *args)
{
	static const Oid types[] = {TEXTOID, UUIDOID};
	MsbUser		caller;
	bool		found;

	SPI_connect();
	caller = msb_become(msb_extension_owner());
	if (SPI_execute_plan(msb_plan("SELECT 1 FROM msb_org.plan p WHERE p.citizen OPERATOR(pg_catalog.=) $1"
								  " AND p.plan OPERATOR(pg_catalog.=) $2", 2, types), args, NULL, false, 1) < 0)
		elog(ERROR, "could not look for a plan");
	msb_become_again(caller);
	found = SPI_processed > 0;
	SPI_finish();
	return found;
}

/*
 * Lock the row of the plan that a new row belongs to (citizen, number); an error if there
 * is none.
 */
static void
require_plan(TriggerData *trigdata, Datum *args)
{
	static const Oid types[] = {TEXTOID, UUIDOID};
	bool		found;

	SPI_connect();
	found = msb_run_as_owner("SELECT 1 FROM msb_org.plan p WHERE p.citizen OPERATOR(pg_catalog.=) $1"
				" AND p.plan OPERATOR(pg_catalog.=) $2 FOR NO KEY UPDATE", 2, types, args, NULL) > 0;
	SPI_finish();
	if (!found)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("the citizen has no plan %s", msb_uuid_text(args[1])),
				 errtable(trigdata->tg_relation)));
	/*
	 * The foreign key looks under the transaction's snapshot, and its message would show
	 * the citizen's key.
	 */
	if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) && IsolationUsesXactSnapshot() && !plan_in_snapshot(args))
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("plan %s was opened after this transaction began", msb_uuid_text(args[1])),
				 errhint("Repeat the transaction.")));
}

/* plan_part_guard(): BEFORE INSERT, UPDATE, row, on the tables whose rows belong to a plan. */
PG_FUNCTION_INFO_V1(msb_plan_part_guard);
Datum
msb_plan_part_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = msb_row_trigger(fcinfo, "plan_part_guard", true, MSB_ON_INSERT | MSB_ON_UPDATE | MSB_OWN_TABLE);
	Relation	rel;
	TupleDesc	desc;
	HeapTuple	new;
	Datum		args[2];
	bool		nulls[2];
	char	   *given;
	char	   *citizen;

	rel = trigdata->tg_relation;
	desc = RelationGetDescr(rel);
	new = TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? trigdata->tg_trigtuple : trigdata->tg_newtuple;
	args[0] = heap_getattr(new, Anum_plan_part_citizen, desc, &nulls[0]);
	args[1] = heap_getattr(new, Anum_plan_part_plan, desc, &nulls[1]);
	if (nulls[0] || nulls[1])
		return PointerGetDatum(new);	/* the NOT NULL constraint refuses it */
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) &&
		!DatumGetBool(DirectFunctionCall2(uuid_eq, args[1],
										  heap_getattr(trigdata->tg_trigtuple, Anum_plan_part_plan, desc, &nulls[1]))))
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a row of \"%s\" cannot go from one plan to another", RelationGetRelationName(rel)),
				 errhint("Delete the row, and insert it for the other plan.")));

	given = TextDatumGetCString(args[0]);
	citizen = msb_citizen_key(given);
	if (strcmp(given, citizen) != 0)
	{
		int			column = Anum_plan_part_citizen;
		bool		isnull = false;

		args[0] = CStringGetTextDatum(citizen);
		new = heap_modify_tuple_by_cols(new, desc, 1, &column, &args[0], &isnull);
	}
	/* while a dump is loaded the plan may follow later; see reference_check.c */
	if (!(TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) && msb_loading()))
		require_plan(trigdata, args);
	/* an UPDATE that leaves the key as it is finds its own row */
	if (key_exists(rel, new) &&
		!(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) && same_key(rel, trigdata->tg_trigtuple, new)))
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("plan %s has a row with the same key in \"%s\" already", msb_uuid_text(args[1]), RelationGetRelationName(rel)),
				 errtable(rel)));
	return PointerGetDatum(new);
}

/* Return whether two versions of a row differ in nothing but the citizen's key, if at all. */
static bool
same_but_citizen(TupleDesc desc, HeapTuple old, HeapTuple new)
{
	for (AttrNumber attno = Anum_plan_part_plan; attno <= desc->natts; attno++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, attno - 1);
		bool		old_null;
		bool		new_null;
		Datum		old_value = heap_getattr(old, attno, desc, &old_null);
		Datum		new_value = heap_getattr(new, attno, desc, &new_null);

		if (old_null != new_null ||
			(!old_null && !datum_image_eq(old_value, new_value, att->attbyval, att->attlen)))
			return false;
	}
	return true;
}

/*
 * consent_follows(): AFTER UPDATE, DELETE, row, on plan_consent: revoke the plan if it has
 * lost a consent that it needs.
 *
 * The plan's row is locked first.  So a session that changes the plan's status meanwhile
 * is waited for, or waits and then sees this change; the consents are read after that.  A
 * change of the citizen's key alone withdraws nothing.
 */
PG_FUNCTION_INFO_V1(msb_consent_follows);
Datum
msb_consent_follows(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, UUIDOID};
	TriggerData *trigdata = msb_row_trigger(fcinfo, "consent_follows", false, MSB_ON_UPDATE | MSB_ON_DELETE | MSB_OWN_TABLE);
	HeapTuple	tuple;
	TupleDesc	desc;
	Datum		args[2];
	bool		isnull;

	desc = RelationGetDescr(trigdata->tg_relation);
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) &&
		same_but_citizen(desc, trigdata->tg_trigtuple, trigdata->tg_newtuple))
		return PointerGetDatum(NULL);
	tuple = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : trigdata->tg_trigtuple;
	args[0] = heap_getattr(tuple, Anum_plan_part_citizen, desc, &isnull);
	args[1] = heap_getattr(tuple, Anum_plan_part_plan, desc, &isnull);
	SPI_connect();
	if (msb_run_as_owner("SELECT 1 FROM msb_org.plan p WHERE p.citizen OPERATOR(pg_catalog.=) $1"
			" AND p.plan OPERATOR(pg_catalog.=) $2"
			" FOR NO KEY UPDATE", 2, types, args, NULL) > 0)
		msb_run_as_owner("UPDATE msb_org.plan p SET status = 'revoked', status_reason = 'consent withdrawn'"
			" FROM msb_org.plan_kind k WHERE p.citizen OPERATOR(pg_catalog.=) $1 AND p.plan OPERATOR(pg_catalog.=) $2"
			" AND p.status OPERATOR(pg_catalog.=) ANY ('{consented,active,under_review}'::pg_catalog.text[])"
			" AND k.kind OPERATOR(pg_catalog.=) p.kind AND k.needs_consent"
			" AND NOT msb_org.consent_stands(p.citizen, p.plan, k.consent_of)", 2, types, args, NULL);
	SPI_finish();
	return PointerGetDatum(NULL);
}
