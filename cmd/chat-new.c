/* chat-new - make a chat */
#include <stdio.h>
#include <unistd.h>

#include "allow.h"
#include "chat.h"
#include "consent.h"
#include "deed.h"
#include "err.h"
#include "opt.h"
#include "quiet.h"
#include "rows.h"

static const char *title, *user, *crew, *approve, *when_idle;
static int64_t when_idle_ms;
static struct opt_list members;
static bool single, lock;
static struct allow allow;
static struct view view = { .is_maker = true };

static const struct opt opts[] = { { 0, "title", "title", "what to call it", .str = &title },
	{ 'u', "user", "user", "its owner (default: you)", .str = &user },
	{ 0, "member", "user", "another member; may be repeated", .list = &members },
	{ 0, "crew", "crew", "whose agents do its tasks (default: all)", .str = &crew },
	{ 0, "approve", "what",
	    "what waits for the owner's approval, with commas: agents, tasks or none",
	    .str = &approve },
	{ 0, "one-at-a-time", NULL, "its tasks run one after the other", .set = &single },
	{ 0, "when-idle", "time", "its tasks wait until nobody has spoken for so long",
	    .str = &when_idle },
	{ 0, "lock", NULL, "nobody may speak while one of its tasks runs", .set = &lock },
	ALLOW_OPTIONS(allow), VIEW_TABLE(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "chat-new", "make a chat", "", opts, 0 };

static jv
names_of(const struct opt_list *list)
{
	jv names = jv_array();

	for (size_t i = 0; i < list->len; i++)
		names = jv_array_append(names, jv_string(list->item[i]));
	return names;
}

struct request {
	jv asked; /* what its owner wants to be asked */
	jv rules;
	jv chat; /* as it is stored then */
};

/* The new chat, as the options say. */
static int
add(void *arg, struct tx *tx)
{
	struct request *r = arg;
	char id[ID_TEXT] = "";
	jv chat;

	jv_free(r->chat);
	chat = chat_add(tx, title, id_user(user), names_of(&members));
	if (jv_is_valid(chat))
		snprintf(id, sizeof id, "%s", json_peek_string(chat, "id"));
	if (*id && crew)
		chat = (jv_free(chat), chat_set_crew(tx, id, crew));
	if (jv_is_valid(chat) && single)
		chat = (jv_free(chat), chat_set_single(tx, id, true));
	if (jv_is_valid(chat) && when_idle_ms > 0)
		chat = (jv_free(chat), quiet_set(tx, id, when_idle_ms));
	if (jv_is_valid(chat) && lock)
		chat = (jv_free(chat), chat_set_rule(tx, id, "lock", jv_true()));
	if (jv_is_valid(chat) && jv_array_length(jv_copy(r->asked)) > 0)
		chat = (jv_free(chat), consent_set(tx, id, jv_copy(r->asked)));
	if (jv_is_valid(chat) && allow_is_given(&allow))
		chat = (jv_free(chat), allow_set(tx, id, r->rules));
	r->chat = chat;
	return jv_is_valid(chat) ? 0 : -1;
}

int
main(int argc, char *argv[])
{
	struct request r = { .chat = jv_invalid() };
	struct store *s;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (chat_check_title(title) < 0)
		opt_usage(&cmd, "--%s", err_text());
	if (consent_read(approve ? approve : "none", &r.asked) < 0)
		opt_usage(&cmd, "--approve: %s", err_text());
	r.rules = allow_read(&allow);
	if (!jv_is_valid(r.rules))
		opt_usage(&cmd, "%s", err_text());
	if (when_idle && (when_idle_ms = quiet_read(when_idle)) < 0)
		opt_usage(&cmd, "--when-idle: %s", err_text());
	if (view_open(&view, &rows_chat, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || deed_change(s, add, &r) < 0)
		err_exit();
	view_add(&view, NULL, r.chat);
	jv_free(r.asked);
	jv_free(r.rules);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
