#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "id.h"
#include "tap.h"

#define DNS "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

static void
test_new(void)
{
	char a[ID_TEXT], b[ID_TEXT];

	ok(id_new(a) == a, "the text is returned");
	id_new(b);
	ok(id_is_full(a) && id_is_full(b), "new ids are whole UUIDs");
	ok(a[14] == '4' && strchr("89ab", a[19]), "new ids are of version 4");
	ok(strcmp(a, b), "new ids differ");
}

static void
test_derive(void)
{
	char a[ID_TEXT], b[ID_TEXT];

	is(id_derive(DNS, "www.example.com", a), "2ed6657d-e927-568b-95e1-2665a8aea6a2",
	    "a derived id is RFC 4122's version 5");
	is(id_derive(DNS, "www.example.com", b), a, "the same name gives the same id");
	ok(strcmp(id_derive(a, "www.example.com", b), a), "another namespace gives another id");
	ok(strcmp(id_derive(DNS, "", b), a), "a name may be empty");
}

static void
test_shape(void)
{
	ok(id_is_full(DNS), "a UUID is whole");
	ok(!id_is_full("6ba7b810-9dad-11d1-80b4-00c04fd430c"), "a character short is not");
	ok(!id_is_full(DNS "0"), "a character more is not");
	ok(!id_is_full("6BA7B810-9dad-11d1-80b4-00c04fd430c8"), "upper case is not");
	ok(!id_is_full("6ba7b810x9dad-11d1-80b4-00c04fd430c8"), "a wrong separator is not");
	ok(!id_is_full(""), "nothing is not");
	ok(id_is_prefix("6ba7"), "four characters are a prefix");
	ok(id_is_prefix("6ba7b810-"), "a prefix may end in a dash");
	ok(id_is_prefix(DNS), "a whole UUID is a prefix");
	ok(!id_is_prefix("6ba"), "three characters are none");
	ok(!id_is_prefix("6ba7b8109"), "a digit in a dash's place makes none");
	ok(!id_is_prefix("task"), "a word is none");
	ok(!id_is_prefix(DNS "0"), "more than a UUID is none");
}

static void
test_user(void)
{
	struct passwd *pw = getpwuid(geteuid());

	setenv("LEGWORK_USER", "bo", 1);
	is(id_user("ann"), "ann", "the user who is given acts");
	is(id_user(NULL), "bo", "else LEGWORK_USER");
	setenv("LEGWORK_USER", "", 1);
	setenv("LOGNAME", "cy", 1);
	is(id_user(NULL), "cy", "else LOGNAME; empty is unset");
	unsetenv("LOGNAME");
	is(id_user(NULL), pw ? pw->pw_name : "nobody", "else the login name; empty is unset");
	unsetenv("LEGWORK_USER");
}

int
main(void)
{
	test_new();
	test_derive();
	test_shape();
	test_user();
	return done_testing();
}
