/*
 * citizen_scan.h: the rows of one citizen after the other, from a table of ours.
 */
#ifndef MSB_CITIZEN_SCAN_H
#define MSB_CITIZEN_SCAN_H

#include "msb_org.h"
#include "executor/tuptable.h"

typedef struct MsbCitizenScan MsbCitizenScan;

extern MsbCitizenScan *msb_citizen_scan_open(const char *table, const char *index, bool many);
extern int	msb_citizen_scan_start(MsbCitizenScan *scan, const char *citizen);
extern TupleTableSlot *msb_citizen_scan_next(MsbCitizenScan *scan);
extern void msb_citizen_scan_close(MsbCitizenScan *scan);

#endif							/* MSB_CITIZEN_SCAN_H */
