/*
 * parse_map.c: parses the arguments of a map trigger.
 *
 * attach() makes them, but the owner of a table may create a trigger on it with any
 * arguments and name it msb_org_map.  So everything in them is checked: that they are
 * JSON, that a position is one, and that the column at that position has a type that its
 * role can be read from.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/reltrigger.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/msb_org.h"
#include "base/messages.h"
#include "cases/parse_map.h"

/* Refuse a map trigger that attach() cannot have made: 22023. */
void
msb_damaged_map(const Trigger *trigger)
{
	ereport(ERROR,
			(msb_hide_values(NULL),
			 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the arguments of trigger \"%s\" are damaged", trigger->tgname),
			 errhint("Make the triggers of the case table again with msb_org.remap().")));
}

/*
 * Return whether a JSON value is a position in a column list: a whole number of at most
 * four digits.
 */
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
 * Parse the roles: an object of positions by role, with a word in place of a position if
 * the parent row has the value; the role facets is an object of positions by facet.
 * Returns NULL for anything else.
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

/* map_roles(arguments text): the roles as jsonb; NULL if attach() cannot have written them. */
PG_FUNCTION_INFO_V1(msb_map_roles);
Datum
msb_map_roles(PG_FUNCTION_ARGS)
{
	Jsonb	   *roles = map_roles(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	if (roles == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(roles);
}

/* Return the column at a position of the trigger's column list. */
static AttrNumber
position_column(const Trigger *trigger, const JsonbValue *position)
{
	int			n = !is_position(position) ? -1 :
	DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(position->val.numeric)));

	if (n < 1 || n > trigger->tgnattr)
		msb_damaged_map(trigger);
	return trigger->tgattr[n - 1];
}

/* Return whether a column has one of these types, as a domain too; true if there is no column. */
static bool
has_type(Relation rel, AttrNumber attno, const Oid *types, int count)
{
	Oid			type;

	if (attno == InvalidAttrNumber)
		return true;
	type = getBaseType(TupleDescAttr(RelationGetDescr(rel), attno - 1)->atttypid);
	for (int i = 0; i < count; i++)
		if (type == types[i])
			return true;
	return false;
}

/* The roles that a single column plays, and the member of MsbMap for each. */
static const struct
{
	const char *role;
	size_t		member;
}			column_roles[] = {
	{"key", offsetof(MsbMap, key)},
	{"citizen", offsetof(MsbMap, citizen)},
	{"birth", offsetof(MsbMap, birth)},
	{"parent", offsetof(MsbMap, parent)},
	{"opened", offsetof(MsbMap, opened)},
	{"closed", offsetof(MsbMap, closed)},
	{"decided", offsetof(MsbMap, decided)},
	{"caseworker", offsetof(MsbMap, caseworker)},
	{"area", offsetof(MsbMap, area)},
	{"ref", offsetof(MsbMap, ref)}
};

/* Parse the columns of the facets, in the order of the argument. */
static void
parse_facets(const Trigger *trigger, JsonbContainer *facets, MsbMap *map)
{
	JsonbIterator *it = JsonbIteratorInit(facets);
	JsonbIteratorToken token;
	JsonbValue	v;

	map->facets = palloc_array(MsbMapFacet, JsonContainerSize(facets));
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		MsbMapFacet *facet = &map->facets[map->nfacets];

		if (token == WJB_KEY)
			facet->facet = pnstrdup(v.val.string.val, v.val.string.len);
		else if (token == WJB_VALUE)
		{
			facet->attno = position_column(trigger, &v);
			map->nfacets++;
		}
	}
}

/*
 * Parse a map trigger of a table into CurrentMemoryContext; an error if attach() cannot
 * have made it.
 */
MsbMap *
msb_parse_map(const Trigger *trigger, Relation rel)
{
	static const Oid key_types[] = {INT2OID, INT4OID, INT8OID, TEXTOID, VARCHAROID, BPCHAROID, UUIDOID};
	static const Oid day_types[] = {DATEOID, TIMESTAMPOID, TIMESTAMPTZOID};
	Oid			birth_types[] = {DATEOID, TEXTOID, VARCHAROID, BPCHAROID, InvalidOid};
	Jsonb	   *roles = map_roles(trigger->tgargs[1]);
	MsbMap	   *map = palloc0_object(MsbMap);
	JsonbValue	value;

	if (roles == NULL)
		msb_damaged_map(trigger);
	for (int i = 0; i < (int) lengthof(column_roles); i++)
	{
		const char *role = column_roles[i].role;

		if (getKeyJsonValueFromContainer(&roles->root, role, strlen(role), &value) == NULL)
			continue;
		if (value.type == jbvString && strcmp(role, "citizen") == 0)
			map->parent_citizen = true;
		else if (value.type == jbvString && strcmp(role, "birth") == 0)
			map->parent_birth = true;
		else
			*(AttrNumber *) ((char *) map + column_roles[i].member) = position_column(trigger, &value);
	}
	if (getKeyJsonValueFromContainer(&roles->root, "facets", strlen("facets"), &value) != NULL &&
		value.type == jbvBinary)
		parse_facets(trigger, value.val.binary.data, map);

	birth_types[lengthof(birth_types) - 1] =
		GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("cpr"),
						ObjectIdGetDatum(get_namespace_oid(MSB_SCHEMA, false)));
	if (!has_type(rel, map->key, key_types, lengthof(key_types)) ||
		!has_type(rel, map->birth, birth_types, lengthof(birth_types)) ||
		!has_type(rel, map->opened, day_types, lengthof(day_types)) ||
		((map->parent_citizen || map->parent_birth) && map->parent == InvalidAttrNumber))
		msb_damaged_map(trigger);
	map->closed_is_day = has_type(rel, map->closed, day_types, lengthof(day_types));
	return map;
}
