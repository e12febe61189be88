/* mcp-serve - offer tasks and chats to a client of MCP, over stdin and stdout */
#include <stdlib.h>

#include "chat.h"
#include "demand.h"
#include "docket.h"
#include "err.h"
#include "event.h"
#include "id.h"
#include "jobs.h"
#include "opt.h"
#include "serve.h"
#include "stop.h"
#include "talk.h"

static const char *store, *user, *chat;

static const struct opt opts[] = { { 0, "store", "folder", "the store (default: as always)",
				       .str = &store },
	{ 'u', "user", "user", "in whose name all is done (default: you)", .str = &user },
	{ 'c', "chat", "chat", "where tasks and messages go unless told", .str = &chat }, { 0 } };

static const struct cmd cmd = { "mcp-serve",
	"offer tasks and chats to a client of MCP, over stdin and stdout", "", opts, 0 };

/* --- what tools take */

#define ID  1, 36
#define ALL 1, 100
#define CHAT(what)                                                                        \
	{                                                                                 \
		"chat_id", what " (an id, or its beginning)", WARES_TEXT, false, ID, NULL \
	}
#define PRIORITY "{\"type\":\"string\",\"enum\":[\"high\",\"medium\",\"low\"]}"
#define STATUS                                                                      \
	"{\"type\":\"string\",\"enum\":[\"pending\",\"in_progress\",\"completed\"," \
	"\"failed\",\"cancelled\"]}"
#define NUMBER "{\"type\":\"integer\",\"minimum\":1}"
#define LIMITS                                                                 \
	"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" \
	"\"timeout_s\":{\"type\":\"number\",\"exclusiveMinimum\":0,"           \
	"\"description\":\"seconds that an attempt may take\"},"               \
	"\"max_attempts\":" NUMBER ",\"max_turns\":" NUMBER ",\"max_tokens\":" NUMBER "}}"
#define OUTPUT                                                                                \
	"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"                \
	"\"expected\":{\"type\":\"string\",\"description\":\"in words\"},"                    \
	"\"format\":{\"type\":\"string\",\"enum\":[\"text\",\"json\",\"markdown\",\"csv\"]}," \
	"\"schema\":{\"type\":\"object\",\"description\":\"a JSON Schema\"}}}"
#define METADATA "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}"

static const struct ware_arg create_args[] = {
	{ "task_description",
	    "all that the agent has to know: what to do, and what to answer; it sees nothing else",
	    WARES_TEXT, true, DEMAND_CHARS_MIN, 1000000, NULL },
	{ "account_ids", "the accounts that it may touch, 12 digits each", WARES_WORDS, false, ALL,
	    NULL },
	{ "regions", "the regions that it may work in, such as eu-central-1", WARES_WORDS, false,
	    ALL, NULL },
	{ "model_id", "the model that does it", WARES_TEXT, false, 1, 200, NULL },
	{ "agent", "a role of the crew (default: a new agent); agent_list tells which there are",
	    WARES_TEXT, false, 1, 64, NULL },
	CHAT("where it speaks"),
	{ "tools", "the tools that a new agent may use", WARES_WORDS, false, ALL, NULL },
	{ "limits", "the most that it may use up", WARES_SCHEMA, .schema = LIMITS },
	{ "output", "what the answer shall be", WARES_SCHEMA, .schema = OUTPUT },
	{ "wait", "true: wait for its answer; else return the task's id at once", WARES_FLAG, false,
	    0, 0, NULL },
	{ "wait_s", "wait at most so many seconds (default: 50)", WARES_NUMBER, false, 1,
	    JOBS_WAIT_S_MAX, NULL },
	{ .name = NULL }
};

