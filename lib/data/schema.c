#include "schema.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "keyword.h"
#include "pointer.h"

/* A step is a schema held against a value, or a few comparisons; a search counts as many. */
enum { STEPS_MAX = 2000000, STEPS_PER_SEARCH = 100, BYTES_PER_STEP = 10, DEPTH_MAX = 2000 };

enum { FAULTS_MAX = 5, FAULT_SIZE = 190, SHOWN_MAX = 60, ALTERNATIVES_SHOWN = 3 };

struct faults {
	struct buf text;
	int len, max;
};

struct check {
	const struct schema *schema;
	struct buf at;         /* where in the value we are */
	struct faults *faults; /* NULL: nobody wants to know them */
	int depth;
	long steps_left;
	const char *cannot; /* why it cannot go on; NULL while it can */
	struct buf shown[2];
};

/* Whether v (borrowed) is as the rule wants it. */
typedef bool check_rule(struct check *c, const struct keyword_rule *rule, jv v);

/* Cut a text to size bytes at most, between two characters. */
static void
cut_text(struct buf *b, size_t size)
{
	if (b->len <= size)
		return;
	for (b->len = size - 3; b->len > 0 && (b->p[b->len] & 0xc0) == 0x80;)
		b->len--;
	buf_puts(b, "...");
}

static bool
give_up(struct check *c, const char *why)
{
	if (!c->cannot)
		c->cannot = why;
	return false;
}

/* Take so many steps.  Returns whether we may go on. */
static bool
take(struct check *c, long steps)
{
	c->steps_left -= steps;
	if (c->steps_left < 0)
		give_up(c, "it takes too many steps");
	return !c->cannot;
}

/* Whether no more has to be looked at. */
static bool
is_settled(const struct check *c, bool fits)
{
	return c->cannot || (!fits && (!c->faults || c->faults->len >= c->faults->max));
}

/* Note what is wrong where we are.  Returns false. */
__attribute__((format(printf, 2, 3))) static bool
fault(struct check *c, const char *fmt, ...)
{
	char what[2 * FAULT_SIZE];
	struct buf b = { 0 };
	va_list ap;

	if (!c->faults || c->faults->len >= c->faults->max)
		return false;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	buf_puts(&b, pointer_show(&c->at));
	cut_text(&b, FAULT_SIZE / 2);
	buf_printf(&b, ": %s", what);
	cut_text(&b, FAULT_SIZE);
	if (c->faults->len++ > 0)
		buf_puts(&c->faults->text, "; ");
	buf_add(&c->faults->text, b.p, b.len);
	buf_release(&b);
	return false;
}

/* A value (borrowed) in the sentence of a fault, which may show two. */
static const char *
show(struct check *c, int which, jv v)
{
	struct buf *b = &c->shown[which];

	if (!c->faults)
		return "";
	b->len = 0;
	json_dump(b, jv_copy(v));
	take(c, (long)(b->len / BYTES_PER_STEP));
	cut_text(b, SHOWN_MAX);
	return b->p;
}

static bool fits(struct check *c, size_t place, jv v);

static bool
fits_member(struct check *c, size_t place, jv name, jv v)
{
	size_t len = c->at.len;
	bool is_fit;

	if (c->faults)
		pointer_add(&c->at, name);
	is_fit = fits(c, place, v);
	pointer_cut(&c->at, len);
	return is_fit;
}

static bool
fits_item(struct check *c, size_t place, int index, jv v)
{
	size_t len = c->at.len;
	bool is_fit;

	if (c->faults)
		pointer_add_index(&c->at, index);
	is_fit = fits(c, place, v);
	pointer_cut(&c->at, len);
	return is_fit;
}

/* Whether v fits, with up to max faults noted in faults, or, where that is NULL, none. */
static bool
fits_apart(struct check *c, size_t place, jv v, struct faults *faults)
{
	struct faults *kept = c->faults;
	bool is_fit;

	c->faults = faults;
	is_fit = fits(c, place, v);
	c->faults = kept;
	return is_fit;
}

static bool
matches(struct check *c, const struct pattern *pattern, jv string)
{
	size_t len = (size_t)jv_string_length_bytes(jv_copy(string));
	int found;

	if (!take(c, STEPS_PER_SEARCH + (long)(len / BYTES_PER_STEP)))
		return false;
	found = pattern_search(pattern, jv_string_value(string), len);
	return found < 0 ? give_up(c, "a pattern takes too many steps") : found > 0;
}

