/* Tools are shell scripts here, in a folder of LEGWORK_TOOLS; they run in another. */
#include <errno.h>
#include <poll.h>

#include "domain.h"
#include "id.h"
#include "spill.h"
#include "stop.h"
#include "tool.h"

static char tools_path[PATH_MAX + 10], work_path[PATH_MAX + 10];
static const char *const more[] = { "LEGWORK_TASK_ID=t", NULL };
static struct place_terms terms = { .folder = work_path, .env = more, .lease = "the-lease" };

/* Make an executable tools/NAME. */
static void
make_program(const char *name, const char *script)
{
	char *file = xprintf("tools/%s", name), *text = xprintf("#!/bin/sh\n%s\n", script);

	box_write(file, text, strlen(text));
	if (fchmodat(box_fd, file, 0755, 0) < 0)
		abort();
	free(text);
	free(file);
}

/* Make a tool that takes a text and a number, and does what the script says. */
static void
make_tool(const char *name, const char *script)
{
	char *program = xprintf(
	    "if [ \"$1\" = --schema ]; then echo '{\"name\":\"%s\",\"description\":\"does it\","
	    "\"parameters\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"},"
	    "\"n\":{\"type\":\"integer\"}},\"required\":[\"text\"]}}'; exit; fi\n%s",
	    name, script);

	make_program(name, program);
	free(program);
}

/* Open the tools of an agent; lists are what its "tools" holds. */
static struct tools *
open_tools(const char *lists)
{
	jv agent = record("{'role':'x','tools':{%s}}", lists);
	struct tools *t = tools_open(agent, &terms);

	jv_free(agent);
	return t;
}

/* Whether the tools cannot be opened, for that reason. */
static void
is_refused(const char *lists, const char *text, const char *fact)
{
	struct tools *t = open_tools(lists);

	if (t)
		tools_close(t);
	fails(t ? 0 : -1, EX_CONFIG, text, fact);
}

static struct tools *
must_open(const char *lists)
{
	struct tools *t = open_tools(lists);

	if (!t) {
		printf("# tools_open: %s\n", err_text());
		abort();
	}
	return t;
}

/* Make a tool of the script, call it, and give back the result. */
static jv
result_of(const char *script)
{
	struct tools *t;
	jv result;

	make_tool("it", script);
	t = must_open("'allow':['it']");
	result = tools_call(t, "it", record("{'text':'a \\'b\\'','n':7}"));
	tools_close(t);
	return result;
}

/* Whether a result (consumed) has that status, and a content that begins so. */
static void
gave(jv result, const char *status, const char *begin, const char *fact)
{
	const char *content = json_peek_string(result, "content");

	if (!ok(content && strncmp(content, begin, strlen(begin)) == 0 &&
		    !strcmp(json_peek_string(result, "status"), status),
		fact))
		printf("# got:  %s, %.300s\n# want: %s, %s\n", json_peek_string(result, "status"),
		    content, status, begin);
	jv_free(result);
}

/* Whether a script that takes too long is ended, when it has printed what begins so.  A busy
 * machine may take longer than it is given at first only to begin. */
static void
is_late(const char *script, const char *printed, const char *fact)
{
	char *want = NULL;
	jv result = jv_invalid();
	bool has_begun = false;
	struct tools *t;

	make_tool("it", script);
	for (int ms = 300; ms <= 30000 && !has_begun; ms *= 10) {
		terms.timeout_ms = ms;
		if (!(t = open_tools("'allow':['it']")))
			continue;
		jv_free(result);
		free(want);
		want = xprintf("no answer within %g s, so it was ended\nIt had printed:\n%s",
		    ms / 1000.0, printed);
		result = tools_call(t, "it", record("{'text':'x'}"));
		tools_close(t);
		has_begun = strstr(json_peek_string(result, "content"), "It had printed:");
	}
	terms.timeout_ms = 0;
	if (!want)
		abort();
	gave(result, "error", want, fact);
	free(want);
}

