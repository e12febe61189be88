#include "label.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

/* The letters and digits of a name, small. */
static void
squash(struct buf *b, const char *name)
{
	buf_puts(b, "");
	for (; *name; name++)
		if (isalnum((unsigned char)*name))
			buf_putc(b, (char)tolower((unsigned char)*name));
}

/* Take a word off the end.  Returns whether it was there. */
static bool
take_off(struct buf *b, const char *word)
{
	size_t len = strlen(word);

	if (b->len < len || memcmp(b->p + b->len - len, word, len) != 0)
		return false;
	b->len -= len;
	b->p[b->len] = '\0';
	return true;
}

unsigned
label_name(const char *name)
{
	static const char *const ends[] = { "id", "ids", "name", "names", "number", "numbers",
		"list", "code", "codes" };
	struct buf b = { 0 };
	unsigned label = 0;

	squash(&b, name);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (take_off(&b, ends[i]))
			i = (size_t)-1;
	take_off(&b, "s");
	for (int kind = 0; !label && kind < SCOPE_KINDS; kind++)
		label = take_off(&b, scope_name(kind)) ? 1U << kind : 0;
	buf_release(&b);
	return label;
}

static bool
has_place(const struct label_set *set, size_t place)
{
	for (size_t i = 0; i < set->len; i++)
		if (set->place[i] == place)
			return true;
	return false;
}

static void
add_one(struct label_set *set, size_t place)
{
	if (place == KEYWORD_NOWHERE || has_place(set, place))
		return;
	if ((set->len & (set->len - 1)) == 0) /* full: it has room for a power of two */
		set->place =
		    xrealloc(set->place, (set->len ? 2 * set->len : 1) * sizeof *set->place);
	set->place[set->len++] = place;
}

/* Add all places that a rule leads to. */
static void
add_parts(struct label_set *set, const struct keyword_rule *rule)
{
	for (size_t i = 0; rule && i < rule->len; i++)
		add_one(set, rule->parts[i].place);
}

void
label_set_add(struct label_set *set, size_t place)
{
	size_t i = set->len;

	add_one(set, place);
	for (; i < set->len; i++) {
		const struct keyword_place *at = &set->schema->places[set->place[i]];

		for (size_t n = 0; n < at->len; n++)
			if (keyword_is_in_place(at->rules[n].keyword))
				add_parts(set, &at->rules[n]);
	}
}

void
label_set_release(struct label_set *set)
{
	free(set->place);
	*set = (struct label_set){ set->schema, NULL, 0 };
}

static const struct keyword_rule *
rule_at(const struct label_set *set, size_t i, enum keyword keyword)
{
	return keyword_of(&set->schema->places[set->place[i]], keyword);
}

unsigned
label_set_mark(const struct label_set *set)
{
	unsigned mark = 0;

	for (size_t i = 0; i < set->len; i++) {
		const struct keyword_rule *rule = rule_at(set, i, KEYWORD_SCOPE);
		unsigned own = rule ? LABEL_NONE : 0;

		for (int kind = 0; rule && kind < SCOPE_KINDS; kind++)
			if (!strcmp(jv_string_value(rule->value), scope_name(kind)))
				own = 1U << kind;
		mark |= own;
	}
	return mark & ~LABEL_NONE ? mark & ~LABEL_NONE : mark;
}

static bool
lists(const struct keyword_rule *properties, jv name)
{
	return properties && jv_object_has(jv_copy(properties->value), jv_copy(name));
}

bool
label_set_lists(const struct label_set *set, jv name)
{
	for (size_t i = 0; i < set->len; i++)
		if (lists(rule_at(set, i, KEYWORD_PROPERTIES), name))
			return true;
	return false;
}

