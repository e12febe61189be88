/*
 * sqlite - what is measured of SQLite
 *
 * usage: sqlite add DATABASE PROCESSES COUNT
 *
 * Each process inserts COUNT rows of 600 bytes, a transaction each; WAL, synchronous FULL.
 * Prints how many a second.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES_MAX = 64, ROW_BYTES = 600 };

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static sqlite3 *
open_database(const char *path)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_busy_timeout(db, 60000) != SQLITE_OK ||
	    sqlite3_exec(db,
		"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		"CREATE TABLE IF NOT EXISTS task"
		"(n INTEGER PRIMARY KEY, id TEXT UNIQUE, status TEXT, value TEXT)",
		NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
		_exit(1);
	}
	return db;
}

/* Waits until the pipe is closed, then inserts. */
static _Noreturn void
add_when_told(const char *path, int process, long count, const int gate[2])
{
	sqlite3 *db = open_database(path);
	char id[64], value[ROW_BYTES];
	sqlite3_stmt *insert;

	memset(value, 'x', sizeof value);
	close(gate[1]);
	if (sqlite3_prepare_v2(db, "INSERT INTO task (id, status, value) VALUES (?, 'pending', ?)",
		-1, &insert, NULL) != SQLITE_OK ||
	    read(gate[0], id, 1) != 0)
		_exit(1);
	for (long i = 0; i < count; i++) {
		snprintf(id, sizeof id, "%08lx-1234-4321-8765-%012x", i, (unsigned)process);
		sqlite3_bind_text(insert, 1, id, -1, SQLITE_TRANSIENT);
		sqlite3_bind_text(insert, 2, value, sizeof value, SQLITE_STATIC);
		if (sqlite3_step(insert) != SQLITE_DONE || sqlite3_reset(insert) != SQLITE_OK) {
			fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
			_exit(1);
		}
	}
	sqlite3_finalize(insert);
	sqlite3_close(db);
	_exit(0);
}

int
main(int argc, char **argv)
{
	pid_t pid[PROCESSES_MAX];
	int gate[2], status, processes;
	double start;
	long count;

	if (argc != 5 || strcmp(argv[1], "add") != 0)
		return 64;
	processes = (int)strtol(argv[3], NULL, 10);
	count = strtol(argv[4], NULL, 10);
	sqlite3_close(open_database(argv[2]));
	if (processes < 1 || processes > PROCESSES_MAX || pipe2(gate, O_CLOEXEC) < 0)
		return 71;
	for (int i = 0; i < processes; i++) {
		pid[i] = fork();
		if (pid[i] < 0)
			return 71;
		if (pid[i] == 0)
			add_when_told(argv[2], i, count, gate);
	}
	poll(NULL, 0, 100); /* all are there by now */
	start = now_s();
	close(gate[1]);
	for (int i = 0; i < processes; i++)
		if (waitpid(pid[i], &status, 0) < 0 || status != 0)
			return 71;
	printf("%.1f\n", (double)(processes * count) / (now_s() - start));
	close(gate[0]);
	return 0;
}
