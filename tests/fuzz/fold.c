/*
 * fold.c - any changes folded into the index: no crash; the same index at whatever points it was
 * flushed; and of changes that fit together, all that index.h can be asked
 *
 * Input: '0' or '1', whether what is no change of ours may be among them; then changes and the ends
 * of transactions, see the switch.
 */
#include "fuzz.h"

#include <inttypes.h>

#include "buf.h"
#include "err.h"
#include "fold.h"
#include "index.h"
#include "journal.h"

enum { RECORDS = 12, SETS = 6, NAMES = 5, LINES = 100 };

/* Numbers on both sides of where pages of the index end. */
static const uint64_t numbers[RECORDS] = { 1, 2, 15, 16, 511, 512, 513, 262143, 262144, 262145,
	134217727, 134217728 };

/* Keys with the same first digits, and such as no prefix finds. */
static const char *const keys[RECORDS] = {
	"task/11111111-1111-4111-8111-111111111111",
	"task/11111222-1111-4111-8111-111111111111",
	"task/11111111-1111-4111-8111-111111111112",
	"chat/11111111-1111-4111-8111-111111111111",
	"task/11112111-1111-4111-8111-111111111111",
	"task/0000000a-1111-4111-8111-111111111111",
	"agent/wc",
	"x",
	"task/fffff111-1111-4111-8111-111111111111",
	"agent/\xc3\xa4\"\\\n",
	"task/11111333-1111-4111-8111-111111111111",
	"/11111111-1111-4111-8111-111111111111",
};

static const char *const sets[SETS] = { "tasks", "status.pending", "status.done", "a\"b", "",
	"chat.11111111-1111-4111-8111-111111111111" };

static const char *const names[NAMES] = { "key/a", "key/b", "key/\xc3\xa4\\", "n", "key/c" };

/* What the index must know, if all changes fit together. */
struct model {
	bool is_there[RECORDS];
	unsigned sets[RECORDS], names[RECORDS]; /* bits */
	uint64_t name[NAMES];
};

/* One way of folding the same journal. */
struct fold {
	int dir_fd;
	const char *file;
	struct kv *kv;
	struct journal *j;
	struct journal_pos at;
	bool has_failed;
};

static jv
strings_of(const char *const *texts, unsigned bits)
{
	jv v = jv_array();

	for (unsigned i = 0; bits >> i; i++)
		if (bits >> i & 1)
			v = jv_array_append(v, jv_string(texts[i]));
	return v;
}

static void
put(struct model *m, struct buf *set, struct fuzz_bytes *b, unsigned r, bool is_there)
{
	unsigned in = fuzz_below(b, 1 << SETS), named = fuzz_below(b, 1 << NAMES);
	jv value = is_there ? json_set_int(jv_object(), "n", (int64_t)numbers[r]) : jv_invalid();

	if (!is_there)
		in = named = 0;
	for (unsigned i = 0; i < NAMES; i++) {
		if (m->names[r] >> i & 1 && m->name[i] == numbers[r])
			m->name[i] = 0;
		if (named >> i & 1)
			m->name[i] = numbers[r];
	}
	m->is_there[r] = is_there;
	m->sets[r] = in;
	m->names[r] = named;
	fold_format(set, keys[r], numbers[r], strings_of(sets, in), strings_of(names, named),
	    value);
}

static void
check_sets(const struct model *m, struct kv *kv)
{
	for (unsigned i = 0; i < SETS; i++) {
		char *set = fold_name(sets[i]);
		uint64_t count = 0, at = 0, last = 0;

		for (unsigned r = 0; r < RECORDS; r++) {
			if (!(m->sets[r] >> i & 1))
				continue;
			at = index_next(kv, set, at);
			fuzz_fact(at == numbers[r]);
			last = at;
			count++;
		}
		fuzz_fact(index_next(kv, set, at) == 0);
		fuzz_fact(index_prev(kv, set, 0) == last);
		fuzz_fact(index_count(kv, set) == count);
		free(set);
	}
}

