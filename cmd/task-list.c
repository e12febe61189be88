/* task-list - print tasks, in the order in which they were added */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent.h"
#include "ask.h"
#include "clock.h"
#include "err.h"
#include "life.h"
#include "may.h"
#include "opt.h"
#include "rows.h"
#include "show.h"
#include "task.h"
#include "tree.h"

static const char *chat, *agent, *parent;
static struct opt_list statuses;
static bool ready, count, newest, tree;
static struct view view;
static long limit = -1;

static const struct opt opts[] = { { 's', "status", "status",
				       "only tasks in this status; may be repeated",
				       .list = &statuses },
	{ 'c', "chat", "chat", "only tasks of this chat", .str = &chat },
	{ 'a', "agent", "role", "only tasks of this agent", .str = &agent },
	{ 0, "parent", "task", "only subtasks of this task", .str = &parent },
	{ 'r', "ready", NULL, "only tasks that may run now", .set = &ready },
	{ 0, "count", NULL, "print how many", .set = &count },
	{ 'n', "limit", "count", "print at most count", .num = &limit, .max = LONG_MAX },
	{ 0, "newest", NULL, "the newest first", .set = &newest },
	{ 0, "tree", NULL, "below each task its subtasks, and what its agent has spawned",
	    .set = &tree },
	VIEW_TABLE(view), VIEW_JQ(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "task-list", "print tasks, in the order in which they were added",
	"", opts, 0 };

/* The filters, chat and parent as whole ids. */
struct wanted {
	char chat_id[ID_TEXT], parent_id[ID_TEXT];
};

static bool
is_ready(struct scan_text record)
{
	jv task;
	bool yes;

	if (!show_field_is(record, "status", "pending"))
		return false;
	task = json_parse(record.p, record.len);
	yes = life_is_ready(task, clock_now_ms());
	jv_free(task);
	return yes;
}

static bool
has_wanted_status(struct scan_text record)
{
	bool yes = statuses.len == 0;

	for (size_t i = 0; i < statuses.len && !yes; i++)
		yes = show_field_is(record, "status", statuses.item[i]);
	return yes;
}

static bool
is_wanted(struct scan_text record, void *arg)
{
	const struct wanted *f = arg;
	struct scan_text none;

	return has_wanted_status(record) &&
	       (!chat || show_field_is(record, "chat_id", f->chat_id)) &&
	       (!agent || show_field_is(record, "agent", agent)) &&
	       (!parent || show_field_is(record, "parent_id", f->parent_id)) &&
	       (!tree || parent || !scan_member(record, "parent_id", &none)) &&
	       (!ready || is_ready(record));
}

/* The role as the crew spells it: that is how tasks name it. */
static int
resolve_role(struct store *s)
{
	struct tx *tx = store_read(s);
	jv found;

	if (!tx)
		return -1;
	found = agent_get(tx, agent);
	if (jv_is_valid(found))
		agent = xstrdup(json_peek_string(found, "role"));
	jv_free(found);
	return store_end(tx);
}

static int
resolve(struct store *s, struct wanted *f)
{
	if (agent && resolve_role(s) < 0)
		return -1;
	if (chat && (ask_id(s, "chat", chat, f->chat_id) < 0 ||
			may_ask(s, f->chat_id, id_user(NULL), MAY_READ) < 0))
		return -1;
	return parent ? ask_shown(s, parent, f->parent_id) : 0;
}

/* The smallest set that holds all that is wanted; what it cannot tell, is_wanted does. */
static char *
choose_set(const struct wanted *f, bool *is_exact)
{
	*is_exact =
	    (int)statuses.len + (chat != NULL) + (agent != NULL) + (parent != NULL) + ready <= 1 &&
	    !ready && !tree;
	if (parent)
		return xprintf("parent.%s", f->parent_id);
	if (chat)
		return xprintf("chat.%s", f->chat_id);
	if (ready)
		return xstrdup("status.pending");
	if (agent)
		return xprintf("agent.%s", agent);
	return statuses.len == 1 ? xprintf("status.%s", statuses.item[0]) : xstrdup("tasks");
}

int
main(int argc, char *argv[])
{
	struct wanted f = { "", "" };
	struct show show = { .view = &view, .arg = &f };
	struct store *s;
	bool is_exact;
	char *set;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	for (size_t i = 0; i < statuses.len; i++)
		if (task_check_status(statuses.item[i]) < 0)
			opt_usage(&cmd, "--%s", err_text());
	if (tree && count)
		opt_usage(&cmd, "--count counts no tree");
	if (view_open(&view, &rows_task, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || resolve(s, &f) < 0)
		err_exit();
	set = choose_set(&f, &is_exact);
	show.set = set;
	show.wants = is_exact ? NULL : is_wanted;
	show.limit = limit;
	show.is_newest = newest;
	show.is_count = count;
	if ((tree ? tree_show : show_set)(s, &show) < 0)
		err_exit();
	free(set);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
