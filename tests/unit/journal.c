#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include "box.h"
#include "clock.h"
#include "crc.h"
#include "err.h"
#include "journal.h"
#include "tap.h"

enum { LINES = 4, MIB = 1 << 20, STREAM = 3000 };

static const char first_segment[] = "journal/00000001.jsonl";
static const char tx[] = "b6a1e1f0-0000-4000-8000-000000000000";

static struct journal *
open_journal(void)
{
	struct journal *j = journal_open(box_fd);

	if (!j)
		abort();
	return j;
}

/* What line i of a test says. */
static void
make_set(struct buf *set, uint64_t i)
{
	set->len = 0;
	buf_printf(set, "[{\"i\":%llu}", (unsigned long long)i);
	for (uint64_t n = i * i % 50; n > 0; n--)
		buf_puts(set, ",1");
	buf_putc(set, ']');
}

static enum journal_result
append(struct journal *j, struct journal_pos *head, uint64_t i)
{
	struct buf set = { 0 }, line = { 0 };
	struct journal_pos where;
	enum journal_result rc;

	make_set(&set, i);
	rc = journal_append(j, head, tx, &set, &line, &where);
	buf_release(&set);
	buf_release(&line);
	return rc;
}

/* A journal of that many lines and nothing else; where it ends. */
static struct journal_pos
make_journal(int lines)
{
	struct journal_pos head = { 0 };
	struct journal *j;

	box_empty("journal");
	j = open_journal();
	for (int i = 1; i <= lines; i++)
		if (append(j, &head, (uint64_t)i) != JOURNAL_OK)
			abort();
	journal_close(j);
	return head;
}

/* Whether the line is the one that `append` wrote as its revision-th. */
static bool
is_right(const struct journal_line *line)
{
	struct buf set = { 0 };
	bool is_same;

	make_set(&set, line->revision);
	is_same = line->set_len == set.len && !memcmp(line->set, set.p, set.len);
	buf_release(&set);
	return is_same;
}

/* Reads on to where it ends; how that was.  *good counts the lines that are right. */
static enum journal_result
read_rest(struct journal *j, struct journal_pos *at, int *good)
{
	struct journal_line line;
	enum journal_result rc;

	err_set(0, "nothing");
	while ((rc = journal_next(j, at, &line)) == JOURNAL_OK)
		*good += is_right(&line) && line.revision == at->revision;
	return rc;
}

static enum journal_result
read_all(struct journal_pos *at, int *good)
{
	struct journal *j = open_journal();
	enum journal_result rc;

	*at = (struct journal_pos){ 0 };
	*good = 0;
	rc = read_rest(j, at, good);
	journal_close(j);
	return rc;
}

static bool
is_same_pos(const struct journal_pos *a, const struct journal_pos *b)
{
	return !memcmp(a, b, sizeof *a);
}

static void
test_empty(void)
{
	int before = box_descriptors(), good = 0;
	struct journal_pos at = { 0 };
	struct journal *j;

	box_empty("journal");
	j = open_journal();
	ok(box_size("journal") >= 0, "opening makes the folder");
	is_int(read_rest(j, &at, &good), JOURNAL_END, "an empty journal is at its end");
	is_int(journal_has_more(j, &at), 0, "nothing more follows");
	ok(journal_mend(j, &at) == 0 && journal_sync(j, &at) == 0,
	    "mending and syncing it is fine");
	journal_close(j);
	journal_close(NULL);
	is_int(box_descriptors(), before, "no descriptor is left open");
}

