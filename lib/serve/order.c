#include "order.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "json.h"
#include "rpc.h"

/* How often the same is told, for clients whose patience that renews; and how much may wait for one
 * that does not read. */
enum { TELL_MS = 5000, UNREAD_BYTES = 64 << 10 };

/* What a modern client says of itself in each request. */
static void
read_capabilities(struct order *o, jv meta)
{
	jv can = json_get(meta, ORDER_META "clientCapabilities", JV_KIND_OBJECT),
	   more = json_get(can, "extensions", JV_KIND_OBJECT);

	o->is_modern = json_has(meta, ORDER_META "protocolVersion");
	o->takes_questions = json_has(can, "elicitation");
	o->takes_handles = o->is_modern && json_has(more, ORDER_META "tasks");
	jv_free(more);
	jv_free(can);
}

static jv
token_of(jv meta)
{
	jv token = jv_object_get(jv_copy(meta), jv_string("progressToken"));
	jv_kind kind = jv_get_kind(token);

	if (kind == JV_KIND_STRING || (kind == JV_KIND_NUMBER && jv_is_integer(token)))
		return token;
	jv_free(token);
	return jv_invalid();
}

struct order *
order_new(jv id, jv params, struct buf *out)
{
	struct order *o = xmalloc(sizeof *o);
	jv meta;

	*o = (struct order){ .id = id,
		.token = jv_invalid(),
		.args = jv_is_valid(params) ? params : jv_object(),
		.out = out,
		.result = jv_invalid(),
		.ids = jv_invalid(),
		.spawned = jv_array(),
		.child = COPROC_NONE,
		.until_ms = INT64_MAX };
	meta = json_get(o->args, "_meta", JV_KIND_OBJECT);
	if (jv_is_valid(meta)) {
		read_capabilities(o, meta);
		o->token = token_of(meta);
	}
	jv_free(meta);
	return o;
}

void
order_free(struct order *o)
{
	if (!o)
		return;
	bell_close(o->bell);
	coproc_release(&o->child);
	jv_free(o->id);
	jv_free(o->token);
	jv_free(o->args);
	jv_free(o->result);
	jv_free(o->ids);
	jv_free(o->spawned);
	free(o->words);
	free(o);
}

/* Appends a message (consumed) as a line. */
static void
send_line(struct order *o, jv message)
{
	json_dump(o->out, message);
	buf_putc(o->out, '\n');
}

void
order_tell(struct order *o, const char *words)
{
	int64_t now_ms = clock_mono_ms();
	bool is_old = o->words && !strcmp(o->words, words);
	jv params;

	if (!jv_is_valid(o->token) || o->is_dropped || o->out->len > UNREAD_BYTES ||
	    (is_old && now_ms - o->said_ms < TELL_MS))
		return;
	free(o->words);
	o->words = xstrdup(words);
	o->said_ms = now_ms;
	params = json_set(jv_object(), "progressToken", jv_copy(o->token));
	params = json_set_int(params, "progress", ++o->said);
	params = json_set_string(params, "message", words);
	send_line(o, rpc_request(jv_invalid(), "notifications/progress", params));
}

static jv
with_text(jv text, bool is_failure)
{
	jv block = json_set(json_set_string(jv_object(), "type", "text"), "text", text),
	   content = json_set(jv_object(), "content", JV_ARRAY(block));

	return is_failure ? json_set(content, "isError", jv_true()) : content;
}

jv
order_content(jv result, bool is_failure)
{
	struct buf text = { 0 };
	jv content;

	json_dump(&text, jv_copy(result));
	content = with_text(json_utf8(text.p, text.len), is_failure);
	buf_release(&text);
	return json_set(content, "structuredContent", result);
}

jv
order_error(const char *why)
{
	return with_text(json_utf8(why, strlen(why)), true);
}

const char *
order_text(const struct order *o, const char *name)
{
	return json_peek_string(o->args, name);
}

jv
order_about_us(void)
{
	jv us =
	    json_set_string(json_set_string(jv_object(), "name", "legwork"), "title", "legwork");

	return json_set_string(us, "version", VERSION);
}

/* What modern results say beside what was asked for; keep_ms < 0: it is not to be kept. */
static jv
dressed(const struct order *o, jv result, int keep_ms)
{
	if (!o->is_modern)
		return result;
	if (!json_has(result, "resultType"))
		result = json_set_string(result, "resultType", "complete");
	if (keep_ms >= 0)
		result = json_set_string(json_set_int(result, "ttlMs", keep_ms), "cacheScope",
		    "private");
	return json_set(result, "_meta",
	    json_set(jv_object(), ORDER_META "serverInfo", order_about_us()));
}

void
order_answer(struct order *o, jv result, int keep_ms)
{
	if (o->is_dropped)
		jv_free(result);
	else
		send_line(o, rpc_result(jv_copy(o->id), dressed(o, result, keep_ms)));
	order_free(o);
}

void
order_fail(struct order *o, int code, const char *why, jv data)
{
	send_line(o, rpc_error(jv_copy(o->id), code, why, data));
	order_free(o);
}

void
order_fail_err(struct order *o)
{
	int code = err_code();
	bool is_theirs = code == EX_DATAERR || code == EX_NOINPUT || code == EX_NOPERM;
	jv uri = json_get(o->args, "uri", JV_KIND_STRING), data = jv_invalid();
	bool is_unknown = code == EX_NOINPUT && jv_is_valid(uri) && !o->is_modern;

	if (jv_is_valid(uri))
		data = json_set(jv_object(), "uri", jv_copy(uri));
	jv_free(uri);
	order_fail(o,
	    is_unknown  ? RPC_NO_RESOURCE
	    : is_theirs ? RPC_INVALID_PARAMS
			: RPC_INTERNAL_ERROR,
	    err_text(), data);
}
