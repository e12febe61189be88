/* inbound.c - see inbound.h */
#include "inbound.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "json.h"

enum { HEAD_MAX = 64 << 10, BODY_MAX = 64 << 20, HEX_DIGITS_MAX = 7 };

static enum inbound_result
bad(const char *what)
{
	err_set(EX_DATAERR, "%s", what);
	return INBOUND_BAD;
}

/* What stands between p and the next CRLF, as a string of its own, and *p behind it. */
static char *
take_line(const char **p, const char *end)
{
	const char *stop = memmem(*p, (size_t)(end - *p), "\r\n", 2);
	char *line = xprintf("%.*s", (int)(stop - *p), *p);

	*p = stop + 2;
	return line;
}

static bool
read_request_line(struct request *r, const char *line)
{
	size_t method = strcspn(line, " ");
	const char *path = line + method + strspn(line + method, " ");
	size_t len = strcspn(path, " ");

	r->method = xprintf("%.*s", (int)method, line);
	r->path = xprintf("%.*s", (int)len, path);
	return method > 0 && path[0] == '/' && !strcmp(path + len, " HTTP/1.1");
}

static bool
read_header(struct request *r, char *line)
{
	char *colon = strchr(line, ':');
	const char *value, *before;
	struct buf all = { 0 };
	size_t len;

	if (!colon || colon == line)
		return false;
	*colon = '\0';
	for (char *p = line; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	value = colon + 1 + strspn(colon + 1, " \t");
	for (len = strlen(value); len > 0 && strchr(" \t", value[len - 1]);)
		len--;
	before = json_peek_string(r->headers, line);
	if (before)
		buf_printf(&all, "%s, ", before);
	buf_add(&all, value, len);
	r->headers = json_set(r->headers, line, json_utf8(all.p, all.len));
	buf_release(&all);
	return true;
}

static bool
read_head(struct request *r, const char *p, const char *end)
{
	char *line = take_line(&p, end);
	bool is_good = read_request_line(r, line);

	free(line);
	while (is_good && p < end) {
		line = take_line(&p, end);
		is_good = read_header(r, line);
		free(line);
	}
	return is_good;
}

/* A number of such digits at p; *p behind it.  -1: none, or too large for a body. */
static long
take_number(const char **p, const char *end, int base)
{
	const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
	char text[16] = "";
	size_t len = 0;

	while (*p < end && strchr(digits, **p) && **p && len < sizeof text - 1)
		text[len++] = *(*p)++;
	if (len == 0 || (base == 16 && len > HEX_DIGITS_MAX) || strtol(text, NULL, base) > BODY_MAX)
		return -1;
	return strtol(text, NULL, base);
}

/* A body in chunks, from p on; *p behind it on INBOUND_OK. */
static enum inbound_result
take_chunks(const char **p, const char *end, struct buf *body)
{
	const char *at = *p, *line_end;
	long size;

	do {
		line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
		if (!line_end)
			return INBOUND_MORE_BODY;
		size = take_number(&at, line_end, 16);
		if (size < 0 || body->len + (size_t)size > BODY_MAX)
			return bad("a chunk whose size is none");
		at = line_end + 2;
		if (end - at < size + 2)
			return INBOUND_MORE_BODY;
		if (memcmp(at + size, "\r\n", 2))
			return bad("a chunk that does not end where it says");
		buf_add(body, at, (size_t)size);
		at += size + 2;
	} while (size > 0);
	*p = at;
	return INBOUND_OK;
}

static enum inbound_result
take_body(struct request *r, const char **p, const char *end)
{
	const char *coding = json_peek_string(r->headers, "transfer-encoding");
	const char *length = json_peek_string(r->headers, "content-length");
	const char *digits = length;
	long size = 0;

	if (coding && strcasecmp(coding, "chunked"))
		return bad("a transfer-encoding other than chunked");
	if (coding)
		return take_chunks(p, end, &r->body);
	if (length)
		size = take_number(&digits, length + strlen(length), 10);
	if (size < 0 || (length && *digits))
		return bad("a content-length that is none");
	if (end - *p < size)
		return INBOUND_MORE_BODY;
	buf_add(&r->body, *p, (size_t)size);
	*p += size;
	return INBOUND_OK;
}

static bool
header_is(const struct request *r, const char *name, const char *value)
{
	const char *found = json_peek_string(r->headers, name);

	return found && !strcasecmp(found, value);
}

enum inbound_result
inbound_take(struct buf *in, struct request *r)
{
	const char *end_of_head = in->len > 0 ? memmem(in->p, in->len, "\r\n\r\n", 4) : NULL;
	const char *p;
	enum inbound_result result;

	*r = (struct request){ .headers = jv_object() };
	if (!end_of_head)
		return in->len > HEAD_MAX ? bad("a head that does not end") : INBOUND_MORE;
	if (!read_head(r, in->p, end_of_head + 2))
		return bad("no request of HTTP/1.1");
	p = end_of_head + 4;
	r->wants_continue = header_is(r, "expect", "100-continue") && p == in->p + in->len;
	r->is_last = header_is(r, "connection", "close");
	result = take_body(r, &p, in->p + in->len);
	if (result == INBOUND_OK)
		buf_cut(in, (size_t)(p - in->p));
	return result;
}

void
inbound_release(struct request *r)
{
	free(r->method);
	free(r->path);
	jv_free(r->headers);
	buf_release(&r->body);
}

const char *
inbound_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} known[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 408, "Request Timeout" },
		{ 413, "Content Too Large" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].status == status)
			return known[i].reason;
	return "Whatever";
}