static double
number_of(const struct keyword_rule *rule)
{
	return jv_number_value(rule->value);
}

/* jv values as equal as JSON Schema wants them: 1 is 1.0, the order of members does not count. */
static bool
is_equal(jv a, jv b)
{
	return jv_equal(jv_copy(a), jv_copy(b));
}

static bool
is_of_type(jv v, const char *type)
{
	if (!strcmp(type, "integer"))
		return jv_get_kind(v) == JV_KIND_NUMBER &&
		       jv_number_value(v) == floor(jv_number_value(v));
	return !strcmp(type, keyword_kind_name(jv_get_kind(v)));
}

static bool
check_type(struct check *c, const struct keyword_rule *rule, jv v)
{
	jv types = jv_get_kind(rule->value) == JV_KIND_ARRAY ? jv_copy(rule->value)
	                                                     : JV_ARRAY(jv_copy(rule->value));
	struct buf want = { 0 };
	bool is_fit = false;

	jv_array_foreach (types, i, type) {
		is_fit = is_fit || is_of_type(v, jv_string_value(type));
		if (c->faults)
			buf_printf(&want, "%s%s", i > 0 ? " or " : "", jv_string_value(type));
		jv_free(type);
	}
	if (!is_fit && c->faults)
		fault(c, "want %s, got %s", want.p, keyword_kind_name(jv_get_kind(v)));
	buf_release(&want);
	jv_free(types);
	return is_fit;
}

static bool
check_enum(struct check *c, const struct keyword_rule *rule, jv v)
{
	bool is_fit = false;

	jv_array_foreach (rule->value, i, one) {
		is_fit = is_fit || (take(c, 1) && is_equal(v, one));
		jv_free(one);
	}
	return is_fit || fault(c, "want one of %s", show(c, 0, rule->value));
}

static bool
check_const(struct check *c, const struct keyword_rule *rule, jv v)
{
	return is_equal(v, rule->value) || fault(c, "want %s", show(c, 0, rule->value));
}

static bool
check_ref(struct check *c, const struct keyword_rule *rule, jv v)
{
	return fits(c, rule->parts->place, v);
}

static bool
check_properties(struct check *c, const struct keyword_rule *rule, jv v)
{
	bool is_fit = true;

	for (size_t i = 0; i < rule->len && take(c, 1) && !is_settled(c, is_fit); i++) {
		const struct keyword_part *part = &rule->parts[i];
		jv member = jv_object_get(jv_copy(v), jv_copy(part->name));

		if (jv_is_valid(member))
			is_fit = fits_member(c, part->place, part->name, member) && is_fit;
		jv_free(member);
	}
	return is_fit;
}

/* A member, as all patterns that its name matches want it. */
static bool
fits_patterns(struct check *c, const struct keyword_rule *rule, jv name, jv member)
{
	bool is_fit = true;

	for (size_t i = 0; i < rule->len && !is_settled(c, is_fit); i++)
		if (matches(c, rule->parts[i].pattern, name))
			is_fit = fits_member(c, rule->parts[i].place, name, member) && is_fit;
	return is_fit;
}

static bool
check_pattern_properties(struct check *c, const struct keyword_rule *rule, jv v)
{
	bool is_fit = true;

	jv_object_foreach (v, name, member) {
		if (!is_settled(c, is_fit))
			is_fit = fits_patterns(c, rule, name, member) && is_fit;
		jv_free(name);
		jv_free(member);
	}
	return is_fit;
}

/* Whether properties or patternProperties beside a rule speak of a name. */
static bool
is_named(struct check *c, const struct keyword_rule *rule, jv name)
{
	const struct keyword_rule *names, *patterns;

	names = keyword_beside(c->schema, rule, KEYWORD_PROPERTIES);
	patterns = keyword_beside(c->schema, rule, KEYWORD_PATTERN_PROPERTIES);
	if (names && jv_object_has(jv_copy(names->value), jv_copy(name)))
		return true;
	for (size_t i = 0; patterns && i < patterns->len; i++)
		if (matches(c, patterns->parts[i].pattern, name))
			return true;
	return false;
}

static bool
check_additional_properties(struct check *c, const struct keyword_rule *rule, jv v)
{
	bool is_fit = true;

	jv_object_foreach (v, name, member) {
		if (!is_settled(c, is_fit) && !is_named(c, rule, name))
			is_fit = fits_member(c, rule->parts->place, name, member) && is_fit;
		jv_free(name);
		jv_free(member);
	}
	return is_fit;
}

