/*
 * prove.c: divides the space of situations until every box has one answer.
 *
 * A box is decided when no rule meets it, when every rule that meets it takes all of it, or when
 * one that takes all of it takes precedence over every other.  Otherwise the box is cut in two
 * along the edge of a rule, chosen so that few rules are on both sides.  So no situation is
 * looked at by itself, and none is left out.  In the end neighbours with the same finding are
 * joined again.
 *
 * The work grows with the number of boxes into which the rules cut the space.  In the worst case
 * that is exponential in the number of facets.  The stack of boxes is small, and the findings are
 * bounded by work_mem.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/bitset.h"
#include "structure/structure.h"
#include "structure/decision_table.h"
#include "proof/space.h"
#include "proof/pieces.h"
#include "proof/prove.h"

/* Cuts are tried along the edges of about so many rules, spread evenly. */
#define RULES_TRIED		16

/* A side (a structure) in one box: the rules that meet the box, or its answer once it is decided. */
typedef struct Side
{
	bool		decided;
	int			answer;			/* a unit, or MSB_ANSWER_... */
	int			nrules;
	int		   *rules;			/* ascending */
	bool	   *full;			/* per rule here: it takes the whole box */
} Side;

/* The state of one proof. */
typedef struct Division
{
	const MsbSpace *space;
	MsbProof   *proof;
	int		   *unit[MSB_MAX_SIDES];	/* per rule, its unit in proof->units */
	MsbPieces  *pieces;
	int			conflict_size;	/* the rules that name the last conflict, */
	int		   *conflict;		/* see note_conflict() */
} Division;

/* Return the box of a rule. */
static inline const uint64 *
rule_box(const Division *d, int side, int rule)
{
	return d->space->rules[side] + (Size) rule * d->space->nwords;
}

/* Check whether a rule takes all of a box. */
static inline bool
takes_all(const Division *d, const uint64 *rule, const uint64 *box)
{
	for (int w = 0; w < d->space->nwords; w++)
		if ((box[w] & ~rule[w]) != 0)
			return false;
	return true;
}

/* Check whether a rule has no precedence over another one, which is of another unit. */
static inline bool
lacks_precedence(const Division *d, int side, int rule, int other)
{
	return !msb_rule_beats(d->space->sides[side], rule, other);
}

/*
 * Note the rules to name in a conflict:
 *
 * (a) the rules over which no rule of another unit has precedence; mutual precedence does not
 *     count;
 * (b) if all of (a) are of one unit, also the rules over which those have no precedence;
 * (c) if (a) is empty, which takes circular precedences, all rules.
 */
static void
note_conflict(Division *d, int side, const Side *s)
{
	const MsbStructure *st = d->space->sides[side];
	int			n = 0;
	bool		one_unit = true;

	for (int i = 0; i < s->nrules; i++)
	{
		bool		top = true;

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < s->nrules && top; j++)
			top = d->unit[side][s->rules[j]] == d->unit[side][s->rules[i]] ||
				!msb_rule_beats(st, s->rules[j], s->rules[i]) ||
				msb_rule_beats(st, s->rules[i], s->rules[j]);
		if (top)
		{
			one_unit &= n == 0 || d->unit[side][d->conflict[0]] == d->unit[side][s->rules[i]];
			d->conflict[n++] = s->rules[i];
		}
	}
	if (n == 0)
	{
		memcpy(d->conflict, s->rules, s->nrules * sizeof(int));
		n = s->nrules;
	}
	else if (one_unit)
	{
		int			ntop = n;
		int		   *top = palloc_array(int, ntop);

		memcpy(top, d->conflict, ntop * sizeof(int));
		n = 0;
		for (int i = 0; i < s->nrules; i++)
		{
			CHECK_FOR_INTERRUPTS();
			for (int t = 0; t < ntop; t++)
				if (s->rules[i] == top[t] || lacks_precedence(d, side, top[t], s->rules[i]))
				{
					d->conflict[n++] = s->rules[i];
					break;
				}
		}
		pfree(top);
	}
	d->conflict_size = n;
}

/*
 * Note which precedences the answer needs.  winners are the rules that beat all rules of other
 * units.  A winner needs its precedences over the rules here if the answer would be another one
 * without that winner.
 */
