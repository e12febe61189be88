#include <errno.h>

#include "box.h"
#include "err.h"
#include "salvage.h"
#include "store.h"
#include "tap.h"

enum { KEYS = 7, LINES = 30 };

static const char journal_file[] = "a/journal/00000001.jsonl";

static const char *
path_of(const char *name)
{
	static char path[PATH_MAX + 100];

	snprintf(path, sizeof path, "%s/%s", box_path, name);
	return path;
}

static struct store *
open_store(void)
{
	struct store *s;

	setenv("LEGWORK_STORE", path_of("a"), 1);
	if (!(s = store_open()))
		abort();
	return s;
}

/* Line i sets record i % KEYS to i, in a transaction of its own. */
static void
put(struct store *s, int k, int i)
{
	struct tx *tx = store_begin(s);
	char key[20];

	if (!tx)
		abort();
	snprintf(key, sizeof key, "key-%d", k);
	store_put(tx, key, json_set_int(jv_object(), "i", i), JV_ARRAY(jv_string("all")),
	    JV_ARRAY(jv_string_fmt("name/%d", k)));
	if (store_commit(tx, STORE_DURABLE) != STORE_OK)
		abort();
}

static struct store *
make_store(void)
{
	struct store *s;

	box_empty("a");
	s = open_store();
	for (int i = 0; i < LINES; i++)
		put(s, i % KEYS, i);
	return s;
}

/* What record k is, found by its name; -1: there is none, -2: it cannot be read. */
static int64_t
get(struct store *s, int k)
{
	struct tx *tx = store_read(s);
	char name[20];
	int64_t i;
	jv record;

	if (!tx)
		return -2;
	snprintf(name, sizeof name, "name/%d", k);
	record = store_get(tx, name);
	i = jv_is_valid(record) ? json_peek_int(record, "i", -2) : -1;
	jv_free(record);
	return store_end(tx) < 0 ? -2 : i;
}

/* Whether each record is what the lines without those from `bad` up to behind it say. */
static bool
is_as_told(struct store *s, int bad, int behind)
{
	int64_t want[KEYS];
	bool holds = true;

	for (int k = 0; k < KEYS; k++)
		want[k] = -1;
	for (int i = 0; i < LINES; i++)
		if (i < bad || i >= behind)
			want[i % KEYS] = i;
	for (int k = 0; k < KEYS; k++)
		holds &= get(s, k) == want[k];
	return holds;
}

static bool
is_right(struct store *s)
{
	struct disk_report report;

	return store_check(s, &report) == 0 && report.was_index_right;
}

static bool
has_file(const char *folder, const char *name, const char *bytes, size_t len)
{
	char path[100];
	size_t there;
	char *is;
	bool same;

	snprintf(path, sizeof path, "a/journal/%s/%s", folder, name);
	if (box_size(path) < 0)
		return false;
	is = box_read(path, &there);
	same = there == len && !memcmp(is, bytes, len);
	free(is);
	return same;
}

/* Where line i begins; the founding line is number -1. */
static char *
line_at(char *bytes, int i)
{
	for (; i >= 0; i--)
		bytes = strchr(bytes, '\n') + 1;
	return bytes;
}

