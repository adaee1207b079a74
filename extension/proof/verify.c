/*
 * verify.c: verify_document() and compare_documents(): the findings of the proof as rows.
 *
 * verify_document() reports the findings that need no proof (check_document.c) too.  adopt()
 * refuses a structure while one of the rows is an error.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "base/bitset.h"
#include "base/msb_org.h"
#include "types/target_group_text.h"
#include "types/target_group.h"
#include "structure/finding.h"
#include "structure/structure.h"
#include "structure/document.h"
#include "structure/decision_table.h"
#include "structure/compile.h"
#include "proof/space.h"
#include "proof/pieces.h"
#include "proof/prove.h"
#include "proof/check_document.h"

#define PAIRS_NAMED		5		/* a message names at most so many pairs of rules */

/*
 * Return the message of a conflict: the pairs of its rules that lack a precedence, or have two;
 * or that the precedences are circular.  palloc'd.
 */
static char *
missing_pairs(const MsbStructure *s, const MsbPiece *piece)
{
	StringInfoData text;
	int			pairs = 0;
	bool	   *top = palloc_array(bool, piece->nfound);

	for (int i = 0; i < piece->nfound; i++)
	{
		CHECK_FOR_INTERRUPTS();
		top[i] = true;
		for (int j = 0; j < piece->nfound && top[i]; j++)
			top[i] = s->rules[piece->found[i]].unit_no == s->rules[piece->found[j]].unit_no ||
				!msb_rule_beats(s, piece->found[j], piece->found[i]) ||
				msb_rule_beats(s, piece->found[i], piece->found[j]);
	}
	initStringInfo(&text);
	for (int i = 0; i < piece->nfound; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int j = i + 1; j < piece->nfound; j++)
		{
			const MsbRule *a = &s->rules[piece->found[i]];
			const MsbRule *b = &s->rules[piece->found[j]];
			bool		a_first = msb_rule_beats(s, piece->found[i], piece->found[j]);

			if (!(top[i] || top[j]) || a->unit_no == b->unit_no ||
				a_first != msb_rule_beats(s, piece->found[j], piece->found[i]) ||
				pairs++ >= PAIRS_NAMED)
				continue;
			if (pairs > 1)
				appendStringInfoString(&text, "; ");
			appendStringInfo(&text, a_first ? _("%s (%s) and %s (%s) each take precedence over the other") :
							 _("no precedence is declared between %s (%s) and %s (%s)"),
							 a->code, a->unit, b->code, b->unit);
		}
	}
	if (pairs == 0)
		appendStringInfoString(&text, _("the precedences between these rules form a circle, so that none takes precedence over all others"));
	else if (pairs > PAIRS_NAMED)
		appendStringInfo(&text, dngettext(TEXTDOMAIN, "; and the same for %d more pair", "; and the same for %d more pairs", pairs - PAIRS_NAMED),
						 pairs - PAIRS_NAMED);
	return text.data;
}

