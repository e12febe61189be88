/* mcp-call - call a tool of an MCP server */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "err.h"
#include "json.h"
#include "lines.h"
#include "mcp.h"
#include "opt.h"
#include "server.h"
#include "stop.h"
#include "view.h"

/* The server of a command line has no name of its own. */
static const char unnamed[] = "server";

enum { TIMEOUT_MS = 120000 };

static const char *config, *timeout;
static bool is_list;
static struct view view;

static const struct opt opts[] = { { 0, "list", NULL, "print which tools there are",
				       .set = &is_list },
	{ 0, "config", "file", "where servers are named (default: mcp.json of the configuration)",
	    .str = &config },
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
	char *path = config ? xstrdup(config) : server_file();

	if (!path) {
		err_set(EX_CONFIG, "there is no HOME to look for mcp.json in: want --config");
		err_exit();
	}
	return path;
}

/* What is no name is a command line.  NULL with err. */
static struct mcp *
open_server(const char *operand)
{
	bool is_name = !operand[strcspn(operand, " /")];
	char *path = is_name ? config_path() : NULL;
	jv server = is_name ? server_find(path, operand) : server_of_command(unnamed, operand);

	free(path);
	return jv_is_valid(server) ? mcp_open(server) : NULL;
}

/* All tools of a server.  -1 with err. */
static int
list_tools(const char *operand, int64_t until_ms)
{
	struct mcp *m = open_server(operand);
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
	mcp_close(m);
	return is_there ? 0 : -1;
}

/* The tools of those named, or of all in the file.  Returns the exit status. */
static int
list(char **operands, int64_t until_ms)
{
	int status = 0;
	char *path;
	jv names;

	for (char **operand = operands; *operand; operand++)
		if (list_tools(*operand, until_ms) < 0)
			status = err_print();
	if (*operands)
		return status;
	path = config_path();
	names = server_names(path);
	free(path);
	if (!jv_is_valid(names))
		err_exit();
	jv_array_foreach (names, i, name) {
		if (list_tools(jv_string_value(name), until_ms) < 0)
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

	(void)arg;
	if (message)
		err_warn("%s", message);
}

/* What a program reads is the tool's answer, unless all of it is asked for. */
static void
print(jv result)
{
	jv text = mcp_text(result);
	struct buf b = { 0 };

	if (view.format && !strcmp(view.format, "json"))
		json_dump(&b, jv_copy(result));
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
	mcp_close(m);
	return stop_signal() ? 128 + stop_signal() : status;
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
	if (view_open(&view, &rows_tool, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	stop_catch();
	stop_at_pipe();
	status = is_list ? list(operands, until_ms)
	                 : call(operands[0], operands[1], read_arguments(operands[2]), until_ms);
	return view_close(&view) < 0 ? err_print() : status;
}
