#include "fence.h"

#include <stdbool.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "label.h"
#include "pointer.h"

/* A step is a place that is held against a value. */
enum { STEPS_MAX = 20000000, SHOWN_MAX = 80, LISTED_MAX = 400 };

struct walk {
	jv scope;
	struct buf at;           /* where in the arguments we are */
	unsigned limited;        /* what the scope limits, as labels */
	bool named[SCOPE_KINDS]; /* whether the call has named one */
	bool is_harmless;        /* what it is only told is not looked through */
	long steps_left;
};

/* The accounts or regions of a scope, in a sentence; to be released. */
static const char *
listed(jv scope, enum scope_kind kind, struct buf *b)
{
	jv list = json_get(scope, scope_member(kind), JV_KIND_ARRAY);

	buf_puts(b, "");
	if (jv_is_valid(list))
		jv_array_foreach (list, i, item) {
			if (jv_get_kind(item) == JV_KIND_STRING && b->len < LISTED_MAX)
				buf_printf(b, "%s%.64s", b->len > 0 ? ", " : "",
				    jv_string_value(item));
			else if (b->len < LISTED_MAX + 4)
				buf_puts(b, " ...");
			jv_free(item);
		}
	jv_free(list);
	return b->len > 0 ? b->p : "none";
}

/* What is at the place where we are is not in the scope. */
static int
refuse(struct walk *w, enum scope_kind kind, const char *what, size_t len)
{
	struct buf allowed = { 0 };
	jv shown = json_utf8(what, len < SHOWN_MAX ? len : SHOWN_MAX);

	err_set(EX_NOPERM, "%.200s: %s%s is outside of this task's scope; its %ss are: %s",
	    pointer_show(&w->at), jv_string_value(shown), len > SHOWN_MAX ? "..." : "",
	    scope_name(kind), listed(w->scope, kind, &allowed));
	jv_free(shown);
	buf_release(&allowed);
	return -1;
}

static int
refuse_kind(struct walk *w, enum scope_kind kind, const char *got)
{
	struct buf allowed = { 0 };

	err_set(EX_NOPERM,
	    "%.200s: want a string that names %ss of this task's scope, got %s; they "
	    "are: %s",
	    pointer_show(&w->at), scope_name(kind), got, listed(w->scope, kind, &allowed));
	buf_release(&allowed);
	return -1;
}

/* One account or region, of that label. */
static int
check_word(struct walk *w, unsigned label, const char *word, size_t len)
{
	for (int kind = 0; kind < SCOPE_KINDS; kind++) {
		if (!(label & 1U << kind))
			continue;
		if (!scope_allows(w->scope, kind, word, len))
			return refuse(w, kind, word, len);
		w->named[kind] = true;
	}
	return 0;
}

static enum scope_kind
first_kind(unsigned label)
{
	enum scope_kind kind = 0;

	while (!(label & 1U << kind))
		kind++;
	return kind;
}

/* The words of a text that names accounts or regions. */
static int
check_words(struct walk *w, unsigned label, const char *p, size_t len)
{
	const char *end = p + len;
	bool is_empty = true;

	while (p < end) {
		size_t word = 0;

		while (p + word < end && (!p[word] || !strchr(" \t\r\n,", p[word])))
			word++;
		if (word > 0 && check_word(w, label, p, word) < 0)
			return -1;
		is_empty = is_empty && word == 0;
		p += word + 1;
	}
	return is_empty ? refuse_kind(w, first_kind(label), "an empty one") : 0;
}

