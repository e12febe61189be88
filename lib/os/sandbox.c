#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "call.h"
#include "err.h"
#include "id.h"
#include "json.h"
#include "lines.h"
#include "sandbox.h"

enum { CHECK_MS = 10000, GRACE_MS = 500 };

/* A command line that grows. */
struct words {
	char **word;
	size_t len;
};

static void
add(struct words *w, const char *word)
{
	w->word = xrealloc(w->word, (w->len + 2) * sizeof *w->word);
	w->word[w->len++] = xstrdup(word);
	w->word[w->len] = NULL;
}

static void
add_all(struct words *w, const char *const words[])
{
	for (; *words; words++)
		add(w, *words);
}

/* Whether path lies in folder, or is it. */
static bool
is_in(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && (!path[len] || path[len] == '/');
}

/* Add a place that is not to be seen, by its real name: where it is a link, what it leads to. */
static void
conceal(struct words *hidden, const char *path)
{
	char *real = path ? realpath(path, NULL) : NULL;

	if (real)
		add(hidden, real);
	free(real);
}

/* The folder of the configuration; to be freed. */
static char *
config_path(void)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");

	return config && *config == '/' ? xprintf("%s/legwork", config)
	                                : xprintf("%s/.config/legwork", home ? home : "");
}

/* The key files that the environment names. */
static void
conceal_key_variables(struct words *hidden)
{
	static const char *const ends[] = { "_KEY_FILE", "_TOKEN_FILE" };

	for (char **variable = environ; *variable; variable++) {
		const char *value = strchr(*variable, '=');
		size_t len = value ? (size_t)(value - *variable) : 0;

		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
			size_t end = strlen(ends[i]);

			if (len > end && !memcmp(value - end, ends[i], end))
				conceal(hidden, value + 1);
		}
	}
}

/* The key files that a provider's entry (consumed) names. */
static void
conceal_keys_of(struct words *hidden, const char *folder, jv entry)
{
	const char *file = json_peek_string(entry, "key_file"),
		   *name = json_peek_string(entry, "key_env");
	char *path = file ? xprintf("%s/%s", *file == '/' ? "" : folder, file) : NULL;
	char *variable = name ? xprintf("%s_FILE", name) : NULL;

	conceal(hidden, path);
	conceal(hidden, variable ? getenv(variable) : NULL);
	free(path);
	free(variable);
	jv_free(entry);
}

/* The configuration, and what it says of key files elsewhere. */
static void
conceal_config(struct words *hidden, const char *folder)
{
	char *path = xprintf("%s/config.json", folder);
	struct buf text = { 0 };
	jv config = jv_invalid(), providers;

	conceal(hidden, folder);
	if (lines_read_file(path, &text) == 0)
		config = json_parse_object(text.p, text.len);
	providers = json_get(config, "providers", JV_KIND_OBJECT);
	if (jv_is_valid(providers))
		jv_object_foreach (providers, name, entry) {
			conceal_keys_of(hidden, folder, entry);
			jv_free(name);
		}
	jv_free(providers);
	jv_free(config);
	buf_release(&text);
	free(path);
}

/* Cover a place. */
static void
hide(struct words *w, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		add_all(w, (const char *const[]){ "--tmpfs", path, NULL });
	else
		add_all(w, (const char *const[]){ "--ro-bind", "/dev/null", path, NULL });
}

/* Show something that is in a hidden place all the same. */
static void
show(struct words *w, const struct words *hidden, const char *path)
{
	for (size_t i = 0; i < hidden->len; i++)
		if (is_in(path, hidden->word[i])) {
			add_all(w, (const char *const[]){ "--ro-bind", path, path, NULL });
			return;
		}
}

/* What is run, under its name and its real one, and the folder of tools. */
static void
show_program(struct words *w, const struct words *hidden, const char *program, const char *config)
{
	char *tools = xprintf("%s/tools", config), *real_tools = realpath(tools, NULL);
	char *real = realpath(program, NULL);

	if (real_tools)
		show(w, hidden, real_tools);
	if (real)
		show(w, hidden, real);
	if (real && strcmp(real, program) != 0)
		show(w, hidden, program);
	free(tools);
	free(real_tools);
	free(real);
}

/* The work folder, and what nobody may see.  What the folder is in is covered before that appears,
 * all else after it. */
static void
add_places(struct words *w, const char *folder, const struct words *hidden)
{
	for (size_t i = 0; i < hidden->len; i++)
		if (is_in(folder, hidden->word[i]))
			hide(w, hidden->word[i]);
	add_all(w, (const char *const[]){ "--bind", folder, folder, NULL });
	for (size_t i = 0; i < hidden->len; i++)
		if (!is_in(folder, hidden->word[i]))
			hide(w, hidden->word[i]);
}

char **
sandbox_argv(const struct sandbox *s, char *const argv[])
{
	static const char *const always[] = { "bwrap", "--unshare-all", "--die-with-parent",
		"--new-session", "--cap-drop", "ALL", "--setenv", "TMPDIR", "/tmp", "--ro-bind",
		"/", "/", "--dev", "/dev", "--proc", "/proc", NULL };
	/* Names of hosts are looked up by what is there. */
	static const char *const network[] = { "--share-net", "--ro-bind-try",
		"/run/systemd/resolve", "/run/systemd/resolve", NULL };
	char *config = config_path();
	struct words w = { 0 }, hidden = { 0 };

	conceal(&hidden, "/tmp");
	conceal(&hidden, "/run");
	conceal(&hidden, s->store);
	conceal_config(&hidden, config);
	conceal_key_variables(&hidden);
	add_all(&w, always);
	add_places(&w, s->folder, &hidden);
	show_program(&w, &hidden, argv[0], config);
	if (s->has_network)
		add_all(&w, network);
	add_all(&w,
	    (const char *const[]){ "--chdir", s->start ? s->start : s->folder, "--", NULL });
	for (; *argv; argv++)
		add(&w, *argv);
	free(config);
	sandbox_free(hidden.word);
	return w.word;
}

void
sandbox_free(char **argv)
{
	for (char **word = argv; word && *word; word++)
		free(*word);
	free(argv);
}

static void
keep(void *arg, const char *bytes, size_t len)
{
	struct buf *b = arg;

	if (b->len < 200)
		buf_add(b, bytes, len < 200 ? len : 200);
}

static void
drop(void *arg, const char *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	(void)len;
}

int
sandbox_check(const struct sandbox *s)
{
	char *nothing[] = { (char[]){ "true" }, NULL }, id[ID_TEXT];
	char *mark = xprintf("LEGWORK_CALL=%s", id_new(id));
	struct buf why = { 0 };
	struct call c = { .program.env = (const char *const[]){ mark, NULL },
		.timeout_ms = CHECK_MS,
		.grace_ms = GRACE_MS,
		.mark = mark,
		.take_out = drop,
		.take_err = keep,
		.arg = &why };
	int status, rc = 0;

	c.program.argv = sandbox_argv(s, nothing);
	if (call_run(&c, &status) == CALL_FAILED)
		rc = err_set(EX_CONFIG, "no sandbox: %s (it needs bubblewrap)", err_text());
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		rc = err_set(EX_CONFIG, "no sandbox: bwrap does not work here: %.*s",
		    (int)strcspn(why.p ? why.p : "", "\n"), why.p ? why.p : "");
	sandbox_free((char **)c.program.argv);
	free(mark);
	buf_release(&why);
	return rc;
}
