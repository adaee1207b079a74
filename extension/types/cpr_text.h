/*
 * cpr_text.h: the Danish civil registration number as text and as a value.
 *
 * It needs no server header, so that the parser can be tested on its own.
 */
#ifndef MSB_CPR_TEXT_H
#define MSB_CPR_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSB_CPR_TEXT_LEN 11		/* DDMMYY-SSSS */

/* The fault in a text that is no number; it holds none of the text's digits. */
typedef enum MsbCprFault
{
	MSB_CPR_OK,
	MSB_CPR_LENGTH,				/* neither ten characters nor eleven */
	MSB_CPR_DASH,				/* eleven, but no dash after the sixth */
	MSB_CPR_SHAPE,				/* neither ten digits nor the letter form */
	MSB_CPR_CENTURY,			/* letter form: the seventh digit names no century */
	MSB_CPR_DATE				/* not in the calendar */
} MsbCprFault;

extern bool msb_cpr_blank(char c);
extern bool msb_cpr_parse(const char *text, size_t len, int64_t *value);
extern MsbCprFault msb_cpr_fault(const char *text, size_t len);
extern bool msb_cpr_valid(int64_t value);
extern void msb_cpr_print(int64_t value, char text[MSB_CPR_TEXT_LEN + 1]);
extern int32_t msb_cpr_birth(int64_t value);	/* days since 2000-01-01 */
extern bool msb_cpr_birth_certain(int64_t value);
extern bool msb_cpr_from_day(int32_t day, int64_t *value);
extern bool msb_cpr_until_day(int32_t day, int64_t *value);

#endif							/* MSB_CPR_TEXT_H */
