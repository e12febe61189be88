#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "clock.h"
#include "crew.h"
#include "err.h"
#include "server.h"
#include "utf8.h"

enum { ADAPTER_MAX = 64, NAME_MAX_BYTES = 200, TURNS_MAX = 1000000 };

int
agent_check_role(const char *role)
{
	size_t len = strlen(role);

	for (size_t i = 0; i < len; i++)
		if (!isalpha((unsigned char)role[i]) &&
		    (i == 0 || (!isdigit((unsigned char)role[i]) && !strchr("_-", role[i]))))
			len = 0;
	if (len == 0 || len > CREW_ROLE_MAX)
		return err_set(EX_DATAERR,
		    "role '%.80s': want a letter, then up to 63 letters, digits, '_' or '-'", role);
	return 0;
}

/* A member that is a string of at most so many bytes, if it is there. */
static int
check_text(jv agent, const char *name, size_t min, size_t max)
{
	const char *text = json_peek_string(agent, name);

	if (!json_has(agent, name))
		return 0;
	if (!text)
		return err_set(EX_DATAERR, "%s: want a string", name);
	if (strlen(text) < min || strlen(text) > max)
		return err_set(EX_DATAERR, "%s: want %zu to %zu bytes", name, min, max);
	return 0;
}

/* Members that are one of a few words. */
static int
check_words(jv agent)
{
	static const char *const words[][4] = { { "kind", "exec", "llm" },
		{ "input", "text", "json" }, { "status", "active", "proposed" },
		{ "effort", "low", "medium", "high" } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *name = words[i][0], *word = json_peek_string(agent, name);
		bool is_known = !json_has(agent, name);

		for (size_t w = 1; w < 4 && words[i][w] && word; w++)
			is_known = is_known || !strcmp(word, words[i][w]);
		if (!is_known)
			return err_set(EX_DATAERR, "%s: want %s%s%s%s%s", name, words[i][1],
			    words[i][3] ? ", " : " or ", words[i][2], words[i][3] ? " or " : "",
			    words[i][3] ? words[i][3] : "");
	}
	return 0;
}

/* Whether a list, if it is one at all (consumed), is one of strings; min: the shortest. */
static int
check_list(jv list, const char *name, size_t min, size_t max)
{
	int rc = 0;

	if (!jv_is_valid(list)) {
		jv_free(list);
		return 0;
	}
	if (jv_get_kind(list) != JV_KIND_ARRAY) {
		jv_free(list);
		return err_set(EX_DATAERR, "%s: want an array of strings", name);
	}
	jv_array_foreach (list, i, item) {
		size_t len = jv_get_kind(item) == JV_KIND_STRING
		                 ? (size_t)jv_string_length_bytes(jv_copy(item))
		                 : SIZE_MAX;

		if (rc == 0 && len == SIZE_MAX)
			rc = err_set(EX_DATAERR, "%s[%d]: want a string", name, i);
		else if (rc == 0 &&
			 (len < min || len > max || strlen(jv_string_value(item)) != len))
			rc = err_set(EX_DATAERR, "%s[%d]: want %zu to %zu bytes, and no U+0000",
			    name, i, min, max);
		jv_free(item);
	}
	jv_free(list);
	return rc;
}

static int
check_tools(jv agent)
{
	static const char *const lists[] = { "allow", "deny", "ask" };
	jv tools = json_get(agent, "tools", JV_KIND_OBJECT);
	int rc = 0;

	if (json_has(agent, "tools") && !jv_is_valid(tools))
		rc = err_set(EX_DATAERR, "tools: want an object");
	for (size_t i = 0; i < 3 && rc == 0 && jv_is_valid(tools); i++) {
		char *name = xprintf("tools.%s", lists[i]);

		rc = check_list(jv_object_get(jv_copy(tools), jv_string(lists[i])), name, 1,
		    NAME_MAX_BYTES);
		free(name);
	}
	jv_free(tools);
	return rc;
}

/* A server by its command, or a file of such. */
static int
check_server(jv server)
{
	const char *name = json_peek_string(server, "name"),
		   *command = json_peek_string(server, "command"),
		   *file = json_peek_string(server, "file");

	if (file && !json_has(server, "name") && !json_has(server, "command"))
		return *file == '/' && strlen(file) <= AGENT_FOLDER_MAX
		           ? 0
		           : err_set(EX_DATAERR, "file: want an absolute path");
	if (!name || !command || json_has(server, "file"))
		return err_set(EX_DATAERR, "want a name and a command, or a file");
	if (server_check_name(name) < 0)
		return -1;
	return command[strspn(command, " \t\r\n")] && strlen(command) <= AGENT_PROMPT_MAX
	           ? 0
	           : err_set(EX_DATAERR, "command: want a command line");
}

