/*
 * plan_guard.c: the trigger on plan, which checks the steps of its status and their
 * conditions.
 *
 * The order of locks is that of the whole extension: the plan's row, which the server
 * locks before a BEFORE trigger is called; the rows of the plans that it replaces, since
 * its step may change them too; then the citizen's advisory lock.  Everything after that
 * is read live, or under the newest snapshot, so that the answer is right at every
 * isolation level.
 *
 * Everything is read and written as the owner of the extension's tables: a user who may
 * write a plan needs no privilege on kinds, steps or consents.
 *
 * Steps are guarded on UPDATE alone, since a restore inserts.  INSERT only refuses rows
 * that an index or a foreign key would refuse too, with the citizen's key in the message.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/trigger.h"
#include "base/msb_org.h"
#include "base/messages.h"
#include "base/settings.h"
#include "base/catalog.h"
#include "base/query.h"
#include "types/person.h"
#include "ledger/citizen_lock.h"
#include "plans/plan.h"

/* A row of plan, by column. */
typedef struct PlanRow
{
	Datum		values[Natts_plan];
	bool		nulls[Natts_plan];
} PlanRow;

#define VALUE(p, column) ((p)->values[(column) - 1])
#define ISNULL(p, column) ((p)->nulls[(column) - 1])

/* An UPDATE of a plan: the old row, the new one, and the columns that the guard sets in it. */
typedef struct Change
{
	Relation	rel;
	PlanRow		old;
	PlanRow		new;
	const char *number;			/* the plan's, for messages */
	const char *old_status;
	const char *new_status;
	int			nset;
	int			columns[Natts_plan];
	Datum		values[Natts_plan];
	bool		nulls[Natts_plan];
} Change;

/*
 * Refuse a step, or a change that the status does not allow: 23514.  The texts are
 * translated already.
 */
static void
refuse(Relation rel, const char *message, const char *detail, const char *hint)
{
	ereport(ERROR,
			(msb_hide_values(NULL),
			 errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg_internal("%s", message),
			 detail != NULL ? errdetail_internal("%s", detail) : 0,
			 hint != NULL ? errhint("%s", hint) : 0,
			 errtable(rel), err_generic_string(PG_DIAG_CONSTRAINT_NAME, "msb_org_plan_status")));
}

/*
 * Return a column of the only row of the last query as text, in the given context; NULL
 * for NULL.
 */
static char *
result_text(int column, MemoryContext context)
{
	char	   *text = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);

	return text == NULL ? NULL : MemoryContextStrdup(context, text);
}

/* Deform a row of plan; the values point into it. */
static void
take_apart(PlanRow *plan, HeapTuple tuple, TupleDesc desc)
{
	for (int i = 0; i < Natts_plan; i++)
		plan->values[i] = heap_getattr(tuple, i + 1, desc, &plan->nulls[i]);
}

/* Have a column of the new row set. */
static void
set_column(Change *change, int column, Datum value, bool isnull)
{
	change->columns[change->nset] = column;
	change->values[change->nset] = value;
	change->nulls[change->nset++] = isnull;
	VALUE(&change->new, column) = value;
	ISNULL(&change->new, column) = isnull;
}

/* Return whether a column has the same value in two rows, bytewise. */
static bool
same_value(TupleDesc desc, int column, const PlanRow *a, const PlanRow *b)
{
	Form_pg_attribute att = TupleDescAttr(desc, column - 1);

	if (ISNULL(a, column) || ISNULL(b, column))
		return ISNULL(a, column) == ISNULL(b, column);
	return datum_image_eq(VALUE(a, column), VALUE(b, column), att->attbyval, att->attlen);
}

/* Take the locks of one citizen, or of two in ascending order. */
static void
lock_citizens(const char *a, const char *b)
{
	MsbLockSet	set = {0};

	msb_lock_add(&set, a);
	if (b != NULL)
		msb_lock_add(&set, b);
	msb_lock_take(MSB_LOCK_CITIZEN, &set);
}

