/*
 * target_group_text.c: a target group from text and to text.
 *
 *		subject citizen; age 15-17; task authority|provision
 *
 * This is plain C without a server header.  Nothing here depends on the locale:
 * names are bytes, white space is ASCII, and every byte from 0x80 on is a letter.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "types/target_group_text.h"

typedef struct Parser
{
	const char *text;
	size_t		len;
	size_t		pos;
	char	   *strings;		/* where the next name is written */
	MsbParseError *error;
} Parser;

/* A facet, and the position of its name in the text. */
typedef struct PlacedFacet
{
	MsbFacetLabels facet;
	size_t		at;
} PlacedFacet;

/* Marks a message for the catalogue.  The code that shows it translates it. */
#define MSB_MESSAGE(text) text

static const char age_forms[] = MSB_MESSAGE("An age item is N, N-M, N- or unknown");
static const char any_alone[] = MSB_MESSAGE("The word any must be the only item");

/* Record a fault at a position of the text; false. */
static bool
fail(Parser *p, const char *why, size_t at)
{
	p->error->why = why;
	p->error->has_position = true;
	p->error->at = at;
	return false;
}

/* Record a fault of the text as a whole; false. */
static bool
fail_whole(MsbParseError *error, const char *why)
{
	error->why = why;
	error->has_position = false;
	error->at = 0;
	return false;
}

/* Check for an ASCII digit. */
static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Check for ASCII white space. */
static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Check for a byte that needs no quotes. */
static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
		c == '_' || c == '-' || c == '.' || (unsigned char) c >= 0x80;
}

/* Check for the end of the text. */
static bool
at_end(const Parser *p)
{
	return p->pos >= p->len;
}

/* Check for the end of an item: the end of the text, or a semicolon. */
static bool
at_item_end(const Parser *p)
{
	return at_end(p) || p->text[p->pos] == ';';
}

/* Skip white space. */
static void
skip_space(Parser *p)
{
	while (!at_end(p) && is_space(p->text[p->pos]))
		p->pos++;
}

/*
 * Read a name or label, quoted or not, into the parser's strings.  Fails with the message
 * "missing" where none begins.
 */
static bool
read_name(Parser *p, const char *missing, char **name, bool *quoted)
{
	size_t		start = p->pos;
	char	   *to = p->strings;
	size_t		len;

	*quoted = !at_end(p) && p->text[p->pos] == '"';
	if (*quoted)
	{
		for (p->pos++;; p->pos++)
		{
			if (at_end(p))
				return fail(p, "A quote is not closed", start);
			if (p->text[p->pos] == '\0')
				return fail(p, "The text has a zero byte", p->pos);
			if (p->text[p->pos] == '"')
			{
				p->pos++;
				if (at_end(p) || p->text[p->pos] != '"')
					break;
			}
			*to++ = p->text[p->pos];
		}
		if (to == p->strings)
			return fail(p, "A name or label in quotes is empty", start);
	}
	else
	{
		while (!at_end(p) && is_word(p->text[p->pos]))
			*to++ = p->text[p->pos++];
		if (to == p->strings)
			return fail(p, missing, start);
	}
	len = to - p->strings;
	if (len > MSB_NAME_MAX)
		return fail(p, "A name or label is longer than 255 bytes", start);
	*to++ = '\0';
	*name = p->strings;
	p->strings = to;
	return true;
}

/* Read a number of years.  *read is false where there is no digit, which is no fault yet. */
static bool
read_age(Parser *p, bool *read, int *age)
{
	size_t		start = p->pos;

	*read = false;
	*age = 0;
	while (!at_end(p) && is_digit(p->text[p->pos]))
	{
		*read = true;
		*age = *age * 10 + (p->text[p->pos++] - '0');
		if (*age > MSB_AGE_MAX)
			return fail(p, "An age is above 150", start);
	}
	return true;
}

/* Read the rest of an age item, after the word age. */
static bool
read_age_item(Parser *p, MsbTargetGroup *group)
{
	size_t		start;
	bool		read;

	skip_space(p);
	start = p->pos;
	if (p->len - p->pos >= 7 && memcmp(p->text + p->pos, "unknown", 7) == 0)
	{
		p->pos += 7;
		group->age_kind = MSB_AGE_UNKNOWN;
	}
	else
	{
		group->age_kind = MSB_AGE_SPAN;
		if (!read_age(p, &read, &group->age_min))
			return false;
		if (!read)
			return fail(p, age_forms, start);
		group->age_max = group->age_min;
		skip_space(p);
		if (!at_end(p) && p->text[p->pos] == '-')
		{
			p->pos++;
			skip_space(p);
			if (!read_age(p, &read, &group->age_max))
				return false;
			if (!read)
				group->age_max = MSB_AGE_MAX;
			else if (group->age_max < group->age_min)
				return fail(p, "The first age is above the last", start);
		}
	}
	skip_space(p);
	if (!at_item_end(p))
		return fail(p, age_forms, p->pos);
	return true;
}

