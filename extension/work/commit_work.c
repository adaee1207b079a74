/*
 * commit_work.c: the work at commit: takes the locks, judges the noted rows, refuses or
 * writes, and has the citizens looked at.
 *
 * The trigger msb_org_map notes rows as they are written.  The first firing of the deferred
 * trigger msb_org_area does the work of all notes, and the others find nothing left.  A row
 * whose note is missing (another BEFORE trigger changed it, or the constraint was set
 * immediate) is judged when its own event fires.
 *
 * The order of the work is the order of its locks: parent rows, ascending, then citizens,
 * ascending; only then the ledger and the parent rows are read, as they are now.  So of two
 * transactions that concern one citizen the second sees all that the first did, at every
 * isolation level.  Old versions of rows are last: a case whose key is in another row by
 * now has been judged by then.
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
#include "plans/duties_due.h"
#include "plans/changed_citizens.h"
#include "work/row_notes.h"
#include "work/noted_rows.h"
#include "work/area_update.h"
#include "work/parent_work.h"
#include "work/commit_work.h"

/* The state of one round of the work. */
typedef struct Work
{
	const char *origin;			/* for rows of the ledger: MSB_ORIGIN_* */
	int			round;			/* see commit_work() */
	DateADT		on_date;
	MsbLedger  *ledger;
	MsbAreaUpdates *updates;	/* stale areas that are to be written */
	int64		moved;			/* cases that got another unit */
	MsbLockSet	citizens;		/* the citizens' locks that it needs, or has */
	MsbChangedCitizens *changed;	/* citizens whose cases changed */
	bool		dry;			/* a dry run: nothing is written, and for the row at hand */
	bool		wanted;			/* this says whether its area would have been written */
	const MsbNote *notes;		/* those of the dry run, */
	bool	   *unchanged;		/* and for each whether nothing would have been written */
} Work;

/* Add the lock that a case needs, by the citizen that its row and its parent row give. */
static void
lock_case(MsbLockSet *set, const MsbCaseTable *ct, TupleTableSlot *slot)
{
	const char *citizen = msb_slot_citizen(ct, slot, GetLatestSnapshot());
	char	   *key = citizen[0] != '\0' ? NULL : msb_slot_text(&ct->key, slot);

	/* a row with neither is no case */
	if (citizen[0] != '\0' || key != NULL)
		msb_lock_add_case(set, citizen, ct->name, key);
}

/* Add the citizen's lock of a row; an MsbNoteFunction, with the set. */
static bool
add_citizen_lock(Relation rel, TupleTableSlot *slot, const MsbNote *note, void *arg)
{
	/* a load of 10,000 citizens soon needs every lock, and then no row need be looked at */
	if (msb_lock_all(arg))
		return false;
	lock_case(arg, msb_case_table(rel), slot);
	return true;
}

/*
 * Add the locks of an old version of a row, an MsbNoteFunction: also that of the citizen
 * whom the ledger names, since the parent row may be gone too.
 */
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

/* Add the lock of the parent row of a case; an MsbNoteFunction, with the set. */
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

/* Add the hint for a case that cannot be judged, by its finding. */
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

/*
 * Refuse a row: 23514 with the constraint msb_org_area and the application's table, as of
 * its own constraint.
 */
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

/* Return whether a finding, NULL for none, is the wanted one. */
static bool
is_finding(const char *finding, const char *wanted)
{
	return finding != NULL && strcmp(finding, wanted) == 0;
}

/*
 * Have a citizen looked at whose cases changed.  The citizen's lock is held already, with
 * one exception: after writes with triggers disabled the ledger may name another citizen
 * than the row.  That one is locked here, out of order.
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
 * Have an area written.  A flush runs the application's triggers; if constraints are
 * immediate it also runs this work, for the new versions of the rows.  So pending rows of
 * the ledger are written before it, and what is read of it later is read anew.
 */
