/* task-edit - change a task that has not begun, or has failed */
#include <unistd.h>

#include "deed.h"
#include "edit.h"
#include "err.h"
#include "may.h"
#include "opt.h"
#include "quiet.h"
#include "rows.h"
#include "spec.h"
#include "task.h"
#include "terms.h"

static const char *priority, *agent, *instruction, *when_idle;
static struct opt_list metadata, depends_on;
static bool no_depends_on, lock, unlock;
static struct terms terms = TERMS_NONE;
static struct view view = { .is_maker = true };

static const struct opt opts[] = { { 'p', "priority", "priority", "high, medium or low",
				       .str = &priority },
	{ 'a', "agent", "role", "who shall do it", .str = &agent },
	{ 0, "instruction", "text", "what is to be done", .str = &instruction },
	{ 'm', "metadata", "name=value", "a note for the agent; may be repeated",
	    .list = &metadata },
	{ 'd', "depends-on", "task", "wait for this task, too; may be repeated",
	    .list = &depends_on },
	{ 0, "no-depends-on", NULL, "wait for none of the tasks that it depends on now",
	    .set = &no_depends_on },
	{ 0, "when-idle", "time",
	    "wait until nobody has spoken in its chat for so long; none: never",
	    .str = &when_idle },
	{ 0, "lock", NULL, "nobody may speak in its chat while it runs", .set = &lock },
	{ 0, "unlock", NULL, "people may speak while it runs", .set = &unlock },
	TERMS_LIMITS(terms), TERMS_OUTPUT(terms), VIEW_TABLE(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "task-edit", "change a task that has not begun, or has failed",
	"TASK", opts, 0 };

static void
check_options(const struct edit *edit)
{
	if (!priority && !agent && !instruction && !metadata.len && !depends_on.len &&
	    !no_depends_on && jv_object_length(jv_copy(edit->limits)) == 0 &&
	    jv_object_length(jv_copy(edit->output)) == 0 &&
	    jv_object_length(jv_copy(edit->rules)) == 0)
		opt_usage(&cmd, "nothing to change");
	if (priority && task_check_priority(priority) < 0)
		opt_usage(&cmd, "--priority: %s", err_text());
	if (lock && unlock)
		opt_usage(&cmd, "--lock and --unlock: want one of them");
}

static jv
given_rules(void)
{
	int64_t ms = when_idle ? quiet_read(when_idle) : 0;
	jv rules = jv_object();

	if (ms < 0)
		opt_usage(&cmd, "--when-idle: %s", err_text());
	if (when_idle)
		rules = json_set(rules, "when_idle_s", jv_number((double)ms / 1000));
	return lock || unlock ? json_set(rules, "lock", lock ? jv_true() : jv_false()) : rules;
}

static void
read_terms(struct edit *edit)
{
	edit->limits = terms_limits(&terms);
	edit->output = jv_is_valid(edit->limits) ? terms_output(&terms) : jv_invalid();
	if (jv_is_valid(edit->output))
		return;
	if (err_code() == EX_USAGE)
		opt_usage(&cmd, "%s", err_text());
	err_exit();
}

/* The caller frees its values. */
static struct edit
given_edit(void)
{
	struct edit edit = { .priority = priority,
		.agent = agent,
		.instruction = instruction,
		.metadata = spec_metadata(&metadata),
		.rules = given_rules(),
		.depends_on = jv_array(),
		.drops_dependencies = no_depends_on };

	if (!jv_is_valid(edit.metadata))
		opt_usage(&cmd, "--metadata: %s", err_text());
	for (size_t i = 0; i < depends_on.len; i++)
		edit.depends_on = jv_array_append(edit.depends_on, jv_string(depends_on.item[i]));
	read_terms(&edit);
	return edit;
}

struct change {
	const char *prefix;
	struct edit edit;
	jv task; /* as it is stored then */
};

static int
change(void *arg, struct tx *tx)
{
	struct change *c = arg;
	char id[ID_TEXT];
	jv task;

	if (store_resolve(tx, "task", c->prefix, id) < 0 ||
	    may_task(tx, id, id_user(NULL), MAY_READ) < 0 ||
	    may_task(tx, id, id_user(NULL), MAY_ADD) < 0 || edit_task(tx, id, &c->edit, &task) < 0)
		return -1;
	jv_free(c->task);
	c->task = task;
	return 0;
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv);
	struct change c = { .task = jv_invalid() };
	struct store *s;

	(void)argc;
	if (!operands[0] || operands[1])
		opt_usage(&cmd, "want one task");
	if (view_open(&view, &rows_task, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	c.prefix = operands[0];
	c.edit = given_edit();
	check_options(&c.edit);
	if (!(s = store_open()) || deed_change(s, change, &c) < 0)
		err_exit();
	view_add(&view, NULL, c.task);
	jv_free(c.edit.metadata);
	jv_free(c.edit.rules);
	jv_free(c.edit.depends_on);
	jv_free(c.edit.limits);
	jv_free(c.edit.output);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
