#include "work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "dir.h"
#include "err.h"
#include "json.h"
#include "proc.h"
#include "scope.h"
#include "stop.h"

enum { GRACE_MS = 2000 }; /* from TERM to KILL, unless who stops us has said */

/* A list of the task's scope, joined by commas. */
static char *
joined(jv task, const char *name)
{
	jv scope = scope_of(task), list = json_get(scope, name, JV_KIND_ARRAY);
	struct buf b = { 0 };

	buf_puts(&b, "");
	if (jv_is_valid(list))
		jv_array_foreach (list, i, item) {
			if (jv_get_kind(item) == JV_KIND_STRING)
				buf_printf(&b, "%s%s", b.len ? "," : "", jv_string_value(item));
			jv_free(item);
		}
	jv_free(list);
	jv_free(scope);
	return b.p;
}

static const char *
or_empty(const char *s)
{
	return s ? s : "";
}

char **
work_env(const struct work *w)
{
	char **env = xmalloc(8 * sizeof *env);
	char *accounts = joined(w->task, "account_ids"), *regions = joined(w->task, "regions");
	size_t n = 0;

	env[n++] = xprintf("LEGWORK_TASK_ID=%s", json_peek_string(w->task, "id"));
	env[n++] = xprintf("LEGWORK_CHAT_ID=%s", or_empty(json_peek_string(w->task, "chat_id")));
	env[n++] = xprintf("LEGWORK_USER=%s", or_empty(json_peek_string(w->task, "user_id")));
	env[n++] = xprintf("LEGWORK_ACCOUNT_IDS=%s", accounts);
	env[n++] = xprintf("LEGWORK_REGIONS=%s", regions);
	env[n++] = xprintf("LEGWORK_RUN=%s", w->lease);
	env[n++] = xprintf("LEGWORK_STORE=%s", w->store);
	env[n] = NULL;
	free(accounts);
	free(regions);
	return env;
}

void
work_env_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

char *
work_folder(const struct work *w)
{
	const char *own = json_peek_string(w->agent, "folder");
	char *path, *real;
	int fd;

	if (own) {
		if (!(real = realpath(own, NULL)))
			err_set(EX_CONFIG, "folder %s: %s", own, strerror(errno));
		return real;
	}
	path = xprintf("%s/work/%s", w->store, json_peek_string(w->task, "id"));
	if ((fd = dir_open_private(path)) < 0) {
		free(path);
		return NULL;
	}
	close(fd);
	return path;
}

int
work_folder_remove(int store_fd, const char *task_id)
{
	char *name = xprintf("work/%s", task_id);
	int rc = strchr(task_id, '/') ? 0 : dir_remove_tree(store_fd, name);

	if (rc < 0)
		err_sys("%s", name);
	free(name);
	return rc;
}

int64_t
work_timeout_ms(jv task)
{
	jv limits = json_get(task, "limits", JV_KIND_OBJECT), value = jv_invalid();
	int64_t ms = 0;

	if (jv_is_valid(limits))
		value = jv_object_get(jv_copy(limits), jv_string("timeout_s"));
	if (jv_get_kind(value) == JV_KIND_NUMBER && jv_number_value(value) < 1e9) {
		ms = (int64_t)(jv_number_value(value) * 1000);
		ms += (double)ms < jv_number_value(value) * 1000; /* a short time is not none */
	}
	jv_free(value);
	jv_free(limits);
	return ms;
}

/* As a subreaper we are the parent of all that is left of it: no child, nothing left. */
void
work_end_remains(const struct work *w)
{
	char *mark;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
		return;
	mark = xprintf("LEGWORK_RUN=%s", w->lease);
	if (proc_kill_marked(mark, stop_patience_ms(GRACE_MS)) < 0)
		log_note(w->log, "remains", json_set_string(jv_object(), "error", err_text()));
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	free(mark);
}

void
work_result_init(struct work_result *result)
{
	*result = (struct work_result){ .response = jv_invalid(),
		.error = jv_invalid(),
		.usage = jv_invalid(),
		.agent = jv_invalid(),
		.approval = jv_invalid() };
}

void
work_result_release(struct work_result *result)
{
	jv_free(result->response);
	jv_free(result->error);
	jv_free(result->usage);
	jv_free(result->agent);
	jv_free(result->approval);
}
