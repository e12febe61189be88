/*
 * rules.h - the list that a person wrote in a text, and the "@name" in its items
 *
 * Pure functions on UTF-8 text: no JSON, no crew, no failure.
 *
 * 1. An item is a line that begins with "-", "*" or "+" and a blank, with a bullet sign,
 *    or with up to nine digits, "." or ")" and a blank; and that has text behind it.
 * 2. The first item says of which kind (bullets or numbers) the list is.  An item that is
 *    indented two columns or more against the outermost so far is a deeper one, and text.
 * 3. An item goes on over lines that are indented more than its marker, and blank ones
 *    between them.  Every other line is context, items of the other kind too.
 * 4. Lines inside a ``` fence are no items; they go where the fence's first line went.
 * 5. Lists with text between them count as one.
 */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* What rules_read found.  Texts have no blanks at their end; CR LF has become LF. */
struct rules_list {
	bool is_numbered;
	size_t len;
	const char *first;  /* in the text: where the first item's line begins; NULL: no item */
	struct buf *item;   /* texts, without the marker and its indentation */
	struct buf context; /* the text around the items; len 0 where there is none */
};

/* rules_read - read the list in text; list is overwritten, rules_release it afterwards.
 */
void rules_read(struct rules_list *list, const char *text);
void rules_release(struct rules_list *list);

/*
 * rules_mention - find "@name" in text
 *
 * It stands at a word's start (first, or behind a blank, an opening bracket or a quote)
 * and is a whole word ("@wc-l" and "@wc.org" do not mention wc); ASCII case does not
 * matter.  Returns where its "@" is, or NULL.
 */
const char *rules_mention(const char *text, const char *name);

/*
 * rules_without - text without the mention of len bytes at `at`
 *
 * Brackets around it go too, ":" or "," behind it where it is the first word, and the
 * blanks that it leaves.  Returns a new string that the caller frees.
 */
char *rules_without(const char *text, const char *at, size_t len);

#endif
