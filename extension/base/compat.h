/*
 * compat.h: every difference between server versions that concerns us.
 */
#ifndef MSB_COMPAT_H
#define MSB_COMPAT_H

#include "postgres.h"

#include "fmgr.h"

#if PG_VERSION_NUM < 150000
#error "msb_org needs PostgreSQL 15 or later"
#endif

/* A flag of variables came with the minor releases of August 2024. */
#ifdef GUC_ALLOW_IN_PARALLEL
#define MSB_GUC_FLAGS GUC_ALLOW_IN_PARALLEL
#else
#define MSB_GUC_FLAGS 0
#endif

/* The last argument of EvalPlanQualInit() came with 16. */
#if PG_VERSION_NUM >= 160000
#define msb_epq_init(epq, estate) EvalPlanQualInit(epq, estate, NULL, NIL, -1, NIL)
#else
#define msb_epq_init(epq, estate) EvalPlanQualInit(epq, estate, NULL, NIL, -1)
#endif

/*
 * Make the range table of an UPDATE of one table.  Since 16 the updated columns are in a
 * list of their own, of RTEPermissionInfo; since 18 the caller names the relations that
 * are not pruned.
 */
#if PG_VERSION_NUM >= 160000
#include "parser/parse_relation.h"
#define msb_range_table(estate, rte, columns) \
	do { \
		List	   *perminfos = NIL; \
		addRTEPermissionInfo(&perminfos, rte)->updatedCols = (columns); \
		msb_init_range_table(estate, rte, perminfos); \
	} while (0)
#else
#define msb_range_table(estate, rte, columns) \
	((rte)->updatedCols = (columns), ExecInitRangeTable(estate, list_make1(rte)))
#endif
#if PG_VERSION_NUM >= 180000
#define msb_init_range_table(estate, rte, perminfos) \
	ExecInitRangeTable(estate, list_make1(rte), perminfos, bms_make_singleton(1))
#elif PG_VERSION_NUM >= 160000
#define msb_init_range_table(estate, rte, perminfos) ExecInitRangeTable(estate, list_make1(rte), perminfos)
#endif

/* Give the indexes a new row: the last argument came with 16, another order with 19. */
#if PG_VERSION_NUM >= 190000
#define msb_insert_index_tuples(result, slot, estate) \
	ExecInsertIndexTuples(result, estate, 0, slot, NIL, NULL)
#elif PG_VERSION_NUM >= 160000
#define msb_insert_index_tuples(result, slot, estate) \
	ExecInsertIndexTuples(result, slot, estate, false, false, NULL, NIL, false)
#else
#define msb_insert_index_tuples(result, slot, estate) \
	ExecInsertIndexTuples(result, slot, estate, false, false, NULL, NIL)
#endif

/* The statistics argument came with 18, the flags with 19. */
#if PG_VERSION_NUM >= 190000
#define msb_index_beginscan(rel, index, snapshot, nkeys) \
	index_beginscan(rel, index, snapshot, NULL, nkeys, 0, SO_NONE)
#elif PG_VERSION_NUM >= 180000
#define msb_index_beginscan(rel, index, snapshot, nkeys) index_beginscan(rel, index, snapshot, NULL, nkeys, 0)
#else
#define msb_index_beginscan(rel, index, snapshot, nkeys) index_beginscan(rel, index, snapshot, nkeys, 0)
#endif

/* The server has pg_noreturn since 18.  It precedes the declaration. */
#ifndef pg_noreturn
#define pg_noreturn __attribute__((noreturn))
#endif

/* A NOT NULL that is not validated came with 18. */
#if PG_VERSION_NUM >= 180000
#define msb_attribute_not_null(desc, i) (TupleDescCompactAttr(desc, i)->attnullability == ATTNULLABLE_VALID)
#else
#define msb_attribute_not_null(desc, i) (TupleDescAttr(desc, i)->attnotnull)
#endif

/* Soft input errors came with 16.  Before, an input function throws. */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#include "varatt.h"
#else
struct Node;
#define guc_malloc(elevel, size) malloc(size)
#define ereturn(context, dummy_value, ...) \
	do { (void) (context); ereport(ERROR, __VA_ARGS__); } while (0)
#endif

/*
 * Call the input function of a type without modifiers; false where the text is no value
 * of the type.  Before 16 the error is caught without a subtransaction, so the function
 * must do nothing but compute.
 */
static inline bool
msb_input_safe(PGFunction function, char *text, Datum *result)
{
#if PG_VERSION_NUM >= 160000
	ErrorSaveContext context = {.type = T_ErrorSaveContext};

	return DirectInputFunctionCallSafe(function, text, InvalidOid, -1, (Node *) &context, result);
#else
	MemoryContext caller = CurrentMemoryContext;
	volatile bool good = true;

	PG_TRY();
	{
		*result = DirectFunctionCall3(function, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	}
	PG_CATCH();
	{
		/* catch errors about the value alone: class 22, data exception, and 54, limit exceeded */
		int			class = geterrcode() & ((1 << 12) - 1);

		if (class != MAKE_SQLSTATE('2', '2', '0', '0', '0') && class != MAKE_SQLSTATE('5', '4', '0', '0', '0'))
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		good = false;
	}
	PG_END_TRY();
	return good;
#endif
}

#endif							/* MSB_COMPAT_H */
