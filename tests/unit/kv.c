#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"
#include "err.h"
#include "kv.h"
#include "tap.h"

enum { KEYS = 3000, SIZE = 24 };

static struct kv *
open_or_abort(enum kv_mode mode)
{
	struct kv *kv = kv_open(box_fd, "db", mode);

	if (!kv)
		abort();
	return kv;
}

static const char *
key_of(int i)
{
	static char key[32];

	snprintf(key, sizeof key, "key-%d", i);
	return key;
}

static void
put(struct kv *kv, int i, int value)
{
	char *p = kv_edit(kv, key_of(i), strlen(key_of(i)), SIZE);

	memset(p, value, SIZE);
}

/* The value's byte; -1: no such key. */
static int
get(struct kv *kv, int i)
{
	const unsigned char *p = kv_get(kv, key_of(i), strlen(key_of(i)), SIZE);

	return p ? *p : -1;
}

static void
remove_key(struct kv *kv, int i)
{
	kv_remove(kv, key_of(i), strlen(key_of(i)), SIZE);
}

/* Key i holds i % 251, as many as asked for. */
static void
make_file(int keys)
{
	struct kv *kv = open_or_abort(KV_NEW);

	for (int i = 0; i < keys; i++)
		put(kv, i, i % 251);
	if (kv_flush(kv) < 0)
		abort();
	kv_close(kv);
}

static bool
is_refused(const char *name, enum kv_mode mode)
{
	struct kv *kv;

	err_set(0, "nothing");
	kv = kv_open(box_fd, name, mode);
	if (!kv)
		return err_code() == EX_IOERR;
	kv_close(kv);
	return false;
}

static bool
is_refused_new(const char *name)
{
	struct kv *kv = kv_open(box_fd, name, KV_NEW);

	kv_close(kv);
	return !kv;
}

static void
test_open(void)
{
	static const char text[] = "This is no database, and long enough to be looked at in full. ";
	int before = box_descriptors();
	struct kv *kv;

	ok(is_refused("db", KV_READ) && is_refused("db", KV_WRITE), "a missing file is EX_IOERR");
	ok(box_size("db") < 0, "and is not made");
	box_write("db", "", 0);
	ok(is_refused("db", KV_READ), "so is an empty one, to read");
	box_write("db", text, sizeof text);
	ok(is_refused("db", KV_READ) && is_refused("db", KV_WRITE), "and one that is no database");
	if (symlinkat("db", box_fd, "link") < 0)
		abort();
	ok(is_refused("link", KV_READ) && is_refused("link", KV_WRITE), "and a symbolic link");
	if (linkat(box_fd, "db", box_fd, "other", 0) < 0)
		abort();
	ok(!is_refused_new("link") && !is_refused_new("other") && box_size("db") == sizeof text,
	    "a new one takes the place of a link, and of another name, and leaves alone what they "
	    "led to");
	kv = kv_open(box_fd, "db", KV_NEW);
	ok(kv != NULL, "KV_NEW makes one of anything");
	kv_close(kv);
	make_file(10);
	kv = open_or_abort(KV_NEW);
	is_int(get(kv, 3), -1, "and empties what was one");
	kv_close(kv);
	kv_close(NULL);
	is_int(box_descriptors(), before, "no descriptor is left open");
}

static void
test_get_and_edit(void)
{
	static const unsigned char zeros[SIZE];
	struct kv *kv = open_or_abort(KV_NEW);
	const void *value;

	is_int(get(kv, 1), -1, "a key that is not there has no value");
	ok(!memcmp(kv_edit(kv, "key-1", 5, SIZE), zeros, SIZE), "edited, it is all zeros");
	put(kv, 1, 7);
	is_int(get(kv, 1), 7, "what was edited is read before it is written");
	is_int((long long)kv_dirty(kv), 1, "one entry would be written");
	remove_key(kv, 1);
	is_int(get(kv, 1), -1, "what was removed is gone before it is written");
	ok(!memcmp(kv_edit(kv, "key-1", 5, SIZE), zeros, SIZE),
	    "edited again, it is all zeros again");
	put(kv, 2, 8);
	remove_key(kv, 3);
	ok(kv_flush(kv) == 0 && kv_dirty(kv) == 0, "after kv_flush nothing is left to write");
	value = kv_get(kv, "key-1", 5, SIZE);
	ok(value && !memcmp(value, zeros, SIZE) && get(kv, 2) == 8 && get(kv, 3) == -1,
	    "all is as it was edited");
	kv_close(kv);
	kv = open_or_abort(KV_READ);
	ok(get(kv, 1) == 0 && get(kv, 2) == 8 && kv_dirty(kv) == 0, "and for a reader too");
	kv_close(kv);
}

