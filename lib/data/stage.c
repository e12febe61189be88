#include "stage.h"
#include "err.h"

enum { FLUSH_BYTES = 64 << 10 };

int
stage_run(struct lines *in, struct out *out, int (*take)(void *arg, jv object), void *arg)
{
	enum lines_result rc;
	int status = 0, its;
	jv object;

	while ((rc = lines_next_object(in, &object)) == LINES_OK || rc == LINES_BAD) {
		its = rc == LINES_BAD ? err_print() : take(arg, object);
		status = its ? its : status;
		if ((out->buf.len > FLUSH_BYTES || !lines_is_ready(in)) && out_flush(out) < 0)
			return err_print();
	}
	if (rc == LINES_FAIL || out_flush(out) < 0)
		return err_print();
	return status;
}
