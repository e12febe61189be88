#include "mask.h"

#include <stdlib.h>
#include <string.h>

#include "bare.h"
#include "json.h"

static const char stars[] = "***";

/* What is left of a secret without its backslashes; how much of a text is looked at at once. */
enum { BARE_MIN = 4, PIECE_BYTES = 32 << 10 };

struct mask {
	struct buf *secret; /* bare */
	size_t len, longest;
};

/* --- secrets */

/* What logs and conversations are understood by. */
static bool
is_word(const char *secret, size_t len)
{
	static const char *const words[] = { "assistant", "messages", "arguments", "tool_calls",
		"tool_call_id", "is_error", "thinking", "system_prompt", "instruction",
		"tool_start", "tool_end", "tool_use", "tool_result", "turn_failed", "model_retry",
		"token_usage", "approval_request", "input_tokens", "output_tokens", "total_tokens",
		"create_task_start", "agent_creation_metrics" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memmem(words[i], strlen(words[i]), secret, len))
			return true;
	return false;
}

struct mask *
mask_new(void)
{
	struct mask *m = xmalloc(sizeof *m);

	*m = (struct mask){ .secret = NULL };
	return m;
}

void
mask_free(struct mask *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->len; i++)
		buf_release(&m->secret[i]);
	free(m->secret);
	free(m);
}

static bool
has_secret(const struct mask *m, const struct buf *bare)
{
	for (size_t i = 0; i < m->len; i++)
		if (m->secret[i].len == bare->len && !memcmp(m->secret[i].p, bare->p, bare->len))
			return true;
	return false;
}

/* Keeps the secret as a bare text has it. */
static void
add_bare(struct mask *m, jv secret, bool keeps_units)
{
	struct bare bare = { .keeps_units = keeps_units };
	size_t whole = (size_t)jv_string_length_bytes(jv_copy(secret));

	bare_add(&bare, jv_string_value(secret), whole);
	if (bare.text.len < BARE_MIN || has_secret(m, &bare.text)) {
		buf_release(&bare.text);
		return;
	}
	m->secret = xrealloc(m->secret, (m->len + 1) * sizeof *m->secret);
	m->secret[m->len++] = bare.text;
	if (m->longest < whole * 6)
		m->longest = whole * 6; /* \uXXXX for each */
}

void
mask_add(struct mask *m, const char *secret, size_t len)
{
	jv text;

	if (len < MASK_SECRET_MIN || memmem(secret, len, stars, 3) || is_word(secret, len))
		return;
	text = json_utf8(secret, len); /* as a log would have it */
	add_bare(m, text, false);
	add_bare(m, text, true);
	jv_free(text);
}

size_t
mask_longest(const struct mask *m)
{
	return m ? m->longest : 0;
}

/* --- masking */

static bool
has_any(const struct mask *m, const char *text, size_t len)
{
	for (size_t i = 0; i < m->len; i++)
		if (memmem(text, len, m->secret[i].p, m->secret[i].len))
			return true;
	return false;
}

static bool
piece_hits(const struct mask *m, struct bare *bare, const char *text, size_t len)
{
	bare->has_units = bare->keeps_units = false;
	do {
		bare->keeps_units = bare->has_units;
		bare->text.len = 0;
		bare_add(bare, text, len);
		if (bare->text.len > 0 && has_any(m, bare->text.p, bare->text.len))
			return true;
	} while (bare->has_units && !bare->keeps_units);
	return false;
}

/* Piece by piece, so that little memory is used; a secret is whole in one of them. */
bool
mask_hits(const struct mask *m, const char *text, size_t len)
{
	struct bare bare = { .from = NULL };
	size_t overlap = 4 * mask_longest(m), piece = PIECE_BYTES, from = 0;
	bool hits = false;

	if (overlap == 0 || len == 0)
		return false;
	if (piece < 4 * overlap)
		piece = 4 * overlap;
	for (; !hits && len - from > piece; from += piece - overlap)
		hits = piece_hits(m, &bare, text + from, piece);
	hits = hits || piece_hits(m, &bare, text + from, len - from);
	buf_release(&bare.text);
	return hits;
}

