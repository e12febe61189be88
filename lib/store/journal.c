#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "crc.h"
#include "dir.h"
#include "err.h"
#include "id.h"
#include "journal.h"
#include "json.h"

enum { SEGMENT_BYTES = 64 << 20, READ_BYTES = 256 << 10, NAME_BYTES = 32 };

/* {"crc":"xxxxxxxx", - the checksum is of what follows it. */
enum { CRC_AT = 8, BODY_AT = 18 };

struct journal {
	int dir_fd;    /* journal/ */
	int append_fd; /* the segment that was appended to last */
	uint32_t append_segment;
	int read_fd; /* the segment that was read last */
	uint32_t read_segment;
	struct buf window; /* bytes of a segment, for journal_next */
	uint32_t window_segment;
	uint64_t window_at;
	struct buf ahead; /* bytes of a segment, for journal_read */
	uint32_t ahead_segment;
	uint64_t ahead_at, last_end; /* last_end: where the last journal_read ended */
	uint64_t synced;             /* what the next line says is on disk */
	unsigned again;              /* random state of the test journal; 0: off */
};

static const char half_base[] = "base.new";

/* The last line of a base says so. */
static const char base_end[] = "\"by\":\"store-compact\"";

static const char *
segment_name(uint32_t segment, char name[NAME_BYTES])
{
	snprintf(name, NAME_BYTES, "%08" PRIu32 ".jsonl", segment);
	return name;
}

static const char *
base_name(uint32_t segment, char name[NAME_BYTES])
{
	snprintf(name, NAME_BYTES, "%08" PRIu32 ".base.jsonl", segment);
	return name;
}

struct journal *
journal_open(int dir_fd)
{
	const char *test = getenv("LEGWORK_JOURNAL");
	struct journal *j;
	int fd = dir_open_at(dir_fd, "journal");

	if (fd < 0 && errno == ENOENT) {
		if (dir_make_at(dir_fd, "journal") < 0 || dir_sync(dir_fd) < 0)
			return NULL;
		fd = dir_open_at(dir_fd, "journal");
	}
	if (fd < 0)
		return NULL;
	j = xmalloc(sizeof *j);
	*j = (struct journal){ .dir_fd = fd, .append_fd = -1, .read_fd = -1, .synced = UINT64_MAX };
	if (test && !strncmp(test, "again:", 6))
		j->again = ((unsigned)atol(test + 6) * 2654435761U ^ (unsigned)getpid()) | 1;
	return j;
}

void
journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->append_fd >= 0)
		close(j->append_fd);
	if (j->read_fd >= 0)
		close(j->read_fd);
	close(j->dir_fd);
	buf_release(&j->window);
	buf_release(&j->ahead);
	free(j);
}

/* Opens a segment into *fd unless it is the one that is open.  errno tells why not. */
static int
open_segment(struct journal *j, uint32_t segment, int flags, int *fd, uint32_t *is)
{
	char name[NAME_BYTES];

	if (*fd >= 0 && *is == segment)
		return 0;
	if (*fd >= 0)
		close(*fd);
	*fd = dir_open_file(j->dir_fd, segment_name(segment, name), flags);
	if (*fd < 0 && errno == ENOENT)
		*fd = dir_open_file(j->dir_fd, base_name(segment, name), flags);
	*is = segment;
	return *fd < 0 ? -1 : 0;
}

static int
open_for_reading(struct journal *j, uint32_t segment)
{
	char name[NAME_BYTES];

	if (open_segment(j, segment, O_RDONLY, &j->read_fd, &j->read_segment) == 0)
		return 0;
	if (errno == ENOENT)
		return err_set(EX_DATAERR, "journal/%s: missing", segment_name(segment, name));
	return err_sys("journal/%s", segment_name(segment, name));
}

int
journal_begin_segment(struct journal *j, uint32_t segment)
{
	char name[NAME_BYTES];

	if (open_segment(j, segment, O_RDWR | O_CREAT, &j->append_fd, &j->append_segment) < 0)
		return err_sys("journal/%s", segment_name(segment, name));
	return dir_sync(j->dir_fd);
}

