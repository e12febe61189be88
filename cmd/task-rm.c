/* task-rm - delete tasks, with their subtasks */
#include "cancel.h"
#include "deed.h"
#include "err.h"
#include "log.h"
#include "may.h"
#include "opt.h"
#include "person.h"
#include "remove.h"
#include "work.h"

static bool force;

static const struct opt opts[] = {
	{ 0, "force", NULL, "also those that others wait for: these fail", .set = &force }, { 0 }
};

static const struct cmd cmd = { "task-rm", "delete tasks, with their subtasks", "TASK ...", opts,
	0 };

/* The whole ids of the operands; invalid with err. */
static jv
resolve_all(struct tx *tx, char **prefixes)
{
	jv ids = jv_array();

	for (; *prefixes; prefixes++) {
		char id[ID_TEXT];

		if (store_resolve(tx, "task", *prefixes, id) < 0) {
			jv_free(ids);
			return jv_invalid();
		}
		ids = jv_array_append(ids, jv_string(id));
	}
	return ids;
}

/* Whether a task may be deleted: an agent is held to what is below its own, as by agent-cancel; a
 * person to the rules of its chat.  false with err. */
static bool
is_permitted(struct tx *tx, const char *id)
{
	if (!id_is_agent())
		return may_task(tx, id, id_user(NULL), MAY_CANCEL) == 0;
	return cancel_check_below(tx, id, "deletes") == 0 ||
	       person_refuse(tx, "cancel_refused", NULL) == 0;
}

/* The same of these (borrowed: ids). */
static bool
are_permitted(struct tx *tx, jv ids)
{
	bool are = true;

	jv_array_foreach (ids, i, id) {
		are = are && is_permitted(tx, jv_string_value(id));
		jv_free(id);
	}
	return are;
}

struct removal {
	char **prefixes;
	jv removed; /* the ids of all that is deleted */
};

/* All of them, or none. */
static int
remove_all(void *arg, struct tx *tx)
{
	struct removal *r = arg;
	jv ids = resolve_all(tx, r->prefixes);
	int rc = -1;

	jv_free(r->removed);
	r->removed = jv_invalid();
	if (jv_is_valid(ids) && are_permitted(tx, ids))
		rc = remove_tasks(tx, ids, force, &r->removed);
	jv_free(ids);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct removal r = { .prefixes = opt_parse(&cmd, argv), .removed = jv_invalid() };
	struct store *s;

	(void)argc;
	if (!*r.prefixes)
		opt_usage(&cmd, "want a task");
	if (!(s = store_open()) || deed_change(s, remove_all, &r) < 0)
		err_exit();
	jv_array_foreach (r.removed, i, id) {
		log_remove(store_logs_fd(s), jv_string_value(id));
		if (work_folder_remove(store_fd(s), jv_string_value(id)) < 0)
			err_print();
		jv_free(id);
	}
	jv_free(r.removed);
	store_close(s);
	return 0;
}