/* Whether the script's answer is all of that, with success. */
static void
answers(const char *script, const char *want, const char *fact)
{
	jv result = result_of(script);

	is(json_peek_string(result, "content"), want, fact);
	has(result, "status", "'success'", "... with success");
	jv_free(result);
}

static void
test_find(void)
{
	struct tools *t;
	jv agent = record("{'role':'x'}");
	char *lists;

	t = tools_open(agent, &terms);
	ok(t != NULL, "an agent may have no tools");
	is_json(tools_declarations(t), "[]", "none are declared then");
	tools_close(t);
	jv_free(agent);
	is_refused("'allow':['nowhere']",
	    "tool nowhere: there is none in this kit, in LEGWORK_TOOLS or in the configuration "
	    "folder legwork/tools",
	    "a tool that is missing is named");
	is_refused("'ask':['a b']",
	    "tool 'a b': want up to 64 letters, digits, '_' or '-', or a path",
	    "so is what is no name");
	is_refused("'allow':['/no/such']", "tool /no/such: there is no such program",
	    "and a path that leads nowhere");
	is_refused("'allow':['..']", NULL, "a name leads out of no folder");
	is_refused("'allow':'it'", "tools.allow: want a list of names", "lists are lists");
	is_refused("'deny':[7]", "tools.deny: want a list of names", "of names");
	make_tool("one", "echo 1");
	make_tool("two", "echo 2");
	t = must_open("'allow':['one','two','one'],'ask':['two']");
	is_json(tools_declarations(t),
	    "[{'name':'one','description':'does it','parameters':{'type':'object','properties':{"
	    "'text':{'type':'string'},'n':{'type':'integer'}},'required':['text']}},"
	    "{'name':'two','description':'does it','parameters':{'type':'object','properties':{"
	    "'text':{'type':'string'},'n':{'type':'integer'}},'required':['text']}}]",
	    "tools are found in LEGWORK_TOOLS, and declared once each");
	tools_close(t);
	lists = xprintf("'allow':['%s/one']", tools_path);
	t = must_open(lists);
	is_int(tools_verdict(t, "one"), TOOL_ALLOWED, "a path's tool has the name that it gives");
	tools_close(t);
	free(lists);
	lists = xprintf("'allow':['one','%s/one']", tools_path);
	is_refused(lists, NULL, "two tools of one name are refused");
	free(lists);
}

static void
test_config_folder(void)
{
	struct tools *t;

	setenv("XDG_CONFIG_HOME", box_path, 1);
	mkdirat(box_fd, "legwork", 0700);
	if (renameat(box_fd, "tools", box_fd, "legwork/tools") < 0)
		abort();
	t = must_open("'allow':['one']");
	ok(t != NULL, "tools are found in the configuration folder");
	tools_close(t);
	if (renameat(box_fd, "legwork/tools", box_fd, "tools") < 0)
		abort();
	unsetenv("XDG_CONFIG_HOME");
}

