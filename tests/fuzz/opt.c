/*
 * opt.c - any command line against a table with options of all kinds
 *
 * Input: '0' and arguments divided by NUL or newline, which only have to be taken or refused; or
 * '1' and choices from which a command line is spelled whose meaning is known.
 *
 * opt_parse ends the program where it answers or refuses: --wrap=exit brings it back here.
 */
#include <limits.h>
#include <sanitizer/lsan_interface.h>
#include <setjmp.h>
#include <stdarg.h>

#include "err.h"
#include "fuzz.h"
#include "opt.h"

enum { ARGUMENTS = 24, TEXT_BYTES = 64 };

_Noreturn void __real_exit(int status);
_Noreturn void __wrap_exit(int status);

static jmp_buf back;
static bool is_parsing;
static int exit_status;

/* What the table fills. */
static struct {
	bool quiet, long_only;
	long count, delta;
	const char *file, *word;
	struct opt_list tags;
} got;

static const struct opt opts[] = {
	{ 'q', "quiet", NULL, "say nothing", .set = &got.quiet },
	{ 0, "long-only", NULL, "has no letter", .set = &got.long_only },
	{ 'n', "count", "count", "at most count", .num = &got.count, .min = 1, .max = LONG_MAX },
	{ 'd', NULL, "delta", "has no name", .num = &got.delta, .min = -5, .max = 5 },
	{ 'f', "file", "path", "a path", .str = &got.file },
	{ 0, "word", "word", "a word", .str = &got.word },
	{ 't', "tag", "tag", "may be repeated", .list = &got.tags },
	{ 0 },
};

static const struct cmd commands[] = {
	{ "fuzz", "take anything", "[FILE ...]", opts, .command = 0 },
	{ "fuzz", "take anything", "COMMAND [ARG ...]", opts, .command = 1 },
};

void
__wrap_exit(int status)
{
	if (!is_parsing)
		__real_exit(status);
	exit_status = status;
	longjmp(back, 1);
}

static void
release(void)
{
	free(got.tags.item);
	memset(&got, 0, sizeof got);
}

/* opt_parse; NULL where it has exited. */
static char **
parse(const struct cmd *cmd, char **argv)
{
	char **volatile operands = NULL;

	release();
	is_parsing = true;
	__lsan_disable(); /* what a program has when it exits is no leak */
	if (setjmp(back) == 0)
		operands = opt_parse(cmd, argv);
	__lsan_enable();
	is_parsing = false;
	return operands;
}

static bool
is_among(const char *p, const char *const *args)
{
	for (; *args; args++)
		if (*args <= p && p <= *args + strlen(*args))
			return true;
	return false;
}

static bool
has(const char *const *args, const char *what)
{
	for (; *args; args++)
		if (!strcmp(*args, what))
			return true;
	return false;
}

/* Whatever was given, what came out is from it, and within the table's limits. */
static void
check_any(const struct cmd *cmd, char **argv)
{
	const char *given[ARGUMENTS + 1] = { NULL };
	char **operands;
	size_t n = 0;

	while (argv[n]) {
		given[n] = argv[n];
		n++;
	}
	operands = parse(cmd, argv);
	if (!operands) {
		fuzz_fact(exit_status == EX_USAGE || exit_status == EX_OK);
		if (exit_status == EX_OK)
			fuzz_fact(has(given, "--help") || has(given, "-h") ||
				  has(given, "--version") || (n == 2 && has(given, "--options")));
		return;
	}
	for (size_t i = 0; operands[i]; i++) {
		fuzz_fact(i < n && is_among(operands[i], given));
		if (!cmd->command && !has(given, "--"))
			fuzz_fact(
			    operands[i][0] != '-' || !operands[i][1] || operands[i][1] == ' ');
	}
	fuzz_fact(got.count >= 0 && got.delta >= -5 && got.delta <= 5);
	fuzz_fact(!got.file || is_among(got.file, given));
	fuzz_fact(!got.word || is_among(got.word, given));
	for (size_t i = 0; i < got.tags.len; i++)
		fuzz_fact(is_among(got.tags.item[i], given));
}

static void
split(const struct cmd *cmd, struct fuzz_bytes *b)
{
	char *argv[ARGUMENTS + 1] = { strdup("fuzz") };
	size_t n = 1;

	while (b->left > 0 && n < ARGUMENTS) {
		size_t len = 0;

		while (len < b->left && b->p[len] != '\0' && b->p[len] != '\n')
			len++;
		argv[n++] = fuzz_string(b->p, len);
		len += len < b->left;
		fuzz_take(b, &len);
	}
	char *mine[ARGUMENTS + 1];

	memcpy(mine, argv, sizeof mine); /* argv is permuted */
	check_any(cmd, argv);
	for (size_t i = 0; i < n; i++)
		free(mine[i]);
}

/* A command line being spelled, and what it must mean. */
struct spelling {
	struct fuzz_bytes *b;
	char text[ARGUMENTS][TEXT_BYTES];
	char *argv[ARGUMENTS + 1];
	size_t n;
	bool quiet, long_only;
	long count, delta;
	char file[TEXT_BYTES], word[TEXT_BYTES], tag[ARGUMENTS][TEXT_BYTES];
	char operand[ARGUMENTS][TEXT_BYTES];
	size_t tags, operands;
};

