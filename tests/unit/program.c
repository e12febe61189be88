/* The agents here are small shell programs.  As agent-run is, this process is a subreaper: what its
 * programs leave behind becomes its own. */
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "domain.h"
#include "id.h"
#include "log.h"
#include "program.h"
#include "stop.h"

static const char *const task_id = "aaaaaaaa-0000-4000-8000-000000000001";

static char lease[ID_TEXT];
static int told;

static void
tell(void *arg)
{
	told += arg == &told;
}

/* What became of a run. */
struct result {
	enum work_end end;
	struct work_result is;
};

static jv
task_with(const char *text)
{
	return jv_object_merge(record("{'id':'%s','instruction':'Count it','chat_id':'c',"
				      "'user_id':'alice','attempt':2}",
				   task_id),
	    record("%s", text));
}

/* An agent that runs the script. */
static jv
agent_with(const char *script)
{
	jv command = JV_ARRAY(jv_string("sh"), jv_string("-c"), jv_string(script));

	return json_set(record("{'role':'worker'}"), "command", command);
}

/* Runs the agent (consumed) on the task (consumed), with a log that begins anew. */
static struct result
run_agent(jv agent, jv task)
{
	struct result r;
	jv dependencies = record("[{'id':'d','title':'D','status':'completed','response':'42'}]");
	struct work w = { .task = task,
		.agent = agent,
		.dependencies = dependencies,
		.lease = id_new(lease),
		.store = "/the/store",
		.told = tell,
		.arg = &told };

	box_empty("task.log");
	if (!(w.log = log_open(box_fd, "task", 0)))
		abort();
	told = 0;
	r.end = program_run(&w, &r.is);
	log_close(w.log);
	jv_free(dependencies);
	jv_free(agent);
	jv_free(task);
	return r;
}

static struct result
run(const char *script)
{
	return run_agent(agent_with(script), task_with("{}"));
}

static void
forget(struct result *r)
{
	work_result_release(&r->is);
}

/* Whether the run has that end and response, and error (NULL: none); forgets it. */
static void
became(struct result r, enum work_end end, const char *response, const char *error,
    const char *fact)
{
	is_int(r.end, end, fact);
	is(jv_is_valid(r.is.response) ? jv_string_value(r.is.response) : NULL, response,
	    "... its response");
	is_json(jv_copy(r.is.error), error, "... its error");
	forget(&r);
}

/* The lines of the log of that kind, with commas between; times are dropped. */
static char *
logged(const char *kind)
{
	struct buf list = { 0 };
	size_t len;
	char *text = box_read("task.log", &len);

	buf_puts(&list, "");
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		jv rec = json_parse_object(line, (size_t)(end - line));

		if (!strcmp(json_peek_string(rec, "kind"), kind)) {
			buf_puts(&list, list.len ? "," : "");
			json_dump(&list, json_drop(json_drop(json_drop(rec, "at"), "kind"), "ms"));
		} else {
			jv_free(rec);
		}
	}
	free(text);
	return list.p;
}

static void
log_has(const char *kind, const char *want, const char *fact)
{
	char *got = logged(kind), *wanted = quoted(want);

	is(got, wanted, fact);
	free(wanted);
	free(got);
}

static void
test_input(void)
{
	became(run("cat"), WORK_DONE, "Count it", NULL, "a program reads the instruction");
	log_has("command", "{'command':['sh','-c','cat'],'input_bytes':9}",
	    "what is run is logged, and how much it may read");
	log_has("exit", "{'status':0}", "its end is logged");
	became(run_agent(agent_with("cat"), task_with("{'instruction':'a\\n'}")), WORK_DONE, "a",
	    NULL, "a line is one line");
	became(run_agent(agent_with("od -An -c"), task_with("{'instruction':'\xc3\xa9\\n\\n'}")),
	    WORK_DONE, " 303 251  \\n  \\n", NULL, "it is read byte by byte");
	became(run("cat >/dev/null; cat; echo end"), WORK_DONE, "end", NULL, "then input ends");
}

