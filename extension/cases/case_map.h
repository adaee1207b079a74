/*
 * case_map.h: the map of an attached table, and values through that map.
 */
#ifndef MSB_CASE_MAP_H
#define MSB_CASE_MAP_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "fmgr.h"

#include "structure/label_table.h"

/* The beginning of the names of map triggers on tables that cases refer to; a number follows. */
#define MSB_PARENT_MAP_TRIGGER "msb_org_parent_map_"

/* How far the extension goes with a table; docs/modes.md. */
typedef enum MsbMode
{
	MSB_OBSERVE,
	MSB_FILL,
	MSB_ENFORCE
} MsbMode;

/*
 * A column and how its value becomes text; attno is InvalidAttrNumber if no column plays
 * the role.
 */
typedef struct MsbColumn
{
	AttrNumber	attno;
	Oid			type;			/* domains looked through */
	int32		typmod;
	FmgrInfo	output;
} MsbColumn;

/* A value of the application, or the beginning of some, and the label that it maps to. */
typedef struct MsbAlias
{
	char	   *pattern;		/* without the * of a prefix */
	int			len;
	char	   *label;
	int			label_len;
} MsbAlias;

/* The source of the label of one facet: a column or a constant. */
typedef struct MsbFacetSource
{
	char	   *facet;
	MsbColumn	column;
	char	   *constant;		/* NULL: the column counts */
	int			nexact;
	MsbAlias   *exact;
	MsbFacet	patterns;		/* hash table over exact, in the same order */
	int			nprefixes;
	MsbAlias   *prefixes;		/* longest first */
} MsbFacetSource;

/*
 * The sources of one structure's facets: per facet an index into MsbCaseTable.facets, -1
 * for none.
 */
typedef struct MsbFacetMap
{
	uint64		serial;			/* the structure's; 0: the entry is free */
	int			room;			/* allocated size of source */
	int		   *source;
} MsbFacetMap;

/* A unit and what the application's area column holds for it. */
typedef struct MsbAreaValue
{
	char	   *unit;
	char	   *value;
} MsbAreaValue;

/* One attached relation: the table itself or a partition of it. */
typedef struct MsbCaseTable
{
	MemoryContext context;
	bool		valid;
	Oid			relid;
	Oid			root;			/* the relation that was attached */
	char	   *name;			/* case_table in the ledger */
	MsbMode		mode;
	MsbColumn	key;
	MsbColumn	opened;
	MsbColumn	closed;
	int			nclosed_values; /* closed holds codes, and these close */
	char	  **closed_values;
	MsbColumn	area;
	int			narea_values;	/* 0: the column holds unit codes */
	MsbAreaValue *area_values;
	int			nfacets;
	MsbFacetSource *facets;
	MsbFacetMap *maps;			/* judge.c's, of the two structures judged by last */

	/* the citizen and the birth date: a column of the table, or of the parent row */
	MsbColumn	citizen;
	MsbColumn	birth;
	bool		parent_citizen;
	bool		parent_birth;
	MsbColumn	parent;			/* the foreign key's column */
	char	   *parent_query;	/* NULL if the foreign key or our trigger behind it is gone */
	Oid			parent_owner;
	Oid			parent_root;	/* the table that the foreign key names */
	List	   *watched;		/* Oids of tables whose invalidation makes the entry stale */

	bool		changes_after_fill; /* a row may still change after the fill trigger saw it */
	int			nmapped;		/* columns whose change makes a row to be judged again */
	AttrNumber *mapped;
	AttrNumber	last_mapped;	/* the highest of them */
} MsbCaseTable;

/* A table that cases refer to, seen from a trigger on it. */
typedef struct MsbParentTable
{
	MemoryContext context;
	bool		valid;
	Oid			trigger;		/* key of the cache: several case tables may refer to one */
	char	   *name;			/* case_table that refers to it */
	MsbColumn	ref;			/* the column that the foreign key points to */
	MsbColumn	citizen;
	MsbColumn	birth;
} MsbParentTable;

/* Values of a parent row; texts are palloc'd. */
typedef struct MsbParentValues
{
	bool		found;
	char	   *citizen;		/* NULL if it is NULL */
	bool		birth_null;
	Datum		birth;
	Oid			birth_type;
} MsbParentValues;

extern char *msb_column_text(const MsbColumn *column, Datum value);
extern char *msb_slot_text(const MsbColumn *column, TupleTableSlot *slot);
extern const char *msb_slot_bytes(const MsbColumn *column, TupleTableSlot *slot, int *len);
extern bool msb_column_changed(const MsbColumn *column, TupleTableSlot *old, TupleTableSlot *new);
extern bool msb_mapped_changed(const MsbCaseTable *ct, TupleTableSlot *old, TupleTableSlot *new);
extern bool msb_judged_changed(const MsbCaseTable *ct, TupleTableSlot *old, TupleTableSlot *new);
extern const char *msb_label_of_value(const MsbFacetSource *source, const char *value, int *len);
extern const char *msb_unit_of_area(const MsbCaseTable *ct, const char *value);
extern const char *msb_area_of_unit(const MsbCaseTable *ct, const char *unit);

#endif							/* MSB_CASE_MAP_H */
