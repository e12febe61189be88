#include "bridge.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "json.h"
#include "mcp.h"
#include "sandbox.h"
#include "schema.h"
#include "server.h"
#include "servers.h"
#include "stop.h"

enum { START_MS = 60000, SERVER_NAME_MAX = 32 }; /* a package runner may fetch it first */

struct bridge {
	struct mcp **server;
	int len;
	jv tools;
	jv taken;   /* names of tools (name_of) */
	jv useless; /* sentences on servers */
};

/* --- starting them */

/* The command line in a sandbox; as it is, where there is none. */
static jv
with_sandbox(jv server, const struct place *place)
{
	char **words = json_strings(json_get(server, "argv", JV_KIND_ARRAY)),
	     **sandboxed = place_argv(place, words, json_peek_string(server, "folder"));
	jv argv;

	if (sandboxed) {
		argv = jv_array();
		for (char **word = sandboxed; *word; word++)
			argv = jv_array_append(argv, json_utf8(*word, strlen(*word)));
		server = json_set(json_drop(server, "folder"), "argv", argv);
	}
	sandbox_free(sandboxed);
	json_free_strings(words);
	return server;
}

/* A server (consumed) as it is started at a place. */
static jv
settle(jv server, const struct place *place)
{
	server = with_sandbox(server_with_env(server, place_env(place)), place);
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

/* What a tool is called here; a new string.  taken has the names that there are, and for each the
 * number to try first for the next that would be called so. */
static char *
name_of(jv *taken, const char *server, const char *tool)
{
	struct buf b = { 0 };
	char *name, *end;
	int64_t n;

	add_name(&b, server, SERVER_NAME_MAX);
	buf_puts(&b, "__");
	add_name(&b, tool, BRIDGE_NAME_MAX - b.len);
	name = xstrdup(b.p);
	for (n = json_peek_int(*taken, b.p, 1); json_has(*taken, name); n++) {
		free(name);
		end = xprintf("_%" PRId64, n + 1);
		name = xprintf("%.*s%s", (int)(BRIDGE_NAME_MAX - strlen(end)), b.p, end);
		free(end);
	}
	*taken = json_set_int(json_set_int(*taken, name, 1), b.p, n);
	buf_release(&b);
	return name;
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

/* Adds the description of a tool (borrowed) to what is told of it here. */
static jv
with_description(jv one, jv tool, const char *name)
{
	const char *text = json_peek_string(tool, "description");
	size_t len, end = BRIDGE_DESCRIPTION_MAX;
	char *cut, *remark;

	if (!text || !*text)
		text = json_peek_string(tool, "title");
	if (!text || !*text)
		text = name;
	len = strlen(text);
	if (len <= end)
		return json_set_string(one, "description", text);
	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) /* within a character */
		end--;
	cut = xprintf("%.*s...", (int)end, text);
	remark = xprintf("has a description of %zu bytes, which was cut", len);
	one = json_set_string(json_set_string(one, "description", cut), "remark", remark);
	free(cut);
	free(remark);
	return one;
}

static size_t
size_of(jv schema)
{
	struct buf b = { 0 };
	size_t len;

	json_dump(&b, jv_copy(schema));
	len = b.len;
	buf_release(&b);
	return len;
}

/* Adds the schema of its arguments, an object's, which is what APIs take; or why it cannot be
 * used: no API would take it. */
static jv
with_parameters(jv one, jv tool)
{
	jv schema = jv_object_get(jv_copy(tool), jv_string("inputSchema"));
	bool is_given = jv_is_valid(schema) && jv_get_kind(schema) != JV_KIND_NULL;
	char *fault = NULL;
	size_t len;

	if (!is_given) {
		jv_free(schema);
		schema = jv_object();
	}
	if (jv_get_kind(schema) != JV_KIND_OBJECT)
		fault = xstrdup("inputSchema: want an object");
	else if ((len = size_of(schema)) > BRIDGE_SCHEMA_MAX)
		fault = xprintf("inputSchema: %zu bytes are too many", len);
	else if (schema_try(jv_copy(schema)) < 0)
		fault = xprintf("inputSchema: %s", err_text());
	if (!fault)
		return json_set(one, "parameters", json_set_string(schema, "type", "object"));
	jv_free(schema);
	one = json_set_string(one, "fault", fault);
	free(fault);
	return one;
}

/* Adds what a server offers (tool consumed); what has no name cannot be called. */
static void
add_tool(struct bridge *b, int server, jv tool)
{
	bool is_object = jv_get_kind(tool) == JV_KIND_OBJECT;
	const char *own = is_object ? json_peek_string(tool, "name") : NULL,
		   *server_name = mcp_name(b->server[server]);
	char *name, *spelt;
	jv one;

	if (own && *own) {
		name = name_of(&b->taken, server_name, own);
		spelt = xprintf("%s__%s", server_name, own);
		one = json_set_string(json_set_string(jv_object(), "name", name), "spelt", spelt);
		one = with_parameters(with_description(one, tool, own), tool);
		one = json_set(one, "idempotent", jv_bool(is_harmless(tool)));
		one = json_set_int(json_set_string(one, "tool", own), "server", server);
		b->tools = jv_array_append(b->tools, one);
		free(spelt);
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

	*b = (struct bridge){ .tools = jv_array(), .taken = jv_object(), .useless = jv_array() };
	servers =
	    jv_is_valid(mcp) ? servers_list(mcp, place_folder(place), &b->useless) : jv_array();
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
	jv_free(b->taken);
	jv_free(b->useless);
	free(b);
}

jv
bridge_tools(const struct bridge *b)
{
	return jv_copy(b->tools);
}

jv
bridge_useless(const struct bridge *b)
{
	return jv_copy(b->useless);
}

bool
bridge_has_server(const struct bridge *b, const char *tool)
{
	bool has = false;

	for (int i = 0; i < b->len && !has; i++) {
		const char *name = mcp_name(b->server[i]);
		struct buf known = { 0 };

		add_name(&known, name, SERVER_NAME_MAX);
		buf_puts(&known, "__");
		has =
		    !strncmp(tool, known.p, known.len) ||
		    (!strncmp(tool, name, strlen(name)) && !strncmp(tool + strlen(name), "__", 2));
		buf_release(&known);
	}
	return has;
}

jv
bridge_call(struct bridge *b, jv tool, jv args, int64_t until_ms)
{
	struct mcp *server = b->server[json_peek_int(tool, "server", 0)];

	return mcp_call(server, json_peek_string(tool, "tool"), args, until_ms);
}