static void
test_json_input(void)
{
	jv agent = json_set_string(agent_with("cat"), "input", "json"),
	   task = task_with("{'x':[1]}");
	struct result r = run_agent(jv_copy(agent), jv_copy(task));
	jv request = json_parse_object(jv_string_value(r.is.response),
	    (size_t)jv_string_length_bytes(jv_copy(r.is.response)));

	is_int(r.end, WORK_DONE, "a program may read JSON");
	has(request, "instruction", "'Count it'", "it says what to do");
	has(request, "attempt", "2", "which attempt it is");
	has(request, "dependencies",
	    "[{'id':'d','title':'D','status':'completed','response':'42'}]",
	    "what others have done");
	ok(jv_equal(jv_object_get(jv_copy(request), jv_string("task")), task), "and the task");
	ok(jv_equal(jv_object_get(jv_copy(request), jv_string("agent")), agent), "and the agent");
	jv_free(request);
	forget(&r);
}

/* A program that does not read all it is given. */
static void
test_deaf(void)
{
	struct buf text = { 0 };
	jv task;

	for (int i = 0; i < 300 << 10; i++)
		buf_putc(&text, 'x');
	task = json_set_string(task_with("{}"), "instruction", text.p);
	became(run_agent(agent_with("echo deaf"), jv_copy(task)), WORK_DONE, "deaf", NULL,
	    "a program need not read what it is given");
	became(run_agent(agent_with("head -c 5"), jv_copy(task)), WORK_DONE, "xxxxx", NULL,
	    "or not all of it");
	became(run_agent(agent_with("exec wc -c"), task), WORK_DONE, "307201", NULL,
	    "if it does, it gets the whole");
	buf_release(&text);
}

static void
test_environment(void)
{
	char want[300];
	struct result r =
	    run_agent(agent_with("env | grep ^LEGWORK_ | grep -v LEGWORK_SHARE | sort"),
		task_with("{'scope':{'account_ids':['a1','a2',7],'regions':['eu']}}"));

	snprintf(want, sizeof want,
	    "LEGWORK_ACCOUNT_IDS=a1,a2\nLEGWORK_CHAT_ID=c\nLEGWORK_REGIONS=eu\nLEGWORK_RUN=%s\n"
	    "LEGWORK_STORE=/the/store\nLEGWORK_TASK_ID=%s\nLEGWORK_USER=alice",
	    lease, task_id);
	became(r, WORK_DONE, want, NULL, "a program knows whose task it does, where and for whom");
	r = run_agent(
	    agent_with(
		"echo \"$LEGWORK_CHAT_ID,$LEGWORK_ACCOUNT_IDS,$LEGWORK_REGIONS,$LEGWORK_USER\""),
	    record("{'id':'t','instruction':'x'}"));
	became(r, WORK_DONE, ",,,", NULL, "without a scope it is empty, and so are they");
}

static void
test_events(void)
{
	static const char script[] =
	    "echo first\n"
	    "echo '{\"type\":\"status\",\"data\":{\"message\":\"half\",\"task_id\":\"forged\"},"
	    "\"user_id\":\"forged\",\"chat_id\":\"forged\",\"session_id\":\"forged\",\"n\":99,"
	    "\"id\":\"x\"}'\n"
	    "echo '{\"type\":\"odd\",\"data\":{}}'\n"
	    "echo '{\"type\":\"status\",\"data\":7}'\n"
	    "echo '{\"a\":1}'\n"
	    "echo '{'\n"
	    "echo ' {\"type\":\"status\",\"data\":{\"message\":\"x\"}}'\n"
	    "printf '{\"type\":\"thought\",\"data\":{\"text\":\"last\"}}'\n";
	struct trail reader = { .fd = -1 };
	char want[200];
	jv event;

	became(run(script), WORK_DONE,
	    "first\n{\"type\":\"odd\",\"data\":{}}\n{\"type\":\"status\",\"data\":7}\n{\"a\":1}\n{"
	    "\n"
	    " {\"type\":\"status\",\"data\":{\"message\":\"x\"}}",
	    NULL, "a line that is an event is an event, any other is response");
	is_int(log_read(&reader, box_fd, "task", 0, &event), 1, "the event is logged");
	snprintf(want, sizeof want,
	    "{'type':'status','data':{'message':'half','task_id':'%s'},'user_id':'alice',"
	    "'chat_id':'c','session_id':'%s','n':1}",
	    task_id, lease);
	ok(id_is_full(json_peek_string(event, "id")), "under an id of its own");
	is_json(json_drop(json_drop(event, "id"), "at"), want,
	    "as the task's, in its chat, whatever it says");
	is_int(log_read(&reader, box_fd, "task", 1, &event), 2, "a last line without newline too");
	has(event, "type", "'thought'", "is an event");
	jv_free(event);
	is_int(log_read(&reader, box_fd, "task", 2, &event), 0, "there are no others");
	is_int(told, 4, "each time something is logged somebody is told");
	trail_release(&reader);
}

