#include "keyword.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "pointer.h"

/* How deep schemas may nest, how many may be asked of one value in turn, and how long the pointers
 * to all places may be together. */
enum { NESTING_MAX = 256, CHAIN_MAX = 1000, POINTERS_MAX = 1 << 24 };

/* What the value of a keyword has to be. */
enum shape {
	ANYTHING,
	TYPES,
	ARRAY,
	NAMES,
	BOOLEAN,
	NUMBER,
	POSITIVE,
	COUNT,
	EXPRESSION,
	REFERENCE,
	MARK,
	SCHEMA,
	SCHEMAS,
	SCHEMA_OR_SCHEMAS,
	MEMBERS,        /* an object of schemas */
	PATTERNS,       /* the same, whose names are expressions */
	MEMBERS_NAMES,  /* an object of arrays of names */
	MEMBERS_EITHER, /* an object of either */
};

#define ANY_KIND JV_KIND_INVALID

static const struct info {
	const char *name;
	enum shape shape;
	jv_kind kind;     /* of the values that it is for */
	bool is_in_place; /* its schemas are for the same value */
} infos[KEYWORDS] = {
	[KEYWORD_DEFINITIONS] = { "definitions", MEMBERS, ANY_KIND, false },
	[KEYWORD_DEFS] = { "$defs", MEMBERS, ANY_KIND, false },
	[KEYWORD_REF] = { "$ref", REFERENCE, ANY_KIND, true },
	[KEYWORD_TYPE] = { "type", TYPES, ANY_KIND, false },
	[KEYWORD_ENUM] = { "enum", ARRAY, ANY_KIND, false },
	[KEYWORD_CONST] = { "const", ANYTHING, ANY_KIND, false },
	[KEYWORD_PROPERTIES] = { "properties", MEMBERS, JV_KIND_OBJECT, false },
	[KEYWORD_PATTERN_PROPERTIES] = { "patternProperties", PATTERNS, JV_KIND_OBJECT, false },
	[KEYWORD_ADDITIONAL_PROPERTIES] = { "additionalProperties", SCHEMA, JV_KIND_OBJECT, false },
	[KEYWORD_PROPERTY_NAMES] = { "propertyNames", SCHEMA, JV_KIND_OBJECT, false },
	[KEYWORD_REQUIRED] = { "required", NAMES, JV_KIND_OBJECT, false },
	[KEYWORD_MIN_PROPERTIES] = { "minProperties", COUNT, JV_KIND_OBJECT, false },
	[KEYWORD_MAX_PROPERTIES] = { "maxProperties", COUNT, JV_KIND_OBJECT, false },
	[KEYWORD_DEPENDENCIES] = { "dependencies", MEMBERS_EITHER, JV_KIND_OBJECT, true },
	[KEYWORD_DEPENDENT_REQUIRED] = { "dependentRequired", MEMBERS_NAMES, JV_KIND_OBJECT,
	    false },
	[KEYWORD_DEPENDENT_SCHEMAS] = { "dependentSchemas", MEMBERS, JV_KIND_OBJECT, true },
	[KEYWORD_ITEMS] = { "items", SCHEMA_OR_SCHEMAS, JV_KIND_ARRAY, false },
	[KEYWORD_ADDITIONAL_ITEMS] = { "additionalItems", SCHEMA, JV_KIND_ARRAY, false },
	[KEYWORD_CONTAINS] = { "contains", SCHEMA, JV_KIND_ARRAY, false },
	[KEYWORD_MIN_ITEMS] = { "minItems", COUNT, JV_KIND_ARRAY, false },
	[KEYWORD_MAX_ITEMS] = { "maxItems", COUNT, JV_KIND_ARRAY, false },
	[KEYWORD_UNIQUE_ITEMS] = { "uniqueItems", BOOLEAN, JV_KIND_ARRAY, false },
	[KEYWORD_MINIMUM] = { "minimum", NUMBER, JV_KIND_NUMBER, false },
	[KEYWORD_MAXIMUM] = { "maximum", NUMBER, JV_KIND_NUMBER, false },
	[KEYWORD_EXCLUSIVE_MINIMUM] = { "exclusiveMinimum", NUMBER, JV_KIND_NUMBER, false },
	[KEYWORD_EXCLUSIVE_MAXIMUM] = { "exclusiveMaximum", NUMBER, JV_KIND_NUMBER, false },
	[KEYWORD_MULTIPLE_OF] = { "multipleOf", POSITIVE, JV_KIND_NUMBER, false },
	[KEYWORD_MIN_LENGTH] = { "minLength", COUNT, JV_KIND_STRING, false },
	[KEYWORD_MAX_LENGTH] = { "maxLength", COUNT, JV_KIND_STRING, false },
	[KEYWORD_PATTERN] = { "pattern", EXPRESSION, JV_KIND_STRING, false },
	[KEYWORD_ALL_OF] = { "allOf", SCHEMAS, ANY_KIND, true },
	[KEYWORD_ANY_OF] = { "anyOf", SCHEMAS, ANY_KIND, true },
	[KEYWORD_ONE_OF] = { "oneOf", SCHEMAS, ANY_KIND, true },
	[KEYWORD_NOT] = { "not", SCHEMA, ANY_KIND, true },
	[KEYWORD_IF] = { "if", SCHEMA, ANY_KIND, true },
	[KEYWORD_THEN] = { "then", SCHEMA, ANY_KIND, true },
	[KEYWORD_ELSE] = { "else", SCHEMA, ANY_KIND, true },
	[KEYWORD_SCOPE] = { "x-legwork-scope", MARK, ANY_KIND, false },
};