/* Opens the segment that the next line goes to, which may be the one behind head. */
static enum journal_result
open_for_appending(struct journal *j, struct journal_pos *head)
{
	char name[NAME_BYTES];

	if (head->segment > 0 && head->offset == 0) /* a compaction has chosen the number */
		return journal_begin_segment(j, head->segment) < 0 ? JOURNAL_FAIL : JOURNAL_OK;
	if (head->segment > 0) {
		if (open_segment(j, head->segment, O_RDWR, &j->append_fd, &j->append_segment) < 0) {
			err_sys("journal/%s", segment_name(head->segment, name));
			return JOURNAL_FAIL;
		}
		if (head->offset < SEGMENT_BYTES)
			return JOURNAL_OK;
		/* what came before must last before anything is built on it */
		if (fdatasync(j->append_fd) < 0) {
			err_set(EX_IOERR, "journal: %s", strerror(errno));
			return JOURNAL_UNSYNCED;
		}
	}
	if (journal_begin_segment(j, head->segment + 1) < 0)
		return JOURNAL_FAIL;
	head->segment++;
	head->offset = 0;
	return JOURNAL_OK;
}

static bool
says_again(struct journal *j)
{
	if (!j->again)
		return false;
	j->again ^= j->again << 13;
	j->again ^= j->again >> 17;
	j->again ^= j->again << 5;
	return j->again % 4 == 0;
}

static void
format_line(struct buf *line, uint64_t revision, uint64_t synced, const char *tx, const char *by,
    const struct buf *set)
{
	char at[CLOCK_TEXT], crc[9];
	size_t start = line->len;

	buf_printf(line, "{\"crc\":\"00000000\",\"rev\":%" PRIu64 ",\"synced\":%" PRIu64, revision,
	    synced);
	buf_printf(line, ",\"tx\":\"%s\",\"at\":\"%s\",\"by\":", tx,
	    clock_format(clock_now_ms(), at));
	json_add_string(line, by, strlen(by));
	buf_puts(line, ",\"set\":");
	buf_add(line, set->p, set->len);
	buf_putc(line, '}');
	snprintf(crc, sizeof crc, "%08" PRIx32,
	    crc32c(0, line->p + start + BODY_AT, line->len - start - BODY_AT));
	memcpy(line->p + start + CRC_AT, crc, 8);
	buf_putc(line, '\n');
}

/* All bytes or none: a short write is taken back. */
static int
write_line(int fd, const struct buf *line, uint64_t offset)
{
	size_t done = 0;

	while (done < line->len) {
		ssize_t n = pwrite(fd, line->p + done, line->len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int saved = n < 0 ? errno : ENOSPC;

			if (ftruncate(fd, (off_t)offset) < 0)
				saved = errno;
			errno = saved;
			return -1;
		}
		done += (size_t)n;
	}
	return 0;
}

enum journal_result
journal_append(struct journal *j, struct journal_pos *head, const char *tx, const struct buf *set,
    struct buf *line, struct journal_pos *where)
{
	struct journal_pos at = *head;
	enum journal_result rc;
	char *by;

	if (says_again(j))
		return JOURNAL_AGAIN;
	if ((rc = open_for_appending(j, &at)) != JOURNAL_OK)
		return rc;
	by = xprintf("%s[%ld]", program_invocation_short_name, (long)getpid());
	format_line(line, at.revision + 1, at.revision < j->synced ? at.revision : j->synced, tx,
	    by, set);
	free(by);
	if (write_line(j->append_fd, line, at.offset) < 0) {
		err_set(EX_IOERR, "journal: %s", strerror(errno));
		return JOURNAL_FAIL;
	}
	*where = at;
	at.offset += line->len;
	at.revision++;
	*head = at;
	return JOURNAL_OK;
}

void
journal_note_synced(struct journal *j, uint64_t revision)
{
	j->synced = revision;
}

int
journal_sync(struct journal *j, const struct journal_pos *head)
{
	if (head->offset == 0) /* nothing in it yet, and what is before it was synced */
		return 0;
	if (open_segment(j, head->segment, O_RDWR, &j->append_fd, &j->append_segment) < 0)
		return err_set(EX_OSERR, "journal: %s", strerror(errno));
	if (fdatasync(j->append_fd) < 0)
		return err_set(EX_IOERR, "journal: %s", strerror(errno));
	return 0;
}

