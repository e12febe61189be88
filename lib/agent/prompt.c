#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "crew.h"
#include "dir.h"
#include "err.h"
#include "json.h"
#include "scope.h"
#include "task.h"

enum { WORDS_MAX = 256 << 10 };

/* Appends len bytes of a template; false: a value is missing. */
static bool
fill_paragraph(struct buf *b, const char *text, size_t len, jv values)
{
	const char *end = text + len, *open, *close;

	while ((open = memmem(text, (size_t)(end - text), "{{", 2)) &&
	       (close = memmem(open, (size_t)(end - open), "}}", 2))) {
		jv name = jv_string_sized(open + 2, (int)(close - open - 2)), value;

		buf_add(b, text, (size_t)(open - text));
		value = json_get(values, jv_string_value(name), JV_KIND_STRING);
		jv_free(name);
		if (!jv_is_valid(value) || jv_string_length_bytes(jv_copy(value)) == 0) {
			jv_free(value);
			return false;
		}
		buf_add(b, jv_string_value(value), (size_t)jv_string_length_bytes(jv_copy(value)));
		jv_free(value);
		text = close + 2;
	}
	buf_add(b, text, (size_t)(end - text));
	return true;
}

jv
prompt_fill(const char *text, jv values)
{
	struct buf b = { 0 };
	size_t len;
	jv filled;

	for (text += strspn(text, "\n"); *text; text += strspn(text, "\n")) {
		const char *blank = strstr(text, "\n\n");
		size_t before = b.len;

		len = blank ? (size_t)(blank - text) : strlen(text);
		if (before > 0)
			buf_puts(&b, "\n\n");
		if (!fill_paragraph(&b, text, len, values))
			b.len = before;
		text += len;
	}
	while (b.len > 0 && strchr(" \t\n", b.p[b.len - 1]))
		b.len--;
	filled = json_utf8(b.p ? b.p : "", b.len);
	buf_release(&b);
	return filled;
}

/* The words in FOLDER/prompts/NAME, malloc'd; NULL with errno and err. */
static char *
read_from(const char *folder, const char *name)
{
	char *path = xprintf("%s/prompts/%s", folder, name), *words = xmalloc(WORDS_MAX + 1);
	ssize_t n = -1;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
		n = dir_read_all(fd, words, WORDS_MAX, 0);
		close(fd);
	}
	if (n < 0) {
		err_set(EX_CONFIG, "%s: %s", path, strerror(errno));
		free(words);
		words = NULL;
	} else {
		words[n] = '\0';
	}
	free(path);
	return words;
}

char *
prompt_read(const char *name)
{
	char *own = dir_config_path(), *words = own ? read_from(own, name) : NULL, *share;
	bool is_there = words || (own && errno != ENOENT && errno != ENOTDIR);

	free(own);
	if (is_there)
		return words;
	if (!(share = dir_share_path()))
		return NULL;
	words = read_from(share, name);
	free(share);
	return words;
}

jv
prompt_join(jv strings)
{
	struct buf b = { 0 };
	jv text;

	jv_array_foreach (strings, i, one) {
		if (jv_get_kind(one) == JV_KIND_STRING)
			buf_printf(&b, "%s%s", b.len ? ", " : "", jv_string_value(one));
		jv_free(one);
	}
	jv_free(strings);
	text = json_utf8(b.p ? b.p : "", b.len);
	buf_release(&b);
	return text;
}

static jv
names_of(jv tools)
{
	jv names = jv_array();

	if (jv_get_kind(tools) == JV_KIND_ARRAY)
		jv_array_foreach (tools, i, tool) {
			names = jv_array_append(names, json_get(tool, "name", JV_KIND_STRING));
			jv_free(tool);
		}
	return names;
}

jv
prompt_lines(jv objects)
{
	struct buf b = { 0 }, safe = { 0 };
	jv text;

	if (jv_get_kind(objects) == JV_KIND_ARRAY)
		jv_array_foreach (objects, i, one) {
			if (b.len > 0)
				buf_putc(&b, '\n');
			json_dump(&b, one);
		}
	for (size_t i = 0; i < b.len; i++) {
		if (b.p[i] == '<' && i + 1 < b.len && b.p[i + 1] == '/')
			buf_puts(&safe, "\\u003c"); /* the same, in JSON */
		else
			buf_putc(&safe, b.p[i]);
	}
	text = json_utf8(safe.p ? safe.p : "", safe.len);
	buf_release(&b);
	buf_release(&safe);
	return text;
}

static jv
with_string(jv values, const char *name, jv object, const char *member)
{
	const char *value = json_peek_string(object, member);

	return value ? json_set_string(values, name, value) : values;
}

jv
prompt_scope(jv scope)
{
	static const char
	    *const one[] = { [SCOPE_ACCOUNT] = "account_id", [SCOPE_REGION] = "region" };
	jv v = jv_object(), said;
	char *words;

	for (int kind = 0; kind < SCOPE_KINDS; kind++) {
		jv list = crew_strings(scope, scope_member(kind));
		bool is_one = jv_array_length(jv_copy(list)) == 1;

		v = json_set(v, is_one ? one[kind] : scope_member(kind), prompt_join(list));
	}
	if (!scope_limits(scope, SCOPE_ACCOUNT) && !scope_limits(scope, SCOPE_REGION))
		return (jv_free(v), jv_string(""));
	words = prompt_read("scope.md");
	said = words ? prompt_fill(words, v) : jv_invalid();
	free(words);
	jv_free(v);
	return said;
}

