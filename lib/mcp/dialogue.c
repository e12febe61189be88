#include "dialogue.h"

#include <poll.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "json.h"
#include "rpc.h"
#include "stop.h"
#include "utf8.h"

enum {
	LOOK_MS = 250,      /* how often stop_signal is looked at */
	ID_MAX = 1 << 10,   /* of a request of the server's, in bytes */
	OWED_MAX = 1 << 20, /* of answers that it does not read */
};

void
dialogue_init(struct dialogue *d, const char *name)
{
	*d = (struct dialogue){ .name = name,
		.program = COPROC_NONE,
		.who = jv_invalid(),
		.answer = jv_invalid(),
		.answer_max = COPROC_LINE_MAX };
}

void
dialogue_release(struct dialogue *d)
{
	coproc_release(&d->program);
	jv_free(d->who);
	jv_free(d->answer);
}

int
dialogue_start(struct dialogue *d, const struct proc_program *program)
{
	d->owed = 0;
	return coproc_start(&d->program, program) < 0 ? err_add("%s", d->name) : 0;
}

static void
send(struct dialogue *d, jv message)
{
	struct buf line = { 0 };

	json_dump(&line, message);
	coproc_send(&d->program, line.p, line.len);
	buf_release(&line);
}

/* A request of the server's: what we offer is a ping. */
static void
answer_server(struct dialogue *d, jv message)
{
	jv id = jv_object_get(jv_copy(message), jv_string("id"));
	size_t unsent = coproc_unsent(&d->program);

	if (jv_get_kind(id) == JV_KIND_STRING && jv_string_length_bytes(jv_copy(id)) > ID_MAX)
		jv_free(id);
	else if (!strcmp(json_peek_string(message, "method"), "ping"))
		send(d, rpc_result(id, jv_object()));
	else
		send(d, rpc_error(id, RPC_NO_METHOD, "this client offers nothing", jv_invalid()));
	d->owed = (unsent ? d->owed : 0) + coproc_unsent(&d->program) - unsent;
}

static void
hear(struct dialogue *d, jv message)
{
	jv params;

	if (!d->progress || strcmp(json_peek_string(message, "method"), "notifications/progress"))
		return;
	params = json_get(message, "params", JV_KIND_OBJECT);
	if (jv_is_valid(params) && json_peek_int(params, "progressToken", -1) == d->asked)
		d->progress(d->arg, params);
	jv_free(params);
}

/* The object on a line; what is no UTF-8 in it is replaced: a text may be cut anywhere. */
static jv
parse(const char *line, size_t len)
{
	jv message = json_parse_object(line, len), text;

	if (jv_is_valid(message) || utf8_is_text(line, len))
		return message;
	text = json_utf8(line, len);
	message =
	    json_parse_object(jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
	return message;
}

/* One line of the server's, as a message; what is too much to look at is taken for a refusal of
 * what we have asked. */
static jv
read_line(struct dialogue *d, const char *line, size_t len)
{
	if (len <= d->answer_max && !rpc_is_bloated(line, len))
		return parse(line, len);
	return rpc_error(jv_number((double)d->asked), RPC_INTERNAL_ERROR, "it says too much",
	    jv_invalid());
}

static void
take_answer(struct dialogue *d, jv message, size_t len)
{
	if (json_peek_int(message, "id", -1) != d->asked || json_has(message, "method"))
		return;
	jv_free(d->answer);
	d->answer = jv_copy(message);
	d->answer_len = len;
}

/* One line of the server's; what is no message is passed over. */
static void
take_line(struct dialogue *d, const char *line, size_t len)
{
	jv message = read_line(d, line, len);

	if (jv_is_valid(message))
		switch (rpc_kind(message)) {
		case RPC_REQUEST:
			answer_server(d, message);
			break;
		case RPC_NOTIFICATION:
			hear(d, message);
			break;
		case RPC_RESULT:
		case RPC_ERROR:
		case RPC_BAD: /* what has our id is an answer, such as it is */
			take_answer(d, message, len);
			break;
		}
	jv_free(message);
}

/* It is of no more use. */
static int
end(struct dialogue *d, const char *what)
{
	int status = coproc_end(&d->program, 0, DIALOGUE_GRACE_MS);
	struct buf why = { 0 };

	coproc_say_end(&d->program, status, &why);
	err_set(EX_UNAVAILABLE, "%s: %s%s", d->name, what, why.p ? why.p : "");
	buf_release(&why);
	return -1;
}

/* Waits for the next thing to happen.  -1 with err: the server has ended. */
static int
turn(struct dialogue *d, int64_t until_ms)
{
	int64_t left = until_ms - clock_mono_ms();
	enum coproc_state state = COPROC_RUNS;
	struct pollfd fds[COPROC_FDS];
	size_t taken = 0, len;
	const char *line;

	coproc_poll_fds(&d->program, fds);
	proc_reap_adopted();
	if (poll(fds, COPROC_FDS, left < 0 ? 0 : left > LOOK_MS ? LOOK_MS : (int)left) > 0)
		state = coproc_go_on(&d->program, fds);
	while (!jv_is_valid(d->answer) && (line = coproc_line(&d->program, &taken, &len)))
		take_line(d, line, len);
	coproc_took(&d->program, taken);
	if (state == COPROC_RUNS && d->owed > OWED_MAX)
		return end(d, "it asks on and on, and reads no answer");
	if (jv_is_valid(d->answer) || state == COPROC_RUNS)
		return 0;
	return end(d,
	    state == COPROC_CLOSED ? "the server has ended" : "it said a line without end");
}

void
dialogue_tell(struct dialogue *d, const char *method, jv params)
{
	send(d, rpc_request(jv_invalid(), method, params));
}

static void
give_up(struct dialogue *d)
{
	jv params = json_set_int(jv_object(), "requestId", d->asked);

	params = json_set_string(params, "reason", "it was given up");
	dialogue_tell(d, "notifications/cancelled", params);
	d->asked++; /* a late answer is no answer to the next one */
}

/* With what each request says of itself (params consumed): a token for progress, and who asks. */
static jv
with_meta(struct dialogue *d, jv params)
{
	jv about = json_set_int(jv_object(), "progressToken", d->asked);

	if (jv_is_valid(d->who))
		about = jv_object_merge(about, jv_copy(d->who));
	return json_set(params, "_meta", about);
}

jv
dialogue_ask(struct dialogue *d, const char *method, jv params, int64_t until_ms)
{
	jv answer;

	d->asked++;
	send(d, rpc_request(jv_number((double)d->asked), method, with_meta(d, params)));
	while (!jv_is_valid(d->answer) && !stop_signal() && clock_mono_ms() < until_ms)
		if (turn(d, until_ms) < 0)
			return jv_invalid();
	answer = d->answer;
	d->answer = jv_invalid();
	if (jv_is_valid(answer))
		return answer;
	give_up(d);
	if (stop_signal())
		err_set(EX_TEMPFAIL, "%s: %s: stopped", d->name, method);
	else
		err_set(EX_TIMEOUT, "%s: %s: not answered in time", d->name, method);
	return jv_invalid();
}
