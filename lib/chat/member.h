/*
 * member.h - who is in a chat
 *
 * Pure functions on a chat's record: its "members":[{"user_id","kind":"person"|"agent"|"bot"}],
 * the owner first.  A name is the same in any case (ASCII).
 */
#ifndef MEMBER_H
#define MEMBER_H

#include <jv.h>

/* member_kind - the kind of the chat's (borrowed; invalid: of none) member of that name, borrowed
 * from it; NULL: there is none. */
const char *member_kind(jv chat, const char *user);

/* member_set - the chat (consumed), in which somebody is a member of that kind from now on. */
jv member_set(jv chat, const char *user, const char *kind);

/* member_drop - the chat (consumed), in which somebody is a member no more. */
jv member_drop(jv chat, const char *user);

#endif
