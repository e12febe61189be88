/* mcp-call - call a tool of an MCP server */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "content.h"
#include "dir.h"
#include "err.h"
#include "id.h"
#include "json.h"
#include "lines.h"
#include "mcp.h"
#include "opt.h"
#include "proc.h"
#include "screen.h"
#include "server.h"
#include "servers.h"
#include "stop.h"
#include "view.h"

/* The server of a command line has no name of its own. */
static const char unnamed[] = "server";

/* A server has it, and what it starts, in LEGWORK_SERVER: nothing of them is left. */
static char mark[ID_TEXT];

enum { TIMEOUT_MS = 120000, GRACE_MS = 2000 };

static const char *config, *timeout;
static struct opt_list variables;
static bool is_list;
static struct view view;

static const struct opt opts[] = { { 0, "list", NULL, "print which tools there are",
				       .set = &is_list },
	{ 0, "config", "file", "where servers are named (default: mcp.json of the configuration)",
	    .str = &config },
	{ 'e', "env", "name", "give servers that variable, or name=value; may be repeated",
	    .list = &variables },
	{ 't', "timeout", "time", "give up after this time (default: 2m)", .str = &timeout },
	VIEW_TABLE(view), { 0 } };

static const struct cmd cmd = { "mcp-call", "call a tool of an MCP server",
	"SERVER TOOL [JSON] | --list [SERVER ...]", opts, 0 };

static const struct column columns[] = { { "SERVER", false }, { "TOOL", false },
	{ "DESCRIPTION", false }, { NULL, false } };

static void
tool_row(struct table *t, struct tx *tx, jv tool, int64_t now_ms)
{
	const char *text = json_peek_string(tool, "description");
	char *first = xprintf("%.*s", text ? (int)strcspn(text, "\r\n") : 0, text ? text : "");

	(void)tx;
	(void)now_ms;
	table_cell(t, PLAIN, json_peek_string(tool, "server"));
	table_cell(t, BOLD, json_peek_string(tool, "name"));
	table_cell(t, PLAIN, first);
	free(first);
}

static const struct view_form rows_tool = { columns, tool_row, NULL };

static char *
config_path(void)
{
	char *path = config ? xstrdup(config) : servers_file();

	if (!path) {
		err_set(EX_CONFIG, "there is no HOME to look for mcp.json in: want --config");
		err_exit();
	}
	return path;
}

/* A server (consumed) that has one more variable: "NAME=value", or NAME, ours if it is set. */
static jv
with_variable(jv server, const char *variable)
{
	const char *value = strchr(variable, '=') ? NULL : getenv(variable);
	char *whole = value ? xprintf("%s=%s", variable, value) : xstrdup(variable);

	if (strchr(whole, '='))
		server = server_with_env(server, (const char *const[]){ whole, NULL });
	free(whole);
	return server;
}

/* Whether the server's own entry has the variable. */
static bool
says_itself(jv server, const char *variable)
{
	jv env = json_get(server, "env", JV_KIND_OBJECT);
	bool says = json_has(env, variable);

	jv_free(env);
	return says;
}

/* A server (consumed) that finds what tools of agents do, who is to be found by it, too: where the
 * store is, and for whom and what we are run; what is asked for; and our mark. */
static jv
with_variables(jv server)
{
	static const char *const places[] = { "LEGWORK_STORE", "LEGWORK_USER", "XDG_DATA_HOME" },
				 *const bounds[] = { "LEGWORK_TASK_ID", "LEGWORK_CHAT_ID",
					 "LEGWORK_ACCOUNT_IDS", "LEGWORK_REGIONS", "LEGWORK_RUN",
					 "LEGWORK_CALL" };
	char *own = xprintf("LEGWORK_SERVER=%s", mark);

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (!says_itself(server, places[i]))
			server = with_variable(server, places[i]);
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
		server = with_variable(server, bounds[i]);
	for (size_t i = 0; i < variables.len; i++)
		server = with_variable(server, variables.item[i]);
	server = with_variable(server, own);
	free(own);
	return server;
}

/* Ends what servers have started that has left their groups: it is our child by now.  -1 with
 * err. */
static int
end_strays(void)
{
	pid_t *children = proc_children();
	bool is_any = !children || *children;
	char *variable = xprintf("LEGWORK_SERVER=%s", mark);
	int rc = is_any ? proc_kill_marked(variable, stop_patience_ms(GRACE_MS)) : 0;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	free(variable);
	free(children);
	return rc < 0 ? -1 : 0;
}

/* Who gives a program's name may have meant a command line. */
static void
say_what_is_meant(const char *name)
{
	if (err_code() == EX_NOINPUT)
		err_add("'%s' names a server; a command line has a blank or a slash in it", name);
}

/* The server of that name in the file.  NULL with err. */
static struct mcp *
open_named(const char *name)
{
	char *path = config_path();
	jv server = servers_find(path, name, NULL);

	free(path);
	return jv_is_valid(server) ? mcp_open(with_variables(server)) : NULL;
}

/* What somebody has typed: what is no name is a command line.  NULL with err. */
static struct mcp *
open_server(const char *operand)
{
	struct mcp *m;
	jv server;

	if (operand[strcspn(operand, " /")]) {
		server = server_of_command(unnamed, operand);
		return jv_is_valid(server) ? mcp_open(with_variables(server)) : NULL;
	}
	if (!(m = open_named(operand)))
		say_what_is_meant(operand);
	return m;
}

