#include "matter.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "err.h"
#include "json.h"

enum { DEPTH_MAX = 64 };

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the one looked at */
	bool has_event;
};

/* Front matter begins on the second line. */
static unsigned long
line_of(yaml_mark_t mark)
{
	return (unsigned long)mark.line + 2;
}

/* What is wrong with the event looked at; false. */
static bool
refuse(struct reader *r, const char *why)
{
	err_set(EX_DATAERR, "line %lu: %s", line_of(r->event.start_mark), why);
	return false;
}

/* Looks at the next event; false with err. */
static bool
next(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = yaml_parser_parse(&r->parser, &r->event) != 0;
	if (r->has_event)
		return true;
	if (r->parser.error == YAML_MEMORY_ERROR)
		buf_no_memory();
	err_set(EX_DATAERR, "line %lu: %s", line_of(r->parser.problem_mark), r->parser.problem);
	return false;
}

static bool
is_one_of(const char *text, const char *const *words)
{
	while (*words && strcmp(*words, text) != 0)
		words++;
	return *words != NULL;
}

/* What a plain word stands for. */
static jv
resolve(const char *text, size_t len)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL },
				 *const trues[] = { "true", "True", "TRUE", NULL },
				 *const falses[] = { "false", "False", "FALSE", NULL };
	jv number;

	if (is_one_of(text, nulls))
		return jv_null();
	if (is_one_of(text, trues))
		return jv_true();
	if (is_one_of(text, falses))
		return jv_false();
	number = strchr("-0123456789", *text) ? json_parse(text, len) : jv_invalid();
	if (jv_get_kind(number) == JV_KIND_NUMBER)
		return number;
	jv_free(number);
	return json_utf8(text, len);
}

static bool
read_scalar(struct reader *r, jv *value)
{
	const char *text = (const char *)r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;

	if (r->event.data.scalar.tag)
		return refuse(r, "a tag");
	*value = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? resolve(text, len)
	                                                               : json_utf8(text, len);
	return true;
}

static bool read_value(struct reader *r, jv *value, int depth);

/* The event looked at begins a list; *value is invalid, or owned, in either case. */
static bool
read_list(struct reader *r, jv *value, int depth)
{
	if (r->event.data.sequence_start.tag)
		return refuse(r, "a tag");
	*value = jv_array();
	while (next(r)) {
		jv item = jv_invalid();

		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		if (!read_value(r, &item, depth)) {
			jv_free(item);
			return false;
		}
		*value = jv_array_append(*value, item);
	}
	return false;
}

/* A member: the event looked at is its name. */
static bool
read_member(struct reader *r, jv *object, int depth)
{
	jv name, value = jv_invalid();
	bool is_read = false;

	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse(r, "a name that is no word");
	name = json_utf8((const char *)r->event.data.scalar.value, r->event.data.scalar.length);
	if (jv_object_has(jv_copy(*object), jv_copy(name)))
		refuse(r, "a name that is there twice");
	else
		is_read = next(r) && read_value(r, &value, depth);
	if (is_read) {
		*object = jv_object_set(*object, name, value);
		return true;
	}
	jv_free(name);
	jv_free(value);
	return false;
}

static bool
read_object(struct reader *r, jv *value, int depth)
{
	if (r->event.data.mapping_start.tag)
		return refuse(r, "a tag");
	*value = jv_object();
	while (next(r)) {
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return true;
		if (!read_member(r, value, depth))
			return false;
	}
	return false;
}

/* The value that the event looked at is, or begins. */
static bool
read_value(struct reader *r, jv *value, int depth)
{
	if (depth == DEPTH_MAX)
		return refuse(r, "nested too deep");
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r, value);
	case YAML_SEQUENCE_START_EVENT:
		return read_list(r, value, depth + 1);
	case YAML_MAPPING_START_EVENT:
		return read_object(r, value, depth + 1);
	default:
		return refuse(r, "an alias");
	}
}

