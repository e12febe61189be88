#include "means.h"

#include <stdlib.h>

#include "clock.h"
#include "err.h"
#include "task.h"
#include "transcript.h"

/* Out of which the limits of a new task come. */
struct purse {
	const struct means *m;
	struct tx *tx;
	jv task, agent; /* of who asks; agent may be invalid */
	jv *spec, limits;
};

int
means_open(struct means *m, struct store *s)
{
	const char *id = getenv("LEGWORK_TASK_ID");
	struct transcript t;
	int rc;

	*m = (struct means){ .task_id = id, .told = jv_invalid() };
	if (!id || !*id)
		return 0;
	if (!id_is_full(id))
		return err_set(EX_NOINPUT, "LEGWORK_TASK_ID %.40s: is no task's id", id);
	transcript_init(&t);
	rc = transcript_read(&t, store_logs_fd(s), id);
	m->turns = t.turns;
	m->tokens = t.tokens;
	m->began_ms = t.began_ms;
	m->retries = t.retries;
	m->told = jv_copy(t.told);
	transcript_release(&t);
	return rc < 0 ? -1 : 1;
}

void
means_release(struct means *m)
{
	jv_free(m->told);
}

/* A limit of an object (borrowed) that may be invalid; -1: none. */
static double
limit_of(jv object, const char *name)
{
	jv value = jv_is_valid(object) ? json_get(object, name, JV_KIND_NUMBER) : jv_invalid();
	double number = jv_is_valid(value) ? jv_number_value(value) : -1;

	jv_free(value);
	return number;
}

/* The limit of who asks: its task's, or else its agent's. */
static double
own_limit(const struct purse *p, const char *name)
{
	jv limits = json_get(p->task, "limits", JV_KIND_OBJECT);
	double number = limit_of(limits, name);

	jv_free(limits);
	return number < 0 ? limit_of(p->agent, name) : number;
}

/* No more than that. */
static void
cap(struct purse *p, const char *name, double most)
{
	double wanted = limit_of(p->limits, name);

	if (wanted < 0 || wanted > most)
		p->limits = json_set(p->limits, name, jv_number(most));
}

/* What is left of one of its limits is all that there is.  -1 with err: nothing is. */
static int
cap_left(struct purse *p, const char *name, double used)
{
	double own = own_limit(p, name);

	if (own < 0)
		return 0;
	if (own <= used)
		return err_set(EX_NOPERM,
		    "limits.%s: your %g are used or handed out; finish with what you have", name,
		    own);
	cap(p, name, own - used);
	return 0;
}

/* Tokens that it has no more though it does not know yet: what those have used who have ended, and
 * what those may use who have not. */
static double
handed_out(const struct purse *p)
{
	char *set = xprintf("spawned.%s", p->m->task_id);
	double tokens = 0;

	for (uint64_t n = 0; (n = store_next(p->tx, set, n)) != 0;) {
		jv task = store_at(p->tx, n), usage = json_get(task, "usage", JV_KIND_OBJECT),
		   limits = json_get(task, "limits", JV_KIND_OBJECT);
		bool is_told =
		    jv_is_valid(p->m->told) && json_has(p->m->told, json_peek_string(task, "id"));
		double most = limit_of(limits, "max_tokens");

		if (!task_is_over(task))
			tokens += most > 0 ? most : 0;
		else if (!is_told)
			tokens += (double)json_peek_int(usage, "total_tokens", 0);
		jv_free(limits);
		jv_free(usage);
		jv_free(task);
	}
	free(set);
	return tokens;
}

static int
cap_budget(struct purse *p)
{
	int64_t passed_ms = p->m->began_ms ? clock_now_ms() - p->m->began_ms : 0;

	if (cap_left(p, "max_tokens", (double)p->m->tokens + handed_out(p)) < 0 ||
	    cap_left(p, "max_turns", (double)p->m->turns) < 0)
		return -1;
	return cap_left(p, "timeout_s", passed_ms > 0 ? (double)passed_ms / 1000 : 0);
}

static int
cap_breadth(struct purse *p)
{
	char *set = xprintf("spawned.%s", p->m->task_id);
	uint64_t count = store_count(p->tx, set);
	double own = own_limit(p, "max_children"), most = own < 0 ? MEANS_CHILDREN : own;

	free(set);
	if ((double)count >= most)
		return err_set(EX_NOPERM,
		    "limits.max_children: you have asked for %d agents, which is all that you "
		    "may; do the rest yourself",
		    (int)count);
	cap(p, "max_children", most);
	return 0;
}

static int
cap_depth(struct purse *p)
{
	int64_t depth = json_peek_int(p->task, "depth", 0) + 1;
	double own = own_limit(p, "max_depth");

	if (own == 0 || (own < 0 && depth > MEANS_DEPTH))
		return err_set(EX_NOPERM,
		    "limits.max_depth: agents may ask for others no deeper than here; do it "
		    "yourself");
	cap(p, "max_depth", own > 0 ? own - 1 : (double)(MEANS_DEPTH - depth));
	*p->spec = json_set_int(*p->spec, "depth", depth);
	return 0;
}

int
means_cap(const struct means *m, struct tx *tx, jv task, jv agent, jv *spec)
{
	struct purse p = { m, tx, task, agent, spec, json_get(*spec, "limits", JV_KIND_OBJECT) };
	int rc;

	if (!jv_is_valid(p.limits))
		p.limits = jv_object();
	rc = cap_breadth(&p) < 0 || cap_depth(&p) < 0 || cap_budget(&p) < 0 ? -1 : 0;
	*spec = json_set(*spec, "limits", p.limits);
	return rc;
}
