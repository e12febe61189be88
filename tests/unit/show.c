#include "show.h"
#include "domain.h"

enum { MANY = 700, BIG = 40 };

/* What show_set prints; NULL with err.  The caller frees it. */
static char *
printed(struct show show)
{
	int fd = openat(box_fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = show_set(domain, &show, fd);
	size_t len;

	close(fd);
	return rc == 0 ? box_read("out", &len) : NULL;
}

static void
shows(struct show show, const char *want, const char *fact)
{
	char *got = printed(show);

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

	shows((struct show){ .set = "none", .limit = -1 }, "", "an empty set prints nothing");
	shows((struct show){ .set = "none", .limit = -1, .is_count = true }, "0\n",
	    "and counts none");
	add("few", 1, 4, "");
	shows((struct show){ .set = "few", .limit = 2 },
	    "{\"id\":\"1\",\"kind\":\"odd\",\"fill\":\"\"}\n"
	    "{\"id\":\"2\",\"kind\":\"even\",\"fill\":\"\"}\n",
	    "records are lines, in the order of the set, to the limit");
	shows((struct show){ .set = "few", .limit = -1, .is_id_only = true }, "1\n2\n3\n4\n",
	    "or only their ids");
	shows((struct show){ .set = "few", .limit = 0 }, "", "a limit of none prints none");
	shows((struct show){ .set = "few", .limit = -1, .is_count = true }, "4\n",
	    "or their count");
	shows((struct show){ .set = "few", .limit = 3, .is_count = true }, "3\n",
	    "which the limit holds for too");
	shows((struct show){ .set = "few", .limit = 0, .is_count = true }, "0\n", "down to none");
	shows((struct show){ .set = "few",
		  .limit = -1,
		  .is_id_only = true,
		  .wants = is_even,
		  .arg = &asked },
	    "2\n4\n", "a filter chooses");
	is_int(asked, 4, "it is asked about each");
	shows((struct show){ .set = "few",
		  .limit = 1,
		  .is_id_only = true,
		  .wants = is_even,
		  .arg = &asked },
	    "2\n", "the limit counts what it chose");
	is_int(asked, 6, "and no more are asked about then");
	shows((struct show){ .set = "few",
		  .limit = -1,
		  .is_count = true,
		  .wants = is_even,
		  .arg = &asked },
	    "2\n", "so does the count");
}

static void
test_roles(void)
{
	struct tx *tx = domain_begin();

	store_put(tx, "agent/x", record("{'role':'x'}"), JV_ARRAY(jv_string("agents")), jv_array());
	store_put(tx, "agent/y", record("{'x':1}"), JV_ARRAY(jv_string("agents")), jv_array());
	domain_commit(tx);
	shows((struct show){ .set = "agents", .limit = -1, .is_id_only = true }, "x\n",
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
	ok(are_ids(printed((struct show){ .set = "many", .limit = -1, .is_id_only = true }), 1, 1,
	       MANY),
	    "more than fit into one transaction are printed in order, each once");
	ok(are_ids(printed((struct show){ .set = "many", .limit = 257, .is_id_only = true }), 1, 1,
	       257),
	    "to a limit behind the first transaction");
	ok(are_ids(printed((struct show){ .set = "many", .limit = 256, .is_id_only = true }), 1, 1,
	       256),
	    "or at its end");
	ok(are_ids(printed((struct show){ .set = "many",
		       .limit = -1,
		       .is_id_only = true,
		       .wants = is_even,
		       .arg = &asked }),
	       2, 2, MANY),
	    "the filter chooses among all");
	shows((struct show){ .set = "many",
		  .limit = -1,
		  .is_count = true,
		  .wants = is_even,
		  .arg = &asked },
	    "350\n", "and counts among all");
	shows((struct show){ .set = "many", .limit = 300, .is_count = true }, "300\n",
	    "a count to a limit");
	memset(fill, 'x', 100000);
	fill[100000] = '\0';
	add("big", 1, BIG, fill);
	got = printed((struct show){ .set = "big", .limit = -1 });
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
		struct show show = { .set = "big", .limit = -1 };

		close(fds[0]);
		_exit(own && show_set(own, &show, fds[1]) == 0 ? 0 : 1);
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
test_errors(void)
{
	struct show show = { .set = "many", .limit = -1 };
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	fails(show_set(domain, &show, fd), EX_IOERR, NULL, "a full disk is an error");
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
	test_many();
	test_slow_reader();
	test_errors();
	test_fields();
	domain_close();
	return done_testing();
}
