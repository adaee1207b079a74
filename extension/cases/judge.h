/*
 * judge.h: from a row of a case table to the answer that the ledger holds.
 */
#ifndef MSB_JUDGE_H
#define MSB_JUDGE_H

#include "postgres.h"

#include "utils/snapshot.h"

#include "cases/case_map.h"
#include "structure/structure.h"

/* Texts are palloc'd or live as long as the caches do. */
typedef struct MsbAnswer
{
	char	   *case_key;		/* NULL where the key is: no case */
	const char *citizen;		/* "" for none */
	bool		open;
	bool		has_opened;
	DateADT		opened;
	bool		has_closed;
	DateADT		closed;
	const char *unit;			/* NULL where it cannot be judged, with */
	const char *finding;		/* why */
	const char *reason;
	const char *reason_format;	/* that reason as a message, with what it names */
	const char *reason_facet;
	const char *reason_value;
	const char *rule;
	const char *structure;
	int			revision;
	bool		has_due;
	DateADT		due;
	bool		birth_known;
	DateADT		birth;
	const struct varlena *situation;	/* a target_group: its labels; NULL where one is not known */
	const char *area;			/* what the area column holds, as a unit; NULL for nothing */
} MsbAnswer;

extern const char *msb_slot_citizen(const MsbCaseTable *ct, TupleTableSlot *slot, Snapshot snapshot);
extern char *msb_reason_told(const MsbAnswer *answer);
extern void msb_yield(const MsbStructure *s, int *labels, const char *citizen);
/* No SPI connection is needed; makes its own. */
extern void msb_judge(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date,
					  Snapshot snapshot, MsbAnswer *answer);
extern bool msb_judge_area(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date,
						   const char **unit);
extern void msb_judge_twice(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date, Snapshot snapshot,
							const MsbStructure *const *structures, MsbAnswer *answers);

#endif							/* MSB_JUDGE_H */
