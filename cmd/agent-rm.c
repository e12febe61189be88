/* agent-rm - remove agents from the crew */
#include "agent.h"
#include "err.h"
#include "opt.h"
#include "person.h"

static const struct opt opts[] = { { 0 } };

static const struct cmd cmd = { "agent-rm", "remove agents from the crew", "ROLE ...", opts, 0 };

/* All of them, or none where one is not there. */
static enum store_result
remove_all(struct store *s, char **roles)
{
	struct tx *tx = store_begin(s);

	if (!tx)
		return STORE_FAIL;
	for (; *roles; roles++)
		if (agent_remove(tx, *roles) < 0) {
			store_fail(tx);
			break;
		}
	return store_commit(tx, STORE_DURABLE);
}

int
main(int argc, char *argv[])
{
	char **roles = opt_parse(&cmd, argv);
	enum store_result rc;
	struct store *s;

	(void)argc;
	if (!*roles)
		opt_usage(&cmd, "want a role");
	if (!(s = store_open()) || person_check(s, "remove_refused", "removes no agent") < 0)
		err_exit();
	while ((rc = remove_all(s, roles)) == STORE_AGAIN)
		;
	store_close(s);
	return rc == STORE_OK ? 0 : err_print();
}