static void
test_line(void)
{
	struct journal *j = open_journal();
	struct journal_pos head = { 0 }, where = { 9, 9, 9, 9 };
	struct buf set = { 0 }, line = { 0 }, piece = { 0 };
	char crc[9], *file;
	size_t len;

	buf_puts(&set, "[{\"i\":1}]");
	is_int(journal_append(j, &head, tx, &set, &line, &where), JOURNAL_OK, "a line is appended");
	ok(where.revision == 0 && where.offset == 0 && where.segment == 1, "at the beginning");
	ok(head.revision == 1 && head.offset == line.len && head.segment == 1 && !head.is_base,
	    "the head is behind it");
	file = box_read(first_segment, &len);
	ok(len == line.len && !memcmp(file, line.p, len), "the file holds the line");
	ok(file[len - 1] == '\n' && !memchr(file, '\n', len - 1), "it is one line");
	snprintf(crc, sizeof crc, "%08x", crc32c(0, file + 18, len - 19));
	ok(!memcmp(file, "{\"crc\":\"", 8) && !memcmp(file + 8, crc, 8),
	    "it begins with the checksum of what follows");
	ok(!memcmp(file + 16, "\",\"rev\":1,\"synced\":0,\"tx\":\"", 27) &&
		!memcmp(file + 43, tx, 36),
	    "then come the revision and the transaction");
	ok(strstr(file, ",\"set\":[{\"i\":1}]}\n") && strstr(file, "\"by\":\"journal["),
	    "who did it, and the changes, at the end");
	ok(journal_read(j, 1, len - 2 - set.len, set.len, &piece) == 0 && piece.len == set.len &&
		!memcmp(piece.p, set.p, set.len),
	    "a piece of it can be read");
	ok(journal_read(j, 1, len - 3, 4, &piece) == -1 && err_code() == EX_DATAERR,
	    "beyond its end is EX_DATAERR");
	ok(journal_read(j, 2, 0, 1, &piece) == -1 && err_code() == EX_DATAERR,
	    "so is a segment that is not there");
	is_int(journal_sync(j, &head), 0, "it is synced");
	free(file);
	buf_release(&set);
	buf_release(&line);
	buf_release(&piece);
	journal_close(j);
}

/* Pieces one after the other, with jumps between; then what was appended and cut meanwhile. */
static void
test_reading_on(void)
{
	struct journal_pos head = { 0 };
	struct buf piece = { 0 };
	int wrong = 0;
	struct journal *j;
	uint64_t at = 0;
	size_t len;
	char *file;

	box_empty("journal");
	j = open_journal();
	for (uint64_t i = 1; i <= 5000; i++)
		append(j, &head, i);
	file = box_read(first_segment, &len);
	for (int i = 0; i < 20000; i++) {
		size_t want = 1 + box_random(i % 100 ? 400 : 70000);

		if (box_random(50) == 0 || at + want > len)
			at = box_random(len - 70400);
		piece.len = 0;
		wrong += journal_read(j, 1, at, want, &piece) < 0 || piece.len != want ||
		         memcmp(piece.p, file + at, want) != 0;
		at += want + box_random(3) * 100;
	}
	is_int(wrong, 0, "pieces are what is in the file, read on and on or here and there");
	piece.len = 0;
	journal_read(j, 1, len - 1000, 500, &piece);
	journal_read(j, 1, len - 500, 499, &piece);
	box_truncate(first_segment, (long long)len - 500);
	journal_forget_ahead(j);
	ok(journal_read(j, 1, len - 500, 499, &piece) == -1 && err_code() == EX_DATAERR,
	    "what was cut off is not read again");
	free(file);
	buf_release(&piece);
	journal_close(j);
}

static void
test_round_trip(void)
{
	struct journal_pos head = make_journal(500), at, between = { 0 };
	struct journal *j;
	int good;

	is_int(read_all(&at, &good), JOURNAL_END, "the journal is read to its end");
	ok(good == 500 && is_same_pos(&at, &head), "every line is as it was written, in order");
	j = open_journal();
	good = 0;
	for (int i = 0; i < 300; i++)
		journal_next(j, &between, &(struct journal_line){ 0 });
	is_int(journal_has_more(j, &between), 1, "between lines, more follows");
	journal_close(j);
	j = open_journal();
	ok(read_rest(j, &between, &good) == JOURNAL_END && good == 200,
	    "a new reader goes on from a place that was kept");
	append(j, &head, 501);
	ok(read_rest(j, &between, &good) == JOURNAL_END && good == 201,
	    "at the end it sees more come");
	journal_close(j);
}

