/*
 * inside - what is measured within a process, with the library
 *
 * usage: inside lines COUNT          print the specs of COUNT tasks
 *        inside fill COUNT           add COUNT tasks to the store, a transaction each, not synced
 *        inside add PROCESSES COUNT  each adds COUNT tasks durably; print how many a second
 *        inside claim COUNT          claim a task and complete it, both durably, COUNT times;
 *                                    print the medians of that, and of a durable append
 *        inside wake COUNT           add a task and await a line on stdin, COUNT times; print
 *                                    the median
 *
 * Times are microseconds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "chat.h"
#include "clock.h"
#include "err.h"
#include "lease.h"
#include "life.h"
#include "lines.h"
#include "proc.h"
#include "spec.h"
#include "task.h"

enum { COUNT_MAX = 10000, PROCESSES_MAX = 64, IDLE_MS = 20 };

static double claim_us[COUNT_MAX], append_us[COUNT_MAX];

static uint64_t random_state = 20261120;

static unsigned
next_random(unsigned below)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return (unsigned)(random_state >> 33) % below;
}

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median_of(double *figure, size_t len)
{
	qsort(figure, len, sizeof *figure, compare);
	return figure[len / 2];
}

/* Some two hundred bytes of words; number makes it differ from all others. */
static jv
spec(long number, const char *chat_id)
{
	static const char *const words[] = { "look", "at", "the", "disk", "of", "server", "report",
		"costs", "per", "region", "and", "compare", "with", "last", "month", "unused" };
	static const char *const priorities[] = { "high", "medium", "medium", "low" };
	struct buf text = { 0 };
	jv object = jv_object();

	buf_printf(&text, "Item %ld:", number);
	for (int i = 0; i < 24; i++)
		buf_printf(&text, " %s", words[next_random(16)]);
	object = json_set_string(object, "instruction", text.p);
	object = json_set_string(object, "priority", priorities[next_random(4)]);
	object = json_set(object, "metadata",
	    json_set_string(jv_object(), "region", number % 2 ? "north" : "south"));
	buf_release(&text);
	return chat_id ? json_set_string(object, "chat_id", chat_id) : object;
}

static void
print_lines(long count)
{
	struct out out = { .fd = STDOUT_FILENO };

	for (long i = 0; i < count; i++) {
		out_json(&out, spec(i, NULL));
		if (i % 256 == 255 && out_flush(&out) < 0)
			err_exit();
	}
	if (out_flush(&out) < 0)
		err_exit();
	buf_release(&out.buf);
}

static struct store *
open_store(void)
{
	struct store *s = store_open();

	if (!s)
		err_exit();
	return s;
}

static struct tx *
begin(struct store *s)
{
	struct tx *tx = store_begin(s);

	if (!tx)
		err_exit();
	return tx;
}

static void
commit(struct tx *tx, enum store_sync sync)
{
	if (store_commit(tx, sync) != STORE_OK)
		err_exit();
}

/* Adds a task; its id goes to id. */
static void
add(struct store *s, jv what, enum store_sync sync, char id[ID_TEXT])
{
	struct tx *tx = begin(s);
	jv task;

	if (spec_add(tx, what, true, &task) < 0)
		err_exit();
	memset(id, 0, ID_TEXT);
	memcpy(id, json_peek_string(task, "id"), ID_TEXT - 1);
	jv_free(task);
	commit(tx, sync);
}

static void
fill(long count)
{
	struct store *s = open_store();
	char id[ID_TEXT];

	for (long i = 0; i < count; i++)
		add(s, spec(i, NULL), STORE_RELAXED, id);
	store_close(s);
}

/* Waits until the pipe is closed, then adds. */
static _Noreturn void
add_when_told(int process, long count, const int gate[2])
{
	struct store *s = open_store();
	char id[ID_TEXT];

	close(gate[1]);
	if (read(gate[0], id, 1) != 0)
		_exit(EX_IOERR);
	for (long i = 0; i < count; i++)
		add(s, spec(process * 1000000L + i, NULL), STORE_DURABLE, id);
	store_close(s);
	_exit(0);
}

static void
add_at_once(int processes, long count)
{
	pid_t pid[PROCESSES_MAX];
	int gate[2], status;
	double start;

	store_close(open_store());
	if (processes > PROCESSES_MAX || pipe2(gate, O_CLOEXEC) < 0)
		exit(EX_OSERR);
	for (int i = 0; i < processes; i++) {
		pid[i] = fork();
		if (pid[i] < 0)
			exit(EX_OSERR);
		if (pid[i] == 0)
			add_when_told(i, count, gate);
	}
	poll(NULL, 0, 100); /* all are there by now */
	start = now_us();
	close(gate[1]);
	for (int i = 0; i < processes; i++)
		if (waitpid(pid[i], &status, 0) < 0 || status != 0)
			exit(EX_OSERR);
	printf("%.1f\n", (double)(processes * count) / (now_us() - start) * 1e6);
	close(gate[0]);
}

