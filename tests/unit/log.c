#include "log.h"
#include "box.h"
#include "err.h"
#include "json.h"
#include "tap.h"

enum { MANY = 3000, LONG = 300 << 10 };

static const char *const name = "task.log";

static jv
event(const char *text)
{
	return json_set_string(jv_object(), "type", text);
}

/* Opens the log of "task", appends count events, closes it. */
static void
add_events(int64_t posted, int count)
{
	struct log *log = log_open(box_fd, "task", posted);

	if (!log)
		abort();
	for (int i = 0; i < count; i++)
		if (log_event(log, event("status")) < 0)
			abort();
	log_close(log);
}

static void
append(const char *bytes, size_t len)
{
	int fd = openat(box_fd, name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
}

/* The next event's number; its type goes to type. */
static int64_t
next(struct trail *r, int64_t after, char type[20])
{
	jv got;
	int64_t n = log_read(r, box_fd, "task", after, &got);

	type[0] = '\0';
	if (jv_is_valid(got)) {
		snprintf(type, 20, "%s", json_peek_string(got, "type"));
		if (json_peek_int(got, "n", -1) != n)
			abort();
	}
	jv_free(got);
	return n;
}

/* Whether a new reader gets exactly the events first to last. */
static bool
reads(int64_t after, int64_t first, int64_t last)
{
	struct trail r = { .fd = -1 };
	char type[20];
	bool right = true;
	int64_t n;

	for (int64_t want = first; right && want <= last; want++) {
		n = next(&r, after, type);
		right = n == want;
		after = n;
	}
	right = right && next(&r, after, type) == 0;
	trail_release(&r);
	return right;
}

static void
test_lines(void)
{
	struct log *log = log_open(box_fd, "task", 0);
	size_t len;
	char *text;
	struct stat st;

	setenv("LEGWORK_NOW", "2026-11-20T12:00:00Z", 1);
	is_int(log_count(log), 0, "a new log has no events");
	log_event(log, event("status"));
	log_note(log, "stderr", json_set_string(jv_object(), "text", "a\nb"));
	is_int(log_event(log, event("error")), 0, "an event is appended");
	is_int(log_count(log), 2, "notes are not counted");
	is_int(log_sync(log), 0, "it can be made to last");
	log_close(log);
	log_close(NULL);
	text = box_read(name, &len);
	is(text,
	    "{\"at\":\"2026-11-20T12:00:00.000Z\",\"kind\":\"event\",\"n\":1,"
	    "\"event\":{\"type\":\"status\"}}\n"
	    "{\"at\":\"2026-11-20T12:00:00.000Z\",\"kind\":\"stderr\",\"text\":\"a\\nb\"}\n"
	    "{\"at\":\"2026-11-20T12:00:00.000Z\",\"kind\":\"event\",\"n\":2,"
	    "\"event\":{\"type\":\"error\"}}\n",
	    "each thing is a line with its time and kind");
	free(text);
	ok(fstatat(box_fd, name, &st, 0) == 0 && (st.st_mode & 0777) == 0600,
	    "only its owner may read it");
	unsetenv("LEGWORK_NOW");
	box_empty(name);
}

static void
test_numbers(void)
{
	struct log *log;

	is_int(log_last(box_fd, "task"), 0, "a task without log has no last event");
	add_events(0, 3);
	is_int(log_last(box_fd, "task"), 3, "the last event's number is known");
	add_events(0, 2);
	is_int(log_last(box_fd, "task"), 5, "the next attempt goes on with the numbers");
	add_events(2, 1);
	is_int(log_last(box_fd, "task"), 6, "what is posted and in the log changes nothing");
	add_events(20, 1);
	is_int(log_last(box_fd, "task"), 21, "what is posted and not in the log is left out");
	ok(reads(0, 1, 6) == false && reads(6, 21, 21), "there is a gap then, and no number twice");
	log = log_open(box_fd, "task", 30);
	is_int(log_count(log), 30, "the count begins with what is posted");
	log_close(log);
	is_int(log_last(box_fd, "task"), 21, "to open it writes nothing");
	box_empty(name);
}

static void
test_torn(void)
{
	static const char *const ends[] = { "{\"at\":\"x\",\"kind\":\"event\",\"n\":9,\"eve", "{",
		"\0\0\0\0" };
	static const char odd[] = "\nno json\n[1]\n{\"kind\":\"event\",\"n\":7}\n"
				  "{\"kind\":\"event\",\"n\":0,\"event\":{}}\n"
				  "{\"kind\":\"event\",\"n\":-3,\"event\":{}}\n";
	long long size;
	int cut = 0, right = 0;

	for (int i = 0; i < 3; i++) {
		add_events(0, 2);
		size = box_size(name);
		append(ends[i], i == 2 ? 4 : strlen(ends[i]));
		right += log_last(box_fd, "task") == 2 && reads(0, 1, 2);
		add_events(0, 0);
		cut += box_size(name) == size;
		add_events(0, 1);
		right += reads(0, 1, 3);
		box_empty(name);
	}
	is_int(cut, 3, "a torn end is cut by the next attempt");
	is_int(right, 6, "nobody reads it as an event, before or after");
	append("{\"kind\":\"eve", 12);
	add_events(0, 1);
	ok(reads(0, 1, 1), "a log that is nothing but a torn line begins anew");
	box_empty(name);
	add_events(0, 1);
	append(odd, strlen(odd));
	add_events(7, 1);
	ok(!reads(0, 1, 1) && reads(1, 8, 8), "whole lines that are no events are passed over");
	box_empty(name);
}

static void
test_torn_long(void)
{
	char *junk = xmalloc(LONG);

	memset(junk, 'x', LONG);
	add_events(0, 2);
	append(junk, LONG);
	add_events(0, 1);
	ok(reads(0, 1, 3), "a torn line of 300 KiB is cut");
	append(junk, LONG);
	append("\n", 1);
	is_int(log_last(box_fd, "task"), 3, "the last event is found before a long line");
	add_events(0, 1);
	ok(reads(0, 1, 4), "and read behind one");
	free(junk);
	box_empty(name);
}

/* Everything about a reader that comes back for more. */
static void
test_reader(void)
{
	struct trail r = { .fd = -1 };
	char type[20];
	struct log *log;

	is_int(next(&r, 0, type), 0, "a log that is not there has no events yet");
	log = log_open(box_fd, "task", 0);
	is_int(next(&r, 0, type), 0, "nor has an empty one");
	log_event(log, event("status"));
	log_note(log, "stderr", jv_object());
	is_int(next(&r, 0, type), 1, "the reader comes back, and the event is there");
	is(type, "status", "with what is in it");
	is_int(next(&r, 1, type), 0, "it is not read twice");
	log_event(log, event("error"));
	log_event(log, event("thought"));
	is_int(next(&r, 1, type), 2, "what came meanwhile is read in order");
	is(type, "error", "the first");
	is_int(next(&r, 2, type), 3, "and the second");
	log_event(log, event("message"));
	log_event(log, event("message"));
	is_int(next(&r, 4, type), 5, "what is not above `after` is left out");
	log_close(log);
	trail_release(&r);
	ok(reads(5, 6, 5) && reads(2, 3, 5), "a new reader begins where it likes");
	box_empty(name);
}

/* A line that arrives a byte at a time; and a half one that is cut and written over. */
static void
test_half(void)
{
	static const char line[] =
	    "{\"kind\":\"event\",\"n\":2,\"event\":{\"type\":\"thought\"}}\n";
	struct trail r = { .fd = -1 };
	char type[20];
	int early = 0;

	add_events(0, 1);
	next(&r, 0, type);
	for (size_t i = 0; i < sizeof line - 2; i++) {
		append(line + i, 1);
		early += next(&r, 1, type) != 0;
	}
	is_int(early, 0, "a half line is no event");
	append("\n", 1);
	is_int(next(&r, 1, type), 2, "once it is whole it is one");
	append(line, 30);
	is_int(next(&r, 2, type), 0, "the reader meets a half line");
	add_events(0, 1);
	is_int(next(&r, 2, type), 3, "which is cut, and written over by the next attempt");
	is(type, "status", "what it gets is the new one");
	trail_release(&r);
	box_empty(name);
}

static void
test_big(void)
{
	struct log *log = log_open(box_fd, "task", 0);
	struct buf text = { 0 };
	struct trail r = { .fd = -1 };
	jv got;
	int64_t n = 0, wrong = 0;

	for (int i = 0; i < 200 << 10; i++)
		buf_putc(&text, 'a');
	for (int i = 0; i < MANY; i++)
		log_event(log, event(i % 1000 ? "status" : text.p));
	for (int i = 0; i < 3; i++)
		log_note(log, "stderr", json_set_string(jv_object(), "text", text.p));
	log_close(log);
	is_int(log_last(box_fd, "task"), MANY, "behind 600 KiB of notes the last event is found");
	ok(reads(0, 1, MANY), "three thousand events are read in order, long ones between them");
	ok(reads(MANY - 2, MANY - 1, MANY), "or only the last of them");
	n = log_read(&r, box_fd, "task", 0, &got);
	wrong = n != 1 || strcmp(json_peek_string(got, "type"), text.p) != 0;
	jv_free(got);
	is_int(wrong, 0, "a long one is whole");
	trail_release(&r);
	buf_release(&text);
	box_empty(name);
}

/* A writer and a reader at the same time; the reader never waits. */
static void
test_at_once(void)
{
	struct trail r = { .fd = -1 };
	int64_t seen = 0, wrong = 0;
	pid_t writer = box_fork();
	char type[20];

	if (writer == 0) {
		add_events(0, MANY);
		_exit(0);
	}
	while (seen < MANY && wrong == 0) {
		int64_t n = next(&r, seen, type);

		wrong = n < 0 || (n > 0 && n != seen + 1);
		seen = n > 0 ? n : seen;
		if (n == 0 && waitpid(writer, NULL, WNOHANG) == writer) {
			writer = 0;
			wrong += !reads(seen, seen + 1, MANY);
			break;
		}
	}
	is_int(wrong, 0, "a reader beside the writer gets each event once, in order");
	if (writer)
		waitpid(writer, NULL, 0);
	trail_release(&r);
	box_empty(name);
}

static void
count_note(void *arg, jv note)
{
	int *sum = arg;

	*sum = *sum * 10 + (int)json_peek_int(note, "i", 9);
	jv_free(note);
}

static void
test_held(void)
{
	struct log *log = log_open(box_fd, "task", 0);
	int64_t before;
	int sum = 0;

	if (!log)
		abort();
	log_event(log, event("status"));
	before = box_size(name);
	log_hold(log);
	log_event(log, event("status"));
	log_note(log, "turn", json_set_int(jv_object(), "i", 1));
	is_int(box_size(name), before, "what is held is not there yet");
	is_int(log_let_go(log), 0, "let go it is written");
	is_int(log_count(log), 2, "events are counted on");
	log_note(log, "turn", json_set_int(jv_object(), "i", 2));
	log_close(log);
	ok(reads(0, 1, 2), "its events are read");
	append("{\"kind\":\"turn\"", 14);
	is_int(log_notes(box_fd, "task", count_note, &sum), 0, "its notes are handed on");
	is_int(sum, 12, "in their order, without events, and without half a line");
	is_int(log_notes(box_fd, "nobody", count_note, &sum), 0,
	    "where there is no log there are none");
	box_empty(name);
}

static void
test_errors(void)
{
	struct trail r = { .fd = -1 };
	jv got;

	ok(!log_open(-1, "task", 0), "a folder that cannot be used is an error");
	ok(!log_open(box_fd, "../task", 0) && err_code() == EX_DATAERR, "a path is no task's id");
	if (symlinkat("elsewhere", box_fd, name) < 0)
		abort();
	ok(!log_open(box_fd, "task", 0), "a symbolic link is not written through");
	is_int(log_read(&r, box_fd, "task", 0, &got), -1, "nor read");
	ok(!jv_is_valid(got), "there is no event then");
	jv_free(got);
	is_int(box_size("elsewhere"), -1, "nothing was made where it points");
	trail_release(&r);
	box_empty(name);
}

static void
test_mask(void)
{
	struct mask *m = mask_new();
	struct trail t = { .fd = -1 };
	struct log *log;
	jv got, data = json_set_string(jv_object(), "text", "say \"12345678\"");
	char *bytes;
	size_t len;

	box_empty(name);
	mask_add(m, "12345678", 8);
	mask_add(m, "stderr of it", 12);
	mask_add(m, "an-id-of-mine", 13);
	log = log_open(box_fd, "task", 0);
	log_mask(log, m);
	log_event(log, json_set(json_set_string(event("12345678"), "id", "an-id-of-mine"), "data",
			   json_set_string(data, "task_id", "12345678")));
	log_note(log, "stderr", json_set_string(jv_object(), "text", "a stderr of it!"));
	log_note(log, "tool_start", json_set_int(jv_object(), "12345678", 12345678));
	log_close(log);
	bytes = box_read(name, &len);
	ok(strstr(bytes, "\"text\":\"a ***!\"") && strstr(bytes, "{\"at\":\"2"),
	    "a secret in a line is masked");
	ok(strstr(bytes, "\"***\":\"***\"") != NULL, "... also in names and numbers");
	ok(strstr(bytes, "\"say \\\"***\\\"\"") != NULL, "... and in events");
	ok(log_read(&t, box_fd, "task", 0, &got) == 1 &&
		!strcmp(json_peek_string(got, "type"), "12345678") &&
		!strcmp(json_peek_string(got, "id"), "an-id-of-mine"),
	    "what an event is found and understood by stays");
	jv_free(got);
	trail_release(&t);
	free(bytes);
	mask_free(m);
}

int
main(void)
{
	box_open("log", 1);
	test_lines();
	test_numbers();
	test_torn();
	test_torn_long();
	test_reader();
	test_half();
	test_big();
	test_at_once();
	test_held();
	test_errors();
	test_mask();
	box_close();
	return done_testing();
}
