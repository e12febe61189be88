/*
 * scope.h - which accounts and regions a task may touch
 *
 *   {"account_ids":["111122223333"],"regions":["eu-central-1"]}
 *
 * A list that is not there limits nothing.  One that is there holds all that may be touched: where
 * it is empty, or no list, that is nothing.
 */
#ifndef SCOPE_H
#define SCOPE_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

enum scope_kind { SCOPE_ACCOUNT, SCOPE_REGION, SCOPE_KINDS };

/* scope_name - "account", "region"; scope_member - "account_ids", "regions". */
const char *scope_name(enum scope_kind kind);
const char *scope_member(enum scope_kind kind);

/* scope_check_account - whether that is the id of an account, 12 digits; scope_check_region - the
 * name of a region, such as us-east-1 or us-gov-west-1.  0, or -1 with err EX_DATAERR: what to do
 * instead. */
int scope_check_account(const char *id);
int scope_check_region(const char *name);

/*
 * scope_list - one or more ids or names, as people and models give them
 *
 * given  consumed; an array of strings or a string; blanks and commas part what is in a string
 *
 * Returns an owned array of strings, each once; invalid with err EX_DATAERR where it is none, or
 * there is nothing in it.
 */
jv scope_list(jv given);

/*
 * scope_check - whether a scope (borrowed) can be enforced
 *
 * is_any  its accounts and regions are of another world: they may be any words
 *
 * Returns 0, or -1 with err EX_DATAERR naming the member: a list that is no array, is empty, or
 * holds what is no word.
 */
int scope_check(jv scope, bool is_any);

/* scope_of - the scope of a task (borrowed), owned: an object; empty: it has none. */
jv scope_of(jv task);

/* scope_limits - whether a scope (borrowed) limits these at all. */
bool scope_limits(jv scope, enum scope_kind kind);

/* scope_allows - whether a scope (borrowed) has that one: to the byte. */
bool scope_allows(jv scope, enum scope_kind kind, const char *text, size_t len);

/* scope_is_within - whether child allows nothing that parent does not (both borrowed).  false: err
 * EX_NOPERM names what it is. */
bool scope_is_within(jv child, jv parent);

#endif
