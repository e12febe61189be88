#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "chat.h"
#include "rows.h"
#include "task.h"
#include "text.h"

const char *
rows_status(jv task, char out[ROWS_STATUS])
{
	const char *status = json_peek_string(task, "status");
	const char *waiting = task_is(task, "pending") ? json_peek_string(task, "waiting") : NULL;

	snprintf(out, ROWS_STATUS, "%.15s%s%.20s", status ? status : "", waiting ? ":" : "",
	    waiting ? waiting : "");
	return out;
}

enum paint
rows_paint(jv task)
{
	if (task_is(task, "completed"))
		return GREEN;
	if (task_is(task, "failed"))
		return RED;
	if (task_is(task, "in_progress"))
		return YELLOW;
	return task_is(task, "cancelled") || json_peek_string(task, "waiting") ? DIM : PLAIN;
}

static void
id_cell(struct table *t, const char *id)
{
	char name[9];

	table_cell(t, t->is_tsv ? PLAIN : CYAN, t->is_tsv || !id ? id : task_short(id, name));
}

static void
age_cell(struct table *t, const char *at, int64_t now_ms)
{
	char age[TEXT_AGE];

	table_cell(t, DIM, t->is_tsv ? at : text_age(at, now_ms, age));
}

static const struct column task_columns[] = { { "ID", false }, { "STATUS", false },
	{ "PRIORITY", false }, { "AGE", true }, { "AGENT", false }, { "TITLE", false },
	{ NULL, false } };

static void
task_row(struct table *t, struct tx *tx, jv task, int64_t now_ms)
{
	const char *priority = json_peek_string(task, "priority");
	char status[ROWS_STATUS];
	bool is_high = priority && !strcmp(priority, "high");

	(void)tx;
	id_cell(t, json_peek_string(task, "id"));
	table_cell(t, rows_paint(task), rows_status(task, status));
	table_cell(t, is_high ? BOLD : DIM, priority);
	age_cell(t, json_peek_string(task, "created_at"), now_ms);
	table_cell(t, PLAIN, json_peek_string(task, "agent"));
	table_cell(t, PLAIN, json_peek_string(task, "title"));
}

static const struct column chat_columns[] = { { "ID", false }, { "AGE", true }, { "EVENTS", true },
	{ "OWNER", false }, { "TITLE", false }, { NULL, false } };

static void
chat_row(struct table *t, struct tx *tx, jv chat, int64_t now_ms)
{
	const char *id = json_peek_string(chat, "id");
	char count[24] = "";

	if (tx && id)
		snprintf(count, sizeof count, "%" PRIu64, chat_events(tx, id));
	id_cell(t, id);
	age_cell(t, json_peek_string(chat, "created_at"), now_ms);
	table_cell(t, PLAIN, count);
	table_cell(t, PLAIN, json_peek_string(chat, "user_id"));
	table_cell(t, PLAIN, json_peek_string(chat, "title"));
}

static const struct column agent_columns[] = { { "ROLE", false }, { "INPUT", false },
	{ "SKILLS", false }, { "COMMAND", false }, { NULL, false } };

/* A word as a shell would want it: in quotes, unless it is plain. */
static void
add_word(struct buf *b, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+=:,./@%";

	if (*word && !word[strspn(word, plain)]) {
		buf_puts(b, word);
		return;
	}
	buf_putc(b, '\'');
	for (; *word; word++)
		buf_puts(b, *word == '\'' ? "'\\''" : (char[]){ *word, '\0' });
	buf_putc(b, '\'');
}

static void
add_plain(struct buf *b, const char *word)
{
	buf_puts(b, word);
}

/* The strings of an array member, each added by `add`, between separators. */
static void
list_cell(struct table *t, jv record, const char *member, const char *separator,
    void (*add)(struct buf *b, const char *word))
{
	jv list = json_get(record, member, JV_KIND_ARRAY);
	struct buf text = { 0 };

	if (jv_is_valid(list))
		jv_array_foreach (list, i, item) {
			buf_puts(&text, i ? separator : "");
			add(&text,
			    jv_get_kind(item) == JV_KIND_STRING ? jv_string_value(item) : "");
			jv_free(item);
		}
	table_cell(t, PLAIN, text.p);
	buf_release(&text);
	jv_free(list);
}

static void
agent_row(struct table *t, struct tx *tx, jv agent, int64_t now_ms)
{
	(void)tx;
	(void)now_ms;
	table_cell(t, BOLD, json_peek_string(agent, "role"));
	table_cell(t, PLAIN, json_peek_string(agent, "input"));
	list_cell(t, agent, "skills", ", ", add_plain);
	list_cell(t, agent, "command", " ", add_word);
}

const struct view_form rows_task = { task_columns, task_row, NULL };
const struct view_form rows_chat = { chat_columns, chat_row, NULL };
const struct view_form rows_agent = { agent_columns, agent_row, NULL };