static bool
check_name(struct check *c, const struct keyword_rule *rule, jv name)
{
	struct faults faults = { .max = 1 };
	bool is_fit = fits_apart(c, rule->parts->place, name, c->faults ? &faults : NULL);

	if (!is_fit)
		fault(c, "name %s: [%s]", show(c, 0, name), faults.text.p ? faults.text.p : "");
	buf_release(&faults.text);
	return is_fit;
}

static bool
check_property_names(struct check *c, const struct keyword_rule *rule, jv v)
{
	bool is_fit = true;

	jv_object_foreach (v, name, member) {
		if (!is_settled(c, is_fit))
			is_fit = check_name(c, rule, name) && is_fit;
		jv_free(name);
		jv_free(member);
	}
	return is_fit;
}

/* Whether v has all these members; because, where it is one, is the member that asks for them. */
static bool
has_members(struct check *c, jv v, jv names, const char *because)
{
	bool is_fit = true;

	jv_array_foreach (names, i, name) {
		if (take(c, 1) && !is_settled(c, is_fit) &&
		    !jv_object_has(jv_copy(v), jv_copy(name)))
			is_fit = fault(c, "member %s is missing%s%s", show(c, 0, name),
			    because ? ", which goes with " : "", because ? because : "");
		jv_free(name);
	}
	return is_fit;
}

static bool
check_required(struct check *c, const struct keyword_rule *rule, jv v)
{
	return has_members(c, v, rule->value, NULL);
}

static bool
check_dependencies(struct check *c, const struct keyword_rule *rule, jv v)
{
	bool is_fit = true;

	for (size_t i = 0; i < rule->len && take(c, 1) && !is_settled(c, is_fit); i++) {
		const struct keyword_part *part = &rule->parts[i];

		if (!jv_object_has(jv_copy(v), jv_copy(part->name)))
			continue;
		if (part->place == KEYWORD_NOWHERE) {
			jv names = jv_object_get(jv_copy(rule->value), jv_copy(part->name));

			is_fit = has_members(c, v, names, show(c, 1, part->name)) && is_fit;
			jv_free(names);
		} else {
			is_fit = fits(c, part->place, v) && is_fit;
		}
	}
	return is_fit;
}

static bool
check_items(struct check *c, const struct keyword_rule *rule, jv v)
{
	bool is_tuple = jv_get_kind(rule->value) == JV_KIND_ARRAY, is_fit = true;

	jv_array_foreach (v, i, item) {
		if (!is_settled(c, is_fit) && (!is_tuple || (size_t)i < rule->len))
			is_fit =
			    fits_item(c, rule->parts[is_tuple ? i : 0].place, i, item) && is_fit;
		jv_free(item);
	}
	return is_fit;
}

static bool
check_additional_items(struct check *c, const struct keyword_rule *rule, jv v)
{
	const struct keyword_rule *items = keyword_beside(c->schema, rule, KEYWORD_ITEMS);
	bool is_fit = true;

	if (!items || jv_get_kind(items->value) != JV_KIND_ARRAY)
		return true;
	jv_array_foreach (v, i, item) {
		if (!is_settled(c, is_fit) && (size_t)i >= items->len)
			is_fit = fits_item(c, rule->parts->place, i, item) && is_fit;
		jv_free(item);
	}
	return is_fit;
}

static bool
check_contains(struct check *c, const struct keyword_rule *rule, jv v)
{
	bool is_fit = false;

	jv_array_foreach (v, i, item) {
		is_fit = is_fit || fits_apart(c, rule->parts->place, item, NULL);
		jv_free(item);
	}
	return is_fit || fault(c, "no item is as contains wants it");
}

static bool
check_unique_items(struct check *c, const struct keyword_rule *rule, jv v)
{
	int len = jv_array_length(jv_copy(v));
	bool is_fit = true;
	jv sorted;

	if (jv_get_kind(rule->value) == JV_KIND_FALSE || !take(c, len))
		return true;
	sorted = jv_sort(jv_copy(v), jv_copy(v));
	for (int i = 1; i < len && is_fit; i++) {
		jv one = jv_array_get(jv_copy(sorted), i - 1);
		jv other = jv_array_get(jv_copy(sorted), i);

		if (is_equal(one, other))
			is_fit = fault(c, "want items that differ, got %s twice", show(c, 0, one));
		jv_free(one);
		jv_free(other);
	}
	jv_free(sorted);
	return is_fit;
}

