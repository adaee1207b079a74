/*
 * future_units.c: the units that will be responsible for a case, from what the ledger keeps.
 *
 * The ledger has a case's birth date and labels, and the day until which its answer holds.  From
 * then on the answer can change on two kinds of day only: a birthday at an age break of the
 * structure then in force, and the first day of another structure.  So a case is decided a few
 * times, however long the span.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "base/text.h"
#include "types/person.h"
#include "types/target_group_text.h"
#include "structure/finding.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/answers.h"
#include "structure/situation.h"
#include "structure/structure_cache.h"

#define CAUSE_BIRTHDAY		"birthday"
#define CAUSE_STRUCTURE		"structure"
#define CAUSE_OVERRIDE_END	"override_end"

/* The facts by which a case is decided on every day. */
typedef struct Facts
{
	bool		birth_known;
	DateADT		birth;
	Datum		situation;
	text	   *stated;			/* the stated primary challenge; NULL for none */
} Facts;

/*
 * Return the unit that is responsible by a structure for the age of a day, NULL for none, with
 * the finding.  The day may be another than the structure's: so the caller finds out what the
 * structure alone changes.
 */
static const char *
unit_by(const MsbStructure *s, const Facts *facts, DateADT age_on, const char **finding)
{
	int			age = MSB_AGE_NOT_KNOWN;
	int		   *labels;
	int			rule;

	if (s == NULL)
	{
		*finding = MSB_FINDING_NO_STRUCTURE;
		return NULL;
	}
	if (facts->birth_known)
	{
		age = msb_age_on(facts->birth, age_on);
		if (age < 0)
		{
			*finding = MSB_FINDING_BORN_LATER;
			return NULL;
		}
	}
	labels = palloc_array(int, Max(1, s->nfacets));
	if (!msb_situation_labels(s, facts->situation, labels))
	{
		*finding = MSB_FINDING_UNKNOWN_LABEL;
		return NULL;
	}
	if (facts->stated != NULL)
		msb_yield_to(s, labels, VARDATA_ANY(facts->stated), VARSIZE_ANY_EXHDR(facts->stated));
	rule = msb_decide(s, age, labels, finding);
	return rule < 0 ? NULL : s->rules[rule].unit;
}

/* Return the first day after another on which the answer can change; DATEVAL_NOEND for none. */
static DateADT
next_change(const MsbStructure *s, const Facts *facts, DateADT day)
{
	DateADT		next = msb_structure_after(day);
	int			age;

	if (s == NULL)
		return next;
	next = Min(next, s->until);
	if (!facts->birth_known)
		return next;
	age = msb_age_on(facts->birth, day);
	if (age < 0)
		return Min(next, facts->birth);
	for (int a = age + 1; a <= MSB_AGE_MAX; a++)
		if (s->age_break[a])
			return Min(next, msb_birthday(facts->birth, a));
	return next;
}

/* Check whether a structure has this name and revision; NULL is the name of none. */
static bool
is_structure(const MsbStructure *s, const char *structure, int revision)
{
	return s == NULL ? structure == NULL :
		structure != NULL && s->revision == revision && strcmp(s->structure, structure) == 0;
}

/*
 * future_units(unit text, structure text, revision integer, due date, since date,
 * override_end date, birth date, situation target_group, stated text, from_date
 * date, to_date date): planned, cause, from_unit, to_unit, to_finding; a row for
 * each change of unit in the span, in the order of days.
 *
 * unit was the answer of a structure on the day since.  It holds until due or the structure's
 * end, whichever is earlier.  The unit of an override holds until override_end.  Without a
 * structure the answer on since is found first.
 */
PG_FUNCTION_INFO_V1(msb_future_units);
Datum
msb_future_units(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		overridden = !PG_ARGISNULL(5);
	DateADT		from_date;
	DateADT		to_date;
	DateADT		since;
	DateADT		day;
	Facts		facts = {0};
	const MsbStructure *s;
	const char *unit = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));
	const char *structure = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	int			revision = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2);

	/* use the caller's row type: one made here would stay to the end of the query, each call's */
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (PG_ARGISNULL(4) || PG_ARGISNULL(7) || PG_ARGISNULL(9) || PG_ARGISNULL(10))
		return (Datum) 0;
	since = PG_GETARG_DATEADT(4);
	from_date = PG_GETARG_DATEADT(9);
	to_date = PG_GETARG_DATEADT(10);
	facts.birth_known = !PG_ARGISNULL(6) && !DATE_NOT_FINITE(PG_GETARG_DATEADT(6));
	if (facts.birth_known)
		facts.birth = PG_GETARG_DATEADT(6);
	facts.situation = PG_GETARG_DATUM(7);
	facts.stated = PG_ARGISNULL(8) ? NULL : PG_GETARG_TEXT_PP(8);

	/* the first day on which the answer can change */
	s = msb_structure_on(since);
	if (overridden)
		day = PG_GETARG_DATEADT(5);
	else if (structure == NULL)
	{
		const char *finding;

		unit = unit_by(s, &facts, since, &finding);
		day = next_change(s, &facts, since);
		if (s != NULL)
		{
			structure = s->structure;
			revision = s->revision;
		}
	}
	else
	{
		day = is_structure(s, structure, revision) ? s->until : since;
		if (!PG_ARGISNULL(3))
			day = Min(day, PG_GETARG_DATEADT(3));
	}

	for (; day <= to_date && day != DATEVAL_NOEND; day = next_change(s, &facts, day))
	{
		const char *cause = CAUSE_BIRTHDAY;
		const char *finding;
		const char *to_unit;
		Datum		values[5] = {0};
		bool		nulls[5] = {0};

		s = msb_structure_on(day);
		to_unit = unit_by(s, &facts, day, &finding);
		if (overridden)
			cause = CAUSE_OVERRIDE_END;
		else if (!is_structure(s, structure, revision))
		{
			const char *unused;

			/* the cause is the structure, unless it alone changes nothing, on a birthday */
			if (!facts.birth_known || !msb_same_text(unit, unit_by(s, &facts, day - 1, &unused)))
				cause = CAUSE_STRUCTURE;
		}
		structure = s == NULL ? NULL : s->structure;
		revision = s == NULL ? 0 : s->revision;
		overridden = false;
		if (msb_same_text(unit, to_unit))
			continue;
		if (day >= from_date)
		{
			values[0] = DateADTGetDatum(day);
			msb_set_text(values, nulls, 2, cause);
			msb_set_text(values, nulls, 3, unit);
			msb_set_text(values, nulls, 4, to_unit);
			msb_set_text(values, nulls, 5, finding);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
		unit = to_unit;
	}
	return (Datum) 0;
}
