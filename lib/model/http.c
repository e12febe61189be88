#include "http.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "stop.h"

enum { CONNECT_MS = 10000, WAIT_MAX_MS = 60000 };

struct http_call {
	struct http *http;
	struct http_call *next;
	CURL *easy;
	struct curl_slist *headers;
	struct http_hooks hooks;
	struct http_answer answer;
	long long silence_ms, heard_ms;
	curl_off_t sent;
	bool is_stopped;
	char why[CURL_ERROR_SIZE];
};

struct http {
	CURLM *multi;
	struct http_call *calls;
	sigset_t stops;
	int signal_fd;
};

struct http *
http_open(void)
{
	struct http *h = xmalloc(sizeof *h);

	*h = (struct http){ .signal_fd = -1 };
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(h->multi = curl_multi_init())) {
		free(h);
		err_set(EX_SOFTWARE, "libcurl cannot be set up");
		return NULL;
	}
	sigemptyset(&h->stops);
	sigaddset(&h->stops, SIGTERM);
	sigaddset(&h->stops, SIGINT);
	sigaddset(&h->stops, SIGHUP);
	h->signal_fd = signalfd(-1, &h->stops, SFD_CLOEXEC | SFD_NONBLOCK);
	return h;
}

static void
free_call(struct http_call *call)
{
	struct http_call **at = &call->http->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	curl_multi_remove_handle(call->http->multi, call->easy);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	free(call);
}

void
http_close(struct http *h)
{
	while (h->calls)
		free_call(h->calls);
	curl_multi_cleanup(h->multi);
	curl_global_cleanup();
	if (h->signal_fd >= 0)
		close(h->signal_fd);
	free(h);
}

/* --- the answer's head */

static long
header_number(CURL *easy, const char *name)
{
	struct curl_header *header;
	char *end;
	long n;

	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return -1;
	n = strtol(header->value, &end, 10);
	return end == header->value || *end || n < 0 ? -1 : n;
}

static long long
asked_delay_ms(CURL *easy)
{
	long ms = header_number(easy, "retry-after-ms");
	struct curl_header *header;
	curl_off_t seconds = 0;

	if (ms >= 0)
		return ms;
	if (curl_easy_header(easy, "retry-after", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return -1;
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
	return seconds > 0                          ? (long long)seconds * 1000
	       : header_number(easy, "retry-after") ? -1
	                                            : 0;
}

static int
should_retry(CURL *easy)
{
	struct curl_header *header;

	if (curl_easy_header(easy, "x-should-retry", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return -1;
	return !strcasecmp(header->value, "true")    ? 1
	       : !strcasecmp(header->value, "false") ? 0
	                                             : -1;
}

static void
read_head(struct http_call *call)
{
	struct http_answer *answer = &call->answer;
	const char *type = NULL;
	long status = 0;
	size_t len;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
	answer->status = (int)status;
	answer->retry_after_ms = asked_delay_ms(call->easy);
	answer->should_retry = should_retry(call->easy);
	len = type ? strcspn(type, "; \t") : 0;
	len = len < sizeof answer->content_type ? len : sizeof answer->content_type - 1;
	for (size_t i = 0; i < len; i++)
		answer->content_type[i] =
		    type[i] >= 'A' && type[i] <= 'Z' ? (char)(type[i] + 32) : type[i];
	answer->content_type[len] = '\0';
}

/* --- a call */

static size_t
take_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;
	size_t len = size * count;

	call->heard_ms = clock_mono_ms();
	if (!call->answer.status)
		read_head(call);
	if (call->hooks.data(call->hooks.arg, &call->answer, bytes, len))
		return len;
	call->is_stopped = true;
	return len + 1; /* any other number ends the transfer */
}

/* The request may be a while under way; bytes that are taken count as heard. */
static int
note_progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
	struct http_call *call = arg;

	(void)down_total;
	(void)down;
	(void)up_total;
	if (up > call->sent)
		call->heard_ms = clock_mono_ms();
	call->sent = up;
	return 0;
}

static void
add_headers(struct http_call *call, jv headers)
{
	static const char *const own[] = { "Content-Type: application/json",
		"Accept: application/json, text/event-stream", "Expect:" };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		call->headers = curl_slist_append(call->headers, own[i]);
	jv_array_foreach (headers, i, header) {
		call->headers = curl_slist_append(call->headers, jv_string_value(header));
		jv_free(header);
	}
	if (!call->headers)
		buf_no_memory();
}

static void
set_options(struct http_call *call, const char *url, const char *body, size_t len)
{
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "legwork/" VERSION);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* not even names hold up the end */
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, note_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, call);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->why);
}