/* What a pattern that takes too long matches is taken for both: a match and none. */
static void
add_member(const struct keyword_place *at, jv name, struct label_set *to)
{
	const struct keyword_rule *named = keyword_of(at, KEYWORD_PROPERTIES),
				  *patterns = keyword_of(at, KEYWORD_PATTERN_PROPERTIES),
				  *others = keyword_of(at, KEYWORD_ADDITIONAL_PROPERTIES);
	size_t len = (size_t)jv_string_length_bytes(jv_copy(name));
	bool is_named = lists(named, name);

	for (size_t i = 0; named && i < named->len; i++)
		if (jv_equal(jv_copy(named->parts[i].name), jv_copy(name)))
			label_set_add(to, named->parts[i].place);
	for (size_t i = 0; patterns && i < patterns->len; i++) {
		int found = pattern_search(patterns->parts[i].pattern, jv_string_value(name), len);

		if (found != 0)
			label_set_add(to, patterns->parts[i].place);
		is_named = is_named || found > 0;
	}
	if (others && !is_named)
		label_set_add(to, others->parts->place);
}

void
label_set_member(const struct label_set *set, jv name, struct label_set *to)
{
	for (size_t i = 0; i < set->len; i++)
		add_member(&set->schema->places[set->place[i]], name, to);
}

void
label_set_item(const struct label_set *set, int index, struct label_set *to)
{
	for (size_t i = 0; i < set->len; i++) {
		const struct keyword_rule *items = rule_at(set, i, KEYWORD_ITEMS),
					  *contains = rule_at(set, i, KEYWORD_CONTAINS),
					  *others = rule_at(set, i, KEYWORD_ADDITIONAL_ITEMS);
		bool is_tuple = items && jv_get_kind(items->value) == JV_KIND_ARRAY;

		if (items && (!is_tuple || (size_t)index < items->len))
			label_set_add(to, items->parts[is_tuple ? index : 0].place);
		else if (is_tuple && others)
			label_set_add(to, others->parts->place);
		if (contains)
			label_set_add(to, contains->parts->place);
	}
}

void
label_set_names(const struct label_set *set, struct label_set *to)
{
	for (size_t i = 0; i < set->len; i++) {
		const struct keyword_rule *rule = rule_at(set, i, KEYWORD_PROPERTY_NAMES);

		if (rule)
			label_set_add(to, rule->parts->place);
	}
}

/* A way through a schema, in search of an argument of some kind. */
struct search {
	const struct schema *schema;
	unsigned label;
	bool *is_known; /* by place */
	jv found;       /* its name; invalid: not yet */
};

/* What the schema says of a value at that place. */
static unsigned
mark_at(const struct schema *schema, size_t place)
{
	struct label_set set = { .schema = schema };
	unsigned mark;

	label_set_add(&set, place);
	mark = label_set_mark(&set);
	label_set_release(&set);
	return mark;
}

static void search_place(struct search *s, size_t place, jv name);

static void
search_part(struct search *s, const struct keyword_rule *rule, size_t i, jv name)
{
	const struct keyword_part *part = &rule->parts[i];
	bool is_named = rule->keyword == KEYWORD_PROPERTIES;

	if (is_named && label_name(jv_string_value(part->name)) & s->label &&
	    !mark_at(s->schema, part->place) && !jv_is_valid(s->found))
		s->found = jv_copy(part->name);
	if (part->place != KEYWORD_NOWHERE)
		search_place(s, part->place, is_named ? part->name : name);
}

/* name: of the last property on the way. */
static void
search_place(struct search *s, size_t place, jv name)
{
	const struct keyword_place *at = &s->schema->places[place];

	if (s->is_known[place] || jv_is_valid(s->found))
		return;
	s->is_known[place] = true;
	if (mark_at(s->schema, place) & s->label) {
		s->found = jv_copy(name);
		return;
	}
	for (size_t i = 0; i < at->len; i++) {
		const struct keyword_rule *rule = &at->rules[i];

		if (rule->keyword == KEYWORD_DEFINITIONS || rule->keyword == KEYWORD_DEFS)
			continue;
		for (size_t n = 0; n < rule->len && !jv_is_valid(s->found); n++)
			search_part(s, rule, n, name);
	}
}

jv
label_declared(const struct schema *schema, enum scope_kind kind)
{
	struct search s = { .schema = schema, .label = 1U << kind, .found = jv_invalid() };
	jv nameless = jv_string("the arguments");

	s.is_known = xmalloc(schema->len * sizeof *s.is_known);
	memset(s.is_known, 0, schema->len * sizeof *s.is_known);
	search_place(&s, 0, nameless);
	free(s.is_known);
	jv_free(nameless);
	return s.found;
}
