#include "secrets.h"
#include "box.h"
#include "tap.h"

/* Whether a text is a secret by what is around us now. */
static bool
knows(const char *text)
{
	struct mask *m = mask_new();
	bool is;

	secrets_gather(m);
	is = mask_hits(m, text, strlen(text));
	mask_free(m);
	return is;
}

static void
test_environment(void)
{
	setenv("GITHUB_TOKEN", "token-of-github", 1);
	setenv("DB_PASSWORD_MAIN", "password of the database", 1);
	setenv("OPENAI_API_KEY", "sk-of-openai", 1);
	setenv("CLIENT_SECRET", "secret-of-a-client", 1);
	setenv("SHORT_KEY", "1234567", 1);
	setenv("KEYBOARD", "us-international", 1);
	ok(knows("token-of-github"), "a variable whose name ends in _TOKEN");
	ok(knows("password of the database"), "... or has PASSWORD in it");
	ok(knows("sk-of-openai"), "... or ends in _KEY");
	ok(knows("secret-of-a-client"), "... or in _SECRET");
	setenv("npm_config_token", "token-of-npm", 1);
	setenv("PASSWORD", "plain-password", 1);
	setenv("SMTP_PASS", "pass-of-the-mail", 1);
	setenv("AZURE_PAT", "pat-of-azure-here", 1);
	setenv("SECRET", "nothing-but-secret", 1);
	ok(knows("token-of-npm"), "in any case");
	ok(knows("plain-password") && knows("nothing-but-secret"), "or is just that");
	ok(knows("pass-of-the-mail") && knows("pat-of-azure-here"), "or ends in _PASS or _PAT");
	ok(!knows("1234567"), "but a short value is none");
	ok(!knows("us-international"), "nor is what another variable holds");
	unsetenv("GITHUB_TOKEN");
	ok(!knows("token-of-github"), "nor one that is not set");
}

static void
test_lone_names(void)
{
	static const char *const names[] = { "API_KEY", "TOKEN", "SECRET", "PASSWORD", "KEY",
		"apikey", "MYSQL_PASSWD", "key.pass", "HTTP_AUTHORIZATION" };
	static const char *const others[] = { "MONKEY", "COMPASS", "XPAT", "TOKENS_MAX" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		setenv(names[i], "what-is-hidden", 1);
		ok(knows("what-is-hidden"), names[i]);
		unsetenv(names[i]);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		setenv(others[i], "what-is-hidden", 1);
		ok(!knows("what-is-hidden"), others[i]);
		unsetenv(others[i]);
	}
}

static void
test_urls(void)
{
	setenv("DATABASE", "postgres://ada:correct%2Fhorse%20x@db.example:5432/main", 1);
	ok(knows("correct%2Fhorse%20x"), "the password in a variable's URL, as it is written");
	ok(knows("correct/horse x"), "... and as it is");
	ok(!knows("postgres://ada:") && !knows("db.example:5432"), "but not the rest of it");
	setenv("DATABASE", "x,amqp://:100%sure-of-it@a/ and http://b:at@sign-in-it@c?q=d:e@f", 1);
	ok(knows("100%sure-of-it"), "one without a user, and with a % that is none");
	ok(knows("at@sign-in-it"), "a second one in the same variable, with an @ in it");
	setenv("DATABASE", "redis://ada:short@db.example", 1);
	ok(knows("ada:short@db"), "a short one is found with its user");
	ok(!knows("that is too short"), "... and only there");
	setenv("DATABASE", "http://host-name:8080/a:b-c-d-e-f@g ssh://somebody@host ://", 1);
	ok(!knows("8080/a:b-c-d-e-f") && !knows("somebody@host"), "a port or a user is none");
	unsetenv("DATABASE");
}

