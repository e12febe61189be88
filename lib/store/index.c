#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "index.h"

/* Keys of the file: a letter for the kind of entry, then what it is of. */
enum { HEAD = 'm', NAME = 'k', PLACES = 'l', SET = 's', COUNT = 'c', CHAIN = 'p', LINK = 'x' };

enum {
	NAME_MAX_BYTES = 512,
	PLACES_PER_PAGE = 16,
	LEVELS = 4,
	FAN_BITS = 9,
	PREFIX_DIGITS = 5,
	SMALL = 15
};

struct key {
	size_t len;
	char bytes[NAME_MAX_BYTES];
};

/* 512 bits: which of the 512 below are there. */
struct page {
	uint64_t word[8];
};

static struct key
key_of_text(char kind, const char *text)
{
	struct key k = { .bytes = { kind } };
	size_t len = strlen(text);

	assert(len < sizeof k.bytes); /* store.h: STORE_NAME_MAX */
	memcpy(k.bytes + 1, text, len);
	k.len = 1 + len;
	return k;
}

static struct key
key_of_number(char kind, uint64_t n)
{
	struct key k = { .len = 1 + sizeof n, .bytes = { kind } };

	memcpy(k.bytes + 1, &n, sizeof n);
	return k;
}

static struct key
key_of_page(const char *set, int level, uint64_t page)
{
	struct key k = key_of_text(SET, set);

	assert(k.len + 1 + sizeof page < sizeof k.bytes);
	k.bytes[k.len] = (char)level; /* no set's name has a control character */
	memcpy(k.bytes + k.len + 1, &page, sizeof page);
	k.len += 1 + sizeof page;
	return k;
}

static uint64_t
get_number(struct kv *kv, const struct key *k)
{
	const uint64_t *n = kv_get(kv, k->bytes, k->len, sizeof *n);

	return n ? *n : 0;
}

static void
set_number(struct kv *kv, const struct key *k, uint64_t n)
{
	if (n == 0)
		kv_remove(kv, k->bytes, k->len, sizeof n);
	else
		memcpy(kv_edit(kv, k->bytes, k->len, sizeof n), &n, sizeof n);
}

struct index_head
index_head(struct kv *kv)
{
	const char letter = HEAD;
	const struct index_head *head = kv_get(kv, &letter, 1, sizeof *head);

	return head ? *head : (struct index_head){ .records = 0 };
}

void
index_set_head(struct kv *kv, const struct index_head *head)
{
	const char letter = HEAD;

	memcpy(kv_edit(kv, &letter, 1, sizeof *head), head, sizeof *head);
}

uint64_t
index_find(struct kv *kv, const char *name)
{
	struct key k = key_of_text(NAME, name);

	return get_number(kv, &k);
}

void
index_bind(struct kv *kv, const char *name, uint64_t n)
{
	struct key k = key_of_text(NAME, name);

	if (get_number(kv, &k) != n)
		set_number(kv, &k, n);
}

void
index_unbind(struct kv *kv, const char *name, uint64_t n)
{
	struct key k = key_of_text(NAME, name);

	if (get_number(kv, &k) == n)
		set_number(kv, &k, 0);
}

struct index_place
index_place(struct kv *kv, uint64_t n)
{
	struct key k = key_of_number(PLACES, n / PLACES_PER_PAGE);
	const struct index_place *page = kv_get(kv, k.bytes, k.len, PLACES_PER_PAGE * sizeof *page);

	return page ? page[n % PLACES_PER_PAGE] : (struct index_place){ .revision = 0 };
}

void
index_set_place(struct kv *kv, uint64_t n, const struct index_place *place)
{
	struct key k = key_of_number(PLACES, n / PLACES_PER_PAGE);
	struct index_place *page = kv_edit(kv, k.bytes, k.len, PLACES_PER_PAGE * sizeof *page);

	page[n % PLACES_PER_PAGE] = *place;
}

static const struct page *
get_page(struct kv *kv, const char *set, int level, uint64_t page)
{
	struct key k = key_of_page(set, level, page);

	return kv_get(kv, k.bytes, k.len, sizeof(struct page));
}

static bool
page_has(const struct page *p, unsigned bit)
{
	return p && p->word[bit / 64] >> bit % 64 & 1;
}

static bool
page_is_empty(const struct page *p)
{
	uint64_t any = 0;

	for (int i = 0; i < 8; i++)
		any |= p->word[i];
	return any == 0;
}

