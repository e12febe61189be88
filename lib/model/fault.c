#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "fault.h"
#include "json.h"
#include "mend.h"
#include "utf8.h"

enum { MESSAGE_MAX = 500 };

static bool
is_worth_retrying(const char *category)
{
	static const char *const kinds[] = { "network", "rate_limit", "service", "timeout" };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(category, kinds[i]))
			return true;
	return false;
}

void
fault_set(struct fault *f, const char *category, const char *code, const char *fmt, ...)
{
	char text[2 * MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fault_release(f);
	*f = (struct fault){ .category = category,
		.code = code ? xstrdup(code) : NULL,
		.message = xstrdup(text),
		.is_retryable = is_worth_retrying(category),
		.retry_after_ms = -1 };
}

void
fault_release(struct fault *f)
{
	free(f->code);
	free(f->message);
	*f = (struct fault){ .retry_after_ms = -1 };
}

static const char *
category_of_status(int status)
{
	switch (status) {
	case 400:
	case 405:
	case 413:
	case 415:
	case 422:
		return "validation";
	case 401:
	case 402:
	case 403:
		return "permission";
	case 408:
	case 504:
		return "timeout";
	case 429:
		return "rate_limit";
	case 409:
		return "service";
	default:
		return status >= 300 && status < 500 ? "configuration" : "service";
	}
}

/* Where errors come without a status: what their type or code says; NULL: nothing known. */
static const char *
category_of_type(const char *type)
{
	static const char *const known[][2] = { { "overloaded", "service" },
		{ "rate_limit", "rate_limit" }, { "insufficient_quota", "rate_limit" },
		{ "invalid_request", "validation" }, { "request_too_large", "validation" },
		{ "context_length", "validation" }, { "authentication", "permission" },
		{ "permission", "permission" }, { "billing", "permission" },
		{ "not_found", "configuration" }, { "model_not_found", "configuration" },
		{ "timeout", "timeout" } };

	for (size_t i = 0; type && i < sizeof known / sizeof *known; i++)
		if (!strncmp(type, known[i][0], strlen(known[i][0])))
			return known[i][1];
	return NULL;
}

/* A member that is a string or a number, as a new string; NULL: neither. */
static char *
text_of(jv object, const char *name)
{
	const char *s = json_peek_string(object, name);
	long long n = json_peek_int(object, name, -1);

	if (s && *s)
		return xstrdup(s);
	return n >= 0 ? xprintf("%lld", n) : NULL;
}

/* The message of an error (borrowed) of any shape; NULL: it has none. */
static char *
message_of(jv error)
{
	static const char *const names[] = { "message", "detail", "error", "msg" };
	struct buf b = { 0 };

	if (jv_get_kind(error) == JV_KIND_STRING)
		return xstrdup(jv_string_value(error));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_peek_string(error, names[i]))
			return xstrdup(json_peek_string(error, names[i]));
	if (jv_get_kind(error) <= JV_KIND_NULL)
		return NULL;
	json_dump(&b, jv_copy(error));
	return b.p;
}

/* Cut between two characters. */
static void
cut_message(char *text)
{
	size_t len = MESSAGE_MAX;

	if (strlen(text) <= MESSAGE_MAX)
		return;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	text[len] = '\0';
}

static void
fill(struct fault *f, int status, jv error)
{
	char *type = text_of(error, "type"), *code = text_of(error, "code");
	char *message = message_of(error);
	const char *category = category_of_type(code);
	long long number = json_peek_int(error, "code", 0);

	if (status == 0 && number >= 400 && number < 600)
		status = (int)number;
	if (!category)
		category = category_of_type(type);
	if (status)
		category = category_of_status(status);
	if (message)
		cut_message(message);
	fault_set(f, category ? category : "service", code ? code : type, "%s",
	    message && *message ? message : "the server says no more");
	f->status = status;
	free(type);
	free(code);
	free(message);
	jv_free(error);
}

void
fault_of_error(struct fault *f, jv error)
{
	fill(f, 0, error);
}

/* The part of an answer (consumed) that tells what is wrong. */
static jv
error_in(jv answer)
{
	jv error = jv_get_kind(answer) == JV_KIND_OBJECT
	               ? jv_object_get(jv_copy(answer), jv_string("error"))
	               : jv_invalid();

	if (jv_get_kind(error) == JV_KIND_OBJECT || jv_get_kind(error) == JV_KIND_STRING) {
		jv_free(answer);
		return error;
	}
	jv_free(error);
	return answer;
}

/* A text of any bytes, without the blanks around it. */
static jv
plain_text(const char *body, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", *body)) {
		body++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", body[len - 1]))
		len--;
	return json_utf8(body, len < 4 * MESSAGE_MAX ? len : 4 * MESSAGE_MAX);
}

void
fault_of_answer(struct fault *f, int status, const char *body, size_t len)
{
	jv answer = mend_parse(body, len, true);

	if (!jv_is_valid(answer)) {
		jv_free(answer);
		answer = plain_text(body, len);
	}
	fill(f, status, error_in(answer));
	if (status == 408 || status == 409 || status == 429 || status >= 500)
		f->is_retryable = true;
}

int
fault_exit(const char *category)
{
	static const struct {
		const char *category;
		int code;
	} codes[] = { { "validation", EX_DATAERR }, { "network", EX_UNAVAILABLE },
		{ "service", EX_UNAVAILABLE }, { "timeout", EX_UNAVAILABLE },
		{ "rate_limit", EX_TEMPFAIL }, { "permission", EX_NOPERM },
		{ "configuration", EX_CONFIG } };

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (!strcmp(category, codes[i].category))
			return codes[i].code;
	return EX_SOFTWARE;
}

jv
fault_event(const struct fault *f)
{
	jv event = json_set_string(jv_object(), "type", "error");

	event = json_set_string(event, "category", f->category);
	event = f->status ? json_set_int(event, "status", f->status)
	                  : json_set(event, "status", jv_null());
	if (f->code)
		event = json_set_string(event, "code", f->code);
	event = json_set_string(event, "message", f->message);
	event = json_set(event, "retryable", jv_bool(f->is_retryable));
	if (f->retry_after_ms >= 0)
		event = json_set_int(event, "retry_after_ms", f->retry_after_ms);
	return event;
}