static void
test_response(void)
{
	became(run(":"), WORK_DONE, "", NULL, "a program may say nothing");
	became(run("echo; echo; echo a; echo; echo; printf '\\r\\n'"), WORK_DONE, "\n\na", NULL,
	    "the last newlines are no part of what it says");
	is_json(run("printf 'a\\0b\\377\\n'; printf c").is.response,
	    "'a\xef\xbf\xbd"
	    "b\xef\xbf\xbd\\nc'",
	    "what is no text is made one");
	became(run("printf '\\303'; sleep 0.02; printf '\\251'"), WORK_DONE, "\xc3\xa9", NULL,
	    "a character may come in two parts");
	became(run("echo a; exec >&-; sleep 0.02"), WORK_DONE, "a", NULL,
	    "a program may close its output and go on");
}

static void
test_ends(void)
{
	became(run("echo partly; echo why >&2; exit 1"), WORK_FAILED, "partly",
	    "{'category':'tool','code':'exit_status','message':'why','retryable':false,"
	    "'exit_status':1}",
	    "exit 1 fails, with the end of stderr");
	log_has("stderr", "{'text':'why'}", "which is logged");
	log_has("exit", "{'status':1}", "as its status is");
	became(run("exit 75"), WORK_FAILED, "",
	    "{'category':'tool','code':'exit_status','message':'exit status 75','retryable':true,"
	    "'exit_status':75}",
	    "exit 75 asks for another try");
	became(run("echo x >&2; echo >&2; exit 0"), WORK_DONE, "", NULL,
	    "exit 0 completes, whatever");
	log_has("stderr", "{'text':'x'}", "empty lines of stderr are not logged");
}

static void
test_signal(void)
{
	struct result r = run("echo some; kill -9 $$");

	is_int(r.end, WORK_FAILED, "a program that a signal ends has failed");
	is(jv_string_value(r.is.response), "some", "what it said is kept");
	has(r.is.error, "code", "'agent_killed'", "the error says so");
	has(r.is.error, "message", "'killed by signal 9'", "and which it was");
	forget(&r);
	log_has("exit", "{'status':137}", "it is logged as a shell would say it");
}

static void
test_stderr(void)
{
	struct result r =
	    run("i=0; while [ $i -lt 300 ]; do echo \"line $i of many\"; i=$((i+1)); done "
		">&2; printf 'the end' >&2; exit 2");
	const char *message = json_peek_string(r.is.error, "message");
	char *lines;

	ok(message && strlen(message) <= 500 && strlen(message) > 400,
	    "a long stderr is told by its end");
	ok(message && strlen(message) > 7 && !strcmp(message + strlen(message) - 7, "the end"),
	    "... to the last line");
	lines = logged("stderr");
	ok(strstr(lines, "line 0 of many") && strstr(lines, "line 299 of many"),
	    "... and logged whole");
	free(lines);
	forget(&r);
	r = run("printf 'a\\377b\\n \\t\\n' >&2; exit 2");
	has(r.is.error, "message",
	    "'a\xef\xbf\xbd"
	    "b'",
	    "what is no text is made one");
	forget(&r);
	r = run("head -c 1000000 /dev/zero | tr '\\0' x >&2");
	is_int(r.end, WORK_DONE, "a megabyte of stderr stops nobody");
	ok(box_size("task.log") < 400 << 10, "but is not logged whole");
	forget(&r);
}

