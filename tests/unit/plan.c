#include <stdlib.h>

#include "divide.h"
#include "err.h"
#include "hire.h"
#include "plan.h"
#include "plans.h"

/* Normalise subtasks with a crew of two; show their field, or all where it is NULL. */
static void
normalises(const char *subtasks, const char *field, const char *want, const char *warning)
{
	jv crew = parse("[{\"role\":\"a\"},{\"role\":\"b\"}]"), warnings, got, shown;
	jv plan = json_set(jv_object(), "subtasks", parse(subtasks));
	struct buf all = { 0 };

	got = plan_normalise(plan, crew, &warnings);
	shown = jv_is_valid(got) ? member(got, "subtasks") : jv_array();
	jv_free(got);
	buf_puts(&all, "");
	jv_array_foreach (shown, i, one) {
		if (!field || json_has(one, field))
			json_dump(&all, field ? member(one, field) : jv_copy(one));
		jv_free(one);
	}
	is(all.p, want, subtasks);
	is_json(warnings, warning, "and its warnings");
	buf_release(&all);
	jv_free(shown);
	jv_free(crew);
}

static void
test_normal_fields(void)
{
	normalises("[{\"title\":\"t\",\"x\":{\"y\":1}}]", NULL,
	    "{\"title\":\"t\",\"x\":{\"y\":1},\"description\":\"t\",\"priority\":\"medium\","
	    "\"assigned_to\":\"a\",\"dependencies\":[],\"estimated_hours\":0,"
	    "\"required_skills\":[]}",
	    "[\"warning: subtask 0 has no known priority; taking medium\",\"warning: subtask 0 has "
	    "no known agent; taking a\"]");
	normalises("[{\"title\":\" \",\"description\":\"\\n one \\ntwo\",\"priority\":\"low\","
		   "\"assigned_to\":\"B\",\"context\":\"c\"}]",
	    NULL,
	    "{\"title\":\"one\",\"description\":\"\\n one \\ntwo\",\"priority\":\"low\","
	    "\"assigned_to\":\"b\",\"context\":\"c\",\"dependencies\":[],"
	    "\"estimated_hours\":0,\"required_skills\":[]}",
	    "[]");
}

#define GOOD "\"title\":\"t\",\"priority\":\"high\",\"assigned_to\":\"b\""

static void
test_normal_kinds(void)
{
	normalises("[{" GOOD ",\"title\":7,\"description\":\"d\"}]", "title", "\"d\"",
	    "[\"subtask 0: its title is no text\"]");
	normalises("[{" GOOD ",\"description\":\"a\\u0000b\"}]", "description", "\"t\"",
	    "[\"subtask 0: its description is no text\"]");
	normalises("[{" GOOD ",\"priority\":\"urgent\"}]", "priority", "\"medium\"",
	    "[\"subtask 0: unknown priority \\\"urgent\\\": medium\"]");
	normalises("[{" GOOD ",\"priority\":[]}]", "priority", "\"medium\"",
	    "[\"warning: subtask 0 has no known priority; taking medium\"]");
	normalises("[{" GOOD "},{" GOOD ",\"assigned_to\":\"c\"}]", "assigned_to", "\"b\"\"a\"",
	    "[\"subtask 1: no agent \\\"c\\\": a\"]");
	normalises("[{" GOOD ",\"estimated_hours\":1.5},{" GOOD "}]", "estimated_hours", "1.50",
	    "[]");
	normalises("[{" GOOD ",\"estimated_hours\":-1},{" GOOD ",\"estimated_hours\":\"8\"}]",
	    "estimated_hours", "00",
	    "[\"subtask 0: estimated_hours is not 0 or more: 0\","
	    "\"subtask 1: estimated_hours is not 0 or more: 0\"]");
	normalises("[{" GOOD ",\"required_skills\":[\"x\",7,null,\"y\"]},{" GOOD
		   ",\"required_skills\":\"z\"}]",
	    "required_skills", "[\"x\",\"y\"][]", "[]");
	normalises("[{" GOOD ",\"context\":7}]", "context", "", "[]");
	normalises("[{" GOOD ",\"dependencies\":[\"1\",1,\"01\",2.0]},{" GOOD
		   ",\"dependencies\":null},{" GOOD ",\"dependencies\":[1]}]",
	    "dependencies", "[\"1\",\"2\"][][\"1\"]", "[]");
}

