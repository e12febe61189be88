#include "prune.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "err.h"
#include "log.h"
#include "sight.h"
#include "task.h"

/* How many logs one transaction looks at. */
enum { AT_ONCE = 256 };

struct some {
	char id[AT_ONCE][ID_TEXT];
	size_t len;
};

/* The id in the name of a log; false: it is none. */
static bool
id_of_name(const char *name, char id[ID_TEXT])
{
	if (strlen(name) != ID_TEXT - 1 + 4 || strcmp(name + ID_TEXT - 1, ".log") != 0)
		return false;
	memcpy(id, name, ID_TEXT - 1);
	id[ID_TEXT - 1] = '\0';
	return id_is_full(id);
}

/* When a log that belongs to no task was written last; INT64_MAX: nobody knows. */
static int64_t
written_ms(struct store *s, const char *id)
{
	char name[TRAIL_NAME_BYTES];
	struct stat st;

	if (fstatat(store_logs_fd(s), trail_name(id, name), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return INT64_MAX;
	return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

/* Whether nobody needs the log any more. */
static bool
is_old(struct tx *tx, const char *id, int64_t before_ms)
{
	jv task = task_get(tx, id);
	int64_t at_ms = INT64_MAX;
	const char *finished;

	if (!jv_is_valid(task)) {
		jv_free(task);
		return written_ms(store_of(tx), id) <= before_ms;
	}
	finished = json_peek_string(task, "finished_at");
	if (!task_is_over(task) || !sight_has(tx, task) || !finished ||
	    !clock_parse(finished, &at_ms) ||
	    json_peek_int(task, "posted", 0) < json_peek_int(task, "events", 0))
		at_ms = INT64_MAX;
	jv_free(task);
	return at_ms <= before_ms;
}

/* Deletes those that are old, and takes the others out of the list. */
static int
prune_some(struct store *s, struct some *some, int64_t before_ms, bool is_dry)
{
	struct tx *tx = store_read(s);
	struct some old = { .len = 0 };

	if (!tx)
		return -1;
	for (size_t i = 0; i < some->len; i++) {
		if (!is_old(tx, some->id[i], before_ms))
			continue;
		if (!is_dry)
			log_remove(store_logs_fd(s), some->id[i]);
		memcpy(old.id[old.len++], some->id[i], ID_TEXT);
	}
	*some = old;
	return store_end(tx);
}

/* The next logs of the folder. */
static void
read_some(DIR *folder, struct some *some)
{
	struct dirent *entry;

	some->len = 0;
	while (some->len < AT_ONCE && (entry = readdir(folder)))
		if (id_of_name(entry->d_name, some->id[some->len]))
			some->len++;
}

int
prune_logs(struct store *s, int64_t before_ms, bool is_dry, void (*take)(void *arg, const char *id),
    void *arg)
{
	DIR *folder = dir_list(store_logs_fd(s), ".");
	struct some some;
	int rc = 0;

	if (!folder)
		return err_sys("logs/agents");
	for (read_some(folder, &some); rc == 0 && some.len > 0; read_some(folder, &some)) {
		rc = prune_some(s, &some, before_ms, is_dry);
		for (size_t i = 0; rc == 0 && i < some.len; i++)
			take(arg, some.id[i]);
	}
	closedir(folder);
	return rc;
}
