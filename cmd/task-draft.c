/* task-draft - make task specs of chat messages */
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "json.h"
#include "lines.h"
#include "opt.h"
#include "stage.h"

static const struct opt opts[] = { { 0 } };

static const struct cmd cmd = { "task-draft", "make task specs of chat messages", "", opts, 0 };

/* Members of an event that say where it comes from: moved to the spec's source. */
static jv
source_of(jv event)
{
	static const char *const members[][2] = { { "id", "message_id" }, { "seq", "seq" },
		{ "cursor", "cursor" }, { "chat_id", "chat_id" } };
	jv source = jv_object();

	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		jv value = jv_object_get(jv_copy(event), jv_string(members[i][0]));

		if (jv_is_valid(value))
			source = json_set(source, members[i][1], value);
		else
			jv_free(value);
	}
	return source;
}

/* Why no task is made of an event; NULL: one is. */
static const char *
reason_to_skip(jv event, jv data)
{
	const char *type = json_peek_string(event, "type"), *text = json_peek_string(data, "text");

	if (!type || strcmp(type, "message") != 0)
		return "no message";
	if (json_peek_string(data, "task_id"))
		return "a task said it";
	if (!text || !text[strspn(text, " \t\r\n")])
		return "no text";
	return NULL;
}

static jv
trimmed(const char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	for (len = strlen(text); len > 0 && strchr(" \t\r\n", text[len - 1]); len--)
		;
	return jv_string_sized(text, (int)len);
}

static jv
spec_of(jv event, jv data)
{
	const char *id = json_peek_string(event, "id"), *user = json_peek_string(event, "user_id");
	jv metadata = json_get(data, "metadata", JV_KIND_OBJECT), spec;

	spec = json_set(jv_object(), "instruction", trimmed(json_peek_string(data, "text")));
	if (json_peek_string(event, "chat_id"))
		spec = json_set_string(spec, "chat_id", json_peek_string(event, "chat_id"));
	if (user)
		spec = json_set_string(spec, "created_by", user);
	if (id)
		spec = json_set(spec, "key", jv_string_fmt("message:%s", id));
	if (jv_is_valid(metadata))
		spec = json_set(spec, "metadata", metadata);
	return json_set(spec, "source", source_of(event));
}

/* A spec, or a line that says that there is none, so that cursors move on. */
static int
draft(void *arg, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	const char *why;

	if (!jv_is_valid(data))
		data = jv_object();
	why = reason_to_skip(event, data);
	if (why)
		out_json(arg, json_set(jv_object(), "skip",
				  json_set_string(source_of(event), "reason", why)));
	else
		out_json(arg, spec_of(event, data));
	jv_free(data);
	jv_free(event);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct out out = { .fd = STDOUT_FILENO };
	struct lines in;
	int status;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	lines_init(&in, STDIN_FILENO, out.fd, "stdin");
	status = stage_run(&in, &out, draft, &out);
	lines_release(&in);
	return status;
}