/* Whether the file is as it was; frees the bytes. */
static bool
is_unchanged(char *bytes, size_t len)
{
	size_t now_len;
	char *now = box_read("db", &now_len);
	bool is_same = now_len == len && !memcmp(now, bytes, len);

	free(now);
	free(bytes);
	return is_same;
}

static void
test_nothing_before_flush(void)
{
	struct kv *kv;
	char *bytes;
	size_t len;

	make_file(KEYS);
	bytes = box_read("db", &len);
	kv = open_or_abort(KV_WRITE);
	for (int i = 0; i < 2 * KEYS; i++)
		if (i % 3)
			put(kv, i, 99);
		else
			remove_key(kv, i);
	kv_close(kv);
	ok(is_unchanged(bytes, len), "what is given up without kv_flush leaves no trace");
}

/* A random history against an array; every now and then it is flushed, given up, or reopened. */
static void
test_model(void)
{
	static int model[KEYS], flushed[KEYS];
	struct kv *kv = open_or_abort(KV_NEW);
	int wrong = 0;

	memset(model, -1, sizeof model);
	memset(flushed, -1, sizeof flushed);
	for (int step = 0; step < 60000; step++) {
		int i = (int)box_random(KEYS), what = (int)box_random(1000);

		if (what < 400)
			put(kv, i, model[i] = (int)box_random(256));
		else if (what < 600)
			remove_key(kv, i), model[i] = -1;
		else if (what < 997)
			wrong += get(kv, i) != model[i];
		else if (what < 999) {
			wrong += kv_flush(kv) != 0;
			memcpy(flushed, model, sizeof model);
		} else {
			kv_close(kv);
			kv = open_or_abort(KV_WRITE);
			memcpy(model, flushed, sizeof model);
		}
	}
	for (int i = 0; i < KEYS; i++)
		wrong += get(kv, i) != model[i];
	is_int(wrong, 0, "a random history reads as an array does");
	is_int(kv_failed(kv), 0, "and nothing fails");
	kv_close(kv);
}

struct tally {
	int entries, wrong, stop_at;
};

static int
count_entry(void *arg, const void *key, size_t key_len, const void *value, size_t size)
{
	struct tally *t = arg;
	int i;
	char text[32] = "";

	memcpy(text, key, key_len < 31 ? key_len : 31);
	t->entries++;
	t->wrong += sscanf(text, "key-%d", &i) != 1 || size != SIZE ||
	            *(const unsigned char *)value != i % 251;
	return t->entries == t->stop_at ? 5 : 0;
}

static void
test_each(void)
{
	struct tally all = { 0 }, some = { .stop_at = 10 };
	struct kv *kv;

	make_file(KEYS);
	kv = open_or_abort(KV_READ);
	is_int(kv_each(kv, count_entry, &all), 0, "kv_each goes to the end");
	ok(all.entries == KEYS && all.wrong == 0, "and shows every entry once");
	is_int(kv_each(kv, count_entry, &some), 5, "it returns what ended it");
	is_int(some.entries, 10, "and stops there");
	kv_close(kv);
}

static void
test_stuck_error(void)
{
	struct kv *kv;
	char *bytes, first[300];
	size_t len;
	bool is_done_nothing;

	make_file(10);
	bytes = box_read("db", &len);
	kv = open_or_abort(KV_WRITE);
	put(kv, 1, 50);
	is_int(kv_failed(kv), 0, "nothing has failed at first");
	ok(!kv_get(kv, "key-2", 5, SIZE + 1), "a value of another size is none");
	ok(kv_failed(kv) == -1 && err_code() == EX_IOERR, "and an error, EX_IOERR");
	snprintf(first, sizeof first, "%s", err_text());
	is_done_nothing = get(kv, 3) == -1 && get(kv, 1) == -1;
	memset(kv_edit(kv, "key-4", 5, SIZE), 1, SIZE);
	remove_key(kv, 5);
	ok(is_done_nothing && kv_dirty(kv) == 1, "from then on calls do nothing");
	err_set(EX_USAGE, "something else");
	ok(kv_flush(kv) == -1 && err_code() == EX_IOERR, "kv_flush fails");
	is(err_text(), first, "with the first error");
	ok(kv_reserve(kv, 1) == -1 && !strcmp(err_text(), first), "kv_reserve as well");
	kv_close(kv);
	ok(is_unchanged(bytes, len), "nothing was written");
}

