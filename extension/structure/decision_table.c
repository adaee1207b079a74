/*
 * decision_table.c: compile the document of a structure, and decide.
 *
 * A structure becomes one bit set of rules per label of each facet and per age.
 * A decision is one AND per facet, then the test whether a rule of those left
 * goes before every other unit's.  area_of, decide and the triggers come here by
 * way of answers.c, which remembers; explain_area and whoever wants to know which
 * rules matched, straight.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "structure/decision_table.h"
#include "structure/document.h"
#include "types/target_group_type.h"

#define WORD(bit)	((bit) / 64)
#define MASK(bit)	(UINT64CONST(1) << ((bit) % 64))

#define FEW_LABELS	64
#define SEEDS_TRIED	16

/* The index of a facet, or -1. */
int
msb_facet_no(const MsbStructure *s, const char *facet)
{
	for (int f = 0; f < s->nfacets; f++)
		if (strcmp(s->facets[f].facet, facet) == 0)
			return f;
	return -1;
}

/* Whether a label is the ancestor or stands below it. */
bool
msb_label_within(const MsbFacet *facet, int label, const char *ancestor)
{
	/* the counter ends a circle of parents, which a document may hold */
	for (int depth = 0; label != MSB_NO_LABEL && depth <= facet->nlabels; depth++)
	{
		if (strcmp(facet->labels[label].label, ancestor) == 0)
			return true;
		label = facet->labels[label].parent;
	}
	return false;
}

/*
 * Put the labels of a facet into a table with 2^bits slots.  Returns how many of
 * them do not stand where their hash says.
 */
static int
fill_slots(MsbFacet *facet, int bits, uint64 seed)
{
	int			displaced = 0;

	facet->slot_seed = seed;
	facet->slot_mask = (1 << bits) - 1;
	facet->slot_shift = 64 - bits;
	memset(facet->slots, 0, sizeof(MsbLabelSlot) << bits);
	for (int l = 0; l < facet->nlabels; l++)
	{
		const MsbLabel *label = &facet->labels[l];
		MsbLabelSlot slot = {.len = label->len, .number = l + 1};
		uint32		at;

		msb_label_ends(label->label, label->len, &slot.head, &slot.tail);
		at = msb_label_slot(facet, slot.head, slot.tail);
		displaced += facet->slots[at].number != 0;
		while (facet->slots[at].number != 0)
			at = (at + 1) & facet->slot_mask;
		facet->slots[at] = slot;
	}
	return displaced;
}

/*
 * Where the labels of a facet stand, in CurrentMemoryContext.  Of a few labels it takes few seeds to find
 * one that gives each a slot of its own, so that one look finds it.
 */
void
msb_label_slots(MsbFacet *facet)
{
	int			bits = pg_leftmost_one_pos32(Max(facet->nlabels, 1)) + 2;	/* 2 to 4 slots a label */
	int			tries = facet->nlabels <= FEW_LABELS ? SEEDS_TRIED : 1;
	uint64		best = 0;
	int			least = PG_INT32_MAX;

	facet->slots = palloc(mul_size(sizeof(MsbLabelSlot), (Size) 1 << bits));
	for (int i = 0; i < tries && least > 0; i++)
	{
		uint64		seed = UINT64CONST(0xA0761D6478BD642F) * (i + 1);
		int			displaced = fill_slots(facet, bits, seed);

		if (displaced < least)
		{
			least = displaced;
			best = seed;
		}
	}
	if (facet->slot_seed != best)
		fill_slots(facet, bits, best);
}

/* A label as the document lists it; texts of its facet and its parent are the document's. */
typedef struct DocumentLabel
{
	MsbLabel	label;
	const char *facet;
	int			facet_len;
	const char *parent;
	int			parent_len;
	bool		mine;			/* of the facet that is being compiled */
} DocumentLabel;

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
		/* parents are known only once all labels stand in their slots */
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

/* A target group from the text in the document: of a rule, or else of a duty. */
MsbTargetGroup *
msb_document_target(const char *text, const char *rule, const char *duty)
{
	MsbTargetGroup *target;
	MsbParseError error;

	if (msb_target_group_parse(text, strlen(text), palloc, &target, &error))
		return target;
	if (rule != NULL)
		msb_document_error("The target of rule \"%s\" is not a target group.", rule);
	msb_document_error("The target of duty \"%s\" is not a target group.", duty);
}

