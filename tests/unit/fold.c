#include <inttypes.h>

#include "box.h"
#include "crc.h"
#include "err.h"
#include "fold.h"
#include "index.h"
#include "tap.h"

static const char task[] = "task/abcde000-0000-4000-8000-000000000001";

static jv
parsed(const char *text)
{
	return jv_parse(text);
}

/* A change as its text; sets NULL: a deletion. */
static struct buf
change_of(const char *key, uint64_t n, const char *sets, const char *names, const char *value)
{
	struct buf b = { 0 };

	if (sets)
		fold_format(&b, key, n, parsed(sets), parsed(names), parsed(value));
	else
		fold_format(&b, key, n, jv_array(), jv_array(), jv_invalid());
	return b;
}

static struct scan_text
text_of(const struct buf *b)
{
	return (struct scan_text){ b->p, b->len };
}

static bool
is_text(struct scan_text got, const char *want)
{
	return want ? got.p && got.len == strlen(want) && !memcmp(got.p, want, got.len) : !got.p;
}

static void
is_round_trip(const char *key, const char *sets, const char *names, const char *value,
    const char *fact)
{
	struct buf b = change_of(key, 17, sets, names, value), quoted = { 0 };
	struct fold_change c;

	json_add_string(&quoted, key, strlen(key));
	ok(fold_parse(text_of(&b), &c) && is_text(c.key, quoted.p) && c.n == 17 &&
		is_text(c.sets, sets) && is_text(c.names, names) && is_text(c.value, value) &&
		scan_check(b.p, b.len) == 0,
	    fact);
	buf_release(&quoted);
	buf_release(&b);
}

static void
test_format(void)
{
	struct buf b = change_of("key/a", 17, "[\"tasks\"]", "[]", "{\"x\":1}");

	is(b.p,
	    "{\"key\":\"key/a\",\"n\":17,\"sets\":[\"tasks\"],\"names\":[],\"value\":{\"x\":1}}",
	    "a change is written as legwork-store(5) says");
	buf_release(&b);
	b = change_of("key/a", 17, NULL, NULL, NULL);
	is(b.p, "{\"key\":\"key/a\",\"n\":17}", "so is a deletion");
	buf_release(&b);
	is_round_trip(task, "[\"tasks\",\"a.b\"]", "[\"key/x\"]", "{\"a\":[1,{\"b\":\"}\"}]}",
	    "what is formatted is parsed");
	is_round_trip("k", "[]", "[]", "{}", "and so is the smallest one");
	is_round_trip("k\"\\\n\x01\xc3\xa9", "[\"\\\"\"]", "[\"\\\\\"]", "{\"sets\":[],\"n\":3}",
	    "and one with characters that are escaped");
	is_round_trip("k", NULL, NULL, NULL, "and a deletion");
}

static void
test_parse_refuses(void)
{
	static const char *const others[] = { "{}", "[]", "1", "{\"key\":\"a\"}",
		"{\"key\":\"a\",\"n\":0}", "{\"key\":\"\",\"n\":1}", "{\"key\":\"a\",\"n\":\"x\"}",
		"{\"n\":1,\"key\":\"a\"}", "{\"key\":\"a\",\"n\":1,\"sets\":[]}",
		"{\"key\":\"a\",\"n\":1,\"sets\":[],\"names\":[]}",
		"{\"key\":\"a\",\"n\":1,\"sets\":[],\"names\":[],\"value\":1}",
		"{\"key\":\"a\",\"n\":1,\"value\":{}}" };
	struct fold_change c;
	int taken = 0;

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		taken += fold_parse((struct scan_text){ others[i], strlen(others[i]) }, &c);
	is_int(taken, 0, "what is not one of ours is refused");
}

static void
is_name(const char *name, const char *want, const char *fact)
{
	char *got = fold_name(name);

	is(got, want, fact);
	free(got);
}

static void
test_names(void)
{
	is_name("task/x", "task/x", "a name is known as it is");
	is_name("", "", "the empty one too");
	is_name("a\"b\\c\n", "a\\\"b\\\\c\\n", "but for what JSON escapes");
}

static struct kv *
new_index(const char *name)
{
	struct kv *kv = kv_open(box_fd, name, KV_NEW);

	if (!kv)
		abort();
	return kv;
}

