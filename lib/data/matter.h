/*
 * matter.h - a text with front matter: YAML between two lines of "---", then the text proper
 *
 * The only module that knows YAML.  Plain words are what YAML 1.2 takes them for: null, true and
 * false, the numbers that JSON has; all else is a string.  Anchors have no effect; aliases and tags
 * are refused, so that nothing is larger than it was written.
 */
#ifndef MATTER_H
#define MATTER_H

#include <jv.h>
#include <stdbool.h>

#include "buf.h"

/* matter_begins - whether the text's first line is "---". */
bool matter_begins(const char *text);

/*
 * matter_read - the members of a text's front matter
 *
 * text   matter_begins(text)
 * rest   set to where the text proper begins, in text: behind blank lines
 * fault  why it is no YAML, where its lines could be read all the same: a line "name: value", the
 *        value as it stands, which people write who do not know that ": " needs quotes; else empty
 *
 * Returns an owned object; invalid with err EX_DATAERR, which says on which line of text.
 */
jv matter_read(const char *text, const char **rest, struct buf *fault);

#endif
