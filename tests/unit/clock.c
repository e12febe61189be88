#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "tap.h"

static int64_t
parsed(const char *text)
{
	int64_t ms = 0;

	return clock_parse(text, &ms) ? ms : INT64_MIN;
}

static const char *
shown(int64_t ms)
{
	static char text[CLOCK_TEXT];

	return clock_format(ms, text);
}

static void
test_format(void)
{
	is(shown(0), "1970-01-01T00:00:00.000Z", "the epoch");
	is(shown(1795176000123), "2026-11-20T12:00:00.123Z", "milliseconds are shown");
	is(shown(-1), "1969-12-31T23:59:59.999Z", "a time before the epoch");
	is(shown(INT64_MAX), "9999-12-31T23:59:59.999Z", "too late is the end of year 9999");
	is(shown(INT64_MIN), "0000-01-01T00:00:00.000Z", "too early is the start of year 0");
}

static void
test_parse(void)
{
	is_int(parsed("2026-11-20T12:00:00.123Z"), 1795176000123, "UTC with milliseconds");
	is_int(parsed("2026-11-20t12:00:00z"), 1795176000000, "no fraction, small letters");
	is_int(parsed("2026-11-20 14:30:00+02:30"), 1795176000000, "an offset to the east");
	is_int(parsed("2026-11-20T04:00:00.5-08:00"), 1795176000500, "an offset to the west");
	is_int(parsed("2026-11-20T12:00:00.123999999Z"), 1795176000123, "a fine fraction is cut");
	is_int(parsed("1969-12-31T23:59:59.9Z"), -100, "a fraction before the epoch");
	is_int(parsed("2024-02-29T00:00:00Z"), 1709164800000, "a leap day");
	is_int(parsed("2016-12-31T23:59:60Z"), 1483228800000, "a leap second");
	is_int(parsed("2017-01-01T00:59:60+01:00"), 1483228800000, "a leap second elsewhere");
	is_int(parsed(shown(-62167219200000)), -62167219200000, "the first time there is");
	is_int(parsed(shown(253402300799999)), 253402300799999, "the last time there is");
}

static void
test_refusals(void)
{
	static const char *const wrong[] = { "", "2026", "2026-11-20", "2026-11-20T12:00:00",
		"2026-11-20T12:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2025-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-20T24:00:00Z",
		"2026-11-20T12:60:00Z", "2026-11-20T12:00:61Z", "2026-11-20T12:00:60Z",
		"2026-11-20T12:00:00.Z", "2026-11-20T12:00:00,5Z", "2026-11-20T12:00:00+0200",
		"2026-11-20T12:00:00+24:00", "2026-11-20T12:00:00Z ", " 2026-11-20T12:00:00Z",
		"2026-11-20X12:00:00Z", "26-11-20T12:00:00Z", "2026-1-20T12:00:00Z",
		"+026-11-20T12:00:00Z", "now" };

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char fact[100];

		snprintf(fact, sizeof fact, "'%s' is not a time", wrong[i]);
		ok(parsed(wrong[i]) == INT64_MIN, fact);
	}
}

/* The system's time; time(NULL) may be a tick behind it. */
static int64_t
system_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
test_now(void)
{
	int64_t before, now, after;

	setenv("LEGWORK_NOW", "2026-11-20T12:00:00Z", 1);
	is_int(clock_now_ms(), 1795176000000, "LEGWORK_NOW pins the wall clock");
	before = system_ms();
	setenv("LEGWORK_NOW", "noon", 1);
	now = clock_now_ms();
	after = system_ms();
	ok(now >= before && now <= after, "a pin that is no time is ignored");
	unsetenv("LEGWORK_NOW");
	before = system_ms();
	now = clock_now_ms();
	after = system_ms();
	ok(now >= before && now <= after, "the wall clock is the system's");
	before = clock_mono_us();
	now = clock_mono_ms();
	after = clock_mono_us();
	ok(before / 1000 <= now && now <= after / 1000, "both monotonic clocks are one");
}

/* Every seventh day of ten thousand years, as libc says it. */
static void
test_calendar(void)
{
	char text[CLOCK_TEXT], want[CLOCK_TEXT];
	int wrong = 0;

	for (int64_t day = -719528; day < 2932897; day += 7) {
		int64_t ms = day * 86400000 + (day * 12345677 % 86400000 + 86400000) % 86400000,
			back;
		time_t secs = (time_t)((ms - ((ms % 1000) + 1000) % 1000) / 1000);
		struct tm tm;

		clock_format(ms, text);
		strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S", gmtime_r(&secs, &tm));
		if (tm.tm_year + 1900 >= 1000) /* strftime pads no year */
			wrong += memcmp(text, want, 19) != 0;
		wrong += !clock_parse(text, &back) || back != ms;
	}
	is_int(wrong, 0, "dates are libc's, and read back the same");
}

int
main(void)
{
	test_format();
	test_parse();
	test_refusals();
	test_now();
	test_calendar();
	return done_testing();
}
