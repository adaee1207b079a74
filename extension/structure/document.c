/*
 * document.c: reading the document of a structure: its lists, their objects, their texts.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "base/msb_org.h"
#include "types/target_group_text.h"
#include "structure/document.h"

/* The structure whose document is being read, for msb_document_error(). */
static const char *reading = "";

/* Name the structure whose document is read next.  The name must live until the reading is over. */
void
msb_document_begin(const char *structure)
{
	reading = structure;
}

/* Return the name of the structure whose document is being read. */
const char *
msb_document_reading(void)
{
	return reading;
}

/* Return the name of the structure that a document holds, for messages, palloc'd; "" for none. */
char *
msb_document_name(Jsonb *document)
{
	JsonbValue	value;

	if (JB_ROOT_IS_OBJECT(document) &&
		getKeyJsonValueFromContainer(&document->root, "structure", strlen("structure"), &value) != NULL &&
		value.type == jbvString)
		return pnstrdup(value.val.string.val, value.val.string.len);
	return pstrdup("");
}

/* Return the list under a key of the document, and its length. */
JsonbContainer *
msb_document_list(Jsonb *document, const char *key, int *count)
{
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(document))
		msb_document_error("It is not an object.");
	if (getKeyJsonValueFromContainer(&document->root, key, strlen(key), &value) == NULL ||
		value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
		msb_document_error("Its \"%s\" is missing or not a list.", key);
	*count = JsonContainerSize(value.val.binary.data);
	return value.val.binary.data;
}

/* Return the object at index n of a list; key is the list's, for the message. */
JsonbContainer *
msb_document_object(JsonbContainer *list, const char *key, int n)
{
	JsonbValue *value = getIthJsonbValueFromContainer(list, n);
	JsonbContainer *object;

	if (value == NULL || value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		msb_document_error("Element %d of \"%s\" is not an object.", n + 1, key);
	object = value->val.binary.data;
	pfree(value);
	return object;
}

/*
 * Return the text under a key of an object, NULL where it is missing.  It points into the
 * document, and no zero byte ends it.
 */
const char *
msb_document_string(JsonbContainer *object, const char *key, bool required, int *len)
{
	JsonbValue	value;

	if (getKeyJsonValueFromContainer(object, key, strlen(key), &value) != NULL &&
		value.type == jbvString)
	{
		*len = value.val.string.len;
		return value.val.string.val;
	}
	if (required)
		msb_document_error("A text under \"%s\" is missing.", key);
	return NULL;
}

/* Return the text under a key of an object, palloc'd; NULL where it is missing. */
char *
msb_document_text(JsonbContainer *object, const char *key, bool required)
{
	int			len;
	const char *text = msb_document_string(object, key, required, &len);

	return text == NULL ? NULL : pnstrdup(text, len);
}

/* Return the integer under a key of an object, or "missing" where there is none. */
int
msb_document_number(JsonbContainer *object, const char *key, int missing)
{
	JsonbValue	value;

	if (getKeyJsonValueFromContainer(object, key, strlen(key), &value) == NULL || value.type != jbvNumeric)
		return missing;
	return DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(value.val.numeric)));
}

/* Check whether an object has true under a key. */
bool
msb_document_true(JsonbContainer *object, const char *key)
{
	JsonbValue	value;

	return getKeyJsonValueFromContainer(object, key, strlen(key), &value) != NULL &&
		value.type == jbvBool && value.val.boolean;
}

/* Read the text of a target group, palloc'd; rule or else duty has it, for the message. */
MsbTargetGroup *
msb_document_target(const char *text, const char *rule, const char *duty)
{
	MsbTargetGroup *target;
	MsbParseError error;

	if (msb_target_group_parse(text, strlen(text), palloc, &target, &error))
		return target;
	if (rule != NULL)
		msb_document_error("The target of rule \"%s\" is not a target group.", rule);
	msb_document_error("The target of duty \"%s\" is not a target group.", duty);
}
