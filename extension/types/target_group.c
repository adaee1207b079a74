/*
 * target_group.c: the stored form of a target group, and its set algebra.
 *
 * After the varlena header the stored form has:
 *
 *		version		1 byte, 1
 *		age kind	1 byte, MsbAgeKind
 *		age_min		1 byte, 0 unless a span
 *		age_max		1 byte, 0 unless a span
 *		per facet:	name, labels, each a length byte (1 to 255) and its bytes,
 *					then one zero byte
 *
 * Facets and labels are sorted bytewise and distinct.  So equal values are equal
 * byte by byte, and = and the hash functions work on the bytes.  Hash partitions
 * and hash indexes keep the hash; it leaves out the version.
 *
 * The btree order is total and depends on no locale.  The age item is compared
 * first (none, then spans by lower and upper bound, then unknown), then the
 * facets one by one, each by its name and then by its labels, bytewise.  A value
 * that is the beginning of another precedes it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"

#include "base/compat.h"
#include "base/msb_org.h"
#include "types/target_group_text.h"
#include "types/target_group.h"

#define STORED_VERSION 1
#define STORED_HEAD 4			/* version and age */

/* A position within a stored value. */
typedef struct Reader
{
	const uint8 *at;
	const uint8 *end;
} Reader;

/*
 * Throw for a stored value that msb_target_group_encode() did not write: XX001.  It needs no
 * pg_noreturn: it is inlined, and the compiler sees the ereport(ERROR).
 */
static void
corrupted(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("stored target_group is corrupted")));
}

/* Refuse a stored form that this code does not know. */
void
msb_target_group_check_head(const uint8 *data, Size len)
{
	if (len < STORED_HEAD)
		corrupted();
	if (data[0] != STORED_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("unknown version %d of a stored target_group", data[0])));
}

/*
 * Read the next length byte and string; a length of 0 ends a facet.  Returns false at the end
 * of the value.
 */
static inline bool
read_string(Reader *r, const uint8 **string, int *len)
{
	if (r->at >= r->end)
		return false;
	*len = *r->at++;
	*string = r->at;
	if (*len > r->end - r->at)
		corrupted();
	r->at += *len;
	return true;
}

/*
 * Return the in-memory form of a stored value, palloc'd in CurrentMemoryContext; it does not
 * point into the datum.  XX001 for a value that msb_target_group_encode() did not write.
 */
MsbTargetGroup *
msb_target_group_decode(Datum value)
{
	struct varlena *stored = PG_DETOAST_DATUM_PACKED(value);
	const uint8 *data = (const uint8 *) VARDATA_ANY(stored);
	Size		size = VARSIZE_ANY_EXHDR(stored);
	MsbTargetGroup *group;
	Reader		r;
	const uint8 *string;
	int			len;
	Size		bytes = 0;
	int			nfacets = 0;
	int			nlabels = 0;
	bool		inside = false;
	char	   *strings;
	char	  **labels;
	MsbFacetLabels *facet = NULL;

	msb_target_group_check_head(data, size);

	/* count, so that each array is allocated once */
	r.at = data + STORED_HEAD;
	r.end = data + size;
	while (read_string(&r, &string, &len))
	{
		if (len == 0)
		{
			if (!inside)
				corrupted();
			inside = false;
			continue;
		}
		bytes += len + 1;
		if (inside)
			nlabels++;
		else
			nfacets++;
		inside = true;
	}
	if (inside)
		corrupted();

	group = palloc(sizeof(MsbTargetGroup));
	group->age_kind = (MsbAgeKind) data[1];
	group->age_min = data[2];
	group->age_max = data[3];
	group->nfacets = nfacets;
	if (data[1] > MSB_AGE_UNKNOWN ||
		group->age_min > group->age_max || group->age_max > MSB_AGE_MAX ||
		(group->age_kind != MSB_AGE_SPAN && group->age_max != 0))
		corrupted();
	group->facets = palloc(sizeof(MsbFacetLabels) * Max(nfacets, 1));
	labels = palloc(sizeof(char *) * Max(nlabels, 1));
	strings = palloc(Max(bytes, 1));

	r.at = data + STORED_HEAD;
	nfacets = 0;
	while (read_string(&r, &string, &len))
	{
		if (len == 0)
		{
			if (facet->nlabels == 0)
				corrupted();
			facet = NULL;
			continue;
		}
		memcpy(strings, string, len);
		strings[len] = '\0';
		if (memchr(strings, 0, len) != NULL)
			corrupted();
		if (facet == NULL)
		{
			facet = &group->facets[nfacets++];
			facet->facet = strings;
			facet->labels = labels;
			facet->nlabels = 0;
			if (nfacets > 1 && strcmp(facet[-1].facet, strings) >= 0)
				corrupted();
		}
		else
		{
			if (facet->nlabels > 0 && strcmp(labels[-1], strings) >= 0)
				corrupted();
			*labels++ = strings;
			facet->nlabels++;
		}
		strings += len + 1;
	}
	if ((Pointer) stored != DatumGetPointer(value))
		pfree(stored);
	return group;
}

