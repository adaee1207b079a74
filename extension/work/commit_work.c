/*
 * commit_work.c: the deferred trigger, which judges, refuses and keeps the ledger.
 *
 * msb_org_map notes rows as they are written; the first firing of msb_org_area
 * at commit does all that is noted, and the others find nothing left.  A row
 * whose note is missing (another BEFORE trigger changed it, or the constraint
 * was set immediate) is done when its own event fires.
 *
 * The order of the work is the order of its locks: rows that cases refer to,
 * ascending, then citizens, ascending; only then the ledger and the parents are
 * read, as they are now.  So of two transactions that concern one
 * citizen the second sees all that the first did, at every isolation level.
 * Old versions come last: a key that lives on in another row has been judged.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "storage/itemptr.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/snapshot.h"

#include "base/msb_org.h"
#include "base/messages.h"
#include "base/settings.h"
#include "base/query.h"
#include "structure/finding.h"
#include "cases/case_map.h"
#include "cases/case_table.h"
#include "cases/judge.h"
#include "cases/override.h"
#include "ledger/citizen_lock.h"
#include "ledger/ledger.h"
#include "ledger/ledger_write.h"
#include "plans/need.h"
#include "plans/coordination.h"
#include "work/row_notes.h"
#include "work/noted_rows.h"
#include "work/area_update.h"
#include "work/parent_work.h"
#include "work/commit_work.h"

/* What one round of the work carries along. */
typedef struct Work
{
	const char *origin;
	int			round;
	DateADT		on_date;
	MsbLedger  *ledger;
	MsbAreaUpdates *updates;
	int64		moved;
	MsbLockSet	citizens;		/* whose locks it takes */
	MsbChangedCitizens *changed;		/* whose cases together are to be looked at */
	bool		dry;			/* nothing is written: */
	bool		wanted;			/* an area would have been */
	const MsbNote *notes;		/* all of them, */
	bool	   *unchanged;		/* and about which there is nothing to do */
} Work;

/* Add the lock that a case needs. */
static void
lock_case(MsbLockSet *set, const MsbCaseTable *ct, TupleTableSlot *slot)
{
	const char *citizen = msb_slot_citizen(ct, slot, GetLatestSnapshot());
	char	   *key = citizen[0] != '\0' ? NULL : msb_slot_text(&ct->key, slot);

	/* without a key it is no case */
	if (citizen[0] != '\0' || key != NULL)
		msb_lock_add_case(set, citizen, ct->name, key);
}

static bool
add_citizen_lock(Relation rel, TupleTableSlot *slot, const MsbNote *note, void *arg)
{
	/* of 10,000 citizens there is hardly a lock that none needs */
	if (msb_lock_all(arg))
		return false;
	lock_case(arg, msb_case_table(rel), slot);
	return true;
}

/* A case that is gone: its citizen may be gone from the parent too, but stands in the ledger. */
static bool
add_ledger_lock(Relation rel, TupleTableSlot *slot, const MsbNote *note, void *arg)
{
	Work	   *work = arg;
	const MsbCaseTable *ct = msb_case_table(rel);
	char	   *key;

	if (msb_lock_all(&work->citizens))
		return false;
	lock_case(&work->citizens, ct, slot);
	if (ct->parent_citizen && (key = msb_slot_text(&ct->key, slot)) != NULL)
		msb_ledger_add_lock(work->ledger, ct->name, key, &work->citizens);
	return true;
}

static bool
add_parent_lock(Relation rel, TupleTableSlot *slot, const MsbNote *note, void *arg)
{
	const MsbCaseTable *ct = msb_case_table(rel);
	char	   *ref;

	if (ct->parent.attno == InvalidAttrNumber)
		return false;
	ref = msb_slot_text(&ct->parent, slot);
	if (ref != NULL)
		msb_lock_add(arg, ref);
	return true;
}

/* What to do about a case that cannot be judged. */
static int
hint_of(const char *finding)
{
	if (strcmp(finding, MSB_FINDING_UNKNOWN_LABEL) == 0)
		return errhint("Correct the case, or have the value mapped with an alias (msb_org.alias).");
	if (strcmp(finding, MSB_FINDING_MISSING_LABEL) == 0)
		return errhint("Give the case a value, or map the facet to a column or a constant with msb_org.remap().");
	if (strcmp(finding, MSB_FINDING_GAP) == 0 || strcmp(finding, MSB_FINDING_CONFLICT) == 0 ||
		strcmp(finding, MSB_FINDING_NO_STRUCTURE) == 0)
		return errhint("Ask the structure's administrator: msb_org.explain_area() shows the rules, msb_org.adopt() puts a structure in force.");
	if (strcmp(finding, MSB_FINDING_NO_PARENT) == 0)
		return errhint("Let the case refer to a row that exists, by a foreign key that is in place.");
	return errhint("Correct the citizen's number or birth date.");
}

