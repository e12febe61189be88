/* store-check - verify the journal, and the index against it */
#include <stdio.h>
#include <unistd.h>

#include "err.h"
#include "lines.h"
#include "opt.h"
#include "store.h"

static const struct opt opts[] = { { 0 } };

static const struct cmd cmd = { "store-check", "verify the journal, and the index against it", "",
	opts, false };

static jv
record_of(const struct store *s, const struct disk_report *report)
{
	jv record = json_set_string(jv_object(), "store", store_path(s));

	record = json_set_int(record, "revision", (int64_t)report->head.revision);
	record = json_set_int(record, "segments", report->head.segment);
	record = json_set_int(record, "records", (int64_t)report->records);
	record = json_set_string(record, "journal", "ok");
	record = json_set_string(record, "index", report->was_index_right ? "ok" : "rebuilt");
	return report->was_poisoned ? json_set_string(record, "poison", "cleared") : record;
}

int
main(int argc, char *argv[])
{
	struct out out = { .fd = STDOUT_FILENO };
	struct disk_report report;
	struct store *s;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (!(s = store_open()) || store_check(s, &report) < 0)
		err_exit();
	out_json(&out, record_of(s, &report));
	store_close(s);
	return out_flush(&out) < 0 ? err_print() : 0;
}