/*
 * Return the bytes of a name or label that is to be stored.  A document that somebody wrote into
 * enactment by hand can hold one that is too long: 42622.
 */
static Size
stored_name_len(const char *name)
{
	Size		len = strlen(name);

	if (len > MSB_NAME_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("a facet or label of %zu bytes is too long for a target group", len),
				 errdetail("A facet or label may have %d bytes.", MSB_NAME_MAX)));
	if (len == 0)
		elog(ERROR, "empty name in a target_group");
	return len;
}

/* Write a length byte and the name; returns the position after them. */
static uint8 *
store_name(uint8 *to, const char *name)
{
	Size		len = strlen(name);

	*to++ = (uint8) len;
	memcpy(to, name, len);
	return to + len;
}

/*
 * Return the stored form of a target group, palloc'd.  Facets and labels must be sorted and
 * distinct, as MsbTargetGroup promises.  54000 where its text would be too long to read back.
 */
Datum
msb_target_group_encode(const MsbTargetGroup *group)
{
	Size		size = VARHDRSZ + STORED_HEAD;
	struct varlena *stored;
	uint8	   *to;

	for (int i = 0; i < group->nfacets; i++)
	{
		const MsbFacetLabels *facet = &group->facets[i];

		Assert(facet->nlabels > 0);
		Assert(i == 0 || strcmp(facet[-1].facet, facet->facet) < 0);
		size += stored_name_len(facet->facet) + 2;
		for (int j = 0; j < facet->nlabels; j++)
		{
			Assert(j == 0 || strcmp(facet->labels[j - 1], facet->labels[j]) < 0);
			size += stored_name_len(facet->labels[j]) + 1;
		}
	}

	/* the text is at most four times as long, so few values have to be measured */
	if (size > MSB_TARGET_GROUP_TEXT_MAX / 4 &&
		msb_target_group_text_len(group) > MSB_TARGET_GROUP_TEXT_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("target_group is too long"),
				 errdetail("Its text would be longer than 16 MB.")));

	stored = palloc(size);
	SET_VARSIZE(stored, size);
	to = (uint8 *) VARDATA(stored);
	*to++ = STORED_VERSION;
	*to++ = (uint8) group->age_kind;
	*to++ = group->age_kind == MSB_AGE_SPAN ? (uint8) group->age_min : 0;
	*to++ = group->age_kind == MSB_AGE_SPAN ? (uint8) group->age_max : 0;
	for (int i = 0; i < group->nfacets; i++)
	{
		const MsbFacetLabels *facet = &group->facets[i];

		to = store_name(to, facet->facet);
		for (int j = 0; j < facet->nlabels; j++)
			to = store_name(to, facet->labels[j]);
		*to++ = 0;
	}
	Assert(to == (uint8 *) stored + size);
	return PointerGetDatum(stored);
}

/* Return the canonical text, palloc'd. */
char *
msb_target_group_print(const MsbTargetGroup *group)
{
	char	   *text = palloc(msb_target_group_text_len(group) + 1);

	msb_target_group_write(group, text);
	return text;
}

