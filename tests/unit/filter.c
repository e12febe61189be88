#include "filter.h"
#include "domain.h"

static bool
take(void *arg, jv result)
{
	struct buf *b = arg;

	if (b->len)
		buf_putc(b, ' ');
	json_dump(b, result);
	return b->len < 100000;
}

/* The results of a program on a value, and how it ended. */
static void
gives(const char *program, const char *value, const char *want, const char *why, const char *fact)
{
	char *quoted_program = quoted(program), *quoted_want = quoted(want);
	struct filter *f = filter_open(quoted_program);
	struct buf b = { 0 };

	buf_puts(&b, "");
	if (!f) {
		is(err_text(), quoted_want, fact);
	} else if (filter_run(f, record("%s", value), take, &b) < 0) {
		buf_printf(&b, " [%d: %s]", err_code(), err_text());
		if (is(b.p, quoted_want, fact))
			ok(why != NULL, "... is an error");
	} else {
		is(b.p, quoted_want, fact);
	}
	filter_close(f);
	buf_release(&b);
	free(quoted_program);
	free(quoted_want);
}

static void
test_results(void)
{
	gives(".a", "{'a':7}", "7", NULL, "a program gives a result");
	gives(".a,.b", "{'a':7,'b':'x'}", "7 'x'", NULL, "or several");
	gives("empty", "{}", "", NULL, "or none");
	gives("select(.a)", "{'a':false}", "", NULL, "also where it chooses");
	gives("", "{'a':[1]}", "{'a':[1]}", NULL, "an empty program gives what it got");
	gives(" # nothing", "{}", "{}", NULL, "so does a comment");
	gives("null", "{}", "null", NULL, "null is a result");
	gives(".a", "{'a':false}", "false", NULL, "so is false");
	gives("def f: . + 1; map(f)", "[1,2]", "[2,3]", NULL, "functions may be defined");
	gives("test('^a')", "'abc'", "true", NULL, "jq's own are there");
	gives("label $f | 1, break $f, 2", "{}", "1", NULL, "a break ends it");
}

static void
test_errors(void)
{
	gives(".a", "7", " [65: Cannot index number with string 'a']", "", "a program that fails");
	gives("1,2,error('no')", "{}", "1 2 [65: no]", "", "what came before is taken");
	gives("error({a:1})", "{}", " [65: {'a':1}]", "", "one that is no string");
	gives(".[] | .a", "[{'a':1},2]", "1 [65: Cannot index number with string 'a']", "",
	    "... at a later value");
	gives("input", "{}", " [65: break]", "", "there is no input behind it");
	gives("debug", "7", "7", NULL, "nobody listens to debug");
	gives("try error('x') catch .", "{}", "'x'", NULL, "what is caught is none");
	gives(".a?", "7", "", NULL, "nor what may fail");
}

static void
test_halt(void)
{
	gives("1,halt,2", "{}", "1", NULL, "halt ends it without an error");
	gives("1,('no'|halt_error),2", "{}", "1 [65: no]", "", "halt_error with one");
	gives("{a:1}|halt_error", "{}", " [65: {'a':1}]", "", "whatever it says");
	gives("halt_error(0)", "'fine'", "", NULL, "status 0 is none");
}

static void
test_again(void)
{
	struct filter *f =
	    filter_open("if . == 1 then error(\"one\") elif . == 2 then halt else . end");
	struct buf b = { 0 };

	for (int i = 0; i < 4; i++)
		filter_run(f, jv_number(i), take, &b);
	is(b.p, "0 3", "a program can go on with another value after it has failed, or halted");
	filter_close(f);
	filter_close(NULL);
	buf_release(&b);
}

static void
test_compile(void)
{
	gives(".[", "{}",
	    "syntax error, unexpected $end (Unix shell quoting issues?) at <top-level>, line 1:",
	    NULL, "a program that cannot be read: what jq says");
	gives("foo", "{}", "foo/0 is not defined at <top-level>, line 1:", NULL,
	    "or what it does not know");
	gives("$x", "{}", "$x is not defined at <top-level>, line 1:", NULL,
	    "there are no variables");
	gives("import 'none' as a; .", "{}", "module not found: none", NULL,
	    "a module that is not there does not abort us");
	ok(!filter_open("(") && err_code() == EX_USAGE, "it is misuse");
}

/* A module of the user's, and one that is named by a path. */
static void
test_modules(void)
{
	char *program = xprintf("import \"m\" as m {search: \"%s\"}; m::twice", box_path);

	box_write("m.jq", "def twice: . * 2;", 17);
	gives(program, "4", "8", NULL, "a module is found where the program says");
	free(program);
}

static void
test_odd_values(void)
{
	struct filter *f;
	struct buf b = { 0 };
	jv deep = jv_null();

	gives(".", "9007199254740992", "9007199254740992", NULL, "numbers up to 2^53 are exact");
	gives(". + 1 | . == 9007199254740992", "9007199254740992", "true", NULL,
	    "beyond they are doubles");
	gives("1e1000, -1e1000", "{}", "null null", NULL, "what no double holds is null");
	gives(".", "'a\\u0000b'", "'a\\u0000b'", NULL, "a NUL in a string stays");
	for (int i = 0; i < 250; i++)
		deep = JV_ARRAY(deep);
	f = filter_open("[., [..] | length] | .[1]");
	ok(filter_run(f, deep, take, &b) == 0, "deep values are taken");
	filter_close(f);
	f = filter_open("reduce range(10000) as $i (0; [.]) | [.. | scalars] | length");
	ok(filter_run(f, jv_null(), take, &b) == 0, "and made");
	filter_close(f);
	f = filter_open("reduce range(1002) as $i (0; [.])");
	ok(filter_run(f, jv_null(), take, &b) < 0 && err_code() == EX_DATAERR,
	    "but a result is not nested without end");
	filter_close(f);
	f = filter_open("range(1e9)");
	ok(filter_run(f, jv_null(), take, &b) == 0, "who wants no more gets no more");
	filter_close(f);
	buf_release(&b);
}

int
main(void)
{
	box_open("filter", 1);
	test_results();
	test_errors();
	test_halt();
	test_again();
	test_compile();
	test_modules();
	test_odd_values();
	box_close();
	return done_testing();
}