/* Each line in turn has one wrong bit. */
static void
test_each_line(void)
{
	struct salvage_report report;
	struct disk_report checked;
	int wrong = 0, unseen = 0, aside = 0, reported = 0;

	for (int bad = 0; bad < LINES; bad++) {
		struct store *s = make_store();
		char *bytes, *line, dropped[40], salvaged[40];
		size_t len, size;

		bytes = box_read(journal_file, &len);
		line = line_at(bytes, bad);
		size = (size_t)(strchr(line, '\n') + 1 - line);
		line[box_random(size - 1)] ^= 1;
		box_write(journal_file, bytes, len);
		unseen += store_check(s, &checked) == 0 || err_code() != EX_DATAERR;
		wrong += store_salvage(s, &report) < 0;
		/* what nothing follows was cut off when it was looked at */
		reported += report.lines == LINES &&
		            report.dropped_bytes == (bad < LINES - 1 ? size : 0) &&
		            report.revision == (uint64_t)(LINES + (bad < LINES - 1));
		wrong += !is_as_told(s, bad, bad + 1) || !is_right(s);
		snprintf(dropped, sizeof dropped, "dropped.%llu",
		    (unsigned long long)report.revision);
		snprintf(salvaged, sizeof salvaged, "salvaged.%llu",
		    (unsigned long long)report.revision);
		aside += bad < LINES - 1 ? has_file(".", dropped, line, size) &&
		                               has_file(salvaged, "00000001.jsonl", bytes, len)
		                         : has_file(".", "torn.30", line, size);
		aside -= box_size(journal_file) >= 0 || box_size("a/index.salvage") >= 0;
		put(s, 0, 1000);
		wrong += get(s, 0) != 1000 || !is_right(s);
		store_close(s);
		free(bytes);
	}
	is_int(unseen, 0, "a wrong bit in any line is seen: 65");
	is_int(wrong, 0, "then what the other lines say is there, and the store goes on");
	is_int(aside, LINES, "the bad line is kept aside, and the journal as it was");
	is_int(reported, LINES, "and the report says so");
}

static void
test_several(void)
{
	struct salvage_report report;
	struct store *s = make_store();
	char *bytes, *from, *to;
	size_t len;

	bytes = box_read(journal_file, &len);
	from = line_at(bytes, 5);
	to = line_at(bytes, 17);
	memset(from, 'x', (size_t)(to - from)); /* newlines, too */
	box_write(journal_file, bytes, len);
	ok(store_salvage(s, &report) == 0 && is_as_told(s, 5, 18),
	    "what has lost its newline takes the next line along");
	free(bytes);
	store_close(s);

	s = make_store();
	bytes = box_read(journal_file, &len);
	from = line_at(bytes, 5);
	to = line_at(bytes, 17);
	memmove(from, to, len + 1 - (size_t)(to - bytes));
	box_write(journal_file, bytes, len - (size_t)(to - from));
	ok(store_salvage(s, &report) == 0 && is_as_told(s, 5, 17) && report.dropped_bytes == 0,
	    "lines that are missing are missing, and the others count");
	free(bytes);
	store_close(s);

	s = make_store();
	box_truncate(journal_file, box_size(journal_file) - 30);
	ok(store_salvage(s, &report) == 0 && is_as_told(s, LINES - 1, LINES) && is_right(s),
	    "a journal that is too short is believed, when a person says so");
	put(s, 1, 77);
	ok(get(s, 1) == 77 && is_right(s), "and goes on");
	store_close(s);
}

static void
test_whole(void)
{
	struct salvage_report report;
	struct store *s = make_store();

	ok(store_salvage(s, &report) == 0 && report.lines == LINES + 1 &&
		report.dropped_bytes == 0 && is_as_told(s, 0, 0) && is_right(s),
	    "a journal that is whole keeps all that it says");
	ok(store_salvage(s, &report) == 0 && is_as_told(s, 0, 0) && is_right(s),
	    "also when it is done again");
	store_close(s);
}

static void
test_nothing_good(void)
{
	struct salvage_report report;
	struct store *s = make_store();
	size_t len;
	char *bytes = box_read(journal_file, &len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)box_random(256);
	box_write(journal_file, bytes, len);
	ok(store_salvage(s, &report) == -1 && err_code() == EX_DATAERR,
	    "where there is no good line it is refused: 65");
	ok(has_file(".", "00000001.jsonl", bytes, len) && box_size("a/index.salvage") < 0 &&
		box_size("a/journal/base.new") < 0,
	    "and nothing is changed");
	free(bytes);
	store_close(s);
}