static const struct ware_arg add_args[] = { { "instruction",
						"what is to be done, and what the answer shall be",
						WARES_TEXT, true, 1, 1000000, NULL },
	{ "title", "what to call it (default: how the instruction begins)", WARES_TEXT, false, 1,
	    CHAT_TITLE_MAX, NULL },
	CHAT("where it speaks"),
	{ "agent", "the role that shall do it (default: whose skills fit)", WARES_TEXT, false, 1,
	    64, NULL },
	{ "priority", "how urgent it is (default: medium)", WARES_SCHEMA, .schema = PRIORITY },
	{ "depends_on", "ids of the tasks that must be done before", WARES_WORDS, false, ALL,
	    NULL },
	{ "metadata", "notes for the agent", WARES_SCHEMA, .schema = METADATA },
	{ "key", "idempotency key: with the same one no second task is added", WARES_TEXT, false, 1,
	    200, NULL },
	{ "limits", "the most that it may use up", WARES_SCHEMA, .schema = LIMITS },
	{ "output", "what the answer shall be", WARES_SCHEMA, .schema = OUTPUT },
	{ "allow_duplicates", "true: also if the same task is waiting or running", WARES_FLAG,
	    false, 0, 0, NULL },
	{ .name = NULL } };

static const struct ware_arg list_args[] = { { "status", "only tasks in this status", WARES_SCHEMA,
						 .schema = STATUS },
	CHAT("only tasks of this chat"),
	{ "agent", "only tasks of this role", WARES_TEXT, false, 1, 64, NULL },
	{ "before", "only tasks that were added before this one", WARES_TEXT, false, ID, NULL },
	{ "cursor", "go on where a list ended: its cursor", WARES_TEXT, false, 1, 20, NULL },
	{ "limit", "at most so many (default: 20)", WARES_NUMBER, false, 1, DOCKET_LIST_MAX, NULL },
	{ .name = NULL } };

#define TASK                                                                             \
	{                                                                                \
		"task_id", "the task's id, or its beginning", WARES_TEXT, true, ID, NULL \
	}
#define TASKS                                                                          \
	{                                                                              \
		"task_ids", "ids of tasks, or their beginnings", WARES_WORDS, true, 1, \
		    JOBS_IDS_MAX, NULL                                                 \
	}

static const struct ware_arg show_args[] = { TASK, { .name = NULL } };

static const struct ware_arg wait_args[] = { TASKS,
	{ "wait_s", "wait at most so many seconds (default: 50)", WARES_NUMBER, false, 1,
	    JOBS_WAIT_S_MAX, NULL },
	{ .name = NULL } };

static const struct ware_arg cancel_args[] = { TASKS,
	{ "reason", "why, for the chat and the record", WARES_TEXT, false, 1, CHAT_REASON_MAX,
	    NULL },
	{ .name = NULL } };

static const struct ware_arg approve_args[] = { TASK,
	{ "approve", "true: it may; false: it shall go on without", WARES_FLAG, true, 0, 0, NULL },
	{ "reason", "why", WARES_TEXT, false, 1, 4000, NULL },
	{ "request_id", "the request that is meant (default: whichever it is)", WARES_TEXT, false,
	    1, 100, NULL },
	{ .name = NULL } };

static const struct ware_arg post_args[] = { CHAT("the chat"),
	{ "text", "what to say", WARES_TEXT, true, 1, 1000000, NULL },
	{ "reply_to", "the event, or an agent's request, that it answers", WARES_TEXT, false, 1,
	    100, NULL },
	{ .name = NULL } };

static const struct ware_arg read_args[] = { CHAT("the chat"),
	{ "since", "only events behind this seq (default: the last ones)", WARES_NUMBER, false, 0,
	    9007199254740991, NULL },
	{ "limit", "at most so many (default: 50)", WARES_NUMBER, false, 1, TALK_READ_MAX, NULL },
	{ .name = NULL } };

static const struct ware_arg no_args[] = { { .name = NULL } };

/* --- what tools return */

#define RESULT(required, properties) \
	"{\"type\":\"object\",\"required\":[" required "],\"properties\":{" properties "}}"
#define STRING(name) "\"" name "\":{\"type\":\"string\"}"
#define LIST(name)   "\"" name "\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"
#define TASK_RESULT  RESULT("\"task_id\",\"status\"", STRING("task_id") ",\"status\":" STATUS)

/* --- the tools */

