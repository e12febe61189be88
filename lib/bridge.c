#include "bridge.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "json.h"
#include "mcp.h"
#include "sandbox.h"
#include "server.h"
#include "stop.h"

enum { START_MS = 60000, SERVER_NAME_MAX = 32 }; /* a package runner may fetch it first */

struct bridge {
	struct mcp **server;
	int len;
	jv tools;
};

/* --- starting them */

/* What all tools find in their environment, beside a server's own, which does not go before it. */
static jv
with_env(jv server, const char *const *variables)
{
	jv env = json_get(server, "env", JV_KIND_OBJECT);

	env = jv_is_valid(env) ? env : jv_object();
	for (; variables && *variables; variables++) {
		size_t len = strcspn(*variables, "=");

		env = jv_object_set(env, jv_string_sized(*variables, (int)len),
		    jv_string(*variables + len + 1));
	}
	return json_set(server, "env", env);
}

/* The command line in a sandbox; as it is, where there is none. */
static jv
with_sandbox(jv server, const struct place *place)
{
	jv given = json_get(server, "argv", JV_KIND_ARRAY), argv;
	int len = jv_array_length(jv_copy(given));
	char **words = xmalloc(((size_t)len + 1) * sizeof *words), **sandboxed;

	for (int i = 0; i < len; i++) {
		jv word = jv_array_get(jv_copy(given), i);

		words[i] = xstrdup(jv_string_value(word));
		jv_free(word);
	}
	words[len] = NULL;
	jv_free(given);
	sandboxed = place_argv(place, words, json_peek_string(server, "folder"));
	if (sandboxed) {
		argv = jv_array();
		for (char **word = sandboxed; *word; word++)
			argv = jv_array_append(argv, json_utf8(*word, strlen(*word)));
		server = json_set(json_drop(server, "folder"), "argv", argv);
	}
	sandbox_free(sandboxed);
	sandbox_free(words);
	return server;
}

/* A server (consumed) as it is started at a place. */
static jv
settle(jv server, const struct place *place)
{
	server = with_sandbox(with_env(server, place_env(place)), place);
	if (!json_peek_string(server, "folder"))
		server = json_set_string(server, "folder", place_folder(place));
	return server;
}

/* --- names */

/* Appends up to max characters of a name, those that no API takes as _. */
static void
add_name(struct buf *b, const char *name, size_t max)
{
	for (size_t end = b->len + max; *name && b->len < end; name++)
		if (isalnum((unsigned char)*name) || *name == '_' || *name == '-')
			buf_putc(b, *name);
		else if (((unsigned char)*name & 0xc0) != 0x80) /* once for a character */
			buf_putc(b, '_');
}

static bool
is_taken(jv tools, const char *name)
{
	bool is = false;

	jv_array_foreach (tools, i, tool) {
		is = is || !strcmp(json_peek_string(tool, "name"), name);
		jv_free(tool);
	}
	return is;
}

/* What a tool is called here; a new string. */
static char *
name_of(jv tools, const char *server, const char *tool)
{
	struct buf b = { 0 };
	size_t len;

	add_name(&b, server, SERVER_NAME_MAX);
	buf_puts(&b, "__");
	add_name(&b, tool, BRIDGE_NAME_MAX - b.len);
	len = b.len;
	for (int n = 2; is_taken(tools, b.p); n++) {
		char *end = xprintf("_%d", n);
		size_t room = BRIDGE_NAME_MAX - strlen(end);

		b.len = len < room ? len : room;
		buf_puts(&b, end);
		free(end);
	}
	return b.p;
}

/* --- what they offer */

static bool
is_harmless(jv tool)
{
	jv hints = json_get(tool, "annotations", JV_KIND_OBJECT);
	bool is = jv_is_valid(hints) && (json_peek_bool(hints, "readOnlyHint") ||
					    json_peek_bool(hints, "idempotentHint"));

	jv_free(hints);
	return is;
}

