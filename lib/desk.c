#include "desk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chat.h"
#include "dir.h"
#include "err.h"
#include "proc.h"
#include "task.h"

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

/* Ends a transaction in which a step has failed: its error is the one that is told. */
static int
abandon(struct tx *tx)
{
	int code = err_code();
	char *why = xstrdup(err_text());

	if (store_end(tx) == 0)
		err_set(code, "%s", why);
	free(why);
	return -1;
}

int
desk_look(struct desk *d, struct order *o, desk_step *step)
{
	struct tx *tx = desk_store(d) ? store_read(d->s) : NULL;
	int rc = tx ? step(d, tx, o) : -1;

	if (!tx)
		return -1;
	return rc < 0 ? abandon(tx) : store_end(tx) < 0 ? -1 : rc;
}

int
desk_change(struct desk *d, struct order *o, desk_step *step)
{
	enum store_result rc;
	int done;

	do {
		struct tx *tx = desk_store(d) ? store_begin(d->s) : NULL;

		if (!tx)
			return -1;
		jv_free(o->result);
		o->result = jv_invalid();
		if ((done = step(d, tx, o)) < 0)
			return abandon(tx);
		rc = store_commit(tx, STORE_DURABLE);
	} while (rc == STORE_AGAIN);
	return rc == STORE_OK ? done : -1;
}

/* As store_resolve, with what to do where there is none. */
static int
resolve(struct tx *tx, const char *kind, const char *given, const char *hint, char id[ID_TEXT])
{
	char *why;

	if (store_resolve(tx, kind, given, id) == 0)
		return 0;
	why = xstrdup(err_text());
	err_set(err_code(), "%s; %s", why, hint);
	free(why);
	return -1;
}

jv
desk_chat(struct desk *d, struct tx *tx, const char *given, enum may_what what)
{
	char id[ID_TEXT];
	jv chat;

	given = given ? given : d->chat;
	if (!given) {
		err_set(EX_DATAERR,
		    "chat_id: is missing; the resources tell which chats there are");
		return jv_invalid();
	}
	if (resolve(tx, "chat", given, "the resources tell which chats there are", id) < 0)
		return jv_invalid();
	chat = chat_get(tx, id);
	if (jv_is_valid(chat) && may(NULL, chat, d->user, what) == 0)
		return chat;
	jv_free(chat);
	return jv_invalid();
}

int
desk_may(struct desk *d, struct tx *tx, jv task, enum may_what what)
{
	return may_in(tx, json_peek_string(task, "chat_id"), d->user, what);
}

jv
desk_task(struct desk *d, struct tx *tx, const char *given, enum may_what what)
{
	char id[ID_TEXT];
	jv task;

	if (!given) {
		err_set(EX_DATAERR, "task_id: is missing; task_list tells which tasks there are");
		return jv_invalid();
	}
	if (resolve(tx, "task", given, "task_list tells which tasks there are", id) < 0)
		return jv_invalid();
	task = task_get(tx, id);
	if (desk_may(d, tx, task, what) == 0)
		return task;
	jv_free(task);
	return jv_invalid();
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
