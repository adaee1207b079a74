/*
 * commit_work.h: the work at commit, and the same work for functions.
 */
#ifndef MSB_COMMIT_WORK_H
#define MSB_COMMIT_WORK_H

#include "postgres.h"

#include "plans/changed_citizens.h"
#include "work/row_notes.h"

extern void msb_find_unchanged(MsbNote *notes, int count, bool *unchanged);
extern int64 msb_coordinate_and_judge(MsbChangedCitizens *changed, DateADT on_date, MsbOpening opening, bool asked);
extern int64 msb_commit_work(const char *origin);

#endif							/* MSB_COMMIT_WORK_H */
