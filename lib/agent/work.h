/*
 * work.h - an attempt at a task: what is given to who does it, where it is done, what comes of it
 *
 * program.h does it with a program, loop.h with a model.
 */
#ifndef WORK_H
#define WORK_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

#include "hear.h"
#include "partial.h"
#include "store.h"

enum work_end { WORK_DONE, WORK_FAILED, WORK_STOPPED, WORK_ASKED, WORK_BROKEN = -1 };

struct work {
	jv task, agent;     /* borrowed */
	jv dependencies;    /* borrowed: array of {id,title,status,response} for the JSON request */
	jv chat;            /* borrowed: what was said in the chat lately; invalid: nothing */
	bool wants_consent; /* of a task that creates an agent: the chat's owner is to be asked */
	const char *lease;  /* the cookie, and the events' session */
	const char *store;  /* path of the store, for the program's own commands */
	struct store *records; /* the same, open; NULL: who works spawns nothing */
	int logs_fd;           /* the folder that the log is in */
	struct log *log;
	struct partial *partial; /* where texts go that are not whole yet; NULL: nowhere */
	void (*told)(void *arg); /* called after something was logged; NULL: nobody */
	/* Puts an entry (consumed; audit.h) into the audit: 0, or -1 with err; NULL: there is
	 * none. */
	int (*audit)(void *arg, jv entry);
	void *arg;
};

/* What came of it.  All values are owned, and invalid where there is none. */
struct work_result {
	jv response; /* string: what it answered, without its last newlines; of a failed one, too */
	jv error;    /* of WORK_FAILED and WORK_BROKEN: an error object (task.h) */
	jv usage;    /* of all attempts: {input_tokens, output_tokens, total_tokens, calls} */
	jv agent;    /* of a task that creates one: its record (recruit.h) */
	jv approval; /* of WORK_ASKED: what a person has to allow (life_ask) */
	int64_t turns, tool_calls, tool_failures; /* of this attempt, as far as they are known */
};

/* work_result_init - nothing yet; work_result_release frees what there is. */
void work_result_init(struct work_result *result);
void work_result_release(struct work_result *result);

/* work_env - what is said of the task in the environment of whoever works on it: "NAME=value"
 * strings, NULL-terminated; work_env_free frees them. */
char **work_env(const struct work *w);
void work_env_free(char **env);

/*
 * work_folder - the folder where the tools of an llm agent work: the agent's own, or else
 * work/<task> in the store, which is made
 *
 * Returns a new path that the caller frees, or NULL with err EX_CONFIG or EX_CANTCREAT.
 */
char *work_folder(const struct work *w);

/* work_folder_remove - delete work/<task>; content if there is none.  0, or -1 with err: something
 * is left. */
int work_folder_remove(int store_fd, const char *task_id);

/* work_timeout_ms - how long an attempt at the task may take; 0: as long as it likes. */
int64_t work_timeout_ms(jv task);

/* work_end_remains - end whatever carries the lease in its environment and still runs. */
void work_end_remains(const struct work *w);

#endif
