/*
 * case_sql.c: judging that a function asks for: judge_cases (behind reassign,
 * reassign_due and override), renumber_citizen; the TRUNCATE trigger.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "work/judge_cases.h"
#include "ledger/citizen_lock.h"
#include "work/commit_work.h"
#include "plans/coordination.h"
#include "types/cpr.h"
#include "cases/judge.h"
#include "ledger/ledger.h"
#include "work/parent_work.h"
#include "base/query.h"
#include "work/row_notes.h"

#define TRUNCATE_TRIGGER "msb_org_truncate"

/* The attached relation of a name, open; 42704 where there is none. */
Relation
msb_open_case_table(const char *name, LOCKMODE lock)
{
	Oid			relid = msb_case_table_relation(name);
	Relation	rel = OidIsValid(relid) ? try_relation_open(relid, lock) : NULL;

	if (rel == NULL)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("no table is attached as \"%s\"", msb_printable(name))));
	return rel;
}

/* A key's type as a query names it; all are the server's own. */
static const char *
key_type_name(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	const char *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	name = psprintf("pg_catalog.%s", quote_identifier(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname)));
	ReleaseSysCache(tuple);
	return name;
}

/* End the open rows of cases that are gone, under their citizens' locks. */
static void
end_cases(const char *case_table, char **keys, uint64 count)
{
	MsbLedger  *ledger = msb_ledger_open(count);
	MsbLockSet	locks = {0};
	MsbTouched *touched = msb_touched();
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
		msb_touch(touched, msb_ledger_end(ledger, case_table, keys[i]), false);
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	msb_ledger_close(ledger);
	msb_coordinate(touched, msb_current_date(), MSB_OPEN_ARISING, false);
}

/*
 * Whether a text can be a key of a type: what is none would make the type's
 * input function show it, and it may be anything, a CPR number too.
 */
bool
msb_can_be_key(Oid type, const char *key)
{
	int64		max = type == INT2OID ? PG_INT16_MAX : type == INT4OID ? PG_INT32_MAX : PG_INT64_MAX;
	int64		value;
	char	   *end;

	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			errno = 0;
			value = strtoll(key, &end, 10);
			return end != key && *end == '\0' && errno == 0 && value <= max && value >= -max - 1;
		case UUIDOID:
			return strlen(key) == 36 && strspn(key, "0123456789abcdefABCDEF-") == 36 &&
				key[8] == '-' && key[13] == '-' && key[18] == '-' && key[23] == '-';
		default:
			return true;
	}
}

/*
 * Note the cases of these keys, to be judged by msb_commit_work(); their rows
 * are locked where they may have to be written.  Returns the keys of which there
 * is no case, palloc'd.
 */