/* Everything that a torn write may leave behind `whole` good lines of the file. */
static bool
is_mended(const char *bytes, size_t good_len, size_t len, int whole)
{
	struct journal_pos at, end;
	char torn[40], *kept;
	size_t kept_len;
	bool holds;
	int good;
	struct journal *j;

	box_empty("journal");
	mkdirat(box_fd, "journal", 0700);
	box_write(first_segment, bytes, len);
	if (read_all(&at, &good) != JOURNAL_END || good != whole || at.offset != good_len)
		return false;
	j = open_journal();
	holds = journal_has_more(j, &at) == (len > good_len);
	end = at;
	holds &= len == good_len || journal_mend(j, &at) == 0;
	holds &= append(j, &at, (uint64_t)whole + 1) == JOURNAL_OK;
	journal_close(j);
	holds &= read_all(&at, &good) == JOURNAL_END && good == whole + 1;
	if (!holds || len == good_len)
		return holds;
	snprintf(torn, sizeof torn, "journal/torn.%llu", (unsigned long long)end.revision);
	kept = box_read(torn, &kept_len);
	holds = kept_len == len - good_len && !memcmp(kept, bytes + good_len, kept_len);
	free(kept);
	return holds;
}

/* How many bytes the first `count` lines have. */
static size_t
bytes_of_lines(const char *bytes, int count)
{
	const char *p = bytes;

	while (count-- > 0)
		p = strchr(p, '\n') + 1;
	return (size_t)(p - bytes);
}

static void
test_torn_tail(void)
{
	size_t len, cuts = 0, zeros = 0, garbage = 0, from;
	char *bytes, *torn;

	make_journal(LINES);
	bytes = box_read(first_segment, &len);
	torn = malloc(len + 64);
	from = bytes_of_lines(bytes, LINES - 2);
	for (size_t cut = from; cut < len; cut++) {
		int whole = cut < bytes_of_lines(bytes, LINES - 1) ? LINES - 2 : LINES - 1;
		size_t good_len = bytes_of_lines(bytes, whole);

		cuts += !is_mended(bytes, good_len, cut, whole);
		if (cut % 7) /* each is a sync or two */
			continue;
		memcpy(torn, bytes, cut);
		memset(torn + cut, 0, 64);
		zeros += !is_mended(torn, good_len, cut + 64, whole);
		for (int i = 0; i < 64; i++)
			torn[cut + (size_t)i] = (char)box_random(256);
		garbage += !is_mended(torn, good_len, cut + 64, whole);
	}
	is_int((long long)cuts, 0, "cut at any byte of the last two lines, no good line is lost");
	is_int((long long)zeros, 0, "nor with zeros behind the cut");
	is_int((long long)garbage, 0, "nor with garbage; what was torn off is kept");
	free(torn);
	free(bytes);
}

/*
 * With one bit of line `hit` other than it was: the lines before it are right; then damage, if
 * there is a good line behind it, else a tail that is not whole.
 */
static bool
is_flip_seen(int hit)
{
	struct journal_pos at;
	struct journal *j;
	int good;
	enum journal_result rc = read_all(&at, &good);
	bool has_more;

	if (good != hit)
		return false;
	if (hit < LINES - 1)
		return rc == JOURNAL_FAIL && err_code() == EX_DATAERR;
	j = open_journal();
	has_more = journal_has_more(j, &at) == 1;
	journal_close(j);
	return rc == JOURNAL_END && has_more;
}

static void
test_flips(void)
{
	int fd, missed = 0, hit = 0;
	size_t len;
	char *bytes;

	make_journal(LINES);
	bytes = box_read(first_segment, &len);
	fd = openat(box_fd, first_segment, O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			char flipped = (char)(bytes[i] ^ 1 << bit);

			if (pwrite(fd, &flipped, 1, (off_t)i) != 1)
				abort();
			missed += !is_flip_seen(hit);
		}
		if (pwrite(fd, bytes + i, 1, (off_t)i) != 1)
			abort();
		hit += bytes[i] == '\n';
	}
	close(fd);
	free(bytes);
	is_int(missed, 0, "every flip of a bit is seen, and what is before it is right");
}