/* A record that is there is among the candidates of its prefix, once. */
static void
check_prefix(const struct model *m, struct kv *kv, unsigned r)
{
	const char *slash = strchr(keys[r], '/');
	struct index_walk walk = { 0 };
	unsigned found = 0, steps = 0;
	char kind[16];
	uint64_t n;

	if (!slash || strlen(slash) != 37)
		return;
	snprintf(kind, sizeof kind, "%.*s", (int)(slash - keys[r]), keys[r]);
	while ((n = index_candidate(kv, kind, slash + 1, &walk)) && steps++ < RECORDS)
		found += n == numbers[r];
	fuzz_fact(n == 0);
	fuzz_fact(found == m->is_there[r]);
}

static void
check_model(const struct model *m, struct kv *kv)
{
	check_sets(m, kv);
	for (unsigned r = 0; r < RECORDS; r++) {
		char *key = fold_name(keys[r]);

		fuzz_fact(index_find(kv, key) == (m->is_there[r] ? numbers[r] : 0));
		fuzz_fact((index_place(kv, numbers[r]).revision > 0) == m->is_there[r]);
		check_prefix(m, kv, r);
		free(key);
	}
	for (unsigned i = 0; i < NAMES; i++) {
		char *name = fold_name(names[i]);

		fuzz_fact(index_find(kv, name) == m->name[i]);
		free(name);
	}
	fuzz_fact(kv_failed(kv) == 0);
}

/* fold_parse sees nothing behind the text, and what it finds is in it. */
static void
check_parse(const char *bytes, size_t len)
{
	char *text = fuzz_copy(bytes, len);
	struct fold_change c;

	if (len > 0 && fold_parse((struct scan_text){ text, len }, &c)) {
		const struct scan_text *part[] = { &c.key, &c.sets, &c.names, &c.value };

		fuzz_fact(c.n > 0 && c.key.len >= 3);
		for (int i = 0; i < 4; i++)
			fuzz_fact(!part[i]->p ||
				  (part[i]->p > text && part[i]->p + part[i]->len <= text + len));
		fuzz_fact(!c.sets.p == !c.value.p && !c.sets.p == !c.names.p);
	}
	free(text);
}

static void
add_raw(struct buf *set, struct fuzz_bytes *b)
{
	size_t len = fuzz_below(b, 256);
	const char *text = fuzz_take(b, &len);
	char *clean = fuzz_string(text, len);

	for (size_t i = 0; i < len; i++)
		if (clean[i] == '\n')
			clean[i] = ' ';
	buf_add(set, clean, len);
	check_parse(text, len);
	free(clean);
}

/* A change of ours whose number, key, sets and names need not fit what came before. */
static void
add_odd(struct buf *set, struct fuzz_bytes *b)
{
	uint64_t n = numbers[fuzz_below(b, RECORDS)];
	const char *key = keys[fuzz_below(b, RECORDS)];
	unsigned in = fuzz_below(b, 1 << SETS), named = fuzz_below(b, 1 << NAMES);
	unsigned kind = fuzz_below(b, 4);
	jv value = jv_object();

	if (kind == 1)
		n = UINT64_MAX - fuzz_byte(b);
	if (kind == 2)
		n = (uint64_t)fuzz_byte(b) << fuzz_byte(b) % 64;
	if (kind == 3) {
		jv_free(value);
		value = jv_invalid();
	}
	fold_format(set, key, n ? n : 1, strings_of(sets, in), strings_of(names, named), value);
}

/* Adds the next changes; false: nothing is left. */
static bool
build(struct fuzz_bytes *b, struct buf *set, struct model *m, bool may_be_odd)
{
	unsigned kind;

	while (b->left > 0 && (kind = fuzz_below(b, may_be_odd ? 6 : 3)) > 0) {
		buf_puts(set, set->len > 1 ? "," : "");
		switch (kind) {
		case 1:
		case 4:
			put(m, set, b, fuzz_below(b, RECORDS), true);
			break;
		case 2:
			put(m, set, b, fuzz_below(b, RECORDS), false);
			break;
		case 3:
			add_raw(set, b);
			break;
		default:
			add_odd(set, b);
		}
	}
	return b->left > 0;
}