static void
test_declarations(void)
{
	static const struct {
		const char *script, *error, *fact;
	} wrong[] = {
		{ "echo nonsense", "byte 1: not a JSON value", "no JSON" },
		{ ":", "byte 1: unexpected end", "nothing" },
		{ "echo '[]'", NULL, "no object" },
		{ "echo '{\"name\":\"other\"}'", "name: is other", "another name" },
		{ "echo '{\"name\":7}'", "name: want up to 64 letters, digits, '_' or '-'",
		    "no name" },
		{ "echo '{\"name\":\"bad\"}'", "description: is missing, or no string",
		    "no description" },
		{ "echo '{\"name\":\"bad\",\"description\":\"x\",\"parameters\":[]}'",
		    "parameters: want a JSON Schema with \"type\":\"object\"", "no parameters" },
		{ "echo "
		  "'{\"name\":\"bad\",\"description\":\"x\",\"parameters\":{\"type\":\"object\"},"
		  "\"idempotent\":1}'",
		    "idempotent: want true or false", "an odd idempotent" },
		{ "echo "
		  "'{\"name\":\"bad\",\"description\":\"x\",\"parameters\":{\"type\":\"object\","
		  "\"required\":7}}'",
		    NULL, "parameters that are no schema" },
		{ "echo why >&2; exit 3", "exit status 3: why", "a failure" },
		{ "kill -11 $$", "killed by signal 11", "a crash" },
		{ "yes | head -c 70000", "more than 65536 bytes", "too much" },
		{ "exec sleep 60", "no answer within 0.3 s, so it was ended", "no end" },
		{ "while :; do echo xxxxxxxxxxxxxxxx; done",
		    "no answer within 0.3 s, so it was ended", "a flood" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char *error =
		    wrong[i].error ? xprintf("tool bad: --schema: %s", wrong[i].error) : NULL;

		make_program("bad", wrong[i].script);
		terms.timeout_ms =
		    strstr(wrong[i].fact, "no end") || strstr(wrong[i].fact, "flood") ? 300 : 0;
		is_refused("'allow':['bad']", error, wrong[i].fact);
		free(error);
	}
	terms.timeout_ms = 0;
}

static void
test_verdicts(void)
{
	struct tools *t = must_open("'allow':['one','two'],'ask':['two'],'deny':['three','one']");
	jv declared;
	char *lists;

	is_int(tools_verdict(t, "one"), TOOL_DENIED, "deny wins over allow");
	is_int(tools_verdict(t, "two"), TOOL_ASK, "ask wins over allow");
	is_int(tools_verdict(t, "three"), TOOL_DENIED, "what is denied need not be there");
	is_int(tools_verdict(t, "four"), TOOL_UNKNOWN, "what is not named is unknown");
	declared = tools_declarations(t);
	is_int(jv_array_length(jv_copy(declared)), 1, "a denied tool is not declared");
	jv_free(declared);
	gave(tools_call(t, "one", record("{'text':'x'}")), "error",
	    "this tool may not be used; go on without it", "nor called");
	gave(tools_call(t, "four", jv_object()), "error",
	    "there is no tool of this name; there are: two", "nor is an unknown one");
	gave(tools_call(t, "two", record("{'text':'x'}")), "success", "2\n",
	    "whether to ask is the caller's affair");
	gave(tools_call(t, "two", record("[]")), "error", "arguments: want a JSON object",
	    "arguments are an object");
	gave(tools_call(t, "two", record("{'n':1.5}")), "error",
	    "arguments: ", "and as the tool wants them");
	gave(tools_call(t, "two", record("{'text':7}")), "error",
	    "arguments: /text: want string, got number", "it is said what is wrong with them");
	tools_close(t);
	lists = xprintf("'allow':['%s/one'],'ask':['two'],'deny':['one']", tools_path);
	t = must_open(lists);
	is_int(tools_verdict(t, "one"), TOOL_DENIED, "a path's tool is denied by its name");
	is_int(tools_verdict(t, "two"), TOOL_ASK, "ask alone has a tool, too");
	tools_close(t);
	free(lists);
}

static void
test_idempotent(void)
{
	struct tools *t;

	make_program("again", "echo '{\"name\":\"again\",\"description\":\"x\",\"idempotent\":true,"
			      "\"parameters\":{\"type\":\"object\"}}'");
	t = must_open("'allow':['one','again']");
	ok(tools_is_idempotent(t, "again"), "a tool may say that it is idempotent");
	ok(!tools_is_idempotent(t, "one"), "without that it is not");
	ok(!tools_is_idempotent(t, "none"), "nor is one that there is not");
	tools_close(t);
}

static void
test_answers(void)
{
	jv result;
	char want[PATH_MAX + 20];

	answers("cat", "{\"text\":\"a \\\"b\\\"\",\"n\":7}\n", "it reads its arguments");
	answers(":", "", "it may say nothing");
	answers("head -c 3 >&2; echo done; exec <&-", "done\n", "it need not read them");
	snprintf(want, sizeof want, "%s\n", work_path);
	answers("pwd -P", want, "it runs in the work folder");
	answers("echo noise >&2; echo ok", "ok\n", "what it says on stderr is not its answer");
	answers("printf 'a\\377b\\0c'",
	    "a\xef\xbf\xbd"
	    "b\xef\xbf\xbd"
	    "c",
	    "what is no text is made one");
	answers("ps -o pgid= -p $$ | tr -d ' \\n' | grep -qx $$ && echo own", "own\n",
	    "it leads a process group");
	result = result_of("echo partly; echo one >&2; echo two >&2; exit 9");
	has(result, "content", "'exit status 9: one\\ntwo\\nIt had printed:\\npartly\\n'",
	    "a failure is told, with stderr and what it had printed");
	has(result, "status", "'error'", "as an error");
	has(result, "exit_status", "9", "with its exit status");
	has(result, "bytes", "7", "and how much it had printed");
	ok(json_peek_int(result, "ms", -1) >= 0, "and how long it took");
	jv_free(result);
	result = result_of("kill -11 $$");
	has(result, "content", "'killed by signal 11'", "so is a crash");
	has(result, "exit_status", NULL, "which has no exit status");
	jv_free(result);
	gave(result_of("yes 'a long line of stderr' | head -c 100000 >&2; echo last >&2; exit 1"),
	    "error", "exit status 1: a long line of stderr\n", "a long stderr is told by its end");
}

static void
test_environment(void)
{
	setenv("OPENAI_API_KEY", "sk-secret", 1);
	setenv("LEGWORK_SECRET", "secret", 1);
	setenv("LC_TIME", "C", 1);
	answers("env | grep -i secret; true", "", "keys are not in its environment");
	answers("echo $LEGWORK_TASK_ID,$LEGWORK_RUN,$LC_TIME", "t,the-lease,C\n",
	    "what was given is, and who and where it is");
	answers("env | sed 's/=.*//' | grep -vxE 'PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TERM|"
		"TMPDIR|XDG_RUNTIME_DIR|LEGWORK_(TASK_ID|RUN|CALL)|PWD|OLDPWD|SHLVL|_'; true",
	    "", "and nothing else");
	unsetenv("OPENAI_API_KEY");
}

static void
test_big(void)
{
	jv result = result_of("seq 1 100000; printf end");
	const char *content = json_peek_string(result, "content"),
		   *file = json_peek_string(result, "file");
	size_t len;
	char *bytes, *path;

	has(result, "status", "'success'", "a big answer is one");
	ok(strlen(content) <= SPILL_TEXT_MAX, "the model does not get all of it");
	ok(strncmp(content, "1\n2\n3\n", 6) == 0, "but its beginning");
	ok(!strcmp(content + strlen(content) - 10, "100000\nend"), "and its end");
	ok(file && strstr(content, file), "and where the whole is");
	ok(strstr(content, " of 588898 bytes left out here; all of it is in the file .legwork/it-"),
	    "and how much there is");
	has(result, "bytes", "588898", "which the result says, too");
	path = xprintf("work/%s", file);
	bytes = box_read(path, &len);
	is_int((long long)len, 588898, "the file has all of it");
	ok(!strncmp(bytes, "1\n2\n", 4) && !strcmp(bytes + len - 10, "100000\nend"), "in order");
	free(bytes);
	free(path);
	jv_free(result);
	result = result_of("head -c 16384 /dev/zero | tr '\\0' x");
	is_int((long long)strlen(json_peek_string(result, "content")), 16384,
	    "one that just fits is given whole");
	has(result, "file", NULL, "and needs no file");
	jv_free(result);
	gave(result_of("yes | head -c 20000; exit 3"), "error",
	    "exit status 3\nIt had printed:\ny\n", "a failure may be big, too");
	result = result_of("i=0; while [ $i -lt 9000 ]; do printf '\\303\\251x'; i=$((i+1)); done");
	ok(!strstr(json_peek_string(result, "content"), "\xef\xbf\xbd"),
	    "no character is cut in two");
	jv_free(result);
}

/* It is dropped what nobody could keep, and the memory stays as it was. */
static void
test_flood(void)
{
	char *name = NULL;
	jv result;

	terms.timeout_ms = 20000;
	result = result_of("head -c 80000000 /dev/zero; exit 1");
	terms.timeout_ms = 0;
	has(result, "bytes", "80000000", "a flood is counted");
	name = xprintf("work/%s", json_peek_string(result, "file"));
	is_int(box_size(name), SPILL_FILE_MAX, "64 MiB of it are kept");
	ok(strstr(json_peek_string(result, "content"),
	       "its beginning is in the file .legwork/it-") &&
		strstr(json_peek_string(result, "content"), "the rest was too much, and dropped]"),
	    "and that is said");
	jv_free(result);
	box_empty(name);
	free(name);
	is_late("exec yes", "y\n", "one without end is ended");
}

/* The folder of such files cannot be made to lie elsewhere. */
static void
test_no_file(void)
{
	jv result;

	box_empty("work/.legwork");
	if (symlinkat("../elsewhere", box_fd, "work/.legwork") < 0)
		abort();
	mkdirat(box_fd, "elsewhere", 0700);
	result = result_of("seq 1 100000");
	ok(strstr(json_peek_string(result, "content"), "they could not be kept: "),
	    "what cannot be kept is said");
	has(result, "status", "'success'", "it is no failure of the tool");
	has(result, "file", NULL, "there is no file");
	jv_free(result);
	ok(unlinkat(box_fd, "elsewhere", AT_REMOVEDIR) == 0, "nothing is written elsewhere");
	box_empty("work/.legwork");
}

/* Whether the process whose id a tool wrote to a file lives (a zombie does not). */
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

static void
test_time(void)
{
	is_late("echo soon; exec sleep 60", "soon\n", "a tool that hangs is ended");
	is_late("trap '' TERM; echo $$ >deaf; echo a; while :; do sleep 0.1; done", "a\n",
	    "also if it will not hear of it");
	ok(!is_alive("work/deaf"), "it is gone");
}

static void
test_remains(void)
{
	pid_t other = box_fork();

	if (other == 0) {
		pause();
		_exit(0);
	}
	answers("sleep 60 & echo $! >near; (setsid sh -c 'echo $$ >far; exec sleep 60' &); "
		"until [ -s far ]; do sleep 0.01; done; echo done",
	    "done\n", "a tool that leaves others behind is done");
	ok(!is_alive("work/near"), "those in its group are gone");
	ok(!is_alive("work/far"), "and those in sessions of their own");
	ok(waitpid(other, NULL, WNOHANG) == 0, "others of the caller live");
	box_kill(other);
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "no child is left");
}

