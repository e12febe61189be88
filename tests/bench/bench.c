/*
 * bench - time the commands beside their peers, and print a table
 *
 * usage: bench BUILD MAX [SECTION ...]
 *
 * BUILD is the build folder, MAX how many tasks the largest store has; a SECTION selects.
 * Exits 0 if all has been measured, whether targets were met or not.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

struct bench bench;

static const struct {
	const char *name;
	void (*run)(void);
} sections[] = { { "add", section_add }, { "bulk", section_bulk }, { "many", section_many },
	{ "claim", section_claim }, { "pipeline", section_pipeline }, { "list", section_list },
	{ "viewers", section_viewers }, { "posting", section_posting }, { "wake", section_wake },
	{ "idle", section_idle }, { "memory", section_memory }, { "rebuild", section_rebuild },
	{ "think", section_think }, { "spawn", section_spawn }, { "halt", section_halt },
	{ "serve", section_serve } };

enum { SECTIONS = sizeof sections / sizeof *sections };

_Noreturn void
die(const char *what)
{
	dief("%s: %s", what, strerror(errno));
}

_Noreturn void
dief(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "bench: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(1);
}

char *
path_of(const char *fmt, ...)
{
	char name[256], *path;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	if (asprintf(&path, "%s/%s", bench.work, name) < 0)
		die("memory");
	return path;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

void
remove_tree(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		die(path);
}

long
at_most(long a, long b)
{
	return a < b ? a : b;
}

size_t
sizes_of_stores(long size[SIZES_MAX])
{
	static const long all[SIZES_MAX] = { 1000, 100000, 1000000 };
	size_t len = 0;

	while (len < SIZES_MAX && all[len] <= bench.max) {
		size[len] = all[len];
		len++;
	}
	if (len == 0 || size[len - 1] < bench.max)
		size[len < SIZES_MAX ? len++ : len - 1] = bench.max;
	return len;
}

char *
store_of(long tasks)
{
	char *path = path_of("store.%ld", tasks), count[24];
	struct program fill = { .argv = { "inside", "fill", count }, .store = path };

	snprintf(count, sizeof count, "%ld", tasks);
	if (access(path, F_OK) < 0) {
		fprintf(stderr, "bench: a store of %ld tasks\n", tasks);
		program_run(&fill);
	}
	return path;
}

char *
lines_of(long tasks)
{
	char *path = path_of("lines.%ld", tasks), count[24];
	const struct program lines = { .argv = { "inside", "lines", count } };
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	snprintf(count, sizeof count, "%ld", tasks);
	if (fd < 0 && errno == EEXIST)
		return path;
	if (fd < 0)
		die(path);
	program_await(&lines, program_start(&lines, -1, fd));
	close(fd);
	return path;
}

/* --- where, and when */

static void
read_processor(char *name, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(name, size, "unknown processor");
	while (file && fgets(line, sizeof line, file))
		if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(name, size, "%s", strchr(line, ':') + 2);
			break;
		}
	if (file)
		fclose(file);
}

static void
print_machine(double load)
{
	char processor[256], date[32];
	struct utsname name;
	time_t now = time(NULL);
	struct tm tm;

	read_processor(processor, sizeof processor);
	uname(&name);
	strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &tm));
	printf("%s, %s %.*s, %ld x %s, load %.1f before\n", date, name.sysname,
	    (int)strspn(name.release, "0123456789."), name.release, sysconf(_SC_NPROCESSORS_ONLN),
	    processor, load);
}

/* F and S, over all of the run. */
static void
note_f_and_s(void)
{
	static struct measured f = { .once = once_f }, s = { .once = once_append };

	measure((struct measured *[]){ &f, &s }, 2, 100);
	table_note("F, a program that does nothing, linked like the commands: %.0f us.  "
		   "S, an append of 600 bytes with fdatasync: %.0f us.",
	    f.median, s.median);
	table_note(
	    "Medians, all in one run, what is compared in turns.  ratio: figure to its figure, "
	    "or how many times as fast");
	table_note("where \"at least\" is wanted of a time.");
}

