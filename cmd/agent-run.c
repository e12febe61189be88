/* agent-run - claim tasks and do them, one after the other */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent.h"
#include "ask.h"
#include "audit.h"
#include "bell.h"
#include "cancel.h"
#include "claim.h"
#include "clock.h"
#include "err.h"
#include "join.h"
#include "launch.h"
#include "life.h"
#include "limit.h"
#include "lines.h"
#include "log.h"
#include "loop.h"
#include "minutes.h"
#include "opt.h"
#include "outbox.h"
#include "partial.h"
#include "proc.h"
#include "program.h"
#include "recruit.h"
#include "secrets.h"
#include "speech.h"
#include "stop.h"
#include "task.h"
#include "work.h"

enum { LOOK_MS = 1000 }; /* how often a task is looked at that waits */

static const char *runner, *claimed;

static const struct opt opts[] = {
	{ 0, "runner", "lease",
	    "print only what is news: the task-run that holds lease prints events",
	    .str = &runner },
	{ 0, "claimed", "lease",
	    "see to its end what is claimed under lease, which descriptor 3 holds",
	    .str = &claimed },
	{ 0 }
};

static const struct cmd cmd = { "agent-run", "claim tasks and do them, one after the other",
	"[TASK]", opts, 0 };

static struct mask *mask; /* what nobody may read */

struct run {
	struct store *s;
	const char *lease;
	struct log *log;
	struct partial *partial;
	struct outbox *outbox; /* NULL: somebody else prints */
	char *topic;
	struct claim claim;
	struct work_result result;
	int64_t began_ms;   /* monotonic */
	const char *reason; /* of the end, as it is in the log; NULL: it is not yet */
};

/* To the task-run that has started us: there is news, or (a newline) its line is done with.  It may
 * stand still, or be gone; then stdin will end. */
static void
report(char what)
{
	struct pollfd p = { STDOUT_FILENO, POLLOUT, 0 };

	if (poll(&p, 1, what == '\n' ? -1 : 0) > 0 && !(p.revents & POLLERR) &&
	    write(STDOUT_FILENO, &what, 1) < 0)
		err_set(EX_IOERR, "stdout");
}

/* Lets everyone know that there is news; prints what can be printed without waiting. */
static void
tell(void *arg)
{
	struct run *r = arg;
	int rc;

	bell_ring(store_watch_fd(r->s), r->topic);
	if (runner)
		report('.');
	rc = r->outbox ? outbox_pump(r->outbox) : 0;
	if (rc < 0 && err_print() == EX_TEMPFAIL)
		return; /* locked for long: there is another turn */
	if (rc != 0) {
		outbox_close(r->outbox); /* nobody reads: the work goes on */
		r->outbox = NULL;
	}
}

/* Whoever follows the log looks at it again. */
static void
ring(void *arg)
{
	struct run *r = arg;

	bell_ring(store_watch_fd(r->s), r->topic);
}

static void
say(struct run *r, const char *text_of_status)
{
	jv data = json_set_string(jv_object(), "message", text_of_status);

	if (log_event(r->log, speech_event(r->claim.task, "status", data, r->lease)) < 0)
		err_exit();
}

/* Opens the log and says what is about to happen. */
static void
begin(struct run *r)
{
	const char *instruction = json_peek_string(r->claim.task, "instruction"), *id;
	char short_id[9], *text;
	jv head;

	id = json_peek_string(r->claim.task, "id");
	r->topic = xprintf("task-%s", id);
	r->log = log_open(store_logs_fd(r->s), id, json_peek_int(r->claim.task, "posted", 0));
	if (!r->log)
		err_exit();
	secrets_of_agent(mask, r->claim.agent);
	log_mask(r->log, mask);
	log_when_written(r->log, ring, r);
	r->partial =
	    partial_open(store_run_fd(r->s), store_watch_fd(r->s), r->claim.task, r->lease, r->log);
	if (minutes_begin(r->log, r->claim.task, r->claim.agent, r->lease) < 0)
		err_exit();
	text = xprintf("Task %s: Starting execution...", task_short(id, short_id));
	say(r, text);
	free(text);
	head = task_title(instruction);
	text = xprintf("Executing task: %s...", jv_string_value(head));
	say(r, text);
	free(text);
	jv_free(head);
	if (!runner) {
		r->outbox = outbox_open(r->s, STDOUT_FILENO);
		if (outbox_add(r->outbox, r->claim.task, false) < 0)
			err_exit();
	}
	tell(r);
}

