/*
 * journal.c - a journal of any bytes is read without a crash, no line is returned whose checksum
 * does not fit, and what is mended loses no good line
 *
 * Input: what the journal's files are made of, one thing after the other (see build), up to a
 * ':'; then places from which to read.
 */
#include "fuzz.h"

#include <inttypes.h>

#include "buf.h"
#include "crc.h"
#include "err.h"
#include "journal.h"

enum { FILES = 7, LINES = 400, BIG_BYTES = 300 << 10 };

struct file {
	uint32_t number;
	bool is_base;
	struct buf bytes;
};

/* A journal being made. */
struct world {
	struct file file[FILES];
	size_t files;
	uint64_t revision;
	size_t lines;  /* good ones behind the newest base's beginning */
	bool is_whole; /* so far it is one that append and compact could have written */
	bool is_half;  /* the newest base has no last line */
	bool has_big;
	int folder;
};

static struct buf *
now(struct world *w)
{
	return &w->file[w->files - 1].bytes;
}

/* A line whose checksum fits, whatever is in it. */
static void
add_line(struct buf *b, const char *body, size_t len)
{
	buf_printf(b, "{\"crc\":\"%08" PRIx32 "\",", crc32c(0, body, len));
	buf_add(b, body, len);
	buf_putc(b, '\n');
}

/* What a writer says. */
struct line {
	uint64_t revision, synced;
	const char *by;
	size_t padding; /* bytes more than it needs */
};

static void
add_changes(struct buf *b, struct line l)
{
	struct buf body = { 0 };

	buf_printf(&body, "\"rev\":%" PRIu64 ",\"synced\":%" PRIu64, l.revision, l.synced);
	buf_printf(&body, ",\"tx\":\"t\",\"at\":\"2026-11-20T12:00:00.000Z\",\"by\":\"%s\",", l.by);
	buf_puts(&body,
	    "\"set\":[{\"key\":\"a/b\",\"n\":1,\"sets\":[],\"names\":[],\"value\":{\"x\":\"");
	memset(buf_room(&body, l.padding), 'x', l.padding);
	body.len += l.padding;
	buf_puts(&body, "\"}}]}");
	add_line(b, body.p, body.len);
	buf_release(&body);
}

static void
begin_file(struct world *w, uint32_t number, bool is_base)
{
	if (w->files < FILES)
		w->file[w->files++] = (struct file){ .number = number, .is_base = is_base };
	else
		w->is_whole = false;
}

static uint32_t
last_number(const struct world *w)
{
	return w->file[w->files - 1].number;
}

/* All so far, said again. */
static void
add_base(struct world *w, unsigned lines, bool is_ended)
{
	if (w->files + 2 > FILES || w->revision == 0) {
		w->is_whole = false;
		return;
	}
	begin_file(w, last_number(w) + 1, true);
	for (unsigned i = 0; i < lines; i++)
		add_changes(now(w), (struct line){ w->revision, w->revision, "base", 0 });
	w->is_half = !is_ended;
	if (is_ended)
		add_changes(now(w), (struct line){ w->revision, w->revision, "store-compact", 0 });
	else
		w->is_whole = false;
	w->lines = lines + 1;
	begin_file(w, last_number(w) + 1, false);
}

static void
hurt(struct world *w, struct fuzz_bytes *b)
{
	struct buf *bytes = now(w);
	size_t at = fuzz_byte(b) << 8;

	at |= fuzz_byte(b);
	if (bytes->len > 0)
		bytes->p[at % bytes->len] ^= (char)(1 << fuzz_byte(b) % 8);
	w->is_whole = false;
}

/* A piece of a line, as a writer that was killed leaves it; or of zeros, as a power cut does. */
static void
tear(struct world *w, size_t cut, bool has_zeros)
{
	struct buf *bytes = now(w), line = { 0 };

	add_changes(&line, (struct line){ w->revision + 1, w->revision, "a[1]", 0 });
	cut = cut < line.len - 1 ? cut : line.len - 1;
	if (has_zeros)
		memset(line.p, 0, cut);
	buf_add(bytes, line.p, cut);
	buf_release(&line);
	w->is_whole = w->is_whole && cut == 0;
}

static void
add_bytes(struct world *w, struct fuzz_bytes *b, bool is_line)
{
	size_t len = fuzz_below(b, 256);
	const char *bytes = fuzz_take(b, &len);

	if (is_line && !memchr(bytes, '\n', len))
		add_line(now(w), bytes, len);
	else
		buf_add(now(w), bytes, len);
	w->is_whole = false;
}

/* lag: how many of the lines before it were not yet on disk. */
static void
add_good(struct world *w, size_t padding, uint64_t lag)
{
	uint64_t synced = w->revision > lag ? w->revision - lag : 0;

	add_changes(now(w), (struct line){ ++w->revision, synced, "a[1]", padding });
	w->lines++;
}

