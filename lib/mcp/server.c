#include "server.h"

#include <string.h>

#include "err.h"
#include "json.h"
#include "variable.h"

enum { NAME_MAX_BYTES = 32 };

int
server_check_name(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-";
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_BYTES || name[strspn(name, plain)] || strstr(name, "__"))
		return err_set(EX_DATAERR,
		    "server '%.40s': want a name of 1 to %d letters, digits, - and single _", name,
		    NAME_MAX_BYTES);
	return 0;
}

jv
server_of_command(const char *name, const char *command)
{
	jv argv =
	    JV_ARRAY(jv_string("/bin/sh"), jv_string("-c"), jv_string_fmt("exec %s", command));

	return json_set(json_set_string(jv_object(), "name", name), "argv", argv);
}

/* Appends a word (consumed) to a command line; it becomes invalid with err. */
static jv
add_word(jv argv, jv word, const char *folder)
{
	bool is_string = jv_get_kind(word) == JV_KIND_STRING;

	if (is_string)
		word = variable_expand(word, folder);
	else
		err_set(EX_CONFIG, "args: want strings");
	if (is_string && jv_is_valid(word))
		return jv_array_append(argv, word);
	jv_free(word);
	jv_free(argv);
	return jv_invalid();
}

/* Whether it is a program, which is what can be spoken to here; if not, with err. */
static bool
is_program(jv entry)
{
	static const char *const urls[] = { "url", "serverUrl", "httpUrl" };
	const char *type = json_peek_string(entry, "type");
	bool is = !type || !strcmp(type, "stdio");

	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		is = is && !json_has(entry, urls[i]);
	if (!is)
		err_set(EX_UNAVAILABLE, "want a server of type stdio, got %.40s",
		    type ? type : "a url");
	return is;
}

/* What a server's entry (borrowed) names: program and arguments; invalid with err. */
static jv
argv_of(jv entry, const char *folder)
{
	jv command = json_get(entry, "command", JV_KIND_STRING),
	   args = json_get(entry, "args", JV_KIND_ARRAY), argv = jv_invalid();

	if (!jv_is_valid(command) || (json_has(entry, "args") && !jv_is_valid(args)))
		err_set(EX_CONFIG, "want a string command, and an array args of strings");
	else
		argv = add_word(jv_array(), jv_copy(command), folder);
	for (int i = 0;
	     jv_is_valid(argv) && jv_is_valid(args) && i < jv_array_length(jv_copy(args)); i++)
		argv = add_word(argv, jv_array_get(jv_copy(args), i), folder);
	jv_free(command);
	jv_free(args);
	return argv;
}

/* A variable's value (consumed) in text, of a string, a number or a flag; invalid with err. */
static jv
value_of(jv value, const char *folder)
{
	jv_kind kind = jv_get_kind(value);

	if (kind == JV_KIND_STRING)
		return variable_expand(value, folder);
	if (kind == JV_KIND_NUMBER || kind == JV_KIND_TRUE || kind == JV_KIND_FALSE)
		return jv_dump_string(value, 0);
	jv_free(value);
	err_set(EX_CONFIG, "want a string");
	return jv_invalid();
}

/* What is added to the environment; null adds nothing.  Invalid with err. */
static jv
env_of(jv entry, const char *folder)
{
	jv given = json_get(entry, "env", JV_KIND_OBJECT), env = jv_object();

	if (jv_is_valid(given))
		jv_object_foreach (given, name, value) {
			bool is_there = jv_get_kind(value) != JV_KIND_NULL && jv_is_valid(env);
			jv text = is_there ? value_of(jv_copy(value), folder) : jv_invalid();

			if (jv_is_valid(text)) {
				env = jv_object_set(env, jv_copy(name), text);
			} else if (is_there) {
				err_add("env: %s", jv_string_value(name));
				jv_free(env);
				env = jv_invalid();
			}
			jv_free(name);
			jv_free(value);
		}
	jv_free(given);
	return env;
}

jv
server_of_entry(const char *name, jv entry, const char *workspace)
{
	jv argv = is_program(entry) ? argv_of(entry, workspace) : jv_invalid(),
	   env = jv_is_valid(argv) ? env_of(entry, workspace) : jv_invalid(),
	   folder = json_get(entry, "cwd", JV_KIND_STRING), server = jv_invalid();
	bool has_folder = jv_is_valid(folder);

	if (jv_is_valid(env) && has_folder)
		folder = variable_expand(folder, workspace);
	if (jv_is_valid(env) && jv_is_valid(folder) == has_folder) {
		server = json_set_string(jv_object(), "name", name);
		server = json_set(json_set(server, "argv", jv_copy(argv)), "env", jv_copy(env));
		server = json_set_valid(server, "folder", jv_copy(folder));
	}
	jv_free(argv);
	jv_free(env);
	jv_free(folder);
	return server;
}

jv
server_with_env(jv server, const char *const *variables)
{
	jv env = json_get(server, "env", JV_KIND_OBJECT);

	env = jv_is_valid(env) ? env : jv_object();
	for (; variables && *variables; variables++) {
		size_t len = strcspn(*variables, "=");

		env = jv_object_set(env, jv_string_sized(*variables, (int)len),
		    jv_string(*variables + len + 1));
	}
	return json_set(server, "env", env);
}

char **
server_env(jv server)
{
	jv env = json_get(server, "env", JV_KIND_OBJECT), list = jv_array();

	if (jv_is_valid(env))
		jv_object_foreach (env, name, value) {
			list = jv_array_append(list,
			    jv_string_fmt("%s=%s", jv_string_value(name), jv_string_value(value)));
			jv_free(name);
			jv_free(value);
		}
	jv_free(env);
	return json_strings(list);
}
