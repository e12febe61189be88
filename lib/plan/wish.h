/*
 * wish.h - what a message's text asks for, apart from who shall do it
 *
 * Pure functions on UTF-8 text.
 *
 * 1. A first word "/task", "/cancel", "/status", "/retry" or "/approve" is a command, in any case.
 * 2. A line "Output: ..." outside all ``` fences, and a fence tagged "output", say what the answer
 *    shall be; they are no part of the instruction.
 * 3. What stands in a fence or between backticks mentions nobody.
 */
#ifndef WISH_H
#define WISH_H

#include <stddef.h>

struct wish {
	const char *command; /* "task", "cancel" ...; NULL: none */
	char *text;          /* what remains, without blanks around it; maybe empty */
	char *output;        /* the first output specification; NULL: none */
	size_t outputs;      /* how many there are */
};

/* wish_read - read text; wish is overwritten, wish_release it afterwards. */
void wish_read(struct wish *wish, const char *text);
void wish_release(struct wish *wish);

/* wish_slash_word - how many letters the word has behind the "/" that a text begins with, if that
 * is the whole of it, and it could be a command's name; else 0: a path is none. */
size_t wish_slash_word(const char *text);

/* wish_nearest - the command whose name is most like a word. */
const char *wish_nearest(const char *word, size_t len);

/* wish_mask - text with blanks in place of what is code: a new string of the same length. */
char *wish_mask(const char *text);

/* wish_next_name - the first "@name" from p on at a word's start that could be a role; *len is the
 * name's, without its "@".  NULL: none. */
const char *wish_next_name(const char *text, const char *p, size_t *len);

#endif
