#include "provider.h"

#include <stdlib.h>
#include <string.h>

#include "anthropic.h"
#include "err.h"
#include "json.h"
#include "key.h"

/* Shorter ones would be found everywhere. */
enum { SECRET_MIN = 8 };

/* The providers that need no entry; NULL: it has no such thing. */
static const struct builtin {
	const char *name, *dialect, *base_url;
	const char *url_variable, *key_variable, *token_variable;
} builtins[] = {
	{ "openai", "openai", "https://api.openai.com/v1", "OPENAI_BASE_URL", "OPENAI_API_KEY",
	    NULL },
	{ "anthropic", "anthropic", "https://api.anthropic.com", "ANTHROPIC_BASE_URL",
	    "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN" },
	{ "ollama", "openai", "http://127.0.0.1:11434/v1", "OLLAMA_HOST", NULL, NULL },
	{ "openrouter", "openai", "https://openrouter.ai/api/v1", NULL, "OPENROUTER_API_KEY",
	    NULL },
};

static const struct builtin *
builtin_of(const char *name)
{
	for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
		if (!strcmp(builtins[i].name, name))
			return &builtins[i];
	return NULL;
}

/* The variable's value, or NULL where it is unset or empty. */
static const char *
variable(const char *name)
{
	const char *value = name ? getenv(name) : NULL;

	return value && *value ? value : NULL;
}

bool
provider_is_known(const char *name)
{
	return builtin_of(name) != NULL;
}

const char *
provider_known(size_t number)
{
	return number < sizeof builtins / sizeof *builtins ? builtins[number].name : NULL;
}

bool
provider_needs_key(const char *name)
{
	return builtin_of(name)->key_variable != NULL;
}

bool
provider_is_told(const char *name)
{
	const struct builtin *b = builtin_of(name);

	return variable(b->url_variable) || key_is_set(b->key_variable) ||
	       key_is_set(b->token_variable);
}

/* --- keys */

/* The key that an entry names, in a variable or a file. */
static int
key_of_entry(jv entry, const char *folder, char **key)
{
	const char *name = json_peek_string(entry, "key_env");
	const char *path = json_peek_string(entry, "key_file");
	char *whole;
	int result;

	if (name) {
		result = key_of_variable(name, key);
		if (result == 0 && !*key)
			return err_set(EX_CONFIG, "no key: set %s or %s_FILE", name, name);
		return result;
	}
	whole = *path == '/' || !folder ? xstrdup(path) : xprintf("%s/%s", folder, path);
	result = key_of_file(whole, key);
	free(whole);
	return result;
}

/* --- headers */

static int
add_header(struct provider *p, const char *name, const char *value)
{
	for (const char *c = value; *c; c++)
		if ((*c > 0 && *c < ' ') || *c == 127)
			return err_set(EX_CONFIG, "header %s: has a control character", name);
	if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789!#$%&'*+-.^_`|~") != strlen(name))
		return err_set(EX_CONFIG, "header '%s': is no name of a header", name);
	p->headers = jv_array_append(p->headers, jv_string_fmt("%s: %s", name, value));
	return 0;
}

/* As it is, and as it may stand in JSON. */
static void
add_secret(struct provider *p, const char *secret)
{
	struct buf escaped = { 0 };

	if (strlen(secret) < SECRET_MIN)
		return;
	p->secrets = jv_array_append(p->secrets, jv_string(secret));
	for (const char *c = secret; *c; c++)
		buf_printf(&escaped, strchr("/\"\\", *c) ? "\\%c" : "%c", *c);
	if (escaped.len > strlen(secret))
		p->secrets =
		    jv_array_append(p->secrets, jv_string_sized(escaped.p, (int)escaped.len));
	buf_release(&escaped);
}

static void
add_key(struct provider *p, const char *key, bool is_bearer)
{
	char *value = is_bearer ? xprintf("Bearer %s", key) : xstrdup(key);

	add_secret(p, key);
	add_header(p, is_bearer ? "Authorization" : "x-api-key", value);
	free(value);
}