static void
test_cannot_start(void)
{
	struct tools *t;

	make_tool("gone", "echo x");
	t = must_open("'allow':['gone']");
	box_empty("tools/gone");
	gave(tools_call(t, "gone", record("{'text':'x'}")), "error",
	    "cannot be started: ", "a tool that has gone is an error");
	tools_close(t);
	terms.folder = "/no/such/folder";
	is_refused("", "work folder /no/such/folder: No such file or directory",
	    "a work folder has to be there");
	terms.folder = work_path;
}

static void
test_tidy(void)
{
	int before = box_descriptors();

	for (int i = 0; i < 5; i++)
		jv_free(result_of(i % 2 ? "seq 1 10000" : "exit 1"));
	is_int(box_descriptors(), before, "calls leave no descriptor");
}

/* In a child: a call that is asked to stop when the tool has begun.  Exits 0 if that ended it. */
static void
test_stopped(void)
{
	pid_t child = box_fork();
	int status = -1;

	if (child == 0) {
		pid_t self = getpid(), asker;
		const char *content;
		jv result;

		stop_catch();
		if ((asker = fork()) == 0) {
			while (box_size("work/begun") < 0)
				poll(NULL, 0, 5);
			kill(self, SIGTERM);
			_exit(0);
		}
		result = result_of("echo a; : >begun; exec sleep 60");
		content = json_peek_string(result, "content");
		_exit(strcmp(content,
		    "ended early: legwork was asked to stop\nIt had printed:\na\n"));
	}
	waitpid(child, &status, 0);
	is_int(status, 0, "who is asked to stop does not wait for a tool");
}

