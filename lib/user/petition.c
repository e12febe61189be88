#include "petition.h"

#include <string.h>

#include "access.h"
#include "deed.h"
#include "err.h"

/* How many are listed unless told, and at most. */
enum { LISTED = 50, LISTED_MAX = 1000 };

/* An act, and what has come of it. */
struct doing {
	struct petition *p;
	petition_act *act;
	jv data;
};

static int
carry_out(void *arg, struct tx *tx)
{
	struct doing *doing = arg;

	jv_free(doing->data); /* of a transaction that is run again */
	doing->data = doing->act(doing->p, tx);
	return jv_is_valid(doing->data) ? 0 : -1;
}

static jv
done(struct petition *p, petition_act *act, int (*how)(struct store *s, deed_step *step, void *arg))
{
	struct doing doing = { p, act, jv_invalid() };

	if (how(p->s, carry_out, &doing) == 0)
		return doing.data;
	jv_free(doing.data);
	return jv_invalid();
}

jv
petition_change(struct petition *p, petition_act *act)
{
	return done(p, act, deed_change);
}

jv
petition_read(struct petition *p, petition_act *act)
{
	return done(p, act, deed_look);
}

jv
petition_call(struct petition *p, petition_act *act)
{
	return act(p, NULL);
}

const char *
petition_chat(const struct petition *p)
{
	const char *given = json_peek_string(p->request, "chat_id");

	if (!given && *p->chat_id)
		given = p->chat_id;
	if (!given)
		err_set(EX_DATAERR, "chat_id: missing, and no chat was entered");
	return given;
}

jv
petition_chat_for(const struct petition *p, struct tx *tx, enum may_what what)
{
	const char *given = petition_chat(p);
	jv chat = given ? access_chat(tx, given, p->user, MAY_READ) : jv_invalid(), id;

	if (jv_is_valid(chat) && may(tx, chat, p->user, what) < 0)
		chat = (jv_free(chat), jv_invalid());
	id = json_get(chat, "id", JV_KIND_STRING);
	jv_free(chat);
	return id;
}

jv
petition_task_for(const struct petition *p, struct tx *tx, enum may_what what)
{
	jv task = access_task(tx, json_peek_string(p->request, "task_id"), p->user, MAY_READ);

	if (!jv_is_valid(task) || access_may(tx, task, p->user, what) == 0)
		return task;
	jv_free(task);
	return jv_invalid();
}

/* Whether a member (borrowed) of a request of that type is one of those. */
static bool
is_fit(const char *type, const char *name, jv value, const char *const *members)
{
	jv_kind kind = jv_get_kind(value);

	while (*members && strcmp(*members, name) != 0)
		members++;
	if (!*members && strcmp(name, "type") != 0)
		err_set(EX_DATAERR, "%s: %.40s: there is no such member", type, name);
	else if (kind != JV_KIND_STRING && kind != JV_KIND_NULL)
		err_set(EX_DATAERR, "%s: %s: want string, got %s", type, name, jv_kind_name(kind));
	else
		return true;
	return false;
}

bool
petition_has_only(const struct petition *p, const char *const *members)
{
	const char *type = json_peek_string(p->request, "type");
	bool is = true;

	jv_object_foreach (p->request, name, value) {
		is = is && is_fit(type, jv_string_value(name), value, members);
		jv_free(name);
		jv_free(value);
	}
	return is;
}

int64_t
petition_limit(const struct petition *p)
{
	int64_t limit =
	    json_peek_int(p->request, "limit", json_has(p->request, "limit") ? 0 : LISTED);

	if (limit >= 1 && limit <= LISTED_MAX)
		return limit;
	err_set(EX_DATAERR, "limit: want 1 to %d", LISTED_MAX);
	return 0;
}

void
petition_move(struct petition *p, jv chat, struct follow_from from)
{
	memcpy(p->to, json_peek_string(chat, "id"), ID_TEXT);
	p->from = from;
	p->has_moved = true;
}