static void
test_segments(void)
{
	struct compact_report compacted;
	struct salvage_report report;
	struct store *s = make_store();
	char *bytes;
	size_t len;

	if (store_compact(s, &compacted) < 0)
		abort();
	for (int k = 0; k < 3; k++)
		put(s, k, 500 + k);
	bytes = box_read("a/journal/00000002.base.jsonl", &len);
	*strstr(bytes, "\"key-5\"") = '?';
	box_write("a/journal/00000002.base.jsonl", bytes, len);
	ok(store_salvage(s, &report) == 0 && get(s, 0) == 500 && get(s, 2) == 502 && is_right(s),
	    "of a damaged base what was written behind it is there");
	ok(has_file("salvaged.34", "00000002.base.jsonl", bytes, len), "and it is kept aside");
	free(bytes);
	store_close(s);

	s = make_store();
	if (store_compact(s, &compacted) < 0)
		abort();
	put(s, 0, 500);
	box_empty("a/journal/00000002.base.jsonl");
	ok(store_salvage(s, &report) == 0 && get(s, 0) == 500 && get(s, 1) == -1 && is_right(s),
	    "nor does a file that is missing take the others along");
	store_close(s);
}

static void
test_again(void)
{
	struct salvage_report report;
	struct store *s = make_store();
	char *bytes;
	size_t len;

	bytes = box_read(journal_file, &len);
	line_at(bytes, 3)[30] ^= 1;
	box_write(journal_file, bytes, len);
	free(bytes);
	ok(store_salvage(s, &report) == 0, "a store is salvaged");
	put(s, 0, 600);
	put(s, 1, 601);
	put(s, 2, 602);
	bytes = box_read("a/journal/00000003.jsonl", &len);
	strstr(bytes, "\"i\":601")[4] = '7';
	box_write("a/journal/00000003.jsonl", bytes, len);
	free(bytes);
	ok(store_salvage(s, &report) == 0 && get(s, 0) == 600 && get(s, 1) == 29 &&
		get(s, 2) == 602 && is_right(s),
	    "damaged again, it is salvaged again");
	store_close(s);
}

/* Killed when the base has its name, and the old journal is still beside it. */
static void
test_killed(void)
{
	struct salvage_report report;
	struct store *s = make_store();
	char *bytes;
	size_t len;
	int rc;

	bytes = box_read(journal_file, &len);
	line_at(bytes, 3)[30] ^= 1;
	box_write(journal_file, bytes, len);
	if (store_salvage(s, &report) < 0)
		abort();
	store_close(s);
	box_copy("a/journal/salvaged.31/00000001.jsonl", journal_file);
	for (int derived = 0; derived < 2; derived++) {
		if (derived) {
			box_empty("a/index.gdbm");
			box_empty("a/mark");
		}
		s = open_store();
		ok(is_as_told(s, 3, 4) && is_right(s),
		    derived ? "nor where index and mark are gone"
			    : "killed before the old journal is put aside: it is in nobody's way");
		store_close(s);
	}
	free(bytes);

	/* killed before the base has its name */
	s = make_store();
	bytes = box_read(journal_file, &len);
	line_at(bytes, 3)[30] ^= 1;
	box_write(journal_file, bytes, len);
	box_write("a/journal/base.new", bytes, len / 2);
	box_write("a/index.salvage", bytes, len / 3);
	rc = store_salvage(s, &report);
	ok(rc == 0 && is_as_told(s, 3, 4) && is_right(s) && box_size("a/journal/base.new") < 0 &&
		box_size("a/index.salvage") < 0,
	    "killed earlier, it is done by the next one");
	free(bytes);
	store_close(s);
}

int
main(void)
{
	int before;

	box_open("salvage", 31);
	before = box_descriptors();
	test_each_line();
	test_several();
	test_whole();
	test_nothing_good();
	test_segments();
	test_again();
	test_killed();
	is_int(box_descriptors(), before, "no descriptor is left open");
	box_close();
	return done_testing();
}
