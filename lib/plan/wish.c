/*
 * wish.c - line by line: a fence is copied, or collected where it is tagged "output"
 */
#include "wish.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"

enum { FENCE_TICKS = 3 };

#define BLANKS " \t\r\n"

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* A new string of the bytes, without blanks around them. */
static char *
trimmed(const char *text, size_t len)
{
	while (len > 0 && strchr(BLANKS, *text))
		text++, len--;
	while (len > 0 && strchr(BLANKS, text[len - 1]))
		len--;
	return xprintf("%.*s", (int)len, text);
}

enum { COMMANDS = 5, COMMAND_MAX = 7 };

static const char *const commands[COMMANDS] = { "task", "cancel", "status", "retry", "approve" };

/* The command that the text begins with, and *rest behind it; NULL: none. */
static const char *
command_of(const char *text, const char **rest)
{
	for (size_t i = 0; i < COMMANDS && *text == '/'; i++) {
		size_t len = strlen(commands[i]);

		if (!strncasecmp(text + 1, commands[i], len) && strchr(BLANKS, text[1 + len])) {
			*rest = text + 1 + len;
			return commands[i];
		}
	}
	return NULL;
}

size_t
wish_slash_word(const char *text)
{
	size_t len = 0;

	if (*text == '/')
		while (isalpha((unsigned char)text[1 + len]) || text[1 + len] == '-' ||
		       text[1 + len] == '_')
			len++;
	return strchr(BLANKS, text[len > 0 ? 1 + len : 0]) ? len : 0;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters are to be put in, left out or replaced (Levenshtein), in any case. */
static size_t
distance(const char *word, size_t len, const char *command)
{
	size_t row[COMMAND_MAX + 1], letters = strlen(command), before, was;

	for (size_t j = 0; j <= letters; j++)
		row[j] = j;
	for (size_t i = 0; i < len; i++) {
		before = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < letters; j++) {
			was = row[j + 1];
			row[j + 1] = least(before + (tolower((unsigned char)word[i]) != command[j]),
			    least(row[j], was) + 1);
			before = was;
		}
	}
	return row[letters];
}

const char *
wish_nearest(const char *word, size_t len)
{
	const char *nearest = commands[0];

	for (size_t i = 1; i < COMMANDS; i++)
		if (distance(word, len, commands[i]) < distance(word, len, nearest))
			nearest = commands[i];
	return nearest;
}

/* How many ticks a line begins with, if a fence can begin or end there; *info is what follows. */
static size_t
fence_ticks(const char *line, size_t len, const char **info)
{
	size_t at = 0, ticks = 0;

	while (at < len && line[at] == ' ')
		at++;
	while (at + ticks < len && line[at + ticks] == '`')
		ticks++;
	*info = line + at + ticks;
	return ticks >= FENCE_TICKS && !memchr(*info, '`', len - at - ticks) ? ticks : 0;
}

/* Where the value begins of a line "Output: ..."; NULL: it is none, or has none. */
static const char *
output_value(const char *line, size_t len)
{
	static const char name[] = "output:";
	const char *p = line, *end = line + len;

	while (p < end && strchr(" \t", *p))
		p++;
	if ((size_t)(end - p) <= strlen(name) || strncasecmp(p, name, strlen(name)) != 0)
		return NULL;
	for (p += strlen(name); p < end && strchr(BLANKS, *p);)
		p++;
	return p < end ? p : NULL;
}

struct reader {
	struct wish *wish;
	struct buf text, output;
	size_t fence; /* ticks of the open fence; 0: none */
	bool is_output;
};

static void
add_output(struct reader *r, const char *text, size_t len)
{
	if (r->wish->outputs++ == 0)
		r->wish->output = trimmed(text, len);
}

static void
end_output(struct reader *r)
{
	add_output(r, r->output.p ? r->output.p : "", r->output.len);
	buf_release(&r->output);
	r->is_output = false;
}

/* Opens or closes a fence where the line does.  Whether the line is part of an output's. */
static bool
follow_fence(struct reader *r, const char *line, size_t len)
{
	const char *info;
	size_t ticks = fence_ticks(line, len, &info);
	char *tag = trimmed(info, (size_t)(line + len - info));
	bool was_output = r->is_output;

	if (r->fence == 0 && ticks > 0) {
		r->fence = ticks;
		r->is_output = !strcasecmp(tag, "output");
	} else if (r->fence > 0 && ticks >= r->fence && !*tag) {
		r->fence = 0;
		if (was_output)
			end_output(r);
	} else if (was_output) {
		buf_add(&r->output, line, len);
		buf_putc(&r->output, '\n');
	}
	free(tag);
	return was_output || r->is_output;
}

static void
take_line(struct reader *r, const char *line, size_t len)
{
	bool was_fenced = r->fence > 0;
	const char *value;

	if (follow_fence(r, line, len))
		return;
	value = was_fenced || r->fence > 0 ? NULL : output_value(line, len);
	if (value) {
		add_output(r, value, (size_t)(line + len - value));
		return;
	}
	buf_add(&r->text, line, len);
	buf_putc(&r->text, '\n');
}

void
wish_read(struct wish *wish, const char *text)
{
	struct reader r = { .wish = wish };

	*wish = (struct wish){ 0 };
	text += strspn(text, BLANKS);
	wish->command = command_of(text, &text);
	while (*text) {
		size_t len = strcspn(text, "\n");

		take_line(&r, text, len);
		text += len + (text[len] == '\n');
	}
	if (r.is_output) /* a fence that nobody has closed ends with the text */
		end_output(&r);
	wish->text = trimmed(r.text.p ? r.text.p : "", r.text.len);
	buf_release(&r.text);
}

void
wish_release(struct wish *wish)
{
	free(wish->text);
	free(wish->output);
	*wish = (struct wish){ 0 };
}

static void
blank_out(char *p, const char *end)
{
	for (; p < end; p++)
		if (*p != '\n')
			*p = ' ';
}

/* Blanks what stands between ticks; those without a partner are text. */
static void
mask_spans(char *text)
{
	for (char *p = text; (p = strchr(p, '`')) != NULL;) {
		size_t ticks = strspn(p, "`");
		char *end = p + ticks;

		while ((end = strchr(end, '`')) != NULL && strspn(end, "`") != ticks)
			end += strspn(end, "`");
		if (end)
			blank_out(p, end + ticks);
		p = end ? end + ticks : p + ticks;
	}
}

char *
wish_mask(const char *text)
{
	char *mask = xstrdup(text);
	size_t fence = 0;

	for (char *line = mask, *end; *line; line = *end ? end + 1 : end) {
		const char *info;
		size_t ticks, was = fence;

		end = strchrnul(line, '\n');
		ticks = fence_ticks(line, (size_t)(end - line), &info);
		if (fence == 0)
			fence = ticks;
		else if (ticks >= fence && (size_t)(end - info) == strspn(info, " \t\r"))
			fence = 0;
		if (was || fence)
			blank_out(line, end);
	}
	mask_spans(mask);
	return mask;
}

const char *
wish_next_name(const char *text, const char *p, size_t *len)
{
	for (; (p = strchr(p, '@')) != NULL; p++) {
		const char *end = p + 1;

		if ((p > text && !strchr(" \t\n([{\"'", p[-1])) || !isalpha((unsigned char)p[1]))
			continue;
		while (isalnum((unsigned char)*end) || (*end && strchr("_-", *end)))
			end++;
		if (is_word(*end) || (*end && strchr("./@", *end) && is_word(end[1])))
			continue;
		*len = (size_t)(end - p) - 1;
		return p;
	}
	return NULL;
}