/* Keywords of other drafts: to read them as remarks would mean to check less than is written. */
static const char *const unsupported[] = { "$anchor", "$dynamicAnchor", "$dynamicRef",
	"$recursiveAnchor", "$recursiveRef", "$vocabulary", "disallow", "divisibleBy", "extends",
	"maxContains", "minContains", "prefixItems", "unevaluatedItems", "unevaluatedProperties" };

static const char *const types[] = { "null", "boolean", "integer", "number", "string", "array",
	"object" };

/* A document being read. */
struct reader {
	jv document;
	struct schema *schema;
	jv indices;    /* by a place's pointer */
	struct buf at; /* where we are, as a pointer */
	int depth;
	size_t pointers_len;
	bool is_strict; /* what cannot be checked is a fault */
};

static size_t read_place(struct reader *r, jv v);

/* Say where and what is wrong.  Returns -1. */
__attribute__((format(printf, 2, 3))) static int
fail(const struct reader *r, const char *fmt, ...)
{
	char
	    what[1024]; /* as long as the slot, which where this is cut is cut between characters */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return err_set(EX_DATAERR, "%s: %s", pointer_show(&r->at), what);
}

const char *
keyword_kind_name(jv_kind kind)
{
	static const char *const names[] = {
		[JV_KIND_INVALID] = "nothing",
		[JV_KIND_NULL] = "null",
		[JV_KIND_FALSE] = "boolean",
		[JV_KIND_TRUE] = "boolean",
		[JV_KIND_NUMBER] = "number",
		[JV_KIND_STRING] = "string",
		[JV_KIND_ARRAY] = "array",
		[JV_KIND_OBJECT] = "object",
	};

	return names[kind];
}

static int
want(const struct reader *r, const char *what, jv got)
{
	return fail(r, "want %s, got %s", what, keyword_kind_name(jv_get_kind(got)));
}

/* A new part, led to by name (consumed). */
static struct keyword_part *
add_part(struct keyword_rule *rule, jv name)
{
	struct keyword_part *part;

	if ((rule->len & (rule->len - 1)) == 0) /* full: it has room for a power of two */
		rule->parts = xrealloc(rule->parts, (rule->len ? 2 * rule->len : 1) * sizeof *part);
	part = &rule->parts[rule->len++];
	*part = (struct keyword_part){ .name = name, .place = KEYWORD_NOWHERE };
	return part;
}

/* name and v are consumed. */
static int
add_schema(struct reader *r, struct keyword_rule *rule, jv name, jv v)
{
	struct keyword_part *part = add_part(rule, name);

	part->place = read_place(r, v);
	return part->place == KEYWORD_NOWHERE ? -1 : 0;
}

static int
add_schemas(struct reader *r, struct keyword_rule *rule)
{
	size_t len = r->at.len;
	int status = 0;

	if (jv_get_kind(rule->value) != JV_KIND_ARRAY || jv_array_length(jv_copy(rule->value)) == 0)
		return want(r, "an array of schemas, not empty", rule->value);
	jv_array_foreach (rule->value, i, v) {
		pointer_add_index(&r->at, i);
		if (status == 0)
			status = add_schema(r, rule, jv_invalid(), jv_copy(v));
		pointer_cut(&r->at, len);
		jv_free(v);
	}
	return status;
}