/* A server of which one tool counts, one never answers, and one hangs it. */
static const char server[] =
    "echo started >>starts; n=0\n"
    "say() { printf '{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}\\n' \"$id\" \"$1\"; }\n"
    "while IFS= read -r line; do\n"
    "	id=${line##*'\"id\":'}; id=${id%%[!0-9]*}\n"
    "	case $line in\n"
    "	*notifications/*) ;;\n"
    "	*server/discover*) printf '{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32601}}\\n' "
    "$id ;;\n"
    "	*initialize*) say '{\"protocolVersion\":\"2025-06-18\"}' ;;\n"
    "	*tools/list*) say "
    "'{\"tools\":[{\"name\":\"count\"},{\"name\":\"slow\"},{\"name\":\"hang\"}]}' ;;\n"
    "	*ping*) say '{}' ;;\n"
    "	*slow*) ;;\n"
    "	*hang*) sleep 987 ;;\n"
    "	*) n=$((n + 1)); say '{\"content\":[{\"type\":\"text\",\"text\":\"'$n'\"}]}' ;;\n"
    "	esac\n"
    "done";

static void
test_server(void)
{
	static const char late[] = "no answer within 3 s, so it was cancelled";
	jv agent = jv_invalid();
	struct tools *t;
	size_t len;
	char *starts;

	make_program("server", server);
	agent = record("{'role':'x','mcp':[{'name':'s','command':'%s/server'}]}", tools_path);
	terms.timeout_ms = 3000;
	t = tools_open(agent, &terms);
	terms.timeout_ms = 0;
	jv_free(agent);
	if (!ok(t != NULL, "the tools of a server are an agent's"))
		return;
	gave(tools_call(t, "s__count", jv_object()), "success", "1", "one is called");
	gave(tools_call(t, "s__slow", jv_object()), "error", late, "one that is late is given up");
	gave(tools_call(t, "s__count", jv_object()), "success", "2", "its server goes on");
	gave(tools_call(t, "s__hang", jv_object()), "error", late,
	    "one that hangs is given up, too");
	gave(tools_call(t, "s__count", jv_object()), "success", "1", "its server is started anew");
	tools_close(t);
	starts = box_read("work/starts", &len);
	is_int((long long)len, 16, "it was started twice");
	free(starts);
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "nothing is left of it");
}

