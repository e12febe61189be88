/*
 * answer.h - does an agent's answer keep the task's contract?
 *
 * The contract is the task's `output` (legwork-record(5)); all of its members are optional:
 *
 *   {"expected":"...","format":"text|json|markdown","schema":{...},
 *    "check":{"jq":"program","command":"sh command"},"tries":2}
 *
 * 1. JSON is taken out of what stands around it (extract.h), and has to fit the schema; where
 *    there is a schema, JSON is wanted whatever the format says.
 * 2. A jq program gets the value (for other formats the string); the answer passes where its last
 *    result is neither false nor null.  No result, or an error, is a no.
 * 3. A command gets the answer on stdin; it passes with exit 0.  What it then printed on stdout,
 *    if anything, is the answer from there on.
 * 4. A contract that nothing could keep is told from an answer that does not keep it.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <jv.h>
#include <stdint.h>

enum { ANSWER_GOOD, ANSWER_BAD };

enum { ANSWER_TRIES = 2, ANSWER_WHY_MAX = 2048 };

/* Where a check command runs.  What it leaves behind is ended, and nothing else that has env: it is
 * found by a LEGWORK_CALL of its own. */
struct answer_place {
	const char *const *env; /* "NAME=value" strings that replace or join ours; NULL: none */
	const char *folder;     /* NULL: here */
	int64_t timeout_ms;     /* 0: it may take as long as it likes */
};

/*
 * answer_check - look whether an answer keeps the contract
 *
 * output    borrowed; invalid: there is none, and any answer keeps it
 * answer    borrowed, a string
 * accepted  on ANSWER_GOOD: the answer to go on with, an owned string: of JSON the value, compact
 * why       on ANSWER_BAD: what to tell the model or the person, a new string of valid UTF-8,
 *           ANSWER_WHY_MAX bytes at most
 *
 * Both are set in every case (invalid, NULL).  Returns -1 with err: EX_CONFIG where the contract is
 * broken (a schema or jq program that does not compile, a command that cannot be executed, or whose
 * output is no JSON where that is wanted), EX_TEMPFAIL where we were asked to stop, EX_OSERR.
 */
int answer_check(jv output, jv answer, const struct answer_place *place, jv *accepted, char **why);

/* answer_instructions - what to tell a model that is to keep the contract (borrowed): sentences, an
 * owned string; empty where there is nothing to say. */
jv answer_instructions(jv output);

/* answer_schema - the JSON schema of the contract (borrowed), owned; invalid: none. */
jv answer_schema(jv output);

/* answer_tries - how many more times an agent is asked where its answer does not keep it. */
int answer_tries(jv output);

#endif
