/*
 * view.h - records on their way to who looks at them: as text, as JSON lines, only their ids, or
 * what a jq program makes of them
 *
 * A command has a static struct view, puts VIEW_FORMAT or VIEW_TABLE, and maybe VIEW_JQ and
 * VIEW_IDS, into its table of options, and calls view_open behind opt_parse.
 */
#ifndef VIEW_H
#define VIEW_H

#include <jv.h>

#include "filter.h"
#include "lines.h"
#include "opt.h"
#include "scan.h"
#include "table.h"

struct tx;
struct view;

/* How a kind of record looks to a person: one of row and text. */
struct view_form {
	const struct column *columns;
	/* adds its cells; tx is the transaction that has read it, or NULL */
	void (*row)(struct table *t, struct tx *tx, jv record, int64_t now_ms);
	/* appends lines to v->out.buf */
	void (*text)(struct view *v, struct tx *tx, jv record);
};

struct view {
	const char *format, *color, *jq; /* as the options say */
	bool is_ids, is_null;
	bool is_maker; /* of a command that makes things: without headings */
	void *state;   /* of form->text, as is_again: it was called before */
	bool is_again;
	/* the rest is view_open's */
	const struct view_form *form;
	enum { VIEW_JSON, VIEW_TEXT, VIEW_NAMES, VIEW_RESULTS } kind;
	struct screen screen;
	struct table table;
	struct filter *filter;
	struct out out;
	struct buf queue; /* lines for the jq program */
	bool is_terminal;
	bool is_broken;  /* the output, in the middle of results */
	bool has_failed; /* the jq program */
	char why[256];
};

/* clang-format off */
#define VIEW_HOW(v, formats) \
	{ 0, "format", "format", formats " or json (default: text on a terminal, else json)", \
	    .str = &(v).format }, \
	{ 0, "color", "when", "auto, always or never (default: auto)", .str = &(v).color }, \
	{ '0', "null", NULL, "end each with a NUL instead of a newline", .set = &(v).is_null }
#define VIEW_FORMAT(v) VIEW_HOW(v, "text") /* a form with text */
#define VIEW_TABLE(v)  VIEW_HOW(v, "text, tsv") /* a form with rows */
#define VIEW_JQ(v) \
	{ 0, "jq", "program", "print what this jq program makes of each, strings as they are", \
	    .str = &(v).jq }
#define VIEW_IDS(v) { 0, "ids", NULL, "print only the ids", .set = &(v).is_ids }
/* clang-format on */

/*
 * view_open - look at the options, and get ready to print to fd
 *
 * Returns 0, or -1 with err EX_USAGE, which names the option.
 */
int view_open(struct view *v, const struct view_form *form, int fd);

/* view_add - one record (consumed).  A jq program runs in view_flush; where it fails on a record,
 * what comes behind that is not printed. */
void view_add(struct view *v, struct tx *tx, jv record);

/* view_add_line - the same, of a record's text, which is not parsed where nobody needs that. */
void view_add_line(struct view *v, struct tx *tx, struct scan_text record);

/* view_len - about how many bytes wait to be printed. */
size_t view_len(const struct view *v);

/* view_flush - print what was added; not under the store's lock.  0, or -1 with err as out_flush,
 * or EX_DATAERR (jq). */
int view_flush(struct view *v);

/* view_close - the same, and free what it holds. */
int view_close(struct view *v);

#endif
