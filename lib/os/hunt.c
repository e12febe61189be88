#include "hunt.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "procfs.h"

enum {
	FOUND_MAX = 64,       /* descriptors of one scan */
	KILL_WAIT_MS = 10000, /* from KILL until it is not believed any more */
	UNCLEAR_MAX = 50,     /* scans that find nobody and are not sure */
	WAIT_MS = 50          /* from one scan to the next, at most */
};

static void
drop_found(struct hunt *h)
{
	while (h->founds > 0)
		close(h->found[--h->founds].fd);
}

struct hunt *
hunt_open(const char *name)
{
	struct hunt *h = xmalloc(sizeof *h);

	*h = (struct hunt){ .name = xstrdup(name) };
	h->text = xmalloc(sizeof *h->text);
	*h->text = (struct buf){ 0 };
	h->found = xmalloc(FOUND_MAX * sizeof *h->found);
	h->whose = xmalloc(FOUND_MAX * sizeof *h->whose);
	return h;
}

void
hunt_close(struct hunt *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->values; i++)
		free(h->value[i]);
	drop_found(h);
	buf_release(h->text);
	free(h->text);
	free(h->value);
	free(h->runner);
	free(h->found);
	free(h->whose);
	free(h->prey);
	free(h->name);
	free(h);
}

size_t
hunt_add(struct hunt *h, const char *value)
{
	h->value = xrealloc(h->value, (h->values + 1) * sizeof *h->value);
	h->value[h->values] = xstrdup(value);
	h->runner = xrealloc(h->runner, (h->values + 1) * sizeof *h->runner);
	h->runner[h->values] = 0;
	hunt_again(h);
	return h->values++;
}

void
hunt_runner(struct hunt *h, size_t value, pid_t pid)
{
	h->runner[value] = pid;
}

enum verdict { NOT_MARKED, MARKED, UNCLEAR };

/* Which of the values the environment in h->text has; false: none. */
static bool
find_value(const struct hunt *h, size_t *value)
{
	const char *p = h->text->p, *end = h->text->p + h->text->len;
	size_t name_len = strlen(h->name), len;

	for (; (p = memmem(p, (size_t)(end - p), h->name, name_len)); p++) {
		if (p > h->text->p && p[-1] != '\0')
			continue;
		len = strnlen(p + name_len, (size_t)(end - p) - name_len);
		for (size_t i = 0; i < h->values; i++) {
			*value = i;
			if (strlen(h->value[i]) == len && !memcmp(h->value[i], p + name_len, len))
				return true;
		}
	}
	return false;
}

/* Whether it is one that was found, or its child, or in its group or session, or the runner's
 * child. */
static bool
is_kin(const struct hunt *h, pid_t pid, const struct procfs_stat *st, size_t *value)
{
	for (size_t i = 0; i < h->len; i++) {
		const struct hunt_prey *prey = &h->prey[i];

		*value = prey->value;
		if (prey->pid == pid && prey->start == st->start)
			return true;
		if (prey->scan + 1 >= h->scans && /* later its number may be another's */
		    (st->ppid == prey->pid || st->pgid == prey->pid || st->sid == prey->pid))
			return true;
	}
	for (*value = 0; *value < h->values; ++*value)
		if (h->runner[*value] && h->runner[*value] == st->ppid)
			return true;
	return false;
}

/* Another user's, or one that keeps its secrets. */
static enum verdict
judge_unreadable(struct hunt *h, pid_t pid, struct procfs_stat *st, size_t *value)
{
	if (!procfs_stat(pid, h->text, st))
		return UNCLEAR;
	return !procfs_is_dead(st->state) && is_kin(h, pid, st, value) ? MARKED : NOT_MARKED;
}

/*
 * Whether pid carries the mark.  Unclear: it went away under our hands, perhaps leaving a child
 * behind us, or it is in the middle of an exec and has no environment yet.
 */
static enum verdict
judge(struct hunt *h, pid_t pid, struct procfs_stat *st, size_t *value)
{
	bool is_read;

	h->text->len = 0;
	is_read = procfs_read(pid, "environ", h->text) == 0;
	if (!is_read && (errno == EACCES || errno == EPERM))
		return judge_unreadable(h, pid, st, value);
	if (h->text->len > 0) {
		if (!find_value(h, value))
			return NOT_MARKED;
		if (procfs_stat(pid, h->text, st) && !procfs_is_dead(st->state))
			return MARKED;
		return UNCLEAR;
	}
	if (!procfs_stat(pid, h->text, st))
		return UNCLEAR;
	if (procfs_is_dead(st->state) || st->is_kernel || st->is_without_env)
		return NOT_MARKED; /* it has none, and will have none */
	return UNCLEAR;
}

/* The record of a process, made where there is none. */
static size_t
prey_of(struct hunt *h, pid_t pid, unsigned long long start, size_t value)
{
	for (size_t i = 0; i < h->len; i++)
		if (h->prey[i].pid == pid && h->prey[i].start == start)
			return i;
	if (h->len == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 64;
		h->prey = xrealloc(h->prey, h->cap * sizeof *h->prey);
	}
	h->prey[h->len] = (struct hunt_prey){ .pid = pid, .start = start, .value = value };
	return h->len++;
}

