/* tool-post-message - a tool: say something in the task's chat */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "args.h"
#include "deed.h"
#include "err.h"
#include "event.h"
#include "opt.h"

static const char *text;

static const struct arg arg[] = {
	{ "text", "what to say", .text = &text, .is_required = true },
	{ 0 },
};

static struct args tool = {
	.name = "post_message",
	.help =
	    "Say something in the chat that the task belongs to, at once, while the work goes on. "
	    "The answer to the task is not said with it.",
	.arg = arg,
	.is_confined = true,
	.is_harmless = true,
};

static const struct opt opts[] = { ARGS_SCHEMA(tool), { 0 } };

static const struct cmd cmd = { "tool-post-message", "a tool: say something in the task's chat", "",
	opts, 0 };

static int
post(void *event, struct tx *tx)
{
	jv stored;

	if (event_post(tx, jv_copy(*(jv *)event), &stored) < 0)
		return -1;
	jv_free(stored);
	return 0;
}

/* -1 with err. */
static int
act(void)
{
	const char *chat = getenv("LEGWORK_CHAT_ID");
	struct store *s;
	jv event;
	int rc;

	if (!chat || !*chat)
		return err_set(EX_CONFIG, "LEGWORK_CHAT_ID names no chat to say it in");
	if (!(s = store_open()))
		return -1;
	event = json_set_string(jv_object(), "text", text);
	event = event_stamp(event_new("message", event, id_user(NULL), chat));
	rc = deed_change(s, post, &event);
	jv_free(event);
	store_close(s);
	if (rc == 0 && dprintf(STDOUT_FILENO, "posted\n") < 0)
		rc = err_sys("stdout");
	return rc;
}

int
main(int argc, char *argv[])
{
	(void)argc;
	return args_run(&cmd, &tool, argv, act);
}
