#include "creation.h"

#include "buf.h"
#include "clock.h"
#include "json.h"

enum {
	SLOW_PHASE_US = 100000,
	WARN_US = 500000,
	SLOW_US = 2000000,
	SEVERE_US = 5000000,
	BOTTLENECK_PERCENT = 30,
};

static const char *const names[CREATION_PHASES] = { "validation", "configuration", "building",
	"spawning" };

void
creation_begin(struct creation *c)
{
	*c = (struct creation){ .mark_us = clock_mono_us() };
}

void
creation_spent(struct creation *c, enum creation_phase phase)
{
	int64_t now_us = clock_mono_us();

	c->us[phase] += now_us - c->mark_us;
	c->mark_us = now_us;
}

static int64_t
total_of(const struct creation *c)
{
	int64_t total = 0;

	for (int i = 0; i < CREATION_PHASES; i++)
		total += c->us[i];
	return total;
}

jv
creation_performance(const struct creation *c)
{
	jv performance = jv_object();

	for (int i = 0; i < CREATION_PHASES; i++)
		performance = jv_object_set(performance, jv_string_fmt("%s_us", names[i]),
		    jv_number((double)c->us[i]));
	return json_set_int(performance, "total_us", total_of(c));
}

static const char *
verdict_of(int64_t total_us)
{
	if (total_us > SEVERE_US)
		return "severe";
	if (total_us > SLOW_US)
		return "slow";
	return total_us > WARN_US ? "warn" : NULL;
}

/* The longest phase, if it has its part of the time; NULL: none. */
static const char *
bottleneck_of(const struct creation *c)
{
	int longest = 0;

	for (int i = 1; i < CREATION_PHASES; i++)
		if (c->us[i] > c->us[longest])
			longest = i;
	return c->us[longest] * 100 > total_of(c) * BOTTLENECK_PERCENT ? names[longest] : NULL;
}

/* The phases that took too long, as names and in words. */
static jv
slow_phases(const struct creation *c, struct buf *words)
{
	jv slow = jv_array();

	for (int i = 0; i < CREATION_PHASES; i++) {
		if (c->us[i] <= SLOW_PHASE_US)
			continue;
		slow = jv_array_append(slow, jv_string(names[i]));
		buf_printf(words, "%s%s took %.0f ms", words->len ? ", " : "", names[i],
		    (double)c->us[i] / 1000);
	}
	return slow;
}

jv
creation_note(const struct creation *c)
{
	const char *verdict = verdict_of(total_of(c)), *bottleneck = bottleneck_of(c);
	struct buf words = { 0 };
	jv note = creation_performance(c), slow = slow_phases(c, &words);

	if (verdict)
		buf_printf(&words, "%sit took %.0f ms in all", words.len ? "; " : "",
		    (double)total_of(c) / 1000);
	if (words.len > 0)
		note = json_set_string(note, "warning", words.p);
	if (jv_array_length(jv_copy(slow)) > 0)
		note = json_set(note, "slow", slow);
	else
		jv_free(slow);
	if (verdict)
		note = json_set_string(note, "verdict", verdict);
	if (verdict && bottleneck)
		note = json_set_string(note, "bottleneck", bottleneck);
	buf_release(&words);
	return note;
}
