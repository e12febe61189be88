/*
 * text.c - what a person sees of any event, text or table: UTF-8 without control characters, in
 * whole lines that fit
 *
 * Input: an event as JSON; anything else becomes the text of one, or is what stands in its fields,
 * and between bars in the cells of a table.
 */
#include "fuzz.h"

#include "json.h"
#include "table.h"
#include "text.h"

/* Whether a character that could drive a terminal is there. */
static bool
has_control(const char *text, size_t len, bool may_have_newlines)
{
	const unsigned char *p = (const unsigned char *)text;

	for (size_t i = 0; i < len; i++) {
		if (p[i] < ' ' && !(may_have_newlines && p[i] == '\n'))
			return true;
		if (p[i] == 0x7f ||
		    (p[i] == 0xc2 && i + 1 < len && p[i + 1] >= 0x80 && p[i + 1] < 0xa0))
			return true;
	}
	return false;
}

static const struct screen narrow = { .columns = 40 }, unlimited;

/* Whether a line is wider than the screen. */
static bool
is_wide(const struct screen *s, const char *text)
{
	for (; s->columns; text++) {
		size_t len = strcspn(text, "\n");

		if (screen_width(text, len) > s->columns)
			return true;
		text += len;
		if (!*text)
			break;
	}
	return false;
}

static void
check_event(jv event, const struct screen *screen)
{
	struct text t = { .screen = screen, .day = TEXT_NO_DAYS };
	struct buf b = { 0 };
	const char *p;

	text_event(&t, &b, event);
	fuzz_fact(b.len > 0 && b.p[b.len - 1] == '\n');
	fuzz_fact(!has_control(b.p, b.len, true));
	fuzz_fact(fuzz_is_utf8(b.p, b.len));
	for (p = b.p; (p = strchr(p, '\n')) && p[1]; p++)
		fuzz_fact(p[1] == ' ' || p[1] == '\n');
	p = strchr(b.p, '\n'); /* who speaks may have a long name */
	fuzz_fact(!is_wide(screen, p + 1));
	buf_release(&b);
}

/* The bytes that are neither blank nor newline. */
static size_t
ink_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text != ' ' && *text != '\n';
	return n;
}

static void
check_wrap(const char *text)
{
	struct buf b = { 0 };
	size_t at;

	for (at = 0; at <= 45; at += 9) {
		b.len = 0;
		buf_puts(&b, "");
		screen_wrap(&narrow, &b, text, 9, at);
		fuzz_fact(ink_of(b.p) == ink_of(text));
		fuzz_fact(!fuzz_is_utf8(text, strlen(text)) || fuzz_is_utf8(b.p, b.len));
		fuzz_fact(at != 0 || !is_wide(&narrow, b.p));
	}
	buf_release(&b);
}

static void
check_clean(const char *text, bool keep_lines)
{
	struct buf b = { 0 };
	bool is_utf8 = fuzz_is_utf8(text, strlen(text));

	buf_puts(&b, "> ");
	screen_clean(&b, text, keep_lines);
	fuzz_fact(!is_utf8 || !has_control(b.p, b.len, keep_lines));
	fuzz_fact(!is_utf8 || fuzz_is_utf8(b.p, b.len));
	check_wrap(b.p);
	buf_release(&b);
}

static size_t
count(const char *text, char c)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

/* A table of three columns whose cells are pieces of the input. */
static void
check_table(const char *text, bool is_tsv)
{
	static const struct column columns[] = { { "A", false }, { "B", true }, { "C", false },
		{ NULL, false } };
	struct table t = { .column = columns, .screen = &narrow, .is_tsv = is_tsv };
	size_t cells = 0, rows;
	struct buf b = { 0 };
	char *pieces = fuzz_string(text, strlen(text)), *rest = pieces, *piece;

	while ((piece = strsep(&rest, "|")) != NULL && cells < 60) {
		table_cell(&t, PLAIN, piece);
		if (++cells % 12 == 0)
			table_flush(&t, &b);
	}
	for (; cells % 3; cells++)
		table_cell(&t, PLAIN, NULL);
	rows = cells / 3;
	buf_puts(&b, "");
	table_flush(&t, &b);
	fuzz_fact(count(b.p, '\n') == rows + !is_tsv);
	fuzz_fact(!is_tsv || count(b.p, '\t') == 2 * rows);
	fuzz_fact(is_tsv || !is_wide(&narrow, b.p));
	fuzz_fact(is_tsv || !fuzz_is_utf8(text, strlen(text)) || !has_control(b.p, b.len, true));
	table_release(&t);
	buf_release(&b);
	free(pieces);
}

/* Pieces of the input, divided by bytes that no UTF-8 has, in the fields that are shown. */
static jv
event_of(const char *text, size_t len)
{
	static const char *const path[] = { "task_id", "text", "name", "message", "data" };
	const char *end = text + len;
	jv event = jv_object(), data = jv_object();

	for (size_t i = 0; i < 8 && text <= end; i++) {
		const char *stop = memchr(text, 0xff, (size_t)(end - text));
		jv piece;

		stop = stop ? stop : end;
		piece = json_utf8(text, (size_t)(stop - text));
		if (stop == text)
			jv_free(piece);
		else if (i < 5)
			data = json_set(data, path[i], piece);
		else
			event = json_set(event, i == 5 ? "type" : i == 6 ? "user_id" : "at", piece);
		text = stop + 1;
	}
	return json_set(event, "data", data);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct screen s;

	(void)argc;
	(void)argv;
	return screen_open(&s, STDIN_FILENO, "never");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	jv event = json_parse_object(text, size), made = event_of(text, size);

	if (jv_is_valid(event)) {
		check_event(event, &unlimited);
		check_event(event, &narrow);
	}
	check_event(made, &unlimited);
	check_event(made, &narrow);
	check_clean(text, false);
	check_clean(text, true);
	check_table(text, false);
	check_table(text, true);
	jv_free(made);
	jv_free(event);
	free(text);
	return 0;
}
