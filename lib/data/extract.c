#include "extract.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "json.h"

enum { CANDIDATES_MAX = 1000, DEPTH_MAX = 256, SHOWN_MAX = 60 };

/* The rest of a text. */
struct rest {
	const char *p, *end;
};

static bool
starts_with(const char *p, const char *end, const char *what)
{
	size_t len = strlen(what);

	return (size_t)(end - p) >= len && memcmp(p, what, len) == 0;
}

/* Without the blanks at both ends. */
static struct rest
trimmed(const char *p, const char *end)
{
	p = scan_skip_blanks(p, end);
	while (end > p && memchr(" \t\r\n", end[-1], 4))
		end--;
	return (struct rest){ p, end };
}

/* Whether a tag begins at p; *behind is set to what follows it. */
static bool
is_tag(const char *p, const char *end, bool is_closing, const char **behind)
{
	static const char *const tags[][2] = { { "<think>", "</think>" },
		{ "<thinking>", "</thinking>" } };

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (starts_with(p, end, tags[i][is_closing])) {
			*behind = p + strlen(tags[i][is_closing]);
			return true;
		}
	return false;
}

/* Whether only blanks are between p and the newline before it, or start. */
static bool
begins_line(const char *p, const char *start)
{
	while (p > start && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	return p == start || p[-1] == '\n';
}

static bool
ends_line(const char *p, const char *end)
{
	while (p < end && memchr(" \t\r", *p, 3))
		p++;
	return p == end || *p == '\n';
}

/* Append what is no thought.  In a value no line begins or ends with a tag, as no string holds a
 * newline. */
static void
add_answer(struct buf *b, const char *text, const char *end)
{
	const char *start = text, *p = text, *behind;
	bool is_thought = false;

	buf_puts(b, "");
	while ((p = memchr(p, '<', (size_t)(end - p)))) {
		if (is_tag(p, end, true, &behind)) {
			if (is_thought || begins_line(p, text) || ends_line(behind, end)) {
				if (!is_thought)
					b->len = 0;
				is_thought = false;
				start = behind;
			}
		} else if (!is_thought && begins_line(p, start) && is_tag(p, end, false, &behind)) {
			buf_add(b, start, (size_t)(p - start));
			is_thought = true;
		} else {
			behind = p + 1;
		}
		p = behind;
	}
	if (!is_thought)
		buf_add(b, start, (size_t)(end - start));
}

static bool
is_hex(const char *p, const char *digits)
{
	return *p && strchr(digits, *p | ' ');
}

/* Whether "\u" and four digits at p are half a pair: the first half, or else the second. */
static bool
is_surrogate(const char *p, const char *end, bool is_high)
{
	static const char hex[] = "0123456789abcdef";

	return end - p >= 6 && p[0] == '\\' && p[1] == 'u' && (p[2] | ' ') == 'd' &&
	       is_hex(p + 3, is_high ? "89ab" : "cdef") && is_hex(p + 4, hex) && is_hex(p + 5, hex);
}

/* Put U+FFFD in place of each escaped half of a pair that stands alone. */
static void
mend_surrogates(char *p, const char *end)
{
	while ((p = memchr(p, '\\', (size_t)(end - p)))) {
		if (is_surrogate(p, end, true) && is_surrogate(p + 6, end, false)) {
			p += 12;
		} else if (is_surrogate(p, end, true) || is_surrogate(p, end, false)) {
			memcpy(p + 2, "fffd", 4);
			p += 6;
		} else {
			p += end - p >= 2 ? 2 : 1;
		}
	}
}

/* The first byte behind the line that p is in. */
static const char *
next_line(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return newline ? newline + 1 : end;
}

/* Whether the line that begins at p opens or closes a fence; *info is set to what is behind it. */
static bool
is_fence(const char *p, const char *end, struct rest *info)
{
	const char *stop = next_line(p, end), *tick;

	while (p < stop && (*p == ' ' || *p == '\t'))
		p++;
	for (tick = p; tick < stop && *tick == '`';)
		tick++;
	*info = trimmed(tick, stop);
	return tick - p >= 3;
}

static bool
is_json_mark(struct rest info)
{
	return info.end - info.p == 4 && strncasecmp(info.p, "json", 4) == 0;
}

/* The first fence, marked or not, that holds a value; invalid: there is none. */
static jv
take_fenced(const char *p, const char *end, bool is_marked)
{
	const char *content;
	struct rest info, closing;
	jv v;

	for (; p < end; p = next_line(p, end)) {
		if (!is_fence(p, end, &info))
			continue;
		content = p = next_line(p, end);
		while (p < end && !(is_fence(p, end, &closing) && closing.p == closing.end))
			p = next_line(p, end);
		if (is_marked ? !is_json_mark(info) : info.p < info.end)
			continue;
		v = json_parse(content, (size_t)(p - content));
		if (jv_is_valid(v))
			return v;
		jv_free(v);
	}
	return jv_invalid();
}

/* Behind the string that begins at p, or the line it is in. */
static const char *
skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"' && *p != '\n'; p++)
		if (*p == '\\' && end - p >= 2)
			p++;
	return p < end ? p + 1 : end;
}

