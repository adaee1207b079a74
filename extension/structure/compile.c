/*
 * compile.c: compiles the document of a structure into bit sets: for each label of each facet,
 * and for each age, the set of the rules that take it.
 */
#include "postgres.h"

#include "storage/shmem.h"
#include "utils/date.h"
#include "utils/jsonb.h"

#include "base/bitset.h"
#include "types/target_group_text.h"
#include "structure/label_table.h"
#include "structure/structure.h"
#include "structure/document.h"
#include "structure/decision_table.h"
#include "structure/answers.h"
#include "structure/situation.h"
#include "structure/duty.h"
#include "structure/compile.h"

/* A label as the document lists it.  facet and parent point into the document. */
typedef struct DocumentLabel
{
	MsbLabel	label;
	const char *facet;
	int			facet_len;
	const char *parent;
	int			parent_len;
	bool		mine;			/* it belongs to the facet that is being compiled */
} DocumentLabel;

/* Read the facets and their labels, and find parents and if_null among the labels. */
static void
compile_facets(MsbStructure *s, Jsonb *document)
{
	int			nlabels;
	JsonbContainer *facets = msb_document_list(document, "facets", &s->nfacets);
	JsonbContainer *labels = msb_document_list(document, "labels", &nlabels);
	DocumentLabel *all = palloc_array(DocumentLabel, Max(1, nlabels));

	for (int l = 0; l < nlabels; l++)
	{
		JsonbContainer *object = msb_document_object(labels, "labels", l);
		DocumentLabel *label = &all[l];

		label->facet = msb_document_string(object, "facet", true, &label->facet_len);
		label->label.label = msb_document_text(object, "label", true);
		label->label.len = strlen(label->label.label);
		label->label.priority = msb_document_number(object, "priority", PG_INT32_MAX);
		label->label.yields = msb_document_true(object, "yields");
		label->parent = msb_document_string(object, "parent", false, &label->parent_len);
	}

	s->facets = palloc0_array(MsbFacet, s->nfacets);
	for (int f = 0; f < s->nfacets; f++)
	{
		MsbFacet   *facet = &s->facets[f];
		JsonbContainer *object = msb_document_object(facets, "facets", f);
		char	   *if_null = msb_document_text(object, "if_null", false);
		int			facet_len;
		int			i = 0;

		facet->facet = msb_document_text(object, "facet", true);
		facet_len = strlen(facet->facet);
		for (int l = 0; l < nlabels; l++)
		{
			all[l].mine = all[l].facet_len == facet_len && memcmp(all[l].facet, facet->facet, facet_len) == 0;
			facet->nlabels += all[l].mine;
		}
		facet->labels = palloc_array(MsbLabel, facet->nlabels);
		for (int l = 0; l < nlabels; l++)
			if (all[l].mine)
				facet->labels[i++] = all[l].label;
		msb_label_slots(facet);
		/* a second pass: a parent is found by its text only once all labels are in their slots */
		i = 0;
		for (int l = 0; l < nlabels; l++)
			if (all[l].mine)
				facet->labels[i++].parent = all[l].parent == NULL ? MSB_NO_LABEL :
					msb_label_no(facet, all[l].parent, all[l].parent_len);
		facet->if_null = if_null == NULL ? MSB_NO_LABEL :
			msb_label_no(facet, if_null, strlen(if_null));
	}
	pfree(all);
	s->task_no = msb_facet_no(s, "task");
	s->challenge_no = msb_facet_no(s, "challenge");
	s->service_no = msb_facet_no(s, "service");
}

/* Read the units and their kinds. */
static void
compile_units(MsbStructure *s, Jsonb *document)
{
	JsonbContainer *units = msb_document_list(document, "units", &s->nunits);

	s->units = palloc_array(MsbUnit, s->nunits);
	for (int u = 0; u < s->nunits; u++)
	{
		JsonbContainer *object = msb_document_object(units, "units", u);

		s->units[u].unit = msb_document_text(object, "unit", true);
		s->units[u].kind = msb_document_text(object, "kind", true);
	}
}

/* Compare pointers to rules by unit; for qsort(). */
static int
compare_units(const void *a, const void *b)
{
	return strcmp((*(MsbRule *const *) a)->unit, (*(MsbRule *const *) b)->unit);
}

/* Read the rules, sort them by code, and number their units. */
static void
compile_rules(MsbStructure *s, Jsonb *document)
{
	JsonbContainer *rules = msb_document_list(document, "rules", &s->nrules);
	MsbRule   **by_unit;

	s->rules = palloc0_array(MsbRule, s->nrules);
	for (int r = 0; r < s->nrules; r++)
	{
		JsonbContainer *object = msb_document_object(rules, "rules", r);
		MsbRule    *rule = &s->rules[r];
		char	   *target;

		rule->code = msb_document_text(object, "rule", true);
		rule->unit = msb_document_text(object, "unit", true);
		rule->origin = msb_document_text(object, "origin", false);
		rule->basis = msb_document_text(object, "basis", false);
		target = msb_document_text(object, "target", true);
		rule->target = msb_document_target(target, rule->code, NULL);
		pfree(target);
	}
	if (s->nrules > 0)
		qsort(s->rules, s->nrules, sizeof(MsbRule), msb_compare_rules);
	by_unit = palloc_array(MsbRule *, s->nrules);
	for (int r = 0; r < s->nrules; r++)
		by_unit[r] = &s->rules[r];
	if (s->nrules > 0)
		qsort(by_unit, s->nrules, sizeof(MsbRule *), compare_units);
	for (int r = 0; r < s->nrules; r++)
		by_unit[r]->unit_no = r > 0 && strcmp(by_unit[r - 1]->unit, by_unit[r]->unit) == 0 ?
			by_unit[r - 1]->unit_no : r;
	pfree(by_unit);
	s->nwords = Max(1, MSB_WORDS(s->nrules));
	s->matching = palloc0_array(uint64, s->nwords);
}

