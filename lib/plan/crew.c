/*
 * crew.c - words are compared as sets: the keys of a jv object
 */
#include "crew.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "json.h"
#include "rules.h"

jv
crew_strings(jv object, const char *name)
{
	jv all = json_get(object, name, JV_KIND_ARRAY), strings = jv_array();

	if (!jv_is_valid(all)) {
		jv_free(all);
		return strings;
	}
	jv_array_foreach (all, i, one) {
		if (jv_get_kind(one) == JV_KIND_STRING)
			strings = jv_array_append(strings, one);
		else
			jv_free(one);
	}
	jv_free(all);
	return strings;
}

jv
crew_add(jv list, const char *name)
{
	bool is_there = false;

	jv_array_foreach (list, i, item) {
		is_there = is_there || (jv_get_kind(item) == JV_KIND_STRING &&
					   !strcasecmp(jv_string_value(item), name));
		jv_free(item);
	}
	return is_there ? list : jv_array_append(list, jv_string(name));
}

static int
crew_size(jv crew)
{
	return jv_get_kind(crew) == JV_KIND_ARRAY ? jv_array_length(jv_copy(crew)) : 0;
}

const char *
crew_role(jv agent)
{
	const char *status = json_peek_string(agent, "status");

	if (status && strcmp(status, "proposed") == 0)
		return NULL;
	return json_peek_string(agent, "role");
}

jv
crew_role_of(const char *name)
{
	struct buf role = { 0 };
	jv text = jv_invalid();

	for (const char *p = name; *p && role.len <= CREW_ROLE_MAX; p++)
		if (isalnum((unsigned char)*p) || *p == '-' || *p == '_')
			buf_putc(&role, *p);
		else if (role.len > 0 && role.p[role.len - 1] != '_')
			buf_putc(&role, '_');
	if (role.len > 1 && role.p[role.len - 1] == '_' && name[strlen(name) - 1] != '_')
		role.p[--role.len] = '\0';
	if (role.len > 0 && role.len <= CREW_ROLE_MAX && isalpha((unsigned char)*role.p))
		text = jv_string(role.p);
	buf_release(&role);
	return text;
}

/* How many bytes at p, which is not at the end, separate words: ASCII punctuation, and
 * the blocks of Unicode that hold nothing else (U+0080, U+2000 to U+2BFF, U+3000). */
static size_t
gap_size(const char *p)
{
	unsigned char a = (unsigned char)p[0], b = (unsigned char)p[1];

	if (a < 0x80)
		return isalnum(a) ? 0 : 1;
	if (a == 0xC2)
		return 2;
	return (a == 0xE2 && b < 0xB0) || (a == 0xE3 && b == 0x80) ? 3 : 0;
}

/* Move *p to the next word and set its length; false: there is none. */
static bool
next_word(const char **p, size_t *len)
{
	size_t gap;

	while (**p && (gap = gap_size(*p)) > 0)
		*p += gap;
	for (*len = 0; (*p)[*len] && gap_size(*p + *len) == 0;)
		++*len;
	return *len > 0;
}

/* Add the words of text, in lower case, to the set (consumed). */
static jv
add_words(jv set, const char *text)
{
	size_t len;

	for (const char *p = text; next_word(&p, &len); p += len) {
		char *word = xprintf("%.*s", (int)len, p);

		for (char *c = word; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		set = jv_object_set(set, jv_string(word), jv_true());
		free(word);
	}
	return set;
}

/* How many words of the set (consumed) are among words. */
static int
count_common(jv set, jv words)
{
	int n = 0;

	jv_object_foreach (set, word, value) {
		jv_free(value);
		n += jv_object_has(jv_copy(words), word);
	}
	jv_free(set);
	return n;
}

static int
agent_score(jv agent, jv words)
{
	jv skills = crew_strings(agent, "skills"), set = jv_object();

	jv_array_foreach (skills, i, skill) {
		set = add_words(set, jv_string_value(skill));
		jv_free(skill);
	}
	jv_free(skills);
	return count_common(set, words);
}

int
crew_score(jv agent, const char *text)
{
	jv words = add_words(jv_object(), text);
	int score = agent_score(agent, words);

	jv_free(words);
	return score;
}

jv
crew_skills_in(jv agent, const char *text)
{
	jv skills = crew_strings(agent, "skills"), found = jv_array();
	jv words = add_words(jv_object(), text);

	jv_array_foreach (skills, i, skill) {
		jv set = add_words(jv_object(), jv_string_value(skill));
		int len = jv_object_length(jv_copy(set));

		if (count_common(set, words) == len && len > 0)
			found = jv_array_append(found, skill);
		else
			jv_free(skill);
	}
	jv_free(words);
	jv_free(skills);
	return found;
}

jv
crew_find(jv crew, const char *wanted)
{
	for (int i = 0; i < crew_size(crew); i++) {
		jv agent = jv_array_get(jv_copy(crew), i);
		const char *role = crew_role(agent);

		if (role && (!wanted || strcasecmp(role, wanted) == 0))
			return agent;
		jv_free(agent);
	}
	return jv_invalid();
}

jv
crew_choose(jv crew, const char *text)
{
	jv best = crew_find(crew, NULL), words = add_words(jv_object(), text);
	int best_score = 0;

	for (int i = 0; i < crew_size(crew); i++) {
		jv agent = jv_array_get(jv_copy(crew), i);
		int score = crew_role(agent) ? agent_score(agent, words) : 0;

		if (score > best_score) {
			jv_free(best);
			best = jv_copy(agent);
			best_score = score;
		}
		jv_free(agent);
	}
	jv_free(words);
	return best;
}

/* The agent that text mentions first, or invalid; *at and *len say where. */
static jv
find_mentioned(jv crew, const char *text, const char **at, size_t *len)
{
	jv found = jv_invalid();

	*at = NULL;
	*len = 0;
	for (int i = 0; i < crew_size(crew); i++) {
		jv agent = jv_array_get(jv_copy(crew), i);
		const char *role = crew_role(agent);
		const char *p = role ? rules_mention(text, role) : NULL;

		if (p && (!*at || p < *at || (p == *at && strlen(role) + 1 > *len))) {
			jv_free(found);
			found = jv_copy(agent);
			*at = p;
			*len = strlen(role) + 1;
		}
		jv_free(agent);
	}
	return found;
}

jv
crew_mentioned(jv crew, const char *text)
{
	const char *at;
	size_t len;

	return find_mentioned(crew, text, &at, &len);
}

jv
crew_take(jv crew, char **text)
{
	const char *at;
	size_t len;
	jv agent = find_mentioned(crew, *text, &at, &len);
	char *rest;

	if (!jv_is_valid(agent))
		return agent;
	rest = rules_without(*text, at, len);
	if (rest[strspn(rest, " \t\r\n")] == '\0') { /* a role is better than no text */
		free(rest);
		return agent;
	}
	free(*text);
	*text = rest;
	return agent;
}
