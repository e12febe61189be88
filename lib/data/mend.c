#include <string.h>

#include "buf.h"
#include "json.h"
#include "mend.h"
#include "utf8.h"

struct mend {
	const char *p, *end;
	struct buf out;
};

/* As much of the text as it is. */
static void
keep(struct mend *m, size_t len)
{
	size_t left = (size_t)(m->end - m->p);

	len = len < left ? len : left;
	buf_add(&m->out, m->p, len);
	m->p += len;
}

/* Something else in place of the next bytes. */
static void
replace(struct mend *m, size_t len, const char *by)
{
	buf_puts(&m->out, by);
	m->p += len;
}

/* What the escape \uXXXX at p means, or -1. */
static int
escaped_unit(const char *p, const char *end)
{
	int n = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *at = p[i] ? strchr(digits, p[i]) : NULL;

		if (!at)
			return -1;
		n = n * 16 + (int)((at - digits) % 16);
	}
	return n;
}

static void
mend_escape(struct mend *m)
{
	int unit = escaped_unit(m->p, m->end), next;

	if (unit < 0xd800 || unit > 0xdfff) {
		keep(m, 2);
		return;
	}
	next = unit < 0xdc00 ? escaped_unit(m->p + 6, m->end) : -1;
	if (next >= 0xdc00 && next <= 0xdfff)
		keep(m, 12);
	else
		replace(m, 6, "\\ufffd");
}

static void
mend_control(struct mend *m)
{
	char escape[] = "\\u00xx";

	escape[4] = "01"[*m->p >> 4];
	escape[5] = "0123456789abcdef"[*m->p & 15];
	replace(m, 1, escape);
}

/* p is at the opening quote. */
static void
mend_string(struct mend *m)
{
	keep(m, 1);
	while (m->p < m->end && *m->p != '"') {
		unsigned char c = (unsigned char)*m->p;
		size_t len = 1;

		if (c >= 0x80)
			len =
			    utf8_length((const unsigned char *)m->p, (const unsigned char *)m->end);
		if (c == '\\')
			mend_escape(m);
		else if (c < ' ')
			mend_control(m);
		else if (len == 0)
			replace(m, 1, "\xef\xbf\xbd");
		else
			keep(m, len);
	}
	keep(m, 1);
}

/* A number, or a word that stands for one.  Many digits alone are what is refused. */
static void
mend_number(struct mend *m)
{
	static const char *const words[] = { "-Infinity", "Infinity", "NaN" };
	const char *start = m->p;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(m->end - m->p) >= len && !memcmp(m->p, words[i], len)) {
			replace(m, len, "null");
			return;
		}
	}
	keep(m, 1);
	while (m->p < m->end && *m->p && strchr("0123456789.eE+-", *m->p))
		keep(m, 1);
	if (m->p - start > 15 && !memchr(start, '.', (size_t)(m->p - start)) &&
	    !memchr(start, 'e', (size_t)(m->p - start)) &&
	    !memchr(start, 'E', (size_t)(m->p - start)))
		buf_puts(&m->out, "e0");
}

jv
mend_parse(const char *text, size_t len, bool is_rounded)
{
	struct mend m = { .p = text, .end = text + len };
	jv v = json_parse(text, len);

	if (jv_is_valid(v) || len > SCAN_TEXT_MAX)
		return v;
	jv_free(v);
	buf_puts(&m.out, "");
	while (m.p < m.end) {
		if (*m.p == '"')
			mend_string(&m);
		else if (is_rounded && *m.p && strchr("-0123456789NI", *m.p))
			mend_number(&m);
		else
			keep(&m, 1);
	}
	v = json_parse(m.out.p, m.out.len);
	buf_release(&m.out);
	return v;
}
