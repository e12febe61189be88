#include "hear.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "event.h"
#include "json.h"
#include "speech.h"
#include "usage.h"

enum {
	LINE_MAX_BYTES = 1 << 20,    /* a longer line is part of the answer, unlooked at */
	ADAPTED_LINE_MAX = 16 << 20, /* the same with an adapter: these may hold whole files */
	STDERR_LINE_MAX = 64 << 10,  /* a longer one is logged in parts */
	STDERR_TAIL = 500,           /* how much of its end, in whole lines, tells why */
	STDERR_LOG_MAX = 256 << 10,  /* how much of it is logged */
	STDERR_LINE_COST = 64,       /* what a line of it adds to the log besides its text */
	SHOWN_MAX = 500,             /* of what an adapter should not have given */
};

void
hear_begin(struct hear *h)
{
	h->answer = h->failure = h->usage = h->held = jv_invalid();
	h->names = jv_object();
}

void
hear_release(struct hear *h)
{
	jv_free(h->answer);
	jv_free(h->failure);
	jv_free(h->usage);
	jv_free(h->held);
	jv_free(h->names);
	buf_release(&h->line);
	buf_release(&h->text);
	buf_release(&h->stderr_line);
	buf_release(&h->stderr_tail);
	free(h->broken);
}

/* Keeps the first error of the log. */
static void
keep_error(struct hear *h, int rc)
{
	if (rc < 0 && !h->broken)
		h->broken = xstrdup(err_text());
}

static void
logged(struct hear *h, int rc)
{
	keep_error(h, rc);
	if (h->told)
		h->told(h->arg);
}

void
hear_note(struct hear *h, const char *kind, jv detail)
{
	logged(h, log_note(h->log, kind, detail));
}

void
hear_event(struct hear *h, const char *type, jv data)
{
	logged(h, log_event(h->log, speech_event(h->task, type, data, h->lease)));
}

/* Whether a value (borrowed) is an event: {"type":...,"data":{...}}. */
static bool
is_event(jv value)
{
	jv event;
	bool yes;

	if (jv_get_kind(value) != JV_KIND_OBJECT)
		return false;
	event = json_drop(json_set_string(jv_copy(value), "chat_id", ""), "id");
	event = json_drop(event, "at"); /* as the id, it is given anew */
	yes = event_check(event) == 0;
	jv_free(event);
	return yes;
}

static bool
take_plain(struct hear *h, const char *line, size_t len)
{
	jv event;
	bool is;

	if (len < 2 || line[0] != '{')
		return false;
	event = json_parse_object(line, len);
	if ((is = is_event(event))) {
		const char *type = json_peek_string(event, "type");

		hear_event(h, type, json_get(event, "data", JV_KIND_OBJECT));
		if (!strcmp(type, "message")) { /* what was shown before it goes with it */
			partial_end(h->partial, PARTIAL_TEXT);
			h->shown = h->text.len;
		}
	}
	jv_free(event);
	return is;
}

/* The message that was held back, unless it is the answer. */
static void
tell_held(struct hear *h)
{
	if (jv_is_valid(h->held))
		hear_event(h, "message", h->held);
	h->held = jv_invalid();
}

/* A tool is named where it is used; of its result only the call's id may be known. */
static jv
with_name(struct hear *h, const char *type, jv data)
{
	const char *call = json_peek_string(data, "call_id"),
		   *name = json_peek_string(data, "name");
	jv known;

	if (!call)
		return data;
	if (!strcmp(type, "tool_use") && name)
		h->names = json_set_string(h->names, call, name);
	if (strcmp(type, "tool_result") != 0)
		return data;
	known = json_get(h->names, call, JV_KIND_STRING);
	h->names = json_drop(h->names, call);
	if (!name && jv_is_valid(known))
		return json_set(data, "name", known);
	jv_free(known);
	return data;
}

static void
take_event(struct hear *h, jv event)
{
	const char *type = json_peek_string(event, "type");
	jv data = json_get(event, "data", JV_KIND_OBJECT);

	if (!strcmp(type, "token_usage"))
		h->usage = usage_add(h->usage, data);
	else
		tell_held(h); /* what was used says nothing about what was said */
	if (!strcmp(type, "message"))
		h->held = data;
	else
		hear_event(h, type, with_name(h, type, data));
}

