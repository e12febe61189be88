/* agent-add - add an agent: a role, and the program or model that does its work */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter.h"
#include "agent.h"
#include "deed.h"
#include "err.h"
#include "opt.h"
#include "person.h"
#include "rows.h"
#include "servers.h"

static const char *description, *input, *adapter;
static const char *model, *provider, *prompt, *effort, *folder;
static struct opt_list skills, crews, allow, deny, ask, servers, server_files;
static long max_turns, context = -1, max_running;
static bool sandbox, network, allow_unscoped, one_at_a_time;
static struct view view = { .is_maker = true };

static const struct opt opts[] = { { 0, "skill", "skill", "what it is good at; may be repeated",
				       .list = &skills },
	{ 0, "crew", "crew", "a crew that it belongs to; may be repeated", .list = &crews },
	{ 0, "max-running", "count", "run at most count of its tasks at once", .num = &max_running,
	    .min = 1, .max = AGENT_RUNNING_MAX },
	{ 0, "one-at-a-time", NULL, "begin nothing while another of its crew runs a task",
	    .set = &one_at_a_time },
	{ 0, "description", "text", "what it does, in a sentence", .str = &description },
	{ 'i', "input", "kind",
	    "what its program reads: text (the instruction) or json (the request)", .str = &input },
	{ 0, "adapter", "name", "what reads its program's lines: claude, codex, or a file",
	    .str = &adapter },
	{ 0, "model", "model", "a model does its work, not a program", .str = &model },
	{ 0, "provider", "provider", "whose model it is: openai, anthropic, ollama or openrouter",
	    .str = &provider },
	{ 0, "prompt", "file", "what the model is told first (-: standard input)", .str = &prompt },
	{ 0, "tool", "tool", "a tool that the model may use; may be repeated", .list = &allow },
	{ 0, "deny-tool", "tool", "one that it may not; may be repeated", .list = &deny },
	{ 0, "ask-tool", "tool", "one for which it asks each time; may be repeated", .list = &ask },
	{ 0, "mcp", "server",
	    "name=command, an MCP server whose tools the model may use; may be repeated",
	    .list = &servers },
	{ 0, "mcp-file", "file", "a file that names such; may be repeated", .list = &server_files },
	{ 0, "max-turns", "count", "the most turns of the model in an attempt", .num = &max_turns,
	    .min = 1, .max = 1000000 },
	{ 0, "context", "tokens",
	    "how much it is told of what was said in the chat (default: 2000)", .num = &context,
	    .min = 0, .max = AGENT_CONTEXT_MAX },
	{ 0, "effort", "effort", "how hard it thinks: low, medium or high", .str = &effort },
	{ 0, "sandbox", NULL, "the programs that it runs may write in its folder only",
	    .set = &sandbox },
	{ 0, "network", NULL, "... and the network", .set = &network },
	{ 0, "allow-unscoped", NULL, "in tasks with a scope, also tools that know of none",
	    .set = &allow_unscoped },
	{ 0, "folder", "folder", "where it works", .str = &folder }, VIEW_TABLE(view),
	VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "agent-add",
	"add an agent: a role, and the program or model that does its work",
	"ROLE [[--] COMMAND [ARG ...]]", opts, 2 };

static jv
strings(const char *const *item, size_t len)
{
	jv list = jv_array();

	for (size_t i = 0; i < len && item[i]; i++)
		list = jv_array_append(list, json_utf8(item[i], strlen(item[i])));
	return list;
}

static jv
with_string(jv agent, const char *name, const char *text)
{
	return text ? json_set(agent, name, json_utf8(text, strlen(text))) : agent;
}

/* The path of something that is there: another working folder than ours will be the runner's. */
static jv
with_path(jv agent, const char *name, const char *option, const char *path)
{
	char real[PATH_MAX];

	if (!realpath(path, real)) {
		err_set(EX_NOINPUT, "--%s %s: %s", option, path, strerror(errno));
		err_exit();
	}
	return with_string(agent, name, real);
}

/* Its adapter, and the command that this is for where it has none. */
static jv
with_adapter(jv agent)
{
	struct filter *filter = adapter_open(adapter);
	jv command;

	if (!filter)
		err_exit();
	filter_close(filter);
	if (!json_has(agent, "command")) {
		command = adapter_command(adapter);
		if (!jv_is_valid(command))
			err_exit();
		agent = json_set(agent, "command", command);
	}
	return strchr(adapter, '/') ? with_path(agent, "adapter", "adapter", adapter)
	                            : with_string(agent, "adapter", adapter);
}

static jv
with_program(jv agent, char **command)
{
	agent = json_set_string(agent, "kind", "exec");
	if (*command)
		agent = json_set(agent, "command", strings((const char *const *)command, SIZE_MAX));
	agent = json_set_string(agent, "input", input ? input : "text");
	return adapter ? with_adapter(agent) : agent;
}

static jv
with_tools(jv agent)
{
	jv tools = jv_object();

	if (!allow.len && !deny.len && !ask.len)
		return (jv_free(tools), agent);
	tools = json_set(tools, "allow", strings(allow.item, allow.len));
	tools = json_set(tools, "deny", strings(deny.item, deny.len));
	return json_set(agent, "tools", json_set(tools, "ask", strings(ask.item, ask.len)));
}