/* Marks the bytes of the text that belong to a secret in its bare form. */
static void
mark(const struct mask *m, const struct bare *bare, bool *is_secret)
{
	const char *end = bare->text.p + bare->text.len, *at;

	for (size_t i = 0; i < m->len; i++) {
		size_t len = m->secret[i].len;

		for (const char *p = bare->text.p;
		     p && (at = memmem(p, (size_t)(end - p), m->secret[i].p, len)); p = at + 1) {
			size_t first = (size_t)(at - bare->text.p);
			size_t from = bare->from[first], to = bare->to[first + len - 1];

			memset(is_secret + from, true, to - from);
		}
	}
}

/* Tells for each byte of a text whether it belongs to a secret. */
static void
mark_all(const struct mask *m, const char *text, size_t len, bool *is_secret)
{
	struct bare bare = { .from = xmalloc(len * sizeof(size_t)),
		.to = xmalloc(len * sizeof(size_t)) };

	memset(is_secret, false, len);
	do {
		bare.keeps_units = bare.has_units;
		bare.text.len = 0;
		bare_add(&bare, text, len);
		mark(m, &bare, is_secret);
	} while (bare.has_units && !bare.keeps_units);
	free(bare.from);
	free(bare.to);
	buf_release(&bare.text);
}

void
mask_text(const struct mask *m, struct buf *b, const char *text, size_t len)
{
	bool *is_secret;

	if (!mask_hits(m, text, len)) {
		buf_add(b, text, len);
		return;
	}
	is_secret = xmalloc(len);
	mark_all(m, text, len, is_secret);
	for (size_t i = 0; i < len; i++)
		if (!is_secret[i])
			buf_putc(b, text[i]);
		else if (i == 0 || !is_secret[i - 1])
			buf_puts(b, stars);
	free(is_secret);
}

size_t
mask_cut(const struct mask *m, const char *text, size_t len, size_t at)
{
	bool *is_secret;

	if (at == 0 || at >= len || !mask_hits(m, text, len))
		return at;
	is_secret = xmalloc(len);
	mark_all(m, text, len, is_secret);
	if (is_secret[at])
		while (at > 0 && is_secret[at - 1])
			at--;
	free(is_secret);
	return at;
}

static jv
mask_string(const struct mask *m, jv string)
{
	size_t len = (size_t)jv_string_length_bytes(jv_copy(string));
	struct buf b = { 0 };

	if (!mask_hits(m, jv_string_value(string), len))
		return string;
	mask_text(m, &b, jv_string_value(string), len);
	jv_free(string);
	string = jv_string_sized(b.p, (int)b.len);
	buf_release(&b);
	return string;
}

static jv
mask_number(const struct mask *m, jv number)
{
	struct buf b = { 0 };
	bool hits;

	json_dump(&b, jv_copy(number));
	hits = mask_hits(m, b.p, b.len);
	buf_release(&b);
	if (!hits)
		return number;
	jv_free(number);
	return jv_string(stars);
}

static jv
mask_object(const struct mask *m, jv object)
{
	jv masked = jv_object();

	jv_object_foreach (object, name, value) {
		name = mask_string(m, name);
		while (jv_object_has(jv_copy(masked), jv_copy(name))) /* two were secrets */
			name = jv_string_append_str(name, "*");
		masked = jv_object_set(masked, name, mask_value(m, value));
	}
	jv_free(object);
	return masked;
}

static jv
mask_array(const struct mask *m, jv array)
{
	int len = jv_array_length(jv_copy(array));

	for (int i = 0; i < len; i++)
		array = jv_array_set(array, i, mask_value(m, jv_array_get(jv_copy(array), i)));
	return array;
}

jv
mask_value(const struct mask *m, jv value)
{
	if (!m || m->len == 0)
		return value;
	switch (jv_get_kind(value)) {
	case JV_KIND_STRING:
		return mask_string(m, value);
	case JV_KIND_NUMBER:
		return mask_number(m, value);
	case JV_KIND_ARRAY:
		return mask_array(m, value);
	case JV_KIND_OBJECT:
		return mask_object(m, value);
	default:
		return value;
	}
}
