#include "mcp.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "coproc.h"
#include "err.h"
#include "json.h"
#include "rpc.h"
#include "stop.h"

enum {
	EOF_MS = 2000,    /* what clients usually give a server to end by itself */
	GRACE_MS = 2000,  /* from TERM to KILL */
	PROBE_MS = 10000, /* a server that does not know server/discover may say nothing at all */
	PING_MS = 2000,   /* what is there answers at once */
	PAGES_MAX = 1000, /* of a list of tools: a server that turns in circles */
	LOOK_MS = 250,    /* how often stop_signal is looked at */
};

const char *const mcp_versions[] = { "2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26",
	"2024-11-05", NULL };

struct mcp {
	jv server;
	struct coproc program;
	bool is_ready, is_modern;
	int64_t asked;
	jv answer; /* to the request `asked`; invalid: not yet */
	void (*progress)(void *arg, jv params);
	void *arg;
};

struct mcp *
mcp_open(jv server)
{
	struct mcp *m = xmalloc(sizeof *m);

	*m = (struct mcp){ .server = server, .program = COPROC_NONE, .answer = jv_invalid() };
	return m;
}

void
mcp_leave(struct mcp *m)
{
	coproc_close(&m->program);
}

void
mcp_close(struct mcp *m)
{
	if (!m)
		return;
	coproc_end(&m->program, stop_signal() ? 0 : EOF_MS, stop_patience_ms(GRACE_MS));
	coproc_release(&m->program);
	jv_free(m->server);
	jv_free(m->answer);
	free(m);
}

const char *
mcp_name(const struct mcp *m)
{
	return json_peek_string(m->server, "name");
}

void
mcp_on_progress(struct mcp *m, void (*take)(void *arg, jv progress), void *arg)
{
	m->progress = take;
	m->arg = arg;
}

/* Strings of an array (consumed), NULL-terminated, to be freed with free_strings. */
static char **
strings_of(jv array)
{
	int len = jv_is_valid(array) ? jv_array_length(jv_copy(array)) : 0, n = 0;
	char **list = xmalloc(((size_t)len + 1) * sizeof *list);

	for (int i = 0; i < len; i++) {
		jv item = jv_array_get(jv_copy(array), i);

		list[n++] = xstrdup(jv_string_value(item));
		jv_free(item);
	}
	list[n] = NULL;
	jv_free(array);
	return list;
}

static void
free_strings(char **list)
{
	for (char **s = list; *s; s++)
		free(*s);
	free(list);
}

/* {"NAME":"value"} as "NAME=value" strings. */
static jv
env_of(jv server)
{
	jv env = json_get(server, "env", JV_KIND_OBJECT), list = jv_array();

	if (jv_is_valid(env))
		jv_object_foreach (env, name, value) {
			list = jv_array_append(list,
			    jv_string_fmt("%s=%s", jv_string_value(name), jv_string_value(value)));
			jv_free(name);
			jv_free(value);
		}
	jv_free(env);
	return list;
}

int
mcp_start(struct mcp *m)
{
	char **argv, **env;
	int rc;

	if (!coproc_is_gone(&m->program))
		return 0;
	m->is_ready = false;
	argv = strings_of(json_get(m->server, "argv", JV_KIND_ARRAY));
	env = strings_of(env_of(m->server));
	rc = coproc_start(&m->program, &(struct proc_program){ .argv = argv,
					   .env = (const char *const *)env,
					   .folder = json_peek_string(m->server, "folder"),
					   .is_clean = true });
	free_strings(argv);
	free_strings(env);
	return rc < 0 ? err_add("%s", mcp_name(m)) : 0;
}

static void
send(struct mcp *m, jv message)
{
	struct buf line = { 0 };

	json_dump(&line, message);
	coproc_send(&m->program, line.p, line.len);
	buf_release(&line);
}

/* A request of the server's: what we offer is a ping. */
static void
answer_server(struct mcp *m, jv message)
{
	jv id = jv_object_get(jv_copy(message), jv_string("id"));

	if (!strcmp(json_peek_string(message, "method"), "ping"))
		send(m, rpc_result(id, jv_object()));
	else
		send(m, rpc_error(id, RPC_NO_METHOD, "this client offers nothing", jv_invalid()));
}

static void
hear(struct mcp *m, jv message)
{
	jv params;

	if (!m->progress || strcmp(json_peek_string(message, "method"), "notifications/progress"))
		return;
	params = json_get(message, "params", JV_KIND_OBJECT);
	if (jv_is_valid(params) && json_peek_int(params, "progressToken", -1) == m->asked)
		m->progress(m->arg, params);
	jv_free(params);
}

/* One line of the server's; what is no message is passed over. */
static void
take_line(struct mcp *m, const char *line, size_t len)
{
	jv message = json_parse_object(line, len);

	if (jv_is_valid(message))
		switch (rpc_kind(message)) {
		case RPC_REQUEST:
			answer_server(m, message);
			break;
		case RPC_NOTIFICATION:
			hear(m, message);
			break;
		case RPC_RESULT:
		case RPC_ERROR:
			if (json_peek_int(message, "id", -1) == m->asked) {
				jv_free(m->answer);
				m->answer = jv_copy(message);
			}
			break;
		default:
			break;
		}
	jv_free(message);
}

