/*
 * situation.h: the labels of a case as the ledger keeps them, and points from situations.
 */
#ifndef MSB_SITUATION_H
#define MSB_SITUATION_H

#include "postgres.h"

#include "structure/structure.h"

extern const struct varlena *msb_situation(const MsbStructure *s, const int *labels);
extern MsbSituation *msb_situations(void);
extern bool msb_situation_labels(const MsbStructure *s, Datum situation, int *labels);
extern bool msb_yields(const MsbStructure *s, const int *labels);
extern void msb_yield_to(const MsbStructure *s, int *labels, const char *stated, int len);
extern void msb_situation_point(const MsbStructure *s, const MsbTargetGroup *situation, int *age, int *labels);

#endif							/* MSB_SITUATION_H */
