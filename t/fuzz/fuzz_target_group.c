/*
 * fuzz_target_group.c: libFuzzer on the text of a target group.
 *
 * Besides what the sanitizers see: a text that is refused has a reason, and a place within
 * it; what is written is as long as was said, is read back, and is written the same again;
 * facets and labels are sorted and distinct.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "types/target_group_text.h"

int			LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* What one input takes is given back at its end, as a memory context's is. */
static void *taken[1 << 16];
static int	ntaken;

static void *
take(size_t size)
{
	CHECK(ntaken < (int) (sizeof(taken) / sizeof(taken[0])));
	CHECK(size <= (size_t) 1 << 30);
	return taken[ntaken++] = malloc(size ? size : 1);
}

static void
give_back(void)
{
	while (ntaken > 0)
		free(taken[--ntaken]);
}

static char *
written(const MsbTargetGroup *group, size_t *len)
{
	char	   *text;

	*len = msb_target_group_text_len(group);
	text = take(*len + 1);
	memset(text, 0x7f, *len + 1);
	msb_target_group_write(group, text);
	CHECK(memchr(text, '\0', *len + 1) == text + *len);
	return text;
}

static void
check_sorted(const MsbTargetGroup *group)
{
	CHECK(group->age_kind != MSB_AGE_SPAN ||
		  (0 <= group->age_min && group->age_min <= group->age_max && group->age_max <= MSB_AGE_MAX));
	for (int i = 0; i < group->nfacets; i++)
	{
		const MsbFacetLabels *facet = &group->facets[i];

		CHECK(i == 0 || strcmp(facet[-1].facet, facet->facet) < 0);
		CHECK(facet->nlabels > 0);
		for (int j = 1; j < facet->nlabels; j++)
			CHECK(strcmp(facet->labels[j - 1], facet->labels[j]) < 0);
	}
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char	   *text = malloc(size ? size : 1);
	MsbTargetGroup *group = NULL;
	MsbParseError error = {0};

	CHECK(text != NULL);
	memcpy(text, data, size);
	if (msb_target_group_parse(text, size, take, &group, &error))
	{
		MsbTargetGroup *again = NULL;
		size_t		len;
		size_t		len_again;
		char	   *canonical = written(group, &len);
		char	   *canonical_again;

		check_sorted(group);
		CHECK(msb_target_group_parse(canonical, len, take, &again, &error));
		canonical_again = written(again, &len_again);
		CHECK(len_again == len && memcmp(canonical, canonical_again, len) == 0);
	}
	else
	{
		CHECK(error.why != NULL);
		CHECK(!error.has_position || error.at <= size);
	}
	give_back();
	free(text);
	return 0;
}
