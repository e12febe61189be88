/*
 * exchange.h - one request to a model, from its line to its last event
 *
 * Whatever happens, the last event is "stop" or "error", and there is exactly one.  An attempt that
 * has failed is repeated, as often as is allowed, as long as nothing of the answer was told.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <jv.h>
#include <stdbool.h>

#include "config.h"
#include "http.h"

/* What all requests of a command have in common; borrowed. */
struct exchange_setup {
	const struct config *config;
	struct http *http;
	const char *provider, *model; /* where a request names none; NULL: nor do we */
	const char *record, *replay;  /* folders; NULL: not asked for */
	bool is_stream;               /* also where a request does not say so */
	long retries;
	long long silence_ms;
	void (*emit)(void *arg, jv event); /* takes events, with the request's id; consumes them */
	void *arg;
};

struct exchange;

/* exchange_begin - begin with a request (consumed) that has passed request_check. */
struct exchange *exchange_begin(const struct exchange_setup *setup, jv request);

/* exchange_go_on - begin the next attempt, if it is time.  Returns how long there is nothing to do
 * but what http_step does, in milliseconds; -1: it is over. */
long long exchange_go_on(struct exchange *x);

/* exchange_status - 0, or the exit code of the error that it ended with. */
int exchange_status(const struct exchange *x);

/* exchange_close - free it; what runs of it must be over, or is never looked at again. */
void exchange_close(struct exchange *x);

/* exchange_refuse - the event "error" for a request (not consumed) that is none: err's slot says
 * why.  Returns the event. */
jv exchange_refuse(jv request);

#endif