static bool
is_candidate(struct kv *kv, uint64_t n)
{
	struct index_walk walk = { 0 };

	for (uint64_t c; (c = index_candidate(kv, "task", "abcde", &walk)) != 0;)
		if (c == n)
			return true;
	return false;
}

/* Lets record n go from `old` to `new`; their buffers are released. */
static void
change(struct kv *kv, struct buf old, struct buf new)
{
	struct fold_change c;

	if (!fold_parse(text_of(&new), &c))
		abort();
	fold_members(kv, text_of(&old), &c);
	buf_release(&old);
	buf_release(&new);
}

static struct buf
first_version(void)
{
	return change_of(task, 5, "[\"tasks\",\"status.pending\",\"late\"]",
	    "[\"key/a\",\"key/b\"]", "{}");
}

static struct buf
second_version(void)
{
	return change_of(task, 5, "[\"tasks\",\"status.done\"]", "[\"key/b\",\"key/c\"]", "{}");
}

static void
test_members(void)
{
	struct kv *kv = new_index("index");

	change(kv, (struct buf){ 0 }, first_version());
	ok(index_find(kv, task) == 5 && is_candidate(kv, 5),
	    "a new record is found by its key, and by what that begins with");
	ok(index_find(kv, "key/a") == 5 && index_find(kv, "key/b") == 5, "and by its names");
	ok(index_next(kv, "tasks", 0) == 5 && index_next(kv, "status.pending", 0) == 5 &&
		index_next(kv, "late", 0) == 5,
	    "it is in its sets");
	change(kv, first_version(), second_version());
	ok(index_count(kv, "tasks") == 1 && !index_count(kv, "status.pending") &&
		!index_count(kv, "late") && index_next(kv, "status.done", 0) == 5,
	    "its next version is in those that it names, and no others");
	ok(!index_find(kv, "key/a") && index_find(kv, "key/b") == 5 && index_find(kv, "key/c") == 5,
	    "and has the names that it names");
	ok(index_find(kv, task) == 5 && is_candidate(kv, 5), "the key stays");
	change(kv, second_version(), change_of(task, 5, NULL, NULL, NULL));
	ok(!index_find(kv, task) && !is_candidate(kv, 5) && !index_find(kv, "key/b") &&
		!index_find(kv, "key/c"),
	    "deleted, it is not found any more");
	ok(!index_count(kv, "tasks") && !index_count(kv, "status.done"), "nor in any set");
	is_int(kv_failed(kv), 0, "nothing has failed");
	kv_close(kv);
}

/* How many are found by the first digits, up to 10: a walk without an end is no test's end. */
static int
count_candidates(struct kv *kv)
{
	struct index_walk walk = { 0 };
	int count = 0;

	while (count < 10 && index_candidate(kv, "task", "abcde", &walk) != 0)
		count++;
	return count;
}

/* No line of ours does that, but one that is read may. */
static void
test_another_key(void)
{
	struct kv *kv = new_index("index");

	change(kv, (struct buf){ 0 }, first_version());
	change(kv, first_version(), change_of("x", 5, "[]", "[]", "{}"));
	ok(!index_find(kv, task) && !count_candidates(kv) && index_find(kv, "x") == 5,
	    "a record that has another key now is found by that one only");
	change(kv, change_of("x", 5, "[]", "[]", "{}"), first_version());
	ok(!index_find(kv, "x") && is_candidate(kv, 5) && count_candidates(kv) == 1,
	    "with its first one again it is linked once");
	change(kv, first_version(), change_of("x", 5, NULL, NULL, NULL));
	ok(!index_find(kv, task) && !count_candidates(kv),
	    "deleted by another key it is not found by its own");
	kv_close(kv);
}