static void
write_area(Work *work, const MsbCaseTable *ct, ItemPointer tid, const MsbAnswer *answer)
{
	if (msb_area_updates_must_flush(work->updates, ct))
	{
		msb_ledger_flush(work->ledger);
		(void) msb_area_updates_flush(work->updates);
	}
	msb_area_update(work->updates, ct, tid, answer->case_key, answer->unit);
}

/*
 * Apply the override of a case, if the ledger has one of it or a function asks for that.
 * Returns the origin of the row that the ledger is to get.
 */
static const char *
apply_override(const Work *work, const MsbCaseTable *ct, const MsbLedgerCase *recorded, MsbAnswer *answer)
{
	bool		asked = strcmp(work->origin, MSB_ORIGIN_OVERRIDE) == 0;

	if (!answer->open || !(recorded->is_override || asked))
		return work->origin;
	if (msb_apply_override(ct, answer, work->on_date))
		return MSB_ORIGIN_OVERRIDE;
	return asked ? MSB_ORIGIN_REASSIGN : work->origin;
}

/*
 * Return whether the application gave the wrong area that a case has; else it is missing,
 * or stale.
 */
static bool
area_was_given(const Work *work, const MsbCaseTable *ct, const MsbLedgerCase *recorded, const MsbAnswer *answer)
{
	if (answer->area == NULL)
		return false;
	/*
	 * A row that moved to another partition was inserted with the area that the case had:
	 * nobody gave it.
	 */
	if (work->round <= MSB_MOST_ROUNDS && recorded->open && recorded->unit != NULL &&
		strcmp(recorded->unit, answer->area) == 0)
		return false;
	if (msb_was_given(ct->name, answer->case_key, answer->area))
		return true;
	/*
	 * An area that was given and kept stays given for the jobs, and in observe, where
	 * nothing is written.
	 */
	return (ct->mode == MSB_OBSERVE || strcmp(work->origin, MSB_ORIGIN_WRITE) != 0) &&
		is_finding(recorded->finding, MSB_FINDING_WRONG_AREA) &&
		recorded->given != NULL && strcmp(recorded->given, answer->area) == 0;
}

/*
 * Compare the area column of a case with the answer, and refuse a case that the mode does
 * not allow.  An area that was given and is wrong becomes a finding.  Returns whether the
 * area is stale, so that it is to be written.  *given: the column's value for the ledger, a
 * unit, "" if it is empty; NULL if it agrees with the answer, or will when it is written.
 */
static bool
check_area(const Work *work, Relation rel, const MsbCaseTable *ct, const MsbLedgerCase *recorded,
		   const char *origin, MsbAnswer *answer, const char **given)
{
	bool		has_area = ct->area.attno != InvalidAttrNumber;
	bool		by_statement = strcmp(work->origin, MSB_ORIGIN_WRITE) == 0;
	bool		refuses = ct->mode == MSB_ENFORCE && by_statement;
	const char *area = answer->area != NULL ? answer->area : "";

	*given = NULL;
	if (!answer->open)
		return false;
	if (answer->unit == NULL)
	{
		if (refuses)
			refuse(rel, ct, answer);
		if (has_area)
			*given = area;
		return false;
	}
	if (!has_area || (answer->area != NULL && strcmp(answer->area, answer->unit) == 0))
		return false;
	*given = area;
	if (area_was_given(work, ct, recorded, answer))
	{
		if (refuses)
			refuse(rel, ct, answer);
		answer->finding = MSB_FINDING_WRONG_AREA;
		if (strcmp(origin, MSB_ORIGIN_OVERRIDE) != 0)
			answer->reason = "the application gave another area than the rule";
		return false;
	}
	if (ct->mode == MSB_OBSERVE || msb_area_of_unit(ct, answer->unit) == NULL)
		return false;
	/* if a statement made it stale and it is written now, nobody gave it */
	if (by_statement)
		*given = NULL;
	return true;
}

/*
 * Judge one live row, and bring the ledger and the area column to the answer; an
 * MsbNoteFunction.
 */
