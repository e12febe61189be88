/* task-show - print tasks by id */
#include <unistd.h>

#include "ask.h"
#include "err.h"
#include "lines.h"
#include "opt.h"

static const struct opt opts[] = { { 0 } };

static const struct cmd cmd = { "task-show", "print tasks by id", "TASK ...", opts, false };

int
main(int argc, char *argv[])
{
	struct out out = { .fd = STDOUT_FILENO };
	char **ids = opt_parse(&cmd, argv);
	struct store *s;
	int status = 0;

	(void)argc;
	if (!*ids)
		opt_usage(&cmd, "want a task");
	if (!(s = store_open()))
		err_exit();
	for (; *ids; ids++) {
		jv task = ask_record(s, "task", *ids);

		if (jv_is_valid(task))
			out_json(&out, task);
		else
			status = err_print();
	}
	store_close(s);
	return out_flush(&out) < 0 ? err_print() : status;
}
