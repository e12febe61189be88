#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "clock.h"
#include "err.h"
#include "id.h"
#include "json.h"
#include "place.h"
#include "sandbox.h"

enum {
	WHY_MAX = 2000,  /* how much of its end stderr tells why */
	GRACE_MS = 2000, /* from TERM to KILL */
};

struct place {
	char *folder, *store, **env;
	const char **run_env; /* of a run: env, and its own marks */
	size_t env_len;
	int64_t timeout_ms, until_ms; /* INT64_MAX: there is no end */
	bool is_sandboxed;
	struct sandbox sandbox;
};

static void
set_env(struct place *p, const struct place_terms *terms)
{
	size_t n = 0, more = 0;

	while (terms->env && terms->env[more])
		more++;
	p->env = xmalloc((more + 2) * sizeof *p->env);
	for (; n < more; n++)
		p->env[n] = xstrdup(terms->env[n]);
	if (terms->lease)
		p->env[n++] = xprintf("LEGWORK_RUN=%s", terms->lease);
	p->env[n] = NULL;
	p->env_len = n;
	p->run_env = xmalloc((n + 3) * sizeof *p->run_env);
	for (size_t i = 0; i < n; i++)
		p->run_env[i] = p->env[i];
}

struct place *
place_open(const struct place_terms *terms)
{
	const char *folder = terms->folder ? terms->folder : ".";
	struct place *p = xmalloc(sizeof *p);

	*p = (struct place){ .is_sandboxed = terms->is_sandboxed };
	set_env(p, terms);
	p->timeout_ms = terms->timeout_ms ? terms->timeout_ms : PLACE_TIMEOUT_MS;
	p->until_ms = terms->until_ms ? terms->until_ms : INT64_MAX;
	p->folder = realpath(folder, NULL);
	p->store = terms->store ? realpath(terms->store, NULL) : NULL; /* none: nothing to hide */
	p->sandbox = (struct sandbox){ .folder = p->folder,
		.store = p->store,
		.has_network = terms->has_network };
	if (!p->folder)
		err_set(EX_CONFIG, "work folder %s: %s", folder, strerror(errno));
	else if (!p->is_sandboxed || sandbox_check(&p->sandbox) == 0)
		return p;
	place_close(p);
	return NULL;
}

void
place_close(struct place *p)
{
	if (!p)
		return;
	for (char **variable = p->env; *variable; variable++)
		free(*variable);
	free(p->env);
	free(p->run_env);
	free(p->folder);
	free(p->store);
	free(p);
}

const char *
place_folder(const struct place *p)
{
	return p->folder;
}

const char *const *
place_env(const struct place *p)
{
	return (const char *const *)p->env;
}

char **
place_argv(const struct place *p, char *const argv[], const char *folder)
{
	struct sandbox sandbox = p->sandbox;

	sandbox.start = folder;
	return p->is_sandboxed ? sandbox_argv(&sandbox, argv) : NULL;
}

/* What a run says, on its way. */
struct saying {
	struct place_run *run;
	bool is_why_cut;
};

static void
take_out(void *arg, const char *bytes, size_t len)
{
	struct saying *saying = arg;

	saying->run->take(saying->run->arg, bytes, len);
}

static void
take_err(void *arg, const char *bytes, size_t len)
{
	struct saying *saying = arg;
	struct buf *why = &saying->run->why;

	buf_add(why, bytes, len);
	if (why->len > WHY_MAX) {
		buf_cut(why, why->len - WHY_MAX);
		saying->is_why_cut = true;
	}
}

/* Make a text of the end of stderr. */
static void
trim(struct buf *why, bool is_cut)
{
	const char *line = is_cut ? memchr(why->p, '\n', why->len) : NULL;
	jv text;

	if (line)
		buf_cut(why, (size_t)(line + 1 - why->p));
	while (why->len > 0 && strchr(" \t\r\n", why->p[why->len - 1]))
		why->len--;
	text = json_utf8(why->p ? why->p : "", why->len);
	why->len = 0;
	buf_puts(why, jv_string_value(text));
	jv_free(text);
}

/* The shortest of the limits, but a millisecond, as 0 is none. */
static int64_t
time_for(const struct place *p, const struct place_run *r)
{
	int64_t ms = p->timeout_ms, left = p->until_ms - clock_mono_ms();

	if (r->is_launcher && p->until_ms == INT64_MAX)
		return 0;
	if (r->is_launcher)
		ms = left;
	if (r->timeout_max_ms && ms > r->timeout_max_ms)
		ms = r->timeout_max_ms;
	if (ms > left)
		ms = left;
	return ms > 1 ? ms : 1;
}

int64_t
place_until(const struct place *p)
{
	return clock_mono_ms() + time_for(p, &(struct place_run){ 0 });
}

bool
place_run(struct place *p, struct place_run *r)
{
	char *argv[] = { xstrdup(r->path), r->argument ? xstrdup(r->argument) : NULL, NULL };
	bool is_sandboxed = p->is_sandboxed && !r->is_trusted;
	struct saying saying = { .run = r };
	char id[ID_TEXT], *mark = xprintf("LEGWORK_CALL=%s", id_new(id));
	char *call = r->call_id ? xprintf("LEGWORK_CALL_ID=%s", r->call_id) : NULL;
	struct call c = {
		.program = { .env = p->run_env,
		    .folder = p->folder,
		    .is_clean = !(r->is_trusted && r->is_launcher) },
		.input = r->input,
		.input_len = r->input ? strlen(r->input) : 0,
		.grace_ms = GRACE_MS,
		.mark = mark,
		.take_out = take_out,
		.take_err = take_err,
		.arg = &saying,
	};

	c.timeout_ms = r->timeout_ms = time_for(p, r);
	c.program.argv = is_sandboxed ? sandbox_argv(&p->sandbox, argv) : argv;
	p->run_env[p->env_len] = mark;
	p->run_env[p->env_len + 1] = call;
	p->run_env[p->env_len + 2] = NULL;
	r->end = call_run(&c, &r->status);
	trim(&r->why, saying.is_why_cut);
	if (is_sandboxed)
		sandbox_free((char **)(uintptr_t)c.program.argv);
	free(argv[0]);
	free(argv[1]);
	free(mark);
	free(call);
	return r->end == CALL_ENDED && WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0;
}

void
place_run_release(struct place_run *r)
{
	buf_release(&r->why);
}

void
place_say(const struct place_run *r, struct buf *b)
{
	if (r->end == CALL_FAILED)
		buf_printf(b, "cannot be started: %s", err_text());
	else if (r->end == CALL_LATE)
		buf_printf(b, "no answer within %g s, so it was ended",
		    (double)r->timeout_ms / 1000);
	else if (r->end == CALL_STOPPED)
		buf_puts(b, "ended early: legwork was asked to stop");
	else if (WIFSIGNALED(r->status))
		buf_printf(b, "killed by signal %d", WTERMSIG(r->status));
	else
		buf_printf(b, "exit status %d", WEXITSTATUS(r->status));
	if (r->why.len > 0)
		buf_printf(b, ": %s", r->why.p);
}
