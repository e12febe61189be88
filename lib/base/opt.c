#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "opt.h"
#include "utf8.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

#define each_opt(o, cmd) for (const struct opt *o = (cmd)->opts; o->flag || o->name; o++)

/* What every command answers. */
static const char *const builtin[][2] = {
	{ "help", "print this help" }, { "version", "print the version" },
	{ "options", NULL }, /* for programs: not in the help */
};
/* Of the help: where the meanings begin, and where a line ends. */
enum { LEFT = 24, COLUMNS = 79 };

enum { BUILTINS = sizeof builtin / sizeof *builtin };

static bool
is_builtin(const char *name)
{
	for (int i = 0; i < BUILTINS; i++)
		if (!strcmp(name, builtin[i][0]))
			return true;
	return false;
}

static bool
is_clash(const struct opt *a, const struct opt *b)
{
	return (a->flag && a->flag == b->flag) || (a->name && b->name && !strcmp(a->name, b->name));
}

/* A malformed table is our bug, not the user's: catch it in every run. */
static void
check_table(const struct cmd *cmd)
{
	each_opt (o, cmd) {
		assert(!!o->set + !!o->num + !!o->str + !!o->list == 1);
		assert(!o->arg == !!o->set);
		assert(o->min <= o->max);
		assert(o->flag != '-' && !(o->name && is_builtin(o->name)));
		assert(o->help && !strpbrk(o->help, "\t\n"));
		for (const struct opt *p = cmd->opts; p != o; p++)
			assert(!is_clash(o, p));
	}
}

static void
add_synopsis(struct buf *b, const struct cmd *cmd)
{
	buf_printf(b, "usage: %s [options]%s%s\n", cmd->name, *cmd->operands ? " " : "",
	    cmd->operands);
}

/* Words up to the width of a usual terminal, further lines below the first one's column. */
static void
add_wrapped(struct buf *b, const char *words, size_t at)
{
	while (*words) {
		size_t len = strcspn(words, " ");

		if (at + len > COLUMNS) {
			buf_printf(b, "\n%*s", 2 + LEFT + 1, "");
			at = 2 + LEFT + 1;
		}
		buf_add(b, words, len);
		words += len + strspn(words + len, " ");
		at += len + 1;
		if (*words && at + strcspn(words, " ") <= COLUMNS)
			buf_putc(b, ' ');
	}
	buf_putc(b, '\n');
}

static void
add_help_line(struct buf *b, const struct opt *o)
{
	struct buf left = { 0 };

	if (o->flag)
		buf_printf(&left, "-%c%s", o->flag, o->name ? ", " : "");
	else
		buf_puts(&left, "    ");
	if (o->name)
		buf_printf(&left, "--%s", o->name);
	if (o->arg)
		buf_printf(&left, " %s", o->arg);
	buf_printf(b, "  %-*s ", LEFT, left.p);
	add_wrapped(b, o->help, 2 + (left.len > LEFT ? left.len : LEFT) + 1);
	buf_release(&left);
}

static void
add_help(struct buf *b, const struct cmd *cmd)
{
	add_synopsis(b, cmd);
	buf_printf(b, "%s\n", cmd->brief);
	each_opt (o, cmd) {
		add_help_line(b, o);
	}
	for (int i = 0; i < BUILTINS; i++)
		if (builtin[i][1])
			add_help_line(b,
			    &(struct opt){ .name = builtin[i][0], .help = builtin[i][1] });
}

static void
add_table(struct buf *b, const struct cmd *cmd)
{
	each_opt (o, cmd) {
		if (o->flag)
			buf_putc(b, o->flag);
		buf_printf(b, "\t%s\t%s\t%s\n", o->name ? o->name : "", o->arg ? o->arg : "",
		    o->help);
	}
}

