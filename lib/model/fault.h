/*
 * fault.h - why a model did not answer, in the same words for all providers
 *
 * Categories: network, rate_limit, service, timeout, validation, permission, configuration,
 * internal.  Sources: the error objects of both APIs, and what other servers make of them.
 */
#ifndef FAULT_H
#define FAULT_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

struct fault {
	const char *category; /* a constant; NULL: there is none */
	int status;           /* of HTTP; 0: none came */
	char *code, *message; /* owned; code may be NULL */
	bool is_retryable;
	long long retry_after_ms; /* what the server asked for; -1: nothing */
};

/* fault_set - fill it; what was there is released.  Whether it is retryable follows from its
 * category. */
void fault_set(struct fault *f, const char *category, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* fault_of_error - fill it from an "error" (consumed) that came in an answer or a stream of status
 * 200: an object, or a string. */
void fault_of_error(struct fault *f, jv error);

/* fault_of_answer - fill it from an answer of another status than 200: JSON of some kind, or a
 * text, of which the beginning is kept. */
void fault_of_answer(struct fault *f, int status, const char *body, size_t len);

/* fault_exit - the exit code that stands for the category. */
int fault_exit(const char *category);

/* fault_event - it as the event "error".  f is kept. */
jv fault_event(const struct fault *f);

/* fault_release - there is none any more. */
void fault_release(struct fault *f);

#endif