static int
read_names(const struct reader *r, jv names)
{
	bool are_names = jv_get_kind(names) == JV_KIND_ARRAY;

	for (int i = are_names ? jv_array_length(jv_copy(names)) : 0; i > 0; i--) {
		jv name = jv_array_get(jv_copy(names), i - 1);

		are_names = are_names && jv_get_kind(name) == JV_KIND_STRING;
		jv_free(name);
	}
	return are_names ? 0 : fail(r, "want an array of strings");
}

static int
add_pattern(struct reader *r, struct keyword_part *part, jv text)
{
	part->pattern =
	    pattern_open(jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)));
	return part->pattern || !r->is_strict ? 0 : err_add("%s", pointer_show(&r->at));
}

/* One member of what an object says; name and v are borrowed. */
static int
add_member(struct reader *r, struct keyword_rule *rule, jv name, jv v)
{
	enum shape shape = infos[rule->keyword].shape;

	if (shape == MEMBERS_NAMES ||
	    (shape == MEMBERS_EITHER && jv_get_kind(v) == JV_KIND_ARRAY)) {
		add_part(rule, jv_copy(name));
		return read_names(r, v);
	}
	if (add_schema(r, rule, jv_copy(name), jv_copy(v)) < 0)
		return -1;
	return shape == PATTERNS ? add_pattern(r, &rule->parts[rule->len - 1], name) : 0;
}

static int
add_members(struct reader *r, struct keyword_rule *rule)
{
	size_t len = r->at.len;
	int status = 0;

	if (jv_get_kind(rule->value) != JV_KIND_OBJECT)
		return want(r, "an object", rule->value);
	jv_object_foreach (rule->value, name, v) {
		pointer_add(&r->at, name);
		if (status == 0)
			status = add_member(r, rule, name, v);
		pointer_cut(&r->at, len);
		jv_free(name);
		jv_free(v);
	}
	return status;
}

static int
read_type(const struct reader *r, jv type)
{
	const char *name = jv_get_kind(type) == JV_KIND_STRING ? jv_string_value(type) : "";

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(name, types[i]))
			return 0;
	return *name ? fail(r, "there is no type \"%s\"", name)
	             : want(r, "the name of a type, or an array of some", type);
}

static int
read_types(const struct reader *r, jv v)
{
	int status = 0;

	if (jv_get_kind(v) != JV_KIND_ARRAY || jv_array_length(jv_copy(v)) == 0)
		return read_type(r, v);
	jv_array_foreach (v, i, type) {
		if (status == 0)
			status = read_type(r, type);
		jv_free(type);
	}
	return status;
}

static int
read_number(const struct reader *r, jv v, enum shape shape)
{
	double x = jv_get_kind(v) == JV_KIND_NUMBER ? jv_number_value(v) : NAN;

	if (isnan(x))
		return want(r, "a number", v);
	if (shape == POSITIVE && !(x > 0))
		return fail(r, "want a number above 0");
	if (shape == COUNT && (x < 0 || x != floor(x)))
		return fail(r, "want a whole number, not below 0");
	return 0;
}

/* A reference is followed when all else is read. */
static int
read_reference(const struct reader *r, struct keyword_rule *rule)
{
	const char *text;
	struct buf pointer = { 0 };
	bool is_found;
	jv v;

	if (jv_get_kind(rule->value) != JV_KIND_STRING)
		return want(r, "a string", rule->value);
	text = jv_string_value(rule->value);
	if (*text != '#' || (text[1] && text[1] != '/'))
		return fail(r, "want a JSON pointer within the document, got %s", text);
	v = pointer_follow(r->document, text + 1, &pointer);
	is_found = jv_is_valid(v);
	jv_free(v);
	buf_release(&pointer);
	add_part(rule, jv_invalid());
	return is_found ? 0 : fail(r, "there is no %s", text);
}

static int
read_mark(const struct reader *r, jv v)
{
	const char *mark = jv_get_kind(v) == JV_KIND_STRING ? jv_string_value(v) : "";

	if (!strcmp(mark, "account") || !strcmp(mark, "region") || !strcmp(mark, "none"))
		return 0;
	return fail(r, "want account, region or none");
}

