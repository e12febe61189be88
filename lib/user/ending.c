#include "ending.h"

#include <stdlib.h>
#include <string.h>

#include "cancel.h"
#include "deed.h"
#include "err.h"
#include "halt.h"

/* From TERM to KILL. */
enum { GRACE_MS = 10000 };

void
ending_open(struct ending *e, const char *id, bool is_chat, const char *by, const char *reason)
{
	*e = (struct ending){ .is_chat = is_chat, .told = jv_object() };
	memcpy(e->id, id, ID_TEXT - 1);
	e->by = xstrdup(by);
	e->reason = reason && *reason ? xstrdup(reason) : NULL;
}

void
ending_release(struct ending *e)
{
	jv_free(e->told);
	free(e->by);
	free(e->reason);
}

static jv
gather(const struct ending *e, struct tx *tx)
{
	struct cancel_family f = cancel_family();
	char *set = xprintf("chat.%s", e->id);

	if (e->is_chat)
		cancel_gather_set(tx, &f, set);
	else
		cancel_gather(tx, &f, e->id, true);
	free(set);
	return cancel_family_ids(f);
}

static bool
is_running(jv line)
{
	const char *state = json_peek_string(line, "state");

	return state && !strcmp(state, "in_progress");
}

/* What cancel_tasks says of one; true: it still runs. */
static bool
note(struct ending *e, jv line)
{
	const char *id = json_peek_string(line, "task_id");
	bool runs = is_running(line), is_asked = !e->is_chat && !strcmp(id, e->id);

	/* one that this has ended is there already */
	if (!json_peek_bool(line, "was_over") || is_asked || json_has(e->told, id))
		e->told = json_set(e->told, id, json_drop(line, "was_over"));
	else
		jv_free(line);
	return runs;
}

size_t
ending_mark(struct ending *e, struct tx *tx)
{
	jv lines = cancel_tasks(tx, gather(e, tx), e->by, e->reason);

	e->running = 0;
	jv_array_foreach (lines, i, line)
		e->running += note(e, line);
	jv_free(lines);
	return e->running;
}

static int
mark_again(void *arg, struct tx *tx)
{
	ending_mark(arg, tx);
	return 0;
}

/* Those that run, told by id; an array of e->running. */
static struct halt *
halts_of(struct ending *e)
{
	struct halt *halt = xmalloc((e->running + 1) * sizeof *halt);
	size_t len = 0;

	jv_object_foreach (e->told, id, line) {
		if (is_running(line) && len < e->running) {
			memset(&halt[len], 0, sizeof *halt);
			strncpy(halt[len++].id, jv_string_value(id), ID_TEXT - 1);
		}
		jv_free(id);
		jv_free(line);
	}
	e->running = len;
	return halt;
}

static void
note_halt(struct ending *e, struct halt *h)
{
	jv line = json_set_string(jv_object(), "task_id", h->id);

	/* empty: there was no look at it */
	line = json_set_string(line, "state", *h->state ? h->state : "in_progress");
	if (jv_array_length(jv_copy(h->left)) > 0)
		line = json_set(line, "left", jv_copy(h->left));
	e->told = json_set(e->told, h->id, line);
	halt_release(h);
}

int
ending_run(struct ending *e, struct store *s, void (*step)(void *arg, size_t gone), void *arg)
{
	int rc = 0;

	while (rc == 0 && e->running > 0) {
		struct halt *halt = halts_of(e);

		rc = halt_run(s, halt, e->running, GRACE_MS, step, arg);
		for (size_t i = 0; i < e->running; i++)
			note_halt(e, &halt[i]);
		free(halt);
		if (rc == 0)
			rc = deed_change(s, mark_again,
			    e); /* what was spawned meanwhile ends, too */
	}
	return rc ? -1 : 0;
}

jv
ending_tasks(const struct ending *e)
{
	jv tasks = jv_array();

	jv_object_foreach (e->told, id, line) {
		tasks = jv_array_append(tasks, line);
		jv_free(id);
	}
	return tasks;
}