/* The one document that there is, or none. */
static bool
read_document(struct reader *r, jv *value)
{
	if (!next(r) || !next(r)) /* the stream, and what is in it, begin */
		return false;
	if (r->event.type == YAML_STREAM_END_EVENT) {
		*value = jv_object();
		return true;
	}
	if (!next(r) || !read_value(r, value, 0) || !next(r) || !next(r))
		return false;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return refuse(r, "a second document");
	if (jv_get_kind(*value) == JV_KIND_NULL)
		*value = jv_object();
	return jv_get_kind(*value) == JV_KIND_OBJECT ||
	       err_set(EX_DATAERR, "front matter: want lines \"name: value\"") == 0;
}

/* YAML as an object; invalid with err. */
static jv
parse(const char *text, size_t len)
{
	struct reader r = { .has_event = false };
	jv value = jv_invalid();
	bool is_read;

	if (!yaml_parser_initialize(&r.parser))
		buf_no_memory();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	is_read = read_document(&r, &value);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (is_read)
		return value;
	jv_free(value);
	return jv_invalid();
}

/* How long the name is in a line "name: value" whose value, as people write it, would mean
 * something to YAML; 0: it is none. */
static size_t
name_size(const char *line, size_t len)
{
	size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_-");
	const char *value = line + name + 2;
	size_t left = name + 2 < len ? len - name - 2 : 0;

	if (name == 0 || left == 0 || line[name] != ':' || line[name + 1] != ' ' ||
	    strchr("\"'[{|>&*!#", *value))
		return 0;
	return memmem(value, left, ": ", 2) || memmem(value, left, " #", 2) ||
	               value[left - 1] == ':' || strchr("@`%", *value)
	           ? name
	           : 0;
}

/* The lines with all such values in quotes. */
static void
quote(struct buf *b, const char *text, size_t len)
{
	for (const char *end = text + len; text < end;) {
		size_t line = strcspn(text, "\n"), name = name_size(text, line), last = line;

		while (last > 0 && strchr(" \t\r", text[last - 1]))
			last--;
		buf_add(b, text, name ? name + 2 : line);
		for (size_t i = name + 2; name && i < last; i++)
			buf_puts(b, i == name + 2 ? "'" : ""), buf_putc(b, text[i]),
			    buf_puts(b, text[i] == '\'' ? "'" : "");
		buf_puts(b, name ? "'\n" : "\n");
		text += line + (text + line < end);
	}
}

/* Whether there is a line "---" at p; *end is behind it. */
static bool
is_fence(const char *p, const char **end)
{
	size_t len = strcspn(p, "\n"), last = len;

	while (last > 0 && strchr(" \t\r", p[last - 1]))
		last--;
	*end = p + len + (p[len] == '\n');
	return last == 3 && !strncmp(p, "---", 3);
}

bool
matter_begins(const char *text)
{
	const char *end;

	return is_fence(text, &end);
}

jv
matter_read(const char *text, const char **rest, struct buf *fault)
{
	struct buf quoted = { 0 };
	const char *begin, *p, *end;
	jv members;

	is_fence(text, &begin);
	for (p = end = begin; *p && !is_fence(p, &end);)
		p = end;
	if (!*p) {
		err_set(EX_DATAERR, "line 1: front matter without an end: want a line \"---\"");
		return jv_invalid();
	}
	for (*rest = end; **rest && strchr(" \t\r\n", **rest);)
		++*rest;
	members = parse(begin, (size_t)(p - begin));
	if (jv_is_valid(members))
		return members;
	buf_puts(fault, err_text());
	quote(&quoted, begin, (size_t)(p - begin));
	members = parse(quoted.p ? quoted.p : "", quoted.len);
	buf_release(&quoted);
	if (!jv_is_valid(members))
		err_set(EX_DATAERR, "%s", fault->p);
	return members;
}
