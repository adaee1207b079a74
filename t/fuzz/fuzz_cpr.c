/*
 * fuzz_cpr.c: libFuzzer on the text and the value of a CPR number.
 *
 * Besides what the sanitizers see: a text is a number or has a fault, never both; what is
 * printed is read back as the same value; a value is valid exactly if it is what its own
 * text reads as; and the bounds of a day's numbers are numbers that hold them between.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "types/cpr_text.h"

int			LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* What holds of every valid value. */
static void
check_value(int64_t value)
{
	char		text[MSB_CPR_TEXT_LEN + 1];
	int64_t		again;

	msb_cpr_print(value, text);
	CHECK(strlen(text) == MSB_CPR_TEXT_LEN);
	CHECK(msb_cpr_parse(text, MSB_CPR_TEXT_LEN, &again));
	CHECK(again == value);
	/* who was born on a day lies between the bounds of that day */
	if (msb_cpr_birth_certain(value))
	{
		int64_t		first;
		int64_t		last;

		CHECK(msb_cpr_from_day(msb_cpr_birth(value), &first) && first <= value);
		CHECK(msb_cpr_until_day(msb_cpr_birth(value), &last) && last >= value);
	}
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	/* of exactly this length, so that one byte too far is seen */
	char	   *text = malloc(size ? size : 1);
	int64_t		value = 0;
	bool		read;

	CHECK(text != NULL);
	memcpy(text, data, size);
	read = msb_cpr_parse(text, size, &value);
	CHECK(read == (msb_cpr_fault(text, size) == MSB_CPR_OK));
	if (read)
	{
		CHECK(msb_cpr_valid(value));
		check_value(value);
	}
	free(text);

	if (size >= sizeof(int64_t))
	{
		int32_t		day;
		int64_t		bound;

		memcpy(&value, data, sizeof(value));
		if (msb_cpr_valid(value))
			check_value(value);
		memcpy(&day, data, sizeof(day));
		CHECK(!msb_cpr_from_day(day, &bound) || msb_cpr_valid(bound));
		CHECK(!msb_cpr_until_day(day, &bound) || msb_cpr_valid(bound));
	}
	return 0;
}
