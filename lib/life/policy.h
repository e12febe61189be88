/*
 * policy.h - which failure is followed by another attempt, how often, and how soon
 *
 *   category                 attempts in all    first delay
 *   tool                     3                  1 s
 *   network                  3                  2 s
 *   service                  5                  1 s
 *   rate_limit               5                  5 s
 *   timeout                  3                  10 s
 *   internal                 2                  5 s
 *   (code runner_died)       3                  none
 *   any other                1
 *
 * 1. Only an error that says "retryable":true is followed by another attempt.
 * 2. A task's limits.max_attempts and limits.retry_delay_s stand in place of these, but where there
 *    is one attempt only.
 * 3. Attempts before a retry_task are forgiven.
 */
#ifndef POLICY_H
#define POLICY_H

#include <jv.h>
#include <stdint.h>

enum {
	POLICY_ATTEMPTS = 3,     /* of what has not failed yet */
	POLICY_FAILURES = 16,    /* how many are remembered */
	POLICY_MESSAGE_MAX = 500 /* and how many bytes of each reason */
};

/* policy_attempts - how many attempts of the task (borrowed) count. */
int64_t policy_attempts(jv task);

/* policy_most - how many it may have in all after that error (borrowed; invalid: none yet). */
int64_t policy_most(jv task, jv error);

/*
 * policy_delay_ms - the delay before another attempt of the task after that error, both borrowed
 *
 * Doubled from attempt to attempt, up to a minute, +-25 %; at least the error's retry_after_ms, of
 * which an hour counts at most.
 * Returns -1 where there is no other attempt.
 */
int64_t policy_delay_ms(jv task, jv error);

/* policy_note - the task (consumed) with that error (borrowed) as the last of its `failures`. */
jv policy_note(jv task, jv error);

#endif
