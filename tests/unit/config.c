#include "config.h"
#include "box.h"
#include "err.h"
#include "json.h"
#include "tap.h"

static void
forget_environment(void)
{
	static const char *const names[] = { "OPENAI_API_KEY", "OPENAI_API_KEY_FILE",
		"OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "ANTHROPIC_API_KEY",
		"ANTHROPIC_API_KEY_FILE", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN_FILE",
		"ANTHROPIC_BASE_URL", "OLLAMA_HOST", "OPENROUTER_API_KEY",
		"OPENROUTER_API_KEY_FILE", "LEGWORK_MODEL", "LEGWORK_PROVIDER" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unsetenv(names[i]);
}

/* "PROVIDER DIALECT URL MODEL [HEADER ...]", or what is wrong; until it is called again. */
static const char *
chosen(const char *provider, const char *model, bool is_offline)
{
	static struct buf text;
	struct config c;
	struct provider to;
	char *name;

	buf_release(&text);
	config_open(&c);
	if (config_choose(&c, provider, model, is_offline, &to, &name) < 0) {
		buf_printf(&text, "%d %s", err_code(), err_text());
	} else {
		buf_printf(&text, "%s %s %s %s", to.name, to.dialect->name, to.base_url, name);
		jv_array_foreach (to.headers, i, header) {
			buf_printf(&text, " [%s]", jv_string_value(header));
			jv_free(header);
		}
		provider_release(&to);
		free(name);
	}
	config_close(&c);
	return text.p;
}

static const char openai[] = "openai openai https://api.openai.com/v1 ";

static void
test_environment(void)
{
	char want[256];

	forget_environment();
	is(chosen(NULL, "gpt", false),
	    "78 provider openai: no key: set OPENAI_API_KEY or OPENAI_API_KEY_FILE",
	    "without a key nothing is asked");
	snprintf(want, sizeof want, "%sgpt", openai);
	is(chosen(NULL, "gpt", true), want, "unless nothing is sent");
	setenv("OPENAI_API_KEY", "k\n", 1);
	snprintf(want, sizeof want, "%sgpt [Authorization: Bearer k]", openai);
	is(chosen(NULL, "gpt", false), want, "the usual variable has the key");
	setenv("OPENAI_API_KEY", "a b", 1);
	is(chosen(NULL, "gpt", false),
	    "78 provider openai: OPENAI_API_KEY: want a key without blanks in it",
	    "which is one word");
	setenv("OPENAI_API_KEY", "k", 1);
	setenv("OPENAI_BASE_URL", "http://u:p@host/v1", 1);
	is(chosen(NULL, "gpt", false),
	    "78 provider openai: a name or a password does not belong into the base URL",
	    "an address has no password in it");
	setenv("OPENAI_BASE_URL", "ftp://host", 1);
	is(chosen(NULL, "gpt", false),
	    "78 provider openai: want an address such as https://HOST/v1 as base URL",
	    "and is one of HTTP");
	setenv("OPENAI_BASE_URL", "http://host/v1//", 1);
	unsetenv("OPENAI_API_KEY");
	is(chosen(NULL, "gpt", false), "openai openai http://host/v1 gpt",
	    "another server may want no key");
	is(chosen(NULL, NULL, false) + 3,
	    "no model is named: set LEGWORK_MODEL, and OPENAI_API_KEY, ANTHROPIC_API_KEY, "
	    "OPENROUTER_API_KEY or OLLAMA_HOST",
	    "a model has to be named");
	setenv("LEGWORK_MODEL", "m", 1);
	is(chosen(NULL, NULL, false), "openai openai http://host/v1 m", "LEGWORK_MODEL names it");
}

static void
test_choice(void)
{
	forget_environment();
	setenv("OPENROUTER_API_KEY", "r", 1);
	is(chosen(NULL, "some/model", false),
	    "openrouter openai https://openrouter.ai/api/v1 some/model [Authorization: Bearer r]",
	    "the provider that the environment speaks of");
	is(chosen(NULL, "anthropic/claude-x", false),
	    "openrouter openai https://openrouter.ai/api/v1 anthropic/claude-x [Authorization: "
	    "Bearer r]",
	    "what is not configured is part of the model's name");
	setenv("ANTHROPIC_API_KEY", "a", 1);
	is(chosen(NULL, "anthropic/claude-x", false),
	    "anthropic anthropic https://api.anthropic.com claude-x [anthropic-version: "
	    "2026-10-21] [x-api-key: a]",
	    "what is configured names the provider");
	is(chosen(NULL, "claude-x", false),
	    "anthropic anthropic https://api.anthropic.com claude-x [anthropic-version: "
	    "2026-10-21] [x-api-key: a]",
	    "claude is Anthropic's");
	is(chosen("openrouter", "anthropic/claude-x", false),
	    "openrouter openai https://openrouter.ai/api/v1 anthropic/claude-x [Authorization: "
	    "Bearer r]",
	    "a provider that is asked for counts more");
	setenv("LEGWORK_PROVIDER", "openrouter", 1);
	is(chosen(NULL, "claude-x", false),
	    "openrouter openai https://openrouter.ai/api/v1 claude-x [Authorization: Bearer r]",
	    "LEGWORK_PROVIDER counts more than what a name begins with");
	is(chosen("openrouter", "openrouter/x", false),
	    "openrouter openai https://openrouter.ai/api/v1 x [Authorization: Bearer r]",
	    "what is said twice counts once");
}

static void
test_ollama(void)
{
	static const char *const hosts[][2] = { { "host", "http://host:11434/v1" },
		{ "host:1", "http://host:1/v1" }, { ":1", "http://127.0.0.1:1/v1" },
		{ "0.0.0.0", "http://127.0.0.1:11434/v1" }, { "https://host/", "https://host/v1" },
		{ "http://host:80", "http://host:80/v1" }, { "[::]:5", "http://[::1]:5/v1" },
		{ "[::1]", "http://[::1]:11434/v1" } };
	char want[128];

	forget_environment();
	is(chosen(NULL, "ollama/m", false), "ollama openai http://127.0.0.1:11434/v1 m",
	    "ollama is here unless said otherwise");
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		setenv("OLLAMA_HOST", hosts[i][0], 1);
		snprintf(want, sizeof want, "ollama openai %s m", hosts[i][1]);
		is(chosen(NULL, "m", false), want, hosts[i][0]);
	}
}