static int
audit(void *arg, jv entry)
{
	struct run *r = arg;

	return audit_add(r->s, entry);
}

static enum work_end
work(struct run *r)
{
	struct work w = { .task = r->claim.task,
		.agent = r->claim.agent,
		.dependencies = r->claim.others,
		.chat = r->claim.chat,
		.wants_consent = r->claim.wants_consent,
		.lease = r->lease,
		.store = store_path(r->s),
		.records = r->s,
		.logs_fd = store_logs_fd(r->s),
		.log = r->log,
		.partial = r->partial,
		.told = tell,
		.audit = audit,
		.arg = r };

	if (json_has(r->claim.task, "creates") && !task_has_subtasks(r->claim.task))
		return recruit_run(&w, &r->result);
	if (agent_is_llm(r->claim.agent))
		return loop_run(&w, &r->result);
	if (!task_has_subtasks(r->claim.task))
		return program_run(&w, &r->result);
	return join_run(&w, &r->result);
}

/* An attempt that will be followed by another says so in the chat. */
static void
announce_retry(struct run *r)
{
	int64_t delay_ms = life_will_retry(r->claim.task, r->result.error);
	char short_id[9], *text;

	if (delay_ms < 0)
		return;
	text = xprintf("Task %s: attempt %d failed and will be tried again: %s",
	    task_short(json_peek_string(r->claim.task, "id"), short_id),
	    (int)json_peek_int(r->claim.task, "attempt", 1),
	    json_peek_string(r->result.error, "message"));
	say(r, text);
	free(text);
}

/* What becomes part of the task's record, as its log has it. */
static void
mask_result(struct work_result *result)
{
	jv message = json_get(result->error, "message", JV_KIND_STRING);

	result->response = mask_value(mask, result->response);
	result->error = json_set_valid(result->error, "message", mask_value(mask, message));
	result->approval = mask_value(mask, result->approval);
}

/* The task as it is now, in a transaction that may change it; NULL with err.  What was worked out
 * is not given up because somebody holds the lock for long. */
static struct tx *
begin_finish(struct run *r, jv *task)
{
	struct tx *tx;

	while (!(tx = store_begin(r->s)) && err_code() == EX_TEMPFAIL && !stop_signal())
		;
	*task = tx ? task_get(tx, json_peek_string(r->claim.task, "id")) : jv_invalid();
	return tx;
}

/* What became of the attempt; task is consumed. */
static void
end_attempt(struct tx *tx, jv task, enum work_end end, const struct work_result *result)
{
	task = json_set_valid(task, "usage", jv_copy(result->usage));
	if (json_has(task, "cancel")) { /* somebody wanted it to end, and it has */
		task = json_set_valid(task, "response", jv_copy(result->response));
		life_end_marked(tx, task);
		return;
	}
	if (jv_is_valid(result->agent) && (end == WORK_DONE || end == WORK_ASKED))
		recruit_store(tx, task, result->agent);
	switch (end) {
	case WORK_DONE:
		life_complete(tx, task, jv_copy(result->response));
		break;
	case WORK_ASKED:
		life_ask(tx, task, jv_copy(result->approval));
		break;
	case WORK_STOPPED:
		life_return(tx, task);
		break;
	default:
		task = json_set_valid(task, "response", jv_copy(result->response));
		life_fail(tx, task, jv_copy(result->error));
	}
}

/* The end is in the log before the task has it: to who follows both, the log is whole then.  That
 * this is within the transaction tells a task that was cancelled from one that is given back. */
static void
note_end(struct run *r, jv task, enum work_end end)
{
	const char *reason = minutes_reason(task, end);

	if (r->reason && !strcmp(r->reason, reason))
		return; /* the transaction is made again */
	r->reason = reason;
	minutes_end(r->log, task, end, &r->result, clock_mono_ms() - r->began_ms);
}

