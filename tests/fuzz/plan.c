/*
 * plan.c - any instruction split by the rules, any JSON made a plan: what comes out can be stored,
 * and its subtasks can be done in some order
 *
 * Input: '0' and an instruction; '1' and the JSON of a plan; or '2', a number of subtasks, and
 * pairs of them: the first waits for the second.
 */
#include "fuzz.h"

#include <math.h>

#include "divide.h"
#include "err.h"
#include "hire.h"
#include "json.h"
#include "plan.h"
#include "rules.h"

enum { SUBTASKS = 16 };

static const char crew_text[] =
    "[{\"role\":\"Proposed\",\"skills\":[\"c\"],\"status\":\"proposed\"},"
    "{\"role\":\"wc\",\"skills\":[\"count lines\",\"count\"]},{\"name\":\"no role\"},"
    "{\"role\":\"b c\",\"skills\":[\"\",7,\"sort\"]},{\"role\":\"\xc3\xa4\",\"skills\":\"none\"}]";

static bool
is_role(jv role, jv created)
{
	const char *s = jv_get_kind(role) == JV_KIND_STRING ? jv_string_value(role) : "";
	bool is_created = jv_object_has(jv_copy(created), hire_key(s));
	bool is_known =
	    !strcmp(s, "wc") || !strcmp(s, "b c") || !strcmp(s, "\xc3\xa4") || is_created;

	jv_free(role);
	return is_known;
}

static void
check_strings(jv array)
{
	fuzz_fact(jv_get_kind(array) == JV_KIND_ARRAY);
	jv_array_foreach (array, i, one) {
		fuzz_fact(jv_get_kind(one) == JV_KIND_STRING);
		jv_free(one);
	}
	jv_free(array);
}

/* Strikes out what subtask i waits for; whether it waits for nothing that is still to be done. */
static bool
check_dependencies(jv subtask, int i, int len, const bool *is_done)
{
	jv list = json_get(subtask, "dependencies", JV_KIND_ARRAY);
	bool is_ready = true, seen[1024] = { false };

	fuzz_fact(jv_is_valid(list));
	jv_array_foreach (list, k, on) {
		double x =
		    jv_get_kind(on) == JV_KIND_STRING ? strtod(jv_string_value(on), NULL) : -1;

		fuzz_fact(x >= 0 && x < len && x == floor(x) && (int)x != i);
		if ((size_t)x < sizeof seen) {
			fuzz_fact(!seen[(int)x]);
			seen[(int)x] = true;
		}
		is_ready = is_ready && is_done[(int)x];
		jv_free(on);
	}
	jv_free(list);
	return is_ready;
}

/* Does them in some order. */
static void
check_order(jv subtasks, int len)
{
	bool *is_done = calloc((size_t)len + 1, sizeof *is_done), has_moved = true;
	int done = 0;

	while (has_moved) {
		has_moved = false;
		for (int i = 0; i < len; i++) {
			jv subtask = jv_array_get(jv_copy(subtasks), i);

			if (check_dependencies(subtask, i, len, is_done) && !is_done[i]) {
				is_done[i] = has_moved = true;
				done++;
			}
			jv_free(subtask);
		}
	}
	fuzz_fact(done == len);
	free(is_done);
}

static bool
is_text(const char *s)
{
	return s && s[strspn(s, " \t\r\n")];
}

static void
check_subtask(jv subtask, jv created)
{
	const char *priority = json_peek_string(subtask, "priority");
	jv hours = json_get(subtask, "estimated_hours", JV_KIND_NUMBER);

	fuzz_fact(is_text(json_peek_string(subtask, "title")));
	fuzz_fact(is_text(json_peek_string(subtask, "description")));
	fuzz_fact(priority && (!strcmp(priority, "high") || !strcmp(priority, "medium") ||
				  !strcmp(priority, "low")));
	if (json_has(subtask, "creates"))
		fuzz_fact(!strcmp(json_peek_string(subtask, "assigned_to"), HIRE_BY));
	else
		fuzz_fact(is_role(json_get(subtask, "assigned_to", JV_KIND_STRING), created));
	fuzz_fact(
	    jv_is_valid(hours) && isfinite(jv_number_value(hours)) && jv_number_value(hours) >= 0);
	check_strings(json_get(subtask, "required_skills", JV_KIND_ARRAY));
	fuzz_fact(!json_has(subtask, "context") || json_peek_string(subtask, "context") ||
		  jv_is_valid(json_get(subtask, "context", JV_KIND_STRING)));
	jv_free(hours);
}

/* The keys of the roles that a plan's subtasks create, each once. */
static jv
created_by(jv subtasks)
{
	jv created = jv_object();

	jv_array_foreach (subtasks, i, subtask) {
		jv key = hire_creates(subtask);

		fuzz_fact(jv_is_valid(key) == json_has(subtask, "creates"));
		if (jv_is_valid(key)) {
			fuzz_fact(!jv_object_has(jv_copy(created), jv_copy(key)));
			created = jv_object_set(created, key, jv_true());
		}
		jv_free(subtask);
	}
	return created;
}

/* What plan.h promises of a normal plan (borrowed); how many subtasks it has. */
static int
check_normal(jv plan)
{
	jv subtasks = json_get(plan, "subtasks", JV_KIND_ARRAY);
	jv creations = json_get(plan, "agent_creations", JV_KIND_ARRAY);
	jv hours = json_get(plan, "computed_total_hours", JV_KIND_NUMBER);
	int len = jv_is_valid(subtasks) ? jv_array_length(jv_copy(subtasks)) : 0;
	jv created;

	fuzz_fact(len > 0);
	created = created_by(subtasks);
	fuzz_fact(jv_is_valid(creations) &&
		  jv_array_length(creations) == jv_object_length(jv_copy(created)));
	fuzz_fact(jv_is_valid(hours) && isfinite(jv_number_value(hours)));
	jv_free(hours);
	for (int i = 0; i < len; i++) {
		jv subtask = jv_array_get(jv_copy(subtasks), i);

		check_subtask(subtask, created);
		jv_free(subtask);
	}
	jv_free(created);
	check_order(subtasks, len);
	jv_free(subtasks);
	return len;
}

