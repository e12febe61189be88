/* add - adding tasks: one by one, in bulk, by many at once */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { ADD_ROUNDS = 200, SLOW_ROUNDS = 5, BULK_LINES = 100000, BULK_ROUNDS = 3 };
enum { PROCESSES = 8, MANY_ADDS = 200, SINGLE_ADDS = 500, MANY_ROUNDS = 3 };

#define TEXT "Look at item 7 of the list, and say what is wrong with it"

/* --- one by one */

/* `task add` in an empty store. */
static double
once_taskwarrior(void *arg)
{
	static const struct program add = { .argv = { "task", "add", TEXT } };

	remove_tree(arg);
	taskwarrior_make(arg, 0);
	return program_run(&add).us;
}

static double
once_taskwarrior_full(void *arg)
{
	static const struct program add = { .argv = { "task", "add", TEXT } };

	(void)arg;
	return program_run(&add).us;
}

/* One that others measure beside us, without a target. */
static void
row_of_peer(const char *peer, const char *how, const struct measured *ours,
    const struct measured *theirs)
{
	char beside[64];

	if (!theirs->median) {
		table_missing(peer, "task-add, durable");
		return;
	}
	snprintf(beside, sizeof beside, "%s%s", peer, how);
	table_row((struct row){ ours->median, theirs->median, UNIT_US, WANT_NOTHING, 0, beside },
	    "task-add, durable");
}

/* F, S, ours at each size; then others, in turns. */
struct one_by_one {
	struct program ours[SIZES_MAX], sqlite, nq, tsp;
	struct measured f, s, at[SIZES_MAX], task, in_sqlite, in_nq, in_tsp;
};

static void
prepare_sqlite(const char *database)
{
	const struct program make = { .argv = { "sqlite3", database,
					  "PRAGMA journal_mode=WAL; CREATE TABLE task"
					  "(n INTEGER PRIMARY KEY, id TEXT UNIQUE, value TEXT)" } };

	program_run(&make);
}

static void
measure_ones(struct one_by_one *o, size_t sizes)
{
	struct measured *list[SIZES_MAX + 6] = { &o->f, &o->s };
	size_t len = 2;

	for (size_t i = 0; i < sizes; i++)
		list[len++] = &o->at[i];
	if (has_program("task"))
		list[len++] = &o->task;
	if (has_program("sqlite3"))
		list[len++] = &o->in_sqlite;
	if (has_program("nq"))
		list[len++] = &o->in_nq;
	if (has_program("tsp"))
		list[len++] = &o->in_tsp;
	measure(list, len, ADD_ROUNDS);
}

static void
rows_of_ones(struct one_by_one *o, const long *size, size_t sizes)
{
	double low = o->at[0].median, high = low, fs = o->f.median + o->s.median;

	for (size_t i = 0; i < sizes; i++) {
		double us = o->at[i].median;

		table_row((struct row){ us, fs, UNIT_US, WANT_AT_MOST, 1.25, "F + S" },
		    "task-add, durable, at %ld tasks", size[i]);
		low = us < low ? us : low;
		high = us > high ? us : high;
	}
	if (sizes > 1)
		table_row((struct row){ high, low, UNIT_US, WANT_AT_MOST, 1.1, "its fastest size" },
		    "task-add, durable, at its slowest size");
	if (o->task.median)
		table_row((struct row){ o->at[0].median, o->task.median, UNIT_US, WANT_FASTER, 4,
			      "task add, empty" },
		    "task-add, durable");
	else
		table_missing("taskwarrior", "task-add, durable");
	row_of_peer("sqlite3", " INSERT, durable", &o->at[0], &o->in_sqlite);
	row_of_peer("nq", ", not durable", &o->at[0], &o->in_nq);
	row_of_peer("tsp", ", not durable", &o->at[0], &o->in_tsp);
}

/* What was queued has to be over before the folder goes. */
static void
end_queues(const struct one_by_one *o)
{
	static const struct program nq_wait = { .argv = { "nq", "-w" } },
				    tsp_end = { .argv = { "tsp", "-K" } };

	if (o->in_nq.median)
		program_run(&nq_wait);
	if (o->in_tsp.median)
		program_run(&tsp_end);
}

static void
add_one_by_one(const long *size, size_t sizes)
{
	char *database = path_of("one.sqlite"), *taskwarrior = path_of("taskwarrior");
	char insert[1024];
	static struct one_by_one o;

	snprintf(insert, sizeof insert,
	    "PRAGMA synchronous=FULL; INSERT INTO task (id, value) "
	    "VALUES (hex(randomblob(16)), '%0600d')",
	    0);
	o.sqlite = (struct program){ .argv = { "sqlite3", database, insert } };
	o.nq = (struct program){ .argv = { "nq", "true" } };
	o.tsp = (struct program){ .argv = { "tsp", "-n", "true" } };
	o.f.once = once_f;
	o.s.once = once_append;
	for (size_t i = 0; i < sizes; i++) {
		o.ours[i] = (struct program){ .argv = { "task-add", "--allow-duplicates", TEXT },
			.store = store_of(size[i]) };
		o.at[i] = (struct measured){ .once = once_program, .arg = &o.ours[i] };
	}
	o.task = (struct measured){ .once = once_taskwarrior, .arg = taskwarrior };
	o.in_sqlite = (struct measured){ .once = once_program, .arg = &o.sqlite };
	o.in_nq = (struct measured){ .once = once_program, .arg = &o.nq };
	o.in_tsp = (struct measured){ .once = once_program, .arg = &o.tsp };
	if (has_program("sqlite3"))
		prepare_sqlite(database);
	measure_ones(&o, sizes);
	rows_of_ones(&o, size, sizes);
	end_queues(&o);
	for (size_t i = 0; i < sizes; i++)
		free((char *)o.ours[i].store);
	free(database);
	free(taskwarrior);
}

