/*
 * row_notes.h: notes of the rows that the work at commit has to look at.
 */
#ifndef MSB_ROW_NOTES_H
#define MSB_ROW_NOTES_H

#include "postgres.h"

#include "storage/itemptr.h"
#include "utils/relcache.h"

/* The kind of a note. */
typedef enum MsbNoteKind
{
	MSB_NOTE_ROW,				/* the row of a case, as it was written */
	MSB_NOTE_OLD_ROW,			/* a version of one that was deleted, or had another key or citizen */
	MSB_NOTE_PARENT,			/* a row that cases refer to, as it was written */
	MSB_NOTE_OLD_PARENT,		/* a version of one that had another citizen */
	MSB_NOTE_ASKED				/* the row of a case that a function is to judge */
} MsbNoteKind;

#define MSB_NOTE_IS_OLD(kind) ((kind) == MSB_NOTE_OLD_ROW || (kind) == MSB_NOTE_OLD_PARENT)

/* A row that may need work, by its place. */
typedef struct MsbNote
{
	Oid			relid;
	ItemPointerData tid;
	uint16		kind;			/* an MsbNoteKind */
} MsbNote;

extern void msb_notes_forget(Oid relid);
extern void msb_notes_about(Relation rel);
extern bool msb_note_row(Oid relid, ItemPointer tid, MsbNoteKind kind);
extern bool msb_note_known(Oid relid, ItemPointer tid, MsbNoteKind kind);
extern bool msb_notes_rolled_back(void);
extern void msb_note_undo(Oid relid, ItemPointer tid, MsbNoteKind kind);
extern void msb_note_done(Oid relid, ItemPointer tid, MsbNoteKind kind);
extern void msb_note_again(Oid relid, ItemPointer tid, MsbNoteKind kind);
extern void msb_note_found(MsbNoteKind kind);
extern MsbNote *msb_notes_take(bool asked, int *count);
extern void msb_note_given(const char *case_table, const char *case_key, const char *area);
extern void msb_note_stale(const char *case_table, const char *case_key, const char *area);
extern bool msb_was_given(const char *case_table, const char *case_key, const char *area);

#endif							/* MSB_ROW_NOTES_H */