/* Sizes and lengths. */
static bool
check_size(struct check *c, const struct keyword_rule *rule, jv v)
{
	double want = number_of(rule), got;
	jv_kind kind = jv_get_kind(v);
	bool is_least = rule->keyword == KEYWORD_MIN_PROPERTIES ||
	                rule->keyword == KEYWORD_MIN_ITEMS || rule->keyword == KEYWORD_MIN_LENGTH;

	if (kind == JV_KIND_STRING)
		got = jv_string_length_codepoints(jv_copy(v));
	else
		got = kind == JV_KIND_ARRAY ? jv_array_length(jv_copy(v))
		                            : jv_object_length(jv_copy(v));
	if (is_least ? got >= want : got <= want)
		return true;
	return fault(c, "want at %s %.0f %s, got %.0f", is_least ? "least" : "most", want,
	    kind == JV_KIND_STRING  ? "characters"
	    : kind == JV_KIND_ARRAY ? "items"
				    : "members",
	    got);
}

static bool
check_limit(struct check *c, const struct keyword_rule *rule, jv v)
{
	double limit = number_of(rule), x = jv_number_value(v);
	const char *want = NULL;

	if (rule->keyword == KEYWORD_MINIMUM && x < limit)
		want = "at least";
	else if (rule->keyword == KEYWORD_MAXIMUM && x > limit)
		want = "at most";
	else if (rule->keyword == KEYWORD_EXCLUSIVE_MINIMUM && x <= limit)
		want = "more than";
	else if (rule->keyword == KEYWORD_EXCLUSIVE_MAXIMUM && x >= limit)
		want = "less than";
	return !want ||
	       fault(c, "want %s %s, got %s", want, show(c, 0, rule->value), show(c, 1, v));
}

/* Whole numbers are divided exactly; of others, which are not what was written to the last bit, the
 * quotient is whole if it could be but for that. */
static bool
check_multiple_of(struct check *c, const struct keyword_rule *rule, jv v)
{
	double x = jv_number_value(v), of = number_of(rule), quotient = x / of;
	bool is_fit;

	if (x == floor(x) && of == floor(of))
		is_fit = fmod(x, of) == 0;
	else
		is_fit = isfinite(quotient) &&
		         fabs(quotient - round(quotient)) <= 2 * DBL_EPSILON * fabs(quotient);
	return is_fit ||
	       fault(c, "want a multiple of %s, got %s", show(c, 0, rule->value), show(c, 1, v));
}

static bool
check_pattern(struct check *c, const struct keyword_rule *rule, jv v)
{
	return matches(c, rule->parts->pattern, v) ||
	       fault(c, "want a match of %s, got %s", show(c, 0, rule->value), show(c, 1, v));
}

static bool
check_all_of(struct check *c, const struct keyword_rule *rule, jv v)
{
	bool is_fit = true;

	for (size_t i = 0; i < rule->len && !is_settled(c, is_fit); i++)
		is_fit = fits(c, rule->parts[i].place, v) && is_fit;
	return is_fit;
}

/* How many of the alternatives fit, up to max; why those do not goes into said. */
static int
count_fitting(struct check *c, const struct keyword_rule *rule, jv v, int max, struct buf *said)
{
	int n = 0;

	buf_puts(said, "");
	for (size_t i = 0; i < rule->len && n < max && !c->cannot; i++) {
		struct faults faults = { .max = 1 };

		if (fits_apart(c, rule->parts[i].place, v, c->faults ? &faults : NULL))
			n++;
		else if (c->faults && i < ALTERNATIVES_SHOWN)
			buf_printf(said, " [%s]", faults.text.p ? faults.text.p : "");
		buf_release(&faults.text);
	}
	return n;
}

static bool
check_any_of(struct check *c, const struct keyword_rule *rule, jv v)
{
	struct buf said = { 0 };
	bool is_fit = count_fitting(c, rule, v, 1, &said) == 1 ||
	              fault(c, "fits nothing of anyOf:%s", said.p);

	buf_release(&said);
	return is_fit;
}

static bool
check_one_of(struct check *c, const struct keyword_rule *rule, jv v)
{
	struct buf said = { 0 };
	int n = count_fitting(c, rule, v, 2, &said);

	if (n == 0)
		fault(c, "fits nothing of oneOf:%s", said.p);
	else if (n > 1)
		fault(c, "fits more than one of oneOf");
	buf_release(&said);
	return n == 1;
}

static bool
check_not(struct check *c, const struct keyword_rule *rule, jv v)
{
	return !fits_apart(c, rule->parts->place, v, NULL) || fault(c, "is what not forbids");
}

