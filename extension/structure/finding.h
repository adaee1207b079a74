/*
 * finding.h: findings: the names of the reasons for which a case has no unit, or another than it
 * should, in the ledger and in decide().
 */
#ifndef MSB_FINDING_H
#define MSB_FINDING_H

#include "postgres.h"

/* The row of a case: its area, its labels, its citizen. */
#define MSB_FINDING_WRONG_AREA	"wrong_area"
#define MSB_FINDING_MISSING_LABEL "missing_label"
#define MSB_FINDING_UNKNOWN_LABEL "unknown_label"
#define MSB_FINDING_NO_CPR		"no_cpr"
#define MSB_FINDING_BORN_LATER	"born_later"
#define MSB_FINDING_NO_PARENT	"no_parent"

/* The decision itself: decision_table.c gives gap and conflict. */
#define MSB_FINDING_GAP			"gap"
#define MSB_FINDING_CONFLICT	"conflict"
#define MSB_FINDING_NO_STRUCTURE "no_structure"

#endif							/* MSB_FINDING_H */
