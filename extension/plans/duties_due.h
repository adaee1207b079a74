/*
 * duties_due.h: what a citizen's open cases call for: duties, units, a coordinating unit.
 */
#ifndef MSB_DUTIES_DUE_H
#define MSB_DUTIES_DUE_H

#include "postgres.h"

#include "base/key_scan.h"
#include "structure/structure.h"

/* The duties for which a plan opens. */
typedef enum MsbOpening
{
	MSB_OPEN_NONE,
	MSB_OPEN_NEW,				/* those that are new, see record_due() in open_plan.c */
	MSB_OPEN_DUE				/* all that are due and not met by a plan */
} MsbOpening;

/* A duty that is due. */
typedef struct MsbDue
{
	const char *duty;
	bool		opens;			/* a plan, rather than being reported only */
	bool		observed;		/* due only together with cases of tables in observe */
	List	   *units;			/* char *, distinct, bytewise order */
} MsbDue;

/*
 * The duties, units and coordinating unit of one citizen; open_plan.c and plan_participants.c
 * record them.
 */
typedef struct MsbCoordination
{
	const char *citizen;
	List	   *cases;			/* MsbOpenCase; their units are as of today */
	List	   *units;			/* char *: the units of those cases, distinct */
	List	   *dues;			/* MsbDue, by code */
	char	   *unit;			/* the coordinating unit; NULL if no rule names one */
	char	   *challenge;		/* the primary challenge; NULL if there is none */
	bool		stated;			/* somebody stated it */
	bool		birth_known;
	DateADT		birth;
	bool		asked;			/* by a function or a change of a plan, not by a case */
	bool		carried;		/* records were moved here from another key of the citizen */
} MsbCoordination;

/*
 * Shared by the looks at one citizen after the other: the structure in force, a scan of
 * the ledger.
 */
typedef struct MsbNeeds
{
	DateADT		on_date;
	bool		many;			/* citizens are to be looked at */
	const MsbStructure *s;		/* in force; NULL if none is */
	MsbKeyScan *cases;
	uint64	   *counted;		/* scratch: the counted target groups that one case is in */
	int		   *labels;			/* scratch: the labels of one case */
	List	   *modes;			/* TableMode, for the case tables met so far */
} MsbNeeds;

extern void msb_find_coordinator(const MsbNeeds *c, MsbCoordination *result);
extern int	msb_least_cases(const MsbNeeds *c);
extern int	msb_look_at(MsbNeeds *c, const char *citizen, bool anyway, MsbCoordination *result);
extern MsbNeeds *msb_needs_open(DateADT on_date, bool many);
extern void msb_needs_reopen(MsbNeeds *c);
extern void msb_needs_close(MsbNeeds *c);

#endif							/* MSB_DUTIES_DUE_H */