/* Reads the members in front of "set"; false: not a line of ours, or of another revision. */
static bool
parse_line(const char *text, size_t len, uint64_t revision, struct journal_line *line)
{
	char head[64];
	const char *set;
	int head_len = snprintf(head, sizeof head, "\"rev\":%" PRIu64 ",\"synced\":", revision);
	char crc[9];

	if (len < BODY_AT + (size_t)head_len + 2 || memcmp(text, "{\"crc\":\"", CRC_AT) ||
	    memcmp(text + BODY_AT - 2, "\",", 2) || text[len - 1] != '}')
		return false;
	snprintf(crc, sizeof crc, "%08" PRIx32, crc32c(0, text + BODY_AT, len - BODY_AT));
	if (memcmp(text + CRC_AT, crc, 8) || memcmp(text + BODY_AT, head, (size_t)head_len))
		return false;
	set = memmem(text + BODY_AT, len - BODY_AT, ",\"set\":[", 8);
	if (!set)
		return false;
	line->revision = revision;
	line->synced = strtoull(text + BODY_AT + head_len, NULL, 10);
	line->text = text;
	line->len = len;
	line->set = set + 7;
	line->set_len = (size_t)(text + len - 1 - line->set);
	return true;
}

/* Fills the window with at least one more byte from offset on; 0 at the segment's end. */
static ssize_t
fill_window(struct journal *j, const struct journal_pos *at)
{
	uint64_t end = j->window_at + j->window.len;
	ssize_t n;

	if (j->window_segment != at->segment || at->offset < j->window_at || at->offset > end) {
		j->window.len = 0;
		j->window_segment = at->segment;
		j->window_at = at->offset;
	} else {
		buf_cut(&j->window, at->offset - j->window_at);
		j->window_at = at->offset;
	}
	n = dir_read_all(j->read_fd, buf_room(&j->window, READ_BYTES), READ_BYTES,
	    (off_t)(j->window_at + j->window.len));
	if (n > 0)
		j->window.len += (size_t)n;
	return n;
}

/* The bytes from `at` to the next newline, that included; 0: no whole line; -1 with errno. */
static ssize_t
find_line(struct journal *j, const struct journal_pos *at, const char **text)
{
	size_t skip = 0;
	ssize_t n;

	if (j->window_segment == at->segment && at->offset >= j->window_at &&
	    at->offset < j->window_at + j->window.len)
		skip = at->offset - j->window_at;
	else
		j->window.len = 0;
	for (size_t scanned = 0;;) {
		size_t have = j->window.len > skip ? j->window.len - skip : 0;
		const char *p = have ? j->window.p + skip : NULL, *newline = NULL;

		if (have > scanned)
			newline = memchr(p + scanned, '\n', have - scanned);
		if (newline) {
			*text = p;
			return newline + 1 - p;
		}
		scanned = have;
		n = fill_window(j, at);
		skip = 0;
		if (n <= 0)
			return n;
	}
}

/* Whether the text of a line that may be good shows that the line behind `at` was on disk. */
static bool
is_proof(const char *text, size_t len, const struct journal_pos *at)
{
	uint64_t revision = len > BODY_AT + 6 ? strtoull(text + BODY_AT + 6, NULL, 10) : 0;
	struct journal_line line;

	return revision > at->revision && parse_line(text, len, revision, &line) &&
	       line.synced > at->revision;
}

/* Whether a good line follows, at whatever byte it begins, that shows that what is bad at `at` is
 * damage and no torn tail.  -1 with errno. */
static int
proof_follows(struct journal *j, const struct journal_pos *at)
{
	static const char opening[] = "{\"crc\":\"";
	struct buf rest = { 0 };
	const char *p, *end, *newline;
	int found = 0;
	ssize_t n;

	while ((n = dir_read_all(j->read_fd, buf_room(&rest, READ_BYTES), READ_BYTES,
		    (off_t)(at->offset + rest.len))) > 0)
		rest.len += (size_t)n;
	end = rest.p + rest.len;
	for (p = rest.p; !found && p && (p = memmem(p, (size_t)(end - p), opening, CRC_AT)); p++) {
		newline = memchr(p, '\n', (size_t)(end - p));
		found = newline && is_proof(p, (size_t)(newline - p), at);
	}
	buf_release(&rest);
	return n < 0 ? -1 : found;
}

