/*
 * finding.h: why a case has no unit, or another than it should, as the ledger and decide() name it.
 */
#ifndef MSB_FINDING_H
#define MSB_FINDING_H

#include "postgres.h"

/* Findings, as they stand in the ledger; the first three are decision_table.h's. */
#define MSB_FINDING_WRONG_AREA	"wrong_area"
#define MSB_FINDING_MISSING_LABEL "missing_label"
#define MSB_FINDING_UNKNOWN_LABEL "unknown_label"
#define MSB_FINDING_NO_CPR		"no_cpr"
#define MSB_FINDING_BORN_LATER	"born_later"
#define MSB_FINDING_NO_PARENT	"no_parent"

/* Why there is no unit, as it stands in the ledger and in decide(). */
#define MSB_FINDING_GAP			"gap"
#define MSB_FINDING_CONFLICT	"conflict"
#define MSB_FINDING_NO_STRUCTURE "no_structure"

#endif							/* MSB_FINDING_H */
