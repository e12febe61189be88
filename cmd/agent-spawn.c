/* agent-spawn - start agents in the background, each for a task of its own */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "err.h"
#include "launch.h"
#include "lines.h"
#include "offspring.h"
#include "opt.h"
#include "stop.h"

static const char *model, *agent, *chat;
static struct opt_list accounts, regions, tools;
static long max_running = ENGAGE_RUNNING_MAX;
static bool is_any, is_unscoped, is_ids;

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
	{ 0, "ids", NULL, "print only the ids", .set = &is_ids }, { 0 } };

static const struct cmd cmd = { "agent-spawn",
	"start agents in the background, each for a task of its own", "[DESCRIPTION ...]", opts,
	0 };

/* What comes of the requests. */
struct spawner {
	struct out out;
	int status;
};

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
	l.spec = engage_spec(with_options(request), is_any);
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
print(struct spawner *sp, jv result)
{
	const char *id = json_peek_string(result, "task_id");

	if (!is_ids)
		out_json(&sp->out, jv_copy(result));
	else if (id)
		buf_printf(&sp->out.buf, "%s\n", id);
	if (out_flush(&sp->out) < 0)
		err_exit();
	jv_free(result);
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
spawn_one(struct spawner *sp, jv request, struct creation creation)
{
	jv result, lost;

	if (launch(request, creation, &result, &lost) < 0)
		return err_print();
	print(sp, result);
	tidy(lost);
	return 0;
}

/* One of several: each has its result, in their order. */
static void
spawn_line(struct spawner *sp, jv request, unsigned long number)
{
	struct creation creation;
	jv result, lost;

	creation_begin(&creation);
	if (launch(request, creation, &result, &lost) == 0) {
		print(sp, result);
		tidy(lost);
	} else {
		result = failure();
		err_add("stdin:%lu", number);
		sp->status = err_print();
		print(sp, result);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void
spawn_lines(struct spawner *sp)
{
	enum lines_result rc;
	struct lines in;
	jv request;

	lines_init(&in, STDIN_FILENO, STDOUT_FILENO, "stdin");
	while ((rc = lines_next_object(&in, &request)) != LINES_END) {
		if (rc == LINES_FAIL)
			err_exit();
		if (rc == LINES_OK) {
			spawn_line(sp, request, in.number);
		} else {
			jv result = failure();

			sp->status = err_print();
			print(sp, result);
		}
	}
	if (lines_check_end(&in) < 0)
		err_exit();
	lines_release(&in);
}

int
main(int argc, char *argv[])
{
	struct spawner sp = { .out.fd = STDOUT_FILENO };
	struct creation creation;
	struct buf text = { 0 };
	char **words;

	(void)argc;
	creation_begin(&creation);
	words = opt_parse(&cmd, argv);
	if (agent && tools.len > 0)
		opt_usage(&cmd, "--tool: an agent of the crew has its own");
	stop_at_pipe();
	if (!*words) {
		spawn_lines(&sp);
	} else {
		for (; *words; words++)
			buf_printf(&text, "%s%s", text.len ? " " : "", *words);
		sp.status = spawn_one(&sp,
		    json_set(jv_object(), "task_description", json_utf8(text.p, text.len)),
		    creation);
	}
	buf_release(&text);
	buf_release(&sp.out.buf);
	return sp.status;
}
