#include "index.h"
#include "box.h"
#include "tap.h"

enum { MEMBERS = 900, STEPS = 40000, CHAINED = 60 };

static const uint64_t highest = (UINT64_C(1) << 36) - 1;

static struct kv *
open_index(enum kv_mode mode)
{
	struct kv *kv = kv_open(box_fd, "index", mode);

	if (!kv)
		abort();
	return kv;
}

/* Writes all, and opens it again. */
static struct kv *
reopen(struct kv *kv)
{
	if (kv_flush(kv) < 0)
		abort();
	kv_close(kv);
	return open_index(KV_WRITE);
}

static void
test_head(void)
{
	struct kv *kv = open_index(KV_NEW);
	struct index_head zero = { .records = 0 }, head = index_head(kv), set;

	memset(&set, 0, sizeof set);
	ok(!memcmp(&head, &zero, sizeof head), "the head of a new index is all zeros");
	memcpy(set.store, "5cb1e3a6-0000-4000-8000-000000000000", 36);
	set.at = (struct journal_pos){ .revision = 3, .offset = highest, .segment = 9 };
	set.records = 17;
	index_set_head(kv, &set);
	kv = reopen(kv);
	head = index_head(kv);
	ok(!memcmp(&head, &set, sizeof head), "it is kept");
	kv_close(kv);
}

static void
test_names(void)
{
	struct kv *kv = open_index(KV_NEW);

	is_int((long long)index_find(kv, "task/a"), 0, "a name that nobody has leads nowhere");
	index_bind(kv, "task/a", 1);
	index_bind(kv, "key/a", 1);
	index_bind(kv, "key/b", 2);
	ok(index_find(kv, "task/a") == 1 && index_find(kv, "key/a") == 1 &&
		index_find(kv, "key/b") == 2,
	    "names lead to their numbers");
	index_bind(kv, "key/a", 2);
	is_int((long long)index_find(kv, "key/a"), 2, "bound again, to the new one");
	index_unbind(kv, "key/a", 1);
	is_int((long long)index_find(kv, "key/a"), 2, "who lost a name does not unbind it");
	index_unbind(kv, "key/a", 2);
	index_unbind(kv, "key/c", 2);
	ok(!index_find(kv, "key/a") && index_find(kv, "key/b") == 2, "who has it does");
	index_bind(kv, "key/far", highest);
	kv = reopen(kv);
	ok(index_find(kv, "key/far") == highest && !index_find(kv, "key/a"), "all that is kept");
	kv_close(kv);
}

static void
test_long_names(void)
{
	struct kv *kv = open_index(KV_NEW);
	char a[480], b[480];

	memset(a, 'x', 479);
	a[479] = '\0';
	memcpy(b, a, sizeof b);
	b[478] = 'y';
	index_bind(kv, a, 1);
	index_add(kv, a, 1);
	ok(index_find(kv, a) == 1 && !index_find(kv, b) && index_count(kv, a) == 1 &&
		index_count(kv, b) == 0,
	    "names and sets of 479 bytes are told apart by the last");
	kv_close(kv);
}

static bool
is_place(struct kv *kv, uint64_t n, uint32_t mark)
{
	struct index_place place = index_place(kv, n);

	return place.revision == mark && place.offset == mark * UINT64_C(1000000007) &&
	       place.segment == mark % 7 && place.len == mark + 1 && place.value == mark + 2 &&
	       place.crc == ~mark;
}

static void
test_places(void)
{
	static const uint64_t some[] = { 1, 2, 15, 16, 17, 1000, 1001, (UINT64_C(1) << 36) - 1 };
	struct kv *kv = open_index(KV_NEW);
	bool are_kept = true;

	for (uint32_t i = 0; i < 8; i++) {
		struct index_place place = { i + 1, (i + 1) * UINT64_C(1000000007), (i + 1) % 7,
			i + 2, i + 3, ~(i + 1) };

		index_set_place(kv, some[i], &place);
	}
	kv = reopen(kv);
	for (uint32_t i = 0; i < 8; i++)
		are_kept &= is_place(kv, some[i], i + 1);
	ok(are_kept, "places are kept");
	ok(index_place(kv, 3).revision == 0 && index_place(kv, highest - 1).revision == 0,
	    "their neighbours are zeroed");
	kv_close(kv);
}

/* A set as a sorted array. */
struct model {
	uint64_t member[MEMBERS + 1];
	size_t len;
};

