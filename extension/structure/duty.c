/*
 * duty.c: the plan duties of a structure, compiled, and the duties that a case counts for.
 *
 * A duty has parts, and a part has target groups that are alternatives.  The target groups that
 * count a case are found as its rules are: by one AND per facet.
 */
#include "postgres.h"

#include "utils/jsonb.h"

#include "base/bitset.h"
#include "types/target_group_text.h"
#include "structure/structure.h"
#include "structure/document.h"
#include "structure/decision_table.h"
#include "structure/duty.h"

/* A row of the document's plan duties: one target group whose cases count. */
typedef struct Counted
{
	char	   *duty;
	char	   *part;
	int			min_units;
	bool		opens;			/* a plan; else the duty is only reported */
	MsbTargetGroup *target;
} Counted;

/* Compare by duty, then by part; for qsort(). */
static int
compare_counted(const void *a, const void *b)
{
	const Counted *x = a;
	const Counted *y = b;
	int			c = strcmp(x->duty, y->duty);

	return c != 0 ? c : strcmp(x->part, y->part);
}

/*
 * Compile the plan duties of a structure, in CurrentMemoryContext.  The greatest min_units among
 * the rows of a duty applies, and a duty opens plans if one of its rows does.  Ages at which
 * other cases count are added to the age breaks of the structure, so that the daily job looks at
 * cases on those birthdays too.
 */
MsbDuties *
msb_duties_compile(MsbStructure *s, Jsonb *document)
{
	MsbDuties  *d = palloc0_object(MsbDuties);
	JsonbContainer *list = NULL;
	Counted    *rows;
	MsbTargetGroup **targets;
	JsonbValue	given;

	/* a structure needs no plan duties */
	if (getKeyJsonValueFromContainer(&document->root, "plan_duties", strlen("plan_duties"), &given) != NULL)
		list = msb_document_list(document, "plan_duties", &d->ncounted);
	rows = palloc_array(Counted, Max(1, d->ncounted));
	targets = palloc_array(MsbTargetGroup *, Max(1, d->ncounted));

	for (int i = 0; i < d->ncounted; i++)
	{
		JsonbContainer *object = msb_document_object(list, "plan_duties", i);
		char	   *action = msb_document_text(object, "action", false);

		rows[i].duty = msb_document_text(object, "duty", true);
		rows[i].part = msb_document_text(object, "part", true);
		rows[i].min_units = msb_document_number(object, "min_units", 2);
		rows[i].opens = action == NULL || strcmp(action, "open") == 0;
		rows[i].target = msb_document_target(msb_document_text(object, "counted", true), NULL, rows[i].duty);
	}
	qsort(rows, d->ncounted, sizeof(Counted), compare_counted);

	d->duties = palloc0_array(MsbDuty, Max(1, d->ncounted));
	d->duty_of = palloc_array(int, Max(1, d->ncounted));
	d->part_of = palloc_array(int, Max(1, d->ncounted));
	d->nwords = Max(1, MSB_WORDS(d->ncounted));
	for (int i = 0; i < d->ncounted; i++)
	{
		bool		new_duty = i == 0 || strcmp(rows[i - 1].duty, rows[i].duty) != 0;
		MsbDuty    *duty = &d->duties[new_duty ? d->nduties++ : d->nduties - 1];

		if (new_duty || strcmp(rows[i - 1].part, rows[i].part) != 0)
			duty->nparts++;
		duty->duty = rows[i].duty;
		duty->min_units = Max(duty->min_units, rows[i].min_units);
		duty->opens |= rows[i].opens;
		d->duty_of[i] = d->nduties - 1;
		d->part_of[i] = duty->nparts - 1;
		targets[i] = rows[i].target;
	}
	d->least = PG_INT32_MAX;
	for (int n = 0; n < d->nduties; n++)
		d->least = Min(d->least, d->duties[n].min_units);
	d->takes = palloc_array(uint64 *, Max(1, s->nfacets));
	for (int f = 0; f < s->nfacets; f++)
		d->takes[f] = msb_label_sets(&s->facets[f], targets, d->ncounted, d->nwords);
	msb_age_sets(d->ages, s->age_break, targets, d->ncounted, d->nwords);
	pfree(targets);
	pfree(rows);
	return d;
}

/*
 * Find the target groups that count a case of this age and these labels, as a set of
 * s->duties->nwords words.  Returns whether there is any.
 */
bool
msb_counted(const MsbStructure *s, int age, const int *labels, uint64 *counted)
{
	const MsbDuties *d = s->duties;
	uint64		any = 0;

	memcpy(counted, d->ages[age == MSB_AGE_NOT_KNOWN ? MSB_AGE_SLOTS - 1 : Min(age, MSB_AGE_MAX)],
		   d->nwords * sizeof(uint64));
	for (int w = 0; w < d->nwords; w++)
	{
		for (int f = 0; f < s->nfacets; f++)
			counted[w] &= d->takes[f][(size_t) labels[f] * d->nwords + w];
		any |= counted[w];
	}
	return any != 0;
}
