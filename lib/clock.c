#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

/* What four digits of a year can show: 0000-01-01 to 9999-12-31. */
static const int64_t first_ms = -62167219200000, last_ms = 253402300799999;

int64_t
clock_now_ms(void)
{
	const char *pinned = getenv("LEGWORK_NOW");
	struct timespec now;
	int64_t ms;

	if (pinned && clock_parse(pinned, &ms))
		return ms;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_mono_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

const char *
clock_format(int64_t ms, char text[CLOCK_TEXT])
{
	char whole[96];
	struct tm tm;
	time_t secs;
	int part;

	ms = ms < first_ms ? first_ms : ms > last_ms ? last_ms : ms;
	part = (int)(ms % 1000);
	part += part < 0 ? 1000 : 0;
	secs = (time_t)((ms - part) / 1000);
	gmtime_r(&secs, &tm);
	snprintf(whole, sizeof whole, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, part);
	memcpy(text, whole, CLOCK_TEXT);
	return text;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly `digits` digits, in [min, max]; moves *p behind them. */
static bool
take_number(const char **p, int digits, int min, int max, int *number)
{
	*number = 0;
	for (; digits > 0; digits--) {
		if (!is_digit(**p))
			return false;
		*number = *number * 10 + (*(*p)++ - '0');
	}
	return *number >= min && *number <= max;
}

/* One character out of `any`; moves *p behind it. */
static bool
take_char(const char **p, const char *any)
{
	return **p && strchr(any, *(*p)++);
}

/* What may follow the seconds: a fraction, of which milliseconds are kept. */
static bool
take_fraction(const char **p, int *part)
{
	int weight = 100;

	*part = 0;
	if (**p != '.')
		return true;
	if (!is_digit(*++*p))
		return false;
	for (; is_digit(**p); ++*p, weight /= 10)
		*part += (**p - '0') * weight;
	return true;
}

/* "Z" or "+02:00". */
static bool
take_offset(const char **p, int *offset_s)
{
	char sign = **p;
	int hours, minutes;

	*offset_s = 0;
	if (!take_char(p, "Zz+-"))
		return false;
	if (sign == 'Z' || sign == 'z')
		return true;
	if (!take_number(p, 2, 0, 23, &hours) || !take_char(p, ":") ||
	    !take_number(p, 2, 0, 59, &minutes))
		return false;
	*offset_s = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
	return true;
}

static bool
take_date(const char **p, struct tm *tm)
{
	if (!take_number(p, 4, 0, 9999, &tm->tm_year) || !take_char(p, "-") ||
	    !take_number(p, 2, 1, 12, &tm->tm_mon) || !take_char(p, "-") ||
	    !take_number(p, 2, 1, 31, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon--;
	return true;
}

static bool
take_time(const char **p, struct tm *tm)
{
	return take_number(p, 2, 0, 23, &tm->tm_hour) && take_char(p, ":") &&
	       take_number(p, 2, 0, 59, &tm->tm_min) && take_char(p, ":") &&
	       take_number(p, 2, 0, 60, &tm->tm_sec);
}

bool
clock_parse(const char *text, int64_t *ms)
{
	struct tm tm = { 0 };
	int part, offset_s, day, second;
	int64_t secs;

	if (!take_date(&text, &tm) || !take_char(&text, "Tt ") || !take_time(&text, &tm) ||
	    !take_fraction(&text, &part) || !take_offset(&text, &offset_s) || *text)
		return false;
	day = tm.tm_mday;
	second = tm.tm_sec;
	tm.tm_sec = 0; /* a leap second must not look like a day that does not exist */
	secs = (int64_t)timegm(&tm) + second - offset_s;
	if (tm.tm_mday != day || (second == 60 && secs % 86400 != 0))
		return false;
	*ms = secs * 1000 + part;
	return true;
}
