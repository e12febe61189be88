/*
 * model.h - what tests of the dialects share: an answer whose events are kept as lines
 */
#ifndef MODEL_H
#define MODEL_H

#include "json.h"
#include "reply.h"
#include "tap.h"

static struct buf model_events;

static inline void
model_note(void *arg, jv event)
{
	(void)arg;
	json_dump(&model_events, event);
	buf_putc(&model_events, '\n');
}

/* model_begin - an answer in the third turn. */
static inline void
model_begin(struct reply *a)
{
	buf_release(&model_events);
	buf_puts(&model_events, "");
	reply_init(a, model_note, NULL, 3);
}

/* model_end - its events, with the reason to stop or the fault as the last line; until the next
 * begins. */
static inline const char *
model_end(struct reply *a)
{
	if (reply_finish(a))
		buf_printf(&model_events, "%s", a->reason);
	else
		buf_printf(&model_events, "%s %s: %s%s", a->fault.category,
		    a->fault.code ? a->fault.code : "-", a->fault.message,
		    a->fault.is_retryable ? " (again)" : "");
	reply_release(a);
	return model_events.p;
}

/* model_body - a request's text as the body that body makes of it; until it is called again. */
static inline const char *
model_body(jv (*body)(jv request, const char *version, bool is_vendor), const char *version,
    bool is_vendor, const char *request)
{
	static struct buf text;

	buf_release(&text);
	json_dump(&text, body(json_parse_object(request, strlen(request)), version, is_vendor));
	return text.p;
}

#endif
