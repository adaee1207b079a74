/*
 * read_map.c: reads the map of an attached table, and that of a table that cases refer to.
 *
 * The column map is the UPDATE OF list of the trigger msb_org_map, which follows a rename
 * and is dumped by name.  The trigger's second argument says which position of that list
 * plays which role.  The rest (mode, constants, aliases) is read from
 * msb_org.attached_table and msb_org.alias.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/reltrigger.h"

#include "base/msb_org.h"
#include "base/messages.h"
#include "base/catalog.h"
#include "base/query.h"
#include "structure/label_table.h"
#include "cases/case_map.h"
#include "cases/parse_map.h"
#include "cases/read_map.h"

#define FILL_TRIGGER "zzzz_msb_org_fill"

/* Order aliases by length, longest first. */
static int
compare_prefix(const void *a, const void *b)
{
	return ((const MsbAlias *) b)->len - ((const MsbAlias *) a)->len;
}

/* Read the aliases of one facet in a vocabulary, and prepare the look-up of the exact ones. */
static void
read_aliases(MsbFacetSource *source, Oid alias_relid, const char *vocabulary)
{
	Relation	rel = table_open(alias_relid, AccessShareLock);
	Relation	index;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	int			room = 8;
	MsbAlias   *all = palloc_array(MsbAlias, room);
	int			n = 0;

	index = index_open(msb_primary_key(rel), AccessShareLock);
	ScanKeyInit(&keys[0], Anum_alias_vocabulary, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(vocabulary));
	ScanKeyInit(&keys[1], Anum_alias_facet, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(source->facet));
	scan = systable_beginscan(rel, RelationGetRelid(index), true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;

		if (n == room)
			all = repalloc_array(all, MsbAlias, room *= 2);
		all[n].pattern = TextDatumGetCString(heap_getattr(tuple, Anum_alias_pattern, RelationGetDescr(rel), &isnull));
		all[n].label = TextDatumGetCString(heap_getattr(tuple, Anum_alias_label, RelationGetDescr(rel), &isnull));
		all[n].len = strlen(all[n].pattern);
		all[n].label_len = strlen(all[n].label);
		n++;
	}
	systable_endscan(scan);
	index_close(index, AccessShareLock);
	table_close(rel, AccessShareLock);

	source->exact = palloc_array(MsbAlias, n);
	source->prefixes = palloc_array(MsbAlias, n);
	for (int i = 0; i < n; i++)
	{
		if (all[i].len > 0 && all[i].pattern[all[i].len - 1] == '*')
		{
			all[i].pattern[--all[i].len] = '\0';
			source->prefixes[source->nprefixes++] = all[i];
		}
		else
			source->exact[source->nexact++] = all[i];
	}
	/* exact patterns are looked up by the same hash table as labels */
	source->patterns.nlabels = source->nexact;
	source->patterns.labels = palloc0_array(MsbLabel, Max(1, source->nexact));
	for (int i = 0; i < source->nexact; i++)
	{
		source->patterns.labels[i].label = source->exact[i].pattern;
		source->patterns.labels[i].len = source->exact[i].len;
	}
	msb_label_slots(&source->patterns);
	if (source->nprefixes > 1)
		qsort(source->prefixes, source->nprefixes, sizeof(MsbAlias), compare_prefix);
}

/* Fill in a column and its output function; nothing happens for InvalidAttrNumber. */
static void
init_column(MsbColumn *column, Relation rel, AttrNumber attno, MemoryContext context)
{
	Form_pg_attribute att;
	Oid			output;
	bool		varlena;

	if (attno == InvalidAttrNumber)
		return;
	att = TupleDescAttr(RelationGetDescr(rel), attno - 1);
	column->attno = attno;
	column->typmod = att->atttypmod;
	column->type = getBaseTypeAndTypmod(att->atttypid, &column->typmod);
	getTypeOutputInfo(column->type, &output, &varlena);
	fmgr_info_cxt(output, &column->output, context);
}

