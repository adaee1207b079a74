/*
 * planner.c: the planner's support function of in_area.
 *
 * It estimates how many rows are in a unit, from the statistics of the columns and the structure
 * in force.  And it makes a condition for an index over the birth dates, from birth_from() and
 * birth_until() (or cpr_from() and cpr_until()).  These read the structure when the query runs.
 * So a saved plan holds nothing of the rules, and is right after the next adoption too.
 *
 * Such a condition excludes NULL, which is an unknown age.  So it is made only where the column
 * has no NULL in this query, or where no structure gives the unit people of unknown age.  The
 * latter can change.  So every plan made here is marked to depend on msb_org.enactment, and an
 * adoption discards it.  birth_from() refuses to run in a plan that is not discarded yet.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_statistic.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/selfuncs.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "base/msb_org.h"
#include "base/settings.h"
#include "base/catalog.h"
#include "types/cpr_text.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/structure_cache.h"
#include "decide/unit_lookup.h"

/* The arguments of in_area. */
enum
{
	ARG_UNIT,
	ARG_BIRTH,					/* a date or a cpr */
	ARG_TASK,
	ARG_CHALLENGE,
	ARG_SERVICE,
	ARG_ON_DATE,
	NARGS
};

/*
 * Index conditions
 */

/* Check that a column or an indexed expression is NULL in no row that this query takes. */
static bool
never_null(PlannerInfo *root, RelOptInfo *rel, Node *arg)
{
	NullTest   *test;

	while (IsA(arg, RelabelType))
		arg = (Node *) ((RelabelType *) arg)->arg;
	if (IsA(arg, Var) && ((Var *) arg)->varattno > 0)
	{
		/* the planner has the table locked; dropping the constraint discards the plan */
		Relation	table = table_open(root->simple_rte_array[rel->relid]->relid, NoLock);
		bool		not_null = msb_attribute_not_null(RelationGetDescr(table), ((Var *) arg)->varattno - 1);

		table_close(table, NoLock);
		if (not_null)
			return true;
	}
	test = makeNode(NullTest);
	test->arg = (Expr *) arg;
	test->nulltesttype = IS_NOT_NULL;
	test->location = -1;
	return predicate_implied_by(list_make1(test), rel->baserestrictinfo, false);
}

/*
 * Check that no structure gives the unit people of unknown age: the structure of the day if
 * that is a constant, else none of all.
 */
static bool
never_of_unknown_age(const text *unit, Node *on_date)
{
	DateADT		day = DATEVAL_NOBEGIN;

	if (IsA(on_date, Const))
	{
		const MsbStructure *s = ((Const *) on_date)->constisnull ? NULL :
			msb_structure_on(DatumGetDateADT(((Const *) on_date)->constvalue));

		return s == NULL || !msb_unit_ages(s, unit).unknown;
	}
	for (;;)
	{
		const MsbStructure *s = msb_structure_on(day);

		if (s != NULL && msb_unit_ages(s, unit).unknown)
			return false;
		day = msb_structure_after(day);
		if (DATE_IS_NOEND(day))
			return true;
	}
}

/* Make the plan depend on msb_org.enactment, so that the next adoption discards it. */
static void
depend_on_enactments(PlannerInfo *root)
{
	if (root != NULL && root->glob != NULL)
		root->glob->relationOids = list_append_unique_oid(root->glob->relationOids, msb_extension_table("enactment"));
}

/* Find the day that an estimate is for, today where it is not known; false for NULL. */
static bool
estimated_day(PlannerInfo *root, Node *on_date, DateADT *day)
{
	Node	   *estimate = estimate_expression_value(root, on_date);

	if (IsA(estimate, Const) && ((Const *) estimate)->constisnull)
		return false;
	*day = IsA(estimate, Const) ? DatumGetDateADT(((Const *) estimate)->constvalue) : msb_current_date();
	return true;
}

/*
 * Make the condition: indexed OP function(unit, on_date [, flag]).  Returns NULL where the index
 * does not serve the operator.
 */
static Node *
bound(SupportRequestIndexCondition *req, Oid type, int strategy, const char *function, List *args)
{
	FuncExpr   *call = (FuncExpr *) req->node;
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
	Oid			operator = get_opfamily_member(entry->btree_opf, entry->btree_opintype,
											   entry->btree_opintype, strategy);
	Oid			types[3] = {TEXTOID, DATEOID, BOOLOID};
	Oid			funcid;

	/* the index may be of another access method that serves the same operator */
	if (!OidIsValid(operator) || !op_in_opfamily(operator, req->opfamily))
		return NULL;
	funcid = LookupFuncName(list_make2(makeString(MSB_SCHEMA), makeString(pstrdup(function))),
							list_length(args), types, false);
	return (Node *) make_opclause(operator, BOOLOID, false,
								  (Expr *) copyObject(list_nth(call->args, ARG_BIRTH)),
								  (Expr *) makeFuncExpr(funcid, type, args, InvalidOid, call->inputcollid,
														COERCE_EXPLICIT_CALL),
								  InvalidOid, InvalidOid);
}

