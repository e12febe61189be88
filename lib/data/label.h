/*
 * label.h - which arguments of a tool are accounts, and which regions
 *
 * An argument is one by its name: without case and signs, and without "id", "ids", "name", "names",
 * "number", "numbers", "list", "code" or "codes" at its end, it ends with "account", "accounts",
 * "region" or "regions" (account_id, AwsRegions, source-account-ids).  Or because its schema has
 * "x-legwork-scope":"account", "region" or "none", which counts more than its name.
 *
 * Of all that a schema may say of a value (anyOf, if, not ...), everything counts, whether or not
 * the value is like that.
 */
#ifndef LABEL_H
#define LABEL_H

#include <jv.h>
#include <stdbool.h>

#include "keyword.h"
#include "scope.h"

/* Bits: 1 << SCOPE_ACCOUNT, 1 << SCOPE_REGION, and: it is neither. */
enum { LABEL_NONE = 1 << SCOPE_KINDS };

/* label_name - what an argument of that name is; 0: nothing. */
unsigned label_name(const char *name);

/* All places of a schema that speak of one value.  Begins with {schema}. */
struct label_set {
	const struct schema *schema;
	size_t *place;
	size_t len;
};

/* label_set_add - add a place, with those that speak of the same value. */
void label_set_add(struct label_set *set, size_t place);
void label_set_release(struct label_set *set);

/* label_set_mark - what they say that it is; 0: nothing. */
unsigned label_set_mark(const struct label_set *set);

/* label_set_lists - whether a member of that name is described. */
bool label_set_lists(const struct label_set *set, jv name);

/* label_set_member, label_set_item, label_set_names - add to `to` what speaks of a member of the
 * value, of an item, of the names of its members. */
void label_set_member(const struct label_set *set, jv name, struct label_set *to);
void label_set_item(const struct label_set *set, int index, struct label_set *to);
void label_set_names(const struct label_set *set, struct label_set *to);

/* label_declared - the name of an argument that is of that kind, owned; invalid: there is none. */
jv label_declared(const struct schema *schema, enum scope_kind kind);

#endif
