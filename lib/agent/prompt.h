/*
 * prompt.h - what a model is told of a task before it begins
 *
 * The words are in share/prompts: agent.md becomes the system message, task.md the first message of
 * the user.  "{{name}}" stands for a value; a paragraph (they are parted by blank lines) of which a
 * value is missing or empty is left out.  Values are data: what looks like a name in them stays.
 *
 * A file of the same name in prompts/ beside config.json (dir_config_path) stands in its place.
 */
#ifndef PROMPT_H
#define PROMPT_H

#include <jv.h>

/* What a prompt is made of; all borrowed, all but task and agent may be invalid. */
struct prompt {
	jv task, agent;
	jv others;          /* array: its subtasks, or else the tasks that it depends on */
	jv chat;            /* array of {from, kind, trusted, text}: what was said lately */
	jv tools;           /* array of declarations, {name, ...} */
	const char *folder; /* that the tools work in */
	jv output;          /* string: what the answer must be like */
};

/*
 * prompt_messages - the messages a conversation begins with: an array of two, owned
 *
 * Invalid with err EX_CONFIG where the words cannot be read.
 */
jv prompt_messages(const struct prompt *p);

/*
 * prompt_fill - fill text in as said above; values is an object of strings (borrowed)
 *
 * Returns a jv string, without blanks at its ends.
 */
jv prompt_fill(const char *text, jv values);

/*
 * prompt_scope - what is said of a task's scope (scope.h; borrowed): an owned string, empty where
 * nothing is limited
 *
 * Invalid with err EX_CONFIG where the words cannot be read.
 */
jv prompt_scope(jv scope);

/*
 * prompt_task - a task's (borrowed) instruction: an owned string; of one that is `untrusted` as
 * data, with what it says of its answer, and what to make of it
 *
 * Invalid with err EX_CONFIG where the words cannot be read.
 */
jv prompt_task(jv task);

/* prompt_output - what of a task's contract (both borrowed) is told besides: of one that is
 * `untrusted` only what is not in its words. */
jv prompt_output(jv task, jv output);

/* prompt_read - the words in a file, malloc'd; NULL with err EX_CONFIG. */
char *prompt_read(const char *name);

/* prompt_message - {role, content}: the words in a file, filled with values (consumed); invalid
 * with err EX_CONFIG. */
jv prompt_message(const char *role, const char *name, jv values);

/* prompt_lines - objects of an array (borrowed), one to a line, to be put between <fence> and
 * </fence>: nothing in them ends that. */
jv prompt_lines(jv objects);

/* prompt_join - the strings of an array (consumed), with commas between them: a jv string. */
jv prompt_join(jv strings);

#endif
