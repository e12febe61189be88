#include "mcp.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "dialogue.h"
#include "era.h"
#include "err.h"
#include "json.h"
#include "rpc.h"
#include "server.h"
#include "stop.h"

enum {
	EOF_MS = 2000,    /* what clients usually give a server to end by itself */
	PROBE_MS = 10000, /* a server that does not know server/discover may say nothing at all */
	PING_MS = 2000,   /* what is there answers at once */
};

struct mcp {
	jv server;
	struct dialogue talk;
	bool is_ready, is_modern;
	bool is_strict; /* it ends where a handshake is not the first thing that it hears */
};

struct mcp *
mcp_open(jv server)
{
	struct mcp *m = xmalloc(sizeof *m);

	*m = (struct mcp){ .server = server };
	dialogue_init(&m->talk, json_peek_string(m->server, "name"));
	return m;
}

void
mcp_leave(struct mcp *m)
{
	coproc_close(&m->talk.program);
}

int
mcp_close(struct mcp *m)
{
	int status;

	if (!m)
		return 0;
	status = coproc_end(&m->talk.program, stop_signal() ? 0 : EOF_MS,
	    stop_patience_ms(DIALOGUE_GRACE_MS));
	if (status < 0)
		err_add("%s", mcp_name(m));
	dialogue_release(&m->talk);
	jv_free(m->server);
	free(m);
	return status < 0 ? -1 : 0;
}

const char *
mcp_name(const struct mcp *m)
{
	return m->talk.name;
}

void
mcp_on_progress(struct mcp *m, void (*take)(void *arg, jv progress), void *arg)
{
	m->talk.progress = take;
	m->talk.arg = arg;
}

int
mcp_start(struct mcp *m)
{
	char **argv, **env;
	int rc;

	if (!coproc_is_gone(&m->talk.program))
		return 0;
	m->is_ready = false;
	argv = json_strings(json_get(m->server, "argv", JV_KIND_ARRAY));
	env = server_env(m->server);
	rc = dialogue_start(&m->talk, &(struct proc_program){ .argv = argv,
					  .env = (const char *const *)env,
					  .folder = json_peek_string(m->server, "folder"),
					  .is_clean = true });
	json_free_strings(argv);
	json_free_strings(env);
	return rc;
}

/* From now on each request says who asks, or none does. */
static void
be_modern(struct mcp *m, bool is_modern)
{
	m->is_modern = is_modern;
	jv_free(m->talk.who);
	m->talk.who = is_modern ? era_who() : jv_invalid();
}

static jv
ask(struct mcp *m, const char *method, jv params, int64_t until_ms)
{
	jv answer = dialogue_ask(&m->talk, method, params, until_ms);

	if (!jv_is_valid(answer) && err_code() == EX_UNAVAILABLE)
		m->is_ready = false;
	return answer;
}

/* The result in an answer (consumed), an object; invalid with err: the server's own words. */
static jv
result_of(struct mcp *m, const char *what, jv answer)
{
	jv result = json_get(answer, "result", JV_KIND_OBJECT),
	   error = json_get(answer, "error", JV_KIND_OBJECT);
	const char *message = json_peek_string(error, "message");
	int64_t code = json_peek_int(error, "code", 0);

	if (!jv_is_valid(result)) {
		bool is_ours = code == RPC_INVALID_PARAMS || code == RPC_NO_METHOD;

		jv_free(result);
		result = jv_invalid();
		err_set(is_ours ? EX_DATAERR : EX_UNAVAILABLE, "%s: %s: %s", mcp_name(m), what,
		    message ? message : "an answer without a result");
	}
	jv_free(error);
	jv_free(answer);
	return result;
}

static int
shake_hands(struct mcp *m, int64_t until_ms)
{
	jv result = ask(m, "initialize", era_hello(), until_ms);
	int rc;

	result = jv_is_valid(result) ? result_of(m, "initialize", result) : result;
	if (!jv_is_valid(result))
		return -1;
	if ((rc = era_check(result)) < 0)
		err_add("%s", mcp_name(m));
	else
		dialogue_tell(&m->talk, "notifications/initialized", jv_invalid());
	jv_free(result);
	return rc;
}

/* Finds out which era a server is of.  One that ends of the question is asked again, a new one,
 * which hears the handshake first.  -1 with err. */
static int
probe(struct mcp *m, int64_t until_ms)
{
	int64_t probe_ms = clock_mono_ms() + PROBE_MS;
	jv answer;

	if (m->is_strict)
		return 0;
	be_modern(m, true);
	answer = ask(m, "server/discover", jv_object(), until_ms < probe_ms ? until_ms : probe_ms);
	m->is_strict = !jv_is_valid(answer) && err_code() == EX_UNAVAILABLE;
	if (m->is_strict) {
		be_modern(m, false);
		return mcp_start(m);
	}
	if (!jv_is_valid(answer) && (err_code() != EX_TIMEOUT || clock_mono_ms() >= until_ms))
		return -1;
	be_modern(m, era_is_modern(answer));
	jv_free(answer);
	return 0;
}