/* Make the two conditions by which an index finds the births of a unit; NIL where none help. */
static List *
index_condition(SupportRequestIndexCondition *req)
{
	FuncExpr   *call = (FuncExpr *) req->node;
	Node	   *unit,
			   *birth,
			   *on_date,
			   *from,
			   *until;
	Oid			type;
	DateADT		day;
	const MsbStructure *s;
	bool		nulls_left_out = false;

	if (!IsA(call, FuncExpr) || list_length(call->args) != NARGS || req->indexarg != ARG_BIRTH)
		return NIL;
	unit = linitial(call->args);
	birth = list_nth(call->args, ARG_BIRTH);
	on_date = list_nth(call->args, ARG_ON_DATE);
	/* without a known unit, say in a generic plan, nobody can estimate whether the index helps */
	if (!IsA(unit, Const) || ((Const *) unit)->constisnull ||
		!is_pseudo_constant_for_index(req->root, on_date, req->index) ||
		!estimated_day(req->root, on_date, &day))
		return NIL;
	depend_on_enactments(req->root);
	/* the range would be everything, and the planner would take it for selective */
	s = msb_structure_on(day);
	if (s != NULL && msb_unit_ages(s, DatumGetTextPP(((Const *) unit)->constvalue)).unknown)
		return NIL;
	if (!never_null(req->root, req->index->rel, birth))
	{
		if (!never_of_unknown_age(DatumGetTextPP(((Const *) unit)->constvalue), on_date))
			return NIL;
		nulls_left_out = true;
	}

	type = exprType(birth);
	from = bound(req, type, BTGreaterEqualStrategyNumber, type == DATEOID ? "birth_from" : "cpr_from",
				 list_make3(copyObject(unit), copyObject(on_date), makeBoolConst(nulls_left_out, false)));
	until = bound(req, type, BTLessEqualStrategyNumber, type == DATEOID ? "birth_until" : "cpr_until",
				  list_make2(copyObject(unit), copyObject(on_date)));
	if (from == NULL || until == NULL)
		return NIL;
	req->lossy = true;
	return list_make2(from, until);
}

/*
 * Estimates
 *
 * Statistics of columns are read without checking the user's privileges: no value of them
 * reaches a message or an answer.
 */

/*
 * Estimate, per class of labels, the share of the rows whose argument has a label of it.  Returns
 * false where that is not known, or the argument is no label.
 */
static bool
label_shares(PlannerInfo *root, Node *arg, int varRelid, const MsbStructure *s, const MsbClasses *axis, double *share)
{
	const MsbFacet *facet;
	VariableStatData var;
	AttStatsSlot slot;
	bool	   *listed;
	int			unlisted;
	double		rest = 1,
				sum = 0;

	if (axis->facet < 0)
	{
		share[0] = 1;
		return true;
	}
	facet = &s->facets[axis->facet];
	arg = estimate_expression_value(root, arg);
	if (IsA(arg, Const))
	{
		text	   *given = ((Const *) arg)->constisnull ? NULL : DatumGetTextPP(((Const *) arg)->constvalue);
		int			label = given == NULL ? facet->if_null :
			msb_label_no(facet, VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given));

		if (label != MSB_NO_LABEL)
			share[axis->class_of[label]] = 1;
		return label != MSB_NO_LABEL;
	}

	listed = palloc0_array(bool, Max(1, facet->nlabels));
	unlisted = facet->nlabels;
	examine_variable(root, arg, varRelid, &var);
	if (HeapTupleIsValid(var.statsTuple))
	{
		double		nulls = ((Form_pg_statistic) GETSTRUCT(var.statsTuple))->stanullfrac;

		rest -= nulls;
		if (facet->if_null != MSB_NO_LABEL)
			share[axis->class_of[facet->if_null]] += nulls;
		if (get_attstatsslot(&slot, var.statsTuple, STATISTIC_KIND_MCV, InvalidOid,
							 ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
		{
			Oid			type = getBaseType(slot.valuetype);

			for (int i = 0; i < slot.nvalues && (type == TEXTOID || type == VARCHAROID); i++)
			{
				text	   *value = DatumGetTextPP(slot.values[i]);
				int			label = msb_label_no(facet, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));

				rest -= slot.numbers[i];
				if (label == MSB_NO_LABEL)
					continue;
				share[axis->class_of[label]] += slot.numbers[i];
				listed[label] = true;
				unlisted--;
			}
			free_attstatsslot(&slot);
		}
	}
	ReleaseVariableStats(var);
	/* all labels that are not listed get equal shares of the rest */
	for (int l = 0; l < facet->nlabels && rest > 0; l++)
		if (!listed[l])
			share[axis->class_of[l]] += rest / unlisted;
	for (int class = 0; class < axis->n; class++)
		sum += share[class];
	for (int class = 0; class < axis->n && sum > 0; class++)
		share[class] /= sum;
	pfree(listed);
	return sum > 0;
}