/* The region and the account of an ARN, where it has them. */
static int
check_arn(struct walk *w, const char *p, const char *end)
{
	static const enum scope_kind kinds[] = { SCOPE_REGION, SCOPE_ACCOUNT };

	for (int colons = 0; colons < 3; colons++) {
		p = memchr(p, ':', (size_t)(end - p));
		if (!p)
			return 0;
		p++;
	}
	for (size_t i = 0; i < 2; i++) {
		const char *colon = memchr(p, ':', (size_t)(end - p));
		size_t len = (size_t)((colon ? colon : end) - p);
		bool is_nobody = len == 0 || (len == 3 && !memcmp(p, "aws", 3));

		if (!is_nobody && w->limited & 1U << kinds[i] &&
		    !scope_allows(w->scope, kinds[i], p, len))
			return refuse(w, kinds[i], p, len);
		if (!colon)
			return 0;
		p = colon + 1;
	}
	return 0;
}

/* All ARNs in a text. */
static int
check_arns(struct walk *w, const char *p, size_t len)
{
	const char *end = p + len;

	while ((p = memmem(p, (size_t)(end - p), "arn:aws", 7))) {
		if (check_arn(w, p, end) < 0)
			return -1;
		p += 4;
	}
	return 0;
}

static int check_value(struct walk *w, const struct label_set *set, unsigned label, jv v);

/* A string that is a JSON object or array is looked through like one. */
static int
check_json(struct walk *w, const struct label_set *set, const char *text, size_t len)
{
	struct label_set nothing = { .schema = set->schema };
	const char *p = text + strspn(text, " \t\r\n");
	jv v = *p == '{' || *p == '[' ? json_parse(text, len) : jv_invalid();
	int rc = jv_is_valid(v) ? check_value(w, &nothing, 0, v) : 0;

	jv_free(v);
	return rc;
}

static int
check_string(struct walk *w, const struct label_set *set, unsigned label, jv v)
{
	const char *text = jv_string_value(v);
	size_t len = (size_t)jv_string_length_bytes(jv_copy(v));

	w->steps_left -= (long)len / 10;
	if (label)
		return check_words(w, label, text, len);
	if (w->is_harmless)
		return 0;
	return check_arns(w, text, len) < 0 ? -1 : check_json(w, set, text, len);
}

static int
check_number(struct walk *w, unsigned label, jv v)
{
	struct buf text = { 0 };
	int rc;

	json_dump(&text, jv_copy(v));
	rc = check_words(w, label, text.p, text.len);
	buf_release(&text);
	return rc;
}

static int
check_items(struct walk *w, const struct label_set *set, unsigned label, jv v)
{
	size_t len = w->at.len;
	int rc = 0;

	if (label && jv_array_length(jv_copy(v)) == 0)
		return refuse_kind(w, first_kind(label), "an empty list");
	jv_array_foreach (v, i, item) {
		struct label_set its = { .schema = set->schema };

		pointer_add_index(&w->at, i);
		if (rc == 0) {
			label_set_item(set, i, &its);
			rc = check_value(w, &its, label, item);
		}
		pointer_cut(&w->at, len);
		label_set_release(&its);
		jv_free(item);
	}
	return rc;
}

/* A member's name says something where names are marked, or where it is no word of the schema in
 * an object that is marked. */
static int
check_name(struct walk *w, const struct label_set *set, unsigned label, jv name)
{
	struct label_set names = { .schema = set->schema };
	unsigned mark;

	label_set_names(set, &names);
	mark = label_set_mark(&names);
	label_set_release(&names);
	if (!mark && !label_set_lists(set, name) && !label_name(jv_string_value(name)))
		mark = label;
	return check_string(w, set, mark & w->limited, name);
}

/* What the value of {"name":"account_id","value":...} is. */
static unsigned
label_of_pair(jv v)
{
	static const char *const names[] = { "name", "Name", "key", "Key" };
	unsigned label = 0;

	for (size_t i = 0; !label && i < sizeof names / sizeof *names; i++) {
		const char *name = json_peek_string(v, names[i]);

		label = name ? label_name(name) : 0;
	}
	return label;
}

