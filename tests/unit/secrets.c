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
	test_config();
	test_aws();
	box_close();
	return done_testing();
}
