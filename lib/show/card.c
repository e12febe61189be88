#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "chat.h"
#include "clock.h"
#include "crew.h"
#include "policy.h"
#include "rows.h"
#include "sight.h"
#include "task.h"
#include "text.h"
#include "why.h"

enum { NAME_COLUMNS = 12, INDENT = NAME_COLUMNS + 3 };

/* Appends what others wrote on one line, painted.  Returns its columns. */
static size_t
add_painted(struct view *v, enum paint paint, const char *text)
{
	struct buf clean = { 0 };
	size_t columns;

	buf_puts(&clean, "");
	screen_clean(&clean, text, false);
	screen_paint(&v->screen, &v->out.buf, paint, clean.p);
	columns = screen_width(clean.p, clean.len);
	buf_release(&clean);
	return columns;
}

/* A field's name; an empty one goes on with the field above. */
static void
add_name(struct view *v, const char *name)
{
	size_t columns;

	buf_puts(&v->out.buf, "  ");
	columns = add_painted(v, DIM, name);
	do
		buf_putc(&v->out.buf, ' ');
	while (columns++ < NAME_COLUMNS);
}

/* A field and its value, of one line unless it is too wide; left out where there is none. */
static void
add_field(struct view *v, const char *name, const char *value)
{
	struct buf clean = { 0 };

	screen_clean(&clean, value ? value : "", false);
	if (clean.len > 0) {
		add_name(v, name);
		screen_wrap(&v->screen, &v->out.buf, clean.p, INDENT, INDENT);
		buf_putc(&v->out.buf, '\n');
	}
	buf_release(&clean);
}

/* A text of its own, below a heading. */
static void
add_block(struct view *v, const char *heading, const char *text)
{
	struct buf clean = { 0 };

	screen_clean(&clean, text ? text : "", true);
	if (clean.len > 0) {
		buf_putc(&v->out.buf, '\n');
		screen_paint(&v->screen, &v->out.buf, BOLD, heading);
		buf_puts(&v->out.buf, "\n  ");
		screen_wrap(&v->screen, &v->out.buf, clean.p, 2, 2);
		buf_putc(&v->out.buf, '\n');
	}
	buf_release(&clean);
}

static void
add_at(struct view *v, const char *name, const char *at, const char *by)
{
	int64_t ms, now_ms = clock_now_ms();
	struct buf text = { 0 };
	char age[TEXT_AGE];

	if (!at || !clock_parse(at, &ms))
		return;
	text_time(&text, at);
	if (ms > now_ms)
		buf_printf(&text, " (in %s)", text_duration(ms - now_ms, age));
	else
		buf_printf(&text, " (%s ago)", text_duration(now_ms - ms, age));
	if (by)
		buf_printf(&text, " by %s", by);
	add_field(v, name, text.p);
	buf_release(&text);
}

/* "1f3c9a2b completed  its title"; name is the field's. */
static void
add_task(struct view *v, const char *name, jv task)
{
	const char *id = json_peek_string(task, "id"), *title = json_peek_string(task, "title");
	char short_id[9];
	struct buf line = { 0 };
	size_t taken;

	if (!id)
		return;
	add_name(v, name);
	taken = INDENT + 1 + add_painted(v, CYAN, task_short(id, short_id));
	buf_putc(&v->out.buf, ' ');
	taken += add_painted(v, rows_paint(task), rows_status(task));
	buf_puts(&line, "  ");
	screen_clean(&line, title ? title : "", false);
	screen_cut(&v->screen, &line, taken);
	buf_printf(&v->out.buf, "%s\n", line.p);
	buf_release(&line);
}

static void
add_dependencies(struct view *v, struct tx *tx, jv task)
{
	jv deps = json_get(task, "depends_on", JV_KIND_ARRAY);
	const char *name = "depends on";

	if (jv_is_valid(deps))
		jv_array_foreach (deps, i, id) {
			jv dep = jv_get_kind(id) == JV_KIND_STRING
			             ? task_get(tx, jv_string_value(id))
			             : jv_invalid();

			if (jv_is_valid(dep) && sight_has(tx, dep)) {
				add_task(v, name, dep);
				name = "";
			}
			jv_free(dep);
			jv_free(id);
		}
	jv_free(deps);
}

static void
add_family(struct view *v, struct tx *tx, jv task)
{
	const char *parent_id = json_peek_string(task, "parent_id"), *name = "subtasks";
	jv child;

	if (parent_id) {
		jv parent = task_get(tx, parent_id);

		if (jv_is_valid(parent))
			add_task(v, "parent", parent);
		jv_free(parent);
	}
	add_dependencies(v, tx, task);
	for (uint64_t n = 0;
	     jv_is_valid(child = task_next_child(tx, json_peek_string(task, "id"), &n));
	     name = "") {
		add_task(v, name, child);
		jv_free(child);
	}
}

