#include "llm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "buf.h"
#include "clock.h"
#include "config.h"
#include "coproc.h"
#include "dir.h"
#include "err.h"
#include "json.h"
#include "stop.h"

enum {
	GRACE_MS = 500, /* from TERM to KILL; it has nothing to put down */
	LOOK_MS = 250,  /* how often stop_signal is looked at: it may come just before a poll */
};

struct llm {
	char *mark;
	struct coproc chat;
	unsigned long asked;

	/* The question. */
	char id[24];
	void (*take)(void *arg, jv event);
	void *arg;
	jv last; /* invalid: not yet */
};

struct llm *
llm_open(const char *mark)
{
	struct llm *llm = xmalloc(sizeof *llm);

	*llm = (struct llm){ .mark = mark ? xstrdup(mark) : NULL,
		.chat = COPROC_NONE,
		.last = jv_invalid() };
	return llm;
}

void
llm_close(struct llm *llm)
{
	if (!llm)
		return;
	coproc_end(&llm->chat, 0, GRACE_MS);
	coproc_release(&llm->chat);
	jv_free(llm->last);
	free(llm->mark);
	free(llm);
}

static int
start(struct llm *llm)
{
	const char *substitute = getenv("LEGWORK_LLM");
	char *path = substitute && *substitute ? xstrdup(substitute) : dir_bin_path("llm-chat");
	struct proc_program program = { .argv = (char *[]){ path, NULL },
		.env = (const char *[]){ llm->mark, NULL } };
	int rc = coproc_start(&llm->chat, &program);

	free(path);
	return rc;
}

static jv
fault(const char *category, const char *code, const char *message, bool retryable)
{
	jv event = json_set_string(jv_object(), "type", "error");

	event = json_set_string(json_set_string(event, "category", category), "code", code);
	event = json_set(event, "message", json_utf8(message, strlen(message)));
	return json_set(event, "retryable", jv_bool(retryable));
}

/* It has ended, or makes no sense: what it said of that, or else how it ended. */
static jv
fault_of_end(struct llm *llm, const char *code, const char *what)
{
	int status = coproc_end(&llm->chat, 0, GRACE_MS);
	struct buf message = { 0 };
	jv event;

	buf_puts(&message, what);
	coproc_say_end(&llm->chat, status, &message);
	event = WIFEXITED(status) && WEXITSTATUS(status) == EX_CONFIG
	            ? fault("configuration", code, message.p, false)
	            : fault("network", code, message.p, true);
	buf_release(&message);
	return event;
}

/* Takes one line: hands an event on, or keeps it as the last. */
static void
take_line(struct llm *llm, const char *line, size_t len)
{
	jv event = json_parse_object(line, len);
	const char *id, *type;

	if (!jv_is_valid(event)) {
		jv_free(event);
		llm->last = fault_of_end(llm, "llm_rubbish", "llm-chat said what is no event");
		return;
	}
	id = json_peek_string(event, "id");
	type = json_peek_string(event, "type");
	if (!type || (id && strcmp(id, llm->id) != 0))
		jv_free(event); /* of a question that was given up, or of a kind to come */
	else if (!strcmp(type, "stop") || !strcmp(type, "error"))
		llm->last = event;
	else
		llm->take(llm->arg, event);
}

static void
take_lines(struct llm *llm)
{
	size_t taken = 0, len;
	const char *line;

	while (!jv_is_valid(llm->last) && (line = coproc_line(&llm->chat, &taken, &len)))
		take_line(llm, line, len);
	coproc_took(&llm->chat, taken);
}

void
llm_begin(struct llm *llm, jv request, void (*take)(void *arg, jv event), void *arg)
{
	struct buf line = { 0 };

	snprintf(llm->id, sizeof llm->id, "r%lu", ++llm->asked);
	llm->take = take;
	llm->arg = arg;
	jv_free(llm->last);
	llm->last = jv_invalid();
	if (coproc_is_gone(&llm->chat) && start(llm) < 0) {
		jv_free(request);
		llm->last = fault(err_code() == EX_CONFIG ? "configuration" : "internal",
		    "cannot_start", err_text(), err_code() != EX_CONFIG);
		return;
	}
	json_dump(&line, json_set_string(request, "id", llm->id));
	coproc_send(&llm->chat, line.p, line.len);
	buf_release(&line);
	take_lines(llm);
}

void
llm_poll_fds(const struct llm *llm, struct pollfd fds[LLM_FDS])
{
	coproc_poll_fds(&llm->chat, fds);
}

bool
llm_go_on(struct llm *llm, const struct pollfd fds[LLM_FDS])
{
	enum coproc_state state;

	if (jv_is_valid(llm->last))
		return true;
	state = coproc_go_on(&llm->chat, fds);
	take_lines(llm);
	if (jv_is_valid(llm->last))
		return true;
	if (state == COPROC_CLOSED)
		llm->last =
		    fault_of_end(llm, "llm_ended", "llm-chat ended in the middle of an answer");
	else if (state == COPROC_FLOODS)
		llm->last = fault_of_end(llm, "llm_rubbish", "llm-chat said a line without end");
	return jv_is_valid(llm->last);
}

jv
llm_last(const struct llm *llm)
{
	return jv_copy(llm->last);
}

/* Waits for the next thing to happen. */
static bool
turn(struct llm *llm, int64_t until_ms)
{
	int64_t left = until_ms - clock_mono_ms();
	struct pollfd fds[LLM_FDS];

	if (left < 0)
		left = 0;
	llm_poll_fds(llm, fds);
	proc_reap_adopted();
	return poll(fds, LLM_FDS, left > LOOK_MS ? LOOK_MS : (int)left) > 0 && llm_go_on(llm, fds);
}

/* Whether it has ended, and so are we to: whoever stops us may have stopped it, too. */
static bool
ends_with_us(const struct llm *llm)
{
	const char *code = json_peek_string(llm->last, "code");

	return stop_signal() && code && !strcmp(code, "llm_ended");
}

jv
llm_ask(struct llm *llm, jv request, int64_t until_ms, void (*take)(void *arg, jv event), void *arg)
{
	bool is_over;

	llm_begin(llm, request, take, arg);
	is_over = jv_is_valid(llm->last);
	while (!is_over && !stop_signal() && clock_mono_ms() < until_ms)
		is_over = turn(llm, until_ms);
	if (is_over || turn(llm, 0)) /* what it has said until now is heard */
		return ends_with_us(llm) ? jv_invalid() : llm_last(llm);
	coproc_end(&llm->chat, 0, GRACE_MS);
	return stop_signal()
	           ? jv_invalid()
	           : fault("timeout", "timeout", "the model has not answered in time", true);
}

bool
llm_is_configured(void)
{
	struct config config;
	bool is_there;

	config_open(&config);
	is_there = config_has_model(&config);
	config_close(&config);
	return is_there;
}
