/*
 * cpr_text.c: the Danish civil registration number, text <-> value.
 *
 * A value is on disk, so this layout is final:
 *
 *	bits 32..63		date of birth, signed days since 2000-01-01
 *	bits 24..31		form: 0 ordinary, 1 replacement, 2 with letters
 *	bits  0..23		serial: SSSS; or ((C * 26 + A) * 26 + A) * 10 + G
 *
 * So plain comparison of values orders by birth, then form, then serial.  The
 * century is not stored: the seventh character names it.
 *
 * The rules are those of the CPR Office's "Personnummeret i CPR".  Every year
 * of its table of centuries is accepted, future ones too: the meaning of a text
 * must not depend on the day on which it is read.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types/cpr_text.h"

enum
{
	FORM_ORDINARY,
	FORM_REPLACEMENT,
	FORM_LETTERS
};

#define REPLACEMENT_DAYS 60		/* added to the day in a replacement number */
#define IS_DIGIT(c) ((unsigned char) ((c) - '0') <= 9)

/*
 * Check for white space, which may surround a number: the characters of isspace() in the C
 * locale, as for the built-in number types.
 */
bool
msb_cpr_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * Return 0 to 25 for a letter A to Z in either case, else -1.  Only ASCII counts, so the answer
 * depends on no locale.
 */
static int
letter_index(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return -1;
}

/*
 * Return the days from 2000-01-01 to a date of the Gregorian calendar.  The computation lets
 * years begin in March, so that the leap day ends one.
 */
static int32_t
days_from_date(int year, int month, int day)
{
	int			march_year = year - (month < 3);
	int			march_month = (month + 9) % 12;

	return 365 * march_year + march_year / 4 - march_year / 100 + march_year / 400 +
		(153 * march_month + 2) / 5 + (day - 1) - 730425;
}

/* Split days since 2000-01-01 into year, month and day. */
static void
date_from_days(int32_t days, int *year, int *month, int *day)
{
	int64_t		since = (int64_t) days + 730425;	/* 0000-03-01 */
	int64_t		era = (since >= 0 ? since : since - 146096) / 146097;
	int			of_era = (int) (since - era * 146097);
	int			year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int			of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int			march_month = (5 * of_year + 2) / 153;

	*day = of_year - (153 * march_month + 2) / 5 + 1;
	*month = march_month < 10 ? march_month + 3 : march_month - 9;
	*year = (int) (era * 400) + year_of_era + (*month < 3);
}

/* Check whether the Gregorian calendar has a date. */
static bool
is_date(int year, int month, int day)
{
	static const char days_in[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month < 1 || month > 12 || day < 1 || day > days_in[month - 1])
		return false;
	if (month == 2 && day == 29)
		return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return true;
}

/*
 * Return the first year of the century that the seventh digit of a ten-digit number names for a
 * two-digit year.
 */
static int
century_of_digits(int seventh, int yy)
{
	if (seventh <= 3)
		return 1900;
	if (seventh == 4 || seventh == 9)
		return yy <= 36 ? 2000 : 1900;
	return yy <= 57 ? 2000 : 1800;
}

/* Return the first year of the century in the letter form; 0 where the digit names none. */
static int
century_of_letters(int seventh)
{
	switch (seventh)
	{
		case 0:
		case 1:
			return 1900;
		case 6:
		case 7:
			return 2000;
		default:
			return 0;
	}
}

/* Read a number, or return the fault in it.  *value is set only on MSB_CPR_OK. */
static MsbCprFault
parse(const char *text, size_t len, int64_t *value)
{
	const char *serial_text;
	int			day,
				month,
				yy,
				century,
				form;
	int32_t		serial;

	while (len > 0 && msb_cpr_blank(text[0]))
		text++, len--;
	while (len > 0 && msb_cpr_blank(text[len - 1]))
		len--;

	if (len == MSB_CPR_TEXT_LEN)
	{
		if (text[6] != '-')
			return MSB_CPR_DASH;
		serial_text = text + 7;
	}
	else if (len == MSB_CPR_TEXT_LEN - 1)
		serial_text = text + 6;
	else
		return MSB_CPR_LENGTH;

	for (int i = 0; i < 6; i++)
		if (!IS_DIGIT(text[i]))
			return MSB_CPR_SHAPE;
	if (!IS_DIGIT(serial_text[0]) || !IS_DIGIT(serial_text[3]))
		return MSB_CPR_SHAPE;

	day = (text[0] - '0') * 10 + (text[1] - '0');
	month = (text[2] - '0') * 10 + (text[3] - '0');
	yy = (text[4] - '0') * 10 + (text[5] - '0');
	serial = serial_text[0] - '0';

	if (IS_DIGIT(serial_text[1]) && IS_DIGIT(serial_text[2]))
	{
		form = FORM_ORDINARY;
		if (day > REPLACEMENT_DAYS)
		{
			form = FORM_REPLACEMENT;
			day -= REPLACEMENT_DAYS;
		}
		century = century_of_digits(serial, yy);
		serial = serial * 100 + (serial_text[1] - '0') * 10 + (serial_text[2] - '0');
	}
	else
	{
		int			first = letter_index(serial_text[1]);
		int			second = letter_index(serial_text[2]);

		if (first < 0 || second < 0)
			return MSB_CPR_SHAPE;
		form = FORM_LETTERS;
		century = century_of_letters(serial);
		if (century == 0)
			return MSB_CPR_CENTURY;
		serial = (serial * 26 + first) * 26 + second;
	}
	serial = serial * 10 + (serial_text[3] - '0');

	if (!is_date(century + yy, month, day))
		return MSB_CPR_DATE;

	*value = (int64_t) days_from_date(century + yy, month, day) * ((int64_t) 1 << 32) +
		((int64_t) form << 24) + serial;
	return MSB_CPR_OK;
}