static void
add_chat(struct view *v, struct tx *tx, jv task)
{
	const char *id = json_peek_string(task, "chat_id");
	jv chat = id ? chat_get(tx, id) : jv_invalid();
	const char *title = jv_is_valid(chat) ? json_peek_string(chat, "title") : NULL;
	char name[9], *text;

	if (id) {
		text = xprintf("%s  %s", task_short(id, name), title ? title : "");
		add_field(v, "chat", text);
		free(text);
	}
	jv_free(chat);
}

static char *
text_of(jv value)
{
	struct buf text = { 0 };

	if (jv_get_kind(value) == JV_KIND_STRING)
		return xstrdup(jv_string_value(value));
	json_dump(&text, jv_copy(value));
	return text.p;
}

/* The members of an object (consumed): each a field, or in the field `name` as member=value. */
static void
add_members(struct view *v, const char *name, jv object)
{
	if (jv_is_valid(object))
		jv_object_foreach (object, key, value) {
			char *text = text_of(value), *line;

			line = xprintf("%s=%s", jv_string_value(key), text);
			add_field(v, name ? name : jv_string_value(key), name ? line : text);
			name = name ? "" : NULL;
			free(line);
			free(text);
			jv_free(value);
			jv_free(key);
		}
	jv_free(object);
}

/* "2 of 3": a split task is not attempted. */
static void
add_attempts(struct view *v, jv task)
{
	jv error = json_get(task, "error", JV_KIND_OBJECT);
	int64_t attempt = policy_attempts(task), most = policy_most(task, error);
	char text[64];

	snprintf(text, sizeof text, "%" PRId64 " of %" PRId64, attempt,
	    attempt > most ? attempt : most);
	if (attempt > 0 && !task_has_subtasks(task))
		add_field(v, "attempts", text);
	jv_free(error);
}

/* What a person has decided. */
static void
add_approval(struct view *v, jv task)
{
	jv approval = json_get(task, "approval", JV_KIND_OBJECT);
	const char *decision = json_peek_string(approval, "decision"),
		   *question = json_peek_string(approval, "question"),
		   *by = json_peek_string(approval, "by"),
		   *reason = json_peek_string(approval, "reason");
	char *text = xprintf("%s by %s: %s%s%s", decision ? decision : "", by ? by : "somebody",
	    question ? question : "", reason ? ": " : "", reason ? reason : "");

	add_field(v, "approval", decision ? text : NULL);
	free(text);
	jv_free(approval);
}

/* Why attempts have failed; what the status says already is not said again. */
static void
add_failures(struct view *v, jv task)
{
	jv failures = json_get(task, "failures", JV_KIND_ARRAY);
	int len = jv_is_valid(failures) ? jv_array_length(jv_copy(failures)) : 0;

	for (int i = 0; i < len - task_is(task, "failed"); i++) {
		jv failure = jv_array_get(jv_copy(failures), i);
		const char *category = json_peek_string(failure, "category"),
			   *message = json_peek_string(failure, "message");
		char *text = xprintf("%" PRId64 ": %s%s%s", json_peek_int(failure, "attempt", 0),
		    category ? category : "", message ? ": " : "", message ? message : "");

		add_field(v, i ? "" : "failures", text);
		free(text);
		jv_free(failure);
	}
	jv_free(failures);
}

static void
add_duration(struct view *v, jv task)
{
	const char *from = json_peek_string(task, "started_at"),
		   *to = json_peek_string(task, "finished_at");
	int64_t from_ms, to_ms;
	char text[32];

	if (!from || !to || !clock_parse(from, &from_ms) || !clock_parse(to, &to_ms) ||
	    to_ms < from_ms)
		return;
	if (to_ms - from_ms < 1000)
		snprintf(text, sizeof text, "%dms", (int)(to_ms - from_ms));
	else if (to_ms - from_ms < 60000)
		snprintf(text, sizeof text, "%.1fs", (double)(to_ms - from_ms) / 1000);
	else
		text_duration(to_ms - from_ms, text);
	add_field(v, "took", text);
}

/* The status in a word, and the reason behind it. */
static void
add_status(struct view *v, struct tx *tx, jv task)
{
	jv why = why_task(tx, task), error = json_get(task, "error", JV_KIND_OBJECT);
	const char *reason = jv_is_valid(error) ? json_peek_string(error, "message") : NULL;
	struct buf line = { 0 };
	size_t taken;

	if (task_is(task, "pending") || !reason)
		reason = task_is(task, "completed") ? NULL : json_peek_string(why, "why");
	if (reason) {
		buf_puts(&line, ": ");
		screen_clean(&line, reason, false);
	}
	add_name(v, "status");
	taken = INDENT + add_painted(v, rows_paint(task), rows_status(task));
	if (line.p)
		screen_wrap(&v->screen, &v->out.buf, line.p, INDENT, taken);
	buf_putc(&v->out.buf, '\n');
	buf_release(&line);
	jv_free(error);
	jv_free(why);
}

