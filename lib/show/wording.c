#include "wording.h"

#include <inttypes.h>
#include <string.h>

#include "json.h"
#include "text.h"

/* Of what a tool was given or has printed, or an event holds. */
enum { LINES_SHOWN = 10, BYTES_SHOWN = 2000 };

static const char *
string_of(jv object, const char *name)
{
	const char *text = json_peek_string(object, name);

	return text ? text : "";
}

static void
add_ms(struct buf *b, int64_t ms)
{
	char age[TEXT_AGE];

	if (ms < 1000)
		buf_printf(b, "%" PRId64 " ms", ms);
	else if (ms < 60000)
		buf_printf(b, "%.1f s", (double)ms / 1000);
	else
		buf_puts(b, text_duration(ms, age));
}

/* A value: a string as it is, all else as JSON.  Consumed. */
static void
add_value(struct buf *b, jv value)
{
	if (jv_get_kind(value) == JV_KIND_STRING) {
		buf_add(b, jv_string_value(value), (size_t)jv_string_length_bytes(jv_copy(value)));
		jv_free(value);
	} else {
		json_dump(b, value);
	}
}

/* How much of a text is shown: its first lines, if they are not long, and no half character. */
static size_t
shown_length(const char *text)
{
	const char *end = text;

	for (int i = 0; i < LINES_SHOWN && *end; i++)
		end = *(end = strchrnul(end, '\n')) ? end + 1 : end;
	if (end - text > BYTES_SHOWN)
		for (end = text + BYTES_SHOWN; end > text && ((unsigned char)*end & 0xc0) == 0x80;)
			end--;
	return (size_t)(end - text);
}

static size_t
count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text = *(text = strchrnul(text, '\n')) ? text + 1 : text)
		lines++;
	return lines;
}

/* What is shown of a text, and how much is not. */
static void
add_shown(struct buf *b, const char *text)
{
	size_t len = shown_length(text), lines = count_lines(text + len);

	buf_add(b, text, len);
	if (lines > 0 && len > 0 && text[len - 1] != '\n')
		buf_printf(b, " (%zu more bytes)", strlen(text + len));
	else if (lines > 0)
		buf_printf(b, "(%zu more line%s)", lines, lines == 1 ? "" : "s");
}

/* The first lines of a text, below. */
static void
add_lines(struct buf *b, const char *text)
{
	if (*text) {
		buf_putc(b, '\n');
		add_shown(b, text);
	}
}

/* The members, one to a line, "name: value", or below its name where a value has more of them. */
static void
add_members(struct buf *b, jv object)
{
	jv_object_foreach (object, name, value) {
		struct buf text = { 0 };

		add_value(&text, value);
		buf_printf(b, "\n%s:", jv_string_value(name));
		if (text.p && strchr(text.p, '\n')) {
			add_lines(b, text.p);
		} else if (text.p) {
			buf_putc(b, ' ');
			add_shown(b, text.p);
		}
		buf_release(&text);
		jv_free(name);
	}
	jv_free(object);
}

static void
add_scope(struct buf *b, jv line)
{
	jv scope = json_get(line, "scope", JV_KIND_OBJECT);

	if (jv_is_valid(scope))
		add_members(b, scope);
	else
		jv_free(scope);
}

static void
add_tokens(struct buf *b, jv usage)
{
	buf_printf(b, ", %" PRId64 " + %" PRId64 " tokens", json_peek_int(usage, "input_tokens", 0),
	    json_peek_int(usage, "output_tokens", 0));
}

static enum paint
say_start(struct buf *b, jv line)
{
	jv agent = json_get(line, "agent", JV_KIND_OBJECT);
	const char *kind = json_peek_string(agent, "kind"),
		   *model = json_peek_string(line, "model");

	buf_printf(b, "attempt %" PRId64, json_peek_int(line, "attempt", 0));
	if (jv_is_valid(agent))
		buf_printf(b, ", agent %s", string_of(agent, "role"));
	if (kind)
		buf_printf(b, " (%s)", kind);
	if (model)
		buf_printf(b, ", model %s", model);
	buf_printf(b, ", legwork %s", string_of(line, "version"));
	if (json_has(line, "pid"))
		buf_printf(b, ", pid %" PRId64 " on %s", json_peek_int(line, "pid", 0),
		    string_of(line, "host"));
	add_scope(b, line);
	jv_free(agent);
	return BOLD;
}