/* plan_normalise refuses the plan with this sentence and EX_DATAERR. */
static void
refuses(const char *plan, const char *want)
{
	jv crew = parse("[{\"role\":\"a\"},{\"role\":\"p\",\"status\":\"proposed\"}]");
	jv warnings, got;

	err_set(EX_OK, "nothing");
	got = plan_normalise(parse(plan), crew, &warnings);
	ok(!jv_is_valid(got) && err_code() == EX_DATAERR && jv_get_kind(warnings) == JV_KIND_ARRAY,
	    plan);
	is(err_text(), want, "and says why");
	jv_free(got);
	jv_free(warnings);
	jv_free(crew);
}

#define T            "{\"title\":\"t\"}"
#define ON(list)     "{\"title\":\"t\",\"dependencies\":" list "}"
#define PLAN(tasks)  "{\"subtasks\":[" tasks "]}"
#define HIRE(agents) "{\"subtasks\":[" T "],\"agent_creations\":" agents "}"

static void
test_refusals(void)
{
	refuses("{}", "subtasks: want an array");
	refuses("[]", "subtasks: want an array");
	refuses("{\"subtasks\":{}}", "subtasks: want an array");
	refuses(PLAN(""), "subtasks: empty");
	refuses(PLAN(T ",7"), "subtask 1: no object");
	refuses(PLAN("{\"description\":\" \"}"), "subtask 0: neither title nor description");
	refuses(PLAN("{\"title\":\"\\u0000\"}"), "subtask 0: neither title nor description");
	refuses(PLAN(T "," ON("7")), "subtask 1: dependencies: want an array");
	refuses(PLAN(T "," ON("[0,\"1x\"]")),
	    "subtask 1: dependencies[1]: \"1x\" is no index, title or role");
	refuses(PLAN(T "," ON("[\"\"]")),
	    "subtask 1: dependencies[0]: \"\" is no index, title or role");
	refuses(PLAN(T "," ON("[\"-\"]")),
	    "subtask 1: dependencies[0]: \"-\" is no index, title or role");
	refuses(PLAN(T "," ON("[\"0\\u0000\"]")),
	    "subtask 1: dependencies[0]: no index, title or role");
	refuses(PLAN(T "," ON("[0.5]")), "subtask 1: dependencies[0]: no index, title or role");
	refuses(PLAN(T "," ON("[null]")), "subtask 1: dependencies[0]: no index, title or role");
	refuses(PLAN(T "," ON("[2]")), "subtask 1: dependency 2: out of range 0 to 1");
	refuses(PLAN(T "," ON("[\"-1\"]")), "subtask 1: dependency -1: out of range 0 to 1");
	refuses(PLAN(T "," ON("[1e99]")),
	    "subtask 1: dependency 9.9999999999999997e+98: out of range 0 to 1");
	refuses(PLAN(T "," ON("[\"1\"]")), "subtask 1: dependency 1: on itself");
	refuses(PLAN(ON("[1]") "," ON("[0]")), "subtask 1: dependency 0: makes a cycle");
	refuses(PLAN(T "," ON("[0,2]") "," ON("[3]") "," ON("[0,1]")),
	    "subtask 3: dependency 1: makes a cycle");
	refuses(HIRE("[{\"role\":\"new\"},{\"role\":\"7\"}]"),
	    "agent_creations[1]: \"7\" cannot be a role");
	refuses("{\"subtasks\":[" T "," ON("[1]") "],\"agent_creations\":[{\"role\":\"n\"}]}",
	    "subtask 1: dependency 1: on itself");
	refuses("{\"subtasks\":[" ON("[1]") "," ON(
		    "[0]") "],\"agent_creations\":[{\"role\":\"n\"}]}",
	    "subtask 1: dependency 0: makes a cycle");
	refuses(HIRE("[7]"), "agent_creations[0]: no role");
	refuses(HIRE("\"ceo\""), "agent_creations: want an array");
}

