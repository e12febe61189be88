/*
 * render.h - an answer of the script in the words of a dialect
 *
 * What is said once for both dialects is here; openai.c and anthropic.c have the rest.
 */
#ifndef RENDER_H
#define RENDER_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* What is answered, and to what; borrowed. */
struct ask {
	jv says; /* the answer, an object of the script */
	jv body; /* of the request */
	bool is_anthropic, is_stream;
	long n; /* the request's number, for ids */
};

/* A stream of events under way.  left: events that may still come before the error; -1: all. */
struct flow {
	struct buf *out;
	const char *eol;
	bool has_comments, has_pings;
	long left;
};

/* render_answer - append the body of the answer, a stream or an object. */
void render_answer(struct buf *out, const struct ask *ask);

/*
 * render_error - the dialect's error object
 *
 * error    consumed; an object of type, message, code, or invalid
 * status   says what is missing of it
 */
jv render_error(const struct ask *ask, int status, jv error);

/* render_openai, render_anthropic - the object that is the whole answer. */
jv render_openai(const struct ask *ask);
jv render_anthropic(const struct ask *ask);

/* stream_openai, stream_anthropic - the events of the answer; of what an error ends, only those
 * that come before it. */
void stream_openai(struct flow *flow, const struct ask *ask);
void stream_anthropic(struct flow *flow, const struct ask *ask);

/* flow_event - append one; name NULL: an event without a name.  data is consumed. */
void flow_event(struct flow *flow, const char *name, jv data);

/* flow_text - append one that has no name, and is no JSON. */
void flow_text(struct flow *flow, const char *text);

/* render_is_failing - whether the answer breaks off with an error. */
bool render_is_failing(const struct ask *ask);

/* render_string - a string of the answer, or otherwise `or`; borrowed. */
const char *render_string(const struct ask *ask, const char *name, const char * or);

/* render_stop - what the dialect calls the reason to stop; names: pairs of ours and its, then NULL.
 */
const char *render_stop(const struct ask *ask, const char *const names[][2]);

/* render_usage - the tokens of that name, "input", "output" or "cached"; -1: nothing is told. */
long render_usage(const struct ask *ask, const char *name);

/* render_call_id - the id of the call (an object, not consumed) at this place; the caller frees. */
char *render_call_id(const struct ask *ask, jv call, int place);

/* render_arguments - the call's arguments as text, whatever it is; the caller frees. */
char *render_arguments(jv call);

/*
 * render_piece - the length of the next piece of a text, whole characters
 *
 * pieces  how many are still to be made of it; 0: a word each
 */
size_t render_piece(const char *text, long pieces);

/* render_pieces - how many pieces the arguments come in. */
long render_pieces(const struct ask *ask);

#endif