/*
 * Find a trigger of a relation by name (or by a prefix of it and the first argument).
 * The result points into the relcache entry, which any catalog look-up may replace: use
 * it at once or copy it.
 */
Trigger *
msb_find_trigger(Relation rel, const char *name, bool prefix, const char *first_argument)
{
	TriggerDesc *trigdesc = rel->trigdesc;

	for (int i = 0; trigdesc != NULL && i < trigdesc->numtriggers; i++)
	{
		Trigger    *trigger = &trigdesc->triggers[i];

		if (trigger->tgnargs == 2 &&
			(prefix ? strncmp(trigger->tgname, name, strlen(name)) : strcmp(trigger->tgname, name)) == 0 &&
			(first_argument == NULL || strcmp(trigger->tgargs[0], first_argument) == 0))
			return trigger;
	}
	return NULL;
}

/* Copy the parts of a map trigger that are needed; NULL if its function is not the extension's. */
static Trigger *
copy_map_trigger(Trigger *trigger)
{
	Trigger    *copy;

	if (trigger == NULL)
		return NULL;
	copy = palloc0(sizeof(Trigger));
	copy->tgoid = trigger->tgoid;
	copy->tgfoid = trigger->tgfoid;
	copy->tgname = pstrdup(trigger->tgname);
	copy->tgnattr = trigger->tgnattr;
	copy->tgattr = palloc_array(int16, Max(trigger->tgnattr, 1));
	memcpy(copy->tgattr, trigger->tgattr, trigger->tgnattr * sizeof(int16));
	copy->tgnargs = trigger->tgnargs;
	copy->tgargs = palloc_array(char *, trigger->tgnargs);
	for (int i = 0; i < trigger->tgnargs; i++)
		copy->tgargs[i] = pstrdup(trigger->tgargs[i]);
	return get_func_namespace(copy->tgfoid) == get_namespace_oid(MSB_SCHEMA, true) ? copy : NULL;
}

/* Return whether a relation is the given one or a partition of it. */
bool
msb_belongs_to(Relation rel, Oid root)
{
	return RelationGetRelid(rel) == root ||
		(rel->rd_rel->relispartition &&
		 list_member_oid(get_partition_ancestors(RelationGetRelid(rel)), root));
}

/* Split a jsonb object of texts and numbers into keys and values, as texts; returns how many. */
static int
object_members(Jsonb *object, char ***keys, char ***values)
{
	JsonbIterator *it = JsonbIteratorInit(&object->root);
	JsonbIteratorToken token;
	JsonbValue	v;
	int			n = 0;
	int			size = JB_ROOT_COUNT(object);

	*keys = palloc_array(char *, size);
	*values = palloc_array(char *, size);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			(*keys)[n] = pnstrdup(v.val.string.val, v.val.string.len);
		else if (token == WJB_VALUE)
		{
			if (v.type == jbvString)
				(*values)[n++] = pnstrdup(v.val.string.val, v.val.string.len);
			else if (v.type == jbvNumeric)
				(*values)[n++] = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(v.val.numeric)));
		}
	}
	return n;
}

