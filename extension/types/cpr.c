/*
 * cpr.c: the type cpr in SQL.  What a number is, cpr_text.c knows.
 *
 * Comparison, sort support and sending are those of bigint; the script names
 * the server's own functions.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"

#include "base/compat.h"
#include "base/msb_org.h"
#include "base/messages.h"
#include "types/cpr_text.h"
#include "types/person.h"

#define DatumGetCpr(d) DatumGetInt64(d)
#define CprGetDatum(v) Int64GetDatum(v)
#define PG_GETARG_CPR(n) PG_GETARG_INT64(n)

/*
 * What the DETAIL of an input error says.  In general words: none of the text
 * may be shown.
 */
static const char *
fault_detail(MsbCprFault fault)
{
	switch (fault)
	{
		case MSB_CPR_LENGTH:
			return _("A CPR number has ten characters, and may have a dash after the sixth.");
		case MSB_CPR_DASH:
			return _("Only a dash is allowed between the date and the last four characters.");
		case MSB_CPR_SHAPE:
			return _("The date is six digits. Four digits follow it, or a digit, two letters and a digit.");
		case MSB_CPR_CENTURY:
			return _("In a number with letters, this seventh character names no century.");
		case MSB_CPR_DATE:
			return _("The first six digits are not a date in the century that the seventh names.");
		case MSB_CPR_OK:
			break;
	}
	elog(ERROR, "a valid cpr was refused");
	return NULL;				/* keep compiler quiet */
}

/*
 * The value of a text, or an error that shows nothing of it.  The error is soft
 * where the caller gave a context for that; the result is then no value.
 */
static Datum
cpr_from_chars(const char *text, size_t len, struct Node *escontext)
{
	int64_t		value;

	if (!msb_cpr_parse(text, len, &value))
		ereturn(escontext, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s", "cpr"),
				 errdetail_internal("%s", fault_detail(msb_cpr_fault(text, len))),
				 errhint("Write it as DDMMYY-SSSS or DDMMYYSSSS."),
				 msb_hide_values(escontext)));
	return CprGetDatum(value);
}

PG_FUNCTION_INFO_V1(msb_cpr_in);
Datum
msb_cpr_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);

	return cpr_from_chars(text, strlen(text), fcinfo->context);
}

PG_FUNCTION_INFO_V1(msb_cpr_out);
Datum
msb_cpr_out(PG_FUNCTION_ARGS)
{
	char	   *text = palloc(MSB_CPR_TEXT_LEN + 1);

	msb_cpr_print(PG_GETARG_CPR(0), text);
	PG_RETURN_CSTRING(text);
}

/*
 * The binary form is the value, as bigint is sent.  A client's 64 bits are no
 * number until they have been read as one.
 */
PG_FUNCTION_INFO_V1(msb_cpr_recv);
Datum
msb_cpr_recv(PG_FUNCTION_ARGS)
{
	int64		value = pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0));

	if (!msb_cpr_valid(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary representation of type %s", "cpr"),
				 errhint("Send the number as text, or the binary form as it was received."),
				 msb_hide_values(NULL)));
	return CprGetDatum(value);
}

/*
 * The casts from text, varchar and char(n), whose padding is white space.
 */
PG_FUNCTION_INFO_V1(msb_cpr_from_text);
Datum
msb_cpr_from_text(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);

	return cpr_from_chars(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), fcinfo->context);
}

/*
 * The hash of a value.  It stands in hash indexes and decides in which hash
 * partition a row lies: an on-disk format, never to be changed.  Not bigint's
 * hash: that folds the halves with XOR, so that some 2^16 different results
 * would serve every birth date and serial.  Both halves are mixed as numbers,
 * so the byte order of the machine makes no difference.
 */
static uint64
cpr_hash(int64 value, uint64 seed)
{
	seed = hash_bytes_uint32_extended((uint32) (value >> 32), seed);
	return hash_bytes_uint32_extended((uint32) value, seed);
}

PG_FUNCTION_INFO_V1(msb_cpr_hash);
Datum
msb_cpr_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) (uint32) cpr_hash(PG_GETARG_CPR(0), 0));
}

/* With seed 0 the low 32 bits are those of msb_cpr_hash, as the server asks. */
PG_FUNCTION_INFO_V1(msb_cpr_hash_extended);
Datum
msb_cpr_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) cpr_hash(PG_GETARG_CPR(0), (uint64) PG_GETARG_INT64(1)));
}

PG_FUNCTION_INFO_V1(msb_cpr_birth_date);
Datum
msb_cpr_birth_date(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(msb_cpr_birth(PG_GETARG_CPR(0)));
}

PG_FUNCTION_INFO_V1(msb_cpr_birth_is_certain);
Datum
msb_cpr_birth_is_certain(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(msb_cpr_birth_certain(PG_GETARG_CPR(0)));
}

/*
 * Odd last digit male, even female, in every form.
 */
PG_FUNCTION_INFO_V1(msb_cpr_sex);
Datum
msb_cpr_sex(PG_FUNCTION_ARGS)
{
	char		number[MSB_CPR_TEXT_LEN + 1];

	msb_cpr_print(PG_GETARG_CPR(0), number);
	PG_RETURN_TEXT_P(cstring_to_text((number[10] - '0') % 2 == 1 ? "male" : "female"));
}

/*
 * NULL where there is no age: before birth, on no day of the calendar, and
 * when the date in the number is not one to rely on.
 */
PG_FUNCTION_INFO_V1(msb_cpr_age);
Datum
msb_cpr_age(PG_FUNCTION_ARGS)
{
	int64		value = PG_GETARG_CPR(0);
	DateADT		on_date = PG_GETARG_DATEADT(1);
	int			age;

	if (!msb_cpr_birth_certain(value) || DATE_NOT_FINITE(on_date))
		PG_RETURN_NULL();
	age = msb_age_on(msb_cpr_birth(value), on_date);
	if (age < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(age);
}

/*
 * Whether the digits, as written, times 4 3 2 7 6 5 4 3 2 1 sum to a multiple
 * of 11.  NULL where there are letters.
 */
PG_FUNCTION_INFO_V1(msb_cpr_mod11);
Datum
msb_cpr_mod11(PG_FUNCTION_ARGS)
{
	static const char weights[MSB_CPR_TEXT_LEN] = {4, 3, 2, 7, 6, 5, 0, 4, 3, 2, 1};
	char		number[MSB_CPR_TEXT_LEN + 1];
	int			sum = 0;

	msb_cpr_print(PG_GETARG_CPR(0), number);
	for (int i = 0; i < MSB_CPR_TEXT_LEN; i++)
	{
		if (number[i] >= 'A' && number[i] <= 'Z')
			PG_RETURN_NULL();
		sum += weights[i] * (number[i] - '0');	/* the dash weighs nothing */
	}
	PG_RETURN_BOOL(sum % 11 == 0);
}

PG_FUNCTION_INFO_V1(msb_cpr_mask);
Datum
msb_cpr_mask(PG_FUNCTION_ARGS)
{
	char		number[MSB_CPR_TEXT_LEN + 1];

	msb_cpr_print(PG_GETARG_CPR(0), number);
	memset(number + 7, 'X', 4);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(number, MSB_CPR_TEXT_LEN));
}