static int
compare_rules(const void *a, const void *b)
{
	return strcmp(((const MsbRule *) a)->code, ((const MsbRule *) b)->code);
}

static int
compare_units(const void *a, const void *b)
{
	return strcmp((*(MsbRule *const *) a)->unit, (*(MsbRule *const *) b)->unit);
}

/* The index of a rule, or -1. */
int
msb_rule_no(const MsbStructure *s, const char *code)
{
	MsbRule		key = {.code = unconstify(char *, code)};
	MsbRule    *found = bsearch(&key, s->rules, s->nrules, sizeof(MsbRule), compare_rules);

	return found == NULL ? -1 : found - s->rules;
}

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
		qsort(s->rules, s->nrules, sizeof(MsbRule), compare_rules);
	by_unit = palloc_array(MsbRule *, s->nrules);
	for (int r = 0; r < s->nrules; r++)
		by_unit[r] = &s->rules[r];
	if (s->nrules > 0)
		qsort(by_unit, s->nrules, sizeof(MsbRule *), compare_units);
	for (int r = 0; r < s->nrules; r++)
		by_unit[r]->unit_no = r > 0 && strcmp(by_unit[r - 1]->unit, by_unit[r]->unit) == 0 ?
			by_unit[r - 1]->unit_no : r;
	pfree(by_unit);
	s->nwords = Max(1, WORD(s->nrules + 63));
	s->matching = palloc0_array(uint64, s->nwords);
}

/*
 * Per label of a facet the set of those of n target groups that take it, parents
 * standing for their children.
 */
uint64 *
msb_label_sets(const MsbFacet *facet, MsbTargetGroup *const *targets, int n, int nwords)
{
	uint64	   *takes = palloc0(mul_size(mul_size(sizeof(uint64), nwords), Max(1, facet->nlabels)));

	for (int t = 0; t < n; t++)
	{
		const MsbFacetLabels *named = msb_target_group_facet(targets[t], facet->facet);
		bool	   *taken;

		if (named == NULL)
		{
			for (int l = 0; l < facet->nlabels; l++)
				takes[(size_t) l * nwords + WORD(t)] |= MASK(t);
			continue;
		}
		taken = palloc0_array(bool, facet->nlabels);
		for (int i = 0; i < named->nlabels; i++)
		{
			int			l = msb_label_no(facet, named->labels[i], strlen(named->labels[i]));

			if (l != MSB_NO_LABEL)
				taken[l] = true;
		}
		for (int l = 0; l < facet->nlabels; l++)
		{
			int			up = l;

			/* the counter ends a circle of parents */
			for (int depth = 0; up != MSB_NO_LABEL && depth <= facet->nlabels; depth++)
			{
				if (taken[up])
				{
					takes[(size_t) l * nwords + WORD(t)] |= MASK(t);
					break;
				}
				up = facet->labels[up].parent;
			}
		}
		pfree(taken);
		CHECK_FOR_INTERRUPTS();
	}
	return takes;
}

/*
 * Per age the set of those of n target groups that take it; ages between two
 * bounds share one set, and age_break tells where another begins.
 */
void
msb_age_sets(uint64 **ages, bool *age_break, MsbTargetGroup *const *targets, int n, int nwords)
{
	for (int age = 0; age < MSB_AGE_SLOTS; age++)
	{
		uint64	   *set = palloc0_array(uint64, nwords);

		for (int t = 0; t < n; t++)
		{
			const MsbTargetGroup *target = targets[t];
			bool		known = age <= MSB_AGE_MAX;

			if (target->age_kind == MSB_AGE_ANY ||
				(target->age_kind == MSB_AGE_UNKNOWN && !known) ||
				(target->age_kind == MSB_AGE_SPAN && known &&
				 age >= target->age_min && age <= target->age_max))
				set[WORD(t)] |= MASK(t);
		}
		if (age > 0 && memcmp(set, ages[age - 1], nwords * sizeof(uint64)) == 0)
		{
			pfree(set);
			ages[age] = ages[age - 1];
		}
		else
		{
			ages[age] = set;
			if (age > 0 && age <= MSB_AGE_MAX)
				age_break[age] = true;
		}
	}
}

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

