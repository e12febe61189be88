#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "lease.h"
#include "proc.h"

struct lease_entry {
	char id[37];
	int pidfd; /* -1: cannot be had; then only the flock tells */
	bool is_wanted;
};

static bool
has_ended(const struct lease_entry *e)
{
	struct pollfd p = { e->pidfd, POLLIN, 0 };

	return e->pidfd < 0 || poll(&p, 1, 0) != 0;
}

static void
drop(struct lease_watch *w, struct lease_entry *e)
{
	if (e->pidfd >= 0)
		close(e->pidfd);
	*e = w->entry[--w->len];
}

bool
lease_is_live(struct lease_watch *w, const char *lease)
{
	struct lease_entry *e;

	for (size_t i = 0; i < w->len; i++)
		if (!strcmp(w->entry[i].id, lease)) {
			w->entry[i].is_wanted = true;
			if (!has_ended(&w->entry[i]) || proc_lease_is_live(w->run_fd, lease))
				return true;
			drop(w, &w->entry[i]);
			return false;
		}
	if (!proc_lease_is_live(w->run_fd, lease))
		return false;
	w->entry = xrealloc(w->entry, (w->len + 1) * sizeof *w->entry);
	e = &w->entry[w->len++];
	memset(e, 0, sizeof *e);
	strncpy(e->id, lease, sizeof e->id - 1);
	e->pidfd = proc_lease_pidfd(w->run_fd, lease, NULL);
	e->is_wanted = true;
	return true;
}

size_t
lease_poll_fds(const struct lease_watch *w, struct pollfd *fds)
{
	for (size_t i = 0; i < w->len; i++)
		fds[i] = (struct pollfd){ w->entry[i].pidfd, POLLIN, 0 };
	return w->len;
}

void
lease_forget(struct lease_watch *w)
{
	for (size_t i = w->len; i-- > 0;) {
		if (!w->entry[i].is_wanted)
			drop(w, &w->entry[i]);
		else
			w->entry[i].is_wanted = false;
	}
}

void
lease_release(struct lease_watch *w)
{
	while (w->len > 0)
		drop(w, &w->entry[0]);
	free(w->entry);
	w->entry = NULL;
}