/* Refuse what stands in the row: an error of a constraint, at the table's name. */
static void
refuse(Relation rel, const MsbCaseTable *ct, const MsbAnswer *answer)
{
	/* a uuid is no CPR number, whatever its digits */
	const char *key = ct->key.type == UUIDOID ? answer->case_key : msb_printable(answer->case_key);

	if (answer->unit == NULL)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("case %s of \"%s\" cannot be judged: %s", key, ct->name, msb_reason_message(answer)),
				 errdetail("Finding: %s.", answer->finding),
				 hint_of(answer->finding),
				 errtable(rel), err_generic_string(PG_DIAG_CONSTRAINT_NAME, "msb_org_area")));
	ereport(ERROR,
			(msb_hide_values(NULL),
			 errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("area \"%s\" is not responsible for case %s of \"%s\"",
					msb_printable(answer->area), key, ct->name),
			 answer->rule == NULL ?
			 errdetail("An override makes \"%s\" responsible.", answer->unit) :
			 errdetail("Rule %s of %s#%d makes \"%s\" responsible.",
					   answer->rule, answer->structure, answer->revision, answer->unit),
			 errhint("Leave the area out to have it filled in, correct the other values of the case, or give the case to another unit with msb_org.override()."),
			 errtablecol(rel, ct->area.attno),
			 err_generic_string(PG_DIAG_CONSTRAINT_NAME, "msb_org_area")));
}

static bool
is_finding(const char *finding, const char *wanted)
{
	return finding != NULL && strcmp(finding, wanted) == 0;
}

/*
 * A citizen's cases changed.  The lock is held, but for a citizen whom the ledger
 * names and the row does not, and did not when it was noted: after work with the
 * triggers disabled.
 */
static void
citizen_changed(Work *work, const char *citizen, bool has_open)
{
	MsbLockSet	lock = {0};

	if (citizen == NULL || citizen[0] == '\0')
		return;
	if (!msb_lock_in(&work->citizens, citizen))
	{
		msb_lock_add(&work->citizens, citizen);
		msb_lock_add(&lock, citizen);
		msb_lock_take(MSB_LOCK_CITIZEN, &lock);
	}
	msb_citizen_changed(work->changed, citizen, has_open);
}

/*
 * Have an area written.  Where that runs what is gathered, an application's triggers
 * run, and where constraints are immediate this work too, for the rows that come of
 * it: so what is pending of the ledger stands there before, and is read anew after.
 */
static void
write_area(Work *work, const MsbCaseTable *ct, ItemPointer tid, const MsbAnswer *answer)
{
	if (msb_area_updates_full(work->updates, ct))
	{
		msb_ledger_flush(work->ledger);
		(void) msb_area_updates_flush(work->updates);
	}
	msb_area_update(work->updates, ct, tid, answer->case_key, answer->unit);
}

