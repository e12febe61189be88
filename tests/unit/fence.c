#include "fence.h"
#include "domain.h"

#define SCOPE   "{'account_ids':['111122223333','222233334444'],'regions':['us-east-1']}"
#define ACCOUNT "{'account_ids':['111122223333','222233334444']}"

/* What is said of a call; "" where it may be made.  Lives until the next one. */
static const char *
said_of(const char *schema_text, const char *scope_text, const char *args_text,
    enum fence_need need)
{
	jv scope = record("%s", scope_text), args = record("%s", args_text);
	struct schema *schema = schema_open(record("%s", schema_text));
	const char *said;

	if (!schema)
		abort();
	said = fence_check(schema, scope, args, need) < 0 ? err_text() : "";
	schema_close(schema);
	jv_free(scope);
	jv_free(args);
	return said;
}

/* With a schema that says nothing, and one account of the scope named. */
static void
lets(const char *args)
{
	is(said_of("{}", ACCOUNT, args, FENCE_TRUSTED), "", args);
}

static void
stops(const char *args, const char *where)
{
	char *want = xprintf("%s is outside of this task's scope; its accounts are: 111122223333, "
			     "222233334444",
	    where);

	is(said_of("{}", ACCOUNT, args, FENCE_TRUSTED), want, args);
	free(want);
}

static void
refuses(const char *schema, const char *args, const char *begin)
{
	const char *said = said_of(schema, SCOPE, args, FENCE_TRUSTED);

	if (!ok(*said && !strncmp(said, begin, strlen(begin)), args))
		printf("# got: %s\n# want: %s...\n", said, begin);
}

static void
accepts(const char *schema, const char *args)
{
	bool is_silent = !strcmp(schema, "{}");

	is(said_of(schema, SCOPE, args, is_silent ? FENCE_TRUSTED : FENCE_HARMLESS), "", args);
}

static void
test_values(void)
{
	lets("{'account_id':'111122223333'}");
	lets("{'account_id':' 111122223333\\n'}");
	lets("{'account_ids':'111122223333, 222233334444'}");
	lets("{'account_ids':['111122223333',['222233334444']]}");
	lets("{'account_id':111122223333}");
	lets("{'account_id':null}");
	lets("{'x':'444455556666','count':444455556666}");
	stops("{'account_id':'444455556666'}", "/account_id: 444455556666");
	stops("{'account_id':444455556666}", "/account_id: 444455556666");
	stops("{'account_id':'111122223333,444455556666'}", "/account_id: 444455556666");
	stops("{'account_id':'111122223333\\t444455556666'}", "/account_id: 444455556666");
	stops("{'account_ids':['111122223333','444455556666']}", "/account_ids/1: 444455556666");
	stops("{'a':[{'b':{'accountIds':[['444455556666']]}}]}",
	    "/a/0/b/accountIds/0/0: 444455556666");
	stops("{'account_id':'0111122223333'}", "/account_id: 0111122223333");
	stops("{'account_id':'*'}", "/account_id: *");
	stops("{'account_id':'1111-2222-3333'}", "/account_id: 1111-2222-3333");
	stops("{'account_id':'111122223333;444455556666'}",
	    "/account_id: 111122223333;444455556666");
	stops("{'account_id':'111122223333\\u00a0'}", "/account_id: 111122223333\xc2\xa0");
	stops("{'account_id':'\\uff11\\uff11'}", "/account_id: \xef\xbc\x91\xef\xbc\x91");
	stops("{'account_id':'111122223333\\u0000'}", "/account_id: 111122223333\xef\xbf\xbd");
	stops("{'account_id':'arn:aws:iam::111122223333:root'}",
	    "/account_id: arn:aws:iam::111122223333:root");
	stops("{'account':{'id':'444455556666'}}", "/account/id: id");
	stops("{'accounts':{'444455556666':true}}", "/accounts/444455556666: 444455556666");
	stops("{'filters':[{'Name':'account-id','Values':['444455556666']}]}",
	    "/filters/0/Values/0: 444455556666");
	lets("{'filters':[{'name':'account-id','values':['111122223333']},{'name':'x','value':'y'}]"
	     "}");
}

