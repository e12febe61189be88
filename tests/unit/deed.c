/* What a user asks for is done in one transaction, and what is refused is written down. */
#include "deed.h"
#include "domain.h"
#include "may.h"

static int code, calls;

/* Writes something, unless it may not; then ends as `code` says. */
static int
step(void *arg, struct tx *tx)
{
	(void)arg;
	calls++;
	if (code == 0 || code == EX_DATAERR)
		store_put(tx, "note/1", jv_object(), jv_array(), jv_array());
	if (code == 0)
		return 7;
	err_set(code, "no");
	if (code == EX_NOPERM)
		may_refuse(tx, NULL, "bob", MAY_READ);
	return -1;
}

/* Whether the store has the note, and how many entries the audit has. */
static void
leaves(bool has_note, int entries, const char *fact)
{
	struct tx *tx = store_read(domain);

	ok((store_number(tx, "note/1") != 0) == has_note, fact);
	is_int((long long)store_count(tx, "audit"), entries, "... and so many were refused");
	if (store_end(tx) < 0)
		abort();
}

static int
look_only(void *arg, struct tx *tx)
{
	(void)arg;
	return (int)store_count(tx, "audit");
}

int
main(void)
{
	domain_open("deed", 1);
	code = EX_DATAERR;
	is_int(deed_change(domain, step, NULL), -1, "what is wrong fails");
	leaves(false, 0, "and changes nothing");
	code = EX_NOPERM;
	is_int(deed_change(domain, step, NULL), -1, "so does what is refused");
	ok(err_code() == EX_NOPERM && !strcmp(err_text(), "no"), "... as it said");
	leaves(false, 1, "of which the audit is left");
	calls = 0;
	is_int(deed_look(domain, step, NULL), -1, "a look is refused, too");
	is_int(calls, 2, "it is made again, where it can be written down");
	leaves(false, 2, "as it is");
	code = 0;
	is_int(deed_change(domain, step, NULL), 7, "a change is done, and answered");
	leaves(true, 2, "and is there");
	is_int(deed_look(domain, look_only, NULL), 2, "a look is answered, also with a number");
	domain_close();
	return done_testing();
}
