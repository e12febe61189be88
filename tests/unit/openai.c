#include "openai.h"
#include "model.h"

/* What is made of events, one a line. */
static const char *
streamed(const char *lines)
{
	struct reply a;

	model_begin(&a);
	for (size_t len; *lines; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		openai_event(&a, "", lines, len);
	}
	return model_end(&a);
}

static const char *
whole(const char *text)
{
	struct reply a;

	model_begin(&a);
	openai_whole(&a, json_parse(text, strlen(text)));
	return model_end(&a);
}

#define DELTA(text) "{\"choices\":[{\"index\":0,\"delta\":" text "}]}\n"
#define CALLS(text) DELTA("{\"tool_calls\":[" text "]}")
#define CALL(more)  "{\"type\":\"tool_call\",\"call\":{" more "}}\n"

static void
test_texts(void)
{
	is(streamed("{\"model\":\"m\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":"
		    "null}}]}\n" DELTA("{\"content\":\"a\"}") DELTA("{\"content\":\"\"}") DELTA(
			"{\"content\":\"b\"}") "{\"choices\":[{\"delta\":{},\"finish_reason\":"
					       "\"stop\"}]}\n[DONE]\nrubbish"),
	    "{\"type\":\"text\",\"delta\":\"a\"}\n{\"type\":\"text\",\"delta\":\"b\"}\nend",
	    "pieces of text, until it is done");
	is(streamed(DELTA("{\"reasoning_content\":\"a\"}") DELTA("{\"reasoning\":\"b\"}")
		   DELTA("{\"content\":[{\"type\":\"text\",\"text\":\"c\"}]}") "[DONE]"),
	    "{\"type\":\"thought\",\"delta\":\"a\"}\n{\"type\":\"thought\",\"delta\":\"b\"}\n"
	    "{\"type\":\"text\",\"delta\":\"c\"}\nend",
	    "thoughts by two names, text in parts");
	is(streamed(DELTA("{\"content\":\"\\ud83c\"}") "[DONE]"),
	    "{\"type\":\"text\",\"delta\":\"\xef\xbf\xbd\"}\nend", "half a character is mended");
	is(streamed("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}}]}\n[DONE]"), "end",
	    "the first choice counts");
	is(streamed(DELTA("{\"refusal\":\"no\"}") "{\"choices\":[{\"delta\":{},\"finish_reason\":"
						  "\"stop\"}]}"),
	    "{\"type\":\"text\",\"delta\":\"no\"}\nrefusal", "a refusal is text and reason");
	is(whole("{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"length\"}]}"),
	    "{\"type\":\"text\",\"delta\":\"x\"}\nlength", "an answer that came at once");
}

static void
test_calls(void)
{
	const char *two = CALL("\"id\":\"a\",\"name\":\"f\",\"arguments\":{\"x\":1}")
	    CALL("\"id\":\"b\",\"name\":\"g\",\"arguments\":{}") "tool_calls";

	is(streamed(
	       CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}")
		   CALLS("{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\"\"}}")
		       CALLS("{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":"
			     "\"\"}},"
			     "{\"index\":0,\"function\":{\"arguments\":\":1}\"}}") "[DONE]"),
	    two, "pieces belong together by their index");
	is(streamed(
	       CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"}}")
		   CALLS("{\"function\":{\"arguments\":\":1}\"}}")
		       CALLS("{\"id\":\"b\",\"function\":{\"name\":\"g\"}}") "[DONE]"),
	    two, "or follow each other");
	is(streamed(CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{"
			  "\\\"x\\\":1}\"}},"
			  "{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{"
			  "}\"}}") "[DONE]"),
	    two, "an index may be used twice");
	is(streamed(CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{"
			  "\\\"x\\\":\"}}") CALLS("{\"index\":0,\"id\":\"a\",\"function\":{"
						  "\"name\":\"f\",\"arguments\":\"1}\"}}")
		   CALLS("{\"index\":7,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":{}}"
			 "}") "[DONE]"),
	    two, "id and name may be repeated, arguments be an object");
	is(whole("{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"a\","
		 "\"function\":{"
		 "\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}},{\"id\":\"b\",\"function\":{"
		 "\"name\":\"g\","
		 "\"arguments\":\"\"}}]},\"finish_reason\":\"stop\"}]}"),
	    two, "the reason is the calls, whatever the server says");
	is(whole("{\"choices\":[{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\"}},{"
		 "\"function\":{"
		 "\"name\":\"g\",\"arguments\":\"null\"}}]}}]}"),
	    CALL("\"id\":\"call_3_0\",\"name\":\"f\",\"arguments\":{}")
		CALL("\"id\":\"call_3_1\",\"name\":\"g\",\"arguments\":{}") "tool_calls",
	    "calls without an id get one");
	is(streamed(CALLS(
	       "{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{"
	       "\\\"x\\\"\"}}") "{\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}"),
	    CALL("\"id\":\"a\",\"name\":\"f\",\"arguments_text\":\"{\\\"x\\\"\",\"fault\":\"the "
		 "arguments are no JSON: byte 5: unexpected end\"") "length",
	    "a call that is cut off is told as it is");
}

