/*
 * text.c: texts, lists of texts and text[].
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/pg_list.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/text.h"

/* Set a column of a row to a text, palloc'd; attno begins with 1, and NULL gives NULL. */
void
msb_set_text(Datum *values, bool *nulls, AttrNumber attno, const char *text)
{
	nulls[attno - 1] = text == NULL;
	values[attno - 1] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* Check whether two texts are equal, NULL only to NULL. */
bool
msb_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Compare two texts bytewise; for list_sort(). */
int
msb_compare_texts(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* Add a text to a list unless the list has it. */
List *
msb_add_text(List *texts, char *text)
{
	ListCell   *lc;

	foreach(lc, texts)
		if (strcmp(lfirst(lc), text) == 0)
			return texts;
	return lappend(texts, text);
}

/* Check whether a list has a text. */
bool
msb_has_text(List *texts, const char *text)
{
	ListCell   *lc;

	foreach(lc, texts)
		if (strcmp(lfirst(lc), text) == 0)
			return true;
	return false;
}

/* Return a list of texts as text[], palloc'd. */
Datum
msb_text_array(List *texts)
{
	Datum	   *values = palloc_array(Datum, Max(1, list_length(texts)));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, texts)
		values[n++] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Return the elements of a text[] as a list, palloc'd; none of them may be NULL. */
List *
msb_text_list(Datum array)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	List	   *texts = NIL;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
		texts = lappend(texts, TextDatumGetCString(elements[i]));
	return texts;
}

/* Check whether two lists have the same texts in the same order. */
bool
msb_same_texts(List *a, List *b)
{
	ListCell   *la;
	ListCell   *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
		if (strcmp(lfirst(la), lfirst(lb)) != 0)
			return false;
	return true;
}
