/*
 * compare.c: where two structures give a target group to different units.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "structure/document.h"
#include "proof/prove.h"
#include "types/target_group_type.h"

/* Why a side has no unit. */
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
			return "unknown_label";
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
