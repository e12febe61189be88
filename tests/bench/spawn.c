/* spawn - how soon an agent in the background has been started */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

enum { SPAWN_ROUNDS = 30 };

/* Until the command returns; then, untimed, until its agent has ended. */
static double
once_spawn(void *arg)
{
	const struct program spawn = { .argv = { "agent-spawn", "--ids", "--model", "m",
					   "think about it for me" },
		.store = arg };
	char id[64];
	const struct program await = { .argv = { "task-wait", id }, .store = arg };
	double begin_us = now_us(), us;

	program_read(&spawn, id, sizeof id);
	us = now_us() - begin_us;
	for (char *p = id; *p; p++)
		*p = *p == '\n' ? '\0' : *p;
	program_run(&await);
	return us;
}

void
section_spawn(void)
{
	char *store = path_of("spawn"), *model = NULL;
	struct measured spawn = { .once = once_spawn, .arg = store }, nothing = { .once = once_f };
	struct measured append = { .once = once_append };

	if (asprintf(&model, "%s/model", bench.helpers) < 0)
		die("memory");
	setenv("LEGWORK_LLM", model, 1);
	setenv("MODEL_TURNS", "1", 1);
	measure((struct measured *const[]){ &spawn, &nothing, &append }, 3, SPAWN_ROUNDS);
	unsetenv("LEGWORK_LLM");
	table_row((struct row){ spawn.median - nothing.median, 10000, UNIT_US, WANT_AT_MOST, 1,
		      "limit" },
	    "agent-spawn, beyond a program that does nothing");
	table_row((struct row){ spawn.median, nothing.median + append.median, UNIT_US, WANT_NOTHING,
		      0, "F + S" },
	    "agent-spawn, until it returns");
	free(model); /* the store goes with all others: what it has heard last may be on its way */
	free(store);
}
