/*
 * document.h: reading the document of a structure.
 */
#ifndef MSB_DOCUMENT_H
#define MSB_DOCUMENT_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "types/target_group_text.h"

/* Throw for a document that adopt() would refuse: somebody wrote the table by hand. */
#define msb_document_error(...) \
	ereport(ERROR, \
			(errcode(ERRCODE_DATA_CORRUPTED), \
			 errmsg("the document of structure \"%s\" is damaged", msb_document_reading()), \
			 errdetail(__VA_ARGS__)))

extern void msb_document_begin(const char *structure);
extern const char *msb_document_reading(void);
extern char *msb_document_name(Jsonb *document);
extern JsonbContainer *msb_document_list(Jsonb *document, const char *key, int *count);
extern JsonbContainer *msb_document_object(JsonbContainer *list, const char *key, int n);
extern const char *msb_document_string(JsonbContainer *object, const char *key, bool required, int *len);
extern char *msb_document_text(JsonbContainer *object, const char *key, bool required);
extern int	msb_document_number(JsonbContainer *object, const char *key, int missing);
extern bool msb_document_true(JsonbContainer *object, const char *key);
extern MsbTargetGroup *msb_document_target(const char *text, const char *rule, const char *duty);

#endif							/* MSB_DOCUMENT_H */