struct http_call *
http_post(struct http *h, const char *url, jv headers, const char *body, size_t len,
    long long silence_ms, const struct http_hooks *hooks)
{
	struct http_call *call = xmalloc(sizeof *call);

	*call = (struct http_call){ .http = h,
		.next = h->calls,
		.easy = curl_easy_init(),
		.hooks = *hooks,
		.answer = { .retry_after_ms = -1, .should_retry = -1 },
		.silence_ms = silence_ms,
		.heard_ms = clock_mono_ms() };
	if (!call->easy)
		buf_no_memory();
	add_headers(call, headers);
	set_options(call, url, body, len);
	h->calls = call;
	curl_multi_add_handle(h->multi, call->easy);
	return call;
}

void
http_hurry(struct http_call *call, long long silence_ms)
{
	call->silence_ms = silence_ms;
}

/* --- going on */

static enum http_end
end_of(const struct http_call *call, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return HTTP_DONE;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_TIMEOUT;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_PEER_FAILED_VERIFICATION:
		return HTTP_UNUSABLE;
	default:
		return call->is_stopped ? HTTP_STOPPED : HTTP_NETWORK;
	}
}

/* Tells of the end, when the call is gone: a new one may begin there. */
static void
end_call(struct http_call *call, enum http_end end, const char *why)
{
	struct http_hooks hooks = call->hooks;
	struct http_answer answer = call->answer;
	char text[CURL_ERROR_SIZE];

	snprintf(text, sizeof text, "%s", why);
	free_call(call);
	hooks.end(hooks.arg, &answer, end, text);
}

static void
end_finished(struct http *h)
{
	struct http_call *call;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(h->multi, &left))) {
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		if (!call->answer.status)
			read_head(call);
		end_call(call, end_of(call, code),
		    *call->why ? call->why : curl_easy_strerror(code));
	}
}

/* When the first call will have been silent for too long. */
static long long
next_deadline_ms(const struct http *h)
{
	long long first = clock_mono_ms() + WAIT_MAX_MS;

	for (const struct http_call *call = h->calls; call; call = call->next)
		if (call->heard_ms + call->silence_ms < first)
			first = call->heard_ms + call->silence_ms;
	return first;
}

static void
end_silent(struct http *h)
{
	long long now_ms = clock_mono_ms();

	for (struct http_call *call = h->calls, *next; call; call = next) {
		char why[64];

		next = call->next;
		if (now_ms < call->heard_ms + call->silence_ms)
			continue;
		snprintf(why, sizeof why, "nothing was heard of the server for %.1f s",
		    (double)call->silence_ms / 1000);
		end_call(call, HTTP_TIMEOUT, why);
	}
}

/* The signals are blocked, so that libcurl's own threads never get them. */
void
http_step(struct http *h)
{
	sigset_t before;
	int running;

	sigprocmask(SIG_BLOCK, &h->stops, &before);
	curl_multi_perform(h->multi, &running);
	end_finished(h);
	end_silent(h);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* A signal that comes while they are blocked makes signal_fd readable, and is handled then. */
void
http_wait(struct http *h, int in_fd, int out_fd, long long timeout_ms)
{
	struct curl_waitfd fds[] = { { .fd = h->signal_fd, .events = CURL_WAIT_POLLIN },
		{ .fd = out_fd }, { .fd = in_fd, .events = CURL_WAIT_POLLIN } };
	long long left_ms = next_deadline_ms(h) - clock_mono_ms();
	sigset_t before;

	left_ms = left_ms < timeout_ms ? left_ms : timeout_ms;
	sigprocmask(SIG_BLOCK, &h->stops, &before);
	if (!stop_signal() && left_ms > 0)
		curl_multi_poll(h->multi, fds, in_fd < 0 ? 2 : 3, (int)left_ms, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
