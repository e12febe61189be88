#include "era.h"

#include <stdio.h>
#include <string.h>

#include "err.h"
#include "json.h"

const char *const era_versions[] = { "2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26",
	"2024-11-05", NULL };

static jv
info(void)
{
	jv info = json_set_string(jv_object(), "name", "legwork");

	return json_set_string(info, "version", VERSION);
}

jv
era_who(void)
{
	static const char prefix[] = "io.modelcontextprotocol/";
	jv who = jv_object();
	char name[64];

	snprintf(name, sizeof name, "%sprotocolVersion", prefix);
	who = json_set_string(who, name, era_versions[0]);
	snprintf(name, sizeof name, "%sclientInfo", prefix);
	who = json_set(who, name, info());
	snprintf(name, sizeof name, "%sclientCapabilities", prefix);
	return json_set(who, name, jv_object());
}

bool
era_is_modern(jv answer)
{
	jv result = json_get(answer, "result", JV_KIND_OBJECT),
	   error = json_get(answer, "error", JV_KIND_OBJECT),
	   data = json_get(error, "data", JV_KIND_OBJECT), list;
	bool is_there = false;

	list = jv_is_valid(result) ? json_get(result, "supportedVersions", JV_KIND_ARRAY)
	                           : json_get(data, "supported", JV_KIND_ARRAY);
	if (jv_is_valid(list))
		jv_array_foreach (list, i, one) {
			is_there = is_there || (jv_get_kind(one) == JV_KIND_STRING &&
						   !strcmp(jv_string_value(one), era_versions[0]));
			jv_free(one);
		}
	jv_free(list);
	jv_free(data);
	jv_free(error);
	jv_free(result);
	return is_there;
}

jv
era_hello(void)
{
	jv params = json_set_string(jv_object(), "protocolVersion", era_versions[1]);

	params = json_set(params, "capabilities", jv_object());
	return json_set(params, "clientInfo", info());
}

int
era_check(jv result)
{
	const char *version = json_peek_string(result, "protocolVersion");

	for (const char *const *known = era_versions; version && *known; known++)
		if (!strcmp(*known, version))
			return 0;
	return err_set(EX_UNAVAILABLE, "it speaks version %.40s of MCP, which is not known here",
	    version ? version : "(none)");
}
