/* agent-rm - remove agents from the crew */
#include "agent.h"
#include "deed.h"
#include "err.h"
#include "opt.h"
#include "person.h"

static const struct opt opts[] = { { 0 } };

static const struct cmd cmd = { "agent-rm", "remove agents from the crew", "ROLE ...", opts, 0 };

/* All of them, or none where one is not there. */
static int
remove_all(void *arg, struct tx *tx)
{
	for (char **roles = arg; *roles; roles++)
		if (agent_remove(tx, *roles) < 0)
			return -1;
	return 0;
}

int
main(int argc, char *argv[])
{
	char **roles = opt_parse(&cmd, argv);
	struct store *s;

	(void)argc;
	if (!*roles)
		opt_usage(&cmd, "want a role");
	if (!(s = store_open()) || person_check(s, "remove_refused", "removes no agent") < 0 ||
	    deed_change(s, remove_all, roles) < 0)
		err_exit();
	store_close(s);
	return 0;
}