/* Beside a taskwarrior that has as many. */
static void
add_beside_taskwarrior(long tasks)
{
	char *folder = path_of("taskwarrior.%ld", tasks), *store = store_of(tasks);
	struct program add = { .argv = { "task-add", "--allow-duplicates", TEXT }, .store = store };
	static struct measured ours, theirs = { .once = once_taskwarrior_full };

	if (has_program("task")) {
		taskwarrior_make(folder, tasks);
		ours = (struct measured){ .once = once_program, .arg = &add };
		measure((struct measured *[]){ &ours, &theirs }, 2, SLOW_ROUNDS);
		table_row((struct row){ ours.median, theirs.median, UNIT_US,
			      tasks == 100000 ? WANT_FASTER : WANT_NOTHING, 300,
			      "task add, as many" },
		    "task-add, durable, at %ld tasks", tasks);
		remove_tree(folder);
	} else {
		table_missing("taskwarrior", "task-add, durable, at %ld tasks", tasks);
	}
	free(folder);
	free(store);
}

void
section_add(void)
{
	long size[SIZES_MAX];
	size_t sizes = sizes_of_stores(size);

	add_one_by_one(size, sizes);
	if (sizes > 1)
		add_beside_taskwarrior(size[1]);
}

/* --- in bulk */

static long bulk_rss_kb;

static double
once_bulk(void *arg)
{
	struct program *add = arg;
	struct ended ended;

	remove_tree(add->store);
	ended = program_run(add);
	if (ended.rss_kb > bulk_rss_kb)
		bulk_rss_kb = ended.rss_kb;
	return ended.us;
}

void
section_bulk(void)
{
	long lines = at_most(BULK_LINES, bench.max);
	char *path = lines_of(lines), *store = path_of("bulk");
	struct program add = { .argv = { "task-add" }, .store = store, .in = path };
	struct program jq = { .argv = { "jq", "-c", "." }, .in = path };
	static struct measured ours = { .once = once_bulk }, theirs = { .once = once_program };
	bool has_jq = has_program("jq");

	ours.arg = &add;
	theirs.arg = &jq;
	measure_long((struct measured *[]){ &ours, &theirs }, has_jq ? 2 : 1, BULK_ROUNDS);
	if (has_jq)
		table_row((struct row){ ours.median, theirs.median, UNIT_US, WANT_AT_MOST, 1,
			      "jq -c ." },
		    "task-add of %ld lines", lines);
	else
		table_missing("jq", "task-add of %ld lines", lines);
	table_row((struct row){ (double)bulk_rss_kb, 24000, UNIT_KB, WANT_AT_MOST, 1, "limit" },
	    "task-add of %ld lines, peak memory", lines);
	remove_tree(store);
	remove_tree(path);
	free(path);
	free(store);
}

/* --- by many at once */

/* A helper that prints a figure, with its store or database made anew. */
struct rate {
	struct program p;
	const char *remove;
};

static double
once_rate(void *arg)
{
	struct rate *r = arg;
	char text[64];

	if (r->remove)
		remove_tree(r->remove);
	program_read(&r->p, text, sizeof text);
	return strtod(text, NULL);
}

/* A server's clients, each with a connection of its own. */
struct clients {
	const struct server *server;
	const char *request;
	size_t len;
};

static double
once_clients(void *arg)
{
	const struct clients *c = arg;
	pid_t pid[PROCESSES];
	int gate[2], status;
	double start;

	if (pipe2(gate, O_CLOEXEC) < 0)
		die("pipe");
	for (int i = 0; i < PROCESSES; i++) {
		if ((pid[i] = fork()) < 0)
			die("fork");
		if (pid[i] == 0) {
			int fd = server_connect(c->server);

			close(gate[1]);
			if (read(gate[0], &status, 1) != 0)
				_exit(1);
			for (int n = 0; n < MANY_ADDS; n++)
				server_ask(fd, c->request, c->len, 1);
			_exit(0);
		}
	}
	sleep_ms(100); /* all are there by now */
	start = now_us();
	close(gate[1]);
	for (int i = 0; i < PROCESSES; i++)
		if (waitpid(pid[i], &status, 0) < 0 || status != 0)
			dief("a client has failed");
	close(gate[0]);
	return PROCESSES * MANY_ADDS / (now_us() - start) * 1e6;
}

