/*
 * parent_work.c: the work at commit for changed rows that cases refer to (parent rows).
 *
 * Several case tables may refer to one table.  Each has two triggers of its own on it:
 * msb_org_parent_map_N notes a changed row, msb_org_parent_N does the work at commit.  If
 * the birth date or the key changed, every case that refers to the row is noted.  If the
 * citizen's key changed, the citizen's rows in the ledger also go to the new key.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "storage/itemptr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/snapshot.h"

#include "base/settings.h"
#include "base/catalog.h"
#include "base/query.h"
#include "types/person.h"
#include "cases/case_map.h"
#include "cases/read_map.h"
#include "cases/case_table.h"
#include "ledger/citizen_lock.h"
#include "ledger/ledger.h"
#include "ledger/ledger_write.h"
#include "work/row_notes.h"
#include "work/noted_rows.h"
#include "work/parent_work.h"

#define PARENT_TRIGGER "msb_org_parent_"

/* Return whether a trigger is one of those on a table that cases refer to. */
bool
msb_is_parent_trigger(Trigger *trigger)
{
	return strncmp(trigger->tgname, PARENT_TRIGGER, strlen(PARENT_TRIGGER)) == 0;
}

/*
 * Note a changed parent row; returns false if no column changed that judging reads, or if
 * the row is done.
 */
