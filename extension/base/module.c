/*
 * module.c: loading, settings, and what messages may show.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/xact.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/guc.h"

#include "base/msb_org.h"

PG_MODULE_MAGIC;

#define SHOWN_LENGTH 100		/* bytes of a value in a message */

void		_PG_init(void);

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
static int	min_cell = 5;

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
 * The module may be loaded in the midst of a parallel query, by a function within
 * a PL/pgSQL function: the server then sets each variable to what the database, the
 * role or the session had set it to before there was one.  Without
 * MSB_GUC_FLAGS it would refuse, warn, and go on with the default: another
 * day, another threshold for small counts.  SET stays refused there.
 */
void
_PG_init(void)
{
	pg_bindtextdomain(TEXTDOMAIN);
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
							   "Who stands as actor in the records; empty for session_user.",
							   NULL, &actor_name, "", PGC_USERSET, MSB_GUC_FLAGS,
							   NULL, NULL, NULL);
	DefineCustomIntVariable("msb_org.min_cell",
							"Counts of citizens below this are not shown in reports.",
							NULL, &min_cell, 5, 1, 1000, PGC_SUSET, MSB_GUC_FLAGS,
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

/* Who stands in the records; palloc'd. */
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

/*
 * Stands in the argument list of every ereport (or ereturn, with its context)
 * about a value that may be a CPR number: context lines (COPY shows the whole
 * input line, the parser a cursor) and the statement in the log would show what
 * the message hides.  The server restores error_context_stack wherever the
 * error is caught; a soft error is not thrown, so it keeps the stack.
 */
int
msb_hide_values(struct Node *escontext)
{
#if PG_VERSION_NUM >= 160000
	if (escontext != NULL && IsA(escontext, ErrorSaveContext))
		return 0;
#endif
	error_context_stack = NULL;
	return errhidestmt(true);
}

/*
 * A value as a message may show it, palloc'd and cut where it is long: its
 * digits become X where it could hold a CPR number, or most of one: six digits
 * in a row and then, after at most two other signs, three more letters or digits.
 */
static char *
printable(const char *value, int length)
{
	int			len = strlen(value);
	int			cut = pg_mbcliplen(value, len, length);
	char	   *shown = cut < len ? psprintf("%.*s...", cut, value) : pstrdup(value);
	int			run = 0;
	bool		hide = false;

	for (const char *c = value; *c && !hide; c++)
	{
		const char *after = c + 1;
		int			signs = 0;
		int			more = 0;

		run = isdigit((unsigned char) *c) ? run + 1 : 0;
		if (run < 6)
			continue;
		while (*after && !isalnum((unsigned char) *after) && signs++ < 2)
			after++;
		while (isalnum((unsigned char) after[more]) && more < 3)
			more++;
		hide = more == 3;
	}
	if (hide)
		for (char *c = shown; *c; c++)
			if (isdigit((unsigned char) *c))
				*c = 'X';
	return shown;
}

char *
msb_printable(const char *value)
{
	return printable(value, SHOWN_LENGTH);
}

/* printable(value text, length integer) */
PG_FUNCTION_INFO_V1(msb_printable_text);
Datum
msb_printable_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(printable(text_to_cstring(PG_GETARG_TEXT_PP(0)),
											   Max(0, PG_GETARG_INT32(1)))));
}

/* small_cell(bigint) */
PG_FUNCTION_INFO_V1(msb_small_cell);
Datum
msb_small_cell(PG_FUNCTION_ARGS)
{
	int64		count = PG_GETARG_INT64(0);

	if (count > 0 && count < min_cell)
		PG_RETURN_NULL();
	PG_RETURN_INT64(count);
}

/* record_time() */
PG_FUNCTION_INFO_V1(msb_record_time);
Datum
msb_record_time(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(msb_clock());
}

/*
 * gettext(message text): a message of the extension's SQL functions in the language
 * of lc_messages, or as it is where the catalogue has none.
 */
PG_FUNCTION_INFO_V1(msb_gettext);
Datum
msb_gettext(PG_FUNCTION_ARGS)
{
	char	   *message = text_to_cstring(PG_GETARG_TEXT_PP(0));

	/* the catalogue keeps its head under the empty text */
	PG_RETURN_TEXT_P(cstring_to_text(message[0] == '\0' ? message : _(message)));
}

/* ngettext(singular text, plural text, count bigint): the one that goes with the count. */
PG_FUNCTION_INFO_V1(msb_ngettext);
Datum
msb_ngettext(PG_FUNCTION_ARGS)
{
	char	   *singular = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *plural = text_to_cstring(PG_GETARG_TEXT_PP(1));
	int64		count = PG_GETARG_INT64(2);

	/* one or not one is all that English and Danish ask */
	PG_RETURN_TEXT_P(cstring_to_text(dngettext(TEXTDOMAIN, singular, plural, count == 1 ? 1 : 2)));
}

/*
 * raise(sqlstate text, message text, hint text): an error that names a value of
 * a caller's, for functions in SQL: RAISE would leave the statement, which has
 * the value as it was typed, in the log.  Message and hint come translated.
 */
PG_FUNCTION_INFO_V1(msb_raise);
Datum
msb_raise(PG_FUNCTION_ARGS)
{
	char	   *state = PG_ARGISNULL(0) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *message = PG_ARGISNULL(1) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(1));
	char	   *hint = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));

	if (strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5 || strlen(state) != 5)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an SQLSTATE is five digits or capital letters")));
	ereport(ERROR,
			(msb_hide_values(NULL),
			 errcode(MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4])),
			 errmsg_internal("%s", message),
			 hint == NULL ? 0 : errhint("%s", hint)));
	PG_RETURN_VOID();
}
