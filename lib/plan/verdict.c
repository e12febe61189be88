#include "verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json.h"

void
verdict_init(struct verdict *v)
{
	v->notes = json_set(jv_object(), "is_valid", jv_true());
	v->notes = json_set(v->notes, "errors", jv_array());
	v->notes = json_set(v->notes, "warnings", jv_array());
	v->notes = json_set(v->notes, "suggestions", jv_array());
}

void
verdict_release(struct verdict *v)
{
	jv_free(v->notes);
	v->notes = jv_invalid();
}

void
verdict_note(struct verdict *v, const char *list, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	jv notes;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		buf_no_memory();
	va_end(args);
	notes = json_get(v->notes, list, JV_KIND_ARRAY);
	notes = jv_array_append(notes, json_utf8(text, strlen(text)));
	v->notes = json_set(v->notes, list, notes);
	if (!strcmp(list, "errors"))
		v->notes = json_set(v->notes, "is_valid", jv_false());
	free(text);
}

bool
verdict_is_valid(const struct verdict *v)
{
	return json_peek_bool(v->notes, "is_valid");
}

char *
verdict_errors(const struct verdict *v)
{
	jv errors = json_get(v->notes, "errors", JV_KIND_ARRAY);
	struct buf b = { 0 };

	buf_puts(&b, "");
	jv_array_foreach (errors, i, error) {
		buf_printf(&b, "%s%s", i ? "; " : "", jv_string_value(error));
		jv_free(error);
	}
	jv_free(errors);
	return b.p;
}

jv
verdict_object(const struct verdict *v)
{
	return jv_copy(v->notes);
}
