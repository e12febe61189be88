/*
 * schema.h - JSON Schema: whether a value is as a document wants it, and if not, why
 *
 * Draft 7, for what tools and output contracts are written in:
 *
 *     any      $ref type enum const allOf anyOf oneOf not if then else
 *     objects  properties patternProperties additionalProperties propertyNames required
 *              minProperties maxProperties dependencies dependentRequired dependentSchemas
 *     arrays   items additionalItems contains minItems maxItems uniqueItems
 *     numbers  minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
 *     strings  minLength maxLength pattern (see pattern.h)
 *
 * definitions and $defs hold what $ref names: "#" or "#/a/JSON/pointer" within the document, never
 * anything outside it.  Beside a $ref nothing else counts, as draft 7 says.  Keywords of other
 * drafts are refused, and so is an $id below the top, which would change what a $ref means; all
 * other words (title, default, format, x-...) are remarks.
 *
 * No check takes long: there is a limit to the steps of one, and over it the answer is no.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include <jv.h>

struct schema;

/*
 * schema_open - make ready a schema (consumed), which is an object or a boolean
 *
 * Returns NULL with err EX_DATAERR, where it is none, says something that cannot be checked, or
 * has references that lead nowhere, out of it or in a circle: "/properties/a/type: there is no ..."
 */
struct schema *schema_open(jv schema);

/* schema_try - whether a document (consumed) is a schema, be it one that can be checked here or
 * not: keywords of other drafts, and expressions that schema_open refuses, are no fault.  0, or -1
 * with err as schema_open. */
int schema_try(jv schema);

/* schema_close - free it; NULL is fine. */
void schema_close(struct schema *s);

/*
 * schema_check - whether value (borrowed) is as the schema wants it
 *
 * Returns 0, or -1 with err EX_DATAERR: up to five faults, each with a JSON pointer to where it is
 * ("top level": the whole), in words that say what to mend:
 *
 *     /a/0: want string, got number; /b: want at least 2 items, got 1
 *
 * or "cannot be checked: ..." where it would take too many steps.
 */
int schema_check(const struct schema *s, jv value);

#endif
