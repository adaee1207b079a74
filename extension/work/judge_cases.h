/*
 * judge_cases.h: ending cases that are gone.
 */
#ifndef MSB_JUDGE_CASES_H
#define MSB_JUDGE_CASES_H

#include "postgres.h"

extern void msb_end_cases(const char *case_table, char **keys, uint64 count);

#endif							/* MSB_JUDGE_CASES_H */
