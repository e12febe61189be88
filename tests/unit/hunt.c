#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "hunt.h"
#include "proc.h"
#include "tap.h"

enum { DEADLINE_MS = 20000 };

/* A shell that runs the script, with the cookie. */
static pid_t
start(const char *cookie, char *script)
{
	const char *const env[] = { cookie, NULL };

	return proc_spawn((char *[]){ (char[]){ "sh" }, (char[]){ "-c" }, script, NULL }, env,
	    (const int[]){ -1, -1, 2 });
}

/* Those of a value that are there, and the lowest of their signals. */
static size_t
count_here(const struct hunt *h, size_t value, int *signal)
{
	size_t n = 0;

	*signal = SIGTERM;
	for (size_t i = 0; i < h->len; i++)
		if (h->prey[i].value == value && h->prey[i].is_here) {
			n++;
			*signal = h->prey[i].signal < *signal ? h->prey[i].signal : *signal;
		}
	return n;
}

static void
hunt_down(struct hunt *h)
{
	int64_t end_ms = clock_mono_ms() + DEADLINE_MS;

	hunt_again(h);
	while (!hunt_is_over(h) && clock_mono_ms() < end_ms) {
		if (hunt_scan(h, SIGTERM) < 0)
			abort();
		hunt_wait(h, end_ms, NULL, 0);
	}
}

static void
test_values(void)
{
	char *one = xprintf("LEGWORK_HUNT=%d.1", (int)getpid()),
	     *two = xprintf("LEGWORK_HUNT=%d.2", (int)getpid()),
	     *longer = xprintf("LEGWORK_HUNT=%d.11", (int)getpid());
	struct hunt *h = hunt_open("LEGWORK_HUNT=");
	pid_t a = start(one, (char[]){ "sleep 1000 & wait" }),
	      b = start(two, (char[]){ "exec sleep 1000" }),
	      other = start(longer, (char[]){ "exec sleep 1000" });
	int64_t end_ms = clock_mono_ms() + DEADLINE_MS;
	int signal, status;

	hunt_add(h, one + strlen("LEGWORK_HUNT="));
	hunt_add(h, two + strlen("LEGWORK_HUNT="));
	/* one in the middle of its exec has no environment yet */
	while (
	    count_here(h, 0, &signal) + count_here(h, 1, &signal) < 3 && clock_mono_ms() < end_ms)
		hunt_scan(h, 0);
	ok(count_here(h, 0, &signal) == 2 && count_here(h, 1, &signal) == 1,
	    "several values are looked for at once, and told apart");
	is_int(signal, 0, "who only looks signals nobody");
	ok(!hunt_is_over(h), "it is not over while some are there");
	hunt_down(h);
	ok(count_here(h, 0, &signal) == 0 && count_here(h, 1, &signal) == 0 && hunt_is_over(h),
	    "it is when two scans have found nobody");
	ok(h->len == 3 && hunt_check(h) == 0, "all who were found are remembered");
	ok(waitpid(a, NULL, 0) == a && waitpid(b, &status, 0) == b && WIFSIGNALED(status) &&
		WTERMSIG(status) == SIGTERM,
	    "by TERM");
	is_int(kill(other, 0), 0, "a longer value is another");
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	hunt_close(h);
	hunt_close(NULL);
	free(one);
	free(two);
	free(longer);
}

static void
test_late_value(void)
{
	char *mark = xprintf("LEGWORK_HUNT=%d.3", (int)getpid());
	struct hunt *h = hunt_open("LEGWORK_HUNT=");
	pid_t pid;
	int signal;

	hunt_down(h);
	ok(hunt_is_over(h), "who looks for nothing finds nobody");
	pid = start(mark, (char[]){ "exec sleep 1000" });
	hunt_add(h, mark + strlen("LEGWORK_HUNT="));
	ok(!hunt_is_over(h), "a value that is added is looked for, too");
	hunt_down(h);
	ok(h->len == 1 && count_here(h, 0, &signal) == 0, "and found");
	waitpid(pid, NULL, 0);
	hunt_close(h);
	free(mark);
}

int
main(void)
{
	setenv("PATH", "/usr/bin:/bin", 1);
	test_values();
	test_late_value();
	return done_testing();
}
