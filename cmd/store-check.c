/* store-check - verify the journal, and the index against it */
#include <stdio.h>
#include <unistd.h>

#include "card.h"
#include "err.h"
#include "opt.h"
#include "store.h"

static struct view view;
static bool salvage;

static const struct opt opts[] = {
	{ 0, "salvage", NULL,
	    "if the journal is damaged, go on without what is bad, keeping it aside",
	    .set = &salvage },
	VIEW_FORMAT(view), VIEW_JQ(view), { 0 }
};

static const struct cmd cmd = { "store-check", "verify the journal, and the index against it", "",
	opts, 0 };

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

/* Only a journal that is damaged is salvaged: what is whole stays as it is. */
static jv
check_or_salvage(struct store *s)
{
	struct salvage_report saved = { .lines = 0 };
	struct disk_report report;
	bool is_saved = false;
	char why[512];
	jv record;

	if (store_check(s, &report) < 0) {
		if (err_code() != EX_DATAERR)
			err_exit();
		if (!salvage) {
			snprintf(why, sizeof why, "%s", err_text());
			err_set(EX_DATAERR, "%s; --salvage goes on with what is good", why);
			err_exit();
		}
		err_print();
		if (store_salvage(s, &saved) < 0 || store_check(s, &report) < 0)
			err_exit();
		is_saved = true;
	}
	record = record_of(s, &report);
	if (is_saved) {
		record = json_set_string(record, "journal", "salvaged");
		record = json_set_int(record, "lines_kept", (int64_t)saved.lines);
		record = json_set_int(record, "bytes_dropped", (int64_t)saved.dropped_bytes);
	}
	return record;
}

int
main(int argc, char *argv[])
{
	struct store *s;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (view_open(&view, &card_fields, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()))
		err_exit();
	view_add(&view, NULL, check_or_salvage(s));
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