static void
note_needed(Division *d, const Side *s, const int *winners, int nwinners)
{
	const int  *unit = d->unit[0];
	const int	nwords = d->space->sides[0]->nwords;

	for (int i = 0; i < nwinners; i++)
	{
		int			others = 0;	/* of how many units the other winners are: 0, 1 or more */
		int			other_unit = -1;
		bool		before = false; /* with this one, all winners are of one unit */

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < nwinners; j++)
			if (j != i && (others == 0 || unit[winners[j]] != other_unit))
			{
				other_unit = unit[winners[j]];
				others++;
			}
		before = others == 0 || (others == 1 && other_unit == unit[winners[i]]);
		/* the same unit with it and without it, or several units with it and without it */
		if (before ? others > 0 : others > 1)
			continue;
		for (int j = 0; j < s->nrules; j++)
			if (unit[s->rules[j]] != unit[winners[i]])
				d->proof->needed[(Size) winners[i] * nwords + MSB_WORD(s->rules[j])] |= MSB_BIT(s->rules[j]);
	}
}

/* Decide a box that all these rules take whole.  With one side, also note what the proof needs. */
static int
decide_box(Division *d, int side, const Side *s)
{
	int		   *winners = palloc_array(int, s->nrules);
	int			n = 0;
	int			answer;

	for (int i = 0; i < s->nrules; i++)
	{
		bool		wins = true;

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < s->nrules && wins; j++)
			wins = !lacks_precedence(d, side, s->rules[i], s->rules[j]);
		if (wins)
			winners[n++] = s->rules[i];
	}
	answer = n == 0 ? MSB_ANSWER_CONFLICT : d->unit[side][winners[0]];
	for (int i = 1; i < n; i++)
		if (d->unit[side][winners[i]] != answer)
			answer = MSB_ANSWER_CONFLICT;

	if (d->space->nsides == 1)
	{
		if (answer == MSB_ANSWER_CONFLICT)
			note_conflict(d, side, s);
		else
			d->proof->decides[winners[0]] = true;
		note_needed(d, s, winners, n);
	}
	pfree(winners);
	return answer;
}

/*
 * Check whether a rule that takes all of the box takes precedence over every other that meets
 * it.  With one side it must also be the only one of its unit: then it is clear which rule
 * decides, and which precedences that needs.
 */
static bool
wins_everywhere(const Division *d, int side, const Side *s, int rule)
{
	const MsbStructure *st = d->space->sides[side];

	for (int j = 0; j < s->nrules; j++)
	{
		int			other = s->rules[j];

		if (other == rule)
			continue;
		if (other >= st->nrules)
			return false;		/* a label that the side lacks */
		if (d->unit[side][other] == d->unit[side][rule])
		{
			if (d->space->nsides == 1)
				return false;
		}
		else if (!msb_rule_beats(st, rule, other) || (st->mutual && msb_rule_beats(st, other, rule)))
			return false;
	}
	return true;
}

/* Decide a side, if it has one answer for the whole box. */
static void
decide_side(Division *d, const uint64 *box, int side, Side *s)
{
	const MsbStructure *st = d->space->sides[side];
	int			nfull = 0;

	for (int i = 0; i < s->nrules; i++)
	{
		s->full[i] = takes_all(d, rule_box(d, side, s->rules[i]), box);
		nfull += s->full[i];
		if (s->full[i] && s->rules[i] >= st->nrules)
		{
			s->answer = MSB_ANSWER_UNKNOWN_LABEL;
			s->decided = true;
			return;
		}
	}
	if (nfull == s->nrules)
	{
		s->answer = nfull == 0 ? MSB_ANSWER_GAP : decide_box(d, side, s);
		s->decided = true;
		return;
	}
	for (int i = 0; i < s->nrules; i++)
		if (s->full[i] && wins_everywhere(d, side, s, s->rules[i]))
		{
			s->answer = d->unit[side][s->rules[i]];
			s->decided = true;
			if (d->space->nsides == 1)
			{
				d->proof->decides[s->rules[i]] = true;
				note_needed(d, s, &s->rules[i], 1);
			}
			return;
		}
}

