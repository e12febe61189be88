#include "addressee.h"
#include "domain.h"

static const char *const crew_text = "[{'role':'First'},{'role':'adder'},"
				     "{'role':'later','status':'proposed'}]";
static const char *const chat_text = "{'members':[{'user_id':'Bob','kind':'person'},7,{}]}";

/* Who is meant: "role|left of the text|addressed?|the first warning". */
static void
meant(const char *crew, const char *metadata, const char *text, const char *want, const char *fact)
{
	struct verdict verdict;
	struct addressee to = { .crew = record("%s", crew),
		.chat = record("%s", chat_text),
		.verdict = &verdict };
	jv given = record("%s", metadata), warnings, first = jv_invalid();
	char *left = xstrdup(text), *got;

	verdict_init(&verdict);
	addressee_read(&to, given, &left);
	warnings = json_get(verdict.notes, "warnings", JV_KIND_ARRAY);
	if (jv_array_length(jv_copy(warnings)) > 0)
		first = jv_array_get(jv_copy(warnings), 0);
	got = xprintf("%s|%s|%d|%s", to.role ? to.role : "-", left, to.is_addressed,
	    jv_is_valid(first) ? jv_string_value(first) : "");
	is(got, want, fact);
	free(got);
	jv_free(first);
	jv_free(warnings);
	verdict_release(&verdict);
	free(left);
	free(to.role);
	free(to.instead_of);
	jv_free(given);
	jv_free(to.crew);
	jv_free(to.chat);
}

int
main(void)
{
	meant(crew_text, "{}", "add it up", "-|add it up|0|", "nobody is named");
	meant(crew_text, "{}", "@ADDER, add it", "adder|add it|1|",
	    "a role at the beginning, in any case, is taken out");
	meant(crew_text, "{}", "ask @adder, then @first", "adder|ask, then @first|1|",
	    "the first of two counts");
	meant(crew_text, "{}", "mail adder@first.org", "-|mail adder@first.org|0|",
	    "an address is none");
	meant(crew_text, "{}", "`@adder` and\n```\n@first\n```",
	    "-|`@adder` and\n```\n@first\n```|0|", "nor is what stands in code");
	meant(crew_text, "{}", "do:\n- @adder a\n- b", "-|do:\n- @adder a\n- b|0|",
	    "an item of a list speaks for itself");
	meant(crew_text, "{}", "@adder do:\n- a\n- b", "adder|do:\n- a\n- b|1|",
	    "what stands before it for all");
	meant(crew_text, "{}", "@nobody do it",
	    "First|@nobody do it|0|no agent has the role nobody: First, the first one, does it",
	    "the first does what is nobody's");
	meant(crew_text, "{}", "@later do it",
	    "First|@later do it|0|no agent has the role later: First, the first one, does it",
	    "a proposed agent is nobody yet");
	meant(crew_text, "{}", "ask @bob", "-|ask @bob|0|", "a member is no role");
	meant("[]", "{}", "@adder", "-|@adder|0|no agent has the role adder, and there is no other",
	    "without agents nobody does it");
	meant(crew_text, "{'agent':'Adder'}", "@first do it", "adder|do it|1|",
	    "the metadata win over the text");
	meant(crew_text, "{'agent':'no'}", "do it",
	    "First|do it|1|no agent has the role no: First, the first one, does it",
	    "also where they name nobody");
	meant(crew_text, "{'agent':7}", "@adder do it", "-|do it|1|",
	    "what is no role names nobody");
	return done_testing();
}
