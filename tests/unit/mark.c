#include <stddef.h>

#include "box.h"
#include "crc.h"
#include "err.h"
#include "mark.h"
#include "tap.h"

enum { RAISERS = 8, RAISES = 20000 };

static const char store[] = "5cb1e3a6-0000-4000-8000-000000000001";
static const struct journal_pos head = { .revision = 12, .offset = 3456, .segment = 2 };

static struct mark *
open_mark(void)
{
	struct mark *m = mark_open(box_fd);

	if (!m)
		abort();
	return m;
}

static void
make_good(struct mark *m)
{
	mark_reset(m, store);
	mark_finish(m, &head);
}

static void
sum_up(struct mark *m)
{
	m->crc = crc32c(0, m, offsetof(struct mark, is_dirty));
}

static void
test_life(void)
{
	struct mark *m, *other;

	unlinkat(box_fd, "mark", 0);
	m = open_mark();
	other = open_mark();
	ok(!mark_is_good(m), "a new mark is not good");
	mark_reset(m, store);
	ok(!mark_is_good(m) && m->head.revision == 0, "reset, it is dirty and at the beginning");
	mark_finish(m, &head);
	ok(mark_is_good(m), "finished, it is good");
	ok(mark_is_good(other) && other->head.revision == 12 && other->head.offset == 3456 &&
		other->head.segment == 2 && !strcmp(other->store, store),
	    "and so for everybody at once: where the index has come, and whose it is");
	mark_begin(m);
	ok(!mark_is_good(other), "while the index is changed it is not");
	mark_finish(m, &head);
	mark_close(m);
	ok(mark_is_good(other), "then it is again");
	mark_close(other);
	m = open_mark();
	ok(mark_is_good(m), "opened later too");
	mark_close(m);
	mark_close(NULL);
}

static void
test_killed(void)
{
	struct mark *m = open_mark();
	pid_t pid;

	make_good(m);
	if ((pid = box_fork()) == 0) {
		mark_begin(open_mark());
		for (;;)
			pause();
	}
	while (mark_is_good(m) && waitpid(pid, NULL, WNOHANG) == 0)
		;
	box_kill(pid);
	ok(!mark_is_good(m), "who is killed over a change leaves it dirty");
	mark_close(m);
}

static void
test_other_boot(void)
{
	struct mark *m = open_mark();

	make_good(m);
	mark_raise_durable(m, 12);
	m->boot[0] = m->boot[0] == 'a' ? 'b' : 'a';
	sum_up(m);
	ok(!mark_is_good(m), "a mark of another boot is not believed");
	mark_reset(m, store);
	is_int((long long)atomic_load(&m->durable), 0, "what was durable has to be shown again");
	mark_finish(m, &head);
	ok(mark_is_good(m), "reset, it is of this boot");
	mark_raise_durable(m, 12);
	mark_reset(m, store);
	is_int((long long)atomic_load(&m->durable), 12, "of this boot and store, durable is kept");
	mark_reset(m, "5cb1e3a6-0000-4000-8000-000000000002");
	is_int((long long)atomic_load(&m->durable), 0, "of another store it is not");
	mark_close(m);
}

/* Every bit of the guarded part, and all that is not it. */
static void
test_flips(void)
{
	const int guarded = 8 * (offsetof(struct mark, crc) + sizeof(uint32_t));
	struct mark *m = open_mark();
	unsigned char *bytes = (unsigned char *)m;
	int missed = 0;

	make_good(m);
	for (int bit = 0; bit < guarded; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		missed += mark_is_good(m);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	is_int(missed, 0, "no flip of one bit is overlooked");
	mark_raise_durable(m, m->head.revision);
	atomic_fetch_add(&m->progress, 1);
	atomic_store(&m->poison, MARK_POISON);
	ok(mark_is_good(m), "durable, progress and poison may change at any time");
	mark_reset(m, store);
	ok(atomic_load(&m->poison) == MARK_POISON, "mark_reset does not clear the poison");
	atomic_store(&m->poison, 0);
	mark_close(m);
}

static void
test_damaged_file(void)
{
	int believed = 0;
	struct mark *m;
	char *bytes;
	size_t len;

	m = open_mark();
	make_good(m);
	mark_close(m);
	bytes = box_read("mark", &len);
	is_int((long long)len, sizeof *m, "the file is as long as the mark");
	for (size_t cut = 0; cut < offsetof(struct mark, crc) + 4; cut++) {
		box_write("mark", bytes, cut);
		m = open_mark();
		believed += mark_is_good(m);
		mark_close(m);
	}
	is_int(believed, 0, "a file that was cut is made longer, and not believed");
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)box_random(256);
	box_write("mark", bytes, len);
	m = open_mark();
	ok(!mark_is_good(m), "nor is garbage");
	make_good(m);
	ok(mark_is_good(m), "from which it is made anew");
	mark_close(m);
	free(bytes);
}

static void
test_open_errors(void)
{
	unlinkat(box_fd, "mark", 0);
	mkdirat(box_fd, "mark", 0700);
	ok(!mark_open(box_fd) && err_code() == EX_CANTCREAT, "a folder in its place is 73");
	unlinkat(box_fd, "mark", AT_REMOVEDIR);
	if (symlinkat("elsewhere", box_fd, "mark") < 0)
		abort();
	ok(!mark_open(box_fd) && err_code() == EX_CANTCREAT && box_size("elsewhere") < 0,
	    "so is a symbolic link, which is not followed");
	unlinkat(box_fd, "mark", 0);
}

/* Eight raise it in any order; each sees it never fall, and never below what it asked for. */
static void
test_durable_only_grows(void)
{
	struct mark *m = open_mark();
	pid_t pids[RAISERS];
	int well = 0;

	atomic_store(&m->durable, 0);
	for (int i = 0; i < RAISERS; i++) {
		if ((pids[i] = box_fork()) != 0)
			continue;
		box_state = (uint64_t)i;
		for (uint64_t last = 0, now, n = 0; n < RAISES; n++, last = now) {
			uint64_t wish = n + box_random(1000);

			mark_raise_durable(m, wish);
			now = atomic_load(&m->durable);
			if (now < last || now < wish)
				_exit(1);
		}
		mark_raise_durable(m, RAISES + 2000 + (uint64_t)i);
		_exit(0);
	}
	for (int i = 0; i < RAISERS; i++)
		well += box_ended_well(pids[i]);
	is_int(well, RAISERS, "durable never falls, whoever raises it");
	is_int((long long)atomic_load(&m->durable), RAISES + 2000 + RAISERS - 1,
	    "it ends at the highest");
	mark_raise_durable(m, 5);
	is_int((long long)atomic_load(&m->durable), RAISES + 2000 + RAISERS - 1,
	    "a lower one changes nothing");
	mark_close(m);
}

int
main(void)
{
	int before;

	box_open("mark", 7);
	before = box_descriptors();
	test_life();
	test_killed();
	test_other_boot();
	test_flips();
	test_damaged_file();
	test_open_errors();
	test_durable_only_grows();
	is_int(box_descriptors(), before, "no descriptor is left open");
	box_close();
	return done_testing();
}