static void
test_normal_plan(void)
{
	jv crew = parse("[{\"role\":\"a\"}]"), warnings, got;

	got = plan_normalise(parse("{\"risk_assessment\":\"r\",\"estimated_total_hours\":28,"
				   "\"agent_creations\":[{\"role\":\"A\"}],\"subtasks\":["
				   "{\"title\":\"x\",\"priority\":\"low\",\"assigned_to\":\"a\","
				   "\"estimated_hours\":12},"
				   "{\"title\":\"y\",\"priority\":\"low\",\"assigned_to\":\"a\","
				   "\"estimated_hours\":4.5}]}"),
	    crew, &warnings);
	is_json(warnings, "[\"agent \\\"A\\\" exists: not created again\"]",
	    "an agent that is there is not created again");
	is_json(member(got, "agent_creations"), "[]", "and is taken out");
	is_json(member(got, "computed_total_hours"), "16.5", "our total");
	is_json(member(got, "estimated_total_hours"), "28", "the planner's total stays");
	is_json(member(got, "risk_assessment"), "\"r\"", "other fields are kept");
	jv_free(got);
	jv_free(crew);
}

/* What a plan's subtasks become: [title, assigned_to, dependencies] of each. */
static void
hires(const char *crew_of, const char *plan, const char *want, const char *warning,
    const char *fact)
{
	jv crew = parse(crew_of), warnings, got, subtasks, shown = jv_array(), again;

	got = plan_normalise(parse(plan), crew, &warnings);
	subtasks = jv_is_valid(got) ? member(got, "subtasks") : jv_array();
	jv_array_foreach (subtasks, i, one) {
		shown = jv_array_append(shown,
		    JV_ARRAY(member(one, "title"), member(one, "assigned_to"),
			member(one, "dependencies")));
		jv_free(one);
	}
	jv_free(subtasks);
	is_json(shown, want, fact);
	is_json(warnings, warning, "and its warnings");
	again = plan_normalise(jv_copy(got), crew, &warnings);
	ok(jv_equal(got, again) && jv_array_length(warnings) == 0, "what is normal stays so");
	jv_free(crew);
}

#define AB           "[{\"role\":\"a\",\"skills\":[\"Go lang\",\"x\"]},{\"role\":\"b\"}]"
#define S(title, to) "{\"title\":\"" title "\",\"priority\":\"low\",\"assigned_to\":\"" to "\"}"
#define SD(title, to, on)                                                     \
	"{\"title\":\"" title "\",\"priority\":\"low\",\"assigned_to\":\"" to \
	"\",\"dependencies\":" on "}"
#define HIRES(agents, tasks) "{\"agent_creations\":[" agents "],\"subtasks\":[" tasks "]}"