/* A good line in a wrong place. */
static void
add_misplaced(struct world *w, struct fuzz_bytes *b)
{
	uint64_t revision = fuzz_below(b, 256), synced = fuzz_below(b, 256);

	add_changes(now(w), (struct line){ revision, synced, "a[1]", 0 });
	w->is_whole = false;
}

/* The next thing; false: that was all. */
static bool
build(struct world *w, struct fuzz_bytes *b)
{
	switch (fuzz_below(b, 16)) {
	case 0: /* '0' */
		add_good(w, 0, 0);
		break;
	case 1: {
		size_t padding = fuzz_byte(b);

		add_good(w, padding, fuzz_below(b, 8));
		break;
	}
	case 2:
		add_misplaced(w, b);
		break;
	case 3:
		add_bytes(w, b, false);
		break;
	case 4: /* a body of ours with a good checksum */
		add_bytes(w, b, true);
		break;
	case 5:
		tear(w, fuzz_byte(b), false);
		break;
	case 6:
		tear(w, fuzz_byte(b), true);
		break;
	case 7: /* the next segment */
		begin_file(w, last_number(w) + 1, false);
		break;
	case 8: /* the one behind, as if a base had taken the number and not come to be */
		if (now(w)->len == 0)
			w->is_whole = false;
		begin_file(w, last_number(w) + 2, false);
		break;
	case 9:
		add_base(w, fuzz_below(b, 4), true);
		break;
	case 10: /* ':' */
		return false;
	case 11:
		add_base(w, fuzz_below(b, 4), false);
		break;
	case 12:
		hurt(w, b);
		break;
	case 13: /* longer than what is read at once */
		add_good(w, w->has_big ? 5000 : BIG_BYTES, 1);
		w->has_big = true;
		break;
	case 14: /* what is no segment */
		fuzz_write(w->folder, "rubbish.jsonl", "{}\n", 3);
		fuzz_write(w->folder, "00000009.torn", "{}\n", 3);
		break;
	default:
		buf_putc(now(w), '\n');
		w->is_whole = false;
	}
	return b->left > 0;
}

static void
write_files(struct world *w, int dir_fd)
{
	for (size_t i = 0; i < w->files; i++) {
		char name[40];

		snprintf(name, sizeof name, "journal/%08" PRIu32 "%s.jsonl", w->file[i].number,
		    w->file[i].is_base ? ".base" : "");
		if (w->file[i].bytes.len > 0 || i + 1 < w->files || i == 0)
			fuzz_write(dir_fd, name, w->file[i].bytes.p ? w->file[i].bytes.p : "",
			    w->file[i].bytes.len);
	}
}

/* The line is one whole line of the file, and its checksum fits. */
static void
check_line(const struct world *w, const struct journal_line *line)
{
	const struct file *f = NULL;
	char crc[9];

	for (size_t i = 0; i < w->files; i++)
		if (w->file[i].number == line->start.segment)
			f = &w->file[i];
	fuzz_fact(f && line->start.offset + line->len < f->bytes.len);
	fuzz_fact(!memcmp(f->bytes.p + line->start.offset, line->text, line->len));
	fuzz_fact(f->bytes.p[line->start.offset + line->len] == '\n');
	fuzz_fact(line->len > 18 && !memchr(line->text, '\n', line->len));
	snprintf(crc, sizeof crc, "%08" PRIx32, fuzz_crc(line->text + 18, line->len - 18));
	fuzz_fact(!memcmp(line->text + 8, crc, 8));
	fuzz_fact(line->set > line->text && line->set_len > 0 &&
		  line->set + line->set_len <= line->text + line->len && *line->set == '[');
}

/* What was read of a journal. */
struct seen {
	size_t lines;
	uint64_t sum; /* of where they are */
	struct journal_pos end;
	enum journal_result result;
};

static struct seen
read_all(const struct world *w, struct journal *j, struct journal_pos at)
{
	struct seen seen = { 0 };
	struct journal_line line;
	uint64_t revision = at.segment ? at.revision : 0;

	while ((seen.result = journal_next(j, &at, &line)) == JOURNAL_OK) {
		check_line(w, &line);
		fuzz_fact(++seen.lines <= LINES);
		fuzz_fact(line.revision == at.revision);
		fuzz_fact(line.revision == revision + 1 || line.start.is_base);
		fuzz_fact(at.segment != line.start.segment ||
			  at.offset == line.start.offset + line.len + 1);
		revision = line.revision;
		seen.sum = seen.sum * 31 + line.start.segment * 1000003 + line.start.offset;
	}
	fuzz_fact(seen.result != JOURNAL_FAIL || err_code() == EX_DATAERR);
	fuzz_fact(seen.result != JOURNAL_AGAIN);
	seen.end = at;
	return seen;
}

