/*
 * keyword.h - a JSON Schema, read and judged once, so that values can be held against it
 *
 * Of a document every schema in it becomes a place: `false`, or rules, one for each keyword that
 * says something about values.  What a rule needs again and again (expressions, where its
 * sub-schemas and references lead) is found here.  schema.h says which keywords there are.
 *
 * A place that a value can reach leads back to itself only over a keyword that goes on to a part
 * of the value (an item, a member, a name): so holding a value against it ends.
 */
#ifndef KEYWORD_H
#define KEYWORD_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

#include "pattern.h"

enum keyword {
	KEYWORD_DEFINITIONS,
	KEYWORD_DEFS,
	KEYWORD_REF,
	KEYWORD_TYPE,
	KEYWORD_ENUM,
	KEYWORD_CONST,
	KEYWORD_PROPERTIES,
	KEYWORD_PATTERN_PROPERTIES,
	KEYWORD_ADDITIONAL_PROPERTIES,
	KEYWORD_PROPERTY_NAMES,
	KEYWORD_REQUIRED,
	KEYWORD_MIN_PROPERTIES,
	KEYWORD_MAX_PROPERTIES,
	KEYWORD_DEPENDENCIES,
	KEYWORD_DEPENDENT_REQUIRED,
	KEYWORD_DEPENDENT_SCHEMAS,
	KEYWORD_ITEMS,
	KEYWORD_ADDITIONAL_ITEMS,
	KEYWORD_CONTAINS,
	KEYWORD_MIN_ITEMS,
	KEYWORD_MAX_ITEMS,
	KEYWORD_UNIQUE_ITEMS,
	KEYWORD_MINIMUM,
	KEYWORD_MAXIMUM,
	KEYWORD_EXCLUSIVE_MINIMUM,
	KEYWORD_EXCLUSIVE_MAXIMUM,
	KEYWORD_MULTIPLE_OF,
	KEYWORD_MIN_LENGTH,
	KEYWORD_MAX_LENGTH,
	KEYWORD_PATTERN,
	KEYWORD_ALL_OF,
	KEYWORD_ANY_OF,
	KEYWORD_ONE_OF,
	KEYWORD_NOT,
	KEYWORD_IF,
	KEYWORD_THEN,
	KEYWORD_ELSE,
	KEYWORD_SCOPE, /* "x-legwork-scope": account, region or none; see fence.h */
	KEYWORDS
};

/* Where a rule leads, or what it matches. */
struct keyword_part {
	jv name; /* of a member; invalid where there is none */
	struct pattern *pattern;
	size_t place; /* KEYWORD_NOWHERE where it leads to no schema */
};

#define KEYWORD_NOWHERE ((size_t)-1)

struct keyword_rule {
	enum keyword keyword;
	size_t place; /* that it is of */
	jv value;     /* as it was written */
	struct keyword_part *parts;
	size_t len;
};

struct keyword_place {
	bool is_false;
	struct keyword_rule *rules;
	size_t len;
};

/* Place 0 is the whole. */
struct schema {
	struct keyword_place *places;
	size_t len;
};

/* keyword_read - read a document (consumed); NULL with err EX_DATAERR: where and what is wrong.
 * Unless is_strict, keywords of other drafts are remarks, and an expression that cannot be read has
 * no pattern: values cannot be held against it then. */
struct schema *keyword_read(jv document, bool is_strict);

/* keyword_release - free it; NULL is fine. */
void keyword_release(struct schema *s);

/* keyword_beside - the rule of another keyword in the place that rule is of, or NULL. */
const struct keyword_rule *keyword_beside(const struct schema *s, const struct keyword_rule *rule,
    enum keyword other);

/* keyword_of - the rule of a keyword in a place, or NULL. */
const struct keyword_rule *keyword_of(const struct keyword_place *place, enum keyword keyword);

/* keyword_is_in_place - whether the schemas that a keyword has are for the value itself, not for a
 * part of it. */
bool keyword_is_in_place(enum keyword keyword);

/* keyword_kind - the kind of values that a keyword says something about; invalid: any. */
jv_kind keyword_kind(enum keyword keyword);

/* keyword_kind_name - what JSON Schema calls a kind: "number", "boolean" and so on. */
const char *keyword_kind_name(jv_kind kind);

#endif
