/*
 * extract.c - any text: a value is found or it is said what is there; a value is found in what
 * models put around it
 */
#include "fuzz.h"

#include "err.h"
#include "extract.h"
#include "json.h"

/* v, borrowed, is found between these two. */
static void
check_found(jv v, const char *before, const char *after)
{
	struct buf b = { 0 };

	buf_puts(&b, before);
	json_dump(&b, jv_copy(v));
	buf_puts(&b, after);
	fuzz_fact(jv_equal(extract_json(b.p, b.len), jv_copy(v)));
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);
	jv v = extract_json(text, size), alone = json_parse(text, size);
	jv_kind kind = jv_get_kind(v);

	if (jv_is_valid(alone))
		fuzz_fact(jv_equal(jv_copy(v), jv_copy(alone)));
	if (jv_is_valid(v)) {
		check_found(v, "<think>is it {}?</think>\n", "");
		check_found(v, "Here it is:\n```json\n", "\n```\nNot {}.");
		if (kind == JV_KIND_ARRAY || kind == JV_KIND_OBJECT)
			check_found(v, "In \"{braces}\": ", ", not {}.");
	} else {
		fuzz_fact(err_code() == EX_DATAERR && *err_text());
	}
	jv_free(alone);
	jv_free(v);
	free(text);
	return 0;
}
