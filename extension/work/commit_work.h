/*
 * commit_work.h: judging what a transaction wrote.
 */
#ifndef MSB_COMMIT_WORK_H
#define MSB_COMMIT_WORK_H

#include "base/msb_org.h"
#include "work/row_notes.h"

/* What made a row of the ledger. */
#define MSB_ORIGIN_WRITE	"write"
#define MSB_ORIGIN_REASSIGN	"reassign"
#define MSB_ORIGIN_DUE		"due"
#define MSB_ORIGIN_PARENT	"parent"
#define MSB_ORIGIN_OVERRIDE	"override"

/* commit_work.c: judge all noted rows; how many cases moved */
extern int64 msb_commit_work(const char *origin);
extern bool msb_version_lives(Relation rel, ItemPointer tid);

/* which of these rows reassign would leave as they are */
extern void msb_find_settled(MsbNote *notes, int count, bool *settled);

/* how often a row is judged whose triggers change it each time that its area is written */
#define MSB_MOST_ROUNDS 10

/* area_update.c: writing areas into the application's rows */
typedef struct MsbAreaUpdates MsbAreaUpdates;
struct MsbCaseTable;
struct MsbAnswer;

extern bool msb_writes_area(void);
extern MsbAreaUpdates *msb_area_updates(MsbNoteKind kind, int round);
extern bool msb_area_updates_full(const MsbAreaUpdates *updates, const struct MsbCaseTable *ct);
extern void msb_area_update(MsbAreaUpdates *updates, const struct MsbCaseTable *ct,
							struct ItemPointerData *tid, const char *case_key, const char *unit);
extern bool msb_area_updates_flush(MsbAreaUpdates *updates);

#endif							/* MSB_COMMIT_WORK_H */
