/* What a program in a sandbox can reach; skipped where there can be none. */
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "box.h"
#include "buf.h"
#include "clock.h"
#include "err.h"
#include "place.h"
#include "stop.h"
#include "tap.h"

/* The store and the configuration are in the work folder, which shows all else in it. */
static char work_path[PATH_MAX + 10], hidden_path[PATH_MAX + 20];
static struct place_terms terms = { .folder = work_path, .is_sandboxed = true };

static void
take(void *arg, const char *bytes, size_t len)
{
	buf_add(arg, bytes, len);
}

/* What a shell script prints there. */
static void
run_there(const char *script, struct buf *out)
{
	struct place *place = place_open(&terms);
	struct place_run r = { .path = "/bin/sh", .input = script, .take = take, .arg = out };

	if (!place)
		abort();
	buf_puts(out, "");
	if (!place_run(place, &r))
		place_say(&r, out);
	place_run_release(&r);
	place_close(place);
}

/* Whether it is that. */
static void
prints(const char *script, const char *want, const char *fact)
{
	struct buf out = { 0 };

	run_there(script, &out);
	is(out.p, want, fact);
	buf_release(&out);
}

static void
test_files(void)
{
	char *script = xprintf("test \"$(pwd -P)\" = '%s' && echo x >made && cat made", work_path);

	prints(script, "x\n", "the work folder is where it starts, and can be written to");
	free(script);
	is_int(box_size("work/made"), 2, "it is the real one");
	prints("for f in / /etc /usr /home /var /var/tmp \"$HOME\"; do "
	       "if (: >$f/legwork-test) 2>/dev/null; then echo $f; fi; done",
	    "", "nothing else can");
	prints("cat /etc/passwd >/dev/null && echo read", "read\n", "all else can be read");
	prints("echo x >/tmp/legwork-test && cat /tmp/legwork-test; echo $TMPDIR", "x\n/tmp\n",
	    "/tmp can be written to");
	ok(access("/tmp/legwork-test", F_OK) < 0, "but is not the real one");
	prints("ls -A /run", "", "/run, with its sockets, cannot be seen");
}

static void
test_secrets(void)
{
	char *script;

	prints("ls -A store; ls -A config/legwork; echo x >config/legwork/config.json", "tools\n",
	    "neither the store nor the configuration can be seen, but for its tools");
	ok(box_size("work/config/legwork/config.json") > 6, "nor harmed");
	prints("cat lab.key linked.key env.key 2>/dev/null; true", "",
	    "nor can the key files that are named there");
	prints("echo 'echo mine' >mine; sh mine; config/legwork/tools/own", "mine\nown\n",
	    "tools there can be run");
	prints("env | grep -c OPENAI", "0\nexit status 1", "there is no key in the environment");
	script = xprintf("kill -0 %d 2>/dev/null || echo none; [ $$ -lt 10 ] && echo few",
	    (int)getpid());
	prints(script, "none\nfew\n", "other processes cannot be seen");
	free(script);
	prints("grep -E '^Cap(Eff|Prm)' /proc/self/status | grep -v '0000000000000000$'; true", "",
	    "it may do nothing that others may not");
}

/* A socket that listens on this machine. */
static int
listen_here(int *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, 9) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		abort();
	*port = ntohs(at.sin_port);
	return fd;
}

static void
test_network(void)
{
	int port, fd = listen_here(&port);
	char *script = xprintf("exec 2>/dev/null; bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d' && "
			       "echo open || echo shut",
	    port);

	prints(script, "shut\n", "there is no network");
	terms.has_network = true;
	prints(script, "open\n", "unless it is allowed");
	terms.has_network = false;
	free(script);
	close(fd);
}

/* A busy machine may take longer than it is given at first only to begin. */
static void
test_end(void)
{
	struct buf out = { 0 };
	int64_t begin_ms;
	char *want;

	terms.timeout_ms = 50;
	do {
		out.len = 0;
		terms.timeout_ms *= 10;
		begin_ms = clock_mono_ms();
		run_there("echo a; setsid sleep 987 & sleep 987", &out);
	} while (*out.p != 'a' && terms.timeout_ms < 50000);
	want = xprintf("a\nno answer within %g s, so it was ended", terms.timeout_ms / 1000.0);
	is(out.p, want, "what takes too long is ended");
	ok(clock_mono_ms() - begin_ms < terms.timeout_ms + BOX_DEADLINE_MS, "at once");
	terms.timeout_ms = 0;
	free(want);
	buf_release(&out);
	ok(waitpid(-1, NULL, WNOHANG) < 0, "nothing is left of it");
	prints("exit 7", "exit status 7", "its exit status is told");
}

/* The places that hide others are in the right order, whatever contains what. */
static void
test_nested(void)
{
	char inside[PATH_MAX + 40];

	snprintf(inside, sizeof inside, "%s/deep", hidden_path);
	mkdir(inside, 0700);
	terms.folder = inside;
	prints("pwd -P | grep -c store/deep; ls -A ..", "1\ndeep\n",
	    "a work folder within the store sees no more of it");
	terms.folder = work_path;
}

static void
test_missing(void)
{
	struct place *place;

	setenv("PATH", "/nowhere", 1);
	place = place_open(&terms);
	ok(!place && err_code() == EX_CONFIG,
	    "without bubblewrap there is no sandbox, and nothing runs");
	is(err_text(), "no sandbox: bwrap: No such file or directory (it needs bubblewrap)",
	    "it is said what is missing");
	place_close(place);
}

/* The configuration, and keys beside it: one is named there, by a link, one in the environment. */
static void
write_config(void)
{
	char *path = xprintf("%s/config", work_path);
	char *json =
	    xprintf("{\"providers\":{\"lab\":{\"key_file\":\"%s/linked.key\"}}}", work_path);

	setenv("XDG_CONFIG_HOME", path, 1);
	free(path);
	box_write("work/config/legwork/config.json", json, strlen(json));
	free(json);
	box_write("work/lab.key", "secret", 6);
	if (symlinkat("lab.key", box_fd, "work/linked.key") < 0)
		abort();
	box_write("work/env.key", "secret", 6);
	path = xprintf("%s/env.key", work_path);
	setenv("OPENAI_API_KEY_FILE", path, 1);
	free(path);
	mkdirat(box_fd, "work/config/legwork/tools", 0700);
	box_write("work/config/legwork/tools/own", "#!/bin/sh\necho own\n", 19);
	if (fchmodat(box_fd, "work/config/legwork/tools/own", 0700, 0) < 0)
		abort();
}

int
main(void)
{
	struct place *place;

	box_open("sandbox", 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	stop_at_pipe();
	snprintf(work_path, sizeof work_path, "%s/work", box_path);
	snprintf(hidden_path, sizeof hidden_path, "%s/store", work_path);
	terms.store = hidden_path;
	mkdirat(box_fd, "work", 0700);
	mkdirat(box_fd, "work/store", 0700);
	mkdirat(box_fd, "work/config", 0700);
	mkdirat(box_fd, "work/config/legwork", 0700);
	box_write("work/store/secret", "secret", 6);
	write_config();
	setenv("OPENAI_API_KEY", "secret", 1);
	place = place_open(&terms);
	if (place) {
		place_close(place);
		test_files();
		test_secrets();
		test_network();
		test_end();
		test_nested();
	} else {
		char *why = xprintf("SKIPPED, all of it: %s", err_text());

		ok(err_code() == EX_CONFIG, why);
		free(why);
	}
	test_missing();
	box_close();
	return done_testing();
}