/* The first bit of p at or after `from`; -1: none. */
static int
page_first(const struct page *p, unsigned from)
{
	for (unsigned i = from / 64; p && i < 8; i++) {
		uint64_t w = p->word[i];

		if (i == from / 64)
			w &= ~UINT64_C(0) << from % 64;
		if (w)
			return (int)(64 * i) + __builtin_ctzll(w);
	}
	return -1;
}

static int
page_last(const struct page *p, unsigned to)
{
	for (int i = (int)to / 64; p && i >= 0; i--) {
		uint64_t word = p->word[i];

		if ((unsigned)i == to / 64)
			word &= ~UINT64_C(0) >> (63 - to % 64);
		if (word)
			return 64 * i + 63 - __builtin_clzll(word);
	}
	return -1;
}

/* What stands under a set's name: while it is small its members, in order, and no pages: most sets
 * are, and change all the time. */
struct set {
	uint64_t count, member[SMALL];
};

static struct set
get_set(struct kv *kv, const char *name)
{
	struct key k = key_of_text(COUNT, name);
	const struct set *set = kv_get(kv, k.bytes, k.len, sizeof *set);

	return set ? *set : (struct set){ .count = 0 };
}

static void
put_set(struct kv *kv, const char *name, const struct set *set)
{
	struct key k = key_of_text(COUNT, name);

	if (set->count == 0)
		kv_remove(kv, k.bytes, k.len, sizeof *set);
	else
		memcpy(kv_edit(kv, k.bytes, k.len, sizeof *set), set, sizeof *set);
}

/* The place of the first member of a small set that is n or more. */
static size_t
place_in(const struct set *set, uint64_t n)
{
	size_t i = 0;

	while (i < set->count && set->member[i] < n)
		i++;
	return i;
}

static bool
tree_has(struct kv *kv, const char *set, uint64_t n)
{
	return page_has(get_page(kv, set, 0, n >> FAN_BITS), n & 511);
}

static void
tree_add(struct kv *kv, const char *set, uint64_t n)
{
	bool was_empty = true;

	for (int level = 0; level < LEVELS && was_empty; level++, n >>= FAN_BITS) {
		struct key k = key_of_page(set, level, n >> FAN_BITS);
		struct page *p = kv_edit(kv, k.bytes, k.len, sizeof *p);

		was_empty = page_is_empty(p);
		p->word[(n & 511) / 64] |= UINT64_C(1) << n % 64;
	}
}

static void
tree_remove(struct kv *kv, const char *set, uint64_t n)
{
	bool is_empty = true;

	for (int level = 0; level < LEVELS && is_empty; level++, n >>= FAN_BITS) {
		struct key k = key_of_page(set, level, n >> FAN_BITS);
		struct page *p = kv_edit(kv, k.bytes, k.len, sizeof *p);

		p->word[(n & 511) / 64] &= ~(UINT64_C(1) << n % 64);
		is_empty = page_is_empty(p);
		if (is_empty)
			kv_remove(kv, k.bytes, k.len, sizeof *p);
	}
}

static uint64_t
tree_next(struct kv *kv, const char *set, uint64_t after)
{
	uint64_t at = after + 1;

	for (int level = 0; level < LEVELS; level++) {
		int bit = page_first(get_page(kv, set, level, at >> FAN_BITS), at & 511);

		if (bit >= 0) {
			at = (at & ~UINT64_C(511)) | (unsigned)bit;
			while (level-- > 0) {
				bit = page_first(get_page(kv, set, level, at), 0);
				if (bit < 0) /* only after an error */
					return 0;
				at = at << FAN_BITS | (unsigned)bit;
			}
			return at;
		}
		at = (at >> FAN_BITS) + 1;
	}
	return 0;
}

static uint64_t
tree_prev(struct kv *kv, const char *set, uint64_t before)
{
	uint64_t at = before - 1;

	for (int level = 0; level < LEVELS; level++) {
		int bit = page_last(get_page(kv, set, level, at >> FAN_BITS), at & 511);

		if (bit >= 0) {
			at = (at & ~UINT64_C(511)) | (unsigned)bit;
			while (level-- > 0) {
				bit = page_last(get_page(kv, set, level, at), 511);
				if (bit < 0) /* only after an error */
					return 0;
				at = at << FAN_BITS | (unsigned)bit;
			}
			return at;
		}
		if (at >> FAN_BITS == 0)
			return 0;
		at = (at >> FAN_BITS) - 1;
	}
	return 0;
}

/* One more than a small set has: they go to pages. */
static void
unfold(struct kv *kv, const char *name, struct set *set)
{
	for (size_t i = 0; i < SMALL; i++)
		tree_add(kv, name, set->member[i]);
	memset(set->member, 0, sizeof set->member);
}

