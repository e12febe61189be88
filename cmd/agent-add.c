/* agent-add - add an agent: a role, and the program that does its work */
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "err.h"
#include "opt.h"
#include "rows.h"

static const char *description, *input = "text";
static struct opt_list skills;
static struct view view = { .is_maker = true };

static const struct opt opts[] = { { 0, "skill", "skill", "what it is good at; may be repeated",
				       .list = &skills },
	{ 0, "description", "text", "what it does, in a sentence", .str = &description },
	{ 'i', "input", "kind",
	    "what its program reads: text (the instruction) or json (the request)", .str = &input },
	VIEW_TABLE(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "agent-add",
	"add an agent: a role, and the program that does its work", "ROLE [--] COMMAND [ARG ...]",
	opts, 2 };

static jv
strings(const char *const *item, size_t len)
{
	jv list = jv_array();

	for (size_t i = 0; i < len && item[i]; i++)
		list = jv_array_append(list, json_utf8(item[i], strlen(item[i])));
	return list;
}

static jv
record(const char *role, char **command)
{
	jv agent = json_set_string(jv_object(), "role", role);

	agent = json_set_string(agent, "description", description ? description : "");
	agent = json_set(agent, "skills", strings(skills.item, skills.len));
	agent = json_set_string(agent, "kind", "exec");
	agent = json_set(agent, "command", strings((const char *const *)command, SIZE_MAX));
	agent = json_set_string(agent, "input", input);
	return json_set_string(agent, "status", "active");
}

static jv
add(struct store *s, const char *role, char **command)
{
	enum store_result rc;
	struct tx *tx;
	jv agent;

	do {
		if (!(tx = store_begin(s)))
			err_exit();
		agent = agent_put(tx, record(role, command));
		if ((rc = store_commit(tx, STORE_DURABLE)) != STORE_OK)
			jv_free(agent);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		err_exit();
	return agent;
}

/* Whoever puts our options behind the command has not meant them for it, unless "--" says so. */
static void
warn_of_ours(char *const *words)
{
	for (; *words; words++)
		for (const struct opt *o = opts; o->name; o++)
			if (!strncmp(*words, "--", 2) && !strcmp(*words + 2, o->name))
				err_warn("%s is taken for the command's; ours stand before it",
				    *words);
}

static bool
has_dashes(char *const *argv)
{
	while (*argv && strcmp(*argv, "--") != 0)
		argv++;
	return *argv != NULL;
}

int
main(int argc, char *argv[])
{
	bool is_said = has_dashes(argv);
	char **operands = opt_parse(&cmd, argv);
	struct store *s;

	(void)argc;
	if (!operands[0] || !operands[1])
		opt_usage(&cmd, "want a role and a command");
	if (agent_check_role(operands[0]) < 0)
		err_exit();
	if (!is_said)
		warn_of_ours(operands + 2);
	if (strcmp(input, "text") != 0 && strcmp(input, "json") != 0)
		opt_usage(&cmd, "--input: want text or json, got '%s'", input);
	if (view_open(&view, &rows_agent, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()))
		err_exit();
	view_add(&view, NULL, add(s, operands[0], operands + 1));
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
