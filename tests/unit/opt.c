#include <fcntl.h>
#include <limits.h>

#include "err.h"
#include "opt.h"
#include "tap.h"

static bool all;
static long limit, offset;
static const char *status;
static struct opt_list skills;

static const struct opt opts[] = {
	{ 'a', "all", NULL, "include finished tasks", .set = &all },
	{ 'n', "limit", "count", "print at most count", .num = &limit, .min = 1, .max = 100 },
	{ 0, "offset", "count", "skip count", .num = &offset, .max = LONG_MAX },
	{ 's', NULL, "status", "only tasks in status", .str = &status },
	{ 'k', "skill", "skill", "a skill that is wanted", .list = &skills },
	{ 0 },
};
static const struct cmd plain = { "opt", "try options", "[ID ...]", opts, 0 };
static const struct cmd prefix = { "opt", "run a program", "PROGRAM [ARG ...]", opts, 1 };
static const struct opt no_opts[] = { { 0 } };
static const struct cmd second = { "opt", "name a program", "NAME PROGRAM [ARG ...]", opts, 2 };
static const struct cmd bare = { "opt", "do nothing", "", no_opts, 0 };

static const struct opt twice[] = {
	{ 'a', "all", NULL, "one", .set = &all },
	{ 'a', "any", NULL, "two", .set = &all },
	{ 0 },
};
static const struct cmd faulty = { "opt", "be wrong", "", twice, 0 };

/* What a child parses: a command and up to seven arguments. */
static const struct cmd *child_cmd;
static char *child_argv[9];

static void
parse_in_child(void)
{
	opt_parse(child_cmd, child_argv);
}

static void
parse_quietly(void)
{
	close(STDERR_FILENO);
	parse_in_child();
}

static void
set_argv(char **to, const char *const args[])
{
	static char words[8][64];
	int i;

	snprintf(words[0], sizeof words[0], "opt");
	to[0] = words[0];
	for (i = 0; args[i]; i++) {
		snprintf(words[i + 1], sizeof words[0], "%s", args[i]);
		to[i + 1] = words[i + 1];
	}
	to[i + 1] = NULL;
}

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Parse, and write the result as one string. */
static const char *
parse(const struct cmd *cmd, const char *const args[])
{
	static char text[512];
	char *argv[9], **operands;
	size_t len;

	all = false;
	limit = offset = 0;
	status = NULL;
	skills.len = 0;
	set_argv(argv, args);
	operands = opt_parse(cmd, argv);
	snprintf(text, sizeof text, "%d %ld %ld %s", all, limit, offset, status ? status : "-");
	for (size_t i = 0; i < skills.len; i++) {
		len = strlen(text);
		snprintf(text + len, sizeof text - len, " +%s", skills.item[i]);
	}
	for (; *operands; operands++) {
		len = strlen(text);
		snprintf(text + len, sizeof text - len, " [%s]", *operands);
	}
	return text;
}

static void
test_spellings(void)
{
	is(parse(&plain, ARGS("x")), "0 0 0 - [x]", "no options at all");
	is(parse(&plain, ARGS("-an5", "x")), "1 5 0 - [x]", "short options in one word");
	is(parse(&plain, ARGS("-n", "5", "-a")), "1 5 0 -", "a value in the next word");
	is(parse(&plain, ARGS("--limit=7")), "0 7 0 -", "a long option with =");
	is(parse(&plain, ARGS("--limit", "7", "--all")), "1 7 0 -", "a long option without =");
	is(parse(&plain, ARGS("-s=x")), "0 0 0 =x", "a short option's value may begin with =");
	is(parse(&plain, ARGS("-s", "--")), "0 0 0 --", "a value may look like an option");
	is(parse(&plain, ARGS("-s", "")), "0 0 0 ", "a value may be empty");
	is(parse(&plain, ARGS("-n1", "-n2")), "0 2 0 -", "a later value replaces an earlier one");
	is(parse(&plain, ARGS("-kx", "--skill=y", "--skill", "z")), "0 0 0 - +x +y +z",
	    "a list keeps all values, in order");
}