/* As many as a small set has: they come from the pages. */
static void
fold_up(struct kv *kv, const char *name, struct set *set)
{
	uint64_t n = 0;

	for (size_t i = 0; i < SMALL && (n = tree_next(kv, name, n)) != 0; i++)
		set->member[i] = n;
	for (size_t i = 0; i < SMALL; i++)
		tree_remove(kv, name, set->member[i]);
}

void
index_add(struct kv *kv, const char *name, uint64_t n)
{
	struct set set = get_set(kv, name);
	size_t at;

	if (set.count > SMALL) {
		if (tree_has(kv, name, n))
			return;
		tree_add(kv, name, n);
	} else {
		at = place_in(&set, n);
		if (at < set.count && set.member[at] == n)
			return;
		if (set.count == SMALL) {
			unfold(kv, name, &set);
			tree_add(kv, name, n);
		} else {
			memmove(set.member + at + 1, set.member + at,
			    (set.count - at) * sizeof *set.member);
			set.member[at] = n;
		}
	}
	set.count++;
	put_set(kv, name, &set);
}

void
index_remove(struct kv *kv, const char *name, uint64_t n)
{
	struct set set = get_set(kv, name);
	size_t at;

	if (set.count > SMALL) {
		if (!tree_has(kv, name, n))
			return;
		tree_remove(kv, name, n);
		if (--set.count == SMALL)
			fold_up(kv, name, &set);
	} else {
		at = place_in(&set, n);
		if (at == set.count || set.member[at] != n)
			return;
		set.count--;
		memmove(set.member + at, set.member + at + 1,
		    (set.count - at) * sizeof *set.member);
		set.member[set.count] = 0;
	}
	put_set(kv, name, &set);
}

uint64_t
index_next(struct kv *kv, const char *name, uint64_t after)
{
	struct set set = get_set(kv, name);
	size_t at;

	if (set.count > SMALL)
		return tree_next(kv, name, after);
	at = place_in(&set, after + 1);
	return at < set.count ? set.member[at] : 0;
}

uint64_t
index_prev(struct kv *kv, const char *name, uint64_t before)
{
	struct set set = get_set(kv, name);
	size_t at;

	if (before == 0)
		before = UINT64_C(1) << LEVELS * FAN_BITS;
	if (set.count > SMALL)
		return tree_prev(kv, name, before);
	at = place_in(&set, before);
	return at > 0 ? set.member[at - 1] : 0;
}

uint64_t
index_count(struct kv *kv, const char *name)
{
	return get_set(kv, name).count;
}

/* The chain's head for a kind and five hexadecimal digits given as a number. */
static struct key
key_of_chain(const char *kind, size_t kind_len, unsigned digits)
{
	char text[64];

	snprintf(text, sizeof text, "%.*s/%05x", (int)kind_len, kind, digits);
	return key_of_text(CHAIN, text);
}

static unsigned
first_digits(const char *id, unsigned count)
{
	unsigned value = 0;

	for (unsigned i = 0; i < count; i++)
		value = value << 4 | (unsigned)(id[i] <= '9' ? id[i] - '0' : id[i] - 'a' + 10);
	return value;
}

uint64_t
index_candidate(struct kv *kv, const char *kind, const char *prefix, struct index_walk *walk)
{
	unsigned given = prefix[4] ? 5 : 4, heads = given == 5 ? 1 : 16;
	unsigned base = first_digits(prefix, given) << 4 * (PREFIX_DIGITS - given);

	if (walk->n) {
		struct key k = key_of_number(LINK, walk->n);

		walk->n = get_number(kv, &k);
	}
	while (!walk->n && walk->head < heads) {
		struct key k = key_of_chain(kind, strlen(kind), base + walk->head++);

		walk->n = get_number(kv, &k);
	}
	return walk->n;
}

static struct key
chain_of(const char *key)
{
	const char *slash = strchr(key, '/');

	return key_of_chain(key, (size_t)(slash - key), first_digits(slash + 1, PREFIX_DIGITS));
}

void
index_link(struct kv *kv, const char *key, uint64_t n)
{
	struct key head = chain_of(key), link = key_of_number(LINK, n);
	uint64_t old = get_number(kv, &head);

	if (old)
		set_number(kv, &link, old);
	set_number(kv, &head, n);
}

void
index_unlink(struct kv *kv, const char *key, uint64_t n)
{
	struct key at = chain_of(key), link = key_of_number(LINK, n);
	uint64_t next = get_number(kv, &link), here;

	while ((here = get_number(kv, &at)) != n) {
		if (!here)
			return;
		at = key_of_number(LINK, here);
	}
	set_number(kv, &at, next);
	set_number(kv, &link, 0);
}