/* Of the environment or of the entry, which counts more. */
static int
add_keys(struct provider *p, const struct builtin *b, jv entry, const char *folder)
{
	bool is_anthropic = !strcmp(p->dialect->name, "anthropic"), is_bearer = !is_anthropic;
	char *key = NULL;
	int result = 0;

	if (json_peek_string(entry, "key_env") || json_peek_string(entry, "key_file"))
		result = key_of_entry(entry, folder, &key);
	else if (b && b->key_variable)
		result = key_of_variable(b->key_variable, &key);
	if (result == 0 && !key && b && b->token_variable) {
		result = key_of_variable(b->token_variable, &key);
		is_bearer = true;
	}
	if (result == 0 && key)
		add_key(p, key, is_bearer);
	else if (result == 0 && b && b->key_variable && !strcmp(p->base_url, b->base_url))
		result = err_set(EX_CONFIG, "no key: set %s or %s_FILE", b->key_variable,
		    b->key_variable);
	free(key);
	return result;
}

static int
add_headers(struct provider *p, const struct builtin *b, jv entry)
{
	jv headers = json_get(entry, "headers", JV_KIND_OBJECT);
	int result = 0;

	if (p->version && !strcmp(p->dialect->name, "anthropic"))
		result = add_header(p, "anthropic-version", p->version);
	if (b && b == builtin_of("openai")) {
		if (result == 0 && variable("OPENAI_ORG_ID"))
			result = add_header(p, "OpenAI-Organization", variable("OPENAI_ORG_ID"));
		if (result == 0 && variable("OPENAI_PROJECT_ID"))
			result = add_header(p, "OpenAI-Project", variable("OPENAI_PROJECT_ID"));
	}
	if (jv_is_valid(headers))
		jv_object_foreach (headers, name, value) {
			if (result == 0 && jv_get_kind(value) != JV_KIND_STRING)
				result = err_set(EX_CONFIG, "header %s: want a string",
				    jv_string_value(name));
			if (result == 0)
				result =
				    add_header(p, jv_string_value(name), jv_string_value(value));
			if (result == 0)
				add_secret(p, jv_string_value(value));
			jv_free(name);
			jv_free(value);
		}
	jv_free(headers);
	return result;
}

/* --- the address */

/* OLLAMA_HOST as a base URL: it may lack the scheme, the host and the port, and may be the address
 * that the server listens at. */
static char *
ollama_url(const char *host)
{
	const char *scheme = strstr(host, "://"), *name = scheme ? scheme + 3 : host, *port;
	int scheme_len = scheme ? (int)(scheme - host) : 0;
	size_t len = strcspn(name, "/");
	const char *bracket = memchr(name, ']', len);

	port = memchr(bracket ? bracket : name, ':', len - (size_t)(bracket ? bracket - name : 0));
	len = port ? (size_t)(port - name) : len;
	if (len == 0 || (len == 7 && !memcmp(name, "0.0.0.0", 7))) {
		name = "127.0.0.1";
		len = 9;
	} else if (len == 4 && !memcmp(name, "[::]", 4)) {
		name = "[::1]";
		len = 5;
	}
	return xprintf("%.*s://%.*s%.*s/v1", scheme ? scheme_len : 4, scheme ? host : "http",
	    (int)len, name, port ? (int)strcspn(port, "/") : 6,
	    port     ? port
	    : scheme ? ""
		     : ":11434");
}

/* Only http and https, and no key in it. */
static int
check_url(const char *url)
{
	const char *host = !strncmp(url, "http://", 7)    ? url + 7
	                   : !strncmp(url, "https://", 8) ? url + 8
	                                                  : NULL;

	if (!host || !*host || *host == '/')
		return err_set(EX_CONFIG, "want an address such as https://HOST/v1 as base URL");
	if (memchr(host, '@', strcspn(host, "/?#")))
		return err_set(EX_CONFIG, "a name or a password does not belong into the base URL");
	if (strpbrk(host, " \t\r\n?#"))
		return err_set(EX_CONFIG, "the base URL has a blank, a '?' or a '#'");
	return 0;
}

