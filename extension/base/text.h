/*
 * text.h: texts, lists of texts and text[].
 */
#ifndef MSB_TEXT_H
#define MSB_TEXT_H

#include "postgres.h"

#include "access/attnum.h"
#include "nodes/pg_list.h"

extern void msb_set_text(Datum *values, bool *nulls, AttrNumber attno, const char *text);
extern bool msb_same_text(const char *a, const char *b);
extern int	msb_compare_texts(const ListCell *a, const ListCell *b);
extern List *msb_add_text(List *texts, char *text);
extern bool msb_has_text(List *texts, const char *text);
extern Datum msb_text_array(List *texts);
extern List *msb_text_list(Datum array);
extern bool msb_same_texts(List *a, List *b);

#endif							/* MSB_TEXT_H */
