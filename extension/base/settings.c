/*
 * settings.c: the settings msb_org.timezone, today, actor and min_cell, and what follows from
 * them: the day on which cases are judged, the clock of the records, the actor.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/msb_org.h"
#include "base/settings.h"

/* msb_org.timezone, as text and as the zone that its assign hook looked up */
static char *timezone_name = NULL;
static pg_tz *timezone_zone = NULL;

/* msb_org.today, as text and as a date */
static char *today_text = NULL;
static DateADT today_date = 0;
static bool today_set = false;

/* msb_org.actor */
static char *actor_name = NULL;

/* msb_org.min_cell */
int			msb_min_cell = 5;

/*
 * Check and assign hooks.  A zone is looked up in the server's own files; its
 * pointer stays valid for the life of the backend (pgtz.c caches it).
 */
static bool
check_timezone(char **newval, void **extra, GucSource source)
{
	pg_tz	   *zone = pg_tzset(*newval);
	pg_tz	  **keep;

	if (zone == NULL || !pg_tz_acceptable(zone))
	{
		GUC_check_errdetail("\"%s\" is not a time zone that this server knows.", *newval);
		return false;
	}
	keep = guc_malloc(LOG, sizeof(pg_tz *));
	if (keep == NULL)
		return false;
	*keep = zone;
	*extra = keep;
	return true;
}

static void
assign_timezone(const char *newval, void *extra)
{
	timezone_zone = *(pg_tz **) extra;
}

static bool
check_today(char **newval, void **extra, GucSource source)
{
	int			year,
				month,
				day;
	DateADT    *keep;

	if (*newval == NULL || **newval == '\0')
	{
		*extra = NULL;
		return true;
	}
	/* sscanf alone would let spaces and signs pass for digits */
	if (strlen(*newval) != 10 || strspn(*newval, "0123456789") != 4 ||
		strspn(*newval + 5, "0123456789") != 2 || strspn(*newval + 8, "0123456789") != 2 ||
		sscanf(*newval, "%4d-%2d-%2d", &year, &month, &day) != 3 ||
		year < 1900 || month < 1 || month > 12 ||
		day < 1 || day > day_tab[isleap(year)][month - 1])
	{
		GUC_check_errdetail("\"%s\" is not a date of the form YYYY-MM-DD, from 1900-01-01 on.", *newval);
		return false;
	}
	keep = guc_malloc(LOG, sizeof(DateADT));
	if (keep == NULL)
		return false;
	*keep = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	*extra = keep;
	return true;
}

static void
assign_today(const char *newval, void *extra)
{
	today_set = extra != NULL;
	if (today_set)
		today_date = *(DateADT *) extra;
}

/*
 * Define the settings.
 *
 * The module may be loaded in the midst of a parallel query, by a function within
 * a PL/pgSQL function: the server then sets each variable to what the database, the
 * role or the session had set it to before there was one.  Without
 * MSB_GUC_FLAGS it would refuse, warn, and go on with the default: another
 * day, another threshold for small counts.  SET stays refused there.
 */
void
msb_define_settings(void)
{
	DefineCustomStringVariable("msb_org.timezone",
							   "Time zone in which a day begins and ends.",
							   NULL, &timezone_name, "Europe/Copenhagen",
							   PGC_SUSET, MSB_GUC_FLAGS,
							   check_timezone, assign_timezone, NULL);
	DefineCustomStringVariable("msb_org.today",
							   "The date to judge by, YYYY-MM-DD; empty for the real one.",
							   "For dry runs and tests.",
							   &today_text, "", PGC_SUSET, MSB_GUC_FLAGS,
							   check_today, assign_today, NULL);
	DefineCustomStringVariable("msb_org.actor",
							   "Name of the actor in the records; empty for session_user.",
							   NULL, &actor_name, "", PGC_USERSET, MSB_GUC_FLAGS,
							   NULL, NULL, NULL);
	DefineCustomIntVariable("msb_org.min_cell",
							"Counts of citizens below this are not shown in reports.",
							NULL, &msb_min_cell, 5, 1, 1000, PGC_SUSET, MSB_GUC_FLAGS,
							NULL, NULL, NULL);
	MarkGUCPrefixReserved("msb_org");
}

/* The date of an instant in msb_org.timezone. */
DateADT
msb_local_date(TimestampTz at)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz;

	if (TIMESTAMP_IS_NOBEGIN(at))
		return DATEVAL_NOBEGIN;
	if (TIMESTAMP_IS_NOEND(at))
		return DATEVAL_NOEND;
	if (timestamp2tm(at, &tz, &tm, &fsec, NULL, timezone_zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

/* The date on which cases are judged; one answer for a whole transaction. */
DateADT
msb_current_date(void)
{
	static TimestampTz known_for = 0;
	static pg_tz *known_in = NULL;
	static DateADT known = 0;
	TimestampTz now;

	if (today_set)
		return today_date;
	now = GetCurrentTransactionStartTimestamp();
	if (now != known_for || timezone_zone != known_in)
	{
		known = msb_local_date(now);
		known_for = now;
		known_in = timezone_zone;
	}
	return known;
}

/*
 * The instant to write into a record: the clock, moved to msb_org.today at the
 * same time of day where that is set.
 */
TimestampTz
msb_clock(void)
{
	TimestampTz now = GetCurrentTimestamp();
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz;
	TimestampTz moved;

	if (!today_set)
		return now;
	/* by the clock of the zone: a number of hours could end in another day */
	if (timestamp2tm(now, &tz, &tm, &fsec, NULL, timezone_zone) != 0)
		elog(ERROR, "the clock is out of range");
	j2date(today_date + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	tz = DetermineTimeZoneOffset(&tm, timezone_zone);
	if (tm2timestamp(&tm, fsec, &tz, &moved) != 0)
		elog(ERROR, "the clock is out of range");
	return moved;
}

/* The name of the actor in the records; palloc'd. */
char *
msb_current_actor(void)
{
	if (actor_name != NULL && actor_name[0] != '\0')
		return pstrdup(actor_name);
	return pstrdup(GetUserNameFromId(GetSessionUserId(), false));
}

PG_FUNCTION_INFO_V1(msb_today);
Datum
msb_today(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(msb_current_date());
}

PG_FUNCTION_INFO_V1(msb_actor);
Datum
msb_actor(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(msb_current_actor()));
}

/* record_time() */
PG_FUNCTION_INFO_V1(msb_record_time);
Datum
msb_record_time(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(msb_clock());
}

/* local_day(at timestamptz): the day of an instant, in msb_org.timezone. */
PG_FUNCTION_INFO_V1(msb_local_day);
Datum
msb_local_day(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(msb_local_date(PG_GETARG_TIMESTAMPTZ(0)));
}

/* day_start(day date): the instant at which a day begins in msb_org.timezone. */
PG_FUNCTION_INFO_V1(msb_day_start);
Datum
msb_day_start(PG_FUNCTION_ARGS)
{
	Datum		midnight = DirectFunctionCall1(date_timestamp, PG_GETARG_DATUM(0));

	return DirectFunctionCall2(timestamp_zone,
							   CStringGetTextDatum(GetConfigOption("msb_org.timezone", false, false)), midnight);
}
