#include <stdlib.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "matter.h"
#include "tap.h"

/* Front matter to "JSON|what follows|whether its lines were taken as they stand". */
static void
reads(const char *text, const char *want, const char *fact)
{
	struct buf fault = { 0 }, got = { 0 };
	const char *rest = "";
	jv members = matter_begins(text) ? matter_read(text, &rest, &fault) : jv_null();

	if (jv_is_valid(members))
		json_dump(&got, members);
	else
		buf_puts(&got, err_text());
	buf_printf(&got, "|%s|%s", rest, fault.len ? "mended" : "");
	is(got.p, want, fact);
	buf_release(&got);
	buf_release(&fault);
}

static void
values(void)
{
	reads("---\na: x y\nb: 'it''s'\nc: \"t\\tz\"\n---\nrest\n",
	    "{\"a\":\"x y\",\"b\":\"it's\",\"c\":\"t\\tz\"}|rest\n|", "words, plain and in quotes");
	reads("---\na: 1\nb: -2.5e3\nc: 007\nd: 1_0\ne: '1'\nf: -\n---\n",
	    "line 7: block sequence entries are not allowed in this context||mended",
	    "a dash alone is no value");
	reads("---\na: 1\nb: -2.5\nc: 007\nd: 1_0\ne: '1'\nf: -x\n---\n",
	    "{\"a\":1,\"b\":-2.5,\"c\":\"007\",\"d\":\"1_0\",\"e\":\"1\",\"f\":\"-x\"}||",
	    "numbers as JSON has them, all else is text");
	reads("---\na: true\nb: False\nc: yes\nd: ~\ne:\nf: null\ng: 'null'\n---",
	    "{\"a\":true,\"b\":false,\"c\":\"yes\",\"d\":null,\"e\":null,\"f\":null,\"g\":\"null\"}"
	    "||",
	    "truth and nothing");
	reads("---\na: [x, \"y, z\"]\nb:\n  - 1\n  - c: d\ne: {}\n---\n",
	    "{\"a\":[\"x\",\"y, z\"],\"b\":[1,{\"c\":\"d\"}],\"e\":{}}||", "lists and objects");
	reads("---\na: |\n  one\n   two\nb: >-\n  one\n  two\n---\n",
	    "{\"a\":\"one\\n two\\n\",\"b\":\"one two\"}||", "block scalars");
	reads("---\na: &x 1 # remark\n---\n", "{\"a\":1}||", "an anchor has no effect");
	reads("---\na: \"x\\0y\"\n---\n", "{\"a\":\"x\xef\xbf\xbdy\"}||", "no NUL comes in");
}

static void
shapes(void)
{
	ok(!matter_begins("") && !matter_begins("--- x\n") && !matter_begins("----\n") &&
		!matter_begins("\n---\n"),
	    "only a first line --- begins front matter");
	reads("---\n---\n\n\n x", "{}|x|", "none, and blank lines before what follows");
	reads("--- \r\na: b\r\n---\r\nx\r\n", "{\"a\":\"b\"}|x\r\n|", "lines may end in CR LF");
	reads("---\n# only a remark\n---\n", "{}||", "a remark is nothing");
	reads("---\n~\n---\n", "{}||", "null is nothing");
	reads("---\na: b\n --- \n---\n", "{\"a\":\"b ---\"}||", "a fence begins its line");
}

static void
mended(void)
{
	reads("---\na: b: c\nd: it's # e\nf: 1\n---\n",
	    "{\"a\":\"b: c\",\"d\":\"it's # e\",\"f\":1}||mended", "a colon in a value");
	reads("---\na: @b\nc: `d`\n---\n", "{\"a\":\"@b\",\"c\":\"`d`\"}||mended",
	    "what YAML keeps for itself");
	reads("---\na: b: c\nd: [\n---\n",
	    "line 2: mapping values are not allowed in this context||mended",
	    "what cannot be mended is told as it was");
}

int
main(void)
{
	values();
	shapes();
	mended();
	reads("---\na: *b\n---\n", "line 2: an alias||mended", "no alias");
	reads("---\na: !!str b\n---\n", "line 2: a tag||mended", "no tag");
	reads("---\na: !b [c]\n---\n", "line 2: a tag||mended", "nor of a list");
	reads("---\na: 1\na: 2\n---\n", "line 3: a name that is there twice||mended",
	    "no name twice");
	reads("---\n- a\n---\n", "front matter: want lines \"name: value\"||mended", "no list");
	reads("---\na: b\n", "line 1: front matter without an end: want a line \"---\"||",
	    "no end");
	return done_testing();
}
