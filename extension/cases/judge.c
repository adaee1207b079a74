/*
 * judge.c: judges a row of a case table: from the row to an answer.
 *
 * The BEFORE trigger, the work at commit, reassign and impact all judge here.  A row that
 * cannot be judged has an answer too: no unit, a finding, and the reason in words.
 * Nothing here raises an error about a value of the row.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapshot.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/msb_org.h"
#include "base/messages.h"
#include "base/settings.h"
#include "base/query.h"
#include "types/cpr_text.h"
#include "types/person.h"
#include "types/target_group_text.h"
#include "structure/finding.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/answers.h"
#include "structure/situation.h"
#include "structure/structure_cache.h"
#include "cases/case_map.h"
#include "cases/primary_challenge.h"
#include "cases/judge.h"

/*
 * Read citizen and birth date from the parent row with a key, as the owner of that table,
 * so that the caller needs no privilege on it.  Reads under the given snapshot, or under
 * the statement's own for InvalidSnapshot.  The values are copies in CurrentMemoryContext.
 */
static void
parent_values(const MsbCaseTable *ct, Datum ref, Snapshot snapshot, MsbParentValues *values)
{
	MemoryContext caller = CurrentMemoryContext;
	MsbUser		caller_user;
	Datum		args[1] = {ref};

	memset(values, 0, sizeof(MsbParentValues));
	values->birth_null = true;
	SPI_connect();
	caller_user = msb_become(ct->parent_owner);
	if (SPI_execute_snapshot(msb_plan(ct->parent_query, 1, &ct->parent.type), args, NULL,
							 snapshot, InvalidSnapshot, snapshot == InvalidSnapshot, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the table that case table \"%s\" refers to", ct->name);
	msb_become_again(caller_user);

	if (SPI_processed > 0)
	{
		HeapTuple	tuple = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		char	   *citizen = SPI_getvalue(tuple, desc, 1);
		Form_pg_attribute att = TupleDescAttr(desc, 1);
		Datum		birth = SPI_getbinval(tuple, desc, 2, &values->birth_null);
		MemoryContext old = MemoryContextSwitchTo(caller);

		values->found = true;
		values->citizen = citizen == NULL ? NULL : pstrdup(citizen);
		values->birth_type = getBaseType(att->atttypid);
		if (!values->birth_null)
			values->birth = datumCopy(birth, att->attbyval, att->attlen);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
}

/* Return the citizen's key from the case's own column, "" for none. */
static const char *
citizen_of_slot(const MsbCaseTable *ct, TupleTableSlot *slot)
{
	int			len = 0;
	const char *value = msb_slot_bytes(&ct->citizen, slot, &len);

	return msb_citizen_of_value(value, len);
}

/* Return the citizen's key from the parent row, "" for none. */
static const char *
citizen_of_parent(const MsbParentValues *parent)
{
	return msb_citizen_of_value(parent->citizen, parent->citizen == NULL ? 0 : strlen(parent->citizen));
}

/* Read the parent row of a case; found is false if the case refers to a row that cannot be read. */
static void
slot_parent(const MsbCaseTable *ct, TupleTableSlot *slot, Snapshot snapshot, MsbParentValues *values)
{
	bool		isnull;
	Datum		ref = slot_getattr(slot, ct->parent.attno, &isnull);

	if (isnull || ct->parent_query == NULL)
	{
		memset(values, 0, sizeof(MsbParentValues));
		values->birth_null = true;
		/* a case without a reference is valid: its citizen is not known */
		values->found = isnull;
		return;
	}
	parent_values(ct, ref, snapshot, values);
}

/* Return the citizen's key of a case, "" for none. */
const char *
msb_slot_citizen(const MsbCaseTable *ct, TupleTableSlot *slot, Snapshot snapshot)
{
	MsbParentValues values;

	if (!ct->parent_citizen)
		return citizen_of_slot(ct, slot);
	slot_parent(ct, slot, snapshot, &values);
	return citizen_of_parent(&values);
}

/* Read a date, timestamp or timestamptz as a day; false if it is NULL or of another type. */
static bool
slot_date(const MsbColumn *column, TupleTableSlot *slot, DateADT *date)
{
	bool		isnull = true;
	Datum		value = column->attno == InvalidAttrNumber ? (Datum) 0 :
	slot_getattr(slot, column->attno, &isnull);

	if (isnull)
		return false;
	switch (column->type)
	{
		case DATEOID:
			*date = DatumGetDateADT(value);
			return true;
		case TIMESTAMPTZOID:
			*date = msb_local_date(DatumGetTimestampTz(value));
			return true;
		case TIMESTAMPOID:
			if (TIMESTAMP_IS_NOBEGIN(DatumGetTimestamp(value)))
				*date = DATEVAL_NOBEGIN;
			else if (TIMESTAMP_IS_NOEND(DatumGetTimestamp(value)))
				*date = DATEVAL_NOEND;
			else
				*date = DatumGetDateADT(DirectFunctionCall1(timestamp_date, value));
			return true;
		default:
			return false;
	}
}

/* Find whether a case is open on a day, and the day of its closing if a column has it. */
static void
judge_closing(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date, MsbAnswer *answer)
{
	answer->open = true;
	if (ct->nclosed_values > 0)
	{
		char	   *value = msb_slot_text(&ct->closed, slot);

		for (int i = 0; value != NULL && i < ct->nclosed_values; i++)
			if (strcmp(value, ct->closed_values[i]) == 0)
				answer->open = false;
		return;
	}
	answer->has_closed = slot_date(&ct->closed, slot, &answer->closed);
	if (answer->has_closed && answer->closed == DATEVAL_NOEND)
		answer->has_closed = false;
	answer->open = !answer->has_closed || answer->closed > on_date;
}

/* Give an answer a finding and its reason, a message that names nothing. */
static void
cannot_judge(MsbAnswer *answer, const char *finding, const char *reason)
{
	answer->finding = finding;
	answer->reason = reason;
	answer->reason_format = reason;
}

/* Give an answer a finding and a reason that names a facet, and maybe a value of it. */
static void
cannot_judge_facet(MsbAnswer *answer, const char *finding, const char *format,
				   const char *facet, const char *value)
{
	answer->reason_facet = facet;
	answer->reason_value = value;
	cannot_judge(answer, finding, psprintf(format, facet, value));
	answer->reason_format = format;
}

/*
 * Return the reason why a case cannot be judged, in the language of lc_messages.  The
 * ledger keeps it untranslated, the same in every session.
 */
char *
msb_reason_message(const MsbAnswer *answer)
{
	return psprintf(_(answer->reason_format), answer->reason_facet, answer->reason_value);
}

/*
 * Read a birth date from a date, a CPR number or a text that holds one; false if there is
 * none to rely on.  A text that is no CPR number is a finding.
 */
static bool
birth_of_value(Oid type, Datum value, DateADT *birth, MsbAnswer *answer)
{
	int64		person;

	if (type == DATEOID)
	{
		*birth = DatumGetDateADT(value);
		return !DATE_NOT_FINITE(*birth);
	}
	if (type == TEXTOID || type == VARCHAROID || type == BPCHAROID)
	{
		text	   *packed = DatumGetTextPP(value);
		const char *bytes = VARDATA_ANY(packed);
		int			len = VARSIZE_ANY_EXHDR(packed);
		int			blank = 0;

		/* padding of character(n) is not part of the value */
		while (type == BPCHAROID && len > 0 && bytes[len - 1] == ' ')
			len--;
		while (blank < len && (bytes[blank] == ' ' || bytes[blank] == '\t'))
			blank++;
		if (blank == len)
			return false;
		if (!msb_cpr_parse(bytes, len, &person))
		{
			cannot_judge(answer, MSB_FINDING_NO_CPR, gettext_noop("the text that gives the birth date is no CPR number"));
			return false;
		}
	}
	else
		person = DatumGetInt64(value);
	*birth = msb_cpr_birth(person);
	return msb_cpr_birth_certain(person);
}

/* Return the source of each facet of a structure; names are compared once per structure. */
static const int *
facet_sources(const MsbCaseTable *ct, const MsbStructure *s)
{
	MsbFacetMap *map = &ct->maps[s->serial % 2];

	if (map->serial == s->serial)
		return map->source;
	map->serial = 0;
	if (map->room < s->nfacets)
	{
		map->source = MemoryContextAlloc(ct->context, s->nfacets * sizeof(int));
		map->room = s->nfacets;
	}
	for (int f = 0; f < s->nfacets; f++)
	{
		map->source[f] = -1;
		for (int i = 0; i < ct->nfacets; i++)
			if (strcmp(ct->facets[i].facet, s->facets[f].facet) == 0)
				map->source[f] = i;
	}
	map->serial = s->serial;
	return map->source;
}

/* Return the label of one facet of a row; MSB_NO_LABEL with a finding if there is none. */
static int
judge_facet(const MsbCaseTable *ct, TupleTableSlot *slot, const MsbFacet *facet, int source_no,
			MsbAnswer *answer)
{
	const MsbFacetSource *source = source_no < 0 ? NULL : &ct->facets[source_no];
	const char *value = NULL;
	const char *label = NULL;
	int			value_len = 0;
	int			len;
	int			no;

	if (source != NULL && source->constant != NULL)
	{
		value = source->constant;
		value_len = strlen(value);
	}
	else if (source != NULL)
		value = msb_slot_bytes(&source->column, slot, &value_len);
	len = value_len;
	if (value != NULL)
		label = msb_label_of_value(source, value, &len);
	if (label == NULL || len == 0)
	{
		if (facet->if_null == MSB_NO_LABEL)
			cannot_judge_facet(answer, MSB_FINDING_MISSING_LABEL,
							   gettext_noop("facet \"%s\" has no value"), facet->facet, NULL);
		return facet->if_null;
	}
	no = msb_label_no(facet, label, len);
	if (no == MSB_NO_LABEL)
		cannot_judge_facet(answer, MSB_FINDING_UNKNOWN_LABEL,
						   gettext_noop("facet \"%s\" has the value \"%s\", which is neither an alias nor a label"),
						   facet->facet, msb_printable(pnstrdup(value, value_len)));
	return no;
}

/*
 * Replace a challenge that yields (label.yields) by the stated primary challenge of the
 * citizen, if there is one and the structure has it.
 */
void
msb_yield(const MsbStructure *s, int *labels, const char *citizen)
{
	char	   *stated;

	if (msb_yields(s, labels) && citizen[0] != '\0' && (stated = msb_stated_challenge(citizen)) != NULL)
		msb_yield_to(s, labels, stated, strlen(stated));
}

/* Bring the next day on which the answer can change forward to a day. */
static void
due_by(MsbAnswer *answer, DateADT day)
{
	if (!answer->has_due || day < answer->due)
	{
		answer->has_due = true;
		answer->due = day;
	}
}

/*
 * Read what no structure changes: the case's key, its citizen, whether it is open, and
 * the parent row.  Returns whether there is anything to judge.  area_only: the key is
 * only tested for NULL, and the citizen is left to judge_labels().
 */
static bool
judge_facts(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date, Snapshot snapshot,
			bool area_only, MsbAnswer *answer, MsbParentValues *parent)
{
	memset(answer, 0, sizeof(MsbAnswer));
	memset(parent, 0, sizeof(MsbParentValues));
	parent->found = true;
	if (!area_only)
		answer->case_key = msb_slot_text(&ct->key, slot);
	if (area_only ? slot_attisnull(slot, ct->key.attno) : answer->case_key == NULL)
		return false;
	judge_closing(ct, slot, on_date, answer);
	if (!area_only)
	{
		char	   *area = msb_slot_text(&ct->area, slot);

		answer->has_opened = slot_date(&ct->opened, slot, &answer->opened);
		answer->area = area == NULL || area[0] == '\0' ? NULL : msb_unit_of_area(ct, area);
	}
	else if (!answer->open)
		return false;

	if (ct->parent_citizen || ct->parent_birth)
		slot_parent(ct, slot, snapshot, parent);
	if (!area_only)
		answer->citizen = ct->parent_citizen ? citizen_of_parent(parent) : citizen_of_slot(ct, slot);
	if (!answer->open)
		return false;
	if (answer->has_closed)
		due_by(answer, answer->closed);
	return true;
}

/*
 * Read the birth date, and return the age on a day.  That is negative, with a finding, for
 * somebody not born yet, and MSB_AGE_NOT_KNOWN if answer->birth_known is false.
 */
static int
judge_birth(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date, const MsbParentValues *parent,
			MsbAnswer *answer)
{
	int			age;

	if (ct->parent_birth && !parent->birth_null)
		answer->birth_known = birth_of_value(parent->birth_type, parent->birth, &answer->birth, answer);
	else if (ct->birth.attno != InvalidAttrNumber)
	{
		bool		isnull;
		Datum		value = slot_getattr(slot, ct->birth.attno, &isnull);

		if (!isnull)
			answer->birth_known = birth_of_value(ct->birth.type, value, &answer->birth, answer);
	}
	if (!answer->birth_known)
		return MSB_AGE_NOT_KNOWN;
	age = msb_age_on(answer->birth, on_date);
	if (age < 0)
		cannot_judge(answer, MSB_FINDING_BORN_LATER, gettext_noop("the birth date lies in the future"));
	return age;
}

/*
 * Read the labels of all facets, up to the first that is a finding.  If there is none,
 * they become the situation, and a challenge that yields is replaced.  area_only: no
 * situation, and the citizen is read only if the answer depends on it.
 */
static void
judge_labels(const MsbCaseTable *ct, TupleTableSlot *slot, const MsbStructure *s, bool area_only,
			 const MsbParentValues *parent, int *labels, MsbAnswer *answer)
{
	const int  *sources = facet_sources(ct, s);

	for (int f = 0; f < s->nfacets && answer->finding == NULL; f++)
		labels[f] = judge_facet(ct, slot, &s->facets[f], sources[f], answer);
	if (answer->finding != NULL)
		return;
	if (!area_only)
		answer->situation = msb_situation(s, labels);
	else if (msb_yields(s, labels))
		answer->citizen = ct->parent_citizen ? citizen_of_parent(parent) : citizen_of_slot(ct, slot);
	if (answer->citizen != NULL)
		msb_yield(s, labels, answer->citizen);
}

/*
 * Find the next birthday on which other rules apply; for a child not born yet, the birth
 * at the latest.
 */
static void
due_by_age(const MsbStructure *s, int age, MsbAnswer *answer)
{
	if (!answer->birth_known)
		return;
	if (age < 0)
		due_by(answer, answer->birth);
	if (age <= MSB_AGE_MAX && s->next_break[Max(age, 0)] > 0)
		due_by(answer, msb_birthday(answer->birth, s->next_break[Max(age, 0)]));
}

/*
 * Judge an open case by a structure, NULL for none: the second half after judge_facts().
 * area_only: the unit and the finding are enough.
 */
static void
judge_by(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date, const MsbStructure *s,
		 bool area_only, const MsbParentValues *parent, MsbAnswer *answer)
{
	int			small[16];		/* enough for most structures */
	int		   *labels = small;
	int			age;
	const char *birth_finding;
	const char *birth_reason;
	int			rule;

	if (s == NULL)
	{
		cannot_judge(answer, MSB_FINDING_NO_STRUCTURE, gettext_noop("no structure is in force"));
		return;
	}
	answer->structure = s->structure;
	answer->revision = s->revision;
	if (s->until != DATEVAL_NOEND)
		due_by(answer, s->until);
	if (!parent->found)
	{
		cannot_judge(answer, MSB_FINDING_NO_PARENT,
					 ct->parent_query == NULL ? gettext_noop("the foreign key to the citizen's table does not exist any more") :
					 gettext_noop("the row that the case refers to does not exist"));
		return;
	}

	age = judge_birth(ct, slot, on_date, parent, answer);
	/*
	 * The labels are read even if the birth date is wrong; the finding about the birth
	 * date is reported first.
	 */
	birth_finding = answer->finding;
	birth_reason = answer->reason;
	answer->finding = NULL;
	if (s->nfacets > (int) lengthof(small))
		labels = palloc_array(int, s->nfacets);
	judge_labels(ct, slot, s, area_only, parent, labels, answer);
	if (birth_finding != NULL)
		cannot_judge(answer, birth_finding, birth_reason);

	if (!area_only)
		due_by_age(s, age, answer);
	if (answer->finding != NULL)
		return;

	rule = msb_decide(s, age, labels, &answer->finding);
	if (rule >= 0)
	{
		answer->unit = s->rules[rule].unit;
		answer->rule = s->rules[rule].code;
	}
	else
		cannot_judge(answer, answer->finding, strcmp(answer->finding, MSB_FINDING_GAP) == 0 ?
					 gettext_noop("no rule of the structure takes this case") :
					 gettext_noop("several rules take this case, and none takes precedence over the others"));
}

/*
 * Judge one row as of a day, by the structure in force then.  The parent row is read
 * under the given snapshot, on an SPI connection of its own.  Allocates in
 * CurrentMemoryContext.
 */
void
msb_judge(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date, Snapshot snapshot,
		  MsbAnswer *answer)
{
	MsbParentValues parent;

	if (judge_facts(ct, slot, on_date, snapshot, false, answer, &parent))
		judge_by(ct, slot, on_date, msb_structure_on(on_date), false, &parent, answer);
}

/*
 * Find the unit that is responsible for an open case, for a row that is just being
 * written; NULL if the row cannot be judged.  Returns false if there is nothing to judge.
 */
bool
msb_judge_area(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date, const char **unit)
{
	MsbParentValues parent;
	MsbAnswer	answer;

	if (!judge_facts(ct, slot, on_date, InvalidSnapshot, true, &answer, &parent))
		return false;
	judge_by(ct, slot, on_date, msb_structure_on(on_date), true, &parent, &answer);
	*unit = answer.unit;
	return true;
}

/* Judge one row by each of two structures, as msb_judge() does by the one in force. */
void
msb_judge_twice(const MsbCaseTable *ct, TupleTableSlot *slot, DateADT on_date, Snapshot snapshot,
				const MsbStructure *const *structures, MsbAnswer *answers)
{
	MsbParentValues parent;
	bool		is_open = judge_facts(ct, slot, on_date, snapshot, false, &answers[0], &parent);

	answers[1] = answers[0];
	for (int i = 0; i < 2 && is_open; i++)
		judge_by(ct, slot, on_date, structures[i], false, &parent, &answers[i]);
}
