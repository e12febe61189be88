/*
 * hurt - damage a store in every way of a kind, and see what becomes of it
 *
 * usage: hurt reboot STORE           the mark is of another boot from now on
 *        hurt checkpoint STORE       make a checkpoint now
 *        hurt cuts STORE WORK        cut the journal at every byte of its last three lines
 *        hurt tails STORE WORK SEED  zeros, rubbish, half lines and old lines behind the journal
 *        hurt flips STORE WORK FROM STEP
 *                                    flip a bit, from the FROM-th on every STEP-th
 *        hurt images NOTES WORK SEED every state that a power cut may leave the journal in that
 *                                    fault.so has taken NOTES of: what was said must be there
 *
 * STORE is only read (by all but the first two); cases are made in the folder WORK.  A case that
 * goes wrong is left there.  Exits 0 if all is as it must be.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "crash.h"
#include "crc.h"
#include "dir.h"
#include "err.h"
#include "mark.h"
#include "store.h"

static const char journal_name[] = "journal/00000001.jsonl";

static unsigned cases, wrongs;

__attribute__((format(printf, 1, 2))) static void
wrong(const char *fmt, ...)
{
	va_list ap;

	printf("wrong: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	wrongs++;
}

static _Noreturn void
die(const char *what)
{
	err_sys("%s", what);
	err_exit();
}

/* --- files */

static bool
read_file(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	b->len = 0;
	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 ||
	    dir_read_all(fd, buf_room(b, (size_t)st.st_size), (size_t)st.st_size, 0) != st.st_size)
		die(path);
	b->len = (size_t)st.st_size;
	close(fd);
	return true;
}

static void
write_file(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || dir_write_all(fd, bytes, len) < 0)
		die(path);
	close(fd);
}

/* A file of the case, or of the store, by name; the path lives until the fourth call from here. */
static const char *
in(const char *folder, const char *name)
{
	static char *path[4];
	static unsigned turn;

	turn = (turn + 1) % 4;
	free(path[turn]);
	return path[turn] = xprintf("%s/%s", folder, name);
}

static void
copy_if_there(const char *from, const char *to, const char *name)
{
	struct buf b = { 0 };

	if (read_file(in(from, name), &b))
		write_file(in(to, name), b.p, b.len);
	else
		unlink(in(to, name));
	buf_release(&b);
}

static const char *
torn_name(uint64_t revision)
{
	static char name[64];

	snprintf(name, sizeof name, "journal/torn.%" PRIu64, revision);
	return name;
}

/* --- cases */

/* What a store said when it was read, and then checked. */
struct found {
	int read_code, check_code; /* 0: fine */
	uint64_t revision, records;
	bool was_index_right;
};

/* Acknowledged ids that must be there. */
struct acks {
	struct buf text; /* each followed by a newline */
};

static bool
has_all(struct tx *tx, const struct acks *acks)
{
	const char *p = acks ? acks->text.p : NULL, *newline;
	const char *end = p ? p + acks->text.len : NULL;

	for (; p && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
		char *key = xprintf("task/%.*s", (int)(newline - p), p);
		bool is_there = store_number(tx, key) != 0;

		free(key);
		if (!is_there)
			return false;
	}
	return true;
}

enum { LOST = 250 };

static struct found
look_here(const char *folder, const struct acks *acks)
{
	struct found found = { .read_code = 0 };
	struct disk_report report;
	struct store *s;
	struct tx *tx;

	setenv("LEGWORK_STORE", folder, 1);
	if (!(s = store_open())) {
		found.read_code = found.check_code = err_code();
		return found;
	}
	tx = store_read(s);
	if (tx) {
		found.revision = store_head(tx).revision;
		found.read_code = has_all(tx, acks) ? 0 : LOST;
		for (uint64_t n = 0; (n = store_next_record(tx, n)) != 0; found.records++) {
			struct scan_text text;

			store_peek_change(tx, n, &text);
		}
		if (store_end(tx) < 0)
			found.read_code = err_code();
	} else {
		found.read_code = err_code();
	}
	found.check_code = store_check(s, &report) < 0 ? err_code() : 0;
	found.was_index_right = found.check_code == 0 && report.was_index_right;
	store_close(s);
	return found;
}

