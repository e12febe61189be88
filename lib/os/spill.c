#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dir.h"
#include "err.h"
#include "id.h"
#include "jail.h"
#include "json.h"
#include "spill.h"

/* Of a text that is too long. */
enum { END_MAX = 4 << 10, NOTE_MAX = 300, BEGIN_MAX = SPILL_TEXT_MAX - END_MAX - NOTE_MAX };

void
spill_init(struct spill *s, const char *folder, const char *name)
{
	*s = (struct spill){ .folder = folder, .name = name, .fd = -1 };
}

/* Make the file, which nothing that lies there can turn into another.  -1 with err. */
static int
make_file(struct spill *s)
{
	int folder_fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), parent_fd;
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	const char *name;
	char id[ID_TEXT];

	if (folder_fd < 0)
		return err_sys("%s", s->folder);
	s->path = xprintf(".legwork/%s-%.8s.txt", s->name, id_new(id));
	parent_fd = jail_open_parent(folder_fd, s->path, &name);
	if (parent_fd >= 0 && (s->fd = openat(parent_fd, name, flags, 0600)) < 0)
		err_sys("%s", s->path);
	if (parent_fd >= 0)
		close(parent_fd);
	close(folder_fd);
	return s->fd < 0 ? -1 : 0;
}

static void
give_up(struct spill *s, const char *why)
{
	s->fault = xstrdup(why);
	if (s->fd >= 0) {
		close(s->fd);
	} else {
		free(s->path);
		s->path = NULL;
	}
	s->fd = -1;
}

static void
write_file(struct spill *s, const char *bytes, size_t len, uint64_t at)
{
	size_t fit = len;

	if (s->fault)
		return;
	if (fit > SPILL_FILE_MAX - at)
		fit = SPILL_FILE_MAX - at;
	if (dir_write_all(s->fd, bytes, fit) < 0)
		give_up(s, strerror(errno));
	else if (fit < len)
		give_up(s, "the rest was too much, and dropped");
}

void
spill_add(struct spill *s, const char *bytes, size_t len)
{
	size_t room = SPILL_TEXT_MAX - s->text.len, last = len < END_MAX ? len : END_MAX;

	buf_add(&s->text, bytes, len < room ? len : room);
	buf_add(&s->end, bytes + len - last, last);
	if (s->end.len > END_MAX)
		buf_cut(&s->end, s->end.len - END_MAX);
	if (s->bytes <= SPILL_TEXT_MAX && s->bytes + len > SPILL_TEXT_MAX) {
		if (make_file(s) < 0)
			give_up(s, err_text());
		write_file(s, s->text.p, (size_t)s->bytes, 0);
	}
	if (s->bytes + len > SPILL_TEXT_MAX)
		write_file(s, bytes, len, s->bytes);
	s->bytes += len;
}

static void
add_utf8(struct buf *b, const char *bytes, size_t len)
{
	jv text = json_utf8(bytes ? bytes : "", len);

	buf_puts(b, jv_string_value(text));
	jv_free(text);
}

/* Whether a byte goes on with a character. */
static bool
is_within(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

void
spill_text(const struct spill *s, struct buf *b)
{
	size_t begin = BEGIN_MAX, skip = 0;

	if (s->bytes <= SPILL_TEXT_MAX) {
		add_utf8(b, s->text.p, s->text.len);
		return;
	}
	/* No character is cut in two. */
	while (begin > BEGIN_MAX - 4 && is_within(s->text.p[begin]))
		begin--;
	while (skip < 3 && is_within(s->end.p[skip]))
		skip++;
	add_utf8(b, s->text.p, begin);
	buf_printf(b, "\n[%" PRIu64 " of %" PRIu64 " bytes left out here",
	    s->bytes - begin - (s->end.len - skip), s->bytes);
	if (!s->fault)
		buf_printf(b, "; all of it is in the file %s]\n", s->path);
	else if (s->path)
		buf_printf(b, "; its beginning is in the file %s: %s]\n", s->path, s->fault);
	else
		buf_printf(b, "; they could not be kept: %s]\n", s->fault);
	add_utf8(b, s->end.p + skip, s->end.len - skip);
}

void
spill_release(struct spill *s)
{
	if (s->fd >= 0)
		close(s->fd);
	buf_release(&s->text);
	buf_release(&s->end);
	free(s->path);
	free(s->fault);
	*s = (struct spill){ .fd = -1 };
}