/* Report the gaps, or the conflicts: a row for each target group. */
static void
report_pieces(MsbReport *report, const MsbSpace *space, const MsbProof *proof, bool gaps)
{
	for (int p = 0; p < proof->npieces; p++)
	{
		const MsbPiece *piece = &proof->pieces[p];
		MemoryContext old;
		ListCell   *cell;

		if (gaps != (piece->nfound == 0))
			continue;
		old = MemoryContextSwitchTo(report->scratch);
		foreach(cell, msb_box_targets(space, piece->box))
		{
			const MsbTargetGroup *target = lfirst(cell);

			for (int i = 0; i < piece->nfound; i++)
				msb_about_rule(report, piece->found[i]);
			report->target = target;
			report->example = msb_box_example(space, piece->box, target);
			if (gaps)
			{
				bool		exact;
				char	   *rule = msb_target_group_print(msb_short_target(report->s, target, &exact));

				if (exact)
					msb_report_row(report, MSB_FINDING_GAP, true, "no rule takes this target group; give it to a unit with a rule for: %s", rule);
				else
					msb_report_row(report, MSB_FINDING_GAP, true, "no rule takes this target group; give it to a unit with a rule for: %s (that rule takes the labels below these too: declare a precedence where other rules take them)",
						rule);
			}
			else
				msb_report_row(report, MSB_FINDING_CONFLICT, true, "%s", missing_pairs(report->s, piece));
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(report->scratch);
	}
}

/* Report rules that take no situation, and facets without a label. */
static void
report_empty(MsbReport *report, const MsbSpace *space)
{
	const MsbStructure *s = report->s;
	MsbTargetGroup any = {.age_kind = MSB_AGE_ANY};

	for (int f = 0; f < s->nfacets; f++)
		if (s->facets[f].nlabels == 0)
		{
			report->target = &any;
			msb_report_row(report, MSB_FINDING_EMPTY_TARGET, true, "facet \"%s\" has no label, so that there is no situation at all",
				s->facets[f].facet);
		}
	for (int r = 0; r < s->nrules; r++)
		if (!space->empty && msb_box_is_empty(space, space->rules[0] + (Size) r * space->nwords))
		{
			msb_about_rule(report, r);
			report->target = s->rules[r].target;
			msb_report_row(report, MSB_FINDING_EMPTY_TARGET, true, "rule %s takes no situation", s->rules[r].code);
		}
}

/* Report rules that take situations but never decide, and are in no conflict either. */
static void
report_shadowed(MsbReport *report, const MsbSpace *space, const MsbProof *proof)
{
	const MsbStructure *s = report->s;
	bool	   *in_conflict = palloc0_array(bool, Max(1, s->nrules));

	for (int p = 0; p < proof->npieces; p++)
		for (int i = 0; i < proof->pieces[p].nfound; i++)
			in_conflict[proof->pieces[p].found[i]] = true;
	for (int r = 0; r < s->nrules; r++)
		if (!proof->decides[r] && !in_conflict[r] && !msb_box_is_empty(space, space->rules[0] + (Size) r * space->nwords))
		{
			msb_about_rule(report, r);
			report->target = s->rules[r].target;
			msb_report_row(report, MSB_FINDING_SHADOWED, false, "rule %s never decides: wherever it takes a situation, another rule takes precedence",
				s->rules[r].code);
		}
}

/* Report precedences without which every situation would be decided in the same way. */
static void
report_redundant(MsbReport *report, Jsonb *document, const MsbSpace *space, const MsbProof *proof)
{
	const MsbStructure *s = report->s;
	int			n;
	JsonbContainer *list = msb_document_list(document, "precedences", &n);
	MemoryContext old = MemoryContextSwitchTo(report->scratch);

	for (int p = 0; p < n; p++, MemoryContextReset(report->scratch))
	{
		JsonbContainer *object = msb_document_object(list, "precedences", p);
		char	   *code = msb_document_text(object, "rule", true);
		char	   *over_code = msb_document_text(object, "over", true);
		int			rule = msb_rule_no(s, code);
		int			over = msb_rule_no(s, over_code);

		if (rule < 0 || over < 0)
		{
			report->rules = list_make2(code, over_code);
			msb_report_row(report, MSB_FINDING_REDUNDANT, false, "the precedence of %s over %s names a rule that the structure does not have",
				code, over_code);
			continue;
		}
		if (MSB_HAS(&proof->needed[(Size) rule * s->nwords], over))
			continue;
		msb_about_rule(report, rule);
		msb_about_rule(report, over);
		if (s->rules[rule].unit_no == s->rules[over].unit_no)
			msb_report_row(report, MSB_FINDING_REDUNDANT, false, "the precedence of %s over %s decides nothing: both are rules of one unit",
				code, over_code);
		else if (!msb_boxes_meet(space, space->rules[0] + (Size) rule * space->nwords,
								 space->rules[0] + (Size) over * space->nwords))
			msb_report_row(report, MSB_FINDING_REDUNDANT, false, "the precedence of %s over %s decides nothing: no situation is taken by both",
				code, over_code);
		else
		{
			report->target = msb_target_group_common(s->rules[rule].target, s->rules[over].target);
			msb_report_row(report, MSB_FINDING_REDUNDANT, false, "the precedence of %s over %s decides nothing: without it every situation is decided in the same way",
				code, over_code);
		}
	}
	MemoryContextSwitchTo(old);
}

/*
 * verify_document(document jsonb): finding, severity, target, rules, units,
 * example, message.
 */
PG_FUNCTION_INFO_V1(msb_verify_document);
Datum
msb_verify_document(PG_FUNCTION_ARGS)
{
	Jsonb	   *document = PG_GETARG_JSONB_P(0);
	MsbReport	report = {.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo};
	const MsbStructure *s;
	MsbSpace   *space;
	MsbProof   *proof;

	InitMaterializedSRF(fcinfo, 0);
	s = msb_structure_compile(document, msb_document_name(document), 0, DATEVAL_NOEND);
	report.s = s;
	report.scratch = AllocSetContextCreate(CurrentMemoryContext, "msb_org verify rows", ALLOCSET_DEFAULT_SIZES);
	space = msb_space(1, &s);
	proof = msb_prove(space);

	msb_check_labels(&report, document);
	msb_check_units(&report, document);
	report_empty(&report, space);
	report_pieces(&report, space, proof, true);
	report_pieces(&report, space, proof, false);
	msb_report_circles(&report);
	if (!space->empty)
	{
		report_shadowed(&report, space, proof);
		report_redundant(&report, document, space, proof);
	}
	return (Datum) 0;
}

/* Return the finding for an answer that is no unit. */
static const char *
finding_of(int answer)
{
	switch (answer)
	{
		case MSB_ANSWER_GAP:
			return MSB_FINDING_GAP;
		case MSB_ANSWER_CONFLICT:
			return MSB_FINDING_CONFLICT;
		default:
			return MSB_FINDING_UNKNOWN_LABEL;
	}
}

/*
 * compare_documents(from_document jsonb, to_document jsonb): target, from_unit,
 * to_unit, from_finding, to_finding, example.
 */
PG_FUNCTION_INFO_V1(msb_compare_documents);
Datum
msb_compare_documents(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const MsbStructure *sides[2];
	MsbSpace   *space;
	MsbProof   *proof;
	MemoryContext rows;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < 2; i++)
	{
		Jsonb	   *document = PG_GETARG_JSONB_P(i);

		sides[i] = msb_structure_compile(document, msb_document_name(document), 0, DATEVAL_NOEND);
	}
	space = msb_space(2, sides);
	proof = msb_prove(space);

	rows = AllocSetContextCreate(CurrentMemoryContext, "msb_org compare rows", ALLOCSET_DEFAULT_SIZES);
	for (int p = 0; p < proof->npieces; p++)
	{
		const MsbPiece *piece = &proof->pieces[p];
		MemoryContext old = MemoryContextSwitchTo(rows);
		ListCell   *cell;

		foreach(cell, msb_box_targets(space, piece->box))
		{
			const MsbTargetGroup *target = lfirst(cell);
			Datum		values[6] = {0};
			bool		nulls[6] = {0};

			values[0] = msb_target_group_encode(target);
			for (int i = 0; i < 2; i++)
			{
				bool		none = piece->found[i] < 0;

				nulls[1 + i] = none;
				nulls[3 + i] = !none;
				if (none)
					values[3 + i] = CStringGetTextDatum(finding_of(piece->found[i]));
				else
					values[1 + i] = CStringGetTextDatum(proof->units[piece->found[i]]);
			}
			values[5] = msb_target_group_encode(msb_box_example(space, piece->box, target));
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(rows);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}
