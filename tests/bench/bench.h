/*
 * bench.h - what the parts of the benchmark share
 *
 * bench.c      main: the sections, the folder for data, and the end of all that was started
 * measure.c    programs are started, and timed from here; medians of interleaved runs
 * table.c      the rows
 * peer.c       servers, and data of others
 * add.c read.c work.c view.c think.c spawn.c halt.c serve.c   the sections
 * inside.c     a program of its own: what is timed within a process, with the library
 * sqlite.c     likewise, with SQLite's; nothing.c is a program that does nothing, model.c a model
 *              that answers at once
 *
 * 1. What is compared is measured in turns (A B C, C B A, ...), so that drift cancels.
 * 2. All data is on the build folder's file system, and gone at the end.
 * 3. The bench itself is linked with libc only and stays small: the peak memory of a process
 *    counts what its parent had when it was started.
 * 4. Whatever goes wrong ends it: there are no figures of a failed run.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where things are, how large stores get; set by main. */
struct bench {
	char *bin, *helpers; /* folders of the commands, and of the programs above */
	char *work;          /* folder for data */
	long max;            /* tasks in the largest store */
};

extern struct bench bench;

enum { ROUNDS_MAX = 1000, ARGS_MAX = 16, SIZES_MAX = 3 };

/* die - say what has failed, with errno, and end; dief - the same, formatted, without. */
_Noreturn void die(const char *what);
_Noreturn void dief(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* path_of - a new string: the path of a file in the folder for data. */
char *path_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* remove_tree - a file, or a folder with all that is in it; content if there is none. */
void remove_tree(const char *path);

/* sizes_of_stores - 1,000, 100,000 and 1,000,000, as far as the bench goes; returns how many. */
size_t sizes_of_stores(long size[SIZES_MAX]);

/* store_of - a new string: the path of the store with so many tasks, made where missing. */
char *store_of(long tasks);

/* lines_of - a new string: the path of a file with the specs of so many tasks, likewise. */
char *lines_of(long tasks);

/* at_most - the smaller one. */
long at_most(long a, long b);

/* --- measure.c */

/* A program: a command of ours or a helper by its name, any other as in PATH. */
struct program {
	const char *argv[ARGS_MAX];
	const char *store; /* its LEGWORK_STORE; NULL: none */
	const char *in;    /* file for its stdin; NULL: /dev/null */
	char *const *env;  /* its environment, whole; NULL: ours */
};

/* What became of it. */
struct ended {
	double us; /* from its start to its end */
	long rss_kb;
};

/* program_start - start it; in, out become its 0 and 1 (-1: p->in, /dev/null).  Its pid. */
pid_t program_start(const struct program *p, int in, int out);

/* program_await - until it ends; dies unless it exits 0. */
void program_await(const struct program *p, pid_t pid);

/* program_stop - end one that was started: TERM, then wait. */
void program_stop(pid_t pid);

/* program_run - from start to end; dies unless it exits 0. */
struct ended program_run(const struct program *p);

/* program_read - what it prints, as a new string, cut at size - 1 bytes. */
void program_read(const struct program *p, char *out, size_t size);

/* pipeline_start - the programs, each reading what the one before prints; pids are set. */
void pipeline_start(const struct program *stage, size_t len, int in, int out, pid_t *pid);

/* has_program - whether PATH has it. */
bool has_program(const char *name);

/* now_us - CLOCK_MONOTONIC. */
double now_us(void);

void sleep_ms(long ms);

/* Something to be measured: once returns microseconds (or whatever is compared). */
struct measured {
	double (*once)(void *arg);
	void *arg;
	double median; /* set by measure */
	double figure[ROUNDS_MAX];
};

/* measure - all of them in turns, that many times, after one round that does not count. */
void measure(struct measured *const *m, size_t len, int rounds);

/* measure_long - the same without that first round, for what takes seconds. */
void measure_long(struct measured *const *m, size_t len, int rounds);

/* median_of - sorts figure. */
double median_of(double *figure, size_t len);

/* Ready-made things to measure: the time of a program (arg: struct program); an append of 600 bytes
 * with fdatasync (arg: unused). */
double once_program(void *arg);
double once_append(void *arg);

/* once_f - a program, linked like the commands, that does nothing. */
double once_f(void *arg);

/* --- table.c */

enum unit { UNIT_US, UNIT_KB, UNIT_PER_S, UNIT_PERCENT };

/* What a ratio has to be, and of what it is one. */
enum wanted {
	WANT_NOTHING, /* for comparison: figure / reference */
	WANT_AT_MOST, /* figure / reference */
	WANT_FASTER,  /* of times: reference / figure, at least */
	WANT_RATE     /* of rates: figure / reference, at least */
};

struct row {
	double figure, reference;
	enum unit unit;
	enum wanted wanted;
	double limit;
	const char *beside; /* what the reference is; borrowed for the call */
};

/* table_row - add one.  table_missing - one whose peer is not installed. */
void table_row(struct row row, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_missing(const char *peer, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* table_note - a line to stand below the table. */
void table_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* table_print - as Markdown on stdout.  Returns how many were missed. */
int table_print(void);

/* --- peer.c */

/* A server on 127.0.0.1. */
struct server {
	pid_t pid;
	int port;
	char port_text[8];
};

/* server_start_redis, server_start_beanstalkd - that syncs each write, if so asked. */
struct server server_start_redis(bool is_durable);
struct server server_start_beanstalkd(void);
void server_stop(struct server *s);

/* server_connect - a connection. */
int server_connect(const struct server *s);

/* server_ask - send a request and read until the answer has so many newlines. */
void server_ask(int fd, const char *request, size_t len, int newlines);

/* taskwarrior_make - its data, in a folder: so many tasks.  Sets TASKRC for those to come. */
void taskwarrior_make(const char *folder, long tasks);

/* --- sections */
void section_add(void);
void section_bulk(void);
void section_many(void);
void section_claim(void);
void section_pipeline(void);
void section_list(void);
void section_viewers(void);
void section_posting(void);
void section_wake(void);
void section_idle(void);
void section_memory(void);
void section_rebuild(void);
void section_think(void);
void section_spawn(void);
void section_halt(void);
void section_serve(void);

#endif
