#include "pattern.h"

#include <oniguruma.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"

/* A step back of the matcher takes some 10 ns. */
enum { STEPS_BASE = 20000, STEPS_PER_BYTE = 20, STACK_MAX = 1000000 };

struct pattern {
	OnigRegex regex;
};

/* An expression being rewritten. */
struct reader {
	const char *p, *end;
	struct buf out;
	bool in_class;
};

/* What \s is, and what it is not; each ends in a range, so that a "-" behind it is itself. */
#define BLANK                                                                           \
	"\\x{20}\\x{a0}\\x{1680}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}" \
	"\\x{9}-\\x{d}\\x{2000}-\\x{200a}"
#define NOT_BLANK                                                                        \
	"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}" \
	"\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"   \
	"\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

/* The language that is rewritten to. */
static OnigSyntaxType syntax = {
	.op = ONIG_SYN_OP_DOT_ANYCHAR | ONIG_SYN_OP_ASTERISK_ZERO_INF | ONIG_SYN_OP_PLUS_ONE_INF |
	      ONIG_SYN_OP_QMARK_ZERO_ONE | ONIG_SYN_OP_BRACE_INTERVAL | ONIG_SYN_OP_VBAR_ALT |
	      ONIG_SYN_OP_LPAREN_SUBEXP | ONIG_SYN_OP_ESC_AZ_BUF_ANCHOR |
	      ONIG_SYN_OP_DECIMAL_BACKREF | ONIG_SYN_OP_BRACKET_CC | ONIG_SYN_OP_ESC_W_WORD |
	      ONIG_SYN_OP_ESC_B_WORD_BOUND | ONIG_SYN_OP_ESC_D_DIGIT |
	      ONIG_SYN_OP_QMARK_NON_GREEDY | ONIG_SYN_OP_ESC_X_BRACE_HEX8,
	.op2 = ONIG_SYN_OP2_QMARK_GROUP_EFFECT | ONIG_SYN_OP2_QMARK_LT_NAMED_GROUP |
	       ONIG_SYN_OP2_ESC_K_NAMED_BACKREF | ONIG_SYN_OP2_ESC_P_BRACE_CHAR_PROPERTY,
	.behavior = ONIG_SYN_CONTEXT_INDEP_REPEAT_OPS | ONIG_SYN_CONTEXT_INVALID_REPEAT_OPS |
	            ONIG_SYN_ALLOW_INVALID_INTERVAL | ONIG_SYN_BACKSLASH_ESCAPE_IN_CC |
	            ONIG_SYN_ALLOW_DOUBLE_RANGE_OP_IN_CC | ONIG_SYN_DIFFERENT_LEN_ALT_LOOK_BEHIND |
	            ONIG_SYN_VARIABLE_LEN_LOOK_BEHIND,
	.options = ONIG_OPTION_WORD_IS_ASCII | ONIG_OPTION_DIGIT_IS_ASCII,
	.meta_char_table = { .esc = '\\' },
};

static int
fail(const char *what)
{
	return err_set(EX_DATAERR, "%s", what);
}

