/*
 * check_document.h: the rows of verify(), and the findings that need no proof.
 */
#ifndef MSB_CHECK_DOCUMENT_H
#define MSB_CHECK_DOCUMENT_H

#include "postgres.h"

#include "nodes/execnodes.h"
#include "utils/jsonb.h"

#include "structure/structure.h"

#define MSB_FINDING_SHADOWED	"shadowed"
#define MSB_FINDING_REDUNDANT	"redundant_precedence"
#define MSB_FINDING_EMPTY_TARGET	"empty_target"

/* The result of verify(), and the fields of its next row besides finding and message. */
typedef struct MsbReport
{
	ReturnSetInfo *rsinfo;
	const MsbStructure *s;
	const MsbTargetGroup *target;	/* NULL for none */
	const MsbTargetGroup *example;
	List	   *rules;			/* of char * */
	List	   *units;
	MemoryContext scratch;		/* for loops over rows, which reset it */
} MsbReport;

extern void msb_report_row(MsbReport *report, const char *finding, bool error, const char *fmt,...) pg_attribute_printf(4, 5);
extern void msb_about_rule(MsbReport *report, int rule);
extern void msb_check_units(MsbReport *report, Jsonb *document);
extern void msb_check_labels(MsbReport *report, Jsonb *document);
extern void msb_report_circles(MsbReport *report);

#endif							/* MSB_CHECK_DOCUMENT_H */
