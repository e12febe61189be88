/*
 * parse.c - short texts that people write: times, ids, durations
 */
#include <ctype.h>
#include <uuid/uuid.h>

#include "clock.h"
#include "fuzz.h"
#include "id.h"
#include "opt.h"

static const int64_t first_ms = -62167219200000, last_ms = 253402300799999;

static void
check_time(const char *text)
{
	int64_t ms = INT64_MIN, again = 0, want;
	char shown[CLOCK_TEXT];

	if (!clock_parse(text, &ms))
		return;
	/* an offset may lead out of the years 0 to 9999 by a day */
	fuzz_fact(ms >= first_ms - 86400000 && ms <= last_ms + 86400000);
	want = ms < first_ms ? first_ms : ms > last_ms ? last_ms : ms;
	fuzz_fact(clock_format(ms, shown) == shown && strlen(shown) == CLOCK_TEXT - 1);
	fuzz_fact(clock_parse(shown, &again) && again == want);
	/* what is in UTC is shown as it was written, but a leap second */
	if (strchr("Zz", text[strlen(text) - 1]) && strncmp(text + 17, "60", 2) != 0)
		fuzz_fact(!strncmp(shown, text, 10) && !strncmp(shown + 11, text + 11, 8));
}

static void
check_milliseconds(const uint8_t *data, size_t size)
{
	char shown[CLOCK_TEXT];
	int64_t ms = 0, again;

	memcpy(&ms, data, size < sizeof ms ? size : sizeof ms);
	clock_format(ms, shown);
	fuzz_fact(clock_parse(shown, &again));
	fuzz_fact(again == ms || ms < first_ms || ms > last_ms);
}

static void
check_id(const char *text)
{
	char derived[ID_TEXT], again[ID_TEXT], other[ID_TEXT];
	uuid_t id;

	if (!id_is_full(text)) {
		fuzz_fact(!id_is_prefix(text) || strlen(text) < ID_TEXT - 1);
		return;
	}
	fuzz_fact(strlen(text) == ID_TEXT - 1 && id_is_prefix(text));
	fuzz_fact(uuid_parse(text, id) == 0);
	uuid_unparse_lower(id, again);
	fuzz_fact(!strcmp(text, again));
	fuzz_fact(id_is_full(id_derive(text, "a", derived)));
	fuzz_fact(!strcmp(derived, id_derive(text, "a", again)));
	fuzz_fact(strcmp(derived, id_derive(text, "b", other)) != 0);
	for (size_t len = strlen(text); len-- > 0;) {
		snprintf(again, sizeof again, "%.*s", (int)len, text);
		fuzz_fact(id_is_prefix(again) == (len >= ID_PREFIX_MIN));
	}
}

static void
check_duration(const char *text)
{
	long long ms = opt_duration_ms(text);

	fuzz_fact(ms >= -1);
	if (ms < 0)
		return;
	fuzz_fact(isdigit((unsigned char)text[*text == '.']));
	/* "part of a millisecond counts as one" */
	fuzz_fact((ms == 0) == (strpbrk(text, "123456789") == NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);

	check_time(text);
	check_milliseconds(data, size);
	check_id(text);
	check_duration(text);
	free(text);
	return 0;
}