/* All tools of a server (closed here; NULL: err says why).  -1 with err. */
static int
list_tools(struct mcp *m, int64_t until_ms)
{
	jv tools = m ? mcp_tools(m, until_ms) : jv_invalid();
	bool is_there = jv_is_valid(tools);

	if (is_there)
		jv_array_foreach (tools, i, tool) {
			jv named = json_set_string(jv_object(), "server", mcp_name(m));

			if (jv_get_kind(tool) == JV_KIND_OBJECT)
				view_add(&view, NULL, jv_object_merge(named, tool));
			else
				jv_free(named), jv_free(tool);
		}
	jv_free(tools);
	return mcp_close(m) == 0 && is_there ? 0 : -1;
}

/* The tools of those named, or of all in the file.  Returns the exit status. */
static int
list(char **operands, int64_t until_ms)
{
	int status = 0;
	char *path;
	jv names;

	for (char **operand = operands; *operand; operand++)
		if (list_tools(open_server(*operand), until_ms) < 0)
			status = err_print();
	if (*operands)
		return status;
	path = config_path();
	names = servers_names(path);
	free(path);
	if (!jv_is_valid(names))
		err_exit();
	jv_array_foreach (names, i, name) {
		if (list_tools(open_named(jv_string_value(name)), until_ms) < 0)
			status = err_print();
		jv_free(name);
	}
	jv_free(names);
	return status;
}

static jv
read_arguments(const char *text)
{
	struct buf b = { 0 };
	jv args;

	if (!text)
		return jv_object();
	if (strcmp(text, "-") != 0)
		buf_puts(&b, text);
	else if (lines_read_text(STDIN_FILENO, "stdin", &b) < 0)
		err_exit();
	args = json_parse_object(b.p ? b.p : "", b.len);
	buf_release(&b);
	if (!jv_is_valid(args)) {
		err_set(EX_DATAERR, "arguments: %s", err_text());
		err_exit();
	}
	return args;
}

static void
show_progress(void *arg, jv progress)
{
	const char *message = json_peek_string(progress, "message");
	jv done = json_get(progress, "progress", JV_KIND_NUMBER),
	   total = json_get(progress, "total", JV_KIND_NUMBER);

	(void)arg;
	if (message)
		err_warn("%s", message);
	else if (jv_is_valid(done) && jv_is_valid(total))
		err_warn("%.6g of %.6g", jv_number_value(done), jv_number_value(total));
	else if (jv_is_valid(done))
		err_warn("%.6g", jv_number_value(done));
	jv_free(done);
	jv_free(total);
}

/* What a program reads is the tool's answer, unless all of it is asked for; what a terminal shows,
 * does not drive it. */
static void
print(jv result)
{
	jv text = content_text(result);
	struct buf b = { 0 };

	if (view.format && !strcmp(view.format, "json"))
		json_dump(&b, jv_copy(result));
	else if (view.is_terminal)
		screen_clean(&b, jv_string_value(text), true);
	else
		buf_puts(&b, jv_string_value(text));
	buf_putc(&b, '\n');
	if (dir_write_all(STDOUT_FILENO, b.p, b.len) < 0) {
		err_sys("stdout");
		err_exit();
	}
	buf_release(&b);
	jv_free(text);
}

/* Returns the exit status: 1 where the tool says that it failed. */
static int
call(const char *operand, const char *tool, jv args, int64_t until_ms)
{
	struct mcp *m = open_server(operand);
	jv result;
	int status = 0;

	if (!m)
		return (jv_free(args), err_print());
	mcp_on_progress(m, show_progress, NULL);
	result = mcp_call(m, tool, args, until_ms);
	if (!jv_is_valid(result)) {
		status = err_print();
	} else {
		status = json_peek_bool(result, "isError") ? EX_NO : 0;
		print(result);
	}
	jv_free(result);
	if (mcp_close(m) < 0)
		status = err_print();
	return stop_signal() ? 128 + stop_signal() : status;
}

static void
check_variables(void)
{
	for (size_t i = 0; i < variables.len; i++) {
		const char *variable = variables.item[i];
		size_t len = strcspn(variable, "=");

		if (len == 0)
			opt_usage(&cmd, "--env: want a name, or name=value, got '%s'", variable);
		if (!variable[len] && !getenv(variable))
			opt_usage(&cmd, "--env: %s is not set", variable);
	}
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv);
	long long wait_ms = timeout ? opt_duration_ms(timeout) : TIMEOUT_MS;
	int64_t until_ms = clock_mono_ms() + wait_ms;
	int status;

	(void)argc;
	if (wait_ms < 0)
		opt_usage(&cmd, "--timeout: want a time, got '%s'", timeout);
	if (!is_list && (!operands[0] || !operands[1] || (operands[2] && operands[3])))
		opt_usage(&cmd, "want a server, a tool and its arguments");
	check_variables();
	if (view_open(&view, &rows_tool, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	stop_catch();
	stop_at_pipe();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	id_new(mark);
	status = is_list ? list(operands, until_ms)
	                 : call(operands[0], operands[1], read_arguments(operands[2]), until_ms);
	if (end_strays() < 0)
		status = err_print();
	return view_close(&view) < 0 ? err_print() : status;
}
