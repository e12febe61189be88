#include "chime.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bell.h"
#include "buf.h"

/* How many listeners are rung sooner than a process is made that does it. */
enum { RUNG_AT_ONCE = 8 };

static void
hold(struct chime *c, const char *topic)
{
	for (size_t i = 0; i < c->len; i++)
		if (!strcmp(c->held[i], topic))
			return;
	c->held = xrealloc(c->held, (c->len + 1) * sizeof *c->held);
	c->held[c->len++] = xstrdup(topic);
}

void
chime_ring(struct chime *c, const char *topic)
{
	if (c->is_holding)
		hold(c, topic);
	else
		bell_ring(c->watch_fd, topic);
}

static void
forget(struct chime *c)
{
	while (c->len > 0)
		free(c->held[--c->len]);
}

void
chime_ring_held(struct chime *c)
{
	for (size_t i = 0; i < c->len; i++)
		bell_ring(c->watch_fd, c->held[i]);
	forget(c);
}

/* How many wait for what is held. */
static size_t
count_listeners(const struct chime *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->len; i++)
		count += bell_count(c->watch_fd, c->held[i]);
	return count;
}

static void
drop_standard_files(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= STDERR_FILENO && null >= 0; fd++)
		dup2(null, fd);
}

void
chime_ring_apart(struct chime *c)
{
	pid_t pid = count_listeners(c) > RUNG_AT_ONCE ? fork() : -1;

	if (pid == 0) {
		setsid();
		drop_standard_files();
		chime_ring_held(c);
		_exit(0);
	}
	if (pid < 0)
		chime_ring_held(c);
	forget(c);
}

void
chime_release(struct chime *c)
{
	chime_ring_held(c);
	free(c->held);
	c->held = NULL;
}