static void
test_operands(void)
{
	is(parse(&plain, ARGS("x", "-a", "y", "-n3", "z")), "1 3 0 - [x] [y] [z]",
	    "options may follow operands");
	is(parse(&plain, ARGS("x", "--", "-a", "--")), "0 0 0 - [x] [-a] [--]",
	    "-- ends the options");
	is(parse(&plain, ARGS("-", "-a")), "1 0 0 - [-]", "a dash is an operand");
	is(parse(&plain, ARGS("- x\n- y", "-a")), "1 0 0 - [- x\n- y]", "so is a list of items");
	is(parse(&prefix, ARGS("-a", "ls", "-n3", "--", "--help")),
	    "1 0 0 - [ls] [-n3] [--] [--help]", "another program's options are left alone");
	is(parse(&second, ARGS("x", "-a", "ls", "-n3")), "1 0 0 - [x] [ls] [-n3]",
	    "or behind a name, which options may follow");
	is(parse(&prefix, ARGS("--", "-a")), "0 0 0 - [-a]", "-- ends options before a program");
}

/* Parse in a child; its exit status, and the first line of its stderr. */
static int
misuse(const char *const args[], char *text, size_t size)
{
	int code;

	child_cmd = &plain;
	set_argv(child_argv, args);
	code = capture(STDERR_FILENO, parse_in_child, text, size);
	text[strcspn(text, "\n")] = '\0';
	return code;
}

static void
refuses(const char *const args[], const char *want)
{
	char text[4096];

	if (misuse(args, text, sizeof text) == EX_USAGE)
		is(text, want, want);
	else
		ok(false, want);
}

static void
test_misuse(void)
{
	refuses(ARGS("--lim", "3"), "opt: unknown option --lim");
	refuses(ARGS("--nope=3"), "opt: unknown option --nope");
	refuses(ARGS("-ax"), "opt: unknown option -x");
	refuses(ARGS("--a\nb"), "opt: unknown option --a?b");
	refuses(ARGS("-\xC3\xA9"), "opt: unknown option -\xC3\xA9");
	refuses(ARGS("--all=yes"), "opt: --all takes no value");
	refuses(ARGS("--limit"), "opt: --limit needs a value: count");
	refuses(ARGS("-n"), "opt: -n needs a value: count");
	refuses(ARGS("-n0"), "opt: -n: want count from 1 to 100, got '0'");
	refuses(ARGS("--limit=101"), "opt: --limit: want count from 1 to 100, got '101'");
	refuses(ARGS("-n", " 5"), "opt: -n: want count from 1 to 100, got ' 5'");
	refuses(ARGS("-n", "+5"), "opt: -n: want count from 1 to 100, got '+5'");
	refuses(ARGS("-n", "5x"), "opt: -n: want count from 1 to 100, got '5x'");
	refuses(ARGS("-n", ""), "opt: -n: want count from 1 to 100, got ''");
	refuses(ARGS("--offset=-1"), "opt: --offset: want count of 0 or more, got '-1'");
	refuses(ARGS("--offset=9223372036854775808"),
	    "opt: --offset: want count of 0 or more, got '9223372036854775808'");
	refuses(ARGS("--help=x"), "opt: --help takes no value");
	refuses(ARGS("--options", "x"), "opt: --options stands alone");
}

static void
test_synopsis(void)
{
	char text[4096];

	child_cmd = &plain;
	set_argv(child_argv, ARGS("-x"));
	is_int(capture(STDERR_FILENO, parse_in_child, text, sizeof text), EX_USAGE,
	    "misuse exits 64");
	is(text, "opt: unknown option -x\nusage: opt [options] [ID ...]\n",
	    "misuse prints one line and the synopsis");
	set_argv(child_argv, ARGS("-x"));
	capture(STDOUT_FILENO, parse_quietly, text, sizeof text);
	is(text, "", "misuse leaves stdout alone");
}

