/*
 * case_map.c: values through the map of a case table: a column as text, the label of a
 * value, the unit of an area; and whether an UPDATE changed a mapped column.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "base/compat.h"
#include "structure/label_table.h"
#include "cases/case_map.h"

/* Return a value as text, palloc'd; a blank-padded one loses its padding. */
char *
msb_column_text(const MsbColumn *column, Datum value)
{
	char	   *shown;

	switch (column->type)
	{
		case TEXTOID:
		case VARCHAROID:
			return TextDatumGetCString(value);
		case INT4OID:
			shown = palloc(sizeof("-2147483648"));
			pg_ltoa(DatumGetInt32(value), shown);
			return shown;
		case INT8OID:
			shown = palloc(sizeof("-9223372036854775808"));
			pg_lltoa(DatumGetInt64(value), shown);
			return shown;
	}
	shown = OutputFunctionCall(unconstify(FmgrInfo *, &column->output), value);
	if (column->type == BPCHAROID)
	{
		int			len = strlen(shown);

		while (len > 0 && shown[len - 1] == ' ')
			shown[--len] = '\0';
	}
	return shown;
}

/* Return a column of a row as text, palloc'd; NULL if it is NULL, or if there is no such column. */
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

/*
 * Return a column of a row as *len bytes, without a copy if the value is a text already.
 * No zero byte follows them.  They are valid as long as the row is.
 */
const char *
msb_slot_bytes(const MsbColumn *column, TupleTableSlot *slot, int *len)
{
	bool		isnull;
	Datum		value;
	char	   *shown;

	if (column->attno == InvalidAttrNumber)
		return NULL;
	value = slot_getattr(slot, column->attno, &isnull);
	if (isnull)
		return NULL;
	if (column->type == TEXTOID || column->type == VARCHAROID)
	{
		text	   *packed = DatumGetTextPP(value);

		*len = VARSIZE_ANY_EXHDR(packed);
		return VARDATA_ANY(packed);
	}
	shown = msb_column_text(column, value);
	*len = strlen(shown);
	return shown;
}

/*
 * Return whether a column differs between two versions of a row, bytewise; one that is
 * not there does not.
 */
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

/*
 * Return whether two tuples hold the same bytes up to the end of column natts.  A quick
 * test: false only means that the columns must be compared one by one.  The caller has
 * deformed the old tuple up to that column, so its offset is known.
 */
static bool
same_bytes(TupleTableSlot *old, TupleTableSlot *new, int natts)
{
	HeapTuple	a,
				b;
	uint32		end;

	if (!TTS_IS_BUFFERTUPLE(old) || !TTS_IS_BUFFERTUPLE(new))
		return false;
	a = ((HeapTupleTableSlot *) old)->tuple;
	b = ((HeapTupleTableSlot *) new)->tuple;
	end = ((HeapTupleTableSlot *) old)->off;
	if (a == NULL || b == NULL || HeapTupleHeaderGetNatts(a->t_data) < natts ||
		HeapTupleHeaderGetNatts(b->t_data) < natts || a->t_data->t_hoff != b->t_data->t_hoff ||
		HeapTupleHasNulls(a) != HeapTupleHasNulls(b) || b->t_len < b->t_data->t_hoff + end)
		return false;
	return (!HeapTupleHasNulls(a) ||
			memcmp(a->t_data->t_bits, b->t_data->t_bits, BITMAPLEN(natts)) == 0) &&
		memcmp((char *) a->t_data + a->t_data->t_hoff, (char *) b->t_data + b->t_data->t_hoff, end) == 0;
}

/* Return whether any mapped column changed, except one (InvalidAttrNumber: no exception). */
static bool
any_changed(const MsbCaseTable *ct, TupleTableSlot *old, TupleTableSlot *new, AttrNumber except)
{
	for (int i = 0; i < ct->nmapped; i++)
	{
		MsbColumn	column = {.attno = ct->mapped[i]};

		if (column.attno != except && msb_column_changed(&column, old, new))
			return true;
	}
	return false;
}

/* Return whether an UPDATE changed a column that judging reads, or the area. */
bool
msb_mapped_changed(const MsbCaseTable *ct, TupleTableSlot *old, TupleTableSlot *new)
{
	slot_getsomeattrs(old, ct->last_mapped);
	return !same_bytes(old, new, ct->last_mapped) && any_changed(ct, old, new, InvalidAttrNumber);
}

/* Return whether an UPDATE changed a column that judging reads; the area is none. */
bool
msb_judged_changed(const MsbCaseTable *ct, TupleTableSlot *old, TupleTableSlot *new)
{
	return any_changed(ct, old, new, ct->area.attno);
}

/*
 * Return the label that a value of the application maps to: that of an exact alias, else
 * that of the longest prefix, else the value itself, which may be no label.  *len is the
 * length of the value, and becomes that of the label.
 */
const char *
msb_label_of_value(const MsbFacetSource *source, const char *value, int *len)
{
	const MsbAlias *found = NULL;

	if (source->nexact > 0)
	{
		int			exact = msb_label_no(&source->patterns, value, *len);

		if (exact != MSB_NO_LABEL)
			found = &source->exact[exact];
	}
	for (int i = 0; found == NULL && i < source->nprefixes; i++)
		if (*len >= source->prefixes[i].len &&
			memcmp(value, source->prefixes[i].pattern, source->prefixes[i].len) == 0)
			found = &source->prefixes[i];
	if (found == NULL)
		return value;
	*len = found->label_len;
	return found->label;
}

/*
 * Return the unit that a value of the area column maps to; the value itself if
 * area_values lacks it.
 */
const char *
msb_unit_of_area(const MsbCaseTable *ct, const char *value)
{
	for (int i = 0; i < ct->narea_values; i++)
		if (strcmp(ct->area_values[i].value, value) == 0)
			return ct->area_values[i].unit;
	return value;
}

/*
 * Return the value that the area column holds for a unit; NULL if area_values leaves the
 * unit out.
 */
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
