/*
 * card.h - one task on a screen: what it is, how it stands, what it waits for, what it said
 */
#ifndef CARD_H
#define CARD_H

#include "store.h"
#include "view.h"

/* card_form - a task's card. */
extern const struct view_form card_form;

/* card_fields - any object, a member to a line. */
extern const struct view_form card_fields;

/* card_why - what task-why(1) answers (why.h), with the titles of the tasks that it names. */
extern const struct view_form card_why;

#endif