/* Copy the row of msb_org.attached_table with a name; NULL if there is none. */
static HeapTuple
attached_row(const char *name, TupleDesc *desc)
{
	Relation	rel = table_open(msb_extension_table("attached_table"), AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_attached_table_case_table, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(name));
	scan = systable_beginscan(rel, msb_primary_key(rel), true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		tuple = heap_copytuple(tuple);
	systable_endscan(scan);
	*desc = CreateTupleDescCopy(RelationGetDescr(rel));
	table_close(rel, AccessShareLock);
	return tuple;
}

/* Return the relation attached under a name; InvalidOid if there is none. */
Oid
msb_case_table_relation(const char *name)
{
	TupleDesc	desc;
	HeapTuple	tuple;
	bool		isnull;

	tuple = attached_row(name, &desc);
	return tuple == NULL ? InvalidOid :
		DatumGetObjectId(heap_getattr(tuple, Anum_attached_table_relation, desc, &isnull));
}

/* Return a mode from its name. */
static MsbMode
mode_of_text(Datum value)
{
	char	   *mode = TextDatumGetCString(value);

	return strcmp(mode, "enforce") == 0 ? MSB_ENFORCE : strcmp(mode, "fill") == 0 ? MSB_FILL : MSB_OBSERVE;
}

/* Return the mode of the table attached under a name; observe if there is none. */
MsbMode
msb_case_table_mode(const char *name)
{
	TupleDesc	desc;
	HeapTuple	tuple;
	bool		isnull;

	tuple = attached_row(name, &desc);
	return tuple == NULL ? MSB_OBSERVE : mode_of_text(heap_getattr(tuple, Anum_attached_table_mode, desc, &isnull));
}

/* Read the sources of the facets: the columns of the map with their aliases, then the constants. */
static void
read_facets(MsbCaseTable *ct, Relation rel, const MsbMap *map, HeapTuple row, TupleDesc desc)
{
	bool		isnull;
	char	   *vocabulary = TextDatumGetCString(heap_getattr(row, Anum_attached_table_vocabulary, desc, &isnull));
	Datum		value = heap_getattr(row, Anum_attached_table_facet_values, desc, &isnull);
	char	  **keys;
	char	  **values;
	int			nconstants = isnull ? 0 : object_members(DatumGetJsonbP(value), &keys, &values);

	ct->facets = palloc0_array(MsbFacetSource, map->nfacets + nconstants);
	for (; ct->nfacets < map->nfacets; ct->nfacets++)
	{
		MsbFacetSource *source = &ct->facets[ct->nfacets];

		source->facet = map->facets[ct->nfacets].facet;
		init_column(&source->column, rel, map->facets[ct->nfacets].attno, ct->context);
		read_aliases(source, msb_extension_table("alias"), vocabulary);
	}
	for (int c = 0; c < nconstants; c++)
	{
		ct->facets[ct->nfacets].facet = keys[c];
		ct->facets[ct->nfacets++].constant = values[c];
	}
}

/* Read the codes that close a case; none if the closing column is a date. */
static void
read_closed_values(MsbCaseTable *ct, HeapTuple row, TupleDesc desc)
{
	bool		isnull;
	Datum		value = heap_getattr(row, Anum_attached_table_closed_values, desc, &isnull);
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	if (isnull)
		return;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	ct->closed_values = palloc_array(char *, n);
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			ct->closed_values[ct->nclosed_values++] = TextDatumGetCString(elements[i]);
}

/* Read the values that the area column holds for units; none if it holds their codes. */
static void
read_area_values(MsbCaseTable *ct, HeapTuple row, TupleDesc desc)
{
	bool		isnull;
	Datum		value = heap_getattr(row, Anum_attached_table_area_values, desc, &isnull);
	char	  **keys;
	char	  **values;

	if (isnull)
		return;
	ct->narea_values = object_members(DatumGetJsonbP(value), &keys, &values);
	ct->area_values = palloc_array(MsbAreaValue, ct->narea_values);
	for (int i = 0; i < ct->narea_values; i++)
	{
		ct->area_values[i].unit = keys[i];
		ct->area_values[i].value = values[i];
	}
}

/*
 * Read the case table's row of msb_org.attached_table; an error if the relation is not
 * attached as it.
 */
static void
read_attached(MsbCaseTable *ct, Relation rel, const MsbMap *map)
{
	TupleDesc	desc;
	HeapTuple	tuple = attached_row(ct->name, &desc);
	bool		isnull;

	if (tuple == NULL ||
		!msb_belongs_to(rel, DatumGetObjectId(heap_getattr(tuple, Anum_attached_table_relation, desc, &isnull))))
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" has the triggers of case table \"%s\" but is not the table attached under that name",
						RelationGetRelationName(rel), msb_printable(ct->name)),
				 errhint("It may be a restored copy. Drop its triggers msb_org_area, msb_org_map, msb_org_truncate and zzzz_msb_org_fill, or attach it under a name of its own.")));
	ct->root = DatumGetObjectId(heap_getattr(tuple, Anum_attached_table_relation, desc, &isnull));

	ct->mode = mode_of_text(heap_getattr(tuple, Anum_attached_table_mode, desc, &isnull));
	read_facets(ct, rel, map, tuple, desc);
	read_closed_values(ct, tuple, desc);
	read_area_values(ct, tuple, desc);
}

