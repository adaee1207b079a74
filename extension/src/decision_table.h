/*
 * decision_table.h: a structure compiled for deciding, and the decision.
 */
#ifndef MSB_DECISION_TABLE_H
#define MSB_DECISION_TABLE_H

#include "msb_org.h"
#include "target_group.h"
#include "utils/jsonb.h"

#define MSB_AGE_NOT_KNOWN	(-1)	/* an age that no age span takes */
#define MSB_AGE_SLOTS		(MSB_AGE_MAX + 2)	/* 0..150 and unknown, last */
#define MSB_NO_LABEL		(-1)

typedef struct MsbRule
{
	char	   *code;
	char	   *unit;
	int			unit_no;		/* equal for rules of one unit */
	char	   *origin;
	char	   *basis;			/* NULL where none is given */
	MsbTargetGroup *target;
} MsbRule;

typedef struct MsbLabel
{
	char	   *label;
	int			len;
	int			parent;			/* index in the facet, or MSB_NO_LABEL */
	int			priority;		/* the lower one leads; PG_INT32_MAX where none is given */
	bool		yields;			/* a stated primary challenge decides instead */
} MsbLabel;

typedef struct MsbFacet
{
	char	   *facet;
	int			if_null;		/* index in labels, or MSB_NO_LABEL */
	int			nlabels;
	MsbLabel   *labels;
	uint32		slot_mask;		/* open addressing: label → index + 1 */
	int		   *slots;
	uint64	   *takes;			/* per label the rules that take it */
} MsbFacet;

typedef struct MsbPrecedence
{
	int			rule;
	int			over;
	char	   *reason;
} MsbPrecedence;

/* A unit whose cases count in no duty, and the entry, are told by their kind. */
typedef struct MsbUnit
{
	char	   *unit;
	char	   *kind;
} MsbUnit;

typedef struct MsbSituation MsbSituation;
typedef struct MsbDuties MsbDuties;
typedef struct MsbReach MsbReach;

/*
 * One structure, compiled.  Rules stand in bytewise order of their codes; bit n
 * of every set is rule n.
 */
typedef struct MsbStructure
{
	char	   *structure;
	int			revision;		/* 0 for a document that is not enacted */
	DateADT		until;			/* the day after its last, DATEVAL_NOEND if none */
	int			nfacets;
	MsbFacet   *facets;
	int			task_no;		/* index of the facets that area_of() names, */
	int			challenge_no;	/* or -1 */
	int			service_no;
	int			nunits;
	MsbUnit    *units;
	int			nrules;
	int			nwords;			/* words of a rule set */
	MsbRule    *rules;
	int			nprecedences;
	MsbPrecedence *precedences;
	bool		mutual;			/* two rules go before each other */
	uint64	   *ages[MSB_AGE_SLOTS];	/* per age the rules that take it */
	bool		age_break[MSB_AGE_MAX + 1]; /* other rules than a year before */
	uint64	   *beats;			/* per rule: those it goes before, and its unit's own */
	uint64	   *matching;		/* the set that the last decision matched */
	MsbDuties  *duties;			/* duty.h's */
	MsbSituation *situations;	/* situation.c's */
	MsbReach   *reach;			/* reach.h's; NULL until asked for */
} MsbStructure;

/* Why there is no unit, as it stands in the ledger and in decide(). */
#define MSB_FINDING_GAP			"gap"
#define MSB_FINDING_CONFLICT	"conflict"
#define MSB_FINDING_NO_STRUCTURE "no_structure"

/* compile */
extern MsbStructure *msb_structure_compile(Jsonb *document, const char *structure,
										   int revision, DateADT until);

extern uint64 *msb_label_sets(const MsbFacet *facet, MsbTargetGroup *const *targets, int n, int nwords);
extern void msb_age_sets(uint64 **ages, bool *age_break, MsbTargetGroup *const *targets, int n, int nwords);
extern MsbTargetGroup *msb_document_target(const char *text, const char *of, const char *code);
extern MsbDuties *msb_duties_compile(MsbStructure *s, Jsonb *document);

/* cache */
extern const MsbStructure *msb_structure_on(DateADT on_date);
extern DateADT msb_structure_after(DateADT day);
extern Oid	msb_extension_table(const char *name);
extern Oid	msb_extension_owner(void);

/* decide */
extern int	msb_facet_no(const MsbStructure *s, const char *facet);
extern int	msb_label_no(const MsbFacet *facet, const char *label, int len);
extern int	msb_rule_no(const MsbStructure *s, const char *code);
extern bool msb_label_within(const MsbFacet *facet, int label, const char *ancestor);
extern int	msb_decide(const MsbStructure *s, int age, const int *labels,
					   const char **finding);
extern bool msb_rule_matched(const MsbStructure *s, int rule);
extern bool msb_rule_beats(const MsbStructure *s, int rule, int other);

/* situation.c */
extern const struct varlena *msb_situation(const MsbStructure *s, const int *labels);
extern bool msb_situation_labels(const MsbStructure *s, Datum situation, int *labels);
extern MsbSituation *msb_situations(void);

/* area.c; 22023 */
extern int	msb_label_if_null(const MsbStructure *s, int facet_no);
extern void msb_unknown_label(const MsbStructure *s, const char *facet, const char *label);

#endif							/* MSB_DECISION_TABLE_H */
