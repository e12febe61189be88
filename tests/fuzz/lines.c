/*
 * lines.c - any bytes through a pipe in any chunks are the same lines
 *
 * Input: the limit, whether objects are wanted, the sizes of the chunks up to a 0, then what is
 * sent.
 */
#include "fuzz.h"

#include "err.h"
#include "json.h"
#include "lines.h"

enum { CHUNKS = 32, FILL = 0x7f };

/* What was sent, and how far it was read. */
struct sent {
	const char *p;
	size_t len, at, max;
	unsigned long number;
	bool wants_objects;
};

static bool
is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!memchr(" \t\r", text[i], 3))
			return false;
	return true;
}

/* What lines.h says comes next. */
static enum lines_result
expect(struct sent *s, const char **text, size_t *len)
{
	const char *newline;

	do {
		if (s->at == s->len)
			return LINES_END;
		newline = memchr(s->p + s->at, '\n', s->len - s->at);
		*text = s->p + s->at;
		*len = newline ? (size_t)(newline - *text) : s->len - s->at;
		s->at += *len + (newline != NULL);
		s->number++;
		if (*len > s->max)
			return LINES_BAD;
	} while (s->wants_objects && is_blank(*text, *len));
	return LINES_OK;
}

static bool
next_object(struct lines *l, struct sent *s)
{
	size_t len = 0;
	const char *text = "";
	enum lines_result want = expect(s, &text, &len), got;
	jv rec = jv_invalid(), wanted = jv_invalid();

	if (want == LINES_OK) {
		wanted = json_parse_object(text, len);
		want = jv_is_valid(wanted) ? LINES_OK : LINES_BAD;
	}
	got = lines_next_object(l, &rec);
	fuzz_fact(got == want);
	fuzz_fact(got != LINES_BAD || err_code() == EX_DATAERR);
	fuzz_fact(got == LINES_END || l->number == s->number);
	if (got == LINES_OK)
		fuzz_fact(jv_equal(jv_copy(rec), jv_copy(wanted)));
	jv_free(rec);
	jv_free(wanted);
	return got != LINES_END;
}

static bool
next_line(struct lines *l, struct sent *s)
{
	size_t want_len = 0, len = 0;
	const char *want_text = "", *text = "";
	enum lines_result want = expect(s, &want_text, &want_len);

	fuzz_fact(lines_next(l, &text, &len) == want);
	if (want == LINES_END)
		return false;
	fuzz_fact(l->number == s->number);
	fuzz_fact(want != LINES_BAD || err_code() == EX_DATAERR);
	if (want == LINES_OK) {
		fuzz_fact(len == want_len && !memcmp(text, want_text, len));
		fuzz_fact(text[len] == '\0');
	}
	return true;
}

static bool
next(struct lines *l, struct sent *s)
{
	return s->wants_objects ? next_object(l, s) : next_line(l, s);
}

/* Takes the lines that can be had at once; where blank lines or the end come, only at the end. */
static void
take_ready(struct lines *l, struct sent *s)
{
	while (!s->wants_objects && lines_is_ready(l))
		fuzz_fact(next(l, s));
}

static void
send_all(int fd, struct lines *l, struct sent *s, const size_t *chunk, size_t chunks)
{
	size_t at = 0;

	for (size_t i = 0; at < s->len; i++) {
		size_t len = i < chunks && chunk[i] < s->len - at ? chunk[i] : s->len - at;

		if (write(fd, s->p + at, len) != (ssize_t)len)
			fuzz_stop();
		at += len;
		take_ready(l, s);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes b = { data, size };
	struct sent s = { .max = fuzz_below(&b, 256) + 1, .wants_objects = fuzz_below(&b, 2) };
	size_t chunk[CHUNKS], chunks = 0, fill = 0;
	char limit[24], *text;
	struct lines l;
	int fds[2];

	while (chunks < CHUNKS && (chunk[chunks] = fuzz_below(&b, 256)) > 0)
		chunks++;
	/* what comes in pieces of 64 KiB is sent as one byte */
	for (size_t i = 0; i < b.left && fill < 4; i++)
		fill += b.p[i] == FILL;
	text = malloc(b.left + fill * 65536 + 1);
	for (; b.left; b.left--, b.p++)
		if (*b.p == FILL && fill > 0) {
			memset(text + s.len, 'x', 65533);
			s.len += 65533;
			fill--;
		} else {
			text[s.len++] = (char)*b.p;
		}
	s.p = text;
	snprintf(limit, sizeof limit, "%zu", s.max);
	setenv("LEGWORK_MAX_LINE", limit, 1);
	if (pipe2(fds, O_CLOEXEC) < 0 || fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) < 0)
		fuzz_stop();
	lines_init(&l, fds[0], -1, "stdin");
	fuzz_fact(l.max == s.max);
	send_all(fds[1], &l, &s, chunk, chunks);
	close(fds[1]);
	while (next(&l, &s))
		;
	fuzz_fact(next(&l, &s) == false);
	lines_release(&l);
	close(fds[0]);
	free(text);
	return 0;
}
