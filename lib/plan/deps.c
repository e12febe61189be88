/*
 * deps.c - the search for cycles keeps its path in an array, not on the stack: a plan may
 * be one chain of a hundred thousand subtasks.
 */
#include "deps.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "hire.h"
#include "json.h"

/* Read a whole number given as one or as a decimal string. */
static bool
read_index(jv v, double *x)
{
	const char *s, *digits;

	if (jv_get_kind(v) == JV_KIND_NUMBER) {
		*x = jv_number_value(v);
		return *x == floor(*x);
	}
	if (jv_get_kind(v) != JV_KIND_STRING)
		return false;
	s = jv_string_value(v);
	digits = s + (*s == '-');
	if (*digits == '\0' ||
	    strspn(s, "-0123456789") != (size_t)jv_string_length_bytes(jv_copy(v)) ||
	    strchr(digits, '-'))
		return false;
	*x = strtod(s, NULL);
	return true;
}

/* Notes a name of subtask i by its key (consumed; invalid: none); one that two have is nobody's. */
static jv
with_name(jv names, jv key, int i)
{
	bool is_taken;

	if (!jv_is_valid(key) || !*jv_string_value(key)) {
		jv_free(key);
		return names;
	}
	is_taken = jv_object_has(jv_copy(names), jv_copy(key));
	return jv_object_set(names, key, jv_number(is_taken ? -1 : i));
}

void
deps_open(struct deps *d, jv subtasks, int front)
{
	*d = (struct deps){ jv_array_length(jv_copy(subtasks)), front, jv_object(), jv_object(),
		jv_object() };
	jv_array_foreach (subtasks, i, subtask) {
		const char *title = json_peek_string(subtask, "title"),
			   *role = json_peek_string(subtask, "assigned_to");
		jv creates = hire_creates(subtask);

		d->titles = with_name(d->titles, title ? hire_key(title) : jv_invalid(), i);
		if (jv_is_valid(creates))
			d->creators = jv_object_set(d->creators, creates, jv_number(i));
		else
			d->roles =
			    with_name(d->roles, role ? hire_role_key(role) : jv_invalid(), i);
		jv_free(subtask);
	}
}

void
deps_close(struct deps *d)
{
	jv_free(d->titles);
	jv_free(d->roles);
	jv_free(d->creators);
}

/* What a name stands for, by the key; -2: nothing, -1: several. */
static int
look_up(jv names, jv key)
{
	jv index = jv_object_get(jv_copy(names), jv_copy(key));
	int i = jv_is_valid(index) ? (int)jv_number_value(index) : -2;

	jv_free(index);
	return i;
}

/* The subtask that a title or role means; -1 with err. */
static int
find_named(const struct deps *d, const char *name, int k, int i)
{
	jv title = hire_key(name), role = hire_role_key(name);
	int found = look_up(d->titles, title);
	bool is_role = found == -2;

	if (found == -2)
		found = look_up(d->roles, role);
	if (found == -2)
		found = look_up(d->creators, role);
	jv_free(title);
	jv_free(role);
	if (found >= 0)
		return found;
	return found == -1 ? err_set(EX_DATAERR,
				 "subtask %d: dependencies[%d]: \"%s\" is the %s of several",
				 i - d->front, k, name, is_role ? "role" : "title")
	                   : err_set(EX_DATAERR,
				 "subtask %d: dependencies[%d]: \"%s\" is no index, title or role",
				 i - d->front, k, name);
}

/* The subtask at an index of the plan's; -1 with err. */
static int
find_index(const struct deps *d, double x, int i)
{
	if (x >= 0 && x < d->len - d->front)
		return (int)x + d->front;
	return err_set(EX_DATAERR, "subtask %d: dependency %.17g: out of range 0 to %d",
	    i - d->front, x, d->len - d->front - 1);
}