/* It is of no more use. */
static int
end(struct mcp *m, const char *what)
{
	int status = coproc_end(&m->program, 0, GRACE_MS);
	struct buf why = { 0 };

	coproc_say_end(&m->program, status, &why);
	m->is_ready = false;
	err_set(EX_UNAVAILABLE, "%s: %s%s", mcp_name(m), what, why.p ? why.p : "");
	buf_release(&why);
	return -1;
}

/* Waits for the next thing to happen.  -1 with err: the server has ended. */
static int
turn(struct mcp *m, int64_t until_ms)
{
	int64_t left = until_ms - clock_mono_ms();
	enum coproc_state state = COPROC_RUNS;
	struct pollfd fds[COPROC_FDS];
	size_t taken = 0, len;
	const char *line;

	coproc_poll_fds(&m->program, fds);
	if (poll(fds, COPROC_FDS, left < 0 ? 0 : left > LOOK_MS ? LOOK_MS : (int)left) > 0)
		state = coproc_go_on(&m->program, fds);
	while (!jv_is_valid(m->answer) && (line = coproc_line(&m->program, &taken, &len)))
		take_line(m, line, len);
	coproc_took(&m->program, taken);
	if (jv_is_valid(m->answer) || state == COPROC_RUNS)
		return 0;
	return end(m,
	    state == COPROC_CLOSED ? "the server has ended" : "it said a line without end");
}

/* Who asks: in each request of the modern era. */
static jv
meta(struct mcp *m, jv params)
{
	static const char prefix[] = "io.modelcontextprotocol/";
	jv about = json_set_int(jv_object(), "progressToken", m->asked);
	jv info = json_set_string(jv_object(), "name", "legwork");
	char name[64];

	if (m->is_modern) {
		snprintf(name, sizeof name, "%sprotocolVersion", prefix);
		about = json_set_string(about, name, mcp_versions[0]);
		snprintf(name, sizeof name, "%sclientInfo", prefix);
		about = json_set(about, name, json_set_string(jv_copy(info), "version", VERSION));
		snprintf(name, sizeof name, "%sclientCapabilities", prefix);
		about = json_set(about, name, jv_object());
	}
	jv_free(info);
	return json_set(params, "_meta", about);
}

static void
give_up(struct mcp *m)
{
	jv params = json_set_int(jv_object(), "requestId", m->asked);

	params = json_set_string(params, "reason", "it was given up");
	send(m, rpc_request(jv_invalid(), "notifications/cancelled", params));
	m->asked++; /* a late answer is no answer to the next one */
}

/*
 * Puts a request (params consumed) to a server that runs, and waits for the answer, which is
 * owned: the whole message.  Invalid with err.
 */