/* A result of the adapter that is none of those that it may give. */
static void
complain(struct hear *h, const char *why, jv result)
{
	struct buf b = { 0 };
	jv detail = json_set_string(jv_object(), "error", why);

	if (jv_is_valid(result)) {
		json_dump(&b, result);
		detail = json_set(detail, "result",
		    json_utf8(b.p, b.len < SHOWN_MAX ? b.len : SHOWN_MAX));
	}
	hear_note(h, "adapter", detail);
	buf_release(&b);
}

static bool
take_result(void *arg, jv result)
{
	struct hear *h = arg;
	bool is_answer =
	    jv_get_kind(result) == JV_KIND_OBJECT && json_peek_string(result, "response") != NULL;
	bool is_failure =
	    jv_get_kind(result) == JV_KIND_OBJECT && json_peek_string(result, "failed") != NULL;

	if (!is_answer && !is_failure) {
		if (is_event(result)) {
			take_event(h, result);
			jv_free(result);
		} else {
			complain(h, "want an event, a response or failed", result);
		}
		return true;
	}
	jv_free(h->failure);
	h->failure = is_failure ? jv_copy(result) : jv_invalid();
	if (is_answer) {
		jv_free(h->answer);
		h->answer = json_get(result, "response", JV_KIND_STRING);
	}
	jv_free(result);
	return true;
}

/* A line for the adapter; false: it is no JSON object. */
static bool
take_adapted(struct hear *h, const char *line, size_t len)
{
	jv value;

	if (len < 2 || line[0] != '{')
		return false;
	value = json_parse_object(line, len);
	if (!jv_is_valid(value)) {
		complain(h, err_text(), json_utf8(line, len < SHOWN_MAX ? len : SHOWN_MAX));
		jv_free(value);
	} else if (filter_run(h->adapter, value, take_result, h) < 0) {
		complain(h, err_text(), jv_invalid());
	}
	return true;
}

/* What a byte of an answer counts: control characters have six bytes in a JSON string; that others
 * have three at most is in the limit. */
static size_t
cost_of(unsigned char c)
{
	return c < ' ' && c != '\n' && c != '\t' && c != '\r' ? 6 : 1;
}

size_t
hear_fit(const char *bytes, size_t len, size_t room)
{
	size_t cost = 0, n = 0;

	while (n < len && (cost += cost_of((unsigned char)bytes[n])) <= room)
		n++;
	return n;
}

static void
add_text(struct hear *h, const char *bytes, size_t len)
{
	size_t fit = h->is_cut ? 0 : hear_fit(bytes, len, HEAR_ANSWER_MAX - h->text_cost);

	h->is_cut = h->is_cut || fit < len;
	for (size_t i = 0; i < fit; i++)
		h->text_cost += cost_of((unsigned char)bytes[i]);
	buf_add(&h->text, bytes, fit);
}

/* The line that has been gathered, with that at its end. */
static void
end_line(struct hear *h, const char *newline)
{
	bool is_taken = !h->is_in_long_line &&
	                (h->adapter ? take_adapted : take_plain)(h, h->line.p, h->line.len);

	if (!is_taken) {
		add_text(h, h->line.p, h->line.len);
		add_text(h, newline, strlen(newline));
	}
	h->line.len = 0;
	h->is_in_long_line = false;
}

/* Shows what has come of the answer since the last time. */
static void
show_more(struct hear *h)
{
	if (h->adapter)
		return;
	if (h->shown < h->text.len)
		h->shown += partial_add(h->partial, PARTIAL_TEXT, h->text.p + h->shown,
		    h->text.len - h->shown);
	/* no event begins like this: it will be part of the text, behind what that is now */
	if (h->shown >= h->text.len && h->line.len > 0 && h->line.p[0] != '{' && !h->is_cut)
		h->shown += partial_add(h->partial, PARTIAL_TEXT,
		    h->line.p + (h->shown - h->text.len), h->line.len - (h->shown - h->text.len));
}

void
hear_out(void *arg, const char *bytes, size_t len)
{
	struct hear *h = arg;
	size_t most = h->adapter ? ADAPTED_LINE_MAX : LINE_MAX_BYTES;
	const char *newline;

	while ((newline = memchr(bytes, '\n', len))) {
		size_t part = (size_t)(newline - bytes);

		buf_add(&h->line, bytes, part);
		end_line(h, "\n");
		bytes += part + 1;
		len -= part + 1;
	}
	buf_add(&h->line, bytes, len);
	if (h->line.len > most) {
		add_text(h, h->line.p, h->line.len);
		h->line.len = 0;
		h->is_in_long_line = true;
	}
	show_more(h);
}