/* The k-th dependency of subtask i (consumed), or -1 with err. */
static int
find_one(const struct deps *d, jv v, int k, int i)
{
	bool is_text = jv_get_kind(v) == JV_KIND_STRING &&
	               strlen(jv_string_value(v)) == (size_t)jv_string_length_bytes(jv_copy(v));
	double x = 0;
	int on;

	if (read_index(v, &x))
		on = find_index(d, x, i);
	else if (is_text)
		on = find_named(d, jv_string_value(v), k, i);
	else
		on = err_set(EX_DATAERR, "subtask %d: dependencies[%d]: no index, title or role",
		    i - d->front, k);
	jv_free(v);
	return on == i ? err_set(EX_DATAERR, "subtask %d: dependency %d: on itself", i - d->front,
			     i - d->front)
	               : on;
}

jv
deps_normalise(const struct deps *d, jv given, int i)
{
	jv_kind kind = jv_get_kind(given);
	jv kept = jv_array(), seen = jv_object();
	int given_len = kind == JV_KIND_ARRAY ? jv_array_length(jv_copy(given)) : 0;
	bool is_good = true;

	if (kind != JV_KIND_ARRAY && kind != JV_KIND_NULL && kind != JV_KIND_INVALID)
		is_good = err_set(EX_DATAERR, "subtask %d: dependencies: want an array",
			      i - d->front) == 0;
	for (int k = 0; is_good && k < given_len; k++) {
		int on = find_one(d, jv_array_get(jv_copy(given), k), k, i);
		jv key = jv_string_fmt("%d", on);

		is_good = on >= 0;
		if (is_good && !jv_object_has(jv_copy(seen), jv_copy(key)))
			kept = jv_array_append(kept, jv_number(on));
		seen = jv_object_set(seen, key, jv_true());
	}
	jv_free(given);
	jv_free(seen);
	if (is_good)
		return kept;
	jv_free(kept);
	return jv_invalid();
}

/* A subtask on the way of deps_check. */
struct node {
	enum { NODE_NEW, NODE_OPEN, NODE_DONE } state;
	int next; /* which of its dependencies to look at */
	int from; /* the node before it on the path, or -1 */
};

/* The k-th dependency of subtask i, or -1 behind the last. */
static int
dependency(jv subtasks, int i, int k)
{
	jv subtask = jv_array_get(jv_copy(subtasks), i);
	jv list = json_get(subtask, "dependencies", JV_KIND_ARRAY);
	int on = -1;

	if (jv_is_valid(list) && k < jv_array_length(jv_copy(list)))
		on = (int)jv_number_value(jv_array_get(jv_copy(list), k));
	jv_free(list);
	jv_free(subtask);
	return on;
}

/* Follow every path from a node; -1 with err where one comes back to itself. */
static int
follow(struct node *nodes, jv subtasks, int at, int front)
{
	nodes[at] = (struct node){ .state = NODE_OPEN, .from = -1 };
	while (at >= 0) {
		int on = dependency(subtasks, at, nodes[at].next++);

		if (on < 0) {
			nodes[at].state = NODE_DONE;
			at = nodes[at].from;
		} else if (nodes[on].state == NODE_OPEN) {
			return err_set(EX_DATAERR, "subtask %d: dependency %d: makes a cycle",
			    at - front, on - front);
		} else if (nodes[on].state == NODE_NEW) {
			nodes[on] = (struct node){ .state = NODE_OPEN, .from = at };
			at = on;
		}
	}
	return 0;
}

int
deps_check(jv subtasks, int front)
{
	int len = jv_array_length(jv_copy(subtasks)), result = 0;
	struct node *nodes = xmalloc(((size_t)len + 1) * sizeof *nodes);

	memset(nodes, 0, ((size_t)len + 1) * sizeof *nodes);
	for (int i = 0; result == 0 && i < len; i++)
		if (nodes[i].state == NODE_NEW)
			result = follow(nodes, subtasks, i, front);
	free(nodes);
	return result;
}
