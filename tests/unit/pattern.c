#include <stdlib.h>
#include <time.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "pattern.h"
#include "tap.h"

static int
search(const char *expression, const char *s, size_t len)
{
	struct pattern *p = pattern_open(expression, strlen(expression));
	int found;

	if (!p)
		return -2;
	found = pattern_search(p, s, len);
	pattern_close(p);
	return found;
}

static void
found_is(const char *expression, const char *s, int want, const char *verb)
{
	struct buf fact = { 0 };

	buf_printf(&fact, "/%s/ %s ", expression, verb);
	json_add_string(&fact, s, strlen(s));
	is_int(search(expression, s, strlen(s)), want, fact.p);
	buf_release(&fact);
}

static void
finds(const char *expression, const char *s)
{
	found_is(expression, s, 1, "matches");
}

static void
misses(const char *expression, const char *s)
{
	found_is(expression, s, 0, "does not match");
}

static void
refused(const char *expression, const char *why)
{
	char *fact = xprintf("/%s/ is refused: %s", expression, why);

	ok(!pattern_open(expression, strlen(expression)) && err_code() == EX_DATAERR, fact);
	is(err_text(), why, why);
	free(fact);
}

static void
test_ends(void)
{
	finds("b", "abc");
	finds("^abc$", "abc");
	finds("", "");
	misses("^abc$", "abc\n");
	misses("^b", "a\nb");
	misses("a$", "a\nb");
	finds("a.c", "a\xc3\xa9"
		     "c");
	misses("a.c", "a\nc");
	misses("^a.c$", "a\xe2\x80\xa8"
			"c");
	finds("^[^x]$", "\n");
	is_int(search("^a\\0b$", "a\0b", 3), 1, "a NUL is a character like others");
}

static void
test_sets(void)
{
	finds("^\\d+$", "0123");
	misses("\\d", "\xd9\xa3"); /* an Arabic three */
	misses("^\\w$", "\xc3\xa9");
	finds("^\\W$", "\xc3\xa9");
	finds("^\\s$", "\xef\xbb\xbf");
	finds("^\\s$", "\xe3\x80\x80");
	misses("\\s", "\xc2\x85");
	finds("^\\S+$", "a-z\xc2\x85\xf0\x9f\xa4\x96");
	misses("\\S", " \t\n\v\f\r\xc2\xa0");
	finds("^[\\w-]+$", "a-b_c");
	finds("^[\\w.-]+$", "a-b.c");
	finds("^[\\s-]+$", " - ");
	finds("^[^\\s]+$", "abc");
	finds("^[\\S]+$", "abc");
	finds("^[[a]+$", "[a");
	finds("^[a&&b]+$", "a&b");
	finds("^[\\]]$", "]");
	misses("[]", "a");
	finds("^[^]$", "\n");
	finds("^[\\b]$", "\b");
	finds("^\\p{L}+$", "\xc3\xa9"
			   "a");
	finds("^\\p{Script=Greek}$", "\xce\xb1");
	finds("^\\P{Lu}$", "a");
}

static void
test_escapes(void)
{
	finds("^\\cC$", "\x03");
	finds("^\\x41\\u0042\\u{43}$", "ABC");
	finds("^\\ud83e\\udd16$", "\xf0\x9f\xa4\x96");
	finds("^[\\ud83e\\udd10-\\ud83e\\udd20]$", "\xf0\x9f\xa4\x96");
	finds("^\\f\\n\\r\\t\\v$", "\f\n\r\t\v");
	finds("^a\\/b\\.\\-$", "a/b.-");
	finds("\\bcat\\b", "a cat");
	misses("\\bcat\\b", "concat");
	finds("^(a)(b)\\2\\1$", "abba");
	finds("^(?<x>a)\\k<x>$", "aa");
	finds("^(?:a|b){2,3}?$", "aba");
	finds("^(?=a)(?!b).$", "a");
	finds("(?<=a)b(?<!c)", "ab");
	finds("^\\{.*}$", "{x}");
	finds("^a{,2}$", "a{,2}");
	misses("^a{2}$", "a");
}

static void
test_refusals(void)
{
	refused("\\a", "unknown escape \\a");
	refused("\\Z", "unknown escape \\Z");
	refused("a\\", "backslash at the end");
	refused("\\x4", "\\x or \\u without the number of a character");
	refused("\\u{110000}", "\\x or \\u without the number of a character");
	refused("\\ud83e", "lone surrogate");
	refused("\\pL", "\\p without a property in braces");
	refused("\\c1", "\\c without a letter");
	refused("\\01", "octal escape");
	refused("(?i)a", "unknown kind of group");
	refused("(a", "end pattern with unmatched parenthesis");
	refused("[a", "premature end of char-class");
	refused("*", "target of repeat operator is not specified");
	refused("a)", "unmatched close parenthesis");
}

static void
test_limits(void)
{
	struct buf deep = { 0 };
	clock_t start = clock(); /* of our own time, whoever else runs */

	is_int(search("^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 44), -1,
	    "a search that would take forever is given up");
	is(err_text(), "the search takes too many steps", "and that is said");
	ok(clock() - start < CLOCKS_PER_SEC, "soon");
	for (int i = 0; i < 100000; i++)
		buf_putc(&deep, '(');
	ok(!pattern_open(deep.p, deep.len) && err_code() == EX_DATAERR,
	    "100000 groups are refused");
	for (size_t i = 0; i < deep.len; i += 2)
		memcpy(deep.p + i, "a|", 2);
	is_int(search(deep.p, "b", 1), -1, "50000 alternatives take too many steps");
	memset(deep.p, 'a', deep.len);
	is_int(search("b", deep.p, deep.len), 0, "a long text is searched to its end");
	is_int(search("^[a-c]*$", deep.p, deep.len), 1, "and matched");
	buf_release(&deep);
}

int
main(void)
{
	test_ends();
	test_sets();
	test_escapes();
	test_refusals();
	test_limits();
	return done_testing();
}
