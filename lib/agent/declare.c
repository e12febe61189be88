#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "declare.h"
#include "dir.h"
#include "err.h"
#include "json.h"

enum { NAME_MAX_LEN = 64, TEXT_MAX = 64 << 10, TIMEOUT_MAX_MS = 10000 };

static bool
is_name(const char *s)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return len > 0 && len <= NAME_MAX_LEN && !s[len];
}

static bool
is_executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* The path, made absolute: calls start in another folder.  Freed where it is none of a program. */
static char *
program_at(char *path)
{
	char *here = *path == '/' ? NULL : getcwd(NULL, 0), *whole;

	if (here) {
		whole = xprintf("%s/%s", here, path);
		free(here);
		free(path);
		path = whole;
	}
	if (is_executable(path))
		return path;
	free(path);
	return NULL;
}

/* A command of the kit. */
static char *
find_ours(const char *name)
{
	char *command = xprintf("tool-%s", name), *path;

	for (char *p = command; *p; p++)
		if (*p == '_')
			*p = '-';
	path = dir_bin_path(command);
	free(command);
	if (*path == '/') /* else it is not there */
		return path;
	free(path);
	return NULL;
}

/* A program in the kit's folder of tools. */
static char *
find_shared(const char *name)
{
	char *share = dir_share_path();
	char *path = share ? program_at(xprintf("%s/tools/%s", share, name)) : NULL;

	free(share);
	return path;
}

static char *
find_in_folders(const char *name)
{
	const char *folders = getenv("LEGWORK_TOOLS"), *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	char *path = NULL;
	size_t len;

	for (; !path && folders && *folders; folders += len + (folders[len] == ':')) {
		len = strcspn(folders, ":");
		if (len > 0)
			path = program_at(xprintf("%.*s/%s", (int)len, folders, name));
	}
	if (!path && config && *config == '/')
		path = program_at(xprintf("%s/legwork/tools/%s", config, name));
	else if (!path && home)
		path = program_at(xprintf("%s/.config/legwork/tools/%s", home, name));
	return path;
}

char *
declare_find(const char *name, bool *is_ours)
{
	char *path;

	*is_ours = false;
	if (strchr(name, '/')) {
		path = program_at(xstrdup(name));
		if (!path)
			err_set(EX_CONFIG, "tool %s: there is no such program", name);
		return path;
	}
	if (!is_name(name)) {
		err_set(EX_CONFIG,
		    "tool '%.80s': want up to 64 letters, digits, '_' or '-', or a path", name);
		return NULL;
	}
	path = find_ours(name);
	if (!path)
		path = find_shared(name);
	*is_ours = path != NULL;
	if (!path)
		path = find_in_folders(name);
	if (!path)
		err_set(EX_CONFIG,
		    "tool %s: there is none in this kit, in LEGWORK_TOOLS or in the "
		    "configuration folder legwork/tools",
		    name);
	return path;
}

/* Whether a declaration is one.  -1 with err. */
static int
check(jv declaration, const char *asked)
{
	const char *name = json_peek_string(declaration, "name"), *type;
	const char *description = json_peek_string(declaration, "description");
	jv parameters = json_get(declaration, "parameters", JV_KIND_OBJECT);
	bool is_object;

	type = jv_is_valid(parameters) ? json_peek_string(parameters, "type") : NULL;
	is_object = type && !strcmp(type, "object");
	jv_free(parameters);
	if (!name || !is_name(name))
		return err_set(EX_CONFIG, "name: want up to 64 letters, digits, '_' or '-'");
	if (!strchr(asked, '/') && strcmp(name, asked) != 0)
		return err_set(EX_CONFIG, "name: is %s", name);
	if (!description || !*description)
		return err_set(EX_CONFIG, "description: is missing, or no string");
	if (!is_object)
		return err_set(EX_CONFIG,
		    "parameters: want a JSON Schema with \"type\":\"object\"");
	if (json_has(declaration, "x-legwork-scope")) {
		const char *scope = json_peek_string(declaration, "x-legwork-scope");

		if (!scope || strcmp(scope, "none") != 0)
			return err_set(EX_CONFIG, "x-legwork-scope: want none");
	}
	if (json_has(declaration, "idempotent")) {
		jv value = jv_object_get(jv_copy(declaration), jv_string("idempotent"));
		jv_kind kind = jv_get_kind(value);

		jv_free(value);
		if (kind != JV_KIND_TRUE && kind != JV_KIND_FALSE)
			return err_set(EX_CONFIG, "idempotent: want true or false");
	}
	return 0;
}

static void
take(void *arg, const char *bytes, size_t len)
{
	struct buf *text = arg;
	size_t room = TEXT_MAX + 1 - text->len;

	buf_add(text, bytes, len < room ? len : room);
}

/* What it has printed as a declaration; invalid with err. */
static jv
parse(const struct buf *text, const char *asked)
{
	jv declaration;

	if (text->len > TEXT_MAX) {
		err_set(EX_CONFIG, "more than %d bytes", TEXT_MAX);
		return jv_invalid();
	}
	declaration = json_parse_object(text->p ? text->p : "", text->len);
	if (!jv_is_valid(declaration))
		err_set(EX_CONFIG, "%s", err_text());
	if (!jv_is_valid(declaration) || check(declaration, asked) == 0)
		return declaration;
	jv_free(declaration);
	return jv_invalid();
}

jv
declare_ask(struct place *place, const char *path, const char *asked, bool is_ours)
{
	struct buf text = { 0 }, why = { 0 };
	struct place_run r = { .path = path,
		.argument = "--schema",
		.is_trusted = is_ours,
		.timeout_max_ms = TIMEOUT_MAX_MS,
		.take = take,
		.arg = &text };
	jv declaration = jv_invalid();

	if (place_run(place, &r)) {
		declaration = parse(&text, asked);
	} else {
		place_say(&r, &why);
		err_set(r.end == CALL_STOPPED ? EX_TEMPFAIL : EX_CONFIG, "%s", why.p);
	}
	if (!jv_is_valid(declaration))
		err_add("tool %s: --schema", asked);
	place_run_release(&r);
	buf_release(&why);
	buf_release(&text);
	return declaration;
}
