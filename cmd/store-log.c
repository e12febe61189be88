/* store-log - print transactions, as they are in the journal */
#include <limits.h>
#include <unistd.h>

#include "bell.h"
#include "err.h"
#include "feed.h"
#include "lines.h"
#include "opt.h"
#include "stop.h"

/* How long a lost bell may go unnoticed; how much is printed at once. */
enum { POLL_MS = 2000, FLUSH_BYTES = 1 << 18 };

static long since;
static bool follow;

static const struct opt opts[] = { { 0, "since", "revision", "only those after this one",
				       .num = &since, .max = LONG_MAX },
	{ 'f', "follow", NULL, "go on with new ones as they happen", .set = &follow }, { 0 } };

static const struct cmd cmd = { "store-log", "print transactions, as they are in the journal", "",
	opts, false };

struct log {
	struct store *s;
	struct feed *feed;
	struct out out;
	uint64_t printed; /* revision */
};

/* A feed from the journal's beginning: after a compaction that is its base. */
static void
open_feed(struct log *l)
{
	struct tx *tx = store_read(l->s);

	if (!tx)
		err_exit();
	feed_close(l->feed);
	l->feed = feed_open(tx);
	if (!l->feed || store_end(tx) < 0)
		err_exit();
	feed_rewind(l->feed);
}

/* 0, or -1 where a signal has ended it. */
static int
flush(struct log *l)
{
	if (out_flush(&l->out) == 0)
		return 0;
	if (!stop_signal())
		err_exit();
	return -1;
}

/* Prints what there is. */
static void
print(struct log *l)
{
	enum feed_result rc;
	struct scan_text line;
	uint64_t revision;

	while ((rc = feed_next_line(l->feed, &line, &revision)) != FEED_NONE) {
		if (rc == FEED_FAIL)
			err_exit();
		if (rc == FEED_GONE) {
			since = (long)l->printed > since ? (long)l->printed : since;
			open_feed(l);
			continue;
		}
		if (revision <= (uint64_t)since)
			continue;
		out_text(&l->out, line.p, line.len);
		l->printed = revision;
		if (l->out.buf.len > FLUSH_BYTES && flush(l) < 0)
			return;
	}
	flush(l);
}

int
main(int argc, char *argv[])
{
	struct log l = { .out.fd = STDOUT_FILENO };
	struct bell *bell = NULL;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (follow)
		stop_catch();
	if (!(l.s = store_open()) || (follow && !(bell = bell_open(store_watch_fd(l.s), "store"))))
		err_exit();
	open_feed(&l);
	print(&l);
	while (follow && !stop_signal() && bell_wait(bell, POLL_MS, l.out.fd) >= 0)
		print(&l);
	bell_close(bell);
	feed_close(l.feed);
	store_close(l.s);
	return stop_signal() ? 128 + stop_signal() : 0;
}