static jv
agent_values(const struct prompt *p, jv scope)
{
	jv v = jv_object();
	const char *description = json_peek_string(p->agent, "description");

	v = with_string(v, description && *description ? "role" : "plain_role", p->agent, "role");
	v = with_string(v, "description", p->agent, "description");
	v = with_string(v, "system_prompt", p->agent, "system_prompt");
	v = json_set(v, "skills", prompt_join(crew_strings(p->agent, "skills")));
	v = json_set(v, "scope", scope);
	v = json_set(v, "tools", prompt_join(names_of(p->tools)));
	v = json_set_string(v, "folder", p->folder);
	if (jv_get_kind(p->output) == JV_KIND_STRING)
		v = json_set(v, "output", jv_copy(p->output));
	return v;
}

/* What in a contract is words of who has written it. */
static const char *const said_of_output[] = { "expected", "schema" };

enum { SAID_OF_OUTPUT = sizeof said_of_output / sizeof *said_of_output };

jv
prompt_output(jv task, jv output)
{
	jv out = jv_copy(output);

	for (size_t i = 0; i < SAID_OF_OUTPUT && json_peek_bool(task, "untrusted") &&
			   jv_get_kind(out) == JV_KIND_OBJECT;
	     i++)
		out = json_drop(out, said_of_output[i]);
	return out;
}

/* An untrusted task's own words, as one object. */
static jv
words_of(jv task)
{
	jv output = json_get(task, "output", JV_KIND_OBJECT),
	   words =
	       json_set_valid(jv_object(), "task", json_get(task, "instruction", JV_KIND_STRING));

	for (size_t i = 0; i < SAID_OF_OUTPUT && jv_is_valid(output); i++)
		words = json_set_valid(words, said_of_output[i],
		    jv_object_get(jv_copy(output), jv_string(said_of_output[i])));
	jv_free(output);
	return words;
}

jv
prompt_task(jv task)
{
	jv line, values, said;
	char *words;

	if (!json_peek_bool(task, "untrusted")) {
		said = json_get(task, "instruction", JV_KIND_STRING);
		return jv_is_valid(said) ? said : (jv_free(said), jv_string(""));
	}
	line = JV_ARRAY(words_of(task));
	values = json_set(jv_object(), "task", prompt_lines(line));
	words = prompt_read("untrusted.md");
	said = words ? prompt_fill(words, values) : jv_invalid();
	free(words);
	jv_free(values);
	jv_free(line);
	return said;
}

/* How many lines of a chat are not trusted, in digits; empty: all are. */
static jv
count_untrusted(jv chat)
{
	int untrusted = 0;

	if (jv_get_kind(chat) == JV_KIND_ARRAY)
		jv_array_foreach (chat, i, line) {
			untrusted += json_has(line, "trusted") && !json_peek_bool(line, "trusted");
			jv_free(line);
		}
	return untrusted > 0 ? jv_string_fmt("%d", untrusted) : jv_string("");
}

/* The instruction (consumed), and what else there is to be told. */
static jv
task_values(const struct prompt *p, jv instruction)
{
	jv v = jv_object(), metadata = json_get(p->task, "metadata", JV_KIND_OBJECT), notes;

	v = json_set(v, "instruction", instruction);
	v = with_string(v, "context", p->task, "context");
	v = json_set(v, task_has_subtasks(p->task) ? "subtasks" : "dependencies",
	    prompt_lines(p->others));
	v = json_set(v, "chat", prompt_lines(p->chat));
	v = json_set(v, "untrusted", count_untrusted(p->chat));
	if (jv_is_valid(metadata) && jv_object_length(jv_copy(metadata)) > 0) {
		notes = JV_ARRAY(jv_copy(metadata));
		v = json_set(v, "metadata", prompt_lines(notes));
		jv_free(notes);
	}
	jv_free(metadata);
	return v;
}

jv
prompt_message(const char *role, const char *name, jv values)
{
	char *words = prompt_read(name);
	jv content;

	if (!words) {
		jv_free(values);
		return jv_invalid();
	}
	content = prompt_fill(words, values);
	jv_free(values);
	free(words);
	return json_set(json_set_string(jv_object(), "role", role), "content", content);
}

jv
prompt_messages(const struct prompt *p)
{
	jv limits = scope_of(p->task), scope = prompt_scope(limits), system, instruction, user;

	jv_free(limits);
	if (!jv_is_valid(scope))
		return scope;
	system = prompt_message("system", "agent.md", agent_values(p, scope));
	instruction = jv_is_valid(system) ? prompt_task(p->task) : jv_invalid();
	if (!jv_is_valid(instruction)) {
		jv_free(system);
		return instruction;
	}
	user = prompt_message("user", "task.md", task_values(p, instruction));
	if (!jv_is_valid(user)) {
		jv_free(system);
		return user;
	}
	return JV_ARRAY(system, user);
}
