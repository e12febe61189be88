#include <math.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "json.h"
#include "policy.h"

enum { DELAY_MAX_MS = 60000, RETRY_AFTER_MAX_MS = 3600000, ATTEMPTS_MAX = 1000000000 };

static const struct policy {
	const char *category;
	int attempts, delay_ms;
} policies[] = { { "tool", 3, 1000 }, { "network", 3, 2000 }, { "service", 5, 1000 },
	{ "rate_limit", 5, 5000 }, { "timeout", 3, 10000 }, { "internal", 2, 5000 } };

static const struct policy lost = { "internal", POLICY_ATTEMPTS, 0 }, none = { "", 1, 0 };

static struct policy
policy_of(jv error)
{
	const char *category = json_peek_string(error, "category"),
		   *code = json_peek_string(error, "code");

	if (code && !strcmp(code, "runner_died"))
		return lost;
	for (size_t i = 0; category && i < sizeof policies / sizeof *policies; i++)
		if (!strcmp(category, policies[i].category))
			return policies[i];
	return none;
}

static double
limit_of(jv task, const char *name, double or)
{
	jv limits = json_get(task, "limits", JV_KIND_OBJECT), value = jv_invalid();

	if (jv_is_valid(limits))
		value = jv_object_get(jv_copy(limits), jv_string(name));
	if (jv_get_kind(value) == JV_KIND_NUMBER)
		or = jv_number_value(value);
	jv_free(value);
	jv_free(limits);
	return or ;
}

int64_t
policy_attempts(jv task)
{
	return json_peek_int(task, "attempt", 0) - json_peek_int(task, "attempts_forgiven", 0);
}

int64_t
policy_most(jv task, jv error)
{
	int attempts = jv_is_valid(error) ? policy_of(error).attempts : POLICY_ATTEMPTS;
	double most = attempts > 1 ? limit_of(task, "max_attempts", attempts) : 1;

	if (!(most < ATTEMPTS_MAX))
		return ATTEMPTS_MAX;
	return (int64_t)most + (most > (double)(int64_t)most); /* ceil is in another library */
}

int64_t
policy_delay_ms(jv task, jv error)
{
	int64_t attempt = policy_attempts(task), after = json_peek_int(error, "retry_after_ms", 0);
	double delay = 1000 * limit_of(task, "retry_delay_s", policy_of(error).delay_ms / 1000.0);
	unsigned char dice = 128;

	if (!json_peek_bool(error, "retryable") || attempt >= policy_most(task, error))
		return -1;
	if (getrandom(&dice, 1, GRND_NONBLOCK) != 1)
		dice = 128;
	if (attempt > 1)
		delay = ldexp(delay, attempt < 32 ? (int)attempt - 1 : 31);
	if (delay > DELAY_MAX_MS)
		delay = DELAY_MAX_MS;
	delay *= 0.75 + dice / 510.0;
	if (after > RETRY_AFTER_MAX_MS)
		after = RETRY_AFTER_MAX_MS;
	return delay < (double)after ? after : (int64_t)delay;
}

/* As many whole characters as fit. */
static jv
cut(const char *text)
{
	size_t len = strlen(text);

	if (len > POLICY_MESSAGE_MAX)
		for (len = POLICY_MESSAGE_MAX;
		     len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	return json_utf8(text, len);
}

jv
policy_note(jv task, jv error)
{
	static const char *const members[] = { "category", "code", "message" };
	jv failures = json_get(task, "failures", JV_KIND_ARRAY), failure;
	char now[CLOCK_TEXT];
	int len;

	if (!jv_is_valid(failures)) {
		jv_free(failures);
		failures = jv_array();
	}
	failure = json_set_int(jv_object(), "attempt", json_peek_int(task, "attempt", 0));
	failure = json_set_string(failure, "at", clock_format(clock_now_ms(), now));
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const char *text = json_peek_string(error, members[i]);

		if (text)
			failure = json_set(failure, members[i], cut(text));
	}
	failures = jv_array_append(failures, failure);
	len = jv_array_length(jv_copy(failures));
	if (len > POLICY_FAILURES)
		failures = jv_array_slice(failures, len - POLICY_FAILURES, len);
	return json_set(task, "failures", failures);
}