/*
 * Find another open coordination plan of the citizen than the one with this number,
 * palloc'd; NULL if there is none.  On INSERT a plan with this number already is an error.
 * The citizen's lock is held, and live rows are read.
 */
static PlanRow *
other_open_plan(Relation rel, Datum citizen, Datum number, bool insert)
{
	TupleDesc	desc = RelationGetDescr(rel);
	PlanRow	   *found = NULL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_plan_citizen, BTEqualStrategyNumber, F_TEXTEQ, citizen);
	scan = systable_beginscan(rel, msb_primary_key(rel), true, SnapshotSelf, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		PlanRow		plan;

		take_apart(&plan, tuple, desc);
		if (DatumGetBool(DirectFunctionCall2(uuid_eq, VALUE(&plan, Anum_plan_plan), number)))
		{
			if (insert)
				ereport(ERROR,
						(msb_hide_values(NULL),
						 errcode(ERRCODE_UNIQUE_VIOLATION),
						 errmsg("plan %s exists already", msb_uuid_text(number)),
						 errtableconstraint(rel, "plan_pkey")));
			continue;
		}
		if (msb_plan_openness(TextDatumGetCString(VALUE(&plan, Anum_plan_status))) == 0 ||
			strcmp(TextDatumGetCString(VALUE(&plan, Anum_plan_kind)), MSB_KIND_COORDINATION) != 0)
			continue;
		found = palloc(sizeof(PlanRow));
		take_apart(found, heap_copytuple(tuple), desc);
	}
	systable_endscan(scan);
	return found;
}

/*
 * Guard an INSERT: take the citizen's lock, bring the key into its one form, refuse a
 * second open plan.
 */
static HeapTuple
guard_insert(Relation rel, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(rel);
	PlanRow		plan;
	PlanRow	   *other;
	char	   *given;
	char	   *citizen;
	int			nset = 0;
	int			columns[2];
	Datum		values[2];
	bool		nulls[2] = {false, false};

	take_apart(&plan, tuple, desc);
	if (ISNULL(&plan, Anum_plan_citizen) || ISNULL(&plan, Anum_plan_plan))
		return tuple;			/* the NOT NULL constraint refuses it */
	given = TextDatumGetCString(VALUE(&plan, Anum_plan_citizen));
	citizen = msb_citizen_key(given);
	lock_citizens(citizen, NULL);
	if (strcmp(given, citizen) != 0)
	{
		columns[nset] = Anum_plan_citizen;
		values[nset++] = CStringGetTextDatum(citizen);
	}
	if (!ISNULL(&plan, Anum_plan_coordinator) && ISNULL(&plan, Anum_plan_coordinator_since))
	{
		columns[nset] = Anum_plan_coordinator_since;
		values[nset++] = TimestampTzGetDatum(msb_clock());
	}
	other = other_open_plan(rel, CStringGetTextDatum(citizen), VALUE(&plan, Anum_plan_plan), true);
	if (other != NULL && !ISNULL(&plan, Anum_plan_kind) && !ISNULL(&plan, Anum_plan_status) &&
		strcmp(TextDatumGetCString(VALUE(&plan, Anum_plan_kind)), MSB_KIND_COORDINATION) == 0 &&
		msb_plan_openness(TextDatumGetCString(VALUE(&plan, Anum_plan_status))) > 0)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("the citizen has an open coordination plan already"),
				 errdetail("It is plan %s.", msb_uuid_text(VALUE(other, Anum_plan_plan))),
				 errtableconstraint(rel, "plan_open")));
	return nset == 0 ? tuple : heap_modify_tuple_by_cols(tuple, desc, nset, columns, values, nulls);
}

/*
 * Guard a change of the citizen's key, which only the extension itself may make.  If both
 * keys have an open coordination plan, the one that has got further is kept, of equal ones
 * the one that was opened first: the other may have opened by itself when the new key was
 * first seen.  The other one becomes replaced.
 */
