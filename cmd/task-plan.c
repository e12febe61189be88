/* task-plan - decide which tasks need subtasks, and plan them */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "divide.h"
#include "err.h"
#include "lines.h"
#include "opt.h"
#include "planner.h"
#include "stage.h"
#include "stop.h"
#include "task.h"

enum { LOOK_MS = 250 }; /* how often stop_signal is looked at: it may come just before a poll */

static const char *planner, *model, *on_error = "run";
static long jobs = 4, threshold;

static const struct opt opts[] = {
	{ 0, "planner", "name",
	    "llm: a model decides (the default where one is configured), or rules: by the lists in "
	    "the instructions",
	    .str = &planner },
	{ 0, "model", "model", "which model plans", .str = &model },
	{ 'j', "jobs", "count", "ask about count tasks at once; 4 unless given", .num = &jobs,
	    .min = 1, .max = 1024 },
	{ 0, "threshold", "score",
	    "divide tasks of this complexity, 1 to 10, and more, and no others", .num = &threshold,
	    .min = 1, .max = 10 },
	{ 0, "on-error", "action",
	    "where the model gives no plan: run the task whole (the default), or fail it",
	    .str = &on_error },
	{ 0 }
};

static const struct cmd cmd = { "task-plan", "decide which tasks need subtasks, and plan them", "",
	opts, 0 };

/* A task that a model is asked about. */
struct slot {
	struct planner *planner; /* NULL: it was not needed yet */
	jv task;                 /* invalid: free */
};

struct plan {
	struct store *s;
	struct lines in;
	struct out out;
	struct planner_terms terms;
	struct slot *slots;
	size_t busy;
	int status;
	bool is_at_end;
};

/* A task that was planned or split before, or is nothing to plan, passes as it is. */
static bool
needs_no_plan(jv task)
{
	return json_has(task, "decision") || json_has(task, "plan") || task_has_subtasks(task) ||
	       json_has(task, "creates") || !json_peek_string(task, "id") ||
	       !json_peek_string(task, "instruction");
}

/* Who may do the task (borrowed). */
static jv
read_crew(struct plan *p, jv task)
{
	jv crew = ask_crew(p->s, task);

	if (!jv_is_valid(crew))
		err_exit();
	return crew;
}

/* Puts out the task (consumed) with its decision; or, where it needs subtasks, a plan line. */
static void
put_out(struct plan *p, jv task, jv answer)
{
	jv line;

	if (!json_has(answer, "plan")) {
		out_json(&p->out, jv_object_merge(task, answer));
		return;
	}
	line = json_set_string(jv_object(), "task_id", json_peek_string(task, "id"));
	if (json_has(task, "revision"))
		line = json_set_int(line, "task_revision", json_peek_int(task, "revision", 0));
	out_json(&p->out, jv_object_merge(line, answer));
	jv_free(task);
}

/* By rules, at once. */
static int
plan_by_list(void *arg, jv task)
{
	struct plan *p = arg;
	jv crew;

	if (needs_no_plan(task)) {
		out_json(&p->out, task);
		return 0;
	}
	crew = read_crew(p, task);
	put_out(p, task, divide_by_list(task, crew));
	jv_free(crew);
	return 0;
}

/* Why it cannot be divided, whatever a model says; NULL: it can. */
static const char *
find_limit(jv task)
{
	jv limits = json_get(task, "limits", JV_KIND_OBJECT);
	const char *why = NULL;

	if (json_peek_int(limits, "max_depth", -1) == 0)
		why = "limits.max_depth is 0";
	else if (json_peek_int(limits, "max_children", 2) < 2)
		why = "limits.max_children is 1";
	jv_free(limits);
	return why;
}

/* Without a plan the task goes on, but not unnoticed. */
static void
warn_of(jv task, jv answer)
{
	jv decision = json_get(answer, "decision", JV_KIND_OBJECT),
	   error = json_get(decision, "error", JV_KIND_OBJECT);

	if (jv_is_valid(error))
		err_warn("task %.8s: not planned: %s", json_peek_string(task, "id"),
		    json_peek_string(error, "message"));
	jv_free(error);
	jv_free(decision);
}

/* What has come of a step with a slot's planner. */
static void
settle(struct plan *p, struct slot *slot, int rc)
{
	jv answer;

	if (rc < 0)
		err_exit();
	if (!rc)
		return;
	answer = planner_answer(slot->planner);
	warn_of(slot->task, answer);
	put_out(p, slot->task, answer);
	slot->task = jv_invalid();
	p->busy--;
}