/* Judge one live row and bring the ledger and the area column to the answer. */
static bool
judge_row(Relation rel, TupleTableSlot *slot, const MsbNote *note, void *arg)
{
	Work	   *work = arg;
	const MsbCaseTable *ct = msb_case_table(rel);
	const char *origin = work->origin;
	bool		by_statement = strcmp(origin, MSB_ORIGIN_WRITE) == 0;
	const char *given = NULL;
	bool		stale = false;
	MsbAnswer	answer;
	MsbLedgerCase stands;
	int			did;

	msb_judge(ct, slot, work->on_date, GetLatestSnapshot(), &answer);
	if (answer.case_key == NULL)
		return true;
	msb_ledger_read(work->ledger, ct->name, answer.case_key, &stands);
	if (answer.open && (stands.is_override || strcmp(origin, MSB_ORIGIN_OVERRIDE) == 0))
	{
		if (msb_apply_override(ct, &answer, work->on_date))
			origin = MSB_ORIGIN_OVERRIDE;
		else if (strcmp(origin, MSB_ORIGIN_OVERRIDE) == 0)
			origin = MSB_ORIGIN_REASSIGN;
	}

	if (answer.open && answer.unit == NULL)
	{
		if (ct->mode == MSB_ENFORCE && by_statement)
			refuse(rel, ct, &answer);
		if (ct->area.attno != InvalidAttrNumber)
			given = answer.area != NULL ? answer.area : "";
	}
	else if (answer.open && ct->area.attno != InvalidAttrNumber &&
			 (answer.area == NULL || strcmp(answer.area, answer.unit) != 0))
	{
		/* a row that moved to another partition was inserted with the area that the case had */
		bool		carried = work->round <= MSB_MOST_ROUNDS && stands.open && stands.unit != NULL && answer.area != NULL &&
			strcmp(stands.unit, answer.area) == 0;
		/* what was given and kept stays given for the jobs, and where nothing is written */
		bool		was_given = answer.area != NULL && !carried &&
			(msb_was_given(ct->name, answer.case_key, answer.area) ||
			 ((ct->mode == MSB_OBSERVE || !by_statement) &&
			  is_finding(stands.finding, MSB_FINDING_WRONG_AREA) &&
			  stands.given != NULL && strcmp(stands.given, answer.area) == 0));

		given = answer.area != NULL ? answer.area : "";
		if (was_given)
		{
			if (ct->mode == MSB_ENFORCE && by_statement)
				refuse(rel, ct, &answer);
			answer.finding = MSB_FINDING_WRONG_AREA;
			if (strcmp(origin, MSB_ORIGIN_OVERRIDE) != 0)
				answer.reason = "the application gave another area than the rule";
		}
		else if (ct->mode != MSB_OBSERVE && msb_area_of_unit(ct, answer.unit) != NULL)
		{
			stale = true;
			/* stale by a statement, and written in consequence: nobody gave it */
			if (by_statement)
				given = NULL;
		}
	}
	did = msb_ledger_write(work->ledger, ct->name, &stands, &answer, origin, given,
						   given == NULL && ct->mode != MSB_OBSERVE);
	if (work->dry)
	{
		work->wanted = stale;
		return true;
	}
	if (stale)
		write_area(work, ct, &slot->tts_tid, &answer);
	if (did & MSB_LEDGER_MOVED)
		work->moved++;
	/* what stands in many cases instead of a number is nobody */
	if (is_finding(answer.finding, MSB_FINDING_NO_CPR) && (!stands.open || is_finding(stands.finding, MSB_FINDING_NO_CPR)))
		return true;
	/* a birthday may be another duty's, though the area stays */
	if (did != 0 || strcmp(work->origin, MSB_ORIGIN_DUE) == 0)
	{
		citizen_changed(work, answer.citizen, answer.open);
		citizen_changed(work, stands.citizen, false);
	}
	return true;
}

/* The same without writing: whether there is anything to do about it. */
static bool
judge_dry(Relation rel, TupleTableSlot *slot, const MsbNote *note, void *arg)
{
	Work	   *work = arg;

	work->wanted = false;
	(void) judge_row(rel, slot, note, work);
	work->unchanged[note - work->notes] = !(msb_ledger_wanted(work->ledger) || work->wanted);
	return true;
}

/*
 * Which rows reassign would leave as they are, they, the ledger and all that
 * follows from it, as far as can be told without a lock.  What another session
 * writes meanwhile it judges itself.
 */
void
msb_find_unchanged(MsbNote *notes, int count, bool *unchanged)
{
	Work		work = {.dry = true, .origin = MSB_ORIGIN_REASSIGN, .on_date = msb_current_date(),
	.notes = notes, .unchanged = unchanged};

	memset(unchanged, false, count * sizeof(bool));
	work.ledger = msb_ledger_open_dry(count);
	msb_walk_notes(notes, count, MSB_NOTE_ASKED, judge_dry, &work);
	msb_ledger_close(work.ledger);
}

