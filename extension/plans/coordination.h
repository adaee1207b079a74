/*
 * coordination.h: what a citizen's cases together call for.
 */
#ifndef MSB_COORDINATION_H
#define MSB_COORDINATION_H

#include "ledger/ledger.h"
#include "work/parent_work.h"

/* For which duties a plan opens. */
typedef enum MsbOpening
{
	MSB_OPEN_NONE,
	MSB_OPEN_ARISING,			/* those that arise by what is looked at */
	MSB_OPEN_DUE				/* all that are due and not met */
} MsbOpening;

typedef struct MsbTouched MsbTouched;

/* coordination.c */
extern MsbTouched *msb_touched(void);
extern void msb_touch(MsbTouched *touched, const char *citizen, bool has_open);
extern int64 msb_coordinate(MsbTouched *touched, DateADT on_date, MsbOpening opening, bool asked);

/* What the open cases of a citizen say; coordination.c to plan_record.c. */
typedef struct MsbDue
{
	const char *duty;
	bool		opens;
	bool		observed;		/* due only with cases of tables in observe */
	List	   *units;			/* of char *, distinct, bytewise order */
} MsbDue;

typedef struct MsbCoordination
{
	const char *citizen;
	List	   *cases;			/* of MsbOpenCase; their units as of today */
	List	   *units;			/* of those, distinct */
	List	   *dues;			/* of MsbDue, by code */
	char	   *unit;			/* that coordinates; NULL where there is none */
	char	   *challenge;
	bool		stated;
	bool		birth_known;
	DateADT		birth;
	bool		asked;			/* by a function or a change of the plan, not by a case */
	bool		carried;		/* what stood under another key has come over */
} MsbCoordination;

extern int	msb_compare_texts(const ListCell *a, const ListCell *b);
extern const char *msb_unit_kind(DateADT on_date, const char *unit);

/* case_sql.c: judge the open cases of a citizen again */
extern void msb_judge_open_cases(const char *citizen);

/* plan_record.c */
typedef struct MsbRecords MsbRecords;

extern Datum msb_text_list(List *texts);
extern MsbRecords *msb_records_open(bool many);
extern void msb_records_flush(MsbRecords *r);
extern void msb_records_close(MsbRecords *r);
extern bool msb_records_read(MsbRecords *r, const char *citizen, bool with_duties);
extern bool msb_has_former_key(MsbRecords *r);
extern int64 msb_record_coordination(MsbRecords *r, const MsbCoordination *c, DateADT on_date, MsbOpening opening);

/* carry_over.c */
extern bool msb_former_plan_open(const char *citizen);
extern char *msb_carry_over(const char *citizen);
extern List *msb_former_keys(const char *citizen);

#endif							/* MSB_COORDINATION_H */
