#include "scope.h"

#include <string.h>

#include "err.h"
#include "json.h"

enum { WORD_MAX = 64 };

static const struct {
	const char *name, *member;
} kinds[SCOPE_KINDS] = {
	[SCOPE_ACCOUNT] = { "account", "account_ids" },
	[SCOPE_REGION] = { "region", "regions" },
};

const char *
scope_name(enum scope_kind kind)
{
	return kinds[kind].name;
}

const char *
scope_member(enum scope_kind kind)
{
	return kinds[kind].member;
}

int
scope_check_account(const char *id)
{
	if (strlen(id) == 12 && strspn(id, "0123456789") == 12)
		return 0;
	return err_set(EX_DATAERR,
	    "account %.64s: an account id is 12 digits; find out which one it is", id);
}

/* Two to four letters, words, and a number of one or two digits, with "-" between them. */
static bool
is_region(const char *s)
{
	const char *const letters = "abcdefghijklmnopqrstuvwxyz";
	size_t words = 0, len = strspn(s, letters);

	if (len < 2 || len > 4)
		return false;
	for (s += len; *s == '-' && (len = strspn(s + 1, letters)) > 0; s += 1 + len)
		words++;
	if (words == 0 || *s != '-')
		return false;
	len = strspn(s + 1, "0123456789");
	return (len == 1 || len == 2) && !s[1 + len];
}

int
scope_check_region(const char *name)
{
	if (strlen(name) <= WORD_MAX && is_region(name))
		return 0;
	return err_set(EX_DATAERR,
	    "region %.64s: a region is written like us-east-1; find out which one it is", name);
}

static bool
is_parting(char c)
{
	return strchr(" \t\r\n,", c) && c;
}

static bool
has_text(jv list, const char *text, size_t len)
{
	bool has = false;

	jv_array_foreach (list, i, item) {
		has = has || (jv_get_kind(item) == JV_KIND_STRING &&
				 (size_t)jv_string_length_bytes(jv_copy(item)) == len &&
				 !memcmp(jv_string_value(item), text, len));
		jv_free(item);
	}
	return has;
}

/* Append the words of a string (borrowed), each once. */
static jv
append_words(jv list, jv text)
{
	const char *p = jv_string_value(text);
	const char *end = p + jv_string_length_bytes(jv_copy(text));

	while (p < end) {
		size_t len = 0;

		while (p + len < end && !is_parting(p[len]))
			len++;
		if (len > 0 && !has_text(list, p, len))
			list = jv_array_append(list, json_utf8(p, len));
		p += len + 1;
	}
	return list;
}

jv
scope_list(jv given)
{
	jv texts = jv_get_kind(given) == JV_KIND_STRING ? JV_ARRAY(given) : given;
	bool is_good = jv_get_kind(texts) == JV_KIND_ARRAY;
	jv list = jv_array();

	if (is_good)
		jv_array_foreach (texts, i, text) {
			is_good = is_good && jv_get_kind(text) == JV_KIND_STRING;
			if (is_good)
				list = append_words(list, text);
			jv_free(text);
		}
	jv_free(texts);
	if (is_good && jv_array_length(jv_copy(list)) > 0)
		return list;
	jv_free(list);
	err_set(EX_DATAERR, "want one or more, as a list of strings");
	return jv_invalid();
}

/* Whether it can be told from others in a list that is written with commas. */
static bool
is_word(jv item)
{
	const char *s = jv_get_kind(item) == JV_KIND_STRING ? jv_string_value(item) : "";
	size_t len = strlen(s);

	if (len == 0 || len > WORD_MAX || (size_t)jv_string_length_bytes(jv_copy(item)) != len)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || *s == ',')
			return false;
	return true;
}

static int
check_item(enum scope_kind kind, jv item, bool is_any)
{
	if (!is_word(item))
		return err_set(EX_DATAERR,
		    "want strings of at most %d bytes, without blanks and commas", WORD_MAX);
	if (is_any)
		return 0;
	return kind == SCOPE_ACCOUNT ? scope_check_account(jv_string_value(item))
	                             : scope_check_region(jv_string_value(item));
}

static int
check_list(enum scope_kind kind, jv scope, bool is_any)
{
	jv list = json_get(scope, kinds[kind].member, JV_KIND_ARRAY);
	int rc = 0;

	if (!scope_limits(scope, kind))
		rc = 0;
	else if (!jv_is_valid(list))
		rc = err_set(EX_DATAERR, "want a list");
	else if (jv_array_length(jv_copy(list)) == 0)
		rc = err_set(EX_DATAERR, "is empty; leave it out where every %s may be used",
		    kinds[kind].name);
	else
		jv_array_foreach (list, i, item) {
			rc = rc < 0 ? rc : check_item(kind, item, is_any);
			jv_free(item);
		}
	jv_free(list);
	return rc < 0 ? err_add("scope.%s", kinds[kind].member) : 0;
}

int
scope_check(jv scope, bool is_any)
{
	for (int kind = 0; kind < SCOPE_KINDS; kind++)
		if (check_list(kind, scope, is_any) < 0)
			return -1;
	return 0;
}

jv
scope_of(jv task)
{
	jv scope = json_get(task, "scope", JV_KIND_OBJECT), empty = jv_object();
	bool is_bad;

	if (jv_is_valid(scope))
		return (jv_free(empty), scope);
	jv_free(scope);
	scope = jv_object_get(jv_copy(task), jv_string("scope"));
	is_bad = jv_is_valid(scope) && jv_get_kind(scope) != JV_KIND_NULL;
	jv_free(scope);
	for (int kind = 0; is_bad && kind < SCOPE_KINDS; kind++)
		empty = json_set(empty, kinds[kind].member, jv_array());
	return empty;
}

bool
scope_limits(jv scope, enum scope_kind kind)
{
	bool is_limited;
	jv list;

	if (jv_get_kind(scope) != JV_KIND_OBJECT)
		return false;
	list = jv_object_get(jv_copy(scope), jv_string(kinds[kind].member));
	is_limited = jv_is_valid(list) && jv_get_kind(list) != JV_KIND_NULL;
	jv_free(list);
	return is_limited;
}

bool
scope_allows(jv scope, enum scope_kind kind, const char *text, size_t len)
{
	jv list = json_get(scope, kinds[kind].member, JV_KIND_ARRAY);
	bool is_allowed =
	    !scope_limits(scope, kind) || (jv_is_valid(list) && has_text(list, text, len));

	jv_free(list);
	return is_allowed;
}

/* What child allows is in parent.  -1 with err. */
static int
check_within(jv child, jv parent, enum scope_kind kind)
{
	jv list = json_get(child, kinds[kind].member, JV_KIND_ARRAY);
	int rc = 0;

	if (scope_limits(parent, kind) && !scope_limits(child, kind))
		rc = err_set(EX_NOPERM, "scope.%s: every %s would be too much; name some of yours",
		    kinds[kind].member, kinds[kind].name);
	if (jv_is_valid(list))
		jv_array_foreach (list, i, item) {
			const char *s =
			    jv_get_kind(item) == JV_KIND_STRING ? jv_string_value(item) : "";

			if (rc == 0 && !scope_allows(parent, kind, s, strlen(s)))
				rc = err_set(EX_NOPERM,
				    "scope.%s: %.64s is outside of your scope; name some of yours",
				    kinds[kind].member, s);
			jv_free(item);
		}
	jv_free(list);
	return rc;
}

bool
scope_is_within(jv child, jv parent)
{
	for (int kind = 0; kind < SCOPE_KINDS; kind++)
		if (check_within(child, parent, kind) < 0)
			return false;
	return true;
}
