/*
 * logtext.h - how the lines of an agent's log look to a person
 *
 *   --- Friday, 2026-11-20
 *   14:03:07 start        attempt 1, agent counter (llm), model m, legwork 0.1.0, pid 4711 on host
 *   14:03:09 tool_start   run
 *                         command: wc -l notes.txt
 *   14:03:09 tool_end     run: success, 12 ms
 *                         31 notes.txt
 *
 * What others wrote never reaches a terminal as it is (screen_clean), and no line of it begins like
 * one of the log.
 */
#ifndef LOGTEXT_H
#define LOGTEXT_H

#include "text.h"
#include "view.h"

/* What was shown so far: the view's state; zeros to begin with, but for text.screen. */
struct logtext {
	struct text text;
	bool shows_all; /* also the events that repeat what a model's notes tell */
	bool is_llm;    /* the attempt's agent is a model */
	bool is_open;   /* the attempt has no end yet */
};

/* logtext_form - the log's lines as text. */
extern const struct view_form logtext_form;

#endif