static bool
segment_exists(struct journal *j, uint32_t segment)
{
	char name[NAME_BYTES];

	return faccessat(j->dir_fd, segment_name(segment, name), F_OK, 0) == 0;
}

/* The segment that follows; 0: none yet.  One number may be missing. */
static uint32_t
next_segment(struct journal *j, uint32_t segment)
{
	for (uint32_t next = segment + 1; next <= segment + 2; next++)
		if (segment_exists(j, next))
			return next;
	return 0;
}

/* The highest numbered base; 0: none. */
static uint32_t
newest_base(struct journal *j)
{
	DIR *dir = dir_list(j->dir_fd, ".");
	uint32_t newest = 0;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char name[NAME_BYTES];
		uint32_t number = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (number > newest && !strcmp(entry->d_name, base_name(number, name)))
			newest = number;
	}
	if (dir)
		closedir(dir);
	return newest;
}

/* Calls fn for every segment whose number is below `below`, until it fails. */
static int
each_segment(struct journal *j, uint32_t below, int (*fn)(struct journal *, const char *, void *),
    void *arg)
{
	DIR *dir = dir_list(j->dir_fd, ".");
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return err_sys("journal");
	while (rc == 0 && (entry = readdir(dir))) {
		uint32_t number = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (number > 0 && number < below && strstr(entry->d_name, ".jsonl"))
			rc = fn(j, entry->d_name, arg);
	}
	closedir(dir);
	return rc;
}

/* The smallest number above `segment` that is there. */
struct successor {
	uint32_t after, next;
};

static int
note_successor(struct journal *j, const char *name, void *arg)
{
	struct successor *s = arg;
	uint32_t number = (uint32_t)strtoul(name, NULL, 10);

	(void)j;
	if (number > s->after && (s->next == 0 || number < s->next))
		s->next = number;
	return 0;
}

/* The number of the first segment behind `segment`, however far; 0: none, -1 with err. */
static int64_t
any_segment_after(struct journal *j, uint32_t segment)
{
	struct successor s = { segment, 0 };

	return each_segment(j, UINT32_MAX, note_successor, &s) < 0 ? -1 : (int64_t)s.next;
}

/* Where the journal begins; false: there is none yet. */
static bool
find_beginning(struct journal *j, struct journal_pos *at)
{
	uint32_t base = newest_base(j);

	if (!base && !segment_exists(j, 1))
		return false;
	*at = (struct journal_pos){ .segment = base ? base : 1, .is_base = base != 0 };
	return true;
}

static enum journal_result
damaged(const struct journal_pos *at)
{
	err_set(EX_DATAERR,
	    "journal/%08" PRIu32 ".jsonl: damaged behind byte %" PRIu64 " (revision %" PRIu64 ")",
	    at->segment, at->offset, at->revision);
	return JOURNAL_FAIL;
}

/* The revision that the line at `at` must have; in a base, all have that of the first. */
static uint64_t
expected_revision(const struct journal_pos *at, const char *text, size_t len)
{
	if (!at->is_base)
		return at->revision + 1;
	if (at->revision == 0 && len > BODY_AT + 6)
		return strtoull(text + BODY_AT + 6, NULL, 10);
	return at->revision;
}

/* The good line at `at`: its bytes, newline included; 0: none; -1 with err. */
static ssize_t
read_line(struct journal *j, const struct journal_pos *at, struct journal_line *line)
{
	const char *text;
	ssize_t n = 0;

	/* The window may hold bytes that were cut off since: look at the file before judging. */
	for (int tries = 0; tries < 2; tries++, j->window.len = 0) {
		n = find_line(j, at, &text);
		if (n > 0 &&
		    parse_line(text, (size_t)n - 1, expected_revision(at, text, (size_t)n), line)) {
			line->start = *at;
			return n;
		}
	}
	return n < 0 ? err_sys("journal") : 0;
}

