#include "spawned.h"

#include <stdlib.h>

static const char *const phases[] = { "validation", "configuration", "building", "spawning",
	"total" };

enum { PHASES = sizeof phases / sizeof *phases, AT_ONCE = 1000 };

/* What was measured of one phase. */
struct series {
	int64_t *us;
	size_t len;
};

static void
add(struct series *s, int64_t us)
{
	if (us < 0)
		return;
	s->us = xrealloc(s->us, (s->len + 1) * sizeof *s->us);
	s->us[s->len++] = us;
}

/* Takes a record's text, if it has been measured. */
static void
take(struct series series[PHASES], struct scan_text record)
{
	struct scan_text member;
	jv performance;

	if (!scan_member(record, "performance", &member))
		return;
	performance = json_parse_object(member.p, member.len);
	for (size_t i = 0; jv_is_valid(performance) && i < PHASES; i++) {
		char *name = xprintf("%s_us", phases[i]);

		add(&series[i], json_peek_int(performance, name, -1));
		free(name);
	}
	jv_free(performance);
}

/* Looks at the newest tasks, some at a time, so that nobody waits long.  -1 with err. */
static int
collect(struct store *s, struct series series[PHASES])
{
	uint64_t n = 0;
	int looked = 0;

	do {
		struct tx *tx = store_read(s);
		struct scan_text record;

		if (!tx)
			return -1;
		for (int i = 0; i < AT_ONCE && (n = store_prev(tx, "tasks", n)) != 0; i++, looked++)
			if (store_peek(tx, n, &record))
				take(series, record);
		if (store_end(tx) < 0)
			return -1;
	} while (n != 0 && looked < SPAWNED_LOOK_BACK);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The value that so many of a hundred do not exceed (the nearest rank); us is in order. */
static int64_t
percentile(const struct series *s, size_t percent)
{
	size_t rank = (s->len * percent + 99) / 100;

	return s->us[rank ? rank - 1 : 0];
}

static jv
summed_up(struct series series[PHASES])
{
	jv lines = jv_array();

	for (size_t i = 0; i < PHASES; i++) {
		struct series *s = &series[i];
		jv line = json_set_string(jv_object(), "phase", phases[i]);

		if (s->len == 0) {
			jv_free(line);
			continue;
		}
		qsort(s->us, s->len, sizeof *s->us, compare);
		line = json_set_int(line, "count", (int64_t)s->len);
		line = json_set_int(line, "p50_us", percentile(s, 50));
		line = json_set_int(line, "p99_us", percentile(s, 99));
		lines = jv_array_append(lines, line);
	}
	return lines;
}

jv
spawned_metrics(struct store *s)
{
	struct series series[PHASES] = { { NULL, 0 } };
	jv lines = collect(s, series) < 0 ? jv_invalid() : summed_up(series);

	for (size_t i = 0; i < PHASES; i++)
		free(series[i].us);
	return lines;
}
