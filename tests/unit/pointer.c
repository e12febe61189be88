#include "pointer.h"
#include "json.h"
#include "tap.h"

static const char document[] = "{\"a\":[10,{\"b\":11}],\"\":12,\"~/%\":13,\"\xc3\xa9\":14,\"0\":15,"
			       "\"a\\u0000b\":16}";

static void
follows(const char *fragment, int want, const char *pointer)
{
	jv whole = json_parse(document, strlen(document));
	struct buf b = { 0 };
	jv v = pointer_follow(whole, fragment, &b);

	is_int(jv_get_kind(v) == JV_KIND_NUMBER ? (int)jv_number_value(v) : -1, want, fragment);
	is(b.p, pointer, "its pointer");
	jv_free(v);
	jv_free(whole);
	buf_release(&b);
}

static void
leads_nowhere(const char *fragment)
{
	jv whole = json_parse(document, strlen(document));
	struct buf b = { 0 };
	jv v = pointer_follow(whole, fragment, &b);

	ok(!jv_is_valid(v), fragment);
	jv_free(v);
	jv_free(whole);
	buf_release(&b);
}

int
main(void)
{
	struct buf b = { 0 };
	jv name = jv_string("a/b~c");

	pointer_add(&b, name);
	pointer_add_index(&b, 7);
	is(pointer_show(&b), "/a~1b~0c/7", "names are escaped");
	pointer_cut(&b, 0);
	is(pointer_show(&b), "top level", "the whole has a name, too");
	jv_free(name);
	buf_release(&b);

	follows("/a/0", 10, "/a/0");
	follows("/a/1/b", 11, "/a/1/b");
	follows("/", 12, "/");
	follows("/~0~1%25", 13, "/~0~1%");
	follows("/%c3%A9", 14, "/\xc3\xa9");
	follows("/%7e0%7E1%25", 13, "/~0~1%");
	follows("/0", 15, "/0");
	leads_nowhere("a");
	leads_nowhere("/b");
	leads_nowhere("/a/2");
	leads_nowhere("/a/00");
	leads_nowhere("/a/-1");
	leads_nowhere("/a/");
	leads_nowhere("/a/99999999999");
	leads_nowhere("/a/0/x");
	leads_nowhere("/~");
	leads_nowhere("/~2");
	leads_nowhere("/%");
	leads_nowhere("/%2");
	leads_nowhere("/%zz");
	leads_nowhere("/%ff");
	leads_nowhere("/a%00");
	return done_testing();
}
