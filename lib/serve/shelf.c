#include "shelf.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "access.h"
#include "err.h"
#include "event.h"
#include "task.h"
#include "trail.h"

#define CHAT_URI "legwork://chat/"
#define TASK_URI "legwork://task/"
#define LOG_END  "/log"
#define LINES    "application/x-ndjson"

/* How many records are looked at for one page. */
enum { SCAN_MAX = 10000 };

static jv
described(jv one, const char *name, const char *title, const char *what)
{
	one = json_set_string(one, "name", name);
	one = json_set(one, "title", json_utf8(title, strlen(title)));
	one = json_set_string(one, "description", what);
	return json_set_string(one, "mimeType", LINES);
}

int
shelf_templates(struct desk *d, struct order *o)
{
	jv chat = json_set_string(jv_object(), "uriTemplate", CHAT_URI "{chat_id}"),
	   log = json_set_string(jv_object(), "uriTemplate", TASK_URI "{task_id}" LOG_END);

	(void)d;
	chat = described(chat, "chat", "A chat", "the last events of a chat, one to a line");
	log = described(log, "task-log", "A task's log", "the last lines of what its agent did");
	o->result = json_set(jv_object(), "resourceTemplates", JV_ARRAY(chat, log));
	return ORDER_DONE;
}

/* --- the list */

/* One kind of records, and how they look. */
struct kind {
	const char *set, *before, *after, *what;
	char mark; /* in a cursor */
};