static int
check_mcp(jv agent)
{
	jv list = json_get(agent, "mcp", JV_KIND_ARRAY);
	int rc = 0;

	if (json_has(agent, "mcp") && !jv_is_valid(list))
		rc = err_set(EX_DATAERR, "mcp: want an array of servers");
	for (int i = 0; rc == 0 && jv_is_valid(list) && i < jv_array_length(jv_copy(list)); i++) {
		jv server = jv_array_get(jv_copy(list), i);

		rc = jv_get_kind(server) == JV_KIND_OBJECT ? check_server(server)
		                                           : err_set(EX_DATAERR, "want an object");
		if (rc < 0)
			err_add("mcp[%d]", i);
		jv_free(server);
	}
	jv_free(list);
	return rc;
}

/* It becomes the name of a file, or is the path of one. */
static int
check_adapter(jv agent)
{
	const char *name = json_peek_string(agent, "adapter");

	if (!json_has(agent, "adapter") ||
	    (name && *name == '/' && strlen(name) <= AGENT_FOLDER_MAX))
		return 0;
	for (const char *p = name; name && *p; p++)
		if (!isalnum((unsigned char)*p) && (p == name || !strchr("_-", *p)))
			name = NULL;
	return name && *name && strlen(name) <= ADAPTER_MAX
	           ? 0
	           : err_set(EX_DATAERR,
			 "adapter: want a letter or digit, then up to %d of these, '_' or '-', or "
			 "an absolute path",
			 ADAPTER_MAX - 1);
}

/* What an agent of one kind must have, and one of the other must not. */
static int
check_kind(jv agent)
{
	const char *kind = json_peek_string(agent, "kind");
	jv command = json_get(agent, "command", JV_KIND_ARRAY);
	bool has_command = jv_is_valid(command) && jv_array_length(jv_copy(command)) > 0;

	jv_free(command);
	if (kind && !strcmp(kind, "exec") && !has_command && !json_has(agent, "adapter"))
		return err_set(EX_DATAERR, "command: is missing");
	if (kind && !strcmp(kind, "exec") && json_has(agent, "mcp"))
		return err_set(EX_DATAERR, "mcp: an agent of kind exec has none");
	if (kind && !strcmp(kind, "llm") &&
	    (json_has(agent, "command") || json_has(agent, "adapter")))
		return err_set(EX_DATAERR, "%s: an agent of kind llm has none",
		    json_has(agent, "command") ? "command" : "adapter");
	return 0;
}

/* A member that is a whole number in that range, if it is there. */
static int
check_count(jv agent, const char *name, int least, int most)
{
	int64_t n = json_peek_int(agent, name, -1);

	if (json_has(agent, name) && (n < least || n > most))
		return err_set(EX_DATAERR, "%s: want a whole number from %d to %d", name, least,
		    most);
	return 0;
}

static int
check_numbers(jv agent)
{
	static const char *const flags[] = { "sandbox", "network", "allow_unscoped",
		"one_at_a_time" };

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		jv flag = jv_object_get(jv_copy(agent), jv_string(flags[i]));
		jv_kind kind = jv_get_kind(flag);

		jv_free(flag);
		if (kind != JV_KIND_INVALID && kind != JV_KIND_TRUE && kind != JV_KIND_FALSE)
			return err_set(EX_DATAERR, "%s: want true or false", flags[i]);
	}
	if (check_count(agent, "max_turns", 1, TURNS_MAX) < 0 ||
	    check_count(agent, "max_running", 1, AGENT_RUNNING_MAX) < 0)
		return -1;
	return check_count(agent, "context_tokens", 0, AGENT_CONTEXT_MAX);
}