/* Nothing good at `at`: an end, a torn tail, the next segment, or damage? */
static enum journal_result
end_or_damage(struct journal *j, struct journal_pos *at, uint32_t next)
{
	struct stat st;
	int more, good;

	if ((good = proof_follows(j, at)) < 0) {
		err_sys("journal");
		return JOURNAL_FAIL;
	}
	if (good > 0) /* unless it is the line itself, that a writer has finished meanwhile */
		return read_line(j, at, &(struct journal_line){ 0 }) > 0 ? JOURNAL_AGAIN
		                                                         : damaged(at);
	if ((more = journal_has_more(j, at)) < 0)
		return JOURNAL_FAIL;
	if (at->is_base) /* it has its name because it was whole */
		return damaged(at);
	if (fstat(j->read_fd, &st) < 0) {
		err_sys("journal");
		return JOURNAL_FAIL;
	}
	if (!next)
		return st.st_nlink > 0 ? JOURNAL_END : JOURNAL_GONE;
	if ((uint64_t)st.st_size > at->offset)
		return damaged(at);
	at->segment = next;
	at->offset = 0;
	return JOURNAL_AGAIN;
}

/* Moves *at behind the line; at a base's last one, to the segment that follows. */
static void
advance(struct journal_pos *at, const struct journal_line *line, ssize_t bytes)
{
	at->offset += (uint64_t)bytes;
	at->revision = line->revision;
	if (at->is_base &&
	    memmem(line->text, (size_t)(line->set - line->text), base_end, sizeof base_end - 1))
		*at = (struct journal_pos){ .revision = at->revision, .segment = at->segment + 1 };
}

/* Opens the segment of `at`, or says why there is nothing to read. */
static enum journal_result
open_to_read(struct journal *j, struct journal_pos *at)
{
	if (at->segment == 0 && !find_beginning(j, at)) {
		if (journal_check_end(j, at) == 0)
			return JOURNAL_END;
		if (!find_beginning(j, at)) /* unless it has begun meanwhile */
			return JOURNAL_FAIL;
	}
	if (at->offset == 0 && !at->is_base && !segment_exists(j, at->segment))
		/* behind a base, before the first line; or it has been compacted away, empty */
		return newest_base(j) > at->segment ? JOURNAL_GONE : JOURNAL_END;
	if (open_for_reading(j, at->segment) == 0)
		return JOURNAL_OK;
	return newest_base(j) > at->segment ? JOURNAL_GONE : JOURNAL_FAIL;
}

enum journal_result
journal_next(struct journal *j, struct journal_pos *at, struct journal_line *line)
{
	enum journal_result rc;
	uint32_t next = 0;
	ssize_t n;

	do {
		if ((rc = open_to_read(j, at)) != JOURNAL_OK)
			return rc;
		n = read_line(j, at, line);
		if (n == 0) {
			/* once there is a next segment, this one has its last line: look again */
			next = next_segment(j, at->segment);
			n = read_line(j, at, line);
		}
		if (n > 0) {
			advance(at, line, n);
			return JOURNAL_OK;
		}
		rc = n < 0 ? JOURNAL_FAIL : end_or_damage(j, at, next);
	} while (rc == JOURNAL_AGAIN);
	j->window.len = 0;
	return rc;
}

int
journal_check_end(struct journal *j, const struct journal_pos *at)
{
	int64_t next = any_segment_after(j, at->segment);

	if (next <= 0)
		return (int)next;
	return err_set(EX_DATAERR,
	    "journal: a segment between %08" PRIu32 " and %08" PRIu32 " is missing", at->segment,
	    (uint32_t)next);
}

int
journal_has_more(struct journal *j, const struct journal_pos *at)
{
	struct stat st;

	if (at->segment == 0)
		return find_beginning(j, &(struct journal_pos){ 0 });
	if (at->offset == 0 && !segment_exists(j, at->segment))
		return 0;
	if (open_for_reading(j, at->segment) < 0)
		return -1;
	if (fstat(j->read_fd, &st) < 0)
		return err_sys("journal");
	if ((uint64_t)st.st_size < at->offset)
		return err_set(EX_DATAERR,
		    "journal/%08" PRIu32 ".jsonl: %lld bytes, but %" PRIu64 " were written",
		    at->segment, (long long)st.st_size, at->offset);
	return (uint64_t)st.st_size > at->offset ||
	       (at->offset >= SEGMENT_BYTES && next_segment(j, at->segment));
}