static void
test_servers(void)
{
	static const char servers[] =
	    "{\"mcpServers\":{\"a\":{\"command\":\"npx\",\"args\":[\"--token\","
	    "\"token-behind-an-option\",7,\"--api-key=key-of-an-option\","
	    "\"Authorization: Bearer bearer-of-an-argument\",\"plain-argument\","
	    "\"mysql://u:pass-of-an-argument@h\"],\"env\":{\"GITHUB_PAT\":\"pat-of-a-server\","
	    "\"API_KEY\":\"${LENT}\",\"LEVEL\":\"informational\",\"N\":7}},"
	    "\"b\":{\"url\":\"https://u:pass-of-a-url@h\",\"headers\":{"
	    "\"authorization\":\"Bearer bearer-of-a-header\",\"X-Mine\":\"value-of-x-mine\","
	    "\"Content-Type\":\"application/json\"}},\"c\":7}}";
	static const char *const hidden[] = { "token-behind-an-option", "key-of-an-option",
		"bearer-of-an-argument", "pass-of-an-argument", "pat-of-a-server", "lent-by-us",
		"pass-of-a-url", "bearer-of-a-header", "value-of-x-mine" };
	static const char *const shown[] = { "plain-argument", "informational",
		"application/json" };
	jv agent = jv_object();
	struct mask *m = mask_new();

	setenv("LENT", "lent-by-us", 1);
	box_write("legwork/mcp.json", servers, strlen(servers));
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		ok(knows(hidden[i]), hidden[i]);
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		ok(!knows(shown[i]), shown[i]);
	unlinkat(box_fd, "legwork/mcp.json", 0);
	ok(!knows("pat-of-a-server"), "without a file there are none");
	box_write("own.json", servers, strlen(servers));
	agent = jv_object_set(agent, jv_string("mcp"),
	    JV_ARRAY(jv_object_set(jv_object(), jv_string("file"),
			 jv_string_fmt("%s/own.json", box_path)),
		jv_object_set(jv_object(), jv_string("command"),
		    jv_string("serve http://u:pass-of-a-line@h")),
		jv_number(7)));
	secrets_of_agent(m, agent);
	ok(mask_hits(m, "pat-of-a-server", 15), "an agent's own file");
	ok(mask_hits(m, "pass-of-a-line", 14), "a command line of its own");
	jv_free(agent);
	agent = jv_object();
	secrets_of_agent(m, agent);
	mask_free(m);
	jv_free(agent);
}

static void
test_config(void)
{
	static const char config[] =
	    "{\"providers\":{\"a\":{\"dialect\":\"openai\",\"base_url\":\"http://127.0.0.1\","
	    "\"key_file\":\"key\",\"headers\":{\"x-proxy\":\"value of a header\"}},"
	    "\"b\":{\"dialect\":\"openai\",\"base_url\":\"http://127.0.0.1\",\"key_env\":\"MINE\"},"
	    "\"c\":{\"dialect\":7}}}";
	char path[PATH_MAX + 20];

	setenv("XDG_CONFIG_HOME", box_path, 1);
	mkdirat(box_fd, "legwork", 0700);
	box_write("legwork/config.json", config, strlen(config));
	box_write("legwork/key", "key-in-a-file\n", 14);
	box_write("other", "key-in-another\n", 15);
	snprintf(path, sizeof path, "%s/other", box_path);
	setenv("MINE", "key-of-my-own", 1);
	setenv("ANTHROPIC_API_KEY_FILE", path, 1);
	ok(knows("key-in-a-file"), "the key in a provider's key_file");
	ok(knows("value of a header"), "a header that it gets");
	ok(knows("key-of-my-own"), "the key in the variable that it names");
	ok(knows("key-in-another"), "the key in the file that a variable names");
	box_write("legwork/config.json", "{", 1);
	ok(!knows("key-of-my-own") && knows("sk-of-openai"),
	    "a broken config.json has no secrets, and hides none");
}

static void
test_aws(void)
{
	static const char credentials[] =
	    "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
	    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG\r\n[b]\naws_session_token=abc+/def==";

	mkdirat(box_fd, ".aws", 0700);
	box_write(".aws/credentials", credentials, strlen(credentials));
	setenv("HOME", box_path, 1);
	unsetenv("AWS_SHARED_CREDENTIALS_FILE");
	ok(knows("wJalrXUtnFEMI/K7MDENG"), "a secret key of the AWS CLI");
	ok(knows("wJalrXUtnFEMI\\/K7MDENG"), "... as others write it in JSON");
	ok(knows("abc+/def=="), "a session token");
	box_write(".aws/config", "[profile c]\naws_secret_access_key=key-of-profile-c\n", 49);
	unsetenv("AWS_CONFIG_FILE");
	ok(knows("key-of-profile-c"), "one in its configuration, too");
	ok(!knows("AKIAIOSFODNN7EXAMPLE"), "the name of a key is none");
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
	ok(!knows("abc+/def=="), "another file is asked where a variable says so");
}

int
main(void)
{
	box_open("secrets", 0);
	test_environment();
	test_lone_names();
	test_urls();
	test_config();
	test_servers();
	test_aws();
	box_close();
	return done_testing();
}