/* The same in a process of its own, which may die of it. */
static struct found
look(const char *folder, const struct acks *acks)
{
	struct found found = { .read_code = -1 };
	int fds[2], status;
	pid_t pid;

	cases++;
	fflush(stdout);
	if (pipe(fds) < 0 || (pid = fork()) < 0)
		die("fork");
	if (pid == 0) {
		found = look_here(folder, acks);
		_exit(write(fds[1], &found, sizeof found) == sizeof found ? 0 : 1);
	}
	close(fds[1]);
	if (read(fds[0], &found, sizeof found) != sizeof found)
		found.read_code = -1;
	close(fds[0]);
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		wrong("whoever reads it ends with %s %d", WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return found;
}

/* A new case in work: only its journal, as after a power cut. */
static void
make_case(const char *work, const char *bytes, size_t len)
{
	static const char *const files[] = { "index.gdbm", "index.ckpt", "mark", "lock", "gate" };
	struct stat st;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		unlink(in(work, files[i]));
	for (uint64_t revision = 0; revision < 64; revision++)
		unlink(in(work, torn_name(revision)));
	if (stat(work, &st) < 0 && mkdir(work, 0700) < 0)
		die(work);
	if (mkdir(in(work, "journal"), 0700) < 0 && errno != EEXIST)
		die(work);
	write_file(in(work, journal_name), bytes, len);
}

/* Whether a file of the case holds just these bytes. */
static bool
holds(const char *folder, const char *name, const char *bytes, size_t len)
{
	struct buf b = { 0 };
	bool is_same = read_file(in(folder, name), &b) && b.len == len && !memcmp(b.p, bytes, len);

	buf_release(&b);
	return is_same;
}

/* The places behind each line, and the beginning. */
struct places {
	size_t at[64], lines;
};

static struct places
places_of(const struct buf *journal)
{
	struct places p = { .lines = 0 };

	for (size_t i = 0; i < journal->len; i++)
		if (journal->p[i] == '\n' && p.lines + 1 < 64)
			p.at[++p.lines] = i + 1;
	if (p.lines < 4 || p.at[p.lines] != journal->len) {
		err_set(EX_DATAERR, "want a journal of 4 to 63 lines");
		err_exit();
	}
	return p;
}

static void
read_journal(const char *store, struct buf *journal)
{
	if (!read_file(in(store, journal_name), journal))
		die(in(store, journal_name));
}

/* Exactly `lines` are left; what stood behind them is kept. */
static void
expect_cut(const char *work, const struct found *f, const struct buf *journal,
    const struct places *p, size_t lines, const char *rest, size_t len, const char *what)
{
	if (f->read_code || f->revision != lines)
		wrong("%s: want %zu lines, found %" PRIu64 " (code %d)", what, lines, f->revision,
		    f->read_code);
	else if (f->check_code || !f->was_index_right)
		wrong("%s: store-check: code %d, index %s", what, f->check_code,
		    f->was_index_right ? "ok" : "rebuilt");
	else if (!holds(work, journal_name, journal->p, p->at[lines]))
		wrong("%s: the journal is not its first %zu lines", what, lines);
	else if (len && !holds(work, torn_name(lines), rest, len))
		wrong("%s: what was cut is not kept", what);
}

static void
expect_refused(const char *work, const struct found *f, const char *bytes, size_t len,
    const char *what)
{
	if (f->read_code != EX_DATAERR)
		wrong("%s: want 65, got %d and revision %" PRIu64, what, f->read_code, f->revision);
	else if (!holds(work, journal_name, bytes, len))
		wrong("%s: the journal was changed", what);
}

static int
cuts(const char *store, const char *work)
{
	struct buf journal = { 0 };
	struct places p;

	read_journal(store, &journal);
	p = places_of(&journal);
	for (size_t at = p.at[p.lines - 3]; at < journal.len; at++) {
		char *what = xprintf("cut at byte %zu", at);
		struct found f;
		size_t lines = p.lines;

		while (p.at[lines] > at)
			lines--;
		make_case(work, journal.p, at);
		f = look(work, NULL);
		expect_cut(work, &f, &journal, &p, lines, journal.p + p.at[lines], at - p.at[lines],
		    what);
		/* what this boot has seen to be longer is not cut by itself */
		make_case(work, journal.p, at);
		copy_if_there(store, work, "mark");
		copy_if_there(store, work, "index.gdbm");
		f = look(work, NULL);
		if (f.read_code != EX_DATAERR)
			wrong("%s, with its mark: want 65, got %d and revision %" PRIu64, what,
			    f.read_code, f.revision);
		if (f.check_code == 0)
			wrong("%s, with its mark: store-check finds nothing wrong", what);
		free(what);
	}
	buf_release(&journal);
	return 0;
}

static unsigned dice;

static unsigned
roll(unsigned sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 17;
	dice ^= dice << 5;
	return dice % sides;
}

static void
try_tail(const char *store, const char *work, const struct buf *journal, const struct places *p,
    const struct buf *tail, const char *kind)
{
	for (int with_mark = 0; with_mark < 2; with_mark++) {
		char *what = xprintf("%zu bytes of %s behind it%s", tail->len, kind,
		    with_mark ? ", with its mark" : "");
		struct buf all = { 0 };
		struct found f;

		buf_add(&all, journal->p, journal->len);
		buf_add(&all, tail->p, tail->len);
		make_case(work, all.p, all.len);
		if (with_mark) {
			copy_if_there(store, work, "mark");
			copy_if_there(store, work, "index.gdbm");
		}
		f = look(work, NULL);
		expect_cut(work, &f, journal, p, p->lines, tail->p, tail->len, what);
		buf_release(&all);
		free(what);
	}
}

static int
tails(const char *store, const char *work, unsigned seed)
{
	static const size_t lens[] = { 1, 2, 17, 18, 19, 255, 511, 512, 4095, 4096, 70000, 300000 };
	struct buf journal = { 0 }, tail = { 0 };
	struct places p;

	dice = seed * 2654435761U | 1;
	read_journal(store, &journal);
	p = places_of(&journal);
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
		for (int kind = 0; kind < 4; kind++) {
			tail.len = 0;
			for (size_t b = 0; b < lens[i]; b++)
				buf_putc(&tail,
				    kind == 0   ? '\0'
				    : kind == 1 ? (char)roll(256)
				    : kind == 2
					? '\n'
					: journal.p[p.at[p.lines - 1] +
						    b % (journal.len - p.at[p.lines - 1] - 1)]);
			try_tail(store, work, &journal, &p, &tail,
			    (const char *const[]){ "zeros", "rubbish", "newlines",
				"a line without its end" }[kind]);
		}
	/* a line that was good once and stands where it does not belong, also behind rubbish: it
	 * shows of nothing behind the end that it was on disk */
	for (size_t line = 0; line < p.lines; line++)
		for (int behind = 0; behind < 2; behind++) {
			tail.len = 0;
			if (behind)
				buf_puts(&tail, "rubbish\n");
			buf_add(&tail, journal.p + p.at[line], p.at[line + 1] - p.at[line]);
			try_tail(store, work, &journal, &p, &tail, "an older line");
		}
	buf_release(&journal);
	buf_release(&tail);
	return 0;
}

static int
flips(const char *store, const char *work, size_t from, size_t step)
{
	struct buf journal = { 0 }, bad = { 0 };
	struct places p;

	read_journal(store, &journal);
	p = places_of(&journal);
	buf_add(&bad, journal.p, journal.len);
	for (size_t bit = from; bit < 8 * journal.len; bit++) {
		char *what;
		size_t last = p.at[p.lines - 1];
		struct found f;

		if ((bit - from) % step != 0 && journal.p[bit / 8] != '\n') /* ends of lines: all */
			continue;
		what = xprintf("bit %zu of byte %zu flipped", bit % 8, bit / 8);
		bad.p[bit / 8] = (char)(bad.p[bit / 8] ^ 1 << bit % 8);
		make_case(work, bad.p, bad.len);
		f = look(work, NULL);
		if (bit / 8 < last)
			expect_refused(work, &f, bad.p, bad.len, what);
		else
			expect_cut(work, &f, &journal, &p, p.lines - 1, bad.p + last,
			    bad.len - last, what);
		bad.p[bit / 8] = journal.p[bit / 8];
		free(what);
	}
	buf_release(&journal);
	buf_release(&bad);
	return 0;
}

/* --- power cuts */

enum { BLOCK = 512, BLOCKS_ALL = 6, SUBSETS = 64 };

struct noted {
	struct crash_note head;
	const char *bytes;
};

struct notes {
	struct buf text;
	struct noted *note;
	size_t len;
};

static void
read_notes(const char *path, struct notes *notes)
{
	if (!read_file(path, &notes->text))
		die(path);
	for (size_t at = 0; at + sizeof(struct crash_note) <= notes->text.len;) {
		struct noted n = { .bytes = notes->text.p + at + sizeof n.head };

		memcpy(&n.head, notes->text.p + at, sizeof n.head);
		if (n.head.segment > 1) {
			err_set(EX_DATAERR, "%s: more than one segment", path);
			err_exit();
		}
		notes->note = xrealloc(notes->note, (notes->len + 1) * sizeof *notes->note);
		notes->note[notes->len++] = n;
		at += sizeof n.head + n.head.len;
	}
}

static void
apply(struct buf *file, const struct noted *n)
{
	if (n->head.kind == CRASH_TRUNCATE && n->head.at < file->len) {
		file->len = (size_t)n->head.at;
		file->p[file->len] = '\0';
	} else if (n->head.kind == CRASH_WRITE || n->head.kind == CRASH_TRUNCATE) {
		size_t end = (size_t)n->head.at + n->head.len;

		while (file->len < end)
			buf_putc(file, '\0');
		if (n->head.len)
			memcpy(file->p + n->head.at, n->bytes, n->head.len);
	}
}

/* What was noted before that place has been synced: the last sync to have ended by `point` began
 * there. */
static size_t
synced_before(const struct notes *notes, size_t point)
{
	size_t latest = 0;

	for (size_t end = 0; end < point; end++) {
		if (notes->note[end].head.kind != CRASH_SYNCED)
			continue;
		for (size_t begin = end; begin-- > 0;)
			if (notes->note[begin].head.kind == CRASH_SYNC &&
			    notes->note[begin].head.pid == notes->note[end].head.pid) {
				latest = begin > latest ? begin : latest;
				break;
			}
	}
	return latest;
}

static bool
differs(const struct buf *a, const struct buf *b, size_t block)
{
	for (size_t i = block * BLOCK; i < (block + 1) * BLOCK && (i < a->len || i < b->len); i++)
		if ((i < a->len ? a->p[i] : 0) != (i < b->len ? b->p[i] : 0))
			return true;
	return false;
}

/* The file of `size` bytes in which the blocks of the subset are new. */
static void
mix(struct buf *out, const struct buf *old, const struct buf *new, const size_t *block,
    size_t blocks, unsigned subset, size_t size)
{
	out->len = 0;
	for (size_t i = 0; i < size; i++)
		buf_putc(out, i < old->len ? old->p[i] : '\0');
	for (size_t b = 0; b < blocks; b++)
		for (size_t i = block[b] * BLOCK;
		     subset >> b & 1 && i < (block[b] + 1) * BLOCK && i < size; i++)
			out->p[i] = i < new->len ? new->p[i] : '\0';
}

static void
try_image(const char *work, const struct buf *image, const struct acks *acks, size_t point)
{
	static uint64_t *tried;
	static size_t tries;
	uint64_t mark = (uint64_t)crc32c(0, image->p ? image->p : "", image->len) << 32 |
	                (uint32_t)(image->len * 31 + acks->text.len);
	struct found f;

	for (size_t i = 0; i < tries; i++)
		if (tried[i] == mark)
			return;
	tried = xrealloc(tried, (tries + 1) * sizeof *tried);
	tried[tries++] = mark;
	make_case(work, image->p, image->len);
	f = look(work, acks);
	if (f.read_code || f.check_code || !f.was_index_right) {
		wrong("power cut after note %zu, journal of %zu bytes: %s (codes %d, %d)", point,
		    image->len, f.read_code == LOST ? "acknowledged work is lost" : "refused",
		    f.read_code, f.check_code);
		make_case(work, image->p, image->len);
		err_set(EX_SOFTWARE, "the case is in %s", work);
		err_exit();
	}
}

/* All that may be on disk when the power fails right behind the first `point` notes. */
static void
try_point(const char *work, const struct notes *notes, size_t point, const struct acks *acks)
{
	struct buf old = { 0 }, new = { 0 }, image = { 0 };
	size_t synced = synced_before(notes, point), block[BLOCKS_ALL * 8] = { 0 }, blocks = 0;
	size_t sizes[BLOCKS_ALL * 8 + 4], n = 0;

	buf_puts(&old, "");
	buf_puts(&new, "");
	for (size_t i = 0; i < point; i++) {
		if (i < synced)
			apply(&old, &notes->note[i]);
		apply(&new, &notes->note[i]);
	}
	for (size_t b = 0; b * BLOCK < old.len || b * BLOCK < new.len; b++)
		if (blocks < BLOCKS_ALL * 8 && differs(&old, &new, b))
			block[blocks++] = b;
	sizes[n++] = old.len;
	for (size_t b = 0; b < blocks; b++)
		if (block[b] * BLOCK > old.len && block[b] * BLOCK < new.len)
			sizes[n++] = block[b] * BLOCK;
	sizes[n++] = new.len;
	for (size_t i = 0; i < n; i++) {
		unsigned all = blocks <= BLOCKS_ALL ? 1U << blocks : SUBSETS;

		for (unsigned s = 0; s < all; s++) {
			unsigned subset = blocks <= BLOCKS_ALL ? s : roll(1U << 31);

			mix(&image, &old, &new, block, blocks, subset, sizes[i]);
			try_image(work, &image, acks, point);
		}
	}
	buf_release(&old);
	buf_release(&new);
	buf_release(&image);
}

static int
images(const char *path, const char *work, unsigned seed)
{
	struct notes notes = { .len = 0 };
	struct acks acks = { .text = { 0 } };
	unsigned said = 0;

	dice = seed * 2654435761U | 1;
	read_notes(path, &notes);
	for (size_t point = 0; point <= notes.len; point++) {
		if (point > 0 && notes.note[point - 1].head.kind == CRASH_SAID) {
			buf_add(&acks.text, notes.note[point - 1].bytes,
			    notes.note[point - 1].head.len);
			said++;
		}
		try_point(work, &notes, point, &acks);
	}
	printf("%zu notes, %u acknowledgements, ", notes.len, said);
	if (said == 0)
		wrong("nothing was acknowledged");
	buf_release(&acks.text);
	buf_release(&notes.text);
	free(notes.note);
	return 0;
}

/* --- small things */

static int
reboot(const char *store)
{
	struct mark m;
	int fd = open(in(store, "mark"), O_RDWR | O_CLOEXEC);

	if (fd < 0 || dir_read_all(fd, &m, sizeof m, 0) != sizeof m)
		die("mark");
	m.boot[0] = m.boot[0] == '0' ? '1' : '0';
	m.crc = crc32c(0, &m, offsetof(struct mark, is_dirty));
	if (pwrite(fd, &m, sizeof m, 0) != sizeof m)
		die("mark");
	close(fd);
	return 0;
}

static int
checkpoint(const char *store)
{
	struct disk d;
	int rc;

	if (disk_open(&d, store) < 0 || lock_take(&d.lock, false, 10000, &d.mark->progress) < 0)
		err_exit();
	rc = disk_checkpoint(&d);
	lock_drop(&d.lock);
	disk_close(&d);
	return rc < 0 ? err_print() : 0;
}

static unsigned
number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

int
main(int argc, char *argv[])
{
	const char *what = argc > 2 ? argv[1] : "";

	if (!strcmp(what, "reboot"))
		return reboot(argv[2]);
	if (!strcmp(what, "checkpoint"))
		return checkpoint(argv[2]);
	if (!strcmp(what, "cuts") && argc == 4) {
		cuts(argv[2], argv[3]);
	} else if (!strcmp(what, "tails") && argc == 5) {
		tails(argv[2], argv[3], number(argv[4]));
	} else if (!strcmp(what, "flips") && argc == 6 && number(argv[5]) > 0) {
		flips(argv[2], argv[3], number(argv[4]), number(argv[5]));
	} else if (!strcmp(what, "images") && argc == 5) {
		images(argv[2], argv[3], number(argv[4]));
	} else {
		err_set(EX_USAGE, "want a kind of damage, and what it takes");
		err_exit();
	}
	printf("%s: %u cases, %u wrong\n", what, cases, wrongs);
	return wrongs > 0;
}