/* Whether the line is good, and shows that one behind the end was on disk. */
static bool
is_proof(const char *line, size_t len, uint64_t end)
{
	unsigned long long revision = 0, synced = 0;
	char crc[9], head[64], text[64];

	if (len < 60 || memcmp(line, "{\"crc\":\"", 8) || line[len - 1] != '}' ||
	    !memmem(line, len, ",\"set\":[", 8))
		return false;
	snprintf(crc, sizeof crc, "%08" PRIx32, fuzz_crc(line + 18, len - 18));
	snprintf(text, sizeof text, "%.50s", line + 16);
	if (memcmp(line + 8, crc, 8) ||
	    sscanf(text, "\",\"rev\":%llu,\"synced\":%llu", &revision, &synced) != 2)
		return false;
	snprintf(head, sizeof head, "\",\"rev\":%llu,\"synced\":%llu", revision, synced);
	return !memcmp(head, text, strlen(head)) && revision > end && synced > end;
}

/* In what was cut off is no good line, wherever it begins, that shows what is cut was on disk. */
static void
check_tail(const char *tail, size_t len, uint64_t end)
{
	const char *p, *stop = tail + len, *newline;

	for (p = tail; (p = memmem(p, (size_t)(stop - p), "{\"crc\":\"", 8)); p++)
		if ((newline = memchr(p, '\n', (size_t)(stop - p))))
			fuzz_fact(!is_proof(p, (size_t)(newline - p), end));
}

/* The tail goes, and is kept; then the next transaction can be written and read. */
static void
mend(struct world *w, struct journal *j, int dir_fd, struct seen before)
{
	struct buf set = { 0 }, line = { 0 };
	struct journal_pos end = before.end, where;
	struct seen after;
	char name[40];
	size_t len = 0;
	char *torn;

	if (journal_has_more(j, &end) > 0) {
		fuzz_fact(journal_mend(j, &end) == 0);
		snprintf(name, sizeof name, "journal/torn.%" PRIu64, end.revision);
		torn = fuzz_read(dir_fd, name, &len);
		fuzz_fact(torn && len > 0);
		check_tail(torn, len, end.revision);
		free(torn);
	}
	fuzz_fact(journal_has_more(j, &end) == 0);
	for (size_t i = 0; i < w->files; i++)
		if (w->file[i].number == end.segment && w->file[i].bytes.len > end.offset)
			w->file[i].bytes.len = end.offset;
	after = read_all(w, j, (struct journal_pos){ 0 });
	fuzz_fact(after.lines == before.lines && after.sum == before.sum);
	fuzz_fact(after.result == JOURNAL_END);
	buf_puts(&set, "[]");
	fuzz_fact(journal_append(j, &end, "t", &set, &line, &where) == JOURNAL_OK);
	fuzz_fact(journal_sync(j, &end) == 0);
	fuzz_fact(end.revision == before.end.revision + 1);
	if (end.segment > 0 && w->is_whole) {
		struct journal_line read;
		struct journal_pos at = before.end;

		fuzz_fact(journal_next(j, &at, &read) == JOURNAL_OK);
		fuzz_fact(read.len + 1 == line.len && !memcmp(read.text, line.p, read.len));
		fuzz_fact(journal_next(j, &at, &read) == JOURNAL_END);
	}
	buf_release(&set);
	buf_release(&line);
}

/* From a place that somebody noted in another journal, or nobody did. */
static void
read_from_anywhere(const struct world *w, struct journal *j, struct fuzz_bytes *b)
{
	while (b->left > 0) {
		struct journal_pos at = { .revision = fuzz_below(b, 256) };
		struct buf out = { 0 };

		at.segment = fuzz_below(b, 5);
		at.is_base = fuzz_below(b, 2);
		at.offset = (uint64_t)fuzz_byte(b) << 8;
		at.offset |= fuzz_byte(b);
		journal_has_more(j, &at);
		read_all(w, j, at);
		if (journal_read(j, at.segment, at.offset, fuzz_byte(b), &out) < 0)
			fuzz_fact(*err_text());
		buf_release(&out);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes b = { data, size };
	struct world w = { .is_whole = true };
	int dir_fd = fuzz_folder();
	struct journal *j = journal_open(dir_fd);
	struct seen seen;
	bool is_end;

	if (!j || (w.folder = openat(dir_fd, "journal", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		fuzz_stop();
	begin_file(&w, 1, false);
	while (build(&w, &b) && w.lines < LINES / 2)
		;
	write_files(&w, dir_fd);
	read_from_anywhere(&w, j, &b);
	seen = read_all(&w, j, (struct journal_pos){ 0 });
	fuzz_fact(!w.is_whole || (seen.result == JOURNAL_END && seen.lines == w.lines &&
				     seen.end.revision == w.revision));
	fuzz_fact(!w.is_half || seen.result == JOURNAL_FAIL);
	is_end = seen.result == JOURNAL_END && journal_check_end(j, &seen.end) == 0;
	fuzz_fact(is_end || !w.is_whole);
	if (is_end)
		mend(&w, j, dir_fd, seen);
	journal_close(j);
	close(w.folder);
	for (size_t i = 0; i < w.files; i++)
		buf_release(&w.file[i].bytes);
	return 0;
}