/* Whether a row with this key lives in the case table. */
static bool
key_lives(const MsbCaseTable *ct, Datum key)
{
	Relation	root = table_open(ct->root, AccessShareLock);
	const MsbCaseTable *of_root = msb_case_table(root);
	char	   *query = psprintf("SELECT 1 FROM %s t WHERE t.%s OPERATOR(pg_catalog.=) $1",
								 msb_table_name(root), msb_column_name(root, of_root->key.attno));
	MsbUser		caller;
	bool		lives;

	SPI_connect();
	caller = msb_become(root->rd_rel->relowner);
	if (SPI_execute_snapshot(msb_plan(query, 1, &of_root->key.type), &key, NULL,
							 GetLatestSnapshot(), InvalidSnapshot, false, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for a case of \"%s\"", ct->name);
	msb_become_again(caller);
	lives = SPI_processed > 0;
	SPI_finish();
	table_close(root, NoLock);
	return lives;
}

/* A version that is gone: the case ends unless its key lives on. */
static bool
judge_old_row(Relation rel, TupleTableSlot *slot, const MsbNote *note, void *arg)
{
	Work	   *work = arg;
	const MsbCaseTable *ct = msb_case_table(rel);
	bool		isnull;
	Datum		key = slot_getattr(slot, ct->key.attno, &isnull);

	if (!isnull && !key_lives(ct, key))
		citizen_changed(work, msb_ledger_end(work->ledger, ct->name, msb_column_text(&ct->key, key)), false);
	return true;
}

/*
 * Judge all that is noted.  Notes of parents are turned into notes of the cases
 * that refer to them once the parents' locks are held.  round: 1, and one more where
 * the application's triggers changed what the one before had judged.
 */
static int64
commit_work(const char *origin, int round)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "msb_org commit work",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	/* what a function asks for waits for nothing, and leaves what was written to its own time */
	bool		asked = strcmp(origin, MSB_ORIGIN_WRITE) != 0;
	MsbNoteKind row = asked ? MSB_NOTE_ASKED : MSB_NOTE_ROW;
	MsbNote    *notes[2];
	int			counts[2] = {0, 0};
	MsbLockSet	parents = {0};
	MsbRenumbering *renumberings;
	bool		again;
	Work		work = {.round = round, .on_date = msb_current_date()};

	notes[0] = msb_notes_take(asked, &counts[0]);
	/* who decides has a number before, so that reassign_due knows whom to wait for */
	if (counts[0] > 0)
		(void) GetTopTransactionId();
	msb_lock_children(notes[0], counts[0]);
	msb_walk_notes(notes[0], counts[0], row, add_parent_lock, &parents);
	msb_add_parent_locks(notes[0], counts[0], &parents);
	msb_lock_take(MSB_LOCK_PARENT, &parents);

	msb_note_children(notes[0], counts[0]);
	renumberings = msb_find_renumberings(notes[0], counts[0], &work.citizens);
	/* what is noted by now, but by a function that asks, are cases of those parents */
	notes[1] = asked ? NULL : msb_notes_take(false, &counts[1]);
	work.ledger = msb_ledger_open((int64) counts[0] + counts[1]);
	for (int i = 0; i < 2; i++)
	{
		msb_walk_notes(notes[i], counts[i], row, add_citizen_lock, &work.citizens);
		msb_walk_notes(notes[i], counts[i], MSB_NOTE_OLD_ROW, add_ledger_lock, &work);
	}
	msb_lock_take(MSB_LOCK_CITIZEN, &work.citizens);

	work.updates = msb_area_updates(row, round);
	work.changed = msb_changed_citizens();
	msb_renumber(renumberings, work.ledger);
	for (MsbRenumbering *r = renumberings; r != NULL; r = r->next)
	{
		msb_citizen_changed(work.changed, r->old_citizen, false);
		msb_citizen_changed(work.changed, r->new_citizen, false);
	}
	for (int i = 0; i < 2; i++)
	{
		work.origin = i == 0 ? origin : MSB_ORIGIN_PARENT;
		msb_walk_notes(notes[i], counts[i], row, judge_row, &work);
		msb_walk_notes(notes[i], counts[i], MSB_NOTE_OLD_ROW, judge_old_row, &work);
	}
	msb_ledger_close(work.ledger);
	(void) msb_coordinate_and_judge(work.changed, work.on_date, MSB_OPEN_NEW, false);
	if (msb_notes_rolled_back())
		for (int i = 0; i < 2; i++)
			msb_undo_notes(notes[i], counts[i]);
	again = msb_area_updates_flush(work.updates);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	/* what counts as given is not written again, and of what was missed the first is written now */
	if (again)
		work.moved += commit_work(origin, round + 1);
	return work.moved;
}

/*
 * Look at what the cases of these citizens together call for, and judge the open cases
 * of those to whom a primary challenge came.  How many plans opened.
 */
int64
msb_coordinate_and_judge(MsbChangedCitizens *changed, DateADT on_date, MsbOpening opening, bool asked)
{
	List	   *to_judge;
	int64		opened = msb_coordinate(changed, on_date, opening, asked, &to_judge);
	ListCell   *lc;

	foreach(lc, to_judge)
	{
		msb_note_open_cases(lfirst(lc));
		(void) msb_commit_work(MSB_ORIGIN_REASSIGN);
	}
	return opened;
}

/* Judge all that is noted, from the first round on; returns how many cases moved. */
int64
msb_commit_work(const char *origin)
{
	return commit_work(origin, 1);
}