static void
test_kinds(void)
{
	const char *others[] = { "true", "false", "''", "' , '", "[]", "{}" };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		char *args = xprintf("{'account_id':%s}", others[i]);

		refuses("{}", args,
		    "/account_id: want a string that names accounts of this task's "
		    "scope, got ");
		free(args);
	}
	accepts("{}", "{'x':true,'y':'','z':[],'w':{}}");
	refuses("{}", "{'region':'US-EAST-1'}", "/region: US-EAST-1 is outside of");
	refuses("{}", "{'region':'us-east-1','r':{'regions':'us-east-1 eu-west-1'}}",
	    "/r/regions: eu-west-1 is outside of this task's scope; its regions are: us-east-1");
	is(said_of("{}", ACCOUNT, "{'region':'anywhere'}", FENCE_HARMLESS), "",
	    "what is not limited");
	is(said_of("{}", "{}", "{'account_id':'x'}", FENCE_NAMED), "", "no scope at all");
	refuses("{}", "{'account_id':'x'}", "/account_id: x is outside");
	is(said_of("{}", "{'account_ids':[]}", "{'account_id':'x'}", FENCE_NAMED),
	    "/account_id: x is outside of this task's scope; its accounts are: none",
	    "an empty scope allows nothing");
}

static void
test_arns(void)
{
	accepts("{}", "{'x':'arn:aws:ec2:us-east-1:111122223333:instance/i-1'}");
	accepts("{}", "{'x':'arn:aws:s3:::bucket/key','y':'arn:aws:iam::aws:policy/Admin'}");
	accepts("{}", "{'x':'learn: a:b:c:d','y':'arn:aws'}");
	refuses("{}", "{'x':'arn:aws:iam::444455556666:role/r'}", "/x: 444455556666 is outside");
	refuses("{}", "{'x':['see arn:aws-cn:ec2:cn-north-1:111122223333:x']}",
	    "/x/0: cn-north-1 is outside");
	refuses("{}", "{'x':'arn:aws:iam::111122223333:a arn:aws:iam::444455556666:b'}",
	    "/x: 444455556666 is outside");
	refuses("{}", "{'x':{'arn:aws:iam::444455556666:role/r':1}}", "/x/arn:aws:iam");
	refuses("{}", "{'x':'arn:aws:iam::*:role/r'}", "/x: * is outside");
	refuses("{}", "{'x':'arn:aws:iam::444455556666'}", "/x: 444455556666 is outside");
}

static void
test_json(void)
{
	accepts("{}", "{'x':'{\\'account_id\\':\\'111122223333\\'}','y':'[1','z':'{}'}");
	refuses("{}", "{'x':' {\\'account_id\\':\\'444455556666\\'}'}",
	    "/x/account_id: 444455556666 is outside");
	refuses("{}", "{'x':['[[{\\'regions\\':[\\'eu-west-1\\']}]]']}",
	    "/x/0/0/0/regions/0: eu-west-1 is outside");
	is(said_of("{}", SCOPE, "{'x':'{\\'account_id\\':1}','y':'arn:aws:iam::1:x'}",
	       FENCE_HARMLESS),
	    "", "what a harmless tool is told is not looked through");
	is(said_of("{}", ACCOUNT, "{'account_id':'1'}", FENCE_HARMLESS),
	    "/account_id: 1 is outside of this task's scope; its accounts are: 111122223333, "
	    "222233334444",
	    "but for accounts");
}

