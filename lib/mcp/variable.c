#include "variable.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "json.h"

/* The workspace's folder; a new string.  NULL with err: there is none where we are. */
static char *
workspace(const char *folder)
{
	char *path = folder ? xstrdup(folder) : getcwd(NULL, 0);

	if (!path)
		err_sys("${workspaceFolder}");
	return path;
}

/* What stands for itself; a new string.  NULL with err; or, with *is_known false, there is no
 * such. */
static char *
predefined(const char *name, const char *folder, bool *is_known)
{
	static const char base[] = "workspaceFolderBasename";
	bool is_base = !strcmp(name, base);
	char *path, *value;

	*is_known = true;
	if (!strcmp(name, "/") || !strcmp(name, "pathSeparator"))
		return xstrdup("/");
	if (!is_base && strcmp(name, "workspaceFolder") != 0)
		return *is_known = false, NULL;
	if (!(path = workspace(folder)) || !is_base)
		return path;
	value = xstrdup(strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	free(path);
	return value;
}

static bool
begins_with(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix)) && name[strlen(prefix)];
}

/* Appends the environment's variable, or what is to stand in its place; name is changed.  -1 with
 * err: there is neither. */
static int
add_of_environment(struct buf *b, char *name)
{
	char *plain = name + (begins_with(name, "env:") ? strlen("env:") : 0),
	     *other = strstr(plain, ":-");
	const char *value;

	if (other)
		*other = '\0';
	value = getenv(strcmp(plain, "userHome") != 0 ? plain : "HOME");
	if (other && !(value && *value))
		value = other + 2;
	if (!value)
		return err_set(EX_CONFIG, "${%.80s} is not set in the environment", name);
	buf_puts(b, value);
	return 0;
}

/* Appends what the name between ${ and } stands for; name is changed.  -1 with err. */
static int
add_variable(struct buf *b, char *name, const char *folder)
{
	bool is_known;
	char *value;

	if (begins_with(name, "input:"))
		return err_set(EX_UNAVAILABLE,
		    "${%.80s} is asked of a person, which is not done here; ${NAME} is the "
		    "environment's",
		    name);
	value = predefined(name, folder, &is_known);
	if (!is_known)
		return add_of_environment(b, name);
	if (!value)
		return -1;
	buf_puts(b, value);
	free(value);
	return 0;
}

jv
variable_expand(jv string, const char *folder)
{
	const char *s = jv_string_value(string), *open, *end;
	struct buf b = { 0 };
	int rc = 0;
	jv out;

	while (rc == 0 && (open = strstr(s, "${")) && (end = strchr(open, '}'))) {
		char *name = xprintf("%.*s", (int)(end - open - 2), open + 2);

		buf_add(&b, s, (size_t)(open - s));
		rc = add_variable(&b, name, folder);
		s = end + 1;
		free(name);
	}
	buf_puts(&b, s);
	out = rc == 0 ? json_utf8(b.p, b.len) : jv_invalid();
	buf_release(&b);
	jv_free(string);
	return out;
}

jv
variable_expand_all(jv value, const char *folder)
{
	jv_kind kind = jv_get_kind(value);
	jv out;

	if (kind == JV_KIND_STRING) {
		out = variable_expand(jv_copy(value), folder);
		if (!jv_is_valid(out))
			return (jv_free(out), value);
	} else if (kind == JV_KIND_ARRAY) {
		out = jv_array();
		jv_array_foreach (value, i, one) {
			out = jv_array_append(out, variable_expand_all(one, folder));
		}
	} else if (kind == JV_KIND_OBJECT) {
		out = jv_object();
		jv_object_foreach (value, name, one) {
			out = jv_object_set(out, name, variable_expand_all(one, folder));
		}
	} else {
		return value;
	}
	jv_free(value);
	return out;
}