static enum paint
say_spawned(struct buf *b, jv line)
{
	buf_puts(b, string_of(line, "task_description"));
	add_scope(b, line);
	return BOLD;
}

static enum paint
say_metrics(struct buf *b, jv line)
{
	static const char *const phases[] = { "validation", "configuration", "building", "spawning",
		"total" };

	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
		jv name = jv_string_fmt("%s_us", phases[i]);

		buf_printf(b, "%s%s %.1f ms", i ? ", " : "", phases[i],
		    (double)json_peek_int(line, jv_string_value(name), 0) / 1000);
		jv_free(name);
	}
	if (!json_has(line, "warning"))
		return DIM;
	buf_printf(b, "\n%s", string_of(line, "warning"));
	return YELLOW;
}

static enum paint
say_prompt(struct buf *b, jv line)
{
	jv messages = json_get(line, "messages", JV_KIND_ARRAY);

	buf_puts(b, "the conversation begins");
	if (jv_is_valid(messages))
		jv_array_foreach (messages, i, message) {
			const char *content = string_of(message, "content");

			buf_printf(b, "\n%s, %zu bytes: %.*s", string_of(message, "role"),
			    strlen(content), (int)strcspn(content, "\n"), content);
			jv_free(message);
		}
	jv_free(messages);
	return PLAIN;
}

static enum paint
say_request(struct buf *b, jv line)
{
	const char *model = json_peek_string(line, "model");

	if (model)
		buf_printf(b, "%s: ", model);
	buf_printf(b, "%" PRId64 " messages, %" PRId64 " tools, %" PRId64 " bytes",
	    json_peek_int(line, "messages", 0), json_peek_int(line, "tools", 0),
	    json_peek_int(line, "bytes", 0));
	return DIM;
}

static enum paint
say_turn(struct buf *b, jv line)
{
	jv message = json_get(line, "message", JV_KIND_OBJECT),
	   usage = json_get(line, "usage", JV_KIND_OBJECT);
	const char *model = json_peek_string(line, "model"),
		   *content = string_of(message, "content");

	if (model)
		buf_printf(b, "%s: ", model);
	add_ms(b, json_peek_int(line, "ms", 0));
	add_tokens(b, usage);
	buf_printf(b, ", %s", string_of(line, "stop"));
	if (*content)
		buf_printf(b, "\n%s", content);
	jv_free(message);
	jv_free(usage);
	return CYAN;
}

static enum paint
say_error(struct buf *b, jv line)
{
	jv error = json_get(line, "error", JV_KIND_OBJECT);

	if (jv_is_valid(error))
		buf_printf(b, "%s: %s", string_of(error, "category"), string_of(error, "message"));
	else
		buf_puts(b, string_of(line, "error"));
	jv_free(error);
	return RED;
}

static enum paint
say_retry(struct buf *b, jv line)
{
	buf_printf(b, "attempt %" PRId64 " in ", json_peek_int(line, "attempt", 0));
	add_ms(b, json_peek_int(line, "delay_ms", 0));
	buf_printf(b, ": %s", string_of(line, "message"));
	return YELLOW;
}

static enum paint
say_tool_start(struct buf *b, jv line)
{
	buf_puts(b, string_of(line, "name"));
	add_members(b, json_get(line, "args", JV_KIND_OBJECT));
	return CYAN;
}

static enum paint
say_tool_end(struct buf *b, jv line)
{
	const char *status = string_of(line, "status");

	buf_printf(b, "%s: %s", string_of(line, "name"), status);
	if (json_has(line, "ms")) {
		buf_puts(b, ", ");
		add_ms(b, json_peek_int(line, "ms", 0));
	}
	if (json_has(line, "exit_status"))
		buf_printf(b, ", exit status %" PRId64, json_peek_int(line, "exit_status", 0));
	add_lines(b, string_of(line, "content"));
	return strcmp(status, "success") != 0 ? RED : CYAN;
}

static enum paint
say_words(struct buf *b, jv line)
{
	buf_puts(b, string_of(line, json_has(line, "text") ? "text" : "message"));
	return YELLOW;
}

