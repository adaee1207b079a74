/*
 * plan_records.h: what is recorded of a citizen's plans and duties.
 */
#ifndef MSB_PLAN_RECORDS_H
#define MSB_PLAN_RECORDS_H

#include "postgres.h"

#include "access/htup.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "nodes/pg_list.h"

#include "base/key_scan.h"
#include "base/own_table.h"

/* plan_record.c */
typedef struct MsbRecords MsbRecords;

/* A duty that is recorded; one that has ended too. */
typedef struct MsbReason
{
	HeapTuple	row;
	char	   *duty;
	bool		ended;
	TimestampTz valid_from;
	TimestampTz valid_to;
	List	   *units;			/* of char *, bytewise order */
	char	   *action;
	bool		observed;
	TimestampTz asks_since;
	bool		still_due;
} MsbReason;

/*
 * What is open for one round of the work, and what stands for the citizen who was
 * read last, in the memory that was current then.
 */
struct MsbRecords
{
	MemoryContext context;
	bool		many;
	char	   *actor_name;
	MsbKeyScan *plans;
	MsbKeyScan *reasons;
	MsbKeyScan *participants;	/* these when they are asked for */
	MsbKeyScan *reviews;
	MsbKeyScan *handovers;
	MsbKeyScan *former;		/* renumberings by the new key */
	MsbOwnTable *plan_table;
	MsbOwnTable *reason_table;
	MsbOwnTable *participant_table;

	const char *citizen_key;
	Datum		citizen;
	Datum		actor;
	bool		has_plan;		/* an open coordination plan: */
	bool		is_new;			/* opened just now */
	Datum		number;			/* uuid */
	Datum		plan;			/* the same as text */
	char	   *unit;
	bool		had_plans;		/* of whatever kind and status */
	bool		was_asked;		/* a plan that was no error: */
	TimestampTz last_opened;	/* the latest of those */
	List	   *duties;			/* of Reason */
};

extern MsbKeyScan *msb_records_scan(MsbRecords *r, MsbKeyScan **scan, const char *table, const char *index);
extern MsbOwnTable *msb_records_table(MsbRecords *r, MsbOwnTable **table, const char *name, int ncolumns);
extern MsbRecords *msb_records_open(bool many);
extern void msb_records_write(MsbRecords *r);
extern void msb_records_flush(MsbRecords *r);
extern void msb_records_close(MsbRecords *r);
extern bool msb_records_read(MsbRecords *r, const char *citizen, bool with_duties);
extern bool msb_has_former_key(MsbRecords *r);
extern MsbOwnTable *msb_reason_table(MsbRecords *r);

#endif							/* MSB_PLAN_RECORDS_H */