static void
test_creations(void)
{
	hires(AB, HIRES("{\"role\":\"n\"},{\"role\":\"m\"}", S("1", "m") "," SD("2", "a", "[0]")),
	    "[[\"Create N Agent\",\"ceo\",[]],[\"Create M "
	    "Agent\",\"ceo\",[]],[\"1\",\"m\",[\"1\"]],"
	    "[\"2\",\"a\",[\"2\"]]]",
	    "[]", "several creations keep their order, dependencies are shifted by all of them");
	hires(AB, HIRES("{\"role\":\"n\"},{\"role\":\"N\"}", S("1", "n")),
	    "[[\"Create N Agent\",\"ceo\",[]],[\"1\",\"n\",[\"0\"]]]",
	    "[\"agent \\\"N\\\" is proposed twice: created once\"]",
	    "a role that is proposed twice is created once");
	hires(AB,
	    HIRES("{\"role\":\"A\"},{\"role\":\"n\"}", S("1", "A") "," SD("2", "b", "[\"0\"]")),
	    "[[\"Create N Agent\",\"ceo\",[]],[\"1\",\"a\",[]],[\"2\",\"b\",[\"1\"]]]",
	    "[\"agent \\\"A\\\" exists: not created again\"]", "one that exists is not");
	hires(AB, HIRES("{\"role\":\"gopher\",\"skills\":[\"go_lang\"]}", S("1", "gopher")),
	    "[[\"1\",\"a\",[]]]",
	    "[\"agent \\\"gopher\\\": \\\"a\\\" has all its skills: not created\"]",
	    "one whose skills an agent has is not, and its work is that one's");
	hires(AB, HIRES("{\"role\":\"gopher\",\"skills\":[\"x\",\"y\"]}", S("1", "gopher")),
	    "[[\"Create Gopher Agent\",\"ceo\",[]],[\"1\",\"gopher\",[\"0\"]]]", "[]",
	    "some of its skills are not enough");
	hires(AB, HIRES("{\"role\":\"Data Scientist\"}", S("1", "data scientist")),
	    "[[\"Create Data_Scientist Agent\",\"ceo\",[]],[\"1\",\"Data_Scientist\",[\"0\"]]]",
	    "[]", "a role is made one that an agent may have");
	hires(AB, HIRES("{\"role\":\"Senior Writer (EU)\"}", S("1", "Senior Writer (EU)")),
	    "[[\"Create Senior_Writer_EU Agent\",\"ceo\",[]],[\"1\",\"Senior_Writer_EU\",[\"0\"]]]",
	    "[]", "the same as everywhere");
	hires("[{\"role\":\"senior_writer_EU\"}]",
	    HIRES("{\"role\":\"Senior Writer (EU)\"}", S("1", "Senior-Writer EU")),
	    "[[\"1\",\"senior_writer_EU\",[]]]",
	    "[\"agent \\\"Senior_Writer_EU\\\" exists: not created again\"]",
	    "so it is known however it is spelled");
	hires("[{\"role\":\"n\",\"status\":\"proposed\"}]", HIRES("{\"role\":\"n\"}", S("1", "n")),
	    "[[\"Create N Agent\",\"ceo\",[]],[\"1\",\"n\",[\"0\"]]]", "[]",
	    "one that is proposed only is created");
	hires("[]", HIRES("{\"role\":\"n\"}", S("1", "n") "," S("2", "q")),
	    "[[\"Create N Agent\",\"ceo\",[]],[\"1\",\"n\",[\"0\"]],[\"2\",\"ceo\",[]]]",
	    "[\"subtask 1: no agent \\\"q\\\": ceo\"]",
	    "an unknown role is the ceo's, without a crew");
	hires(AB,
	    HIRES("{\"role\":\"n\"}", SD("Draw", "a", "[\"n\"]") "," SD("Cut", "b",
					  "[\"A\"]") "," SD("Glue", "b", "[\"cut\",0]")),
	    "[[\"Create N Agent\",\"ceo\",[]],[\"Draw\",\"a\",[\"0\"]],[\"Cut\",\"b\",[\"1\"]],"
	    "[\"Glue\",\"b\",[\"2\",\"1\"]]]",
	    "[]", "titles and roles are dependencies, too");
	hires(AB,
	    HIRES("{\"role\":\"n\"}",
		S("1", "n") ",{\"title\":\"new\",\"priority\":\"low\",\"creates\":{\"role\":\"N\"}}"
			    ",{\"title\":\"odd\",\"priority\":\"low\",\"assigned_to\":\"b\","
			    "\"creates\":{\"role\":\"N\"}}"),
	    "[[\"1\",\"n\",[\"1\"]],[\"new\",\"ceo\",[]],[\"odd\",\"b\",[]]]",
	    "[\"subtask 2: creates no agent that is proposed, or one twice\"]",
	    "a creation that the plan has already is not made again");
}

