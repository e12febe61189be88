#include <stdlib.h>

#include "rules.h"
#include "tap.h"

/* A text to its list: items in brackets, "#" before a numbered list, "= context". */
static void
reads(const char *text, const char *want, const char *fact)
{
	struct rules_list list;
	struct buf b = { 0 };

	rules_read(&list, text);
	buf_puts(&b, list.is_numbered ? "#" : "");
	for (size_t i = 0; i < list.len; i++)
		buf_printf(&b, "[%s]", list.item[i].p);
	if (list.context.len > 0)
		buf_printf(&b, "= %s", list.context.p);
	is(b.p, want, fact);
	rules_release(&list);
	buf_release(&b);
}

static void
test_lists(void)
{
	reads("", "", "an empty text has neither items nor context");
	reads("\n\n \n", "", "nor has a blank one");
	reads("just words", "= just words", "a text without list is context");
	reads("- one", "[one]", "one item is a list too");
	reads("7) one", "#[one]", "a number says of which kind it is");
	reads("- a \t\n- b\r\n\r\n", "[a][b]", "items have no blanks at their end");
	reads("before\n\n\n\n- a\n\n\nafter\n\n", "[a]= before\n\nafter",
	    "context has one blank line for many");
	reads("- a\nthen 1. x\n1. y", "[a]= then 1. x\n1. y",
	    "items of the other kind are context");
	reads("- a\n  more\n    deep\n\n  end\nout", "[a\nmore\n  deep\n\nend]= out",
	    "what is indented goes on, less its item's indentation");
	reads("•\n- ", "= •\n-", "markers without text are no items");
	reads("123456789. a", "#[a]", "nine digits are a number");
	reads("1234567890. a", "= 1234567890. a", "ten are none");
}

static void
test_many(void)
{
	struct buf text = { 0 };
	struct rules_list list;

	for (int i = 0; i < 5000; i++)
		buf_printf(&text, "%d. item %d\n   goes on\n", i % 1000, i);
	rules_read(&list, text.p);
	is_int((long long)list.len, 5000, "five thousand items are read");
	is(list.item[4999].p, "item 4999\ngoes on", "to the last");
	rules_release(&list);
	is_int((long long)list.len, 0, "a released list is empty");
	rules_release(&list);
	buf_release(&text);
}

/* Where text mentions name, as a number; -1: nowhere. */
static long long
at(const char *text, const char *name)
{
	const char *p = rules_mention(text, name);

	return p ? p - text : -1;
}

static void
test_mention(void)
{
	is_int(at("@wc", "wc"), 0, "a name is found at the start");
	is_int(at("do it, @WC", "wc"), 7, "and at the end, in any case");
	is_int(at("(@wc) [@wc]", "wc"), 1, "behind a bracket");
	is_int(at("\"@wc\"", "wc"), 1, "or a quote");
	is_int(at("a@wc x@wc.org", "wc"), -1, "not within a word");
	is_int(at("@wc-l @wcs @wc.org @wc/x @wc@x", "wc"), -1, "nor as the beginning of one");
	is_int(at("@wc-l then @wc.", "wc"), 11, "the first whole one counts");
	is_int(at("@wc. @wc", "wc"), 0, "a full stop ends it");
	is_int(at("@wc\xc3\xa9", "wc"), -1, "a letter that is not ASCII does not");
	is_int(at("@", ""), -1, "a name without letters is not found");
	is_int(at("@w", "wc"), -1, "nor one that goes on behind the text");
	is_int(at("", "wc"), -1, "nor anything in nothing");
}

/* The text without the mention of wc in it. */
static void
leaves(const char *text, const char *want, const char *fact)
{
	char *rest = rules_without(text, rules_mention(text, "wc"), 3);

	is(rest, want, fact);
	free(rest);
}

static void
test_without(void)
{
	leaves("@wc", "", "a mention alone leaves nothing");
	leaves("@wc: count", "count", "a colon goes with the first word");
	leaves("@wc, count", "count", "so does a comma");
	leaves("let @wc, count", "let, count", "elsewhere it stays");
	leaves("count (@wc) now", "count now", "brackets around it go");
	leaves("count (@wc]", "count (]", "if they fit");
	leaves("count @wc", "count", "no blank is left at the end");
	leaves("count\n@wc", "count", "nor a line");
	leaves("count\n@wc\nnow", "count\nnow", "nor between two");
	leaves("a @wc b @wc", "a b @wc", "one mention is taken out");
}

int
main(void)
{
	test_lists();
	test_many();
	test_mention();
	test_without();
	return done_testing();
}