/* Behind the bracket that closes the one at p; NULL: none does. */
static const char *
skip_brackets(const char *p, const char *end)
{
	char closing[DEPTH_MAX];
	int depth = 0;

	while (p < end) {
		char c = *p;

		if (c == '"') {
			p = skip_string(p, end);
			continue;
		}
		p++;
		if (c == '{' || c == '[') {
			if (depth == DEPTH_MAX)
				return NULL;
			closing[depth++] = c == '{' ? '}' : ']';
		} else if (c == '}' || c == ']') {
			if (depth == 0 || closing[--depth] != c)
				return NULL;
			if (depth == 0)
				return p;
		}
	}
	return NULL;
}

/* Say what there is, and show some of it.  Returns -1. */
static int
refuse(const char *what, const char *p, const char *end)
{
	size_t len = (size_t)(end - p);
	struct buf shown = { 0 };

	if (len > SHOWN_MAX)
		for (len = SHOWN_MAX; len > 0 && (p[len] & 0xc0) == 0x80;)
			len--;
	json_dump(&shown, json_utf8(p, len));
	err_set(EX_DATAERR, "%s %s", what, shown.p);
	buf_release(&shown);
	return -1;
}

/* Where to go on behind what begins with a bracket at p, and is no JSON from fault on. */
static const char *
skip_broken(const char *p, const char *end, const char *fault)
{
	const char *behind;

	if (*p == '{' && *fault == '{') /* a value in the double braces of a template */
		return fault;
	behind = skip_brackets(p, end);
	return behind ? behind : fault > p ? fault : p + 1;
}

/* The first object or array that is JSON; invalid with err set: there is none. */
static jv
take_first(const char *text, const char *end)
{
	char *broken = NULL;
	const char *p = text;
	size_t len;

	for (int i = 0; i < CANDIDATES_MAX; i++) {
		while (p < end && *p != '{' && *p != '[')
			p++;
		if (p == end)
			break;
		if (scan_prefix(p, (size_t)(end - p), &len) == 0) {
			free(broken);
			return json_parse(p, len);
		}
		if (p + len == end) {
			free(broken);
			refuse("the JSON is cut off; it begins", p, end);
			return jv_invalid();
		}
		if (!broken && scan_skip_blanks(p + 1, end) < p + len) {
			err_add("the JSON is broken");
			broken = xprintf("%s, at", err_text());
			refuse(broken, p + len, next_line(p + len, end));
			free(broken);
			broken = xstrdup(err_text());
		}
		p = skip_broken(p, end, p + len);
	}
	if (broken)
		err_set(EX_DATAERR, "%s", broken);
	else
		refuse("there is no JSON; the text begins", text, end);
	free(broken);
	return jv_invalid();
}

/* The value in an answer without thoughts. */
static jv
take_value(const char *p, const char *end)
{
	jv v = json_parse(p, (size_t)(end - p));

	for (int is_marked = 1; !jv_is_valid(v) && is_marked >= 0; is_marked--) {
		jv_free(v);
		v = take_fenced(p, end, is_marked);
	}
	if (jv_is_valid(v))
		return v;
	jv_free(v);
	return take_first(p, end);
}

jv
extract_json(const char *text, size_t len)
{
	struct rest answer;
	struct buf b = { 0 };
	jv v;

	buf_add(&b, text, len);
	mend_surrogates(b.p, b.p + b.len);
	v = json_parse(b.p, b.len);
	if (jv_is_valid(v)) {
		buf_release(&b);
		return v;
	}
	jv_free(v);
	b.len = 0;
	add_answer(&b, text, text + len);
	mend_surrogates(b.p, b.p + b.len);
	answer = trimmed(b.p, b.p + b.len);
	if (answer.p < answer.end) {
		v = take_value(answer.p, answer.end);
	} else {
		answer = trimmed(text, text + len);
		err_set(EX_DATAERR, "%s",
		    answer.p < answer.end ? "there are only thoughts" : "the answer is empty");
		v = jv_invalid();
	}
	buf_release(&b);
	return v;
}
