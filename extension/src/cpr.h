/*
 * cpr.h: the Danish civil registration number as a value.
 *
 * Needs no server header, so that the parser can be tried on its own.
 */
#ifndef MSB_CPR_H
#define MSB_CPR_H

#include <stdbool.h>
#include <stdint.h>

#define MSB_CPR_TEXT_LEN 11		/* DDMMYY-SSSS */

/* cpr_text.c */
extern bool msb_cpr_parse(const char *text, size_t len, int64_t *value);
extern bool msb_cpr_valid(int64_t value);
extern void msb_cpr_print(int64_t value, char text[MSB_CPR_TEXT_LEN + 1]);
extern int32_t msb_cpr_birth(int64_t value);	/* days since 2000-01-01 */
extern bool msb_cpr_birth_certain(int64_t value);

#endif							/* MSB_CPR_H */
