/*
 * bitset.h: sets of small numbers, 64 to a word.
 */
#ifndef MSB_BITSET_H
#define MSB_BITSET_H

#include "postgres.h"

#define MSB_HAS(set, bit)	(((set)[(bit) / 64] & (UINT64CONST(1) << ((bit) % 64))) != 0)
#define MSB_WORD(bit)	((bit) / 64)
#define MSB_BIT(bit)	(UINT64CONST(1) << ((bit) % 64))

#endif							/* MSB_BITSET_H */