static void
test_missing(void)
{
	struct result r =
	    run_agent(record("{'role':'x','command':['/no/such/program']}"), task_with("{}"));

	is_int(r.end, WORK_FAILED, "a program that is not there fails the task");
	has(r.is.error, "category", "'configuration'", "that is configuration");
	has(r.is.error, "code", "'cannot_start'", "it cannot be started");
	has(r.is.error, "retryable", "false", "and trying again will not help");
	ok(strstr(json_peek_string(r.is.error, "message"), "/no/such/program"), "its name is told");
	forget(&r);
	r = run_agent(record("{'role':'x'}"), task_with("{}"));
	has(r.is.error, "message", "'the agent has no command'", "nor can none");
	has(r.is.error, "category", "'configuration'", "that is configuration too");
	forget(&r);
	r = run_agent(record("{'role':'x','command':[]}"), task_with("{}"));
	has(r.is.error, "message", "'the agent has no command'", "nor an empty one");
	forget(&r);
}

static void
test_big_output(void)
{
	struct result r = run("head -c 6000000 /dev/zero | tr '\\0' x; echo; echo last");
	const char *response = jv_string_value(r.is.response);

	is_int(r.end, WORK_DONE, "six megabytes of output complete a task");
	is_int((long long)strlen(response), HEAR_ANSWER_MAX, "four are kept");
	is_int((long long)strspn(response, "x"), HEAR_ANSWER_MAX, "from the beginning");
	log_has("cut", "{'kept':4194304}", "the log says so");
	forget(&r);
	r = run("yes 0123456789abcde | head -c 2000000");
	is_int((long long)strlen(jv_string_value(r.is.response)), 1999999,
	    "two megabytes are kept whole");
	log_has("cut", "", "and the log says nothing");
	forget(&r);
}

/* Whether the process whose id a program wrote to the file lives (a zombie does not). */
static bool
is_alive(const char *file)
{
	char path[60], state = 'X';
	size_t len;
	char *pid = box_read(file, &len);
	FILE *stat;

	snprintf(path, sizeof path, "/proc/%ld/stat", strtol(pid, NULL, 10));
	free(pid);
	if ((stat = fopen(path, "re"))) {
		if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
			state = 'X';
		fclose(stat);
	}
	return state != 'X' && state != 'Z';
}

/* Runs the script in the folder. */
static struct result
run_in_box(const char *what, const char *task)
{
	char *script = xprintf("cd '%s' || exit 9; %s", box_path, what);
	struct result r = run_agent(agent_with(script), task_with(task));

	free(script);
	return r;
}

static void
test_timeout(void)
{
	struct result r = { 0 };
	double limit_s = 0.03;
	int64_t began;
	char *text;

	/* a busy machine may take longer than it is given at first only to begin */
	do {
		if (limit_s > 0.1)
			forget(&r);
		box_empty("near");
		box_empty("far");
		limit_s *= 10;
		text = xprintf("{'limits':{'timeout_s':%g}}", limit_s);
		began = clock_mono_ms();
		r = run_in_box("echo soon; (setsid sh -c 'echo $$ >far; exec sleep 60' &); "
			       "echo $$ >near; exec sleep 60",
		    text);
		free(text);
	} while ((box_size("near") <= 0 || box_size("far") <= 0) && limit_s < 30);
	ok(clock_mono_ms() - began >= (int64_t)(limit_s * 1000),
	    "a program that takes too long has its time");
	text = xprintf("{'category':'timeout','code':'timeout','message':'no answer within %g s',"
		       "'retryable':true}",
	    limit_s);
	became(r, WORK_FAILED, "soon", text, "then it has failed, and may be tried again");
	free(text);
	ok(!is_alive("near"), "it is gone");
	ok(!is_alive("far"), "so is what it has put into a session of its own");
	r = run_agent(agent_with("echo quick"), task_with("{'limits':{'timeout_s':60}}"));
	became(r, WORK_DONE, "quick", NULL, "who is quick does not wait for the time");
	r = run_agent(agent_with("trap 'exit 0' TERM; echo a; sleep 60 & wait"),
	    task_with("{'limits':{'timeout_s':0.2}}"));
	is_int(r.end, WORK_FAILED, "who ends well only when asked to was late all the same");
	forget(&r);
}