static void
beside_server(const char *how, struct server s, const char *request, const struct measured *ours)
{
	struct clients clients = { &s, request, strlen(request) };
	static struct measured again, theirs;

	again = (struct measured){ .once = ours->once, .arg = ours->arg };
	theirs = (struct measured){ .once = once_clients, .arg = &clients };
	measure((struct measured *[]){ &again, &theirs }, 2, MANY_ROUNDS);
	server_stop(&s);
	table_row((struct row){ again.median, theirs.median, UNIT_PER_S, WANT_NOTHING, 0, how },
	    "%d processes adding, durable", PROCESSES);
}

static void
many_beside_servers(const struct measured *ours)
{
	char set[700], put[700];

	snprintf(set, sizeof set, "*3\r\n$3\r\nSET\r\n$4\r\ntask\r\n$600\r\n%0600d\r\n", 0);
	snprintf(put, sizeof put, "put 0 0 60 600\r\n%0600d\r\n", 0);
	if (has_program("redis-server"))
		beside_server("8 in Redis, appendfsync always", server_start_redis(true), set,
		    ours);
	else
		table_missing("redis", "%d processes adding, durable", PROCESSES);
	if (has_program("beanstalkd"))
		beside_server("8 in beanstalkd -f0", server_start_beanstalkd(), put, ours);
	else
		table_missing("beanstalkd", "%d processes adding, durable", PROCESSES);
}

/* Scripts for the CLI where SQLite's library is not there for us. */
static double
once_sqlite_cli(void *arg)
{
	const char *script = arg;
	char *database = path_of("many.sqlite");
	struct program p = { .argv = { "sqlite3", database }, .in = script };
	pid_t pid[PROCESSES];
	double start;

	remove_tree(database);
	prepare_sqlite(database);
	start = now_us();
	for (int i = 0; i < PROCESSES; i++)
		pid[i] = program_start(&p, -1, -1);
	for (int i = 0; i < PROCESSES; i++)
		program_await(&p, pid[i]);
	free(database);
	return PROCESSES * MANY_ADDS / (now_us() - start) * 1e6;
}

static char *
write_script(void)
{
	char *path = path_of("script");
	FILE *file = fopen(path, "we");

	if (!file)
		die(path);
	fprintf(file, ".timeout 60000\nPRAGMA synchronous=FULL;\n");
	for (int i = 0; i < MANY_ADDS; i++)
		fprintf(file,
		    "INSERT INTO task (id, value) VALUES (hex(randomblob(16)), '%0600d');\n", 0);
	if (fclose(file) != 0)
		die(path);
	return path;
}

static bool
has_helper(const char *name)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", bench.helpers, name);
	return access(path, X_OK) == 0;
}

static struct measured ours8, ours1, sqlite8, sqlite1;

static void
rows_of_many(const char *sqlite)
{
	table_row((struct row){ ours8.median, ours1.median, UNIT_PER_S, WANT_RATE, 2, "1 process" },
	    "%d processes adding, durable", PROCESSES);
	if (sqlite8.median > 0)
		table_row((struct row){ ours8.median, sqlite8.median, UNIT_PER_S, WANT_RATE, 2,
			      sqlite },
		    "%d processes adding, durable", PROCESSES);
	else
		table_missing("sqlite3", "%d processes adding, durable", PROCESSES);
	if (sqlite1.median > 0)
		table_row((struct row){ ours1.median, sqlite1.median, UNIT_PER_S, WANT_NOTHING, 0,
			      "1 in SQLite, WAL, FULL" },
		    "1 process adding, durable");
}

void
section_many(void)
{
	char *store = path_of("many"), *database = path_of("many.sqlite"), *script = write_script();
	char adds[24], single[24], processes[24];
	struct rate rate[] = { { { .argv = { "inside", "add", processes, adds }, .store = store },
				   store },
		{ { .argv = { "inside", "add", "1", single }, .store = store }, store },
		{ { .argv = { "sqlite", "add", database, processes, adds } }, database },
		{ { .argv = { "sqlite", "add", database, "1", single } }, database } };
	struct measured *m[] = { &ours8, &ours1, &sqlite8, &sqlite1 };
	size_t len = has_helper("sqlite") ? 4 : has_program("sqlite3") ? 3 : 2;

	snprintf(adds, sizeof adds, "%d", MANY_ADDS);
	snprintf(single, sizeof single, "%d", SINGLE_ADDS);
	snprintf(processes, sizeof processes, "%d", PROCESSES);
	for (size_t i = 0; i < len; i++)
		*m[i] = (struct measured){ .once = once_rate, .arg = &rate[i] };
	if (len == 3)
		sqlite8 = (struct measured){ .once = once_sqlite_cli, .arg = script };
	measure_long(m, len, MANY_ROUNDS);
	rows_of_many(len == 4 ? "8 in SQLite, WAL, FULL" : "8 sqlite3, WAL, FULL");
	many_beside_servers(&ours8);
	remove_tree(store);
	free(store);
	free(database);
	free(script);
}
