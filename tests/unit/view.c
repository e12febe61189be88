#include "view.h"
#include "domain.h"

static const struct column columns[] = { { "ID", false }, { "SIZE", true }, { NULL, false } };

static void
row(struct table *t, struct tx *tx, jv rec, int64_t now_ms)
{
	char size[24];

	(void)tx;
	(void)now_ms;
	snprintf(size, sizeof size, "%d", (int)json_peek_int(rec, "size", 0));
	table_cell(t, PLAIN, json_peek_string(rec, "id"));
	table_cell(t, PLAIN, size);
}

static void
text(struct view *v, struct tx *tx, jv rec)
{
	(void)tx;
	buf_printf(&v->out.buf, "%s:%s\n", v->is_again ? "also" : "", json_peek_string(rec, "id"));
	v->is_again = true;
}

static const struct view_form rows = { columns, row, NULL }, texts = { .text = text };

/* Opens it to a file; not for long: fd is closed by taken. */
static int
open_view(struct view *v, const struct view_form *form)
{
	int fd = openat(box_fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = view_open(v, form, fd);

	if (rc < 0)
		close(fd);
	return rc;
}

/* What has come out, with | for NUL; the caller frees it. */
static char *
taken(struct view *v)
{
	size_t len;
	char *out;

	view_close(v);
	close(v->out.fd);
	out = box_read("out", &len);
	for (size_t i = 0; i < len; i++)
		out[i] = out[i] ? out[i] : '|';
	return out;
}

/* Adds two records to the view, each way, and looks at what comes out of it. */
static void
prints(struct view v, const struct view_form *form, const char *want, const char *fact)
{
	static const char spaced[] = "{\"id\":\"b\", \"size\":22}";
	char *got;

	if (open_view(&v, form) < 0) {
		is(err_text(), want, fact);
		return;
	}
	view_add(&v, NULL, record("{'id':'a','size':1}"));
	view_add_line(&v, NULL, (struct scan_text){ spaced, sizeof spaced - 1 });
	got = taken(&v);
	is(got, want, fact);
	free(got);
}

#define A   "{\"id\":\"a\",\"size\":1}"
#define RAW "{\"id\":\"b\", \"size\":22}"
#define HOW (struct view)

static void
test_kinds(void)
{
	prints(HOW{ 0 }, &rows, A "\n" RAW "\n", "json by itself, on no terminal: raw lines stay");
	prints(HOW{ .format = "json" }, &rows, A "\n" RAW "\n", "or where it is wanted");
	prints(HOW{ .format = "json", .is_null = true }, &rows, A "|" RAW "|",
	    "NULs may stand behind them");
	prints(HOW{ .is_null = true }, &rows, A "|" RAW "|", "which by themselves mean json");
	prints(HOW{ .format = "text" }, &rows, "ID  SIZE\na      1\nb     22\n", "a table");
	prints(HOW{ .format = "text", .is_maker = true }, &rows, "a      1\nb     22\n",
	    "without a heading, of who makes things");
	prints(HOW{ .format = "tsv" }, &rows, "a\t1\nb\t22\n", "tabs");
	prints(HOW{ .format = "text" }, &texts, ":a\nalso:b\n", "a text");
	prints(HOW{ .is_ids = true }, &rows, "a\nb\n", "ids");
	prints(HOW{ .is_ids = true, .is_null = true }, &rows, "a|b|", "ids and NULs");
	prints(HOW{ .jq = ".size" }, &rows, "1\n22\n", "what a jq program makes of them");
	prints(HOW{ .jq = ".id, ., empty" }, &rows, "a\n" A "\nb\n{\"id\":\"b\",\"size\":22}\n",
	    "its strings are raw");
	prints(HOW{ .jq = ".id", .is_null = true }, &rows, "a|b|", "NULs behind them");
	prints(HOW{ .jq = "\"x\\u0000y\"" }, &rows, "x|y\nx|y\n", "a NUL in one stays");
	prints(HOW{ .jq = ".id", .color = "always" }, &rows, "a\nb\n", "which no colour touches");
}

static void
test_misuse(void)
{
	prints(HOW{ .format = "xml" }, &rows, "--format: want text, tsv or json, got 'xml'",
	    "another format");
	prints(HOW{ .format = "tsv" }, &texts, "--format: want text or json, got 'tsv'",
	    "tabs where there is no table");
	prints(HOW{ .format = "text", .is_ids = true }, &rows,
	    "--format and --ids: want one of them", "options that exclude each other");
	prints(HOW{ .format = "json", .jq = "." }, &rows, "--format and --jq: want one of them",
	    "... others");
	prints(HOW{ .is_ids = true, .jq = "." }, &rows, "--jq and --ids: want one of them",
	    "... and others");
	prints(HOW{ .format = "text", .is_null = true }, &rows,
	    "--null goes with --ids, --jq or --format json", "no NULs in a table");
	prints(HOW{ .format = "tsv", .is_null = true }, &rows,
	    "--null goes with --ids, --jq or --format json", "nor behind tabs");
	prints(HOW{ .color = "blue" }, &rows, "--color: color 'blue': want auto, always or never",
	    "another colour");
	prints(HOW{ .jq = "foo" }, &rows,
	    "--jq: foo/0 is not defined at <top-level>, line 1:", "a program that is none");
	is_int(err_code(), EX_USAGE, "all are misuse");
}

static void
test_jq_error(void)
{
	struct view v = { .jq = "if .n == 2 then error(\"two\") else .n end" };
	char *got;

	if (open_view(&v, &rows) < 0)
		abort();
	for (int i = 1; i <= 3; i++)
		view_add(&v, NULL, record("{'n':%d}", i));
	err_set(EX_OK, "else");
	fails(view_flush(&v), EX_DATAERR, "--jq: two", "a program that fails on a record is told");
	view_add(&v, NULL, record("{'n':4}"));
	fails(view_flush(&v), EX_DATAERR, "--jq: two", "again and again");
	got = taken(&v);
	is(got, "1\n", "what came before is printed, what comes behind is not");
	free(got);
}

/* What an id is where it is none that these commands gave. */
static void
test_odd_ids(void)
{
	static const char *const lines[] = { "{\"id\":7}", "{\"id\":\"\"}", "{\"role\":\"r\"}",
		"{\"x\":1}", "{\"id\":\"a\\u0062\"}", "{\"id\":[],\"role\":\"s\"}",
		"{\"id\":null}" };
	struct view v = { .is_ids = true };
	char *got;

	if (open_view(&v, &rows) < 0)
		abort();
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		view_add_line(&v, NULL, (struct scan_text){ lines[i], strlen(lines[i]) });
	got = taken(&v);
	is(got, "\nr\nab\ns\n", "an id is a string; a record without one has its role, or none");
	free(got);
}

static void
test_flush(void)
{
	struct view v = { .format = "text" };
	char *got;

	if (open_view(&v, &rows) < 0)
		abort();
	view_add(&v, NULL, record("{'id':'a','size':1}"));
	is_int(box_size("out"), 0, "what is added is not yet printed");
	ok(view_flush(&v) == 0 && box_size("out") > 0, "but when it is flushed");
	view_add(&v, NULL, record("{'id':'abc','size':1}"));
	got = taken(&v);
	is(got, "ID  SIZE\na      1\nabc     1\n", "or closed; there is one heading");
	free(got);
}

static void
test_errors(void)
{
	struct view v = { .format = "text" };
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	if (view_open(&v, &rows, fd) < 0)
		abort();
	view_add(&v, NULL, record("{'id':'a','size':1}"));
	fails(view_close(&v), EX_IOERR, NULL, "a full disk is an error");
	close(fd);
}

int
main(void)
{
	unsetenv("COLUMNS");
	box_open("view", 1);
	test_kinds();
	test_misuse();
	test_jq_error();
	test_odd_ids();
	test_flush();
	test_errors();
	box_close();
	return done_testing();
}
