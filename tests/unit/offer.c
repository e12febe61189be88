#include "offer.h"

#include <stdlib.h>

#include "era.h"
#include "err.h"
#include "json.h"
#include "tap.h"

/* Tools that need no store. */

static int
echo(struct desk *d, struct order *o)
{
	(void)d;
	if (!strcmp(order_text(o, "text"), "fail"))
		return err_set(EX_DATAERR, "text: is bad; say another");
	o->result = json_set_string(jv_object(), "said", order_text(o, "text"));
	return ORDER_DONE;
}

static bool may_end, was_dropped;

static int
look(struct desk *d, struct order *o)
{
	(void)d;
	if (!may_end)
		return ORDER_WAITS;
	o->result = json_set(jv_object(), "ended", jv_true());
	return ORDER_DONE;
}

static void
drop(struct desk *d, struct order *o)
{
	(void)d;
	(void)o;
	was_dropped = true;
}

static int
stay(struct desk *d, struct order *o)
{
	o->look = look;
	o->drop = drop;
	order_tell(o, "waits");
	order_tell(o, "waits");
	return look(d, o);
}

static int
maybe(struct desk *d, struct order *o)
{
	if (json_peek_bool(o->args, "wait"))
		return stay(d, o);
	o->result = json_set(jv_object(), "begun", jv_true());
	return ORDER_DONE;
}

static const struct ware_arg echo_args[] = {
	{ "text", "what to say", WARES_TEXT, true, 1, 5, NULL },
	{ "words", "more", WARES_WORDS, false, 1, 2, NULL },
	{ "loud", "whether", WARES_FLAG, false, 0, 0, NULL },
	{ "times", "how often", WARES_NUMBER, false, 1, 3, NULL },
	{ "how", "in a tone", WARES_SCHEMA, .schema = "{\"enum\":[\"a\",\"b\"]}" },
	{ .name = NULL },
};
static const struct ware_arg maybe_args[] = {
	{ "wait", "whether", WARES_FLAG, false, 0, 0, NULL },
	{ .name = NULL },
};
static const struct ware_arg no_args[] = { { .name = NULL } };

static const struct ware wares[] = {
	{ "echo", "Echo", "Says it again.", echo_args, "{\"type\":\"object\"}", WARES_READS, echo,
	    WARES_AT_ONCE },
	{ "wait", "Wait", "Waits.", no_args, "{\"type\":\"object\"}", WARES_AGAIN, stay,
	    WARES_WAITS },
	{ "maybe", "Wait", "Waits if told.", maybe_args, "{\"type\":\"object\"}", WARES_AGAIN,
	    maybe, WARES_IF_TOLD },
	{ "end", "End", "Waits for the end.", no_args, "{\"type\":\"object\"}", WARES_AGAIN, stay,
	    WARES_ENDS },
	{ .name = NULL },
};

static struct desk desk;
static struct offer of = { .wares = wares, .instructions = "use", .desk = &desk };

/* What is answered to a line, in which ' stands for ". */
static const char *
said(const char *line)
{
	char *text = xstrdup(line);

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	of.out.len = 0;
	if (of.out.p)
		*of.out.p = '\0';
	offer_take(&of, text, strlen(text));
	free(text);
	for (char *c = of.out.p; c && *c; c++)
		*c = *c == '"' ? '\'' : *c;
	return of.out.p ? of.out.p : "";
}

static void
has(const char *line, const char *part, const char *fact)
{
	const char *all = said(line);

	if (!ok(strstr(all, part) != NULL, fact))
		printf("# got:  %s# want: %s\n", all, part);
}

#define CALL(name, args)                                                        \
	"{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'" name \
	"','arguments':" args "}}"
#define META                                                               \
	"'_meta':{'io.modelcontextprotocol/protocolVersion':'2026-07-28'," \
	"'io.modelcontextprotocol/clientCapabilities':{}}"

static void
test_calls(void)
{
	is(said(CALL("echo", "{'text':'hi'}")),
	    "{'jsonrpc':'2.0','id':1,'result':{'content':[{'type':'text','text':'{\\'said\\':\\'"
	    "hi\\'}'}],"
	    "'structuredContent':{'said':'hi'}}}\n",
	    "a result is there as text, and as it is");
	has(CALL("echo", "{'text':'fail'}"), "'text: is bad; say another'}],'isError':true}",
	    "what a tool cannot do is a result");
	has(CALL("echo", "{'text':'toolong'}"), "'isError':true", "a text may be too long");
	has(CALL("echo", "{'text':''}"), "/text", "or too short");
	has(CALL("echo", "{'text':'a','words':['a','']}"), "/words/1", "words are words");
	has(CALL("echo", "{'text':'a','words':[]}"), "/words", "there is one at least");
	has(CALL("echo", "{'text':'a','loud':1}"), "/loud", "a flag is true or false");
	has(CALL("echo", "{'text':'a','times':4}"), "/times", "a number has its limits");
	has(CALL("echo", "{'text':'a','how':'c'}"), "/how", "a schema says the rest");
	has(CALL("echo", "{'text':'a','what':1}"), "what", "no other is taken");
	has(CALL("echo", "{'text':'a\\u0000'}"), "/text: want no U+0000", "nor is a NUL");
	has(CALL("none", "{}"), "'code':-32602", "there has to be such a tool");
}