static void
test_names_that_move(void)
{
	struct kv *kv = new_index("index");

	change(kv, (struct buf){ 0 }, change_of("a", 1, "[]", "[\"x\"]", "{}"));
	change(kv, (struct buf){ 0 }, change_of("b", 2, "[]", "[\"x\"]", "{}"));
	is_int((long long)index_find(kv, "x"), 2, "a name leads to who took it last");
	change(kv, change_of("a", 1, "[]", "[\"x\"]", "{}"), change_of("a", 1, "[]", "[]", "{}"));
	is_int((long long)index_find(kv, "x"), 2, "who lost it does not take it away by that");
	change(kv, change_of("a", 1, "[]", "[]", "{}"), change_of("a", 1, "[]", "[\"x\"]", "{}"));
	is_int((long long)index_find(kv, "x"), 1, "but by taking it back");
	change(kv, change_of("b", 2, "[]", "[\"x\"]", "{}"), change_of("b", 2, NULL, NULL, NULL));
	is_int((long long)index_find(kv, "x"), 1, "who lost it may be deleted");
	kv_close(kv);
}

/* Appends a transaction of changes (released) and applies it. */
static int
apply(struct kv *kv, struct journal *j, struct journal_pos *head, struct buf set)
{
	struct journal_pos at = *head, where;
	struct buf line = { 0 };
	struct journal_line read;
	int rc = -1;

	if (journal_append(j, head, "b6a1e1f0-0000-4000-8000-000000000000", &set, &line, &where) ==
		JOURNAL_OK &&
	    journal_next(j, &at, &read) == JOURNAL_OK)
		rc = fold_line(kv, j, &read, &at);
	buf_release(&set);
	buf_release(&line);
	return rc;
}

static struct buf
set_of(struct buf a, struct buf b)
{
	struct buf set = { 0 };

	buf_putc(&set, '[');
	buf_add(&set, a.p, a.len);
	if (b.len) {
		buf_putc(&set, ',');
		buf_add(&set, b.p, b.len);
	}
	buf_putc(&set, ']');
	buf_release(&a);
	buf_release(&b);
	return set;
}

/* Whether record n's place is that of its newest version, whose value is this. */
static bool
is_at_place(struct kv *kv, struct journal *j, uint64_t n, uint64_t revision, const char *value)
{
	struct index_place place = index_place(kv, n);
	struct buf b = { 0 };
	bool holds = place.revision == revision &&
	             journal_read(j, place.segment, place.offset, place.len, &b) == 0 &&
	             crc32c(0, b.p, b.len) == place.crc &&
	             !strncmp(b.p + place.value, value, strlen(value)) &&
	             place.value + strlen(value) + 1 == place.len;

	buf_release(&b);
	return holds;
}

static void
test_lines(void)
{
	struct journal *j = journal_open(box_fd);
	struct kv *kv = new_index("index");
	struct journal_pos head = { 0 };
	struct index_head now;

	ok(apply(kv, j, &head, set_of(first_version(), change_of("b", 7, "[\"s\"]", "[]", "{}"))) ==
		0,
	    "a line of two changes is applied");
	ok(is_at_place(kv, j, 5, 1, "{}") && is_at_place(kv, j, 7, 1, "{}"), "both have a place");
	now = index_head(kv);
	ok(now.records == 7 && !memcmp(&now.at, &head, sizeof head),
	    "the head knows the highest number, and the place behind the line");
	apply(kv, j, &head, set_of(second_version(), (struct buf){ 0 }));
	ok(is_at_place(kv, j, 5, 2, "{}") && index_place(kv, 7).revision == 1,
	    "the next version has its own place, others keep theirs");
	ok(!index_count(kv, "late") && index_count(kv, "status.done") == 1,
	    "what changed is known from the older version");
	apply(kv, j, &head, set_of(change_of(task, 5, NULL, NULL, NULL), (struct buf){ 0 }));
	ok(!index_place(kv, 5).revision && !index_find(kv, "key/c") && index_head(kv).records == 7,
	    "a deletion leaves neither place nor name, and the number is not free again");
	struct buf set = { 0 };
	buf_puts(&set, "[{\"id\":1}]");
	ok(apply(kv, j, &head, set) == -1 && err_code() == EX_DATAERR,
	    "a line that is not of changes is EX_DATAERR");
	kv_close(kv);
	journal_close(j);
}

int
main(void)
{
	box_open("fold", 17);
	test_format();
	test_parse_refuses();
	test_names();
	test_members();
	test_another_key();
	test_names_that_move();
	test_lines();
	box_close();
	return done_testing();
}
