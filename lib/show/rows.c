#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "rows.h"
#include "task.h"
#include "text.h"

const char *
rows_status(jv task)
{
	static const char *const known[] = { "pending", "in_progress", "completed", "failed",
		"cancelled" };

	if (task_is(task, "pending") && json_peek_string(task, "waiting"))
		return "waiting";
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (task_is(task, known[i]))
			return known[i];
	return ""; /* a record that was loaded may say anything */
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
	{ "PRIO", false }, { "AGE", true }, { "AGENT", false }, { "TITLE", false },
	{ NULL, false } };

/* Every word of it, for programs: "pending:subtasks". */
static void
status_cell(struct table *t, jv task)
{
	const char *status = rows_status(task);
	const char *waiting = task_is(task, "pending") ? json_peek_string(task, "waiting") : NULL;
	char *text = t->is_tsv ? xprintf("%s%s%s", waiting ? "pending" : status, waiting ? ":" : "",
				     waiting ? waiting : "")
	                       : xstrdup(status);

	table_cell(t, rows_paint(task), text);
	free(text);
}

/* To a person what is usual need not be said. */
static void
priority_cell(struct table *t, const char *priority)
{
	bool is_usual = priority && !strcmp(priority, "medium");

	table_cell(t, priority && !strcmp(priority, "high") ? BOLD : DIM,
	    is_usual && !t->is_tsv ? "" : priority);
}

/* A task that was there already says so. */
static void
title_cell(struct table *t, jv task)
{
	const char *title = json_peek_string(task, "title");
	bool is_old = json_peek_bool(task, "duplicate") && !t->is_tsv;
	char *text = xprintf("%s%s", is_old ? "(there already) " : "", title ? title : "");

	table_cell(t, PLAIN, text);
	free(text);
}

static void
task_row(struct table *t, struct tx *tx, jv task, int64_t now_ms)
{
	(void)tx;
	id_cell(t, json_peek_string(task, "id"));
	status_cell(t, task);
	priority_cell(t, json_peek_string(task, "priority"));
	age_cell(t, json_peek_string(task, "created_at"), now_ms);
	table_cell(t, PLAIN, json_peek_string(task, "agent"));
	title_cell(t, task);
}

static const struct column graph_columns[] = { { "ID", false }, { "STATUS", false },
	{ "AGENT", false }, { "AFTER", false }, { "TITLE", false }, { NULL, false } };

/* The tasks that it depends on, or the first of them and how many more. */
static void
after_cell(struct table *t, jv task)
{
	jv ids = json_get(task, "depends_on", JV_KIND_ARRAY);
	int len = jv_is_valid(ids) ? jv_array_length(jv_copy(ids)) : 0;
	jv first = len > 0 ? jv_array_get(jv_copy(ids), 0) : jv_invalid();
	char name[9] = "", text[32] = "";

	if (jv_get_kind(first) == JV_KIND_STRING)
		task_short(jv_string_value(first), name);
	if (len > 1)
		snprintf(text, sizeof text, "%s +%d", name, len - 1);
	table_cell(t, CYAN, len > 1 ? text : name);
	jv_free(first);
	jv_free(ids);
}

static void
graph_row(struct table *t, struct tx *tx, jv task, int64_t now_ms)
{
	(void)tx;
	(void)now_ms;
	id_cell(t, json_peek_string(task, "id"));
	status_cell(t, task);
	table_cell(t, PLAIN, json_peek_string(task, "agent"));
	after_cell(t, task);
	title_cell(t, task);
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

static const struct column plan_columns[] = { { "ID", false }, { "PRIO", false },
	{ "AGENT", false }, { "HOURS", true }, { "AFTER", false }, { "TITLE", false },
	{ NULL, false } };

static void
hours_cell(struct table *t, jv subtask)
{
	jv hours = json_get(subtask, "estimated_hours", JV_KIND_NUMBER);
	char text[32] = "";

	if (jv_is_valid(hours) && jv_number_value(hours) > 0)
		snprintf(text, sizeof text, "%g", jv_number_value(hours));
	table_cell(t, PLAIN, text);
	jv_free(hours);
}

static void
plan_row(struct table *t, struct tx *tx, jv subtask, int64_t now_ms)
{
	const char *role = json_peek_string(subtask, "assigned_to");

	(void)tx;
	(void)now_ms;
	id_cell(t, json_peek_string(subtask, "id"));
	priority_cell(t, json_peek_string(subtask, "priority"));
	table_cell(t, PLAIN, role ? role : json_peek_string(subtask, "agent"));
	hours_cell(t, subtask);
	list_cell(t, subtask, "dependencies", " ", add_plain);
	title_cell(t, subtask);
}

static const struct column chat_columns[] = { { "ID", false }, { "AGE", true }, { "EVENTS", true },
	{ "OWNER", false }, { "TITLE", false }, { NULL, false } };

static void
chat_row(struct table *t, struct tx *tx, jv chat, int64_t now_ms)
{
	const char *id = json_peek_string(chat, "id");
	char count[24] = "";

	if (tx && id)
		snprintf(count, sizeof count, "%" PRIu64, event_count(tx, id));
	id_cell(t, id);
	age_cell(t, json_peek_string(chat, "created_at"), now_ms);
	table_cell(t, PLAIN, count);
	table_cell(t, PLAIN, json_peek_string(chat, "user_id"));
	table_cell(t, PLAIN, json_peek_string(chat, "title"));
}

static const struct column agent_columns[] = { { "ROLE", false }, { "INPUT", false },
	{ "SKILLS", false }, { "COMMAND", false }, { NULL, false } };

static bool
is_llm(jv agent)
{
	const char *kind = json_peek_string(agent, "kind");

	return kind && !strcmp(kind, "llm");
}

/* What does its work: a command, an adapter's, or a model. */
static void
command_cell(struct table *t, jv agent)
{
	const char *adapter = json_peek_string(agent, "adapter");

	if (is_llm(agent))
		table_cell(t, PLAIN, json_peek_string(agent, "model_id"));
	else if (adapter && !json_has(agent, "command"))
		table_cell(t, PLAIN, adapter);
	else
		list_cell(t, agent, "command", " ", text_word);
}

/* To a person one says so that is not in the crew yet. */
static void
role_cell(struct table *t, jv agent)
{
	const char *role = json_peek_string(agent, "role"),
		   *status = json_peek_string(agent, "status");
	bool is_proposed = !t->is_tsv && status && !strcmp(status, "proposed");
	char *text = xprintf("%s%s", role ? role : "", is_proposed ? " (proposed)" : "");

	table_cell(t, is_proposed ? DIM : BOLD, text);
	free(text);
}

static void
agent_row(struct table *t, struct tx *tx, jv agent, int64_t now_ms)
{
	(void)tx;
	(void)now_ms;
	role_cell(t, agent);
	table_cell(t, PLAIN, is_llm(agent) ? "" : json_peek_string(agent, "input"));
	list_cell(t, agent, "skills", ", ", add_plain);
	command_cell(t, agent);
}

const struct view_form rows_task = { task_columns, task_row, NULL };
const struct view_form rows_graph = { graph_columns, graph_row, NULL };
const struct view_form rows_plan = { plan_columns, plan_row, NULL };
const struct view_form rows_chat = { chat_columns, chat_row, NULL };
const struct view_form rows_agent = { agent_columns, agent_row, NULL };
