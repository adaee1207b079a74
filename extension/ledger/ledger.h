/*
 * ledger.h: the rows of msb_org.assignment.
 */
#ifndef MSB_LEDGER_H
#define MSB_LEDGER_H

#include "postgres.h"

#include "cases/judge.h"
#include "ledger/citizen_lock.h"

typedef struct MsbLedger MsbLedger;

/* What stands in the ledger for a case: its last row, and what ledger.c needs to write. */
typedef struct MsbLedgerCase
{
	int			nrows;
	HeapTuple	rows[2];		/* the latest first */
	Datum	   *values;			/* of the latest, by column */
	bool	   *nulls;
	bool		open;			/* whether the latest is */
	bool		is_override;	/* whether it is open, of an override */
	char	   *citizen;		/* of the latest; NULL where there is none */
	char	   *unit;
	char	   *given;
	char	   *finding;
} MsbLedgerCase;

/* What writing did: bits. */
#define MSB_LEDGER_MOVED	1	/* another unit is responsible, or the first */

/* A case, as the ledger names it. */
typedef struct MsbCaseRef
{
	char	   *case_table;
	char	   *case_key;
} MsbCaseRef;

/* What made a row of the ledger. */
#define MSB_ORIGIN_WRITE	"write"
#define MSB_ORIGIN_REASSIGN	"reassign"
#define MSB_ORIGIN_DUE		"due"
#define MSB_ORIGIN_PARENT	"parent"
#define MSB_ORIGIN_OVERRIDE	"override"

extern uint64 msb_case_hash(const char *case_table, const char *case_key);
extern MsbLedger *msb_ledger_open(int64 cases);
extern MsbLedger *msb_ledger_open_dry(int64 cases);
extern bool msb_ledger_wanted(MsbLedger *ledger);
extern void msb_ledger_close(MsbLedger *ledger);
extern void msb_ledger_flush(MsbLedger *ledger);
extern void msb_ledger_read(MsbLedger *ledger, const char *case_table, const char *case_key,
							MsbLedgerCase *stands);
extern void msb_ledger_add_lock(MsbLedger *ledger, const char *case_table, const char *case_key,
								MsbLockSet *set);
extern char *msb_ledger_end(MsbLedger *ledger, const char *case_table, const char *case_key);
extern int	msb_ledger_write(MsbLedger *ledger, const char *case_table, const MsbLedgerCase *stands,
							 const MsbAnswer *answer, const char *origin,
							 const char *given, bool keep_given);
extern int64 msb_ledger_renumber(MsbLedger *ledger, const char *old_citizen, const char *new_citizen,
								 bool all, List *cases);

#endif							/* MSB_LEDGER_H */