/* The sample plan that came with the wish for all this, and what was said of it. */
static void
test_sample(void)
{
	jv crew = parse("[{\"role\":\"backend\"},{\"role\":\"frontend\"},{\"role\":\"qa\"},"
			"{\"role\":\"ceo\"}]"),
	   warnings, got, subtasks, one;

	got = plan_normalise(
	    parse("{\"analysis_summary\":\"three parts\",\"subtasks\":["
		  "{\"title\":\"Backend Development\",\"description\":\"the API\","
		  "\"priority\":\"high\",\"assigned_to\":\"backend\",\"estimated_hours\":16,"
		  "\"dependencies\":[],\"required_skills\":[\"go\",\"api_development\"]},"
		  "{\"title\":\"Frontend Development\",\"description\":\"the page\","
		  "\"priority\":\"medium\",\"assigned_to\":\"frontend\",\"estimated_hours\":12,"
		  "\"dependencies\":[\"0\"],\"required_skills\":[\"react\",\"typescript\"]}],"
		  "\"agent_creations\":[{\"role\":\"security_specialist\",\"skills\":"
		  "[\"security_audit\",\"penetration_testing\"],\"description\":\"security\","
		  "\"justification\":\"Logins want to be secure.\"}],"
		  "\"estimated_total_hours\":28}"),
	    crew, &warnings);
	is_json(warnings, "[]", "sample: no warnings");
	is_json(member(got, "estimated_total_hours"), "28", "sample: the planner's hours");
	is_json(member(got, "computed_total_hours"), "32", "sample: ours");
	one = member(got, "agent_creations");
	is_int(jv_array_length(one), 1, "sample: the proposal is kept");
	subtasks = member(got, "subtasks");
	jv_free(got);
	is_int(jv_array_length(jv_copy(subtasks)), 3, "sample: three subtasks");
	one = json_drop(jv_array_get(jv_copy(subtasks), 0), "creates");
	is_json(one,
	    "{\"title\":\"Create Security_specialist Agent\",\"description\":\"Create and set up "
	    "an agent for the role security_specialist with these skills: security_audit, "
	    "penetration_testing. Logins want to be "
	    "secure.\",\"priority\":\"high\",\"assigned_to\":"
	    "\"ceo\",\"estimated_hours\":4,\"dependencies\":[],\"required_skills\":"
	    "[\"agent_configuration\",\"system_design\"]}",
	    "sample: the creation comes first");
	one = jv_array_get(jv_copy(subtasks), 1);
	is_json(one,
	    "{\"title\":\"Backend Development\",\"description\":\"the API\",\"priority\":\"high\","
	    "\"assigned_to\":\"backend\",\"estimated_hours\":16,\"dependencies\":[],"
	    "\"required_skills\":[\"go\",\"api_development\"]}",
	    "sample: then what was first");
	one = jv_array_get(subtasks, 2);
	is_json(one,
	    "{\"title\":\"Frontend Development\",\"description\":\"the page\",\"priority\":"
	    "\"medium\",\"assigned_to\":\"frontend\",\"estimated_hours\":12,\"dependencies\":["
	    "\"1\"],"
	    "\"required_skills\":[\"react\",\"typescript\"]}",
	    "sample: then what waits for it");
	jv_free(crew);
}

static void
test_empty_crew(void)
{
	jv crew = jv_array(), warnings, got, subtasks;

	got = plan_normalise(parse("{\"subtasks\":[{\"title\":\"x\",\"priority\":\"low\"},"
				   "{\"title\":\"y\",\"priority\":\"low\","
				   "\"assigned_to\":\"a\"}]}"),
	    crew, &warnings);
	is_json(warnings, "[\"subtask 1: no agent \\\"a\\\": ceo\"]",
	    "an empty crew is said where somebody was named");
	subtasks = member(got, "subtasks");
	jv_free(got);
	got = jv_array_get(subtasks, 1);
	is_json(member(got, "assigned_to"), "\"ceo\"", "and the work is the ceo's");
	jv_free(got);
	jv_free(crew);
}

/* What the rules make of an instruction. */
static jv
split(const char *instruction, const char *crew_json)
{
	jv task = json_set_string(jv_object(), "instruction", instruction);
	jv crew = parse(crew_json), result = divide_by_list(task, crew);

	jv_free(task);
	jv_free(crew);
	return result;
}

static void
test_round_trip(void)
{
	jv crew = parse(crew_text), result, plan, warnings;

	result = split("Do:\n1. find it\n2. @wc do\n3. sort", crew_text);
	plan = plan_normalise(member(result, "plan"), crew, &warnings);
	ok(jv_is_valid(plan), "what the rules plan is normal");
	is_json(warnings, "[]", "without a warning");
	jv_free(plan);
	jv_free(result);
	jv_free(crew);

	crew = jv_array();
	result = split("- a\n- b", "[]");
	plan = plan_normalise(member(result, "plan"), crew, &warnings);
	ok(jv_is_valid(plan), "with an empty crew too");
	is_json(warnings, "[]", "without a warning");
	jv_free(plan);
	jv_free(result);
	jv_free(crew);
}

/* A chain as long as no stack would hold: only its ends are looked at. */
static void
test_long_chain(void)
{
	enum { LEN = 100000 };
	struct buf b = { 0 };
	jv warnings, got, crew = jv_array();

	buf_puts(&b, "{\"subtasks\":[");
	for (int i = 0; i < LEN; i++)
		buf_printf(&b, "%s{\"title\":\"t\",\"priority\":\"low\",\"dependencies\":[%d]}",
		    i ? "," : "", i + 1 < LEN ? i + 1 : 0);
	buf_puts(&b, "]}");
	got = plan_normalise(json_parse(b.p, b.len), crew, &warnings);
	ok(!jv_is_valid(got), "a circle of 100000 subtasks is refused");
	is(err_text(), "subtask 99999: dependency 0: makes a cycle", "where it closes");
	jv_free(got);
	jv_free(warnings);
	jv_free(crew);
	buf_release(&b);
}

