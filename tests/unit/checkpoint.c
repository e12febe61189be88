#include <errno.h>
#include <sys/resource.h>

#include "box.h"
#include "checkpoint.h"
#include "clock.h"
#include "err.h"
#include "tap.h"

enum { TRAILER = 16, BIG = (3 << 20) + 5 };

static const char index_name[] = "index.gdbm", copy_name[] = "index.ckpt",
		  half_name[] = "index.ckpt.new";

/* Makes the index: to checkpoints it is just bytes. */
static void
make_index(size_t len)
{
	char *bytes = malloc(len + 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)box_random(256);
	box_write(index_name, bytes, len);
	free(bytes);
}

static bool
is_same(const char *name, const char *other)
{
	size_t len, other_len;
	char *bytes = box_read(name, &len), *other_bytes = box_read(other, &other_len);
	bool same = len == other_len && !memcmp(bytes, other_bytes, len);

	free(bytes);
	free(other_bytes);
	return same;
}

/* The copy is refused: with a word, and the index is as it was. */
static bool
is_refused(void)
{
	int rc;

	box_copy(index_name, "as-it-was");
	rc = checkpoint_restore(box_fd);
	return rc == -1 && err_code() != 0 && is_same(index_name, "as-it-was") &&
	       box_size(half_name) < 0;
}

static void
test_there_and_back(size_t len, const char *fact)
{
	struct stat st;
	bool saved;

	make_index(len);
	box_copy(index_name, "first");
	saved = checkpoint_save(box_fd) == 0 && is_same(index_name, "first") &&
	        box_size(copy_name) == (long long)len + TRAILER && box_size(half_name) < 0 &&
	        fstatat(box_fd, copy_name, &st, 0) == 0 && (st.st_mode & 0777) == 0600;
	make_index(777);
	ok(saved && checkpoint_restore(box_fd) == 0 && is_same(index_name, "first"), fact);
}

static void
test_repeats(void)
{
	make_index(5000);
	box_copy(index_name, "first");
	checkpoint_save(box_fd);
	box_empty(index_name);
	ok(checkpoint_restore(box_fd) == 0 && is_same(index_name, "first"),
	    "an index that is missing is put back");
	make_index(4000);
	ok(checkpoint_restore(box_fd) == 0 && is_same(index_name, "first"),
	    "the copy stays, and does again");
	make_index(3000);
	box_copy(index_name, "second");
	checkpoint_save(box_fd);
	make_index(10);
	ok(checkpoint_restore(box_fd) == 0 && is_same(index_name, "second"),
	    "the last copy is the one that counts");
}

/* From far before the end some bytes further, then one by one. */
static size_t
step(size_t left)
{
	size_t far = left > TRAILER + 3 ? left - TRAILER - 3 : 1;

	return far < 61 ? far : 61;
}

static void
test_bad_copies(void)
{
	int wrong = 0;
	size_t len;
	char *bytes;

	make_index(3000);
	checkpoint_save(box_fd);
	bytes = box_read(copy_name, &len);
	for (size_t cut = 0; cut < len; cut += step(len - cut)) {
		box_write(copy_name, bytes, cut);
		wrong += !is_refused();
	}
	is_int(wrong, 0, "a copy that is cut is not used, wherever it is");
	for (size_t at = 0; at < len; at += step(len - at)) {
		char bit = (char)(1 << box_random(8));

		bytes[at] ^= bit;
		box_write(copy_name, bytes, len);
		wrong += !is_refused();
		bytes[at] ^= bit;
	}
	is_int(wrong, 0, "nor is one with a bit that has turned");
	box_write(copy_name, bytes, len + 1); /* the NUL behind it */
	ok(is_refused(), "nor one that is longer");
	free(bytes);
	box_write(copy_name, "", 0);
	ok(is_refused(), "nor an empty one");
	box_empty(copy_name);
	ok(is_refused(), "and where there is none, that is an error");
}

/* Saving fails: with a word, the old copy is there, and nothing half-made. */
static bool
fails_to_save(void)
{
	box_copy(copy_name, "as-it-was");
	return checkpoint_save(box_fd) == -1 && err_code() != 0 &&
	       is_same(copy_name, "as-it-was") && box_size(half_name) < 0;
}