static void
test_schemas(void)
{
	const char *out = "{'who':'444455556666'}";

	accepts("{}", out);
	refuses("{'properties':{'who':{'x-legwork-scope':'account'}}}", out, "/who: 4444");
	refuses("{'properties':{'who':{'$ref':'#/$defs/w'}},"
		"'$defs':{'w':{'anyOf':[{'type':'null'},{'x-legwork-scope':'account'}]}}}",
	    out, "/who: 4444");
	refuses("{'patternProperties':{'^w':{'x-legwork-scope':'account'}}}", out, "/who: 4444");
	refuses("{'additionalProperties':{'x-legwork-scope':'account'}}", out, "/who: 4444");
	accepts("{'properties':{'who':{}},'additionalProperties':{'x-legwork-scope':'account'}}",
	    out);
	refuses("{'if':{'required':['x']},'then':{'properties':{'who':{'x-legwork-scope':'account'"
		"}}}}",
	    out, "/who: 4444");
	refuses("{'dependentSchemas':{'x':{'properties':{'who':{'x-legwork-scope':'account'}}}}}",
	    out, "/who: 4444");
	refuses("{'propertyNames':{'x-legwork-scope':'account'}}", "{'444455556666':1}",
	    "/444455556666: 444455556666 is outside");
	accepts("{'propertyNames':{'x-legwork-scope':'account'}}", "{'111122223333':1}");
	refuses("{'items':{}}", "{'account':['444455556666']}", "/account/0: 4444");
	refuses("{'properties':{'a':{'items':[{},{'x-legwork-scope':'account'}]}}}",
	    "{'a':['x','444455556666']}", "/a/1: 4444");
	refuses("{'properties':{'a':{'items':[{}],'additionalItems':{'x-legwork-scope':'account'}}}"
		"}",
	    "{'a':['x','444455556666']}", "/a/1: 4444");
	accepts("{'properties':{'account':{'x-legwork-scope':'none'}}}", "{'account':'savings'}");
	refuses("{'properties':{'account':{'anyOf':[{'x-legwork-scope':'none'},{'x-legwork-scope':"
		"'account'}]}}}",
	    "{'account':'savings'}", "/account: savings is outside");
	refuses("{'properties':{'who':{}},'additionalProperties':false}",
	    "{'who':'x','account_id':'444455556666'}", "/account_id: 4444");
	accepts("{'properties':{'account':{'properties':{'id':{},'name':{'x-legwork-scope':'none'}}"
		"}}}",
	    "{'account':{'id':'111122223333','name':'prod'}}");
	refuses("{'properties':{'account':{'properties':{'id':{}}}}}",
	    "{'account':{'id':'444455556666'}}", "/account/id: 4444");
}

static void
test_need(void)
{
	const char *schema = "{'properties':{'account_id':{},'region':{}}}";
	const char *full = "{'account_id':'111122223333','region':'us-east-1'}";

	is(said_of(schema, SCOPE, full, FENCE_NAMED), "", "all is named");
	is(said_of(schema, SCOPE, "{'account_id':'111122223333'}", FENCE_NAMED),
	    "region: is missing; this task is limited to regions, so say which of them: us-east-1",
	    "a region is missing");
	is(said_of(schema, SCOPE, "{'account_id':'111122223333','region':null}", FENCE_TRUSTED),
	    "region: is missing; this task is limited to regions, so say which of them: us-east-1",
	    "the same for null, also where the tool is trusted");
	is(said_of("{}", SCOPE, "{}", FENCE_NAMED),
	    "this tool takes no account, so nobody can tell whether it keeps to those of this task "
	    "(111122223333, 222233334444); do without it",
	    "a tool that takes none");
	is(said_of("{}", SCOPE, "{}", FENCE_TRUSTED), "", "unless it is trusted");
	is(said_of(schema, SCOPE, "{}", FENCE_HARMLESS), "", "or harmless");
	is(said_of("{'properties':{'region':{}}}", SCOPE, "{'region':'us-east-1'}", FENCE_NAMED),
	    "this tool takes no account, so nobody can tell whether it keeps to those of this task "
	    "(111122223333, 222233334444); do without it",
	    "one of two is not enough");
	is(said_of("{'properties':{'region':{}}}", ACCOUNT, "{'account_id':'111122223333'}",
	       FENCE_NAMED),
	    "", "one that the schema does not have, if the call names it");
}

/* A value somewhere in a tree of arguments, and a schema that may speak of it.  Texts with ' for ".
 */
struct tree {
	struct buf schema, args;
};

/* Append a text, in which "@" stands for one, "#" for another. */
static void
fill(struct buf *b, const char *text, const char *at, const char *hash)
{
	for (; *text; text++) {
		if (*text == '@')
			buf_puts(b, at);
		else if (*text == '#')
			buf_puts(b, hash);
		else
			buf_putc(b, *text);
	}
}

/* The ways in which a schema speaks of a part of a value: of a member @, or of an item. */
static const char *const ways[] = { "{'properties':{'@':#,'other':{}}}",
	"{'additionalProperties':#}", "{'patternProperties':{'.':#}}",
	"{'anyOf':[{'type':'object'},{'properties':{'@':#}}]}",
	"{'allOf':[{'oneOf':[{'required':['never']},{'properties':{'@':#}}]}]}",
	"{'if':{},'else':{'properties':{'@':#}}}", "{'not':{'not':{'properties':{'@':#}}}}",
	"{'dependencies':{'x':{'properties':{'@':#}}}}", "{'items':#}", "{'items':[{},#]}",
	"{'items':[{}],'additionalItems':#}", "{'contains':#}" };