/* Starts the server where it does not run, and agrees with it on a version. */
static int
connect_to(struct mcp *m, int64_t until_ms)
{
	if (mcp_start(m) < 0)
		return -1;
	if (m->is_ready)
		return 0;
	m->is_ready = probe(m, until_ms) == 0 && (m->is_modern || shake_hands(m, until_ms) == 0);
	m->is_strict = m->is_strict && m->is_ready;
	return m->is_ready ? 0 : -1;
}

/* A page of its list, after which it may say so many bytes of that; invalid with err. */
static jv
ask_page(struct mcp *m, jv cursor, size_t *room, int64_t until_ms)
{
	jv answer;

	m->talk.answer_max = *room;
	answer = ask(m, "tools/list", json_set_valid(jv_object(), "cursor", cursor), until_ms);
	m->talk.answer_max = COPROC_LINE_MAX;
	if (!jv_is_valid(answer))
		return answer;
	*room -= m->talk.answer_len;
	return result_of(m, "tools/list", answer);
}

/* Adds the tools on a page (consumed).  Returns where the list goes on; invalid: here it ends, or
 * with err, tools being invalid then, this is not to be believed. */
static jv
add_page(struct mcp *m, jv *tools, jv *seen, jv page)
{
	jv some = json_get(page, "tools", JV_KIND_ARRAY),
	   cursor = json_get(page, "nextCursor", JV_KIND_STRING);
	bool is_again = jv_is_valid(cursor) && jv_object_has(jv_copy(*seen), jv_copy(cursor));

	jv_free(page);
	if (jv_is_valid(some))
		*tools = jv_array_concat(*tools, some);
	if (!is_again && jv_array_length(jv_copy(*tools)) <= MCP_TOOLS_MAX) {
		if (jv_is_valid(cursor))
			*seen = jv_object_set(*seen, jv_copy(cursor), jv_true());
		return cursor;
	}
	if (is_again)
		err_set(EX_UNAVAILABLE, "%s: its list of tools has no end", mcp_name(m));
	else
		err_set(EX_UNAVAILABLE, "%s: it offers more than %d tools", mcp_name(m),
		    MCP_TOOLS_MAX);
	jv_free(cursor);
	jv_free(*tools);
	*tools = jv_invalid();
	return jv_invalid();
}

jv
mcp_tools(struct mcp *m, int64_t until_ms)
{
	jv tools, cursor = jv_invalid(), seen, page;
	size_t room = MCP_LIST_BYTES;

	if (connect_to(m, until_ms) < 0)
		return jv_invalid();
	tools = jv_array();
	seen = jv_object();
	do {
		page = ask_page(m, cursor, &room, until_ms);
		cursor = jv_invalid();
		if (jv_is_valid(page))
			cursor = add_page(m, &tools, &seen, page);
		else
			jv_free(tools), tools = page;
	} while (jv_is_valid(cursor));
	jv_free(seen);
	return tools;
}

/* A call was not answered in time: a server that does not even say that it is there is ended. */
static void
look_after(struct mcp *m)
{
	jv answer = ask(m, m->is_modern ? "server/discover" : "ping", jv_object(),
	    clock_mono_ms() + PING_MS);

	if (!jv_is_valid(answer) && err_code() == EX_TIMEOUT)
		coproc_end(&m->talk.program, 0, DIALOGUE_GRACE_MS);
	jv_free(answer);
}

/* The answer to a call (params consumed); invalid with err. */
static jv
ask_call(struct mcp *m, jv params, int64_t until_ms)
{
	jv answer = ask(m, "tools/call", params, until_ms);
	char *why;

	if (jv_is_valid(answer) || err_code() != EX_TIMEOUT)
		return answer;
	why = xstrdup(err_text());
	look_after(m);
	err_set(EX_TIMEOUT, "%s", why);
	free(why);
	return jv_invalid();
}

jv
mcp_call(struct mcp *m, const char *tool, jv args, int64_t until_ms)
{
	jv params = json_set(json_set_string(jv_object(), "name", tool), "arguments", args), result;
	const char *type;

	if (connect_to(m, until_ms) < 0)
		return (jv_free(params), jv_invalid());
	result = ask_call(m, params, until_ms);
	result = jv_is_valid(result) ? result_of(m, tool, result) : result;
	type = json_peek_string(result, "resultType");
	if (jv_is_valid(result) && type && strcmp(type, "complete") != 0) {
		err_set(EX_UNAVAILABLE, "%s: %s: a result of type %.40s, which was not asked for",
		    mcp_name(m), tool, type);
		jv_free(result);
		return jv_invalid();
	}
	return result;
}
