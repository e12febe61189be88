/* read - lists, memory, and the index made again */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

enum { LIST_ROUNDS = 5, LOOK_ROUNDS = 50, PREFIX = 12 };

/* The same rows, in a table of SQLite. */
static void
make_database(const char *store, const char *database)
{
	char *rows = path_of("rows"), import[4200];
	const struct program list = { .argv = { "task-list" }, .store = store };
	const struct program make = {
		.argv = { "sqlite3", database, "-cmd", ".mode ascii", "-cmd",
		    ".separator \\037 \\n", "-cmd", "CREATE TABLE raw (value TEXT)", "-cmd", import,
		    "CREATE TABLE task (n INTEGER PRIMARY KEY, id TEXT UNIQUE, "
		    "status TEXT, value TEXT); "
		    "INSERT INTO task (id, status, value) SELECT "
		    "json_extract(value, '$.id'), "
		    "json_extract(value, '$.status'), value FROM raw; "
		    "DROP TABLE raw; CREATE INDEX status ON task (status)" }
	};
	int fd = open(rows, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		die(rows);
	program_await(&list, program_start(&list, -1, fd));
	close(fd);
	snprintf(import, sizeof import, ".import '%s' raw", rows);
	program_run(&make);
	remove_tree(rows);
	free(rows);
}

/* What is looked up, here and there. */
struct look {
	const char *name;
	struct program ours, theirs;
	double added_us; /* F and this is what it may take; 0: the peer's time */
};

static void
measure_look(struct look *look, long tasks, bool has_sqlite, int rounds)
{
	static struct measured ours, f, theirs;

	ours = (struct measured){ .once = once_program, .arg = &look->ours };
	f = (struct measured){ .once = once_f };
	theirs = (struct measured){ .once = once_program, .arg = &look->theirs };
	measure((struct measured *[]){ &ours, &f, &theirs }, has_sqlite ? 3 : 2, rounds);
	if (look->added_us > 0)
		table_row((struct row){ ours.median, f.median + look->added_us, UNIT_US,
			      WANT_AT_MOST, 1, "F + 2 ms" },
		    "%s of %ld", look->name, tasks);
	if (has_sqlite)
		table_row((struct row){ ours.median, theirs.median, UNIT_US,
			      look->added_us > 0 ? WANT_NOTHING : WANT_FASTER, 1, "sqlite3" },
		    "%s of %ld", look->name, tasks);
	else
		table_missing("sqlite3", "%s of %ld", look->name, tasks);
}

static void
look_at(long tasks)
{
	char *store = store_of(tasks), *database = path_of("list.%ld.sqlite", tasks);
	char id[64], by_id[256];
	struct program first = { .argv = { "task-list", "-n1", "--ids" }, .store = store };
	struct look look[] = {
		{ "task-list", { .argv = { "task-list" }, .store = store },
		    { .argv = { "sqlite3", database, "SELECT value FROM task ORDER BY n" } }, 0 },
		{ "task-list, first 1,000", { .argv = { "task-list", "-n1000" }, .store = store },
		    { .argv = { "sqlite3", database,
			  "SELECT value FROM task ORDER BY n LIMIT 1000" } },
		    2000 },
		{ "task-list, a count",
		    { .argv = { "task-list", "--status", "pending", "--count" }, .store = store },
		    { .argv = { "sqlite3", database,
			  "SELECT count(*) FROM task WHERE status = 'pending'" } },
		    2000 },
		{ "task-show, one by prefix", { .argv = { "task-show", id }, .store = store },
		    { .argv = { "sqlite3", database, by_id } }, 2000 },
	};
	bool has_sqlite = has_program("sqlite3");

	program_read(&first, id, sizeof id);
	id[PREFIX] = '\0';
	snprintf(by_id, sizeof by_id, "SELECT value FROM task WHERE id >= '%s' AND id < '%s~'", id,
	    id);
	if (has_sqlite)
		make_database(store, database);
	for (size_t i = 0; i < sizeof look / sizeof *look; i++)
		measure_look(&look[i], tasks, has_sqlite, i ? LOOK_ROUNDS : LIST_ROUNDS);
	remove_tree(database);
	free(database);
	free(store);
}

void
section_list(void)
{
	long size[SIZES_MAX];
	size_t sizes = sizes_of_stores(size);

	for (size_t i = sizes > 1 ? 1 : 0; i < sizes; i++)
		look_at(size[i]);
}

/* --- peak memory */

static void
row_of_memory(const struct program *p, size_t len, const char *what, long tasks)
{
	long worst_kb = 0;
	size_t worst = 0;

	for (size_t i = 0; i < len; i++) {
		long kb = program_run(&p[i]).rss_kb;

		if (kb > worst_kb) {
			worst_kb = kb;
			worst = i;
		}
	}
	table_row((struct row){ (double)worst_kb, 6000, UNIT_KB, WANT_AT_MOST, 1, "limit" },
	    "%s (%s), peak memory at %ld tasks", what, p[worst].argv[0], tasks);
}

void
section_memory(void)
{
	long size[SIZES_MAX];
	size_t sizes = sizes_of_stores(size);
	char *store = store_of(size[sizes - 1]), id[64], chat[64];
	const struct program first = { .argv = { "task-list", "-n1", "--ids" }, .store = store };
	const struct program new_chat = { .argv = { "chat-new", "--ids" }, .store = store };
	const struct program one[] = {
		{ .argv = { "task-add", "--allow-duplicates", "one more" }, .store = store },
		{ .argv = { "task-list" }, .store = store },
		{ .argv = { "task-list", "--count" }, .store = store },
		{ .argv = { "task-list", "--ready", "-n10" }, .store = store },
		{ .argv = { "task-show", id }, .store = store },
		{ .argv = { "task-why", id }, .store = store },
		{ .argv = { "agent-add", "nobody", "--", "/bin/true" }, .store = store },
		{ .argv = { "agent-list" }, .store = store },
		{ .argv = { "chat-new" }, .store = store },
		{ .argv = { "chat-post", chat, "a word" }, .store = store },
		{ .argv = { "chat-list" }, .store = store },
		{ .argv = { "chat-show", chat }, .store = store },
		{ .argv = { "store-log" }, .store = store },
	};
	const struct program dump = { .argv = { "store-dump" }, .store = store };
	const struct program check = { .argv = { "store-check" }, .store = store };

	program_read(&first, id, sizeof id);
	program_read(&new_chat, chat, sizeof chat);
	id[strcspn(id, "\n")] = chat[strcspn(chat, "\n")] = '\0';
	row_of_memory(one, sizeof one / sizeof *one, "largest of 13 commands", size[sizes - 1]);
	row_of_memory(&dump, 1, "one that reads all", size[sizes - 1]);
	row_of_memory(&check, 1, "one that reads all", size[sizes - 1]);
	free(store);
}

/* --- the index made again */

static double
once_rebuild(void *arg)
{
	static const char *const derived[] = { "index.gdbm", "index.ckpt", "mark" };
	const char *store = arg;
	const struct program count = { .argv = { "task-list", "--count" }, .store = store };

	for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
		char path[4096];

		snprintf(path, sizeof path, "%s/%s", store, derived[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			die(path);
	}
	return program_run(&count).us;
}

void
section_rebuild(void)
{
	long size[SIZES_MAX], tasks;
	size_t sizes = sizes_of_stores(size);
	char *store;
	static struct measured m;

	tasks = size[sizes - 1];
	store = store_of(tasks);
	m = (struct measured){ .once = once_rebuild, .arg = store };
	measure_long((struct measured *[]){ &m }, 1, 3);
	table_row((struct row){ m.median, (double)tasks * 6, UNIT_US,
		      tasks < 100000 ? WANT_NOTHING : WANT_AT_MOST, 1, "6 us each" },
	    "the index of %ld transactions made again", tasks);
	free(store);
}