/* plan_normalise; what it makes is normal, and stays as it is.  Invalid where it is refused. */
static jv
normalise(jv plan, jv crew)
{
	jv warnings = jv_invalid(), again;

	plan = plan_normalise(plan, crew, &warnings);
	check_strings(warnings);
	if (!jv_is_valid(plan)) {
		fuzz_fact(err_code() == EX_DATAERR && *err_text());
		return plan;
	}
	check_normal(plan);
	again = plan_normalise(jv_copy(plan), crew, &warnings);
	fuzz_fact(jv_equal(again, jv_copy(plan)));
	fuzz_fact(jv_array_length(jv_copy(warnings)) == 0);
	check_strings(warnings);
	return plan;
}

/* An item is no more than was written, and a mention is taken out whole. */
static void
check_rules(const char *text)
{
	struct rules_list list;
	size_t total = 0;

	rules_read(&list, text);
	for (size_t i = 0; i < list.len; i++) {
		const char *item = list.item[i].p, *at = rules_mention(item, "wc");
		size_t len = list.item[i].len;

		fuzz_fact(len > 0 && strlen(item) == len && !strchr(" \t\r\n", item[len - 1]));
		fuzz_fact(is_text(item));
		total += len;
		if (at) {
			char *without = rules_without(item, at, 3);

			fuzz_fact(strlen(without) + 3 <= len);
			free(without);
		}
	}
	fuzz_fact(total + list.len <= strlen(text));
	rules_release(&list);
}

/* The rules' subtasks are normal, but that they name each other by decimal strings. */
static void
check_same(jv subtasks, jv rules)
{
	int len = jv_array_length(jv_copy(rules));

	fuzz_fact(jv_array_length(jv_copy(subtasks)) == len);
	for (int i = 0; i < len; i++)
		fuzz_fact(jv_equal(json_drop(jv_array_get(jv_copy(subtasks), i), "dependencies"),
		    json_drop(jv_array_get(jv_copy(rules), i), "dependencies")));
	jv_free(subtasks);
	jv_free(rules);
}

static void
split(const char *text, jv crew)
{
	jv task = json_set_string(jv_object(), "instruction", text), result, plan, decision, normal;

	check_rules(text);
	result = divide_by_list(task, crew);
	decision = json_get(result, "decision", JV_KIND_OBJECT);
	plan = json_get(result, "plan", JV_KIND_OBJECT);
	fuzz_fact(jv_is_valid(decision));
	fuzz_fact(json_peek_bool(decision, "needs_subtasks") == jv_is_valid(plan));
	fuzz_fact(json_peek_int(decision, "complexity_score", 0) >= 1 &&
		  json_peek_int(decision, "complexity_score", 99) <= 10);
	check_strings(json_get(decision, "required_skills", JV_KIND_ARRAY));
	if (jv_is_valid(plan)) {
		normal = normalise(jv_copy(plan), crew);
		fuzz_fact(jv_is_valid(normal));
		check_same(json_get(normal, "subtasks", JV_KIND_ARRAY),
		    json_get(plan, "subtasks", JV_KIND_ARRAY));
		jv_free(normal);
	}
	jv_free(plan);
	jv_free(decision);
	jv_free(result);
	jv_free(task);
}

/* Whether the first waits for the second, perhaps through others. */
static bool
is_cyclic(bool waits[SUBTASKS][SUBTASKS], unsigned len)
{
	for (unsigned k = 0; k < len; k++)
		for (unsigned i = 0; i < len; i++)
			for (unsigned j = 0; j < len; j++)
				waits[i][j] |= waits[i][k] && waits[k][j];
	for (unsigned i = 0; i < len; i++)
		if (waits[i][i])
			return true;
	return false;
}

/* Just the plans without cycles are taken. */
static void
depend(struct fuzz_bytes *b, jv crew)
{
	unsigned len = fuzz_below(b, SUBTASKS) + 1;
	bool waits[SUBTASKS][SUBTASKS] = { 0 };
	jv subtasks = jv_array(), plan;

	while (b->left > 1) {
		unsigned i = fuzz_below(b, len), on = fuzz_below(b, len);

		waits[i][on] = true;
	}
	for (unsigned i = 0; i < len; i++) {
		jv subtask = json_set_string(jv_object(), "title", "a"), list = jv_array();

		for (unsigned on = 0; on < len; on++)
			if (waits[i][on])
				list = jv_array_append(list,
				    on % 2 ? jv_number(on) : jv_string_fmt("%u", on));
		subtasks = jv_array_append(subtasks, json_set(subtask, "dependencies", list));
	}
	plan = normalise(json_set(jv_object(), "subtasks", subtasks), crew);
	fuzz_fact(jv_is_valid(plan) != is_cyclic(waits, len));
	jv_free(plan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes b = { data, size };
	jv crew = json_parse(crew_text, sizeof crew_text - 1), v;
	unsigned kind = fuzz_below(&b, 3);
	char *text = fuzz_string(b.p, b.left);

	switch (kind) {
	case 0:
		split(text, crew);
		break;
	case 1:
		v = json_parse(text, b.left);
		if (jv_is_valid(v))
			v = normalise(v, crew);
		jv_free(v);
		break;
	default:
		depend(&b, crew);
	}
	free(text);
	jv_free(crew);
	return 0;
}