/* The first and the last birth date of each class of known ages, on one day. */
typedef struct AgeSpans
{
	int			n;
	DateADT		first[MSB_AGE_SLOTS];
	DateADT		last[MSB_AGE_SLOTS];
} AgeSpans;

/*
 * Add a share "of_all" of the people to the classes of their ages.  Their births are spread evenly
 * from one day to another.
 */
static void
add_births(const AgeSpans *spans, DateADT from, DateADT until, double of_all, double *share)
{
	for (int class = 0; class < spans->n; class++)
	{
		/* in double, since the ends may be infinite */
		double		days = (double) Min(spans->last[class], until) - Max(spans->first[class], from) + 1;

		if (days > 0)
			share[class] += of_all * days / ((double) until - from + 1);
	}
}

/* Read a birth date, or a cpr's, from a statistic or a constant; false where the age is unknown. */
static bool
known_birth(Datum value, bool is_cpr, DateADT *birth)
{
	*birth = is_cpr ? msb_cpr_birth(DatumGetInt64(value)) : DatumGetDateADT(value);
	return is_cpr ? msb_cpr_birth_certain(DatumGetInt64(value)) : !DATE_NOT_FINITE(*birth);
}

/*
 * Estimate, per class of ages, the share of the rows whose argument is in it.  People who are not
 * born yet on the day are in none.
 */
