#include "member.h"

#include <stdbool.h>
#include <strings.h>

#include "json.h"

/* Where the member of that name is; as many as there are: nowhere. */
static int
find(jv members, const char *user)
{
	int len = jv_array_length(jv_copy(members)), at = 0;

	for (bool is_found = false; at < len; at++) {
		jv one = jv_array_get(jv_copy(members), at);
		const char *name = json_peek_string(one, "user_id");

		is_found = name && !strcasecmp(name, user);
		jv_free(one);
		if (is_found)
			return at;
	}
	return len;
}

static jv
members_of(jv chat)
{
	jv members = json_get(chat, "members", JV_KIND_ARRAY);

	if (jv_is_valid(members))
		return members;
	jv_free(members);
	return jv_array();
}

const char *
member_kind(jv chat, const char *user)
{
	jv members = members_of(chat), one;
	int at = find(members, user);
	const char *kind = NULL;

	if (at < jv_array_length(jv_copy(members))) {
		one = jv_array_get(jv_copy(members), at);
		kind = json_peek_string(one, "kind");
		jv_free(one); /* the chat still holds it */
	}
	jv_free(members);
	return kind;
}

jv
member_set(jv chat, const char *user, const char *kind)
{
	jv members = members_of(chat), one;
	int at = find(members, user);

	if (at < jv_array_length(jv_copy(members)))
		one = jv_array_get(jv_copy(members), at);
	else
		one = json_set_string(jv_object(), "user_id", user);
	members = jv_array_set(members, at, json_set_string(one, "kind", kind));
	return json_set(chat, "members", members);
}

jv
member_drop(jv chat, const char *user)
{
	jv members = members_of(chat), left;
	int at = find(members, user), len = jv_array_length(jv_copy(members));

	if (at == len) {
		jv_free(members);
		return chat;
	}
	left = jv_array_slice(jv_copy(members), 0, at);
	left = jv_array_concat(left, jv_array_slice(members, at + 1, len));
	return json_set(chat, "members", left);
}