/*
 * Return whether a foreign key is one that the server itself made: beside a key to a
 * partitioned table it makes one to each of its partitions.
 */
static bool
refers_to_part(Relation rel, const ForeignKeyCacheInfo *fk)
{
	List	   *ancestors;
	ListCell   *lc;

	if (!get_rel_relispartition(fk->confrelid))
		return false;
	ancestors = get_partition_ancestors(fk->confrelid);
	foreach(lc, RelationGetFKeyList(rel))
	{
		ForeignKeyCacheInfo *other = lfirst_node(ForeignKeyCacheInfo, lc);

		if (other->nkeys == 1 && other->conkey[0] == fk->conkey[0] &&
			list_member_oid(ancestors, other->confrelid))
			return true;
	}
	return false;
}

/* Return a column of a parent table as the query that reads it names it; NULL::text for none. */
static const char *
parent_column(Relation parent, AttrNumber attno)
{
	return attno == InvalidAttrNumber ? "NULL::pg_catalog.text" : psprintf("p.%s", msb_column_name(parent, attno));
}

/*
 * Find the table that the foreign key of ct->parent points to, and make the query that
 * reads citizen and birth date from it.  If the key or our trigger on that table was
 * dropped there is no query, and cases cannot be judged.
 */
static void
find_parent(MsbCaseTable *ct, Relation rel)
{
	ListCell   *lc;

	foreach(lc, copyObject(RelationGetFKeyList(rel)))
	{
		ForeignKeyCacheInfo *fk = lfirst_node(ForeignKeyCacheInfo, lc);
		Relation	parent;
		Trigger    *trigger;

		if (fk->nkeys != 1 || fk->conkey[0] != ct->parent.attno ||
			refers_to_part(rel, fk))
			continue;
		ct->watched = lappend_oid(ct->watched, fk->confrelid);
		parent = table_open(fk->confrelid, AccessShareLock);
		trigger = copy_map_trigger(msb_find_trigger(parent, MSB_PARENT_MAP_TRIGGER, true, ct->name));
		if (trigger != NULL)
		{
			MsbMap	   *map = msb_parse_map(trigger, parent);

			if (map->ref == fk->confkey[0])
			{
				ct->parent_query =
					psprintf("SELECT %s, %s FROM %s p WHERE %s OPERATOR(pg_catalog.=) $1",
							 parent_column(parent, map->citizen), parent_column(parent, map->birth),
							 msb_table_only(parent), parent_column(parent, map->ref));
				ct->parent_owner = parent->rd_rel->relowner;
				ct->parent_root = fk->confrelid;
			}
		}
		table_close(parent, AccessShareLock);
		if (ct->parent_query != NULL)
			break;
	}
}

/*
 * Return whether a row can still change after the fill trigger saw it: generated columns
 * are computed later, and triggers fire in the order of their names.
 */
static bool
changes_after_fill(Relation rel)
{
	TriggerDesc *trigdesc = rel->trigdesc;

	if (rel->rd_att->constr != NULL && rel->rd_att->constr->has_generated_stored)
		return true;
	for (int i = 0; trigdesc != NULL && i < trigdesc->numtriggers; i++)
	{
		Trigger    *trigger = &trigdesc->triggers[i];

		if (TRIGGER_FOR_ROW(trigger->tgtype) && TRIGGER_FOR_BEFORE(trigger->tgtype) &&
			(TRIGGER_FOR_INSERT(trigger->tgtype) || TRIGGER_FOR_UPDATE(trigger->tgtype)) &&
			strcmp(trigger->tgname, FILL_TRIGGER) > 0)
			return true;
	}
	return false;
}

