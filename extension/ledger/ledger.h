/*
 * ledger.h: the rows of msb_org.assignment, read.
 */
#ifndef MSB_LEDGER_H
#define MSB_LEDGER_H

#include "postgres.h"

#include "access/htup.h"
#include "utils/relcache.h"

#include "base/key_scan.h"
#include "base/own_table.h"
#include "ledger/citizen_lock.h"

#define MSB_SMALL_PENDING	16	/* pending cases that are compared one by one */

/* The ledger, open.  Its fields are for ledger.c and ledger_write.c. */
typedef struct MsbLedger
{
	MsbOwnTable *table;
	Relation	rel;
	MsbKeyScan *by_case;		/* NULL until the first read */
	bool		many;			/* cases are to be read */
	int			most_pending;
	uint32		places;			/* size of the set pending, a power of two */
	uint64		small[MSB_SMALL_PENDING];	/* hashes of the cases with pending rows */
	uint64	   *pending;		/* the same hashes as a set, once they are more; 0: a free place */
	char	   *actor;
} MsbLedger;

/* The last rows of a case in the ledger. */
typedef struct MsbLedgerCase
{
	int			nrows;
	HeapTuple	rows[2];		/* the latest first */
	Datum	   *values;			/* the latest, by column */
	bool	   *nulls;
	bool		open;			/* the latest has not ended */
	bool		is_override;	/* it is open, and an override made it */
	char	   *citizen;		/* the latest row's; NULL if there is no row */
	char	   *unit;
	char	   *given;
	char	   *finding;
} MsbLedgerCase;

/* A case, as the ledger names it. */
typedef struct MsbCaseRef
{
	char	   *case_table;
	char	   *case_key;
} MsbCaseRef;

/* Values of the column origin: the writer of a row. */
#define MSB_ORIGIN_WRITE	"write"
#define MSB_ORIGIN_REASSIGN	"reassign"
#define MSB_ORIGIN_DUE		"due"
#define MSB_ORIGIN_PARENT	"parent"
#define MSB_ORIGIN_OVERRIDE	"override"

extern MsbLedger *msb_ledger_open(int64 cases);
extern MsbLedger *msb_ledger_open_dry(int64 cases);
extern bool msb_ledger_wanted(MsbLedger *ledger);
extern void msb_ledger_close(MsbLedger *ledger);
extern void msb_ledger_flush(MsbLedger *ledger);
extern uint64 msb_case_hash(const char *case_table, const char *case_key);
extern void msb_ledger_deform(MsbLedger *ledger, HeapTuple row, Datum **values, bool **nulls);
extern bool msb_origin_is_override(Datum origin);
extern void msb_ledger_read(MsbLedger *ledger, const char *case_table, const char *case_key,
							MsbLedgerCase *recorded);
extern void msb_ledger_add_lock(MsbLedger *ledger, const char *case_table, const char *case_key,
								MsbLockSet *set);
extern void msb_ledger_insert(MsbLedger *ledger, const char *case_table, const char *case_key,
							  const Datum *values, const bool *nulls);

#endif							/* MSB_LEDGER_H */