/* Signals a process, once with each signal.  Returns whether to wait for its end. */
static bool
strike(struct hunt_prey *prey, int pidfd, int signal)
{
	int64_t now_ms = clock_mono_ms();

	prey->is_here = true;
	if (prey->signal == signal) {
		if (prey->killed_ms && now_ms - prey->killed_ms >= KILL_WAIT_MS)
			prey->error = ETIMEDOUT;
		return !prey->error;
	}
	prey->error = pidfd_send_signal(pidfd, signal, NULL, 0) < 0 && errno != ESRCH ? errno : 0;
	if (prey->error)
		return false;
	/* A stopped one could not obey. */
	if (signal == SIGTERM)
		pidfd_send_signal(pidfd, SIGCONT, NULL, 0);
	else
		prey->killed_ms = now_ms;
	prey->signal = signal;
	return true;
}

/* Few are marked: only of those a pidfd is opened, and then it is looked once more what it is. */
static void
look_at(struct hunt *h, pid_t pid, int signal)
{
	struct procfs_stat st;
	size_t value, i;
	enum verdict verdict = judge(h, pid, &st, &value);
	int pidfd = verdict == MARKED ? pidfd_open(pid, 0) : -1;

	if (verdict == MARKED)
		verdict = pidfd < 0 ? UNCLEAR : judge(h, pid, &st, &value);
	if (verdict == UNCLEAR)
		h->is_unclear = true;
	if (verdict == MARKED) {
		i = prey_of(h, pid, st.start, value);
		h->prey[i].scan = h->scans;
		if (strike(&h->prey[i], pidfd, signal)) {
			h->is_any = true;
			if (h->founds < FOUND_MAX) {
				h->whose[h->founds] = i;
				h->found[h->founds++] = (struct pollfd){ pidfd, POLLIN, 0 };
				return;
			}
		}
	}
	if (pidfd >= 0)
		close(pidfd);
}

int
hunt_scan(struct hunt *h, int signal)
{
	struct procfs_walk w;
	pid_t pid, self = getpid();

	h->is_any = h->is_unclear = false;
	drop_found(h);
	if (procfs_walk_open(&w) < 0)
		return -1;
	h->scans++;
	for (size_t i = 0; i < h->len; i++)
		h->prey[i].is_here = false;
	while ((pid = procfs_walk_next(&w)) > 0)
		if (pid != 1 && pid != self)
			look_at(h, pid, signal);
	h->quiet = h->is_any ? 0 : h->quiet + 1;
	h->empty = h->is_any || h->is_unclear ? 0 : h->empty + 1;
	return 0;
}

/* Drops those of fds that have ended; founds are the first. */
static void
drop_ended(struct hunt *h, struct pollfd *fds, size_t *len)
{
	for (size_t i = *len; i-- > 0;) {
		if (!fds[i].revents)
			continue;
		if (i < h->founds) {
			h->prey[h->whose[i]].is_here = false;
			close(fds[i].fd);
			h->founds--;
			h->whose[i] = h->whose[h->founds];
			fds[i] = fds[h->founds];
			fds[h->founds] = fds[--*len];
		} else {
			fds[i] = fds[--*len];
		}
	}
}

void
hunt_wait(struct hunt *h, int64_t until_ms, const struct pollfd *also, size_t also_len)
{
	struct pollfd *fds = xmalloc((h->founds + also_len + 1) * sizeof *fds);
	int64_t now_ms = clock_mono_ms(), stop_ms = now_ms + WAIT_MS;
	size_t len = h->founds;

	if (stop_ms > until_ms && until_ms > now_ms)
		stop_ms = until_ms;
	memcpy(fds, h->found, h->founds * sizeof *fds);
	for (size_t i = 0; i < also_len; i++)
		if (also[i].fd >= 0)
			fds[len++] = (struct pollfd){ also[i].fd, POLLIN, 0 };
	while (len > 0 && now_ms < stop_ms && poll(fds, len, (int)(stop_ms - now_ms)) > 0) {
		drop_ended(h, fds, &len);
		now_ms = clock_mono_ms();
	}
	while (h->founds > 0)
		close(fds[--h->founds].fd);
	free(fds);
	if (len == 0 && h->is_unclear)
		poll(NULL, 0, h->quiet / 5); /* who is in the middle of an exec gets on */
}

bool
hunt_is_over(const struct hunt *h)
{
	return h->empty >= 2 || h->quiet >= UNCLEAR_MAX;
}

void
hunt_again(struct hunt *h)
{
	h->empty = h->quiet = 0;
}

int
hunt_check(const struct hunt *h)
{
	for (size_t i = 0; i < h->len; i++) {
		const struct hunt_prey *prey = &h->prey[i];

		if (prey->is_here && prey->error)
			return err_set(EX_NOPERM, "process %d: %s", (int)prey->pid,
			    prey->error == ETIMEDOUT ? "does not end" : strerror(prey->error));
	}
	return 0;
}
