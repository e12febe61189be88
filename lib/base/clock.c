#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

/* What four digits of a year can show: 0000-01-01 to 9999-12-31. */
static const int64_t first_ms = -62167219200000, last_ms = 253402300799999;

static const int64_t DAY_MS = 86400000;

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

/*
 * Days since 1970-01-01 of a date in the Gregorian calendar, and back: years begin in March, so
 * that the day that comes and goes is the last one.  libc's functions read the time zone for this,
 * though there is none in it.
 */
static int64_t
days_of(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1, era = (y >= 0 ? y : y - 399) / 400;
	int year_of_era = y - era * 400, day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * INT64_C(146097) + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

static void
date_of(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int day_of_era = (int)(z - era * 146097);
	int year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int from_march = (5 * day_of_year + 2) / 153;

	*day = day_of_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = (int)(year_of_era + era * 400) + (*month <= 2);
}

/* Writes n with so many digits, and what follows them; returns what is behind. */
static char *
put_number(char *to, int digits, int n, char behind)
{
	for (int i = digits; i-- > 0; n /= 10)
		to[i] = (char)('0' + n % 10);
	to[digits] = behind;
	return to + digits + 1;
}

const char *
clock_format(int64_t ms, char text[CLOCK_TEXT])
{
	int64_t days;
	int year, month, day, rest;
	char *p = text;

	ms = ms < first_ms ? first_ms : ms > last_ms ? last_ms : ms;
	days = (ms >= 0 ? ms : ms - DAY_MS + 1) / DAY_MS;
	rest = (int)(ms - days * DAY_MS);
	date_of(days, &year, &month, &day);
	p = put_number(p, 4, year, '-');
	p = put_number(p, 2, month, '-');
	p = put_number(p, 2, day, 'T');
	p = put_number(p, 2, rest / 3600000, ':');
	p = put_number(p, 2, rest / 60000 % 60, ':');
	p = put_number(p, 2, rest / 1000 % 60, '.');
	p = put_number(p, 3, rest % 1000, 'Z');
	*p = '\0';
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

/* What a text says, number by number. */
struct moment {
	int year, month, day, hour, minute, second;
};

static bool
take_date(const char **p, struct moment *m)
{
	return take_number(p, 4, 0, 9999, &m->year) && take_char(p, "-") &&
	       take_number(p, 2, 1, 12, &m->month) && take_char(p, "-") &&
	       take_number(p, 2, 1, 31, &m->day);
}

static bool
take_time(const char **p, struct moment *m)
{
	return take_number(p, 2, 0, 23, &m->hour) && take_char(p, ":") &&
	       take_number(p, 2, 0, 59, &m->minute) && take_char(p, ":") &&
	       take_number(p, 2, 0, 60, &m->second);
}

bool
clock_parse(const char *text, int64_t *ms)
{
	int part, offset_s, year, month, day;
	struct moment m;
	int64_t days, secs;

	if (!take_date(&text, &m) || !take_char(&text, "Tt ") || !take_time(&text, &m) ||
	    !take_fraction(&text, &part) || !take_offset(&text, &offset_s) || *text)
		return false;
	days = days_of(m.year, m.month, m.day);
	date_of(days, &year, &month, &day);
	secs = days * 86400 + m.hour * 3600 + m.minute * 60 + m.second - offset_s;
	if (day != m.day || (m.second == 60 && secs % 86400 != 0))
		return false;
	*ms = secs * 1000 + part;
	return true;
}