/* Answer one of the three questions on stdout, and exit. */
_Noreturn static void
answer(const struct cmd *cmd, const char *question)
{
	struct buf b = { 0 };

	if (!strcmp(question, "help"))
		add_help(&b, cmd);
	else if (!strcmp(question, "version"))
		buf_printf(&b, "%s (legwork) %s\n", cmd->name, VERSION);
	else
		add_table(&b, cmd);
	fwrite(b.p ? b.p : "", 1, b.len, stdout);
	buf_release(&b);
	if (fflush(stdout) || ferror(stdout)) {
		err_set(EX_IOERR, "stdout: %s", strerror(errno));
		err_exit();
	}
	exit(EX_OK);
}

void
opt_usage(const struct cmd *cmd, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;
	char *what;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	err_warn("%s", what ? what : fmt);
	free(what);
	add_synopsis(&b, cmd);
	fputs(b.p, stderr);
	buf_release(&b);
	exit(EX_USAGE);
}

/* The option as the user may have spelled it. */
struct given {
	const struct cmd *cmd;
	const struct opt *opt;
	const char *dashes;
	const char *name;
	int name_len;
};

#define WANT       "%s%.*s: want "
#define SPELLED(g) (g)->dashes, (g)->name_len, (g)->name

static void
store_number(const struct given *g, const char *value)
{
	const struct opt *o = g->opt;
	bool is_number = value[0] == '-' ? value[1] >= '0' && value[1] <= '9'
	                                 : value[0] >= '0' && value[0] <= '9';
	char *end = NULL;
	long number;

	errno = 0;
	number = strtol(value, &end, 10);
	if (is_number && !errno && !*end && number >= o->min && number <= o->max)
		*o->num = number;
	else if (o->max == LONG_MAX && o->min != LONG_MIN)
		opt_usage(g->cmd, WANT "%s of %ld or more, got '%s'", SPELLED(g), o->arg, o->min,
		    value);
	else
		opt_usage(g->cmd, WANT "%s from %ld to %ld, got '%s'", SPELLED(g), o->arg, o->min,
		    o->max, value);
}

static void
store_value(const struct given *g, const char *value)
{
	const struct opt *o = g->opt;

	if (o->set) {
		*o->set = true;
	} else if (o->str) {
		*o->str = value;
	} else if (o->list) {
		o->list->item = xrealloc(o->list->item, (o->list->len + 1) * sizeof *o->list->item);
		o->list->item[o->list->len++] = value;
	} else {
		store_number(g, value);
	}
}

static const struct opt *
find_long(const struct cmd *cmd, const char *name, size_t len)
{
	each_opt (o, cmd) {
		if (o->name && strlen(o->name) == len && !memcmp(o->name, name, len))
			return o;
	}
	return NULL;
}

static const struct opt *
find_short(const struct cmd *cmd, char flag)
{
	each_opt (o, cmd) {
		if (o->flag == flag)
			return o;
	}
	return NULL;
}

/* --name, --name=value or --name value; returns the arguments it used up. */
static int
take_long(const struct cmd *cmd, char **argv)
{
	const char *name = argv[0] + 2, *eq = strchr(name, '=');
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	struct given g = { cmd, find_long(cmd, name, len), "--", name, (int)len };

	if (!g.opt)
		opt_usage(cmd, "unknown option --%.*s", (int)len, name);
	if (!g.opt->arg && eq)
		opt_usage(cmd, "--%s takes no value", g.opt->name);
	if (g.opt->arg && !eq && !argv[1])
		opt_usage(cmd, "--%s needs a value: %s", g.opt->name, g.opt->arg);
	store_value(&g, eq ? eq + 1 : argv[1]);
	return g.opt->arg && !eq ? 2 : 1;
}

/* -abc, -nvalue or -n value; returns the arguments it used up. */
static int
take_short(const struct cmd *cmd, char **argv)
{
	for (const char *p = argv[0] + 1; *p; p++) {
		struct given g = { cmd, find_short(cmd, *p), "-", p, 1 };

		if (!g.opt && !strcmp(argv[0], "-h"))
			answer(cmd, "help");
		if (!g.opt)
			opt_usage(cmd, "unknown option -%s",
			    (unsigned char)*p < 0x80 ? (char[]){ *p, '\0' } : p);
		if (!g.opt->arg) {
			store_value(&g, NULL);
			continue;
		}
		if (!p[1] && !argv[1])
			opt_usage(cmd, "-%c needs a value: %s", *p, g.opt->arg);
		store_value(&g, p[1] ? p + 1 : argv[1]);
		return p[1] ? 1 : 2;
	}
	return 1;
}

