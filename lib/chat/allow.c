#include "allow.h"

#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "err.h"
#include "may.h"
#include "rate.h"

bool
allow_is_given(const struct allow *allow)
{
	return allow->may.len > 0 || allow->rate.len > 0 || allow->trust;
}

/* The name of one of the len that an item "name=value" begins with, and its value; NULL with
 * err. */
static const char *
take_apart(const char *option, const char *item, const char *const *names, size_t len,
    const char **value)
{
	size_t name = strcspn(item, "="), i = 0;
	struct buf known = { 0 };

	while (i < len && !(strlen(names[i]) == name && !strncmp(item, names[i], name)))
		i++;
	if (i < len && item[name]) {
		*value = item + name + 1;
		return names[i];
	}
	for (i = 0; i < len; i++)
		buf_printf(&known, "%s%s=...", i == 0 ? "" : i + 1 < len ? ", " : " or ", names[i]);
	err_set(EX_USAGE, "--%s: want %s, got '%.80s'", option, known.p, item);
	buf_release(&known);
	return NULL;
}

static int
check_who(const char *option, const char *word)
{
	return may_is_who(word)
	           ? 0
	           : err_set(EX_USAGE, "--%s: want anyone, members or owner, got '%.80s'", option,
			 word);
}

static int
read_may(const struct opt_list *list, jv *may)
{
	const char *names[MAY_RIGHTS], *name, *who;

	for (int i = 0; i < MAY_RIGHTS; i++)
		names[i] = may_right((enum may_what)i);
	for (size_t i = 0; i < list->len; i++) {
		name = take_apart("may", list->item[i], names, MAY_RIGHTS, &who);
		if (!name || check_who("may", who) < 0)
			return -1;
		*may = json_set_string(*may, name, who);
	}
	return 0;
}

static int
read_rate(const struct opt_list *list, jv *rate)
{
	static const char *const names[] = { "messages", "tasks" };
	const char *name, *count;

	for (size_t i = 0; i < list->len; i++) {
		char *end;
		long n;

		if (!(name = take_apart("rate", list->item[i], names, 2, &count)))
			return -1;
		n = strcmp(count, "none") != 0 ? strtol(count, &end, 10) : 0;
		if (strcmp(count, "none") != 0 &&
		    (*count < '1' || *count > '9' || *end || n > RATE_MOST))
			return err_set(EX_USAGE,
			    "--rate: want 1 to %d a minute, or none, got '%.80s'", RATE_MOST,
			    count);
		*rate = json_set_int(*rate, name, n);
	}
	return 0;
}

jv
allow_read(const struct allow *allow)
{
	jv may = jv_object(), rate = jv_object(), rules;

	if (read_may(&allow->may, &may) < 0 || read_rate(&allow->rate, &rate) < 0 ||
	    (allow->trust && check_who("trust", allow->trust) < 0)) {
		jv_free(may);
		jv_free(rate);
		return jv_invalid();
	}
	rules = json_set(json_set(jv_object(), "may", may), "rate", rate);
	return allow->trust ? json_set_string(rules, "trust", allow->trust) : rules;
}

/* Whether a member's value (consumed) says only what is so without it: it limits nothing.  But
 * without a rule only who is asked approves, and a chat with others is its owner's to remove. */
static bool
is_free(const char *name, jv value)
{
	bool is_kept =
		 !strcmp(name, may_right(MAY_APPROVE)) || !strcmp(name, may_right(MAY_REMOVE)),
	     is = (!is_kept && jv_equal(jv_copy(value), jv_string("anyone"))) ||
	          jv_equal(jv_copy(value), jv_number(0)) || jv_equal(jv_copy(value), jv_object());

	jv_free(value);
	return is;
}

/* An object (consumed) with the members of another (consumed) in place of its own; without those
 * that are free. */
static jv
joined(jv object, jv more)
{
	if (jv_get_kind(object) != JV_KIND_OBJECT) {
		jv_free(object);
		object = jv_object();
	}
	jv_object_foreach (more, name, value) {
		if (is_free(jv_string_value(name), jv_copy(value)))
			object = json_drop(object, jv_string_value(name));
		else
			object = json_set(object, jv_string_value(name), jv_copy(value));
		jv_free(name);
		jv_free(value);
	}
	jv_free(more);
	return object;
}

jv
allow_set(struct tx *tx, const char *chat_id, jv rules)
{
	static const char *const parts[] = { "may", "rate" };
	jv chat = chat_get(tx, chat_id), policy = json_get(chat, "policy", JV_KIND_OBJECT),
	   all = jv_copy(rules);

	if (!jv_is_valid(chat)) {
		jv_free(policy);
		jv_free(all);
		err_set(EX_NOINPUT, "chat %s: no such chat", chat_id);
		return chat;
	}
	jv_free(chat);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		all = json_set(all, parts[i],
		    joined(json_get(policy, parts[i], JV_KIND_OBJECT),
			json_get(rules, parts[i], JV_KIND_OBJECT)));
	return chat_set_policy(tx, chat_id, joined(policy, all));
}
