#include "deed.h"

#include "err.h"
#include "may.h"

static bool
is_refusal(void)
{
	return err_code() == EX_NOPERM || err_code() == EX_TEMPFAIL;
}

int
deed_look(struct store *s, deed_step *step, void *arg)
{
	struct tx *tx = store_read(s);
	int done;

	if (!tx)
		return -1;
	if ((done = step(arg, tx)) >= 0)
		return store_end(tx) < 0 ? -1 : done;
	return store_abandon(tx) == STORE_OK && is_refusal() ? deed_change(s, step, arg) : -1;
}

int
deed_change(struct store *s, deed_step *step, void *arg)
{
	enum store_result rc;
	int done;

	do {
		struct tx *tx = store_begin(s);

		if (!tx)
			return -1;
		if ((done = step(arg, tx)) >= 0)
			rc = store_commit(tx, STORE_DURABLE);
		else
			rc = is_refusal() ? may_settle(tx) : store_abandon(tx);
	} while (rc == STORE_AGAIN);
	return rc == STORE_OK ? done : -1;
}
