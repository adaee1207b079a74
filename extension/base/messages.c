/*
 * messages.c: messages in the user's language, and what they may show of a value.
 *
 * No message shows a CPR number: a value goes through msb_printable(), and an error about
 * a value takes msb_hide_values() along.
 */
#include "postgres.h"

#include <ctype.h>

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"

#include "base/msb_org.h"
#include "base/messages.h"

#define SHOWN_LENGTH 100		/* bytes of a value that a message shows */

/*
 * Keep the value out of everything that goes with an error.  Each ereport about a value that
 * may be a CPR number has this in its argument list, an ereturn with its context.  Without it,
 * context lines (COPY shows the whole input line, the parser a cursor) and the statement in the
 * log would show what the message hides.  The server restores error_context_stack wherever an
 * error is caught.  A soft error is not thrown, so the stack stays.
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
 * Return a value as a message may show it, palloc'd, and cut where it is long.  All its digits
 * become X where it could hold a CPR number, or most of one: six digits in a row and then, after
 * at most two other signs, three more letters or digits.
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

/* Return a value as messages show it, palloc'd. */
char *
msb_printable(const char *value)
{
	return printable(value, SHOWN_LENGTH);
}

/* printable(value text, length integer): a value as a message may show it. */
PG_FUNCTION_INFO_V1(msb_printable_text);
Datum
msb_printable_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(printable(text_to_cstring(PG_GETARG_TEXT_PP(0)),
											   Max(0, PG_GETARG_INT32(1)))));
}

/*
 * gettext(message text): a message of the extension's SQL functions in the language
 * of lc_messages, or as it is where the catalogue does not have it.
 */
PG_FUNCTION_INFO_V1(msb_gettext);
Datum
msb_gettext(PG_FUNCTION_ARGS)
{
	char	   *message = text_to_cstring(PG_GETARG_TEXT_PP(0));

	/* under the empty text the catalogue has its own head */
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

	/* English and Danish ask only whether it is one; so a bigint need not fit */
	PG_RETURN_TEXT_P(cstring_to_text(dngettext(TEXTDOMAIN, singular, plural, count == 1 ? 1 : 2)));
}

/*
 * raise(sqlstate text, message text, hint text): throw an error about a caller's value, for
 * functions in SQL.  RAISE would leave the statement in the log, with the value as it was typed.
 * Message and hint arrive translated.
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
