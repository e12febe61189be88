/* think - what the agent loop adds to a model's turns */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

enum { TURNS = 49, THINK_ROUNDS = 5 };

static long peak_kb;

/* A task that takes the model so many turns. */
static double
think(const char *store, const char *turns)
{
	const struct program add = { .argv = { "task-add", "--allow-duplicates", "--ids", "think" },
		.store = store };
	char id[64];
	const struct program run = { .argv = { "agent-run", id }, .store = store };
	struct ended ended;

	program_read(&add, id, sizeof id);
	for (char *p = id; *p; p++)
		*p = *p == '\n' ? '\0' : *p;
	setenv("MODEL_TURNS", turns, 1);
	ended = program_run(&run);
	peak_kb = ended.rss_kb > peak_kb ? ended.rss_kb : peak_kb;
	return ended.us;
}

static double
once_one(void *arg)
{
	return think(arg, "1");
}

static double
once_many(void *arg)
{
	return think(arg, "49");
}

void
section_think(void)
{
	char *store = path_of("think"), *model = NULL;
	const struct program agent = { .argv = { "agent-add", "thinker", "--model", "m" },
		.store = store };
	struct measured one = { .once = once_one, .arg = store },
			many = { .once = once_many, .arg = store };

	if (asprintf(&model, "%s/model", bench.helpers) < 0)
		die("memory");
	setenv("LEGWORK_LLM", model, 1);
	program_run(&agent);
	measure((struct measured *const[]){ &one, &many }, 2, THINK_ROUNDS);
	unsetenv("LEGWORK_LLM");
	table_row((struct row){ (many.median - one.median) / (TURNS - 1), 10000, UNIT_US,
		      WANT_AT_MOST, 1, "limit" },
	    "agent-run, for each turn of a model");
	table_row((struct row){ (double)peak_kb, 8 << 10, UNIT_KB, WANT_AT_MOST, 1, "limit" },
	    "agent-run of %d turns, peak memory", TURNS);
	remove_tree(store);
	free(model);
	free(store);
}