/* Ten thousand random plans, against a judge that knows only the definition. */

enum { PLANS = 10000, SUBTASKS = 8, CREATIONS = 4, ALL = SUBTASKS + CREATIONS };

static const unsigned long long seed = 0x5eed1e96ULL;
static unsigned long long random_state;

static int
random_below(int n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (int)(random_state >> 33) % n;
}

struct sample {
	int len;
	bool on[SUBTASKS][SUBTASKS]; /* [i][k]: i depends on k; [i][i] too */
	bool is_broken;              /* an index out of range, a subtask without text */
};

static void
add_dependency(struct sample *s, struct buf *b, int i, bool is_wild)
{
	int k = is_wild ? random_below(s->len + 2) - 1 : (i > 0 ? random_below(i) : -2);

	if (k == -2)
		return;
	if (b->p[b->len - 1] != '[')
		buf_putc(b, ',');
	buf_printf(b, random_below(2) ? "%d" : "\"%d\"", k);
	if (k < 0 || k >= s->len)
		s->is_broken = true;
	else
		s->on[i][k] = true;
}

static void
add_subtask(struct sample *s, struct buf *b, int i, bool is_wild)
{
	static const char *const extras[] = { "", ",\"priority\":\"low\"",
		",\"priority\":7,\"estimated_hours\":-3", ",\"assigned_to\":\"B\"",
		",\"assigned_to\":\"zed\",\"required_skills\":[\"x\",1]",
		",\"estimated_hours\":2.5", ",\"description\":[]", ",\"assigned_to\":\"new\"",
		",\"assigned_to\":\"other one\"", ",\"assigned_to\":\"skilled\"" };
	bool is_empty = is_wild && random_below(40) == 0;

	s->is_broken |= is_empty;
	buf_printf(b, "%s{\"title\":\"%s\",\"n\":%d", i ? "," : "", is_empty ? "" : "t", i);
	buf_puts(b, extras[random_below((int)(sizeof extras / sizeof *extras))]);
	buf_puts(b, ",\"dependencies\":[");
	for (int k = random_below(3); k > 0; k--)
		add_dependency(s, b, i, is_wild && random_below(3) == 0);
	buf_puts(b, "]}");
}

/* Some are proposed twice, one exists, and one has the skills of one that does. */
static void
add_creations(struct buf *b)
{
	static const char *const agents[] = { "{\"role\":\"new\"", "{\"role\":\"NEW\"",
		"{\"role\":\"other one\",\"skills\":[\"s\",\"t\"]", "{\"role\":\"A\"",
		"{\"role\":\"skilled\",\"skills\":[\"S\"]" };

	buf_puts(b, "],\"agent_creations\":[");
	for (int i = 0, len = random_below(CREATIONS + 1); i < len; i++)
		buf_printf(b, "%s%s,\"n\":%d}", i ? "," : "",
		    agents[random_below((int)(sizeof agents / sizeof *agents))], i);
	buf_puts(b, "]}");
}

static jv
random_plan(struct sample *s)
{
	bool is_wild = random_below(2);
	struct buf b = { 0 };
	jv plan;

	*s = (struct sample){ .len = 1 + random_below(SUBTASKS) };
	buf_puts(&b, "{\"subtasks\":[");
	for (int i = 0; i < s->len; i++)
		add_subtask(s, &b, i, is_wild);
	add_creations(&b);
	plan = json_parse(b.p, b.len);
	buf_release(&b);
	return plan;
}

/* Warshall's closure: a cycle is a subtask that depends on itself in the end. */
static bool
has_cycle(const struct sample *s)
{
	struct sample c = *s;

	for (int k = 0; k < c.len; k++)
		for (int i = 0; i < c.len; i++)
			for (int j = 0; j < c.len; j++)
				c.on[i][j] |= c.on[i][k] && c.on[k][j];
	for (int i = 0; i < c.len; i++)
		if (c.on[i][i])
			return true;
	return false;
}

/* The creations at the beginning: their keys, in the order in which they were proposed. */
struct created {
	int len;
	jv keys; /* object: the index by the role */
};

