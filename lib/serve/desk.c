#include "desk.h"

#include <stdlib.h>
#include <unistd.h>

#include "access.h"
#include "deed.h"
#include "dir.h"
#include "err.h"
#include "proc.h"

struct store *
desk_store(struct desk *d)
{
	if (!d->s)
		d->s = store_open();
	return d->s;
}

void
desk_close(struct desk *d)
{
	if (d->s)
		store_close(d->s);
	d->s = NULL;
}

/* A step, and whose it is. */
struct visit {
	struct desk *d;
	struct order *o;
	desk_step *step;
};

static int
take(void *arg, struct tx *tx)
{
	struct visit *v = arg;

	jv_free(v->o->result); /* of a transaction that is run again */
	v->o->result = jv_invalid();
	return v->step(v->d, tx, v->o);
}

int
desk_look(struct desk *d, struct order *o, desk_step *step)
{
	struct visit v = { d, o, step };

	return desk_store(d) ? deed_look(d->s, take, &v) : -1;
}

int
desk_change(struct desk *d, struct order *o, desk_step *step)
{
	struct visit v = { d, o, step };

	return desk_store(d) ? deed_change(d->s, take, &v) : -1;
}

/* What was found; else err says what to do, where it is not that the user may not have it. */
static jv
hinted(jv found, const char *hint)
{
	char *why;

	if (jv_is_valid(found) || err_code() == EX_NOPERM)
		return found;
	why = xstrdup(err_text());
	err_set(err_code(), "%s; %s", why, hint);
	free(why);
	return found;
}

jv
desk_chat(struct desk *d, struct tx *tx, const char *given, enum may_what what)
{
	const char *hint = "the resources tell which chats there are";

	given = given ? given : d->chat;
	if (given)
		return hinted(access_chat(tx, given, d->user, what), hint);
	err_set(EX_DATAERR, "chat_id: is missing; %s", hint);
	return jv_invalid();
}

jv
desk_task(struct desk *d, struct tx *tx, const char *given, enum may_what what)
{
	return hinted(access_task(tx, given, d->user, what),
	    "task_list tells which tasks there are");
}

char **
desk_cancel_line(jv ids, const char *reason)
{
	size_t len = (size_t)jv_array_length(jv_copy(ids)), n = 0;
	char **argv = xmalloc((len + 4) * sizeof *argv);

	argv[n++] = dir_bin_path("agent-cancel");
	argv[n++] = xstrdup("--format=json");
	if (reason)
		argv[n++] = xprintf("--reason=%s", reason);
	jv_array_foreach (ids, i, id) {
		argv[n++] = xstrdup(jv_string_value(id));
		jv_free(id);
	}
	argv[n] = NULL;
	jv_free(ids);
	return argv;
}

void
desk_free_line(char **argv)
{
	for (char **word = argv; *word; word++)
		free(*word);
	free(argv);
}

int
desk_end(jv ids, const char *reason)
{
	char **argv = desk_cancel_line(ids, reason);
	pid_t pid = proc_spawn(argv, NULL, (const int[]){ -1, -1, STDERR_FILENO });

	desk_free_line(argv);
	return pid < 0 ? -1 : 0;
}