/* The task is asked about in a slot, of which one is free. */
static void
begin(struct plan *p, jv task)
{
	const struct pollfd nothing[LLM_FDS] = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 } };
	struct slot *slot = p->slots;
	jv crew = read_crew(p, task);

	while (jv_is_valid(slot->task))
		slot++;
	slot->task = task;
	p->busy++;
	if (!slot->planner)
		slot->planner = planner_open(&p->terms);
	if (planner_begin(slot->planner, task, crew) < 0)
		err_exit();
	jv_free(crew);
	settle(p, slot, planner_go_on(slot->planner, nothing));
}

static void
take(struct plan *p, jv task)
{
	const char *limit = find_limit(task);
	jv decision;

	if (needs_no_plan(task)) {
		out_json(&p->out, task);
	} else if (limit) {
		decision = json_set(jv_object(), "needs_subtasks", jv_false());
		decision = json_set_string(decision, "reasoning", limit);
		out_json(&p->out, json_set(task, "decision", decision));
	} else {
		begin(p, task);
	}
}

/* All lines for which there is room. */
static void
take_lines(struct plan *p)
{
	jv task;

	while (!p->is_at_end && !stop_signal() && p->busy < (size_t)jobs && lines_is_ready(&p->in))
		switch (lines_next_object(&p->in, &task)) {
		case LINES_OK:
			take(p, task);
			break;
		case LINES_BAD:
			p->status = err_print();
			break;
		case LINES_END:
			p->is_at_end = true;
			break;
		case LINES_FAIL:
			p->is_at_end = true;
			if (!stop_signal())
				p->status = err_print();
		}
}

/* Waits for lines and answers.  False: nobody reads ours any more. */
static bool
wait_and_go_on(struct plan *p)
{
	size_t len = 2 + (size_t)jobs * LLM_FDS;
	struct pollfd *fds = xmalloc(len * sizeof *fds);
	bool is_read, has_room = !p->is_at_end && p->busy < (size_t)jobs;

	fds[0] = (struct pollfd){ p->out.fd, 0, 0 };
	fds[1] = (struct pollfd){ has_room ? p->in.fd : -1, POLLIN, 0 };
	for (size_t i = 0; i < (size_t)jobs; i++) {
		struct pollfd *its = fds + 2 + i * LLM_FDS;

		for (size_t k = 0; k < LLM_FDS; k++)
			its[k] = (struct pollfd){ .fd = -1 };
		if (jv_is_valid(p->slots[i].task))
			planner_poll_fds(p->slots[i].planner, its);
	}
	if (poll(fds, len, LOOK_MS) <= 0)
		len = 2;
	is_read = len == 2 || !(fds[0].revents & (POLLERR | POLLNVAL));
	for (size_t i = 0; len > 2 && i < (size_t)jobs; i++)
		if (jv_is_valid(p->slots[i].task))
			settle(p, p->slots + i,
			    planner_go_on(p->slots[i].planner, fds + 2 + i * LLM_FDS));
	free(fds);
	return is_read;
}

/* By a model, many at once. */
static int
plan_by_model(struct plan *p)
{
	bool is_read = true;

	stop_catch();
	stop_at_pipe();
	p->slots = xmalloc((size_t)jobs * sizeof *p->slots);
	for (size_t i = 0; i < (size_t)jobs; i++)
		p->slots[i] = (struct slot){ NULL, jv_invalid() };
	while (is_read && !stop_signal()) {
		take_lines(p);
		if (out_flush(&p->out) < 0 && !stop_signal()) {
			p->status = err_print();
			break;
		}
		if (p->is_at_end && p->busy == 0)
			break;
		is_read = wait_and_go_on(p);
	}
	for (size_t i = 0; i < (size_t)jobs; i++) {
		planner_close(p->slots[i].planner);
		jv_free(p->slots[i].task);
	}
	free(p->slots);
	return stop_signal() ? 128 + stop_signal() : p->status;
}

/* Whether a model plans. */
static bool
wants_model(void)
{
	if (strcmp(on_error, "run") != 0 && strcmp(on_error, "fail") != 0)
		opt_usage(&cmd, "--on-error: want run or fail, got '%s'", on_error);
	if (!planner)
		return model || llm_is_configured();
	if (strcmp(planner, "llm") != 0 && strcmp(planner, "rules") != 0)
		opt_usage(&cmd, "--planner: want llm or rules, got '%s'", planner);
	return !strcmp(planner, "llm");
}

int
main(int argc, char *argv[])
{
	struct plan p = { .out.fd = STDOUT_FILENO };
	bool by_model;
	int status;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	by_model = wants_model();
	p.terms = (struct planner_terms){ model, threshold, !strcmp(on_error, "fail") };
	if (!(p.s = store_open()))
		err_exit();
	lines_init(&p.in, STDIN_FILENO, p.out.fd, "stdin");
	status = by_model ? plan_by_model(&p) : stage_run(&p.in, &p.out, plan_by_list, &p);
	lines_release(&p.in);
	store_close(p.s);
	return status;
}
