#include "roster.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "charter.h"
#include "crew.h"
#include "err.h"
#include "json.h"
#include "matter.h"
#include "toolbox.h"

/* Agents on their way into a roster. */
struct roster {
	struct profile *profile;
	const char *crew;
	jv agents, seen; /* seen: who has which role */
};

/* Adds an agent as it is described (consumed); what names it. */
static int
add(struct roster *r, jv given, const char *what)
{
	jv agent = profile_record(r->profile, given, what), crews;

	if (!jv_is_valid(agent)) {
		jv_free(agent);
		return err_add("%s", what);
	}
	if (profile_note_role(&r->seen, agent, what) < 0) {
		jv_free(agent);
		return -1;
	}
	if (r->crew) {
		crews = json_get(agent, "crews", JV_KIND_ARRAY);
		if (!jv_is_valid(crews)) {
			jv_free(crews);
			crews = jv_array();
		}
		agent = json_set(agent, "crews", crew_add(crews, r->crew));
	}
	r->agents = jv_array_append(r->agents, agent);
	return 0;
}

/* --- a role and its prompt */

static int
read_role(struct roster *r, const char *text)
{
	struct buf fault = { 0 };
	const char *rest = text;
	jv given = matter_read(text, &rest, &fault);

	if (!jv_is_valid(given)) {
		buf_release(&fault);
		return -1;
	}
	if (fault.len > 0)
		verdict_note(r->profile->verdict, "warnings",
		    "front matter: no YAML, so its lines are taken as they stand: %s", fault.p);
	if (!toolbox_has(given, "tools"))
		verdict_note(r->profile->verdict, "warnings",
		    "front matter: no tools are named, so it has none");
	if (*rest)
		given = json_set(given, "system_prompt", json_utf8(rest, strlen(rest)));
	buf_release(&fault);
	return add(r, given, "front matter");
}

/* --- records */

/* The items of an array (consumed). */
static int
read_array(struct roster *r, jv list)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < jv_array_length(jv_copy(list)); i++) {
		char *what = xprintf("agents[%d]", i);

		rc = add(r, jv_array_get(jv_copy(list), i), what);
		free(what);
	}
	jv_free(list);
	return rc;
}

/* The objects in lines, of which some are blank. */
static int
read_lines(struct roster *r, const char *text)
{
	int rc = 0;

	for (unsigned long number = 1; *text && rc == 0; number++) {
		size_t len = strcspn(text, "\n");
		char *what = xprintf("line %lu", number);
		jv given = jv_null();

		if (strspn(text, " \t\r") < len) {
			given = json_parse_object(text, len);
			rc =
			    jv_is_valid(given) ? add(r, jv_copy(given), what) : err_add("%s", what);
		}
		jv_free(given);
		free(what);
		text += len + (text[len] == '\n');
	}
	return rc;
}

/* --- the whole */

/* A JSON value (consumed). */
static int
read_value(struct roster *r, jv document)
{
	if (jv_get_kind(document) == JV_KIND_ARRAY)
		return read_array(r, document);
	if (jv_get_kind(document) == JV_KIND_OBJECT)
		return add(r, document, "agent");
	jv_free(document);
	return err_set(EX_DATAERR, "want agents, or a crew with its nodes and edges");
}

/* JSON that is no crew: one value, or lines of objects, of which the first is one by itself. */
static int
read_json(struct roster *r, const char *text, size_t len)
{
	jv document = json_parse(text, len), line = jv_null();
	const char *first;
	int rc = -1;

	r->profile->keeps_unknown = true;
	if (jv_is_valid(document)) {
		rc = read_value(r, jv_copy(document));
	} else {
		first = text + strspn(text, " \t\r\n");
		line = json_parse_object(first, strcspn(first, "\n"));
		if (jv_is_valid(line))
			rc = read_lines(r, text);
		else
			jv_free(json_parse(first, strlen(first))); /* says why */
	}
	r->profile->keeps_unknown = false;
	jv_free(document);
	jv_free(line);
	return rc;
}

/* The crew that a text is; invalid: it is none. */
static jv
drawing_in(const char *text, size_t len)
{
	jv document = json_parse(text, len);

	if (jv_get_kind(document) == JV_KIND_OBJECT && json_has(document, "nodes"))
		return document;
	jv_free(document);
	return jv_invalid();
}

jv
roster_read(const char *text, size_t len, const char *crew, struct profile *p)
{
	struct roster r = { .profile = p, .crew = crew, .agents = jv_array(), .seen = jv_object() };
	const char *begin = text + (strncmp(text, "\xef\xbb\xbf", 3) ? 0 : 3), *first;
	jv graph, roster = jv_invalid();
	int rc = -1;

	len -= (size_t)(begin - text);
	first = begin + strspn(begin, " \t\r\n");
	graph = *first == '{' ? drawing_in(begin, len) : jv_invalid();
	if (jv_is_valid(graph))
		roster = charter_read(graph, crew, p);
	else if (matter_begins(begin))
		rc = read_role(&r, begin);
	else if (*first == '{' || *first == '[')
		rc = read_json(&r, begin, len);
	else
		err_set(EX_DATAERR,
		    *first ? "want JSON, or a first line \"---\"" : "there is nothing in it");
	if (rc == 0)
		roster = json_set(json_set(jv_object(), "agents", jv_copy(r.agents)), "tasks",
		    jv_array());
	jv_free(graph);
	jv_free(r.agents);
	jv_free(r.seen);
	return roster;
}
