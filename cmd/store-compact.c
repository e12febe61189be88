/* store-compact - shrink the journal to what still counts */
#include <unistd.h>

#include "card.h"
#include "err.h"
#include "opt.h"
#include "store.h"

static struct view view;

static const struct opt opts[] = { VIEW_FORMAT(view), VIEW_JQ(view), { 0 } };

static const struct cmd cmd = { "store-compact", "shrink the journal to what still counts", "",
	opts, 0 };

int
main(int argc, char *argv[])
{
	struct compact_report report;
	struct store *s;
	jv record;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (view_open(&view, &card_fields, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || store_compact(s, &report) < 0)
		err_exit();
	record = json_set_string(jv_object(), "store", store_path(s));
	record = json_set_int(record, "revision", (int64_t)report.revision);
	record = json_set_int(record, "records", (int64_t)report.records);
	record = json_set_int(record, "bytes_before", (int64_t)report.bytes_before);
	record = json_set_int(record, "bytes_after", (int64_t)report.bytes_after);
	view_add(&view, NULL, record);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
