/*
 * parent_work.h: changes of rows that cases refer to, and of citizens' keys.
 */
#ifndef MSB_PARENT_WORK_H
#define MSB_PARENT_WORK_H

#include "postgres.h"

#include "commands/trigger.h"
#include "executor/spi.h"

#include "ledger/ledger.h"
#include "work/row_notes.h"

/* A change of a citizen's key: a list of them, by next. */
typedef struct MsbRenumbering
{
	struct MsbRenumbering *next;
	char	   *old_citizen;
	char	   *new_citizen;
	const char *reason;
	bool		stated;			/* somebody stated it: it holds for all rows of the ledger */
	List	   *cases;			/* else found in a parent row: MsbCaseRef, the cases that refer to it */
} MsbRenumbering;

extern bool msb_is_parent_trigger(Trigger *trigger);
extern bool msb_note_parent_event(TriggerData *trigdata);
extern void msb_lock_children(MsbNote *notes, int count);
extern void msb_add_parent_locks(MsbNote *notes, int count, MsbLockSet *set);
extern void msb_note_children(MsbNote *notes, int count);
extern MsbRenumbering *msb_find_renumberings(MsbNote *notes, int count, MsbLockSet *set);
extern int64 msb_renumber(const MsbRenumbering *renumberings, MsbLedger *ledger);

#endif							/* MSB_PARENT_WORK_H */
