#include "scope.h"
#include "domain.h"

/* JSON of it, or the error; in a place that the next call uses again. */
static const char *
shown(jv v)
{
	static struct buf b;

	b.len = 0;
	if (jv_is_valid(v)) {
		json_dump(&b, v);
		return b.p;
	}
	jv_free(v);
	return err_text();
}

static void
test_forms(void)
{
	static const char *const accounts[] = { "", "1", "11112222333", "1111222233334",
		"11112222333a", " 111122223333", "1111-2222-3333", "current", "\xd9\xa1" };
	static const char *const regions[] = { "", "us", "us-east", "us-1", "us-east-",
		"us-east-1a", "US-EAST-1", "us_east_1", "us-east-123", "-east-1", "us--1", "global",
		"u-east-1", "useast-x-1", " us-east-1", "us-east-1,eu-west-1" };

	is_int(scope_check_account("111122223333"), 0, "an account");
	is_int(scope_check_account("000000000000"), 0, "an account of zeros");
	for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
		is_int(scope_check_account(accounts[i]), -1, accounts[i]);
	is_int(err_code(), EX_DATAERR, "no account: 65");
	is_int(scope_check_region("us-east-1"), 0, "a region");
	is_int(scope_check_region("us-gov-west-1"), 0, "of four parts");
	is_int(scope_check_region("eusc-de-east-1"), 0, "of a long beginning");
	is_int(scope_check_region("ap-southeast-12"), 0, "with two digits");
	for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
		is_int(scope_check_region(regions[i]), -1, regions[i]);
	is(err_text(),
	    "region us-east-1,eu-west-1: a region is written like us-east-1; find out which one it "
	    "is",
	    "no region: what to do");
}

static void
test_lists(void)
{
	is(shown(scope_list(jv_string("a, b\tc,,a"))), "[\"a\",\"b\",\"c\"]", "a string is parted");
	is(shown(scope_list(json_parse("[\"a b\",\"c\",\"b\"]", 15))), "[\"a\",\"b\",\"c\"]",
	    "so are those in an array; each is there once");
	is(shown(scope_list(jv_string(" , "))), "want one or more, as a list of strings",
	    "nothing in a string");
	is(shown(scope_list(jv_array())), "want one or more, as a list of strings",
	    "nothing in an array");
	is(shown(scope_list(json_parse("[\"a\",1]", 7))), "want one or more, as a list of strings",
	    "a number among them");
	is(shown(scope_list(jv_number(1))), "want one or more, as a list of strings", "a number");
}

static void
refuses(const char *text, const char *why)
{
	jv scope = record("%s", text);

	is_int(scope_check(scope, false), -1, text);
	is(err_text(), why, "it says why");
	jv_free(scope);
}

static void
test_check(void)
{
	jv scope = record("{'account_ids':['111122223333'],'regions':['us-east-1'],'x':1}"), other;

	is_int(scope_check(scope, false), 0, "a scope");
	jv_free(scope);
	scope = record("{'account_ids':null}");
	is_int(scope_check(scope, false), 0, "null is not there");
	is_int(scope_limits(scope, SCOPE_ACCOUNT), false, "and does not limit");
	jv_free(scope);
	refuses("{'account_ids':[]}",
	    "scope.account_ids: is empty; leave it out where every account may be used");
	refuses("{'regions':'us-east-1'}", "scope.regions: want a list");
	refuses("{'account_ids':['1']}", "scope.account_ids: account 1: an account id is 12 "
					 "digits; find out which one it is");
	refuses("{'account_ids':[111122223333]}", "scope.account_ids: want strings of at most 64 "
						  "bytes, without blanks and commas");
	other = record("{'account_ids':['prod'],'regions':['moon']}");
	is_int(scope_check(other, true), 0, "of another world");
	jv_free(other);
	other = record("{'account_ids':['a,b']}");
	is_int(scope_check(other, true), -1, "even there no comma is in it");
	jv_free(other);
}

static bool
allows(const char *task, enum scope_kind kind, const char *text)
{
	jv record_of = record("%s", task), scope = scope_of(record_of);
	bool is_allowed = scope_allows(scope, kind, text, strlen(text));

	jv_free(scope);
	jv_free(record_of);
	return is_allowed;
}

static void
test_allows(void)
{
	const char *task = "{'scope':{'account_ids':['111122223333']}}";

	ok(allows(task, SCOPE_ACCOUNT, "111122223333"), "what is in it");
	ok(!allows(task, SCOPE_ACCOUNT, "0111122223333"), "not with a zero before it");
	ok(!allows(task, SCOPE_ACCOUNT, "11112222333"), "not a part of it");
	ok(!allows(task, SCOPE_ACCOUNT, ""), "not nothing");
	ok(allows(task, SCOPE_REGION, "us-east-1"), "what is not limited");
	ok(allows("{}", SCOPE_ACCOUNT, "1"), "without a scope, all");
	ok(allows("{'scope':null}", SCOPE_ACCOUNT, "1"), "the same for null");
	ok(!allows("{'scope':'x'}", SCOPE_ACCOUNT, "x"), "what is no scope allows nothing");
	ok(!allows("{'scope':{'account_ids':'x'}}", SCOPE_ACCOUNT, "x"), "nor what is no list");
	ok(!allows("{'scope':{'account_ids':[]}}", SCOPE_ACCOUNT, "x"), "nor an empty one");
}

static bool
within(const char *child, const char *parent)
{
	jv c = record("%s", child), p = record("%s", parent);
	bool is_within = scope_is_within(c, p);

	jv_free(c);
	jv_free(p);
	return is_within;
}

static void
test_within(void)
{
	const char *both = "{'account_ids':['a','b'],'regions':['r']}";

	ok(within(both, both), "the same");
	ok(within("{'account_ids':['b'],'regions':['r']}", both), "less");
	ok(within(both, "{}"), "anything in everything");
	ok(within("{}", "{}"), "everything in everything");
	ok(!within("{'account_ids':['b','c'],'regions':['r']}", both), "one too many");
	is_int(err_code(), EX_NOPERM, "77");
	is(err_text(), "scope.account_ids: c is outside of your scope; name some of yours",
	    "which");
	ok(!within("{'account_ids':['a']}", both), "no limit where there is one");
	is(err_text(), "scope.regions: every region would be too much; name some of yours",
	    "which list");
	ok(!within("{'account_ids':[1],'regions':['r']}", both), "no string");
}

int
main(void)
{
	test_forms();
	test_lists();
	test_check();
	test_allows();
	test_within();
	return done_testing();
}
