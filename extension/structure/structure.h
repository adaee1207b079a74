/*
 * structure.h: one structure, compiled: rules, facets, units, and the caches that go with it.
 */
#ifndef MSB_STRUCTURE_H
#define MSB_STRUCTURE_H

#include "postgres.h"

#include "utils/date.h"

#include "structure/label_table.h"
#include "types/target_group_text.h"

#define MSB_AGE_NOT_KNOWN	(-1)	/* no age span takes it */
#define MSB_AGE_SLOTS		(MSB_AGE_MAX + 2)	/* 0..150 and unknown, last */

typedef struct MsbRule
{
	char	   *code;
	char	   *unit;
	int			unit_no;		/* equal for rules of one unit */
	struct varlena *area;		/* the unit as area_of() returns it; NULL until needed */
	char	   *origin;
	char	   *basis;			/* NULL where none is given */
	MsbTargetGroup *target;
} MsbRule;

/* rule takes precedence over "over"; both are indexes. */
typedef struct MsbPrecedence
{
	int			rule;
	int			over;
	char	   *reason;
} MsbPrecedence;

/* A unit.  Its kind decides whether its cases count in plan duties. */
typedef struct MsbUnit
{
	char	   *unit;
	char	   *kind;
} MsbUnit;

typedef struct MsbAnswers MsbAnswers;

typedef struct MsbSituation MsbSituation;

typedef struct MsbDuties MsbDuties;

typedef struct MsbUnitLookup MsbUnitLookup;

/*
 * One structure, compiled.  Rules are in bytewise order of their codes; bit n of every set is
 * rule n.
 */
typedef struct MsbStructure
{
	char	   *structure;
	uint64		serial;			/* unique among the compiled structures of the session */
	int			revision;		/* 0 for a document that is not enacted */
	DateADT		until;			/* the day after its last, DATEVAL_NOEND if none */
	int			nfacets;
	MsbFacet   *facets;
	int			task_no;		/* indexes of the facets that area_of() names, */
	int			challenge_no;	/* or -1 */
	int			service_no;
	int			nunits;
	MsbUnit    *units;
	int			nrules;
	int			nwords;			/* words of a rule set */
	MsbRule    *rules;
	int			nprecedences;
	MsbPrecedence *precedences;
	bool		mutual;			/* two rules take precedence over each other */
	uint64	   *ages[MSB_AGE_SLOTS];	/* per age the set of the rules that take it */
	bool		age_break[MSB_AGE_MAX + 1]; /* other rules, or duties, than a year before */
	uint8		next_break[MSB_AGE_MAX + 1];	/* per age the next break; 0 for none */
	uint64	   *beats;			/* per rule the set of those it takes precedence over, and of its
								 * unit's */
	uint64	   *matching;		/* the set that the last msb_decide_plainly() matched; scratch,
								 * written through a const pointer */
	MsbAnswers *answers;		/* structure/answers.c */
	MsbDuties  *duties;			/* structure/duty.h */
	MsbSituation *situations;	/* structure/situation.c */
	MsbUnitLookup *unit_lookup;	/* decide/unit_lookup.h; NULL until needed */
} MsbStructure;

extern void msb_unknown_label(const MsbStructure *s, const char *facet, const char *label);
extern int	msb_label_if_null(const MsbStructure *s, int facet_no);
extern const char *msb_unit_kind(const MsbStructure *s, const char *unit);
extern int	msb_facet_no(const MsbStructure *s, const char *facet);
extern int	msb_compare_rules(const void *a, const void *b);
extern int	msb_rule_no(const MsbStructure *s, const char *code);

#endif							/* MSB_STRUCTURE_H */