static int
set_url(struct provider *p, const struct builtin *b, jv entry)
{
	const char *told = b ? variable(b->url_variable) : NULL;
	const char *url = json_peek_string(entry, "base_url");
	size_t len;

	if (told && b == builtin_of("ollama")) {
		p->base_url = ollama_url(told);
	} else {
		url = told ? told : url ? url : b ? b->base_url : NULL;
		if (!url)
			return err_set(EX_CONFIG, "has no base_url");
		p->base_url = xstrdup(url);
	}
	for (len = strlen(p->base_url); len > 0 && p->base_url[len - 1] == '/';)
		p->base_url[--len] = '\0';
	p->is_vendor = !strncmp(p->base_url, "https://api.openai.com/", 23);
	return check_url(p->base_url);
}

/* --- all of it */

static int
set_dialect(struct provider *p, const struct builtin *b, jv entry)
{
	const char *dialect = json_peek_string(entry, "dialect");
	const char *version = json_peek_string(entry, "version");

	if (!dialect && !b)
		return err_set(EX_CONFIG, "has no dialect");
	p->dialect = dialect_find(dialect ? dialect : b->dialect);
	if (!p->dialect)
		return -1;
	if (!version && !strcmp(p->dialect->name, "anthropic"))
		version = ANTHROPIC_VERSION;
	p->version = version ? xstrdup(version) : NULL;
	p->extra = json_get(entry, "extra", JV_KIND_OBJECT);
	return 0;
}

/* Whether the entry's members are of the kinds that they should be. */
static int
check_entry(jv entry)
{
	static const struct {
		const char *name;
		jv_kind kind;
	} members[] = { { "dialect", JV_KIND_STRING }, { "base_url", JV_KIND_STRING },
		{ "key_env", JV_KIND_STRING }, { "key_file", JV_KIND_STRING },
		{ "version", JV_KIND_STRING }, { "headers", JV_KIND_OBJECT },
		{ "extra", JV_KIND_OBJECT } };

	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		jv v = json_get(entry, members[i].name, members[i].kind);
		bool is_good = jv_is_valid(v) || !json_has(entry, members[i].name);

		jv_free(v);
		if (!is_good)
			return err_set(EX_CONFIG, "%s: want %s", members[i].name,
			    members[i].kind == JV_KIND_STRING ? "a string" : "an object");
	}
	return 0;
}

int
provider_fill(struct provider *p, const char *name, jv entry, const char *folder, bool is_offline)
{
	const struct builtin *b = builtin_of(name);

	*p = (struct provider){ .name = xstrdup(name),
		.headers = jv_array(),
		.secrets = jv_array(),
		.extra = jv_invalid() };
	if (!b && !jv_is_valid(entry))
		err_set(EX_CONFIG,
		    "no such provider (openai, anthropic, ollama, openrouter, or one "
		    "of config.json)");
	else if (check_entry(entry) == 0 && set_dialect(p, b, entry) == 0 &&
		 set_url(p, b, entry) == 0 && add_headers(p, b, entry) == 0 &&
		 (is_offline || add_keys(p, b, entry, folder) == 0))
		return 0;
	provider_release(p);
	return err_add("provider %s", name);
}

void
provider_mask(const struct provider *p, struct buf *text)
{
	struct buf out = { 0 };

	jv_array_foreach (p->secrets, i, secret) {
		const char *key = jv_string_value(secret), *at;
		size_t len = strlen(key), done = 0;

		while (
		    text->len > done && (at = memmem(text->p + done, text->len - done, key, len))) {
			buf_add(&out, text->p + done, (size_t)(at - text->p) - done);
			buf_puts(&out, "***");
			done = (size_t)(at - text->p) + len;
		}
		if (done > 0) {
			buf_add(&out, text->p + done, text->len - done);
			buf_release(text);
			*text = out;
			out = (struct buf){ 0 };
		}
		jv_free(secret);
	}
}

void
provider_release(struct provider *p)
{
	if (!p->name)
		return;
	free(p->name);
	free(p->base_url);
	free(p->version);
	jv_free(p->headers);
	jv_free(p->secrets);
	jv_free(p->extra);
	*p = (struct provider){ 0 };
}
