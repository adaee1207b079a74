/*
 * citizen_lock.h: advisory locks of citizens and of rows that cases refer to, 1,024 of each.
 */
#ifndef MSB_CITIZEN_LOCK_H
#define MSB_CITIZEN_LOCK_H

#include "postgres.h"

#include "base/bitset.h"

#define MSB_LOCKS 1024

/*
 * Two classes of locks.  A transaction takes all that it needs of the first before any of
 * the second.
 */
typedef enum MsbLockClass
{
	MSB_LOCK_PARENT,			/* rows that cases refer to */
	MSB_LOCK_CITIZEN
} MsbLockClass;

/* The locks that a transaction is to take, a bit for each. */
typedef struct MsbLockSet
{
	uint64		bits[MSB_WORDS(MSB_LOCKS)];
} MsbLockSet;

extern void msb_lock_add(MsbLockSet *set, const char *key);
extern void msb_lock_add_case(MsbLockSet *set, const char *citizen, const char *case_table, const char *case_key);
extern bool msb_lock_in(const MsbLockSet *set, const char *key);
extern bool msb_lock_all(const MsbLockSet *set);
extern void msb_lock_take(MsbLockClass lock_class, const MsbLockSet *set);

#endif							/* MSB_CITIZEN_LOCK_H */
