#include "cassette.h"
#include "box.h"
#include "err.h"
#include "json.h"
#include "tap.h"

static jv
request_of(const char *body)
{
	return cassette_request("/p", "openai", json_parse(body, strlen(body)));
}

static void
test_names(void)
{
	jv a = request_of("{\"a\":1,\"b\":{\"c\":[1,2],\"d\":null}}");
	jv b = request_of("{\"b\":{\"d\":null,\"c\":[1,2]},\"a\":1.0}");
	jv c = request_of("{\"a\":1,\"b\":{\"c\":[2,1],\"d\":null}}");
	char one[CASSETTE_NAME], other[CASSETTE_NAME];

	is(cassette_name(a, one), cassette_name(b, other), "the order of members does not matter");
	ok(strcmp(one, cassette_name(c, other)) != 0, "what is asked does");
	is(one, "cdb1b8ba-0a00-592e-9e68-9f5678e22533.json", "the name stays the same for ever");
	jv_free(a);
	jv_free(b);
	jv_free(c);
}

/* Write body, read it again, and see that it is the same. */
static void
check_body(const char *path, const char *body, size_t len, const char *fact)
{
	struct cassette in = { .status = 200, .content_type = xstrdup("text/event-stream") }, out;

	buf_add(&in.body, body, len);
	is_int(cassette_write(path, request_of("{}"), &in), 0, fact);
	if (ok(cassette_read(path, request_of("{}"), &out) == 0, "it is read again")) {
		ok(out.body.len == len && !memcmp(out.body.p ? out.body.p : "", body, len),
		    "every byte of it");
		is(out.content_type, "text/event-stream", "its type");
		is_int(out.status, 200, "its status");
		cassette_release(&out);
	}
	cassette_release(&in);
}

static void
check_damage(const char *path, const char *text, const char *want)
{
	jv request = request_of("{}");
	struct cassette out;
	char name[CASSETTE_NAME], file[CASSETTE_NAME + 8];

	snprintf(file, sizeof file, "tapes/%s", cassette_name(request, name));
	box_write(file, text, strlen(text));
	is_int(cassette_read(path, request, &out), -1, want);
	ok(strstr(err_text(), want) && err_code() == EX_DATAERR, "is what is wrong");
}

#define ASKED "\"request\":{\"method\":\"POST\",\"path\":\"/p\",\"dialect\":\"openai\",\"body\":{}}"

static void
test_damage(const char *path)
{
	check_damage(path, "", "unexpected end");
	check_damage(path, "[]", "not a JSON object");
	check_damage(path, "{}", "is of another request");
	check_damage(path, "{" ASKED "}", "want a response with status");
	check_damage(path, "{" ASKED ",\"response\":{\"status\":200}}", "want a response");
	check_damage(path, "{" ASKED ",\"response\":{\"status\":7,\"body\":\"\"}}",
	    "want a response");
	check_damage(path, "{" ASKED ",\"response\":{\"status\":200,\"body_hex\":\"0\"}}",
	    "body_hex");
	check_damage(path, "{" ASKED ",\"response\":{\"status\":200,\"body_hex\":\"0g\"}}",
	    "body_hex");
}

int
main(void)
{
	struct cassette none = { .status = 200, .content_type = xstrdup("") };
	char *path, *deep;
	struct stat st;

	box_open("cassette", 1);
	path = xprintf("%s/tapes", box_path);
	deep = xprintf("%s/not/there", box_path);
	test_names();
	is_int(cassette_read(path, request_of("{}"), &none), -1, "what was not kept is not there");
	is_int(err_code(), EX_NOINPUT, "and that is told");
	check_body(path, "", 0, "an empty answer is kept");
	check_body(path, "data: Gr\xc3\xbc\n\n", 12, "a text is kept");
	check_body(path, "a\0\xff\xc3\n", 5, "bytes that are no text are kept");
	is_int(stat(path, &st) == 0 ? (long long)st.st_mode & 0777 : -1, 0700,
	    "the folder is private");
	test_damage(path);
	is_int(cassette_write(deep, request_of("{}"), &none), -1, "one folder is made, not more");
	is_int(err_code(), EX_CANTCREAT, "and that is told, too");
	cassette_release(&none);
	free(path);
	free(deep);
	box_close();
	return done_testing();
}