/* --- the tools of the kit lie beside a program: here beside a copy of this one */

/* Whether a tool of the kit answers so. */
static void
kit_answers(struct tools *t, const char *name, const char *args, const char *want)
{
	jv result = tools_call(t, name, record("%s", args));

	is(json_peek_string(result, "content"), want, name);
	jv_free(result);
}

/* What the copy does: it is told where to work. */
static int
be_copy(char *folder)
{
	struct place_terms sandboxed = { .folder = folder, .is_sandboxed = true };
	jv agent = record("{'tools':{'allow':['run','read_file','write_file','post_message']}}");
	struct tools *t;

	stop_at_pipe();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	terms.folder = folder;
	t = tools_open(agent, &terms);
	ok(t != NULL, "the tools of the kit are found beside the program");
	ok(t && tools_is_idempotent(t, "read_file"), "reading is idempotent");
	ok(t && !tools_is_idempotent(t, "run"), "running is not");
	kit_answers(t, "run", "{'command':'echo a; false'}", "a\n[exit status 1]\n");
	kit_answers(t, "write_file", "{'path':'d/f','content':'x'}", "wrote 1 bytes to d/f\n");
	kit_answers(t, "read_file", "{'path':'d/f'}", "x");
	kit_answers(t, "read_file", "{'path':'../x'}",
	    "exit status 77: tool-read-file: ../x: leads out of the work folder");
	kit_answers(t, "read_file", "{}", "arguments: top level: member \"path\" is missing");
	tools_close(t);
	t = tools_open(agent, &sandboxed);
	if (t) {
		kit_answers(t, "run", "{'command':'cat d/f; echo y >d/g; echo z >/etc/x'}",
		    "xsh: 1: cannot create /etc/x: Read-only file system\n[exit status 2]\n");
		kit_answers(t, "read_file", "{'path':'d/g'}", "y\n");
	} else {
		printf("# SKIPPED: the kit's tools in a sandbox: %s\n", err_text());
	}
	tools_close(t);
	jv_free(agent);
	return done_testing();
}