static void
add_title(struct view *v, jv task)
{
	const char *title = json_peek_string(task, "title");
	struct buf clean = { 0 };

	screen_clean(&clean, title ? title : "", false);
	if (v->screen.columns && clean.p && screen_width(clean.p, clean.len) > v->screen.columns)
		screen_wrap(&v->screen, &v->out.buf, clean.p, 0, 0);
	else
		screen_paint(&v->screen, &v->out.buf, BOLD, clean.p ? clean.p : "");
	buf_putc(&v->out.buf, '\n');
	buf_release(&clean);
}

/* The decision as the planner gave it: its reasons, its score, and why there is no plan. */
static void
add_decision(struct view *v, jv task)
{
	jv decision = json_get(task, "decision", JV_KIND_OBJECT),
	   error = json_get(decision, "error", JV_KIND_OBJECT),
	   skills = crew_strings(decision, "required_skills");
	int64_t score = json_peek_int(decision, "complexity_score", 0);
	const char *message = json_peek_string(error, "message");
	struct buf line = { 0 };

	add_field(v, "planned", json_peek_string(decision, "reasoning"));
	if (score > 0)
		buf_printf(&line, "%" PRId64 " of 10", score);
	jv_array_foreach (skills, i, skill) {
		buf_printf(&line, "%s%s",
		    i          ? ", "
		    : line.len ? "; takes "
			       : "takes ",
		    jv_string_value(skill));
		jv_free(skill);
	}
	add_field(v, "complexity", line.p);
	add_field(v, "no plan", message);
	buf_release(&line);
	jv_free(skills);
	jv_free(error);
	jv_free(decision);
}

/* The agent that a task creates. */
static void
add_creation(struct view *v, jv task)
{
	jv creates = json_get(task, "creates", JV_KIND_OBJECT);

	add_field(v, "creates", json_peek_string(creates, "role"));
	jv_free(creates);
}

static void
show_card(struct view *v, struct tx *tx, jv task)
{
	const char *instruction = json_peek_string(task, "instruction"),
		   *title = json_peek_string(task, "title");
	jv error = json_get(task, "error", JV_KIND_OBJECT);
	const char *message = jv_is_valid(error) ? json_peek_string(error, "message") : NULL;

	if (v->is_again)
		buf_putc(&v->out.buf, '\n');
	v->is_again = true;
	add_title(v, task);
	add_field(v, "id", json_peek_string(task, "id"));
	add_status(v, tx, task);
	add_field(v, "priority", json_peek_string(task, "priority"));
	add_field(v, "agent", json_peek_string(task, "agent"));
	add_chat(v, tx, task);
	add_at(v, "added", json_peek_string(task, "created_at"),
	    json_peek_string(task, "created_by"));
	add_at(v, "started", json_peek_string(task, "started_at"), NULL);
	add_at(v, "finished", json_peek_string(task, "finished_at"), NULL);
	add_duration(v, task);
	add_attempts(v, task);
	add_failures(v, task);
	add_approval(v, task);
	add_field(v, "key", json_peek_string(task, "key"));
	add_members(v, "metadata", json_get(task, "metadata", JV_KIND_OBJECT));
	add_members(v, "scope", json_get(task, "scope", JV_KIND_OBJECT));
	add_members(v, "limits", json_get(task, "limits", JV_KIND_OBJECT));
	add_members(v, "usage", json_get(task, "usage", JV_KIND_OBJECT));
	add_decision(v, task);
	add_creation(v, task);
	add_family(v, tx, task);
	if (instruction && !(title && !strcmp(instruction, title)))
		add_block(v, "Instruction", instruction);
	add_block(v, "Context", json_peek_string(task, "context"));
	add_block(v, "Answer", json_peek_string(task, "response"));
	if (message && strchr(message, '\n'))
		add_block(v, "Error", message);
	jv_free(error);
}

/* The tasks that an answer of task-why names. */
static void
add_waited_for(struct view *v, struct tx *tx, jv answer)
{
	jv ids = json_get(answer, "waiting_for", JV_KIND_ARRAY);

	if (jv_is_valid(ids))
		jv_array_foreach (ids, i, id) {
			jv task = task_get(tx, jv_string_value(id));

			if (jv_is_valid(task))
				add_task(v, i ? "" : "waits for", task);
			jv_free(task);
			jv_free(id);
		}
	jv_free(ids);
}

static void
show_why(struct view *v, struct tx *tx, jv answer)
{
	const char *id = json_peek_string(answer, "id");
	jv task = task_get(tx, id);
	char name[9];

	add_title(v, task);
	add_field(v, "id", task_short(id, name));
	add_status(v, tx, task);
	add_field(v, "agent", json_peek_string(answer, "agent"));
	add_decision(v, task);
	add_failures(v, task);
	add_waited_for(v, tx, answer);
	if (task_is(task, "failed"))
		add_family(v, tx, task);
	add_at(v, "again at", json_peek_string(answer, "not_before"), NULL);
	jv_free(task);
}

static void
show_fields(struct view *v, struct tx *tx, jv record)
{
	(void)tx;
	add_members(v, NULL, jv_copy(record));
}

const struct view_form card_fields = { .text = show_fields };
const struct view_form card_form = { .text = show_card };
const struct view_form card_why = { .text = show_why };
