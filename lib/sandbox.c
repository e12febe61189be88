#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "buf.h"
#include "call.h"
#include "err.h"
#include "id.h"
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

/* The configuration file, with the keys of models; to be freed. */
static char *
config_path(void)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");

	return config && *config == '/'
	           ? xprintf("%s/legwork/config.json", config)
	           : xprintf("%s/.config/legwork/config.json", home ? home : "");
}

/* Cover a place, where there is one. */
static void
hide(struct words *w, const char *path)
{
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		add_all(w, (const char *const[]){ "--tmpfs", path, NULL });
	else
		add_all(w, (const char *const[]){ "--ro-bind", "/dev/null", path, NULL });
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
	const char *const hidden[] = { "/tmp", "/run", s->store, config };
	enum { HIDDEN = sizeof hidden / sizeof *hidden };
	struct words w = { 0 };
	bool is_program_hidden = false;

	/* What the work folder is in is covered before that appears, all else after it. */
	add_all(&w, always);
	for (size_t i = 0; i < HIDDEN; i++)
		if (hidden[i] && is_in(s->folder, hidden[i]))
			hide(&w, hidden[i]);
	add_all(&w, (const char *const[]){ "--bind", s->folder, s->folder, NULL });
	for (size_t i = 0; i < HIDDEN; i++) {
		if (hidden[i] && !is_in(s->folder, hidden[i]))
			hide(&w, hidden[i]);
		if (hidden[i] && is_in(argv[0], hidden[i]))
			is_program_hidden = true;
	}
	if (is_program_hidden)
		add_all(&w, (const char *const[]){ "--ro-bind", argv[0], argv[0], NULL });
	if (s->has_network)
		add_all(&w, network);
	add_all(&w, (const char *const[]){ "--chdir", s->folder, "--", NULL });
	for (; *argv; argv++)
		add(&w, *argv);
	free(config);
	return w.word;
}

void
sandbox_free(char **argv)
{
	for (char **word = argv; *word; word++)
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
