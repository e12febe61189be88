#include "addressee.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "crew.h"
#include "json.h"
#include "member.h"
#include "rules.h"
#include "wish.h"

/* The role that was named and is not there: the first one does it. */
static void
take_first(struct addressee *to, const char *name)
{
	jv first = crew_find(to->crew, NULL);

	if (jv_is_valid(first)) {
		to->role = xstrdup(crew_role(first));
		to->instead_of = xstrdup(name);
		verdict_note(to->verdict, "warnings",
		    "no agent has the role %s: %s, the first one, does it", name, to->role);
	} else {
		verdict_note(to->verdict, "warnings",
		    "no agent has the role %s, and there is no other", name);
	}
	jv_free(first);
}

/* The first name that is mentioned and is no member's; NULL: none.  A new string. */
static char *
stranger(struct addressee *to, const char *mask)
{
	size_t len;

	for (const char *p = mask; (p = wish_next_name(mask, p, &len)) != NULL; p++) {
		char *name = xprintf("%.*s", (int)len, p + 1);

		if (!member_kind(to->chat, name))
			return name;
		free(name);
	}
	return NULL;
}

/* A name in an item of a list is that item's: cuts the mask of a text at its first one. */
static void
hide_list(const char *text, char *mask)
{
	struct rules_list list;

	rules_read(&list, text);
	if (list.first)
		mask[list.first - text] = '\0';
	rules_release(&list);
}

/* Takes the "@role" out of *text (malloc'd), and takes the role where the metadata name none. */
static void
read_mention(struct addressee *to, bool is_named, char **text)
{
	char *mask = wish_mask(*text), *rest, *name;
	jv agent;

	hide_list(*text, mask);
	agent = crew_mentioned(to->crew, mask);
	if (jv_is_valid(agent)) {
		const char *role = crew_role(agent), *at = rules_mention(mask, role);

		rest = rules_without(*text, *text + (at - mask), strlen(role) + 1);
		free(*text);
		*text = rest;
		to->is_addressed = true;
	}
	if (jv_is_valid(agent) && !is_named) {
		to->role = xstrdup(crew_role(agent));
	} else if (!is_named && (name = stranger(to, mask)) != NULL) {
		take_first(to, name);
		free(name);
	}
	jv_free(agent);
	free(mask);
}

static void
read_named(struct addressee *to, jv metadata)
{
	const char *name = json_peek_string(metadata, "agent");
	jv agent = name ? crew_find(to->crew, name) : jv_invalid();

	to->is_addressed = to->is_addressed || name;
	if (jv_is_valid(agent))
		to->role = xstrdup(crew_role(agent));
	else if (name)
		take_first(to, name);
	jv_free(agent);
}

/* Whether the metadata name an agent, be it one that cannot be: null is nothing. */
static bool
has_name(jv metadata)
{
	jv null = json_get(metadata, "agent", JV_KIND_NULL);
	bool has = json_has(metadata, "agent") && !jv_is_valid(null);

	jv_free(null);
	return has;
}

void
addressee_read(struct addressee *to, jv metadata, char **text)
{
	read_named(to, metadata);
	read_mention(to, has_name(metadata), text);
}
