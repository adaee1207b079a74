/*
 * decision_table.h: the decision: the rule that wins for an age and labels.
 */
#ifndef MSB_DECISION_TABLE_H
#define MSB_DECISION_TABLE_H

#include "postgres.h"

#include "structure/structure.h"

extern uint64 *msb_label_sets(const MsbFacet *facet, MsbTargetGroup *const *targets, int n, int nwords);
extern void msb_age_sets(uint64 **ages, bool *age_break, MsbTargetGroup *const *targets, int n, int nwords);
extern int	msb_decide_plainly(const MsbStructure *s, int age, const int *labels,
							   const char **finding);
extern bool msb_rule_matched(const MsbStructure *s, int rule);
extern bool msb_rule_beats(const MsbStructure *s, int rule, int other);

#endif							/* MSB_DECISION_TABLE_H */
