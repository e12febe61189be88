#include <signal.h>
#include <stdlib.h>

#include "box.h"
#include "child.h"
#include "clock.h"
#include "err.h"
#include "proc.h"
#include "stop.h"
#include "tap.h"

static char took[64];

static void
take(void *arg, const char *bytes, size_t len)
{
	char *end = arg;

	strncat(end, bytes, len < 60 - strlen(end) ? len : 0);
}

/* Runs a shell script with what else the order says. */
static struct child_result
sh(const char *script, struct child_order order)
{
	char *text = xstrdup(script), shell[] = "sh", option[] = "-c";
	char *argv[] = { shell, option, text, NULL };
	struct child_result r;

	order.argv = argv;
	if (!order.out_max)
		order.out_max = order.err_max = 1000;
	ok(child_run(&order, &r) == 0, script);
	free(text);
	return r;
}

static void
said(struct child_result *r, int status, const char *out, const char *err)
{
	is_int(child_exit_status(r->status), status, "... its status");
	is(r->out.p ? r->out.p : "", out, "... its stdout");
	is(r->err.p ? r->err.p : "", err, "... its stderr");
	child_release(r);
}

static void
test_streams(void)
{
	static const char *const env[] = { "LEGWORK_TEST=7", NULL };
	struct child_result r;
	char *big = xmalloc(300000);

	memset(big, 'x', 300000);
	r = sh("cat; echo oops >&2; exit 3", (struct child_order){ .input = "hi", .input_len = 2 });
	said(&r, 3, "hi", "oops\n");
	r = sh("cat; echo $LEGWORK_TEST", (struct child_order){ .env = env });
	said(&r, 0, "7\n", "");
	r = sh("wc -c", (struct child_order){ .input = big, .input_len = 300000 });
	said(&r, 0, "300000\n", "");
	r = sh("exec <&-; echo done", (struct child_order){ .input = big, .input_len = 300000 });
	said(&r, 0, "done\n", "");
	r = sh("kill -9 $$", (struct child_order){ 0 });
	said(&r, 137, "", "");
	free(big);
}

static void
test_limits(void)
{
	struct child_result r;

	r = sh("echo 123456789; echo abcdefghi >&2",
	    (struct child_order){ .out_max = 4, .err_max = 4 });
	ok(r.is_out_cut && r.is_err_cut, "it is said that something was cut");
	said(&r, 0, "1234", "ghi\n");
	r = sh("printf 1234; printf abcd >&2", (struct child_order){ .out_max = 4, .err_max = 4 });
	ok(!r.is_out_cut && !r.is_err_cut, "what just fits was not");
	said(&r, 0, "1234", "abcd");
	r = sh("echo a; echo b >&2", (struct child_order){ .take_out = take, .arg = took });
	is(took, "a\n", "what somebody takes is given to them");
	said(&r, 0, "", "b\n");
}

static void
test_folder(void)
{
	char *path = xprintf("%s/sub", box_path);
	struct child_result r;

	ok(mkdir(path, 0700) == 0, "there is a folder");
	r = sh("basename \"$(pwd)\"", (struct child_order){ .folder = path });
	said(&r, 0, "sub\n", "");
	free(path);
}

static void
test_time(void)
{
	int64_t start_ms = clock_mono_ms();
	struct child_result r;

	r = sh("echo a; sleep 60", (struct child_order){ .timeout_ms = 100 });
	ok(r.is_timed_out && !r.is_stopped, "its time was over");
	said(&r, 143, "a\n", "");
	r = sh("sleep 60 & echo $$", (struct child_order){ .timeout_ms = 30000 });
	ok(!r.is_timed_out, "what is left behind is not waited for");
	ok(!proc_group_alive((pid_t)strtol(r.out.p, NULL, 10)), "... and is ended");
	child_release(&r);
	ok(clock_mono_ms() - start_ms < 20000, "... soon");
}

static void
test_refusals(void)
{
	char name[] = "no-such-program", *argv[] = { name, NULL };
	struct child_result r;

	ok(child_run(&(struct child_order){ .argv = argv }, &r) < 0, "what is not there");
	is_int(err_code(), EX_CONFIG, "... is a matter of configuration");
	is(err_text(), "no-such-program: No such file or directory", "... and named");
	child_release(&r);
	ok(child_run(&(struct child_order){ .argv = argv, .folder = "/no/such" }, &r) < 0,
	    "a folder that is not there");
	is(err_text(), "/no/such: No such file or directory", "... is named");
	child_release(&r);
}

static void
test_stop(void)
{
	struct child_result r;

	stop_catch();
	raise(SIGTERM);
	r = sh("sleep 60", (struct child_order){ 0 });
	ok(r.is_stopped && !r.is_timed_out, "we were asked to stop");
	said(&r, 143, "", "");
}

int
main(void)
{
	box_open("child", 0);
	stop_at_pipe();
	test_streams();
	test_limits();
	test_folder();
	test_time();
	test_refusals();
	test_stop();
	box_close();
	return done_testing();
}
