#include "anthropic.h"
#include "model.h"

/* What is made of events, one a line; their types are in their data. */
static const char *
streamed(const char *lines)
{
	struct reply a;

	model_begin(&a);
	for (size_t len; *lines; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		anthropic_event(&a, "", lines, len);
	}
	return model_end(&a);
}

static const char *
whole(const char *text)
{
	struct reply a;

	model_begin(&a);
	anthropic_whole(&a, json_parse(text, strlen(text)));
	return model_end(&a);
}

#define START(block) "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":" block "}\n"
#define DELTA(delta) "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":" delta "}\n"
#define STOP         "{\"type\":\"content_block_stop\",\"index\":0}\n"
#define END(reason)                                                        \
	"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" reason \
	"\"},\"usage\":{\"output_tokens\":9}}\n{\"type\":\"message_stop\"}\n"
#define USAGE                                                         \
	"{\"type\":\"usage\",\"input_tokens\":0,\"output_tokens\":9," \
	"\"total_tokens\":9}\n"
#define CALL(more) "{\"type\":\"tool_call\",\"call\":{" more "}}\n"

static void
test_texts(void)
{
	is(streamed(
	       "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":1,"
	       "\"cache_read_input_tokens\":2,\"cache_creation_input_tokens\":4,\"output_tokens\":"
	       "1}}}\n"
	       "{\"type\":\"ping\"}\n" START("{\"type\":\"text\",\"text\":\"\"}")
		   DELTA("{\"type\":\"text_delta\",\"text\":\"a\"}") DELTA(
		       "{\"type\":\"citations_delta\",\"citation\":{}}") "{\"type\":\"brand_new\"}"
									 "\n" STOP END("end_turn")),
	    "{\"type\":\"text\",\"delta\":\"a\"}\n{\"type\":\"usage\",\"input_tokens\":7,\"output_"
	    "tokens\":9,"
	    "\"total_tokens\":16,\"cached_tokens\":2}\nend",
	    "texts and tokens; what is new is passed over");
	is(whole("{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":"
		 "\"b\"}],"
		 "\"stop_reason\":\"max_tokens\"}"),
	    "{\"type\":\"text\",\"delta\":\"ab\"}\nlength", "at once it is one text");
}