/* A call whose arguments are so many objects in each other. */
static const char *
nested(int levels)
{
	struct buf chunk = { 0 };
	const char *events;

	buf_puts(&chunk, "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{"
			 "\"name\":\"f\",\"arguments\":");
	for (int i = 0; i < levels; i++)
		buf_puts(&chunk, "{\"x\":");
	buf_putc(&chunk, '1');
	for (int i = 0; i < levels; i++)
		buf_putc(&chunk, '}');
	buf_puts(&chunk, "}}]}}]}");
	events = whole(chunk.p);
	buf_release(&chunk);
	return events;
}

static void
test_levels(void)
{
	ok(!strstr(nested(REPLY_LEVELS_MAX), "fault"), "arguments may nest");
	ok(strstr(nested(REPLY_LEVELS_MAX + 1),
	       "\"fault\":\"the arguments have more than 200 levels\""),
	    "but not so deep that they cannot be part of other lines");
}

static void
test_tokens(void)
{
	is(streamed("{\"choices\":null,\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":3,"
		    "\"total_tokens\":6,"
		    "\"prompt_tokens_details\":{\"cached_tokens\":1}}}\n[DONE]"),
	    "{\"type\":\"usage\",\"input_tokens\":2,\"output_tokens\":3,\"total_tokens\":6,"
	    "\"cached_tokens\":1}\nend",
	    "tokens, where choices is null");
	is(streamed("{\"choices\":[],\"usage\":null}\n{\"usage\":{\"prompt_tokens\":2}}\n[DONE]"),
	    "{\"type\":\"usage\",\"input_tokens\":2,\"output_tokens\":0,\"total_tokens\":2}\nend",
	    "usage may be null, and not all of it be told");
}

static void
test_faults(void)
{
	is(streamed(DELTA("{\"content\":\"a\"}")),
	    "{\"type\":\"text\",\"delta\":\"a\"}\nnetwork cut_off: the answer ended before its end "
	    "(again)",
	    "an end that was not told is none");
	is(streamed("{\"error\":{\"message\":\"slow "
		    "down\",\"type\":\"rate_limit_exceeded\",\"code\":null}}"),
	    "rate_limit rate_limit_exceeded: slow down (again)", "an error in a stream");
	is(streamed("{\"error\":{\"message\":\"busy\",\"code\":502}}"), "service 502: busy (again)",
	    "whose code may be a number");
	is(streamed("{\"error\":\"no such model\"}"), "service -: no such model (again)",
	    "or that may be a text");
	is(streamed("{\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}"),
	    "service error: the server ended the answer with an error (again)",
	    "an error as reason");
	is(streamed("{\"choices\":[\n"),
	    "service no_json: the server sent an event that is no JSON: byte 13: unexpected end "
	    "(again)",
	    "what is no JSON");
	is(whole("{\"choices\":[]}"),
	    "service no_answer: the server sent JSON that is no answer (no choices) (again)",
	    "JSON that is no answer");
	is(whole("[1]"),
	    "service no_answer: the server sent JSON that is no answer (no choices) (again)",
	    "JSON that is no object");
	is(streamed("[]\n1\n{\"choices\":[1,{\"delta\":3}],\"usage\":[],\"model\":7}\n"
		    "{\"choices\":[{\"delta\":{\"content\":{},\"tool_calls\":[1,{\"function\":[]}]}"
		    "}]}\n[DONE]"),
	    CALL("\"id\":\"call_3_0\",\"name\":\"\",\"arguments\":{}") "tool_calls",
	    "members of wrong kinds do no harm");
}

static void
test_bodies(void)
{
	is(model_body(openai_body, NULL, true,
	       "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_"
	       "tokens\":5,\"stream\":true}"),
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_"
	    "completion_tokens\":5,"
	    "\"stream\":true,\"stream_options\":{\"include_usage\":true,\"include_obfuscation\":"
	    "false}}",
	    "OpenAI itself has names of its own");
	is(model_body(openai_body, NULL, false,
	       "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_"
	       "calls\":[{\"id\":\"a\","
	       "\"name\":\"f\",\"arguments_text\":\"{oops\"}]}],\"tools\":[{\"name\":\"f\"}],"
	       "\"tool_choice\":{\"name\":\"f\"}}"),
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_"
	    "calls\":[{\"id\":\"a\","
	    "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{oops\"}}]}],"
	    "\"tools\":[{\"type\":"
	    "\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}],"
	    "\"tool_choice\":{"
	    "\"type\":\"function\",\"function\":{\"name\":\"f\"}}}",
	    "broken arguments are handed back as they were");
}

int
main(void)
{
	test_texts();
	test_calls();
	test_tokens();
	test_faults();
	test_levels();
	test_bodies();
	buf_release(&model_events);
	return done_testing();
}
