/* store-dump - export all records */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dir.h"
#include "err.h"
#include "fold.h"
#include "lines.h"
#include "opt.h"
#include "store.h"

enum { COPY_BYTES = 256 << 10 };

static const struct opt opts[] = { { 0 } };

static const struct cmd cmd = { "store-dump", "export all records", "", opts, 0 };

static void
add_member(struct buf *b, const char *name, struct scan_text value)
{
	buf_printf(b, "\"%s\":", name);
	buf_add(b, value.p, value.len);
}

/* A change without its number: numbers are given anew when it is loaded. */
static void
add_line(struct out *out, const struct fold_change *change)
{
	struct buf *b = &out->buf;

	buf_putc(b, '{');
	add_member(b, "key", change->key);
	buf_putc(b, ',');
	add_member(b, "sets", change->sets);
	buf_putc(b, ',');
	add_member(b, "names", change->names);
	buf_putc(b, ',');
	add_member(b, "value", change->value);
	buf_puts(b, "}\n");
}

/* One state of the whole store, into a file that has no name: whoever reads our output may be
 * slow, and must not hold writers up. */
static int
snapshot(struct store *s, int fd)
{
	static const char own[] = "\"store\""; /* who this store is: not for another one */
	struct tx *tx = store_read(s);
	struct out out = { .fd = fd };
	struct scan_text text;
	struct fold_change change;
	int rc = 0;

	if (!tx)
		return -1;
	for (uint64_t n = 0; rc == 0 && (n = store_next_record(tx, n)) != 0;) {
		if (!store_peek_change(tx, n, &text) || !fold_parse(text, &change))
			continue;
		if (change.key.len != sizeof own - 1 ||
		    memcmp(change.key.p, own, sizeof own - 1) != 0)
			add_line(&out, &change);
		if (out.buf.len > COPY_BYTES)
			rc = out_flush(&out);
	}
	if (rc == 0)
		rc = out_flush(&out);
	return store_end(tx) < 0 ? -1 : rc;
}

static int
copy(int from, int to)
{
	static char bytes[COPY_BYTES];
	off_t at = 0;
	ssize_t n;

	while ((n = dir_read_all(from, bytes, sizeof bytes, at)) > 0) {
		if (dir_write_all(to, bytes, (size_t)n) < 0)
			return err_set(EX_IOERR, "stdout: %s", strerror(errno));
		at += n;
	}
	return n < 0 ? err_sys("snapshot") : 0;
}

int
main(int argc, char *argv[])
{
	struct store *s;
	int fd;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (!(s = store_open()))
		err_exit();
	fd = openat(store_fd(s), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		err_sys("%s", store_path(s));
		err_exit();
	}
	if (snapshot(s, fd) < 0 || copy(fd, STDOUT_FILENO) < 0)
		err_exit();
	close(fd);
	store_close(s);
	return 0;
}
