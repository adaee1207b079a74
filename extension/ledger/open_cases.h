/*
 * open_cases.h: the open cases of a citizen, read from the ledger.
 */
#ifndef MSB_OPEN_CASES_H
#define MSB_OPEN_CASES_H

#include "postgres.h"

#include "utils/date.h"

#include "base/key_scan.h"

/* An open case of a citizen, as the ledger has it. */
typedef struct MsbOpenCase
{
	char	   *case_table;
	char	   *case_key;
	char	   *unit;			/* NULL if it cannot be judged */
	char	   *structure;
	int			revision;
	bool		is_override;
	bool		no_cpr;			/* finding no_cpr: no structure can judge the case by this row */
	bool		has_due;
	DateADT		due;
	bool		birth_known;
	DateADT		birth;
	Datum		situation;		/* a target_group; 0 if a label is not known */
} MsbOpenCase;

extern MsbKeyScan *msb_open_cases_scan(bool many);
extern int	msb_open_cases_start(MsbKeyScan *scan, const char *citizen);
extern List *msb_open_cases(MsbKeyScan *scan, int least, int *count);

#endif							/* MSB_OPEN_CASES_H */
