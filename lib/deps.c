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

/* The k-th dependency of subtask i (consumed), or -1 with err. */
static int
check_one(jv v, int k, int i, int len)
{
	double x = 0;
	bool is_index = read_index(v, &x);

	jv_free(v);
	if (!is_index)
		return err_set(EX_DATAERR, "subtask %d: dependencies[%d]: not an index", i, k);
	if (!(x >= 0 && x < len))
		return err_set(EX_DATAERR, "subtask %d: dependency %.17g: out of range 0 to %d", i,
		    x, len - 1);
	if ((int)x == i)
		return err_set(EX_DATAERR, "subtask %d: dependency %d: on itself", i, i);
	return (int)x;
}

jv
deps_normalise(jv given, int i, int len)
{
	jv_kind kind = jv_get_kind(given);
	jv kept = jv_array(), seen = jv_object();
	int given_len = kind == JV_KIND_ARRAY ? jv_array_length(jv_copy(given)) : 0;
	bool is_good = true;

	if (kind != JV_KIND_ARRAY && kind != JV_KIND_NULL && kind != JV_KIND_INVALID)
		is_good = err_set(EX_DATAERR, "subtask %d: dependencies: want an array", i) == 0;
	for (int k = 0; is_good && k < given_len; k++) {
		int on = check_one(jv_array_get(jv_copy(given), k), k, i, len);
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
follow(struct node *nodes, jv subtasks, int at)
{
	nodes[at] = (struct node){ .state = NODE_OPEN, .from = -1 };
	while (at >= 0) {
		int on = dependency(subtasks, at, nodes[at].next++);

		if (on < 0) {
			nodes[at].state = NODE_DONE;
			at = nodes[at].from;
		} else if (nodes[on].state == NODE_OPEN) {
			return err_set(EX_DATAERR, "subtask %d: dependency %d: makes a cycle", at,
			    on);
		} else if (nodes[on].state == NODE_NEW) {
			nodes[on] = (struct node){ .state = NODE_OPEN, .from = at };
			at = on;
		}
	}
	return 0;
}

int
deps_check(jv subtasks)
{
	int len = jv_array_length(jv_copy(subtasks)), result = 0;
	struct node *nodes = xmalloc(((size_t)len + 1) * sizeof *nodes);

	memset(nodes, 0, ((size_t)len + 1) * sizeof *nodes);
	for (int i = 0; result == 0 && i < len; i++)
		if (nodes[i].state == NODE_NEW)
			result = follow(nodes, subtasks, i);
	free(nodes);
	return result;
}