/* The first position whose member is n or more. */
static size_t
position(const struct model *m, uint64_t n)
{
	size_t low = 0, high = m->len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (m->member[middle] < n)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
model_add(struct model *m, uint64_t n)
{
	size_t at = position(m, n);

	if (at < m->len && m->member[at] == n)
		return;
	memmove(m->member + at + 1, m->member + at, (m->len - at) * sizeof *m->member);
	m->member[at] = n;
	m->len++;
}

static void
model_remove(struct model *m, uint64_t n)
{
	size_t at = position(m, n);

	if (at == m->len || m->member[at] != n)
		return;
	m->len--;
	memmove(m->member + at, m->member + at + 1, (m->len - at) * sizeof *m->member);
}

static uint64_t
model_next(const struct model *m, uint64_t after)
{
	size_t at = position(m, after + 1);

	return at < m->len ? m->member[at] : 0;
}

static uint64_t
model_prev(const struct model *m, uint64_t before)
{
	size_t at = position(m, before);

	return at > 0 ? m->member[at - 1] : 0;
}

/* Near to others, at the edges of pages, or anywhere up to the highest. */
static uint64_t
random_number(void)
{
	unsigned shift = (unsigned)box_random(37);
	uint64_t edge = UINT64_C(1) << shift;

	switch (box_random(4)) {
	case 0:
		return 1 + box_random(2000);
	case 1:
		return 1 + box_random(edge);
	case 2:
		edge = box_random(highest >> 9) << 9;
		return edge ? edge - box_random(2) : 1;
	default:
		edge -= box_random(2);
		return edge && edge <= highest ? edge : highest;
	}
}

static bool
is_alike(struct kv *kv, const char *set, const struct model *m)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->len; i++)
		if ((n = index_next(kv, set, n)) != m->member[i])
			return false;
	return index_next(kv, set, n) == 0 && index_count(kv, set) == m->len &&
	       index_prev(kv, set, 0) == (m->len ? m->member[m->len - 1] : 0);
}

static void
take_step(struct kv *kv, const char *set, struct model *m)
{
	uint64_t n = random_number();

	if (m->len > 0 && box_random(3) == 0)
		n = m->member[box_random(m->len)];
	if (m->len < MEMBERS && box_random(100) < 55) {
		index_add(kv, set, n);
		model_add(m, n);
	} else {
		index_remove(kv, set, n);
		model_remove(m, n);
	}
}

static void
test_sets(void)
{
	static struct model models[3]; /* the second is a prefix of the third */
	static const char *const sets[] = { "status.pending", "chat.1", "chat.12" };
	struct kv *kv = open_index(KV_NEW);
	int wrong = 0, walks = 0;

	for (int step = 0; step < STEPS; step++) {
		int i = (int)box_random(3);
		uint64_t after = box_random(3) ? random_number() : 0;

		take_step(kv, sets[i], &models[i]);
		wrong += index_next(kv, sets[i], after) != model_next(&models[i], after);
		if (after)
			wrong += index_prev(kv, sets[i], after) != model_prev(&models[i], after);
		wrong += index_count(kv, sets[i]) != models[i].len;
		if (step % 4000 == 0)
			kv = reopen(kv);
		if (step % 400 == 0)
			walks += !is_alike(kv, sets[i], &models[i]);
	}
	is_int(wrong, 0, "next, prev and count are those of a sorted array, of 36 bits");
	is_int(walks, 0, "and so are last, and a walk over all");
	ok(index_next(kv, sets[0], highest) == 0, "behind the highest number there is none");
	for (int i = 0; i < 3; i++)
		while (models[i].len > 0) {
			index_remove(kv, sets[i], models[i].member[0]);
			model_remove(&models[i], models[i].member[0]);
		}
	ok(is_alike(kv, sets[0], &models[0]) && is_alike(kv, sets[2], &models[2]),
	    "emptied, they have no member");
	kv_close(kv);
}

static int
count_entry(void *arg, const void *key, size_t key_len, const void *value, size_t size)
{
	(void)key;
	(void)key_len;
	(void)value;
	(void)size;
	++*(int *)arg;
	return 0;
}

static void
test_nothing_is_left(void)
{
	struct kv *kv = open_index(KV_NEW);
	int entries = 0;

	for (uint64_t n = 1; n <= highest; n *= 2)
		index_add(kv, "set", n);
	kv = reopen(kv);
	for (uint64_t n = 1; n <= highest; n *= 2)
		index_remove(kv, "set", n);
	index_bind(kv, "name", 1);
	index_unbind(kv, "name", 1);
	index_link(kv, "task/aaaaa000-0000-4000-8000-000000000000", 1);
	index_unlink(kv, "task/aaaaa000-0000-4000-8000-000000000000", 1);
	kv = reopen(kv);
	is_int(kv_each(kv, count_entry, &entries), 0, "an emptied index can be walked over");
	is_int(entries, 0, "what was taken out leaves no entry behind");
	kv_close(kv);
}