static bool
check_if(struct check *c, const struct keyword_rule *rule, jv v)
{
	bool is_so = fits_apart(c, rule->parts->place, v, NULL);
	const struct keyword_rule *next =
	    keyword_beside(c->schema, rule, is_so ? KEYWORD_THEN : KEYWORD_ELSE);

	return !next || fits(c, next->parts->place, v);
}

/* Those that say nothing by themselves have none. */
static check_rule *const checks[KEYWORDS] = {
	[KEYWORD_REF] = check_ref,
	[KEYWORD_TYPE] = check_type,
	[KEYWORD_ENUM] = check_enum,
	[KEYWORD_CONST] = check_const,
	[KEYWORD_PROPERTIES] = check_properties,
	[KEYWORD_PATTERN_PROPERTIES] = check_pattern_properties,
	[KEYWORD_ADDITIONAL_PROPERTIES] = check_additional_properties,
	[KEYWORD_PROPERTY_NAMES] = check_property_names,
	[KEYWORD_REQUIRED] = check_required,
	[KEYWORD_MIN_PROPERTIES] = check_size,
	[KEYWORD_MAX_PROPERTIES] = check_size,
	[KEYWORD_DEPENDENCIES] = check_dependencies,
	[KEYWORD_DEPENDENT_REQUIRED] = check_dependencies,
	[KEYWORD_DEPENDENT_SCHEMAS] = check_dependencies,
	[KEYWORD_ITEMS] = check_items,
	[KEYWORD_ADDITIONAL_ITEMS] = check_additional_items,
	[KEYWORD_CONTAINS] = check_contains,
	[KEYWORD_MIN_ITEMS] = check_size,
	[KEYWORD_MAX_ITEMS] = check_size,
	[KEYWORD_UNIQUE_ITEMS] = check_unique_items,
	[KEYWORD_MINIMUM] = check_limit,
	[KEYWORD_MAXIMUM] = check_limit,
	[KEYWORD_EXCLUSIVE_MINIMUM] = check_limit,
	[KEYWORD_EXCLUSIVE_MAXIMUM] = check_limit,
	[KEYWORD_MULTIPLE_OF] = check_multiple_of,
	[KEYWORD_MIN_LENGTH] = check_size,
	[KEYWORD_MAX_LENGTH] = check_size,
	[KEYWORD_PATTERN] = check_pattern,
	[KEYWORD_ALL_OF] = check_all_of,
	[KEYWORD_ANY_OF] = check_any_of,
	[KEYWORD_ONE_OF] = check_one_of,
	[KEYWORD_NOT] = check_not,
	[KEYWORD_IF] = check_if,
};

/* Whether v, borrowed, fits the schema at that place. */
static bool
fits(struct check *c, size_t place, jv v)
{
	const struct keyword_place *at = &c->schema->places[place];
	bool is_fit = true;

	if (!take(c, 1))
		return false;
	if (at->is_false)
		return fault(c, "must not be there");
	if (c->depth == DEPTH_MAX)
		return give_up(c, "it nests too deep");
	c->depth++;
	for (size_t i = 0; i < at->len && !is_settled(c, is_fit); i++) {
		const struct keyword_rule *rule = &at->rules[i];
		jv_kind kind = keyword_kind(rule->keyword);

		if (checks[rule->keyword] && (kind == JV_KIND_INVALID || kind == jv_get_kind(v)))
			is_fit = checks[rule->keyword](c, rule, v) && is_fit;
	}
	c->depth--;
	return is_fit && !c->cannot;
}

struct schema *
schema_open(jv schema)
{
	return keyword_read(schema, true);
}

int
schema_try(jv schema)
{
	struct schema *s = keyword_read(schema, false);

	keyword_release(s);
	return s ? 0 : -1;
}

void
schema_close(struct schema *s)
{
	keyword_release(s);
}

int
schema_check(const struct schema *s, jv value)
{
	struct faults faults = { .max = FAULTS_MAX };
	struct check c = { .schema = s, .faults = &faults, .steps_left = STEPS_MAX };
	int status = 0;

	if (!fits(&c, 0, value))
		status = c.cannot ? err_set(EX_DATAERR, "cannot be checked: %s", c.cannot)
		                  : err_set(EX_DATAERR, "%s", faults.text.p);
	buf_release(&faults.text);
	buf_release(&c.at);
	buf_release(&c.shown[0]);
	buf_release(&c.shown[1]);
	return status;
}