/* In a child: a file may grow by so much, then kv_flush must fail and say so. */
static bool
flush_with_limit(rlim_t limit, int keys)
{
	pid_t pid = box_fork();
	struct kv *kv;

	if (pid == 0) {
		sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
		kv = open_or_abort(KV_WRITE);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){ limit, limit });
		for (int i = 0; i < keys; i++)
			put(kv, KEYS + i, 1);
		if (kv_flush(kv) == 0 || err_code() != EX_IOERR || kv_failed(kv) == 0)
			_exit(1);
		kv_close(kv);
		_exit(0);
	}
	return box_ended_well(pid);
}

static void
test_full_disk(void)
{
	bool is_told = true;
	struct kv *kv;
	long long size;

	make_file(100);
	for (rlim_t more = 0; more < 40000; more += 5000) {
		is_told &= flush_with_limit((rlim_t)box_size("db") + more, 4 * KEYS);
		make_file(100);
	}
	ok(is_told, "a file that cannot grow is EX_IOERR from kv_flush");
	kv = open_or_abort(KV_WRITE);
	size = box_size("db");
	ok(kv_reserve(kv, 1 << 10) == 0 && box_size("db") == size,
	    "kv_reserve keeps the file's length");
	ok(kv_reserve(kv, (size_t)1 << 42) == -1 && err_code() == EX_IOERR,
	    "and more than there is room for is EX_IOERR");
	is_int(kv_failed(kv), 0, "which sticks nowhere");
	kv_close(kv);
}

/* Opens what is there and reads all of it; whether each value is right or an error was told. */
static bool
is_right_or_told(int keys)
{
	struct kv *kv = kv_open(box_fd, "db", KV_READ);
	bool holds = true;

	if (!kv)
		return err_code() == EX_IOERR;
	for (int i = 0; i < keys && holds; i++)
		holds = get(kv, i) == i % 251 || kv_failed(kv) == -1;
	kv_close(kv);
	return holds;
}

static void
test_cut_file(void)
{
	int silent = 0;
	char *bytes;
	size_t len;

	make_file(600);
	bytes = box_read("db", &len);
	for (size_t cut = 0; cut < len; cut += cut < 200 ? 7 : 509) {
		box_write("db", bytes, cut);
		silent += !is_right_or_told(600);
	}
	free(bytes);
	is_int(silent, 0, "a file cut anywhere is refused, or fails where something is missing");
}

/* From now on the file of that name, open for writing, can be read only. */
static void
make_read_only(const char *name)
{
	int fd = openat(box_fd, name, O_RDONLY | O_CLOEXEC);
	struct stat want, is;

	if (fd < 0 || fstat(fd, &want) < 0)
		abort();
	for (int other = 3; other < fd; other++)
		if (fstat(other, &is) == 0 && is.st_ino == want.st_ino && is.st_dev == want.st_dev)
			dup2(fd, other);
	close(fd);
}

/* All that is left to write is a bucket: GDBM says that all is well. */
static void
test_last_bucket(void)
{
	struct kv *kv;

	make_file(10);
	kv = open_or_abort(KV_WRITE);
	remove_key(kv, 3);
	make_read_only("db");
	err_set(0, "nothing");
	ok(kv_flush(kv) < 0 && err_code() == EX_IOERR, "a bucket that cannot be written is told");
	kv_close(kv);
}

int
main(void)
{
	box_open("kv", 4096);
	test_open();
	test_get_and_edit();
	test_nothing_before_flush();
	test_model();
	test_each();
	test_stuck_error();
	test_full_disk();
	test_cut_file();
	test_last_bucket();
	box_close();
	return done_testing();
}
