/* connection.c - see connection.h */
#include "connection.h"

#include <errno.h>
#include <unistd.h>

#include "dir.h"
#include "err.h"
#include "inbound.h"
#include "json.h"

enum { BLOCK = 64 << 10 };

static void
write_log(const struct model *model, const struct connection *c, const struct request *r, jv body,
    const struct answer *answer)
{
	struct buf line = { 0 };
	jv entry = json_set_int(jv_object(), "n", model->requests);

	entry = json_set_int(entry, "connection", c->id);
	entry = json_set_string(entry, "method", r->method);
	entry = json_set_string(entry, "path", r->path);
	entry = json_set(entry, "headers", jv_copy(r->headers));
	if (jv_is_valid(body))
		entry = json_set(entry, "body", jv_copy(body));
	else
		entry = json_set(entry, "text", json_utf8(r->body.p ? r->body.p : "", r->body.len));
	entry = json_set(entry, "answer", answer ? jv_number((double)answer->line) : jv_null());
	json_dump(&line, entry);
	buf_putc(&line, '\n');
	if (dir_write_all(model->log_fd, line.p, line.len) < 0) {
		err_sys("log");
		err_exit();
	}
	buf_release(&line);
}

static void
choose_reply(struct reply *reply, struct ask *ask, const struct request *r,
    const struct answer *answer)
{
	struct buf why = { 0 };

	ask->says = answer ? answer->says : jv_invalid();
	if (answer) {
		reply_make(reply, ask);
	} else if (!script_is_for_models(r->path)) {
		reply_fault(reply, ask, 404, "no such path");
	} else {
		buf_printf(&why, "the script has no answer left for request %ld, %s %s", ask->n,
		    r->method, r->path);
		reply_fault(reply, ask, 500, why.p);
	}
	buf_release(&why);
}

/* Its answer begins: it is in the log before. */
static void
answer_request(struct connection *c, struct model *model, const struct request *r)
{
	jv body = json_parse_object(r->body.p ? r->body.p : "", r->body.len);
	bool is_get = r->body.len == 0;
	bool is_good = jv_is_valid(body) || (is_get && !script_is_for_models(r->path));
	const struct answer *answer = is_good ? script_pick(&model->script, r, body) : NULL;
	struct ask ask = { .body = body, .n = ++model->requests, .says = jv_invalid() };

	ask.is_anthropic = script_is_anthropic(r->path);
	ask.is_stream = json_peek_bool(body, "stream");
	write_log(model, c, r, body, answer);
	if (is_good)
		choose_reply(&c->reply, &ask, r, answer);
	else
		reply_fault(&c->reply, &ask, 400, err_text());
	c->is_replying = true;
	c->is_last = r->is_last;
	jv_free(body);
}

static void
refuse(struct connection *c, struct model *model, const struct request *r)
{
	struct ask ask = { .body = jv_invalid(), .says = jv_invalid(), .n = ++model->requests };

	write_log(model, c, r, ask.body, NULL);
	reply_fault(&c->reply, &ask, 400, err_text());
	c->is_replying = c->is_last = true;
}

/* Whether there was a request to begin with. */
static bool
take_request(struct connection *c, struct model *model)
{
	struct request r;
	enum inbound_result result = inbound_take(&c->in, &r);

	if (result == INBOUND_OK) {
		answer_request(c, model, &r);
		c->has_continued = false;
	} else if (result == INBOUND_BAD) {
		refuse(c, model, &r);
	} else if (result == INBOUND_MORE_BODY && r.wants_continue && !c->has_continued) {
		buf_puts(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
		c->has_continued = true;
		result = INBOUND_OK;
	}
	inbound_release(&r);
	return result == INBOUND_OK || result == INBOUND_BAD;
}

/* What is waiting to be written: 1 all is, 0 the client has to read first, -1 nobody is there. */
static int
flush(struct connection *c)
{
	while (c->out.len > 0) {
		ssize_t n = write(c->fd, c->out.p, c->out.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		buf_cut(&c->out, (size_t)n);
	}
	return 1;
}

/* The reply goes on; false: not now. */
static bool
go_on(struct connection *c, bool *is_over)
{
	enum reply_state state = reply_next(&c->reply, &c->out);

	c->is_waiting = state == REPLY_WAIT;
	if (state == REPLY_DONE) {
		reply_release(&c->reply);
		c->is_replying = false;
		state = c->is_last ? REPLY_CLOSE : REPLY_MORE;
	}
	*is_over = state == REPLY_CLOSE;
	return state == REPLY_MORE;
}

bool
connection_serve(struct connection *c, struct model *model)
{
	bool is_over = false, is_going = true;
	int written = 1;

	while (is_going && (written = flush(c)) == 1)
		is_going = c->is_replying ? go_on(c, &is_over) : take_request(c, model);
	return written >= 0 && !is_over;
}

bool
connection_read(struct connection *c)
{
	ssize_t n = read(c->fd, buf_room(&c->in, BLOCK), BLOCK);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->in.len += (size_t)n;
	if (c->in.p)
		c->in.p[c->in.len] = '\0';
	return n > 0;
}

void
connection_close(struct connection *c)
{
	close(c->fd);
	buf_release(&c->in);
	buf_release(&c->out);
	reply_release(&c->reply);
}