static void
guard_renumbering(Change *change)
{
	TupleDesc	desc = RelationGetDescr(change->rel);
	PlanRow	   *other;
	char	   *reason;
	int			further;

	for (int column = Anum_plan_citizen + 1; column <= Natts_plan; column++)
		if (!same_value(desc, column, &change->old, &change->new))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the citizen of a plan cannot change together with anything else of it")));
	if (GetUserId() != change->rel->rd_rel->relowner)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a plan cannot be given to another citizen"),
				 errhint("If a citizen got another key, renumber_citizen() moves the plans to it.")));
	if (strcmp(TextDatumGetCString(VALUE(&change->new, Anum_plan_kind)), MSB_KIND_COORDINATION) != 0 ||
		msb_plan_openness(change->new_status) == 0)
		return;
	other = other_open_plan(change->rel, VALUE(&change->new, Anum_plan_citizen),
							VALUE(&change->new, Anum_plan_plan), false);
	if (other == NULL)
		return;
	further = msb_plan_openness(change->new_status) - msb_plan_openness(TextDatumGetCString(VALUE(other, Anum_plan_status)));
	if (further > 0 || (further == 0 && DatumGetTimestampTz(VALUE(&change->new, Anum_plan_opened_at)) <
						DatumGetTimestampTz(VALUE(other, Anum_plan_opened_at))))
	{
		static const Oid types[] = {TEXTOID, UUIDOID, TEXTOID};
		Datum		args[3] = {VALUE(other, Anum_plan_citizen), VALUE(other, Anum_plan_plan)};

		args[2] = CStringGetTextDatum(psprintf("replaced by plan %s: the citizen's key changed", change->number));
		SPI_connect();
		msb_run_as_owner("UPDATE msb_org.plan SET status = 'replaced', status_reason = $3"
			" WHERE citizen OPERATOR(pg_catalog.=) $1 AND plan OPERATOR(pg_catalog.=) $2", 3, types, args, NULL);
		SPI_finish();
		return;
	}
	reason = psprintf("replaced by plan %s: the citizen's key changed", msb_uuid_text(VALUE(other, Anum_plan_plan)));
	change->new_status = "replaced";
	set_column(change, Anum_plan_status, CStringGetTextDatum("replaced"), false);
	set_column(change, Anum_plan_status_reason, CStringGetTextDatum(reason), false);
	set_column(change, Anum_plan_status_since, TimestampTzGetDatum(msb_clock()), false);
}

/* Guard a step of the status: it must be a row of plan_step. */
static void
guard_step(Change *change)
{
	static const Oid types[] = {TEXTOID, TEXTOID};
	Datum		args[2] = {VALUE(&change->old, Anum_plan_status), VALUE(&change->new, Anum_plan_status)};
	MemoryContext context = CurrentMemoryContext;
	bool		allowed;
	bool		any;
	char	   *others;

	SPI_connect();
	msb_run_as_owner("SELECT COALESCE(pg_catalog.bool_or(s.from_status OPERATOR(pg_catalog.=) $1 AND s.to_status OPERATOR(pg_catalog.=) $2), false),"
		" pg_catalog.count(*) OPERATOR(pg_catalog.>) 0,"
		" pg_catalog.string_agg(s.to_status, ', ' ORDER BY s.to_status)"
		" FILTER (WHERE s.from_status OPERATOR(pg_catalog.=) $1)"
		" FROM msb_org.plan_step s", 2, types, args, NULL);
	allowed = result_text(1, context)[0] == 't';
	any = result_text(2, context)[0] == 't';
	others = result_text(3, context);
	SPI_finish();
	if (!allowed)
		refuse(change->rel,
			   psprintf(_("plan %s cannot go from %s to %s"), change->number,
						msb_printable(change->old_status), msb_printable(change->new_status)),
			   !any ? _("Table msb_org.plan_step has no rows.") :
			   others == NULL ? psprintf(_("The status %s is final."), msb_printable(change->old_status)) :
			   psprintf(_("From %s a plan can go to %s."), msb_printable(change->old_status), msb_printable(others)),
			   !any ? _("msb_org.load_plan_kinds() loads the kinds and steps that ship.") :
			   _("The allowed steps are the rows of msb_org.plan_step."));
}

