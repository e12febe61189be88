/*
 * extract.h - the JSON value that is in a model's answer
 *
 * A model that was asked for JSON says it alone, after thoughts, in a fence, or in prose.  A part
 * of a value that is broken or cut off is never taken for the value: better no answer than a wrong
 * one.
 */
#ifndef EXTRACT_H
#define EXTRACT_H

#include <jv.h>
#include <stddef.h>

/*
 * extract_json - the value that text holds
 *
 * The first of these that there is:
 * - the whole text;
 * - the text without thoughts: what stands between <think> or <thinking> at the beginning of a line
 *   and its closing tag, what stands before a closing tag that was never opened and begins or ends
 *   a line, and all behind an opening tag that is never closed;
 * - what is in a fence (``` or more) marked "json", else in one without a mark;
 * - the first object or array in it that is JSON.  One that is not is passed over as a whole, from
 *   bracket to bracket, strings respected; where it is cut off by the end, there is none.
 * An escaped surrogate without its partner (\ud800) is read as U+FFFD.
 *
 * Returns the value, owned; or invalid with err EX_DATAERR: what was found instead.  The time
 * grows with the length, whatever the text: no more than 1000 brackets are tried.
 */
jv extract_json(const char *text, size_t len);

#endif