/* The three options that are in no table. */
static void
answer_builtin(const struct cmd *cmd, const char *name, bool is_alone)
{
	const char *eq = strchr(name, '=');
	char *plain = eq ? strndup(name, (size_t)(eq - name)) : NULL;

	if (plain && is_builtin(plain))
		opt_usage(cmd, "--%s takes no value", plain);
	free(plain);
	if (eq || !is_builtin(name))
		return;
	if (!strcmp(name, "options") && !is_alone)
		opt_usage(cmd, "--options stands alone");
	answer(cmd, name);
}

/* A standard descriptor that was closed must not become the store's: it is opened so that using it
 * is the error (EBADF) that it would have been. */
static void
occupy_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			/* cppcheck-suppress leakReturnValNotUsed ; it is to stay open */
			(void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/* What is no UTF-8 would be stored as something else. */
static void
check_utf8(const struct cmd *cmd, char **argv)
{
	for (int i = 1; argv[i]; i++)
		if (!utf8_is_text(argv[i], strlen(argv[i])))
			opt_usage(cmd, "argument %d is not UTF-8", i);
}

/* A dash alone is one, and so is a text that begins with a dash and a blank: an item of a list. */
static bool
is_operand(const char *arg)
{
	return arg[0] != '-' || !arg[1] || arg[1] == ' ';
}

char **
opt_parse(const struct cmd *cmd, char **argv)
{
	check_table(cmd);
	occupy_standard_fds();
	if (!argv[0]) /* run with no name at all */
		return argv;
	check_utf8(cmd, argv);

	char **operands = argv + 1, **next = operands;
	bool is_alone = argv[1] && !argv[2];

	for (argv++; *argv;) {
		if (!strcmp(*argv, "--")) {
			argv++;
			break;
		}
		if (is_operand(*argv)) {
			*next++ = *argv++;
			if (cmd->command && (size_t)(next - operands) >= cmd->command)
				break;
			continue;
		}
		if ((*argv)[1] == '-')
			answer_builtin(cmd, *argv + 2, is_alone);
		argv += (*argv)[1] == '-' ? take_long(cmd, argv) : take_short(cmd, argv);
	}
	while (*argv)
		*next++ = *argv++;
	*next = NULL;
	return operands;
}

/* The milliseconds of a unit, or 0. */
static long long
unit_ms(const char *unit)
{
	static const struct {
		const char *name;
		long long ms;
	} units[] = {
		{ "", 1000 },
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60000 },
		{ "h", 3600000 },
		{ "d", 86400000 },
	};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (!strcmp(unit, units[i].name))
			return units[i].ms;
	return 0;
}

/* A hundred years: longer is as good as for ever, and can be added to any time. */
static const long long DURATION_MAX_MS = 100LL * 366 * 86400 * 1000;

long long
opt_duration_ms(const char *text)
{
	size_t whole_len = strspn(text, "0123456789"), part_len = 0;
	const char *part = text + whole_len;
	long long whole, unit, numerator = 0, scale = 1;
	bool is_more;

	if (*part == '.') {
		part_len = strspn(++part, "0123456789");
		if (!part_len)
			return -1;
	}
	unit = unit_ms(part + part_len);
	errno = 0;
	whole = strtoll(text, NULL, 10);
	if (!(whole_len || part_len) || !unit)
		return -1;
	if (errno || whole >= DURATION_MAX_MS / unit)
		return DURATION_MAX_MS;
	for (size_t i = 0; i < part_len && scale < 1000000000; i++, scale *= 10)
		numerator = numerator * 10 + (part[i] - '0');
	/* Rounded up, by digits behind the ninth too: a short time is not none. */
	is_more = part_len > 9 && strspn(part + 9, "0") < part_len - 9;
	return whole * unit + (numerator * unit + scale - 1 + is_more) / scale;
}