static void
test_damage(void)
{
	struct journal_pos head = make_journal(LINES), at;
	struct journal *j;
	size_t len, second;
	char *bytes = box_read(first_segment, &len);
	int good;

	second = bytes_of_lines(bytes, 1);
	bytes[second + 40] ^= 1;
	box_write(first_segment, bytes, len);
	ok(read_all(&at, &good) == JOURNAL_FAIL && err_code() == EX_DATAERR && good == 1,
	    "a bad line before a good one is EX_DATAERR");
	ok(strstr(err_text(), "00000001.jsonl") != NULL, "the sentence names the file");
	bytes[second + 40] ^= 1;
	memmove(bytes + second, bytes + bytes_of_lines(bytes, 2), len - bytes_of_lines(bytes, 2));
	box_write(first_segment, bytes, len - (bytes_of_lines(bytes, 2) - second));
	ok(read_all(&at, &good) == JOURNAL_FAIL && err_code() == EX_DATAERR && good == 1,
	    "so is a line that is missing");
	free(bytes);

	head = make_journal(LINES);
	box_truncate(first_segment, (long long)head.offset - 1);
	j = open_journal();
	ok(journal_has_more(j, &head) == -1 && err_code() == EX_DATAERR,
	    "a journal that ends before the head is EX_DATAERR");
	ok(read_rest(j, &head, &good) == JOURNAL_FAIL && err_code() == EX_DATAERR,
	    "to journal_next too");
	unlinkat(box_fd, first_segment, 0);
	journal_close(j);
	j = open_journal();
	ok(read_rest(j, &head, &good) == JOURNAL_FAIL && err_code() == EX_DATAERR &&
		journal_has_more(j, &head) == -1 && err_code() == EX_DATAERR,
	    "and so is a segment that is missing");
	journal_close(j);
}

/* One line of so many bytes, all of them blanks. */
static void
append_large(struct journal *j, struct journal_pos *head, size_t len)
{
	struct buf set = { 0 }, line = { 0 };
	struct journal_pos where;

	buf_putc(&set, '[');
	memset(buf_room(&set, len), ' ', len);
	set.len += len;
	buf_putc(&set, ']');
	if (journal_append(j, head, tx, &set, &line, &where) != JOURNAL_OK)
		abort();
	buf_release(&set);
	buf_release(&line);
}

/* Revisions 1 to 4 in the first segment, of which the third passes 64 MiB; then two more. */
static struct journal_pos
make_segments(void)
{
	struct journal_pos head = make_journal(2);
	struct journal *j = open_journal();

	append_large(j, &head, 64 * MIB - 500);
	ok(head.segment == 1, "64 MiB are not passed yet");
	append(j, &head, 4);
	append(j, &head, 5);
	append(j, &head, 6);
	journal_close(j);
	return head;
}

static void
test_segments(void)
{
	struct journal_pos head = make_segments(), at, early = { 0 };
	struct journal_line line;
	struct journal *j = open_journal();
	int good;

	ok(head.segment == 2 && head.revision == 6 && box_size("journal/00000002.jsonl") > 0,
	    "once they are, a second segment begins");
	ok(read_all(&at, &good) == JOURNAL_END && good == 5 && is_same_pos(&at, &head),
	    "reading goes on from one to the other");
	while (early.revision < 4)
		if (journal_next(j, &early, &line) != JOURNAL_OK)
			abort();
	is_int(journal_has_more(j, &early), 1, "at the end of the first, more follows");
	renameat(box_fd, "journal/00000002.jsonl", box_fd, "journal/00000003.jsonl");
	ok(read_all(&at, &good) == JOURNAL_END && good == 5 && at.segment == 3,
	    "one number may be missing");
	renameat(box_fd, "journal/00000003.jsonl", box_fd, "journal/00000002.jsonl");
	box_write("journal/00000003.jsonl", "", 0);
	unlinkat(box_fd, "journal/00000002.jsonl", 0);
	ok(read_all(&at, &good) == JOURNAL_END && good == 3 && at.segment == 3,
	    "killed before its first line, a segment is empty");
	unlinkat(box_fd, "journal/00000003.jsonl", 0);
	ok(read_all(&at, &good) == JOURNAL_END && good == 3 && at.segment == 1, "or not there yet");
	journal_close(j);
}