/*
 * Check the demands of the plan's kind: before consented its mandatory contents; before
 * active these again, unless the plan was consented, and consent and a coordinator.
 */
static void
guard_demands(Change *change)
{
	static const Oid types[] = {TEXTOID, UUIDOID, TEXTOID, TEXTOID};
	Datum		args[4];
	bool		to_active = strcmp(change->new_status, "active") == 0;
	MemoryContext context = CurrentMemoryContext;
	StringInfoData missing;
	char	   *contents;
	char	   *consent;
	bool		known;
	const char *hint = NULL;

	args[0] = VALUE(&change->new, Anum_plan_citizen);
	args[1] = VALUE(&change->new, Anum_plan_plan);
	args[2] = VALUE(&change->new, Anum_plan_kind);
	args[3] = ISNULL(&change->new, Anum_plan_wishes) ? CStringGetTextDatum("") : VALUE(&change->new, Anum_plan_wishes);
	SPI_connect();
	known = msb_run_as_owner("SELECT pg_catalog.array_to_string(msb_org.missing_contents($1, $2, k.mandatory_contents, $4), ', '),"
				" CASE WHEN k.needs_consent AND NOT msb_org.consent_stands($1, $2, k.consent_of)"
				" THEN COALESCE(k.consent_of, '') END"
				" FROM msb_org.plan_kind k WHERE k.kind OPERATOR(pg_catalog.=) $3", 4, types, args, NULL) > 0;
	contents = known ? result_text(1, context) : NULL;
	consent = known ? result_text(2, context) : NULL;
	SPI_finish();
	if (!known)
		refuse(change->rel,
			   psprintf(_("plan %s cannot become %s"), change->number, change->new_status),
			   psprintf(_("There is no kind %s, so its demands are not known."), msb_printable(TextDatumGetCString(VALUE(&change->new, Anum_plan_kind)))),
			   _("The kinds are the rows of msb_org.plan_kind; msb_org.load_plan_kinds() loads those that ship."));

	initStringInfo(&missing);
	/*
	 * A plan that was not consented may have become under_review without its contents
	 * being checked.
	 */
	if (contents != NULL && contents[0] != '\0' && strcmp(change->old_status, "consented") != 0)
	{
		appendStringInfoString(&missing, msb_printable(contents));
		hint = _("Write the contents to msb_org.plan_content, plan_goal and plan_measure.");
	}
	if (to_active && consent != NULL)
	{
		appendStringInfo(&missing, "%s%s", missing.len > 0 ? "; " : "",
						 strcmp(consent, "citizen") == 0 ? _("consent of the citizen") :
						 strcmp(consent, "parent") == 0 ? _("consent of the parent") : _("consent"));
		hint = _("Record the consent in msb_org.plan_consent. It counts unless it is withdrawn or past its last day.");
	}
	if (to_active && ISNULL(&change->new, Anum_plan_coordinator))
	{
		appendStringInfo(&missing, "%s%s", missing.len > 0 ? "; " : "", _("a coordinator"));
		if (hint == NULL)
			hint = _("Name a coordinator with set_coordinator().");
	}
	if (missing.len > 0)
		refuse(change->rel,
			   psprintf(_("plan %s cannot become %s"), change->number, change->new_status),
			   psprintf(_("Missing: %s."), missing.data), hint);
}

