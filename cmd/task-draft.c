/* task-draft - make task specs of chat messages */
#include <string.h>
#include <unistd.h>

#include "asker.h"
#include "assign.h"
#include "chat.h"
#include "draft.h"
#include "err.h"
#include "id.h"
#include "lines.h"
#include "opt.h"
#include "stage.h"
#include "task.h"

static bool validate, only_addressed, commands, any_author, append;

static const struct opt opts[] = { { 0, "only-addressed", NULL,
				       "only of what begins with /task or mentions an agent",
				       .set = &only_addressed },
	{ 0, "commands", NULL, "let people steer: /cancel, /status, /retry, /approve",
	    .set = &commands },
	{ 0, "any-author", NULL, "also of what bots and tasks say", .set = &any_author },
	{ 0, "append", NULL, "let tasks wait for those of the chat's crew", .set = &append },
	{ 0, "validate", NULL, "print only what is right and wrong with each message",
	    .set = &validate },
	{ 0 } };

static const struct cmd cmd = { "task-draft", "make task specs of chat messages", "", opts, 0 };

struct desk {
	struct store *s; /* NULL: not needed yet */
	struct out out;
};

static bool
is_answer(struct tx *tx, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	const char *reply_to = json_peek_string(data, "reply_to");
	bool is = reply_to && asker_kind(tx, reply_to) == ASKER_REQUEST;

	jv_free(data);
	return is;
}

/* The chat and the crew, as far as they matter for the event. */
static void
look_up(struct desk *desk, jv event, struct draft_scene *scene)
{
	const char *chat = json_peek_string(event, "chat_id");
	bool has_chat = chat && id_is_full(chat), wants_crew = draft_wants_crew(event);
	struct tx *tx;

	if (!has_chat && !wants_crew)
		return;
	if (!desk->s && !(desk->s = store_open()))
		err_exit();
	if (!(tx = store_read(desk->s)))
		err_exit();
	if (has_chat)
		scene->chat = chat_get(tx, chat);
	scene->is_answer = is_answer(tx, event);
	if (append && json_peek_string(scene->chat, "crew")) {
		jv_free(scene->after);
		scene->after =
		    task_of_crew(tx, json_peek_string(scene->chat, "crew"), chat, &scene->failed);
	}
	if (wants_crew) {
		jv_free(scene->crew);
		scene->crew = assign_crew(tx, event);
	}
	if (store_end(tx) < 0)
		err_exit();
}

/* Of a line (consumed) what --validate prints.  The exit status. */
static int
print_validation(struct desk *desk, jv line)
{
	jv validation = json_get(line, "validation", JV_KIND_OBJECT);
	int status = 0;

	jv_free(line);
	if (!jv_is_valid(validation)) {
		jv_free(validation);
		return 0;
	}
	if (!json_peek_bool(validation, "is_valid"))
		status = EX_NO;
	out_json(&desk->out, validation);
	return status;
}

static int
draft(void *arg, jv event)
{
	struct desk *desk = arg;
	struct draft_scene scene = { .crew = jv_array(),
		.chat = jv_invalid(),
		.after = jv_array() };
	int status = 0;
	jv line;

	scene.takes_commands = commands;
	scene.is_only_addressed = only_addressed;
	scene.is_any_author = any_author;
	look_up(desk, event, &scene);
	line = draft_line(event, &scene);
	if (validate)
		status = print_validation(desk, line);
	else
		out_json(&desk->out, line);
	jv_free(scene.crew);
	jv_free(scene.chat);
	jv_free(scene.after);
	jv_free(event);
	return status;
}

int
main(int argc, char *argv[])
{
	struct desk desk = { .out.fd = STDOUT_FILENO };
	struct lines in;
	int status;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	lines_init(&in, STDIN_FILENO, desk.out.fd, "stdin");
	status = stage_run(&in, &desk.out, draft, &desk);
	lines_release(&in);
	if (desk.s)
		store_close(desk.s);
	return status;
}