static void
test_blocks(void)
{
	is(streamed(START("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
		   DELTA("{\"type\":\"thinking_delta\",\"thinking\":\"h\"}")
		       DELTA("{\"type\":\"thinking_delta\",\"thinking\":\"m\"}")
			   DELTA("{\"type\":\"signature_delta\",\"signature\":\"sig\"}")
			       STOP START("{\"type\":\"redacted_thinking\",\"data\":\"x\"}")
				   STOP END("end_turn")),
	    "{\"type\":\"thought\",\"delta\":\"h\"}\n{\"type\":\"thought\",\"delta\":\"m\"}\n"
	    "{\"type\":\"thinking\",\"block\":{\"type\":\"thinking\",\"thinking\":\"hm\","
	    "\"signature\":\"sig\"}}\n"
	    "{\"type\":\"thinking\",\"block\":{\"type\":\"redacted_thinking\",\"data\":\"x\"}}"
	    "\n" USAGE "end",
	    "thoughts are told, and handed back whole");
	is(streamed(
	       START("{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web\",\"input\":{}}")
		   DELTA("{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"q\\\":1}\"}")
		       STOP END("pause_turn")),
	    "{\"type\":\"thinking\",\"block\":{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":"
	    "\"web\","
	    "\"input\":{\"q\":1}}}\n" USAGE "paused",
	    "so is what the server does itself, when it pauses");
	is(streamed(START("{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{}}")
		   DELTA("{\"type\":\"input_json_delta\",\"partial_json\":\"\"}") DELTA(
		       "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"x\\\":\"}")
		       DELTA("{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}") STOP START(
			   "{\"type\":\"tool_use\",\"id\":\"b\",\"name\":\"g\",\"input\":{}}")
			   DELTA("{\"type\":\"input_json_delta\",\"partial_json\":\"\"}")
			       END("tool_use")),
	    CALL("\"id\":\"a\",\"name\":\"f\",\"arguments\":{\"x\":1}")
		CALL("\"id\":\"b\",\"name\":\"g\",\"arguments\":{}") USAGE "tool_calls",
	    "tools are called, also where nothing ends the block");
	is(whole("{\"content\":[{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{"
		 "\"x\":1}}],"
		 "\"stop_reason\":\"tool_use\"}"),
	    CALL("\"id\":\"a\",\"name\":\"f\",\"arguments\":{\"x\":1}") "tool_calls",
	    "at once too");
}

static void
test_faults(void)
{
	is(streamed(START("{\"type\":\"text\",\"text\":\"a\"}")),
	    "{\"type\":\"text\",\"delta\":\"a\"}\nnetwork cut_off: the answer ended before its end "
	    "(again)",
	    "an end that was not told is none");
	is(streamed("{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":"
		    "\"Overloaded\"}}"),
	    "service overloaded_error: Overloaded (again)", "an error in a stream");
	is(streamed("{\"type\":\"error\"}"), "service error: {\"type\":\"error\"} (again)",
	    "an error that says nothing");
	is(whole("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":"
		 "\"no\"}}"),
	    "validation invalid_request_error: no", "an error at once");
	is(whole("{}"),
	    "service no_answer: the server sent JSON that is no answer (no content) (again)",
	    "JSON that is no answer");
	is(streamed("[]\n{\"type\":3}\n{\"type\":\"content_block_start\"}\n" STOP DELTA("7")
		   START("[]") DELTA("{\"text\":[],\"thinking\":1,\"partial_json\":{}}")
		       STOP START("{\"type\":1}") STOP
	       "{\"type\":\"message_start\",\"message\":2}\n" END("whatever")),
	    USAGE "end", "members of wrong kinds do no harm");
}

static void
test_bodies(void)
{
	const char *request =
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"a\"},{\"role\":"
	    "\"system\",\"content\":\"b\"},{\"role\":\"user\",\"content\":\"x\"},{\"role\":"
	    "\"assistant\",\"content\":\"\"},{\"role\":\"user\",\"content\":\"y\"}],"
	    "\"temperature\":0.5,\"tool_choice\":\"none\",\"stream\":true}";

	is(model_body(anthropic_body, "2026-10-21", false, request),
	    "{\"model\":\"m\",\"max_tokens\":8192,\"system\":\"a\\n\\nb\",\"messages\":[{\"role\":"
	    "\"user\",\"content\":["
	    "{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"text\",\"text\":\"y\"}]}],\"stream\":"
	    "true}",
	    "system on top, turns joined, no temperature, no choice without tools");
	ok(strstr(model_body(anthropic_body, "2023-06-01", false, request), "\"temperature\":0.5"),
	    "the older version takes a temperature");
	is(model_body(anthropic_body, "2026-10-21", false,
	       "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"assistant\",\"tool_"
	       "calls\":[{\"id\":\"a\","
	       "\"name\":\"f\",\"arguments_text\":\"{oops\"}]}],\"tools\":[{\"name\":\"f\"}],"
	       "\"tool_choice\":{\"name\":\"f\"}}"),
	    "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"assistant\",\"content\":[{"
	    "\"type\":\"tool_use\","
	    "\"id\":\"a\",\"name\":\"f\",\"input\":{}}]}],\"tools\":[{\"name\":\"f\",\"input_"
	    "schema\":{\"type\":\"object\"}}],"
	    "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}}",
	    "broken arguments become none");
}

int
main(void)
{
	test_texts();
	test_blocks();
	test_faults();
	test_bodies();
	buf_release(&model_events);
	return done_testing();
}
