#include "draft.h"

#include <stdlib.h>
#include <string.h>

#include "addressee.h"
#include "approve.h"
#include "buf.h"
#include "event.h"
#include "id.h"
#include "json.h"
#include "may.h"
#include "member.h"
#include "metadata.h"
#include "utf8.h"
#include "verdict.h"
#include "wanted.h"
#include "wish.h"

/* A line in the making. */
struct draft {
	const struct draft_scene *scene;
	jv event, data, metadata; /* borrowed; the last two are objects */
	jv spec;
	struct verdict verdict;
	bool is_bad_metadata;
};

/* Members of an event that say where it comes from. */
static jv
source_of(jv event)
{
	static const char *const members[][2] = { { "id", "message_id" }, { "seq", "seq" },
		{ "cursor", "cursor" }, { "chat_id", "chat_id" } };
	jv source = jv_object();

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		source = json_set_valid(source, members[i][1],
		    jv_object_get(jv_copy(event), jv_string(members[i][0])));
	return source;
}

/* --- who has said it */

static bool
is_bot(struct draft *d)
{
	const char *user = json_peek_string(d->event, "user_id"),
		   *kind = user ? member_kind(d->scene->chat, user) : NULL;

	return json_peek_bool(d->data, "bot") || (kind && strcmp(kind, "person") != 0);
}

/* Why nobody expects a task of an event; NULL: somebody does. */
static const char *
reason_to_skip(struct draft *d)
{
	const char *type = json_peek_string(d->event, "type");

	if (!type || strcmp(type, "message") != 0)
		return "no message";
	if (d->scene->is_any_author)
		return NULL;
	if (json_has(d->data, "task_id"))
		return "a task said it";
	if (approve_is_decision(d->data))
		return "a decision";
	return is_bot(d) ? "a bot said it" : NULL;
}

/* --- the whole */

static void
judge_text(struct draft *d, const char *text, bool was_more)
{
	size_t len = utf8_characters(text);

	if (len == 0 && was_more)
		verdict_note(&d->verdict, "errors",
		    "the message says nothing of what is to be done");
	else if (len == 0)
		verdict_note(&d->verdict, "errors", "the message is empty");
	else if (len > DRAFT_TEXT_MAX)
		verdict_note(&d->verdict, "errors", "the instruction is longer than %d characters",
		    DRAFT_TEXT_MAX);
	else if (len > DRAFT_TEXT_LONG)
		verdict_note(&d->verdict, "warnings",
		    "the instruction is very long: several smaller messages may do better");
	else if (len < DRAFT_TEXT_SHORT)
		verdict_note(&d->verdict, "warnings", "the instruction is very short");
}

static jv
skip_line(struct draft *d, const char *why)
{
	return json_set(jv_object(), "skip", json_set_string(source_of(d->event), "reason", why));
}

/* The chat is told; with an id made of the message's, so that it is told once. */
static jv
error_line(struct draft *d)
{
	const char *id = json_peek_string(d->event, "id"),
		   *chat = json_peek_string(d->event, "chat_id");
	char *why = verdict_errors(&d->verdict),
	     *text = xprintf("no task was made of a message: %s", why), own[ID_TEXT];
	jv data = json_set_string(jv_object(), "message", text), event = jv_object(),
	   line = json_set(skip_line(d, why), "validation", verdict_object(&d->verdict));

	if (chat && id && id_is_full(id)) {
		event = json_set_string(event, "id", id_derive(id, "draft", own));
		event = json_set_string(event, "type", "error");
		event = json_set(event, "data", json_set_string(jv_copy(data), "reply_to", id));
		event = json_set_string(event, "user_id", EVENT_HERALD);
		line = json_set(line, "event", json_set_string(event, "chat_id", chat));
	} else {
		jv_free(event);
	}
	jv_free(data);
	free(text);
	free(why);
	return line;
}

/* What the spec waits for, also by what the scene says. */
static jv
with_dependencies(jv line, jv after)
{
	jv own = json_get(line, "depends_on", JV_KIND_ARRAY);

	if (jv_get_kind(after) != JV_KIND_ARRAY || jv_array_length(jv_copy(after)) == 0) {
		jv_free(own);
		return line;
	}
	if (!jv_is_valid(own)) {
		jv_free(own);
		own = jv_array();
	}
	return json_set(line, "depends_on", jv_array_concat(own, jv_copy(after)));
}

static jv
spec_line(struct draft *d, const char *text, const struct addressee *to)
{
	const char *id = json_peek_string(d->event, "id"),
		   *user = json_peek_string(d->event, "user_id");
	jv line = json_set_string(jv_object(), "instruction", text);

	if (json_peek_string(d->event, "chat_id"))
		line = json_set_string(line, "chat_id", json_peek_string(d->event, "chat_id"));
	if (user)
		line = json_set_string(line, "created_by", user);
	if (id)
		line = json_set(line, "key", jv_string_fmt("message:%s", id));
	if (to->role)
		line = json_set_string(line, "agent", to->role);
	if (to->instead_of)
		line = json_set_string(line, "instead_of", to->instead_of);
	line = with_dependencies(jv_object_merge(line, jv_copy(d->spec)), d->scene->after);
	if (d->scene->failed)
		verdict_note(&d->verdict, "warnings",
		    "%d of the crew's tasks failed or %s cancelled, and %s not waited for",
		    d->scene->failed, d->scene->failed > 1 ? "were" : "was",
		    d->scene->failed > 1 ? "are" : "is");
	line = json_set(line, "source", source_of(d->event));
	return json_set(line, "validation", verdict_object(&d->verdict));
}