static int
read_shape(struct reader *r, struct keyword_rule *rule)
{
	jv v = rule->value;
	jv_kind kind = jv_get_kind(v);
	enum shape shape = infos[rule->keyword].shape;

	switch (shape) {
	case TYPES:
		return read_types(r, v);
	case ARRAY:
		return kind == JV_KIND_ARRAY ? 0 : want(r, "an array", v);
	case NAMES:
		return read_names(r, v);
	case BOOLEAN:
		return kind == JV_KIND_TRUE || kind == JV_KIND_FALSE ? 0 : want(r, "a boolean", v);
	case NUMBER:
	case POSITIVE:
	case COUNT:
		return read_number(r, v, shape);
	case EXPRESSION:
		return kind == JV_KIND_STRING ? add_pattern(r, add_part(rule, jv_invalid()), v)
		                              : want(r, "a string", v);
	case REFERENCE:
		return read_reference(r, rule);
	case MARK:
		return read_mark(r, v);
	case SCHEMA_OR_SCHEMAS:
		if (kind == JV_KIND_ARRAY)
			return add_schemas(r, rule);
		return add_schema(r, rule, jv_invalid(), jv_copy(v));
	case SCHEMA:
		return add_schema(r, rule, jv_invalid(), jv_copy(v));
	case SCHEMAS:
		return add_schemas(r, rule);
	case MEMBERS:
	case PATTERNS:
	case MEMBERS_NAMES:
	case MEMBERS_EITHER:
		return add_members(r, rule);
	case ANYTHING:
		break;
	}
	return 0;
}

/* What a word says that is no keyword: nothing, where it is not one that we should know. */
static int
read_unknown(const struct reader *r, const char *word)
{
	if (!r->is_strict)
		return 0;
	for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
		if (!strcmp(word, unsupported[i]))
			return fail(r, "this keyword is not supported");
	if (!strcmp(word, "$id") && r->at.len > strlen("/$id"))
		return fail(r, "only the whole may have an identifier");
	return 0;
}

/* Read a member of a schema: a word and its value (both borrowed). */
static int
read_word(struct reader *r, struct keyword_place *place, jv word, jv v)
{
	struct keyword_rule *rule;
	int keyword = 0;

	while (keyword < KEYWORDS && strcmp(jv_string_value(word), infos[keyword].name) != 0)
		keyword++;
	if (keyword == KEYWORDS)
		return read_unknown(r, jv_string_value(word));
	rule = &place->rules[place->len++];
	*rule = (struct keyword_rule){ .keyword = (enum keyword)keyword, .value = jv_copy(v) };
	return read_shape(r, rule);
}

/* Whether a word counts beside a reference, too. */
static bool
is_beside(const char *word)
{
	return !strcmp(word, infos[KEYWORD_REF].name) || !strcmp(word, infos[KEYWORD_SCOPE].name);
}

static int
read_words(struct reader *r, struct keyword_place *place, jv v)
{
	bool has_reference = json_has(v, infos[KEYWORD_REF].name);
	size_t len = r->at.len;
	int status = 0;

	place->rules = xmalloc(KEYWORDS * sizeof *place->rules);
	jv_object_foreach (v, word, value) {
		pointer_add(&r->at, word);
		if (status == 0 && (!has_reference || is_beside(jv_string_value(word))))
			status = read_word(r, place, word, value);
		pointer_cut(&r->at, len);
		jv_free(word);
		jv_free(value);
	}
	place->rules = xrealloc(place->rules, place->len * sizeof *place->rules);
	return status;
}

/* A new place, where we are; its index. */
static size_t
add_place(struct reader *r)
{
	struct schema *s = r->schema;

	if ((s->len & (s->len - 1)) == 0)
		s->places = xrealloc(s->places, (s->len ? 2 * s->len : 1) * sizeof *s->places);
	s->places[s->len] = (struct keyword_place){ 0 };
	r->indices = jv_object_set(r->indices, jv_string_sized(r->at.p, (int)r->at.len),
	    jv_number((double)s->len));
	return s->len++;
}

/* The schema v (consumed), which is where we are; KEYWORD_NOWHERE with err set: it is none. */
static size_t
read_place(struct reader *r, jv v)
{
	jv known = jv_object_get(jv_copy(r->indices), jv_string_sized(r->at.p, (int)r->at.len));
	jv_kind kind = jv_get_kind(v);
	struct keyword_place place = { .is_false = kind == JV_KIND_FALSE };
	size_t index = jv_is_valid(known) ? (size_t)jv_number_value(known) : KEYWORD_NOWHERE;
	int status = 0;

	jv_free(known);
	if (index != KEYWORD_NOWHERE) {
		jv_free(v);
		return index;
	}
	r->pointers_len += r->at.len + 1;
	if (kind != JV_KIND_OBJECT && kind != JV_KIND_TRUE && kind != JV_KIND_FALSE) {
		status = want(r, "a schema, which is an object or a boolean", v);
	} else if (r->depth == NESTING_MAX || r->pointers_len > POINTERS_MAX) {
		status = fail(r, "the schema is too large");
	} else {
		index = add_place(r);
		r->depth++;
		if (kind == JV_KIND_OBJECT)
			status = read_words(r, &place, v);
		r->depth--;
		for (size_t i = 0; i < place.len; i++)
			place.rules[i].place = index;
		r->schema->places[index] = place;
	}
	jv_free(v);
	return status < 0 ? KEYWORD_NOWHERE : index;
}

