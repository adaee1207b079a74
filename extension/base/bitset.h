/*
 * bitset.h: sets of small numbers, 64 to a word of uint64.
 */
#ifndef MSB_BITSET_H
#define MSB_BITSET_H

#include "postgres.h"

/* How many words hold a set of the numbers below n; which word has a number, and which bit in it. */
#define MSB_WORDS(n)	(((n) + 63) / 64)
#define MSB_WORD(bit)	((bit) / 64)
#define MSB_BIT(bit)	(UINT64CONST(1) << ((bit) % 64))
#define MSB_HAS(set, bit)	(((set)[MSB_WORD(bit)] & MSB_BIT(bit)) != 0)

#endif							/* MSB_BITSET_H */
