#include "history.h"
#include "chat.h"
#include "domain.h"
#include "event.h"

enum { MANY = 600 };

static char chat_id[ID_TEXT];

static void
new_chat(int events)
{
	struct tx *tx = domain_begin();
	jv chat = chat_add(tx, NULL, "alice", jv_array()), stored;

	snprintf(chat_id, sizeof chat_id, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	for (int i = 1; i <= events; i++) {
		jv event = record("{'type':'message','data':{'text':'say %d'},'user_id':'alice',"
				  "'at':'2026-11-20T14:03:07.000Z','chat_id':'%s'}",
		    i, chat_id);

		if (event_post(tx, event, &stored) != EVENT_POSTED)
			abort();
		jv_free(stored);
	}
	domain_commit(tx);
}

/* A printer into a file, in place: its text looks at its own screen. */
static void
start(struct history *h, struct view view)
{
	*h = (struct history){ .view = view };
	if (history_open(h) < 0)
		abort();
	h->view.out.fd = openat(box_fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* What came out. */
static char *
finish(struct history *h)
{
	size_t len;

	if (view_close(&h->view) < 0)
		abort();
	close(h->view.out.fd);
	return box_read("out", &len);
}

#define JSON                     \
	(struct view)            \
	{                        \
		.format = "json" \
	}
#define TEXT                     \
	(struct view)            \
	{                        \
		.format = "text" \
	}

/* Prints from since to last; the seqs that came out, "first-last" of what must be unbroken. */
static void
prints(uint64_t since, uint64_t last, long limit, const char *want, const char *fact)
{
	int64_t first = 0, seq = 0, count = 0;
	char *got, range[60] = "none";
	struct history h;

	start(&h, JSON);
	if (history_print(&h, domain, chat_id, since, last, limit) < 0)
		abort();
	got = finish(&h);
	for (char *line = got, *end; (end = strchr(line, '\n')); line = end + 1, count++) {
		jv event = json_parse_object(line, (size_t)(end - line));

		seq = json_peek_int(event, "seq", -1);
		first = first ? first : seq;
		jv_free(event);
		if (seq != first + count)
			break;
	}
	if (count > 0)
		snprintf(range, sizeof range, "%lld-%lld", (long long)first, (long long)seq);
	is(count == h.printed && (!count || seq == first + count - 1) ? range : "broken", want,
	    fact);
	free(got);
}

static void
test_ranges(void)
{
	new_chat(MANY);
	prints(0, MANY, -1, "1-600", "a chat is printed from its first event to its last");
	prints(10, 20, -1, "11-20", "or what is behind one, up to another");
	prints(0, MANY, 5, "1-5", "or some of it");
	prints(0, MANY, 256, "1-256", "as much as one transaction fetches");
	prints(300, MANY, 257, "301-557", "or one more");
	prints(0, MANY, 0, "none", "or none");
	prints(MANY, MANY, -1, "none", "behind the last there is nothing");
	prints(20, 10, -1, "none", "nor backwards");
	prints(590, 5000, -1, "591-600", "a last one that is not there yet is passed over");
	new_chat(0);
	prints(0, 0, -1, "none", "an empty chat has none");
	prints(0, 10, -1, "none", "whatever is asked for");
}

static void
test_cursor(void)
{
	char *got, *end, *again;
	struct history h;
	jv event, cursor;

	start(&h, JSON);
	new_chat(1);
	history_print(&h, domain, chat_id, 0, 1, -1);
	got = finish(&h);
	start(&h, JSON);
	h.cursor = "my \"phone\"";
	history_print(&h, domain, chat_id, 0, 1, -1);
	again = finish(&h);
	end = strchr(again, '\n');
	event = end ? json_parse_object(again, (size_t)(end - again)) : jv_invalid();
	cursor = jv_object_get(jv_copy(event), jv_string("cursor"));
	is_json(cursor, "'my \\\"phone\\\"'", "an event may carry the name of its reader's cursor");
	event = json_drop(event, "cursor");
	end = strchr(got, '\n');
	ok(jv_equal(event, json_parse_object(got, (size_t)(end - got))),
	    "and is as it was besides");
	free(again);
	free(got);
}

static void
test_text(void)
{
	struct history h;
	char *got;

	new_chat(2);
	start(&h, TEXT);
	history_print(&h, domain, chat_id, 0, 2, -1);
	got = finish(&h);
	is(got, "--- Friday, 2026-11-20\n14:03:07 alice: say 1\n14:03:07 alice: say 2\n",
	    "as text an event is a line, below its day");
	is_int(h.printed, 2, "they are counted");
	free(got);
	start(&h, (struct view){ .format = "text", .color = "always" });
	h.text.day = TEXT_NO_DAYS;
	history_print(&h, domain, chat_id, 1, 2, -1);
	got = finish(&h);
	is(got, "\x1b[2m14:03:07\x1b[m \x1b[1malice\x1b[m: say 2\n",
	    "in colours, and without days, where that is wanted");
	free(got);
}

static void
test_views(void)
{
	struct history h;
	char *got;

	new_chat(3);
	start(&h, (struct view){ .jq = ".data.text", .is_null = true });
	history_print(&h, domain, chat_id, 0, 3, 2);
	got = finish(&h);
	is(got, "say 1", "a program may say what is printed");
	is_int(box_size("out"), 12, "up to the limit");
	free(got);
	start(&h, (struct view){ .is_ids = true });
	history_print(&h, domain, chat_id, 0, 3, -1);
	got = finish(&h);
	is_int((long long)strlen(got), 3 * (ID_TEXT), "ids are lines");
	free(got);
	start(&h, (struct view){ .jq = ".cursor" });
	h.cursor = "phone";
	history_print(&h, domain, chat_id, 2, 3, -1);
	got = finish(&h);
	is(got, "phone\n", "a program sees the cursor");
	free(got);
}

static void
test_add(void)
{
	static const char event[] = "{\"type\":\"odd\"}";
	struct history h;
	char *got;

	start(&h, JSON);
	history_add(&h, (struct scan_text){ event, sizeof event - 1 });
	is_int(box_size("out"), 0, "an event that is added is not yet printed");
	is_int(h.printed, 1, "but counted");
	history_print(&h, domain, chat_id, 0, 0, -1);
	is_int(box_size("out"), sizeof event, "the next printing prints it");
	history_add(&h, (struct scan_text){ event, sizeof event - 1 });
	got = finish(&h);
	is(got, "{\"type\":\"odd\"}\n{\"type\":\"odd\"}\n", "or the end");
	free(got);
}

static void
test_format(void)
{
	struct history h = { .view.format = "text" };

	ok(history_open(&h) == 0 && h.view.kind == VIEW_TEXT, "the format is text");
	ok(h.view.out.fd == STDOUT_FILENO, "on stdout");
	h = (struct history){ .view.format = "json" };
	ok(history_open(&h) == 0 && h.view.kind == VIEW_JSON, "or json");
	h = (struct history){ .view.format = "yaml" };
	fails(history_open(&h), EX_USAGE, "--format: want text or json, got 'yaml'",
	    "there is no other");
	h = (struct history){ .view.format = "tsv" };
	fails(history_open(&h), EX_USAGE, "--format: want text or json, got 'tsv'",
	    "events are no table");
}

static void
test_errors(void)
{
	struct history h;

	new_chat(3);
	start(&h, JSON);
	close(h.view.out.fd);
	h.view.out.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	fails(history_print(&h, domain, chat_id, 0, 3, -1), EX_IOERR, NULL,
	    "a full disk is an error");
	close(h.view.out.fd);
	view_close(&h.view);
	new_chat(0);
	ok(true, "the store is free then");
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	unsetenv("COLUMNS");
	domain_open("history", 1);
	test_ranges();
	test_cursor();
	test_text();
	test_views();
	test_add();
	test_format();
	test_errors();
	domain_close();
	return done_testing();
}
