#include "mask.h"
#include "box.h"
#include "json.h"
#include "tap.h"

enum { ROUNDS = 3000, TEXT_MAX = 60, LONG = 100 << 10 };

static const char key[] = "sk-abc\"def/\\123+\n\xc3\xa9";

/* The text, masked; until it is called again. */
static const char *
masked(const struct mask *m, const char *text)
{
	static struct buf b;

	buf_release(&b);
	mask_text(m, &b, text, strlen(text));
	return b.p ? b.p : "";
}

static const char *
masked_json(const struct mask *m, const char *json)
{
	static struct buf b;

	b.len = 0;
	json_dump(&b, mask_value(m, json_parse(json, strlen(json))));
	return b.p;
}

static void
test_texts(void)
{
	struct mask *m = mask_new();

	is(masked(NULL, "abc"), "abc", "without a mask a text stays as it is");
	ok(!mask_hits(m, "abc", 3) && mask_longest(m) == 0, "and with an empty one");
	mask_add(m, "12345678", 8);
	mask_add(m, "78 and more", 11);
	mask_add(m, "1234567", 7);
	is(masked(m, "a 12345678 b"), "a *** b", "a secret is masked");
	is(masked(m, "1234567"), "1234567", "what is shorter than eight bytes is none");
	is(masked(m, "12345678"), "***", "... a whole text");
	is(masked(m, "1234567812345678"), "***", "... one behind the other");
	is(masked(m, "(12345678 and more)"), "(***)", "... two that overlap");
	is(masked(m, "\\n1234\\u00356\\78\\"), "\\n***\\", "... with escapes in it");
	is(masked(m, "1234567\\"), "1234567\\", "a text that only begins like one stays");
	is(masked(m, ""), "", "an empty text is empty");
	mask_free(m);
	mask_free(NULL);
}

static void
test_escapes(void)
{
	struct mask *m = mask_new();

	mask_add(m, key, sizeof key - 1);
	is(masked(m, "<sk-abc\"def/\\123+\n\xc3\xa9>"), "<***>", "a secret as it is");
	is(masked(m, "<sk-abc\\\"def/\\\\123+\\n\xc3\xa9>"), "<***>", "... in JSON");
	is(masked(m, "<sk-abc\\\"def\\/\\\\123\\u002B\\n\\u00e9>"), "<***>", "... of others");
	is(masked(m, "<sk-abc\\\\\\\"def\\\\/\\\\\\\\123+\\\\n\\\\u00e9>"), "<***>",
	    "... in JSON in JSON");
	mask_add(m, "u0041 is no A\\u00", 17);
	is(masked(m, "x\\u0041 is no A\\u0041"), "x***41", "a backslash that is not JSON's");
	mask_add(m, "face \xf0\x9f\x98\x80!!", 11);
	is(masked(m, "<face \\ud83d\\ude00!!>"), "<***>", "two \\u that are one character");
	mask_free(m);
}

static void
test_values(void)
{
	struct mask *m = mask_new();

	mask_add(m, "12345678", 8);
	mask_add(m, "a\",\"b\":\"c", 9);
	is(masked_json(m, "{\"a\":[\"12345678\",12345678,1234567,null,true],\"b\":{\"c\":\"no\"}}"),
	    "{\"a\":[\"***\",\"***\",1234567,null,true],\"b\":{\"c\":\"no\"}}",
	    "strings and numbers of values");
	is(masked_json(m, "{\"12345678\":1,\"-\":2,\"12345678 \":3,\"123456\\u00378\":4}"),
	    "{\"***\":4,\"-\":2,\"*** \":3}", "names of members");
	is(masked_json(m, "{\"12345678\":1,\"1234567812345678\":2}"), "{\"***\":1,\"****\":2}",
	    "no member is lost");
	is(masked_json(m, "{\"x\":\"a\",\"b\":\"c\"}"), "{\"x\":\"a\",\"b\":\"c\"}",
	    "a secret does not go from one string to the next");
	mask_free(m);
}

static void
test_long(void)
{
	struct mask *m = mask_new();
	struct buf b = { 0 };
	int found = 0, places = 0;

	mask_add(m, key, sizeof key - 1);
	for (int i = 0; i < LONG; i++)
		buf_putc(&b, 'x');
	for (size_t at = 0; at + sizeof key < LONG; at += 97, places++) {
		memcpy(b.p + at, key, sizeof key - 1);
		found += mask_hits(m, b.p, b.len);
		memset(b.p + at, 'x', sizeof key - 1);
	}
	is_int(found, places, "a secret is found wherever it is in a long text");
	ok(!mask_hits(m, b.p, b.len), "and none where none is");
	buf_release(&b);
	mask_free(m);
}

