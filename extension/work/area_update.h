/*
 * area_update.h: writing areas into the application's rows, a set at a time.
 */
#ifndef MSB_AREA_UPDATE_H
#define MSB_AREA_UPDATE_H

#include "postgres.h"

#include "storage/itemptr.h"

#include "cases/case_map.h"
#include "work/row_notes.h"

/* How often a row is judged at most whose triggers change it each time that its area is written. */
#define MSB_MOST_ROUNDS 10

typedef struct MsbAreaUpdates MsbAreaUpdates;

extern bool msb_writes_area(void);
extern MsbAreaUpdates *msb_area_updates(MsbNoteKind kind, int round);
extern bool msb_area_updates_must_flush(const MsbAreaUpdates *updates, const struct MsbCaseTable *ct);
extern void msb_area_update(MsbAreaUpdates *updates, const struct MsbCaseTable *ct,
							struct ItemPointerData *tid, const char *case_key, const char *unit);
extern bool msb_area_updates_flush(MsbAreaUpdates *updates);

#endif							/* MSB_AREA_UPDATE_H */