__attribute__((format(printf, 2, 3))) static void
say(struct spelling *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->text[s->n], TEXT_BYTES, fmt, ap);
	va_end(ap);
	s->argv[s->n] = s->text[s->n];
	s->n++;
}

/* An option with a value in any of its spellings; letter 0 or name NULL: it has none. */
static void
say_value(struct spelling *s, char letter, const char *name, const char *value)
{
	enum { APART, TOGETHER, LONG_TOGETHER, LONG_APART } way = fuzz_below(s->b, 4);
	const char *cluster = fuzz_below(s->b, 2) ? "q" : "";

	if (!letter && way < LONG_TOGETHER)
		way = LONG_APART;
	if ((!name && way >= LONG_TOGETHER) || (way == TOGETHER && !*value))
		way = APART;
	if (way < LONG_TOGETHER)
		s->quiet |= *cluster == 'q';
	if (way == APART)
		say(s, "-%s%c", cluster, letter);
	else if (way == TOGETHER)
		say(s, "-%s%c%s", cluster, letter, value);
	else if (way == LONG_TOGETHER)
		say(s, "--%s=%s", name, value);
	else
		say(s, "--%s", name);
	if (way == APART || way == LONG_APART)
		say(s, "%s", value);
}

static void
set_text(char text[TEXT_BYTES], const char *to)
{
	snprintf(text, TEXT_BYTES, "%s", to);
}

static const char *
choose_text(struct spelling *s)
{
	static const char *const texts[] = { "a", "", "-", "--", "-q", "--help", "x=y", "=", "-n5",
		"--file=b", "0", "\xc3\xa4" };

	return texts[fuzz_below(s->b, sizeof texts / sizeof *texts)];
}

static const char *
choose_operand(struct spelling *s)
{
	static const char *const texts[] = { "a", "", "-", "b c", "=", "q-" };

	return texts[fuzz_below(s->b, sizeof texts / sizeof *texts)];
}

static void
say_one(struct spelling *s)
{
	char value[TEXT_BYTES];
	static const long counts[] = { 1, 2, 7, 4096, LONG_MAX };

	switch (fuzz_below(s->b, 8)) {
	case 0:
		set_text(s->operand[s->operands], choose_operand(s));
		say(s, "%s", s->operand[s->operands++]);
		break;
	case 1:
		s->quiet = true;
		say(s, "%s", fuzz_below(s->b, 2) ? "-qq" : "--quiet");
		break;
	case 2:
		s->long_only = true;
		say(s, "--long-only");
		break;
	case 3:
		s->count = counts[fuzz_below(s->b, sizeof counts / sizeof *counts)];
		snprintf(value, sizeof value, "%ld", s->count);
		say_value(s, 'n', "count", value);
		break;
	case 4:
		s->delta = (long)fuzz_below(s->b, 11) - 5;
		snprintf(value, sizeof value, "%ld", s->delta);
		say_value(s, 'd', NULL, value);
		break;
	case 5:
		set_text(s->file, choose_text(s));
		say_value(s, 'f', "file", s->file);
		break;
	case 6:
		set_text(s->word, choose_text(s));
		say_value(s, 0, "word", s->word);
		break;
	default:
		set_text(s->tag[s->tags], choose_text(s));
		say_value(s, 't', "tag", s->tag[s->tags]);
		s->tags++;
	}
}

static bool
is_same(const char *text, const char *want)
{
	return text ? !strcmp(text, want) : !strcmp(want, "none");
}

static void
spell(struct fuzz_bytes *b)
{
	struct spelling *s = calloc(1, sizeof *s);
	char **operands;
	size_t i;

	if (!s)
		fuzz_stop();
	s->b = b;
	set_text(s->file, "none");
	set_text(s->word, "none");
	say(s, "fuzz");
	while (b->left > 0 && s->n < ARGUMENTS - 4)
		say_one(s);
	if (s->n % 2) { /* behind "--" everything is an operand */
		say(s, "--");
		set_text(s->operand[s->operands], choose_text(s));
		say(s, "%s", s->operand[s->operands++]);
	}
	operands = parse(&commands[0], s->argv);
	fuzz_fact(operands != NULL);
	for (i = 0; operands[i]; i++)
		fuzz_fact(i < s->operands && !strcmp(operands[i], s->operand[i]));
	fuzz_fact(i == s->operands);
	fuzz_fact(got.quiet == s->quiet && got.long_only == s->long_only);
	fuzz_fact(got.count == s->count && got.delta == s->delta);
	fuzz_fact(is_same(got.file, s->file) && is_same(got.word, s->word));
	fuzz_fact(got.tags.len == s->tags);
	for (i = 0; i < s->tags; i++)
		fuzz_fact(!strcmp(got.tags.item[i], s->tag[i]));
	free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes b = { data, size };

	switch (fuzz_below(&b, 3)) {
	case 0:
		split(&commands[0], &b);
		break;
	case 1:
		spell(&b);
		break;
	default:
		split(&commands[1], &b);
	}
	release();
	return 0;
}
