#include "secrets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config.h"
#include "json.h"
#include "key.h"
#include "servers.h"

/* --- names and texts */

static bool
ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !strncasecmp(text + len - n, end, n);
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Of a variable, an option or a header.  Case does not matter: some programs want theirs in small
 * letters. */
static bool
is_secret_name(const char *name, size_t len)
{
	static const char *const ends[] = { "APIKEY", "TOKEN", "SECRET", "AUTHORIZATION" };
	static const char *const words[] = { "KEY", "PASS", "PAT" }; /* others end in these, too */
	static const char *const parts[] = { "PASSWORD", "PASSWD", "PASSPHRASE" };
	bool is = false;

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		is = is || ends_with(name, len, ends[i]);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = strlen(words[i]);

		is = is || (ends_with(name, len, words[i]) &&
			       (len == n || !is_letter(name[len - n - 1])));
	}
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		for (size_t at = 0; at + strlen(parts[i]) <= len; at++)
			is = is || !strncasecmp(name + at, parts[i], strlen(parts[i]));
	return is;
}

/* The byte that %XX at p stands for, or -1. */
static int
byte_of(const char *p, size_t len)
{
	char digits[3] = { 0 }, *end;
	long byte;

	if (len < 3 || *p != '%' || !isxdigit((unsigned char)p[1]))
		return -1;
	memcpy(digits, p + 1, 2);
	byte = strtol(digits, &end, 16);
	return *end ? -1 : (int)byte;
}

/* A password as a URL has it: as it is written there, and as it is. */
static void
take_password(struct mask *m, const char *password, size_t len)
{
	struct buf plain = { 0 };
	int byte;

	mask_add(m, password, len);
	for (size_t i = 0; i < len; i++)
		if ((byte = byte_of(password + i, len - i)) < 0) {
			buf_putc(&plain, password[i]);
		} else {
			buf_putc(&plain, (char)byte);
			i += 2;
		}
	if (plain.len < len)
		mask_add(m, plain.p, plain.len);
	buf_release(&plain);
}

/* SCHEME://USER:PASSWORD@HOST, as often as it is in a text.  One that is too short to be found by
 * itself is with its user. */
static void
take_urls(struct mask *m, const char *text)
{
	for (const char *p = text; (p = strstr(p, "://"));) {
		const char *user = p += 3;
		size_t len = strcspn(p, "/?#\\\"'<>{}|, \t\r\n");
		const char *at = memrchr(user, '@', len),
			   *colon = at ? memchr(user, ':', len) : NULL;

		if (!colon || colon > at)
			continue;
		if (at - colon > MASK_SECRET_MIN)
			take_password(m, colon + 1, (size_t)(at - colon - 1));
		else if (at - colon > 1)
			mask_add(m, user, (size_t)(at - user + 1));
	}
}

/* The value of something that has a name. */
static void
take_named(struct mask *m, const char *name, size_t name_len, const char *value)
{
	if (is_secret_name(name, name_len))
		mask_add(m, value, strlen(value));
	take_urls(m, value);
}

static void
gather_variables(struct mask *m)
{
	for (char **at = environ; at && *at; at++) {
		const char *value = strchr(*at, '=');

		if (value)
			take_named(m, *at, (size_t)(value - *at), value + 1);
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

/* --- MCP servers */

/* What a header says, without what it is: "Bearer KEY" is secret for its key. */
static void
take_header(struct mask *m, const char *name, const char *value)
{
	static const char *const plain[] = { "accept", "content-", "user-agent", "mcp-protocol" };
	const char *blank = strchr(value, ' ');

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (!strncasecmp(name, plain[i], strlen(plain[i])))
			return;
	if (blank && ends_with(name, strlen(name), "authorization"))
		value = blank + strspn(blank, " ");
	mask_add(m, value, strlen(value));
}

/* An argument, such as --api-key=KEY, NAME_TOKEN=KEY, Authorization: Bearer KEY, or a database's
 * address. */
static void
take_argument(struct mask *m, const char *text)
{
	size_t name_len = strcspn(text, "=: ");
	const char *value = text + name_len;

	if (*value && is_secret_name(text, name_len)) {
		char *name = xprintf("%.*s", (int)name_len, text);

		take_header(m, name, value + 1 + strspn(value + 1, " "));
		free(name);
	}
	take_urls(m, text);
}

static void
take_members(struct mask *m, jv entry, const char *member)
{
	jv object = json_get(entry, member, JV_KIND_OBJECT);

	if (jv_is_valid(object))
		jv_object_foreach (object, name, value) {
			const char *key = jv_string_value(name);

			if (jv_get_kind(value) != JV_KIND_STRING)
				;
			else if (!strcmp(member, "headers"))
				take_header(m, key, jv_string_value(value));
			else
				take_named(m, key, strlen(key), jv_string_value(value));
			jv_free(name);
			jv_free(value);
		}
	jv_free(object);
}

/* What a server's entry (borrowed) holds.  An option may have its value behind it. */
static void
take_server(struct mask *m, jv entry)
{
	jv args = json_get(entry, "args", JV_KIND_ARRAY), before = jv_string("");

	take_members(m, entry, "env");
	take_members(m, entry, "headers");
	if (json_peek_string(entry, "url"))
		take_urls(m, json_peek_string(entry, "url"));
	if (jv_is_valid(args))
		jv_array_foreach (args, i, arg) {
			const char *name = jv_string_value(before);

			if (jv_get_kind(arg) != JV_KIND_STRING) {
				jv_free(arg);
				continue;
			}
			if (name[0] == '-')
				take_named(m, name, strlen(name), jv_string_value(arg));
			take_argument(m, jv_string_value(arg));
			jv_free(before);
			before = arg;
		}
	jv_free(before);
	jv_free(args);
}

/* Those in a file. */
static void
gather_servers(struct mask *m, const char *path)
{
	jv entries = servers_entries(path);

	if (jv_is_valid(entries))
		jv_object_foreach (entries, name, entry) {
			if (jv_get_kind(entry) == JV_KIND_OBJECT)
				take_server(m, entry);
			jv_free(name);
			jv_free(entry);
		}
	jv_free(entries);
}

void
secrets_of_agent(struct mask *m, jv agent)
{
	jv mcp = json_get(agent, "mcp", JV_KIND_ARRAY);

	if (jv_is_valid(mcp))
		jv_array_foreach (mcp, i, one) {
			bool is_object = jv_get_kind(one) == JV_KIND_OBJECT;
			const char *file = is_object ? json_peek_string(one, "file") : NULL,
				   *command = is_object ? json_peek_string(one, "command") : NULL;

			if (file)
				gather_servers(m, file);
			if (command)
				take_urls(m, command);
			jv_free(one);
		}
	jv_free(mcp);
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
	char *servers = servers_file();

	gather_variables(m);
	gather_providers(m);
	if (servers)
		gather_servers(m, servers);
	free(servers);
	gather_aws(m, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
	gather_aws(m, "AWS_CONFIG_FILE", "config");
}