static const struct kind kinds[] = {
	{ "chats", CHAT_URI, "", "what was said in a chat", 'c' },
	{ "tasks", TASK_URI, LOG_END, "what the agent of a task did", 't' },
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* Whether the user may read it, and there is something to read. */
static bool
is_shown(struct desk *d, struct tx *tx, const struct kind *k, jv record)
{
	if (k->mark == 'c')
		return may(NULL, record, d->user, MAY_READ) == 0;
	return json_peek_int(record, "attempt", 0) > 0 &&
	       access_may(tx, record, d->user, MAY_READ) == 0;
}

static jv
resource_of(const struct kind *k, jv record)
{
	const char *id = json_peek_string(record, "id"), *title = json_peek_string(record, "title");
	char *uri = xprintf("%s%s%s", k->before, id, k->after);
	jv one = json_set_string(jv_object(), "uri", uri);

	free(uri);
	return described(one, id, title ? title : id, k->what);
}

/* Adds those of a kind that come behind *n, until the page is full.  Whether it is. */
static bool
add_kind(struct desk *d, struct tx *tx, const struct kind *k, uint64_t *n, jv *page)
{
	for (int looked = 0; looked < SCAN_MAX && jv_array_length(jv_copy(*page)) < SHELF_PAGE;
	     looked++) {
		jv record;

		if ((*n = store_prev(tx, k->set, *n)) == 0)
			return false;
		record = store_at(tx, *n);
		if (is_shown(d, tx, k, record))
			*page = jv_array_append(*page, resource_of(k, record));
		jv_free(record);
	}
	return true;
}

/* Where a cursor points: a kind and a number.  -1 with err. */
static int
read_cursor(const char *cursor, size_t *kind, uint64_t *n)
{
	char mark, end;

	*kind = *n = 0;
	if (!cursor)
		return 0;
	if (sscanf(cursor, "%c%" SCNu64 "%c", &mark, n, &end) == 2)
		for (size_t i = 0; i < KINDS; i++)
			if (kinds[i].mark == mark) {
				*kind = i;
				return 0;
			}
	return err_set(EX_DATAERR, "cursor: is none that was handed out here");
}

static int
list(struct desk *d, struct tx *tx, struct order *o)
{
	jv page = jv_array();
	char *cursor = NULL;
	uint64_t n;
	size_t kind;

	if (read_cursor(order_text(o, "cursor"), &kind, &n) < 0)
		return (jv_free(page), -1);
	for (; kind < KINDS && !cursor; kind++, n = 0)
		if (add_kind(d, tx, &kinds[kind], &n, &page))
			cursor = xprintf("%c%" PRIu64, kinds[kind].mark, n);
	o->result = json_set(jv_object(), "resources", page);
	if (cursor)
		o->result = json_set_string(o->result, "nextCursor", cursor);
	free(cursor);
	return ORDER_DONE;
}

int
shelf_list(struct desk *d, struct order *o)
{
	return desk_look(d, o, list);
}

/* --- one of them */

/* The last events of a chat, as many as may be. */
static int
read_chat(struct desk *d, struct tx *tx, const char *given, struct buf *text)
{
	jv chat = desk_chat(d, tx, given, MAY_READ);
	uint64_t seq, n = 0, first;
	struct scan_text event;
	size_t bytes = 0;
	const char *id;

	if (!jv_is_valid(chat) || store_settle(tx) < 0)
		return (jv_free(chat), -1);
	id = json_peek_string(chat, "id");
	for (first = event_last(tx, id); first > 0; first--) {
		if (!(n = event_at(tx, id, first)) || !store_peek(tx, n, &event))
			break;
		bytes += event.len + 1;
		if (bytes > SHELF_BYTES)
			break;
	}
	for (n = 0, seq = first; (n = event_next(tx, id, &seq, n)) != 0;)
		if (store_peek(tx, n, &event)) {
			buf_add(text, event.p, event.len);
			buf_putc(text, '\n');
		}
	jv_free(chat);
	return 0;
}

/* How many bytes of a log are too many. */
static uint64_t
surplus(int logs_fd, const char *id)
{
	char name[TRAIL_NAME_BYTES];
	struct stat st;

	if (fstatat(logs_fd, trail_name(id, name), &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_size <= SHELF_BYTES)
		return 0;
	return (uint64_t)st.st_size - SHELF_BYTES;
}

/* Its last lines, whole ones; outside of a transaction, however long it is. */
static int
read_log(int logs_fd, const char *id, struct buf *text)
{
	uint64_t from = surplus(logs_fd, id);
	struct trail t = { .fd = -1, .at = from ? from - 1 : 0 };
	struct scan_text line;
	int rc = 1;

	if (from) /* the rest of the line before, which may be but its end */
		rc = trail_next(&t, logs_fd, id, &line);
	while (
	    rc > 0 && text->len <= SHELF_BYTES && (rc = trail_next(&t, logs_fd, id, &line)) > 0) {
		buf_add(text, line.p, line.len);
		buf_putc(text, '\n');
	}
	if (t.fd < 0 && rc == 0)
		rc = err_set(EX_NOINPUT, "task %s: has no log", id);
	trail_release(&t);
	return rc < 0 ? -1 : 0;
}

static void
set_contents(struct order *o, struct buf *text)
{
	jv content = json_set_string(jv_object(), "uri", order_text(o, "uri"));

	content = json_set_string(content, "mimeType", LINES);
	content = json_set(content, "text", json_utf8(text->p ? text->p : "", text->len));
	o->result = json_set(jv_object(), "contents", JV_ARRAY(content));
}

/* The task whose log is meant. */
static int
find_task(struct desk *d, struct tx *tx, struct order *o)
{
	const char *uri = order_text(o, "uri");
	size_t len = strlen(uri), end = strlen(LOG_END), begin = strlen(TASK_URI);
	char *given;
	jv task;

	if (strncmp(uri, TASK_URI, begin) != 0 || len < begin + end ||
	    strcmp(uri + len - end, LOG_END) != 0)
		return err_set(EX_NOINPUT, "uri: there is no such resource; there are " CHAT_URI
					   "ID and " TASK_URI "ID" LOG_END);
	given = xprintf("%.*s", (int)(len - end - begin), uri + begin);
	task = desk_task(d, tx, given, MAY_READ);
	free(given);
	if (jv_is_valid(task)) {
		jv_free(o->ids);
		o->ids = JV_ARRAY(json_get(task, "id", JV_KIND_STRING));
	}
	jv_free(task);
	return jv_is_valid(o->ids) ? ORDER_DONE : -1;
}

/* What is asked for: a chat's events; of a log, the task. */
static int
find(struct desk *d, struct tx *tx, struct order *o)
{
	const char *uri = order_text(o, "uri");
	struct buf text = { 0 };
	int rc;

	if (!uri)
		return err_set(EX_DATAERR, "uri: is missing, or no string");
	if (strncmp(uri, CHAT_URI, strlen(CHAT_URI)) != 0)
		return find_task(d, tx, o);
	rc = read_chat(d, tx, uri + strlen(CHAT_URI), &text);
	if (rc == 0)
		set_contents(o, &text);
	buf_release(&text);
	return rc < 0 ? -1 : ORDER_DONE;
}

int
shelf_read(struct desk *d, struct order *o)
{
	int rc = desk_look(d, o, find);
	struct buf text = { 0 };
	jv id;

	if (rc < 0 || !jv_is_valid(o->ids))
		return rc;
	id = jv_array_get(jv_copy(o->ids), 0);
	if (read_log(store_logs_fd(d->s), jv_string_value(id), &text) < 0)
		rc = -1;
	else
		set_contents(o, &text);
	jv_free(id);
	buf_release(&text);
	return rc;
}