/* --- the run, in a process of its own */

static bool
is_selected(const char *name, char **selected)
{
	for (char **it = selected; *it; it++)
		if (!strcmp(*it, name))
			return true;
	return !*selected;
}

/* The commands and helpers come first in PATH; nothing is read from, or left in, a home. */
static void
set_environment(void)
{
	char *path, *nq = path_of("nq"), *socket = path_of("tsp.socket");

	if (asprintf(&path, "%s:%s:%s", bench.bin, bench.helpers, getenv("PATH")) < 0 ||
	    setenv("PATH", path, 1) < 0 || setenv("HOME", bench.work, 1) < 0 ||
	    setenv("TMPDIR", bench.work, 1) < 0 || setenv("NQDIR", nq, 1) < 0 ||
	    setenv("TS_SOCKET", socket, 1) < 0 || setenv("LC_ALL", "C.UTF-8", 1) < 0 ||
	    setenv("LEGWORK_USER", "bench", 1) < 0 || unsetenv("LEGWORK_JOURNAL") < 0 ||
	    mkdir(nq, 0700) < 0)
		die("environment");
	free(path);
	free(nq);
	free(socket);
}

static _Noreturn void
run_sections(char **selected)
{
	double load = 0;
	int misses;

	getloadavg(&load, 1);
	for (size_t i = 0; i < SECTIONS; i++)
		if (is_selected(sections[i].name, selected))
			sections[i].run();
	note_f_and_s();
	print_machine(load);
	printf("\n");
	misses = table_print();
	if (misses)
		printf("%d of these were missed.\n", misses);
	exit(fflush(stdout) == 0 ? 0 : 1);
}

/* --- what remains when that process has ended, however it did */

static pid_t runner;

static void
pass_on(int signal_number)
{
	kill(runner, signal_number);
}

/* Whether the process (a folder's name in /proc) is a child of ours. */
static bool
is_child(const char *pid)
{
	char path[300], text[512], *end;
	FILE *file;
	bool is = false;

	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	if (!(file = fopen(path, "re")))
		return false;
	/* "PID (NAME) STATE PARENT ..." */
	if (fgets(text, sizeof text, file) && (end = strrchr(text, ')')))
		is = strtol(end + 4, NULL, 10) == getpid();
	fclose(file);
	return is;
}

/* Ends all who are left: orphans become children of this process, which is their subreaper. */
static void
end_all(void)
{
	for (bool any = true; any;) {
		DIR *dir = opendir("/proc");
		struct dirent *entry;

		any = false;
		while (dir && (entry = readdir(dir)))
			if (*entry->d_name >= '1' && *entry->d_name <= '9' &&
			    is_child(entry->d_name)) {
				pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

				kill(pid, SIGKILL);
				waitpid(pid, NULL, 0);
				any = true;
			}
		if (dir)
			closedir(dir);
	}
}

static int
supervise(char **selected)
{
	const struct sigaction action = { .sa_handler = pass_on };
	int status = 1;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if ((runner = fork()) < 0)
		die("fork");
	if (runner == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_sections(selected);
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	while (waitpid(runner, &status, 0) < 0 && errno == EINTR)
		;
	end_all();
	remove_tree(bench.work);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	char *build = argc > 2 ? realpath(argv[1], NULL) : NULL;

	if (!build || (bench.max = strtol(argv[2], NULL, 10)) < 10 || bench.max > 1000000) {
		fprintf(stderr, "usage: bench BUILD MAX [SECTION ...]  (MAX: 10 to 1000000)\n");
		return 64;
	}
	if (asprintf(&bench.bin, "%s/bin", build) < 0 ||
	    asprintf(&bench.helpers, "%s/bench", build) < 0 ||
	    asprintf(&bench.work, "%s/bench/work.%d", build, (int)getpid()) < 0)
		die("memory");
	if (mkdir(bench.work, 0700) < 0)
		die(bench.work);
	set_environment();
	return supervise(argv + 3);
}