static char **
note_cases(const char *name, ArrayType *keys, uint64 *gone_count)
{
	Relation	rel = msb_open_case_table(name, RowExclusiveLock);
	const MsbCaseTable *ct = msb_case_table(rel);
	Oid			types[1] = {TEXTARRAYOID};
	Datum		args[1];
	const char *key = msb_column_name(rel, ct->key.attno);
	char	   *query;
	MsbUser		caller;
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	int			nkeys = 0;
	char	  **gone;
	uint64		ngone = 0;

	/* what cannot be a key is no case of the table */
	deconstruct_array(keys, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	gone = palloc_array(char *, Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		char	   *one = nulls[i] ? NULL : TextDatumGetCString(elements[i]);

		if (one != NULL && msb_can_be_key(ct->key.type, one))
			elements[nkeys++] = elements[i];
		else if (one != NULL)
			gone[ngone++] = one;
	}
	args[0] = PointerGetDatum(construct_array(elements, nkeys, TEXTOID, -1, false, TYPALIGN_INT));

	SPI_connect();
	caller = msb_become(rel->rd_rel->relowner);

	/* a row that may have to be written is locked before its citizen is, and in one order */
	query = psprintf("SELECT t.tableoid, t.ctid FROM %s t"
					 " WHERE t.%s OPERATOR(pg_catalog.=) ANY ($1::%s[])%s",
					 msb_table_only(rel), key,
					 key_type_name(ct->key.type),
					 ct->area.attno != InvalidAttrNumber && ct->mode != MSB_OBSERVE ?
					 psprintf(" ORDER BY t.%s FOR NO KEY UPDATE", key) : "");
	if (SPI_execute_snapshot(msb_plan(query, 1, types), args, NULL,
							 GetLatestSnapshot(), InvalidSnapshot, false, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for cases of \"%s\"", name);
	msb_note_found(MSB_NOTE_ASKED);
	SPI_freetuptable(SPI_tuptable);

	query = psprintf("SELECT u.k FROM pg_catalog.unnest($1) u (k) WHERE NOT EXISTS"
					 " (SELECT 1 FROM %s t WHERE t.%s OPERATOR(pg_catalog.=) u.k::%s)",
					 msb_table_only(rel), key,
					 key_type_name(ct->key.type));
	if (SPI_execute_snapshot(msb_plan(query, 1, types), args, NULL,
							 GetLatestSnapshot(), InvalidSnapshot, false, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for cases of \"%s\"", name);
	msb_become_again(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char	   *one = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

		gone[ngone] = SPI_palloc(strlen(one) + 1);
		strcpy(gone[ngone++], one);
	}
	SPI_finish();

	relation_close(rel, NoLock);
	*gone_count = ngone;
	return gone;
}

/* An origin that a function gives; a write is a statement's. */
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

	/* the ledger is written directly, where nobody else would look whether it may be */
	PreventCommandIfReadOnly("judge_cases()");
	gone = note_cases(name, PG_GETARG_ARRAYTYPE_P(1), &count);
	moved = msb_commit_work(origin);
	end_cases(name, gone, count);
	PG_RETURN_INT64(moved);
}

/* Note the open cases of a citizen, by what the ledger says now, to be judged. */
static void
note_open_cases(const char *citizen)
{
	MsbKeyScan *scan = msb_open_cases_scan(false);
	int			count;
	List	   *cases;
	ListCell   *lc;

	(void) msb_open_cases_start(scan, citizen);
	cases = msb_open_cases(scan, 0, &count);
	msb_key_scan_close(scan);
	foreach(lc, cases)
	{
		MsbOpenCase *open = lfirst(lc);
		Datum		key = CStringGetTextDatum(open->case_key);
		uint64		gone;

		if (OidIsValid(msb_case_table_relation(open->case_table)))
			(void) note_cases(open->case_table, construct_array(&key, 1, TEXTOID, -1, false, TYPALIGN_INT), &gone);
	}
}

void
msb_judge_open_cases(const char *citizen)
{
	note_open_cases(citizen);
	(void) msb_commit_work(MSB_ORIGIN_REASSIGN);
}

/*
 * state_primary_challenge(citizen text, challenge text, reason text): what is
 * stated from now on, NULL for nothing any more; the citizen's open cases are
 * judged again.  Rows are locked before the citizen; cases that came meanwhile are
 * noted after.
 */
PG_FUNCTION_INFO_V1(msb_state_primary_challenge);
Datum
msb_state_primary_challenge(PG_FUNCTION_ARGS)
{
	static const Oid types[5] = {TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID};
	char	   *citizen = PG_ARGISNULL(0) ? "" : msb_citizen_key(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	const MsbStructure *s = msb_structure_on(msb_current_date());
	Datum		args[5];
	MsbLockSet	lock = {0};
	MsbTouched *touched = msb_touched();
	MsbUser		caller;

	if (citizen[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("citizen must be given")));
	if (!PG_ARGISNULL(1) &&
		(PG_ARGISNULL(2) || text_to_cstring(PG_GETARG_TEXT_PP(2))[strspn(text_to_cstring(PG_GETARG_TEXT_PP(2)), " \t")] == '\0'))
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a primary challenge needs a reason")));
	if (s == NULL || s->challenge_no < 0)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no structure with a facet \"challenge\" is in force")));
	if (!PG_ARGISNULL(1))
	{
		char	   *challenge = text_to_cstring(PG_GETARG_TEXT_PP(1));

		if (msb_label_no(&s->facets[s->challenge_no], challenge, strlen(challenge)) == MSB_NO_LABEL)
			msb_unknown_label(s, "challenge", challenge);
		args[2] = PG_GETARG_DATUM(1);
		args[3] = PG_GETARG_DATUM(2);
	}

	note_open_cases(citizen);
	msb_lock_add(&lock, citizen);
	msb_lock_take(MSB_LOCK_CITIZEN, &lock);

	SPI_connect();
	caller = msb_become(msb_extension_owner());
	args[0] = CStringGetTextDatum(citizen);
	args[1] = TimestampTzGetDatum(msb_clock());
	args[4] = CStringGetTextDatum(msb_current_actor());
	if (SPI_execute_snapshot(msb_plan("UPDATE msb_org.primary_challenge c SET valid_to = GREATEST($2,"
									  " c.valid_from OPERATOR(pg_catalog.+) pg_catalog.interval '1 microsecond')"
									  " WHERE c.citizen OPERATOR(pg_catalog.=) $1 AND c.valid_to IS NULL", 2, types),
							 args, NULL, GetLatestSnapshot(), InvalidSnapshot, false, true, 0) != SPI_OK_UPDATE ||
		(!PG_ARGISNULL(1) &&
		 SPI_execute_snapshot(msb_plan("INSERT INTO msb_org.primary_challenge (citizen, valid_from, challenge, reason, actor)"
									   " SELECT $1, GREATEST($2, (SELECT pg_catalog.max(c.valid_to) FROM msb_org.primary_challenge c"
									   " WHERE c.citizen OPERATOR(pg_catalog.=) $1)), $3, $4, $5", 5, types),
							  args, NULL, GetLatestSnapshot(), InvalidSnapshot, false, true, 0) != SPI_OK_INSERT))
		elog(ERROR, "could not record a primary challenge");
	msb_become_again(caller);
	SPI_finish();

	note_open_cases(citizen);
	(void) msb_commit_work(MSB_ORIGIN_REASSIGN);
	msb_touch(touched, citizen, false);
	(void) msb_coordinate(touched, msb_current_date(), MSB_OPEN_ARISING, false);
	PG_RETURN_VOID();
}