/* What a program leaves behind ends with it, however it ends. */
static void
test_remains(void)
{
	struct result r = run_in_box("sleep 60 & echo $! >near; "
				     "(setsid sh -c 'echo $$ >far; exec sleep 60' >&- 2>&- &); "
				     "until [ -s far ]; do sleep 0.01; done; echo done",
	    "{}");

	became(r, WORK_DONE, "done", NULL, "a program that leaves others behind is done");
	ok(!is_alive("near"), "those in its group are gone");
	ok(!is_alive("far"), "and those in sessions of their own");
	ok(waitpid(-1, NULL, WNOHANG) < 0, "no child is left");
}

static void
test_tidy(void)
{
	int before = box_descriptors();

	for (int i = 0; i < 10; i++) {
		struct result r =
		    i % 2 ? run("echo x; exit 1")
			  : run_agent(record("{'command':['/no/such']}"), task_with("{}"));

		forget(&r);
	}
	is_int(box_descriptors(), before, "runs leave no descriptor");
}

/* Runs with a log whose file may not grow; exits with the run's end, in a child. */
static int
broken(void)
{
	const struct rlimit none = { 0, 0 };
	pid_t child = box_fork();
	int status = -1;

	if (child == 0) {
		struct result r;

		sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
		setrlimit(RLIMIT_FSIZE, &none);
		r = run("echo x");
		_exit(r.end == WORK_BROKEN && err_code() == EX_IOERR ? 0 : 1);
	}
	waitpid(child, &status, 0);
	return status;
}

static void
test_broken(void)
{
	is_int(broken(), 0, "a log that cannot be written breaks the run");
}

/* In a child: a run that is asked to stop when the program has begun.  Exits with its end. */
static int
stopped(const char *script)
{
	pid_t parent, child;
	int status = -1;

	box_empty("begun");
	child = box_fork();
	if (child == 0) {
		struct result r;
		pid_t asker;

		prctl(PR_SET_CHILD_SUBREAPER, 1);
		stop_catch();
		parent = getpid();
		asker = fork();
		if (asker == 0) {
			while (box_size("begun") < 0)
				poll(NULL, 0, 5);
			kill(parent, SIGTERM);
			_exit(0);
		}
		r = run_in_box(script, "{}");
		_exit(r.end == WORK_STOPPED && jv_is_valid(r.is.error) ? 99 : (int)r.end);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_stopped(void)
{
	is_int(stopped("echo $$ >near; (setsid sh -c 'echo $$ >far; exec sleep 60' &); "
		       "until [ -s far ]; do sleep 0.01; done; : >begun; exec sleep 60"),
	    WORK_STOPPED, "a run that is asked to stop has stopped");
	ok(!is_alive("near") && !is_alive("far"), "its processes are gone");
	is_int(stopped("trap 'exit 0' TERM; : >begun; sleep 60 & wait"), WORK_DONE,
	    "unless the program brings it to a good end");
	is_int(stopped("trap 'exit 3' TERM; : >begun; sleep 60 & wait"), WORK_STOPPED,
	    "a bad one is nobody's failure");
}

int
main(void)
{
	domain_open("program", 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	stop_at_pipe();
	test_input();
	test_json_input();
	test_deaf();
	test_environment();
	test_events();
	test_response();
	test_ends();
	test_signal();
	test_stderr();
	test_missing();
	test_big_output();
	test_timeout();
	test_remains();
	test_tidy();
	test_broken();
	test_stopped();
	domain_close();
	return done_testing();
}