static jv
ask(struct mcp *m, const char *method, jv params, int64_t until_ms)
{
	jv answer;

	m->asked++;
	send(m, rpc_request(jv_number((double)m->asked), method, meta(m, params)));
	while (!jv_is_valid(m->answer) && !stop_signal() && clock_mono_ms() < until_ms)
		if (turn(m, until_ms) < 0)
			return jv_invalid();
	answer = m->answer;
	m->answer = jv_invalid();
	if (jv_is_valid(answer))
		return answer;
	give_up(m);
	if (stop_signal())
		err_set(EX_TEMPFAIL, "%s: %s: stopped", mcp_name(m), method);
	else
		err_set(EX_TIMEOUT, "%s: %s: not answered in time", mcp_name(m), method);
	return jv_invalid();
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

/* Whether the server says that it speaks the modern version: in the result of server/discover,
 * or in the data of its complaint that we speak another. */
static bool
is_modern(jv answer)
{
	jv result = json_get(answer, "result", JV_KIND_OBJECT),
	   error = json_get(answer, "error", JV_KIND_OBJECT),
	   data = json_get(error, "data", JV_KIND_OBJECT), list;
	bool is_there = false;

	list = jv_is_valid(result) ? json_get(result, "supportedVersions", JV_KIND_ARRAY)
	                           : json_get(data, "supported", JV_KIND_ARRAY);
	if (jv_is_valid(list))
		jv_array_foreach (list, i, one) {
			is_there = is_there || (jv_get_kind(one) == JV_KIND_STRING &&
						   !strcmp(jv_string_value(one), mcp_versions[0]));
			jv_free(one);
		}
	jv_free(list);
	jv_free(data);
	jv_free(error);
	jv_free(result);
	return is_there;
}

static int
shake_hands(struct mcp *m, int64_t until_ms)
{
	jv info = json_set_string(jv_object(), "name", "legwork"), params, result;
	const char *version, *const *known = mcp_versions;

	params = json_set_string(jv_object(), "protocolVersion", mcp_versions[1]);
	params = json_set(params, "capabilities", jv_object());
	params = json_set(params, "clientInfo", json_set_string(info, "version", VERSION));
	result = ask(m, "initialize", params, until_ms);
	result = jv_is_valid(result) ? result_of(m, "initialize", result) : result;
	if (!jv_is_valid(result))
		return -1;
	version = json_peek_string(result, "protocolVersion");
	while (*known && version && strcmp(*known, version) != 0)
		known++;
	if (!version || !*known) {
		err_set(EX_UNAVAILABLE,
		    "%s: it speaks version %.40s of MCP, which is not known here", mcp_name(m),
		    version ? version : "(none)");
		jv_free(result);
		return -1;
	}
	jv_free(result);
	send(m, rpc_request(jv_invalid(), "notifications/initialized", jv_invalid()));
	return 0;
}

/* Starts the server where it does not run, and finds out what it speaks. */
static int
connect_to(struct mcp *m, int64_t until_ms)
{
	int64_t probe_ms = clock_mono_ms() + PROBE_MS;
	jv answer;

	if (mcp_start(m) < 0)
		return -1;
	if (m->is_ready)
		return 0;
	m->is_modern = true;
	answer = ask(m, "server/discover", jv_object(), until_ms < probe_ms ? until_ms : probe_ms);
	if (!jv_is_valid(answer) && (err_code() != EX_TIMEOUT || clock_mono_ms() >= until_ms))
		return -1;
	m->is_modern = is_modern(answer);
	jv_free(answer);
	if (!m->is_modern && shake_hands(m, until_ms) < 0)
		return -1;
	m->is_ready = true;
	return 0;
}

jv
mcp_tools(struct mcp *m, int64_t until_ms)
{
	jv tools = jv_array(), cursor = jv_invalid(), answer;

	if (connect_to(m, until_ms) < 0)
		return (jv_free(tools), jv_invalid());
	for (int page = 0; page < PAGES_MAX; page++) {
		jv params = json_set_valid(jv_object(), "cursor", cursor), result, some;

		answer = ask(m, "tools/list", params, until_ms);
		result = jv_is_valid(answer) ? result_of(m, "tools/list", answer) : answer;
		if (!jv_is_valid(result))
			return (jv_free(tools), jv_invalid());
		some = json_get(result, "tools", JV_KIND_ARRAY);
		if (jv_is_valid(some))
			tools = jv_array_concat(tools, some);
		cursor = json_get(result, "nextCursor", JV_KIND_STRING);
		jv_free(result);
		if (!jv_is_valid(cursor))
			return tools;
	}
	jv_free(cursor);
	jv_free(tools);
	err_set(EX_UNAVAILABLE, "%s: its list of tools has no end", mcp_name(m));
	return jv_invalid();
}

/* A call was not answered in time: a server that does not even say that it is there is ended. */
static void
look_after(struct mcp *m)
{
	jv answer = ask(m, m->is_modern ? "server/discover" : "ping", jv_object(),
	    clock_mono_ms() + PING_MS);

	if (!jv_is_valid(answer) && err_code() == EX_TIMEOUT)
		coproc_end(&m->program, 0, GRACE_MS);
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

/* One block of a result (borrowed). */
static void
add_block(struct buf *b, jv block)
{
	const char *text = json_peek_string(block, "text"), *uri = json_peek_string(block, "uri"),
		   *data = json_peek_string(block, "data"),
		   *mime = json_peek_string(block, "mimeType"),
		   *type = json_peek_string(block, "type");
	jv resource = json_get(block, "resource", JV_KIND_OBJECT);

	if (b->len > 0)
		buf_putc(b, '\n');
	if (text)
		buf_puts(b, text);
	else if (jv_is_valid(resource) && json_peek_string(resource, "text"))
		buf_puts(b, json_peek_string(resource, "text"));
	else if (data) /* base64 */
		buf_printf(b, "[%s %s, %zu bytes]", type ? type : "data", mime ? mime : "",
		    strlen(data) / 4 * 3);
	else if (uri || json_peek_string(resource, "uri"))
		buf_printf(b, "[%s]", uri ? uri : json_peek_string(resource, "uri"));
	else
		buf_printf(b, "[%s]", type ? type : "nothing that can be read");
	jv_free(resource);
}

jv
mcp_text(jv result)
{
	jv content = json_get(result, "content", JV_KIND_ARRAY),
	   structured = jv_object_get(jv_copy(result), jv_string("structuredContent")), text;
	struct buf b = { 0 };

	if (jv_is_valid(content))
		jv_array_foreach (content, i, block) {
			if (jv_get_kind(block) == JV_KIND_OBJECT)
				add_block(&b, block);
			jv_free(block);
		}
	if (b.len == 0 && jv_is_valid(structured))
		json_dump(&b, structured);
	else
		jv_free(structured);
	jv_free(content);
	text = json_utf8(b.p ? b.p : "", b.len);
	buf_release(&b);
	return text;
}