/*
 * note_cases(case_table text, keys text[]): the first half of judge_cases, for
 * work on several tables: all rows are locked before any citizen is.  Returns
 * the keys of which there is no case.
 */
PG_FUNCTION_INFO_V1(msb_note_cases);
Datum
msb_note_cases(PG_FUNCTION_ARGS)
{
	uint64		count;
	char	  **gone = note_cases(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_ARRAYTYPE_P(1), &count);
	Datum	   *keys = palloc_array(Datum, Max(count, 1));

	for (uint64 i = 0; i < count; i++)
		keys[i] = CStringGetTextDatum(gone[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(keys, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* judge_noted(origin text): the second half, for all that was noted so. */
PG_FUNCTION_INFO_V1(msb_judge_noted);
Datum
msb_judge_noted(PG_FUNCTION_ARGS)
{
	PreventCommandIfReadOnly("judge_noted()");
	PG_RETURN_INT64(msb_commit_work(asked_origin(PG_GETARG_TEXT_PP(0))));
}

/*
 * renumber_citizen(old_citizen text, new_citizen text, reason text): the rows of
 * the ledger go over to the new key.  Returns how many.
 */
PG_FUNCTION_INFO_V1(msb_renumber_citizen);
Datum
msb_renumber_citizen(PG_FUNCTION_ARGS)
{
	char	   *old_citizen = msb_citizen_key(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	char	   *new_citizen = msb_citizen_key(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	MsbRenumbering renumbering = {.old_citizen = old_citizen, .new_citizen = new_citizen,
	.reason = text_to_cstring(PG_GETARG_TEXT_PP(2)), .stated = true};
	MsbLockSet	locks = {0};
	MsbLedger  *ledger;
	MsbTouched *touched;
	int64		number;
	int64		count;

	PreventCommandIfReadOnly("renumber_citizen()");
	if (old_citizen[0] == '\0' || new_citizen[0] == '\0')
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("both keys of the citizen must be given")));
	if (msb_cpr_parse(old_citizen, strlen(old_citizen), &number) &&
		!msb_cpr_parse(new_citizen, strlen(new_citizen), &number))
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the old key is a CPR number and the new one is none")));
	if (renumbering.reason[strspn(renumbering.reason, " \t")] == '\0')
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a renumbering needs a reason")));
	if (strcmp(old_citizen, new_citizen) == 0)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("both keys are the same citizen")));
	msb_lock_add(&locks, old_citizen);
	msb_lock_add(&locks, new_citizen);
	msb_lock_take(MSB_LOCK_CITIZEN, &locks);
	ledger = msb_ledger_open(1);
	count = msb_renumber(&renumbering, ledger);
	msb_ledger_close(ledger);
	touched = msb_touched();
	msb_touch(touched, old_citizen, false);
	msb_touch(touched, new_citizen, false);
	msb_coordinate(touched, msb_current_date(), MSB_OPEN_ARISING, false);
	PG_RETURN_INT64(count);
}

/* The cases in one table that holds rows end. */
static void
truncate_one(Relation rel)
{
	const MsbCaseTable *ct = msb_case_table(rel);
	const char *key = msb_column_name(rel, ct->key.attno);
	MsbUser		caller;
	char	  **keys;
	uint64		count;

	SPI_connect();
	caller = msb_become(rel->rd_rel->relowner);
	/* TRUNCATE takes what was committed after the transaction's snapshot, too */
	if (SPI_execute_snapshot(msb_plan(psprintf("SELECT t.%s FROM %s t WHERE t.%s IS NOT NULL",
											   key, msb_table_only(rel), key), 0, NULL),
							 NULL, NULL, GetLatestSnapshot(), InvalidSnapshot, false, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read case table \"%s\"", ct->name);
	msb_become_again(caller);
	count = SPI_processed;
	keys = palloc_array(char *, Max(count, 1));
	for (uint64 i = 0; i < count; i++)
	{
		bool		isnull;

		keys[i] = msb_column_text(&ct->key, SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	}

	end_cases(ct->name, keys, count);
	SPI_finish();
	msb_notes_forget(RelationGetRelid(rel));
}

/*
 * truncate_cases(case_table): BEFORE TRUNCATE, statement: the cases in the table
 * end.  On a partitioned table it sees to the partitions that came after
 * attach() and so have no such trigger.  A partition that was detached keeps
 * its trigger, which then has nothing to do.
 */
PG_FUNCTION_INFO_V1(msb_truncate_cases);
Datum
msb_truncate_cases(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	Relation	rel;
	ListCell   *lc;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_BY_TRUNCATE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called as its trigger", "truncate_cases")));
	rel = trigdata->tg_relation;
	if (!msb_is_mapped(rel))
		return PointerGetDatum(NULL);
	if (rel->rd_rel->relkind == RELKIND_RELATION)
	{
		truncate_one(rel);
		return PointerGetDatum(NULL);
	}
	/* the server holds the locks of all that is truncated */
	foreach(lc, find_all_inheritors(RelationGetRelid(rel), NoLock, NULL))
	{
		Relation	part = table_open(lfirst_oid(lc), NoLock);

		if (part->rd_rel->relkind == RELKIND_RELATION &&
			!OidIsValid(get_trigger_oid(RelationGetRelid(part), TRUNCATE_TRIGGER, true)))
			truncate_one(part);
		table_close(part, NoLock);
	}
	return PointerGetDatum(NULL);
}

/* refuse_block(): an error inside a transaction block, where a procedure cannot commit. */
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