/* Guard the reopening of a plan: the citizen must have no other open coordination plan. */
static void
guard_reopening(Change *change)
{
	PlanRow	   *other;

	if (strcmp(TextDatumGetCString(VALUE(&change->new, Anum_plan_kind)), MSB_KIND_COORDINATION) != 0)
		return;
	other = other_open_plan(change->rel, VALUE(&change->new, Anum_plan_citizen),
							VALUE(&change->new, Anum_plan_plan), false);
	if (other != NULL)
		refuse(change->rel,
			   psprintf(_("plan %s cannot be opened again"), change->number),
			   psprintf(_("The citizen has another open coordination plan, %s."), msb_uuid_text(VALUE(other, Anum_plan_plan))),
			   _("A citizen has one at most: go on with that one, or end it first."));
}

/*
 * Return the instant from which a new coordinator coordinates: now, but after all that
 * the plan's history has.
 */
static Datum
coordinator_start(Change *change)
{
	static const Oid types[] = {TEXTOID, UUIDOID};
	Datum		args[2] = {VALUE(&change->old, Anum_plan_citizen), VALUE(&change->old, Anum_plan_plan)};
	TimestampTz since = msb_clock();

	if (!ISNULL(&change->old, Anum_plan_coordinator_since))
		since = Max(since, DatumGetTimestampTz(VALUE(&change->old, Anum_plan_coordinator_since)) + 1);
	else
	{
		bool		isnull;
		Datum		last;

		SPI_connect();
		msb_run_as_owner("SELECT pg_catalog.max(c.valid_to) FROM msb_org.plan_coordinator c"
			" WHERE c.citizen OPERATOR(pg_catalog.=) $1 AND c.plan OPERATOR(pg_catalog.=) $2", 2, types, args, NULL);
		last = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
		if (!isnull)
			since = Max(since, DatumGetTimestampTz(last));
		SPI_finish();
	}
	return TimestampTzGetDatum(since);
}

/* Guard the coordinator: a plan that is not open has none, an active one has one. */
static void
guard_coordinator(Change *change)
{
	TupleDesc	desc = RelationGetDescr(change->rel);
	bool		changed = !same_value(desc, Anum_plan_coordinator, &change->old, &change->new);

	if (msb_plan_openness(change->new_status) == 0)
	{
		if (changed && !ISNULL(&change->new, Anum_plan_coordinator))
			refuse(change->rel,
				   psprintf(_("plan %s is %s and can have no coordinator"), change->number, change->new_status),
				   NULL, _("Only an open plan has a coordinator."));
		if (!ISNULL(&change->new, Anum_plan_coordinator))
			set_column(change, Anum_plan_coordinator, (Datum) 0, true);
	}
	else if (changed && ISNULL(&change->new, Anum_plan_coordinator) &&
			 strcmp(change->new_status, "active") == 0)
		refuse(change->rel,
			   psprintf(_("plan %s is active and cannot be without a coordinator"), change->number),
			   NULL, _("Name the successor: that ends the predecessor."));

	if (ISNULL(&change->new, Anum_plan_coordinator))
		set_column(change, Anum_plan_coordinator_since, (Datum) 0, true);
	else if (changed)
		set_column(change, Anum_plan_coordinator_since, coordinator_start(change), false);
	else
		set_column(change, Anum_plan_coordinator_since, VALUE(&change->old, Anum_plan_coordinator_since),
				   ISNULL(&change->old, Anum_plan_coordinator_since));
}

/* Lock the rows of the plans that this one replaces: its step may change them too. */
static void
lock_replaced(Change *change)
{
	static const Oid types[] = {TEXTOID, UUIDOID};
	Datum		args[2] = {VALUE(&change->old, Anum_plan_citizen), VALUE(&change->old, Anum_plan_plan)};

	SPI_connect();
	msb_run_as_owner("SELECT 1 FROM msb_org.plan p WHERE p.citizen OPERATOR(pg_catalog.=) $1 AND p.plan OPERATOR(pg_catalog.=) ANY ("
		" SELECT r.replaced FROM msb_org.plan_replaces r"
		" WHERE r.citizen OPERATOR(pg_catalog.=) $1 AND r.plan OPERATOR(pg_catalog.=) $2)"
		" ORDER BY p.plan FOR NO KEY UPDATE OF p", 2, types, args, NULL);
	SPI_finish();
}