/* Compare labels bytewise; for qsort(). */
static int
compare_labels(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Compare facets by name, then by their order in the text; for qsort(). */
static int
compare_placed(const void *a, const void *b)
{
	const PlacedFacet *x = a;
	const PlacedFacet *y = b;
	int			order = strcmp(x->facet.facet, y->facet.facet);

	if (order != 0)
		return order;
	return x->at < y->at ? -1 : x->at > y->at;
}

/*
 * Read the labels of a facet into an array with room enough, sort them, and drop those that
 * are repeated.
 */
static bool
read_labels(Parser *p, char **labels, int *nlabels)
{
	int			n = 0;
	int			kept = 1;
	bool		quoted;

	for (;;)
	{
		skip_space(p);
		if (!read_name(p, "A label is expected", &labels[n], &quoted))
			return false;
		n++;
		skip_space(p);
		if (at_item_end(p))
			break;
		if (p->text[p->pos] != '|')
			return fail(p, "Either | and a label, or ; and an item is expected", p->pos);
		p->pos++;
	}
	qsort(labels, n, sizeof(char *), compare_labels);
	for (int i = 1; i < n; i++)
		if (strcmp(labels[i], labels[kept - 1]) != 0)
			labels[kept++] = labels[i];
	*nlabels = kept;
	return true;
}

/*
 * Read a whole text.  On success *result is a target group in memory from "alloc"; on failure
 * *error has the fault.  The memory is never freed here: the caller gives an allocator whose
 * memory is released as a whole.
 */
bool
msb_target_group_parse(const char *text, size_t len, MsbAlloc alloc,
					   MsbTargetGroup **result, MsbParseError *error)
{
	Parser		p = {.text = text, .len = len, .error = error};
	size_t		max_facets = 1;
	size_t		max_labels = 1;
	MsbTargetGroup *group;
	PlacedFacet *placed;
	char	  **labels;
	bool		age_seen = false;

	if (len > MSB_TARGET_GROUP_TEXT_MAX)
		return fail_whole(error, "The text is longer than 16 MB");
	skip_space(&p);
	if (at_end(&p))
		return fail_whole(error, "The text is empty");

	/* with at most 16 MB of text none of these sizes can overflow */
	for (size_t i = 0; i < len; i++)
	{
		max_facets += text[i] == ';';
		max_labels += text[i] == ';' || text[i] == '|';
	}
	group = alloc(sizeof(MsbTargetGroup));
	placed = alloc(max_facets * sizeof(PlacedFacet));
	labels = alloc(max_labels * sizeof(char *));
	p.strings = alloc(len + max_facets + max_labels);
	if (group == NULL || placed == NULL || labels == NULL || p.strings == NULL)
		return fail_whole(error, "Memory is exhausted");
	memset(group, 0, sizeof(MsbTargetGroup));
	group->age_kind = MSB_AGE_ANY;

	for (;;)
	{
		size_t		start;
		size_t		after;
		char	   *name;
		bool		quoted;

		skip_space(&p);
		start = p.pos;
		if (at_item_end(&p))
			return fail(&p, "An item is empty", start);
		if (!read_name(&p, "A facet name is expected", &name, &quoted))
			return false;
		after = p.pos;
		skip_space(&p);
		if (strcmp(name, "any") == 0 && !quoted)
		{
			if (age_seen || group->nfacets > 0)
				return fail(&p, any_alone, start);
			if (!at_end(&p))
				return fail(&p, any_alone, p.pos);
			break;
		}
		if (!at_item_end(&p) && p.pos == after)
			return fail(&p, "White space is expected after a facet name", p.pos);
		if (strcmp(name, "age") == 0 && !quoted)
		{
			if (age_seen)
				return fail(&p, "The age item is given twice", start);
			age_seen = true;
			if (!read_age_item(&p, group))
				return false;
		}
		else
		{
			PlacedFacet *facet = &placed[group->nfacets];

			if (strcmp(name, "age") == 0 || strcmp(name, "any") == 0)
				return fail(&p, "The words age and any are reserved and cannot name a facet", start);
			if (at_item_end(&p))
				return fail(&p, "A facet has no labels", start);
			facet->facet.facet = name;
			facet->facet.labels = labels;
			facet->at = start;
			if (!read_labels(&p, labels, &facet->facet.nlabels))
				return false;
			labels += facet->facet.nlabels;
			group->nfacets++;
		}
		if (at_end(&p))
			break;
		p.pos++;				/* the semicolon */
	}

	if (group->nfacets > 0)
	{
		qsort(placed, group->nfacets, sizeof(PlacedFacet), compare_placed);
		group->facets = alloc(group->nfacets * sizeof(MsbFacetLabels));
		if (group->facets == NULL)
			return fail_whole(error, "Memory is exhausted");
	}
	for (int i = 0; i < group->nfacets; i++)
	{
		if (i > 0 && strcmp(placed[i].facet.facet, placed[i - 1].facet.facet) == 0)
			return fail(&p, "A facet is named twice", placed[i].at);
		group->facets[i] = placed[i].facet;
	}

	/* the canonical text must be readable again */
	if (msb_target_group_text_len(group) > MSB_TARGET_GROUP_TEXT_MAX)
		return fail_whole(error, "The text is longer than 16 MB");
	*result = group;
	return true;
}

/* Return the bytes of a name as it is written, with its quotes where it needs them. */
static size_t
name_text_len(const char *name)
{
	size_t		len = 0;
	bool		quote = *name == '\0';

	for (; *name; name++)
	{
		len += *name == '"' ? 2 : 1;
		quote |= !is_word(*name);
	}
	return len + (quote ? 2 : 0);
}

/* Write a name without a closing zero byte; returns the position after it. */
static char *
name_write(const char *name, char *text)
{
	bool		quote = *name == '\0';

	for (const char *c = name; *c; c++)
		quote |= !is_word(*c);
	if (quote)
		*text++ = '"';
	for (; *name; name++)
	{
		if (*name == '"')
			*text++ = '"';
		*text++ = *name;
	}
	if (quote)
		*text++ = '"';
	return text;
}

/*
 * Write the age item; returns its bytes.  An upper bound of 150 is always left open, since 150
 * includes everybody older: age 150 is written "age 150-".
 */
static size_t
write_age(const MsbTargetGroup *group, char text[16])
{
	char	   *to = text;
	int			ages[2] = {group->age_min, group->age_max};
	int			nages = group->age_min == group->age_max ? 1 : 2;

	if (group->age_kind == MSB_AGE_ANY)
		return 0;
	if (group->age_kind == MSB_AGE_UNKNOWN)
	{
		memcpy(text, "age unknown", 11);
		return 11;
	}
	memcpy(to, "age ", 4);
	to += 4;
	if (group->age_max >= MSB_AGE_MAX)
		nages = 1;
	for (int i = 0; i < nages; i++)
	{
		if (i > 0)
			*to++ = '-';
		if (ages[i] >= 100)
			*to++ = (char) ('0' + ages[i] / 100 % 10);
		if (ages[i] >= 10)
			*to++ = (char) ('0' + ages[i] / 10 % 10);
		*to++ = (char) ('0' + ages[i] % 10);
	}
	if (group->age_max >= MSB_AGE_MAX)
		*to++ = '-';
	return to - text;
}

/* Return the bytes of the canonical text, without a closing zero byte. */
size_t
msb_target_group_text_len(const MsbTargetGroup *group)
{
	char		age[16];
	size_t		len = write_age(group, age);

	if (len == 0 && group->nfacets == 0)
		return 3;
	for (int i = 0; i < group->nfacets; i++)
	{
		const MsbFacetLabels *facet = &group->facets[i];

		if (len > 0)
			len += 2;			/* "; " */
		len += name_text_len(facet->facet);
		for (int j = 0; j < facet->nlabels; j++)
			len += 1 + name_text_len(facet->labels[j]);
	}
	return len;
}

/*
 * Write the canonical text, closing zero byte included, into a buffer of
 * msb_target_group_text_len() + 1 bytes.
 */
void
msb_target_group_write(const MsbTargetGroup *group, char *text)
{
	char		age[16];
	char	   *to = text;
	size_t		len = write_age(group, age);

	memcpy(to, age, len);
	to += len;
	for (int i = 0; i < group->nfacets; i++)
	{
		const MsbFacetLabels *facet = &group->facets[i];

		if (to > text)
		{
			*to++ = ';';
			*to++ = ' ';
		}
		to = name_write(facet->facet, to);
		for (int j = 0; j < facet->nlabels; j++)
		{
			*to++ = j == 0 ? ' ' : '|';
			to = name_write(facet->labels[j], to);
		}
	}
	if (to == text)
	{
		memcpy(to, "any", 3);
		to += 3;
	}
	*to = '\0';
}
