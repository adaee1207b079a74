/*
 * case_columns.c: what the columns of a case table say: values as text, labels
 * of values, units of areas, and whether a change is one that is judged.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "case_table.h"

/* A value as text, palloc'd; blank-padded ones without their padding. */
char *
msb_column_text(const MsbColumn *column, Datum value)
{
	char	   *shown;

	if (column->type == TEXTOID || column->type == VARCHAROID)
		return TextDatumGetCString(value);
	shown = OutputFunctionCall(unconstify(FmgrInfo *, &column->output), value);
	if (column->type == BPCHAROID)
	{
		int			len = strlen(shown);

		while (len > 0 && shown[len - 1] == ' ')
			shown[--len] = '\0';
	}
	return shown;
}

/* A column of a row as text, palloc'd; NULL where it is NULL or there is no column. */
char *
msb_slot_text(const MsbColumn *column, TupleTableSlot *slot)
{
	bool		isnull;
	Datum		value;

	if (column->attno == InvalidAttrNumber)
		return NULL;
	value = slot_getattr(slot, column->attno, &isnull);
	return isnull ? NULL : msb_column_text(column, value);
}

bool
msb_column_changed(const MsbColumn *column, TupleTableSlot *old, TupleTableSlot *new)
{
	bool		old_null,
				new_null;
	Datum		old_value,
				new_value;
	Form_pg_attribute att;

	if (column->attno == InvalidAttrNumber)
		return false;
	old_value = slot_getattr(old, column->attno, &old_null);
	new_value = slot_getattr(new, column->attno, &new_null);
	if (old_null || new_null)
		return old_null != new_null;
	att = TupleDescAttr(new->tts_tupleDescriptor, column->attno - 1);
	return !datum_image_eq(old_value, new_value, att->attbyval, att->attlen);
}

/* Whether an UPDATE touched a column that is judged. */
bool
msb_mapped_changed(const MsbCaseTable *ct, TupleTableSlot *old, TupleTableSlot *new)
{
	for (int i = 0; i < ct->nmapped; i++)
	{
		MsbColumn	column = {.attno = ct->mapped[i]};

		if (msb_column_changed(&column, old, new))
			return true;
	}
	return false;
}

/* The order of MsbFacetSource.exact. */
int
msb_compare_alias(const void *a, const void *b)
{
	return strcmp(((const MsbAlias *) a)->pattern, ((const MsbAlias *) b)->pattern);
}

/*
 * The label that a value of the application stands for: an exact alias, else
 * the longest prefix, else the value itself, which may be no label.
 */
const char *
msb_label_of_value(const MsbFacetSource *source, const char *value)
{
	MsbAlias	key = {.pattern = unconstify(char *, value)};
	MsbAlias   *found = NULL;

	if (source->nexact > 0)
		found = bsearch(&key, source->exact, source->nexact, sizeof(MsbAlias), msb_compare_alias);
	for (int i = 0; found == NULL && i < source->nprefixes; i++)
		if (strncmp(value, source->prefixes[i].pattern, source->prefixes[i].len) == 0)
			found = &source->prefixes[i];
	return found != NULL ? found->label : value;
}

/* The unit that a value of the area column stands for; the value itself where none does. */
const char *
msb_unit_of_area(const MsbCaseTable *ct, const char *value)
{
	for (int i = 0; i < ct->narea_values; i++)
		if (strcmp(ct->area_values[i].value, value) == 0)
			return ct->area_values[i].unit;
	return value;
}

/* What the area column holds for a unit; NULL where area_values leaves it out. */
const char *
msb_area_of_unit(const MsbCaseTable *ct, const char *unit)
{
	if (ct->narea_values == 0)
		return unit;
	for (int i = 0; i < ct->narea_values; i++)
		if (strcmp(ct->area_values[i].unit, unit) == 0)
			return ct->area_values[i].value;
	return NULL;
}
