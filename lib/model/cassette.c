#include "cassette.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dir.h"
#include "err.h"
#include "json.h"
#include "utf8.h"

/* The namespace in which requests have their names. */
static const char namespace[] = "8f0d4bd6-5a0e-4c55-9c0b-6f5b8f3d7a21";

jv
cassette_request(const char *path, const char *dialect, jv body)
{
	jv request = json_set_string(jv_object(), "method", "POST");

	request = json_set_string(request, "path", path);
	request = json_set_string(request, "dialect", dialect);
	return json_set(request, "body", body);
}

const char *
cassette_name(jv request, char name[CASSETTE_NAME])
{
	struct buf text = { 0 };
	char id[ID_TEXT];

	json_dump_sorted(&text, jv_copy(request));
	snprintf(name, CASSETTE_NAME, "%s.json", id_derive(namespace, text.p, id));
	buf_release(&text);
	return name;
}

/* Bytes that are no text are kept as hexadecimal digits. */
static jv
set_body(jv response, const struct buf *body)
{
	static const char digits[] = "0123456789abcdef";
	struct buf hex = { 0 };

	if (utf8_is_text(body->p ? body->p : "", body->len))
		return json_set(response, "body",
		    jv_string_sized(body->p ? body->p : "", (int)body->len));
	for (size_t i = 0; i < body->len; i++) {
		buf_putc(&hex, digits[(unsigned char)body->p[i] >> 4]);
		buf_putc(&hex, digits[(unsigned char)body->p[i] & 15]);
	}
	response = json_set_string(response, "body_hex", hex.p);
	buf_release(&hex);
	return response;
}

static int
write_file(int dir_fd, const char *name, const struct buf *text)
{
	char *temporary = xprintf(".%s.%ld", name, (long)getpid());
	int fd =
	    openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int result = 0;

	if (fd < 0) {
		result = err_set(EX_CANTCREAT, "%s: %s", name, strerror(errno));
	} else if (dir_write_all(fd, text->p, text->len) < 0 ||
		   renameat(dir_fd, temporary, dir_fd, name) < 0) {
		result = err_set(EX_IOERR, "%s: %s", name, strerror(errno));
		unlinkat(dir_fd, temporary, 0);
	}
	if (fd >= 0)
		close(fd);
	free(temporary);
	return result;
}

static int
open_folder(const char *path)
{
	int fd = -1;

	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err_set(EX_CANTCREAT, "%s: %s", path, strerror(errno));
	return fd;
}

int
cassette_write(const char *path, jv request, const struct cassette *response)
{
	int dir_fd = open_folder(path), result = -1;
	char name[CASSETTE_NAME];
	struct buf text = { 0 };
	jv answer;

	cassette_name(request, name);
	if (dir_fd < 0) {
		jv_free(request);
		return -1;
	}
	answer = json_set_int(jv_object(), "status", response->status);
	answer = json_set_string(answer, "content_type", response->content_type);
	answer = set_body(answer, &response->body);
	json_dump(&text, json_set(json_set(jv_object(), "request", request), "response", answer));
	buf_putc(&text, '\n');
	result = write_file(dir_fd, name, &text);
	if (result < 0)
		err_add("%s", path);
	buf_release(&text);
	close(dir_fd);
	return result;
}

static int
add_hex(struct buf *body, const char *hex)
{
	for (; hex[0] && hex[1]; hex += 2) {
		const char *digits = "0123456789abcdef", *high = strchr(digits, hex[0]),
			   *low = strchr(digits, hex[1]);

		if (!high || !low)
			return -1;
		buf_putc(body, (char)((high - digits) << 4 | (low - digits)));
	}
	return *hex ? -1 : 0;
}

/* What the file says, which is of this request; v is consumed. */
static int
take_response(jv v, jv request, struct cassette *c)
{
	jv response = json_get(v, "response", JV_KIND_OBJECT), asked;
	jv body = json_get(response, "body", JV_KIND_STRING);
	const char *hex = json_peek_string(response, "body_hex");
	const char *type = json_peek_string(response, "content_type");
	int result = 0;

	asked = jv_object_get(v, jv_string("request"));
	*c = (struct cassette){ .status = (int)json_peek_int(response, "status", 0) };
	if (!jv_equal(asked, jv_copy(request)))
		result = err_set(EX_DATAERR, "is of another request");
	else if (c->status < 100 || c->status > 599 || !(jv_is_valid(body) || hex))
		result = err_set(EX_DATAERR, "want a response with status, and body or body_hex");
	else if (jv_is_valid(body))
		buf_add(&c->body, jv_string_value(body),
		    (size_t)jv_string_length_bytes(jv_copy(body)));
	else if (add_hex(&c->body, hex) < 0)
		result = err_set(EX_DATAERR, "body_hex: want pairs of hexadecimal digits");
	c->content_type = xstrdup(type ? type : "");
	jv_free(body);
	jv_free(response);
	if (result < 0)
		cassette_release(c);
	return result;
}

/* A whole file, and its value; invalid with err. */
static jv
read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };
	jv v = jv_invalid();
	char *text;

	if (fd < 0) {
		if (errno == ENOENT)
			err_set(EX_NOINPUT, "no such exchange was recorded");
		else
			err_set(EX_NOINPUT, "%s", strerror(errno));
		return v;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(EX_DATAERR, "is no file");
	} else {
		text = xmalloc((size_t)st.st_size + 1);
		if (dir_read_all(fd, text, (size_t)st.st_size, 0) == st.st_size)
			v = json_parse_object(text, (size_t)st.st_size);
		else
			err_set(EX_IOERR, "cannot be read");
		free(text);
	}
	close(fd);
	return v;
}

int
cassette_read(const char *path, jv request, struct cassette *response)
{
	char name[CASSETTE_NAME], *file = xprintf("%s/%s", path, cassette_name(request, name));
	jv v = read_file(file);
	int result = -1;

	if (jv_is_valid(v))
		result = take_response(v, request, response);
	else
		jv_free(v);
	if (result < 0)
		err_add("%s", file);
	jv_free(request);
	free(file);
	return result;
}

void
cassette_release(struct cassette *c)
{
	free(c->content_type);
	buf_release(&c->body);
	*c = (struct cassette){ 0 };
}
