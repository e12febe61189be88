#include "servers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "dir.h"
#include "err.h"
#include "json.h"
#include "key.h"
#include "server.h"
#include "variable.h"

char *
servers_file(void)
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
	servers =
	    json_get(file, json_has(file, "mcpServers") ? "mcpServers" : "servers", JV_KIND_OBJECT);
	jv_free(file);
	if (!jv_is_valid(servers))
		err_set(EX_CONFIG, "%s: want an object mcpServers, or servers", path);
	return servers;
}

jv
servers_names(const char *path)
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

jv
servers_entries(const char *path)
{
	jv servers = read_servers(path);

	return jv_is_valid(servers) ? variable_expand_all(servers, NULL) : servers;
}

/* As servers_find; EX_UNAVAILABLE: it is of no use here. */
static jv
find(const char *path, const char *name, const char *folder)
{
	jv servers = read_servers(path), entry, server;

	if (!jv_is_valid(servers))
		return servers;
	entry = json_get(servers, name, JV_KIND_OBJECT);
	jv_free(servers);
	if (!jv_is_valid(entry)) {
		err_set(EX_NOINPUT, "%s: there is no server %s", path, name);
		return entry;
	}
	server = server_of_entry(name, entry, folder);
	if (!jv_is_valid(server))
		err_add("%s: %s", path, name);
	jv_free(entry);
	return server;
}

jv
servers_find(const char *path, const char *name, const char *folder)
{
	jv server = find(path, name, folder);

	if (!jv_is_valid(server) && err_code() == EX_UNAVAILABLE) {
		char *why = xstrdup(err_text());

		err_set(EX_CONFIG, "%s", why);
		free(why);
	}
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

/* Adds one of a file to a list; or a sentence to those on what is of no use here. */
static jv
add_of_file(jv list, const char *path, const char *name, const char *folder, jv *useless)
{
	jv server = find(path, name, folder);

	if (jv_is_valid(server) || err_code() != EX_UNAVAILABLE)
		return add(list, server);
	jv_free(server);
	*useless =
	    jv_array_append(*useless, jv_string_fmt("MCP server passed over: %s", err_text()));
	return list;
}

/* Adds all of a file; invalid with err. */
static jv
add_file(jv list, const char *path, const char *folder, jv *useless)
{
	jv names = servers_names(path);

	if (!jv_is_valid(names)) {
		jv_free(list);
		return names;
	}
	for (int i = 0; jv_is_valid(list) && i < jv_array_length(jv_copy(names)); i++) {
		jv name = jv_array_get(jv_copy(names), i);

		list = add_of_file(list, path, jv_string_value(name), folder, useless);
		jv_free(name);
	}
	jv_free(names);
	return list;
}

jv
servers_list(jv mcp, const char *folder, jv *useless)
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
			list = add_file(list, file, folder, useless);
		else
			list = add(list,
			    name && command ? server_of_command(name, command) : jv_invalid());
		jv_free(one);
	}
	return list;
}