static enum paint
say_command(struct buf *b, jv line)
{
	jv words = json_get(line, "command", JV_KIND_ARRAY);

	if (jv_is_valid(words))
		jv_array_foreach (words, i, word) {
			buf_puts(b, i ? " " : "");
			if (jv_get_kind(word) == JV_KIND_STRING)
				text_word(b, jv_string_value(word));
			jv_free(word);
		}
	jv_free(words);
	buf_printf(b, " (reads %" PRId64 " bytes)", json_peek_int(line, "input_bytes", 0));
	return CYAN;
}

static enum paint
say_exit(struct buf *b, jv line)
{
	int64_t status = json_peek_int(line, "status", 0);

	buf_printf(b, "status %" PRId64, status);
	if (json_has(line, "ms")) {
		buf_puts(b, " after ");
		add_ms(b, json_peek_int(line, "ms", 0));
	}
	return status ? RED : CYAN;
}

static enum paint
say_end(struct buf *b, jv line)
{
	const char *reason = string_of(line, "reason");
	jv usage = json_get(line, "usage", JV_KIND_OBJECT);

	buf_printf(b, "%s after ", reason);
	add_ms(b, json_peek_int(line, "ms", 0));
	if (json_peek_int(line, "turns", 0) > 0)
		buf_printf(b, ", %" PRId64 " turns, %" PRId64 " tool calls (%" PRId64 " failed)",
		    json_peek_int(line, "turns", 0), json_peek_int(line, "tool_calls", 0),
		    json_peek_int(line, "tool_failures", 0));
	if (jv_is_valid(usage))
		add_tokens(b, usage);
	jv_free(usage);
	if (json_has(line, "error")) {
		buf_putc(b, '\n');
		say_error(b, line);
	}
	if (json_peek_bool(line, "will_retry"))
		buf_puts(b, "\nit will be tried again");
	if (json_has(line, "question"))
		buf_printf(b, "\n%s", string_of(line, "question"));
	if (!strcmp(reason, "completed"))
		return GREEN;
	return !strcmp(reason, "failed") ? RED : YELLOW;
}

static enum paint
say_event(struct buf *b, jv line)
{
	static const char *const texts[] = { "text", "message", "question" };
	jv event = json_get(line, "event", JV_KIND_OBJECT),
	   data = json_get(event, "data", JV_KIND_OBJECT);
	const char *type = string_of(event, "type"), *text = NULL;
	bool is_error = !strcmp(type, "error");

	for (size_t i = 0; i < sizeof texts / sizeof *texts && !text; i++)
		text = json_peek_string(data, texts[i]);
	buf_printf(b, "%s: %s", type, text ? text : "");
	if (text || !jv_is_valid(data))
		jv_free(data);
	else
		add_members(b, json_drop(data, "task_id"));
	jv_free(event);
	return is_error ? RED : PLAIN;
}

/* A kind that we do not know. */
static enum paint
say_other(struct buf *b, jv line)
{
	add_members(b, json_drop(json_drop(jv_copy(line), "at"), "kind"));
	return PLAIN;
}

static const struct {
	const char *kind;
	enum paint (*say)(struct buf *b, jv line);
} kinds[] = { { "create_task_start", say_spawned }, { "start", say_start }, { "end", say_end },
	{ "event", say_event }, { "stderr", say_words }, { "command", say_command },
	{ "exit", say_exit }, { "scope", say_other }, { "cut", say_other },
	{ "remains", say_error }, { "adapter", say_error }, { "contract", say_error },
	{ "agent_creation_metrics", say_metrics }, { "prompt", say_prompt },
	{ "request", say_request }, { "turn", say_turn }, { "turn_failed", say_error },
	{ "model_retry", say_retry }, { "tool_start", say_tool_start },
	{ "tool_end", say_tool_end }, { "refused", say_words }, { "spawned", say_other } };

enum { KINDS = sizeof kinds / sizeof *kinds };

enum paint
wording_of(struct buf *b, jv line)
{
	for (size_t i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].kind, string_of(line, "kind")))
			return kinds[i].say(b, line);
	return say_other(b, line);
}

bool
wording_knows(const char *kind, size_t len)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strlen(kinds[i].kind) == len && !memcmp(kinds[i].kind, kind, len))
			return true;
	return false;
}

void
wording_kinds(struct buf *b)
{
	for (size_t i = 0; i < KINDS; i++)
		buf_printf(b, "%s%s", i == 0 ? "" : ", ", kinds[i].kind);
}