/* Read the map of a relation that carries the map trigger, in a memory context of its own. */
MsbCaseTable *
msb_make_case_table(Relation rel)
{
	MemoryContext context;
	MemoryContext old;
	MsbCaseTable *ct;
	Trigger    *trigger = copy_map_trigger(msb_find_trigger(rel, MSB_MAP_TRIGGER, false, NULL));
	MsbMap	   *map;

	if (trigger == NULL)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" has no trigger \"%s\", which holds its column map",
						RelationGetRelationName(rel), MSB_MAP_TRIGGER),
				 errhint("Map the columns again with msb_org.remap(), or end the attachment with msb_org.detach().")));

	context = AllocSetContextCreate(CurrentMemoryContext, "msb_org case table", ALLOCSET_SMALL_SIZES);
	MemoryContextCopyAndSetIdentifier(context, RelationGetRelationName(rel));
	old = MemoryContextSwitchTo(context);
	ct = palloc0(sizeof(MsbCaseTable));
	ct->context = context;
	ct->maps = palloc0_array(MsbFacetMap, 2);
	ct->relid = RelationGetRelid(rel);
	ct->name = pstrdup(trigger->tgargs[0]);
	ct->changes_after_fill = changes_after_fill(rel);
	map = msb_parse_map(trigger, rel);

	read_attached(ct, rel, map);
	init_column(&ct->key, rel, map->key, context);
	init_column(&ct->opened, rel, map->opened, context);
	init_column(&ct->closed, rel, map->closed, context);
	init_column(&ct->area, rel, map->area, context);
	init_column(&ct->parent, rel, map->parent, context);
	init_column(&ct->citizen, rel, map->citizen, context);
	init_column(&ct->birth, rel, map->birth, context);
	ct->parent_citizen = map->parent_citizen;
	ct->parent_birth = map->parent_birth;
	if (map->key == InvalidAttrNumber || (ct->nclosed_values == 0 && !map->closed_is_day))
		msb_damaged_map(trigger);
	if (ct->parent.attno != InvalidAttrNumber)
		find_parent(ct, rel);

	/* every column of the map except those that only reports use */
	ct->mapped = palloc_array(AttrNumber, trigger->tgnattr);
	for (int i = 0; i < trigger->tgnattr; i++)
	{
		if ((trigger->tgattr[i] == map->decided || trigger->tgattr[i] == map->caseworker) &&
			trigger->tgattr[i] != map->closed && trigger->tgattr[i] != map->opened)
			continue;
		ct->mapped[ct->nmapped++] = trigger->tgattr[i];
		ct->last_mapped = Max(ct->last_mapped, trigger->tgattr[i]);
	}
	MemoryContextSwitchTo(old);
	return ct;
}

/* Report that the trigger on a table that cases refer to is missing: 55000. */
void
msb_lost_parent_map(Relation rel, const char *case_table)
{
	ereport(ERROR,
			(msb_hide_values(NULL),
			 errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("table \"%s\" has lost the trigger that says how case table \"%s\" refers to it",
					RelationGetRelationName(rel), msb_printable(case_table)),
			 errhint("Use msb_org.remap() on the case table.")));
}

/* Read the map of a table that cases refer to, from its map trigger for that case table. */
MsbParentTable *
msb_make_parent_table(Relation rel, Trigger *trigger, const char *case_table)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "msb_org parent table",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	MsbParentTable *parent = palloc0_object(MsbParentTable);
	MsbMap	   *map;

	parent->context = context;
	parent->trigger = trigger->tgoid;
	trigger = copy_map_trigger(trigger);
	if (trigger == NULL)
		msb_lost_parent_map(rel, case_table);
	map = msb_parse_map(trigger, rel);
	parent->name = trigger->tgargs[0];
	init_column(&parent->ref, rel, map->ref, context);
	init_column(&parent->citizen, rel, map->citizen, context);
	init_column(&parent->birth, rel, map->birth, context);
	MemoryContextSwitchTo(old);
	return parent;
}