static void
add_agent(struct store *s)
{
	struct tx *tx = begin(s);
	jv agent = json_set_string(jv_object(), "role", "nobody");

	agent = json_set_string(agent, "description", "");
	agent = json_set(agent, "skills", jv_array());
	agent = json_set_string(agent, "kind", "exec");
	agent = json_set(agent, "command", jv_array_append(jv_array(), jv_string("/bin/true")));
	agent = json_set_string(agent, "input", "text");
	agent = json_set_string(agent, "status", "active");
	jv_free(agent_put(tx, agent));
	commit(tx, STORE_DURABLE);
}

static void
add_chat(struct store *s, char id[ID_TEXT])
{
	struct tx *tx = begin(s);
	jv chat = chat_add(tx, "bench", "bench", jv_array());

	memset(id, 0, ID_TEXT);
	memcpy(id, json_peek_string(chat, "id"), ID_TEXT - 1);
	jv_free(chat);
	commit(tx, STORE_DURABLE);
}

static void
claim_and_complete(struct store *s, const char *id, const char *lease, enum store_sync sync)
{
	struct tx *tx = begin(s);
	jv task;

	if (life_claim(tx, id, (struct life_claim){ lease, lease, jv_invalid(), 0 }, &task) !=
	    LIFE_DONE)
		exit(EX_SOFTWARE);
	jv_free(task);
	commit(tx, sync);
	tx = begin(s);
	life_complete(tx, task_get(tx, id), jv_string("done"));
	commit(tx, sync);
}

static double
append(int fd)
{
	static const char bytes[600];
	double start = now_us();

	if (write(fd, bytes, sizeof bytes) != sizeof bytes || fdatasync(fd) < 0)
		exit(EX_IOERR);
	return now_us() - start;
}

static void
claim(long count)
{
	struct store *s = open_store();
	char chat_id[ID_TEXT], (*id)[ID_TEXT] = xmalloc((size_t)count * sizeof *id);
	int fd = openat(store_fd(s), "append", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct proc_lease lease;

	if (fd < 0 || proc_lease_take(&lease, store_run_fd(s)) < 0)
		exit(EX_CANTCREAT);
	add_agent(s);
	add_chat(s, chat_id);
	for (long i = 0; i < count; i++)
		add(s, spec(i, chat_id), STORE_RELAXED, id[i]);
	for (long i = 0; i < count; i++) {
		double start = now_us();

		claim_and_complete(s, id[i], lease.id, STORE_DURABLE);
		claim_us[i] = now_us() - start;
		append_us[i] = append(fd);
	}
	printf("%.1f %.1f\n", median_of(claim_us, (size_t)count),
	    median_of(append_us, (size_t)count));
	proc_lease_drop(&lease, store_run_fd(s));
	unlinkat(store_fd(s), "append", 0);
	close(fd);
	free(id);
	store_close(s);
}

/* The moment a line comes. */
static double
await_line(struct lines *in)
{
	const char *text;
	size_t len;

	if (lines_next(in, &text, &len) != LINES_OK)
		exit(EX_IOERR);
	return now_us();
}

static void
wake(long count)
{
	struct store *s = open_store();
	struct proc_lease lease;
	char chat_id[ID_TEXT], id[ID_TEXT];
	struct lines in;

	lines_init(&in, STDIN_FILENO, -1, "stdin");
	if (proc_lease_take(&lease, store_run_fd(s)) < 0)
		err_exit();
	add_agent(s);
	add_chat(s, chat_id);
	for (long i = -1; i < count; i++) { /* the first may find them still starting */
		double start;

		poll(NULL, 0, i < 0 ? 300 : IDLE_MS);
		start = now_us();
		add(s, spec(i, chat_id), STORE_RELAXED, id);
		claim_us[i < 0 ? 0 : i] = await_line(&in) - start;
		claim_and_complete(s, id, lease.id, STORE_RELAXED);
	}
	printf("%.1f\n", median_of(claim_us, (size_t)count));
	proc_lease_drop(&lease, store_run_fd(s));
	lines_release(&in);
	store_close(s);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	long count = argc > 2 ? strtol(argv[argc - 1], NULL, 10) : 0;

	if (count <= 0)
		return EX_USAGE;
	if (!strcmp(what, "lines"))
		print_lines(count);
	else if (!strcmp(what, "fill"))
		fill(count);
	else if (!strcmp(what, "add"))
		add_at_once((int)strtol(argv[2], NULL, 10), count);
	else if (!strcmp(what, "claim") && count <= COUNT_MAX)
		claim(count);
	else if (!strcmp(what, "wake") && count <= COUNT_MAX)
		wake(count);
	else
		return EX_USAGE;
	return 0;
}
