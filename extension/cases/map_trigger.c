/*
 * map_trigger.c: what the arguments of a map trigger say.
 *
 * attach() makes them, but whoever owns a table may make a trigger on it with any
 * arguments and call it msb_org_map.  So nothing in them is taken for granted: not
 * that they are JSON, nor that a position is one, nor that the column there has a
 * type that its role can be read from.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/reltrigger.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/msb_org.h"
#include "base/messages.h"
#include "cases/case_map.h"
#include "cases/map_trigger.h"

/* Refuse what no attach() has made. */
void
msb_damaged_map(const Trigger *trigger)
{
	ereport(ERROR,
			(msb_hide_values(NULL),
			 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the arguments of trigger \"%s\" are damaged", trigger->tgname),
			 errhint("msb_org.remap() makes the triggers of a case table anew.")));
}

/* Whether a value is a position in a column list: a whole number of at most four digits. */
static bool
is_position(const JsonbValue *value)
{
	char	   *digits;

	if (value->type != jbvNumeric)
		return false;
	digits = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	return strlen(digits) <= 4 && strspn(digits, "0123456789") == strlen(digits);
}

/*
 * The roles in a text: an object of positions by role, or a word in place of one;
 * the role facets is an object of positions by facet.  NULL for anything else.
 */
static Jsonb *
map_roles(char *text)
{
	Datum		datum;
	Jsonb	   *roles;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	v;
	int			depth = 0;
	bool		facets = false;

	if (!msb_input_safe(jsonb_in, text, &datum))
		return NULL;
	roles = DatumGetJsonbP(datum);
	it = JsonbIteratorInit(&roles->root);
	while ((token = JsonbIteratorNext(&it, &v, false)) != WJB_DONE)
	{
		if (token == WJB_BEGIN_OBJECT)
		{
			if (++depth > 1 && !(depth == 2 && facets))
				return NULL;
		}
		else if (token == WJB_END_OBJECT)
			depth--;
		else if (token == WJB_KEY)
		{
			if (depth == 1)
				facets = v.val.string.len == strlen("facets") &&
					memcmp(v.val.string.val, "facets", strlen("facets")) == 0;
		}
		else if (token != WJB_VALUE)
			return NULL;		/* an array */
		else if (depth == 1 && facets)
			return NULL;
		else if (!is_position(&v) && !(depth == 1 && v.type == jbvString))
			return NULL;
	}
	return roles;
}

/* map_roles(arguments text): the same for SQL. */
PG_FUNCTION_INFO_V1(msb_map_roles);
Datum
msb_map_roles(PG_FUNCTION_ARGS)
{
	Jsonb	   *roles = map_roles(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	if (roles == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(roles);
}

/* The second argument of a map trigger. */
JsonbContainer *
msb_trigger_roles(const Trigger *trigger)
{
	Jsonb	   *roles = map_roles(trigger->tgargs[1]);

	if (roles == NULL)
		msb_damaged_map(trigger);
	return &roles->root;
}

/* The column at a position of the trigger's column list. */
AttrNumber
msb_position_column(const Trigger *trigger, const JsonbValue *position)
{
	int			n = !is_position(position) ? -1 :
	DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(position->val.numeric)));

	if (n < 1 || n > trigger->tgnattr)
		msb_damaged_map(trigger);
	return trigger->tgattr[n - 1];
}

/* A column, if there is one, has one of the types that attach() takes for its role. */
static void
check_type(const Trigger *trigger, const MsbColumn *column, const Oid *types, int count)
{
	if (column->attno == InvalidAttrNumber)
		return;
	for (int i = 0; i < count; i++)
		if (column->type == types[i])
			return;
	msb_damaged_map(trigger);
}

void
msb_check_key(const Trigger *trigger, const MsbColumn *column)
{
	static const Oid types[] = {INT2OID, INT4OID, INT8OID, TEXTOID, VARCHAROID, BPCHAROID, UUIDOID};

	if (column->attno == InvalidAttrNumber)
		msb_damaged_map(trigger);
	check_type(trigger, column, types, lengthof(types));
}

void
msb_check_birth(const Trigger *trigger, const MsbColumn *column)
{
	Oid			types[] = {DATEOID, TEXTOID, VARCHAROID, BPCHAROID, InvalidOid};

	types[lengthof(types) - 1] =
		GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("cpr"),
						ObjectIdGetDatum(get_namespace_oid(MSB_SCHEMA, false)));
	check_type(trigger, column, types, lengthof(types));
}

void
msb_check_day(const Trigger *trigger, const MsbColumn *column)
{
	static const Oid types[] = {DATEOID, TIMESTAMPOID, TIMESTAMPTZOID};

	check_type(trigger, column, types, lengthof(types));
}
