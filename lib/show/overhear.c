#include "overhear.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "dir.h"
#include "id.h"
#include "json.h"
#include "proc.h"

enum { READ_BYTES = 64 << 10 };

/* One text. */
struct source {
	char *name;
	int fd;
	off_t at;
	struct buf lines; /* read, and not yet taken */
	struct buf new;   /* what is to be handed over */
	int64_t offset;
	jv head;         /* invalid: not yet read */
	bool is_ended;   /* an event says it whole */
	bool is_printed; /* whoever looks has had that event */
};

/* An event that has been said since the last look. */
struct said {
	char task_id[ID_TEXT];
	bool is_thought;
	int64_t n;
};

struct overhear {
	int run_fd;
	char *chat_id; /* NULL: all */
	struct source *source;
	size_t sources;
	struct said *said;
	size_t saids;
};

struct overhear *
overhear_open(int run_fd, const char *chat_id)
{
	struct overhear *o = xmalloc(sizeof *o);

	*o = (struct overhear){ .run_fd = run_fd, .chat_id = chat_id ? xstrdup(chat_id) : NULL };
	return o;
}

static void
release(struct source *s)
{
	buf_release(&s->new);
	buf_release(&s->lines);
	jv_free(s->head);
	close(s->fd);
	free(s->name);
}

void
overhear_close(struct overhear *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->sources; i++)
		release(&o->source[i]);
	free(o->source);
	free(o->said);
	free(o->chat_id);
	free(o);
}

char *
overhear_topic(const char *chat_id)
{
	return chat_id ? xprintf("partial-%s", chat_id) : xstrdup("partials");
}

/* --- what there is */

/* The lease that a name begins with; false: it is no name of a text. */
static bool
lease_of(const char *name, char lease[ID_TEXT])
{
	if (strlen(name) < ID_TEXT || name[ID_TEXT - 1] != '.')
		return false;
	memcpy(lease, name, ID_TEXT - 1);
	lease[ID_TEXT - 1] = '\0';
	return id_is_full(lease);
}

static bool
is_live(const struct overhear *o, const char *name)
{
	char lease[ID_TEXT];

	return lease_of(name, lease) && proc_lease_is_live(o->run_fd, lease);
}

/* Whether the name is that of a text in our chat. */
static bool
is_wanted(const struct overhear *o, const char *name)
{
	char lease[ID_TEXT];

	return lease_of(name, lease) &&
	       (!o->chat_id || !strncmp(name + ID_TEXT, o->chat_id, ID_TEXT - 1));
}

static bool
is_known(const struct overhear *o, const char *name)
{
	for (size_t i = 0; i < o->sources; i++)
		if (!strcmp(o->source[i].name, name))
			return true;
	return false;
}

/* A text that has begun since the last look, unless whoever has written it is dead. */
static void
add_source(struct overhear *o, const char *name)
{
	int fd = is_live(o, name) ? dir_open_file(o->run_fd, name, O_RDONLY) : -1;

	if (fd < 0)
		return;
	o->source = xrealloc(o->source, (o->sources + 1) * sizeof *o->source);
	o->source[o->sources++] =
	    (struct source){ .name = xstrdup(name), .fd = fd, .head = jv_invalid() };
}

static void
find_sources(struct overhear *o)
{
	DIR *dir = dir_list(o->run_fd, ".");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (is_wanted(o, entry->d_name) && !is_known(o, entry->d_name))
			add_source(o, entry->d_name);
	closedir(dir);
}

/* --- what is new in one */