/* cp FROM TO, relative to the box. */
static void
copy(const char *from, const char *to)
{
	pid_t pid = box_fork();

	if (pid == 0) {
		if (fchdir(box_fd) < 0)
			_exit(1);
		execlp("cp", "cp", from, to, (char *)NULL);
		_exit(1);
	}
	if (!box_ended_well(pid))
		abort();
}

static void
test_kit(void)
{
	static const char *const tools[] = { "tool-run", "tool-read-file", "tool-write-file",
		"tool-post-message" };
	char self[PATH_MAX] = "", *program = xprintf("%s/bin/tool", box_path), text[20000];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	int status = 1, fds[2];
	size_t n = 0;
	pid_t pid;

	if (len < 0 || pipe(fds) < 0)
		abort();
	mkdirat(box_fd, "bin", 0700);
	copy(self, "bin/tool");
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
		char *from = xprintf("%s/../bin/%s", self, tools[i]);

		copy(from, "bin");
		free(from);
	}
	if ((pid = box_fork()) == 0) {
		dup2(fds[1], STDOUT_FILENO);
		execl(program, program, "copy", work_path, (char *)NULL);
		_exit(9);
	}
	close(fds[1]);
	while ((len = read(fds[0], text + n, sizeof text - 1 - n)) > 0)
		n += (size_t)len;
	text[n] = '\0';
	close(fds[0]);
	waitpid(pid, &status, 0);
	free(program);
	if (!ok(status == 0, "the tools of the kit do what they say") || strstr(text, "SKIPPED"))
		for (char *line = text; *line; line += n + (line[n] == '\n')) {
			n = strcspn(line, "\n");
			printf("# %.*s\n", (int)n, line);
		}
}

int
main(int argc, char *argv[])
{
	char *several;

	if (argc == 3)
		return be_copy(argv[2]);
	domain_open("tool", 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	stop_at_pipe();
	unsetenv("XDG_CONFIG_HOME");
	snprintf(tools_path, sizeof tools_path, "%s/tools", box_path);
	snprintf(work_path, sizeof work_path, "%s/work", box_path);
	mkdirat(box_fd, "tools", 0700);
	mkdirat(box_fd, "work", 0700);
	several = xprintf("/nowhere::%s", tools_path);
	setenv("LEGWORK_TOOLS", several, 1);
	free(several);
	test_find();
	setenv("LEGWORK_TOOLS", "", 1);
	test_config_folder();
	setenv("LEGWORK_TOOLS", tools_path, 1);
	test_declarations();
	test_verdicts();
	test_idempotent();
	test_answers();
	test_environment();
	test_big();
	test_flood();
	test_no_file();
	test_time();
	test_remains();
	test_cannot_start();
	test_tidy();
	test_server();
	test_stopped();
	test_kit();
	domain_close();
	return done_testing();
}