/* Keys of which many share their first digits; the last four are the number. */
static const char *
chained_key(int n, char key[48])
{
	static const char *const heads[] = { "abcde", "abcdf", "abcd0", "abce0", "00000", "fffff" };

	snprintf(key, 48, "%s/%s%03x-0000-4000-8000-00000000%04d", n % 7 ? "task" : "chat",
	    heads[n % 6], n % 4, n);
	return key;
}

/* Whether the candidates for kind/prefix hold just those linked that begin so, each once. */
static bool
finds(struct kv *kv, const bool *is_linked, const char *kind, const char *prefix)
{
	bool is_found[CHAINED + 1] = { false };
	struct index_walk walk = { 0 };
	char key[48], start[48];
	uint64_t n;

	snprintf(start, sizeof start, "%s/%s", kind, prefix);
	while ((n = index_candidate(kv, kind, prefix, &walk)) != 0) {
		if (n > CHAINED || is_found[n] || !is_linked[n])
			return false;
		is_found[n] = true;
		if (strncmp(chained_key((int)n, key), start, strlen(kind) + 5) != 0)
			return false; /* another kind, or other digits */
	}
	for (int i = 1; i <= CHAINED; i++)
		if (is_linked[i] && !is_found[i] &&
		    !strncmp(chained_key(i, key), start, strlen(start)))
			return false;
	return index_candidate(kv, kind, prefix, &walk) == 0;
}

static void
test_prefixes(void)
{
	static const char *const prefixes[] = { "abcd", "abcde", "abcdf001", "abce", "0000",
		"fffff003-0000-4000", "abc1", "12345" };
	bool is_linked[CHAINED + 1] = { false };
	struct kv *kv = open_index(KV_NEW);
	char key[48];
	int wrong = 0;

	for (int step = 0; step < 3000; step++) {
		int n = 1 + (int)box_random(CHAINED);

		if (is_linked[n])
			index_unlink(kv, chained_key(n, key), (uint64_t)n);
		else
			index_link(kv, chained_key(n, key), (uint64_t)n);
		is_linked[n] = !is_linked[n];
		wrong += !finds(kv, is_linked, n % 3 ? "task" : "chat", prefixes[box_random(8)]);
		if (step % 500 == 0)
			kv = reopen(kv);
	}
	is_int(wrong, 0, "a prefix finds all that begin with it, each once, and no other kind");
	for (int n = 1; n <= CHAINED; n++)
		index_unlink(kv, chained_key(n, key), (uint64_t)n);
	memset(is_linked, 0, sizeof is_linked);
	ok(finds(kv, is_linked, "task", "abcd") && finds(kv, is_linked, "chat", "abcde"),
	    "unlinked twice or never linked, they are no candidates");
	kv_close(kv);
}

static void
test_stuck_error(void)
{
	struct kv *kv = open_index(KV_NEW);
	struct index_walk walk = { 0 };

	index_add(kv, "set", 5);
	index_bind(kv, "name", 5);
	kv_get(kv, "m", 1, 1);
	kv_edit(kv, "kname", 5, 3);
	ok(kv_failed(kv) == -1, "an error sticks in the file");
	index_add(kv, "set", 6);
	index_remove(kv, "set", 5);
	index_bind(kv, "name", 6);
	index_link(kv, "task/aaaaa000-0000-4000-8000-000000000000", 6);
	index_unlink(kv, "task/aaaaa000-0000-4000-8000-000000000000", 6);
	index_set_place(kv, 6, &(struct index_place){ .revision = 1 });
	ok(!index_find(kv, "name") && !index_next(kv, "set", 0) && !index_prev(kv, "set", 0) &&
		!index_count(kv, "set") && !index_place(kv, 6).revision &&
		!index_candidate(kv, "task", "aaaa", &walk),
	    "from then on all is none, and nothing is touched that is not there");
	kv_close(kv);
}

int
main(void)
{
	box_open("index", 512);
	test_head();
	test_names();
	test_long_names();
	test_places();
	test_sets();
	test_nothing_is_left();
	test_prefixes();
	test_stuck_error();
	box_close();
	return done_testing();
}
