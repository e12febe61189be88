#include "secrets.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config.h"
#include "json.h"
#include "key.h"

/* --- the environment */

static bool
ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !strncasecmp(text + len - n, end, n);
}

/* Case does not matter: some programs want theirs in small letters. */
static bool
is_secret_name(const char *name, size_t len)
{
	static const char *const ends[] = { "_KEY", "APIKEY", "TOKEN", "SECRET", "_PASS", "_PAT" };
	bool is = false;

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		is = is || ends_with(name, len, ends[i]);
	for (size_t i = 0; i + 8 <= len; i++)
		is = is || !strncasecmp(name + i, "PASSWORD", 8);
	return is;
}

static void
gather_variables(struct mask *m)
{
	for (char **at = environ; at && *at; at++) {
		const char *value = strchr(*at, '=');

		if (value && is_secret_name(*at, (size_t)(value - *at)))
			mask_add(m, value + 1, strlen(value + 1));
	}
}

/* --- the models' servers */

static void
gather_provider(struct mask *m, const struct config *c, const char *name, jv entry)
{
	struct provider p;

	if (provider_fill(&p, name, entry, c->folder, false) < 0)
		return; /* nobody can use it */
	jv_array_foreach (p.secrets, i, secret) {
		mask_add(m, jv_string_value(secret),
		    (size_t)jv_string_length_bytes(jv_copy(secret)));
		jv_free(secret);
	}
	provider_release(&p);
}

static void
gather_providers(struct mask *m)
{
	struct config c;
	jv entries;

	config_open(&c);
	entries = json_get(c.file, "providers", JV_KIND_OBJECT);
	if (!jv_is_valid(entries)) {
		jv_free(entries);
		entries = jv_object();
	}
	for (size_t i = 0; provider_known(i); i++)
		if (provider_is_told(provider_known(i)) && !json_has(entries, provider_known(i)))
			gather_provider(m, &c, provider_known(i), jv_invalid());
	jv_object_foreach (entries, name, entry) {
		gather_provider(m, &c, jv_string_value(name), entry);
		jv_free(name);
		jv_free(entry);
	}
	jv_free(entries);
	config_close(&c);
}

/* --- the AWS CLI */

/* "aws_secret_access_key = VALUE" */
static void
take_line(struct mask *m, const char *line, size_t len)
{
	const char *value = memchr(line, '=', len), *end = line + len;

	if (!value || (!memmem(line, (size_t)(value - line), "aws_secret_access_key", 21) &&
			  !memmem(line, (size_t)(value - line), "aws_session_token", 17)))
		return;
	value++;
	while (value < end && strchr(" \t", *value))
		value++;
	while (end > value && strchr(" \t\r", end[-1]))
		end--;
	mask_add(m, value, (size_t)(end - value));
}

/* Those in the file that a variable names, or else in that one of the user's. */
static void
gather_aws(struct mask *m, const char *variable, const char *name)
{
	const char *told = getenv(variable), *home = getenv("HOME");
	char *path = told && *told ? xstrdup(told)
	             : home        ? xprintf("%s/.aws/%s", home, name)
	                           : NULL;
	struct buf text = { 0 };

	if (path && access(path, R_OK) == 0 && key_read_file(path, &text) == 0)
		for (const char *p = text.p, *end; p; p = *end ? end + 1 : NULL) {
			end = strchrnul(p, '\n');
			take_line(m, p, (size_t)(end - p));
		}
	buf_release(&text);
	free(path);
}

void
secrets_gather(struct mask *m)
{
	gather_variables(m);
	gather_providers(m);
	gather_aws(m, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
	gather_aws(m, "AWS_CONFIG_FILE", "config");
}
