#include <stdlib.h>

#include "buf.h"
#include "tap.h"
#include "wish.h"

/* A text to "command|text|output|how many". */
static void
reads(const char *text, const char *want, const char *fact)
{
	struct wish wish;
	char *got;

	wish_read(&wish, text);
	got = xprintf("%s|%s|%s|%zu", wish.command ? wish.command : "", wish.text,
	    wish.output ? wish.output : "", wish.outputs);
	is(got, want, fact);
	free(got);
	wish_release(&wish);
}

static void
masks(const char *text, const char *want, const char *fact)
{
	char *got = wish_mask(text);

	is(got, want, fact);
	free(got);
}

static void
names(const char *text, const char *want, const char *fact)
{
	size_t len = 0;
	const char *p = wish_next_name(text, text, &len);
	char *got = p ? xprintf("%.*s", (int)len, p + 1) : xstrdup("");

	is(got, want, fact);
	free(got);
}

static void
commands(void)
{
	reads("/cancel 1f3c", "cancel|1f3c||0", "a command and what follows");
	reads(" /Task\nsweep", "task|sweep||0", "in any case, before a newline");
	reads("/status", "status|||0", "alone");
	reads("/statuses", "|/statuses||0", "a longer word is none");
	reads("/etc/passwd", "|/etc/passwd||0", "a path is none");
	reads("do /task", "|do /task||0", "only the first word is one");
}

static void
outputs(void)
{
	reads("a\r\nOutput: json\r\nb", "|a\r\nb|json|1", "a line, with CR LF");
	reads("Output:json\noutput: csv", "||json|2", "the first one is kept, all are counted");
	reads("a\n```output\n\n```", "|a||1", "an empty block is one");
	reads("a\n```outputs\nx\n```", "|a\n```outputs\nx\n```||0", "another tag is code");
	reads("a\n  ```` OUTPUT\n```\n````\nb", "|a\nb|```|1", "a fence ends with as many ticks");
	reads("the output: b", "|the output: b||0", "only at the line's start");
	reads("", "|||0", "nothing");
}

int
main(void)
{
	commands();
	outputs();
	masks("a `b` c", "a     c", "code between ticks");
	masks("a `b c", "a `b c", "a tick without a partner is text");
	masks("``a`b`` c", "        c", "as many ticks end it");
	masks("a\n```\n@b\n```\nc", "a\n   \n  \n   \nc", "a fence");
	masks("a\n```\n@b", "a\n   \n  ", "one that is open");
	names("hi @bob, and @eve", "bob", "the first name");
	names("me@home (@a_b-1)", "a_b-1", "at a word's start, to its end");
	names("@bob.org @x/y @1", "", "what goes on, or begins with a digit, is none");
	names("@bobé", "", "a whole word");
	return done_testing();
}