/* Make the sets of rules per label and per age. */
static void
compile_sets(MsbStructure *s)
{
	MsbTargetGroup **targets = palloc_array(MsbTargetGroup *, Max(1, s->nrules));

	for (int r = 0; r < s->nrules; r++)
		targets[r] = s->rules[r].target;
	for (int f = 0; f < s->nfacets; f++)
		s->facets[f].takes = msb_label_sets(&s->facets[f], targets, s->nrules, s->nwords);
	msb_age_sets(s->ages, s->age_break, targets, s->nrules, s->nwords);
	pfree(targets);
}

/* Return the index of the rule whose code an object has under a key. */
static int
code_under(const MsbFacet *codes, JsonbContainer *object, const char *key)
{
	int			len;
	const char *code = msb_document_string(object, key, true, &len);

	return msb_label_no(codes, code, len);
}

/*
 * Read the precedences, and make for each rule the set of those that it beats: all rules of its
 * own unit, and those that it takes precedence over.  A precedence within one unit, or that names
 * no rule, is left out.
 */
static void
compile_precedences(MsbStructure *s, Jsonb *document)
{
	int			n;
	JsonbContainer *list = msb_document_list(document, "precedences", &n);
	int		   *first = palloc0_array(int, s->nrules);
	MsbFacet	codes = {.nlabels = s->nrules};

	/* there may be many precedences, so codes are looked up as labels are, by a hash table */
	codes.labels = palloc0_array(MsbLabel, Max(1, s->nrules));
	for (int r = 0; r < s->nrules; r++)
		codes.labels[r] = (MsbLabel) {.label = s->rules[r].code, .len = strlen(s->rules[r].code)};
	msb_label_slots(&codes);
	s->precedences = palloc_array(MsbPrecedence, n);
	s->beats = palloc0(mul_size(mul_size(sizeof(uint64), s->nwords), Max(1, s->nrules)));
	/* gather the rules of a unit in the set of its first rule, and copy that to the others */
	for (int r = 0; r < s->nrules; r++)
	{
		int			of = s->rules[r].unit_no;

		if (first[of] == 0)
			first[of] = r + 1;
		s->beats[(size_t) (first[of] - 1) * s->nwords + MSB_WORD(r)] |= MSB_BIT(r);
	}
	for (int r = s->nrules - 1; r >= 0; r--)
		if (first[s->rules[r].unit_no] != r + 1)
			memcpy(&s->beats[(size_t) r * s->nwords],
				   &s->beats[(size_t) (first[s->rules[r].unit_no] - 1) * s->nwords],
				   s->nwords * sizeof(uint64));
	pfree(first);
	for (int p = 0; p < n; p++)
	{
		JsonbContainer *object = msb_document_object(list, "precedences", p);
		int			rule = code_under(&codes, object, "rule");
		int			over = code_under(&codes, object, "over");

		if (rule < 0 || over < 0 || s->rules[rule].unit_no == s->rules[over].unit_no)
			continue;
		s->precedences[s->nprecedences].rule = rule;
		s->precedences[s->nprecedences].over = over;
		s->precedences[s->nprecedences++].reason = msb_document_text(object, "reason", false);
		s->beats[(size_t) rule * s->nwords + MSB_WORD(over)] |= MSB_BIT(over);
		if (MSB_HAS(&s->beats[(size_t) over * s->nwords], rule))
			s->mutual = true;
	}
	pfree(codes.slots);
	pfree(codes.labels);
}

/*
 * Compile a document into CurrentMemoryContext; nothing in the result points into the document.
 * revision is 0 for a document that is not enacted.  The error about a damaged document names
 * the structure and its revision.
 */
MsbStructure *
msb_structure_compile(Jsonb *document, const char *structure, int revision, DateADT until)
{
	static uint64 serial = 0;
	MsbStructure *s = palloc0(sizeof(MsbStructure));

	s->structure = pstrdup(structure);
	s->serial = ++serial;
	s->revision = revision;
	s->until = until;
	msb_document_begin(revision > 0 ? psprintf("%s#%d", structure, revision) : s->structure);
	compile_facets(s, document);
	compile_units(s, document);
	compile_rules(s, document);
	compile_sets(s);
	compile_precedences(s, document);
	s->duties = msb_duties_compile(s, document);
	for (int age = MSB_AGE_MAX - 1; age >= 0; age--)
		s->next_break[age] = s->age_break[age + 1] ? age + 1 : s->next_break[age + 1];
	s->answers = msb_answers();
	s->situations = msb_situations();
	return s;
}