static void
take_line(struct source *s, jv line)
{
	jv text = json_get(line, "text", JV_KIND_STRING);

	if (!jv_is_valid(s->head)) {
		jv_free(s->head);
		s->head = jv_copy(line);
	}
	s->is_ended = s->is_ended || json_peek_bool(line, "end");
	if (jv_is_valid(text))
		buf_add(&s->new, jv_string_value(text),
		    (size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
	jv_free(line);
}

static void
take_lines(struct source *s)
{
	size_t taken = 0;
	const char *newline;

	while (s->lines.len > taken &&
	       (newline = memchr(s->lines.p + taken, '\n', s->lines.len - taken))) {
		size_t len = (size_t)(newline - s->lines.p) - taken;
		jv line = json_parse_object(s->lines.p + taken, len);

		if (jv_is_valid(line))
			take_line(s, line);
		else
			jv_free(line);
		taken += len + 1;
	}
	if (taken > 0)
		buf_cut(&s->lines, taken);
}

static void
read_on(struct source *s)
{
	ssize_t n;

	while ((n = dir_read_all(s->fd, buf_room(&s->lines, READ_BYTES), READ_BYTES, s->at)) > 0) {
		s->at += n;
		s->lines.len += (size_t)n;
		take_lines(s);
	}
}

/* Whether that event says the whole of the text. */
static bool
is_whole(const struct said *said, jv data)
{
	const char *task_id = json_peek_string(data, "task_id"),
		   *kind = json_peek_string(data, "kind");

	return task_id && kind && !strcmp(said->task_id, task_id) &&
	       said->is_thought == !strcmp(kind, "thought") &&
	       said->n > json_peek_int(data, "after", 0);
}

/* Passes over what has been said whole. */
static void
pass_over(const struct overhear *o, struct source *s)
{
	jv data = json_get(s->head, "data", JV_KIND_OBJECT);

	for (size_t i = 0; i < o->saids; i++)
		s->is_printed = s->is_printed || is_whole(&o->said[i], data);
	jv_free(data);
}

static jv
delta_of(const struct source *s, int64_t offset, jv text)
{
	jv data = json_get(s->head, "data", JV_KIND_OBJECT);
	jv delta = json_set_string(jv_object(), "type", "delta");

	data = json_set_int(jv_is_valid(data) ? data : jv_object(), "offset", offset);
	return json_set(jv_object_merge(delta, jv_copy(s->head)), "data",
	    json_set(data, "text", text));
}

static void
hand_over(struct source *s, void (*take)(void *arg, jv delta), void *arg)
{
	jv text = json_utf8(s->new.p, s->new.len);

	s->new.len = 0;
	take(arg, delta_of(s, s->offset, jv_copy(text)));
	s->offset += jv_string_length_codepoints(text);
}

/* Returns whether there may be more some day. */
static bool
look_at(const struct overhear *o, struct source *s, void (*take)(void *arg, jv delta), void *arg)
{
	struct stat st;
	/* asked first: what was written before its end is then read */
	bool is_gone = fstat(s->fd, &st) < 0 || st.st_nlink == 0 || !is_live(o, s->name), is_void;

	read_on(s);
	pass_over(o, s);
	is_void = is_gone && !s->is_ended && !s->is_printed;
	if (s->new.len > 0 && !is_void && !s->is_printed)
		hand_over(s, take, arg);
	if (is_void && s->offset > 0)
		take(arg, delta_of(s, 0, jv_string("")));
	return !is_gone;
}

void
overhear_look(struct overhear *o, void (*take)(void *arg, jv delta), void *arg)
{
	size_t kept = 0;

	find_sources(o);
	for (size_t i = 0; i < o->sources; i++) {
		if (look_at(o, &o->source[i], take, arg))
			o->source[kept++] = o->source[i];
		else
			release(&o->source[i]);
	}
	o->sources = kept;
	o->saids = 0;
}

void
overhear_said(struct overhear *o, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	const char *type = json_peek_string(event, "type"),
		   *task_id = json_peek_string(data, "task_id");
	bool is_thought = type && !strcmp(type, "thought");

	if (task_id && strlen(task_id) < ID_TEXT &&
	    (is_thought || (type && !strcmp(type, "message")))) {
		struct said *said;

		o->said = xrealloc(o->said, (o->saids + 1) * sizeof *o->said);
		said = &o->said[o->saids++];
		*said =
		    (struct said){ .is_thought = is_thought, .n = json_peek_int(event, "n", 0) };
		strncpy(said->task_id, task_id, ID_TEXT - 1);
	}
	jv_free(data);
}