/* Add a box whose sides are all decided to the pieces, if there is something to report. */
static void
note_answers(Division *d, const uint64 *box, const Side *sides)
{
	if (d->space->nsides == 1)
	{
		if (sides[0].answer == MSB_ANSWER_GAP)
			msb_add_piece(d->pieces, box, 0, NULL);
		else if (sides[0].answer == MSB_ANSWER_CONFLICT)
			msb_add_piece(d->pieces, box, d->conflict_size, d->conflict);
	}
	else if (sides[0].answer != sides[1].answer && (sides[0].answer >= 0 || sides[1].answer >= 0))
		msb_add_piece(d->pieces, box, 2, (int[]) {sides[0].answer, sides[1].answer});
}

/* Check whether a box meets a set of classes on one axis. */
static inline bool
meets(const MsbAxis *axis, const uint64 *box, const uint64 *classes)
{
	if (axis->nwords == 1)
		return (box[axis->word] & *classes) != 0;
	for (int w = 0; w < axis->nwords; w++)
		if ((box[axis->word + w] & classes[w]) != 0)
			return true;
	return false;
}

/*
 * Estimate the work that the two halves of a cut would be: the squares of the numbers of their
 * rules, which prefers equal halves.  Stops counting once the cost reaches "best".
 */
static uint64
cut_cost(const Division *d, const Side *sides, const MsbAxis *axis,
		 const uint64 *within, const uint64 *without, uint64 best)
{
	uint64		cost = 0;

	for (int i = 0; i < d->space->nsides; i++)
	{
		uint64		n = 0;
		uint64		m = 0;

		if (sides[i].decided)
			continue;
		for (int r = 0; r < sides[i].nrules && cost + n * n + m * m < best; r++)
		{
			const uint64 *rule = rule_box(d, i, sides[i].rules[r]);

			n += meets(axis, rule, within);
			m += meets(axis, rule, without);
		}
		cost += n * n + m * m;
	}
	return cost;
}

/*
 * Choose the cut of a box: returns the axis, and in *within the classes of one half.  scratch has
 * room for two halves of an axis.
 */
static const MsbAxis *
choose_cut(const Division *d, const uint64 *box, const Side *sides, uint64 *within, uint64 *scratch)
{
	uint64		best = PG_UINT64_MAX;
	const MsbAxis *chosen = NULL;

	for (int i = 0; i < d->space->nsides; i++)
	{
		int			step = Max(1, sides[i].nrules / RULES_TRIED);
		int			skip = 0;

		for (int r = 0; !sides[i].decided && r < sides[i].nrules; r++)
		{
			const uint64 *rule = rule_box(d, i, sides[i].rules[r]);

			/* the next rule that has an edge in the box, then one a step further */
			if (sides[i].full[r] || skip-- > 0)
				continue;
			skip = step - 1;
			for (int a = 0; a < d->space->naxes; a++)
			{
				const MsbAxis *axis = &d->space->axes[a];
				uint64	   *in = scratch;
				uint64	   *out = scratch + axis->nwords;
				uint64		any = 0;
				uint64		cost;

				for (int w = 0; w < axis->nwords; w++)
				{
					in[w] = box[axis->word + w] & rule[axis->word + w];
					out[w] = box[axis->word + w] & ~rule[axis->word + w];
					any |= out[w];
				}
				if (any == 0)
					continue;
				cost = cut_cost(d, sides, axis, in, out, best);
				if (cost < best)
				{
					best = cost;
					chosen = axis;
					memcpy(within, in, axis->nwords * sizeof(uint64));
				}
			}
		}
	}
	return chosen;
}

