/*
 * citizen_lock.c: the locks under which ledger and plans are read and written.
 *
 * A lock per citizen would fill the server's lock table in a bulk load, so the hash of
 * the key chooses one of 1,024.  They are advisory locks in a key space of their own
 * (pg_locks: objsubid 3), held to the end of the transaction.  A transaction takes all
 * that it needs in ascending order at the start of its commit work, so that two bulk
 * loads over the same citizens do not deadlock.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"

#include "types/person.h"
#include "ledger/citizen_lock.h"

#define LOCK_SPACE 0x6D7362		/* "msb": classid in pg_locks */

/* Return the number of the lock of a key. */
static inline uint32
lock_no(const char *key)
{
	return hash_bytes((const unsigned char *) key, strlen(key)) % MSB_LOCKS;
}

/* Add the lock of a citizen, or of a row that cases refer to, by its key. */
void
msb_lock_add(MsbLockSet *set, const char *key)
{
	uint32		n = lock_no(key);

	set->bits[MSB_WORD(n)] |= MSB_BIT(n);
}

/*
 * Add the lock under which the rows of a case are read and written: its citizen's, or
 * its own if it has no citizen.  No other place makes the key of such a lock.
 */
void
msb_lock_add_case(MsbLockSet *set, const char *citizen, const char *case_table, const char *case_key)
{
	msb_lock_add(set, citizen[0] != '\0' ? citizen : psprintf("%s\n%s", case_table, case_key));
}

/* Return whether a set has the lock of a key. */
bool
msb_lock_in(const MsbLockSet *set, const char *key)
{
	uint32		n = lock_no(key);

	return MSB_HAS(set->bits, n);
}

/* Return whether a set has every lock, so that nothing can be added. */
bool
msb_lock_all(const MsbLockSet *set)
{
	for (int w = 0; w < MSB_WORDS(MSB_LOCKS); w++)
		if (set->bits[w] != PG_UINT64_MAX)
			return false;
	return true;
}

/*
 * Take every lock of a set, in ascending order; those already held cost nothing.  Then
 * receive invalidations, so that caches know what the sessions did that held the locks
 * before: they sent theirs before they released them.
 */
void
msb_lock_take(MsbLockClass lock_class, const MsbLockSet *set)
{
	for (int w = 0; w < MSB_WORDS(MSB_LOCKS); w++)
		for (uint64 left = set->bits[w]; left != 0; left &= left - 1)
		{
			LOCKTAG		tag;

			SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, LOCK_SPACE,
								 lock_class * MSB_LOCKS + w * 64 + pg_rightmost_one_pos64(left), 3);
			(void) LockAcquire(&tag, ExclusiveLock, false, false);
		}
	AcceptInvalidationMessages();
}

/*
 * lock_citizens(citizens text[]): take the locks of citizens, for functions in SQL that
 * write what the locks guard.
 */
PG_FUNCTION_INFO_V1(msb_lock_citizens);
Datum
msb_lock_citizens(PG_FUNCTION_ARGS)
{
	MsbLockSet	set = {0};
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			msb_lock_add(&set, msb_citizen_key(TextDatumGetCString(elements[i])));
	msb_lock_take(MSB_LOCK_CITIZEN, &set);
	PG_RETURN_VOID();
}

/*
 * lock_case(citizen text, case_table text, case_key text): take the lock of one case, for
 * functions in SQL.
 */
PG_FUNCTION_INFO_V1(msb_lock_case);
Datum
msb_lock_case(PG_FUNCTION_ARGS)
{
	MsbLockSet	set = {0};

	msb_lock_add_case(&set, text_to_cstring(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)),
					  text_to_cstring(PG_GETARG_TEXT_PP(2)));
	msb_lock_take(MSB_LOCK_CITIZEN, &set);
	PG_RETURN_VOID();
}

/*
 * lock_all_citizens(): take every lock, for a change in how the cases of very many
 * citizens are judged.
 */
PG_FUNCTION_INFO_V1(msb_lock_all_citizens);
Datum
msb_lock_all_citizens(PG_FUNCTION_ARGS)
{
	MsbLockSet	set;

	memset(&set, 0xFF, sizeof(set));
	msb_lock_take(MSB_LOCK_CITIZEN, &set);
	PG_RETURN_VOID();
}
