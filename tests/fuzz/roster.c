/*
 * roster.c - any file: what is made of it are agents that may be stored, and tasks in order
 */
#include "fuzz.h"

#include "agent.h"
#include "err.h"
#include "json.h"
#include "roster.h"

static bool
has_tool(const char *name)
{
	return strlen(name) % 2 == 0;
}

/* Each task waits only for those before it. */
static void
check_tasks(jv tasks)
{
	jv seen = jv_object();

	jv_array_foreach (tasks, i, task) {
		jv after = json_get(task, "after", JV_KIND_ARRAY);

		fuzz_fact(jv_is_valid(after));
		jv_array_foreach (after, j, id) {
			fuzz_fact(json_has(seen, jv_string_value(id)));
			jv_free(id);
		}
		jv_free(after);
		fuzz_fact(json_peek_string(task, "node") != NULL);
		seen = json_set(seen, json_peek_string(task, "node"), jv_true());
		jv_free(task);
	}
	jv_free(tasks);
	jv_free(seen);
}

static void
check(jv roster)
{
	jv agents = json_get(roster, "agents", JV_KIND_ARRAY);

	fuzz_fact(jv_is_valid(agents));
	jv_array_foreach (agents, i, agent) {
		fuzz_fact(agent_check(agent) == 0);
		jv_free(agent);
	}
	jv_free(agents);
	check_tasks(json_get(roster, "tasks", JV_KIND_ARRAY));
	jv_free(roster);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct verdict v;
	struct profile p = { .has_tool = has_tool, .verdict = &v };
	jv roster;

	if (!fuzz_is_utf8(text, size) ||
	    memchr(text, '\0', size)) { /* lines_read_file refuses them */
		free(text);
		return -1;
	}
	verdict_init(&v);
	roster = roster_read(text, size, size % 2 ? "crew" : NULL, &p);
	if (jv_is_valid(roster)) {
		check(roster);
	} else {
		fuzz_fact(err_code() == EX_DATAERR);
		fuzz_fact(*err_text() && fuzz_is_utf8(err_text(), strlen(err_text())));
	}
	verdict_release(&v);
	free(text);
	return 0;
}
