/*
 * noted_rows.h: walking over the rows behind the notes, and noting cases that a function names.
 */
#ifndef MSB_NOTED_ROWS_H
#define MSB_NOTED_ROWS_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "utils/array.h"

#include "work/row_notes.h"

/* Called with the row of a note in the slot; false: pass over the rest of the relation's notes. */
typedef bool (*MsbNoteFunction) (Relation rel, TupleTableSlot *slot, const MsbNote *note, void *arg);

extern ItemPointerData msb_newest_version(Relation rel, const ItemPointerData *tid);
extern void msb_walk_notes(MsbNote *notes, int count, MsbNoteKind kind, MsbNoteFunction function,
						   void *arg);
extern void msb_undo_notes(const MsbNote *notes, int count);
extern bool msb_version_lives(Relation rel, ItemPointer tid);
extern char **msb_note_keys(const char *name, ArrayType *keys, uint64 *gone_count);
extern void msb_note_open_cases(const char *citizen);

#endif							/* MSB_NOTED_ROWS_H */