/* Guard an UPDATE: the fixed columns, then the change of key or the step, then the coordinator. */
static HeapTuple
guard_update(Relation rel, HeapTuple old, HeapTuple new)
{
	static const int fixed[] = {Anum_plan_plan, Anum_plan_kind, Anum_plan_opened_at, Anum_plan_opened_by};
	TupleDesc	desc = RelationGetDescr(rel);
	Change		change = {.rel = rel};
	bool		step;

	take_apart(&change.old, old, desc);
	take_apart(&change.new, new, desc);
	for (int column = 1; column <= Natts_plan; column++)
		if (ISNULL(&change.new, column) && TupleDescAttr(desc, column - 1)->attnotnull)
			return new;			/* the NOT NULL constraint refuses it */
	change.number = msb_uuid_text(VALUE(&change.old, Anum_plan_plan));
	change.old_status = TextDatumGetCString(VALUE(&change.old, Anum_plan_status));
	change.new_status = TextDatumGetCString(VALUE(&change.new, Anum_plan_status));
	step = strcmp(change.old_status, change.new_status) != 0;
	for (int i = 0; i < (int) lengthof(fixed); i++)
		if (!same_value(desc, fixed[i], &change.old, &change.new))
			ereport(ERROR,
					(msb_hide_values(NULL),
					 errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the number, the kind and the opening of a plan cannot change"),
					 errhint("Open another plan, and set this one to entered_in_error if it should not have been opened.")));

	if (step)
		lock_replaced(&change);
	lock_citizens(TextDatumGetCString(VALUE(&change.old, Anum_plan_citizen)),
				  TextDatumGetCString(VALUE(&change.new, Anum_plan_citizen)));
	if (!same_value(desc, Anum_plan_citizen, &change.old, &change.new))
		guard_renumbering(&change);
	else if (step)
	{
		guard_step(&change);
		if (strcmp(change.new_status, "consented") == 0 || strcmp(change.new_status, "active") == 0)
			guard_demands(&change);
		if (msb_plan_openness(change.new_status) > 0 && msb_plan_openness(change.old_status) == 0)
			guard_reopening(&change);
		set_column(&change, Anum_plan_status_since, TimestampTzGetDatum(msb_clock()), false);
		/* a reason that the statement did not set belongs to the former status */
		if (same_value(desc, Anum_plan_status_reason, &change.old, &change.new))
			set_column(&change, Anum_plan_status_reason, (Datum) 0, true);
	}
	else
		set_column(&change, Anum_plan_status_since, VALUE(&change.old, Anum_plan_status_since), false);
	guard_coordinator(&change);
	return heap_modify_tuple_by_cols(new, desc, change.nset, change.columns, change.values, change.nulls);
}

/* plan_guard(): BEFORE INSERT, UPDATE, DELETE, row, on plan. */
PG_FUNCTION_INFO_V1(msb_plan_guard);
Datum
msb_plan_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = msb_row_trigger(fcinfo, "plan_guard", true, MSB_ON_INSERT | MSB_ON_UPDATE | MSB_ON_DELETE | MSB_OWN_TABLE);
	Relation	rel;

	rel = trigdata->tg_relation;
	if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		return PointerGetDatum(guard_insert(rel, trigdata->tg_trigtuple));
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		return PointerGetDatum(guard_update(rel, trigdata->tg_trigtuple, trigdata->tg_newtuple));
	/* only erasure deletes plans, a function that runs as the owner; nobody deletes one by hand */
	if (!InLocalUserIdChange() || GetUserId() != rel->rd_rel->relowner)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a plan cannot be deleted"),
				 errhint("Set its status to entered_in_error: the row stays.")));
	{
		bool		isnull;

		lock_citizens(TextDatumGetCString(heap_getattr(trigdata->tg_trigtuple, Anum_plan_citizen,
													   RelationGetDescr(rel), &isnull)), NULL);
	}
	return PointerGetDatum(trigdata->tg_trigtuple);
}