static void
fold_open(struct fold *f, enum kv_mode mode)
{
	f->kv = kv_open(f->dir_fd, f->file, mode);
	if (!f->kv)
		fuzz_stop();
}

/* Folds up to the journal's end.  It fails for good where the index has failed. */
static void
fold_on(struct fold *f)
{
	struct journal_line line;

	while (!f->has_failed && journal_next(f->j, &f->at, &line) == JOURNAL_OK)
		if (fold_line(f->kv, f->j, &line, &f->at) < 0) {
			fuzz_fact(err_code() == EX_DATAERR || err_code() == EX_IOERR);
			f->has_failed = true;
		}
}

static void
flush(struct fold *f)
{
	if (kv_flush(f->kv) < 0)
		f->has_failed = true;
	kv_close(f->kv);
	fold_open(f, KV_WRITE);
}

struct sum {
	uint64_t entries, bytes;
};

static int
add_entry(void *arg, const void *key, size_t key_len, const void *value, size_t size)
{
	struct sum *sum = arg;
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < key_len; i++)
		h = (h ^ ((const unsigned char *)key)[i]) * UINT64_C(1099511628211);
	for (size_t i = 0; i < size; i++)
		h = (h ^ ((const unsigned char *)value)[i]) * UINT64_C(1099511628211);
	sum->bytes += h; /* in no order */
	sum->entries++;
	return 0;
}

static struct sum
sum_of(struct fold *f)
{
	struct sum sum = { 0 };

	flush(f);
	if (!f->has_failed)
		fuzz_fact(kv_each(f->kv, add_entry, &sum) == 0);
	return sum;
}

static void
append(struct journal *j, struct journal_pos *head, const struct buf *set)
{
	struct journal_pos where;
	struct buf line = { 0 };

	if (journal_append(j, head, "t", set, &line, &where) != JOURNAL_OK)
		fuzz_stop();
	buf_release(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes b = { data, size };
	int dir_fd = fuzz_folder();
	struct journal *j = journal_open(dir_fd), *other = journal_open(dir_fd);
	struct fold at_once = { .dir_fd = dir_fd, .file = "a.gdbm", .j = j };
	struct fold in_steps = { .dir_fd = dir_fd, .file = "b.gdbm", .j = other };
	bool may_be_odd = fuzz_below(&b, 2), more = true;
	struct journal_pos head = { 0 };
	struct model m = { 0 };
	struct sum sum, other_sum;

	if (!j || !other)
		fuzz_stop();
	fold_open(&at_once, KV_NEW);
	fold_open(&in_steps, KV_NEW);
	for (int i = 0; more && i < LINES; i++) {
		struct buf set = { 0 };

		buf_putc(&set, '[');
		more = build(&b, &set, &m, may_be_odd);
		buf_putc(&set, ']');
		append(other, &head, &set);
		fold_on(&in_steps);
		if (i % 2)
			flush(&in_steps);
		buf_release(&set);
	}
	fold_on(&at_once);
	fuzz_fact(!at_once.has_failed || may_be_odd);
	fuzz_fact(at_once.has_failed == in_steps.has_failed);
	if (!may_be_odd) {
		check_model(&m, at_once.kv);
		check_model(&m, in_steps.kv);
	}
	sum = sum_of(&at_once);
	other_sum = sum_of(&in_steps);
	if (!at_once.has_failed)
		fuzz_fact(sum.entries == other_sum.entries && sum.bytes == other_sum.bytes);
	kv_close(at_once.kv);
	kv_close(in_steps.kv);
	journal_close(j);
	journal_close(other);
	return 0;
}
