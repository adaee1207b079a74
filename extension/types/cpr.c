/*
 * cpr.c: the type cpr in SQL.  cpr_text.c knows what a number is.
 *
 * Comparison, sort support and sending are bigint's: cpr.sql names the server's own functions
 * for them.
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

/* Return the DETAIL of an input error, in general words: no part of the text may be shown. */
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
 * Return the value of a text, or throw an error that shows nothing of the text.  The error is
 * soft where the caller gave a context for that; the result is then no value.
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

/* Input function of cpr. */
PG_FUNCTION_INFO_V1(msb_cpr_in);
Datum
msb_cpr_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);

	return cpr_from_chars(text, strlen(text), fcinfo->context);
}

/* Output function of cpr. */
PG_FUNCTION_INFO_V1(msb_cpr_out);
Datum
msb_cpr_out(PG_FUNCTION_ARGS)
{
	char	   *text = palloc(MSB_CPR_TEXT_LEN + 1);

	msb_cpr_print(PG_GETARG_CPR(0), text);
	PG_RETURN_CSTRING(text);
}

/*
 * Receive function of cpr.  The binary form is the value, sent as bigint is.  Any 64 bits may
 * come from a client, so they are checked.
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

/* Cast from text, varchar and char(n), whose padding is white space. */
PG_FUNCTION_INFO_V1(msb_cpr_from_text);
Datum
msb_cpr_from_text(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);

	return cpr_from_chars(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), fcinfo->context);
}

/*
 * Return the hash of a value.  Hash indexes keep it, and it decides in which hash partition a
 * row lies, so it is an on-disk format, never to be changed.  It is not bigint's hash, which
 * folds the halves with XOR and would give some 2^16 different results for all birth dates and
 * serials.  Both halves are mixed as numbers, so the machine's byte order makes no difference.
 */
static uint64
cpr_hash(int64 value, uint64 seed)
{
	seed = hash_bytes_uint32_extended((uint32) (value >> 32), seed);
	return hash_bytes_uint32_extended((uint32) value, seed);
}

/* Hash function of cpr. */
PG_FUNCTION_INFO_V1(msb_cpr_hash);
Datum
msb_cpr_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) (uint32) cpr_hash(PG_GETARG_CPR(0), 0));
}

/* Extended hash function: with seed 0 its low 32 bits are msb_cpr_hash's, as the server requires. */
PG_FUNCTION_INFO_V1(msb_cpr_hash_extended);
Datum
msb_cpr_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) cpr_hash(PG_GETARG_CPR(0), (uint64) PG_GETARG_INT64(1)));
}

/* birth_date(cpr): the date of birth that the number states, in every form. */
PG_FUNCTION_INFO_V1(msb_cpr_birth_date);
Datum
msb_cpr_birth_date(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(msb_cpr_birth(PG_GETARG_CPR(0)));
}

/* birth_certain(cpr): whether that date can be relied on. */
PG_FUNCTION_INFO_V1(msb_cpr_birth_is_certain);
Datum
msb_cpr_birth_is_certain(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(msb_cpr_birth_certain(PG_GETARG_CPR(0)));
}

/* sex(cpr): an odd last digit is male, an even one female, in every form. */
PG_FUNCTION_INFO_V1(msb_cpr_sex);
Datum
msb_cpr_sex(PG_FUNCTION_ARGS)
{
	char		number[MSB_CPR_TEXT_LEN + 1];

	msb_cpr_print(PG_GETARG_CPR(0), number);
	PG_RETURN_TEXT_P(cstring_to_text((number[10] - '0') % 2 == 1 ? "male" : "female"));
}

/*
 * age(cpr, on_date date): completed years.  NULL before birth, on an infinite date, and where
 * the date in the number cannot be relied on.
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
 * mod11(cpr): whether the digits, as written, times 4 3 2 7 6 5 4 3 2 1 sum to a multiple of 11.
 * NULL where there are letters.
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

/* mask(cpr): DDMMYY-XXXX. */
PG_FUNCTION_INFO_V1(msb_cpr_mask);
Datum
msb_cpr_mask(PG_FUNCTION_ARGS)
{
	char		number[MSB_CPR_TEXT_LEN + 1];

	msb_cpr_print(PG_GETARG_CPR(0), number);
	memset(number + 7, 'X', 4);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(number, MSB_CPR_TEXT_LEN));
}
