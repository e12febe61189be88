/* store-compact - shrink the journal to what still counts */
#include <unistd.h>

#include "err.h"
#include "lines.h"
#include "opt.h"
#include "store.h"

static const struct opt opts[] = { { 0 } };

static const struct cmd cmd = { "store-compact", "shrink the journal to what still counts", "",
	opts, false };

int
main(int argc, char *argv[])
{
	struct out out = { .fd = STDOUT_FILENO };
	struct compact_report report;
	struct store *s;
	jv record;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (!(s = store_open()) || store_compact(s, &report) < 0)
		err_exit();
	record = json_set_string(jv_object(), "store", store_path(s));
	record = json_set_int(record, "revision", (int64_t)report.revision);
	record = json_set_int(record, "records", (int64_t)report.records);
	record = json_set_int(record, "bytes_before", (int64_t)report.bytes_before);
	record = json_set_int(record, "bytes_after", (int64_t)report.bytes_after);
	out_json(&out, record);
	store_close(s);
	return out_flush(&out) < 0 ? err_print() : 0;
}
