#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"
#include "json.h"
#include "utf8.h"
#include "view.h"

/* How much of a program's results is kept before it is written. */
enum { RESULTS_BYTES = 64 << 10 };

static int
choose_format(struct view *v, int fd)
{
	bool is_text = v->form->row || v->form->text;

	if (!v->format)
		v->kind = is_text && isatty(fd) ? VIEW_TEXT : VIEW_JSON;
	else if (!strcmp(v->format, "json"))
		v->kind = VIEW_JSON;
	else if (is_text && !strcmp(v->format, "text"))
		v->kind = VIEW_TEXT;
	else if (v->form->row && !strcmp(v->format, "tsv"))
		v->kind = VIEW_TEXT;
	else
		return err_set(EX_USAGE, "--format: want text%s or json, got '%.20s'",
		    v->form->row ? ", tsv" : "", v->format);
	v->table.is_tsv = v->format && !strcmp(v->format, "tsv");
	return 0;
}

int
view_open(struct view *v, const struct view_form *form, int fd)
{
	v->form = form;
	v->out.fd = fd;
	v->is_terminal = isatty(fd);
	v->table = (struct table){ .column = form->columns,
		.screen = &v->screen,
		.has_heading = v->is_maker };
	if ((v->format != NULL) + (v->jq != NULL) + v->is_ids > 1)
		return err_set(EX_USAGE, "%s and %s: want one of them",
		    v->format ? "--format" : "--jq", v->is_ids ? "--ids" : "--jq");
	if (choose_format(v, fd) < 0)
		return -1;
	if (v->is_ids || v->jq)
		v->kind = v->is_ids ? VIEW_NAMES : VIEW_RESULTS;
	if (v->is_null && v->kind == VIEW_TEXT && !v->format)
		v->kind = VIEW_JSON;
	if (v->is_null && v->kind == VIEW_TEXT)
		return err_set(EX_USAGE, "--null goes with --ids, --jq or --format json");
	if (v->jq && !(v->filter = filter_open(v->jq)))
		return err_add("--jq");
	/* what asks a terminal, or for a locale, is left until a person looks */
	if (v->kind == VIEW_TEXT || v->color)
		return screen_open(&v->screen, fd, v->color) < 0 ? err_add("--color") : 0;
	return 0;
}

static void
end_line(struct view *v)
{
	buf_putc(&v->out.buf, v->is_null ? '\0' : '\n');
}

/* What names a record: its id, that of the task that it is about, or an agent's role. */
static void
add_id(struct view *v, jv record)
{
	const char *id = json_peek_string(record, "id");

	if (!id)
		id = json_peek_string(record, "task_id");
	if (!id)
		id = json_peek_string(record, "role");
	if (id) {
		buf_puts(&v->out.buf, id);
		end_line(v);
	}
}

/* The code point of a control character of so many bytes (RFC 3629). */
static unsigned
code_of(const char *text, size_t bytes)
{
	const unsigned char *p = (const unsigned char *)text;

	if (bytes == 1)
		return *p;
	if (bytes == 2)
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	if (bytes == 3)
		return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
}

/* As JSON escapes it: beyond U+FFFF by two surrogates. */
static void
add_escaped(struct buf *b, unsigned code)
{
	if (code > 0xffff) {
		buf_printf(b, "\\u%04x", 0xd7c0 + (code >> 10));
		code = 0xdc00 | (code & 0x3ff);
	}
	buf_printf(b, "\\u%04x", code);
}

/* Appends text; what would drive a terminal is left out of a string, and escaped in JSON. */
static void
add_tame(struct view *v, const char *text, size_t len, bool is_json)
{
	size_t control;

	if (!v->is_terminal) {
		buf_add(&v->out.buf, text, len);
	} else if (!is_json) {
		screen_clean(&v->out.buf, text, true);
	} else {
		for (; *text; text += control ? control : 1) {
			control = utf8_control(text);
			if (control)
				add_escaped(&v->out.buf, code_of(text, control));
			else
				buf_putc(&v->out.buf, *text);
		}
	}
	end_line(v);
}

static void
add_json(struct view *v, jv value)
{
	struct buf text = { 0 };

	json_dump(&text, value);
	add_tame(v, text.p, text.len, true);
	buf_release(&text);
}

/* A result of the jq program; there may be any number of them. */
static bool
add_result(void *arg, jv result)
{
	struct view *v = arg;

	if (jv_get_kind(result) == JV_KIND_STRING) {
		add_tame(v, jv_string_value(result),
		    (size_t)jv_string_length_bytes(jv_copy(result)), false);
		jv_free(result);
	} else {
		add_json(v, result);
	}
	if (v->out.buf.len >= RESULTS_BYTES && out_flush(&v->out) < 0)
		v->is_broken = true;
	return !v->is_broken;
}

/* What the jq program makes of the records that were added: not before, as it may take its time and
 * the store's lock may be held then. */
static void
run_program(struct view *v)
{
	const char *line = v->queue.p, *end;

	for (; v->filter && !v->is_broken && line && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (filter_run(v->filter, json_parse(line, (size_t)(end - line)), add_result, v) <
		    0) {
			v->has_failed = true;
			snprintf(v->why, sizeof v->why, "--jq: %s", err_text());
			filter_close(v->filter); /* a command may end without view_close now */
			v->filter = NULL;
		}
	}
	buf_release(&v->queue);
}

void
view_add(struct view *v, struct tx *tx, jv record)
{
	if (v->kind == VIEW_RESULTS) {
		json_dump(&v->queue, jv_copy(record));
		buf_putc(&v->queue, '\n');
	} else if (v->kind == VIEW_NAMES) {
		add_id(v, record);
	} else if (v->kind == VIEW_JSON) {
		add_json(v, jv_copy(record));
	} else if (v->form->row) {
		v->form->row(&v->table, tx, record, clock_now_ms());
	} else {
		v->form->text(v, tx, record);
	}
	jv_free(record);
}

void
view_add_line(struct view *v, struct tx *tx, struct scan_text record)
{
	struct scan_text id;

	if (v->kind == VIEW_JSON && !v->is_terminal) {
		buf_add(&v->out.buf, record.p, record.len);
		end_line(v);
	} else if (v->kind == VIEW_RESULTS) {
		buf_add(&v->queue, record.p, record.len);
		buf_putc(&v->queue, '\n');
	} else if (v->kind == VIEW_NAMES &&
		   (scan_member(record, "id", &id) || scan_member(record, "role", &id)) &&
		   id.p[0] == '"' && !memchr(id.p, '\\', id.len)) {
		buf_add(&v->out.buf, id.p + 1, id.len - 2);
		end_line(v);
	} else {
		view_add(v, tx, json_parse(record.p, record.len));
	}
}

size_t
view_len(const struct view *v)
{
	return v->out.buf.len + v->queue.len + v->table.text.len;
}

int
view_flush(struct view *v)
{
	run_program(v);
	if (v->is_broken)
		return -1;
	if (v->form->row)
		table_flush(&v->table, &v->out.buf);
	if (out_flush(&v->out) < 0)
		return -1;
	return v->has_failed ? err_set(EX_DATAERR, "%s", v->why) : 0;
}

int
view_close(struct view *v)
{
	int rc = view_flush(v);

	table_release(&v->table);
	filter_close(v->filter);
	v->filter = NULL;
	return rc;
}
