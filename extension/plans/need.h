/*
 * need.h: what a citizen's open cases call for.
 */
#ifndef MSB_NEED_H
#define MSB_NEED_H

#include "postgres.h"

#include "base/key_scan.h"
#include "structure/structure.h"

/* For which duties a plan opens. */
typedef enum MsbOpening
{
	MSB_OPEN_NONE,
	MSB_OPEN_NEW,			/* those that arise by what is looked at */
	MSB_OPEN_DUE				/* all that are due and not met */
} MsbOpening;

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

/* What the ledger is read by, to see what a citizen's cases call for. */
typedef struct MsbNeeds
{
	DateADT		on_date;
	bool		many;			/* citizens are looked at */
	const MsbStructure *s;		/* in force; NULL where none is */
	MsbKeyScan *cases;
	uint64	   *counted;		/* what one case counts for */
	int		   *labels;
	List	   *modes;			/* of TableMode, by their names */
} MsbNeeds;

extern void msb_find_coordinator(const MsbNeeds *c, MsbCoordination *result);
extern int	msb_least_cases(const MsbNeeds *c);
extern int	msb_look_at(MsbNeeds *c, const char *citizen, bool anyway, MsbCoordination *result);
extern MsbNeeds *msb_needs_open(DateADT on_date, bool many);
extern void msb_needs_reopen(MsbNeeds *c);
extern void msb_needs_close(MsbNeeds *c);

#endif							/* MSB_NEED_H */