enum { WAYS_OF_OBJECTS = 8, WAYS = sizeof ways / sizeof *ways };

/* Put what is there into an object or an array. */
static void
wrap(struct tree *t, uint64_t way, const char *name)
{
	struct tree whole = { { 0 }, { 0 } };

	fill(&whole.schema, ways[way], name, t->schema.p);
	fill(&whole.args,
	    way < WAYS_OF_OBJECTS ? "{'noise':111122223333,'@':#,'more':null}"
				  : "['222233334444',#,null]",
	    name, t->args.p);
	buf_release(&t->schema);
	buf_release(&t->args);
	*t = whole;
}

/* The ways an account can be written; @: the one that is asked after. */
static const char *const forms[] = { "'@'", "' @ '", "'111122223333, @'",
	"'111122223333\\t\\n@,222233334444'", "['@']", "['111122223333','@']",
	"[['222233334444',['@']]]", "@", "[111122223333,@]", "{'111122223333':'@'}",
	"{'@':'111122223333'}", "{'111122223333':['111122223333 @']}" };

static void
make_tree(struct tree *t, uint64_t seed, const char *account)
{
	static const char *const marked[] = { "account_id", "AccountIds", "aws-accounts" };
	bool is_by_name;

	box_state = seed;
	is_by_name = box_random(2);
	buf_puts(&t->schema, is_by_name ? "{}" : "{'x-legwork-scope':'account'}");
	fill(&t->args, forms[box_random(sizeof forms / sizeof *forms)], account, "");
	if (is_by_name)
		wrap(t, box_random(WAYS_OF_OBJECTS), marked[box_random(3)]);
	if (is_by_name && box_random(2)) {
		buf_release(&t->schema); /* it is silent */
		buf_puts(&t->schema, "{}");
	}
	for (uint64_t depth = box_random(6); depth > 0; depth--)
		wrap(t, box_random(WAYS), "inner");
	wrap(t, box_random(WAYS_OF_OBJECTS), "outer");
}

static const char *
said_of_tree(uint64_t seed, const char *account, struct tree *t)
{
	*t = (struct tree){ { 0 }, { 0 } };
	make_tree(t, seed, account);
	return said_of(t->schema.p, ACCOUNT, t->args.p, FENCE_TRUSTED);
}

/* Wherever an account stands, in whatever form and however the schema says that it is one. */
static void
test_anywhere(void)
{
	int found = 0, free_of = 0;
	enum { TREES = 3000 };

	for (uint64_t seed = 1; seed <= TREES; seed++) {
		struct tree t;
		bool is_found = strstr(said_of_tree(seed, "444455556666", &t), "444455556666 is");

		if (!is_found)
			printf("# seed %d: %s of %s\n", (int)seed, t.args.p, t.schema.p);
		found += is_found;
		buf_release(&t.schema);
		buf_release(&t.args);
		free_of += *said_of_tree(seed, "222233334444", &t) == '\0';
		buf_release(&t.schema);
		buf_release(&t.args);
	}
	is_int(found, TREES, "an account that is out of scope is found wherever it is");
	is_int(free_of, TREES, "and one that is in scope is let through there");
}

/* Arguments and schemas that are made to take long. */
static void
test_cost(void)
{
	int64_t begin_ms = clock_mono_ms();
	struct buf schema = { 0 }, args = { 0 };

	buf_puts(&schema, "{'additionalProperties':{'anyOf':[{}");
	for (int i = 0; i < 2000; i++)
		buf_puts(&schema, ",{}");
	buf_puts(&schema, "]}}");
	buf_puts(&args, "{'a':1");
	for (int i = 0; i < 2000; i++)
		buf_printf(&args, ",'a%d':1", i);
	buf_puts(&args, "}");
	ok(strstr(said_of(schema.p, SCOPE, args.p, FENCE_HARMLESS), "takes too many steps"),
	    "what takes too long is refused");
	ok(clock_mono_ms() - begin_ms < 5000, "soon");
	buf_release(&schema);
	buf_release(&args);
}

int
main(void)
{
	test_values();
	test_kinds();
	test_arns();
	test_json();
	test_schemas();
	test_need();
	test_anywhere();
	test_cost();
	return done_testing();
}
