/*
 * plan_record.h: what plan_record.c and plan_course.c share of a citizen's records.
 */
#ifndef MSB_PLAN_RECORD_H
#define MSB_PLAN_RECORD_H

#include "plans/coordination.h"
#include "base/own_table.h"

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

/* plan_record.c */
extern MsbKeyScan *msb_records_scan(MsbRecords *r, MsbKeyScan **scan, const char *table, const char *index);
extern MsbOwnTable *msb_records_table(MsbRecords *r, MsbOwnTable **table, const char *name, int ncolumns);
extern void msb_records_write(MsbRecords *r);

/* plan_course.c */
extern void msb_record_participants(MsbRecords *r, const MsbCoordination *c);
extern void msb_record_review(MsbRecords *r, bool gone, bool any_due);
extern void msb_record_handover(MsbRecords *r, const MsbCoordination *c, DateADT on_date);
extern void msb_end_course(MsbRecords *r);

#endif							/* MSB_PLAN_RECORD_H */
