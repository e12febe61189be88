#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "dir.h"
#include "err.h"
#include "json.h"
#include "key.h"

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

char *
server_file(void)
{
	char *folder = dir_config_path(), *path = folder ? xprintf("%s/mcp.json", folder) : NULL;

	free(folder);
	return path;
}

/* The servers in a file, by name; owned. */
static jv
read_servers(const char *path)
{
	struct buf text = { 0 };
	jv file, servers;

	if (key_read_file(path, &text) < 0) {
		err_set(errno == ENOENT || errno == ENOTDIR ? EX_NOINPUT : EX_CONFIG, "%s: %s",
		    path, errno ? strerror(errno) : err_text());
		buf_release(&text);
		return jv_invalid();
	}
	file = json_parse_object(text.p, text.len);
	buf_release(&text);
	if (!jv_is_valid(file)) {
		err_set(EX_CONFIG, "%s: %s", path, err_text());
		return file;
	}
	servers = json_get(file, "mcpServers", JV_KIND_OBJECT);
	jv_free(file);
	if (!jv_is_valid(servers))
		err_set(EX_CONFIG, "%s: want an object mcpServers", path);
	return servers;
}

jv
server_names(const char *path)
{
	jv servers = read_servers(path), names;

	if (!jv_is_valid(servers))
		return servers;
	names = jv_array();
	jv_object_foreach (servers, name, value) {
		if (jv_get_kind(value) == JV_KIND_OBJECT && json_peek_bool(value, "disabled"))
			jv_free(name);
		else
			names = jv_array_append(names, name);
		jv_free(value);
	}
	jv_free(servers);
	return names;
}

/* Appends the value of the variable that is named between ${ and }. */
static void
add_variable(struct buf *b, const char *name, size_t len)
{
	const char *dash = memchr(name, ':', len), *value;
	size_t name_len = dash && dash[1] == '-' ? (size_t)(dash - name) : len;
	char *copy = xprintf("%.*s", (int)name_len, name);

	value = getenv(copy);
	if (value && *value)
		buf_puts(b, value);
	else if (name_len < len)
		buf_add(b, dash + 2, len - name_len - 2);
	free(copy);
}

/* A string (consumed) with its variables replaced. */
static jv
expand(jv string)
{
	const char *s = jv_string_value(string), *open, *end;
	struct buf b = { 0 };
	jv out;

	while ((open = strstr(s, "${")) && (end = strchr(open, '}'))) {
		buf_add(&b, s, (size_t)(open - s));
		add_variable(&b, open + 2, (size_t)(end - open - 2));
		s = end + 1;
	}
	buf_puts(&b, s);
	out = json_utf8(b.p ? b.p : "", b.len);
	buf_release(&b);
	jv_free(string);
	return out;
}

/* What a server's entry (borrowed) names: program and arguments; invalid with err. */
static jv
argv_of(jv entry)
{
	jv command = json_get(entry, "command", JV_KIND_STRING),
	   args = json_get(entry, "args", JV_KIND_ARRAY), argv = jv_array();
	const char *type = json_peek_string(entry, "type");
	bool is_good = jv_is_valid(command) && (jv_is_valid(args) || !json_has(entry, "args"));

	if ((type && strcmp(type, "stdio") != 0) || json_has(entry, "url")) {
		err_set(EX_CONFIG, "want a server of type stdio, got %s", type ? type : "a url");
		is_good = false;
	} else if (!is_good) {
		err_set(EX_CONFIG, "want a string command, and an array args of strings");
	}
	argv = is_good ? jv_array_append(argv, expand(jv_copy(command))) : argv;
	if (is_good && jv_is_valid(args))
		jv_array_foreach (args, i, arg) {
			is_good = is_good && jv_get_kind(arg) == JV_KIND_STRING;
			if (is_good)
				argv = jv_array_append(argv, expand(jv_copy(arg)));
			else
				err_set(EX_CONFIG, "args[%d]: want a string", i);
			jv_free(arg);
		}
	jv_free(command);
	jv_free(args);
	if (is_good)
		return argv;
	jv_free(argv);
	return jv_invalid();
}

static jv
env_of(jv entry)
{
	jv given = json_get(entry, "env", JV_KIND_OBJECT), env = jv_object();

	if (jv_is_valid(given))
		jv_object_foreach (given, name, value) {
			if (jv_get_kind(value) == JV_KIND_STRING)
				env = jv_object_set(env, name, expand(value));
			else
				jv_free(name), jv_free(value);
		}
	jv_free(given);
	return env;
}

jv
server_find(const char *path, const char *name)
{
	jv servers = read_servers(path), entry, argv, server, folder;

	if (!jv_is_valid(servers))
		return servers;
	entry = json_get(servers, name, JV_KIND_OBJECT);
	jv_free(servers);
	if (!jv_is_valid(entry)) {
		err_set(EX_NOINPUT, "%s: there is no server %s", path, name);
		return entry;
	}
	argv = argv_of(entry);
	if (!jv_is_valid(argv)) {
		err_add("%s: %s", path, name);
		jv_free(entry);
		return argv;
	}
	server = json_set(json_set_string(jv_object(), "name", name), "argv", argv);
	server = json_set(server, "env", env_of(entry));
	folder = json_get(entry, "cwd", JV_KIND_STRING);
	if (jv_is_valid(folder))
		server = json_set(server, "folder", expand(folder));
	else
		jv_free(folder);
	jv_free(entry);
	return server;
}

/* --- those of an agent */

/* Adds a server (consumed) to a list; invalid with err, where it is or one has its name. */
static jv
add(jv list, jv server)
{
	bool is_good = jv_is_valid(server);
	const char *name = is_good ? json_peek_string(server, "name") : NULL;

	if (is_good)
		jv_array_foreach (list, i, other) {
			if (!strcmp(json_peek_string(other, "name"), name))
				is_good = false;
			jv_free(other);
		}
	if (is_good)
		return jv_array_append(list, server);
	if (name)
		err_set(EX_CONFIG, "there are two servers of the name %s", name);
	jv_free(server);
	jv_free(list);
	return jv_invalid();
}

/* Adds all of a file; invalid with err. */
static jv
add_file(jv list, const char *path)
{
	jv names = server_names(path);

	if (!jv_is_valid(names)) {
		jv_free(list);
		return names;
	}
	for (int i = 0; jv_is_valid(list) && i < jv_array_length(jv_copy(names)); i++) {
		jv name = jv_array_get(jv_copy(names), i);

		list = add(list, server_find(path, jv_string_value(name)));
		jv_free(name);
	}
	jv_free(names);
	return list;
}

jv
server_list(jv mcp)
{
	jv list = jv_array();

	for (int i = 0; jv_is_valid(list) && i < jv_array_length(jv_copy(mcp)); i++) {
		jv one = jv_array_get(jv_copy(mcp), i);
		bool is_object = jv_get_kind(one) == JV_KIND_OBJECT;
		const char *file = is_object ? json_peek_string(one, "file") : NULL,
			   *name = is_object ? json_peek_string(one, "name") : NULL,
			   *command = is_object ? json_peek_string(one, "command") : NULL;

		if (!file && !(name && command))
			err_set(EX_CONFIG, "mcp[%d]: want a name and a command, or a file", i);
		if (file)
			list = add_file(list, file);
		else
			list = add(list,
			    name && command ? server_of_command(name, command) : jv_invalid());
		jv_free(one);
	}
	return list;
}
