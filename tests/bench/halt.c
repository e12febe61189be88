/* halt - from agent-cancel to the end of all that runs for a task */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

enum { HALT_ROUNDS = 15, HALT_GRACE_MS = 500 };

/* An agent, and how it is ended. */
struct tree {
	const char *store, *role;
	const char *const *cancel; /* agent-cancel's options */
};

static void
cut_newline(char *text)
{
	text[strcspn(text, "\n")] = '\0';
}

/* A task that runs: its id, and the task-run that has it. */
static pid_t
begin(const struct tree *t, char *id, size_t size)
{
	const struct program add = { .argv = { "task-add", "--allow-duplicates", "--ids", "--agent",
					 t->role, "run" },
		.store = t->store };
	char *begun = path_of("halt.begun"), *line = path_of("halt.line");
	const struct program run = { .argv = { "task-run" }, .store = t->store, .in = line };
	FILE *file;
	pid_t pid;

	unlink(begun);
	program_read(&add, id, size);
	cut_newline(id);
	if (!(file = fopen(line, "we")) || fprintf(file, "{\"id\":\"%s\"}\n", id) < 0 ||
	    fclose(file) != 0)
		die(line);
	pid = program_start(&run, -1, -1);
	while (access(begun, F_OK) < 0)
		sleep_ms(1);
	free(begun);
	free(line);
	return pid;
}

/* From the start of agent-cancel to its end, which is when it has seen that nothing is left. */
static double
once_halt(void *arg)
{
	const struct tree *t = arg;
	char id[64];
	pid_t pid = begin(t, id, sizeof id);
	struct program cancel = { .argv = { "agent-cancel", id, t->cancel[0], t->cancel[1] },
		.store = t->store };
	const struct program run = { .argv = { "task-run" } };
	double us = program_run(&cancel).us;

	program_await(&run, pid);
	return us;
}

static void
make_agent(const char *store, const char *role, const char *script)
{
	char *begun = path_of("halt.begun"), *text = NULL;
	struct program agent = { .argv = { "agent-add", role, "--", "bash", "-c" },
		.store = store };

	if (asprintf(&text, "%s; touch '%s'; exec sleep 1000", script, begun) < 0)
		die("memory");
	agent.argv[5] = text;
	program_run(&agent);
	free(text);
	free(begun);
}

void
section_halt(void)
{
	static const char *const none[] = { NULL, NULL }, *const grace[] = { "--grace", "500ms" };
	char *store = path_of("halt");
	struct tree obeys = { store, "obeys", none }, ignores = { store, "ignores", grace };
	struct measured obedient = { .once = once_halt, .arg = &obeys },
			stubborn = { .once = once_halt, .arg = &ignores };

	make_agent(store, "obeys", "sleep 1000 & setsid sleep 1000 & (sleep 1000 &)");
	make_agent(store, "ignores", "trap '' TERM; sleep 1000 & setsid sleep 1000 & :");
	measure((struct measured *const[]){ &obedient, &stubborn }, 2, HALT_ROUNDS);
	table_row((struct row){ obedient.median, 50000, UNIT_US, WANT_AT_MOST, 1, "limit" },
	    "agent-cancel, a tree of five processes that obeys");
	table_row((struct row){ stubborn.median - 1000 * HALT_GRACE_MS, 100000, UNIT_US,
		      WANT_AT_MOST, 1, "limit" },
	    "agent-cancel, one that ignores TERM, beyond its grace of %d ms", HALT_GRACE_MS);
	remove_tree(store);
	free(store);
}