/* Keeps the end of what was said on stderr. */
static void
keep_tail(struct hear *h, const char *text)
{
	buf_puts(&h->stderr_tail, text);
	if (h->stderr_tail.len > STDERR_TAIL) {
		buf_cut(&h->stderr_tail, h->stderr_tail.len - STDERR_TAIL);
		h->is_tail_cut = true;
	}
}

/* A line, or as much of a long one as there is. */
static void
log_stderr_line(struct hear *h)
{
	jv line;

	if (h->stderr_line.len == 0)
		return;
	line = mask_value(log_its_mask(h->log), json_utf8(h->stderr_line.p, h->stderr_line.len));
	keep_tail(h, jv_string_value(line));
	if (h->stderr_logged < STDERR_LOG_MAX) {
		keep_error(h,
		    log_note(h->log, "stderr", json_set(jv_object(), "text", jv_copy(line))));
		h->stderr_logged += h->stderr_line.len + STDERR_LINE_COST;
	}
	jv_free(line);
	h->stderr_line.len = 0;
}

/* A part of a line that is too long.  Its end may be the beginning of a secret, and is kept. */
static void
log_stderr_part(struct hear *h)
{
	size_t kept = mask_longest(log_its_mask(h->log));
	struct buf b = { 0 }, end = { 0 };

	mask_text(log_its_mask(h->log), &b, h->stderr_line.p, h->stderr_line.len);
	kept = kept < b.len / 2 ? kept : b.len / 2;
	buf_add(&end, b.p + b.len - kept, kept);
	b.len -= kept;
	buf_release(&h->stderr_line);
	h->stderr_line = b;
	log_stderr_line(h);
	buf_release(&h->stderr_line);
	h->stderr_line = end;
}

void
hear_err(void *arg, const char *bytes, size_t len)
{
	struct hear *h = arg;

	while (len > 0) {
		const char *newline = memchr(bytes, '\n', len);
		size_t part = newline ? (size_t)(newline - bytes) : len;
		size_t room = STDERR_LINE_MAX - h->stderr_line.len;

		part = part < room ? part : room;
		buf_add(&h->stderr_line, bytes, part);
		bytes += part;
		len -= part;
		if (h->stderr_line.len >= STDERR_LINE_MAX) {
			log_stderr_part(h);
		} else if (newline) {
			log_stderr_line(h);
			keep_tail(h, "\n");
			bytes++;
			len--;
		}
	}
}

void
hear_end(struct hear *h)
{
	if (h->line.len > 0)
		end_line(h, "");
	log_stderr_line(h);
	if (jv_is_valid(h->held) && jv_is_valid(h->answer) &&
	    jv_equal(json_get(h->held, "text", JV_KIND_STRING), jv_copy(h->answer))) {
		jv_free(h->held);
		h->held = jv_invalid();
	}
	tell_held(h);
}

jv
hear_answer(struct hear *h)
{
	const char *bytes = h->text.p ? h->text.p : "";
	size_t len = h->text.len;

	if (jv_is_valid(h->answer)) {
		bytes = jv_string_value(h->answer);
		len = (size_t)jv_string_length_bytes(jv_copy(h->answer));
		h->is_cut = hear_fit(bytes, len, HEAR_ANSWER_MAX) < len;
		len = hear_fit(bytes, len, HEAR_ANSWER_MAX);
	}
	while (len > 0 && strchr("\r\n", bytes[len - 1]))
		len--;
	return json_utf8(bytes, len);
}

jv
hear_complaint(struct hear *h)
{
	struct buf *tail = &h->stderr_tail;
	const char *line;

	while (tail->len > 0 && strchr(" \t\r\n", tail->p[tail->len - 1]))
		tail->p[--tail->len] = '\0';
	if (h->is_tail_cut && tail->len > 0 && (line = memchr(tail->p, '\n', tail->len)))
		buf_cut(tail, (size_t)(line + 1 - tail->p));
	return json_utf8(tail->p ? tail->p : "", tail->len);
}
