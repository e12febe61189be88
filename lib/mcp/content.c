#include "content.h"

#include <string.h>

#include "buf.h"
#include "json.h"

/* One block of a result (borrowed). */
static void
add_block(struct buf *b, jv block)
{
	const char *uri = json_peek_string(block, "uri"), *data = json_peek_string(block, "data"),
		   *mime = json_peek_string(block, "mimeType"),
		   *type = json_peek_string(block, "type");
	jv resource = json_get(block, "resource", JV_KIND_OBJECT),
	   text = json_get(jv_is_valid(resource) ? resource : block, "text", JV_KIND_STRING);

	if (b->len > 0)
		buf_putc(b, '\n');
	if (jv_is_valid(text)) /* a NUL in it ends nothing */
		buf_add(b, jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)));
	else if (data) /* base64 */
		buf_printf(b, "[%s %s, %zu bytes]", type ? type : "data", mime ? mime : "",
		    strlen(data) / 4 * 3);
	else if (uri || json_peek_string(resource, "uri"))
		buf_printf(b, "[%s]", uri ? uri : json_peek_string(resource, "uri"));
	else
		buf_printf(b, "[%s]", type ? type : "nothing that can be read");
	jv_free(text);
	jv_free(resource);
}

jv
content_text(jv result)
{
	jv content = json_get(result, "content", JV_KIND_ARRAY),
	   structured = jv_object_get(jv_copy(result), jv_string("structuredContent")), text;
	struct buf b = { 0 };

	if (jv_is_valid(content))
		jv_array_foreach (content, i, block) {
			if (jv_get_kind(block) == JV_KIND_OBJECT)
				add_block(&b, block);
			jv_free(block);
		}
	if (b.len == 0 && jv_is_valid(structured))
		json_dump(&b, structured);
	else
		jv_free(structured);
	jv_free(content);
	text = json_utf8(b.p ? b.p : "", b.len);
	buf_release(&b);
	return text;
}
