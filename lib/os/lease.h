/*
 * lease.h - watch the processes that hold leases, to know at once when one dies
 *
 * A pidfd tells when; the flock (proc.h) is the proof.
 */
#ifndef LEASE_H
#define LEASE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct lease_watch {
	struct lease_entry *entry;
	size_t len;
	int run_fd;
};

/* lease_is_live - whether a process holds the lease; it is watched from now on if so. */
bool lease_is_live(struct lease_watch *w, const char *lease);

/* lease_poll_fds - descriptors that become readable when a holder dies, appended to fds (room for
 * w->len more).  Returns how many. */
size_t lease_poll_fds(const struct lease_watch *w, struct pollfd *fds);

/* lease_forget - stop watching those that were not asked for since the last lease_forget. */
void lease_forget(struct lease_watch *w);

/* lease_release - stop watching all. */
void lease_release(struct lease_watch *w);

#endif
