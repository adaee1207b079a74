/*
 * ledger_write.h: bringing the ledger's rows of a case to an answer.
 */
#ifndef MSB_LEDGER_WRITE_H
#define MSB_LEDGER_WRITE_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "cases/judge.h"
#include "ledger/ledger.h"

/* Bits that msb_ledger_write() returns. */
#define MSB_LEDGER_MOVED	1	/* another unit is responsible, or the first one */
#define MSB_LEDGER_CHANGED	2	/* something changed that coordination depends on */

extern char *msb_ledger_end(MsbLedger *ledger, const char *case_table, const char *case_key);
extern int	msb_ledger_write(MsbLedger *ledger, const char *case_table, const MsbLedgerCase *recorded,
							 const MsbAnswer *answer, const char *origin,
							 const char *given, bool keep_given);
extern int64 msb_ledger_renumber(MsbLedger *ledger, const char *old_citizen, const char *new_citizen,
								 bool all, List *cases);

#endif							/* MSB_LEDGER_WRITE_H */
