/* work - claims, and the whole second pipeline */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

enum { CLAIMS = 1000, TASKS = 1000, WORK_ROUNDS = 3, WAKES = 60 };

void
section_claim(void)
{
	char *store = path_of("claim"), count[24], text[64], *end;
	struct program claim = { .argv = { "inside", "claim", count }, .store = store };
	double claim_us, append_us;

	snprintf(count, sizeof count, "%ld", at_most(CLAIMS, bench.max));
	program_read(&claim, text, sizeof text);
	claim_us = strtod(text, &end);
	append_us = strtod(end, NULL);
	table_row((struct row){ claim_us, 2.5 * append_us + 60, UNIT_US, WANT_AT_MOST, 1,
		      "2.5 S + 60 us" },
	    "claim and completion, both durable");
	remove_tree(store);
	free(store);
}

/* --- 1,000 tasks that do nothing */

static long tasks;

static void
check_count(const char *store, const char *status, long want)
{
	struct program count = { .argv = { "task-list", "--status", status, "--count" },
		.store = store };
	char text[64];

	program_read(&count, text, sizeof text);
	if (strtol(text, NULL, 10) != want)
		dief("%ld tasks should be %s, not %ld", want, status, strtol(text, NULL, 10));
}

static long
count_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	long lines = 0;
	int c;

	if (!file)
		die(path);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

/* A store with the tasks, new each time.  It is removed with all others at the end: ext4 without a
 * journal searches long for an inode that was not in use a minute ago. */
static char *
make_work(void)
{
	static int number;
	char *store = path_of("pipeline.%d", number++), *lines = lines_of(tasks);
	const struct program agent = { .argv = { "agent-add", "nobody", "--", "/bin/true" },
		.store = store };
	const struct program add = { .argv = { "task-add" }, .store = store, .in = lines };

	program_run(&agent);
	program_run(&add);
	free(lines);
	return store;
}

static double
once_pipeline(void *arg)
{
	char *store = make_work(), *posted = path_of("posted");
	const struct program stage[] = { { .argv = { "task-watch", "--drain" }, .store = store },
		{ .argv = { "task-plan" }, .store = store },
		{ .argv = { "task-split" }, .store = store },
		{ .argv = { "task-run", "-j2" }, .store = store },
		{ .argv = { "chat-post" }, .store = store } };
	int out = open(posted, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	double us = now_us();
	pid_t pid[5];

	(void)arg;
	if (out < 0)
		die(posted);
	pipeline_start(stage, 5, -1, out, pid);
	for (int i = 0; i < 5; i++)
		program_await(&stage[i], pid[i]);
	us = now_us() - us;
	check_count(store, "completed", tasks);
	if (count_lines(posted) < 3 * tasks)
		dief("%ld events of %ld tasks", count_lines(posted), tasks);
	close(out);
	free(store);
	free(posted);
	return us;
}

/* All are queued, then awaited; two at once. */
static double
once_tsp(void *arg)
{
	static const struct program slots = { .argv = { "tsp", "-S", "2" } },
				    add = { .argv = { "tsp", "-n", "/bin/true" } },
				    end = { .argv = { "tsp", "-K" } };
	double us = now_us();

	(void)arg;
	program_run(&slots);
	for (long i = 0; i < tasks; i++)
		program_run(&add);
	for (long i = tasks > 2 ? tasks - 2 : 0; i < tasks; i++) {
		char id[24];
		const struct program wait = { .argv = { "tsp", "-w", id } };

		snprintf(id, sizeof id, "%ld", i);
		program_run(&wait);
	}
	us = now_us() - us;
	program_run(&end);
	return us;
}

static void
row_of_pipeline(const struct measured *ours, const struct measured *theirs, enum wanted wanted,
    double limit, const char *beside)
{
	if (theirs->median > 0)
		table_row((struct row){ ours->median, theirs->median, UNIT_US, wanted, limit,
			      beside },
		    "%ld tasks that do nothing, -j2, durable", tasks);
	else
		table_missing(beside, "%ld tasks that do nothing, -j2, durable", tasks);
}

static void
write_numbers(const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		die(path);
	for (long i = 0; i < tasks; i++)
		fprintf(file, "%ld\n", i);
	if (fclose(file) != 0)
		die(path);
}

void
section_pipeline(void)
{
	char *numbers = path_of("numbers");
	struct program xargs = { .argv = { "xargs", "-P2", "-n1", "/bin/true" }, .in = numbers };
	struct program parallel = { .argv = { "parallel", "--will-cite", "-j2", "/bin/true" },
		.in = numbers };
	static struct measured ours, in_xargs, in_parallel, in_tsp;
	struct measured *m[4] = { &ours, &in_xargs };
	size_t len = 2;

	tasks = at_most(TASKS, bench.max);
	write_numbers(numbers);
	ours = (struct measured){ .once = once_pipeline };
	in_xargs = (struct measured){ .once = once_program, .arg = &xargs };
	in_parallel = (struct measured){ .once = once_program, .arg = &parallel };
	in_tsp = (struct measured){ .once = once_tsp };
	if (has_program("parallel"))
		m[len++] = &in_parallel;
	if (has_program("tsp"))
		m[len++] = &in_tsp;
	measure_long(m, len, WORK_ROUNDS);
	row_of_pipeline(&ours, &in_xargs, WANT_AT_MOST, 2, "xargs -P2");
	row_of_pipeline(&ours, &in_parallel, WANT_FASTER, 1, "parallel -j2");
	row_of_pipeline(&ours, &in_tsp, WANT_FASTER, 1, "tsp -S2");
	remove_tree(numbers);
	free(numbers);
}

/* --- the doorbell */

/* The median of what it takes from a commit until a line comes out of the stages. */
static double
wake(const char *store, const struct program *stage, size_t len)
{
	char count[24], text[64] = "";
	const struct program inside = { .argv = { "inside", "wake", count }, .store = store };
	int news[2], answer[2];
	pid_t pid[4], helper;
	ssize_t got;

	snprintf(count, sizeof count, "%d", WAKES);
	if (pipe2(news, O_CLOEXEC) < 0 || pipe2(answer, O_CLOEXEC) < 0)
		die("pipe");
	pipeline_start(stage, len, -1, news[1], pid);
	helper = program_start(&inside, news[0], answer[1]);
	close(news[1]);
	close(answer[1]);
	got = read(answer[0], text, sizeof text - 1);
	if (got <= 0)
		dief("inside wake: no answer");
	close(answer[0]);
	program_await(&inside, helper);
	for (size_t i = 0; i < len; i++)
		program_stop(pid[i]);
	close(news[0]);
	return strtod(text, NULL);
}

void
section_wake(void)
{
	char *store = path_of("wake");
	const struct program stage[] = { { .argv = { "task-watch" }, .store = store },
		{ .argv = { "task-plan" }, .store = store },
		{ .argv = { "task-split" }, .store = store } };

	table_row((struct row){ wake(store, stage, 1), 2000, UNIT_US, WANT_AT_MOST, 1, "limit" },
	    "from a commit to a line of an idle task-watch");
	table_row((struct row){ wake(store, stage, 3), 2000, UNIT_US, WANT_AT_MOST, 1, "limit" },
	    "... of the same, through task-plan and task-split");
	remove_tree(store);
	free(store);
}
