#include "show.h"
#include "domain.h"

enum { MANY = 700, BIG = 40 };

static const struct column columns[] = { { "ID", true }, { "KIND", false }, { NULL, false } };

static void
row(struct table *t, struct tx *tx, jv rec, int64_t now_ms)
{
	(void)tx;
	(void)now_ms;
	table_cell(t, PLAIN, json_peek_string(rec, "id"));
	table_cell(t, PLAIN, json_peek_string(rec, "kind"));
}

static const struct view_form form = { columns, row, NULL };

/* What show_set prints, in that view; NULL with err.  The caller frees it. */
static char *
printed(struct show show, struct view view)
{
	int fd = openat(box_fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), rc;
	size_t len;

	show.view = &view;
	if (view_open(&view, &form, fd) < 0)
		abort();
	rc = show_set(domain, &show);
	view_close(&view);
	close(fd);
	return rc == 0 ? box_read("out", &len) : NULL;
}

#define JSON          \
	(struct view) \
	{             \
		0     \
	}
#define IDS                    \
	(struct view)          \
	{                      \
		.is_ids = true \
	}

static void
shows(struct show show, struct view view, const char *want, const char *fact)
{
	char *got = printed(show, view);

	is(got, want, fact);
	free(got);
}

/* Adds records number first to last to the set, in one transaction. */
static void
add(const char *set, int first, int last, const char *fill)
{
	struct tx *tx = domain_begin();

	for (int i = first; i <= last; i++) {
		char key[40];

		snprintf(key, sizeof key, "thing/%s/%d", set, i);
		store_put(tx, key,
		    json_set_string(record("{'id':'%d','kind':'%s'}", i, i % 2 ? "odd" : "even"),
			"fill", fill),
		    JV_ARRAY(jv_string(set)), jv_array());
	}
	domain_commit(tx);
}

static bool
is_even(struct scan_text rec, void *arg)
{
	int *asked = arg;

	++*asked;
	return show_field_is(rec, "kind", "even");
}

static void
test_few(void)
{
	int asked = 0;

	shows((struct show){ .set = "none", .limit = -1 }, JSON, "", "an empty set prints nothing");
	shows((struct show){ .set = "none", .limit = -1, .is_count = true }, JSON, "0\n",
	    "and counts none");
	add("few", 1, 4, "");
	shows((struct show){ .set = "few", .limit = 2 }, JSON,
	    "{\"id\":\"1\",\"kind\":\"odd\",\"fill\":\"\"}\n"
	    "{\"id\":\"2\",\"kind\":\"even\",\"fill\":\"\"}\n",
	    "records are lines, in the order of the set, to the limit");
	shows((struct show){ .set = "few", .limit = -1 }, IDS, "1\n2\n3\n4\n", "or only their ids");
	shows((struct show){ .set = "few", .limit = 0 }, JSON, "", "a limit of none prints none");
	shows((struct show){ .set = "few", .limit = -1, .is_count = true }, JSON, "4\n",
	    "or their count");
	shows((struct show){ .set = "few", .limit = 3, .is_count = true }, JSON, "3\n",
	    "which the limit holds for too");
	shows((struct show){ .set = "few", .limit = 0, .is_count = true }, JSON, "0\n",
	    "down to none");
	shows((struct show){ .set = "few", .limit = -1, .wants = is_even, .arg = &asked }, IDS,
	    "2\n4\n", "a filter chooses");
	is_int(asked, 4, "it is asked about each");
	shows((struct show){ .set = "few", .limit = 1, .wants = is_even, .arg = &asked }, IDS,
	    "2\n", "the limit counts what it chose");
	is_int(asked, 6, "and no more are asked about then");
	shows((struct show){ .set = "few",
		  .limit = -1,
		  .is_count = true,
		  .wants = is_even,
		  .arg = &asked },
	    JSON, "2\n", "so does the count");
}

static void
test_roles(void)
{
	struct tx *tx = domain_begin();

	store_put(tx, "agent/x", record("{'role':'x'}"), JV_ARRAY(jv_string("agents")), jv_array());
	store_put(tx, "agent/y", record("{'x':1}"), JV_ARRAY(jv_string("agents")), jv_array());
	domain_commit(tx);
	shows((struct show){ .set = "agents", .limit = -1 }, IDS, "x\n",
	    "a record without id has its role; one without either none");
}

/* Whether the ids that are printed are first, first + step, ... to last. */
static bool
are_ids(char *got, int first, int step, int last)
{
	char *p = got;
	bool right = got != NULL;

	for (int want = first; right && want <= last; want += step) {
		char *end;

		right = strtol(p, &end, 10) == want && *end == '\n';
		p = end + 1;
	}
	right = right && *p == '\0';
	free(got);
	return right;
}

static void
test_many(void)
{
	char *fill = xmalloc(100001);
	int asked = 0;
	char *got;

	add("many", 1, MANY, "");
	ok(are_ids(printed((struct show){ .set = "many", .limit = -1 }, IDS), 1, 1, MANY),
	    "more than fit into one transaction are printed in order, each once");
	ok(are_ids(printed((struct show){ .set = "many", .limit = 257 }, IDS), 1, 1, 257),
	    "to a limit behind the first transaction");
	ok(are_ids(printed((struct show){ .set = "many", .limit = 256 }, IDS), 1, 1, 256),
	    "or at its end");
	ok(are_ids(printed((struct show){ .set = "many",
			       .limit = -1,
			       .wants = is_even,
			       .arg = &asked },
		       IDS),
	       2, 2, MANY),
	    "the filter chooses among all");
	shows((struct show){ .set = "many",
		  .limit = -1,
		  .is_count = true,
		  .wants = is_even,
		  .arg = &asked },
	    JSON, "350\n", "and counts among all");
	shows((struct show){ .set = "many", .limit = 300, .is_count = true }, JSON, "300\n",
	    "a count to a limit");
	memset(fill, 'x', 100000);
	fill[100000] = '\0';
	add("big", 1, BIG, fill);
	got = printed((struct show){ .set = "big", .limit = -1 }, JSON);
	ok(got && strlen(got) > BIG * 100000 && strstr(got, "\"id\":\"40\""),
	    "four megabytes are printed whole");
	free(got);
	free(fill);
}

