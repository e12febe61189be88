#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "clock.h"
#include "err.h"

enum { ROLE_MAX = 64 };

int
agent_check_role(const char *role)
{
	size_t len = strlen(role);

	for (size_t i = 0; i < len; i++)
		if (!isalpha((unsigned char)role[i]) &&
		    (i == 0 || (!isdigit((unsigned char)role[i]) && !strchr("_-", role[i]))))
			len = 0;
	if (len == 0 || len > ROLE_MAX)
		return err_set(EX_DATAERR,
		    "role '%.80s': want a letter, then up to 63 letters, digits, '_' or '-'", role);
	return 0;
}

static char *
key_of(const char *role)
{
	char *key = xprintf("agent/%s", role);

	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return key;
}

jv
agent_put(struct tx *tx, jv agent)
{
	const char *role = json_peek_string(agent, "role");
	char now[CLOCK_TEXT], *key;
	jv old;

	if (!role || agent_check_role(role) < 0) {
		if (!role)
			err_set(EX_DATAERR, "agent: role is missing");
		jv_free(agent);
		return jv_invalid();
	}
	key = key_of(role);
	old = store_get(tx, key);
	clock_format(clock_now_ms(), now);
	agent = json_set_string(agent, "created_at",
	    jv_is_valid(old) ? json_peek_string(old, "created_at") : now);
	agent = json_set_string(agent, "updated_at", now);
	jv_free(old);
	store_put(tx, key, jv_copy(agent), JV_ARRAY(jv_string("agents")), jv_array());
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

	if (is_there)
		store_delete(tx, key);
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