/* Find where the references lead, also those that stand where these do. */
static int
follow_references(struct reader *r)
{
	size_t place;
	jv v;

	for (size_t i = 0; i < r->schema->len; i++) {
		const struct keyword_rule *rule = keyword_of(&r->schema->places[i], KEYWORD_REF);

		if (!rule)
			continue;
		v = pointer_follow(r->document, jv_string_value(rule->value) + 1, &r->at);
		place = read_place(r, v);
		if (place == KEYWORD_NOWHERE)
			return -1;
		rule->parts->place = place;
	}
	return 0;
}

/* Why what is asked of one value at that place does not end; NULL: it does.  state is 1 for the
 * places we come from, and 2 for those that are known to end. */
static const char *
why_endless(const struct schema *s, size_t place, char *state, int depth)
{
	const struct keyword_place *at = &s->places[place];
	const char *why = NULL;

	if (state[place] == 2)
		return NULL;
	if (state[place] == 1)
		return "its references lead in a circle";
	if (depth == CHAIN_MAX)
		return "its references lead too far";
	state[place] = 1;
	for (size_t i = 0; i < at->len; i++) {
		const struct keyword_rule *rule = &at->rules[i];

		if (!infos[rule->keyword].is_in_place)
			continue;
		for (size_t part = 0; part < rule->len && !why; part++)
			if (rule->parts[part].place != KEYWORD_NOWHERE)
				why = why_endless(s, rule->parts[part].place, state, depth + 1);
	}
	state[place] = 2;
	return why;
}

/* Refuse references that lead back to where they are without going on to a part of the value. */
static int
refuse_endless(const struct reader *r)
{
	char *state = xmalloc(r->schema->len);
	int status = 0;

	memset(state, 0, r->schema->len);
	jv_object_foreach (r->indices, pointer, index) {
		const char *why =
		    status ? NULL
			   : why_endless(r->schema, (size_t)jv_number_value(index), state, 0);

		if (why)
			status = err_set(EX_DATAERR, "%s: %s",
			    *jv_string_value(pointer) ? jv_string_value(pointer) : "top level",
			    why);
		jv_free(pointer);
		jv_free(index);
	}
	free(state);
	return status;
}

struct schema *
keyword_read(jv document, bool is_strict)
{
	struct schema *s = xmalloc(sizeof *s);
	struct reader r = { .document = document,
		.schema = s,
		.indices = jv_object(),
		.is_strict = is_strict };

	*s = (struct schema){ 0 };
	buf_puts(&r.at, "");
	if (read_place(&r, jv_copy(document)) == KEYWORD_NOWHERE || follow_references(&r) < 0 ||
	    refuse_endless(&r) < 0) {
		keyword_release(s);
		s = NULL;
	}
	buf_release(&r.at);
	jv_free(r.indices);
	jv_free(document);
	return s;
}

static void
release_rule(struct keyword_rule *rule)
{
	for (size_t i = 0; i < rule->len; i++) {
		jv_free(rule->parts[i].name);
		pattern_close(rule->parts[i].pattern);
	}
	free(rule->parts);
	jv_free(rule->value);
}

void
keyword_release(struct schema *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->len; i++) {
		for (size_t rule = 0; rule < s->places[i].len; rule++)
			release_rule(&s->places[i].rules[rule]);
		free(s->places[i].rules);
	}
	free(s->places);
	free(s);
}

const struct keyword_rule *
keyword_of(const struct keyword_place *place, enum keyword keyword)
{
	for (size_t i = 0; i < place->len; i++)
		if (place->rules[i].keyword == keyword)
			return &place->rules[i];
	return NULL;
}

const struct keyword_rule *
keyword_beside(const struct schema *s, const struct keyword_rule *rule, enum keyword other)
{
	return keyword_of(&s->places[rule->place], other);
}

bool
keyword_is_in_place(enum keyword keyword)
{
	return infos[keyword].is_in_place;
}

jv_kind
keyword_kind(enum keyword keyword)
{
	return infos[keyword].kind;
}