/* What is torn at the end of a segment that has a next one is damage. */
static void
test_torn_segment(void)
{
	struct journal_pos at;
	int good, fd;

	make_journal(1);
	box_copy(first_segment, "journal/00000002.jsonl");
	fd = openat(box_fd, first_segment, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (write(fd, "torn", 4) != 4)
		abort();
	close(fd);
	ok(read_all(&at, &good) == JOURNAL_FAIL && err_code() == EX_DATAERR && good == 1,
	    "what is torn, but not at the journal's end, is damage");
	unlinkat(box_fd, first_segment, 0);
	ok(read_all(&at, &good) != JOURNAL_OK && good == 0,
	    "without its first segment nothing is taken for the journal");
}

/* The disk is full after so many more bytes: nothing is appended, and it goes on afterwards. */
static bool
is_taken_back(rlim_t more)
{
	struct journal_pos head = make_journal(2), before = head, at;
	pid_t pid = box_fork();
	int good;

	if (pid == 0) {
		struct journal *j = open_journal();
		rlim_t limit = (rlim_t)head.offset + more;
		enum journal_result rc;

		sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){ limit, RLIM_INFINITY });
		rc = append(j, &head, 3);
		if (rc != JOURNAL_FAIL || err_code() != EX_IOERR || !is_same_pos(&head, &before) ||
		    box_size(first_segment) != (long long)before.offset)
			_exit(1);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
		_exit(append(j, &head, 3) == JOURNAL_OK ? 0 : 1);
	}
	return box_ended_well(pid) && read_all(&at, &good) == JOURNAL_END && good == 3;
}

static void
test_full_disk(void)
{
	int wrong = 0;

	for (rlim_t more = 0; more < 150; more += 10)
		wrong += !is_taken_back(more);
	is_int(wrong, 0,
	    "what does not fit is taken back, EX_IOERR, and later there is room again");
}

/* The writer gives no lines back; now and then one is so long that it is seen half written. */
static _Noreturn void
write_stream(void)
{
	struct journal *j = open_journal();
	struct journal_pos head = { 0 };

	while (head.revision < STREAM)
		if (head.revision % 20 == 7)
			append_large(j, &head, 40000);
		else if (append(j, &head, head.revision + 1) != JOURNAL_OK)
			_exit(1);
	_exit(0);
}

static void
test_reader_and_writer(void)
{
	int64_t deadline = clock_mono_ms() + BOX_DEADLINE_MS;
	enum journal_result rc = JOURNAL_END;
	struct journal_pos at = { 0 };
	struct journal *j;
	int good = 0;
	pid_t pid;

	box_empty("journal");
	j = open_journal();
	if ((pid = box_fork()) == 0)
		write_stream();
	while (at.revision < STREAM && rc == JOURNAL_END && clock_mono_ms() < deadline)
		rc = read_rest(j, &at, &good);
	ok(box_ended_well(pid), "a writer appends");
	is(rc == JOURNAL_END ? "" : err_text(), "", "who reads meanwhile is told of no damage");
	is_int(good, STREAM - STREAM / 20, "and sees every line, whole, once, in order");
	journal_close(j);
}

static void
test_again(void)
{
	struct journal_pos head = { 0 }, before, at;
	int again = 0, changed = 0, good;
	struct journal *j;

	box_empty("journal");
	setenv("LEGWORK_JOURNAL", "again:3", 1);
	j = open_journal();
	while (head.revision < 300) {
		enum journal_result rc;

		before = head;
		rc = append(j, &head, head.revision + 1);
		again += rc == JOURNAL_AGAIN;
		changed += rc == JOURNAL_AGAIN && !is_same_pos(&head, &before);
	}
	journal_close(j);
	unsetenv("LEGWORK_JOURNAL");
	ok(again > 30, "LEGWORK_JOURNAL=again:3 makes it say JOURNAL_AGAIN at random");
	ok(changed == 0 && read_all(&at, &good) == JOURNAL_END && good == 300,
	    "nothing is written then");
}

