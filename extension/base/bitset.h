/*
 * bitset.h: sets of small numbers, 64 to a word of uint64.
 */
#ifndef MSB_BITSET_H
#define MSB_BITSET_H

#include "postgres.h"

/*
 * MSB_WORDS is the size of a set of the numbers below n, in words.  MSB_WORD and MSB_BIT are
 * the word of a number and its bit in that word.  MSB_HAS asks whether a set has a number.
 */
#define MSB_WORDS(n)	(((n) + 63) / 64)
#define MSB_WORD(bit)	((bit) / 64)
#define MSB_BIT(bit)	(UINT64CONST(1) << ((bit) % 64))
#define MSB_HAS(set, bit)	(((set)[MSB_WORD(bit)] & MSB_BIT(bit)) != 0)

#endif							/* MSB_BITSET_H */
