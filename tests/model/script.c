/* script.c - see script.h */
#include "script.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "json.h"
#include "lines.h"

static const char *const members[] = { "args_pieces", "body", "choices_null", "chunked", "comments",
	"crlf", "cut", "delay_ms", "drop", "drop_after", "error", "error_after", "gate",
	"gate_after", "hang_up", "headers", "index_missing", "match", "model", "no_done", "pings",
	"redacted", "repeat", "signature", "stall_after", "status", "stop", "text", "thought",
	"thought_member", "tool_calls", "usage", "whole_arguments", NULL };
static const char *const match_members[] = { "contains", "model", "path", NULL };
static const char *const call_members[] = { "arguments", "id", "name", NULL };

/* A script that says what nobody reads would test something else than it seems to. */
static int
check_members(jv object, const char *const known[], const char *where)
{
	int bad = 0;

	jv_object_foreach (object, name, value) {
		const char *s = jv_string_value(name);
		size_t i = 0;

		while (known[i] && strcmp(known[i], s))
			i++;
		if (!known[i])
			bad = err_set(EX_DATAERR, "%s: there is no member %s", where, s);
		jv_free(name);
		jv_free(value);
	}
	return bad;
}

static int
check_part(jv part, const char *const known[], const char *where)
{
	int bad = jv_get_kind(part) == JV_KIND_OBJECT ? check_members(part, known, where) : 0;

	jv_free(part);
	return bad;
}

static int
check_answer(jv says)
{
	jv calls = json_get(says, "tool_calls", JV_KIND_ARRAY);
	int bad = check_members(says, members, "answer");

	if (bad == 0)
		bad = check_part(json_get(says, "match", JV_KIND_OBJECT), match_members, "match");
	if (jv_is_valid(calls)) {
		jv_array_foreach (calls, i, call)
			if (check_part(call, call_members, "tool_calls") < 0)
				bad = -1;
	}
	jv_free(calls);
	return bad;
}

static void
add_answer(struct script *script, jv says, unsigned long line)
{
	script->answers = xrealloc(script->answers, (script->len + 1) * sizeof script->answers[0]);
	script->answers[script->len++] = (struct answer){ .says = says, .line = line };
}

int
script_load(struct script *script, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), status = 0;
	enum lines_result result;
	struct lines lines;
	jv says;

	*script = (struct script){ 0 };
	if (fd < 0)
		return err_sys("%s", path);
	lines_init(&lines, fd, -1, path);
	while (status == 0 && (result = lines_next_object(&lines, &says)) != LINES_END) {
		if (result != LINES_OK) {
			status = -1;
			break;
		}
		add_answer(script, says, lines.number);
		if (check_answer(says) < 0)
			status = err_add("%s:%lu", path, lines.number);
	}
	lines_release(&lines);
	close(fd);
	return status;
}

void
script_release(struct script *script)
{
	for (size_t i = 0; i < script->len; i++)
		jv_free(script->answers[i].says);
	free(script->answers);
}

static bool
ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !memcmp(s + len - n, end, n);
}

bool
script_is_anthropic(const char *path)
{
	return ends_with(path, strcspn(path, "?"), "/messages");
}

bool
script_is_for_models(const char *path)
{
	return script_is_anthropic(path) ||
	       ends_with(path, strcspn(path, "?"), "/chat/completions");
}

static bool
fits(jv says, const struct request *r, jv body)
{
	jv match = json_get(says, "match", JV_KIND_OBJECT);
	const char *path = json_peek_string(match, "path");
	const char *text = json_peek_string(match, "contains");
	const char *model = json_peek_string(match, "model");
	const char *asked = json_peek_string(body, "model");
	bool is_fit = path ? !strcmp(path, r->path) : script_is_for_models(r->path);

	if (text && (!r->body.p || !memmem(r->body.p, r->body.len, text, strlen(text))))
		is_fit = false;
	if (model && (!asked || strcmp(model, asked)))
		is_fit = false;
	jv_free(match);
	return is_fit;
}

const struct answer *
script_pick(struct script *script, const struct request *r, jv body)
{
	for (size_t i = 0; i < script->len; i++) {
		struct answer *answer = &script->answers[i];

		if (!answer->is_used && fits(answer->says, r, body)) {
			answer->is_used = !json_peek_bool(answer->says, "repeat");
			return answer;
		}
	}
	return NULL;
}