/* Between two transactions of one listing others may write: here the filter's caller does. */
static void
test_slow_reader(void)
{
	int fds[2], status = -1;
	pid_t pid;

	if (pipe(fds) < 0)
		abort();
	pid = box_fork();
	if (pid == 0) {
		struct store *own = store_open();
		struct view view = { .format = "json" };
		struct show show = { .view = &view, .set = "big", .limit = -1 };

		close(fds[0]);
		if (!own || view_open(&view, &form, fds[1]) < 0)
			_exit(1);
		_exit(show_set(own, &show) == 0 && view_close(&view) == 0 ? 0 : 1);
	}
	close(fds[1]);
	if (read(fds[0], &(char){ 0 }, 1) != 1) /* it is printing now, and cannot go on */
		abort();
	setenv("LEGWORK_LOCK_WAIT", "30", 1);
	add("few", 5, 5, "");
	ok(waitpid(pid, &status, WNOHANG) == 0,
	    "one whose reader is slow keeps nobody from writing");
	for (char bytes[65536]; read(fds[0], bytes, sizeof bytes) > 0;)
		;
	close(fds[0]);
	ok(waitpid(pid, &status, 0) == pid && status == 0, "and ends well when it goes on");
}

static void
test_newest(void)
{
	int asked = 0;

	shows((struct show){ .set = "few", .limit = -1, .is_newest = true }, IDS, "4\n3\n2\n1\n",
	    "the newest may come first");
	shows((struct show){ .set = "few", .limit = 2, .is_newest = true }, IDS, "4\n3\n",
	    "then the limit leaves the newest");
	shows((struct show){ .set = "few",
		  .limit = 1,
		  .is_newest = true,
		  .wants = is_even,
		  .arg = &asked },
	    IDS, "4\n", "of those that are wanted");
	shows((struct show){ .set = "none", .limit = -1, .is_newest = true }, IDS, "",
	    "of none there is none");
}

/* In each kind of view; more about these in view.c. */
static void
test_views(void)
{
	char *got;

	shows((struct show){ .set = "few", .limit = 2 }, (struct view){ .format = "text" },
	    "ID  KIND\n 1  odd\n 2  even\n", "a table has a heading");
	shows((struct show){ .set = "none", .limit = 2 }, (struct view){ .format = "text" }, "",
	    "unless it has no rows");
	shows((struct show){ .set = "few", .limit = 2 }, (struct view){ .format = "tsv" },
	    "1\todd\n2\teven\n", "tabs have none");
	shows((struct show){ .set = "few", .limit = -1 }, (struct view){ .jq = ".id | tonumber" },
	    "1\n2\n3\n4\n", "a program is run on each");
	got = printed((struct show){ .set = "few", .limit = -1 },
	    (struct view){ .jq = "if .id == \"3\" then error(\"three\") else .id end" });
	fails(got ? 0 : -1, EX_DATAERR, "--jq: three", "where it fails, that is the end");
	got = box_read("out", &(size_t){ 0 });
	is(got, "1\n2\n", "behind what was good");
	free(got);
	got =
	    printed((struct show){ .set = "many", .limit = -1 }, (struct view){ .format = "text" });
	ok(got && strstr(got, "ID") && !strstr(strstr(got, "ID") + 1, "ID"),
	    "a table of several transactions has one heading");
	free(got);
	shows((struct show){ .set = "few", .limit = -1, .is_count = true },
	    (struct view){ .format = "text" }, "4\n", "a count is a number, in every view");
}

static void
test_errors(void)
{
	struct view view = { .format = "text" };
	struct show show = { .view = &view, .set = "many", .limit = -1 };
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	if (view_open(&view, &form, fd) < 0)
		abort();
	fails(show_set(domain, &show), EX_IOERR, NULL, "a full disk is an error");
	view_close(&view);
	close(fd);
	add("few", 6, 6, "");
	ok(true, "the store is free then");
}

static void
test_fields(void)
{
	static const char rec[] =
	    "{\"a\":\"x\",\"b\":7,\"c\":\"\\\"\\u0001\",\"d\":\"\",\"x\":{\"a\":\"y\"}}";
	struct scan_text text = { rec, sizeof rec - 1 };

	ok(show_field_is(text, "a", "x"), "a member is that string");
	ok(!show_field_is(text, "a", "y") && !show_field_is(text, "a", "xx"), "or another");
	ok(!show_field_is(text, "b", "7"), "a number is no string");
	ok(!show_field_is(text, "e", ""), "what is missing is none");
	ok(show_field_is(text, "d", ""), "but an empty one is");
	ok(show_field_is(text, "c", "\"\x01"),
	    "quotes and controls are compared as they are meant");
}

int
main(void)
{
	domain_open("show", 1);
	test_few();
	test_roles();
	test_newest();
	test_many();
	test_views();
	test_slow_reader();
	test_errors();
	test_fields();
	domain_close();
	return done_testing();
}