static bool
is_letter(char c)
{
	return ((c | ' ') >= 'a') && ((c | ' ') <= 'z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether the rest begins with text, which is then passed. */
static bool
take(struct reader *r, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(r->end - r->p) < len || memcmp(r->p, text, len) != 0)
		return false;
	r->p += len;
	return true;
}

/* The number that up to max hexadecimal digits say, at least min; -1: there are fewer. */
static int32_t
take_hex(struct reader *r, int min, int max)
{
	int32_t n = 0;
	int digits;

	for (digits = 0; digits < max && r->p < r->end; digits++, r->p++) {
		char c = *r->p;

		if (is_digit(c))
			n = n * 16 + c - '0';
		else if (is_letter(c) && (c | ' ') <= 'f')
			n = n * 16 + (c | ' ') - 'a' + 10;
		else
			break;
	}
	return digits < min ? -1 : n;
}

static int
add_character(struct reader *r, int32_t c)
{
	if (c < 0 || c > 0x10ffff)
		return fail("\\x or \\u without the number of a character");
	if (c >= 0xd800 && c <= 0xdfff)
		return fail("lone surrogate");
	buf_printf(&r->out, "\\x{%x}", (unsigned)c);
	return 0;
}

/* p is behind "\u". */
static int
read_unicode(struct reader *r)
{
	int32_t high, low;
	const char *behind;

	if (take(r, "{")) {
		high = take_hex(r, 1, 6);
		return add_character(r, take(r, "}") ? high : -1);
	}
	high = take_hex(r, 4, 4);
	behind = r->p;
	if (high >= 0xd800 && high < 0xdc00 && take(r, "\\u")) {
		low = take_hex(r, 4, 4);
		if (low >= 0xdc00 && low <= 0xdfff)
			high = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
		else
			r->p = behind;
	}
	return add_character(r, high);
}

/* p is behind "\p" or "\P", which is c.  Oniguruma knows the values, not what they are of. */
static int
read_property(struct reader *r, char c)
{
	static const char *const of[] = { "Script=", "sc=", "Script_Extensions=", "scx=",
		"General_Category=", "gc=" };
	const char *start;

	if (!take(r, "{"))
		return fail("\\p without a property in braces");
	for (size_t i = 0; i < sizeof of / sizeof *of; i++)
		if (take(r, of[i]))
			break;
	for (start = r->p; r->p < r->end && (is_letter(*r->p) || is_digit(*r->p) || *r->p == '_');)
		r->p++;
	buf_printf(&r->out, "\\%c{%.*s}", c, (int)(r->p - start), start);
	return take(r, "}") ? 0 : fail("\\p without a property in braces");
}

/* A set of characters, within a class or as one. */
static void
add_set(struct reader *r, const char *set)
{
	buf_printf(&r->out, r->in_class ? "%s" : "[%s]", set);
}

/* The escapes that mean one character; p is behind c. */
static int
read_character(struct reader *r, char c)
{
	static const char letters[] = "fnrtv", meanings[] = "\f\n\r\t\v";
	const char *letter = strchr(letters, c);

	if (letter)
		return add_character(r, meanings[letter - letters]);
	switch (c) {
	case '0':
		return r->p < r->end && is_digit(*r->p) ? fail("octal escape")
		                                        : add_character(r, 0);
	case 'c':
		if (r->p == r->end || !is_letter(*r->p))
			return fail("\\c without a letter");
		return add_character(r, *r->p++ & 31);
	case 'x':
		return add_character(r, take_hex(r, 2, 2));
	case 'u':
		return read_unicode(r);
	default:
		return err_set(EX_DATAERR, "unknown escape \\%c", c);
	}
}

/* p is behind a backslash. */
static int
read_escape(struct reader *r)
{
	char c;

	if (r->p == r->end)
		return fail("backslash at the end");
	c = *r->p++;
	if (c == 's' || c == 'S') {
		add_set(r, c == 's' ? BLANK : NOT_BLANK);
		return 0;
	}
	if (c == 'p' || c == 'P')
		return read_property(r, c);
	if (r->in_class && c == 'b')
		return add_character(r, '\b');
	if (strchr("dDwW", c) || (!r->in_class && strchr("bBk123456789", c))) {
		buf_printf(&r->out, "\\%c", c);
		return 0;
	}
	if (is_letter(c) || is_digit(c))
		return read_character(r, c);
	if ((c & 0x80) == 0)
		buf_putc(&r->out, '\\');
	buf_putc(&r->out, c);
	return 0;
}

/* p is behind "[". */
static void
read_class(struct reader *r)
{
	if (take(r, "]")) {
		buf_puts(&r->out, "(?!)");
	} else if (take(r, "^]")) {
		buf_puts(&r->out, "[\\x{0}-\\x{10ffff}]");
	} else {
		buf_puts(&r->out, take(r, "^") ? "[^" : "[");
		r->in_class = true;
	}
}

/* p is behind "(". */
static int
read_group(struct reader *r)
{
	const char *p = r->p;

	if (r->end - p >= 1 && *p == '?' && (r->end - p < 2 || !strchr(":=!<", p[1])))
		return fail("unknown kind of group");
	buf_putc(&r->out, '(');
	return 0;
}

static int
read_one(struct reader *r)
{
	char c = *r->p++;

	if (c == '\\')
		return read_escape(r);
	if (r->in_class) {
		if (c == '[')
			buf_putc(&r->out, '\\');
		buf_putc(&r->out, c);
		r->in_class = c != ']';
		return 0;
	}
	switch (c) {
	case '[':
		read_class(r);
		return 0;
	case '(':
		return read_group(r);
	case '^':
		buf_puts(&r->out, "\\A");
		return 0;
	case '$':
		buf_puts(&r->out, "\\z");
		return 0;
	case '.':
		buf_puts(&r->out, "[^\\x{a}\\x{d}\\x{2028}\\x{2029}]");
		return 0;
	default:
		buf_putc(&r->out, c);
		return 0;
	}
}

static OnigRegex
compile(const struct buf *text)
{
	const OnigUChar *start = (const OnigUChar *)text->p;
	OnigUChar said[ONIG_MAX_ERROR_MESSAGE_LEN];
	OnigErrorInfo info;
	OnigRegex regex;
	int code;

	code = onig_new(&regex, start, start + text->len, ONIG_OPTION_NONE, ONIG_ENCODING_UTF8,
	    &syntax, &info);
	if (code == ONIG_NORMAL)
		return regex;
	onig_error_code_to_str(said, code, &info);
	err_set(EX_DATAERR, "%s", (const char *)said);
	return NULL;
}

struct pattern *
pattern_open(const char *text, size_t len)
{
	struct reader r = { .p = text, .end = text + len };
	struct pattern *pattern = NULL;
	OnigRegex regex = NULL;
	int status = 0;

	buf_puts(&r.out, "");
	while (status == 0 && r.p < r.end)
		status = read_one(&r);
	if (status == 0)
		regex = compile(&r.out);
	buf_release(&r.out);
	if (regex) {
		pattern = xmalloc(sizeof *pattern);
		pattern->regex = regex;
	}
	return pattern;
}

void
pattern_close(struct pattern *p)
{
	if (!p)
		return;
	onig_free(p->regex);
	free(p);
}

int
pattern_search(const struct pattern *p, const char *s, size_t len)
{
	const OnigUChar *start = (const OnigUChar *)s, *end = start + len;
	unsigned long steps = STEPS_BASE + STEPS_PER_BYTE * (unsigned long)len;
	OnigMatchParam *limits = onig_new_match_param();
	int at;

	if (!limits)
		buf_no_memory();
	onig_set_match_stack_limit_size_of_match_param(limits, STACK_MAX);
	onig_set_retry_limit_in_match_of_match_param(limits, steps);
	onig_set_retry_limit_in_search_of_match_param(limits, steps);
	at = onig_search_with_param(p->regex, start, end, start, end, NULL, ONIG_OPTION_NONE,
	    limits);
	onig_free_match_param(limits);
	if (at >= 0 || at == ONIG_MISMATCH)
		return at >= 0;
	if (at == ONIGERR_MEMORY)
		buf_no_memory();
	return err_set(EX_DATAERR, "the search takes too many steps");
}
