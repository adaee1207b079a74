/*
 * answers.h: the decisions of a structure, each made once.
 */
#ifndef MSB_ANSWERS_H
#define MSB_ANSWERS_H

#include "postgres.h"

#include "structure/structure.h"

extern MsbAnswers *msb_answers(void);
extern int	msb_label_classes(const MsbStructure *s, const MsbFacet *facet, int *class_of);
extern int	msb_decide(const MsbStructure *s, int age, const int *labels,
					   const char **finding);

#endif							/* MSB_ANSWERS_H */
