/* tool-run - a tool: run a shell command */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "args.h"
#include "buf.h"
#include "call.h"
#include "dir.h"
#include "err.h"
#include "opt.h"
#include "stop.h"

enum { GRACE_MS = 500 }; /* less than what the tool itself is given */

static const char *command;
static long timeout_s;

static const struct arg arg[] = {
	{ "command", "what to run, with sh -c", .text = &command, .is_required = true },
	{ "timeout_s", "end it after so many seconds", .num = &timeout_s, .min = 1, .max = 86400 },
	{ 0 },
};

static struct args tool = {
	.name = "run",
	.help =
	    "Run a shell command in the work folder. Returns what it prints on standard output and "
	    "standard error, and its exit status. It cannot be typed at, and whatever it leaves "
	    "running is ended.",
	.arg = arg,
};

static const struct opt opts[] = { ARGS_SCHEMA(tool), { 0 } };

static const struct cmd cmd = { "tool-run", "a tool: run a shell command", "", opts, 0 };

/* What the command has printed. */
struct printed {
	char last;
	bool is_broken;
};

static void
print(void *arg_printed, const char *bytes, size_t len)
{
	struct printed *p = arg_printed;

	p->last = bytes[len - 1];
	if (!p->is_broken && dir_write_all(STDOUT_FILENO, bytes, len) < 0) {
		err_sys("stdout");
		p->is_broken = true;
		raise(SIGTERM); /* for nobody it need not go on */
	}
}

/* The line behind it. */
static int
finish(struct printed *p, int status)
{
	struct buf line = { 0 };

	if (p->last != '\n')
		buf_putc(&line, '\n');
	if (WIFSIGNALED(status))
		buf_printf(&line, "[killed by signal %d]\n", WTERMSIG(status));
	else
		buf_printf(&line, "[exit status %d]\n", WEXITSTATUS(status));
	print(p, line.p, line.len);
	buf_release(&line);
	return p->is_broken ? -1 : 0;
}

/* The exit status, or -1 with err. */
static int
run(void)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, xstrdup(command), NULL };
	struct printed p = { .last = '\n' };
	struct call c = { .program.argv = argv,
		.timeout_ms = (int64_t)timeout_s * 1000,
		.grace_ms = GRACE_MS,
		.take_out = print,
		.arg = &p };
	enum call_end end;
	int status;

	stop_catch();
	stop_at_pipe();
	end = call_run(&c, &status);
	free(argv[2]);
	switch (end) {
	case CALL_FAILED:
		return -1;
	case CALL_STOPPED:
		return p.is_broken ? -1 : 128 + stop_signal();
	case CALL_LATE:
		err_warn("no end within %ld s, so it was ended", timeout_s);
		return EX_TIMEOUT;
	default:
		return finish(&p, status);
	}
}

int
main(int argc, char *argv[])
{
	(void)argc;
	return args_run(&cmd, &tool, argv, run);
}