/* Ends the attempt in the store, unless the task is no longer ours. */
static int
finish(struct run *r, enum work_end end)
{
	const char *id = json_peek_string(r->claim.task, "id");
	enum store_result rc;
	jv orphans;

	if (end != WORK_BROKEN && log_sync(r->log) < 0)
		return -1;
	do {
		jv task;
		struct tx *tx = begin_finish(r, &task);

		if (!tx)
			return -1;
		if (!life_is_mine(task, r->lease)) {
			jv_free(task);
			store_end(tx);
			return err_set(EX_TEMPFAIL, "task %s: somebody else has it by now", id);
		}
		note_end(r, task, end);
		end_attempt(tx, task, end, &r->result);
		orphans = cancel_spawned(tx, id);
		if ((rc = store_commit(tx, STORE_DURABLE)) != STORE_OK)
			jv_free(orphans);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		return -1;
	if (cancel_start(orphans) < 0)
		err_print(); /* the marks are there */
	return 0;
}

/* By hand: the last events, for as long as somebody reads them. */
static void
print_rest(struct run *r)
{
	while (r->outbox && !stop_signal() &&
	       (outbox_len(r->outbox) > 0 || outbox_is_blocked(r->outbox))) {
		struct pollfd fds[2];

		poll(fds, outbox_poll_fds(r->outbox, fds), 1000);
		tell(r);
	}
}

/* Whether the end has said the answer. */
static bool
is_answered(const struct run *r, enum work_end end)
{
	return end == WORK_DONE && jv_get_kind(r->result.response) == JV_KIND_STRING &&
	       *jv_string_value(r->result.response);
}

static void
release(struct run *r)
{
	partial_close(r->partial);
	outbox_close(r->outbox);
	log_close(r->log);
	claim_release(&r->claim);
	work_result_release(&r->result);
	free(r->topic);
}

/* What the line that we were given says, beside the task's id. */
struct given {
	jv decision;      /* borrowed */
	int64_t revision; /* of the task when it was handed out; -1: any */
	bool is_claimed;
};

/* The task is still under the lease: that is given up, so that task-watch puts the task back. */
static void
renew(struct proc_lease *lease, struct store *s)
{
	proc_lease_drop(lease, store_run_fd(s));
	if (proc_lease_take(lease, store_run_fd(s)) < 0)
		err_exit();
}

/* As claim_task. */
static int
take(struct run *r, const char *id, struct given given)
{
	if (given.is_claimed)
		return claim_held(r->s, id, r->lease, &r->claim);
	return claim_task(r->s, id,
	    (struct life_claim){ r->lease, runner, jv_copy(given.decision), given.revision },
	    &r->claim);
}

/* Says what a task waits for that finds no room.  Returns the exit status. */
static int
say_held(struct store *s, const char *id)
{
	struct tx *tx = store_read(s);
	jv task, full;
	char name[9], *why;

	if (!tx)
		err_exit();
	task = task_get(tx, id);
	full = life_full(tx, task);
	why =
	    jv_is_valid(full) ? limit_why(tx, jv_string_value(full)) : xstrdup("there was no room");
	jv_free(full);
	jv_free(task);
	if (store_end(tx) < 0)
		err_exit();
	err_set(EX_TEMPFAIL, "task %s: %s", task_short(id, name), why);
	free(why);
	return err_print();
}

/* One task from its claim to its end.  Returns the exit status. */
static int
do_task(struct store *s, struct proc_lease *lease, const char *id, struct given given)
{
	struct run r = { .s = s, .lease = lease->id };
	enum work_end end;
	int status = take(&r, id, given);

	if (status < 0 && err_code() != EX_NOINPUT)
		err_exit();
	if (status == LIFE_HELD && !runner)
		return say_held(s, id);
	if (status != LIFE_DONE)
		return status < 0 ? err_print() : 0;
	status = 0;
	work_result_init(&r.result);
	r.began_ms = clock_mono_ms();
	begin(&r);
	end = stop_signal() ? WORK_STOPPED : work(&r);
	mask_result(&r.result);
	if (end == WORK_FAILED)
		announce_retry(&r);
	if (end == WORK_BROKEN) {
		err_warn("%s", json_peek_string(r.result.error, "message"));
		status = EX_IOERR;
	}
	if (finish(&r, end) < 0) {
		status = err_print();
		outbox_close(r.outbox); /* whoever runs it next begins with what is left */
		r.outbox = NULL;
		partial_drop(r.partial);
		renew(lease, s);
	}
	if (is_answered(&r, end))
		partial_end(r.partial, PARTIAL_TEXT);
	partial_drop(r.partial);
	tell(&r);
	if (status == 0)
		print_rest(&r);
	if (end == WORK_STOPPED)
		status = 128 + stop_signal();
	release(&r);
	return status;
}

/* A task's line.  Returns the exit status. */
static int
do_line(struct store *s, struct proc_lease *lease, jv line, unsigned long number)
{
	const char *given = json_peek_string(line, "id");
	jv decision = json_get(line, "decision", JV_KIND_OBJECT);
	char id[ID_TEXT];
	int status;

	if (!given)
		err_set(EX_DATAERR, "id: is missing");
	if (!given || ask_id(s, "task", given, id) < 0) {
		err_add("stdin:%lu", number);
		status = err_print();
	} else {
		status = do_task(s, lease, id,
		    (struct given){ decision, json_peek_int(line, "revision", -1), false });
	}
	jv_free(decision);
	jv_free(line);
	return status;
}

/* One line after the other, until there is no other. */
static int
do_lines(struct store *s, struct proc_lease *lease)
{
	enum lines_result rc = LINES_OK;
	struct lines in;
	int status = 0, its;
	jv line;

	lines_init(&in, STDIN_FILENO, -1, "stdin");
	while (!stop_signal() && (rc = lines_next_object(&in, &line)) != LINES_END) {
		if (rc == LINES_FAIL && stop_signal())
			break;
		if (rc == LINES_FAIL)
			err_exit();
		its = rc == LINES_BAD ? err_print() : do_line(s, lease, line, in.number);
		status = its ? its : status;
		if (runner && !stop_signal()) /* else our end says it: no other line is wanted */
			report('\n');
	}
	lines_release(&in);
	return stop_signal() ? 128 + stop_signal() : status;
}

/* What a task that was put back needs of us now. */
enum need { NEED_NOTHING, NEED_TIME, NEED_ATTEMPT };

static enum need
needs(struct store *s, const char *id)
{
	struct tx *tx = store_read(s);
	enum need need = NEED_NOTHING;
	jv task, full;

	if (!tx)
		err_exit();
	task = task_get(tx, id);
	full = life_full(tx, task);
	if (life_is_ready(task, clock_now_ms()) && !json_has(task, "reservation") &&
	    !jv_is_valid(full))
		need = NEED_ATTEMPT;
	else if (task_is(task, "pending"))
		need = NEED_TIME;
	jv_free(full);
	jv_free(task);
	if (store_end(tx) < 0)
		err_exit();
	return need;
}

/* Another attempt, and what a person has to allow first, is waited for: while we live, nobody else
 * takes the task (life_has_waiter). */
static int
see_to_end(struct store *s, struct proc_lease *lease, const char *id)
{
	char *topic = xprintf("task-%s", id);
	struct bell *bell = bell_open(store_watch_fd(s), topic);
	int status = do_task(s, lease, id, (struct given){ jv_invalid(), -1, true });
	enum need need;

	free(topic);
	if (!bell)
		err_exit();
	while (status == 0 && !stop_signal() && (need = needs(s, id)) != NEED_NOTHING) {
		proc_reap_adopted();
		if (need == NEED_ATTEMPT)
			status = do_task(s, lease, id, (struct given){ jv_invalid(), -1, false });
		else
			bell_wait(bell, LOOK_MS, -1);
		if (status == EX_TEMPFAIL && needs(s, id) == NEED_TIME)
			status = 0; /* others have taken the room */
	}
	bell_close(bell);
	return status;
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv), id[ID_TEXT];
	struct proc_lease lease;
	struct store *s;
	int status;

	(void)argc;
	if (operands[0] && operands[1])
		opt_usage(&cmd, "want one task");
	if (claimed && (!operands[0] || runner))
		opt_usage(&cmd, "--claimed: want a task, and no --runner");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	stop_catch();
	stop_at_pipe();
	mask = mask_new();
	secrets_gather(mask);
	if (!(s = store_open()) || (operands[0] && ask_id(s, "task", operands[0], id) < 0))
		err_exit();
	if ((claimed ? proc_lease_adopt(&lease, store_run_fd(s), claimed, LAUNCH_LEASE_FD)
		     : proc_lease_take(&lease, store_run_fd(s))) < 0)
		err_exit();
	if (claimed)
		status = see_to_end(s, &lease, id);
	else if (operands[0])
		status = do_task(s, &lease, id, (struct given){ jv_invalid(), -1, false });
	else
		status = do_lines(s, &lease);
	proc_lease_drop(&lease, store_run_fd(s));
	store_close(s);
	mask_free(mask);
	return status;
}
