#include "label.h"
#include "domain.h"
#include "schema.h"

enum { ACCOUNT = 1 << SCOPE_ACCOUNT, REGION = 1 << SCOPE_REGION };

static void
test_names(void)
{
	static const char *const accounts[] = { "account", "accounts", "account_id", "account_ids",
		"accountId", "AccountIds", "aws_account", "ACCOUNT-ID", "sourceAccountIds",
		"account_id_list", "account number", "account_name", "region_account" };
	static const char *const regions[] = { "region", "regions", "aws_region", "RegionName",
		"region_codes", "destination-regions", "regionIds", "account_region" };
	static const char *const others[] = { "", "id", "accounting", "account_type", "count",
		"discount", "name", "regional", "s", "ids", "command" };

	for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
		is_int(label_name(accounts[i]), ACCOUNT, accounts[i]);
	for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
		is_int(label_name(regions[i]), REGION, regions[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		is_int(label_name(others[i]), 0, others[i]);
}

/* Which argument a schema declares to be an account. */
static void
declares(const char *text, const char *want)
{
	struct schema *schema = schema_open(record("%s", text));
	jv name = schema ? label_declared(schema, SCOPE_ACCOUNT) : jv_invalid();

	is(jv_is_valid(name) ? jv_string_value(name) : NULL, want, text);
	jv_free(name);
	schema_close(schema);
}

static void
test_declared(void)
{
	declares("{}", NULL);
	declares("{'properties':{'a':{},'account_id':{}}}", "account_id");
	declares("{'properties':{'region':{}}}", NULL);
	declares("{'properties':{'a':{'properties':{'Account':{}}}}}", "Account");
	declares("{'properties':{'who':{'x-legwork-scope':'account'}}}", "who");
	declares("{'properties':{'who':{'items':{'x-legwork-scope':'account'}}}}", "who");
	declares("{'properties':{'who':{'$ref':'#/definitions/w'}},"
		 "'definitions':{'w':{'x-legwork-scope':'account'}}}",
	    "who");
	declares("{'properties':{'who':{'$ref':'#/definitions/w','x-legwork-scope':'account'}},"
		 "'definitions':{'w':{}}}",
	    "who");
	declares("{'definitions':{'w':{'x-legwork-scope':'account'}}}", NULL);
	declares("{'properties':{'account':{'x-legwork-scope':'none'}}}", NULL);
	declares("{'properties':{'account':{'x-legwork-scope':'region'}}}", NULL);
	declares("{'properties':{'a':{'anyOf':[{},{'x-legwork-scope':'account'}]}}}", "a");
	declares("{'propertyNames':{'x-legwork-scope':'account'}}", "the arguments");
	declares("{'properties':{'a':{'$ref':'#'}}}", NULL);
	ok(!schema_open(record("{'x-legwork-scope':'acount'}")), "a mark that is none is refused");
	is(err_text(), "/x-legwork-scope: want account, region or none", "and where it is");
}

int
main(void)
{
	test_names();
	test_declared();
	return done_testing();
}