/* Lines 1 to 3 said again in a base, in place of the segments below it. */
static void
make_base(struct journal *j)
{
	struct journal_base base;
	struct buf set = { 0 };

	if (journal_base_begin(j, &base, 2, 3) < 0)
		abort();
	buf_puts(&set, "[{\"i\":\"base\"}]");
	if (journal_base_line(&base, &set) < 0 || journal_base_line(&base, &set) < 0)
		abort();
	ok(box_size("journal/00000002.base.jsonl") < 0,
	    "a base has its name only when it is whole");
	is_int(journal_base_finish(j, &base, &set), 0, "then it gets it");
	buf_release(&set);
}

static void
test_base(void)
{
	struct journal_pos head = make_journal(3), at = { 0 }, old = head;
	struct journal *j = open_journal(), *reader = open_journal();
	struct journal_line line;
	uint64_t bytes = 0;
	int lines = 0;

	journal_next(reader, &at, &line);
	make_base(j);
	ok(journal_remove_below(j, 2, &bytes) == 0 && bytes == old.offset &&
		box_size(first_segment) < 0 && box_size("journal/00000002.base.jsonl") > 0,
	    "the segments below it are removed, and counted");
	journal_close(reader);
	reader = open_journal();
	is_int(journal_next(reader, &at, &line), JOURNAL_GONE, "who was there is told so");
	at = (struct journal_pos){ 0 };
	while (journal_next(reader, &at, &line) == JOURNAL_OK)
		lines += line.revision == 3 && line.set_len == 14;
	is_int(lines, 3, "the journal begins with the base, whose lines have its revision");
	ok(at.revision == 3 && at.offset == 0 && !at.is_base && journal_has_more(j, &at) == 0,
	    "and goes on behind it");
	ok(append(j, &at, 4) == JOURNAL_OK && at.revision == 4, "with the next revision");
	head = (struct journal_pos){ 0 };
	lines = 0;
	while (journal_next(reader, &head, &line) == JOURNAL_OK)
		lines++;
	ok(lines == 4 && is_same_pos(&head, &at), "which is read after it");
	journal_close(reader);
	journal_close(j);
}

static void
test_torn_base(void)
{
	struct journal_pos at = { 0 };
	struct journal *j;
	int good = 0;

	make_journal(3);
	j = open_journal();
	make_base(j);
	box_truncate("journal/00000002.base.jsonl", box_size("journal/00000002.base.jsonl") - 1);
	ok(read_rest(j, &at, &good) == JOURNAL_FAIL && err_code() == EX_DATAERR,
	    "a base that is not whole is damage");
	journal_close(j);
}

/* One bad line among good ones. */
static void
test_salvage(void)
{
	struct journal_pos at = { 0 };
	struct journal_line line;
	struct buf bad = { 0 };
	struct journal *j;
	size_t len, second;
	char *bytes, *kept;
	int lines = 0;

	make_journal(LINES);
	bytes = box_read(first_segment, &len);
	second = bytes_of_lines(bytes, 1);
	bytes[second + 50] ^= 4;
	box_write(first_segment, bytes, len);
	j = open_journal();
	while (journal_salvage(j, &at, &line, &bad) == JOURNAL_OK)
		lines += is_right(&line);
	is_int(lines, LINES - 1, "salvage finds every line that is good by itself");
	ok(bad.len == bytes_of_lines(bytes, 2) - second && !memcmp(bad.p, bytes + second, bad.len),
	    "and keeps what is not");
	ok(journal_keep(j, "kept", &bad) == 0, "which can be kept as a file");
	kept = box_read("journal/kept", &len);
	ok(len == bad.len && !memcmp(kept, bad.p, len), "byte for byte");
	ok(journal_put_aside(j, 2, "aside") == 0 && box_size(first_segment) < 0 &&
		box_size("journal/aside/00000001.jsonl") > 0,
	    "the segments can be put aside");
	journal_close(j);
	buf_release(&bad);
	free(kept);
	free(bytes);
}

int
main(void)
{
	box_open("journal", 64);
	test_empty();
	test_line();
	test_reading_on();
	test_round_trip();
	test_torn_tail();
	test_flips();
	test_damage();
	test_segments();
	test_torn_segment();
	test_full_disk();
	test_reader_and_writer();
	test_again();
	test_base();
	test_torn_base();
	test_salvage();
	box_close();
	return done_testing();
}
