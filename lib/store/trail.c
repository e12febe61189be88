#include "trail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dir.h"
#include "err.h"

enum { READ_BYTES = 64 << 10 };

const char *
trail_name(const char *task_id, char name[TRAIL_NAME_BYTES])
{
	snprintf(name, TRAIL_NAME_BYTES, "%s.log", task_id);
	return name;
}

/* Reads on behind what is buffered; bytes, 0 at the end, or -1 with err. */
static ssize_t
read_more(struct trail *t, int logs_fd, const char *task_id)
{
	char name[TRAIL_NAME_BYTES];
	ssize_t n;

	trail_name(task_id, name);
	if (t->fd < 0)
		t->fd = dir_open_file(logs_fd, name, O_RDONLY);
	if (t->fd < 0)
		return errno == ENOENT ? 0 : err_sys("logs/agents/%s", name);
	n = dir_read_all(t->fd, buf_room(&t->buf, READ_BYTES), READ_BYTES,
	    (off_t)(t->at + t->buf.len));
	if (n < 0)
		return err_sys("logs/agents/%s", name);
	t->buf.len += (size_t)n;
	return n;
}

int
trail_next(struct trail *t, int logs_fd, const char *task_id, struct scan_text *line)
{
	size_t known = t->taken; /* there is no newline before */
	ssize_t more = 1;

	while (more > 0) {
		char *newline =
		    t->buf.len > known ? memchr(t->buf.p + known, '\n', t->buf.len - known) : NULL;

		if (newline) {
			line->p = t->buf.p + t->taken;
			line->len = (size_t)(newline - line->p);
			t->taken += line->len + 1;
			t->at += line->len + 1;
			return 1;
		}
		if (t->taken > 0)
			buf_cut(&t->buf, t->taken);
		t->taken = 0;
		known = t->buf.len;
		more = read_more(t, logs_fd, task_id);
	}
	t->buf.len = 0; /* half a line is to be read again */
	return (int)more;
}

void
trail_release(struct trail *t)
{
	if (t->fd >= 0)
		close(t->fd);
	buf_release(&t->buf);
}