static jv
with_servers(jv agent)
{
	jv mcp = jv_array(), all, useless = jv_array();

	for (size_t i = 0; i < servers.len; i++) {
		size_t len = strcspn(servers.item[i], "=");
		jv name = json_utf8(servers.item[i], len);
		const char *command = servers.item[i] + len;

		if (!*command)
			opt_usage(&cmd, "--mcp: want NAME=COMMAND, got '%s'", servers.item[i]);
		mcp = jv_array_append(mcp,
		    with_string(json_set(jv_object(), "name", name), "command", command + 1));
	}
	for (size_t i = 0; i < server_files.len; i++)
		mcp = jv_array_append(mcp,
		    with_path(jv_object(), "file", "mcp-file", server_files.item[i]));
	if (jv_array_length(jv_copy(mcp)) == 0)
		return (jv_free(useless), jv_free(mcp), agent);
	/* Files are read at each run, but have to make sense now, too. */
	all = servers_list(mcp, folder, &useless);
	if (!jv_is_valid(all))
		err_exit();
	jv_array_foreach (useless, i, sentence) {
		err_warn("%s", jv_string_value(sentence));
		jv_free(sentence);
	}
	jv_free(useless);
	jv_free(all);
	return json_set(agent, "mcp", mcp);
}

static jv
with_prompt(jv agent)
{
	struct buf text = { 0 };

	if (!prompt)
		return agent;
	if (lines_read_file(prompt, &text) < 0)
		err_exit();
	agent = json_set(agent, "system_prompt", json_utf8(text.p, text.len));
	buf_release(&text);
	return agent;
}

static jv
with_model(jv agent)
{
	agent = json_set_string(agent, "kind", "llm");
	agent = with_string(with_string(agent, "model_id", model), "provider", provider);
	agent = with_servers(with_tools(with_prompt(agent)));
	if (max_turns)
		agent = json_set_int(agent, "max_turns", max_turns);
	if (context >= 0)
		agent = json_set_int(agent, "context_tokens", context);
	agent = with_string(agent, "effort", effort);
	if (sandbox)
		agent = json_set(agent, "sandbox", jv_true());
	if (network)
		agent = json_set(agent, "network", jv_true());
	if (allow_unscoped)
		agent = json_set(agent, "allow_unscoped", jv_true());
	return agent;
}

static jv
record(const char *role, char **command)
{
	jv agent = json_set_string(jv_object(), "role", role);

	agent = json_set_string(agent, "description", description ? description : "");
	agent = json_set(agent, "skills", strings(skills.item, skills.len));
	if (crews.len > 0)
		agent = json_set(agent, "crews", strings(crews.item, crews.len));
	if (max_running)
		agent = json_set_int(agent, "max_running", max_running);
	if (one_at_a_time)
		agent = json_set(agent, "one_at_a_time", jv_true());
	agent = model ? with_model(agent) : with_program(agent, command);
	if (folder)
		agent = with_path(agent, "folder", "folder", folder);
	return json_set_string(agent, "status", "active");
}

struct addition {
	jv agent, stored;
};

static int
add(void *arg, struct tx *tx)
{
	struct addition *a = arg;

	jv_free(a->stored);
	a->stored = agent_put(tx, jv_copy(a->agent));
	return jv_is_valid(a->stored) ? 0 : -1;
}

/* Whoever puts our options behind the command has not meant them for it, unless "--" says so. */
static void
warn_of_ours(char *const *words)
{
	for (; *words; words++)
		for (const struct opt *o = opts; o->name; o++)
			if (!strncmp(*words, "--", 2) && !strcmp(*words + 2, o->name))
				err_warn("%s is taken for the command's; ours stand before it",
				    *words);
}

static bool
has_dashes(char *const *argv)
{
	while (*argv && strcmp(*argv, "--") != 0)
		argv++;
	return *argv != NULL;
}

/* What is said of a model is nothing that a program has, and the other way round. */
static void
check_options(bool has_command)
{
	bool is_of_model = provider || prompt || allow.len || deny.len || ask.len || max_turns ||
	                   context >= 0 || effort || sandbox || network || allow_unscoped ||
	                   servers.len || server_files.len;

	if (!model && !has_command && !adapter)
		opt_usage(&cmd, "want a role and a command, or --model");
	if (model && has_command)
		opt_usage(&cmd, "--model: not with a command");
	if (model && (input || adapter))
		opt_usage(&cmd, "--%s: not with --model", input ? "input" : "adapter");
	if (!model && is_of_model)
		opt_usage(&cmd, "--provider, --prompt, --tool, --max-turns and the like: only "
				"with --model");
	if (one_at_a_time && !crews.len)
		opt_usage(&cmd, "--one-at-a-time: only with --crew; alone, --max-running 1");
	if (input && strcmp(input, "text") != 0 && strcmp(input, "json") != 0)
		opt_usage(&cmd, "--input: want text or json, got '%s'", input);
}

int
main(int argc, char *argv[])
{
	bool is_said = has_dashes(argv);
	char **operands = opt_parse(&cmd, argv);
	struct addition a = { .stored = jv_invalid() };
	struct store *s;

	(void)argc;
	if (!operands[0])
		opt_usage(&cmd, "want a role and a command, or --model");
	check_options(operands[1] != NULL);
	if (!is_said && operands[1])
		warn_of_ours(operands + 2);
	a.agent = record(operands[0], operands + 1);
	if (agent_check(a.agent) < 0)
		err_exit();
	if (view_open(&view, &rows_agent, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || person_check(s, "add_refused", "adds no agent") < 0 ||
	    deed_change(s, add, &a) < 0)
		err_exit();
	view_add(&view, NULL, a.stored);
	jv_free(a.agent);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
