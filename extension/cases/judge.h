/*
 * judge.h: the answer to a row of a case table: who is responsible, or why nobody can be named.
 */
#ifndef MSB_JUDGE_H
#define MSB_JUDGE_H

#include "postgres.h"

#include "utils/snapshot.h"

#include "cases/case_map.h"
#include "structure/structure.h"

/* An answer.  Texts are palloc'd, or live to the end of the transaction (those of the caches). */
typedef struct MsbAnswer
{
	char	   *case_key;		/* NULL if the key is NULL: the row is no case */
	const char *citizen;		/* "" for none */
	bool		open;
	bool		has_opened;
	DateADT		opened;
	bool		has_closed;
	DateADT		closed;
	const char *unit;			/* NULL if the case cannot be judged: */
	const char *finding;		/* the finding, */
	const char *reason;			/* in words, */
	const char *reason_format;	/* as a message, */
	const char *reason_facet;	/* and its two arguments */
	const char *reason_value;
	const char *rule;
	const char *structure;
	int			revision;
	bool		has_due;
	DateADT		due;			/* the next day on which the answer can change by itself */
	bool		birth_known;
	DateADT		birth;
	const struct varlena *situation;	/* a target_group: its labels; NULL if one is not known */
	const char *area;			/* the area column as a unit; NULL if it is empty */
} MsbAnswer;

extern const char *msb_slot_citizen(const MsbCaseTable *ct, TupleTableSlot *slot, Snapshot snapshot);
extern char *msb_reason_message(const MsbAnswer *answer);
extern void msb_yield(const MsbStructure *s, int *labels, const char *citizen);
extern void msb_judge(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date,
					  Snapshot snapshot, MsbAnswer *answer);
extern bool msb_judge_area(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date,
						   const char **unit);
extern void msb_judge_twice(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date, Snapshot snapshot,
							const MsbStructure *const *structures, MsbAnswer *answers);

#endif							/* MSB_JUDGE_H */