static void
test_failures(void)
{
	struct rlimit was, small = { 2000, RLIM_INFINITY };

	make_index(1000);
	checkpoint_save(box_fd);
	make_index(5000);
	sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	getrlimit(RLIMIT_FSIZE, &was);
	small.rlim_max = was.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	/* as-it-was is small enough */
	ok(fails_to_save() && err_code() == EX_IOERR, "no room for a copy: the old one stays (74)");
	setrlimit(RLIMIT_FSIZE, &was);
	ok(checkpoint_save(box_fd) == 0 && box_size(copy_name) == 5000 + TRAILER,
	    "with room it is made");
	box_empty(index_name);
	ok(fails_to_save(), "no index: the old copy stays");
	make_index(100);
	box_write(half_name, "left behind by somebody who was killed", 38);
	ok(checkpoint_save(box_fd) == 0 && box_size(copy_name) == 100 + TRAILER &&
		box_size(half_name) < 0,
	    "what a killed one left behind is in nobody's way");
	box_write(half_name, "left behind by somebody who was killed", 38);
	ok(checkpoint_restore(box_fd) == 0 && box_size(index_name) == 100, "nor is it to restore");
	if (mkdirat(box_fd, half_name, 0700) < 0)
		abort();
	box_copy(copy_name, "as-it-was");
	ok(checkpoint_save(box_fd) == -1 && is_same(copy_name, "as-it-was") &&
		checkpoint_restore(box_fd) == -1,
	    "a folder in the way is an error, and nothing is lost");
	box_empty(half_name);
}

static void
test_links(void)
{
	box_write("victim", "precious", 8);
	make_index(50);
	checkpoint_save(box_fd);
	if (symlinkat("victim", box_fd, half_name) < 0)
		abort();
	ok(checkpoint_save(box_fd) == 0 && box_size("victim") == 8,
	    "a symbolic link in its place is not written through");
	box_empty(copy_name);
	box_copy("victim", "elsewhere");
	if (symlinkat("elsewhere", box_fd, copy_name) < 0)
		abort();
	ok(is_refused(), "nor read through");
	ok(checkpoint_save(box_fd) == 0 && box_size(copy_name) == 50 + TRAILER &&
		is_same("victim", "elsewhere"),
	    "a new copy takes its place");
}

/* Whoever is killed while it copies leaves the old copy, or the new one. */
static void
test_killed(void)
{
	int wrong = 0, news = 0;
	int64_t moment_us;
	pid_t pid;

	make_index(BIG);
	box_copy(index_name, "first");
	checkpoint_save(box_fd);
	make_index(BIG);
	box_copy(index_name, "second");
	for (int i = 0; i < 30; i++) {
		if ((pid = box_fork()) == 0)
			_exit(checkpoint_save(box_fd) < 0 ? 1 : 0);
		moment_us = clock_mono_us() + (int64_t)box_random(9000);
		while (clock_mono_us() < moment_us)
			;
		box_kill(pid);
		if (checkpoint_restore(box_fd) < 0)
			wrong++;
		else if (is_same(index_name, "second"))
			news++;
		else
			wrong += !is_same(index_name, "first");
		box_copy("first", index_name);
		wrong += checkpoint_save(box_fd) < 0;
		box_copy("second", index_name);
	}
	is_int(wrong, 0, "killed at any moment, it leaves a whole copy: the old or the new one");
	printf("# %d of 30 were new\n", news);
}

int
main(void)
{
	int before;

	box_open("checkpoint", 77);
	before = box_descriptors();
	test_there_and_back(0, "an empty index is saved, and put back");
	test_there_and_back(1, "one byte as well");
	test_there_and_back(1 << 20, "just as much as is copied at once");
	test_there_and_back(BIG, "and more than that");
	test_repeats();
	test_bad_copies();
	test_failures();
	test_links();
	test_killed();
	is_int(box_descriptors(), before, "no descriptor is left open");
	box_close();
	return done_testing();
}
