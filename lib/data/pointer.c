#include "pointer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

void
pointer_add(struct buf *pointer, jv name)
{
	const char *p = jv_string_value(name);
	const char *end = p + jv_string_length_bytes(jv_copy(name));

	buf_putc(pointer, '/');
	for (; p < end; p++) {
		if (*p == '~' || *p == '/')
			buf_puts(pointer, *p == '~' ? "~0" : "~1");
		else
			buf_putc(pointer, *p);
	}
}

void
pointer_add_index(struct buf *pointer, int index)
{
	buf_printf(pointer, "/%d", index);
}

void
pointer_cut(struct buf *pointer, size_t len)
{
	if (pointer->p) {
		pointer->len = len;
		pointer->p[len] = '\0';
	}
}

const char *
pointer_show(const struct buf *pointer)
{
	return pointer->len > 0 ? pointer->p : "top level";
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= ' ';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Append text without its %-escapes.  Returns whether they are some. */
static bool
unescape(struct buf *b, const char *text)
{
	int high, low;

	for (; *text; text++) {
		if (*text != '%') {
			buf_putc(b, *text);
			continue;
		}
		high = hex_digit(text[1]);
		low = high < 0 ? -1 : hex_digit(text[2]);
		if (low < 0)
			return false;
		buf_putc(b, (char)(high << 4 | low));
		text += 2;
	}
	return true;
}

/* A step of a pointer as a name; invalid where it has a "~" that is no escape. */
static jv
name_of_step(const char *p, const char *end)
{
	struct buf name = { 0 };
	jv v;

	buf_puts(&name, "");
	for (; p < end; p++) {
		if (*p != '~') {
			buf_putc(&name, *p);
		} else if (++p < end && (*p == '0' || *p == '1')) {
			buf_putc(&name, *p == '0' ? '~' : '/');
		} else {
			buf_release(&name);
			return jv_invalid();
		}
	}
	v = json_utf8(name.p, name.len);
	buf_release(&name);
	return v;
}

/* The part of v (consumed) that is called name, a string (consumed); invalid: there is none. */
static jv
part_of(jv v, jv name)
{
	const char *digits = jv_string_value(name);
	size_t len = strlen(digits);
	int index;

	if (jv_get_kind(v) == JV_KIND_OBJECT)
		return jv_object_get(v, name);
	index = -1;
	if (jv_get_kind(v) == JV_KIND_ARRAY && len > 0 && len < 10 &&
	    strspn(digits, "0123456789") == len && (*digits != '0' || len == 1))
		index = (int)strtol(digits, NULL, 10);
	jv_free(name);
	if (index >= 0)
		return jv_array_get(v, index);
	jv_free(v);
	return jv_invalid();
}

jv
pointer_follow(jv document, const char *fragment, struct buf *pointer)
{
	struct buf text = { 0 };
	jv v = jv_copy(document), name;
	const char *p, *end, *stop;

	pointer_cut(pointer, 0);
	buf_puts(&text, "");
	if (!unescape(&text, fragment) || (text.len > 0 && *text.p != '/')) {
		jv_free(v);
		v = jv_invalid();
	}
	end = text.p + text.len;
	for (p = text.p; jv_is_valid(v) && p < end; p = stop) {
		stop = memchr(p + 1, '/', (size_t)(end - p - 1));
		stop = stop ? stop : end;
		name = name_of_step(p + 1, stop);
		if (jv_is_valid(name)) {
			pointer_add(pointer, name);
			v = part_of(v, name);
		} else {
			jv_free(v);
			v = name;
		}
	}
	buf_release(&text);
	return v;
}