/* Divide a box until every part is decided.  The sides have the rules that meet it. */
static void
divide(Division *d, const uint64 *box, Side *sides)
{
	const MsbSpace *space = d->space;
	bool		decided = true;
	const MsbAxis *axis;
	uint64	   *within;
	uint64	   *half;
	Side		next[MSB_MAX_SIDES];

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < space->nsides; i++)
	{
		if (!sides[i].decided)
			decide_side(d, box, i, &sides[i]);
		decided &= sides[i].decided;
	}
	if (decided)
	{
		note_answers(d, box, sides);
		return;
	}

	within = palloc_array(uint64, space->nwords * 4);
	half = within + space->nwords;
	axis = choose_cut(d, box, sides, within, half + space->nwords);
	memcpy(half, box, space->nwords * sizeof(uint64));
	for (int i = 0; i < space->nsides; i++)
		if (!sides[i].decided)
		{
			next[i].rules = palloc_array(int, sides[i].nrules);
			next[i].full = palloc_array(bool, sides[i].nrules);
		}
	for (int side_of_cut = 0; side_of_cut < 2; side_of_cut++)
	{
		uint64	   *part = &half[axis->word];

		for (int w = 0; w < axis->nwords; w++)
			part[w] = side_of_cut == 0 ? within[w] : box[axis->word + w] & ~within[w];
		for (int i = 0; i < space->nsides; i++)
		{
			next[i].decided = sides[i].decided;
			next[i].answer = sides[i].answer;
			next[i].nrules = 0;
			for (int r = 0; !next[i].decided && r < sides[i].nrules; r++)
				if (meets(axis, rule_box(d, i, sides[i].rules[r]), part))
					next[i].rules[next[i].nrules++] = sides[i].rules[r];
		}
		divide(d, half, next);
	}
	for (int i = 0; i < space->nsides; i++)
		if (!sides[i].decided)
		{
			pfree(next[i].rules);
			pfree(next[i].full);
		}
	pfree(within);
}

/* A rule's unit, and the place for its number. */
typedef struct UnitOfRule
{
	const char *unit;
	int		   *number;
} UnitOfRule;

/* Compare by unit; for qsort(). */
static int
compare_units(const void *a, const void *b)
{
	return strcmp(((const UnitOfRule *) a)->unit, ((const UnitOfRule *) b)->unit);
}

/* Number the units that the rules of all sides name, in bytewise order. */
static void
number_units(Division *d)
{
	int			total = 0;
	int			n = 0;
	int			nunits = 0;
	UnitOfRule *all;

	for (int i = 0; i < d->space->nsides; i++)
		total += d->space->sides[i]->nrules;
	all = palloc_array(UnitOfRule, Max(1, total));
	d->proof->units = palloc_array(const char *, Max(1, total));
	for (int i = 0; i < d->space->nsides; i++)
	{
		const MsbStructure *s = d->space->sides[i];

		d->unit[i] = palloc_array(int, Max(1, s->nrules));
		for (int r = 0; r < s->nrules; r++)
			all[n++] = (UnitOfRule) {s->rules[r].unit, &d->unit[i][r]};
	}
	qsort(all, n, sizeof(UnitOfRule), compare_units);
	for (int i = 0; i < n; i++)
	{
		if (i == 0 || strcmp(all[i - 1].unit, all[i].unit) != 0)
			d->proof->units[nunits++] = all[i].unit;
		*all[i].number = nunits - 1;
	}
	pfree(all);
}

/*
 * Prove what the sides of a space answer, in CurrentMemoryContext.  One side gives every gap and
 * every conflict, the rules that decide, and the precedences that are needed.  Two sides give the
 * situations for which the answers differ.  54000 where the findings exceed work_mem.
 */
MsbProof *
msb_prove(const MsbSpace *space)
{
	Division	d = {.space = space};
	Side		sides[MSB_MAX_SIDES] = {0};

	d.proof = palloc0_object(MsbProof);
	number_units(&d);
	if (space->nsides == 1)
	{
		const MsbStructure *s = space->sides[0];

		d.proof->decides = palloc0_array(bool, Max(1, s->nrules));
		d.proof->needed = palloc_extended(mul_size(mul_size(sizeof(uint64), s->nwords), Max(1, s->nrules)),
										  MCXT_ALLOC_ZERO | MCXT_ALLOC_HUGE);
		d.conflict = palloc_array(int, Max(1, s->nrules));
	}
	if (space->empty)
		return d.proof;

	d.pieces = msb_pieces(space);
	for (int i = 0; i < space->nsides; i++)
	{
		sides[i].rules = palloc_array(int, Max(1, space->nrules[i]));
		sides[i].full = palloc_array(bool, Max(1, space->nrules[i]));
		for (int r = 0; r < space->nrules[i]; r++)
			if (!msb_box_is_empty(space, space->rules[i] + (Size) r * space->nwords))
				sides[i].rules[sides[i].nrules++] = r;
	}
	divide(&d, space->whole, sides);

	msb_join_pieces(d.pieces, d.proof);
	return d.proof;
}
