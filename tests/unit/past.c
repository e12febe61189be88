#include "past.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

static const char *
id_of(unsigned i, char id[ID_TEXT])
{
	snprintf(id, ID_TEXT, "%08x-1111-4111-8111-111111111111", i);
	return id;
}

int
main(void)
{
	enum { MANY = 2000 };
	struct pasts all = { .len = 0 };
	struct past *first;
	char id[ID_TEXT];
	bool is_right = true;

	ok(!pasts_find(&all, id_of(7, id)), "there is none");
	first = pasts_have(&all, id_of(7, id));
	ok(first->since == 0 && !first->is_hidden && !strcmp(first->chat_id, id), "one is made");
	first->since = 3;
	for (unsigned i = MANY; i > 0; i--)
		pasts_have(&all, id_of(i, id))->last = i;
	ok(pasts_find(&all, id_of(7, id)) == first && first->since == 3,
	    "it stays where it is, and as it is");
	ok(all.len == MANY, "each chat has one");
	for (unsigned i = 1; i <= MANY; i++)
		is_right = is_right && pasts_find(&all, id_of(i, id))->last == i;
	ok(is_right, "each is found");
	ok(all.past[0] == first && all.past[1]->last == MANY && all.past[MANY - 1]->last == 1,
	    "they stand in the order in which they were made");
	ok(!pasts_find(&all, id_of(MANY + 1, id)), "another is not found");
	pasts_release(&all);
	ok(all.len == 0 && !pasts_find(&all, id_of(7, id)), "released, there are none");
	return done_testing();
}