/* Return the labels that a group takes of a facet; NULL where it does not name the facet. */
const MsbFacetLabels *
msb_target_group_facet(const MsbTargetGroup *group, const char *facet)
{
	int			low = 0;
	int			high = group->nfacets;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		int			order = strcmp(group->facets[middle].facet, facet);

		if (order == 0)
			return &group->facets[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Check whether every age of b, unknown included, is one of a. */
static bool
age_covers(const MsbTargetGroup *a, const MsbTargetGroup *b)
{
	if (a->age_kind == MSB_AGE_ANY)
		return true;
	if (a->age_kind != b->age_kind)
		return false;
	return a->age_kind == MSB_AGE_UNKNOWN ||
		(a->age_min <= b->age_min && b->age_max <= a->age_max);
}

/* Check whether a and b share an age, or unknown. */
static bool
age_meets(const MsbTargetGroup *a, const MsbTargetGroup *b)
{
	if (a->age_kind == MSB_AGE_ANY || b->age_kind == MSB_AGE_ANY)
		return true;
	if (a->age_kind != b->age_kind)
		return false;
	return a->age_kind == MSB_AGE_UNKNOWN ||
		(a->age_min <= b->age_max && b->age_min <= a->age_max);
}

/*
 * Put the labels that both facets take into "common" (NULL: only count them).  Returns their
 * number; with first_only stops at the first.
 */
static int
common_labels(const MsbFacetLabels *a, const MsbFacetLabels *b,
			  char **common, bool first_only)
{
	int			n = 0;

	for (int i = 0, j = 0; i < a->nlabels && j < b->nlabels;)
	{
		int			order = strcmp(a->labels[i], b->labels[j]);

		if (order == 0)
		{
			if (common)
				common[n] = a->labels[i];
			n++;
			if (first_only)
				break;
		}
		i += order <= 0;
		j += order >= 0;
	}
	return n;
}

/*
 * a @> b: check whether every situation of b is one of a.  The vocabulary is open: of a facet
 * that it does not name b takes labels that are in no list of a.
 */
bool
msb_target_group_covers(const MsbTargetGroup *a, const MsbTargetGroup *b)
{
	if (!age_covers(a, b))
		return false;
	for (int i = 0; i < a->nfacets; i++)
	{
		const MsbFacetLabels *mine = &a->facets[i];
		const MsbFacetLabels *other = msb_target_group_facet(b, mine->facet);

		if (other == NULL || other->nlabels > mine->nlabels ||
			common_labels(mine, other, NULL, false) != other->nlabels)
			return false;
	}
	return true;
}

/* a && b: check whether a situation is in both. */
bool
msb_target_group_meets(const MsbTargetGroup *a, const MsbTargetGroup *b)
{
	if (!age_meets(a, b))
		return false;
	for (int i = 0, j = 0; i < a->nfacets && j < b->nfacets;)
	{
		int			order = strcmp(a->facets[i].facet, b->facets[j].facet);

		if (order == 0 &&
			common_labels(&a->facets[i], &b->facets[j], NULL, true) == 0)
			return false;
		i += order <= 0;
		j += order >= 0;
	}
	return true;
}

/*
 * a * b: return the situations that are in both, palloc'd, NULL where there are none.  The names
 * in it point to those of a and b.
 */
MsbTargetGroup *
msb_target_group_common(const MsbTargetGroup *a, const MsbTargetGroup *b)
{
	MsbTargetGroup *common;
	MsbFacetLabels *to;

	if (!age_meets(a, b))
		return NULL;
	common = palloc0(sizeof(MsbTargetGroup));
	common->age_kind = a->age_kind == MSB_AGE_ANY ? b->age_kind : a->age_kind;
	if (common->age_kind == MSB_AGE_SPAN)
	{
		common->age_min = a->age_kind == MSB_AGE_SPAN ? a->age_min : 0;
		common->age_max = a->age_kind == MSB_AGE_SPAN ? a->age_max : MSB_AGE_MAX;
		if (b->age_kind == MSB_AGE_SPAN)
		{
			common->age_min = Max(common->age_min, b->age_min);
			common->age_max = Min(common->age_max, b->age_max);
		}
	}
	to = palloc(sizeof(MsbFacetLabels) * Max((Size) a->nfacets + b->nfacets, 1));
	common->facets = to;
	for (int i = 0, j = 0; i < a->nfacets || j < b->nfacets; to++)
	{
		int			order = i >= a->nfacets ? 1 : j >= b->nfacets ? -1 :
			strcmp(a->facets[i].facet, b->facets[j].facet);

		if (order == 0)
		{
			to->facet = a->facets[i].facet;
			to->labels = palloc(sizeof(char *) *
								Min(a->facets[i].nlabels, b->facets[j].nlabels));
			to->nlabels = common_labels(&a->facets[i], &b->facets[j], to->labels, false);
			if (to->nlabels == 0)
				return NULL;
		}
		else
			*to = order < 0 ? a->facets[i] : b->facets[j];
		i += order <= 0;
		j += order >= 0;
	}
	common->nfacets = to - common->facets;
	return common;
}

/*
 * Compare by the btree order, on the stored form and without palloc.  As long as all strings so
 * far are equal, both readers are at the same kind of string.  So one walk compares facets and
 * labels alike.  The string that ends a facet is empty, and precedes every label.
 */
int
msb_target_group_compare(const struct varlena *a, const struct varlena *b)
{
	const uint8 *x = (const uint8 *) VARDATA_ANY(a);
	const uint8 *y = (const uint8 *) VARDATA_ANY(b);
	Reader		rx = {x + STORED_HEAD, x + VARSIZE_ANY_EXHDR(a)};
	Reader		ry = {y + STORED_HEAD, y + VARSIZE_ANY_EXHDR(b)};
	int			order;

	msb_target_group_check_head(x, VARSIZE_ANY_EXHDR(a));
	msb_target_group_check_head(y, VARSIZE_ANY_EXHDR(b));
	order = memcmp(x + 1, y + 1, STORED_HEAD - 1);
	while (order == 0)
	{
		const uint8 *sx,
				   *sy;
		int			lx,
					ly;
		bool		more_x = read_string(&rx, &sx, &lx);
		bool		more_y = read_string(&ry, &sy, &ly);

		if (!more_x || !more_y)
			return (int) more_x - (int) more_y;
		order = memcmp(sx, sy, Min(lx, ly));
		if (order == 0)
			order = lx - ly;
	}
	return order;
}
