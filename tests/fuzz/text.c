/*
 * text.c - what a person sees of any event: UTF-8 without control characters, in whole lines
 *
 * Input: an event as JSON; anything else becomes the text of one, or is what stands in its fields.
 */
#include "fuzz.h"

#include "json.h"
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

static void
check_event(jv event)
{
	struct buf b = { 0 };
	const char *p;

	text_event(&b, event);
	fuzz_fact(b.len > 0 && b.p[b.len - 1] == '\n');
	fuzz_fact(!has_control(b.p, b.len, true));
	fuzz_fact(fuzz_is_utf8(b.p, b.len));
	for (p = b.p; (p = strchr(p, '\n')) && p[1]; p++)
		fuzz_fact(p[1] == ' ' || p[1] == '\n');
	buf_release(&b);
	jv_free(event);
}

static void
check_clean(const char *text, const char *indent)
{
	struct buf b = { 0 };
	bool is_utf8 = fuzz_is_utf8(text, strlen(text));

	buf_puts(&b, "> ");
	text_clean(&b, text, indent);
	fuzz_fact(!is_utf8 || !has_control(b.p, b.len, indent != NULL));
	fuzz_fact(!is_utf8 || fuzz_is_utf8(b.p, b.len));
	buf_release(&b);
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
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	jv event = json_parse_object(text, size);

	if (jv_is_valid(event))
		check_event(event);
	else
		jv_free(event);
	check_event(event_of(text, size));
	check_clean(text, NULL);
	check_clean(text, "   ");
	free(text);
	return 0;
}