static void
call_often(const char *tool, int count)
{
	for (int i = 0; i < count; i++) {
		char line[200];

		snprintf(line, sizeof line,
		    "{'jsonrpc':'2.0','id':%d,'method':'tools/call','params':{'name':'%s'}}",
		    of.waits + 10, tool);
		said(line);
	}
}

static void
test_waiting(void)
{
	is(said(CALL("wait", "{}")), "", "one that waits is not answered yet");
	has(CALL("echo", "{'text':'hi'}"), "'code':-32600", "its id is in use");
	has("{'jsonrpc':'2.0','id':2,'method':'ping'}", "'id':2,'result':{}",
	    "others are answered");
	offer_look(&of, of.waiting);
	ok(of.waits == 1 && of.out.len > 0, "a look may be in vain");
	of.out.len = 0;
	may_end = true;
	offer_look(&of, of.waiting);
	ok(of.waits == 0 && strstr(of.out.p, "\"ended\":true"), "or bring the answer");
	may_end = false;
	said("{'jsonrpc':'2.0','id':'a','method':'tools/"
	     "call','params':{'name':'wait','_meta':{'progressToken':5}}}");
	is(of.out.p,
	    "{'jsonrpc':'2.0','method':'notifications/"
	    "progress','params':{'progressToken':5,'progress':1,"
	    "'message':'waits'}}\n",
	    "how it stands is told, once");
	is(said("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':'a'}}"),
	    "", "one that is cancelled is not answered");
	ok(was_dropped && of.waits == 0 && !of.waiting, "it is forgotten, and its tool is told");
	said("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':'a'}}");
	said("{'jsonrpc':'2.0','method':'notifications/cancelled'}");
	call_often("wait", OFFER_WAITING_MAX);
	is_int(of.waits, OFFER_WAITING_MAX, "many may wait");
	has(CALL("wait", "{}"), "200 calls wait already", "but not any number");
	has(CALL("maybe", "{'wait':true}"), "200 calls wait already", "whatever they wait for");
	has(CALL("maybe", "{}"), "'begun':true", "what does not wait is done");
	has(CALL("echo", "{'text':'hi'}"), "'said':'hi'", "as ever");
	call_often("end", OFFER_RESERVE);
	is_int(of.waits, OFFER_WAITING_MAX + OFFER_RESERVE, "some more may have others end");
	has(CALL("end", "{}"), "220 calls wait already", "but not any number either");
	offer_release(&of);
	ok(of.waits == 0 && !of.waiting, "all are forgotten in the end");
}

static void
test_eras(void)
{
	for (const char *const *version = era_versions + 1; *version; version++) {
		char line[200], want[60];

		snprintf(line, sizeof line,
		    "{'jsonrpc':'2.0','id':1,'method':'initialize','params':{'protocolVersion':'%s'"
		    "}}",
		    *version);
		snprintf(want, sizeof want, "'protocolVersion':'%s'", *version);
		has(line, want, "a handshake is in the client's version");
	}
	has("{'jsonrpc':'2.0','id':1,'method':'initialize','params':{'protocolVersion':'2026-07-28'"
	    "}}",
	    "'protocolVersion':'2025-11-25'", "or in the newest that has one");
	has("{'jsonrpc':'2.0','id':1,'method':'tools/list','params':{" META "}}",
	    "'resultType':'complete','ttlMs':3600000,'cacheScope':'private','_meta':",
	    "modern lists say how long they hold");
	ok(!strstr(said("{'jsonrpc':'2.0','id':1,'method':'tools/list'}"), "ttlMs"),
	    "others do not");
	has("{'jsonrpc':'2.0','id':1,'method':'ping','params':{" META "}}", "-32601",
	    "what has gone is no method any more");
	has("{'jsonrpc':'2.0','id':1,'method':'tasks/get'}", "-32601",
	    "nor is what has come since");
	is(said("{'jsonrpc':'2.0','id':1,'result':{}}"), "", "an answer is not answered");
	is(said("{'jsonrpc':'2.0','method':'notifications/initialized'}"), "",
	    "nor is a notification");
}

int
main(void)
{
	test_calls();
	test_waiting();
	test_eras();
	buf_release(&of.out);
	return done_testing();
}
