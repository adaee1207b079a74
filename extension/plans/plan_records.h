/*
 * plan_records.h: the records of a citizen's plans and duties.
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

/* A row of plan_reason: a duty, from when it was new to when it was due no longer. */
typedef struct MsbReason
{
	HeapTuple	row;			/* this and the last five only of one that has not ended */
	char	   *duty;
	bool		ended;
	TimestampTz valid_from;
	TimestampTz valid_to;
	List	   *units;			/* char *, bytewise order */
	char	   *action;
	bool		observed;
	TimestampTz asks_since;
	bool		still_due;		/* set when the duty is found due by this look */
} MsbReason;

/*
 * Tables and scans that are open for one round of the work, and the records of the citizen
 * who was read last, in the memory that was current then.
 */
typedef struct MsbRecords
{
	MemoryContext context;
	bool		many;			/* citizens are to be read */
	char	   *actor_name;
	MsbKeyScan *plans;			/* each scan and table is NULL until its first use */
	MsbKeyScan *reasons;
	MsbKeyScan *participants;
	MsbKeyScan *reviews;
	MsbKeyScan *handovers;
	MsbKeyScan *former;			/* renumberings, by the new key */
	MsbOwnTable *plan_table;
	MsbOwnTable *reason_table;
	MsbOwnTable *participant_table;

	const char *citizen_key;
	Datum		citizen;		/* the same, and actor_name, as text datums */
	Datum		actor;
	bool		has_plan;		/* a coordination plan is open: */
	bool		is_new;			/* it was opened by this look */
	Datum		number;			/* its number, a uuid, */
	Datum		plan;			/* the number as text, */
	char	   *unit;			/* and its coordinating unit, NULL if it has none */
	bool		had_plans;		/* plans are recorded, of any kind and status */
	bool		was_opened;		/* some of them were not entered in error: */
	TimestampTz last_opened;	/* the opening of the latest of those */
	List	   *duties;			/* MsbReason */
} MsbRecords;

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
