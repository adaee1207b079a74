/*
 * citizens.c: functions about one citizen: state a primary challenge, change the key, look
 * at duties and plan anew.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/snapshot.h"
#include "utils/timestamp.h"

#include "base/msb_org.h"
#include "base/messages.h"
#include "base/settings.h"
#include "base/catalog.h"
#include "base/query.h"
#include "types/cpr_text.h"
#include "types/person.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/structure_cache.h"
#include "ledger/citizen_lock.h"
#include "ledger/ledger.h"
#include "plans/duties_due.h"
#include "plans/changed_citizens.h"
#include "work/noted_rows.h"
#include "work/parent_work.h"
#include "work/commit_work.h"

/*
 * judge_citizens(citizens text[], opening text): look at what the cases of citizens call
 * for, under their locks.  Returns how many plans opened.
 */
PG_FUNCTION_INFO_V1(msb_judge_citizens);
Datum
msb_judge_citizens(PG_FUNCTION_ARGS)
{
	char	   *given = text_to_cstring(PG_GETARG_TEXT_PP(1));
	MsbOpening	opening = strcmp(given, "none") == 0 ? MSB_OPEN_NONE :
	strcmp(given, "due") == 0 ? MSB_OPEN_DUE : MSB_OPEN_NEW;
	MsbChangedCitizens *changed = msb_changed_citizens();
	MsbLockSet	locks = {0};
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	PreventCommandIfReadOnly("judge_citizens()");
	if (opening == MSB_OPEN_NEW && strcmp(given, "arising") != 0)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("opening must be none, arising or due")));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
		{
			char	   *citizen = msb_citizen_key(TextDatumGetCString(elements[i]));

			msb_citizen_changed(changed, citizen, false);
			msb_lock_add(&locks, citizen);
		}
	msb_lock_take(MSB_LOCK_CITIZEN, &locks);
	PG_RETURN_INT64(msb_coordinate_and_judge(changed, msb_current_date(), opening, true));
}

/*
 * state_primary_challenge(citizen text, challenge text, reason text): state a primary
 * challenge from now on, NULL to end the one that is current, and judge the citizen's open
 * cases again.  Rows are locked before the citizen, so the cases are noted first; those
 * that were opened meanwhile are noted once the lock is held.
 */
PG_FUNCTION_INFO_V1(msb_state_primary_challenge);
Datum
msb_state_primary_challenge(PG_FUNCTION_ARGS)
{
	static const Oid types[5] = {TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID};
	char	   *citizen = PG_ARGISNULL(0) ? "" : msb_citizen_key(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	const MsbStructure *s = msb_structure_on(msb_current_date());
	Datum		args[5];
	MsbLockSet	lock = {0};
	MsbChangedCitizens *changed = msb_changed_citizens();
	MsbUser		caller;

	if (citizen[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("citizen must be given")));
	if (!PG_ARGISNULL(1) &&
		(PG_ARGISNULL(2) || text_to_cstring(PG_GETARG_TEXT_PP(2))[strspn(text_to_cstring(PG_GETARG_TEXT_PP(2)), " \t")] == '\0'))
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a primary challenge needs a reason")));
	if (s == NULL || s->challenge_no < 0)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no structure with a facet \"challenge\" is in force")));
	if (!PG_ARGISNULL(1))
	{
		char	   *challenge = text_to_cstring(PG_GETARG_TEXT_PP(1));

		if (msb_label_no(&s->facets[s->challenge_no], challenge, strlen(challenge)) == MSB_NO_LABEL)
			msb_unknown_label(s, "challenge", challenge);
		args[2] = PG_GETARG_DATUM(1);
		args[3] = PG_GETARG_DATUM(2);
	}

	msb_note_open_cases(citizen);
	msb_lock_add(&lock, citizen);
	msb_lock_take(MSB_LOCK_CITIZEN, &lock);

	SPI_connect();
	caller = msb_become(msb_extension_owner());
	args[0] = CStringGetTextDatum(citizen);
	args[1] = TimestampTzGetDatum(msb_clock());
	args[4] = CStringGetTextDatum(msb_current_actor());
	if (SPI_execute_snapshot(msb_plan("UPDATE msb_org.primary_challenge c SET valid_to = GREATEST($2,"
									  " c.valid_from OPERATOR(pg_catalog.+) pg_catalog.interval '1 microsecond')"
									  " WHERE c.citizen OPERATOR(pg_catalog.=) $1 AND c.valid_to IS NULL", 2, types),
							 args, NULL, GetLatestSnapshot(), InvalidSnapshot, false, true, 0) != SPI_OK_UPDATE ||
		(!PG_ARGISNULL(1) &&
		 SPI_execute_snapshot(msb_plan("INSERT INTO msb_org.primary_challenge (citizen, valid_from, challenge, reason, actor)"
									   " SELECT $1, GREATEST($2, (SELECT pg_catalog.max(c.valid_to) FROM msb_org.primary_challenge c"
									   " WHERE c.citizen OPERATOR(pg_catalog.=) $1)), $3, $4, $5", 5, types),
							  args, NULL, GetLatestSnapshot(), InvalidSnapshot, false, true, 0) != SPI_OK_INSERT))
		elog(ERROR, "could not record a primary challenge");
	msb_become_again(caller);
	SPI_finish();

	msb_note_open_cases(citizen);
	(void) msb_commit_work(MSB_ORIGIN_REASSIGN);
	msb_citizen_changed(changed, citizen, false);
	(void) msb_coordinate_and_judge(changed, msb_current_date(), MSB_OPEN_NEW, false);
	PG_RETURN_VOID();
}

/*
 * renumber_citizen(old_citizen text, new_citizen text, reason text): carry the rows of the
 * ledger over to a new key, and the plans with them.  Returns how many rows.
 */
PG_FUNCTION_INFO_V1(msb_renumber_citizen);
Datum
msb_renumber_citizen(PG_FUNCTION_ARGS)
{
	char	   *old_citizen = msb_citizen_key(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	char	   *new_citizen = msb_citizen_key(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	MsbRenumbering renumbering = {.old_citizen = old_citizen, .new_citizen = new_citizen,
	.reason = text_to_cstring(PG_GETARG_TEXT_PP(2)), .stated = true};
	MsbLockSet	locks = {0};
	MsbLedger  *ledger;
	MsbChangedCitizens *changed;
	int64		number;
	int64		count;

	PreventCommandIfReadOnly("renumber_citizen()");
	if (old_citizen[0] == '\0' || new_citizen[0] == '\0')
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("both keys of the citizen must be given")));
	if (msb_cpr_parse(old_citizen, strlen(old_citizen), &number) &&
		!msb_cpr_parse(new_citizen, strlen(new_citizen), &number))
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the old key is a CPR number and the new one is none")));
	if (renumbering.reason[strspn(renumbering.reason, " \t")] == '\0')
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a renumbering needs a reason")));
	if (strcmp(old_citizen, new_citizen) == 0)
		ereport(ERROR,
				(msb_hide_values(NULL),
				 errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("both keys are the same citizen")));
	msb_lock_add(&locks, old_citizen);
	msb_lock_add(&locks, new_citizen);
	msb_lock_take(MSB_LOCK_CITIZEN, &locks);
	ledger = msb_ledger_open(1);
	count = msb_renumber(&renumbering, ledger);
	msb_ledger_close(ledger);
	changed = msb_changed_citizens();
	msb_citizen_changed(changed, old_citizen, false);
	msb_citizen_changed(changed, new_citizen, false);
	msb_coordinate_and_judge(changed, msb_current_date(), MSB_OPEN_NEW, false);
	PG_RETURN_INT64(count);
}
