/*
 * case_map.h: how the columns of an attached table map, and the values through that map.
 */
#ifndef MSB_CASE_MAP_H
#define MSB_CASE_MAP_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "fmgr.h"

#include "structure/label_table.h"

/* The triggers on tables that cases refer to begin so, a number after it. */
#define MSB_PARENT_MAP_TRIGGER "msb_org_parent_map_"

typedef enum MsbMode
{
	MSB_OBSERVE,
	MSB_FILL,
	MSB_ENFORCE
} MsbMode;

/* A column and how its value becomes text; attno 0: there is none. */
typedef struct MsbColumn
{
	AttrNumber	attno;
	Oid			type;			/* domains looked through */
	int32		typmod;
	FmgrInfo	output;
} MsbColumn;

typedef struct MsbAlias
{
	char	   *pattern;		/* without the * of a prefix */
	int			len;
	char	   *label;
	int			label_len;
} MsbAlias;

/* Where the label of one facet comes from. */
typedef struct MsbFacetSource
{
	char	   *facet;
	MsbColumn	column;			/* or */
	char	   *constant;
	int			nexact;
	MsbAlias   *exact;
	MsbFacet	patterns;		/* a table of exact, in the same order */
	int			nprefixes;
	MsbAlias   *prefixes;		/* longest first */
} MsbFacetSource;

/* Where the labels of a structure come from: per facet an index in facets, -1 for none. */
typedef struct MsbFacetMap
{
	uint64		serial;			/* of the structure; 0: of none */
	int			room;
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
	MsbFacetMap *maps;			/* judge.c's, of two structures */

	/* the citizen and the birth date: a column, or through a foreign key */
	MsbColumn	citizen;
	MsbColumn	birth;
	bool		parent_citizen;
	bool		parent_birth;
	MsbColumn	parent;			/* the foreign key's column */
	char	   *parent_query;	/* NULL where the foreign key has gone */
	Oid			parent_owner;
	Oid			parent_root;	/* the table that the foreign key names */
	List	   *watched;		/* tables by which the parent was looked for, as Oids */

	bool		changes_after_fill; /* what the fill trigger saw is not the last word */
	int			nmapped;		/* columns whose change is judged */
	AttrNumber *mapped;
	AttrNumber	last_mapped;	/* the last of them in a row */
} MsbCaseTable;

/* A table that cases refer to, seen from a trigger on it. */
typedef struct MsbParentTable
{
	MemoryContext context;
	bool		valid;
	Oid			trigger;		/* key of the cache: one table may serve several */
	char	   *name;			/* case_table that refers to it */
	MsbColumn	ref;			/* what the foreign key points to */
	MsbColumn	citizen;
	MsbColumn	birth;
} MsbParentTable;

/* What the parent's row says; texts are palloc'd. */
typedef struct MsbParentValues
{
	bool		found;
	char	   *citizen;		/* NULL where it is */
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