bool
msb_note_parent_event(TriggerData *trigdata)
{
	Relation	rel = trigdata->tg_relation;
	const MsbParentTable *parent;
	TupleTableSlot *old = trigdata->tg_trigslot;
	TupleTableSlot *new = trigdata->tg_newslot;
	bool		noted;

	if (!TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		return false;
	parent = msb_parent_table(rel, trigdata->tg_trigger->tgargs[0]);
	if (!msb_column_changed(&parent->ref, old, new) &&
		!msb_column_changed(&parent->citizen, old, new) &&
		!msb_column_changed(&parent->birth, old, new))
		return false;
	msb_notes_about(rel);
	noted = msb_note_row(RelationGetRelid(rel), &new->tts_tid, MSB_NOTE_PARENT);
	if (msb_column_changed(&parent->citizen, old, new))
		noted |= msb_note_row(RelationGetRelid(rel), &old->tts_tid, MSB_NOTE_OLD_PARENT);
	return noted;
}

/* A case table that refers to a parent row, for the functions below. */
typedef struct Child
{
	Relation	rel;			/* the attached relation */
	const MsbCaseTable *ct;
	char	   *ref;			/* the parent row's key, as text */
	Oid			ref_type;
	char	   *old_citizen;	/* the citizen in the version that was noted */
	char	   *new_citizen;	/* if that is an old one: the citizen in the live version, */
	char	   *new_ref;		/* and its key */
} Child;

typedef void (*ChildFunction) (const Child *child, void *arg);

/* Arguments of walk_children(). */
typedef struct ChildWalk
{
	ChildFunction function;
	void	   *arg;
} ChildWalk;

/* Fetch the live version of a row from the place of an old one; false if the row is gone. */
static bool
fetch_live(Relation rel, const ItemPointerData *old, TupleTableSlot *slot)
{
	TableScanDesc scan = table_beginscan_tid(rel, SnapshotSelf);
	ItemPointerData tid = *old;

	table_tuple_get_latest_tid(scan, &tid);
	table_endscan(scan);
	return table_tuple_fetch_row_version(rel, &tid, SnapshotSelf, slot);
}

/*
 * Return whether a foreign key leads from a table to the one with these triggers.  The
 * server has triggers of its own for one, which nobody can make by hand.  So a forged map
 * trigger cannot even have a case table locked.
 */
static bool
is_referred_to(const TriggerDesc *trigdesc, Oid from)
{
	for (int i = 0; i < trigdesc->numtriggers; i++)
		if (trigdesc->triggers[i].tgisinternal && trigdesc->triggers[i].tgconstrrelid == from)
			return true;
	return false;
}

/*
 * Call a ChildFunction for every case table that refers to the parent row of a note; an
 * MsbNoteFunction.
 */
static bool
walk_children(Relation rel, TupleTableSlot *slot, const MsbNote *note, void *arg)
{
	ChildWalk  *walk = arg;
	/* a copy, since catalog look-ups may replace the relcache's */
	TriggerDesc *trigdesc = CopyTriggerDesc(rel->trigdesc);
	TupleTableSlot *live = NULL;

	if (note->kind == MSB_NOTE_OLD_PARENT)
	{
		live = table_slot_create(rel, NULL);
		if (!fetch_live(rel, &note->tid, live))
		{
			ExecDropSingleTupleTableSlot(live);
			return true;
		}
	}
	for (int i = 0; trigdesc != NULL && i < trigdesc->numtriggers; i++)
	{
		Trigger    *trigger = &trigdesc->triggers[i];
		const MsbParentTable *parent;
		Child		child;
		Oid			relid;

		if (strncmp(trigger->tgname, MSB_PARENT_MAP_TRIGGER, strlen(MSB_PARENT_MAP_TRIGGER)) != 0 ||
			trigger->tgnargs != 2)
			continue;
		parent = msb_parent_table(rel, trigger->tgargs[0]);
		relid = msb_case_table_relation(parent->name);
		child.rel = OidIsValid(relid) && is_referred_to(trigdesc, relid) ?
			try_relation_open(relid, RowExclusiveLock) : NULL;
		if (child.rel == NULL)
			continue;
		child.ct = msb_case_table(child.rel);
		child.ref = msb_slot_text(&parent->ref, slot);
		child.ref_type = parent->ref.type;
		child.old_citizen = msb_slot_text(&parent->citizen, slot);
		child.new_citizen = live != NULL ? msb_slot_text(&parent->citizen, live) : NULL;
		child.new_ref = live != NULL ? msb_slot_text(&parent->ref, live) : NULL;
		/* a copy of the parent table may carry its triggers */
		if (child.ref != NULL && child.ct->parent_query != NULL &&
			msb_belongs_to(rel, child.ct->parent_root))
			walk->function(&child, walk->arg);
		relation_close(child.rel, NoLock);
	}
	if (live != NULL)
		ExecDropSingleTupleTableSlot(live);
	return true;
}

/* Call a function for every case table that refers to the parent row of any note of a kind. */
static void
for_children(MsbNote *notes, int count, MsbNoteKind kind, ChildFunction function, void *arg)
{
	ChildWalk	walk = {.function = function, .arg = arg};

	msb_walk_notes(notes, count, kind, walk_children, &walk);
}

/*
 * Run a query on the cases that refer to a parent row with a key, as their table's owner;
 * leaves SPI connected, with the result.
 */
static void
query_children(const Child *child, const char *row_ref, const char *columns, const char *rest)
{
	Relation	rel = child->rel;
	/* the parent column's type: that of the referring column may be narrower */
	Oid			type = child->ref_type;
	char	   *query;
	Datum		ref;
	MsbUser		caller;

	SPI_connect();
	ref = msb_text_datum(type, -1, row_ref);
	query = psprintf("SELECT %s FROM %s t WHERE t.%s OPERATOR(pg_catalog.=) $1%s",
					 columns, msb_table_only(rel), msb_column_name(rel, child->ct->parent.attno), rest);
	caller = msb_become(rel->rd_rel->relowner);
	if (SPI_execute_snapshot(msb_plan(query, 1, &type), &ref, NULL,
							 GetLatestSnapshot(), InvalidSnapshot, false, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for the cases of \"%s\"", child->ct->name);
	msb_become_again(caller);
}

/*
 * Lock the rows of a case table that refer to a parent row, if their area may have to be
 * written.
 */
static void
lock_children_of(const Child *child, void *arg)
{
	if (child->ct->area.attno == InvalidAttrNumber || child->ct->mode == MSB_OBSERVE)
		return;
	query_children(child, child->ref, "t.tableoid, t.ctid", " FOR NO KEY UPDATE");
	SPI_finish();
}

/*
 * Lock the rows that refer to changed parent rows, before any advisory lock is taken:
 * a session that writes such a row has locked it, too, before its commit work takes the
 * advisory locks.
 */
void
msb_lock_children(MsbNote *notes, int count)
{
	for_children(notes, count, MSB_NOTE_PARENT, lock_children_of, NULL);
}

/* Add the lock of a parent row to a set. */
static void
add_ref(const Child *child, void *arg)
{
	msb_lock_add(arg, child->ref);
}

/* Add the locks of all parent rows that are noted. */
void
msb_add_parent_locks(MsbNote *notes, int count, MsbLockSet *set)
{
	for_children(notes, count, MSB_NOTE_PARENT, add_ref, set);
	for_children(notes, count, MSB_NOTE_OLD_PARENT, add_ref, set);
}

/* Note the cases of a case table that refer to a parent row. */
static void
note_children_of(const Child *child, void *arg)
{
	query_children(child, child->ref, "t.tableoid, t.ctid", "");
	msb_note_found(MSB_NOTE_ROW);
	SPI_finish();
}

/* Note every case that refers to a changed parent row; the locks of the parent rows are held. */
void
msb_note_children(MsbNote *notes, int count)
{
	for_children(notes, count, MSB_NOTE_PARENT, note_children_of, NULL);
}

/* Arguments of find_renumbering(). */
typedef struct RenumberingSearch
{
	MemoryContext context;
	MsbRenumbering *first;		/* found so far */
	MsbLockSet *locks;			/* the citizens' locks are added here */
} RenumberingSearch;

/*
 * Take in the change of a citizen's key in a parent row, with the cases of one table that
 * refer to it.
 */
static void
find_renumbering(const Child *child, void *arg)
{
	RenumberingSearch *search = arg;
	MsbRenumbering *renumbering;
	char	   *old_citizen;
	char	   *new_citizen;
	MemoryContext old;

	if (!child->ct->parent_citizen || child->old_citizen == NULL || child->new_citizen == NULL ||
		child->new_ref == NULL)
		return;
	old_citizen = msb_citizen_key(child->old_citizen);
	new_citizen = msb_citizen_key(child->new_citizen);
	if (old_citizen[0] == '\0' || new_citizen[0] == '\0' || strcmp(old_citizen, new_citizen) == 0)
		return;
	for (renumbering = search->first; renumbering != NULL; renumbering = renumbering->next)
		if (strcmp(renumbering->old_citizen, old_citizen) == 0 &&
			strcmp(renumbering->new_citizen, new_citizen) == 0)
			break;
	if (renumbering == NULL)
	{
		old = MemoryContextSwitchTo(search->context);
		renumbering = palloc0_object(MsbRenumbering);
		renumbering->old_citizen = pstrdup(old_citizen);
		renumbering->new_citizen = pstrdup(new_citizen);
		renumbering->reason = "the citizen's key changed in the table that cases refer to";
		renumbering->next = search->first;
		search->first = renumbering;
		MemoryContextSwitchTo(old);
		msb_lock_add(search->locks, old_citizen);
		msb_lock_add(search->locks, new_citizen);
	}

	/* only the cases that refer to the row: other rows may have the old key too */
	query_children(child, child->new_ref,
				   psprintf("t.%s", msb_column_name(child->rel, child->ct->key.attno)), "");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Datum		value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
		MsbCaseRef *ref;

		if (isnull)
			continue;
		old = MemoryContextSwitchTo(search->context);
		ref = palloc_object(MsbCaseRef);
		ref->case_table = pstrdup(child->ct->name);
		ref->case_key = msb_column_text(&child->ct->key, value);
		renumbering->cases = lappend(renumbering->cases, ref);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
}

/*
 * Find the citizens whose key changed in a parent row, as a list; their locks, by both keys,
 * are added to a set.
 */
MsbRenumbering *
msb_find_renumberings(MsbNote *notes, int count, MsbLockSet *set)
{
	RenumberingSearch search = {.context = CurrentMemoryContext, .locks = set};

	for_children(notes, count, MSB_NOTE_OLD_PARENT, find_renumbering, &search);
	return search.first;
}

/*
 * Move the handovers of cases to the key that the cases' rows in the ledger have; those of
 * plans follow the plan (carry_over.c).  SQL, so as to see the newest rows: see there.
 */
static void
carry_handovers(const MsbRenumbering *r)
{
	static const Oid types[4] = {TEXTOID, TEXTOID, TEXTARRAYOID, TEXTARRAYOID};
	Datum		args[4] = {CStringGetTextDatum(r->old_citizen), CStringGetTextDatum(r->new_citizen)};
	Datum	   *tables = palloc_array(Datum, Max(1, list_length(r->cases)));
	Datum	   *keys = palloc_array(Datum, Max(1, list_length(r->cases)));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, r->cases)
	{
		MsbCaseRef *ref = lfirst(lc);

		tables[n] = CStringGetTextDatum(ref->case_table);
		keys[n++] = CStringGetTextDatum(ref->case_key);
	}
	args[2] = PointerGetDatum(construct_array(tables, n, TEXTOID, -1, false, TYPALIGN_INT));
	args[3] = PointerGetDatum(construct_array(keys, n, TEXTOID, -1, false, TYPALIGN_INT));
	if (SPI_execute_snapshot(msb_plan("UPDATE msb_org.handover h SET citizen = $2"
									  " WHERE h.citizen OPERATOR(pg_catalog.=) $1 AND h.case_table OPERATOR(pg_catalog.<>) ''"
									  " AND (pg_catalog.cardinality($3) OPERATOR(pg_catalog.=) 0 OR EXISTS (SELECT 1"
									  " FROM ROWS FROM (pg_catalog.unnest($3), pg_catalog.unnest($4)) AS u (case_table, case_key)"
									  " WHERE u.case_table OPERATOR(pg_catalog.=) h.case_table AND u.case_key OPERATOR(pg_catalog.=) h.case_key))"
									  " AND NOT EXISTS (SELECT 1 FROM msb_org.handover o WHERE o.citizen OPERATOR(pg_catalog.=) $2"
									  " AND o.case_table OPERATOR(pg_catalog.=) h.case_table AND o.case_key OPERATOR(pg_catalog.=) h.case_key"
									  " AND o.planned OPERATOR(pg_catalog.=) h.planned)", 4, types),
							 args, NULL, GetLatestSnapshot(), InvalidSnapshot, false, true, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not carry handovers over");
}

/*
 * Carry the rows of the ledger over to new keys, and record each change; returns how many
 * rows.  The citizens' locks are held.  A change without rows is not recorded: a parent
 * had the key only within the transaction, or nobody has it.
 */
int64
msb_renumber(const MsbRenumbering *renumberings, MsbLedger *ledger)
{
	const MsbRenumbering *r;
	int64		total = 0;

	for (r = renumberings; r != NULL; r = r->next)
	{
		Oid			types[4] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID};
		Datum		args[4];
		MsbUser		caller;
		int64		count = msb_ledger_renumber(ledger, r->old_citizen, r->new_citizen,
													r->stated, r->cases);

		total += count;
		if (count == 0)
			continue;
		SPI_connect();
		args[0] = CStringGetTextDatum(r->old_citizen);
		args[1] = CStringGetTextDatum(r->new_citizen);
		args[2] = CStringGetTextDatum(r->reason);
		args[3] = CStringGetTextDatum(msb_current_actor());
		caller = msb_become(msb_extension_owner());
		if (SPI_execute_plan(msb_plan("INSERT INTO msb_org.renumbering (old_citizen, new_citizen, reason, actor)"
									  " VALUES ($1, $2, $3, $4)", 4, types),
							 args, NULL, false, 0) != SPI_OK_INSERT)
			elog(ERROR, "could not record a renumbering");
		carry_handovers(r);
		msb_become_again(caller);
		SPI_finish();
	}
	return total;
}