static void
age_shares(PlannerInfo *root, Node *arg, int varRelid, const MsbClasses *ages, DateADT on_date, double *share)
{
	bool		is_cpr = exprType(arg) != DATEOID;
	double	   *unknown = &share[ages->n - 1];
	AgeSpans	spans = {.n = ages->n - 1};
	VariableStatData var;
	AttStatsSlot slot;
	DateADT		birth;
	double		rest = 1;

	for (int class = 0; class < spans.n; class++)
	{
		spans.first[class] = msb_class_first_birth(ages, class, on_date);
		spans.last[class] = msb_class_last_birth(ages, class, on_date);
	}
	arg = estimate_expression_value(root, arg);
	if (IsA(arg, Const))
	{
		if (((Const *) arg)->constisnull || !known_birth(((Const *) arg)->constvalue, is_cpr, &birth))
			*unknown = 1;
		else
			add_births(&spans, birth, birth, 1, share);
		return;
	}
	examine_variable(root, arg, varRelid, &var);
	if (HeapTupleIsValid(var.statsTuple))
	{
		*unknown = ((Form_pg_statistic) GETSTRUCT(var.statsTuple))->stanullfrac;
		rest -= *unknown;
		if (get_attstatsslot(&slot, var.statsTuple, STATISTIC_KIND_MCV, InvalidOid,
							 ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
		{
			for (int i = 0; i < slot.nvalues; i++)
			{
				rest -= slot.numbers[i];
				if (known_birth(slot.values[i], is_cpr, &birth))
					add_births(&spans, birth, birth, slot.numbers[i], share);
				else
					*unknown += slot.numbers[i];
			}
			free_attstatsslot(&slot);
		}
		if (rest > 0 && get_attstatsslot(&slot, var.statsTuple, STATISTIC_KIND_HISTOGRAM, InvalidOid,
										 ATTSTATSSLOT_VALUES))
		{
			/* each bound is a value of the column; values between two bounds are spread evenly */
			DateADT    *births = palloc_array(DateADT, Max(1, slot.nvalues));
			double		each = rest / Max(1, slot.nvalues);
			int			n = 0;

			for (int i = 0; i < slot.nvalues; i++)
				if (known_birth(slot.values[i], is_cpr, &births[n]))
					n++;
				else
					*unknown += each;
			for (int i = 0; i < n - 1; i++)
				add_births(&spans, births[i], births[i + 1], each * n / (n - 1), share);
			if (n == 1)
				add_births(&spans, births[0], births[0], each, share);
			rest = 0;
			pfree(births);
			free_attstatsslot(&slot);
		}
	}
	ReleaseVariableStats(var);
	/* nothing is known of the rest: ages up to a hundred, evenly */
	if (rest > 0)
		add_births(&spans, on_date - 100 * 365, on_date, rest, share);
}

/* Estimate the share of a unit, from the shares of the classes on each axis. */
static double
unit_share(const MsbStructure *s, const MsbUnitLookup *lookup, double *shares[MSB_AXES], int unit_no)
{
	const MsbClasses *axes = lookup->axes;
	double		mine = 0,
				all = 0,
				born = 0;

	if (lookup->unit_of != NULL)
	{
		const int  *unit_of = lookup->unit_of;

		for (int a = 0; a < axes[0].n; a++)
			for (int t = 0; t < axes[1].n; t++)
				for (int c = 0; c < axes[2].n; c++)
					for (int v = 0; v < axes[3].n; v++)
						if (*unit_of++ == unit_no)
							mine += shares[0][a] * shares[1][t] * shares[2][c] * shares[3][v];
		return mine;
	}
	/*
	 * With too many combinations, add up what the unit's rules take.  Rules overlap, so where all
	 * rules together take more than there is, the sum is reduced in proportion.
	 */
	for (int r = 0; r < s->nrules; r++)
	{
		double		taken = 1;

		for (int x = 0; x < MSB_AXES; x++)
		{
			double		on_axis = 0;

			for (int class = 0; class < axes[x].n; class++)
				if (msb_class_taken(s, &axes[x], class, r))
					on_axis += shares[x][class];
			taken *= on_axis;
		}
		all += taken;
		if (s->rules[r].unit_no == unit_no)
			mine += taken;
	}
	for (int class = 0; class < axes[0].n; class++)
		born += shares[0][class];
	return all > born ? mine / all * born : mine;
}

/* Estimate the selectivity of in_area(…); -1 where nothing is known. */
static double
selectivity(SupportRequestSelectivity *req)
{
	PlannerInfo *root = req->root;
	Node	   *unit;
	DateADT		day;
	const MsbStructure *s;
	const MsbUnitLookup *lookup;
	double	   *shares[MSB_AXES];
	int			unit_no = -1;

	if (list_length(req->args) != NARGS)
		return -1;
	depend_on_enactments(root);
	unit = estimate_expression_value(root, linitial(req->args));
	if (!estimated_day(root, list_nth(req->args, ARG_ON_DATE), &day) ||
		(IsA(unit, Const) && ((Const *) unit)->constisnull))
		return 0;
	s = msb_structure_on(day);
	if (s == NULL)
		return 0;
	lookup = msb_unit_lookup(s);
	if (!lookup->uses_standard_facets)
		return -1;
	if (IsA(unit, Const))
	{
		unit_no = msb_unit_no(s, DatumGetTextPP(((Const *) unit)->constvalue));
		if (unit_no < 0)
			return 0;
	}
	else
	{
		int			units = 0;

		for (int r = 0; r < s->nrules; r++)
			units += lookup->units[r].unknown || lookup->units[r].youngest <= lookup->units[r].oldest;
		return 1.0 / Max(1, units);
	}
	if (DATE_NOT_FINITE(day))
		return -1;

	for (int x = 0; x < MSB_AXES; x++)
		shares[x] = palloc0_array(double, Max(1, lookup->axes[x].n));
	age_shares(root, list_nth(req->args, ARG_BIRTH), req->varRelid, &lookup->axes[0], day, shares[0]);
	for (int x = 1; x < MSB_AXES; x++)
		if (!label_shares(root, list_nth(req->args, ARG_BIRTH + x), req->varRelid, s, &lookup->axes[x], shares[x]))
			return -1;
	return unit_share(s, lookup, shares, unit_no);
}

/* Support function of in_area: index conditions and selectivity. */
PG_FUNCTION_INFO_V1(msb_in_area_support);
Datum
msb_in_area_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestIndexCondition))
		PG_RETURN_POINTER(index_condition((SupportRequestIndexCondition *) request));
	if (IsA(request, SupportRequestSelectivity))
	{
		SupportRequestSelectivity *req = (SupportRequestSelectivity *) request;

		req->selectivity = selectivity(req);
		if (req->selectivity >= 0)
		{
			CLAMP_PROBABILITY(req->selectivity);
			PG_RETURN_POINTER(req);
		}
	}
	PG_RETURN_POINTER(NULL);
}
