#include <stdlib.h>

#include "cancel.h"
#include "domain.h"
#include "life.h"
#include "task.h"

/* Stores a task with these members beside the usual ones; its id. */
static const char *
begin(struct tx *tx, char id[ID_TEXT], const char *members)
{
	jv task = record("{'id':'%s','title':'x','instruction':'x','status':'pending',"
			 "'priority':'medium','attempt':0,'posted':0%s}",
	    id_new(id), members);

	jv_free(life_begin(tx, task));
	return id;
}

static void
run(struct tx *tx, const char *id)
{
	jv task = task_get(tx, id);

	task = json_set_string(json_set_string(task, "status", "in_progress"), "lease", "L");
	task_put(tx, task);
}

/* "STATE,STATE": what the lines say, in their order. */
static char *
states(jv lines)
{
	struct buf b = { 0 };

	buf_puts(&b, "");
	jv_array_foreach (lines, i, line) {
		buf_printf(&b, "%s%s%s", i ? "," : "", json_peek_string(line, "state"),
		    json_peek_bool(line, "was_over") ? "!" : "");
		jv_free(line);
	}
	jv_free(lines);
	return b.p;
}

static void
says(jv lines, const char *want, const char *fact)
{
	char *text = states(lines);

	is(text, want, fact);
	free(text);
}

/* Whether an agent that does a task may end another. */
static bool
reaches(struct tx *tx, const char *agent, const char *id)
{
	bool does;

	setenv("LEGWORK_TASK_ID", agent, 1);
	does = cancel_check_below(tx, id, "ends") == 0;
	unsetenv("LEGWORK_TASK_ID");
	return does;
}

static void
test_tree(void)
{
	char parent[ID_TEXT], child[ID_TEXT], spawned[ID_TEXT], other[ID_TEXT], *members;
	struct tx *tx = domain_begin();
	struct cancel_family f = cancel_family();
	jv ids, task;

	begin(tx, parent, ",'subtasks':{'total':1,'done':0,'failed':0},'waiting':'subtasks'");
	members = xprintf(",'parent_id':'%s'", parent);
	begin(tx, child, members);
	free(members);
	members = xprintf(",'spawned_by':'%s','spawned':true", child);
	begin(tx, spawned, members);
	free(members);
	members = xprintf(",'depends_on':['%s']", parent);
	begin(tx, other, members);
	free(members);
	run(tx, spawned);

	ok(reaches(tx, parent, spawned) && reaches(tx, child, spawned) &&
		!reaches(tx, spawned, spawned) && !reaches(tx, other, spawned),
	    "what a subtask has spawned is below the parent");
	cancel_gather(tx, &f, parent, false);
	is_int(jv_array_length(jv_copy(f.ids)), 2, "below it are two");
	cancel_gather(tx, &f, parent, true);
	cancel_gather(tx, &f, child, true);
	ids = cancel_family_ids(f);
	is_int(jv_array_length(jv_copy(ids)), 3, "each is named once");
	says(cancel_tasks(tx, jv_copy(ids), "ann", "so"), "cancelled,in_progress,cancelled",
	    "what does not run ends, what runs is marked");
	task = task_get(tx, other);
	ok(task_is(task, "failed"), "who waited for it fails");
	jv_free(task);
	says(cancel_tasks(tx, ids, "bob", NULL), "cancelled!,in_progress,cancelled!",
	    "a second time nothing happens");

	task = task_get(tx, spawned);
	ok(!life_is_ready(task, clock_now_ms()) && json_has(task, "cancel"), "the mark is there");
	life_end_marked(tx, task);
	task = task_get(tx, spawned);
	jv error = json_get(task, "error", JV_KIND_OBJECT);
	is(json_peek_string(error, "message"), "ann has cancelled it: so", "the first mark counts");
	jv_free(error);
	jv_free(task);
	domain_commit(tx);
}

static void
test_together(void)
{
	char a[ID_TEXT], b[ID_TEXT], *members;
	struct tx *tx = domain_begin();
	struct cancel_family f = cancel_family();
	jv task;

	members = xprintf(",'depends_on':['%s']", begin(tx, a, ""));
	begin(tx, b, members);
	free(members);
	cancel_gather_set(tx, &f, "status.pending");
	says(cancel_tasks(tx, cancel_family_ids(f), "ann", NULL), "cancelled,cancelled",
	    "those that are cancelled together do not fail because of each other");
	begin(tx, a, "");
	run(tx, a);
	task = task_get(tx, a);
	life_mark(tx, task, "ann", NULL);
	life_lost(tx, task_get(tx, a));
	task = task_get(tx, a);
	ok(task_is(task, "cancelled") && !json_has(task, "runner"),
	    "whose runner dies after the mark is cancelled, not put back");
	jv_free(task);
	domain_commit(tx);
}

int
main(void)
{
	domain_open("cancel", 1);
	test_tree();
	test_together();
	domain_close();
	return done_testing();
}
