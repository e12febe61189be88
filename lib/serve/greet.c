#include "greet.h"

#include <string.h>

#include "era.h"
#include "json.h"
#include "rpc.h"

static jv
capabilities(bool is_modern)
{
	jv can = json_set(json_set(jv_object(), "tools", jv_object()), "resources", jv_object());

	if (is_modern)
		can = json_set(can, "extensions",
		    json_set(jv_object(), ORDER_META "tasks", jv_object()));
	return can;
}

void
greet_initialize(struct order *o, const char *instructions)
{
	const char *wanted = order_text(o, "protocolVersion"), *version = era_versions[1];
	jv result;

	if (!wanted) {
		order_fail(o, RPC_INVALID_PARAMS, "protocolVersion: is missing, or no string",
		    jv_invalid());
		return;
	}
	for (const char *const *known = era_versions + 1; *known; known++)
		version = !strcmp(*known, wanted) ? *known : version;
	result = json_set_string(jv_object(), "protocolVersion", version);
	result = json_set(result, "capabilities", capabilities(false));
	result = json_set(result, "serverInfo", order_about_us());
	order_answer(o, json_set_string(result, "instructions", instructions), -1);
}

void
greet_discover(struct order *o, const char *instructions)
{
	jv versions = JV_ARRAY(jv_string(era_versions[0])),
	   result = json_set(jv_object(), "supportedVersions", versions);

	result = json_set(result, "capabilities", capabilities(true));
	order_answer(o, json_set_string(result, "instructions", instructions), GREET_KEEP_MS);
}

bool
greet_is_spoken(struct order *o)
{
	jv meta = json_get(o->args, "_meta", JV_KIND_OBJECT), data;
	const char *version = json_peek_string(meta, ORDER_META "protocolVersion");
	bool is_whole = version && json_has(meta, ORDER_META "clientCapabilities"),
	     is_known = version && !strcmp(version, era_versions[0]);

	if (version && !is_known) {
		data = json_set(jv_object(), "supported", JV_ARRAY(jv_string(era_versions[0])));
		data = json_set_string(data, "requested", version);
		order_fail(o, RPC_BAD_VERSION, "this version of MCP is not spoken here", data);
	} else if (!is_whole) {
		order_fail(o, RPC_INVALID_PARAMS,
		    "_meta: want a string " ORDER_META "protocolVersion, and " ORDER_META
		    "clientCapabilities",
		    jv_invalid());
	}
	jv_free(meta);
	return is_known && is_whole;
}

void
greet_refuse_tasks(struct order *o)
{
	jv tasks = json_set(jv_object(), ORDER_META "tasks", jv_object()),
	   data = json_set(jv_object(), "requiredCapabilities",
	       json_set(jv_object(), "extensions", tasks));

	order_fail(o, RPC_NO_CAPABILITY,
	    "want the extension " ORDER_META "tasks in " ORDER_META "clientCapabilities", data);
}
