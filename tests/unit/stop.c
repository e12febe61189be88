#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>

#include "box.h"
#include "clock.h"
#include "stop.h"
#include "tap.h"

static void
test_remembered(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	bool were_kept = true;

	ok(stop_signal() == 0 && stop_count() == 0, "nobody has asked at first");
	stop_catch();
	for (int i = 0; i < 3; i++) {
		raise(signals[i]);
		were_kept &= stop_signal() == signals[i] && stop_count() == i + 1;
	}
	ok(were_kept, "TERM, INT and HUP are counted, and the last is remembered");
	raise(SIGINT);
	ok(stop_signal() == SIGINT && stop_count() == 4, "the second of a kind counts too");
}

/* The child signals until it is told to end, so that one signal meets the wait. */
static void
test_interrupts(void)
{
	int fds[2], rc, error;
	pid_t parent = getpid(), child;

	if (pipe(fds) < 0)
		abort();
	child = box_fork();
	if (child == 0)
		for (;;) {
			kill(parent, SIGTERM);
			poll(NULL, 0, 1);
		}
	rc = poll(&(struct pollfd){ fds[0], POLLIN, 0 }, 1, BOX_DEADLINE_MS);
	error = errno;
	ok(rc == -1 && error == EINTR, "a call that waits is interrupted");
	box_kill(child);
	close(fds[0]);
	close(fds[1]);
}

/* A TERM that says how long. */
static void
test_patience(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0), count = stop_count(), left;

	is_int(stop_patience_ms(70), 70, "whoever is not told has the usual time");
	ok(stop_send(pidfd, 60000) == 0 && stop_signal() == SIGTERM && stop_count() == count + 1,
	    "to ask to stop is to send TERM");
	left = stop_patience_ms(70);
	ok(left > 0 && left <= 60000, "and the time that it gives counts");
	stop_send(pidfd, 0);
	is_int(stop_patience_ms(70), 0, "which may be none");
	close(pidfd);
}

static void
raise_term(void)
{
	raise(SIGTERM);
}

static void
catch_and_raise_quit(void)
{
	stop_catch();
	raise(SIGQUIT);
}

static void
write_to_nobody(void)
{
	int fds[2];

	if (pipe(fds) < 0)
		abort();
	close(fds[0]);
	if (write(fds[1], "x", 1) == -1 && errno == EPIPE)
		_exit(7);
}

static void
write_to_nobody_at_pipe(void)
{
	stop_at_pipe();
	write_to_nobody();
}

static void
test_other_signals(void)
{
	char text[256];

	is_int(capture(2, raise_term, text, sizeof text), -1, "before stop_catch TERM ends us");
	is_int(capture(2, catch_and_raise_quit, text, sizeof text), -1, "QUIT always does");
	is_int(capture(2, write_to_nobody, text, sizeof text), -1, "so does a pipe nobody reads");
	is_int(capture(2, write_to_nobody_at_pipe, text, sizeof text), 7,
	    "after stop_at_pipe that is an error of write");
}

int
main(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };

	/* whoever runs the tests may ignore some */
	sigaction(SIGPIPE, &usual, NULL);
	sigaction(SIGQUIT, &usual, NULL);
	sigaction(SIGTERM, &usual, NULL);
	test_other_signals();
	test_remembered();
	test_interrupts();
	test_patience();
	return done_testing();
}