/* A crew's name becomes part of a set's. */
static int
check_crews(jv agent)
{
	jv crews = json_get(agent, "crews", JV_KIND_ARRAY);
	int rc = check_list(jv_object_get(jv_copy(agent), jv_string("crews")), "crews", 1,
	    AGENT_CREW_MAX);

	for (int i = 0; rc == 0 && jv_is_valid(crews) && i < jv_array_length(jv_copy(crews)); i++) {
		jv crew = jv_array_get(jv_copy(crews), i);

		for (const char *p = jv_string_value(crew); rc == 0 && *p; p++)
			if (utf8_control(p))
				rc = err_set(EX_DATAERR, "crews[%d]: a control character in it", i);
		jv_free(crew);
	}
	jv_free(crews);
	return rc;
}

int
agent_check(jv agent)
{
	const char *role = json_peek_string(agent, "role");

	if (!role)
		return err_set(EX_DATAERR, "agent: role is missing");
	if (agent_check_role(role) < 0 || check_words(agent) < 0 || check_kind(agent) < 0 ||
	    check_text(agent, "description", 0, AGENT_PROMPT_MAX) < 0 ||
	    check_text(agent, "system_prompt", 0, AGENT_PROMPT_MAX) < 0 ||
	    check_text(agent, "model_id", 1, NAME_MAX_BYTES) < 0 ||
	    check_text(agent, "provider", 1, NAME_MAX_BYTES) < 0 ||
	    check_text(agent, "folder", 1, AGENT_FOLDER_MAX) < 0 || check_adapter(agent) < 0 ||
	    check_tools(agent) < 0 || check_mcp(agent) < 0 || check_numbers(agent) < 0)
		return -1;
	if (check_list(jv_object_get(jv_copy(agent), jv_string("skills")), "skills", 0,
		AGENT_PROMPT_MAX) < 0)
		return -1;
	if (check_crews(agent) < 0)
		return -1;
	return check_list(jv_object_get(jv_copy(agent), jv_string("command")), "command", 0,
	    AGENT_PROMPT_MAX);
}

/* prefix and name, in lower case; a new string */
static char *
lower(const char *prefix, const char *name)
{
	char *text = xprintf("%s%s", prefix, name);

	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return text;
}

static char *
key_of(const char *role)
{
	return lower("agent/", role);
}

static jv
sets_of(jv agent)
{
	jv sets = JV_ARRAY(jv_string("agents")), crews = crew_strings(agent, "crews");

	if (json_has(agent, "max_running") || json_has(agent, "one_at_a_time"))
		sets = jv_array_append(sets, jv_string("agents.limited"));
	jv_array_foreach (crews, i, crew) {
		char *set = lower("limited.crew.", jv_string_value(crew));

		if (json_peek_bool(agent, "one_at_a_time"))
			sets = jv_array_append(sets, jv_string(set));
		free(set);
		jv_free(crew);
	}
	jv_free(crews);
	return sets;
}

jv
agent_put(struct tx *tx, jv agent)
{
	char now[CLOCK_TEXT], *key;
	jv old;

	if (agent_check(agent) < 0) {
		jv_free(agent);
		return jv_invalid();
	}
	key = key_of(json_peek_string(agent, "role"));
	old = store_get(tx, key);
	clock_format(clock_now_ms(), now);
	agent = json_set_string(agent, "created_at",
	    jv_is_valid(old) ? json_peek_string(old, "created_at") : now);
	agent = json_set_string(agent, "updated_at", now);
	jv_free(old);
	store_put(tx, key, jv_copy(agent), sets_of(agent), jv_array());
	store_ring(tx, "tasks"); /* more of them may run now */
	free(key);
	return agent;
}

jv
agent_get(struct tx *tx, const char *role)
{
	char *key = key_of(role);
	jv agent = store_get(tx, key);

	free(key);
	return agent;
}

bool
agent_is_llm(jv agent)
{
	const char *kind = jv_is_valid(agent) ? json_peek_string(agent, "kind") : NULL;

	return kind && !strcmp(kind, "llm");
}

int
agent_remove(struct tx *tx, const char *role)
{
	char *key = key_of(role);
	bool is_there = store_number(tx, key) != 0;

	if (is_there) {
		store_delete(tx, key);
		store_ring(tx, "tasks");
	}
	free(key);
	return is_there ? 0 : err_set(EX_NOINPUT, "agent %s: no such role", role);
}

jv
agent_crew(struct tx *tx)
{
	jv crew = jv_array();

	for (uint64_t n = 0; (n = store_next(tx, "agents", n)) != 0;)
		crew = jv_array_append(crew, store_at(tx, n));
	return crew;
}