/* What a member is by its name, in an object that is label. */
static unsigned
label_of_member(const char *name, unsigned pair, unsigned label)
{
	unsigned own = label_name(name);

	if (!strcasecmp(name, "value") || !strcasecmp(name, "values"))
		own = pair;
	return own ? own : label;
}

static int
check_members(struct walk *w, const struct label_set *set, unsigned label, jv v)
{
	unsigned pair = label_of_pair(v);
	size_t len = w->at.len;
	int rc = 0;

	if (label && jv_object_length(jv_copy(v)) == 0)
		return refuse_kind(w, first_kind(label), "an empty object");
	jv_object_foreach (v, name, member) {
		struct label_set its = { .schema = set->schema };

		pointer_add(&w->at, name);
		if (rc == 0)
			rc = check_name(w, set, label, name);
		if (rc == 0) {
			label_set_member(set, name, &its);
			rc = check_value(w, &its,
			    label_of_member(jv_string_value(name), pair, label), member);
		}
		pointer_cut(&w->at, len);
		label_set_release(&its);
		jv_free(name);
		jv_free(member);
	}
	return rc;
}

/* A value, of which these places speak; label is what it is unless they say. */
static int
check_value(struct walk *w, const struct label_set *set, unsigned label, jv v)
{
	unsigned mark = label_set_mark(set);

	w->steps_left -= 1 + (long)(set->len * set->len);
	if (w->steps_left < 0)
		return err_set(EX_NOPERM,
		    "%.200s: takes too many steps to be held against this "
		    "task's scope; make it simpler",
		    pointer_show(&w->at));
	label = (mark ? mark : label) & w->limited;
	switch (jv_get_kind(v)) {
	case JV_KIND_STRING:
		return check_string(w, set, label, v);
	case JV_KIND_ARRAY:
		return check_items(w, set, label, v);
	case JV_KIND_OBJECT:
		return check_members(w, set, label, v);
	case JV_KIND_NUMBER:
		return label ? check_number(w, label, v) : 0;
	case JV_KIND_TRUE:
	case JV_KIND_FALSE:
		return label ? refuse_kind(w, first_kind(label), "true or false") : 0;
	default:
		return 0; /* null: it is left out */
	}
}

/* A call that names none of what its task is limited to. */
static int
check_named(struct walk *w, const struct schema *parameters, enum scope_kind kind,
    enum fence_need need)
{
	jv name = label_declared(parameters, kind);
	struct buf allowed = { 0 };
	int rc = 0;

	listed(w->scope, kind, &allowed);
	if (jv_is_valid(name))
		rc = err_set(EX_NOPERM,
		    "%.80s: is missing; this task is limited to %ss, so say which "
		    "of them: %s",
		    jv_string_value(name), scope_name(kind), allowed.p);
	else if (need == FENCE_NAMED)
		rc = err_set(EX_NOPERM,
		    "this tool takes no %s, so nobody can tell whether it keeps to "
		    "those of this task (%s); do without it",
		    scope_name(kind), allowed.p);
	jv_free(name);
	buf_release(&allowed);
	return rc;
}

int
fence_check(const struct schema *parameters, jv scope, jv args, enum fence_need need)
{
	struct walk w = { .scope = scope,
		.is_harmless = need == FENCE_HARMLESS,
		.steps_left = STEPS_MAX };
	struct label_set whole = { .schema = parameters };
	int rc = 0;

	for (int kind = 0; kind < SCOPE_KINDS; kind++)
		w.limited |= scope_limits(scope, kind) ? 1U << kind : 0;
	if (!w.limited)
		return 0;
	label_set_add(&whole, 0);
	rc = check_value(&w, &whole, 0, args);
	for (int kind = 0; rc == 0 && need != FENCE_HARMLESS && kind < SCOPE_KINDS; kind++)
		if (w.limited & 1U << kind && !w.named[kind])
			rc = check_named(&w, parameters, kind, need);
	label_set_release(&whole);
	buf_release(&w.at);
	return rc;
}
