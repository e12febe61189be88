#include <signal.h>
#include <stddef.h>

#include "stop.h"

static volatile sig_atomic_t last, count;

static void
remember(int signum)
{
	last = signum;
	count++;
}

void
stop_catch(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction act = { .sa_handler = remember };

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
