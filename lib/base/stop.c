#include "stop.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "clock.h"

static volatile sig_atomic_t last, count, patience_ms = -1;
static volatile int64_t came_ms; /* read only where patience_ms says that it is there */

static void
remember(int signum, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code == SI_QUEUE && info->si_value.sival_int >= 0) {
		came_ms = clock_mono_ms();
		patience_ms = info->si_value.sival_int;
	}
	last = signum;
	count++;
}

void
stop_catch(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction act = { .sa_sigaction = remember, .sa_flags = SA_SIGINFO };

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct sigaction old;

		/* what is ignored stays so: that is how nohup asks to go on */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
	}
}

void
stop_at_pipe(void)
{
	struct sigaction act = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &act, NULL);
}

int
stop_signal(void)
{
	return last;
}

int
stop_count(void)
{
	return count;
}

int
stop_patience_ms(int usual)
{
	int64_t left;

	if (patience_ms < 0)
		return usual;
	left = came_ms + patience_ms - clock_mono_ms();
	return left > 0 ? (int)left : 0;
}

int
stop_send(int pidfd, int patience)
{
	siginfo_t info = { .si_signo = SIGTERM, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = patience;
	if (pidfd_send_signal(pidfd, SIGTERM, &info, 0) < 0)
		return -1;
	pidfd_send_signal(pidfd, SIGCONT, NULL, 0); /* one that is stopped could not obey */
	return 0;
}
