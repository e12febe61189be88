#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"
#include "json.h"
#include "view.h"

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
		v->kind = VIEW_TEXT, v->table.is_tsv = true;
	else
		return err_set(EX_USAGE, "--format: want text%s or json, got '%.20s'",
		    v->form->row ? ", tsv" : "", v->format);
	return 0;
}

int
view_open(struct view *v, const struct view_form *form, int fd)
{
	v->form = form;
	v->out.fd = fd;
	v->table = (struct table){ .column = form->columns,
		.screen = &v->screen,
		.has_heading = v->is_maker };
	if ((v->format != NULL) + (v->jq != NULL) + v->is_ids > 1)
		return err_set(EX_USAGE, "want one of --format, --jq and --ids");
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

/* What names a record: its id, or an agent's role. */
static void
add_id(struct view *v, jv record)
{
	const char *id = json_peek_string(record, "id");

	if (!id)
		id = json_peek_string(record, "role");
	if (id) {
		buf_puts(&v->out.buf, id);
		end_line(v);
	}
}

/* A result of the jq program. */
static void
add_result(void *arg, jv result)
{
	struct view *v = arg;

	if (jv_get_kind(result) == JV_KIND_STRING) {
		buf_add(&v->out.buf, jv_string_value(result),
		    (size_t)jv_string_length_bytes(jv_copy(result)));
		jv_free(result);
	} else {
		json_dump(&v->out.buf, result);
	}
	end_line(v);
}

/* Adds what the jq program makes of a record (consumed). */
static void
add_results(struct view *v, jv record)
{
	if (v->has_failed) {
		jv_free(record);
	} else if (filter_run(v->filter, record, add_result, v) < 0) {
		v->has_failed = true;
		snprintf(v->why, sizeof v->why, "--jq: %s", err_text());
		filter_close(v->filter); /* a command may end without view_close now */
		v->filter = NULL;
	}
}

void
view_add(struct view *v, struct tx *tx, jv record)
{
	if (v->kind == VIEW_RESULTS) {
		add_results(v, record);
		return;
	}
	if (v->kind == VIEW_NAMES) {
		add_id(v, record);
	} else if (v->kind == VIEW_JSON) {
		json_dump(&v->out.buf, jv_copy(record));
		end_line(v);
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

	if (v->kind == VIEW_JSON) {
		buf_add(&v->out.buf, record.p, record.len);
		end_line(v);
	} else if (v->kind == VIEW_NAMES &&
		   (scan_member(record, "id", &id) || scan_member(record, "role", &id)) &&
		   id.p[0] == '"' && !memchr(id.p, '\\', id.len)) {
		buf_add(&v->out.buf, id.p + 1, id.len - 2);
		end_line(v);
	} else {
		view_add(v, tx, json_parse(record.p, record.len));
	}
}

int
view_flush(struct view *v)
{
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