static bool
read_created(struct created *c, jv subtasks)
{
	int last = -1;
	bool is_good = true;

	*c = (struct created){ 0, jv_object() };
	jv_array_foreach (subtasks, i, subtask) {
		jv creates = json_get(subtask, "creates", JV_KIND_OBJECT);
		const char *role = json_peek_string(creates, "role");

		if (role && i == c->len) {
			is_good = is_good && strcmp(role, "A") != 0 &&
			          strcmp(role, "skilled") != 0 &&
			          json_peek_int(creates, "n", -1) > last &&
			          !jv_object_has(jv_copy(c->keys), hire_key(role));
			last = (int)json_peek_int(creates, "n", -1);
			c->keys = jv_object_set(c->keys, hire_key(role), jv_number(i));
			c->len++;
		} else {
			is_good = is_good && !role;
		}
		jv_free(creates);
		jv_free(subtask);
	}
	return is_good && c->len <= CREATIONS;
}

/* Whether subtask i (consumed) is what the sample's was: in place, the same dependencies, and the
 * creation of its role. */
static bool
is_kept(const struct sample *s, const struct created *c, int i, jv subtask)
{
	const char *role = json_peek_string(subtask, "assigned_to");
	jv list = json_get(subtask, "dependencies", JV_KIND_ARRAY), creator;
	bool on[ALL] = { false }, want[ALL] = { false }, is_good = jv_is_valid(list) && role;

	creator = is_good ? jv_object_get(jv_copy(c->keys), hire_key(role)) : jv_invalid();
	is_good = is_good && json_peek_int(subtask, "n", -1) == i &&
	          (!strcmp(role, "a") || !strcmp(role, "b") || jv_is_valid(creator));
	for (int k = 0; is_good && k < jv_array_length(jv_copy(list)); k++) {
		jv text = jv_array_get(jv_copy(list), k);
		long at = strtol(jv_string_value(text), NULL, 10);

		jv_free(text);
		is_good = at >= 0 && at < s->len + c->len && !on[at];
		if (is_good)
			on[at] = true;
	}
	memcpy(want + c->len, s->on[i], sizeof s->on[i]);
	if (jv_is_valid(creator))
		want[(int)jv_number_value(creator)] = true;
	else
		jv_free(creator);
	is_good = is_good && memcmp(on, want, sizeof on) == 0;
	jv_free(list);
	jv_free(subtask);
	return is_good;
}

static bool
is_right(const struct sample *s, jv got)
{
	struct created c;
	jv subtasks;
	bool is_good;

	if (s->is_broken || has_cycle(s))
		return !jv_is_valid(got) && err_code() == EX_DATAERR &&
		       strstr(err_text(), "subtask ") == err_text();
	if (!jv_is_valid(got))
		return false;
	subtasks = member(got, "subtasks");
	is_good =
	    read_created(&c, subtasks) && jv_array_length(jv_copy(subtasks)) == s->len + c.len;
	for (int i = 0; is_good && i < s->len; i++)
		is_good = is_kept(s, &c, i, jv_array_get(jv_copy(subtasks), c.len + i));
	jv_free(c.keys);
	jv_free(subtasks);
	return is_good;
}

static void
test_random_plans(void)
{
	jv crew = parse("[{\"role\":\"a\"},{\"role\":\"b\",\"skills\":[\"s\"]}]"), warnings, got;
	int wrong = 0, refused = 0;
	struct sample s;

	random_state = seed;
	printf("# seed %#llx\n", seed);
	for (int i = 0; i < PLANS; i++) {
		got = plan_normalise(random_plan(&s), crew, &warnings);
		refused += !jv_is_valid(got);
		if (!is_right(&s, got) && wrong++ == 0)
			printf("# plan %d is the first wrong one\n", i);
		jv_free(got);
		jv_free(warnings);
	}
	jv_free(crew);
	printf("# %d of %d plans refused\n", refused, PLANS);
	is_int(wrong, 0, "10000 random plans: refused if broken or cyclic, else kept in order");
	ok(refused > PLANS / 10 && refused < PLANS - PLANS / 10, "there are enough of both");
}

int
main(void)
{
	test_normal_fields();
	test_normal_kinds();
	test_refusals();
	test_normal_plan();
	test_creations();
	test_sample();
	test_empty_crew();
	test_round_trip();
	test_long_chain();
	test_random_plans();
	return done_testing();
}
