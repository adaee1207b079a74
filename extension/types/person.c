/*
 * person.c: the age of a person on a day, the day of a birthday, and the key by which the ledger
 * and the plans know a citizen.
 *
 * The birth dates of the ages on one day are kept for the session, until ages are asked for on
 * another day twice in a row.  They depend on nothing else, so they never become stale.
 */
#include "postgres.h"

#include "access/genam.h"
#include "common/md5.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"

#include "base/compat.h"
#include "types/cpr_text.h"
#include "types/person.h"

#define LONGEST_CITIZEN 255		/* bytes */

#define AGES_KEPT	152			/* 0 to 150, and 151 to compare with */

/*
 * The ages on one day: a person born on last_birth[n] or before has completed n years on
 * ages_day.  Most callers ask about many people on one day.
 */
static int32 ages_day = PG_INT32_MIN;
static int32 last_birth[AGES_KEPT];
static int32 previous_day = PG_INT32_MIN;	/* of the last age by the calendar */

/* Compute an age from the parts of both dates. */
static int
age_by_calendar(int32 birth, int32 on_date)
{
	int			birth_year,
				birth_month,
				birth_day;
	int			year,
				month,
				day;

	j2date(birth + POSTGRES_EPOCH_JDATE, &birth_year, &birth_month, &birth_day);
	j2date(on_date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return year - birth_year -
		(month < birth_month || (month == birth_month && day < birth_day));
}

/*
 * Return the last birth date of people who have completed so many years on a date; minus
 * infinity before the calendar.  It is the same day that many years earlier, but 28 February
 * where the date is 29 February and that year has none.
 */
int32
msb_last_birth(int32 on_date, int years)
{
	int			year,
				month,
				day;
	DateADT		birth;

	j2date(on_date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	year -= years;
	if (month == 2 && day == 29 && !isleap(year))
		day = 28;
	if (!IS_VALID_JULIAN(year, month, day))
		return DATEVAL_NOBEGIN;
	birth = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	return IS_VALID_DATE(birth) ? birth : DATEVAL_NOBEGIN;
}

/* Keep the birth dates of all ages on a day. */
static void
keep_ages(int32 on_date)
{
	for (int n = 0; n < AGES_KEPT; n++)
		last_birth[n] = msb_last_birth(on_date, n);
	ages_day = on_date;
}

/* Compute an age that the kept ones do not give, and keep those of the day at the second such call. */
static pg_noinline int
age_of_another_day(int32 birth, int32 on_date)
{
	/* the bounds are in 1726 and 2547; farther off, last births could leave the calendar */
	if (on_date == previous_day && on_date > -100000 && on_date < 200000)
		keep_ages(on_date);
	previous_day = on_date;
	return age_by_calendar(birth, on_date);
}

/*
 * Return the completed years on a date, both dates as days since 2000-01-01; -1 for a date
 * before birth.  A person born on 29 February is a year older on 1 March of a common year.
 * Allocates nothing, throws nothing.
 */
int
msb_age_on(int32 birth, int32 on_date)
{
	int64		days = (int64) on_date - birth;
	int			years;

	if (days < 0)
		return -1;
	/* 55,000 days are 150 years and some months: last_birth has an entry for one year more */
	if (unlikely(on_date != ages_day || days > 55000))
		return age_of_another_day(birth, on_date);
	/* 2 ** 20 / 2871 days is the mean year; by it the age is this, or one more or less */
	years = ((int) days * 2871) >> 20;
	return years + (birth <= last_birth[years + 1]) - (birth > last_birth[years]);
}

/*
 * Return the day on which somebody turns an age: the first day on which msb_age_on() gives it.
 * A 29 February counts from 1 March in common years.
 */
int32
msb_birthday(int32 birth, int age)
{
	int			year,
				month,
				day;

	j2date(birth + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	year += age;
	if (month == 2 && day == 29 && !isleap(year))
	{
		month = 3;
		day = 1;
	}
	return date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
}

/*
 * Check whether a number is written as its key is, DDMMYY-SSSS.  The letter form does not
 * qualify here, since its letters may be in lower case.
 */
static bool
is_key(const char *value, size_t len)
{
	if (len != MSB_CPR_TEXT_LEN || value[6] != '-')
		return false;
	for (int i = 0; i < MSB_CPR_TEXT_LEN; i++)
		if (i != 6 && (value[i] < '0' || value[i] > '9'))
			return false;
	return true;
}

/*
 * Return the key of a citizen, palloc'd.  Tables write their citizens in many ways.  A text that
 * is a CPR number becomes DDMMYY-SSSS, so that one person has one key.  Any other text is a key
 * as it is, without the white space around it.
 */
static char *
citizen_key_of(const char *value, size_t len)
{
	int64_t		cpr;

	if (msb_cpr_parse(value, len, &cpr))
	{
		char	   *key;

		/* most are written so already */
		if (is_key(value, len))
			return pnstrdup(value, len);
		key = palloc(MSB_CPR_TEXT_LEN + 1);
		msb_cpr_print(cpr, key);
		return key;
	}
	while (len > 0 && msb_cpr_blank(value[0]))
		value++, len--;
	while (len > 0 && msb_cpr_blank(value[len - 1]))
		len--;
	return pnstrdup(value, len);
}

/*
 * Return the citizen's key of a value that may be NULL; "" for none.  A key that is too long for
 * an index entry is nobody's number; its hash takes its place.
 */
const char *
msb_citizen_of_value(const char *value, int len)
{
	const char *key = value == NULL ? "" : citizen_key_of(value, len);
	char		hash[33];
	const char *error = NULL;

	if (len <= LONGEST_CITIZEN || strlen(key) <= LONGEST_CITIZEN)
		return key;
	if (!pg_md5_hash(key, strlen(key), hash, &error))
		elog(ERROR, "could not compute a hash: %s", error);
	return psprintf("md5:%s", hash);
}

/* Return the key of a citizen for a text that ends with a zero byte, palloc'd. */
char *
msb_citizen_key(const char *value)
{
	return citizen_key_of(value, strlen(value));
}

/* citizen_key(value text) */
PG_FUNCTION_INFO_V1(msb_citizen_key_text);
Datum
msb_citizen_key_text(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(cstring_to_text(citizen_key_of(VARDATA_ANY(value),
												 VARSIZE_ANY_EXHDR(value))));
}

/* key_birth(citizen text): the birth date of a key that is a number whose date can be relied on. */
PG_FUNCTION_INFO_V1(msb_key_birth);
Datum
msb_key_birth(PG_FUNCTION_ARGS)
{
	text	   *key = PG_GETARG_TEXT_PP(0);
	int64_t		value;

	if (!msb_cpr_parse(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key), &value) || !msb_cpr_birth_certain(value))
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(msb_cpr_birth(value));
}