/* The rule whose code stands under a key. */
static int
code_under(const MsbFacet *codes, JsonbContainer *object, const char *key)
{
	int			len;
	const char *code = msb_document_string(object, key, true, &len);

	return msb_label_no(codes, code, len);
}

static void
compile_precedences(MsbStructure *s, Jsonb *document)
{
	int			n;
	JsonbContainer *list = msb_document_list(document, "precedences", &n);
	int		   *first = palloc0_array(int, s->nrules);
	MsbFacet	codes = {.nlabels = s->nrules};

	/* there may be many: the codes of the rules are looked up as labels are */
	codes.labels = palloc0_array(MsbLabel, Max(1, s->nrules));
	for (int r = 0; r < s->nrules; r++)
		codes.labels[r] = (MsbLabel) {.label = s->rules[r].code, .len = strlen(s->rules[r].code)};
	msb_label_slots(&codes);
	s->precedences = palloc_array(MsbPrecedence, n);
	s->beats = palloc0(mul_size(mul_size(sizeof(uint64), s->nwords), Max(1, s->nrules)));
	/* a unit's rules, gathered at the first of them */
	for (int r = 0; r < s->nrules; r++)
	{
		int			of = s->rules[r].unit_no;

		if (first[of] == 0)
			first[of] = r + 1;
		s->beats[(size_t) (first[of] - 1) * s->nwords + WORD(r)] |= MASK(r);
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
		s->beats[(size_t) rule * s->nwords + WORD(over)] |= MASK(over);
		if (s->beats[(size_t) over * s->nwords + WORD(rule)] & MASK(rule))
			s->mutual = true;
	}
	pfree(codes.slots);
	pfree(codes.labels);
}

/*
 * Compile a document into CurrentMemoryContext.  What it is made from goes to a
 * scratch context; the caller may reset its own if this fails.
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

/*
 * The decision.  labels holds one index per facet of the structure, all valid;
 * age is completed years or MSB_AGE_NOT_KNOWN.  Returns the index of the rule
 * that wins, or -1 with the finding.  A matching rule wins if it goes before
 * every matching rule of another unit; of several winners of one unit the first
 * by code is it.  Winners of two units can only be rules that go before each
 * other: a conflict.  Leaves the matching set for explain_area.  Throws nothing.
 */
int
msb_decide_plainly(const MsbStructure *s, int age, const int *labels, const char **finding)
{
	uint64	   *m = s->matching;
	const int	nwords = s->nwords;
	bool		any = false;
	int			winner = -1;

	if (age == MSB_AGE_NOT_KNOWN)
		memcpy(m, s->ages[MSB_AGE_SLOTS - 1], nwords * sizeof(uint64));
	else
		memcpy(m, s->ages[Min(age, MSB_AGE_MAX)], nwords * sizeof(uint64));
	for (int f = 0; f < s->nfacets; f++)
	{
		const uint64 *takes = &s->facets[f].takes[labels[f] * nwords];

		for (int w = 0; w < nwords; w++)
			m[w] &= takes[w];
	}

	for (int w = 0; w < nwords; w++)
	{
		for (uint64 left = m[w]; left != 0; left &= left - 1)
		{
			int			r = w * 64 + pg_rightmost_one_pos64(left);
			const uint64 *beats = &s->beats[(size_t) r * nwords];
			uint64		unbeaten = 0;

			any = true;
			for (int v = 0; v < nwords; v++)
				unbeaten |= m[v] & ~beats[v];
			if (unbeaten != 0)
				continue;
			if (winner < 0)
			{
				winner = r;
				if (!s->mutual)
				{
					*finding = NULL;
					return winner;
				}
			}
			else if (s->rules[winner].unit_no != s->rules[r].unit_no)
			{
				*finding = MSB_FINDING_CONFLICT;
				return -1;
			}
		}
	}
	*finding = winner >= 0 ? NULL : any ? MSB_FINDING_CONFLICT : MSB_FINDING_GAP;
	return winner;
}

/* Whether a rule was among those that the last msb_decide_plainly() matched. */
bool
msb_rule_matched(const MsbStructure *s, int rule)
{
	return (s->matching[WORD(rule)] & MASK(rule)) != 0;
}

/* Whether a rule goes before another, or is of the same unit. */
bool
msb_rule_beats(const MsbStructure *s, int rule, int other)
{
	return (s->beats[(size_t) rule * s->nwords + WORD(other)] & MASK(other)) != 0;
}