static void
test_what_is_none(void)
{
	struct mask *m = mask_new();

	mask_add(m, "assistant", 9);
	mask_add(m, "tool_cal", 8);
	mask_add(m, "sk-***-123", 10);
	mask_add(m, "\\\\\\\\\\\\\\\\\\", 9);
	ok(mask_longest(m) == 0, "words of the log, masks and backslashes are no secrets");
	mask_add(m, "assistants", 10);
	is(masked(m, "assistant assistants"), "assistant ***", "what holds a word may be one");
	mask_free(m);
}

/* A random text of what is special, and of what is not.  (Without the letter u: where it stands
 * behind a backslash, nobody can tell what was meant.) */
static size_t
random_text(char *text, size_t most)
{
	static const char *const parts[] = { "\\", "\"", "/", "\n", "\t", "r", "n", "0", "41",
		"\xc3\xa9", "\xf0\x9f\x98\x80", "a", "b", "+", "\x1b", "*", " ", "{", ":" };
	size_t len = 0, parts_len = sizeof parts / sizeof *parts;

	text[0] = '\0';
	for (const char *part; len + 4 < most; len += strlen(part)) {
		part = parts[box_random(parts_len)];
		memcpy(text + len, part, strlen(part) + 1);
	}
	return len;
}

/* The text as a JSON string without quotes, escaped the way somebody might. */
static void
escape(struct buf *b, const char *text)
{
	bool is_all = box_random(3) == 0;

	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p == '\n')
			buf_puts(b, "\\n");
		else if (*p < ' ' || (is_all && strchr("/+\"{ ", *p) && box_random(2)))
			buf_printf(b, "\\u%04x", *p);
		else if (strchr("\\\"", *p) || (*p == '/' && box_random(2)))
			buf_printf(b, "\\%c", *p);
		else
			buf_putc(b, (char)*p);
}

/* The text without one level of escapes. */
static char *
unescape(const char *text)
{
	struct buf quoted = { 0 };
	char *plain = NULL;
	jv value;

	buf_printf(&quoted, "\"%s\"", text);
	value = json_parse(quoted.p, quoted.len);
	if (jv_get_kind(value) == JV_KIND_STRING)
		plain = xstrdup(jv_string_value(value));
	jv_free(value);
	buf_release(&quoted);
	return plain;
}

/* Whether the secret is in the text, or in what JSON says by it, or by that. */
static bool
survives(const char *secret, const char *text)
{
	char *inner = unescape(text), *inmost = inner ? unescape(inner) : NULL;
	bool is = strstr(text, secret) || (inner && strstr(inner, secret)) ||
	          (inmost && strstr(inmost, secret));

	free(inner);
	free(inmost);
	return is;
}

static bool
is_kept(const struct mask *m, const char *secret, const char *before, const char *behind, int depth)
{
	struct buf text = { 0 }, outer = { 0 }, out = { 0 };
	bool is;

	buf_printf(&text, "%s%s%s", before, secret, behind);
	for (int i = 0; i < depth; i++) {
		outer.len = 0;
		escape(&outer, text.p);
		text.len = 0;
		buf_puts(&text, outer.p);
	}
	mask_text(m, &out, text.p, text.len);
	is = mask_hits(m, text.p, text.len) && !survives(secret, out.p) &&
	     !mask_hits(m, out.p, out.len);
	if (!is)
		printf("# %s in %s becomes %s\n", secret, text.p, out.p);
	buf_release(&text);
	buf_release(&outer);
	buf_release(&out);
	return is;
}

static void
test_random(void)
{
	int kept = 0, wanted = 0;

	for (int i = 0; i < ROUNDS; i++) {
		char secret[TEXT_MAX], before[TEXT_MAX], behind[TEXT_MAX];
		size_t len = random_text(secret, 12 + box_random(20));
		struct mask *m = mask_new();

		random_text(before, 5 + box_random(30));
		random_text(behind, 5 + box_random(30));
		mask_add(m, secret, len);
		if (mask_longest(m) > 0) {
			wanted++;
			kept += is_kept(m, secret, before, behind, (int)box_random(3));
		}
		mask_free(m);
	}
	ok(wanted > ROUNDS / 2, "most of the random texts are secrets");
	is_int(kept, wanted, "no secret survives in any text, nor in JSON, nor in JSON in JSON");
}

int
main(void)
{
	box_open("mask", 31);
	test_texts();
	test_escapes();
	test_values();
	test_what_is_none();
	test_long();
	test_random();
	box_close();
	return done_testing();
}