static void
test_answers(void)
{
	char text[4096];

	child_cmd = &plain;
	set_argv(child_argv, ARGS("x", "--help", "--nope"));
	is_int(capture(STDOUT_FILENO, parse_in_child, text, sizeof text), 0, "--help exits 0");
	is(text,
	    "usage: opt [options] [ID ...]\n"
	    "try options\n"
	    "  -a, --all                include finished tasks\n"
	    "  -n, --limit count        print at most count\n"
	    "      --offset count       skip count\n"
	    "  -s status                only tasks in status\n"
	    "  -k, --skill skill        a skill that is wanted\n"
	    "      --help               print this help\n"
	    "      --version            print the version\n",
	    "--help prints the usage, the brief and the table");
	set_argv(child_argv, ARGS("--options"));
	is_int(capture(STDOUT_FILENO, parse_in_child, text, sizeof text), 0, "--options exits 0");
	is(text,
	    "a\tall\t\tinclude finished tasks\n"
	    "n\tlimit\tcount\tprint at most count\n"
	    "\toffset\tcount\tskip count\n"
	    "s\t\tstatus\tonly tasks in status\n"
	    "k\tskill\tskill\ta skill that is wanted\n",
	    "--options prints the table as TSV");
	set_argv(child_argv, ARGS("--version"));
	is_int(capture(STDOUT_FILENO, parse_in_child, text, sizeof text), 0, "--version exits 0");
	ok(!strncmp(text, "opt (legwork) ", 14) && text[14] >= '0' && text[14] <= '9',
	    "--version names the command, the kit and the version");
	child_cmd = &bare;
	set_argv(child_argv, ARGS("--help"));
	capture(STDOUT_FILENO, parse_in_child, text, sizeof text);
	ok(!strncmp(text, "usage: opt [options]\ndo nothing\n", 32), "no operands, no options");
	set_argv(child_argv, ARGS("--options"));
	is_int(capture(STDOUT_FILENO, parse_in_child, text, sizeof text), 0,
	    "an empty table is one");
}

static void
help_on_full_disk(void)
{
	int fd = open("/dev/full", O_WRONLY);

	dup2(fd, STDOUT_FILENO);
	close(fd);
	parse_in_child();
}

static void
help_on_closed(void)
{
	close(STDOUT_FILENO);
	parse_in_child();
}

static void
test_faults(void)
{
	char text[4096];

	child_cmd = &plain;
	set_argv(child_argv, ARGS("--help"));
	is_int(capture(STDERR_FILENO, help_on_full_disk, text, sizeof text), EX_IOERR,
	    "a full disk is 74");
	is(text, "opt: stdout: No space left on device\n", "a full disk is named");
	is_int(capture(STDERR_FILENO, help_on_closed, text, sizeof text), EX_IOERR,
	    "a closed stdout is 74");
	child_cmd = &faulty;
	is_int(capture(STDERR_FILENO, parse_in_child, text, sizeof text), -1,
	    "a table with a letter twice is our bug");
}

static void
test_durations(void)
{
	is_int(opt_duration_ms("30"), 30000, "plain numbers are seconds");
	is_int(opt_duration_ms("1.5"), 1500, "a fraction");
	is_int(opt_duration_ms(".5"), 500, "nothing before its point");
	is_int(opt_duration_ms("10s"), 10000, "seconds");
	is_int(opt_duration_ms("500ms"), 500, "milliseconds");
	is_int(opt_duration_ms("2m"), 120000, "minutes");
	is_int(opt_duration_ms("1.25h"), 4500000, "hours");
	is_int(opt_duration_ms("1d"), 86400000, "days");
	is_int(opt_duration_ms("0"), 0, "no time at all");
	is_int(opt_duration_ms("0.0001"), 1, "a short time is not none");
	is_int(opt_duration_ms("0.12345678901234567890d"), 10666667, "many digits");
	is_int(opt_duration_ms("9223372036854775807"), 3162240000000,
	    "for ever is a hundred years");
	is_int(opt_duration_ms("106751991168d"), 3162240000000, "in whatever unit");
	static const char *const wrong[] = { "", "s", "-1", "+1", " 1", "1 ", "1.", ".", ".s",
		"1e3", "0x10", "inf", "1w", "1S", "1.5.5" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char fact[100];

		snprintf(fact, sizeof fact, "'%s' is no duration", wrong[i]);
		is_int(opt_duration_ms(wrong[i]), -1, fact);
	}
}

int
main(void)
{
	test_spellings();
	test_operands();
	test_misuse();
	test_synopsis();
	test_answers();
	test_faults();
	test_durations();
	return done_testing();
}
