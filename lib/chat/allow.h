/*
 * allow.h - the rules of a chat (may.h) as a person writes them
 */
#ifndef ALLOW_H
#define ALLOW_H

#include "opt.h"
#include "store.h"

/* What is wished; ALLOW_OPTIONS are the options for it. */
struct allow {
	struct opt_list may, rate;
	const char *trust;
};

/* clang-format off */
#define ALLOW_OPTIONS(a) \
	{ 0, "may", "right=who", "who may read, post, add, cancel, approve or remove: anyone, " \
	    "members or owner; may be repeated", .list = &(a).may }, \
	{ 0, "rate", "kind=count", "how many messages or tasks a minute each user may have, or " \
	    "none: any number; may be repeated", .list = &(a).rate }, \
	{ 0, "trust", "who", "whose words are more to agents than data: anyone, members or owner", \
	    .str = &(a).trust }
/* clang-format on */

/* allow_is_given - whether there is one. */
bool allow_is_given(const struct allow *allow);

/* allow_read - the rules, as an object; invalid with err EX_USAGE, naming the option. */
jv allow_read(const struct allow *allow);

/* allow_set - give a chat (a whole id) these rules (borrowed) beside those that it has.  Returns
 * the record, owned; invalid with err EX_NOINPUT (no such chat). */
jv allow_set(struct tx *tx, const char *chat_id, jv rules);

#endif
