#include "choice.h"

#include <string.h>
#include <strings.h>

#include "err.h"
#include "task.h"

/* Tasks have subtasks, and agents others: how far up is looked. */
enum { LEVELS_MAX = 64 };

bool
choice_is_all(const struct choice *c)
{
	return !c->is_mine && !c->has_no_tasks && !c->task;
}

int
choice_open(struct choice *c, struct store *s)
{
	struct tx *tx;
	int rc;

	c->s = s;
	c->known = jv_object();
	if (c->task && c->has_no_tasks)
		return err_set(EX_USAGE, "--task and --no-tasks leave nothing");
	if (!c->task)
		return 0;
	if (!(tx = store_read(s)))
		return -1;
	rc = store_resolve(tx, "task", c->task, c->task_id);
	return store_end(tx) < 0 ? -1 : rc;
}

void
choice_close(struct choice *c)
{
	if (c->s)
		jv_free(c->known);
	c->s = NULL;
}

static bool
is_me(const char *user)
{
	return user && !strcasecmp(user, id_user(NULL));
}

/* Whether a task (consumed) is the one that is wanted, or made for it. */
static bool
is_part(const struct choice *c, struct tx *tx, const char *id, jv task)
{
	bool is = !strcmp(id, c->task_id);

	for (int level = 0; !is && level < LEVELS_MAX && jv_is_valid(task); level++) {
		const char *up = json_peek_string(task, "parent_id");
		jv above;

		if (!up)
			up = json_peek_string(task, "spawned_by");
		is = up && !strcmp(up, c->task_id);
		above = up && !is ? task_get(tx, up) : jv_invalid();
		jv_free(task);
		task = above;
	}
	jv_free(task);
	return is;
}

static bool
is_wanted(const struct choice *c, struct tx *tx, const char *id)
{
	jv task = task_get(tx, id);
	bool is = !c->is_mine || is_me(json_peek_string(task, "created_by"));

	if (is && c->task)
		return is_part(c, tx, id, task);
	jv_free(task);
	return is;
}

int
choice_has_task(struct choice *c, struct tx *tx, const char *id)
{
	struct tx *own = NULL;

	if (!c->is_mine && !c->task)
		return 1;
	if (!json_has(c->known, id)) {
		if (!tx && !(own = store_read(c->s)))
			return -1;
		c->known = json_set(c->known, id, jv_bool(is_wanted(c, tx ? tx : own, id)));
		if (own && store_end(own) < 0)
			return -1;
	}
	return json_peek_bool(c->known, id);
}

int
choice_wants_task(struct choice *c, struct tx *tx, const char *id)
{
	return c->has_no_tasks ? 0 : choice_has_task(c, tx, id);
}

int
choice_wants(struct choice *c, struct tx *tx, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	const char *task = json_peek_string(data, "task_id");
	int wants;

	if (task)
		wants = choice_wants_task(c, tx, task);
	else
		wants = !c->task && (!c->is_mine || is_me(json_peek_string(event, "user_id")));
	jv_free(data);
	return wants;
}
