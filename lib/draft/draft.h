/*
 * draft.h - a chat's message becomes the spec of a task, or it is said why not
 *
 * Pure functions.  A line is one of
 *   a spec of task-add's, with "validation"
 *   {"command":{"name","task"?,"reason"?,"by"?},"source":{...}}
 *   {"skip":{...,"reason"},"validation"?,"event"?}      the event is to be posted in the chat
 *
 * 1. Each person's message gives a spec, a command or an event, but what decides a request, and
 *    what somebody says, other than with /task, who may not add tasks: no other is dropped
 *    silently.
 * 2. What the metadata say wins over the text.
 * 3. Only people command, whoever else may ask for tasks.
 * 4. What replies to a request is no task, whatever it says, but with /task.
 * 5. What is not right of the metadata or the text is an error, and then there is no spec.
 */
#ifndef DRAFT_H
#define DRAFT_H

#include <jv.h>
#include <stdbool.h>

/* All of these are borrowed. */
struct draft_scene {
	jv crew;                /* array of agents */
	jv chat;                /* the chat's record; invalid: unknown */
	jv after;               /* array of the ids of tasks that it waits for, too */
	int failed;             /* how many it would wait for if they had not failed */
	bool takes_commands;    /* /cancel and so on become commands, not errors */
	bool is_only_addressed; /* skip what neither begins with /task nor mentions an agent */
	bool is_answer;         /* it replies to what a task asks */
	bool is_any_author;     /* also what tasks and bots say */
};

/* Characters and lengths above and below which a text is refused or warned of. */
enum { DRAFT_TEXT_MAX = 10000, DRAFT_TEXT_SHORT = 10, DRAFT_TEXT_LONG = 2000 };

/* draft_wants_crew - whether the crew matters for an event (borrowed): it could name an agent. */
bool draft_wants_crew(jv event);

/*
 * draft_line - the line of an event (borrowed)
 *
 * Returns it, owned.  `validation` is {"is_valid","errors":[],"warnings":[],"suggestions":[]}.
 */
jv draft_line(jv event, const struct draft_scene *scene);

#endif
