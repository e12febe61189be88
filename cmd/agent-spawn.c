/* agent-spawn - start agents in the background, each for a task of its own */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "demand.h"
#include "err.h"
#include "launch.h"
#include "lines.h"
#include "offspring.h"
#include "opt.h"
#include "stop.h"
#include "task.h"
#include "view.h"

static const char *model, *agent, *chat;
static struct opt_list accounts, regions, tools;
static long max_running = ENGAGE_RUNNING_MAX;
static bool is_any, is_unscoped;
static struct view view;

static const struct opt opts[] = { { 0, "account", "id", "an account to work with; may be repeated",
				       .list = &accounts },
	{ 0, "region", "region", "a region to work in; may be repeated", .list = &regions },
	{ 0, "model", "model", "the model that does it", .str = &model },
	{ 'a', "agent", "role", "the agent of the crew that does it (default: a new one)",
	    .str = &agent },
	{ 'c', "chat", "chat", "where it speaks (default: a new chat)", .str = &chat },
	{ 0, "tool", "tool", "a tool that a new agent may use; may be repeated", .list = &tools },
	{ 0, "max-running", "count", "refuse where so many run already (default: 5)",
	    .num = &max_running, .min = 1, .max = 1000000 },
	{ 0, "any-scope", NULL, "accounts and regions are of another world: take any words",
	    .set = &is_any },
	{ 0, "allow-unscoped", NULL, "within a scope, let a new agent use tools that know none",
	    .set = &is_unscoped },
	VIEW_FORMAT(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "agent-spawn",
	"start agents in the background, each for a task of its own", "[DESCRIPTION ...]", opts,
	0 };

/* --- how it looks */

/* What is to be done with one that has begun: a line of the command, and why one would. */
static void
add_hint(struct buf *b, const char *command, const char *id, const char *why)
{
	char name[9];

	buf_printf(b, "  %-16s %s   ", command, task_short(id, name));
	screen_clean(b, why, false);
	buf_putc(b, '\n');
}

/* Of one that was refused the error says it. */
static void
show(struct view *v, struct tx *tx, jv result)
{
	const char *id = json_peek_string(result, "task_id"),
		   *role = json_peek_string(result, "agent_id"),
		   *in = json_peek_string(result, "chat_id"),
		   *log = json_peek_string(result, "log");
	struct buf *b = &v->out.buf, name = { 0 };
	char short_id[9];

	(void)tx;
	if (!id)
		return;
	screen_clean(&name, role ? role : "", false);
	screen_paint(&v->screen, b, CYAN, task_short(id, short_id));
	buf_puts(b, "  ");
	screen_paint(&v->screen, b, BOLD, name.p ? name.p : "");
	buf_puts(b, " has begun\n");
	add_hint(b, "agent-log -f", id, log ? log : "what it does");
	if (in)
		add_hint(b, "chat-watch", in, "what it says");
	add_hint(b, "agent-cancel", id, "ends it");
	buf_release(&name);
}

static const struct view_form form = { NULL, NULL, show };

/* --- what is wanted */

static jv
with_list(jv request, const char *name, const struct opt_list *list)
{
	jv items = jv_array();

	if (list->len == 0 || json_has(request, name))
		return (jv_free(items), request);
	for (size_t i = 0; i < list->len; i++)
		items = jv_array_append(items, json_utf8(list->item[i], strlen(list->item[i])));
	return json_set(request, name, items);
}

static jv
with_text(jv request, const char *name, const char *text)
{
	return text && !json_has(request, name)
	           ? json_set(request, name, json_utf8(text, strlen(text)))
	           : request;
}

/* What a request does not say itself the options do. */
static jv
with_options(jv request)
{
	request = with_list(request, "account_ids", &accounts);
	request = with_list(request, "regions", &regions);
	if (!agent)
		request = with_list(request, "tools", &tools);
	request = with_text(request, "model_id", model);
	request = with_text(request, "agent", agent);
	return with_text(request, "chat_id", chat);
}

/* Starts what a request (consumed) wants.  0 with its result; or -1 with err. */
static int
launch(jv request, struct creation creation, jv *result, jv *lost)
{
	struct launch l = { .max_running = max_running,
		.is_unscoped = is_unscoped,
		.creation = creation };

	*result = *lost = jv_invalid();
	l.spec = demand_spec(with_options(request), is_any);
	if (!jv_is_valid(l.spec))
		return -1;
	creation_spent(&l.creation, CREATION_VALIDATION);
	return launch_agent(&l, result, lost);
}

static jv
failure(void)
{
	jv error = json_set_int(jv_object(), "code", err_code());

	error = json_set_string(error, "message", err_text());
	return json_set(json_set(jv_object(), "success", jv_false()), "error", error);
}

static void
print(jv result)
{
	view_add(&view, NULL, result);
	if (view_flush(&view) < 0)
		err_exit();
}

/* Those that do not count because their runners are dead (consumed) are put back, once who asked
 * has its answer. */
static void
tidy(jv lost)
{
	struct store *s;

	if (!jv_is_valid(lost) || jv_array_length(jv_copy(lost)) == 0) {
		jv_free(lost);
		return;
	}
	if (!(s = store_open()) || offspring_put_back(s, jv_copy(lost)) < 0)
		err_print();
	jv_free(lost);
	if (s)
		store_close(s);
}

/* A request (consumed) that is the only one. */
static int
spawn_one(jv request, struct creation creation)
{
	jv result, lost;

	if (launch(request, creation, &result, &lost) < 0)
		return err_print();
	print(result);
	tidy(lost);
	return 0;
}

/* One of several: each has its result, in their order.  Returns the exit status. */
static int
spawn_line(jv request, unsigned long number)
{
	struct creation creation;
	jv result, lost;
	int status = 0;

	creation_begin(&creation);
	if (launch(request, creation, &result, &lost) == 0) {
		print(result);
		tidy(lost);
	} else {
		result = failure();
		err_add("stdin:%lu", number);
		status = err_print();
		print(result);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return status;
}

/* A line that is none.  What the error says, and what to do.  Returns the exit status. */
static int
refuse_line(void)
{
	char *why = xstrdup(err_text());
	int status;
	jv result;

	err_set(err_code(), "%s; write a request to a line: {\"task_description\":\"...\"}", why);
	free(why);
	result = failure();
	status = err_print();
	print(result);
	return status;
}

/* Returns the exit status: of the last one that was refused. */
static int
spawn_lines(void)
{
	enum lines_result rc;
	struct lines in;
	int status = 0, one;
	jv request;

	lines_init(&in, STDIN_FILENO, STDOUT_FILENO, "stdin");
	while ((rc = lines_next_object(&in, &request)) != LINES_END) {
		if (rc == LINES_FAIL)
			err_exit();
		one = rc == LINES_OK ? spawn_line(request, in.number) : refuse_line();
		status = one ? one : status;
	}
	if (lines_check_end(&in) < 0)
		err_exit();
	lines_release(&in);
	return status;
}

int
main(int argc, char *argv[])
{
	struct creation creation;
	struct buf text = { 0 };
	char **words;
	int status;

	(void)argc;
	creation_begin(&creation);
	words = opt_parse(&cmd, argv);
	if (agent && tools.len > 0)
		opt_usage(&cmd, "--tool: an agent of the crew has its own");
	if (view_open(&view, &form, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	stop_at_pipe();
	if (!*words) {
		status = spawn_lines();
	} else {
		for (; *words; words++)
			buf_printf(&text, "%s%s", text.len ? " " : "", *words);
		status = spawn_one(json_set(jv_object(), "task_description",
				       json_utf8(text.p, text.len)),
		    creation);
	}
	buf_release(&text);
	return view_close(&view) < 0 ? err_print() : status;
}
