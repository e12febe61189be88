#include "usage.h"

#include <stdint.h>

#include "json.h"

static const char *const counts[] = { "input_tokens", "output_tokens", "total_tokens" };

jv
usage_counts(jv usage)
{
	int64_t in = json_peek_int(usage, counts[0], 0), out = json_peek_int(usage, counts[1], 0);
	jv all = json_set_int(json_set_int(jv_object(), counts[0], in), counts[1], out);

	return json_set_int(all, counts[2], json_peek_int(usage, counts[2], in + out));
}

jv
usage_add(jv sum, jv usage)
{
	jv added = usage_counts(usage);

	if (!jv_is_valid(sum)) {
		jv_free(sum);
		sum = jv_object();
	}
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		sum = json_set_int(sum, counts[i],
		    json_peek_int(sum, counts[i], 0) + json_peek_int(added, counts[i], 0));
	jv_free(added);
	return json_set_int(sum, "calls",
	    json_peek_int(sum, "calls", 0) + json_peek_int(usage, "calls", 1));
}

jv
usage_charge(jv task, jv decision)
{
	jv usage = json_get(decision, "usage", JV_KIND_OBJECT), sum;

	if (jv_is_valid(usage)) {
		sum = usage_add(json_get(task, "usage", JV_KIND_OBJECT), usage);
		task = json_set(task, "usage", sum);
	}
	jv_free(usage);
	return task;
}
