/*
 * http.h - requests to servers, several at once, over connections that are kept (libcurl)
 *
 * Nothing here waits but http_wait, and there a signal that stop.h catches ends the waiting at
 * once, whenever it came.  Redirects are not followed, as the key would follow them.  Proxies are
 * those of the usual variables.  The certificates are checked.
 */
#ifndef HTTP_H
#define HTTP_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

struct http;
struct http_call;

/* What is known of an answer when its first bytes come. */
struct http_answer {
	int status;               /* 0: there is none yet */
	char content_type[64];    /* lower case, without parameters; "": none */
	long long retry_after_ms; /* Retry-After-Ms, Retry-After; -1: neither */
	int should_retry;         /* x-should-retry: 1 yes, 0 no, -1: not said */
};

/* HTTP_UNUSABLE: the address is none, or the server's certificate is not to be trusted. */
enum http_end { HTTP_DONE, HTTP_NETWORK, HTTP_TIMEOUT, HTTP_UNUSABLE, HTTP_STOPPED };

/* Who is told. */
struct http_hooks {
	/* Bytes of the body; false ends the call, as HTTP_STOPPED. */
	bool (*data)(void *arg, const struct http_answer *answer, const char *bytes, size_t len);
	/* The end.  why: a sentence where it is a bad one.  The call is gone thereafter. */
	void (
	    *end)(void *arg, const struct http_answer *answer, enum http_end end, const char *why);
	void *arg;
};

/* http_open - NULL with err EX_SOFTWARE.  http_close aborts what runs, and tells nobody. */
struct http *http_open(void);
void http_close(struct http *h);

/*
 * http_post - begin a request
 *
 * headers     an array of strings "Name: value"; not consumed
 * body        borrowed until the end
 * silence_ms  how long nothing may be heard of the server; then it is HTTP_TIMEOUT, as it is where
 *             there is no connection within ten seconds
 */
struct http_call *http_post(struct http *h, const char *url, jv headers, const char *body,
    size_t len, long long silence_ms, const struct http_hooks *hooks);

/* http_hurry - from now on the server may be silent for so long only. */
void http_hurry(struct http_call *call, long long silence_ms);

/* http_step - do what can be done at once, and tell of it. */
void http_step(struct http *h);

/*
 * http_wait - until there is something to do, or to read
 *
 * in_fd   readable: end; -1: not asked
 * out_fd  nobody reads it any more: end
 */
void http_wait(struct http *h, int in_fd, int out_fd, long long timeout_ms);

#endif
