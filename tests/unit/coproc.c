/* Programs are lines of sh(1) here. */
#include <signal.h>
#include <stdlib.h>

#include "clock.h"
#include "coproc.h"
#include "err.h"
#include "stop.h"
#include "tap.h"

enum { DEADLINE_MS = 60000 };

static struct coproc
start(const char *script)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, xstrdup(script), NULL };
	struct coproc c = COPROC_NONE;

	if (coproc_start(&c, &(struct proc_program){ .argv = argv }) < 0)
		abort();
	free(argv[2]);
	return c;
}

/* Goes on until it does not run any more, or for so long. */
static enum coproc_state
go_on(struct coproc *c, int64_t wait_ms)
{
	int64_t end_ms = clock_mono_ms() + wait_ms;
	enum coproc_state state = COPROC_RUNS;
	struct pollfd fds[COPROC_FDS];

	while (state == COPROC_RUNS && clock_mono_ms() < end_ms) {
		coproc_poll_fds(c, fds);
		if (poll(fds, COPROC_FDS, 50) > 0)
			state = coproc_go_on(c, fds);
	}
	return state;
}

static void
end(struct coproc *c)
{
	coproc_end(c, 0, 100);
	coproc_release(c);
}

static void
test_last_words(void)
{
	struct coproc c = COPROC_NONE;
	enum coproc_state state = COPROC_CLOSED;
	int64_t begin_ms;

	/* its last words are waited for for a moment only, in which it may not have run */
	for (int i = 0; i < 20 && state == COPROC_CLOSED && c.why.len == 0; i++) {
		c = start("exec >&-; echo it is broken >&2");
		state = go_on(&c, DEADLINE_MS);
		if (i < 19 && c.why.len == 0)
			end(&c);
	}
	is_int(state, COPROC_CLOSED, "that it says nothing more is seen");
	is(c.why.p, "it is broken\n", "and what it said of that is kept");
	end(&c);

	c = start("exec >&-; exec yes 'it floods' >&2");
	begin_ms = clock_mono_ms();
	alarm(DEADLINE_MS / 1000); /* it would never come back */
	is_int(go_on(&c, DEADLINE_MS), COPROC_CLOSED, "one that never stops complaining is left");
	ok(clock_mono_ms() - begin_ms < DEADLINE_MS / 2, "soon");
	alarm(0);
	ok(c.why.len <= 500, "and only the end of what it said is kept");
	end(&c);
}

static void
test_send(void)
{
	enum { LINES = 100000 };
	struct coproc c =
	    start("exec 3<&0; seq 100000 | cmp - /dev/fd/3 && echo same"); /* of 589 kB */
	size_t taken = 0, len = 0;
	const char *line;
	char text[20];

	for (int i = 1; i <= LINES; i++)
		coproc_send(&c, text, (size_t)snprintf(text, sizeof text, "%d", i));
	is_int((long long)coproc_unsent(&c), 588895, "what is to be sent is counted");
	while (coproc_unsent(&c) > 0 && go_on(&c, 1) == COPROC_RUNS)
		;
	coproc_close(&c);
	is_int(go_on(&c, DEADLINE_MS), COPROC_CLOSED, "it ends when all of it was sent");
	line = coproc_line(&c, &taken, &len);
	ok(line && len == 4 && !memcmp(line, "same", 4), "and has come as it is");
	end(&c);
}

/* A user who may not end what he has started: as with sudo. */
static void
end_as_nobody(void)
{
	struct coproc c = start("exec sleep 60");
	int64_t begin_ms = clock_mono_ms();
	bool is_refused;

	if (write(STDOUT_FILENO, &c.pid, sizeof c.pid) < 0 || setuid(65534) < 0)
		_exit(2);
	alarm(DEADLINE_MS / 1000);
	is_refused = coproc_end(&c, 0, 100) == -1 && err_code() == EX_NOPERM && !c.pid;
	_exit(is_refused && clock_mono_ms() - begin_ms < DEADLINE_MS / 2 ? 0 : 1);
}

static void
test_end(void)
{
	struct coproc c = start("trap '' TERM; echo ready; sleep 60 & sleep 60");
	char pid[sizeof(pid_t) + 1];
	pid_t left;

	while (c.from.len == 0 && go_on(&c, 1) == COPROC_RUNS)
		;
	is_int(coproc_end(&c, 0, 10), SIGKILL, "what does not end is killed");
	coproc_release(&c);
	c = start("cat; exit 3");
	is_int(WEXITSTATUS(coproc_end(&c, DEADLINE_MS, 0)), 3,
	    "the end of its stdin may be enough");
	coproc_release(&c);
	if (geteuid() != 0) {
		puts("# only root can start what another may not end");
		return;
	}
	is_int(capture(STDOUT_FILENO, end_as_nobody, pid, sizeof pid), 0,
	    "what may not be killed holds up nobody, and is named");
	memcpy(&left, pid, sizeof left);
	kill(left, SIGKILL);
}

int
main(void)
{
	stop_at_pipe();
	test_send();
	test_last_words();
	test_end();
	return done_testing();
}
