#include <poll.h>

#include "box.h"
#include "clock.h"
#include "id.h"
#include "lease.h"
#include "proc.h"
#include "tap.h"

enum { HOLDERS = 40 };

struct holder {
	pid_t pid;
	char lease[ID_TEXT];
};

/* A process that takes a lease, tells its name, and stays until it is killed. */
static struct holder
start_holder(void)
{
	struct holder h;
	int fds[2];

	if (pipe(fds) < 0)
		abort();
	h.pid = box_fork();
	if (h.pid == 0) {
		struct proc_lease lease;

		if (proc_lease_take(&lease, box_fd) < 0 || write(fds[1], lease.id, ID_TEXT) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	if (read(fds[0], h.lease, ID_TEXT) != ID_TEXT)
		abort();
	close(fds[0]);
	return h;
}

static void
test_one(void)
{
	struct lease_watch w = { .run_fd = box_fd };
	struct holder h = start_holder();
	struct pollfd fds[1];
	char nobody[ID_TEXT];

	ok(!lease_is_live(&w, id_new(nobody)), "a lease that nobody took is not live");
	ok(!lease_is_live(&w, "../box") && !lease_is_live(&w, ""), "nor one that is no id");
	is_int((long long)w.len, 0, "none of them is watched");
	ok(lease_is_live(&w, h.lease), "one whose holder lives is");
	ok(lease_is_live(&w, h.lease) && w.len == 1, "asked for twice, it is watched once");
	is_int((long long)lease_poll_fds(&w, fds), 1, "it has one descriptor");
	is_int(poll(fds, 1, 0), 0, "which is silent while the holder lives");
	kill(h.pid, SIGKILL);
	is_int(poll(fds, 1, BOX_DEADLINE_MS), 1, "and readable as soon as it dies");
	waitpid(h.pid, NULL, 0);
	ok(!lease_is_live(&w, h.lease), "the lease is not live then");
	is_int((long long)w.len, 0, "nor watched any more");
	lease_release(&w);
}

/* The lease is given back, the process goes on. */
static void
test_own(void)
{
	struct lease_watch w = { .run_fd = box_fd };
	struct proc_lease lease;

	ok(proc_lease_take(&lease, box_fd) == 0 && lease_is_live(&w, lease.id),
	    "a lease of our own is live");
	proc_lease_drop(&lease, box_fd);
	lease_forget(&w);
	lease_forget(&w);
	is_int((long long)w.len, 0, "one that nobody asks for is forgotten");
	ok(!lease_is_live(&w, lease.id), "one that was given back is not live");
	lease_release(&w);
}

static void
test_many(void)
{
	struct lease_watch w = { .run_fd = box_fd };
	struct holder holders[HOLDERS];
	struct pollfd fds[HOLDERS];
	int live = 0, before = box_descriptors(), wrong = 0;

	for (int i = 0; i < HOLDERS; i++) {
		holders[i] = start_holder();
		live += lease_is_live(&w, holders[i].lease);
	}
	is_int(live, HOLDERS, "forty holders are watched");
	for (int i = 0; i < HOLDERS; i += 2)
		kill(holders[i].pid, SIGKILL);
	for (int i = 0; i < HOLDERS; i += 2)
		waitpid(holders[i].pid, NULL, 0);
	lease_poll_fds(&w, fds);
	is_int(poll(fds, HOLDERS, BOX_DEADLINE_MS), HOLDERS / 2, "the deaths of half are seen");
	for (int i = 0; i < HOLDERS; i++)
		wrong += lease_is_live(&w, holders[i].lease) != (i % 2 == 1);
	is_int(wrong, 0, "each is told from the living");
	is_int((long long)w.len, HOLDERS / 2, "only the living are watched on");
	lease_forget(&w);
	for (int i = 1; i < HOLDERS; i += 4)
		lease_is_live(&w, holders[i].lease);
	lease_forget(&w);
	is_int((long long)w.len, HOLDERS / 4, "forgetting keeps those that were asked for since");
	wrong = 0;
	for (int i = 1; i < HOLDERS; i += 4)
		wrong += !lease_is_live(&w, holders[i].lease);
	is_int(wrong, 0, "and they are still live");
	lease_release(&w);
	is_int(box_descriptors(), before, "released, no descriptor is left");
	for (int i = 1; i < HOLDERS; i += 2)
		box_kill(holders[i].pid);
}

int
main(void)
{
	box_open("lease", 1);
	test_one();
	test_own();
	test_many();
	box_close();
	return done_testing();
}