static void
write_config(const char *text)
{
	box_write("legwork/config.json", text, strlen(text));
}

static void
test_file(void)
{
	forget_environment();
	box_write("legwork/lab.key", "file-key\n", 9);
	write_config(
	    "{\"model\":\"fast\",\"provider\":\"lab\",\"providers\":{\"lab\":{\"dialect\":"
	    "\"openai\","
	    "\"base_url\":\"http://lab/v1\",\"key_file\":\"lab.key\",\"headers\":{\"X-A\":\"b\"}},"
	    "\"two\":{\"dialect\":\"anthropic\",\"base_url\":\"http://two\",\"key_env\":\"TWO\","
	    "\"version\":\"2023-06-01\"},\"bad\":{\"base_url\":\"http://x\"}},"
	    "\"models\":{\"fast\":\"lab/tiny\",\"other\":\"two\"}}");
	is(chosen(NULL, NULL, false),
	    "lab openai http://lab/v1 tiny [X-A: b] [Authorization: Bearer file-key]",
	    "the file names model and provider");
	is(chosen(NULL, "gpt", false),
	    "lab openai http://lab/v1 gpt [X-A: b] [Authorization: Bearer file-key]",
	    "its provider is the one for models it does not know");
	unsetenv("TWO");
	is(chosen(NULL, "other", false), "78 provider two: no key: set TWO or TWO_FILE",
	    "a key that is named has to be there");
	setenv("TWO", "2", 1);
	is(chosen(NULL, "two/a/b", false),
	    "two anthropic http://two a/b [anthropic-version: 2023-06-01] [x-api-key: 2]",
	    "a version may be named");
	is(chosen("bad", "m", false), "78 provider bad: has no dialect", "an entry has a dialect");
	write_config("{\"providers\":{\"lab\":{\"headers\":{\"a b\":\"c\"},"
		     "\"dialect\":\"openai\",\"base_url\":\"http://l\"},\"x\":{"
		     "\"dialect\":3}}}");
	is(chosen("lab", "m", false), "78 provider lab: header 'a b': is no name of a header",
	    "headers are looked at");
	is(chosen("x", "m", false), "78 provider x: dialect: want a string", "so are kinds");
	write_config("{\"providers\":[]}");
	ok(strstr(chosen(NULL, "m", true), "config.json: providers: want an object"),
	    "of all members");
	write_config("");
	ok(!strncmp(chosen(NULL, "m", true), "78 ", 3), "what is no JSON is told");
}

static void
test_mask(void)
{
	struct buf text = { 0 };
	struct provider to;

	setenv("OPENAI_API_KEY", "0123456789", 1);
	provider_fill(&to, "openai", jv_invalid(), NULL, false);
	buf_puts(&text, "a 0123456789 b 01234567890123456789c 012345678");
	provider_mask(&to, &text);
	is(text.p, "a *** b ******c 012345678", "keys are masked wherever they are");
	buf_release(&text);
	provider_mask(&to, &text);
	is_int((long long)text.len, 0, "nothing is left alone");
	provider_release(&to);
	setenv("OPENAI_API_KEY", "key/01234567", 1);
	provider_fill(&to, "openai", jv_invalid(), NULL, false);
	buf_puts(&text, "key/01234567 key\\/01234567");
	provider_mask(&to, &text);
	is(text.p, "*** ***", "also as they may stand in JSON");
	buf_release(&text);
	provider_release(&to);
}

int
main(void)
{
	box_open("config", 1);
	setenv("XDG_CONFIG_HOME", box_path, 1);
	test_environment();
	test_choice();
	test_ollama();
	mkdirat(box_fd, "legwork", 0700);
	test_file();
	test_mask();
	box_close();
	return done_testing();
}