/*
 * Read DDMMYY-SSSS, DDMMYYSSSS or the letter form of either, with white space around it.
 * Returns false, and leaves *value alone, where the text is no number.
 */
bool
msb_cpr_parse(const char *text, size_t len, int64_t *value)
{
	return parse(text, len, value) == MSB_CPR_OK;
}

/* Return the fault in a text that msb_cpr_parse() refused. */
MsbCprFault
msb_cpr_fault(const char *text, size_t len)
{
	int64_t		value;

	return parse(text, len, &value);
}

/* Check whether 64 bits are a number: printed and read, they are the same again. */
bool
msb_cpr_valid(int64_t value)
{
	char		text[MSB_CPR_TEXT_LEN + 1];
	int64_t		again;

	msb_cpr_print(value, text);
	return msb_cpr_parse(text, MSB_CPR_TEXT_LEN, &again) && again == value;
}

/* Write the last two digits of a number. */
static void
two_digits(char *at, int number)
{
	at[0] = (char) ('0' + number / 10 % 10);
	at[1] = (char) ('0' + number % 10);
}

/*
 * Write a value as DDMMYY-SSSS or DDMMYY-CAAG.  Stays within the buffer for any 64 bits, so
 * that msb_cpr_valid() can try them.
 */
void
msb_cpr_print(int64_t value, char text[MSB_CPR_TEXT_LEN + 1])
{
	int			form = (int) ((value >> 24) & 0xff);
	int			serial = (int) (value & 0xffffff);
	int			year,
				month,
				day;

	date_from_days(msb_cpr_birth(value), &year, &month, &day);
	two_digits(text, form == FORM_REPLACEMENT ? day + REPLACEMENT_DAYS : day);
	two_digits(text + 2, month);
	two_digits(text + 4, (year % 100 + 100) % 100);
	text[6] = '-';
	if (form == FORM_LETTERS)
	{
		int			letters = serial / 10 % (26 * 26);

		text[7] = (char) ('0' + serial / (10 * 26 * 26) % 10);
		text[8] = (char) ('A' + letters / 26);
		text[9] = (char) ('A' + letters % 26);
		text[10] = (char) ('0' + serial % 10);
	}
	else
	{
		two_digits(text + 7, serial / 100);
		two_digits(text + 9, serial % 100);
	}
	text[11] = '\0';
}

/* Return the date of birth that the number states, in days since 2000-01-01. */
int32_t
msb_cpr_birth(int64_t value)
{
	return (int32_t) (value >> 32);
}

/*
 * Return whether that date can be relied on.  In the letter form it is often the day on which
 * the number was issued.
 */
bool
msb_cpr_birth_certain(int64_t value)
{
	return ((value >> 24) & 0xff) != FORM_LETTERS;
}

/*
 * Find the first or the last number of a day, among those whose date can be relied on.  Returns
 * false where the table of centuries has none.
 */
static bool
number_of_day(int32_t day, bool last, int64_t *value)
{
	int			year,
				month,
				of_month;
	int			yy;

	date_from_days(day, &year, &month, &of_month);
	yy = (year % 100 + 100) % 100;
	for (int i = 0; i <= 9; i++)
	{
		int			seventh = last ? 9 - i : i;

		if (century_of_digits(seventh, yy) + yy != year)
			continue;
		*value = (int64_t) day * ((int64_t) 1 << 32) +
			((int64_t) (last ? FORM_REPLACEMENT : FORM_ORDINARY) << 24) + seventh * 1000 + (last ? 999 : 0);
		return true;
	}
	return false;
}

/*
 * Find the first number whose birth date is a day or later; false where there is none.  The day
 * may lie outside the calendar.
 */
bool
msb_cpr_from_day(int32_t day, int64_t *value)
{
	int32_t		first = days_from_date(1858, 1, 1);

	return number_of_day(day < first ? first : day, false, value);
}

/*
 * Find the last number whose birth date is a day or earlier; false where there is none.  On the
 * day itself only numbers whose date can be relied on count.  A day after the last such number
 * gives the last number there is, in any form.
 */
bool
msb_cpr_until_day(int32_t day, int64_t *value)
{
	if (day <= days_from_date(2057, 12, 31))
		return number_of_day(day, true, value);
	*value = (int64_t) days_from_date(2099, 12, 31) * ((int64_t) 1 << 32) +
		((int64_t) FORM_LETTERS << 24) + ((7 * 26 + 25) * 26 + 25) * 10 + 9;
	return true;
}