/* "/cancel 1f3c and why": text is what follows the name. */
static jv
command_line(struct draft *d, const char *name, const char *text)
{
	size_t len = strcspn(text, " \t\r\n");
	const char *by = json_peek_string(d->event, "user_id"),
		   *reason = text + len + strspn(text + len, " \t\r\n");
	jv command = json_set_string(jv_object(), "name", name);

	if (len > 0)
		command = json_set(command, "task", jv_string_sized(text, (int)len));
	if (*reason)
		command = json_set_string(command, "reason", reason);
	if (by)
		command = json_set_string(command, "by", by);
	return json_set(json_set(jv_object(), "command", command), "source", source_of(d->event));
}

/* was_more: the text was, before the addressee was taken out of it. */
static jv
judged_line(struct draft *d, struct wish *wish, const struct addressee *to, bool was_more)
{
	struct wanted wanted = { .verdict = &d->verdict };

	wanted.output = jv_object();
	judge_text(d, wish->text, was_more);
	wanted_read(&wanted, wish);
	wanted_take(&wanted, d->metadata);
	d->spec = json_set(d->spec, "output", wanted_finish(&wanted));
	if (d->is_bad_metadata)
		verdict_note(&d->verdict, "errors", "metadata: want an object");
	d->spec = metadata_take(d->spec, d->metadata, &d->verdict);
	return verdict_is_valid(&d->verdict) ? spec_line(d, wish->text, to) : error_line(d);
}

static jv
task_line(struct draft *d, struct wish *wish)
{
	bool was_more = *wish->text || wish->output || wish->command;
	struct addressee to = { .crew = d->scene->crew,
		.chat = d->scene->chat,
		.verdict = &d->verdict };
	jv line;

	addressee_read(&to, d->metadata, &wish->text);
	if (d->scene->is_only_addressed && !wish->command && !to.is_addressed)
		line = skip_line(d, "it addresses nobody");
	else
		line = judged_line(d, wish, &to, was_more);
	free(to.role);
	free(to.instead_of);
	return line;
}

/* "/cancle 1f3c": nobody wants that as a task.  len: of the word behind the "/". */
static jv
misspelt_line(struct draft *d, const char *text, size_t len)
{
	verdict_note(&d->verdict, "errors",
	    "%.*s is no command: is /%s meant?  What follows /task is done as it stands",
	    (int)len + 1, text, wish_nearest(text + 1, len));
	return error_line(d);
}

/* "Perhaps": it decides nothing, and who said it learns what does. */
static jv
undecided_line(struct draft *d)
{
	verdict_note(&d->verdict, "errors",
	    "a reply to what a task asks begins with yes or no, and why may follow; this decides "
	    "nothing");
	return error_line(d);
}

static bool
may_add(struct draft *d)
{
	return may(NULL, d->scene->chat, json_peek_string(d->event, "user_id"), MAY_ADD) == 0;
}

static jv
message_line(struct draft *d)
{
	const char *text = json_peek_string(d->data, "text");
	struct wish wish;
	size_t len;
	jv line;

	wish_read(&wish, text ? text : "");
	if (!wish.command && d->scene->is_answer) {
		line = undecided_line(d);
	} else if (!wish.command && !may_add(d)) {
		line = skip_line(d, "who said it may not add tasks");
	} else if (!wish.command && !d->scene->is_only_addressed &&
		   (len = wish_slash_word(wish.text)) > 0) {
		line = misspelt_line(d, wish.text, len);
	} else if (!wish.command || !strcmp(wish.command, "task")) {
		line = task_line(d, &wish);
	} else if (d->scene->takes_commands && (json_has(d->data, "task_id") || is_bot(d))) {
		line = skip_line(d, "only people command");
	} else if (d->scene->takes_commands) {
		line = command_line(d, wish.command, wish.text);
	} else {
		verdict_note(&d->verdict, "errors", "/%s is a command, and none are taken here",
		    wish.command);
		line = error_line(d);
	}
	wish_release(&wish);
	return line;
}

static jv
object_of(jv object, const char *name)
{
	jv member = json_get(object, name, JV_KIND_OBJECT);

	if (jv_is_valid(member))
		return member;
	jv_free(member);
	return jv_object();
}

bool
draft_wants_crew(jv event)
{
	jv data = object_of(event, "data"), metadata = object_of(data, "metadata");
	const char *text = json_peek_string(data, "text");
	bool wants = (text && strchr(text, '@')) || json_peek_string(metadata, "agent");

	jv_free(metadata);
	jv_free(data);
	return wants;
}

jv
draft_line(jv event, const struct draft_scene *scene)
{
	struct draft d = { .scene = scene, .event = event, .data = object_of(event, "data") };
	const char *why;
	jv line;

	d.metadata = json_get(d.data, "metadata", JV_KIND_OBJECT);
	d.is_bad_metadata = json_has(d.data, "metadata") && !jv_is_valid(d.metadata);
	if (!jv_is_valid(d.metadata))
		d.metadata = jv_object();
	d.spec = jv_object();
	verdict_init(&d.verdict);
	why = reason_to_skip(&d);
	line = why ? skip_line(&d, why) : message_line(&d);
	jv_free(d.data);
	jv_free(d.metadata);
	jv_free(d.spec);
	verdict_release(&d.verdict);
	return line;
}