static const char *
description_of(jv tool, const char *name)
{
	const char *text = json_peek_string(tool, "description");

	if (!text || !*text)
		text = json_peek_string(tool, "title");
	return text && *text ? text : name;
}

/* An object's schema, which is what APIs take. */
static jv
parameters_of(jv tool)
{
	jv schema = json_get(tool, "inputSchema", JV_KIND_OBJECT);

	return json_set_string(jv_is_valid(schema) ? schema : jv_object(), "type", "object");
}

/* Adds what a server offers (tool consumed); what has no name cannot be called. */
static void
add_tool(struct bridge *b, int server, jv tool)
{
	bool is_object = jv_get_kind(tool) == JV_KIND_OBJECT;
	const char *own = is_object ? json_peek_string(tool, "name") : NULL;
	char *name;
	jv one;

	if (own && *own) {
		name = name_of(b->tools, mcp_name(b->server[server]), own);
		one = json_set_string(jv_object(), "name", name);
		one = json_set_string(one, "description", description_of(tool, own));
		one = json_set(one, "parameters", parameters_of(tool));
		one = json_set(one, "idempotent", jv_bool(is_harmless(tool)));
		one = json_set_int(json_set_string(one, "tool", own), "server", server);
		b->tools = jv_array_append(b->tools, one);
		free(name);
	}
	jv_free(tool);
}

/* As err says; what is named before it. */
static int
fail(const char *what)
{
	char *why = xstrdup(err_text());

	err_set(stop_signal() ? EX_TEMPFAIL : EX_CONFIG, "%s %s", what, why);
	free(why);
	return -1;
}

/* Starts all before one is asked: each takes its time.  -1 with err. */
static int
ask_all(struct bridge *b, int64_t until_ms)
{
	for (int i = 0; i < b->len; i++)
		if (mcp_start(b->server[i]) < 0)
			return fail("MCP server");
	for (int i = 0; i < b->len; i++) {
		jv tools = mcp_tools(b->server[i], until_ms);

		if (!jv_is_valid(tools))
			return fail("MCP server");
		jv_array_foreach (tools, n, tool) {
			add_tool(b, i, tool);
		}
		jv_free(tools);
	}
	return 0;
}

struct bridge *
bridge_open(jv agent, const struct place *place)
{
	struct bridge *b = xmalloc(sizeof *b);
	int64_t latest_ms = clock_mono_ms() + START_MS, until_ms = place_until(place);
	jv mcp = json_get(agent, "mcp", JV_KIND_ARRAY), servers;

	*b = (struct bridge){ .tools = jv_array() };
	servers = jv_is_valid(mcp) ? server_list(mcp) : jv_array();
	jv_free(mcp);
	if (!jv_is_valid(servers)) {
		bridge_close(b);
		fail("MCP servers:");
		return NULL;
	}
	b->server = xmalloc(((size_t)jv_array_length(jv_copy(servers)) + 1) * sizeof *b->server);
	jv_array_foreach (servers, i, server) {
		b->server[b->len++] = mcp_open(settle(server, place));
	}
	jv_free(servers);
	if (ask_all(b, until_ms < latest_ms ? until_ms : latest_ms) == 0)
		return b;
	bridge_close(b);
	return NULL;
}

void
bridge_close(struct bridge *b)
{
	if (!b)
		return;
	for (int i = 0; i < b->len; i++)
		mcp_leave(b->server[i]);
	for (int i = 0; i < b->len; i++)
		mcp_close(b->server[i]);
	free(b->server);
	jv_free(b->tools);
	free(b);
}

jv
bridge_tools(const struct bridge *b)
{
	return jv_copy(b->tools);
}

jv
bridge_call(struct bridge *b, jv tool, jv args, int64_t until_ms)
{
	struct mcp *server = b->server[json_peek_int(tool, "server", 0)];

	return mcp_call(server, json_peek_string(tool, "tool"), args, until_ms);
}