static const struct ware wares[] = {
	{ "create_task", "Have an agent do a task",
	    "Have an agent do a task, in the background, at once. Returns its task_id; with wait, "
	    "its response, too, or, if it takes longer, how it stands: then use task_wait.",
	    create_args,
	    RESULT("\"task_id\",\"status\"",
		STRING("task_id") "," STRING("agent_id") "," STRING("chat_id") "," STRING(
		    "response") ",\"status\":" STATUS),
	    WARES_OPEN, jobs_create, WARES_IF_TOLD },
	{ "task_add", "Add a task",
	    "Add a task for the crew, whose pipelines do it when they run: in order of priority, "
	    "after what it depends on. The same task is not added twice.",
	    add_args, TASK_RESULT, WARES_OPEN, docket_add, WARES_AT_ONCE },
	{ "task_list", "List tasks", "The tasks that there are, the newest first.", list_args,
	    RESULT("\"tasks\",\"more\"",
		LIST("tasks") ",\"more\":{\"type\":\"boolean\"}," STRING("cursor")),
	    WARES_READS | WARES_AGAIN, docket_list, WARES_AT_ONCE },
	{ "task_show", "Show a task",
	    "All that is known of a task, and why it is not running, or how it ended.", show_args,
	    RESULT("\"task\",\"why\"", "\"task\":{\"type\":\"object\"}," STRING("why")),
	    WARES_READS | WARES_AGAIN, docket_show, WARES_AT_ONCE },
	{ "task_wait", "Wait for tasks",
	    "Wait until tasks have ended, and return their responses or errors. If they take "
	    "longer, it says how they stand: then call it again.",
	    wait_args,
	    RESULT("\"all_ended\",\"tasks\"",
		"\"all_ended\":{\"type\":\"boolean\"}," LIST("tasks")),
	    WARES_READS | WARES_AGAIN, jobs_wait, WARES_WAITS },
	{ "task_cancel", "Cancel tasks",
	    "End tasks, with all that is below them and every process that runs for them.",
	    cancel_args, RESULT("\"tasks\"", LIST("tasks")), WARES_DESTROYS | WARES_AGAIN,
	    jobs_cancel, WARES_ENDS },
	{ "task_approve", "Answer what a task asks",
	    "Decide what a task asks before it goes on. Only for whom it asks, or who may approve "
	    "in its chat; ask that person first.",
	    approve_args, TASK_RESULT, WARES_DESTROYS, docket_approve, WARES_AT_ONCE },
	{ "chat_post", "Say something in a chat", "Say something in a chat.", post_args,
	    RESULT("\"event_id\",\"seq\",\"chat_id\"",
		STRING("event_id") "," STRING("chat_id") ",\"seq\":{\"type\":\"integer\"}"),
	    0, talk_post, WARES_AT_ONCE },
	{ "chat_read", "Read a chat",
	    "What was said in a chat, by people and by tasks, in order. Go on behind the last seq "
	    "that you have seen.",
	    read_args,
	    RESULT("\"chat_id\",\"events\",\"last_seq\"",
		STRING("chat_id") "," LIST("events") ",\"last_seq\":{\"type\":\"integer\"}"),
	    WARES_READS | WARES_AGAIN, talk_read, WARES_AT_ONCE },
	{ "agent_list", "List the crew", "The agents of the crew: their roles and skills.", no_args,
	    RESULT("\"agents\"", LIST("agents")), WARES_READS | WARES_AGAIN, talk_agents,
	    WARES_AT_ONCE },
	{ .name = NULL }
};

static const char instructions[] =
    "legwork has agents do tasks. create_task starts one agent at once; task_add gives a task to "
    "the crew. What they say is in the task's chat (chat_read), their answers in task_wait.";

int
main(int argc, char *argv[])
{
	struct desk desk = { .user = NULL };
	struct offer offer = { .wares = wares, .instructions = instructions, .desk = &desk };
	int status;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (user && chat_check_user(user) < 0)
		opt_usage(&cmd, "%s", err_text());
	/* what we start is told, too */
	if ((store && setenv("LEGWORK_STORE", store, 1) < 0) ||
	    (user && setenv("LEGWORK_USER", user, 1) < 0)) {
		err_sys("environment");
		err_exit();
	}
	desk.user = id_user(user);
	desk.chat = chat;
	stop_catch();
	stop_at_pipe();
	status = serve_run(&offer);
	if (status < 0)
		status = err_print();
	desk_close(&desk);
	return status;
}