static int
drop_pages(struct journal *j, const char *name, void *arg)
{
	int fd = openat(j->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	(void)arg;
	if (fd < 0)
		return err_sys("journal/%s", name);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	return 0;
}

int
journal_forget_cache(struct journal *j)
{
	j->window.len = 0;
	return each_segment(j, UINT32_MAX, drop_pages, NULL);
}

int
journal_keep(struct journal *j, const char *name, const struct buf *bytes)
{
	int fd = dir_open_file(j->dir_fd, name, O_WRONLY | O_CREAT | O_APPEND), rc;

	if (fd < 0)
		return err_sys("journal/%s", name);
	rc = dir_write_all(fd, bytes->p, bytes->len) < 0 ? err_sys("journal/%s", name) : 0;
	close(fd);
	return rc;
}

/* What is cut off is kept beside the journal, for a person to look at. */
static int
keep_tail(struct journal *j, const struct journal_pos *end)
{
	char name[NAME_BYTES];
	struct buf tail = { 0 };
	struct stat st;
	int rc;

	if (fstat(j->read_fd, &st) < 0)
		return err_sys("journal");
	snprintf(name, sizeof name, "torn.%" PRIu64, end->revision);
	rc = journal_read(j, end->segment, end->offset, (size_t)st.st_size - end->offset, &tail);
	if (rc == 0)
		rc = journal_keep(j, name, &tail);
	buf_release(&tail);
	return rc;
}

int
journal_mend(struct journal *j, const struct journal_pos *end)
{
	struct journal_pos head = *end;

	if (end->segment == 0 || (end->offset == 0 && !segment_exists(j, end->segment)))
		return 0;
	if (open_for_reading(j, end->segment) < 0)
		return -1;
	if (keep_tail(j, end) < 0)
		return -1;
	if (open_segment(j, head.segment, O_RDWR, &j->append_fd, &j->append_segment) < 0 ||
	    ftruncate(j->append_fd, (off_t)end->offset) < 0 || fdatasync(j->append_fd) < 0)
		return err_sys("journal");
	return 0;
}

void
journal_forget_ahead(struct journal *j)
{
	j->ahead.len = 0;
	j->last_end = 0;
}

/* Whether the bytes are ahead of what was read; who reads on and on gets them so. */
static bool
is_ahead(struct journal *j, uint32_t segment, uint64_t offset, size_t len)
{
	bool is_next = segment == j->ahead_segment && j->last_end > 0 && offset >= j->last_end &&
	               offset < j->last_end + READ_BYTES / 16 && len < READ_BYTES / 4;
	ssize_t n;

	if (segment == j->ahead_segment && j->ahead.len > 0 && offset >= j->ahead_at &&
	    offset + len <= j->ahead_at + j->ahead.len)
		return true;
	if (!is_next)
		return false;
	j->ahead.len = 0;
	n = dir_read_all(j->read_fd, buf_room(&j->ahead, READ_BYTES), READ_BYTES, (off_t)offset);
	j->ahead_at = offset;
	j->ahead.len = n > 0 ? (size_t)n : 0;
	return j->ahead.len >= len;
}

int
journal_read(struct journal *j, uint32_t segment, uint64_t offset, size_t len, struct buf *out)
{
	ssize_t n;
	bool is_there;

	if (open_for_reading(j, segment) < 0)
		return -1;
	if (segment != j->ahead_segment)
		journal_forget_ahead(j);
	is_there = is_ahead(j, segment, offset, len);
	j->ahead_segment = segment;
	j->last_end = offset + len;
	if (is_there) {
		buf_add(out, j->ahead.p + (offset - j->ahead_at), len);
		return 0;
	}
	n = dir_read_all(j->read_fd, buf_room(out, len), len, (off_t)offset);
	if (n < 0)
		return err_sys("journal");
	out->len += (size_t)n;
	if ((size_t)n < len)
		return err_set(EX_DATAERR, "journal: ends within a record");
	return 0;
}

int
journal_base_begin(struct journal *j, struct journal_base *b, uint32_t segment, uint64_t revision)
{
	unlinkat(j->dir_fd, half_base, 0);
	b->fd = dir_open_file(j->dir_fd, half_base, O_WRONLY | O_CREAT | O_EXCL);
	b->at = (struct journal_pos){ .revision = revision, .segment = segment, .is_base = 1 };
	return b->fd < 0 ? err_sys("journal/%s", half_base) : 0;
}

static int
write_base_line(struct journal_base *b, const char *by, const struct buf *set)
{
	struct buf line = { 0 };
	char tx[ID_TEXT];
	int rc = 0;

	format_line(&line, b->at.revision, b->at.revision, id_new(tx), by, set);
	if (dir_write_all(b->fd, line.p, line.len) < 0)
		rc = err_sys("journal/%s", half_base);
	b->at.offset += line.len;
	buf_release(&line);
	return rc;
}

int
journal_base_line(struct journal_base *b, const struct buf *set)
{
	return write_base_line(b, "base", set);
}

int
journal_base_finish(struct journal *j, struct journal_base *b, const struct buf *set)
{
	char name[NAME_BYTES];
	int rc = write_base_line(b, "store-compact", set);

	if (rc == 0 && fsync(b->fd) < 0)
		rc = err_sys("journal/%s", half_base);
	if (rc == 0 && renameat2(j->dir_fd, half_base, j->dir_fd, base_name(b->at.segment, name),
			   RENAME_NOREPLACE) < 0)
		rc = err_sys("journal/%s", name);
	if (rc < 0) {
		journal_base_abort(j, b);
		return -1;
	}
	close(b->fd);
	return dir_sync(j->dir_fd);
}

void
journal_base_abort(struct journal *j, struct journal_base *b)
{
	close(b->fd);
	unlinkat(j->dir_fd, half_base, 0);
}

static int
remove_segment(struct journal *j, const char *name, void *arg)
{
	uint64_t *bytes = arg;
	struct stat st;

	if (fstatat(j->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		*bytes += (uint64_t)st.st_size;
	return unlinkat(j->dir_fd, name, 0) < 0 ? err_sys("journal/%s", name) : 0;
}

int
journal_remove_below(struct journal *j, uint32_t segment, uint64_t *bytes)
{
	return each_segment(j, segment, remove_segment, bytes) < 0 ? -1 : dir_sync(j->dir_fd);
}

static int
move_segment(struct journal *j, const char *name, void *arg)
{
	const int *folder_fd = arg;

	return renameat(j->dir_fd, name, *folder_fd, name) < 0 ? err_sys("journal/%s", name) : 0;
}

int
journal_put_aside(struct journal *j, uint32_t segment, const char *name)
{
	int fd, rc;

	if (dir_make_at(j->dir_fd, name) < 0)
		return -1;
	fd = dir_open_at(j->dir_fd, name);
	if (fd < 0)
		return err_add("journal");
	rc = each_segment(j, segment, move_segment, &fd);
	close(fd);
	return rc < 0 ? -1 : dir_sync(j->dir_fd);
}

/* Takes what is left of a segment for bad, and moves to the next one.  0: there is none. */
static int
leave_segment(struct journal *j, struct journal_pos *at, struct buf *bad)
{
	struct stat st;
	int64_t next;

	if (open_for_reading(j, at->segment) == 0 && fstat(j->read_fd, &st) == 0 &&
	    (uint64_t)st.st_size > at->offset &&
	    journal_read(j, at->segment, at->offset, (size_t)st.st_size - at->offset, bad) < 0)
		return -1;
	next = any_segment_after(j, at->segment);
	if (next > 0)
		*at = (struct journal_pos){ .revision = at->revision, .segment = (uint32_t)next };
	return next > 0 ? 1 : (int)next;
}

enum journal_result
journal_salvage(struct journal *j, struct journal_pos *at, struct journal_line *line,
    struct buf *bad)
{
	const char *text;
	ssize_t n;
	int more;

	if (at->segment == 0 && !find_beginning(j, at))
		at->segment = 0;
	for (;;) {
		n = open_for_reading(j, at->segment) < 0 ? 0 : find_line(j, at, &text);
		if (n < 0)
			return err_sys("journal"), JOURNAL_FAIL;
		if (n == 0) {
			if ((more = leave_segment(j, at, bad)) <= 0)
				return more < 0 ? JOURNAL_FAIL : JOURNAL_END;
			continue;
		}
		uint64_t revision =
		    (size_t)n > BODY_AT + 6 ? strtoull(text + BODY_AT + 6, NULL, 10) : 0;

		line->start = *at;
		if ((revision > at->revision || (at->is_base && revision == at->revision)) &&
		    parse_line(text, (size_t)n - 1, revision, line)) {
			advance(at, line, n);
			return JOURNAL_OK;
		}
		buf_add(bad, text, (size_t)n);
		at->offset += (uint64_t)n;
	}
}