static bool
judge_row(Relation rel, TupleTableSlot *slot, const MsbNote *note, void *arg)
{
	Work	   *work = arg;
	const MsbCaseTable *ct = msb_case_table(rel);
	const char *origin;
	const char *given;			/* for the ledger, see check_area() */
	bool		stale;			/* the area is out of date, and is to be written */
	MsbAnswer	answer;
	MsbLedgerCase recorded;
	int			did;

	msb_judge(ct, slot, work->on_date, GetLatestSnapshot(), &answer);
	if (answer.case_key == NULL)
		return true;
	msb_ledger_read(work->ledger, ct->name, answer.case_key, &recorded);
	origin = apply_override(work, ct, &recorded, &answer);
	stale = check_area(work, rel, ct, &recorded, origin, &answer, &given);
	did = msb_ledger_write(work->ledger, ct->name, &recorded, &answer, origin, given,
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
	/*
	 * A text that is no CPR number is often the same in many cases (a placeholder):
	 * nobody to coordinate for.
	 */
	if (is_finding(answer.finding, MSB_FINDING_NO_CPR) && (!recorded.open || is_finding(recorded.finding, MSB_FINDING_NO_CPR)))
		return true;
	/* on a birthday another duty may be due, even if the area stays */
	if (did != 0 || strcmp(work->origin, MSB_ORIGIN_DUE) == 0)
	{
		citizen_changed(work, answer.citizen, answer.open);
		citizen_changed(work, recorded.citizen, false);
	}
	return true;
}

/*
 * Judge one live row in a dry run, and find whether anything would be written; an
 * MsbNoteFunction.
 */
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
 * Find the rows about which reassign would write nothing, neither into the row nor into
 * the ledger, as far as that can be seen without a lock.  A row that another session
 * writes meanwhile is judged by that session.
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

/* Return whether the case table has a row with this key. */
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

/* End the case of an old version of a row, unless another row has its key; an MsbNoteFunction. */
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
 * Judge all noted rows; returns how many cases moved to another unit.  Notes of parent rows
 * become notes of the cases that refer to them once the locks of the parent rows are held.
 * round: 1, and one more each time that the application's triggers change rows that the
 * round before had judged.
 */
static int64
commit_work(const char *origin, int round)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "msb_org commit work",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	/*
	 * A function asks: only the rows that it noted are judged, those that statements
	 * wrote at their own time.
	 */
	bool		asked = strcmp(origin, MSB_ORIGIN_WRITE) != 0;
	MsbNoteKind row = asked ? MSB_NOTE_ASKED : MSB_NOTE_ROW;
	MsbNote    *notes[2];		/* written or asked for; then cases of parent rows */
	int			counts[2] = {0, 0};
	MsbLockSet	parents = {0};
	MsbRenumbering *renumberings;
	bool		again;
	Work		work = {.round = round, .on_date = msb_current_date()};

	notes[0] = msb_notes_take(asked, &counts[0]);
	/* a transaction that judges has a number before, so that reassign_due can wait for it */
	if (counts[0] > 0)
		(void) GetTopTransactionId();
	msb_lock_children(notes[0], counts[0]);
	msb_walk_notes(notes[0], counts[0], row, add_parent_lock, &parents);
	msb_add_parent_locks(notes[0], counts[0], &parents);
	msb_lock_take(MSB_LOCK_PARENT, &parents);

	msb_note_children(notes[0], counts[0]);
	renumberings = msb_find_renumberings(notes[0], counts[0], &work.citizens);
	/* all notes that there are by now are of cases of those parent rows */
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

	/*
	 * Another round for the rows that the flush noted again.  If a trigger put in another
	 * area, that one counts as given and stays; if a trigger had rewritten the row before
	 * its turn came, it gets its area now.
	 */
	if (again)
		work.moved += commit_work(origin, round + 1);
	return work.moved;
}

/*
 * Look at the citizens whose cases changed, and judge the open cases of those to whom a
 * primary challenge moved from another key.  Returns how many plans opened.
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

/*
 * Judge all noted rows, from the first round on; returns how many cases moved to another
 * unit.  origin: MSB_ORIGIN_WRITE for rows that statements wrote, else a function asks.
 */
int64
msb_commit_work(const char *origin)
{
	return commit_work(origin, 1);
}
