#include "tree.h"
#include "domain.h"
#include "rows.h"
#include "task.h"

static const char *
id_of(int n, char id[ID_TEXT])
{
	snprintf(id, ID_TEXT, "%08d-0000-4000-8000-000000000000", n);
	return id;
}

/* Task n below another; 0: at the top. */
static void
put(int n, int parent)
{
	char id[ID_TEXT], parent_id[ID_TEXT];
	jv task = record("{'id':'%s','title':'t%d','status':'pending'}", id_of(n, id), n);
	struct tx *tx = domain_begin();

	if (parent)
		task = json_set_string(task, "parent_id", id_of(parent, parent_id));
	task_put(tx, task);
	domain_commit(tx);
}

static bool
is_top(struct scan_text rec, void *arg)
{
	struct scan_text none;

	(void)arg;
	return !scan_member(rec, "parent_id", &none);
}

/* What tree_show prints; the caller frees it. */
static char *
printed(struct show show, struct view view)
{
	int fd = openat(box_fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), rc;
	size_t len;

	show.view = &view;
	if (view_open(&view, &rows_task, fd) < 0)
		abort();
	rc = tree_show(domain, &show);
	if (view_close(&view) < 0)
		rc = -1;
	close(fd);
	return rc == 0 ? box_read("out", &len) : NULL;
}

static void
shows(struct show show, struct view view, const char *want, const char *fact)
{
	char *got = printed(show, view);

	is(got, want, fact);
	free(got);
}

#define TITLES                 \
	(struct view)          \
	{                      \
		.jq = ".title" \
	}
#define ALL(...)                                                          \
	(struct show)                                                     \
	{                                                                 \
		.set = "tasks", .limit = -1, .wants = is_top, __VA_ARGS__ \
	}

static void
test_none(void)
{
	shows(ALL(), TITLES, "", "no tasks, no tree");
	shows(ALL(), (struct view){ .format = "text" }, "", "nor a heading");
}

/* 1 (3 (5 6) 4) 2 */
static void
test_order(void)
{
	for (int n = 1; n <= 6; n++)
		put(n, n < 3 ? 0 : n < 5 ? 1 : 3);
	shows(ALL(), TITLES, "t1\nt3\nt5\nt6\nt4\nt2\n", "subtasks stand below their tasks");
	shows(ALL(.is_newest = true), TITLES, "t2\nt1\nt3\nt5\nt6\nt4\n",
	    "the newest first, but for subtasks");
	shows((struct show){ .set = "tasks", .limit = 1, .wants = is_top }, TITLES,
	    "t1\nt3\nt5\nt6\nt4\n", "a limit counts those at the top");
	shows((struct show){ .set = "tasks", .limit = 0, .wants = is_top }, TITLES, "",
	    "down to none");
	shows((struct show){ .set = "parent.00000001-0000-4000-8000-000000000000", .limit = -1 },
	    TITLES, "t3\nt5\nt6\nt4\n", "a set of subtasks stands at the top");
	shows(ALL(), (struct view){ .is_ids = true, .is_null = true },
	    "00000001-0000-4000-8000-000000000000", "ids have no branches");
}

static void
test_branches(void)
{
	shows(ALL(), (struct view){ .format = "text" },
	    "ID        STATUS   PRIO  AGE  AGENT  TITLE\n"
	    "00000001  pending                    t1\n"
	    "00000003  pending                    ├─ t3\n"
	    "00000005  pending                    │  ├─ t5\n"
	    "00000006  pending                    │  └─ t6\n"
	    "00000004  pending                    └─ t4\n"
	    "00000002  pending                    t2\n",
	    "branches of a tree stand before the titles");
	shows((struct show){ .set = "tasks", .limit = 1, .is_newest = true, .wants = is_top },
	    (struct view){ .format = "tsv" },
	    "00000002-0000-4000-8000-000000000000\tpending\t\t\t\tt2\n", "not where tabs do");
}

static void
test_depth(void)
{
	const char *last = "";
	char *got;
	int lines = 0;

	put(100, 0);
	for (int n = 101; n < 200; n++)
		put(n, n - 1);
	got =
	    printed((struct show){ .set = "tasks", .limit = 1, .is_newest = true, .wants = is_top },
		TITLES);
	for (char *p = got; p && *p; p += strcspn(p, "\n") + 1, lines++)
		last = p;
	ok(lines == 65 && !strcmp(last, "t164\n"), "no tree is deeper than 64");
	free(got);
}

/* Records that were loaded may be their own ancestors. */
static void
test_cycle(void)
{
	char *got;
	int lines = 0;

	put(300, 300);
	put(401, 402);
	put(402, 401);
	put(403, 401);
	got = printed((struct show){ .set = "parent.00000300-0000-4000-8000-000000000000",
			  .limit = -1 },
	    TITLES);
	for (char *p = got; p && *p; p += strcspn(p, "\n") + 1)
		lines += !strncmp(p, "t300\n", 5);
	is_int(lines, 65, "a task that is its own subtask ends");
	free(got);
	lines = 0;
	got = printed((struct show){ .set = "parent.00000401-0000-4000-8000-000000000000",
			  .limit = -1 },
	    (struct view){ .format = "text" });
	for (char *p = got; p && *p; p += strcspn(p, "\n") + 1)
		lines++;
	ok(lines > 64 && lines < 200, "so do two that are each other's, with a third");
	free(got);
}

/* One task at the top, whatever it is a subtask of. */
static void
test_one(void)
{
	struct view view = TITLES;
	int fd = openat(box_fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char id[ID_TEXT], *got;
	size_t len;

	if (view_open(&view, &rows_task, fd) < 0)
		abort();
	is_int(tree_show_task(domain, &view, id_of(3, id)), 0, "one task is shown");
	fails(tree_show_task(domain, &view, id_of(9, id)), EX_NOINPUT,
	    "task 00000009-0000-4000-8000-000000000000: no such task", "if it is there");
	view_close(&view);
	got = box_read("out", &len);
	is(got, "t3\nt5\nt6\n", "with its subtasks");
	free(got);
	close(fd);
}

static void
test_many(void)
{
	int first = 1000, lines = 0;
	char *got;

	for (int n = first; n < first + 300; n++)
		put(n, n % 3 ? n - n % 3 + (n - n % 3 < first ? 3 : 0) : 0);
	got = printed(ALL(.is_newest = true), (struct view){ .format = "text" });
	for (char *p = got; p && *p; p += strcspn(p, "\n") + 1)
		lines += strstr(p, "ID  ") == p;
	is_int(lines, 1, "a long tree has one heading");
	free(got);
}

static void
test_errors(void)
{
	struct view view = { .jq = "error(\"no\")" };
	struct show show = ALL(.view = &view);
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (view_open(&view, &rows_task, fd) < 0)
		abort();
	fails(tree_show(domain, &show), EX_DATAERR, "--jq: no", "a program that fails is told");
	view_close(&view);
	close(fd);
	put(2000, 0);
	ok(true, "the store is free then");
}

int
main(void)
{
	unsetenv("COLUMNS");
	domain_open("tree", 1);
	test_none();
	test_order();
	test_branches();
	test_one();
	test_depth();
	test_cycle();
	test_many();
	test_errors();
	domain_close();
	return done_testing();
}
