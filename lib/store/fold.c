#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crc.h"
#include "err.h"
#include "fold.h"
#include "index.h"

void
fold_format(struct buf *b, const char *key, uint64_t n, jv sets, jv names, jv value)
{
	buf_puts(b, "{\"key\":");
	json_add_string(b, key, strlen(key));
	buf_printf(b, ",\"n\":%" PRIu64, n);
	if (jv_is_valid(value)) {
		buf_puts(b, ",\"sets\":");
		json_dump(b, sets);
		buf_puts(b, ",\"names\":");
		json_dump(b, names);
		buf_puts(b, ",\"value\":");
		json_dump(b, value);
	} else {
		jv_free(sets);
		jv_free(names);
		jv_free(value);
	}
	buf_putc(b, '}');
}

static bool
skip(const char **p, const char *end, const char *what)
{
	size_t len = strlen(what);

	if ((size_t)(end - *p) < len || memcmp(*p, what, len))
		return false;
	*p += len;
	return true;
}

bool
fold_parse(struct scan_text text, struct fold_change *change)
{
	const char *p = text.p, *end = text.p + text.len;
	struct scan_text number;

	*change = (struct fold_change){ .n = 0 };
	if (!skip(&p, end, "{\"key\":") || !scan_element(&p, end, &change->key) ||
	    !skip(&p, end, ",\"n\":") || !scan_element(&p, end, &number))
		return false;
	change->n = strtoull(number.p, NULL, 10);
	if (change->n == 0 || change->key.len < 3)
		return false;
	if (p + 1 == end)
		return *p == '}';
	if (!skip(&p, end, ",\"sets\":") || !scan_element(&p, end, &change->sets) ||
	    !skip(&p, end, ",\"names\":") || !scan_element(&p, end, &change->names) ||
	    !skip(&p, end, ",\"value\":") || end - p < 3 || *p != '{')
		return false;
	change->value = (struct scan_text){ p, (size_t)(end - 1 - p) };
	return true;
}

char *
fold_name(const char *name)
{
	struct buf b = { 0 };

	json_add_string(&b, name, strlen(name));
	b.p[b.len - 1] = '\0';
	memmove(b.p, b.p + 1, b.len - 1);
	return b.p;
}

/* A short string's text without quotes, as a C string; long enough for any name. */
struct name {
	char text[480];
};

/* A walk over an array of names; an absent array has none. */
struct walk {
	const char *p, *end;
};

static struct walk
walk_over(struct scan_text array)
{
	return array.p ? (struct walk){ array.p + 1, array.p + array.len } : (struct walk){ 0 };
}

static bool
next_name(struct walk *w, struct name *name)
{
	struct scan_text t;

	if (!w->p || !scan_element(&w->p, w->end, &t) || t.len < 2 ||
	    t.len - 2 >= sizeof name->text)
		return false;
	memcpy(name->text, t.p + 1, t.len - 2);
	name->text[t.len - 2] = '\0';
	return true;
}

static bool
has_name(struct scan_text array, const char *name)
{
	struct walk w = walk_over(array);
	struct name each;

	while (next_name(&w, &each))
		if (!strcmp(each.text, name))
			return true;
	return false;
}

/* A key of the form <kind>/<uuid> can be found by a prefix. */
static bool
is_uuid_key(const char *key)
{
	const char *slash = strchr(key, '/');

	if (!slash || strlen(slash + 1) != 36)
		return false;
	return strspn(slash + 1, "0123456789abcdef-") == 36 && !strchr(slash + 1, '/');
}

static void
bind_key(struct kv *kv, const struct fold_change *change, bool is_there)
{
	struct walk w = { change->key.p, change->key.p + change->key.len };
	struct name key;

	if (!next_name(&w, &key))
		return;
	if (is_there) {
		index_bind(kv, key.text, change->n);
		if (is_uuid_key(key.text))
			index_link(kv, key.text, change->n);
	} else {
		index_unbind(kv, key.text, change->n);
		if (is_uuid_key(key.text))
			index_unlink(kv, key.text, change->n);
	}
}

static bool
is_same(struct scan_text a, struct scan_text b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

/* A record's key is the same for all its life, but a line that is not ours may give it another:
 * what was linked is unlinked first, or the index would have a chain without an end. */
static void
fold_key(struct kv *kv, const struct fold_change *was, const struct fold_change *change)
{
	bool had = was->sets.p, has = change->sets.p;

	if (had && has && is_same(was->key, change->key))
		return;
	if (had)
		bind_key(kv, was, false);
	if (has)
		bind_key(kv, change, true);
}

void
fold_members(struct kv *kv, struct scan_text old, const struct fold_change *change)
{
	struct fold_change was = { .n = 0 };
	struct name name;

	if (old.p)
		fold_parse(old, &was);
	fold_key(kv, &was, change);
	for (struct walk w = walk_over(was.sets); next_name(&w, &name);)
		if (!has_name(change->sets, name.text))
			index_remove(kv, name.text, change->n);
	for (struct walk w = walk_over(change->sets); next_name(&w, &name);)
		if (!has_name(was.sets, name.text))
			index_add(kv, name.text, change->n);
	for (struct walk w = walk_over(was.names); next_name(&w, &name);)
		if (!has_name(change->names, name.text))
			index_unbind(kv, name.text, change->n);
	/* bound even if it was before: another record may have taken the name over meanwhile */
	for (struct walk w = walk_over(change->names); next_name(&w, &name);)
		index_bind(kv, name.text, change->n);
}

struct index_place
fold_place(struct scan_text text, const struct fold_change *change, uint64_t revision,
    uint32_t segment, uint64_t offset)
{
	return (struct index_place){ .revision = revision,
		.offset = offset,
		.segment = segment,
		.len = (uint32_t)text.len,
		.value = (uint32_t)(change->value.p - text.p),
		.crc = crc32c(0, text.p, text.len) };
}

static int
fold_change(struct kv *kv, struct journal *j, const struct journal_line *line,
    struct scan_text text)
{
	struct index_place old, place = { .revision = 0 };
	struct fold_change change;
	struct buf before = { 0 };
	struct index_head head;

	if (!fold_parse(text, &change))
		return err_set(EX_DATAERR, "journal: revision %" PRIu64 " is not ours",
		    line->revision);
	old = index_place(kv, change.n);
	if (old.revision && journal_read(j, old.segment, old.offset, old.len, &before) < 0) {
		buf_release(&before);
		return -1;
	}
	fold_members(kv, (struct scan_text){ before.p, before.len }, &change);
	buf_release(&before);
	if (change.sets.p)
		place = fold_place(text, &change, line->revision, line->start.segment,
		    line->start.offset + (uint64_t)(text.p - line->text));
	index_set_place(kv, change.n, &place);
	head = index_head(kv);
	if (head.records < change.n) {
		head.records = change.n;
		index_set_head(kv, &head);
	}
	return 0;
}

int
fold_line(struct kv *kv, struct journal *j, const struct journal_line *line,
    const struct journal_pos *behind)
{
	const char *p = line->set + 1, *end = line->set + line->set_len;
	struct scan_text text;
	struct index_head head;

	while (scan_element(&p, end, &text))
		if (fold_change(kv, j, line, text) < 0)
			return -1;
	head = index_head(kv);
	head.at = *behind;
	index_set_head(kv, &head);
	return kv_failed(kv);
}
