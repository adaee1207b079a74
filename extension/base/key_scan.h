/*
 * key_scan.h: the rows of one key after the other, from a table of ours.
 */
#ifndef MSB_KEY_SCAN_H
#define MSB_KEY_SCAN_H

#include "postgres.h"

#include "executor/tuptable.h"

#define MSB_SMALL_BATCH 8				/* keys that are looked for one by one */

typedef struct MsbKeyScan MsbKeyScan;

extern MsbKeyScan *msb_key_scan_open(const char *table, const char *index, bool large_batch);
extern void msb_key_scan_restart(MsbKeyScan *scan);
extern int	msb_key_scan_start(MsbKeyScan *scan, const char *key);
extern TupleTableSlot *msb_key_scan_next(MsbKeyScan *scan);
extern TupleTableSlot *msb_key_scan_previous(MsbKeyScan *scan);
extern void msb_key_scan_close(MsbKeyScan *scan);

#endif							/* MSB_KEY_SCAN_H */
